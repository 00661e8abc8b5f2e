/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.h - struct kvm_vcpu, a virtual CPU, and how others reach it
 *
 * Owns: the object, its requests, its kicks.  A vCPU is made by KVM_CREATE_VCPU
 * and lives as long as its VM.
 *
 * Locking: vcpu->mutex for all but what others may touch: @mode, @requests,
 * @pid, @wait, and of the architecture's part what says so.  What belongs to the
 * vCPU while it runs is only touched by the task that runs it.
 *
 * Whoever changes something that a running guest has to see makes a request,
 * then kicks; the vCPU looks at its requests with interrupts off, after it has
 * said that it is in the guest:
 *
 *	who wants something		the vCPU
 *	request |= bit			mode = IN_GUEST_MODE
 *	  full barrier			  full barrier
 *	mode == IN_GUEST_MODE ? IPI	request ? do not enter
 *
 * So either the vCPU sees the request, or the other sees it in the guest.
 */
#ifndef TWINWALK_VCPU_H
#define TWINWALK_VCPU_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/rcuwait.h>
#include <linux/signal_types.h>
#include <linux/types.h>

#include "virt/halt.h"
#include "vm.h"
#include "x86_vcpu.h"

struct dentry;
struct pid;

/* Ids that KVM_CREATE_VCPU takes, and how many vCPUs a VM may have. */
#define KVM_MAX_VCPUS	 1024
#define KVM_MAX_VCPU_IDS 4096

/* Where a vCPU is; see above. */
enum kvm_vcpu_mode {
	OUTSIDE_GUEST_MODE,
	IN_GUEST_MODE,
	EXITING_GUEST_MODE, /* it was in the guest, and somebody has kicked it */
};

/*
 * What may be asked of a vCPU.  Those up to KVM_REQ_LAST_KICK_WAIT are waited
 * for by kvm_make_all_cpus_request(): when that returns, no vCPU is in a guest
 * that it entered before.
 */
enum kvm_request {
	KVM_REQ_TLB_FLUSH, /* all that the vCPU's ASIDs have */
	KVM_REQ_MMU_RELOAD, /* drop invalid roots */
	KVM_REQ_CLOCK_UPDATE, /* tell the guest what its clock is */
	KVM_REQ_MSR_FILTER_CHANGED, /* what MSRs the guest accesses directly */
	KVM_REQ_LAST_KICK_WAIT = KVM_REQ_MSR_FILTER_CHANGED,
	KVM_REQ_VM_DEAD, /* never to be entered again */
	KVM_REQ_UNBLOCK, /* wake up; nothing else */
	KVM_REQ_EVENT, /* look for something to inject */
	KVM_REQ_TRIPLE_FAULT,
	KVM_REQ_TLB_FLUSH_GUEST, /* what the guest's own flush would drop */
	KVM_REQ_TLB_FLUSH_CURRENT, /* what belongs to the loaded root */
	KVM_REQ_NMI,
	KVM_REQ_SMI,
	KVM_REQ_MASTERCLOCK_UPDATE, /* look whether all vCPUs can have one clock */
	KVM_REQ_STEAL_UPDATE,
	KVM_REQ_APF_READY,
	KVM_REQ_IOAPIC_EOI_EXIT,
	KVM_REQ_APIC_TIMER, /* start its APIC's timer once more */
	KVM_REQ_REPORT_TPR_ACCESS,
	KVM_NR_REQS
};

/* The last bucket has a second and all above. */
#define KVM_HALT_HIST_SIZE 32

/**
 * struct kvm_vcpu_stat - what a vCPU has counted; a row each in virt/stats.c
 * @exits: out of the guest
 * @pf_taken: faults on guest physical addresses
 * @pf_fixed: ... that mapped a page
 * @pf_fast: ... without mmu_lock
 * @pf_spurious: ... where the page was mapped already
 * @pf_emulate: ... that were MMIO
 * @pf_mmio_spte_created: MMIO entries made
 * @io_exits: port accesses
 * @mmio_exits: memory-mapped accesses for userspace
 * @signal_exits: left for a signal
 * @irq_window_exits: the guest became ready for an interrupt
 * @nmi_window_exits: the same for an NMI
 * @halt_exits: HLT
 * @request_irq_exits: userspace wants to inject, and can
 * @irq_exits: the host's interrupts
 * @host_state_reload: the host's state was put aside
 * @fpu_reload: the FPU changed hands
 * @insn_emulation: instructions emulated
 * @insn_emulation_fail: ... in vain
 * @hypercalls: VMMCALL, VMCALL
 * @irq_injections: interrupts given to the guest
 * @nmi_injections: the same of NMIs
 * @req_event: looked for something to inject
 * @tlb_flush: its TLB was flushed
 * @invlpg: INVLPG
 * @preemption_reported: told the guest that it was preempted
 * @preemption_other: was preempted outside
 * @guest_mode: runs a nested guest now, 0 or 1
 * @notify_window_exits: too long without a window
 * @halt_successful_poll: see kvm_vcpu_halt()
 * @halt_attempted_poll: the same
 * @halt_poll_invalid: HLT that was ended by a signal
 * @halt_wakeup: woken while it waited
 * @halt_poll_success_ns: the same
 * @halt_poll_fail_ns: the same
 * @halt_wait_ns: the same
 * @halt_poll_success_hist: times of polls, by the number of their bits
 * @halt_poll_fail_hist: the same
 * @halt_wait_hist: times of waits, the same
 * @blocking: waits now, 0 or 1
 * @directed_yield_attempted: see kvm_vcpu_yield_to()
 * @directed_yield_successful: the other has run for it
 */
