// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.c - computing the VMX controls
 *
 * Owns: the tables of what is wanted of each control word, what a control needs
 * beside itself, and what comes out of them.  Pure but for reading the MSRs.
 *
 * Deliberately not used, so that their bits stay 0 wherever the CPU lets them:
 * unconditional exits that nothing here has a use for (RDTSC, RDRAND, RDSEED,
 * PAUSE), Processor Trace in guests, SGX, mode-based execute control, VM
 * functions, #VE, and entry to SMM.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/vmx.h>

#include "vmx/config.h"

/**
 * struct vmx_ctl_want - what is wanted of a control word
 * @name: what it is called
 * @msr: its capability MSR ...
 * @true_msr: ... and the one that tells more, 0 where there is none
 * @one: has to be 1 in every VMCS
 * @settable: has to be 1 at times; 0 in a new VMCS unless the CPU forces it
 * @optional: 1 where the CPU lets it
 * @zero: has to be 0 in every VMCS
 */
struct vmx_ctl_want {
	const char *name;
	u32 msr;
	u32 true_msr;
	u32 one;
	u32 settable;
	u32 optional;
	u32 zero;
};

static const struct vmx_ctl_want want[VMX_NR_CTLS] = {
	[VMX_CTL_PIN] = {
		.name = "pin-based controls",
		.msr = MSR_IA32_VMX_PINBASED_CTLS,
		.true_msr = MSR_IA32_VMX_TRUE_PINBASED_CTLS,
		.one = PIN_BASED_EXT_INTR_MASK | PIN_BASED_NMI_EXITING,
		.optional = PIN_BASED_VIRTUAL_NMIS |
			    PIN_BASED_VMX_PREEMPTION_TIMER |
			    PIN_BASED_POSTED_INTR,
	},
	[VMX_CTL_CPU] = {
		.name = "primary controls",
		.msr = MSR_IA32_VMX_PROCBASED_CTLS,
		.true_msr = MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
		.one = CPU_BASED_HLT_EXITING | CPU_BASED_MWAIT_EXITING |
		       CPU_BASED_MONITOR_EXITING | CPU_BASED_RDPMC_EXITING |
		       CPU_BASED_MOV_DR_EXITING | CPU_BASED_UNCOND_IO_EXITING |
		       CPU_BASED_USE_TSC_OFFSETTING,
		.settable = CPU_BASED_INTR_WINDOW_EXITING |
			    CPU_BASED_INVLPG_EXITING |
			    CPU_BASED_CR3_LOAD_EXITING |
			    CPU_BASED_CR3_STORE_EXITING |
			    CPU_BASED_CR8_LOAD_EXITING |
			    CPU_BASED_CR8_STORE_EXITING,
		.optional = CPU_BASED_TPR_SHADOW | CPU_BASED_USE_MSR_BITMAPS |
			    CPU_BASED_ACTIVATE_SECONDARY_CONTROLS |
			    CPU_BASED_ACTIVATE_TERTIARY_CONTROLS,
		.zero = CPU_BASED_RDTSC_EXITING | CPU_BASED_PAUSE_EXITING |
			CPU_BASED_USE_IO_BITMAPS | CPU_BASED_MONITOR_TRAP_FLAG,
	},
	[VMX_CTL_CPU2] = {
		.name = "secondary controls",
		.msr = MSR_IA32_VMX_PROCBASED_CTLS2,
		.optional = SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES |
			    SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_DESC |
			    SECONDARY_EXEC_ENABLE_RDTSCP |
			    SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE |
			    SECONDARY_EXEC_ENABLE_VPID |
			    SECONDARY_EXEC_WBINVD_EXITING |
			    SECONDARY_EXEC_UNRESTRICTED_GUEST |
			    SECONDARY_EXEC_APIC_REGISTER_VIRT |
			    SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY |
			    SECONDARY_EXEC_PAUSE_LOOP_EXITING |
			    SECONDARY_EXEC_ENABLE_INVPCID |
			    SECONDARY_EXEC_SHADOW_VMCS |
			    SECONDARY_EXEC_ENABLE_PML | SECONDARY_EXEC_XSAVES |
			    SECONDARY_EXEC_TSC_SCALING |
			    SECONDARY_EXEC_ENABLE_USR_WAIT_PAUSE |
			    SECONDARY_EXEC_BUS_LOCK_DETECTION |
			    SECONDARY_EXEC_NOTIFY_VM_EXITING |
			    SECONDARY_EXEC_PT_CONCEAL_VMX,
		.zero = SECONDARY_EXEC_RDRAND_EXITING |
			SECONDARY_EXEC_RDSEED_EXITING |
			SECONDARY_EXEC_ENABLE_VMFUNC |
			SECONDARY_EXEC_ENCLS_EXITING |
			SECONDARY_EXEC_MODE_BASED_EPT_EXEC |
			SECONDARY_EXEC_PT_USE_GPA,
	},
	[VMX_CTL_EXIT] = {
		.name = "VM-exit controls",
		.msr = MSR_IA32_VMX_EXIT_CTLS,
		.true_msr = MSR_IA32_VMX_TRUE_EXIT_CTLS,
		.one = VM_EXIT_SAVE_DEBUG_CONTROLS |
		       VM_EXIT_HOST_ADDR_SPACE_SIZE | VM_EXIT_ACK_INTR_ON_EXIT,
		.optional = VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL |
			    VM_EXIT_SAVE_IA32_PAT | VM_EXIT_LOAD_IA32_PAT |
			    VM_EXIT_LOAD_IA32_EFER | VM_EXIT_CLEAR_BNDCFGS |
			    VM_EXIT_PT_CONCEAL_PIP,
		.zero = VM_EXIT_CLEAR_IA32_RTIT_CTL,
	},
	[VMX_CTL_ENTRY] = {
		.name = "VM-entry controls",
		.msr = MSR_IA32_VMX_ENTRY_CTLS,
		.true_msr = MSR_IA32_VMX_TRUE_ENTRY_CTLS,
		.one = VM_ENTRY_LOAD_DEBUG_CONTROLS,
		.settable = VM_ENTRY_IA32E_MODE,
		.optional = VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL |
			    VM_ENTRY_LOAD_IA32_PAT | VM_ENTRY_LOAD_IA32_EFER |
			    VM_ENTRY_LOAD_BNDCFGS | VM_ENTRY_PT_CONCEAL_PIP,
		.zero = VM_ENTRY_SMM | VM_ENTRY_DEACT_DUAL_MONITOR |
			VM_ENTRY_LOAD_IA32_RTIT_CTL,
	},
};

