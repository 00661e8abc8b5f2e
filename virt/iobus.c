// SPDX-License-Identifier: GPL-2.0-only
/*
 * iobus.c - devices in the kernel, by the addresses that they answer to
 *
 * Owns: what iobus.h says, locking included.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "iobus.h"
#include "vcpu.h"
#include "vm.h"

/* --- arrays -------------------------------------------------------------- */

/* Is @a asked before @b?  Who is asked first is behind in the array. */
static bool is_asked_before(const struct kvm_io_range *a,
			    const struct kvm_io_range *b)
{
	if (a->addr != b->addr)
		return a->addr > b->addr;
	return a->last < b->last;
}

static bool has_room(const struct kvm_io_bus *old, bool is_eventfd)
{
	unsigned int i, nr = 0;

	for (i = 0; old && i < old->nr; i++) {
		const struct kvm_io_device *dev = old->ranges[i].dev;

		if (dev && dev->ops->is_eventfd == is_eventfd)
			nr++;
	}
	return nr < (is_eventfd ? KVM_IO_MAX_EVENTFDS : KVM_IO_MAX_DEVICES);
}

/* The new one stands before its equals, which are asked before it. */
static void fill_bus(struct kvm_io_bus *bus, const struct kvm_io_bus *old,
		     const struct kvm_io_range *new)
{
	bool placed = false;
	gpa_t max_last = 0;
	unsigned int i;

	for (i = 0; old && i < old->nr; i++) {
		const struct kvm_io_range *range = &old->ranges[i];

		if (!range->dev)
			continue;
		if (!placed && !is_asked_before(new, range)) {
			bus->ranges[bus->nr++] = *new;
			placed = true;
		}
		bus->ranges[bus->nr++] = *range;
	}
	if (!placed)
		bus->ranges[bus->nr++] = *new;

	for (i = 0; i < bus->nr; i++) {
		max_last = max(max_last, bus->ranges[i].last);
		bus->ranges[i].max_last = max_last;
	}
}

struct kvm_io_bus *kvm_io_bus_insert(const struct kvm_io_bus *old, gpa_t addr,
				     int len, struct kvm_io_device *dev)
{
	struct kvm_io_range new = {
		.addr = addr,
		.last = len > 0 ? addr + len - 1 : addr,
		.any_len = !len,
		.dev = dev,
	};
	struct kvm_io_bus *bus;

	if (len < 0 || new.last < addr)
		return ERR_PTR(-EINVAL);
	if (!has_room(old, dev->ops->is_eventfd))
		return ERR_PTR(-ENOSPC);

	bus = kvzalloc(struct_size(bus, ranges, (old ? old->nr : 0) + 1),
		       GFP_KERNEL_ACCOUNT);
	if (!bus)
		return ERR_PTR(-ENOMEM);
	fill_bus(bus, old, &new);
	return bus;
}

/* The last one that begins at or below @addr, of those below @end; or -1. */
static int find_last_below(const struct kvm_io_bus *bus, gpa_t addr, int end)
{
	int low = 0;

	while (low < end) {
		int mid = low + (end - low) / 2;

		if (bus->ranges[mid].addr <= addr)
			low = mid + 1;
		else
			end = mid;
	}
	return low - 1;
}

int kvm_io_bus_next(const struct kvm_io_bus *bus, gpa_t addr, int len, int from)
{
	gpa_t last = len > 0 ? addr + len - 1 : addr;
	int i;

	if (last < addr)
		return -1;

	for (i = find_last_below(bus, addr, from); i >= 0; i--) {
		const struct kvm_io_range *range = &bus->ranges[i];

		/* Neither this one nor any before it reaches so far. */
		if (range->max_last < addr)
			return -1;
		if (range->any_len ? range->addr == addr : range->last >= last)
			return i;
	}
	return -1;
}

/* --- a VM's buses -------------------------------------------------------- */

static struct kvm_io_bus *bus_for_change(struct kvm *kvm, enum kvm_bus bus)
{
	return rcu_dereference_protected(kvm->buses.bus[bus],
					 lockdep_is_held(&kvm->slots_lock));
}

int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
			    int len, struct kvm_io_device *dev)
{
	struct kvm_io_bus *new, *old;

	lockdep_assert_held(&kvm->slots_lock);

	old = bus_for_change(kvm, bus);
	new = kvm_io_bus_insert(old, addr, len, dev);
	if (IS_ERR(new))
		return PTR_ERR(new);

	rcu_assign_pointer(kvm->buses.bus[bus], new);
	if (old)
		synchronize_srcu_expedited(&kvm->srcu);
	kvfree(old);
	return 0;
}

int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus,
			      struct kvm_io_device *dev)
{
	struct kvm_io_bus *ranges;
	bool found = false;
	unsigned int i;

	lockdep_assert_held(&kvm->slots_lock);

	ranges = bus_for_change(kvm, bus);
	for (i = 0; ranges && i < ranges->nr; i++) {
		if (ranges->ranges[i].dev != dev)
			continue;
		WRITE_ONCE(ranges->ranges[i].dev, NULL);
		found = true;
	}
	if (!found)
		return -ENOENT;

	synchronize_srcu_expedited(&kvm->srcu);
	return 0;
}

static const struct kvm_io_bus *bus_for_access(struct kvm_vcpu *vcpu,
					       enum kvm_bus bus)
{
	struct kvm *kvm = vcpu->kvm;

	return srcu_dereference(kvm->buses.bus[bus], &kvm->srcu);
}

int kvm_io_bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		    int len, void *val)
{
	const struct kvm_io_bus *ranges = bus_for_access(vcpu, bus);
	int i;

	if (!ranges)
		return -EOPNOTSUPP;
	for (i = kvm_io_bus_next(ranges, addr, len, ranges->nr); i >= 0;
	     i = kvm_io_bus_next(ranges, addr, len, i)) {
		struct kvm_io_device *dev = READ_ONCE(ranges->ranges[i].dev);

		if (dev && dev->ops->read &&
		    !dev->ops->read(vcpu, dev, addr, len, val))
			return 0;
	}
	return -EOPNOTSUPP;
}

int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		     int len, const void *val)
{
	const struct kvm_io_bus *ranges = bus_for_access(vcpu, bus);
	int i;

	if (!ranges)
		return -EOPNOTSUPP;
	for (i = kvm_io_bus_next(ranges, addr, len, ranges->nr); i >= 0;
	     i = kvm_io_bus_next(ranges, addr, len, i)) {
		struct kvm_io_device *dev = READ_ONCE(ranges->ranges[i].dev);

		if (dev && dev->ops->write &&
		    !dev->ops->write(vcpu, dev, addr, len, val))
			return 0;
	}
	return -EOPNOTSUPP;
}

void kvm_io_buses_destroy(struct kvm *kvm)
{
	unsigned int bus, i;

	/* An eventfd may be closed at this moment. */
	mutex_lock(&kvm->slots_lock);
	for (bus = 0; bus < KVM_NR_BUSES; bus++) {
		struct kvm_io_bus *ranges = bus_for_change(kvm, bus);

		for (i = 0; ranges && i < ranges->nr; i++) {
			struct kvm_io_device *dev = ranges->ranges[i].dev;

			if (dev && dev->ops->destructor)
				dev->ops->destructor(dev);
		}
		kvfree(ranges);
		RCU_INIT_POINTER(kvm->buses.bus[bus], NULL);
	}
	mutex_unlock(&kvm->slots_lock);
}
