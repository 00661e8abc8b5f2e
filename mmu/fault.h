/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - a guest's access that its tables do not allow
 *
 * Owns: struct kvm_page_fault, and the steps from an exit to an entry:
 *
 *	known_mmio()	the entry says that there is no memory
 *	find_memory()	the memory slot
 *	map_mmio()	there is none: an entry that says so
 *	map_fast()	what was taken to see the next access is given back
 *	prepare()	memory for tables; is the range being invalidated?
 *	get_host_page()	the host's page, or somebody who brings it
 *	map_page()	its size; is it stale?  Map
 *	finish()	dirty log; let go of the page
 *
 * Each takes what those before it have found, and either decides or returns
 * RET_PF_CONTINUE.
 *
 * Locking: the first four and get_host_page() hold nothing but SRCU; map_page() takes
 * mmu_lock for read.
 */
#ifndef TWINWALK_MMU_FAULT_H
#define TWINWALK_MMU_FAULT_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/tdp_map.h"
#include "virt/host_page.h"

struct kvm_memory_slot;
struct kvm_mmu_page;
struct kvm_vcpu;

/**
 * struct kvm_page_fault - a fault on its way
 * @vcpu: whose
 * @root: what it runs on
 * @gfn: the page
 * @flags: KVM_FAULT_*, as the vendor understood its CPU
 * @generation: of the memory slots
 * @slot: the memory; NULL if there is none
 * @hva: where it is in the VMM
 * @seq: the invalidation sequence before the host was asked anything
 * @page: the host's page
 * @host_level: how large the host maps it
 * @level: how large it is to be mapped
 * @nx_level: how large, if huge pages might be executed
 */
struct kvm_page_fault {
	struct kvm_vcpu *const vcpu;
	struct kvm_mmu_page *const root;
	const gfn_t gfn;
	const u32 flags;

	u64 generation;
	struct kvm_memory_slot *slot;
	unsigned long hva;
	unsigned long seq;
	struct kvm_host_page page;
	u8 host_level;
	u8 level;
	u8 nx_level;
};

/**
 * kvm_fault_choose_level() - how large the page is to be mapped
 * @f: up to the host's page; level and nx_level are set
 *
 * Context: mmu_lock held.
 */
void kvm_fault_choose_level(struct kvm_page_fault *f);

/**
 * kvm_fault_make_map() - what a fault asks of the TDP MMU
 * @f: with its level
 * @map: filled whole
 */
void kvm_fault_make_map(const struct kvm_page_fault *f,
			struct kvm_tdp_map *map);

#endif
