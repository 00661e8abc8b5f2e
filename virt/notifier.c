// SPDX-License-Identifier: GPL-2.0-only
/*
 * notifier.c - what the host does to the VMM's memory, a VM's tables follow
 *
 * Owns: struct kvm's mmu_notifier.  See notifier.h, locking included.
 *
 * Start and end of an invalidation have to find the same slots, or what was begun
 * would not be ended.  So between the two no other set of slots becomes active
 * (kvm_memslots_hold()).
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/srcu.h>

#include "memslots.h"
#include "mmu/invalidate.h"
#include "mmu/tdp_mmu.h"
#include "mmu/tdp_track.h"
#include "mmu/zap.h"
#include "virt/notifier.h"
#include "vm.h"

/**
 * struct hva_walk - the gfns that are at a range of hvas
 * @kvm: the VM; its srcu is held
 * @start: first hva
 * @end: the one behind the last
 * @as_id: address space of @slot
 * @slots: the set that @slot is of; another one may be active by now
 * @slot: a slot that has some of them; NULL before the first
 * @first: the gfns of it that are in the range ...
 * @last: ... the one behind the last
 */
struct hva_walk {
	struct kvm *kvm;
	unsigned long start;
	unsigned long end;
	unsigned int as_id;
	struct kvm_memslots *slots;
	struct kvm_memory_slot *slot;
	gfn_t first;
	gfn_t last;
};

static struct hva_walk hva_walk_start(struct kvm *kvm, unsigned long start,
				      unsigned long end)
{
	return (struct hva_walk){ .kvm = kvm, .start = start, .end = end };
}

static bool hva_walk_next(struct hva_walk *w)
{
	for (; w->as_id < KVM_ADDRESS_SPACE_NUM; w->as_id++) {
		if (!w->slot)
			w->slots = kvm_memslots(w->kvm, w->as_id);
		w->slot = kvm_memslots_next_hva(w->slots, w->slot, w->start,
						w->end);
		if (!w->slot)
			continue;
		w->last = kvm_slot_clip_hvas(w->slot, w->start, w->end,
					     &w->first);
		return true;
	}
	return false;
}

/* Most of what a VMM does to its memory is not about its guest's. */
static bool concerns_guest(struct kvm *kvm,
			   const struct mmu_notifier_range *range)
{
	struct hva_walk w = hva_walk_start(kvm, range->start, range->end);

	return hva_walk_next(&w);
}

static void mark_range(struct kvm *kvm, const struct mmu_notifier_range *range,
		       void (*mark)(struct kvm_mmu_invalidate *inv, gfn_t start,
				    gfn_t end))
{
	struct hva_walk w = hva_walk_start(kvm, range->start, range->end);

	kvm_mmu_write_lock(kvm);
	while (hva_walk_next(&w))
		mark(&kvm->mmu.invalidate, w.first, w.last);
	kvm_mmu_write_unlock(kvm);
}

static void zap_gfns(struct kvm_tdp_op *op, const struct hva_walk *w)
{
	struct kvm_mmu_page *root = NULL;

	while ((root = kvm_tdp_next_root(w->kvm, root, w->as_id))) {
		kvm_tdp_op_enter(op, root);
		kvm_tdp_zap_leaves(op, w->first, w->last);
	}
}

/* All slots as one operation: one flush. */
static void zap_range(struct kvm *kvm, const struct mmu_notifier_range *range)
{
	struct hva_walk w = hva_walk_start(kvm, range->start, range->end);
	gfn_t start = ~0ull, end = 0;
	struct kvm_tdp_op op;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	op.stays = !mmu_notifier_range_blockable(range);
	while (hva_walk_next(&w)) {
		zap_gfns(&op, &w);
		start = min(start, w.first);
		end = max(end, w.last);
	}
	kvm_tdp_op_settle(&op, start, end);
	kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
}

static struct kvm *kvm_of(struct mmu_notifier *mn)
{
	return container_of(mn, struct kvm, mmu_notifier);
}

static int invalidate_range_start(struct mmu_notifier *mn,
				  const struct mmu_notifier_range *range)
{
	struct kvm *kvm = kvm_of(mn);
	int idx;

	/* Before the look at them: those that are found are there at the end. */
	kvm_memslots_hold(kvm);
	idx = srcu_read_lock(&kvm->srcu);
	if (concerns_guest(kvm, range)) {
		mark_range(kvm, range, kvm_mmu_invalidate_begin);
		zap_range(kvm, range);
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return 0;
}

static void invalidate_range_end(struct mmu_notifier *mn,
				 const struct mmu_notifier_range *range)
{
	struct kvm *kvm = kvm_of(mn);
	int idx;

	idx = srcu_read_lock(&kvm->srcu);
	if (concerns_guest(kvm, range))
		mark_range(kvm, range, kvm_mmu_invalidate_end);
	srcu_read_unlock(&kvm->srcu, idx);
	kvm_memslots_unhold(kvm);
}

static int age(struct kvm *kvm, unsigned long start, unsigned long end,
	       bool (*how)(struct kvm *kvm, int as_id, gfn_t start, gfn_t end))
{
	struct hva_walk w = hva_walk_start(kvm, start, end);
	bool young = false;
	int idx;

	idx = srcu_read_lock(&kvm->srcu);
	while (hva_walk_next(&w))
		young |= how(kvm, w.as_id, w.first, w.last);
	srcu_read_unlock(&kvm->srcu, idx);
	return young;
}

/* No flush, as with the host's own tables: a page may look old though it is not. */
static int clear_young(struct mmu_notifier *mn, struct mm_struct *mm,
		       unsigned long start, unsigned long end)
{
	return age(kvm_of(mn), start, end, kvm_tdp_age_range);
}

static int test_young(struct mmu_notifier *mn, struct mm_struct *mm,
		      unsigned long address)
{
	return age(kvm_of(mn), address, address + PAGE_SIZE,
		   kvm_tdp_test_age_range);
}

/* The mm goes, or the VM does; either way nobody is in the guest. */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	kvm_mmu_zap_all_fast(kvm_of(mn));
}

static const struct mmu_notifier_ops notifier_ops = {
	.release = release,
	.clear_flush_young = clear_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.invalidate_range_start = invalidate_range_start,
	.invalidate_range_end = invalidate_range_end,
};

int kvm_notifier_register(struct kvm *kvm)
{
	if (!kvm_has_tdp_mmu(&kvm->mmu))
		return 0;
	kvm->mmu_notifier.ops = &notifier_ops;
	return mmu_notifier_register(&kvm->mmu_notifier, kvm->mm);
}

void kvm_notifier_unregister(struct kvm *kvm)
{
	if (kvm->mmu_notifier.ops)
		mmu_notifier_unregister(&kvm->mmu_notifier, kvm->mm);
}
