// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_apic.c - what a local APIC and its guest tell each other through memory
 *
 * Owns: what pv_apic.h says, locking included.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <uapi/asm/kvm_para.h>

#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pv_apic.h"
#include "vcpu.h"
#include "x86/regs.h"
#include "x86/trace.h"

static bool is_memory(struct kvm_vcpu *vcpu, u64 addr)
{
	int idx, r;
	u32 word;

	/* For an ioctl; KVM_RUN has it already. */
	idx = srcu_read_lock(&vcpu->kvm->srcu);
	r = kvm_read_guest(vcpu->kvm, addr, &word, sizeof(word));
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return !r;
}

static u8 isr_class(struct kvm_lapic *apic)
{
	int isr = kvm_apic_find_highest(apic->regs + APIC_ISR);

	return isr < 0 ? 0 : isr & 0xf0;
}

/* --- PV EOI -------------------------------------------------------------- */

static bool eoi_is_on(const struct kvm_vcpu_pv_apic *pv)
{
	return pv->eoi_msr & KVM_MSR_ENABLED;
}

static u64 eoi_addr(const struct kvm_vcpu_pv_apic *pv)
{
	return pv->eoi_msr & ~KVM_MSR_ENABLED;
}

/* Only that bit is ours.  Return: false, there is no memory. */
static bool write_eoi_bit(struct kvm_vcpu *vcpu, u8 byte, bool set)
{
	u64 addr = eoi_addr(&vcpu->arch.pv_apic);

	byte &= ~KVM_PV_EOI_ENABLED;
	if (set)
		byte |= KVM_PV_EOI_ENABLED;
	return !kvm_write_guest(vcpu->kvm, addr, &byte, sizeof(byte));
}

static bool read_eoi_byte(struct kvm_vcpu *vcpu, u8 *byte)
{
	u64 addr = eoi_addr(&vcpu->arch.pv_apic);

	return !kvm_read_guest(vcpu->kvm, addr, byte, sizeof(*byte));
}

static void lend_eoi(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_pv_apic *pv = &vcpu->arch.pv_apic;
	u8 byte;

	if (!eoi_is_on(pv) || !kvm_lapic_eoi_is_quiet(vcpu))
		return;
	if (read_eoi_byte(vcpu, &byte))
		pv->eoi_lent = write_eoi_bit(vcpu, byte, true);
}

/* The guest has cleared the bit. */
static void end_of_interrupt(struct kvm_vcpu *vcpu)
{
	trace_kvm_pv_eoi(vcpu->vcpu_id,
			 kvm_apic_find_highest(vcpu->arch.apic->regs +
					       APIC_ISR));
	kvm_lapic_eoi(vcpu);
}

static void take_eoi_back(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_pv_apic *pv = &vcpu->arch.pv_apic;
	u8 byte;

	if (!pv->eoi_lent)
		return;
	pv->eoi_lent = false;
	if (!read_eoi_byte(vcpu, &byte))
		return;
	if (byte & KVM_PV_EOI_ENABLED)
		write_eoi_bit(vcpu, byte, false);
	else
		end_of_interrupt(vcpu);
}

int kvm_lapic_set_pv_eoi(struct kvm_vcpu *vcpu, u64 data)
{
	u64 addr = data & ~KVM_MSR_ENABLED;

	if (addr & 3)
		return 1;
	if ((data & KVM_MSR_ENABLED) && !is_memory(vcpu, addr))
		return 1;
	vcpu->arch.pv_apic.eoi_msr = data;
	return 0;
}

/* --- the virtual APIC page ----------------------------------------------- */

static void write_vapic(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	int irr = kvm_apic_find_highest(apic->regs + APIC_IRR);
	u32 tpr = kvm_apic_read_reg(apic->regs, APIC_TASKPRI) & APIC_TPRI_MASK;
	u32 word;

	word = tpr | isr_class(apic) << 8 | (u32)(irr < 0 ? 0 : irr) << 24;
	kvm_write_guest(vcpu->kvm, vcpu->arch.pv_apic.vapic_addr, &word,
			sizeof(word));
}

static void read_vapic(struct kvm_vcpu *vcpu)
{
	u8 tpr;

	if (!kvm_read_guest(vcpu->kvm, vcpu->arch.pv_apic.vapic_addr, &tpr,
			    sizeof(tpr)))
		kvm_lapic_set_tpr(vcpu, tpr);
}

long kvm_vcpu_ioctl_set_vapic_addr(struct kvm_vcpu *vcpu, void *data)
{
	u64 addr = ((const struct kvm_vapic_addr *)data)->vapic_addr;

	if (!lapic_in_kernel(vcpu) || (addr && !is_memory(vcpu, addr)))
		return -EINVAL;
	vcpu->arch.pv_apic.vapic_addr = addr;
	/* It is written before it is read. */
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

/* --- accesses to TPR ----------------------------------------------------- */

void kvm_pv_apic_tpr_access(struct kvm_vcpu *vcpu, bool is_write)
{
	struct kvm_vcpu_pv_apic *pv = &vcpu->arch.pv_apic;

	if (!pv->report_tpr)
		return;
	/* Until the instruction is done kvm_run may be needed for it. */
	pv->tpr_rip = kvm_rip_read(vcpu);
	pv->tpr_is_write = is_write;
	kvm_make_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu);
}

int kvm_report_tpr_access(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_TPR_ACCESS;
	run->tpr_access.rip = vcpu->arch.pv_apic.tpr_rip;
	run->tpr_access.is_write = vcpu->arch.pv_apic.tpr_is_write;
	return 0;
}

long kvm_vcpu_ioctl_tpr_access_reporting(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_tpr_access_ctl *ctl = data;

	if (ctl->flags)
		return -EINVAL;
	vcpu->arch.pv_apic.report_tpr = ctl->enabled;
	if (!ctl->enabled)
		kvm_clear_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu);
	return 0;
}

/* --- all of it ----------------------------------------------------------- */

void kvm_pv_apic_enter(struct kvm_vcpu *vcpu)
{
	lend_eoi(vcpu);
	if (vcpu->arch.pv_apic.vapic_addr)
		write_vapic(vcpu);
}

void kvm_pv_apic_exit(struct kvm_vcpu *vcpu)
{
	take_eoi_back(vcpu);
	if (unlikely(vcpu->arch.pv_apic.vapic_addr))
		read_vapic(vcpu);
}

void kvm_pv_apic_reset(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_pv_apic *pv = &vcpu->arch.pv_apic;

	pv->eoi_msr = 0;
	pv->eoi_lent = false;
	/* What was there is memory like any other. */
	pv->vapic_addr = 0;
}