/**
 * struct vmx_ctl_need - controls that are of no use alone
 * @ctl: the word in which ...
 * @bits: ... these are dropped, if ...
 * @need_ctl: ... in this word ...
 * @need: ... not all of these are set
 */
struct vmx_ctl_need {
	enum vmx_ctl ctl;
	u32 bits;
	enum vmx_ctl need_ctl;
	u32 need;
};

/* In an order in which one pass is enough: what is needed comes first. */
static const struct vmx_ctl_need needs[] = {
	/* clang-format off */
	{ VMX_CTL_CPU2, ~0u,
	  VMX_CTL_CPU, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS },
	{ VMX_CTL_CPU2, SECONDARY_EXEC_UNRESTRICTED_GUEST |
			SECONDARY_EXEC_ENABLE_PML,
	  VMX_CTL_CPU2, SECONDARY_EXEC_ENABLE_EPT },
	{ VMX_CTL_CPU2, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES |
			SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE |
			SECONDARY_EXEC_APIC_REGISTER_VIRT |
			SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY,
	  VMX_CTL_CPU, CPU_BASED_TPR_SHADOW },
	{ VMX_CTL_CPU, CPU_BASED_ACTIVATE_TERTIARY_CONTROLS,
	  VMX_CTL_CPU, CPU_BASED_TPR_SHADOW },
	{ VMX_CTL_CPU2, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY,
	  VMX_CTL_CPU2, SECONDARY_EXEC_APIC_REGISTER_VIRT },
	{ VMX_CTL_PIN, PIN_BASED_POSTED_INTR,
	  VMX_CTL_CPU2, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY },
	{ VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_PAT,
	  VMX_CTL_EXIT, VM_EXIT_SAVE_IA32_PAT | VM_EXIT_LOAD_IA32_PAT },
	{ VMX_CTL_EXIT, VM_EXIT_SAVE_IA32_PAT | VM_EXIT_LOAD_IA32_PAT,
	  VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_PAT },
	{ VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_EFER,
	  VMX_CTL_EXIT, VM_EXIT_LOAD_IA32_EFER },
	{ VMX_CTL_EXIT, VM_EXIT_LOAD_IA32_EFER,
	  VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_EFER },
	{ VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL,
	  VMX_CTL_EXIT, VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL },
	{ VMX_CTL_EXIT, VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL,
	  VMX_CTL_ENTRY, VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL },
	{ VMX_CTL_ENTRY, VM_ENTRY_LOAD_BNDCFGS,
	  VMX_CTL_EXIT, VM_EXIT_CLEAR_BNDCFGS },
	{ VMX_CTL_EXIT, VM_EXIT_CLEAR_BNDCFGS,
	  VMX_CTL_ENTRY, VM_ENTRY_LOAD_BNDCFGS },
	{ VMX_CTL_ENTRY, VM_ENTRY_PT_CONCEAL_PIP,
	  VMX_CTL_EXIT, VM_EXIT_PT_CONCEAL_PIP },
	{ VMX_CTL_EXIT, VM_EXIT_PT_CONCEAL_PIP,
	  VMX_CTL_ENTRY, VM_ENTRY_PT_CONCEAL_PIP },
	/* clang-format on */
};

