// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapic_kunit.c - local APICs as objects: their timer, their messages, their state
 *
 * A VM of two vCPUs that are nothing but their APICs, with userspace's IOAPIC.  The
 * timer is real: what is said of time is said with a second of patience.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/prandom.h>
#include <linux/rcuwait.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/tsc.h>

#include "irqchip/apic_map.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pv_apic.h"
#include "irqchip/routing.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/msr.h"
#include "x86/tsc.h"

#define NR_VCPUS 2
#define VECTOR	 0x61
#define ROUNDS	 500

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpus[NR_VCPUS];
	struct kvm_cpuid_entry2 leaves[NR_VCPUS];
};

/* CPUID.1:ECX */
#define HAS_X2APIC	 BIT(21)
#define HAS_TSC_DEADLINE BIT(24)

static void fake_write_tsc_offset(struct kvm_vcpu *vcpu, u64 offset)
{
}

static struct world *world_of(struct kunit *test)
{
	return test->priv;
}

static void write_reg(struct kvm_vcpu *vcpu, u32 offset, u32 val)
{
	u64 gpa = APIC_DEFAULT_PHYS_BASE + offset;

	WARN_ON(kvm_lapic_mmio_write(vcpu, gpa, sizeof(val), &val));
}

static u32 read_reg(struct kvm_vcpu *vcpu, u32 offset)
{
	u64 gpa = APIC_DEFAULT_PHYS_BASE + offset;
	u32 val = 0;

	WARN_ON(kvm_lapic_mmio_read(vcpu, gpa, sizeof(val), &val));
	return val;
}

static bool waits(struct kvm_vcpu *vcpu, u8 vector)
{
	return kvm_apic_test_vector(vcpu->arch.apic->regs + APIC_IRR, vector);
}

static void forget(struct kvm_vcpu *vcpu, u8 vector)
{
	clear_bit(vector % 32,
		  kvm_apic_vector_word(vcpu->arch.apic->regs + APIC_IRR,
				       vector));
}

/* True if it comes, and then it has been. */
static bool comes(struct kvm_vcpu *vcpu, u8 vector)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (waits(vcpu, vector)) {
			forget(vcpu, vector);
			return true;
		}
		usleep_range(1000, 1100);
	}
	return false;
}

static int world_init(struct kunit *test)
{
	struct world *w = kzalloc(sizeof(*w), GFP_KERNEL);
	unsigned int i;
	int r;

	if (!w)
		return -ENOMEM;
	test->priv = w;
	static_call_update(kvm_x86_write_tsc_offset, fake_write_tsc_offset);
	mutex_init(&w->kvm.lock);
	mutex_init(&w->kvm.slots_lock);
	xa_init(&w->kvm.vcpu_array);
	kvm_irqchip_init_vm(&w->kvm);
	r = kvm_enable_split_irqchip(&w->kvm, 24);
	for (i = 0; i < NR_VCPUS && !r; i++) {
		struct kvm_vcpu *vcpu = &w->vcpus[i];

		vcpu->kvm = &w->kvm;
		vcpu->vcpu_id = i;
		vcpu->vcpu_idx = i;
		vcpu->cpu = -1;
		vcpu->arch.regs_avail = ~0;
		vcpu->arch.tsc.khz = tsc_khz;
		vcpu->arch.tsc.ratio = BIT_ULL(kvm_tsc_caps()->frac_bits);
		rcuwait_init(&vcpu->wait);
		w->leaves[i].function = 1;
		w->leaves[i].ecx = HAS_X2APIC | HAS_TSC_DEADLINE;
		vcpu->arch.cpuid.table.entries = &w->leaves[i];
		vcpu->arch.cpuid.table.nent = 1;
		vcpu->arch.cpuid.maxphyaddr = 36;
		kvm_update_cpuid_runtime(vcpu);
		r = xa_err(xa_store(&w->kvm.vcpu_array, i, vcpu, GFP_KERNEL));
		if (!r)
			r = kvm_lapic_create(vcpu);
		atomic_inc(&w->kvm.online_vcpus);
		if (r)
			break;
		kvm_lapic_reset(vcpu, false);
		write_reg(vcpu, APIC_SPIV, APIC_SPIV_APIC_ENABLED | 0xff);
		vcpu->requests = 0;
	}
	return r;
}

