// SPDX-License-Identifier: GPL-2.0-only
/*
 * apic_kunit.c - a local APIC's registers and destinations, against brute force
 *
 * What is asked here needs no vCPU: the register page is plain memory, and the
 * APICs of a map are numbers.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "irqchip/apic_map.h"
#include "irqchip/apic_regs.h"
#include "tests/kunit/suites.h"

#define ROUNDS	 3000
#define MAX_CPUS 12
#define NR_IDS	 300

/* A bitmap of vectors as the guest lays it out: 32 bits in each 16 bytes. */
static void set_vector(u8 *bitmap, int vector)
{
	bitmap[(vector / 32) * 16 + (vector % 32) / 8] |= BIT(vector % 8);
}

/* SDM 3A, "Interrupt, Task, and Processor Priority", read once more. */
static u32 model_ppr(u32 tpr, int isrv)
{
	u32 tpr_class = (tpr >> 4) & 0xf;
	u32 isr_class = isrv < 0 ? 0 : isrv >> 4;

	if (tpr_class >= isr_class)
		return tpr_class << 4 | (tpr & 0xf);
	return isr_class << 4;
}

/* Too large for the stack */
struct vectors {
	bool irr[256], isr[256];
	u8 irr_map[128], isr_map[128];
};

static void apic_priorities(struct kunit *test)
{
	struct vectors *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int wrong = 0, i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	prandom_seed_state(&rnd, 7);
	for (i = 0; i < ROUNDS; i++) {
		u32 tpr = prandom_u32_state(&rnd), ppr;
		int v, hi_irr = -1, hi_isr = -1, may = -1, got;
		unsigned int n = prandom_u32_state(&rnd) % 6;

		memset(m, 0, sizeof(*m));
		while (n--) {
			v = prandom_u32_state(&rnd) & 0xff;
			m->irr[v] = true;
			set_vector(m->irr_map, v);
			v = prandom_u32_state(&rnd) & 0xff;
			m->isr[v] = n & 1;
			if (m->isr[v])
				set_vector(m->isr_map, v);
		}
		/* What was set and taken back is still in the map. */
		for (v = 0; v < 256; v++) {
			m->isr[v] = kvm_apic_test_vector(m->isr_map, v);
			if (m->irr[v])
				hi_irr = v;
			if (m->isr[v])
				hi_isr = v;
		}
		ppr = model_ppr(tpr, hi_isr);
		for (v = 0; v < 256; v++)
			if (m->irr[v] && v / 16 > ppr / 16)
				may = v;

		got = kvm_apic_find_highest(m->irr_map);
		wrong += got != hi_irr;
		wrong += kvm_apic_find_highest(m->isr_map) != hi_isr;
		wrong += kvm_apic_ppr(tpr, hi_isr) != ppr;
		wrong += (kvm_apic_above_ppr(got, ppr) ? got : -1) != may;
		if (wrong) {
			KUNIT_FAIL(test, "round %u: tpr %#x irr %d isr %d", i,
				   tpr, hi_irr, hi_isr);
			return;
		}
	}
}

