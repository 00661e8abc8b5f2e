/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dirty_log.h - which pages of a slot were written to, told to userspace
 *
 * Owns: reading a slot's log and clearing it, and whether KVM_GET_DIRTY_LOG does
 * both (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2).
 *
 * What always holds of a slot that has a log: where an SPTE lets a guest write, the
 * page's bit is set, or whoever made the SPTE so is about to set it.  A write by
 * the kernel itself sets the bit after it.  So nothing is lost if bits are cleared
 * in this order, and what is written meanwhile is told now, or next time, or both:
 *
 *	1. take bits out of the log, each word by one atomic instruction
 *	2. write-protect the pages whose bits were taken
 *	3. flush TLBs, once
 *	4. tell userspace, which then reads the pages
 *
 * If userspace can't be told, the bits go back.
 *
 * Locking: kvm->slots_lock, for all of it, keeps the slot, its log and the room
 * for a copy behind it; so two readers of logs follow one another.  Who sets bits
 * takes no lock.
 *
 * Deliberately absent: setting bits (include/guest_mem.h); protecting pages
 * (mmu/slot.h); logs that are rings.
 */
#ifndef TWINWALK_DIRTY_LOG_H
#define TWINWALK_DIRTY_LOG_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm;
struct kvm_memory_slot;

/* What KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 takes. */
#define KVM_DIRTY_LOG_MANUAL_CAPS \
	(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET)

/**
 * kvm_dirty_log_initially_set() - does a log begin with all pages dirty?
 * @kvm: the VM
 *
 * If so nothing needs to be write-protected when logging begins.
 *
 * Context: slots_lock held.
 */
bool kvm_dirty_log_initially_set(const struct kvm *kvm);

/**
 * kvm_dirty_log_range_is_valid() - may this part of a slot's log be cleared?
 * @npages: of the slot
 * @first: first page
 * @nr: how many
 *
 * Pure.
 *
 * Return: true if it lies in the slot, begins at a multiple of 64, and is as long
 * as one, or ends where the slot does.
 */
bool kvm_dirty_log_range_is_valid(u64 npages, u64 first, u32 nr);

/**
 * kvm_dirty_log_take() - take bits out of a log
 * @log: others set bits in it meanwhile
 * @mask: which bits; reduced to those that were set
 * @nr_words: of both
 *
 * Context: may sleep.
 * Return: true if there was any.
 */
bool kvm_dirty_log_take(unsigned long *log, unsigned long *mask,
			unsigned long nr_words);

/** kvm_dirty_log_give_back() - set the bits of @mask; as kvm_dirty_log_take() */
void kvm_dirty_log_give_back(unsigned long *log, const unsigned long *mask,
			     unsigned long nr_words);

/**
 * kvm_vm_enable_manual_dirty_log() - KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
 * @kvm: the VM
 * @flags: KVM_DIRTY_LOG_*; 0 turns it off
 *
 * KVM_DIRTY_LOG_INITIALLY_SET is about logs that begin after this.
 *
 * Context: may sleep; takes slots_lock.
 * Return: 0; -EINVAL, an unknown flag, or the second without the first.
 */
int kvm_vm_enable_manual_dirty_log(struct kvm *kvm, u64 flags);

/**
 * kvm_vm_ioctl_get_dirty_log() - KVM_GET_DIRTY_LOG
 * @kvm: the VM
 * @data: struct kvm_dirty_log
 *
 * Context: may sleep; takes slots_lock.
 * Return: 0; -EINVAL, no slot has such a number; -ENOENT, there is no slot, or it
 * has no log; -EFAULT, with nothing cleared.
 */
long kvm_vm_ioctl_get_dirty_log(struct kvm *kvm, void *data);

/**
 * kvm_vm_ioctl_clear_dirty_log() - KVM_CLEAR_DIRTY_LOG
 * @kvm: the VM
 * @data: struct kvm_clear_dirty_log
 *
 * Return: as above; also -EINVAL for the range.
 */
long kvm_vm_ioctl_clear_dirty_log(struct kvm *kvm, void *data);

#endif
