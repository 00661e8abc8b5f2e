/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_cache.h - objects allocated before a lock is taken, used under it
 *
 * Owns: struct kvm_mmu_cache, struct kvm_mmu_caches.  Nothing may sleep under mmu_lock, and a fault
 * may need a page table on each level; so its caches are topped up before the
 * lock is taken, and what is allocated under it comes out of them.
 *
 * Locking: none of its own.  A cache belongs to one vCPU (its mutex) or to one
 * VM-wide operation (slots_lock), and one task works on it at a time.
 *
 * References: the objects in a cache are the cache's; those taken out of it
 * are the caller's, who frees them to where they came from: the slab, or the
 * page allocator.
 *
 * Deliberately absent: shrinking.  A cache holds a few objects, and is given
 * back whole.
 */
#ifndef TWINWALK_MMU_CACHE_H
#define TWINWALK_MMU_CACHE_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/types.h>

struct kmem_cache;

/* Splitting a 1G page all the way down takes a table, and 512 more. */
#define KVM_MMU_CACHE_MAX 513

/* For kvm_mmu_cache_init(): whoever takes an object overwrites it whole. */
#define KVM_MMU_CACHE_NO_INIT BIT(0)

/**
 * struct kvm_mmu_cache - objects at hand
 * @slab: where they come from; NULL: each is a page
 * @init_value: what each u64 of an object holds
 * @objects: those at hand; NULL until the first top-up
 * @nobjs: how many
 * @capacity: how many a top-up makes of them
 * @flags: KVM_MMU_CACHE_*
 */
struct kvm_mmu_cache {
	struct kmem_cache *slab;
	u64 init_value;
	void **objects;
	unsigned int nobjs;
	unsigned short capacity;
	unsigned short flags;
};

/**
 * struct kvm_mmu_caches - what new tables are made of, see tdp_mmu.h
 * @headers: struct kvm_mmu_page
 * @tables: pages whose entries are nonpresent
 */
struct kvm_mmu_caches {
	struct kvm_mmu_cache headers;
	struct kvm_mmu_cache tables;
};

/**
 * kvm_mmu_cache_init() - an empty cache
 * @c: filled whole
 * @slab: the objects' kmem_cache, or NULL for pages
 * @capacity: how many objects a top-up leaves there, 1 to KVM_MMU_CACHE_MAX
 * @init_value: what each u64 of a new object holds; 0 with a slab
 * @flags: KVM_MMU_CACHE_*
 *
 * Allocates nothing.
 */
void kvm_mmu_cache_init(struct kvm_mmu_cache *c, struct kmem_cache *slab,
			unsigned int capacity, u64 init_value,
			unsigned int flags);

/**
 * kvm_mmu_cache_free() - give back all that the cache holds
 * @c: initialised; may be empty, and may be topped up again afterwards
 *
 * Context: may sleep.
 */
void kvm_mmu_cache_free(struct kvm_mmu_cache *c);

/* kvm_mmu_cache_topup() where there are fewer than @min. */
int kvm_mmu_cache_fill(struct kvm_mmu_cache *c, unsigned int min);

/**
 * kvm_mmu_cache_topup() - have objects at hand
 * @c: to be topped up
 * @min: how many the caller may take; at most the capacity
 *
 * Does nothing if they are there; else fills the cache up to its capacity,
 * accounted to the memory cgroup of the task.
 *
 * Context: may sleep.
 * Return: 0, @min or more objects are there; -ENOMEM, fewer are; -EINVAL, the
 * cache is too small for @min.  What was got stays in the cache.
 */
static inline int kvm_mmu_cache_topup(struct kvm_mmu_cache *c, unsigned int min)
{
	/* might_sleep() would call the scheduler on each fault. */
	__might_sleep(__FILE__, __LINE__);

	if (likely(c->nobjs >= min))
		return 0;
	return kvm_mmu_cache_fill(c, min);
}

/**
 * kvm_mmu_cache_alloc() - take an object
 * @c: topped up
 *
 * Context: any; does not sleep.
 * Return: an object, initialised as kvm_mmu_cache_init() was told; NULL only
 * if more were taken than the top-up was asked for.
 */
static inline void *kvm_mmu_cache_alloc(struct kvm_mmu_cache *c)
{
	if (unlikely(!c->nobjs))
		return NULL;
	return c->objects[--c->nobjs];
}

/**
 * kvm_mmu_cache_put() - put back an object that was not used after all
 * @c: where it was taken from, with no top-up since
 * @object: as it was when taken
 *
 * Context: any; does not sleep.
 */
static inline void kvm_mmu_cache_put(struct kvm_mmu_cache *c, void *object)
{
	c->objects[c->nobjs++] = object;
}

#endif
