// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs_check.c - which values a guest may give its control registers
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/thread_info.h> /* PAGE_SIZE, for fpu/types.h */
#include <linux/types.h>

#include <asm/cpufeatures.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "x86/regs_check.h"

#define CR0_DEFINED                                                       \
	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | \
	 X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD | \
	 X86_CR0_PG)

/* What every guest has, whatever its CPUID says. */
#define CR4_BASIC                                                             \
	(X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | \
	 X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_PCE |              \
	 X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

/* A bit, and the feature without which it is reserved. */
struct feature_bit {
	u64 bit;
	unsigned int feature;
};

static const struct feature_bit cr4_bits[] = {
	{ X86_CR4_UMIP, X86_FEATURE_UMIP },
	{ X86_CR4_LA57, X86_FEATURE_LA57 },
	{ X86_CR4_VMXE, X86_FEATURE_VMX },
	{ X86_CR4_FSGSBASE, X86_FEATURE_FSGSBASE },
	{ X86_CR4_PCIDE, X86_FEATURE_PCID },
	{ X86_CR4_OSXSAVE, X86_FEATURE_XSAVE },
	{ X86_CR4_SMEP, X86_FEATURE_SMEP },
	{ X86_CR4_SMAP, X86_FEATURE_SMAP },
	{ X86_CR4_PKE, X86_FEATURE_PKU },
};

/* LMSLE is not there: no guest is offered it. */
static const struct feature_bit efer_bits[] = {
	{ EFER_SCE, X86_FEATURE_SYSCALL },
	{ EFER_LME | EFER_LMA, X86_FEATURE_LM },
	{ EFER_NX, X86_FEATURE_NX },
	{ EFER_FFXSR, X86_FEATURE_FXSR_OPT },
	{ EFER_SVME, X86_FEATURE_SVM },
};

static u64 feature_bits(const struct feature_bit *row, size_t nr,
			kvm_has_feature_t has, void *ctx)
{
	u64 bits = 0;

	for (; nr--; row++)
		if (has(ctx, row->feature))
			bits |= row->bit;
	return bits;
}

bool kvm_is_pae_paging(u64 cr0, u64 cr4, u64 efer)
{
	return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(efer & EFER_LMA);
}

bool kvm_cr0_is_valid(u64 cr0)
{
	if (cr0 >> 32)
		return false;
	if ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE))
		return false;
	return !(cr0 & X86_CR0_NW) || (cr0 & X86_CR0_CD);
}

u64 kvm_cr0_effective(u64 cr0)
{
	return (cr0 & CR0_DEFINED) | X86_CR0_ET;
}

bool kvm_cr0_write_is_valid(const struct kvm_ctl_regs *old, u64 cr0)
{
	if (!kvm_cr0_is_valid(cr0))
		return false;

	if (~old->cr0 & cr0 & X86_CR0_PG) {
		/* Long mode begins in compatibility mode. */
		if ((old->efer & EFER_LME) &&
		    (!(old->cr4 & X86_CR4_PAE) || old->cs_l))
			return false;
	}

	if (!(cr0 & X86_CR0_PG)) {
		if (old->cr4 & X86_CR4_PCIDE)
			return false;
		/* It ends there as well. */
		if ((old->efer & EFER_LMA) && old->cs_l)
			return false;
	}
	return true;
}

u64 kvm_efer_with_cr0(u64 efer, u64 cr0)
{
	if ((efer & EFER_LME) && (cr0 & X86_CR0_PG))
		return efer | EFER_LMA;
	return efer & ~(u64)EFER_LMA;
}

bool kvm_cr3_is_valid(u64 cr3, u64 reserved_gpa)
{
	return !(cr3 & reserved_gpa);
}

u64 kvm_calc_cr4_reserved_bits(kvm_has_feature_t has, void *ctx)
{
	return ~(CR4_BASIC |
		 feature_bits(cr4_bits, ARRAY_SIZE(cr4_bits), has, ctx));
}

bool kvm_cr4_write_is_valid(const struct kvm_ctl_regs *old, u64 cr4)
{
	if (old->efer & EFER_LMA) {
		if (!(cr4 & X86_CR4_PAE) || ((old->cr4 ^ cr4) & X86_CR4_LA57))
			return false;
	}

	if (~old->cr4 & cr4 & X86_CR4_PCIDE) {
		if (!(old->efer & EFER_LMA) || (old->cr3 & X86_CR3_PCID_MASK))
			return false;
	}
	return true;
}

u64 kvm_calc_efer_bits(kvm_has_feature_t has, void *ctx)
{
	return feature_bits(efer_bits, ARRAY_SIZE(efer_bits), has, ctx);
}

bool kvm_efer_write_is_valid(const struct kvm_ctl_regs *old, u64 efer)
{
	return !(old->cr0 & X86_CR0_PG) || !((old->efer ^ efer) & EFER_LME);
}

bool kvm_ctl_regs_are_valid(const struct kvm_ctl_regs *regs, u64 reserved_gpa)
{
	bool long_mode = (regs->efer & EFER_LME) && (regs->cr0 & X86_CR0_PG);

	if (!kvm_cr0_is_valid(regs->cr0) ||
	    !kvm_cr3_is_valid(regs->cr3, reserved_gpa))
		return false;
	if (long_mode != !!(regs->efer & EFER_LMA))
		return false;
	if (!long_mode)
		return !regs->cs_l;
	return (regs->cr4 & X86_CR4_PAE) && !(regs->cs_l && regs->cs_db);
}

bool kvm_pdptr_is_valid(u64 pdptr, u64 reserved_gpa)
{
	if (!(pdptr & BIT_ULL(0)))
		return true;
	return !(pdptr &
		 (reserved_gpa | GENMASK_ULL(2, 1) | GENMASK_ULL(8, 5)));
}

/* All of @group or none of it. */
static bool is_whole(u64 xcr0, u64 group)
{
	return !(xcr0 & group) || (xcr0 & group) == group;
}

bool kvm_xcr0_is_valid(u64 xcr0, u64 supported)
{
	if (!(xcr0 & XFEATURE_MASK_FP) || (xcr0 & ~supported))
		return false;
	if ((xcr0 & XFEATURE_MASK_YMM) && !(xcr0 & XFEATURE_MASK_SSE))
		return false;
	if ((xcr0 & XFEATURE_MASK_AVX512) && !(xcr0 & XFEATURE_MASK_YMM))
		return false;
	return is_whole(xcr0, XFEATURE_MASK_AVX512) &&
	       is_whole(xcr0, XFEATURE_MASK_BNDREGS | XFEATURE_MASK_BNDCSR) &&
	       is_whole(xcr0, XFEATURE_MASK_XTILE);
}

u64 kvm_dr6_effective(u64 dr6, bool has_rtm, bool has_bus_lock)
{
	u64 fixed = KVM_DR6_FIXED_1;

	if (has_rtm)
		fixed &= ~KVM_DR6_RTM;
	if (has_bus_lock)
		fixed &= ~KVM_DR6_BUS_LOCK;
	return fixed |
	       (dr6 & (KVM_DR6_VOLATILE | KVM_DR6_RTM | KVM_DR6_BUS_LOCK));
}

u64 kvm_dr7_effective(u64 dr7, bool has_rtm)
{
	u64 bits = KVM_DR7_VOLATILE | (has_rtm ? KVM_DR7_RTM : 0);

	return (dr7 & bits) | KVM_DR7_FIXED_1;
}
