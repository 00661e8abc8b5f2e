/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lapic.h - the local APIC of a vCPU
 *
 * Owns: struct kvm_lapic and what is done to it: by its own guest through MMIO or
 * MSRs, by messages of others, by its timer, by userspace.
 *
 * Locking: what belongs to the vCPU is under its mutex: the registers, but IRR
 * and TMR, which anybody may change atomically.  Others read the id, LDR, DFR,
 * TPR and the LVT, a word at a time.  They find the APIC by the VM's map (RCU,
 * apic_map.c); an APIC lives as long as its VM.
 *
 * A message is delivered by setting a bit in IRR, or one in pending_events, and
 * a request and a kick.  So does the timer's callback; what it does is no more
 * than what an IPI does.
 *
 * Deliberately absent: remote read messages, which are dropped.  CMCI.
 */
#ifndef TWINWALK_LAPIC_H
#define TWINWALK_LAPIC_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/types.h>

#include "irqchip/apic_regs.h"

struct kvm;
struct kvm_lapic_state;
struct kvm_vcpu;

/* A periodic timer of a guest runs no faster; 200 us. */
#define KVM_MIN_TIMER_PERIOD_NS 200000

/* Bits of pending_events */
#define KVM_APIC_INIT 0
#define KVM_APIC_SIPI 1

/**
 * struct kvm_lapic_timer - the timer of a local APIC
 * @timer: runs while the guest's does
 * @period: of the initial count, in ns; at least KVM_MIN_TIMER_PERIOD_NS when
 *	it is periodic
 * @tscdeadline: IA32_TSC_DEADLINE; 0, not armed.  The callback clears it
 */
struct kvm_lapic_timer {
	struct hrtimer timer;
	u64 period;
	u64 tscdeadline;
};

/**
 * struct kvm_lapic - a local APIC
 * @vcpu: whose
 * @regs: a page of registers, as xAPIC's MMIO lays them out; of an x2APIC, ICR
 *	has its upper half in APIC_ICR2
 * @timer: the timer
 * @pending_events: INIT and SIPI that have come; any context
 * @sipi_vector: of the last SIPI
 * @esr_pending: errors since the last write of ESR; any context
 * @arb_prio: lowest-priority messages it was chosen for; any context
 * @external_vector: with userspace's PIC, what KVM_INTERRUPT gave, or -1
 * @pending_ioapic_eoi: with userspace's IOAPIC, what it shall be told of
 * @lint0_is_nmi: LVT0 takes the PIT's ticks for NMIs; any context
 */
struct kvm_lapic {
	struct kvm_vcpu *vcpu;
	void *regs;
	struct kvm_lapic_timer timer;
	unsigned long pending_events;
	u8 sipi_vector;
	atomic_t esr_pending;
	atomic_t arb_prio;
	int external_vector;
	int pending_ioapic_eoi;
	bool lint0_is_nmi;
};

/**
 * struct kvm_lapic_irq - a message to APICs
 * @dest: destination; KVM_X2APIC_BROADCAST is all of them
 * @dest_logical: logical destination mode
 * @vector: what is sent, of fixed, lowest priority and SIPI
 * @mode: APIC_DM_*
 * @level: level-triggered
 * @assert: not INIT's level de-assert, which does nothing
 * @lowest: to one of those that are meant
 * @shorthand: 0, or APIC_DEST_SELF, _ALLINC, _ALLBUT
 */
struct kvm_lapic_irq {
	u32 dest;
	u32 mode;
	u32 shorthand;
	u8 vector;
	bool dest_logical;
	bool level;
	bool assert;
	bool lowest;
};

/**
 * kvm_lapic_create() - a local APIC, if the VM has them in the kernel
 * @vcpu: a new vCPU
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM.
 */
int kvm_lapic_create(struct kvm_vcpu *vcpu);

/** kvm_lapic_destroy() - the reverse; also if there is none */
void kvm_lapic_destroy(struct kvm_vcpu *vcpu);

