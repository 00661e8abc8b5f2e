// SPDX-License-Identifier: GPL-2.0-only
/*
 * spte.c - building, reading and classifying a shadow PTE
 *
 * Owns: what of spte.h is not inline.  Pure.
 */
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "mmu/spte.h"

static_assert(__builtin_popcountll(KVM_PTE_MMIO_GEN_LOW) +
		      __builtin_popcountll(KVM_PTE_MMIO_GEN_HIGH) ==
	      KVM_MMIO_GEN_BITS);

enum kvm_spte_kind kvm_spte_kind(const struct kvm_pte_masks *m, u64 spte,
				 unsigned int level)
{
	if (is_shadow_present_pte(spte))
		return is_last_spte(spte, level) ? KVM_SPTE_LEAF :
						   KVM_SPTE_TABLE;
	if (is_frozen_spte(m, spte))
		return KVM_SPTE_FROZEN;
	if (is_mmio_spte(m, spte))
		return KVM_SPTE_MMIO;
	return KVM_SPTE_EMPTY;
}

/* Does the CPU have all bits of the address?  If not, it is taken for MMIO. */
static bool address_is_legal(const struct kvm_pte_masks *m, u64 spte)
{
	return !(spte & m->pfn & m->mmio_mask);
}

/* No bit without a meaning, none that has it only in another state. */
static bool leaf_bits_are_legal(const struct kvm_pte_masks *m, u64 spte,
				unsigned int level)
{
	u64 bits = m->present | m->writable | m->user | m->nx | m->accessed |
		   m->dirty | m->memtype | m->me | m->pfn | m->host_writable |
		   m->mmu_writable | KVM_PTE_MMU_PRESENT;

	if (level > 1)
		bits |= KVM_PTE_HUGE;
	if (is_access_tracked_spte(m, spte))
		bits |= m->saved;
	return !(spte & ~bits);
}

static bool mmio_is_legal(const struct kvm_pte_masks *m, u64 spte)
{
	return kvm_mmio_spte_gfn(m, spte) < m->mmio_gfn_limit &&
	       !(spte & ~(m->mmio_mask | m->mmio_gfn | m->mmio_access |
			  KVM_PTE_MMIO_GEN_LOW | KVM_PTE_MMIO_GEN_HIGH));
}

static bool leaf_is_legal(const struct kvm_pte_masks *m, u64 spte,
			  unsigned int level)
{
	bool host = is_host_writable_spte(m, spte);
	bool mmu = is_mmu_writable_spte(m, spte);
	u64 allowed = spte_permissions(m, spte);

	if ((is_writable_pte(m, spte) && !mmu) || (mmu && !host))
		return false;
	/* A page nobody may read: only where the CPU has execute-only. */
	if (!(allowed & m->readable) &&
	    !(m->exec_only && is_executable_pte(m, spte)))
		return false;
	/* Writable and not readable: a misconfiguration. */
	if (mmu && !(allowed & m->readable))
		return false;
	if (level > 3 || !leaf_bits_are_legal(m, spte, level) ||
	    !address_is_legal(m, spte))
		return false;
	return !(spte_to_pfn(m, spte) & (kvm_level_pages(level) - 1));
}

bool kvm_spte_is_legal(const struct kvm_pte_masks *m, u64 spte,
		       unsigned int level)
{
	switch (kvm_spte_kind(m, spte, level)) {
	case KVM_SPTE_EMPTY:
		return spte == m->nonpresent;
	case KVM_SPTE_FROZEN:
		return true;
	case KVM_SPTE_MMIO:
		return level == 1 && mmio_is_legal(m, spte);
	case KVM_SPTE_TABLE:
		return spte == kvm_make_table_spte(m, spte & m->pfn) &&
		       address_is_legal(m, spte);
	case KVM_SPTE_LEAF:
		return leaf_is_legal(m, spte, level);
	}
	return false;
}

bool kvm_pae_root_spte_is_legal(const struct kvm_pte_masks *m, u64 spte)
{
	if (!is_shadow_present_pte(spte))
		return spte == m->nonpresent || is_frozen_spte(m, spte);
	return spte == kvm_make_pae_root_spte(m, spte & m->pfn) &&
	       address_is_legal(m, spte);
}

u64 kvm_make_mmio_spte(const struct kvm_pte_masks *m, gfn_t gfn,
		       unsigned int access, u64 gen)
{
	u64 spte = m->mmio_value;

	if (!spte || gfn >= m->mmio_gfn_limit)
		return 0;

	spte |= ~(gfn << PAGE_SHIFT) & m->mmio_gfn;
	if (access & KVM_ACC_WRITE)
		spte |= m->mmio_access & m->writable;
	if (access & KVM_ACC_USER)
		spte |= m->mmio_access & m->user;
	spte |= FIELD_PREP(KVM_PTE_MMIO_GEN_LOW, gen & 0x7ff);
	spte |= FIELD_PREP(KVM_PTE_MMIO_GEN_HIGH, (gen >> 11) & 3);
	return spte;
}

gfn_t kvm_mmio_spte_gfn(const struct kvm_pte_masks *m, u64 spte)
{
	return (~spte & m->mmio_gfn) >> PAGE_SHIFT;
}

unsigned int kvm_mmio_spte_access(const struct kvm_pte_masks *m, u64 spte)
{
	unsigned int access = KVM_ACC_EXEC;

	if (!m->mmio_access)
		return KVM_ACC_ALL;
	if (spte & m->mmio_access & m->writable)
		access |= KVM_ACC_WRITE;
	if (spte & m->mmio_access & m->user)
		access |= KVM_ACC_USER;
	return access;
}

u64 kvm_mmio_spte_gen(u64 spte)
{
	return FIELD_GET(KVM_PTE_MMIO_GEN_LOW, spte) |
	       FIELD_GET(KVM_PTE_MMIO_GEN_HIGH, spte) << 11;
}

u64 kvm_make_small_spte(const struct kvm_pte_masks *m, u64 huge,
			unsigned int level, unsigned int index)
{
	u64 small =
		huge + ((u64)index * kvm_level_pages(level - 1) * PAGE_SIZE);

	if (level == 2)
		small &= ~KVM_PTE_HUGE;
	return small;
}

u64 kvm_make_huge_spte(const struct kvm_pte_masks *m, u64 small,
		       unsigned int level)
{
	u64 inside = (kvm_level_pages(level) - 1) << PAGE_SHIFT;
	u64 huge = (small & ~inside) | KVM_PTE_HUGE;

	if (is_mmu_writable_spte(m, small))
		return kvm_spte_make_writable(m, huge);
	return kvm_spte_mark_young(m, huge);
}
