// SPDX-License-Identifier: GPL-2.0-only
/*
 * caps.c - x86's capabilities: what is there, and what can be turned on
 *
 * Owns: the tables behind KVM_CHECK_EXTENSION and KVM_ENABLE_CAP.  A capability
 * has a row once it works, and not before.
 *
 * Locking: turning something on takes kvm->lock where it must not come after the
 * first vCPU; else what is turned on is read and written whole.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <asm/cpufeature.h>

#include "arch.h"
#include "irqchip/irqchip.h"
#include "irqchip/routing.h"
#include "params.h"
#include "vcpu.h"
#include "virt/dirty_log.h"
#include "virt/halt.h"
#include "x86/caps.h"
#include "x86/mce.h"
#include "x86/hypercall.h"
#include "x86/msr_filter.h"
#include "x86/pvclock.h"
#include "x86/regs.h"
#include "x86/steal.h"
#include "x86/tsc.h"
#include "x86/x86.h"

/* What KVM_CAP_DISABLE_QUIRKS2 takes: those that we have. */
#define VALID_QUIRKS                                                    \
	(KVM_X86_QUIRK_LINT0_REENABLED | KVM_X86_QUIRK_CD_NW_CLEARED |  \
	 KVM_X86_QUIRK_LAPIC_MMIO_HOLE | KVM_X86_QUIRK_OUT_7E_INC_RIP | \
	 KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT |                           \
	 KVM_X86_QUIRK_FIX_HYPERCALL_INSN |                             \
	 KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS)

/* What KVM_SET_GUEST_DEBUG takes. */
#define VALID_GUEST_DEBUG                                  \
	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP |   \
	 KVM_GUESTDBG_USE_HW_BP | KVM_GUESTDBG_USE_SW_BP | \
	 KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP | \
	 KVM_GUESTDBG_BLOCKIRQ)

#define SYNC_REGS (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

/* Those that are on every host; without vCPUs they would be of no use. */
static const struct {
	unsigned long cap;
	int value;
} fixed[] = {
	{ KVM_CAP_IRQCHIP, 1 },
	{ KVM_CAP_HLT, 1 },
	{ KVM_CAP_USER_NMI, 1 },
	{ KVM_CAP_MP_STATE, 1 },
	{ KVM_CAP_SYNC_MMU, 1 },
	{ KVM_CAP_MMU_SHADOW_CACHE_CONTROL, 1 },
	{ KVM_CAP_NOP_IO_DELAY, 1 },
	{ KVM_CAP_EXT_CPUID, 1 },
	{ KVM_CAP_EXT_EMUL_CPUID, 1 },
	{ KVM_CAP_REINJECT_CONTROL, 1 },
	{ KVM_CAP_IRQ_INJECT_STATUS, 1 },
	{ KVM_CAP_IRQ_ROUTING, KVM_MAX_IRQ_ROUTES },
	{ KVM_CAP_SIGNAL_MSI, 1 },
	{ KVM_CAP_IRQFD, 1 },
	{ KVM_CAP_IRQFD_RESAMPLE, 1 },
	{ KVM_CAP_SPLIT_IRQCHIP, 1 },
	{ KVM_CAP_SET_BOOT_CPU_ID, 1 },
	{ KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS |
				      KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK },
	{ KVM_CAP_PIT, 1 },
	{ KVM_CAP_PIT2, 1 },
	{ KVM_CAP_PIT_STATE2, 1 },
	{ KVM_CAP_IOEVENTFD, 1 },
	{ KVM_CAP_IOEVENTFD_NO_LENGTH, 1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH, 1 },
	{ KVM_CAP_COALESCED_MMIO, KVM_COALESCED_MMIO_PAGE_OFFSET },
	{ KVM_CAP_COALESCED_PIO, 1 },
	{ KVM_CAP_VCPU_EVENTS, 1 },
	{ KVM_CAP_INTR_SHADOW, 1 },
	{ KVM_CAP_EXCEPTION_PAYLOAD, 1 },
	{ KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG2, VALID_GUEST_DEBUG },
	{ KVM_CAP_X86_ROBUST_SINGLESTEP, 1 },
	{ KVM_CAP_DEBUGREGS, 1 },
	{ KVM_CAP_XSAVE, 1 },
	{ KVM_CAP_XSAVE2, sizeof(struct kvm_xsave) },
	{ KVM_CAP_XCRS, 1 },
	{ KVM_CAP_SREGS2, 1 },
	{ KVM_CAP_SYNC_REGS, SYNC_REGS },
	{ KVM_CAP_GET_TSC_KHZ, 1 },
	{ KVM_CAP_VCPU_ATTRIBUTES, 1 },
	{ KVM_CAP_TSC_DEADLINE_TIMER, 1 },
	{ KVM_CAP_GET_MSR_FEATURES, 1 },
	{ KVM_CAP_MSR_PLATFORM_INFO, 1 },
	{ KVM_CAP_X86_USER_SPACE_MSR, 1 },
	{ KVM_CAP_X86_MSR_FILTER, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1 },
	{ KVM_CAP_INTERNAL_ERROR_DATA, 1 },
	{ KVM_CAP_BINARY_STATS_FD, 1 },
	{ KVM_CAP_EXIT_ON_EMULATION_FAILURE, 1 },
	{ KVM_CAP_IOAPIC_POLARITY_IGNORED, 1 },
	{ KVM_CAP_ENABLE_CAP, 1 },
	{ KVM_CAP_ENABLE_CAP_VM, 1 },
	{ KVM_CAP_DISABLE_QUIRKS, 1 },
	{ KVM_CAP_DISABLE_QUIRKS2, VALID_QUIRKS },
	{ KVM_CAP_LAST_CPU, 1 },
	{ KVM_CAP_CLOCKSOURCE, 1 },
	{ KVM_CAP_ADJUST_CLOCK, KVM_PVCLOCK_FLAGS },
	{ KVM_CAP_KVMCLOCK_CTRL, 1 },
	{ KVM_CAP_MAX_VCPUS, KVM_MAX_VCPUS },
	{ KVM_CAP_MAX_VCPU_ID, KVM_MAX_VCPU_IDS },
	{ KVM_CAP_SET_TSS_ADDR, 1 },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR, 1 },
	{ KVM_CAP_X86_SMM, 1 },
	{ KVM_CAP_MCE, KVM_MAX_MCE_BANKS },
	{ KVM_CAP_SYS_ATTRIBUTES, 1 },
	{ KVM_CAP_VM_DISABLE_NX_HUGE_PAGES, 1 },
	{ KVM_CAP_HALT_POLL, 1 },
	{ KVM_CAP_VAPIC, 1 },
	{ KVM_CAP_EXIT_HYPERCALL, KVM_EXIT_HYPERCALL_VALID },
	{ KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1 },
	{ KVM_CAP_ASYNC_PF, 1 },
	{ KVM_CAP_ASYNC_PF_INT, 1 },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_DIRTY_LOG_MANUAL_CAPS },
};

