// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_walk_kunit.c - the walker against a slow reading of the manuals
 *
 * A scene (a guest CPU, one entry for each level, one access) is played twice:
 * by the model of guest_walk_model.c and by the walker.  All that comes of it
 * has to agree: translation or fault, error code, rights, what was stored in
 * guest memory.  Random scenes come from a seed each; a failure prints it, and
 * guest_walk_seed=SEED plays that one alone.
 *
 * What takes more than one access (races, read-only tables, nested tables) is
 * in guest_walk_memory_kunit.c.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/moduleparam.h>

#include "guest_walk_world.h"
#include "tests/kunit/suites.h"

static unsigned long guest_walk_seed;
module_param(guest_walk_seed, ulong, 0444);
MODULE_PARM_DESC(guest_walk_seed, "play this random scene and no other");

#define RANDOM_SCENES 120000

static const unsigned int widths[] = { 32, 36, 40, 46, 52 };
static const char kinds[] = { 'r', 'w', 'x' };

/* A benign scene; level 0 of the entries is not used. */
static void begin(struct world *w, struct play *p, enum mode mode,
		  unsigned int leaf)
{
	*p = (struct play){
		.s = { .mode = mode,
		       .width = 46,
		       .kind = 'r',
		       .wp = true,
		       .nxe = true,
		       .pse = true,
		       .pse36 = true,
		       .gbpages = true,
		       .ept_ad = true,
		       .gva = true,
		       .addr = 0x12345678 },
		.leaf = leaf,
	};
	world_good_entries(p);
}

/* Where walks can end. */
static const struct shape {
	enum mode mode;
	unsigned int leaf;
} shapes[] = {
	{ M_2LEVEL, 1 }, { M_2LEVEL, 2 }, { M_PAE, 1 },	   { M_PAE, 2 },
	{ M_4LEVEL, 1 }, { M_4LEVEL, 2 }, { M_4LEVEL, 3 }, { M_5LEVEL, 1 },
	{ M_5LEVEL, 2 }, { M_5LEVEL, 3 }, { M_EPT4, 1 },   { M_EPT4, 2 },
	{ M_EPT4, 3 },	 { M_EPT5, 1 },	  { M_EPT5, 2 },   { M_EPT5, 3 },
};

static void set_registers(struct scene *s, unsigned int bits)
{
	s->wp = bits & 1;
	s->nxe = bits & 2;
	s->smep = bits & 4;
	s->smap = bits & 8;
	s->pke = bits & 16;
}

static void set_access(struct scene *s, unsigned int n)
{
	s->kind = kinds[n % 3];
	s->cpl3 = n / 3 % 2;
	s->implicit = n / 6 % 2;
	s->ac = n / 12 % 2;
}

#define NR_ACCESSES 24

/* W, U and NX, or R, W and X of EPT, taken away or given. */
static u64 with_rights(enum mode mode, u64 entry, unsigned int rights)
{
	if (mode == M_EPT4 || mode == M_EPT5)
		return (entry & ~7ull) | rights;
	entry &= ~(BIT_ULL(1) | BIT_ULL(2) | BIT_ULL(63));
	if (rights & 1)
		entry |= BIT_ULL(1);
	if (rights & 2)
		entry |= BIT_ULL(2);
	if (rights & 4 && mode != M_2LEVEL)
		entry |= BIT_ULL(63);
	return entry;
}

/* Each right at each level, each register bit, each access. */
static void guest_walk_permissions(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, leaf, level, rights, regs, access;
	enum mode mode;
	struct play p;

	for (n = 0; n < ARRAY_SIZE(shapes); n++) {
		mode = shapes[n].mode;
		leaf = shapes[n].leaf;
		if (leaf == 3)
			continue;
		for (rights = 0; rights < 8 * 32; rights++) {
			regs = rights / 8;
			level = regs % 2 ? leaf : model_levels(mode);
			if (mode == M_PAE && level == 3)
				level = 2;
			begin(w, &p, mode, leaf);
			set_registers(&p.s, regs);
			p.entry[level] =
				with_rights(mode, p.entry[level], rights % 8);
			p.s.pkru = 0xfffffffc;
			for (access = 0; access < NR_ACCESSES; access++) {
				set_access(&p.s, access);
				world_play(w, &p);
			}
			/* The same at the other end of the walk. */
			level = regs % 2 ? model_levels(mode) : leaf;
			if (mode == M_PAE && level == 3)
				level = 2;
			world_good_entries(&p);
			p.entry[level] =
				with_rights(mode, p.entry[level], rights % 8);
			for (access = 0; access < NR_ACCESSES; access++) {
				set_access(&p.s, access);
				world_play(w, &p);
			}
		}
	}
	world_check(w, 100000);
}

