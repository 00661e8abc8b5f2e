/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * async_pf.h - asynchronous page faults: a guest goes on while a page comes
 *
 * Owns: struct kvm_vcpu_async_pf; faults whose page the host has to wait for;
 * MSR_KVM_ASYNC_PF_EN, _INT and _ACK.
 *
 * Where the host's page is not there at once, a work item brings it, and the vCPU
 *
 *	is told		"page not present", by #PF with a token in CR2: a guest
 *			that has asked for it runs another task.  When the page
 *			has come it is told "page ready", with the token, by an
 *			interrupt; one at a time, and the next after an ACK
 *	or is halted	until the page has come, or until there is an interrupt
 *			to deliver; all guests that have interrupts on
 *
 * and executes the instruction again in the end, whose fault then finds the page.
 * What neither is possible for waits in the fault itself.
 *
 * An item is waiting, then done, and freed by the vCPU.  Who has no use for an item
 * any more, as the guest has turned it off or the vCPU goes, abandons it: then it
 * frees itself.  Nobody waits for an item, since what it waits for may be the
 * same process: its userfaultfd.
 *
 * Locking: the vCPU's mutex, and kvm->srcu held; but for struct kvm_async_pf_queue,
 * which has a lock of its own, inside of all that may sleep.
 *
 * References: an item has one of the address space's users, of its queue and of the
 * module.  The queue outlives its vCPU if it has to.
 *
 * Reference: Documentation/virt/kvm/x86/msr.rst.
 *
 * Deliberately absent: "page ready" by #PF, which is obsolete; #PF as an exit of a
 * nested guest.  Nothing of it is migrated but the MSRs: the guest is told to wake
 * all that wait when it is enabled there.
 */
#ifndef TWINWALK_X86_ASYNC_PF_H
#define TWINWALK_X86_ASYNC_PF_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm_async_pf_queue;
struct kvm_vcpu;
struct msr_data;

/* Items that a vCPU may have, and all of them together. */
#define KVM_ASYNC_PF_PER_VCPU 64
#define KVM_ASYNC_PF_MAX      256

/* Wakes all that wait in the guest. */
#define KVM_ASYNC_PF_TOKEN_ALL (~0u)

/**
 * struct kvm_vcpu_async_pf - of a vCPU
 * @queue: its items; NULL without an APIC in the kernel
 * @msr_en: MSR_KVM_ASYNC_PF_EN
 * @msr_int: MSR_KVM_ASYNC_PF_INT
 * @last_id: counts tokens
 * @halted: waits for a page
 * @ack_pending: "page ready" was told, and the guest has not answered
 * @wake_all: it shall be told to wake all that wait
 */
struct kvm_vcpu_async_pf {
	struct kvm_async_pf_queue *queue;
	u64 msr_en;
	u64 msr_int;
	u32 last_id;
	bool halted;
	bool ack_pending;
	bool wake_all;
};

/**
 * kvm_async_pf_create() - of a new vCPU
 * @vcpu: zeroed; its APIC is there, if it has one here
 *
 * Return: 0; -ENOMEM.
 */
int kvm_async_pf_create(struct kvm_vcpu *vcpu);

/** kvm_async_pf_destroy() - the reverse; also if there is none */
void kvm_async_pf_destroy(struct kvm_vcpu *vcpu);

/** kvm_async_pf_reset() - RESET or INIT: off, and no page is waited for */
void kvm_async_pf_reset(struct kvm_vcpu *vcpu);

/**
 * kvm_async_pf_start() - have a page brought while the guest goes on
 * @vcpu: has faulted, in the guest
 * @gfn: the page
 * @hva: where the host shall have it
 * @write: it has to be writable
 *
 * Context: may sleep; current->mm is the VM's.
 * Return: true, enter the guest again, or wait if @halted is set; false, it has to
 * be waited for here.
 */
bool kvm_async_pf_start(struct kvm_vcpu *vcpu, gfn_t gfn, unsigned long hva,
			bool write);

/**
 * kvm_async_pf_ready() - KVM_REQ_APF_READY: a page has come, or an answer
 * @vcpu: the vCPU
 *
 * Context: see above; may sleep.
 */
void kvm_async_pf_ready(struct kvm_vcpu *vcpu);

/* The MSRs, for x86/msr_table.c.  Return: 0; 1, #GP. */
int kvm_async_pf_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);
int kvm_async_pf_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);

/* --- pure ---------------------------------------------------------------- */

/**
 * kvm_async_pf_token() - the next token of a vCPU
 * @last_id: counted on
 * @vcpu_id: below 4096
 *
 * Return: neither 0 nor KVM_ASYNC_PF_TOKEN_ALL, no other vCPU's, and not again
 * for a million tokens.
 */
u32 kvm_async_pf_token(u32 *last_id, u32 vcpu_id);

/**
 * kvm_async_pf_wanted() - does the guest want to be told?
 * @msr_en: MSR_KVM_ASYNC_PF_EN
 */
bool kvm_async_pf_wanted(u64 msr_en);

#endif
