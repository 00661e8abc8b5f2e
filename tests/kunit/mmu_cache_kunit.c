// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_cache_kunit.c - object caches: what they hold, and what is given back
 *
 * A page that was given back has lost a reference: the tests hold one more of
 * each page, and look.  For slab objects there is the spy.
 *
 * Not seen here: that objects are accounted to a memory cgroup, since the
 * lab's kernel has none.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "mmu/mmu_cache.h"
#include "slab_spy.h"
#include "tests/kunit/suites.h"

#define NR_U64 (PAGE_SIZE / sizeof(u64))

/* Suppress-#VE of EPT, as SPTEs have it; and one that no memory has by luck. */
#define VALUE_NONPRESENT 0x8000000000000000ull
#define VALUE_ODD	 0x5a0fedcba9876501ull

static bool all_u64_are(const u64 *object, unsigned int n, u64 value)
{
	while (n && object[n - 1] == value)
		n--;
	return !n;
}

/* Frees the cache and says how many of its pages came free of that. */
static unsigned int free_and_count(struct kunit *test, struct kvm_mmu_cache *c)
{
	unsigned int i, nr = c->nobjs, nr_freed = 0;
	struct page **pages;

	pages = kunit_kcalloc(test, nr + 1, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pages);
	for (i = 0; i < nr; i++) {
		pages[i] = virt_to_page(c->objects[i]);
		get_page(pages[i]);
	}
	kvm_mmu_cache_free(c);
	for (i = 0; i < nr; i++) {
		nr_freed += page_count(pages[i]) == 1;
		put_page(pages[i]);
	}
	KUNIT_EXPECT_EQ(test, c->nobjs, 0u);
	KUNIT_EXPECT_PTR_EQ(test, c->objects, NULL);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmu_cache_alloc(c), NULL);
	return nr_freed;
}

/* Leaves something in the pages that are about to be allocated. */
static void litter(void)
{
	static void *pages[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = (void *)__get_free_page(GFP_KERNEL);
		if (pages[i])
			memset(pages[i], 0xa5, PAGE_SIZE);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		free_page((unsigned long)pages[i]);
}

static void mmu_cache_unused_costs_nothing(struct kunit *test)
{
	struct kvm_mmu_cache c;

	KUNIT_EXPECT_LE(test, sizeof(c), (size_t)40);
	memset(&c, 0xff, sizeof(c));
	kvm_mmu_cache_init(&c, NULL, 7, VALUE_ODD, KVM_MMU_CACHE_NO_INIT);
	KUNIT_EXPECT_PTR_EQ(test, c.slab, NULL);
	KUNIT_EXPECT_PTR_EQ(test, c.objects, NULL);
	KUNIT_EXPECT_EQ(test, c.nobjs, 0u);
	KUNIT_EXPECT_EQ(test, (int)c.capacity, 7);
	KUNIT_EXPECT_EQ(test, (int)c.flags, (int)KVM_MMU_CACHE_NO_INIT);
	KUNIT_EXPECT_EQ(test, c.init_value, VALUE_ODD);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmu_cache_alloc(&c), NULL);
	/* None wanted, none got. */
	KUNIT_EXPECT_EQ(test, kvm_mmu_cache_topup(&c, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, c.objects, NULL);
	kvm_mmu_cache_free(&c);
}

static void mmu_cache_pages_hold_the_value(struct kunit *test)
{
	static const u64 values[] = { 0, VALUE_NONPRESENT, VALUE_ODD };
	unsigned int i, j, k, nr_bad;
	struct kvm_mmu_cache c;
	void *taken[5];

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		kvm_mmu_cache_init(&c, NULL, 5, values[i], 0);
		litter();
		KUNIT_ASSERT_EQ(test, kvm_mmu_cache_topup(&c, 2), 0);
		KUNIT_EXPECT_EQ(test, c.nobjs, 5u);

		nr_bad = 0;
		for (j = 0; j < 5; j++) {
			taken[j] = kvm_mmu_cache_alloc(&c);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, taken[j]);
			if (!all_u64_are(taken[j], NR_U64, values[i]) ||
			    !PAGE_ALIGNED(taken[j]))
				nr_bad++;
			for (k = 0; k < j; k++)
				nr_bad += taken[k] == taken[j];
		}
		KUNIT_EXPECT_EQ(test, nr_bad, 0u);
		KUNIT_EXPECT_PTR_EQ(test, kvm_mmu_cache_alloc(&c), NULL);

		/* What was taken is not the cache's any more. */
		KUNIT_ASSERT_EQ(test, kvm_mmu_cache_topup(&c, 1), 0);
		KUNIT_EXPECT_EQ(test, free_and_count(test, &c), 5u);
		for (j = 0; j < 5; j++)
			free_page((unsigned long)taken[j]);
	}
}

