/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iobus.h - devices in the kernel, by the addresses that they answer to
 *
 * Owns: a VM's buses.  A bus is a sorted array.  One that readers can see does
 * not change: who registers a device publishes another array.  The exception is
 * a device that goes: its pointer is cleared in place, so that needs no memory
 * and can't fail, and the place goes with the next array.
 *
 * Several devices may answer to one address.  They are asked in turn until one
 * takes the access: the one that begins last first, the shorter one first, and
 * among equals the one that was registered first.
 *
 * Locking: readers hold kvm->srcu, changes are made under kvm->slots_lock.
 *
 * References: none.  When kvm_io_bus_unregister_dev() returns nobody is in the
 * device or ever will be, and it is its owner's again.
 */
#ifndef TWINWALK_IOBUS_H
#define TWINWALK_IOBUS_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_io_device;
struct kvm_vcpu;

enum kvm_bus {
	KVM_MMIO_BUS,
	KVM_PIO_BUS,
	KVM_FAST_MMIO_BUS, /* writes known by their address alone */
	KVM_NR_BUSES
};

/* Of a bus: devices, and eventfds, of which each costs userspace a call. */
#define KVM_IO_MAX_DEVICES  1000
#define KVM_IO_MAX_EVENTFDS 65536

/**
 * struct kvm_io_device_ops - what a device does
 * @read: fill @len bytes.  NULL: it is not read.
 *	Context: kvm->srcu held; may sleep, but not take slots_lock.
 *	Return: 0; -EOPNOTSUPP, not mine, ask the next one
 * @write: the same; @val is NULL on the fast bus
 * @destructor: the VM goes and the device is still there; or NULL.  Of a device
 *	that has one, only one range is on a bus
 * @is_eventfd: counted with KVM_IO_MAX_EVENTFDS
 */
struct kvm_io_device_ops {
	int (*read)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		    gpa_t addr, int len, void *val);
	int (*write)(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		     gpa_t addr, int len, const void *val);
	void (*destructor)(struct kvm_io_device *dev);
	bool is_eventfd;
};

/** struct kvm_io_device - embedded in whatever answers */
struct kvm_io_device {
	const struct kvm_io_device_ops *ops;
};

/**
 * struct kvm_io_range - a device's place
 * @addr: its first byte
 * @last: its last byte; as @addr where any length will do
 * @max_last: the largest @last of this range and those before it
 * @any_len: who accesses @addr means the device, however long it is
 * @dev: the device, or NULL: it has gone
 */
struct kvm_io_range {
	gpa_t addr;
	gpa_t last;
	gpa_t max_last;
	bool any_len;
	struct kvm_io_device *dev;
};

/**
 * struct kvm_io_bus - a bus
 * @nr: how many ranges
 * @ranges: by addr, longer ones first
 */
struct kvm_io_bus {
	unsigned int nr;
	struct kvm_io_range ranges[];
};

/** struct kvm_io_buses - a VM's; one without devices is NULL */
struct kvm_io_buses {
	struct kvm_io_bus __rcu *bus[KVM_NR_BUSES];
};

/**
 * kvm_io_bus_insert() - an array with one more range
 * @old: the one so far, or NULL
 * @addr: the range's first byte
 * @len: its length; 0, an access of any length to @addr
 * @dev: the device
 *
 * Pure but for the allocation.  Ranges whose devices have gone are left out.
 *
 * Return: the array; ERR_PTR: -EINVAL, the range wraps or @len is negative;
 * -ENOSPC, -ENOMEM.
 */
struct kvm_io_bus *kvm_io_bus_insert(const struct kvm_io_bus *old, gpa_t addr,
				     int len, struct kvm_io_device *dev);

/**
 * kvm_io_bus_next() - which device is to be asked next
 * @bus: the bus
 * @addr: of the access
 * @len: of the access; may be 0 on the fast bus
 * @from: bus->nr at first, then what the last call returned
 *
 * Pure.
 *
 * Return: the index of a range that has all of the access; -1, no more.
 */
int kvm_io_bus_next(const struct kvm_io_bus *bus, gpa_t addr, int len,
		    int from);

/**
 * kvm_io_bus_register_dev() - put a device on a bus
 * @kvm: the VM
 * @bus: which
 * @addr: its first byte
 * @len: how many; 0, an access of any length to @addr is the device's
 * @dev: the device; to be kept until it is unregistered
 *
 * Context: kvm->slots_lock held, kvm->srcu not; sleeps.
 * Return: 0; -EINVAL, -ENOSPC, -ENOMEM.
 */
int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr,
			    int len, struct kvm_io_device *dev);

/**
 * kvm_io_bus_unregister_dev() - take a device off a bus, all ranges of it
 * @kvm: the VM
 * @bus: which
 * @dev: the device; its destructor is not called
 *
 * Context: kvm->slots_lock held, kvm->srcu not; sleeps.
 * Return: 0; -ENOENT, it is not there.
 */
int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus,
			      struct kvm_io_device *dev);

/**
 * kvm_io_bus_read() - of whatever device answers
 * @vcpu: who asks
 * @bus: which
 * @addr: first byte
 * @len: how many
 * @val: filled, if the answer is 0
 *
 * Context: kvm->srcu held.
 * Return: 0; -EOPNOTSUPP, nobody answers.
 */
int kvm_io_bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		    int len, void *val);

/** kvm_io_bus_write() - the same of a write; @val is NULL on the fast bus */
int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus, gpa_t addr,
		     int len, const void *val);

/** kvm_io_buses_destroy() - of a VM that nobody has any more; may sleep */
void kvm_io_buses_destroy(struct kvm *kvm);

#endif
