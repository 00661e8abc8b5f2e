// SPDX-License-Identifier: GPL-2.0-only
/*
 * spte_kunit.c - SPTEs, every format, against entries written bit by bit
 *
 * The reference is in spte_model.h; it and mmu/spte.h share no mask.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/string.h>

#include "mmu/pte_masks.h"
#include "mmu/spte.h"
#include "spte_model.h"
#include "tests/kunit/suites.h"

static const struct spte_format formats[] = {
	/* clang-format off */
	{ "EPT, A/D, exec-only", true, true, true },
	{ "EPT, A/D", true, true, false },
	{ "EPT, exec-only", true, false, true },
	{ "EPT", true, false, false },
	{ "EPT, A/D, L1TF 44", true, true, true, .cache_bits = 44 },
	{ "EPT, L1TF 46", true, false, false, .cache_bits = 46 },
	{ "NPT 48", .ad = true, .width = 48 },
	{ "NPT 43, C-bit 47", .ad = true, .width = 43, .c_bit = 47,
	  .encrypts = true },
	{ "NPT 43, C-bit 40", .ad = true, .width = 43, .c_bit = 40,
	  .encrypts = true },
	{ "NPT 47, C-bit 51 not used", .ad = true, .width = 47, .c_bit = 51 },
	{ "NPT 51, C-bit 51", .ad = true, .width = 51, .c_bit = 51,
	  .encrypts = true },
	{ "legacy 36, L1TF 44", .ad = true, .width = 36, .cache_bits = 44 },
	{ "legacy 39, L1TF 44", .ad = true, .width = 39, .cache_bits = 44 },
	{ "legacy 46, L1TF 46", .ad = true, .width = 46, .cache_bits = 46 },
	{ "legacy 46, L1TF 44", .ad = true, .width = 46, .cache_bits = 44 },
	{ "legacy 52", .ad = true, .width = 52 },
	/* clang-format on */
};

static void get_name(const struct spte_format *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(format, formats, get_name);

/* --- what the tests share ------------------------------------------------ */

struct run {
	struct kunit *test;
	const struct spte_format *f;
	struct kvm_pte_masks m;
	unsigned long nr;
	unsigned long nr_bad;
};

static void start_with(struct run *r, struct kunit *test,
		       const struct spte_format *f)
{
	*r = (struct run){ .test = test, .f = f };
	if (f->ept)
		kvm_pte_masks_set_ept(&r->m,
				      (f->ad ? KVM_EPT_HAS_AD : 0) |
					      (f->exec_only ?
						       KVM_EPT_HAS_EXEC_ONLY :
						       0));
	else
		kvm_pte_masks_reset(&r->m, f->width);
	if (f->c_bit)
		kvm_pte_masks_set_me(&r->m, ref_c_bit(f), 1ull << f->c_bit,
				     f->width);
	if (f->cache_bits)
		kvm_pte_masks_set_l1tf(&r->m, f->cache_bits);
	KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(&r->m));
}

static void start(struct run *r, struct kunit *test)
{
	start_with(r, test, test->param_value);
}

static void check(struct run *r, bool good, const char *what,
		  unsigned int level, u64 a, u64 b)
{
	r->nr++;
	if (!good && r->nr_bad++ < 10)
		KUNIT_FAIL(r->test, "%s, level %u: %llx, %llx", what, level, a,
			   b);
}

/* Fewer checks than that, and the loops around them are broken. */
static void finish(struct run *r, unsigned long at_least)
{
	KUNIT_EXPECT_EQ(r->test, r->nr_bad, 0ul);
	KUNIT_EXPECT_GE(r->test, r->nr, at_least);
	kunit_info(r->test, "%s: %lu checks\n", r->f->name, r->nr);
}

/* --- leaves -------------------------------------------------------------- */

