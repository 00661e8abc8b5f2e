// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c - the ghost map and the flush spy
 *
 * Owns: struct kvm_mmu_debug.  Debug builds only; see debug.h.
 *
 * Nothing of spte.c is used here: an oracle that decodes with the code under
 * test would agree with its errors.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#ifdef TWINWALK_DEBUG

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "mmu/debug.h"
#include "mmu/mmu_page.h"
#include "mmu/mmu_vm.h"
#include "mmu/pte_masks.h"
#include "vm.h"

#ifdef TWINWALK_KUNIT
enum kvm_mmu_break kvm_mmu_break;
bool kvm_mmu_calm;
#endif

/* How many tasks may owe a flush at a time, and roots be known. */
#define NR_DEBTORS 16
#define NR_GHOSTS  16

/* How many violations of a VM are printed. */
#define NR_PRINTED 5

/* Every so many releases all is compared, not only what was touched. */
#define VERIFY_ALL_EVERY 256

/* A task that owes a flush of [start, end). */
struct debtor {
	struct task_struct *task;
	gfn_t start;
	gfn_t end;
	bool table;
};

/* Leaves of a level, side by side: pack()ed, 0 for none. */
struct ghost_block {
	u64 leaf[SPTES_PER_TABLE];
};

/**
 * struct ghost - a root's leaves
 * @root: whose; NULL if free
 * @blocks: by level, and by the number of the block
 * @last: the block of each level that was used last
 * @last_nr: its number
 * @nr: leaves, by level
 */
struct ghost {
	struct kvm_mmu_page *root;
	struct xarray blocks[KVM_MMU_MAX_LEAF_LEVEL + 1];
	struct ghost_block *last[KVM_MMU_MAX_LEAF_LEVEL + 1];
	unsigned long last_nr[KVM_MMU_MAX_LEAF_LEVEL + 1];
	unsigned long nr[KVM_MMU_MAX_LEAF_LEVEL + 1];
};

struct kvm_mmu_debug {
	spinlock_t lock; /* of all below; makes a store and its account one */
	struct debtor debtors[NR_DEBTORS];
	struct ghost ghosts[NR_GHOSTS];
	gfn_t touched_start;
	gfn_t touched_end;
	unsigned long releases;
	unsigned long yield_every;
	unsigned long yields;
	bool blind;
	unsigned long violations[KVM_MMU_NR_VIOLATIONS];
};

static const char *const violation_names[] = {
	[KVM_MMU_BAD_SPTE] = "illegal SPTE",
	[KVM_MMU_BAD_CHANGE] = "illegal change of an SPTE",
	[KVM_MMU_BAD_TABLE] = "wrong table",
	[KVM_MMU_BAD_GHOST] = "tables and ghost map differ",
	[KVM_MMU_BAD_LOCK] = "store without the lock",
	[KVM_MMU_BAD_UNFLUSHED] = "lock dropped with a flush owed",
	[KVM_MMU_BAD_FREED] = "table freed with a flush owed",
	[KVM_MMU_BAD_REFLUSH] = "flush that nobody needed",
	[KVM_MMU_BAD_COUNT] = "counters and tables differ",
};

static_assert(ARRAY_SIZE(violation_names) == KVM_MMU_NR_VIOLATIONS);

static void violation(struct kvm *kvm, enum kvm_mmu_violation kind, gfn_t gfn,
		      u64 old, u64 new)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	/* Broken on purpose: it is meant to be found, not to be read. */
	if (d->violations[kind]++ < NR_PRINTED &&
	    kvm_mmu_broken(KVM_MMU_BREAK_NONE))
		pr_err("mmu debug: %s: gfn %llx, %llx -> %llx\n",
		       violation_names[kind], gfn, old, new);
}

/* --- a decoder of its own ------------------------------------------------ */

enum what {
	NOTHING,
	LEAF,
	TABLE,
	FROZEN,
	STRANGE
};

/* What a leaf allows, as the ghost has it. */
#define ALLOW_R BIT(0)
#define ALLOW_W BIT(1)
#define ALLOW_X BIT(2)

struct view {
	enum what what;
	u64 pfn;
	unsigned int allowed;
	unsigned int memtype;
	bool host_writable;
	bool mmu_writable;
	bool dirty;
};

