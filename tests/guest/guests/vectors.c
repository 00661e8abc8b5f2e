// SPDX-License-Identifier: GPL-2.0-only
/*
 * vectors.c - a vector register that has to be as it was, whoever ran between
 *
 * arg[0] is how often it looks.
 */
#include "guest.h"

START
{
	const __u64 mine = 0x1234567800000000 + index;
	const __u32 n = GET(BOX->arg[0]);
	__u64 found;
	__u32 i;

	/* CR4.OSFXSR and OSXMMEXCPT. */
	asm volatile("mov %%cr4, %%rax; or $0x600, %%eax; mov %%rax, %%cr4"
		     :
		     :
		     : "rax", "cc");
	asm volatile("movq %0, %%xmm7" : : "r"(mine));
	for (i = 0; i < n; i++) {
		if (i % 16 == 0)
			step(i);
		asm volatile("movq %%xmm7, %0" : "=r"(found));
		CHECK(found == mine);
	}
	verdict(0);
}
