// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - virtual machines: made, used through a descriptor, destroyed
 *
 * Owns: struct kvm's life and the VM ioctls.  Each VM is one user of
 * virtualisation: the first turns it on, the last one's end turns it off.
 *
 * Locking: kvm_lock guards the list of VMs, which is all that VMs share.
 */
#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "arch.h"
#include "ioctl.h"
#include "memslots.h"
#include "mmu/mmu.h"
#include "vcpu.h"
#include "virt.h"
#include "virt/notifier.h"
#include "virt/uevent.h"
#include "vm.h"

static DEFINE_MUTEX(kvm_lock);
static LIST_HEAD(kvm_vm_list);

static struct kvm *kvm_create_vm(unsigned long type)
{
	struct kvm *kvm;
	int r;

	kvm = kzalloc(sizeof(*kvm), GFP_KERNEL_ACCOUNT);
	if (!kvm)
		return ERR_PTR(-ENOMEM);

	refcount_set(&kvm->users_count, 1);
	mutex_init(&kvm->lock);
	xa_init_flags(&kvm->vcpu_array, XA_FLAGS_ACCOUNT);
	kvm_ioeventfd_create_vm(kvm);
	r = kvm_arch_init_vm(kvm, type);
	if (r)
		goto out_free;

	r = kvm_memslots_create_vm(kvm);
	if (r)
		goto out_free;

	r = kvm_coalesced_create(kvm);
	if (r)
		goto out_slots;

	r = kvm_mmu_create_vm(kvm, &kvm_vcpu_mmu_ops);
	if (r)
		goto out_coalesced;

	kvm->mm = current->mm;
	mmgrab(kvm->mm);
	r = kvm_notifier_register(kvm);
	if (r)
		goto out_mm;

	r = kvm_enable_virtualization();
	if (r)
		goto out_notifier;

	mutex_lock(&kvm_lock);
	list_add(&kvm->vm_list, &kvm_vm_list);
	mutex_unlock(&kvm_lock);
	return kvm;

out_notifier:
	kvm_notifier_unregister(kvm);
out_mm:
	mmdrop(kvm->mm);
	kvm_mmu_destroy_vm(kvm);
out_coalesced:
	kvm_coalesced_destroy(kvm);
out_slots:
	kvm_memslots_destroy_vm(kvm);
out_free:
	kfree(kvm);
	return ERR_PTR(r);
}

static void kvm_destroy_vm(struct kvm *kvm)
{
	mutex_lock(&kvm_lock);
	list_del(&kvm->vm_list);
	mutex_unlock(&kvm_lock);

	kvm_uevent_destroyed(kvm);
	debugfs_remove(kvm->debugfs_dentry);
	kvm_notifier_unregister(kvm);
	kvm_arch_stop_vm(kvm);
	kvm_destroy_vcpus(kvm);
	kvm_io_buses_destroy(kvm);
	kvm_ioeventfd_destroy_vm(kvm);
	kvm_coalesced_destroy(kvm);
	kvm_arch_destroy_vm(kvm);
	mmdrop(kvm->mm);
	kvm_disable_virtualization();
	kvm_mmu_destroy_vm(kvm);
	kvm_memslots_destroy_vm(kvm);
	kfree(kvm);
}

void kvm_on_each_vm(void (*fn)(struct kvm *kvm))
{
	struct kvm *kvm;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &kvm_vm_list, vm_list)
		fn(kvm);
	mutex_unlock(&kvm_lock);
}

void kvm_get_kvm(struct kvm *kvm)
{
	refcount_inc(&kvm->users_count);
}

void kvm_put_kvm(struct kvm *kvm)
{
	if (refcount_dec_and_test(&kvm->users_count))
		kvm_destroy_vm(kvm);
}

static int kvm_vm_release(struct inode *inode, struct file *filp)
{
	kvm_put_kvm(filp->private_data);
	return 0;
}

static long kvm_vm_ioctl(struct file *filp, unsigned int ioctl,
			 unsigned long arg)
{
	struct kvm *kvm = filp->private_data;

	/* A child or a process that got the descriptor: not its memory. */
	if (kvm->mm != current->mm)
		return -EIO;

	switch (ioctl) {
	case KVM_CREATE_VCPU:
		return kvm_vm_ioctl_create_vcpu(kvm, arg);
	case KVM_CHECK_EXTENSION:
		return kvm_check_extension(arg);
	case KVM_SET_USER_MEMORY_REGION:
		return kvm_vm_ioctl_set_memory_region(kvm, (void __user *)arg);
	default:
		return kvm_vm_ioctl_rows(kvm_arch_vm_ioctls, kvm, ioctl, arg);
	}
}

static const struct file_operations kvm_vm_fops = {
	.owner = THIS_MODULE,
	.release = kvm_vm_release,
	.unlocked_ioctl = kvm_vm_ioctl,
	.compat_ioctl = kvm_vm_ioctl,
	.llseek = noop_llseek,
};

int kvm_create_vm_fd(unsigned long type)
{
	struct file *file;
	struct kvm *kvm;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;

	kvm = kvm_create_vm(type);
	if (IS_ERR(kvm)) {
		put_unused_fd(fd);
		return PTR_ERR(kvm);
	}

	file = anon_inode_getfile("kvm-vm", &kvm_vm_fops, kvm, O_RDWR);
	if (IS_ERR(file)) {
		kvm_put_kvm(kvm);
		put_unused_fd(fd);
		return PTR_ERR(file);
	}

	/* Before the descriptor works: closing it removes the directory. */
	kvm_vm_debugfs_create(kvm, fd);
	kvm_uevent_created(kvm);
	fd_install(fd, file);
	return fd;
}
