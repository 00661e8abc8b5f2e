/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * measure.h - batches, and which of them is told
 *
 * A batch before the others is thrown away; of the five others it is the middle
 * one.
 */
#ifndef TW_GUEST_MEASURE_H
#define TW_GUEST_MEASURE_H

#include "guest.h"

#define BATCHES 6

/* The guest's figures, times 100; count[0] is how many. */
#define FIGURES ((__u64 *)DATA_AT)

static inline __u64 middle(__u64 *t)
{
	__u64 swap;
	int i, j;

	for (i = 1; i < BATCHES; i++)
		for (j = i; j > 1 && t[j - 1] > t[j]; j--) {
			swap = t[j];
			t[j] = t[j - 1];
			t[j - 1] = swap;
		}
	return t[BATCHES / 2];
}
#endif
