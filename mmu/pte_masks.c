// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_masks.c - the formats of shadow PTEs
 *
 * Owns: which bit is which.  Pure: no state, no locking.  See pte_masks.h.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <asm/page.h>
#include <asm/vmx.h>

#include "mmu/pte_masks.h"

/* Legacy entries: SDM 3A, table "Format of a Page-Table Entry". */
#define LEGACY_PRESENT	BIT_ULL(0)
#define LEGACY_WRITABLE BIT_ULL(1)
#define LEGACY_USER	BIT_ULL(2)
#define LEGACY_ACCESSED BIT_ULL(5)
#define LEGACY_DIRTY	BIT_ULL(6)
#define LEGACY_NX	BIT_ULL(63)

/* Ours: bits 9 to 11 are ignored by the CPU in a legacy entry, ... */
#define LEGACY_HOST_WRITABLE BIT_ULL(9)
#define LEGACY_MMU_WRITABLE  BIT_ULL(10)

/* ... 52 to 56 in an EPT entry, whatever controls are in use. */
#define EPT_HOST_WRITABLE BIT_ULL(52)
#define EPT_MMU_WRITABLE  BIT_ULL(53)

/* SDM 3C, "Convertible EPT Violations": set, no #VE comes of this entry. */
#define EPT_SUPPRESS_VE BIT_ULL(63)

/*
 * Says nothing to the CPU in an entry that is not present; never A or D.  Not
 * HUGE: where there is L1TF, that would lay open 1G of memory from address 0.
 */
#define PTE_FROZEN (BIT_ULL(4) | BIT_ULL(3))

#define PTE_ADDRESS GENMASK_ULL(KVM_PTE_MAX_PHYADDR_BIT, PAGE_SHIFT)

static_assert((VMX_EPT_RWX_MASK ^ GENMASK_ULL(2, 0)) == 0);
static_assert(!(VMX_EPT_MT_MASK & VMX_EPT_IPAT_BIT));
static_assert(!(PTE_FROZEN &
		(VMX_EPT_RWX_MASK | LEGACY_PRESENT | PTE_ADDRESS |
		 KVM_PTE_HUGE | KVM_PTE_MMU_PRESENT | EPT_SUPPRESS_VE)));
static_assert(!(PTE_FROZEN & (VMX_EPT_ACCESS_BIT | VMX_EPT_DIRTY_BIT |
			      LEGACY_ACCESSED | LEGACY_DIRTY)));
static_assert(!((KVM_PTE_MMIO_GEN_LOW | KVM_PTE_MMIO_GEN_HIGH) &
		(VMX_EPT_ACCESS_BIT | VMX_EPT_DIRTY_BIT | LEGACY_ACCESSED |
		 LEGACY_DIRTY | PTE_ADDRESS | KVM_PTE_MMU_PRESENT |
		 VMX_EPT_RWX_MASK | EPT_SUPPRESS_VE)));
static_assert(!(KVM_PTE_HUGE & (VMX_EPT_MT_MASK | VMX_EPT_IPAT_BIT)));
static_assert(!((VMX_EPT_RWX_MASK << KVM_PTE_SAVED_SHIFT) &
		(EPT_HOST_WRITABLE | EPT_MMU_WRITABLE)));
static_assert(VMX_EPT_RWX_MASK << KVM_PTE_SAVED_SHIFT <= GENMASK_ULL(56, 0));

/* How many gfns fit into @field, from its lowest bit up to its first gap. */
static gfn_t gfn_limit(u64 field)
{
	return BIT_ULL(ffz(field >> PAGE_SHIFT));
}

/*
 * A present legacy entry with a reserved bit set gives #PF or #NPF with RSVD
 * set in the error code, which nothing else of ours does.  Address bits that
 * the CPU does not have are reserved; if it has all 52, or memory encryption
 * took the rest, there is none to use.  All of them are set: a CPU with L1TF
 * may look at more address bits than it has, and then none of them is 0.
 */
static void set_legacy_mmio(struct kvm_pte_masks *m, unsigned int maxphyaddr,
			    u64 c_bit)
{
	u64 reserved = 0;

	if (maxphyaddr <= KVM_PTE_MAX_PHYADDR_BIT)
		reserved = GENMASK_ULL(KVM_PTE_MAX_PHYADDR_BIT, maxphyaddr);
	m->mmio_gfn = PTE_ADDRESS & ~reserved & ~c_bit;
	m->mmio_gfn_limit = gfn_limit(m->mmio_gfn);
	reserved &= ~c_bit;

	m->mmio_value = reserved ? LEGACY_PRESENT | reserved : 0;
	m->mmio_mask = m->mmio_value;
	m->mmio_access = LEGACY_WRITABLE | LEGACY_USER;
}

