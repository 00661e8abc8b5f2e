// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr_table.c - what is known of MSRs, a row each; see x86/msr_table.h
 *
 * Owns: the table, and what an MSR does that is no more than a word.
 *
 * Locking: vCPU's mutex.
 *
 * What stock KVM reads as 0, and ignores when it is written, so that firmware and
 * old guests go on, does the same here.
 */
#include <linux/bits.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <asm/cpufeature.h>
#include <uapi/asm/kvm_para.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <uapi/asm/kvm_para.h>

#include "irqchip/lapic.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/async_pf.h"
#include "x86/cpuid.h"
#include "x86/mce.h"
#include "x86/hypercall.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/msr_table.h"
#include "x86/mtrr.h"
#include "x86/pvclock.h"
#include "x86/regs.h"
#include "x86/steal.h"
#include "x86/tsc.h"

/* SMBASE after RESET; SDM 3C, "SMRAM". */
#define SMBASE_RESET 0x30000

/* MISC_ENABLE: no BTS, no PEBS, whatever the guest writes. */
#define MISC_ENABLE_RO \
	(MSR_IA32_MISC_ENABLE_BTS_UNAVAIL | MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL)

/* HWCR: bits that guests set for errata, to no effect; BKDG, MSRC001_0015. */
#define HWCR_IGNORED (BIT_ULL(3) | BIT_ULL(6) | BIT_ULL(8))
/* McStatusWrEn; TscFreqSel, without which Linux takes the TSC for a wrong one. */
#define HWCR_WRITABLE (BIT_ULL(18) | BIT_ULL(24))

/* PRED_CMD.SBPB; not all kernels have a name for it. */
#define PRED_CMD_SBPB_BIT BIT_ULL(7)

/* What guests of the one vendor and of the other take for an old microcode. */
#define UCODE_REV_INTEL BIT_ULL(32)
#define UCODE_REV_AMD	0x01000065ull

/*
 * IA32_ARCH_CAPABILITIES: what says that the CPU has no need for some mitigation,
 * or what a mitigation does.  No bits that announce an MSR that is not here.
 */
#define ARCH_CAPABILITIES                                                     \
	(ARCH_CAP_RDCL_NO | ARCH_CAP_IBRS_ALL | ARCH_CAP_RSBA |               \
	 ARCH_CAP_SKIP_VMENTRY_L1DFLUSH | ARCH_CAP_SSB_NO | ARCH_CAP_MDS_NO | \
	 ARCH_CAP_PSCHANGE_MC_NO | ARCH_CAP_TAA_NO | ARCH_CAP_SBDR_SSDP_NO |  \
	 ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO | ARCH_CAP_FB_CLEAR |           \
	 ARCH_CAP_RRSBA | ARCH_CAP_BHI_NO | ARCH_CAP_PBRSB_NO |               \
	 ARCH_CAP_GDS_NO | ARCH_CAP_RFDS_NO | ARCH_CAP_RFDS_CLEAR)

u64 kvm_arch_capabilities(void)
{
	u64 data = 0;

	if (boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES) &&
	    rdmsrl_safe(MSR_IA32_ARCH_CAPABILITIES, &data))
		data = 0;

	/* Our huge pages that a guest can execute are split (NX recovery). */
	data |= ARCH_CAP_PSCHANGE_MC_NO;
	if (!boot_cpu_has_bug(X86_BUG_CPU_MELTDOWN))
		data |= ARCH_CAP_RDCL_NO;
	if (!boot_cpu_has_bug(X86_BUG_SPEC_STORE_BYPASS))
		data |= ARCH_CAP_SSB_NO;
	if (!boot_cpu_has_bug(X86_BUG_MDS))
		data |= ARCH_CAP_MDS_NO;
	return data & ARCH_CAPABILITIES;
}

static u64 *cell(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		 const struct msr_data *msr)
{
	u32 i = array_index_nospec(msr->index - row->first, row->count);

	return (u64 *)&vcpu->arch.msr + row->cell + i;
}

static int get_cell(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	msr->data = *cell(vcpu, row, msr);
	return 0;
}

