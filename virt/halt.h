/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * halt.h - what a vCPU does when it has nothing to do: it polls, waits, yields
 *
 * Owns: struct kvm_vcpu_halt and struct kvm_vm_halt; how long is polled, and who is
 * worth a spinning vCPU's time.  The rules of polling are those of
 * Documentation/virt/kvm/halt-polling.rst.
 *
 * Locking: @poll_ns is the vCPU's own.  All else is read and written whole, by
 * anybody; it is about which choice is better, and none is wrong.
 */
#ifndef TWINWALK_HALT_H
#define TWINWALK_HALT_H

#include <linux/types.h>

struct kvm;

/**
 * struct kvm_vcpu_halt - of a vCPU
 * @poll_ns: how long its next HLT polls
 * @spinning: it looks for somebody to give its time to
 * @passed_over: it was not chosen the last time, since it spins itself
 */
struct kvm_vcpu_halt {
	unsigned int poll_ns;
	bool spinning;
	bool passed_over;
};

/**
 * struct kvm_vm_halt - of a VM
 * @has_max: KVM_CAP_HALT_POLL was given
 * @max_poll_ns: what it said
 * @last_boosted: place of the vCPU that was last given another's time
 */
struct kvm_vm_halt {
	bool has_max;
	unsigned int max_poll_ns;
	u32 last_boosted;
};

/**
 * struct kvm_halt_rules - how long is polled
 * @max_ns: at most; 0, not at all
 * @grow: by what the time is multiplied when a longer poll would have done
 * @grow_start: the least that it then is, in ns
 * @shrink: by what it is divided when none would have; 0, there is none next time
 */
struct kvm_halt_rules {
	unsigned int max_ns;
	unsigned int grow;
	unsigned int grow_start;
	unsigned int shrink;
};

/**
 * kvm_halt_next_poll() - how long the next HLT polls
 * @rules: how long is polled
 * @poll_ns: how long this one might have
 * @halt_ns: how long it took until the vCPU was woken
 *
 * Pure.
 * Return: ns, not above @rules->max_ns.
 */
unsigned int kvm_halt_next_poll(const struct kvm_halt_rules *rules,
				unsigned int poll_ns, u64 halt_ns);

/**
 * kvm_halt_is_candidate() - is a vCPU worth another's time?
 * @halt: its part
 * @ready: it would run if it could
 *
 * One that spins waits itself, most likely for who has the lock; but it may have
 * one, too: so it is passed over every other time.
 */
bool kvm_halt_is_candidate(struct kvm_vcpu_halt *halt, bool ready);

/** kvm_vm_enable_halt_poll() - KVM_CAP_HALT_POLL; 0, or -EINVAL above 32 bits */
int kvm_vm_enable_halt_poll(struct kvm *kvm, u64 max_ns);

#endif