static void apic_vectors_in_place(struct kunit *test)
{
	unsigned int v, wrong = 0;
	u8 *page = kunit_kzalloc(test, 128, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (v = 0; v < 256; v++) {
		u8 expected[128] = {};

		memset(page, 0, 128);
		set_bit(v % 32, kvm_apic_vector_word(page, v));
		set_vector(expected, v);
		wrong += memcmp(page, expected, 128) != 0;
		wrong += !kvm_apic_test_vector(page, v);
		wrong += kvm_apic_find_highest(page) != v;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	memset(page, 0, 128);
	KUNIT_EXPECT_EQ(test, kvm_apic_find_highest(page), -1);
}

/* SDM 3A, table "Local APIC Register Address Map Supported by x2APIC". */
static void apic_register_table(struct kunit *test)
{
	static const struct {
		u16 first, last;
		const char *access;
	} rows[] = {
		{ 0x000, 0x010, "" },	  { 0x020, 0x020, "rwR" },
		{ 0x030, 0x030, "rR" },	  { 0x040, 0x070, "" },
		{ 0x080, 0x080, "rwRW" }, { 0x090, 0x090, "r" },
		{ 0x0a0, 0x0a0, "rR" },	  { 0x0b0, 0x0b0, "wW" },
		{ 0x0c0, 0x0c0, "r" },	  { 0x0d0, 0x0d0, "rwR" },
		{ 0x0e0, 0x0e0, "rw" },	  { 0x0f0, 0x0f0, "rwRW" },
		{ 0x100, 0x270, "rR" },	  { 0x280, 0x280, "rwRW" },
		{ 0x290, 0x2f0, "" },	  { 0x300, 0x300, "rwRW" },
		{ 0x310, 0x310, "rw" },	  { 0x320, 0x380, "rwRW" },
		{ 0x390, 0x390, "rR" },	  { 0x3a0, 0x3d0, "" },
		{ 0x3e0, 0x3e0, "rwRW" }, { 0x3f0, 0x3f0, "W" },
		{ 0x400, 0x1000, "" },
	};
	unsigned int i, offset, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *a = rows[i].access;
		u8 want = (strchr(a, 'r') ? KVM_APIC_REG_READ : 0) |
			  (strchr(a, 'w') ? KVM_APIC_REG_WRITE : 0) |
			  (strchr(a, 'R') ? KVM_APIC_REG_X2READ : 0) |
			  (strchr(a, 'W') ? KVM_APIC_REG_X2WRITE : 0);

		for (offset = rows[i].first; offset <= rows[i].last;
		     offset += 16) {
			wrong += kvm_apic_reg(offset)->access != want;
			wrong += kvm_apic_reg(offset + 4)->access != 0;
		}
		KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "at %#x", rows[i].first);
	}
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(~0u)->access, 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(0xfffffff0)->access, 0);

	/* Reserved: #GP of an x2APIC.  Bit 12 of ICR is taken and dropped. */
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_ICR)->writable, 0x000cdfff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_EOI)->writable, 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_ESR)->writable, 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_TASKPRI)->writable, 0xff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_LVTT)->writable, 0x700ff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_LVTPC)->writable, 0x107ff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_LVT0)->writable, 0x1a7ff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_LVTERR)->writable, 0x100ff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_SPIV)->writable, 0x13ff);
	KUNIT_EXPECT_EQ(test, kvm_apic_reg(APIC_TDCR)->writable, 0xb);
}

/* SDM 3A, "Determining IPI Destination", a sentence each. */
static bool model_match(const struct kvm_apic_ident *a, u64 dest, bool logical)
{
	unsigned int bit;

	if (dest == 0xffffffff || (!a->x2apic && dest == 0xff))
		return true;
	if (!logical) {
		bool narrow = !a->x2apic && a->id < 256;

		return dest == (narrow ? a->xapic_id : a->id);
	}
	if (a->x2apic) {
		if (a->id / 16 != dest / 65536)
			return false;
		return dest % 65536 & BIT(a->id % 16);
	}
	if (dest > 0xff)
		return false;
	if (a->cluster) {
		if (dest / 16 != a->logical / 16)
			return false;
		for (bit = 0; bit < 4; bit++)
			if ((dest & BIT(bit)) && (a->logical & BIT(bit)))
				return true;
		return false;
	}
	for (bit = 0; bit < 8; bit++)
		if ((dest & BIT(bit)) && (a->logical & BIT(bit)))
			return true;
	return false;
}

/* What the APICs of a guest may look like: tidy, mixed, or anything. */
enum crowd {
	FLAT,
	CLUSTER,
	X2APIC,
	WILD,
	NR_CROWDS
};

static void random_ident(struct rnd_state *rnd, enum crowd crowd,
			 unsigned int cpu, struct kvm_apic_ident *a)
{
	u32 r = prandom_u32_state(rnd);

	*a = (struct kvm_apic_ident){ .id = cpu, .xapic_id = cpu };
	if (r % 5 == 0)
		a->id = cpu + 100;
	a->xapic_id = a->id;
	switch (crowd) {
	case FLAT:
		a->logical = cpu < 8 ? BIT(cpu) : 0;
		break;
	case CLUSTER:
		a->cluster = true;
		a->logical = (cpu / 4) << 4 | BIT(cpu % 4);
		break;
	case X2APIC:
		a->x2apic = true;
		break;
	default:
		a->id = cpu + (r % 3 ? 0 : 250);
		a->xapic_id = r % 7 ? a->id : r >> 24;
		a->x2apic = r & 8;
		a->cluster = r & 16;
		a->logical = (r >> 8) & (r & 32 ? 0xff : 0x11);
		break;
	}
	if (a->x2apic)
		a->logical = kvm_x2apic_ldr(a->id);
}

static u32 random_dest(struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);

	switch (r % 8) {
	case 0:
		return 0xff;
	case 1:
		return 0xffffffff;
	case 2:
		return r >> 8;
	case 3:
		return (r >> 8) & 0x1ffff;
	case 4:
		return (r >> 8) % NR_IDS;
	default:
		return (r >> 8) & 0xff;
	}
}

