/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memtype.h - the memory type of a guest's page
 *
 * Owns: what the memory-type field and the ignore-PAT bit of an EPT leaf are
 * (SDM 3C, "Memory Type Used for Translated Guest-Physical Addresses").  The
 * CPU combines the field with the guest's PAT as it combines an MTRR's type
 * with PAT, unless the bit is set.
 *
 * With NPT there is no such field: the CPU combines the guest's PAT with the
 * host's, and the host's entry says write-back (APM 2, 15.25.8).
 *
 * Locking: none; pure.
 *
 * Deliberately absent: reading the guest's MTRRs.
 */
#ifndef TWINWALK_MMU_MEMTYPE_H
#define TWINWALK_MMU_MEMTYPE_H

#include <linux/types.h>

struct kvm_pte_masks;

/**
 * struct kvm_memtype_req - what decides a page's memory type
 * @is_mmio: the page is a device's, not RAM
 * @noncoherent_dma: a device of the VM may read memory past the caches
 * @cr0_cd: the vCPU has CR0.CD set
 * @quirk_cd_nw_cleared: CR0.CD is taken for clear, for guests that forget it
 * @quirk_ignore_guest_pat: PAT does not count without @noncoherent_dma
 * @self_snoop: the CPU keeps its caches right where types of a page differ
 * @guest_mtrr_type: MTRR_TYPE_*, of the guest's MTRRs for this page
 */
struct kvm_memtype_req {
	bool is_mmio;
	bool noncoherent_dma;
	bool cr0_cd;
	bool quirk_cd_nw_cleared;
	bool quirk_ignore_guest_pat;
	bool self_snoop;
	u8 guest_mtrr_type;
};

/**
 * struct kvm_memtype - a memory type
 * @type: MTRR_TYPE_*; never a value that EPT reserves
 * @ignore_pat: that is it, whatever the guest's PAT says
 */
struct kvm_memtype {
	u8 type;
	bool ignore_pat;
};

/**
 * kvm_memtype_choose() - the memory type of a page
 * @req: see there
 *
 * By the first line that applies:
 *
 *	MMIO				UC; PAT may still make it WC
 *	no non-coherent DMA		WB, PAT ignored unless the quirk is off
 *					and the CPU snoops itself
 *	CR0.CD				UC, or WB by the quirk; PAT ignored
 *	else				the guest's MTRRs' type, with PAT
 *
 * Return: the type; UC where the guest's is none that EPT has.
 */
struct kvm_memtype kvm_memtype_choose(const struct kvm_memtype_req *req);

/**
 * kvm_memtype_bits() - the same, as bits of a leaf
 * @m: the format of the leaf
 * @req: see there
 *
 * Return: all bits of @m->memtype; 0 where the format has none.
 */
u64 kvm_memtype_bits(const struct kvm_pte_masks *m,
		     const struct kvm_memtype_req *req);

#endif
