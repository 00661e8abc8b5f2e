// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_walk_memory_kunit.c - guest memory that changes, is not there, cannot be
 * written, or is itself translated
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>

#include "guest_walk_world.h"
#include "tests/kunit/suites.h"

#define ACCESSED BIT_ULL(5)
#define DIRTY	 BIT_ULL(6)

/* A walk with its tables in place, ready to go. */
struct setting {
	struct play p;
	struct kvm_guest_walk_cfg cfg;
	struct kvm_guest_walk_req req;
	struct kvm_guest_walk out;
};

static void set(struct world *w, struct setting *t, enum mode mode,
		unsigned int leaf, char kind)
{
	*t = (struct setting){
		.p.s = { .mode = mode,
			 .width = 46,
			 .kind = kind,
			 .wp = true,
			 .nxe = true,
			 .pse = true,
			 .pse36 = true,
			 .gbpages = true,
			 .ept_ad = true,
			 .gva = true,
			 .addr = 0x12345678 },
		.p.leaf = leaf,
	};
	world_good_entries(&t->p);
	world_place(w, &t->p);
	world_config(&t->p.s, &t->cfg);
	world_request(&t->p.s, &t->req);
	t->req.ctx = w;
	w->entry_bytes = 0;
	w->missing = 0;
	w->read_only = 0;
	w->races = 0;
	w->nr_reads = 0;
	w->nr_tries = 0;
	w->nr_stores = 0;
}

static int go(struct setting *t)
{
	return kvm_guest_walk_addr(&t->cfg, &t->req, &world_ops, &t->out);
}

static u64 entry_now(struct world *w, struct setting *t, unsigned int level)
{
	return world_peek(w, world_entry_gpa(&t->p.s, level),
			  t->p.s.mode == M_2LEVEL ? 4 : 8);
}

/* Levels whose tables are in memory. */
static unsigned int top_in_memory(enum mode mode)
{
	return mode == M_PAE ? 2 : model_levels(mode);
}

/* --- A and D -------------------------------------------------------------- */

/* A fault leaves every entry as it was. */
static void guest_walk_fault_marks_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;
	enum mode mode;

	for (mode = 0; mode < M_COUNT; mode++) {
		set(w, &t, mode, 1, 'w');
		t.p.entry[1] &= ~BIT_ULL(1);
		world_place(w, &t.p);
		KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_FAULT);
		KUNIT_EXPECT_EQ(test, w->nr_tries, 0u);
		KUNIT_EXPECT_EQ(test, (int)t.out.fault.level, 1);
	}
}

/* A walk marks once; the next one finds nothing left to do. */
static void guest_walk_marks_once(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int level;
	struct setting t;

	set(w, &t, M_5LEVEL, 1, 'r');
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 5u);
	KUNIT_EXPECT_FALSE(test, t.out.dirty);
	KUNIT_EXPECT_FALSE(test, t.out.writable);
	for (level = 1; level <= 5; level++)
		KUNIT_EXPECT_EQ(test, entry_now(w, &t, level),
				t.p.entry[level] | ACCESSED);

	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 5u);

	t.req.flags |= KVM_WALK_WRITE;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 6u);
	KUNIT_EXPECT_EQ(test, entry_now(w, &t, 1),
			t.p.entry[1] | ACCESSED | DIRTY);
	KUNIT_EXPECT_TRUE(test, t.out.dirty);
	KUNIT_EXPECT_TRUE(test, t.out.writable);
}

/* Without a way to store, the walk looks and does not touch. */
static void guest_walk_only_looks(struct kunit *test)
{
	struct kvm_guest_walk_ops look = world_ops;
	struct world *w = test->priv;
	struct setting t;

	look.cmpxchg_entry = NULL;
	set(w, &t, M_4LEVEL, 1, 'w');
	KUNIT_EXPECT_EQ(test,
			kvm_guest_walk_addr(&t.cfg, &t.req, &look, &t.out),
			(int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, t.out.gpa, WORLD_BASE | 0x678ull);
	KUNIT_EXPECT_FALSE(test, t.out.dirty);
	KUNIT_EXPECT_EQ(test, entry_now(w, &t, 1), t.p.entry[1]);
}

/* --- races ---------------------------------------------------------------- */

/* One change of an entry under the walk: it starts anew, by what is there. */
static void guest_walk_race_restarts(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;

	/* Somebody else marks the topmost entry: nothing is left to do there. */
	set(w, &t, M_4LEVEL, 1, 'r');
	w->races = 1;
	w->race_xor = ACCESSED;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_reads, 8u);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 3u);
	KUNIT_EXPECT_EQ(test, entry_now(w, &t, 4), t.p.entry[4] | ACCESSED);

	/* Somebody else takes the entry away: what is there now decides. */
	set(w, &t, M_4LEVEL, 1, 'r');
	w->races = 1;
	w->race_xor = 1;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, (int)t.out.fault.kind, (int)KVM_GUEST_FAULT_PF);
	KUNIT_EXPECT_EQ(test, t.out.fault.error_code, 0u);
	KUNIT_EXPECT_EQ(test, (int)t.out.fault.level, 4);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 0u);
	KUNIT_EXPECT_EQ(test, entry_now(w, &t, 4), t.p.entry[4] & ~1ull);
}