/* What EPT and VPID have to offer to be used, A.10. */
#define EPT_NEEDED \
	(VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | VMX_EPT_INVEPT_BIT)
#define VPID_EXTENTS_SHIFT 32

/*
 * Nehalem and Westmere: VM exits may clear bits of PERF_GLOBAL_CTRL, and the
 * preemption timer may run at a wrong rate.  Intel's specification updates of
 * these models, AAK155 and AAK139 and their like.  Family and model as CPUID.1
 * has them, without the stepping.
 */
static const u32 nehalem_westmere[] = {
	0x106a0, 0x106e0, 0x206e0, 0x20650, 0x206c0, 0x206f0,
};

static u64 rdmsr_or_0(u32 msr)
{
	u64 value;

	return rdmsrl_safe(msr, &value) ? 0 : value;
}

void vmx_read_capabilities(struct vmx_capabilities *cap)
{
	unsigned int i;
	u32 msr;

	*cap = (struct vmx_capabilities){
		.signature = cpuid_eax(1),
		.basic = rdmsr_or_0(MSR_IA32_VMX_BASIC),
		.misc = rdmsr_or_0(MSR_IA32_VMX_MISC),
		.cr0_fixed0 = rdmsr_or_0(MSR_IA32_VMX_CR0_FIXED0),
		.cr0_fixed1 = rdmsr_or_0(MSR_IA32_VMX_CR0_FIXED1),
		.cr4_fixed0 = rdmsr_or_0(MSR_IA32_VMX_CR4_FIXED0),
		.cr4_fixed1 = rdmsr_or_0(MSR_IA32_VMX_CR4_FIXED1),
		.cpu3 = rdmsr_or_0(MSR_IA32_VMX_PROCBASED_CTLS3),
		.ept_vpid = rdmsr_or_0(MSR_IA32_VMX_EPT_VPID_CAP),
	};
	for (i = 0; i < VMX_NR_CTLS; i++) {
		msr = want[i].msr;
		if ((cap->basic & VMX_CAP_BASIC_TRUE_CTLS) && want[i].true_msr)
			msr = want[i].true_msr;
		cap->ctl[i] = rdmsr_or_0(msr);
	}
}

static u32 must_be_1(const struct vmx_capabilities *cap, enum vmx_ctl ctl)
{
	return lower_32_bits(cap->ctl[ctl]);
}

static u32 may_be_1(const struct vmx_capabilities *cap, enum vmx_ctl ctl)
{
	return upper_32_bits(cap->ctl[ctl]);
}

static bool ept_usable(u64 ept_vpid)
{
	return (ept_vpid & EPT_NEEDED) == EPT_NEEDED &&
	       (ept_vpid &
		(VMX_EPT_EXTENT_CONTEXT_BIT | VMX_EPT_EXTENT_GLOBAL_BIT));
}

static bool vpid_usable(u64 ept_vpid)
{
	u32 vpid = ept_vpid >> VPID_EXTENTS_SHIFT;

	return (vpid & VMX_VPID_INVVPID_BIT) &&
	       (vpid & (VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT |
			VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT));
}

static int compute_basic(const struct vmx_capabilities *cap,
			 struct vmx_config *cfg, struct vmx_refusal *why)
{
	cfg->revision = FIELD_GET(VMX_CAP_BASIC_REVISION, cap->basic);
	cfg->vmcs_size = FIELD_GET(VMX_CAP_BASIC_VMCS_SIZE, cap->basic);
	cfg->misc = cap->misc;

