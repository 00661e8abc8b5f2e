// SPDX-License-Identifier: GPL-2.0-only
/*
 * count_irq.c - what interrupts cost, and the kernel's own devices
 *
 * By the TSC, as count.c.  With arg[0] there are two vCPUs, and what they cost each
 * other is all that is measured.  What reading the TSC twice takes is off.  The
 * figures are in the order of ../count.c's names.
 */
#include "apic.h"
#include "measure.h"

#define VECTOR	  0x61
#define IOAPIC_AT 0xfec00000ul
#define ROUNDS	  64

#define MSR_APIC_BASE	 0x1b
#define APIC_BASE_X2APIC 0x400
#define MSR_X2APIC(reg)	 (0x800 + ((reg) >> 4))
#define APIC_ID		 0x20
#define APIC_SELF_IPI	 0x3f0
#define FAR_AHEAD	 1000000000000ull

/* By the handlers: when they began, and what EOI took. */
static __u64 began, eoi_took;
static __u32 ready, pings, pongs;

#define TICKS(what)                     \
	({                              \
		__u64 __from = rdtsc(); \
		what;                   \
		rdtsc() - __from;       \
	})

HANDLER(on_xapic)
{
	PUT(began, rdtsc());
	PUT(eoi_took, TICKS(apic_write(APIC_EOI, 0)));
}

HANDLER(on_x2apic)
{
	PUT(began, rdtsc());
	PUT(eoi_took, TICKS(wrmsr(MSR_X2APIC(APIC_EOI), 0)));
	end_hlt(frame);
}

HANDLER(on_ping)
{
	pings++;
	wrmsr(MSR_X2APIC(APIC_EOI), 0);
	end_hlt(frame);
}

HANDLER(on_pong)
{
	pongs++;
	wrmsr(MSR_X2APIC(APIC_EOI), 0);
	end_hlt(frame);
}

static __u64 nothing(void)
{
	return TICKS((void)0);
}

/* --- devices ------------------------------------------------------------- */

