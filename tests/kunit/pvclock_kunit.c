// SPDX-License-Identifier: GPL-2.0-only
/*
 * pvclock_kunit.c - lines of the paravirtual clock, a VM's clock, steal time
 *
 * That lines are right is asked of numbers of 128 bits, which the compiler has, and
 * the kernel can divide only by what the reference here does bit by bit.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <asm/msr.h>
#include <uapi/asm/kvm_para.h>

#include "memslots.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "virt.h"
#include "x86/pvclock.h"
#include "x86/steal.h"
#include "x86/tsc.h"

#define NR_RANDOM 5000
#define KHZ	  1000ull
#define GHZ	  1000000000ull
#define DAY_NS	  (86400ull * NSEC_PER_SEC)

/* Its quotient fits into 64 bits. */
static u64 ref_div(unsigned __int128 a, u64 by)
{
	unsigned __int128 rest = 0;
	u64 quotient = 0;
	int bit;

	for (bit = 127; bit >= 0; bit--) {
		rest = rest << 1 | (u64)(a >> bit & 1);
		quotient <<= 1;
		if (rest >= by) {
			rest -= by;
			quotient |= 1;
		}
	}
	return quotient;
}

/* msr.rst, MSR_KVM_SYSTEM_TIME_NEW, word by word, where nothing overflows. */
static u64 as_documented(const struct kvm_pvclock_line *line, u64 tsc)
{
	unsigned __int128 time = tsc - line->tsc;

	if (line->shift >= 0)
		time <<= line->shift;
	else
		time >>= -line->shift;
	time = (time * line->mul) >> 32;
	return time + line->ns;
}

/* From 1 kHz to 10 GHz, each order of magnitude as often as others. */
static u64 random_hz(struct rnd_state *rnd)
{
	static const u64 from[] = { KHZ,       10 * KHZ, 100 * KHZ, GHZ / 1000,
				    GHZ / 100, GHZ / 10, GHZ };
	u64 low = from[prandom_u32_state(rnd) % ARRAY_SIZE(from)];

	return low + mul_u64_u32_shr(9 * low, prandom_u32_state(rnd), 32);
}

static bool rate_is_right(struct kunit *test, u64 hz, u64 ns)
{
	struct kvm_pvclock_line line = { .tsc = 12345, .ns = 678 };
	u64 cycles = ref_div((unsigned __int128)ns * hz, NSEC_PER_SEC);
	u64 want, got;

	kvm_pvclock_set_rate(&line, hz);
	want = ref_div((unsigned __int128)cycles * NSEC_PER_SEC, hz) + line.ns;
	got = kvm_pvclock_read(&line, line.tsc + cycles);
	if (got == as_documented(&line, line.tsc + cycles) && got <= want &&
	    want - got <= (ns >> 31) + 2 && line.mul >> 31)
		return true;
	KUNIT_FAIL(test, "%llu Hz, %llu ns: %llu, not %llu (%x, %d)", hz, ns,
		   got, want, line.mul, line.shift);
	return false;
}

static void pvclock_rate_like_on_paper(struct kunit *test)
{
	static const u64 ends[] = { 1,	     KHZ,      GHZ - 1,
				    GHZ,     GHZ + 1,  GHZ / 2,
				    2 * GHZ, 10 * GHZ, U32_MAX * KHZ };
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (!rate_is_right(test, ends[i], DAY_NS))
			return;
	for (i = 0; i < NR_RANDOM; i++)
		if (!rate_is_right(test, random_hz(&rnd),
				   mul_u64_u32_shr(100 * DAY_NS,
						   prandom_u32_state(&rnd),
						   32)))
			return;
}

