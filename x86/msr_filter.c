// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr_filter.c - which MSRs a guest may access, as userspace has it; see
 * x86/msr_filter.h
 *
 * Owns: see there.
 *
 * Locking: see there.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "vcpu.h"
#include "vm.h"
#include "x86/msr_filter.h"

/* x2APIC's registers; SDM 3A, "x2APIC Register Address Space". */
#define X2APIC_MSR_FIRST 0x800
#define X2APIC_MSR_LAST	 0x8ff

/* When the ioctl returns nobody is in the guest with the old one's permissions. */
static_assert(KVM_REQ_MSR_FILTER_CHANGED <= KVM_REQ_LAST_KICK_WAIT);

/* Of a range: what fits into the largest bitmap. */
#define MAX_NMSRS (KVM_MSR_FILTER_MAX_BITMAP_SIZE * BITS_PER_BYTE)

bool kvm_msr_filter_allows(const struct kvm_msr_filter_set *filter, u32 index,
			   u32 type)
{
	const struct kvm_msr_range *range;
	unsigned int i;
	u32 bit;

	for (i = 0; i < filter->nr; i++) {
		range = &filter->ranges[i];
		/* Not base + nmsrs, which may be 2^32. */
		if (index < range->base || index - range->base >= range->nmsrs)
			continue;
		if (!(range->flags & type))
			continue;

		bit = array_index_nospec(index - range->base, range->nmsrs);
		return test_bit(bit, range->bitmap);
	}
	return filter->default_allow;
}

int kvm_msr_filter_is_valid(const struct kvm_msr_filter *user)
{
	const struct kvm_msr_filter_range *range;
	bool empty = true;
	unsigned int i;

	if (user->flags & ~KVM_MSR_FILTER_DEFAULT_DENY)
		return -EINVAL;

	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++) {
		range = &user->ranges[i];
		if (!range->nmsrs)
			continue;
		empty = false;
		if (!range->flags || range->nmsrs > MAX_NMSRS ||
		    (range->flags &
		     ~(KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)))
			return -EINVAL;
	}

	/* Nothing but "deny" would leave a guest without any MSR. */
	if (empty && (user->flags & KVM_MSR_FILTER_DEFAULT_DENY))
		return -EINVAL;
	return 0;
}

bool kvm_msr_allowed(struct kvm_vcpu *vcpu, u32 index, u32 type)
{
	const struct kvm_msr_filter_set *filter;

	if (index >= X2APIC_MSR_FIRST && index <= X2APIC_MSR_LAST)
		return true;

	filter = srcu_dereference(vcpu->kvm->arch.msr.filter, &vcpu->kvm->srcu);
	return !filter || kvm_msr_filter_allows(filter, index, type);
}

static void free_filter(struct kvm_msr_filter_set *filter)
{
	unsigned int i;

	if (!filter)
		return;
	for (i = 0; i < filter->nr; i++)
		bitmap_free(filter->ranges[i].bitmap);
	kfree(filter);
}

static int copy_range(struct kvm_msr_filter_set *filter,
		      const struct kvm_msr_filter_range *user)
{
	struct kvm_msr_range *range = &filter->ranges[filter->nr];

	if (!user->nmsrs)
		return 0;

	range->base = user->base;
	range->nmsrs = user->nmsrs;
	range->flags = user->flags;
	range->bitmap = bitmap_zalloc(user->nmsrs, GFP_KERNEL_ACCOUNT);
	if (!range->bitmap)
		return -ENOMEM;
	filter->nr++;

	if (copy_from_user(range->bitmap, (void __user *)user->bitmap,
			   DIV_ROUND_UP(user->nmsrs, BITS_PER_BYTE)))
		return -EFAULT;
	return 0;
}

/* NULL for a filter that allows all. */
static struct kvm_msr_filter_set *make_filter(const struct kvm_msr_filter *user)
{
	struct kvm_msr_filter_set *filter;
	unsigned int i;
	int r = 0;

	filter = kzalloc(sizeof(*filter), GFP_KERNEL_ACCOUNT);
	if (!filter)
		return ERR_PTR(-ENOMEM);

	filter->default_allow = !(user->flags & KVM_MSR_FILTER_DEFAULT_DENY);
	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES && !r; i++)
		r = copy_range(filter, &user->ranges[i]);
	if (!r && filter->nr)
		return filter;

	free_filter(filter);
	return ERR_PTR(r);
}

long kvm_vm_ioctl_set_msr_filter(struct kvm *kvm, void *data)
{
	struct kvm_msr_filter_set *filter, *old;
	struct kvm_msr_filter user;
	int r;

	if (copy_from_user(&user, (void __user *)data, sizeof(user)))
		return -EFAULT;
	r = kvm_msr_filter_is_valid(&user);
	if (r)
		return r;
	filter = make_filter(&user);
	if (IS_ERR(filter))
		return PTR_ERR(filter);

	mutex_lock(&kvm->lock);
	old = rcu_replace_pointer(kvm->arch.msr.filter, filter,
				  lockdep_is_held(&kvm->lock));
	mutex_unlock(&kvm->lock);

	/* First the kick: a vCPU that stays in the guest asks nobody. */
	kvm_make_all_cpus_request(kvm, KVM_REQ_MSR_FILTER_CHANGED);
	synchronize_srcu(&kvm->srcu);
	free_filter(old);
	return 0;
}

int kvm_vm_enable_user_space_msr(struct kvm *kvm, u64 mask)
{
	if (mask & ~(u64)KVM_MSR_EXIT_REASON_VALID_MASK)
		return -EINVAL;

	WRITE_ONCE(kvm->arch.msr.user_space_mask, mask);
	return 0;
}

int kvm_vm_enable_msr_platform_info(struct kvm *kvm, u64 on)
{
	WRITE_ONCE(kvm->arch.msr.platform_info_hidden, !on);
	return 0;
}

void kvm_vm_msr_destroy(struct kvm *kvm)
{
	free_filter(rcu_dereference_protected(kvm->arch.msr.filter, true));
}
