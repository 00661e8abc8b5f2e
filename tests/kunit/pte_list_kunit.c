// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_list_kunit.c - lists of SPTEs against a plain set, every entry count
 *
 * The set is a bitmap of SPTEs that are never read.  After each step the shape
 * of the list is looked at: who is full, what the counts say, how many
 * descriptors there are.  Random sequences are the same in each run; a failure
 * tells seed and step.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "mmu/mmu_cache.h"
#include "mmu/pte_list.h"
#include "slab_spy.h"
#include "tests/kunit/suites.h"

#define MAX_NR	   16
#define MAX_SPTES  10000
#define DESCS_HELD 40

struct list_test {
	struct kunit *test;
	struct slab_spy spy;
	struct kvm_mmu_cache descs;
	struct kvm_pte_list_head head;
	unsigned int nr;
	unsigned int nr_got;

	/* the plain set */
	u64 *sptes;
	unsigned long *present;
	unsigned long *seen;
	unsigned int nr_present;

	/* where in which sequence */
	struct rnd_state rnd;
	u64 seed;
	unsigned int step;
};

static void list_fail(struct list_test *t, const char *what, long value)
{
	KUNIT_FAIL(t->test,
		   "%u per descriptor, seed %llu, step %u, size %u: %s %ld",
		   t->nr, t->seed, t->step, t->nr_present, what, value);
}

static int pte_list_init(struct kunit *test)
{
	struct list_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->test = test;
	t->sptes = kvcalloc(MAX_SPTES, sizeof(u64), GFP_KERNEL);
	t->present = bitmap_zalloc(MAX_SPTES, GFP_KERNEL);
	t->seen = bitmap_zalloc(MAX_SPTES, GFP_KERNEL);
	return t->sptes && t->present && t->seen ? 0 : -ENOMEM;
}

static void pte_list_exit(struct kunit *test)
{
	struct list_test *t = test->priv;

	kvfree(t->sptes);
	bitmap_free(t->present);
	bitmap_free(t->seen);
}

static void list_start(struct list_test *t, unsigned int nr, u64 seed)
{
	bitmap_zero(t->present, MAX_SPTES);
	t->head.val = 0;
	t->nr = nr;
	t->nr_got = 0;
	t->nr_present = 0;
	t->seed = seed;
	t->step = 0;
	prandom_seed_state(&t->rnd, seed);
	/* KASAN sees whoever writes behind a descriptor's end. */
	slab_spy_start(t->test, &t->spy,
		       offsetof(struct pte_list_desc, sptes[nr]));
	kvm_mmu_cache_init(&t->descs, t->spy.slab, DESCS_HELD, 0,
			   KVM_MMU_CACHE_NO_INIT);
}

/* Descriptors neither freed nor in the cache; all should be in the list. */
static unsigned int list_nr_descs(struct list_test *t)
{
	return t->nr_got - t->descs.nobjs - atomic_read(&t->spy.nr_freed);
}

static void list_end(struct list_test *t)
{
	kvm_pte_list_clear(&t->head, t->spy.slab, NULL, NULL);
	if (list_nr_descs(t))
		list_fail(t, "descriptors left behind:", list_nr_descs(t));
	kvm_mmu_cache_free(&t->descs);
	slab_spy_end(&t->spy);
}

static int list_topup(struct list_test *t, unsigned int min)
{
	unsigned int before = t->descs.nobjs;
	int r = kvm_mmu_cache_topup(&t->descs, min);

	t->nr_got += t->descs.nobjs - before;
	return r;
}

static const struct pte_list_desc *list_desc(struct list_test *t)
{
	unsigned long val = t->head.val & ~KVM_PTE_LIST_LOCK;

	return val & 1 ? (void *)(val - 1) : NULL;
}

/* Marks it as seen; false if it should not have been. */
static bool list_see(struct list_test *t, u64 *sptep)
{
	unsigned long i = sptep - t->sptes;

	return i < MAX_SPTES && test_bit(i, t->present) &&
	       !__test_and_set_bit(i, t->seen);
}

