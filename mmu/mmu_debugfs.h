/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_debugfs.h - a VM's tables as text
 *
 * Owns: what is in "mmu_tables" and "mmu_mappings" of a VM's debugfs folder.
 * docs/design.md has an example of each.
 *
 * A reader changes nothing, takes no lock and holds no reference.  It looks at
 * so many entries at a time under RCU, and remembers where it was: the root,
 * by role and address, and the gfn.  So a file that is open keeps neither a VM
 * nor a root; what changes behind the reader is not seen, what changes before
 * it is; no gfn comes twice for a root.  A root that goes meanwhile ends there.
 *
 * Lifetime: debugfs waits for a read in progress before it lets the folder go,
 * and lets none begin after that; the VM goes later.  A read gives up when the
 * VM has no user any more, so nobody waits long.
 *
 * Deliberately absent: which guest page that is; the MMU knows gfns.
 */
#ifndef TWINWALK_MMU_MMU_DEBUGFS_H
#define TWINWALK_MMU_MMU_DEBUGFS_H

#include <linux/kvm_types.h>
#include <linux/seq_file.h>
#include <linux/types.h>

#include "mmu/role.h"
#include "mmu/spte.h"

struct kvm;
struct kvm_mmu_page;

/**
 * struct kvm_mmu_place - how far a reader has come
 * @kvm: the VM
 * @root: tells roots of the same role apart; not to be followed
 * @role: of the root it is in, as it was when it got there
 * @gfn: the first that it has not looked at
 * @roots_left: how many more roots it enters: no more in all than there were
 *	when it began, so it ends however many come
 * @inside: it is in that root, not behind it
 */
struct kvm_mmu_place {
	struct kvm *kvm;
	const struct kvm_mmu_page *root;
	union kvm_mmu_page_role role;
	gfn_t gfn;
	unsigned int roots_left;
	bool inside;
};

/**
 * struct kvm_mmu_run - entries that are alike, one behind the other
 * @start: first gfn; none so far if @end is the same
 * @end: the one behind the last
 * @spte: what the first would be if it began at @start
 * @level: of all of them
 * @kind: the same
 */
struct kvm_mmu_run {
	gfn_t start;
	gfn_t end;
	u64 spte;
	u8 level;
	enum kvm_spte_kind kind;
};

/**
 * struct kvm_mmu_tables_reader - a reader of mmu_tables
 * @at: how far it has come
 * @run: the record, if that is a run ...
 * @header: ... and not the line of a root
 * @index: the record's number
 * @status: of kvm_mmu_tables_next(), for that record
 */
struct kvm_mmu_tables_reader {
	struct kvm_mmu_place at;
	struct kvm_mmu_run run;
	bool header;
	loff_t index;
	int status;
};

/**
 * kvm_mmu_tables_first() - read the first record
 * @r: filled whole
 * @kvm: a VM with the TDP MMU
 *
 * Context: may sleep.
 * Return: as kvm_mmu_tables_next().
 */
int kvm_mmu_tables_first(struct kvm_mmu_tables_reader *r, struct kvm *kvm);

/**
 * kvm_mmu_tables_next() - read the next record: a root, or a run of entries
 * @r: at a record
 *
 * Context: may sleep.
 * Return: 1; 0 at the end; -EINTR, this task is being killed; -ENODEV, the VM
 * is going.
 */
int kvm_mmu_tables_next(struct kvm_mmu_tables_reader *r);

/** kvm_mmu_tables_show() - print the record that was read, a line */
void kvm_mmu_tables_show(struct seq_file *m,
			 const struct kvm_mmu_tables_reader *r);

/* The same for seq_file, whose private is a struct kvm_mmu_tables_reader. */
extern const struct seq_operations kvm_mmu_tables_seq_ops;

/**
 * kvm_mmu_show_mappings() - print what is mapped, in sums
 * @m: where to
 * @kvm: a VM with the TDP MMU
 *
 * Those of a root are counted by looking at it; those of all are what the MMU
 * has counted, tables that are being taken apart included.
 *
 * Context: may sleep.
 * Return: 0, or an error as of kvm_mmu_tables_next().
 */
int kvm_mmu_show_mappings(struct seq_file *m, struct kvm *kvm);

#endif
