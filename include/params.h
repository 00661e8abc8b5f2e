/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * params.h - the module's parameters
 *
 * Owns: the variables behind the parameters, defined in virt/params.c.  They
 * are written by the user's command line and, while the module loads, by
 * kvm_mmu_hardware_setup(), so that sysfs shows what is in effect; they never
 * change afterwards.  But those of halt polling, which root may write at any time,
 * are read once where they are used.
 */
#ifndef TWINWALK_PARAMS_H
#define TWINWALK_PARAMS_H

#include <linux/types.h>

extern bool kvm_param_tdp;
extern bool kvm_param_tdp_mmu;
extern bool kvm_param_enable_virt_at_load;
extern bool kvm_param_nx_huge_pages;
extern bool kvm_param_nested;
extern unsigned int kvm_param_halt_poll_ns;
extern unsigned int kvm_param_halt_poll_ns_grow;
extern unsigned int kvm_param_halt_poll_ns_grow_start;
extern unsigned int kvm_param_halt_poll_ns_shrink;

#ifdef TWINWALK_DEBUG
extern char *kvm_param_fail_step;
#endif

/*
 * What is written while the module loads and never again.  The KUnit module
 * climbs the ladder long after its own load, so there it stays writable.
 */
#ifdef TWINWALK_KUNIT
#define __tw_ro_after_load
#else
#include <linux/cache.h>
#define __tw_ro_after_load __ro_after_init
#endif

#endif