/* The shape: what holds after each step, without looking at the SPTEs. */
static bool list_shape_ok(struct list_test *t)
{
	const struct pte_list_desc *desc = list_desc(t);
	unsigned int left = t->nr_present, nr_descs = 0;
	const bool many = t->nr_present >= 2;

	if (kvm_pte_list_count(&t->head) != t->nr_present ||
	    kvm_pte_list_empty(&t->head) != !t->nr_present) {
		list_fail(t, "it counts", kvm_pte_list_count(&t->head));
		return false;
	}
	if (!!desc != many) {
		list_fail(t, "head is", t->head.val);
		return false;
	}
	for (; desc; desc = desc->more) {
		if (!desc->spte_count || desc->spte_count > t->nr ||
		    (nr_descs && desc->spte_count != t->nr) ||
		    desc->spte_count + desc->tail_count != left) {
			list_fail(t, "wrong counts in descriptor", nr_descs);
			return false;
		}
		left = desc->tail_count;
		nr_descs++;
	}
	if (nr_descs && left) {
		list_fail(t, "behind the last descriptor:", left);
		return false;
	}
	if (nr_descs != list_nr_descs(t)) {
		list_fail(t, "descriptors in it:", nr_descs);
		return false;
	}
	return true;
}

/* All of it: the SPTEs that come out are those of the set. */
static bool list_ok(struct list_test *t)
{
	struct kvm_pte_list_iter iter;
	unsigned int nr_seen = 0;
	u64 *sptep;

	if (!list_shape_ok(t))
		return false;
	bitmap_zero(t->seen, MAX_SPTES);
	for (sptep = kvm_pte_list_first(&t->head, &iter); sptep;
	     sptep = kvm_pte_list_next(&iter)) {
		if (!list_see(t, sptep)) {
			list_fail(t, "not in the set, or twice:",
				  sptep - t->sptes);
			return false;
		}
		nr_seen++;
	}
	if (nr_seen != t->nr_present) {
		list_fail(t, "come out:", nr_seen);
		return false;
	}
	return !kvm_pte_list_next(&iter);
}

/* With the cache as it is. */
static bool list_add_no_topup(struct list_test *t, unsigned int i)
{
	int r;

	r = kvm_pte_list_add(&t->head, &t->sptes[i], &t->descs, t->nr);
	__set_bit(i, t->present);
	t->nr_present++;
	t->step++;
	if (r != t->nr_present) {
		list_fail(t, "adding gives", r);
		return false;
	}
	return true;
}

static bool list_add_one(struct list_test *t, unsigned int i)
{
	if (list_topup(t, 2)) {
		list_fail(t, "no memory", 0);
		return false;
	}
	return list_add_no_topup(t, i);
}

static bool list_remove_one(struct list_test *t, unsigned int i)
{
	int r = kvm_pte_list_remove(&t->head, &t->sptes[i], t->spy.slab);

	__clear_bit(i, t->present);
	t->nr_present--;
	t->step++;
	if (r) {
		list_fail(t, "removing gives", r);
		return false;
	}
	return true;
}

static unsigned int list_random(struct list_test *t, unsigned int below)
{
	return prandom_u32_state(&t->rnd) % below;
}

/* Takes out the SPTE of the set that is next after a random one. */
static bool list_remove_random(struct list_test *t, unsigned int range)
{
	unsigned long i;

	i = find_next_bit(t->present, range, list_random(t, range));
	if (i >= range)
		i = find_first_bit(t->present, range);
	return list_remove_one(t, i);
}

static bool list_add_random(struct list_test *t, unsigned int range)
{
	unsigned long i;

	i = find_next_zero_bit(t->present, range, list_random(t, range));
	if (i >= range)
		i = find_first_zero_bit(t->present, range);
	return list_add_one(t, i);
}

/* Drifts up and down between empty and full, several times. */
static bool list_random_steps(struct list_test *t, unsigned int range,
			      unsigned int nr_steps)
{
	unsigned int step, up;
	bool ok;

	for (step = 0; step < nr_steps; step++) {
		up = step / (range * 2) % 2 ? 35 : 65;
		if (t->nr_present < range &&
		    (!t->nr_present || list_random(t, 100) < up))
			ok = list_add_random(t, range);
		else
			ok = list_remove_random(t, range);
		if (!ok || !list_shape_ok(t))
			return false;
		if ((range < 20 || !(step % 16)) && !list_ok(t))
			return false;
	}
	return list_ok(t);
}

