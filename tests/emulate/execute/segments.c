// SPDX-License-Identifier: GPL-2.0-only
/*
 * segments.c - segment registers, descriptor tables, flags, and other instructions
 * that a program can't execute
 *
 * One global descriptor table serves all rows.  A row says what is loaded, at which
 * CPL, and the fault with its error code, or that there is none.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/tables.h"
#include "tests/emulate/execute/world.h"

static const struct {
	u16 selector;
	u32 lo, hi;
} descriptors[] = {
	{ CODE0, 0x0000ffff, 0x00cf9a00 },
	{ DATA0, 0x0000ffff, 0x00cf9200 },
	{ CODE3, 0x0000ffff, 0x00cffa00 },
	{ DATA3, 0x0000ffff, 0x00cff200 },
	{ READ_ONLY3, 0x0000ffff, 0x00cff000 },
	{ ABSENT3, 0x0000ffff, 0x00cf7200 },
	{ EXECUTE_ONLY3, 0x0000ffff, 0x00cff800 },
	{ CONFORMING0, 0x0000ffff, 0x00cf9e00 },
	{ LDT, 0x87650027, 0x12008243 },
	{ LDT + 8, 0x00000001, 0 },
	{ TSS, 0xa0000067, 0x10008900 },
	{ TSS + 8, 0x00000000, 0 },
	{ GATE3, CODE3 << 16 | 0x5678, 0x0040ec00 },
	{ GATE3 + 8, 0, 0 },
	{ CODE3_64, 0, 0x00affa00 },
	{ CODE0_64, 0, 0x00af9a00 },
	{ CODE3_16, 0x0000ffff, 0x0000fa00 },
	{ CODE3_ABSENT, 0x0000ffff, 0x00cf7a00 },
	{ CODE3_BOTH, 0, 0x00effa00 },
	{ BUSY, 0xb0000067, 0x10008b00 },
	{ LDT_ABSENT, 0x87650027, 0x12000243 },
	{ GATE0, CODE3 << 16 | 0x5678, 0x00408c00 },
	{ GATE_INNER, CODE0 << 16 | 0x5678, 0x0040ec00 },
	{ CODE3_SHORT, 0x000000ff, 0x0040fa00 },
	{ SMALL3, 0x12340fff, 0xab40f356 },
	{ GATE64, CODE3_64 << 16 | 0x5678, 0x1234ec00 },
	{ GATE64 + 8, 0x7fff, 0 },
	{ GATE_ABSENT, CODE3 << 16 | 0x5678, 0x00406c00 },
	{ TSS16, 0xc000002b, 0x10008100 },
	{ NOT_CANONICAL, 0x87650027, 0x12008243 },
	{ NOT_CANONICAL + 8, 0x00008000, 0 },
	{ TASK_GATE, TSS << 16, 0x0000e500 },
	{ TSS_SHORT, 0xa0000066, 0x10008900 },
	{ TSS_ABSENT, 0xa0000067, 0x10000900 },
	{ CODE0_ABSENT, 0x0000ffff, 0x00cf1a00 },
	{ DATA0_ABSENT, 0x0000ffff, 0x00cf1200 },
};

static void put_descriptor(struct world *w, u16 selector, u32 lo, u32 hi)
{
	u8 *at = w->state->memory + GDT_AT + (selector & ~7);

	memcpy(at, &lo, 4);
	memcpy(at + 4, &hi, 4);
}

u32 descriptor_hi(const struct world *w, u16 selector)
{
	u32 hi;

	memcpy(&hi, w->state->memory + GDT_AT + (selector & ~7) + 4, 4);
	return hi;
}

/* In a mode with a CPL, with the registers that belong to these. */
void enter_mode(struct world *w, struct state *state, unsigned int how, u8 cpl)
{
	unsigned int i;

	memset(state, 0, sizeof(*state));
	state->rflags = 2;
	world_init(w, state);
	w->ctxt.how = how;
	w->ctxt.cpl = cpl;
	w->ctxt.regs[4] = IN_MEMORY + 0x800;
	for (i = 0; i < ARRAY_SIZE(descriptors); i++)
		put_descriptor(w, descriptors[i].selector, descriptors[i].lo,
			       descriptors[i].hi);
	w->segments[X86_EMULATE_SEG_GDTR].base = WORLD_BASE + GDT_AT;
	w->segments[X86_EMULATE_SEG_GDTR].limit = NR_SELECTORS * 8 - 1;
	w->segments[X86_EMULATE_SEG_IDTR].base = WORLD_BASE;
	w->segments[X86_EMULATE_SEG_IDTR].limit = 0x3ff;
	for (i = 0; i < 6; i++)
		w->segments[i].dpl = cpl;
	w->segments[KVM_INSN_SEG_CS].selector = (cpl ? CODE3 : CODE0) | cpl;
	w->segments[KVM_INSN_SEG_CS].l = how == LONG;
	w->segments[KVM_INSN_SEG_CS].big = how != LONG && how != P16;
	w->segments[KVM_INSN_SEG_SS].selector = (cpl ? DATA3 : DATA0) | cpl;
	for (i = 0; how == REAL && i < 6; i++) {
		w->segments[i].base = WORLD_BASE;
		w->segments[i].limit = 0xffff;
		w->segments[i].big = false;
		w->segments[i].selector = 0x1000;
	}
	if (how == REAL) {
		w->ctxt.rip = 0x400;
		w->ctxt.regs[4] = 0x1800;
	}
	w->ctxt.vm86 = how == REAL && cpl;
}

