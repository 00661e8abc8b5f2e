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
#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/mm.h>
#include <linux/eventfd.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/* What a walk says instead of an address. */
#ifndef GPA_INVALID
#define GPA_INVALID (~(gpa_t)0)
#endif

/*
 * For get_user_pages() of a guest's page: a signal ends it, where that can be
 * asked for, and a page that NUMA balancing looks at is taken for absent, which
 * older kernels do unasked.
 */
#ifdef TW_HAVE_FOLL_INTERRUPTIBLE
#define KVM_FOLL_INTERRUPTIBLE FOLL_INTERRUPTIBLE
#else
#define KVM_FOLL_INTERRUPTIBLE 0
#endif
#ifdef TW_HAVE_FOLL_HONOR_NUMA_FAULT
#define KVM_FOLL_NUMA FOLL_HONOR_NUMA_FAULT
#else
#define KVM_FOLL_NUMA 0
#endif
#define KVM_FOLL_GUEST (KVM_FOLL_INTERRUPTIBLE | KVM_FOLL_NUMA)

/*
 * What a mapping that has no counted pages maps at an address; mmap_lock held.
 * Return: 0, or an error if nothing is there.
 */
#ifdef TW_HAVE_FOLLOW_PFNMAP
static inline int kvm_follow_pfn(struct vm_area_struct *vma,
				 unsigned long address, unsigned long *pfn,
				 bool *writable)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = address };
	int r = follow_pfnmap_start(&args);

	if (r)
		return r;
	*pfn = args.pfn;
	*writable = args.writable;
	follow_pfnmap_end(&args);
	return 0;
}
#else
static inline int kvm_follow_pfn(struct vm_area_struct *vma,
				 unsigned long address, unsigned long *pfn,
				 bool *writable)
{
	spinlock_t *lock; /* of the table */
	pte_t *ptep, pte;
	int r;

#ifdef TW_HAVE_FOLLOW_PTE_VMA
	r = follow_pte(vma, address, &ptep, &lock);
#else
	r = follow_pte(vma->vm_mm, address, &ptep, &lock);
#endif
	if (r)
		return r;
	/* It does not say so itself. */
	__acquire(lock);
	pte = READ_ONCE(*ptep);
	*pfn = pte_pfn(pte);
	*writable = pte_write(pte);
	pte_unmap_unlock(ptep, lock);
	return 0;
}
#endif
#include <linux/thread_info.h> /* PAGE_SIZE, for fpu/types.h */
#include <linux/types.h>

#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/nospec-branch.h>

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
 * Which features a copy of a guest's FPU has.  A kernel that can't be told copies
 * all that the host has, also what the guest's CPUID does not show.
 */
static inline void kvm_fpu_copy_to_uabi(struct fpu_guest *gfpu, void *buf,
					unsigned int size, u64 xfeatures,
					u32 pkru)
{
#ifdef TW_HAVE_FPU_COPY_XFEATURES
	fpu_copy_guest_fpstate_to_uabi(gfpu, buf, size, xfeatures, pkru);
#else
	fpu_copy_guest_fpstate_to_uabi(gfpu, buf, size, pkru);
#endif
}

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

/*
 * What a guest taught the branch predictor is not for the VMM either: the kernel
 * is told to forget it on its way to user mode, where it knows of that.
 */
static __always_inline void kvm_protect_userspace(void)
{
#ifdef TW_HAVE_IBPB_EXIT_TO_USER
	if (cpu_feature_enabled(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
#endif
}

/* RCU need not wait for a CPU that runs a guest. */
static __always_inline void kvm_rcu_note_guest(void)
{
#ifdef TW_HAVE_RCU_VIRT_NOTE_CPU
	rcu_virt_note_context_switch(0);
#else
	rcu_virt_note_context_switch();
#endif
}

/* An eventfd's count goes up by one; older kernels can do more at a time. */
static inline void kvm_eventfd_signal(struct eventfd_ctx *ctx)
{
#ifdef TW_HAVE_EVENTFD_SIGNAL_COUNT
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* KVM_EXIT_HYPERCALL: was the guest in 64-bit mode?  Later it is a bit of flags. */
static inline void kvm_run_hypercall_set_mode(struct kvm_run *run, bool is_64)
{
#ifdef KVM_EXIT_HYPERCALL_LONG_MODE
	run->hypercall.flags = is_64 ? KVM_EXIT_HYPERCALL_LONG_MODE : 0;
#else
	run->hypercall.longmode = is_64;
#endif
}

#endif
