/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug.h - the ghost map, the flush spy, and breaking rules on purpose
 *
 * Owns: what a debug build watches.  In any other build all of it is nothing.
 *
 * The ghost map is a second, plain account of what a VM's tables say: for each
 * root and level, gfn -> (pfn, what is allowed, memory type).  It is kept at
 * each store to an SPTE, by a decoder of its own, and compared with the tables
 * when a lock is released.  A store past it, or one that it was not told the
 * truth about, is found.
 *
 * The flush spy knows, by rules of its own, which stores leave something in a
 * TLB that must not stay there, and who owes the flush: the task that made the
 * store, before it drops the lock, and before it gives a table to RCU.
 *
 * A violation is counted, and the first few are printed.
 *
 * Locking: one spinlock per VM makes a store and its account one step.  It
 * nests inside mmu_lock and inside RCU.
 */
#ifndef TWINWALK_MMU_DEBUG_H
#define TWINWALK_MMU_DEBUG_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;
struct kvm_mmu_page;

enum kvm_mmu_violation {
	KVM_MMU_BAD_SPTE, /* an entry in no legal state */
	KVM_MMU_BAD_CHANGE, /* a change that is none of the legal ones */
	KVM_MMU_BAD_TABLE, /* a table's level, gfn or parent is wrong */
	KVM_MMU_BAD_GHOST, /* tables and ghost map differ */
	KVM_MMU_BAD_LOCK, /* a store without the lock it needs */
	KVM_MMU_BAD_UNFLUSHED, /* a lock dropped with a flush owed */
	KVM_MMU_BAD_FREED, /* a table freed with a flush owed */
	KVM_MMU_BAD_REFLUSH, /* a flush that nobody needed */
	KVM_MMU_BAD_COUNT, /* counters and tables differ */
	KVM_MMU_NR_VIOLATIONS
};

/*
 * Rules that the KUnit module can have broken, one at a time, to see that the
 * checks find it.  docs/design.md lists who finds what.
 */
enum kvm_mmu_break {
	KVM_MMU_BREAK_NONE,
	KVM_MMU_BREAK_FLUSH_ON_ZAP,
	KVM_MMU_BREAK_FLUSH_ON_WRPROT,
	KVM_MMU_BREAK_FLUSH_ON_CLEAR_DIRTY,
	KVM_MMU_BREAK_FLUSH_BEFORE_FREE,
	KVM_MMU_BREAK_FLUSH_BEFORE_YIELD,
	KVM_MMU_BREAK_FLUSH_ONCE,
	KVM_MMU_BREAK_FREEZE,
	KVM_MMU_BREAK_CHILD_LEVEL,
	KVM_MMU_BREAK_CHILD_GFN,
	KVM_MMU_BREAK_PFN_CHANGE,
	KVM_MMU_BREAK_WRITABLE_RULE,
	KVM_MMU_BREAK_ACCOUNT_LEAF,
	KVM_MMU_BREAK_ACCOUNT_TABLE,
	KVM_MMU_BREAK_STORE_UNSEEN,
	KVM_MMU_BREAK_ZAP_RANGE,
	KVM_MMU_BREAK_SPLIT_INDEX,
	KVM_MMU_BREAK_RECOVER_PFN,
	KVM_MMU_BREAK_LOCK,
	KVM_MMU_BREAK_MMIO_OVER_LEAF,
	KVM_MMU_NR_RANDOM_BREAKS, /* random steps find those above */
	KVM_MMU_BREAK_SETTLE = KVM_MMU_NR_RANDOM_BREAKS,
	KVM_MMU_NR_BREAKS
};

#if defined(TWINWALK_KUNIT) && defined(TWINWALK_DEBUG)
extern enum kvm_mmu_break kvm_mmu_break;

static inline bool kvm_mmu_broken(enum kvm_mmu_break rule)
{
	return unlikely(READ_ONCE(kvm_mmu_break) == rule);
}

/* Tests that count flushes: yield when kvm_mmu_debug_yield() says, only then. */
extern bool kvm_mmu_calm;