static void pte_list_random(struct kunit *test)
{
	static const struct {
		unsigned int range;
		unsigned int nr_steps;
	} runs[] = { { 3, 500 }, { 17, 1500 }, { 100, 2000 } };
	struct list_test *t = test->priv;
	unsigned int nr, i, total = 0;

	for (nr = 1; nr <= MAX_NR; nr++) {
		for (i = 0; i < ARRAY_SIZE(runs); i++) {
			list_start(t, nr, 1000 * nr + i);
			list_random_steps(t, runs[i].range, runs[i].nr_steps);
			total += t->step;
			list_end(t);
		}
	}
	kunit_info(test, "%u steps\n", total);
}

/* As much of the shape as a long list allows to look at in each step. */
static bool list_front_ok(struct list_test *t)
{
	const struct pte_list_desc *more, *desc = list_desc(t);
	unsigned int tail = 0;

	if (kvm_pte_list_count(&t->head) != t->nr_present) {
		list_fail(t, "it counts", kvm_pte_list_count(&t->head));
		return false;
	}
	if (!desc)
		return t->nr_present < 2;
	more = desc->more;
	if (more)
		tail = more->spte_count + more->tail_count;
	if (desc->tail_count == tail && (!more || more->spte_count == t->nr))
		return true;
	list_fail(t, "wrong counts in front, behind it", tail);
	return false;
}

/* Up to 10,000, a while there, down to nothing again. */
static bool list_long_run(struct list_test *t)
{
	unsigned int i;

	for (i = 0; i < MAX_SPTES; i++) {
		if (!list_add_one(t, i) || !list_front_ok(t))
			return false;
		if (!(i % 2500) && !list_ok(t))
			return false;
	}
	for (i = 0; i < 100; i++) {
		if (!list_remove_random(t, MAX_SPTES) || !list_shape_ok(t))
			return false;
		if (i % 2 && !list_add_random(t, MAX_SPTES))
			return false;
	}
	if (!list_ok(t))
		return false;
	while (t->nr_present) {
		i = find_last_bit(t->present, MAX_SPTES);
		if (!list_remove_one(t, i) || !list_front_ok(t))
			return false;
		if (!(i % 2500) && !list_ok(t))
			return false;
	}
	return list_ok(t) && !t->head.val;
}

static void pte_list_ten_thousand(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, total = 0;

	for (nr = 1; nr <= MAX_NR; nr++) {
		list_start(t, nr, nr);
		KUNIT_EXPECT_TRUE(test, list_long_run(t));
		total += t->step;
		list_end(t);
	}
	kunit_info(test, "%u steps\n", total);
}

/* Of a list of @size, removes those in @doomed while going through it. */
static bool list_iterate_and_remove(struct list_test *t, unsigned int size,
				    unsigned long doomed, bool add)
{
	struct kvm_pte_list_iter iter;
	unsigned int i, nr_seen = 0;
	u64 *sptep;

	for (i = 0; i < size; i++)
		list_add_one(t, i);
	bitmap_zero(t->seen, MAX_SPTES);
	for (sptep = kvm_pte_list_first(&t->head, &iter); sptep;
	     sptep = kvm_pte_list_next(&iter)) {
		i = sptep - t->sptes;
		if (i >= size || !list_see(t, sptep)) {
			list_fail(t, "should not come out:", i);
			return false;
		}
		nr_seen++;
		if (doomed & BIT(i) && !list_remove_one(t, i))
			return false;
		if (add && !list_add_one(t, size + nr_seen))
			return false;
	}
	if (nr_seen != size) {
		list_fail(t, "come out, some removed:", nr_seen);
		return false;
	}
	if (!list_ok(t))
		return false;
	kvm_pte_list_clear(&t->head, t->spy.slab, NULL, NULL);
	bitmap_zero(t->present, MAX_SPTES);
	t->nr_present = 0;
	return true;
}

/* Every subset of every list of up to 6, adding meanwhile or not; ... */
static void pte_list_remove_current(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, size, i;
	unsigned long doomed;
	bool ok = true;

	for (nr = 1; nr <= MAX_NR && ok; nr++) {
		list_start(t, nr, nr);
		for (size = 0; size <= 6 && ok; size++)
			for (doomed = 0; doomed < BIT(size) && ok; doomed++)
				ok = list_iterate_and_remove(t, size, doomed,
							     doomed & 2);
		/* ... and random ones of longer lists. */
		for (i = 0; i < 20 && ok; i++) {
			size = 8 + list_random(t, BITS_PER_LONG - 8);
			doomed = prandom_u32_state(&t->rnd);
			doomed = doomed << 32 | prandom_u32_state(&t->rnd);
			ok = list_iterate_and_remove(t, size, doomed, i & 1);
		}
		list_end(t);
	}
	KUNIT_EXPECT_TRUE(test, ok);
}

