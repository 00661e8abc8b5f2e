// SPDX-License-Identifier: GPL-2.0-only
/*
 * tasks.c - task switches
 *
 * The task of BUSY runs, and the TSS at TSS_AT is gone to.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "tests/emulate/execute/tables.h"
#include "tests/emulate/execute/world.h"

#define TSS_AT	 0xa000
#define OLD_AT	 0xb000
#define TSS16_AT 0xc000

/* Offsets in a TSS of 32 bits. */
enum {
	CR3 = 0x1c,
	EIP = 0x20,
	EFLAGS = 0x24,
	REGS = 0x28,
	SEGS = 0x48,
	LDTR = 0x60,
	TRAP = 0x64,
};

static struct state state;

static void put(unsigned int at, u32 val, unsigned int size)
{
	memcpy(state.memory + at, &val, size);
}

static u32 get(unsigned int at, unsigned int size)
{
	u32 val = 0;

	memcpy(&val, state.memory + at, size);
	return val;
}

static void put_segments(u16 code, u16 stack, u16 data)
{
	const u16 segs[] = { data, code, stack, data, data, 0 };
	unsigned int i;

	for (i = 0; i < 6; i++)
		put(TSS_AT + SEGS + 4 * i, segs[i], 4);
}

static void start(struct world *w, u8 cpl)
{
	unsigned int i;

	enter_mode(w, &state, P32, cpl);
	w->segments[X86_EMULATE_SEG_TR] = (struct x86_emulate_segment){
		.base = WORLD_BASE + OLD_AT,
		.limit = 0x67,
		.selector = BUSY,
		.type = 0xb,
		.present = true,
	};
	put(TSS_AT + CR3, 0x5000, 4);
	put(TSS_AT + EIP, 0x123456, 4);
	put(TSS_AT + EFLAGS, 0x202, 4);
	for (i = 0; i < 8; i++)
		put(TSS_AT + REGS + 4 * i, 0x1000 * i + 7, 4);
	put(TSS_AT + REGS + 16, IN_MEMORY + 0x100, 4);
	put_segments(CODE0, DATA0, DATA0);
	put(TSS_AT + LDTR, LDT, 2);
	for (i = 0; i < 8; i++)
		if (i != 4)
			w->ctxt.regs[i] = 0x11 * i;
	w->ctxt.rflags = 0x10246;
	w->ctxt.regs[3] = IN_MEMORY;
	w->dr[7] = 0x7ff;
}

static int far(struct world *w, const char *bytes, u16 selector)
{
	set_instruction(w, bytes, 2);
	put(0x1004, selector, 2);
	return x86_emulate(&w->ctxt);
}

#define JMP  "\xff\x2b"
#define CALL "\xff\x1b"

static void check_new(const struct world *w, const char *what, u32 flags)
{
	const struct x86_emulate_segment *s = w->segments;

	check(w->ctxt.rip == 0x123456 && w->ctxt.rflags == flags,
	      "%s: RIP %llx, flags %llx", what, (unsigned long long)w->ctxt.rip,
	      (unsigned long long)w->ctxt.rflags);
	check(w->ctxt.regs[0] == 7 && w->ctxt.regs[7] == 0x7007,
	      "%s: registers", what);
	check(w->cr[3] == 0x5000 && w->cr[0] & 8 && w->dr[7] == 0x6aa,
	      "%s: CR3, TS, DR7: %llx", what, (unsigned long long)w->dr[7]);
	check((s[X86_EMULATE_SEG_TR].selector == TSS &&
	       s[X86_EMULATE_SEG_TR].type == 0xb &&
	       s[X86_EMULATE_SEG_TR].base == WORLD_BASE + TSS_AT),
	      "%s: TR", what);
	check((s[X86_EMULATE_SEG_LDTR].base == 0x12438765 &&
	       s[KVM_INSN_SEG_CS].selector == CODE0 &&
	       s[KVM_INSN_SEG_SS].selector == DATA0 &&
	       s[KVM_INSN_SEG_DS].limit == 0xffffffff &&
	       s[KVM_INSN_SEG_GS].unusable),
	      "%s: segments", what);
	check(w->ctxt.after & X86_EMULATE_AFTER_TASK, "%s: not told", what);
	check(descriptor_hi(w, TSS) == 0x10008b00, "%s: is not busy", what);
}

