// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapic.c - the local APIC of a vCPU: registers, interrupts, INIT and SIPI
 *
 * Owns: all of struct kvm_lapic but its timer.  See lapic.h.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>

#include "irqchip/apic_map.h"
#include "irqchip/ioapic.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pv_apic.h"
#include "irqchip/routing.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/regs.h"
#include "x86/smm.h"
#include "x86/trace.h"
#include "x86/x86.h"

/* Reserved in IA32_APIC_BASE whatever the guest's CPU is. */
#define APIC_BASE_RESERVED 0x2ffull

static u32 get_reg(struct kvm_lapic *apic, u32 offset)
{
	return kvm_apic_read_reg(apic->regs, offset);
}

static void set_reg(struct kvm_lapic *apic, u32 offset, u32 val)
{
	kvm_apic_write_reg(apic->regs, offset, val);
}

bool kvm_lapic_hw_enabled(struct kvm_lapic *apic)
{
	return READ_ONCE(apic->vcpu->arch.apic_base) & XAPIC_ENABLE;
}

bool kvm_lapic_is_x2apic(struct kvm_lapic *apic)
{
	u64 both = XAPIC_ENABLE | X2APIC_ENABLE;

	return (READ_ONCE(apic->vcpu->arch.apic_base) & both) == both;
}

void kvm_lapic_ident(struct kvm_lapic *apic, struct kvm_apic_ident *ident)
{
	u32 ldr = get_reg(apic, APIC_LDR);

	ident->id = apic->vcpu->vcpu_id;
	ident->xapic_id = get_reg(apic, APIC_ID) >> 24;
	ident->x2apic = kvm_lapic_is_x2apic(apic);
	ident->logical = ident->x2apic ? kvm_x2apic_ldr(ident->id) : ldr >> 24;
	ident->cluster = get_reg(apic, APIC_DFR) == APIC_DFR_CLUSTER;
}

/* Interrupts */

static void request_event(struct kvm_lapic *apic)
{
	kvm_make_request(KVM_REQ_EVENT, apic->vcpu);
	kvm_vcpu_kick(apic->vcpu);
}

static bool set_irr(struct kvm_lapic *apic, u8 vector, bool level)
{
	unsigned int bit = vector % 32;
	unsigned long *tmr =
		kvm_apic_vector_word(apic->regs + APIC_TMR, vector);
	unsigned long *irr =
		kvm_apic_vector_word(apic->regs + APIC_IRR, vector);

	/* TMR first: EOI of it looks there. */
	if (level)
		set_bit(bit, tmr);
	else
		clear_bit(bit, tmr);
	if (test_and_set_bit(bit, irr))
		return false;
	request_event(apic);
	return true;
}

/* SDM 3A, "Error Handling"; an error told already is not told again. */
static void apic_error(struct kvm_lapic *apic, u32 error)
{
	u32 lvt = get_reg(apic, APIC_LVTERR);
	u8 vector = lvt & APIC_VECTOR_MASK;

	if (atomic_fetch_or(error, &apic->esr_pending) & error)
		return;
	/* An illegal vector here would be an error of its own, for ever. */
	if (!(lvt & APIC_LVT_MASKED) && vector >= KVM_APIC_FIRST_VECTOR &&
	    kvm_lapic_sw_enabled(apic))
		set_irr(apic, vector, false);
}

static int accept_fixed(struct kvm_lapic *apic, u8 vector, bool level)
{
	if (!kvm_lapic_sw_enabled(apic))
		return -1;
	if (vector < KVM_APIC_FIRST_VECTOR) {
		apic_error(apic, APIC_ESR_RECVILL);
		return -1;
	}
	return set_irr(apic, vector, level);
}

