/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - counting the instructions of a piece of work
 *
 * Owns: bench_run(), bench_count(), bench_report() and the row of a table of
 * figures.  A benchmark is a row and a function that returns its value.
 *
 * The clock is the TSC.  It counts instructions, one each, in an emulator that
 * was started with "-icount shift=0", as the lab's bench hosts are; anywhere
 * else bench_calibrate() fails.  An instruction of the guest is one, whatever it
 * costs a real CPU; so is each round of a REP string instruction, and a NOP.
 *
 * Values are in hundredths of their unit, so that a cost shared by many calls
 * is not rounded away.
 *
 * Locking: none.
 *
 * Deliberately absent: real time, caches, TLBs.  The emulator has none.
 */
#ifndef TWINWALK_BENCH_H
#define TWINWALK_BENCH_H

#include <linux/types.h>

struct kunit;

/* A value of @n whole units. */
#define BENCH_WHOLE(n) (100ULL * (n))

/**
 * struct bench_figure - a row of a table of figures
 * @name: one word
 * @unit: one word, in the plural
 * @target: the highest value that passes, in hundredths of the unit
 * @measure: returns the value, in hundredths of the unit; may sleep, may give
 *	up by KUNIT_ASSERT
 */
struct bench_figure {
	const char *name;
	const char *unit;
	u64 target;
	u64 (*measure)(struct kunit *test);
};

/**
 * struct bench_work - what is to be counted
 * @prepare: makes a batch possible, before each; not counted, may sleep; or
 *	NULL
 * @fn: the work; called @calls times in a batch
 * @arg: for both
 * @calls: how often, at least 1
 * @irqs_on: @fn sleeps or turns IRQs on.  A batch shall then be shorter than a
 *	million instructions, a quarter of a tick: no more than two of the five
 *	batches have a tick in them, and the middle one has none
 */
struct bench_work {
	void (*prepare)(void *arg);
	void (*fn)(void *arg);
	void *arg;
	unsigned int calls;
	bool irqs_on;
};

/**
 * bench_calibrate() - does the clock count instructions?
 * @test: fails, and is given up, if the clock is off by more than 1 in 100, or
 *	does not say the same twice with IRQs off
 *
 * Code of known length is counted in each way that bench_count() has; and of
 * batches of unlike length the one that it should take has to be taken.
 *
 * Context: may sleep.  Comes before anything is counted.
 */
void bench_calibrate(struct kunit *test);

/**
 * bench_count() - count the instructions of a piece of work
 * @test: fails, and is given up, if the clock was not calibrated, or if the
 *	work has no calls
 * @work: what
 *
 * One batch is thrown away, for what is made on first use.  Of the five after
 * it the middle one counts, less what as many calls of an empty function take.
 * What is in @fn is all that is left, without the call of @fn itself.
 *
 * Context: may sleep.  IRQs are off around a batch unless @work->irqs_on.
 * Return: instructions a call, in hundredths, rounded up.
 */
u64 bench_count(struct kunit *test, const struct bench_work *work);

/**
 * bench_run() - bench_count() for work that needs no preparation
 * @test: see bench_count()
 * @fn: the work; neither sleeps nor turns IRQs on
 * @arg: for @fn
 * @calls: how often it is called in a batch
 *
 * Context: may sleep.
 * Return: instructions a call, in hundredths, rounded up.
 */
u64 bench_run(struct kunit *test, void (*fn)(void *arg), void *arg,
	      unsigned int calls);

/**
 * bench_report() - hold a value against its target
 * @test: fails if the value is above the target
 * @figure: whose value it is
 * @value: in hundredths of the unit
 *
 * Writes the line "figure NAME STATUS VALUE TARGET UNIT" to the kernel log,
 * which the lab's case collects; STATUS is 0 if it passes.
 */
void bench_report(struct kunit *test, const struct bench_figure *figure,
		  u64 value);

#endif
