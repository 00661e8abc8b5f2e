// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsc_kunit.c - a guest's TSC: its arithmetic, and which vCPUs count together
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/time64.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/tsc.h"

#define NR_RANDOM 20000

static const u8 frac_bits[] = { 32, 48 };

/* A 128-bit number by its halves; the kernel has no division of such. */
struct u128_ref {
	u64 high;
	u64 low;
};

/* In parts of 32 bits, as on paper. */
static struct u128_ref ref_mul(u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 middle = ah * bl + (al * bl >> 32);
	u64 middle2 = al * bh + (u32)middle;

	return (struct u128_ref){
		.high = ah * bh + (middle >> 32) + (middle2 >> 32),
		.low = (middle2 << 32) | (u32)(al * bl),
	};
}

static u64 ref_shr(struct u128_ref a, unsigned int bits)
{
	return bits ? a.high << (64 - bits) | a.low >> bits : a.low;
}

/* Bit by bit; the quotient's low 64 bits. */
static u64 ref_div(struct u128_ref a, u64 by)
{
	u64 quotient = 0, rest = 0, carry;
	int bit;

	for (bit = 127; bit >= 0; bit--) {
		carry = rest >> 63;
		rest = rest << 1 | (bit >= 64 ? a.high >> (bit - 64) & 1 :
						a.low >> bit & 1);
		quotient <<= 1;
		if (carry || rest >= by) {
			rest -= by;
			quotient |= 1;
		}
	}
	return quotient;
}

static u64 random_u64(struct rnd_state *rnd)
{
	u64 data = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	/* Small ones as often as large ones. */
	return data >> (prandom_u32_state(rnd) % 64);
}

static void tsc_scale_like_on_paper(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, bits;
	u64 tsc, ratio;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < NR_RANDOM; i++) {
		tsc = random_u64(&rnd);
		ratio = random_u64(&rnd);
		bits = prandom_u32_state(&rnd) % 64;
		if (kvm_tsc_scale(tsc, ratio, bits) !=
		    ref_shr(ref_mul(tsc, ratio), bits)) {
			KUNIT_FAIL(test, "%llx * %llx >> %u", tsc, ratio, bits);
			return;
		}
	}
	KUNIT_EXPECT_EQ(test, kvm_tsc_scale(U64_MAX, BIT_ULL(48), 48), U64_MAX);
	KUNIT_EXPECT_EQ(test, kvm_tsc_scale(1000, BIT_ULL(32) / 2, 32), 500ull);
}

/* Rounded down, and so near that a day is right to a few cycles a second. */
static void tsc_ratio_is_guest_by_host(struct kunit *test)
{
	struct rnd_state rnd;
	u32 guest, host;
	unsigned int i;
	u64 want;
	u8 bits;

	prandom_seed_state(&rnd, 2);
	for (i = 0; i < NR_RANDOM; i++) {
		bits = frac_bits[i % ARRAY_SIZE(frac_bits)];
		host = 100000 + prandom_u32_state(&rnd) % 6000000;
		guest = 1 + prandom_u32_state(&rnd) % 20000000;
		want = ref_div(ref_mul(BIT_ULL(bits), guest), host);
		if (kvm_tsc_ratio(guest, host, bits) != want) {
			KUNIT_FAIL(test, "%u kHz on %u kHz, %u bits", guest,
				   host, bits);
			return;
		}
	}
	KUNIT_EXPECT_EQ(test, kvm_tsc_ratio(3000000, 1000000, 48),
			3 * BIT_ULL(48));
}

