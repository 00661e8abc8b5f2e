/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_suite.h - what suites about the TDP MMU's single steps have in common
 *
 * Owns: a world for each format in turn, looked over when it ends; pages that
 * are known by their gfn; reading tables; threads.
 *
 * A world ends well if nobody saw a violation, and nothing is accounted to it
 * once its roots were invalidated.  When a test ends, no table header is
 * allocated that was not before.
 *
 * Deliberately absent: random steps and a model; tdp_world.h has them.
 */
#ifndef TWINWALK_TDP_SUITE_H
#define TWINWALK_TDP_SUITE_H

#include <kunit/test.h>
#include <linux/completion.h>

#include "tests/kunit/tdp_world.h"

/* For the suite: as much of the ladder as the MMU needs; the spy on headers. */
int tdp_suite_up(struct kunit_suite *suite);
void tdp_suite_down(struct kunit_suite *suite);

/*
 * For each test: room for a world, and a look at what is left.  Operations do
 * not yield by themselves, so that flushes can be counted.
 */
int tdp_test_init(struct kunit *test);
void tdp_test_exit(struct kunit *test);

/* Ends the world of the last format well, makes that of the next; NULL: no more. */
struct tdp_world *tdp_next_world(struct kunit *test);

/* Is the world's page table format EPT? */
static inline bool tdp_is_ept(struct tdp_world *w)
{
	return w->masks.exec;
}

/* The 1G page that ends where the root has its boundary. */
static inline gfn_t tdp_giga(struct tdp_world *w)
{
	return w->base + WINDOW_PAGES / 2 - kvm_level_pages(3);
}

/* All that a leaf may be allowed. */
#define TDP_RW (KVM_LEAF_HOST_WRITABLE)

/* Writable by leave of the dirty log; see kvm_make_leaf_spte(). */
#define TDP_LOGGED (KVM_LEAF_HOST_WRITABLE | KVM_LEAF_DIRTY_LOG)

/* The host page that belongs to a gfn. */
kvm_pfn_t tdp_pfn(gfn_t gfn);

/* A request for that page. */
struct kvm_tdp_map tdp_page(struct tdp_world *w, gfn_t gfn, unsigned int level,
			    unsigned int leaf_flags);

/* Map by a request, with the world's caches topped up. */
enum kvm_pf_result tdp_do_map(struct tdp_world *w, struct kvm_mmu_page *root,
			      const struct kvm_tdp_map *map);

/* Map a page in the world's root. */
enum kvm_pf_result tdp_map(struct tdp_world *w, gfn_t gfn, unsigned int level,
			   unsigned int leaf_flags);

/* The root for address space @as_id; the caller puts it. */
struct kvm_mmu_page *tdp_get_root(struct tdp_world *w, unsigned int as_id);

/* A root's entry for a gfn at a level; NULL if no table is there. */
u64 *tdp_entry(struct tdp_world *w, struct kvm_mmu_page *root, gfn_t gfn,
	       unsigned int level);

/* What a root says of a gfn. */
struct tdp_seen {
	unsigned int level; /* of the leaf; 0: there is none */
	bool right; /* it maps the page that belongs to the gfn */
	bool writable;
	bool exec;
	bool accessed;
	bool dirty; /* D in formats that have it */
};

struct tdp_seen tdp_see(struct tdp_world *w, struct kvm_mmu_page *root,
			gfn_t gfn);

/* At how many gfns of a range, by step, is there not the right page at @level? */
unsigned int tdp_wrong(struct tdp_world *w, gfn_t start, gfn_t end,
		       unsigned int step, unsigned int level);

/* Counters of the VM; level 0: of all levels. */
long tdp_leaves(struct tdp_world *w, unsigned int level);
long tdp_tables(struct tdp_world *w, unsigned int level);

/* How many flushes since this was asked last. */
int tdp_flushes(struct tdp_world *w);

/* Invalidate nothing, wait for what invalidated roots still map. */
void tdp_settle(struct tdp_world *w);

/* kvm_tdp_recover.max_level: arg points to an unsigned int. */
u8 tdp_max_level(struct kvm *kvm, gfn_t gfn, void *arg);

/* kvm_tdp_recover_range() with that. */
unsigned long tdp_recover(struct tdp_world *w, gfn_t start, gfn_t end,
			  unsigned int max_level);

/* The same on a host whose huge pages must not be executable. */
unsigned long tdp_recover_nx(struct tdp_world *w, gfn_t start, gfn_t end,
			     unsigned int max_level);

/* A thread: @fn is called @steps times. */
struct tdp_thread {
	struct tdp_world *w;
	void (*fn)(struct tdp_thread *t);
	unsigned int steps;
	struct kvm_mmu_caches caches;
	struct rnd_state rnd;
	struct completion done;
	struct task_struct *task;
	bool elsewhere;
};

void tdp_thread_start(struct kunit *test, struct tdp_thread *t,
		      struct tdp_world *w, void (*fn)(struct tdp_thread *t),
		      unsigned int steps);

/* On another CPU than the caller, which stays on its own until it has waited. */
void tdp_thread_start_elsewhere(struct kunit *test, struct tdp_thread *t,
				struct tdp_world *w,
				void (*fn)(struct tdp_thread *t));

void tdp_thread_wait(struct tdp_thread *t);

/* 0 to @n - 1, by chance. */
unsigned int tdp_thread_below(struct tdp_thread *t, unsigned int n);

#endif
