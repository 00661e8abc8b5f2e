// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_mmu.c - the TDP MMU: stores, what they owe, tables and roots
 *
 * Owns: every store to an SPTE but the clearing of single bits (tdp_track.c),
 * and all the accounting.  See tdp_mmu.h for the locking, and for how a table
 * is removed.
 *
 * Deliberately absent: what the stores are for: tdp_map.c, tdp_track.c, zap.c,
 * nx_recovery.c.
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "mmu/debug.h"
#include "mmu/mmu.h"
#include "mmu/nx_recovery.h"
#include "mmu/tdp_mmu.h"
#include "mmu/trace.h"
#include "vm.h"

/* --- tables -------------------------------------------------------------- */

void kvm_mmu_caches_init(struct kvm *kvm, struct kvm_mmu_caches *c,
			 unsigned int capacity, unsigned int flags)
{
	kvm_mmu_cache_init(&c->headers, kvm_mmu_page_header_cache(), capacity,
			   0, flags);
	kvm_mmu_cache_init(&c->tables, NULL, capacity,
			   kvm->mmu.masks->nonpresent, flags);
}

void kvm_mmu_caches_free(struct kvm_mmu_caches *c)
{
	kvm_mmu_cache_free(&c->headers);
	kvm_mmu_cache_free(&c->tables);
}

static struct kvm_mmu_page *new_page(struct kvm_mmu_caches *caches, gfn_t gfn,
				     union kvm_mmu_page_role role)
{
	struct kvm_mmu_page *sp;
	u64 *spt;

	if (!caches->headers.nobjs || !caches->tables.nobjs)
		return NULL;
	sp = kvm_mmu_cache_alloc(&caches->headers);
	spt = kvm_mmu_cache_alloc(&caches->tables);

	*sp = (struct kvm_mmu_page){
		.spt = spt,
		.gfn = gfn,
		.role = role,
		.tdp = true,
	};
	INIT_LIST_HEAD(&sp->nx_link);
	set_page_private(virt_to_page(spt), (unsigned long)sp);
	return sp;
}

struct kvm_mmu_page *kvm_tdp_new_table(struct kvm_mmu_caches *caches,
				       struct tdp_iter *it)
{
	union kvm_mmu_page_role role = it->root->role;

	role.level = it->level - 1;
	return new_page(caches, it->gfn, role);
}

static void forget_page(struct kvm_mmu_page *sp)
{
	set_page_private(virt_to_page(sp->spt), 0);
}

void kvm_tdp_unused_table(struct kvm_mmu_caches *caches,
			  struct kvm_mmu_page *sp)
{
	forget_page(sp);
	kvm_mmu_cache_put(&caches->tables, sp->spt);
	kvm_mmu_cache_put(&caches->headers, sp);
}

void kvm_tdp_split_leaf(const struct kvm_pte_masks *masks,
			struct kvm_mmu_page *sp, u64 huge, unsigned int level)
{
	unsigned int skew = kvm_mmu_broken(KVM_MMU_BREAK_SPLIT_INDEX);
	u64 spte = kvm_make_small_spte(masks, huge, level, 0);
	u64 step = kvm_make_small_spte(masks, huge, level, 1) - spte;
	unsigned int i;

	for (i = 0; i < SPTES_PER_TABLE; i++, spte += step)
		sp->spt[i ^ skew] = spte;
}

static void free_page_rcu(struct rcu_head *head)
{
	struct kvm_mmu_page *sp =
		container_of(head, struct kvm_mmu_page, rcu_head);

	forget_page(sp);
	free_page((unsigned long)sp->spt);
	kmem_cache_free(kvm_mmu_page_header_cache(), sp);
}

static void free_page_later(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	kvm_mmu_debug_freed(kvm, sp);
	trace_kvm_mmu_prepare_zap_page(sp);
	call_rcu(&sp->rcu_head, free_page_rcu);
}

/* A table came (1) or went (-1). */
static void account_table(struct kvm *kvm, struct kvm_mmu_page *sp, long nr)
{
	mod_lruvec_page_state(virt_to_page(sp->spt), NR_SECONDARY_PAGETABLE,
			      nr);
	kvm_mmu_account_pages(nr);
	if (kvm_mmu_broken(KVM_MMU_BREAK_ACCOUNT_TABLE) && nr < 0)
		return;
	this_cpu_add(kvm->mmu.counts->tables[sp->role.level], nr);
}

