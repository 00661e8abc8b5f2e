// SPDX-License-Identifier: GPL-2.0-only
/*
 * memslots.c - a VM's memory: which part of the VMM's memory is at which gfn
 *
 * Owns: the sets of slots and how they change.  See memslots.h, locking included.
 *
 * A change goes like this; what can fail is all in the first two steps:
 *
 *	check_region(), check_change()	what the uapi forbids
 *	prepare()			allocate
 *	install()			the change, as readers see it
 *	free_slot()			what nobody can see any more
 */
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "memslots.h"
#include "mmu/mmu.h"
#include "virt/dirty_log.h"
#include "vm.h"

#define UAPI_FLAGS (KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)

/* So no sum of slots' pages can overflow, and none is checked. */
static_assert(KVM_MEM_MAX_NR_PAGES <
	      U64_MAX / KVM_MEM_SLOTS_NUM / KVM_ADDRESS_SPACE_NUM);
/* gfns and hvas are kept in the same kind of tree. */
static_assert(sizeof(gfn_t) == sizeof(unsigned long));

/* --- look-ups ------------------------------------------------------------ */

static struct kvm_memory_slot *slot_of(struct kvm_memslots *slots,
				       struct kvm_slot_node *node)
{
	return container_of(node - slots->nr, struct kvm_memory_slot, node[0]);
}

static struct kvm_memory_slot *slot_of_gfn(struct kvm_memslots *slots,
					   struct interval_tree_node *node)
{
	if (!node)
		return NULL;
	return slot_of(slots, container_of(node, struct kvm_slot_node, gfn));
}

static struct kvm_memory_slot *slot_of_hva(struct kvm_memslots *slots,
					   struct interval_tree_node *node)
{
	if (!node)
		return NULL;
	return slot_of(slots, container_of(node, struct kvm_slot_node, hva));
}

struct kvm_memory_slot *kvm_memslots_find(struct kvm_memslots *slots, gfn_t gfn)
{
	struct kvm_memory_slot *slot = READ_ONCE(slots->last_used);

	if (slot && gfn - slot->base_gfn < slot->npages)
		return slot;

	slot = slot_of_gfn(slots,
			   interval_tree_iter_first(&slots->gfns, gfn, gfn));
	if (slot)
		WRITE_ONCE(slots->last_used, slot);
	return slot;
}

struct kvm_memory_slot *kvm_memslots_next_gfn(struct kvm_memslots *slots,
					      struct kvm_memory_slot *slot,
					      gfn_t start, gfn_t end)
{
	struct interval_tree_node *node;

	if (start >= end)
		return NULL;
	if (slot)
		node = interval_tree_iter_next(&slot->node[slots->nr].gfn,
					       start, end - 1);
	else
		node = interval_tree_iter_first(&slots->gfns, start, end - 1);
	return slot_of_gfn(slots, node);
}

struct kvm_memory_slot *kvm_memslots_next_hva(struct kvm_memslots *slots,
					      struct kvm_memory_slot *slot,
					      unsigned long start,
					      unsigned long end)
{
	struct interval_tree_node *node;

	if (start >= end)
		return NULL;
	if (slot)
		node = interval_tree_iter_next(&slot->node[slots->nr].hva,
					       start, end - 1);
	else
		node = interval_tree_iter_first(&slots->hvas, start, end - 1);
	return slot_of_hva(slots, node);
}

struct kvm_memory_slot *kvm_memslots_by_id(struct kvm *kvm, unsigned int as_id,
					   unsigned int id)
{
	lockdep_assert_held(&kvm->slots_lock);

	return xa_load(&kvm->slots.by_id[as_id], id);
}

/* --- a VM's -------------------------------------------------------------- */