static void pvclock_stands_still(struct kunit *test)
{
	struct kvm_pvclock_line line = { .tsc = 1000, .ns = 5 };

	/* A host that does not know the rate of its TSC. */
	kvm_pvclock_set_rate(&line, 0);
	KUNIT_EXPECT_EQ(test, line.mul, 0u);
	KUNIT_EXPECT_EQ(test, kvm_pvclock_read(&line, U64_MAX / 4), 5ull);

	/* Before it begins. */
	kvm_pvclock_set_rate(&line, GHZ);
	KUNIT_EXPECT_EQ(test, kvm_pvclock_read(&line, 999), 5ull);
	KUNIT_EXPECT_EQ(test, kvm_pvclock_read(&line, 0), 5ull);
	KUNIT_EXPECT_EQ(test, kvm_pvclock_read(&line, 3000), 2005ull);
}

/*
 * A clock that goes at its own rate, by a TSC that is up to 300 ppm off: it never
 * goes back, and is never far from the clock.
 */
static bool walk(struct kunit *test, struct rnd_state *rnd, s32 ppm)
{
	u64 hz = GHZ + prandom_u32_state(rnd) % GHZ * 3;
	u64 real_hz = hz + ref_div((unsigned __int128)hz * abs(ppm), 1000000) *
				   (ppm < 0 ? -1ll : 1ll);
	struct kvm_pvclock_line line = { .ns = 1000 }, next;
	u64 ns = 1000, tsc = 0, seen = 0, now;
	unsigned int i;

	kvm_pvclock_set_rate(&line, hz);
	for (i = 0; i < 500; i++) {
		/* At random, but no later than it is promised. */
		now = mul_u64_u32_shr(KVM_PVCLOCK_RESYNC_NS,
				      prandom_u32_state(rnd), 32);
		ns += now;
		tsc += ref_div((unsigned __int128)now * real_hz, NSEC_PER_SEC);
		seen = kvm_pvclock_read(&line, tsc);

		next = (struct kvm_pvclock_line){ .tsc = tsc, .ns = ns };
		kvm_pvclock_set_rate(&next, hz);
		kvm_pvclock_continue(&next, &line);
		if (kvm_pvclock_read(&next, tsc) < max(seen, ns) ||
		    next.ns - ns > 5 * NSEC_PER_MSEC) {
			KUNIT_FAIL(test,
				   "step %u, %d ppm: %llu, seen %llu, clock %llu",
				   i, ppm, next.ns, seen, ns);
			return false;
		}
		line = next;
	}
	return true;
}

static void pvclock_never_goes_back(struct kunit *test)
{
	struct rnd_state rnd;
	s32 ppm;

	prandom_seed_state(&rnd, 2);
	for (ppm = -300; ppm <= 300; ppm += 20)
		if (!walk(test, &rnd, ppm))
			return;
}

/* One that was far ahead is slower by what it may be, until it is not any more. */
static void pvclock_catches_up(struct kunit *test)
{
	struct kvm_pvclock_line old = { .ns = NSEC_PER_SEC }, line = {};
	u64 ahead = NSEC_PER_SEC;
	unsigned int i;

	kvm_pvclock_set_rate(&old, GHZ);
	for (i = 0; ahead && i < 1000; i++) {
		line.tsc += KVM_PVCLOCK_RESYNC_NS;
		line.ns = line.tsc;
		kvm_pvclock_set_rate(&line, GHZ);
		kvm_pvclock_continue(&line, &old);
		ahead = line.ns - line.tsc;
		KUNIT_EXPECT_GE(test, line.mul, BIT(31) - (BIT(31) >> 11));
		KUNIT_EXPECT_EQ(test, line.mul == BIT(31), !ahead);
		old = line;
	}
	/* In 10 s 4.88 ms, so 205 times. */
	KUNIT_EXPECT_GE(test, i, 200u);
	KUNIT_EXPECT_LE(test, i, 210u);
}

static void pvclock_versions(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_pv_version_odd(0), 1u);
	KUNIT_EXPECT_EQ(test, kvm_pv_version_odd(2), 3u);
	/* Whatever the guest left there: never the one that it has seen. */
	KUNIT_EXPECT_EQ(test, kvm_pv_version_odd(1), 3u);
	KUNIT_EXPECT_EQ(test, kvm_pv_version_odd(U32_MAX - 1), U32_MAX);
	KUNIT_EXPECT_EQ(test, kvm_pv_version_odd(U32_MAX), 1u);
}

