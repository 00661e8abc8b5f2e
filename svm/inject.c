// SPDX-License-Identifier: GPL-2.0-only
/*
 * inject.c - giving a guest its events, and taking back what did not arrive
 *
 * Owns: EVENTINJ, EXITINTINFO, virtual interrupts as interrupt windows, and the
 * masking of NMIs, which SVM without virtual NMIs leaves to us: an NMI masks the
 * next until the IRET that ends its handler.  IRET is intercepted before it is
 * executed; when the guest's RIP has moved on, it is over.
 *
 * Locking: vCPU's mutex.
 *
 * References: APM 2, 15.20 "Event Injection", 15.21 "Interrupt and Local APIC
 * Support", 15.7.2 "Saving Event Information".
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "irqchip/irqchip.h"
#include "svm/nested.h"
#include "svm/svm.h"
#include "x86/emulate.h"
#include "x86/event.h"
#include "x86/regs.h"

/* --- windows ------------------------------------------------------------- */

/* A virtual interrupt of the highest priority: it exits when it would come. */
void svm_enable_irq_window(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *c = &svm->vmcb->control;

	/* STGI will exit; and L1's RFLAGS.IF does not change while L2 runs. */
	if (!svm_gif(svm) || svm_l1_masks_intr(svm))
		return;
	svm_nested_open_window(svm);
	svm_set_icpt(svm, SVM_ICPT_VINTR, true);
	c->int_vector = 0;
	c->int_ctl &= ~V_INTR_PRIO_MASK;
	c->int_ctl |= V_IRQ_MASK | V_INTR_PRIO_MASK | V_IGN_TPR_MASK;
	vmcb_mark_dirty(svm, VMCB_CLEAN_INTR);
}

void svm_end_irq_window(struct vcpu_svm *svm)
{
	svm->vmcb->control.int_ctl &= ~V_IRQ_INJECTION_BITS_MASK;
	svm_nested_close_window(svm);
	svm_set_icpt(svm, SVM_ICPT_VINTR, false);
	vmcb_mark_dirty(svm, VMCB_CLEAN_INTR);
}

static void begin_singlestep(struct vcpu_svm *svm)
{
	unsigned long mine = X86_EFLAGS_TF | X86_EFLAGS_RF;

	if (svm->nmi_singlestep)
		return;
	svm->nmi_singlestep_rflags = svm->vmcb->save.rflags & mine;
	svm->nmi_singlestep = true;
	svm->vmcb->save.rflags |= mine;
}

void svm_end_nmi_singlestep(struct vcpu_svm *svm)
{
	unsigned long mine = X86_EFLAGS_TF | X86_EFLAGS_RF;

	svm->nmi_singlestep = false;
	/* What was waited for may have come. */
	kvm_make_request(KVM_REQ_EVENT, &svm->vcpu);
	if (svm->vcpu.arch.guest_debug & KVM_GUESTDBG_SINGLESTEP)
		return;
	/* Of the guest's own, TF stays; RF has done its work. */
	if (!(svm->nmi_singlestep_rflags & X86_EFLAGS_TF))
		svm->vmcb->save.rflags &= ~mine;
}

void svm_enable_nmi_window(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	/* So will STGI. */
	if (!svm_gif(svm))
		return;
	/* IRET will exit, and is waited for. */
	if (svm->nmi_masked && !svm->nmi_iret_seen)
		return;
	/* IRET's own end, or that of an interrupt shadow: one step away. */
	begin_singlestep(svm);
}

void svm_nmi_iret(struct vcpu_svm *svm)
{
	svm_set_icpt(svm, SVM_ICPT_IRET, false);
	svm->nmi_iret_seen = true;
	svm->nmi_iret_rip = kvm_rip_read(&svm->vcpu);
	kvm_make_request(KVM_REQ_EVENT, &svm->vcpu);
}

bool svm_get_nmi_mask(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->nmi_masked;
}

void svm_set_nmi_mask(struct kvm_vcpu *vcpu, bool masked)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm->nmi_masked = masked;
	svm->nmi_iret_seen = false;
	svm_set_icpt(svm, SVM_ICPT_IRET, masked);
}

