/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spte.h - building, reading and classifying a shadow PTE
 *
 * Owns: what an SPTE may be, and every step from one legal state to another
 * that is arithmetic.  Nobody above this file tests a raw bit.
 *
 * An entry is of one kind:
 *
 *	kind	what the CPU sees	what tells it
 *	EMPTY	not present		all the rest
 *	FROZEN	not present		masks->frozen
 *	MMIO	faults in its own way	masks->mmio_mask, mmio_value
 *	TABLE	the next table		MMU_PRESENT, level > 1, not HUGE
 *	LEAF	a page, or a tracked	MMU_PRESENT, level 1 or HUGE
 *		one: not present
 *
 * A leaf is in one of these states.  host_writable: the host lets the page be
 * written.  mmu_writable: nothing but dirty logging or the tracking of its use
 * keeps it from being writable, so that a fault may make it so without
 * a lock.  Every other combination is illegal.
 *
 *	host_writable	mmu_writable	W	why
 *	0		0		0	read-only to the host
 *	1		0		0	a guest's page table is shadowed here
 *	1		1		0	dirty logging wants to see the next write
 *	1		1		1	writable
 *
 * What is executable only is neither writable nor mmu_writable.
 *
 * Where the CPU has no accessed bit, an old page is one whose R, W and X are
 * put aside in masks->saved.  They still are what the page allows: the TLB may
 * hold them, and who takes one of them away owes a flush.
 *
 * Locking: none; pure.
 *
 * Deliberately absent: stores.  tdp_mmu.c has those, in one place.
 */
#ifndef TWINWALK_MMU_SPTE_H
#define TWINWALK_MMU_SPTE_H

#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/page.h>

#include "mmu/pte_masks.h"
#include "mmu/role.h"

/* An entry of a table translates this many bits of a gfn. */
#define KVM_LEVEL_BITS 9

/* A root of this level is a PAE root, see kvm_make_pae_root_spte(). */
#define KVM_PAE_ROOT_LEVEL 3

/* log2 of how many 4K pages an entry at @level translates. */
static inline unsigned int kvm_level_shift(unsigned int level)
{
	return (level - 1) * KVM_LEVEL_BITS;
}

/* How many 4K pages an entry at @level translates. */
static inline u64 kvm_level_pages(unsigned int level)
{
	return 1ull << kvm_level_shift(level);
}

/* The first gfn of the entry at @level that translates @gfn. */
static inline gfn_t kvm_level_gfn(gfn_t gfn, unsigned int level)
{
	return gfn & ~(kvm_level_pages(level) - 1);
}

enum kvm_spte_kind {
	KVM_SPTE_EMPTY,
	KVM_SPTE_FROZEN,
	KVM_SPTE_MMIO,
	KVM_SPTE_TABLE,
	KVM_SPTE_LEAF,
};

/* Is the entry a table or a leaf? */
static inline bool is_shadow_present_pte(u64 spte)
{
	return spte & KVM_PTE_MMU_PRESENT;
}

/* Of a present entry: does it map a page? */
static inline bool is_last_spte(u64 spte, unsigned int level)
{
	return level == 1 || (spte & KVM_PTE_HUGE);
}

static inline bool is_leaf_spte(u64 spte, unsigned int level)
{
	return is_shadow_present_pte(spte) && is_last_spte(spte, level);
}

static inline bool is_table_spte(u64 spte, unsigned int level)
{
	return is_shadow_present_pte(spte) && !is_last_spte(spte, level);
}

static inline bool is_frozen_spte(const struct kvm_pte_masks *m, u64 spte)
{
	return spte == m->frozen;
}

static inline bool is_mmio_spte(const struct kvm_pte_masks *m, u64 spte)
{
	return m->mmio_value && (spte & m->mmio_mask) == m->mmio_value &&
	       !is_shadow_present_pte(spte);
}

/* Of a present entry. */
static inline kvm_pfn_t spte_to_pfn(const struct kvm_pte_masks *m, u64 spte)
{
	return (spte & m->pfn) >> PAGE_SHIFT;
}

/* Of a leaf: is its use tracked by a fault, and not seen so far? */
static inline bool is_access_tracked_spte(const struct kvm_pte_masks *m,
					  u64 spte)
{
	return m->saved && !(spte & m->present);
}

