/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mce.h - a guest's machine-check architecture
 *
 * Owns: struct kvm_vcpu_mce: IA32_MCG_* and the banks of error reports, which
 * userspace fills with what it wants the guest to know, a broken page for instance
 * (KVM_X86_SET_MCE).  Machine checks of the host are the host's.
 *
 * References: SDM 3B, chapter "Machine-Check Architecture"; APM 2, chapter 9.
 *
 * Locking: vCPU's mutex.
 *
 * Deliberately absent: CMCI, so that corrected errors are found by looking for
 * them; local machine checks (LMCE); AMD's scalable banks.
 */
#ifndef TWINWALK_X86_MCE_H
#define TWINWALK_X86_MCE_H

#include <linux/types.h>

struct kvm_msr_row;
struct kvm_vcpu;
struct kvm_x86_mce;
struct msr_data;

/* What KVM_CAP_MCE says; a vCPU has as many until KVM_X86_SETUP_MCE. */
#define KVM_MAX_MCE_BANKS 32

/* A bank's registers, in the order of their MSRs. */
enum kvm_mce_reg {
	KVM_MCE_CTL,
	KVM_MCE_STATUS,
	KVM_MCE_ADDR,
	KVM_MCE_MISC,
	KVM_NR_MCE_REGS
};

/**
 * struct kvm_vcpu_mce - machine checks of a vCPU
 * @cap: IA32_MCG_CAP
 * @status: IA32_MCG_STATUS
 * @ctl: IA32_MCG_CTL, if @cap has it
 * @banks: as many as @cap says are the guest's
 */
struct kvm_vcpu_mce {
	u64 cap;
	u64 status;
	u64 ctl;
	u64 banks[KVM_MAX_MCE_BANKS][KVM_NR_MCE_REGS];
};

/* What an error does to the guest. */
enum kvm_mce_effect {
	KVM_MCE_SILENT, /* it may find it in the bank */
	KVM_MCE_EXCEPTION, /* #MC */
	KVM_MCE_SHUTDOWN, /* it can't take #MC now */
};

/** kvm_mce_supported_cap() - the bits of IA32_MCG_CAP that a guest may have */
u64 kvm_mce_supported_cap(void);

/** kvm_vcpu_mce_create() - of a new vCPU, zeroed */
void kvm_vcpu_mce_create(struct kvm_vcpu_mce *mce);

/**
 * kvm_mce_setup() - KVM_X86_SETUP_MCE
 * @mce: all its banks are turned on
 * @cap: IA32_MCG_CAP
 *
 * Return: 0; -EINVAL, no banks, too many, or an unknown capability.
 */
int kvm_mce_setup(struct kvm_vcpu_mce *mce, u64 cap);

/**
 * kvm_mce_record() - KVM_X86_SET_MCE: an error is reported
 * @mce: where to
 * @error: from userspace
 * @can_take: CR4.MCE is set
 *
 * Return: enum kvm_mce_effect; -EINVAL, there is no such bank, or STATUS is not
 * valid.
 */
int kvm_mce_record(struct kvm_vcpu_mce *mce, const struct kvm_x86_mce *error,
		   bool can_take);

/* An access to an MSR of this part. */
struct kvm_mce_access {
	u32 index;
	u64 data;
	bool host_initiated;
	bool status_writable; /* HWCR.McStatusWrEn */
};

/** kvm_mce_read() - Return: 0; 1, #GP */
int kvm_mce_read(const struct kvm_vcpu_mce *mce, struct kvm_mce_access *a);

/** kvm_mce_write() - Return: 0; 1, #GP, and nothing changed */
int kvm_mce_write(struct kvm_vcpu_mce *mce, const struct kvm_mce_access *a);

/* For the table of MSRs; kvm_msr_access_t. */
int kvm_get_msr_mce(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr);
int kvm_set_msr_mce(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr);

/* KVM_X86_GET_MCE_CAP_SUPPORTED, KVM_X86_SETUP_MCE, KVM_X86_SET_MCE */
long kvm_dev_ioctl_get_mce_cap(void __user *argp);
long kvm_vcpu_ioctl_setup_mce(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_mce(struct kvm_vcpu *vcpu, void *data);

#endif
