// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_ops_kunit.c - the TDP MMU's operations, one at a time, in every format
 *
 * 1G leaves, MMIO entries, tables for NX huge pages, dirty tracking by mask,
 * address spaces, prefetching.  What a world must be at its end, and that the
 * ghost map and the spy saw no violation, is looked at in tdp_suite.c.
 */
#include <kunit/test.h>

#include "mmu/mmu_page.h"
#include "mmu/nx_recovery.h"
#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_suite.h"

#define PAGES_2M 512u
#define PAGES_1G (512u * 512u)

/* --- 1G leaves ----------------------------------------------------------- */

static void ops_giga_split_and_recover(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		KUNIT_EXPECT_EQ(test, tdp_map(w, g + 9, 3, TDP_RW),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_map(w, g, 3, TDP_RW),
				RET_PF_SPURIOUS);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 1L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 2), 0L);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + PAGES_1G, 977, 3),
				0u);

		/* A 4K page out of its midst; all else stays mapped. */
		tdp_map(w, g + 700, 1, TDP_LOGGED);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 0L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 511L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 512L);
		KUNIT_EXPECT_EQ(test,
				tdp_wrong(w, g + PAGES_2M, g + 2 * PAGES_2M, 1,
					  1),
				0u);
		KUNIT_EXPECT_EQ(test,
				tdp_wrong(w, g + 2 * PAGES_2M, g + PAGES_1G,
					  491, 2),
				0u);

		/* 2M at the most: that is so. 4K at the most, in a part of it. */
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 0, g, g + PAGES_1G,
						    2, &w->caches),
				0);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 511L);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 0,
						    g + 4 * PAGES_2M - 1,
						    g + 4 * PAGES_2M + 1, 1,
						    &w->caches),
				0);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 509L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 3 * 512L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);

		/* Back to 2M, then to 1G: one flush for each size. */
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 2), 3ul);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 512L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 2), 0ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 3), 1ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 1L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + PAGES_1G, 977, 3),
				0u);
	}
}

/* From 1G to 2M by level, to 4K by a fault, and up two sizes in one go. */
static void ops_giga_both_sizes_at_once(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g, 3, TDP_RW);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 0, g + 5, g + 6, 2,
						    &w->caches),
				0);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 512L);
		KUNIT_EXPECT_EQ(test,
				tdp_wrong(w, g, g + PAGES_1G, PAGES_2M, 2), 0u);
		tdp_map(w, g + 3, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 512L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 3), 2ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 1L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 2), 0L);
	}
}

/* What must not become 1G, and what may. */
static void ops_giga_recover_limits(struct kunit *test)
{
	struct kvm_tdp_map other;
	struct tdp_world *w;
	gfn_t g, end;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		end = g + PAGES_1G;
		tdp_map(w, g, 3, TDP_RW);
		kvm_tdp_split_range(&w->kvm, 0, g, end, 2, &w->caches);

		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, end - 1, 3), 0ul);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g + 1, end, 3), 0ul);

		kvm_mmu_write_lock(&w->kvm);
		kvm_mmu_invalidate_begin(&w->kvm.mmu.invalidate, end - 1, end);
		kvm_mmu_write_unlock(&w->kvm);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, end, 3), 0ul);
		kvm_mmu_write_lock(&w->kvm);
		kvm_mmu_invalidate_end(&w->kvm.mmu.invalidate, end - 1, end);
		kvm_mmu_write_unlock(&w->kvm);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);

		/* One that maps another page. */
		other = tdp_page(w, end - PAGES_2M, 2, TDP_RW);
		other.leaf.pfn += PAGES_2M;
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &other),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, end, 3), 0ul);

		/* None at all is no obstacle. */
		KUNIT_EXPECT_EQ(test, kvm_zap_gfn_range(&w->kvm, end - 1, end),
				1ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, end, 3), 1ul);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 1L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

static void ops_giga_zap(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g, end;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		end = g + PAGES_1G;
		tdp_map(w, g, 3, TDP_RW);
		KUNIT_EXPECT_EQ(test, kvm_zap_gfn_range(&w->kvm, g - 5, g),
				0ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
		KUNIT_EXPECT_EQ(test,
				kvm_zap_gfn_range(&w->kvm, g + 700, g + 701),
				1ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, end, 977, 0), 0u);

		/* On either side of where two entries of the root meet. */
		tdp_map(w, g, 3, TDP_RW);
		tdp_map(w, end, 3, TDP_RW);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 3), 2L);
		KUNIT_EXPECT_EQ(test,
				kvm_zap_gfn_range(&w->kvm, end - 1, end + 1),
				2ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
	}
}

