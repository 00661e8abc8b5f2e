// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested_check.c - what VMRUN takes of a VMCB, and where MSRs are in a bitmap
 *
 * Not looked at, since no CPU is asked for it: segments but for CS.L and CS.D,
 * TLB_CONTROL, whose every value is a flush here, and what a CPU without the
 * feature does not know.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/trapnr.h>

#include "svm/nested_check.h"
#include "x86/regs_check.h"

#define MSRS_PER_RANGE 8192

/* CS.L and CS.D, in the attributes of a segment. */
#define SEG_L  BIT(9)
#define SEG_DB BIT(10)

int svm_msrpm_bit(u32 index)
{
	static const u32 ranges[] = { 0, 0xc0000000, 0xc0010000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (index - ranges[i] < MSRS_PER_RANGE)
			return (i * MSRS_PER_RANGE + index - ranges[i]) * 2;
	return -1;
}

bool svm_event_inj_is_valid(u32 event_inj)
{
	u8 vector = event_inj & SVM_EVTINJ_VEC_MASK;

	if (!(event_inj & SVM_EVTINJ_VALID))
		return true;
	switch (event_inj & SVM_EVTINJ_TYPE_MASK) {
	case SVM_EVTINJ_TYPE_INTR:
	case SVM_EVTINJ_TYPE_NMI:
	case SVM_EVTINJ_TYPE_SOFT:
		return true;
	case SVM_EVTINJ_TYPE_EXEPT:
		return vector < 32 && vector != X86_TRAP_NMI;
	default:
		return false;
	}
}

/* Low bits of the address do not count. */
static bool map_fits(u64 pa, u64 size, u64 reserved_gpa)
{
	pa &= PAGE_MASK;
	return !((pa | (pa + size - 1)) & reserved_gpa) && pa + size > pa;
}

static bool control_is_valid(const struct vmcb_control_area *c,
			     u64 reserved_gpa)
{
	return (c->intercepts[INTERCEPT_VMRUN / 32] &
		BIT(INTERCEPT_VMRUN % 32)) &&
	       c->asid && !(c->nested_ctl & SVM_NESTED_CTL_NP_ENABLE) &&
	       map_fits(c->msrpm_base_pa, SVM_MSRPM_SIZE, reserved_gpa) &&
	       map_fits(c->iopm_base_pa, SVM_IOPM_SIZE, reserved_gpa) &&
	       svm_event_inj_is_valid(c->event_inj);
}

static bool long_mode_is_valid(const struct vmcb_save_area *s)
{
	if (!(s->efer & EFER_LME) || !(s->cr0 & X86_CR0_PG))
		return true;
	return (s->cr4 & X86_CR4_PAE) && (s->cr0 & X86_CR0_PE) &&
	       !((s->cs.attrib & SEG_L) && (s->cs.attrib & SEG_DB));
}

static bool save_is_valid(const struct vmcb_save_area *s, u64 reserved_gpa)
{
	if (!(s->efer & EFER_SVME) || !long_mode_is_valid(s))
		return false;
	/* Not kvm_cr0_is_valid(): real mode with paging is allowed here. */
	if ((s->cr0 >> 32) || ((s->cr0 & X86_CR0_NW) && !(s->cr0 & X86_CR0_CD)))
		return false;
	return kvm_cr3_is_valid(s->cr3, reserved_gpa) && !(s->dr6 >> 32) &&
	       !(s->dr7 >> 32);
}

bool svm_vmcb_is_valid(const struct vmcb *vmcb, u64 reserved_gpa)
{
	return control_is_valid(&vmcb->control, reserved_gpa) &&
	       save_is_valid(&vmcb->save, reserved_gpa);
}
