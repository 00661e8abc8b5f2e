// SPDX-License-Identifier: GPL-2.0-only
/*
 * svm_intercept_kunit.c - which intercepts a VMCB gets
 *
 * The words are written down from APM 2, table B-1: vectors 0 to 5 of the control
 * area, as numbers, so that a wrong bit in <asm/svm.h> would be seen as well.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "svm/intercept.h"
#include "tests/kunit/suites.h"

struct words {
	u32 v[MAX_INTERCEPT];
};

/* What has to be intercepted, whatever the guest does. */
static const struct words always = { {
	[0] = BIT(16 + 4), /* CR4 is written */
	[2] = BIT(1) | BIT(6) | BIT(17) | BIT(18), /* #DB, #UD, #AC, #MC */
	[3] = BIT(0) | BIT(1) | BIT(2) | BIT(3) | /* INTR, NMI, SMI, INIT */
	      BIT(5) | /* CR0 is written, but for TS and MP */
	      BIT(15) | BIT(18) | BIT(19) | /* RDPMC, CPUID, RSM */
	      BIT(22) | BIT(26) | /* INVD, INVLPGA */
	      BIT(27) | BIT(28) | /* ports, MSRs */
	      BIT(29) | BIT(30) |
	      BIT(31), /* task switch, FERR_FREEZE, shutdown */
	[4] = 0x7f | /* VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT */
	      BIT(9) | /* WBINVD */
	      BIT(13) | BIT(14), /* XSETBV, RDPRU */
} };

/* What comes on demand, by the number of the flag. */
static const struct words on_demand[] = {
	{ { [0] = BIT(0) | BIT(16) } }, /* CR0 */
	{ { [0] = BIT(4) } }, /* CR4 is read */
	{ { [0] = BIT(16 + 8) } }, /* CR8 is written */
	{ { [1] = 0x00ff00ff } }, /* DR0 to DR7 */
	{ { [2] = BIT(3) } }, /* #BP */
	{ { [3] = BIT(20) } }, /* IRET */
	{ { [3] = BIT(4) } }, /* VINTR */
	{ { [3] = BIT(23) } }, /* PAUSE */
	{ { [5] = BIT(2) } }, /* INVPCID */
	{ { [4] = BIT(7) } }, /* RDTSCP */
	{ { [3] = BIT(24) } }, /* HLT */
	{ { [4] = BIT(10) | BIT(11) } }, /* MONITOR, MWAIT */
};

static void or_words(struct words *to, const struct words *from)
{
	unsigned int i;

	for (i = 0; i < MAX_INTERCEPT; i++)
		to->v[i] |= from->v[i];
}

/* One word more than there are, which has to stay as it is. */
static bool computes(u32 flags, const struct words *want)
{
	const struct svm_intercept_state state = { .flags = flags };
	u32 got[MAX_INTERCEPT + 1];

	memset(got, 0xa5, sizeof(got));
	svm_compute_intercepts(&state, got);
	return !memcmp(got, want->v, sizeof(want->v)) &&
	       got[MAX_INTERCEPT] == 0xa5a5a5a5;
}

static void svm_intercept_always(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, computes(0, &always));
}

/* APM 2, 15.5.1: VMRUN is refused unless this is intercepted. */
static void svm_intercept_vmrun(struct kunit *test)
{
	const struct svm_intercept_state state = {};
	u32 got[MAX_INTERCEPT];

	svm_compute_intercepts(&state, got);
	KUNIT_EXPECT_TRUE(test, got[4] & 1);
}

static void svm_intercept_flag_numbers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, SVM_ICPT_CR0, BIT(0));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_CR4_READ, BIT(1));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_CR8_WRITE, BIT(2));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_DR, BIT(3));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_BP, BIT(4));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_IRET, BIT(5));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_VINTR, BIT(6));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_PAUSE, BIT(7));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_INVPCID, BIT(8));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_RDTSCP, BIT(9));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_HLT, BIT(10));
	KUNIT_EXPECT_EQ(test, SVM_ICPT_MWAIT, BIT(11));
}

/* Every combination is what its flags are, and nothing else. */
static void svm_intercept_flags(struct kunit *test)
{
	struct words want;
	unsigned int i;
	u32 flags;

	for (flags = 0; flags < BIT(ARRAY_SIZE(on_demand)); flags++) {
		want = always;
		for (i = 0; i < ARRAY_SIZE(on_demand); i++)
			if (flags & BIT(i))
				or_words(&want, &on_demand[i]);
		if (!computes(flags, &want)) {
			KUNIT_FAIL(test, "flags %x", flags);
			return;
		}
	}
	/* Of flags that there are not, nothing comes. */
	KUNIT_EXPECT_TRUE(test, computes(~(flags - 1), &always));
}

/* A guest whose CPUID has none gets #GP, whoever switches it. */
static void svm_intercept_spec_ctrl(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, svm_spec_ctrl_is_direct(false, true, 0));
	KUNIT_EXPECT_FALSE(test, svm_spec_ctrl_is_direct(false, true, 4));
	KUNIT_EXPECT_FALSE(test, svm_spec_ctrl_is_direct(false, false, 4));
	KUNIT_EXPECT_FALSE(test, svm_spec_ctrl_is_direct(true, false, 0));
	KUNIT_EXPECT_TRUE(test, svm_spec_ctrl_is_direct(true, false, 4));
	KUNIT_EXPECT_TRUE(test, svm_spec_ctrl_is_direct(true, true, 0));
}

static struct kunit_case svm_intercept_cases[] = {
	/* clang-format off */
	KUNIT_CASE(svm_intercept_always),
	KUNIT_CASE(svm_intercept_vmrun),
	KUNIT_CASE(svm_intercept_flag_numbers),
	KUNIT_CASE(svm_intercept_flags),
	KUNIT_CASE(svm_intercept_spec_ctrl),
	{}
	/* clang-format on */
};

struct kunit_suite svm_intercept_suite = {
	.name = "twinwalk_svm_intercept",
	.test_cases = svm_intercept_cases,
};