static void ops_giga_track(struct kunit *test)
{
	struct tdp_world *w;
	unsigned long n;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g, 3, TDP_RW);
		n = kvm_tdp_track_writes(&w->kvm, 0, g + 5, g + 6,
					 KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_EQ(test, n, 1ul);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g).writable);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		n = kvm_tdp_track_writes(&w->kvm, 0, g + 5, g + 6,
					 KVM_DIRTY_WRPROT);
		KUNIT_EXPECT_EQ(test, n, 0ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);

		/* Half of it small: the table is all of one kind again. */
		tdp_map(w, g + 3, 1, TDP_LOGGED);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g + 4).writable);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 3), 2ul);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g).writable);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);

		n = kvm_tdp_track_writes(&w->kvm, 0, g, g + PAGES_1G,
					 KVM_DIRTY_CLEAR_BIT);
		KUNIT_EXPECT_EQ(test, n, 1ul);
		/* D would say nothing of a second 4K of it. */
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g).writable);
		KUNIT_EXPECT_EQ(test, tdp_see(w, w->root, g).dirty,
				!!w->masks.dirty);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

/* A 1G leaf in place of the tables below it: they go, after one flush. */
static void ops_giga_over_tables(struct kunit *test)
{
	struct tdp_world *w;
	unsigned int i;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		for (i = 0; i < 5; i++)
			tdp_map(w, g + i * 5000, 1 + i % 2, TDP_RW);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 3L);
		KUNIT_EXPECT_EQ(test, tdp_map(w, g + 1, 3, TDP_RW),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 0L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 2), 0L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + PAGES_1G, 977, 3),
				0u);
	}
}

/* --- MMIO ---------------------------------------------------------------- */

static enum kvm_pf_result map_mmio(struct tdp_world *w, gfn_t gfn,
				   unsigned int access, u64 gen)
{
	struct kvm_tdp_map map = tdp_page(w, gfn, 1, 0);

	map.leaf.pfn = 0;
	map.leaf.access = access;
	map.mmio_gen = gen;
	map.flags = KVM_TDP_MAP_MMIO;
	return tdp_do_map(w, w->root, &map);
}

/* An entry that says these; what has no place in the format says all. */
static bool is_mmio(struct tdp_world *w, gfn_t gfn, unsigned int access,
		    u64 gen)
{
	const struct kvm_pte_masks *m = &w->masks;
	u64 *e = tdp_entry(w, w->root, gfn, 1);

	if (!m->mmio_access)
		access = KVM_ACC_ALL;
	return e && is_mmio_spte(m, *e) && !is_shadow_present_pte(*e) &&
	       kvm_mmio_spte_gfn(m, *e) == gfn &&
	       kvm_mmio_spte_access(m, *e) == access &&
	       kvm_mmio_spte_gen(*e) == gen;
}

/* Low enough for an MMIO entry of each format. */
#define MMIO_GFN 0x3456ull

static void ops_mmio_over_nothing(struct kunit *test)
{
	const unsigned int all = KVM_ACC_ALL,
			   read = KVM_ACC_ALL & ~KVM_ACC_WRITE;
	const gfn_t gfn = MMIO_GFN;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, all, 3), RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, all, 3));
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, all, 3), RET_PF_EMULATE);
		/* Another access, another generation: a new entry. */
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, read, 3),
				RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, read, 3));
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, read, 0x1fff),
				RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, read, 0x1fff));

		/* It maps nothing: nothing to count, to age or to track. */
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		KUNIT_EXPECT_FALSE(test,
				   kvm_tdp_age_range(&w->kvm, 0, 0, gfn + 1));
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 0, 0, gfn + 1,
						     KVM_DIRTY_CLEAR_BIT),
				0ul);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 0, 0, gfn + 1,
						     KVM_DIRTY_WRPROT),
				0ul);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, read, 0x1fff));

		/* A page takes its place; no TLB knew of it. */
		KUNIT_EXPECT_EQ(test, tdp_map(w, gfn, 1, TDP_RW), RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, gfn, gfn + 1, 1, 1), 0u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 1L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* A leaf goes, and is flushed, before MMIO takes its place. */
static void ops_mmio_over_leaf(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t gfn;

	while ((w = tdp_next_world(test))) {
		gfn = MMIO_GFN;
		tdp_map(w, gfn, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, KVM_ACC_ALL, 5),
				RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, KVM_ACC_ALL, 5));
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);

		/* Inside a huge leaf: the others of it stay. */
		gfn += PAGES_1G;
		tdp_map(w, gfn, 3, TDP_RW);
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, KVM_ACC_ALL, 5),
				RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, KVM_ACC_ALL, 5));
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 511L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 511L);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, gfn + 1, gfn + 100, 1, 1),
				0u);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

