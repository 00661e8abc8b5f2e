// SPDX-License-Identifier: GPL-2.0-only
/*
 * tpr.c - TPR, by MMIO and by the virtual APIC page
 *
 * At each step the runner does something: it turns reports on, and off; it gives
 * the page at DATA_AT.
 */
#include "apic.h"

#define VAPIC ((__u8 *)DATA_AT)
#define WAITS 0x25

START
{
	(void)index;
	traps_on();
	apic_write(APIC_SVR, SVR_ON);
	apic_write(APIC_TPR, 0x10);
	step(1);
	/* One exit each, behind the instruction. */
	apic_write(APIC_TPR, 0x20);
	CHECK(apic_read(APIC_TPR) == 0x20);
	step(2);
	apic_write(APIC_TPR, 0x40);
	step(3);
	/* The page is what counts now; any exit takes it over. */
	CHECK(GET(*(__u32 *)VAPIC) == 0x40);
	PUT(VAPIC[0], 0x30);
	step(4);
	CHECK(apic_read(APIC_TPR) == 0x30);
	apic_write(APIC_ICR, ICR_SELF | WAITS);
	CHECK(GET(VAPIC[3]) == WAITS);
	open_window();
	CHECK(apic_read(APIC_IRR + 16) == 1u << (WAITS - 32));
	apic_write(APIC_TPR, 0x50);
	CHECK(GET(VAPIC[0]) == 0x50);
	step(5);
	/* Without the page memory is memory. */
	PUT(VAPIC[0], 0x70);
	CHECK(apic_read(APIC_TPR) == 0x50);
	verdict(0);
}
