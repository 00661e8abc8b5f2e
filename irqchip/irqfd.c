// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfd.c - eventfds that interrupt the guest when they are signalled
 *
 * Owns: what irqfd.h says, locking included.
 */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/irqbypass.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/wait.h>

#include "compat.h"
#include "irqchip/irqchip.h"
#include "irqchip/irqfd.h"
#include "irqchip/routing.h"
#include "vcpu.h"
#include "vendor.h"
#include "vm.h"

/* modprobe loads it first; insmod does without, see begin_bypass(). */
MODULE_SOFTDEP("pre: irqbypass");

/**
 * struct kvm_irqfd_resampler - a GSI's line that is down again after an EOI
 * @link: in irqfds.resamplers
 * @kvm: the VM
 * @irqfds: who asserts it, and is told; RCU
 * @nr: how many they are
 * @notifier: for the EOI; has the GSI
 */
struct kvm_irqfd_resampler {
	struct list_head link;
	struct kvm *kvm;
	struct list_head irqfds;
	unsigned int nr;
	struct kvm_irq_ack_notifier notifier;
};

/**
 * struct irqfd - an eventfd and its GSI
 * @list: in irqfds.list
 * @kvm: the VM
 * @gsi: what it drives
 * @ctx: the eventfd; a reference
 * @wait: in its wait queue
 * @hung_up: the eventfd is closed; written with its wait queue locked
 * @inject_work: an injection that is not for the callback
 * @resampler: or NULL
 * @resampler_link: in @resampler's list
 * @resample_ctx: who is told of an EOI; a reference; or NULL
 * @consumer: of the bypass manager
 * @end_bypass: takes it off there, and holds the manager's module; or NULL
 */
struct irqfd {
	struct list_head list;
	struct kvm *kvm;
	u32 gsi;
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	bool hung_up;
	struct work_struct inject_work;
	struct kvm_irqfd_resampler *resampler;
	struct list_head resampler_link;
	struct eventfd_ctx *resample_ctx;
	struct irq_bypass_consumer consumer;
	void (*end_bypass)(struct irq_bypass_consumer *consumer);
};

static struct kvm_irqfds *irqfds_of(struct kvm *kvm)
{
	return &kvm->arch.irqchip.irqfds;
}

/* --- injection ----------------------------------------------------------- */

static void inject_work(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, inject_work);

	kvm_set_irq(irqfd->kvm, KVM_IRQFD_IRQ_SOURCE_ID, irqfd->gsi, true);
	kvm_set_irq(irqfd->kvm, KVM_IRQFD_IRQ_SOURCE_ID, irqfd->gsi, false);
}

/* Any context. */
static void inject(struct irqfd *irqfd)
{
	if (irqfd->resampler)
		kvm_set_irq(irqfd->kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, irqfd->gsi,
			    true);
	else if (kvm_pulse_irq(irqfd->kvm, KVM_IRQFD_IRQ_SOURCE_ID,
			       irqfd->gsi) == -EWOULDBLOCK)
		/* Not where hangup_work is, which waits for it. */
		queue_work(system_highpri_wq, &irqfd->inject_work);
}

static int eventfd_woken(wait_queue_entry_t *wait, unsigned int mode, int sync,
			 void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	int taken = 0;
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->ctx, &count);
		inject(irqfd);
		taken = 1;
	}
	if (events & EPOLLHUP) {
		WRITE_ONCE(irqfd->hung_up, true);
		schedule_work(&irqfds_of(irqfd->kvm)->hangup_work);
	}
	/* Who else waits need not look: the counter is empty. */
	return taken;
}

/* EOI of a line that is resampled; RCU. */
static void resample(struct kvm_irq_ack_notifier *notifier)
{
	struct kvm_irqfd_resampler *r =
		container_of(notifier, struct kvm_irqfd_resampler, notifier);
	struct irqfd *irqfd;

	/* First, or it would take down what they assert anew. */
	kvm_set_irq(r->kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, notifier->gsi, false);
	list_for_each_entry_rcu(irqfd, &r->irqfds, resampler_link)
		kvm_eventfd_signal(irqfd->resample_ctx);
}

/* --- resamplers ---------------------------------------------------------- */

static struct kvm_irqfd_resampler *get_resampler(struct kvm *kvm, u32 gsi)
{
	struct kvm_irqfds *irqfds = irqfds_of(kvm);
	struct kvm_irqfd_resampler *r;

	lockdep_assert_held(&irqfds->lock);

	list_for_each_entry(r, &irqfds->resamplers, link)
		if (r->notifier.gsi == gsi)
			return r->nr < KVM_MAX_RESAMPLE_PER_GSI ?
				       r :
				       ERR_PTR(-ENOSPC);

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	r->kvm = kvm;
	INIT_LIST_HEAD(&r->irqfds);
	r->notifier.gsi = gsi;
	r->notifier.fn = resample;
	list_add(&r->link, &irqfds->resamplers);
	kvm_register_irq_ack_notifier(kvm, &r->notifier);
	return r;
}

