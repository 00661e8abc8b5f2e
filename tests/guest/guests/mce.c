// SPDX-License-Identifier: GPL-2.0-only
/*
 * mce.c - is told of an error of the machine, and looks at its bank
 */
#include "guest.h"

#define MCG_CAP	   0x179
#define MCG_STATUS 0x17a
#define MC1_CTL	   0x404
#define MC1_STATUS 0x405
#define MC1_ADDR   0x406
#define MC4_CTL	   0x410

static __u64 read_msr_traps(__u32 index)
{
	return TRY("rdmsr", : : "c"(index) : "rax", "rdx", "r11", "memory");
}

START
{
	__u64 cr4;

	(void)index;
	traps_on();
	CHECK((rdmsr(MCG_CAP) & 0xff) == 4);
	CHECK(rdmsr(MC1_CTL) == ~0ull);
	CHECK(read_msr_traps(MC4_CTL) == 13);
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	asm volatile("mov %0, %%cr4" : : "r"(cr4 | 0x40));

	CHECK(TRY("outb %%al, $0x80", : : : "r11", "memory") == 18);
	CHECK(rdmsr(MCG_STATUS) == 5);
	CHECK(rdmsr(MC1_STATUS) == GET(BOX->arg[0]));
	CHECK(rdmsr(MC1_ADDR) == 0x1234000);
	wrmsr(MC1_STATUS, 0);
	wrmsr(MCG_STATUS, 0);
	CHECK(rdmsr(MC1_STATUS) == 0);

	/* It was corrected: nobody interrupts us for that. */
	CHECK(TRY("outb %%al, $0x80", : : : "r11", "memory") == NO_TRAP);
	CHECK(rdmsr(MC1_STATUS) == GET(BOX->arg[1]));
	verdict(0);
}