/* --- a VM, without memory ------------------------------------------------ */

#define NR_VCPUS 2

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpus[NR_VCPUS];
	struct kvm_clock_data clock;
};

static void set_msr(struct kunit *test, struct kvm_vcpu *vcpu, u32 index,
		    u64 data)
{
	struct msr_data msr = { .host_initiated = true,
				.index = index,
				.data = data };

	KUNIT_EXPECT_EQ(test, kvm_set_msr_pvclock(vcpu, &msr), 0);
}

static struct world *make_world(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < NR_VCPUS; i++) {
		vcpu = &w->vcpus[i];
		vcpu->kvm = &w->kvm;
		vcpu->cpu = -1;
		vcpu->vcpu_idx = i;
		KUNIT_ASSERT_EQ(test,
				xa_err(xa_store(&w->kvm.vcpu_array, i, vcpu,
						GFP_KERNEL)),
				0);
		kvm_vcpu_tsc_create(vcpu);
		atomic_inc(&w->kvm.online_vcpus);
		set_msr(test, vcpu, MSR_KVM_SYSTEM_TIME_NEW, KVM_MSR_ENABLED);
	}
	return w;
}

static u64 get_clock(struct kunit *test, struct world *w)
{
	w->clock = (struct kvm_clock_data){};
	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_get_clock(&w->kvm, &w->clock), 0l);
	return w->clock.clock;
}

static void set_clock(struct kunit *test, struct world *w, u64 ns)
{
	struct kvm_clock_data data = { .clock = ns };

	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_set_clock(&w->kvm, &data), 0l);
}

/* What the guest would see now. */
static u64 read_vcpu(struct world *w, unsigned int i)
{
	struct kvm_vcpu *vcpu = &w->vcpus[i];
	u64 ns;

	preempt_disable();
	ns = kvm_pvclock_read(&vcpu->arch.pvclock.line,
			      kvm_tsc_corrected(vcpu, rdtsc()));
	preempt_enable();
	return ns;
}

static void update(struct world *w, unsigned int i)
{
	struct kvm_vcpu *vcpu = &w->vcpus[i];
	int idx = srcu_read_lock(&w->kvm.srcu);

	if (kvm_check_request(KVM_REQ_MASTERCLOCK_UPDATE, vcpu))
		kvm_pvclock_update_master(&w->kvm);
	kvm_clear_request(KVM_REQ_CLOCK_UPDATE, vcpu);
	kvm_pvclock_update(vcpu);
	srcu_read_unlock(&w->kvm.srcu, idx);
}

static void pvclock_of_a_vm(struct kunit *test)
{
	struct world *w = make_world(test);
	struct kvm_clock_data bad = { .flags = 1 };
	u64 before, now;

	/* It began at 0, a moment ago. */
	before = get_clock(test, w);
	KUNIT_EXPECT_LT(test, before, 100ull * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, w->clock.flags & ~KVM_PVCLOCK_FLAGS, 0u);
	now = get_clock(test, w);
	KUNIT_EXPECT_GE(test, now, before);

	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_set_clock(&w->kvm, &bad),
			(long)-EINVAL);
	bad.flags = BIT(31);
	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_set_clock(&w->kvm, &bad),
			(long)-EINVAL);

	set_clock(test, w, DAY_NS);
	now = get_clock(test, w);
	KUNIT_EXPECT_GE(test, now, DAY_NS);
	KUNIT_EXPECT_LT(test, now, DAY_NS + 100 * NSEC_PER_SEC);
	set_clock(test, w, 7);
	KUNIT_EXPECT_LT(test, get_clock(test, w), 100ull * NSEC_PER_SEC);
}