/* A change of the leaf alone; rights are judged anew. */
static void guest_walk_race_at_leaf(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int level;
	struct setting t;

	set(w, &t, M_4LEVEL, 1, 'w');
	for (level = 2; level <= 4; level++)
		t.p.entry[level] |= ACCESSED;
	world_place(w, &t.p);
	w->races = 1;
	w->race_xor = BIT_ULL(1);
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, t.out.fault.error_code, 3u);
	KUNIT_EXPECT_EQ(test, entry_now(w, &t, 1), t.p.entry[1] & ~BIT_ULL(1));
}

/* A guest that changes its tables without end gets no endless walk. */
static void guest_walk_race_is_bounded(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;

	/* Up to the last try all is well, */
	set(w, &t, M_4LEVEL, 1, 'r');
	w->race_xor = BIT_ULL(9);
	w->races = KVM_GUEST_WALK_TRIES - 1;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_reads, 4u * KVM_GUEST_WALK_TRIES);

	/* then the vCPU has to. */
	set(w, &t, M_4LEVEL, 1, 'r');
	w->race_xor = BIT_ULL(9);
	w->races = 1000000;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_RETRY);
	KUNIT_EXPECT_EQ(test, w->nr_reads, 4u * KVM_GUEST_WALK_TRIES);
	KUNIT_EXPECT_EQ(test, w->nr_tries, (unsigned int)KVM_GUEST_WALK_TRIES);
	KUNIT_EXPECT_EQ(test, w->nr_stores, 0u);
}

/* Memory that cannot be had now is not asked again. */
static void guest_walk_busy_retries(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;

	set(w, &t, M_4LEVEL, 1, 'r');
	w->busy = 1;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_RETRY);
	KUNIT_EXPECT_EQ(test, w->nr_reads, 1u);
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
}

/* --- memory that is not there, or read-only -------------------------------- */

static void guest_walk_not_backed(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int level;
	struct setting t;
	enum mode mode;

	for (mode = 0; mode < M_COUNT; mode++) {
		for (level = 1; level <= top_in_memory(mode); level++) {
			set(w, &t, mode, 1, 'w');
			w->missing = BIT(level);
			KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_FAULT);
			KUNIT_EXPECT_EQ(test, (int)t.out.fault.kind,
					(int)KVM_GUEST_FAULT_NOT_BACKED);
			KUNIT_EXPECT_EQ(test, (unsigned int)t.out.fault.level,
					level);
			KUNIT_EXPECT_EQ(test, t.out.fault.nested_gpa,
					world_entry_gpa(&t.p.s, level));
			KUNIT_EXPECT_EQ(test, t.out.fault.error_code,
					mode < M_EPT4 ? 2u : 0u);
			KUNIT_EXPECT_EQ(test, w->nr_tries, 0u);
		}
	}
}

/* Memory goes away between the reading of an entry and its marking. */
static int vanishing_cmpxchg(void *ctx, gpa_t gpa, unsigned int size, u64 old,
			     u64 new)
{
	return -EFAULT;
}

static void guest_walk_vanishes(struct kunit *test)
{
	struct kvm_guest_walk_ops ops = world_ops;
	struct world *w = test->priv;
	struct setting t;

	ops.cmpxchg_entry = vanishing_cmpxchg;
	set(w, &t, M_4LEVEL, 1, 'r');
	KUNIT_EXPECT_EQ(test, kvm_guest_walk_addr(&t.cfg, &t.req, &ops, &t.out),
			(int)KVM_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, (int)t.out.fault.kind,
			(int)KVM_GUEST_FAULT_NOT_BACKED);
	KUNIT_EXPECT_EQ(test, (int)t.out.fault.level, 4);
	KUNIT_EXPECT_EQ(test, t.out.fault.nested_gpa,
			world_entry_gpa(&t.p.s, 4));
}