static void world_exit(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;

	if (!w)
		return;
	for (i = 0; i < NR_VCPUS; i++)
		kvm_lapic_destroy(&w->vcpus[i]);
	kvm_irqchip_destroy_vm(&w->kvm);
	xa_destroy(&w->kvm.vcpu_array);
	static_call_update(kvm_x86_write_tsc_offset, NULL);
	kfree(w);
}

/* --- the timer ----------------------------------------------------------- */

static u64 guest_tsc(struct kvm_vcpu *vcpu)
{
	return kvm_read_guest_tsc(vcpu, rdtsc());
}

static u64 ms_of_tsc(u64 ms)
{
	return ms * tsc_khz;
}

static void deadline_mode(struct kvm_vcpu *vcpu)
{
	write_reg(vcpu, APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
}

static void lapic_one_shot(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];

	write_reg(vcpu, APIC_LVTT, VECTOR);
	write_reg(vcpu, APIC_TDCR, APIC_TDR_DIV_16);
	write_reg(vcpu, APIC_TMICT, 100000);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_TMCCT), 0);
	usleep_range(5000, 6000);
	KUNIT_EXPECT_FALSE(test, waits(vcpu, VECTOR));
	/* Stopped by a count of 0. */
	write_reg(vcpu, APIC_TMICT, 100 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GT(test, read_reg(vcpu, APIC_TMCCT), 0);
	write_reg(vcpu, APIC_TMICT, 0);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_TMCCT), 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&vcpu->arch.apic->timer.timer));
}

/* While it runs one-shot becomes periodic, and the reverse. */
static void lapic_mode_while_it_runs(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct hrtimer *timer = &vcpu->arch.apic->timer.timer;
	unsigned int i;

	write_reg(vcpu, APIC_LVTT, VECTOR);
	write_reg(vcpu, APIC_TDCR, APIC_TDR_DIV_1);
	write_reg(vcpu, APIC_TMICT, 20 * NSEC_PER_MSEC);
	write_reg(vcpu, APIC_LVTT, APIC_LVT_TIMER_PERIODIC | VECTOR);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	/* Once more; what may have come before that is the same bit. */
	write_reg(vcpu, APIC_LVTT, VECTOR);
	for (i = 0; i < 1000 && hrtimer_active(timer); i++)
		usleep_range(1000, 1100);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(timer));
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	usleep_range(50000, 51000);
	KUNIT_EXPECT_FALSE(test, waits(vcpu, VECTOR));

	/* To TSC-deadline mode it does not go on. */
	write_reg(vcpu, APIC_TMICT, 20 * NSEC_PER_MSEC);
	deadline_mode(vcpu);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(timer));
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_TMICT), 0);
	/* Nor back. */
	kvm_set_lapic_tscdeadline_msr(vcpu, guest_tsc(vcpu) + ms_of_tsc(1000));
	write_reg(vcpu, APIC_LVTT, VECTOR);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(timer));
	KUNIT_EXPECT_EQ(test, kvm_get_lapic_tscdeadline_msr(vcpu), 0);
	deadline_mode(vcpu);
	KUNIT_EXPECT_EQ(test, kvm_get_lapic_tscdeadline_msr(vcpu), 0);
}

static void lapic_deadline_in_the_past(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	u64 deadline;

	/* In another mode the MSR is not there to be armed. */
	write_reg(vcpu, APIC_LVTT, VECTOR);
	kvm_set_lapic_tscdeadline_msr(vcpu, 1);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&vcpu->arch.apic->timer.timer));

	deadline_mode(vcpu);
	kvm_set_lapic_tscdeadline_msr(vcpu, 1);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	KUNIT_EXPECT_EQ(test, kvm_get_lapic_tscdeadline_msr(vcpu), 0);

	deadline = guest_tsc(vcpu) + ms_of_tsc(200);
	kvm_set_lapic_tscdeadline_msr(vcpu, deadline);
	KUNIT_EXPECT_EQ(test, kvm_get_lapic_tscdeadline_msr(vcpu), deadline);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	KUNIT_EXPECT_GE(test, guest_tsc(vcpu), deadline);

	kvm_set_lapic_tscdeadline_msr(vcpu, deadline + ms_of_tsc(10000));
	kvm_set_lapic_tscdeadline_msr(vcpu, 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&vcpu->arch.apic->timer.timer));
}

