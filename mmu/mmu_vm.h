/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_vm.h - the MMU's part of a VM
 *
 * Owns: struct kvm_mmu_vm, which struct kvm embeds, and the calls by which the
 * MMU reaches the VM's vCPUs.
 *
 * Locking: each field says; kvm->mmu_lock is meant where nothing else is.
 *
 * Deliberately absent: all that is a vCPU's (context.h), and all that shadow
 * paging needs, which a VM without it shall not pay for.
 */
#ifndef TWINWALK_MMU_VM_H
#define TWINWALK_MMU_VM_H

#include <linux/atomic.h>
#include <linux/kvm_types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "mmu/invalidate.h"

struct kvm;
struct kvm_mmu_debug;
struct kvm_pte_masks;

/* Levels of tables, and of what a leaf may map. */
#define KVM_MMU_MAX_ROOT_LEVEL 5
#define KVM_MMU_MAX_LEAF_LEVEL 3

/**
 * struct kvm_mmu_vm_ops - what the MMU asks of the VM's vCPUs
 * @flush_remote_tlbs: no vCPU has a translation of the @nr gfns from @start,
 *	or of a table on the way to them, in its TLB, when this returns: by
 *	whatever root of the VM, and be it of a larger page.  The range may be
 *	as large as the VM
 * @reload_roots: when this returns every vCPU has left the guest, and before it
 *	enters it again drops those of its roots that are invalid, those of
 *	MMUs not in use included (kvm_vcpu_mmu_drop_invalid_roots())
 *
 * An invalid root is emptied without a flush.  So a vCPU flushes whatever the CPU
 * has of a root when it loads that root, and when it comes to another CPU: a
 * table may be where one was that it knew.
 *
 * Context: mmu_lock held, for read or write; may not sleep.
 */
struct kvm_mmu_vm_ops {
	void (*flush_remote_tlbs)(struct kvm *kvm, gfn_t start, u64 nr);
	void (*reload_roots)(struct kvm *kvm);
};

/**
 * struct kvm_mmu_counts - what a VM's tables hold, of one host CPU's doing
 * @leaves: leaves, by level
 * @tables: tables, by level
 *
 * A single one may be negative; the sum of all CPUs' is not.
 */
struct kvm_mmu_counts {
	long leaves[KVM_MMU_MAX_LEAF_LEVEL + 1];
	long tables[KVM_MMU_MAX_ROOT_LEVEL + 1];
};

/**
 * struct kvm_mmu_vm - the MMU's part of a VM
 * @ops: how to reach the vCPUs; set once
 * @masks: the format of its TDP tables; set once
 * @root_level: their level; set once
 * @max_huge_level: the largest leaf; set once
 * @pages_lock: guards the lists below; a leaf among locks
 * @tdp_roots: struct kvm_mmu_page by link; read under RCU
 * @nx_pages: struct kvm_mmu_page by nx_link: tables that are there only
 *	because a huge page must not be executable
 * @nr_nx_pages: how many; read without the lock
 * @nr_debtors: operations that may have taken something away that TLBs still
 *	have, see kvm_tdp_op_settle()
 * @counts: what the tables hold, for each CPU
 * @zap_work: empties the roots that were invalidated
 * @invalidate: which gfns are being invalidated
 * @debug: the ghost map and the flush spy, or NULL
 */
struct kvm_mmu_vm {
	const struct kvm_mmu_vm_ops *ops;
	const struct kvm_pte_masks *masks;
	u8 root_level;
	u8 max_huge_level;
	spinlock_t pages_lock; /* a leaf among locks */
	struct list_head tdp_roots;
	struct list_head nx_pages;
	unsigned long nr_nx_pages;
	atomic_t nr_debtors;
	struct kvm_mmu_counts __percpu *counts;
	struct work_struct zap_work;
	struct kvm_mmu_invalidate invalidate;
#ifdef TWINWALK_DEBUG
	struct kvm_mmu_debug *debug;
#endif
};

/**
 * struct kvm_mmu_vm_config - how a VM's tables are to be
 * @ops: how to reach its vCPUs
 * @masks: the format; has to stay as it is while the VM lives
 * @root_level: 4 or 5
 * @max_huge_level: the largest leaf, 1 to 3
 */
struct kvm_mmu_vm_config {
	const struct kvm_mmu_vm_ops *ops;
	const struct kvm_pte_masks *masks;
	u8 root_level;
	u8 max_huge_level;
};

/**
 * kvm_has_tdp_mmu() - does the VM have the TDP MMU?
 * @mmu: of the VM
 *
 * Return: false on a host without TDP, or with tdp_mmu=0: all of @mmu is zero,
 * and what tdp_mmu.h has, its locking included, is not for this VM.
 */
static inline bool kvm_has_tdp_mmu(const struct kvm_mmu_vm *mmu)
{
	return mmu->counts;
}

/**
 * kvm_mmu_init_vm() - the MMU's part of a new VM
 * @kvm: zeroed
 * @config: copied
 *
 * Allocates no table: that is for the first vCPU that runs.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_mmu_init_vm(struct kvm *kvm, const struct kvm_mmu_vm_config *config);

/**
 * kvm_mmu_uninit_vm() - take down what a VM has of tables
 * @kvm: no vCPU of it is left, nor anybody else with a root of it
 *
 * Context: may sleep.
 */
void kvm_mmu_uninit_vm(struct kvm *kvm);

/**
 * kvm_mmu_count() - what a VM's tables hold
 * @kvm: the VM
 * @sum: filled whole; exact if nobody changes the tables meanwhile
 */
void kvm_mmu_count(struct kvm *kvm, struct kvm_mmu_counts *sum);

#endif
