/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm_irqchip.h - struct kvm_vm_irqchip, a VM's interrupt controllers
 *
 * Apart from irqchip.h, since struct kvm has it in it.
 */
#ifndef TWINWALK_VM_IRQCHIP_H
#define TWINWALK_VM_IRQCHIP_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "irqchip/irqfd.h"

struct kvm_apic_map;
struct kvm_ioapic;
struct kvm_pic;
struct kvm_pit;
struct kvm_route_table;

/**
 * struct kvm_vm_irqchip - a VM's interrupt controllers
 * @pic: both PICs, or NULL
 * @ioapic: the IOAPIC, or NULL
 * @pit: the PIT, or NULL; under kvm->lock
 * @routes: what a GSI is; RCU, written under @irq_lock
 * @irq_lock: who writes @routes and @ack_notifiers
 * @ack_notifiers: who wants to know of an EOI; RCU
 * @irqfds: eventfds that interrupt
 * @map: APICs by id; RCU, written under @map_lock
 * @map_lock: who makes @map
 * @bsp_vcpu_id: KVM_SET_BOOT_CPU_ID
 * @nr_ioapic_pins: with userspace's IOAPIC, how many GSIs are its pins
 * @nr_lint0_nmi: APICs with @lint0_is_nmi
 * @x2apic_format: KVM_X2APIC_API_USE_32BIT_IDS
 * @x2apic_no_broadcast_quirk: KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK
 */
struct kvm_vm_irqchip {
	struct kvm_pic *pic;
	struct kvm_ioapic *ioapic;
	struct kvm_pit *pit;
	struct kvm_route_table __rcu *routes;
	struct mutex irq_lock; /* inside of kvm->lock */
	struct hlist_head ack_notifiers;
	struct kvm_irqfds irqfds;
	struct kvm_apic_map __rcu *map;
	struct mutex map_lock; /* inside of all but spinlocks */
	u32 bsp_vcpu_id;
	u32 nr_ioapic_pins;
	atomic_t nr_lint0_nmi;
	bool x2apic_format;
	bool x2apic_no_broadcast_quirk;
};

#endif