static bool ept(const struct kvm_pte_masks *m)
{
	return m->exec;
}

/* R, W, X of a leaf; where they are put aside, there. */
static unsigned int view_allowed(const struct kvm_pte_masks *m, u64 e)
{
	unsigned int rwx = e & 7;

	if (!ept(m))
		return (e & 1 ? ALLOW_R : 0) | (e & 2 ? ALLOW_W : 0) |
		       (e >> 63 ? 0 : ALLOW_X);
	if (!rwx && !m->accessed)
		rwx = (e >> 54) & 7;
	return rwx;
}

static struct view view_of(const struct kvm_pte_masks *m, u64 e,
			   unsigned int level)
{
	struct view v = {};

	if (e == m->frozen) {
		v.what = FROZEN;
	} else if (!(e & BIT_ULL(11))) {
		v.what = NOTHING;
	} else if (level > 1 && !(e & BIT_ULL(7))) {
		v.what = TABLE;
		v.pfn = (e & m->pfn) >> 12;
	} else {
		v.what = level <= 3 ? LEAF : STRANGE;
		v.pfn = (e & m->pfn) >> 12;
		v.allowed = view_allowed(m, e);
		v.memtype = ept(m) ? (e >> 3) & 15 : 0;
		v.host_writable = e & m->host_writable;
		v.mmu_writable = e & m->mmu_writable;
		v.dirty = m->dirty && (e & m->dirty);
	}
	return v;
}

/* What the ghost remembers of a leaf; not 0. */
static u64 pack(const struct view *v)
{
	return v->pfn << 8 | BIT(7) | v->memtype << 3 | v->allowed;
}

static bool view_is_legal(const struct kvm_pte_masks *m, const struct view *v,
			  u64 e, unsigned int level)
{
	if (v->what == STRANGE)
		return false;
	if (v->what == NOTHING)
		return e == m->nonpresent ||
		       (m->mmio_value && level == 1 &&
			(e & m->mmio_mask) == m->mmio_value);
	if (v->what != LEAF)
		return true;
	if ((v->allowed & ALLOW_W) && !v->mmu_writable)
		return false;
	if (v->mmu_writable && !v->host_writable)
		return false;
	return !(v->pfn & ((1ull << ((level - 1) * 9)) - 1));
}

/* --- the ghost map ------------------------------------------------------- */

static struct ghost *ghost_of(struct kvm_mmu_debug *d,
			      struct kvm_mmu_page *root)
{
	struct ghost *free = NULL;
	unsigned int i;

	for (i = 0; i < NR_GHOSTS; i++) {
		if (d->ghosts[i].root == root)
			return &d->ghosts[i];
		if (!d->ghosts[i].root && !free)
			free = &d->ghosts[i];
	}
	if (free)
		free->root = root;
	return free;
}

static unsigned int level_shift(unsigned int level)
{
	return (level - 1) * 9;
}

static unsigned int level_index(gfn_t gfn, unsigned int level)
{
	return (gfn >> level_shift(level)) % SPTES_PER_TABLE;
}

/* The block that has the leaf, or NULL. */
static struct ghost_block *ghost_block(struct ghost *g, unsigned int level,
				       gfn_t gfn)
{
	unsigned long nr = gfn >> level_shift(level + 1);

	if (!g->last[level] || g->last_nr[level] != nr) {
		g->last[level] = xa_load(&g->blocks[level], nr);
		g->last_nr[level] = nr;
	}
	return g->last[level];
}

static struct ghost_block *ghost_new_block(struct ghost *g, unsigned int level,
					   gfn_t gfn)
{
	struct ghost_block *b = kzalloc(sizeof(*b), GFP_ATOMIC);
	unsigned long nr = gfn >> level_shift(level + 1);

	if (b && xa_is_err(xa_store(&g->blocks[level], nr, b, GFP_ATOMIC))) {
		kfree(b);
		b = NULL;
	}
	g->last[level] = b;
	g->last_nr[level] = nr;
	return b;
}

/*
 * The ghost must not fail where the MMU is to be seen to survive a failing
 * allocation; if it fails in earnest, it is of no use any more.
 */
