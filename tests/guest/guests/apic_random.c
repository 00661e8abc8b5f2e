// SPDX-License-Identifier: GPL-2.0-only
/*
 * apic_random.c - random writes to interrupt controllers, timers and MSRs
 *
 * arg[0] is the seed, arg[1] how many.  Whatever they do to the guest, they must do
 * it to nobody else.  What would end the guest at once is made rare: INIT of
 * itself; a PIC's vectors among exceptions.  SIPI sends others to a loop, and SMM
 * has an RSM.
 */
#include "apic.h"

#define IOAPIC_AT 0xfec00000ul
#define LOOP_AT	  0x41000ul /* where SIPI goes */
#define LOOP	  0xfcebf4fa /* CLI; HLT; JMP to the latter */
#define SMM_AT	  0x38000ul

#define MODE_MASK 0x700
#define MODE_INIT 0x500
#define MODE_SIPI 0x600

static __u64 state;
static __u32 interrupts;

static __u32 rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

HANDLER(count_it)
{
	interrupts++;
}

/* All bits, one, few, or none. */
static __u32 value(void)
{
	switch (rnd() % 5) {
	case 0:
		return 1u << rnd() % 32;
	case 1:
		return rnd() & 0x700ff;
	case 2:
		return rnd() & 0xff;
	case 3:
		return rnd() & 1 ? 0 : ~0u;
	default:
		return rnd();
	}
}

/* A message that is not the guest's end, most of the time. */
static __u32 message(void)
{
	__u32 v = value();

	if ((v & MODE_MASK) == MODE_INIT && rnd() % 64)
		v ^= MODE_INIT;
	if ((v & MODE_MASK) == MODE_SIPI)
		v = (v & ~0xffu) | LOOP_AT >> 12;
	return v;
}

#define STORE(insn, at, v) \
	asm volatile(insn " %0, (%1)" : : "r"(v), "r"(at) : "memory")

static void write_mmio(__u64 at, __u32 v)
{
	__u64 wide = (__u64)rnd() << 32 | v;

	switch (rnd() % 32) {
	case 0:
		STORE("movb", at, (__u8)v);
		break;
	case 1:
		STORE("movw", at, (__u16)v);
		break;
	case 2:
		STORE("movq", at, wide);
		break;
	case 3:
		STORE("movl", at + rnd() % 8, v);
		break;
	case 4:
		asm volatile("movl (%0), %%eax" : : "r"(at) : "rax", "memory");
		break;
	default:
		STORE("movl", at, v);
	}
}

static void write_msr(__u32 msr, __u64 v)
{
	__u32 high = v >> 32, low = v;

	TRY("wrmsr", : : "a"(low), "d"(high), "c"(msr) : "r11", "memory");
}

static void write_apic(void)
{
	__u32 reg = rnd() % 4 ? rnd() & 0x3f0 : rnd() & 0xff0;

	if (rnd() % 6 == 0)
		reg = APIC_EOI;
	write_mmio(APIC_AT + reg, reg == APIC_ICR ? message() : value());
}

static void write_x2apic(void)
{
	__u32 reg = rnd() % 8 ? rnd() & 0x3f : rnd() & 0xff;
	__u64 high = rnd() % 4 ? rnd() & 3 : value();

	if (rnd() % 6 == 0)
		reg = APIC_EOI >> 4;
	if (reg == APIC_ICR >> 4)
		write_msr(0x800 + reg, high << 32 | message());
	else
		write_msr(0x800 + reg, rnd() % 4 ? rnd() & 0xff : value());
}

static void write_base(void)
{
	static const __u32 modes[] = { 0, 0x800, 0x800, 0x800, 0xc00, 0xc00 };
	__u64 base = rnd() % 16 ? APIC_AT : rnd() & 0xfffff000;

	write_msr(0x1b, base | modes[rnd() % 6] | (rnd() & 0x100));
}

static void write_ioapic(void)
{
	if (rnd() % 32 == 0) {
		write_mmio(IOAPIC_AT + (rnd() & 0xff8), value());
		return;
	}
	STORE("movl", IOAPIC_AT, rnd() & 0x3f);
	write_mmio(IOAPIC_AT + 0x10, message());
}