/* P, W, U, A, D, PS and NX of one level in all combinations. */
static u64 with_flags(u64 entry, unsigned int flags)
{
	static const u8 bit[] = { 0, 1, 2, 5, 6, 7, 63 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bit); i++) {
		entry &= ~BIT_ULL(bit[i]);
		if (flags & BIT(i))
			entry |= BIT_ULL(bit[i]);
	}
	return entry;
}

static void guest_walk_flags(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, leaf, level, variant, flags, access;
	enum mode mode;
	struct play p;

	for (n = 0; n < ARRAY_SIZE(shapes); n++) {
		mode = shapes[n].mode;
		leaf = shapes[n].leaf;
		for (level = leaf; level <= model_levels(mode); level++) {
			for (variant = 0; variant < 4 * 128; variant++) {
				flags = variant / 4;
				begin(w, &p, mode, leaf);
				p.s.nxe = variant & 1;
				p.s.pse = variant & 2;
				p.s.gbpages = variant & 2;
				p.s.width = widths[variant % 5];
				p.entry[level] =
					with_flags(p.entry[level], flags);
				for (access = 0; access < 6; access++) {
					set_access(&p.s, access);
					world_play(w, &p);
				}
			}
		}
	}
	world_check(w, 100000);
}

/* Each bit of each entry, as it should be and as it should not. */
static void guest_walk_each_bit(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, leaf, level, variant, bit;
	enum mode mode;
	struct play p;
	u64 good;

	for (n = 0; n < ARRAY_SIZE(shapes); n++) {
		mode = shapes[n].mode;
		leaf = shapes[n].leaf;
		for (level = leaf; level <= model_levels(mode); level++) {
			for (variant = 0; variant < 5 * 8; variant++) {
				begin(w, &p, mode, leaf);
				p.s.width = widths[variant / 8];
				p.s.nxe = variant & 1;
				p.s.pse36 = variant & 2;
				p.s.gbpages = variant & 2;
				p.s.amd = variant & 4;
				p.s.ept_xo = variant & 4;
				world_good_entries(&p);
				world_play(w, &p);
				good = p.entry[level];
				for (bit = 0; bit < 64; bit++) {
					if (mode == M_2LEVEL && bit >= 32)
						break;
					p.entry[level] = good ^ BIT_ULL(bit);
					world_play(w, &p);
				}
			}
		}
	}
	world_check(w, 80000);
}

/*
 * What is reserved with 40 address bits, 1G pages, PSE-36 and no NX, straight
 * from the manuals' tables; neither the model nor the walker made these.
 */
static const struct {
	enum mode mode;
	unsigned int level;
	bool leaf;
	bool amd;
	u64 reserved;
} by_hand[] = {
	{ M_2LEVEL, 2, false, false, 0 },
	{ M_2LEVEL, 2, true, false, 0x200000 },
	{ M_2LEVEL, 1, true, false, 0 },
	{ M_PAE, 3, false, false, 0xffffff00000001e6 },
	{ M_PAE, 2, false, false, 0xffffff0000000000 },
	{ M_PAE, 2, true, false, 0xffffff00001fe000 },
	{ M_PAE, 1, true, false, 0xffffff0000000000 },
	{ M_4LEVEL, 4, false, false, 0x800fff0000000080 },
	{ M_4LEVEL, 4, false, true, 0x800fff0000000180 },
	{ M_4LEVEL, 3, false, true, 0x800fff0000000000 },
	{ M_4LEVEL, 3, true, true, 0x800fff003fffe000 },
	{ M_4LEVEL, 2, false, true, 0x800fff0000000000 },
	{ M_4LEVEL, 2, true, true, 0x800fff00001fe000 },
	{ M_4LEVEL, 1, true, true, 0x800fff0000000000 },
	{ M_5LEVEL, 5, false, false, 0x800fff0000000080 },
	{ M_5LEVEL, 5, false, true, 0x800fff0000000180 },
	{ M_EPT4, 4, false, false, 0x000fff00000000f8 },
	{ M_EPT4, 3, false, false, 0x000fff0000000078 },
	{ M_EPT4, 3, true, false, 0x000fff003ffff000 },
	{ M_EPT4, 2, false, false, 0x000fff0000000078 },
	{ M_EPT4, 2, true, false, 0x000fff00001ff000 },
	{ M_EPT4, 1, true, false, 0x000fff0000000000 },
	{ M_EPT5, 5, false, false, 0x000fff00000000f8 },
};

