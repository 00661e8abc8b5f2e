// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsc.c - a guest's time stamp counter; see x86/tsc.h
 *
 * Owns: see there.
 *
 * Locking: see there.  The host's TSC and time are read with IRQs off, so that
 * they are of one moment.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kvm.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "arch.h"
#include "irqchip/lapic.h"
#include "params.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/trace.h"
#include "x86/tsc.h"

/* A guest's frequency that far off the host's needs no scaling, in ppm. */
#define TSC_TOLERANCE_PPM 250

static struct kvm_tsc_caps tsc_caps __tw_ro_after_load;

/* What the host's TSC has lost since the module was loaded, and last was. */
static u64 tsc_lost;
static u64 tsc_at_suspend;

u64 kvm_tsc_scale(u64 tsc, u64 ratio, u8 frac_bits)
{
	return mul_u64_u64_shr(tsc, ratio, frac_bits);
}

u64 kvm_tsc_ratio(u32 guest_khz, u32 host_khz, u8 frac_bits)
{
	return mul_u64_u64_div_u64(BIT_ULL(frac_bits), guest_khz, host_khz);
}

u32 kvm_tsc_max_khz(u64 ratio, u32 host_khz, u8 frac_bits)
{
	return min_t(u64, mul_u64_u32_shr(ratio, host_khz, frac_bits), U32_MAX);
}

u64 kvm_tsc_cycles(u64 ns, u32 khz)
{
	u64 rem;
	u64 ms = div64_u64_rem(ns, NSEC_PER_MSEC, &rem);

	/* In two parts, because a quotient above 64 bits would be a #DE. */
	return ms * khz + rem * khz / NSEC_PER_MSEC;
}

bool kvm_tsc_khz_is_near(u32 guest_khz, u32 host_khz)
{
	u64 difference = guest_khz > host_khz ? guest_khz - host_khz :
						host_khz - guest_khz;

	return difference * 1000000 <= (u64)host_khz * TSC_TOLERANCE_PPM;
}

bool kvm_tsc_write_matches(const struct kvm_tsc_generation *gen, u64 data,
			   u64 ns, u32 khz)
{
	u64 expected, second = (u64)khz * 1000;

	if (!gen->valid || gen->khz != khz)
		return false;
	if (!data)
		return true;

	expected = gen->tsc + kvm_tsc_cycles(ns - gen->ns, khz);
	return data - expected + second <= 2 * second;
}

int kvm_tsc_init(void)
{
	tsc_caps = (struct kvm_tsc_caps){ .max_khz = U32_MAX };
	return 0;
}

void kvm_tsc_set_scaling(u8 frac_bits, u64 max_ratio)
{
	/* Without a host's frequency there is nothing to scale by. */
	if (!tsc_khz)
		return;

	tsc_caps.has_scaling = true;
	tsc_caps.frac_bits = frac_bits;
	tsc_caps.max_ratio = max_ratio;
	tsc_caps.max_khz = kvm_tsc_max_khz(max_ratio, tsc_khz, frac_bits);
}

const struct kvm_tsc_caps *kvm_tsc_caps(void)
{
	return &tsc_caps;
}

u64 kvm_tsc_scaled(u64 ratio, u64 host_tsc)
{
	if (!tsc_caps.has_scaling)
		return host_tsc;
	return kvm_tsc_scale(host_tsc, ratio, tsc_caps.frac_bits);
}

static u64 scaled(const struct kvm_vcpu *vcpu, u64 host_tsc)
{
	return kvm_tsc_scaled(READ_ONCE(vcpu->arch.tsc.ratio), host_tsc);
}

/* By differences, so that in many steps it is as much as in one. */
static u64 scaled_lost(const struct kvm_vcpu *vcpu, u64 from, u64 to)
{
	return scaled(vcpu, to) - scaled(vcpu, from);
}

u64 kvm_read_guest_tsc(struct kvm_vcpu *vcpu, u64 host_tsc)
{
	return scaled(vcpu, host_tsc) + vcpu->arch.tsc.offset;
}

static void set_offset(struct kvm_vcpu *vcpu, u64 offset)
{
	trace_kvm_write_tsc_offset(vcpu->vcpu_id, vcpu->arch.tsc.offset,
				   offset);
	WRITE_ONCE(vcpu->arch.tsc.offset, offset);
	static_call(kvm_x86_write_tsc_offset)(vcpu, offset);
	kvm_lapic_timer_moved(vcpu);
}

