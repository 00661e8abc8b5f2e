// SPDX-License-Identifier: GPL-2.0-only
/*
 * context.c - the three MMUs of a vCPU, and the roots that they have
 *
 * Owns: when a role changes, which MMU is active, which roots are kept.
 * Locking and references: see context.h.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "mmu/context.h"
#include "mmu/mmu.h"

static_assert(KVM_MMU_NUM_PREV_ROOTS + 1 < BITS_PER_LONG);

static const struct kvm_mmu_root no_root = { .hpa = INVALID_PAGE };

static void mmu_init(struct kvm_mmu *mmu)
{
	unsigned int i;

	mmu->cpu_role.word = 0;
	mmu->mmu_role.word = 0;
	mmu->root = no_root;
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		mmu->prev_roots[i] = no_root;
}

void kvm_vcpu_mmu_init(struct kvm_vcpu_mmu *v)
{
	mmu_init(&v->root_mmu);
	mmu_init(&v->guest_mmu);
	mmu_init(&v->nested_mmu);
	kvm_vcpu_mmu_leave_nested(v);
}

static unsigned int update_cpu_role(struct kvm_mmu *mmu,
				    union kvm_cpu_role role)
{
	if (mmu->cpu_role.word == role.word)
		return 0;
	mmu->cpu_role = role;
	return KVM_MMU_CPU_ROLE_CHANGED;
}

static unsigned int update_root_role(struct kvm_mmu *mmu,
				     union kvm_mmu_page_role role)
{
	if (mmu->mmu_role.word == role.word)
		return 0;
	mmu->mmu_role = role;
	return KVM_MMU_ROOT_ROLE_CHANGED;
}

unsigned int kvm_mmu_setup_tdp(struct kvm_mmu *mmu,
			       const struct kvm_mmu_role_regs *regs,
			       unsigned int tdp_root_level, bool ad_disabled)
{
	union kvm_cpu_role cpu_role = kvm_calc_cpu_role(regs);
	union kvm_mmu_page_role root_role;

	root_role =
		kvm_calc_tdp_root_role(cpu_role, tdp_root_level, ad_disabled);
	return update_cpu_role(mmu, cpu_role) |
	       update_root_role(mmu, root_role);
}

unsigned int kvm_mmu_setup_shadow(struct kvm_mmu *mmu,
				  const struct kvm_mmu_role_regs *regs)
{
	union kvm_cpu_role cpu_role = kvm_calc_cpu_role(regs);

	return update_cpu_role(mmu, cpu_role) |
	       update_root_role(mmu, kvm_calc_shadow_root_role(cpu_role));
}

unsigned int kvm_mmu_setup_shadow_npt(struct kvm_mmu *mmu,
				      const struct kvm_mmu_role_regs *l1,
				      unsigned int host_level)
{
	union kvm_cpu_role cpu_role = kvm_calc_npt_cpu_role(l1);
	union kvm_mmu_page_role root_role;

	root_role = kvm_calc_shadow_npt_root_role(cpu_role, host_level);
	return update_cpu_role(mmu, cpu_role) |
	       update_root_role(mmu, root_role);
}

unsigned int kvm_mmu_setup_shadow_ept(struct kvm_mmu *mmu,
				      const struct kvm_ept_role_info *info)
{
	union kvm_cpu_role cpu_role = kvm_calc_shadow_ept_role(info);

	return update_cpu_role(mmu, cpu_role) |
	       update_root_role(mmu, cpu_role.base);
}

unsigned int kvm_mmu_setup_nested(struct kvm_mmu *mmu,
				  const struct kvm_mmu_role_regs *regs)
{
	return update_cpu_role(mmu, kvm_calc_cpu_role(regs));
}

unsigned int kvm_vcpu_mmu_update(struct kvm_vcpu_mmu *v,
				 const struct kvm_mmu_role_regs *regs,
				 const struct kvm_mmu_config *config,
				 const struct kvm_pte_masks *masks)
{
	if (v->walk_mmu == &v->nested_mmu)
		return kvm_mmu_setup_nested(&v->nested_mmu, regs);
	if (config->tdp)
		return kvm_mmu_setup_tdp(&v->root_mmu, regs,
					 config->tdp_root_level,
					 !masks->accessed);
	return kvm_mmu_setup_shadow(&v->root_mmu, regs);
}

static void enter_nested(struct kvm_vcpu_mmu *v)
{
	v->mmu = &v->guest_mmu;
	v->walk_mmu = &v->nested_mmu;
}

unsigned int kvm_vcpu_mmu_enter_npt(struct kvm_vcpu_mmu *v,
				    const struct kvm_mmu_role_regs *l1,
				    unsigned int host_level)
{
	enter_nested(v);
	return kvm_mmu_setup_shadow_npt(&v->guest_mmu, l1, host_level);
}

unsigned int kvm_vcpu_mmu_enter_ept(struct kvm_vcpu_mmu *v,
				    const struct kvm_ept_role_info *info)
{
	enter_nested(v);
	return kvm_mmu_setup_shadow_ept(&v->guest_mmu, info);
}

void kvm_vcpu_mmu_leave_nested(struct kvm_vcpu_mmu *v)
{
	v->mmu = &v->root_mmu;
	v->walk_mmu = &v->root_mmu;
}

void kvm_vcpu_mmu_forget_roles(struct kvm_vcpu_mmu *v)
{
	struct kvm_mmu *mmus[] = { &v->root_mmu, &v->guest_mmu,
				   &v->nested_mmu };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mmus); i++) {
		mmus[i]->cpu_role.word = 0;
		mmus[i]->mmu_role.word = 0;
	}
}

static void drop_root(struct kvm *kvm, struct kvm_mmu_root *root,
		      const struct kvm_mmu_root_ops *ops)
{
	hpa_t hpa = root->hpa;
	bool tdp;

	if (hpa == INVALID_PAGE)
		return;
	*root = no_root;

	/* Asked first: of a root without users there is nothing to ask. */
	tdp = ops->is_tdp(kvm, hpa);
	if (ops->put(kvm, hpa) && !tdp)
		ops->free(kvm, hpa);
}

