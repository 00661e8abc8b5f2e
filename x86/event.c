// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - exceptions, interrupts, NMIs and SMIs on their way into the guest
 *
 * Owns: the queue (struct kvm_vcpu_event), and what the next entry delivers of
 * it.  An entry delivers one event.  In this order: what was being delivered when
 * the last exit came; an exception, which belongs to an instruction; an SMI, of
 * which the guest sees another state of the CPU (smm.h); an NMI; an interrupt.
 * What has to wait gets a window, or an exit right after the entry.
 * Before all that comes what the hypervisor of a nested guest wants to have instead.
 *
 * Locking: see event.h.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/event.h"
#include "x86/exception.h"
#include "x86/regs.h"
#include "x86/smm.h"
#include "x86/trace.h"

/* DR7: the enable bits of all four breakpoints, and GD. */
#define DR7_ENABLED 0xffUL
#define DR7_GD	    BIT(13)

void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu)
{
	struct kvm_queued_exception *ex = &vcpu->arch.event.exception;

	if (!ex->has_payload)
		return;
	switch (ex->vector) {
	case X86_TRAP_DB:
		vcpu->arch.dr6 = kvm_dr6_after_db(vcpu->arch.dr6, ex->payload);
		break;
	case X86_TRAP_PF:
		vcpu->arch.cr2 = ex->payload;
		break;
	}
	ex->has_payload = false;
	ex->payload = 0;
}

static void queue_exception(struct kvm_vcpu *vcpu,
			    const struct kvm_queued_exception *new)
{
	struct kvm_queued_exception *ex = &vcpu->arch.event.exception;
	enum kvm_exception_merge merge = KVM_EXCEPTION_SECOND;

	if (ex->pending || ex->injected)
		merge = kvm_exception_merge(ex->vector, new->vector);
	kvm_make_request(KVM_REQ_EVENT, vcpu);

	if (merge == KVM_EXCEPTION_SHUTDOWN) {
		kvm_clear_exception_queue(vcpu);
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
		return;
	}

	*ex = *new;
	ex->pending = true;
	/*
	 * Only an exception of a nested guest may still turn into something
	 * else that must not see the payload where it belongs.
	 */
	if (!vcpu->arch.guest_mode)
		kvm_deliver_exception_payload(vcpu);
	if (merge == KVM_EXCEPTION_DF)
		*ex = (struct kvm_queued_exception){
			.pending = true,
			.has_error_code = true,
			.vector = X86_TRAP_DF,
		};
}

void kvm_queue_exception(struct kvm_vcpu *vcpu, u8 vector)
{
	const struct kvm_queued_exception ex = { .vector = vector };

	queue_exception(vcpu, &ex);
}

void kvm_queue_exception_e(struct kvm_vcpu *vcpu, u8 vector, u32 error_code)
{
	const struct kvm_queued_exception ex = {
		.vector = vector,
		.has_error_code = true,
		.error_code = error_code,
	};

	queue_exception(vcpu, &ex);
}

void kvm_queue_exception_p(struct kvm_vcpu *vcpu, u8 vector,
			   unsigned long payload)
{
	const struct kvm_queued_exception ex = {
		.vector = vector,
		.has_payload = true,
		.payload = payload,
	};

	queue_exception(vcpu, &ex);
}

void kvm_inject_page_fault(struct kvm_vcpu *vcpu, unsigned long address,
			   u32 error_code)
{
	const struct kvm_queued_exception ex = {
		.vector = X86_TRAP_PF,
		.has_error_code = true,
		.error_code = error_code,
		.has_payload = true,
		.payload = address,
	};

	queue_exception(vcpu, &ex);
}