/* The kernel's clock says that it is time, and the guest's TSC that it is not. */
static void lapic_deadline_is_never_early(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct kvm_lapic_timer *t = &vcpu->arch.apic->timer;
	const u64 deadlines[] = { guest_tsc(vcpu) + ms_of_tsc(500),
				  guest_tsc(vcpu) + BIT_ULL(62) };
	ktime_t before;
	unsigned int i;

	if (check_tsc_unstable())
		kunit_skip(test, "the host's TSC is not to be relied upon");
	deadline_mode(vcpu);
	for (i = 0; i < ARRAY_SIZE(deadlines); i++) {
		t->tscdeadline = deadlines[i];
		before = ktime_get();
		KUNIT_EXPECT_EQ(test, t->timer.function(&t->timer),
				HRTIMER_RESTART);
		KUNIT_EXPECT_FALSE(test, waits(vcpu, VECTOR));
		KUNIT_EXPECT_EQ(test, t->tscdeadline, deadlines[i]);
		KUNIT_EXPECT_GT(test, hrtimer_get_expires(&t->timer),
				ktime_add_ms(before, 300));
	}
	t->tscdeadline = guest_tsc(vcpu);
	KUNIT_EXPECT_EQ(test, t->timer.function(&t->timer), HRTIMER_NORESTART);
	KUNIT_EXPECT_TRUE(test, waits(vcpu, VECTOR));
	KUNIT_EXPECT_EQ(test, t->tscdeadline, 0);
}

/* The guest moves its TSC behind the deadline: that is when it is due. */
static void lapic_deadline_follows_the_tsc(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct msr_data msr = { .index = MSR_IA32_TSC };

	deadline_mode(vcpu);
	kvm_set_lapic_tscdeadline_msr(vcpu,
				      guest_tsc(vcpu) + ms_of_tsc(100000));
	msr.data = guest_tsc(vcpu) + ms_of_tsc(200000);
	KUNIT_EXPECT_EQ(test, kvm_set_msr_tsc(vcpu, &msr), 0);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APIC_TIMER, vcpu));
	kvm_lapic_restart_timer(vcpu);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));

	/* Nothing runs: nothing to do. */
	msr.data = 5;
	KUNIT_EXPECT_EQ(test, kvm_set_msr_tsc(vcpu, &msr), 0);
	KUNIT_EXPECT_FALSE(test, kvm_check_request(KVM_REQ_APIC_TIMER, vcpu));
	/* One that has fired is not armed by it once more. */
	kvm_lapic_restart_timer(vcpu);
	usleep_range(2000, 3000);
	KUNIT_EXPECT_FALSE(test, waits(vcpu, VECTOR));
}

/* On another CPU it goes on as it was. */
static void lapic_timer_moves_along(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct hrtimer *timer = &vcpu->arch.apic->timer.timer;
	ktime_t expires;

	kvm_lapic_timer_moved(vcpu);
	KUNIT_EXPECT_FALSE(test, kvm_test_request(KVM_REQ_APIC_TIMER, vcpu));
	kvm_lapic_restart_timer(vcpu);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(timer));

	write_reg(vcpu, APIC_LVTT, VECTOR);
	write_reg(vcpu, APIC_TDCR, APIC_TDR_DIV_1);
	write_reg(vcpu, APIC_TMICT, 500 * NSEC_PER_MSEC);
	expires = hrtimer_get_expires(timer);
	kvm_lapic_timer_moved(vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APIC_TIMER, vcpu));
	kvm_lapic_restart_timer(vcpu);
	KUNIT_EXPECT_EQ(test, hrtimer_get_expires(timer), expires);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
}

/* --- LINT0 --------------------------------------------------------------- */

static void lapic_lint0_asks_for_a_look(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];

	write_reg(vcpu, APIC_LVT0, APIC_LVT_MASKED | APIC_DM_EXTINT);
	KUNIT_EXPECT_FALSE(test, kvm_apic_accepts_pic(vcpu));
	kvm_clear_request(KVM_REQ_EVENT, vcpu);
	write_reg(vcpu, APIC_LVT0, APIC_DM_EXTINT);
	KUNIT_EXPECT_TRUE(test, kvm_apic_accepts_pic(vcpu));
	KUNIT_EXPECT_TRUE(test, kvm_test_request(KVM_REQ_EVENT, vcpu));
}

static int ticks_as_nmis(struct kvm_vcpu *vcpu)
{
	atomic_set(&vcpu->arch.event.nmi_queued, 0);
	kvm_lapic_lint0_tick(vcpu->kvm);
	return atomic_read(&vcpu->arch.event.nmi_queued);
}

