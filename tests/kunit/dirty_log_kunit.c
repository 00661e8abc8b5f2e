// SPDX-License-Identifier: GPL-2.0-only
/*
 * dirty_log_kunit.c - the dirty log: which ranges, which bits, which pages
 *
 * Ranges and bits are compared with what a loop over single pages says.  The pages
 * are those of a world without vCPUs, see tdp_suite.h.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_suite.h"
#include "virt/dirty_log.h"

/* --- ranges -------------------------------------------------------------- */

/* By 64 pages from a multiple of 64, until that is the end or the slot's is. */
static bool reaches(u64 npages, u64 first, u64 nr)
{
	u64 at = first;

	if (first & 63)
		return false;
	while (at < npages && at != first + nr)
		at += min_t(u64, 64, npages - at);
	return at == first + nr;
}

static void log_ranges(struct kunit *test)
{
	static const u64 npages[] = { 1, 2, 63, 64, 65, 127, 128, 130, 192 };
	unsigned int i;
	u64 first, nr;

	for (i = 0; i < ARRAY_SIZE(npages); i++)
		for (first = 0; first < 260; first++)
			for (nr = 0; nr < 260; nr++)
				if (kvm_dirty_log_range_is_valid(npages[i],
								 first, nr) !=
				    (first <= npages[i] &&
				     reaches(npages[i], first, nr)))
					KUNIT_FAIL(test, "%llu of %llu: %llu",
						   first, npages[i], nr);
}

static void log_ranges_that_wrap(struct kunit *test)
{
	const u64 most = KVM_MEM_MAX_NR_PAGES;

	KUNIT_EXPECT_TRUE(test, kvm_dirty_log_range_is_valid(most, 0, most));
	KUNIT_EXPECT_TRUE(test,
			  kvm_dirty_log_range_is_valid(most, most & ~63, 63));
	KUNIT_EXPECT_FALSE(test,
			   kvm_dirty_log_range_is_valid(most, most & ~63, 64));
	KUNIT_EXPECT_FALSE(test,
			   kvm_dirty_log_range_is_valid(most, 0, U32_MAX));
	KUNIT_EXPECT_FALSE(test,
			   kvm_dirty_log_range_is_valid(most, -64ull, 64));
	KUNIT_EXPECT_FALSE(test,
			   kvm_dirty_log_range_is_valid(most, -64ull, 128));
	KUNIT_EXPECT_FALSE(test,
			   kvm_dirty_log_range_is_valid(most, 1ull << 63, 64));
}

/* --- bits ---------------------------------------------------------------- */

#define WORDS 8
#define BITS  (WORDS * BITS_PER_LONG)

static void fill(struct rnd_state *rnd, unsigned long *words)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		words[i] = (u64)prandom_u32_state(rnd) << 32 |
			   prandom_u32_state(rnd);
		/* Some have none, some have all. */
		if (prandom_u32_state(rnd) % 4 == 0)
			words[i] = prandom_u32_state(rnd) % 2 ? ~0ul : 0;
	}
}

static void log_take(struct kunit *test)
{
	unsigned long log[WORDS], mask[WORDS], was[WORDS], wanted[WORDS];
	struct rnd_state rnd;
	unsigned int i, bit;
	bool any, told;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 200; i++) {
		fill(&rnd, log);
		fill(&rnd, wanted);
		if (i % 8 == 0)
			bitmap_zero(wanted, BITS);
		bitmap_copy(was, log, BITS);
		bitmap_copy(mask, wanted, BITS);
		told = kvm_dirty_log_take(log, mask, WORDS);
		for (bit = 0, any = false; bit < BITS; bit++) {
			bool both = test_bit(bit, was) && test_bit(bit, wanted);

			any |= both;
			if (test_bit(bit, mask) != both ||
			    test_bit(bit, log) != (test_bit(bit, was) && !both))
				KUNIT_FAIL(test, "round %u, bit %u", i, bit);
		}
		KUNIT_EXPECT_EQ(test, told, any);

		kvm_dirty_log_give_back(log, mask, WORDS);
		KUNIT_EXPECT_TRUE(test, bitmap_equal(log, was, BITS));
	}
}

/* A round sets each bit once, by another thread; each is taken once. */
struct setter {
	unsigned long log[WORDS];
	unsigned long rounds;
	unsigned long next;
	struct completion done;
};