void kvm_requeue_exception(struct kvm_vcpu *vcpu, u8 vector,
			   bool has_error_code, u32 error_code)
{
	vcpu->arch.event.exception = (struct kvm_queued_exception){
		.injected = true,
		.vector = vector,
		.has_error_code = has_error_code,
		.error_code = error_code,
	};
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

static void set_interrupt(struct kvm_vcpu *vcpu, u8 vector, bool soft)
{
	vcpu->arch.event.interrupt = (struct kvm_queued_interrupt){
		.injected = true,
		.soft = soft,
		.nr = vector,
	};
}

void kvm_queue_interrupt(struct kvm_vcpu *vcpu, u8 vector, bool soft)
{
	set_interrupt(vcpu, vector, soft);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

void kvm_clear_exception_queue(struct kvm_vcpu *vcpu)
{
	vcpu->arch.event.exception.pending = false;
	vcpu->arch.event.exception.injected = false;
	vcpu->arch.event.exception.has_payload = false;
}

void kvm_clear_interrupt_queue(struct kvm_vcpu *vcpu)
{
	vcpu->arch.event.interrupt.injected = false;
}

bool kvm_event_needs_reinjection(const struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;

	return ev->exception.injected || ev->interrupt.injected ||
	       ev->nmi_injected;
}

void kvm_inject_nmi(struct kvm_vcpu *vcpu)
{
	atomic_inc(&vcpu->arch.event.nmi_queued);
	kvm_make_request(KVM_REQ_NMI, vcpu);
}

void kvm_process_nmi(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_event *ev = &vcpu->arch.event;
	unsigned int limit = KVM_MAX_PENDING_NMIS;
	unsigned int pending;

	/* One waits behind the one that runs; the others are lost. */
	if (ev->nmi_injected || static_call(kvm_x86_get_nmi_mask)(vcpu))
		limit = 1;
	pending = atomic_xchg(&ev->nmi_queued, 0);
	pending = min(pending, limit) + ev->nmi_pending;
	ev->nmi_pending = min(pending, limit);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

/* What an exit has interrupted is delivered first, an exception before others. */
static void reinject(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;

	if (ev->exception.injected) {
		trace_kvm_inj_exception(ev->exception.vector,
					ev->exception.has_error_code,
					ev->exception.error_code, true);
		static_call(kvm_x86_inject_exception)(vcpu);
	} else if (ev->exception.pending) {
		return;
	} else if (ev->nmi_injected) {
		static_call(kvm_x86_inject_nmi)(vcpu);
	} else if (ev->interrupt.injected) {
		trace_kvm_inj_virq(ev->interrupt.nr, ev->interrupt.soft, true);
		static_call(kvm_x86_inject_irq)(vcpu, true);
	}
}

static void inject_exception(struct kvm_vcpu *vcpu)
{
	struct kvm_queued_exception *ex = &vcpu->arch.event.exception;
	unsigned long rflags;

	/*
	 * Past x86/regs.h: TF of a debugger stays, and there is nothing new to
	 * look for, which would keep the guest from being entered.
	 */
	if (kvm_exception_is_fault(ex->vector)) {
		rflags = static_call(kvm_x86_get_rflags)(vcpu) | X86_EFLAGS_RF;
		static_call(kvm_x86_set_rflags)(vcpu, rflags);
	}

	kvm_deliver_exception_payload(vcpu);
	/* So that the handler can access debug registers; SDM 3B, 17.2.4. */
	if (ex->vector == X86_TRAP_DB && (vcpu->arch.dr7 & DR7_GD)) {
		vcpu->arch.dr7 &= ~DR7_GD;
		kvm_vcpu_update_dr7(vcpu);
	}
	/* Real mode pushes none, and the CPU would refuse to enter. */
	if (!kvm_read_cr0_bits(vcpu, X86_CR0_PE))
		ex->has_error_code = false;

	ex->pending = false;
	ex->injected = true;
	trace_kvm_inj_exception(ex->vector, ex->has_error_code, ex->error_code,
				false);
	static_call(kvm_x86_inject_exception)(vcpu);
}

/* Return: 1, given; 0, a window was asked for; -EBUSY, there is none. */
static int give_smi(struct kvm_vcpu *vcpu)
{
	int r = -EBUSY;

	if (!kvm_event_needs_reinjection(vcpu))
		r = static_call(kvm_x86_smi_allowed)(vcpu, true);
	if (r > 0)
		kvm_enter_smm(vcpu, false);
	else if (!r)
		static_call(kvm_x86_enable_smi_window)(vcpu);
	return r;
}

/* The same. */
static int give_nmi(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_event *ev = &vcpu->arch.event;
	int r = -EBUSY;

	if (!kvm_event_needs_reinjection(vcpu))
		r = static_call(kvm_x86_nmi_allowed)(vcpu, true);
	if (r < 0)
		return r;
	if (r) {
		ev->nmi_pending--;
		ev->nmi_injected = true;
		static_call(kvm_x86_inject_nmi)(vcpu);
		vcpu->stat.nmi_injections++;
	}
	if (ev->nmi_pending)
		static_call(kvm_x86_enable_nmi_window)(vcpu);
	return r;
}

/*
 * What KVM_INTERRUPT gives without an APIC here is being injected at once, so
 * it is none of these.
 */
static bool has_irq(struct kvm_vcpu *vcpu)
{
	return lapic_in_kernel(vcpu) && kvm_cpu_has_injectable_intr(vcpu);
}

/* Return: as give_nmi(), with -EBUSY only if the vendor says so. */
static int give_irq(struct kvm_vcpu *vcpu)
{
	int vector;
	int r = 0;

	/* The window opens behind the event that is being delivered. */
	if (!kvm_event_needs_reinjection(vcpu))
		r = static_call(kvm_x86_interrupt_allowed)(vcpu, true);
	if (r < 0)
		return r;
	if (r) {
		vector = kvm_cpu_get_interrupt(vcpu);
		if (vector >= 0) {
			set_interrupt(vcpu, vector, false);
			trace_kvm_inj_virq(vector, false, false);
			static_call(kvm_x86_inject_irq)(vcpu, false);
			vcpu->stat.irq_injections++;
		}
	}
	if (has_irq(vcpu))
		static_call(kvm_x86_enable_irq_window)(vcpu);
	return r;
}

int kvm_inject_pending_events(struct kvm_vcpu *vcpu, bool *req_immediate_exit)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;

	if (is_guest_mode(vcpu) &&
	    static_call(kvm_x86_check_nested_events)(vcpu) < 0)
		*req_immediate_exit = true;
	reinject(vcpu);
	if (ev->exception.pending)
		inject_exception(vcpu);

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_BLOCKIRQ)
		return 0;
	if (ev->smi_pending && give_smi(vcpu) < 0)
		*req_immediate_exit = true;
	if (ev->nmi_pending && give_nmi(vcpu) < 0)
		*req_immediate_exit = true;
	if (has_irq(vcpu) && give_irq(vcpu) < 0)
		*req_immediate_exit = true;
	if (kvm_vcpu_wants_interrupt_window(vcpu))
		static_call(kvm_x86_enable_irq_window)(vcpu);
	return 0;
}

bool kvm_vcpu_has_events(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;

	if (ev->exception.pending || kvm_event_needs_reinjection(vcpu))
		return true;
	if (kvm_test_request(KVM_REQ_TRIPLE_FAULT, vcpu))
		return true;
	if (lapic_in_kernel(vcpu) && kvm_apic_has_events(vcpu))
		return true;
	if ((ev->smi_pending || kvm_test_request(KVM_REQ_SMI, vcpu)) &&
	    static_call(kvm_x86_smi_allowed)(vcpu, false) > 0)
		return true;
	if (kvm_test_request(KVM_REQ_NMI, vcpu) ||
	    (ev->nmi_pending &&
	     static_call(kvm_x86_nmi_allowed)(vcpu, false) > 0))
		return true;
	return lapic_in_kernel(vcpu) && kvm_cpu_has_interrupt(vcpu) &&
	       static_call(kvm_x86_interrupt_allowed)(vcpu, false) > 0;
}

bool kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu)
{
	switch (READ_ONCE(vcpu->arch.mp_state)) {
	case KVM_MP_STATE_RUNNABLE:
		if (!READ_ONCE(vcpu->arch.apf.halted))
			return true;
		break;
	case KVM_MP_STATE_HALTED:
		if (READ_ONCE(vcpu->arch.pv.unhalted))
			return true;
		break;
	default:
		/* Until INIT and SIPI nothing else is heard. */
		return lapic_in_kernel(vcpu) && kvm_apic_has_events(vcpu);
	}
	return kvm_test_request(KVM_REQ_APF_READY, vcpu) ||
	       kvm_vcpu_has_events(vcpu);
}