/* What has passed since then is added; what has not come yet is not. */
static void pvclock_set_with_realtime(struct kunit *test)
{
	struct world *w = make_world(test);
	struct kvm_clock_data data = {
		.flags = KVM_CLOCK_REALTIME,
		.clock = 5,
		.realtime = ktime_get_real_ns() - DAY_NS,
	};

	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_set_clock(&w->kvm, &data), 0l);
	KUNIT_EXPECT_GE(test, get_clock(test, w), DAY_NS);
	KUNIT_EXPECT_LT(test, get_clock(test, w), DAY_NS + 100 * NSEC_PER_SEC);

	data.realtime = ktime_get_real_ns() + DAY_NS;
	KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_set_clock(&w->kvm, &data), 0l);
	KUNIT_EXPECT_LT(test, get_clock(test, w), 100ull * NSEC_PER_SEC);
}

/* Through all that can happen, but a clock that is set back. */
static void pvclock_vcpu_goes_on(struct kunit *test)
{
	struct world *w = make_world(test);
	struct rnd_state rnd;
	u64 seen[NR_VCPUS] = {}, now;
	unsigned int i, step;

	/* Nothing here notices when two CPUs' TSCs differ: vCPUs are not loaded. */
	migrate_disable();
	prandom_seed_state(&rnd, 3);
	update(w, 0);
	update(w, 1);
	for (step = 0; step < 2000; step++) {
		i = prandom_u32_state(&rnd) % NR_VCPUS;
		switch (prandom_u32_state(&rnd) % 8) {
		case 0:
			set_clock(test, w, get_clock(test, w) + NSEC_PER_SEC);
			KUNIT_EXPECT_TRUE(test,
					  kvm_test_request(KVM_REQ_CLOCK_UPDATE,
							   &w->vcpus[0]));
			break;
		case 1: /* it is in no generation any more, or in one */
			kvm_synchronize_tsc(&w->vcpus[i],
					    prandom_u32_state(&rnd) % 2 *
						    BIT_ULL(44));
			break;
		case 2:
			kvm_pvclock_update_master(&w->kvm);
			break;
		default:
			break;
		}
		for (i = 0; i < NR_VCPUS; i++) {
			if (kvm_request_pending(&w->vcpus[i]) || step % 3 == i)
				update(w, i);
			now = read_vcpu(w, i);
			if (now < seen[i]) {
				KUNIT_FAIL(test,
					   "step %u, vCPU %u: %llu < %llu",
					   step, i, now, seen[i]);
				goto out;
			}
			seen[i] = now;
		}
	}

	/* Back if that is what userspace wants. */
	set_clock(test, w, 0);
	update(w, 0);
	KUNIT_EXPECT_LT(test, read_vcpu(w, 0), seen[0]);
out:
	migrate_enable();
}

static void pvclock_ctrl_needs_a_clock(struct kunit *test)
{
	struct world *w = make_world(test);
	struct kvm_vcpu *vcpu = &w->vcpus[0];

	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_kvmclock_ctrl(vcpu, NULL), 0l);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.pvclock.stopped);
	KUNIT_EXPECT_TRUE(test, kvm_test_request(KVM_REQ_CLOCK_UPDATE, vcpu));
	update(w, 0);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.pvclock.valid);

	kvm_vcpu_pvclock_reset(vcpu);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.pvclock.valid);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_kvmclock_ctrl(vcpu, NULL),
			(long)-EINVAL);
}

/* Old and new numbers are the same MSRs. */
static void pvclock_msrs(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &make_world(test)->vcpus[1];
	struct msr_data msr = { .host_initiated = true };

	set_msr(test, vcpu, MSR_KVM_SYSTEM_TIME, 0x123456789001);
	msr.index = MSR_KVM_SYSTEM_TIME_NEW;
	KUNIT_EXPECT_EQ(test, kvm_get_msr_pvclock(vcpu, &msr), 0);
	KUNIT_EXPECT_EQ(test, msr.data, 0x123456789001ull);
	KUNIT_EXPECT_EQ(test, vcpu->arch.pvclock.area.gpa, 0x123456789000ull);

	/* A guest that does not know of it. */
	msr.host_initiated = false;
	vcpu->arch.cpuid.pv_features = BIT(KVM_FEATURE_CLOCKSOURCE2);
	KUNIT_EXPECT_EQ(test, kvm_get_msr_pvclock(vcpu, &msr), 0);
	vcpu->arch.cpuid.pv_features = BIT(KVM_FEATURE_CLOCKSOURCE);
	msr.index = MSR_KVM_SYSTEM_TIME;
	KUNIT_EXPECT_EQ(test, kvm_get_msr_pvclock(vcpu, &msr), 0);
}

