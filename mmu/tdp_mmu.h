/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_mmu.h - the TDP MMU, for the rest of mmu/
 *
 * Owns: the tables that translate gfns for the CPU's second walk (NPT, EPT):
 * one set per VM and root role, used by all vCPUs.
 *
 * Locking: kvm->mmu_lock.  Held for read, many change entries at a time, each
 * by a compare-and-exchange; held for write, one does.  Each function says
 * which.  What only looks, or marks old, needs RCU alone.
 *
 * An operation (struct kvm_tdp_op) collects what it owes: one TLB flush for all
 * it did, then the tables it removed.  It pays before it yields or ends.
 *
 * That another operation has done something does not mean that it has paid.  Who
 * promises its caller that no TLB has something any more, and may have found it
 * gone, settles (kvm_tdp_op_settle()).
 *
 * A table is removed in these steps, so that no CPU translates through memory
 * that is something else by then:
 *
 *	1. the entry that points to it becomes FROZEN; nobody else may touch it
 *	2. flush: no CPU knows the table any more
 *	3. the entry becomes what it is to be; faults may go on there
 *	4. each entry in the table becomes FROZEN for good, which turns away
 *	   those who still are in it, and is accounted
 *	5. RCU frees it, once they have left
 */
#ifndef TWINWALK_MMU_TDP_MMU_H
#define TWINWALK_MMU_TDP_MMU_H

#include <linux/kvm_types.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/types.h>

#include "mmu/debug.h"
#include "mmu/mmu_cache.h"
#include "mmu/mmu_page.h"
#include "mmu/mmu_vm.h"
#include "mmu/spte.h"
#include "mmu/tdp_iter.h"
#include "vm.h"

/**
 * kvm_mmu_caches_init() - empty caches for tables of a VM
 * @kvm: whose format is known
 * @c: filled whole
 * @capacity: how many tables they hold; a fault needs KVM_MMU_MAX_ROOT_LEVEL
 * @flags: for both, KVM_MMU_CACHE_*
 */
void kvm_mmu_caches_init(struct kvm *kvm, struct kvm_mmu_caches *c,
			 unsigned int capacity, unsigned int flags);

/** kvm_mmu_caches_free() - give back what they hold; may sleep */
void kvm_mmu_caches_free(struct kvm_mmu_caches *c);

/**
 * kvm_mmu_caches_topup() - have what some tables are made of
 * @c: to be topped up
 * @min: how many tables
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
static inline int kvm_mmu_caches_topup(struct kvm_mmu_caches *c,
				       unsigned int min)
{
	int r = kvm_mmu_cache_topup(&c->tables, min);

	return r ? r : kvm_mmu_cache_topup(&c->headers, min);
}

/* --- mmu_lock, by these so that debug builds see it dropped -------------- */

static inline void kvm_mmu_read_lock(struct kvm *kvm) __acquires(&kvm->mmu_lock)
{
	read_lock(&kvm->mmu_lock);
}

static inline void kvm_mmu_read_unlock(struct kvm *kvm)
	__releases(&kvm->mmu_lock)
{
	kvm_mmu_debug_unlock(kvm, true);
	read_unlock(&kvm->mmu_lock);
	kvm_mmu_debug_unlocked(kvm);
}

static inline void kvm_mmu_write_lock(struct kvm *kvm)
	__acquires(&kvm->mmu_lock)
{
	write_lock(&kvm->mmu_lock);
}

static inline void kvm_mmu_write_unlock(struct kvm *kvm)
	__releases(&kvm->mmu_lock)
{
	kvm_mmu_debug_unlock(kvm, false);
	write_unlock(&kvm->mmu_lock);
}

/* --- operations ---------------------------------------------------------- */

/**
 * struct kvm_tdp_op - an operation on a VM's tables, and what it owes
 * @kvm: the VM
 * @masks: its format
 * @root: the root it is at
 * @shared: mmu_lock is held for read, not for write
 * @detached: it is taking apart what is flushed already
 * @stays: it does not yield, as its caller may not sleep
 * @flush_start: first gfn to be flushed; nothing is owed if not below ...
 * @flush_end: ... the one behind the last
 * @removed: tables whose entry is FROZEN, by next
 * @nr_removed: how many
 * @indebted: it is one of kvm->mmu.nr_debtors
 * @changed: how many entries it changed
 */
struct kvm_tdp_op {
	struct kvm *kvm;
	const struct kvm_pte_masks *masks;
	struct kvm_mmu_page *root;
	bool shared;
	bool detached;
	bool indebted;
	bool stays;
	gfn_t flush_start;
	gfn_t flush_end;
	struct kvm_mmu_page *removed;
	unsigned int nr_removed;
	unsigned long changed;
};

/*
 * Whoever comes to a FROZEN entry has to wait, so who removes many tables in a
 * row pays after so many.
 */
#define KVM_TDP_REMOVED_BATCH 32

/* For kvm_tdp_op_begin(). */
enum kvm_mmu_lock_mode {
	KVM_MMU_EXCLUSIVE,
	KVM_MMU_SHARED,
};

