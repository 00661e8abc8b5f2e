/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_track.h - following what a guest does with its pages, and their size
 *
 * Owns: aging, write protection, clearing of dirty bits; splitting huge pages
 * for dirty logging and making them whole again.
 *
 * Locking: aging takes none, being under RCU.  The others take kvm->mmu_lock
 * for read themselves, drop it now and then, and flush once for all they did in
 * between; those that work on an operation leave that to its owner.
 *
 * Ranges are [start, end) in gfns; an as_id is an address space.
 */
#ifndef TWINWALK_MMU_TDP_TRACK_H
#define TWINWALK_MMU_TDP_TRACK_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_mmu_caches;
struct kvm_tdp_op;

/**
 * kvm_tdp_age_range() - was any page used since the last time?
 * @kvm: the VM
 * @as_id: its address space
 * @start: first gfn
 * @end: the one behind the last
 *
 * Marks them old, without a flush: a page in some TLB may look old though it is
 * used.
 *
 * Context: any; no lock.  The range is looked at in one RCU section, so it should
 * be no larger than a page of the host's.
 * Return: true if one was.
 */
bool kvm_tdp_age_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end);

/** kvm_tdp_test_age_range() - the same, and marks nothing */
bool kvm_tdp_test_age_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end);

/* How to see the next write to a page. */
enum kvm_dirty_mode {
	KVM_DIRTY_WRPROT, /* by a fault */
	KVM_DIRTY_CLEAR_BIT, /* by D, which the CPU sets (and logs) */
};

/**
 * kvm_tdp_track_writes() - see the next write to each page of a range
 * @kvm: the VM
 * @as_id: its address space
 * @start: first gfn
 * @end: the one behind the last
 * @mode: how; without D in the format, by a fault
 *
 * Huge pages are write-protected in either mode, so that the next write splits
 * them; who splits them before saves the guest that fault.  So are the pages of
 * L2, if it runs on a root of its own.  When this returns, no TLB lets anybody
 * write past it.
 *
 * Context: may sleep; slots_lock is held, and the faults that began before dirty
 * logging was turned on have ended (synchronize_srcu()).
 * Return: how many leaves were changed.
 */
unsigned long kvm_tdp_track_writes(struct kvm *kvm, int as_id, gfn_t start,
				   gfn_t end, enum kvm_dirty_mode mode);

/**
 * kvm_tdp_track_mask() - the same for up to 64 4K pages, as one of many calls
 * @op: the operation; its root's pages are meant
 * @base: the gfn of bit 0
 * @mask: which pages; a huge page around one of them is write-protected
 * @mode: how
 *
 * Who made @op settles at its end, see kvm_tdp_op_settle().
 *
 * Context: mmu_lock as @op says.
 */
void kvm_tdp_track_mask(struct kvm_tdp_op *op, gfn_t base, unsigned long mask,
			enum kvm_dirty_mode mode);

/**
 * kvm_tdp_track_bitmap() - see the next write to those pages that a bitmap has
 * @kvm: the VM
 * @as_id: its address space
 * @base: the gfn of bit 0
 * @npages: how many bits
 * @bitmap: nobody changes it meanwhile
 * @mode: how; as in kvm_tdp_track_writes(), which this is for part of a range
 *
 * A huge page around one of them is write-protected.  At most a 4K table's worth
 * of entries is looked at between two chances to yield.
 *
 * Context: may sleep; slots_lock is held.
 * Return: how many leaves were changed.
 */
unsigned long kvm_tdp_track_bitmap(struct kvm *kvm, int as_id, gfn_t base,
				   u64 npages, const unsigned long *bitmap,
				   enum kvm_dirty_mode mode);

/**
 * kvm_tdp_split_range() - make small pages of huge ones
 * @kvm: the VM
 * @as_id: its address space
 * @start: first gfn
 * @end: the one behind the last
 * @level: the largest that may stay
 * @caches: used for the tables; set up with KVM_MMU_CACHE_NO_INIT if only here
 *
 * What is mapped and allowed stays the same, so there is no flush.  The lock is
 * dropped to allocate.
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, some are still huge.
 */
int kvm_tdp_split_range(struct kvm *kvm, int as_id, gfn_t start, gfn_t end,
			unsigned int level, struct kvm_mmu_caches *caches);

/**
 * struct kvm_tdp_recover - for kvm_tdp_recover_range()
 * @as_id: the address space
 * @start: first gfn
 * @end: the one behind the last
 * @max_level: how large a page that begins at a gfn may be, as of now: the host
 *	and the memslot allow it, the memory type is the same in all of it, no
 *	gfn in it is write-tracked, its writes are not logged, and the host
 *	takes the whole page for dirty, as it becomes writable.  mmu_lock is
 *	held, so it may not sleep
 * @arg: for @max_level
 * @nx: the huge pages must not be executable; then it does not matter which of the
 *	small ones were
 */
struct kvm_tdp_recover {
	int as_id;
	gfn_t start;
	gfn_t end;
	u8 (*max_level)(struct kvm *kvm, gfn_t gfn, void *arg);
	void *arg;
	bool nx;
};

/**
 * kvm_tdp_recover_range() - make huge pages of small ones, in place
 * @kvm: the VM
 * @req: which, and how large they may be
 *
 * A table becomes the leaf that its entries amount to: those that are there map
 * what a huge page would map, in the same way, and what is being invalidated is
 * left alone.  A vCPU that faults there meanwhile waits for a batch of at most
 * KVM_TDP_REMOVED_BATCH tables and its flush.  Tables that are small for NX huge
 * pages' sake stay.
 *
 * Context: may sleep.
 * Return: how many huge pages were made.
 */
unsigned long kvm_tdp_recover_range(struct kvm *kvm,
				    const struct kvm_tdp_recover *req);

#endif
