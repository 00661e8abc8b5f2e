// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl.c - x86's ioctls of VMs and vCPUs
 *
 * Owns: the tables.  Each handler is its part's; virt/ioctl.c copies arguments.
 *
 * Locking: see include/ioctl.h.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <asm/page.h>

#include "arch.h"
#include "ioctl.h"
#include "irqchip/irqchip.h"
#include "irqchip/irqfd.h"
#include "irqchip/lapic.h"
#include "irqchip/pit.h"
#include "irqchip/pv_apic.h"
#include "irqchip/routing.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "virt/coalesced.h"
#include "virt/dirty_log.h"
#include "virt/ioeventfd.h"
#include "virt/stats.h"
#include "x86/caps.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/mce.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/pvclock.h"
#include "x86/regs.h"
#include "x86/smm.h"
#include "x86/sys_attr.h"
#include "x86/tsc.h"
#include "x86/x86.h"

/* Fewer would not do for one vCPU; KVM has always refused them. */
#define KVM_MIN_ALLOC_MMU_PAGES 64

long kvm_arch_dev_ioctl(unsigned int ioctl, void __user *argp)
{
	if (!kvm_x86_has_vcpus())
		return -EINVAL;
	switch (ioctl) {
	case KVM_GET_SUPPORTED_CPUID:
	case KVM_GET_EMULATED_CPUID:
		return kvm_dev_ioctl_get_cpuid(argp, ioctl);
	case KVM_GET_MSR_INDEX_LIST:
		return kvm_dev_ioctl_get_msr_index_list(argp);
	case KVM_GET_MSR_FEATURE_INDEX_LIST:
		return kvm_dev_ioctl_get_msr_feature_index_list(argp);
	case KVM_GET_MSRS:
		return kvm_dev_ioctl_get_feature_msrs(argp);
	case KVM_X86_GET_MCE_CAP_SUPPORTED:
		return kvm_dev_ioctl_get_mce_cap(argp);
	case KVM_GET_DEVICE_ATTR:
		return kvm_dev_ioctl_get_device_attr(argp);
	case KVM_HAS_DEVICE_ATTR:
		return kvm_dev_ioctl_has_device_attr(argp);
	default:
		return -EINVAL;
	}
}

/*
 * How many shadow pages a VM may have at a time.  The TDP MMU has no such bound,
 * and is who there is; but who asks gets what was set.
 */
static long set_nr_mmu_pages(struct kvm *kvm, void *data)
{
	unsigned long nr = (unsigned long)data;

	if ((u32)nr < KVM_MIN_ALLOC_MMU_PAGES)
		return -EINVAL;
	WRITE_ONCE(kvm->arch.n_max_mmu_pages, nr);
	return 0;
}

static long get_nr_mmu_pages(struct kvm *kvm, void *data)
{
	return READ_ONCE(kvm->arch.n_max_mmu_pages);
}

/*
 * Where VT-x without unrestricted guest keeps a TSS and a page table in the guest's
 * memory, for its real mode.  No vendor here needs either; userspace sets both
 * before it knows on what it runs, and is told if they could not be there.
 */
static long set_tss_addr(struct kvm *kvm, void *data)
{
	unsigned long addr = (unsigned long)data;

	return addr > (u32)(-3 * PAGE_SIZE) ? -EINVAL : 0;
}

static long set_identity_map_addr(struct kvm *kvm, void *data)
{
	int r;

	mutex_lock(&kvm->lock);
	r = kvm->created_vcpus ? -EINVAL : 0;
	mutex_unlock(&kvm->lock);
	return r;
}

#define NONE 0
#define IN   KVM_IOCTL_IN
#define OUT  KVM_IOCTL_OUT
#define BOTH (KVM_IOCTL_IN | KVM_IOCTL_OUT)
#define RAW  KVM_IOCTL_RAW

