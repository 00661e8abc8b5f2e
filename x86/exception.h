/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exception.h - what the manuals say of exceptions
 *
 * Owns: the table of vectors, what two exceptions make of one another, what #DB
 * leaves in DR6, and which struct kvm_vcpu_events userspace may set.  Rules: SDM
 * 3A, chapter 6, above all the tables of "Interrupt 8"; SDM 3B, "Debug Status
 * Register (DR6)"; APM 2, 8.2.
 *
 * Locking: none; pure.
 *
 * Deliberately absent: #VC and #SX as contributory exceptions: no guest of ours
 * gets them.
 */
#ifndef TWINWALK_X86_EXCEPTION_H
#define TWINWALK_X86_EXCEPTION_H

#include <linux/bits.h>
#include <linux/types.h>

struct kvm_vcpu_events;

/* Vectors of exceptions are below; that of NMI is one of no exception. */
#define KVM_NR_EXCEPTIONS 32

/* How an exception gets along with one that comes while it is delivered. */
enum kvm_exception_class {
	KVM_EXCEPTION_BENIGN,
	KVM_EXCEPTION_CONTRIBUTORY,
	KVM_EXCEPTION_PAGE_FAULT,
	KVM_EXCEPTION_DOUBLE_FAULT,
	KVM_EXCEPTION_NR_CLASSES
};

/* What becomes of the two. */
enum kvm_exception_merge {
	KVM_EXCEPTION_SECOND, /* only the second is delivered */
	KVM_EXCEPTION_DF, /* #DF is */
	KVM_EXCEPTION_SHUTDOWN, /* none; a triple fault */
};

/**
 * kvm_exception_class() - the class of a vector
 * @vector: any
 *
 * Return: KVM_EXCEPTION_BENIGN for what the manuals leave open, NMI included.
 */
enum kvm_exception_class kvm_exception_class(u8 vector);

/**
 * kvm_exception_is_fault() - is RIP that of the instruction that caused it?
 * @vector: any
 *
 * RF is then set in the flags that are pushed (SDM 3B, 17.3.1.1), so that the
 * instruction's breakpoint is not hit a second time.  #DB is either, and counts as
 * a trap, as do those of which there is no restart.
 */
bool kvm_exception_is_fault(u8 vector);

/** kvm_exception_has_error_code() - does a vector push an error code? */
bool kvm_exception_has_error_code(u8 vector);

/**
 * kvm_exception_merge() - an exception came while another was being delivered
 * @first: that one's vector
 * @second: the new one's
 *
 * Return: what is to be delivered now.  A first one that is not comes again by
 * itself, when its instruction is executed again.
 */
enum kvm_exception_merge kvm_exception_merge(u8 first, u8 second);

/**
 * kvm_dr6_after_db() - DR6 after #DB
 * @dr6: before
 * @payload: what the exception is about, a 1 for each cause, and for bits 11
 *	(bus lock) and 16 (RTM), which are clear in DR6 if they are the cause
 *
 * B0 to B3 are those of this exception alone; BD, BS and BT stay until the guest
 * clears them.
 */
unsigned long kvm_dr6_after_db(unsigned long dr6, unsigned long payload);

/* What a VM's capabilities allow in struct kvm_vcpu_events. */
#define KVM_EVENTS_PAYLOAD	BIT(0) /* KVM_CAP_EXCEPTION_PAYLOAD */
#define KVM_EVENTS_TRIPLE_FAULT BIT(1) /* KVM_CAP_X86_TRIPLE_FAULT_EVENT */

/**
 * kvm_check_vcpu_events() - what KVM_SET_VCPU_EVENTS takes
 * @events: from userspace; made consistent: without KVM_VCPUEVENT_VALID_PAYLOAD
 *	there is no pending exception and no payload, and a pending one is not
 *	injected
 * @allowed: KVM_EVENTS_*
 *
 * Return: 0 or -EINVAL: an unknown flag, one whose capability is not there or
 * not enabled, or an exception whose vector is that of NMI or of none.
 */
int kvm_check_vcpu_events(struct kvm_vcpu_events *events, unsigned int allowed);

#endif