static int set_cell(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	*cell(vcpu, row, msr) = msr->data;
	return 0;
}

static int get_zero(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	msr->data = 0;
	return 0;
}

static int set_zero(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	return !!msr->data;
}

static int set_ignored(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		       struct msr_data *msr)
{
	return 0;
}

static int get_vendor(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	return static_call(kvm_x86_get_msr)(vcpu, msr);
}

static int set_vendor(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	return static_call(kvm_x86_set_msr)(vcpu, msr);
}

static int get_vendor_or_zero(struct kvm_vcpu *vcpu,
			      const struct kvm_msr_row *row,
			      struct msr_data *msr)
{
	int r = get_vendor(vcpu, row, msr);

	return r == KVM_MSR_RET_INVALID ? get_zero(vcpu, row, msr) : r;
}

static int set_vendor_or_zero(struct kvm_vcpu *vcpu,
			      const struct kvm_msr_row *row,
			      struct msr_data *msr)
{
	int r = set_vendor(vcpu, row, msr);

	return r == KVM_MSR_RET_INVALID ? set_zero(vcpu, row, msr) : r;
}

/* By the widest addresses that the CPU has, not by CR4; SDM 4, table 2-2. */
static u64 make_canonical(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	bool la57 = guest_cpuid_has(vcpu, X86_FEATURE_LA57) ||
		    (msr->host_initiated && kvm_cpu_cap_has(X86_FEATURE_LA57));
	unsigned int shift = 64 - (la57 ? 57 : 48);

	return (s64)(msr->data << shift) >> shift;
}

static int set_vendor_address(struct kvm_vcpu *vcpu,
			      const struct kvm_msr_row *row,
			      struct msr_data *msr)
{
	if (msr->data != make_canonical(vcpu, msr))
		return 1;
	return set_vendor(vcpu, row, msr);
}

/* AMD's CPUs take any value for SYSENTER, and have no use for the high bits. */
static int set_sysenter_address(struct kvm_vcpu *vcpu,
				const struct kvm_msr_row *row,
				struct msr_data *msr)
{
	u64 canonical = make_canonical(vcpu, msr);

	if (msr->data != canonical && !guest_cpuid_is_amd_compatible(vcpu))
		return 1;
	msr->data = canonical;
	return set_vendor(vcpu, row, msr);
}

static int get_constant(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	switch (msr->index) {
	case MSR_EBC_FREQUENCY_ID: /* bus at 100 MHz, of a Pentium 4 */
		msr->data = BIT_ULL(24);
		break;
	case MSR_FSB_FREQ: /* 166 MHz */
		msr->data = 3;
		break;
	case KVM_MSR_MTRR_CAP:
		msr->data = KVM_MTRRCAP;
		break;
	case MSR_IA32_BBL_CR_CTL3: /* there is a second level cache */
		msr->data = 0xbe702111;
		break;
	case MSR_IA32_PERF_STATUS: /* 1000 MHz, ratio 4 */
		msr->data = BIT_ULL(42) | 1000;
		break;
	case MSR_K7_CLK_CTL: /* ramp-up times that need no repair */
		msr->data = 0x20000000;
		break;
	default:
		return KVM_MSR_RET_INVALID;
	}
	return 0;
}

static int get_tsc(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	return kvm_get_msr_tsc(vcpu, msr);
}

static int set_tsc(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	return kvm_set_msr_tsc(vcpu, msr);
}

static int get_tsc_adjust(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			  struct msr_data *msr)
{
	return kvm_get_msr_tsc_adjust(vcpu, msr);
}

static int set_tsc_adjust(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			  struct msr_data *msr)
{
	return kvm_set_msr_tsc_adjust(vcpu, msr);
}

static int set_tsc_aux(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		       struct msr_data *msr)
{
	if (guest_cpuid_is_amd_compatible(vcpu))
		msr->data = lower_32_bits(msr->data);
	if (upper_32_bits(msr->data))
		return 1;
	return set_vendor(vcpu, row, msr);
}

static int get_apic_base(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	msr->data = vcpu->arch.apic_base;
	return 0;
}

