// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module: its parameters, its load, its unload
 *
 * Owns: what the kernel's module loader sees and nothing else, so that all the
 * rest can be built into the KUnit module as well.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/kvm.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "params.h"
#include "vendor.h"
#include "virt.h"

module_param_named(tdp, kvm_param_tdp, bool, 0444);
MODULE_PARM_DESC(tdp, "Use two-dimensional paging (EPT, NPT) (default: 1)");

module_param_named(tdp_mmu, kvm_param_tdp_mmu, bool, 0444);
MODULE_PARM_DESC(tdp_mmu,
		 "Use the TDP MMU; forced to 0 without tdp (default: 1)");

module_param_named(enable_virt_at_load, kvm_param_enable_virt_at_load, bool,
		   0444);
MODULE_PARM_DESC(enable_virt_at_load,
		 "Virtualisation stays on without a VM (default: 0)");

module_param_named(nx_huge_pages, kvm_param_nx_huge_pages, bool, 0444);
MODULE_PARM_DESC(nx_huge_pages,
		 "iTLB multihit: no executable huge pages (default: 1)");

module_param_named(nested, kvm_param_nested, bool, 0444);
MODULE_PARM_DESC(nested, "AMD-V: guests have AMD-V, too (default: 0)");

module_param_named(halt_poll_ns, kvm_param_halt_poll_ns, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns,
		 "HLT polls for so long at most, in ns (default: 200000)");

module_param_named(halt_poll_ns_grow, kvm_param_halt_poll_ns_grow, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns_grow,
		 "By what that time is multiplied to grow (default: 2)");

module_param_named(halt_poll_ns_grow_start, kvm_param_halt_poll_ns_grow_start,
		   uint, 0644);
MODULE_PARM_DESC(halt_poll_ns_grow_start,
		 "What it grows to from 0, in ns (default: 10000)");

module_param_named(halt_poll_ns_shrink, kvm_param_halt_poll_ns_shrink, uint,
		   0644);
MODULE_PARM_DESC(halt_poll_ns_shrink,
		 "By what it is divided to shrink; 0, to 0 (default: 0)");

#ifdef TWINWALK_DEBUG
module_param_named(fail_step, kvm_param_fail_step, charp, 0444);
MODULE_PARM_DESC(fail_step,
		 "Debug builds: the step of the load ladder that shall fail");
#endif

static int __init kvm_module_init(void)
{
	int r;

	r = kvm_ladder_climb(kvm_x86_vendors);
	if (r)
		return r;

	pr_info("%s on all CPUs, tdp=%d tdp_mmu=%d, /dev/kvm is ready\n",
		kvm_x86_vendor_name(), kvm_param_tdp, kvm_param_tdp_mmu);
	return 0;
}
module_init(kvm_module_init);

static void __exit kvm_module_exit(void)
{
	kvm_ladder_descend();
}
module_exit(kvm_module_exit);

MODULE_AUTHOR("The Twinwalk project");
MODULE_DESCRIPTION("KVM-compatible hypervisor for VT-x and AMD-V");
MODULE_LICENSE("GPL");
MODULE_VERSION(TWINWALK_VERSION);
MODULE_ALIAS_MISCDEV(KVM_MINOR);
MODULE_ALIAS("devname:kvm");
