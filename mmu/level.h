/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * level.h - how large a page may map a gfn
 *
 * Owns: the choice of the level of a leaf.  A page of level L is 512^(L-1)
 * pages of 4K, aligned to its size in guest and host memory alike; it may be
 * used if mapping all those 4K pages one by one would give the same.
 *
 * Locking: none; pure.  What the caller passes in has to be true for as long as
 * it relies on the answer: host_level and pfn until the invalidation sequence
 * says otherwise, the slot under SRCU, the counts under mmu_lock.
 *
 * Deliberately absent: finding out the level of the host's own mapping, and
 * where the counts of what disallows a huge page are kept.
 */
#ifndef TWINWALK_MMU_LEVEL_H
#define TWINWALK_MMU_LEVEL_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/mmu.h"
#include "mmu/spte.h"

/* No format maps a page larger than that, so no count is kept above it. */
#define KVM_LEVEL_MAX_HUGE KVM_MMU_LEVEL_1G
#define KVM_LEVEL_NR_HUGE  (KVM_LEVEL_MAX_HUGE - KVM_MMU_LEVEL_4K)

/**
 * struct kvm_level_req - what bounds the level of a gfn's page
 * @gfn: in the slot
 * @pfn: the host's page behind @gfn
 * @slot_base_gfn: the slot's first gfn
 * @slot_npages: how many 4K pages it has
 * @slot_userspace_addr: where its first page is in the VMM's memory
 * @host_level: level of the host's own mapping of that page
 * @max_level: the largest that hardware, the root, the fault and dirty logging
 *	allow; see kvm_level_max_under_root()
 * @disallowed: for 2M at 0 and 1G at 1, how many reasons there are against a
 *	page of that level around @gfn, such as a write-tracked page in it; what
 *	speaks against a page speaks against all larger ones around it, too
 */
struct kvm_level_req {
	gfn_t gfn;
	kvm_pfn_t pfn;
	gfn_t slot_base_gfn;
	u64 slot_npages;
	unsigned long slot_userspace_addr;
	u8 host_level;
	u8 max_level;
	u32 disallowed[KVM_LEVEL_NR_HUGE];
};

/**
 * kvm_level_choose() - the level of the largest page that may map a gfn
 * @req: see there
 *
 * Return: KVM_MMU_LEVEL_4K to KVM_LEVEL_MAX_HUGE.
 */
u8 kvm_level_choose(const struct kvm_level_req *req);

/**
 * kvm_slot_level_disallowed() - does the slot's shape forbid such a page?
 * @base_gfn: the slot's first gfn
 * @npages: how many 4K pages it has
 * @hva: where its first page is in the VMM's memory; the last 12 bits are 0
 * @gfn: any
 * @level: KVM_MMU_LEVEL_4K to KVM_LEVEL_MAX_HUGE
 *
 * Return: true if the page of that level around @gfn is not all in the slot, or
 * not aligned in the VMM's memory as it is in the guest's.
 */
bool kvm_slot_level_disallowed(gfn_t base_gfn, u64 npages, unsigned long hva,
			       gfn_t gfn, unsigned int level);

/**
 * kvm_level_max_under_root() - the largest page that tables below a root map
 * @max_huge_level: the largest that an entry may map, see struct kvm_mmu_config
 * @root_level: of the root's role, 3 to 5
 *
 * An entry of a PAE root has a reserved bit where a page of 1G has PS.
 *
 * Return: a bound for @max_level of struct kvm_level_req.
 */
static inline u8 kvm_level_max_under_root(u8 max_huge_level,
					  unsigned int root_level)
{
	if (root_level == KVM_PAE_ROOT_LEVEL &&
	    max_huge_level >= KVM_PAE_ROOT_LEVEL)
		return KVM_PAE_ROOT_LEVEL - 1;
	return max_huge_level;
}

/**
 * kvm_level_nx_adjust() - what the NX-huge-page workaround makes of a level
 * @level: as chosen
 * @is_exec: the access that faulted was an instruction fetch
 * @nx_workaround: huge pages of this VM must not be executable
 *
 * Return: the level to be mapped with.
 */
static inline u8 kvm_level_nx_adjust(u8 level, bool is_exec, bool nx_workaround)
{
	return is_exec && nx_workaround ? KVM_MMU_LEVEL_4K : level;
}

#endif
