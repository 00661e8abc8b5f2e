// SPDX-License-Identifier: GPL-2.0-only
/*
 * user_return.c - MSRs whose value the host needs in user space only; see
 * x86/user_return.h
 *
 * Owns: see there.
 *
 * Locking: see there.  Turning virtualisation off comes as an IPI at any time, so
 * whether the notifier is registered changes with IRQs off.
 */
#include <linux/container_of.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/user-return-notifier.h>
#include <asm/msr.h>

#include "params.h"
#include "x86/user_return.h"

struct msr_values {
	u64 host;
	u64 now;
};

struct user_return_msrs {
	struct user_return_notifier urn;
	bool registered;
	struct msr_values values[KVM_MAX_USER_RETURN_MSRS];
};

static DEFINE_PER_CPU(struct user_return_msrs, user_return_msrs);

static u32 user_return_list[KVM_MAX_USER_RETURN_MSRS] __tw_ro_after_load;
static unsigned int nr_user_return __tw_ro_after_load;

int kvm_user_return_init(void)
{
	nr_user_return = 0;
	return 0;
}

static bool can_be_written(u32 msr)
{
	bool can;
	u64 val;

	preempt_disable();
	can = !rdmsrl_safe(msr, &val) && !wrmsrl_safe(msr, val);
	preempt_enable();
	return can;
}

int kvm_add_user_return_msr(u32 msr)
{
	if (nr_user_return == KVM_MAX_USER_RETURN_MSRS || !can_be_written(msr))
		return -1;

	user_return_list[nr_user_return] = msr;
	return nr_user_return++;
}

static void restore_host(struct user_return_msrs *msrs)
{
	unsigned long flags;
	unsigned int i;

	local_irq_save(flags);
	if (msrs->registered) {
		msrs->registered = false;
		user_return_notifier_unregister(&msrs->urn);
	}
	for (i = 0; i < nr_user_return; i++) {
		if (msrs->values[i].now == msrs->values[i].host)
			continue;
		wrmsrl(user_return_list[i], msrs->values[i].host);
		msrs->values[i].now = msrs->values[i].host;
	}
	local_irq_restore(flags);
}

static void on_user_return(struct user_return_notifier *urn)
{
	restore_host(container_of(urn, struct user_return_msrs, urn));
}

int kvm_set_user_return_msr(unsigned int slot, u64 val, u64 mask)
{
	struct user_return_msrs *msrs = this_cpu_ptr(&user_return_msrs);
	struct msr_values *values = &msrs->values[slot];
	unsigned long flags;
	int r = 0;

	val = (val & mask) | (values->host & ~mask);
	if (val == values->now)
		return 0;

	local_irq_save(flags);
	if (wrmsrl_safe(user_return_list[slot], val)) {
		r = 1;
	} else {
		values->now = val;
		if (!msrs->registered) {
			msrs->urn.on_user_return = on_user_return;
			user_return_notifier_register(&msrs->urn);
			msrs->registered = true;
		}
	}
	local_irq_restore(flags);
	return r;
}

void kvm_user_return_msr_cpu_online(void)
{
	struct user_return_msrs *msrs = this_cpu_ptr(&user_return_msrs);
	unsigned int i;
	u64 val;

	for (i = 0; i < nr_user_return; i++) {
		/* 0 is as good as any where there is no such MSR. */
		if (rdmsrl_safe(user_return_list[i], &val))
			val = 0;
		msrs->values[i].host = val;
		msrs->values[i].now = val;
	}
}

void kvm_user_return_msr_cpu_offline(void)
{
	restore_host(this_cpu_ptr(&user_return_msrs));
}
