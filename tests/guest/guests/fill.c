// SPDX-License-Identifier: GPL-2.0-only
/*
 * fill.c - touches every page of a range, first by reading, then by writing
 *
 * arg[0] is where it is, arg[1] how many bytes, arg[2] how far from one page to
 * the next.  What is there at first is what the runner put there.
 */
#include "guest.h"

START
{
	const unsigned long at = GET(BOX->arg[0]), size = GET(BOX->arg[1]);
	const unsigned long stride = GET(BOX->arg[2]);
	unsigned long page;
	__u32 *p;

	for (page = 0; page < size / stride; page++) {
		p = (__u32 *)(at + page * stride);
		CHECK(GET(p[1]) == pattern(page, 1));
		CHECK(GET(p[0]) == 0);
	}
	step(0);
	for (page = 0; page < size / stride; page++) {
		p = (__u32 *)(at + page * stride);
		PUT(p[0], pattern(page, 0));
	}
	for (page = 0; page < size / stride; page++) {
		p = (__u32 *)(at + page * stride);
		CHECK(GET(p[0]) == pattern(page, 0));
		CHECK(GET(p[1]) == pattern(page, 1));
	}
	CHECK(index == 0);
	verdict(0);
}
