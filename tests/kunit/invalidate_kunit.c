// SPDX-License-Identifier: GPL-2.0-only
/*
 * invalidate_kunit.c - ranges under invalidation, against a count per gfn
 *
 * The model has for each gfn of a small window how many invalidations cover
 * it, and for each fault whether one has ended since it began.  invalidate.h
 * promises to be exact while there are no more ranges than slots; with more,
 * nothing may be missed, and nothing outside of all of them reported.
 */
#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "mmu/invalidate.h"
#include "tests/kunit/suites.h"

#define WINDOW	  96
#define MAX_BUSY  (KVM_MMU_INVALIDATE_SLOTS * 2)
#define NR_FAULTS 4
#define NR_SEEDS  24
#define NR_STEPS  400

struct span {
	gfn_t start;
	gfn_t end;
};

struct world {
	struct kvm_mmu_invalidate inv;
	struct rnd_state rnd;
	u64 seed;

	/* the model */
	unsigned int nr_covering[WINDOW];
	struct span busy[MAX_BUSY];
	unsigned int nr_busy;
	/* all ranges since nobody was busy, if more than slots since then */
	struct span hull;
	bool crowded;
	struct {
		unsigned long seq;
		bool stale;
	} faults[NR_FAULTS];

	unsigned int nr_bad;
	unsigned int nr_crowded;
	unsigned int nr_exact;
};

static u32 below(struct world *w, u32 limit)
{
	return prandom_u32_state(&w->rnd) % limit;
}

/* Not empty. */
static struct span any_range(struct world *w)
{
	gfn_t start = below(w, WINDOW);

	return (struct span){ start, start + 1 + below(w, WINDOW - start) };
}

static bool covered(const struct world *w, const struct span *r)
{
	gfn_t gfn;

	for (gfn = r->start; gfn < r->end; gfn++)
		if (w->nr_covering[gfn])
			return true;
	return false;
}

static void begin(struct world *w, struct span r)
{
	gfn_t gfn;

	kvm_mmu_invalidate_begin(&w->inv, r.start, r.end);
	for (gfn = r.start; gfn < r.end; gfn++)
		w->nr_covering[gfn]++;
	if (!w->nr_busy) {
		w->hull = r;
		w->crowded = false;
	}
	w->hull.start = min(w->hull.start, r.start);
	w->hull.end = max(w->hull.end, r.end);
	w->busy[w->nr_busy++] = r;
	if (w->nr_busy > KVM_MMU_INVALIDATE_SLOTS)
		w->crowded = true;
}

static void end(struct world *w, unsigned int i)
{
	struct span r = w->busy[i];
	gfn_t gfn;

	kvm_mmu_invalidate_end(&w->inv, r.start, r.end);
	for (gfn = r.start; gfn < r.end; gfn++)
		w->nr_covering[gfn]--;
	w->busy[i] = w->busy[--w->nr_busy];
	for (i = 0; i < NR_FAULTS; i++)
		w->faults[i].stale = true;
}

static void wrong(struct kunit *test, struct world *w, const char *what,
		  const struct span *r)
{
	if (w->nr_bad++ < 5)
		KUNIT_FAIL(test, "seed %llu, %u busy: %s [%llx, %llx)", w->seed,
			   w->nr_busy, what, r->start, r->end);
}

static void check_range(struct kunit *test, struct world *w, struct span r)
{
	bool said = kvm_mmu_invalidating(&w->inv, r.start, r.end);
	bool is = covered(w, &r);
	unsigned int i;

	w->nr_crowded += w->crowded;
	w->nr_exact += !w->crowded;
	if (is && !said)
		wrong(test, w, "missed", &r);
	if (said && !is && !w->crowded)
		wrong(test, w, "not exact", &r);
	if (said &&
	    (!w->nr_busy || r.end <= w->hull.start || r.start >= w->hull.end))
		wrong(test, w, "far from any", &r);
	for (i = 0; i < NR_FAULTS; i++) {
		if (kvm_mmu_invalidate_retry(&w->inv, w->faults[i].seq, r.start,
					     r.end) !=
		    (w->faults[i].stale || said))
			wrong(test, w, "retry", &r);
	}
}

static void check_all(struct kunit *test, struct world *w)
{
	struct span r;
	unsigned int i;

	for (i = 0; i < 8; i++)
		check_range(test, w, any_range(w));
	/* Right at the borders of what is busy. */
	if (!w->nr_busy)
		return;
	r = w->busy[below(w, w->nr_busy)];
	check_range(test, w, (struct span){ r.start, r.start + 1 });
	check_range(test, w, (struct span){ r.end - 1, r.end });
	if (r.start)
		check_range(test, w, (struct span){ r.start - 1, r.start });
	if (r.end < WINDOW)
		check_range(test, w, (struct span){ r.end, r.end + 1 });
}

static void step(struct world *w, unsigned int max_busy)
{
	unsigned int i = below(w, NR_FAULTS);

	switch (below(w, 4)) {
	case 0:
		w->faults[i].seq = kvm_mmu_invalidate_seq(&w->inv);
		w->faults[i].stale = false;
		break;
	case 1:
		if (w->nr_busy)
			end(w, below(w, w->nr_busy));
		break;
	default:
		if (w->nr_busy == max_busy)
			end(w, below(w, max_busy));
		else if (w->nr_busy && !below(w, 4))
			/* The same range twice. */
			begin(w, w->busy[below(w, w->nr_busy)]);
		else
			begin(w, any_range(w));
	}
}