/* --- operations ---------------------------------------------------------- */

static __always_inline void owe_flush(struct kvm_tdp_op *op, gfn_t start,
				      gfn_t end)
{
	if (op->root->role.invalid)
		return;
	op->flush_start = min(op->flush_start, start);
	op->flush_end = max(op->flush_end, end);
}

/*
 * Comes before the store that may owe something: who finds what that store left
 * finds the debt, too, until it is paid.
 */
static __always_inline void go_into_debt(struct kvm_tdp_op *op)
{
	if (op->indebted)
		return;
	op->indebted = true;
	atomic_inc(&op->kvm->mmu.nr_debtors);
	/* Pairs with kvm_tdp_op_settle(). */
	smp_mb__after_atomic();
}

static void flush(struct kvm *kvm, gfn_t start, gfn_t end)
{
	trace_kvm_tdp_flush(start, end - start);
	kvm->mmu.ops->flush_remote_tlbs(kvm, start, end - start);
}

static void pay_flush(struct kvm_tdp_op *op)
{
	struct kvm *kvm = op->kvm;
	gfn_t start = op->flush_start;
	u64 nr = op->flush_end - start;

	if (start < op->flush_end) {
		flush(kvm, start, op->flush_end);
		kvm_mmu_debug_flushed(kvm, start, nr);
		if (kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_ONCE))
			kvm_mmu_debug_flushed(kvm, start, nr);
		op->flush_start = ~0ull;
		op->flush_end = 0;
	}
	if (op->indebted) {
		/* The flush is over before anybody can miss the debt. */
		smp_mb__before_atomic();
		atomic_dec(&kvm->mmu.nr_debtors);
		op->indebted = false;
	}
}

void kvm_tdp_op_settle(struct kvm_tdp_op *op, gfn_t start, gfn_t end)
{
	/* The entries were read before: pairs with go_into_debt(). */
	smp_rmb();
	if (start < end &&
	    atomic_read(&op->kvm->mmu.nr_debtors) > op->indebted &&
	    !kvm_mmu_broken(KVM_MMU_BREAK_SETTLE)) {
		if (op->flush_start < op->flush_end) {
			op->flush_start = min(op->flush_start, start);
			op->flush_end = max(op->flush_end, end);
		} else {
			flush(op->kvm, start, end);
		}
	}
	if (op->indebted)
		kvm_tdp_op_flush(op);
}

int kvm_tdp_op_topup(struct kvm_tdp_op *op, struct tdp_iter *it,
		     struct kvm_mmu_caches *caches)
	__must_hold(&op->kvm->mmu_lock) __must_hold(RCU)
{
	struct kvm *kvm = op->kvm;
	int r;

	kvm_tdp_op_flush(op);
	rcu_read_unlock();
	kvm_mmu_read_unlock(kvm);
	r = kvm_mmu_caches_topup(caches, 1);
	kvm_mmu_read_lock(kvm);
	rcu_read_lock();
	it->restart = true;
	return r;
}

/* --- stores -------------------------------------------------------------- */

/* Leaves came (above 0) or went (below). */
static __always_inline void count_leaves(struct kvm_tdp_op *op,
					 unsigned int level, long nr)
{
	this_cpu_add(op->kvm->mmu.counts->leaves[level], nr);
}

/* For tests: leave out a flush that is due. */
static bool flush_is_broken(const struct kvm_pte_masks *m, u64 old, u64 new)
{
	bool zapped = !is_shadow_present_pte(new);
	bool wrprot = is_writable_pte(m, old) && !is_writable_pte(m, new);

	return (kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_ON_ZAP) && zapped) ||
	       (kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_ON_WRPROT) && !zapped &&
		wrprot);
}

/*
 * What changes of leaves of a level amount to beyond the entries.  Where many
 * are changed in a row it stays in registers.
 */
struct changes {
	unsigned long nr;
	long leaves;
	gfn_t flush_start;
	gfn_t flush_end;
};

static __always_inline void needs_flush(struct changes *c, gfn_t gfn,
					unsigned int level)
{
	c->flush_start = min(c->flush_start, gfn);
	c->flush_end = max(c->flush_end, gfn + kvm_level_pages(level));
}

