/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emulate.h - the instruction emulator on a vCPU
 *
 * Owns: struct kvm_vcpu_emulate, and what takes an instruction at the vCPU's RIP
 * through emulate/: fetch, decode, execute, and what follows it.
 *
 * An access that userspace has to do ends KVM_RUN; x86/io.c then has the
 * instruction executed again, from the start, when KVM_RUN is called again.
 *
 * Locking: vCPU's mutex, and kvm->srcu held, with the guest's FPU loaded.
 */
#ifndef TWINWALK_X86_EMULATE_H
#define TWINWALK_X86_EMULATE_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

#include "emulate/execute.h"

struct kvm_vcpu;

/* kvm_emulate_instruction() */
#define KVM_EMULATE_SKIP \
	BIT(0) /* go behind the instruction, without doing it */
#define KVM_EMULATE_UD BIT(1) /* from #UD: only what a guest may lack */

/**
 * struct kvm_vcpu_emulate - the instruction that a vCPU is at
 * @ctxt: the guest CPU and the instruction
 * @bytes: the instruction's, as far as they were fetched
 * @nr_bytes: how many
 * @waiting: it waits for userspace
 * @waiting_rip: its linear address; also of an RDMSR or WRMSR that waits without
 *	being emulated
 */
struct kvm_vcpu_emulate {
	struct x86_emulate_ctxt ctxt;
	u8 bytes[KVM_INSN_MAX_LEN];
	u8 nr_bytes;
	bool waiting;
	u64 waiting_rip;
};

/**
 * kvm_emulate_instruction() - do, or skip, what is at the vCPU's RIP
 * @vcpu: the vCPU
 * @fault_gpa: the guest physical address that the exit was for, or GPA_INVALID
 * @flags: KVM_EMULATE_*
 *
 * Context: see above; may sleep.
 * Return: 1, enter the guest; 0, to userspace, with kvm_run filled in.
 */
int kvm_emulate_instruction(struct kvm_vcpu *vcpu, gpa_t fault_gpa,
			    unsigned int flags);

/**
 * kvm_task_switch() - an event's delivery has come to a task gate
 * @vcpu: the vCPU, whose queues still have the event
 * @selector: of the TSS that the gate names
 * @error_code: that is to be pushed, or NULL
 *
 * A far jump or call, IRET and INT n are kvm_emulate_instruction()'s.
 *
 * Context: see above; may sleep.
 * Return: as kvm_emulate_instruction().
 */
int kvm_task_switch(struct kvm_vcpu *vcpu, u16 selector, const u32 *error_code);

/**
 * kvm_decode_at_rip() - what instruction is it?
 * @vcpu: the vCPU
 * @out: filled in if there is one
 *
 * Context: see above; may sleep.
 * Return: 0; 1, there is none, and the guest will get an exception; -EFAULT, the
 * guest's RIP is not in memory.
 */
int kvm_decode_at_rip(struct kvm_vcpu *vcpu, struct kvm_insn *out);

/**
 * kvm_prepare_emulation_failure_exit() - KVM_INTERNAL_ERROR_EMULATION
 * @vcpu: the vCPU; the bytes are those of the last fetch
 *
 * Context: vCPU's mutex.
 * Return: 0: to userspace.
 */
int kvm_prepare_emulation_failure_exit(struct kvm_vcpu *vcpu);

#endif
