/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smm.h - system management mode
 *
 * Owns: vcpu->arch.smm and smm_inside_nmi: how a vCPU gets into SMM, and back.
 * While it is in it, it sees address space 1 (memslots.h), NMIs are masked until
 * an IRET, further SMIs and INIT wait, SIPIs are lost.
 *
 * References: SDM 3C, chapter "System Management Mode"; APM 2, chapter 10.
 *
 * Locking: vCPU's mutex, but for kvm_inject_smi().
 *
 * Deliberately absent: restart of I/O instructions; SMI while a nested guest
 * runs; AMD's SMM_ADDR and SMM_MASK, whose work address spaces do.
 */
#ifndef TWINWALK_X86_SMM_H
#define TWINWALK_X86_SMM_H

#include <linux/types.h>

struct kvm_vcpu;

/** kvm_inject_smi() - an SMI, from anywhere; kicks nobody */
void kvm_inject_smi(struct kvm_vcpu *vcpu);

/** kvm_process_smi() - KVM_REQ_SMI: take over what others have sent */
void kvm_process_smi(struct kvm_vcpu *vcpu);

/**
 * kvm_set_smm() - the vCPU is in SMM, or not; no register changes
 * @vcpu: the vCPU
 * @smm: it is
 *
 * Who calls it then sets registers as a whole, or calls kvm_mmu_reset_context().
 */
void kvm_set_smm(struct kvm_vcpu *vcpu, bool smm);

/**
 * kvm_enter_smm() - the SMI that waits is taken
 * @vcpu: not in SMM; no event is being injected
 * @halted: it was halted, and RSM may halt it again
 *
 * If there is no memory for the state, the guest shuts down.
 *
 * Context: kvm->srcu held; may sleep.
 */
void kvm_enter_smm(struct kvm_vcpu *vcpu, bool halted);

/**
 * kvm_smm_end_halt() - a halted vCPU goes on: for an SMI?
 * @vcpu: halted
 *
 * Context: kvm->srcu held; may sleep.
 * Return: true, it is in SMM now, and may be halted again behind it.
 */
bool kvm_smm_end_halt(struct kvm_vcpu *vcpu);

/**
 * kvm_emulate_rsm() - RSM
 * @vcpu: the vCPU
 *
 * #UD outside of SMM.  A state that no CPU would take shuts the guest down.
 *
 * Context: kvm->srcu held; may sleep.
 * Return: 1, go on in the guest; 0, to userspace: it is halted again, without
 * an APIC in the kernel.
 */
int kvm_emulate_rsm(struct kvm_vcpu *vcpu);

/** kvm_vcpu_smm_reset() - RESET or INIT: not in SMM */
void kvm_vcpu_smm_reset(struct kvm_vcpu *vcpu);

/* KVM_SMI */
long kvm_vcpu_ioctl_smi(struct kvm_vcpu *vcpu, void *data);

#endif