/* A table in flash: the walk succeeds, its entry stays, the others are set. */
static void guest_walk_read_only(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int level, top;
	struct setting t;
	enum mode mode;

	for (mode = 0; mode < M_COUNT; mode++) {
		top = top_in_memory(mode);
		for (level = 1; level <= top; level++) {
			set(w, &t, mode, 1, 'w');
			w->read_only = BIT(level);
			KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
			KUNIT_EXPECT_EQ(test, (unsigned int)t.out.read_only,
					(unsigned int)BIT(level));
			KUNIT_EXPECT_EQ(test, w->nr_stores, top - 1);
			KUNIT_EXPECT_EQ(test, entry_now(w, &t, level),
					t.p.entry[level]);
			KUNIT_EXPECT_EQ(test, t.out.dirty, level != 1);
			KUNIT_EXPECT_EQ(test, t.out.writable, level != 1);
		}
	}

	/* With the flags there already, nobody tries. */
	set(w, &t, M_2LEVEL, 1, 'w');
	t.p.entry[1] |= ACCESSED | DIRTY;
	t.p.entry[2] |= ACCESSED;
	world_place(w, &t.p);
	w->read_only = 0xff;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_tries, 0u);
	KUNIT_EXPECT_EQ(test, (int)t.out.read_only, 0);
	KUNIT_EXPECT_TRUE(test, t.out.writable);
}

/* --- odds and ends -------------------------------------------------------- */

/* SDM 3A, 4.3: bits 20:13 of the entry are bits 39:32 of the address. */
static void guest_walk_pse36(struct kunit *test)
{
	static const struct {
		unsigned int width;
		u32 entry;
		bool ok;
		u64 gpa;
	} rows[] = {
		{ 40, 0x00c00087, true, 0x0000c00000 + 0x345678 },
		{ 40, 0xffc00087, true, 0x00ffc00000 + 0x345678 },
		{ 40, 0x00002087, true, 0x0100000000 + 0x345678 },
		{ 40, 0x00100087, true, 0x8000000000 + 0x345678 },
		{ 40, 0xabdfe087, true, 0xffabc00000 + 0x345678 },
		{ 52, 0xabdfe087, true, 0xffabc00000 + 0x345678 },
		{ 36, 0xabc1e087, true, 0x0fabc00000 + 0x345678 },
		{ 36, 0xabc20087, false, 0 },
		{ 39, 0xabd00087, false, 0 },
		{ 32, 0xabc02087, false, 0 },
		{ 40, 0xabe00087, false, 0 },
		/* PAT is bit 12, and no part of an address. */
		{ 40, 0xabc01087, true, 0x00abc00000 + 0x345678 },
	};
	struct world *w = test->priv;
	unsigned int i;
	struct setting t;
	int r;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		set(w, &t, M_2LEVEL, 2, 'r');
		t.p.s.width = rows[i].width;
		t.p.entry[2] = rows[i].entry;
		world_place(w, &t.p);
		world_config(&t.p.s, &t.cfg);
		r = go(&t);
		KUNIT_EXPECT_EQ_MSG(test, r,
				    (int)(rows[i].ok ? KVM_WALK_OK :
						       KVM_WALK_FAULT),
				    "row %u", i);
		if (rows[i].ok)
			KUNIT_EXPECT_EQ_MSG(test, t.out.gpa, rows[i].gpa,
					    "row %u", i);
		else
			KUNIT_EXPECT_EQ_MSG(test, t.out.fault.error_code, 9u,
					    "row %u", i);
	}
}

