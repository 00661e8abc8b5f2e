/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_spy.h - how many objects of a slab cache were freed
 *
 * What is gone from a list is not known to have been freed; the kernel's own
 * tracepoint knows.  The flag keeps the kernel from merging the cache with
 * another, and kmemleak from allocating for each object what would fail in its
 * place.
 */
#ifndef TWINWALK_TESTS_SLAB_SPY_H
#define TWINWALK_TESTS_SLAB_SPY_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <trace/events/kmem.h>

/* What the constructor leaves in an object's first word. */
#define SLAB_SPY_MARK 0x7477696e77616c6bul

struct slab_spy {
	struct kmem_cache *slab;
	atomic_t nr_freed;
};

static inline void slab_spy_on_free(void *data, unsigned long call_site,
				    const void *ptr, const struct kmem_cache *s)
{
	struct slab_spy *spy = data;

	if (s == READ_ONCE(spy->slab))
		atomic_inc(&spy->nr_freed);
}

static inline void slab_spy_ctor(void *object)
{
	*(unsigned long *)object = SLAB_SPY_MARK;
}

static inline void slab_spy_start(struct kunit *test, struct slab_spy *spy,
				  unsigned int size)
{
	atomic_set(&spy->nr_freed, 0);
	if (register_trace_kmem_cache_free(slab_spy_on_free, spy))
		kunit_skip(test, "this kernel has no tracepoints");
	spy->slab = kmem_cache_create("twinwalk_spied_on", size, 0,
				      SLAB_NOLEAKTRACE, slab_spy_ctor);
	if (!spy->slab)
		unregister_trace_kmem_cache_free(slab_spy_on_free, spy);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, spy->slab);
}

/* An object that was not freed makes the kernel WARN here. */
static inline void slab_spy_end(struct slab_spy *spy)
{
	unregister_trace_kmem_cache_free(slab_spy_on_free, spy);
	tracepoint_synchronize_unregister();
	kmem_cache_destroy(spy->slab);
	spy->slab = NULL;
}

#endif