/* What is allowed never makes a ratio that the CPU does not take. */
static void tsc_max_khz_is_the_largest(struct kunit *test)
{
	static const u64 max_ratio[] = { BIT_ULL(40) - 1, U64_MAX };
	static const u32 hosts[] = { 1, 1000, 999999, 2400000, U32_MAX };
	unsigned int i, j;
	u32 khz;

	for (i = 0; i < ARRAY_SIZE(frac_bits); i++) {
		for (j = 0; j < ARRAY_SIZE(hosts); j++) {
			khz = kvm_tsc_max_khz(max_ratio[i], hosts[j],
					      frac_bits[i]);
			KUNIT_EXPECT_LE(test,
					kvm_tsc_ratio(khz, hosts[j],
						      frac_bits[i]),
					max_ratio[i]);
			if (khz == U32_MAX)
				continue;
			KUNIT_EXPECT_GE(test, (u64)khz + hosts[j] / 1000 + 1,
					(u64)hosts[j] *
						(max_ratio[i] >> frac_bits[i]));
		}
	}
	KUNIT_EXPECT_EQ(test, kvm_tsc_max_khz(U64_MAX, 2400000, 32), U32_MAX);
	KUNIT_EXPECT_EQ(test, kvm_tsc_max_khz(BIT_ULL(40), 1000, 32), 256000u);
}

static void tsc_cycles_like_on_paper(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;
	u64 ns;
	u32 khz;

	prandom_seed_state(&rnd, 3);
	for (i = 0; i < NR_RANDOM; i++) {
		ns = random_u64(&rnd);
		khz = random_u64(&rnd);
		if (kvm_tsc_cycles(ns, khz) !=
		    ref_div(ref_mul(ns, khz), 1000000)) {
			KUNIT_FAIL(test, "%llu ns at %u kHz", ns, khz);
			return;
		}
	}
	KUNIT_EXPECT_EQ(test, kvm_tsc_cycles(1000000000, 2400000),
			2400000000ull);
}

static void tsc_near_is_250_ppm(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kvm_tsc_khz_is_near(1000000, 1000000));
	KUNIT_EXPECT_TRUE(test, kvm_tsc_khz_is_near(1000250, 1000000));
	KUNIT_EXPECT_TRUE(test, kvm_tsc_khz_is_near(999750, 1000000));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_khz_is_near(1000251, 1000000));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_khz_is_near(999749, 1000000));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_khz_is_near(U32_MAX, 1));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_khz_is_near(0, U32_MAX));
}

/* A generation whose TSC was 5e9 at 7 s, at 1 GHz; it is now 10 s. */
static void tsc_write_joins_within_a_second(struct kunit *test)
{
	const u64 ns = 10 * NSEC_PER_SEC, now = 8 * NSEC_PER_SEC;
	struct kvm_tsc_generation gen = {
		.valid = true,
		.khz = 1000000,
		.ns = 7 * NSEC_PER_SEC,
		.tsc = 5 * NSEC_PER_SEC,
	};
	static const struct {
		s64 off;
		bool joins;
	} writes[] = {
		{ 0, true },
		{ NSEC_PER_SEC, true },
		{ -(s64)NSEC_PER_SEC, true },
		{ NSEC_PER_SEC + 1, false },
		{ -(s64)NSEC_PER_SEC - 1, false },
		{ S64_MAX, false },
		{ S64_MIN, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_tsc_write_matches(&gen,
							  now + writes[i].off,
							  ns, gen.khz),
				    writes[i].joins, "off by %lld",
				    writes[i].off);

	/* 0 is a vCPU that is new, however late. */
	KUNIT_EXPECT_TRUE(test, kvm_tsc_write_matches(&gen, 0, ns, gen.khz));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_write_matches(&gen, 0, ns, 999999));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_write_matches(&gen, now, ns, 999999));

	/* Near the end of its 64 bits. */
	gen.tsc = -(3 * NSEC_PER_SEC);
	KUNIT_EXPECT_TRUE(test, kvm_tsc_write_matches(&gen, 1000, ns, gen.khz));
	KUNIT_EXPECT_TRUE(test,
			  kvm_tsc_write_matches(&gen, -1000ull, ns, gen.khz));

	gen.valid = false;
	KUNIT_EXPECT_FALSE(test, kvm_tsc_write_matches(&gen, 0, ns, gen.khz));
	KUNIT_EXPECT_FALSE(test, kvm_tsc_write_matches(&gen, 1, ns, gen.khz));
}

