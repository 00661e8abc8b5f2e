// SPDX-License-Identifier: GPL-2.0-only
/*
 * transfers.c - far jumps, calls and returns, IRET, interrupts in real mode
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/tables.h"
#include "tests/emulate/execute/world.h"

/* A far pointer at [RBX], and the instructions that take it. */
#define JMP32  "\xff\x2b"
#define CALL32 "\xff\x1b"
#define JMP64  "\x48\xff\x2b"
#define CALL64 "\x48\xff\x1b"

static struct state state;

static const struct {
	u8 how, cpl, vector, len;
	u16 error;
	const char *bytes;
	u16 selector;
	u64 offset, rip;
} jumps[] = {
#define ROW(how, cpl, bytes, selector, offset, vector, error, rip)           \
	{                                                                    \
		how, cpl, vector, sizeof(bytes) - 1, error, bytes, selector, \
			offset, rip                                          \
	}
	/* clang-format off */
	ROW(P32, 3, JMP32, CODE3 | 3, 0x123456, NO_FAULT, 0, 0x123456),
	ROW(P32, 3, CALL32, CODE3 | 3, 0x123456, NO_FAULT, 0, 0x123456),
	ROW(P32, 3, JMP32, CODE3, 0x123456, NO_FAULT, 0, 0x123456),
	ROW(P32, 0, JMP32, CODE0 | 3, 1, GP, CODE0, 0),
	ROW(P32, 0, JMP32, CODE3, 1, GP, CODE3, 0),
	ROW(P32, 3, JMP32, CODE0 | 3, 1, GP, CODE0, 0),
	ROW(P32, 3, CALL32, CODE0 | 3, 1, GP, CODE0, 0),
	ROW(P32, 3, JMP32, CONFORMING0 | 3, 1, NO_FAULT, 0, 1),
	ROW(P32, 3, JMP32, 0, 1, GP, 0, 0),
	ROW(P32, 3, JMP32, 3, 1, GP, 0, 0),
	ROW(P32, 3, JMP32, DATA3 | 3, 1, GP, DATA3, 0),
	ROW(P32, 3, JMP32, CODE3_ABSENT | 3, 1, NP, CODE3_ABSENT, 0),
	ROW(P32, 3, JMP32, CODE3_SHORT | 3, 0x100, GP, 0, 0),
	ROW(P32, 3, JMP32, CODE3_SHORT | 3, 0xff, NO_FAULT, 0, 0xff),
	ROW(P32, 3, CALL32, CODE3_SHORT | 3, 0x100, GP, 0, 0),
	ROW(P32, 3, JMP32, NR_SELECTORS * 8, 1, GP, NR_SELECTORS * 8, 0),
	ROW(P32, 3, JMP32, LDT | 7, 1, GP, LDT | 4, 0),
	ROW(P32, 3, JMP32, CODE3_BOTH | 3, 1, GP, 0, 0),
	/* Call gates. */
	ROW(P32, 3, JMP32, GATE3 | 3, 1, NO_FAULT, 0, 0x405678),
	ROW(P32, 3, CALL32, GATE3 | 3, 1, NO_FAULT, 0, 0x405678),
	ROW(P32, 3, JMP32, GATE0 | 3, 1, GP, GATE0, 0),
	ROW(P32, 0, JMP32, GATE0 | 3, 1, GP, GATE0, 0),
	ROW(P32, 0, JMP32, GATE0, 1, GP, CODE3, 0),
	ROW(P32, 3, JMP32, GATE_INNER | 3, 1, GP, CODE0, 0),
	ROW(P32, 3, CALL32, GATE_INNER | 3, 1, UNHANDLED, 0, 0),
	ROW(P32, 0, CALL32, GATE_INNER, 1, NO_FAULT, 0, 0x405678),
	ROW(P32, 3, JMP32, GATE_ABSENT | 3, 1, NP, GATE_ABSENT, 0),
	ROW(P32, 0, JMP32, LDT, 1, GP, LDT, 0),
	/* Long mode. */
	ROW(LONG, 3, JMP32, CODE3 | 3, 0x123456, NO_FAULT, 0, 0x123456),
	ROW(LONG, 3, JMP64, CODE3_64 | 3, 0x7fff00000000, NO_FAULT, 0, 0x7fff00000000),
	ROW(LONG, 3, JMP64, CODE3_64 | 3, 0x800000000000, GP, 0, 0),
	ROW(LONG, 3, JMP64, CODE3_BOTH | 3, 1, GP, CODE3_BOTH, 0),
	ROW(LONG, 3, CALL64, CODE3_64 | 3, 0x7fff00000000, NO_FAULT, 0, 0x7fff00000000),
	ROW(LONG, 3, CALL64, CODE3_64 | 3, 0x800000000000, GP, 0, 0),
	ROW(LONG, 3, JMP32, GATE64 | 3, 1, NO_FAULT, 0, 0x7fff12345678),
	ROW(LONG, 3, CALL32, GATE64 | 3, 1, NO_FAULT, 0, 0x7fff12345678),
	ROW(LONG, 3, JMP32, GATE3 | 3, 1, GP, CODE3, 0),
	ROW(LONG, 0, JMP32, TSS, 1, GP, TSS, 0),
	ROW(LONG, 3, JMP32, TASK_GATE | 3, 1, GP, TASK_GATE, 0),
	/* Real mode: the limit is what it was. */
	ROW(REAL, 0, "\xff\x2f", 0x1001, 0x20, NO_FAULT, 0, 0x20),
	ROW(REAL, 0, "\x66\xff\x2f", 0x1001, 0x10000, GP, 0, 0),
	ROW(REAL, 0, "\xff\x1f", 0x1001, 0x20, NO_FAULT, 0, 0x20),
	ROW(REAL, 3, "\xff\x2f", 0x1001, 0x20, NO_FAULT, 0, 0x20),
	/* clang-format on */
};

