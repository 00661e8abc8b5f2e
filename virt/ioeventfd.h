/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioeventfd.h - eventfds that are signalled when the guest writes
 *
 * Owns: KVM_IOEVENTFD.  An eventfd is on a bus as a device that is written to. It
 * is there until userspace takes it off, the VM goes, or the eventfd's last file
 * is closed: then nobody could hear of a write any more, nor name the eventfd to
 * take it off, so the next write is an exit.
 *
 * Locking: kvm->slots_lock.  An eventfd that is closed tells so with its own wait
 * queue locked and interrupts off; a work item of the VM does the rest.
 *
 * References: of the eventfd's context one each, none of its file.
 */
#ifndef TWINWALK_IOEVENTFD_H
#define TWINWALK_IOEVENTFD_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct kvm;

/**
 * struct kvm_ioeventfds - a VM's
 * @list: those that are on a bus; under slots_lock
 * @hangup_work: takes off those whose files have gone
 */
struct kvm_ioeventfds {
	struct list_head list;
	struct work_struct hangup_work;
};

/**
 * struct kvm_ioeventfd_match - which writes an eventfd is for
 * @addr: to where
 * @len: of how many bytes; 0, any
 * @any_data: of whatever data
 * @data: of this
 */
struct kvm_ioeventfd_match {
	u64 addr;
	u32 len;
	bool any_data;
	u64 data;
};

/**
 * kvm_ioeventfd_matches() - is a write meant?
 * @match: which are
 * @addr: the write's
 * @len: its length
 * @val: its data; NULL, not known
 *
 * Pure.
 */
bool kvm_ioeventfd_matches(const struct kvm_ioeventfd_match *match, u64 addr,
			   int len, const void *val);

/** kvm_ioeventfd_collide() - is there a write that both would take?  Pure */
bool kvm_ioeventfd_collide(const struct kvm_ioeventfd_match *a,
			   const struct kvm_ioeventfd_match *b);

/**
 * kvm_vm_ioctl_ioeventfd() - KVM_IOEVENTFD
 * @kvm: the VM
 * @data: struct kvm_ioeventfd
 *
 * Return: 0; -EINVAL, flags, length, or a range that wraps; -EBADF, or -EINVAL, no
 * eventfd; -EEXIST, a write would signal two; -ENOENT, none to take off; -ENOSPC,
 * -ENOMEM.
 */
long kvm_vm_ioctl_ioeventfd(struct kvm *kvm, void *data);

/** kvm_ioeventfd_create_vm() - of a new VM, before all else here; can't fail */
void kvm_ioeventfd_create_vm(struct kvm *kvm);

/**
 * kvm_ioeventfd_destroy_vm() - free all, and wait for work that is under way
 * @kvm: nobody has it any more; to be called after kvm_io_buses_destroy(), after
 *	which nothing needs a grace period
 *
 * Context: may sleep.
 */
void kvm_ioeventfd_destroy_vm(struct kvm *kvm);

#endif
