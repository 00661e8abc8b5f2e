// SPDX-License-Identifier: GPL-2.0-only
/*
 * lapic_timer.c - the timer of a local APIC
 *
 * Owns: the hrtimer.  The bus counts once a nanosecond, so the timer does once
 * in as many as its divider says.  The hrtimer runs on the CPU where it was
 * started; when the vCPU has gone to another it is started there, so that who is
 * interrupted by it is who waits for it (KVM_REQ_APIC_TIMER).
 *
 * Locking: vCPU's mutex for all but the callback, which runs in hard interrupt
 * context.  Nobody changes what it reads, but the LVT entry, while it may run.
 */
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <asm/tsc.h>

#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "x86/tsc.h"

static u32 timer_mode(struct kvm_lapic *apic)
{
	return kvm_apic_read_reg(apic->regs, APIC_LVTT) &
	       KVM_APIC_LVT_MODE_MASK;
}

static unsigned int divider(struct kvm_lapic *apic)
{
	return kvm_apic_timer_divider(kvm_apic_read_reg(apic->regs, APIC_TDCR));
}

/* How long, in ns, until the guest's TSC has reached the deadline; 0, it has. */
static u64 deadline_left(struct kvm_lapic *apic, u64 deadline)
{
	long khz = kvm_vcpu_ioctl_get_tsc_khz(apic->vcpu, NULL);
	u64 now = kvm_read_guest_tsc(apic->vcpu, rdtsc());

	return kvm_tsc_left_ns(deadline, now, max(khz, 1L));
}

/*
 * The kernel's clock and the TSC are not the same: it is steered, and a frequency
 * in kHz is rounded.  A deadline may also be further away than a timer is set.
 * A guest that is interrupted before its deadline may take that for none.
 */
static bool is_early(struct kvm_lapic *apic, struct hrtimer *timer)
{
	u64 ns;

	/*
	 * This CPU's TSC may have nothing to do with the vCPU's; or that is behind,
	 * until the next entry raises it.
	 */
	if (check_tsc_unstable() || READ_ONCE(apic->vcpu->arch.tsc.catchup))
		return false;
	ns = deadline_left(apic, READ_ONCE(apic->timer.tscdeadline));
	if (ns)
		hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), ns));
	return ns;
}

/* Who gets the interrupt finds the MSR 0. */
static void deadline_reached(struct kvm_lapic *apic)
{
	WRITE_ONCE(apic->timer.tscdeadline, 0);
	kvm_lapic_deliver_lvt(apic, APIC_LVTT);
}

static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct kvm_lapic *apic =
		container_of(timer, struct kvm_lapic, timer.timer);
	u32 mode = timer_mode(apic);

	if (mode == APIC_LVT_TIMER_TSCDEADLINE) {
		if (is_early(apic, timer))
			return HRTIMER_RESTART;
		deadline_reached(apic);
		return HRTIMER_NORESTART;
	}
	kvm_lapic_deliver_lvt(apic, APIC_LVTT);
	if (mode != APIC_LVT_TIMER_PERIODIC)
		return HRTIMER_NORESTART;

	/* What was missed is lost, as where the bit in IRR was still set. */
	hrtimer_forward_now(timer, ns_to_ktime(apic->timer.period));
	return HRTIMER_RESTART;
}

void kvm_lapic_timer_init(struct kvm_lapic *apic)
{
	hrtimer_init(&apic->timer.timer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_ABS_HARD);
	apic->timer.timer.function = timer_expired;
}

void kvm_lapic_timer_stop(struct kvm_lapic *apic)
{
	hrtimer_cancel(&apic->timer.timer);
}