static void put_pointer(const struct world *w, u16 selector, u64 offset)
{
	unsigned int size = w->ctxt.insn.mem[0].size - 2;

	memcpy(state.memory + 0x1000, &offset, size);
	memcpy(state.memory + 0x1000 + size, &selector, 2);
}

static void check_jumps(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct world w, before;

		enter_mode(&w, &state, jumps[i].how, jumps[i].cpl);
		set_instruction(&w, jumps[i].bytes, jumps[i].len);
		w.ctxt.regs[3] = jumps[i].how == REAL ? 0x1000 : IN_MEMORY;
		/* Outside of long mode CS.L is nothing. */
		if (jumps[i].how == P32 && jumps[i].error == 0 &&
		    (jumps[i].selector & ~3) == CODE3_BOTH)
			w.ctxt.lma = true;
		put_pointer(&w, jumps[i].selector, jumps[i].offset);
		before = w;
		if (w.ctxt.lma) {
			check_fault(&w, x86_emulate(&w.ctxt), GP, CODE3_BOTH,
				    "compatibility mode", i);
			continue;
		}
		check_fault(&w, x86_emulate(&w.ctxt), jumps[i].vector,
			    jumps[i].error, "jump", i);
		if (jumps[i].vector == NO_FAULT) {
			check(w.ctxt.rip == jumps[i].rip, "jump %u: RIP %llx",
			      i, (unsigned long long)w.ctxt.rip);
			continue;
		}
		check((w.ctxt.rip == before.ctxt.rip && !w.nr_writes &&
		       !memcmp(w.segments, before.segments,
			       sizeof(w.segments))),
		      "jump %u: effects of a fault", i);
	}
}

static u64 on_stack(unsigned int offset, unsigned int size)
{
	u64 val = 0;

	memcpy(&val, state.memory + offset, size);
	return val;
}

