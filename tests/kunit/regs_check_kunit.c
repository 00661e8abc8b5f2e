// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs_check_kunit.c - control registers, all combinations against the manuals
 *
 * Bits are numbers here, and each rule is written anew, as the manual says it.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/cpufeatures.h>

#include "tests/kunit/suites.h"
#include "x86/regs_check.h"

#define PE    BIT_ULL(0)
#define NW    BIT_ULL(29)
#define CD    BIT_ULL(30)
#define PG    BIT_ULL(31)
#define PAE   BIT_ULL(5)
#define LA57  BIT_ULL(12)
#define PCIDE BIT_ULL(17)
#define LME   BIT_ULL(8)
#define LMA   BIT_ULL(10)

/* A 36-bit machine. */
#define RESERVED_GPA GENMASK_ULL(63, 36)

static bool bit(unsigned int word, unsigned int nr)
{
	return word >> nr & 1;
}

/* --- CR0 ------------------------------------------------------------------ */

static void regs_check_cr0_combinations(struct kunit *test)
{
	/* By PE, PG, CD, NW: bits 0, 1, 2, 3 of the index. */
	static const bool ok[16] = {
		/* clang-format off */
		true, true, false, true,	/* CD = 0, NW = 0 */
		true, true, false, true,	/* CD = 1, NW = 0 */
		false, false, false, false,	/* CD = 0, NW = 1 */
		true, true, false, true,	/* CD = 1, NW = 1 */
		/* clang-format on */
	};
	unsigned int i, high;

	for (i = 0; i < 16; i++) {
		u64 cr0 = (bit(i, 0) ? PE : 0) | (bit(i, 1) ? PG : 0) |
			  (bit(i, 2) ? CD : 0) | (bit(i, 3) ? NW : 0);

		KUNIT_EXPECT_EQ_MSG(test, kvm_cr0_is_valid(cr0), ok[i],
				    "CR0 %llx", cr0);
		/* Reserved bits of the lower half are ignored. */
		KUNIT_EXPECT_EQ(test, kvm_cr0_is_valid(cr0 | 0x1ffaffc0),
				ok[i]);
	}
	for (high = 32; high < 64; high++)
		KUNIT_EXPECT_FALSE(test, kvm_cr0_is_valid(PE | BIT_ULL(high)));
}

static void regs_check_cr0_effective(struct kunit *test)
{
	/* PE MP EM TS ET NE WP AM NW CD PG */
	KUNIT_EXPECT_EQ(test, kvm_cr0_effective(0xffffffffull), 0xe005003full);
	KUNIT_EXPECT_EQ(test, kvm_cr0_effective(0), 0x10ull);
}

/*
 * MOV to CR0, by the state before: 0 paging, 1 LME, 2 PAE, 3 PCIDE, 4 CS.L; and
 * 5, the new PG.  States that no CPU can be in are left out.
 */
static void regs_check_cr0_writes(struct kunit *test)
{
	unsigned int i, seen = 0;

	for (i = 0; i < 64; i++) {
		bool paging = bit(i, 0), lme = bit(i, 1), pae = bit(i, 2);
		bool pcide = bit(i, 3), cs_l = bit(i, 4), pg = bit(i, 5);
		struct kvm_ctl_regs old = {
			.cr0 = PE | (paging ? PG : 0),
			.cr4 = (pae ? PAE : 0) | (pcide ? PCIDE : 0),
			.efer = (lme ? LME : 0) | (lme && paging ? LMA : 0),
			.cs_l = cs_l,
		};
		bool ok;

		if (paging && lme && !pae)
			continue;
		if (pg && paging)
			ok = true; /* nothing changes */
		else if (pg)
			ok = !lme || (pae && !cs_l); /* into long mode */
		else if (paging && lme)
			ok = !cs_l && !pcide; /* out of it */
		else
			ok = !pcide;
		seen++;
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_cr0_write_is_valid(&old,
							   PE | (pg ? PG : 0)),
				    ok, "case %x", i);
	}
	KUNIT_EXPECT_EQ(test, seen, 56u);
}

static void regs_check_cr0_write_is_a_cr0(struct kunit *test)
{
	struct kvm_ctl_regs old = { .cr0 = PE };

	KUNIT_EXPECT_TRUE(test, kvm_cr0_write_is_valid(&old, PE));
	KUNIT_EXPECT_FALSE(test, kvm_cr0_write_is_valid(&old, PE | NW));
	KUNIT_EXPECT_FALSE(test, kvm_cr0_write_is_valid(&old, PG));
}