int kvm_lapic_accept(struct kvm_lapic *apic, const struct kvm_lapic_irq *irq)
{
	trace_kvm_apic_accept_irq(apic->vcpu->vcpu_id, irq->mode, irq->level,
				  irq->vector);
	switch (irq->mode) {
	case APIC_DM_FIXED:
	case APIC_DM_LOWEST:
		return accept_fixed(apic, irq->vector, irq->level);
	case APIC_DM_NMI:
		kvm_inject_nmi(apic->vcpu);
		kvm_vcpu_kick(apic->vcpu);
		return 1;
	case APIC_DM_SMI:
		kvm_inject_smi(apic->vcpu);
		kvm_vcpu_kick(apic->vcpu);
		return 1;
	case APIC_DM_INIT:
		if (!irq->assert)
			return -1;
		/* A SIPI that came before it is for nobody. */
		xchg(&apic->pending_events, BIT(KVM_APIC_INIT));
		request_event(apic);
		return 1;
	case APIC_DM_STARTUP:
		WRITE_ONCE(apic->sipi_vector, irq->vector);
		/* The vector is there when the bit is. */
		smp_wmb();
		set_bit(KVM_APIC_SIPI, &apic->pending_events);
		request_event(apic);
		return 1;
	default:
		return -1;
	}
}

void kvm_lapic_deliver_lvt(struct kvm_lapic *apic, u32 lvt)
{
	u32 val = get_reg(apic, lvt);
	bool lint = lvt == APIC_LVT0 || lvt == APIC_LVT1;

	if ((val & APIC_LVT_MASKED) || !kvm_lapic_hw_enabled(apic))
		return;
	trace_kvm_apic_accept_irq(apic->vcpu->vcpu_id, val & APIC_MODE_MASK,
				  lint && (val & APIC_LVT_LEVEL_TRIGGER),
				  val & APIC_VECTOR_MASK);
	switch (val & APIC_MODE_MASK) {
	case APIC_DM_FIXED:
		accept_fixed(apic, val & APIC_VECTOR_MASK,
			     lint && (val & APIC_LVT_LEVEL_TRIGGER));
		break;
	case APIC_DM_NMI:
		kvm_inject_nmi(apic->vcpu);
		kvm_vcpu_kick(apic->vcpu);
		break;
	case APIC_DM_SMI:
		kvm_inject_smi(apic->vcpu);
		kvm_vcpu_kick(apic->vcpu);
		break;
	default:
		break;
	}
}

/* After LVT0 was written: are the PIT's ticks to come as NMIs? */
static void lint0_changed(struct kvm_lapic *apic)
{
	u32 lvt = get_reg(apic, APIC_LVT0);
	bool nmi = !(lvt & APIC_LVT_MASKED) &&
		   (lvt & APIC_MODE_MASK) == APIC_DM_NMI;

	if (nmi == apic->lint0_is_nmi)
		return;
	WRITE_ONCE(apic->lint0_is_nmi, nmi);
	atomic_add(nmi ? 1 : -1, &apic->vcpu->kvm->arch.irqchip.nr_lint0_nmi);
}

void kvm_lapic_lint0_tick(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (!atomic_read(&kvm->arch.irqchip.nr_lint0_nmi))
		return;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		struct kvm_lapic *apic = vcpu->arch.apic;

		if (apic && READ_ONCE(apic->lint0_is_nmi))
			kvm_lapic_deliver_lvt(apic, APIC_LVT0);
	}
}

int kvm_lapic_find_highest_irr(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic || !kvm_lapic_hw_enabled(apic))
		return -1;
	return kvm_apic_find_highest(apic->regs + APIC_IRR);
}

static u32 current_ppr(struct kvm_lapic *apic)
{
	return kvm_apic_ppr(get_reg(apic, APIC_TASKPRI),
			    kvm_apic_find_highest(apic->regs + APIC_ISR));
}

int kvm_apic_has_interrupt(struct kvm_vcpu *vcpu)
{
	int irr = kvm_lapic_find_highest_irr(vcpu);

	if (irr < 0 || !kvm_apic_above_ppr(irr, current_ppr(vcpu->arch.apic)))
		return -1;
	return irr;
}

void kvm_apic_ack_interrupt(struct kvm_vcpu *vcpu, u8 vector)
{
	void *regs = vcpu->arch.apic->regs;

	/* In service first: nobody finds it nowhere. */
	set_bit(vector % 32, kvm_apic_vector_word(regs + APIC_ISR, vector));
	clear_bit(vector % 32, kvm_apic_vector_word(regs + APIC_IRR, vector));
}

