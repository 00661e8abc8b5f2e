// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs.c - the guest's registers, as the guest writes them
 */
#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/nospec.h>

#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "mmu/mmu.h"
#include "mmu/pte_masks.h"
#include "mmu/role.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/regs.h"
#include "x86/regs_check.h"

#define CR8_RESERVED (~0xful)

unsigned long kvm_get_linear_rip(struct kvm_vcpu *vcpu)
{
	unsigned long rip = kvm_rip_read(vcpu);

	if (is_64_bit_mode(vcpu))
		return rip;
	return (u32)(static_call(kvm_x86_get_segment_base)(vcpu, VCPU_SREG_CS) +
		     rip);
}

unsigned long kvm_get_rflags(struct kvm_vcpu *vcpu)
{
	unsigned long rflags = static_call(kvm_x86_get_rflags)(vcpu);

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP)
		rflags &= ~X86_EFLAGS_TF;
	return rflags;
}

void kvm_set_rflags(struct kvm_vcpu *vcpu, unsigned long rflags)
{
	if ((vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP) &&
	    kvm_get_linear_rip(vcpu) == vcpu->arch.singlestep_rip)
		rflags |= X86_EFLAGS_TF;
	static_call(kvm_x86_set_rflags)(vcpu, rflags | X86_EFLAGS_FIXED);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

void kvm_get_ctl_regs(struct kvm_vcpu *vcpu, struct kvm_ctl_regs *regs)
{
	int db, l;

	static_call(kvm_x86_get_cs_db_l_bits)(vcpu, &db, &l);
	*regs = (struct kvm_ctl_regs){
		.cr0 = kvm_read_cr0(vcpu),
		.cr3 = kvm_read_cr3(vcpu),
		.cr4 = kvm_read_cr4(vcpu),
		.efer = vcpu->arch.efer,
		.cs_l = l,
		.cs_db = db,
	};
}

/* --- what a write does to the MMU ----------------------------------------- */

static bool has_tdp(void)
{
	return kvm_mmu_get_config()->tdp;
}

/* @regs: with the new value in place. */
static unsigned int effects_of(const struct kvm_ctl_regs *regs,
			       enum kvm_mmu_reg reg, u64 old, u64 new)
{
	unsigned int flags = 0;

	if (has_tdp())
		flags |= KVM_MMU_REGS_TDP;
	if (kvm_is_pae_paging(regs->cr0, regs->cr4, regs->efer))
		flags |= KVM_MMU_REGS_PAE;
	if (regs->cr4 & X86_CR4_PCIDE)
		flags |= KVM_MMU_REGS_PCIDE;
	return kvm_mmu_reg_effects(reg, old, new, flags);
}

bool kvm_load_pdptrs(struct kvm_vcpu *vcpu, unsigned long cr3)
{
	u64 reserved = kvm_vcpu_reserved_gpa_bits(vcpu);
	u64 pdptrs[ARRAY_SIZE(vcpu->arch.pdptrs)];
	unsigned int i;

	/* 32 bytes, at bits 31:5. */
	if (kvm_vcpu_read_guest(vcpu, cr3 & GENMASK(31, 5), pdptrs,
				sizeof(pdptrs)))
		return false;
	for (i = 0; i < ARRAY_SIZE(pdptrs); i++)
		if (!kvm_pdptr_is_valid(pdptrs[i], reserved))
			return false;

	memcpy(vcpu->arch.pdptrs, pdptrs, sizeof(pdptrs));
	kvm_register_mark_dirty(vcpu, VCPU_EXREG_PDPTR);
	return true;
}

bool kvm_pdptrs_are_in_memory(void)
{
	return has_tdp() && !kvm_mmu_pte_masks()->exec;
}

/* The last of what may refuse a write.  False: #GP. */
static bool load_pdptrs_if_due(struct kvm_vcpu *vcpu, unsigned int effects,
			       unsigned long cr3)
{
	if (!(effects & KVM_MMU_EFFECT_PDPTRS))
		return true;
	if (!kvm_pdptrs_are_in_memory())
		return kvm_load_pdptrs(vcpu, cr3);

	vcpu->arch.regs_avail &= ~BIT(VCPU_EXREG_PDPTR);
	return true;
}

static void apply_effects(struct kvm_vcpu *vcpu, unsigned int effects)
{
	if (effects &
	    (KVM_MMU_EFFECT_ROLE | KVM_MMU_EFFECT_ROOT | KVM_MMU_EFFECT_PDPTRS))
		kvm_mmu_reset_context(vcpu);
	if (effects & (KVM_MMU_EFFECT_FLUSH_GUEST | KVM_MMU_EFFECT_FLUSH_ALL))
		kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
}

/* --- CR0, CR3, CR4, CR8, EFER --------------------------------------------- */

int kvm_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
	struct kvm_ctl_regs old, new;
	unsigned int effects;

	kvm_get_ctl_regs(vcpu, &old);
	if (!kvm_cr0_write_is_valid(&old, cr0) ||
	    !static_call(kvm_x86_is_valid_cr0)(vcpu, cr0))
		return 1;

	new = old;
	new.cr0 = kvm_cr0_effective(cr0);
	new.efer = kvm_efer_with_cr0(old.efer, new.cr0);
	effects = effects_of(&new, KVM_MMU_REG_CR0, old.cr0, new.cr0) |
		  effects_of(&new, KVM_MMU_REG_EFER, old.efer, new.efer);
	if (!load_pdptrs_if_due(vcpu, effects, old.cr3))
		return 1;

	if (new.efer != old.efer &&
	    static_call(kvm_x86_set_efer)(vcpu, new.efer))
		return 1;
	static_call(kvm_x86_set_cr0)(vcpu, new.cr0);
	apply_effects(vcpu, effects);
	return 0;
}

