// SPDX-License-Identifier: GPL-2.0-only
/*
 * dirty_log.c - which pages of a slot were written to, told to userspace
 *
 * Owns: what dirty_log.h says, locking included.
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "memslots.h"
#include "virt/dirty_log.h"
#include "vm.h"

/* The uapi's ranges are of 64 pages, and begin at a word here. */
#define UAPI_PAGES 64
static_assert(BITS_PER_LONG == UAPI_PAGES);
static_assert(sizeof(atomic_long_t) == sizeof(unsigned long));

/* Words between two chances for others to run. */
#define WORDS_A_TIME 4096

/* --- bits ---------------------------------------------------------------- */

bool kvm_dirty_log_range_is_valid(u64 npages, u64 first, u32 nr)
{
	if (first % UAPI_PAGES || first > npages || nr > npages - first)
		return false;
	return !(nr % UAPI_PAGES) || nr == npages - first;
}

bool kvm_dirty_log_take(unsigned long *log, unsigned long *mask,
			unsigned long nr_words)
{
	unsigned long i, bits;
	bool any = false;

	for (i = 0; i < nr_words; i++) {
		if (!(i % WORDS_A_TIME))
			cond_resched();
		/* A word that has none of them is left to its writers. */
		bits = mask[i] & READ_ONCE(log[i]);
		if (bits)
			bits &= atomic_long_fetch_andnot(bits,
							 (void *)(log + i));
		mask[i] = bits;
		any |= bits;
	}
	return any;
}

void kvm_dirty_log_give_back(unsigned long *log, const unsigned long *mask,
			     unsigned long nr_words)
{
	unsigned long i;

	for (i = 0; i < nr_words; i++) {
		if (!(i % WORDS_A_TIME))
			cond_resched();
		if (mask[i])
			atomic_long_or(mask[i], (void *)(log + i));
	}
}

/* --- manual protection --------------------------------------------------- */

bool kvm_dirty_log_initially_set(const struct kvm *kvm)
{
	lockdep_assert_held(&kvm->slots_lock);

	return kvm->manual_dirty_log & KVM_DIRTY_LOG_INITIALLY_SET;
}

int kvm_vm_enable_manual_dirty_log(struct kvm *kvm, u64 flags)
{
	if (flags & ~(u64)KVM_DIRTY_LOG_MANUAL_CAPS)
		return -EINVAL;
	if (flags == KVM_DIRTY_LOG_INITIALLY_SET)
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	kvm->manual_dirty_log = flags;
	mutex_unlock(&kvm->slots_lock);
	return 0;
}

/* --- a slot's log -------------------------------------------------------- */

static unsigned long nr_words(const struct kvm_memory_slot *slot)
{
	return kvm_slot_bitmap_bytes(slot) / sizeof(long);
}

/* The room behind the log. */
static unsigned long *copy_of(const struct kvm_memory_slot *slot)
{
	return slot->dirty_bitmap + nr_words(slot);
}

/* NULL: there is no slot, or it has no log. */
static struct kvm_memory_slot *find_logged(struct kvm *kvm, u32 uapi_slot)
{
	unsigned int as_id =
		array_index_nospec(uapi_slot >> 16, KVM_ADDRESS_SPACE_NUM);
	struct kvm_memory_slot *slot;

	slot = kvm_memslots_by_id(kvm, as_id, uapi_slot & 0xffff);
	return slot && slot->dirty_bitmap ? slot : NULL;
}

static bool is_slot_number(u32 uapi_slot)
{
	return uapi_slot >> 16 < KVM_ADDRESS_SPACE_NUM &&
	       (uapi_slot & 0xffff) < KVM_USER_MEM_SLOTS;
}

/* Those of the copy, of which word 0 is page @first. */
static void take(struct kvm *kvm, struct kvm_memory_slot *slot, u64 first,
		 u64 nr)
{
	unsigned long words = DIV_ROUND_UP(nr, BITS_PER_LONG);
	unsigned long *copy = copy_of(slot);

	if (kvm_dirty_log_take(slot->dirty_bitmap + first / BITS_PER_LONG, copy,
			       words))
		kvm_mmu_slot_log_taken(kvm, slot, first, nr, copy);
}

static int get_and_clear(struct kvm *kvm, struct kvm_memory_slot *slot,
			 void __user *to)
{
	unsigned long bytes = kvm_slot_bitmap_bytes(slot);
	unsigned long *copy = copy_of(slot);

	memset(copy, 0xff, bytes);
	take(kvm, slot, 0, slot->npages);
	if (!copy_to_user(to, copy, bytes))
		return 0;
	kvm_dirty_log_give_back(slot->dirty_bitmap, copy, nr_words(slot));
	return -EFAULT;
}

static int get_log(struct kvm *kvm, const struct kvm_dirty_log *arg)
{
	struct kvm_memory_slot *slot = find_logged(kvm, arg->slot);

	if (!slot)
		return -ENOENT;
	if (!kvm->manual_dirty_log)
		return get_and_clear(kvm, slot, arg->dirty_bitmap);
	if (copy_to_user(arg->dirty_bitmap, slot->dirty_bitmap,
			 kvm_slot_bitmap_bytes(slot)))
		return -EFAULT;
	return 0;
}

static int clear_log(struct kvm *kvm, const struct kvm_clear_dirty_log *arg)
{
	struct kvm_memory_slot *slot = find_logged(kvm, arg->slot);
	unsigned long bytes;

	if (!slot)
		return -ENOENT;
	if (!kvm_dirty_log_range_is_valid(slot->npages, arg->first_page,
					  arg->num_pages))
		return -EINVAL;
	bytes = ALIGN((u64)arg->num_pages, BITS_PER_LONG) / 8;
	if (copy_from_user(copy_of(slot), arg->dirty_bitmap, bytes))
		return -EFAULT;
	take(kvm, slot, arg->first_page, arg->num_pages);
	return 0;
}

/* --- ioctls -------------------------------------------------------------- */

long kvm_vm_ioctl_get_dirty_log(struct kvm *kvm, void *data)
{
	const struct kvm_dirty_log *arg = data;
	int r;

	if (!is_slot_number(arg->slot))
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	r = get_log(kvm, arg);
	mutex_unlock(&kvm->slots_lock);
	return r;
}

long kvm_vm_ioctl_clear_dirty_log(struct kvm *kvm, void *data)
{
	const struct kvm_clear_dirty_log *arg = data;
	int r;

	if (!is_slot_number(arg->slot) || arg->first_page % UAPI_PAGES)
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	r = clear_log(kvm, arg);
	mutex_unlock(&kvm->slots_lock);
	return r;
}
