// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_track.c - following what a guest does with its pages, and their size
 *
 * Owns: what tdp_track.h says, locking included.
 */
#include <linux/bitops.h>
#include <linux/rculist.h>

#include "mmu/debug.h"
#include "mmu/tdp_mmu.h"
#include "mmu/tdp_track.h"
#include "vm.h"

/* --- aging --------------------------------------------------------------- */

/*
 * If the entry changes meanwhile, whoever changed it knows better; if it was
 * the CPU, the page is young indeed.
 */
static __always_inline bool age_spte(const struct kvm_pte_masks *m, u64 *sptep,
				     u64 spte)
{
	if (!is_accessed_spte(m, spte))
		return false;
	try_cmpxchg64(sptep, &spte, kvm_spte_mark_old(m, spte));
	return true;
}

/* The loop that counts: a fifth of it would be the loop itself. */
static __always_inline bool age_leaves(const struct kvm_pte_masks *m,
				       u64 *sptep, unsigned int nr)
{
	bool young = false;
	unsigned int i;
	u64 spte;

#pragma GCC unroll 4
	for (i = 0; i < nr; i++) {
		spte = READ_ONCE(sptep[i]);
		if (is_shadow_present_pte(spte) && age_spte(m, sptep + i, spte))
			young = true;
	}
	return young;
}

/* The leaves of one 4K table, from the iterator's on. */
static bool age_table(struct tdp_iter *it)
{
	/* A copy, so that the loop's stores don't make it read them anew. */
	const struct kvm_pte_masks m = *it->masks;
	unsigned int nr = tdp_iter_rest_of_table(it);
	bool young = false;

	/* A format has one of the two: a loop for each, that need not ask. */
	if (m.accessed)
		young = age_leaves(&m, it->sptep, nr);
	else if (m.saved)
		young = age_leaves(&m, it->sptep, nr);
	tdp_iter_skip(it, nr - 1);
	return young;
}

static bool age_root(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t start,
		     gfn_t end)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	bool young = false;
	struct tdp_iter it;

	tdp_iter_start(&it, m, root, 1, start, end);
	while (tdp_iter_next(&it)) {
		if (it.level == 1)
			young |= age_table(&it);
		else if (is_leaf_spte(it.old_spte, it.level))
			young |= age_spte(m, it.sptep, it.old_spte);
	}
	return young;
}

/* The same with nothing marked: one young page is enough. */
static bool test_age_root(struct kvm *kvm, struct kvm_mmu_page *root,
			  gfn_t start, gfn_t end)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	struct tdp_iter it;

	tdp_iter_start(&it, m, root, 1, start, end);
	while (tdp_iter_next(&it))
		if (is_leaf_spte(it.old_spte, it.level) &&
		    is_accessed_spte(m, it.old_spte))
			return true;
	return false;
}

static bool age_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end,
		      bool mark)
{
	union kvm_mmu_page_role role;
	struct kvm_mmu_page *root;
	bool young = false;

	rcu_read_lock();
	list_for_each_entry_rcu(root, &kvm->mmu.tdp_roots, link) {
		role.word = READ_ONCE(root->role.word);
		if (!role.invalid && role.smm == as_id)
			young |= mark ? age_root(kvm, root, start, end) :
					test_age_root(kvm, root, start, end);
	}
	rcu_read_unlock();
	return young;
}

bool kvm_tdp_age_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end)
{
	return age_range(kvm, as_id, start, end, true);
}

bool kvm_tdp_test_age_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end)
{
	return age_range(kvm, as_id, start, end, false);
}

/* --- writes -------------------------------------------------------------- */

static void wrprot_leaf(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	do {
		if (!is_leaf_spte(it->old_spte, it->level) ||
		    !is_writable_pte(op->masks, it->old_spte))
			return;
	} while (!kvm_tdp_set_spte(op, it,
				   kvm_spte_wrprot(op->masks, it->old_spte)));
}

/*
 * D of a huge page, once set, says nothing of the next write beside it.  And what
 * L2 writes with tables of its own is logged by nobody.
 */
static bool by_dirty_bit(const struct kvm_tdp_op *op, unsigned int level,
			 enum kvm_dirty_mode mode)
{
	return mode == KVM_DIRTY_CLEAR_BIT && op->masks->dirty && level == 1 &&
	       !op->root->role.guest_mode;
}

/* Should it be something else by now, D says nothing there, see pte_masks.c. */
static void track_leaf(struct kvm_tdp_op *op, struct tdp_iter *it,
		       enum kvm_dirty_mode mode)
{
	if (!by_dirty_bit(op, it->level, mode))
		wrprot_leaf(op, it);
	else if (is_shadow_present_pte(it->old_spte) &&
		 (it->old_spte & op->masks->dirty))
		kvm_tdp_clear_dirty(op, it);
}

