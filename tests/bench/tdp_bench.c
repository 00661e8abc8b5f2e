// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_bench.c - what the TDP MMU's operations cost
 *
 * See tdp_bench.h.  A figure that an operation did not do its work for is no
 * figure: what each call returns is looked at, which costs two instructions.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "bench.h"
#include "mmu/mmu.h"
#include "mmu/tdp_map.h"
#include "mmu/tdp_mmu.h"
#include "mmu/tdp_track.h"
#include "mmu/zap.h"
#include "tests/bench/tdp_bench.h"
#include "vm.h"

#define BASE_GFN  0x40000000ull
#define BASE_PFN  0x100000ull
#define NR_RANGES 16

/* EPT's write-back, see SDM 3C, "The Extended Page Table Mechanism". */
#define EPT_WRITE_BACK (6 << 3)

/**
 * struct tdp_bench - a VM to work on
 * @kvm: the VM
 * @masks: its format, if it is not the module's
 * @caches: for @root and what is below
 * @root: its tables
 * @next: what is mapped next; a fault has that from the memslot and the host
 * @nr: how many leaves a batch begins with, or makes
 * @pages: 4K pages of each
 * @level: their level
 * @flushes: how many flushes there were
 * @wrong: how often something did not do what it should
 */
struct tdp_bench {
	struct kvm kvm;
	struct kvm_pte_masks masks;
	struct kvm_mmu_caches caches;
	struct kvm_mmu_page *root;
	struct kvm_tdp_map next;
	unsigned int nr;
	unsigned int pages;
	unsigned int level;
	unsigned int flushes;
	unsigned int wrong;
};

/**
 * struct tdp_work - a row's work
 * @prepare: as in struct bench_work
 * @fn: the same
 * @calls: the same
 * @irqs_on: the same
 * @each: how many leaves a call works on, by which the count is divided
 * @level: of those
 * @no_ad: EPT without A/D
 */
struct tdp_work {
	void (*prepare)(void *arg);
	void (*fn)(void *arg);
	unsigned int calls;
	bool irqs_on;
	unsigned int each;
	unsigned int level;
	bool no_ad;
};

static void count_flush(struct kvm *kvm, gfn_t start, u64 nr)
{
	container_of(kvm, struct tdp_bench, kvm)->flushes++;
}

static void reload(struct kvm *kvm)
{
}

static const struct kvm_mmu_vm_ops ops = {
	.flush_remote_tlbs = count_flush,
	.reload_roots = reload,
};

static union kvm_mmu_page_role root_role(struct tdp_bench *b)
{
	union kvm_mmu_page_role role = {};

	role.level = b->kvm.mmu.root_level;
	role.direct = 1;
	role.access = KVM_ACC_ALL;
	return role;
}

static int get_root(struct tdp_bench *b)
{
	int r = kvm_mmu_caches_topup(&b->caches, KVM_MMU_MAX_ROOT_LEVEL);

	if (r)
		return r;
	kvm_mmu_read_lock(&b->kvm);
	b->root = kvm_tdp_get_root(&b->kvm, root_role(b), &b->caches);
	kvm_mmu_read_unlock(&b->kvm);
	return b->root ? 0 : -ENOMEM;
}

static void free_vm(struct tdp_bench *b)
{
	if (b->root)
		kvm_tdp_put_root(&b->kvm, b->root);
	kvm_mmu_uninit_vm(&b->kvm);
	kvm_mmu_caches_free(&b->caches);
	kfree(b);
}

