// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr.c - MSRs that are in the VMCB, or in the CPU while the guest runs
 *
 * Owns: where they are, as a table, and which of them the guest accesses without
 * an exit (the MSR permission map, APM 2, 15.11).
 *
 * Locking: vCPU's mutex; srcu for the filter.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>

#include "svm/nested.h"
#include "svm/nested_check.h"
#include "svm/svm.h"
#include "x86/cpuid.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/user_return.h"

/* Two bits an MSR: read, and above it write; a set bit exits. */
#define MSRPM_ORDER 1
#define MSRPM_SIZE  (PAGE_SIZE << MSRPM_ORDER)

static_assert(MSRPM_SIZE == SVM_MSRPM_SIZE);

/* TSC_AUX, which the kernel needs in user mode alone; its place there. */
static int tsc_aux_slot = -1;

/* --- what is in the VMCB ------------------------------------------------- */

/**
 * struct svm_msr - an MSR that VMRUN or VMLOAD loads
 * @index: its number
 * @offset: in struct vmcb_save_area
 * @direct: the guest may read and write it without an exit
 */
struct svm_msr {
	u32 index;
	u16 offset;
	bool direct;
};

#define SAVE(field) offsetof(struct vmcb_save_area, field)

static const struct svm_msr svm_msrs[] = {
	{ MSR_STAR, SAVE(star), true },
	{ MSR_LSTAR, SAVE(lstar), true },
	{ MSR_CSTAR, SAVE(cstar), true },
	{ MSR_SYSCALL_MASK, SAVE(sfmask), true },
	{ MSR_KERNEL_GS_BASE, SAVE(kernel_gs_base), true },
	{ MSR_FS_BASE, SAVE(fs.base), true },
	{ MSR_GS_BASE, SAVE(gs.base), true },
	{ MSR_IA32_SYSENTER_CS, SAVE(sysenter_cs), true },
	/* AMD's CPUs keep the low half alone; SVM keeps all of it. */
	{ MSR_IA32_SYSENTER_ESP, SAVE(sysenter_esp), false },
	{ MSR_IA32_SYSENTER_EIP, SAVE(sysenter_eip), false },
};

static u64 *saved_msr(struct vcpu_svm *svm, u32 index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(svm_msrs); i++)
		if (svm_msrs[i].index == index)
			return (void *)&svm->vmcb->save + svm_msrs[i].offset;
	return NULL;
}

/* --- permissions --------------------------------------------------------- */

static void set_permission(u32 *msrpm, u32 index, bool read, bool write)
{
	unsigned long *map = (unsigned long *)msrpm;
	int bit = svm_msrpm_bit(index);

	if (bit < 0)
		return;
	__assign_bit(bit, map, !read);
	__assign_bit(bit + 1, map, !write);
}

static void permit(struct vcpu_svm *svm, u32 index)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;

	set_permission(svm->msrpm, index,
		       kvm_msr_allowed(vcpu, index, KVM_MSR_FILTER_READ),
		       kvm_msr_allowed(vcpu, index, KVM_MSR_FILTER_WRITE));
	vmcb_mark_dirty(svm, VMCB_CLEAN_PERM_MAP);
}

static bool has_spec_ctrl(struct kvm_vcpu *vcpu)
{
	return guest_cpuid_has(vcpu, X86_FEATURE_SPEC_CTRL) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_STIBP) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_IBRS) ||
	       guest_cpuid_has(vcpu, X86_FEATURE_AMD_SSBD);
}

bool svm_spec_ctrl_intercepted(struct vcpu_svm *svm)
{
	return test_bit((MSR_IA32_SPEC_CTRL * 2) + 1,
			(unsigned long *)svm->msrpm);
}

/*
 * The guest's CPUID, the filter, or what it has written so far is another; by
 * KVM_REQ_MSR_FILTER_CHANGED, since the filter takes srcu.
 */
static void update_permissions(struct vcpu_svm *svm)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	unsigned int i;

	memset(svm->msrpm, 0xff, MSRPM_SIZE);
	for (i = 0; i < ARRAY_SIZE(svm_msrs); i++)
		if (svm_msrs[i].direct)
			permit(svm, svm_msrs[i].index);
	if (svm_spec_ctrl_is_direct(has_spec_ctrl(vcpu),
				    svm_has(SVM_FEATURE_V_SPEC_CTRL),
				    svm->spec_ctrl))
		permit(svm, MSR_IA32_SPEC_CTRL);
	vmcb_mark_dirty(svm, VMCB_CLEAN_PERM_MAP);
}

void svm_msr_filter_changed(struct kvm_vcpu *vcpu)
{
	update_permissions(to_svm(vcpu));
}

int svm_msrpm_create(struct vcpu_svm *svm)
{
	svm->msrpm = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT, MSRPM_ORDER);
	if (!svm->msrpm)
		return -ENOMEM;
	memset(svm->msrpm, 0xff, MSRPM_SIZE);
	return 0;
}

void svm_msrpm_free(struct vcpu_svm *svm)
{
	free_pages((unsigned long)svm->msrpm, MSRPM_ORDER);
}

/* --- reading and writing ------------------------------------------------- */

