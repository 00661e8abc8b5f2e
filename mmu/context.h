/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context.h - the three MMUs of a vCPU, and the roots that they have
 *
 * Owns: struct kvm_mmu, struct kvm_vcpu_mmu, and the cache of previous roots.
 *
 *	root_mmu	L1, and L2 if L1 does not use nested paging
 *	guest_mmu	L2's tables as the host's CPU walks them: shadow NPT or
 *			shadow EPT
 *	nested_mmu	walks L2's own tables, gva to L2's gpa; never has a root
 *
 *	the vCPU runs		@mmu		@walk_mmu
 *	L1			root_mmu	root_mmu
 *	L2, NPT or EPT by L1	guest_mmu	nested_mmu
 *	L2, without		root_mmu	root_mmu
 *
 * Locking: the vCPU's mutex; no MMU of another vCPU is ever looked at.
 *
 * References: a root that is loaded, and one among the previous roots, holds
 * one reference to the root for each such place.  Moving between the places
 * takes none and puts none.
 *
 * Deliberately absent: what a root is, making and finding one (root.c), and
 * loading it into the CPU.  Which tables a guest has is told by the caller.
 */
#ifndef TWINWALK_MMU_CONTEXT_H
#define TWINWALK_MMU_CONTEXT_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/role.h"

struct kvm_mmu_config;
struct kvm_pte_masks;

/* No page is there. */
#define INVALID_PAGE (~(hpa_t)0)

/* The previous roots of an MMU. */
#define KVM_MMU_NUM_PREV_ROOTS 3

/**
 * struct kvm_mmu_root - a root, and what it was made for
 * @pgd: what the guest calls it: CR3 with its PCID, nCR3, EPTP; 0 if the root's
 *	role is direct, as its tables are the same for all.  Of a root with
 *	@pae_gpte it does not tell which PDPTEs were loaded
 * @hpa: its page, or INVALID_PAGE
 */
struct kvm_mmu_root {
	gpa_t pgd;
	hpa_t hpa;
};

/**
 * struct kvm_mmu - one of a vCPU's three
 * @cpu_role: how the guest's tables are walked; not @valid: not computed yet
 * @mmu_role: of the root that is to be loaded; level 0: not computed yet, or
 *	none can be, see kvm_calc_shadow_npt_root_role()
 * @root: the one that is loaded
 * @prev_roots: earlier ones, the latest first; some may be INVALID_PAGE
 */
struct kvm_mmu {
	union kvm_cpu_role cpu_role;
	union kvm_mmu_page_role mmu_role;
	struct kvm_mmu_root root;
	struct kvm_mmu_root prev_roots[KVM_MMU_NUM_PREV_ROOTS];
};

/**
 * struct kvm_vcpu_mmu - all that a vCPU has of an MMU
 * @mmu: the one whose root the vCPU runs on
 * @walk_mmu: the one that walks the virtual addresses of what the vCPU runs
 * @root_mmu: see above
 * @guest_mmu: see above
 * @nested_mmu: see above
 */
struct kvm_vcpu_mmu {
	struct kvm_mmu *mmu;
	struct kvm_mmu *walk_mmu;
	struct kvm_mmu root_mmu;
	struct kvm_mmu guest_mmu;
	struct kvm_mmu nested_mmu;
};

/**
 * struct kvm_mmu_root_ops - what a root is
 * @role: its role, @invalid set if no vCPU may load it any more.  Read once
 *	(READ_ONCE() of the word): of a root with references @invalid goes from
 *	0 to 1 at any time, and nothing else changes.  A root may become invalid
 *	right after it was found valid, so that reload_roots (struct
 *	kvm_mmu_vm_ops) still has to be obeyed before the guest is entered
 * @get: one more reference; false if the root is on its way out, and then none
 * @put: one reference fewer; true if that was the last
 * @is_tdp: the root belongs to the VM, in the TDP MMU
 * @free: nobody refers to the root, which is not the TDP MMU's
 *
 * They are called with the vCPU's mutex held, and take what locks they need.
 */
struct kvm_mmu_root_ops {
	union kvm_mmu_page_role (*role)(struct kvm *kvm, hpa_t root);
	bool (*get)(struct kvm *kvm, hpa_t root);
	bool (*put)(struct kvm *kvm, hpa_t root);
	bool (*is_tdp)(struct kvm *kvm, hpa_t root);
	void (*free)(struct kvm *kvm, hpa_t root);
};

/* Which of the two roles a setup changed. */
/* What was derived from the guest's walk is stale. */
#define KVM_MMU_CPU_ROLE_CHANGED BIT(0)
/* The loaded root is not the right one: kvm_mmu_find_root(). */
#define KVM_MMU_ROOT_ROLE_CHANGED BIT(1)