static struct ghost_block *ghost_make_block(struct kvm_mmu_debug *d,
					    struct ghost *g, unsigned int level,
					    gfn_t gfn)
{
	struct ghost_block *b;
#ifdef CONFIG_FAULT_INJECTION
	unsigned int fail_nth = current->fail_nth;

	current->fail_nth = 0;
#endif
	b = ghost_new_block(g, level, gfn);
#ifdef CONFIG_FAULT_INJECTION
	current->fail_nth = fail_nth;
#endif
	if (!b)
		d->blind = true;
	return b;
}

static void ghost_set(struct kvm_mmu_debug *d, struct ghost *g,
		      unsigned int level, gfn_t gfn, u64 packed)
{
	struct ghost_block *b = ghost_block(g, level, gfn);
	u64 *leaf;

	if (!b && packed)
		b = ghost_make_block(d, g, level, gfn);
	if (!b)
		return;
	leaf = &b->leaf[level_index(gfn, level)];
	g->nr[level] += !!packed - !!*leaf;
	*leaf = packed;
}

static void ghost_forget(struct ghost *g)
{
	struct ghost_block *b;
	unsigned int level;
	unsigned long nr;

	for (level = 1; level <= KVM_MMU_MAX_LEAF_LEVEL; level++) {
		xa_for_each(&g->blocks[level], nr, b)
			kfree(b);
		xa_destroy(&g->blocks[level]);
		g->last[level] = NULL;
		g->nr[level] = 0;
	}
	g->root = NULL;
}

/* A table of leaves was linked in place of a huge one. */
static void ghost_link(struct kvm *kvm, struct ghost *g,
		       const struct kvm_mmu_store *s, const struct view *table)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	unsigned int level = s->level - 1, i;
	u64 *spt = __va(table->pfn << 12);
	struct kvm_mmu_page *sp = kvm_mmu_page_of(table->pfn << 12);
	u64 pages = 1ull << ((level - 1) * 9);
	struct view v;

	if (!sp || sp->role.level != level || sp->gfn != s->gfn)
		violation(kvm, KVM_MMU_BAD_TABLE, s->gfn, s->old, s->new);
	for (i = 0; i < SPTES_PER_TABLE; i++) {
		v = view_of(m, spt[i], level);
		if (!view_is_legal(m, &v, spt[i], level))
			violation(kvm, KVM_MMU_BAD_SPTE, s->gfn + i * pages, 0,
				  spt[i]);
		if (v.what == LEAF)
			ghost_set(kvm->mmu.debug, g, level, s->gfn + i * pages,
				  pack(&v));
	}
}

/* A split says what the huge leaf said, page by page. */
static void check_split(struct kvm *kvm, const struct kvm_mmu_store *s,
			const struct view *huge, const struct view *table)
{
	unsigned int level = s->level - 1, i;
	u64 pages = 1ull << ((level - 1) * 9);
	u64 *spt = __va(table->pfn << 12);
	struct view v;

	for (i = 0; i < SPTES_PER_TABLE; i++) {
		v = view_of(kvm->mmu.masks, spt[i], level);
		if (v.what != LEAF || v.pfn != huge->pfn + i * pages ||
		    v.memtype != huge->memtype || v.allowed != huge->allowed) {
			violation(kvm, KVM_MMU_BAD_CHANGE, s->gfn + i * pages,
				  s->old, spt[i]);
			return;
		}
	}
}

/* --- the flush spy ------------------------------------------------------- */

static struct debtor *debtor_of(struct kvm_mmu_debug *d, bool make)
{
	struct debtor *free = NULL;
	unsigned int i;

	for (i = 0; i < NR_DEBTORS; i++) {
		if (d->debtors[i].task == current)
			return &d->debtors[i];
		if (!d->debtors[i].task && !free)
			free = &d->debtors[i];
	}
	if (!make || !free)
		return NULL;
	*free = (struct debtor){ .task = current, .start = ~0ull };
	return free;
}

/* May a TLB hold more of the old entry than the new one allows? */
static bool owes(const struct kvm_mmu_store *s, const struct view *old,
		 const struct view *new)
{
	if (s->root->role.invalid || s->detached)
		return false;
	if (old->what == TABLE)
		return new->what != TABLE;
	if (old->what != LEAF || new->what == TABLE)
		return false;
	if (new->what != LEAF)
		return true;
	return old->pfn != new->pfn || old->memtype != new->memtype ||
	       (old->allowed & ~new->allowed) || (old->dirty && !new->dirty);
}