/* Each register of PAE, by bits 31:30 of the address and no others. */
static void guest_walk_pdptrs(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;
	struct setting t;

	for (i = 0; i < 4; i++) {
		set(w, &t, M_PAE, 2, 'r');
		t.p.s.addr = (u64)i << 30 | 0x345678;
		memset(t.p.s.pdptrs, 0, sizeof(t.p.s.pdptrs));
		world_place(w, &t.p);
		world_request(&t.p.s, &t.req);
		t.req.ctx = w;
		KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
		KUNIT_EXPECT_EQ(test, t.out.gpa, WORLD_BASE | 0x145678);
		KUNIT_EXPECT_EQ(test, t.out.pte_gpa[2], 0ull);
		KUNIT_EXPECT_EQ(test, t.out.pte[2], t.p.entry[3]);

		/* All but this one: it alone counts. */
		memset(t.p.s.pdptrs, 0xff, sizeof(t.p.s.pdptrs));
		t.p.s.pdptrs[i] = 0;
		KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_FAULT);
		KUNIT_EXPECT_EQ(test, t.out.fault.error_code, 0u);
		KUNIT_EXPECT_EQ(test, (int)t.out.fault.level, 3);
	}
	KUNIT_EXPECT_TRUE(test, kvm_guest_pdptr_valid(&t.cfg, 0x1e6));
	KUNIT_EXPECT_TRUE(test, kvm_guest_pdptr_valid(&t.cfg, 0xe19));
	KUNIT_EXPECT_FALSE(test, kvm_guest_pdptr_valid(&t.cfg, 0x3));
	KUNIT_EXPECT_FALSE(test,
			   kvm_guest_pdptr_valid(&t.cfg, BIT_ULL(46) | 1));
	KUNIT_EXPECT_FALSE(test,
			   kvm_guest_pdptr_valid(&t.cfg, BIT_ULL(63) | 1));
	KUNIT_EXPECT_TRUE(test, kvm_guest_pdptr_valid(&t.cfg, BIT_ULL(45) | 1));
}

static void guest_walk_no_paging(struct kunit *test)
{
	struct kvm_guest_cpu_info info = { .maxphyaddr = 40 };
	union kvm_cpu_role role = { .valid = 1 };
	struct world *w = test->priv;
	struct setting t;

	set(w, &t, M_2LEVEL, 1, 'w');
	role.base.direct = 1;
	kvm_guest_walk_init(&t.cfg, role, &info);
	w->missing = ~0u;
	KUNIT_EXPECT_EQ(test, go(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, w->nr_reads, 0u);
	KUNIT_EXPECT_EQ(test, t.out.gpa, 0x12345678ull);
	KUNIT_EXPECT_EQ(test, t.out.gfn, 0x12345ull);
	KUNIT_EXPECT_EQ(test, (unsigned int)t.out.pte_access, KVM_ACC_ALL);
	KUNIT_EXPECT_TRUE(test, t.out.writable);
}

/* Widths that no CPU has are taken for the nearest that one has. */
static void guest_walk_odd_widths(struct kunit *test)
{
	static const u8 odd[][2] = {
		{ 0, 32 }, { 31, 32 }, { 53, 52 }, { 255, 52 }
	};
	struct kvm_guest_walk_cfg a, b;
	struct scene s = { .pse = true, .pse36 = true };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		for (s.mode = 0; s.mode < M_COUNT; s.mode++) {
			s.width = odd[i][0];
			world_config(&s, &a);
			s.width = odd[i][1];
			world_config(&s, &b);
			KUNIT_EXPECT_EQ(test, memcmp(&a, &b, sizeof(a)), 0);
		}
	}
}

/* --- nested --------------------------------------------------------------- */

/*
 * A guest's guest: its tables are in pages 1 to 4, which it knows as L2_BASE
 * and up; the tables that say so are in pages 5 to 8, levels 1 to 4.
 */
#define L2_BASE 0x80000000ull

static struct {
	struct kvm_guest_walk_cfg cfg;
	u64 root;
	unsigned int nr;
	unsigned int busy;
	/* Table pages that move, at the second translation. */
	unsigned int moves;
} inner;

static int fake_translate(void *ctx, gpa_t gpa, u32 flags, gpa_t *real,
			  struct kvm_guest_fault *fault)
{
	struct kvm_guest_walk_req req = {
		.pgd = inner.root,
		.addr = gpa,
		.flags = flags,
		.ctx = ctx,
	};
	struct kvm_guest_walk out;
	int r;

	inner.nr++;
	if (inner.busy && !--inner.busy)
		return -EAGAIN;
	r = kvm_guest_walk_addr(&inner.cfg, &req, &world_ops, &out);
	*fault = out.fault;
	*real = out.gpa;
	if (inner.moves && flags & KVM_WALK_WRITE) {
		inner.moves--;
		*real += 8;
	}
	return r == KVM_WALK_OK ? 0 : r == KVM_WALK_RETRY ? -EAGAIN : -EFAULT;
}

