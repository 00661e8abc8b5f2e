/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * routing.h - what a GSI is: pins of the PICs and the IOAPIC, or a message
 *
 * Owns: the table of a VM, and who waits for an EOI.
 *
 * Locking: the table is published by RCU and written under irqchip.irq_lock.
 */
#ifndef TWINWALK_ROUTING_H
#define TWINWALK_ROUTING_H

#include <linux/kvm.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "irqchip/lapic.h"

struct kvm;

/* GSIs are below it, and a table has no more entries; KVM_CAP_IRQ_ROUTING. */
#define KVM_MAX_IRQ_ROUTES 4096

/* The most entries of a GSI: a pin of each chip. */
#define KVM_MAX_ROUTES_PER_GSI KVM_NR_IRQCHIPS

/**
 * struct kvm_irq_ack_notifier - somebody waits for an EOI
 * @link: in irqchip.ack_notifiers
 * @gsi: of what
 * @fn: called.  Context: any; it must not set a line of the same chip
 */
struct kvm_irq_ack_notifier {
	struct hlist_node link;
	u32 gsi;
	void (*fn)(struct kvm_irq_ack_notifier *notifier);
};

/**
 * struct kvm_route_table - a VM's routes
 * @rcu: to free it
 * @nr_gsis: of @first, less one
 * @first: where a GSI's entries begin; those of the next follow
 * @entries: sorted by GSI
 * @gsi_of: the GSI of a chip's pin, or -1
 */
struct kvm_route_table {
	struct rcu_head rcu;
	u32 nr_gsis;
	s16 gsi_of[KVM_NR_IRQCHIPS][KVM_IOAPIC_NUM_PINS];
	struct kvm_irq_routing_entry *entries;
	u32 first[];
};

/** kvm_route_msi() - the message that an MSI is; @wide: 32-bit ids */
void kvm_route_msi(const struct kvm_irq_routing_msi *msi, bool wide,
		   struct kvm_lapic_irq *irq);

/**
 * kvm_set_irq() - a source drives a GSI
 * @kvm: the VM
 * @source: KVM_*_IRQ_SOURCE_ID
 * @gsi: any number
 * @level: asserted
 *
 * Context: any.
 * Return: > 0, so many took it; 0, it was merged with one that waits; -1, it was
 * dropped.
 */
int kvm_set_irq(struct kvm *kvm, unsigned int source, u32 gsi, bool level);

/** kvm_route_default() - the table of KVM_CREATE_IRQCHIP; 0 or -ENOMEM */
int kvm_route_default(struct kvm *kvm);

/** kvm_route_empty() - the table of a split irqchip; 0 or -ENOMEM */
int kvm_route_empty(struct kvm *kvm);

/** kvm_route_destroy() - no table any more; nobody has the VM */
void kvm_route_destroy(struct kvm *kvm);

/** kvm_route_wants_eoi() - shall userspace's IOAPIC know of an APIC's EOI? */
bool kvm_route_wants_eoi(struct kvm_lapic *apic, u8 vector);

/** kvm_register_irq_ack_notifier() - wait for EOIs; may sleep */
void kvm_register_irq_ack_notifier(struct kvm *kvm,
				   struct kvm_irq_ack_notifier *notifier);

/** kvm_unregister_irq_ack_notifier() - the reverse; waits until none runs */
void kvm_unregister_irq_ack_notifier(struct kvm *kvm,
				     struct kvm_irq_ack_notifier *notifier);

/** kvm_notify_acked_irq() - EOI of a chip's pin; any context */
void kvm_notify_acked_irq(struct kvm *kvm, unsigned int chip, unsigned int pin);

/** kvm_irq_has_notifier() - does anybody wait for it? any context */
bool kvm_irq_has_notifier(struct kvm *kvm, unsigned int chip, unsigned int pin);

/* ioctls of a VM */
long kvm_vm_ioctl_irq_line(struct kvm *kvm, void *data);
long kvm_vm_ioctl_irq_line_status(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_gsi_routing(struct kvm *kvm, void *data);
long kvm_vm_ioctl_signal_msi(struct kvm *kvm, void *data);

#endif
