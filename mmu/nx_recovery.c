// SPDX-License-Identifier: GPL-2.0-only
/*
 * nx_recovery.c - tables that are there only because of NX huge pages
 *
 * Owns: kvm->mmu.nx_pages.  See nx_recovery.h, locking included.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "mmu/debug.h"
#include "mmu/nx_recovery.h"
#include "mmu/tdp_mmu.h"
#include "vm.h"

void kvm_nx_track(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	spin_lock(&kvm->mmu.pages_lock);
	/* It may be gone already, and the flag with it. */
	if (sp->nx_huge_page_disallowed && list_empty(&sp->nx_link)) {
		list_add_tail(&sp->nx_link, &kvm->mmu.nx_pages);
		WRITE_ONCE(kvm->mmu.nr_nx_pages, kvm->mmu.nr_nx_pages + 1);
	}
	spin_unlock(&kvm->mmu.pages_lock);
}

void __kvm_nx_untrack(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	spin_lock(&kvm->mmu.pages_lock);
	if (sp->nx_huge_page_disallowed) {
		if (!list_empty(&sp->nx_link)) {
			list_del_init(&sp->nx_link);
			WRITE_ONCE(kvm->mmu.nr_nx_pages,
				   kvm->mmu.nr_nx_pages - 1);
		}
		WRITE_ONCE(sp->nx_huge_page_disallowed, false);
	}
	spin_unlock(&kvm->mmu.pages_lock);
}

/*
 * What there is to know of a tracked table, without a hold on it.  The role is
 * that of its root, which differs from its own by the level.
 */
struct victim {
	union kvm_mmu_page_role root_role;
	unsigned int level;
	gfn_t gfn;
	u64 *parent_sptep;
	hpa_t table;
};

/* Takes the oldest off the list, so that no failure is met twice. */
static bool take_oldest(struct kvm *kvm, struct victim *v)
{
	struct kvm_mmu_page *sp;

	spin_lock(&kvm->mmu.pages_lock);
	sp = list_first_entry_or_null(&kvm->mmu.nx_pages, struct kvm_mmu_page,
				      nx_link);
	if (sp) {
		list_del_init(&sp->nx_link);
		WRITE_ONCE(kvm->mmu.nr_nx_pages, kvm->mmu.nr_nx_pages - 1);
		*v = (struct victim){
			.root_role = sp->role,
			.level = sp->role.level,
			.gfn = sp->gfn,
			.parent_sptep = sp->parent_sptep,
			.table = __pa(sp->spt),
		};
		v->root_role.level = kvm->mmu.root_level;
	}
	spin_unlock(&kvm->mmu.pages_lock);
	return sp;
}

/* The valid root of a role; NULL if there is none any more. */
static struct kvm_mmu_page *root_of(struct kvm *kvm,
				    union kvm_mmu_page_role role)
{
	struct kvm_mmu_page *root = NULL;

	do {
		root = kvm_tdp_next_root(kvm, root, role.smm);
	} while (root && root->role.word != role.word);
	return root;
}

/*
 * The entry that points to the table may be anything by now.  Its memory is not
 * reused within this RCU section, so if it still is that pointer, the table is
 * the one that was on the list.
 */
static bool recover_one(struct kvm_tdp_op *op, const struct victim *v,
			struct tdp_iter *it)
{
	it->gfn = v->gfn;
	it->cursor = v->gfn;
	it->level = v->level + 1;
	it->sptep = v->parent_sptep;
	it->old_spte = kvm_make_table_spte(op->masks, v->table);
	return kvm_tdp_set_spte(op, it, op->masks->nonpresent);
}

unsigned long kvm_nx_recover(struct kvm *kvm, unsigned long nr)
{
	struct kvm_mmu_page *root = NULL;
	struct kvm_tdp_op op;
	struct tdp_iter it = {};
	unsigned long done = 0;
	struct victim v;

	kvm_mmu_read_lock(kvm);
	kvm_tdp_op_begin(&op, kvm, KVM_MMU_SHARED);
	while (nr-- && take_oldest(kvm, &v)) {
		if (!root || root->role.word != v.root_role.word) {
			struct kvm_mmu_page *last = root;

			root = root_of(kvm, v.root_role);
			if (root)
				kvm_tdp_op_enter(&op, root);
			if (last)
				kvm_tdp_put_root(kvm, last);
		}
		/* An invalid root's tables go anyway. */
		if (root)
			done += recover_one(&op, &v, &it);
		if (op.nr_removed >= KVM_TDP_REMOVED_BATCH)
			kvm_tdp_op_flush(&op);
		/* Each is new ground: a yield here is progress. */
		it.yielded_at = ~0ull;
		kvm_tdp_op_yield(&op, &it);
	}
	kvm_tdp_op_end(&op);
	kvm_mmu_read_unlock(kvm);
	if (root)
		kvm_tdp_put_root(kvm, root);
	return done;
}