void set_instruction(struct world *w, const char *bytes, unsigned int len)
{
	u8 padded[KVM_INSN_MAX_LEN] = { 0 };

	memcpy(padded, bytes, len);
	check(world_decode(w, padded, sizeof(padded)), "not an instruction");
	check(w->ctxt.insn.len == len, "length %u, not %u", w->ctxt.insn.len,
	      len);
}

/* What @r of x86_emulate() has to be for @vector, with this error code. */
void check_fault(const struct world *w, int r, u8 vector, u32 error,
		 const char *what, unsigned int row)
{
	const struct x86_emulate_fault *f = &w->ctxt.fault;

	if (vector == NO_FAULT) {
		check(r == X86_EMULATE_OK, "%s %u: result %d, fault %u(%x)",
		      what, row, r, f->vector, f->error_code);
		return;
	}
	if (vector == UNHANDLED) {
		check(r == X86_EMULATE_UNHANDLED, "%s %u: result %d", what, row,
		      r);
		return;
	}
	check(r == X86_EMULATE_FAULT, "%s %u: result %d", what, row, r);
	check(f->vector == vector && f->error_code == error,
	      "%s %u: fault %u(%x), not %u(%x)", what, row, f->vector,
	      f->error_code, vector, error);
}

/* --- loads ---------------------------------------------------------------- */

/* MOV from BX; LLDT and LTR BX; MOV of memory. */
#define MOV_ES	"\x8e\xc3"
#define MOV_SS	"\x8e\xd3"
#define MOV_DS	"\x8e\xdb"
#define MOV_FS	"\x8e\xe3"
#define LLDT_BX "\x0f\x00\xd3"
#define LTR_BX	"\x0f\x00\xdb"

static const struct {
	u8 how, cpl, vector;
	u16 error;
	u16 bx;
	u8 len;
	const char *bytes;
} loads[] = {
#define ROW(how, cpl, bytes, bx, vector, error)                       \
	{                                                             \
		how, cpl, vector, error, bx, sizeof(bytes) - 1, bytes \
	}
	/* clang-format off */
	ROW(P32, 3, MOV_DS, DATA3 | 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_DS, 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_DS, DATA0 | 3, GP, DATA0),
	ROW(P32, 0, MOV_DS, DATA0, NO_FAULT, 0),
	ROW(P32, 0, MOV_DS, DATA0 | 3, GP, DATA0),
	ROW(P32, 0, MOV_DS, DATA3, NO_FAULT, 0),
	ROW(P32, 3, MOV_DS, CODE3 | 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_ES, EXECUTE_ONLY3 | 3, GP, EXECUTE_ONLY3),
	ROW(P32, 3, MOV_FS, CONFORMING0 | 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_DS, ABSENT3 | 3, NP, ABSENT3),
	ROW(P32, 3, MOV_DS, LDT | 3, GP, LDT),
	ROW(P32, 3, MOV_DS, NR_SELECTORS * 8, GP, NR_SELECTORS * 8),
	ROW(P32, 3, MOV_DS, NR_SELECTORS * 8 - 8, GP, NR_SELECTORS * 8 - 8),
	ROW(P32, 3, MOV_DS, DATA3 | 7, GP, DATA3 | 4),
	ROW(P32, 3, MOV_ES, READ_ONLY3 | 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_SS, DATA3 | 3, NO_FAULT, 0),
	ROW(P32, 3, MOV_SS, DATA3, GP, DATA3),
	ROW(P32, 0, MOV_SS, DATA3, GP, DATA3),
	ROW(P32, 3, MOV_SS, READ_ONLY3 | 3, GP, READ_ONLY3),
	ROW(P32, 3, MOV_SS, CODE3 | 3, GP, CODE3),
	ROW(P32, 3, MOV_SS, ABSENT3 | 3, SS, ABSENT3),
	ROW(P32, 3, MOV_SS, 3, GP, 0),
	ROW(P32, 0, MOV_SS, 0, GP, 0),
	ROW(LONG, 0, MOV_SS, 0, NO_FAULT, 0),
	ROW(LONG, 3, MOV_SS, 3, GP, 0),
	ROW(LONG, 0, MOV_SS, 1, GP, 0),
	ROW(LONG, 3, MOV_DS, 0, NO_FAULT, 0),
	ROW(LONG, 3, MOV_DS, DATA0 | 3, GP, DATA0),
	ROW(REAL, 0, MOV_DS, 0xffff, NO_FAULT, 0),
	ROW(REAL, 3, MOV_SS, 0x1234, NO_FAULT, 0),
	/* LDTR and TR. */
	ROW(P32, 0, LLDT_BX, LDT, NO_FAULT, 0),
	ROW(P32, 0, LLDT_BX, 0, NO_FAULT, 0),
	ROW(P32, 3, LLDT_BX, LDT, GP, 0),
	ROW(P32, 0, LLDT_BX, LDT | 4, GP, LDT | 4),
	ROW(P32, 0, LLDT_BX, TSS, GP, TSS),
	ROW(P32, 0, LLDT_BX, DATA0, GP, DATA0),
	ROW(P32, 0, LLDT_BX, LDT_ABSENT, NP, LDT_ABSENT),
	ROW(LONG, 0, LLDT_BX, LDT, NO_FAULT, 0),
	ROW(LONG, 0, LLDT_BX, NOT_CANONICAL, GP, NOT_CANONICAL),
	ROW(P32, 0, LLDT_BX, NOT_CANONICAL, NO_FAULT, 0),
	ROW(LONG, 0, LLDT_BX, NR_SELECTORS * 8 - 8, GP, NR_SELECTORS * 8 - 8),
	ROW(P32, 0, LTR_BX, TSS, NO_FAULT, 0),
	ROW(P32, 3, LTR_BX, TSS, GP, 0),
	ROW(P32, 0, LTR_BX, 0, GP, 0),
	ROW(P32, 0, LTR_BX, BUSY, GP, BUSY),
	ROW(P32, 0, LTR_BX, LDT, GP, LDT),
	ROW(LONG, 0, LTR_BX, TSS, NO_FAULT, 0),
	ROW(P32, 0, LTR_BX, TSS | 4, GP, TSS | 4),
	ROW(P32, 0, LTR_BX, TSS16, NO_FAULT, 0),
	ROW(LONG, 0, LTR_BX, TSS16, GP, TSS16),
	/* clang-format on */
};