int kvm_set_cr3(struct kvm_vcpu *vcpu, unsigned long cr3)
{
	struct kvm_ctl_regs regs;
	unsigned int effects;

	kvm_get_ctl_regs(vcpu, &regs);
	effects = effects_of(&regs, KVM_MMU_REG_CR3, regs.cr3, cr3);
	if (regs.cr4 & X86_CR4_PCIDE)
		cr3 &= ~X86_CR3_PCID_NOFLUSH;
	if (!kvm_cr3_is_valid(cr3, kvm_vcpu_reserved_gpa_bits(vcpu)) ||
	    !load_pdptrs_if_due(vcpu, effects, cr3))
		return 1;

	vcpu->arch.cr3 = cr3;
	kvm_register_mark_dirty(vcpu, VCPU_EXREG_CR3);
	apply_effects(vcpu, effects);
	return 0;
}

static bool host_has(void *ctx, unsigned int feature)
{
	return kvm_cpu_cap_has(feature);
}

static bool guest_has(void *ctx, unsigned int feature)
{
	return guest_cpuid_has(ctx, feature);
}

bool kvm_valid_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	return !(cr4 & kvm_calc_cr4_reserved_bits(host_has, NULL)) &&
	       !(cr4 & vcpu->arch.cr4_guest_rsvd_bits) &&
	       static_call(kvm_x86_is_valid_cr4)(vcpu, cr4);
}

int kvm_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	struct kvm_ctl_regs old, new;
	unsigned int effects;

	kvm_get_ctl_regs(vcpu, &old);
	if (!kvm_valid_cr4(vcpu, cr4) || !kvm_cr4_write_is_valid(&old, cr4))
		return 1;

	new = old;
	new.cr4 = cr4;
	effects = effects_of(&new, KVM_MMU_REG_CR4, old.cr4, cr4);
	if (!load_pdptrs_if_due(vcpu, effects, old.cr3))
		return 1;

	static_call(kvm_x86_set_cr4)(vcpu, cr4);
	apply_effects(vcpu, effects);
	if ((old.cr4 ^ cr4) & KVM_CR4_IN_CPUID)
		kvm_update_cpuid_runtime(vcpu);
	return 0;
}

int kvm_set_cr8(struct kvm_vcpu *vcpu, unsigned long cr8)
{
	if (cr8 & CR8_RESERVED)
		return 1;
	if (lapic_in_kernel(vcpu))
		kvm_lapic_set_cr8(vcpu, cr8);
	else
		vcpu->arch.cr8 = cr8;
	return 0;
}

unsigned long kvm_get_cr8(struct kvm_vcpu *vcpu)
{
	if (lapic_in_kernel(vcpu))
		return kvm_lapic_get_cr8(vcpu);
	return vcpu->arch.cr8;
}

bool kvm_valid_efer(struct kvm_vcpu *vcpu, u64 efer, bool host_initiated)
{
	if (efer & ~kvm_calc_efer_bits(host_has, NULL))
		return false;
	return host_initiated || !(efer & ~kvm_calc_efer_bits(guest_has, vcpu));
}

int kvm_set_efer(struct kvm_vcpu *vcpu, u64 efer, bool host_initiated)
{
	struct kvm_ctl_regs old, new;
	unsigned int effects;

	kvm_get_ctl_regs(vcpu, &old);
	efer &= ~(u64)EFER_LMA;
	if (!kvm_valid_efer(vcpu, efer, host_initiated))
		return 1;
	if (!host_initiated && !kvm_efer_write_is_valid(&old, efer))
		return 1;
	/* A nested guest's hypervisor would go on with its registers. */
	if (is_guest_mode(vcpu) && !(efer & EFER_SVME))
		return 1;

	new = old;
	new.efer = efer | (old.efer & EFER_LMA);
	effects = effects_of(&new, KVM_MMU_REG_EFER, old.efer, new.efer);
	if (static_call(kvm_x86_set_efer)(vcpu, new.efer))
		return 1;
	apply_effects(vcpu, effects);
	return 0;
}

/* --- debug registers ------------------------------------------------------ */

int kvm_set_dr(struct kvm_vcpu *vcpu, int dr, unsigned long val)
{
	bool has_rtm = guest_cpuid_has(vcpu, X86_FEATURE_RTM);
	bool has_bld = guest_cpuid_has(vcpu, X86_FEATURE_BUS_LOCK_DETECT);

	switch (dr) {
	case 0 ... 3:
		dr = array_index_nospec(dr, ARRAY_SIZE(vcpu->arch.db));
		vcpu->arch.db[dr] = val;
		if (!(vcpu->arch.guest_debug & KVM_GUESTDBG_USE_HW_BP))
			vcpu->arch.eff_db[dr] = val;
		return 0;
	case 4:
	case 6:
		if (val >> 32)
			return 1;
		vcpu->arch.dr6 = kvm_dr6_effective(val, has_rtm, has_bld);
		return 0;
	default:
		if (val >> 32)
			return 1;
		vcpu->arch.dr7 = kvm_dr7_effective(val, has_rtm);
		kvm_vcpu_update_dr7(vcpu);
		return 0;
	}
}

void kvm_get_dr(struct kvm_vcpu *vcpu, int dr, unsigned long *val)
{
	switch (dr) {
	case 0 ... 3:
		dr = array_index_nospec(dr, ARRAY_SIZE(vcpu->arch.db));
		*val = vcpu->arch.db[dr];
		break;
	case 4:
	case 6:
		*val = vcpu->arch.dr6;
		break;
	default:
		*val = vcpu->arch.dr7;
		break;
	}
}
