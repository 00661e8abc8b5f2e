// SPDX-License-Identifier: GPL-2.0-only
/*
 * pvclock.c - the paravirtual clock; see x86/pvclock.h
 *
 * Owns: see there; and what is known of the host's clocksource.
 *
 * Locking: see there.  The host's TSC and time are read with IRQs off where they are
 * not one reading, so that they are of one moment.
 *
 * How all vCPUs get to know of another line: whoever draws it holds the lock, makes
 * KVM_REQ_CLOCK_UPDATE for all and waits until each has left the guest.  None gets
 * in with that request, which is done under the lock, so with the new line.
 */
#include <linux/bits.h>
#include <linux/clocksource.h>
#include <linux/errno.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/msr.h>
#include <asm/pvclock-abi.h>
#include <asm/tsc.h>
#include <uapi/asm/kvm_para.h>

#include "vcpu.h"
#include "vendor.h"
#include "virt.h"
#include "x86/cpuid.h"
#include "x86/pvclock.h"
#include "x86/tsc.h"

static_assert(sizeof(struct pvclock_vcpu_time_info) == 32);
static_assert(sizeof(struct pvclock_wall_clock) == 12);

/* --- lines --------------------------------------------------------------- */

/* A clock that is ahead goes slower by no more than one in 2^this. */
#define SLOWER_SHIFT 11

u64 kvm_pvclock_read(const struct kvm_pvclock_line *line, u64 tsc)
{
	u64 delta = tsc - line->tsc;

	if ((s64)delta < 0)
		return line->ns;
	if (line->shift >= 0)
		delta <<= line->shift;
	else
		delta >>= -line->shift;
	return line->ns + mul_u64_u32_shr(delta, line->mul, 32);
}

void kvm_pvclock_set_rate(struct kvm_pvclock_line *line, u64 hz)
{
	u64 ns = NSEC_PER_SEC;

	line->mul = 0;
	line->shift = 0;
	if (!hz)
		return;

	/* Until the quotient is from one half on, and below one. */
	for (; ns >= hz; hz <<= 1)
		line->shift++;
	for (; 2 * ns < hz; ns <<= 1)
		line->shift--;
	line->mul = mul_u64_u64_div_u64(ns, BIT_ULL(32), hz);
}

void kvm_pvclock_continue(struct kvm_pvclock_line *line,
			  const struct kvm_pvclock_line *old)
{
	u64 before = kvm_pvclock_read(old, line->tsc);
	u32 slower = line->mul >> SLOWER_SHIFT;
	u64 ahead;

	if (before <= line->ns)
		return;
	ahead = before - line->ns;
	line->ns = before;
	if (ahead < KVM_PVCLOCK_RESYNC_NS >> SLOWER_SHIFT)
		slower = mul_u64_u64_div_u64(line->mul, ahead,
					     KVM_PVCLOCK_RESYNC_NS) +
			 1;
	line->mul -= slower;
}

/* --- the host's clock ---------------------------------------------------- */

/*
 * Which clocksource it is: the low byte counts changes, as the timekeeper does, and
 * the bit above says that it is the TSC.
 */
#define HOST_CLOCK_IS_TSC BIT(8)

static u32 host_clock;

/**
 * struct host_time - the host's clocks at one moment
 * @tsc: its TSC
 * @ns: its clock, as above
 * @real: CLOCK_REALTIME
 * @by_tsc: the others were computed from @tsc
 */
struct host_time {
	u64 tsc;
	u64 ns;
	u64 real;
	bool by_tsc;
};

