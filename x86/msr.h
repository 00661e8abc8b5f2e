/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msr.h - a guest's MSRs
 *
 * Owns: struct kvm_vcpu_msr, what MSRs hold that belong to no other part; the
 * table of all that are known here (x86/msr_table.h); RDMSR and WRMSR; the ioctls.
 *
 * An access goes to the MSR's row.  Rows check what holds for all MSRs alike, who
 * may access it and which addresses are canonical; then an MSR is a word in
 * struct kvm_vcpu_msr, or a function's, or the vendor's (hooks get_msr, set_msr).
 * What has no row is the vendor's.
 *
 * Answers are 0; 1, which is #GP in the guest; KVM_MSR_RET_INVALID, there is no
 * such MSR; KVM_MSR_RET_FILTERED, userspace has forbidden it to the guest.
 *
 * Locking: vCPU's mutex.  The lists for userspace are made while the module loads.
 *
 * References: SDM 4, "Model-Specific Registers"; APM 2, appendix A; BKDGs and PPRs
 * of AMD's families.
 *
 * Deliberately absent: performance counters, which read as 0.
 */
#ifndef TWINWALK_X86_MSR_H
#define TWINWALK_X86_MSR_H

#include <linux/types.h>

#include "x86/mtrr.h"

struct kvm_msr_entry;
struct kvm_vcpu;

/* KVM_GET_MSRS and KVM_SET_MSRS: how many at a time. */
#define KVM_MAX_MSR_ENTRIES 255

/**
 * struct kvm_vcpu_msr - MSRs that belong to no other part; all of them 64 bits
 * @mtrr: memory types
 * @misc_enable: IA32_MISC_ENABLE
 * @platform_info: MSR_PLATFORM_INFO
 * @misc_features: MISC_FEATURES_ENABLES
 * @arch_capabilities: IA32_ARCH_CAPABILITIES
 * @ucode_rev: IA32_BIOS_SIGN_ID, PATCH_LEVEL
 * @power_ctl: MSR_POWER_CTL
 * @smbase: where SMM's memory is
 * @smi_count: MSR_SMI_COUNT
 * @hwcr: HWCR
 * @osvw: OSVW_ID_LENGTH, OSVW_STATUS
 * @de_cfg: DE_CFG
 * @poll_control: MSR_KVM_POLL_CONTROL
 */
struct kvm_vcpu_msr {
	struct kvm_mtrrs mtrr;
	u64 misc_enable;
	u64 platform_info;
	u64 misc_features;
	u64 arch_capabilities;
	u64 ucode_rev;
	u64 power_ctl;
	u64 smbase;
	u64 smi_count;
	u64 hwcr;
	u64 osvw[2];
	u64 de_cfg;
	u64 poll_control;
};

/* MSR_KVM_POLL_CONTROL: HLT may poll. */
#define KVM_POLL_CONTROL_ON 1ull

/**
 * kvm_msr_list_init() - make the lists of MSRs; a step of the ladder
 *
 * Context: module load, after the vendor's hardware_setup() and
 * kvm_set_cpu_caps(); may sleep.
 * Return: 0.
 */
int kvm_msr_list_init(void);

/** kvm_vcpu_msr_create() - of a new vCPU, zeroed */
void kvm_vcpu_msr_create(struct kvm_vcpu *vcpu);

/** kvm_vcpu_msr_reset() - RESET, or with @init_event INIT */
void kvm_vcpu_msr_reset(struct kvm_vcpu *vcpu, bool init_event);

/**
 * kvm_get_msr() - read an MSR
 * @vcpu: loaded
 * @index: its number
 * @data: what it holds; not touched unless it is read
 * @host_initiated: by userspace or by ourselves, not by the guest
 *
 * Return: 0; 1; KVM_MSR_RET_INVALID.
 */
int kvm_get_msr(struct kvm_vcpu *vcpu, u32 index, u64 *data,
		bool host_initiated);

/** kvm_set_msr() - write an MSR; as kvm_get_msr() */
int kvm_set_msr(struct kvm_vcpu *vcpu, u32 index, u64 data,
		bool host_initiated);

/**
 * kvm_msr_get_filtered() - the guest reads an MSR
 * @vcpu: loaded
 * @index: its number
 * @data: what it holds; not touched unless it is read
 *
 * Context: vCPU loaded, kvm->srcu held.
 * Return: as kvm_get_msr(); KVM_MSR_RET_FILTERED.
 */
int kvm_msr_get_filtered(struct kvm_vcpu *vcpu, u32 index, u64 *data);

/** kvm_msr_set_filtered() - the guest writes an MSR; the same */
int kvm_msr_set_filtered(struct kvm_vcpu *vcpu, u32 index, u64 data);

/**
 * kvm_msr_exit_read() - shall userspace do what we did not?
 * @vcpu: whose kvm_run is filled in if it shall
 * @index: the MSR
 * @ret: what kvm_msr_get_filtered() said; not 0
 * @complete: to be called when it has; see vcpu->arch.complete_userspace_io
 */
bool kvm_msr_exit_read(struct kvm_vcpu *vcpu, u32 index, int ret,
		       int (*complete)(struct kvm_vcpu *vcpu));

/** kvm_msr_exit_write() - the same for a write */
bool kvm_msr_exit_write(struct kvm_vcpu *vcpu, u32 index, u64 data, int ret,
			int (*complete)(struct kvm_vcpu *vcpu));

/** kvm_emulate_rdmsr() - exit handler of RDMSR; kvm->srcu held */
int kvm_emulate_rdmsr(struct kvm_vcpu *vcpu);

/** kvm_emulate_wrmsr() - exit handler of WRMSR; kvm->srcu held */
int kvm_emulate_wrmsr(struct kvm_vcpu *vcpu);

/**
 * kvm_cpuid_fault_enabled() - does CPUID fault outside of ring 0?
 * @vcpu: the vCPU
 *
 * By MISC_FEATURES_ENABLES; SDM 3A, "CPUID faulting".
 */
bool kvm_cpuid_fault_enabled(const struct kvm_vcpu *vcpu);

/**
 * kvm_get_feature_msr() - what MSRs of features a guest may be given
 * @index: the MSR
 * @data: the most that it may hold
 *
 * Return: 0; 1; KVM_MSR_RET_INVALID.
 */
int kvm_get_feature_msr(u32 index, u64 *data);

/**
 * kvm_msr_each() - access MSRs until one can't be
 * @vcpu: for @access
 * @entries: the MSRs, and their values
 * @nr: how many
 * @access: does one; 0 if it could
 *
 * Return: how many could.
 */
unsigned int kvm_msr_each(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entries,
			  unsigned int nr,
			  int (*access)(struct kvm_vcpu *vcpu,
					struct kvm_msr_entry *entry));

/* Ioctls of /dev/kvm. */
long kvm_dev_ioctl_get_msr_index_list(void __user *argp);
long kvm_dev_ioctl_get_msr_feature_index_list(void __user *argp);
long kvm_dev_ioctl_get_feature_msrs(void __user *argp);

/* Ioctls of a vCPU: @data is struct kvm_msrs in userspace. */
long kvm_vcpu_ioctl_get_msrs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_msrs(struct kvm_vcpu *vcpu, void *data);

#endif