static int set_apic_base(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	return kvm_lapic_set_base(vcpu, msr->data, msr->host_initiated);
}

static int get_x2apic(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	return kvm_x2apic_msr_read(vcpu, msr->index, &msr->data);
}

static int set_x2apic(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	return kvm_x2apic_msr_write(vcpu, msr->index, msr->data);
}

static int get_tsc_deadline(struct kvm_vcpu *vcpu,
			    const struct kvm_msr_row *row, struct msr_data *msr)
{
	msr->data = kvm_get_lapic_tscdeadline_msr(vcpu);
	return 0;
}

static int set_tsc_deadline(struct kvm_vcpu *vcpu,
			    const struct kvm_msr_row *row, struct msr_data *msr)
{
	kvm_set_lapic_tscdeadline_msr(vcpu, msr->data);
	return 0;
}

static int get_efer(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	msr->data = vcpu->arch.efer;
	return 0;
}

static int set_efer(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	return kvm_set_efer(vcpu, msr->data, msr->host_initiated);
}

static int get_xss(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	msr->data = vcpu->arch.ia32_xss;
	return 0;
}

/* No state that XSS governs is offered. */
static int set_xss(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	if (msr->data)
		return 1;
	vcpu->arch.ia32_xss = msr->data;
	kvm_update_cpuid_runtime(vcpu);
	return 0;
}

static int get_pat(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	msr->data = vcpu->arch.pat;
	return 0;
}

/* The vendor may have a field for it; if not, it knows no such MSR. */
static int set_pat(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		   struct msr_data *msr)
{
	int r;

	if (!kvm_pat_is_valid(msr->data))
		return 1;
	vcpu->arch.pat = msr->data;
	r = set_vendor(vcpu, row, msr);
	return r == KVM_MSR_RET_INVALID ? 0 : r;
}

/*
 * There is neither LBR nor BTF.  A debugger in the guest, who sets them without a
 * thought, steps by instructions instead of by branches.
 */
static int set_debugctl(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	msr->data &= ~(u64)(DEBUGCTLMSR_LBR | DEBUGCTLMSR_BTF);
	return set_vendor_or_zero(vcpu, row, msr);
}

static int set_mtrr_var(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	bool is_mask = (msr->index - row->first) & 1;

	if (!kvm_mtrr_var_is_valid(is_mask, msr->data, cpuid_maxphyaddr(vcpu)))
		return 1;
	return set_cell(vcpu, row, msr);
}

static int set_mtrr_fixed(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			  struct msr_data *msr)
{
	if (!kvm_mtrr_fixed_is_valid(msr->data))
		return 1;
	return set_cell(vcpu, row, msr);
}

static int set_mtrr_def_type(struct kvm_vcpu *vcpu,
			     const struct kvm_msr_row *row,
			     struct msr_data *msr)
{
	if (!kvm_mtrr_def_type_is_valid(msr->data))
		return 1;
	return set_cell(vcpu, row, msr);
}

static int set_misc_enable(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			   struct msr_data *msr)
{
	u64 changed = vcpu->arch.msr.misc_enable ^ msr->data;

	if (!msr->host_initiated && (changed & MISC_ENABLE_RO))
		return 1;

	if ((changed & MSR_IA32_MISC_ENABLE_MWAIT) &&
	    (vcpu->kvm->arch.disabled_quirks &
	     KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT)) {
		/* SDM 4: the bit is there with SSE3 only. */
		if (!guest_cpuid_has(vcpu, X86_FEATURE_XMM3))
			return 1;
		vcpu->arch.msr.misc_enable = msr->data;
		kvm_update_cpuid_runtime(vcpu);
		return 0;
	}
	return set_cell(vcpu, row, msr);
}

bool kvm_cpuid_fault_enabled(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.msr.misc_features &
	       MSR_MISC_FEATURES_ENABLES_CPUID_FAULT;
}

static int get_platform_info(struct kvm_vcpu *vcpu,
			     const struct kvm_msr_row *row,
			     struct msr_data *msr)
{
	if (!msr->host_initiated &&
	    READ_ONCE(vcpu->kvm->arch.msr.platform_info_hidden))
		return 1;
	return get_cell(vcpu, row, msr);
}