static void mmu_cache_no_init_is_left_alone(struct kunit *test)
{
	struct kvm_mmu_cache c;
	struct slab_spy spy;
	unsigned long *object;

	/* Pages that earlier tests left have the value. */
	litter();
	kvm_mmu_cache_init(&c, NULL, 3, VALUE_ODD, KVM_MMU_CACHE_NO_INIT);
	KUNIT_ASSERT_EQ(test, kvm_mmu_cache_topup(&c, 3), 0);
	KUNIT_EXPECT_FALSE(test, all_u64_are(c.objects[0], NR_U64, VALUE_ODD));
	KUNIT_EXPECT_EQ(test, free_and_count(test, &c), 3u);

	/* What the slab's constructor wrote is still there. */
	slab_spy_start(test, &spy, 64);
	kvm_mmu_cache_init(&c, spy.slab, 3, 0, KVM_MMU_CACHE_NO_INIT);
	KUNIT_EXPECT_EQ(test, kvm_mmu_cache_topup(&c, 3), 0);
	object = kvm_mmu_cache_alloc(&c);
	if (object)
		KUNIT_EXPECT_EQ(test, *object, SLAB_SPY_MARK);
	kmem_cache_free(spy.slab, object);
	kvm_mmu_cache_free(&c);
	KUNIT_EXPECT_EQ(test, atomic_read(&spy.nr_freed), 3);
	slab_spy_end(&spy);
}

static void mmu_cache_slab_objects_are_zero(struct kunit *test)
{
	struct kmem_cache *slab;
	struct kvm_mmu_cache c;
	unsigned int i, round, nr_bad = 0;
	void *object;

	slab = kmem_cache_create("twinwalk_no_ctor", 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, slab);
	kvm_mmu_cache_init(&c, slab, 40, 0, 0);
	for (round = 0; round < 20; round++) {
		KUNIT_EXPECT_EQ(test, kvm_mmu_cache_topup(&c, 40), 0);
		for (i = 0; i < 40; i++) {
			object = kvm_mmu_cache_alloc(&c);
			if (!object)
				break;
			nr_bad += !all_u64_are(object, 8, 0);
			memset(object, 0xa5, 64);
			kmem_cache_free(slab, object);
		}
		KUNIT_EXPECT_EQ(test, i, 40u);
	}
	KUNIT_EXPECT_EQ(test, nr_bad, 0u);
	kvm_mmu_cache_free(&c);
	kmem_cache_destroy(slab);
}

/* From @have objects, @min wanted: is what comes of it right? */
static bool topup_is_right(struct kvm_mmu_cache *c, unsigned int have,
			   unsigned int min)
{
	if (kvm_mmu_cache_topup(c, c->capacity))
		return false;
	while (c->nobjs > have)
		kmem_cache_free(c->slab, kvm_mmu_cache_alloc(c));
	if (kvm_mmu_cache_topup(c, min))
		return false;
	return c->nobjs == (have < min ? c->capacity : have);
}

/* A top-up does nothing while there is enough, and fills up if there is not. */
static void mmu_cache_topup_fills_up(struct kunit *test)
{
	unsigned int capacity, min, have, nr_bad = 0;
	struct kvm_mmu_cache c;
	struct slab_spy spy;

	slab_spy_start(test, &spy, 64);
	for (capacity = 1; capacity <= 12; capacity++) {
		kvm_mmu_cache_init(&c, spy.slab, capacity, 0,
				   KVM_MMU_CACHE_NO_INIT);
		for (min = 0; min <= capacity; min++)
			for (have = 0; have <= capacity; have++)
				nr_bad += !topup_is_right(&c, have, min);
		/* More than it can hold is a bug of the caller's. */
		have = c.nobjs;
		if (kvm_mmu_cache_topup(&c, capacity + 1) != -EINVAL ||
		    c.nobjs != have)
			nr_bad++;
		kvm_mmu_cache_free(&c);
	}
	KUNIT_EXPECT_EQ(test, nr_bad, 0u);
	slab_spy_end(&spy);
}