static u64 time_slept(void)
{
	return ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

static void read_host(struct host_time *now)
{
	struct system_time_snapshot snapshot;
	unsigned long flags;
	u64 slept;

	local_irq_save(flags);
	do {
		slept = time_slept();
		ktime_get_snapshot(&snapshot);
		now->tsc = rdtsc();
	} while (unlikely(slept != time_slept()));
	local_irq_restore(flags);

	now->ns = ktime_to_ns(snapshot.raw) + slept;
	now->real = ktime_to_ns(snapshot.real);
	/* Whether the notifier was there before or comes after, this tells. */
	now->by_tsc = READ_ONCE(host_clock) ==
		      (HOST_CLOCK_IS_TSC | snapshot.cs_was_changed_seq);
	if (now->by_tsc)
		now->tsc = snapshot.cycles;
}

/* --- the master clock ---------------------------------------------------- */

static bool can_have_master(struct kvm *kvm, const struct host_time *now)
{
	return now->by_tsc && kvm_tsc_vcpus_match(kvm);
}

static u64 read_master(const struct kvm_vm_pvclock *vm, u64 host_tsc)
{
	return kvm_pvclock_read(&vm->line, kvm_tsc_scaled(vm->ratio, host_tsc));
}

/* Can its line be compared with others?  Not if userspace changed its rate. */
static bool has_line(const struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_pvclock *pv = &vcpu->arch.pvclock;

	return pv->valid && pv->epoch == vcpu->kvm->arch.pvclock.epoch &&
	       pv->ratio == READ_ONCE(vcpu->arch.tsc.ratio);
}

/* The latest that any guest has seen; all are out. */
static u64 latest_reading(struct kvm *kvm, u64 host_tsc)
{
	const struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	u64 latest = vm->master ? read_master(vm, host_tsc) : 0;
	const struct kvm_vcpu_pvclock *pv;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	u64 tsc;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		pv = &vcpu->arch.pvclock;
		if (!has_line(vcpu))
			continue;
		tsc = kvm_tsc_corrected(vcpu, host_tsc);
		latest = max(latest, kvm_pvclock_read(&pv->line, tsc));
	}
	return latest;
}

static void draw_master(struct kvm *kvm, const struct host_time *now)
{
	const struct kvm_vcpu *first = kvm_get_vcpu(kvm, 0);
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	u64 latest = latest_reading(kvm, now->tsc);
	u64 ns = now->ns + vm->offset;

	/* A clock that all have can't be slower for some. */
	if (latest > ns)
		vm->offset += latest - ns;

	vm->master = true;
	vm->ratio = READ_ONCE(first->arch.tsc.ratio);
	vm->line.tsc = kvm_tsc_scaled(vm->ratio, now->tsc);
	vm->line.ns = now->ns + vm->offset;
	kvm_pvclock_set_rate(&vm->line, kvm_tsc_hz(first));
}

/* All vCPUs are out, and do not get in before the lock is dropped. */
static void stop_vcpus(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->arch.pvclock.lock);
	kvm_make_all_cpus_request(kvm, KVM_REQ_CLOCK_UPDATE);
}

static void redraw(struct kvm *kvm)
{
	struct host_time now;

	/* Behind whatever was read before they were out. */
	read_host(&now);
	if (can_have_master(kvm, &now))
		draw_master(kvm, &now);
	else
		kvm->arch.pvclock.master = false;
}

void kvm_pvclock_update_master(struct kvm *kvm)
{
	const struct kvm_vcpu *first = kvm_get_vcpu(kvm, 0);
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	struct host_time now;
	bool can;

	mutex_lock(&vm->lock);
	read_host(&now);
	can = can_have_master(kvm, &now);
	if (can != vm->master ||
	    (can && vm->ratio != READ_ONCE(first->arch.tsc.ratio))) {
		stop_vcpus(kvm);
		redraw(kvm);
	}
	mutex_unlock(&vm->lock);
}

/* The host's clock is another, or was set. */
static void host_clock_changed(struct kvm *kvm)
{
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;

	mutex_lock(&vm->lock);
	stop_vcpus(kvm);
	redraw(kvm);
	mutex_unlock(&vm->lock);
}

static void host_clock_work_fn(struct work_struct *work)
{
	kvm_on_each_vm(host_clock_changed);
}

static DECLARE_WORK(host_clock_work, host_clock_work_fn);

static void host_clock_irq_fn(struct irq_work *work)
{
	schedule_work(&host_clock_work);
}

static DEFINE_IRQ_WORK(host_clock_irq_work, host_clock_irq_fn);

/*
 * Each time the host's clock is updated, that is, with each tick.  The timekeeper's
 * locks are held: who wakes somebody up now may wait for them.
 */