static int set_platform_info(struct kvm_vcpu *vcpu,
			     const struct kvm_msr_row *row,
			     struct msr_data *msr)
{
	if (!(msr->data & MSR_PLATFORM_INFO_CPUID_FAULT) &&
	    kvm_cpuid_fault_enabled(vcpu))
		return 1;
	return set_cell(vcpu, row, msr);
}

static int set_misc_features(struct kvm_vcpu *vcpu,
			     const struct kvm_msr_row *row,
			     struct msr_data *msr)
{
	if (msr->data & ~MSR_MISC_FEATURES_ENABLES_CPUID_FAULT)
		return 1;
	if (msr->data &&
	    !(vcpu->arch.msr.platform_info & MSR_PLATFORM_INFO_CPUID_FAULT))
		return 1;
	return set_cell(vcpu, row, msr);
}

static int set_arch_capabilities(struct kvm_vcpu *vcpu,
				 const struct kvm_msr_row *row,
				 struct msr_data *msr)
{
	if (msr->data & ~kvm_arch_capabilities())
		return 1;
	return set_cell(vcpu, row, msr);
}

/* A guest writes it before it reads it, so that CPUID updates it. */
static int set_ucode_rev(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	return msr->host_initiated ? set_cell(vcpu, row, msr) : 0;
}

static int set_hwcr(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	msr->data &= ~HWCR_IGNORED;
	if (msr->data & ~HWCR_WRITABLE)
		return 1;
	return set_cell(vcpu, row, msr);
}

/* There is one if the vendor has a value for it. */
static int get_de_cfg(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	u64 most;
	int r;

	r = kvm_get_feature_msr(msr->index, &most);
	return r ? r : get_cell(vcpu, row, msr);
}

static int set_de_cfg(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	u64 most;
	int r;

	r = kvm_get_feature_msr(msr->index, &most);
	if (r)
		return r;
	if (msr->data & ~most)
		return 1;
	if (!msr->host_initiated && msr->data != vcpu->arch.msr.de_cfg)
		return 1;
	return set_cell(vcpu, row, msr);
}

static int get_pvclock(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		       struct msr_data *msr)
{
	return kvm_get_msr_pvclock(vcpu, msr);
}

static int set_pvclock(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		       struct msr_data *msr)
{
	return kvm_set_msr_pvclock(vcpu, msr);
}

static int get_steal_time(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			  struct msr_data *msr)
{
	return kvm_get_msr_steal_time(vcpu, msr);
}

static int set_steal_time(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			  struct msr_data *msr)
{
	return kvm_set_msr_steal_time(vcpu, msr);
}

static bool guest_has_spec_ctrl(struct kvm_vcpu *vcpu)
{
	return guest_cpuid_has(vcpu, X86_FEATURE_SPEC_CTRL) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_STIBP) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_IBRS) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_SSBD);
}

static int get_spec_ctrl(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_has_spec_ctrl(vcpu))
		return 1;
	return get_vendor(vcpu, row, msr);
}

/*
 * Which bits are reserved only the CPU itself knows for sure.  It is asked with
 * the host's own bits set too: an NMI may come before these are back.
 */
static bool cpu_takes_spec_ctrl(u64 data)
{
	unsigned long flags;
	bool takes;
	u64 host;

	local_irq_save(flags);
	takes = !rdmsrl_safe(MSR_IA32_SPEC_CTRL, &host) &&
		!wrmsrl_safe(MSR_IA32_SPEC_CTRL, host | data);
	if (takes)
		wrmsrl(MSR_IA32_SPEC_CTRL, host);
	local_irq_restore(flags);
	return takes;
}

static int set_spec_ctrl(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_has_spec_ctrl(vcpu))
		return 1;
	if (!cpu_takes_spec_ctrl(msr->data))
		return 1;
	return set_vendor(vcpu, row, msr);
}

