/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - exceptions, interrupts, NMIs and SMIs of a vCPU
 *
 * Owns: struct kvm_vcpu_event, what waits to be given to the guest, and the order
 * in which it is (SDM 3A, "Prioritization of Concurrent Events"; APM 2, 8.5).
 *
 * An event is pending until it is put into what the CPU enters the guest with;
 * then it is injected, until an exit tells that it was delivered.  An exit in
 * the middle of its delivery leaves it injected, and it is injected again.
 *
 * Locking: vCPU's mutex, but for nmi_queued and the requests.
 */
#ifndef TWINWALK_X86_EVENT_H
#define TWINWALK_X86_EVENT_H

#include <linux/atomic.h>
#include <linux/types.h>

struct kvm_guest_debug;
struct kvm_mp_state;
struct kvm_vcpu;
struct kvm_vcpu_events;

/* NMIs that a CPU holds back, beside the one that it runs; SDM 3A, 6.7.1. */
#define KVM_MAX_PENDING_NMIS 2

/**
 * struct kvm_queued_exception - an exception
 * @pending: not given to the CPU so far
 * @injected: given, and its delivery not over
 * @has_error_code: it pushes @error_code
 * @has_payload: @payload is not yet where it belongs: CR2 of #PF, DR6 of #DB
 * @vector: which
 * @error_code: what it pushes
 * @payload: CR2, or what is new in DR6
 */
struct kvm_queued_exception {
	bool pending;
	bool injected;
	bool has_error_code;
	bool has_payload;
	u8 vector;
	u32 error_code;
	unsigned long payload;
};

/**
 * struct kvm_queued_interrupt - an interrupt that is being injected
 * @injected: there is one
 * @soft: by INT n
 * @nr: its vector
 */
struct kvm_queued_interrupt {
	bool injected;
	bool soft;
	u8 nr;
};

/**
 * struct kvm_vcpu_event - what waits to be given to the guest
 * @exception: an exception
 * @interrupt: an interrupt, from an APIC, the PIC or KVM_INTERRUPT
 * @nmi_pending: NMIs not given so far
 * @nmi_injected: an NMI is being injected
 * @smi_pending: an SMI
 * @nmi_queued: NMIs that others have sent, see KVM_REQ_NMI
 */
struct kvm_vcpu_event {
	struct kvm_queued_exception exception;
	struct kvm_queued_interrupt interrupt;
	u8 nmi_pending;
	bool nmi_injected;
	bool smi_pending;
	atomic_t nmi_queued;
};

/**
 * kvm_queue_exception() - the guest shall get an exception
 * @vcpu: the vCPU
 * @vector: without an error code
 *
 * With one that is there already it may become a double fault, or a triple fault,
 * which is KVM_REQ_TRIPLE_FAULT.
 */
void kvm_queue_exception(struct kvm_vcpu *vcpu, u8 vector);

/** kvm_queue_exception_e() - the same with an error code */
void kvm_queue_exception_e(struct kvm_vcpu *vcpu, u8 vector, u32 error_code);

/** kvm_queue_exception_p() - #DB, with what is new in DR6 */
void kvm_queue_exception_p(struct kvm_vcpu *vcpu, u8 vector,
			   unsigned long payload);

/** kvm_inject_page_fault() - #PF at an address */
void kvm_inject_page_fault(struct kvm_vcpu *vcpu, unsigned long address,
			   u32 error_code);

/** kvm_inject_gp() - #GP, and 1: go on in the guest */
static inline int kvm_inject_gp(struct kvm_vcpu *vcpu, u32 error_code)
{
	kvm_queue_exception_e(vcpu, 13, error_code);
	return 1;
}

/** kvm_inject_ud() - #UD, and 1: go on in the guest */
static inline int kvm_inject_ud(struct kvm_vcpu *vcpu)
{
	kvm_queue_exception(vcpu, 6);
	return 1;
}

