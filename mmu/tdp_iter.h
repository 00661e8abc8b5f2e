/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_iter.h - walking a range of gfns through a TDP root's tables
 *
 * Owns: struct tdp_iter.  It visits entries in preorder: a table's entry, then
 * those in that table, then the next.  A step does one of these:
 *
 *	restart	the lock was dropped: from the root down, to where it was
 *	down	the entry is a table, and levels below are wanted
 *	side	the next entry of the same table
 *	up	that was the last: the entry behind the table's own
 *
 * Locking: the caller is in an RCU read-side section from start to end, but for
 * when it yields; tables reached do not go away in it, though they may be cut
 * off from the root.
 *
 * Deliberately absent: anything about what an entry means but whether it is a
 * table.
 */
#ifndef TWINWALK_MMU_TDP_ITER_H
#define TWINWALK_MMU_TDP_ITER_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "mmu/mmu_page.h"
#include "mmu/mmu_vm.h"
#include "mmu/spte.h"

/**
 * struct tdp_iter - a place in a root's tables
 * @masks: the format
 * @root: where it began
 * @gfn: the first that the entry translates; may be below the range's start
 * @end: of the range
 * @cursor: @gfn, but not below the range's start: where a restart leads
 * @yielded_at: @cursor when it last yielded
 * @sptep: the entry
 * @old_spte: what was read from it, or written to it by the caller
 * @level: of the table that holds it
 * @min_level: it does not go below this
 * @valid: there is an entry; else the range is through
 * @restart: from the root down, to @cursor: the lock was dropped, somebody was
 *	faster, or nothing was visited so far.  @sptep must not be used
 * @table: the tables on the way to the entry, by level
 */
struct tdp_iter {
	const struct kvm_pte_masks *masks;
	struct kvm_mmu_page *root;
	gfn_t gfn;
	gfn_t end;
	gfn_t cursor;
	gfn_t yielded_at;
	u64 *sptep;
	u64 old_spte;
	u8 level;
	u8 min_level;
	bool valid;
	bool restart;
	u64 *table[KVM_MMU_MAX_ROOT_LEVEL + 1];
};

/* Index of @gfn's entry in a table at @level. */
static inline unsigned int tdp_index(gfn_t gfn, unsigned int level)
{
	return (gfn >> kvm_level_shift(level)) & (SPTES_PER_TABLE - 1);
}

/* The table that a table entry points to. */
static inline u64 *tdp_child(const struct kvm_pte_masks *m, u64 spte)
{
	return __va(spte & m->pfn);
}

/* Read the entry anew. */
static inline void tdp_iter_refresh(struct tdp_iter *it)
{
	it->old_spte = READ_ONCE(*it->sptep);
}

/* The entry that translates the cursor, in a table that is known. */
static inline void tdp_iter_enter(struct tdp_iter *it, unsigned int level)
{
	it->level = level;
	it->gfn = kvm_level_gfn(it->cursor, level);
	it->sptep = it->table[level] + tdp_index(it->cursor, level);
	tdp_iter_refresh(it);
}

static inline void tdp_iter_restart(struct tdp_iter *it)
{
	it->restart = false;
	tdp_iter_enter(it, it->root->role.level);
}

/**
 * tdp_iter_start() - before the first entry of a range
 * @it: filled whole
 * @masks: the format
 * @root: has to stay while the walk lasts
 * @min_level: the lowest level to visit
 * @start: first gfn
 * @end: the one behind the last; cut to what the root can translate
 *
 * min_level is at most the root's.
 */
static inline void tdp_iter_start(struct tdp_iter *it,
				  const struct kvm_pte_masks *masks,
				  struct kvm_mmu_page *root,
				  unsigned int min_level, gfn_t start,
				  gfn_t end)
{
	unsigned int level = root->role.level;

	it->masks = masks;
	it->root = root;
	it->end = min_t(gfn_t, end, kvm_level_pages(level + 1));
	it->cursor = start;
	it->yielded_at = start;
	it->min_level = min_level;
	it->table[level] = root->spt;
	it->valid = start < it->end;
	it->restart = true;
}

