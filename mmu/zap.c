// SPDX-License-Identifier: GPL-2.0-only
/*
 * zap.c - taking away what is mapped
 *
 * Owns: what zap.h says, locking included.
 */
#include "mmu/debug.h"
#include "mmu/tdp_mmu.h"
#include "mmu/trace.h"
#include "mmu/zap.h"
#include "vm.h"

void kvm_tdp_zap_leaves(struct kvm_tdp_op *op, gfn_t start, gfn_t end)
{
	const struct kvm_pte_masks *m = op->masks;
	struct tdp_iter it;

	if (kvm_mmu_broken(KVM_MMU_BREAK_ZAP_RANGE))
		end--;

	tdp_iter_start(&it, m, op->root, 1, start, end);
	while (tdp_iter_next(&it)) {
		if (kvm_tdp_op_yield(op, &it))
			continue;
		if (it.level == 1) {
			kvm_tdp_zap_table(op, &it);
			continue;
		}
		/* The CPU may set A or D meanwhile, others may split. */
		while (is_leaf_spte(it.old_spte, it.level) &&
		       !kvm_tdp_set_spte(op, &it, m->nonpresent))
			;
	}
}

/* Whatever was found gone may have been taken by somebody who has not flushed. */
static void settle(struct kvm_tdp_op *op, const struct kvm_gfn_span *spans,
		   unsigned int nr)
{
	gfn_t start = ~0ull, end = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (spans[i].start >= spans[i].end)
			continue;
		start = min(start, spans[i].start);
		end = max(end, spans[i].end);
	}
	kvm_tdp_op_settle(op, start, end);
}

static void
invalidate(struct kvm *kvm, const struct kvm_gfn_span *spans, unsigned int nr,
	   void (*what)(struct kvm_mmu_invalidate *inv, gfn_t start, gfn_t end))
{
	unsigned int i;

	kvm_mmu_write_lock(kvm);
	for (i = 0; i < nr; i++)
		what(&kvm->mmu.invalidate, spans[i].start, spans[i].end);
	kvm_mmu_write_unlock(kvm);
}

unsigned long kvm_zap_gfn_ranges(struct kvm *kvm,
				 const struct kvm_gfn_span *spans,
				 unsigned int nr)
{
	struct kvm_mmu_page *root = NULL;
	struct kvm_tdp_op op;
	unsigned long zapped;
	unsigned int i;

	invalidate(kvm, spans, nr, kvm_mmu_invalidate_begin);

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while ((root = kvm_tdp_next_root(kvm, root,
					 KVM_TDP_ALL_ADDRESS_SPACES))) {
		kvm_tdp_op_enter(&op, root);
		for (i = 0; i < nr; i++)
			kvm_tdp_zap_leaves(&op, spans[i].start, spans[i].end);
	}
	settle(&op, spans, nr);
	zapped = kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	trace_kvm_zap_gfn_ranges(spans, nr, zapped);

	invalidate(kvm, spans, nr, kvm_mmu_invalidate_end);
	return zapped;
}

unsigned long kvm_zap_gfn_range(struct kvm *kvm, gfn_t start, gfn_t end)
{
	struct kvm_gfn_span span = { .start = start, .end = end };

	return kvm_zap_gfn_ranges(kvm, &span, 1);
}

void kvm_mmu_zap_all_fast(struct kvm *kvm)
{
	kvm_mmu_write_lock(kvm);
	kvm_tdp_invalidate_roots(kvm);
	kvm_mmu_write_unlock(kvm);
}
