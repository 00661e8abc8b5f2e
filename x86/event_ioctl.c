// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_ioctl.c - how userspace sees and changes what waits for the guest
 *
 * Owns: KVM_{GET,SET}_VCPU_EVENTS, KVM_{GET,SET}_MP_STATE, KVM_SET_GUEST_DEBUG,
 * KVM_INTERRUPT and KVM_NMI, as Documentation/virt/kvm/api.rst has them.
 *
 * Locking: vCPU's mutex; the vCPU is loaded.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/string.h>
#include <asm/trapnr.h>

#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/event.h"
#include "x86/exception.h"
#include "x86/regs.h"
#include "x86/smm.h"

#define KVM_NR_INTERRUPTS 256

#define KVM_GUESTDBG_VALID                                 \
	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP |   \
	 KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW_BP | \
	 KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP | \
	 KVM_GUESTDBG_BLOCKIRQ)

/*
 * INT3, INTO and INT n are executed again after a migration.  Userspace is not
 * told their length, so they can't be injected there.
 */
static bool is_soft_exception(u8 vector)
{
	return vector == X86_TRAP_BP || vector == X86_TRAP_OF;
}

static void get_exception(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	const struct kvm_queued_exception *ex = &vcpu->arch.event.exception;

	if (!vcpu->kvm->arch.exception_payload_enabled)
		kvm_deliver_exception_payload(vcpu);

	if (!is_soft_exception(ex->vector)) {
		events->exception.injected = ex->injected;
		if (vcpu->kvm->arch.exception_payload_enabled)
			events->exception.pending = ex->pending;
		else
			events->exception.injected |= ex->pending;
	}
	events->exception.nr = ex->vector;
	events->exception.has_error_code = ex->has_error_code;
	events->exception.error_code = ex->error_code;
	events->exception_has_payload = ex->has_payload;
	events->exception_payload = ex->has_payload ? ex->payload : 0;
}

static void get_smi(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	if (kvm_check_request(KVM_REQ_SMI, vcpu))
		kvm_process_smi(vcpu);
	events->smi.smm = vcpu->arch.smm;
	events->smi.pending = vcpu->arch.event.smi_pending;
	events->smi.smm_inside_nmi = vcpu->arch.smm_inside_nmi;
	events->smi.latched_init = kvm_lapic_init_latched(vcpu);
	events->flags |= KVM_VCPUEVENT_VALID_SMM;
}

long kvm_vcpu_ioctl_get_events(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;
	struct kvm_vcpu_events *events = data;

	if (kvm_check_request(KVM_REQ_NMI, vcpu))
		kvm_process_nmi(vcpu);

	memset(events, 0, sizeof(*events));
	get_exception(vcpu, events);

	events->interrupt.injected = ev->interrupt.injected &&
				     !ev->interrupt.soft;
	events->interrupt.nr = ev->interrupt.nr;
	events->interrupt.shadow =
		static_call(kvm_x86_get_interrupt_shadow)(vcpu);

	events->nmi.injected = ev->nmi_injected;
	events->nmi.pending = ev->nmi_pending;
	events->nmi.masked = static_call(kvm_x86_get_nmi_mask)(vcpu);

	events->flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
			KVM_VCPUEVENT_VALID_SHADOW;
	get_smi(vcpu, events);
	if (vcpu->kvm->arch.exception_payload_enabled)
		events->flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
	if (vcpu->kvm->arch.triple_fault_event) {
		events->flags |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
		events->triple_fault.pending =
			kvm_test_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	}
	return 0;
}

static void set_exception(struct kvm_vcpu *vcpu,
			  const struct kvm_vcpu_events *events)
{
	vcpu->arch.event.exception = (struct kvm_queued_exception){
		.pending = events->exception.pending,
		.injected = events->exception.injected,
		.has_error_code = events->exception.has_error_code,
		.has_payload = events->exception_has_payload,
		.vector = events->exception.nr,
		.error_code = events->exception.error_code,
		.payload = events->exception_payload,
	};
}