	if (!cfg->vmcs_size || cfg->vmcs_size > SZ_4K)
		why->what = "VMCS size";
	else if (cap->basic & VMX_CAP_BASIC_32BIT_ADDRESS)
		why->what = "VMCS addresses of 32 bits only";
	else if (FIELD_GET(VMX_CAP_BASIC_MEMTYPE, cap->basic) !=
		 VMX_CAP_MEMTYPE_WB)
		why->what = "VMCS memory type";
	else
		return 0;

	why->bits = cap->basic;
	return -EOPNOTSUPP;
}

static int compute_ctl(const struct vmx_capabilities *cap, enum vmx_ctl ctl,
		       struct vmx_config *cfg, struct vmx_refusal *why)
{
	const struct vmx_ctl_want *w = &want[ctl];
	u32 forced = must_be_1(cap, ctl);
	u32 allowed = may_be_1(cap, ctl);
	u32 bad;

	bad = ((w->one | w->settable) & ~allowed) | (w->zero & forced);
	if (bad) {
		why->what = w->name;
		why->bits = bad;
		return -EOPNOTSUPP;
	}
	cfg->ctl[ctl] = w->one | (w->optional & allowed) | forced;
	return 0;
}

/*
 * Without the TRUE MSRs a CPU reports CR3 and INVLPG exiting as forced; those
 * exits are what EPT is there to avoid, so such a CPU has no EPT for us.
 */
static bool cr3_exits_forced(const struct vmx_capabilities *cap)
{
	return must_be_1(cap, VMX_CTL_CPU) &
	       (CPU_BASED_CR3_LOAD_EXITING | CPU_BASED_CR3_STORE_EXITING |
		CPU_BASED_INVLPG_EXITING);
}

/* What is there by its bit and not good enough by other capabilities. */
static void drop_unusable(const struct vmx_capabilities *cap, bool ept,
			  struct vmx_config *cfg)
{
	u32 *cpu2 = &cfg->ctl[VMX_CTL_CPU2];

	if (!ept || !ept_usable(cap->ept_vpid) || cr3_exits_forced(cap))
		*cpu2 &= ~SECONDARY_EXEC_ENABLE_EPT;
	if (!vpid_usable(cap->ept_vpid))
		*cpu2 &= ~SECONDARY_EXEC_ENABLE_VPID;
	/* The CPU logs a page when it sets a dirty bit; SDM 3C, PML. */
	if (!(cap->ept_vpid & VMX_EPT_AD_BIT))
		*cpu2 &= ~SECONDARY_EXEC_ENABLE_PML;
	/* Virtual NMIs are waited for by NMI-window exits; SDM 3C. */
	if (!(may_be_1(cap, VMX_CTL_CPU) & CPU_BASED_NMI_WINDOW_EXITING))
		cfg->ctl[VMX_CTL_PIN] &= ~PIN_BASED_VIRTUAL_NMIS;
}

static void drop_broken(const struct vmx_capabilities *cap,
			struct vmx_config *cfg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nehalem_westmere); i++) {
		if ((cap->signature & ~0xfu) != nehalem_westmere[i])
			continue;
		cfg->ctl[VMX_CTL_PIN] &= ~PIN_BASED_VMX_PREEMPTION_TIMER;
		cfg->ctl[VMX_CTL_EXIT] &= ~VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL;
	}
}

static void drop_useless(const struct vmx_capabilities *cap,
			 struct vmx_config *cfg)
{
	const struct vmx_ctl_need *n;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		n = &needs[i];
		if ((cfg->ctl[n->need_ctl] & n->need) != n->need)
			cfg->ctl[n->ctl] &= ~(n->bits & want[n->ctl].optional &
					      ~must_be_1(cap, n->ctl));
	}
}

/* Exits that only a CPU without the better way needs. */
static void add_fallbacks(struct vmx_config *cfg)
{
	u32 *cpu = &cfg->ctl[VMX_CTL_CPU];

	if (!(cfg->ctl[VMX_CTL_CPU2] & SECONDARY_EXEC_ENABLE_EPT))
		*cpu |= CPU_BASED_CR3_LOAD_EXITING |
			CPU_BASED_CR3_STORE_EXITING | CPU_BASED_INVLPG_EXITING;
	if (!(*cpu & CPU_BASED_TPR_SHADOW))
		*cpu |= CPU_BASED_CR8_LOAD_EXITING |
			CPU_BASED_CR8_STORE_EXITING;
}

int vmx_compute_config(const struct vmx_capabilities *cap, bool ept,
		       struct vmx_config *cfg, struct vmx_refusal *why)
{
	enum vmx_ctl ctl;
	int r;

