// SPDX-License-Identifier: GPL-2.0-only
/*
 * memtype_kunit.c - memory types, all of the truth table
 *
 * The table is written as one would read it out: a row for each situation,
 * '-' where an input does not matter.  Exactly one row fits each input.
 */
#include <kunit/test.h>
#include <linux/bits.h>

#include "mmu/memtype.h"
#include "mmu/pte_masks.h"
#include "tests/kunit/suites.h"

/* SDM 3A, "Memory Types and Their Properties": the encodings. */
enum {
	UC = 0,
	WC = 1,
	WT = 4,
	WP = 5,
	WB = 6,
	GUEST = 0xff
};

#define NR_INPUTS 6

static const struct {
	/* mmio, non-coherent DMA, CR0.CD, CD quirk, PAT quirk, self-snoop */
	const char *inputs;
	u8 type;
	bool ignore_pat;
} rows[] = {
	{ "1-----", UC, false },    { "00--1-", WB, true },
	{ "00--00", WB, true },	    { "00--01", WB, false },
	{ "0111--", WB, true },	    { "0110--", UC, true },
	{ "010---", GUEST, false },
};

static bool row_fits(const char *inputs, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < NR_INPUTS; i++) {
		if (inputs[i] != '-' && inputs[i] != '0' + !!(bits & BIT(i)))
			return false;
	}
	return true;
}

/* What the SDM's list of EPT misconfigurations leaves of a type. */
static u8 type_for_ept(u8 guest)
{
	return guest == WC || guest == WT || guest == WP || guest == WB ?
		       guest :
		       UC;
}

static void memtype_truth_table(struct kunit *test)
{
	struct kvm_memtype_req req;
	struct kvm_pte_masks ept, legacy;
	struct kvm_memtype t;
	unsigned int bits, guest, row, nr_rows, nr = 0;
	u64 spte;
	u8 type;

	kvm_pte_masks_set_ept(&ept, KVM_EPT_HAS_AD);
	kvm_pte_masks_reset(&legacy, 46);

	for (bits = 0; bits < BIT(NR_INPUTS); bits++) {
		for (guest = 0; guest < 256; guest++) {
			req = (struct kvm_memtype_req){
				.is_mmio = bits & BIT(0),
				.noncoherent_dma = bits & BIT(1),
				.cr0_cd = bits & BIT(2),
				.quirk_cd_nw_cleared = bits & BIT(3),
				.quirk_ignore_guest_pat = bits & BIT(4),
				.self_snoop = bits & BIT(5),
				.guest_mtrr_type = guest,
			};
			t = kvm_memtype_choose(&req);
			spte = kvm_memtype_bits(&ept, &req);
			nr_rows = 0;
			for (row = 0; row < ARRAY_SIZE(rows); row++) {
				if (!row_fits(rows[row].inputs, bits))
					continue;
				nr_rows++;
				type = rows[row].type;
				if (type == GUEST)
					type = type_for_ept(guest);
				if (t.type != type ||
				    t.ignore_pat != rows[row].ignore_pat ||
				    spte != type * 8 + (rows[row].ignore_pat ?
								64 :
								0))
					KUNIT_FAIL(test,
						   "%s, guest %u: %u %d %llx",
						   rows[row].inputs, guest,
						   t.type, t.ignore_pat, spte);
			}
			if (nr_rows != 1)
				KUNIT_FAIL(test, "%u rows for %x", nr_rows,
					   bits);
			if (kvm_memtype_bits(&legacy, &req))
				KUNIT_FAIL(test, "legacy, %x", bits);
			nr++;
		}
	}
	KUNIT_EXPECT_EQ(test, nr, 16384u);
}

static struct kunit_case memtype_cases[] = {
	/* clang-format off */
	KUNIT_CASE(memtype_truth_table),
	{}
	/* clang-format on */
};

struct kunit_suite memtype_suite = {
	.name = "twinwalk_memtype",
	.test_cases = memtype_cases,
};