int kvm_memslots_create_vm(struct kvm *kvm)
{
	struct kvm_vm_slots *s = &kvm->slots;
	unsigned int as_id, nr;
	int r;

	r = init_srcu_struct(&kvm->srcu);
	if (r)
		return r;

	mutex_init(&kvm->slots_lock);
	for (as_id = 0; as_id < KVM_ADDRESS_SPACE_NUM; as_id++) {
		for (nr = 0; nr < 2; nr++)
			s->set[as_id][nr] = (struct kvm_memslots){
				.generation = as_id,
				.gfns = RB_ROOT_CACHED,
				.hvas = RB_ROOT_CACHED,
				.nr = nr,
			};
		xa_init_flags(&s->by_id[as_id], XA_FLAGS_ACCOUNT);
		rcu_assign_pointer(s->active[as_id], &s->set[as_id][0]);
	}
	s->nr_pages = 0;
	spin_lock_init(&s->hold_lock);
	s->nr_holds = 0;
	init_waitqueue_head(&s->hold_wait);
	return 0;
}

/* Frees a slot, and of what it points to all that @heir does not have. */
static void free_slot(struct kvm_memory_slot *slot,
		      const struct kvm_memory_slot *heir)
{
	if (!heir || heir->dirty_bitmap != slot->dirty_bitmap)
		kvfree(slot->dirty_bitmap);
	if (!heir || heir->mmu.disallowed[0] != slot->mmu.disallowed[0])
		kvm_mmu_slot_free(slot);
	kfree(slot);
}

void kvm_memslots_destroy_vm(struct kvm *kvm)
{
	struct kvm_memory_slot *slot;
	unsigned long id;
	unsigned int as_id;

	for (as_id = 0; as_id < KVM_ADDRESS_SPACE_NUM; as_id++) {
		xa_for_each(&kvm->slots.by_id[as_id], id, slot)
			free_slot(slot, NULL);
		xa_destroy(&kvm->slots.by_id[as_id]);
	}
	cleanup_srcu_struct(&kvm->srcu);
}

/* --- which set is active ------------------------------------------------- */

void kvm_memslots_hold(struct kvm *kvm)
{
	struct kvm_vm_slots *s = &kvm->slots;

	spin_lock(&s->hold_lock);
	s->nr_holds++;
	spin_unlock(&s->hold_lock);
}

void kvm_memslots_unhold(struct kvm *kvm)
{
	struct kvm_vm_slots *s = &kvm->slots;

	spin_lock(&s->hold_lock);
	if (!--s->nr_holds)
		wake_up(&s->hold_wait);
	spin_unlock(&s->hold_lock);
}

static void make_active(struct kvm *kvm, unsigned int as_id,
			struct kvm_memslots *slots)
{
	struct kvm_vm_slots *s = &kvm->slots;

	spin_lock(&s->hold_lock);
	wait_event_cmd(s->hold_wait, !s->nr_holds, spin_unlock(&s->hold_lock),
		       spin_lock(&s->hold_lock));
	rcu_assign_pointer(s->active[as_id], slots);
	spin_unlock(&s->hold_lock);
}

/* --- what is allowed ----------------------------------------------------- */

static unsigned int region_as_id(const struct kvm_userspace_memory_region *mem)
{
	return mem->slot >> 16;
}

static unsigned int region_id(const struct kvm_userspace_memory_region *mem)
{
	return mem->slot & 0xffff;
}

/* What has to hold whatever slots there are; for deleting, too, as in KVM. */
static int check_region(const struct kvm_userspace_memory_region *mem)
{
	unsigned long hva = untagged_addr(mem->userspace_addr);
	u64 gpa = mem->guest_phys_addr;
	u64 size = mem->memory_size;

	if (mem->flags & ~UAPI_FLAGS)
		return -EINVAL;
	if (region_as_id(mem) >= KVM_ADDRESS_SPACE_NUM ||
	    region_id(mem) >= KVM_MEM_SLOTS_NUM)
		return -EINVAL;
	if ((gpa | size | hva) & ~PAGE_MASK)
		return -EINVAL;
	if (gpa + size < gpa || size >> PAGE_SHIFT > KVM_MEM_MAX_NR_PAGES)
		return -EINVAL;
	if (hva != mem->userspace_addr || !access_ok((void __user *)hva, size))
		return -EINVAL;
	return 0;
}

