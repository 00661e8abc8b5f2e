// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup.c - setting the MMU up with the module, and taking it down
 *
 * Owns: the PTE masks and the configuration that this host runs on, the slab
 * caches, the counter of all page table pages.
 *
 * Full setup is deferred until the vendor's hardware_setup() has run, because
 * what is made here depends on what the vendor configures: a pte_list_desc has
 * 2 entries with TDP and 14 without.  The masks are reset before that, since
 * the vendor changes them on its way.
 *
 * Locking: none.  All of this is written by the one task that loads or unloads
 * the module; from kvm_mmu_hardware_setup() on it is read-only.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "mmu/mmu.h"
#include "mmu/mmu_page.h"
#include "mmu/pte_list.h"
#include "mmu/role.h"
#include "params.h"

/* By role.ad_disabled; only in EPT do they differ. */
static struct kvm_pte_masks pte_masks[2] __tw_ro_after_load;
static struct kvm_mmu_config mmu_config __tw_ro_after_load;
static unsigned int maxphyaddr __tw_ro_after_load;
static unsigned int nr_sptes_per_pte_list __tw_ro_after_load;
static bool tdp_wanted __tw_ro_after_load;
static bool tdp_mmu_wanted __tw_ro_after_load;

static struct kmem_cache *pte_list_desc_cache;
static struct kmem_cache *mmu_page_header_cache;
static struct percpu_counter kvm_total_used_mmu_pages;

/* CPUID 8000_0008H:EAX[7:0]; boot_cpu_data's is reduced by SME and MKTME. */
static unsigned int cpuid_maxphyaddr(void)
{
	if (boot_cpu_data.extended_cpuid_level >= 0x80000008)
		return cpuid_eax(0x80000008) & 0xff;
	return boot_cpu_data.x86_phys_bits;
}

int kvm_mmu_x86_module_init(void)
{
	maxphyaddr = cpuid_maxphyaddr();
	tdp_wanted = kvm_param_tdp;
	tdp_mmu_wanted = kvm_param_tdp_mmu;
	return 0;
}

int kvm_mmu_vendor_module_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pte_masks); i++)
		kvm_pte_masks_reset(&pte_masks[i], maxphyaddr);
	mmu_config = (struct kvm_mmu_config){};
	nr_sptes_per_pte_list = 0;
	return 0;
}

void kvm_mmu_set_ept_masks(unsigned int flags)
{
	kvm_pte_masks_set_ept(&pte_masks[false], flags);
	kvm_pte_masks_set_ept(&pte_masks[true], flags & ~KVM_EPT_HAS_AD);
}

void kvm_mmu_set_me_mask(u64 me, u64 c_bit, unsigned int phys_bits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pte_masks); i++)
		kvm_pte_masks_set_me(&pte_masks[i], me, c_bit, phys_bits);
}

bool kvm_mmu_tdp_wanted(void)
{
	return tdp_wanted;
}

void kvm_configure_mmu(const struct kvm_mmu_config *config)
{
	mmu_config = *config;
}

/* Only after the vendor's setup are the masks all that it makes of them. */
static void fit_masks_to_cpu(void)
{
	unsigned int i;

	if (!boot_cpu_has_bug(X86_BUG_L1TF))
		return;
	for (i = 0; i < ARRAY_SIZE(pte_masks); i++)
		kvm_pte_masks_set_l1tf(&pte_masks[i],
				       boot_cpu_data.x86_cache_bits);
}

static int check_vendor_setup(void)
{
	unsigned int i;

	if (!mmu_config.max_huge_level ||
	    (mmu_config.tdp && mmu_config.tdp_root_level < 4)) {
		pr_err("the vendor's hardware setup did not configure the MMU\n");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(pte_masks); i++) {
		if (!kvm_pte_masks_valid(&pte_masks[i])) {
			pr_err("the vendor's PTE masks overlap\n");
			return -EINVAL;
		}
	}
	return 0;
}

int kvm_mmu_hardware_setup(void)
{
	unsigned int nr_sptes;
	int r;

	fit_masks_to_cpu();
	r = check_vendor_setup();
	if (r)
		return r;

	nr_sptes = mmu_config.tdp ? PTE_LIST_SPTES_TDP : PTE_LIST_SPTES_SHADOW;
	pte_list_desc_cache = kmem_cache_create("twinwalk_pte_list_desc",
						offsetof(struct pte_list_desc,
							 sptes[nr_sptes]),
						0, SLAB_ACCOUNT, NULL);
	if (!pte_list_desc_cache)
		return -ENOMEM;

	mmu_page_header_cache = kmem_cache_create("twinwalk_mmu_page_header",
						  sizeof(struct kvm_mmu_page),
						  0, SLAB_ACCOUNT, NULL);
	if (!mmu_page_header_cache) {
		r = -ENOMEM;
		goto out_pte_list;
	}

	r = percpu_counter_init(&kvm_total_used_mmu_pages, 0, GFP_KERNEL);
	if (r)
		goto out_page_header;

	nr_sptes_per_pte_list = nr_sptes;
	kvm_param_tdp = mmu_config.tdp;
	kvm_param_tdp_mmu = mmu_config.tdp && tdp_mmu_wanted;
	return 0;

out_page_header:
	kmem_cache_destroy(mmu_page_header_cache);
	mmu_page_header_cache = NULL;
out_pte_list:
	kmem_cache_destroy(pte_list_desc_cache);
	pte_list_desc_cache = NULL;
	return r;
}

void kvm_mmu_hardware_unsetup(void)
{
	/* Tables of VMs that are gone may still wait for RCU. */
	rcu_barrier();
	percpu_counter_destroy(&kvm_total_used_mmu_pages);
	kmem_cache_destroy(mmu_page_header_cache);
	mmu_page_header_cache = NULL;
	kmem_cache_destroy(pte_list_desc_cache);
	pte_list_desc_cache = NULL;
}

const struct kvm_pte_masks *kvm_mmu_pte_masks(void)
{
	return &pte_masks[false];
}

const struct kvm_pte_masks *kvm_mmu_masks_for(union kvm_mmu_page_role role)
{
	return &pte_masks[role.ad_disabled];
}

const struct kvm_mmu_config *kvm_mmu_get_config(void)
{
	return &mmu_config;
}

unsigned int kvm_mmu_maxphyaddr(void)
{
	return maxphyaddr;
}

gfn_t kvm_mmu_max_gfn(void)
{
	/* SDM 4.4 to 4.5: the widest address in a guest's page table. */
	unsigned int bits = 52;

	if (mmu_config.tdp)
		bits = min(maxphyaddr,
			   PAGE_SHIFT + 9u * mmu_config.tdp_root_level);
	return (1ull << (bits - PAGE_SHIFT)) - 1;
}

unsigned int kvm_mmu_nr_sptes_per_pte_list(void)
{
	return nr_sptes_per_pte_list;
}

struct kmem_cache *kvm_mmu_page_header_cache(void)
{
	return mmu_page_header_cache;
}

void kvm_mmu_account_pages(long nr)
{
	percpu_counter_add(&kvm_total_used_mmu_pages, nr);
}

s64 kvm_mmu_total_pages(void)
{
	return percpu_counter_sum(&kvm_total_used_mmu_pages);
}

struct kmem_cache *kvm_mmu_pte_list_desc_cache(void)
{
	return pte_list_desc_cache;
}