/* What the format cannot say is no entry, and emulated all the same. */
static void ops_mmio_without_entry(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t gfn;

	while ((w = tdp_next_world(test))) {
		gfn = w->masks.mmio_gfn_limit;
		if (gfn >= kvm_level_pages(w->kvm.mmu.root_level + 1)) {
			/* There is no such gfn; then take the entry away. */
			gfn = MMIO_GFN;
			w->masks.mmio_value = 0;
		}
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, KVM_ACC_ALL, 1),
				RET_PF_EMULATE);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, gfn, gfn + 1, 1, 0), 0u);
		tdp_map(w, gfn, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, map_mmio(w, gfn, KVM_ACC_ALL, 1),
				RET_PF_EMULATE);
		KUNIT_EXPECT_EQ(test, *tdp_entry(w, w->root, gfn, 1),
				w->masks.nonpresent);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

/*
 * A zap is about what is mapped; the generation makes an entry stale.  A new
 * root knows of none.
 */
static void ops_mmio_and_zap(struct kunit *test)
{
	const gfn_t gfn = MMIO_GFN;
	struct kvm_mmu_page *old;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		map_mmio(w, gfn, KVM_ACC_ALL, 7);
		tdp_map(w, gfn + 1, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, kvm_zap_gfn_range(&w->kvm, 0, gfn + 2),
				1ul);
		KUNIT_EXPECT_TRUE(test, is_mmio(w, gfn, KVM_ACC_ALL, 7));
		KUNIT_EXPECT_FALSE(test, is_mmio(w, gfn, KVM_ACC_ALL, 8));

		kvm_mmu_zap_all_fast(&w->kvm);
		old = w->root;
		w->root = tdp_get_root(w, 0);
		kvm_tdp_put_root(&w->kvm, old);
		KUNIT_EXPECT_NULL(test, tdp_entry(w, w->root, gfn, 1));

		/* A table with MMIO in it goes as any other. */
		map_mmio(w, gfn, KVM_ACC_ALL, 8);
		KUNIT_EXPECT_EQ(test, tdp_map(w, gfn, 2, TDP_RW), RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);
	}
}

/* --- NX huge pages ------------------------------------------------------- */

/* A fetch from a page that could be as large as @could. */
static enum kvm_pf_result map_nx(struct tdp_world *w, struct kvm_mmu_page *root,
				 gfn_t gfn, unsigned int could)
{
	struct kvm_tdp_map map = tdp_page(w, gfn, 1, TDP_RW);

	map.nx_level = could;
	return tdp_do_map(w, root, &map);
}

static bool is_nx_table(struct tdp_world *w, gfn_t gfn, unsigned int level)
{
	u64 *e = tdp_entry(w, w->root, gfn, level);

	return e && (*e & BIT_ULL(11)) && !(*e & BIT_ULL(7)) &&
	       kvm_mmu_page_of(*e & w->masks.pfn)->nx_huge_page_disallowed;
}

static unsigned int nx_listed(struct tdp_world *w)
{
	struct kvm_mmu_page *sp;
	unsigned int n = 0;

	list_for_each_entry(sp, &w->kvm.mmu.nx_pages, nx_link)
		n++;
	return n == w->kvm.mmu.nr_nx_pages ? n : ~0u;
}

/* Which tables are there for their sake, and which are not. */
static void ops_nx_marks(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		/* Small for another reason. */
		map_nx(w, w->root, g + 2 * PAGES_2M, 0);
		map_nx(w, w->root, g + 3 * PAGES_2M, 1);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);

		map_nx(w, w->root, g, 2);
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g, 2));
		KUNIT_EXPECT_FALSE(test, is_nx_table(w, g, 3));
		KUNIT_EXPECT_EQ(test, nx_listed(w), 1u);
		/* It is there already. */
		map_nx(w, w->root, g + 1, 2);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 1u);

		/* A huge page that was not executable becomes small ones. */
		tdp_map(w, g + PAGES_2M, 2, TDP_RW | KVM_LEAF_NX);
		KUNIT_EXPECT_EQ(test, map_nx(w, w->root, g + PAGES_2M + 3, 2),
				RET_PF_FIXED);
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g + PAGES_2M, 2));
		KUNIT_EXPECT_EQ(test,
				tdp_wrong(w, g + PAGES_2M, g + 2 * PAGES_2M, 1,
					  1),
				0u);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 2u);

		/* Of a page that could be 1G, both tables on the way. */
		map_nx(w, w->root, g + PAGES_1G, 3);
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g + PAGES_1G, 3));
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g + PAGES_1G, 2));
		KUNIT_EXPECT_FALSE(test, is_nx_table(w, g + PAGES_1G, 4));
		KUNIT_EXPECT_EQ(test, nx_listed(w), 4u);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* Neither a fault on data beside nor recovery for dirty logging's end. */
static void ops_nx_stays_small(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		map_nx(w, w->root, g, 2);
		KUNIT_EXPECT_EQ(test,
				tdp_map(w, g + 9, 2, TDP_RW | KVM_LEAF_NX),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g + 9, g + 10, 1, 1), 0u);
		/* It is small, so it may be executed as well. */
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g + 9).exec);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 0L);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 3), 0ul);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 1u);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);

		/* A table that is no such one, beside it, is recovered. */
		map_nx(w, w->root, g + PAGES_2M, 0);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_1G, 3), 1ul);
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g, 2));

		/* A 1G page takes all of it; then it is on no list. */
		KUNIT_EXPECT_EQ(test, tdp_map(w, g, 3, TDP_RW | KVM_LEAF_NX),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
	}
}

