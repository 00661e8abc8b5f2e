/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_return.h - MSRs whose value the host needs in user space only
 *
 * Owns: a list of MSRs (SYSCALL's, TSC_AUX) that are given a guest's value before
 * an entry and get back the host's when the CPU goes to user space, not at each
 * exit.
 *
 * Locking: the list is made while the module loads.  Values are of a CPU, which
 * alone touches them, with preemption off.
 */
#ifndef TWINWALK_X86_USER_RETURN_H
#define TWINWALK_X86_USER_RETURN_H

#include <linux/types.h>

#define KVM_MAX_USER_RETURN_MSRS 16

/**
 * kvm_user_return_init() - an empty list; a step of the ladder
 *
 * Context: module load, before the vendor's hardware_setup().
 * Return: 0.
 */
int kvm_user_return_init(void);

/**
 * kvm_add_user_return_msr() - one more
 * @msr: its number
 *
 * Context: module load, from the vendor's hardware_setup().
 * Return: its slot; -1, this CPU does not have it, or there is no room.
 */
int kvm_add_user_return_msr(u32 msr);

/**
 * kvm_set_user_return_msr() - give an MSR a guest's value
 * @slot: of kvm_add_user_return_msr()
 * @val: the value
 * @mask: which of its bits; the others stay the host's
 *
 * Context: preemption off, on the way into a guest.
 * Return: 0; 1, the CPU does not take it.
 */
int kvm_set_user_return_msr(unsigned int slot, u64 val, u64 mask);

/**
 * kvm_user_return_msr_cpu_online() - see what the host's values are
 *
 * Context: when virtualisation is turned on, on this CPU; IRQs off.
 */
void kvm_user_return_msr_cpu_online(void);

/**
 * kvm_user_return_msr_cpu_offline() - give the host's values back now
 *
 * Context: when virtualisation is turned off, on this CPU; IRQs off.
 */
void kvm_user_return_msr_cpu_offline(void);

#endif
