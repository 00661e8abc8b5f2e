// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn.c - looks at its memory all the time while the host plays with it
 *
 * arg[0] is how many pages there are at AREA_AT; arg[1] how many of them, from
 * the first on, are only read; arg[2] says whether a page may turn into zeros;
 * the others are written in every pass, or, if arg[3] is set, whenever arg[4] has
 * another number.  Words 1 and 1023 of a page are
 * pattern(), which is what must stay; word 0 is how often it was written, which
 * is told in count[0].
 */
#include "guest.h"

static void check_page(__u32 page, int may_vanish)
{
	__u32 *p = (__u32 *)(AREA_AT + page * 0x1000ul);
	__u32 v = GET(p[1]);

	CHECK(v == pattern(page, 1) || (may_vanish && !v));
	v = GET(p[1023]);
	CHECK(v == pattern(page, 1023) || (may_vanish && !v));
}

static void write_page(__u32 page, __u32 written, int may_vanish)
{
	__u32 *p = (__u32 *)(AREA_AT + page * 0x1000ul);
	__u32 v = GET(p[0]);

	CHECK(v == written || (may_vanish && !v));
	PUT(p[0], written + 1);
	if (!may_vanish)
		return;
	PUT(p[1], pattern(page, 1));
	PUT(p[1023], pattern(page, 1023));
}

static void wait_while_held(void)
{
	while (GET(BOX->hold) && !GET(BOX->stop)) {
		PUT(BOX->held, 1);
		asm volatile("pause");
	}
	PUT(BOX->held, 0);
}

START
{
	const __u32 pages = GET(BOX->arg[0]), only_read = GET(BOX->arg[1]);
	const int may_vanish = GET(BOX->arg[2]);
	const int when_told = GET(BOX->arg[3]);
	__u32 page, pass, written = 0;

	for (pass = 0; !GET(BOX->stop); pass++) {
		wait_while_held();
		for (page = 0; page < pages; page++)
			check_page(page, may_vanish);
		if (!when_told || GET(BOX->arg[4]) != written) {
			for (page = only_read; page < pages; page++)
				write_page(page, written, may_vanish);
			written++;
			PUT(BOX->count[0], written);
		}
		PUT(BOX->passes, pass + 1);
	}
	CHECK(index == 0);
	verdict(0);
}