static void check_saved(const char *what, u32 rip, u32 flags)
{
	check(get(OLD_AT + EIP, 4) == rip && get(OLD_AT + EFLAGS, 4) == flags,
	      "%s: saved %x, %x", what, get(OLD_AT + EIP, 4),
	      get(OLD_AT + EFLAGS, 4));
	check((get(OLD_AT + REGS + 4, 4) == 0x11 &&
	       get(OLD_AT + REGS + 16, 4) == IN_MEMORY + 0x800),
	      "%s: saved registers", what);
	check((get(OLD_AT + SEGS + 4, 2) == CODE0 &&
	       get(OLD_AT + SEGS + 8, 2) == DATA0),
	      "%s: saved segments", what);
	check(!get(OLD_AT + CR3, 4) && !get(OLD_AT + LDTR, 4),
	      "%s: saved what is static", what);
}

static void check_instructions(void)
{
	struct world w;

	start(&w, 0);
	check_fault(&w, far(&w, JMP, TSS), NO_FAULT, 0, "JMP to a task", 0);
	check_new(&w, "JMP", 0x202);
	check_saved("JMP", 0x400002, 0x246);
	check(descriptor_hi(&w, BUSY) == 0x10008900, "JMP: the old is busy");
	check(!get(TSS_AT, 2), "JMP: a link");
	start(&w, 0);
	check_fault(&w, far(&w, CALL, TSS), NO_FAULT, 0, "CALL of a task", 0);
	check_new(&w, "CALL", 0x4202);
	check_saved("CALL", 0x400002, 0x246);
	check(descriptor_hi(&w, BUSY) == 0x10008b00, "CALL: the old is free");
	check(get(TSS_AT, 2) == BUSY, "CALL: no link");
	/* And back, by IRET: the same as if it had not been. */
	w.ctxt.rflags |= 0x10000;
	set_instruction(&w, "\xcf", 1);
	put(OLD_AT + CR3, 0x7000, 4);
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "IRET", 0);
	check((w.ctxt.rip == 0x400002 && w.ctxt.rflags == 0x246 &&
	       w.ctxt.regs[4] == IN_MEMORY + 0x800 && w.cr[3] == 0x7000),
	      "IRET to a task");
	check((get(TSS_AT + EIP, 4) == 0x123457 &&
	       get(TSS_AT + EFLAGS, 4) == 0x202),
	      "IRET: saved %x", get(TSS_AT + EFLAGS, 4));
	check((descriptor_hi(&w, TSS) == 0x10008900 &&
	       descriptor_hi(&w, BUSY) == 0x10008b00 &&
	       w.segments[X86_EMULATE_SEG_TR].selector == BUSY),
	      "IRET: busy bits");
	/* INT n through a gate of the IDT. */
	start(&w, 3);
	set_instruction(&w, "\xcd\x21", 2);
	put(0x21 * 8, TSS << 16, 4);
	put(0x21 * 8 + 4, 0xe500, 4);
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "INT to a task", 0);
	check_new(&w, "INT", 0x4202);
	check(get(OLD_AT + EIP, 4) == 0x400002, "INT: saved RIP");
	start(&w, 3);
	set_instruction(&w, "\xcd\x21", 2);
	put(0x21 * 8 + 4, 0x8500, 4);
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0x21 * 8 + 2, "INT", 1);
	put(0x21 * 8 + 4, 0x6500, 4);
	check_fault(&w, x86_emulate(&w.ctxt), NP, 0x21 * 8 + 2, "INT", 2);
}

