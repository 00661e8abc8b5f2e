// SPDX-License-Identifier: GPL-2.0-only
/*
 * memtype.c - the memory type of a guest's page
 *
 * Owns: the choice.  Pure: no state, no locking.  See memtype.h.
 */
#include <linux/types.h>
#include <asm/mtrr.h>
#include <asm/vmx.h>

#include "mmu/memtype.h"
#include "mmu/pte_masks.h"

/* SDM 3C, "EPT Misconfigurations": 2, 3 and 7 are reserved. */
static u8 ept_type(u8 mtrr_type)
{
	switch (mtrr_type) {
	case MTRR_TYPE_UNCACHABLE:
	case MTRR_TYPE_WRCOMB:
	case MTRR_TYPE_WRTHROUGH:
	case MTRR_TYPE_WRPROT:
	case MTRR_TYPE_WRBACK:
		return mtrr_type;
	default:
		return MTRR_TYPE_UNCACHABLE;
	}
}

struct kvm_memtype kvm_memtype_choose(const struct kvm_memtype_req *req)
{
	struct kvm_memtype t = {};

	if (req->is_mmio) {
		t.type = MTRR_TYPE_UNCACHABLE;
	} else if (!req->noncoherent_dma) {
		t.type = MTRR_TYPE_WRBACK;
		t.ignore_pat = req->quirk_ignore_guest_pat || !req->self_snoop;
	} else if (req->cr0_cd) {
		t.type = req->quirk_cd_nw_cleared ? MTRR_TYPE_WRBACK :
						    MTRR_TYPE_UNCACHABLE;
		t.ignore_pat = true;
	} else {
		t.type = ept_type(req->guest_mtrr_type);
	}
	return t;
}

u64 kvm_memtype_bits(const struct kvm_pte_masks *m,
		     const struct kvm_memtype_req *req)
{
	struct kvm_memtype t;

	if (!m->memtype)
		return 0;
	t = kvm_memtype_choose(req);
	return ((u64)t.type << VMX_EPT_MT_EPTE_SHIFT) |
	       (t.ignore_pat ? VMX_EPT_IPAT_BIT : 0);
}