/**
 * kvm_lapic_reset() - RESET or INIT
 * @vcpu: the vCPU
 * @init_event: INIT
 *
 * RESET sets IA32_APIC_BASE as well, without an APIC in the kernel too.
 */
void kvm_lapic_reset(struct kvm_vcpu *vcpu, bool init_event);

/**
 * kvm_lapic_set_base() - IA32_APIC_BASE
 * @vcpu: the vCPU
 * @value: its new value
 * @host_initiated: by userspace, which may go from any valid mode to any other
 *
 * Return: 0; 1, #GP.
 */
int kvm_lapic_set_base(struct kvm_vcpu *vcpu, u64 value, bool host_initiated);

/** kvm_lapic_get_cr8() - task priority class */
u64 kvm_lapic_get_cr8(struct kvm_vcpu *vcpu);

/** kvm_lapic_set_cr8() - set it; @cr8 is 0 to 15 */
void kvm_lapic_set_cr8(struct kvm_vcpu *vcpu, unsigned long cr8);

/**
 * kvm_x2apic_msr_read() - an MSR from 0x800 to 0x8ff
 * @vcpu: the vCPU
 * @msr: which
 * @data: filled, if the answer is 0
 *
 * Return: 0; 1, #GP.
 */
int kvm_x2apic_msr_read(struct kvm_vcpu *vcpu, u32 msr, u64 *data);

/** kvm_x2apic_msr_write() - the same for a write */
int kvm_x2apic_msr_write(struct kvm_vcpu *vcpu, u32 msr, u64 data);

/**
 * kvm_lapic_mmio_read() - the guest reads guest physical memory
 * @vcpu: the vCPU
 * @gpa: where
 * @len: bytes
 * @val: to be filled
 *
 * Return: 0; -EOPNOTSUPP, it is not its APIC that is there.
 */
int kvm_lapic_mmio_read(struct kvm_vcpu *vcpu, u64 gpa, int len, void *val);

/** kvm_lapic_mmio_write() - the same for a write */
int kvm_lapic_mmio_write(struct kvm_vcpu *vcpu, u64 gpa, int len,
			 const void *val);

/** kvm_get_lapic_tscdeadline_msr() - IA32_TSC_DEADLINE */
u64 kvm_get_lapic_tscdeadline_msr(struct kvm_vcpu *vcpu);

/** kvm_set_lapic_tscdeadline_msr() - the same, set; arms the timer */
void kvm_set_lapic_tscdeadline_msr(struct kvm_vcpu *vcpu, u64 data);

/**
 * kvm_lapic_timer_moved() - the guest's TSC was changed, or it is on another CPU
 * @vcpu: the vCPU
 *
 * Context: any; makes KVM_REQ_APIC_TIMER, if there is something to do.
 */
void kvm_lapic_timer_moved(struct kvm_vcpu *vcpu);

/**
 * kvm_lapic_restart_timer() - KVM_REQ_APIC_TIMER
 * @vcpu: the vCPU
 *
 * What runs is started once more, on this CPU, and a deadline by what the guest's
 * TSC is now.
 * Context: the vCPU's task.
 */
void kvm_lapic_restart_timer(struct kvm_vcpu *vcpu);

/**
 * kvm_lapic_find_highest_irr() - the highest vector that waits
 * @vcpu: the vCPU
 *
 * Whether it may interrupt or not; for the TPR threshold.
 * Return: it, or -1.
 */
int kvm_lapic_find_highest_irr(struct kvm_vcpu *vcpu);

/** kvm_apic_has_interrupt() - the vector that may interrupt now, or -1 */
int kvm_apic_has_interrupt(struct kvm_vcpu *vcpu);

/** kvm_apic_ack_interrupt() - that vector goes to service */
void kvm_apic_ack_interrupt(struct kvm_vcpu *vcpu, u8 vector);

/** kvm_apic_accepts_pic() - would it take an interrupt of the PIC? any context */
bool kvm_apic_accepts_pic(struct kvm_vcpu *vcpu);

