/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioctl.h - ioctls of VMs and vCPUs, a row each
 *
 * Owns: the form of a row, and how its argument is copied: once, before the
 * handler, and back after it has succeeded, by the size in the ioctl's number.
 * So a handler sees kernel memory that nobody changes.  Where the size does not
 * tell all, the row is RAW and the handler copies.
 *
 * Locking: while a vCPU's handler runs, the vCPU's mutex is held, and the vCPU
 * loaded; a VM's holds nothing.
 */
#ifndef TWINWALK_IOCTL_H
#define TWINWALK_IOCTL_H

#include <linux/bits.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/* The largest argument that is copied: KVM_GET_XSAVE, KVM_GET_LAPIC + headers. */
#define KVM_IOCTL_MAX_SIZE 4096

/* struct kvm_ioctl.flags */
#define KVM_IOCTL_IN	BIT(0) /* copied before */
#define KVM_IOCTL_OUT	BIT(1) /* copied after */
#define KVM_IOCTL_RAW	BIT(2) /* @data is the argument itself */
#define KVM_IOCTL_ASYNC BIT(3) /* of a vCPU: mutex not held, not loaded */

/**
 * struct kvm_vcpu_ioctl - an ioctl of a vCPU
 * @cmd: its number
 * @flags: KVM_IOCTL_*
 * @fn: what does it.  @data: _IOC_SIZE(@cmd) bytes, zeroed where nothing was
 *	copied; or with RAW the argument, as a pointer, or a number cast to one
 */
struct kvm_vcpu_ioctl {
	unsigned int cmd;
	unsigned int flags;
	long (*fn)(struct kvm_vcpu *vcpu, void *data);
};

/** struct kvm_vm_ioctl - the same of a VM */
struct kvm_vm_ioctl {
	unsigned int cmd;
	unsigned int flags;
	long (*fn)(struct kvm *kvm, void *data);
};

/* Tables end with a row whose fn is NULL.  x86's: */
extern const struct kvm_vcpu_ioctl kvm_arch_vcpu_ioctls[];
extern const struct kvm_vm_ioctl kvm_arch_vm_ioctls[];

/**
 * kvm_vcpu_ioctl_find() - the row of an ioctl
 * @rows: the table
 * @cmd: the ioctl
 *
 * Return: the row, or NULL.
 */
const struct kvm_vcpu_ioctl *
kvm_vcpu_ioctl_find(const struct kvm_vcpu_ioctl *rows, unsigned int cmd);

/**
 * kvm_vcpu_ioctl_do() - do what a row says
 * @row: the row
 * @vcpu: the vCPU
 * @arg: the ioctl's argument
 *
 * Context: vCPU's mutex, and loaded, unless the row is KVM_IOCTL_ASYNC.
 * Return: of the handler; -EFAULT, -ENOMEM.
 */
long kvm_vcpu_ioctl_do(const struct kvm_vcpu_ioctl *row, struct kvm_vcpu *vcpu,
		       unsigned long arg);

/**
 * kvm_vm_ioctl_rows() - do what a table says of an ioctl of a VM
 * @rows: the table
 * @kvm: the VM
 * @cmd: the ioctl
 * @arg: its argument
 *
 * Context: may sleep.
 * Return: of the handler; -EFAULT, -ENOMEM; -ENOTTY, there is no such row.
 */
long kvm_vm_ioctl_rows(const struct kvm_vm_ioctl *rows, struct kvm *kvm,
		       unsigned int cmd, unsigned long arg);

#endif