/*
 * The choke point: what a change of an entry means beyond the entry.  It was a
 * leaf or nothing, and is a leaf or nothing.
 */
static __always_inline void
changed_leaf(struct kvm_tdp_op *op, const struct kvm_pte_masks *m,
	     struct changes *c, const struct tdp_iter *it, u64 old, u64 new)
{
	trace_kvm_tdp_mmu_spte_changed(op->root, it->gfn, it->level, old, new);
	c->nr++;
	if (is_shadow_present_pte(old)) {
		if (!kvm_mmu_broken(KVM_MMU_BREAK_ACCOUNT_LEAF))
			c->leaves--;
		if (kvm_spte_needs_flush(m, old, new, it->level) &&
		    !flush_is_broken(m, old, new))
			needs_flush(c, it->gfn, it->level);
	}
	if (is_shadow_present_pte(new))
		c->leaves++;
}

static __always_inline void account_changes(struct kvm_tdp_op *op,
					    const struct changes *c,
					    unsigned int level)
{
	op->changed += c->nr;
	if (c->leaves)
		count_leaves(op, level, c->leaves);
	if (c->flush_start < c->flush_end)
		owe_flush(op, c->flush_start, c->flush_end);
}

/* The same where a table was: it has to be flushed, and taken apart. */
static noinline void removed_table(struct kvm_tdp_op *op, struct tdp_iter *it,
				   u64 old, u64 new)
{
	struct kvm_mmu_page *sp = kvm_mmu_page_of(old & op->masks->pfn);

	trace_kvm_tdp_mmu_spte_changed(op->root, it->gfn, it->level, old, new);
	op->changed++;
	kvm_nx_untrack(op->kvm, sp);
	sp->replacement = new;
	sp->next = op->removed;
	op->removed = sp;
	op->nr_removed++;
	owe_flush(op, it->gfn, it->gfn + kvm_level_pages(it->level));
}

/* The store itself, and the debug build's account of it, in one step. */
static __always_inline bool store(struct kvm_tdp_op *op, struct tdp_iter *it,
				  u64 new)
{
	struct kvm_mmu_store told = {
		.root = op->root,
		.sptep = it->sptep,
		.gfn = it->gfn,
		.old = it->old_spte,
		.new = new,
		.level = it->level,
		.shared = op->shared && !kvm_mmu_broken(KVM_MMU_BREAK_LOCK),
		.detached = op->detached,
	};
	bool done;

	kvm_mmu_debug_begin(op->kvm);
	/* The CPU sets A and D without a lock, so there is none that is exempt. */
	done = try_cmpxchg64(it->sptep, &it->old_spte, new);
	kvm_mmu_debug_end(op->kvm,
			  done && !kvm_mmu_broken(KVM_MMU_BREAK_STORE_UNSEEN) ?
				  &told :
				  NULL);
	return done;
}

/* A table's entry becomes FROZEN first. */
static noinline bool remove_table(struct kvm_tdp_op *op, struct tdp_iter *it,
				  u64 new)
{
	u64 old = it->old_spte;
	u64 stored = op->masks->frozen;

	if (kvm_mmu_broken(KVM_MMU_BREAK_FREEZE))
		stored = new;
	go_into_debt(op);
	if (!store(op, it, stored))
		return false;
	it->old_spte = stored;
	removed_table(op, it, old, new);
	return true;
}

bool kvm_tdp_set_spte(struct kvm_tdp_op *op, struct tdp_iter *it, u64 new)
{
	struct changes c = { .flush_start = ~0ull };
	u64 old = it->old_spte;

	kvm_tdp_op_assert_locked(op);
	if (is_frozen_spte(op->masks, old))
		return false;
	if (is_table_spte(old, it->level))
		return remove_table(op, it, new);

	if (is_shadow_present_pte(old))
		go_into_debt(op);
	if (!store(op, it, new))
		return false;
	it->old_spte = new;
	changed_leaf(op, op->masks, &c, it, old, new);
	account_changes(op, &c, it->level);
	return true;
}