static void drop_root_if_invalid(struct kvm *kvm, struct kvm_mmu_root *root,
				 const struct kvm_mmu_root_ops *ops)
{
	if (root->hpa != INVALID_PAGE && ops->role(kvm, root->hpa).invalid)
		drop_root(kvm, root, ops);
}

static void drop_invalid_roots(struct kvm *kvm, struct kvm_mmu *mmu,
			       const struct kvm_mmu_root_ops *ops)
{
	unsigned int i;

	drop_root_if_invalid(kvm, &mmu->root, ops);
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		drop_root_if_invalid(kvm, &mmu->prev_roots[i], ops);
}

void kvm_vcpu_mmu_drop_invalid_roots(struct kvm *kvm, struct kvm_vcpu_mmu *v,
				     const struct kvm_mmu_root_ops *ops)
{
	drop_invalid_roots(kvm, &v->root_mmu, ops);
	drop_invalid_roots(kvm, &v->guest_mmu, ops);
}

/* Never with PAE paging: pgd does not tell what PDPTEs were loaded. */
static bool root_matches(struct kvm *kvm, const struct kvm_mmu_root *root,
			 gpa_t pgd, union kvm_mmu_page_role role,
			 const struct kvm_mmu_root_ops *ops)
{
	return root->hpa != INVALID_PAGE && !role.pae_gpte &&
	       root->pgd == pgd && ops->role(kvm, root->hpa).word == role.word;
}

/*
 * The loaded root becomes the latest of the previous ones, and is replaced; or
 * goes, if it would never be found there.
 */
static void retire_root(struct kvm *kvm, struct kvm_mmu *mmu,
			const struct kvm_mmu_root_ops *ops)
{
	struct kvm_mmu_root *prev = mmu->prev_roots;
	unsigned int place;

	if (!kvm_mmu_has_root(mmu))
		return;
	if (ops->role(kvm, mmu->root.hpa).pae_gpte) {
		drop_root(kvm, &mmu->root, ops);
		return;
	}

	/* As far as the first place that is free, or else the last one. */
	for (place = 0; place < KVM_MMU_NUM_PREV_ROOTS - 1; place++)
		if (prev[place].hpa == INVALID_PAGE)
			break;
	drop_root(kvm, &prev[place], ops);
	memmove(&prev[1], &prev[0], place * sizeof(*prev));
	prev[0] = mmu->root;
}

bool kvm_mmu_find_root(struct kvm *kvm, struct kvm_mmu *mmu, gpa_t pgd,
		       union kvm_mmu_page_role role,
		       const struct kvm_mmu_root_ops *ops)
{
	struct kvm_mmu_root found = no_root;
	unsigned int i;

	drop_invalid_roots(kvm, mmu, ops);
	if (root_matches(kvm, &mmu->root, pgd, role, ops))
		return true;

	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		if (root_matches(kvm, &mmu->prev_roots[i], pgd, role, ops)) {
			found = mmu->prev_roots[i];
			mmu->prev_roots[i] = no_root;
			break;
		}
	}
	retire_root(kvm, mmu, ops);
	mmu->root = found;
	return kvm_mmu_has_root(mmu);
}

bool kvm_mmu_set_root(struct kvm *kvm, struct kvm_mmu *mmu,
		      struct kvm_mmu_root root,
		      const struct kvm_mmu_root_ops *ops)
{
	if (kvm_mmu_has_root(mmu) || !ops->get(kvm, root.hpa))
		return false;
	mmu->root = root;
	return true;
}

void kvm_mmu_free_roots(struct kvm *kvm, struct kvm_mmu *mmu,
			unsigned long which, const struct kvm_mmu_root_ops *ops)
{
	unsigned int i;

	if (which & KVM_MMU_ROOT_CURRENT)
		drop_root(kvm, &mmu->root, ops);
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		if (which & KVM_MMU_ROOT_PREVIOUS(i))
			drop_root(kvm, &mmu->prev_roots[i], ops);
}