bool kvm_apic_accepts_pic(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 lvt;

	/* Without an APIC, the PIC is at the CPU's pin. */
	if (!kvm_lapic_hw_enabled(apic))
		return true;
	lvt = get_reg(apic, APIC_LVT0);
	return !(lvt & APIC_LVT_MASKED) &&
	       (lvt & APIC_MODE_MASK) == APIC_DM_EXTINT;
}

void kvm_lapic_eoi(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	int vector = kvm_apic_find_highest(apic->regs + APIC_ISR);
	bool level;

	trace_kvm_eoi(vcpu->vcpu_id, vector);
	if (vector < 0)
		return;
	clear_bit(vector % 32,
		  kvm_apic_vector_word(apic->regs + APIC_ISR, vector));
	level = kvm_apic_test_vector(apic->regs + APIC_TMR, vector);
	kvm_make_request(KVM_REQ_EVENT, vcpu);

	/* SDM 3A, "EOI-Broadcast Suppression": the guest tells the IOAPIC. */
	if (level && (get_reg(apic, APIC_SPIV) & APIC_SPIV_DIRECTED_EOI))
		return;
	if (irqchip_full(vcpu->kvm)) {
		kvm_ioapic_eoi(vcpu->kvm, vector, level);
	} else if (level && kvm_route_wants_eoi(apic, vector)) {
		apic->pending_ioapic_eoi = vector;
		kvm_make_request(KVM_REQ_IOAPIC_EOI_EXIT, vcpu);
	}
}

bool kvm_lapic_eoi_is_quiet(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	int vector;

	if (!apic || !kvm_lapic_hw_enabled(apic))
		return false;
	vector = kvm_apic_find_highest(apic->regs + APIC_ISR);
	return vector >= 0 &&
	       kvm_apic_find_highest(apic->regs + APIC_IRR) < 0 &&
	       !kvm_apic_test_vector(apic->regs + APIC_TMR, vector) &&
	       !(irqchip_full(vcpu->kvm) &&
		 kvm_ioapic_wants_eoi(vcpu->kvm, vector));
}

/* INIT and SIPI */

bool kvm_apic_has_events(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	/* SDM 3C, "SMI Handler Execution Environment": INIT waits for RSM. */
	if (!apic || !READ_ONCE(apic->pending_events) || vcpu->arch.smm)
		return false;
	/* L2 goes on, so that L1 can have it. */
	return !static_call(kvm_x86_init_blocked)(vcpu) ||
	       vcpu->arch.guest_mode;
}

static void start_at_sipi(struct kvm_vcpu *vcpu, u8 vector)
{
	struct kvm_segment cs;

	static_call(kvm_x86_get_segment)(vcpu, &cs, VCPU_SREG_CS);
	cs.selector = vector << 8;
	cs.base = vector << 12;
	static_call(kvm_x86_set_segment)(vcpu, &cs, VCPU_SREG_CS);
	kvm_rip_write(vcpu, 0);
}

int kvm_apic_accept_events(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic || !READ_ONCE(apic->pending_events))
		return 0;
	if (vcpu->arch.smm || static_call(kvm_x86_init_blocked)(vcpu)) {
		clear_bit(KVM_APIC_SIPI, &apic->pending_events);
		return 0;
	}
	if (test_and_clear_bit(KVM_APIC_INIT, &apic->pending_events)) {
		kvm_vcpu_reset(vcpu, true);
		WRITE_ONCE(vcpu->arch.mp_state,
			   kvm_vcpu_is_bsp(vcpu) ? KVM_MP_STATE_RUNNABLE :
						   KVM_MP_STATE_INIT_RECEIVED);
	}
	if (test_and_clear_bit(KVM_APIC_SIPI, &apic->pending_events) &&
	    vcpu->arch.mp_state == KVM_MP_STATE_INIT_RECEIVED) {
		/* The vector was there before the bit was. */
		smp_rmb();
		start_at_sipi(vcpu, READ_ONCE(apic->sipi_vector));
		WRITE_ONCE(vcpu->arch.mp_state, KVM_MP_STATE_RUNNABLE);
	}
	return 0;
}

