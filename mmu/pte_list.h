/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pte_list.h - the container of rmaps and parent links
 *
 * Owns: lists of pointers to SPTEs, and the layout of struct pte_list_desc.
 * Only a VM that shadows page tables has any; with TDP that is a nesting VM,
 * whose lists are short, so a descriptor is small there, and large only where
 * every guest page is shadowed and many processes of the guest map the same
 * page.  A list of one needs no descriptor at all.
 *
 * Locking: whoever changes a list holds mmu_lock for writing.  Where a list is
 * also read without mmu_lock, reader and writer both hold the list's own lock,
 * a bit in its head.  The reader is inside rcu_read_lock() as well: that keeps
 * the tables that the SPTEs are in.  All functions leave the lock as it is.
 *
 * References: none; a list owns its descriptors, not what they point to.
 *
 * Deliberately absent: an order.  SPTEs come out newest first, more or less.
 */
#ifndef TWINWALK_MMU_PTE_LIST_H
#define TWINWALK_MMU_PTE_LIST_H

#include <linux/bit_spinlock.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct kmem_cache;
struct kvm_mmu_cache;

/* How many SPTEs a descriptor holds: 32 bytes with TDP, 128 without. */
#define PTE_LIST_SPTES_TDP    2
#define PTE_LIST_SPTES_SHADOW 14

/**
 * struct pte_list_desc - some SPTEs of a list, and the rest behind them
 * @more: the next descriptor; every one but the first of a list is full
 * @spte_count: how many of @sptes are in use
 * @tail_count: how many SPTEs the descriptors behind this one hold, all told
 * @sptes: as many as kvm_mmu_nr_sptes_per_pte_list()
 */
struct pte_list_desc {
	struct pte_list_desc *more;
	u32 spte_count;
	u32 tail_count;
	u64 *sptes[];
};

static_assert(offsetof(struct pte_list_desc, sptes[PTE_LIST_SPTES_TDP]) == 32);
static_assert(offsetof(struct pte_list_desc, sptes[PTE_LIST_SPTES_SHADOW]) ==
	      128);

/* In a head, both in bits that a pointer to 8 bytes has clear. */
#define KVM_PTE_LIST_MANY     BIT(0)
#define KVM_PTE_LIST_LOCK_BIT 1
#define KVM_PTE_LIST_LOCK     BIT(KVM_PTE_LIST_LOCK_BIT)

static_assert((KVM_PTE_LIST_MANY | KVM_PTE_LIST_LOCK) < sizeof(u64));

/**
 * struct kvm_pte_list_head - a list; all zero is an empty one
 * @val: 0, the one SPTE's address, or the first descriptor's plus
 *	KVM_PTE_LIST_MANY if there are two SPTEs or more; to each of them
 *	KVM_PTE_LIST_LOCK is added while the list is locked
 */
struct kvm_pte_list_head {
	unsigned long val;
};

/**
 * struct kvm_pte_list_iter - a place in a list
 * @next: the SPTE that comes next, NULL after the last
 * @desc: where the one after @next is; NULL if there is none
 * @pos: its place in @desc, counted from 1
 *
 * It runs one SPTE ahead, and through each descriptor from its end, so that
 * taking the current SPTE out moves none that is still to come.
 */
struct kvm_pte_list_iter {
	u64 *next;
	const struct pte_list_desc *desc;
	u32 pos;
};

/**
 * kvm_pte_list_lock() - keep others from reading or changing the list
 * @head: not locked by this task
 *
 * Context: any that no interrupt handler shares; preemption is off until
 * kvm_pte_list_unlock().
 */
static inline void kvm_pte_list_lock(struct kvm_pte_list_head *head)
	__acquires(bitlock)
{
	bit_spin_lock(KVM_PTE_LIST_LOCK_BIT, &head->val);
}

/** kvm_pte_list_unlock() - the reverse of kvm_pte_list_lock() */
static inline void kvm_pte_list_unlock(struct kvm_pte_list_head *head)
	__releases(bitlock)
{
	bit_spin_unlock(KVM_PTE_LIST_LOCK_BIT, &head->val);
}

