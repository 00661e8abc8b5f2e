/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * role.h - what decides how a page of page tables is read and built
 *
 * Owns: union kvm_mmu_page_role, the identity of a page table page beside its
 * gfn, and union kvm_cpu_role, the state of a guest CPU that governs its own
 * page walk.  The two are computed apart and compared apart: with TDP a flip
 * of CR0.WP changes the CPU's role, keeps the root's, and zaps nothing.
 *
 * And the table of what a write to CR0, CR3, CR4 or EFER invalidates.
 *
 * Rules: SDM 3A, chapter "Paging"; for TLBs its "Operations that Invalidate
 * TLBs and Paging-Structure Caches", and APM 2, "TLB Management".  Where the
 * two manuals differ, what either demands is done.
 *
 * Locking: none; pure.
 *
 * Deliberately absent: whether a guest may write what it writes (x86/regs);
 * CR4.PKS and CR4.CET and CR3's LAM bits, which no guest of ours has.
 * Protection keys with shadow paging: SPTEs carry no key, so CPUID must not
 * offer them there.
 */
#ifndef TWINWALK_MMU_ROLE_H
#define TWINWALK_MMU_ROLE_H

#include <linux/bits.h>
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
 * @pae_gpte: shadows a guest's tables of PAE paging: bits 62:52 are reserved in
 *	them, which 4-level paging ignores
 * @cr4_pse: with @has_4_byte_gpte, above level 1: an entry may map 4M
 *
 * No gfn identifies a page with @pae_gpte of level 3 or more: what it maps was
 * decided by four registers.  It belongs to one MMU, and is never looked up.
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
		u32 pae_gpte : 1;
		u32 cr4_pse : 1;
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
		u32 cr4_pke : 1;
		u32 cr4_smap : 1;
		u32 cr4_smep : 1;
		u32 cr4_la57 : 1;
		u32 efer_lma : 1;
		u32 ept : 1;
	};
};

static_assert(sizeof(union kvm_cpu_role) == sizeof(u64));

/**
 * struct kvm_mmu_role_regs - the registers that roles are computed from
 * @cr0: as the guest sees it
 * @cr4: the same
 * @efer: the same; LMA says whether long mode is active, LME is not looked at
 * @smm: in system management mode
 * @guest_mode: runs a nested guest, whose registers these are
 */
struct kvm_mmu_role_regs {
	unsigned long cr0;
	unsigned long cr4;
	u64 efer;
	bool smm;
	bool guest_mode;
};

/**
 * struct kvm_ept_role_info - what governs the walk of a guest's EPT
 * @level: of its root, 4 or 5, from an EPTP that was checked against what L1
 *	was offered
 * @ad: accessed and dirty bits are on, EPTP bit 6
 * @execonly: an entry may be executable and not readable, by the capabilities
 *	that the guest sees
 * @smm: in system management mode
 */
struct kvm_ept_role_info {
	u8 level;
	bool ad;
	bool execonly;
	bool smm;
};

/**
 * kvm_calc_cpu_role() - the role of a guest CPU that walks its own tables
 * @regs: its registers, in any combination, also of bits that no CPU accepts
 *
 * A bit that has no meaning in a mode is clear in that mode's role: without
 * paging all that is left is @base.direct, SMM and guest mode; EFER.NX needs
 * entries of 8 bytes, CR4.PSE of 4; PKE and LA57 need long mode.  EFER.LMA
 * decides before CR4.PAE.
 *
 * Return: the role, @valid set.
 */
union kvm_cpu_role kvm_calc_cpu_role(const struct kvm_mmu_role_regs *regs);

/**
 * kvm_calc_npt_cpu_role() - the role of a CPU that walks L1's nested tables
 * @l1: registers of L1 as they were at VMRUN; @guest_mode is not looked at
 *
 * APM 2, "Nested Paging": the tables have the format of L1's own paging, which
 * is on.  Every access by way of them is one of user mode, so that CR0.WP,
 * SMEP and SMAP say nothing of them, and protection keys do not reach them.
 *
 * Return: the role, @valid and @base.guest_mode set.
 */