/* So far apart that the time that the test takes is nothing. */
#define STEP BIT_ULL(44)

static struct kvm_vcpu *make_vcpu(struct kunit *test, struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;

	vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	vcpu->kvm = kvm;
	kvm_vcpu_tsc_create(vcpu);
	return vcpu;
}

static struct kvm *make_vm(struct kunit *test)
{
	struct kvm *kvm;

	kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kvm);
	kvm_vm_tsc_create(kvm);
	return kvm;
}

/* In steps, rounded. */
static s64 tsc_of(struct kvm_vcpu *vcpu)
{
	struct msr_data msr = {};

	kvm_get_msr_tsc(vcpu, &msr);
	return (s64)(msr.data + STEP / 2) >> 44;
}

static s64 adjust_of(struct kvm_vcpu *vcpu)
{
	struct msr_data msr = {};

	kvm_get_msr_tsc_adjust(vcpu, &msr);
	return (s64)(msr.data + STEP / 2) >> 44;
}

static void set_tsc(struct kvm_vcpu *vcpu, u64 steps, bool host)
{
	struct msr_data msr = { .data = steps * STEP, .host_initiated = host };

	kvm_set_msr_tsc(vcpu, &msr);
}

static void set_adjust(struct kvm_vcpu *vcpu, u64 steps, bool host)
{
	struct msr_data msr = { .data = steps * STEP, .host_initiated = host };

	kvm_set_msr_tsc_adjust(vcpu, &msr);
}

static void tsc_and_adjust_move_together(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test, make_vm(test));

	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 0);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 0);

	/* The guest's: what is added to the one is added to the other. */
	set_tsc(vcpu, 3, false);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 3);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 3);
	set_adjust(vcpu, 5, false);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 5);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 5);

	/* Userspace's: each for itself. */
	set_tsc(vcpu, 100, true);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 100);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 5);
	set_adjust(vcpu, 40, true);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 100);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 40);

	set_adjust(vcpu, 42, false);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 102);
	set_tsc(vcpu, 90, false);
	KUNIT_EXPECT_EQ(test, tsc_of(vcpu), 90);
	KUNIT_EXPECT_EQ(test, adjust_of(vcpu), 30);
}

/* A new vCPU of a new VM is at 0 just when it was made. */
static void tsc_begins_at_zero(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test, make_vm(test));
	u64 before, after;

	vcpu->kvm = make_vm(test);
	preempt_disable();
	before = rdtsc();
	kvm_vcpu_tsc_create(vcpu);
	after = rdtsc();
	preempt_enable();

	/* Its ratio is 1, so that the offset is the TSC of that moment. */
	KUNIT_EXPECT_GE(test, -vcpu->arch.tsc.offset, before);
	KUNIT_EXPECT_LE(test, -vcpu->arch.tsc.offset, after);
}

static void tsc_vcpus_count_together(struct kunit *test)
{
	struct kvm *kvm = make_vm(test);
	struct kvm_vcpu *first = make_vcpu(test, kvm);
	struct kvm_vcpu *second;

	set_tsc(first, 7, true);
	second = make_vcpu(test, kvm);
	KUNIT_EXPECT_EQ(test, tsc_of(second), 7);
	if (!check_tsc_unstable())
		KUNIT_EXPECT_EQ(test, first->arch.tsc.offset,
				second->arch.tsc.offset);

	/* Another value is another generation, which 0 joins. */
	set_tsc(first, 9, true);
	KUNIT_EXPECT_EQ(test, tsc_of(second), 7);
	set_tsc(second, 0, true);
	KUNIT_EXPECT_EQ(test, tsc_of(second), 9);
	if (!check_tsc_unstable())
		KUNIT_EXPECT_EQ(test, first->arch.tsc.offset,
				second->arch.tsc.offset);
}

