// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_vm_kunit.c - the MMU's part of a VM, and the events it fires
 *
 * The host is not there; what KVM_CREATE_VM does of the MMU is all real.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "mmu/trace.h"
#include "tests/kunit/mmu_host.h"
#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_world.h"
#include "virt.h"

/* --- made and taken down ------------------------------------------------- */

/* In the host's format and size; and such a VM works. */
static void mmu_vm_is_as_the_host(struct kunit *test)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	union kvm_mmu_page_role role = { .level = 5, .direct = 1 };
	struct kvm_mmu_caches caches;
	struct kvm_mmu_page *root;

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	KUNIT_ASSERT_EQ(test, mmu_host_init(true), 0);
	KUNIT_ASSERT_EQ(test, kvm_mmu_create_vm(kvm, &kvm_vcpu_mmu_ops), 0);
	KUNIT_EXPECT_TRUE(test, kvm_has_tdp_mmu(&kvm->mmu));
	KUNIT_EXPECT_PTR_EQ(test, kvm->mmu.masks, kvm_mmu_pte_masks());
	KUNIT_EXPECT_EQ(test, kvm->mmu.root_level, 5);
	KUNIT_EXPECT_EQ(test, kvm->mmu.max_huge_level, 2);

	kvm_mmu_caches_init(kvm, &caches, 8, 0);
	KUNIT_EXPECT_EQ(test, kvm_mmu_caches_topup(&caches, 1), 0);
	kvm_mmu_read_lock(kvm);
	root = kvm_tdp_get_root(kvm, role, &caches);
	kvm_mmu_read_unlock(kvm);
	KUNIT_EXPECT_NOT_NULL(test, root);
	if (root)
		kvm_tdp_put_root(kvm, root);
	KUNIT_EXPECT_EQ(test, kvm_mmu_total_pages(), 1);
	kvm_mmu_destroy_vm(kvm);
	KUNIT_EXPECT_EQ(test, kvm_mmu_total_pages(), 0);
	kvm_mmu_caches_free(&caches);
	kvm_mmu_hardware_unsetup();
}

/* Without TDP, or with the TDP MMU not wanted: a lock, and nothing to free. */
static void mmu_vm_without_tdp_mmu(struct kunit *test)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, mmu_host_init(i), 0);
		kvm_param_tdp_mmu = false;
		KUNIT_EXPECT_EQ(test, kvm_mmu_create_vm(kvm, &kvm_vcpu_mmu_ops),
				0);
		KUNIT_EXPECT_FALSE(test, kvm_has_tdp_mmu(&kvm->mmu));
		KUNIT_EXPECT_PTR_EQ(test, kvm->mmu.ops, NULL);
		write_lock(&kvm->mmu_lock);
		write_unlock(&kvm->mmu_lock);
		/* No folder: were there files to be made, they would go astray. */
		kvm_mmu_create_vm_debugfs(kvm);
		kvm_mmu_destroy_vm(kvm);
		kvm_mmu_hardware_unsetup();
	}
}

#ifdef CONFIG_FAULT_INJECTION
#define MAX_ALLOCATIONS 100

static void mmu_vm_each_allocation_fails(struct kunit *test)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	unsigned int nth, left, nr_failed = 0;
	int r;

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	KUNIT_ASSERT_EQ(test, mmu_host_init(true), 0);
	for (nth = 1; nth < MAX_ALLOCATIONS; nth++) {
		memset(kvm, 0, sizeof(*kvm));
		current->fail_nth = nth;
		r = kvm_mmu_create_vm(kvm, &kvm_vcpu_mmu_ops);
		left = current->fail_nth;
		current->fail_nth = 0;

		if (r) {
			KUNIT_EXPECT_EQ(test, r, -ENOMEM);
			nr_failed++;
		} else {
			kvm_mmu_destroy_vm(kvm);
		}
		if (left)
			break;
	}
	KUNIT_EXPECT_LT(test, nth, MAX_ALLOCATIONS);
	/* The debug build's own; a percpu chunk does not come each time. */
	KUNIT_EXPECT_GE(test, nr_failed, 1);
	kvm_mmu_hardware_unsetup();
}
#endif

static struct kunit_case mmu_vm_cases[] = {
	/* clang-format off */
	KUNIT_CASE(mmu_vm_is_as_the_host),
	KUNIT_CASE(mmu_vm_without_tdp_mmu),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE(mmu_vm_each_allocation_fails),
#endif
	{}
	/* clang-format on */
};

