// SPDX-License-Identifier: GPL-2.0-only
/*
 * demo.c - what "make demo" runs: says where it is, and touches memory
 *
 * arg[0] is where, arg[1] how many pages, arg[2] how large they are; the runner
 * changes them at each step, and sets stop after the last.
 */
#include "guest.h"

static void print_number(unsigned long n)
{
	char digits[20];
	int i = 0;

	do
		digits[i++] = '0' + n % 10;
	while (n /= 10);
	while (i)
		out8(PORT_TEXT, digits[--i]);
}

/* One word in each page, written, then read again. */
static unsigned long touch(unsigned long at, unsigned long n,
			   unsigned long size)
{
	unsigned long page, good = 0;

	for (page = 0; page < n; page++)
		PUT(*(__u32 *)(at + page * size), pattern(page, 0));
	for (page = 0; page < n; page++)
		good += GET(*(__u32 *)(at + page * size)) == pattern(page, 0);
	return good;
}

START
{
	unsigned long cr3, n;
	__u32 r[4];

	asm volatile("mov %%cr3, %0" : "=r"(cr3));
	cpuid(0x80000001, 0, r);
	print("in long mode, page tables at ");
	print_number(cr3);
	print(", CPUID says ");
	print(r[3] >> 29 & 1 ? "64 bits\n" : "32 bits\n");
	for (step(0); !GET(BOX->stop); step(1)) {
		n = GET(BOX->arg[1]);
		print("wrote and read ");
		print_number(touch(GET(BOX->arg[0]), n, GET(BOX->arg[2])));
		print(" of ");
		print_number(n);
		print(" pages\n");
	}
	CHECK(index == 0);
	verdict(0);
}
