/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pte_list.h - the container of rmaps and parent links
 *
 * Owns: the layout of struct pte_list_desc.  Only a VM that shadows page
 * tables has any; with TDP that is a nesting VM, whose lists are short, so a
 * descriptor is small there, and large only where every guest page is shadowed
 * and many processes of the guest map the same page.
 */
#ifndef TWINWALK_MMU_PTE_LIST_H
#define TWINWALK_MMU_PTE_LIST_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* How many SPTEs a descriptor holds: 32 bytes with TDP, 128 without. */
#define PTE_LIST_SPTES_TDP    2
#define PTE_LIST_SPTES_SHADOW 14

/**
 * struct pte_list_desc - some SPTEs of a list, and the rest behind them
 * @more: the next descriptor; every one but the first of a list is full
 * @spte_count: how many of @sptes are in use
 * @tail_count: how many SPTEs the descriptors behind this one hold, all told
 * @sptes: as many as kvm_mmu_nr_sptes_per_pte_list()
 */
struct pte_list_desc {
	struct pte_list_desc *more;
	u32 spte_count;
	u32 tail_count;
	u64 *sptes[];
};

static_assert(offsetof(struct pte_list_desc, sptes[PTE_LIST_SPTES_TDP]) == 32);
static_assert(offsetof(struct pte_list_desc, sptes[PTE_LIST_SPTES_SHADOW]) ==
	      128);

#endif
