// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_map.c - mapping a page in the TDP MMU
 *
 * Owns: the way down to the entry, making tables, and the entry itself.  See
 * tdp_map.h, locking included.
 */
#include <linux/string.h>

#include "mmu/debug.h"
#include "mmu/nx_recovery.h"
#include "mmu/tdp_map.h"
#include "mmu/tdp_mmu.h"
#include "mmu/trace.h"
#include "vm.h"

/* A table below the entry, which is nonpresent, MMIO, or a huge leaf. */
static noinline bool make_table(struct kvm_tdp_op *op, struct tdp_iter *it,
				const struct kvm_tdp_map *map,
				struct kvm_mmu_caches *caches)
{
	bool split = is_leaf_spte(it->old_spte, it->level);
	bool nx = it->level <= map->nx_level;
	struct kvm_mmu_page *sp;

	sp = kvm_tdp_new_table(caches, it);
	if (!sp)
		return false;
	if (split)
		kvm_tdp_split_leaf(op->masks, sp, it->old_spte, it->level);
	sp->nx_huge_page_disallowed = nx;

	if (!kvm_tdp_link_table(op, it, sp)) {
		if (split)
			memset64(sp->spt, op->masks->nonpresent,
				 SPTES_PER_TABLE);
		kvm_tdp_unused_table(caches, sp);
		return false;
	}
	if (nx)
		kvm_nx_track(op->kvm, sp);
	return true;
}

/*
 * Small pages that are there because somebody fetches from one of them: a huge
 * page for somebody else's data would only take turns with them.  Or any table,
 * if nobody waits for the page.
 */
static bool keeps_small(struct kvm_tdp_op *op, u64 spte,
			const struct kvm_tdp_map *map)
{
	struct kvm_mmu_page *sp = kvm_mmu_page_of(spte & op->masks->pfn);

	return (map->flags & KVM_TDP_MAP_PREFETCH) ||
	       READ_ONCE(sp->nx_huge_page_disallowed);
}

/* Down to the entry that is to map the page; it->level says how large. */
static bool walk_down(struct kvm_tdp_op *op, struct tdp_iter *it,
		      const struct kvm_tdp_map *map,
		      struct kvm_mmu_caches *caches)
{
	while (it->level > 1) {
		if (is_table_spte(it->old_spte, it->level)) {
			if (it->level <= map->leaf.level &&
			    !keeps_small(op, it->old_spte, map))
				return true;
		} else {
			if (it->level <= map->leaf.level)
				return true;
			/* A huge leaf stays: it is not for us to split it. */
			if ((map->flags & KVM_TDP_MAP_PREFETCH) &&
			    is_leaf_spte(it->old_spte, it->level))
				return true;
			if (is_frozen_spte(op->masks, it->old_spte) ||
			    !make_table(op, it, map, caches))
				return false;
		}
		it->table[it->level - 1] = tdp_child(op->masks, it->old_spte);
		tdp_iter_enter(it, it->level - 1);
	}
	return true;
}

/*
 * The leaf in the way says something else, and no CPU may go from the one to
 * the other: nonpresent in between, and flushed.  Whoever changes a gfn's page
 * zaps it first, so this is for callers that did not.
 */
static bool clear_the_way(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	if (kvm_mmu_broken(KVM_MMU_BREAK_PFN_CHANGE))
		return true;
	if (!kvm_tdp_set_spte(op, it, op->masks->nonpresent))
		return false;
	kvm_tdp_op_flush(op);
	return true;
}

static noinline enum kvm_pf_result map_mmio(struct kvm_tdp_op *op,
					    struct tdp_iter *it,
					    const struct kvm_tdp_map *map)
{
	u64 spte = kvm_make_mmio_spte(op->masks, map->gfn, map->leaf.access,
				      map->mmio_gen);

	if (is_frozen_spte(op->masks, it->old_spte))
		return RET_PF_RETRY;
	if (is_shadow_present_pte(it->old_spte) &&
	    (map->flags & KVM_TDP_MAP_PREFETCH))
		return RET_PF_SPURIOUS;
	if (is_shadow_present_pte(it->old_spte) &&
	    !kvm_mmu_broken(KVM_MMU_BREAK_MMIO_OVER_LEAF) &&
	    !clear_the_way(op, it))
		return RET_PF_RETRY;
	/* Without an entry the next access faults and comes here again. */
	if (spte && spte != it->old_spte && !kvm_tdp_set_spte(op, it, spte))
		return RET_PF_RETRY;
	return RET_PF_EMULATE;
}

/* Does a leaf already allow all that @want does, of the same page? */
static bool suffices(const struct kvm_pte_masks *m, u64 have, u64 want)
{
	u64 a = spte_permissions(m, have) ^ m->nx;
	u64 b = spte_permissions(m, want) ^ m->nx;

	return !(b & ~a) && !((have ^ want) & m->memtype);
}