/* Is mmu_lock held as the operation says? */
static inline void kvm_tdp_op_assert_locked(const struct kvm_tdp_op *op)
{
	if (op->shared)
		lockdep_assert_held_read(&op->kvm->mmu_lock);
	else
		lockdep_assert_held_write(&op->kvm->mmu_lock);
}

/**
 * kvm_tdp_op_begin() - an operation that owes nothing so far
 * @op: filled whole
 * @kvm: the VM; mmu_lock held as @mode says
 * @mode: for read or for write
 *
 * Enters an RCU read-side section, which lasts until kvm_tdp_op_end().
 */
static inline void kvm_tdp_op_begin(struct kvm_tdp_op *op, struct kvm *kvm,
				    enum kvm_mmu_lock_mode mode) __acquires(RCU)
{
	rcu_read_lock();
	/* One by one: a literal would be cleared first, and cost a fault more. */
	op->kvm = kvm;
	op->masks = kvm->mmu.masks;
	op->root = NULL;
	op->shared = mode == KVM_MMU_SHARED;
	op->detached = false;
	op->indebted = false;
	op->stays = false;
	op->flush_start = ~0ull;
	op->flush_end = 0;
	op->removed = NULL;
	op->nr_removed = 0;
	op->changed = 0;
	kvm_tdp_op_assert_locked(op);
}

/**
 * kvm_tdp_op_flush() - pay what is owed
 * @op: the operation
 *
 * One TLB flush for all since the last; then the removed tables are taken
 * apart and given to RCU.
 */
void kvm_tdp_op_flush(struct kvm_tdp_op *op);

/**
 * kvm_tdp_op_settle() - what others took away is in no TLB either
 * @op: pays what it owes
 * @start: first gfn
 * @end: the one behind the last
 *
 * To be called at the end by who has looked at the whole range and promises
 * that no TLB has more of it than the tables now say.  It may have found
 * something done by another operation that has not paid for it so far; if there
 * is one that might, the range is flushed once more.
 */
void kvm_tdp_op_settle(struct kvm_tdp_op *op, gfn_t start, gfn_t end);

/**
 * kvm_tdp_op_enter() - go on with another root
 * @op: pays for the tables that it removed of the root before
 * @root: the caller has a reference
 */
static inline void kvm_tdp_op_enter(struct kvm_tdp_op *op,
				    struct kvm_mmu_page *root)
{
	if (op->removed)
		kvm_tdp_op_flush(op);
	op->root = root;
}

/**
 * kvm_tdp_op_end() - pay what is owed, leave the RCU section
 * @op: the operation
 *
 * Return: how many entries were changed.
 */
static inline unsigned long kvm_tdp_op_end(struct kvm_tdp_op *op)
	__releases(RCU)
{
	if (unlikely(op->indebted))
		kvm_tdp_op_flush(op);
	rcu_read_unlock();
	return op->changed;
}

/**
 * kvm_tdp_op_yield() - let others have the CPU or the lock, if they want it
 * @op: pays what it owes before
 * @it: where it is; restart is set if the lock was dropped
 *
 * Not again before @it has come further since the last time, so that a walk
 * under contention ends.  Never if the operation stays.
 *
 * Context: may sleep if mmu_lock is all that is held.
 * Return: true if the lock was dropped: nothing read before holds any more.
 */
bool kvm_tdp_op_yield(struct kvm_tdp_op *op, struct tdp_iter *it);

/**
 * kvm_tdp_op_topup() - drop the lock to allocate what a table is made of
 * @op: shared; pays what it owes before
 * @it: where it is; restart is set
 * @caches: topped up for one table at least
 *
 * Context: may sleep; mmu_lock for read is all that is held.
 * Return: 0 or -ENOMEM; the lock is held again in either case.
 */
int kvm_tdp_op_topup(struct kvm_tdp_op *op, struct tdp_iter *it,
		     struct kvm_mmu_caches *caches);

/**
 * kvm_tdp_set_spte() - store to an SPTE
 * @op: says under which lock: for read, a compare-and-exchange
 * @it: the entry; old_spte becomes @new, or what was found there instead
 * @new: what it becomes
 *
 * The one way from one entry to another; accounts for it, and adds to what the
 * operation owes.  An entry that is a table is FROZEN by this, and so is
 * old_spte; it becomes @new when the operation pays.
 *
 * Return: true; false, somebody else changed the entry or has it frozen, and
 * nothing was done.
 */
bool __must_check kvm_tdp_set_spte(struct kvm_tdp_op *op, struct tdp_iter *it,
				   u64 new);

/**
 * kvm_tdp_gain_spte() - store a leaf that allows more than it did, without a lock
 * @kvm: the VM
 * @it: the entry; old_spte is a leaf, and becomes what is found there if it has
 *	changed
 * @new: the same page, of the same size and memory type, young; writable only if
 *	the leaf was mmu_writable
 *
 * Nothing is owed for that.  If the table has been cut off from the root the
 * store has no effect.
 *
 * Context: RCU.
 * Return: true; false, the entry has changed, and nothing was done.
 */
