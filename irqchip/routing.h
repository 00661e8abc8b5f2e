/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * routing.h - what a GSI is: pins of the PICs and the IOAPIC, or a message
 *
 * Owns: the table of a VM, and who waits for an EOI.
 *
 * Locking: the table is published by RCU and written under irqchip.irq_lock.  Who
 * injects also holds an SRCU of its own, for read: when a new table is there, nobody
 * is at the old routes any more.
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
 * @fn: called.  Context: RCU; none of a chip's locks is held, so it may drive
 *	lines
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

/**
 * kvm_route_make() - a table
 * @kvm: whose; which chips it has, and the form of its messages, count
 * @entries: of it
 * @nr: how many, at most KVM_MAX_IRQ_ROUTES
 *
 * Pure but for the allocation; kvfree() is the reverse.
 *
 * Return: the table; ERR_PTR: -EINVAL, a GSI or a pin that is none, another type
 * or flag, or two entries of a GSI that can't both be; -ENOMEM.
 */
struct kvm_route_table *
kvm_route_make(struct kvm *kvm, const struct kvm_irq_routing_entry *entries,
	       u32 nr);

/**
 * kvm_route_find() - a GSI's entries
 * @t: the table, or NULL
 * @gsi: any number
 * @entries: filled, if there are any
 *
 * Context: RCU, if others can see the table.
 * Return: how many there are, at most KVM_MAX_ROUTES_PER_GSI.
 */
unsigned int kvm_route_find(const struct kvm_route_table *t, u32 gsi,
			    const struct kvm_irq_routing_entry **entries);

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

/**
 * kvm_pulse_irq() - an edge on a GSI, or its message
 * @kvm: the VM
 * @source: KVM_*_IRQ_SOURCE_ID
 * @gsi: any number
 *
 * Context: any, and short: it does not ask every APIC for a message.
 * Return: as kvm_set_irq(); -EWOULDBLOCK, nothing is done, since it would have to.
 */
int kvm_pulse_irq(struct kvm *kvm, unsigned int source, u32 gsi);

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

/**
 * kvm_irq_watched_pins() - whose EOI does anybody wait for?
 * @kvm: the VM
 * @chip: KVM_IRQCHIP_*
 *
 * Context: irqchip.irq_lock.
 * Return: pins of the chip, a bit each.
 */
u32 kvm_irq_watched_pins(struct kvm *kvm, unsigned int chip);

/* ioctls of a VM */
long kvm_vm_ioctl_irq_line(struct kvm *kvm, void *data);
long kvm_vm_ioctl_irq_line_status(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_gsi_routing(struct kvm *kvm, void *data);
long kvm_vm_ioctl_signal_msi(struct kvm *kvm, void *data);

#endif
