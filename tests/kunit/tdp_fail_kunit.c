// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_fail_kunit.c - the TDP MMU when memory is short, or somebody else is at it
 *
 * Each allocation of each operation fails in turn; entries are met while they
 * are FROZEN; roots are emptied while others map.  What comes of it in the end
 * is looked at in tdp_suite.c.
 *
 * An entry is met FROZEN from within the flush of whoever froze it: the moment
 * in which it is so, and mmu_lock is held for read.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mmu/mmu_page.h"
#include "mmu/nx_recovery.h"
#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_suite.h"

#define PAGES_2M 512u
#define PAGES_1G (512u * 512u)

/* --- emptying invalidated roots ------------------------------------------ */

/* A 4K page in each of @nr tables. */
static void map_tables(struct tdp_world *w, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		tdp_map(w, tdp_giga(w) + i * PAGES_2M + i, 1, TDP_RW);
}

static void fail_invalid_root_has_users(struct kunit *test)
{
	struct kvm_mmu_page *old, *first, *second;
	struct tdp_world *w;
	long tables;

	while ((w = tdp_next_world(test))) {
		map_tables(w, 3);
		tables = tdp_tables(w, 0);
		old = w->root;
		/* The world's user, and one more. */
		KUNIT_EXPECT_PTR_EQ(test, tdp_get_root(w, 0), old);

		kvm_mmu_zap_all_fast(&w->kvm);
		first = tdp_get_root(w, 0);
		KUNIT_EXPECT_PTR_NE(test, first, old);
		w->root = first;
		map_tables(w, 2);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 2L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), tables);

		/* Again, while the oldest has its users still. */
		kvm_mmu_zap_all_fast(&w->kvm);
		second = tdp_get_root(w, 0);
		KUNIT_EXPECT_PTR_NE(test, second, old);
		KUNIT_EXPECT_PTR_NE(test, second, first);
		w->root = second;
		kvm_tdp_put_root(&w->kvm, first);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 2L);

		/* It is there, and of no use, until the last one leaves. */
		kvm_tdp_put_root(&w->kvm, old);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 2L);
		w->root = old;
		KUNIT_EXPECT_EQ(test, tdp_map(w, 5, 1, 0), RET_PF_RETRY);
		w->root = second;
		kvm_tdp_put_root(&w->kvm, old);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 1L);
		KUNIT_EXPECT_EQ(test, atomic_read(&w->reloads), 2);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* Nothing is done in an invalid root by what goes through the valid ones. */
static void fail_invalid_root_is_skipped(struct kunit *test)
{
	struct kvm_mmu_page *old;
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g, 2, TDP_RW);
		/* As if the work had it in hand, and were slow. */
		old = w->root;
		old->zapped = true;
		kvm_mmu_zap_all_fast(&w->kvm);
		w->root = tdp_get_root(w, 0);

		KUNIT_EXPECT_FALSE(test,
				   kvm_tdp_age_range(&w->kvm, 0, g, g + 1));
		KUNIT_EXPECT_EQ(test, kvm_zap_gfn_range(&w->kvm, g, g + 1),
				0ul);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 0, g, g + 1,
						     KVM_DIRTY_WRPROT),
				0ul);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 0, g, g + 1, 1,
						    &w->caches),
				0);
		KUNIT_EXPECT_EQ(test, tdp_see(w, old, g).level, 2u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);

		old->zapped = false;
		queue_work(system_unbound_wq, &w->kvm.mmu.zap_work);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		kvm_tdp_put_root(&w->kvm, old);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

#define MANY_TABLES 24