/* The guest sees its TSC go on. */
static void correct_offset(struct kvm_vcpu *vcpu, u64 delta)
{
	struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;

	WRITE_ONCE(tsc->correction, tsc->correction + delta);
	set_offset(vcpu, tsc->offset + delta);
}

/* What the guest has to add to is another, so that its clock has to be told. */
static void tsc_was_set(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_MASTERCLOCK_UPDATE, vcpu);
	kvm_make_request(KVM_REQ_CLOCK_UPDATE, vcpu);
}

static void set_ratio(struct kvm_vcpu *vcpu, u64 ratio)
{
	WRITE_ONCE(vcpu->arch.tsc.ratio, ratio);
	if (tsc_caps.has_scaling)
		static_call(kvm_x86_write_tsc_multiplier)(vcpu, ratio);
	kvm_lapic_timer_moved(vcpu);
}

/* From now on it goes on from here, for the catch-up. */
static void set_base(struct kvm_vcpu *vcpu)
{
	unsigned long flags;

	local_irq_save(flags);
	vcpu->arch.tsc.base_tsc = kvm_read_guest_tsc(vcpu, rdtsc());
	vcpu->arch.tsc.base_ns = ktime_get_boottime_ns();
	local_irq_restore(flags);
}

/* The guest has moved its own TSC. */
static void add_to_tsc(struct kvm_vcpu *vcpu, u64 delta)
{
	vcpu->arch.tsc.base_tsc += delta;
	set_offset(vcpu, vcpu->arch.tsc.offset + delta);
	tsc_was_set(vcpu);
}

void kvm_vcpu_tsc_catchup(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;
	unsigned long flags;
	u64 nominal, now;

	if (!tsc->catchup)
		return;

	local_irq_save(flags);
	now = kvm_read_guest_tsc(vcpu, rdtsc());
	nominal = tsc->base_tsc +
		  kvm_tsc_cycles(ktime_get_boottime_ns() - tsc->base_ns,
				 tsc->khz);
	local_irq_restore(flags);

	if ((s64)(nominal - now) > 0)
		correct_offset(vcpu, nominal - now);
}

void kvm_vcpu_tsc_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;
	u64 lost = READ_ONCE(tsc_lost);
	bool elsewhere = tsc->last_cpu >= 0 &&
			 (tsc->last_cpu != cpu || tsc->lost != lost);

	if (check_tsc_unstable()) {
		/*
		 * Two CPUs' TSCs have nothing to do with one another: begin with
		 * what the guest may have seen, and add the time since.
		 */
		if (elsewhere) {
			correct_offset(vcpu, scaled(vcpu, tsc->last_host_tsc) -
						     scaled(vcpu, rdtsc()));
			kvm_make_request(KVM_REQ_CLOCK_UPDATE, vcpu);
		}
		WRITE_ONCE(tsc->catchup, true);
	} else if (tsc->lost != lost) {
		correct_offset(vcpu, scaled_lost(vcpu, tsc->lost, lost));
		tsc_was_set(vcpu);
	}
	WRITE_ONCE(tsc->lost, lost);
	tsc->last_cpu = cpu;
	kvm_vcpu_tsc_catchup(vcpu);
}

void kvm_vcpu_tsc_put(struct kvm_vcpu *vcpu)
{
	vcpu->arch.tsc.last_host_tsc = rdtsc();
}

/* To a generation belongs who has its offset and its frequency. */
static void set_generation(struct kvm_vcpu *vcpu,
			   const struct kvm_tsc_generation *gen, bool joins)
{
	struct kvm_vm_tsc *vm = &vcpu->kvm->arch.tsc;
	struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;

	lockdep_assert_held(&vm->lock);
	if (!joins)
		vm->current_gen = *gen;
	tsc->base_ns = gen->ns;
	tsc->base_tsc = gen->tsc;
	set_offset(vcpu, gen->offset);
	tsc_was_set(vcpu);
}

/* The offset of a generation that may have been made before a suspend. */
static u64 offset_of(const struct kvm_vcpu *vcpu,
		     const struct kvm_tsc_generation *gen)
{
	return gen->offset + scaled_lost(vcpu, gen->lost, vcpu->arch.tsc.lost);
}