void kvm_mmu_debug_flushed(struct kvm *kvm, gfn_t start, u64 nr)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	struct debtor *me;

	spin_lock(&d->lock);
	me = debtor_of(d, false);
	if (!me)
		violation(kvm, KVM_MMU_BAD_REFLUSH, start, 0, nr);
	else if (start <= me->start && start + nr >= me->end)
		me->task = NULL;
	spin_unlock(&d->lock);
}

void kvm_mmu_debug_freed(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	struct debtor *me;
	unsigned int i;

	spin_lock(&d->lock);
	me = debtor_of(d, false);
	if (me && me->table)
		violation(kvm, KVM_MMU_BAD_FREED, sp->gfn, 0, 0);
	for (i = 0; i < NR_GHOSTS; i++)
		if (d->ghosts[i].root == sp)
			ghost_forget(&d->ghosts[i]);
	spin_unlock(&d->lock);
}

/* --- stores -------------------------------------------------------------- */

void kvm_mmu_debug_begin(struct kvm *kvm) __acquires(&kvm->mmu.debug->lock)
{
	spin_lock(&kvm->mmu.debug->lock);
}

static bool legal_change(const struct view *old, const struct view *new)
{
	switch (old->what) {
	case TABLE:
		return new->what == FROZEN;
	case LEAF:
		if (new->what == LEAF)
			return old->pfn == new->pfn;
		/* Nothing, but not an MMIO entry at once: see the caller. */
		return true;
	default:
		return true;
	}
}

/* Is the entry one that a walk from the root comes to? */
static bool is_reached(struct kvm *kvm, const struct kvm_mmu_store *s)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	unsigned int level = s->root->role.level;
	u64 *sptep = s->root->spt;
	struct view v;

	for (;; level--) {
		sptep += (s->gfn >> ((level - 1) * 9)) & 511;
		if (level == s->level)
			return sptep == s->sptep;
		v = view_of(m, READ_ONCE(*sptep), level);
		if (v.what != TABLE)
			return false;
		sptep = __va(v.pfn << 12);
	}
}

/* A table was cut off, with all that is below it. */
static void ghost_cut(struct kvm_mmu_debug *d, struct ghost *g,
		      const struct kvm_mmu_store *s)
{
	gfn_t last = s->gfn + (1ull << level_shift(s->level)) - 1, gfn;
	unsigned int level, i;
	struct ghost_block *b;
	unsigned long nr;

	for (level = 1; level < s->level && level <= KVM_MMU_MAX_LEAF_LEVEL;
	     level++) {
		xa_for_each_range(&g->blocks[level], nr, b,
				  s->gfn >> level_shift(level + 1),
				  last >> level_shift(level + 1)) {
			gfn = (gfn_t)nr << level_shift(level + 1);
			for (i = 0; i < SPTES_PER_TABLE; i++)
				if (b->leaf[i])
					ghost_set(d, g, level,
						  gfn + ((gfn_t)i
							 << level_shift(level)),
						  0);
		}
	}
}

static void ghost_store(struct kvm *kvm, struct ghost *g,
			const struct kvm_mmu_store *s, const struct view *old,
			const struct view *new)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	/* Of a table that is cut off no CPU will learn anything new. */
	if (!is_reached(kvm, s))
		return;
	if (old->what == LEAF)
		ghost_set(d, g, s->level, s->gfn, 0);
	if (old->what == TABLE)
		ghost_cut(d, g, s);
	if (new->what == LEAF)
		ghost_set(d, g, s->level, s->gfn, pack(new));
	if (new->what == TABLE)
		ghost_link(kvm, g, s, new);
}

