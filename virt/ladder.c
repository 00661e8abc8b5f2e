// SPDX-License-Identifier: GPL-2.0-only
/*
 * ladder.c - the load ladder: what loading is, in order
 *
 * Owns: the table of steps.  Load runs every init from the first to the last;
 * unload, and a load that fails, run every exit back to the first.  Each step
 * is a pair, so that the table can be checked by eye:
 *
 *  - the PTE masks are reset (mmu-vendor) after the vendor is known and before
 *    it can touch them (hardware-setup);
 *  - what depends on how the vendor configured the MMU, the size of a
 *    pte_list_desc first of all, comes after that (mmu-hardware);
 *  - virtualisation is tried on every CPU before anything can ask for it, and
 *    after everything that has to know when a CPU or the host goes;
 *  - userspace sees /dev/kvm last, when everything works, and loses it first.
 *
 * Locking: none.  The module loader runs one init or exit at a time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "arch.h"
#include "mmu/mmu.h"
#include "params.h"
#include "vendor.h"
#include "virt.h"
#include "x86/pvclock.h"

static const struct kvm_x86_vendor *const *ladder_vendors;

static int vendor_probe(void)
{
	return kvm_x86_vendor_probe(ladder_vendors);
}

const struct kvm_ladder_step kvm_ladder[] = {
	/* clang-format off */
	{ "stock-kvm",		kvm_arch_keep_stock_out,	kvm_arch_let_stock_in },
	{ "host-check",		kvm_arch_host_check,		NULL },
	{ "mmu-module",		kvm_mmu_x86_module_init,	NULL },
	{ "vendor-probe",	vendor_probe,			kvm_x86_vendor_release },
	{ "mmu-vendor",		kvm_mmu_vendor_module_init,	NULL },
	{ "x86-module",		kvm_x86_module_init,		NULL },
	{ "hardware-setup",	kvm_x86_hardware_setup,		kvm_x86_hardware_unsetup },
	{ "mmu-hardware",	kvm_mmu_hardware_setup,		kvm_mmu_hardware_unsetup },
	{ "guest-features",	kvm_x86_guest_features_init,	NULL },
	{ "cpu-hotplug",	kvm_hotplug_init,		kvm_hotplug_exit },
	{ "syscore",		kvm_syscore_init,		kvm_syscore_exit },
	{ "reboot",		kvm_reboot_init,		kvm_reboot_exit },
	{ "virt-trial",		kvm_virt_trial,			kvm_virt_trial_undo },
	{ "vcpu",		kvm_vcpu_init,			kvm_vcpu_exit },
	{ "clock",		kvm_pvclock_init,		kvm_pvclock_exit },
	{ "async-pf",		kvm_arch_async_pf_init,		kvm_arch_async_pf_exit },
	{ "debugfs",		kvm_debugfs_init,		kvm_debugfs_exit },
	{ "device",		kvm_dev_init,			kvm_dev_exit },
	/* clang-format on */
};

const unsigned int kvm_ladder_nr_steps = ARRAY_SIZE(kvm_ladder);

static bool step_shall_fail(const struct kvm_ladder_step *step)
{
#ifdef TWINWALK_DEBUG
	return kvm_param_fail_step && !strcmp(kvm_param_fail_step, step->name);
#else
	return false;
#endif
}

static void descend_from(unsigned int nr_climbed)
{
	while (nr_climbed--)
		if (kvm_ladder[nr_climbed].exit)
			kvm_ladder[nr_climbed].exit();
}

int kvm_ladder_climb(const struct kvm_x86_vendor *const *vendors)
{
	unsigned int i;
	int r;

	ladder_vendors = vendors;
	for (i = 0; i < kvm_ladder_nr_steps; i++) {
		r = step_shall_fail(&kvm_ladder[i]) ? -EIO :
						      kvm_ladder[i].init();
		if (r) {
			pr_info("not loaded, step %s failed: %d\n",
				kvm_ladder[i].name, r);
			descend_from(i);
			return r;
		}
	}
	return 0;
}

void kvm_ladder_descend(void)
{
	descend_from(kvm_ladder_nr_steps);
}
