/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memslots.h - a VM's memory: which part of the VMM's memory is at which gfn
 *
 * Owns: struct kvm_memory_slot, the sets of them, and the look-ups.
 *
 * An address space (0, and 1 for SMM) has two sets.  All slots are in both.
 * Readers use the active one; nothing is ever changed in it but for two words,
 * see below.  A writer changes the spare set, makes it the active one, waits
 * until the last reader has left the other, and makes the same change there.  So
 * a reader needs no lock, and its trees are ordinary ones.
 *
 * A slot that a reader can see does not change: another one takes its place.  The
 * exception is KVM_MEMSLOT_INVALID, which is set in place when the slot is about
 * to go, so that to delete a slot needs no memory.  A fault that meets it waits,
 * or begins anew: there is neither memory nor MMIO.
 *
 * A set's generation tells whether what was learned from it still holds: it is
 * another after each change, and no two address spaces ever have the same one.
 * KVM_MEMSLOT_GEN_UPDATING is set in it from before the first effect of a change
 * until after the last.  While it is, nothing learned may be kept, and no MMIO SPTE
 * be trusted (kvm_memslots_mmio_spte_is_current()).
 *
 * Who has to find the same slots again later, and can't stay in SRCU until then,
 * holds the sets: no other becomes active meanwhile (kvm_memslots_hold()).
 *
 * Locking: look-ups in a set under kvm->srcu for read, or kvm->slots_lock.
 * Changes, and the look-up by id, under kvm->slots_lock.
 *
 * Deliberately absent: the host's pages (virt/host_page.h), and the mmu_notifier,
 * which asks by hva (virt/notifier.h).
 */
#ifndef TWINWALK_MEMSLOTS_H
#define TWINWALK_MEMSLOTS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/interval_tree.h>
#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "mmu/pte_masks.h"
#include "mmu/slot.h"

/* Of a VM; the second is what a vCPU in SMM sees. */
#define KVM_ADDRESS_SPACE_NUM 2

/* Ids of an address space; those from KVM_USER_MEM_SLOTS on are our own. */
#define KVM_MEM_SLOTS_NUM     SHRT_MAX
#define KVM_PRIVATE_MEM_SLOTS 3
#define KVM_USER_MEM_SLOTS    (KVM_MEM_SLOTS_NUM - KVM_PRIVATE_MEM_SLOTS)

/* Of a slot: the dirty log's interface counts pages in 32 bits, signed. */
#define KVM_MEM_MAX_NR_PAGES ((1ull << 31) - 1)

/* In flags, above those of the uapi: the slot is about to go. */
#define KVM_MEMSLOT_INVALID BIT(16)

/* In a generation. */
#define KVM_MEMSLOT_GEN_UPDATING BIT_ULL(63)

/* A slot's place in one of the two sets. */
struct kvm_slot_node {
	struct interval_tree_node gfn;
	struct interval_tree_node hva;
};

/**
 * struct kvm_memory_slot - a range of gfns, and the memory that is there
 * @node: its places in the two sets
 * @base_gfn: its first gfn
 * @npages: how many; never 0
 * @userspace_addr: hva of its first page
 * @dirty_bitmap: with KVM_MEM_LOG_DIRTY_PAGES, two bitmaps of
 *	kvm_slot_bitmap_bytes() each: the log, and room for a copy of it
 * @mmu: what the MMU keeps for it
 * @flags: KVM_MEM_* and KVM_MEMSLOT_INVALID; see kvm_slot_flags()
 * @id: below KVM_MEM_SLOTS_NUM
 * @as_id: below KVM_ADDRESS_SPACE_NUM
 */
struct kvm_memory_slot {
	struct kvm_slot_node node[2];
	gfn_t base_gfn;
	u64 npages;
	unsigned long userspace_addr;
	unsigned long *dirty_bitmap;
	struct kvm_mmu_slot mmu;
	u32 flags;
	u16 id;
	u8 as_id;
};

/**
 * struct kvm_memslots - one of the two sets of an address space
 * @generation: see above
 * @last_used: what the last look-up by gfn found, a hint
 * @gfns: struct kvm_slot_node by gfn; no two overlap
 * @hvas: the same by hva; these may
 * @nr: which of the two it is
 */
struct kvm_memslots {
	u64 generation;
	struct kvm_memory_slot *last_used;
	struct rb_root_cached gfns;
	struct rb_root_cached hvas;
	u8 nr;
};

/**
 * struct kvm_vm_slots - the memory slots of a VM
 * @active: the set that readers use, see kvm_memslots()
 * @set: both
 * @by_id: struct kvm_memory_slot by id, under slots_lock
 * @nr_pages: sum over all slots, under slots_lock
 * @hold_lock: guards @nr_holds, and that no set becomes active while it is not 0
 * @nr_holds: see kvm_memslots_hold()
 * @hold_wait: who wants to make a set active
 */
struct kvm_vm_slots {
	struct kvm_memslots __rcu *active[KVM_ADDRESS_SPACE_NUM];
	struct kvm_memslots set[KVM_ADDRESS_SPACE_NUM][2];
	struct xarray by_id[KVM_ADDRESS_SPACE_NUM];
	u64 nr_pages;
	spinlock_t hold_lock; /* a leaf among locks */
	unsigned long nr_holds;
	wait_queue_head_t hold_wait;
};

/**
 * kvm_memslots_create_vm() - a new VM's memory: none
 * @kvm: zeroed, as far as memory is concerned
 *
 * Makes kvm->srcu and kvm->slots_lock as well.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_memslots_create_vm(struct kvm *kvm);

/**
 * kvm_memslots_destroy_vm() - the reverse
 * @kvm: nothing of it is mapped any more, and nobody is left to look
 *
 * Context: may sleep.
 */