static void check_calls(void)
{
	struct world w;

	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, "\x9a\x56\x34\x12\x00\x1b\x00", 7);
	world_run(&w);
	check(w.ctxt.rip == 0x123456 && w.ctxt.regs[4] == IN_MEMORY + 0x7f8,
	      "CALL ptr16:32");
	check((on_stack(0x17f8, 4) == 0x400007 &&
	       on_stack(0x17fc, 4) == (CODE3 | 3)),
	      "CALL: the way back");
	check((w.segments[KVM_INSN_SEG_CS].type == 0xb &&
	       w.segments[KVM_INSN_SEG_CS].selector == (CODE3 | 3) &&
	       descriptor_hi(&w, CODE3) == 0x00cffb00),
	      "CALL: CS");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, CALL32, 2);
	w.ctxt.regs[3] = IN_MEMORY;
	put_pointer(&w, GATE64 | 3, 0);
	world_run(&w);
	check((on_stack(0x17f0, 8) == 0x400002 &&
	       w.ctxt.regs[4] == IN_MEMORY + 0x7f0),
	      "CALL through a gate of 64 bits");
	check(w.segments[KVM_INSN_SEG_CS].l, "CALL: CS.L");
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\x9a\x34\x12\x00\x11", 5);
	w.segments[KVM_INSN_SEG_CS].limit = 0xfffff;
	world_run(&w);
	check((w.ctxt.rip == 0x1234 && on_stack(0x17fc, 2) == 0x405 &&
	       on_stack(0x17fe, 2) == 0x1000),
	      "CALL in real mode");
	check((w.segments[KVM_INSN_SEG_CS].base == 0x11000 &&
	       w.segments[KVM_INSN_SEG_CS].limit == 0xfffff),
	      "CALL in real mode: CS");
	/* No room: #SS before the target's limit, and nothing is written. */
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, CALL32, 2);
	w.ctxt.regs[3] = IN_MEMORY;
	put_pointer(&w, CODE3_SHORT | 3, 0x1000);
	w.segments[KVM_INSN_SEG_SS].limit = IN_MEMORY + 0x7fb;
	w.ctxt.regs[4] = IN_MEMORY + 0x800;
	check_fault(&w, x86_emulate(&w.ctxt), SS, 0, "CALL", 0);
	check(!w.nr_writes, "CALL writes before it has room");
	/* A conforming segment takes over the CPL. */
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, JMP32, 2);
	w.ctxt.regs[3] = IN_MEMORY;
	put_pointer(&w, CONFORMING0, 0x1000);
	world_run(&w);
	check(w.segments[KVM_INSN_SEG_CS].selector == (CONFORMING0 | 3),
	      "JMP to conforming code");
}

/* --- returns --------------------------------------------------------------- */

