// SPDX-License-Identifier: GPL-2.0-only
/*
 * coalesced.c - writes that userspace gets later, many at a time
 *
 * Owns: what coalesced.h says, locking included.
 */
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iobus.h"
#include "vcpu.h"
#include "virt/coalesced.h"
#include "vm.h"

static_assert(KVM_COALESCED_MMIO_PAGE_OFFSET == KVM_VCPU_MMAP_COALESCED_MMIO);
static_assert(offsetof(struct kvm_coalesced_mmio_ring,
		       coalesced_mmio[KVM_COALESCED_MMIO_MAX]) <= PAGE_SIZE);

/**
 * struct coalesced_zone - where writes are coalesced
 * @list: in kvm->coalesced.zones
 * @dev: on the bus that @zone.pio says
 * @zone: what userspace gave
 */
struct coalesced_zone {
	struct list_head list;
	struct kvm_io_device dev;
	struct kvm_coalesced_mmio_zone zone;
};

bool kvm_coalesced_ring_put(struct kvm_coalesced_mmio_ring *ring,
			    const struct kvm_coalesced_mmio *entry)
{
	u32 last = READ_ONCE(ring->last);
	u32 first = READ_ONCE(ring->first);
	u32 next;

	if (last >= KVM_COALESCED_MMIO_MAX || first >= KVM_COALESCED_MMIO_MAX)
		return false;
	next = (last + 1) % KVM_COALESCED_MMIO_MAX;
	if (next == first)
		return false;

	last = array_index_nospec(last, KVM_COALESCED_MMIO_MAX);
	ring->coalesced_mmio[last] = *entry;

	/* The entry is there before userspace is told of it. */
	smp_wmb();
	WRITE_ONCE(ring->last, next);
	return true;
}

static int zone_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t addr, int len, const void *val)
{
	const struct coalesced_zone *zone =
		container_of(dev, struct coalesced_zone, dev);
	struct kvm_coalesced *c = &vcpu->kvm->coalesced;
	struct kvm_coalesced_mmio entry = {
		.phys_addr = addr,
		.len = len,
		.pio = zone->zone.pio,
	};
	bool taken;

	if (len < 1 || len > sizeof(entry.data))
		return -EOPNOTSUPP;
	memcpy(entry.data, val, len);

	spin_lock(&c->ring_lock);
	taken = kvm_coalesced_ring_put(c->ring, &entry);
	spin_unlock(&c->ring_lock);
	return taken ? 0 : -EOPNOTSUPP;
}

static void zone_destructor(struct kvm_io_device *dev)
{
	struct coalesced_zone *zone =
		container_of(dev, struct coalesced_zone, dev);

	list_del(&zone->list);
	kfree(zone);
}

static const struct kvm_io_device_ops zone_ops = {
	.write = zone_write,
	.destructor = zone_destructor,
};

static enum kvm_bus zone_bus(const struct kvm_coalesced_mmio_zone *zone)
{
	return zone->pio ? KVM_PIO_BUS : KVM_MMIO_BUS;
}

long kvm_vm_ioctl_register_coalesced(struct kvm *kvm, void *data)
{
	const struct kvm_coalesced_mmio_zone *wanted = data;
	struct coalesced_zone *zone;
	int r;

	if (wanted->pio > 1 || !wanted->size || wanted->size > INT_MAX)
		return -EINVAL;

	zone = kzalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return -ENOMEM;
	zone->dev.ops = &zone_ops;
	zone->zone = *wanted;

	mutex_lock(&kvm->slots_lock);
	r = kvm_io_bus_register_dev(kvm, zone_bus(wanted), wanted->addr,
				    wanted->size, &zone->dev);
	if (!r)
		list_add_tail(&zone->list, &kvm->coalesced.zones);
	mutex_unlock(&kvm->slots_lock);

	if (r)
		kfree(zone);
	return r;
}

static bool zone_has(const struct kvm_coalesced_mmio_zone *zone,
		     const struct kvm_coalesced_mmio_zone *part)
{
	u64 offset = part->addr - zone->addr;

	return part->pio == zone->pio && offset <= zone->size &&
	       part->size <= zone->size - offset;
}

long kvm_vm_ioctl_unregister_coalesced(struct kvm *kvm, void *data)
{
	const struct kvm_coalesced_mmio_zone *part = data;
	struct coalesced_zone *zone, *next;

	if (part->pio > 1)
		return -EINVAL;

	mutex_lock(&kvm->slots_lock);
	list_for_each_entry_safe(zone, next, &kvm->coalesced.zones, list) {
		if (!zone_has(&zone->zone, part))
			continue;
		kvm_io_bus_unregister_dev(kvm, zone_bus(part), &zone->dev);
		zone_destructor(&zone->dev);
	}
	mutex_unlock(&kvm->slots_lock);
	return 0;
}

int kvm_coalesced_create(struct kvm *kvm)
{
	struct kvm_coalesced *c = &kvm->coalesced;

	spin_lock_init(&c->ring_lock);
	INIT_LIST_HEAD(&c->zones);
	c->ring = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	return c->ring ? 0 : -ENOMEM;
}

void kvm_coalesced_destroy(struct kvm *kvm)
{
	free_page((unsigned long)kvm->coalesced.ring);
	kvm->coalesced.ring = NULL;
}

struct page *kvm_coalesced_page(struct kvm *kvm)
{
	return virt_to_page(kvm->coalesced.ring);
}
