// SPDX-License-Identifier: GPL-2.0-only
/*
 * async_pf.c - asynchronous page faults: a guest goes on while a page comes
 *
 * Owns: see async_pf.h, and the workqueue.
 *
 * Locking: see there.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/workqueue.h>
#include <uapi/linux/kvm_para.h>

#include "arch.h"
#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/async_pf.h"
#include "x86/cpuid.h"
#include "x86/event.h"

/* MSR_KVM_ASYNC_PF_EN: not the address, which is of 64 bytes. */
#define EN_FLAGS    GENMASK_ULL(5, 0)
#define EN_RESERVED GENMASK_ULL(5, 4)

/* Bits of a token that are its vCPU's. */
#define TOKEN_ID_SHIFT 12
#define TOKEN_IDS      BIT(32 - TOKEN_ID_SHIFT)
static_assert(!((KVM_MAX_VCPU_IDS - 1) >> TOKEN_ID_SHIFT));

/**
 * struct kvm_async_pf_queue - the items of a vCPU
 * @refs: the vCPU's, and one of each item that works
 * @lock: guards all below, and where an item is
 * @vcpu: NULL once it goes
 * @waiting: items that work
 * @done: items whose page has come
 * @nr: all there are, abandoned ones that still work included
 */
struct kvm_async_pf_queue {
	refcount_t refs;
	spinlock_t lock; /* nothing is taken inside, but by a kick */
	struct kvm_vcpu *vcpu;
	struct list_head waiting;
	struct list_head done;
	unsigned int nr;
};

/**
 * struct async_pf - a page that is being brought
 * @work: brings it
 * @link: in the queue
 * @queue: whose
 * @mm: with a reference, while it works
 * @hva: where
 * @gfn: what it is for the guest
 * @token: what the guest was told, if it was
 * @write: it has to be writable
 * @notified: the guest was told
 * @abandoned: of no use any more; under queue->lock
 */
struct async_pf {
	struct work_struct work;
	struct list_head link;
	struct kvm_async_pf_queue *queue;
	struct mm_struct *mm;
	unsigned long hva;
	gfn_t gfn;
	u32 token;
	bool write;
	bool notified;
	bool abandoned;
};

static struct workqueue_struct *workqueue;

/* Items that work.  What is queued runs at once: nobody waits for a stranger. */
static atomic_t nr_working;

int kvm_arch_async_pf_init(void)
{
	workqueue =
		alloc_workqueue("twinwalk_apf", WQ_UNBOUND, KVM_ASYNC_PF_MAX);
	return workqueue ? 0 : -ENOMEM;
}

void kvm_arch_async_pf_exit(void)
{
	destroy_workqueue(workqueue);
	workqueue = NULL;
}

u32 kvm_async_pf_token(u32 *last_id, u32 vcpu_id)
{
	*last_id = (*last_id + 1) % TOKEN_IDS;
	/* Neither all zeroes nor all ones. */
	if (!*last_id || *last_id == TOKEN_IDS - 1)
		*last_id = 1;
	return *last_id << TOKEN_ID_SHIFT | vcpu_id;
}

bool kvm_async_pf_wanted(u64 msr_en)
{
	const u64 both = KVM_ASYNC_PF_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT;

	return (msr_en & both) == both;
}

/* --- the queue ----------------------------------------------------------- */

static void put_queue(struct kvm_async_pf_queue *q)
{
	if (refcount_dec_and_test(&q->refs))
		kfree(q);
}

static void bring_page(struct async_pf *apf)
{
	unsigned int flags = FAULT_FLAG_REMOTE;
	bool unlocked;

	if (apf->write)
		flags |= FAULT_FLAG_WRITE;
	/* If it can't be brought, the guest's next fault finds out why. */
	mmap_read_lock(apf->mm);
	fixup_user_fault(apf->mm, apf->hva, flags, &unlocked);
	mmap_read_unlock(apf->mm);
}