static int join_resampler(struct irqfd *irqfd)
{
	struct kvm_irqfd_resampler *r;

	r = get_resampler(irqfd->kvm, irqfd->gsi);
	if (IS_ERR(r))
		return PTR_ERR(r);
	irqfd->resampler = r;
	r->nr++;
	list_add_tail_rcu(&irqfd->resampler_link, &r->irqfds);
	return 0;
}

static void leave_resampler(struct irqfd *irqfd)
{
	struct kvm_irqfd_resampler *r = irqfd->resampler;

	list_del_rcu(&irqfd->resampler_link);
	if (--r->nr) {
		/* An EOI may be about to signal it. */
		synchronize_rcu();
		return;
	}
	list_del(&r->link);
	kvm_unregister_irq_ack_notifier(r->kvm, &r->notifier);
	/* Nobody is left to take it down. */
	kvm_set_irq(r->kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, irqfd->gsi, false);
	kfree(r);
}

/* --- the bypass manager -------------------------------------------------- */

static int add_producer(struct irq_bypass_consumer *consumer,
			struct irq_bypass_producer *producer)
{
	struct irqfd *irqfd = container_of(consumer, struct irqfd, consumer);

	return static_call(kvm_x86_pi_update_irte)(irqfd->kvm, producer->irq,
						   irqfd->gsi, true);
}

static void del_producer(struct irq_bypass_consumer *consumer,
			 struct irq_bypass_producer *producer)
{
	struct irqfd *irqfd = container_of(consumer, struct irqfd, consumer);

	static_call(kvm_x86_pi_update_irte)(irqfd->kvm, producer->irq,
					    irqfd->gsi, false);
}

/*
 * Where the manager's module is not loaded, there is nobody who could produce:
 * who does needs it.  That it refuses (the eventfd has a consumer) is no error:
 * the eventfd is signalled all the same.
 */
static void begin_bypass(struct irqfd *irqfd)
{
	typeof(irq_bypass_register_consumer) *begin;
	typeof(irq_bypass_unregister_consumer) *end;

	begin = symbol_get(irq_bypass_register_consumer);
	if (!begin)
		return;
	end = symbol_get(irq_bypass_unregister_consumer);
	irqfd->consumer.token = irqfd->ctx;
	irqfd->consumer.add_producer = add_producer;
	irqfd->consumer.del_producer = del_producer;
	if (end && !begin(&irqfd->consumer))
		irqfd->end_bypass = end;
	else if (end)
		symbol_put(irq_bypass_unregister_consumer);
	symbol_put(irq_bypass_register_consumer);
}

static void end_bypass(struct irqfd *irqfd)
{
	if (!irqfd->end_bypass)
		return;
	irqfd->end_bypass(&irqfd->consumer);
	symbol_put(irq_bypass_unregister_consumer);
}

/* --- taken off ----------------------------------------------------------- */

static void free_irqfd(struct irqfd *irqfd)
{
	if (irqfd->resample_ctx)
		eventfd_ctx_put(irqfd->resample_ctx);
	if (irqfd->ctx)
		eventfd_ctx_put(irqfd->ctx);
	kfree(irqfd);
}

/* It is in the list and in its eventfd's wait queue, and will be nowhere. */
static void drop_irqfd(struct irqfd *irqfd)
{
	u64 count;

	lockdep_assert_held(&irqfds_of(irqfd->kvm)->lock);

	/* Its callback does not run any more, and never will again. */
	eventfd_ctx_remove_wait_queue(irqfd->ctx, &irqfd->wait, &count);
	/* What was signalled is injected, not lost. */
	flush_work(&irqfd->inject_work);
	end_bypass(irqfd);
	if (irqfd->resampler)
		leave_resampler(irqfd);
	list_del(&irqfd->list);
	free_irqfd(irqfd);
}

static void drop_hung_up(struct work_struct *work)
{
	struct kvm *kvm =
		container_of(work, struct kvm, arch.irqchip.irqfds.hangup_work);
	struct kvm_irqfds *irqfds = irqfds_of(kvm);
	struct irqfd *irqfd, *next;

	mutex_lock(&irqfds->lock);
	list_for_each_entry_safe(irqfd, next, &irqfds->list, list)
		if (READ_ONCE(irqfd->hung_up))
			drop_irqfd(irqfd);
	mutex_unlock(&irqfds->lock);
}

/* --- the ioctl ----------------------------------------------------------- */

struct irqfd_poll {
	poll_table table;
	struct irqfd *irqfd;
};

/* Before all others, so that what is signalled is taken, and not seen twice. */
static void irqfd_queue(struct file *file, wait_queue_head_t *wqh,
			poll_table *table)
{
	struct irqfd_poll *p = container_of(table, struct irqfd_poll, table);

	add_wait_queue_priority(wqh, &p->irqfd->wait);
}

