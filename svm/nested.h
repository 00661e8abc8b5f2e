/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nested.h - SVM for a guest, and the guest that it runs with it
 *
 * Owns: struct svm_nested, which a vCPU has if the module was loaded with nested=1.
 * L1 is the guest; L2 is what it runs by VMRUN.  VMCB01 is ours for L1, VMCB02 ours
 * for L2, VMCB12 is L1's own for L2, in its memory.
 *
 * svm->vmcb is the one of those first two that the vCPU runs on, and arch.guest_mode
 * says which it is.  What VMRUN does not switch (FS, GS, TR, LDTR, the MSRs of
 * SYSCALL and SYSENTER, PAT) is carried along.  L1's state waits in VMCB01 and in
 * @l1: what the APM calls the host save area, VM_HSAVE_PA, is never touched.
 *
 * VMCB12 is copied once, by VMRUN, and all that follows looks at the copy; at the
 * end the fields that #VMEXIT stores are written back.  L1's permission maps are
 * read at each exit, a word of them once.
 *
 * L2's physical addresses are L1's: there is no nested paging for it.  L1 and L2 have
 * roots of their own, with the same content, and ASIDs of their own: a new one
 * each time that they change places, so that nothing else has to be flushed.
 *
 * Locking: vCPU's mutex; what accesses the guest's memory needs kvm->srcu too.
 *
 * References: APM 2, chapter 15.
 *
 * Deliberately absent: nested paging, next RIP, decode assists, virtual GIF and all
 * else that CPUID 8000_000AH has a bit for; KVM_GET_NESTED_STATE; SMM out of L2,
 * where an SMI waits for #VMEXIT; VMRUN in SMM, which is #UD.
 */
#ifndef TWINWALK_SVM_NESTED_H
#define TWINWALK_SVM_NESTED_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>

#include "svm/svm.h"

struct kvm_insn;
struct msr_data;

/**
 * struct svm_nested_regs - registers that VMRUN switches and we keep in arch
 * @cr0: as the guest sees it
 * @cr3: the same
 * @cr4: the same
 * @efer: the same, with LMA
 * @rax: all of it
 * @rsp: the same
 * @rip: the same
 */
struct svm_nested_regs {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u64 rax;
	u64 rsp;
	u64 rip;
};

/**
 * struct svm_nested - what a vCPU has for L1's use of SVM
 * @vmcb01: what the CPU runs L1 with
 * @vmcb02: what it runs L2 with
 * @vmcb12: a copy of L1's VMCB, of the last VMRUN
 * @vmcb12_gpa: where that is
 * @vmcb01_pa: address of @vmcb01, with the encryption bit
 * @vmcb02_pa: the same of @vmcb02
 * @hsave_pa: VM_HSAVE_PA, which nobody looks at
 * @vm_cr: VM_CR
 * @l1: L1's registers, while L2 runs
 * @soft_rip: see @soft_event
 * @v_irq: L1's V_IRQ and what belongs to it, while there is a window of ours
 * @v_irq_vector: the same of its vector
 * @gif: the global interrupt flag
 * @soft_event: INT n, INT3 or INTO, injected by L1 with L2 at @soft_rip, has not
 *	arrived so far
 */
struct svm_nested {
	struct vmcb *vmcb01;
	struct vmcb *vmcb02;
	struct vmcb *vmcb12;
	gpa_t vmcb12_gpa;
	unsigned long vmcb01_pa;
	unsigned long vmcb02_pa;
	u64 hsave_pa;
	u64 vm_cr;
	struct svm_nested_regs l1;
	unsigned long soft_rip;
	u32 v_irq;
	u32 v_irq_vector;
	bool gif;
	bool soft_event;
};

/** svm_gif() - the global interrupt flag; set where there is no nested SVM */
static inline bool svm_gif(const struct vcpu_svm *svm)
{
	return !svm->nested || svm->nested->gif;
}

/** svm_l1_intercepts() - does L1?  @nr: INTERCEPT_*, the same as SVM_EXIT_* */
static inline bool svm_l1_intercepts(const struct vcpu_svm *svm, u32 nr)
{
	return svm->vcpu.arch.guest_mode && nr < MAX_INTERCEPT * 32 &&
	       (svm->nested->vmcb12->control.intercepts[nr / 32] &
		BIT(nr % 32));
}

/**
 * svm_l1_masks_intr() - does L2 run with L1's RFLAGS.IF, and a TPR of its own?
 * @svm: the vCPU
 *
 * V_INTR_MASKING, APM 2, 15.21.1.
 */
