// SPDX-License-Identifier: GPL-2.0-only
/*
 * params.c - the variables behind the module's parameters
 *
 * Owns: their defaults.  virt/main.c makes them parameters; the KUnit module
 * has them without.  Locking: none, see params.h.
 */
#include "params.h"

bool kvm_param_tdp __tw_ro_after_load = true;
bool kvm_param_tdp_mmu __tw_ro_after_load = true;
bool kvm_param_enable_virt_at_load __tw_ro_after_load;
bool kvm_param_nx_huge_pages __tw_ro_after_load = true;
bool kvm_param_nested __tw_ro_after_load;
unsigned int kvm_param_halt_poll_ns = 200000;
unsigned int kvm_param_halt_poll_ns_grow = 2;
unsigned int kvm_param_halt_poll_ns_grow_start = 10000;
unsigned int kvm_param_halt_poll_ns_shrink;

#ifdef TWINWALK_DEBUG
char *kvm_param_fail_step;
#endif
