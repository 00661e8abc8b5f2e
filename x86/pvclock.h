/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvclock.h - the paravirtual clock
 *
 * Owns: a VM's clock, what each vCPU was told of it, KVM_GET_CLOCK and
 * KVM_SET_CLOCK, and the wall clock at which it began.
 *
 * The clock is the host's CLOCK_MONOTONIC_RAW, and the time slept, plus an offset.
 * Raw, as a guest goes on from what it was told at the rate of its TSC, and NTP
 * changes the rate of the host's other clocks all the time.  It begins at 0.
 *
 * What a vCPU is told is a line: at this TSC it was so late, and so fast it goes.
 *
 * If the host's clock is its TSC, and all vCPUs have the same TSC, then they all
 * have the same line, and whoever reads it anywhere finds that it does not go back:
 * PVCLOCK_TSC_STABLE_BIT, the master clock.  Before that line is replaced, all
 * vCPUs are out of the guest, and none gets in until it has been told.
 *
 * Else each vCPU has a line of its own, drawn anew from time to time.  Guests know
 * that these differ, and look for themselves that time does not go back.
 *
 * A new line begins where the old one has come to, or later.  A vCPU that was ahead of
 * the clock goes a little slower until it is not any more; all together stay ahead.
 * Only if userspace sets the clock back, it goes back.
 *
 * Lines count in a TSC that only corrections have moved (x86/tsc.h).
 *
 * Locking: struct kvm_vm_pvclock's lock for the clock, and for the line of each
 * vCPU; it is inside of kvm->lock, vCPU's mutex, kvm->srcu and kvm_lock, and nothing
 * is taken inside of it.  Guest memory is written without it, under vCPU's mutex.
 *
 * References: Documentation/virt/kvm/x86/msr.rst, cpuid.rst; api.rst, 4.29, 4.30
 * and 4.70.
 *
 * Deliberately absent: hosts whose TSC changes its frequency; hosts whose clock is
 * another hypervisor's, where there is no master clock.
 */
#ifndef TWINWALK_X86_PVCLOCK_H
#define TWINWALK_X86_PVCLOCK_H

#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "guest_mem.h"

struct kvm;
struct kvm_vcpu;
struct msr_data;

/* Without a master clock, how often lines are drawn anew. */
#define KVM_PVCLOCK_RESYNC_NS (10 * NSEC_PER_SEC)

/* What KVM_GET_CLOCK may say, and KVM_CAP_ADJUST_CLOCK tells. */
#define KVM_PVCLOCK_FLAGS \
	(KVM_CLOCK_TSC_STABLE | KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC)

/**
 * struct kvm_pvclock_line - a clock that goes on by a TSC
 * @tsc: when
 * @ns: it was so late
 * @mul: nanoseconds of a cycle, times 2^(32 - @shift)
 * @shift: cycles are shifted left by it first; below 0, right
 */
struct kvm_pvclock_line {
	u64 tsc;
	u64 ns;
	u32 mul;
	s8 shift;
};

/**
 * struct kvm_vm_pvclock - the clock of a VM
 * @lock: see above
 * @offset: what is added to the host's clock
 * @epoch: how often it was set back
 * @master: there is a master clock
 * @line: of that, without a vCPU's corrections
 * @ratio: of the TSCs that @line is for
 * @resync: draws lines anew
 * @wall_clock: MSR_KVM_WALL_CLOCK; read and written whole
 */
struct kvm_vm_pvclock {
	struct mutex lock; /* see above */
	u64 offset;
	u32 epoch;
	bool master;
	struct kvm_pvclock_line line;
	u64 ratio;
	struct delayed_work resync;
	u64 wall_clock;
};

/**
 * struct kvm_vcpu_pvclock - what a vCPU knows of it
 * @msr: MSR_KVM_SYSTEM_TIME
 * @area: the guest's struct pvclock_vcpu_time_info
 * @stopped: KVM_KVMCLOCK_CTRL was called
 * @valid: it was told @line; from here on under the VM's lock
 * @epoch: the VM's, when it was
 * @ratio: of its TSC, when it was
 * @line: its line
 */