bool kvm_tdp_gain_spte(struct kvm *kvm, struct tdp_iter *it, u64 new)
{
	struct kvm_mmu_store told = {
		.root = it->root,
		.sptep = it->sptep,
		.gfn = it->gfn,
		.old = it->old_spte,
		.new = new,
		.level = it->level,
		.gains = true,
	};
	bool done;

	kvm_mmu_debug_begin(kvm);
	done = try_cmpxchg64(it->sptep, &it->old_spte, new);
	kvm_mmu_debug_end(kvm, done ? &told : NULL);
	if (!done)
		return false;
	trace_kvm_tdp_mmu_spte_changed(it->root, it->gfn, it->level, told.old,
				       new);
	it->old_spte = new;
	return true;
}

static __always_inline bool clear_dirty(struct kvm_tdp_op *op,
					struct changes *c,
					const struct tdp_iter *it,
					unsigned int bit)
{
	struct kvm_mmu_store told = {
		.root = op->root,
		.sptep = it->sptep,
		.gfn = it->gfn,
		.level = it->level,
		.shared = op->shared,
	};
	bool was;

	kvm_mmu_debug_begin(op->kvm);
	was = test_and_clear_bit(bit, (unsigned long *)it->sptep);
	told.new = READ_ONCE(*it->sptep);
	told.old = told.new | BIT_ULL(bit);
	kvm_mmu_debug_end(op->kvm, was && is_leaf_spte(told.new, it->level) ?
					   &told :
					   NULL);
	if (!was)
		return false;

	trace_kvm_tdp_mmu_spte_changed(op->root, it->gfn, it->level, told.old,
				       told.new);
	c->nr++;
	if (!kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_ON_CLEAR_DIRTY))
		needs_flush(c, it->gfn, it->level);
	return true;
}

bool kvm_tdp_clear_dirty(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	u64 dirty = op->masks->dirty;
	struct changes c = { .flush_start = ~0ull };

	kvm_tdp_op_assert_locked(op);
	go_into_debt(op);
	if (!clear_dirty(op, &c, it, __ffs64(dirty)))
		return false;
	it->old_spte &= ~dirty;
	account_changes(op, &c, it->level);
	return true;
}

/* --- the leaves of one table --------------------------------------------- */

static __always_inline u64 to_nothing(const struct kvm_pte_masks *m, u64 spte)
{
	return m->nonpresent;
}

static __always_inline u64 to_wrprot(const struct kvm_pte_masks *m, u64 spte)
{
	return is_writable_pte(m, spte) ? kvm_spte_wrprot(m, spte) : spte;
}

/* The CPU may set A or D meanwhile, others may change the entry. */
static __always_inline void
change_entry(struct kvm_tdp_op *op, const struct kvm_pte_masks *m,
	     struct changes *c, struct tdp_iter *at,
	     u64 (*to)(const struct kvm_pte_masks *m, u64 spte))
{
	u64 old, new;

	while (is_shadow_present_pte(at->old_spte)) {
		old = at->old_spte;
		new = to(m, old);
		if (new == old)
			return;
		if (store(op, at, new)) {
			changed_leaf(op, m, c, at, old, new);
			return;
		}
	}
}

/* The loop that counts: inlined whole, with the place in registers. */
static __always_inline void
change_table(struct kvm_tdp_op *op, struct tdp_iter *it,
	     u64 (*to)(const struct kvm_pte_masks *m, u64 spte))
{
	struct tdp_iter at = { .gfn = it->gfn, .sptep = it->sptep, .level = 1 };
	/* A copy, so that the loop's stores don't make it read them anew. */
	const struct kvm_pte_masks m = *op->masks;
	unsigned int nr = tdp_iter_rest_of_table(it);
	u64 *end = it->sptep + nr;
	struct changes c = { .flush_start = ~0ull };

	kvm_tdp_op_assert_locked(op);
	go_into_debt(op);
	for (; at.sptep < end; at.sptep++, at.gfn++) {
		tdp_iter_refresh(&at);
		change_entry(op, &m, &c, &at, to);
	}
	account_changes(op, &c, 1);
	tdp_iter_skip(it, nr - 1);
}

void kvm_tdp_zap_table(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	change_table(op, it, to_nothing);
}

void kvm_tdp_wrprot_table(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	change_table(op, it, to_wrprot);
}

