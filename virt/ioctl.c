// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl.c - an ioctl by its row in a table
 *
 * Owns: finding the row, and copying the argument.  See include/ioctl.h.
 *
 * Locking: none of its own.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"

/* What most arguments fit in, so that they need no memory. */
#define SMALL_ARGUMENT 128

/**
 * struct ioctl_arg - the argument of one call
 * @data: what the handler gets
 * @user: userspace's pointer
 * @size: of what is copied
 * @small: room for it, if it fits
 */
struct ioctl_arg {
	void *data;
	void __user *user;
	size_t size;
	u8 small[SMALL_ARGUMENT] __aligned(8);
};

static void arg_free(struct ioctl_arg *a)
{
	if (a->data != a->small)
		kfree(a->data);
}

static int arg_get(struct ioctl_arg *a, unsigned int cmd, unsigned int flags,
		   unsigned long arg)
{
	a->user = (void __user *)arg;
	a->size = _IOC_SIZE(cmd);
	a->data = a->small;
	if (a->size > KVM_IOCTL_MAX_SIZE)
		return -EINVAL;
	if (a->size > sizeof(a->small))
		a->data = kzalloc(a->size, GFP_KERNEL_ACCOUNT);
	else
		memset(a->small, 0, sizeof(a->small));
	if (!a->data)
		return -ENOMEM;

	if ((flags & KVM_IOCTL_IN) &&
	    copy_from_user(a->data, a->user, a->size)) {
		arg_free(a);
		return -EFAULT;
	}
	return 0;
}

static long arg_put(struct ioctl_arg *a, unsigned int flags, long r)
{
	if (r >= 0 && (flags & KVM_IOCTL_OUT) &&
	    copy_to_user(a->user, a->data, a->size))
		r = -EFAULT;
	arg_free(a);
	return r;
}

static long vm_row(const struct kvm_vm_ioctl *row, struct kvm *kvm,
		   unsigned long arg)
{
	struct ioctl_arg a;
	long r;

	if (row->flags & KVM_IOCTL_RAW)
		return row->fn(kvm, (void *)arg);
	r = arg_get(&a, row->cmd, row->flags, arg);
	if (r)
		return r;
	return arg_put(&a, row->flags, row->fn(kvm, a.data));
}

const struct kvm_vcpu_ioctl *
kvm_vcpu_ioctl_find(const struct kvm_vcpu_ioctl *rows, unsigned int cmd)
{
	for (; rows->fn; rows++)
		if (rows->cmd == cmd)
			return rows;
	return NULL;
}

long kvm_vcpu_ioctl_do(const struct kvm_vcpu_ioctl *row, struct kvm_vcpu *vcpu,
		       unsigned long arg)
{
	struct ioctl_arg a;
	long r;

	if (row->flags & KVM_IOCTL_RAW)
		return row->fn(vcpu, (void *)arg);
	r = arg_get(&a, row->cmd, row->flags, arg);
	if (r)
		return r;
	return arg_put(&a, row->flags, row->fn(vcpu, a.data));
}

long kvm_vm_ioctl_rows(const struct kvm_vm_ioctl *rows, struct kvm *kvm,
		       unsigned int cmd, unsigned long arg)
{
	for (; rows->fn; rows++)
		if (rows->cmd == cmd)
			return vm_row(rows, kvm, arg);
	return -ENOTTY;
}