bool __must_check kvm_tdp_gain_spte(struct kvm *kvm, struct tdp_iter *it,
				    u64 new);

/**
 * kvm_tdp_clear_dirty() - clear D in an entry that was a leaf when it was read
 * @op: the operation; owes a flush if D was set
 * @it: the entry; the format has D
 *
 * One locked instruction: whatever the CPU or others set meanwhile stays set.
 *
 * Return: true if D was set.
 */
bool kvm_tdp_clear_dirty(struct kvm_tdp_op *op, struct tdp_iter *it);

/**
 * kvm_tdp_zap_table() - kvm_tdp_set_spte() to nonpresent, for many leaves
 * @op: the operation
 * @it: an entry of a 4K table; led to the last that was looked at, which is that
 *	of the table or of the range
 *
 * Leaves other entries as they are.  For each of these three: 512 entries at
 * most, so there may be a yield before and after, and what a loop over a table
 * costs is what these cost.
 */
void kvm_tdp_zap_table(struct kvm_tdp_op *op, struct tdp_iter *it);

/** kvm_tdp_wrprot_table() - the same, and the leaves stay without their W */
void kvm_tdp_wrprot_table(struct kvm_tdp_op *op, struct tdp_iter *it);

/** kvm_tdp_clear_dirty_table() - kvm_tdp_clear_dirty(), in the same way */
void kvm_tdp_clear_dirty_table(struct kvm_tdp_op *op, struct tdp_iter *it);

/**
 * kvm_tdp_link_table() - make an entry point to a table
 * @op: as above
 * @it: an entry that is no table; a leaf, if @sp's entries say the same
 * @sp: level, gfn and entries are set
 *
 * Return: as kvm_tdp_set_spte().  If false, @sp still is the caller's.
 */
bool __must_check kvm_tdp_link_table(struct kvm_tdp_op *op, struct tdp_iter *it,
				     struct kvm_mmu_page *sp);

/* --- roots --------------------------------------------------------------- */

/**
 * kvm_tdp_get_root() - the root for a role
 * @kvm: the VM
 * @role: kvm_calc_tdp_root_role()'s
 * @caches: topped up for one table
 *
 * There is one for each role; the first who asks makes it.  The VM keeps it
 * until kvm_tdp_invalidate_roots(), so dropping and getting it again is cheap.
 *
 * Context: mmu_lock held, for read or write.
 * Return: the root, with a reference for the caller; NULL if @caches were
 * empty.
 */
struct kvm_mmu_page *kvm_tdp_get_root(struct kvm *kvm,
				      union kvm_mmu_page_role role,
				      struct kvm_mmu_caches *caches);

/**
 * kvm_tdp_put_root() - give back a reference
 * @kvm: the VM
 * @root: not used by the caller any more
 *
 * Context: task; does not sleep.
 */
void kvm_tdp_put_root(struct kvm *kvm, struct kvm_mmu_page *root);

/**
 * kvm_tdp_invalidate_roots() - make all that is mapped unreachable, at once
 * @kvm: the VM
 *
 * Marks the roots, which are a handful, and makes every vCPU leave them.  What
 * they map is unmapped in the background, in bounded steps, with no flush: no
 * CPU can reach it.
 *
 * Context: mmu_lock held for write.
 */
void kvm_tdp_invalidate_roots(struct kvm *kvm);

/* For kvm_tdp_next_root(). */
#define KVM_TDP_ALL_ADDRESS_SPACES -1

/**
 * kvm_tdp_next_root() - the valid root behind another
 * @kvm: the VM
 * @root: the last one, whose reference is put; NULL to begin
 * @as_id: of this address space only, or KVM_TDP_ALL_ADDRESS_SPACES
 *
 * What is done between two calls may yield.  Who stops early puts the root.
 *
 * Return: a root with a reference, or NULL at the end.
 */
struct kvm_mmu_page *kvm_tdp_next_root(struct kvm *kvm,
				       struct kvm_mmu_page *root, int as_id);

/** kvm_tdp_zap_work() - work function: empties and drops invalidated roots */
void kvm_tdp_zap_work(struct work_struct *work);

/* --- tables -------------------------------------------------------------- */

/**
 * kvm_tdp_new_table() - a table below an entry, not linked yet
 * @caches: topped up
 * @it: the entry that is to point to it
 *
 * Return: the table, or NULL if @caches are empty.
 */
struct kvm_mmu_page *kvm_tdp_new_table(struct kvm_mmu_caches *caches,
				       struct tdp_iter *it);

/** kvm_tdp_unused_table() - give back one that was not linked, as it was made */
void kvm_tdp_unused_table(struct kvm_mmu_caches *caches,
			  struct kvm_mmu_page *sp);

/**
 * kvm_tdp_split_leaf() - fill a new table with what a huge leaf says
 * @masks: the format
 * @sp: a new table
 * @huge: the leaf
 * @level: of the leaf
 */
void kvm_tdp_split_leaf(const struct kvm_pte_masks *masks,
			struct kvm_mmu_page *sp, u64 huge, unsigned int level);

#endif