static struct ref_leaf wanted(const struct spte_format *f,
			      const struct kvm_leaf_req *q)
{
	struct ref_leaf l = { .level = q->level, .pfn = q->pfn };

	l.memtype = q->memtype >> 3;
	l.r = !f->exec_only || (q->access & KVM_ACC_USER);
	l.u = q->access & KVM_ACC_USER;
	l.x = (q->access & KVM_ACC_EXEC) &&
	      (q->level == 1 || !(q->flags & KVM_LEAF_NX));
	l.host = q->flags & KVM_LEAF_HOST_WRITABLE;
	l.mmu = l.host && (q->access & KVM_ACC_WRITE) &&
		!(q->flags & KVM_LEAF_WRITE_TRACKED);
	l.w = l.mmu &&
	      ((q->flags & KVM_LEAF_WRITE) || !(q->flags & KVM_LEAF_DIRTY_LOG));
	l.dirty = l.w;
	l.young = !(q->flags & KVM_LEAF_OLD);
	l.me = !(q->flags & KVM_LEAF_NOT_ENCRYPTED);
	return l;
}

/* spte.h: an EPT leaf that may not be read may be executed, and no more. */
static bool may_be_wanted(const struct spte_format *f,
			  const struct kvm_leaf_req *q)
{
	return !f->exec_only || (q->access & KVM_ACC_USER) ||
	       (q->access == KVM_ACC_EXEC &&
		(q->level == 1 || !(q->flags & KVM_LEAF_NX)));
}

static void try_leaf(struct run *r, const struct kvm_leaf_req *q)
{
	unsigned int level = q->level;
	struct ref_leaf l = wanted(r->f, q);
	u64 want = ref_encode(r->f, &l);
	u64 e = kvm_make_leaf_spte(&r->m, q);

	if (!may_be_wanted(r->f, q)) {
		/* A debug build does not take a leaf that allows nothing. */
		if (!l.r && !l.x)
			check(r, !kvm_spte_is_legal(&r->m, e, level),
			      "allows nothing, legal", level, e, q->flags);
		return;
	}
	check(r, e == want, "made, wanted", level, e, want);
	check(r, kvm_spte_is_legal(&r->m, e, level), "made illegal", level, e,
	      q->flags);
}

/* All flags, accesses, levels, memory types; lowest to highest page. */
static void spte_leaf_is_as_wanted(struct kunit *test)
{
	/* UC, WC, WT, WP and WB, some of them with "ignore PAT". */
	static const u8 memtypes[] = { 0, 1, 4, 5, 6, 8 | 6, 8 | 0 };
	struct kvm_leaf_req q = {};
	unsigned int n, i, j;
	struct run r;
	u64 highest, pfns[4];

	start(&r, test);
	highest = (REF_ADDRESS & ~ref_reserved(r.f) & ~ref_c_bit(r.f)) >> 12;
	for (q.level = 1; q.level <= 3; q.level++) {
		pfns[0] = 0;
		pfns[1] = kvm_level_pages(q.level);
		pfns[2] = 0x5a5a5a5a5aull;
		pfns[3] = highest;
		for (i = 0; i < ARRAY_SIZE(pfns) * ARRAY_SIZE(memtypes); i++) {
			j = i / ARRAY_SIZE(pfns);
			if (!r.f->ept && j)
				break;
			q.memtype = r.f->ept ? memtypes[j] << 3 : 0;
			q.pfn = pfns[i % ARRAY_SIZE(pfns)] & highest &
				-kvm_level_pages(q.level);
			for (n = 0; n < 1024; n++) {
				q.flags = n & 127;
				q.access = n >> 7;
				try_leaf(&r, &q);
			}
		}
	}
	finish(&r, 2 * 3 * 4 * 512);
}

static void spte_table_of_legal_states(struct kunit *test)
{
	unsigned int n = 0, level, nr_legal = 0;
	struct ref_leaf l;
	struct run r;
	u64 e;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, false)) {
		level = l.level;
		e = ref_encode(r.f, &l);
		nr_legal += ref_leaf_legal(r.f, &l);
		check(&r,
		      kvm_spte_is_legal(&r.m, e, level) ==
			      ref_leaf_legal(r.f, &l),
		      "table, legal", level, e, ref_leaf_legal(r.f, &l));
		/* No format has a leaf above 1G. */
		e = (e & ~REF_ADDRESS) | REF_HUGE;
		check(&r, !kvm_spte_is_legal(&r.m, e, 4), "leaf", 4, e, 0);
		check(&r, !kvm_spte_is_legal(&r.m, e, 5), "leaf", 5, e, 0);
	}
	KUNIT_EXPECT_GE(test, nr_legal, 4u * 2 * 2 * 3);
	finish(&r, 3 * 3 * 8 * 4);
}

