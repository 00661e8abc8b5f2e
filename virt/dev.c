// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev.c - /dev/kvm: the system ioctls and the table of capabilities
 *
 * Owns: the misc device, and what KVM_CHECK_EXTENSION answers.  A capability
 * has a row once it works, and not before; docs/abi.md lists what is missing.
 *
 * Locking: none.  A VM holds the module, so that the device outlives it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "arch.h"
#include "memslots.h"
#include "virt.h"
#include "vm.h"

static const struct {
	unsigned long cap;
	int value;
} kvm_caps[] = {
	{ KVM_CAP_USER_MEMORY, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1 },
	{ KVM_CAP_NR_MEMSLOTS, KVM_USER_MEM_SLOTS },
	{ KVM_CAP_READONLY_MEM, 1 },
	{ KVM_CAP_CHECK_EXTENSION_VM, 1 },
	{ KVM_CAP_MULTI_ADDRESS_SPACE, KVM_ADDRESS_SPACE_NUM },
};

int kvm_check_extension(unsigned long cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kvm_caps); i++)
		if (kvm_caps[i].cap == cap)
			return kvm_caps[i].value;
	return kvm_arch_check_extension(cap);
}

static long kvm_dev_ioctl(struct file *filp, unsigned int ioctl,
			  unsigned long arg)
{
	switch (ioctl) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CREATE_VM:
		return kvm_create_vm_fd(arg);
	case KVM_CHECK_EXTENSION:
		return kvm_check_extension(arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : KVM_VCPU_MMAP_NR_PAGES * PAGE_SIZE;
	case KVM_GET_MSR_INDEX_LIST:
	case KVM_GET_MSR_FEATURE_INDEX_LIST:
	case KVM_GET_MSRS:
	case KVM_GET_SUPPORTED_CPUID:
	case KVM_GET_EMULATED_CPUID:
	case KVM_X86_GET_MCE_CAP_SUPPORTED:
	case KVM_HAS_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		return kvm_arch_dev_ioctl(ioctl, (void __user *)arg);
	case KVM_TRACE_ENABLE:
	case KVM_TRACE_PAUSE:
	case KVM_TRACE_DISABLE:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static const struct file_operations kvm_dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = kvm_dev_ioctl,
	.compat_ioctl = kvm_dev_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice kvm_dev = {
	.minor = KVM_MINOR,
	.name = "kvm",
	.fops = &kvm_dev_fops,
};

/* While it is registered. */
static struct kobject *dev_kobj;

struct kobject *kvm_dev_kobj(void)
{
	return dev_kobj;
}

int kvm_dev_init(void)
{
	int r;

	r = misc_register(&kvm_dev);
	if (r == -EBUSY || r == -EEXIST) {
		pr_err("/dev/kvm belongs to another module: unload that one first\n");
		return -EBUSY;
	}
	if (!r)
		dev_kobj = &kvm_dev.this_device->kobj;
	return r;
}

void kvm_dev_exit(void)
{
	dev_kobj = NULL;
	misc_deregister(&kvm_dev);
}
