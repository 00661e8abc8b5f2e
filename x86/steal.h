/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steal.h - steal time: how long a vCPU wanted to run, and could not
 *
 * Owns: struct kvm_steal_time in the guest's memory, of each vCPU: the time; whether
 * the vCPU is off its CPU now; and a flush of its TLB that another vCPU has put down
 * there instead of sending an IPI to one that would not get it.
 *
 * A vCPU says that it is off its CPU when it is scheduled out, and takes what it
 * finds there when it is on its way in.  It only says so between two instructions: what
 * an instruction that is being emulated has looked up in the guest's page
 * tables, it goes on using, and a flush must not be over by then.
 *
 * Locking: vCPU's mutex; the guest's memory under kvm->srcu.
 *
 * References: Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME; cpuid.rst,
 * KVM_FEATURE_PV_TLB_FLUSH.
 */
#ifndef TWINWALK_X86_STEAL_H
#define TWINWALK_X86_STEAL_H

#include <linux/types.h>

#include "guest_mem.h"

struct kvm_vcpu;
struct msr_data;
struct task_struct;

/**
 * struct kvm_vcpu_steal - steal time of a vCPU
 * @msr: MSR_KVM_STEAL_TIME
 * @area: the guest's struct kvm_steal_time
 * @task: who ran it last; only to be compared
 * @run_delay: that task's, as far as it is in what the guest was told
 * @preempted: the guest was told that it is off its CPU
 * @boundary: it is between two instructions
 */
struct kvm_vcpu_steal {
	u64 msr;
	struct kvm_guest_area area;
	const struct task_struct *task;
	u64 run_delay;
	bool preempted;
	bool boundary;
};

/** kvm_steal_time_supported() - does the host count it? */
bool kvm_steal_time_supported(void);

/** kvm_steal_time_features() - BIT(KVM_FEATURE_*) that are offered */
u32 kvm_steal_time_features(void);

/** kvm_vcpu_steal_reset() - RESET and INIT: the guest is told nothing */
void kvm_vcpu_steal_reset(struct kvm_vcpu *vcpu);

/** kvm_steal_time_load() - the vCPU is on a CPU; preemption off */
void kvm_steal_time_load(struct kvm_vcpu *vcpu);

/** kvm_steal_time_put() - it is not any more; any context, of its task */
void kvm_steal_time_put(struct kvm_vcpu *vcpu);

/** kvm_steal_time_boundary() - is it between two instructions from now on? */
void kvm_steal_time_boundary(struct kvm_vcpu *vcpu, bool boundary);

/**
 * kvm_steal_time_update() - KVM_REQ_STEAL_UPDATE: tell the guest
 * @vcpu: loaded
 *
 * May make KVM_REQ_TLB_FLUSH_GUEST.
 *
 * Context: vCPU's mutex, kvm->srcu held; may sleep.
 */
void kvm_steal_time_update(struct kvm_vcpu *vcpu);

/**
 * kvm_steal_time_add() - what the guest is told next
 * @st: of the vCPU; updated
 * @steal: what it was told last
 * @task: who runs it
 * @run_delay: of that task
 *
 * Another task begins with what it has waited from now on.
 */
u64 kvm_steal_time_add(struct kvm_vcpu_steal *st, u64 steal,
		       const struct task_struct *task, u64 run_delay);

/* MSR_KVM_STEAL_TIME */
int kvm_get_msr_steal_time(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_set_msr_steal_time(struct kvm_vcpu *vcpu, struct msr_data *msr);

#endif