static struct state state;

static void check_loads(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		struct world w, before;

		enter_mode(&w, &state, loads[i].how, loads[i].cpl);
		set_instruction(&w, loads[i].bytes, loads[i].len);
		w.ctxt.regs[3] = loads[i].bx;
		before = w;
		check_fault(&w, x86_emulate(&w.ctxt), loads[i].vector,
			    loads[i].error, "load", i);
		if (loads[i].vector == NO_FAULT)
			continue;
		check(!memcmp(w.segments, before.segments, sizeof(w.segments)),
		      "load %u: segments changed", i);
		check(!w.nr_writes, "load %u: memory changed", i);
	}
}

/* One load, and what became of the register and the descriptor. */
static const struct x86_emulate_segment *loaded(struct world *w,
						unsigned int how, u8 cpl,
						const char *bytes,
						unsigned int len, u16 selector)
{
	enter_mode(w, &state, how, cpl);
	set_instruction(w, bytes, len);
	w->ctxt.regs[3] = selector;
	check(world_run(w) == X86_EMULATE_OK, "load of %x", selector);
	return w->segments;
}

static void check_loaded(void)
{
	const struct x86_emulate_segment *s;
	struct world w;

	s = &loaded(&w, P32, 3, MOV_ES, 2, SMALL3 | 3)[KVM_INSN_SEG_ES];
	check((s->base == 0xab561234 && s->limit == 0xfff && !s->g && s->big &&
	       s->type == 3 && s->dpl == 3 && s->s && s->present &&
	       s->selector == (SMALL3 | 3) && !s->unusable),
	      "MOV ES");
	check(!w.nr_writes, "accessed was set before");
	s = &loaded(&w, P32, 3, MOV_ES, 2, DATA3 | 3)[KVM_INSN_SEG_ES];
	check(s->limit == 0xffffffff && s->g && s->type == 3, "granular");
	check((w.nr_writes == 1 && w.nr_implicit == 1 && w.write_len == 1 &&
	       descriptor_hi(&w, DATA3) == 0x00cff300),
	      "accessed is set: %x", descriptor_hi(&w, DATA3));
	check(!w.ctxt.after, "shadow of ES");
	s = &loaded(&w, P32, 3, MOV_SS, 2, DATA3 | 3)[KVM_INSN_SEG_SS];
	check(w.ctxt.after == X86_EMULATE_AFTER_SS && s->dpl == 3, "MOV SS");
	s = &loaded(&w, LONG, 0, MOV_SS, 2, 0)[KVM_INSN_SEG_SS];
	check(s->unusable && !s->dpl && !s->present, "null SS");
	s = &loaded(&w, P32, 3, MOV_DS, 2, 2)[KVM_INSN_SEG_DS];
	check(s->unusable && s->selector == 2 && !s->base, "null DS");
	s = &loaded(&w, P32, 0, LLDT_BX, 3, LDT)[X86_EMULATE_SEG_LDTR];
	check((s->base == 0x12438765 && s->limit == 0x27 && s->type == 2 &&
	       !s->s && !w.nr_writes),
	      "LLDT");
	s = &loaded(&w, LONG, 0, LLDT_BX, 3, LDT)[X86_EMULATE_SEG_LDTR];
	check(s->base == 0x112438765, "LLDT of 64 bits");
	s = &loaded(&w, P32, 0, LTR_BX, 3, TSS)[X86_EMULATE_SEG_TR];
	check(s->type == 11 && s->limit == 0x67 && s->base == 0x1000a000,
	      "LTR");
	check(descriptor_hi(&w, TSS) == 0x10008b00, "the TSS is busy");
	/* Real mode: the limit stays, whatever it is. */
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, MOV_DS, 2);
	w.ctxt.regs[3] = 0x1234;
	w.segments[KVM_INSN_SEG_DS].limit = 0xffffffff;
	world_run(&w);
	s = &w.segments[KVM_INSN_SEG_DS];
	check(s->base == 0x12340 && s->limit == 0xffffffff, "big real mode");
	s = &loaded(&w, REAL, 3, MOV_DS, 2, 0x1234)[KVM_INSN_SEG_DS];
	check((s->base == 0x12340 && s->limit == 0xffff && s->type == 3 &&
	       s->dpl == 3),
	      "virtual-8086 mode");
}

