// SPDX-License-Identifier: GPL-2.0-only
/*
 * dirty.c - writes to some pages and only reads the others, as its runner knows
 *
 * arg[0] is how many pages there are at AREA_AT.  What is done with them is one of
 *
 *	arg[1] set	in a round, whose number that is, each page of dirty_page()
 *			gets it as word 0, the others are read; then one page gets a
 *			word by INS, which the emulator writes; then there is a step
 *	arg[1] 0	for ever, a page by chance gets word 1 + index counted up;
 *			while hold is set nothing is written, and count[2 + index] is
 *			what hold is
 */
#include "guest.h"

static __u32 *word_of(__u32 page, __u32 word)
{
	return (__u32 *)(AREA_AT + page * 0x1000ul) + word;
}

static void do_round(__u32 round, __u32 pages)
{
	__u32 *in = word_of(dirty_by_ins(round, pages), 1023);
	__u32 page;

	for (page = 0; page < pages; page++) {
		if (dirty_page(page, round))
			PUT(*word_of(page, 0), round);
		else
			GET(*word_of(page, 0));
	}
	asm volatile("insl" : "+D"(in) : "d"(PORT_STEP) : "memory");
	step(round);
}

static void write_by_chance(int index, __u32 pages)
{
	__u32 seed = 1 + index, hold;
	__u32 *p;

	while (!GET(BOX->stop)) {
		hold = GET(BOX->hold);
		PUT(BOX->count[2 + index], hold);
		if (hold) {
			asm volatile("pause");
			continue;
		}
		seed = seed * 1664525 + 1013904223;
		p = word_of((seed >> 8) % pages, 1 + index);
		PUT(*p, *p + 1);
		PUT(BOX->count[index], GET(BOX->count[index]) + 1);
	}
}

START
{
	const __u32 pages = GET(BOX->arg[0]);
	__u32 round = GET(BOX->arg[1]);

	if (!round)
		write_by_chance(index, pages);
	for (; round && !GET(BOX->stop); round = GET(BOX->arg[1]))
		do_round(round, pages);
	verdict(0);
}