bool kvm_pred_cmd_is_valid(u64 data, bool ibpb, bool sbpb)
{
	u64 commands = (ibpb ? PRED_CMD_IBPB : 0) |
		       (sbpb ? PRED_CMD_SBPB_BIT : 0);

	return commands && !(data & ~commands);
}

static int set_pred_cmd(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	bool sbpb = boot_cpu_has(KVM_X86_FEATURE_SBPB) &&
		    (msr->host_initiated ||
		     guest_cpuid_has(vcpu, KVM_X86_FEATURE_SBPB));

	if (!kvm_pred_cmd_is_valid(msr->data, boot_cpu_has(X86_FEATURE_IBPB),
				   sbpb))
		return 1;
	if (msr->data)
		wrmsrl(MSR_IA32_PRED_CMD, msr->data);
	return 0;
}

static int set_flush_cmd(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			 struct msr_data *msr)
{
	if ((msr->data & ~L1D_FLUSH) || !boot_cpu_has(X86_FEATURE_FLUSH_L1D))
		return 1;
	if (msr->data)
		wrmsrl(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
	return 0;
}

static int get_pv_eoi(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_pv_has(vcpu, KVM_FEATURE_PV_EOI))
		return 1;
	msr->data = vcpu->arch.pv_apic.eoi_msr;
	return 0;
}

static int set_pv_eoi(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_pv_has(vcpu, KVM_FEATURE_PV_EOI))
		return 1;
	return kvm_lapic_set_pv_eoi(vcpu, msr->data);
}

static int get_poll_control(struct kvm_vcpu *vcpu,
			    const struct kvm_msr_row *row, struct msr_data *msr)
{
	if (!msr->host_initiated &&
	    !guest_pv_has(vcpu, KVM_FEATURE_POLL_CONTROL))
		return 1;
	return get_cell(vcpu, row, msr);
}

static int set_poll_control(struct kvm_vcpu *vcpu,
			    const struct kvm_msr_row *row, struct msr_data *msr)
{
	if (!msr->host_initiated &&
	    !guest_pv_has(vcpu, KVM_FEATURE_POLL_CONTROL))
		return 1;
	if (msr->data & ~KVM_POLL_CONTROL_ON)
		return 1;
	return set_cell(vcpu, row, msr);
}

static int get_migration_control(struct kvm_vcpu *vcpu,
				 const struct kvm_msr_row *row,
				 struct msr_data *msr)
{
	return kvm_get_migration_control(vcpu, &msr->data, msr->host_initiated);
}

static int set_migration_control(struct kvm_vcpu *vcpu,
				 const struct kvm_msr_row *row,
				 struct msr_data *msr)
{
	return kvm_set_migration_control(vcpu, msr->data, msr->host_initiated);
}

static int get_async_pf(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	return kvm_async_pf_get_msr(vcpu, msr);
}

static int set_async_pf(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
			struct msr_data *msr)
{
	return kvm_async_pf_set_msr(vcpu, msr);
}

#define CELL(member) (offsetof(struct kvm_vcpu_msr, member) / sizeof(u64))

#define ROW(_first, _count, _flags, _cell, _get, _set)                   \
	{                                                                \
		.first = (_first), .count = (_count), .flags = (_flags), \
		.cell = (_cell), .get = (_get), .set = (_set),           \
	}

/* For a guest that has a feature, or @_b. */
#define ROW_IF(_a, _b, _first, _count, _flags, _cell, _get, _set)        \
	{                                                                \
		.first = (_first), .count = (_count), .flags = (_flags), \
		.cell = (_cell), .get = (_get), .set = (_set),           \
		.features = { (_a), (_b) },                              \
	}

#define SAVED	 KVM_MSR_SAVED
#define EMULATED KVM_MSR_EMULATED
#define FEATURE	 KVM_MSR_FEATURE
#define GUEST_RO KVM_MSR_GUEST_RO
#define HOST	 KVM_MSR_HOST