const struct kvm_vcpu_ioctl kvm_arch_vcpu_ioctls[] = {
	/* clang-format off */
	{ KVM_GET_REGS,			OUT,	kvm_vcpu_ioctl_get_regs },
	{ KVM_SET_REGS,			IN,	kvm_vcpu_ioctl_set_regs },
	{ KVM_GET_SREGS,		OUT,	kvm_vcpu_ioctl_get_sregs },
	{ KVM_SET_SREGS,		IN,	kvm_vcpu_ioctl_set_sregs },
	{ KVM_GET_SREGS2,		OUT,	kvm_vcpu_ioctl_get_sregs2 },
	{ KVM_SET_SREGS2,		IN,	kvm_vcpu_ioctl_set_sregs2 },
	{ KVM_GET_FPU,			OUT,	kvm_vcpu_ioctl_get_fpu },
	{ KVM_SET_FPU,			IN,	kvm_vcpu_ioctl_set_fpu },
	{ KVM_GET_XSAVE,		OUT,	kvm_vcpu_ioctl_get_xsave },
	{ KVM_GET_XSAVE2,		RAW,	kvm_vcpu_ioctl_get_xsave2 },
	{ KVM_SET_XSAVE,		RAW,	kvm_vcpu_ioctl_set_xsave },
	{ KVM_GET_XCRS,			OUT,	kvm_vcpu_ioctl_get_xcrs },
	{ KVM_SET_XCRS,			IN,	kvm_vcpu_ioctl_set_xcrs },
	{ KVM_GET_DEBUGREGS,		OUT,	kvm_vcpu_ioctl_get_debugregs },
	{ KVM_SET_DEBUGREGS,		IN,	kvm_vcpu_ioctl_set_debugregs },
	{ KVM_GET_MSRS,			RAW,	kvm_vcpu_ioctl_get_msrs },
	{ KVM_SET_MSRS,			RAW,	kvm_vcpu_ioctl_set_msrs },
	{ KVM_SET_CPUID,		RAW,	kvm_vcpu_ioctl_set_cpuid },
	{ KVM_SET_CPUID2,		RAW,	kvm_vcpu_ioctl_set_cpuid2 },
	{ KVM_GET_CPUID2,		RAW,	kvm_vcpu_ioctl_get_cpuid2 },
	{ KVM_GET_MP_STATE,		OUT,	kvm_vcpu_ioctl_get_mp_state },
	{ KVM_SET_MP_STATE,		IN,	kvm_vcpu_ioctl_set_mp_state },
	{ KVM_GET_VCPU_EVENTS,		OUT,	kvm_vcpu_ioctl_get_events },
	{ KVM_SET_VCPU_EVENTS,		IN,	kvm_vcpu_ioctl_set_events },
	{ KVM_SET_GUEST_DEBUG,		IN,	kvm_vcpu_ioctl_set_guest_debug },
	{ KVM_INTERRUPT,		IN,	kvm_vcpu_ioctl_interrupt },
	{ KVM_NMI,			NONE,	kvm_vcpu_ioctl_nmi },
	{ KVM_GET_LAPIC,		OUT,	kvm_vcpu_ioctl_get_lapic },
	{ KVM_SET_LAPIC,		IN,	kvm_vcpu_ioctl_set_lapic },
	{ KVM_TRANSLATE,		BOTH,	kvm_vcpu_ioctl_translate },
	{ KVM_SET_TSC_KHZ,		RAW,	kvm_vcpu_ioctl_set_tsc_khz },
	{ KVM_GET_TSC_KHZ,		RAW,	kvm_vcpu_ioctl_get_tsc_khz },
	{ KVM_HAS_DEVICE_ATTR,		IN,	kvm_vcpu_ioctl_has_device_attr },
	{ KVM_GET_DEVICE_ATTR,		IN,	kvm_vcpu_ioctl_get_device_attr },
	{ KVM_SET_DEVICE_ATTR,		IN,	kvm_vcpu_ioctl_set_device_attr },
	{ KVM_KVMCLOCK_CTRL,		NONE,	kvm_vcpu_ioctl_kvmclock_ctrl },
	{ KVM_ENABLE_CAP,		IN,	kvm_vcpu_ioctl_enable_cap },
	{ KVM_SET_VAPIC_ADDR,		IN,	kvm_vcpu_ioctl_set_vapic_addr },
	{ KVM_TPR_ACCESS_REPORTING,	BOTH,	kvm_vcpu_ioctl_tpr_access_reporting },
	{ KVM_GET_STATS_FD,		RAW | KVM_IOCTL_ASYNC, kvm_vcpu_ioctl_get_stats_fd },
	{ KVM_SMI,			NONE,	kvm_vcpu_ioctl_smi },
	{ KVM_X86_SETUP_MCE,		IN,	kvm_vcpu_ioctl_setup_mce },
	{ KVM_X86_SET_MCE,		IN,	kvm_vcpu_ioctl_set_mce },
	{}
	/* clang-format on */
};

