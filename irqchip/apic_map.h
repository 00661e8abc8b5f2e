/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apic_map.h - which APICs a message is for
 *
 * Owns: struct kvm_apic_map and delivery by it.  The map of a VM is published by
 * RCU.  It is made anew when an id, a mode or a logical id changes, and answers
 * what one look can answer: one APIC by physical id, up to 16 by logical id, if
 * all APICs have the same logical mode.  All else asks every APIC, as is done
 * without a map.
 *
 * Locking: kvm->arch.irqchip.map_lock for who publishes.
 */
#ifndef TWINWALK_APIC_MAP_H
#define TWINWALK_APIC_MAP_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "irqchip/lapic.h"

struct kvm;

/* The most APICs that one logical destination without broadcast means. */
#define KVM_APIC_MAP_MAX_CANDIDATES 16

/* What all APICs that have a logical id agree on. */
enum kvm_apic_logical_mode {
	KVM_APIC_LOGICAL_NONE, /* no APIC has one */
	KVM_APIC_LOGICAL_FLAT,
	KVM_APIC_LOGICAL_CLUSTER,
	KVM_APIC_LOGICAL_X2APIC,
	KVM_APIC_LOGICAL_MIXED, /* or an id has not just one bit, or is shared */
};

/**
 * struct kvm_apic_map - a VM's APICs by their ids
 * @rcu: to free it
 * @nr_vcpus: kvm->online_vcpus when it was made; if it is another now, the map
 *	is of no use
 * @logical_mode: see there
 * @has_xapic: some APIC sees 8 bits of a destination
 * @collision: two APICs have the same physical id
 * @nr_ids: of @phys
 * @logical: by cluster and bit; flat is cluster 0, with 8 bits
 * @phys: by physical id
 */
struct kvm_apic_map {
	struct rcu_head rcu;
	unsigned int nr_vcpus;
	enum kvm_apic_logical_mode logical_mode;
	bool has_xapic;
	bool collision;
	u32 nr_ids;
	struct kvm_lapic *logical[16][8];
	struct kvm_lapic *phys[];
};

/** kvm_apic_map_size() - bytes of a map of so many physical ids */
static inline size_t kvm_apic_map_size(u32 nr_ids)
{
	return sizeof(struct kvm_apic_map) +
	       nr_ids * sizeof(struct kvm_lapic *);
}

/**
 * kvm_apic_map_add() - put an APIC into a map that nobody sees yet
 * @map: the map
 * @apic: the APIC
 * @ident: by what it is found
 */
void kvm_apic_map_add(struct kvm_apic_map *map, struct kvm_lapic *apic,
		      const struct kvm_apic_ident *ident);

/**
 * kvm_apic_map_find() - look a destination up
 * @map: the map
 * @dest: destination
 * @logical: logical destination mode
 * @out: filled with those that are meant, each once
 *
 * Return: how many; -1, every APIC has to be asked.
 */
int kvm_apic_map_find(const struct kvm_apic_map *map, u32 dest, bool logical,
		      struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES]);

/**
 * kvm_apic_map_update() - an id or a mode has changed, or a vCPU is new
 * @kvm: the VM
 *
 * Context: may sleep.  If there is no memory, the VM is without a map.
 */
void kvm_apic_map_update(struct kvm *kvm);

/**
 * kvm_irq_delivery_to_apic() - send a message
 * @kvm: the VM
 * @src: the sender of an IPI; NULL, it is a device's
 * @irq: the message
 *
 * Context: any.
 * Return: how many took it; 0, it waited already everywhere; -1, nobody is meant
 * or nobody takes it.
 */
int kvm_irq_delivery_to_apic(struct kvm *kvm, struct kvm_lapic *src,
			     const struct kvm_lapic_irq *irq);

/**
 * kvm_irq_delivery_by_map() - send a device's message if that takes one look
 * @kvm: the VM
 * @irq: the message
 * @r: filled, if the answer is true: as kvm_irq_delivery_to_apic()
 *
 * Context: any.
 * Return: false, nothing is done: every APIC has to be asked.
 */
bool kvm_irq_delivery_by_map(struct kvm *kvm, const struct kvm_lapic_irq *irq,
			     int *r);

/**
 * kvm_apic_find() - an APIC by its physical id
 * @kvm: the VM
 * @id: 32 bits; none of them means all
 *
 * Context: any.
 * Return: one that is on, for as long as the VM lives; or NULL.
 */
struct kvm_lapic *kvm_apic_find(struct kvm *kvm, u32 id);

/** kvm_apic_dest_means() - is an APIC meant by a device's message? */
bool kvm_apic_dest_means(struct kvm_lapic *apic,
			 const struct kvm_lapic_irq *irq);

#endif
