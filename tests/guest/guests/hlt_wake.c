// SPDX-License-Identifier: GPL-2.0-only
/*
 * hlt_wake.c - what ends HLT: another vCPU's IPI, and the TSC's deadline
 *
 * Two vCPUs; arg[0] is how often they wake each other, arg[1] how many deadlines.
 */
#include "apic.h"

#define IPI   0x61
#define TIMER 0x62

/* What handlers count: nothing here calls them, so it has to be read by GET(). */
static __u32 ready, ipis[2], timers;

/* Odd, it is the other's.  An IPI says only that it has changed: it may come twice. */
static __u32 turn;

/* Each has its own handler, and so needs not know where it is. */
HANDLER(on_ipi_0)
{
	ipis[0]++;
	end_hlt(frame);
	apic_write(APIC_EOI, 0);
}

HANDLER(on_ipi_1)
{
	ipis[1]++;
	end_hlt(frame);
	apic_write(APIC_EOI, 0);
}

HANDLER(on_timer)
{
	timers++;
	end_hlt(frame);
	apic_write(APIC_EOI, 0);
}

static void send_to(__u32 id)
{
	apic_write(APIC_ICR2, id << 24);
	apic_write(APIC_ICR, IPI + 16 * id);
}

static void wait_for(__u32 *counter, __u32 value)
{
	while (GET(*counter) < value)
		wait_for_interrupt();
}

static void ping_pong(int index, __u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		if (index == 1)
			wait_for(&turn, 2 * i + 1);
		PUT(turn, 2 * i + 1 + index);
		send_to(!index);
		if (index == 0)
			wait_for(&turn, 2 * i + 2);
	}
	CHECK(!n || GET(ipis[index]) > 0);
}

static void deadlines(__u32 n)
{
	/* In the past, now, soon, and later. */
	static const __s64 ahead[] = { -1000000, 0, 20000, 3000000 };
	__u64 deadline;
	__u32 i, before;
	int in_time;

	apic_write(APIC_LVTT, LVTT_TSC_DEADLINE | TIMER);
	for (i = 1; i <= n; i++) {
		before = GET(timers);
		deadline = rdtsc() + ahead[i % 4];
		wrmsr(MSR_TSC_DEADLINE, deadline);
		wait_for(&timers, before + 1);
		CHECK((__s64)(rdtsc() - deadline) >= 0);
		CHECK(rdmsr(MSR_TSC_DEADLINE) == 0);
	}
	/* Disarmed in time it does not come. */
	for (i = 0; i < 100; i++) {
		before = GET(timers);
		deadline = rdtsc() + 3000000;
		wrmsr(MSR_TSC_DEADLINE, deadline);
		wrmsr(MSR_TSC_DEADLINE, 0);
		in_time = rdtsc() < deadline;
		deadline += 3000000;
		/* Once at least: what came too early must not come next time. */
		do
			open_window();
		while (rdtsc() < deadline);
		if (in_time) {
			CHECK(GET(timers) == before);
			return;
		}
	}
	CHECK(!"never in time");
}

START
{
	if (index == 0) {
		traps_on();
		set_gate(IPI, on_ipi_0);
		set_gate(IPI + 16, on_ipi_1);
		set_gate(TIMER, on_timer);
	}
	apic_write(APIC_SVR, SVR_ON);
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (GET(ready) != 2)
		asm volatile("pause");
	ping_pong(index, BOX->arg[0]);
	if (index == 0)
		deadlines(BOX->arg[1]);
	verdict(0);
}
