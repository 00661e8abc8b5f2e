// SPDX-License-Identifier: GPL-2.0-only
/*
 * level.c - how large a page may map a gfn
 *
 * Owns: the choice.  Pure: no state, no locking.  See level.h.
 */
#include <linux/minmax.h>
#include <linux/mm.h>

#include "mmu/level.h"

bool kvm_slot_level_disallowed(gfn_t base_gfn, u64 npages, unsigned long hva,
			       gfn_t gfn, unsigned int level)
{
	u64 size = kvm_level_pages(level);
	gfn_t first = kvm_level_gfn(gfn, level);

	if (first < base_gfn || npages < size ||
	    first - base_gfn > npages - size)
		return true;
	return (base_gfn ^ (hva >> PAGE_SHIFT)) & (size - 1);
}

static bool level_fits(const struct kvm_level_req *req, u8 level)
{
	if (req->disallowed[level - KVM_MMU_LEVEL_2M])
		return false;
	if ((req->gfn ^ req->pfn) & (kvm_level_pages(level) - 1))
		return false;
	return !kvm_slot_level_disallowed(req->slot_base_gfn, req->slot_npages,
					  req->slot_userspace_addr, req->gfn,
					  level);
}

u8 kvm_level_choose(const struct kvm_level_req *req)
{
	u8 max = min3(req->host_level, req->max_level, (u8)KVM_LEVEL_MAX_HUGE);
	u8 level = KVM_MMU_LEVEL_4K;

	/* Upwards, since what a page must not be, no larger one may be. */
	while (level < max && level_fits(req, level + 1))
		level++;
	return level;
}