/* Return: true if nobody has a use for it. */
static bool hand_over(struct async_pf *apf)
{
	struct kvm_async_pf_queue *q = apf->queue;
	bool abandoned;

	spin_lock(&q->lock);
	abandoned = apf->abandoned;
	if (abandoned) {
		q->nr--;
	} else {
		list_move_tail(&apf->link, &q->done);
		kvm_make_request(KVM_REQ_APF_READY, q->vcpu);
		kvm_vcpu_kick(q->vcpu);
	}
	spin_unlock(&q->lock);
	return abandoned;
}

static void work_fn(struct work_struct *work)
{
	struct async_pf *apf = container_of(work, struct async_pf, work);
	struct kvm_async_pf_queue *q = apf->queue;

	bring_page(apf);
	mmput(apf->mm);
	/* From here on the vCPU may free it. */
	if (hand_over(apf))
		kfree(apf);
	put_queue(q);
	atomic_dec(&nr_working);
	/* The end of the module waits for the workqueue, and so for the rest. */
	module_put(THIS_MODULE);
}

static bool is_queued(struct kvm_async_pf_queue *q, gfn_t gfn)
{
	struct async_pf *apf;
	bool found = false;

	spin_lock(&q->lock);
	list_for_each_entry(apf, &q->waiting, link)
		found |= apf->gfn == gfn;
	spin_unlock(&q->lock);
	return found;
}

/* The count is raised already. */
static void start_work(struct kvm_async_pf_queue *q, struct async_pf *apf)
{
	mmget(apf->mm);
	refcount_inc(&q->refs);
	__module_get(THIS_MODULE);

	spin_lock(&q->lock);
	list_add_tail(&apf->link, &q->waiting);
	q->nr++;
	spin_unlock(&q->lock);
	queue_work(workqueue, &apf->work);
}

/* Free what is done; what works will do it by itself. */
static void abandon_all(struct kvm_async_pf_queue *q)
{
	struct async_pf *apf, *next;
	LIST_HEAD(done);

	spin_lock(&q->lock);
	list_for_each_entry_safe(apf, next, &q->waiting, link) {
		apf->abandoned = true;
		list_del_init(&apf->link);
	}
	list_for_each_entry(apf, &q->done, link)
		q->nr--;
	list_splice_init(&q->done, &done);
	spin_unlock(&q->lock);

	list_for_each_entry_safe(apf, next, &done, link)
		kfree(apf);
}

static bool is_any_done(struct kvm_async_pf_queue *q)
{
	return !list_empty_careful(&q->done);
}

/* The first that is done; of all, or of those that the guest does not know. */
static struct async_pf *take_done(struct kvm_async_pf_queue *q, bool notified)
{
	struct async_pf *apf, *found = NULL;

	spin_lock(&q->lock);
	list_for_each_entry(apf, &q->done, link) {
		if (apf->notified && !notified)
			continue;
		found = apf;
		list_del(&found->link);
		q->nr--;
		break;
	}
	spin_unlock(&q->lock);
	return found;
}

/* --- the guest ----------------------------------------------------------- */

/* Address space 0, whatever the vCPU sees: SMM does not know of it. */
static gpa_t data_gpa(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.apf.msr_en & ~EN_FLAGS;
}

static gpa_t token_gpa(const struct kvm_vcpu *vcpu)
{
	return data_gpa(vcpu) + offsetof(struct kvm_vcpu_pv_apf_data, token);
}

/*
 * May the vCPU leave the instruction, to run something else or to wait?  Only if
 * an interrupt could be delivered before it.
 */
static bool may_leave(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;

	return vcpu->arch.apf.queue && !ev->exception.pending &&
	       !kvm_event_needs_reinjection(vcpu) && !vcpu->arch.guest_mode &&
	       !(vcpu->arch.guest_debug & KVM_GUESTDBG_BLOCKIRQ) &&
	       static_call(kvm_x86_interrupt_allowed)(vcpu, false) > 0;
}

