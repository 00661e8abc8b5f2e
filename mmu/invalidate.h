/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * invalidate.h - which gfns are being invalidated
 *
 * Owns: the protocol by which a fault finds out that what it learned of the
 * host's page, or of the memory type, is out of date:
 *
 *	fault				who takes mappings away
 *	seq = invalidate_seq()		lock for write
 *	learn pfn and memory type	  invalidate_begin(start, end)
 *	lock for read			unlock
 *	  invalidate_retry(seq, ...)?	take the mappings away
 *	  map				change what they were made from
 *	unlock				lock for write
 *					  invalidate_end(start, end)
 *					unlock
 *
 * Only faults in [start, end) retry while it lasts, however many
 * invalidations there are at a time, up to KVM_MMU_INVALIDATE_SLOTS; from
 * there on the rest share one range that covers them all.  Once one has ended,
 * faults that began before it ended retry, wherever they are.
 *
 * Locking: begin and end under kvm->mmu_lock for write, which lets the faults
 * that are mapping finish first; retry under it for read; seq and the early
 * check without.
 */
#ifndef TWINWALK_MMU_INVALIDATE_H
#define TWINWALK_MMU_INVALIDATE_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#define KVM_MMU_INVALIDATE_SLOTS 8

/**
 * struct kvm_mmu_invalidate - the invalidations in progress
 * @seq: how many have ended
 * @nr: how many are in progress
 * @nr_rest: how many of those share @rest_start to @rest_end
 * @range: the others; in none of them, end is 0
 * @rest_start: first gfn of those that found no place in @range
 * @rest_end: end of them
 */
struct kvm_mmu_invalidate {
	unsigned long seq;
	unsigned int nr;
	unsigned int nr_rest;
	struct {
		gfn_t start;
		gfn_t end;
	} range[KVM_MMU_INVALIDATE_SLOTS];
	gfn_t rest_start;
	gfn_t rest_end;
};

/**
 * kvm_mmu_invalidate_begin() - mappings of [@start, @end) are about to go
 * @inv: the VM's
 * @start: first gfn
 * @end: the one behind the last; nothing at all if not above @start
 *
 * Context: mmu_lock held for write.
 */
void kvm_mmu_invalidate_begin(struct kvm_mmu_invalidate *inv, gfn_t start,
			      gfn_t end);

/**
 * kvm_mmu_invalidate_end() - the reverse, with the same range
 * @inv: the VM's
 * @start: as given to kvm_mmu_invalidate_begin()
 * @end: the same
 *
 * Context: mmu_lock held for write.
 */
void kvm_mmu_invalidate_end(struct kvm_mmu_invalidate *inv, gfn_t start,
			    gfn_t end);

/**
 * kvm_mmu_invalidating() - is any of [@start, @end) being invalidated?
 * @inv: the VM's
 * @start: first gfn
 * @end: the one behind the last
 *
 * Without the lock the answer is a hint, good for not starting what would be
 * in vain.
 */
bool kvm_mmu_invalidating(const struct kvm_mmu_invalidate *inv, gfn_t start,
			  gfn_t end);

/**
 * kvm_mmu_invalidate_seq() - what a fault remembers before it looks at the host
 * @inv: the VM's
 *
 * Return: to be given to kvm_mmu_invalidate_retry().
 */
static inline unsigned long
kvm_mmu_invalidate_seq(const struct kvm_mmu_invalidate *inv)
{
	unsigned long seq = READ_ONCE(inv->seq);

	/* Before any look at the host's tables. */
	smp_rmb();
	return seq;
}

/**
 * kvm_mmu_invalidate_retry() - has what was learned since @seq become stale?
 * @inv: the VM's
 * @seq: what kvm_mmu_invalidate_seq() returned
 * @start: first gfn that is to be mapped
 * @end: the one behind the last
 *
 * Context: mmu_lock held.
 * Return: true if the fault has to begin anew.
 */
static inline bool
kvm_mmu_invalidate_retry(const struct kvm_mmu_invalidate *inv,
			 unsigned long seq, gfn_t start, gfn_t end)
{
	if (inv->seq != seq)
		return true;
	return unlikely(inv->nr) && kvm_mmu_invalidating(inv, start, end);
}

#endif
