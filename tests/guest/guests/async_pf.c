// SPDX-License-Identifier: GPL-2.0-only
/*
 * async_pf.c - pages that the host has to wait for, while the guest goes on
 *
 * The first vCPU reads arg[0] pages at AREA_AT.  arg[1] is 1 if it wants to be told
 * of those that are not there; if it does not, interrupts reach it all the same,
 * which the second vCPU sends.  The runner brings a page when one more was counted.
 */
#include "pv.h"

#define VECTOR	    0x41
#define READY	    0x42
#define PF	    14
#define DATA	    ((__u32 *)DATA_AT) /* flags, token */
#define WORD(page)  (*(__u32 *)(AREA_AT + 0x1000ul * (page)))
#define EN_FLAGS    0xb /* at CPL 0, too; ready by interrupt */
#define NOT_PRESENT 1

#define MSR_ASYNC_PF_EN	 0x4b564d02
#define MSR_ASYNC_PF_INT 0x4b564d06
#define MSR_ASYNC_PF_ACK 0x4b564d07

#define TOLD  BOX->count[0] /* pages that were not there, or IPIs */
#define WOKEN BOX->count[1] /* so often all were to wake up */
#define CAME  BOX->count[2] /* pages that came */

static __u32 ready_token;

INTERRUPT on_ready(void *frame)
{
	const __u32 token = GET(DATA[1]);

	(void)frame;
	if (!token)
		verdict(__LINE__);
	if (token == ~0u)
		PUT(WOKEN, WOKEN + 1);
	else
		PUT(CAME, CAME + 1);
	ready_token = token;
	PUT(DATA[1], 0);
	wrmsr(MSR_ASYNC_PF_ACK, 1);
	apic_write(APIC_EOI, 0);
}

static __attribute__((interrupt)) void on_page_fault(void *frame,
						     unsigned long error)
{
	const __u32 token = read_cr2();

	(void)frame;
	if (error || GET(DATA[0]) != NOT_PRESENT || !token || token == ~0u)
		verdict(__LINE__);
	PUT(DATA[0], 0);
	PUT(TOLD, TOLD + 1);
	while (GET(ready_token) != token)
		asm volatile("sti; hlt; cli" : : : "memory");
}

INTERRUPT on_ipi(void *frame)
{
	(void)frame;
	PUT(TOLD, TOLD + 1);
	apic_write(APIC_EOI, 0);
}

static void listen(void)
{
	set_gate(READY, on_ready);
	set_gate(PF, on_page_fault);
	wrmsr(MSR_ASYNC_PF_INT, READY);
	wrmsr(MSR_ASYNC_PF_EN, DATA_AT | EN_FLAGS);
	asm volatile("sti" : : : "memory");
	while (!GET(WOKEN))
		asm volatile("pause");
	CHECK(rdmsr(MSR_ASYNC_PF_EN) == (DATA_AT | EN_FLAGS));
}

static void read_pages(__u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		CHECK(GET(WORD(i)) == pattern(i, 0));
		PUT(BOX->passes, i + 1);
	}
}

START
{
	const __u32 n = GET(BOX->arg[0]);

	apic_write(APIC_SPIV, 0x1ff);
	if (index) {
		/* To the first, for ever; the runner ends it. */
		while (GET(BOX->passes) < n)
			hypercall(KVM_HC_SEND_IPI, 1, 0, 0, VECTOR);
		verdict(0);
	}
	traps_on();
	set_gate(VECTOR, on_ipi);
	if (GET(BOX->arg[1]))
		listen();
	asm volatile("sti" : : : "memory");
	read_pages(n);
	if (GET(BOX->arg[1])) {
		CHECK(GET(CAME) == GET(TOLD) && GET(CAME) == n);
		CHECK(GET(WOKEN) == 1);
		wrmsr(MSR_ASYNC_PF_EN, 0);
	}
	verdict(0);
}