static bool may_access(struct kvm_vcpu *vcpu, const struct msr_data *msr,
		       bool has)
{
	return msr->host_initiated || has;
}

int svm_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	const u64 *saved = saved_msr(svm, msr->index);

	if (saved) {
		msr->data = *saved;
		return 0;
	}
	switch (msr->index) {
	case MSR_TSC_AUX:
		msr->data = svm->tsc_aux;
		return 0;
	case MSR_IA32_SPEC_CTRL:
		if (!may_access(vcpu, msr, has_spec_ctrl(vcpu)))
			return 1;
		msr->data = svm_has(SVM_FEATURE_V_SPEC_CTRL) ?
				    svm->vmcb->save.spec_ctrl :
				    svm->spec_ctrl;
		return 0;
	case MSR_AMD64_VIRT_SPEC_CTRL:
		if (!may_access(vcpu, msr,
				guest_cpuid_has(vcpu, X86_FEATURE_VIRT_SSBD)))
			return 1;
		msr->data = svm->virt_spec_ctrl;
		return 0;
	case MSR_VM_CR:
	case MSR_VM_HSAVE_PA:
		return svm_nested_get_msr(svm, msr);
	default:
		return KVM_MSR_RET_INVALID;
	}
}

/* That this CPU takes the value x86/msr_table.c has found out. */
static bool spec_ctrl_is_valid(u64 data)
{
	return !(data & ~(SPEC_CTRL_IBRS | SPEC_CTRL_STIBP | SPEC_CTRL_SSBD));
}

static int set_spec_ctrl(struct vcpu_svm *svm, const struct msr_data *msr)
{
	if (!may_access(&svm->vcpu, msr, has_spec_ctrl(&svm->vcpu)) ||
	    !spec_ctrl_is_valid(msr->data))
		return 1;
	if (svm_has(SVM_FEATURE_V_SPEC_CTRL)) {
		svm->vmcb->save.spec_ctrl = msr->data;
		return 0;
	}
	svm->spec_ctrl = msr->data;
	kvm_make_request(KVM_REQ_MSR_FILTER_CHANGED, &svm->vcpu);
	return 0;
}

static int set_tsc_aux(struct vcpu_svm *svm, u64 data)
{
	if (data >> 32)
		return 1;
	preempt_disable();
	svm->tsc_aux = data;
	/* The next entry looks at it again. */
	svm->host_state_saved = false;
	preempt_enable();
	return 0;
}

int svm_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	u64 *saved = saved_msr(svm, msr->index);

	if (saved) {
		*saved = msr->data;
		return 0;
	}
	switch (msr->index) {
	case MSR_IA32_CR_PAT:
		/* Checked and kept by x86/msr.c. */
		svm->vmcb->save.g_pat = msr->data;
		vmcb_mark_dirty(svm, VMCB_CLEAN_NPT);
		return 0;
	case MSR_TSC_AUX:
		return set_tsc_aux(svm, msr->data);
	case MSR_IA32_SPEC_CTRL:
		return set_spec_ctrl(svm, msr);
	case MSR_AMD64_VIRT_SPEC_CTRL:
		if (!may_access(vcpu, msr,
				guest_cpuid_has(vcpu, X86_FEATURE_VIRT_SSBD)) ||
		    (msr->data & ~SPEC_CTRL_SSBD))
			return 1;
		svm->virt_spec_ctrl = msr->data;
		return 0;
	case MSR_VM_CR:
	case MSR_VM_HSAVE_PA:
		return svm_nested_set_msr(svm, msr);
	default:
		return KVM_MSR_RET_INVALID;
	}
}

void svm_msr_prepare_switch(struct vcpu_svm *svm)
{
	if (tsc_aux_slot >= 0)
		kvm_set_user_return_msr(tsc_aux_slot, svm->tsc_aux, -1ull);
}

/* Whether LFENCE serializes: what a guest's kernel asks the host's CPU for. */
int svm_get_feature_msr(u32 index, u64 *data)
{
	if (index != MSR_AMD64_DE_CFG)
		return KVM_MSR_RET_INVALID;
	*data = cpu_feature_enabled(X86_FEATURE_LFENCE_RDTSC) ?
			MSR_AMD64_DE_CFG_LFENCE_SERIALIZE :
			0;
	return 0;
}

bool svm_has_emulated_msr(u32 index)
{
	switch (index) {
	case MSR_IA32_MCG_EXT_CTL:
		return false;
	case MSR_AMD64_VIRT_SPEC_CTRL:
		return kvm_cpu_cap_has(X86_FEATURE_VIRT_SSBD);
	case MSR_VM_CR:
	case MSR_VM_HSAVE_PA:
		return kvm_cpu_cap_has(X86_FEATURE_SVM);
	default:
		return index < MSR_IA32_VMX_BASIC ||
		       index > MSR_IA32_VMX_VMFUNC;
	}
}

int svm_msr_setup(void)
{
	tsc_aux_slot = boot_cpu_has(X86_FEATURE_RDTSCP) ||
				       boot_cpu_has(X86_FEATURE_RDPID) ?
			       kvm_add_user_return_msr(MSR_TSC_AUX) :
			       -1;
	return 0;
}