static void check_events(void)
{
	const u32 error_code = 0x1234;
	struct world w;

	start(&w, 0);
	check_fault(&w, x86_emulate_task_switch(&w.ctxt, TSS, &error_code),
		    NO_FAULT, 0, "event", 0);
	check_saved("event", 0x400000, 0x10246);
	check_new(&w, "event", 0x4202);
	check((w.ctxt.regs[4] == IN_MEMORY + 0xfc &&
	       get(0x10fc, 4) == error_code),
	      "the event's error code");
	start(&w, 0);
	check_fault(&w, x86_emulate_task_switch(&w.ctxt, BUSY, NULL), GP,
		    BUSY | 1, "event", 1);
	check(w.ctxt.rip == 0x400000 && !w.ctxt.after,
	      "a switch to a busy task");
	/* The debugger's bit. */
	start(&w, 0);
	put(TSS_AT + TRAP, 1, 2);
	check_fault(&w, far(&w, JMP, TSS), 1, 0, "JMP", 1);
	check(w.ctxt.fault.payload == 0x8000, "T");
	check_new(&w, "T", 0x202);
}

static void check_task16(void)
{
	struct world w;
	unsigned int i;

	start(&w, 0);
	put(TSS16_AT + 0x0e, 0x1234, 2);
	put(TSS16_AT + 0x10, 0x202, 2);
	for (i = 0; i < 8; i++)
		put(TSS16_AT + 0x12 + 2 * i, 0x100 + i, 2);
	put(TSS16_AT + 0x22, DATA0, 2);
	put(TSS16_AT + 0x24, CODE0, 2);
	put(TSS16_AT + 0x26, DATA0, 2);
	put(TSS16_AT + 0x28, DATA0, 2);
	put(TSS16_AT + 0x2a, LDT, 2);
	w.ctxt.regs[0] = 0xffffffff;
	check_fault(&w, far(&w, CALL, TSS16), NO_FAULT, 0, "TSS16", 0);
	check((w.ctxt.rip == 0x1234 && w.ctxt.regs[0] == 0x100 &&
	       w.ctxt.regs[7] == 0x107 && w.ctxt.rflags == 0x4202),
	      "a TSS of 16 bits");
	check((w.segments[X86_EMULATE_SEG_TR].type == 3 &&
	       w.segments[KVM_INSN_SEG_ES].selector == DATA0 &&
	       w.segments[KVM_INSN_SEG_FS].unusable && !w.cr[3] &&
	       get(TSS16_AT, 2) == BUSY),
	      "a TSS of 16 bits: segments");
	set_instruction(&w, "\xcf", 1);
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "TSS16", 1);
	check((get(TSS16_AT + 0x0e, 2) == 0x1235 &&
	       get(TSS16_AT + 0x10, 2) == 0x202 &&
	       get(TSS16_AT + 0x28, 2) == DATA0 &&
	       get(TSS16_AT + 0x2a, 2) == LDT),
	      "a TSS of 16 bits is saved");
}

/* In the old task: nothing has happened. */
static void check_refused(void)
{
	static const struct {
		u8 cpl, vector;
		u16 error;
		const char *bytes;
		u16 selector;
	} rows[] = {
		{ 0, GP, BUSY, JMP, BUSY },
		{ 0, GP, BUSY, CALL, BUSY },
		{ 0, TS, TSS_SHORT, JMP, TSS_SHORT },
		{ 0, NP, TSS_ABSENT, JMP, TSS_ABSENT },
		{ 3, GP, TSS, JMP, TSS },
		{ 0, GP, TSS, JMP, TSS | 3 },
		{ 3, NO_FAULT, 0, CALL, TASK_GATE | 3 },
	};
	struct world w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start(&w, rows[i].cpl);
		check_fault(&w, far(&w, rows[i].bytes, rows[i].selector),
			    rows[i].vector, rows[i].error, "task", i);
		if (rows[i].vector == NO_FAULT)
			continue;
		check((!w.nr_writes && w.ctxt.rip == 0x400000 &&
		       !w.ctxt.after &&
		       w.segments[X86_EMULATE_SEG_TR].selector == BUSY),
		      "task %u: effects", i);
	}
	/* IRET to a task that is not busy, and to none. */
	for (i = 0; i < 2; i++) {
		start(&w, 0);
		set_instruction(&w, "\xcf", 1);
		put(OLD_AT, i ? TSS : LDT | 4, 2);
		w.ctxt.rflags |= 0x4000;
		check_fault(&w, x86_emulate(&w.ctxt), TS, i ? TSS : LDT | 4,
			    "IRET", i);
		check(!w.nr_writes, "IRET %u: effects", i);
	}
	/* A device has the TSS. */
	start(&w, 0);
	w.device = true;
	check_fault(&w, far(&w, JMP, TSS), UNHANDLED, 0, "device", 0);
	check(!w.nr_writes, "a TSS of a device's is written");
	/* Memory fails, whenever: before the first write nothing has changed. */
	for (i = 1; i < 8; i++) {
		start(&w, 0);
		w.fault_at = i;
		far(&w, JMP, TSS);
		check(w.nr_writes || w.ctxt.rip == 0x400000, "fault %u", i);
		check(w.ctxt.after || w.cr[3] == 0, "fault %u: CR3", i);
	}
}