void kvm_memslots_destroy_vm(struct kvm *kvm);

/**
 * kvm_memslots_hold() - the active sets stay the active ones
 * @kvm: the VM
 *
 * Until kvm_memslots_unhold(), which another task may call.  Who changes slots
 * waits, with slots_lock held; so who holds them does not want that lock.
 *
 * Context: any but interrupts; does not sleep.
 */
void kvm_memslots_hold(struct kvm *kvm);

/** kvm_memslots_unhold() - the reverse; of as many holds the last one counts */
void kvm_memslots_unhold(struct kvm *kvm);

/**
 * kvm_set_memory_region() - create, delete, move a slot or change its flags
 * @kvm: the VM
 * @mem: as in the uapi; private ids are allowed
 *
 * When it returns, no vCPU can reach what a deleted or moved slot had, or write
 * unseen to what is now logged.  Deleting never fails for want of memory.  If it
 * fails, nothing has changed.
 *
 * Context: may sleep; takes slots_lock.
 * Return: 0; -EINVAL; -EEXIST, another slot is there; -ENOMEM.
 */
int kvm_set_memory_region(struct kvm *kvm,
			  const struct kvm_userspace_memory_region *mem);

/**
 * kvm_vm_ioctl_set_memory_region() - KVM_SET_USER_MEMORY_REGION
 * @kvm: the VM
 * @argp: struct kvm_userspace_memory_region
 *
 * Context: may sleep; takes slots_lock.
 * Return: as kvm_set_memory_region(); -EFAULT.
 */
int kvm_vm_ioctl_set_memory_region(struct kvm *kvm, const void __user *argp);

/**
 * kvm_memslots_find() - the slot that has a gfn
 * @slots: the set
 * @gfn: any
 *
 * Context: see above.
 * Return: the slot, which may be invalid; NULL, there is no memory.
 */
struct kvm_memory_slot *kvm_memslots_find(struct kvm_memslots *slots,
					  gfn_t gfn);

/**
 * kvm_memslots_next_gfn() - the next slot that has any of a range of gfns
 * @slots: the set
 * @slot: the last one, or NULL to begin
 * @start: first gfn
 * @end: the one behind the last
 *
 * Return: in the order of their gfns; NULL at the end.
 */
struct kvm_memory_slot *kvm_memslots_next_gfn(struct kvm_memslots *slots,
					      struct kvm_memory_slot *slot,
					      gfn_t start, gfn_t end);

/** kvm_memslots_next_hva() - the same for hvas, in bytes */
struct kvm_memory_slot *kvm_memslots_next_hva(struct kvm_memslots *slots,
					      struct kvm_memory_slot *slot,
					      unsigned long start,
					      unsigned long end);

/**
 * kvm_memslots_by_id() - the slot that has an id
 * @kvm: the VM
 * @as_id: below KVM_ADDRESS_SPACE_NUM
 * @id: any
 *
 * Context: slots_lock held.
 * Return: the slot, or NULL.
 */
struct kvm_memory_slot *kvm_memslots_by_id(struct kvm *kvm, unsigned int as_id,
					   unsigned int id);

/** kvm_slot_flags() - a slot's flags, as they are at this moment */
static inline u32 kvm_slot_flags(const struct kvm_memory_slot *slot)
{
	return READ_ONCE(slot->flags);
}

/** kvm_slot_hva() - where the page of a gfn of the slot is */
static inline unsigned long kvm_slot_hva(const struct kvm_memory_slot *slot,
					 gfn_t gfn)
{
	return slot->userspace_addr + ((gfn - slot->base_gfn) << PAGE_SHIFT);
}

/**
 * kvm_slot_clip_hvas() - which gfns of a slot have any of a range of hvas
 * @slot: has some of them
 * @start: first hva
 * @end: the one behind the last
 * @first: set to the first gfn
 *
 * Return: the gfn behind the last.
 */
static inline gfn_t kvm_slot_clip_hvas(const struct kvm_memory_slot *slot,
				       unsigned long start, unsigned long end,
				       gfn_t *first)
{
	unsigned long hva = slot->userspace_addr;

	start = max(start, hva) - hva;
	end = min(end - hva, (unsigned long)slot->npages << PAGE_SHIFT);
	*first = slot->base_gfn + (start >> PAGE_SHIFT);
	return slot->base_gfn + ((end + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/** kvm_slot_bitmap_bytes() - the size of a bitmap of the slot's pages */
static inline unsigned long
kvm_slot_bitmap_bytes(const struct kvm_memory_slot *slot)
{
	return ALIGN(slot->npages, BITS_PER_LONG) / 8;
}

/** kvm_memslots_mmio_gen() - what an MMIO SPTE keeps of a generation */
static inline u64 kvm_memslots_mmio_gen(u64 generation)
{
	return generation & (BIT_ULL(KVM_MMIO_GEN_BITS) - 1);
}

/**
 * kvm_memslots_mmio_spte_is_current() - is there still no memory?
 * @slots: the set that is active now
 * @gen: kvm_mmio_spte_gen() of an SPTE of this address space
 *
 * Return: true if no slot changed since the SPTE was made, nor is changing.
 */
static inline bool
kvm_memslots_mmio_spte_is_current(const struct kvm_memslots *slots, u64 gen)
{
	u64 now = READ_ONCE(slots->generation);

	return !(now & KVM_MEMSLOT_GEN_UPDATING) &&
	       kvm_memslots_mmio_gen(now) == gen;
}

#endif