/* A leaf, or what is left of a table of them. */
static void track_entries(struct kvm_tdp_op *op, struct tdp_iter *it,
			  enum kvm_dirty_mode mode)
{
	if (it->level > 1)
		wrprot_leaf(op, it);
	else if (by_dirty_bit(op, it->level, mode))
		kvm_tdp_clear_dirty_table(op, it);
	else
		kvm_tdp_wrprot_table(op, it);
}

unsigned long kvm_tdp_track_writes(struct kvm *kvm, int as_id, gfn_t start,
				   gfn_t end, enum kvm_dirty_mode mode)
{
	struct kvm_mmu_page *root = NULL;
	unsigned long changed;
	struct kvm_tdp_op op;
	struct tdp_iter it;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while ((root = kvm_tdp_next_root(kvm, root, as_id))) {
		kvm_tdp_op_enter(&op, root);
		tdp_iter_start(&it, op.masks, root, 1, start, end);
		while (tdp_iter_next(&it)) {
			if (kvm_tdp_op_yield(&op, &it))
				continue;
			track_entries(&op, &it, mode);
		}
	}
	kvm_tdp_op_settle(&op, start, end);
	changed = kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	return changed;
}

void kvm_tdp_track_mask(struct kvm_tdp_op *op, gfn_t base, unsigned long mask,
			enum kvm_dirty_mode mode)
{
	gfn_t start, end;
	struct tdp_iter it;

	if (!mask)
		return;
	start = base + __ffs(mask);
	end = base + __fls(mask) + 1;

	tdp_iter_start(&it, op->masks, op->root, 1, start, end);
	while (tdp_iter_next(&it))
		if (it.level > 1 || (mask & BIT(it.gfn - base)))
			track_leaf(op, &it, mode);
}

/* One of the entries of the iterator's 4K table. */
static void track_page(struct kvm_tdp_op *op, const struct tdp_iter *it,
		       gfn_t gfn, enum kvm_dirty_mode mode)
{
	struct tdp_iter at = {
		.gfn = gfn,
		.sptep = it->sptep + (gfn - it->gfn),
		.level = 1,
	};

	tdp_iter_refresh(&at);
	track_leaf(op, &at, mode);
}

/* Those of a leaf, or of what is left of a table of them, that a bitmap has. */
static void track_marked(struct kvm_tdp_op *op, struct tdp_iter *it, gfn_t base,
			 const unsigned long *bitmap, enum kvm_dirty_mode mode)
{
	unsigned long bit = it->cursor - base;
	unsigned long end;

	if (it->level > 1) {
		end = min(it->gfn + kvm_level_pages(it->level), it->end) - base;
		if (is_leaf_spte(it->old_spte, it->level) &&
		    find_next_bit(bitmap, end, bit) < end)
			wrprot_leaf(op, it);
		return;
	}
	end = bit + tdp_iter_rest_of_table(it);
	for_each_set_bit_from(bit, bitmap, end)
		track_page(op, it, base + bit, mode);
	tdp_iter_skip(it, tdp_iter_rest_of_table(it) - 1);
}

unsigned long kvm_tdp_track_bitmap(struct kvm *kvm, int as_id, gfn_t base,
				   u64 npages, const unsigned long *bitmap,
				   enum kvm_dirty_mode mode)
{
	struct kvm_mmu_page *root = NULL;
	unsigned long changed;
	struct kvm_tdp_op op;
	struct tdp_iter it;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while ((root = kvm_tdp_next_root(kvm, root, as_id))) {
		kvm_tdp_op_enter(&op, root);
		tdp_iter_start(&it, op.masks, root, 1, base, base + npages);
		while (tdp_iter_next(&it)) {
			if (kvm_tdp_op_yield(&op, &it))
				continue;
			track_marked(&op, &it, base, bitmap, mode);
		}
	}
	kvm_tdp_op_settle(&op, base, base + npages);
	changed = kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	return changed;
}

/* --- size ---------------------------------------------------------------- */

/* Return: -ENOMEM, or 0, be it split or not: then the entry is looked at anew. */
static int split_leaf(struct kvm_tdp_op *op, struct tdp_iter *it,
		      struct kvm_mmu_caches *caches)
{
	struct kvm_mmu_page *sp = kvm_tdp_new_table(caches, it);

	if (!sp)
		return kvm_tdp_op_topup(op, it, caches);

	kvm_tdp_split_leaf(op->masks, sp, it->old_spte, it->level);
	if (!kvm_tdp_link_table(op, it, sp)) {
		if (!(caches->tables.flags & KVM_MMU_CACHE_NO_INIT))
			memset64(sp->spt, op->masks->nonpresent,
				 SPTES_PER_TABLE);
		kvm_tdp_unused_table(caches, sp);
		it->restart = true;
	}
	return 0;
}