static void tsc_frequency_of_a_vm(struct kunit *test)
{
	struct kvm *kvm = make_vm(test);
	struct kvm_vcpu *vcpu;
	u32 near = tsc_khz + tsc_khz / 10000;

	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_get_tsc_khz(kvm, NULL),
			(long)tsc_khz);
	kvm->arch.tsc.default_khz = near;
	vcpu = make_vcpu(test, kvm);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_tsc_khz(vcpu, NULL),
			(long)near);
	KUNIT_EXPECT_EQ(test, vcpu->arch.tsc.ratio,
			BIT_ULL(kvm_tsc_caps()->frac_bits));
	KUNIT_EXPECT_EQ(test,
			kvm_vcpu_ioctl_set_tsc_khz(vcpu,
						   (void *)(BIT(32) | tsc_khz)),
			(long)-EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_tsc_khz(vcpu, NULL), 0l);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_tsc_khz(vcpu, NULL),
			(long)tsc_khz);
}

/* Put when the host's TSC was @ahead further on than it is now. */
static void load_as_if_later(struct kvm_vcpu *vcpu, u64 ahead)
{
	preempt_disable();
	kvm_vcpu_tsc_put(vcpu);
	vcpu->arch.tsc.last_host_tsc += ahead;
	kvm_vcpu_tsc_load(vcpu, smp_processor_id());
	preempt_enable();
}

/* A host's TSC that begins anew takes nothing away from a guest. */
static void tsc_goes_on_after_suspend(struct kunit *test)
{
	struct kvm *kvm = make_vm(test);
	struct kvm_vcpu *vcpus[2];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, kvm_tsc_lost_in_suspend(1000, 1001), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_tsc_lost_in_suspend(1000, 1000), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_tsc_lost_in_suspend(1000, 10), 990ull);

	for (i = 0; i < 2; i++) {
		vcpus[i] = make_vcpu(test, kvm);
		preempt_disable();
		kvm_vcpu_tsc_load(vcpus[i], smp_processor_id());
		preempt_enable();
	}
	set_tsc(vcpus[0], 5, true);
	set_tsc(vcpus[1], 0, true);

	/* As if it had been so much more before: twice for the one. */
	kvm_tsc_host_lost(STEP);
	load_as_if_later(vcpus[0], STEP);
	kvm_tsc_host_lost(2 * STEP);
	load_as_if_later(vcpus[0], 2 * STEP);
	load_as_if_later(vcpus[1], 3 * STEP);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, tsc_of(vcpus[i]), 8);
		KUNIT_EXPECT_EQ(test, adjust_of(vcpus[i]), 0);
		load_as_if_later(vcpus[i], 0);
		KUNIT_EXPECT_EQ(test, tsc_of(vcpus[i]), 8);
	}
	if (!check_tsc_unstable())
		KUNIT_EXPECT_EQ(test, vcpus[0]->arch.tsc.offset,
				vcpus[1]->arch.tsc.offset);

	/* Who comes now joins those who were there before. */
	set_tsc(vcpus[1], 0, true);
	if (!check_tsc_unstable())
		KUNIT_EXPECT_EQ(test, vcpus[0]->arch.tsc.offset,
				vcpus[1]->arch.tsc.offset);
}

static struct kunit_case tsc_cases[] = {
	/* clang-format off */
	KUNIT_CASE(tsc_scale_like_on_paper),
	KUNIT_CASE(tsc_ratio_is_guest_by_host),
	KUNIT_CASE(tsc_max_khz_is_the_largest),
	KUNIT_CASE(tsc_cycles_like_on_paper),
	KUNIT_CASE(tsc_near_is_250_ppm),
	KUNIT_CASE(tsc_write_joins_within_a_second),
	KUNIT_CASE(tsc_and_adjust_move_together),
	KUNIT_CASE(tsc_begins_at_zero),
	KUNIT_CASE(tsc_vcpus_count_together),
	KUNIT_CASE(tsc_frequency_of_a_vm),
	KUNIT_CASE(tsc_goes_on_after_suspend),
	{}
	/* clang-format on */
};

struct kunit_suite tsc_suite = {
	.name = "twinwalk_tsc",
	.test_cases = tsc_cases,
};