void kvm_tdp_clear_dirty_table(struct kvm_tdp_op *op, struct tdp_iter *it)
{
	unsigned int nr = tdp_iter_rest_of_table(it);
	struct tdp_iter at = { .gfn = it->gfn, .sptep = it->sptep, .level = 1 };
	u64 *end = it->sptep + nr;
	u64 dirty = op->masks->dirty;
	unsigned int bit = __ffs64(dirty);
	struct changes c = { .flush_start = ~0ull };

	kvm_tdp_op_assert_locked(op);
	go_into_debt(op);
	for (; at.sptep < end; at.sptep++, at.gfn++) {
		tdp_iter_refresh(&at);
		if (is_shadow_present_pte(at.old_spte) && (at.old_spte & dirty))
			clear_dirty(op, &c, &at, bit);
	}
	account_changes(op, &c, 1);
	tdp_iter_skip(it, nr - 1);
}

/* --- linking and taking apart -------------------------------------------- */

/* For tests: a table that is wrong while it is linked, and right before free. */
static __always_inline void skew_table(struct kvm_mmu_page *sp, int by)
{
	if (kvm_mmu_broken(KVM_MMU_BREAK_CHILD_LEVEL))
		sp->role.level += by;
	if (kvm_mmu_broken(KVM_MMU_BREAK_CHILD_GFN))
		sp->gfn += by;
}

bool kvm_tdp_link_table(struct kvm_tdp_op *op, struct tdp_iter *it,
			struct kvm_mmu_page *sp)
{
	u64 old = it->old_spte;
	u64 new = kvm_make_table_spte(op->masks, __pa(sp->spt));
	bool split = is_leaf_spte(old, it->level);
	bool done;

	kvm_tdp_op_assert_locked(op);
	if (is_frozen_spte(op->masks, old))
		return false;

	sp->parent_sptep = it->sptep;
	account_table(op->kvm, sp, 1);
	skew_table(sp, 1);
	/* A compare-and-exchange: the table's entries are seen before it. */
	done = store(op, it, new);
	skew_table(sp, -1);
	if (!done) {
		account_table(op->kvm, sp, -1);
		return false;
	}
	trace_kvm_mmu_get_page(sp);
	trace_kvm_tdp_mmu_spte_changed(op->root, it->gfn, it->level, old, new);
	if (split) {
		if (!kvm_mmu_broken(KVM_MMU_BREAK_ACCOUNT_LEAF))
			count_leaves(op, it->level, -1);
		count_leaves(op, it->level - 1, SPTES_PER_TABLE);
	}
	op->changed++;
	it->old_spte = new;
	return true;
}

/*
 * Take an entry out of a table that is cut off.  Who has it frozen will write
 * to it once more, so wait: it has a batch of tables to look at and a flush to
 * make before that, no more, and waits for nobody.
 */
static __always_inline u64 take_entry(struct kvm_tdp_op *op,
				      struct tdp_iter *it)
{
	do {
		tdp_iter_refresh(it);
		while (is_frozen_spte(op->masks, it->old_spte)) {
			cpu_relax();
			tdp_iter_refresh(it);
		}
	} while (!store(op, it, op->masks->frozen));
	return it->old_spte;
}

/* Empty a table that no CPU knows any more, and give it to RCU. */
static void take_apart_one(struct kvm_tdp_op *op, struct kvm_mmu_page *sp,
			   struct kvm_mmu_page **below)
{
	struct tdp_iter it = { .gfn = sp->gfn, .level = sp->role.level };
	u64 *end = sp->spt + SPTES_PER_TABLE;
	u64 pages = kvm_level_pages(it.level);
	struct kvm_mmu_page *child;
	long leaves = 0;
	u64 old;

	for (it.sptep = sp->spt; it.sptep < end; it.sptep++, it.gfn += pages) {
		old = take_entry(op, &it);
		if (!is_shadow_present_pte(old))
			continue;
		trace_kvm_tdp_mmu_spte_changed(op->root, it.gfn, it.level, old,
					       op->masks->frozen);
		if (is_last_spte(old, it.level)) {
			leaves++;
			continue;
		}
		child = kvm_mmu_page_of(old & op->masks->pfn);
		kvm_nx_untrack(op->kvm, child);
		child->next = *below;
		*below = child;
	}
	if (leaves && !kvm_mmu_broken(KVM_MMU_BREAK_ACCOUNT_LEAF))
		count_leaves(op, it.level, -leaves);
	account_table(op->kvm, sp, -1);
	free_page_later(op->kvm, sp);
}