static void regs_check_lma_follows_pg(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_efer_with_cr0(LME | 1, PE | PG),
			LME | LMA | 1);
	KUNIT_EXPECT_EQ(test, kvm_efer_with_cr0(LME | LMA | 1, PE), LME | 1);
	KUNIT_EXPECT_EQ(test, kvm_efer_with_cr0(0x800, PE | PG), 0x800ull);
	KUNIT_EXPECT_EQ(test, kvm_efer_with_cr0(LMA, PE), 0ull);
}

static void regs_check_pae_paging(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kvm_is_pae_paging(PE | PG, PAE, 0));
	/* LME before paging is on has no effect so far; LMA decides. */
	KUNIT_EXPECT_TRUE(test, kvm_is_pae_paging(PE | PG, PAE, LME));
	KUNIT_EXPECT_FALSE(test, kvm_is_pae_paging(PE | PG, PAE, LME | LMA));
	KUNIT_EXPECT_FALSE(test, kvm_is_pae_paging(PE, PAE, 0));
	KUNIT_EXPECT_FALSE(test, kvm_is_pae_paging(PE | PG, 0, 0));
}

/* --- CR3, CR4, EFER ------------------------------------------------------- */

static void regs_check_cr3_bits(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_EQ(test,
				kvm_cr3_is_valid(BIT_ULL(i), RESERVED_GPA),
				i < 36);
}

/*
 * MOV to CR4, by the state before: 0 long mode, 1 PAE, 2 LA57, 3 PCIDE, 4 a PCID
 * in CR3; and of the new CR4: 5 PAE, 6 LA57, 7 PCIDE.
 */