static const struct {
	u8 how, cpl, vector, len;
	u16 error;
	const char *bytes;
	u64 stack[5]; /* RIP, CS, for IRET flags; SP, SS */
} returns[] = {
#undef ROW
#define ROW(how, cpl, bytes, vector, error, ...)                   \
	{                                                          \
		how, cpl, vector, sizeof(bytes) - 1, error, bytes, \
		{                                                  \
			__VA_ARGS__                                \
		}                                                  \
	}
	/* clang-format off */
	ROW(P32, 3, "\xcb", NO_FAULT, 0, 0x1234, CODE3 | 3),
	ROW(P32, 0, "\xcb", NO_FAULT, 0, 0x1234, CODE0),
	ROW(P32, 3, "\xcb", GP, CODE3, 0x1234, CODE3),
	ROW(P32, 3, "\xcb", GP, CODE0, 0x1234, CODE0 | 3),
	ROW(P32, 3, "\xcb", GP, CODE0, 0x1234, CODE0),
	ROW(P32, 3, "\xcb", GP, CONFORMING0, 0x1234, CONFORMING0),
	ROW(P32, 3, "\xcf", GP, CODE0, 0x1234, CODE0, 0),
	ROW(LONG, 3, "\x48\xcf", GP, CODE0_64, 0x1234, CODE0_64, 0, 0, DATA0),
	ROW(P32, 3, "\xcb", GP, 0, 0x1234, 3),
	ROW(P32, 3, "\xcb", GP, DATA3, 0x1234, DATA3 | 3),
	ROW(P32, 3, "\xcb", NP, CODE3_ABSENT, 0x1234, CODE3_ABSENT | 3),
	ROW(P32, 3, "\xcb", GP, 0, 0x100, CODE3_SHORT | 3),
	ROW(P32, 3, "\xcb", NO_FAULT, 0, 0x100, CONFORMING0 | 3),
	ROW(P32, 0, "\xcb", NO_FAULT, 0, 0x1234, CODE3 | 3, 0x10000000, DATA3 | 3),
	ROW(P32, 0, "\xcb", GP, DATA3, 0x1234, CODE3 | 3, 0x10000000, DATA3),
	ROW(P32, 0, "\xcb", GP, DATA0, 0x1234, CODE3 | 3, 0x10000000, DATA0 | 3),
	ROW(P32, 0, "\xcb", SS, ABSENT3, 0x1234, CODE3 | 3, 0x10000000, ABSENT3 | 3),
	ROW(P32, 0, "\xcb", GP, 0, 0x1234, CODE3 | 3, 0x10000000, 3),
	ROW(P32, 0, "\xcb", GP, 0, 0x100, CODE3_SHORT | 3, 0x10000000, DATA3 | 3),
	ROW(LONG, 0, "\x48\xcb", NO_FAULT, 0, 0x7fff00000000, CODE3_64 | 3, 0x10000000, DATA3 | 3),
	ROW(LONG, 0, "\x48\xcb", GP, 0, 0x800000000000, CODE3_64 | 3, 0x10000000, DATA3 | 3),
	ROW(LONG, 0, "\x48\xcb", GP, 0, 0x1234, CODE3_64 | 3, 0x10000000, 3),
	/* IRET */
	ROW(P32, 3, "\xcf", NO_FAULT, 0, 0x1234, CODE3 | 3, 0),
	ROW(P32, 0, "\xcf", NO_FAULT, 0, 0x1234, CODE0, 0),
	ROW(P32, 3, "\xcf", GP, CODE3, 0x1234, CODE3, 0),
	ROW(P32, 0, "\xcf", NO_FAULT, 0, 0x1234, CODE3 | 3, 0, 0x10000000, DATA3 | 3),
	ROW(P32, 0, "\xcf", GP, DATA3, 0x1234, CODE3 | 3, 0, 0x10000000, DATA3),
	ROW(LONG, 0, "\x48\xcf", NO_FAULT, 0, 0x7fff00000000, CODE0_64, 0, 0x7fff10000000, 0),
	ROW(LONG, 0, "\x48\xcf", NO_FAULT, 0, 0x7fff00000000, CODE0_64, 0, 0x7fff10000000, DATA0),
	ROW(LONG, 0, "\x48\xcf", NO_FAULT, 0, 1ull << 46,
	    CODE3_64 | 3, 0, 0x7fff10000000, DATA3 | 3),
	ROW(LONG, 0, "\x48\xcf", NO_FAULT, 0, 0x12345678, CODE3 | 3, 0, 0x10000000, DATA3 | 3),
	ROW(LONG, 0, "\x48\xcf", GP, 0, 0x7fff00000000, CODE3_64 | 3, 0, 0x7fff10000000, 3),
	ROW(LONG, 0, "\x48\xcf", GP, 0, 0x800000000000, CODE0_64, 0, 0, 0),
	ROW(LONG, 0, "\x48\xcf", GP, CODE3_BOTH, 1, CODE3_BOTH | 3, 0, 0, DATA3 | 3),
	/* clang-format on */
};

static void put_stack(const struct world *w, const u64 *vals, unsigned int n)
{
	unsigned int i, size = w->ctxt.insn.op_bytes;

	for (i = 0; i < n; i++)
		memcpy(state.memory + 0x1800 + i * size, &vals[i], size);
}

static void check_returns(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(returns); i++) {
		struct world w, before;
		bool good = returns[i].vector == NO_FAULT;

		enter_mode(&w, &state, returns[i].how, returns[i].cpl);
		set_instruction(&w, returns[i].bytes, returns[i].len);
		put_stack(&w, returns[i].stack, 5);
		before = w;
		check_fault(&w, x86_emulate(&w.ctxt), returns[i].vector,
			    returns[i].error, "return", i);
		check(!good || w.ctxt.rip == returns[i].stack[0],
		      "return %u: RIP", i);
		check(!good || w.ctxt.cpl == (returns[i].stack[1] & 3),
		      "return %u: CPL", i);
		check(good || !memcmp(w.segments, before.segments,
				      sizeof(w.segments)),
		      "return %u: effects of a fault", i);
	}
}

