// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats_kunit.c - the rows that describe what is counted
 *
 * That each field has one row, and that rows keep the rules of api.rst,
 * KVM_GET_STATS_FD.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/string.h>

#include "tests/kunit/suites.h"
#include "virt/stats.h"

static const struct kvm_stat_table *const tables[] = {
	&kvm_vm_stats,
	&kvm_vcpu_stats,
};

/* Rows follow one another as fields do: none twice, none left out. */
static void stats_cover_all_fields(struct kunit *test)
{
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(tables); t++) {
		size_t end = 0;

		for (i = 0; i < tables[t]->nr; i++) {
			const struct kvm_stat_row *row = &tables[t]->rows[i];

			KUNIT_EXPECT_EQ_MSG(test, (size_t)row->offset, end,
					    "%s", row->name);
			end = row->offset + row->size * sizeof(u64);
		}
		KUNIT_EXPECT_EQ(test, end, tables[t]->data_size);
	}
}

/* In debugfs the VM's and the vCPUs' are in one directory. */
static void stats_names(struct kunit *test)
{
	static const struct kvm_stat_row *rows[128];
	unsigned int t, i, j, nr = 0;

	for (t = 0; t < ARRAY_SIZE(tables); t++) {
		for (i = 0; i < tables[t]->nr; i++) {
			KUNIT_ASSERT_LT(test, nr, 128u);
			rows[nr++] = &tables[t]->rows[i];
		}
	}
	for (i = 0; i < nr; i++) {
		size_t len = strnlen(rows[i]->name, KVM_STATS_NAME_SIZE);

		KUNIT_EXPECT_GT(test, len, (size_t)0);
		KUNIT_EXPECT_LT(test, len, (size_t)KVM_STATS_NAME_SIZE);
		for (j = 0; j < i; j++)
			if (!strcmp(rows[i]->name, rows[j]->name))
				KUNIT_FAIL(test, "%s twice", rows[i]->name);
	}
}

static bool is_histogram(u32 type)
{
	return type == KVM_STATS_TYPE_LINEAR_HIST ||
	       type == KVM_STATS_TYPE_LOG_HIST;
}

static bool exponent_is_right(u32 unit, s16 exponent)
{
	switch (unit) {
	case KVM_STATS_UNIT_SECONDS:
		return exponent <= 0;
	case KVM_STATS_UNIT_BOOLEAN:
		return !exponent;
	default:
		return exponent >= 0;
	}
}

static void stats_rules(struct kunit *test)
{
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(tables); t++) {
		for (i = 0; i < tables[t]->nr; i++) {
			const struct kvm_stat_row *row = &tables[t]->rows[i];
			u32 type = row->flags & KVM_STATS_TYPE_MASK;
			u32 unit = row->flags & KVM_STATS_UNIT_MASK;
			u32 base = row->flags & KVM_STATS_BASE_MASK;

			if (type > KVM_STATS_TYPE_MAX ||
			    unit > KVM_STATS_UNIT_MAX ||
			    base > KVM_STATS_BASE_MAX ||
			    row->flags != (type | unit | base))
				KUNIT_FAIL(test, "%s: flags", row->name);
			if (!exponent_is_right(unit, row->exponent))
				KUNIT_FAIL(test, "%s: exponent", row->name);
			if (type == KVM_STATS_TYPE_LINEAR_HIST ?
				    !row->bucket_size :
				    row->bucket_size)
				KUNIT_FAIL(test, "%s: bucket", row->name);
			if (is_histogram(type) ? row->size < 2 : row->size != 1)
				KUNIT_FAIL(test, "%s: size", row->name);
		}
	}
}

/* api.rst: the first bucket has [0, 1), the Nth [pow(2, N-2), pow(2, N-1)). */
static void stats_log_hist(struct kunit *test)
{
	static const struct {
		u64 value;
		unsigned int bucket;
	} rows[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ 2, 2 },
		{ 3, 2 },
		{ 4, 3 },
		{ 7, 3 },
		{ 8, 4 },
		{ 15, 4 },
		{ 16, 5 },
		{ BIT_ULL(29), 30 },
		{ BIT_ULL(30) - 1, 30 },
		{ BIT_ULL(30), 31 },
		{ BIT_ULL(31), 31 },
		{ BIT_ULL(40), 31 },
		{ U64_MAX, 31 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 hist[33] = {};

		kvm_stats_log_hist_add(hist, 32, rows[i].value);
		for (j = 0; j < ARRAY_SIZE(hist); j++)
			KUNIT_EXPECT_EQ_MSG(test, hist[j],
					    (u64)(j == rows[i].bucket),
					    "%llu, bucket %u", rows[i].value,
					    j);
	}
}

static struct kunit_case stats_cases[] = {
	/* clang-format off */
	KUNIT_CASE(stats_cover_all_fields),
	KUNIT_CASE(stats_names),
	KUNIT_CASE(stats_rules),
	KUNIT_CASE(stats_log_hist),
	{}
	/* clang-format on */
};

struct kunit_suite stats_suite = {
	.name = "twinwalk_stats",
	.test_cases = stats_cases,
};