/* Which roots kvm_mmu_free_roots() lets go. */
#define KVM_MMU_ROOT_CURRENT	 BIT(0)
#define KVM_MMU_ROOT_PREVIOUS(i) BIT(1 + (i))
#define KVM_MMU_ROOTS_ALL	 GENMASK(KVM_MMU_NUM_PREV_ROOTS, 0)

/**
 * kvm_vcpu_mmu_init() - a new vCPU: no roles, no roots, runs L1
 * @v: filled whole
 */
void kvm_vcpu_mmu_init(struct kvm_vcpu_mmu *v);

/**
 * kvm_mmu_setup_tdp() - roles of an MMU whose gfns the host's tables translate
 * @mmu: root_mmu
 * @regs: the registers of what the vCPU runs
 * @tdp_root_level: 4 or 5
 * @ad_disabled: those tables have no accessed and dirty bits
 *
 * Context: vCPU's mutex.
 * Return: KVM_MMU_*_ROLE_CHANGED, each on its own; a role that is the same as
 * before is not written.
 */
unsigned int kvm_mmu_setup_tdp(struct kvm_mmu *mmu,
			       const struct kvm_mmu_role_regs *regs,
			       unsigned int tdp_root_level, bool ad_disabled);

/**
 * kvm_mmu_setup_shadow() - roles of an MMU with shadow paging
 * @mmu: root_mmu
 * @regs: the registers of what the vCPU runs
 *
 * Context: vCPU's mutex.
 * Return: see kvm_mmu_setup_tdp().
 */
unsigned int kvm_mmu_setup_shadow(struct kvm_mmu *mmu,
				  const struct kvm_mmu_role_regs *regs);

/**
 * kvm_mmu_setup_shadow_npt() - roles of an MMU that shadows L1's NPT
 * @mmu: guest_mmu
 * @l1: registers of L1 at its VMRUN
 * @host_level: of the root of the host's NPT, 4 or 5
 *
 * If L1's NPT has more levels than that, the root's role is all zero, whatever
 * it was before; that is to be looked at, not what is returned.
 *
 * Context: vCPU's mutex.
 * Return: see kvm_mmu_setup_tdp().
 */
unsigned int kvm_mmu_setup_shadow_npt(struct kvm_mmu *mmu,
				      const struct kvm_mmu_role_regs *l1,
				      unsigned int host_level);

/**
 * kvm_mmu_setup_shadow_ept() - roles of an MMU that shadows L1's EPT
 * @mmu: guest_mmu
 * @info: what L1 said
 *
 * Context: vCPU's mutex.
 * Return: see kvm_mmu_setup_tdp().
 */
unsigned int kvm_mmu_setup_shadow_ept(struct kvm_mmu *mmu,
				      const struct kvm_ept_role_info *info);

/**
 * kvm_mmu_setup_nested() - the role of an MMU that walks L2's own tables
 * @mmu: nested_mmu
 * @regs: the registers of L2
 *
 * Context: vCPU's mutex.
 * Return: KVM_MMU_CPU_ROLE_CHANGED, or 0; there is no root role.
 */
unsigned int kvm_mmu_setup_nested(struct kvm_mmu *mmu,
				  const struct kvm_mmu_role_regs *regs);

/**
 * kvm_vcpu_mmu_update() - registers have changed: the roles again
 * @v: the vCPU's MMUs; the one that @walk_mmu says is set up
 * @regs: the registers of what the vCPU runs, L2's in guest mode
 * @config: of the host
 * @masks: of the host
 *
 * To be called after a write that has KVM_MMU_EFFECT_ROLE, and after anything
 * else that sets registers, enters or leaves SMM, or switches between L1 and
 * L2.  The tables that L1 made for L2 are not concerned by L2's registers.
 *
 * Context: vCPU's mutex.
 * Return: see kvm_mmu_setup_tdp().
 */
unsigned int kvm_vcpu_mmu_update(struct kvm_vcpu_mmu *v,
				 const struct kvm_mmu_role_regs *regs,
				 const struct kvm_mmu_config *config,
				 const struct kvm_pte_masks *masks);

/**
 * kvm_vcpu_mmu_enter_npt() - from L1 to L2, with L1's NPT
 * @v: the vCPU's MMUs
 * @l1: see kvm_mmu_setup_shadow_npt()
 * @host_level: see there
 *
 * The root that guest_mmu had when L2 ran last is still there.  To be followed
 * by kvm_vcpu_mmu_update() with L2's registers; or, if guest_mmu's root role
 * has level 0, by kvm_vcpu_mmu_leave_nested() and VMEXIT_INVALID.
 *
 * Context: vCPU's mutex.
 * Return: what changed of guest_mmu.
 */
unsigned int kvm_vcpu_mmu_enter_npt(struct kvm_vcpu_mmu *v,
				    const struct kvm_mmu_role_regs *l1,
				    unsigned int host_level);

