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

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>

#include "memslots.h"
#include "mmu/mmu_vm.h"

struct dentry;
struct mm_struct;

/**
 * struct kvm - a virtual machine
 * @mm: the address space that made it, and alone may use it; an mmgrab() ref
 * @users_count: references; the last kvm_put_kvm() destroys it
 * @vm_list: its place among all VMs, under kvm_lock
 * @debugfs_dentry: its directory, or NULL
 * @srcu: readers of @slots
 * @slots_lock: who changes @slots
 * @slots: its memory
 * @mmu_lock: its page tables: for read, many change them at a time; for write,
 *	one does
 * @mmu: its page tables
 */
struct kvm {
	struct mm_struct *mm;
	refcount_t users_count;
	struct list_head vm_list;
	struct dentry *debugfs_dentry;
	struct srcu_struct srcu;
	struct mutex slots_lock; /* outside of srcu and mmu_lock */
	struct kvm_vm_slots slots;
	rwlock_t mmu_lock;
	struct kvm_mmu_vm mmu;
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
