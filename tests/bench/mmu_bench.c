// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_bench.c - what the MMU's operations cost, held against targets
 *
 * Owns: the table of figures, at the end of this file.  Each row is a test of
 * its own; one that is above its target fails.
 *
 * The module has the same sources as twinwalk.ko, and no checks that are
 * for tests, so what is counted is what users run.  There is no vendor: the
 * MMU is set up as on a host with EPT, A/D bits and 4 levels.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "arch.h"
#include "bench.h"
#include "mmu/mmu.h"
#include "mmu/mmu_page.h"
#include "mmu/mmu_vm.h"
#include "tests/bench/tdp_bench.h"

#ifdef TWINWALK_DEBUG
#error "TWINWALK_BENCH counts what users run: not together with TWINWALK_DEBUG"
#endif

/* The ladder wants them; nothing climbs it here. */
int kvm_arch_keep_stock_out(void)
{
	return 0;
}

void kvm_arch_let_stock_in(void)
{
}

static void valid(void *masks)
{
	bool good = kvm_pte_masks_valid(masks);

	asm volatile("" : : "r"(good));
}

static u64 pte_masks_valid(struct kunit *test)
{
	struct kvm_pte_masks masks = *kvm_mmu_pte_masks();

	return bench_run(test, valid, &masks, 1000);
}

static u64 mmu_page_bytes(struct kunit *test)
{
	return BENCH_WHOLE(sizeof(struct kvm_mmu_page));
}

static u64 pte_list_desc_bytes(struct kunit *test)
{
	struct kmem_cache *cache = kvm_mmu_pte_list_desc_cache();

	KUNIT_ASSERT_NOT_NULL(test, cache);
	return BENCH_WHOLE(kmem_cache_size(cache));
}

/* With what the slab allocator adds to each. */
static u64 pte_list_desc_slot_bytes(struct kunit *test)
{
	struct kmem_cache *cache = kvm_mmu_pte_list_desc_cache();
	size_t bytes;
	void *desc;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	desc = kmem_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, desc);
	bytes = ksize(desc);
	kmem_cache_free(cache, desc);
	return BENCH_WHOLE(bytes);
}

/* What a VM costs that has no table yet; see below for each CPU's part. */
static u64 mmu_vm_bytes(struct kunit *test)
{
	return BENCH_WHOLE(sizeof(struct kvm_mmu_vm));
}

static u64 mmu_vm_cpu_bytes(struct kunit *test)
{
	return BENCH_WHOLE(sizeof(struct kvm_mmu_counts));
}

/* Rows of the targets first; the others' stand a little above today's. */
static const struct bench_figure figures[] = {
	/* clang-format off */
	{ "mmu_page", "bytes", BENCH_WHOLE(64), mmu_page_bytes },
	{ "pte_list_desc_tdp", "bytes", BENCH_WHOLE(32), pte_list_desc_bytes },
	{ "pte_list_desc_tdp_slot", "bytes", BENCH_WHOLE(32),
	  pte_list_desc_slot_bytes },
	{ "pte_masks_valid", "instructions", BENCH_WHOLE(250),
	  pte_masks_valid },
	{ "tdp_map_4k", "instructions", BENCH_WHOLE(250), tdp_bench_map_4k },
	{ "tdp_zap_leaf", "instructions", BENCH_WHOLE(40),
	  tdp_bench_zap_leaf },
	{ "tdp_age_leaf", "instructions", BENCH_WHOLE(15),
	  tdp_bench_age_young },
	{ "tdp_age_leaf_no_ad", "instructions", BENCH_WHOLE(15),
	  tdp_bench_age_young_no_ad },
	{ "tdp_zap_flushes", "flushes", BENCH_WHOLE(1),
	  tdp_bench_zap_flushes },
	{ "mmu_vm", "bytes", BENCH_WHOLE(288), mmu_vm_bytes },
	{ "mmu_vm_cpu", "bytes", BENCH_WHOLE(96), mmu_vm_cpu_bytes },
	{ "tdp_map_2m", "instructions", BENCH_WHOLE(250), tdp_bench_map_2m },
	{ "tdp_map_spurious", "instructions", BENCH_WHOLE(280),
	  tdp_bench_map_spurious },
	{ "tdp_zap_leaf_8_tables", "instructions", BENCH_WHOLE(24),
	  tdp_bench_zap_leaf_8_tables },
	{ "tdp_zap_none", "instructions", BENCH_WHOLE(500),
	  tdp_bench_zap_none },
	{ "tdp_age_old_leaf", "instructions", BENCH_WHOLE(8),
	  tdp_bench_age_old },
	{ "tdp_age_old_leaf_no_ad", "instructions", BENCH_WHOLE(9),
	  tdp_bench_age_old_no_ad },
	{ "tdp_wrprot_leaf", "instructions", BENCH_WHOLE(56),
	  tdp_bench_wrprot_leaf },
	{ "tdp_clear_dirty_leaf", "instructions", BENCH_WHOLE(21),
	  tdp_bench_clear_dirty_leaf },
	{ "tdp_split_2m", "instructions", BENCH_WHOLE(4100),
	  tdp_bench_split_2m },
	{ "tdp_recover_2m", "instructions", BENCH_WHOLE(21500),
	  tdp_bench_recover_2m },
	{ "tdp_root_get_put", "instructions", BENCH_WHOLE(96),
	  tdp_bench_root_get_put },
	/* clang-format on */
};

static void get_name(const struct bench_figure *figure, char *desc)
{
	strscpy(desc, figure->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(figure, figures, get_name);

static void mmu_bench_clock(struct kunit *test)
{
	bench_calibrate(test);
}

static void mmu_bench_figure(struct kunit *test)
{
	const struct bench_figure *figure = test->param_value;

	bench_report(test, figure, figure->measure(test));
}

static int mmu_bench_suite_init(struct kunit_suite *suite)
{
	static const struct kvm_mmu_config config = {
		.tdp = true,
		.tdp_root_level = 4,
		.max_huge_level = KVM_MMU_LEVEL_1G,
	};
	int r;

	r = kvm_mmu_x86_module_init();
	if (r)
		return r;
	r = kvm_mmu_vendor_module_init();
	if (r)
		return r;
	kvm_mmu_set_ept_masks(KVM_EPT_HAS_AD | KVM_EPT_HAS_EXEC_ONLY);
	kvm_configure_mmu(&config);
	return kvm_mmu_hardware_setup();
}

/* A figure that was given up has no line of its own. */
static void mmu_bench_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
	pr_info("figures %zu\n", ARRAY_SIZE(figures));
}

static struct kunit_case mmu_bench_cases[] = {
	/* clang-format off */
	KUNIT_CASE(mmu_bench_clock),
	KUNIT_CASE_PARAM(mmu_bench_figure, figure_gen_params),
	{}
	/* clang-format on */
};

static struct kunit_suite mmu_bench_suite = {
	.name = "mmu_bench",
	.suite_init = mmu_bench_suite_init,
	.suite_exit = mmu_bench_suite_exit,
	.test_cases = mmu_bench_cases,
};

kunit_test_suite(mmu_bench_suite);

MODULE_DESCRIPTION("Benchmarks of Twinwalk's MMU");
MODULE_LICENSE("GPL");
