/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nested_check.h - what VMRUN takes of a VMCB, and where MSRs are in a bitmap
 *
 * Owns: the rules, as functions of plain values.  They are for VMCBs that a guest
 * made for its own guest; nothing in those is trusted.
 *
 * Locking: none; pure.
 *
 * References: APM 2, 15.5.1 "Canonicalization and Consistency Checks", 15.11 "MSR
 * Intercepts", 15.20 "Event Injection".
 */
#ifndef TWINWALK_SVM_NESTED_CHECK_H
#define TWINWALK_SVM_NESTED_CHECK_H

#include <linux/types.h>

struct vmcb;

/* Sizes of the permission maps; APM 2, 15.10.1 and 15.11. */
#define SVM_MSRPM_SIZE 0x2000
#define SVM_IOPM_SIZE  0x3000

/**
 * svm_msrpm_bit() - where the MSR permission map has an MSR
 * @index: the MSR
 *
 * Return: the number of the bit for reads, that for writes is the next; -1, the
 * map does not have it, so that accesses always exit.
 */
int svm_msrpm_bit(u32 index);

/**
 * svm_event_inj_is_valid() - may VMRUN be given this event?
 * @event_inj: EVENTINJ, its low half
 */
bool svm_event_inj_is_valid(u32 event_inj);

/**
 * svm_vmcb_is_valid() - does VMRUN enter the guest?
 * @vmcb: a copy of it
 * @reserved_gpa: bits that no physical address has
 *
 * All but which bits of CR4 and EFER are reserved, which CPUID says.
 */
bool svm_vmcb_is_valid(const struct vmcb *vmcb, u64 reserved_gpa);

#endif
