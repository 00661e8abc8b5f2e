// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - running a guest
 *
 * Owns: ASIDs; what is prepared before, and put right after, the world switch.
 *
 * An ASID names a vCPU's translations in one CPU's TLB.  Each CPU gives them out
 * from 1 on; when they are used up, a new generation begins, with an empty TLB.
 * A vCPU that comes to a CPU, gets another root, or wants its TLB flushed, gets
 * another ASID; so one that was used is never used again in its generation.
 *
 * Locking: see svm.h.
 */
#include <linux/kernel.h>
#include <linux/smp.h>
#include <linux/percpu.h>
#include <linux/static_call.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/spec-ctrl.h>
#include <asm/trapnr.h>

#include "guest_entry.h"
#include "svm/nested.h"
#include "svm/switch.h"
#include "svm/svm.h"
#include "x86/event.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/steal.h"
#include "x86/x86.h"

static_assert(VCPU_REGS_RAX == 0 && VCPU_REGS_RCX == 1 && VCPU_REGS_RDX == 2 &&
	      VCPU_REGS_RBX == 3 && VCPU_REGS_RSP == 4 && VCPU_REGS_RBP == 5 &&
	      VCPU_REGS_RSI == 6 && VCPU_REGS_RDI == 7 && VCPU_REGS_R8 == 8 &&
	      VCPU_REGS_R15 == 15);

/* --- ASIDs --------------------------------------------------------------- */

static void new_asid(struct vcpu_svm *svm, struct svm_cpu *cpu)
{
	if (cpu->next_asid >= svm_nr_asids()) {
		cpu->asid_generation++;
		cpu->next_asid = 1;
		svm->vmcb->control.tlb_ctl = TLB_CONTROL_FLUSH_ALL_ASID;
	}
	svm->asid_generation = cpu->asid_generation;
	svm->asid = cpu->next_asid++;
	svm->vmcb->control.asid = svm->asid;
	vmcb_mark_dirty(svm, VMCB_CLEAN_ASID);
}

void svm_flush_tlb_asid(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (svm_has(SVM_FEATURE_FLUSH_BY_ASID))
		svm->vmcb->control.tlb_ctl = TLB_CONTROL_FLUSH_ASID;
	else
		svm->asid_generation = 0;
}

/* Nobody asks often: with nested paging a guest's INVLPG does not exit. */
void svm_flush_tlb_gva(struct kvm_vcpu *vcpu, gva_t addr)
{
	svm_flush_tlb_asid(vcpu);
}

/* --- load and put -------------------------------------------------------- */

/* This CPU has run another one. */
static void vmcb_comes(struct vcpu_svm *svm, struct svm_cpu *sc)
{
	sc->last_vmcb = svm->vmcb;
	svm->vmcb->control.clean = 0;
	/* Who ran here has trained the branch predictor. */
	indirect_branch_prediction_barrier();
}

void svm_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct svm_cpu *sc = per_cpu_ptr(&svm_cpu, cpu);

	if (vcpu->cpu != cpu) {
		/* That CPU knows neither the VMCB nor the ASID. */
		svm->asid_generation = 0;
		svm->vmcb->control.clean = 0;
	}
	if (sc->last_vmcb != svm->vmcb)
		vmcb_comes(svm, sc);
}

void svm_vcpu_put(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm->host_state_saved = false;
	vcpu->stat.host_state_reload++;
}

/*
 * Another thread's modify_ldt() reaches this CPU by an IPI, between an exit and the
 * next entry; what VMLOAD brings back must not be the LDT of before.
 */
static bool host_ldt_may_change(void)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return READ_ONCE(current->mm->context.ldt);
#else
	return false;
#endif
}

void svm_prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct svm_cpu *sc = this_cpu_ptr(&svm_cpu);

	if (unlikely(!sc->enabled) ||
	    (svm->host_state_saved && !host_ldt_may_change()))
		return;

	asm volatile("vmsave %0" : : "a"(sc->host_vmcb_pa) : "memory");
	if (svm_has(SVM_FEATURE_TSC_SCALING) &&
	    sc->tsc_multiplier != svm->tsc_multiplier) {
		sc->tsc_multiplier = svm->tsc_multiplier;
		wrmsrl(MSR_AMD64_TSC_RATIO, svm->tsc_multiplier);
	}
	svm_msr_prepare_switch(svm);
	svm->host_state_saved = true;
}