static int split_root(struct kvm_tdp_op *op, gfn_t start, gfn_t end,
		      unsigned int level, struct kvm_mmu_caches *caches)
{
	struct tdp_iter it;
	int r;

	tdp_iter_start(&it, op->masks, op->root, level + 1, start, end);
	while (tdp_iter_next(&it)) {
		if (kvm_tdp_op_yield(op, &it))
			continue;
		if (!is_leaf_spte(it.old_spte, it.level))
			continue;
		r = split_leaf(op, &it, caches);
		if (r)
			return r;
	}
	return 0;
}

int kvm_tdp_split_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end,
			unsigned int level, struct kvm_mmu_caches *caches)
{
	struct kvm_mmu_page *root = NULL;
	struct kvm_tdp_op op;
	int r = 0;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while ((root = kvm_tdp_next_root(kvm, root, as_id))) {
		kvm_tdp_op_enter(&op, root);
		r = split_root(&op, start, end, level, caches);
		if (r) {
			kvm_tdp_put_root(kvm, root);
			break;
		}
	}
	kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	return r;
}

/* Where two leaves of a table differ, they are not parts of one page. */
static u64 same_bits(const struct kvm_pte_masks *m, bool nx)
{
	u64 same = m->pfn | m->memtype | m->me | m->user | m->host_writable |
		   m->mmu_writable;

	return nx ? same : same | m->exec | m->nx;
}

/* The huge leaf that a table amounts to, or 0; with @nx not executable. */
static u64 whole_leaf(const struct kvm_pte_masks *m, struct tdp_iter *it,
		      bool nx)
{
	u64 *table = tdp_child(m, it->old_spte);
	u64 spte, huge = 0, part = 0, step = 0;
	unsigned int i, child = it->level - 1;
	u64 same = same_bits(m, nx);

	for (i = 0; i < SPTES_PER_TABLE; i++, part += step) {
		spte = READ_ONCE(table[i]);
		if (!is_shadow_present_pte(spte))
			continue;
		if (!is_last_spte(spte, child))
			return 0;
		if (!huge) {
			huge = kvm_make_huge_spte(m, spte, it->level);
			part = kvm_make_small_spte(m, huge, it->level, i);
			step = kvm_make_small_spte(m, huge, it->level, 1) -
			       kvm_make_small_spte(m, huge, it->level, 0);
		}
		/* A huge leaf is made young, and so are its parts. */
		if (((part ^ kvm_spte_mark_young(m, spte)) & same) &&
		    !kvm_mmu_broken(KVM_MMU_BREAK_RECOVER_PFN))
			return 0;
	}
	return huge && nx ? kvm_spte_make_nx(m, huge) : huge;
}

static void recover_table(struct kvm_tdp_op *op, struct tdp_iter *it,
			  const struct kvm_tdp_recover *req)
{
	gfn_t end = it->gfn + kvm_level_pages(it->level);
	struct kvm_mmu_page *sp;
	u64 huge;

	sp = kvm_mmu_page_of(it->old_spte & op->masks->pfn);
	if (READ_ONCE(sp->nx_huge_page_disallowed))
		return;
	/* Who invalidates took the lock for write, and may have zapped here. */
	if (kvm_mmu_invalidating(&op->kvm->mmu.invalidate, it->gfn, end) ||
	    req->max_level(op->kvm, it->gfn, req->arg) < it->level)
		return;

	huge = whole_leaf(op->masks, it, req->nx);
	if (huge && !kvm_tdp_set_spte(op, it, huge))
		tdp_iter_refresh(it);
	if (op->nr_removed >= KVM_TDP_REMOVED_BATCH)
		kvm_tdp_op_flush(op);
}

static unsigned long recover_level(struct kvm_tdp_op *op, unsigned int level,
				   const struct kvm_tdp_recover *req)
{
	unsigned long before = op->changed;
	struct tdp_iter it;

	tdp_iter_start(&it, op->masks, op->root, level, req->start, req->end);
	while (tdp_iter_next(&it)) {
		if (kvm_tdp_op_yield(op, &it))
			continue;
		/* Only what lies in the range as a whole. */
		if (it.level == level && it.gfn >= req->start &&
		    it.gfn + kvm_level_pages(level) <= req->end &&
		    is_table_spte(it.old_spte, level))
			recover_table(op, &it, req);
	}
	/* The next level up is made of what this one has become. */
	kvm_tdp_op_flush(op);
	return op->changed - before;
}

unsigned long kvm_tdp_recover_range(struct kvm *kvm,
				    const struct kvm_tdp_recover *req)
{
	struct kvm_mmu_page *root = NULL;
	unsigned long made = 0;
	struct kvm_tdp_op op;
	unsigned int level;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while ((root = kvm_tdp_next_root(kvm, root, req->as_id))) {
		kvm_tdp_op_enter(&op, root);
		for (level = 2; level <= kvm->mmu.max_huge_level; level++)
			made += recover_level(&op, level, req);
	}
	kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	return made;
}
