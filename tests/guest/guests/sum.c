// SPDX-License-Identifier: GPL-2.0-only
/*
 * sum.c - adds up arg[1] bytes at arg[0], into count[0]
 */
#include "guest.h"

START
{
	const __u32 *p = (const __u32 *)GET(BOX->arg[0]);
	const __u32 n = GET(BOX->arg[1]) / 4;
	__u32 i, sum = 0;

	for (i = 0; i < n; i++)
		sum += GET(p[i]) ^ i;
	PUT(BOX->count[0], sum);
	CHECK(index == 0);
	verdict(0);
}