struct kunit_suite mmu_vm_suite = {
	.name = "twinwalk_mmu_vm",
	.test_cases = mmu_vm_cases,
};

/* --- events -------------------------------------------------------------- */

#ifdef CONFIG_TRACEPOINTS

/* How often each event came, and what was last in it. */
static struct {
	unsigned int requested;
	enum kvm_pf_result result;
	gfn_t requested_gfn;
	unsigned int changed;
	gfn_t gfn;
	unsigned int level;
	u64 old;
	u64 new;
	unsigned int tables;
	unsigned int tables_gone;
	unsigned int flushes;
	gfn_t flush_start;
	u64 flush_nr;
	unsigned int zaps;
	unsigned long zapped;
	unsigned int zap_alls;
} seen;

static void on_requested(void *data, const struct kvm_tdp_map *map,
			 enum kvm_pf_result result)
{
	seen.requested++;
	seen.requested_gfn = map->gfn;
	seen.result = result;
}

static void on_changed(void *data, const struct kvm_mmu_page *root, gfn_t gfn,
		       unsigned int level, u64 old, u64 new)
{
	seen.changed++;
	seen.gfn = gfn;
	seen.level = level;
	seen.old = old;
	seen.new = new;
}

static void on_get_page(void *data, const struct kvm_mmu_page *sp)
{
	seen.tables++;
}

static void on_zap_page(void *data, const struct kvm_mmu_page *sp)
{
	seen.tables_gone++;
}

static void on_flush(void *data, gfn_t start, u64 nr)
{
	seen.flushes++;
	seen.flush_start = start;
	seen.flush_nr = nr;
}

static void on_zap(void *data, const struct kvm_gfn_span *spans,
		   unsigned int nr, unsigned long zapped)
{
	seen.zaps++;
	seen.zapped = zapped;
}

static void on_zap_all(void *data, struct kvm *kvm)
{
	seen.zap_alls++;
}

static int mmu_trace_suite_init(struct kunit_suite *suite)
{
	int r = mmu_host_init(true);

	if (r)
		return r;
	r = register_trace_kvm_mmu_spte_requested(on_requested, NULL);
	r |= register_trace_kvm_tdp_mmu_spte_changed(on_changed, NULL);
	r |= register_trace_kvm_mmu_get_page(on_get_page, NULL);
	r |= register_trace_kvm_mmu_prepare_zap_page(on_zap_page, NULL);
	r |= register_trace_kvm_tdp_flush(on_flush, NULL);
	r |= register_trace_kvm_zap_gfn_ranges(on_zap, NULL);
	r |= register_trace_kvm_mmu_zap_all_fast(on_zap_all, NULL);
	return r;
}

static void mmu_trace_suite_exit(struct kunit_suite *suite)
{
	unregister_trace_kvm_mmu_spte_requested(on_requested, NULL);
	unregister_trace_kvm_tdp_mmu_spte_changed(on_changed, NULL);
	unregister_trace_kvm_mmu_get_page(on_get_page, NULL);
	unregister_trace_kvm_mmu_prepare_zap_page(on_zap_page, NULL);
	unregister_trace_kvm_tdp_flush(on_flush, NULL);
	unregister_trace_kvm_zap_gfn_ranges(on_zap, NULL);
	unregister_trace_kvm_mmu_zap_all_fast(on_zap_all, NULL);
	tracepoint_synchronize_unregister();
	kvm_mmu_hardware_unsetup();
}