static void lapic_lint0_nmi_watchdog(struct kunit *test)
{
	struct world *w = world_of(test);
	struct kvm_vcpu *a = &w->vcpus[0], *b = &w->vcpus[1];
	struct kvm_lapic_state *state;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(a), 0);
	write_reg(b, APIC_LVT0, APIC_DM_NMI);
	write_reg(a, APIC_LVT0, APIC_DM_NMI);
	write_reg(a, APIC_LVT0, APIC_DM_NMI);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->kvm.arch.irqchip.nr_lint0_nmi),
			2);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(a), 1);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(b), 1);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_lapic(a, state), 0);

	write_reg(a, APIC_LVT0, APIC_DM_NMI | APIC_LVT_MASKED);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(a), 0);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(b), 1);
	/* Each way in which LVT0 changes counts. */
	write_reg(b, APIC_SPIV, 0xff);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(b), 0);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_lapic(a, state), 0);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(a), 1);
	kvm_lapic_reset(a, true);
	KUNIT_EXPECT_EQ(test, ticks_as_nmis(a), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->kvm.arch.irqchip.nr_lint0_nmi),
			0);
}

/* --- state from userspace ------------------------------------------------ */

static void lapic_state_is_hostile(struct kunit *test)
{
	static const u16 lvts[] = { APIC_LVTT, APIC_LVTTHMR, APIC_LVTPC,
				    APIC_LVT0, APIC_LVT1,    APIC_LVTERR };
	struct world *w = world_of(test);
	struct kvm_vcpu *vcpu = &w->vcpus[1];
	struct kvm_lapic_state *state;
	unsigned int i, j, wrong = 0, off = 0;
	struct rnd_state rnd;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);
	prandom_seed_state(&rnd, 29);
	for (i = 0; i < ROUNDS; i++) {
		prandom_bytes_state(&rnd, state, sizeof(*state));
		w->kvm.arch.irqchip_mode = i & 1 ? KVM_IRQCHIP_KERNEL :
						   KVM_IRQCHIP_SPLIT;
		wrong += kvm_vcpu_ioctl_set_lapic(vcpu, state) != 0;
		wrong += kvm_vcpu_ioctl_get_lapic(vcpu, state) != 0;
		/* Nothing that the guest can read is what it can't be. */
		if (!kvm_lapic_sw_enabled(vcpu->arch.apic)) {
			off++;
			for (j = 0; j < ARRAY_SIZE(lvts); j++)
				wrong += !(read_reg(vcpu, lvts[j]) &
					   APIC_LVT_MASKED);
		}
		if (i & 1)
			wrong += !!(read_reg(vcpu, APIC_SPIV) &
				    APIC_SPIV_DIRECTED_EOI);
		wrong += !!(read_reg(vcpu, APIC_ICR) & APIC_ICR_BUSY);
		wrong += !!(read_reg(vcpu, APIC_TDCR) & ~0xbu);
		wrong += kvm_apic_has_interrupt(vcpu) >= 0 &&
			 kvm_apic_has_interrupt(vcpu) < KVM_APIC_FIRST_VECTOR;
		kvm_lapic_timer_current(vcpu->arch.apic);
	}
	w->kvm.arch.irqchip_mode = KVM_IRQCHIP_SPLIT;
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, off, ROUNDS / 4);
}

/* An x2APIC's id can't be set to another; a wide one is refused, api.rst. */
static void lapic_state_of_x2apic(struct kunit *test)
{
	struct world *w = world_of(test);
	struct kvm_vcpu *vcpu = &w->vcpus[1];
	struct kvm_lapic_state *state;
	u64 base = APIC_DEFAULT_PHYS_BASE | XAPIC_ENABLE | X2APIC_ENABLE;
	u64 data;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_ASSERT_EQ(test, kvm_lapic_set_base(vcpu, base, true), 0);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_lapic(vcpu, state), 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_read_reg(state, APIC_ID), 1u << 24);
	kvm_apic_write_reg(state, APIC_ID, 7 << 24);
	kvm_apic_write_reg(state, APIC_LDR, 0x12345678);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_lapic(vcpu, state), 0);
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x802, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 1);
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x80d, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 2);

	KUNIT_EXPECT_EQ(test,
			kvm_enable_x2apic_api(&w->kvm,
					      KVM_X2APIC_API_USE_32BIT_IDS),
			0);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_lapic(vcpu, state), 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_read_reg(state, APIC_ID), 1);
	kvm_apic_write_reg(state, APIC_ID, 7);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_lapic(vcpu, state), -EINVAL);
}

