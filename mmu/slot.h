/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slot.h - what the MMU keeps for a memory slot, and does when slots change
 *
 * Owns: struct kvm_mmu_slot, which struct kvm_memory_slot embeds: how many
 * reasons there are against a huge page around a gfn.  The counts begin at 0;
 * what the slot's own shape forbids is not counted but computed, by
 * kvm_slot_level_disallowed().
 *
 * Locking: the counts change and are read under kvm->mmu_lock.  Calls that have
 * a VM are made with kvm->slots_lock held, and take mmu_lock themselves.
 *
 * Deliberately absent: which slots there are (virt/memslots.c), and what follows
 * when dirty logging ends: huge pages stay split until they are recovered.
 */
#ifndef TWINWALK_MMU_SLOT_H
#define TWINWALK_MMU_SLOT_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/mmu_vm.h"

struct kvm_level_req;

/**
 * struct kvm_mmu_slot - the MMU's part of a memory slot
 * @disallowed: for 2M at 0 and 1G at 1, a count for each page of that size that
 *	has a gfn of the slot in it
 */
struct kvm_mmu_slot {
	u32 *disallowed[KVM_MMU_MAX_LEAF_LEVEL - 1];
};

/**
 * kvm_mmu_slot_alloc() - make the MMU's part of a new or moved slot
 * @slot: its gfns are set, its MMU part is zero
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, with nothing left behind.
 */
int kvm_mmu_slot_alloc(struct kvm_memory_slot *slot);

/** kvm_mmu_slot_free() - the reverse; nothing is done to an MMU part of zeroes */
void kvm_mmu_slot_free(struct kvm_memory_slot *slot);

/**
 * kvm_mmu_slot_disallow() - one reason more, or fewer, against huge pages
 * @slot: the slot
 * @gfn: in the slot
 * @by: 1 or -1
 *
 * Context: kvm->mmu_lock held for write.
 */
void kvm_mmu_slot_disallow(struct kvm_memory_slot *slot, gfn_t gfn, int by);

/**
 * kvm_mmu_slot_level_req() - fill in what the slot says of a gfn's level
 * @slot: the slot
 * @gfn: in the slot
 * @req: gfn, the slot_* fields and disallowed are set, the rest is left alone
 *
 * Context: kvm->mmu_lock held, or the answer is a hint.
 */
void kvm_mmu_slot_level_req(const struct kvm_memory_slot *slot, gfn_t gfn,
			    struct kvm_level_req *req);

/**
 * kvm_mmu_slot_going() - a slot is deleted or moved: unmap what it maps
 * @kvm: the VM; every fault sees that the slot is invalid
 *
 * All that the VM has mapped becomes unreachable at once, other slots' pages
 * included: what upstream does unless it is told otherwise.
 *
 * Context: slots_lock held; may sleep.
 */
void kvm_mmu_slot_going(struct kvm *kvm);

/**
 * kvm_mmu_slot_log_begins() - the slot's writes are logged from now on
 * @kvm: the VM
 * @slot: has its bitmap; no fault is left that knows it without
 *
 * Context: slots_lock held; may sleep.
 */
void kvm_mmu_slot_log_begins(struct kvm *kvm,
			     const struct kvm_memory_slot *slot);

/**
 * kvm_mmu_slot_log_taken() - see the next write to pages that were told as dirty
 * @kvm: the VM
 * @slot: has a log
 * @first: the page of the slot that is bit 0
 * @npages: how many bits
 * @bitmap: which pages; their bits were taken out of the log before
 *
 * When it returns, no TLB lets a guest write to one of them unseen.
 *
 * Context: slots_lock held; may sleep.
 */
void kvm_mmu_slot_log_taken(struct kvm *kvm, const struct kvm_memory_slot *slot,
			    u64 first, u64 npages, const unsigned long *bitmap);

/**
 * kvm_mmu_slots_generation() - the slots of an address space have changed
 * @kvm: the VM
 * @generation: the new one, without flags; no fault is left that knows the old
 *
 * An MMIO SPTE keeps the low KVM_MMIO_GEN_BITS.  When they begin anew, those of
 * the last round must be gone before the generation counts.
 *
 * Context: slots_lock held; may sleep.
 */
void kvm_mmu_slots_generation(struct kvm *kvm, u64 generation);

#endif
