// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfd.c - eventfds that are signalled when the guest writes
 *
 * Owns: what ioeventfd.h says, locking included.
 */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "compat.h"
#include "iobus.h"
#include "vcpu.h"
#include "virt/ioeventfd.h"
#include "vm.h"

/**
 * struct watch - an eventfd on a bus
 * @list: in kvm->ioeventfds
 * @kvm: the VM
 * @bus: which
 * @match: for which writes
 * @dev: on @bus
 * @fast_dev: on the fast bus too, if any length of a write to memory will do
 * @ctx: the eventfd; a reference
 * @wqh: its wait queue
 * @wait: in there, to learn that it is closed
 * @hung_up: it was; written with @wqh locked
 */
struct watch {
	struct list_head list;
	struct kvm *kvm;
	enum kvm_bus bus;
	struct kvm_ioeventfd_match match;
	struct kvm_io_device dev;
	struct kvm_io_device fast_dev;
	struct eventfd_ctx *ctx;
	wait_queue_head_t *wqh;
	wait_queue_entry_t wait;
	bool hung_up;
};

bool kvm_ioeventfd_matches(const struct kvm_ioeventfd_match *match, u64 addr,
			   int len, const void *val)
{
	u64 data = 0;

	if (addr != match->addr)
		return false;
	if (!match->len)
		return true;
	if (len != match->len)
		return false;
	if (match->any_data)
		return true;
	if (!val)
		return false;
	memcpy(&data, val, match->len);
	return data == match->data;
}

bool kvm_ioeventfd_collide(const struct kvm_ioeventfd_match *a,
			   const struct kvm_ioeventfd_match *b)
{
	return a->addr == b->addr && (!a->len || !b->len || a->len == b->len) &&
	       (a->any_data || b->any_data || a->data == b->data);
}

/* --- devices ------------------------------------------------------------- */

static int watch_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		       gpa_t addr, int len, const void *val)
{
	struct watch *w = container_of(dev, struct watch, dev);

	if (!kvm_ioeventfd_matches(&w->match, addr, len, val))
		return -EOPNOTSUPP;
	kvm_eventfd_signal(w->ctx);
	return 0;
}

static int watch_fast_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			    gpa_t addr, int len, const void *val)
{
	struct watch *w = container_of(dev, struct watch, fast_dev);

	return watch_write(vcpu, &w->dev, addr, len, val);
}

static const struct kvm_io_device_ops watch_ops = {
	.write = watch_write,
	.is_eventfd = true,
};

static const struct kvm_io_device_ops watch_fast_ops = {
	.write = watch_fast_write,
	.is_eventfd = true,
};

static bool is_fast(const struct watch *w)
{
	return w->bus == KVM_MMIO_BUS && !w->match.len;
}

static int register_watch(struct watch *w)
{
	struct kvm *kvm = w->kvm;
	gpa_t addr = w->match.addr;
	int r;

	r = kvm_io_bus_register_dev(kvm, w->bus, addr, w->match.len, &w->dev);
	if (r || !is_fast(w))
		return r;

	r = kvm_io_bus_register_dev(kvm, KVM_FAST_MMIO_BUS, addr, 0,
				    &w->fast_dev);
	if (r)
		kvm_io_bus_unregister_dev(kvm, w->bus, &w->dev);
	return r;
}

static void free_watch(struct watch *w)
{
	if (w->wqh)
		remove_wait_queue(w->wqh, &w->wait);
	eventfd_ctx_put(w->ctx);
	kfree(w);
}

/* It is on the buses and in the list, and will be nowhere. */
static void drop_watch(struct watch *w)
{
	lockdep_assert_held(&w->kvm->slots_lock);

	kvm_io_bus_unregister_dev(w->kvm, w->bus, &w->dev);
	if (is_fast(w))
		kvm_io_bus_unregister_dev(w->kvm, KVM_FAST_MMIO_BUS,
					  &w->fast_dev);
	list_del(&w->list);
	free_watch(w);
}

/* --- eventfds that are closed -------------------------------------------- */

static int eventfd_woken(wait_queue_entry_t *wait, unsigned int mode, int sync,
			 void *key)
{
	struct watch *w = container_of(wait, struct watch, wait);

	if (key_to_poll(key) & EPOLLHUP) {
		WRITE_ONCE(w->hung_up, true);
		schedule_work(&w->kvm->ioeventfds.hangup_work);
	}
	return 0;
}

static void drop_hung_up(struct work_struct *work)
{
	struct kvm *kvm =
		container_of(work, struct kvm, ioeventfds.hangup_work);
	struct watch *w, *next;

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry_safe(w, next, &kvm->ioeventfds.list, list)
		if (READ_ONCE(w->hung_up))
			drop_watch(w);
	mutex_unlock(&kvm->slots_lock);
}

struct watch_poll {
	poll_table table;
	struct watch *watch;
};