static const struct kvm_guest_walk_ops *nested_ops(struct kvm_guest_walk_ops *o)
{
	*o = world_ops;
	o->translate = fake_translate;
	return o;
}

/* The inner leaf for page n of the outer tables. */
static u64 inner_leaf_gpa(unsigned int n)
{
	return WORLD_BASE + 5 * 4096 + n * 8;
}

/* The outer tables are M_4LEVEL's, the inner ones of a mode of four levels. */
static void set_nested(struct world *w, struct setting *t, enum mode mode,
		       bool ept_ad, char kind)
{
	struct scene s = { .mode = mode,
			   .width = 46,
			   .wp = true,
			   .nxe = true,
			   .ept_ad = ept_ad };
	u64 type = mode == M_EPT4 ? 6 << 3 : 0;
	unsigned int n;

	set(w, t, M_4LEVEL, 1, kind);
	memset(&inner, 0, sizeof(inner));
	world_config(&s, &inner.cfg);
	inner.root = WORLD_BASE + 8 * 4096;
	world_poke(w, inner.root, 8, (WORLD_BASE + 7 * 4096) | 7);
	world_poke(w, WORLD_BASE + 7 * 4096 + 2 * 8, 8,
		   (WORLD_BASE + 6 * 4096) | 7);
	world_poke(w, WORLD_BASE + 6 * 4096, 8, (WORLD_BASE + 5 * 4096) | 7);
	for (n = 1; n <= 4; n++)
		world_poke(w, inner_leaf_gpa(n), 8,
			   (WORLD_BASE + n * 4096) | 7 | type);
	for (n = 2; n <= 4; n++)
		world_poke(w, world_entry_gpa(&t->p.s, n), 8,
			   (L2_BASE + (n - 1) * 4096) | 7);
	t->req.pgd = L2_BASE + 4 * 4096;
}

static int go_nested(struct setting *t)
{
	struct kvm_guest_walk_ops ops;

	return kvm_guest_walk_addr(&t->cfg, &t->req, nested_ops(&ops), &t->out);
}

static void guest_walk_nested(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;
	unsigned int n;

	set_nested(w, &t, M_EPT4, true, 'r');
	KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, t.out.gpa, WORLD_BASE | 0x678ull);
	/* Once to read each table and once to mark it. */
	KUNIT_EXPECT_EQ(test, inner.nr, 8u);
	for (n = 1; n <= 4; n++) {
		KUNIT_EXPECT_EQ(test, t.out.table_gfn[n - 1],
				L2_BASE / 4096 + n);
		KUNIT_EXPECT_EQ(test, t.out.pte_gpa[n - 1],
				world_entry_gpa(&t.p.s, n));
		KUNIT_EXPECT_NE(test, entry_now(w, &t, n) & ACCESSED, 0ull);
		/* Walking tables writes to them: SDM 3C, A/D flags for EPT. */
		KUNIT_EXPECT_EQ(test,
				world_peek(w, inner_leaf_gpa(n), 8) & 0x300,
				0x300ull);
	}
}

static void expect_nested(struct kunit *test, struct setting *t,
			  enum kvm_guest_fault_kind kind, unsigned int level)
{
	struct kvm_guest_fault *f = &t->out.fault;

	KUNIT_EXPECT_EQ(test, go_nested(t), (int)KVM_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, (int)f->kind, (int)KVM_GUEST_FAULT_NESTED);
	KUNIT_EXPECT_EQ(test, (int)f->nested_kind, (int)kind);
	KUNIT_EXPECT_EQ(test, (unsigned int)f->level, level);
	KUNIT_EXPECT_EQ(test, f->address, 0x12345678ull);
	KUNIT_EXPECT_EQ(test, f->nested_gpa,
			world_entry_gpa(&t->p.s, level) - WORLD_BASE + L2_BASE);
}

