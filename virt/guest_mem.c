// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_mem.c - reading and writing a guest's memory
 *
 * Owns: what guest_mem.h says, locking included.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "guest_mem.h"
#include "memslots.h"
#include "vcpu.h"
#include "vm.h"

void kvm_mark_page_dirty(struct kvm *kvm, struct kvm_memory_slot *slot,
			 gfn_t gfn)
{
	unsigned long nr = gfn - slot->base_gfn;

	if (!slot->dirty_bitmap ||
	    !(kvm_slot_flags(slot) & KVM_MEM_LOG_DIRTY_PAGES))
		return;
	/* Set or not: as a full barrier it is seen after the write it is about. */
	set_bit(nr, slot->dirty_bitmap);
}

/* Memory of any kind; a slot that is about to go is none. */
static struct kvm_memory_slot *find_slot(struct kvm_memslots *slots, gfn_t gfn)
{
	struct kvm_memory_slot *slot = kvm_memslots_find(slots, gfn);

	if (slot && (kvm_slot_flags(slot) & KVM_MEMSLOT_INVALID))
		return NULL;
	return slot;
}

static bool is_read_only(const struct kvm_memory_slot *slot)
{
	return kvm_slot_flags(slot) & KVM_MEM_READONLY;
}

static void __user *slot_address(const struct kvm_memory_slot *slot, gpa_t gpa)
{
	return (void __user *)(kvm_slot_hva(slot, gpa >> PAGE_SHIFT) +
			       offset_in_page(gpa));
}

/* How much of [@gpa, @gpa + @len) is in the first page? */
static unsigned long in_page(gpa_t gpa, unsigned long len)
{
	return min(len, PAGE_SIZE - offset_in_page(gpa));
}

static int read_slots(struct kvm_memslots *slots, gpa_t gpa, void *data,
		      unsigned long len)
{
	const struct kvm_memory_slot *slot;
	unsigned long nr;

	for (; len; len -= nr, gpa += nr, data += nr) {
		nr = in_page(gpa, len);
		slot = find_slot(slots, gpa >> PAGE_SHIFT);
		if (!slot || copy_from_user(data, slot_address(slot, gpa), nr))
			return -EFAULT;
	}
	return 0;
}

static int write_slots(struct kvm *kvm, struct kvm_memslots *slots, gpa_t gpa,
		       const void *data, unsigned long len)
{
	struct kvm_memory_slot *slot;
	unsigned long nr, left;

	for (; len; len -= nr, gpa += nr, data += nr) {
		nr = in_page(gpa, len);
		slot = find_slot(slots, gpa >> PAGE_SHIFT);
		if (!slot || is_read_only(slot))
			return -EFAULT;
		left = copy_to_user(slot_address(slot, gpa), data, nr);
		if (left < nr)
			kvm_mark_page_dirty(kvm, slot, gpa >> PAGE_SHIFT);
		if (left)
			return -EFAULT;
	}
	return 0;
}

int kvm_vcpu_read_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
			unsigned long len)
{
	return read_slots(kvm_vcpu_memslots(vcpu), gpa, data, len);
}

int kvm_vcpu_write_guest(struct kvm_vcpu *vcpu, gpa_t gpa, const void *data,
			 unsigned long len)
{
	return write_slots(vcpu->kvm, kvm_vcpu_memslots(vcpu), gpa, data, len);
}

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len)
{
	return read_slots(kvm_memslots(kvm, 0), gpa, data, len);
}

int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *data,
		    unsigned long len)
{
	return write_slots(kvm, kvm_memslots(kvm, 0), gpa, data, len);
}

#define CMPXCHG_USER(type)                                  \
	__try_cmpxchg_user((type __user *)ptr, (type *)old, \
			   *(const type *)new, fault_##type)

/* Return: 0, done; 1, there was something else; -EFAULT. */
static int cmpxchg_user(void __user *ptr, void *old, const void *new,
			unsigned int size)
{
	switch (size) {
	case 1:
		return CMPXCHG_USER(u8);
	case 2:
		return CMPXCHG_USER(u16);
	case 4:
		return CMPXCHG_USER(u32);
	case 8:
		return CMPXCHG_USER(u64);
	default:
		return -EFAULT;
	}
}

int kvm_vcpu_cmpxchg_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *old,
			   const void *new, unsigned int size)
{
	gfn_t gfn = gpa >> PAGE_SHIFT;
	struct kvm_memory_slot *slot;
	void __user *ptr;
	int r;

	if (!is_power_of_2(size) || size > sizeof(u64) || (gpa & (size - 1)))
		return -EINVAL;
	slot = find_slot(kvm_vcpu_memslots(vcpu), gfn);
	if (!slot)
		return -EFAULT;
	if (is_read_only(slot))
		return -EROFS;

	ptr = slot_address(slot, gpa);
	if (!access_ok(ptr, size))
		return -EFAULT;
	r = cmpxchg_user(ptr, old, new, size);
	if (r < 0)
		return r;
	/* The CPU writes in either case: the old value, if nothing else. */
	kvm_mark_page_dirty(vcpu->kvm, slot, gfn);
	return r ? -EAGAIN : 0;
}

unsigned long kvm_vcpu_gfn_to_hva(struct kvm_vcpu *vcpu, gfn_t gfn,
				  bool *writable)
{
	struct kvm_memory_slot *slot = find_slot(kvm_vcpu_memslots(vcpu), gfn);

	if (!slot)
		return 0;
	if (writable)
		*writable = !is_read_only(slot);
	return kvm_slot_hva(slot, gfn);
}

static gfn_t last_gfn(const struct kvm_guest_area *area)
{
	return (area->gpa + area->len - 1) >> PAGE_SHIFT;
}

bool kvm_guest_area_map(struct kvm *kvm, struct kvm_guest_area *area)
{
	struct kvm_memslots *slots = kvm_memslots(kvm, 0);
	u64 generation = READ_ONCE(slots->generation);
	gfn_t gfn = area->gpa >> PAGE_SHIFT;
	struct kvm_memory_slot *slot;

	if (area->hva && area->generation == generation &&
	    !(generation & KVM_MEMSLOT_GEN_UPDATING))
		return true;

	area->hva = NULL;
	slot = find_slot(slots, gfn);
	if (!slot || is_read_only(slot) || last_gfn(area) < gfn ||
	    last_gfn(area) - slot->base_gfn >= slot->npages)
		return false;
	area->slot = slot;
	area->hva = slot_address(slot, area->gpa);
	area->generation = generation;
	return access_ok(area->hva, area->len);
}

void kvm_guest_area_dirty(struct kvm *kvm, const struct kvm_guest_area *area)
{
	gfn_t gfn;

	for (gfn = area->gpa >> PAGE_SHIFT; gfn <= last_gfn(area); gfn++)
		kvm_mark_page_dirty(kvm, area->slot, gfn);
}

bool kvm_vcpu_is_visible_gfn(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	const struct kvm_memory_slot *slot =
		find_slot(kvm_vcpu_memslots(vcpu), gfn);

	return slot && slot->id < KVM_USER_MEM_SLOTS;
}
