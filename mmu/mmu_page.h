/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_page.h - the header of a page table page
 *
 * Owns: struct kvm_mmu_page, of which there is one for each 4K page that holds
 * SPTEs.  What only shadow paging needs is not in it, so that a VM on the TDP
 * MMU does not pay for that.
 *
 * References: a root has @root_count of them: one of the VM's list, one of
 * each MMU that has it loaded or among its previous roots, one of each walk.
 * Other pages belong to the one entry that points to them.
 */
#ifndef TWINWALK_MMU_PAGE_H
#define TWINWALK_MMU_PAGE_H

#include <linux/build_bug.h>
#include <linux/kvm_types.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "mmu/role.h"

/* An entry is 8 bytes, in every format that the host's CPU walks. */
#define SPTES_PER_TABLE 512

/**
 * struct kvm_mmu_page - a page table page
 * @spt: its 512 entries
 * @gfn: the first guest frame that they translate
 * @role: which tables it belongs to, and its level in them
 * @root_count: users of it as a root; 0 in all other pages
 * @link: roots: its place among the VM's roots
 * @parent_sptep: others: the one entry that points to it
 * @replacement: removed pages: what that entry becomes after the flush
 * @nx_link: live pages that NX huge pages forced: see nx_recovery.c
 * @next: removed pages: the next of a batch that waits for its flush
 * @rcu_head: flushed pages: frees it once no walker can be inside any more
 * @tdp: a page of the TDP MMU
 * @zapped: roots: what it mapped is being unmapped, under pages_lock
 * @nx_huge_page_disallowed: here only because a huge page must not be
 *	executable
 */
struct kvm_mmu_page {
	u64 *spt;
	gfn_t gfn;
	union kvm_mmu_page_role role;
	refcount_t root_count;
	union {
		struct list_head link;
		struct {
			u64 *parent_sptep;
			u64 replacement;
		};
	};
	union {
		struct list_head nx_link;
		struct kvm_mmu_page *next;
		struct rcu_head rcu_head;
	};
	bool tdp;
	bool zapped;
	bool nx_huge_page_disallowed;
};

/* Stock 6.1 has 168 or more; see docs/design.md. */
static_assert(sizeof(struct kvm_mmu_page) <= 64);

/**
 * kvm_mmu_page_of() - the header of a table
 * @table: physical address of its page
 */
static inline struct kvm_mmu_page *kvm_mmu_page_of(hpa_t table)
{
	return (void *)page_private(pfn_to_page(table >> PAGE_SHIFT));
}

#endif