static inline bool svm_l1_masks_intr(const struct vcpu_svm *svm)
{
	return svm->vcpu.arch.guest_mode &&
	       (svm->nested->vmcb12->control.int_ctl & V_INTR_MASKING_MASK);
}

/** svm_l1_if() - L1's RFLAGS.IF, while L2 runs */
static inline bool svm_l1_if(const struct vcpu_svm *svm)
{
	return svm->nested->vmcb01->save.rflags & X86_EFLAGS_IF;
}

/** svm_nested_create() - of a new vCPU; nothing without nested=1.  0 or -ENOMEM */
int svm_nested_create(struct vcpu_svm *svm);

/** svm_nested_free() - the reverse; svm->vmcb is L1's then */
void svm_nested_free(struct vcpu_svm *svm);

/** svm_nested_reset() - RESET, or with @init_event INIT: L1 runs, GIF is set */
void svm_nested_reset(struct vcpu_svm *svm, bool init_event);

/**
 * svm_nested_leave() - L1 runs, as it was at VMRUN, without a #VMEXIT
 * @svm: the vCPU; loaded
 *
 * Nothing of L2 is saved; nothing if L1 runs already.
 */
void svm_nested_leave(struct vcpu_svm *svm);

/** svm_nested_set_efer() - EFER is to be this.  Return: 0; 1, VM_CR forbids it */
int svm_nested_set_efer(struct vcpu_svm *svm, u64 efer);

/** svm_nested_add_intercepts() - L1's, to those of ours in VMCB02 */
void svm_nested_add_intercepts(struct vcpu_svm *svm);

/**
 * svm_nested_vmexit() - from L2 to L1
 * @svm: the vCPU; svm->vmcb's control area says why, EXITINTINFO included
 *
 * Context: kvm->srcu held; may sleep.
 */
void svm_nested_vmexit(struct vcpu_svm *svm);

/**
 * svm_may_execute() - may an instruction of SVM be executed?
 * @vcpu: the vCPU
 *
 * Return: false, and then an exception is queued.
 */
bool svm_may_execute(struct kvm_vcpu *vcpu);

/**
 * svm_nested_exit() - is an exit of L2 L1's?
 * @svm: the vCPU
 *
 * Context: kvm->srcu held; may sleep.
 * Return: true, and then that was #VMEXIT, and L1 runs; false, it is ours.
 */
bool svm_nested_exit(struct vcpu_svm *svm);

/**
 * svm_nested_v_irq_is_due() - will L1's virtual interrupt end a HLT of L2's?
 * @svm: the vCPU
 */
bool svm_nested_v_irq_is_due(const struct vcpu_svm *svm);

/** svm_nested_open_window() - V_IRQ is going to be ours: keep L1's */
void svm_nested_open_window(struct vcpu_svm *svm);

/** svm_nested_close_window() - it is not any more */
void svm_nested_close_window(struct vcpu_svm *svm);

/**
 * svm_nested_is_soft_event() - is the event INT n, INT3 or INTO of L1's injection?
 * @svm: the vCPU
 *
 * Then it is no instruction of L2's that would be executed again.
 */
bool svm_nested_is_soft_event(const struct vcpu_svm *svm);

/** svm_nested_get_msr() - VM_CR, VM_HSAVE_PA; as the hook get_msr */
int svm_nested_get_msr(struct vcpu_svm *svm, struct msr_data *msr);

/** svm_nested_set_msr() - the same; as the hook set_msr */
int svm_nested_set_msr(struct vcpu_svm *svm, const struct msr_data *msr);

/* Exit handlers; kvm->srcu held. */
int svm_emulate_vmrun(struct kvm_vcpu *vcpu);
int svm_emulate_vmload(struct kvm_vcpu *vcpu);
int svm_emulate_vmsave(struct kvm_vcpu *vcpu);
int svm_emulate_stgi(struct kvm_vcpu *vcpu);
int svm_emulate_clgi(struct kvm_vcpu *vcpu);
int svm_emulate_invlpga(struct kvm_vcpu *vcpu);

/* Hooks; the contracts are in x86_ops_list.h. */
int svm_check_nested_events(struct kvm_vcpu *vcpu);
bool svm_nested_triple_fault(struct kvm_vcpu *vcpu);
bool svm_init_blocked(struct kvm_vcpu *vcpu);
bool svm_emulation_intercepted(struct kvm_vcpu *vcpu,
			       const struct kvm_insn *insn);

#endif