static inline bool kvm_mmu_is_calm(void)
{
	return READ_ONCE(kvm_mmu_calm);
}
#else
static inline bool kvm_mmu_is_calm(void)
{
	return false;
}

static inline bool kvm_mmu_broken(enum kvm_mmu_break rule)
{
	return rule == KVM_MMU_BREAK_NONE;
}
#endif

/**
 * struct kvm_mmu_store - a store to an SPTE, as the debug build sees it
 * @root: of the tables
 * @sptep: the entry
 * @gfn: the first that it translates
 * @old: what it was
 * @new: what it is
 * @level: of the table that holds it
 * @shared: by one of many under mmu_lock for read
 * @detached: in a table that no CPU knows any more: nothing is owed for it
 * @gains: it only allows more, which takes no lock
 */
struct kvm_mmu_store {
	struct kvm_mmu_page *root;
	const u64 *sptep;
	gfn_t gfn;
	u64 old;
	u64 new;
	u8 level;
	bool shared;
	bool detached;
	bool gains;
};

#ifdef TWINWALK_DEBUG
/**
 * kvm_mmu_debug_init() - watch a VM
 * @kvm: a VM whose tables are empty
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_mmu_debug_init(struct kvm *kvm);

/** kvm_mmu_debug_uninit() - the reverse; the tables are empty again */
void kvm_mmu_debug_uninit(struct kvm *kvm);

/** kvm_mmu_debug_begin() - a store follows; nothing may sleep until it is told */
void kvm_mmu_debug_begin(struct kvm *kvm);

/** kvm_mmu_debug_end() - the store was made, or, with NULL, was not */
void kvm_mmu_debug_end(struct kvm *kvm, const struct kvm_mmu_store *store);

/** kvm_mmu_debug_flushed() - the @nr gfns from @start are in no TLB */
void kvm_mmu_debug_flushed(struct kvm *kvm, gfn_t start, u64 nr);

/** kvm_mmu_debug_freed() - a table is given to RCU */
void kvm_mmu_debug_freed(struct kvm *kvm, struct kvm_mmu_page *sp);

/** kvm_mmu_debug_unlock() - mmu_lock is about to be dropped by this task */
void kvm_mmu_debug_unlock(struct kvm *kvm, bool shared);

/** kvm_mmu_debug_unlocked() - mmu_lock was held for read, and was dropped */
void kvm_mmu_debug_unlocked(struct kvm *kvm);

/** kvm_mmu_debug_verify() - compare all; mmu_lock held for write */
void kvm_mmu_debug_verify(struct kvm *kvm);

/** kvm_mmu_debug_set_yield() - yield at every @every'th chance; 0: if needed */
void kvm_mmu_debug_set_yield(struct kvm *kvm, unsigned long every);

/** kvm_mmu_debug_yield() - is it time for a yield that nobody needs? */
bool kvm_mmu_debug_yield(struct kvm *kvm);

/** kvm_mmu_debug_violations() - how many of a kind there were */
unsigned long kvm_mmu_debug_violations(struct kvm *kvm,
				       enum kvm_mmu_violation kind);
#else
static inline int kvm_mmu_debug_init(struct kvm *kvm)
{
	return 0;
}

static inline void kvm_mmu_debug_uninit(struct kvm *kvm)
{
}

static inline void kvm_mmu_debug_begin(struct kvm *kvm)
{
}

static inline void kvm_mmu_debug_end(struct kvm *kvm,
				     const struct kvm_mmu_store *store)
{
}

static inline void kvm_mmu_debug_flushed(struct kvm *kvm, gfn_t start, u64 nr)
{
}

static inline void kvm_mmu_debug_freed(struct kvm *kvm, struct kvm_mmu_page *sp)
{
}

static inline void kvm_mmu_debug_unlock(struct kvm *kvm, bool shared)
{
}

static inline void kvm_mmu_debug_unlocked(struct kvm *kvm)
{
}

static inline bool kvm_mmu_debug_yield(struct kvm *kvm)
{
	return false;
}
#endif

#endif