/**
 * kvm_requeue_exception() - an exit came in the middle of its delivery
 * @vcpu: the vCPU
 * @vector: which
 * @has_error_code: it pushes one
 * @error_code: that
 *
 * No double fault: it is the same exception once more.
 */
void kvm_requeue_exception(struct kvm_vcpu *vcpu, u8 vector,
			   bool has_error_code, u32 error_code);

/** kvm_queue_interrupt() - an interrupt that is to be injected again, or first */
void kvm_queue_interrupt(struct kvm_vcpu *vcpu, u8 vector, bool soft);

/** kvm_clear_exception_queue() - no exception, whether pending or injected */
void kvm_clear_exception_queue(struct kvm_vcpu *vcpu);

/** kvm_clear_interrupt_queue() - no interrupt being injected */
void kvm_clear_interrupt_queue(struct kvm_vcpu *vcpu);

/**
 * kvm_deliver_exception_payload() - put it where it belongs
 * @vcpu: the vCPU
 *
 * CR2 of #PF, DR6 of #DB.  For an exception of L1 it is done when that is queued;
 * for one of L2 when it is injected, as L1 may want to have an exit instead.
 */
void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu);

/** kvm_event_needs_reinjection() - was an exit in the middle of a delivery? */
bool kvm_event_needs_reinjection(const struct kvm_vcpu *vcpu);

/** kvm_inject_nmi() - one more NMI, from anywhere; kicks nobody */
void kvm_inject_nmi(struct kvm_vcpu *vcpu);

/** kvm_process_nmi() - KVM_REQ_NMI: take over what others have sent */
void kvm_process_nmi(struct kvm_vcpu *vcpu);

/**
 * kvm_inject_pending_events() - give the vendor what comes next
 * @vcpu: the vCPU, about to enter the guest; preemption may still be on
 * @req_immediate_exit: set to true if there is more, and no window can be
 *	asked for: exit as soon as what was given is delivered; else left alone
 *
 * Opens windows for what can't be given now, and for userspace that has asked
 * for one (kvm_vcpu_wants_interrupt_window()).
 *
 * Return: 0, or an error.
 */
int kvm_inject_pending_events(struct kvm_vcpu *vcpu, bool *req_immediate_exit);

/** kvm_vcpu_has_events() - is there anything for which HLT would end? */
bool kvm_vcpu_has_events(struct kvm_vcpu *vcpu);

/**
 * kvm_arch_vcpu_runnable() - need it not wait?
 * @vcpu: the vCPU
 *
 * Context: any that has the vCPU's mutex, or is content with a hint.
 */
bool kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_ready_for_interrupt_injection() - may userspace give KVM_INTERRUPT?
 * @vcpu: the vCPU
 *
 * For kvm_run's ready_for_interrupt_injection.
 */
bool kvm_vcpu_ready_for_interrupt_injection(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_wants_interrupt_window() - has userspace asked for an exit then?
 * @vcpu: the vCPU
 *
 * If it has, kvm_inject_pending_events() is to be called before each entry,
 * whatever was requested.
 */
bool kvm_vcpu_wants_interrupt_window(struct kvm_vcpu *vcpu);

/** kvm_vcpu_event_reset() - RESET or INIT; nothing waits any more */
void kvm_vcpu_event_reset(struct kvm_vcpu *vcpu, bool init_event);

/**
 * kvm_vcpu_update_dr7() - DR7 or guest_debug has changed
 * @vcpu: the vCPU
 *
 * Sets eff_db and switch_db_regs, and tells the vendor (set_dr7).
 */
void kvm_vcpu_update_dr7(struct kvm_vcpu *vcpu);

/* The ioctls; what is copied is copied by the table of them (ioctl.h). */
long kvm_vcpu_ioctl_get_events(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_events(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_mp_state(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_mp_state(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_guest_debug(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_interrupt(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_nmi(struct kvm_vcpu *vcpu, void *data);

#endif