static int mmu_trace_init(struct kunit *test)
{
	struct tdp_world *w = vzalloc(sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	test->priv = w;
	memset(&seen, 0, sizeof(seen));
	/* EPT with A/D, 4 levels. */
	r = tdp_world_init(w, &tdp_formats[3], 0);
	if (r)
		vfree(w);
	return r;
}

static void mmu_trace_exit(struct kunit *test)
{
	vfree(test->priv);
}

/* A page is mapped, and zapped: which events, how often, what is in them. */
static void mmu_trace_map_and_zap(struct kunit *test)
{
	struct tdp_world *w = test->priv;

	KUNIT_EXPECT_EQ(test, seen.tables, 1);
	tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE);
	KUNIT_EXPECT_EQ(test, seen.requested, 1);
	KUNIT_EXPECT_EQ(test, seen.requested_gfn, w->base + 7);
	KUNIT_EXPECT_EQ(test, seen.result, RET_PF_FIXED);
	/* Three tables and the leaf; the root came before. */
	KUNIT_EXPECT_EQ(test, seen.changed, 4);
	KUNIT_EXPECT_EQ(test, seen.tables, 4);
	KUNIT_EXPECT_EQ(test, seen.gfn, w->base + 7);
	KUNIT_EXPECT_EQ(test, seen.level, 1);
	KUNIT_EXPECT_EQ(test, seen.old, w->masks.nonpresent);
	KUNIT_EXPECT_EQ(test, spte_to_pfn(&w->masks, seen.new), 0x40007ull);
	KUNIT_EXPECT_EQ(test, seen.flushes, 0);

	tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE);
	KUNIT_EXPECT_EQ(test, seen.requested, 2);
	KUNIT_EXPECT_EQ(test, seen.result, RET_PF_SPURIOUS);
	KUNIT_EXPECT_EQ(test, seen.changed, 4);

	kvm_zap_gfn_range(&w->kvm, w->base, w->base + 9);
	KUNIT_EXPECT_EQ(test, seen.changed, 5);
	KUNIT_EXPECT_EQ(test, seen.new, w->masks.nonpresent);
	KUNIT_EXPECT_EQ(test, seen.zaps, 1);
	KUNIT_EXPECT_EQ(test, seen.zapped, 1ul);
	KUNIT_EXPECT_EQ(test, seen.flushes, 1);
	KUNIT_EXPECT_EQ(test, seen.flush_start, w->base + 7);
	KUNIT_EXPECT_EQ(test, seen.flush_nr, 1ull);
	KUNIT_EXPECT_EQ(test, seen.tables_gone, 0);
	tdp_world_exit(w);
}

/* Every entry that goes has its event, those of a table that goes as well. */
static void mmu_trace_table_goes(struct kunit *test)
{
	struct tdp_world *w = test->priv;

	tdp_world_map(w, 7, 1, KVM_LEAF_HOST_WRITABLE);
	tdp_world_map(w, 9, 1, KVM_LEAF_HOST_WRITABLE);
	KUNIT_EXPECT_EQ(test, seen.changed, 5);
	kvm_tdp_track_writes(&w->kvm, 0, w->base + 9, w->base + 10,
			     KVM_DIRTY_CLEAR_BIT);
	KUNIT_EXPECT_EQ(test, seen.changed, 6);
	KUNIT_EXPECT_EQ(test, seen.gfn, w->base + 9);
	KUNIT_EXPECT_EQ(test, seen.level, 1);
	KUNIT_EXPECT_EQ(test, seen.old ^ seen.new, w->masks.dirty);

	/* The table's own entry, and the two leaves in it. */
	tdp_world_map(w, 0, 2, KVM_LEAF_HOST_WRITABLE);
	KUNIT_EXPECT_EQ(test, seen.changed, 9);
	KUNIT_EXPECT_EQ(test, seen.gfn, w->base + 9);
	KUNIT_EXPECT_EQ(test, seen.level, 1);
	KUNIT_EXPECT_EQ(test, seen.new, w->masks.frozen);
	KUNIT_EXPECT_EQ(test, seen.tables_gone, 1);

	kvm_tdp_track_writes(&w->kvm, 0, w->base, w->base + 1,
			     KVM_DIRTY_CLEAR_BIT);
	KUNIT_EXPECT_EQ(test, seen.changed, 10);
	KUNIT_EXPECT_EQ(test, seen.gfn, w->base);
	KUNIT_EXPECT_EQ(test, seen.level, 2);
	KUNIT_EXPECT_EQ(test, seen.old ^ seen.new, w->masks.writable);

	KUNIT_EXPECT_EQ(test, seen.zap_alls, 0);
	tdp_world_exit(w);
	KUNIT_EXPECT_EQ(test, seen.zap_alls, 1);
	/* All that came has gone. */
	KUNIT_EXPECT_EQ(test, seen.tables, 4);
	KUNIT_EXPECT_EQ(test, seen.tables_gone, 4);
}

static struct kunit_case mmu_trace_cases[] = {
	/* clang-format off */
	KUNIT_CASE(mmu_trace_map_and_zap),
	KUNIT_CASE(mmu_trace_table_goes),
	{}
	/* clang-format on */
};

struct kunit_suite mmu_trace_suite = {
	.name = "twinwalk_mmu_trace",
	.suite_init = mmu_trace_suite_init,
	.suite_exit = mmu_trace_suite_exit,
	.init = mmu_trace_init,
	.exit = mmu_trace_exit,
	.test_cases = mmu_trace_cases,
};

#endif
