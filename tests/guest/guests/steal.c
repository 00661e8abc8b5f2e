// SPDX-License-Identifier: GPL-2.0-only
/*
 * steal.c - two vCPUs on one CPU: each has its time stolen by the other
 *
 * The first lets the second's page be another one, time and again, and asks for a
 * flush by the byte that says that the second is off its CPU; the second must not see
 * what was there before.  arg[0] is how often; while arg[1] is odd, it is being done.
 * arg[2 + index] is the time that was stolen.
 */
#include <asm/kvm_para.h>

#include "guest.h"

#define ST(index)  ((struct kvm_steal_time *)DATA_AT + (index))
#define PAGE_2M	   0x200000ul
#define PAGE_DIR   ((__u64 *)(TABLES_AT + 2 * 0x1000))
#define PAGE_ENTRY PAGE_DIR[AREA_B_AT / PAGE_2M]
/* 2M, user, writable, present. */
#define PAGE_FLAGS 0x87

/*
 * True if the other is off its CPU, and will flush before it is on it, which nobody
 * has asked for yet.
 */
static int flush_other(void)
{
	__u8 *preempted = &ST(1)->preempted;
	__u8 old = GET(*preempted);

	return old == KVM_VCPU_PREEMPTED &&
	       __atomic_compare_exchange_n(preempted, &old,
					   old | KVM_VCPU_FLUSH_TLB, 0,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void change_pages(void)
{
	const __u64 n = GET(BOX->arg[0]);
	__u64 i;

	for (i = 1; i <= n; i++) {
		PUT(BOX->arg[1], 2 * i - 1);
		PUT(PAGE_ENTRY, (AREA_AT + (i & 1) * PAGE_2M) | PAGE_FLAGS);
		while (!flush_other())
			asm volatile("pause");
		PUT(BOX->arg[1], 2 * i);
	}
	PUT(BOX->stop, 1);
}

static void look_at_page(void)
{
	__u64 seq, value;

	while (!GET(BOX->stop)) {
		seq = GET(BOX->arg[1]);
		if (seq & 1)
			continue;
		value = GET(*(__u64 *)AREA_B_AT);
		if (GET(BOX->arg[1]) == seq)
			CHECK(value == (seq / 2 & 1));
		/* It is here, so it is on its CPU. */
		CHECK(!GET(ST(1)->preempted));
	}
}

START
{
	struct kvm_steal_time *st = ST(index);
	const __u64 address = (__u64)st | KVM_MSR_ENABLED;
	__u32 version;
	__u64 steal;

	traps_on();
	/* Where a trap goes on is one place for both. */
	if (!index) {
		CHECK(TRY("wrmsr",
			  :
			  : "a"((__u32)address | 4), "d"(0),
			    "c"(MSR_KVM_STEAL_TIME)
			  : "r11", "memory") == 13);
		PUT(PAGE_ENTRY, AREA_AT | PAGE_FLAGS);
	}
	wrmsr(MSR_KVM_STEAL_TIME, address);
	CHECK(rdmsr(MSR_KVM_STEAL_TIME) == address);
	__atomic_fetch_add(&BOX->passes, 1, __ATOMIC_SEQ_CST);
	while (GET(BOX->passes) != 2)
		asm volatile("pause");

	if (index)
		look_at_page();
	else
		change_pages();

	do {
		version = GET(st->version);
		steal = GET(st->steal);
	} while ((version & 1) || GET(st->version) != version);
	CHECK(version && !GET(st->flags));
	PUT(BOX->arg[2 + index], steal);
	verdict(0);
}
