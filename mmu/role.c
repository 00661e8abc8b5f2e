// SPDX-License-Identifier: GPL-2.0-only
/*
 * role.c - computing roles, and what a write to a register invalidates
 *
 * Owns: the rules.  Pure: no state, no locking.  See role.h.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "mmu/role.h"

#define PAE_ROOT_LEVEL 3

/* What is left of a role without paging, and the start of one with paging. */
static union kvm_cpu_role cpu_role_without_paging(bool smm, bool guest_mode)
{
	union kvm_cpu_role role = {};

	role.valid = 1;
	role.base.direct = 1;
	role.base.access = KVM_ACC_ALL;
	role.base.smm = smm;
	role.base.guest_mode = guest_mode;
	return role;
}

/* SDM 3A, "Paging-Mode Enabling" and "Paging Modes and Control Bits". */
static unsigned int paging_level(unsigned long cr4, u64 efer)
{
	if (efer & EFER_LMA)
		return cr4 & X86_CR4_LA57 ? 5 : 4;
	return cr4 & X86_CR4_PAE ? 3 : 2;
}

union kvm_cpu_role kvm_calc_cpu_role(const struct kvm_mmu_role_regs *regs)
{
	union kvm_cpu_role role =
		cpu_role_without_paging(regs->smm, regs->guest_mode);
	unsigned long cr4 = regs->cr4;
	bool lma = regs->efer & EFER_LMA;
	bool wp = regs->cr0 & X86_CR0_WP;

	if (!(regs->cr0 & X86_CR0_PG))
		return role;

	role.base.direct = 0;
	role.base.level = paging_level(cr4, regs->efer);
	role.base.has_4_byte_gpte = role.base.level == 2;
	role.base.pae_gpte = role.base.level == 3;
	role.base.cr4_pse = role.base.has_4_byte_gpte && (cr4 & X86_CR4_PSE);
	role.base.efer_nx = (regs->efer & EFER_NX) && role.base.level > 2;
	role.base.cr0_wp = wp;
	role.base.smep_andnot_wp = (cr4 & X86_CR4_SMEP) && !wp;
	role.base.smap_andnot_wp = (cr4 & X86_CR4_SMAP) && !wp;

	role.cr4_smep = !!(cr4 & X86_CR4_SMEP);
	role.cr4_smap = !!(cr4 & X86_CR4_SMAP);
	role.cr4_pke = (cr4 & X86_CR4_PKE) && lma;
	role.cr4_la57 = (cr4 & X86_CR4_LA57) && lma;
	role.efer_lma = lma;
	return role;
}

union kvm_cpu_role kvm_calc_npt_cpu_role(const struct kvm_mmu_role_regs *l1)
{
	struct kvm_mmu_role_regs regs = {
		.cr0 = X86_CR0_PG | X86_CR0_WP,
		.cr4 = l1->cr4 & ~(X86_CR4_SMEP | X86_CR4_SMAP | X86_CR4_PKE),
		.efer = l1->efer,
		.smm = l1->smm,
		.guest_mode = true,
	};

	return kvm_calc_cpu_role(&regs);
}

union kvm_cpu_role
kvm_calc_shadow_ept_role(const struct kvm_ept_role_info *info)
{
	union kvm_cpu_role role = cpu_role_without_paging(info->smm, true);

	role.base.direct = 0;
	role.base.level = info->level;
	role.base.efer_nx = 1;
	role.base.cr0_wp = 1;
	role.base.ad_disabled = !info->ad;
	role.execonly = info->execonly;
	role.ept = 1;
	return role;
}

union kvm_mmu_page_role kvm_calc_tdp_root_role(union kvm_cpu_role cpu_role,
					       unsigned int tdp_root_level,
					       bool ad_disabled)
{
	union kvm_mmu_page_role role = {};

	role.level = tdp_root_level;
	role.direct = 1;
	role.access = KVM_ACC_ALL;
	role.efer_nx = 1;
	role.cr0_wp = 1;
	role.ad_disabled = ad_disabled;
	role.smm = cpu_role.base.smm;
	role.guest_mode = cpu_role.base.guest_mode;
	return role;
}

