/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu.h - the MMU's public interface
 *
 * Owns: what the rest of the module may ask of mmu/.  Nothing outside mmu/
 * includes another header of it, but for pte_masks.h's flags, and for those that
 * say what is in a VM (mmu_vm.h) and in a memory slot (slot.h).
 *
 * The order in which the ladder calls, and what each step may rely on:
 *
 *	kvm_mmu_x86_module_init()	the host's address width, what was asked for
 *	kvm_mmu_vendor_module_init()	PTE masks reset
 *	  kvm_mmu_set_ept_masks(), kvm_mmu_set_me_mask()   by the vendor
 *	  kvm_configure_mmu()				   by the vendor
 *	kvm_mmu_hardware_setup()	masks fitted, checked, frozen; caches
 *
 * and for each VM, from there on:
 *
 *	kvm_mmu_create_vm()		the VM is nobody's so far
 *	kvm_mmu_create_vm_debugfs()	its folder is there
 *	kvm_mmu_destroy_vm()		its folder, its vCPUs and users are gone
 */
#ifndef TWINWALK_MMU_H
#define TWINWALK_MMU_H

#include <linux/kvm_types.h>
#include <linux/types.h>

#include "mmu/pte_masks.h"

struct kmem_cache;
struct kvm;
struct kvm_mmu_vm_ops;
union kvm_mmu_page_role;

/* Levels of a page table entry, KVM's numbers: 1 is 4K, 2 is 2M, 3 is 1G. */
enum kvm_mmu_level {
	KVM_MMU_LEVEL_4K = 1,
	KVM_MMU_LEVEL_2M,
	KVM_MMU_LEVEL_1G,
	KVM_MMU_LEVEL_512G,
	KVM_MMU_LEVEL_256T,
};

/**
 * struct kvm_mmu_config - how the vendor wants the MMU
 * @tdp: the CPU walks a second set of page tables (EPT, NPT), and shall
 * @tdp_root_level: level of the root of those tables, 4 or 5
 * @max_huge_level: largest page that an entry of those tables may map, or
 *	without @tdp of shadow tables
 */
struct kvm_mmu_config {
	bool tdp;
	u8 tdp_root_level;
	u8 max_huge_level;
};

/**
 * kvm_mmu_x86_module_init() - what does not depend on the vendor
 *
 * Learns the width of a physical address, and remembers which of tdp and
 * tdp_mmu the user asked for, because the parameters are about to become what
 * the hardware can do.
 *
 * Context: module load.
 * Return: 0.
 */
int kvm_mmu_x86_module_init(void);

/**
 * kvm_mmu_vendor_module_init() - a new vendor: forget what the last one set
 *
 * Resets the PTE masks, and how the MMU was configured.
 *
 * Context: module load, before the vendor's hardware_setup().
 * Return: 0.
 */
int kvm_mmu_vendor_module_init(void);

/**
 * kvm_mmu_set_ept_masks() - the TDP tables have the EPT format
 * @flags: KVM_EPT_HAS_*
 *
 * Context: vendor's hardware_setup().
 */
void kvm_mmu_set_ept_masks(unsigned int flags);

/**
 * kvm_mmu_set_me_mask() - the CPU has memory encryption on
 * @me: see kvm_pte_masks_set_me()
 * @c_bit: the same
 * @phys_bits: the same
 *
 * Context: vendor's hardware_setup(); legacy format only.
 */
void kvm_mmu_set_me_mask(u64 me, u64 c_bit, unsigned int phys_bits);

/**
 * kvm_mmu_tdp_wanted() - did the user ask for TDP?
 *
 * Return: the tdp parameter as it was given, from kvm_mmu_x86_module_init() on.
 */
bool kvm_mmu_tdp_wanted(void);

/**
 * kvm_configure_mmu() - tell the MMU what the CPU does of its work
 * @config: copied
 *
 * Context: vendor's hardware_setup(), exactly once.
 */
void kvm_configure_mmu(const struct kvm_mmu_config *config);