union kvm_cpu_role kvm_calc_npt_cpu_role(const struct kvm_mmu_role_regs *l1);

/**
 * kvm_calc_shadow_ept_role() - the role of a CPU that walks L1's EPT
 * @info: what there is to say; CR0, CR4 and EFER have no part in it
 *
 * The root's role is the @base of what is returned: shadow EPT has as many
 * levels as L1's EPT has, which the host has too since L1 was offered no more.
 * CR0.WP and NX are set in it like in the role of a TDP root: there is no mode
 * in which these tables mean anything else.
 *
 * Return: the role, @valid, @ept and @base.guest_mode set.
 */
union kvm_cpu_role
kvm_calc_shadow_ept_role(const struct kvm_ept_role_info *info);

/**
 * kvm_calc_tdp_root_role() - the role of a root of the host's TDP tables
 * @cpu_role: of the guest; only SMM and guest mode are taken from it
 * @tdp_root_level: 4 or 5, see struct kvm_mmu_config
 * @ad_disabled: the tables' format has no accessed and dirty bits
 *
 * What a gfn maps to does not depend on how the guest's CPU got at the gfn.
 * As the other two arguments never change, a VM has 4 such roles at most, and
 * one as long as it has neither SMM nor nested guests.
 *
 * Return: the role.
 */
union kvm_mmu_page_role kvm_calc_tdp_root_role(union kvm_cpu_role cpu_role,
					       unsigned int tdp_root_level,
					       bool ad_disabled);

/**
 * kvm_calc_shadow_root_role() - the role of a root of shadow paging
 * @cpu_role: of the guest, from kvm_calc_cpu_role()
 *
 * Shadow pages are walked by a CPU that has paging, PAE, NX and CR0.WP on,
 * whatever the guest has; SMEP and SMAP are as the guest has them.  So a page
 * depends on:
 *
 *	the level and the width of the guest's entries;
 *	PAE paging, which reserves bits that long mode ignores;
 *	CR4.PSE, where entries are 4 bytes wide, as without it there are no
 *	    pages of 4M;
 *	EFER.NX, where these are 8 bytes wide, as without it bit 63 is
 *	    reserved and an entry with it is not shadowed;
 *	CR0.WP: without it the guest's kernel may write to what is read-only,
 *	    which takes an SPTE that is writable and the kernel's alone;
 *	SMEP and SMAP without CR0.WP: of such an SPTE the CPU does not know
 *	    that the page is a user's; with CR0.WP the CPU does all of it.
 *
 * Where NX or WP say nothing of the guest's entries they are set, as the
 * host has them, so that a flip keeps the pages.  The level is that of the
 * guest's tables, or 3, a PAE root, if they have fewer or there are none.
 *
 * Return: the role.
 */
union kvm_mmu_page_role kvm_calc_shadow_root_role(union kvm_cpu_role cpu_role);

/**
 * kvm_calc_shadow_npt_root_role() - the role of a root of shadow NPT
 * @cpu_role: of L1's nested tables, from kvm_calc_npt_cpu_role()
 * @host_level: of the root of the host's NPT, 4 or 5
 *
 * The CPU walks NPT in the host's own paging mode, so that is the level.  If
 * L1's NPT has 4 levels under a host's 5, the root is a level that L1's tables
 * have not, and says so.  Tables of L1 with 2 or 3 levels hang below levels
 * that are filled in without looking at the guest, as a PAE root's are.
 *
 * Five levels can't be shadowed by four.  So CPUID must not offer LA57 together
 * with SVM where @host_level is 4; but userspace may give the guest what was
 * not offered.  Then there is no role, and the nested VMRUN has to fail with
 * VMEXIT_INVALID.
 *
 * Return: the role; one that is all zero if there is none.
 */