/* To outside: the stack is another, and what it may not see is gone. */
static void check_outside(void)
{
	const u64 stack[] = { 0x1234, CODE3 | 3, 0x10000123, DATA3 | 3 };
	const u64 stack64[] = { 0x1234, CODE3_64 | 3, 0x3f7fd7, 0x7fff00000010,
				DATA3 | 3 };
	struct world w;

	enter_mode(&w, &state, P32, 0);
	set_instruction(&w, "\xca\x08\x00", 3);
	put_stack(&w, stack, 2);
	memcpy(state.memory + 0x1810, "\x23\x01\x00\x10\x23\x00\x00\x00", 8);
	w.segments[KVM_INSN_SEG_DS].dpl = 3;
	w.segments[KVM_INSN_SEG_FS].type = 0xf;
	w.segments[KVM_INSN_SEG_GS].type = 0xb;
	check(world_run(&w) == X86_EMULATE_OK, "RET to outside");
	check(w.ctxt.regs[4] == 0x1000012b, "RET: SP %llx",
	      (unsigned long long)w.ctxt.regs[4]);
	check((w.segments[KVM_INSN_SEG_SS].selector == (DATA3 | 3) &&
	       w.segments[KVM_INSN_SEG_SS].dpl == 3),
	      "RET: SS");
	check((w.segments[KVM_INSN_SEG_ES].unusable &&
	       w.segments[KVM_INSN_SEG_GS].unusable &&
	       !w.segments[KVM_INSN_SEG_DS].unusable &&
	       !w.segments[KVM_INSN_SEG_FS].unusable),
	      "RET: data segments");
	enter_mode(&w, &state, LONG, 0);
	set_instruction(&w, "\x48\xcf", 2);
	put_stack(&w, stack64, 5);
	check(world_run(&w) == X86_EMULATE_OK, "IRET to outside");
	check(w.ctxt.regs[4] == 0x7fff00000010 && w.ctxt.cpl == 3, "IRET: SP");
	check(w.ctxt.rflags == 0x3d7fd7, "IRET: flags %llx",
	      (unsigned long long)w.ctxt.rflags);
	check(w.ctxt.after == X86_EMULATE_AFTER_IRET, "IRET: NMIs");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x48\xcf", 2);
	put_stack(&w, stack64, 5);
	world_run(&w);
	check(w.ctxt.rflags == 0x254dd7, "IRET at CPL 3: flags %llx",
	      (unsigned long long)w.ctxt.rflags);
}

static void check_iret_modes(void)
{
	const u32 to_vm86[] = { 0x1234, 0x5678, 0x23202, 0x9abc, 0x1111,
				0x2222, 0x3333, 0x4444,	 0x5555 };
	struct world w;

	enter_mode(&w, &state, P32, 0);
	set_instruction(&w, "\xcf", 1);
	memcpy(state.memory + 0x1800, to_vm86, sizeof(to_vm86));
	check(world_run(&w) == X86_EMULATE_OK, "IRET to virtual-8086 mode");
	check((w.ctxt.rip == 0x1234 && w.ctxt.cpl == 3 &&
	       w.ctxt.rflags == 0x23202 && w.ctxt.regs[4] == 0x9abc),
	      "IRET to virtual-8086 mode: registers");
	check((w.segments[KVM_INSN_SEG_CS].base == 0x56780 &&
	       w.segments[KVM_INSN_SEG_SS].base == 0x11110 &&
	       w.segments[KVM_INSN_SEG_ES].base == 0x22220 &&
	       w.segments[KVM_INSN_SEG_GS].base == 0x55550 &&
	       w.segments[KVM_INSN_SEG_GS].limit == 0xffff),
	      "IRET to virtual-8086 mode: segments");
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\xcf", 1);
	memcpy(state.memory + 0x1800, "\x34\x12\x00\x11\xd7\x7f", 6);
	w.ctxt.rflags |= 0x40000;
	check((world_run(&w) == X86_EMULATE_OK && w.ctxt.rip == 0x1234 &&
	       w.ctxt.rflags == 0x47fd7),
	      "IRET in real mode: %llx", (unsigned long long)w.ctxt.rflags);
	check(w.ctxt.regs[4] == 0x1806, "IRET in real mode: SP");
	check(w.segments[KVM_INSN_SEG_CS].base == 0x11000, "IRET: CS");
	enter_mode(&w, &state, REAL, 3);
	set_instruction(&w, "\xcf", 1);
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "IRET", 86);
	w.ctxt.rflags |= 0x3000;
	memcpy(state.memory + 0x1800, "\x34\x12\x00\x11\xd7\x0f", 6);
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "IRET", 86);
	check(w.ctxt.rflags == 0x3fd7, "IRET in virtual-8086 mode: %llx",
	      (unsigned long long)w.ctxt.rflags);
	enter_mode(&w, &state, LONG, 0);
	set_instruction(&w, "\x48\xcf", 2);
	w.ctxt.rflags |= 0x4000;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "IRET with NT", 0);
}