/* Who wants the lock gets it before all is done. */
static void fail_emptied_in_steps(struct kunit *test)
{
	unsigned int midway = 0;
	struct tdp_world *w;
	long left;

	WRITE_ONCE(kvm_mmu_calm, false);
	while ((w = tdp_next_world(test))) {
		map_tables(w, MANY_TABLES);
		kvm_mmu_zap_all_fast(&w->kvm);
		do {
			kvm_mmu_write_lock(&w->kvm);
			left = tdp_tables(w, 1);
			kvm_mmu_write_unlock(&w->kvm);
			midway += left > 0 && left < MANY_TABLES;
			cond_resched();
		} while (left);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
	/* By chance in one format or the other; in none of them, no. */
	KUNIT_EXPECT_GT(test, midway, 0u);
}

/* A vCPU: it gets the root of now, maps, and tries the old one as well. */
static void vcpu_thread(struct tdp_thread *t)
{
	struct kvm *kvm = &t->w->kvm;
	union kvm_mmu_page_role role = {
		.level = kvm->mmu.root_level,
		.direct = 1,
		.access = KVM_ACC_ALL,
	};
	struct kvm_mmu_page *root;
	struct kvm_tdp_map map;
	unsigned int i;

	if (kvm_mmu_caches_topup(&t->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return;
	kvm_mmu_read_lock(kvm);
	root = kvm_tdp_get_root(kvm, role, &t->caches);
	kvm_mmu_read_unlock(kvm);
	if (!root)
		return;
	for (i = 0; i < 3; i++) {
		map = tdp_page(t->w, tdp_giga(t->w) + tdp_thread_below(t, 1600),
			       1, TDP_RW);
		if (kvm_mmu_caches_topup(&t->caches, KVM_MMU_MAX_ROOT_LEVEL))
			break;
		kvm_mmu_read_lock(kvm);
		kvm_tdp_map(kvm, root, &map, &t->caches);
		kvm_mmu_read_unlock(kvm);
	}
	kvm_tdp_put_root(kvm, root);
}

static void fail_emptied_in_parallel(struct kunit *test)
{
	struct tdp_thread threads[2];
	struct tdp_world *w;
	unsigned int i;

	while ((w = tdp_next_world(test))) {
		kvm_mmu_debug_set_yield(&w->kvm, 5);
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			tdp_thread_start(test, &threads[i], w, vcpu_thread, 8);
		for (i = 0; i < 5; i++) {
			kvm_mmu_zap_all_fast(&w->kvm);
			msleep(20);
		}
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			tdp_thread_wait(&threads[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 0);
	}
}

/* --- entries that are frozen --------------------------------------------- */

/* What a flush hook has seen. */
static struct {
	gfn_t gfn;
	unsigned int level; /* of the entry that must be frozen */
	unsigned int frozen;
	unsigned int wrong;
} met;

static bool is_frozen(struct tdp_world *w, gfn_t gfn, unsigned int level)
{
	u64 *e = tdp_entry(w, w->root, gfn, level);

	return e && *e == w->masks.frozen;
}

/* All that others could do now; nothing may come of it. */
static void meet_frozen(struct tdp_world *w)
{
	struct kvm_tdp_map map = tdp_page(w, met.gfn, 1, TDP_RW);
	u64 *e = tdp_entry(w, w->root, met.gfn, met.level);
	struct kvm_tdp_op op;

	w->on_flush = NULL;
	met.frozen += is_frozen(w, met.gfn, met.level);

	for (map.leaf.level = 1; map.leaf.level <= 3; map.leaf.level++) {
		if (met.level < map.leaf.level)
			continue;
		map.flags = 0;
		met.wrong += kvm_tdp_map(&w->kvm, w->root, &map, &w->caches) !=
			     RET_PF_RETRY;
		map.flags = KVM_TDP_MAP_PREFETCH;
		met.wrong += kvm_tdp_map(&w->kvm, w->root, &map, &w->caches) !=
			     RET_PF_RETRY;
	}
	map.leaf.level = 1;
	map.flags = KVM_TDP_MAP_MMIO;
	met.wrong += kvm_tdp_map(&w->kvm, w->root, &map, &w->caches) !=
		     RET_PF_RETRY;

	met.wrong += kvm_tdp_age_range(&w->kvm, 0, met.gfn, met.gfn + 1);
	kvm_tdp_op_begin(&op, &w->kvm, KVM_MMU_SHARED);
	kvm_tdp_op_enter(&op, w->root);
	kvm_tdp_zap_leaves(&op, met.gfn, met.gfn + 1);
	kvm_tdp_track_mask(&op, met.gfn, ~0ul, KVM_DIRTY_WRPROT);
	kvm_tdp_track_mask(&op, met.gfn, ~0ul, KVM_DIRTY_CLEAR_BIT);
	met.wrong += kvm_tdp_op_end(&op);
	met.wrong += *e != w->masks.frozen;
}

static void meet(struct tdp_world *w, gfn_t gfn, unsigned int level)
{
	kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);
	met.gfn = gfn;
	met.level = level;
	met.frozen = 0;
	met.wrong = 0;
	w->on_flush = meet_frozen;
}

/* A huge page is made of small ones; a fault comes in between. */
static void fail_frozen_by_recovery(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g + 64, 1, TDP_RW);
		meet(w, g + 64, 2);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_2M, 2), 1ul);
		KUNIT_EXPECT_EQ(test, met.frozen, 1u);
		KUNIT_EXPECT_EQ(test, met.wrong, 0u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 1L);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + PAGES_2M, 63, 2), 0u);

		/* What had to retry succeeds now. */
		KUNIT_EXPECT_EQ(test, tdp_map(w, g + 64, 1, TDP_RW),
				RET_PF_SPURIOUS);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 512L);
	}
}

