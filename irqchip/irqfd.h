/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqfd.h - eventfds that interrupt the guest when they are signalled
 *
 * Owns: KVM_IRQFD.  Who signals the eventfd injects: the wait queue's callback
 * drives the GSI, with the queue locked and interrupts off.  Only a message for
 * which every APIC would have to be asked is left to a work item, so that
 * interrupts are not off for as long as that takes.  What is signalled is taken
 * out of the eventfd's counter: nobody else waits for it.
 *
 * With KVM_IRQFD_FLAG_RESAMPLE the line stays asserted until the guest's EOI.
 * That takes it down, and tells by the second eventfd.  All of a GSI share one
 * struct kvm_irqfd_resampler, since they share the line.
 *
 * Nothing is kept of the routes: each injection looks the GSI up.  When
 * KVM_SET_GSI_ROUTING is over nobody is at the old routes any more.
 *
 * An irqfd is there until userspace takes it off, the VM goes, or the eventfd's
 * last file is closed.  Whichever it is, first the wait queue is left, then the
 * work item is waited for: then no injection is on its way.
 *
 * Locking: the VM's mutex, inside of which are irq_lock and the mutex of the
 * kernel's IRQ bypass manager.  A callback takes neither.  Readers of a resampler's
 * list have RCU.
 *
 * References: of each eventfd's context one, none of its file.
 *
 * Deliberately absent: posted interrupts.  Each irqfd is a consumer of the bypass
 * manager, and the vendor's hook pi_update_irte is told which of the host's
 * interrupts is whose; no vendor has it, so the host's handler goes on signalling
 * the eventfd.  A vendor that has it needs to know of changed routes, too.
 */
#ifndef TWINWALK_IRQFD_H
#define TWINWALK_IRQFD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct kvm;

/* Those that an EOI tells of a GSI; without a bound, it would take for ever. */
#define KVM_MAX_RESAMPLE_PER_GSI 1024

/**
 * struct kvm_irqfds - a VM's
 * @lock: for all of them
 * @list: of struct kvm_irqfd
 * @resamplers: of struct kvm_irqfd_resampler, one a GSI
 * @hangup_work: takes off those whose eventfds are closed
 */
struct kvm_irqfds {
	struct mutex lock; /* outside of irq_lock */
	struct list_head list;
	struct list_head resamplers;
	struct work_struct hangup_work;
};

/**
 * kvm_vm_ioctl_irqfd() - KVM_IRQFD
 * @kvm: the VM
 * @data: struct kvm_irqfd
 *
 * Return: 0, also if there is none to take off; -EINVAL, flags, no irqchip that
 * can do it, no eventfd, or to resample a GSI that no table has; -EBADF; -EBUSY,
 * the eventfd interrupts this VM already; -ENOSPC, too many are told of a GSI's
 * EOI; -ENOMEM.
 */
long kvm_vm_ioctl_irqfd(struct kvm *kvm, void *data);

/** kvm_irqfd_init_vm() - of a new VM; can't fail */
void kvm_irqfd_init_vm(struct kvm *kvm);

/**
 * kvm_irqfd_destroy_vm() - take all off, and wait for what is on its way
 * @kvm: nobody has it any more; its vCPUs and its irqchip are still there
 *
 * Context: may sleep.
 */
void kvm_irqfd_destroy_vm(struct kvm *kvm);

#endif