/* The file is held by the caller, so it can't hang up before this is over. */
static void begin_to_wait(struct irqfd *irqfd, struct file *file)
{
	struct irqfd_poll p = { .irqfd = irqfd };

	init_waitqueue_func_entry(&irqfd->wait, eventfd_woken);
	init_poll_funcptr(&p.table, irqfd_queue);
	/* What was signalled before counts. */
	if (vfs_poll(file, &p.table) & EPOLLIN)
		inject(irqfd);
}

static bool is_used(struct kvm_irqfds *irqfds, const struct eventfd_ctx *ctx)
{
	const struct irqfd *irqfd;

	list_for_each_entry(irqfd, &irqfds->list, list)
		if (irqfd->ctx == ctx)
			return true;
	return false;
}

static int add_irqfd(struct irqfd *irqfd, struct file *file)
{
	struct kvm_irqfds *irqfds = irqfds_of(irqfd->kvm);
	int r = 0;

	mutex_lock(&irqfds->lock);
	if (is_used(irqfds, irqfd->ctx))
		r = -EBUSY;
	else if (irqfd->resample_ctx)
		r = join_resampler(irqfd);
	if (!r) {
		list_add_tail(&irqfd->list, &irqfds->list);
		begin_to_wait(irqfd, file);
		begin_bypass(irqfd);
	}
	mutex_unlock(&irqfds->lock);
	return r;
}

static int get_contexts(struct irqfd *irqfd, const struct kvm_irqfd *args,
			struct file *file)
{
	struct eventfd_ctx *ctx;

	ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irqfd->ctx = ctx;
	if (!(args->flags & KVM_IRQFD_FLAG_RESAMPLE))
		return 0;
	ctx = eventfd_ctx_fdget(args->resamplefd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irqfd->resample_ctx = ctx;
	return 0;
}

static int assign_file(struct kvm *kvm, const struct kvm_irqfd *args,
		       struct file *file)
{
	struct irqfd *irqfd;
	int r;

	irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	if (!irqfd)
		return -ENOMEM;
	irqfd->kvm = kvm;
	irqfd->gsi = args->gsi;
	INIT_WORK(&irqfd->inject_work, inject_work);
	r = get_contexts(irqfd, args, file);
	if (!r)
		r = add_irqfd(irqfd, file);
	if (r)
		free_irqfd(irqfd);
	return r;
}

static int assign(struct kvm *kvm, const struct kvm_irqfd *args)
{
	struct file *file;
	int r;

	if (args->flags & KVM_IRQFD_FLAG_RESAMPLE) {
		/* EOIs are known where the pins are. */
		if (!irqchip_full(kvm) || args->gsi >= KVM_MAX_IRQ_ROUTES)
			return -EINVAL;
	} else if (!irqchip_in_kernel(kvm)) {
		return -EINVAL;
	}
	file = eventfd_fget(args->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	r = assign_file(kvm, args, file);
	fput(file);
	return r;
}

static int deassign(struct kvm *kvm, const struct kvm_irqfd *args)
{
	struct kvm_irqfds *irqfds = irqfds_of(kvm);
	struct irqfd *irqfd, *next;
	struct eventfd_ctx *ctx;

	ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	mutex_lock(&irqfds->lock);
	list_for_each_entry_safe(irqfd, next, &irqfds->list, list)
		if (irqfd->ctx == ctx && irqfd->gsi == args->gsi)
			drop_irqfd(irqfd);
	mutex_unlock(&irqfds->lock);

	eventfd_ctx_put(ctx);
	return 0;
}

long kvm_vm_ioctl_irqfd(struct kvm *kvm, void *data)
{
	const struct kvm_irqfd *args = data;

	if (args->flags & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	if (args->flags & KVM_IRQFD_FLAG_DEASSIGN)
		return deassign(kvm, args);
	return assign(kvm, args);
}

/* --- a VM's life --------------------------------------------------------- */

void kvm_irqfd_init_vm(struct kvm *kvm)
{
	struct kvm_irqfds *irqfds = irqfds_of(kvm);

	mutex_init(&irqfds->lock);
	INIT_LIST_HEAD(&irqfds->list);
	INIT_LIST_HEAD(&irqfds->resamplers);
	INIT_WORK(&irqfds->hangup_work, drop_hung_up);
}

void kvm_irqfd_destroy_vm(struct kvm *kvm)
{
	struct kvm_irqfds *irqfds = irqfds_of(kvm);
	struct irqfd *irqfd, *next;

	mutex_lock(&irqfds->lock);
	list_for_each_entry_safe(irqfd, next, &irqfds->list, list)
		drop_irqfd(irqfd);
	mutex_unlock(&irqfds->lock);

	/* Nobody is left that could ask for it. */
	cancel_work_sync(&irqfds->hangup_work);
}
