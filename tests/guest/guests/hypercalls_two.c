// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercalls_two.c - hypercalls by which one vCPU reaches another
 *
 * The first has the second wait in HLT in every way there is, and ends it.
 */
#include <stdbool.h>

#include "pv.h"

#define VECTOR 0x41

#define WAITS	BOX->count[0] /* the second: so often it was about to halt */
#define WOKEN	BOX->count[1] /* so often it was woken */
#define IRQS(i) BOX->count[2 + (i)]

static __u32 me(void)
{
	return apic_read(APIC_ID) >> 24;
}

INTERRUPT on_irq(void *frame)
{
	(void)frame;
	__atomic_fetch_add(&IRQS(me()), 1, __ATOMIC_SEQ_CST);
	apic_write(APIC_EOI, 0);
}

/* Until it is, or as good as. */
static void wait_until_it_halts(__u32 time)
{
	__u64 end;

	while (GET(WAITS) != time)
		asm volatile("pause");
	for (end = rdtsc() + 200000; rdtsc() < end;)
		asm volatile("pause");
	CHECK(GET(WOKEN) == time - 1);
}

static void wait_until_woken(__u32 time)
{
	while (GET(WOKEN) != time)
		asm volatile("pause");
}

static void first(void)
{
	/* No interrupt would do it: they are off there. */
	wait_until_it_halts(1);
	CHECK(hypercall(KVM_HC_SCHED_YIELD, 1, 0, 0, 0) == 0);
	CHECK(hypercall(KVM_HC_KICK_CPU, 0, 1, 0, 0) == 0);
	wait_until_woken(1);

	wait_until_it_halts(2);
	/* Its own id is the second bit's. */
	CHECK(hypercall(KVM_HC_SEND_IPI, 2, 0, 0, VECTOR) == 1);
	wait_until_woken(2);
	CHECK(GET(IRQS(1)) == 1 && GET(IRQS(0)) == 0);

	/* Both, and those that are not there. */
	wait_until_it_halts(3);
	asm volatile("sti" : : : "memory");
	CHECK(hypercall(KVM_HC_SEND_IPI, ~0ul, ~0ul, 0, VECTOR) == 2);
	wait_until_woken(3);
	while (!GET(IRQS(0)))
		asm volatile("pause");
	CHECK(GET(IRQS(1)) == 2 && GET(IRQS(0)) == 1);
	/* A destination of its own. */
	CHECK(hypercall(KVM_HC_SEND_IPI, 3, 0, 0, 0x40000 | VECTOR) == -EINVAL);

	/* It is awake, so its next HLT ends at once. */
	CHECK(hypercall(KVM_HC_KICK_CPU, 0, 1, 0, 0) == 0);
	PUT(BOX->stop, 1);
	wait_until_woken(4);
}

static void wait_here(bool with_irqs, __u32 time)
{
	PUT(WAITS, time);
	if (with_irqs)
		asm volatile("sti; hlt; cli" : : : "memory");
	else
		asm volatile("hlt" : : : "memory");
	PUT(WOKEN, time);
}

static void second(void)
{
	wait_here(false, 1);
	wait_here(true, 2);
	wait_here(true, 3);
	while (!GET(BOX->stop))
		asm volatile("pause");
	wait_here(false, 4);
}

START
{
	if (!index) {
		traps_on();
		set_gate(VECTOR, on_irq);
	}
	apic_write(APIC_SPIV, 0x1ff);
	__atomic_fetch_add(&BOX->passes, 1, __ATOMIC_SEQ_CST);
	while (GET(BOX->passes) != 2)
		asm volatile("pause");
	if (index)
		second();
	else
		first();
	verdict(0);
}