static int set_bits(void *data)
{
	struct setter *s = data;
	unsigned long i;

	for (i = 0; i < s->rounds * BITS; i++) {
		/* Not before all of the last round were taken. */
		while (READ_ONCE(s->next) < i / BITS * BITS)
			cond_resched();
		set_bit(i * 37 % BITS, s->log);
	}
	complete(&s->done);
	return 0;
}

static void log_take_beside_writer(struct kunit *test)
{
	struct setter *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned long mask[WORDS], end = jiffies + 60 * HZ;
	struct task_struct *task;
	bool set = false;

	KUNIT_ASSERT_NOT_NULL(test, s);
	init_completion(&s->done);
	s->rounds = 50;
	task = kthread_run(set_bits, s, "tw-dirty-log");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (s->next < s->rounds * BITS && time_before(jiffies, end)) {
		bitmap_fill(mask, BITS);
		kvm_dirty_log_take(s->log, mask, WORDS);
		/* Now and then they go back, and nobody notices. */
		set = !set;
		if (set)
			kvm_dirty_log_give_back(s->log, mask, WORDS);
		else
			WRITE_ONCE(s->next,
				   s->next + bitmap_weight(mask, BITS));
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, s->next, s->rounds * BITS);
	WRITE_ONCE(s->next, s->rounds * BITS);
	wait_for_completion(&s->done);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(s->log, BITS));
}

static struct kunit_case dirty_log_cases[] = {
	/* clang-format off */
	KUNIT_CASE(log_ranges),
	KUNIT_CASE(log_ranges_that_wrap),
	KUNIT_CASE(log_take),
	KUNIT_CASE(log_take_beside_writer),
	{}
	/* clang-format on */
};

struct kunit_suite dirty_log_suite = {
	.name = "twinwalk_dirty_log",
	.test_cases = dirty_log_cases,
};

/* --- pages --------------------------------------------------------------- */

#define PAGES_2M SPTES_PER_TABLE

/* A slot from the middle of a 2M page over two more, and a bit: unaligned. */
#define SLOT_FIRST 300
#define SLOT_PAGES (PAGES_2M * 3 + 5)

struct pages {
	struct tdp_world *w;
	gfn_t base;
	unsigned long bitmap[BITS_TO_LONGS(SLOT_PAGES)];
	unsigned long writable[BITS_TO_LONGS(SLOT_PAGES)];
};

/* A 2M page, and small ones around it, with a hole. */
static void map_pages(struct pages *p)
{
	gfn_t start = p->w->base, huge = start + PAGES_2M;
	gfn_t end = p->base + SLOT_PAGES;
	gfn_t gfn;

	kvm_zap_gfn_range(&p->w->kvm, start, end + 8);
	tdp_map(p->w, huge, 2, TDP_RW);
	bitmap_zero(p->writable, SLOT_PAGES);
	for (gfn = start; gfn < end + 8; gfn++) {
		if (gfn == huge)
			gfn += PAGES_2M;
		if (gfn % 32 != 7)
			tdp_map(p->w, gfn, 1, TDP_RW);
	}
	for (gfn = p->base; gfn < end; gfn++)
		if (tdp_see(p->w, p->w->root, gfn).writable)
			__set_bit(gfn - p->base, p->writable);
}

/* What a loop over pages would take W from; the 2M page has all of it or none. */
static void model_track(struct pages *p)
{
	unsigned long huge = p->w->base + PAGES_2M - p->base;

	bitmap_andnot(p->writable, p->writable, p->bitmap, SLOT_PAGES);
	if (find_next_bit(p->bitmap, huge + PAGES_2M, huge) < huge + PAGES_2M)
		bitmap_clear(p->writable, huge, PAGES_2M);
}

static unsigned int pages_differ(struct pages *p)
{
	unsigned int wrong = 0;
	gfn_t gfn;
	long i;

	for (i = -8; i < SLOT_PAGES + 8; i++) {
		struct tdp_seen s;

		gfn = p->base + i;
		s = tdp_see(p->w, p->w->root, gfn);
		if (i < 0 || i >= SLOT_PAGES)
			wrong += s.writable != (gfn % 32 != 7);
		else
			wrong += s.writable != test_bit(i, p->writable);
	}
	return wrong;
}

