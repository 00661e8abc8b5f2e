// SPDX-License-Identifier: GPL-2.0-only
/*
 * slot.c - what the MMU keeps for a memory slot, and does when slots change
 *
 * Owns: what slot.h says, locking included.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "mmu/level.h"
#include "mmu/slot.h"
#include "mmu/tdp_track.h"
#include "mmu/zap.h"
#include "vm.h"

static_assert(ARRAY_SIZE(((struct kvm_mmu_slot *)0)->disallowed) ==
	      KVM_LEVEL_NR_HUGE);

/* Generations go up by this, see memslots.h: below it is the first of a round. */
static_assert(KVM_ADDRESS_SPACE_NUM < 1 << KVM_MMIO_GEN_BITS);

/* Which count of its level is that of the page around @gfn? */
static u64 count_index(const struct kvm_memory_slot *slot, gfn_t gfn,
		       unsigned int level)
{
	return (gfn >> kvm_level_shift(level)) -
	       (slot->base_gfn >> kvm_level_shift(level));
}

int kvm_mmu_slot_alloc(struct kvm_memory_slot *slot)
{
	gfn_t last = slot->base_gfn + slot->npages - 1;
	unsigned int i;
	u64 nr;

	for (i = 0; i < KVM_LEVEL_NR_HUGE; i++) {
		nr = count_index(slot, last, KVM_MMU_LEVEL_2M + i) + 1;
		/* Who asks for too much has it from the error, not the log. */
		slot->mmu.disallowed[i] =
			kvcalloc(nr, sizeof(*slot->mmu.disallowed[i]),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!slot->mmu.disallowed[i]) {
			kvm_mmu_slot_free(slot);
			return -ENOMEM;
		}
	}
	return 0;
}

void kvm_mmu_slot_free(struct kvm_memory_slot *slot)
{
	unsigned int i;

	for (i = 0; i < KVM_LEVEL_NR_HUGE; i++) {
		kvfree(slot->mmu.disallowed[i]);
		slot->mmu.disallowed[i] = NULL;
	}
}

void kvm_mmu_slot_disallow(struct kvm_memory_slot *slot, gfn_t gfn, int by)
{
	unsigned int i;
	u64 nr;

	for (i = 0; i < KVM_LEVEL_NR_HUGE; i++) {
		nr = count_index(slot, gfn, KVM_MMU_LEVEL_2M + i);
		WRITE_ONCE(slot->mmu.disallowed[i][nr],
			   slot->mmu.disallowed[i][nr] + by);
	}
}

void kvm_mmu_slot_level_req(const struct kvm_memory_slot *slot, gfn_t gfn,
			    struct kvm_level_req *req)
{
	unsigned int i;
	u64 nr;

	req->gfn = gfn;
	req->slot_base_gfn = slot->base_gfn;
	req->slot_npages = slot->npages;
	req->slot_userspace_addr = slot->userspace_addr;
	for (i = 0; i < KVM_LEVEL_NR_HUGE; i++) {
		nr = count_index(slot, gfn, KVM_MMU_LEVEL_2M + i);
		req->disallowed[i] = READ_ONCE(slot->mmu.disallowed[i][nr]);
	}
}

void kvm_mmu_slot_going(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->slots_lock);

	if (kvm_has_tdp_mmu(&kvm->mmu))
		kvm_mmu_zap_all_fast(kvm);
}

void kvm_mmu_slot_log_begins(struct kvm *kvm,
			     const struct kvm_memory_slot *slot)
{
	lockdep_assert_held(&kvm->slots_lock);

	if (kvm_has_tdp_mmu(&kvm->mmu))
		kvm_tdp_track_writes(kvm, slot->as_id, slot->base_gfn,
				     slot->base_gfn + slot->npages,
				     KVM_DIRTY_WRPROT);
}

void kvm_mmu_slot_log_taken(struct kvm *kvm, const struct kvm_memory_slot *slot,
			    u64 first, u64 npages, const unsigned long *bitmap)
{
	lockdep_assert_held(&kvm->slots_lock);

	if (kvm_has_tdp_mmu(&kvm->mmu))
		kvm_tdp_track_bitmap(kvm, slot->as_id, slot->base_gfn + first,
				     npages, bitmap, KVM_DIRTY_WRPROT);
}

void kvm_mmu_slots_generation(struct kvm *kvm, u64 generation)
{
	lockdep_assert_held(&kvm->slots_lock);

	if (kvm_memslots_mmio_gen(generation) < KVM_ADDRESS_SPACE_NUM &&
	    kvm_has_tdp_mmu(&kvm->mmu))
		kvm_mmu_zap_all_fast(kvm);
}
