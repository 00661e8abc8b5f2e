/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - the only file that knows that kernels differ
 *
 * Owns: what an API of the target kernel is called where kernels 6.1 to 6.12
 * do not agree.  Kbuild probes the target's headers and defines TW_HAVE_*; no
 * version number is compared here, because distributions carry backports.
 *
 * Helpers that upstream exports for a KVM alone, and that a later kernel may
 * keep from modules of another name (6.18 does, EXPORT_SYMBOL_FOR_KVM):
 *
 *	intel_pt_handle_vmx()		vmx/vmx.c, around VMXON
 *	amd_pmu_enable_virt()		svm/svm.c, while EFER.SVME is set
 *	amd_pmu_disable_virt()		svm/svm.c
 *	cpu_emergency_*_virt_callback()	virt/hardware.c, through this file
 */
#ifndef TWINWALK_COMPAT_H
#define TWINWALK_COMPAT_H

#include <linux/cpuhotplug.h>
#include <linux/types.h>

/*
 * The last thing a crashing or rebooting kernel does on each CPU.  A kernel
 * without the registration turns VMX and SVM off by itself (asm/virtext.h), so
 * there is nothing to tell it.  Kbuild refuses a kernel that has neither.
 */
#ifdef TW_HAVE_EMERGENCY_VIRT_CALLBACK
#include <asm/reboot.h>
#else
static inline void cpu_emergency_register_virt_callback(void (*callback)(void))
{
}

static inline void
cpu_emergency_unregister_virt_callback(void (*callback)(void))
{
}
#endif

/*
 * CPU hotplug.  Bringing a CPU up must be able to fail, so it needs a state of
 * the online section; taking it down must come after the last task has left
 * the CPU.  CPUHP_AP_KVM_ONLINE is both.  Where it is missing, the work is
 * split: up in the dynamic part of the online section, down in KVM's state of
 * the starting section, which stock KVM would have to take as well, and so
 * cannot while Twinwalk is loaded.
 */
#ifdef TW_HAVE_CPUHP_AP_KVM_ONLINE
static inline int kvm_cpuhp_setup(int (*up)(unsigned int cpu),
				  int (*down)(unsigned int cpu))
{
	return cpuhp_setup_state(CPUHP_AP_KVM_ONLINE, "kvm/cpu:online", up,
				 down);
}

static inline void kvm_cpuhp_remove(int state)
{
	cpuhp_remove_state_nocalls(CPUHP_AP_KVM_ONLINE);
}
#else
static inline int kvm_cpuhp_setup(int (*up)(unsigned int cpu),
				  int (*down)(unsigned int cpu))
{
	int r;

	r = cpuhp_setup_state_nocalls(CPUHP_AP_KVM_STARTING, "kvm/cpu:dying",
				      NULL, down);
	if (r)
		return r;

	r = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "kvm/cpu:online", up, NULL);
	if (r < 0)
		cpuhp_remove_state_nocalls(CPUHP_AP_KVM_STARTING);
	return r;
}

static inline void kvm_cpuhp_remove(int state)
{
	cpuhp_remove_state_nocalls(state);
	cpuhp_remove_state_nocalls(CPUHP_AP_KVM_STARTING);
}
#endif

#endif
