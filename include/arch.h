/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch.h - what virt/ asks of the architecture
 *
 * Owns: the kvm_arch_*() interface.  virt/ includes this and never a vendor's
 * header; x86/ implements it.
 */
#ifndef TWINWALK_ARCH_H
#define TWINWALK_ARCH_H

#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct seq_file;

/**
 * kvm_arch_host_check() - can this host carry a KVM at all?
 *
 * What has to hold whatever the vendor: FPU and FXSR, PAT entry 0 write-back,
 * virtualisation off on every CPU.  Changes nothing.
 *
 * Context: module load; may sleep.
 * Return: 0; -EOPNOTSUPP or -EBUSY after one line that says what to do.
 */
int kvm_arch_host_check(void);

/**
 * kvm_arch_async_pf_init() - who brings pages while guests go on
 *
 * Context: module load; may sleep.
 * Return: 0; -ENOMEM.
 */
int kvm_arch_async_pf_init(void);

/** kvm_arch_async_pf_exit() - the reverse; nobody has a VM */
void kvm_arch_async_pf_exit(void);

/**
 * kvm_arch_keep_stock_out() - no stock KVM from here on
 *
 * Context: module load; may sleep.
 * Return: 0; -EBUSY after one line, if stock KVM is loaded or built in.
 */
int kvm_arch_keep_stock_out(void);

/** kvm_arch_let_stock_in() - the reverse of kvm_arch_keep_stock_out() */
void kvm_arch_let_stock_in(void);

/**
 * kvm_arch_check_processor_compat() - is this CPU like the reference CPU?
 *
 * The reference is the CPU on which the vendor was probed.
 *
 * Context: any, with migration off.
 * Return: 0, or -EIO after one line that names the first difference.
 */
int kvm_arch_check_processor_compat(void);

/**
 * kvm_arch_hardware_enable() - turn virtualisation on, on this CPU
 *
 * Context: IRQs off.
 * Return: 0; -EBUSY, somebody else has it on; -EIO, the CPU refused.
 */
int kvm_arch_hardware_enable(void);

/**
 * kvm_arch_hardware_disable() - turn virtualisation off, on this CPU
 *
 * Context: IRQs off.
 */
void kvm_arch_hardware_disable(void);

/**
 * kvm_arch_emergency_disable() - the hook for a kernel that goes down
 *
 * Return: the vendor's function, to be called in NMI context on any CPU.
 */
void (*kvm_arch_emergency_disable(void))(void);

/**
 * kvm_arch_suspend() - the host goes to sleep
 *
 * Context: the last CPU, IRQs off, tasks frozen.
 */
void kvm_arch_suspend(void);

/** kvm_arch_resume() - it is back; the same, before any task runs */
void kvm_arch_resume(void);

/**
 * kvm_arch_post_hardware_enable_setup() - setup that needs virtualisation on
 *
 * Context: module load, virtualisation on, on every CPU; may sleep.
 * Return: 0 or an error, which fails the load.
 */
int kvm_arch_post_hardware_enable_setup(void);

/**
 * kvm_arch_check_extension() - the architecture's capabilities
 * @cap: KVM_CAP_*, or anything else
 *
 * Return: its value; 0, there is none of that number.
 */
int kvm_arch_check_extension(unsigned long cap);

/**
 * kvm_arch_dev_ioctl() - the architecture's ioctls of /dev/kvm
 * @ioctl: its number
 * @argp: its argument
 *
 * Context: may sleep.
 * Return: of the ioctl; -EINVAL, there is none of that number.
 */
long kvm_arch_dev_ioctl(unsigned int ioctl, void __user *argp);

/**
 * kvm_arch_init_vm() - set up the architecture's part of a new VM
 * @kvm: the VM, zeroed but for what virt/ owns
 * @type: what userspace gave KVM_CREATE_VM
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL for a type that x86 does not have.
 */
int kvm_arch_init_vm(struct kvm *kvm, unsigned long type);

/**
 * kvm_arch_stop_vm() - nothing of the VM's own sends to its vCPUs any more
 * @kvm: the VM, which nobody has any more
 *
 * Context: may sleep.
 */
void kvm_arch_stop_vm(struct kvm *kvm);

/**
 * kvm_arch_destroy_vm() - the reverse; the VM's vCPUs are gone
 * @kvm: the VM
 *
 * Context: may sleep.
 */
void kvm_arch_destroy_vm(struct kvm *kvm);

/**
 * kvm_arch_vcpu_precreate() - may the VM have one more vCPU, of this number?
 * @kvm: the VM
 * @id: userspace's number, below KVM_MAX_VCPU_IDS
 *
 * Context: kvm->lock held.
 * Return: 0; -EINVAL; -EOPNOTSUPP, this host can't run any.
 */
int kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id);

/**
 * kvm_arch_vcpu_alloc() - memory for a vCPU and for what the vendor puts around it
 *
 * Context: may sleep.
 * Return: zeroed; or NULL.
 */
struct kvm_vcpu *kvm_arch_vcpu_alloc(void);

/** kvm_arch_vcpu_free() - the reverse */
void kvm_arch_vcpu_free(struct kvm_vcpu *vcpu);

/**
 * kvm_arch_vcpu_create() - the architecture's part of a new vCPU, after RESET
 * @vcpu: what virt/ owns is there; nobody else knows it so far
 *
 * Context: may sleep.
 * Return: 0 or an error, with nothing left behind.
 */
int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu);

/** kvm_arch_vcpu_postcreate() - the vCPU is one of its VM's; kvm->lock held */
void kvm_arch_vcpu_postcreate(struct kvm_vcpu *vcpu);

/** kvm_arch_vcpu_destroy() - the reverse of kvm_arch_vcpu_create(); may sleep */
void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu);

/** kvm_arch_vcpu_load() - the vCPU is on @cpu; preemption off */
void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu);

/** kvm_arch_vcpu_put() - it is not any more; preemption off */
void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu);

/**
 * kvm_arch_vcpu_ioctl_run() - KVM_RUN
 * @vcpu: loaded
 *
 * Context: vCPU's mutex; may sleep.
 * Return: 0, kvm_run says why; -EINTR; -EAGAIN; or another error.
 */
int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu);

/** kvm_arch_no_poll() - does the guest not want HLT to poll? */
bool kvm_arch_no_poll(struct kvm_vcpu *vcpu);

/**
 * kvm_arch_show_host() - print what the host offers and what is used of it
 * @m: where to
 *
 * Context: may sleep.
 */
void kvm_arch_show_host(struct seq_file *m);

/**
 * kvm_arch_show_cpu() - print how virtualisation stands on a CPU
 * @m: where to
 * @cpu: an online CPU; its own registers are read, not what we believe of them
 *
 * Context: may sleep; CPU hotplug is held off by the caller.
 */
void kvm_arch_show_cpu(struct seq_file *m, unsigned int cpu);

#endif