static void spte_leaf_is_read(struct kunit *test)
{
	unsigned int n = 0, level;
	struct ref_leaf l;
	struct run r;
	u64 e;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, true)) {
		level = l.level;
		e = ref_encode(r.f, &l);
		check(&r, spte_to_pfn(&r.m, e) == l.pfn, "pfn", level, e,
		      l.pfn);
		check(&r, is_writable_pte(&r.m, e) == l.w, "W", level, e, l.w);
		check(&r, is_executable_pte(&r.m, e) == l.x, "X", level, e,
		      l.x);
		check(&r, is_host_writable_spte(&r.m, e) == l.host, "host",
		      level, e, l.host);
		check(&r, is_mmu_writable_spte(&r.m, e) == l.mmu, "mmu", level,
		      e, l.mmu);
		check(&r, is_accessed_spte(&r.m, e) == l.young, "young", level,
		      e, l.young);
		check(&r, is_dirty_spte(&r.m, e) == (r.f->ad ? l.dirty : l.w),
		      "dirty", level, e, l.dirty);
	}
	finish(&r, 7 * 3 * 4 * 4);
}

/* --- every kind ---------------------------------------------------------- */

#define SOME_TABLE 0x345678000ull
#define SOME_GEN   0x155aull

static void check_kind(struct run *r, u64 e, unsigned int level,
		       enum kvm_spte_kind kind)
{
	check(r, kvm_spte_is_legal(&r->m, e, level), "illegal", level, e, kind);
	check(r, kvm_spte_kind(&r->m, e, level) == kind, "kind", level, e,
	      kind);
	check(r, is_frozen_spte(&r->m, e) == (kind == KVM_SPTE_FROZEN),
	      "frozen", level, e, kind);
	check(r, is_mmio_spte(&r->m, e) == (kind == KVM_SPTE_MMIO), "MMIO",
	      level, e, kind);
	check(r, is_table_spte(e, level) == (kind == KVM_SPTE_TABLE), "table",
	      level, e, kind);
	check(r, is_leaf_spte(e, level) == (kind == KVM_SPTE_LEAF), "leaf",
	      level, e, kind);
	check(r,
	      is_shadow_present_pte(e) ==
		      (kind == KVM_SPTE_TABLE || kind == KVM_SPTE_LEAF),
	      "present", level, e, kind);
}

static void spte_is_of_one_kind(struct kunit *test)
{
	unsigned int n = 0, level;
	struct ref_leaf l;
	struct run r;
	u64 e;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, true))
		check_kind(&r, ref_encode(r.f, &l), l.level, KVM_SPTE_LEAF);
	for (level = 1; level <= 5; level++) {
		check_kind(&r, r.m.nonpresent, level, KVM_SPTE_EMPTY);
		check_kind(&r, r.m.frozen, level, KVM_SPTE_FROZEN);
		if (level == 1)
			continue;
		e = kvm_make_table_spte(&r.m, SOME_TABLE);
		check_kind(&r, e, level, KVM_SPTE_TABLE);
		check(&r, e == ref_table(r.f, SOME_TABLE), "table, wanted",
		      level, e, ref_table(r.f, SOME_TABLE));
		check(&r, spte_to_pfn(&r.m, e) == SOME_TABLE >> 12, "address",
		      level, e, SOME_TABLE);
	}
	for (n = 0; n <= KVM_ACC_ALL; n++) {
		e = kvm_make_mmio_spte(&r.m, 0xfee00, n, SOME_GEN);
		if (e)
			check_kind(&r, e, 1, KVM_SPTE_MMIO);
		check(&r, !e == !ref_mmio(r.f, 0xfee00, n, SOME_GEN), "none", 1,
		      e, n);
		check(&r, !is_mmio_spte(&r.m, e | REF_MMU_PRESENT), "MMIO leaf",
		      1, e, n);
	}
	KUNIT_EXPECT_EQ(test, r.m.nonpresent, ref_empty(r.f));
	KUNIT_EXPECT_EQ(test, r.m.frozen, ref_frozen(r.f));
	finish(&r, 7 * 3 * 4 * 4);
}

