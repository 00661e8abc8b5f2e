// SPDX-License-Identifier: GPL-2.0-only
/*
 * steal.c - steal time; see x86/steal.h
 *
 * Owns: see there.
 *
 * Locking: see there.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <uapi/asm/kvm_para.h>

#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/pvclock.h"
#include "x86/steal.h"

static_assert(sizeof(struct kvm_steal_time) == 64);

/* A guest that keeps to the rules needs two. */
#define MAX_TRIES 4

bool kvm_steal_time_supported(void)
{
	return sched_info_on();
}

u32 kvm_steal_time_features(void)
{
	if (!kvm_steal_time_supported())
		return 0;
	return BIT(KVM_FEATURE_STEAL_TIME) | BIT(KVM_FEATURE_PV_TLB_FLUSH);
}

/* How long this task has waited for a CPU, in ns. */
static u64 my_run_delay(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

u64 kvm_steal_time_add(struct kvm_vcpu_steal *st, u64 steal,
		       const struct task_struct *task, u64 run_delay)
{
	/* Below, it is another task in the same place. */
	if (st->task == task && run_delay >= st->run_delay)
		steal += run_delay - st->run_delay;
	st->task = task;
	st->run_delay = run_delay;
	return steal;
}

/*
 * What is there, which is 0 then; may fault.  Others change it once at most while
 * the vCPU is off its CPU.  Return: 0 or an error.
 */
static int take_byte(u8 __user *ptr, u8 *val)
{
	unsigned int tries;
	int r = 0;

	if (get_user(*val, ptr))
		return -EFAULT;
	for (tries = 0; *val && tries < MAX_TRIES; tries++) {
		r = __try_cmpxchg_user(ptr, val, 0, fault);
		if (r <= 0)
			return r;
	}
	return *val ? -EAGAIN : 0;
}

/* It is on its CPU; what others want of it is in the byte. */
static void take_preempted(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_steal *st = &vcpu->arch.steal;
	struct kvm_steal_time __user *user = st->area.hva;
	u8 preempted;

	/* What can't be read may have been there. */
	if (take_byte(&user->preempted, &preempted))
		preempted = KVM_VCPU_FLUSH_TLB;
	st->preempted = false;
	if (preempted & KVM_VCPU_FLUSH_TLB)
		kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
}

static void write_steal(struct kvm_vcpu_steal *st)
{
	struct kvm_steal_time __user *user = st->area.hva;
	u32 version;
	u64 steal;

	if (get_user(version, &user->version) || get_user(steal, &user->steal))
		return;
	version = kvm_pv_version_odd(version);
	if (put_user(version, &user->version))
		return;
	/* A guest that sees the new time sees the version odd... */
	smp_wmb();
	steal = kvm_steal_time_add(st, steal, current, my_run_delay());
	if (put_user(steal, &user->steal))
		return;
	/* ...until it is even. */
	smp_wmb();
	put_user(version + 1, &user->version);
}

void kvm_steal_time_update(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_steal *st = &vcpu->arch.steal;

	if (!(st->msr & KVM_MSR_ENABLED))
		return;
	if (!kvm_guest_area_map(vcpu->kvm, &st->area)) {
		if (st->preempted)
			kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
		st->preempted = false;
		return;
	}
	take_preempted(vcpu);
	write_steal(st);
	kvm_guest_area_dirty(vcpu->kvm, &st->area);
}

void kvm_steal_time_boundary(struct kvm_vcpu *vcpu, bool boundary)
{
	vcpu->arch.steal.boundary = boundary;
}

void kvm_steal_time_load(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.steal.msr & KVM_MSR_ENABLED)
		kvm_make_request(KVM_REQ_STEAL_UPDATE, vcpu);
}

/* Atomic: where the page is not there, the guest is not told. */
static bool tell_preempted(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_steal *st = &vcpu->arch.steal;
	struct kvm_steal_time __user *user;
	bool told = false;

	if (!kvm_guest_area_map(vcpu->kvm, &st->area))
		return false;
	user = st->area.hva;
	pagefault_disable();
	if (user_access_begin(user, sizeof(*user))) {
		unsafe_put_user(KVM_VCPU_PREEMPTED, &user->preempted, out);
		told = true;
out:
		user_access_end();
	}
	pagefault_enable();
	if (told)
		kvm_guest_area_dirty(vcpu->kvm, &st->area);
	return told;
}

void kvm_steal_time_put(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_steal *st = &vcpu->arch.steal;
	int idx;

	if (!(st->msr & KVM_MSR_ENABLED) || st->preempted)
		return;
	/* The vCPU's task may be on its way out of its memory. */
	if (unlikely(current->mm != vcpu->kvm->mm))
		return;
	if (!st->boundary) {
		vcpu->stat.preemption_other += vcpu->preempted;
		return;
	}
	idx = srcu_read_lock(&vcpu->kvm->srcu);
	st->preempted = tell_preempted(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	if (st->preempted)
		vcpu->stat.preemption_reported++;
}

static void set_steal_time(struct kvm_vcpu *vcpu, u64 data)
{
	struct kvm_vcpu_steal *st = &vcpu->arch.steal;

	/* What was put down in the place that it has left is done all the same. */
	if (st->preempted)
		kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
	/* Not while it is half changed. */
	preempt_disable();
	*st = (struct kvm_vcpu_steal){
		.msr = data,
		.area.gpa = data & KVM_STEAL_VALID_BITS,
		.area.len = sizeof(struct kvm_steal_time),
	};
	preempt_enable();
	if (data & KVM_MSR_ENABLED)
		kvm_make_request(KVM_REQ_STEAL_UPDATE, vcpu);
}

void kvm_vcpu_steal_reset(struct kvm_vcpu *vcpu)
{
	set_steal_time(vcpu, 0);
}

int kvm_get_msr_steal_time(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_pv_has(vcpu, KVM_FEATURE_STEAL_TIME))
		return 1;
	msr->data = vcpu->arch.steal.msr;
	return 0;
}

int kvm_set_msr_steal_time(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!msr->host_initiated && !guest_pv_has(vcpu, KVM_FEATURE_STEAL_TIME))
		return 1;
	if (!kvm_steal_time_supported() ||
	    (msr->data & KVM_STEAL_RESERVED_MASK))
		return 1;
	set_steal_time(vcpu, msr->data);
	return 0;
}
