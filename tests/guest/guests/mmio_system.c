// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio_system.c - what an emulator knows beside moves and arithmetic, with operands
 * that are a device's: segments, division, MMX and x87
 */
#include "guest.h"

#define M(offset) (*(__u64 *)(MMIO_AT + (offset)))

static void segments(void)
{
	__u32 offset = 0;
	__u16 sel;
	__u8 found;

	asm volatile("movw %0, %%es" : : "m"(M(0x00)));
	asm volatile("movw %%es, %0" : "=r"(sel));
	CHECK(sel == SEL_DATA);
	asm volatile("movw %0, %%es" : : "m"(M(0x08)));
	asm volatile("movw %%es, %0" : "=r"(sel));
	CHECK(!sel);
	asm volatile("lfs %1, %0" : "=r"(offset) : "m"(M(0x10)));
	asm volatile("movw %%fs, %0" : "=r"(sel));
	CHECK(sel == SEL_DATA && offset == 0x12345678);
	asm volatile("verr %1; setz %0" : "=qm"(found) : "m"(M(0x20)) : "cc");
	CHECK(found);
	asm volatile("sldt %0" : "=m"(M(0x28)));
}

static void numbers(void)
{
	__u32 low = 7, high = 1;
	__u64 mm = 0x1122334455667788;

	asm volatile("divl %2" : "+a"(low), "+d"(high) : "m"(M(0x40)) : "cc");
	CHECK(low == 0x10000000 && high == 7);
	asm volatile("movq %1, %%mm1\n\t"
		     "movq %%mm1, %0"
		     : "=m"(M(0x48))
		     : "m"(mm)
		     : "memory");
	asm volatile("movq %1, %%mm2\n\t"
		     "movq %%mm2, %0\n\t"
		     "emms"
		     : "=m"(mm)
		     : "m"(M(0x50))
		     : "memory");
	CHECK(mm == 0x5050505050505050);
	asm volatile("fninit; fnstcw %0" : "=m"(M(0x58)));
}

START
{
	(void)index;
	segments();
	numbers();
	verdict(0);
}
