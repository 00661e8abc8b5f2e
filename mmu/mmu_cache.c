// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_cache.c - objects allocated before a lock is taken
 *
 * Owns: filling a struct kvm_mmu_cache, and giving back what it holds.  See
 * mmu_cache.h, locking included.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mmu/mmu_cache.h"

void kvm_mmu_cache_init(struct kvm_mmu_cache *c, struct kmem_cache *slab,
			unsigned int capacity, u64 init_value,
			unsigned int flags)
{
	*c = (struct kvm_mmu_cache){
		.slab = slab,
		.init_value = init_value,
		.capacity = capacity,
		.flags = flags,
	};
}

static void *new_object(struct kvm_mmu_cache *c)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT;
	bool init = !(c->flags & KVM_MMU_CACHE_NO_INIT);
	void *object;

	if (init && !c->init_value)
		gfp |= __GFP_ZERO;
	if (c->slab)
		return kmem_cache_alloc(c->slab, gfp);

	object = (void *)__get_free_page(gfp);
	if (object && init && c->init_value)
		memset64(object, c->init_value, PAGE_SIZE / sizeof(u64));
	return object;
}

int kvm_mmu_cache_fill(struct kvm_mmu_cache *c, unsigned int min)
{
	void *object;

	if (min > c->capacity)
		return -EINVAL;

	if (!c->objects)
		c->objects = kvmalloc_array(c->capacity, sizeof(*c->objects),
					    GFP_KERNEL_ACCOUNT);
	if (!c->objects)
		return -ENOMEM;

	while (c->nobjs < c->capacity) {
		object = new_object(c);
		if (!object)
			return c->nobjs >= min ? 0 : -ENOMEM;
		c->objects[c->nobjs++] = object;
	}
	return 0;
}

void kvm_mmu_cache_free(struct kvm_mmu_cache *c)
{
	void *object;

	while (c->nobjs) {
		object = c->objects[--c->nobjs];
		if (c->slab)
			kmem_cache_free(c->slab, object);
		else
			free_page((unsigned long)object);
	}
	kvfree(c->objects);
	c->objects = NULL;
}