/* A fault puts a huge page in a table's place. */
static void fail_frozen_by_fault(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g + 64, 1, TDP_RW);
		meet(w, g + 64, 3);
		KUNIT_EXPECT_EQ(test, tdp_map(w, g, 3, TDP_RW), RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, met.frozen, 1u);
		KUNIT_EXPECT_EQ(test, met.wrong, 0u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
	}
}

/* NX recovery takes a table away. */
static void fail_frozen_by_nx_recovery(struct kunit *test)
{
	struct kvm_tdp_map map;
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		map = tdp_page(w, g + 64, 1, TDP_RW);
		map.nx_level = 2;
		tdp_do_map(w, w->root, &map);
		meet(w, g + 64, 2);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 1), 1ul);
		KUNIT_EXPECT_EQ(test, met.frozen, 1u);
		KUNIT_EXPECT_EQ(test, met.wrong, 0u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &map),
				RET_PF_FIXED);
	}
}

/* A leaf that goes before another page comes is nothing for a moment. */
static void meet_nothing(struct tdp_world *w)
{
	u64 *e = tdp_entry(w, w->root, met.gfn, met.level);
	struct kvm_tdp_map map = tdp_page(w, met.gfn, met.level, TDP_RW);

	w->on_flush = NULL;
	met.frozen += *e == w->masks.nonpresent;
	/* Who is quicker wins; the one who flushes has to retry. */
	met.wrong += kvm_tdp_map(&w->kvm, w->root, &map, &w->caches) !=
		     RET_PF_FIXED;
}

static void fail_overtaken_in_between(struct kunit *test)
{
	struct kvm_tdp_map other;
	struct tdp_world *w;
	unsigned int level;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		for (level = 1; level <= 3; level++) {
			other = tdp_page(w, g, level, TDP_RW);
			other.leaf.pfn += PAGES_1G;
			tdp_do_map(w, w->root, &other);
			other.leaf.pfn += PAGES_1G;
			meet(w, g, level);
			w->on_flush = meet_nothing;
			KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &other),
					RET_PF_RETRY);
			KUNIT_EXPECT_EQ(test, met.frozen, 1u);
			KUNIT_EXPECT_EQ(test, met.wrong, 0u);
			KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + 1, 1, level),
					0u);
			g += PAGES_1G;
		}
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 3L);
	}
}

/* --- one waits for the other's frozen entry ------------------------------ */

/*
 * Not by udelay(): in the emulator a second CPU's delay loop is calibrated to
 * next to nothing.
 */
#define SPIN_JIFFIES (3 * HZ)

/* While the lock is held.  Return: false, nobody has set it in time. */
static bool spin_until_set(const atomic_t *flag)
{
	unsigned long end = jiffies + SPIN_JIFFIES;

	while (!atomic_read(flag) && time_before(jiffies, end))
		cpu_relax();
	return atomic_read(flag);
}

static struct {
	struct task_struct *outer;
	int outer_result;
	atomic_t inner_frozen;
	atomic_t outer_flushed;
	atomic_t outer_done;
	bool waited;
} duel;

/*
 * The first flush is that of the inner one, whose entry is in the table that
 * the outer one takes apart next.
 */
