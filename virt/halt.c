// SPDX-License-Identifier: GPL-2.0-only
/*
 * halt.c - what a vCPU does when it has nothing to do: it polls, waits, yields
 *
 * Owns: what halt.h says, locking included.
 *
 * Deliberately absent: which of the vCPUs is in its kernel and has locks there.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/pid.h>
#include <linux/processor.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>

#include "arch.h"
#include "params.h"
#include "vcpu.h"
#include "virt/halt.h"
#include "virt/stats.h"
#include "virt/trace.h"

/* So many vCPUs in vain, and the spinning one goes on itself. */
#define MAX_YIELD_TRIES 3

/* --- polling ------------------------------------------------------------- */

static unsigned int grow(const struct kvm_halt_rules *rules,
			 unsigned int poll_ns)
{
	u64 ns;

	if (!rules->grow)
		return poll_ns;
	ns = max_t(u64, (u64)poll_ns * rules->grow, rules->grow_start);
	return min_t(u64, ns, rules->max_ns);
}

static unsigned int shrink(const struct kvm_halt_rules *rules,
			   unsigned int poll_ns)
{
	unsigned int ns = rules->shrink ? poll_ns / rules->shrink : 0;

	/* It would grow to that at once. */
	return ns < rules->grow_start ? 0 : ns;
}

unsigned int kvm_halt_next_poll(const struct kvm_halt_rules *rules,
				unsigned int poll_ns, u64 halt_ns)
{
	/* The bound may have been lowered since. */
	poll_ns = min(poll_ns, rules->max_ns);
	if (halt_ns <= poll_ns)
		return poll_ns;
	if (halt_ns >= rules->max_ns)
		return shrink(rules, poll_ns);
	return grow(rules, poll_ns);
}

static void get_rules(struct kvm_vcpu *vcpu, struct kvm_halt_rules *rules)
{
	const struct kvm_vm_halt *vm = &vcpu->kvm->halt;
	bool has_max = READ_ONCE(vm->has_max);

	/* Who sees that there is a bound sees the bound. */
	smp_rmb();
	*rules = (struct kvm_halt_rules){
		.max_ns = has_max ? READ_ONCE(vm->max_poll_ns) :
				    READ_ONCE(kvm_param_halt_poll_ns),
		.grow = READ_ONCE(kvm_param_halt_poll_ns_grow),
		.grow_start = READ_ONCE(kvm_param_halt_poll_ns_grow_start),
		.shrink = READ_ONCE(kvm_param_halt_poll_ns_shrink),
	};
}

/* Whatever ends the wait, as in kvm_vcpu_block(). */
static bool is_woken(struct kvm_vcpu *vcpu)
{
	return kvm_arch_vcpu_runnable(vcpu) || signal_pending(current) ||
	       kvm_test_request(KVM_REQ_UNBLOCK, vcpu);
}

/* Return: woken before @end. */
static bool poll(struct kvm_vcpu *vcpu, ktime_t end)
{
	do {
		if (is_woken(vcpu))
			return true;
		cpu_relax();
		/* Nobody else's time is spent so. */
	} while (single_task_running() && !need_resched() &&
		 ktime_before(ktime_get(), end));
	return false;
}

static void count_poll(struct kvm_vcpu *vcpu, u64 ns, bool woken)
{
	struct kvm_vcpu_stat *stat = &vcpu->stat;

	stat->halt_attempted_poll++;
	if (woken) {
		stat->halt_successful_poll++;
		stat->halt_poll_success_ns += ns;
		kvm_stats_log_hist_add(stat->halt_poll_success_hist,
				       KVM_HALT_HIST_SIZE, ns);
	} else {
		stat->halt_poll_fail_ns += ns;
		kvm_stats_log_hist_add(stat->halt_poll_fail_hist,
				       KVM_HALT_HIST_SIZE, ns);
	}
}

static void wait(struct kvm_vcpu *vcpu)
{
	ktime_t start = ktime_get();
	u64 ns;

	kvm_vcpu_block(vcpu);
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	vcpu->stat.halt_wait_ns += ns;
	kvm_stats_log_hist_add(vcpu->stat.halt_wait_hist, KVM_HALT_HIST_SIZE,
			       ns);
}