/* The table's other users are faster, or the mark can't be set. */
static void check_marks(void)
{
	struct world w;

	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, MOV_DS, 2);
	w.ctxt.regs[3] = DATA3 | 3;
	w.fault_at = 2;
	check_fault(&w, x86_emulate(&w.ctxt), 14, 2, "mark", 0);
	check(w.segments[KVM_INSN_SEG_DS].selector == 0x1b, "DS is loaded");
	/* The row in between is what another CPU did. */
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, MOV_DS, 2);
	w.ctxt.regs[3] = DATA3 | 3;
	w.ask_userspace = true;
	check(world_run(&w) == X86_EMULATE_OK, "restarted load");
	check(w.segments[KVM_INSN_SEG_DS].selector == (DATA3 | 3), "DS");
}

static void check_pops(void)
{
	struct world w;
	u32 val = DATA3 | 3;

	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, "\x17", 1);
	memcpy(state.memory + 0x1800, &val, 4);
	check(world_run(&w) == X86_EMULATE_OK && w.ctxt.after == 2, "POP SS");
	check(w.segments[KVM_INSN_SEG_SS].selector == val, "POP SS: selector");
	check(w.ctxt.regs[4] == IN_MEMORY + 0x804, "POP SS: SP");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\xa9", 2);
	memcpy(state.memory + 0x1800, &val, 4);
	check(world_run(&w) == X86_EMULATE_OK, "POP GS");
	check(w.segments[KVM_INSN_SEG_GS].selector == val, "POP GS: selector");
	/* LSS EAX, [EBX]: no shadow. */
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, "\x0f\xb2\x03", 3);
	w.ctxt.regs[3] = IN_MEMORY;
	memcpy(state.memory + 0x1000, "\x78\x56\x34\x12", 4);
	memcpy(state.memory + 0x1004, &val, 2);
	check(world_run(&w) == X86_EMULATE_OK && !w.ctxt.after, "LSS");
	check(w.ctxt.regs[0] == 0x12345678 && w.read_len == 8, "LSS: offset");
	check(w.segments[KVM_INSN_SEG_SS].selector == val, "LSS: selector");
	/* LDS AX, [BX], in real mode. */
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\xc5\x07", 2);
	w.ctxt.regs[3] = 0x1000;
	w.ctxt.regs[0] = 0xaaaaaaaa;
	memcpy(state.memory + 0x1000, "\x78\x56\x34\x12", 4);
	check(world_run(&w) == X86_EMULATE_OK, "LDS");
	check(w.ctxt.regs[0] == 0xaaaa5678, "LDS: offset");
	check(w.segments[KVM_INSN_SEG_DS].base == 0x12340, "LDS: selector");
}

/* --- LAR and the like; SLDT and the like ----------------------------------- */

static void check_looks(void)
{
	static const struct {
		u8 how, cpl, op;
		u16 selector;
		bool found;
		u32 val;
	} rows[] = {
		/* 2: LAR, 3: LSL, 4: VERR, 5: VERW */
		{ P32, 3, 2, DATA3 | 3, true, 0xcff200 },
		{ P32, 3, 2, DATA0 | 3, false, 0 },
		{ P32, 0, 2, DATA0, true, 0xcf9200 },
		{ P32, 0, 2, DATA0 | 1, false, 0 },
		{ P32, 3, 2, CONFORMING0 | 3, true, 0xcf9e00 },
		{ P32, 3, 2, 3, false, 0 },
		{ P32, 3, 2, NR_SELECTORS * 8, false, 0 },
		{ P32, 3, 2, ABSENT3 | 3, true, 0xcf7200 },
		{ P32, 0, 2, GATE0, true, 0x408c00 },
		{ P32, 0, 3, GATE0, false, 0 },
		{ P32, 0, 2, TSS16, true, 0x008100 },
		{ LONG, 0, 2, TSS16, false, 0 },
		{ P32, 3, 2, TASK_GATE, true, 0xe500 },
		{ LONG, 3, 2, TASK_GATE, false, 0 },
		{ LONG, 0, 2, TSS, true, 0x008900 },
		{ P32, 3, 3, SMALL3 | 3, true, 0xfff },
		{ P32, 3, 3, DATA3 | 3, true, 0xffffffff },
		{ P32, 0, 3, LDT, true, 0x27 },
		{ P32, 3, 4, DATA3 | 3, true, 0 },
		{ P32, 3, 4, EXECUTE_ONLY3 | 3, false, 0 },
		{ P32, 3, 4, CONFORMING0 | 3, true, 0 },
		{ P32, 0, 4, LDT, false, 0 },
		{ P32, 3, 5, DATA3 | 3, true, 0 },
		{ P32, 3, 5, READ_ONLY3 | 3, false, 0 },
		{ P32, 3, 5, CODE3 | 3, false, 0 },
		{ P32, 3, 5, DATA0 | 3, false, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char bytes[] = { 0x0f, rows[i].op, 0xc3 };
		struct world w;

		if (rows[i].op > 3) {
			bytes[1] = 0;
			bytes[2] = 0xc3 | rows[i].op << 3;
		}
		enter_mode(&w, &state, rows[i].how, rows[i].cpl);
		set_instruction(&w, bytes, 3);
		w.ctxt.regs[3] = rows[i].selector;
		w.ctxt.regs[0] = 0x55;
		w.ctxt.rflags |= rows[i].found ? 0 : 0x40;
		check(world_run(&w) == X86_EMULATE_OK, "look %u", i);
		check(!(w.ctxt.rflags & 0x40) == !rows[i].found, "look %u: ZF",
		      i);
		check((rows[i].op > 3 ||
		       w.ctxt.regs[0] == (rows[i].found ? rows[i].val : 0x55)),
		      "look %u: %llx", i, (unsigned long long)w.ctxt.regs[0]);
	}
}

static void check_stores(void)
{
	/* SGDT, SIDT, SLDT, STR at [RBX]. */
	static const char *const bytes[] = { "\x0f\x01\x03", "\x0f\x01\x0b",
					     "\x0f\x00\x03", "\x0f\x00\x0b" };
	unsigned int i;
	struct world w;
	u64 base = 0;

	for (i = 0; i < 4; i++) {
		enter_mode(&w, &state, LONG, 3);
		set_instruction(&w, bytes[i], 3);
		w.ctxt.regs[3] = IN_MEMORY;
		check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "store", i);
		check(w.write_len == (i < 2 ? 10 : 2), "store %u: %u", i,
		      w.write_len);
		w.cr[4] |= 0x800;
		w.ctxt.rip = 0x400000;
		check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "UMIP", i);
		w.ctxt.cpl = 0;
		check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "UMIP", i);
	}
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, bytes[0], 3);
	w.ctxt.regs[3] = IN_MEMORY;
	world_run(&w);
	memcpy(&base, state.memory + 0x1002, 4);
	check(w.write_len == 6 && base == WORLD_BASE + GDT_AT, "SGDT");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x48\x0f\x00\xcb", 4);
	w.ctxt.regs[3] = ~0ull;
	w.segments[X86_EMULATE_SEG_TR].selector = TSS;
	world_run(&w);
	check(w.ctxt.regs[3] == TSS, "STR of a register");
}

