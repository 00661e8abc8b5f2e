/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * caps.h - x86's capabilities: what is there, and what can be turned on
 *
 * Locking: what is turned on belongs to its part.
 */
#ifndef TWINWALK_X86_CAPS_H
#define TWINWALK_X86_CAPS_H

struct kvm;
struct kvm_vcpu;

/* KVM_ENABLE_CAP of a VM and of a vCPU; struct kvm_enable_cap. */
long kvm_vm_ioctl_enable_cap(struct kvm *kvm, void *data);
long kvm_vcpu_ioctl_enable_cap(struct kvm_vcpu *vcpu, void *data);

#endif