static void duel_flush(struct tdp_world *w)
{
	unsigned long end;

	if (current == duel.outer) {
		atomic_set(&duel.outer_flushed, 1);
		return;
	}
	atomic_set(&duel.inner_frozen, 1);
	duel.waited = spin_until_set(&duel.outer_flushed);
	/* It has written its own; next it comes to ours, and turns there. */
	end = jiffies + SPIN_JIFFIES;
	while (is_frozen(w, tdp_giga(w), 3) && time_before(jiffies, end))
		cpu_relax();
	duel.waited &= time_before(jiffies, end);
	for (end = jiffies + 3; time_before(jiffies, end);)
		cpu_relax();
	duel.waited &= !atomic_read(&duel.outer_done);
}

static void outer_thread(struct tdp_thread *t)
{
	struct kvm_tdp_map map = tdp_page(t->w, tdp_giga(t->w), 3, TDP_RW);
	unsigned int i;

	duel.outer = current;
	for (i = 0; i < 2000 && !atomic_read(&duel.inner_frozen); i++)
		usleep_range(500, 1000);
	if (kvm_mmu_caches_topup(&t->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return;
	kvm_mmu_read_lock(&t->w->kvm);
	duel.outer_result =
		kvm_tdp_map(&t->w->kvm, t->w->root, &map, &t->caches);
	atomic_set(&duel.outer_done, 1);
	kvm_mmu_read_unlock(&t->w->kvm);
}

static void fail_waits_for_frozen(struct kunit *test)
{
	struct tdp_thread outer;
	struct tdp_world *w;
	gfn_t g;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes two CPUs");
	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g + 3, 1, TDP_RW);
		memset(&duel, 0, sizeof(duel));
		w->on_flush = duel_flush;
		tdp_thread_start_elsewhere(test, &outer, w, outer_thread);
		/* The leaf that it makes is in a table that is gone by then. */
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_2M, 2), 1ul);
		tdp_thread_wait(&outer);
		KUNIT_EXPECT_EQ(test, duel.outer_result, (int)RET_PF_FIXED);
		KUNIT_EXPECT_TRUE(test, duel.waited);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 1L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 2), 0L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 0L);
	}
}

/* --- no more frozen than a batch ----------------------------------------- */

#define MANY_FROZEN (KVM_TDP_REMOVED_BATCH + 8)

static unsigned int most_frozen;

static void count_frozen(struct tdp_world *w)
{
	unsigned int i, frozen = 0;

	for (i = 0; i < MANY_FROZEN; i++)
		frozen += is_frozen(w, tdp_giga(w) + i * PAGES_2M, 2);
	most_frozen = max(most_frozen, frozen);
}

static void map_many(struct tdp_world *w, unsigned int nx_level)
{
	struct kvm_tdp_map map;
	unsigned int i;

	for (i = 0; i < MANY_FROZEN; i++) {
		map = tdp_page(w, tdp_giga(w) + i * PAGES_2M, 1, TDP_RW);
		map.nx_level = nx_level;
		tdp_do_map(w, w->root, &map);
	}
	most_frozen = 0;
	tdp_flushes(w);
}

static void fail_frozen_in_batches(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		w->on_flush = count_frozen;
		g = tdp_giga(w);
		map_many(w, 2);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, MANY_FROZEN),
				(unsigned long)MANY_FROZEN);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		KUNIT_EXPECT_EQ(test, most_frozen, KVM_TDP_REMOVED_BATCH);

		map_many(w, 0);
		KUNIT_EXPECT_EQ(test,
				tdp_recover(w, g, g + MANY_FROZEN * PAGES_2M,
					    2),
				(unsigned long)MANY_FROZEN);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		KUNIT_EXPECT_EQ(test, most_frozen, KVM_TDP_REMOVED_BATCH);
	}
}

/* A gfn is the guest's to choose: an access there must not be retried for ever. */
static void fail_beyond_root(struct kunit *test)
{
	struct kvm_tdp_map map;
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = kvm_level_pages(w->kvm.mmu.root_level + 1);
		map = tdp_page(w, g, 1, 0);
		map.flags = KVM_TDP_MAP_MMIO;
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &map),
				RET_PF_EMULATE);
		map.flags = 0;
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &map),
				RET_PF_RETRY);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 1L);
	}
}

/* --- done by somebody who has not flushed --------------------------------- */

static struct {
	struct task_struct *debtor;
	atomic_t in_flush;
	atomic_t go_on;
} debt;

static void debt_flush(struct tdp_world *w)
{
	if (current != debt.debtor)
		return;
	atomic_set(&debt.in_flush, 1);
	spin_until_set(&debt.go_on);
}

