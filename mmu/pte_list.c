// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_list.c - changing the lists of rmaps and parent links
 *
 * Owns: adding to a list and taking out of it.  See pte_list.h for locking.
 *
 * Only the first descriptor of a list has free places: what is added goes
 * there, or into a new descriptor in front of it; the hole that a removed SPTE
 * leaves is filled with the last one of the first descriptor.  Two SPTEs or
 * more are in descriptors, one is in the head, whatever the list was before.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "mmu/mmu_cache.h"
#include "mmu/pte_list.h"

/* So many of the newest SPTEs a debug build looks at when one is added. */
#define NR_CHECKED 16

static unsigned long head_get(const struct kvm_pte_list_head *head)
{
	return READ_ONCE(head->val) & ~KVM_PTE_LIST_LOCK;
}

/* Nobody else writes to a locked head but to set the bit that is set. */
static void head_set(struct kvm_pte_list_head *head, unsigned long val)
{
	WRITE_ONCE(head->val, val | (head->val & KVM_PTE_LIST_LOCK));
}

static struct pte_list_desc *first_desc(const struct kvm_pte_list_head *head)
{
	unsigned long val = head_get(head);

	if (!(val & KVM_PTE_LIST_MANY))
		return NULL;
	return (void *)(val - KVM_PTE_LIST_MANY);
}

static void set_first_desc(struct kvm_pte_list_head *head,
			   struct pte_list_desc *desc)
{
	head_set(head, (unsigned long)desc + KVM_PTE_LIST_MANY);
}

static unsigned int desc_total(const struct pte_list_desc *desc)
{
	return desc->spte_count + desc->tail_count;
}

unsigned int kvm_pte_list_count(const struct kvm_pte_list_head *head)
{
	const struct pte_list_desc *desc = first_desc(head);

	if (desc)
		return desc_total(desc);
	return !kvm_pte_list_empty(head);
}

#ifdef TWINWALK_DEBUG
static bool seen_lately(const struct kvm_pte_list_head *head, u64 *sptep)
{
	struct kvm_pte_list_iter iter;
	unsigned int left = NR_CHECKED;
	u64 *other;

	other = kvm_pte_list_first(head, &iter);
	while (other && other != sptep && --left)
		other = kvm_pte_list_next(&iter);
	return other == sptep;
}
#else
static bool seen_lately(const struct kvm_pte_list_head *head, u64 *sptep)
{
	return false;
}
#endif

/* A descriptor in front of @more, which may be NULL. */
static struct pte_list_desc *new_desc(struct kvm_mmu_cache *descs,
				      struct pte_list_desc *more)
{
	struct pte_list_desc *desc = kvm_mmu_cache_alloc(descs);

	if (!desc)
		return NULL;
	desc->more = more;
	desc->spte_count = 0;
	desc->tail_count = more ? desc_total(more) : 0;
	return desc;
}

/* The second SPTE of a list: out of the head, into descriptors. */
static int add_second(struct kvm_pte_list_head *head, u64 *sptep,
		      struct kvm_mmu_cache *descs, unsigned int nr)
{
	struct pte_list_desc *first, *desc;

	first = new_desc(descs, NULL);
	if (!first)
		return -ENOMEM;
	first->sptes[first->spte_count++] = (u64 *)head_get(head);

	desc = first;
	if (nr == 1) {
		desc = new_desc(descs, first);
		if (!desc) {
			kvm_mmu_cache_put(descs, first);
			return -ENOMEM;
		}
	}
	desc->sptes[desc->spte_count++] = sptep;
	set_first_desc(head, desc);
	return 2;
}

int kvm_pte_list_add(struct kvm_pte_list_head *head, u64 *sptep,
		     struct kvm_mmu_cache *descs, unsigned int nr)
{
	struct pte_list_desc *desc;

	if (seen_lately(head, sptep))
		return -EEXIST;

	if (kvm_pte_list_empty(head)) {
		head_set(head, (unsigned long)sptep);
		return 1;
	}

	desc = first_desc(head);
	if (!desc)
		return add_second(head, sptep, descs, nr);

	if (desc->spte_count == nr) {
		desc = new_desc(descs, desc);
		if (!desc)
			return -ENOMEM;
		set_first_desc(head, desc);
	}
	desc->sptes[desc->spte_count++] = sptep;
	return desc_total(desc);
}

static u64 **find(struct pte_list_desc *desc, u64 *sptep)
{
	unsigned int i;

	for (; desc; desc = desc->more) {
		for (i = desc->spte_count; i--;) {
			if (desc->sptes[i] == sptep)
				return &desc->sptes[i];
		}
	}
	return NULL;
}

/* The first descriptor has lost an SPTE: is it still needed? */
static void trim(struct kvm_pte_list_head *head, struct kmem_cache *slab)
{
	struct pte_list_desc *desc = first_desc(head);

	if (!desc->spte_count) {
		set_first_desc(head, desc->more);
		kmem_cache_free(slab, desc);
		desc = first_desc(head);
	}
	if (desc_total(desc) == 1) {
		head_set(head, (unsigned long)desc->sptes[0]);
		kmem_cache_free(slab, desc);
	}
}

int kvm_pte_list_remove(struct kvm_pte_list_head *head, u64 *sptep,
			struct kmem_cache *slab)
{
	struct pte_list_desc *desc = first_desc(head);
	u64 **place;

	if (!desc) {
		if (!sptep || head_get(head) != (unsigned long)sptep)
			return -ENOENT;
		head_set(head, 0);
		return 0;
	}

	place = find(desc, sptep);
	if (!place)
		return -ENOENT;
	*place = desc->sptes[--desc->spte_count];
	trim(head, slab);
	return 0;
}

unsigned int kvm_pte_list_clear(struct kvm_pte_list_head *head,
				struct kmem_cache *slab,
				void (*fn)(u64 *sptep, void *arg), void *arg)
{
	struct pte_list_desc *more, *desc = first_desc(head);
	unsigned int i, nr = kvm_pte_list_count(head);
	u64 *single = desc ? NULL : (u64 *)head_get(head);

	head_set(head, 0);
	if (single && fn)
		fn(single, arg);

	for (; desc; desc = more) {
		for (i = desc->spte_count; i-- && fn;)
			fn(desc->sptes[i], arg);
		more = desc->more;
		kmem_cache_free(slab, desc);
	}
	return nr;
}