static void take_apart(struct kvm_tdp_op *op, struct kvm_mmu_page *sp)
{
	struct kvm_mmu_page *below = NULL;

	do {
		take_apart_one(op, sp, &below);
		sp = below;
		if (sp)
			below = sp->next;
	} while (sp);
}

/* --- paying -------------------------------------------------------------- */

/* No CPU knows the table any more: its entry becomes what it is to be. */
static void unfreeze_parent(struct kvm_tdp_op *op, struct kvm_mmu_page *sp)
{
	struct tdp_iter it = {
		.gfn = sp->gfn,
		.level = sp->role.level + 1,
		.sptep = sp->parent_sptep,
		.old_spte = op->masks->frozen,
	};

	/* Nobody else changes a frozen entry, so this does not fail. */
	if (store(op, &it, sp->replacement) &&
	    is_leaf_spte(sp->replacement, it.level))
		count_leaves(op, it.level, 1);
}

static noinline void pay_tables(struct kvm_tdp_op *op)
{
	struct kvm_mmu_page *sp, *next, *removed = op->removed;

	op->removed = NULL;
	op->nr_removed = 0;
	/*
	 * All of them first: who takes a table apart may wait for somebody
	 * else's frozen entry, and must not have one of its own then.
	 */
	for (sp = removed; sp; sp = sp->next)
		unfreeze_parent(op, sp);
	op->detached = true;
	for (sp = removed; sp; sp = next) {
		next = sp->next;
		take_apart(op, sp);
	}
	op->detached = false;
}

void kvm_tdp_op_flush(struct kvm_tdp_op *op)
{
	bool late = op->removed &&
		    kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_BEFORE_FREE);

	if (!late)
		pay_flush(op);
	if (op->removed)
		pay_tables(op);
	if (late)
		pay_flush(op);
}

static bool yield_wanted(struct kvm_tdp_op *op)
{
	if (kvm_mmu_is_calm())
		return kvm_mmu_debug_yield(op->kvm);
	/* Not rwlock_needbreak(): that is for kernels that preempt, only. */
	return need_resched() || rwlock_is_contended(&op->kvm->mmu_lock) ||
	       kvm_mmu_debug_yield(op->kvm);
}

bool kvm_tdp_op_yield(struct kvm_tdp_op *op, struct tdp_iter *it)
	__must_hold(&op->kvm->mmu_lock) __must_hold(RCU)
{
	struct kvm *kvm = op->kvm;

	if (likely(!yield_wanted(op)) || it->cursor == it->yielded_at ||
	    op->stays)
		return false;

	if (!kvm_mmu_broken(KVM_MMU_BREAK_FLUSH_BEFORE_YIELD))
		kvm_tdp_op_flush(op);
	rcu_read_unlock();
	if (op->shared) {
		kvm_mmu_read_unlock(kvm);
		cond_resched();
		kvm_mmu_read_lock(kvm);
	} else {
		kvm_mmu_write_unlock(kvm);
		cond_resched();
		kvm_mmu_write_lock(kvm);
	}
	rcu_read_lock();

	it->yielded_at = it->cursor;
	it->restart = true;
	return true;
}

/* --- roots --------------------------------------------------------------- */

static struct kvm_mmu_page *find_root(struct kvm *kvm,
				      union kvm_mmu_page_role role)
{
	struct kvm_mmu_page *root;

	list_for_each_entry(root, &kvm->mmu.tdp_roots, link)
		if (root->role.word == role.word &&
		    refcount_inc_not_zero(&root->root_count))
			return root;
	return NULL;
}

struct kvm_mmu_page *kvm_tdp_get_root(struct kvm *kvm,
				      union kvm_mmu_page_role role,
				      struct kvm_mmu_caches *caches)
{
	struct kvm_mmu_page *root;

	lockdep_assert_held(&kvm->mmu_lock);
	spin_lock(&kvm->mmu.pages_lock);
	root = find_root(kvm, role);
	if (root)
		goto out;

	root = new_page(caches, 0, role);
	if (!root)
		goto out;
	/* One for the VM, one for the caller. */
	refcount_set(&root->root_count, 2);
	account_table(kvm, root, 1);
	trace_kvm_mmu_get_page(root);
	list_add_tail_rcu(&root->link, &kvm->mmu.tdp_roots);
out:
	spin_unlock(&kvm->mmu.pages_lock);
	return root;
}

