// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c - what exits cost, by the TSC, which counts instructions under -icount
 *
 * What the loop itself takes is off.  The figures are in the order of
 * ../count.c's names.
 */
#include "measure.h"

#define MEASURE(n, body)                                         \
	({                                                       \
		__u64 __took[BATCHES], __from;                   \
		__u32 __b, __i;                                  \
		for (__b = 0; __b < BATCHES; __b++) {            \
			__from = rdtsc();                        \
			for (__i = 0; __i < (n); __i++) {        \
				body;                            \
				asm volatile("" : : : "memory"); \
			}                                        \
			__took[__b] = rdtsc() - __from;          \
		}                                                \
		middle(__took) * 100 / (n);                      \
	})

static void ten_nops(void)
{
	asm volatile("nop; nop; nop; nop; nop; nop; nop; nop; nop; nop");
}

static void one_cpuid(void)
{
	__u32 r[4];

	cpuid(0, 0, r);
}

static void read_mmio(void)
{
	__u32 value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*(__u32 *)MMIO_AT));
}

static void write_mmio(void)
{
	asm volatile("movl %1, %0" : "=m"(*(__u32 *)MMIO_AT) : "r"(1));
}

/* The next page of an area, with a write. */
static void touch(unsigned long *at)
{
	PUT(*(__u32 *)*at, 1);
	*at += 0x1000;
}

START
{
	unsigned long fresh = AREA_AT, present = AREA_B_AT;
	__u64 figure[7], nothing;
	int i;

	nothing = MEASURE(64, (void)0);
	figure[0] = MEASURE(64, ten_nops());
	figure[1] = MEASURE(64, one_cpuid());
	figure[2] = MEASURE(64, out32(0x10, 1));
	figure[3] = MEASURE(64, write_mmio());
	figure[4] = MEASURE(64, read_mmio());
	figure[5] = MEASURE(64, touch(&present));
	figure[6] = MEASURE(64, touch(&fresh));
	for (i = 0; i < 7; i++)
		FIGURES[i] = figure[i] - nothing;
	PUT(BOX->count[0], 7);
	CHECK(index == 0);
	verdict(0);
}
