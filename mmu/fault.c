// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - a guest's access that its tables do not allow
 *
 * Owns: the steps from an exit to an entry.  See fault.h, locking included.
 *
 * Deliberately absent: shadow paging, where the guest's own tables are walked
 * first; mapping more than the page that is asked for.
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/cpufeature.h>
#include <asm/mtrr.h>
#include <asm/processor-flags.h>

#include "guest_mem.h"
#include "memslots.h"
#include "mmu/context.h"
#include "mmu/fault.h"
#include "mmu/invalidate.h"
#include "mmu/level.h"
#include "mmu/memtype.h"
#include "mmu/tdp_mmu.h"
#include "mmu/vcpu.h"
#include "params.h"
#include "include/vcpu.h"
#include "x86/async_pf.h"

static const struct kvm_pte_masks *masks_of(const struct kvm_page_fault *f)
{
	return f->vcpu->kvm->mmu.masks;
}

static bool is_write(const struct kvm_page_fault *f)
{
	return f->flags & KVM_FAULT_WRITE;
}

static bool is_fetch(const struct kvm_page_fault *f)
{
	return f->flags & KVM_FAULT_FETCH;
}

static bool is_logged(const struct kvm_page_fault *f)
{
	return kvm_slot_flags(f->slot) & KVM_MEM_LOG_DIRTY_PAGES;
}

/* --- the steps ----------------------------------------------------------- */

/* If the entry is another by now, or of an older set of slots, look anew. */
static int known_mmio(const struct kvm_page_fault *f)
{
	const struct kvm_pte_masks *m = masks_of(f);
	u64 spte;

	if (!(f->flags & KVM_FAULT_RSVD))
		return RET_PF_CONTINUE;
	spte = kvm_tdp_lookup(f->vcpu->kvm, f->root, f->gfn);
	if (is_mmio_spte(m, spte) && kvm_mmio_spte_gfn(m, spte) == f->gfn &&
	    kvm_memslots_mmio_spte_is_current(kvm_vcpu_memslots(f->vcpu),
					      kvm_mmio_spte_gen(spte)))
		return RET_PF_EMULATE;
	return RET_PF_CONTINUE;
}

static int find_memory(struct kvm_page_fault *f)
{
	struct kvm_memslots *slots = kvm_vcpu_memslots(f->vcpu);
	u32 flags;

	/* Before the look: what is found is at least as new. */
	f->generation = READ_ONCE(slots->generation);
	f->slot = kvm_memslots_find(slots, f->gfn);
	if (!f->slot)
		return RET_PF_CONTINUE;

	flags = kvm_slot_flags(f->slot);
	if (flags & KVM_MEMSLOT_INVALID) {
		cond_resched();
		return RET_PF_RETRY;
	}
	if ((flags & KVM_MEM_READONLY) && is_write(f))
		return RET_PF_EMULATE;
	f->hva = kvm_slot_hva(f->slot, f->gfn);
	return RET_PF_CONTINUE;
}

static int topup(const struct kvm_page_fault *f)
{
	return kvm_mmu_caches_topup(&f->vcpu->arch.mmu_caches,
				    KVM_MMU_MAX_ROOT_LEVEL);
}

static bool can_have_mmio_spte(const struct kvm_page_fault *f)
{
	const struct kvm_pte_masks *m = masks_of(f);

	return m->mmio_value && f->gfn < m->mmio_gfn_limit &&
	       !(f->generation & KVM_MEMSLOT_GEN_UPDATING);
}

static int map_mmio(const struct kvm_page_fault *f)
{
	struct kvm_tdp_map map = {
		.gfn = f->gfn,
		.leaf.level = KVM_MMU_LEVEL_4K,
		.leaf.access = KVM_ACC_ALL,
		.mmio_gen = f->generation,
		.flags = KVM_TDP_MAP_MMIO,
	};
	struct kvm *kvm = f->vcpu->kvm;
	int r;

	if (!can_have_mmio_spte(f))
		return RET_PF_EMULATE;
	r = topup(f);
	if (r)
		return r;
	kvm_mmu_read_lock(kvm);
	r = kvm_tdp_map(kvm, f->root, &map, &f->vcpu->arch.mmu_caches);
	kvm_mmu_read_unlock(kvm);
	if (r == RET_PF_EMULATE)
		f->vcpu->stat.pf_mmio_spte_created++;
	return r;
}