void svm_write_tsc_offset(struct kvm_vcpu *vcpu, u64 offset)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	/* Of L1's; L2's is that much more. */
	if (svm->nested)
		svm->nested->vmcb01->control.tsc_offset = offset;
	svm->vmcb->control.tsc_offset = offset + vcpu->arch.tsc.l2_offset;
	vmcb_mark_dirty(svm, VMCB_CLEAN_INTERCEPTS);
}

void svm_write_tsc_multiplier(struct kvm_vcpu *vcpu, u64 multiplier)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	preempt_disable();
	svm->tsc_multiplier = multiplier;
	/* The next entry looks at it again. */
	svm->host_state_saved = false;
	preempt_enable();
}

/* --- the switch ---------------------------------------------------------- */

static void set_dr6(struct vcpu_svm *svm, unsigned long dr6)
{
	if (svm->vmcb->save.dr6 == dr6)
		return;
	svm->vmcb->save.dr6 = dr6;
	vmcb_mark_dirty(svm, VMCB_CLEAN_DR);
}

static void before_switch(struct vcpu_svm *svm, struct svm_cpu *sc)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct vmcb *vmcb = svm->vmcb;
	/* Else #DB, which exits, shall tell what is new in it. */
	unsigned long dr6 = vcpu->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT ?
				    vcpu->arch.dr6 :
				    KVM_DR6_FIXED_1;

	/* A guest and its own guest have changed places. */
	if (unlikely(sc->last_vmcb != vmcb))
		vmcb_comes(svm, sc);
	vmcb->save.rax = vcpu->arch.regs[VCPU_REGS_RAX];
	vmcb->save.rsp = vcpu->arch.regs[VCPU_REGS_RSP];
	vmcb->save.rip = vcpu->arch.regs[VCPU_REGS_RIP];
	vmcb->save.cr2 = vcpu->arch.cr2;
	if (vmcb->save.cr3 != vcpu->arch.cr3) {
		vmcb->save.cr3 = vcpu->arch.cr3;
		vmcb_mark_dirty(svm, VMCB_CLEAN_CR);
	}
	set_dr6(svm, dr6);
	/* What is pushed by the event's delivery has to be the guest's RFLAGS. */
	if (unlikely(svm->nmi_singlestep && vmcb->control.event_inj)) {
		svm_end_nmi_singlestep(svm);
		smp_send_reschedule(vcpu->cpu);
	}
	/* The guest's CR8 is in the VMCB while it runs. */
	if (!svm_l1_masks_intr(svm)) {
		vmcb->control.int_ctl &= ~V_TPR_MASK;
		vmcb->control.int_ctl |= kvm_get_cr8(vcpu) & V_TPR_MASK;
	}

	if (svm->asid_generation != sc->asid_generation)
		new_asid(svm, sc);
}

/* What the guest may have changed without an exit. */
static void after_switch(struct vcpu_svm *svm)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct vmcb *vmcb = svm->vmcb;
	unsigned long owned = vcpu->arch.cr0_guest_owned_bits;

	vcpu->arch.regs[VCPU_REGS_RAX] = vmcb->save.rax;
	vcpu->arch.regs[VCPU_REGS_RSP] = vmcb->save.rsp;
	vcpu->arch.regs[VCPU_REGS_RIP] = vmcb->save.rip;
	vcpu->arch.cr2 = vmcb->save.cr2;
	vcpu->arch.cr3 = vmcb->save.cr3;
	vcpu->arch.regs_avail &= ~BIT(VCPU_EXREG_PDPTR);
	vcpu->arch.cr0 = (vcpu->arch.cr0 & ~owned) | (vmcb->save.cr0 & owned);
	if (!svm_l1_masks_intr(svm) && (vmcb->control.int_ctl & V_TPR_MASK) !=
					       (kvm_get_cr8(vcpu) & V_TPR_MASK))
		kvm_set_cr8(vcpu, vmcb->control.int_ctl & V_TPR_MASK);

	vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	vmcb->control.event_inj = 0;
	if (svm_has(SVM_FEATURE_VMCB_CLEAN))
		vmcb->control.clean = VMCB_CLEAN_ALL & ~VMCB_CLEAN_NEVER;
}