void kvm_pte_masks_reset(struct kvm_pte_masks *m, unsigned int maxphyaddr)
{
	*m = (struct kvm_pte_masks){
		.present = LEGACY_PRESENT,
		.readable = LEGACY_PRESENT,
		.writable = LEGACY_WRITABLE,
		.user = LEGACY_USER,
		.nx = LEGACY_NX,
		.accessed = LEGACY_ACCESSED,
		.dirty = LEGACY_DIRTY,
		.pfn = PTE_ADDRESS,
		.host_writable = LEGACY_HOST_WRITABLE,
		.mmu_writable = LEGACY_MMU_WRITABLE,
		.frozen = PTE_FROZEN,
	};
	set_legacy_mmio(m, maxphyaddr, 0);
}

void kvm_pte_masks_set_ept(struct kvm_pte_masks *m, unsigned int flags)
{
	bool ad = flags & KVM_EPT_HAS_AD;

	*m = (struct kvm_pte_masks){
		.present = VMX_EPT_RWX_MASK,
		.readable = VMX_EPT_READABLE_MASK,
		.writable = VMX_EPT_WRITABLE_MASK,
		.exec = VMX_EPT_EXECUTABLE_MASK,
		.accessed = ad ? VMX_EPT_ACCESS_BIT : 0,
		.dirty = ad ? VMX_EPT_DIRTY_BIT : 0,
		.memtype = VMX_EPT_MT_MASK | VMX_EPT_IPAT_BIT,
		.pfn = PTE_ADDRESS,
		.host_writable = EPT_HOST_WRITABLE,
		.mmu_writable = EPT_MMU_WRITABLE,
		.saved = ad ? 0 : VMX_EPT_RWX_MASK << KVM_PTE_SAVED_SHIFT,
		/* Writable and not readable: EPT misconfiguration, always. */
		.mmio_mask = VMX_EPT_RWX_MASK,
		.mmio_value = VMX_EPT_MISCONFIG_WX_VALUE,
		.mmio_gfn = PTE_ADDRESS,
		.mmio_gfn_limit = gfn_limit(PTE_ADDRESS),
		.nonpresent = EPT_SUPPRESS_VE,
		.frozen = EPT_SUPPRESS_VE | PTE_FROZEN,
		.exec_only = flags & KVM_EPT_HAS_EXEC_ONLY,
	};
}

void kvm_pte_masks_set_me(struct kvm_pte_masks *m, u64 me, u64 c_bit,
			  unsigned int maxphyaddr)
{
	m->me = me;
	m->pfn = PTE_ADDRESS & ~me;
	set_legacy_mmio(m, maxphyaddr, c_bit);
}

void kvm_pte_masks_set_l1tf(struct kvm_pte_masks *m, unsigned int cache_bits)
{
	gfn_t half = BIT_ULL(cache_bits - 1 - PAGE_SHIFT);

	m->mmio_gfn_limit = min(m->mmio_gfn_limit, half);
}

/* What an MMIO entry has, each bit for one purpose and in its place. */
static bool mmio_valid(const struct kvm_pte_masks *m)
{
	u64 gen = KVM_PTE_MMIO_GEN_LOW | KVM_PTE_MMIO_GEN_HIGH;
	u64 wrong = m->mmio_gfn & (m->mmio_mask | ~PTE_ADDRESS);

	wrong |= m->mmio_access & (m->mmio_mask | ~(m->writable | m->user));
	wrong |= m->mmio_mask & (gen | m->nonpresent);
	wrong |= m->mmio_value & (~m->mmio_mask | KVM_PTE_MMU_PRESENT);
	if (wrong || m->mmio_gfn_limit > gfn_limit(m->mmio_gfn))
		return false;
	return !m->mmio_value || (m->mmio_value & m->present);
}

bool kvm_pte_masks_valid(const struct kvm_pte_masks *m)
{
	const u64 groups[] = {
		m->present | m->readable | m->writable | m->exec,
		m->user,
		m->nx,
		m->accessed,
		m->dirty,
		m->memtype,
		m->me,
		m->pfn,
		m->host_writable,
		m->mmu_writable,
		m->saved,
		KVM_PTE_HUGE,
		KVM_PTE_MMU_PRESENT,
	};
	u64 seen = 0, saved;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (seen & groups[i])
			return false;
		seen |= groups[i];
	}
	if ((m->readable & (m->writable | m->exec)) || (m->writable & m->exec))
		return false;
	if (!m->present || !m->readable || !m->writable || !m->host_writable ||
	    !m->mmu_writable || !m->pfn)
		return false;
	/* Execution is allowed by a bit or forbidden by a bit, not both. */
	if (!m->exec == !m->nx)
		return false;
	if (m->nonpresent & seen)
		return false;
	/* Whether an entry was used is seen by a bit or by a fault, not both. */
	saved = m->accessed ? 0 : m->present << KVM_PTE_SAVED_SHIFT;
	if (!m->accessed != !m->dirty || m->saved != saved)
		return false;
	if (m->frozen == m->nonpresent || (m->nonpresent & ~m->frozen) ||
	    (m->frozen & (m->present | m->accessed | m->dirty | m->pfn | m->me |
			  KVM_PTE_HUGE | KVM_PTE_MMU_PRESENT)))
		return false;
	return mmio_valid(m);
}