static void set_shadow(struct kvm_vcpu *vcpu, u32 shadow)
{
	shadow &= KVM_X86_SHADOW_INT_MOV_SS | KVM_X86_SHADOW_INT_STI;
	static_call(kvm_x86_set_interrupt_shadow)(vcpu, shadow);
}

static void set_nmi(struct kvm_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	struct kvm_vcpu_event *ev = &vcpu->arch.event;

	ev->nmi_injected = events->nmi.injected;
	static_call(kvm_x86_set_nmi_mask)(vcpu, events->nmi.masked);
	if (!(events->flags & KVM_VCPUEVENT_VALID_NMI_PENDING))
		return;
	/* Not more than a CPU holds back. */
	ev->nmi_pending = 0;
	atomic_set(&ev->nmi_queued, events->nmi.pending);
	kvm_process_nmi(vcpu);
}

/* Outside of SMM no INIT is held back: one that waits has come since the read. */
static void set_smi(struct kvm_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	if (vcpu->arch.smm != !!events->smi.smm) {
		kvm_set_smm(vcpu, events->smi.smm);
		kvm_mmu_reset_context(vcpu);
		kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
	}
	vcpu->arch.smm_inside_nmi = events->smi.smm &&
				    events->smi.smm_inside_nmi;
	vcpu->arch.event.smi_pending = events->smi.pending;
	if (events->smi.smm || events->smi.latched_init)
		kvm_lapic_latch_init(vcpu, events->smi.latched_init);
}

/* What waits for a SIPI hears no SMI, and is in no SMM. */
static bool smi_fits(const struct kvm_vcpu *vcpu,
		     const struct kvm_vcpu_events *events)
{
	return !(events->flags & KVM_VCPUEVENT_VALID_SMM) ||
	       !(events->smi.smm || events->smi.pending) ||
	       vcpu->arch.mp_state != KVM_MP_STATE_INIT_RECEIVED;
}

