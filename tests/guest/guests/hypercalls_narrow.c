// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercalls_narrow.c - hypercalls outside of 64-bit mode
 */
#include "pv.h"

START
{
	CHECK(index == 0);
	CHECK(hypercall(KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0, 0) == 0);
	CHECK(hypercall(99, 0, 0, 0, 0) == -KVM_ENOSYS);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0xfffff001, 1, 0, 0) == -EINVAL);
	/* The runner answers; no sign is extended. */
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0xfffff000, 0xffffffff,
			0x80000010, 0) == 0x55667788);
	verdict(0);
}