/*
 * Of a leaf: what it allows, as bits of masks->present and masks->nx, where
 * those are now.
 */
static inline u64 spte_permissions(const struct kvm_pte_masks *m, u64 spte)
{
	if (is_access_tracked_spte(m, spte))
		spte = (spte & m->saved) >> KVM_PTE_SAVED_SHIFT;
	return spte & (m->present | m->writable | m->user | m->nx);
}

static inline bool is_writable_pte(const struct kvm_pte_masks *m, u64 spte)
{
	return spte_permissions(m, spte) & m->writable;
}

static inline bool is_executable_pte(const struct kvm_pte_masks *m, u64 spte)
{
	return (spte_permissions(m, spte) & (m->exec | m->nx)) == m->exec;
}

static inline bool is_mmu_writable_spte(const struct kvm_pte_masks *m, u64 spte)
{
	return spte & m->mmu_writable;
}

static inline bool is_host_writable_spte(const struct kvm_pte_masks *m,
					 u64 spte)
{
	return spte & m->host_writable;
}

/* Of a leaf: was it used since kvm_spte_mark_old()? */
static inline bool is_accessed_spte(const struct kvm_pte_masks *m, u64 spte)
{
	return m->accessed ? spte & m->accessed :
			     !is_access_tracked_spte(m, spte);
}

/* Of a leaf: was it written since its D, or without D its W, was cleared? */
static inline bool is_dirty_spte(const struct kvm_pte_masks *m, u64 spte)
{
	return m->dirty ? spte & m->dirty : is_writable_pte(m, spte);
}

/**
 * kvm_spte_kind() - which kind of entry is it?
 * @m: the format
 * @spte: any value
 * @level: of the table that holds it
 */
enum kvm_spte_kind kvm_spte_kind(const struct kvm_pte_masks *m, u64 spte,
				 unsigned int level);

/**
 * kvm_spte_is_legal() - could the MMU have made this entry?
 * @m: the format
 * @spte: any value
 * @level: of the table that holds it, which is no PAE root
 *
 * For debug builds and tests.
 */
bool kvm_spte_is_legal(const struct kvm_pte_masks *m, u64 spte,
		       unsigned int level);

/**
 * kvm_pae_root_spte_is_legal() - the same, of an entry of a PAE root
 * @m: the legacy format
 * @spte: any value
 *
 * The entry does not tell; its table does: a root whose role has
 * KVM_PAE_ROOT_LEVEL is a PAE root.  A table of that level below a root of
 * a higher one, as in shadow NPT, is an ordinary table.
 */
bool kvm_pae_root_spte_is_legal(const struct kvm_pte_masks *m, u64 spte);

/**
 * kvm_spte_mark_old() - the same leaf, not used since
 * @m: the format
 * @spte: a leaf
 *
 * Nothing of what the page allows is lost, so there is no flush to owe: while
 * the TLB has it, the page may look old though it is used.
 */
static inline u64 kvm_spte_mark_old(const struct kvm_pte_masks *m, u64 spte)
{
	if (m->accessed)
		return spte & ~m->accessed;
	if (is_access_tracked_spte(m, spte))
		return spte;
	return (spte & ~(m->present | m->saved)) |
	       (spte & m->present) << KVM_PTE_SAVED_SHIFT;
}

/* For struct kvm_leaf_req. */
#define KVM_LEAF_HOST_WRITABLE BIT(0) /* the host lets the page be written */
#define KVM_LEAF_WRITE_TRACKED BIT(1) /* a shadowed page table: no writes */
#define KVM_LEAF_DIRTY_LOG     BIT(2) /* writes are to be seen, ... */
#define KVM_LEAF_WRITE	       BIT(3) /* ... and this is one */
#define KVM_LEAF_OLD	       BIT(4) /* nobody asked for it: not accessed */
#define KVM_LEAF_NX	       BIT(5) /* not executable if it is huge */
#define KVM_LEAF_NOT_ENCRYPTED BIT(6) /* no memory: a device's registers */

/**
 * struct kvm_leaf_req - the leaf that is wanted
 * @pfn: the first host frame, aligned to @level
 * @level: 1 to 3
 * @access: KVM_ACC_*, what the guest's own tables allow; all of it with TDP.  In
 *	EPT, KVM_ACC_USER is permission to read: without it there is no
 *	KVM_ACC_WRITE, and there has to be KVM_ACC_EXEC, and for a huge
 *	page no KVM_LEAF_NX, which would leave nothing
 * @memtype: a value of masks->memtype
 * @flags: KVM_LEAF_*
 */