static void regs_check_cr4_writes(struct kunit *test)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 256; i++) {
		bool lma = bit(i, 0), pcid = bit(i, 4);
		struct kvm_ctl_regs old = {
			.cr3 = 0x1000 | (pcid ? 0x800 : 0),
			.cr4 = (bit(i, 1) ? PAE : 0) | (bit(i, 2) ? LA57 : 0) |
			       (bit(i, 3) ? PCIDE : 0),
			.efer = lma ? LME | LMA : 0,
		};
		u64 cr4 = (bit(i, 5) ? PAE : 0) | (bit(i, 6) ? LA57 : 0) |
			  (bit(i, 7) ? PCIDE : 0);
		bool ok = true;

		if (lma && !bit(i, 5))
			ok = false; /* leaves long mode */
		if (lma && bit(i, 2) != bit(i, 6))
			ok = false; /* another number of levels */
		if (!bit(i, 3) && bit(i, 7) && !lma)
			ok = false;
		if (!bit(i, 3) && bit(i, 7) && pcid)
			ok = false;
		if (kvm_cr4_write_is_valid(&old, cr4) != ok) {
			bad++;
			kunit_err(test, "case %x: not %d", i, ok);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* Any of the 12 bits of a PCID. */
static void regs_check_pcide_needs_pcid_0(struct kunit *test)
{
	struct kvm_ctl_regs old = { .cr4 = PAE, .efer = LME | LMA };
	unsigned int i;

	for (i = 0; i < 36; i++) {
		old.cr3 = BIT_ULL(i);
		KUNIT_EXPECT_EQ(test, kvm_cr4_write_is_valid(&old, PAE | PCIDE),
				i >= 12);
	}
}

struct feature_row {
	unsigned int feature;
	u64 bits;
};

/* SDM 3A 2.5, by number. */
static const struct feature_row cr4_rows[] = {
	{ X86_FEATURE_UMIP, 1ull << 11 }, { X86_FEATURE_LA57, 1ull << 12 },
	{ X86_FEATURE_VMX, 1ull << 13 },  { X86_FEATURE_FSGSBASE, 1ull << 16 },
	{ X86_FEATURE_PCID, 1ull << 17 }, { X86_FEATURE_XSAVE, 1ull << 18 },
	{ X86_FEATURE_SMEP, 1ull << 20 }, { X86_FEATURE_SMAP, 1ull << 21 },
	{ X86_FEATURE_PKU, 1ull << 22 },
};

static const struct feature_row efer_rows[] = {
	{ X86_FEATURE_SYSCALL, 1ull << 0 },
	{ X86_FEATURE_LM, 1ull << 8 | 1ull << 10 },
	{ X86_FEATURE_NX, 1ull << 11 },
	{ X86_FEATURE_FXSR_OPT, 1ull << 14 },
	{ X86_FEATURE_SVM, 1ull << 12 },
};

static bool has_one(void *ctx, unsigned int feature)
{
	return feature == *(unsigned int *)ctx;
}

static bool has_all(void *ctx, unsigned int feature)
{
	return true;
}

static void regs_check_cr4_features(struct kunit *test)
{
	u64 basic = GENMASK_ULL(10, 0);
	u64 all = basic;
	unsigned int i, none = ~0u;

	for (i = 0; i < ARRAY_SIZE(cr4_rows); i++) {
		unsigned int feature = cr4_rows[i].feature;

		all |= cr4_rows[i].bits;
		KUNIT_EXPECT_EQ(test,
				kvm_calc_cr4_reserved_bits(has_one, &feature),
				~(basic | cr4_rows[i].bits));
	}
	KUNIT_EXPECT_EQ(test, kvm_calc_cr4_reserved_bits(has_one, &none),
			~basic);
	KUNIT_EXPECT_EQ(test, kvm_calc_cr4_reserved_bits(has_all, NULL), ~all);
}

static void regs_check_efer_features(struct kunit *test)
{
	u64 all = 0;
	unsigned int i, none = ~0u;

	for (i = 0; i < ARRAY_SIZE(efer_rows); i++) {
		unsigned int feature = efer_rows[i].feature;

		all |= efer_rows[i].bits;
		KUNIT_EXPECT_EQ(test, kvm_calc_efer_bits(has_one, &feature),
				efer_rows[i].bits);
	}
	KUNIT_EXPECT_EQ(test, kvm_calc_efer_bits(has_one, &none), 0ull);
	/* No LMSLE, whatever the host has. */
	KUNIT_EXPECT_EQ(test, kvm_calc_efer_bits(has_all, NULL), all);
}

static void regs_check_efer_writes(struct kunit *test)
{
	struct kvm_ctl_regs off = { .cr0 = PE }, on = { .cr0 = PE | PG };

	KUNIT_EXPECT_TRUE(test, kvm_efer_write_is_valid(&off, LME));
	KUNIT_EXPECT_FALSE(test, kvm_efer_write_is_valid(&on, LME));
	KUNIT_EXPECT_TRUE(test, kvm_efer_write_is_valid(&on, 0x801));
	on.efer = LME | LMA;
	KUNIT_EXPECT_FALSE(test, kvm_efer_write_is_valid(&on, LMA));
	KUNIT_EXPECT_TRUE(test, kvm_efer_write_is_valid(&on, LME | 0x801));
	off.efer = LME;
	KUNIT_EXPECT_TRUE(test, kvm_efer_write_is_valid(&off, 0));
}

/* --- all at once ---------------------------------------------------------- */

/* 0 PE, 1 PG, 2 PAE, 3 LME, 4 LMA, 5 CS.L, 6 CS.D: the modes that there are. */
static bool mode_exists(unsigned int i)
{
	bool pe = bit(i, 0), pg = bit(i, 1), pae = bit(i, 2);
	bool lme = bit(i, 3), lma = bit(i, 4), l = bit(i, 5), d = bit(i, 6);

	if (!pg)
		return !lma && !l; /* real mode, or without paging */
	if (!pe)
		return false;
	if (!lme)
		return !lma && !l; /* 32-bit and PAE paging */
	return pae && lma && !(l && d); /* compatibility, 64-bit */
}

static void regs_check_modes(struct kunit *test)
{
	unsigned int i, bad = 0, valid = 0;

	for (i = 0; i < 128; i++) {
		struct kvm_ctl_regs regs = {
			.cr0 = (bit(i, 0) ? PE : 0) | (bit(i, 1) ? PG : 0),
			.cr3 = 0x1000,
			.cr4 = bit(i, 2) ? PAE : 0,
			.efer = (bit(i, 3) ? LME : 0) | (bit(i, 4) ? LMA : 0),
			.cs_l = bit(i, 5),
			.cs_db = bit(i, 6),
		};
		bool is = kvm_ctl_regs_are_valid(&regs, RESERVED_GPA);

		valid += is;
		if (is != mode_exists(i)) {
			bad++;
			kunit_err(test, "mode %x: not %d", i, mode_exists(i));
		}
		/* Nothing makes up for a bad CR0 or CR3. */
		regs.cr0 |= NW;
		bad += kvm_ctl_regs_are_valid(&regs, RESERVED_GPA);
		regs.cr0 &= ~NW;
		regs.cr3 |= BIT_ULL(36);
		bad += kvm_ctl_regs_are_valid(&regs, RESERVED_GPA);
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
	/* 16 without paging, 4 of 32 bits, 3 of long mode. */
	KUNIT_EXPECT_EQ(test, valid, 23u);
}

static void regs_check_pdptr_bits(struct kunit *test)
{
	unsigned int i;

	for (i = 1; i < 64; i++) {
		bool reserved = i == 1 || i == 2 || (i >= 5 && i <= 8) ||
				i >= 36;

		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_pdptr_is_valid(BIT_ULL(i) | 1,
						       RESERVED_GPA),
				    !reserved, "bit %u", i);
		KUNIT_EXPECT_TRUE(test,
				  kvm_pdptr_is_valid(BIT_ULL(i), RESERVED_GPA));
	}
}

/* --- XCR0 ----------------------------------------------------------------- */

/* SDM 1 13.3, a sentence each. */
static bool xcr0_by_the_book(u64 x)
{
	bool avx = x >> 2 & 1;

	if (!(x & 1))
		return false; /* x87 is always enabled */
	if (avx && !(x >> 1 & 1))
		return false; /* AVX needs SSE */
	if ((x >> 3 & 1) != (x >> 4 & 1))
		return false; /* BNDREGS with BNDCSR */
	if ((x >> 5 & 7) && ((x >> 5 & 7) != 7 || !avx))
		return false; /* opmask, ZMM_Hi256, Hi16_ZMM, with AVX */
	return (x >> 17 & 1) == (x >> 18 & 1); /* TILECFG with TILEDATA */
}

/* All 2^12 values of the bits that there are, with some sets of features. */
static void regs_check_xcr0_combinations(struct kunit *test)
{
	static const u64 supported[] = {
		0x602ff, 0x2e7, 0x207, 0x7, 0x3, 0x1, 0
	};
	unsigned int i, j, bad = 0;

	for (j = 0; j < ARRAY_SIZE(supported); j++) {
		for (i = 0; i < BIT(12); i++) {
			u64 x = (i & 0x3ff) | (u64)(i >> 10) << 17;
			bool ok = xcr0_by_the_book(x) && !(x & ~supported[j]);

			if (kvm_xcr0_is_valid(x, supported[j]) == ok)
				continue;
			if (!bad++)
				kunit_err(test, "XCR0 %llx of %llx: not %d", x,
					  supported[j], ok);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);

	for (i = 19; i < 64; i++)
		KUNIT_EXPECT_FALSE(test,
				   kvm_xcr0_is_valid(BIT_ULL(i) | 7, 0x602ff));
}

/* --- debug registers ------------------------------------------------------ */

static void regs_check_dr6_bits(struct kunit *test)
{
	/* BT, BS, BD and B3 to B0. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_effective(0, false, false),
			0xffff0ff0ull);
	KUNIT_EXPECT_EQ(test, kvm_dr6_effective(0xffffffff, false, false),
			0xffffefffull);
	/* Active low, where they are. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_effective(0, true, false), 0xfffe0ff0ull);
	KUNIT_EXPECT_EQ(test, kvm_dr6_effective(0, false, true), 0xffff07f0ull);
	KUNIT_EXPECT_EQ(test, kvm_dr6_effective(0xffffffff, true, true),
			0xffffefffull);
}

static void regs_check_dr7_bits(struct kunit *test)
{
	/* Bit 10 is 1; 11, 12, 14 and 15 are 0. */
	KUNIT_EXPECT_EQ(test, kvm_dr7_effective(0, false), 0x400ull);
	KUNIT_EXPECT_EQ(test, kvm_dr7_effective(0xffffffff, false),
			0xffff27ffull);
	KUNIT_EXPECT_EQ(test, kvm_dr7_effective(0xffffffff, true),
			0xffff2fffull);
}

static struct kunit_case regs_check_cases[] = {
	KUNIT_CASE(regs_check_cr0_combinations),
	KUNIT_CASE(regs_check_cr0_effective),
	KUNIT_CASE(regs_check_cr0_writes),
	KUNIT_CASE(regs_check_cr0_write_is_a_cr0),
	KUNIT_CASE(regs_check_lma_follows_pg),
	KUNIT_CASE(regs_check_pae_paging),
	KUNIT_CASE(regs_check_cr3_bits),
	KUNIT_CASE(regs_check_cr4_writes),
	KUNIT_CASE(regs_check_pcide_needs_pcid_0),
	KUNIT_CASE(regs_check_cr4_features),
	KUNIT_CASE(regs_check_efer_features),
	KUNIT_CASE(regs_check_efer_writes),
	KUNIT_CASE(regs_check_modes),
	KUNIT_CASE(regs_check_pdptr_bits),
	KUNIT_CASE(regs_check_xcr0_combinations),
	KUNIT_CASE(regs_check_dr6_bits),
	KUNIT_CASE(regs_check_dr7_bits),
	{}
};

struct kunit_suite regs_check_suite = {
	.name = "twinwalk_regs_check",
	.test_cases = regs_check_cases,
};