/* The same, of a PAE root: each bit by the manuals, each flipped. */
static void check_pae_root(struct run *r, u64 e, bool table)
{
	unsigned int bit;
	u64 bad;

	check(r, kvm_pae_root_spte_is_legal(&r->m, e), "PAE, illegal", 3, e, 0);
	check(r, ref_pae_legal(r->f, e), "PAE, reference", 3, e, 0);
	check(r, is_table_spte(e, 3) == table, "PAE, table", 3, e, table);
	check(r, (e & 1) == table, "PAE, P", 3, e, table);
	if (table)
		check(r, !(e & ref_pae_reserved(r->f)), "PAE, reserved bit", 3,
		      e, ref_pae_reserved(r->f));
	for (bit = 0; bit < 64; bit++) {
		bad = e ^ 1ull << bit;
		check(r,
		      kvm_pae_root_spte_is_legal(&r->m, bad) ==
			      ref_pae_legal(r->f, bad),
		      "PAE, flipped, legal", 3, bad, ref_pae_legal(r->f, bad));
	}
}

static void try_pae_table(struct run *r, u64 table)
{
	u64 e = kvm_make_pae_root_spte(&r->m, table);
	u64 other = kvm_make_pae_root_spte(&r->m, table ^ 0x1000);

	check_pae_root(r, e, true);
	check(r, e == ref_pae_root(r->f, table), "PAE, wanted", 3, e, table);
	check(r, spte_to_pfn(&r->m, e) == table >> 12, "PAE, address", 3, e,
	      table);
	/* Neither is good where the other is. */
	check(r, !kvm_spte_is_legal(&r->m, e, 3), "PAE, ordinary", 3, e, 0);
	check(r, !kvm_pae_root_spte_is_legal(&r->m, ref_table(r->f, table)),
	      "ordinary, PAE", 3, e, 0);

	check(r, kvm_spte_needs_flush(&r->m, e, other, 3), "PAE, flush", 3, e,
	      other);
	check(r, kvm_spte_needs_flush(&r->m, e, ref_frozen(r->f), 3),
	      "PAE, flush", 3, e, 0);
	check(r, !kvm_spte_needs_flush(&r->m, ref_empty(r->f), e, 3),
	      "PAE, no flush", 3, 0, e);
}

/* In every legacy format; no EPT root has 3 levels. */
static void spte_pae_root(struct kunit *test)
{
	unsigned int i, n, nr_formats = 0;
	struct ref_leaf l;
	struct run r;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i].ept)
			continue;
		nr_formats++;
		start_with(&r, test, &formats[i]);
		try_pae_table(&r, SOME_TABLE);
		try_pae_table(&r, 0x1000);
		try_pae_table(&r, REF_ADDRESS & ~ref_reserved(r.f) &
					  ~ref_c_bit(r.f));
		check_pae_root(&r, r.m.nonpresent, false);
		check_pae_root(&r, r.m.frozen, false);
		/* It never maps a page, ... */
		for (n = 0; n < REF_NR_LEAVES; n++)
			if (ref_nth_leaf(r.f, n, 3, &l))
				check(&r,
				      !kvm_pae_root_spte_is_legal(&r.m,
								  ref_encode(r.f,
									     &l)),
				      "PAE, leaf", 3, ref_encode(r.f, &l), 0);
		/* ... and is no MMIO entry. */
		check(&r,
		      !kvm_pae_root_spte_is_legal(&r.m,
						  ref_mmio(r.f, 0xfee00, 0, 1) ?:
							  1),
		      "PAE, MMIO", 3, 0, 0);
		finish(&r, 5 * 64 + 128);
	}
	KUNIT_EXPECT_EQ(test, nr_formats, 10u);
}

static void flip_each_bit(struct run *r, u64 e, unsigned int level)
{
	unsigned int bit;
	u64 bad;

	check(r, ref_legal(r->f, e, level), "reference", level, e, 0);
	for (bit = 0; bit < 64; bit++) {
		bad = e ^ 1ull << bit;
		check(r,
		      kvm_spte_is_legal(&r->m, bad, level) ==
			      ref_legal(r->f, bad, level),
		      "flipped, legal", level, bad,
		      ref_legal(r->f, bad, level));
	}
}