void kvm_lapic_latch_init(struct kvm_vcpu *vcpu, bool pending)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic)
		return;
	if (pending)
		set_bit(KVM_APIC_INIT, &apic->pending_events);
	else
		clear_bit(KVM_APIC_INIT, &apic->pending_events);
}

bool kvm_lapic_init_latched(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	return apic && test_bit(KVM_APIC_INIT, &apic->pending_events);
}

void kvm_lapic_set_sipi(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.apic)
		set_bit(KVM_APIC_SIPI, &vcpu->arch.apic->pending_events);
}

/* Registers */

static void send_ipi(struct kvm_lapic *apic, u32 icr, u32 dest)
{
	struct kvm_lapic_irq irq = {
		.dest = dest,
		.mode = icr & APIC_DM_FIXED_MASK,
		.shorthand = icr & APIC_DEST_ALLBUT,
		.vector = icr & APIC_VECTOR_MASK,
		.dest_logical = icr & APIC_DEST_LOGICAL,
		.assert = true,
	};

	trace_kvm_apic_ipi(icr, dest);
	switch (irq.mode) {
	case APIC_DM_LOWEST:
		irq.lowest = true;
		fallthrough;
	case APIC_DM_FIXED:
		if (irq.vector < KVM_APIC_FIRST_VECTOR) {
			apic_error(apic, APIC_ESR_SENDILL);
			return;
		}
		break;
	case APIC_DM_INIT:
		irq.assert = !(icr & APIC_INT_LEVELTRIG) ||
			     (icr & APIC_INT_ASSERT);
		break;
	case APIC_DM_NMI:
	case APIC_DM_SMI:
	case APIC_DM_STARTUP:
		break;
	default:
		return;
	}
	kvm_irq_delivery_to_apic(apic->vcpu->kvm, apic, &irq);
}

static void write_icr(struct kvm_lapic *apic, u32 icr)
{
	u32 dest = get_reg(apic, APIC_ICR2);

	/* Delivery is over when the write is. */
	icr &= ~APIC_ICR_BUSY;
	set_reg(apic, APIC_ICR, icr);
	send_ipi(apic, icr, kvm_lapic_is_x2apic(apic) ? dest : dest >> 24);
}

static const u16 lvts[KVM_APIC_NR_LVT] = {
	APIC_LVTT, APIC_LVTTHMR, APIC_LVTPC, APIC_LVT0, APIC_LVT1, APIC_LVTERR,
};

/* SDM 3A, "Local APIC State After It Has Been Software Disabled". */
static void mask_lvts(struct kvm_lapic *apic)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lvts); i++)
		set_reg(apic, lvts[i],
			get_reg(apic, lvts[i]) | APIC_LVT_MASKED);
}

static u32 apic_version(struct kvm_lapic *apic)
{
	u32 version = KVM_APIC_VERSION;

	/* Our IOAPIC has no EOI register, userspace's may have. */
	if (irqchip_split(apic->vcpu->kvm) &&
	    guest_cpuid_has(apic->vcpu, X86_FEATURE_X2APIC))
		version |= APIC_LVR_DIRECTED_EOI;
	return version;
}

static void write_svr(struct kvm_lapic *apic, u32 val)
{
	if (!(apic_version(apic) & APIC_LVR_DIRECTED_EOI))
		val &= ~APIC_SPIV_DIRECTED_EOI;
	set_reg(apic, APIC_SPIV, val);
	if (!(val & APIC_SPIV_APIC_ENABLED)) {
		mask_lvts(apic);
		lint0_changed(apic);
	}
}