static void apic_dest_matches(struct kunit *test)
{
	struct kvm_apic_ident a;
	struct rnd_state rnd;
	unsigned int i, hits = 0;

	prandom_seed_state(&rnd, 11);
	for (i = 0; i < 20 * ROUNDS; i++) {
		u32 dest = random_dest(&rnd);
		bool logical = prandom_u32_state(&rnd) & 1, want;

		random_ident(&rnd, i % NR_CROWDS,
			     prandom_u32_state(&rnd) % MAX_CPUS, &a);
		want = model_match(&a, dest, logical);
		hits += want;
		if (kvm_apic_dest_match(&a, dest, logical) != want) {
			KUNIT_FAIL(test, "dest %#x %u: id %#x ldr %#x x2 %u",
				   dest, logical, a.id, a.logical, a.x2apic);
			return;
		}
	}
	KUNIT_EXPECT_GT(test, hits, ROUNDS);
}

struct crowd_of {
	struct kvm_apic_ident a[MAX_CPUS];
	struct kvm_lapic *apic[MAX_CPUS]; /* numbers; nobody looks into them */
};

/* Does the map find just those that match?  1: it asks for all. */
static int check_find(struct kunit *test, const struct kvm_apic_map *map,
		      const struct crowd_of *c, u32 dest, bool logical)
{
	struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES];
	int i, j, nr, seen, wrong = 0, total = 0;

	nr = kvm_apic_map_find(map, dest, logical, out);
	if (nr < 0)
		return 1;
	for (i = 0; i < MAX_CPUS; i++) {
		seen = 0;
		for (j = 0; j < nr; j++)
			seen += out[j] == c->apic[i];
		total += seen;
		wrong += seen != model_match(&c->a[i], dest, logical);
	}
	if (wrong || total != nr) {
		KUNIT_FAIL(test, "dest %#x %u: %d wrong, %d found, mode %d",
			   dest, logical, wrong, nr, map->logical_mode);
		return -1;
	}
	return 0;
}

static void apic_map_finds(struct kunit *test)
{
	unsigned int round, i, asked[NR_CROWDS] = {}, found[NR_CROWDS] = {};
	size_t size = kvm_apic_map_size(NR_IDS);
	struct kvm_apic_map *map = kunit_kzalloc(test, size, GFP_KERNEL);
	struct crowd_of *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct rnd_state rnd;
	int r;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_NOT_NULL(test, c);
	prandom_seed_state(&rnd, 13);
	for (round = 0; round < ROUNDS; round++) {
		enum crowd crowd = round % NR_CROWDS;

		memset(map, 0, size);
		map->nr_ids = NR_IDS;
		for (i = 0; i < MAX_CPUS; i++) {
			c->apic[i] = (struct kvm_lapic *)(i + 1ul);
			random_ident(&rnd, crowd, i, &c->a[i]);
			kvm_apic_map_add(map, c->apic[i], &c->a[i]);
		}
		for (i = 0; i < 8; i++) {
			r = check_find(test, map, c, random_dest(&rnd), i & 1);
			if (r < 0)
				return;
			asked[crowd] += r;
			found[crowd] += !r;
		}
	}
	/* A map that always asks for all would be right, and useless. */
	for (i = 0; i < NR_CROWDS; i++)
		KUNIT_EXPECT_GT_MSG(test, found[i], i == WILD ? 0 : asked[i],
				    "crowd %u", i);
}

static void apic_map_says_when_it_cannot(struct kunit *test)
{
	struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES];
	struct kvm_lapic *one = (void *)1ul, *two = (void *)2ul;
	struct kvm_apic_ident a = { .id = 1, .xapic_id = 1, .logical = 1 };
	struct kvm_apic_map *map;

	map = kunit_kzalloc(test, kvm_apic_map_size(256), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, map);
	map->nr_ids = 256;
	kvm_apic_map_add(map, one, &a);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 1, true, out), 1);
	KUNIT_EXPECT_PTR_EQ(test, out[0], one);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 0xff, true, out), -1);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, ~0u, false, out), -1);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 9, false, out), 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 1 << 20, false, out), 0);

	/* The same id twice: both are meant. */
	kvm_apic_map_add(map, two, &a);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 1, false, out), -1);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 1, true, out), -1);
}