/* Up to @max_busy at a time, and back to none now and then. */
static void random_sequences(struct kunit *test, unsigned int max_busy)
{
	unsigned int i, nr_crowded = 0, nr_exact = 0;
	struct world *w;

	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w);
	for (i = 0; i < NR_SEEDS; i++) {
		memset(w, 0, sizeof(*w));
		w->seed = i + 1;
		prandom_seed_state(&w->rnd, w->seed);
		while (w->nr_exact + w->nr_crowded < NR_STEPS * 8) {
			step(w, max_busy);
			check_all(test, w);
			while (w->nr_busy && !below(w, 2 * max_busy))
				end(w, below(w, w->nr_busy));
		}
		while (w->nr_busy)
			end(w, 0);
		check_all(test, w);
		if (w->inv.nr || w->inv.nr_rest)
			wrong(test, w, "left", &w->hull);
		KUNIT_EXPECT_EQ(test, w->nr_bad, 0u);
		nr_crowded += w->nr_crowded;
		nr_exact += w->nr_exact;
	}
	kunit_info(test, "%u exact, %u crowded\n", nr_exact, nr_crowded);
	KUNIT_EXPECT_GT(test, nr_exact, 1000u);
	if (max_busy > KVM_MMU_INVALIDATE_SLOTS)
		KUNIT_EXPECT_GT(test, nr_crowded, 1000u);
	else
		KUNIT_EXPECT_EQ(test, nr_crowded, 0u);
}

static void invalidate_exact_within_slots(struct kunit *test)
{
	random_sequences(test, 3);
	random_sequences(test, KVM_MMU_INVALIDATE_SLOTS);
}

static void invalidate_more_than_slots(struct kunit *test)
{
	random_sequences(test, KVM_MMU_INVALIDATE_SLOTS + 1);
	random_sequences(test, MAX_BUSY);
}

/* Each of nine ranges is seen until it ends, whichever ends first. */
static void invalidate_ninth_range(struct kunit *test)
{
	struct kvm_mmu_invalidate inv = {};
	unsigned int i, first, nr = KVM_MMU_INVALIDATE_SLOTS + 1;

	for (first = 0; first < nr; first++) {
		for (i = 0; i < nr; i++)
			kvm_mmu_invalidate_begin(&inv, 10 * i, 10 * i + 5);
		kvm_mmu_invalidate_end(&inv, 10 * first, 10 * first + 5);
		/* One alone shares the rest with nobody, so is exact. */
		for (i = 0; i < 10 * nr; i++)
			if (kvm_mmu_invalidating(&inv, i, i + 1) !=
			    (i % 10 < 5 && i / 10 != first))
				KUNIT_FAIL(test, "first %u, gfn %u", first, i);
		for (i = 0; i < nr; i++)
			if (i != first)
				kvm_mmu_invalidate_end(&inv, 10 * i,
						       10 * i + 5);
		KUNIT_EXPECT_EQ(test, inv.nr, 0u);
	}
}

static void invalidate_fault_in_between(struct kunit *test)
{
	struct kvm_mmu_invalidate inv = {};
	unsigned long before, during, after;

	before = kvm_mmu_invalidate_seq(&inv);
	kvm_mmu_invalidate_begin(&inv, 10, 20);
	during = kvm_mmu_invalidate_seq(&inv);
	/* While it lasts: in the range only, whenever the fault began. */
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidate_retry(&inv, before, 19, 20));
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidate_retry(&inv, during, 10, 11));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_invalidate_retry(&inv, before, 0, 10));
	KUNIT_EXPECT_FALSE(test,
			   kvm_mmu_invalidate_retry(&inv, during, 20, 30));

	kvm_mmu_invalidate_end(&inv, 10, 20);
	after = kvm_mmu_invalidate_seq(&inv);
	/* After it: whoever began before its end, wherever. */
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidate_retry(&inv, before, 10, 20));
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidate_retry(&inv, before, 50, 51));
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidate_retry(&inv, during, 10, 20));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_invalidate_retry(&inv, after, 10, 20));
}

static void invalidate_empty_and_whole(struct kunit *test)
{
	struct kvm_mmu_invalidate inv = {};
	unsigned long seq = kvm_mmu_invalidate_seq(&inv);

	kvm_mmu_invalidate_begin(&inv, 7, 7);
	kvm_mmu_invalidate_begin(&inv, 8, 7);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_invalidating(&inv, 0, ~0ull));
	kvm_mmu_invalidate_end(&inv, 8, 7);
	kvm_mmu_invalidate_end(&inv, 7, 7);
	KUNIT_EXPECT_EQ(test, kvm_mmu_invalidate_seq(&inv), seq);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_invalidate_retry(&inv, seq, 7, 8));

	kvm_mmu_invalidate_begin(&inv, 0, ~0ull);
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidating(&inv, 0, 1));
	KUNIT_EXPECT_TRUE(test, kvm_mmu_invalidating(&inv, ~1ull, ~0ull));
	kvm_mmu_invalidate_end(&inv, 0, ~0ull);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_invalidating(&inv, 0, ~0ull));
}

static struct kunit_case invalidate_cases[] = {
	/* clang-format off */
	KUNIT_CASE(invalidate_exact_within_slots),
	KUNIT_CASE(invalidate_more_than_slots),
	KUNIT_CASE(invalidate_ninth_range),
	KUNIT_CASE(invalidate_fault_in_between),
	KUNIT_CASE(invalidate_empty_and_whole),
	{}
	/* clang-format on */
};

struct kunit_suite invalidate_suite = {
	.name = "twinwalk_invalidate",
	.test_cases = invalidate_cases,
};
