// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c - what exits cost, by the TSC, which counts instructions under -icount
 *
 * Each figure is the middle one of five batches, and what the loop itself takes is
 * off; a batch before them is thrown away.  arg[0] to arg[5] are the figures,
 * times 100, in the order of count.c's names.
 */
#include "guest.h"

#define BATCHES 6

/* In order, but for the first, which does not count. */
static void sort(__u64 *t)
{
	__u64 swap;
	int i, j;

	for (i = 1; i < BATCHES; i++)
		for (j = i; j > 1 && t[j - 1] > t[j]; j--) {
			swap = t[j];
			t[j] = t[j - 1];
			t[j - 1] = swap;
		}
}

#define MEASURE(n, body)                                         \
	({                                                       \
		__u64 __t[BATCHES], __from;                      \
		__u32 __b, __i;                                  \
		for (__b = 0; __b < BATCHES; __b++) {            \
			__from = rdtsc();                        \
			for (__i = 0; __i < (n); __i++) {        \
				body;                            \
				asm volatile("" : : : "memory"); \
			}                                        \
			__t[__b] = rdtsc() - __from;             \
		}                                                \
		sort(__t);                                       \
		__t[BATCHES / 2] * 100 / (n);                    \
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
		PUT(BOX->arg[i], figure[i] - nothing);
	CHECK(index == 0);
	verdict(0);
}
