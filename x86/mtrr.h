/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mtrr.h - a guest's memory types: MTRRs and PAT
 *
 * Owns: which values they may have, and where they are kept.
 *
 * Locking: vCPU's mutex.
 *
 * References: SDM 3A, "Memory Type Range Registers (MTRRs)" and "Page Attribute
 * Table (PAT)"; APM 2, 7.7 and 7.8.
 *
 * Deliberately absent: the type of an address, which nothing asks for as long as
 * no device reads memory past the caches (mmu/memtype.h).
 */
#ifndef TWINWALK_X86_MTRR_H
#define TWINWALK_X86_MTRR_H

#include <linux/types.h>

/* Their numbers; the fixed ones have three sizes. */
#define KVM_MSR_MTRR_CAP      0xfe
#define KVM_MSR_MTRR_VAR      0x200
#define KVM_MSR_MTRR_FIX_64K  0x250
#define KVM_MSR_MTRR_FIX_16K  0x258
#define KVM_MSR_MTRR_FIX_4K   0x268
#define KVM_MSR_MTRR_DEF_TYPE 0x2ff

#define KVM_NR_FIXED_MTRRS 11
#define KVM_NR_VAR_MTRRS   8

/* MTRRcap: write combining, fixed ranges, and how many variable ones. */
#define KVM_MTRRCAP (0x500 | KVM_NR_VAR_MTRRS)

/* PAT after RESET: WB, WT, UC-, UC, twice. */
#define KVM_PAT_RESET 0x0007040600070406ull

/**
 * struct kvm_mtrrs - the MTRRs of a vCPU
 * @def_type: MTRRdefType
 * @fixed: in the order of their addresses
 * @var: base and mask of each
 */
struct kvm_mtrrs {
	u64 def_type;
	u64 fixed[KVM_NR_FIXED_MTRRS];
	u64 var[2 * KVM_NR_VAR_MTRRS];
};

/** kvm_pat_is_valid() - may PAT have this value? */
bool kvm_pat_is_valid(u64 data);

/** kvm_mtrr_fixed_is_valid() - may a fixed-range MTRR have this value? */
bool kvm_mtrr_fixed_is_valid(u64 data);

/** kvm_mtrr_def_type_is_valid() - may MTRRdefType have this value? */
bool kvm_mtrr_def_type_is_valid(u64 data);

/**
 * kvm_mtrr_var_is_valid() - may a variable-range MTRR have this value?
 * @is_mask: it is PHYSMASK, not PHYSBASE
 * @data: the value
 * @maxphyaddr: how many bits the guest's addresses have, 32 to 52
 */
bool kvm_mtrr_var_is_valid(bool is_mask, u64 data, unsigned int maxphyaddr);

#endif