/* The largest, taken, put back and taken again. */
static void mmu_cache_largest(struct kunit *test)
{
	struct kvm_mmu_cache c;
	unsigned int i, nr = 0;
	void *object;

	kvm_mmu_cache_init(&c, NULL, KVM_MMU_CACHE_MAX, 0,
			   KVM_MMU_CACHE_NO_INIT);
	KUNIT_ASSERT_EQ(test, kvm_mmu_cache_topup(&c, KVM_MMU_CACHE_MAX), 0);
	object = kvm_mmu_cache_alloc(&c);
	KUNIT_EXPECT_EQ(test, c.nobjs, KVM_MMU_CACHE_MAX - 1u);
	kvm_mmu_cache_put(&c, object);
	KUNIT_EXPECT_EQ(test, c.nobjs, KVM_MMU_CACHE_MAX + 0u);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmu_cache_alloc(&c), object);
	kvm_mmu_cache_put(&c, object);

	for (i = 0; i < 100; i++) {
		object = kvm_mmu_cache_alloc(&c);
		nr += !!object;
		free_page((unsigned long)object);
	}
	KUNIT_EXPECT_EQ(test, nr, 100u);
	KUNIT_EXPECT_EQ(test, free_and_count(test, &c),
			KVM_MMU_CACHE_MAX - 100u);
}

#ifdef CONFIG_FAULT_INJECTION
#define FAIL_CAPACITY 6

/* The kernel's own checkers allocate as well; this is more than all that. */
#define MAX_ALLOCATIONS 100

/* The allocation that @nth counts down to fails; false if there was none. */
static bool topup_fails_nth(struct kvm_mmu_cache *c, unsigned int min,
			    unsigned int nth, int *r)
{
	unsigned int left;

	current->fail_nth = nth;
	*r = kvm_mmu_cache_topup(c, min);
	left = current->fail_nth;
	current->fail_nth = 0;
	return !left;
}

/* Frees the cache; true if as many objects as it had came free of that. */
static bool all_come_free(struct kunit *test, struct kvm_mmu_cache *c,
			  struct slab_spy *spy)
{
	unsigned int nr = c->nobjs, before;

	if (!spy)
		return free_and_count(test, c) == nr;
	before = atomic_read(&spy->nr_freed);
	kvm_mmu_cache_free(c);
	return atomic_read(&spy->nr_freed) - before == nr;
}

/*
 * Pages without @spy.  Each allocation fails in turn, until there is no more.
 * Returns how many objects were there after a failure, a bit for each number.
 */
static unsigned long each_topup_fails(struct kunit *test, struct slab_spy *spy,
				      unsigned int min)
{
	unsigned int nth, nr_bad = 0;
	unsigned long outcomes = 0;
	struct kvm_mmu_cache c;
	bool hit = true;
	int r;

	for (nth = 1; hit && nth < MAX_ALLOCATIONS; nth++) {
		kvm_mmu_cache_init(&c, spy ? spy->slab : NULL, FAIL_CAPACITY, 0,
				   spy ? KVM_MMU_CACHE_NO_INIT : 0);
		hit = topup_fails_nth(&c, min, nth, &r);
		outcomes |= BIT(c.nobjs);
		if (r != (c.nobjs >= min ? 0 : -ENOMEM))
			nr_bad++;
		/* What it got counts, and it may be given back, ... */
		if (nth % 2)
			nr_bad += !all_come_free(test, &c, spy);
		/* ... or the rest got later. */
		if (kvm_mmu_cache_topup(&c, FAIL_CAPACITY) ||
		    c.nobjs != FAIL_CAPACITY)
			nr_bad++;
		nr_bad += !all_come_free(test, &c, spy);
	}
	KUNIT_EXPECT_EQ(test, nr_bad, 0u);
	KUNIT_EXPECT_FALSE(test, hit);
	return outcomes;
}

static void mmu_cache_each_allocation_fails(struct kunit *test)
{
	struct slab_spy spy;
	unsigned long pages = 0, objects = 0;
	unsigned int min;

	slab_spy_start(test, &spy, 64);
	for (min = 1; min <= FAIL_CAPACITY; min++) {
		pages |= each_topup_fails(test, NULL, min);
		objects |= each_topup_fails(test, &spy, min);
	}
	slab_spy_end(&spy);
	/* It failed at the array or the first object, and at each later one. */
	KUNIT_EXPECT_EQ(test, pages, BIT(FAIL_CAPACITY + 1) - 1);
	KUNIT_EXPECT_EQ(test, objects, BIT(FAIL_CAPACITY + 1) - 1);
}
#endif

static struct kunit_case mmu_cache_cases[] = {
	/* clang-format off */
	KUNIT_CASE(mmu_cache_unused_costs_nothing),
	KUNIT_CASE(mmu_cache_pages_hold_the_value),
	KUNIT_CASE(mmu_cache_no_init_is_left_alone),
	KUNIT_CASE(mmu_cache_slab_objects_are_zero),
	KUNIT_CASE(mmu_cache_topup_fills_up),
	KUNIT_CASE(mmu_cache_largest),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE(mmu_cache_each_allocation_fails),
#endif
	{}
	/* clang-format on */
};

struct kunit_suite mmu_cache_suite = {
	.name = "twinwalk_mmu_cache",
	.test_cases = mmu_cache_cases,
};
