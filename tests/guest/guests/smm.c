// SPDX-License-Identifier: GPL-2.0-only
/*
 * smm.c - stops at a port, where the runner sends an SMI or the like
 *
 * arg[0] says which part is done.
 */
#include "guest.h"

/* What SMM's memory lies over. */
static void memory(void)
{
	__u32 *word = (__u32 *)(AREA_AT + 0x8000);
	__u32 i;

	for (i = 0; i < 4; i++) {
		CHECK(GET(*word) == 0x11111111 + i);
		out8(0x80, i);
		CHECK(GET(*word) == 0x11111111 + i);
		PUT(*word, 0x11111111 + i + 1);
	}
}

/* An NMI that comes in SMM is delivered behind it. */
static void nmi(void)
{
	CHECK(TRY("outb %%al, $0x80", : : : "r11", "memory") == 2);
	CHECK(TRY("nop", : : : "r11", "memory") == NO_TRAP);
}

static void rsm(void)
{
	CHECK(TRY("rsm", : : : "r11", "memory") == 6);
}

START
{
	(void)index;
	traps_on();
	switch (GET(BOX->arg[0])) {
	case 0:
		memory();
		break;
	case 1:
		nmi();
		break;
	case 2:
		rsm();
		break;
	default:
		out8(0x80, 0);
	}
	verdict(0);
}