struct kvm_vcpu_stat {
	u64 exits;
	u64 pf_taken;
	u64 pf_fixed;
	u64 pf_fast;
	u64 pf_spurious;
	u64 pf_emulate;
	u64 pf_mmio_spte_created;
	u64 io_exits;
	u64 mmio_exits;
	u64 signal_exits;
	u64 irq_window_exits;
	u64 nmi_window_exits;
	u64 halt_exits;
	u64 request_irq_exits;
	u64 irq_exits;
	u64 host_state_reload;
	u64 fpu_reload;
	u64 insn_emulation;
	u64 insn_emulation_fail;
	u64 hypercalls;
	u64 irq_injections;
	u64 nmi_injections;
	u64 req_event;
	u64 tlb_flush;
	u64 invlpg;
	u64 preemption_reported;
	u64 preemption_other;
	u64 guest_mode;
	u64 notify_window_exits;
	u64 halt_successful_poll;
	u64 halt_attempted_poll;
	u64 halt_poll_invalid;
	u64 halt_wakeup;
	u64 halt_poll_success_ns;
	u64 halt_poll_fail_ns;
	u64 halt_wait_ns;
	u64 halt_poll_success_hist[KVM_HALT_HIST_SIZE];
	u64 halt_poll_fail_hist[KVM_HALT_HIST_SIZE];
	u64 halt_wait_hist[KVM_HALT_HIST_SIZE];
	u64 blocking;
	u64 directed_yield_attempted;
	u64 directed_yield_successful;
};

/**
 * struct kvm_vcpu - a virtual CPU
 * @kvm: its VM, of which the vCPU's file holds a reference
 * @cpu: the host's CPU that it is loaded on, or -1
 * @vcpu_id: userspace's number, also the initial APIC id
 * @vcpu_idx: its place in kvm->vcpu_array
 * @mode: enum kvm_vcpu_mode
 * @requests: enum kvm_request, a bit each
 * @mutex: held by the task whose ioctl it is
 * @pid: of the task that ran it last
 * @run: the page shared with userspace, which may change it at any time
 * @pio_data: the page behind it, for port I/O
 * @wait: who waits for something to do
 * @preempt_notifier: of the task that has it loaded
 * @preempted: that task was preempted
 * @ready: the same, and would run if it could
 * @sigset_active: KVM_SET_SIGNAL_MASK was given
 * @sigset: what it was given
 * @srcu_idx: kvm->srcu, held while the vCPU is in KVM_RUN, but in the guest
 * @halt: how it waits, and yields
 * @debugfs_dentry: its directory, or NULL
 * @stat: counters
 * @arch: the architecture's part
 */
struct kvm_vcpu {
	struct kvm *kvm;
	int cpu;
	u32 vcpu_id;
	u32 vcpu_idx;
	int mode;
	unsigned long requests;
	struct mutex mutex; /* outside of kvm->slots_lock */
	struct pid __rcu *pid;
	struct kvm_run *run;
	void *pio_data;
	struct rcuwait wait;
	struct preempt_notifier preempt_notifier;
	bool preempted;
	bool ready;
	bool sigset_active;
	sigset_t sigset;
	int srcu_idx;
	struct kvm_vcpu_halt halt;
	struct dentry *debugfs_dentry;
	struct kvm_vcpu_stat stat;
	struct kvm_vcpu_arch arch;
};

/** kvm_make_request() - ask for something, without a kick; any context */
static inline void kvm_make_request(enum kvm_request req, struct kvm_vcpu *vcpu)
{
	/* What the request is about is visible before it. */
	smp_wmb();
	set_bit(req, &vcpu->requests);
}

/** kvm_request_pending() - is there any? */
static inline bool kvm_request_pending(const struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests);
}

/** kvm_test_request() - is there this one? */
static inline bool kvm_test_request(enum kvm_request req,
				    const struct kvm_vcpu *vcpu)
{
	return test_bit(req, &vcpu->requests);
}

/** kvm_clear_request() - forget it */
static inline void kvm_clear_request(enum kvm_request req,
				     struct kvm_vcpu *vcpu)
{
	clear_bit(req, &vcpu->requests);
}