static int check_place(struct kvm *kvm,
		       const struct kvm_userspace_memory_region *mem,
		       const struct kvm_memory_slot *old)
{
	struct kvm_memslots *slots = kvm_memslots(kvm, region_as_id(mem));
	gfn_t start = mem->guest_phys_addr >> PAGE_SHIFT;
	gfn_t end = start + (mem->memory_size >> PAGE_SHIFT);
	struct kvm_memory_slot *slot = NULL;

	while ((slot = kvm_memslots_next_gfn(slots, slot, start, end)))
		if (slot != old)
			return -EEXIST;
	return end - 1 > kvm_mmu_max_gfn() ? -EINVAL : 0;
}

/* Return: 1, there is something to do; 0, there is not; or an error. */
static int check_change(struct kvm *kvm,
			const struct kvm_userspace_memory_region *mem,
			const struct kvm_memory_slot *old)
{
	int r;

	if (!mem->memory_size)
		return old ? 1 : -EINVAL;
	if (old) {
		if (mem->userspace_addr != old->userspace_addr ||
		    mem->memory_size >> PAGE_SHIFT != old->npages ||
		    (mem->flags ^ old->flags) & KVM_MEM_READONLY)
			return -EINVAL;
		if (mem->guest_phys_addr >> PAGE_SHIFT == old->base_gfn)
			return mem->flags != old->flags;
	}
	r = check_place(kvm, mem, old);
	return r ? r : 1;
}

/* --- changes ------------------------------------------------------------- */

static int alloc_dirty_bitmap(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	slot->dirty_bitmap = kvcalloc(2, kvm_slot_bitmap_bytes(slot),
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!slot->dirty_bitmap)
		return -ENOMEM;
	if (kvm_dirty_log_initially_set(kvm))
		bitmap_set(slot->dirty_bitmap, 0, slot->npages);
	return 0;
}

/*
 * The slot as @mem wants it.  What it can take over of the old one it shares
 * with it: pages that are dirty stay so, whether the slot moves or not.
 */
static struct kvm_memory_slot *
alloc_slot(struct kvm *kvm, const struct kvm_userspace_memory_region *mem,
	   const struct kvm_memory_slot *old)
{
	struct kvm_memory_slot *new;
	int r = 0;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return ERR_PTR(-ENOMEM);

	new->base_gfn = mem->guest_phys_addr >> PAGE_SHIFT;
	new->npages = mem->memory_size >> PAGE_SHIFT;
	new->userspace_addr = mem->userspace_addr;
	new->flags = mem->flags;
	new->id = region_id(mem);
	new->as_id = region_as_id(mem);

	if (new->flags & KVM_MEM_LOG_DIRTY_PAGES) {
		if (old && old->dirty_bitmap)
			new->dirty_bitmap = old->dirty_bitmap;
		else
			r = alloc_dirty_bitmap(kvm, new);
	}
	if (!r) {
		/* By which 2M a gfn is in, so not for another place. */
		if (old && old->base_gfn == new->base_gfn)
			new->mmu = old->mmu;
		else
			r = kvm_mmu_slot_alloc(new);
	}
	if (r) {
		free_slot(new, old);
		return ERR_PTR(r);
	}
	return new;
}

/* All that has to be allocated.  Return: the new slot; NULL, there is none. */
static struct kvm_memory_slot *
prepare(struct kvm *kvm, const struct kvm_userspace_memory_region *mem,
	const struct kvm_memory_slot *old)
{
	struct kvm_memory_slot *new;
	int r;

	if (!mem->memory_size)
		return NULL;
	new = alloc_slot(kvm, mem, old);
	if (IS_ERR(new) || old)
		return new;
	r = xa_reserve(&kvm->slots.by_id[new->as_id], new->id,
		       GFP_KERNEL_ACCOUNT);
	if (r) {
		free_slot(new, NULL);
		return ERR_PTR(r);
	}
	return new;
}

/* In a set that nobody reads. */
static void replace_in(struct kvm_memslots *slots, struct kvm_memory_slot *old,
		       struct kvm_memory_slot *new)
{
	struct kvm_slot_node *node;

	WRITE_ONCE(slots->last_used, NULL);
	if (old) {
		node = &old->node[slots->nr];
		interval_tree_remove(&node->gfn, &slots->gfns);
		interval_tree_remove(&node->hva, &slots->hvas);
	}
	if (new) {
		node = &new->node[slots->nr];
		node->gfn.start = new->base_gfn;
		node->gfn.last = new->base_gfn + new->npages - 1;
		node->hva.start = new->userspace_addr;
		node->hva.last =
			new->userspace_addr + (new->npages << PAGE_SHIFT) - 1;
		interval_tree_insert(&node->gfn, &slots->gfns);
		interval_tree_insert(&node->hva, &slots->hvas);
	}
}