/* Would an interrupt that userspace has find its place free? */
static bool accepts_user_irq(struct kvm_vcpu *vcpu)
{
	if (lapic_in_kernel(vcpu))
		return irqchip_split(vcpu->kvm) &&
		       vcpu->arch.apic->external_vector < 0 &&
		       kvm_apic_accepts_pic(vcpu);
	return !vcpu->arch.event.interrupt.injected;
}

bool kvm_vcpu_wants_interrupt_window(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->run->request_interrupt_window) &&
	       accepts_user_irq(vcpu);
}

bool kvm_vcpu_ready_for_interrupt_injection(struct kvm_vcpu *vcpu)
{
	/*
	 * Not before what belongs to the last instruction is delivered:
	 * userspace may also deliver its interrupt by setting registers.
	 */
	return accepts_user_irq(vcpu) && !kvm_event_needs_reinjection(vcpu) &&
	       !vcpu->arch.event.exception.pending &&
	       static_call(kvm_x86_interrupt_allowed)(vcpu, false) > 0;
}

void kvm_vcpu_event_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct kvm_vcpu_event *ev = &vcpu->arch.event;

	kvm_clear_exception_queue(vcpu);
	kvm_clear_interrupt_queue(vcpu);
	atomic_set(&ev->nmi_queued, 0);
	ev->nmi_pending = 0;
	ev->nmi_injected = false;
	ev->smi_pending = false;
	kvm_clear_request(KVM_REQ_NMI, vcpu);
	/* INIT takes a CPU out of shutdown. */
	kvm_clear_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

void kvm_vcpu_update_dr7(struct kvm_vcpu *vcpu)
{
	unsigned long dr7 = vcpu->arch.dr7;

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_USE_HW_BP)
		dr7 = vcpu->arch.guest_debug_dr7;
	else
		memcpy(vcpu->arch.eff_db, vcpu->arch.db,
		       sizeof(vcpu->arch.eff_db));

	vcpu->arch.switch_db_regs &= ~KVM_DEBUGREG_BP_ENABLED;
	if (dr7 & DR7_ENABLED)
		vcpu->arch.switch_db_regs |= KVM_DEBUGREG_BP_ENABLED;
	static_call(kvm_x86_set_dr7)(vcpu, dr7);
}