void kvm_tdp_put_root(struct kvm *kvm, struct kvm_mmu_page *root)
{
	if (!refcount_dec_and_test(&root->root_count))
		return;

	/* The VM's own reference went with what the root mapped. */
	spin_lock(&kvm->mmu.pages_lock);
	list_del_rcu(&root->link);
	spin_unlock(&kvm->mmu.pages_lock);
	account_table(kvm, root, -1);
	free_page_later(kvm, root);
}

static bool root_fits(struct kvm_mmu_page *root, int as_id)
{
	return !root->role.invalid &&
	       (as_id == KVM_TDP_ALL_ADDRESS_SPACES || root->role.smm == as_id);
}

struct kvm_mmu_page *kvm_tdp_next_root(struct kvm *kvm,
				       struct kvm_mmu_page *root, int as_id)
{
	struct list_head *roots = &kvm->mmu.tdp_roots;
	struct kvm_mmu_page *next;

	lockdep_assert_held(&kvm->mmu_lock);
	rcu_read_lock();
	next = root ? root : list_entry_rcu(roots, struct kvm_mmu_page, link);
	list_for_each_entry_continue_rcu(next, roots, link)
		if (root_fits(next, as_id) &&
		    refcount_inc_not_zero(&next->root_count))
			break;
	rcu_read_unlock();

	if (root)
		kvm_tdp_put_root(kvm, root);
	return &next->link == roots ? NULL : next;
}

void kvm_tdp_invalidate_roots(struct kvm *kvm)
{
	union kvm_mmu_page_role role;
	struct kvm_mmu_page *root;
	bool any = false;

	lockdep_assert_held_write(&kvm->mmu_lock);
	spin_lock(&kvm->mmu.pages_lock);
	list_for_each_entry(root, &kvm->mmu.tdp_roots, link) {
		role = root->role;
		any |= !role.invalid;
		role.invalid = 1;
		/* Read without a lock by who ages and who shows. */
		WRITE_ONCE(root->role.word, role.word);
	}
	spin_unlock(&kvm->mmu.pages_lock);
	if (!any)
		return;
	trace_kvm_mmu_zap_all_fast(kvm);
	kvm->mmu.ops->reload_roots(kvm);
	queue_work(system_unbound_wq, &kvm->mmu.zap_work);
}

/*
 * The tables at @level go, one after the other; those below them went before.
 * Nobody maps anything here: faults look at role.invalid under mmu_lock.
 */
static void zap_tables_at(struct kvm_tdp_op *op, unsigned int level)
{
	struct tdp_iter it;

	tdp_iter_start(&it, op->masks, op->root, level + 1, 0, ~0ull);
	while (tdp_iter_next(&it)) {
		if (kvm_tdp_op_yield(op, &it))
			continue;
		if (it.level != level + 1 ||
		    !is_table_spte(it.old_spte, it.level))
			continue;
		while (!kvm_tdp_set_spte(op, &it, op->masks->nonpresent) &&
		       is_table_spte(it.old_spte, it.level))
			;
		kvm_tdp_op_flush(op);
	}
}

static void zap_invalid_root(struct kvm *kvm, struct kvm_mmu_page *root)
{
	struct kvm_tdp_op op;
	unsigned int level;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	kvm_tdp_op_enter(&op, root);
	for (level = 1; level < root->role.level; level++)
		zap_tables_at(&op, level);
	kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
}

/* An invalid root that the VM still has its reference to; that is ours now. */
static struct kvm_mmu_page *take_invalid_root(struct kvm *kvm)
{
	struct kvm_mmu_page *root;

	kvm_mmu_read_lock(kvm);
	spin_lock(&kvm->mmu.pages_lock);
	list_for_each_entry(root, &kvm->mmu.tdp_roots, link) {
		if (root->role.invalid && !root->zapped) {
			root->zapped = true;
			goto out;
		}
	}
	root = NULL;
out:
	spin_unlock(&kvm->mmu.pages_lock);
	kvm_mmu_read_unlock(kvm);
	return root;
}

void kvm_tdp_zap_work(struct work_struct *work)
{
	struct kvm *kvm = container_of(work, struct kvm, mmu.zap_work);
	struct kvm_mmu_page *root;

	while ((root = take_invalid_root(kvm))) {
		zap_invalid_root(kvm, root);
		kvm_tdp_put_root(kvm, root);
	}
}
