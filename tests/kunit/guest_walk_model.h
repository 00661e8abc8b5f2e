/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_walk_model.h - a slow reading of the manuals, to compare the walker to
 *
 * Owns: struct scene, a guest CPU, its tables' root and one access; struct
 * verdict, what must come of it; and the function from one to the other.  It
 * shares nothing with mmu/guest_walk.c but the numbers of faults, of levels and
 * of KVM_ACC_*.
 *
 * Locking: none.
 */
#ifndef TWINWALK_TESTS_GUEST_WALK_MODEL_H
#define TWINWALK_TESTS_GUEST_WALK_MODEL_H

#include <linux/types.h>

#include "mmu/guest_walk.h"

enum mode {
	M_2LEVEL,
	M_PAE,
	M_4LEVEL,
	M_5LEVEL,
	M_EPT4,
	M_EPT5,
	M_COUNT
};

/**
 * struct scene - a guest CPU and one access
 * @mode: which tables
 * @width: MAXPHYADDR
 * @kind: of access: 'r', 'w' or 'x'
 * @wp: CR0.WP
 * @nxe: EFER.NXE
 * @smep: CR4.SMEP
 * @smap: CR4.SMAP
 * @pke: CR4.PKE
 * @pse: CR4.PSE
 * @pse36: CPUID has PSE-36
 * @gbpages: CPUID has 1G pages
 * @amd: reserved bits are AMD's
 * @ept_ad: bit 6 of the EPT pointer
 * @ept_xo: entries may be executable only
 * @cpl3: the CPU is at CPL 3
 * @implicit: to a descriptor table or the like
 * @ac: EFLAGS.AC
 * @table: to a page table of the level above
 * @gva: there is a linear address
 * @pkru: PKRU
 * @addr: what is accessed
 * @root: CR3 or the EPT pointer
 * @pdptrs: registers of PAE paging
 */
struct scene {
	enum mode mode;
	unsigned int width;
	char kind;
	bool wp, nxe, smep, smap, pke, pse, pse36, gbpages, amd;
	bool ept_ad, ept_xo;
	bool cpl3, implicit, ac, table, gva;
	u32 pkru;
	u64 addr;
	u64 root;
	u64 pdptrs[4];
};

/**
 * struct verdict - what must come of a scene
 * @fault: what stops the walk
 * @fault_level: where
 * @error_code: of a page fault
 * @qualification: of an EPT violation
 * @bad_gpa: of a table without memory
 * @level: of the leaf
 * @gpa: translation
 * @pt_access: above the leaf
 * @pte_access: the leaf included
 * @dirty: the leaf is, or need not be
 * @nr_changes: how many entries get flags
 * @changed_gpa: where they are
 * @changed_to: what they become
 */
struct verdict {
	enum kvm_guest_fault_kind fault;
	unsigned int fault_level;
	u32 error_code;
	u64 qualification;
	u64 bad_gpa;
	unsigned int level;
	u64 gpa;
	unsigned int pt_access;
	unsigned int pte_access;
	bool dirty;
	unsigned int nr_changes;
	u64 changed_gpa[5];
	u64 changed_to[5];
};

/* Reads an entry of guest memory; false: there is no memory. */
typedef bool (*model_read_t)(void *ctx, u64 gpa, unsigned int size, u64 *entry);

/* What the manuals say of the scene. */
void model_walk(const struct scene *s, model_read_t read, void *ctx,
		struct verdict *v);

/* Is this bit of a present entry reserved? */
bool model_reserved(const struct scene *s, unsigned int level, bool maps_page,
		    unsigned int bit);

/* Levels of the mode's tables, PAE's registers included. */
unsigned int model_levels(enum mode mode);

#endif
