/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * coalesced.h - writes that userspace gets later, many at a time
 *
 * Owns: a VM's zones, and the ring into which writes to them go.  The ring's page
 * is userspace's as much as ours.  It tells us how far it has read (first), and
 * may change how far we have written (last); either may be anything at any time.  Each is read
 * once and checked.  A ring that makes no sense, or is full, takes nothing:
 * the write then is an exit, as it would be without the zone.
 *
 * Locking: kvm->slots_lock for the zones; @ring_lock, a leaf, for who writes.
 */
#ifndef TWINWALK_COALESCED_H
#define TWINWALK_COALESCED_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kvm;
struct page;

/**
 * struct kvm_coalesced - a VM's
 * @ring: a page; what vCPUs' files show at KVM_COALESCED_MMIO_PAGE_OFFSET
 * @ring_lock: see above
 * @zones: what was registered
 */
struct kvm_coalesced {
	struct kvm_coalesced_mmio_ring *ring;
	spinlock_t ring_lock; /* a leaf */
	struct list_head zones;
};

/**
 * kvm_coalesced_create() - the ring of a new VM
 * @kvm: the VM
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_coalesced_create(struct kvm *kvm);

/** kvm_coalesced_destroy() - after kvm_io_buses_destroy(); once or not at all */
void kvm_coalesced_destroy(struct kvm *kvm);

/** kvm_coalesced_page() - the ring's page, for vCPUs' mmap() */
struct page *kvm_coalesced_page(struct kvm *kvm);

/**
 * kvm_coalesced_ring_put() - one more write
 * @ring: the ring; userspace may change it meanwhile
 * @entry: the write
 *
 * Pure.
 *
 * Return: false, there is no room, or the ring makes no sense.
 */
bool kvm_coalesced_ring_put(struct kvm_coalesced_mmio_ring *ring,
			    const struct kvm_coalesced_mmio *entry);

/**
 * kvm_vm_ioctl_register_coalesced() - KVM_REGISTER_COALESCED_MMIO
 * @kvm: the VM
 * @data: struct kvm_coalesced_mmio_zone
 *
 * Return: 0; -EINVAL, the zone is empty or wraps, or is neither of memory nor of
 * ports; -ENOSPC, -ENOMEM.
 */
long kvm_vm_ioctl_register_coalesced(struct kvm *kvm, void *data);

/**
 * kvm_vm_ioctl_unregister_coalesced() - KVM_UNREGISTER_COALESCED_MMIO
 * @kvm: the VM
 * @data: struct kvm_coalesced_mmio_zone; all zones that have all of it go
 *
 * Return: 0, whether there are any or not; -EINVAL, neither of memory nor of
 * ports.
 */
long kvm_vm_ioctl_unregister_coalesced(struct kvm *kvm, void *data);

#endif
