// SPDX-License-Identifier: GPL-2.0-only
/*
 * suites.c - the KUnit module, and which of its suites it runs
 *
 * Owns: the module's init and exit, and the parameter "suites".  A host has one
 * CPU's worth of time, whatever it shows its kernel, so what takes long is
 * shared among several hosts.
 *
 * The suites are run by the module itself.  KUnit would, on 6.1, run them
 * before the module's parameters are read: no seed could be played again.
 *
 * Locking: none.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <kunit/test.h>

#include "tests/kunit/suites.h"

static char *suites = "";
module_param(suites, charp, 0444);
MODULE_PARM_DESC(suites, "run those that begin so; with a !, the others");

static struct kunit_suite *const all[] = {
	/* clang-format off */
	&ladder_suite,
	&pte_masks_suite,
	&vmx_config_suite,
	&svm_config_suite,
	&svm_intercept_suite,
	&svm_nested_suite,
	&mmu_cache_suite,
	&pte_list_suite,
	&level_suite,
	&memtype_suite,
	&role_suite,
	&context_suite,
	&guest_walk_suite,
	&guest_walk_memory_suite,
	&spte_suite,
	&invalidate_suite,
	&mmu_vm_suite,
	&memslots_suite,
	&dirty_log_suite,
#ifdef CONFIG_TRACEPOINTS
	&mmu_trace_suite,
#endif
	&mmu_debugfs_suite,
	&decode_suite,
	&regs_check_suite,
	&msr_suite,
	&tsc_suite,
	&io_suite,
	&iobus_suite,
	&stats_suite,
	&fpu_suite,
	&apic_suite,
	&lapic_suite,
	&halt_suite,
	&irqchip_suite,
	&irq_suite,
	&event_suite,
	&cpuid_suite,
	&tdp_mmu_suite,
	&tdp_ops_suite,
	&tdp_fail_suite,
	&tdp_dirty_suite,
	&fault_suite,
	&smram_suite,
	&mce_suite,
	&hypercall_suite,
	&async_pf_suite,
	&pvclock_suite,
	/* clang-format on */
};

static struct kunit_suite *wanted[ARRAY_SIZE(all)];
static int nr_wanted;

static bool is_wanted(const struct kunit_suite *suite)
{
	bool others = suites[0] == '!';

	return strstarts(suite->name, suites + others) != others;
}

static int __init suites_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (is_wanted(all[i]))
			wanted[nr_wanted++] = all[i];
	return __kunit_test_suites_init(wanted, nr_wanted);
}
module_init(suites_init);

static void __exit suites_exit(void)
{
	__kunit_test_suites_exit(wanted, nr_wanted);
}
module_exit(suites_exit);

MODULE_INFO(test, "Y");
MODULE_DESCRIPTION("KUnit tests of Twinwalk");
MODULE_LICENSE("GPL");
