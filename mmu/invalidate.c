// SPDX-License-Identifier: GPL-2.0-only
/*
 * invalidate.c - which gfns are being invalidated
 *
 * Owns: struct kvm_mmu_invalidate.  See invalidate.h, locking included.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "mmu/invalidate.h"

void kvm_mmu_invalidate_begin(struct kvm_mmu_invalidate *inv, gfn_t start,
			      gfn_t end)
{
	unsigned int i;

	if (start >= end)
		return;

	WRITE_ONCE(inv->nr, inv->nr + 1);
	for (i = 0; i < ARRAY_SIZE(inv->range); i++) {
		if (inv->range[i].start >= inv->range[i].end) {
			WRITE_ONCE(inv->range[i].start, start);
			WRITE_ONCE(inv->range[i].end, end);
			return;
		}
	}

	if (inv->nr_rest++) {
		start = min(start, inv->rest_start);
		end = max(end, inv->rest_end);
	}
	WRITE_ONCE(inv->rest_start, start);
	WRITE_ONCE(inv->rest_end, end);
}

void kvm_mmu_invalidate_end(struct kvm_mmu_invalidate *inv, gfn_t start,
			    gfn_t end)
{
	unsigned int i;

	if (start >= end)
		return;

	WRITE_ONCE(inv->seq, inv->seq + 1);
	WRITE_ONCE(inv->nr, inv->nr - 1);

	for (i = 0; i < ARRAY_SIZE(inv->range); i++) {
		if (inv->range[i].start == start && inv->range[i].end == end) {
			WRITE_ONCE(inv->range[i].end, 0);
			return;
		}
	}

	if (!--inv->nr_rest)
		WRITE_ONCE(inv->rest_end, 0);
}

static bool overlap(gfn_t a_start, gfn_t a_end, gfn_t b_start, gfn_t b_end)
{
	return a_start < b_end && b_start < a_end;
}

bool kvm_mmu_invalidating(const struct kvm_mmu_invalidate *inv, gfn_t start,
			  gfn_t end)
{
	unsigned int i;

	if (!READ_ONCE(inv->nr))
		return false;

	for (i = 0; i < ARRAY_SIZE(inv->range); i++)
		if (overlap(start, end, READ_ONCE(inv->range[i].start),
			    READ_ONCE(inv->range[i].end)))
			return true;

	return overlap(start, end, READ_ONCE(inv->rest_start),
		       READ_ONCE(inv->rest_end));
}