/* --- modes and registers ------------------------------------------------- */

/* SDM 3A, figure "Local x2APIC State Transitions". */
static void lapic_base_transitions(struct kunit *test)
{
	static const u64 modes[] = { 0, XAPIC_ENABLE,
				     XAPIC_ENABLE | X2APIC_ENABLE,
				     X2APIC_ENABLE };
	static const bool allowed[3][4] = {
		{ true, true, false, false },
		{ true, true, true, false },
		{ true, false, true, false },
	};
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[1];
	const u64 at = APIC_DEFAULT_PHYS_BASE;
	unsigned int i, j;

	for (i = 0; i < 3; i++) {
		for (j = 0; j < 4; j++) {
			KUNIT_ASSERT_EQ(test,
					kvm_lapic_set_base(vcpu, at | modes[i],
							   true),
					0);
			KUNIT_EXPECT_EQ_MSG(test,
					    !kvm_lapic_set_base(vcpu,
								at | modes[j],
								false),
					    allowed[i][j], "from %u to %u", i,
					    j);
		}
	}
	/* Userspace goes anywhere that there is. */
	KUNIT_EXPECT_EQ(test, kvm_lapic_set_base(vcpu, at | modes[3], true), 1);
	KUNIT_EXPECT_EQ(test, kvm_lapic_set_base(vcpu, at | 0x200, true), 1);
}

/* SDM 3A, "Reserved Bit Checking", and table 10-6. */
static const struct {
	u32 msr;
	u64 data;
	bool gp;
} x2apic_writes[] = {
	{ 0x802, 0, true }, /* id, version, PPR, LDR: read-only */
	{ 0x803, 0, true },
	{ 0x80a, 0, true },
	{ 0x80d, 0, true },
	{ 0x80e, 0, true }, /* no DFR, no ICR2 */
	{ 0x831, 0, true },
	{ 0x808, 0xff, false },
	{ 0x808, 0x100, true },
	{ 0x808, BIT_ULL(32), true },
	{ 0x80b, 0, false },
	{ 0x80b, 1, true },
	{ 0x80f, 0x1ff, false },
	{ 0x80f, 0x11ff, false },
	{ 0x80f, 0x400, true },
	{ 0x828, 0, false },
	{ 0x828, 1, true },
	{ 0x830, 0xfd, false },
	{ 0x830, 0xffff0000000000fd, false },
	{ 0x830, 0x2000, true },
	{ 0x830, 0x30000, true },
	{ 0x830, 0x100000, true },
	{ 0x832, 0x400ff, false },
	{ 0x832, 0x800ff, true },
	{ 0x832, 0x100, true },
	{ 0x835, 0x187ff & ~0x700ull, false },
	{ 0x835, 0x1000, true }, /* delivery status is read-only */
	{ 0x835, 0x800, true },
	{ 0x837, 0x100, true },
	{ 0x839, 0, true },
	{ 0x83e, 0xb, false },
	{ 0x83e, 4, true },
	{ 0x83f, 0x80, false },
	{ 0x83f, 0x180, true },
	{ 0x840, 0, true },
	{ 0x8ff, 0, true },
};

static void lapic_x2apic_reserved_bits(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[1];
	u64 at = APIC_DEFAULT_PHYS_BASE, data;
	unsigned int i;

	/* Not before it is one. */
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_write(vcpu, 0x808, 0), 1);
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x808, &data), 1);
	KUNIT_ASSERT_EQ(test,
			kvm_lapic_set_base(vcpu,
					   at | XAPIC_ENABLE | X2APIC_ENABLE,
					   true),
			0);
	for (i = 0; i < ARRAY_SIZE(x2apic_writes); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_x2apic_msr_write(vcpu,
							 x2apic_writes[i].msr,
							 x2apic_writes[i].data),
				    x2apic_writes[i].gp, "%#x = %#llx",
				    x2apic_writes[i].msr,
				    x2apic_writes[i].data);
	KUNIT_EXPECT_TRUE(test, waits(vcpu, 0x80));
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x830, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 0xffff0000000000fd);
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x80b, &data), 1);
	KUNIT_EXPECT_EQ(test, kvm_x2apic_msr_read(vcpu, 0x83f, &data), 1);
}

