/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notifier.h - what the host does to the VMM's memory, a VM's tables follow
 *
 * Owns: the mmu_notifier of a VM.  A mapping of ours holds no reference to the
 * host's page: before the host takes the page away, or changes what may be done
 * with it, it says so, and the mapping goes.
 *
 * From start to end of such an invalidation, faults in its range, and only there,
 * retry (mmu/invalidate.h).
 *
 * Locking: start and end take kvm->mmu_lock for write for a moment, then for read
 * to zap; aging takes no lock.  Callers are the host's mm, with locks of it held,
 * possibly out of memory, so nothing is allocated.
 *
 * Deliberately absent: change_pte.  All who call it have called
 * invalidate_range_start before, after which nothing is mapped there.
 */
#ifndef TWINWALK_NOTIFIER_H
#define TWINWALK_NOTIFIER_H

struct kvm;
struct mmu_notifier_range;

/**
 * kvm_notifier_register() - from here on, the VM follows its mm
 * @kvm: with its memory slots, its MMU, and its mm, which is current->mm
 *
 * Nothing is to follow if the VM has no TDP MMU.
 *
 * Context: may sleep; takes mmap_lock.
 * Return: 0; -ENOMEM, -EINTR.
 */
int kvm_notifier_register(struct kvm *kvm);

/**
 * kvm_notifier_unregister() - the reverse
 * @kvm: nobody runs it any more; nothing is mapped when this returns, and no
 *	callback runs
 *
 * Context: may sleep.
 */
void kvm_notifier_unregister(struct kvm *kvm);

#endif