/* The guest's role, with what says nothing of its entries as the host has it. */
static union kvm_mmu_page_role shadow_role(union kvm_cpu_role cpu_role)
{
	union kvm_mmu_page_role role = cpu_role.base;

	if (role.direct || role.has_4_byte_gpte)
		role.efer_nx = 1;
	if (role.direct)
		role.cr0_wp = 1;
	return role;
}

union kvm_mmu_page_role kvm_calc_shadow_root_role(union kvm_cpu_role cpu_role)
{
	union kvm_mmu_page_role role = shadow_role(cpu_role);

	role.level = max_t(unsigned int, role.level, PAE_ROOT_LEVEL);
	return role;
}

union kvm_mmu_page_role
kvm_calc_shadow_npt_root_role(union kvm_cpu_role cpu_role,
			      unsigned int host_level)
{
	union kvm_mmu_page_role role = shadow_role(cpu_role);

	/* A guest can get here if userspace lets it: no reason to warn. */
	if (role.level > host_level)
		return (union kvm_mmu_page_role){};
	role.passthrough = role.level == 4 && host_level == 5;
	role.level = host_level;
	return role;
}

union kvm_mmu_page_role kvm_mmu_child_role(union kvm_mmu_page_role parent,
					   unsigned int access, bool direct)
{
	union kvm_mmu_page_role role = parent;

	role.level--;
	role.access = access;
	role.direct = direct;
	role.quadrant = 0;
	role.passthrough = 0;
	role.invalid = 0;
	if (direct) {
		role.has_4_byte_gpte = 0;
		role.pae_gpte = 0;
	}
	/* In level 1 the bit for a large page is PAT's. */
	if (direct || role.level == 1)
		role.cr4_pse = 0;
	return role;
}

union kvm_mmu_page_role kvm_mmu_child_quadrant(union kvm_mmu_page_role child,
					       unsigned int index)
{
	if (!child.has_4_byte_gpte)
		return child;
	if (child.level == 1)
		child.quadrant = index & 1;
	else if (child.level == 2)
		child.quadrant = index & 3;
	return child;
}

/**
 * struct kvm_mmu_reg_effect - a row of the table
 * @bits: of the register
 * @reg: the register
 * @rise: effects if one of @bits goes from 0 to 1
 * @fall: effects if one goes from 1 to 0
 * @need: KVM_MMU_REGS_*, all of which have to hold
 */
struct kvm_mmu_reg_effect {
	u64 bits;
	u8 reg;
	u8 rise;
	u8 fall;
	u8 need;
};

#define ROLE	    KVM_MMU_EFFECT_ROLE
#define FLUSH_GUEST KVM_MMU_EFFECT_FLUSH_GUEST
#define FLUSH_ALL   KVM_MMU_EFFECT_FLUSH_ALL
#define PDPTRS	    KVM_MMU_EFFECT_PDPTRS
#define ROOT	    KVM_MMU_EFFECT_ROOT

static_assert((ROLE | FLUSH_GUEST | FLUSH_ALL | PDPTRS | ROOT) <= U8_MAX);

/*
 * What changes a role is not of itself a reason to flush: a CPU caches the
 * bits of entries, and applies CR0.WP, SMAP and PKE to them when it uses them.
 *
 * Turning paging on flushes nothing on a CPU of its own, which has nothing
 * cached; ours has run the guest by tables of the host.  That also covers
 * LA57, which can't change but with paging off.
 *
 * EFER.NX: no rule of Intel's; AMD has writes to certain MSRs empty the TLB
 * without naming them.  A cached entry would keep NX where it is reserved.
 */