static void write_lvt(struct kvm_lapic *apic, u32 offset, u32 val)
{
	if (!kvm_lapic_sw_enabled(apic))
		val |= APIC_LVT_MASKED;
	if (offset != APIC_LVTT) {
		set_reg(apic, offset, val);
		if (offset == APIC_LVT0) {
			lint0_changed(apic);
			/* What the PIC has may be let in now. */
			kvm_make_request(KVM_REQ_EVENT, apic->vcpu);
		}
		return;
	}
	if (!guest_cpuid_has(apic->vcpu, X86_FEATURE_TSC_DEADLINE_TIMER))
		val &= ~APIC_LVT_TIMER_TSCDEADLINE;
	kvm_lapic_timer_set_lvt(apic, val);
}

static void write_ident(struct kvm_lapic *apic, u32 offset, u32 val)
{
	if (get_reg(apic, offset) == val)
		return;
	set_reg(apic, offset, val);
	kvm_apic_map_update(apic->vcpu->kvm);
}

/* With nothing that waits, and no copy in memory, there is nothing to look for. */
static void write_tpr(struct kvm_lapic *apic, u32 val)
{
	struct kvm_vcpu *vcpu = apic->vcpu;

	set_reg(apic, APIC_TASKPRI, val);
	if (kvm_apic_find_highest(apic->regs + APIC_IRR) >= 0 ||
	    vcpu->arch.pv_apic.vapic_addr)
		kvm_make_request(KVM_REQ_EVENT, vcpu);
}

static void write_tmict(struct kvm_lapic *apic, u32 val)
{
	u32 mode = get_reg(apic, APIC_LVTT) & KVM_APIC_LVT_MODE_MASK;

	if (mode == APIC_LVT_TIMER_TSCDEADLINE)
		return;
	kvm_lapic_timer_stop(apic);
	set_reg(apic, APIC_TMICT, val);
	kvm_lapic_timer_start(apic, val);
}

/* @val has only bits that can be written; but ICR's are all kept. */
static void write_reg(struct kvm_lapic *apic, u32 offset, u32 val)
{
	switch (offset) {
	case APIC_ID:
	case APIC_LDR:
		write_ident(apic, offset, val);
		break;
	case APIC_DFR:
		write_ident(apic, offset, val | 0x0fffffff);
		break;
	case APIC_TASKPRI:
		write_tpr(apic, val);
		break;
	case APIC_EOI:
		kvm_lapic_eoi(apic->vcpu);
		break;
	case APIC_SPIV:
		write_svr(apic, val);
		break;
	case APIC_ESR:
		set_reg(apic, APIC_ESR, atomic_xchg(&apic->esr_pending, 0));
		break;
	case APIC_ICR:
		write_icr(apic, val);
		break;
	case APIC_ICR2:
		set_reg(apic, APIC_ICR2, val);
		break;
	case APIC_LVTT:
	case APIC_LVTTHMR:
	case APIC_LVTPC:
	case APIC_LVT0:
	case APIC_LVT1:
	case APIC_LVTERR:
		write_lvt(apic, offset, val);
		break;
	case APIC_TMICT:
		write_tmict(apic, val);
		break;
	case APIC_TDCR:
		kvm_lapic_timer_set_divider(apic, val);
		break;
	case APIC_SELF_IPI:
		send_ipi(apic, APIC_DEST_SELF | val, 0);
		break;
	default:
		break;
	}
}

static u32 read_reg(struct kvm_lapic *apic, u32 offset)
{
	switch (offset) {
	case APIC_LVR:
		return apic_version(apic);
	case APIC_PROCPRI:
		return current_ppr(apic);
	case APIC_TMCCT:
		return kvm_lapic_timer_current(apic);
	default:
		return get_reg(apic, offset);
	}
}

static bool is_apic_page(struct kvm_vcpu *vcpu, u64 gpa)
{
	u64 base = vcpu->arch.apic_base;

	return vcpu->arch.apic && (base & XAPIC_ENABLE) &&
	       (gpa & PAGE_MASK) == (base & PAGE_MASK);
}

/* In x2APIC mode there is nothing; by default it reads as all ones. */
static bool hole_is_ours(struct kvm_vcpu *vcpu)
{
	return !(vcpu->kvm->arch.disabled_quirks &
		 KVM_X86_QUIRK_LAPIC_MMIO_HOLE);
}