static int host_clock_notify(struct notifier_block *nb, unsigned long was_set,
			     void *data)
{
	const struct timekeeper *tk = data;
	u32 clock = tk->cs_was_changed_seq;

	if (tk->tkr_mono.clock->vdso_clock_mode == VDSO_CLOCKMODE_TSC)
		clock |= HOST_CLOCK_IS_TSC;
	if (clock == READ_ONCE(host_clock) && !was_set)
		return NOTIFY_OK;

	WRITE_ONCE(host_clock, clock);
	irq_work_queue(&host_clock_irq_work);
	return NOTIFY_OK;
}

static struct notifier_block host_clock_nb = {
	.notifier_call = host_clock_notify,
};

int kvm_pvclock_init(void)
{
	return pvclock_gtod_register_notifier(&host_clock_nb);
}

void kvm_pvclock_exit(void)
{
	pvclock_gtod_unregister_notifier(&host_clock_nb);
	irq_work_sync(&host_clock_irq_work);
	cancel_work_sync(&host_clock_work);
	host_clock = 0;
}

/* --- a VM ---------------------------------------------------------------- */

static void resync_fn(struct work_struct *work)
{
	struct delayed_work *resync = to_delayed_work(work);
	struct kvm *kvm = container_of(resync, struct kvm, arch.pvclock.resync);

	kvm_make_all_cpus_request(kvm, KVM_REQ_CLOCK_UPDATE);
}

void kvm_vm_pvclock_create(struct kvm *kvm)
{
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	struct host_time now;

	mutex_init(&vm->lock);
	INIT_DELAYED_WORK(&vm->resync, resync_fn);
	read_host(&now);
	vm->offset = -now.ns;
}

void kvm_vm_pvclock_stop(struct kvm *kvm)
{
	cancel_delayed_work_sync(&kvm->arch.pvclock.resync);
}

u32 kvm_pvclock_features(void)
{
	/* Without a rate there is no line. */
	if (!tsc_khz)
		return 0;
	return BIT(KVM_FEATURE_CLOCKSOURCE) | BIT(KVM_FEATURE_CLOCKSOURCE2) |
	       BIT(KVM_FEATURE_CLOCKSOURCE_STABLE_BIT);
}

bool kvm_get_walltime_and_clockread(struct timespec64 *ts, u64 *cycle)
{
	struct host_time now;

	read_host(&now);
	if (!now.by_tsc)
		return false;
	*ts = ns_to_timespec64(now.real);
	*cycle = now.tsc;
	return true;
}

static u64 read_clock(const struct kvm_vm_pvclock *vm,
		      const struct host_time *now)
{
	lockdep_assert_held(&vm->lock);
	return vm->master ? read_master(vm, now->tsc) : now->ns + vm->offset;
}

long kvm_vm_ioctl_get_clock(struct kvm *kvm, void *data)
{
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	struct kvm_clock_data *clock = data;
	struct host_time now;

	mutex_lock(&vm->lock);
	read_host(&now);
	clock->clock = read_clock(vm, &now);
	if (vm->master)
		clock->flags |= KVM_CLOCK_TSC_STABLE;
	mutex_unlock(&vm->lock);

	if (now.by_tsc) {
		clock->flags |= KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC;
		clock->realtime = now.real;
		clock->host_tsc = now.tsc;
	}
	return 0;
}

long kvm_vm_ioctl_set_clock(struct kvm *kvm, void *data)
{
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	const struct kvm_clock_data *clock = data;
	struct host_time now;
	u64 ns = clock->clock;

	if (clock->flags & ~KVM_PVCLOCK_FLAGS)
		return -EINVAL;

	mutex_lock(&vm->lock);
	stop_vcpus(kvm);
	read_host(&now);
	if ((clock->flags & KVM_CLOCK_REALTIME) && now.real > clock->realtime)
		ns += now.real - clock->realtime;

	/* Only if it is set back, nothing that guests have seen counts. */
	if ((s64)(ns - read_clock(vm, &now)) < 0) {
		vm->epoch++;
		vm->master = false;
	}
	vm->offset = ns - now.ns;
	redraw(kvm);
	mutex_unlock(&vm->lock);
	return 0;
}