static void account(struct kvm *kvm, const struct kvm_mmu_store *s)
{
	const struct kvm_pte_masks *m = kvm->mmu.masks;
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	struct debtor *me;
	struct ghost *g;
	struct view old, new;

	/* No CPU will learn of it, and whoever comes by is turned away. */
	if (s->detached && s->new == m->frozen)
		return;

	old = view_of(m, s->old, s->level);
	new = view_of(m, s->new, s->level);
	g = ghost_of(d, s->root);
	if (!g) {
		d->blind = true;
		return;
	}
	if (!view_is_legal(m, &new, s->new, s->level))
		violation(kvm, KVM_MMU_BAD_SPTE, s->gfn, s->old, s->new);
	if (!legal_change(&old, &new) ||
	    (old.what == LEAF && new.what == NOTHING &&
	     s->new != m->nonpresent))
		violation(kvm, KVM_MMU_BAD_CHANGE, s->gfn, s->old, s->new);

	if (old.what == LEAF && new.what == TABLE)
		check_split(kvm, s, &old, &new);
	ghost_store(kvm, g, s, &old, &new);

	if (owes(s, &old, &new)) {
		me = debtor_of(d, true);
		if (me) {
			me->start = min(me->start, s->gfn);
			me->end = max(me->end,
				      s->gfn + (1ull << ((s->level - 1) * 9)));
			me->table |= old.what == TABLE;
		}
	}
	d->touched_start = min(d->touched_start, s->gfn);
	d->touched_end =
		max(d->touched_end, s->gfn + (1ull << ((s->level - 1) * 9)));
}

void kvm_mmu_debug_end(struct kvm *kvm, const struct kvm_mmu_store *s)
	__releases(&kvm->mmu.debug->lock)
{
	if (s) {
		if (debug_locks && !s->gains &&
		    !lockdep_is_held_type(&kvm->mmu_lock, s->shared ? -1 : 0))
			violation(kvm, KVM_MMU_BAD_LOCK, s->gfn, s->old,
				  s->new);
		account(kvm, s);
	}
	spin_unlock(&kvm->mmu.debug->lock);
}

/* --- comparing ----------------------------------------------------------- */

/* What a walk through a root's tables has found. */
struct tally {
	struct kvm *kvm;
	struct ghost *ghost;
	gfn_t start;
	gfn_t end;
	unsigned long leaves[KVM_MMU_MAX_LEAF_LEVEL + 1];
	unsigned long tables[KVM_MMU_MAX_ROOT_LEVEL + 1];
};

/* At most KVM_MMU_MAX_ROOT_LEVEL deep. */
static void compare_table(struct tally *t, u64 *spt, gfn_t gfn,
			  unsigned int level)
{
	u64 nonpresent = t->kvm->mmu.masks->nonpresent;
	u64 pages = 1ull << level_shift(level);
	struct ghost_block *b = NULL;
	u64 e, is, ghost;
	unsigned int i;
	struct view v;

	if (level <= KVM_MMU_MAX_LEAF_LEVEL)
		b = ghost_block(t->ghost, level, gfn);
	t->tables[level]++;
	i = t->start > gfn ? (t->start - gfn) / pages : 0;
	for (gfn += i * pages; i < SPTES_PER_TABLE && gfn < t->end;
	     i++, gfn += pages) {
		e = READ_ONCE(spt[i]);
		ghost = b ? b->leaf[i] : 0;
		if (e == nonpresent && !ghost)
			continue;
		v = view_of(t->kvm->mmu.masks, e, level);
		is = v.what == LEAF ? pack(&v) : 0;
		if (is != ghost || v.what == FROZEN)
			violation(t->kvm, KVM_MMU_BAD_GHOST, gfn, e, ghost);
		if (is)
			t->leaves[level]++;
		if (v.what == TABLE)
			compare_table(t, __va(v.pfn << 12), gfn, level - 1);
	}
}

/* All was visited: the ghost has no more leaves than the tables. */
static void compare_ghost(struct tally *t)
{
	unsigned int level;

	for (level = 1; level <= KVM_MMU_MAX_LEAF_LEVEL; level++)
		if (t->ghost->nr[level] != t->leaves[level])
			violation(t->kvm, KVM_MMU_BAD_GHOST, level,
				  t->leaves[level], t->ghost->nr[level]);
}

static void compare_counts(struct kvm *kvm, const struct tally *t, bool tables)
{
	struct kvm_mmu_counts sum;
	unsigned int level;

	kvm_mmu_count(kvm, &sum);
	for (level = 1; level <= KVM_MMU_MAX_LEAF_LEVEL; level++)
		if (sum.leaves[level] != t->leaves[level])
			violation(kvm, KVM_MMU_BAD_COUNT, level,
				  sum.leaves[level], t->leaves[level]);
	for (level = 1; tables && level <= KVM_MMU_MAX_ROOT_LEVEL; level++)
		if (sum.tables[level] != t->tables[level])
			violation(kvm, KVM_MMU_BAD_COUNT, level,
				  sum.tables[level], t->tables[level]);
}