static void clear_one(u64 *sptep, void *arg)
{
	struct list_test *t = arg;

	if (!list_see(t, sptep))
		list_fail(t, "cleared twice:", sptep - t->sptes);
	if (!kvm_pte_list_empty(&t->head))
		list_fail(t, "while cleared, head is", t->head.val);
	/* What takes an SPTE out of its list as a rule does no harm. */
	if (kvm_pte_list_remove(&t->head, sptep, t->spy.slab) != -ENOENT)
		list_fail(t, "still in it:", sptep - t->sptes);
}

static void pte_list_clear(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, size, i;

	for (nr = 1; nr <= MAX_NR; nr++) {
		list_start(t, nr, nr);
		for (size = 0; size <= 3 * nr + 2; size++) {
			for (i = 0; i < size; i++)
				list_add_one(t, i);
			bitmap_zero(t->seen, MAX_SPTES);
			KUNIT_EXPECT_EQ(test,
					kvm_pte_list_clear(&t->head,
							   t->spy.slab,
							   clear_one, t),
					size);
			KUNIT_EXPECT_TRUE(test,
					  bitmap_equal(t->seen, t->present,
						       MAX_SPTES));
			bitmap_zero(t->present, MAX_SPTES);
			t->nr_present = 0;
			list_ok(t);
		}
		list_end(t);
	}
}

/* What is absent can't be removed, what is there can't be added once more. */
static void pte_list_bugs_do_no_damage(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, size, i;
	int r;

	for (nr = 1; nr <= MAX_NR; nr++) {
		list_start(t, nr, nr);
		for (size = 0; size <= 3 * nr + 2; size++) {
			r = kvm_pte_list_remove(&t->head, &t->sptes[size],
						t->spy.slab);
			KUNIT_EXPECT_EQ(test, r, -ENOENT);
			r = kvm_pte_list_remove(&t->head, NULL, t->spy.slab);
			KUNIT_EXPECT_EQ(test, r, -ENOENT);
			/* The newest 16 are those that it looks among. */
			for (i = size - min(size, 16u); i < size; i++) {
				r = kvm_pte_list_add(&t->head, &t->sptes[i],
						     &t->descs, nr);
				if (r != -EEXIST)
					list_fail(t, "adding once more gives",
						  r);
			}
			list_ok(t);
			list_add_one(t, size);
		}
		list_end(t);
	}
}

/*
 * An empty cache: the add fails if it needs a descriptor, and changes nothing;
 * with exactly as many as promised it does not fail.
 */
static void pte_list_cache_is_empty(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, size, need, have;
	struct kvm_pte_list_head before;
	struct kvm_mmu_cache few;
	int r;

	for (nr = 1; nr <= MAX_NR; nr++) {
		list_start(t, nr, nr);
		for (size = 0; size <= 4 * nr + 2; size++) {
			need = size && (size == 1 || size % nr == 0);
			need += nr == 1 && size == 1;
			KUNIT_ASSERT_EQ(test, list_topup(t, 2), 0);
			few = t->descs;
			for (have = 0; have < need; have++) {
				few.nobjs = have;
				before = t->head;
				r = kvm_pte_list_add(&t->head, &t->sptes[size],
						     &few, nr);
				if (r != -ENOMEM || few.nobjs != have ||
				    before.val != t->head.val)
					list_fail(t,
						  "adding with too few gives",
						  r);
				list_ok(t);
			}
			have = t->descs.nobjs;
			list_add_no_topup(t, size);
			if (have - t->descs.nobjs != need)
				list_fail(t, "takes descriptors:",
					  have - t->descs.nobjs);
			list_ok(t);
		}
		list_end(t);
	}
}

