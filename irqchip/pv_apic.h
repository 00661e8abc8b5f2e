/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_apic.h - what a local APIC and its guest tell each other through memory
 *
 * Owns: struct kvm_vcpu_pv_apic.  Three things, of which a guest uses one:
 *
 * PV EOI, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN.  A bit in the guest's
 * memory says that EOI of what is in service needs no exit.  It is lent at an
 * entry and taken back at the next exit: while the vCPU is out, registers and
 * memory say all there is to say, and who reads them (KVM_GET_LAPIC) need not know.
 *
 * The virtual APIC page of KVM_SET_VAPIC_ADDR: four bytes with TPR, the class of
 * what is in service, 0, and what waits.  A guest whose accesses to TPR userspace
 * has patched works on them, and exits if there is something to be let in.
 *
 * Reports of accesses to TPR, KVM_TPR_ACCESS_REPORTING, by which userspace learns
 * what to patch.
 *
 * Locking: vCPU's mutex.  The guest's memory is that of address space 0, in SMM as
 * well.
 */
#ifndef TWINWALK_PV_APIC_H
#define TWINWALK_PV_APIC_H

#include <linux/types.h>

struct kvm_vcpu;

/**
 * struct kvm_vcpu_pv_apic - a vCPU's part of it
 * @eoi_msr: MSR_KVM_PV_EOI_EN
 * @vapic_addr: KVM_SET_VAPIC_ADDR; 0, none
 * @tpr_rip: where the access was that is to be reported
 * @eoi_lent: the guest's bit is set, or the guest has cleared it: an EOI
 * @report_tpr: KVM_TPR_ACCESS_REPORTING
 * @tpr_is_write: the access that is to be reported
 */
struct kvm_vcpu_pv_apic {
	u64 eoi_msr;
	u64 vapic_addr;
	u64 tpr_rip;
	bool eoi_lent;
	bool report_tpr;
	bool tpr_is_write;
};

/** kvm_lapic_set_pv_eoi() - MSR_KVM_PV_EOI_EN; 0, or 1: #GP; srcu held or not */
int kvm_lapic_set_pv_eoi(struct kvm_vcpu *vcpu, u64 data);

/**
 * kvm_pv_apic_enter() - what the guest is to find, before it is entered
 * @vcpu: its events are injected
 *
 * Context: may sleep; srcu held.
 */
void kvm_pv_apic_enter(struct kvm_vcpu *vcpu);

/**
 * kvm_pv_apic_exit() - what the guest has left; also if it was not entered
 * @vcpu: nobody has looked at its APIC since
 *
 * Context: as kvm_pv_apic_enter().
 */
void kvm_pv_apic_exit(struct kvm_vcpu *vcpu);

/** kvm_pv_apic_reset() - RESET or INIT: the guest's memory is its own again */
void kvm_pv_apic_reset(struct kvm_vcpu *vcpu);

/** kvm_pv_apic_tpr_access() - the guest accesses TPR by MMIO */
void kvm_pv_apic_tpr_access(struct kvm_vcpu *vcpu, bool is_write);

/** kvm_report_tpr_access() - KVM_REQ_REPORT_TPR_ACCESS: fill kvm_run in; 0 */
int kvm_report_tpr_access(struct kvm_vcpu *vcpu);

/* ioctls of a vCPU */
long kvm_vcpu_ioctl_set_vapic_addr(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_tpr_access_reporting(struct kvm_vcpu *vcpu, void *data);

#endif