static void spte_flipped_bit_is_found(struct kunit *test)
{
	unsigned int n = 0, level;
	struct ref_leaf l;
	struct run r;
	u64 e;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, true))
		flip_each_bit(&r, ref_encode(r.f, &l), l.level);
	for (level = 1; level <= 5; level++) {
		flip_each_bit(&r, r.m.nonpresent, level);
		flip_each_bit(&r, r.m.frozen, level);
		if (level > 1)
			flip_each_bit(&r, ref_table(r.f, SOME_TABLE), level);
	}
	for (n = 0; n <= KVM_ACC_ALL; n++) {
		e = kvm_make_mmio_spte(&r.m, 0xfee00, n, SOME_GEN);
		if (!e)
			continue;
		flip_each_bit(&r, e, 1);
		/* There is no other level for one. */
		check(&r, !kvm_spte_is_legal(&r.m, e, 2), "MMIO", 2, e, 0);
	}
	finish(&r, 65 * 3 * 4 * 4);
}

/* --- from one leaf to another -------------------------------------------- */

/* The leaf that @to says, and what twice gives the same. */
static void check_step(struct run *r, const char *what, u64 from, u64 made,
		       const struct ref_leaf *to)
{
	check(r, made == ref_encode(r->f, to), what, to->level, from, made);
	check(r, kvm_spte_is_legal(&r->m, made, to->level), what, to->level,
	      from, made);
}

static void spte_leaf_steps(struct kunit *test)
{
	unsigned int n = 0;
	struct ref_leaf l, old, young, ro, rw;
	struct run r;
	u64 e, made;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, true)) {
		e = ref_encode(r.f, &l);
		old = l;
		old.young = false;
		young = l;
		young.young = true;
		ro = l;
		ro.w = false;
		rw = young;
		rw.w = true;
		rw.dirty = true;

		made = kvm_spte_mark_old(&r.m, e);
		check_step(&r, "old", e, made, &old);
		check_step(&r, "old twice", e, kvm_spte_mark_old(&r.m, made),
			   &old);
		check_step(&r, "old, young", e, kvm_spte_mark_young(&r.m, made),
			   &young);
		made = kvm_spte_mark_young(&r.m, e);
		check_step(&r, "young", e, made, &young);
		check_step(&r, "young twice", e,
			   kvm_spte_mark_young(&r.m, made), &young);
		made = kvm_spte_wrprot(&r.m, e);
		check_step(&r, "wrprot", e, made, &ro);
		check_step(&r, "wrprot twice", e, kvm_spte_wrprot(&r.m, made),
			   &ro);
		if (!l.mmu)
			continue;
		made = kvm_spte_make_writable(&r.m, e);
		check_step(&r, "writable", e, made, &rw);
		check_step(&r, "writable twice", e,
			   kvm_spte_make_writable(&r.m, made), &rw);
	}
	finish(&r, 2 * 7 * 3 * 4 * 4);
}

/* What a huge leaf becomes of one that is in it. */
static struct ref_leaf grown(const struct ref_leaf *small)
{
	struct ref_leaf l = *small;

	l.level++;
	l.pfn &= -(1ull << (9 * l.level - 9));
	l.young = true;
	l.w = l.mmu;
	l.dirty |= l.mmu;
	return l;
}

static void spte_huge_splits_and_grows(struct kunit *test)
{
	unsigned int n = 0, level, index;
	struct ref_leaf l, s, g;
	struct run r;
	u64 e, small;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &l, true)) {
		level = l.level;
		e = ref_encode(r.f, &l);
		for (index = 0; level > 1 && index < 512; index += 73) {
			s = l;
			s.level--;
			s.pfn += index * (1ull << (9 * s.level - 9));
			small = kvm_make_small_spte(&r.m, e, level, index);
			check_step(&r, "small", e, small, &s);
			check(&r,
			      spte_permissions(&r.m, small) ==
				      spte_permissions(&r.m, e),
			      "small allows", level, e, small);
			g = grown(&s);
			check_step(&r, "small, huge", small,
				   kvm_make_huge_spte(&r.m, small, level), &g);
			check(&r, g.pfn == l.pfn, "small, huge: pfn", level, e,
			      small);
		}
		if (level == 3)
			continue;
		for (index = 0; index < 512; index += 73) {
			s = l;
			s.pfn |= index * (1ull << (9 * level - 9));
			small = ref_encode(r.f, &s);
			g = grown(&s);
			check_step(&r, "huge", small,
				   kvm_make_huge_spte(&r.m, small, level + 1),
				   &g);
		}
	}
	finish(&r, 8 * 8 * 2 * 4 * 4);
}