int kvm_lapic_mmio_read(struct kvm_vcpu *vcpu, u64 gpa, int len, void *val)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 offset = gpa & ~PAGE_MASK, byte = offset & 0xf, word = 0;

	if (!is_apic_page(vcpu, gpa))
		return -EOPNOTSUPP;
	if (kvm_lapic_is_x2apic(apic)) {
		if (!hole_is_ours(vcpu))
			return -EOPNOTSUPP;
		memset(val, 0xff, len);
		return 0;
	}

	offset &= ~0xfu;
	if (offset == APIC_TASKPRI)
		kvm_pv_apic_tpr_access(vcpu, false);
	if (kvm_apic_reg(offset)->access & KVM_APIC_REG_READ)
		word = read_reg(apic, offset);
	else if (!(kvm_apic_reg(offset)->access & KVM_APIC_REG_WRITE))
		apic_error(apic, APIC_ESR_ILLREGA);
	trace_kvm_apic(KVM_TRACE_APIC_READ, offset, word);

	/* Behind a register's 4 bytes there is nothing. */
	memset(val, 0, len);
	if (byte < sizeof(word))
		memcpy(val, (u8 *)&word + byte,
		       min_t(size_t, len, sizeof(word) - byte));
	return 0;
}

int kvm_lapic_mmio_write(struct kvm_vcpu *vcpu, u64 gpa, int len,
			 const void *val)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	const struct kvm_apic_reg *reg;
	u32 offset = gpa & ~PAGE_MASK, word;

	if (!is_apic_page(vcpu, gpa))
		return -EOPNOTSUPP;
	if (kvm_lapic_is_x2apic(apic))
		return hole_is_ours(vcpu) ? 0 : -EOPNOTSUPP;

	/* SDM 3A: "all ... registers are to be accessed with 32 bits". */
	if (len != sizeof(word) || (offset & 0xf))
		return 0;
	reg = kvm_apic_reg(offset);
	if (!(reg->access & KVM_APIC_REG_WRITE)) {
		if (!(reg->access & KVM_APIC_REG_READ))
			apic_error(apic, APIC_ESR_ILLREGA);
		return 0;
	}
	if (offset == APIC_TASKPRI)
		kvm_pv_apic_tpr_access(vcpu, true);
	memcpy(&word, val, sizeof(word));
	trace_kvm_apic(KVM_TRACE_APIC_WRITE, offset, word);
	write_reg(apic, offset,
		  offset == APIC_ICR ? word : word & reg->writable);
	return 0;
}

int kvm_x2apic_msr_read(struct kvm_vcpu *vcpu, u32 msr, u64 *data)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 offset = (msr - APIC_BASE_MSR) << 4;

	if (!apic || !kvm_lapic_is_x2apic(apic) ||
	    !(kvm_apic_reg(offset)->access & KVM_APIC_REG_X2READ))
		return 1;
	*data = read_reg(apic, offset);
	if (offset == APIC_ICR)
		*data |= (u64)get_reg(apic, APIC_ICR2) << 32;
	trace_kvm_apic(KVM_TRACE_APIC_READ, offset, *data);
	return 0;
}

int kvm_x2apic_msr_write(struct kvm_vcpu *vcpu, u32 msr, u64 data)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 offset = (msr - APIC_BASE_MSR) << 4;
	const struct kvm_apic_reg *reg = kvm_apic_reg(offset);

	if (!apic || !kvm_lapic_is_x2apic(apic) ||
	    !(reg->access & KVM_APIC_REG_X2WRITE))
		return 1;
	if ((u32)data & ~reg->writable)
		return 1;
	if (offset == APIC_ICR)
		set_reg(apic, APIC_ICR2, data >> 32);
	else if (data >> 32)
		return 1;
	trace_kvm_apic(KVM_TRACE_APIC_WRITE, offset, data);
	write_reg(apic, offset, data);
	return 0;
}

