/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apic.h - what guests that have interrupts need: gates, and their local APIC
 *
 * For 64 bits alone.
 */
#ifndef TW_GUEST_APIC_H
#define TW_GUEST_APIC_H

#include "guest.h"

#define APIC_AT	  0xfee00000ul
#define APIC_TPR  0x80
#define APIC_EOI  0xb0
#define APIC_SVR  0xf0
#define APIC_ISR  0x100
#define APIC_IRR  0x200
#define APIC_ICR  0x300
#define APIC_ICR2 0x310
#define APIC_LVTT 0x320

#define ICR_SELF	  0x40000
#define LVTT_TSC_DEADLINE 0x40000
#define SVR_ON		  0x1ff

#define MSR_TSC_DEADLINE 0x6e0

/* What a handler in C is. */
struct frame {
	__u64 rip, cs, rflags, rsp, ss;
};

#define HANDLER(name)                                \
	static __attribute__((interrupt)) void name( \
		__attribute__((unused)) struct frame *frame)

static inline __u32 apic_read(__u32 reg)
{
	__u32 value;

	asm volatile("movl (%1), %0"
		     : "=r"(value)
		     : "r"(APIC_AT + reg)
		     : "memory");
	return value;
}

static inline void apic_write(__u32 reg, __u32 value)
{
	asm volatile("movl %0, (%1)"
		     :
		     : "r"(value), "r"(APIC_AT + reg)
		     : "memory");
}

static inline void set_gate(unsigned int vector, void (*fn)(struct frame *))
{
	__u64 *gate = (__u64 *)(IDT_AT + vector * 16ul);
	__u64 at = (__u64)fn;

	gate[0] = (at & 0xffff) | SEL_CODE64 << 16 | 0x8e00ull << 32 |
		  (at >> 16 & 0xffff) << 48;
	gate[1] = at >> 32;
}

/* What waits is let in. */
static inline void open_window(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

/* Nothing is let in but while it waits; what came before ends the wait. */
static __attribute__((noinline, unused)) void wait_for_interrupt(void)
{
	asm volatile("sti; .globl hlt_here; hlt_here: hlt; cli" : : : "memory");
}

extern const char hlt_here[];

/*
 * In a handler: HLT is over.  An emulator that forgets STI's shadow lets interrupts
 * in before it has begun, see docs/lab.md; nothing else would end it then.
 */
static inline void end_hlt(struct frame *frame)
{
	if (frame->rip == (__u64)hlt_here)
		frame->rip++;
}
#endif