struct kvm_leaf_req {
	kvm_pfn_t pfn;
	u64 memtype;
	u8 level;
	u8 access;
	u16 flags;
};

/* What of kvm_make_leaf_spte() the request decides. */
static inline u64 kvm_leaf_permissions(const struct kvm_pte_masks *m,
				       const struct kvm_leaf_req *req)
{
	u64 spte = 0;

	/* In EPT, which knows no users, USER is permission to read. */
	if (req->access & KVM_ACC_USER)
		spte = m->readable | m->user;
	else if (!m->exec_only)
		spte = m->readable;
	if ((req->access & KVM_ACC_EXEC) &&
	    (!(req->flags & KVM_LEAF_NX) || req->level == 1))
		spte |= m->exec;
	else
		spte |= m->nx;
	if (!(req->flags & KVM_LEAF_HOST_WRITABLE))
		return spte;

	spte |= m->host_writable;
	if ((req->flags & KVM_LEAF_WRITE_TRACKED) ||
	    !(req->access & KVM_ACC_WRITE))
		return spte;

	spte |= m->mmu_writable;
	if (!(req->flags & KVM_LEAF_DIRTY_LOG) || (req->flags & KVM_LEAF_WRITE))
		spte |= m->writable | m->dirty;
	return spte;
}

/**
 * kvm_make_leaf_spte() - an entry that maps a page
 * @m: the format
 * @req: what is wanted
 *
 * It is writable if the host and the guest's tables let it, it is not
 * write-tracked, and, with dirty logging, this is a write.  Nobody is told of
 * the writes that follow: who maps a page that may become writable by this
 * marks the host's page dirty before it lets go of it.
 */
static inline u64 kvm_make_leaf_spte(const struct kvm_pte_masks *m,
				     const struct kvm_leaf_req *req)
{
	u64 spte = (req->pfn << PAGE_SHIFT) | KVM_PTE_MMU_PRESENT |
		   req->memtype;

	spte |= kvm_leaf_permissions(m, req);
	if (req->level > 1)
		spte |= KVM_PTE_HUGE;
	if (!(req->flags & KVM_LEAF_NOT_ENCRYPTED))
		spte |= m->me;
	if (req->flags & KVM_LEAF_OLD)
		return kvm_spte_mark_old(m, spte);
	return spte | m->accessed;
}

/**
 * kvm_make_table_spte() - an entry that points to a table
 * @m: the format
 * @table: physical address of its page
 *
 * It allows everything; leaves restrict.
 */
static inline u64 kvm_make_table_spte(const struct kvm_pte_masks *m,
				      hpa_t table)
{
	return table | m->present | m->writable | m->user | m->exec |
	       m->accessed | m->me | KVM_PTE_MMU_PRESENT;
}

/**
 * kvm_make_pae_root_spte() - an entry of a PAE root, which points to a table
 * @m: the legacy format
 * @table: physical address of its page
 *
 * It has no permissions and no accessed bit: where other entries have W, U, A,
 * D, PS and NX, this one has reserved bits, and with one of them set the CPU
 * takes none of the root (SDM 3A, "Format of a PAE Page-Directory-Pointer-Table
 * Entry"; APM 2, "PAE Paging").  Bits 9 to 11 are ignored as elsewhere.
 *
 * Who allocates the root sees to it that its page is below 4G, since CR3 has
 * 32 bits then; and, where the format has @me, that the page is decrypted,
 * since such a CR3 has no room for the C-bit.  The tables that the root points
 * to are like any others.
 */
static inline u64 kvm_make_pae_root_spte(const struct kvm_pte_masks *m,
					 hpa_t table)
{
	return table | m->present | m->me | KVM_PTE_MMU_PRESENT;
}

/**
 * kvm_make_mmio_spte() - an entry that makes the CPU report MMIO at once
 * @m: the format
 * @gfn: what it is to remember
 * @access: KVM_ACC_*, the same
 * @gen: generation of the memslots, of which KVM_MMIO_GEN_BITS are kept
 *
 * Return: the entry; 0 if the format, or the gfn, can't have one.
 */
