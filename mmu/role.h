/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * role.h - what decides how a page of page tables is read and built
 *
 * Owns: union kvm_mmu_page_role, the identity of a page table page beside its
 * gfn, and union kvm_cpu_role, the state of a guest CPU that governs its own
 * page walk.  The two are computed apart and compared apart: with TDP a flip
 * of CR0.WP changes the CPU's role, keeps the root's, and zaps nothing.
 *
 * Locking: none; pure.
 */
#ifndef TWINWALK_MMU_ROLE_H
#define TWINWALK_MMU_ROLE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* What a guest's tables allow; the values are those of the legacy format. */
#define KVM_ACC_EXEC  1u
#define KVM_ACC_WRITE 2u
#define KVM_ACC_USER  4u
#define KVM_ACC_ALL   (KVM_ACC_EXEC | KVM_ACC_WRITE | KVM_ACC_USER)

/**
 * union kvm_mmu_page_role - the identity of a page table page, beside its gfn
 * @word: all of it, to be compared
 * @level: of its entries: 1 maps 4K pages; 5 is the highest
 * @has_4_byte_gpte: shadows a guest's table of 1024 entries of 4 bytes, ...
 * @quadrant: ... this part of it
 * @direct: translates gfns, not a guest's table
 * @access: KVM_ACC_*, what the guest's upper levels allow
 * @invalid: no longer used; a root that no vCPU may load any more
 * @efer_nx: as the guest has it, where that changes the page
 * @cr0_wp: the same
 * @smep_andnot_wp: SMEP on and CR0.WP off
 * @smap_andnot_wp: SMAP on and CR0.WP off
 * @ad_disabled: the CPU does not set accessed and dirty in its entries
 * @guest_mode: of a nested guest
 * @passthrough: a level that the host's tables have and the guest's do not
 * @smm: the address space: 1 in system management mode
 */
union kvm_mmu_page_role {
	u32 word;
	struct {
		u32 level : 4;
		u32 has_4_byte_gpte : 1;
		u32 quadrant : 2;
		u32 direct : 1;
		u32 access : 3;
		u32 invalid : 1;
		u32 efer_nx : 1;
		u32 cr0_wp : 1;
		u32 smep_andnot_wp : 1;
		u32 smap_andnot_wp : 1;
		u32 ad_disabled : 1;
		u32 guest_mode : 1;
		u32 passthrough : 1;
		u32 smm : 8;
	};
};

static_assert(sizeof(union kvm_mmu_page_role) == sizeof(u32));

/**
 * union kvm_cpu_role - the state of a guest CPU that governs its page walk
 * @word: all of it, to be compared
 * @base: what page roles have as well; @base.level is that of the guest's own
 *	tables, 0 without paging, in which case @base.direct is set
 * @valid: computed; a role that is all zero is none
 * @execonly: nested EPT: an entry may be executable and not readable
 * @cr4_pse: as the guest has it, with paging on
 * @cr4_pke: PKE, in long mode
 * @cr4_smap: as the guest has it, with paging on
 * @cr4_smep: the same
 * @cr4_la57: LA57, in long mode
 * @efer_lma: long mode is active
 * @ept: the tables have the EPT format
 */
union kvm_cpu_role {
	u64 word;
	struct {
		union kvm_mmu_page_role base;
		u32 valid : 1;
		u32 execonly : 1;
		u32 cr4_pse : 1;
		u32 cr4_pke : 1;
		u32 cr4_smap : 1;
		u32 cr4_smep : 1;
		u32 cr4_la57 : 1;
		u32 efer_lma : 1;
		u32 ept : 1;
	};
};

static_assert(sizeof(union kvm_cpu_role) == sizeof(u64));

#endif
