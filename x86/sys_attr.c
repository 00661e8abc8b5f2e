// SPDX-License-Identifier: GPL-2.0-only
/*
 * sys_attr.c - attributes of the system
 *
 * Owns: the one that there is, KVM_X86_XCOMP_GUEST_SUPP: XSAVE components that a
 * guest may have once its process is allowed to (arch_prctl()).
 *
 * Locking: see sys_attr.h.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/uaccess.h>

#include "x86/cpuid.h"
#include "x86/sys_attr.h"

static long read_attr(struct kvm_device_attr *attr, void __user *argp)
{
	if (copy_from_user(attr, argp, sizeof(*attr)))
		return -EFAULT;
	if (attr->group || attr->attr != KVM_X86_XCOMP_GUEST_SUPP)
		return -ENXIO;
	return 0;
}

long kvm_dev_ioctl_has_device_attr(void __user *argp)
{
	struct kvm_device_attr attr;

	return read_attr(&attr, argp);
}

long kvm_dev_ioctl_get_device_attr(void __user *argp)
{
	struct kvm_device_attr attr;
	long r;

	r = read_attr(&attr, argp);
	if (r)
		return r;
	return put_user(kvm_supported_xcr0(),
			(u64 __user *)u64_to_user_ptr(attr.addr));
}
