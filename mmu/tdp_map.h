/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdp_map.h - mapping a page in the TDP MMU
 *
 * Owns: the last step of a fault: one gfn, one host page whose size and
 * permissions are decided, and the tables that have to be there.  And the faults
 * that need no such step.
 *
 * Locking: kvm->mmu_lock for read; any number of vCPUs at a time.  The caller
 * has found under it that what it knows of the host page still holds
 * (invalidate.h).  What changes one leaf for the better, or only looks, is under
 * RCU alone.
 */
#ifndef TWINWALK_MMU_TDP_MAP_H
#define TWINWALK_MMU_TDP_MAP_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/spte.h"
#include "mmu/vcpu.h"

struct kvm;
struct kvm_mmu_caches;
struct kvm_mmu_page;

/* For struct kvm_tdp_map. */
#define KVM_TDP_MAP_PREFETCH BIT(0) /* nobody waits: what is mapped stays */
#define KVM_TDP_MAP_MMIO     BIT(1) /* no page: an MMIO entry */

/**
 * struct kvm_tdp_map - what is to be mapped
 * @gfn: the page; one that the root can translate, but for MMIO
 * @leaf: how; leaf.pfn is that of @gfn itself, leaf.level the size wanted, 1 for
 *	MMIO
 * @mmio_gen: generation of the memslots, for an MMIO entry
 * @nx_level: how large the page could be if huge pages might be executed; not
 *	above leaf.level if that is not what makes it small
 * @flags: KVM_TDP_MAP_*
 */
struct kvm_tdp_map {
	gfn_t gfn;
	struct kvm_leaf_req leaf;
	u64 mmio_gen;
	u8 nx_level;
	unsigned int flags;
};

/**
 * kvm_tdp_map() - map a page
 * @kvm: the VM
 * @root: its tables; the caller has a reference
 * @map: what, and how
 * @caches: topped up for KVM_MMU_MAX_ROOT_LEVEL tables
 *
 * A huge leaf in the way of a smaller one is split, so that what it mapped
 * beside stays mapped; tables in the way of a huge leaf go.  Where small leaves
 * are there for NX huge pages' sake, a larger one is not made of them.  With
 * KVM_TDP_MAP_PREFETCH none of this is done: leaves and tables stay,
 * and the page is mapped small if there is a table for small ones.
 *
 * Context: mmu_lock held for read, and SRCU since the memslot was looked up;
 * kvm_mmu_invalidate_retry() has been asked of all that a huge leaf would map.
 * Return: RET_PF_FIXED, _SPURIOUS, _EMULATE, or _RETRY: the root is invalid,
 * an entry changed meanwhile, or @caches were empty.
 */
enum kvm_pf_result kvm_tdp_map(struct kvm *kvm, struct kvm_mmu_page *root,
			       const struct kvm_tdp_map *map,
			       struct kvm_mmu_caches *caches);

/* For kvm_tdp_map_fast(): what the access needs, but for reading. */
#define KVM_TDP_FAST_WRITE  BIT(0)
#define KVM_TDP_FAST_FETCH  BIT(1)
#define KVM_TDP_FAST_LOGGED BIT(2) /* a huge page must not become writable */

/**
 * kvm_tdp_map_fast() - give a leaf back what was taken only to see its next use
 * @kvm: the VM
 * @root: its tables; the caller has a reference
 * @gfn: the page
 * @flags: KVM_TDP_FAST_*
 *
 * That is W for dirty logging, and all of it where use is tracked by a fault.
 * Whether writes are logged does not change while the caller is in SRCU since
 * it looked up the memslot, but for the better: then the leaf is write-protected
 * after this.
 *
 * Context: any; no lock; SRCU.
 * Return: RET_PF_FIXED, the page is to be logged if this was a write;
 * RET_PF_SPURIOUS, nothing was missing; RET_PF_CONTINUE, it takes more than that.
 */
enum kvm_pf_result kvm_tdp_map_fast(struct kvm *kvm, struct kvm_mmu_page *root,
				    gfn_t gfn, unsigned int flags);

/**
 * kvm_tdp_lookup() - the entry that translates a gfn, as it is at this moment
 * @kvm: the VM
 * @root: its tables; the caller has a reference
 * @gfn: any
 *
 * Context: any; no lock.
 * Return: a leaf of whatever size, an MMIO entry, or one that is neither.
 */
u64 kvm_tdp_lookup(struct kvm *kvm, struct kvm_mmu_page *root, gfn_t gfn);

#endif