/* What of a huge page may be fetched from is for its small ones to say. */
static void ops_nx_recovered_range_is_nx(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g, 2, TDP_RW | KVM_LEAF_NX);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g).exec);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 0, g, g + PAGES_2M,
						    1, &w->caches),
				0);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g + 3).exec);
		/* A fetch. */
		tdp_map(w, g + 3, 1, TDP_RW);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g + 3).exec);
		KUNIT_EXPECT_EQ(test, tdp_recover(w, g, g + PAGES_2M, 2), 0ul);
		KUNIT_EXPECT_EQ(test, tdp_recover_nx(w, g, g + PAGES_2M, 2),
				1ul);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 1L);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g + 3).exec);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g + 3).writable);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

static void ops_nx_recover(struct kunit *test)
{
	struct tdp_world *w;
	unsigned int i;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 10), 0ul);
		for (i = 0; i < 6; i++)
			map_nx(w, w->root, g + i * PAGES_2M + i, 2);

		/* Bounded, the oldest first, one flush, and nothing there. */
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 0), 0ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 4), 4ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 2u);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ(test,
					*tdp_entry(w, w->root, g + i * PAGES_2M,
						   2),
					w->masks.nonpresent);
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g + 4 * PAGES_2M, 2));
		KUNIT_EXPECT_TRUE(test, is_nx_table(w, g + 5 * PAGES_2M, 2));
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 2L);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 2L);

		/* Now it may be huge. */
		KUNIT_EXPECT_EQ(test, tdp_map(w, g, 2, TDP_RW | KVM_LEAF_NX),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 99), 2ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 1L);

		/* A table takes those below it along. */
		map_nx(w, w->root, g + PAGES_1G, 3);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 1), 1ul);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
		KUNIT_EXPECT_EQ(test, *tdp_entry(w, w->root, g + PAGES_1G, 3),
				w->masks.nonpresent);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

/* An entry that is not what it was when the table was put on the list. */
static void ops_nx_gone_meanwhile(struct kunit *test)
{
	struct kvm_mmu_page *sp;
	struct tdp_world *w;
	u64 *e, was;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		map_nx(w, w->root, g, 2);
		map_nx(w, w->root, g + PAGES_2M, 2);
		e = tdp_entry(w, w->root, g, 2);
		was = *e;
		sp = kvm_mmu_page_of(was & w->masks.pfn);

		/* Not a store, but a lie about it: it is not to be noticed. */
		sp->parent_sptep = tdp_entry(w, w->root, g + 9 * PAGES_2M, 2);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 2), 1ul);
		KUNIT_EXPECT_EQ(test, *e, was);
		KUNIT_EXPECT_EQ(test, *sp->parent_sptep, w->masks.nonpresent);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		sp->parent_sptep = e;

		kvm_nx_track(&w->kvm, sp);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 2), 1ul);
		KUNIT_EXPECT_EQ(test, *e, w->masks.nonpresent);
	}
}

/* Tables of two roots, and of one that is invalid and not emptied so far. */
static void ops_nx_roots(struct kunit *test)
{
	struct kvm_mmu_page *smm, *old;
	struct tdp_world *w;
	unsigned int i;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		smm = tdp_get_root(w, 1);
		for (i = 0; i < 4; i++)
			map_nx(w, i < 2 ? w->root : smm, g + i * PAGES_2M, 2);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 3), 3ul);
		KUNIT_EXPECT_EQ(test, *tdp_entry(w, w->root, g, 2),
				w->masks.nonpresent);
		KUNIT_EXPECT_EQ(test, *tdp_entry(w, smm, g + 2 * PAGES_2M, 2),
				w->masks.nonpresent);
		/* One for each time it came to another root. */
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 1L);

		/* As if the work had just begun: it leaves such roots alone. */
		smm->zapped = true;
		old = w->root;
		kvm_mmu_zap_all_fast(&w->kvm);
		tdp_settle(w);
		w->root = tdp_get_root(w, 0);
		kvm_tdp_put_root(&w->kvm, old);
		map_nx(w, w->root, g, 2);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 2u);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 2), 1ul);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 1L);

		smm->zapped = false;
		queue_work(system_unbound_wq, &w->kvm.mmu.zap_work);
		kvm_tdp_put_root(&w->kvm, smm);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 1), 0L);
	}
}

/* Of two roots in one address space, the one that the table is of. */
/* The root for L2 without tables of L1's; the caller puts it. */
static struct kvm_mmu_page *nested_root(struct tdp_world *w)
{
	union kvm_mmu_page_role role = w->root->role;
	struct kvm_mmu_page *root;