static void watch_queue(struct file *file, wait_queue_head_t *wqh,
			poll_table *table)
{
	struct watch_poll *p = container_of(table, struct watch_poll, table);

	p->watch->wqh = wqh;
	add_wait_queue(wqh, &p->watch->wait);
}

/* The file is held by the caller, so it can't hang up before this is over. */
static void begin_to_wait(struct watch *w, struct file *file)
{
	struct watch_poll p = { .watch = w };

	init_waitqueue_func_entry(&w->wait, eventfd_woken);
	init_poll_funcptr(&p.table, watch_queue);
	vfs_poll(file, &p.table);
}

/* --- the ioctl ----------------------------------------------------------- */

static enum kvm_bus bus_of(const struct kvm_ioeventfd *args)
{
	return args->flags & KVM_IOEVENTFD_FLAG_PIO ? KVM_PIO_BUS :
						      KVM_MMIO_BUS;
}

static struct kvm_ioeventfd_match match_of(const struct kvm_ioeventfd *args)
{
	return (struct kvm_ioeventfd_match){
		.addr = args->addr,
		.len = args->len,
		.any_data = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
		.data = args->datamatch,
	};
}

static int check_args(const struct kvm_ioeventfd *args)
{
	if (args->flags & ~KVM_IOEVENTFD_VALID_FLAG_MASK ||
	    args->flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)
		return -EINVAL;

	switch (args->len) {
	case 0:
		/* Data of unknown length can't be compared. */
		return args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH ? -EINVAL : 0;
	case 1:
	case 2:
	case 4:
	case 8:
		return args->addr + args->len < args->addr ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static bool collides(const struct watch *new)
{
	const struct watch *w;

	list_for_each_entry(w, &new->kvm->ioeventfds.list, list)
		if (w->bus == new->bus &&
		    kvm_ioeventfd_collide(&w->match, &new->match))
			return true;
	return false;
}

static int assign_file(struct kvm *kvm, const struct kvm_ioeventfd *args,
		       struct file *file)
{
	struct watch *w;
	int r;

	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return -ENOMEM;
	w->ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(w->ctx)) {
		r = PTR_ERR(w->ctx);
		kfree(w);
		return r;
	}
	w->kvm = kvm;
	w->bus = bus_of(args);
	w->match = match_of(args);
	w->dev.ops = &watch_ops;
	w->fast_dev.ops = &watch_fast_ops;

	mutex_lock(&kvm->slots_lock);
	r = collides(w) ? -EEXIST : register_watch(w);
	if (r) {
		free_watch(w);
	} else {
		list_add_tail(&w->list, &kvm->ioeventfds.list);
		begin_to_wait(w, file);
	}
	mutex_unlock(&kvm->slots_lock);
	return r;
}

static int assign(struct kvm *kvm, const struct kvm_ioeventfd *args)
{
	struct file *file;
	int r;

	file = eventfd_fget(args->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	r = assign_file(kvm, args, file);
	fput(file);
	return r;
}

static bool is_same(const struct kvm_ioeventfd_match *a,
		    const struct kvm_ioeventfd_match *b)
{
	return a->addr == b->addr && a->len == b->len &&
	       a->any_data == b->any_data &&
	       (a->any_data || a->data == b->data);
}

static int deassign(struct kvm *kvm, const struct kvm_ioeventfd *args)
{
	struct kvm_ioeventfd_match match = match_of(args);
	struct eventfd_ctx *ctx;
	int r = -ENOENT;
	struct watch *w;

	ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry(w, &kvm->ioeventfds.list, list) {
		if (w->ctx != ctx || w->bus != bus_of(args) ||
		    !is_same(&w->match, &match))
			continue;
		drop_watch(w);
		r = 0;
		break;
	}
	mutex_unlock(&kvm->slots_lock);

	eventfd_ctx_put(ctx);
	return r;
}

long kvm_vm_ioctl_ioeventfd(struct kvm *kvm, void *data)
{
	const struct kvm_ioeventfd *args = data;
	int r;

	r = check_args(args);
	if (r)
		return r;
	if (args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN)
		return deassign(kvm, args);
	return assign(kvm, args);
}

/* --- a VM's life --------------------------------------------------------- */

void kvm_ioeventfd_create_vm(struct kvm *kvm)
{
	INIT_LIST_HEAD(&kvm->ioeventfds.list);
	INIT_WORK(&kvm->ioeventfds.hangup_work, drop_hung_up);
}

void kvm_ioeventfd_destroy_vm(struct kvm *kvm)
{
	struct watch *w, *next;

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry_safe(w, next, &kvm->ioeventfds.list, list)
		drop_watch(w);
	mutex_unlock(&kvm->slots_lock);

	/* Nobody is left that could ask for it. */
	cancel_work_sync(&kvm->ioeventfds.hangup_work);
}
