// SPDX-License-Identifier: GPL-2.0-only
/*
 * level_kunit.c - the level of a leaf, against each 4K page of it
 *
 * The model knows no alignment of slots.  It takes the huge page apart: every
 * 4K page of it must be in the slot, and at the place in a huge page of the
 * VMM's address space and of the host's memory that it has in the guest's.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "mmu/level.h"
#include "tests/kunit/suites.h"

#define PAGES_2M 512ull
#define PAGES_1G 262144ull

static u64 model_size(unsigned int level)
{
	return level == 1 ? 1 : level == 2 ? PAGES_2M : PAGES_1G;
}

/* One 4K page of a huge page of @size: as if it were mapped alone? */
static bool page_is_in_place(const struct kvm_level_req *req, gfn_t gfn,
			     u64 size)
{
	u64 hva, place = gfn % size;

	if (gfn < req->slot_base_gfn ||
	    gfn >= req->slot_base_gfn + req->slot_npages)
		return false;
	hva = req->slot_userspace_addr + (gfn - req->slot_base_gfn) * 4096;
	return hva / 4096 % size == place;
}

/* The last pages first: a slot is cut off at its end as often as not. */
static bool model_shape_allows(const struct kvm_level_req *req, u64 size)
{
	gfn_t first = req->gfn - req->gfn % size;
	u64 i;

	for (i = size; i--;) {
		if (!page_is_in_place(req, first + i, size))
			return false;
	}
	return true;
}

static u8 model_level(const struct kvm_level_req *req)
{
	u8 level, best = 1;

	for (level = 2; level <= 3; level++) {
		u64 size = model_size(level);

		if (level > req->host_level || level > req->max_level ||
		    req->disallowed[level - 2] ||
		    req->pfn % size != req->gfn % size ||
		    !model_shape_allows(req, size))
			break;
		best = level;
	}
	return best;
}

static unsigned int nr_at[4];

static void check_level(struct kunit *test, const struct kvm_level_req *req)
{
	u8 got = kvm_level_choose(req), want = model_level(req);

	if (got != want)
		KUNIT_FAIL(test,
			   "gfn %llx pfn %llx slot %llx+%llx at %lx, host %u, max %u, disallowed %u %u: level %u, not %u",
			   req->gfn, req->pfn, req->slot_base_gfn,
			   req->slot_npages, req->slot_userspace_addr,
			   req->host_level, req->max_level, req->disallowed[0],
			   req->disallowed[1], got, want);
	if (got <= 3)
		nr_at[got]++;
}

/* A slot around which all is aligned, then off by a little here or there. */
static struct kvm_level_req good_req(u64 size)
{
	return (struct kvm_level_req){
		.gfn = 5 * size + size / 3,
		.pfn = 9 * size + size / 3,
		.slot_base_gfn = 5 * size,
		.slot_npages = size,
		.slot_userspace_addr = (11 * size) << PAGE_SHIFT,
		.host_level = 3,
		.max_level = 3,
	};
}

/* Offsets, in 4K pages, at which something begins or ends to fit. */
static const s64 offs[] = {
	0,    1,   -1,	     2,		511,	      512,
	-512, 513, PAGES_1G, -PAGES_1G, PAGES_1G + 1, PAGES_1G - 512,
};

static void level_2m_all_offsets(struct kunit *test)
{
	static const u16 gfns[] = { 0, 1, 170, 511 };
	const unsigned int n = ARRAY_SIZE(offs);
	struct kvm_level_req req;
	unsigned int i, gfn;
	s64 base, npages, hva, pfn;

	memset(nr_at, 0, sizeof(nr_at));
	for (i = 0; i < n * n * n * n; i++) {
		base = offs[i % n];
		npages = offs[i / n % n];
		hva = offs[i / n / n % n];
		pfn = offs[i / n / n / n];
		gfn = gfns[i % 5 % ARRAY_SIZE(gfns)];
		req = (struct kvm_level_req){
			.gfn = 4 * PAGES_1G + gfn,
			.pfn = 8 * PAGES_1G + gfn + pfn,
			.slot_base_gfn = 4 * PAGES_1G + base,
			.slot_npages = 2 * PAGES_1G + npages,
			.slot_userspace_addr = (6 * PAGES_1G + hva) * 4096,
			.host_level = 3,
			.max_level = 2,
		};
		check_level(test, &req);
	}
	kunit_info(test, "%u at 4K, %u at 2M\n", nr_at[1], nr_at[2]);
	KUNIT_EXPECT_GT(test, nr_at[1], 1000u);
	KUNIT_EXPECT_GT(test, nr_at[2], 100u);
}