/* There is a leaf already: the same, or less, or another page. */
static noinline enum kvm_pf_result change_leaf(struct kvm_tdp_op *op,
					       struct tdp_iter *it,
					       const struct kvm_tdp_map *map,
					       u64 spte)
{
	const struct kvm_pte_masks *m = op->masks;
	u64 old = it->old_spte;

	if (map->flags & KVM_TDP_MAP_PREFETCH)
		return RET_PF_SPURIOUS;
	if (spte_to_pfn(m, old) != spte_to_pfn(m, spte)) {
		if (!clear_the_way(op, it))
			return RET_PF_RETRY;
	} else if (suffices(m, old, spte)) {
		if (!is_access_tracked_spte(m, old))
			return RET_PF_SPURIOUS;
		spte = kvm_spte_mark_young(m, old);
	} else if (is_mmu_writable_spte(m, spte) && is_writable_pte(m, old)) {
		/* What another fault has gained stays. */
		spte |= m->writable | (old & m->dirty);
	}
	return kvm_tdp_set_spte(op, it, spte) ? RET_PF_FIXED : RET_PF_RETRY;
}

static enum kvm_pf_result map_leaf(struct kvm_tdp_op *op, struct tdp_iter *it,
				   const struct kvm_tdp_map *map)
{
	const struct kvm_pte_masks *m = op->masks;
	struct kvm_leaf_req req = map->leaf;
	u64 spte;

	req.level = it->level;
	req.pfn &= ~(kvm_level_pages(it->level) - 1);
	spte = kvm_make_leaf_spte(m, &req);
	if (kvm_mmu_broken(KVM_MMU_BREAK_WRITABLE_RULE))
		spte |= m->writable;

	if (unlikely(is_leaf_spte(it->old_spte, it->level)))
		return change_leaf(op, it, map, spte);
	return kvm_tdp_set_spte(op, it, spte) ? RET_PF_FIXED : RET_PF_RETRY;
}

enum kvm_pf_result kvm_tdp_map(struct kvm *kvm, struct kvm_mmu_page *root,
			       const struct kvm_tdp_map *map,
			       struct kvm_mmu_caches *caches)
{
	enum kvm_pf_result r = RET_PF_RETRY;
	/* 200 bytes that the compiler would clear otherwise, on each fault. */
	struct kvm_tdp_op op __uninitialized;
	struct tdp_iter it __uninitialized;

	if (unlikely(root->role.invalid))
		return RET_PF_RETRY;

	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	kvm_tdp_op_enter(&op, root);
	if (!tdp_iter_goto(&it, op.masks, root, map->gfn, map->leaf.level))
		r = map->flags & KVM_TDP_MAP_MMIO ? RET_PF_EMULATE : r;
	else if (walk_down(&op, &it, map, caches))
		r = map->flags & KVM_TDP_MAP_MMIO ? map_mmio(&op, &it, map) :
						    map_leaf(&op, &it, map);
	kvm_tdp_op_end(&op);
	trace_kvm_mmu_spte_requested(map, r);
	return r;
}

/* --- without mmu_lock ---------------------------------------------------- */

/* Does a young leaf allow the access? */
static bool allows(const struct kvm_pte_masks *m, u64 spte, unsigned int flags)
{
	if (!(spte & m->readable))
		return false;
	if ((flags & KVM_TDP_FAST_WRITE) && !is_writable_pte(m, spte))
		return false;
	return !(flags & KVM_TDP_FAST_FETCH) || is_executable_pte(m, spte);
}

/* The most that a leaf may become without a look at the host's page. */
static u64 restored_leaf(const struct kvm_pte_masks *m, u64 spte,
			 unsigned int level, unsigned int flags)
{
	if (!(flags & KVM_TDP_FAST_WRITE) || !is_mmu_writable_spte(m, spte) ||
	    (level > 1 && (flags & KVM_TDP_FAST_LOGGED)))
		return kvm_spte_mark_young(m, spte);
	return kvm_spte_make_writable(m, spte);
}

enum kvm_pf_result kvm_tdp_map_fast(struct kvm *kvm, struct kvm_mmu_page *root,
				    gfn_t gfn, unsigned int flags)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	enum kvm_pf_result r = RET_PF_CONTINUE;
	struct tdp_iter it __uninitialized;
	bool there;
	u64 new;

	rcu_read_lock();
	there = tdp_iter_goto(&it, m, root, gfn, 1);
	/* Who changes the entry at the same time has the reason to be done. */
	while (there && r == RET_PF_CONTINUE &&
	       is_leaf_spte(it.old_spte, it.level)) {
		new = restored_leaf(m, it.old_spte, it.level, flags);
		if (!allows(m, new, flags))
			break;
		if (new == it.old_spte)
			r = RET_PF_SPURIOUS;
		else if (kvm_tdp_gain_spte(kvm, &it, new))
			r = RET_PF_FIXED;
	}
	rcu_read_unlock();
	return r;
}

u64 kvm_tdp_lookup(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t gfn)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	struct tdp_iter it __uninitialized;
	u64 spte = m->nonpresent;

	rcu_read_lock();
	if (tdp_iter_goto(&it, m, root, gfn, 1))
		spte = it.old_spte;
	rcu_read_unlock();
	return spte;
}