/** kvm_check_request() - is there this one?  Then it is not any more */
static inline bool kvm_check_request(enum kvm_request req,
				     struct kvm_vcpu *vcpu)
{
	if (!kvm_test_request(req, vcpu))
		return false;
	kvm_clear_request(req, vcpu);
	/* What the request is about is read after it. */
	smp_mb__after_atomic();
	return true;
}

/**
 * kvm_make_all_cpus_request() - ask all vCPUs of a VM, and kick
 * @kvm: the VM
 * @req: what
 *
 * Context: any but hard interrupts; IRQs on.
 */
void kvm_make_all_cpus_request(struct kvm *kvm, enum kvm_request req);

/**
 * kvm_vcpu_kick() - make a vCPU look at its requests
 * @vcpu: may be in the guest, in KVM_RUN, waiting, or none of it
 *
 * Context: any; does not wait.
 */
void kvm_vcpu_kick(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_wake_up() - if it waits, it does not any more
 * @vcpu: the vCPU
 *
 * Return: true if it did.
 */
bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_block() - wait until kvm_arch_vcpu_runnable() or a signal
 * @vcpu: the vCPU
 *
 * Context: vCPU's mutex; loaded; kvm->srcu not held.
 */
void kvm_vcpu_block(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_halt() - HLT: poll for a while, then kvm_vcpu_block()
 * @vcpu: the vCPU
 *
 * Context: as kvm_vcpu_block().
 */
void kvm_vcpu_halt(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_yield_to() - give this task's time to another vCPU
 * @target: of the same VM as the one that runs here
 *
 * Counts directed_yield_attempted and _successful of the one that runs here.
 * Context: may schedule; preemption on.
 * Return: true if the target's task is to run.
 */
bool kvm_vcpu_yield_to(struct kvm_vcpu *target);

/**
 * kvm_vcpu_on_spin() - a vCPU waits in a loop: let one run that it may wait for
 * @me: the vCPU
 *
 * Context: as kvm_vcpu_yield_to().
 */
void kvm_vcpu_on_spin(struct kvm_vcpu *me);

/** vcpu_load() - the vCPU is on this CPU, and follows the task from now on */
void vcpu_load(struct kvm_vcpu *vcpu);

/** vcpu_put() - the reverse */
void vcpu_put(struct kvm_vcpu *vcpu);

/** kvm_get_running_vcpu() - the vCPU that is loaded on this CPU, or NULL */
struct kvm_vcpu *kvm_get_running_vcpu(void);

/**
 * kvm_vm_ioctl_create_vcpu() - KVM_CREATE_VCPU
 * @kvm: the VM
 * @id: userspace's number; of the ioctl's argument, 32 bits count
 *
 * Context: may sleep.
 * Return: a file descriptor; -EINVAL, @id is too large, or there are too many;
 * -EEXIST, there is one of that number; -ENOMEM, -EMFILE, -ENFILE.
 */
int kvm_vm_ioctl_create_vcpu(struct kvm *kvm, u32 id);

/** kvm_destroy_vcpus() - of a VM that nobody has any more; may sleep */
void kvm_destroy_vcpus(struct kvm *kvm);

/** kvm_get_vcpu() - by its place; NULL from kvm->online_vcpus on */
static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, unsigned long idx)
{
	unsigned long nr = atomic_read(&kvm->online_vcpus);

	if (idx >= nr)
		return NULL;
	/* Whoever sees the number finds the vCPU, whole. */
	smp_rmb();
	return xa_load(&kvm->vcpu_array, array_index_nospec(idx, nr));
}

/** kvm_get_vcpu_by_id() - by userspace's number, or NULL */
struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, unsigned int id);

/* All that are there; made ones are never taken away. */
#define kvm_for_each_vcpu(idx, vcpup, kvm)                   \
	xa_for_each_range(&(kvm)->vcpu_array, idx, vcpup, 0, \
			  (atomic_read(&(kvm)->online_vcpus) ?: 1) - 1)

/** kvm_vcpu_srcu_read_lock() - memory slots stay; at most one level */
static inline void kvm_vcpu_srcu_read_lock(struct kvm_vcpu *vcpu)
{
	vcpu->srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
}

/** kvm_vcpu_srcu_read_unlock() - the reverse */
static inline void kvm_vcpu_srcu_read_unlock(struct kvm_vcpu *vcpu)
{
	srcu_read_unlock(&vcpu->kvm->srcu, vcpu->srcu_idx);
}

/** kvm_vcpu_as_id() - the address space that the vCPU sees */
static inline unsigned int kvm_vcpu_as_id(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.smm;
}

/** kvm_vcpu_memslots() - the memory slots that the vCPU sees; srcu held */
static inline struct kvm_memslots *kvm_vcpu_memslots(struct kvm_vcpu *vcpu)
{
	return kvm_memslots(vcpu->kvm, kvm_vcpu_as_id(vcpu));
}

#endif
