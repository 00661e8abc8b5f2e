// SPDX-License-Identifier: GPL-2.0-only
/*
 * role_kunit.c - roles of all register states, effects of all register bits
 *
 * The model has one rule for each field, in a notation of its own: a letter
 * for each bit of the state, large if set and small if clear, letters that all
 * have to hold side by side, alternatives with a bar between them; nothing at
 * all is never true.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/ctype.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "mmu/role.h"
#include "tests/kunit/suites.h"

/* CR0.PG WP, CR4.PAE PSE SMEP SMAP PKE LA57, EFER.NX LMA, SMM, guest mode. */
static const char letters[] = "PWASXYKFNLMG";

#define NR_BITS	  12
#define NR_STATES BIT(NR_BITS)

/* In which register each is, and by the manuals which bit of it. */
static const char registers[] = "00444444EE--";
static const u8 bit_numbers[NR_BITS] = { 31, 16, 5,  4,	 20, 21,
					 22, 12, 11, 10, 0,  0 };

#define SEED 0x526f6c65u

static bool holds(const char *rule, unsigned int state)
{
	bool all = *rule;

	for (; *rule; rule++) {
		const char *letter = strchr(letters, toupper(*rule));

		if (*rule == '|') {
			if (all)
				return true;
			all = true;
		} else if (!letter || !!(state & BIT(letter - letters)) !=
					      !!isupper(*rule)) {
			all = false;
		}
	}
	return all;
}

static struct kvm_mmu_role_regs regs_of(unsigned int state)
{
	struct kvm_mmu_role_regs regs = {};
	unsigned int i;

	for (i = 0; i < NR_BITS; i++) {
		if (!(state & BIT(i)))
			continue;
		if (registers[i] == '0')
			regs.cr0 |= BIT(bit_numbers[i]);
		else if (registers[i] == '4')
			regs.cr4 |= BIT(bit_numbers[i]);
		else if (registers[i] == 'E')
			regs.efer |= BIT(bit_numbers[i]);
		else if (letters[i] == 'M')
			regs.smm = true;
		else
			regs.guest_mode = true;
	}
	return regs;
}

static union kvm_cpu_role cpu_role_of(unsigned int state)
{
	struct kvm_mmu_role_regs regs = regs_of(state);

	return kvm_calc_cpu_role(&regs);
}

/* Counts a difference, and shows the first few. */
static void note(struct kunit *test, unsigned int *bad, unsigned int state,
		 u64 has, u64 wants)
{
	char text[NR_BITS + 1] = {};
	unsigned int i;

	if (has == wants || (*bad)++ >= 5)
		return;
	for (i = 0; i < NR_BITS; i++)
		text[i] = state & BIT(i) ? letters[i] : tolower(letters[i]);
	kunit_err(test, "state %s: is %#llx, should be %#llx\n", text, has,
		  wants);
}

static union kvm_cpu_role model_cpu_role(unsigned int s)
{
	union kvm_cpu_role m = {};

	if (holds("Pla", s))
		m.base.level = 2;
	if (holds("PlA", s))
		m.base.level = 3;
	if (holds("PLf", s))
		m.base.level = 4;
	if (holds("PLF", s))
		m.base.level = 5;
	m.base.has_4_byte_gpte = holds("Pla", s);
	m.base.pae_gpte = holds("PlA", s);
	m.base.cr4_pse = holds("PlaS", s);
	m.base.direct = holds("p", s);
	m.base.access = 7;
	m.base.efer_nx = holds("PAN|PLN", s);
	m.base.cr0_wp = holds("PW", s);
	m.base.smep_andnot_wp = holds("PXw", s);
	m.base.smap_andnot_wp = holds("PYw", s);
	m.base.guest_mode = holds("G", s);
	m.base.smm = holds("M", s);
	m.valid = 1;
	m.cr4_pke = holds("PLK", s);
	m.cr4_smap = holds("PY", s);
	m.cr4_smep = holds("PX", s);
	m.cr4_la57 = holds("PLF", s);
	m.efer_lma = holds("PL", s);
	return m;
}

static union kvm_mmu_page_role model_shadow_root_role(unsigned int s)
{
	union kvm_mmu_page_role m = {};

