/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msr_table.h - what is known of MSRs, a row each
 *
 * Owns: the form of a row, how it is found, the lists made of the rows.
 *
 * Locking: none; constant.
 */
#ifndef TWINWALK_X86_MSR_TABLE_H
#define TWINWALK_X86_MSR_TABLE_H

#include <linux/bits.h>
#include <linux/types.h>

struct kvm_msr_row;
struct kvm_vcpu;
struct msr_data;

typedef int (*kvm_msr_access_t)(struct kvm_vcpu *vcpu,
				const struct kvm_msr_row *row,
				struct msr_data *msr);

/* struct kvm_msr_row.flags */
#define KVM_MSR_SAVED	 BIT(0) /* listed if the host has it */
#define KVM_MSR_EMULATED BIT(1) /* listed if the vendor says so */
#define KVM_MSR_FEATURE	 BIT(2) /* in the list of features, if it has a value */
#define KVM_MSR_GUEST_RO BIT(3) /* #GP if the guest writes it */
#define KVM_MSR_HOST	 BIT(4) /* #GP if the guest touches it */

/* Which of them put an MSR into a list. */
#define KVM_MSR_LISTED (KVM_MSR_SAVED | KVM_MSR_EMULATED)

/**
 * struct kvm_msr_row - MSRs that are alike
 * @first: the first
 * @count: how many, one after the other
 * @flags: KVM_MSR_*
 * @cell: where struct kvm_vcpu_msr has the first, in u64; the others follow
 * @features: X86_FEATURE_*, one of which the guest needs; 0, none
 * @get: reads one.  NULL, it can't be
 * @set: writes one.  NULL, the same
 */
struct kvm_msr_row {
	u32 first;
	u16 count;
	u8 flags;
	u8 cell;
	u16 features[2];
	kvm_msr_access_t get;
	kvm_msr_access_t set;
};

/* In ascending order; no MSR is in two rows. */
extern const struct kvm_msr_row kvm_msr_table[];
extern const unsigned int kvm_msr_table_nr;

/* More than the lists will ever have. */
#define KVM_MSR_LIST_MAX 128

/** kvm_msr_find() - the row of an MSR, or NULL */
const struct kvm_msr_row *kvm_msr_find(u32 index);

/**
 * kvm_msr_list_make() - a list of MSRs
 * @list: KVM_MSR_LIST_MAX of them
 * @flags: of rows that are looked at
 * @keep: is it in the list?  @flags are those of its row
 *
 * Return: how many; the order is the table's.
 */
unsigned int kvm_msr_list_make(u32 *list, unsigned int flags,
			       bool (*keep)(u32 index, unsigned int flags));

/**
 * kvm_pred_cmd_is_valid() - may a guest write this to PRED_CMD?
 * @data: what it writes
 * @ibpb: there is an IBPB
 * @sbpb: there is an SBPB
 */
bool kvm_pred_cmd_is_valid(u64 data, bool ibpb, bool sbpb);

/** kvm_arch_capabilities() - IA32_ARCH_CAPABILITIES that a guest may be given */
u64 kvm_arch_capabilities(void);

#endif
