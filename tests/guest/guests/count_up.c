// SPDX-License-Identifier: GPL-2.0-only
/*
 * count_up.c - vCPUs that count in one word with LOCK, and in words of their own
 *
 * arg[0] is how far, arg[1] how many vCPUs there are.
 */
#include "guest.h"

START
{
	const __u32 n = GET(BOX->arg[0]), cpus = GET(BOX->arg[1]);
	__u32 i;

	/* All at a time. */
	__atomic_fetch_add(&BOX->count[1], 1, __ATOMIC_SEQ_CST);
	while (GET(BOX->count[1]) != cpus)
		asm volatile("pause");
	for (i = 0; i < n; i++) {
		__atomic_fetch_add(&BOX->count[0], 1, __ATOMIC_SEQ_CST);
		PUT(BOX->count[2 + index], i + 1);
	}
	CHECK(GET(BOX->count[2 + index]) == n);
	verdict(0);
}