/* --- steal time ---------------------------------------------------------- */

static void steal_time_adds_up(struct kunit *test)
{
	struct kvm_vcpu_steal st = {};
	const struct task_struct *a = current, *b = a + 1;

	/* What a task has waited before is not stolen. */
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 0, a, 5000), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 0, a, 5300), 300ull);
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 300, a, 5300), 300ull);
	/* The guest's own number counts: it may have been migrated. */
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 9000, a, 5301), 9001ull);
	/* Another task, with less. */
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 9001, b, 10), 9001ull);
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 9001, b, 15), 9006ull);
	/* Another one still, in the same place. */
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 9006, b, 3), 9006ull);
	KUNIT_EXPECT_EQ(test, kvm_steal_time_add(&st, 9006, b, 4), 9007ull);
}

static void steal_time_reserved_bits(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &make_world(test)->vcpus[0];
	struct msr_data msr = { .host_initiated = true };
	unsigned int bit;

	if (!kvm_steal_time_supported())
		kunit_skip(test, "the kernel counts no waiting");
	for (bit = 0; bit < 7; bit++) {
		msr.data = 0x1000 | BIT(bit);
		KUNIT_EXPECT_EQ(test, kvm_set_msr_steal_time(vcpu, &msr),
				bit >= 1 && bit <= 5);
	}
	KUNIT_EXPECT_EQ(test, vcpu->arch.steal.area.gpa, 0x1040ull);
}

static int pvclock_init(struct kunit *test)
{
	struct world *w;
	int r;

	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	r = kvm_vcpu_init();
	if (r)
		return r;
	r = kvm_pvclock_init();
	if (r)
		goto out_vcpu;
	xa_init(&w->kvm.vcpu_array);
	kvm_vm_tsc_create(&w->kvm);
	kvm_vm_pvclock_create(&w->kvm);
	r = kvm_memslots_create_vm(&w->kvm);
	if (r)
		goto out_clock;
	test->priv = w;
	return 0;

out_clock:
	kvm_pvclock_exit();
out_vcpu:
	kvm_vcpu_exit();
	return r;
}

static void pvclock_exit(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	kvm_vm_pvclock_stop(&w->kvm);
	kvm_memslots_destroy_vm(&w->kvm);
	xa_destroy(&w->kvm.vcpu_array);
	kvm_pvclock_exit();
	kvm_vcpu_exit();
}

static struct kunit_case pvclock_cases[] = {
	/* clang-format off */
	KUNIT_CASE(pvclock_rate_like_on_paper),
	KUNIT_CASE(pvclock_stands_still),
	KUNIT_CASE(pvclock_never_goes_back),
	KUNIT_CASE(pvclock_catches_up),
	KUNIT_CASE(pvclock_versions),
	KUNIT_CASE(pvclock_of_a_vm),
	KUNIT_CASE(pvclock_set_with_realtime),
	KUNIT_CASE(pvclock_vcpu_goes_on),
	KUNIT_CASE(pvclock_ctrl_needs_a_clock),
	KUNIT_CASE(pvclock_msrs),
	KUNIT_CASE(steal_time_adds_up),
	KUNIT_CASE(steal_time_reserved_bits),
	{}
	/* clang-format on */
};

struct kunit_suite pvclock_suite = {
	.name = "twinwalk_pvclock",
	.init = pvclock_init,
	.exit = pvclock_exit,
	.test_cases = pvclock_cases,
};