/**
 * kvm_pte_list_empty() - has it no SPTE?
 * @head: need not be locked; then the answer may be old already
 */
static inline bool kvm_pte_list_empty(const struct kvm_pte_list_head *head)
{
	return !(READ_ONCE(head->val) & ~KVM_PTE_LIST_LOCK);
}

/**
 * kvm_pte_list_add() - add an SPTE
 * @head: the list
 * @sptep: not in it; a debug build looks for it among the newest few
 * @descs: where a descriptor is taken from if one is needed, which
 *	%KVM_MMU_CACHE_NO_INIT suits; one is enough, two if @nr is 1
 * @nr: SPTEs per descriptor, the same in all calls for the list
 *
 * Context: see the head of this file; does not sleep.
 * Return: how many SPTEs the list has now; -ENOMEM, @descs is empty and nothing
 * has changed; -EEXIST, debug builds only, it is in the list.
 */
int kvm_pte_list_add(struct kvm_pte_list_head *head, u64 *sptep,
		     struct kvm_mmu_cache *descs, unsigned int nr);

/**
 * kvm_pte_list_remove() - take an SPTE out
 * @head: the list
 * @sptep: in it
 * @slab: where a descriptor goes that is needed no more
 *
 * Looks from the newest on, through all of the list if need be.
 *
 * Context: see the head of this file; does not sleep.
 * Return: 0; -ENOENT, it is not in the list, and nothing has changed.
 */
int kvm_pte_list_remove(struct kvm_pte_list_head *head, u64 *sptep,
			struct kmem_cache *slab);

/**
 * kvm_pte_list_clear() - take all SPTEs out
 * @head: the list; it is empty already when @fn is called
 * @slab: where the descriptors go
 * @fn: called for each SPTE, or NULL
 * @arg: for @fn
 *
 * Context: see the head of this file; does not sleep if @fn does not.
 * Return: how many there were.
 */
unsigned int kvm_pte_list_clear(struct kvm_pte_list_head *head,
				struct kmem_cache *slab,
				void (*fn)(u64 *sptep, void *arg), void *arg);

/**
 * kvm_pte_list_count() - how many SPTEs?  The same time for every length.
 * @head: the list
 */
unsigned int kvm_pte_list_count(const struct kvm_pte_list_head *head);

/**
 * kvm_pte_list_next() - go to the next SPTE
 * @iter: set up by kvm_pte_list_first()
 *
 * The current SPTE may have been removed, and no other; SPTEs may have been
 * added, and are not visited.
 *
 * Return: NULL after the last.
 */
static inline u64 *kvm_pte_list_next(struct kvm_pte_list_iter *iter)
{
	u64 *sptep = iter->next;

	if (!iter->desc) {
		iter->next = NULL;
		return sptep;
	}

	iter->next = iter->desc->sptes[--iter->pos];
	if (!iter->pos) {
		iter->desc = iter->desc->more;
		if (iter->desc)
			iter->pos = iter->desc->spte_count;
	}
	return sptep;
}

/**
 * kvm_pte_list_first() - go to the first SPTE
 * @head: the list
 * @iter: filled whole
 *
 * for (sptep = kvm_pte_list_first(head, &iter); sptep;
 *      sptep = kvm_pte_list_next(&iter))
 *
 * Context: the list changes, up to the last use of @iter, only as
 * kvm_pte_list_next() allows; see also the head of this file.
 * Return: NULL if there is none.
 */
static inline u64 *kvm_pte_list_first(const struct kvm_pte_list_head *head,
				      struct kvm_pte_list_iter *iter)
{
	unsigned long val = READ_ONCE(head->val) & ~KVM_PTE_LIST_LOCK;

	if (!(val & KVM_PTE_LIST_MANY)) {
		*iter = (struct kvm_pte_list_iter){};
		return (u64 *)val;
	}

	iter->next = NULL;
	iter->desc = (void *)(val - KVM_PTE_LIST_MANY);
	iter->pos = iter->desc->spte_count;
	kvm_pte_list_next(iter);
	return kvm_pte_list_next(iter);
}

#endif
