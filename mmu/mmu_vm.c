// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_vm.c - the MMU's part of a VM, made and taken down
 *
 * Owns: struct kvm_mmu_vm's life.  See mmu_vm.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/printk.h>

#include "mmu/debug.h"
#include "mmu/mmu.h"
#include "mmu/mmu_vm.h"
#include "mmu/tdp_mmu.h"
#include "params.h"
#include "vm.h"

int kvm_mmu_create_vm(struct kvm *kvm, const struct kvm_mmu_vm_ops *ops)
{
	const struct kvm_mmu_config *host = kvm_mmu_get_config();
	struct kvm_mmu_vm_config config = {
		.ops = ops,
		.masks = kvm_mmu_pte_masks(),
		.root_level = host->tdp_root_level,
		.max_huge_level = host->max_huge_level,
	};

	if (kvm_param_tdp_mmu)
		return kvm_mmu_init_vm(kvm, &config);

	rwlock_init(&kvm->mmu_lock);
	return 0;
}

void kvm_mmu_destroy_vm(struct kvm *kvm)
{
	if (kvm_has_tdp_mmu(&kvm->mmu))
		kvm_mmu_uninit_vm(kvm);
}

int kvm_mmu_init_vm(struct kvm *kvm, const struct kvm_mmu_vm_config *config)
{
	struct kvm_mmu_vm *mmu = &kvm->mmu;
	int r;

	rwlock_init(&kvm->mmu_lock);
	*mmu = (struct kvm_mmu_vm){
		.ops = config->ops,
		.masks = config->masks,
		.root_level = config->root_level,
		.max_huge_level = config->max_huge_level,
	};
	spin_lock_init(&mmu->pages_lock);
	INIT_LIST_HEAD(&mmu->tdp_roots);
	INIT_LIST_HEAD(&mmu->nx_pages);
	INIT_WORK(&mmu->zap_work, kvm_tdp_zap_work);

	mmu->counts =
		alloc_percpu_gfp(struct kvm_mmu_counts, GFP_KERNEL_ACCOUNT);
	if (!mmu->counts)
		return -ENOMEM;
	r = kvm_mmu_debug_init(kvm);
	if (r)
		free_percpu(mmu->counts);
	return r;
}

void kvm_mmu_count(struct kvm *kvm, struct kvm_mmu_counts *sum)
{
	const struct kvm_mmu_counts *c;
	unsigned int level;
	int cpu;

	*sum = (struct kvm_mmu_counts){};
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(kvm->mmu.counts, cpu);
		for (level = 0; level < ARRAY_SIZE(sum->leaves); level++)
			sum->leaves[level] += READ_ONCE(c->leaves[level]);
		for (level = 0; level < ARRAY_SIZE(sum->tables); level++)
			sum->tables[level] += READ_ONCE(c->tables[level]);
	}
}

static void check_all_gone(struct kvm *kvm)
{
	struct kvm_mmu_counts sum;
	unsigned int level;
	long left = 0;

	kvm_mmu_count(kvm, &sum);
	for (level = 0; level < ARRAY_SIZE(sum.leaves); level++)
		left |= sum.leaves[level];
	for (level = 0; level < ARRAY_SIZE(sum.tables); level++)
		left |= sum.tables[level];
	left |= !list_empty(&kvm->mmu.tdp_roots) || kvm->mmu.nr_nx_pages;
	if (left && kvm_mmu_broken(KVM_MMU_BREAK_NONE))
		pr_err("page tables of a VM were left behind: report it\n");
}

void kvm_mmu_uninit_vm(struct kvm *kvm)
{
	kvm_mmu_write_lock(kvm);
	kvm_tdp_invalidate_roots(kvm);
	kvm_mmu_write_unlock(kvm);
	flush_work(&kvm->mmu.zap_work);

	check_all_gone(kvm);
	kvm_mmu_debug_uninit(kvm);
	free_percpu(kvm->mmu.counts);
}