/* A kunit resource, so that a figure which is given up leaves nothing. */
static int bench_init(struct kunit_resource *res, void *context)
{
	const struct tdp_work *work = context;
	struct kvm_mmu_vm_config config = {
		.ops = &ops,
		.masks = kvm_mmu_pte_masks(),
		.root_level = kvm_mmu_get_config()->tdp_root_level,
		.max_huge_level = KVM_MMU_LEVEL_2M,
	};
	struct tdp_bench *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int r;

	if (!b)
		return -ENOMEM;
	if (work->no_ad) {
		kvm_pte_masks_set_ept(&b->masks, KVM_EPT_HAS_EXEC_ONLY);
		config.masks = &b->masks;
	}
	b->nr = work->calls * work->each;
	b->level = work->level;
	b->pages = kvm_level_pages(work->level);
	r = kvm_mmu_init_vm(&b->kvm, &config);
	if (r) {
		kfree(b);
		return r;
	}
	kvm_mmu_caches_init(&b->kvm, &b->caches, 2 * KVM_MMU_MAX_ROOT_LEVEL, 0);
	r = get_root(b);
	if (r)
		free_vm(b);
	res->data = b;
	return r;
}

static void bench_exit(struct kunit_resource *res)
{
	free_vm(res->data);
}

static u64 measure(struct kunit *test, const struct tdp_work *row)
{
	struct bench_work work = {
		.prepare = row->prepare,
		.fn = row->fn,
		.calls = row->calls,
		.irqs_on = row->irqs_on,
	};
	struct tdp_bench *b;
	u64 value;

	b = kunit_alloc_resource(test, bench_init, bench_exit, GFP_KERNEL,
				 (void *)row);
	KUNIT_ASSERT_NOT_NULL(test, b);
	work.arg = b;
	value = bench_count(test, &work);
	KUNIT_EXPECT_EQ(test, b->wrong, 0u);
	return DIV64_U64_ROUND_UP(value, row->each);
}

/* --- a batch's beginning ------------------------------------------------- */

static gfn_t end_gfn(struct tdp_bench *b)
{
	return BASE_GFN + (gfn_t)b->nr * b->pages;
}

static void map_from(struct tdp_bench *b, gfn_t gfn)
{
	b->next = (struct kvm_tdp_map){
		.gfn = gfn,
		.leaf = {
			.pfn = BASE_PFN + (gfn - BASE_GFN),
			.level = b->level,
			.access = KVM_ACC_ALL,
			.memtype = EPT_WRITE_BACK,
			.flags = KVM_LEAF_HOST_WRITABLE | KVM_LEAF_WRITE,
		},
	};
}

/* What a fault does once it knows the host's page. */
static enum kvm_pf_result map(struct tdp_bench *b)
{
	enum kvm_pf_result r;