/* SDM 3A, "EOI-Broadcast Suppression": only where the version register has it. */
static void lapic_directed_eoi(struct kunit *test)
{
	struct world *w = world_of(test);
	struct kvm_vcpu *vcpu = &w->vcpus[0];
	const u32 svr = APIC_SPIV_APIC_ENABLED | APIC_SPIV_DIRECTED_EOI | 0xff;

	write_reg(vcpu, APIC_SPIV, svr);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_SPIV), svr);
	KUNIT_EXPECT_TRUE(test,
			  read_reg(vcpu, APIC_LVR) & APIC_LVR_DIRECTED_EOI);
	w->kvm.arch.irqchip_mode = KVM_IRQCHIP_KERNEL;
	KUNIT_EXPECT_FALSE(test,
			   read_reg(vcpu, APIC_LVR) & APIC_LVR_DIRECTED_EOI);
	write_reg(vcpu, APIC_SPIV, svr);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_SPIV),
			svr & ~APIC_SPIV_DIRECTED_EOI);
	w->kvm.arch.irqchip_mode = KVM_IRQCHIP_SPLIT;
}

static void lapic_illegal_vectors(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct kvm_lapic_irq irq = { .mode = APIC_DM_FIXED, .vector = 15 };

	write_reg(vcpu, APIC_LVTERR, VECTOR);
	write_reg(vcpu, APIC_ICR, APIC_DEST_SELF | APIC_DM_FIXED | 15);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	KUNIT_EXPECT_EQ(test, kvm_lapic_accept(vcpu->arch.apic, &irq), -1);
	KUNIT_EXPECT_TRUE(test, comes(vcpu, VECTOR));
	/* Told once, until it is read. */
	KUNIT_EXPECT_EQ(test, kvm_lapic_accept(vcpu->arch.apic, &irq), -1);
	KUNIT_EXPECT_FALSE(test, waits(vcpu, VECTOR));
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_ESR), 0);
	write_reg(vcpu, APIC_ESR, 0);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_ESR),
			APIC_ESR_SENDILL | APIC_ESR_RECVILL);
	write_reg(vcpu, APIC_ESR, 0);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_ESR), 0);
	/* A vector of its own that is illegal is no error that goes on. */
	write_reg(vcpu, APIC_LVTERR, 3);
	KUNIT_EXPECT_EQ(test, kvm_lapic_accept(vcpu->arch.apic, &irq), -1);
	write_reg(vcpu, APIC_ESR, 0);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_ESR), APIC_ESR_RECVILL);
}

/* --- messages ------------------------------------------------------------ */

static void lapic_lowest_priority(struct kunit *test)
{
	struct world *w = world_of(test);
	struct kvm_vcpu *a = &w->vcpus[0], *b = &w->vcpus[1];
	struct kvm_lapic_irq irq = {
		.dest = KVM_APIC_BROADCAST,
		.mode = APIC_DM_LOWEST,
		.vector = VECTOR,
		.lowest = true,
	};
	unsigned int i, of_a = 0, of_b = 0;

	write_reg(a, APIC_TASKPRI, 0x20);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test,
				kvm_irq_delivery_to_apic(&w->kvm, NULL, &irq),
				1);
		KUNIT_EXPECT_FALSE(test, waits(a, VECTOR));
		KUNIT_EXPECT_TRUE(test, waits(b, VECTOR));
		forget(b, VECTOR);
	}
	/* At the same priority each has its turn. */
	write_reg(a, APIC_TASKPRI, 0);
	for (i = 0; i < 12; i++) {
		kvm_irq_delivery_to_apic(&w->kvm, NULL, &irq);
		of_a += waits(a, VECTOR);
		of_b += waits(b, VECTOR);
		forget(a, VECTOR);
		forget(b, VECTOR);
	}
	KUNIT_EXPECT_EQ(test, of_a, 8);
	KUNIT_EXPECT_EQ(test, of_b, 4);
	/* Who is off is not asked. */
	write_reg(a, APIC_SPIV, 0xff);
	kvm_irq_delivery_to_apic(&w->kvm, NULL, &irq);
	KUNIT_EXPECT_TRUE(test, waits(b, VECTOR));
	/* The same again is merged. */
	KUNIT_EXPECT_EQ(test, kvm_irq_delivery_to_apic(&w->kvm, NULL, &irq), 0);
	write_reg(b, APIC_SPIV, 0xff);
	KUNIT_EXPECT_EQ(test, kvm_irq_delivery_to_apic(&w->kvm, NULL, &irq),
			-1);
}