	m.level = holds("PLF", s) ? 5 : holds("PL", s) ? 4 : 3;
	m.has_4_byte_gpte = holds("Pla", s);
	m.pae_gpte = holds("PlA", s);
	m.cr4_pse = holds("PlaS", s);
	m.direct = holds("p", s);
	m.access = 7;
	m.efer_nx = holds("N|p|al", s);
	m.cr0_wp = holds("W|p", s);
	m.smep_andnot_wp = holds("PXw", s);
	m.smap_andnot_wp = holds("PYw", s);
	m.guest_mode = holds("G", s);
	m.smm = holds("M", s);
	return m;
}

static void role_cpu_role_all_states(struct kunit *test)
{
	unsigned int s, bad = 0;

	for (s = 0; s < NR_STATES; s++)
		note(test, &bad, s, cpu_role_of(s).word,
		     model_cpu_role(s).word);
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* CR0.PG has once been taken the wrong way round: both ways, by hand. */
static void role_paging_bit_is_not_inverted(struct kunit *test)
{
	struct kvm_mmu_role_regs regs = {
		.cr0 = 0x80010001, /* PG, WP, PE */
		.cr4 = 0x00310020, /* PAE, SMEP, SMAP */
		.efer = 0xd00, /* NX, LMA, LME */
	};
	union kvm_cpu_role role = kvm_calc_cpu_role(&regs);

	KUNIT_EXPECT_EQ(test, (u32)role.base.direct, 0u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.level, 4u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.cr0_wp, 1u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.efer_nx, 1u);
	KUNIT_EXPECT_EQ(test, (u32)role.efer_lma, 1u);

	regs.cr0 &= ~0x80000000ul;
	role = kvm_calc_cpu_role(&regs);
	KUNIT_EXPECT_EQ(test, (u32)role.base.direct, 1u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.level, 0u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.cr0_wp, 0u);
	KUNIT_EXPECT_EQ(test, (u32)role.base.efer_nx, 0u);
	KUNIT_EXPECT_EQ(test, (u32)role.efer_lma, 0u);
	KUNIT_EXPECT_EQ(test, (u32)role.valid, 1u);
}

/* Where each bit, flipped alone, changes a role; everywhere else it may not. */
static const struct role_flip {
	char letter;
	const char *cpu_role;
	const char *shadow_root;
	const char *tdp_root;
} flips[] = {
	{ 'P', "P|p", "P|p", "" },     { 'W', "P", "P", "" },
	{ 'A', "Pl", "Pl", "" },       { 'S', "Pla", "Pla", "" },
	{ 'X', "P", "Pw", "" },	       { 'Y', "P", "Pw", "" },
	{ 'K', "PL", "", "" },	       { 'F', "PL", "PL", "" },
	{ 'N', "PA|PL", "PA|PL", "" }, { 'L', "P", "P", "" },
	{ 'M', "P|p", "P|p", "P|p" },  { 'G', "P|p", "P|p", "P|p" },
};

static void role_flips_of_one_bit(struct kunit *test)
{
	unsigned int s, i, bad = 0, pairs = 0;

	KUNIT_ASSERT_EQ(test, (unsigned int)ARRAY_SIZE(flips), NR_BITS + 0u);
	for (i = 0; i < NR_BITS; i++) {
		const struct role_flip *flip = &flips[i];

		KUNIT_ASSERT_EQ(test, flip->letter, letters[i]);
		for (s = 0; s < NR_STATES; s++) {
			union kvm_cpu_role a = cpu_role_of(s);
			union kvm_cpu_role b = cpu_role_of(s ^ BIT(i));

			note(test, &bad, s, a.word != b.word,
			     holds(flip->cpu_role, s));
			note(test, &bad, s,
			     kvm_calc_shadow_root_role(a).word !=
				     kvm_calc_shadow_root_role(b).word,
			     holds(flip->shadow_root, s));
			note(test, &bad, s,
			     kvm_calc_tdp_root_role(a, 4, false).word !=
				     kvm_calc_tdp_root_role(b, 4, false).word,
			     holds(flip->tdp_root, s));
			pairs++;
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
	KUNIT_EXPECT_EQ(test, pairs, 49152u);
}

/* Every other bit of the registers, in every state. */
static void role_other_bits_are_ignored(struct kunit *test)
{
	const u64 cr0 = BIT(31) | BIT(16);
	const u64 cr4 = BIT(5) | BIT(4) | BIT(20) | BIT(21) | BIT(22) | BIT(12);
	const u64 efer = BIT(11) | BIT(10);
	unsigned int s, i, bad = 0;

	for (s = 0; s < NR_STATES; s++) {
		const struct kvm_mmu_role_regs plain = regs_of(s);
		u64 wants = kvm_calc_cpu_role(&plain).word;

		for (i = 0; i < 64; i++) {
			struct kvm_mmu_role_regs regs = plain;

			regs.cr0 ^= BIT_ULL(i) & ~cr0;
			regs.cr4 ^= BIT_ULL(i) & ~cr4;
			regs.efer ^= BIT_ULL(i) & ~efer;
			note(test, &bad, s, kvm_calc_cpu_role(&regs).word,
			     wants);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

static void role_shadow_root_all_states(struct kunit *test)
{
	unsigned int s, bad = 0;

	for (s = 0; s < NR_STATES; s++)
		note(test, &bad, s,
		     kvm_calc_shadow_root_role(cpu_role_of(s)).word,
		     model_shadow_root_role(s).word);
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

static void role_tdp_root_all_states(struct kunit *test)
{
	unsigned int s, level, ad, bad = 0;
	union kvm_mmu_page_role role;

	for (s = 0; s < NR_STATES; s++) {
		for (level = 4; level <= 5; level++) {
			for (ad = 0; ad < 2; ad++) {
				union kvm_mmu_page_role m = {};

				m.level = level;
				m.direct = 1;
				m.access = 7;
				m.efer_nx = 1;
				m.cr0_wp = 1;
				m.ad_disabled = ad;
				m.guest_mode = holds("G", s);
				m.smm = holds("M", s);
				role = kvm_calc_tdp_root_role(cpu_role_of(s),
							      level, ad);
				note(test, &bad, s, role.word, m.word);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

static void role_tdp_roots_are_four(struct kunit *test)
{
	union kvm_mmu_page_role role;
	unsigned int s, i, count = 0;
	u32 seen[5];

	for (s = 0; s < NR_STATES && count < ARRAY_SIZE(seen); s++) {
		role = kvm_calc_tdp_root_role(cpu_role_of(s), 4, false);
		for (i = 0; i < count && seen[i] != role.word; i++)
			;
		if (i == count)
			seen[count++] = role.word;
	}
	KUNIT_EXPECT_EQ(test, count, 4u);
}

/* Of L1's registers only PAE, PSE, LA57, NX, LMA and SMM count. */
static void role_shadow_npt_all_states(struct kunit *test)
{
	unsigned int s, host, bad = 0;

	for (s = 0; s < NR_STATES; s++) {
		struct kvm_mmu_role_regs regs = regs_of(s);
		union kvm_cpu_role role = kvm_calc_npt_cpu_role(&regs);
		union kvm_cpu_role m = {};

		m.base.level = holds("LF", s) ? 5 :
			       holds("L", s)  ? 4 :
			       holds("A", s)  ? 3 :
						2;
		m.base.has_4_byte_gpte = holds("la", s);
		m.base.pae_gpte = holds("lA", s);
		m.base.cr4_pse = holds("laS", s);
		m.base.access = 7;
		m.base.efer_nx = holds("AN|LN", s);
		m.base.cr0_wp = 1;
		m.base.guest_mode = 1;
		m.base.smm = holds("M", s);
		m.valid = 1;
		m.cr4_la57 = holds("LF", s);
		m.efer_lma = holds("L", s);
		note(test, &bad, s, role.word, m.word);

		for (host = 4; host <= 5; host++) {
			union kvm_mmu_page_role root = m.base;

			root.level = host;
			root.efer_nx = holds("N|al", s);
			root.passthrough = host == 5 && holds("Lf", s);
			/* There is none. */
			if (host == 4 && holds("LF", s))
				root.word = 0;
			note(test, &bad, s,
			     kvm_calc_shadow_npt_root_role(role, host).word,
			     root.word);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* What L1's NPT means: its mode, SMM, and what changes entries of that mode. */
static unsigned int npt_meaning(unsigned int s)
{
	unsigned int mode = holds("LF", s) ? 5 :
			    holds("L", s)  ? 4 :
			    holds("A", s)  ? 3 :
					     2;

	return mode | holds("AN|LN", s) << 4 | holds("alS", s) << 5 |
	       holds("M", s) << 6;
}

struct npt_root {
	unsigned int meaning;
	u32 word;
};

/* One root for two of L1's tables if, and only if, they mean the same. */
static void role_shadow_npt_roots_by_meaning(struct kunit *test)
{
	unsigned int host, i, a, b, bad = 0, like = 0;
	struct npt_root *of;

	of = kunit_kcalloc(test, NR_STATES, sizeof(*of), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, of);
	for (host = 4; host <= 5; host++) {
		for (a = 0; a < NR_STATES; a++) {
			struct kvm_mmu_role_regs regs = regs_of(a);
			union kvm_cpu_role role = kvm_calc_npt_cpu_role(&regs);

			of[a].meaning = npt_meaning(a);
			of[a].word =
				kvm_calc_shadow_npt_root_role(role, host).word;
		}
		for (i = 0; i < 64; i++) {
			/* Letters A and S, and F to M. */
			a = (i & 3) << 2 | i >> 2 << 7;
			/* There is no root to be taken for another. */
			if (host == 4 && holds("LF", a))
				continue;
			for (b = 0; b < NR_STATES; b++) {
				bool same = of[a].meaning == of[b].meaning;
				bool one = of[a].word == of[b].word;

				like += same && a != b;
				if (one != same)
					note(test, &bad, b, one, same);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
	KUNIT_EXPECT_GT(test, like, 7000u);
}

/* The page that shadows a guest's table of this level. */
static u32 page_for(const struct kvm_mmu_role_regs *regs, bool npt,
		    unsigned int level)
{
	union kvm_cpu_role cpu_role = npt ? kvm_calc_npt_cpu_role(regs) :
					    kvm_calc_cpu_role(regs);
	union kvm_mmu_page_role role =
		npt ? kvm_calc_shadow_npt_root_role(cpu_role, 5) :
		      kvm_calc_shadow_root_role(cpu_role);

	while (role.level > level)
		role = kvm_mmu_child_role(role, KVM_ACC_ALL, false);
	return role.word;
}

/* By hand, level by level: which modes and CR4.PSE make it another page. */
static void role_pages_by_format(struct kunit *test)
{
	const unsigned long cr0 = BIT(31) | BIT(16), pae = BIT(5);
	const u64 nx = BIT(11), lma = BIT(10);
	const struct kvm_mmu_role_regs modes[] = {
		{ .cr0 = cr0, .efer = nx }, /* 2 levels */
		{ .cr0 = cr0, .cr4 = pae, .efer = nx },
		{ .cr0 = cr0, .cr4 = pae, .efer = nx | lma }, /* 4 levels */
		{ .cr0 = cr0, .cr4 = pae | BIT(12), .efer = nx | lma },
	};
	unsigned int npt, m, n, level;
	u32 page[4][2];

	for (npt = 0; npt < 2; npt++) {
		for (level = 1; level <= 3; level++) {
			for (m = 0; m < 8; m++) {
				struct kvm_mmu_role_regs r = modes[m / 2];

				r.cr4 |= m % 2 ? BIT(4) : 0; /* PSE */
				page[m / 2][m % 2] = page_for(&r, npt, level);
			}
			/* PSE: pages of 4M, thus not of the last level. */
			KUNIT_EXPECT_EQ(test, page[0][0] != page[0][1],
					level > 1);
			for (m = 1; m < 4; m++)
				KUNIT_EXPECT_EQ(test, page[m][0], page[m][1]);
			/* LA57 adds a level, and that is all. */
			KUNIT_EXPECT_EQ(test, page[2][0], page[3][0]);
			for (m = 0; m < 3; m++)
				for (n = 0; n < m; n++)
					KUNIT_EXPECT_NE(test, page[m][0],
							page[n][0]);
		}
	}
}

static void role_shadow_ept(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		const struct kvm_ept_role_info info = {
			.level = i & 1 ? 5 : 4,
			.ad = i & 2,
			.execonly = i & 4,
			.smm = i & 8,
		};
		union kvm_cpu_role m = {};

		m.base.level = i & 1 ? 5 : 4;
		m.base.access = 7;
		m.base.efer_nx = 1;
		m.base.cr0_wp = 1;
		m.base.ad_disabled = i & 2 ? 0 : 1;
		m.base.guest_mode = 1;
		m.base.smm = i & 8 ? 1 : 0;
		m.valid = 1;
		m.execonly = i & 4 ? 1 : 0;
		m.ept = 1;
		KUNIT_EXPECT_EQ_MSG(test, kvm_calc_shadow_ept_role(&info).word,
				    m.word, "combination %u", i);
	}
}

/* Every role there can be, by chance; every access, direct or not. */
static void role_child(struct kunit *test)
{
	unsigned int i, access, direct, bad = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < 2000; i++) {
		union kvm_mmu_page_role parent;

		parent.word = prandom_u32_state(&rnd) & GENMASK(28, 0);
		parent.level = 2 + i % 4;
		for (access = 0; access < 8; access++) {
			for (direct = 0; direct < 2; direct++) {
				union kvm_mmu_page_role m = {};

				m.level = 1 + i % 4;
				m.has_4_byte_gpte = parent.has_4_byte_gpte &&
						    !direct;
				m.pae_gpte = parent.pae_gpte && !direct;
				m.cr4_pse = parent.cr4_pse && !direct &&
					    i % 4 > 0;
				m.direct = direct;
				m.access = access;
				m.efer_nx = parent.efer_nx;
				m.cr0_wp = parent.cr0_wp;
				m.smep_andnot_wp = parent.smep_andnot_wp;
				m.smap_andnot_wp = parent.smap_andnot_wp;
				m.ad_disabled = parent.ad_disabled;
				m.guest_mode = parent.guest_mode;
				m.smm = parent.smm;
				note(test, &bad, i,
				     kvm_mmu_child_role(parent, access, direct)
					     .word,
				     m.word);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/*
 * A guest's table of 1024 entries, entry by entry: the shadow entry for a
 * virtual address has to be in the page that shadows the guest's entry for it.
 */
static void role_quadrants(struct kunit *test)
{
	union kvm_mmu_page_role root = {}, dir, table;
	unsigned int bad = 0;
	u64 va;

	root.level = 3;
	root.has_4_byte_gpte = 1;
	for (va = 0; va < BIT_ULL(32); va += BIT_ULL(20)) {
		unsigned int gpde = va >> 22, gpte = (va >> 12) % 1024;

		dir = kvm_mmu_child_role(root, 7, false);
		dir = kvm_mmu_child_quadrant(dir, va >> 30);
		table = kvm_mmu_child_role(dir, 7, false);
		table = kvm_mmu_child_quadrant(table, (va >> 21) % 512);
		/* 512 shadow entries are 256 or 512 of the guest's. */
		note(test, &bad, gpde, dir.quadrant, gpde / 256);
		note(test, &bad, gpde, table.quadrant, gpte / 512);
	}

	/* Nothing of the kind where there is no table, or a wide one. */
	dir = kvm_mmu_child_quadrant(kvm_mmu_child_role(root, 7, true), 3);
	KUNIT_EXPECT_EQ(test, (u32)dir.quadrant, 0u);
	root.has_4_byte_gpte = 0;
	dir = kvm_mmu_child_quadrant(kvm_mmu_child_role(root, 7, false), 3);
	KUNIT_EXPECT_EQ(test, (u32)dir.quadrant, 0u);
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/*
 * Effects once more: a row for each bit, "up" and "down" by letters: r role,
 * g flush guest, a flush all, o root if shadow paging, p in PAE paging the
 * PDPTEs, and with shadow paging the root that they are the top of; C in front
 * of one: only with PCIDs.
 */
static const struct effect_row {
	enum kvm_mmu_reg reg;
	u8 first;
	u8 last;
	const char *up;
	const char *down;
} effect_rows[] = {
	{ KVM_MMU_REG_CR0, 16, 16, "ro", "ro" },
	{ KVM_MMU_REG_CR0, 29, 29, "p", "p" },
	{ KVM_MMU_REG_CR0, 30, 30, "p", "p" },
	{ KVM_MMU_REG_CR0, 31, 31, "rapo", "rao" },
	{ KVM_MMU_REG_CR3, 0, 11, "Co", "Co" },
	{ KVM_MMU_REG_CR3, 12, 51, "o", "o" },
	{ KVM_MMU_REG_CR4, 4, 4, "rapo", "rapo" },
	{ KVM_MMU_REG_CR4, 5, 5, "rapo", "rao" },
	{ KVM_MMU_REG_CR4, 7, 7, "ap", "ap" },
	{ KVM_MMU_REG_CR4, 12, 12, "ro", "ro" },
	{ KVM_MMU_REG_CR4, 17, 17, "", "ao" },
	{ KVM_MMU_REG_CR4, 20, 20, "rgpo", "rpo" },
	{ KVM_MMU_REG_CR4, 21, 21, "ro", "ro" },
	{ KVM_MMU_REG_CR4, 22, 22, "r", "r" },
	{ KVM_MMU_REG_EFER, 10, 10, "ro", "ro" },
	{ KVM_MMU_REG_EFER, 11, 11, "rao", "rao" },
};

static unsigned int effects_of_letters(const char *s, unsigned int flags)
{
	bool tdp = flags & 1, pae = flags & 2, pcid = flags & 4, on = true;
	unsigned int effects = 0;

	for (; *s; s++) {
		if (*s == 'C') {
			on = pcid;
			continue;
		}
		if (on && *s == 'r')
			effects |= KVM_MMU_EFFECT_ROLE;
		if (on && *s == 'g')
			effects |= KVM_MMU_EFFECT_FLUSH_GUEST;
		if (on && *s == 'a')
			effects |= KVM_MMU_EFFECT_FLUSH_ALL;
		if (on && *s == 'p' && pae)
			effects |= KVM_MMU_EFFECT_PDPTRS;
		if (on && (*s == 'o' || (*s == 'p' && pae)) && !tdp)
			effects |= KVM_MMU_EFFECT_ROOT;
		on = true;
	}
	return effects;
}

static unsigned int model_effects(enum kvm_mmu_reg reg, unsigned int bit,
				  bool up, unsigned int flags)
{
	unsigned int i, effects = 0;

	for (i = 0; i < ARRAY_SIZE(effect_rows); i++) {
		const struct effect_row *row = &effect_rows[i];

		if (row->reg == reg && row->first <= bit && bit <= row->last)
			effects |= effects_of_letters(up ? row->up : row->down,
						      flags);
	}
	return effects;
}

/* What a load of CR3 does, whatever it changes. */
static unsigned int model_load(enum kvm_mmu_reg reg, u64 new,
			       unsigned int flags)
{
	if (reg != KVM_MMU_REG_CR3)
		return 0;
	return effects_of_letters((flags & 4) && (new >> 63) ? "p" : "gp",
				  flags);
}

/* All registers, all bits, up and down, all circumstances, on any ground. */
static void role_effects_of_each_bit(struct kunit *test)
{
	unsigned int reg, bit, up, flags, i, bad = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, SEED);
	KUNIT_ASSERT_EQ(test, KVM_MMU_REGS_TDP, 1ul);
	KUNIT_ASSERT_EQ(test, KVM_MMU_REGS_PAE, 2ul);
	KUNIT_ASSERT_EQ(test, KVM_MMU_REGS_PCIDE, 4ul);

	for (i = 0; i < 4 * 64 * 2 * 8 * 4; i++) {
		u64 ground = 0, old, new;

		reg = i % 4;
		bit = i / 4 % 64;
		up = i / 256 % 2;
		flags = i / 512 % 8;
		if (i / 4096 == 1)
			ground = ~0ull;
		else if (i / 4096)
			prandom_bytes_state(&rnd, &ground, sizeof(ground));
		old = ground & ~BIT_ULL(bit);
		new = ground | BIT_ULL(bit);
		if (!up)
			swap(old, new);
		note(test, &bad, i, kvm_mmu_reg_effects(reg, old, new, flags),
		     model_effects(reg, bit, up, flags) |
			     model_load(reg, new, flags));
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* Bits that change together have the effects of each. */
static void role_effects_add_up(struct kunit *test)
{
	unsigned int reg, flags, bit, i, wants, bad = 0;
	struct rnd_state rnd;
	u64 from, to;

	prandom_seed_state(&rnd, SEED + 1);
	for (i = 0; i < 2000; i++) {
		reg = i % 4;
		flags = i / 4 % 8;
		prandom_bytes_state(&rnd, &from, sizeof(from));
		prandom_bytes_state(&rnd, &to, sizeof(to));
		wants = model_load(reg, to, flags);
		for (bit = 0; bit < 64; bit++)
			if ((from ^ to) & BIT_ULL(bit))
				wants |= model_effects(reg, bit,
						       to & BIT_ULL(bit),
						       flags);
		note(test, &bad, i, kvm_mmu_reg_effects(reg, from, to, flags),
		     wants);

		/* The same value: nothing, but for a load of CR3. */
		note(test, &bad, i, kvm_mmu_reg_effects(reg, from, from, flags),
		     model_load(reg, from, flags));
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* By the manuals, in words: what no CPU may leave out. */
static void role_effects_by_the_manuals(struct kunit *test)
{
	const unsigned int all = KVM_MMU_EFFECT_FLUSH_ALL;
	const unsigned int guest = KVM_MMU_EFFECT_FLUSH_GUEST | all;
	const struct {
		enum kvm_mmu_reg reg;
		u64 old;
		u64 new;
		unsigned int one_of;
	} rules[] = {
		/* SDM: CR0.PG 1 to 0; CR4.PGE; CR4.PCIDE 1 to 0: all PCIDs. */
		{ KVM_MMU_REG_CR0, 0x80000001, 0x1, all },
		{ KVM_MMU_REG_CR4, 0x80, 0, all },
		{ KVM_MMU_REG_CR4, 0, 0x80, all },
		{ KVM_MMU_REG_CR4, 0x20000, 0, all },
		/* SDM: CR4.PAE, CR4.SMEP 0 to 1: the current PCID. */
		{ KVM_MMU_REG_CR4, 0x20, 0, guest },
		{ KVM_MMU_REG_CR4, 0, 0x20, guest },
		{ KVM_MMU_REG_CR4, 0, 0x100000, guest },
		/* SDM: MOV to CR3, the same value too. */
		{ KVM_MMU_REG_CR3, 0x1000, 0x2000, guest },
		{ KVM_MMU_REG_CR3, 0x1000, 0x1000, guest },
		/* APM: CR0.PG, CR4.PAE, CR4.PSE, CR4.PGE: all. */
		{ KVM_MMU_REG_CR0, 0x1, 0x80000001, all },
		{ KVM_MMU_REG_CR4, 0x20, 0, all },
		{ KVM_MMU_REG_CR4, 0, 0x20, all },
		{ KVM_MMU_REG_CR4, 0x10, 0, all },
		{ KVM_MMU_REG_CR4, 0, 0x10, all },
	};
	unsigned int i, flags, effects;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		for (flags = 0; flags < 8; flags++) {
			effects = kvm_mmu_reg_effects(rules[i].reg,
						      rules[i].old,
						      rules[i].new, flags);
			KUNIT_EXPECT_TRUE_MSG(test, effects & rules[i].one_of,
					      "rule %u, flags %u", i, flags);
		}
	}

	/* A WP flip with TDP: the roles, and nothing else. */
	KUNIT_EXPECT_EQ(test,
			kvm_mmu_reg_effects(KVM_MMU_REG_CR0, 0x80010001,
					    0x80000001, KVM_MMU_REGS_TDP),
			(unsigned int)KVM_MMU_EFFECT_ROLE);
}

/* Whatever loads the PDPTEs of PAE paging makes another root, CR3 or not. */
static void role_effects_load_pdptes(struct kunit *test)
{
	/* SDM 4.4.1: of these, what leaves PAE paging on loads the PDPTEs. */
	const struct {
		enum kvm_mmu_reg reg;
		u64 bit;
	} loads[] = {
		{ KVM_MMU_REG_CR0, BIT(29) }, /* NW */
		{ KVM_MMU_REG_CR0, BIT(30) }, /* CD */
		{ KVM_MMU_REG_CR0, BIT(31) }, /* PG */
		{ KVM_MMU_REG_CR4, BIT(4) }, /* PSE */
		{ KVM_MMU_REG_CR4, BIT(5) }, /* PAE */
		{ KVM_MMU_REG_CR4, BIT(7) }, /* PGE */
		{ KVM_MMU_REG_CR4, BIT(20) }, /* SMEP */
		{ KVM_MMU_REG_CR3, 0 }, /* the same value */
	};
	unsigned int i, effects;

	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		effects = kvm_mmu_reg_effects(loads[i].reg, 0x1000,
					      0x1000 | loads[i].bit,
					      KVM_MMU_REGS_PAE);
		KUNIT_EXPECT_TRUE_MSG(test, effects & KVM_MMU_EFFECT_PDPTRS,
				      "load %u", i);
		KUNIT_EXPECT_TRUE_MSG(test, effects & KVM_MMU_EFFECT_ROOT,
				      "load %u", i);
	}
}

static unsigned int effects_between(unsigned int s, unsigned int bit)
{
	struct kvm_mmu_role_regs a = regs_of(s), b = regs_of(s ^ BIT(bit));

	return kvm_mmu_reg_effects(KVM_MMU_REG_CR0, a.cr0, b.cr0, 0) |
	       kvm_mmu_reg_effects(KVM_MMU_REG_CR4, a.cr4, b.cr4, 0) |
	       kvm_mmu_reg_effects(KVM_MMU_REG_EFER, a.efer, b.efer, 0);
}

/* The table and the roles agree: which bits change which role somewhere. */
static void role_effects_agree_with_roles(struct kunit *test)
{
	const unsigned int mask = KVM_MMU_EFFECT_ROLE | KVM_MMU_EFFECT_ROOT;
	unsigned int s, bit, bad = 0;

	for (bit = 0; bit < NR_BITS; bit++) {
		unsigned int may = 0, told = 0;

		/* SMM and guest mode are not a write to a register. */
		if (registers[bit] == '-')
			continue;
		for (s = 0; s < NR_STATES; s++) {
			union kvm_cpu_role a = cpu_role_of(s);
			union kvm_cpu_role b = cpu_role_of(s ^ BIT(bit));
			unsigned int now = 0;

			if (a.word != b.word)
				now |= KVM_MMU_EFFECT_ROLE;
			if (kvm_calc_shadow_root_role(a).word !=
			    kvm_calc_shadow_root_role(b).word)
				now |= KVM_MMU_EFFECT_ROOT;
			told = effects_between(s, bit) & mask;
			note(test, &bad, s, now & ~told, 0);
			may |= now;
		}
		note(test, &bad, bit, may, told);
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* The model's notation. */
static void role_model_reads_rules(struct kunit *test)
{
	unsigned int pg = 1, wp = 2, smm = 0x400;

	KUNIT_EXPECT_FALSE(test, holds("", ~0u));
	KUNIT_EXPECT_TRUE(test, holds("P", pg));
	KUNIT_EXPECT_FALSE(test, holds("P", wp));
	KUNIT_EXPECT_TRUE(test, holds("Pw", pg));
	KUNIT_EXPECT_FALSE(test, holds("Pw", pg | wp));
	KUNIT_EXPECT_FALSE(test, holds("PW", pg));
	KUNIT_EXPECT_TRUE(test, holds("PW|M", smm));
	KUNIT_EXPECT_TRUE(test, holds("M|PW", pg | wp));
	KUNIT_EXPECT_FALSE(test, holds("PW|M", wp));
	KUNIT_EXPECT_FALSE(test, holds("Z", ~0u));
}

static struct kunit_case role_cases[] = {
	/* clang-format off */
	KUNIT_CASE(role_model_reads_rules),
	KUNIT_CASE(role_paging_bit_is_not_inverted),
	KUNIT_CASE(role_cpu_role_all_states),
	KUNIT_CASE(role_shadow_root_all_states),
	KUNIT_CASE(role_flips_of_one_bit),
	KUNIT_CASE(role_other_bits_are_ignored),
	KUNIT_CASE(role_tdp_root_all_states),
	KUNIT_CASE(role_tdp_roots_are_four),
	KUNIT_CASE(role_shadow_npt_all_states),
	KUNIT_CASE(role_shadow_npt_roots_by_meaning),
	KUNIT_CASE(role_pages_by_format),
	KUNIT_CASE(role_shadow_ept),
	KUNIT_CASE(role_child),
	KUNIT_CASE(role_quadrants),
	KUNIT_CASE(role_effects_of_each_bit),
	KUNIT_CASE(role_effects_add_up),
	KUNIT_CASE(role_effects_by_the_manuals),
	KUNIT_CASE(role_effects_load_pdptes),
	KUNIT_CASE(role_effects_agree_with_roles),
	{}
	/* clang-format on */
};

struct kunit_suite role_suite = {
	.name = "twinwalk_role",
	.test_cases = role_cases,
};