u32 svm_get_interrupt_shadow(struct kvm_vcpu *vcpu)
{
	if (!(to_svm(vcpu)->vmcb->control.int_state &
	      SVM_INTERRUPT_SHADOW_MASK))
		return 0;
	/* SVM does not tell of which instruction it is. */
	return KVM_X86_SHADOW_INT_STI | KVM_X86_SHADOW_INT_MOV_SS;
}

void svm_set_interrupt_shadow(struct kvm_vcpu *vcpu, u32 mask)
{
	struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;

	if (mask)
		c->int_state |= SVM_INTERRUPT_SHADOW_MASK;
	else
		c->int_state &= ~SVM_INTERRUPT_SHADOW_MASK;
}

int svm_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	const struct vcpu_svm *svm = to_svm(vcpu);
	const struct vmcb *vmcb = svm->vmcb;
	bool shadow = vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK;

	if (!svm_gif(svm))
		return 0;
	/* Userspace that has the APIC waits until L1 runs; see has_irq(). */
	if (!for_injection && !lapic_in_kernel(vcpu) &&
	    svm_l1_intercepts(svm, INTERCEPT_INTR))
		return 0;
	/* There is no window for the end of a shadow alone. */
	if (svm_l1_masks_intr(svm))
		return svm_l1_if(svm) ? (shadow ? -EBUSY : 1) : 0;
	return (vmcb->save.rflags & X86_EFLAGS_IF) && !shadow;
}

int svm_nmi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	const struct vcpu_svm *svm = to_svm(vcpu);

	return svm_gif(svm) && !svm->nmi_masked &&
	       !(svm->vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK);
}

int svm_smi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	const struct vcpu_svm *svm = to_svm(vcpu);

	/* SMM is L1's; where it does not want an exit it comes with the next. */
	if (is_guest_mode(vcpu) &&
	    (for_injection || !svm_l1_intercepts(svm, INTERCEPT_SMI)))
		return 0;
	return svm_gif(svm) && !is_smm(vcpu) &&
	       !(svm->vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK);
}

void svm_enable_smi_window(struct kvm_vcpu *vcpu)
{
	if (!is_smm(vcpu) && svm_gif(to_svm(vcpu)) && !is_guest_mode(vcpu))
		begin_singlestep(to_svm(vcpu));
}

void svm_enter_smm(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	/* By userspace alone, see svm_smi_allowed(). */
	svm_nested_leave(svm);
	/* What was to be stepped to has come, or is not the next thing. */
	if (svm->nmi_singlestep)
		svm_end_nmi_singlestep(svm);
}

void svm_update_cr8_intercept(struct kvm_vcpu *vcpu, int tpr, int irr)
{
	/* Only a TPR that holds the interrupt back is worth an exit. */
	svm_set_icpt(to_svm(vcpu), SVM_ICPT_CR8_WRITE,
		     irr >= 0 && tpr >= irr >> 4);
}

/* --- into the guest ------------------------------------------------------ */

void svm_inject_irq(struct kvm_vcpu *vcpu, bool reinjected)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	u32 type = SVM_EVTINJ_TYPE_INTR;

	/* The window that was waited for is here; the next one is asked for anew. */
	if (svm->icpt.flags & SVM_ICPT_VINTR)
		svm_end_irq_window(svm);
	if (vcpu->arch.event.interrupt.soft && svm_nested_is_soft_event(svm)) {
		type = SVM_EVTINJ_TYPE_SOFT;
		svm->vmcb->control.next_rip = kvm_rip_read(vcpu);
	}
	svm->vmcb->control.event_inj = vcpu->arch.event.interrupt.nr |
				       SVM_EVTINJ_VALID | type;
}

void svm_inject_nmi(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm->vmcb->control.event_inj = SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_NMI;
	/* One of L1's making masks no other; APM 2, 15.20. */
	if (!svm_l1_intercepts(svm, INTERCEPT_NMI))
		svm_set_nmi_mask(vcpu, true);
}

static bool is_software_exception(u8 vector)
{
	return vector == X86_TRAP_BP || vector == X86_TRAP_OF;
}

/*
 * What INT3 or INTO would push is the address behind it.  Userspace that gives us
 * one has RIP at the instruction.
 */
