// SPDX-License-Identifier: GPL-2.0-only
/*
 * root.c - the root that a vCPU runs on
 *
 * Owns: a vCPU's MMU from its making to its end: what a root of the TDP MMU is to
 * context.c, finding one, loading it into the CPU, letting go of it; and how the
 * guest's own tables are walked, as its registers say.  See vcpu.h.
 *
 * Locking: vCPU's mutex.
 *
 * References: see context.h.
 *
 * Deliberately absent: roots of shadow paging, so also those of nested guests.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <asm/cpufeature.h>

#include "mmu/context.h"
#include "mmu/guest_walk.h"
#include "mmu/mmu.h"
#include "mmu/tdp_mmu.h"
#include "mmu/vcpu.h"
#include "include/vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/regs.h"

/* --- what a root is ------------------------------------------------------ */

static union kvm_mmu_page_role tdp_root_role(struct kvm *kvm, hpa_t root)
{
	union kvm_mmu_page_role role;

	role.word = READ_ONCE(kvm_mmu_page_of(root)->role.word);
	return role;
}

static bool tdp_root_get(struct kvm *kvm, hpa_t root)
{
	return refcount_inc_not_zero(&kvm_mmu_page_of(root)->root_count);
}

static bool tdp_root_put(struct kvm *kvm, hpa_t root)
{
	kvm_tdp_put_root(kvm, kvm_mmu_page_of(root));
	/* If it was the last, the root is gone: nothing is left for others to do. */
	return false;
}

static bool tdp_root_is_tdp(struct kvm *kvm, hpa_t root)
{
	return true;
}

/* The TDP MMU frees its roots itself, so there is no "free". */
static const struct kvm_mmu_root_ops tdp_root_ops = {
	.role = tdp_root_role,
	.get = tdp_root_get,
	.put = tdp_root_put,
	.is_tdp = tdp_root_is_tdp,
};

/* --- a vCPU's ------------------------------------------------------------ */

int kvm_mmu_vcpu_create(struct kvm_vcpu *vcpu)
{
	if (!kvm_has_tdp_mmu(&vcpu->kvm->mmu)) {
		pr_err_ratelimited("vCPUs need tdp=1 and tdp_mmu=1\n");
		return -EOPNOTSUPP;
	}
	kvm_vcpu_mmu_init(&vcpu->arch.mmu);
	kvm_mmu_caches_init(vcpu->kvm, &vcpu->arch.mmu_caches,
			    KVM_MMU_MAX_ROOT_LEVEL, 0);
	return 0;
}

void kvm_mmu_vcpu_destroy(struct kvm_vcpu *vcpu)
{
	if (!vcpu->arch.mmu.mmu)
		return;
	kvm_mmu_unload(vcpu);
	kvm_mmu_caches_free(&vcpu->arch.mmu_caches);
}

void kvm_mmu_unload(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_mmu *v = &vcpu->arch.mmu;

	kvm_mmu_free_roots(vcpu->kvm, &v->root_mmu, KVM_MMU_ROOTS_ALL,
			   &tdp_root_ops);
	kvm_mmu_free_roots(vcpu->kvm, &v->guest_mmu, KVM_MMU_ROOTS_ALL,
			   &tdp_root_ops);
}

void kvm_mmu_free_obsolete_roots(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_mmu_drop_invalid_roots(vcpu->kvm, &vcpu->arch.mmu,
					&tdp_root_ops);
}

/* --- loading ------------------------------------------------------------- */

/*
 * The CPU may know tables that were where those of this root are: an invalid root
 * is emptied without a flush.
 */
static void load_into_cpu(struct kvm_vcpu *vcpu, const struct kvm_mmu *mmu)
{
	static_call(kvm_x86_load_mmu_pgd)(vcpu, mmu->root.hpa,
					  mmu->mmu_role.level);
	static_call(kvm_x86_flush_tlb_current)(vcpu);
}

static bool find_root(struct kvm_vcpu *vcpu, struct kvm_mmu *mmu)
{
	return kvm_mmu_find_root(vcpu->kvm, mmu, 0, mmu->mmu_role,
				 &tdp_root_ops);
}

/* A root that this MMU does not have so far. */
static int get_root(struct kvm_vcpu *vcpu, struct kvm_mmu *mmu)
{
	struct kvm_mmu_root root = {};
	struct kvm *kvm = vcpu->kvm;
	struct kvm_mmu_page *sp;
	int r;

	r = kvm_mmu_caches_topup(&vcpu->arch.mmu_caches, 1);
	if (r)
		return r;
	kvm_mmu_read_lock(kvm);
	sp = kvm_tdp_get_root(kvm, mmu->mmu_role, &vcpu->arch.mmu_caches);
	kvm_mmu_read_unlock(kvm);
	if (!sp)
		return -ENOMEM;

	root.hpa = __pa(sp->spt);
	if (!kvm_mmu_set_root(kvm, mmu, root, &tdp_root_ops))
		r = -EIO;
	kvm_tdp_put_root(kvm, sp);
	return r;
}

int kvm_mmu_reload(struct kvm_vcpu *vcpu)
{
	struct kvm_mmu *mmu = vcpu->arch.mmu.mmu;
	int r;

	if (likely(kvm_mmu_has_root(mmu)))
		return 0;
	if (!mmu->mmu_role.level)
		return -EIO;
	if (!find_root(vcpu, mmu)) {
		r = get_root(vcpu, mmu);
		if (r)
			return r;
	}
	load_into_cpu(vcpu, mmu);
	return 0;
}

/* --- roles --------------------------------------------------------------- */

static void update_walk(struct kvm_vcpu *vcpu)
{
	struct kvm_guest_cpu_info info = {
		.maxphyaddr = cpuid_maxphyaddr(vcpu),
	};

	/* The guest's CPU walks them by itself, whatever its CPUID says. */
	if (boot_cpu_has(X86_FEATURE_GBPAGES))
		info.flags |= KVM_GUEST_CPU_GBPAGES;
	if (guest_cpuid_has(vcpu, X86_FEATURE_PSE36))
		info.flags |= KVM_GUEST_CPU_PSE36;
	if (guest_cpuid_is_amd_compatible(vcpu))
		info.flags |= KVM_GUEST_CPU_AMD;
	kvm_guest_walk_init(&vcpu->arch.walk_cfg,
			    vcpu->arch.mmu.walk_mmu->cpu_role, &info);
}

void kvm_mmu_reset_context(struct kvm_vcpu *vcpu)
{
	struct kvm_mmu_role_regs regs = {
		.cr0 = kvm_read_cr0(vcpu),
		.cr4 = kvm_read_cr4(vcpu),
		.efer = vcpu->arch.efer,
		.smm = vcpu->arch.smm,
		.guest_mode = vcpu->arch.guest_mode,
	};
	struct kvm_mmu *mmu = vcpu->arch.mmu.mmu;
	unsigned int changed;

	changed = kvm_vcpu_mmu_update(&vcpu->arch.mmu, &regs,
				      kvm_mmu_get_config(),
				      kvm_mmu_pte_masks());
	if (changed & KVM_MMU_CPU_ROLE_CHANGED)
		update_walk(vcpu);
	if ((changed & KVM_MMU_ROOT_ROLE_CHANGED) && find_root(vcpu, mmu))
		load_into_cpu(vcpu, mmu);
}

void kvm_mmu_after_set_cpuid(struct kvm_vcpu *vcpu)
{
	/* What was mapped stays: no entry of the TDP MMU depends on CPUID. */
	kvm_vcpu_mmu_forget_roles(&vcpu->arch.mmu);
	kvm_mmu_reset_context(vcpu);
}
