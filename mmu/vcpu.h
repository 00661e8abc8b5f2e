/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.h - what a vCPU asks of the MMU
 *
 * Owns: the calls that have a vCPU: its MMU's life, the root that it runs on, its
 * faults, the translation of its addresses.  For x86/ and the vendors; beside mmu.h.
 *
 * Locking: vCPU's mutex, for all of it.
 */
#ifndef TWINWALK_MMU_VCPU_H
#define TWINWALK_MMU_VCPU_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm_guest_fault;
struct kvm_vcpu;

/**
 * enum kvm_pf_result - what became of a fault
 * @RET_PF_CONTINUE: nothing so far; the next step decides
 * @RET_PF_RETRY: somebody else was at it: enter the guest, or begin anew
 * @RET_PF_EMULATE: MMIO, for the emulator or userspace
 * @RET_PF_FIXED: the page is mapped as wanted
 * @RET_PF_SPURIOUS: it was already; the CPU had not seen it
 */
enum kvm_pf_result {
	RET_PF_CONTINUE = 0,
	RET_PF_RETRY,
	RET_PF_EMULATE,
	RET_PF_FIXED,
	RET_PF_SPURIOUS,
};

/* For kvm_mmu_page_fault(): the access, and why the CPU could not do it. */
#define KVM_FAULT_WRITE	      BIT(0)
#define KVM_FAULT_FETCH	      BIT(1)
#define KVM_FAULT_USER	      BIT(2) /* at CPL 3; NPT: says nothing */
#define KVM_FAULT_PRESENT     BIT(3) /* there is a page, it forbids the access */
#define KVM_FAULT_RSVD	      BIT(4) /* an entry is malformed: ours for MMIO are */
#define KVM_FAULT_GUEST_TABLE BIT(5) /* to a page table of the guest */

/**
 * kvm_mmu_vcpu_create() - make the MMU's part of a new vCPU
 * @vcpu: its kvm is set, all else is zero
 *
 * There are no roles before the first kvm_mmu_reset_context().
 *
 * Return: 0; -EOPNOTSUPP, the VM has no TDP MMU.
 */
int kvm_mmu_vcpu_create(struct kvm_vcpu *vcpu);

/** kvm_mmu_vcpu_destroy() - the reverse; nothing if it was not made; may sleep */
void kvm_mmu_vcpu_destroy(struct kvm_vcpu *vcpu);

/**
 * kvm_mmu_reset_context() - registers have changed
 * @vcpu: CR0, CR4, EFER, SMM or guest mode may be others
 *
 * After a write that has KVM_MMU_EFFECT_ROLE (role.h), and whenever registers are
 * set as a whole.  If another root is due, the one that is loaded is not any
 * more; if there was such a root before, it is loaded.
 *
 * Context: the vCPU is loaded.
 */
void kvm_mmu_reset_context(struct kvm_vcpu *vcpu);

/** kvm_mmu_after_set_cpuid() - kvm_mmu_reset_context(), and CPUID has changed */
void kvm_mmu_after_set_cpuid(struct kvm_vcpu *vcpu);

/**
 * kvm_mmu_reload() - there is a root before the guest is entered
 * @vcpu: the vCPU
 *
 * After KVM_REQ_MMU_RELOAD was looked at, before the last look at requests.
 * Loads a root, and flushes what the CPU has of it, only if there is none.
 *
 * Context: the vCPU is loaded; may sleep.
 * Return: 0; -ENOMEM; -EIO, the roles were never computed.
 */
int kvm_mmu_reload(struct kvm_vcpu *vcpu);

/** kvm_mmu_unload() - the vCPU has no roots any more; not while in the guest */
void kvm_mmu_unload(struct kvm_vcpu *vcpu);

/** kvm_mmu_free_obsolete_roots() - KVM_REQ_MMU_RELOAD: drop invalid roots */
void kvm_mmu_free_obsolete_roots(struct kvm_vcpu *vcpu);

/**
 * kvm_mmu_page_fault() - the guest accessed what is not mapped, or not so
 * @vcpu: the vCPU
 * @gpa: the guest physical address
 * @flags: KVM_FAULT_*
 *
 * Broken memory is told the VMM by SIGBUS (BUS_MCEERR_AR), a signal that came by
 * RET_PF_RETRY: the look for signals before entry finds it.
 *
 * Context: kvm->srcu held for read; current->mm is the VM's; may sleep.
 * Return: enum kvm_pf_result, but not RET_PF_CONTINUE: RET_PF_EMULATE for the
 * emulator, with all others the guest goes on; -EFAULT, the VMM has no such memory
 * there; -ENOMEM.
 */
int kvm_mmu_page_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u32 flags);

/**
 * kvm_mmu_gva_to_gpa() - translate as the guest's CPU would
 * @vcpu: the vCPU
 * @gva: of 64 bits: what the mode has no room for was cut off by the caller
 * @walk_flags: KVM_WALK_*, the access
 * @fault: why there is no translation; may be NULL.  Of kind
 *	KVM_GUEST_FAULT_NONE if somebody keeps changing the tables: the guest
 *	may execute the instruction again
 *
 * Sets accessed and dirty flags in the guest's tables.
 *
 * Context: kvm->srcu held for read; current->mm is the VM's; may sleep.
 * Return: the address; GPA_INVALID, see @fault.
 */
gpa_t kvm_mmu_gva_to_gpa(struct kvm_vcpu *vcpu, gva_t gva, u32 walk_flags,
			 struct kvm_guest_fault *fault);

/**
 * kvm_vcpu_ioctl_translate() - KVM_TRANSLATE
 * @vcpu: the vCPU
 * @data: struct kvm_translation
 *
 * As for a read by the kernel; changes nothing in the guest.
 *
 * Context: may sleep; kvm->srcu not held.
 * Return: 0.
 */
long kvm_vcpu_ioctl_translate(struct kvm_vcpu *vcpu, void *data);

#endif
