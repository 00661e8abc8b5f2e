/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msr_filter.h - which MSRs a guest may access, as userspace has it
 *
 * Owns: struct kvm_msr_filter_set, made by KVM_X86_SET_MSR_FILTER, and which
 * accesses end in userspace instead of a #GP (KVM_CAP_X86_USER_SPACE_MSR).
 *
 * A filter that is published does not change; another one takes its place.  What
 * userspace itself reads and writes is not filtered, nor are x2APIC's MSRs.
 *
 * Locking: the filter is read under kvm->srcu, and replaced under kvm->lock.
 *
 * References: Documentation/virt/kvm/api.rst, 4.97 and 7.21.
 */
#ifndef TWINWALK_X86_MSR_FILTER_H
#define TWINWALK_X86_MSR_FILTER_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/* An answer of kvm_msr_get_filtered() and the like, beside those of vendor.h. */
#define KVM_MSR_RET_FILTERED 3

/* What KVM_CAP_X86_USER_SPACE_MSR takes. */
#define KVM_MSR_EXIT_REASON_VALID_MASK                             \
	(KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN | \
	 KVM_MSR_EXIT_REASON_FILTER)

/**
 * struct kvm_msr_range - MSRs that a filter knows
 * @base: the first
 * @nmsrs: how many; not 0
 * @flags: KVM_MSR_FILTER_READ, KVM_MSR_FILTER_WRITE, or both
 * @bitmap: a bit each; 1 allows
 */
struct kvm_msr_range {
	u32 base;
	u32 nmsrs;
	u32 flags;
	unsigned long *bitmap;
};

/**
 * struct kvm_msr_filter_set - a filter
 * @default_allow: what no range knows is allowed
 * @nr: how many ranges
 * @ranges: the first that knows an access decides
 */
struct kvm_msr_filter_set {
	bool default_allow;
	unsigned int nr;
	struct kvm_msr_range ranges[KVM_MSR_FILTER_MAX_RANGES];
};

/**
 * struct kvm_vm_msr - what a VM has to say on its vCPUs' MSRs
 * @filter: the filter, or NULL: all is allowed
 * @user_space_mask: KVM_MSR_EXIT_REASON_*, accesses that end in userspace; read
 *	and written whole
 * @platform_info_hidden: the guest gets #GP for MSR_PLATFORM_INFO; the same
 */
struct kvm_vm_msr {
	struct kvm_msr_filter_set __rcu *filter;
	u32 user_space_mask;
	bool platform_info_hidden;
};

/**
 * kvm_msr_filter_allows() - what a filter says of an access
 * @filter: the filter
 * @index: the MSR
 * @type: KVM_MSR_FILTER_READ or KVM_MSR_FILTER_WRITE
 */
bool kvm_msr_filter_allows(const struct kvm_msr_filter_set *filter, u32 index,
			   u32 type);

/**
 * kvm_msr_filter_is_valid() - may userspace give this filter?
 * @user: the filter, whose bitmaps are not looked at
 *
 * Return: 0 or -EINVAL.
 */
int kvm_msr_filter_is_valid(const struct kvm_msr_filter *user);

/**
 * kvm_msr_allowed() - may the guest access an MSR?
 * @vcpu: the vCPU
 * @index: the MSR
 * @type: KVM_MSR_FILTER_READ or KVM_MSR_FILTER_WRITE
 *
 * Context: kvm->srcu held.  The answer may be another after
 * KVM_REQ_MSR_FILTER_CHANGED.
 */
bool kvm_msr_allowed(struct kvm_vcpu *vcpu, u32 index, u32 type);

/**
 * kvm_vm_ioctl_set_msr_filter() - KVM_X86_SET_MSR_FILTER
 * @kvm: the VM
 * @data: struct kvm_msr_filter in userspace
 *
 * When it returns, no vCPU is in the guest that was entered under the old one.
 *
 * Context: may sleep; takes kvm->lock.
 * Return: 0; -EINVAL, -EFAULT, -ENOMEM.
 */
long kvm_vm_ioctl_set_msr_filter(struct kvm *kvm, void *data);

/**
 * kvm_vm_enable_user_space_msr() - KVM_CAP_X86_USER_SPACE_MSR
 * @kvm: the VM
 * @mask: KVM_MSR_EXIT_REASON_*
 *
 * Return: 0, or -EINVAL.
 */
int kvm_vm_enable_user_space_msr(struct kvm *kvm, u64 mask);

/** kvm_vm_enable_msr_platform_info() - KVM_CAP_MSR_PLATFORM_INFO; 0 */
int kvm_vm_enable_msr_platform_info(struct kvm *kvm, u64 on);

/** kvm_vm_msr_destroy() - of a VM that nobody has any more */
void kvm_vm_msr_destroy(struct kvm *kvm);

#endif