	role.guest_mode = 1;
	kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return root;
}

static void ops_nx_nested_root(struct kunit *test)
{
	struct kvm_mmu_page *nested;
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		nested = nested_root(w);
		KUNIT_EXPECT_PTR_NE(test, nested, w->root);

		map_nx(w, w->root, g, 0);
		map_nx(w, nested, g, 2);
		KUNIT_EXPECT_EQ(test, kvm_nx_recover(&w->kvm, 1), 1ul);
		KUNIT_EXPECT_EQ(test, *tdp_entry(w, nested, g, 2),
				w->masks.nonpresent);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + 1, 1, 1), 0u);
		kvm_tdp_put_root(&w->kvm, nested);
	}
}

static void nx_thread(struct tdp_thread *t)
{
	struct kvm *kvm = &t->w->kvm;
	gfn_t gfn = tdp_giga(t->w) + tdp_thread_below(t, 4) * PAGES_2M +
		    tdp_thread_below(t, 3);
	unsigned int what = tdp_thread_below(t, 8);
	struct kvm_tdp_map map = tdp_page(t->w, gfn, 1, TDP_RW);

	if (kvm_mmu_caches_topup(&t->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return;
	if (what == 0) {
		kvm_zap_gfn_range(kvm, gfn, gfn + 3);
		return;
	}
	if (what == 1) {
		map.leaf.level = 2;
		map.leaf.flags |= KVM_LEAF_NX;
	} else {
		map.nx_level = 1 + tdp_thread_below(t, 3);
	}
	kvm_mmu_read_lock(kvm);
	kvm_tdp_map(kvm, t->w->root, &map, &t->caches);
	kvm_mmu_read_unlock(kvm);
}

static void ops_nx_parallel(struct kunit *test)
{
	struct tdp_thread threads[2];
	unsigned long made = 0;
	struct tdp_world *w;
	unsigned int i;

	while ((w = tdp_next_world(test))) {
		kvm_mmu_debug_set_yield(&w->kvm, 17);
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			tdp_thread_start(test, &threads[i], w, nx_thread, 40);
		for (i = 0; i < 16; i++) {
			made += kvm_nx_recover(&w->kvm, 1 + i % 3);
			cond_resched();
		}
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			tdp_thread_wait(&threads[i]);
		KUNIT_EXPECT_NE(test, nx_listed(w), ~0u);
		/* All that is left: none was lost from the list. */
		made += kvm_nx_recover(&w->kvm, 1000);
		KUNIT_EXPECT_EQ(test, nx_listed(w), 0u);
	}
	KUNIT_EXPECT_GT(test, made, 0ul);
}

/* --- dirty tracking by mask ---------------------------------------------- */

static unsigned long track(struct tdp_world *w, gfn_t base, unsigned long mask,
			   enum kvm_dirty_mode mode)
{
	struct kvm_tdp_op op;
	unsigned long n;

	kvm_mmu_read_lock(&w->kvm);
	kvm_tdp_op_begin(&op, &w->kvm, KVM_MMU_SHARED);
	kvm_tdp_op_enter(&op, w->root);
	kvm_tdp_track_mask(&op, base, mask, mode);
	n = kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(&w->kvm);
	return n;
}

/* Would the next write to the page be seen? */
static bool is_tracked(struct tdp_world *w, gfn_t gfn, enum kvm_dirty_mode mode)
{
	struct tdp_seen s = tdp_see(w, w->root, gfn);

	if (mode == KVM_DIRTY_CLEAR_BIT && w->masks.dirty)
		return s.writable && !s.dirty;
	return !s.writable && s.dirty == !!w->masks.dirty;
}

/* Those in the mask are, those beside it are as they were; then undone. */
static unsigned int mask_differs(struct tdp_world *w, gfn_t base,
				 unsigned long mask, enum kvm_dirty_mode mode)
{
	unsigned int wrong = 0;
	struct tdp_seen s;
	int i;

	for (i = -8; i < 72; i++) {
		if (i >= 0 && i < 64 && (mask & BIT(i))) {
			wrong += !is_tracked(w, base + i, mode);
			kvm_zap_gfn_range(&w->kvm, base + i, base + i + 1);
			tdp_map(w, base + i, 1, TDP_RW);
			continue;
		}
		s = tdp_see(w, w->root, base + i);
		wrong += !s.writable || s.dirty != !!w->masks.dirty;
	}
	return wrong;
}

static void ops_track_mask(struct kunit *test)
{
	static const unsigned long masks[] = {
		0,
		1,
		BIT(63),
		BIT(63) | 1,
		0xff00,
		0x5555ul << 31,
		BIT(20) | BIT(21),
	};
	enum kvm_dirty_mode mode;
	struct tdp_world *w;
	unsigned int i;
	gfn_t base;
	int j;

	while ((w = tdp_next_world(test))) {
		/* From one table into the next, as an unaligned slot has it. */
		base = w->base + WINDOW_PAGES / 2 - 21;
		for (j = -8; j < 72; j++)
			tdp_map(w, base + j, 1, TDP_RW);
		for (i = 0; i < 2 * ARRAY_SIZE(masks); i++) {
			unsigned long mask = masks[i / 2];

			mode = i % 2 ? KVM_DIRTY_WRPROT : KVM_DIRTY_CLEAR_BIT;
			KUNIT_EXPECT_EQ(test, track(w, base, mask, mode),
					hweight_long(mask));
			KUNIT_EXPECT_EQ(test, tdp_flushes(w), !!mask);
			/* Again: nothing left to do. */
			KUNIT_EXPECT_EQ(test, track(w, base, mask, mode), 0ul);
			KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
			if (mask_differs(w, base, mask, mode))
				KUNIT_FAIL(test, "mask %lx, mode %d", mask,
					   mode);
			tdp_flushes(w);
		}
		/* All of them, among them some that are not mapped. */
		kvm_zap_gfn_range(&w->kvm, base + 30, base + 40);
		tdp_flushes(w);
		KUNIT_EXPECT_EQ(test, track(w, base, ~0ul, KVM_DIRTY_WRPROT),
				54ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

static void ops_track_mask_and_huge(struct kunit *test)
{
	struct tdp_world *w;
	unsigned int level;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		for (level = 2; level <= 3; level++) {
			tdp_map(w, g, level, TDP_RW);
			KUNIT_EXPECT_EQ(test,
					track(w, g + 64, 2,
					      KVM_DIRTY_CLEAR_BIT),
					1ul);
			KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
			KUNIT_EXPECT_FALSE(test,
					   tdp_see(w, w->root, g).writable);
			KUNIT_EXPECT_EQ(test, tdp_see(w, w->root, g).dirty,
					!!w->masks.dirty);
			KUNIT_EXPECT_EQ(test,
					track(w, g, ~0ul, KVM_DIRTY_WRPROT),
					0ul);
			KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
			g += PAGES_1G;
		}
	}
}

/* What L2 writes is logged by nobody: it has to fault. */
static void ops_track_nested_root(struct kunit *test)
{
	struct kvm_mmu_page *nested;
	struct kvm_tdp_map map;
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = w->base;
		nested = nested_root(w);
		map = tdp_page(w, g, 1, TDP_RW);
		tdp_do_map(w, w->root, &map);
		tdp_do_map(w, nested, &map);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 0, g, g + 1,
						     KVM_DIRTY_CLEAR_BIT),
				2ul);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, nested, g).writable);
		KUNIT_EXPECT_TRUE(test, is_tracked(w, g, KVM_DIRTY_CLEAR_BIT));
		kvm_tdp_put_root(&w->kvm, nested);
	}
}