static void debtor_thread(struct tdp_thread *t)
{
	debt.debtor = current;
	kvm_zap_gfn_range(&t->w->kvm, t->w->base, t->w->base + 1);
}

/* While the other one's flush is under way: does who finds nothing flush? */
static int flushes_beside_debtor(struct kunit *test, struct tdp_world *w)
{
	struct tdp_thread debtor;
	unsigned int i;
	int flushes;

	tdp_map(w, w->base, 1, TDP_RW);
	memset(&debt, 0, sizeof(debt));
	w->on_flush = debt_flush;
	tdp_thread_start_elsewhere(test, &debtor, w, debtor_thread);
	for (i = 0; i < 2000 && !atomic_read(&debt.in_flush); i++)
		usleep_range(500, 1000);
	tdp_flushes(w);
	KUNIT_EXPECT_EQ(test,
			kvm_tdp_track_writes(&w->kvm, 0, w->base, w->base + 8,
					     KVM_DIRTY_WRPROT),
			0ul);
	flushes = tdp_flushes(w);
	atomic_set(&debt.go_on, 1);
	tdp_thread_wait(&debtor);
	w->on_flush = NULL;
	return flushes;
}

static void fail_found_done_is_flushed(struct kunit *test)
{
	struct tdp_world *w;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes two CPUs");
	while ((w = tdp_next_world(test))) {
		KUNIT_EXPECT_EQ(test, flushes_beside_debtor(test, w), 1);
		WRITE_ONCE(kvm_mmu_break, KVM_MMU_BREAK_SETTLE);
		KUNIT_EXPECT_EQ(test, flushes_beside_debtor(test, w), 0);
		WRITE_ONCE(kvm_mmu_break, KVM_MMU_BREAK_NONE);

		/* Nobody is in debt. */
		KUNIT_EXPECT_EQ(test, atomic_read(&w->kvm.mmu.nr_debtors), 0);
		kvm_tdp_track_writes(&w->kvm, 0, w->base, w->base + 8,
				     KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* --- too few tables ------------------------------------------------------ */

/* What was made so far stays, and serves the next one. */
static void fail_caches_run_out(struct kunit *test)
{
	union kvm_mmu_page_role role = { .smm = 1 };
	struct kvm_mmu_caches caches;
	struct kvm_mmu_page *root;
	struct kvm_tdp_map map;
	struct tdp_world *w;
	unsigned int i, level;
	enum kvm_pf_result r;

	while ((w = tdp_next_world(test))) {
		level = w->kvm.mmu.root_level;
		kvm_mmu_caches_init(&w->kvm, &caches, 1, 0);
		map = tdp_page(w, w->base, 1, TDP_RW);
		for (i = 1; i <= level; i++) {
			kvm_mmu_read_lock(&w->kvm);
			r = kvm_tdp_map(&w->kvm, w->root, &map, &caches);
			kvm_mmu_read_unlock(&w->kvm);
			KUNIT_EXPECT_EQ(test, (int)r,
					i < level ? (int)RET_PF_RETRY :
						    (int)RET_PF_FIXED);
			KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), (long)i);
			KUNIT_EXPECT_EQ(test, kvm_mmu_caches_topup(&caches, 1),
					0);
		}
		/* Nor is there a root without a table. */
		kvm_mmu_caches_free(&caches);
		kvm_mmu_read_lock(&w->kvm);
		root = kvm_tdp_get_root(&w->kvm, role, &caches);
		KUNIT_EXPECT_NULL(test, root);
		kvm_mmu_read_unlock(&w->kvm);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

#ifdef CONFIG_FAULT_INJECTION
/* So often nothing fails before it is believed that there is nothing left. */
#define MISSES 3

/* An operation whose allocations fail; it returns 0 or an error. */
struct victim {
	struct tdp_world *w;
	struct kvm_mmu_caches caches;
	gfn_t gfn;
};

/*
 * The allocation that @nth counts down to fails; false if there was none.  Which
 * one that is depends a little on what the slabs have at hand, so one miss does
 * not mean that there are no more.
 */
static bool fails_nth(struct victim *v, int (*op)(struct victim *v),
		      unsigned int nth, int *r)
{
	unsigned int left;

	current->fail_nth = nth;
	*r = op(v);
	left = current->fail_nth;
	current->fail_nth = 0;
	return !left;
}

static int make_world(struct victim *v)
{
	return tdp_world_init_huge(v->w, &tdp_formats[v->gfn], 0, 3);
}

/* A VM and its first root. */
static void fail_each_in_init_vm(struct kunit *test)
{
	struct victim v = {};
	unsigned int nth, nr_failed = 0, misses, i;
	bool hit;
	int r;

	for (i = 0; i < nr_tdp_formats; i++) {
		v.w = vzalloc(sizeof(*v.w));
		KUNIT_ASSERT_NOT_NULL(test, v.w);
		v.gfn = i;
		for (nth = 1, misses = 0; misses < MISSES; nth++) {
			hit = fails_nth(&v, make_world, nth, &r);
			misses += !hit;
			nr_failed += !!r;
			if (r && (r != -ENOMEM || !hit))
				KUNIT_FAIL(test, "%u of %u: %d", nth, i, r);
			if (!r) {
				KUNIT_EXPECT_EQ(test, tdp_tables(v.w, 0), 1L);
				tdp_world_exit(v.w);
			}
		}
		vfree(v.w);
	}
	/* The watcher, two arrays, five tables, five headers, more or less. */
	KUNIT_EXPECT_GE(test, nr_failed, nr_tdp_formats * 4);
	kunit_info(test, "%u failed\n", nr_failed);
}

/* A fault: caches from nothing, then the map. */
static int topup_and_map(struct victim *v)
{
	struct kvm_tdp_map map = tdp_page(v->w, v->gfn, 1, TDP_RW);
	int r = kvm_mmu_caches_topup(&v->caches, KVM_MMU_MAX_ROOT_LEVEL);

	if (r)
		return r;
	kvm_mmu_read_lock(&v->w->kvm);
	r = kvm_tdp_map(&v->w->kvm, v->w->root, &map, &v->caches);
	kvm_mmu_read_unlock(&v->w->kvm);
	return r == RET_PF_FIXED ? 0 : -EINVAL;
}

static void fail_each_in_map(struct kunit *test)
{
	unsigned int nth, nr_failed = 0, misses;
	struct tdp_world *w;
	struct victim v;
	bool hit;
	int r;

	while ((w = tdp_next_world(test))) {
		v.w = w;
		for (nth = 1, misses = 0; misses < MISSES; nth++) {
			kvm_mmu_caches_init(&w->kvm, &v.caches, 6, 0);
			v.gfn = tdp_giga(w) + nth * PAGES_2M;
			hit = fails_nth(&v, topup_and_map, nth, &r);
			misses += !hit;
			nr_failed += !!r;
			if (r && (r != -ENOMEM || !hit))
				KUNIT_FAIL(test, "%u: %d", nth, r);
			KUNIT_EXPECT_EQ(test,
					tdp_wrong(w, v.gfn, v.gfn + 1, 1, !r),
					0u);
			/* Now there is memory. */
			if (r)
				KUNIT_EXPECT_EQ(test, topup_and_map(&v), 0);
			KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), (long)nth);
			kvm_mmu_caches_free(&v.caches);
		}
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
	/* Two arrays, five tables, five headers, more or less. */
	KUNIT_EXPECT_GE(test, nr_failed, nr_tdp_formats * 4);
	kunit_info(test, "%u failed\n", nr_failed);
}

/* Two leaves of 2M, a table for each; the caches hold one at a time. */
static int split(struct victim *v)
{
	return kvm_tdp_split_range(&v->w->kvm, 0, v->gfn, v->gfn + 2 * PAGES_2M,
				   1, &v->caches);
}

static unsigned int each_split_fails(struct kunit *test, struct victim *v,
				     unsigned int flags)
{
	struct tdp_world *w = v->w;
	unsigned int nth, i, nr_failed = 0, misses = 0;
	bool hit;
	long huge;
	int r;

	for (nth = 1; misses < MISSES; nth++) {
		kvm_mmu_caches_init(&w->kvm, &v->caches, 1, flags);
		hit = fails_nth(v, split, nth, &r);
		misses += !hit;
		nr_failed += !!r;
		huge = tdp_leaves(w, 2);
		if (r != (huge ? -ENOMEM : 0) || (huge && !hit))
			KUNIT_FAIL(test, "%u: %d, %ld are huge", nth, r, huge);
		/* Small or huge, it is mapped. */
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ(test,
					tdp_wrong(w, v->gfn + i * PAGES_2M,
						  v->gfn + (i + 1) * PAGES_2M,
						  37, i < 2 - huge ? 1 : 2),
					0u);
		KUNIT_EXPECT_EQ(test, split(v), 0);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 2 * 512L);
		KUNIT_EXPECT_EQ(test,
				tdp_recover(w, v->gfn, v->gfn + 2 * PAGES_2M,
					    2),
				2ul);
		kvm_mmu_caches_free(&v->caches);
	}
	return nr_failed;
}

static void fail_each_in_split(struct kunit *test)
{
	unsigned int i, flags, nr_failed = 0;
	struct tdp_world *w;
	struct victim v;

	while ((w = tdp_next_world(test))) {
		/* One more level above makes no difference here. */
		if (w->kvm.mmu.root_level == 5)
			continue;
		v.w = w;
		v.gfn = tdp_giga(w);
		for (i = 0; i < 2; i++)
			tdp_map(w, v.gfn + i * PAGES_2M, 2, TDP_RW);
		flags = w->masks.dirty ? KVM_MMU_CACHE_NO_INIT : 0;
		nr_failed += each_split_fails(test, &v, flags);
	}
	/* Two arrays, two tables and their headers, more or less. */
	KUNIT_EXPECT_GE(test, nr_failed, 4u * 3);
	kunit_info(test, "%u failed\n", nr_failed);
}

/* --- what needs no memory ------------------------------------------------ */

/* Did anything try to allocate since?  The ghost's own do not count. */
static bool has_allocated(void)
{
	bool tried = !current->fail_nth;

	current->fail_nth = 1;
	return tried;
}

static void fail_nothing_to_allocate(struct kunit *test)
{
	struct tdp_world *w;
	struct kvm *kvm;
	gfn_t g, end;

	while ((w = tdp_next_world(test))) {
		kvm = &w->kvm;
		g = tdp_giga(w);
		end = g + PAGES_2M;
		map_tables(w, 2);
		kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);

		has_allocated();
		tdp_map(w, g + 1, 1, TDP_RW);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		kvm_tdp_age_range(kvm, 0, g, end);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		kvm_tdp_track_writes(kvm, 0, g, end, KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g + 1).writable);
		tdp_recover(w, g, end, 2);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 1L);
		kvm_zap_gfn_range(kvm, g, end);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 0L);
		kvm_nx_recover(kvm, 1);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		kvm_mmu_zap_all_fast(kvm);
		KUNIT_EXPECT_FALSE(test, has_allocated());
		/* Else none of it would have been seen. */
		kfree(kmalloc(64, GFP_KERNEL));
		KUNIT_EXPECT_TRUE(test, has_allocated());
		current->fail_nth = 0;
	}
}
#endif