/* "Page not present", if the guest takes it now. */
static bool tell_not_present(struct kvm_vcpu *vcpu, u32 token)
{
	const u32 reason = KVM_PV_REASON_PAGE_NOT_PRESENT;
	const u64 en = vcpu->arch.apf.msr_en;
	u32 last;

	if (!kvm_async_pf_wanted(en) || vcpu->arch.smm)
		return false;
	if (!(en & KVM_ASYNC_PF_SEND_ALWAYS) &&
	    !static_call(kvm_x86_get_cpl)(vcpu))
		return false;
	/* It has not done with the last one. */
	if (kvm_read_guest(vcpu->kvm, data_gpa(vcpu), &last, sizeof(last)) ||
	    last)
		return false;
	if (kvm_write_guest(vcpu->kvm, data_gpa(vcpu), &reason, sizeof(reason)))
		return false;
	kvm_inject_page_fault(vcpu, token, 0);
	return true;
}

bool kvm_async_pf_start(struct kvm_vcpu *vcpu, gfn_t gfn, unsigned long hva,
			bool write)
{
	struct kvm_vcpu_async_pf *state = &vcpu->arch.apf;
	struct async_pf *apf;

	if (!may_leave(vcpu))
		return false;
	/* The guest has come back to it, for an interrupt or in another task. */
	if (is_queued(state->queue, gfn)) {
		state->halted = true;
		return true;
	}
	/* None but this task raises it. */
	if (READ_ONCE(state->queue->nr) >= KVM_ASYNC_PF_PER_VCPU ||
	    !atomic_add_unless(&nr_working, 1, KVM_ASYNC_PF_MAX))
		return false;
	apf = kzalloc(sizeof(*apf), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!apf) {
		atomic_dec(&nr_working);
		return false;
	}

	INIT_WORK(&apf->work, work_fn);
	apf->queue = state->queue;
	apf->mm = vcpu->kvm->mm;
	apf->hva = hva;
	apf->gfn = gfn;
	apf->write = write;
	apf->token = kvm_async_pf_token(&state->last_id, vcpu->vcpu_id);
	apf->notified = tell_not_present(vcpu, apf->token);
	state->halted = !apf->notified;
	start_work(state->queue, apf);
	return true;
}

static bool may_tell_ready(struct kvm_vcpu *vcpu)
{
	u32 last;

	return kvm_async_pf_wanted(vcpu->arch.apf.msr_en) &&
	       !vcpu->arch.apf.ack_pending &&
	       !kvm_read_guest(vcpu->kvm, token_gpa(vcpu), &last,
			       sizeof(last)) &&
	       !last;
}

/* "Page ready" */
static void tell_ready(struct kvm_vcpu *vcpu, u32 token)
{
	const struct kvm_lapic_irq irq = {
		.mode = APIC_DM_FIXED,
		.vector = vcpu->arch.apf.msr_int & KVM_ASYNC_PF_VEC_MASK,
		.assert = true,
	};

	if (kvm_write_guest(vcpu->kvm, token_gpa(vcpu), &token, sizeof(token)))
		return;
	vcpu->arch.apf.ack_pending = true;
	kvm_lapic_accept(vcpu->arch.apic, &irq);
}

void kvm_async_pf_ready(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_async_pf *state = &vcpu->arch.apf;
	struct async_pf *apf;

	if (!state->queue)
		return;
	/* Whichever page it is: the vCPU looks if it was the one. */
	if (is_any_done(state->queue))
		state->halted = false;
	while ((apf = take_done(state->queue, false)))
		kfree(apf);

	if (!may_tell_ready(vcpu))
		return;
	if (state->wake_all) {
		state->wake_all = false;
		tell_ready(vcpu, KVM_ASYNC_PF_TOKEN_ALL);
		return;
	}
	apf = take_done(state->queue, true);
	if (apf)
		tell_ready(vcpu, apf->token);
	kfree(apf);
}

/* --- MSRs ---------------------------------------------------------------- */

static void forget_all(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_async_pf *state = &vcpu->arch.apf;

	if (state->queue)
		abandon_all(state->queue);
	state->halted = false;
	state->ack_pending = false;
	state->wake_all = false;
}

