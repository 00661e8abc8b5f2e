/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_bench.h - what the TDP MMU's operations cost: rows for the table of figures
 *
 * Each is a bench_figure's measure().  They work on a VM of their own, without
 * vCPUs, whose flushes are counted.
 *
 * Deliberately absent: what a vCPU does in a flush, and the fault's way from the
 * exit to the page of the host.
 */
#ifndef TWINWALK_TDP_BENCH_H
#define TWINWALK_TDP_BENCH_H

#include <linux/types.h>

struct kunit;

/* A fault's last step: top-up, lock for read, map into tables, unlock. */
u64 tdp_bench_map_4k(struct kunit *test);
u64 tdp_bench_map_2m(struct kunit *test);
u64 tdp_bench_map_spurious(struct kunit *test);

/* A whole kvm_zap_gfn_range(), by the leaves: one table, eight tables. */
u64 tdp_bench_zap_leaf(struct kunit *test);
u64 tdp_bench_zap_leaf_8_tables(struct kunit *test);
/* The same of nothing at all, as a whole. */
u64 tdp_bench_zap_none(struct kunit *test);
/* Flushes of one kvm_zap_gfn_ranges() with 16 ranges. */
u64 tdp_bench_zap_flushes(struct kunit *test);

/* A whole kvm_tdp_age_range(), by the leaves; EPT with A/D, or without. */
u64 tdp_bench_age_young(struct kunit *test);
u64 tdp_bench_age_old(struct kunit *test);
u64 tdp_bench_age_young_no_ad(struct kunit *test);
u64 tdp_bench_age_old_no_ad(struct kunit *test);

/* A whole kvm_tdp_track_writes(), by the leaves. */
u64 tdp_bench_wrprot_leaf(struct kunit *test);
u64 tdp_bench_clear_dirty_leaf(struct kunit *test);

/* One 2M page to small ones; its table to a 2M page. */
u64 tdp_bench_split_2m(struct kunit *test);
u64 tdp_bench_recover_2m(struct kunit *test);

u64 tdp_bench_root_get_put(struct kunit *test);

#endif