/* MWAIT in the guest is the host's idle; there it has to work, and to wake up. */
static unsigned int exits_that_can_be_disabled(void)
{
	unsigned int r = KVM_X86_DISABLE_EXITS_HLT |
			 KVM_X86_DISABLE_EXITS_PAUSE |
			 KVM_X86_DISABLE_EXITS_CSTATE;

	if (boot_cpu_has(X86_FEATURE_MWAIT) &&
	    !boot_cpu_has_bug(X86_BUG_MONITOR) &&
	    boot_cpu_has(X86_FEATURE_ARAT))
		r |= KVM_X86_DISABLE_EXITS_MWAIT;
	return r;
}

int kvm_arch_check_extension(unsigned long cap)
{
	unsigned int i;

	if (!kvm_x86_has_vcpus() || !kvm_param_tdp_mmu)
		return 0;
	switch (cap) {
	case KVM_CAP_NR_VCPUS:
		return min_t(unsigned int, num_online_cpus(), KVM_MAX_VCPUS);
	case KVM_CAP_X86_DISABLE_EXITS:
		return exits_that_can_be_disabled();
	case KVM_CAP_TSC_CONTROL:
	case KVM_CAP_VM_TSC_CONTROL:
		return kvm_tsc_caps()->has_scaling;
	case KVM_CAP_STEAL_TIME:
		return kvm_steal_time_supported();
	}
	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (fixed[i].cap == cap)
			return fixed[i].value;
	return 0;
}

/* --- turned on, for a VM ------------------------------------------------- */

static int disable_quirks(struct kvm *kvm, u64 quirks)
{
	WRITE_ONCE(kvm->arch.disabled_quirks, quirks);
	return 0;
}

static int disable_quirks2(struct kvm *kvm, u64 quirks)
{
	if (quirks & ~VALID_QUIRKS)
		return -EINVAL;
	return disable_quirks(kvm, quirks);
}

static int enable_exception_payload(struct kvm *kvm, u64 on)
{
	WRITE_ONCE(kvm->arch.exception_payload_enabled, !!on);
	return 0;
}

static int enable_triple_fault_event(struct kvm *kvm, u64 on)
{
	WRITE_ONCE(kvm->arch.triple_fault_event, !!on);
	return 0;
}

