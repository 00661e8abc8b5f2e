// SPDX-License-Identifier: GPL-2.0-only
/*
 * read_only.c - a slot that can be read and run, and whose writes are MMIO
 *
 * The runner fills the first two pages with pattern(), and lets no write change
 * it.  In the third it puts a function that returns 0x77.
 */
#include "guest.h"

START
{
	__u32 *area = (__u32 *)AREA_AT;
	__u32 i;

	CHECK(GET(area[5]) == pattern(0, 5));
	PUT(area[6], 0x1111);
	CHECK(GET(area[6]) == pattern(0, 6));
	*(__u8 *)(AREA_AT + 0x1001) = 0x22;
	for (i = 0; i < 2048; i++)
		CHECK(GET(area[i]) == pattern(i / 1024, i % 1024));
	CHECK(((__u32(*)(void))(AREA_AT + 0x2000))() == 0x77);
	/* The runner changes it behind the guest's back. */
	step(1);
	CHECK(GET(area[5]) == 0x5555);
	/* Now it can be written. */
	step(2);
	PUT(area[7], 0x7777);
	CHECK(GET(area[7]) == 0x7777);
	CHECK(index == 0);
	verdict(0);
}