static void lapic_init_and_sipi(struct kunit *test)
{
	struct kvm_vcpu *a = &world_of(test)->vcpus[0];
	struct kvm_vcpu *b = &world_of(test)->vcpus[1];
	struct kvm_lapic *apic = b->arch.apic;

	write_reg(a, APIC_ICR2, 1 << 24);
	write_reg(a, APIC_ICR, APIC_DM_STARTUP | 0x12);
	KUNIT_EXPECT_EQ(test, apic->pending_events, BIT(KVM_APIC_SIPI));
	KUNIT_EXPECT_EQ(test, apic->sipi_vector, 0x12);
	/* INIT: what came before it is for nobody. */
	write_reg(a, APIC_ICR, APIC_DM_INIT | APIC_INT_ASSERT);
	KUNIT_EXPECT_EQ(test, apic->pending_events, BIT(KVM_APIC_INIT));
	/* Its de-assertion does nothing. */
	apic->pending_events = 0;
	write_reg(a, APIC_ICR, APIC_DM_INIT | APIC_INT_LEVELTRIG);
	KUNIT_EXPECT_EQ(test, apic->pending_events, 0);
	KUNIT_EXPECT_EQ(test, a->arch.apic->pending_events, 0);

	/* In SMM INIT waits, and SIPI is lost. */
	b->arch.smm = true;
	b->arch.mp_state = KVM_MP_STATE_HALTED;
	write_reg(a, APIC_ICR, APIC_DM_INIT | APIC_INT_ASSERT);
	write_reg(a, APIC_ICR, APIC_DM_STARTUP | 0x12);
	KUNIT_EXPECT_FALSE(test, kvm_apic_has_events(b));
	KUNIT_EXPECT_EQ(test, kvm_apic_accept_events(b), 0);
	KUNIT_EXPECT_TRUE(test, kvm_lapic_init_latched(b));
	KUNIT_EXPECT_EQ(test, apic->pending_events, BIT(KVM_APIC_INIT));
	b->arch.smm = false;
	KUNIT_EXPECT_TRUE(test, kvm_apic_has_events(b));

	/* A SIPI that nobody waits for is lost as well. */
	apic->pending_events = BIT(KVM_APIC_SIPI);
	KUNIT_EXPECT_EQ(test, kvm_apic_accept_events(b), 0);
	KUNIT_EXPECT_EQ(test, apic->pending_events, 0);
	KUNIT_EXPECT_EQ(test, b->arch.mp_state, KVM_MP_STATE_HALTED);
}

/* --- what is shared with the guest --------------------------------------- */

static void put_vector(struct kvm_vcpu *vcpu, u32 bitmap, u8 vector, bool on)
{
	unsigned long *word =
		kvm_apic_vector_word(vcpu->arch.apic->regs + bitmap, vector);

	if (on)
		set_bit(vector % 32, word);
	else
		clear_bit(vector % 32, word);
}

/* PV EOI: whenever the EOI would be more than a bit of ISR, it is an exit. */
static void lapic_eoi_is_quiet(struct kunit *test)
{
	struct world *w = world_of(test);
	struct kvm_vcpu *vcpu = &w->vcpus[0];

	KUNIT_EXPECT_FALSE(test, kvm_lapic_eoi_is_quiet(vcpu));
	put_vector(vcpu, APIC_ISR, VECTOR, true);
	KUNIT_EXPECT_TRUE(test, kvm_lapic_eoi_is_quiet(vcpu));
	put_vector(vcpu, APIC_ISR, 0x31, true);
	KUNIT_EXPECT_TRUE(test, kvm_lapic_eoi_is_quiet(vcpu));
	/* Something waits, of whatever priority. */
	put_vector(vcpu, APIC_IRR, 0x21, true);
	KUNIT_EXPECT_FALSE(test, kvm_lapic_eoi_is_quiet(vcpu));
	put_vector(vcpu, APIC_IRR, 0x21, false);
	/* An IOAPIC waits for it; of what is in service, the highest counts. */
	put_vector(vcpu, APIC_TMR, 0x31, true);
	KUNIT_EXPECT_TRUE(test, kvm_lapic_eoi_is_quiet(vcpu));
	put_vector(vcpu, APIC_TMR, VECTOR, true);
	KUNIT_EXPECT_FALSE(test, kvm_lapic_eoi_is_quiet(vcpu));
	put_vector(vcpu, APIC_TMR, VECTOR, false);
	KUNIT_EXPECT_TRUE(test, kvm_lapic_eoi_is_quiet(vcpu));
	vcpu->arch.apic_base &= ~(u64)XAPIC_ENABLE;
	KUNIT_EXPECT_FALSE(test, kvm_lapic_eoi_is_quiet(vcpu));
}