static __u8 in8(__u16 port)
{
	__u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static __u64 read_pic(void)
{
	return TICKS(in8(0x21));
}

static __u64 write_pic(void)
{
	return TICKS(out8(0x21, 0xff));
}

static __u64 read_pit(void)
{
	return TICKS(in8(0x40));
}

static __u64 read_ioapic(void)
{
	return TICKS(GET(*(__u32 *)(IOAPIC_AT + 0x10)));
}

static __u64 read_xapic(void)
{
	return TICKS(apic_read(APIC_ID));
}

static __u64 write_xapic(void)
{
	return TICKS(apic_write(APIC_TPR, 0));
}

static __u64 read_x2apic(void)
{
	return TICKS(rdmsr(MSR_X2APIC(APIC_ID)));
}

static __u64 write_x2apic(void)
{
	return TICKS(wrmsr(MSR_X2APIC(APIC_TPR), 0));
}

/* --- interrupts ---------------------------------------------------------- */

/* From before @what until the handler runs. */
#define UNTIL_HANDLER(what)          \
	({                           \
		__u64 __from;        \
		PUT(began, 0);       \
		__from = rdtsc();    \
		what;                \
		while (!GET(began))  \
			;            \
		GET(began) - __from; \
	})

static __u64 xapic_self_ipi(void)
{
	return UNTIL_HANDLER(apic_write(APIC_ICR, ICR_SELF | VECTOR));
}

static __u64 xapic_eoi(void)
{
	xapic_self_ipi();
	return GET(eoi_took);
}

static __u64 x2apic_self_ipi(void)
{
	return UNTIL_HANDLER(wrmsr(MSR_X2APIC(APIC_SELF_IPI), VECTOR));
}

static __u64 x2apic_eoi(void)
{
	x2apic_self_ipi();
	return GET(eoi_took);
}

/* It has come already, and waits for the guest. */
static __u64 irq_window(void)
{
	__u64 ticks;

	asm volatile("cli" : : : "memory");
	wrmsr(MSR_X2APIC(APIC_SELF_IPI), VECTOR);
	ticks = UNTIL_HANDLER(asm volatile("sti; nop" : : : "memory"));
	return ticks;
}

static __u64 deadline_far(void)
{
	__u64 deadline = rdtsc() + FAR_AHEAD;

	return TICKS(wrmsr(MSR_TSC_DEADLINE, deadline));
}

static __u64 deadline_now(void)
{
	return UNTIL_HANDLER(wrmsr(MSR_TSC_DEADLINE, 1));
}

/* What has passed since the deadline, when the handler begins. */
static __u64 halt_until(__u64 ticks)
{
	__u64 deadline;

	asm volatile("cli" : : : "memory");
	PUT(began, 0);
	deadline = rdtsc() + ticks;
	wrmsr(MSR_TSC_DEADLINE, deadline);
	while (!GET(began))
		wait_for_interrupt();
	asm volatile("sti" : : : "memory");
	CHECK(GET(began) >= deadline);
	return GET(began) - deadline;
}

/* Soon enough for the host to poll, and not. */
static __u64 halt_20us(void)
{
	return halt_until(20000);
}

static __u64 halt_1ms(void)
{
	return halt_until(1000000);
}

/* --- the other vCPU ------------------------------------------------------ */

static void send_to(__u64 id)
{
	wrmsr(MSR_X2APIC(APIC_ICR), id << 32 | (VECTOR + id));
}

static __u64 ping(void)
{
	__u32 before = GET(pongs);
	__u64 from = rdtsc();

	send_to(1);
	while (GET(pongs) == before)
		wait_for_interrupt();
	return rdtsc() - from;
}

static void answer(__u32 n)
{
	__u32 i;

	for (i = 1; i <= n; i++) {
		while (GET(pings) < i)
			wait_for_interrupt();
		send_to(0);
	}
}

/* --- all of them --------------------------------------------------------- */

static __u64 (*const xapic_figures[])(void) = {
	read_pic,   write_pic,	 read_pit,	 read_ioapic,
	read_xapic, write_xapic, xapic_self_ipi, xapic_eoi,
};

static __u64 (*const x2apic_figures[])(void) = {
	read_x2apic,  write_x2apic, x2apic_self_ipi, x2apic_eoi, irq_window,
	deadline_far, deadline_now, halt_20us,	     halt_1ms,
};

static __u64 (*const ipi_figures[])(void) = { ping };

static __u64 measure(__u64 (*once)(void))
{
	__u64 t[BATCHES];
	__u32 b, i;

	for (b = 0; b < BATCHES; b++) {
		t[b] = 0;
		for (i = 0; i < ROUNDS; i++)
			t[b] += once();
	}
	return middle(t) * 100 / ROUNDS;
}

#define MEASURE_ALL(table)                                                    \
	do {                                                                  \
		__u32 __i, __n = sizeof(table) / sizeof((table)[0]);          \
		__u64 *__at = FIGURES + GET(BOX->count[0]);                   \
		for (__i = 0; __i < __n; __i++)                               \
			__at[__i] = measure((table)[__i]) - measure(nothing); \
		PUT(BOX->count[0], GET(BOX->count[0]) + __n);                 \
	} while (0)

static void x2apic_on(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
}

static void one(void)
{
	set_gate(VECTOR, on_xapic);
	apic_write(APIC_SVR, SVR_ON);
	asm volatile("sti" : : : "memory");
	MEASURE_ALL(xapic_figures);
	x2apic_on();
	set_gate(VECTOR, on_x2apic);
	wrmsr(MSR_X2APIC(APIC_LVTT), LVTT_TSC_DEADLINE | VECTOR);
	MEASURE_ALL(x2apic_figures);
	asm volatile("cli" : : : "memory");
}

static void two(int index)
{
	if (index == 0) {
		set_gate(VECTOR, on_pong);
		set_gate(VECTOR + 1, on_ping);
	}
	apic_write(APIC_SVR, SVR_ON);
	x2apic_on();
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (GET(ready) != 2)
		asm volatile("pause");
	if (index == 0)
		MEASURE_ALL(ipi_figures);
	else
		answer(BATCHES * ROUNDS);
}

START
{
	if (index == 0)
		traps_on();
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	if (BOX->arg[0])
		two(index);
	else
		one();
	verdict(0);
}
