/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * suites.h - the KUnit module's suites
 *
 * Owns: the list of them, in the order in which they run.
 */
#ifndef TWINWALK_SUITES_H
#define TWINWALK_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite ladder_suite;
extern struct kunit_suite pte_masks_suite;
extern struct kunit_suite vmx_config_suite;
extern struct kunit_suite svm_config_suite;
extern struct kunit_suite svm_intercept_suite;
extern struct kunit_suite svm_nested_suite;
extern struct kunit_suite mmu_cache_suite;
extern struct kunit_suite pte_list_suite;
extern struct kunit_suite level_suite;
extern struct kunit_suite memtype_suite;
extern struct kunit_suite role_suite;
extern struct kunit_suite context_suite;
extern struct kunit_suite guest_walk_suite;
extern struct kunit_suite guest_walk_memory_suite;
extern struct kunit_suite spte_suite;
extern struct kunit_suite invalidate_suite;
extern struct kunit_suite mmu_vm_suite;
extern struct kunit_suite memslots_suite;
extern struct kunit_suite mmu_trace_suite;
extern struct kunit_suite mmu_debugfs_suite;
extern struct kunit_suite decode_suite;
extern struct kunit_suite regs_check_suite;
extern struct kunit_suite msr_suite;
extern struct kunit_suite tsc_suite;
extern struct kunit_suite io_suite;
extern struct kunit_suite iobus_suite;
extern struct kunit_suite stats_suite;
extern struct kunit_suite fpu_suite;
extern struct kunit_suite apic_suite;
extern struct kunit_suite lapic_suite;
extern struct kunit_suite halt_suite;
extern struct kunit_suite irqchip_suite;
extern struct kunit_suite irq_suite;
extern struct kunit_suite event_suite;
extern struct kunit_suite cpuid_suite;
extern struct kunit_suite tdp_mmu_suite;
extern struct kunit_suite tdp_ops_suite;
extern struct kunit_suite tdp_fail_suite;
extern struct kunit_suite fault_suite;
extern struct kunit_suite smram_suite;
extern struct kunit_suite mce_suite;
extern struct kunit_suite hypercall_suite;
extern struct kunit_suite async_pf_suite;
extern struct kunit_suite pvclock_suite;
extern struct kunit_suite dirty_log_suite;
extern struct kunit_suite tdp_dirty_suite;

#endif
