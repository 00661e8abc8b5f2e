// SPDX-License-Identifier: GPL-2.0-only
/*
 * halt_kunit.c - how long HLT polls, by halt-polling.rst; who is worth a yield
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "tests/kunit/suites.h"
#include "virt/halt.h"
#include "vm.h"

#define ROUNDS 20000

/* The rules of halt-polling.rst, a sentence each. */
static u64 reference(const struct kvm_halt_rules *r, u64 poll, u64 halt)
{
	u64 next;

	if (poll > r->max_ns)
		poll = r->max_ns;
	/* Woken within the interval: it is left unchanged. */
	if (halt <= poll)
		return poll;
	/* It would never be polled for long enough: shrunk. */
	if (halt >= r->max_ns) {
		next = r->shrink ? poll / r->shrink : 0;
		return next >= r->grow_start ? next : 0;
	}
	/* A longer one would have done: grown, from a start, to the maximum. */
	if (!r->grow)
		return poll;
	next = poll * r->grow;
	if (next < r->grow_start)
		next = r->grow_start;
	return next < r->max_ns ? next : r->max_ns;
}

static void halt_follows_the_rules(struct kunit *test)
{
	unsigned int i, got, grown = 0, shrunk = 0, kept = 0;
	struct kvm_halt_rules r;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 23);
	for (i = 0; i < ROUNDS; i++) {
		unsigned int poll = prandom_u32_state(&rnd) >> (i % 32);
		u64 halt = prandom_u32_state(&rnd) >> (i % 29);
		u64 want;

		r.max_ns = prandom_u32_state(&rnd) >> (i % 31);
		r.grow = prandom_u32_state(&rnd) >> (i * 7 % 32);
		r.grow_start = prandom_u32_state(&rnd) >> (i % 27);
		r.shrink = i & 1 ? prandom_u32_state(&rnd) % 5 : 0;
		if (i % 7 == 0)
			halt = poll;
		if (i % 11 == 0)
			halt = r.max_ns;
		want = reference(&r, poll, halt);
		got = kvm_halt_next_poll(&r, poll, halt);
		if (got != want) {
			KUNIT_FAIL(test, "%u of %u, halt %llu: %u, not %llu",
				   poll, r.max_ns, halt, got, want);
			return;
		}
		grown += got > poll;
		shrunk += got < poll;
		kept += got == poll;
	}
	KUNIT_EXPECT_GT(test, grown, ROUNDS / 50);
	KUNIT_EXPECT_GT(test, shrunk, ROUNDS / 50);
	KUNIT_EXPECT_GT(test, kept, ROUNDS / 50);
}

/* With stock's defaults: 10, 20, 40 us, and nothing when that is in vain. */
static void halt_with_defaults(struct kunit *test)
{
	const struct kvm_halt_rules r = {
		.max_ns = 200000,
		.grow = 2,
		.grow_start = 10000,
	};
	static const unsigned int steps[] = { 10000,  20000,  40000, 80000,
					      160000, 200000, 200000 };
	unsigned int i, poll = 0;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		poll = kvm_halt_next_poll(&r, poll, 199999);
		KUNIT_EXPECT_EQ(test, poll, steps[i]);
	}
	KUNIT_EXPECT_EQ(test, kvm_halt_next_poll(&r, poll, 100), poll);
	KUNIT_EXPECT_EQ(test, kvm_halt_next_poll(&r, poll, 200001), 0);
	KUNIT_EXPECT_EQ(test, kvm_halt_next_poll(&r, poll, U64_MAX), 0);
}

static void halt_bound_of_a_vm(struct kunit *test)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	KUNIT_EXPECT_EQ(test, kvm_vm_enable_halt_poll(kvm, 1ull << 32),
			-EINVAL);
	KUNIT_EXPECT_FALSE(test, kvm->halt.has_max);
	KUNIT_EXPECT_EQ(test, kvm_vm_enable_halt_poll(kvm, U32_MAX), 0);
	KUNIT_EXPECT_TRUE(test, kvm->halt.has_max);
	KUNIT_EXPECT_EQ(test, kvm->halt.max_poll_ns, U32_MAX);
	/* 0 is a bound as well: no polling. */
	KUNIT_EXPECT_EQ(test, kvm_vm_enable_halt_poll(kvm, 0), 0);
	KUNIT_EXPECT_TRUE(test, kvm->halt.has_max);
	KUNIT_EXPECT_EQ(test, kvm->halt.max_poll_ns, 0);
}

static void halt_candidates(struct kunit *test)
{
	struct kvm_vcpu_halt h = {};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, kvm_halt_is_candidate(&h, true));
		KUNIT_EXPECT_FALSE(test, kvm_halt_is_candidate(&h, false));
	}
	/* One that spins: every other time, beginning with no. */
	h.spinning = true;
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_FALSE(test, kvm_halt_is_candidate(&h, false));
		KUNIT_EXPECT_EQ(test, kvm_halt_is_candidate(&h, true), i & 1);
	}
}

static struct kunit_case halt_cases[] = {
	/* clang-format off */
	KUNIT_CASE(halt_follows_the_rules),
	KUNIT_CASE(halt_with_defaults),
	KUNIT_CASE(halt_bound_of_a_vm),
	KUNIT_CASE(halt_candidates),
	{}
	/* clang-format on */
};

struct kunit_suite halt_suite = {
	.name = "twinwalk_halt",
	.test_cases = halt_cases,
};
