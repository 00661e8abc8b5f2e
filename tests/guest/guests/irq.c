// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq.c - takes interrupts, and waits for them halted
 *
 * arg[0] says which: 0, of devices by message and by a level-triggered pin, until
 * the runner wants it to stop; 1, of a line that stays asserted until the runner
 * takes it down; 2, of the PIT, by the PIC, then by the IOAPIC.  count[] has how
 * often each handler ran.
 */
#include "guest.h"

#define APIC_EOI     0xfee000b0ul
#define APIC_SVR     0xfee000f0ul
#define APIC_LVT0    0xfee00350ul
#define IOAPIC_INDEX 0xfec00000ul
#define IOAPIC_DATA  0xfec00010ul
#define LVT_EXTINT   0x700
#define LVT_MASKED   0x10000
#define RTE_LEVEL    0x8000

enum {
	MSI,
	MSI_MOVED,
	LEVEL,
	PIC_PIT,
	LINE,
	IOAPIC_PIT
};

static inline void store(unsigned long at, __u32 value)
{
	asm volatile("movl %0, (%1)" : : "r"(value), "r"(at) : "memory");
}

struct frame {
	__u64 rip, cs, rflags, rsp, ss;
};

#define HANDLER(name, which, end)                                        \
	static __attribute__((interrupt)) void name(struct frame *frame) \
	{                                                                \
		__u32 *n = &BOX->count[which];                           \
		(void)frame;                                             \
		PUT(*n, GET(*n) + 1);                                    \
		end;                                                     \
	}

HANDLER(msi, MSI, store(APIC_EOI, 0))
HANDLER(msi_moved, MSI_MOVED, store(APIC_EOI, 0))
HANDLER(level, LEVEL, store(APIC_EOI, 0))
HANDLER(pic_pit, PIC_PIT, out8(0x20, 0x20))
HANDLER(line, LINE, step(GET(BOX->count[LINE])); store(APIC_EOI, 0))
HANDLER(ioapic_pit, IOAPIC_PIT, store(APIC_EOI, 0))

static void set_gate(int vector, void (*fn)(struct frame *))
{
	__u32 *gate = (void *)(IDT_AT + vector * 16ul);
	__u64 at = (__u64)fn;

	gate[0] = SEL_CODE64 << 16 | (at & 0xffff);
	gate[1] = (at & 0xffff0000) | 0x8e00;
	gate[2] = at >> 32;
	gate[3] = 0;
}

static void set_pin(__u32 pin, __u32 low)
{
	store(IOAPIC_INDEX, 0x11 + 2 * pin);
	store(IOAPIC_DATA, 0);
	store(IOAPIC_INDEX, 0x10 + 2 * pin);
	store(IOAPIC_DATA, low);
}

/* Halted, unless what it waits for has been between. */
#define WAIT_FOR(x)                                      \
	do {                                             \
		asm volatile("cli" : : : "memory");      \
		if (x)                                   \
			break;                           \
		asm volatile("sti; hlt" : : : "memory"); \
	} while (1)

static void devices(void)
{
	set_pin(10, RTE_LEVEL | 0x42);
	PUT(BOX->passes, 1);
	WAIT_FOR(GET(BOX->stop));
}

static void asserted_line(void)
{
	__u32 i;

	set_pin(11, RTE_LEVEL | 0x44);
	WAIT_FOR(GET(BOX->count[LINE]) >= 3);
	asm volatile("sti" : : : "memory");
	for (i = 0; i < 100; i++)
		asm volatile("pause" : : : "memory");
	CHECK(GET(BOX->count[LINE]) == 3);
}

static void start_pic(void)
{
	out8(0x20, 0x11);
	out8(0x21, 0x20);
	out8(0x21, 4);
	out8(0x21, 1);
	out8(0x21, 0xfe);
}

/* A thousand times a second. */
static void start_pit(void)
{
	out8(0x43, 0x34);
	out8(0x40, 1193 & 0xff);
	out8(0x40, 1193 >> 8);
}

static __u8 pic_requests(void)
{
	__u8 value;

	asm volatile("inb $0x20, %0" : "=a"(value) : : "memory");
	return value;
}

/* A request that waits is taken when LVT0 lets it in, with no exit to help. */
static void let_pic_in(void)
{
	while (!(pic_requests() & 1))
		asm volatile("pause" : : : "memory");
	asm volatile("sti" : : : "memory");
	CHECK(!GET(BOX->count[PIC_PIT]));
	store(APIC_LVT0, LVT_EXTINT);
	while (!GET(BOX->count[PIC_PIT]))
		asm volatile("pause" : : : "memory");
}

static void timer(void)
{
	store(APIC_LVT0, LVT_MASKED | LVT_EXTINT);
	start_pic();
	start_pit();
	let_pic_in();
	WAIT_FOR(GET(BOX->count[PIC_PIT]) >= 20);
	CHECK(!GET(BOX->count[IOAPIC_PIT]));
	/* One may be waiting at the PIC; nobody takes it there any more. */
	out8(0x21, 0xff);
	set_pin(0, 0x43);
	WAIT_FOR(GET(BOX->count[IOAPIC_PIT]) >= 20);
	set_pin(0, 0x10043);
}

START
{
	static void (*const what[])(void) = { devices, asserted_line, timer };

	(void)index;
	traps_on();
	set_gate(0x20, pic_pit);
	set_gate(0x40, msi);
	set_gate(0x41, msi_moved);
	set_gate(0x42, level);
	set_gate(0x43, ioapic_pit);
	set_gate(0x44, line);
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	store(APIC_SVR, 0x1ff);
	CHECK(GET(BOX->arg[0]) < 3);
	what[GET(BOX->arg[0])]();
	verdict(0);
}
