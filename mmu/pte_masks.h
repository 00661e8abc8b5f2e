/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pte_masks.h - what the bits of a shadow PTE mean, as data
 *
 * Owns: struct kvm_pte_masks and the pure functions that fill it for each
 * format.  A shadow PTE has one of two hardware formats:
 *
 *  - legacy, walked by the CPU for shadow paging and for NPT
 *    (SDM 3A, "4-Level Paging and 5-Level Paging"; APM 2, 5.3 and 15.25);
 *  - EPT (SDM 3C, "The Extended Page Table Mechanism").
 *
 * Locking: none; pure.  The instances that the module runs on are in setup.c.
 *
 * Deliberately absent: building and reading an SPTE, which spte.h does.  Here
 * is only which bit is which, so that tests run every format on any host.
 */
#ifndef TWINWALK_MMU_PTE_MASKS_H
#define TWINWALK_MMU_PTE_MASKS_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

/* Highest bit that a page table entry can use for an address, both formats. */
#define KVM_PTE_MAX_PHYADDR_BIT 51

/* The same in both formats: a huge page (PS), and, ignored by the CPU, ours. */
#define KVM_PTE_HUGE	    BIT_ULL(7)
#define KVM_PTE_MMU_PRESENT BIT_ULL(11)

/* Where an access-tracked entry keeps its R, W and X (@saved). */
#define KVM_PTE_SAVED_SHIFT 54

/*
 * The generation of an MMIO entry, in two parts.  No bit of it is one that A or
 * D has in either format: clearing those is a locked AND, which may come to an
 * entry that has become an MMIO entry a moment ago.
 */
#define KVM_PTE_MMIO_GEN_LOW  GENMASK_ULL(62, 52)
#define KVM_PTE_MMIO_GEN_HIGH GENMASK_ULL(4, 3)
#define KVM_MMIO_GEN_BITS     13

/**
 * struct kvm_pte_masks - a format of shadow PTEs
 * @present: any of these set, and the CPU takes the entry for present
 * @readable: may be read; where the format has no such bit, @present
 * @writable: may be written
 * @user: open to user mode, which NPT needs in every entry; 0 in EPT
 * @exec: may be executed; 0 where the format has NX instead
 * @nx: may not be executed; 0 where the format has X instead
 * @accessed: set by the CPU on use; 0 without hardware A/D bits
 * @dirty: set by the CPU on write; 0 without hardware A/D bits
 * @memtype: the memory type and what overrides it; 0 where PAT decides
 * @me: memory encryption, set in every entry that maps memory
 * @pfn: the address field, without @me
 * @host_writable: software: the host lets the page be written
 * @mmu_writable: software: nothing of ours forbids to write it
 * @saved: software: @present of an entry whose use is tracked by a fault, at
 *	KVM_PTE_SAVED_SHIFT; 0 with hardware A/D bits
 * @mmio_mask: these bits tell an MMIO entry from any other ...
 * @mmio_value: ... when they have this value, which makes the CPU fault or
 *	exit in a way of its own; 0: the format has no such value
 * @mmio_access: what the guest's tables allow, in an MMIO entry; 0 where
 *	nobody needs it
 * @mmio_gfn: the address field of an MMIO entry, which holds the inverted gfn
 * @mmio_gfn_limit: gfns from here up get no MMIO entry
 * @nonpresent: an entry that maps nothing
 * @frozen: an entry that is being changed, and that nobody else may change
 * @exec_only: an entry may be executable and not readable
 */
struct kvm_pte_masks {
	u64 present;
	u64 readable;
	u64 writable;
	u64 user;
	u64 exec;
	u64 nx;
	u64 accessed;
	u64 dirty;
	u64 memtype;
	u64 me;
	u64 pfn;
	u64 host_writable;
	u64 mmu_writable;
	u64 saved;
	u64 mmio_mask;
	u64 mmio_value;
	u64 mmio_access;
	u64 mmio_gfn;
	gfn_t mmio_gfn_limit;
	u64 nonpresent;
	u64 frozen;
	bool exec_only;
};

/* For kvm_pte_masks_set_ept(). */
#define KVM_EPT_HAS_AD	      BIT(0)
#define KVM_EPT_HAS_EXEC_ONLY BIT(1)

/**
 * kvm_pte_masks_reset() - the legacy format, without memory encryption
 * @m: filled whole, whatever it held
 * @maxphyaddr: how many bits a physical address has, CPUID 8000_0008H:EAX[7:0]
 *	as the CPU gives it, not reduced by what memory encryption takes of it
 */
void kvm_pte_masks_reset(struct kvm_pte_masks *m, unsigned int maxphyaddr);

/**
 * kvm_pte_masks_set_ept() - the EPT format
 * @m: filled whole
 * @flags: KVM_EPT_HAS_*
 */
void kvm_pte_masks_set_ept(struct kvm_pte_masks *m, unsigned int flags);

/**
 * kvm_pte_masks_set_me() - memory encryption, legacy format
 * @m: reset before
 * @me: what an entry has to have set to map the host's memory: @c_bit, or 0 if
 *	this kernel leaves its memory in the clear
 * @c_bit: the CPU's encryption bit, which is never reserved
 * @maxphyaddr: how many bits of address encryption has left; those above are
 *	reserved
 */
void kvm_pte_masks_set_me(struct kvm_pte_masks *m, u64 me, u64 c_bit,
			  unsigned int maxphyaddr);

/**
 * kvm_pte_masks_set_l1tf() - the CPU may speculate on nonpresent entries
 * @m: reset, or set to EPT, before
 * @cache_bits: bits of an address that its L1 data cache looks at
 *
 * An MMIO entry holds a gfn inverted, so that a low gfn makes a high address.
 * That is an address of nothing as long as the gfn's own highest bit is 0.  In
 * the legacy format the bits above those that a physical address has are 1.
 */
void kvm_pte_masks_set_l1tf(struct kvm_pte_masks *m, unsigned int cache_bits);

/**
 * kvm_pte_masks_valid() - is this a format that the MMU can work with?
 * @m: to be looked at
 *
 * No bit has two meanings, neither an empty nor a frozen entry is present, an
 * MMIO entry is neither of them nor a page.
 *
 * Return: true if all that holds.
 */
bool kvm_pte_masks_valid(const struct kvm_pte_masks *m);

#endif