/**
 * tdp_iter_goto() - the entry that translates a gfn
 * @it: filled but for what a walk needs: there is no next entry
 * @masks: the format
 * @root: see tdp_iter_start()
 * @gfn: the page
 * @min_level: see tdp_iter_start(); at least 1
 *
 * Leads down to @min_level, or to an entry above that is no table.  A fault
 * comes this way, so it is short.
 *
 * Return: true; false, the root can't translate @gfn.
 */
static inline bool tdp_iter_goto(struct tdp_iter *it,
				 const struct kvm_pte_masks *masks,
				 struct kvm_mmu_page *root, gfn_t gfn,
				 unsigned int min_level)
{
	unsigned int level = root->role.level;
	unsigned int shift = kvm_level_shift(level);
	u64 *sptep = root->spt;
	u64 index = gfn >> shift;
	u64 spte;

	if (unlikely(index >= SPTES_PER_TABLE))
		return false;
	for (;;) {
		sptep += index;
		spte = READ_ONCE(*sptep);
		/* What is a table at level 2 is one above, and costs less to ask. */
		if (level <= min_level || !is_table_spte(spte, 2))
			break;
		sptep = tdp_child(masks, spte);
		level--;
		shift -= KVM_LEVEL_BITS;
		index = (gfn >> shift) & (SPTES_PER_TABLE - 1);
	}

	it->masks = masks;
	it->root = root;
	it->cursor = gfn;
	it->gfn = gfn >> shift << shift;
	it->sptep = sptep;
	it->old_spte = spte;
	it->level = level;
	return true;
}

/**
 * tdp_iter_rest_of_table() - what of a 4K table is left to visit
 * @it: at an entry of the table
 *
 * For loops of their own over a table's entries.
 *
 * Return: how many entries, this one included, the table and the range have.
 */
static inline unsigned int tdp_iter_rest_of_table(const struct tdp_iter *it)
{
	u64 left = SPTES_PER_TABLE - tdp_index(it->gfn, 1);

	return min(left, it->end - it->gfn);
}

/**
 * tdp_iter_skip() - go on in the same table
 * @it: the walk
 * @nr: how many entries further; they are not behind the table or the range
 *
 * old_spte is not read: the next thing is tdp_iter_next(), from a 4K table.
 */
static inline void tdp_iter_skip(struct tdp_iter *it, unsigned int nr)
{
	it->sptep += nr;
	it->gfn += nr;
}

/* Side, or up and side; no more if that is behind the range. */
static inline void tdp_iter_step_side(struct tdp_iter *it)
{
	it->gfn += kvm_level_pages(it->level);
	it->cursor = it->gfn;
	if (it->gfn >= it->end) {
		it->valid = false;
		return;
	}
	it->sptep++;
	if (unlikely(!((unsigned long)it->sptep & (PAGE_SIZE - 1)))) {
		unsigned int level = it->level;

		while (!tdp_index(it->gfn, level))
			level++;
		tdp_iter_enter(it, level);
		return;
	}
	tdp_iter_refresh(it);
}

/**
 * tdp_iter_next() - the next entry in preorder; the first, after a start
 * @it: the walk
 *
 * old_spte says whether there is a level below, so who changes the entry
 * changes that as well.
 *
 * Return: true; false at the end of the range.
 */
static inline bool tdp_iter_next(struct tdp_iter *it)
{
	if (unlikely(it->restart)) {
		if (it->valid)
			tdp_iter_restart(it);
	} else if (it->level > it->min_level &&
		   is_table_spte(it->old_spte, it->level)) {
		it->table[it->level - 1] = tdp_child(it->masks, it->old_spte);
		tdp_iter_enter(it, it->level - 1);
	} else {
		tdp_iter_step_side(it);
	}
	return it->valid;
}

#endif
