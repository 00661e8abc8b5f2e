/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.h - what the files of x86/ offer one another and the vendors
 */
#ifndef TWINWALK_X86_H
#define TWINWALK_X86_H

#include <linux/kvm_types.h>
#include <linux/types.h>

/**
 * kvm_x86_set_reference_cpu() - all CPUs shall be like this one
 *
 * Context: module load, migration off.
 */
void kvm_x86_set_reference_cpu(void);

/** kvm_x86_reference_cpu() - which one that was */
unsigned int kvm_x86_reference_cpu(void);

/**
 * kvm_x86_check_features() - compare this CPU with the reference CPU
 *
 * Whatever the vendor: address width, and the features that a vCPU which moves
 * between CPUs takes for granted.
 *
 * Context: any, with migration off.
 * Return: 0, or -EIO after one line that names the first difference.
 */
int kvm_x86_check_features(void);

/** kvm_x86_has_vcpus() - does the chosen vendor run guests? */
bool kvm_x86_has_vcpus(void);

/** kvm_x86_vcpu_size() - of the vendor's struct around struct kvm_vcpu */
size_t kvm_x86_vcpu_size(void);

/**
 * kvm_vcpu_reset() - RESET or INIT of a vCPU
 * @vcpu: loaded
 * @init_event: INIT, which leaves the FPU, MTRRs and the like as they are
 *
 * Context: vCPU's mutex.
 */
void kvm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event);

/**
 * kvm_skip_emulated_instruction() - what was intercepted is done
 * @vcpu: the vCPU
 *
 * RIP moves on; a single step ends here.
 *
 * Return: 1, go on in the guest; 0, to userspace.
 */
int kvm_skip_emulated_instruction(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_do_singlestep() - the trap behind an instruction, with TF set
 * @vcpu: RIP is behind the instruction
 *
 * Return: 1, the guest gets #DB; 0, userspace is who steps.
 */
int kvm_vcpu_do_singlestep(struct kvm_vcpu *vcpu);

/**
 * kvm_handle_page_fault() - a fault on a guest physical address
 * @vcpu: the vCPU
 * @gpa: the address
 * @flags: KVM_FAULT_*, see mmu/fault.h
 *
 * Return: 1, go on in the guest; 0, to userspace; or an error.
 */
int kvm_handle_page_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u32 flags);

/**
 * kvm_vcpu_hlt() - the guest waits for an interrupt, behind its HLT
 * @vcpu: the vCPU
 *
 * Return: 1, and KVM_RUN will wait; 0, userspace does.
 */
int kvm_vcpu_hlt(struct kvm_vcpu *vcpu);

/* What the vendor's exit handlers leave to x86; Return as above. */
int kvm_emulate_halt(struct kvm_vcpu *vcpu);
int kvm_emulate_as_nop(struct kvm_vcpu *vcpu);
int kvm_emulate_rdpmc(struct kvm_vcpu *vcpu);
int kvm_emulate_monitor_mwait(struct kvm_vcpu *vcpu);
int kvm_handle_invalid_op(struct kvm_vcpu *vcpu);

/**
 * kvm_run_exit() - to userspace, for a reason that has no more to say
 * @vcpu: the vCPU
 * @reason: KVM_EXIT_*
 *
 * Return: 0.
 */
int kvm_run_exit(struct kvm_vcpu *vcpu, u32 reason);

#endif