/**
 * kvm_mmu_hardware_setup() - make what depends on how the MMU is configured
 *
 * Fits the masks to the CPU's bugs and checks them; they are read-only from
 * here on.  Sizes and creates the
 * pte_list_desc cache and the page-header cache; counters.  tdp_mmu becomes 0
 * where TDP is off.
 *
 * Context: module load, after the vendor's hardware_setup(); may sleep.
 * Return: 0; -ENOMEM; -EINVAL, the vendor left out kvm_configure_mmu() or set
 * masks in which a bit has two meanings.  Nothing is left behind then.
 */
int kvm_mmu_hardware_setup(void);

/** kvm_mmu_hardware_unsetup() - the reverse of kvm_mmu_hardware_setup() */
void kvm_mmu_hardware_unsetup(void);

/**
 * kvm_mmu_create_vm() - make the MMU's part of a new VM
 * @kvm: zeroed
 * @ops: how the MMU reaches the VM's vCPUs; has to stay
 *
 * In the format, and with the levels, that this host has.  Allocates no table.
 * Without the TDP MMU there is nothing to make but the lock.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM, with nothing left behind.
 */
int kvm_mmu_create_vm(struct kvm *kvm, const struct kvm_mmu_vm_ops *ops);

/**
 * kvm_mmu_destroy_vm() - the reverse of kvm_mmu_create_vm()
 * @kvm: no vCPU, no user and no file of it is left
 *
 * Context: may sleep.
 */
void kvm_mmu_destroy_vm(struct kvm *kvm);

/**
 * kvm_mmu_create_vm_debugfs() - show the VM's tables in its debugfs folder
 * @kvm: with debugfs_dentry set; who removes that removes the files
 *
 * "mmu_tables" and "mmu_mappings", if the VM has the TDP MMU.  Failure is not
 * an error: the files are then missing.
 *
 * Context: may sleep.
 */
void kvm_mmu_create_vm_debugfs(struct kvm *kvm);

/**
 * kvm_mmu_pte_masks() - the format of this host's tables
 *
 * With all that the CPU offers: that of the TDP MMU's tables, and of shadow
 * tables but for those that kvm_mmu_masks_for() tells from them.
 *
 * Return: never NULL; always the same.
 */
const struct kvm_pte_masks *kvm_mmu_pte_masks(void);

/**
 * kvm_mmu_masks_for() - the format of a page of page tables
 * @role: of the page
 *
 * A nested guest whose EPT has no accessed and dirty bits runs on an EPTP
 * without them, whatever the host has: in its tables the CPU sets none, and an
 * entry's use is tracked by a fault.  Its role has ad_disabled set.  Legacy
 * tables always have these bits, so that ad_disabled changes nothing there.
 *
 * Return: never NULL; the same for all roles with the same ad_disabled.
 */
const struct kvm_pte_masks *kvm_mmu_masks_for(union kvm_mmu_page_role role);

/** kvm_mmu_get_config() - what the vendor configured; all zero before */
const struct kvm_mmu_config *kvm_mmu_get_config(void);

/** kvm_mmu_maxphyaddr() - bits of a physical address, see struct kvm_pte_masks */
unsigned int kvm_mmu_maxphyaddr(void);

/**
 * kvm_mmu_max_gfn() - the last gfn that this host's tables can map
 *
 * With TDP a guest physical address is an address to the CPU, which has as many
 * bits as the host's, and no more than the levels translate.  Without, it is
 * what a guest's page tables can hold.
 *
 * Return: the gfn; always the same.
 */
gfn_t kvm_mmu_max_gfn(void);

/**
 * kvm_mmu_nr_sptes_per_pte_list() - the entry count of a pte_list_desc
 *
 * Return: a number that does not change once kvm_mmu_hardware_setup() is done;
 * 0 before.
 */
unsigned int kvm_mmu_nr_sptes_per_pte_list(void);

/** kvm_mmu_page_header_cache() - of struct kvm_mmu_page; NULL when there is none */
struct kmem_cache *kvm_mmu_page_header_cache(void);

/** kvm_mmu_account_pages() - the module has @nr page table pages more */
void kvm_mmu_account_pages(long nr);

/** kvm_mmu_total_pages() - how many page table pages there are, of all VMs */
s64 kvm_mmu_total_pages(void);

/** kvm_mmu_pte_list_desc_cache() - its cache, or NULL when there is none */
struct kmem_cache *kvm_mmu_pte_list_desc_cache(void);

#endif