/* Is it a fault of the kind that needs neither a page nor a lock? */
static bool may_be_fast(const struct kvm_page_fault *f)
{
	if (f->flags & KVM_FAULT_RSVD)
		return false;
	/* Where use is tracked by a fault, what is old looks absent. */
	return masks_of(f)->saved ||
	       ((f->flags & KVM_FAULT_PRESENT) && is_write(f));
}

static int map_fast(const struct kvm_page_fault *f)
{
	unsigned int flags = 0;
	int r;

	if (!may_be_fast(f))
		return RET_PF_CONTINUE;
	if (is_write(f))
		flags |= KVM_TDP_FAST_WRITE;
	if (is_fetch(f))
		flags |= KVM_TDP_FAST_FETCH;
	if (is_logged(f))
		flags |= KVM_TDP_FAST_LOGGED;
	r = kvm_tdp_map_fast(f->vcpu->kvm, f->root, f->gfn, flags);
	if (r != RET_PF_FIXED)
		return r;
	if (is_write(f))
		kvm_mark_page_dirty(f->vcpu->kvm, f->slot, f->gfn);
	f->vcpu->stat.pf_fast++;
	return r;
}

/* All that can be known in vain is found out before a page is got. */
static int prepare(struct kvm_page_fault *f)
{
	const struct kvm_mmu_invalidate *inv = &f->vcpu->kvm->mmu.invalidate;
	int r = topup(f);

	if (r)
		return r;
	f->seq = kvm_mmu_invalidate_seq(inv);
	if (kvm_mmu_invalidating(inv, f->gfn, f->gfn + 1)) {
		cond_resched();
		return RET_PF_RETRY;
	}
	return RET_PF_CONTINUE;
}

static int get_page_failed(const struct kvm_page_fault *f, int error)
{
	switch (error) {
	case -EHWPOISON:
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)f->hva,
				PAGE_SHIFT, current);
		return RET_PF_RETRY;
	case -EINTR:
	case -EAGAIN:
		return RET_PF_RETRY;
	default:
		return error;
	}
}

static int get_host_page(struct kvm_page_fault *f)
{
	unsigned int flags = 0;
	int r;

	if (is_write(f))
		flags = KVM_HOST_PAGE_WRITE;
	else if (kvm_slot_flags(f->slot) & KVM_MEM_READONLY)
		flags = KVM_HOST_PAGE_READONLY;
	r = kvm_host_page_get(f->hva, flags | KVM_HOST_PAGE_NOWAIT, &f->page);
	if (r == -EAGAIN) {
		if (kvm_async_pf_start(f->vcpu, f->gfn, f->hva, is_write(f)))
			return RET_PF_RETRY;
		r = kvm_host_page_get(f->hva, flags, &f->page);
	}
	if (r)
		return get_page_failed(f, r);

	/* D of a huge page says nothing of 4K, and what is no page has no size. */
	f->host_level = KVM_MMU_LEVEL_4K;
	if (f->page.page && !is_logged(f))
		f->host_level = kvm_host_page_level(f->vcpu->kvm->mm, f->hva);
	return RET_PF_CONTINUE;
}

static bool nx_workaround(const struct kvm *kvm)
{
	return kvm_param_nx_huge_pages && !kvm->arch.disable_nx_huge_pages &&
	       boot_cpu_has_bug(X86_BUG_ITLB_MULTIHIT);
}

void kvm_fault_choose_level(struct kvm_page_fault *f)
{
	struct kvm_level_req req = {
		.pfn = f->page.pfn,
		.host_level = f->host_level,
		.max_level = f->vcpu->kvm->mmu.max_huge_level,
	};

	kvm_mmu_slot_level_req(f->slot, f->gfn, &req);
	f->nx_level = kvm_level_choose(&req);
	f->level = kvm_level_nx_adjust(f->nx_level, is_fetch(f),
				       nx_workaround(f->vcpu->kvm));
}

static u64 memtype_of(const struct kvm_page_fault *f)
{
	struct kvm_memtype_req req = {
		.is_mmio = f->page.device,
		.cr0_cd = f->vcpu->arch.cr0 & X86_CR0_CD,
		.quirk_cd_nw_cleared = !(f->vcpu->kvm->arch.disabled_quirks &
					 KVM_X86_QUIRK_CD_NW_CLEARED),
		.quirk_ignore_guest_pat = true,
		.self_snoop = boot_cpu_has(X86_FEATURE_SELFSNOOP),
		.guest_mtrr_type = MTRR_TYPE_WRBACK,
	};

	return kvm_memtype_bits(masks_of(f), &req);
}

