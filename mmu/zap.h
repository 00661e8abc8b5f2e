/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zap.h - taking away what is mapped
 *
 * Owns: zapping by range and zapping all.
 *
 * Locking: each takes kvm->mmu_lock itself, but for kvm_tdp_zap_leaves().
 */
#ifndef TWINWALK_MMU_ZAP_H
#define TWINWALK_MMU_ZAP_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_tdp_op;

/* For kvm_zap_gfn_ranges(): [start, end) */
struct kvm_gfn_span {
	gfn_t start;
	gfn_t end;
};

/**
 * kvm_zap_gfn_ranges() - nothing is mapped in any of these ranges
 * @kvm: the VM
 * @spans: the ranges, in every address space; empty ones are skipped
 * @nr: how many; a handful, as there is no yield between them
 *
 * A huge page that reaches into a range goes whole.  Meanwhile only faults in the
 * ranges retry, and at the end those that are on their way; of what is
 * mapped elsewhere nothing is touched.  One TLB flush for all, or for as much as
 * was done when the lock was wanted.
 *
 * What was mapped by a fault that began before does not come back; what a fault
 * maps that begins later sees what the caller changed before it called.
 *
 * Context: may sleep.
 * Return: how many leaves went.
 */
unsigned long kvm_zap_gfn_ranges(struct kvm *kvm,
				 const struct kvm_gfn_span *spans,
				 unsigned int nr);

/** kvm_zap_gfn_range() - the same for one range */
unsigned long kvm_zap_gfn_range(struct kvm *kvm, gfn_t start, gfn_t end);

/**
 * kvm_tdp_zap_leaves() - nothing is mapped in [@start, @end) of a root
 * @op: an operation at that root
 * @start: first gfn
 * @end: the one behind the last
 *
 * For whoever keeps faults away by itself (kvm_mmu_invalidate_begin()), and
 * settles at the end: another operation may have zapped the same, and not flushed.
 *
 * Context: mmu_lock as @op says; yields, so may sleep.
 */
void kvm_tdp_zap_leaves(struct kvm_tdp_op *op, gfn_t start, gfn_t end);

/**
 * kvm_mmu_zap_all_fast() - nothing that is mapped now can be reached any more
 * @kvm: the VM
 *
 * Takes a moment, however much is mapped: the roots are invalidated, and
 * emptied in the background.
 *
 * Context: may sleep.
 */
void kvm_mmu_zap_all_fast(struct kvm *kvm);

#endif