static void check_tables(void)
{
	static const u8 table[] = { 0x34, 0x12, 0x78, 0x56, 0x34,
				    0x12, 0xff, 0x7f, 0,    0 };
	struct world w;

	enter_mode(&w, &state, LONG, 0);
	set_instruction(&w, "\x0f\x01\x13", 3);
	w.ctxt.regs[3] = IN_MEMORY;
	memcpy(state.memory + 0x1000, table, 10);
	check(world_run(&w) == X86_EMULATE_OK, "LGDT");
	check((w.segments[X86_EMULATE_SEG_GDTR].base == 0x7fff12345678 &&
	       w.segments[X86_EMULATE_SEG_GDTR].limit == 0x1234),
	      "LGDT: values");
	w.ctxt.cpl = 3;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "LGDT", 3);
	w.ctxt.cpl = 0;
	state.memory[0x1007] = 0x80;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "LGDT", 0);
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\x0f\x01\x1f", 3);
	w.ctxt.regs[3] = 0x1000;
	memcpy(state.memory + 0x1000, table, 10);
	check(world_run(&w) == X86_EMULATE_OK, "LIDT");
	check((w.segments[X86_EMULATE_SEG_IDTR].base == 0x345678 &&
	       w.read_len == 6),
	      "LIDT of 16 bits");
	enter_mode(&w, &state, REAL, 0);
	set_instruction(&w, "\x66\x0f\x01\x1f", 4);
	w.ctxt.regs[3] = 0x1000;
	memcpy(state.memory + 0x1000, table, 10);
	world_run(&w);
	check(w.segments[X86_EMULATE_SEG_IDTR].base == 0x12345678,
	      "LIDT of 32 bits");
}

/* --- flags ---------------------------------------------------------------- */

#define IF   0x200
#define TF   0x100
#define NT   0x4000
#define RF   0x10000
#define AC_  0x40000
#define VIF  0x80000
#define VIP  0x100000
#define ID   0x200000
#define IOPL 0x3000