static void write_pic(void)
{
	static const __u16 ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
	__u16 port = ports[rnd() % 6];

	/* Also ICW2: no vector among exceptions. */
	out8(port, port & 1 ? value() | 0x20 : value());
}

static void write_pit(void)
{
	out8(rnd() % 8 ? 0x40 + rnd() % 4 : 0x61, value());
}

/* Those that have an address have it where nothing is, as a rule. */
static __u64 msr_value(__u32 msr)
{
	if (msr == MSR_TSC_DEADLINE)
		return rnd() % 4 ? rdtsc() + (value() >> 8) : rnd();
	if (((msr & 0xffffff00) == 0x4b564d00 || msr < 0x13) && rnd() % 8)
		return DATA_AT + (rnd() & 0xffc0) + (rnd() & 7);
	return rnd() % 4 ? value() : (__u64)rnd() << 32 | rnd();
}

static void write_other_msr(void)
{
	static const struct {
		__u32 first, n;
	} msrs[] = {
		{ 0x10, 3 },	   { 0x3b, 1 },	       { 0x8b, 1 },
		{ 0xc1, 2 },	   { 0x174, 3 },       { 0x179, 3 },
		{ 0x186, 2 },	   { 0x1a0, 1 },       { 0x1d9, 1 },
		{ 0x200, 16 },	   { 0x250, 1 },       { 0x268, 8 },
		{ 0x277, 1 },	   { 0x2ff, 1 },       { 0x400, 16 },
		{ 0x6e0, 1 },	   { 0x6e0, 1 },       { 0x6e0, 1 },
		{ 0x4b564d00, 9 }, { 0x4b564d00, 9 },  { 0xc0000081, 4 },
		{ 0xc0000100, 4 }, { 0xc0010000, 16 }, { 0xc0010112, 8 },
		{ 0, 0xffffffff },
	};
	unsigned int i = rnd() % (sizeof(msrs) / sizeof(msrs[0]));
	__u32 msr = msrs[i].first + rnd() % msrs[i].n;

	write_msr(msr, msr_value(msr));
}

static void write_one(void)
{
	switch (rnd() % 16) {
	case 0 ... 5:
		write_apic();
		break;
	case 6 ... 8:
		write_x2apic();
		break;
	case 9:
		write_base();
		break;
	case 10 ... 11:
		write_ioapic();
		break;
	case 12:
		write_pit();
		break;
	case 13:
		write_pic();
		break;
	case 14:
		write_other_msr();
		break;
	default:
		open_window();
	}
}

static void set_up(void)
{
	__u32 *at = (__u32 *)0;
	unsigned int i;

	/* To a compiler address 0 is nothing. */
	asm volatile("" : "+r"(at));
	for (i = 0; i < 256; i++)
		PUT(at[i], (LOOP_AT >> 4) << 16 | 0x10);
	PUT(at[LOOP_AT / 4], LOOP);
	/* IRET, for interrupts there; RSM. */
	PUT(at[LOOP_AT / 4 + 4], 0xcf);
	PUT(at[SMM_AT / 4], 0xaa0f);

	traps_on();
	set_gate(2, count_it);
	for (i = 16; i < 256; i++)
		set_gate(i, count_it);
	/* ICW1 to ICW4: the PICs' vectors are 20H to 2FH. */
	out8(0x20, 0x11);
	out8(0x21, 0x20);
	out8(0x21, 0x04);
	out8(0x21, 0x01);
	out8(0xa0, 0x11);
	out8(0xa1, 0x28);
	out8(0xa1, 0x02);
	out8(0xa1, 0x01);
	apic_write(APIC_SVR, SVR_ON);
}

START
{
	__u64 i, n = BOX->arg[1];

	(void)index;
	state = BOX->arg[0] * 0x9e3779b97f4a7c15ull + 1;
	set_up();
	for (i = 0; i < n; i++) {
		write_one();
		PUT(BOX->passes, i + 1);
	}
	PUT(BOX->count[0], interrupts);
	verdict(0);
}