u64 kvm_lapic_get_cr8(struct kvm_vcpu *vcpu)
{
	if (!vcpu->arch.apic)
		return vcpu->arch.cr8;
	return (get_reg(vcpu->arch.apic, APIC_TASKPRI) & 0xf0) >> 4;
}

void kvm_lapic_set_cr8(struct kvm_vcpu *vcpu, unsigned long cr8)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic)
		vcpu->arch.cr8 = cr8;
	else
		write_reg(apic, APIC_TASKPRI, (cr8 & 0xf) << 4);
}

void kvm_lapic_set_tpr(struct kvm_vcpu *vcpu, u8 tpr)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (apic && get_reg(apic, APIC_TASKPRI) != tpr)
		write_reg(apic, APIC_TASKPRI, tpr);
}

/* IA32_APIC_BASE, RESET and INIT */

static void set_ids(struct kvm_lapic *apic)
{
	u32 id = apic->vcpu->vcpu_id;

	if (kvm_lapic_is_x2apic(apic)) {
		set_reg(apic, APIC_ID, id);
		set_reg(apic, APIC_LDR, kvm_x2apic_ldr(id));
	} else {
		set_reg(apic, APIC_ID, id << 24);
	}
}

/* SDM 3A, "Local APIC State After Power-Up or Reset". */
static void reset_regs(struct kvm_lapic *apic, bool init_event)
{
	struct kvm_vcpu *vcpu = apic->vcpu;
	u32 id = get_reg(apic, APIC_ID);

	kvm_lapic_timer_stop(apic);
	apic->timer.tscdeadline = 0;
	memset(apic->regs, 0, KVM_APIC_REG_SIZE);
	set_reg(apic, APIC_DFR, KVM_APIC_DFR_RESET);
	set_reg(apic, APIC_SPIV, KVM_APIC_SVR_RESET);
	mask_lvts(apic);
	/* Firmware without an idea of APICs gets its PIC's interrupts. */
	if (kvm_vcpu_is_bsp(vcpu) &&
	    !(vcpu->kvm->arch.disabled_quirks & KVM_X86_QUIRK_LINT0_REENABLED))
		set_reg(apic, APIC_LVT0, APIC_DM_EXTINT);
	lint0_changed(apic);
	set_ids(apic);
	/* SDM 3A, "... After an INIT Reset": all but the id. */
	if (init_event)
		set_reg(apic, APIC_ID, id);
	atomic_set(&apic->esr_pending, 0);
}

int kvm_lapic_set_base(struct kvm_vcpu *vcpu, u64 value, bool host_initiated)
{
	const u64 mode = XAPIC_ENABLE | X2APIC_ENABLE;
	u64 old = vcpu->arch.apic_base, changed = old ^ value;
	u64 reserved = kvm_vcpu_reserved_gpa_bits(vcpu) | APIC_BASE_RESERVED;
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!guest_cpuid_has(vcpu, X86_FEATURE_X2APIC))
		reserved |= X2APIC_ENABLE;
	if ((value & reserved) || (value & mode) == X2APIC_ENABLE)
		return 1;
	/* SDM 3A, "x2APIC State Transitions": x2APIC is left by disabling. */
	if (!host_initiated && (value & XAPIC_ENABLE) &&
	    (changed & X2APIC_ENABLE) && (old & mode) != XAPIC_ENABLE)
		return 1;

	WRITE_ONCE(vcpu->arch.apic_base, value);
	if (changed & XAPIC_ENABLE)
		kvm_update_cpuid_runtime(vcpu);
	if (!apic || !(changed & mode))
		return 0;
	if (!(value & XAPIC_ENABLE)) {
		kvm_lapic_timer_stop(apic);
		if (!host_initiated)
			reset_regs(apic, false);
	}
	set_ids(apic);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	kvm_apic_map_update(vcpu->kvm);
	return 0;
}