	if (kvm_mmu_caches_topup(&b->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return RET_PF_RETRY;
	kvm_mmu_read_lock(&b->kvm);
	r = kvm_tdp_map(&b->kvm, b->root, &b->next, &b->caches);
	kvm_mmu_read_unlock(&b->kvm);
	return r;
}

/* Tables, and full caches, but no leaf. */
static void have_tables(void *arg)
{
	struct tdp_bench *b = arg;
	u64 table = (u64)b->pages * SPTES_PER_TABLE;
	gfn_t gfn, end = end_gfn(b);

	for (gfn = BASE_GFN; gfn < end; gfn += table) {
		map_from(b, gfn);
		map(b);
	}
	kvm_zap_gfn_range(&b->kvm, BASE_GFN, end);
	b->wrong +=
		!!kvm_mmu_caches_topup(&b->caches, b->caches.tables.capacity);
	map_from(b, BASE_GFN);
	cond_resched();
}

static void map_next(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += map(b) != RET_PF_FIXED;
	b->next.gfn += b->pages;
	b->next.leaf.pfn += b->pages;
}

static void have_leaves(void *arg)
{
	struct tdp_bench *b = arg;
	gfn_t end = end_gfn(b);

	have_tables(b);
	while (b->next.gfn < end)
		map_next(b);
	map_from(b, BASE_GFN);
	cond_resched();
}

static void have_old_leaves(void *arg)
{
	struct tdp_bench *b = arg;

	have_leaves(b);
	b->wrong += !kvm_tdp_age_range(&b->kvm, 0, BASE_GFN, end_gfn(b));
}

/* --- mapping ------------------------------------------------------------- */

static void map_again(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += map(b) != RET_PF_SPURIOUS;
}

u64 tdp_bench_map_4k(struct kunit *test)
{
	static const struct tdp_work row = {
		.prepare = have_tables,
		.fn = map_next,
		.calls = SPTES_PER_TABLE,
		.each = 1,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}

u64 tdp_bench_map_2m(struct kunit *test)
{
	static const struct tdp_work row = {
		.prepare = have_tables,
		.fn = map_next,
		.calls = SPTES_PER_TABLE,
		.each = 1,
		.level = KVM_MMU_LEVEL_2M,
	};

	return measure(test, &row);
}

u64 tdp_bench_map_spurious(struct kunit *test)
{
	static const struct tdp_work row = {
		.prepare = have_leaves,
		.fn = map_again,
		.calls = SPTES_PER_TABLE,
		.each = 1,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}

/* --- zapping ------------------------------------------------------------- */

static void zap(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += kvm_zap_gfn_range(&b->kvm, BASE_GFN, end_gfn(b)) != b->nr;
}

static void zap_none(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += kvm_zap_gfn_range(&b->kvm, 0, 1);
}

static u64 zap_leaf(struct kunit *test, unsigned int tables)
{
	const struct tdp_work row = {
		.prepare = have_leaves,
		.fn = zap,
		.calls = 1,
		.irqs_on = true,
		.each = tables * SPTES_PER_TABLE,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}

u64 tdp_bench_zap_leaf(struct kunit *test)
{
	return zap_leaf(test, 1);
}

u64 tdp_bench_zap_leaf_8_tables(struct kunit *test)
{
	return zap_leaf(test, 8);
}

u64 tdp_bench_zap_none(struct kunit *test)
{
	static const struct tdp_work row = {
		.prepare = have_tables,
		.fn = zap_none,
		.calls = 1,
		.irqs_on = true,
		.each = 1,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}

/* Every other one of 32 parts of a table. */
u64 tdp_bench_zap_flushes(struct kunit *test)
{
	static const struct tdp_work row = {
		.calls = 1,
		.each = SPTES_PER_TABLE,
		.level = KVM_MMU_LEVEL_4K,
	};
	const unsigned int pages = SPTES_PER_TABLE / NR_RANGES / 2;
	struct kvm_gfn_span spans[NR_RANGES];
	struct tdp_bench *b;
	unsigned int i;

	b = kunit_alloc_resource(test, bench_init, bench_exit, GFP_KERNEL,
				 (void *)&row);
	KUNIT_ASSERT_NOT_NULL(test, b);
	have_leaves(b);
	for (i = 0; i < NR_RANGES; i++) {
		spans[i].start = BASE_GFN + 2 * i * pages;
		spans[i].end = spans[i].start + pages;
	}
	b->flushes = 0;
	KUNIT_EXPECT_EQ(test, kvm_zap_gfn_ranges(&b->kvm, spans, NR_RANGES),
			(unsigned long)NR_RANGES * pages);
	KUNIT_EXPECT_EQ(test, b->wrong, 0u);
	KUNIT_EXPECT_GT(test, b->flushes, 0u);
	return BENCH_WHOLE(b->flushes);
}

/* --- aging --------------------------------------------------------------- */

static void age_young(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += !kvm_tdp_age_range(&b->kvm, 0, BASE_GFN, end_gfn(b));
}

static void age_old(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += kvm_tdp_age_range(&b->kvm, 0, BASE_GFN, end_gfn(b));
}

static u64 age(struct kunit *test, bool old, bool no_ad)
{
	const struct tdp_work row = {
		.prepare = old ? have_old_leaves : have_leaves,
		.fn = old ? age_old : age_young,
		.calls = 1,
		.each = SPTES_PER_TABLE,
		.level = KVM_MMU_LEVEL_4K,
		.no_ad = no_ad,
	};

	return measure(test, &row);
}

u64 tdp_bench_age_young(struct kunit *test)
{
	return age(test, false, false);
}

u64 tdp_bench_age_old(struct kunit *test)
{
	return age(test, true, false);
}

u64 tdp_bench_age_young_no_ad(struct kunit *test)
{
	return age(test, false, true);
}

u64 tdp_bench_age_old_no_ad(struct kunit *test)
{
	return age(test, true, true);
}

/* --- writes -------------------------------------------------------------- */

static void wrprot(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += kvm_tdp_track_writes(&b->kvm, 0, BASE_GFN, end_gfn(b),
					 KVM_DIRTY_WRPROT) != b->nr;
}

static void clear_dirty(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += kvm_tdp_track_writes(&b->kvm, 0, BASE_GFN, end_gfn(b),
					 KVM_DIRTY_CLEAR_BIT) != b->nr;
}

static u64 track(struct kunit *test, void (*fn)(void *arg))
{
	const struct tdp_work row = {
		.prepare = have_leaves,
		.fn = fn,
		.calls = 1,
		.irqs_on = true,
		.each = SPTES_PER_TABLE,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}

u64 tdp_bench_wrprot_leaf(struct kunit *test)
{
	return track(test, wrprot);
}

u64 tdp_bench_clear_dirty_leaf(struct kunit *test)
{
	return track(test, clear_dirty);
}

/* --- size ---------------------------------------------------------------- */

static void split(void *arg)
{
	struct tdp_bench *b = arg;

	b->wrong += !!kvm_tdp_split_range(&b->kvm, 0, BASE_GFN, end_gfn(b),
					  KVM_MMU_LEVEL_4K, &b->caches);
}

static u8 two_mb(struct kvm *kvm, gfn_t gfn, void *arg)
{
	return KVM_MMU_LEVEL_2M;
}

static void recover(void *arg)
{
	struct tdp_bench *b = arg;
	struct kvm_tdp_recover req = {
		.start = BASE_GFN,
		.end = end_gfn(b),
		.max_level = two_mb,
	};

	b->wrong += kvm_tdp_recover_range(&b->kvm, &req) != b->nr;
}

/* A 2M leaf, and a table at hand. */
static void have_huge(void *arg)
{
	struct tdp_bench *b = arg;

	map_from(b, BASE_GFN);
	map(b);
	b->wrong += map(b) != RET_PF_SPURIOUS;
	b->wrong +=
		!!kvm_mmu_caches_topup(&b->caches, b->caches.tables.capacity);
	cond_resched();
}

static void have_split(void *arg)
{
	have_huge(arg);
	split(arg);
}

static u64 resize(struct kunit *test, void (*prepare)(void *arg),
		  void (*fn)(void *arg))
{
	const struct tdp_work row = {
		.prepare = prepare,
		.fn = fn,
		.calls = 1,
		.irqs_on = true,
		.each = 1,
		.level = KVM_MMU_LEVEL_2M,
	};

	return measure(test, &row);
}

u64 tdp_bench_split_2m(struct kunit *test)
{
	return resize(test, have_huge, split);
}

u64 tdp_bench_recover_2m(struct kunit *test)
{
	return resize(test, have_split, recover);
}

/* --- roots --------------------------------------------------------------- */

static void get_and_put(void *arg)
{
	struct tdp_bench *b = arg;
	struct kvm_mmu_page *root;

	kvm_mmu_read_lock(&b->kvm);
	root = kvm_tdp_get_root(&b->kvm, root_role(b), &b->caches);
	kvm_mmu_read_unlock(&b->kvm);
	b->wrong += root != b->root;
	if (root)
		kvm_tdp_put_root(&b->kvm, root);
}

u64 tdp_bench_root_get_put(struct kunit *test)
{
	static const struct tdp_work row = {
		.fn = get_and_put,
		.calls = 100,
		.each = 1,
		.level = KVM_MMU_LEVEL_4K,
	};

	return measure(test, &row);
}