static int enable_exit_on_emulation_failure(struct kvm *kvm, u64 on)
{
	if (on & ~1ull)
		return -EINVAL;
	WRITE_ONCE(kvm->arch.exit_on_emulation_error, on);
	return 0;
}

/* What decides how vCPUs are made comes before the first. */
static int set_before_vcpus(struct kvm *kvm, u32 *what, u32 value)
{
	int r = -EINVAL;

	mutex_lock(&kvm->lock);
	if (!kvm->created_vcpus) {
		*what = value;
		r = 0;
	}
	mutex_unlock(&kvm->lock);
	return r;
}

/* Documentation/admin-guide/hw-vuln/cross-thread-rsb.rst */
#define SHARED_RSB \
	"exits are disabled where threads share return addresses: use nosmt"

static bool threads_share_rsb(void)
{
	return boot_cpu_has_bug(X86_BUG_SMT_RSB) && cpu_smt_possible();
}

static int disable_exits(struct kvm *kvm, u64 exits)
{
	if (exits & ~(u64)exits_that_can_be_disabled())
		return -EINVAL;
	if ((exits & ~(u64)KVM_X86_DISABLE_EXITS_PAUSE) && threads_share_rsb())
		pr_warn_once("%s\n", SHARED_RSB);
	return set_before_vcpus(kvm, &kvm->arch.disabled_exits, exits);
}

/* Only once, but for 0, which sets nothing. */
static int limit_vcpu_ids(struct kvm *kvm, u64 max)
{
	int r = -EINVAL;

	if (max > KVM_MAX_VCPU_IDS)
		return -EINVAL;
	mutex_lock(&kvm->lock);
	if (!kvm->created_vcpus &&
	    (!kvm->arch.max_vcpu_ids || kvm->arch.max_vcpu_ids == max)) {
		kvm->arch.max_vcpu_ids = max;
		r = 0;
	}
	mutex_unlock(&kvm->lock);
	return r;
}

static int disable_nx_huge_pages(struct kvm *kvm, u64 arg)
{
	if (arg)
		return -EINVAL;
	/* One guest that may stop the host's CPUs stops all that is on it. */
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	return set_before_vcpus(kvm, &kvm->arch.disable_nx_huge_pages, true);
}

static const struct {
	u32 cap;
	int (*enable)(struct kvm *kvm, u64 arg);
} of_vm[] = {
	{ KVM_CAP_DISABLE_QUIRKS, disable_quirks },
	{ KVM_CAP_DISABLE_QUIRKS2, disable_quirks2 },
	{ KVM_CAP_SPLIT_IRQCHIP, kvm_enable_split_irqchip },
	{ KVM_CAP_X2APIC_API, kvm_enable_x2apic_api },
	{ KVM_CAP_MSR_PLATFORM_INFO, kvm_vm_enable_msr_platform_info },
	{ KVM_CAP_X86_USER_SPACE_MSR, kvm_vm_enable_user_space_msr },
	{ KVM_CAP_EXCEPTION_PAYLOAD, enable_exception_payload },
	{ KVM_CAP_X86_TRIPLE_FAULT_EVENT, enable_triple_fault_event },
	{ KVM_CAP_EXIT_ON_EMULATION_FAILURE, enable_exit_on_emulation_failure },
	{ KVM_CAP_X86_DISABLE_EXITS, disable_exits },
	{ KVM_CAP_MAX_VCPU_ID, limit_vcpu_ids },
	{ KVM_CAP_VM_DISABLE_NX_HUGE_PAGES, disable_nx_huge_pages },
	{ KVM_CAP_HALT_POLL, kvm_vm_enable_halt_poll },
	{ KVM_CAP_EXIT_HYPERCALL, kvm_enable_exit_hypercall },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, kvm_vm_enable_manual_dirty_log },
};

long kvm_vm_ioctl_enable_cap(struct kvm *kvm, void *data)
{
	const struct kvm_enable_cap *cap = data;
	unsigned int i;

	if (cap->flags)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(of_vm); i++)
		if (of_vm[i].cap == cap->cap)
			return of_vm[i].enable(kvm, cap->args[0]);
	return -EINVAL;
}

/* --- turned on, for a vCPU ----------------------------------------------- */

/* Hyper-V's are not there. */
long kvm_vcpu_ioctl_enable_cap(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_enable_cap *cap = data;

	if (cap->flags || cap->cap != KVM_CAP_ENFORCE_PV_FEATURE_CPUID)
		return -EINVAL;
	vcpu->arch.pv.enforce_cpuid = cap->args[0];
	return 0;
}
