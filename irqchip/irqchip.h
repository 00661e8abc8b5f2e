/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqchip.h - interrupt controllers of a VM
 *
 * Owns: struct kvm_vm_irqchip; making and unmaking the controllers, their state
 * for userspace; what a vCPU asks when it looks for an interrupt.
 *
 * Locking: kvm->lock for what is made.  The mode (kvm->arch.irqchip_mode) is
 * written last, with release, and read with acquire: who sees it sees the rest.
 */
#ifndef TWINWALK_IRQCHIP_H
#define TWINWALK_IRQCHIP_H

#include "irqchip/vm_irqchip.h"
#include "vcpu.h"
#include "vm.h"

/* Who drives a line; the line is the OR of them. */
#define KVM_USERSPACE_IRQ_SOURCE_ID 0
#define KVM_PIT_IRQ_SOURCE_ID	    1
#define KVM_IRQFD_IRQ_SOURCE_ID	    2
#define KVM_RESAMPLE_IRQ_SOURCE_ID  3

/** irqchip_mode() - who has the controllers */
static inline enum kvm_irqchip_mode irqchip_mode(const struct kvm *kvm)
{
	/* What it stands for was made before it. */
	return smp_load_acquire(&kvm->arch.irqchip_mode);
}

/** irqchip_in_kernel() - the APICs are in the kernel */
static inline bool irqchip_in_kernel(const struct kvm *kvm)
{
	return irqchip_mode(kvm) != KVM_IRQCHIP_NONE;
}

/** irqchip_full() - so are the PICs and the IOAPIC */
static inline bool irqchip_full(const struct kvm *kvm)
{
	return irqchip_mode(kvm) == KVM_IRQCHIP_KERNEL;
}

/** irqchip_split() - but the PICs and the IOAPIC are not */
static inline bool irqchip_split(const struct kvm *kvm)
{
	return irqchip_mode(kvm) == KVM_IRQCHIP_SPLIT;
}

/** lapic_in_kernel() - the vCPU has an APIC here */
static inline bool lapic_in_kernel(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.apic;
}

/** kvm_vcpu_is_bsp() - is it the one that runs after RESET? */
static inline bool kvm_vcpu_is_bsp(const struct kvm_vcpu *vcpu)
{
	return vcpu->vcpu_id == vcpu->kvm->arch.irqchip.bsp_vcpu_id;
}

/** kvm_irqchip_init_vm() - for a new VM; allocates nothing */
void kvm_irqchip_init_vm(struct kvm *kvm);

/**
 * kvm_irqchip_destroy_vm() - all of it, as far as it is there
 * @kvm: the VM
 *
 * Context: nobody has the VM any more; its vCPUs and its buses are still there.
 */
void kvm_irqchip_destroy_vm(struct kvm *kvm);

/**
 * kvm_cpu_has_interrupt() - is there one that the guest should be given?
 * @vcpu: the vCPU
 *
 * Of an APIC or the PIC; without them in the kernel, of KVM_INTERRUPT.
 * Context: as kvm_arch_vcpu_runnable().
 */
bool kvm_cpu_has_interrupt(struct kvm_vcpu *vcpu);

/** kvm_cpu_has_injectable_intr() - the same, of what is to be injected */
bool kvm_cpu_has_injectable_intr(struct kvm_vcpu *vcpu);

/** kvm_cpu_has_extint() - the same of a PIC alone */
bool kvm_cpu_has_extint(struct kvm_vcpu *vcpu);

/**
 * kvm_cpu_get_interrupt() - take it
 * @vcpu: the vCPU
 *
 * Context: the vCPU's task.
 * Return: the vector, acknowledged; -1, there is none any more.
 */
int kvm_cpu_get_interrupt(struct kvm_vcpu *vcpu);

/**
 * kvm_split_set_extint() - KVM_INTERRUPT with userspace's PIC
 * @vcpu: the vCPU
 * @vector: which
 *
 * Return: 0; -EEXIST, the last was not taken yet.
 */
int kvm_split_set_extint(struct kvm_vcpu *vcpu, u8 vector);

/**
 * kvm_ioapic_eoi_exit() - KVM_REQ_IOAPIC_EOI_EXIT: fill kvm_run in
 * @vcpu: the vCPU
 *
 * Return: 0, to userspace; 1, there is nothing to tell.
 */
int kvm_ioapic_eoi_exit(struct kvm_vcpu *vcpu);

/**
 * kvm_enable_split_irqchip() - KVM_CAP_SPLIT_IRQCHIP
 * @kvm: the VM
 * @nr_pins: GSIs from 0 that are pins of userspace's IOAPIC
 *
 * Return: 0; -EEXIST, there is an irqchip or a vCPU; -EINVAL, too many pins;
 * -ENOMEM.
 */
int kvm_enable_split_irqchip(struct kvm *kvm, u64 nr_pins);

/**
 * kvm_enable_x2apic_api() - KVM_CAP_X2APIC_API
 * @kvm: the VM
 * @flags: KVM_X2APIC_API_*
 *
 * Return: 0; -EINVAL, unknown flags.
 */
int kvm_enable_x2apic_api(struct kvm *kvm, u64 flags);

/* ioctls of a VM: see the rows in x86/ioctl.c */
long kvm_vm_ioctl_create_irqchip(struct kvm *kvm, void *data);
long kvm_vm_ioctl_get_irqchip(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_irqchip(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_boot_cpu_id(struct kvm *kvm, void *data);

#endif