long kvm_vcpu_ioctl_set_events(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_arch *arch = &vcpu->kvm->arch;
	struct kvm_vcpu_events *events = data;
	unsigned int allowed = 0;
	int r;

	if (arch->exception_payload_enabled)
		allowed |= KVM_EVENTS_PAYLOAD;
	if (arch->triple_fault_event)
		allowed |= KVM_EVENTS_TRIPLE_FAULT;
	r = kvm_check_vcpu_events(events, allowed);
	if (r)
		return r;
	if (!smi_fits(vcpu, events))
		return -EINVAL;

	if (kvm_check_request(KVM_REQ_NMI, vcpu))
		kvm_process_nmi(vcpu);
	set_exception(vcpu, events);
	vcpu->arch.event.interrupt = (struct kvm_queued_interrupt){
		.injected = events->interrupt.injected,
		.soft = events->interrupt.soft,
		.nr = events->interrupt.nr,
	};
	if (events->flags & KVM_VCPUEVENT_VALID_SHADOW)
		set_shadow(vcpu, events->interrupt.shadow);
	set_nmi(vcpu, events);
	if ((events->flags & KVM_VCPUEVENT_VALID_SIPI_VECTOR) &&
	    lapic_in_kernel(vcpu))
		vcpu->arch.apic->sipi_vector = events->sipi_vector;
	if (events->flags & KVM_VCPUEVENT_VALID_SMM)
		set_smi(vcpu, events);
	if (events->flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT) {
		if (events->triple_fault.pending)
			kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
		else
			kvm_clear_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	}
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

long kvm_vcpu_ioctl_get_mp_state(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_mp_state *state = data;
	int r = 0;

	/* An INIT or SIPI that came before is in the answer. */
	if (lapic_in_kernel(vcpu)) {
		kvm_vcpu_srcu_read_lock(vcpu);
		r = kvm_apic_accept_events(vcpu);
		kvm_vcpu_srcu_read_unlock(vcpu);
	}
	if (r < 0)
		return r;
	state->mp_state = vcpu->arch.mp_state;
	/* That it was kicked is in no other state. */
	if (state->mp_state == KVM_MP_STATE_HALTED &&
	    READ_ONCE(vcpu->arch.pv.unhalted))
		state->mp_state = KVM_MP_STATE_RUNNABLE;
	return 0;
}

long kvm_vcpu_ioctl_set_mp_state(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_mp_state *state = data;
	u32 mp_state = state->mp_state;

	if (mp_state != KVM_MP_STATE_RUNNABLE && !lapic_in_kernel(vcpu))
		return -EINVAL;
	/* INIT waits for the end of SMM, and a SIPI is lost. */
	if ((vcpu->arch.smm || vcpu->arch.event.smi_pending) &&
	    (mp_state == KVM_MP_STATE_INIT_RECEIVED ||
	     mp_state == KVM_MP_STATE_SIPI_RECEIVED))
		return -EINVAL;

	switch (mp_state) {
	case KVM_MP_STATE_RUNNABLE:
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
	case KVM_MP_STATE_HALTED:
		break;
	case KVM_MP_STATE_SIPI_RECEIVED:
		/* Taken when it is entered; sipi_vector says where it starts. */
		mp_state = KVM_MP_STATE_INIT_RECEIVED;
		kvm_lapic_set_sipi(vcpu);
		break;
	default:
		return -EINVAL;
	}
	WRITE_ONCE(vcpu->arch.mp_state, mp_state);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

long kvm_vcpu_ioctl_set_guest_debug(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_guest_debug *dbg = data;
	const u32 control = dbg->control & KVM_GUESTDBG_VALID;
	unsigned long rflags;
	unsigned int i;

	if (control & (KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP)) {
		if (vcpu->arch.event.exception.pending)
			return -EBUSY;
		if (control & KVM_GUESTDBG_INJECT_DB)
			kvm_queue_exception(vcpu, X86_TRAP_DB);
		else
			kvm_queue_exception(vcpu, X86_TRAP_BP);
	}

	/* With the old guest_debug, which says whose TF there is. */
	rflags = kvm_get_rflags(vcpu);
	vcpu->arch.guest_debug = control & KVM_GUESTDBG_ENABLE ? control : 0;

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_USE_HW_BP) {
		for (i = 0; i < ARRAY_SIZE(vcpu->arch.eff_db); i++)
			vcpu->arch.eff_db[i] = dbg->arch.debugreg[i];
		/* The upper half is reserved; the CPU would refuse to enter. */
		vcpu->arch.guest_debug_dr7 = (u32)dbg->arch.debugreg[7];
	}
	kvm_vcpu_update_dr7(vcpu);

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP)
		vcpu->arch.singlestep_rip = kvm_get_linear_rip(vcpu);
	kvm_set_rflags(vcpu, rflags);
	static_call(kvm_x86_update_exception_bitmap)(vcpu);
	return 0;
}

long kvm_vcpu_ioctl_interrupt(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_interrupt *irq = data;
	int r;

	if (irq->irq >= KVM_NR_INTERRUPTS)
		return -EINVAL;

	if (irqchip_full(vcpu->kvm))
		return -ENXIO;
	if (irqchip_split(vcpu->kvm)) {
		r = kvm_split_set_extint(vcpu, irq->irq);
		if (r)
			return r;
	} else {
		/* Userspace was told that the guest takes it. */
		if (vcpu->arch.event.interrupt.injected)
			return -EEXIST;
		kvm_queue_interrupt(vcpu, irq->irq, false);
	}
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

long kvm_vcpu_ioctl_nmi(struct kvm_vcpu *vcpu, void *data)
{
	kvm_inject_nmi(vcpu);
	return 0;
}