/**
 * kvm_vcpu_mmu_enter_ept() - from L1 to L2, with L1's EPT
 * @v: the vCPU's MMUs
 * @info: see kvm_mmu_setup_shadow_ept()
 *
 * Otherwise like kvm_vcpu_mmu_enter_npt().
 *
 * Context: vCPU's mutex.
 * Return: what changed of guest_mmu.
 */
unsigned int kvm_vcpu_mmu_enter_ept(struct kvm_vcpu_mmu *v,
				    const struct kvm_ept_role_info *info);

/**
 * kvm_vcpu_mmu_leave_nested() - root_mmu does everything
 * @v: the vCPU's MMUs
 *
 * From L2 back to L1; also from L1 to an L2 for which L1 has no nested paging.
 * Roots stay where they are.  To be followed by kvm_vcpu_mmu_update().
 *
 * Context: vCPU's mutex.
 */
void kvm_vcpu_mmu_leave_nested(struct kvm_vcpu_mmu *v);

/**
 * kvm_vcpu_mmu_forget_roles() - the guest's CPUID has changed
 * @v: the vCPU's MMUs
 *
 * What guest entries mean also depends on CPUID, which no role has a part of.
 * The next setup of each MMU reports all its roles as changed.
 *
 * Shadow pages, roots or not, are found by roles that may be the same as before,
 * and were built by the old MAXPHYADDR, GBPAGES and NX.  The caller has to zap
 * all those of the VM, or not let CPUID change once a vCPU has run.
 *
 * Context: vCPU's mutex.
 */
void kvm_vcpu_mmu_forget_roles(struct kvm_vcpu_mmu *v);

/** kvm_mmu_has_root() - is a root loaded? */
static inline bool kvm_mmu_has_root(const struct kvm_mmu *mmu)
{
	return mmu->root.hpa != INVALID_PAGE;
}

/**
 * kvm_mmu_find_root() - load a root that this MMU had before
 * @kvm: for @ops
 * @mmu: not nested_mmu
 * @pgd: see struct kvm_mmu_root
 * @role: the root has to have, all of it
 * @ops: what a root is
 *
 * If the loaded root is it, nothing moves.  Otherwise the loaded one becomes
 * the first of the previous roots, and @mmu->root is the one found, or none.
 * If the previous roots are full by that, the one not used for the longest
 * time goes.  Roots that have become invalid are never found, and go.
 *
 * So it is with roots that have @pae_gpte: neither @pgd nor @role tells what
 * PDPTEs they were made of, which the guest may have changed in memory.  If one
 * is loaded it goes, and a new one has to be made, for this MMU alone.  The
 * caller may leave it loaded, and not call this, only if @pgd, @role and all
 * four PDPTEs are what they were.
 *
 * Context: vCPU's mutex.
 * Return: true if there is such a root, which is then loaded.
 */
bool kvm_mmu_find_root(struct kvm *kvm, struct kvm_mmu *mmu, gpa_t pgd,
		       union kvm_mmu_page_role role,
		       const struct kvm_mmu_root_ops *ops);

/**
 * kvm_mmu_set_root() - load a root that was not found
 * @kvm: for @ops
 * @mmu: not nested_mmu; without a loaded root, as kvm_mmu_find_root() leaves
 *	it
 * @root: to be loaded; the MMU takes a reference of its own
 * @ops: what a root is
 *
 * Context: vCPU's mutex.
 * Return: false if the root is on its way out, or another is still loaded;
 * nothing changed then.
 */
bool kvm_mmu_set_root(struct kvm *kvm, struct kvm_mmu *mmu,
		      struct kvm_mmu_root root,
		      const struct kvm_mmu_root_ops *ops);

/**
 * kvm_vcpu_mmu_drop_invalid_roots() - let go of roots that became invalid
 * @kvm: for @ops
 * @v: the vCPU's MMUs, all of which are looked at
 * @ops: what a root is
 *
 * What reload_roots demands of each vCPU.  An MMU that is not in use would else
 * keep invalid roots, and all their tables, until it is used again.  Where the
 * loaded root goes, another has to be found or set before the guest is entered.
 *
 * Context: vCPU's mutex.
 */
void kvm_vcpu_mmu_drop_invalid_roots(struct kvm *kvm, struct kvm_vcpu_mmu *v,
				     const struct kvm_mmu_root_ops *ops);

/**
 * kvm_mmu_free_roots() - let go of roots
 * @kvm: for @ops
 * @mmu: any
 * @which: KVM_MMU_ROOT_*; those that are not there do not matter
 * @ops: what a root is
 *
 * A shadow root is freed when its last user goes.  A root of the TDP MMU
 * belongs to the VM, and only loses a reference.
 *
 * Context: vCPU's mutex.
 */
void kvm_mmu_free_roots(struct kvm *kvm, struct kvm_mmu *mmu,
			unsigned long which,
			const struct kvm_mmu_root_ops *ops);

#endif