union kvm_mmu_page_role
kvm_calc_shadow_npt_root_role(union kvm_cpu_role cpu_role,
			      unsigned int host_level);

/**
 * kvm_mmu_child_role() - the role of a page that an entry of another points to
 * @parent: role of the other page; its level is 2 or more
 * @access: KVM_ACC_*, what the guest's tables allow down to that entry
 * @direct: the child translates gfns: the parent does, or the guest has a huge
 *	page there
 *
 * All else is inherited, but for
 *
 *	passthrough: only the root is a level too many, and its child is the
 *	    guest's own root;
 *	quadrant: 0, the first; see kvm_mmu_child_quadrant();
 *	has_4_byte_gpte, pae_gpte: 0 in a direct child, which shadows no
 *	    entries;
 *	cr4_pse: the same, and 0 in level 1, whose entries map 4K always;
 *	invalid: a page becomes invalid on its own.
 *
 * Return: the role.
 */
union kvm_mmu_page_role kvm_mmu_child_role(union kvm_mmu_page_role parent,
					   unsigned int access, bool direct);

/**
 * kvm_mmu_child_quadrant() - which part of a guest's 1024 entries a page shadows
 * @child: from kvm_mmu_child_role()
 * @index: of the entry that points to it, in the parent
 *
 * A guest's page directory covers 4G, which takes 4 shadow pages of level 2,
 * found by the root's index.  One of its entries covers 4M, thus two
 * of the shadow's, the even one for the lower half of the page table.
 *
 * Return: @child with the quadrant set; unchanged if it shadows no table of
 * 4-byte entries.
 */
union kvm_mmu_page_role kvm_mmu_child_quadrant(union kvm_mmu_page_role child,
					       unsigned int index);

/* Registers that have effects on the MMU. */
enum kvm_mmu_reg {
	KVM_MMU_REG_CR0,
	KVM_MMU_REG_CR3,
	KVM_MMU_REG_CR4,
	KVM_MMU_REG_EFER,
};

/* What a write to one of them demands. */
/* Compute the roles again; only that says whether they changed. */
#define KVM_MMU_EFFECT_ROLE BIT(0)
/* Drop the translations of the current PCID, global ones included. */
#define KVM_MMU_EFFECT_FLUSH_GUEST BIT(1)
/* Drop the translations of all PCIDs, global ones included. */
#define KVM_MMU_EFFECT_FLUSH_ALL BIT(2)
/* Load the four PDPTEs from CR3. */
#define KVM_MMU_EFFECT_PDPTRS BIT(3)
/* Shadow paging: another root may be due, by its role, CR3 or the PDPTEs. */
#define KVM_MMU_EFFECT_ROOT BIT(4)

/* Under which circumstances, with the new value in place. */
/* The host's TDP tables translate: no root depends on the guest. */
#define KVM_MMU_REGS_TDP BIT(0)
/* The guest is in PAE paging: CR0.PG, CR4.PAE and not EFER.LMA. */
#define KVM_MMU_REGS_PAE BIT(1)
/* CR4.PCIDE is set. */
#define KVM_MMU_REGS_PCIDE BIT(2)

/**
 * kvm_mmu_reg_effects() - what a write to a register invalidates
 * @reg: the register
 * @old: what it held
 * @new: what is written; of CR3 as the instruction has it, bit 63 included
 * @flags: KVM_MMU_REGS_*
 *
 * A write to CR3 has effects even if the value is the same.  A root that gets
 * loaded may need a flush of its own, which is not told here.  Registers that
 * userspace or a VMX transition sets are not written one by one; then all
 * is computed anew.
 *
 * Return: KVM_MMU_EFFECT_*, or 0.
 */
unsigned int kvm_mmu_reg_effects(enum kvm_mmu_reg reg, u64 old, u64 new,
				 unsigned int flags);

#endif
