// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_mmu_kunit.c - the TDP MMU against a plain model, the ghost map and the spy
 *
 * Every suite climbs as much of the ladder as the MMU needs, with the
 * configuration of a host that has TDP.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "mmu/mmu.h"
#include "params.h"
#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_world.h"

/* Of each format; of each thread and format; until a broken rule is found. */
#define STEPS_MODEL    100000
#define STEPS_PARALLEL 15000
#define STEPS_BROKEN   20000
#define THREADS	       3

static unsigned long tdp_seed;
module_param(tdp_seed, ulong, 0444);
MODULE_PARM_DESC(tdp_seed, "where the TDP MMU's random steps begin");

static int tdp_suite_init(struct kunit_suite *suite)
{
	struct kvm_mmu_config config = {
		.tdp = true,
		.tdp_root_level = 4,
		.max_huge_level = 3,
	};

	kvm_param_tdp = true;
	kvm_param_tdp_mmu = true;
	kvm_mmu_x86_module_init();
	kvm_mmu_vendor_module_init();
	kvm_configure_mmu(&config);
	return kvm_mmu_hardware_setup();
}

static void tdp_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
}

static int tdp_init(struct kunit *test)
{
	struct tdp_world *w = vzalloc(sizeof(*w));

	test->priv = w;
	return w ? 0 : -ENOMEM;
}

static void tdp_exit(struct kunit *test)
{
	vfree(test->priv);
}

/* --- random steps -------------------------------------------------------- */

/* A case for each: KUnit lets none take longer than five minutes. */
static const void *next_format(const void *prev, char *desc)
{
	const struct tdp_format *f = prev;

	f = f ? f + 1 : tdp_formats;
	if (f == tdp_formats + nr_tdp_formats)
		return NULL;
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
	return f;
}

/* After each step tables and model agree, and nothing was owed. */
static void tdp_model(struct kunit *test)
{
	const struct tdp_format *f = test->param_value;
	struct tdp_world *w = test->priv;
	unsigned int made;

	KUNIT_ASSERT_EQ(test, tdp_world_init(w, f, tdp_seed), 0);
	made = tdp_world_random(w, STEPS_MODEL);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
	pr_info("%s: %u steps, seed %lu, %lu violations\n", f->name, made,
		tdp_seed, tdp_world_violations(w));
	tdp_world_exit(w);
}

/* --- several threads ----------------------------------------------------- */

struct thread {
	struct tdp_world *world;
	struct completion done;
	u64 seed;
};

static int thread_fn(void *arg)
{
	struct thread *t = arg;
	struct kvm_mmu_caches caches;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, t->seed);
	kvm_mmu_caches_init(&t->world->kvm, &caches, 8, 0);
	for (i = 0; i < STEPS_PARALLEL; i++) {
		tdp_world_random_step(t->world, &rnd, &caches);
		cond_resched();
	}
	kvm_mmu_caches_free(&caches);
	complete(&t->done);
	return 0;
}

static void tdp_parallel(struct kunit *test)
{
	const struct tdp_format *f = test->param_value;
	struct tdp_world *w = test->priv;
	struct thread threads[THREADS];
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdp_world_init(w, f, tdp_seed), 0);
	kvm_mmu_debug_set_yield(&w->kvm, 61);
	for (i = 0; i < THREADS; i++) {
		threads[i].world = w;
		threads[i].seed = tdp_seed + (f - tdp_formats) * 16 + i;
		init_completion(&threads[i].done);
		task = kthread_run(thread_fn, &threads[i], "tdp/%u", i);
		if (IS_ERR(task))
			complete(&threads[i].done);
		KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	}
	for (i = 0; i < THREADS; i++)
		wait_for_completion(&threads[i].done);

	kvm_mmu_write_lock(&w->kvm);
	kvm_mmu_debug_verify(&w->kvm);
	kvm_mmu_write_unlock(&w->kvm);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
	pr_info("%s: %u threads, %u steps each, seed %lu, %lu violations\n",
		f->name, THREADS, STEPS_PARALLEL, tdp_seed,
		tdp_world_violations(w));
	tdp_world_exit(w);
}

/* --- one thing at a time ------------------------------------------------- */

static void tdp_map_once(struct kunit *test)
{
	struct tdp_world *w = test->priv;
	struct kvm_mmu_counts c;

	KUNIT_ASSERT_EQ(test, tdp_world_init(w, &tdp_formats[0], 0), 0);
	KUNIT_EXPECT_EQ(test, tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE),
			RET_PF_FIXED);
	KUNIT_EXPECT_EQ(test, tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE),
			RET_PF_SPURIOUS);
	kvm_mmu_count(&w->kvm, &c);
	KUNIT_EXPECT_EQ(test, c.leaves[1], 1L);
	KUNIT_EXPECT_EQ(test, c.tables[1], 1L);
	KUNIT_EXPECT_EQ(test, c.tables[4], 1L);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 0);
	tdp_world_exit(w);
}