static void lapic_pv_eoi_msr(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];

	/* Bit 1 is reserved; what is off may be anywhere else. */
	KUNIT_EXPECT_EQ(test, kvm_lapic_set_pv_eoi(vcpu, 2), 1);
	KUNIT_EXPECT_EQ(test, kvm_lapic_set_pv_eoi(vcpu, 3), 1);
	vcpu->arch.pv_apic.eoi_msr = 0x1001;
	vcpu->arch.pv_apic.vapic_addr = 0x2000;
	kvm_lapic_reset(vcpu, true);
	KUNIT_EXPECT_EQ(test, vcpu->arch.pv_apic.eoi_msr, 0);
	KUNIT_EXPECT_EQ(test, vcpu->arch.pv_apic.vapic_addr, 0);
}

static void lapic_tpr_reports(struct kunit *test)
{
	struct kvm_vcpu *vcpu = &world_of(test)->vcpus[0];
	struct kvm_tpr_access_ctl ctl = { .enabled = 1, .flags = 1 };
	struct kvm_run *run;

	run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run);
	vcpu->run = run;
	vcpu->arch.regs[VCPU_REGS_RIP] = 0x1234;
	write_reg(vcpu, APIC_TASKPRI, 0x10);
	KUNIT_EXPECT_FALSE(test,
			   kvm_test_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu));

	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_tpr_access_reporting(vcpu, &ctl),
			-EINVAL);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.pv_apic.report_tpr);
	ctl.flags = 0;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_tpr_access_reporting(vcpu, &ctl),
			0);
	read_reg(vcpu, APIC_PROCPRI);
	KUNIT_EXPECT_FALSE(test,
			   kvm_test_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu));
	write_reg(vcpu, APIC_TASKPRI, 0x20);
	KUNIT_EXPECT_TRUE(test,
			  kvm_check_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu));
	KUNIT_EXPECT_EQ(test, kvm_report_tpr_access(vcpu), 0);
	KUNIT_EXPECT_EQ(test, run->exit_reason, KVM_EXIT_TPR_ACCESS);
	KUNIT_EXPECT_EQ(test, run->tpr_access.rip, 0x1234);
	KUNIT_EXPECT_EQ(test, run->tpr_access.is_write, 1);
	KUNIT_EXPECT_EQ(test, read_reg(vcpu, APIC_TASKPRI), 0x20);
	KUNIT_EXPECT_TRUE(test,
			  kvm_test_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu));
	KUNIT_EXPECT_EQ(test, kvm_report_tpr_access(vcpu), 0);
	KUNIT_EXPECT_EQ(test, run->tpr_access.is_write, 0);
	/* Off: also what was not told so far. */
	ctl.enabled = 0;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_tpr_access_reporting(vcpu, &ctl),
			0);
	KUNIT_EXPECT_FALSE(test,
			   kvm_test_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu));
}

static struct kunit_case lapic_cases[] = {
	/* clang-format off */
	KUNIT_CASE(lapic_one_shot),
	KUNIT_CASE(lapic_mode_while_it_runs),
	KUNIT_CASE(lapic_deadline_in_the_past),
	KUNIT_CASE(lapic_deadline_is_never_early),
	KUNIT_CASE(lapic_deadline_follows_the_tsc),
	KUNIT_CASE(lapic_timer_moves_along),
	KUNIT_CASE(lapic_lint0_asks_for_a_look),
	KUNIT_CASE(lapic_lint0_nmi_watchdog),
	KUNIT_CASE(lapic_state_is_hostile),
	KUNIT_CASE(lapic_state_of_x2apic),
	KUNIT_CASE(lapic_base_transitions),
	KUNIT_CASE(lapic_x2apic_reserved_bits),
	KUNIT_CASE(lapic_directed_eoi),
	KUNIT_CASE(lapic_illegal_vectors),
	KUNIT_CASE(lapic_lowest_priority),
	KUNIT_CASE(lapic_init_and_sipi),
	KUNIT_CASE(lapic_eoi_is_quiet),
	KUNIT_CASE(lapic_pv_eoi_msr),
	KUNIT_CASE(lapic_tpr_reports),
	{}
	/* clang-format on */
};

struct kunit_suite lapic_suite = {
	.name = "twinwalk_lapic",
	.init = world_init,
	.exit = world_exit,
	.test_cases = lapic_cases,
};
