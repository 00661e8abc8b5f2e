/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virt.h - the module's ladder and the enabling of virtualisation
 *
 * Owns: the public side of virt/ladder.c, hardware.c, dev.c, debugfs.c and
 * vcpu.c.
 *
 * Lock order of the whole module, outermost first.  What is not there yet
 * (vCPUs) has its place in docs/design.md.
 *
 *	kvm->slots_lock > kvm->srcu (read)		virt/memslots.c
 *	kvm->srcu (read), slots_lock > kvm->mmu_lock	virt/memslots.c
 *	locks of the host's mm > kvm->srcu (read)	virt/notifier.c
 *	kvm->mmu_lock > kvm->mmu.pages_lock		mmu/tdp_mmu.c
 *	cpu_hotplug_lock > kvm_usage_lock		virt/hardware.c
 *	kvm_lock > kvm->arch.pvclock.lock		virt/vm.c, list of VMs
 */
#ifndef TWINWALK_VIRT_H
#define TWINWALK_VIRT_H

#include <linux/types.h>

struct dentry;
struct kobject;
struct kvm;
struct kvm_mmu_vm_ops;
struct kvm_x86_vendor;

/**
 * struct kvm_ladder_step - one rung of the load ladder
 * @name: what the fail_step parameter and a failure's line call it
 * @init: climb it; fails with nothing of its own left behind
 * @exit: undo @init; NULL where there is nothing to undo
 */
struct kvm_ladder_step {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
};

extern const struct kvm_ladder_step kvm_ladder[];
extern const unsigned int kvm_ladder_nr_steps;

/**
 * kvm_ladder_climb() - load: every step's init in order, the device last
 * @vendors: the vendors to choose from; NULL ends it
 *
 * Context: module load; may sleep.
 * Return: 0, or the error of the step that failed, with everything unwound.
 */
int kvm_ladder_climb(const struct kvm_x86_vendor *const *vendors);

/** kvm_ladder_descend() - unload: every step's exit, in reverse */
void kvm_ladder_descend(void);

/**
 * kvm_enable_virtualization() - one more user of virtualisation
 *
 * The first user turns it on, on every online CPU, each of which checks itself
 * against the reference CPU; if one refuses, it is off again everywhere.
 *
 * Context: may sleep; takes cpu_hotplug_lock and kvm_usage_lock.
 * Return: 0; -EIO, a CPU differs or refused; -EBUSY, somebody else has
 * virtualisation on, or the host is going down.
 */
int kvm_enable_virtualization(void);

/** kvm_disable_virtualization() - one user fewer; the last turns it off */
void kvm_disable_virtualization(void);

/**
 * kvm_cpu_virt_enabled() - is virtualisation on, by our own account?
 * @cpu: a possible CPU
 *
 * Return: what was last done on @cpu; stale unless CPU hotplug is held off and
 * the caller is a user of virtualisation.
 */
bool kvm_cpu_virt_enabled(unsigned int cpu);

/* Steps of the ladder that virt/ itself implements. */
int kvm_virt_trial(void);
void kvm_virt_trial_undo(void);
int kvm_hotplug_init(void);
void kvm_hotplug_exit(void);
int kvm_syscore_init(void);
void kvm_syscore_exit(void);
int kvm_reboot_init(void);
void kvm_reboot_exit(void);
int kvm_vcpu_init(void);
void kvm_vcpu_exit(void);
int kvm_debugfs_init(void);
void kvm_debugfs_exit(void);
int kvm_dev_init(void);
void kvm_dev_exit(void);

/** kvm_dev_kobj() - of /dev/kvm, for a VM; NULL if there is no device (tests) */
struct kobject *kvm_dev_kobj(void);

/**
 * kvm_vm_debugfs_create() - make a VM's directory, named PID-FD as KVM does
 * @kvm: the VM
 * @fd: the number of its first file descriptor
 *
 * Failure is not an error: the VM is then without a directory.
 *
 * Context: may sleep.
 */
void kvm_vm_debugfs_create(struct kvm *kvm, int fd);

/**
 * kvm_on_each_vm() - something for every VM that there is
 * @fn: what; takes no VM's lock that is outside of kvm_lock, which is held
 *
 * Context: may sleep.
 */
void kvm_on_each_vm(void (*fn)(struct kvm *kvm));

/* How the MMU reaches a VM's vCPUs; in virt/vcpu.c. */
extern const struct kvm_mmu_vm_ops kvm_vcpu_mmu_ops;

#endif