static void apic_map_corners(struct kunit *test)
{
	struct kvm_lapic *out[KVM_APIC_MAP_MAX_CANDIDATES];
	struct kvm_lapic *one = (void *)1ul, *two = (void *)2ul;
	struct kvm_apic_ident wide = { .logical = 3 };
	struct kvm_apic_ident x2 = { .x2apic = true, .logical = 1 };
	struct kvm_apic_ident x = { .id = 1, .xapic_id = 1 };
	size_t size = kvm_apic_map_size(32);
	struct kvm_apic_map *map = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, map);
	/* Two bits of a logical id have no one place. */
	map->nr_ids = 20;
	kvm_apic_map_add(map, one, &wide);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 2, true, out), -1);

	/* An xAPIC without a logical id is among the physical ones. */
	memset(map, 0, size);
	map->nr_ids = 20;
	kvm_apic_map_add(map, one, &x2);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 3, true, out), 1);
	kvm_apic_map_add(map, two, &x);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 3, true, out), -1);

	/* The last cluster is not whole. */
	memset(map, 0, size);
	map->nr_ids = 20;
	x2.id = 18;
	kvm_apic_map_add(map, one, &x2);
	map->phys[25] = two;
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 0x1ffff, true, out), 1);
	KUNIT_EXPECT_PTR_EQ(test, out[0], one);
	KUNIT_EXPECT_EQ(test, kvm_apic_map_find(map, 0x2ffff, true, out), 0);

	/* Above 255: by the whole number, and not by its low 8 bits. */
	x.id = 0x105;
	x.xapic_id = 5;
	KUNIT_EXPECT_FALSE(test, kvm_apic_dest_match(&x, 5, false));
	KUNIT_EXPECT_TRUE(test, kvm_apic_dest_match(&x, 0x105, false));
}

static void apic_timer(struct kunit *test)
{
	static const u8 dividers[16] = { 2,  4,	 8,   16, 2,  4,  8,   16,
					 32, 64, 128, 1,  32, 64, 128, 1 };
	struct rnd_state rnd;
	unsigned int i, wrong = 0;

	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, kvm_apic_timer_divider(i), dividers[i]);
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(-1, 1, 5), 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(0, 1, 5), 0);
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(4, 1, 5), 4);
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(4, 2, 5), 2);
	/* A period that was made longer does not show more than it has. */
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(200000, 1, 5), 5);
	KUNIT_EXPECT_EQ(test, kvm_apic_timer_count(S64_MAX, 1, ~0u), ~0u);

	prandom_seed_state(&rnd, 17);
	for (i = 0; i < ROUNDS; i++) {
		u32 khz = prandom_u32_state(&rnd) >> (i % 20);
		u64 cycles = (u64)prandom_u32_state(&rnd) << (i % 33);
		u64 ns = kvm_tsc_to_ns(cycles, khz);
		__uint128_t exact = (__uint128_t)cycles * 1000000;

		khz = khz ?: 1;
		/* Rounded down, and right up to what is not told apart. */
		if (ns == KVM_APIC_MAX_NS)
			wrong += exact < (__uint128_t)khz * (ns - 1000000);
		else
			wrong += exact < (__uint128_t)khz * ns ||
				 exact >= (__uint128_t)khz * (ns + 1);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, kvm_tsc_to_ns(U64_MAX, 1), KVM_APIC_MAX_NS);
	KUNIT_EXPECT_EQ(test, kvm_tsc_to_ns(U64_MAX, 0), KVM_APIC_MAX_NS);
	KUNIT_EXPECT_EQ(test, kvm_tsc_to_ns(2000, 2000), 1000000);

	/* Reached is reached, and above half of 64 bits nothing turns around. */
	KUNIT_EXPECT_EQ(test, kvm_tsc_left_ns(5000, 5000, 1000), 0);
	KUNIT_EXPECT_EQ(test, kvm_tsc_left_ns(5000, 5001, 1000), 0);
	KUNIT_EXPECT_EQ(test, kvm_tsc_left_ns(0, U64_MAX, 1000), 0);
	KUNIT_EXPECT_EQ(test, kvm_tsc_left_ns(5001, 5000, 1000), 1000);
	KUNIT_EXPECT_EQ(test, kvm_tsc_left_ns(U64_MAX, 0, 1000),
			KVM_APIC_MAX_NS);
}

static struct kunit_case apic_cases[] = {
	/* clang-format off */
	KUNIT_CASE(apic_priorities),
	KUNIT_CASE(apic_vectors_in_place),
	KUNIT_CASE(apic_register_table),
	KUNIT_CASE(apic_dest_matches),
	KUNIT_CASE(apic_map_finds),
	KUNIT_CASE(apic_map_says_when_it_cannot),
	KUNIT_CASE(apic_map_corners),
	KUNIT_CASE(apic_timer),
	{}
	/* clang-format on */
};

struct kunit_suite apic_suite = {
	.name = "twinwalk_apic",
	.test_cases = apic_cases,
};