/* Many calls, one operation, one flush. */
static void ops_track_mask_batched(struct kunit *test)
{
	struct kvm_tdp_op op;
	struct tdp_world *w;
	unsigned int i;

	while ((w = tdp_next_world(test))) {
		for (i = 0; i < 20; i++)
			tdp_map(w, w->base + i * 64, 1, TDP_RW);
		kvm_mmu_read_lock(&w->kvm);
		kvm_tdp_op_begin(&op, &w->kvm, KVM_MMU_SHARED);
		kvm_tdp_op_enter(&op, w->root);
		for (i = 0; i < 20; i++)
			kvm_tdp_track_mask(&op, w->base + i * 64, 3,
					   KVM_DIRTY_CLEAR_BIT);
		KUNIT_EXPECT_EQ(test, kvm_tdp_op_end(&op), 20ul);
		kvm_mmu_read_unlock(&w->kvm);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
	}
}

/* --- two address spaces -------------------------------------------------- */

/* The same pages in both, the second one's root returned. */
static struct kvm_mmu_page *map_both(struct tdp_world *w, unsigned int level)
{
	struct kvm_mmu_page *smm = tdp_get_root(w, 1);
	struct kvm_tdp_map map = tdp_page(w, w->base, level, TDP_RW);

	tdp_do_map(w, w->root, &map);
	tdp_do_map(w, smm, &map);
	return smm;
}

