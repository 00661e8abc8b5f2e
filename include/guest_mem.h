/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_mem.h - reading and writing a guest's memory
 *
 * Owns: access by guest physical address, through the VMM's own mapping of the
 * memory, and the mark in the dirty log that a write leaves.
 *
 * Locking: kvm->srcu held for read, or kvm->slots_lock.  current->mm is the VM's.
 * All may sleep, as the VMM's page may have to be faulted in.
 *
 * What a guest writes at the same time it may see half of.
 */
#ifndef TWINWALK_GUEST_MEM_H
#define TWINWALK_GUEST_MEM_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_memory_slot;
struct kvm_vcpu;

/**
 * kvm_vcpu_read_guest() - read what a vCPU sees
 * @vcpu: the vCPU, in SMM or not
 * @gpa: first byte
 * @data: where to
 * @len: how many bytes, across pages and slots
 *
 * Return: 0; -EFAULT, some of it is no memory, and @data is garbage.
 */
int kvm_vcpu_read_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
			unsigned long len);

/**
 * kvm_vcpu_write_guest() - write what a vCPU sees
 * @vcpu: the vCPU, in SMM or not
 * @gpa: first byte
 * @data: where from
 * @len: how many bytes, across pages and slots
 *
 * Return: 0; -EFAULT, some of it is no memory, or read-only; what is before that
 * may be written.
 */
int kvm_vcpu_write_guest(struct kvm_vcpu *vcpu, gpa_t gpa, const void *data,
			 unsigned long len);

/** kvm_read_guest() - the same, of address space 0 */
int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len);

/** kvm_write_guest() - the same, of address space 0 */
int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *data,
		    unsigned long len);

/**
 * kvm_vcpu_cmpxchg_guest() - compare and exchange, as one access
 * @vcpu: the vCPU, in SMM or not
 * @gpa: aligned to @size
 * @old: what has to be there; becomes what is there instead, for -EAGAIN
 * @new: what is put there
 * @size: 1, 2, 4 or 8
 *
 * Return: 0; -EAGAIN, there was something else; -EROFS, the memory is read-only;
 * -EFAULT, there is none; -EINVAL, @size or alignment.
 */
int kvm_vcpu_cmpxchg_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *old,
			   const void *new, unsigned int size);

/**
 * kvm_vcpu_gfn_to_hva() - where a page is in the VMM
 * @vcpu: the vCPU, in SMM or not
 * @gfn: any
 * @writable: set if it may be written; may be NULL
 *
 * Return: the address; 0, there is no memory.
 */
unsigned long kvm_vcpu_gfn_to_hva(struct kvm_vcpu *vcpu, gfn_t gfn,
				  bool *writable);

/** kvm_vcpu_is_visible_gfn() - is there memory of userspace's, as a vCPU sees it? */
bool kvm_vcpu_is_visible_gfn(struct kvm_vcpu *vcpu, gfn_t gfn);

/**
 * struct kvm_guest_area - memory that guest and host share, found again quickly
 * @gpa: first byte, in address space 0
 * @len: how many bytes; at most a page
 * @slot: has all of it
 * @hva: where it is in the VMM; NULL, it was not looked for
 * @generation: of the memory slots, when it was
 *
 * Zeroed but for @gpa and @len to begin with.  Its owner's.
 */
struct kvm_guest_area {
	gpa_t gpa;
	unsigned int len;
	struct kvm_memory_slot *slot;
	void __user *hva;
	u64 generation;
};

/**
 * kvm_guest_area_map() - find it
 * @kvm: the VM
 * @area: the area
 *
 * The answer holds as long as kvm->srcu is held.  Until then @area->hva may be
 * accessed as userspace's memory, in any context as far as that is possible there.
 *
 * Context: kvm->srcu held for read.  Does not sleep.
 * Return: false, it is not all in one slot that may be written.
 */
bool kvm_guest_area_map(struct kvm *kvm, struct kvm_guest_area *area);

/** kvm_guest_area_dirty() - it was written to; as kvm_mark_page_dirty() */
void kvm_guest_area_dirty(struct kvm *kvm, const struct kvm_guest_area *area);

/**
 * kvm_mark_page_dirty() - a page is written to
 * @kvm: the VM
 * @slot: has the page
 * @gfn: the page
 *
 * After the write, or after it has become possible.  Nothing if the slot has no
 * log.  Does not sleep.
 */
void kvm_mark_page_dirty(struct kvm *kvm, struct kvm_memory_slot *slot,
			 gfn_t gfn);

#endif