	*cfg = (struct vmx_config){};
	*why = (struct vmx_refusal){};

	r = compute_basic(cap, cfg, why);
	for (ctl = 0; !r && ctl < VMX_NR_CTLS; ctl++)
		r = compute_ctl(cap, ctl, cfg, why);
	if (r)
		return r;

	drop_unusable(cap, ept, cfg);
	drop_broken(cap, cfg);
	drop_useless(cap, cfg);
	add_fallbacks(cfg);

	if (cfg->ctl[VMX_CTL_CPU] & CPU_BASED_ACTIVATE_TERTIARY_CONTROLS)
		cfg->cpu3 = cap->cpu3 & TERTIARY_EXEC_IPI_VIRT;
	if (cfg->ctl[VMX_CTL_CPU2] &
	    (SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_ENABLE_VPID))
		cfg->ept_vpid = cap->ept_vpid;
	return 0;
}

const char *vmx_config_difference(const struct vmx_config *a,
				  const struct vmx_config *b)
{
	unsigned int i;

	for (i = 0; i < VMX_NR_CTLS; i++)
		if (a->ctl[i] != b->ctl[i])
			return want[i].name;
	if (a->revision != b->revision)
		return "VMCS revision";
	if (a->vmcs_size != b->vmcs_size)
		return "VMCS size";
	if (a->cpu3 != b->cpu3)
		return "tertiary controls";
	if (a->misc != b->misc)
		return "IA32_VMX_MISC";
	if (a->ept_vpid != b->ept_vpid)
		return "EPT and VPID capabilities";
	return NULL;
}

/* What a user would look for by name. */
static const struct {
	const char *name;
	enum vmx_ctl ctl;
	u32 bits;
} shown[] = {
	/* clang-format off */
	{ "EPT",			VMX_CTL_CPU2, SECONDARY_EXEC_ENABLE_EPT },
	{ "unrestricted guest",		VMX_CTL_CPU2, SECONDARY_EXEC_UNRESTRICTED_GUEST },
	{ "VPID",			VMX_CTL_CPU2, SECONDARY_EXEC_ENABLE_VPID },
	{ "PML",			VMX_CTL_CPU2, SECONDARY_EXEC_ENABLE_PML },
	{ "TPR shadow",			VMX_CTL_CPU, CPU_BASED_TPR_SHADOW },
	{ "MSR bitmaps",		VMX_CTL_CPU, CPU_BASED_USE_MSR_BITMAPS },
	{ "virtual NMIs",		VMX_CTL_PIN, PIN_BASED_VIRTUAL_NMIS },
	{ "preemption timer",		VMX_CTL_PIN, PIN_BASED_VMX_PREEMPTION_TIMER },
	{ "posted interrupts",		VMX_CTL_PIN, PIN_BASED_POSTED_INTR },
	{ "APIC register virtualisation", VMX_CTL_CPU2, SECONDARY_EXEC_APIC_REGISTER_VIRT },
	{ "virtual interrupt delivery",	VMX_CTL_CPU2, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY },
	{ "TSC scaling",		VMX_CTL_CPU2, SECONDARY_EXEC_TSC_SCALING },
	{ "VMCS shadowing",		VMX_CTL_CPU2, SECONDARY_EXEC_SHADOW_VMCS },
	{ "pause-loop exiting",		VMX_CTL_CPU2, SECONDARY_EXEC_PAUSE_LOOP_EXITING },
	/* clang-format on */
};

void vmx_show_config(struct seq_file *m, const struct vmx_capabilities *cap,
		     const struct vmx_config *cfg)
{
	unsigned int i;

	seq_printf(m, "VMCS: revision %#x, %u bytes\n", cfg->revision,
		   cfg->vmcs_size);
	for (i = 0; i < VMX_NR_CTLS; i++)
		seq_printf(m,
			   "%s: %#010x (must be 1: %#010x, may be 1: %#010x)\n",
			   want[i].name, cfg->ctl[i], must_be_1(cap, i),
			   may_be_1(cap, i));
	seq_printf(m, "EPT and VPID capabilities: %#llx\n", cap->ept_vpid);
	for (i = 0; i < ARRAY_SIZE(shown); i++)
		seq_printf(m, "%s: %s\n", shown[i].name,
			   cfg->ctl[shown[i].ctl] & shown[i].bits ? "used" :
			   may_be_1(cap, shown[i].ctl) & shown[i].bits ?
								    "unused" :
								    "absent");
}