/**
 * kvm_apic_accept_events() - INIT and SIPI that have come
 * @vcpu: the vCPU
 *
 * Context: the vCPU's task, loaded.
 * Return: 0 or an error.
 */
int kvm_apic_accept_events(struct kvm_vcpu *vcpu);

/** kvm_apic_has_events() - is there one that can be taken? any context */
bool kvm_apic_has_events(struct kvm_vcpu *vcpu);

/** kvm_lapic_latch_init() - userspace says that an INIT waits, or does not */
void kvm_lapic_latch_init(struct kvm_vcpu *vcpu, bool pending);

/** kvm_lapic_init_latched() - does one? */
bool kvm_lapic_init_latched(struct kvm_vcpu *vcpu);

/** kvm_lapic_set_sipi() - userspace says that a SIPI has come */
void kvm_lapic_set_sipi(struct kvm_vcpu *vcpu);

/** kvm_lapic_set_tpr() - set all 8 bits of it */
void kvm_lapic_set_tpr(struct kvm_vcpu *vcpu, u8 tpr);

/**
 * kvm_lapic_eoi_is_quiet() - would EOI now do no more than clear a bit in ISR?
 * @vcpu: the vCPU; without an APIC, too
 *
 * Nothing waits that may be let in by it, and no IOAPIC wants to know.
 */
bool kvm_lapic_eoi_is_quiet(struct kvm_vcpu *vcpu);

/** kvm_lapic_eoi() - the guest has written EOI; for PV EOI too */
void kvm_lapic_eoi(struct kvm_vcpu *vcpu);

/** kvm_lapic_ident() - by what an APIC is found; any context */
void kvm_lapic_ident(struct kvm_lapic *apic, struct kvm_apic_ident *ident);

/** kvm_lapic_hw_enabled() - IA32_APIC_BASE has EN; any context */
bool kvm_lapic_hw_enabled(struct kvm_lapic *apic);

/** kvm_lapic_is_x2apic() - ... and EXTD; any context */
bool kvm_lapic_is_x2apic(struct kvm_lapic *apic);

/** kvm_lapic_sw_enabled() - SVR has the APIC on; any context */
static inline bool kvm_lapic_sw_enabled(struct kvm_lapic *apic)
{
	return kvm_apic_read_reg(apic->regs, APIC_SPIV) &
	       APIC_SPIV_APIC_ENABLED;
}

/**
 * kvm_lapic_accept() - a message has reached an APIC
 * @apic: the APIC
 * @irq: the message
 *
 * Context: any.
 * Return: 1, it was taken; 0, the like of it waits already; -1, not taken.
 */
int kvm_lapic_accept(struct kvm_lapic *apic, const struct kvm_lapic_irq *irq);

/** kvm_lapic_deliver_lvt() - something local happened: @lvt is APIC_LVT* */
void kvm_lapic_deliver_lvt(struct kvm_lapic *apic, u32 lvt);

/**
 * kvm_lapic_lint0_tick() - the PIT has ticked
 * @kvm: the VM
 *
 * Its line is wired to LINT0 of all APICs: those that take it for an NMI get one.
 * Context: any.
 */
void kvm_lapic_lint0_tick(struct kvm *kvm);

/* Of lapic_timer.c, for lapic.c. */
void kvm_lapic_timer_init(struct kvm_lapic *apic);
void kvm_lapic_timer_start(struct kvm_lapic *apic, u32 count);
void kvm_lapic_timer_stop(struct kvm_lapic *apic);
u32 kvm_lapic_timer_current(struct kvm_lapic *apic);
void kvm_lapic_timer_set_lvt(struct kvm_lapic *apic, u32 val);
void kvm_lapic_timer_set_divider(struct kvm_lapic *apic, u32 tdcr);

/* KVM_GET_LAPIC and KVM_SET_LAPIC */
long kvm_vcpu_ioctl_get_lapic(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_lapic(struct kvm_vcpu *vcpu, void *data);

#endif