static void ops_spaces_track(struct kunit *test)
{
	struct kvm_mmu_page *smm;
	struct tdp_world *w;
	gfn_t g, end;

	while ((w = tdp_next_world(test))) {
		g = w->base;
		end = g + 1;
		smm = map_both(w, 1);
		KUNIT_EXPECT_PTR_NE(test, smm, w->root);
		KUNIT_EXPECT_PTR_EQ(test, tdp_get_root(w, 1), smm);
		kvm_tdp_put_root(&w->kvm, smm);

		KUNIT_EXPECT_TRUE(test, kvm_tdp_age_range(&w->kvm, 1, g, end));
		KUNIT_EXPECT_FALSE(test, kvm_tdp_age_range(&w->kvm, 1, g, end));
		KUNIT_EXPECT_FALSE(test, tdp_see(w, smm, g).accessed);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g).accessed);
		KUNIT_EXPECT_TRUE(test, kvm_tdp_age_range(&w->kvm, 0, g, end));

		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 1, g, end,
						     KVM_DIRTY_WRPROT),
				1ul);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, smm, g).writable);
		KUNIT_EXPECT_TRUE(test, tdp_see(w, w->root, g).writable);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_track_writes(&w->kvm, 0, g, end,
						     KVM_DIRTY_WRPROT),
				1ul);
		KUNIT_EXPECT_FALSE(test, tdp_see(w, w->root, g).writable);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		kvm_tdp_put_root(&w->kvm, smm);
	}
}

static void ops_spaces_size(struct kunit *test)
{
	unsigned int max_level = 2;
	struct kvm_tdp_recover req = {
		.as_id = 1,
		.max_level = tdp_max_level,
		.arg = &max_level,
	};
	struct kvm_mmu_page *smm;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		smm = map_both(w, 2);
		KUNIT_EXPECT_EQ(test,
				kvm_tdp_split_range(&w->kvm, 1, w->base,
						    w->base + 1, 1, &w->caches),
				0);
		KUNIT_EXPECT_EQ(test, tdp_see(w, smm, w->base).level, 1u);
		KUNIT_EXPECT_EQ(test, tdp_see(w, w->root, w->base).level, 2u);
		KUNIT_EXPECT_EQ(test,
				tdp_recover(w, w->base, w->base + PAGES_2M, 2),
				0ul);
		req.start = w->base;
		req.end = w->base + PAGES_2M;
		KUNIT_EXPECT_EQ(test, kvm_tdp_recover_range(&w->kvm, &req),
				1ul);
		KUNIT_EXPECT_EQ(test, tdp_see(w, smm, w->base).level, 2u);
		kvm_tdp_put_root(&w->kvm, smm);
	}
}

static void ops_spaces_zap(struct kunit *test)
{
	struct kvm_mmu_page *smm;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		smm = map_both(w, 1);
		/* A zap is of all of them, and flushes once. */
		KUNIT_EXPECT_EQ(test,
				kvm_zap_gfn_range(&w->kvm, w->base,
						  w->base + 1),
				2ul);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 1);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);

		kvm_tdp_put_root(&w->kvm, map_both(w, 2));
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 2L);
		/* Those of the tables that were in the way. */
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 2);
		kvm_mmu_zap_all_fast(&w->kvm);
		KUNIT_EXPECT_EQ(test, atomic_read(&w->reloads), 1);
		KUNIT_EXPECT_EQ(test, tdp_map(w, w->base, 1, 0), RET_PF_RETRY);
		KUNIT_EXPECT_TRUE(test, smm->role.invalid);
		tdp_settle(w);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 0L);
		/* The two roots, which have users. */
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 2L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
		kvm_tdp_put_root(&w->kvm, smm);
		KUNIT_EXPECT_EQ(test, tdp_tables(w, 0), 1L);
	}
}

/* --- prefetching --------------------------------------------------------- */

static enum kvm_pf_result try_early(struct tdp_world *w, gfn_t gfn,
				    unsigned int level, s64 other_pfn)
{
	struct kvm_tdp_map map = tdp_page(w, gfn, level, TDP_RW | KVM_LEAF_OLD);

	map.leaf.pfn += other_pfn;
	map.flags = KVM_TDP_MAP_PREFETCH;
	return tdp_do_map(w, w->root, &map);
}

