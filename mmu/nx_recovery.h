/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nx_recovery.h - tables that are there only because of NX huge pages
 *
 * Owns: the list of them, and taking them away again.  Where the CPU must not
 * have an executable huge page in its TLB (iTLB multihit), a fetch from a huge
 * page makes a table of 4K pages of it.  Later that may be undone: if the guest
 * still executes there, it faults once.
 *
 * Locking: kvm->mmu.pages_lock for the list and a page's
 * nx_huge_page_disallowed.  Recovery runs under mmu_lock for read.
 *
 * Deliberately absent: when to recover, and how much: a thread of the module
 * decides that, which comes with the first guest.
 */
#ifndef TWINWALK_MMU_NX_RECOVERY_H
#define TWINWALK_MMU_NX_RECOVERY_H

#include <linux/compiler.h>

#include "mmu/mmu_page.h"

struct kvm;

/** kvm_nx_track() - a table was linked whose nx_huge_page_disallowed is set */
void kvm_nx_track(struct kvm *kvm, struct kvm_mmu_page *sp);

/* kvm_nx_untrack() of a table that was such a one a moment ago. */
void __kvm_nx_untrack(struct kvm *kvm, struct kvm_mmu_page *sp);

/**
 * kvm_nx_untrack() - a table goes
 * @kvm: the VM
 * @sp: the table; nothing is done if it is no such one
 *
 * Context: any; does not sleep.
 */
static inline void kvm_nx_untrack(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	if (unlikely(READ_ONCE(sp->nx_huge_page_disallowed)))
		__kvm_nx_untrack(kvm, sp);
}

/**
 * kvm_nx_recover() - take away the oldest of those tables
 * @kvm: the VM
 * @nr: how many at most
 *
 * One flush for each KVM_TDP_REMOVED_BATCH of them, unless the lock is wanted by
 * others in between, or the next is of another root.
 *
 * Context: may sleep; takes mmu_lock for read.
 * Return: how many went.
 */
unsigned long kvm_nx_recover(struct kvm *kvm, unsigned long nr);

#endif