static void step_over_for_injection(struct vcpu_svm *svm)
{
	struct kvm_queued_exception *ex = &svm->vcpu.arch.event.exception;
	const struct kvm_queued_exception wanted = *ex;
	int r;

	svm->soft_rip = kvm_rip_read(&svm->vcpu);
	r = kvm_emulate_instruction(&svm->vcpu, GPA_INVALID, KVM_EMULATE_SKIP);
	/* If the instruction can't be read, that is not the guest's concern now. */
	*ex = wanted;
	if (r != 1 || kvm_rip_read(&svm->vcpu) == svm->soft_rip)
		return;
	svm->soft_next_rip = kvm_rip_read(&svm->vcpu);
	svm->soft_event = true;
	svm->vmcb->control.next_rip = svm->soft_next_rip;
}

void svm_inject_exception(struct kvm_vcpu *vcpu)
{
	const struct kvm_queued_exception *ex = &vcpu->arch.event.exception;
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *c = &svm->vmcb->control;

	if (svm_nested_is_soft_event(svm))
		c->next_rip = kvm_rip_read(vcpu);
	else if (is_software_exception(ex->vector))
		step_over_for_injection(svm);
	c->event_inj = ex->vector | SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_EXEPT |
		       (ex->has_error_code ? SVM_EVTINJ_VALID_ERR : 0);
	c->event_inj_err = ex->error_code;
}

/* --- out of the guest ---------------------------------------------------- */

/* An event of a VMCB, in the format of EVENTINJ, is queued again. */
static void requeue(struct vcpu_svm *svm, u32 info, u32 error_code)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	u8 vector = info & SVM_EVTINJ_VEC_MASK;
	bool soft = svm->soft_event;
	bool by_l1 = svm_nested_is_soft_event(svm);

	svm->soft_event = false;
	if (!(info & SVM_EVTINJ_VALID)) {
		if (svm->nested)
			svm->nested->soft_event = false;
		return;
	}
	kvm_make_request(KVM_REQ_EVENT, vcpu);

	switch (info & SVM_EVTINJ_TYPE_MASK) {
	case SVM_EVTINJ_TYPE_NMI:
		vcpu->arch.event.nmi_injected = true;
		break;
	case SVM_EVTINJ_TYPE_EXEPT:
		/* The instruction will do it again. */
		if (is_software_exception(vector) && !by_l1) {
			if (soft && kvm_rip_read(vcpu) == svm->soft_next_rip)
				kvm_rip_write(vcpu, svm->soft_rip);
			break;
		}
		kvm_requeue_exception(vcpu, vector, info & SVM_EVTINJ_VALID_ERR,
				      error_code);
		break;
	case SVM_EVTINJ_TYPE_INTR:
		kvm_queue_interrupt(vcpu, vector, false);
		break;
	case SVM_EVTINJ_TYPE_SOFT:
		/* INT n: RIP is at it, and it will do it again. */
		if (by_l1)
			kvm_queue_interrupt(vcpu, vector, true);
		break;
	}
}

static void clear_injected(struct kvm_vcpu *vcpu)
{
	vcpu->arch.event.nmi_injected = false;
	vcpu->arch.event.exception.injected = false;
	vcpu->arch.event.interrupt.injected = false;
}

void svm_complete_events(struct vcpu_svm *svm)
{
	const struct vmcb_control_area *c = &svm->vmcb->control;
	struct kvm_vcpu *vcpu = &svm->vcpu;

	/* Before it was intercepted IRET may have been executed to its end. */
	if (unlikely(svm->nmi_iret_seen) &&
	    kvm_rip_read(vcpu) != svm->nmi_iret_rip) {
		svm->nmi_iret_seen = false;
		svm->nmi_masked = false;
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}

	clear_injected(vcpu);
	requeue(svm, c->exit_int_info, c->exit_int_info_err);
}

void svm_cancel_injection(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *c = &svm->vmcb->control;

	if (!(c->event_inj & SVM_EVTINJ_VALID))
		return;
	/* It is still marked as injected, and so comes again. */
	c->event_inj = 0;
	if (svm->soft_event)
		kvm_rip_write(vcpu, svm->soft_rip);
	svm->soft_event = false;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}