/* Every function leaves the lock as it is, and sees what is beside it. */
static void pte_list_lock_bit_stays(struct kunit *test)
{
	struct list_test *t = test->priv;
	unsigned int nr, i;

	for (nr = 1; nr <= MAX_NR; nr++) {
		list_start(t, nr, nr);
		KUNIT_ASSERT_EQ(test, list_topup(t, DESCS_HELD), 0);
		t->head.val = KVM_PTE_LIST_LOCK;
		for (i = 0; i < 2 * nr + 2; i++) {
			list_add_one(t, i);
			list_ok(t);
			KUNIT_EXPECT_TRUE(test,
					  t->head.val & KVM_PTE_LIST_LOCK);
		}
		for (i = 0; i < 2 * nr + 2; i++) {
			list_remove_one(t, i);
			list_ok(t);
			KUNIT_EXPECT_TRUE(test,
					  t->head.val & KVM_PTE_LIST_LOCK);
		}
		KUNIT_EXPECT_EQ(test, t->head.val, KVM_PTE_LIST_LOCK);
		list_add_one(t, 0);
		list_add_one(t, 1);
		kvm_pte_list_clear(&t->head, t->spy.slab, NULL, NULL);
		KUNIT_EXPECT_EQ(test, t->head.val, KVM_PTE_LIST_LOCK);
		t->head.val = 0;
		t->nr_present = 0;
		list_end(t);
	}
}

struct list_reader {
	struct list_test *t;
	struct completion done;
	unsigned long nr_read;
	unsigned long nr_bad;
};

/* Counts by going through the list, again and again. */
static int list_read(void *data)
{
	struct list_reader *reader = data;
	struct list_test *t = reader->t;
	struct kvm_pte_list_iter iter;
	unsigned int nr_seen;
	u64 *sptep;

	while (!kthread_should_stop()) {
		nr_seen = 0;
		rcu_read_lock();
		kvm_pte_list_lock(&t->head);
		for (sptep = kvm_pte_list_first(&t->head, &iter); sptep;
		     sptep = kvm_pte_list_next(&iter))
			nr_seen += sptep - t->sptes < MAX_SPTES;
		if (nr_seen != kvm_pte_list_count(&t->head))
			reader->nr_bad++;
		kvm_pte_list_unlock(&t->head);
		rcu_read_unlock();
		WRITE_ONCE(reader->nr_read, reader->nr_read + 1);
		cond_resched();
	}
	return 0;
}

#define NR_READERS   2
#define NR_CONTENDED 5000

static void pte_list_readers_and_writer(struct kunit *test)
{
	struct list_test *t = test->priv;
	struct list_reader *readers;
	struct task_struct *tasks[NR_READERS];
	unsigned int i, n, step;
	int r = 0;

	readers = kunit_kcalloc(test, NR_READERS, sizeof(*readers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, readers);
	list_start(t, PTE_LIST_SPTES_TDP, 1);
	for (n = 0; n < NR_READERS; n++) {
		readers[n].t = t;
		tasks[n] =
			kthread_run(list_read, &readers[n], "list_read/%u", n);
		if (IS_ERR(tasks[n]))
			break;
	}
	for (step = 0; step < NR_CONTENDED && !r; step++) {
		r = list_topup(t, 2);
		i = list_random(t, 12);
		kvm_pte_list_lock(&t->head);
		if (test_bit(i, t->present))
			list_remove_one(t, i);
		else
			list_add_no_topup(t, i);
		kvm_pte_list_unlock(&t->head);
		if (!(step % 16))
			cond_resched();
	}
	for (i = 0; i < n; i++) {
		kthread_stop(tasks[i]);
		KUNIT_EXPECT_NE(test, readers[i].nr_read, 0ul);
		KUNIT_EXPECT_EQ(test, readers[i].nr_bad, 0ul);
	}
	KUNIT_EXPECT_EQ(test, n, NR_READERS);
	KUNIT_EXPECT_EQ(test, r, 0);
	KUNIT_EXPECT_FALSE(test, t->head.val & KVM_PTE_LIST_LOCK);
	list_ok(t);
	list_end(t);
}

static struct kunit_case pte_list_cases[] = {
	/* clang-format off */
	KUNIT_CASE(pte_list_random),
	KUNIT_CASE(pte_list_ten_thousand),
	KUNIT_CASE(pte_list_remove_current),
	KUNIT_CASE(pte_list_clear),
	KUNIT_CASE(pte_list_bugs_do_no_damage),
	KUNIT_CASE(pte_list_cache_is_empty),
	KUNIT_CASE(pte_list_lock_bit_stays),
	KUNIT_CASE(pte_list_readers_and_writer),
	{}
	/* clang-format on */
};

struct kunit_suite pte_list_suite = {
	.name = "twinwalk_pte_list",
	.init = pte_list_init,
	.exit = pte_list_exit,
	.test_cases = pte_list_cases,
};
