// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c - counting the instructions of a piece of work
 *
 * See bench.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/printk.h>
#include <linux/sort.h>
#include <linux/stringify.h>
#include <asm/tsc.h>

#include "bench.h"

#define NR_BATCHES 5

static_assert(NR_BATCHES % 2 == 1);

/*
 * Code of known length, and how often it is called.  The shortest is such that
 * an overhead that was not taken off would show.
 */
#define NR_NOPS	   100
#define NR_ROUNDS  5000
#define NR_CALLS   8
#define PER_CENT_1 100

static bool clock_counts_instructions;

static void empty(void *arg)
{
}

/* Never a copy for one caller: all have to have the same overhead. */
static noinline __noclone u64 count_batch(const struct bench_work *work)
{
	unsigned long flags;
	unsigned int i;
	u64 begin, end;

	local_save_flags(flags);
	if (!work->irqs_on)
		local_irq_disable();
	begin = rdtsc();
	for (i = 0; i < work->calls; i++)
		work->fn(work->arg);
	end = rdtsc();
	local_irq_restore(flags);
	return end - begin;
}

static int compare_counts(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 middle_batch(const struct bench_work *work)
{
	u64 counts[NR_BATCHES];
	int i;

	for (i = -1; i < NR_BATCHES; i++) {
		if (work->prepare)
			work->prepare(work->arg);
		counts[max(i, 0)] = count_batch(work);
	}
	sort(counts, NR_BATCHES, sizeof(counts[0]), compare_counts, NULL);
	return counts[NR_BATCHES / 2];
}

static u64 count_work(struct kunit *test, const struct bench_work *work)
{
	const struct bench_work nothing = {
		.fn = empty,
		.calls = work->calls,
		.irqs_on = work->irqs_on,
	};
	u64 count, overhead;

	KUNIT_ASSERT_GT(test, work->calls, 0u);
	count = middle_batch(work);
	overhead = middle_batch(&nothing);
	KUNIT_ASSERT_GE(test, count, overhead);
	return DIV64_U64_ROUND_UP(BENCH_WHOLE(count - overhead), work->calls);
}

u64 bench_count(struct kunit *test, const struct bench_work *work)
{
	KUNIT_ASSERT_TRUE(test, clock_counts_instructions);
	return count_work(test, work);
}

u64 bench_run(struct kunit *test, void (*fn)(void *arg), void *arg,
	      unsigned int calls)
{
	const struct bench_work work = {
		.fn = fn,
		.arg = arg,
		.calls = calls,
	};

	return bench_count(test, &work);
}

static void known_nops(void *arg)
{
	asm volatile(".rept " __stringify(NR_NOPS) "; nop; .endr");
}

static void known_loop(void *arg)
{
	unsigned long left;

	asm volatile("mov %1, %0\n"
		     "1:\tdec %0\n\t"
		     "jnz 1b"
		     : "=&r"(left)
		     : "i"(NR_ROUNDS)
		     : "cc");
}

/* Work that knows which batch it is in, and how it was called. */
struct known_batches {
	unsigned int nr_batches;
	unsigned int nr_calls;
	unsigned int nr_irqs_on;
};

static void begin_batch(void *arg)
{
	struct known_batches *known = arg;

	known->nr_batches++;
}

/* The first batch and two of the others are long. */
static void run_batch(void *arg)
{
	struct known_batches *known = arg;

	known->nr_calls++;
	known->nr_irqs_on += !irqs_disabled();
	if (known->nr_batches & 1)
		known_loop(NULL);
}

static void check_batches(struct kunit *test, bool irqs_on)
{
	struct known_batches known = {};
	const struct bench_work work = {
		.prepare = begin_batch,
		.fn = run_batch,
		.arg = &known,
		.calls = NR_CALLS,
		.irqs_on = irqs_on,
	};
	u64 value = count_work(test, &work);

	KUNIT_ASSERT_EQ(test, known.nr_batches, 1u + NR_BATCHES);
	KUNIT_ASSERT_EQ(test, known.nr_calls, NR_CALLS * (1u + NR_BATCHES));
	KUNIT_ASSERT_EQ(test, known.nr_irqs_on, irqs_on ? known.nr_calls : 0);
	KUNIT_ASSERT_LT(test, value, BENCH_WHOLE(NR_ROUNDS));
}

static void check_known(struct kunit *test, const struct bench_work *work,
			unsigned int length)
{
	u64 value, again, wrong;

	value = count_work(test, work);
	again = count_work(test, work);
	kunit_info(test, "%u instructions, %u times, IRQs %s: %llu.%02llu\n",
		   length, work->calls, work->irqs_on ? "on" : "off",
		   div_u64(value, 100), value % 100);
	wrong = max(value, BENCH_WHOLE(length)) -
		min(value, BENCH_WHOLE(length));
	KUNIT_ASSERT_LE_MSG(test, wrong, BENCH_WHOLE(length) / PER_CENT_1,
			    "this clock does not count instructions");
	if (!work->irqs_on)
		KUNIT_ASSERT_EQ(test, value, again);
}

void bench_calibrate(struct kunit *test)
{
	static const unsigned int calls[] = { 1, NR_CALLS };
	struct bench_work work = {};
	unsigned int i, irqs_on;

	clock_counts_instructions = false;
	for (irqs_on = 0; irqs_on < 2; irqs_on++) {
		for (i = 0; i < ARRAY_SIZE(calls); i++) {
			work.irqs_on = irqs_on;
			work.calls = calls[i];
			work.fn = known_nops;
			check_known(test, &work, NR_NOPS);
			work.fn = known_loop;
			check_known(test, &work, 1 + 2 * NR_ROUNDS);
		}
		check_batches(test, irqs_on);
	}
	clock_counts_instructions = true;
}

void bench_report(struct kunit *test, const struct bench_figure *figure,
		  u64 value)
{
	pr_info("figure %s %d %llu.%02llu %llu.%02llu %s\n", figure->name,
		value > figure->target, div_u64(value, 100), value % 100,
		div_u64(figure->target, 100), figure->target % 100,
		figure->unit);
	KUNIT_EXPECT_LE_MSG(test, value, figure->target,
			    "%s is above its target", figure->name);
}