static void ops_prefetch_maps_old(struct kunit *test)
{
	struct tdp_world *w;
	unsigned int level;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w) - 3 * PAGES_1G;
		for (level = 1; level <= 3; level++, g += PAGES_1G) {
			KUNIT_EXPECT_EQ(test, try_early(w, g, level, 0),
					RET_PF_FIXED);
			KUNIT_EXPECT_EQ(test, tdp_wrong(w, g, g + 1, 1, level),
					0u);
			KUNIT_EXPECT_FALSE(test,
					   tdp_see(w, w->root, g).accessed);
			KUNIT_EXPECT_TRUE(test,
					  tdp_see(w, w->root, g).writable);
			KUNIT_EXPECT_FALSE(test,
					   kvm_tdp_test_age_range(&w->kvm, 0, g,
								  g + 1));
		}
		/* A fault makes it young, where the CPU cannot. */
		g -= 3 * PAGES_1G;
		if (!w->masks.accessed) {
			KUNIT_EXPECT_EQ(test, tdp_map(w, g, 1, TDP_RW),
					RET_PF_FIXED);
			KUNIT_EXPECT_TRUE(test,
					  kvm_tdp_test_age_range(&w->kvm, 0, g,
								 g + 1));
		}
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* Another page, more rights, another size: what is there stays. */
static void ops_prefetch_changes_nothing(struct kunit *test)
{
	struct tdp_world *w;
	unsigned int level, want;
	gfn_t g;
	u64 *e, was;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w) - 3 * PAGES_1G;
		for (level = 1; level <= 3; level++, g += PAGES_1G) {
			/* Read-only and old. */
			tdp_map(w, g, level, KVM_LEAF_OLD);
			e = tdp_entry(w, w->root, g, level);
			was = *e;
			for (want = 1; want <= 3; want++) {
				KUNIT_EXPECT_EQ(test, try_early(w, g, want, 0),
						RET_PF_SPURIOUS);
				KUNIT_EXPECT_EQ(test,
						try_early(w, g, want, PAGES_1G),
						RET_PF_SPURIOUS);
				KUNIT_EXPECT_PTR_EQ(test,
						    tdp_entry(w, w->root, g,
							      level),
						    e);
				KUNIT_EXPECT_EQ(test, *e, was);
			}
		}
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 0), 3L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* A table stays, and there is room in it. */
static void ops_prefetch_into_table(struct kunit *test)
{
	struct tdp_world *w;
	gfn_t g;

	while ((w = tdp_next_world(test))) {
		g = tdp_giga(w);
		tdp_map(w, g, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, try_early(w, g + 5, 2, 0), RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_wrong(w, g + 5, g + 6, 1, 1), 0u);
		KUNIT_EXPECT_EQ(test, try_early(w, g + PAGES_2M, 3, 0),
				RET_PF_FIXED);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 2), 1L);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 2L);
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

/* Nor does what was found to be MMIO take a page away. */
static void ops_prefetch_mmio(struct kunit *test)
{
	struct kvm_tdp_map map;
	struct tdp_world *w;

	while ((w = tdp_next_world(test))) {
		map = tdp_page(w, MMIO_GFN, 1, 0);
		map.flags = KVM_TDP_MAP_PREFETCH | KVM_TDP_MAP_MMIO;
		tdp_map(w, MMIO_GFN, 1, TDP_RW);
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &map),
				RET_PF_SPURIOUS);
		KUNIT_EXPECT_EQ(test, tdp_leaves(w, 1), 1L);
		/* Where nothing is, it may be remembered. */
		map.gfn++;
		KUNIT_EXPECT_EQ(test, tdp_do_map(w, w->root, &map),
				RET_PF_EMULATE);
		KUNIT_EXPECT_TRUE(test,
				  is_mmio(w, MMIO_GFN + 1, KVM_ACC_ALL, 0));
		KUNIT_EXPECT_EQ(test, tdp_flushes(w), 0);
	}
}

static struct kunit_case tdp_ops_cases[] = {
	/* clang-format off */
	KUNIT_CASE(ops_giga_split_and_recover),
	KUNIT_CASE(ops_giga_both_sizes_at_once),
	KUNIT_CASE(ops_giga_recover_limits),
	KUNIT_CASE(ops_giga_zap),
	KUNIT_CASE(ops_giga_track),
	KUNIT_CASE(ops_giga_over_tables),
	KUNIT_CASE(ops_mmio_over_nothing),
	KUNIT_CASE(ops_mmio_over_leaf),
	KUNIT_CASE(ops_mmio_without_entry),
	KUNIT_CASE(ops_mmio_and_zap),
	KUNIT_CASE(ops_nx_marks),
	KUNIT_CASE(ops_nx_stays_small),
	KUNIT_CASE(ops_nx_recovered_range_is_nx),
	KUNIT_CASE(ops_nx_recover),
	KUNIT_CASE(ops_nx_gone_meanwhile),
	KUNIT_CASE(ops_nx_roots),
	KUNIT_CASE(ops_nx_nested_root),
	KUNIT_CASE(ops_nx_parallel),
	KUNIT_CASE(ops_track_mask),
	KUNIT_CASE(ops_track_mask_and_huge),
	KUNIT_CASE(ops_track_mask_batched),
	KUNIT_CASE(ops_track_nested_root),
	KUNIT_CASE(ops_spaces_track),
	KUNIT_CASE(ops_spaces_size),
	KUNIT_CASE(ops_spaces_zap),
	KUNIT_CASE(ops_prefetch_maps_old),
	KUNIT_CASE(ops_prefetch_changes_nothing),
	KUNIT_CASE(ops_prefetch_into_table),
	KUNIT_CASE(ops_prefetch_mmio),
	{}
	/* clang-format on */
};

struct kunit_suite tdp_ops_suite = {
	.name = "twinwalk_tdp_ops",
	.suite_init = tdp_suite_up,
	.suite_exit = tdp_suite_down,
	.init = tdp_test_init,
	.exit = tdp_test_exit,
	.test_cases = tdp_ops_cases,
};