/* However many ranges and pages: one flush, and faults elsewhere go on. */
static void tdp_zap_flushes_once(struct kunit *test)
{
	struct tdp_world *w = test->priv;
	struct kvm_gfn_span spans[3];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdp_world_init(w, &tdp_formats[3], 0), 0);
	for (i = 0; i < 600; i++)
		tdp_world_map(w, i, 1, KVM_LEAF_HOST_WRITABLE);
	for (i = 0; i < 3; i++) {
		spans[i].start = w->base + i * 200;
		spans[i].end = w->base + i * 200 + 100;
	}
	KUNIT_EXPECT_EQ(test, kvm_zap_gfn_ranges(&w->kvm, spans, 3), 300ul);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 1);
	/* Nothing there any more: nothing to flush. */
	KUNIT_EXPECT_EQ(test, kvm_zap_gfn_ranges(&w->kvm, spans, 3), 0ul);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 1);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
	tdp_world_exit(w);
}

/* Roots outlive their users until they are invalidated. */
static void tdp_roots_stay(struct kunit *test)
{
	struct tdp_world *w = test->priv;
	struct kvm_mmu_page *first, *again;
	union kvm_mmu_page_role role;

	KUNIT_ASSERT_EQ(test, tdp_world_init(w, &tdp_formats[0], 0), 0);
	first = w->root;
	role = first->role;
	tdp_world_map(w, 7, 1, 0);
	kvm_tdp_put_root(&w->kvm, first);
	w->root = NULL;

	kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);
	kvm_mmu_read_lock(&w->kvm);
	again = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	KUNIT_EXPECT_PTR_EQ(test, again, first);

	kvm_mmu_zap_all_fast(&w->kvm);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->reloads), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 0);
	w->root = again;
	KUNIT_EXPECT_EQ(test, tdp_world_map(w, 7, 1, 0), RET_PF_RETRY);

	kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);
	kvm_mmu_read_lock(&w->kvm);
	w->root = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	KUNIT_EXPECT_PTR_NE(test, w->root, first);
	kvm_tdp_put_root(&w->kvm, again);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
	tdp_world_exit(w);
}

/* Each page looks young once after it was mapped. */
static void tdp_age(struct kunit *test)
{
	struct tdp_world *w = test->priv;
	unsigned int i;

	for (i = 0; i < nr_tdp_formats; i++) {
		KUNIT_ASSERT_EQ(test, tdp_world_init(w, &tdp_formats[i], 0), 0);
		tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE);
		KUNIT_EXPECT_FALSE(test, kvm_tdp_age_range(&w->kvm, 0, w->base,
							   w->base + 7));
		KUNIT_EXPECT_TRUE(test, kvm_tdp_test_age_range(&w->kvm, 0,
							       w->base + 7,
							       w->base + 8));
		KUNIT_EXPECT_TRUE(test, kvm_tdp_age_range(&w->kvm, 0, w->base,
							  w->base + 512));
		KUNIT_EXPECT_FALSE(test, kvm_tdp_age_range(&w->kvm, 0, w->base,
							   w->base + 512));
		KUNIT_EXPECT_EQ(test, atomic_read(&w->flushes), 0);
		KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
		tdp_world_exit(w);
	}
}

/* --- rules broken on purpose --------------------------------------------- */

/* Who found it: kinds of violations, and differences from the model. */
static void show_finders(struct tdp_world *w, unsigned int rule,
			 unsigned int steps)
{
	unsigned long kinds = 0;
	unsigned int i;

	for (i = 0; i < KVM_MMU_NR_VIOLATIONS; i++)
		if (kvm_mmu_debug_violations(&w->kvm, i))
			__set_bit(i, &kinds);
	pr_info("rule %u: found after %u steps, violations %*pbl, model %lu\n",
		rule, steps, KVM_MMU_NR_VIOLATIONS, &kinds, w->wrong);
}

/* A rule that is broken is found, by one check or another. */
static void tdp_broken_rules_are_found(struct kunit *test)
{
	struct tdp_world *w = test->priv;
	unsigned int rule, steps;

	for (rule = KVM_MMU_BREAK_NONE + 1; rule < KVM_MMU_NR_RANDOM_BREAKS;
	     rule++) {
		KUNIT_ASSERT_EQ(test, tdp_world_init(w, &tdp_formats[3], rule),
				0);
		WRITE_ONCE(kvm_mmu_break, rule);
		steps = tdp_world_random(w, STEPS_BROKEN);
		if (!tdp_world_violations(w))
			KUNIT_FAIL(test, "rule %u is broken, nobody found it",
				   rule);
		show_finders(w, rule, steps);
		tdp_world_exit(w);
		WRITE_ONCE(kvm_mmu_break, KVM_MMU_BREAK_NONE);
	}
}

static struct kunit_case tdp_cases[] = {
	/* clang-format off */
	KUNIT_CASE(tdp_map_once),
	KUNIT_CASE(tdp_zap_flushes_once),
	KUNIT_CASE(tdp_roots_stay),
	KUNIT_CASE(tdp_age),
	KUNIT_CASE_PARAM(tdp_model, next_format),
	KUNIT_CASE_PARAM(tdp_parallel, next_format),
	KUNIT_CASE(tdp_broken_rules_are_found),
	{}
	/* clang-format on */
};

struct kunit_suite tdp_mmu_suite = {
	.name = "twinwalk_tdp_mmu",
	.suite_init = tdp_suite_init,
	.suite_exit = tdp_suite_exit,
	.init = tdp_init,
	.exit = tdp_exit,
	.test_cases = tdp_cases,
};
