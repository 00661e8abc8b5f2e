// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr.c - a guest's MSRs: accesses, lists and ioctls; see x86/msr.h
 *
 * Owns: see there, but for the table (x86/msr_table.c).
 *
 * Locking: see there.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "params.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/msr_table.h"
#include "x86/regs.h"
#include "x86/trace.h"
#include "x86/x86.h"

static struct {
	unsigned int nr;
	u32 list[KVM_MSR_LIST_MAX];
} saved __tw_ro_after_load, features __tw_ro_after_load;

const struct kvm_msr_row *kvm_msr_find(u32 index)
{
	unsigned int low = 0, high = kvm_msr_table_nr, mid;
	const struct kvm_msr_row *row;

	while (low < high) {
		mid = array_index_nospec((low + high) / 2, kvm_msr_table_nr);
		row = &kvm_msr_table[mid];
		if (index >= row->first && index - row->first < row->count)
			return row;
		if (index < row->first)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static bool guest_may(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		      bool write)
{
	if (row->flags & KVM_MSR_HOST)
		return false;
	if (write && (row->flags & KVM_MSR_GUEST_RO))
		return false;
	if (!row->features[0] || guest_cpuid_has(vcpu, row->features[0]))
		return true;
	return row->features[1] && guest_cpuid_has(vcpu, row->features[1]);
}

int kvm_get_msr(struct kvm_vcpu *vcpu, u32 index, u64 *data,
		bool host_initiated)
{
	const struct kvm_msr_row *row = kvm_msr_find(index);
	struct msr_data msr = {
		.host_initiated = host_initiated,
		.index = index,
	};
	int r;

	if (!row)
		r = static_call(kvm_x86_get_msr)(vcpu, &msr);
	else if (!host_initiated && !guest_may(vcpu, row, false))
		r = 1;
	else
		r = row->get ? row->get(vcpu, row, &msr) : KVM_MSR_RET_INVALID;

	if (!r)
		*data = msr.data;
	return r;
}

int kvm_set_msr(struct kvm_vcpu *vcpu, u32 index, u64 data, bool host_initiated)
{
	const struct kvm_msr_row *row = kvm_msr_find(index);
	struct msr_data msr = {
		.host_initiated = host_initiated,
		.index = index,
		.data = data,
	};

	if (!row)
		return static_call(kvm_x86_set_msr)(vcpu, &msr);
	if (!host_initiated && !guest_may(vcpu, row, true))
		return 1;
	return row->set ? row->set(vcpu, row, &msr) : KVM_MSR_RET_INVALID;
}

int kvm_msr_get_filtered(struct kvm_vcpu *vcpu, u32 index, u64 *data)
{
	int r = KVM_MSR_RET_FILTERED;

	if (kvm_msr_allowed(vcpu, index, KVM_MSR_FILTER_READ))
		r = kvm_get_msr(vcpu, index, data, false);
	trace_kvm_msr(false, index, r ? 0 : *data, r);
	return r;
}

int kvm_msr_set_filtered(struct kvm_vcpu *vcpu, u32 index, u64 data)
{
	int r = KVM_MSR_RET_FILTERED;

	if (kvm_msr_allowed(vcpu, index, KVM_MSR_FILTER_WRITE))
		r = kvm_set_msr(vcpu, index, data, false);
	trace_kvm_msr(true, index, data, r);
	return r;
}

static u32 reason_of(int ret)
{
	switch (ret) {
	case KVM_MSR_RET_INVALID:
		return KVM_MSR_EXIT_REASON_UNKNOWN;
	case KVM_MSR_RET_FILTERED:
		return KVM_MSR_EXIT_REASON_FILTER;
	default:
		return KVM_MSR_EXIT_REASON_INVAL;
	}
}

static bool exit_to_user(struct kvm_vcpu *vcpu, u32 exit_reason,
			 const struct msr_data *msr, int ret,
			 int (*complete)(struct kvm_vcpu *vcpu))
{
	u32 mask = READ_ONCE(vcpu->kvm->arch.msr.user_space_mask);
	struct kvm_run *run = vcpu->run;
	u32 reason = reason_of(ret);

	if (!(mask & reason))
		return false;

	run->exit_reason = exit_reason;
	run->msr.error = 0;
	memset(run->msr.pad, 0, sizeof(run->msr.pad));
	run->msr.reason = reason;
	run->msr.index = msr->index;
	run->msr.data = msr->data;
	vcpu->arch.complete_userspace_io = complete;
	return true;
}

bool kvm_msr_exit_read(struct kvm_vcpu *vcpu, u32 index, int ret,
		       int (*complete)(struct kvm_vcpu *vcpu))
{
	const struct msr_data msr = { .index = index };

	return exit_to_user(vcpu, KVM_EXIT_X86_RDMSR, &msr, ret, complete);
}

bool kvm_msr_exit_write(struct kvm_vcpu *vcpu, u32 index, u64 data, int ret,
			int (*complete)(struct kvm_vcpu *vcpu))
{
	const struct msr_data msr = { .index = index, .data = data };

	return exit_to_user(vcpu, KVM_EXIT_X86_WRMSR, &msr, ret, complete);
}

static int skip_instruction(struct kvm_vcpu *vcpu)
{
	return kvm_skip_emulated_instruction(vcpu);
}

static int finish_rdmsr(struct kvm_vcpu *vcpu, u64 data)
{
	kvm_rax_write(vcpu, lower_32_bits(data));
	kvm_rdx_write(vcpu, upper_32_bits(data));
	return skip_instruction(vcpu);
}

/* Userspace may have moved the guest elsewhere, by a reset for one. */
static bool is_still_there(struct kvm_vcpu *vcpu)
{
	return kvm_get_linear_rip(vcpu) == vcpu->arch.emulate.waiting_rip;
}

static int complete_rdmsr(struct kvm_vcpu *vcpu)
{
	if (!is_still_there(vcpu))
		return 1;
	if (READ_ONCE(vcpu->run->msr.error))
		return kvm_inject_gp(vcpu, 0);
	return finish_rdmsr(vcpu, READ_ONCE(vcpu->run->msr.data));
}

static int complete_wrmsr(struct kvm_vcpu *vcpu)
{
	if (!is_still_there(vcpu))
		return 1;
	if (READ_ONCE(vcpu->run->msr.error))
		return kvm_inject_gp(vcpu, 0);
	return skip_instruction(vcpu);
}

int kvm_emulate_rdmsr(struct kvm_vcpu *vcpu)
{
	u32 index = kvm_rcx_read(vcpu);
	u64 data;
	int r;

	r = kvm_msr_get_filtered(vcpu, index, &data);
	if (!r)
		return finish_rdmsr(vcpu, data);
	if (!kvm_msr_exit_read(vcpu, index, r, complete_rdmsr))
		return kvm_inject_gp(vcpu, 0);
	vcpu->arch.emulate.waiting_rip = kvm_get_linear_rip(vcpu);
	return 0;
}

int kvm_emulate_wrmsr(struct kvm_vcpu *vcpu)
{
	u32 index = kvm_rcx_read(vcpu);
	u64 data = kvm_read_edx_eax(vcpu);
	int r;

	r = kvm_msr_set_filtered(vcpu, index, data);
	if (!r)
		return skip_instruction(vcpu);
	if (!kvm_msr_exit_write(vcpu, index, data, r, complete_wrmsr))
		return kvm_inject_gp(vcpu, 0);
	vcpu->arch.emulate.waiting_rip = kvm_get_linear_rip(vcpu);
	return 0;
}

unsigned int kvm_msr_list_make(u32 *list, unsigned int flags,
			       bool (*keep)(u32 index, unsigned int flags))
{
	const struct kvm_msr_row *row;
	unsigned int i, j, nr = 0;

	for (i = 0; i < kvm_msr_table_nr; i++) {
		row = &kvm_msr_table[i];
		if (!(row->flags & flags))
			continue;
		for (j = 0; j < row->count && nr < KVM_MSR_LIST_MAX; j++)
			if (keep(row->first + j, row->flags))
				list[nr++] = row->first + j;
	}
	return nr;
}

/* A guest that has the MSR makes no use of it, or can't be given the feature. */
static bool is_useless(u32 index)
{
	switch (index) {
	case MSR_TSC_AUX:
		return !kvm_cpu_cap_has(X86_FEATURE_RDTSCP) &&
		       !kvm_cpu_cap_has(X86_FEATURE_RDPID);
	case MSR_IA32_XSS:
		return !kvm_cpu_cap_has(X86_FEATURE_XSAVES);
	default:
		return false;
	}
}

static bool keep_saved(u32 index, unsigned int flags)
{
	u64 data;

	if (flags & KVM_MSR_EMULATED)
		return static_call(kvm_x86_has_emulated_msr)(index);
	return !is_useless(index) && !rdmsrl_safe(index, &data);
}

static bool keep_feature(u32 index, unsigned int flags)
{
	u64 data;

	return !kvm_get_feature_msr(index, &data);
}

int kvm_msr_list_init(void)
{
	saved.nr = kvm_msr_list_make(saved.list, KVM_MSR_LISTED, keep_saved);
	features.nr =
		kvm_msr_list_make(features.list, KVM_MSR_FEATURE, keep_feature);
	return 0;
}

int kvm_get_feature_msr(u32 index, u64 *data)
{
	const struct kvm_msr_row *row = kvm_msr_find(index);

	if (!row || !(row->flags & KVM_MSR_FEATURE))
		return KVM_MSR_RET_INVALID;

	switch (index) {
	case MSR_IA32_ARCH_CAPABILITIES:
		*data = kvm_arch_capabilities();
		return 0;
	case MSR_IA32_UCODE_REV:
		return rdmsrl_safe(index, data) ? KVM_MSR_RET_INVALID : 0;
	default:
		return static_call(kvm_x86_get_feature_msr)(index, data);
	}
}

static long copy_list(void __user *argp, const u32 *list, u32 nr)
{
	struct kvm_msr_list __user *user = argp;
	u32 room;

	if (get_user(room, &user->nmsrs) || put_user(nr, &user->nmsrs))
		return -EFAULT;
	if (room < nr)
		return -E2BIG;
	return copy_to_user(user->indices, list, nr * sizeof(*list)) ? -EFAULT :
								       0;
}

long kvm_dev_ioctl_get_msr_index_list(void __user *argp)
{
	return copy_list(argp, saved.list, saved.nr);
}

long kvm_dev_ioctl_get_msr_feature_index_list(void __user *argp)
{
	return copy_list(argp, features.list, features.nr);
}

unsigned int kvm_msr_each(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entries,
			  unsigned int nr,
			  int (*access)(struct kvm_vcpu *vcpu,
					struct kvm_msr_entry *entry))
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (access(vcpu, &entries[i]))
			break;
	return i;
}

static int get_entry(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entry)
{
	return kvm_get_msr(vcpu, entry->index, &entry->data, true);
}

static int set_entry(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entry)
{
	return kvm_set_msr(vcpu, entry->index, entry->data, true);
}

static int get_feature_entry(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entry)
{
	return kvm_get_feature_msr(entry->index, &entry->data);
}

static long access_entries(struct kvm_vcpu *vcpu, void __user *argp,
			   int (*access)(struct kvm_vcpu *vcpu,
					 struct kvm_msr_entry *entry),
			   bool copy_back)
{
	struct kvm_msrs __user *user = argp;
	struct kvm_msr_entry *entries;
	struct kvm_msrs head;
	size_t size;
	long done;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs > KVM_MAX_MSR_ENTRIES)
		return -E2BIG;

	size = array_size(head.nmsrs, sizeof(*entries));
	entries = memdup_user(user->entries, size);
	if (IS_ERR(entries))
		return PTR_ERR(entries);

	done = kvm_msr_each(vcpu, entries, head.nmsrs, access);
	if (copy_back && copy_to_user(user->entries, entries, size))
		done = -EFAULT;
	kfree(entries);
	return done;
}

long kvm_dev_ioctl_get_feature_msrs(void __user *argp)
{
	return access_entries(NULL, argp, get_feature_entry, true);
}

static long access_vcpu_entries(struct kvm_vcpu *vcpu, void *data,
				int (*access)(struct kvm_vcpu *vcpu,
					      struct kvm_msr_entry *entry),
				bool copy_back)
{
	/* For MSRs that look at the guest's memory. */
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	long r;

	r = access_entries(vcpu, (void __user *)data, access, copy_back);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return r;
}

long kvm_vcpu_ioctl_get_msrs(struct kvm_vcpu *vcpu, void *data)
{
	return access_vcpu_entries(vcpu, data, get_entry, true);
}

long kvm_vcpu_ioctl_set_msrs(struct kvm_vcpu *vcpu, void *data)
{
	return access_vcpu_entries(vcpu, data, set_entry, false);
}