/* --- flushes ------------------------------------------------------------- */

/* May the TLB hold of @a what @b does not say?  It never holds A as clear. */
static bool tlb_exceeds(const struct ref_leaf *a, const struct ref_leaf *b)
{
	return a->pfn != b->pfn || a->memtype != b->memtype || a->me != b->me ||
	       (a->r && !b->r) || (a->w && !b->w) || (a->x && !b->x) ||
	       (a->u && !b->u) || (a->dirty && !b->dirty);
}

static void check_flush(struct run *r, const struct ref_leaf *a,
			const struct ref_leaf *b)
{
	u64 old = ref_encode(r->f, a), new = ref_encode(r->f, b);

	check(r,
	      kvm_spte_needs_flush(&r->m, old, new, a->level) ==
		      tlb_exceeds(a, b),
	      tlb_exceeds(a, b) ? "flush missed" : "flush for nothing",
	      a->level, old, new);
}

static void spte_flush_between_leaves(struct kunit *test)
{
	unsigned int n = 0, n2, level;
	struct ref_leaf a, b;
	struct run r;

	start(&r, test);
	while (ref_next_leaf(r.f, &n, &a, true)) {
		level = a.level;
		for (n2 = 0; n2 < REF_NR_LEAVES; n2++) {
			if (!ref_nth_leaf(r.f, n2, level, &b) ||
			    !ref_leaf_legal(r.f, &b))
				continue;
			check_flush(&r, &a, &b);
			b.pfn ^= 1ull << (9 * level - 9);
			check_flush(&r, &a, &b);
			b.pfn = a.pfn;
			b.memtype ^= r.f->ept ? 8 : 0;
			check_flush(&r, &a, &b);
		}
	}
	finish(&r, 3 * 3 * 16 * 16);
}

static void spte_flush_between_kinds(struct kunit *test)
{
	/* Rows are what was there, columns what comes; 1: flush. */
	static const char *const wanted[] = {
		"000000", /* empty */
		"000000", /* frozen */
		"000000", /* MMIO */
		"111011", /* a table */
		"111101", /* another */
		"111000", /* a leaf, which a table of the same replaces */
	};
	unsigned int i, j, level;
	struct ref_leaf l;
	struct run r;
	u64 e[6];

	start(&r, test);
	for (level = 2; level <= 3; level++) {
		ref_nth_leaf(r.f, BIT(3) | BIT(4) | BIT(5), level, &l);
		/* As much like the MMIO entry as can be. */
		l.r = !r.f->exec_only;
		l.memtype = 0;
		e[0] = ref_empty(r.f);
		e[1] = ref_frozen(r.f);
		e[2] = ref_mmio(r.f, ~l.pfn & (ref_mmio_limit(r.f) - 1), KVM_ACC_ALL, 0x55a) ?:
			       ref_empty(r.f);
		e[3] = ref_table(r.f, SOME_TABLE);
		e[4] = ref_table(r.f, SOME_TABLE + 0x1000);
		e[5] = ref_encode(r.f, &l);
		for (i = 0; i < 6; i++)
			for (j = 0; j < 6; j++)
				check(&r,
				      kvm_spte_needs_flush(&r.m, e[i], e[j],
							   level) ==
					      (wanted[i][j] == '1'),
				      "flush", level, e[i], e[j]);
	}
	finish(&r, 2 * 36);
}

/* --- MMIO ---------------------------------------------------------------- */

