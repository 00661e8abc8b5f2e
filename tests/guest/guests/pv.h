/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv.h - what guests have that know KVM: hypercalls; a local APIC's interrupts
 */
#ifndef TW_GUEST_PV_H
#define TW_GUEST_PV_H

#include "guest.h"

#define KVM_HC_VAPIC_POLL_IRQ 1
#define KVM_HC_KICK_CPU	      5
#define KVM_HC_CLOCK_PAIRING  9
#define KVM_HC_SEND_IPI	      10
#define KVM_HC_SCHED_YIELD    11
#define KVM_HC_MAP_GPA_RANGE  12

#define KVM_ENOSYS 1000
#define EPERM	   1
#define EINVAL	   22
#define EOPNOTSUPP 95

#define APIC_AT	  0xfee00000ul
#define APIC_ID	  0x20
#define APIC_EOI  0xb0
#define APIC_SPIV 0xf0

static inline long hypercall(unsigned long nr, unsigned long a0,
			     unsigned long a1, unsigned long a2,
			     unsigned long a3)
{
	long ret;

	asm volatile("vmmcall"
		     : "=a"(ret)
		     : "0"(nr), "b"(a0), "c"(a1), "d"(a2), "S"(a3)
		     : "memory");
	return ret;
}

#ifdef __x86_64__
static inline void apic_write(__u32 offset, __u32 value)
{
	asm volatile("movl %0, (%1)"
		     :
		     : "r"(value), "r"(APIC_AT + offset)
		     : "memory");
}

static inline __u32 apic_read(__u32 offset)
{
	__u32 value;

	asm volatile("movl (%1), %0"
		     : "=r"(value)
		     : "r"(APIC_AT + offset)
		     : "memory");
	return value;
}

/* An interrupt gate, beside those of trap.S. */
static inline void set_gate(__u8 vector, void *fn)
{
	__u64 *gate = (__u64 *)(IDT_AT + 16ul * vector);
	__u64 at = (__u64)fn;

	gate[1] = at >> 32;
	gate[0] = (at & 0xffff) | SEL_CODE64 << 16 | 0x8e00ull << 32 |
		  (at >> 16 & 0xffff) << 48;
}

#define INTERRUPT static __attribute__((interrupt)) void
#endif

#endif