static void guest_walk_reserved_by_hand(struct kunit *test)
{
	struct kvm_guest_walk_cfg cfg;
	unsigned int i, bit, level;
	struct scene s = {};
	u64 walker;

	for (i = 0; i < ARRAY_SIZE(by_hand); i++) {
		s = (struct scene){ .mode = by_hand[i].mode,
				    .width = 40,
				    .amd = by_hand[i].amd,
				    .pse = true,
				    .pse36 = true,
				    .gbpages = true };
		world_config(&s, &cfg);
		level = by_hand[i].level;
		walker = by_hand[i].leaf ? cfg.reserved_leaf[level - 1] :
					   cfg.reserved_table[level - 1];
		KUNIT_EXPECT_EQ_MSG(test, walker, by_hand[i].reserved,
				    "walker, row %u", i);
		for (bit = 0; bit < (s.mode == M_2LEVEL ? 32 : 64); bit++)
			KUNIT_EXPECT_EQ_MSG(test,
					    model_reserved(&s, level,
							   by_hand[i].leaf,
							   bit),
					    !!(by_hand[i].reserved &
					       BIT_ULL(bit)),
					    "model, row %u bit %u", i, bit);
	}
}

/* Each key, each pair of its bits, with all others denying or all permitting. */
static void guest_walk_keys(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, key, pair, variant, leaf, access;
	enum mode mode;
	struct play p;

	for (n = 0; n < ARRAY_SIZE(shapes); n++) {
		mode = shapes[n].mode;
		leaf = shapes[n].leaf;
		if (mode != M_4LEVEL && mode != M_5LEVEL && leaf != 1)
			continue;
		for (variant = 0; variant < 16 * 4 * 16; variant++) {
			key = variant / 64;
			pair = variant / 16 % 4;
			begin(w, &p, mode, leaf);
			p.s.pke = variant & 1;
			p.s.wp = variant & 2;
			p.s.pkru = variant & 4 ? ~(3u << 2 * key) : 0;
			p.s.pkru |= pair << 2 * key;
			if (mode >= M_4LEVEL)
				p.entry[leaf] |= (u64)key << 59;
			if (variant & 8)
				p.entry[leaf] &= ~BIT_ULL(2);
			for (access = 0; access < 6; access++) {
				set_access(&p.s, access);
				world_play(w, &p);
			}
		}
	}
	world_check(w, 50000);
}

/* EPT: rights of a table and of the leaf, memory types, what is reported. */
static void guest_walk_ept(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int rwx, variant, leaf, access;
	enum mode mode;
	struct play p;

	for (mode = M_EPT4; mode <= M_EPT5; mode++) {
		for (rwx = 0; rwx < 64 * 8; rwx++) {
			for (variant = 0; variant < 16; variant++) {
				leaf = 1 + (rwx + variant) % 3;
				begin(w, &p, mode, leaf);
				p.s.ept_ad = variant & 1;
				p.s.ept_xo = variant & 2;
				p.s.table = variant & 4;
				p.s.gva = variant & 8;
				p.entry[leaf] &= ~0x3full;
				p.entry[leaf] |= rwx % 8 | rwx / 64 << 3;
				p.entry[4] &= ~7ull;
				p.entry[4] |= rwx / 8 % 8;
				for (access = 0; access < 3; access++) {
					set_access(&p.s, access);
					world_play(w, &p);
				}
			}
		}
	}
	world_check(w, 40000);
}

/* --- random scenes -------------------------------------------------------- */