/* Run down from @count, then, if it is periodic, from the initial count. */
void kvm_lapic_timer_start(struct kvm_lapic *apic, u32 count)
{
	u64 initial = kvm_apic_read_reg(apic->regs, APIC_TMICT);
	u32 mode = timer_mode(apic);
	u64 ns;

	kvm_lapic_timer_stop(apic);
	if (!initial || !count || (mode && mode != APIC_LVT_TIMER_PERIODIC))
		return;

	/* One-shot can still become periodic. */
	apic->timer.period =
		max_t(u64, initial * divider(apic), KVM_MIN_TIMER_PERIOD_NS);
	ns = (u64)count * divider(apic);
	hrtimer_start(&apic->timer.timer, ktime_add_ns(ktime_get(), ns),
		      HRTIMER_MODE_ABS_HARD);
}

u32 kvm_lapic_timer_current(struct kvm_lapic *apic)
{
	struct hrtimer *timer = &apic->timer.timer;
	ktime_t remaining;

	if (timer_mode(apic) == APIC_LVT_TIMER_TSCDEADLINE ||
	    !hrtimer_active(timer))
		return 0;
	remaining = ktime_sub(hrtimer_get_expires(timer), ktime_get());
	return kvm_apic_timer_count(ktime_to_ns(remaining), divider(apic),
				    kvm_apic_read_reg(apic->regs, APIC_TMICT));
}

void kvm_lapic_timer_set_lvt(struct kvm_lapic *apic, u32 val)
{
	u32 old = timer_mode(apic), mode = val & KVM_APIC_LVT_MODE_MASK;

	/* SDM 3A, "TSC-Deadline Mode": to it and from it, the timer is off. */
	if ((old ^ mode) & APIC_LVT_TIMER_TSCDEADLINE) {
		kvm_lapic_timer_stop(apic);
		WRITE_ONCE(apic->timer.tscdeadline, 0);
		kvm_apic_write_reg(apic->regs, APIC_TMICT, 0);
	}
	kvm_apic_write_reg(apic->regs, APIC_LVTT, val);
}

void kvm_lapic_timer_set_divider(struct kvm_lapic *apic, u32 tdcr)
{
	u32 count = kvm_lapic_timer_current(apic);

	kvm_apic_write_reg(apic->regs, APIC_TDCR, tdcr);
	/* 0: not running, in TSC-deadline mode, or about to expire. */
	if (count)
		kvm_lapic_timer_start(apic, count);
}

/* The timer is stopped. */
static void arm_deadline(struct kvm_lapic *apic)
{
	u64 deadline = READ_ONCE(apic->timer.tscdeadline), ns;
	unsigned long flags;
	ktime_t now;

	if (!deadline)
		return;

	/* Both clocks at the same time. */
	local_irq_save(flags);
	now = ktime_get();
	ns = deadline_left(apic, deadline);
	local_irq_restore(flags);
	if (!ns) {
		deadline_reached(apic);
		return;
	}
	hrtimer_start(&apic->timer.timer, ktime_add_ns(now, ns),
		      HRTIMER_MODE_ABS_HARD);
}

u64 kvm_get_lapic_tscdeadline_msr(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic || timer_mode(apic) != APIC_LVT_TIMER_TSCDEADLINE)
		return 0;
	return READ_ONCE(apic->timer.tscdeadline);
}

void kvm_set_lapic_tscdeadline_msr(struct kvm_vcpu *vcpu, u64 data)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic || timer_mode(apic) != APIC_LVT_TIMER_TSCDEADLINE)
		return;
	/* Before the deadline changes: the callback takes it away. */
	kvm_lapic_timer_stop(apic);
	WRITE_ONCE(apic->timer.tscdeadline, data);
	arm_deadline(apic);
}

void kvm_lapic_timer_moved(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (apic && hrtimer_active(&apic->timer.timer))
		kvm_make_request(KVM_REQ_APIC_TIMER, vcpu);
}

void kvm_lapic_restart_timer(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!apic)
		return;
	if (timer_mode(apic) == APIC_LVT_TIMER_TSCDEADLINE) {
		kvm_lapic_timer_stop(apic);
		arm_deadline(apic);
	} else if (hrtimer_cancel(&apic->timer.timer)) {
		hrtimer_start_expires(&apic->timer.timer,
				      HRTIMER_MODE_ABS_HARD);
	}
}