/* --- a vCPU -------------------------------------------------------------- */

/* By the master clock; the same for all. */
static void draw_by_master(struct kvm_vcpu *vcpu, struct kvm_pvclock_line *line)
{
	*line = vcpu->kvm->arch.pvclock.line;
	line->tsc += vcpu->arch.tsc.correction;
}

/* By the host's clock now. */
static void draw_by_host(struct kvm_vcpu *vcpu, struct kvm_pvclock_line *line)
{
	const struct kvm_vm_pvclock *vm = &vcpu->kvm->arch.pvclock;
	struct host_time now;
	unsigned long flags;

	/* The TSC that is read has to be the one it will go on by. */
	local_irq_save(flags);
	kvm_vcpu_tsc_catchup(vcpu);
	read_host(&now);
	line->tsc = kvm_tsc_corrected(vcpu, now.tsc);
	local_irq_restore(flags);

	line->ns = now.ns + vm->offset;
	kvm_pvclock_set_rate(line, kvm_tsc_hz(vcpu));
	if (has_line(vcpu))
		kvm_pvclock_continue(line, &vcpu->arch.pvclock.line);
}

/* Return: of PVCLOCK_*, what goes with the line. */
static u8 draw_line(struct kvm_vcpu *vcpu)
{
	struct kvm_vm_pvclock *vm = &vcpu->kvm->arch.pvclock;
	struct kvm_vcpu_pvclock *pv = &vcpu->arch.pvclock;
	struct kvm_pvclock_line line;
	bool master;

	mutex_lock(&vm->lock);
	master = vm->master;
	if (master)
		draw_by_master(vcpu, &line);
	else
		draw_by_host(vcpu, &line);
	pv->line = line;
	pv->epoch = vm->epoch;
	pv->ratio = vcpu->arch.tsc.ratio;
	pv->valid = true;
	mutex_unlock(&vm->lock);

	if (master)
		return PVCLOCK_TSC_STABLE_BIT;
	schedule_delayed_work(&vm->resync,
			      nsecs_to_jiffies(KVM_PVCLOCK_RESYNC_NS));
	return 0;
}

/* What is behind the version, while that is odd; see msr.rst. */
static int write_info(struct pvclock_vcpu_time_info __user *user,
		      const struct pvclock_vcpu_time_info *info)
{
	const size_t head =
		offsetof(struct pvclock_vcpu_time_info, tsc_timestamp);
	u32 version;

	if (get_user(version, &user->version))
		return -EFAULT;
	version = kvm_pv_version_odd(version);
	if (put_user(version, &user->version))
		return -EFAULT;
	/* A guest that sees any of it sees the version odd... */
	smp_wmb();
	if (copy_to_user((void __user *)user + head, (const void *)info + head,
			 sizeof(*info) - head))
		return -EFAULT;
	/* ...and one that sees it even sees all of it. */
	smp_wmb();
	return put_user(version + 1, &user->version);
}

void kvm_pvclock_update(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_pvclock *pv = &vcpu->arch.pvclock;
	struct pvclock_vcpu_time_info __user *user;
	struct pvclock_vcpu_time_info info = {};
	u8 flags;

	if (!(pv->msr & KVM_MSR_ENABLED))
		return;

	info.flags = draw_line(vcpu);
	info.tsc_timestamp = pv->line.tsc + vcpu->arch.tsc.offset -
			     vcpu->arch.tsc.correction;
	info.system_time = pv->line.ns;
	info.tsc_to_system_mul = pv->line.mul;
	info.tsc_shift = pv->line.shift;

	if (!kvm_guest_area_map(vcpu->kvm, &pv->area))
		return;
	user = pv->area.hva;
	/* It stays until the guest has seen it. */
	if (get_user(flags, &user->flags))
		return;
	if (pv->stopped)
		flags |= PVCLOCK_GUEST_STOPPED;
	info.flags |= flags & PVCLOCK_GUEST_STOPPED;
	if (!write_info(user, &info))
		pv->stopped = false;
	kvm_guest_area_dirty(vcpu->kvm, &pv->area);
}

