/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_walk_world.h - a little guest memory, and scenes played in it
 *
 * Owns: ten pages of fake memory with the ops that reach it, which check that
 * the walker keeps to their contract; and the comparison of model and walker.
 * Page N holds the table of level N, one entry of which matters; all else is
 * noise, so that a wrong index does not go unseen.
 *
 * Locking: none; a test has its world for itself.
 */
#ifndef TWINWALK_TESTS_GUEST_WALK_WORLD_H
#define TWINWALK_TESTS_GUEST_WALK_WORLD_H

#include <kunit/test.h>

#include "guest_walk_model.h"

#define WORLD_PAGES 10
#define WORLD_BASE  0x40000000ull
#define WORLD_LOG   64

/**
 * struct play - a scene, and the tables it is played on
 * @s: the scene; the address bits of the root are filled in
 * @leaf: the lowest level that has an entry
 * @entry: by level
 * @seed: of random scenes
 */
struct play {
	struct scene s;
	unsigned int leaf;
	u64 entry[6];
	u64 seed;
};

/* How scenes ended. */
enum ending {
	END_OK,
	END_ABSENT,
	END_RESERVED,
	END_RIGHTS,
	END_KEY,
	END_VIOLATION,
	END_MISCONFIG,
	END_NOT_BACKED,
	END_FLAGS_SET,
	END_COUNT
};

/**
 * struct world - fake memory, and what happened in it
 * @test: whose
 * @page: the memory, from WORLD_BASE
 * @cfg: of the walker ...
 * @role: ... as worked out of this ...
 * @info: ... and this
 * @entry_bytes: what the ops must be asked for; 0: anything
 * @missing: bit i: page i is not there
 * @read_only: bit i: page i cannot be written
 * @busy: reads that say -EAGAIN
 * @races: stores before which somebody else is quicker ...
 * @race_xor: ... and does this to the entry
 * @nr_reads: reads
 * @nr_tries: stores, whether they succeeded or not
 * @nr_stores: stores that succeeded: the next three are their log
 * @store_gpa: where
 * @store_old: what was there
 * @store_size: of how many bytes
 * @nr_misuses: the ops were called against their contract
 * @nr_played: scenes
 * @nr_bad: scenes of which model and walker disagree
 * @ended: scenes by mode and ending
 */
struct world {
	struct kunit *test;
	u8 *page;
	struct kvm_guest_walk_cfg cfg;
	union kvm_cpu_role role;
	struct kvm_guest_cpu_info info;
	unsigned int entry_bytes;
	unsigned int missing;
	unsigned int read_only;
	unsigned int busy;
	unsigned int races;
	u64 race_xor;
	unsigned int nr_reads;
	unsigned int nr_tries;
	unsigned int nr_stores;
	u64 store_gpa[WORLD_LOG];
	u64 store_old[WORLD_LOG];
	unsigned int store_size[WORLD_LOG];
	unsigned int nr_misuses;
	unsigned int nr_played;
	unsigned int nr_bad;
	unsigned int ended[M_COUNT][END_COUNT];
};

extern const struct kvm_guest_walk_ops world_ops;

int world_init(struct kunit *test);

/* Entries from the root to p->leaf that permit everything. */
void world_good_entries(struct play *p);

/* What the walker is told of the scene's CPU and of its access. */
void world_config(const struct scene *s, struct kvm_guest_walk_cfg *cfg);
void world_request(const struct scene *s, struct kvm_guest_walk_req *req);

/* Put the entries into memory, complete the scene's root. */
void world_place(struct world *w, struct play *p);

/* Where the scene's entry of this level is. */
u64 world_entry_gpa(const struct scene *s, unsigned int level);

/* Behind the guest's back; 0 and no effect where no page is. */
u64 world_peek(struct world *w, u64 gpa, unsigned int size);
void world_poke(struct world *w, u64 gpa, unsigned int size, u64 value);

/* Play a scene to model and walker; memory is as before afterwards. */
void world_play(struct world *w, struct play *p);

/* Fail the test if a scene went wrong or fewer than this many were played. */
void world_check(struct world *w, unsigned int at_least);

/* Fail the test if the scenes did not end in all ways that there are. */
void world_check_variety(struct world *w);

#endif
