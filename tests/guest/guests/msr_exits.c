// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr_exits.c - MSRs that the runner asked for: unknown ones, and what it filters
 */
#include "guest.h"

#define MSR_NONE 0xc0001234
#define MSR_MISC 0x1a0
#define GP	 13

START
{
	traps_on();
	CHECK(rdmsr(MSR_NONE) == 0x1122334455667788);
	wrmsr(MSR_NONE, 0x99aabbccddeeff00);
	/* The runner says that it does not have it. */
	CHECK(TRY("rdmsr",
		  :
		  : "c"(MSR_NONE + 1)
		  : "r11", "rax", "rdx", "memory") == GP);
	CHECK(TRY("wrmsr",
		  :
		  : "a"(5), "d"(6), "c"(MSR_NONE + 1)
		  : "r11", "memory") == GP);
	CHECK(rdmsr(MSR_NONE + 2) == 1);
	CHECK(index == 0);
	verdict(0);
}