static void forget_line(struct kvm_vcpu *vcpu)
{
	struct kvm_vm_pvclock *vm = &vcpu->kvm->arch.pvclock;

	if (!vcpu->arch.pvclock.valid)
		return;
	mutex_lock(&vm->lock);
	vcpu->arch.pvclock.valid = false;
	mutex_unlock(&vm->lock);
}

static void set_system_time(struct kvm_vcpu *vcpu, u64 data)
{
	struct kvm_vcpu_pvclock *pv = &vcpu->arch.pvclock;

	pv->msr = data;
	pv->stopped = false;
	pv->area = (struct kvm_guest_area){
		.gpa = data & ~(u64)KVM_MSR_ENABLED,
		.len = sizeof(struct pvclock_vcpu_time_info),
	};
	if (data & KVM_MSR_ENABLED)
		kvm_make_request(KVM_REQ_CLOCK_UPDATE, vcpu);
	else
		forget_line(vcpu);
}

void kvm_vcpu_pvclock_reset(struct kvm_vcpu *vcpu)
{
	set_system_time(vcpu, 0);
}

long kvm_vcpu_ioctl_kvmclock_ctrl(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_vcpu_pvclock *pv = &vcpu->arch.pvclock;

	if (!(pv->msr & KVM_MSR_ENABLED))
		return -EINVAL;
	pv->stopped = true;
	kvm_make_request(KVM_REQ_CLOCK_UPDATE, vcpu);
	return 0;
}

/* --- MSRs ---------------------------------------------------------------- */

/* When it was that the guest's clock began. */
static u64 wall_clock_began(struct kvm *kvm)
{
	struct kvm_vm_pvclock *vm = &kvm->arch.pvclock;
	struct host_time now;
	u64 clock;

	mutex_lock(&vm->lock);
	read_host(&now);
	clock = read_clock(vm, &now);
	mutex_unlock(&vm->lock);
	return now.real - clock;
}

static void write_wall_clock(struct kvm *kvm, u64 gpa)
{
	struct kvm_guest_area area = {
		.gpa = gpa,
		.len = sizeof(struct pvclock_wall_clock),
	};
	struct pvclock_wall_clock __user *user;
	u32 version, nsec;
	u64 sec;

	if (!kvm_guest_area_map(kvm, &area))
		return;
	user = area.hva;
	if (get_user(version, &user->version))
		return;

	sec = div_u64_rem(wall_clock_began(kvm), NSEC_PER_SEC, &nsec);
	version = kvm_pv_version_odd(version);
	if (put_user(version, &user->version))
		return;
	/* As in write_info(). */
	smp_wmb();
	/* Seconds have 32 bits there, which do until 2106. */
	if (!put_user((u32)sec, &user->sec) && !put_user(nsec, &user->nsec)) {
		/* The same. */
		smp_wmb();
		put_user(version + 1, &user->version);
	}
	kvm_guest_area_dirty(kvm, &area);
}

static bool guest_has(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	switch (msr->index) {
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_SYSTEM_TIME:
		return guest_pv_has(vcpu, KVM_FEATURE_CLOCKSOURCE);
	default:
		return guest_pv_has(vcpu, KVM_FEATURE_CLOCKSOURCE2);
	}
}

static bool is_wall_clock(const struct msr_data *msr)
{
	return msr->index == MSR_KVM_WALL_CLOCK ||
	       msr->index == MSR_KVM_WALL_CLOCK_NEW;
}

int kvm_get_msr_pvclock(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_has(vcpu, msr))
		return 1;
	msr->data = is_wall_clock(msr) ?
			    READ_ONCE(vcpu->kvm->arch.pvclock.wall_clock) :
			    vcpu->arch.pvclock.msr;
	return 0;
}

int kvm_set_msr_pvclock(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_has(vcpu, msr))
		return 1;
	if (!is_wall_clock(msr)) {
		set_system_time(vcpu, msr->data);
		return 0;
	}
	WRITE_ONCE(vcpu->kvm->arch.pvclock.wall_clock, msr->data);
	if (msr->data)
		write_wall_clock(vcpu->kvm, msr->data);
	return 0;
}