/* In the new task, where all that is not a descriptor is there. */
static void check_late(void)
{
	static const struct {
		u16 code, stack, data, ldt;
		u32 rip;
		u8 vector;
		u16 error;
	} rows[] = {
		{ 0, DATA0, DATA0, 0, 1, TS, 0 },
		{ DATA0, DATA0, DATA0, 0, 1, TS, DATA0 },
		{ CODE3, DATA0, DATA0, 0, 1, TS, CODE3 },
		{ CODE0 | 3, DATA0, DATA0, 0, 1, TS, CODE0 },
		{ CODE0_ABSENT, DATA0, DATA0, 0, 1, NP, CODE0_ABSENT },
		{ CODE0, 0, DATA0, 0, 1, TS, 0 },
		{ CODE0, DATA3, DATA0, 0, 1, TS, DATA3 },
		{ CODE0, DATA0_ABSENT, DATA0, 0, 1, SS, DATA0_ABSENT },
		{ CODE0, DATA0, ABSENT3, 0, 1, NP, ABSENT3 },
		{ CODE3 | 3, DATA3 | 3, DATA0, 0, 1, TS, DATA0 },
		{ CODE0, DATA0, LDT, 0, 1, TS, LDT },
		{ CODE0, DATA0, DATA0, TSS, 1, TS, TSS },
		{ CODE0, DATA0, DATA0, LDT_ABSENT, 1, TS, LDT_ABSENT },
		{ CODE3_SHORT | 3, DATA3 | 3, DATA3, 0, 0x100, GP, 0 },
		{ CODE3 | 3, DATA3 | 3, DATA3, LDT, 0x100, NO_FAULT, 0 },
	};
	struct world w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start(&w, 0);
		put_segments(rows[i].code, rows[i].stack, rows[i].data);
		put(TSS_AT + LDTR, rows[i].ldt, 2);
		put(TSS_AT + EIP, rows[i].rip, 4);
		check_fault(&w, far(&w, JMP, TSS), rows[i].vector,
			    rows[i].error, "late", i);
		check((w.ctxt.rip == rows[i].rip && w.ctxt.after &&
		       w.segments[X86_EMULATE_SEG_TR].selector == TSS &&
		       w.segments[KVM_INSN_SEG_CS].selector == rows[i].code &&
		       w.ctxt.cpl == (rows[i].code & 3)),
		      "late %u: not in the new task", i);
	}
	start(&w, 0);
	put_segments(0x1234, 0x5678, 0x9abc);
	put(TSS_AT + EFLAGS, 0x23202, 4);
	put(TSS_AT + EIP, 0x1234, 4);
	check_fault(&w, far(&w, JMP, TSS), NO_FAULT, 0, "VM", 0);
	check((w.ctxt.rflags == 0x23202 && w.ctxt.cpl == 3 &&
	       w.segments[KVM_INSN_SEG_CS].base == 0x12340 &&
	       w.segments[KVM_INSN_SEG_DS].base == 0x9abc0),
	      "a task in virtual-8086 mode");
}

void check_tasks(void)
{
	check_instructions();
	check_events();
	check_task16();
	check_refused();
	check_late();
}
