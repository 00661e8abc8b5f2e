// SPDX-License-Identifier: GPL-2.0-only
/*
 * modify.c - code that changes itself: what runs is what was written last
 *
 * In place, through another mapping of the same memory, and on a page of a slot
 * that was executed before.
 */
#include "guest.h"

#define VA	 0x40000000ul
#define PTE	 (*(__u64 *)(TABLES_AT + 3 * 0x1000))
#define SUBJECT	 (DATA_AT + 0x100)
#define FUNCTION ((__u32(*)(void))SUBJECT)

static void write_function(unsigned char *at, __u32 value)
{
	/* mov $value, %eax; ret */
	PUT(at[0], 0xb8);
	PUT(at[1], value & 0xff);
	PUT(at[2], value >> 8 & 0xff);
	PUT(at[3], value >> 16 & 0xff);
	PUT(at[4], value >> 24);
	PUT(at[5], 0xc3);
	asm volatile("jmp 1f\n1:" : : : "memory");
}

START
{
	const __u64 pte = PTE;
	unsigned char *area = (unsigned char *)AREA_AT;
	__u32 i;

	for (i = 0; i < 500; i++) {
		write_function((unsigned char *)SUBJECT, i * 0x01010101);
		CHECK(FUNCTION() == i * 0x01010101);
	}
	PUT(PTE, pte & 0xfff);
	asm volatile("invlpg (%0)" : : "r"(VA) : "memory");
	for (i = 0; i < 500; i++) {
		write_function((unsigned char *)(VA + SUBJECT), i + 7);
		CHECK(FUNCTION() == i + 7);
	}
	/* The runner writes now, at arg[0] times 4096 from the slot's start. */
	for (i = 0; i < 16; i++) {
		write_function(area + 0x1000 * i, i);
		CHECK(((__u32(*)(void))(area + 0x1000 * i))() == i);
		step(i);
		CHECK(((__u32(*)(void))(area + 0x1000 * i))() == i + 0x100);
	}
	CHECK(index == 0);
	verdict(0);
}