/*
 * The CPU does not take the guest's state.  Then it need not have flushed either,
 * and if that was to begin a new generation, another one begins.
 */
static void refused(struct vcpu_svm *svm, struct svm_cpu *sc)
{
	struct vmcb_control_area *c = &svm->vmcb->control;

	if (c->tlb_ctl == TLB_CONTROL_FLUSH_ALL_ASID)
		sc->next_asid = svm_nr_asids();
	c->tlb_ctl = TLB_CONTROL_DO_NOTHING;
	c->clean = 0;
	svm->asid_generation = 0;
	svm_cancel_injection(&svm->vcpu);
}

static bool spec_ctrl_is_ours(void)
{
	return boot_cpu_has(X86_FEATURE_MSR_SPEC_CTRL) &&
	       !svm_has(SVM_FEATURE_V_SPEC_CTRL);
}

static noinstr void switch_worlds(struct svm_switch *s)
{
	guest_state_begin();
	amd_clear_divider();
	asm volatile("clgi" : : : "memory");
	svm_switch_worlds(s);
	asm volatile("stgi" : : : "memory");
	guest_state_end();
}

enum kvm_exit_fastpath svm_vcpu_run(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct svm_cpu *sc = this_cpu_ptr(&svm_cpu);
	struct svm_switch s = {
		.guest_vmcb = svm->vmcb_pa,
		.host_vmcb = sc->host_vmcb_pa,
		.regs = vcpu->arch.regs,
	};

	/* The host is going down: none of SVM's instructions works any more. */
	if (unlikely(!sc->enabled)) {
		svm->vmcb->control.exit_code = SVM_EXIT_ERR;
		return EXIT_FASTPATH_NONE;
	}

	before_switch(svm, sc);
	if (spec_ctrl_is_ours()) {
		s.flags = SVM_SWITCH_SPEC_CTRL;
		if (!svm_spec_ctrl_intercepted(svm))
			s.flags |= SVM_SWITCH_SPEC_READ;
		s.guest_spec_ctrl = svm->spec_ctrl;
		s.host_spec_ctrl = this_cpu_read(x86_spec_ctrl_current);
	}
	if (!svm_has(SVM_FEATURE_V_SPEC_CTRL))
		x86_spec_ctrl_set_guest(svm->virt_spec_ctrl);
	switch_worlds(&s);
	if (!svm_has(SVM_FEATURE_V_SPEC_CTRL))
		x86_spec_ctrl_restore_host(svm->virt_spec_ctrl);
	if (s.flags & SVM_SWITCH_SPEC_CTRL)
		svm->spec_ctrl = s.guest_spec_ctrl;

	if (unlikely(svm->vmcb->control.exit_code == (u32)SVM_EXIT_ERR)) {
		refused(svm, sc);
		return EXIT_FASTPATH_NONE;
	}
	after_switch(svm);
	svm_complete_events(svm);
	return EXIT_FASTPATH_NONE;
}

void svm_handle_exit_irqoff(struct kvm_vcpu *vcpu)
{
	struct pt_regs regs = {
		.cs = 3, /* as if user mode had been interrupted */
		.flags = X86_EFLAGS_IF,
	};

	if (IS_ENABLED(CONFIG_X86_MCE) &&
	    to_svm(vcpu)->vmcb->control.exit_code ==
		    SVM_EXIT_EXCP_BASE + X86_TRAP_MC)
		do_machine_check(&regs);
	if (to_svm(vcpu)->vmcb->control.exit_code == SVM_EXIT_INTR)
		kvm_steal_time_boundary(vcpu, true);
}