static int set_en(struct kvm_vcpu *vcpu, u64 data)
{
	struct kvm_vcpu_async_pf *state = &vcpu->arch.apf;

	if (data & EN_RESERVED)
		return 1;
	if ((data & KVM_ASYNC_PF_DELIVERY_AS_PF_VMEXIT) &&
	    !guest_pv_has(vcpu, KVM_FEATURE_ASYNC_PF_VMEXIT))
		return 1;
	if ((data & KVM_ASYNC_PF_DELIVERY_AS_INT) &&
	    !guest_pv_has(vcpu, KVM_FEATURE_ASYNC_PF_INT))
		return 1;
	if (!state->queue)
		return !!data;
	if (kvm_async_pf_wanted(data) &&
	    !kvm_vcpu_is_visible_gfn(vcpu, data >> PAGE_SHIFT))
		return 1;

	state->msr_en = data;
	if (!kvm_async_pf_wanted(data)) {
		forget_all(vcpu);
		return 0;
	}
	/* Those that wait for tokens of another host, or of before a reset. */
	state->wake_all = true;
	kvm_make_request(KVM_REQ_APF_READY, vcpu);
	return 0;
}

static int set_int(struct kvm_vcpu *vcpu, u64 data)
{
	if (data & ~(u64)KVM_ASYNC_PF_VEC_MASK)
		return 1;
	if (!vcpu->arch.apf.queue)
		return !!data;
	vcpu->arch.apf.msr_int = data;
	return 0;
}

static int set_ack(struct kvm_vcpu *vcpu, u64 data)
{
	if (!(data & 1))
		return 0;
	vcpu->arch.apf.ack_pending = false;
	kvm_make_request(KVM_REQ_APF_READY, vcpu);
	return 0;
}

static bool has_msr(struct kvm_vcpu *vcpu, u32 index)
{
	return guest_pv_has(vcpu, index == MSR_KVM_ASYNC_PF_EN ?
					  KVM_FEATURE_ASYNC_PF :
					  KVM_FEATURE_ASYNC_PF_INT);
}

int kvm_async_pf_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!has_msr(vcpu, msr->index))
		return 1;
	switch (msr->index) {
	case MSR_KVM_ASYNC_PF_EN:
		msr->data = vcpu->arch.apf.msr_en;
		return 0;
	case MSR_KVM_ASYNC_PF_INT:
		msr->data = vcpu->arch.apf.msr_int;
		return 0;
	default:
		msr->data = 0;
		return 0;
	}
}

int kvm_async_pf_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!has_msr(vcpu, msr->index))
		return 1;
	switch (msr->index) {
	case MSR_KVM_ASYNC_PF_EN:
		return set_en(vcpu, msr->data);
	case MSR_KVM_ASYNC_PF_INT:
		return set_int(vcpu, msr->data);
	default:
		return set_ack(vcpu, msr->data);
	}
}

/* --- a vCPU's life ------------------------------------------------------- */

int kvm_async_pf_create(struct kvm_vcpu *vcpu)
{
	struct kvm_async_pf_queue *q;

	if (!lapic_in_kernel(vcpu))
		return 0;
	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return -ENOMEM;
	refcount_set(&q->refs, 1);
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->waiting);
	INIT_LIST_HEAD(&q->done);
	q->vcpu = vcpu;
	vcpu->arch.apf.queue = q;
	return 0;
}

void kvm_async_pf_destroy(struct kvm_vcpu *vcpu)
{
	struct kvm_async_pf_queue *q = vcpu->arch.apf.queue;

	if (!q)
		return;
	abandon_all(q);
	q->vcpu = NULL;
	vcpu->arch.apf.queue = NULL;
	put_queue(q);
}

void kvm_async_pf_reset(struct kvm_vcpu *vcpu)
{
	forget_all(vcpu);
	vcpu->arch.apf.msr_en = 0;
	vcpu->arch.apf.msr_int = 0;
}