/* Each step, a quarter of the pages at most; some of them in one word alone. */
static void pick_pages(struct pages *p, struct rnd_state *rnd,
		       unsigned int step)
{
	unsigned long from = prandom_u32_state(rnd) % SLOT_PAGES;
	unsigned long nr = 1 + prandom_u32_state(rnd) % (SLOT_PAGES - from);
	unsigned int i;

	bitmap_zero(p->bitmap, SLOT_PAGES);
	if (step % 4 == 0) {
		bitmap_set(p->bitmap, from, nr);
		return;
	}
	for (i = 0; i < SLOT_PAGES >> 2 * (step % 4); i++)
		__set_bit(from + prandom_u32_state(rnd) % nr, p->bitmap);
}

static void tdp_bitmap(struct kunit *test)
{
	struct pages *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned long n, left;
	unsigned int step;

	KUNIT_ASSERT_NOT_NULL(test, p);
	prandom_seed_state(&rnd, 2);
	while ((p->w = tdp_next_world(test))) {
		p->base = p->w->base + SLOT_FIRST;
		for (step = 0; step < 24; step++) {
			if (step % 6 == 0)
				map_pages(p);
			tdp_flushes(p->w);
			left = bitmap_weight(p->writable, SLOT_PAGES);
			pick_pages(p, &rnd, step);
			model_track(p);
			left -= bitmap_weight(p->writable, SLOT_PAGES);
			n = kvm_tdp_track_bitmap(&p->w->kvm, 0, p->base,
						 SLOT_PAGES, p->bitmap,
						 KVM_DIRTY_WRPROT);
			KUNIT_EXPECT_EQ(test, !n, !left);
			KUNIT_EXPECT_LE(test, n, left);
			KUNIT_EXPECT_EQ(test, tdp_flushes(p->w), !!n);
			if (pages_differ(p))
				KUNIT_FAIL(test, "step %u", step);
			/* Once more: there is nothing left to do. */
			n = kvm_tdp_track_bitmap(&p->w->kvm, 0, p->base,
						 SLOT_PAGES, p->bitmap,
						 KVM_DIRTY_WRPROT);
			KUNIT_EXPECT_EQ(test, n, 0ul);
			KUNIT_EXPECT_EQ(test, tdp_flushes(p->w), 0);
		}
	}
}

/* By D, where the format has it: what is small stays writable. */
static void tdp_bitmap_by_dirty_bit(struct kunit *test)
{
	unsigned long bitmap[] = { BIT(3) | BIT(60), BIT(0) };
	struct tdp_world *w;
	struct tdp_seen s;
	unsigned int i;
	bool marked;

	while ((w = tdp_next_world(test))) {
		for (i = 0; i < 80; i++)
			tdp_map(w, w->base + i, 1, TDP_RW);
		tdp_flushes(w);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_bitmap(&w->kvm, 0, w->base, 70,
						     bitmap,
						     KVM_DIRTY_CLEAR_BIT),
				3ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		for (i = 0; i < 80; i++) {
			s = tdp_see(w, w->root, w->base + i);
			marked = i < 70 && test_bit(i, bitmap);
			if (w->masks.dirty)
				KUNIT_EXPECT_TRUE(test,
						  s.writable &&
							  s.dirty == !marked);
			else
				KUNIT_EXPECT_EQ(test, s.writable, !marked);
		}
	}
}

/* The address space that is meant, and no other. */
static void tdp_bitmap_spaces(struct kunit *test)
{
	unsigned long bitmap = 1;
	struct kvm_mmu_page *smm;
	struct kvm_tdp_map map;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		map = tdp_page(w, w->base, 1, TDP_RW);
		smm = tdp_get_root(w, 1);
		tdp_do_map(w, w->root, &map);
		tdp_do_map(w, smm, &map);
		kvm_tdp_track_bitmap(&w->kvm, 1, w->base, 1, &bitmap,
				     KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, w->base).writable);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, smm, w->base).writable);
		kvm_tdp_track_bitmap(&w->kvm, 0, w->base, 1, &bitmap,
				     KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, w->base).writable);
		kvm_tdp_put_root(&w->kvm, smm);
	}
}

static struct kunit_case tdp_dirty_cases[] = {
	/* clang-format off */
	KUNIT_CASE(tdp_bitmap),
	KUNIT_CASE(tdp_bitmap_by_dirty_bit),
	KUNIT_CASE(tdp_bitmap_spaces),
	{}
	/* clang-format on */
};

struct kunit_suite tdp_dirty_suite = {
	.name = "twinwalk_tdp_dirty",
	.suite_init = tdp_suite_up,
	.suite_exit = tdp_suite_down,
	.init = tdp_test_init,
	.exit = tdp_test_exit,
	.test_cases = tdp_dirty_cases,
};