/* Marsaglia's xorshift64*. */
static u64 next(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static bool one_in(u64 *state, unsigned int n)
{
	return (next(state) >> 32) % n == 0;
}

static void random_cpu(u64 *state, struct scene *s)
{
	u64 r = next(state);

	s->mode = (r >> 40) % M_COUNT;
	s->width = widths[(r >> 32) % ARRAY_SIZE(widths)];
	set_registers(s, r & 31);
	set_access(s, (r >> 50) % NR_ACCESSES);
	s->pse = r & BIT(5);
	s->pse36 = r & BIT(6);
	s->gbpages = r & BIT(7);
	s->amd = r & BIT(8);
	s->ept_ad = r & BIT(9);
	s->ept_xo = r & BIT(10);
	s->gva = r & BIT(11);
	s->table = (s->mode == M_EPT4 || s->mode == M_EPT5) && r & BIT(12);
	s->pkru = one_in(state, 2) ? 0 : next(state) >> 32;
	s->addr = next(state);
	if (s->mode == M_2LEVEL || s->mode == M_PAE)
		s->addr = (u32)s->addr;
	else if (s->mode == M_EPT4)
		s->addr >>= one_in(state, 32) ? 15 : 16;
	else if (s->mode == M_EPT5)
		s->addr >>= one_in(state, 32) ? 6 : 7;
}

static u64 random_entry(u64 *state, const struct play *p, unsigned int level)
{
	bool ept = p->s.mode == M_EPT4 || p->s.mode == M_EPT5;
	u64 e = p->entry[level], r = next(state);

	if (p->s.mode == M_PAE && level == 3) {
		/* Nothing to vary but what is ignored. */
		e |= r & 0xe18;
	} else if (ept) {
		e |= r & (0xfff0000000000c00 | 0x300);
		if (level == p->leaf)
			e ^= r & 0x40;
		if (level == p->leaf && one_in(state, 4))
			e ^= r & 0x38;
	} else {
		e |= r & 0xe78;
		if (p->s.mode >= M_4LEVEL)
			e |= r & 0x7ff0000000000000;
	}
	if (one_in(state, 8))
		e = with_rights(p->s.mode, e, r >> 60 & 7);
	if (one_in(state, 64))
		e &= ~7ull;
	if (one_in(state, 16))
		e ^= BIT_ULL(next(state) >> 58);
	return p->s.mode == M_2LEVEL ? (u32)e : e;
}

/* The page may be anywhere that the CPU can address. */
static u64 random_frame(u64 *state, const struct play *p)
{
	u64 frame = next(state) & GENMASK_ULL(p->s.width - 1, 12);

	if (p->s.mode == M_2LEVEL && p->leaf == 2) {
		/* Bits of 4M pages that are beyond 32 are in 20:13. */
		frame &= GENMASK_ULL(31, 22) | GENMASK_ULL(20, 13);
		if ((p->s.pse36 && p->s.width >= 40) || one_in(state, 8))
			return frame;
		return frame & ~GENMASK_ULL(20, 13);
	}
	frame &= ~(BIT_ULL(12 + 9 * (p->leaf - 1)) - 1);
	return p->s.mode == M_2LEVEL ? (u32)frame : frame;
}

static void random_play(struct play *p, u64 seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15ull | 1;
	unsigned int level, i;

	*p = (struct play){ .seed = seed };
	next(&state);
	random_cpu(&state, &p->s);
	p->leaf = 1 + (next(&state) >> 32) % 3;
	if (p->leaf == 3 && p->s.mode <= M_PAE)
		p->leaf = 1;
	world_good_entries(p);
	for (level = p->leaf; level <= model_levels(p->s.mode); level++)
		p->entry[level] = random_entry(&state, p, level);
	p->entry[p->leaf] ^= random_frame(&state, p);
	p->s.root = next(&state) & (GENMASK_ULL(63, 52) | 0xfff);
	for (i = 0; i < 4; i++)
		p->s.pdptrs[i] = next(&state);
}

static void guest_walk_random(struct kunit *test)
{
	struct world *w = test->priv;
	struct play p;
	u64 seed;

	if (guest_walk_seed) {
		random_play(&p, guest_walk_seed);
		world_play(w, &p);
		world_check(w, 1);
		return;
	}
	for (seed = 1; seed <= RANDOM_SCENES; seed++) {
		random_play(&p, seed);
		world_play(w, &p);
	}
	world_check(w, RANDOM_SCENES);
	world_check_variety(w);
}

static struct kunit_case guest_walk_cases[] = {
	/* clang-format off */
	KUNIT_CASE(guest_walk_permissions),
	KUNIT_CASE(guest_walk_flags),
	KUNIT_CASE(guest_walk_each_bit),
	KUNIT_CASE(guest_walk_reserved_by_hand),
	KUNIT_CASE(guest_walk_keys),
	KUNIT_CASE(guest_walk_ept),
	KUNIT_CASE(guest_walk_random),
	{}
	/* clang-format on */
};

struct kunit_suite guest_walk_suite = {
	.name = "twinwalk_guest_walk",
	.init = world_init,
	.test_cases = guest_walk_cases,
};