u64 kvm_make_mmio_spte(const struct kvm_pte_masks *m, gfn_t gfn,
		       unsigned int access, u64 gen);

/** kvm_mmio_spte_gfn() - the gfn that it remembers */
gfn_t kvm_mmio_spte_gfn(const struct kvm_pte_masks *m, u64 spte);

/** kvm_mmio_spte_access() - the KVM_ACC_* that it remembers; all if none */
unsigned int kvm_mmio_spte_access(const struct kvm_pte_masks *m, u64 spte);

/** kvm_mmio_spte_gen() - the low KVM_MMIO_GEN_BITS of its generation */
u64 kvm_mmio_spte_gen(u64 spte);

/** kvm_spte_mark_young() - the same leaf, used: the reverse of mark_old */
static inline u64 kvm_spte_mark_young(const struct kvm_pte_masks *m, u64 spte)
{
	if (!is_access_tracked_spte(m, spte))
		return spte | m->accessed;
	return (spte & ~m->saved) | (spte & m->saved) >> KVM_PTE_SAVED_SHIFT;
}

/** kvm_spte_make_nx() - the same young leaf, not executable */
static inline u64 kvm_spte_make_nx(const struct kvm_pte_masks *m, u64 spte)
{
	return (spte & ~m->exec) | m->nx;
}

/**
 * kvm_spte_wrprot() - the same leaf, without write permission
 * @m: the format
 * @spte: a leaf
 *
 * It stays mmu_writable: a fault may give it back.
 */
static inline u64 kvm_spte_wrprot(const struct kvm_pte_masks *m, u64 spte)
{
	if (is_access_tracked_spte(m, spte))
		return spte & ~(m->writable << KVM_PTE_SAVED_SHIFT);
	return spte & ~m->writable;
}

/**
 * kvm_spte_make_writable() - the same leaf, used, written and writable
 * @m: the format
 * @spte: a leaf that is mmu_writable
 *
 * The page is dirty by that: the caller logs it.
 */
static inline u64 kvm_spte_make_writable(const struct kvm_pte_masks *m,
					 u64 spte)
{
	return kvm_spte_mark_young(m, spte) | m->writable | m->dirty;
}

/**
 * kvm_make_small_spte() - one of the 512 leaves that a huge one splits into
 * @m: the format
 * @huge: a leaf at @level
 * @level: 2 or 3
 * @index: which of the 512
 *
 * All that the huge page allowed, no more.  Once it maps 4K, what was not
 * executable only because it was huge stays so: the next fetch mends that.
 */
u64 kvm_make_small_spte(const struct kvm_pte_masks *m, u64 huge,
			unsigned int level, unsigned int index);

/**
 * kvm_make_huge_spte() - the leaf that a table of leaves becomes
 * @m: the format
 * @small: a leaf of the table
 * @level: of the huge leaf, one more than that of @small
 *
 * It is writable if mmu_writable, and dirty then.
 */
u64 kvm_make_huge_spte(const struct kvm_pte_masks *m, u64 small,
		       unsigned int level);

/**
 * kvm_spte_needs_flush() - may a TLB hold more than the new entry allows?
 * @m: the format
 * @old: what was there
 * @new: what is there now
 * @level: of the table that holds them
 *
 * True for: a table gone or changed; a leaf gone, or with another pfn, memory
 * type or size, or allowing less; D cleared, which the TLB remembers as set.
 * Not for A: a page that looks old for a while harms nobody.  Not for a leaf
 * that is split into the same.
 */
static inline bool kvm_spte_needs_flush(const struct kvm_pte_masks *m, u64 old,
					u64 new, unsigned int level)
{
	u64 lost;

	if (!is_shadow_present_pte(old))
		return false;
	if (!is_last_spte(old, level))
		return old != new;
	/* A split: who makes the table gives it what the leaf had. */
	if (is_table_spte(new, level))
		return false;
	if (!is_shadow_present_pte(new))
		return true;
	if ((old ^ new) & (m->pfn | m->memtype | m->me))
		return true;

	/* NX is a permission upside down. */
	lost = (spte_permissions(m, old) ^ m->nx) &
	       ~(spte_permissions(m, new) ^ m->nx);
	return lost || (old & ~new & m->dirty);
}

#endif