/* --- interrupts ------------------------------------------------------------ */

static void check_interrupts(void)
{
	static const struct {
		const char *bytes;
		u8 len, vector;
	} rows[] = { { "\xcd\x21", 2, 0x21 },
		     { "\xcc", 1, 3 },
		     { "\xce", 1, 4 },
		     { "\xf1", 1, 1 } };
	unsigned int i;
	struct world w;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		enter_mode(&w, &state, REAL, 0);
		set_instruction(&w, rows[i].bytes, rows[i].len);
		w.ctxt.rflags = 0x40b02;
		memcpy(state.memory + 4 * rows[i].vector, "\x34\x12\x00\x11",
		       4);
		check(world_run(&w) == X86_EMULATE_OK, "interrupt %u", i);
		check((w.ctxt.rip == 0x1234 && w.ctxt.rflags == 0x802 &&
		       w.segments[KVM_INSN_SEG_CS].base == 0x11000),
		      "interrupt %u: %llx", i,
		      (unsigned long long)w.ctxt.rflags);
		check((w.ctxt.regs[4] == 0x17fa &&
		       on_stack(0x17fa, 2) == 0x400u + rows[i].len &&
		       on_stack(0x17fc, 2) == 0x1000 &&
		       on_stack(0x17fe, 2) == 0xb02),
		      "interrupt %u: stack", i);
		check(w.ctxt.after & X86_EMULATE_AFTER_NOTF,
		      "interrupt %u: traps", i);
	}
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\xce", 1);
	world_run(&w);
	check(w.ctxt.rip == 0x401 && !w.nr_accesses, "INTO without OF");
	set_instruction(&w, "\xcd\x21", 2);
	w.segments[X86_EMULATE_SEG_IDTR].limit = 0x21 * 4 + 2;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "INT", 0);
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\xcd\x21", 2);
	w.ctxt.regs[4] = 5;
	check_fault(&w, x86_emulate(&w.ctxt), SS, 0, "INT", 1);
	check(!w.nr_writes, "INT writes before it has room");
	enter_mode(&w, &state, REAL, 3);
	set_instruction(&w, "\xcd\x21", 2);
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "INT", 86);
}

/* --- SYSCALL and the like --------------------------------------------------- */