static void check_flags(void)
{
	static const struct {
		u8 how, cpl, vector, len;
		const char *bytes;
		u32 cr4, before, popped, after;
	} rows[] = {
		/* POPF */
		{ P32, 0, NO_FAULT, 1, "\x9d", 0, 2, ~0u,
		  0xfd7 | NT | IOPL | AC_ | ID },
		{ P32, 3, NO_FAULT, 1, "\x9d", 0, 2 | IOPL, ~0u,
		  0xfd7 | NT | IOPL | AC_ | ID },
		{ P32, 3, NO_FAULT, 1, "\x9d", 0, 2, ~0u,
		  0xdd7 | NT | AC_ | ID },
		{ P32, 3, NO_FAULT, 1, "\x9d", 0, 2 | IF, 0, 2 | IF },
		{ P32, 0, NO_FAULT, 1, "\x9d", 0, 2 | VIF | VIP, 0,
		  2 | VIF | VIP },
		{ P32, 0, NO_FAULT, 2, "\x66\x9d", 0, 2 | AC_, 0x40,
		  0x42 | AC_ },
		{ REAL, 3, GP, 1, "\x9d", 0, 2, 0, 0 },
		{ REAL, 3, NO_FAULT, 1, "\x9d", 1, 2 | IF, IF, 2 | IF | VIF },
		{ REAL, 3, NO_FAULT, 1, "\x9d", 1, 2 | IF | VIF, 0, 2 | IF },
		{ REAL, 3, GP, 1, "\x9d", 1, 2 | VIP, IF, 0 },
		{ REAL, 3, GP, 1, "\x9d", 1, 2, TF, 0 },
		{ REAL, 3, GP, 2, "\x66\x9d", 1, 2, 0, 0 },
		{ REAL, 3, NO_FAULT, 1, "\x9d", 0, 2 | IOPL, IF,
		  2 | IF | IOPL },
		/* CLI, STI */
		{ P32, 0, NO_FAULT, 1, "\xfa", 0, 2 | IF, 0, 2 },
		{ P32, 3, GP, 1, "\xfa", 0, 2 | IF, 0, 0 },
		{ P32, 3, NO_FAULT, 1, "\xfa", 0, 2 | IF | IOPL, 0, 2 | IOPL },
		{ P32, 3, NO_FAULT, 1, "\xfa", 2, 2 | IF | VIF, 0, 2 | IF },
		{ REAL, 0, NO_FAULT, 1, "\xfa", 0, 2 | IF, 0, 2 },
		{ REAL, 3, GP, 1, "\xfa", 0, 2 | IF, 0, 0 },
		{ REAL, 3, GP, 1, "\xfa", 2, 2 | IF, 0, 0 },
		{ REAL, 3, NO_FAULT, 1, "\xfa", 1, 2 | IF | VIF, 0, 2 | IF },
		{ P32, 0, NO_FAULT, 1, "\xfb", 0, 2, 0, 2 | IF },
		{ P32, 3, GP, 1, "\xfb", 0, 2, 0, 0 },
		{ P32, 3, GP, 1, "\xfb", 2, 2 | VIP, 0, 0 },
		{ P32, 3, NO_FAULT, 1, "\xfb", 2, 2, 0, 2 | VIF },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w;

		enter_mode(&w, &state, rows[i].how, rows[i].cpl);
		set_instruction(&w, rows[i].bytes, rows[i].len);
		w.cr[4] |= rows[i].cr4;
		w.ctxt.rflags = rows[i].before | RF;
		memcpy(state.memory + 0x1800, &rows[i].popped, 4);
		check_fault(&w, x86_emulate(&w.ctxt), rows[i].vector, 0,
			    "flags", i);
		if (rows[i].vector == NO_FAULT)
			check(w.ctxt.rflags == rows[i].after,
			      "flags %u: %llx, not %x", i,
			      (unsigned long long)w.ctxt.rflags, rows[i].after);
	}
}

static void check_pushf(void)
{
	struct world w;
	u32 val = 0;

	enter_mode(&w, &state, P32, 0);
	set_instruction(&w, "\x9c", 1);
	w.ctxt.rflags = 0x3f7fd7;
	world_run(&w);
	memcpy(&val, state.memory + 0x17fc, 4);
	check(val == 0x3c7fd7, "PUSHF: %x", val);
	enter_mode(&w, &state, REAL, 3);
	set_instruction(&w, "\x9c", 1);
	w.ctxt.rflags = 2 | IF;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "PUSHF", 3);
	w.cr[4] |= 1;
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "PUSHF", 3);
	memcpy(&val, state.memory + 0x17fe, 2);
	check((u16)val == (2 | IOPL), "PUSHF with VME: %x", val);
	enter_mode(&w, &state, P32, 0);
	set_instruction(&w, "\xfb", 1);
	world_run(&w);
	check(w.ctxt.after == X86_EMULATE_AFTER_STI, "STI: shadow");
	set_instruction(&w, "\xfb", 1);
	world_run(&w);
	check(!w.ctxt.after, "STI when it is set: shadow");
}

/* --- division, decimal ----------------------------------------------------- */