/* What the CPU makes of it, by the manuals, and other tasks of ours. */
static void check_mmio_is_safe(struct run *r, u64 e)
{
	const struct spte_format *f = r->f;

	if (f->ept)
		/* SDM 3C, "EPT Misconfigurations": writable, not readable. */
		check(r, (e & 3) == 2, "no misconfiguration", 1, e, 0);
	else
		/* SDM 3A, "Page-Fault Exceptions": P, and a reserved bit. */
		check(r, (e & 1) && (e & ref_reserved(f)), "no fault", 1, e, 0);
	/* A and D are cleared with LOCK AND, by who takes it for a leaf. */
	check(r, !(e & (f->ept ? 0x300 : 0x60)), "A or D", 1, e, 0);
	check(r, is_mmio_spte(&r->m, e), "not MMIO", 1, e, 0);
	check(r, !is_frozen_spte(&r->m, e), "frozen", 1, e, 0);
	check(r, !is_shadow_present_pte(e), "present", 1, e, 0);
	/* Of the upper half of what the L1 cache can tell apart. */
	if (f->cache_bits)
		check(r, e >> (f->cache_bits - 1) & 1, "L1TF", 1, e, 0);
}

static void try_mmio(struct run *r, u64 gfn, unsigned int access, u64 gen)
{
	u64 e = kvm_make_mmio_spte(&r->m, gfn, access, gen);
	unsigned int kept = r->f->ept ? KVM_ACC_ALL : access | KVM_ACC_EXEC;

	check(r, e == ref_mmio(r->f, gfn, access, gen), "MMIO", 1, e, gfn);
	if (!e)
		return;
	check(r, kvm_mmio_spte_gfn(&r->m, e) == gfn, "gfn", 1, e, gfn);
	check(r, kvm_mmio_spte_gen(e) == (gen & 0x1fff), "gen", 1, e, gen);
	check(r, kvm_mmio_spte_access(&r->m, e) == kept, "access", 1, e, kept);
	check(r, kvm_spte_is_legal(&r->m, e, 1), "illegal", 1, e, gfn);
	check_mmio_is_safe(r, e);
}

static void spte_mmio_round_trip(struct kunit *test)
{
	unsigned int access, i, j;
	struct run r;
	u64 gfn, gen, limit;

	start(&r, test);
	limit = ref_mmio_limit(r.f);
	for (access = 0; access <= KVM_ACC_ALL; access++) {
		/* Each bit alone, and all but each; the 65th is none. */
		for (i = 0; i <= 64; i++) {
			gen = i < 64 ? 1ull << i : 0;
			try_mmio(&r, 0xfee00, access, gen);
			try_mmio(&r, 0xfee00, access, ~gen);
			for (j = 0; j < 4; j++) {
				gfn = i < 64 ? 1ull << i : 0;
				if (j & 1)
					gfn = ~gfn & (limit - 1);
				try_mmio(&r, gfn, access, j & 2 ? ~0ull : 0);
			}
		}
		try_mmio(&r, limit - 1, access, 0);
		try_mmio(&r, limit, access, 0);
		try_mmio(&r, limit + 1, access, 0);
		try_mmio(&r, ~0ull, access, 0);
	}
	finish(&r, 8 * 65 * 6);
}

static struct kunit_case spte_cases[] = {
	/* clang-format off */
	KUNIT_CASE_PARAM(spte_leaf_is_as_wanted, format_gen_params),
	KUNIT_CASE_PARAM(spte_table_of_legal_states, format_gen_params),
	KUNIT_CASE_PARAM(spte_leaf_is_read, format_gen_params),
	KUNIT_CASE_PARAM(spte_is_of_one_kind, format_gen_params),
	KUNIT_CASE(spte_pae_root),
	KUNIT_CASE_PARAM(spte_flipped_bit_is_found, format_gen_params),
	KUNIT_CASE_PARAM(spte_leaf_steps, format_gen_params),
	KUNIT_CASE_PARAM(spte_huge_splits_and_grows, format_gen_params),
	KUNIT_CASE_PARAM(spte_flush_between_leaves, format_gen_params),
	KUNIT_CASE_PARAM(spte_flush_between_kinds, format_gen_params),
	KUNIT_CASE_PARAM(spte_mmio_round_trip, format_gen_params),
	{}
	/* clang-format on */
};

struct kunit_suite spte_suite = {
	.name = "twinwalk_spte",
	.test_cases = spte_cases,
};
