// SPDX-License-Identifier: GPL-2.0-only
/*
 * hello.c - tells the mode that it is in, which is read from the CPU
 */
#include "guest.h"

static unsigned long cr0(void)
{
	unsigned long value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static unsigned long cr4(void)
{
	unsigned long value;

	asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

START
{
	if (!(cr0() & 1))
		print("real");
	else if (!(cr0() >> 31 & 1))
		print("protected");
	else if (!(cr4() >> 5 & 1))
		print("paged");
	else
		print(sizeof(long) == 8 ? "long" : "PAE");
	out8(PORT_TEXT, '0' + index);
	verdict(0);
}