/* A table that the hypervisor took away, made read-only, or spoilt. */
static void guest_walk_nested_faults(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;
	unsigned int n;
	u64 leaf;

	for (n = 1; n <= 4; n++) {
		leaf = WORLD_BASE + n * 4096;

		set_nested(w, &t, M_EPT4, true, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, 0);
		expect_nested(test, &t, KVM_GUEST_FAULT_EPT_VIOLATION, n);
		KUNIT_EXPECT_EQ(test, t.out.fault.exit_qualification, 0x83ull);

		/* With A/D, reading a table is a write as well. */
		set_nested(w, &t, M_EPT4, true, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, leaf | 0x35);
		expect_nested(test, &t, KVM_GUEST_FAULT_EPT_VIOLATION, n);
		KUNIT_EXPECT_EQ(test, t.out.fault.exit_qualification, 0xabull);
		KUNIT_EXPECT_EQ(test, entry_now(w, &t, 4) & ACCESSED, 0ull);

		/* Without, it is not one until a flag has to be set. */
		set_nested(w, &t, M_EPT4, false, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, leaf | 0x35);
		expect_nested(test, &t, KVM_GUEST_FAULT_EPT_VIOLATION, n);
		KUNIT_EXPECT_EQ(test, t.out.fault.exit_qualification, 0xaaull);
		KUNIT_EXPECT_EQ(test, entry_now(w, &t, n) & ACCESSED, 0ull);
		world_poke(w, world_entry_gpa(&t.p.s, n), 8,
			   entry_now(w, &t, n) | ACCESSED);
		KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_OK);

		set_nested(w, &t, M_EPT4, true, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, leaf | 0x36);
		expect_nested(test, &t, KVM_GUEST_FAULT_EPT_MISCONFIG, n);

		/* NPT: always a user's write. */
		set_nested(w, &t, M_4LEVEL, true, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, leaf | 0x5);
		expect_nested(test, &t, KVM_GUEST_FAULT_PF, n);
		KUNIT_EXPECT_EQ(test, t.out.fault.error_code, 7u);
		set_nested(w, &t, M_4LEVEL, true, 'r');
		world_poke(w, inner_leaf_gpa(n), 8, leaf | 0x3);
		expect_nested(test, &t, KVM_GUEST_FAULT_PF, n);
		KUNIT_EXPECT_EQ(test, t.out.fault.error_code, 7u);
		set_nested(w, &t, M_4LEVEL, true, 'r');
		KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_OK);
	}
}

/* A translation that cannot be told now, or is another the next time. */
static void guest_walk_nested_retries(struct kunit *test)
{
	struct world *w = test->priv;
	struct setting t;
	unsigned int n;

	for (n = 1; n <= 8; n++) {
		set_nested(w, &t, M_EPT4, true, 'r');
		inner.busy = n;
		KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_RETRY);
		KUNIT_EXPECT_EQ(test, inner.nr, n);
	}

	set_nested(w, &t, M_EPT4, true, 'r');
	inner.moves = 1;
	KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_OK);
	KUNIT_EXPECT_EQ(test, inner.nr, 5u + 8u);

	set_nested(w, &t, M_EPT4, true, 'r');
	inner.moves = 1000000;
	KUNIT_EXPECT_EQ(test, go_nested(&t), (int)KVM_WALK_RETRY);
	KUNIT_EXPECT_EQ(test, inner.nr, 5u * KVM_GUEST_WALK_TRIES);
}

static struct kunit_case guest_walk_memory_cases[] = {
	/* clang-format off */
	KUNIT_CASE(guest_walk_fault_marks_nothing),
	KUNIT_CASE(guest_walk_marks_once),
	KUNIT_CASE(guest_walk_only_looks),
	KUNIT_CASE(guest_walk_race_restarts),
	KUNIT_CASE(guest_walk_race_at_leaf),
	KUNIT_CASE(guest_walk_race_is_bounded),
	KUNIT_CASE(guest_walk_busy_retries),
	KUNIT_CASE(guest_walk_not_backed),
	KUNIT_CASE(guest_walk_vanishes),
	KUNIT_CASE(guest_walk_read_only),
	KUNIT_CASE(guest_walk_pse36),
	KUNIT_CASE(guest_walk_pdptrs),
	KUNIT_CASE(guest_walk_no_paging),
	KUNIT_CASE(guest_walk_odd_widths),
	KUNIT_CASE(guest_walk_nested),
	KUNIT_CASE(guest_walk_nested_faults),
	KUNIT_CASE(guest_walk_nested_retries),
	{}
	/* clang-format on */
};

struct kunit_suite guest_walk_memory_suite = {
	.name = "twinwalk_guest_walk_memory",
	.init = world_init,
	.test_cases = guest_walk_memory_cases,
};
