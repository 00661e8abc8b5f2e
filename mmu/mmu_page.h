/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_page.h - the header of a page table page
 *
 * Owns: struct kvm_mmu_page, of which there is one for each 4K page that holds
 * SPTEs.  What only shadow paging needs is not in it, so that a VM on the TDP
 * MMU does not pay for that.
 */
#ifndef TWINWALK_MMU_PAGE_H
#define TWINWALK_MMU_PAGE_H

#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

/**
 * struct kvm_mmu_page - a page table page
 * @spt: its 512 entries
 * @gfn: the first guest frame that they translate
 * @role: which tables it belongs to, and its level in them
 * @root_count: users of it as a root
 * @link: roots: its place among the VM's roots
 * @parent_sptep: others: the one entry that points to it
 * @rcu_head: frees it once no walker can be inside any more
 */
struct kvm_mmu_page {
	u64 *spt;
	u64 gfn;
	u32 role;
	refcount_t root_count;
	union {
		struct list_head link;
		u64 *parent_sptep;
	};
	struct rcu_head rcu_head;
};

/* Stock 6.1 has 168 or more; see docs/design.md. */
static_assert(sizeof(struct kvm_mmu_page) <= 64);

#endif