const struct kvm_msr_row kvm_msr_table[] = {
	/* clang-format off */
	ROW(MSR_IA32_P5_MC_ADDR, 2, 0, 0, get_zero, NULL),
	ROW(MSR_IA32_TSC, 1, SAVED, 0, get_tsc, set_tsc),
	ROW(MSR_KVM_WALL_CLOCK, 2, EMULATED, 0, get_pvclock, set_pvclock),
	ROW(MSR_IA32_PLATFORM_ID, 1, 0, 0, get_zero, NULL),
	ROW(MSR_IA32_APICBASE, 1, 0, 0, get_apic_base, set_apic_base),
	ROW(MSR_IA32_EBL_CR_POWERON, 1, 0, 0, get_zero, NULL),
	ROW(MSR_EBC_FREQUENCY_ID, 1, 0, 0, get_constant, NULL),
	ROW(MSR_SMI_COUNT, 1, EMULATED | GUEST_RO, CELL(smi_count), get_cell, set_cell),
	ROW_IF(X86_FEATURE_TSC_ADJUST, 0,
	       MSR_IA32_TSC_ADJUST, 1, EMULATED, 0, get_tsc_adjust, set_tsc_adjust),
	ROW(MSR_IA32_SPEC_CTRL, 1, SAVED, 0, get_spec_ctrl, set_spec_ctrl),
	ROW_IF(X86_FEATURE_SPEC_CTRL, X86_FEATURE_AMD_IBPB,
	       MSR_IA32_PRED_CMD, 1, 0, 0, NULL, set_pred_cmd),
	ROW(MSR_IA32_UCODE_WRITE, 1, 0, 0, NULL, set_ignored),
	ROW(MSR_IA32_UCODE_REV, 1, EMULATED | FEATURE, CELL(ucode_rev), get_cell, set_ucode_rev),
	ROW(MSR_IA32_SMBASE, 1, EMULATED | HOST, CELL(smbase), get_cell, set_cell),
	ROW(MSR_P6_PERFCTR0, 2, 0, 0, get_zero, set_ignored),
	ROW(MSR_FSB_FREQ, 1, 0, 0, get_constant, NULL),
	ROW(MSR_PLATFORM_INFO, 1, EMULATED | GUEST_RO, CELL(platform_info),
	    get_platform_info, set_platform_info),
	ROW(KVM_MSR_MTRR_CAP, 1, 0, 0, get_constant, NULL),
	ROW_IF(X86_FEATURE_ARCH_CAPABILITIES, 0,
	       MSR_IA32_ARCH_CAPABILITIES, 1, EMULATED | FEATURE | GUEST_RO,
	       CELL(arch_capabilities), get_cell, set_arch_capabilities),
	ROW_IF(X86_FEATURE_FLUSH_L1D, 0,
	       MSR_IA32_FLUSH_CMD, 1, 0, 0, NULL, set_flush_cmd),
	ROW(MSR_IA32_BBL_CR_CTL3, 1, 0, 0, get_constant, set_ignored),
	ROW(MSR_MISC_FEATURES_ENABLES, 1, EMULATED, CELL(misc_features),
	    get_cell, set_misc_features),
	ROW(MSR_IA32_SYSENTER_CS, 1, SAVED, 0, get_vendor, set_vendor),
	ROW(MSR_IA32_SYSENTER_ESP, 2, SAVED, 0, get_vendor, set_sysenter_address),
	ROW(MSR_IA32_MCG_CAP, 1, 0, 0, kvm_get_msr_mce, NULL),
	ROW(MSR_IA32_MCG_STATUS, 2, EMULATED, 0, kvm_get_msr_mce, kvm_set_msr_mce),
	ROW(MSR_P6_EVNTSEL0, 2, 0, 0, get_zero, set_ignored),
	ROW(MSR_IA32_PERF_STATUS, 1, 0, 0, get_constant, NULL),
	ROW(MSR_IA32_PERF_CTL, 1, 0, 0, get_zero, NULL),
	ROW(MSR_IA32_MISC_ENABLE, 1, EMULATED, CELL(misc_enable), get_cell, set_misc_enable),
	ROW(MSR_IA32_DEBUGCTLMSR, 1, 0, 0, get_vendor_or_zero, set_debugctl),
	ROW(MSR_IA32_LASTBRANCHFROMIP, 4, 0, 0, get_vendor_or_zero, NULL),
	ROW(MSR_IA32_POWER_CTL, 1, EMULATED, CELL(power_ctl), get_cell, set_cell),
	ROW(KVM_MSR_MTRR_VAR, 2 * KVM_NR_VAR_MTRRS, EMULATED, CELL(mtrr.var),
	    get_cell, set_mtrr_var),
	ROW(KVM_MSR_MTRR_FIX_64K, 1, EMULATED, CELL(mtrr.fixed), get_cell, set_mtrr_fixed),
	ROW(KVM_MSR_MTRR_FIX_16K, 2, EMULATED, CELL(mtrr.fixed[1]), get_cell, set_mtrr_fixed),
	ROW(KVM_MSR_MTRR_FIX_4K, 8, EMULATED, CELL(mtrr.fixed[3]), get_cell, set_mtrr_fixed),
	ROW(MSR_IA32_CR_PAT, 1, SAVED, 0, get_pat, set_pat),
	ROW(KVM_MSR_MTRR_DEF_TYPE, 1, EMULATED, CELL(mtrr.def_type), get_cell, set_mtrr_def_type),
	ROW_IF(X86_FEATURE_PDCM, 0,
	       MSR_IA32_PERF_CAPABILITIES, 1, GUEST_RO, 0, get_zero, set_zero),
	ROW(MSR_IA32_MC0_CTL, KVM_NR_MCE_REGS * KVM_MAX_MCE_BANKS, 0, 0,
	    kvm_get_msr_mce, kvm_set_msr_mce),
	/* The vendor's, who tells by get_feature_msr if there are any. */
	ROW(MSR_IA32_VMX_BASIC, 18, FEATURE, 0, get_vendor, set_vendor),
	ROW(MSR_RAPL_POWER_UNIT, 1, 0, 0, get_zero, NULL),
	ROW(MSR_PKG_ENERGY_STATUS, 1, 0, 0, get_zero, NULL),
	ROW(MSR_DRAM_ENERGY_STATUS, 1, 0, 0, get_zero, NULL),
	ROW(MSR_PP0_ENERGY_STATUS, 1, 0, 0, get_zero, NULL),
	ROW(MSR_PP1_ENERGY_STATUS, 1, 0, 0, get_zero, NULL),
	ROW(MSR_IA32_TSC_DEADLINE, 1, EMULATED, 0, get_tsc_deadline, set_tsc_deadline),
	ROW(0x800, 0x100, 0, 0, get_x2apic, set_x2apic),
	ROW_IF(X86_FEATURE_XSAVES, 0, MSR_IA32_XSS, 1, SAVED, 0, get_xss, set_xss),
	ROW(MSR_KVM_WALL_CLOCK_NEW, 2, EMULATED, 0, get_pvclock, set_pvclock),
	ROW(MSR_KVM_ASYNC_PF_EN, 1, EMULATED, 0, get_async_pf, set_async_pf),
	ROW(MSR_KVM_STEAL_TIME, 1, EMULATED, 0, get_steal_time, set_steal_time),
	ROW(MSR_KVM_PV_EOI_EN, 1, EMULATED, 0, get_pv_eoi, set_pv_eoi),
	ROW(MSR_KVM_POLL_CONTROL, 1, EMULATED, CELL(poll_control),
	    get_poll_control, set_poll_control),
	/* And MSR_KVM_ASYNC_PF_ACK. */
	ROW(MSR_KVM_ASYNC_PF_INT, 2, EMULATED, 0, get_async_pf, set_async_pf),
	ROW(MSR_KVM_MIGRATION_CONTROL, 1, 0, 0, get_migration_control, set_migration_control),

	ROW(MSR_EFER, 1, 0, 0, get_efer, set_efer),
	ROW(MSR_STAR, 1, SAVED, 0, get_vendor, set_vendor),
	ROW(MSR_LSTAR, 2, SAVED, 0, get_vendor, set_vendor_address),
	ROW(MSR_SYSCALL_MASK, 1, SAVED, 0, get_vendor, set_vendor),
	ROW(MSR_FS_BASE, 2, 0, 0, get_vendor, set_vendor_address),
	ROW(MSR_KERNEL_GS_BASE, 1, SAVED, 0, get_vendor, set_vendor_address),
	ROW_IF(X86_FEATURE_RDTSCP, X86_FEATURE_RDPID,
	       MSR_TSC_AUX, 1, SAVED, 0, get_vendor, set_tsc_aux),

	ROW(MSR_K7_EVNTSEL0, 8, 0, 0, get_zero, set_ignored),
	ROW(MSR_AMD64_SYSCFG, 1, 0, 0, get_zero, NULL),
	ROW(MSR_K7_HWCR, 1, EMULATED, CELL(hwcr), get_cell, set_hwcr),
	ROW(MSR_K7_CLK_CTL, 1, 0, 0, get_constant, set_ignored),
	ROW(MSR_AMD64_NB_CFG, 1, 0, 0, get_zero, set_ignored),
	ROW(MSR_AMD64_PATCH_LOADER, 1, 0, 0, NULL, set_ignored),
	ROW(MSR_K8_INT_PENDING_MSG, 1, 0, 0, get_zero, NULL),
	ROW(MSR_FAM10H_MMIO_CONF_BASE, 1, 0, 0, get_zero, set_zero),
	ROW(MSR_K8_TSEG_ADDR, 2, 0, 0, get_zero, NULL),
	/* Nested SVM's; without it there are none. */
	ROW(MSR_VM_CR, 1, 0, 0, get_vendor, set_vendor),
	ROW(MSR_VM_HSAVE_PA, 1, EMULATED, 0, get_vendor, set_vendor),
	ROW_IF(X86_FEATURE_VIRT_SSBD, 0,
	       MSR_AMD64_VIRT_SPEC_CTRL, 1, EMULATED, 0, get_vendor, set_vendor),
	ROW_IF(X86_FEATURE_OSVW, 0,
	       MSR_AMD64_OSVW_ID_LENGTH, 2, 0, CELL(osvw), get_cell, set_cell),
	ROW(MSR_F15H_PERF_CTL, 12, 0, 0, get_zero, set_zero),
	ROW(MSR_AMD64_DC_CFG, 2, 0, 0, get_zero, set_ignored),
	ROW(MSR_AMD64_DE_CFG, 1, FEATURE, CELL(de_cfg), get_de_cfg, set_de_cfg),
	ROW(MSR_AMD64_BU_CFG2, 1, 0, 0, get_zero, set_ignored),
	ROW(MSR_F15H_EX_CFG, 1, 0, 0, get_zero, set_ignored),
	/* clang-format on */
};