static struct kunit_case tdp_fail_cases[] = {
	/* clang-format off */
	KUNIT_CASE(fail_invalid_root_has_users),
	KUNIT_CASE(fail_invalid_root_is_skipped),
	KUNIT_CASE(fail_emptied_in_steps),
	KUNIT_CASE(fail_emptied_in_parallel),
	KUNIT_CASE(fail_frozen_by_recovery),
	KUNIT_CASE(fail_frozen_by_fault),
	KUNIT_CASE(fail_frozen_by_nx_recovery),
	KUNIT_CASE(fail_overtaken_in_between),
	KUNIT_CASE(fail_waits_for_frozen),
	KUNIT_CASE(fail_frozen_in_batches),
	KUNIT_CASE(fail_beyond_root),
	KUNIT_CASE(fail_found_done_is_flushed),
	KUNIT_CASE(fail_caches_run_out),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE(fail_each_in_init_vm),
	KUNIT_CASE(fail_each_in_map),
	KUNIT_CASE(fail_each_in_split),
	KUNIT_CASE(fail_nothing_to_allocate),
#endif
	{}
	/* clang-format on */
};

struct kunit_suite tdp_fail_suite = {
	.name = "twinwalk_tdp_fail",
	.suite_init = tdp_suite_up,
	.suite_exit = tdp_suite_down,
	.init = tdp_test_init,
	.exit = tdp_test_exit,
	.test_cases = tdp_fail_cases,
};
