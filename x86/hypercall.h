/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h - what a guest asks of the hypervisor by VMCALL or VMMCALL
 *
 * Owns: struct kvm_vm_hypercall and struct kvm_vcpu_pv; the table of hypercalls;
 * which of KVM's paravirtual features a guest may use; the instruction of the
 * other vendor, that is made the right one.
 *
 * A hypercall has its number in RAX, arguments in RBX, RCX, RDX and RSI, and
 * returns in RAX; outside of 64-bit mode all are 32 bits.  Only CPL 0 may.
 *
 * The other vendor's instruction is #UD, which is intercepted for that alone.  It
 * is rewritten as the guest itself would write there: a program may not write to
 * what it can execute but not change.  The two differ in their last byte, so that
 * no other vCPU ever finds a half of each.
 *
 * Locking: vCPU's mutex, and kvm->srcu held; but for what says so.
 *
 * References: Documentation/virt/kvm/x86/hypercalls.rst, cpuid.rst, msr.rst.
 *
 * Deliberately absent: KVM_HC_MMU_OP, which is obsolete; Xen's and Hyper-V's.
 */
#ifndef TWINWALK_X86_HYPERCALL_H
#define TWINWALK_X86_HYPERCALL_H

#include <linux/bits.h>
#include <linux/types.h>
#include <uapi/linux/kvm_para.h>

struct kvm;
struct kvm_lapic_irq;
struct kvm_vcpu;

/* Those that userspace may want to have: KVM_CAP_EXIT_HYPERCALL. */
#define KVM_EXIT_HYPERCALL_VALID BIT(KVM_HC_MAP_GPA_RANGE)

/* An instruction: 0F 01, and the byte that is the vendor's. */
#define KVM_HYPERCALL_INSN_LEN 3
#define KVM_INSN_VMCALL	       0xc1
#define KVM_INSN_VMMCALL       0xd9

/**
 * struct kvm_vm_hypercall - of a VM
 * @exits: those that go to userspace, a bit each; read and written whole
 * @migration_unwanted: the reverse of bit 0 of MSR_KVM_MIGRATION_CONTROL, which
 *	is 1 where no memory is encrypted; the same
 */
struct kvm_vm_hypercall {
	u64 exits;
	bool migration_unwanted;
};

/**
 * struct kvm_vcpu_pv - of a vCPU
 * @enforce_cpuid: KVM_CAP_ENFORCE_PV_FEATURE_CPUID: what CPUID does not tell of
 *	is not there
 * @unhalted: KVM_HC_KICK_CPU: HLT ends, or the next one will.  Set by other
 *	vCPUs, cleared by its own
 */
struct kvm_vcpu_pv {
	bool enforce_cpuid;
	bool unhalted;
};

/**
 * kvm_emulate_hypercall() - the CPU's own instruction, as an exit handler
 * @vcpu: the vCPU
 *
 * Return: 1, go on in the guest; 0, to userspace.
 */
int kvm_emulate_hypercall(struct kvm_vcpu *vcpu);

/**
 * kvm_handle_ud() - #UD, as an exit handler
 * @vcpu: the vCPU
 * @native: KVM_INSN_*, the CPU's own
 * @foreign: the other vendor's
 *
 * Return: 1, go on in the guest: with the instruction rewritten, or with #UD.
 */
int kvm_handle_ud(struct kvm_vcpu *vcpu, u8 native, u8 foreign);

/**
 * kvm_pv_send_ipi() - KVM_HC_SEND_IPI, Xen's and Hyper-V's like
 * @kvm: the VM
 * @bitmap: APIC ids, two words of 64 bits, or of 32 bits
 * @min: the id of the first bit
 * @icr: what is sent, as in an APIC's ICR
 * @is_64: words have 64 bits
 *
 * Context: any.
 * Return: how many took it; -KVM_EINVAL, @icr has a destination of its own.
 */
long kvm_pv_send_ipi(struct kvm *kvm, const u64 bitmap[2], u32 min, u32 icr,
		     bool is_64);

/**
 * kvm_enable_exit_hypercall() - KVM_CAP_EXIT_HYPERCALL
 * @kvm: the VM
 * @mask: hypercalls that go to userspace, a bit each
 *
 * Return: 0; -EINVAL, there is one that can't.
 */
int kvm_enable_exit_hypercall(struct kvm *kvm, u64 mask);

/* MSR_KVM_MIGRATION_CONTROL, for x86/msr_table.c; Return: 0; 1, #GP. */
int kvm_get_migration_control(struct kvm_vcpu *vcpu, u64 *data, bool host);
int kvm_set_migration_control(struct kvm_vcpu *vcpu, u64 data, bool host);

/* --- pure ---------------------------------------------------------------- */

/** kvm_is_hypercall_insn() - is it that of the vendor with this last byte? */
bool kvm_is_hypercall_insn(const u8 insn[KVM_HYPERCALL_INSN_LEN], u8 last);

/**
 * kvm_pv_ipi_make() - the message of a KVM_HC_SEND_IPI
 * @icr: what is sent
 * @irq: to be filled in, but for its destination
 *
 * Return: false, @icr says who is meant, which is not its business.
 */
bool kvm_pv_ipi_make(u32 icr, struct kvm_lapic_irq *irq);

/**
 * kvm_map_gpa_range_valid() - are they pages, and at least one?
 * @gpa: the first
 * @nr_pages: how many, of 4096 bytes
 */
bool kvm_map_gpa_range_valid(u64 gpa, u64 nr_pages);

#endif
