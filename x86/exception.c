// SPDX-License-Identifier: GPL-2.0-only
/*
 * exception.c - what the manuals say of exceptions
 *
 * Owns: the tables behind exception.h.
 *
 * Locking: none; pure.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <uapi/asm/debugreg.h>
#include <asm/trapnr.h>

#include "x86/exception.h"

#define VE_VECTOR    20 /* SDM only */
#define CP_VECTOR    21
#define HV_VC_VECTOR 29
#define SX_VECTOR    30

struct exception_info {
	u8 class;
	bool fault;
	bool error_code;
};

/* What has no row is benign, a trap, and pushes nothing. */
static const struct exception_info exceptions[KVM_NR_EXCEPTIONS] = {
	/* clang-format off */
	[X86_TRAP_DE]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	false },
	[X86_TRAP_BR]	= { KVM_EXCEPTION_BENIGN,	true,	false },
	[X86_TRAP_UD]	= { KVM_EXCEPTION_BENIGN,	true,	false },
	[X86_TRAP_NM]	= { KVM_EXCEPTION_BENIGN,	true,	false },
	[X86_TRAP_DF]	= { KVM_EXCEPTION_DOUBLE_FAULT,	false,	true },
	[X86_TRAP_OLD_MF] = { KVM_EXCEPTION_BENIGN,	true,	false },
	[X86_TRAP_TS]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	true },
	[X86_TRAP_NP]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	true },
	[X86_TRAP_SS]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	true },
	[X86_TRAP_GP]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	true },
	[X86_TRAP_PF]	= { KVM_EXCEPTION_PAGE_FAULT,	true,	true },
	[X86_TRAP_MF]	= { KVM_EXCEPTION_BENIGN,	true,	false },
	[X86_TRAP_AC]	= { KVM_EXCEPTION_BENIGN,	true,	true },
	[X86_TRAP_XF]	= { KVM_EXCEPTION_BENIGN,	true,	false },
	[VE_VECTOR]	= { KVM_EXCEPTION_PAGE_FAULT,	true,	false },
	[CP_VECTOR]	= { KVM_EXCEPTION_CONTRIBUTORY,	true,	true },
	[HV_VC_VECTOR]	= { KVM_EXCEPTION_BENIGN,	true,	true },
	[SX_VECTOR]	= { KVM_EXCEPTION_BENIGN,	true,	true },
	/* clang-format on */
};

/* The first one's class, then the second one's; SDM 3A, "Interrupt 8". */
static const u8 merges[KVM_EXCEPTION_NR_CLASSES][KVM_EXCEPTION_NR_CLASSES] = {
	[KVM_EXCEPTION_CONTRIBUTORY] = {
		[KVM_EXCEPTION_CONTRIBUTORY] = KVM_EXCEPTION_DF,
	},
	[KVM_EXCEPTION_PAGE_FAULT] = {
		[KVM_EXCEPTION_CONTRIBUTORY] = KVM_EXCEPTION_DF,
		[KVM_EXCEPTION_PAGE_FAULT] = KVM_EXCEPTION_DF,
	},
	[KVM_EXCEPTION_DOUBLE_FAULT] = {
		[KVM_EXCEPTION_CONTRIBUTORY] = KVM_EXCEPTION_SHUTDOWN,
		[KVM_EXCEPTION_PAGE_FAULT] = KVM_EXCEPTION_SHUTDOWN,
		[KVM_EXCEPTION_DOUBLE_FAULT] = KVM_EXCEPTION_SHUTDOWN,
	},
};

/* What is not in @merges. */
static_assert(!KVM_EXCEPTION_SECOND);

static const struct exception_info *exception(u8 vector)
{
	static const struct exception_info none;

	if (vector >= KVM_NR_EXCEPTIONS)
		return &none;
	return &exceptions[array_index_nospec(vector, KVM_NR_EXCEPTIONS)];
}

enum kvm_exception_class kvm_exception_class(u8 vector)
{
	return exception(vector)->class;
}

bool kvm_exception_is_fault(u8 vector)
{
	return exception(vector)->fault;
}

bool kvm_exception_has_error_code(u8 vector)
{
	return exception(vector)->error_code;
}

enum kvm_exception_merge kvm_exception_merge(u8 first, u8 second)
{
	return merges[exception(first)->class][exception(second)->class];
}

/* Causes that DR6 shows by a 1: B0 to B3, BD, BS, BT. */
#define DR6_CAUSES (DR_TRAP_BITS | BIT(13) | DR_STEP | DR_SWITCH)
/* Those that it shows by a 0: bus lock, RTM. */
#define DR6_INVERTED (DR_BUS_LOCK | BIT(16))

unsigned long kvm_dr6_after_db(unsigned long dr6, unsigned long payload)
{
	dr6 &= ~(unsigned long)DR_TRAP_BITS;
	dr6 |= DR6_INVERTED | (payload & DR6_CAUSES);
	return dr6 & ~(payload & DR6_INVERTED);
}

#define EVENTS_FLAGS                                                         \
	(KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR | \
	 KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_SMM)

int kvm_check_vcpu_events(struct kvm_vcpu_events *events, unsigned int allowed)
{
	u32 flags = EVENTS_FLAGS;

	if (allowed & KVM_EVENTS_PAYLOAD)
		flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
	if (allowed & KVM_EVENTS_TRIPLE_FAULT)
		flags |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
	if (events->flags & ~flags)
		return -EINVAL;

	if (!(events->flags & KVM_VCPUEVENT_VALID_PAYLOAD)) {
		events->exception.pending = 0;
		events->exception_has_payload = 0;
	} else if (events->exception.pending) {
		events->exception.injected = 0;
	} else {
		events->exception_has_payload = 0;
	}

	if ((events->exception.injected || events->exception.pending) &&
	    (events->exception.nr >= KVM_NR_EXCEPTIONS ||
	     events->exception.nr == X86_TRAP_NMI))
		return -EINVAL;
	return 0;
}