static void replace_by_id(struct kvm *kvm, const struct kvm_memory_slot *old,
			  struct kvm_memory_slot *new)
{
	struct kvm_vm_slots *s = &kvm->slots;

	if (new) {
		/* The place is reserved or taken: nothing is allocated. */
		xa_store(&s->by_id[new->as_id], new->id, new, GFP_KERNEL);
		s->nr_pages += new->npages;
	} else {
		xa_erase(&s->by_id[old->as_id], old->id);
	}
	if (old)
		s->nr_pages -= old->npages;
}

/* What comes where @old was is no part of it any more. */
static bool goes(const struct kvm_memory_slot *old,
		 const struct kvm_memory_slot *new)
{
	return old && (!new || new->base_gfn != old->base_gfn);
}

static bool log_begins(const struct kvm_memory_slot *old,
		       const struct kvm_memory_slot *new)
{
	if (!old || !new)
		return false;
	return (~old->flags & new->flags) & KVM_MEM_LOG_DIRTY_PAGES;
}

static void install(struct kvm *kvm, struct kvm_memory_slot *old,
		    struct kvm_memory_slot *new)
{
	unsigned int as_id = new ? new->as_id : old->as_id;
	struct kvm_memslots *was = kvm_memslots(kvm, as_id);
	struct kvm_memslots *is = &kvm->slots.set[as_id][!was->nr];
	u64 generation = was->generation + KVM_ADDRESS_SPACE_NUM;

	WRITE_ONCE(was->generation, was->generation | KVM_MEMSLOT_GEN_UPDATING);
	if (goes(old, new)) {
		WRITE_ONCE(old->flags, old->flags | KVM_MEMSLOT_INVALID);
		/* Faults that took it for valid end; then no more come. */
		synchronize_srcu_expedited(&kvm->srcu);
		kvm_mmu_slot_going(kvm);
	}

	replace_in(is, old, new);
	is->generation = generation | KVM_MEMSLOT_GEN_UPDATING;
	make_active(kvm, as_id, is);
	synchronize_srcu_expedited(&kvm->srcu);
	replace_in(was, old, new);
	replace_by_id(kvm, old, new);

	/* What is writable needs no protection while it counts as written. */
	if (log_begins(old, new) && !kvm_dirty_log_initially_set(kvm))
		kvm_mmu_slot_log_begins(kvm, new);
	kvm_mmu_slots_generation(kvm, generation);
	/* Whoever sees it sees that old MMIO SPTEs are gone. */
	smp_store_release(&is->generation, generation);
}

static int set_memory_region(struct kvm *kvm,
			     const struct kvm_userspace_memory_region *mem)
{
	struct kvm_memory_slot *old, *new;
	int r;

	old = kvm_memslots_by_id(kvm, region_as_id(mem), region_id(mem));
	r = check_change(kvm, mem, old);
	if (r <= 0)
		return r;
	new = prepare(kvm, mem, old);
	if (IS_ERR(new))
		return PTR_ERR(new);
	install(kvm, old, new);
	if (old)
		free_slot(old, new);
	return 0;
}

int kvm_set_memory_region(struct kvm *kvm,
			  const struct kvm_userspace_memory_region *mem)
{
	int r = check_region(mem);

	if (r)
		return r;
	mutex_lock(&kvm->slots_lock);
	r = set_memory_region(kvm, mem);
	mutex_unlock(&kvm->slots_lock);
	return r;
}

int kvm_vm_ioctl_set_memory_region(struct kvm *kvm, const void __user *argp)
{
	struct kvm_userspace_memory_region mem;

	if (copy_from_user(&mem, argp, sizeof(mem)))
		return -EFAULT;
	if (region_id(&mem) >= KVM_USER_MEM_SLOTS)
		return -EINVAL;
	return kvm_set_memory_region(kvm, &mem);
}