int kvm_synchronize_tsc(struct kvm_vcpu *vcpu, u64 data)
{
	struct kvm_vm_tsc *vm = &vcpu->kvm->arch.tsc;
	const struct kvm_tsc_generation *old = &vm->current_gen;
	struct kvm_tsc_generation gen = {
		.valid = true,
		.khz = vcpu->arch.tsc.khz,
		.tsc = data,
		.lost = vcpu->arch.tsc.lost,
	};
	unsigned long flags;
	u64 host_tsc;
	bool joins;

	raw_spin_lock_irqsave(&vm->lock, flags);
	host_tsc = rdtsc();
	gen.ns = ktime_get_boottime_ns();

	joins = kvm_tsc_write_matches(old, data, gen.ns, gen.khz);
	if (joins)
		gen.tsc = old->tsc + kvm_tsc_cycles(gen.ns - old->ns, gen.khz);

	if (joins && !check_tsc_unstable())
		gen.offset = offset_of(vcpu, old);
	else
		gen.offset = gen.tsc - scaled(vcpu, host_tsc);
	set_generation(vcpu, &gen, joins);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return 0;
}

/* Userspace knows the offset that it wants; nothing is guessed. */
static void set_user_offset(struct kvm_vcpu *vcpu, u64 offset)
{
	struct kvm_vm_tsc *vm = &vcpu->kvm->arch.tsc;
	const struct kvm_tsc_generation *old = &vm->current_gen;
	struct kvm_tsc_generation gen = {
		.valid = true,
		.khz = vcpu->arch.tsc.khz,
		.offset = offset,
		.lost = vcpu->arch.tsc.lost,
	};
	unsigned long flags;
	bool joins;

	raw_spin_lock_irqsave(&vm->lock, flags);
	gen.tsc = scaled(vcpu, rdtsc()) + offset;
	gen.ns = ktime_get_boottime_ns();
	joins = old->valid && old->khz == gen.khz &&
		offset_of(vcpu, old) == offset;
	set_generation(vcpu, &gen, joins);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
}

int kvm_get_msr_tsc(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	msr->data = kvm_read_guest_tsc(vcpu, rdtsc());
	if (!msr->host_initiated)
		msr->data += vcpu->arch.tsc.l2_offset;
	return 0;
}

int kvm_set_msr_tsc(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	u64 delta;

	if (msr->host_initiated)
		return kvm_synchronize_tsc(vcpu, msr->data);

	/* SDM 3B: what is added to the one is added to the other. */
	delta = msr->data - kvm_read_guest_tsc(vcpu, rdtsc());
	add_to_tsc(vcpu, delta);
	vcpu->arch.tsc.adjust += delta;
	return 0;
}

int kvm_get_msr_tsc_adjust(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	msr->data = vcpu->arch.tsc.adjust;
	return 0;
}

/* Userspace restores it; the TSC is set, or was, by itself. */
int kvm_set_msr_tsc_adjust(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!msr->host_initiated)
		add_to_tsc(vcpu, msr->data - vcpu->arch.tsc.adjust);
	vcpu->arch.tsc.adjust = msr->data;
	return 0;
}

static int set_khz(struct kvm_vcpu *vcpu, u32 khz)
{
	struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;
	u64 ratio = BIT_ULL(tsc_caps.frac_bits);
	bool faster = false;

	if (!kvm_tsc_khz_is_near(khz, tsc_khz)) {
		if (!tsc_caps.has_scaling && khz < tsc_khz)
			return -EINVAL;
		if (tsc_caps.has_scaling)
			ratio = kvm_tsc_ratio(khz, tsc_khz, tsc_caps.frac_bits);
		faster = !tsc_caps.has_scaling;
	}
	/* Too slow for the ratio's fraction. */
	if (!ratio)
		return -EINVAL;

	WRITE_ONCE(tsc->khz, khz);
	tsc->always_catchup = faster;
	WRITE_ONCE(tsc->catchup, faster || check_tsc_unstable());
	set_ratio(vcpu, ratio);
	set_base(vcpu);
	tsc_was_set(vcpu);
	return 0;
}

/* What userspace gives as a frequency: 0 is the host's. */
static int khz_of_argument(unsigned long arg, u32 *khz)
{
	if (arg > tsc_caps.max_khz)
		return -EINVAL;
	*khz = arg ? arg : tsc_khz;
	return 0;
}

void kvm_vm_tsc_create(struct kvm *kvm)
{
	raw_spin_lock_init(&kvm->arch.tsc.lock);
	kvm->arch.tsc.default_khz = tsc_khz;
}