const unsigned int kvm_msr_table_nr = ARRAY_SIZE(kvm_msr_table);

/* A cell is a word by its place. */
static_assert(sizeof(struct kvm_vcpu_msr) % sizeof(u64) == 0);
static_assert(sizeof(struct kvm_vcpu_msr) / sizeof(u64) <= U8_MAX);

void kvm_vcpu_msr_create(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_msr *msr = &vcpu->arch.msr;
	u64 de_cfg;

	msr->poll_control = KVM_POLL_CONTROL_ON;
	msr->platform_info = MSR_PLATFORM_INFO_CPUID_FAULT;
	msr->arch_capabilities = kvm_arch_capabilities();
	msr->ucode_rev = boot_cpu_data.x86_vendor == X86_VENDOR_INTEL ?
				 UCODE_REV_INTEL :
				 UCODE_REV_AMD;
	if (!kvm_get_feature_msr(MSR_AMD64_DE_CFG, &de_cfg))
		msr->de_cfg = de_cfg;
	vcpu->arch.pat = KVM_PAT_RESET;
}

void kvm_vcpu_msr_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct kvm_vcpu_msr *msr = &vcpu->arch.msr;

	/* SDM 3A, table 9-1: INIT leaves all of these alone. */
	if (init_event)
		return;

	msr->smbase = SMBASE_RESET;
	msr->smi_count = 0;
	msr->misc_features = 0;
	msr->misc_enable = MISC_ENABLE_RO;
}