static void check_division(void)
{
	static const struct {
		u8 vector, len;
		const char *bytes;
		u64 ax, dx, bx, quotient, remainder;
	} rows[] = {
		{ DE, 2, "\xf7\xf3", 5, 0, 0, 0, 0 },
		{ DE, 2, "\xf7\xf3", 0, 5, 5, 0, 0 },
		{ NO_FAULT, 2, "\xf7\xf3", 7, 4, 5, 0xcccccccecc / 1, 0 },
		{ DE, 2, "\xf7\xfb", 0x80000000, 0xffffffff, 0xffffffff, 0, 0 },
		{ NO_FAULT, 2, "\xf7\xfb", 0x80000000, 0xffffffff, 1,
		  0x80000000, 0 },
		{ NO_FAULT, 2, "\xf7\xfb", 0xfffffff9, 0xffffffff, 2,
		  0xfffffffd, 0xffffffff },
		{ NO_FAULT, 2, "\xf7\xfb", 7, 0, 0xfffffffe, 0xfffffffd, 1 },
		{ DE, 3, "\x48\xf7\xfb", 0, 0x8000000000000000, 1, 0, 0 },
		{ DE, 3, "\x48\xf7\xfb", 0, 0x8000000000000000, 0, 0, 0 },
		{ NO_FAULT, 3, "\x48\xf7\xfb", 0x8000000000000000, ~0ull, 1,
		  0x8000000000000000, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w;

		enter_mode(&w, &state, LONG, 3);
		set_instruction(&w, rows[i].bytes, rows[i].len);
		w.ctxt.regs[0] = rows[i].ax;
		w.ctxt.regs[2] = rows[i].dx;
		w.ctxt.regs[3] = rows[i].bx;
		check_fault(&w, x86_emulate(&w.ctxt), rows[i].vector, 0,
			    "division", i);
		if (rows[i].vector != NO_FAULT || i == 2)
			continue;
		check((w.ctxt.regs[0] == rows[i].quotient &&
		       w.ctxt.regs[2] == rows[i].remainder),
		      "division %u: %llx, %llx", i,
		      (unsigned long long)w.ctxt.regs[0],
		      (unsigned long long)w.ctxt.regs[2]);
	}
}

/* A sum, or difference, of two numbers of two digits, by the digits. */
static void check_daa(void)
{
	unsigned int a, b, das, sum;
	struct world w;

	for (das = 0; das < 2; das++)
		for (a = 0; a < 100; a++)
			for (b = 0; b < 100; b++) {
				u8 x = a / 10 * 16 + a % 10;
				u8 y = b / 10 * 16 + b % 10;
				bool half = das ? x % 16 < y % 16 :
						  x % 16 + y % 16 > 15;
				bool carry = das ? x < y : x + y > 255;

				enter_mode(&w, &state, P32, 3);
				set_instruction(&w, das ? "\x2f" : "\x27", 1);
				w.ctxt.regs[0] = (u8)(das ? x - y : x + y);
				w.ctxt.rflags = 2 | (half ? 0x10 : 0) | carry;
				world_run(&w);
				sum = das ? (a + 100 - b) % 100 : (a + b) % 100;
				check(w.ctxt.regs[0] == sum / 10 * 16 +
								sum % 10 &&
					      (w.ctxt.rflags &
					       1) == (das ? a < b : a + b > 99),
				      "DAA/DAS: %u, %u: %llx", a, b,
				      (unsigned long long)w.ctxt.regs[0]);
			}
}

static void check_decimal(void)
{
	static const struct {
		u8 len;
		const char *bytes;
		u32 ax, flags, result, after;
	} rows[] = {
		{ 1, "\x37", 0x010b, 0, 0x0201, 0x11 },
		{ 1, "\x37", 0x0105, 0, 0x0105, 4 },
		{ 1, "\x37", 0x0102, 0x10, 0x0208, 0x11 },
		{ 1, "\x37", 0x00fa, 0, 0x0200, 0x55 },
		{ 1, "\x3f", 0x020f, 0, 0x0109, 0x15 },
		{ 1, "\x3f", 0x0204, 0, 0x0204, 0 },
		{ 1, "\x3f", 0x0203, 0x10, 0x000d, 0x11 },
		{ 2, "\xd4\x0a", 0xff3f, 0, 0x0603, 4 },
		{ 2, "\xd4\x10", 0x0080, 0, 0x0800, 0x44 },
		{ 2, "\xd5\x0a", 0x0603, 0, 0x003f, 4 },
		{ 2, "\xd5\x0a", 0x0c88, 0, 0x0000, 0x55 },
		{ 1, "\xd6", 0x1234, 1, 0x12ff, 1 },
		{ 1, "\xd6", 0x1234, 0, 0x1200, 0 },
		{ 1, "\x27", 0x0099, 0x10, 0x009f, 0x94 },
	};
	unsigned int i;
	struct world w;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		enter_mode(&w, &state, P32, 3);
		set_instruction(&w, rows[i].bytes, rows[i].len);
		w.ctxt.regs[0] = 0xabcd0000 | rows[i].ax;
		w.ctxt.rflags = 2 | rows[i].flags;
		check(world_run(&w) == X86_EMULATE_OK, "decimal %u", i);
		check(w.ctxt.regs[0] == (0xabcd0000 | rows[i].result),
		      "decimal %u: %llx", i,
		      (unsigned long long)w.ctxt.regs[0]);
		check((w.ctxt.rflags & 0xd5) == rows[i].after,
		      "decimal %u: flags %llx", i,
		      (unsigned long long)w.ctxt.rflags);
	}
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, "\xd4\x00", 2);
	check_fault(&w, x86_emulate(&w.ctxt), DE, 0, "AAM", 0);
	check_daa();
}

/* --- others ---------------------------------------------------------------- */

static void check_others(void)
{
	struct world w;

	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\xf4", 1);
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "HLT", 3);
	w.ctxt.cpl = 0;
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "HLT", 0);
	check(w.ctxt.after == X86_EMULATE_AFTER_HLT, "HLT");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\xa2", 2);
	w.ctxt.regs[0] = 0xffffffff00000007;
	w.ctxt.regs[1] = 2;
	world_run(&w);
	check((w.cpuid_leaf == 7 && w.ctxt.regs[0] == 7 &&
	       w.ctxt.regs[3] == 8 && w.ctxt.regs[1] == 0x11223344 &&
	       w.ctxt.regs[2] == 3),
	      "CPUID");
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\xa2", 2);
	w.ctxt.regs[0] = 0xbad;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "CPUID", 0);
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\x31", 2);
	world_run(&w);
	check(w.ctxt.regs[0] == 0x55667788 && w.ctxt.regs[2] == 0x11223344,
	      "RDTSC");
	w.cr[4] |= 4;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "RDTSC", 0);
}

