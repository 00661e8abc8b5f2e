// SPDX-License-Identifier: GPL-2.0-only
/*
 * apic_regs.c - what a local APIC's registers mean
 *
 * Owns: the table of registers and the arithmetic of apic_regs.h.  Pure.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <vdso/time64.h>

#include "irqchip/apic_regs.h"

#define XR  KVM_APIC_REG_READ
#define XW  KVM_APIC_REG_WRITE
#define XRW (XR | XW)
#define MR  KVM_APIC_REG_X2READ
#define MW  KVM_APIC_REG_X2WRITE
#define MRW (MR | MW)

#define LVT_BASE (APIC_VECTOR_MASK | APIC_LVT_MASKED)
#define LVT_LINT                                           \
	(LVT_BASE | APIC_MODE_MASK | APIC_INPUT_POLARITY | \
	 APIC_LVT_LEVEL_TRIGGER)
#define SVR_BITS                                     \
	(APIC_VECTOR_MASK | APIC_SPIV_APIC_ENABLED | \
	 APIC_SPIV_FOCUS_DISABLED | APIC_SPIV_DIRECTED_EOI)

/* SDM 3A, tables "Local APIC Register Address Map (Space)". */
static const struct kvm_apic_reg apic_regs[KVM_APIC_NR_REGS] = {
	/* clang-format off */
	[APIC_ID >> 4]		= { XRW | MR, 0xff000000 },
	[APIC_LVR >> 4]		= { XR | MR, 0 },
	[APIC_TASKPRI >> 4]	= { XRW | MRW, APIC_TPRI_MASK },
	[APIC_ARBPRI >> 4]	= { XR, 0 },
	[APIC_PROCPRI >> 4]	= { XR | MR, 0 },
	[APIC_EOI >> 4]		= { XW | MW, 0 },
	[APIC_RRR >> 4]		= { XR, 0 },
	[APIC_LDR >> 4]		= { XRW | MR, APIC_LDR_MASK },
	[APIC_DFR >> 4]		= { XRW, 0xf0000000 },
	[APIC_SPIV >> 4]	= { XRW | MRW, SVR_BITS },
	[APIC_ISR >> 4 ... (APIC_ISR >> 4) + 7] = { XR | MR, 0 },
	[APIC_TMR >> 4 ... (APIC_TMR >> 4) + 7] = { XR | MR, 0 },
	[APIC_IRR >> 4 ... (APIC_IRR >> 4) + 7] = { XR | MR, 0 },
	[APIC_ESR >> 4]		= { XRW | MRW, 0 },
	[APIC_ICR >> 4]		= { XRW | MRW, 0x000cdfff },
	[APIC_ICR2 >> 4]	= { XRW, 0xff000000 },
	[APIC_LVTT >> 4]	= { XRW | MRW, LVT_BASE | KVM_APIC_LVT_MODE_MASK },
	[APIC_LVTTHMR >> 4]	= { XRW | MRW, LVT_BASE | APIC_MODE_MASK },
	[APIC_LVTPC >> 4]	= { XRW | MRW, LVT_BASE | APIC_MODE_MASK },
	[APIC_LVT0 >> 4]	= { XRW | MRW, LVT_LINT },
	[APIC_LVT1 >> 4]	= { XRW | MRW, LVT_LINT },
	[APIC_LVTERR >> 4]	= { XRW | MRW, LVT_BASE },
	[APIC_TMICT >> 4]	= { XRW | MRW, 0xffffffff },
	[APIC_TMCCT >> 4]	= { XR | MR, 0 },
	[APIC_TDCR >> 4]	= { XRW | MRW, 0xb },
	[APIC_SELF_IPI >> 4]	= { MW, APIC_VECTOR_MASK },
	/* clang-format on */
};

const struct kvm_apic_reg *kvm_apic_reg(u32 offset)
{
	static const struct kvm_apic_reg none;
	u32 index = offset >> 4;

	if ((offset & 0xf) || index >= KVM_APIC_NR_REGS)
		return &none;
	return &apic_regs[array_index_nospec(index, KVM_APIC_NR_REGS)];
}

int kvm_apic_find_highest(const void *bitmap)
{
	int i;

	for (i = 7; i >= 0; i--) {
		u32 word = kvm_apic_read_reg(bitmap, i * 16);

		if (word)
			return i * 32 + __fls(word);
	}
	return -1;
}

u32 kvm_apic_ppr(u32 tpr, int isr)
{
	u32 class = isr < 0 ? 0 : isr & 0xf0;

	tpr &= APIC_TPRI_MASK;
	return (tpr & 0xf0) >= class ? tpr : class;
}

bool kvm_apic_dest_match(const struct kvm_apic_ident *apic, u32 dest,
			 bool logical)
{
	if (dest == KVM_X2APIC_BROADCAST)
		return true;
	if (apic->x2apic) {
		if (!logical)
			return dest == apic->id;
		return (dest >> 16) == (apic->logical >> 16) &&
		       (dest & apic->logical & 0xffff);
	}
	if (dest == KVM_APIC_BROADCAST)
		return true;
	/*
	 * 8 bits can't say such an id.  It is woken by its number all the same,
	 * to become an x2APIC, and not by that of another.
	 */
	if (dest > KVM_APIC_BROADCAST ||
	    (!logical && apic->id > KVM_APIC_BROADCAST))
		return !logical && dest == apic->id;
	if (!logical)
		return dest == apic->xapic_id;
	if (!apic->cluster)
		return dest & apic->logical;
	return (dest >> 4) == (apic->logical >> 4) &&
	       (dest & apic->logical & 0xf);
}

unsigned int kvm_apic_timer_divider(u32 tdcr)
{
	/* Bits 3, 1 and 0; 111 is 1, others are 2 << the number. */
	unsigned int shift = (tdcr & 3) | ((tdcr & 8) >> 1);

	return 1u << ((shift + 1) & 7);
}

u32 kvm_apic_timer_count(s64 remaining, unsigned int divider, u32 initial)
{
	if (remaining <= 0)
		return 0;
	return min_t(u64, div_u64(remaining, divider), initial);
}

u64 kvm_tsc_to_ns(u64 cycles, u32 khz)
{
	u32 rest;
	u64 ms;

	ms = div_u64_rem(cycles, khz ?: 1, &rest);
	if (ms >= div_u64(KVM_APIC_MAX_NS, NSEC_PER_MSEC))
		return KVM_APIC_MAX_NS;
	return ms * NSEC_PER_MSEC +
	       div_u64((u64)rest * NSEC_PER_MSEC, khz ?: 1);
}

u64 kvm_tsc_left_ns(u64 deadline, u64 now, u32 khz)
{
	return deadline > now ? kvm_tsc_to_ns(deadline - now, khz) : 0;
}
