// SPDX-License-Identifier: GPL-2.0-only
/*
 * svm_config_kunit.c - choosing the SVM features, all combinations
 */
#include <kunit/test.h>
#include <linux/bits.h>

#include "svm/config.h"
#include "tests/kunit/suites.h"

/* Bits of CPUID 8000_000AH:EDX that are used, APM 3, E.4.9. */
static const u8 used_bits[] = { 0, 1, 3, 4, 5, 6, 7, 10, 12, 15, 16, 20, 25 };

#define HAS(bit) (!!(edx & BIT(bit)))

/* The same rules once more, as sentences rather than as a table. */
static u32 expected(u32 edx, bool npt)
{
	u32 features = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(used_bits); i++)
		features |= edx & BIT(used_bits[i]);

	if (!npt)
		features &= ~BIT(0);
	/* VMLOAD and VMSAVE take guest addresses, which NPT translates. */
	if (!npt || !HAS(0))
		features &= ~BIT(15);
	/* The threshold is a part of the filter. */
	if (!HAS(10))
		features &= ~BIT(12);
	/* Virtual NMIs are blocked by the virtual GIF. */
	if (!HAS(16))
		features &= ~BIT(25);
	return features;
}

static void svm_config_all_combinations(struct kunit *test)
{
	struct svm_capabilities cap = { .revision = 1, .nr_asids = 16 };
	struct svm_config cfg;
	unsigned int n, i, npt;

	for (n = 0; n < BIT(ARRAY_SIZE(used_bits)); n++) {
		/* What is not used must not matter. */
		cap.features = n & 1 ? BIT(2) | BIT(13) | BIT(17) | BIT(31) : 0;
		for (i = 0; i < ARRAY_SIZE(used_bits); i++)
			if (n & BIT(i))
				cap.features |= BIT(used_bits[i]);

		for (npt = 0; npt < 2; npt++) {
			KUNIT_ASSERT_PTR_EQ(test,
					    svm_compute_config(&cap, npt, &cfg),
					    NULL);
			KUNIT_ASSERT_EQ(test, cfg.features,
					expected(cap.features, npt));
			KUNIT_ASSERT_EQ(test, cfg.nr_asids, 16);
		}
	}
}

static void svm_config_asids(struct kunit *test)
{
	struct svm_capabilities cap = { .revision = 1 };
	struct svm_config cfg;
	u32 n;

	for (n = 0; n < 2; n++) {
		cap.nr_asids = n;
		KUNIT_EXPECT_PTR_NE(test, svm_compute_config(&cap, true, &cfg),
				    NULL);
	}
	cap.nr_asids = 2;
	KUNIT_EXPECT_PTR_EQ(test, svm_compute_config(&cap, true, &cfg), NULL);
	cap.nr_asids = U32_MAX;
	KUNIT_EXPECT_PTR_EQ(test, svm_compute_config(&cap, true, &cfg), NULL);
	KUNIT_EXPECT_EQ(test, cfg.nr_asids, U32_MAX);
}

static void svm_config_differences(struct kunit *test)
{
	struct svm_config a = { .nr_asids = 16, .features = BIT(0) | BIT(3) };
	struct svm_config b;
	unsigned int i;

	KUNIT_EXPECT_PTR_EQ(test, svm_config_difference(&a, &a), NULL);
	for (i = 0; i < ARRAY_SIZE(used_bits); i++) {
		b = a;
		b.features ^= BIT(used_bits[i]);
		KUNIT_EXPECT_PTR_NE(test, svm_config_difference(&a, &b), NULL);
		KUNIT_EXPECT_PTR_NE(test, svm_config_difference(&b, &a), NULL);
	}
	b = a;
	b.nr_asids++;
	KUNIT_EXPECT_PTR_NE(test, svm_config_difference(&a, &b), NULL);
	b = a;
	b.features ^= BIT(0);
	KUNIT_EXPECT_STREQ(test, svm_config_difference(&a, &b), "NPT");
}

static struct kunit_case svm_config_cases[] = {
	/* clang-format off */
	KUNIT_CASE(svm_config_all_combinations),
	KUNIT_CASE(svm_config_asids),
	KUNIT_CASE(svm_config_differences),
	{}
	/* clang-format on */
};

struct kunit_suite svm_config_suite = {
	.name = "twinwalk_svm_config",
	.test_cases = svm_config_cases,
};