static const struct {
	unsigned int how;
	u8 cpl, vector, len;
	bool enabled;
	const char *bytes;
	u16 cs;
	u64 rip;
	u32 flags;
} system_calls[] = {
	{ LONG, 3, NO_FAULT, 2, true, "\x0f\x05", 0x40, 0x7fff00004000, 0x46 },
	{ LONG, 3, UD, 2, false, "\x0f\x05", 0, 0, 0 },
	{ P32, 3, UD, 2, true, "\x0f\x05", 0, 0, 0 },
	{ P32 | KVM_INSN_AMD, 3, NO_FAULT, 2, true, "\x0f\x05", 0x40, 0x3000,
	  0x146 },
	{ LONG, 0, NO_FAULT, 3, true, "\x48\x0f\x07", 0x63, 0x1234, 0x246 },
	{ LONG, 0, NO_FAULT, 2, true, "\x0f\x07", 0x53, 0x1234, 0x246 },
	{ LONG, 3, GP, 3, true, "\x48\x0f\x07", 0, 0, 0 },
	{ P32, 0, UD, 2, true, "\x0f\x07", 0, 0, 0 },
	{ P32, 3, NO_FAULT, 2, true, "\x0f\x34", 0x58, 0x2000, 0x146 },
	{ LONG, 3, NO_FAULT, 2, true, "\x0f\x34", 0x58, 0x7fff00002000, 0x146 },
	{ P32, 3, GP, 2, false, "\x0f\x34", 0, 0, 0 },
	{ LONG | KVM_INSN_AMD, 3, UD, 2, true, "\x0f\x34", 0, 0, 0 },
	{ P32, 0, NO_FAULT, 2, true, "\x0f\x35", 0x6b, 0x5678, 0x346 },
	{ LONG, 0, NO_FAULT, 3, true, "\x48\x0f\x35", 0x7b, 0x5678, 0x346 },
	{ P32, 3, GP, 2, true, "\x0f\x35", 0, 0, 0 },
	{ P32, 0, GP, 2, false, "\x0f\x35", 0, 0, 0 },
};

static void check_syscalls(void)
{
	const struct x86_emulate_segment *cs, *ss;
	struct world w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(system_calls); i++) {
		enter_mode(&w, &state, system_calls[i].how & ~KVM_INSN_AMD,
			   system_calls[i].cpl);
		w.ctxt.how = system_calls[i].how;
		set_instruction(&w, system_calls[i].bytes, system_calls[i].len);
		w.efer = system_calls[i].enabled;
		w.sysenter_cs = system_calls[i].enabled ? 0x5b : 3;
		w.ctxt.rflags = 0x10346;
		w.ctxt.regs[1] = 0x1234;
		w.ctxt.regs[2] = 0x5678;
		w.ctxt.regs[11] = 0x20246;
		check_fault(&w, x86_emulate(&w.ctxt), system_calls[i].vector, 0,
			    "system call", i);
		if (system_calls[i].vector != NO_FAULT)
			continue;
		cs = &w.segments[KVM_INSN_SEG_CS];
		ss = &w.segments[KVM_INSN_SEG_SS];
		check((cs->selector == system_calls[i].cs &&
		       cs->dpl == (cs->selector & 3) && cs->dpl == ss->dpl &&
		       w.ctxt.cpl == ss->dpl && cs->l != cs->big),
		      "system call %u: CS %x", i, cs->selector);
		check((w.ctxt.rip == system_calls[i].rip &&
		       w.ctxt.rflags == system_calls[i].flags),
		      "system call %u: %llx, %llx", i,
		      (unsigned long long)w.ctxt.rip,
		      (unsigned long long)w.ctxt.rflags);
	}
	enter_mode(&w, &state, LONG, 0);
	set_instruction(&w, "\x48\x0f\x07", 3);
	w.efer = 1;
	w.ctxt.regs[1] = 0x800000000000;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "SYSRET", 0);
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\x05", 2);
	w.efer = 1;
	w.ctxt.rflags = 0x10302;
	world_run(&w);
	check(w.ctxt.regs[1] == 0x400002 && w.ctxt.regs[11] == 0x302,
	      "SYSCALL: the way back");
	check(w.ctxt.after & X86_EMULATE_AFTER_NOTF, "SYSCALL traps");
	check(w.segments[KVM_INSN_SEG_SS].selector == 0x48, "SYSCALL: SS");
	enter_mode(&w, &state, P32, 0);
	set_instruction(&w, "\x0f\x35", 2);
	w.sysenter_cs = 0x58;
	w.ctxt.regs[1] = 0x1234;
	world_run(&w);
	check((w.ctxt.regs[4] == 0x1234 &&
	       w.segments[KVM_INSN_SEG_SS].selector == 0x73),
	      "SYSEXIT: stack");
}

void check_transfers(void)
{
	check_jumps();
	check_calls();
	check_returns();
	check_outside();
	check_iret_modes();
	check_interrupts();
	check_syscalls();
	printf("%zu far jumps, %zu far returns\n", ARRAY_SIZE(jumps),
	       ARRAY_SIZE(returns));
}
