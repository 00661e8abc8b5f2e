/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_world.h - a VM without vCPUs, a host without pages, and a plain model
 *
 * Owns: what the tests of the TDP MMU share.  The model is an array: for each
 * 4K page of a window of gfns, what must be mapped.  It knows nothing of
 * tables.
 */
#ifndef TWINWALK_TDP_WORLD_H
#define TWINWALK_TDP_WORLD_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "mmu/debug.h"
#include "mmu/tdp_map.h"
#include "mmu/tdp_mmu.h"
#include "mmu/tdp_track.h"
#include "mmu/zap.h"
#include "vm.h"

/* The window: 8 pages of 2M, half of them on either side of a boundary. */
#define WINDOW_PAGES 4096

/* A format and a level count. */
struct tdp_format {
	const char *name;
	bool ept;
	unsigned int flags;
	u64 c_bit;
	u8 root_level;
};

extern const struct tdp_format tdp_formats[];
extern const unsigned int nr_tdp_formats;

/* What must be mapped at a 4K page of the window. */
struct model_page {
	u64 pfn;
	u8 level;
	bool mapped;
	bool mmio;
	bool host_writable;
	bool writable;
};

struct tdp_world {
	struct kvm kvm;
	struct kvm_pte_masks masks;
	struct kvm_mmu_page *root;
	struct kvm_mmu_caches caches;
	gfn_t base;
	struct rnd_state rnd;
	u64 seed;
	unsigned long wrong;
	atomic_t flushes;
	atomic_t reloads;
	void (*on_flush)(struct tdp_world *w);
	bool moved[WINDOW_PAGES >> 9];
	struct model_page model[WINDOW_PAGES];
};

int tdp_world_init(struct tdp_world *w, const struct tdp_format *f, u64 seed);
/* The same, for leaves that are as large as that; the model has none of 1G. */
int tdp_world_init_huge(struct tdp_world *w, const struct tdp_format *f,
			u64 seed, u8 max_huge_level);
void tdp_world_exit(struct tdp_world *w);

/* Violations that the debug build has counted, and differences found here. */
unsigned long tdp_world_violations(struct tdp_world *w);

/*
 * Random steps, checked against the model.  Stops at the first violation or
 * difference.  Returns how many steps were made.
 */
unsigned int tdp_world_random(struct tdp_world *w, unsigned int steps);

/* Compare the window with the model. */
void tdp_world_compare(struct tdp_world *w);

/* One random step, without the model: for many threads at a time. */
void tdp_world_random_step(struct tdp_world *w, struct rnd_state *rnd,
			   struct kvm_mmu_caches *caches);

/* Map a page: gfn within the window, a level, a KVM_LEAF_WRITE or not, ... */
enum kvm_pf_result tdp_world_map(struct tdp_world *w, unsigned int page,
				 unsigned int level, unsigned int leaf_flags);

#endif