static void run_fx(struct world *w, const char *bytes, unsigned int len, u8 top)
{
	unsigned int i;

	enter_mode(w, &state, LONG, 3);
	set_instruction(w, bytes, len);
	w->ctxt.regs[3] = IN_MEMORY;
	w->fx[3] = top << 3;
	for (i = 0; i < 8; i++)
		w->fx[32 + 16 * i] = 0x10 + ((i + top) & 7);
	memcpy(state.memory + 0x1000, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
	check(world_run(w) == X86_EMULATE_OK, "MMX");
}

static void check_mmx(void)
{
	struct world w;

	/* MOVQ MM2, [RBX], with TOP not 0. */
	run_fx(&w, "\x0f\x6f\x13", 3, 3);
	check(!(w.fx[3] & 0x38) && w.fx[4] == 0xff, "MMX: TOP and tags");
	check(!memcmp(w.fx + 64, "\x88\x77\x66\x55\x44\x33\x22\x11\xff\xff",
		      10),
	      "MOVQ MM2");
	check(w.fx[32] == 0x10 && w.fx[48] == 0x11 && w.fx[32 + 112] == 0x17,
	      "MMX registers do not move");
	/* MOVQ [RBX], MM2; MOVNTQ; MOVD [RBX], MM2 */
	run_fx(&w, "\x0f\x7f\x13", 3, 3);
	check(state.memory[0x1000] == 0x12 && w.write_len == 8, "MOVQ to mem");
	run_fx(&w, "\x0f\xe7\x13", 3, 0);
	check(state.memory[0x1000] == 0x12 && w.write_len == 8, "MOVNTQ");
	run_fx(&w, "\x0f\x7e\x13", 3, 0);
	check(state.memory[0x1000] == 0x12 && w.write_len == 4, "MOVD to mem");
	/* MOVD MM1, EBX; MOVQ RBX, MM2; MOVQ MM1, MM2 */
	run_fx(&w, "\x0f\x6e\xcb", 3, 0);
	check(!memcmp(w.fx + 48, "\x00\x10\x00\x10\x00\x00\x00\x00\xff\xff",
		      10),
	      "MOVD MM1");
	run_fx(&w, "\x48\x0f\x7e\xd3", 4, 1);
	check(w.ctxt.regs[3] == 0x12, "MOVQ RBX");
	run_fx(&w, "\x0f\x6f\xca", 3, 0);
	check(w.fx[48] == 0x12 && w.fx[57] == 0xff, "MOVQ MM1, MM2");
	w.fx[2] = 0x80;
	check_fault(&w, x86_emulate(&w.ctxt), 16, 0, "MMX", 16);
	w.cr[0] |= 8;
	check_fault(&w, x86_emulate(&w.ctxt), 7, 0, "MMX", 7);
	w.cr[0] |= 4;
	check_fault(&w, x86_emulate(&w.ctxt), 6, 0, "MMX", 6);
}

static void check_fx(void)
{
	struct world w;

	run_fx(&w, "\x0f\xae\x03", 3, 2);
	check(w.write_len == 416 && state.memory[0x1020] == 0x12, "FXSAVE");
	check(state.memory[0x1000] == 0x7f && state.memory[0x1001] == 3, "FCW");
	enter_mode(&w, &state, P32, 3);
	set_instruction(&w, "\x0f\xae\x03", 3);
	w.ctxt.regs[3] = IN_MEMORY;
	w.fx[12] = 5;
	state.memory[0x100c] = 6;
	world_run(&w);
	check(w.write_len == 288 && !state.memory[0x100c], "FXSAVE of 32 bits");
	w.cr[4] &= ~0x200ull;
	world_run(&w);
	check(w.write_len == 160, "FXSAVE without OSFXSR");
	w.ctxt.regs[3] += 8;
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "FXSAVE", 8);
	enter_mode(&w, &state, LONG, 3);
	set_instruction(&w, "\x0f\xae\x0b", 3);
	w.ctxt.regs[3] = IN_MEMORY;
	memset(state.memory + 0x1000, 0x11, 512);
	check_fault(&w, x86_emulate(&w.ctxt), GP, 0, "FXRSTOR", 0);
	check(w.fx[0] == 0x7f, "FXRSTOR: a fault changes nothing");
	memset(state.memory + 0x101a, 0, 2);
	check_fault(&w, x86_emulate(&w.ctxt), NO_FAULT, 0, "FXRSTOR", 0);
	check((w.fx[0] == 0x11 && w.fx[24] == 0x11 && w.fx[33] == 0x11 &&
	       !w.fx[28] && state.xmm[15][15] == 0x11 && !w.fx[500]),
	      "FXRSTOR");
	/* FNINIT, FNSTCW, FNSTSW, FNSTSW AX */
	run_fx(&w, "\xdb\xe3", 2, 5);
	check((w.fx[0] == 0x7f && w.fx[1] == 3 && !w.fx[3] && !w.fx[4] &&
	       w.fx[32] == 0x10 && w.fx[24] == 0x80),
	      "FNINIT");
	run_fx(&w, "\xd9\x3b", 2, 0);
	check(state.memory[0x1001] == 3 && w.write_len == 2, "FNSTCW");
	run_fx(&w, "\xdd\x3b", 2, 5);
	check(state.memory[0x1001] == 0x28 && w.write_len == 2, "FNSTSW");
	run_fx(&w, "\xdf\xe0", 2, 5);
	check(w.ctxt.regs[0] == 0x2800, "FNSTSW AX");
	w.cr[0] |= 4;
	check_fault(&w, x86_emulate(&w.ctxt), 7, 0, "FNSTSW", 0);
}

void check_segments(void)
{
	check_loads();
	check_loaded();
	check_marks();
	check_pops();
	check_looks();
	check_stores();
	check_tables();
	check_flags();
	check_pushf();
	check_division();
	check_decimal();
	check_others();
	check_mmx();
	check_fx();
	printf("%zu segment loads\n", ARRAY_SIZE(loads));
}