/* The slot's end moved page by page over the end of a huge page, and so on. */
static void level_slot_edges(struct kunit *test)
{
	struct kvm_level_req req;
	s64 i;

	memset(nr_at, 0, sizeof(nr_at));
	for (i = -600; i <= 600; i++) {
		req = good_req(PAGES_2M);
		req.slot_npages = PAGES_2M + i + 100;
		req.gfn = 5 * PAGES_2M;
		req.pfn = 9 * PAGES_2M;
		if (req.slot_npages + 0ll > 0)
			check_level(test, &req);

		/* Its beginning, and the VMM's address with it. */
		req = good_req(PAGES_2M);
		req.slot_base_gfn += i;
		req.slot_userspace_addr += i * 4096;
		req.slot_npages = 3 * PAGES_2M;
		req.gfn = 5 * PAGES_2M + 511;
		req.pfn = 9 * PAGES_2M + 511;
		if (i <= 511)
			check_level(test, &req);

		/* The address alone; the host's page alone. */
		req = good_req(PAGES_2M);
		req.slot_userspace_addr += i * 4096;
		check_level(test, &req);
		req = good_req(PAGES_2M);
		req.pfn += i;
		check_level(test, &req);
	}
	KUNIT_EXPECT_GT(test, nr_at[1], 1000u);
	KUNIT_EXPECT_GT(test, nr_at[2], 100u);
	KUNIT_EXPECT_EQ(test, nr_at[3], 0u);
}

/* A 1G page is 262,144 pages to the model, so there are fewer of these. */
static void level_1g(struct kunit *test)
{
	unsigned int i, what;
	struct kvm_level_req req;

	memset(nr_at, 0, sizeof(nr_at));
	for (what = 0; what < 4; what++) {
		for (i = 0; i < ARRAY_SIZE(offs); i++) {
			req = good_req(PAGES_1G);
			switch (what) {
			case 0:
				req.slot_npages += offs[i];
				break;
			case 1:
				req.slot_base_gfn += offs[i];
				req.slot_userspace_addr += offs[i] * 4096;
				req.slot_npages += PAGES_1G;
				break;
			case 2:
				req.slot_userspace_addr += offs[i] * 4096;
				break;
			default:
				req.pfn += offs[i];
				break;
			}
			if (req.gfn - req.slot_base_gfn < req.slot_npages)
				check_level(test, &req);
		}
	}
	kunit_info(test, "%u at 4K, %u at 2M, %u at 1G\n", nr_at[1], nr_at[2],
		   nr_at[3]);
	KUNIT_EXPECT_GE(test, nr_at[1], 5u);
	KUNIT_EXPECT_GE(test, nr_at[2], 5u);
	KUNIT_EXPECT_GE(test, nr_at[3], 5u);
}

/* Every maximum, 0 and what no hardware has included; every count. */
static void level_maxima(struct kunit *test)
{
	static const u32 counts[] = { 0, 1, 0x80000000u };
	unsigned int i, host, max, low, high;
	struct kvm_level_req req;
	u8 want, got;

	for (i = 0; i < 8 * 8 * 3 * 3; i++) {
		host = i % 8;
		max = i / 8 % 8;
		low = i / 64 % 3;
		high = i / 64 / 3;
		req = good_req(PAGES_1G);
		req.host_level = host;
		req.max_level = max;
		req.disallowed[0] = counts[low];
		req.disallowed[1] = counts[high];

		want = high ? 2 : 3;
		want = low ? 1 : want;
		if (want > host)
			want = host ? host : 1;
		if (want > max)
			want = max ? max : 1;
		got = kvm_level_choose(&req);
		if (got != want)
			KUNIT_FAIL(test,
				   "host %u max %u counts %u %u: %u, not %u",
				   host, max, low, high, got, want);
	}
}

static void level_random(struct kunit *test)
{
	struct kvm_level_req req;
	struct rnd_state rnd;
	unsigned int i;
	u64 r;

	memset(nr_at, 0, sizeof(nr_at));
	prandom_seed_state(&rnd, 5);
	for (i = 0; i < 20000; i++) {
		r = prandom_u32_state(&rnd);
		req = good_req(PAGES_2M);
		/* Slots of up to 4M, somewhere, most of them congruent. */
		req.slot_base_gfn = 1000 * PAGES_2M + r % 1024;
		req.slot_npages = 1 + (r >> 10) % 1024;
		req.gfn = req.slot_base_gfn + (r >> 20) % req.slot_npages;
		r = prandom_u32_state(&rnd);
		req.slot_userspace_addr =
			(req.slot_base_gfn + 7 * PAGES_2M + !(r % 8)) * 4096;
		req.pfn = req.gfn + 70 * PAGES_2M + !((r >> 3) % 8);
		req.host_level = 1 + !!((r >> 6) % 8) + !!((r >> 9) % 2);
		req.max_level = 1 + !!((r >> 10) % 8);
		req.disallowed[0] = !((r >> 13) % 8);
		check_level(test, &req);
	}
	kunit_info(test, "%u at 4K, %u at 2M\n", nr_at[1], nr_at[2]);
	KUNIT_EXPECT_GT(test, nr_at[2], 1000u);
	KUNIT_EXPECT_GT(test, nr_at[1], 1000u);
}