void kvm_lapic_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u64 base = APIC_DEFAULT_PHYS_BASE | XAPIC_ENABLE;

	if (!init_event) {
		if (kvm_vcpu_is_bsp(vcpu))
			base |= MSR_IA32_APICBASE_BSP;
		WRITE_ONCE(vcpu->arch.apic_base, base);
	}
	vcpu->arch.cr8 = 0;
	kvm_pv_apic_reset(vcpu);
	if (!apic)
		return;
	reset_regs(apic, init_event);
	if (!init_event) {
		WRITE_ONCE(apic->pending_events, 0);
		apic->external_vector = -1;
		apic->pending_ioapic_eoi = -1;
	}
	kvm_apic_map_update(vcpu->kvm);
}

int kvm_lapic_create(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic;

	if (!irqchip_in_kernel(vcpu->kvm))
		return 0;
	apic = kzalloc(sizeof(*apic), GFP_KERNEL_ACCOUNT);
	if (!apic)
		return -ENOMEM;
	apic->regs = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!apic->regs) {
		kfree(apic);
		return -ENOMEM;
	}
	apic->vcpu = vcpu;
	apic->external_vector = -1;
	apic->pending_ioapic_eoi = -1;
	kvm_lapic_timer_init(apic);
	vcpu->arch.apic = apic;
	return 0;
}

void kvm_lapic_destroy(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic)
		return;
	kvm_lapic_timer_stop(apic);
	vcpu->arch.apic = NULL;
	free_page((unsigned long)apic->regs);
	kfree(apic);
}

/* KVM_GET_LAPIC, KVM_SET_LAPIC */

long kvm_vcpu_ioctl_get_lapic(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 offset;

	if (!apic)
		return -EINVAL;
	for (offset = 0; offset < KVM_APIC_REG_SIZE; offset += 16)
		kvm_apic_write_reg(data, offset, read_reg(apic, offset));
	if (kvm_lapic_is_x2apic(apic) && !vcpu->kvm->arch.irqchip.x2apic_format)
		kvm_apic_write_reg(data, APIC_ID, vcpu->vcpu_id << 24);
	return 0;
}

/* What the guest could not have written is made what it could have. */
static void load_regs(struct kvm_lapic *apic, const void *state)
{
	u32 offset;

	for (offset = 0; offset < KVM_APIC_REG_SIZE; offset += 16) {
		const struct kvm_apic_reg *reg = kvm_apic_reg(offset);
		u32 val = kvm_apic_read_reg(state, offset);

		if (offset == APIC_DFR)
			val |= 0x0fffffff;
		else if (offset == APIC_ICR)
			val &= ~APIC_ICR_BUSY;
		else if (offset != APIC_ICR2 && reg->writable)
			val &= reg->writable;
		set_reg(apic, offset, val);
	}
	/* Not even userspace keeps EOI from an IOAPIC that nobody else tells. */
	if (!irqchip_split(apic->vcpu->kvm))
		set_reg(apic, APIC_SPIV,
			get_reg(apic, APIC_SPIV) & ~APIC_SPIV_DIRECTED_EOI);
	if (!kvm_lapic_sw_enabled(apic))
		mask_lvts(apic);
	lint0_changed(apic);
}

long kvm_vcpu_ioctl_set_lapic(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u32 id, count;
	u64 deadline;

	if (!apic)
		return -EINVAL;
	id = kvm_apic_read_reg(data, APIC_ID);
	if (kvm_lapic_is_x2apic(apic) &&
	    vcpu->kvm->arch.irqchip.x2apic_format && id != vcpu->vcpu_id)
		return -EINVAL;

	kvm_lapic_timer_stop(apic);
	deadline = apic->timer.tscdeadline;
	apic->timer.tscdeadline = 0;
	load_regs(apic, data);
	/* An x2APIC's follow from its number. */
	if (kvm_lapic_is_x2apic(apic))
		set_ids(apic);
	atomic_set(&apic->esr_pending, 0);
	kvm_apic_map_update(vcpu->kvm);

	/*
	 * Who does not tell the current count gets an interrupt now: better
	 * one too many than none.
	 */
	count = kvm_apic_read_reg(data, APIC_TMCCT);
	kvm_lapic_timer_start(apic, count ?: 1);
	kvm_set_lapic_tscdeadline_msr(vcpu, deadline);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}
