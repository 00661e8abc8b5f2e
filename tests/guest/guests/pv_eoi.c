// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_eoi.c - EOI by a bit in memory, and HLT polling's MSR
 *
 * arg[0] is how many interrupts.
 */
#include "apic.h"

#define MSR_PV_EOI	 0x4b564d04
#define MSR_POLL_CONTROL 0x4b564d05

#define PLAIN 0x60
#define LOWER 0x50
#define UPPER 0x80

static __u32 word __attribute__((aligned(4)));
/* What handlers count: nothing here calls them, so it has to be read by GET(). */
static __u32 plain, lower, skipped;

static void end(void)
{
	__u32 old;

	/* As Linux has it: one instruction, no lock. */
	asm volatile("btrl $0, %0; sbb %1, %1"
		     : "+m"(word), "=r"(old)
		     :
		     : "cc");
	if (old)
		skipped++;
	else
		apic_write(APIC_EOI, 0);
}

HANDLER(on_plain)
{
	plain++;
	end();
}

HANDLER(on_lower)
{
	lower++;
	end();
}

/* Something waits now for this one's end: that has to be told. */
HANDLER(on_upper)
{
	apic_write(APIC_ICR, ICR_SELF | LOWER);
	CHECK(!(GET(word) & 1));
	CHECK(!GET(lower));
	apic_write(APIC_EOI, 0);
}

static void check_nothing_in_service(void)
{
	__u32 i;

	for (i = 0; i < 8; i++) {
		CHECK(!apic_read(APIC_ISR + i * 16));
		CHECK(!apic_read(APIC_IRR + i * 16));
	}
}

static __u64 write_msr(__u32 msr, __u64 value)
{
	__u32 high = value >> 32, low = value;

	return TRY("wrmsr",
		   :
		   : "a"(low), "d"(high), "c"(msr)
		   : "r11", "memory");
}

/* An emulator may have an interrupt come twice, see docs/lab.md. */
static void wait_till(__u32 *counter, __u32 value)
{
	__u32 tries;

	for (tries = 0; GET(*counter) < value && tries < 1000000; tries++)
		open_window();
}

static void send(__u32 n)
{
	__u32 i, before;

	for (i = 0; i < n; i++) {
		before = GET(plain);
		apic_write(APIC_ICR, ICR_SELF | PLAIN);
		wait_till(&plain, before + 1);
		CHECK(GET(plain) > before);
	}
	check_nothing_in_service();
}

START
{
	__u32 n = BOX->arg[0], r[4], had;

	(void)index;
	traps_on();
	set_gate(PLAIN, on_plain);
	set_gate(LOWER, on_lower);
	set_gate(UPPER, on_upper);
	apic_write(APIC_SVR, SVR_ON);
	cpuid(0x40000001, 0, r);
	CHECK(r[0] & 1 << 6);
	CHECK(r[0] & 1 << 12);

	CHECK(rdmsr(MSR_PV_EOI) == 0);
	CHECK(write_msr(MSR_PV_EOI, (__u64)&word | 2) == 13);
	CHECK(write_msr(MSR_PV_EOI, (__u64)&word | 3) == 13);
	CHECK(write_msr(MSR_PV_EOI, MMIO_AT | 1) == 13);
	CHECK(rdmsr(MSR_PV_EOI) == 0);
	send(n / 4);
	CHECK(!GET(skipped) && !word);

	CHECK(write_msr(MSR_PV_EOI, (__u64)&word | 1) == NO_TRAP);
	CHECK(rdmsr(MSR_PV_EOI) == ((__u64)&word | 1));
	send(n);
	/* Others were taken back by an exit. */
	CHECK(GET(skipped) >= n / 4);
	CHECK(!(GET(word) & 1));

	apic_write(APIC_ICR, ICR_SELF | UPPER);
	wait_till(&lower, 1);
	CHECK(GET(lower));
	check_nothing_in_service();

	had = GET(skipped);
	CHECK(write_msr(MSR_PV_EOI, 0) == NO_TRAP);
	send(n / 4);
	CHECK(GET(skipped) == had);

	CHECK(rdmsr(MSR_POLL_CONTROL) == 1);
	CHECK(write_msr(MSR_POLL_CONTROL, 2) == 13);
	CHECK(write_msr(MSR_POLL_CONTROL, 0) == NO_TRAP);
	CHECK(rdmsr(MSR_POLL_CONTROL) == 0);
	verdict(0);
}