/* For every gfn in and around the slot; adds up how often a page is allowed. */
static unsigned int check_slot(struct kunit *test, struct kvm_level_req *req)
{
	const u64 base = req->slot_base_gfn, npages = req->slot_npages;
	const unsigned long hva = req->slot_userspace_addr;
	unsigned int nr_allowed = 0;
	bool in_slot;
	u64 gfn;

	for (gfn = base < 700 ? 0 : base - 700; gfn < base + 2400; gfn += 37) {
		req->gfn = gfn;
		in_slot = gfn >= base && gfn < base + npages;
		if (kvm_slot_level_disallowed(base, npages, hva, gfn, 2) ==
		    model_shape_allows(req, PAGES_2M))
			KUNIT_FAIL(test, "slot %llx+%llx at %lx, gfn %llx",
				   base, npages, hva, gfn);
		if (kvm_slot_level_disallowed(base, npages, hva, gfn, 1) ==
		    in_slot)
			KUNIT_FAIL(test, "slot %llx+%llx, gfn %llx, 4K", base,
				   npages, gfn);
		nr_allowed += model_shape_allows(req, PAGES_2M);
	}
	return nr_allowed;
}

/* What a slot forbids by itself. */
static void level_slot_disallows(struct kunit *test)
{
	static const u64 bases[] = { 0, 1, 511, 512, 513, PAGES_1G };
	static const u64 sizes[] = { 0, 1, 511, 512, 513, 1024, 1600 };
	unsigned int base, size, off, nr_allowed = 0;
	struct kvm_level_req req = {};

	for (base = 0; base < ARRAY_SIZE(bases); base++) {
		for (size = 0; size < ARRAY_SIZE(sizes); size++) {
			for (off = 0; off < 2; off++) {
				req.slot_base_gfn = bases[base];
				req.slot_npages = sizes[size];
				req.slot_userspace_addr =
					(bases[base] + 3 * PAGES_2M + off) *
					4096;
				nr_allowed += check_slot(test, &req);
			}
		}
	}
	KUNIT_EXPECT_GT(test, nr_allowed, 100u);
}

static void level_nx_workaround(struct kunit *test)
{
	u8 level;

	for (level = 1; level <= 3; level++) {
		KUNIT_EXPECT_EQ(test, (int)kvm_level_nx_adjust(level, 1, 1), 1);
		KUNIT_EXPECT_EQ(test, kvm_level_nx_adjust(level, 1, 0), level);
		KUNIT_EXPECT_EQ(test, kvm_level_nx_adjust(level, 0, 1), level);
		KUNIT_EXPECT_EQ(test, kvm_level_nx_adjust(level, 0, 0), level);
	}
}

/* Below a PAE root no page has 1G: bit 7 of its entries is reserved. */
static void level_under_root(struct kunit *test)
{
	static const u8 wanted[][4] = {
		/* by the largest that the host has: none, 4K, 2M, 1G */
		[3] = { 0, 1, 2, 2 },
		[4] = { 0, 1, 2, 3 },
		[5] = { 0, 1, 2, 3 },
	};
	unsigned int root, max;

	for (root = 3; root <= 5; root++)
		for (max = 1; max <= 3; max++)
			KUNIT_EXPECT_EQ(test,
					kvm_level_max_under_root(max, root),
					wanted[root][max]);
}

static void level_sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_level_pages(1), 1ull);
	KUNIT_EXPECT_EQ(test, kvm_level_pages(2), PAGES_2M);
	KUNIT_EXPECT_EQ(test, kvm_level_pages(3), PAGES_1G);
	KUNIT_EXPECT_EQ(test, kvm_level_pages(4), PAGES_1G * 512);
	KUNIT_EXPECT_EQ(test, kvm_level_pages(5), PAGES_1G * 512 * 512);
	KUNIT_EXPECT_EQ(test, kvm_level_gfn(0x123456789ull, 1), 0x123456789ull);
	KUNIT_EXPECT_EQ(test, kvm_level_gfn(0x123456789ull, 2), 0x123456600ull);
	KUNIT_EXPECT_EQ(test, kvm_level_gfn(0x123456789ull, 3), 0x123440000ull);
}

static struct kunit_case level_cases[] = {
	/* clang-format off */
	KUNIT_CASE(level_sizes),
	KUNIT_CASE(level_2m_all_offsets),
	KUNIT_CASE(level_slot_edges),
	KUNIT_CASE(level_1g),
	KUNIT_CASE(level_maxima),
	KUNIT_CASE(level_random),
	KUNIT_CASE(level_slot_disallows),
	KUNIT_CASE(level_nx_workaround),
	KUNIT_CASE(level_under_root),
	{}
	/* clang-format on */
};

struct kunit_suite level_suite = {
	.name = "twinwalk_level",
	.test_cases = level_cases,
};
