/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs_check.h - which values a guest may give its control registers
 *
 * Owns: the rules, as functions of plain values: SDM 3A 2.5 "Control Registers",
 * 2.6 "Extended Control Registers", 4.1 "Paging Modes and Control Bits", 9.8.5
 * "Initializing IA-32e Mode"; SDM 1 13.3 for XCR0; APM 2, chapters 3 and 14.
 *
 * Two kinds of rule: what may be written with MOV or WRMSR when the registers
 * are as they are, and which registers fit one another, for userspace, who sets
 * them all at once.
 *
 * Locking: none; pure.
 *
 * Deliberately absent: that TR must not be a 16-bit TSS when long mode begins.
 * Only Intel's CPUs look at it, and guests that were never run there do not care.
 */
#ifndef TWINWALK_X86_REGS_CHECK_H
#define TWINWALK_X86_REGS_CHECK_H

#include <linux/types.h>

/**
 * struct kvm_ctl_regs - the control registers as they are
 * @cr0: as the guest sees it
 * @cr3: the same
 * @cr4: the same
 * @efer: the same, with LMA
 * @cs_l: CS.L, which with EFER.LMA means 64-bit mode
 * @cs_db: CS.D
 */
struct kvm_ctl_regs {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	bool cs_l;
	bool cs_db;
};

/**
 * typedef kvm_has_feature_t - is there a feature?
 * @ctx: whose
 * @feature: X86_FEATURE_*
 */
typedef bool (*kvm_has_feature_t)(void *ctx, unsigned int feature);

/** kvm_is_pae_paging() - are the tables those of PAE paging? */
bool kvm_is_pae_paging(u64 cr0, u64 cr4, u64 efer);

/** kvm_cr0_is_valid() - is there such a CR0, whatever else there is? */
bool kvm_cr0_is_valid(u64 cr0);

/** kvm_cr0_effective() - what CR0 holds after it was written: ET, no reserved bit */
u64 kvm_cr0_effective(u64 cr0);

/**
 * kvm_cr0_write_is_valid() - may CR0 be written?
 * @old: the registers before
 * @cr0: what is written
 *
 * PDPTEs are not looked at.
 */
bool kvm_cr0_write_is_valid(const struct kvm_ctl_regs *old, u64 cr0);

/** kvm_efer_with_cr0() - EFER, with the LMA that @cr0 makes of it */
u64 kvm_efer_with_cr0(u64 efer, u64 cr0);

/**
 * kvm_cr3_is_valid() - is there such a CR3?
 * @cr3: bit 63 of the instruction is gone already
 * @reserved_gpa: the bits that no address of the guest has
 */
bool kvm_cr3_is_valid(u64 cr3, u64 reserved_gpa);

/**
 * kvm_calc_cr4_reserved_bits() - the bits of CR4 that must be 0
 * @has: which features there are
 * @ctx: handed to @has
 */
u64 kvm_calc_cr4_reserved_bits(kvm_has_feature_t has, void *ctx);

/**
 * kvm_cr4_write_is_valid() - may CR4 be written?
 * @old: the registers before
 * @cr4: what is written, no reserved bit set
 *
 * PDPTEs are not looked at.
 */
bool kvm_cr4_write_is_valid(const struct kvm_ctl_regs *old, u64 cr4);

/**
 * kvm_calc_efer_bits() - the bits of EFER that may be 1
 * @has: which features there are
 * @ctx: handed to @has
 */
u64 kvm_calc_efer_bits(kvm_has_feature_t has, void *ctx);

/**
 * kvm_efer_write_is_valid() - may EFER be written by the guest?
 * @old: the registers before
 * @efer: what is written, no reserved bit set; LMA does not matter
 */
bool kvm_efer_write_is_valid(const struct kvm_ctl_regs *old, u64 efer);

/**
 * kvm_ctl_regs_are_valid() - do they fit one another?
 * @regs: the registers
 * @reserved_gpa: the bits that no address of the guest has
 *
 * For KVM_SET_SREGS.  PCIDE outside long mode passes, since KVM always let it;
 * a guest that is run with it leaves with KVM_EXIT_FAIL_ENTRY where the CPU
 * minds.  Reserved bits of CR4 and EFER are not looked at.
 */
bool kvm_ctl_regs_are_valid(const struct kvm_ctl_regs *regs, u64 reserved_gpa);

/** kvm_pdptr_is_valid() - may an entry of PAE's level 3 be loaded? */
bool kvm_pdptr_is_valid(u64 pdptr, u64 reserved_gpa);

/**
 * kvm_xcr0_is_valid() - may XCR0 be this?
 * @xcr0: what is written
 * @supported: bits that the guest's CPUID has
 */
bool kvm_xcr0_is_valid(u64 xcr0, u64 supported);

/* DR6 and DR7: bits that are always 1; bits that the guest changes. */
#define KVM_DR6_FIXED_1	 0xffff0ff0ul
#define KVM_DR6_VOLATILE 0x0000e00ful
#define KVM_DR6_BUS_LOCK 0x00000800ul /* active low */
#define KVM_DR6_RTM	 0x00010000ul /* active low */
#define KVM_DR7_FIXED_1	 0x00000400ul
#define KVM_DR7_VOLATILE 0xffff23fful
#define KVM_DR7_RTM	 0x00000800ul

/** kvm_dr6_effective() - what DR6 holds after it was written */
u64 kvm_dr6_effective(u64 dr6, bool has_rtm, bool has_bus_lock);

/** kvm_dr7_effective() - what DR7 holds after it was written */
u64 kvm_dr7_effective(u64 dr7, bool has_rtm);

#endif