static const struct kvm_mmu_reg_effect reg_effects[] = {
	{
		.reg = KVM_MMU_REG_CR0,
		.bits = X86_CR0_PG,
		.rise = ROLE | FLUSH_ALL | PDPTRS | ROOT,
		.fall = ROLE | FLUSH_ALL | ROOT,
	},
	{
		.reg = KVM_MMU_REG_CR0,
		.bits = X86_CR0_WP,
		.rise = ROLE | ROOT,
		.fall = ROLE | ROOT,
	},
	{
		/* What these mean for memory types is not told here. */
		.reg = KVM_MMU_REG_CR0,
		.bits = X86_CR0_CD | X86_CR0_NW,
		.rise = PDPTRS,
		.fall = PDPTRS,
	},
	{
		.reg = KVM_MMU_REG_CR3,
		.bits = GENMASK_ULL(51, 12),
		.rise = ROOT,
		.fall = ROOT,
	},
	{
		/* A root serves one PCID, so that INVPCID finds it. */
		.reg = KVM_MMU_REG_CR3,
		.bits = X86_CR3_PCID_MASK,
		.rise = ROOT,
		.fall = ROOT,
		.need = KVM_MMU_REGS_PCIDE,
	},
	{
		/* By AMD it flushes; Intel is silent. */
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_PSE,
		.rise = ROLE | FLUSH_ALL | PDPTRS | ROOT,
		.fall = ROLE | FLUSH_ALL | PDPTRS | ROOT,
	},
	{
		/* By Intel the current PCID, by AMD all there is. */
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_PAE,
		.rise = ROLE | FLUSH_ALL | PDPTRS | ROOT,
		.fall = ROLE | FLUSH_ALL | ROOT,
	},
	{
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_PGE,
		.rise = FLUSH_ALL | PDPTRS,
		.fall = FLUSH_ALL | PDPTRS,
	},
	{
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_LA57,
		.rise = ROLE | ROOT,
		.fall = ROLE | ROOT,
	},
	{
		/* Set in PCID 0 only; cleared in any, which is 0 from then. */
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_PCIDE,
		.fall = FLUSH_ALL | ROOT,
	},
	{
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_SMEP,
		.rise = ROLE | FLUSH_GUEST | PDPTRS | ROOT,
		.fall = ROLE | PDPTRS | ROOT,
	},
	{
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_SMAP,
		.rise = ROLE | ROOT,
		.fall = ROLE | ROOT,
	},
	{
		.reg = KVM_MMU_REG_CR4,
		.bits = X86_CR4_PKE,
		.rise = ROLE,
		.fall = ROLE,
	},
	{
		/* Changes together with CR0.PG, which flushes. */
		.reg = KVM_MMU_REG_EFER,
		.bits = EFER_LMA,
		.rise = ROLE | ROOT,
		.fall = ROLE | ROOT,
	},
	{
		.reg = KVM_MMU_REG_EFER,
		.bits = EFER_NX,
		.rise = ROLE | FLUSH_ALL | ROOT,
		.fall = ROLE | FLUSH_ALL | ROOT,
	},
};

/* A load of CR3 counts whether it changes anything or not. */
static unsigned int cr3_load_effects(u64 loaded, unsigned int flags)
{
	if ((flags & KVM_MMU_REGS_PCIDE) && (loaded & X86_CR3_PCID_NOFLUSH))
		return PDPTRS;
	return PDPTRS | FLUSH_GUEST;
}

unsigned int kvm_mmu_reg_effects(enum kvm_mmu_reg reg, u64 old, u64 new,
				 unsigned int flags)
{
	const struct kvm_mmu_reg_effect *row;
	unsigned int effects = 0;

	if (reg == KVM_MMU_REG_CR3)
		effects = cr3_load_effects(new, flags);

	for (row = reg_effects; row < reg_effects + ARRAY_SIZE(reg_effects);
	     row++) {
		if (row->reg != reg || (row->need & ~flags))
			continue;
		if (~old & new & row->bits)
			effects |= row->rise;
		if (old & ~new & row->bits)
			effects |= row->fall;
	}

	if (!(flags & KVM_MMU_REGS_PAE))
		effects &= ~PDPTRS;
	/* The PDPTEs are the top of the tables, whatever CR3 says. */
	if (effects & PDPTRS)
		effects |= ROOT;
	if (flags & KVM_MMU_REGS_TDP)
		effects &= ~ROOT;
	return effects;
}
