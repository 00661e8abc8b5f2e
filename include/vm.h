/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - struct kvm, the virtual machine
 *
 * Owns: the object and how long it lives.  A VM is made by KVM_CREATE_VM and
 * lives until the last reference is put: each file descriptor made for it
 * (today the VM's own) holds one.  Each such file also holds the module, by
 * its file_operations' owner, so the module cannot go while a VM lives.
 */
#ifndef TWINWALK_VM_H
#define TWINWALK_VM_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "iobus.h"
#include "memslots.h"
#include "mmu/mmu_vm.h"
#include "virt/coalesced.h"
#include "virt/halt.h"
#include "virt/ioeventfd.h"
#include "virt/stats.h"
#include "x86_vm.h"

struct dentry;
struct mm_struct;

/**
 * struct kvm - a virtual machine
 * @mm: the address space that made it, and alone may use it; an mmgrab() ref
 * @users_count: references; the last kvm_put_kvm() destroys it
 * @vm_list: its place among all VMs, under kvm_lock
 * @debugfs_dentry: its directory, or NULL
 * @announced_pid: who made it, once udev was told of it (virt/uevent.h); 0, not
 * @srcu: readers of @slots and @buses
 * @slots_lock: who changes @slots or @buses
 * @slots: its memory
 * @manual_dirty_log: KVM_DIRTY_LOG_*: who reads a log does not clear it; under
 *	@slots_lock
 * @mmu_lock: its page tables: for read, many change them at a time; for write,
 *	one does
 * @mmu: its page tables
 * @mmu_notifier: how @mm tells what becomes of its pages, see virt/notifier.h
 * @lock: who makes vCPUs and devices; outside of all locks of a vCPU
 * @vcpu_array: struct kvm_vcpu by vcpu_idx, from 0 without a gap
 * @online_vcpus: how many; what is below is in @vcpu_array
 * @created_vcpus: the same, and those that are being made; under @lock
 * @vm_dead: no vCPU is ever to be entered again
 * @buses: devices in the kernel
 * @coalesced: writes that userspace gets later
 * @ioeventfds: eventfds that are signalled when the guest writes
 * @halt: how its vCPUs wait, and yield
 * @stat: counters
 * @arch: the architecture's part
 */
struct kvm {
	struct mm_struct *mm;
	refcount_t users_count;
	struct list_head vm_list;
	struct dentry *debugfs_dentry;
	pid_t announced_pid;
	struct srcu_struct srcu;
	struct mutex slots_lock; /* outside of srcu and mmu_lock */
	struct kvm_vm_slots slots;
	u32 manual_dirty_log;
	rwlock_t mmu_lock;
	struct kvm_mmu_vm mmu;
	struct mmu_notifier mmu_notifier;
	struct mutex lock; /* outside of vcpu->mutex */
	struct xarray vcpu_array;
	atomic_t online_vcpus;
	int created_vcpus;
	bool vm_dead;
	struct kvm_io_buses buses;
	struct kvm_coalesced coalesced;
	struct kvm_ioeventfds ioeventfds;
	struct kvm_vm_halt halt;
	struct kvm_vm_stat stat;
	struct kvm_arch arch;
};

/**
 * kvm_memslots() - the memory slots of an address space, as they are now
 * @kvm: the VM
 * @as_id: below KVM_ADDRESS_SPACE_NUM
 *
 * Context: kvm->srcu held for read, or slots_lock; the answer holds as long.
 * Return: see memslots.h.
 */
static inline struct kvm_memslots *kvm_memslots(struct kvm *kvm,
						unsigned int as_id)
{
	return srcu_dereference_check(kvm->slots.active[as_id], &kvm->srcu,
				      lockdep_is_held(&kvm->slots_lock));
}

/*
 * What a vCPU's mmap() shows, a page each.  Userspace learns the sum from
 * KVM_GET_VCPU_MMAP_SIZE and the page of each from KVM_PIO_PAGE_OFFSET and
 * KVM_COALESCED_MMIO_PAGE_OFFSET of the uapi.
 */
enum kvm_vcpu_mmap_page {
	KVM_VCPU_MMAP_RUN,
	KVM_VCPU_MMAP_PIO,
	KVM_VCPU_MMAP_COALESCED_MMIO,
	KVM_VCPU_MMAP_NR_PAGES
};

/**
 * kvm_create_vm_fd() - KVM_CREATE_VM
 * @type: the machine type; 0 is the only one x86 has
 *
 * Context: may sleep.
 * Return: a file descriptor; -EINVAL for the type; -EIO or -EBUSY, see
 * kvm_enable_virtualization(); -ENOMEM, -EMFILE, -ENFILE.
 */
int kvm_create_vm_fd(unsigned long type);

/** kvm_get_kvm() - one more reference; the caller holds one already */
void kvm_get_kvm(struct kvm *kvm);

/** kvm_put_kvm() - one reference fewer; the last destroys the VM; may sleep */
void kvm_put_kvm(struct kvm *kvm);

/**
 * kvm_check_extension() - KVM_CHECK_EXTENSION, on /dev/kvm or on a VM
 * @cap: a KVM_CAP_* number, or anything else
 *
 * Return: what the capability's row says; 0 for what has no row.
 */
int kvm_check_extension(unsigned long cap);

#endif