/* The leaves are counted by the ghost; the tables only where all is visited. */
static void compare(struct kvm *kvm, gfn_t start, gfn_t end, bool all)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	struct tally sum = {}, t;
	struct kvm_mmu_page *root;
	bool counted = true;
	unsigned int i;

	if (d->blind || start >= end)
		return;
	list_for_each_entry(root, &kvm->mmu.tdp_roots, link) {
		t = (struct tally){ .kvm = kvm, .start = start, .end = end };
		t.ghost = ghost_of(d, root);
		if (!t.ghost)
			return;
		/* An invalid root is emptied by others, in their time. */
		counted &= !root->role.invalid;
		compare_table(&t, root->spt, 0, root->role.level);
		if (all)
			compare_ghost(&t);
		for (i = 0; i < ARRAY_SIZE(sum.leaves); i++)
			sum.leaves[i] += t.ghost->nr[i];
		for (i = 0; i < ARRAY_SIZE(sum.tables); i++)
			sum.tables[i] += t.tables[i];
	}
	if (counted)
		compare_counts(kvm, &sum, all);
}

void kvm_mmu_debug_verify(struct kvm *kvm)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	lockdep_assert_held_write(&kvm->mmu_lock);
	spin_lock(&d->lock);
	compare(kvm, 0, ~0ull >> 12, true);
	spin_unlock(&d->lock);
}

static void verify_touched(struct kvm *kvm)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	spin_lock(&d->lock);
	if (d->releases++ % VERIFY_ALL_EVERY == 0)
		compare(kvm, 0, ~0ull >> 12, true);
	else
		compare(kvm, d->touched_start, d->touched_end, false);
	d->touched_start = ~0ull;
	d->touched_end = 0;
	spin_unlock(&d->lock);
}

void kvm_mmu_debug_unlock(struct kvm *kvm, bool shared)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	struct debtor *me;

	if (!d)
		return;
	spin_lock(&d->lock);
	me = debtor_of(d, false);
	if (me) {
		violation(kvm, KVM_MMU_BAD_UNFLUSHED, me->start, 0, me->end);
		me->task = NULL;
	}
	spin_unlock(&d->lock);
	if (!shared)
		verify_touched(kvm);
}

void kvm_mmu_debug_unlocked(struct kvm *kvm)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	/* Others may still be at it; the last of them looks. */
	if (!d || !READ_ONCE(d->touched_end) || !write_trylock(&kvm->mmu_lock))
		return;
	verify_touched(kvm);
	write_unlock(&kvm->mmu_lock);
}

/* --- the rest ------------------------------------------------------------ */

void kvm_mmu_debug_set_yield(struct kvm *kvm, unsigned long every)
{
	kvm->mmu.debug->yield_every = every;
}

bool kvm_mmu_debug_yield(struct kvm *kvm)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;

	return d->yield_every && ++d->yields % d->yield_every == 0;
}

unsigned long kvm_mmu_debug_violations(struct kvm *kvm,
				       enum kvm_mmu_violation kind)
{
	return kvm->mmu.debug->violations[kind];
}

int kvm_mmu_debug_init(struct kvm *kvm)
{
	struct kvm_mmu_debug *d;
	unsigned int i, level;

	d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	if (!d)
		return -ENOMEM;
	spin_lock_init(&d->lock);
	d->touched_start = ~0ull;
	for (i = 0; i < NR_GHOSTS; i++)
		for (level = 0; level <= KVM_MMU_MAX_LEAF_LEVEL; level++)
			xa_init(&d->ghosts[i].blocks[level]);
	kvm->mmu.debug = d;
	return 0;
}

void kvm_mmu_debug_uninit(struct kvm *kvm)
{
	struct kvm_mmu_debug *d = kvm->mmu.debug;
	unsigned int i;

	for (i = 0; i < NR_GHOSTS; i++)
		ghost_forget(&d->ghosts[i]);
	kvm->mmu.debug = NULL;
	kfree(d);
}

#endif