static u16 leaf_flags(const struct kvm_page_fault *f)
{
	u16 flags = 0;

	if (f->page.writable)
		flags |= KVM_LEAF_HOST_WRITABLE;
	if (is_logged(f))
		flags |= KVM_LEAF_DIRTY_LOG;
	if (is_write(f))
		flags |= KVM_LEAF_WRITE;
	if (nx_workaround(f->vcpu->kvm))
		flags |= KVM_LEAF_NX;
	if (f->page.device)
		flags |= KVM_LEAF_NOT_ENCRYPTED;
	return flags;
}

void kvm_fault_make_map(const struct kvm_page_fault *f, struct kvm_tdp_map *map)
{
	*map = (struct kvm_tdp_map){
		.gfn = f->gfn,
		.leaf = {
			.pfn = f->page.pfn,
			.memtype = memtype_of(f),
			.level = f->level,
			.access = KVM_ACC_ALL,
			.flags = leaf_flags(f),
		},
		.nx_level = f->nx_level,
	};
}

/* Is what was learned of the page, or of another part of a huge one, stale? */
static bool is_stale(const struct kvm_page_fault *f)
{
	gfn_t start = kvm_level_gfn(f->gfn, f->level);

	return kvm_mmu_invalidate_retry(&f->vcpu->kvm->mmu.invalidate, f->seq,
					start,
					start + kvm_level_pages(f->level));
}

static bool is_mapped(int r)
{
	return r == RET_PF_FIXED || r == RET_PF_SPURIOUS;
}

static int map_page(struct kvm_page_fault *f)
{
	struct kvm *kvm = f->vcpu->kvm;
	int r = RET_PF_RETRY;
	struct kvm_tdp_map map;

	kvm_mmu_read_lock(kvm);
	kvm_fault_choose_level(f);
	if (!is_stale(f)) {
		kvm_fault_make_map(f, &map);
		r = kvm_tdp_map(kvm, f->root, &map, &f->vcpu->arch.mmu_caches);
	}
	if (is_mapped(r))
		kvm_host_page_set_dirty(&f->page);
	kvm_mmu_read_unlock(kvm);
	return r;
}

static void finish(const struct kvm_page_fault *f, int r)
{
	if (is_mapped(r) && is_write(f))
		kvm_mark_page_dirty(f->vcpu->kvm, f->slot, f->gfn);
	kvm_host_page_put(&f->page, is_mapped(r));
}

/* --- all of them --------------------------------------------------------- */

static int handle(struct kvm_page_fault *f)
{
	int r;

	r = known_mmio(f);
	if (r)
		return r;
	r = find_memory(f);
	if (r)
		return r;
	if (!f->slot)
		return map_mmio(f);
	r = map_fast(f);
	if (r)
		return r;
	r = prepare(f);
	if (r)
		return r;
	r = get_host_page(f);
	if (r)
		return r;
	r = map_page(f);
	finish(f, r);
	return r;
}

static void count(struct kvm_vcpu_stat *stat, int r)
{
	if (r == RET_PF_FIXED)
		stat->pf_fixed++;
	else if (r == RET_PF_SPURIOUS)
		stat->pf_spurious++;
	else if (r == RET_PF_EMULATE)
		stat->pf_emulate++;
}

/* NULL: dropped since the exit. */
static struct kvm_mmu_page *loaded_root(const struct kvm_vcpu *vcpu)
{
	const struct kvm_mmu *mmu = vcpu->arch.mmu.mmu;

	return kvm_mmu_has_root(mmu) ? kvm_mmu_page_of(mmu->root.hpa) : NULL;
}

int kvm_mmu_page_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u32 flags)
{
	struct kvm_page_fault f = {
		.vcpu = vcpu,
		.root = loaded_root(vcpu),
		.gfn = gpa >> PAGE_SHIFT,
		.flags = flags,
	};
	int r = RET_PF_RETRY;

	vcpu->stat.pf_taken++;
	if (f.root)
		r = handle(&f);
	count(&vcpu->stat, r);
	return r;
}
