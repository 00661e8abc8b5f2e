/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vendor.h - what a vendor (VMX, SVM) is to the rest of the module
 *
 * Owns: struct kvm_x86_ops, made from x86_ops_list.h; struct kvm_x86_vendor;
 * the static calls, through which alone a vendor is called.
 *
 * Locking: none.  The table is bound once, while the module loads and before
 * anything can call through it.  That a vendor fills every mandatory hook is
 * checked twice: at build time in the file that defines its table, and by
 * kvm_x86_vendor_probe() of any table.
 */
#ifndef TWINWALK_VENDOR_H
#define TWINWALK_VENDOR_H

#include <linux/static_call.h>
#include <linux/types.h>

#include "x86_vcpu.h"

struct desc_ptr;
struct kvm_insn;
struct seq_file;

/* An access to an MSR that is not a page of the guest's: answers of hooks. */
#define KVM_MSR_RET_INVALID 2 /* there is none of that number */

/**
 * struct msr_data - an access to an MSR
 * @host_initiated: by userspace, not by the guest
 * @index: its number
 * @data: what is written, or was read
 */
struct msr_data {
	bool host_initiated;
	u32 index;
	u64 data;
};

/* Whose exit reasons they are; perf and trace-cmd have the same numbers. */
#define KVM_ISA_VMX 1
#define KVM_ISA_SVM 2

/**
 * struct kvm_exit_info - what a vendor says of an exit
 * @isa: KVM_ISA_*
 * @reason: SVM_EXIT_*, EXIT_REASON_*
 * @info1: EXITINFO1, exit qualification
 * @info2: EXITINFO2, guest physical address
 * @intr_info: EXITINTINFO, IDT-vectoring information
 * @error_code: of the event in @intr_info
 */
struct kvm_exit_info {
	u32 isa;
	u32 reason;
	u64 info1;
	u64 info2;
	u32 intr_info;
	u32 error_code;
};

#define KVM_X86_OP(name, ret, args) typeof(ret args)(*(name))
struct kvm_x86_ops {
#include "x86_ops_list.h"
};

#define KVM_X86_OP(name, ret, args) \
	DECLARE_STATIC_CALL(kvm_x86_##name, ret args)
#include "x86_ops_list.h"

/**
 * struct kvm_x86_vendor - how a vendor is found and set up
 * @name: what a user calls it: "VT-x", "AMD-V".
 * @probe: is this the vendor's CPU, and can it be used?  Reads CPUID and MSRs,
 *	computes every control the vendor will want, changes nothing.
 *	Context: IRQs off, on the CPU that all others are compared with.
 *	Return: 0; -ENODEV, another vendor's CPU, ask the next one; any other
 *	error, after one line that says what to do, is final.
 * @vcpu_size: of the vendor's struct around struct kvm_vcpu, which is first in it
 * @hardware_setup: allocate what the vendor needs, adjust the PTE masks and
 *	call kvm_configure_mmu().  No CPU changes state.  What it did is undone
 *	by @ops->hardware_unsetup, which is not called if it fails.
 * @ops: the hooks; bound between @probe and @hardware_setup.
 */
struct kvm_x86_vendor {
	const char *name;
	size_t vcpu_size;
	int (*probe)(void);
	int (*hardware_setup)(void);
	const struct kvm_x86_ops *ops;
};

/* Every vendor, in the order in which they are asked; NULL ends it. */
extern const struct kvm_x86_vendor *const kvm_x86_vendors[];

extern const struct kvm_x86_vendor vmx_vendor;
extern const struct kvm_x86_vendor svm_vendor;

/**
 * kvm_x86_vendor_probe() - choose the vendor and bind its hooks
 * @vendors: whom to ask, in this order; NULL ends it.
 *
 * Context: module load; may sleep.
 * Return: 0; -EOPNOTSUPP, the CPU is nobody's; -EINVAL, the vendor's table
 * lacks a mandatory hook; or what the vendor's probe() said.
 */
int kvm_x86_vendor_probe(const struct kvm_x86_vendor *const *vendors);

/** kvm_x86_vendor_release() - the reverse of kvm_x86_vendor_probe() */
void kvm_x86_vendor_release(void);

/**
 * kvm_x86_hardware_setup() - let the chosen vendor set itself up
 *
 * Context: module load; may sleep.
 * Return: 0 or the vendor's error, with nothing left behind.
 */
int kvm_x86_hardware_setup(void);

/**
 * kvm_x86_module_init() - what the vendor's hardware_setup() adds to is empty
 *
 * Context: module load.
 * Return: 0.
 */
int kvm_x86_module_init(void);

/**
 * kvm_x86_guest_features_init() - what a guest may be offered on this host
 *
 * CPUID and MSRs; nothing, where the vendor runs no guests.
 *
 * Context: module load, after the MMU's hardware setup; may sleep.
 * Return: 0.
 */
int kvm_x86_guest_features_init(void);

/** kvm_x86_hardware_unsetup() - the reverse of kvm_x86_hardware_setup() */
void kvm_x86_hardware_unsetup(void);

/** kvm_x86_vendor_name() - what the chosen vendor is called; never NULL */
const char *kvm_x86_vendor_name(void);

#endif
