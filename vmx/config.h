/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - which VMX controls this CPU offers, and which are used
 *
 * Owns: struct vmx_capabilities, what a CPU's capability MSRs say, and struct
 * vmx_config, what is made of it.  Computing the one from the other is pure:
 * KUnit runs it on capabilities that no CPU at hand has.
 *
 * References: SDM 3D, Appendix A "VMX Capability Reporting Facility"; SDM 3C,
 * "VM-Execution Control Fields", "VM-Exit Control Fields", "VM-Entry Control
 * Fields".
 */
#ifndef TWINWALK_VMX_CONFIG_H
#define TWINWALK_VMX_CONFIG_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/* The control words of 32 bits, each with a capability MSR of its own. */
enum vmx_ctl {
	VMX_CTL_PIN,
	VMX_CTL_CPU,
	VMX_CTL_CPU2,
	VMX_CTL_EXIT,
	VMX_CTL_ENTRY,
	VMX_NR_CTLS
};

/* IA32_VMX_BASIC, SDM Appendix A.1 */
#define VMX_CAP_BASIC_REVISION	    GENMASK_ULL(30, 0)
#define VMX_CAP_BASIC_VMCS_SIZE	    GENMASK_ULL(44, 32)
#define VMX_CAP_BASIC_32BIT_ADDRESS BIT_ULL(48)
#define VMX_CAP_BASIC_MEMTYPE	    GENMASK_ULL(53, 50)
#define VMX_CAP_BASIC_TRUE_CTLS	    BIT_ULL(55)
#define VMX_CAP_MEMTYPE_WB	    6

/**
 * struct vmx_capabilities - what the capability MSRs of a CPU say
 * @basic: IA32_VMX_BASIC, A.1
 * @ctl: for each control word, the TRUE MSR where there is one; bits 31:0
 *	which must be 1, bits 63:32 which may be 1; A.2 to A.5
 * @cpu3: IA32_VMX_PROCBASED_CTLS3, which may be 1; A.3.4
 * @misc: IA32_VMX_MISC, A.6
 * @cr0_fixed0: what CR0 must have set in VMX operation, A.7
 * @cr0_fixed1: what CR0 may have set
 * @cr4_fixed0: the same of CR4, A.8
 * @cr4_fixed1: the same of CR4
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP, A.10
 * @signature: CPUID.1:EAX, for errata
 */
struct vmx_capabilities {
	u64 basic;
	u64 ctl[VMX_NR_CTLS];
	u64 cpu3;
	u64 misc;
	u64 cr0_fixed0;
	u64 cr0_fixed1;
	u64 cr4_fixed0;
	u64 cr4_fixed1;
	u64 ept_vpid;
	u32 signature;
};

/**
 * struct vmx_config - what of it is used; the same on every CPU
 * @revision: VMCS revision identifier
 * @vmcs_size: bytes of a VMCS and of a VMXON region
 * @ctl: for each control word, the most that a VMCS has set; a VM that lacks a
 *	feature has less
 * @reserved: 0
 * @cpu3: the tertiary controls
 * @misc: IA32_VMX_MISC
 * @ept_vpid: IA32_VMX_EPT_VPID_CAP, 0 where neither EPT nor VPID is used
 *
 * Compared word by word between CPUs, so it has no padding.
 */
struct vmx_config {
	u32 revision;
	u32 vmcs_size;
	u32 ctl[VMX_NR_CTLS];
	u32 reserved;
	u64 cpu3;
	u64 misc;
	u64 ept_vpid;
};

static_assert(sizeof(struct vmx_config) == 56);

/**
 * struct vmx_refusal - why a CPU can't be used
 * @what: what is wrong, as a part of a sentence, or NULL
 * @bits: which bits it is wrong about, or 0
 */
struct vmx_refusal {
	const char *what;
	u64 bits;
};

/**
 * vmx_read_capabilities() - read this CPU's capability MSRs
 * @cap: filled; 0 for an MSR that the CPU does not have
 *
 * Context: any, with migration off.
 */
void vmx_read_capabilities(struct vmx_capabilities *cap);

/**
 * vmx_compute_config() - choose the controls
 * @cap: what the CPU offers
 * @ept: use EPT, if it is good enough
 * @cfg: filled, valid if the return value is 0
 * @why: filled if it is not
 *
 * A control is asked for as wanted ones, ones that must be possible, and
 * wanted zeros; what is merely nice to have is dropped where the CPU, or
 * another control that it needs, lacks it.
 *
 * Return: 0, or -EOPNOTSUPP: the CPU can not do what is needed at least.
 */
int vmx_compute_config(const struct vmx_capabilities *cap, bool ept,
		       struct vmx_config *cfg, struct vmx_refusal *why);

/**
 * vmx_config_difference() - compare two CPUs
 * @a: one
 * @b: the other
 *
 * Return: the name of the first thing in which they differ, or NULL.
 */
const char *vmx_config_difference(const struct vmx_config *a,
				  const struct vmx_config *b);

/**
 * vmx_cr_allowed() - may a control register have this value in VMX operation?
 * @cr: the value
 * @fixed0: which bits must be set
 * @fixed1: which bits may be set
 */
static inline bool vmx_cr_allowed(u64 cr, u64 fixed0, u64 fixed1)
{
	return !(fixed0 & ~cr) && !(cr & ~fixed1);
}

struct seq_file;

/**
 * vmx_show_config() - print the controls, a line each
 * @m: where to
 * @cap: what the CPU offers
 * @cfg: what is used of it
 */
void vmx_show_config(struct seq_file *m, const struct vmx_capabilities *cap,
		     const struct vmx_config *cfg);

#endif