struct kvm_vcpu_pvclock {
	u64 msr;
	struct kvm_guest_area area;
	bool stopped;
	bool valid;
	u32 epoch;
	u64 ratio;
	struct kvm_pvclock_line line;
};

/**
 * kvm_pvclock_read() - how late it is on a line
 * @line: the line
 * @tsc: when; before the line begins, it is as late as there
 *
 * To the nanosecond what a guest computes.
 */
u64 kvm_pvclock_read(const struct kvm_pvclock_line *line, u64 tsc);

/**
 * kvm_pvclock_set_rate() - how fast a line goes
 * @line: the line
 * @hz: its TSC's rate.  0: it stands still
 *
 * Never too fast, and too slow by less than one in 2^31.
 */
void kvm_pvclock_set_rate(struct kvm_pvclock_line *line, u64 hz);

/**
 * kvm_pvclock_continue() - a line that is not behind another
 * @line: the new one, by the clock
 * @old: the old one, in the same TSC
 *
 * If @old is ahead, @line begins there, and is slower, so that the clock has caught
 * up after KVM_PVCLOCK_RESYNC_NS; but by no more than one in 2048.
 */
void kvm_pvclock_continue(struct kvm_pvclock_line *line,
			  const struct kvm_pvclock_line *old);

/** kvm_pv_version_odd() - after a version, that of an update in progress */
static inline u32 kvm_pv_version_odd(u32 version)
{
	return (version + 1) | 1;
}

/**
 * kvm_pvclock_init() - follow the host's clock; a step of the ladder
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int kvm_pvclock_init(void);

/** kvm_pvclock_exit() - the reverse; there are no VMs */
void kvm_pvclock_exit(void);

/** kvm_vm_pvclock_create() - of a new VM: it is 0 now */
void kvm_vm_pvclock_create(struct kvm *kvm);

/** kvm_vm_pvclock_stop() - nothing sends requests any more; may sleep */
void kvm_vm_pvclock_stop(struct kvm *kvm);

/** kvm_vcpu_pvclock_reset() - RESET and INIT: the guest is told nothing */
void kvm_vcpu_pvclock_reset(struct kvm_vcpu *vcpu);

/** kvm_pvclock_features() - BIT(KVM_FEATURE_*) that are offered */
u32 kvm_pvclock_features(void);

/**
 * kvm_pvclock_update() - KVM_REQ_CLOCK_UPDATE: draw a line, and tell the guest
 * @vcpu: loaded
 *
 * Context: vCPU's mutex, kvm->srcu held; may sleep.
 */
void kvm_pvclock_update(struct kvm_vcpu *vcpu);

/**
 * kvm_pvclock_update_master() - KVM_REQ_MASTERCLOCK_UPDATE
 * @kvm: of whose vCPUs one has another TSC
 *
 * There is a master clock from now on, or none any more, or it stays as it is.
 *
 * Context: may sleep.
 */
void kvm_pvclock_update_master(struct kvm *kvm);

/**
 * kvm_get_walltime_and_clockread() - the host's time and TSC, of one moment
 * @ts: set to CLOCK_REALTIME
 * @cycle: set to the host's TSC
 *
 * Context: task.
 * Return: false, the host's clock is not its TSC, and nothing is set.
 */
bool kvm_get_walltime_and_clockread(struct timespec64 *ts, u64 *cycle);

/* MSR_KVM_WALL_CLOCK, _SYSTEM_TIME, and _NEW; kvm->srcu held. */
int kvm_get_msr_pvclock(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_set_msr_pvclock(struct kvm_vcpu *vcpu, struct msr_data *msr);

/* KVM_GET_CLOCK, KVM_SET_CLOCK: @data is a struct kvm_clock_data. */
long kvm_vm_ioctl_get_clock(struct kvm *kvm, void *data);
long kvm_vm_ioctl_set_clock(struct kvm *kvm, void *data);

/* KVM_KVMCLOCK_CTRL.  Return: 0; -EINVAL, the guest has no such clock. */
long kvm_vcpu_ioctl_kvmclock_ctrl(struct kvm_vcpu *vcpu, void *data);

#endif
