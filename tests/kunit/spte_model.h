/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spte_model.h - SPTEs, written bit by bit
 *
 * Owns: the reference that mmu/spte.c is compared with.  It knows numbers of
 * bits from the manuals (SDM 3A, "Format of a Page-Table Entry" and "Format of
 * a PAE Page-Directory-Pointer-Table Entry"; SDM 3C, "Format of an EPT
 * Page-Table Entry"; APM 2, 5.2.3, 5.4.1 and 15.34.4) and those of
 * ours from spte.h; it never looks at masks.  struct ref_leaf says what a leaf
 * is, ref_encode() and its reverse are its two sides: a value is a leaf's if
 * both, one after the other, give the same value.
 *
 * Locking: none; pure.
 */
#ifndef TWINWALK_TESTS_SPTE_MODEL_H
#define TWINWALK_TESTS_SPTE_MODEL_H

#include <linux/bits.h>
#include <linux/types.h>

#define REF_ADDRESS	0x000ffffffffff000ull
#define REF_MMU_PRESENT 0x800ull
#define REF_HUGE	0x80ull

/* How many states of a leaf there are, at one level. */
#define REF_NR_LEAVES 256

struct spte_format {
	const char *name;
	bool ept;
	bool ad;
	bool exec_only;
	bool encrypts; /* the host has the C-bit set in its own entries */
	u8 width; /* legacy: address bits from here up are reserved, ... */
	u8 c_bit; /* ... but for this one; 0: none */
	u8 cache_bits; /* of a CPU with L1TF; 0: without */
};

struct ref_leaf {
	u8 level;
	u8 memtype;
	bool host;
	bool mmu;
	bool w;
	bool r;
	bool x;
	bool u;
	bool young;
	bool dirty;
	bool me;
	u64 pfn;
};

/** ref_empty() - an entry that maps nothing */
u64 ref_empty(const struct spte_format *f);

/** ref_frozen() - an entry that is being changed */
u64 ref_frozen(const struct spte_format *f);

/** ref_c_bit() - what encrypts the host's memory; 0 if nothing does */
u64 ref_c_bit(const struct spte_format *f);

/** ref_reserved() - address bits that make the CPU fault; 0 in EPT */
u64 ref_reserved(const struct spte_format *f);

/** ref_encode() - the value that a leaf has, a legal one or not */
u64 ref_encode(const struct spte_format *f, const struct ref_leaf *l);

/** ref_leaf_legal() - spte.h's table, and what else it says */
bool ref_leaf_legal(const struct spte_format *f, const struct ref_leaf *l);

/** ref_table() - the value that points to a table */
u64 ref_table(const struct spte_format *f, u64 address);

/** ref_pae_root() - the value of a PAE root that points to a table */
u64 ref_pae_root(const struct spte_format *f, u64 address);

/** ref_pae_reserved() - what the CPU refuses in an entry of a PAE root */
u64 ref_pae_reserved(const struct spte_format *f);

/** ref_pae_legal() - may an entry of a PAE root have that value? */
bool ref_pae_legal(const struct spte_format *f, u64 e);

/** ref_mmio_limit() - gfns from here up are not remembered */
u64 ref_mmio_limit(const struct spte_format *f);

/** ref_mmio() - an MMIO entry; 0 if there is none for that */
u64 ref_mmio(const struct spte_format *f, u64 gfn, unsigned int access,
	     u64 gen);

/** ref_legal() - may an entry at @level have that value? */
bool ref_legal(const struct spte_format *f, u64 e, unsigned int level);

/**
 * ref_nth_leaf() - one of all states of a leaf, the illegal ones too
 * @f: the format
 * @n: below REF_NR_LEAVES
 * @level: 1 to 3
 * @l: becomes that
 *
 * Return: false if the format can't tell it from another one.
 */
bool ref_nth_leaf(const struct spte_format *f, unsigned int n,
		  unsigned int level, struct ref_leaf *l);

/**
 * ref_next_leaf() - the next of all states, at all levels
 * @f: the format
 * @n: 0 at first
 * @l: becomes the state
 * @legal: no illegal ones
 *
 * Return: false if there are no more.
 */
bool ref_next_leaf(const struct spte_format *f, unsigned int *n,
		   struct ref_leaf *l, bool legal);

#endif