void kvm_vcpu_halt(struct kvm_vcpu *vcpu)
{
	bool may_poll = !kvm_arch_no_poll(vcpu);
	struct kvm_halt_rules rules;
	unsigned int poll_ns, next_ns;
	bool runnable, woken = false;
	ktime_t start;
	u64 ns;

	get_rules(vcpu, &rules);
	poll_ns = min(vcpu->halt.poll_ns, rules.max_ns);
	start = ktime_get();
	if (may_poll && poll_ns) {
		woken = poll(vcpu, ktime_add_ns(start, poll_ns));
		count_poll(vcpu, ktime_to_ns(ktime_sub(ktime_get(), start)),
			   woken);
	}
	if (!woken)
		wait(vcpu);
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	runnable = kvm_arch_vcpu_runnable(vcpu);
	trace_kvm_vcpu_wakeup(ns, !woken, runnable);
	if (!may_poll)
		return;

	if (runnable) {
		next_ns = kvm_halt_next_poll(&rules, poll_ns, ns);
	} else {
		/* A signal: it says nothing of when the guest is woken. */
		vcpu->stat.halt_poll_invalid++;
		next_ns = shrink(&rules, poll_ns);
	}
	if (next_ns != vcpu->halt.poll_ns)
		trace_kvm_halt_poll_ns(next_ns > vcpu->halt.poll_ns,
				       vcpu->vcpu_id, next_ns,
				       vcpu->halt.poll_ns);
	vcpu->halt.poll_ns = next_ns;
}

int kvm_vm_enable_halt_poll(struct kvm *kvm, u64 max_ns)
{
	if (max_ns != (unsigned int)max_ns)
		return -EINVAL;
	WRITE_ONCE(kvm->halt.max_poll_ns, max_ns);
	/* Pairs with get_rules(). */
	smp_wmb();
	WRITE_ONCE(kvm->halt.has_max, true);
	return 0;
}

/* --- yielding ------------------------------------------------------------ */

/* Return: as yield_to(); > 0, the target has the time. */
static int yield_to_vcpu(struct kvm_vcpu *target)
{
	struct kvm_vcpu *me = kvm_get_running_vcpu();
	struct task_struct *task;
	int r;

	rcu_read_lock();
	task = get_pid_task(rcu_dereference(target->pid), PIDTYPE_PID);
	rcu_read_unlock();
	if (!task)
		return 0;
	r = yield_to(task, true);
	put_task_struct(task);

	if (me) {
		me->stat.directed_yield_attempted++;
		me->stat.directed_yield_successful += r > 0;
	}
	return r;
}

bool kvm_vcpu_yield_to(struct kvm_vcpu *target)
{
	return yield_to_vcpu(target) > 0;
}

bool kvm_halt_is_candidate(struct kvm_vcpu_halt *halt, bool ready)
{
	bool passed_over;

	if (!ready)
		return false;
	if (!READ_ONCE(halt->spinning))
		return true;
	passed_over = READ_ONCE(halt->passed_over);
	WRITE_ONCE(halt->passed_over, !passed_over);
	return passed_over;
}

/* All others once, from behind the last that was given time. */
static void boost_one(struct kvm_vcpu *me)
{
	struct kvm *kvm = me->kvm;
	unsigned int nr = atomic_read(&kvm->online_vcpus);
	u32 last = READ_ONCE(kvm->halt.last_boosted);
	unsigned int tries = MAX_YIELD_TRIES;
	unsigned int i;

	for (i = 1; i <= nr; i++) {
		struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, (last + i) % nr);
		int r;

		if (!vcpu || vcpu == me ||
		    !kvm_halt_is_candidate(&vcpu->halt, READ_ONCE(vcpu->ready)))
			continue;
		r = yield_to_vcpu(vcpu);
		if (r > 0)
			WRITE_ONCE(kvm->halt.last_boosted, vcpu->vcpu_idx);
		/* < 0: nobody competes for either CPU. */
		if (r > 0 || (r < 0 && !--tries))
			return;
	}
}

void kvm_vcpu_on_spin(struct kvm_vcpu *me)
{
	WRITE_ONCE(me->halt.spinning, true);
	boost_one(me);
	WRITE_ONCE(me->halt.spinning, false);
	/* It runs: the next time that it spins it is passed over first. */
	WRITE_ONCE(me->halt.passed_over, false);
}