/* Some have the wrong direction in their number; that is what they are. */
const struct kvm_vm_ioctl kvm_arch_vm_ioctls[] = {
	/* clang-format off */
	{ KVM_ENABLE_CAP,		IN,	kvm_vm_ioctl_enable_cap },
	{ KVM_GET_DIRTY_LOG,		IN,	kvm_vm_ioctl_get_dirty_log },
	{ KVM_CLEAR_DIRTY_LOG,		IN,	kvm_vm_ioctl_clear_dirty_log },
	{ KVM_SET_NR_MMU_PAGES,		RAW,	set_nr_mmu_pages },
	{ KVM_GET_NR_MMU_PAGES,		RAW,	get_nr_mmu_pages },
	{ KVM_CREATE_IRQCHIP,		NONE,	kvm_vm_ioctl_create_irqchip },
	{ KVM_GET_IRQCHIP,		BOTH,	kvm_vm_ioctl_get_irqchip },
	{ KVM_SET_IRQCHIP,		IN,	kvm_vm_ioctl_set_irqchip },
	{ KVM_CREATE_PIT,		NONE,	kvm_vm_ioctl_create_pit },
	{ KVM_CREATE_PIT2,		IN,	kvm_vm_ioctl_create_pit2 },
	{ KVM_GET_PIT,			OUT,	kvm_vm_ioctl_get_pit },
	{ KVM_SET_PIT,			IN,	kvm_vm_ioctl_set_pit },
	{ KVM_GET_PIT2,			OUT,	kvm_vm_ioctl_get_pit2 },
	{ KVM_SET_PIT2,			IN,	kvm_vm_ioctl_set_pit2 },
	{ KVM_REINJECT_CONTROL,		RAW,	kvm_vm_ioctl_reinject_control },
	{ KVM_IRQ_LINE,			IN,	kvm_vm_ioctl_irq_line },
	{ KVM_IRQ_LINE_STATUS,		BOTH,	kvm_vm_ioctl_irq_line_status },
	{ KVM_SET_GSI_ROUTING,		RAW,	kvm_vm_ioctl_set_gsi_routing },
	{ KVM_SIGNAL_MSI,		IN,	kvm_vm_ioctl_signal_msi },
	{ KVM_IRQFD,			IN,	kvm_vm_ioctl_irqfd },
	{ KVM_SET_BOOT_CPU_ID,		RAW,	kvm_vm_ioctl_set_boot_cpu_id },
	{ KVM_REGISTER_COALESCED_MMIO,	IN,	kvm_vm_ioctl_register_coalesced },
	{ KVM_UNREGISTER_COALESCED_MMIO, IN,	kvm_vm_ioctl_unregister_coalesced },
	{ KVM_IOEVENTFD,		IN,	kvm_vm_ioctl_ioeventfd },
	{ KVM_X86_SET_MSR_FILTER,	RAW,	kvm_vm_ioctl_set_msr_filter },
	{ KVM_SET_TSC_KHZ,		RAW,	kvm_vm_ioctl_set_tsc_khz },
	{ KVM_GET_TSC_KHZ,		RAW,	kvm_vm_ioctl_get_tsc_khz },
	{ KVM_GET_CLOCK,		OUT,	kvm_vm_ioctl_get_clock },
	{ KVM_SET_CLOCK,		IN,	kvm_vm_ioctl_set_clock },
	{ KVM_GET_STATS_FD,		RAW,	kvm_vm_ioctl_get_stats_fd },
	{ KVM_SET_TSS_ADDR,		RAW,	set_tss_addr },
	{ KVM_SET_IDENTITY_MAP_ADDR,	IN,	set_identity_map_addr },
	{}
	/* clang-format on */
};