void kvm_vcpu_tsc_create(struct kvm_vcpu *vcpu)
{
	vcpu->arch.tsc.last_cpu = -1;
	vcpu->arch.tsc.correction = 0;
	if (set_khz(vcpu, READ_ONCE(vcpu->kvm->arch.tsc.default_khz)))
		set_khz(vcpu, tsc_khz);
	kvm_synchronize_tsc(vcpu, 0);
}

/* --- for the paravirtual clock ------------------------------------------- */

u64 kvm_tsc_hz(const struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;

	if (tsc->always_catchup)
		return tsc->khz * 1000ull;
	return scaled(vcpu, tsc_khz * 1000ull);
}

u64 kvm_tsc_corrected(const struct kvm_vcpu *vcpu, u64 host_tsc)
{
	return scaled(vcpu, host_tsc) + READ_ONCE(vcpu->arch.tsc.correction);
}

/* As it will be once the vCPU has been loaded. */
static u64 offset_after_load(const struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_tsc *tsc = &vcpu->arch.tsc;

	return READ_ONCE(tsc->offset) +
	       scaled_lost(vcpu, READ_ONCE(tsc->lost), READ_ONCE(tsc_lost));
}

bool kvm_tsc_vcpus_match(struct kvm *kvm)
{
	const struct kvm_vcpu *first = kvm_get_vcpu(kvm, 0);
	const struct kvm_vcpu_tsc *a, *b;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (!first || check_tsc_unstable() || !tsc_khz)
		return false;

	a = &first->arch.tsc;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		b = &vcpu->arch.tsc;
		if (READ_ONCE(b->catchup) ||
		    READ_ONCE(b->ratio) != READ_ONCE(a->ratio) ||
		    READ_ONCE(b->khz) != READ_ONCE(a->khz) ||
		    offset_after_load(vcpu) != offset_after_load(first))
			return false;
	}
	return true;
}

/* --- suspend ------------------------------------------------------------- */

u64 kvm_tsc_lost_in_suspend(u64 before, u64 now)
{
	return before > now ? before - now : 0;
}

void kvm_tsc_host_lost(u64 cycles)
{
	WRITE_ONCE(tsc_lost, tsc_lost + cycles);
}

void kvm_arch_suspend(void)
{
	tsc_at_suspend = rdtsc();
}

void kvm_arch_resume(void)
{
	kvm_tsc_host_lost(kvm_tsc_lost_in_suspend(tsc_at_suspend, rdtsc()));
}

/* --- ioctls -------------------------------------------------------------- */

long kvm_vcpu_ioctl_set_tsc_khz(struct kvm_vcpu *vcpu, void *data)
{
	u32 khz;
	int r;

	r = khz_of_argument((unsigned long)data, &khz);
	return r ? r : set_khz(vcpu, khz);
}

long kvm_vcpu_ioctl_get_tsc_khz(struct kvm_vcpu *vcpu, void *data)
{
	return vcpu->arch.tsc.khz;
}

long kvm_vm_ioctl_set_tsc_khz(struct kvm *kvm, void *data)
{
	u32 khz;
	int r;

	r = khz_of_argument((unsigned long)data, &khz);
	if (r)
		return r;
	if (!tsc_caps.has_scaling && khz < tsc_khz &&
	    !kvm_tsc_khz_is_near(khz, tsc_khz))
		return -EINVAL;
	WRITE_ONCE(kvm->arch.tsc.default_khz, khz);
	return 0;
}

long kvm_vm_ioctl_get_tsc_khz(struct kvm *kvm, void *data)
{
	return READ_ONCE(kvm->arch.tsc.default_khz);
}

static bool has_attr(const struct kvm_device_attr *attr)
{
	return attr->group == KVM_VCPU_TSC_CTRL &&
	       attr->attr == KVM_VCPU_TSC_OFFSET && !attr->flags;
}

long kvm_vcpu_ioctl_has_device_attr(struct kvm_vcpu *vcpu, void *data)
{
	return has_attr(data) ? 0 : -ENXIO;
}

long kvm_vcpu_ioctl_get_device_attr(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_device_attr *attr = data;

	if (!has_attr(attr))
		return -ENXIO;
	return put_user(vcpu->arch.tsc.offset,
			(u64 __user *)(unsigned long)attr->addr);
}

long kvm_vcpu_ioctl_set_device_attr(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_device_attr *attr = data;
	u64 offset;

	if (!has_attr(attr))
		return -ENXIO;
	if (get_user(offset, (u64 __user *)(unsigned long)attr->addr))
		return -EFAULT;
	set_user_offset(vcpu, offset);
	return 0;
}
