// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.c - what the CPU can't be asked about in a program
 *
 * Faults and their order, segments, privileged instructions, ports, branches,
 * how far a repeated instruction goes in one call, and that what has no function
 * does nothing.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/world.h"

#define OK	 0
#define UD	 6
#define NM	 7
#define SS	 12
#define GP	 13
#define AC	 17
#define DB	 1
#define REAL	 KVM_INSN_REAL
#define P16	 KVM_INSN_PROT16
#define P32	 KVM_INSN_PROT32
#define LONG	 KVM_INSN_LONG
#define NO_FAULT 0xff

#define IN_MEMORY (WORLD_BASE + 0x1000)

/* What the row changes in the world before the instruction. */
enum change {
	NOTHING,
	CPL0,
	DS_LIMIT, /* the last byte is IN_MEMORY + 7 */
	DS_DOWN, /* expands down; that byte is the last one it has not */
	DS_DOWN16, /* the same, and nothing above 64K */
	DS_READ_ONLY,
	DS_CODE, /* which may be read */
	DS_EXECUTE_ONLY,
	DS_NULL,
	SS_LIMIT,
	SS_NULL,
	REAL_64K,
	ALIGN, /* alignment is checked */
	ALIGN0, /* the same at CPL 0 */
	IOPL3,
	BITMAP, /* of ports: those below 8 are allowed, 8 is not */
	BITMAP_SHORT,
	BITMAP_16, /* a TSS of 16 bits */
	VM86,
	TS,
	EM,
	NO_FXSR,
	DE0,
	GD0,
	UMIP,
	CS_LIMIT,
	FS_BASE,
};

static const struct rule {
	u8 how, change, vector, len;
	const char *bytes;
	u64 bx; /* RBX and RBP; RSP is IN_MEMORY, or if SP is set, that */
} rules[] = {
#define ROW(how, change, vector, bytes, bx)                       \
	{                                                         \
		how, change, vector, sizeof(bytes) - 1, bytes, bx \
	}
	/* clang-format off */
	/* Limits: the last byte, and the one after it. */
	ROW(P32, DS_LIMIT, NO_FAULT, "\x8b\x03", IN_MEMORY + 4),
	ROW(P32, DS_LIMIT, GP, "\x8b\x03", IN_MEMORY + 5),
	ROW(P32, DS_LIMIT, GP, "\x89\x03", IN_MEMORY + 5),
	ROW(P32, DS_LIMIT, NO_FAULT, "\x8a\x03", IN_MEMORY + 7),
	ROW(P32, DS_LIMIT, GP, "\x8a\x03", IN_MEMORY + 8),
	ROW(P32, DS_LIMIT, NO_FAULT, "\x8b\x45\x00", IN_MEMORY + 8),
	ROW(P32, DS_LIMIT, GP, "\x3e\x8b\x45\x00", IN_MEMORY + 8),
	ROW(P32, SS_LIMIT, SS, "\x8b\x45\x00", IN_MEMORY + 5),
	ROW(P32, SS_LIMIT, SS, "\x36\x8b\x03", IN_MEMORY + 5),
	ROW(P32, SS_LIMIT, NO_FAULT, "\x8b\x03", IN_MEMORY + 5),
	ROW(P32, NOTHING, GP, "\x8b\x03", 0xffffffff),
	ROW(P32, DS_DOWN, GP, "\x8b\x03", IN_MEMORY + 7),
	ROW(P32, DS_DOWN, NO_FAULT, "\x8b\x03", IN_MEMORY + 8),
	ROW(P32, DS_DOWN16, GP, "\x8b\x03", IN_MEMORY + 8),
	/* Types. */
	ROW(P32, DS_READ_ONLY, NO_FAULT, "\x8b\x03", IN_MEMORY),
	ROW(P32, DS_READ_ONLY, GP, "\x89\x03", IN_MEMORY),
	ROW(P32, DS_READ_ONLY, GP, "\x01\x03", IN_MEMORY),
	ROW(P32, DS_READ_ONLY, NO_FAULT, "\x39\x03", IN_MEMORY),
	ROW(P32, DS_CODE, NO_FAULT, "\x8b\x03", IN_MEMORY),
	ROW(P32, DS_CODE, GP, "\x89\x03", IN_MEMORY),
	ROW(P32, DS_EXECUTE_ONLY, GP, "\x8b\x03", IN_MEMORY),
	ROW(P32, DS_NULL, GP, "\x8b\x03", IN_MEMORY),
	ROW(P32, DS_NULL, NO_FAULT, "\x8d\x03", IN_MEMORY),
	ROW(P32, SS_NULL, SS, "\x50", IN_MEMORY),
	ROW(REAL, REAL_64K, GP, "\x8b\x07", 0xffff),
	ROW(REAL, REAL_64K, SS, "\x8b\x46\x00", 0xffff),
	ROW(REAL, REAL_64K, NO_FAULT, "\x8b\x07", 0xfffe),
	/* 64-bit mode: no limits, no types, but canonical. */
	ROW(LONG, DS_LIMIT, NO_FAULT, "\x8b\x03", IN_MEMORY + 5),
	ROW(LONG, DS_NULL, NO_FAULT, "\x89\x03", IN_MEMORY),
	ROW(LONG, NOTHING, GP, "\x8b\x03", 0x800000000000),
	ROW(LONG, NOTHING, GP, "\x8b\x03", 0x7ffffffffffd),
	ROW(LONG, NOTHING, GP, "\x8b\x03", 0xffff7fffffffffff),
	ROW(LONG, NOTHING, SS, "\x8b\x45\x00", 0x800000000000),
	ROW(LONG, NOTHING, GP, "\x3e\x64\x8b\x45\x00", 0x800000000000),
	ROW(LONG, NOTHING, NO_FAULT, "\x67\x8b\x03", 0x800000000000 + IN_MEMORY),
	ROW(LONG, FS_BASE, NO_FAULT, "\x64\x8b\x03", 0x1000),
	/* Alignment. */
	ROW(P32, ALIGN, AC, "\x8b\x03", IN_MEMORY + 2),
	ROW(P32, ALIGN, NO_FAULT, "\x8b\x03", IN_MEMORY + 4),
	ROW(P32, ALIGN, NO_FAULT, "\x8a\x03", IN_MEMORY + 1),
	ROW(P32, ALIGN0, NO_FAULT, "\x8b\x03", IN_MEMORY + 2),
	ROW(P32, ALIGN, AC, "\xc4\x03", IN_MEMORY + 2),
	ROW(P32, ALIGN, NO_FAULT, "\xc4\x03", IN_MEMORY + 4),
	ROW(LONG, ALIGN, AC, "\x0f\x01\x03", IN_MEMORY + 4),
	ROW(LONG, ALIGN, NO_FAULT, "\x0f\x01\x03", IN_MEMORY + 8),
	ROW(LONG, ALIGN, NO_FAULT, "\x0f\xae\x03", IN_MEMORY + 16),
	ROW(LONG, NOTHING, GP, "\x0f\x28\x03", IN_MEMORY + 8),
	ROW(LONG, NOTHING, GP, "\x66\x0f\x7f\x03", IN_MEMORY + 8),
	ROW(LONG, NOTHING, GP, "\x0f\x2b\x03", IN_MEMORY + 8),
	ROW(LONG, NOTHING, NO_FAULT, "\xf3\x0f\x6f\x03", IN_MEMORY + 8),
	ROW(LONG, NOTHING, NO_FAULT, "\x0f\x10\x03", IN_MEMORY + 8),
	ROW(LONG, NOTHING, GP, "\x48\x0f\xc7\x0b", IN_MEMORY + 8),
	ROW(LONG, NOTHING, NO_FAULT, "\x48\x0f\xc7\x0b", IN_MEMORY + 16),
	/* SSE. */
	ROW(LONG, TS, NM, "\x0f\x10\x03", IN_MEMORY),
	ROW(LONG, EM, UD, "\x0f\x10\x03", IN_MEMORY),
	ROW(LONG, NO_FXSR, UD, "\x0f\x10\x03", IN_MEMORY),
	ROW(LONG, TS, NM, "\x0f\x28\x03", IN_MEMORY + 8),
	/* Ports. */
	ROW(P32, NOTHING, GP, "\xe4\x07", 0), ROW(P32, CPL0, NO_FAULT, "\xe4\x07", 0),
	ROW(P32, IOPL3, NO_FAULT, "\xe4\x07", 0), ROW(P32, BITMAP, NO_FAULT, "\xe4\x07", 0),
	ROW(P32, BITMAP, GP, "\xe4\x08", 0), ROW(P32, BITMAP, GP, "\x66\xe5\x07", 0),
	ROW(P32, BITMAP, NO_FAULT, "\xe5\x04", 0), ROW(P32, BITMAP, GP, "\xe7\x05", 0),
	ROW(P32, BITMAP, NO_FAULT, "\xe6\x09", 0), ROW(P32, BITMAP, GP, "\xe6\x60", 0),
	ROW(P32, BITMAP_SHORT, GP, "\xe4\x00", 0), ROW(P32, BITMAP_16, GP, "\xe4\x00", 0),
	ROW(REAL, NOTHING, NO_FAULT, "\xe4\x07", 0), ROW(REAL, VM86, GP, "\xe4\x07", 0),
	ROW(LONG, BITMAP, NO_FAULT, "\xe4\x07", 0), ROW(LONG, BITMAP, GP, "\xe4\x08", 0),
	/* Privilege. */
	ROW(LONG, NOTHING, GP, "\x0f\x20\xc0", 0), ROW(LONG, CPL0, NO_FAULT, "\x0f\x20\xc0", 0),
	ROW(LONG, NOTHING, GP, "\x0f\x22\xd8", 0), ROW(LONG, NOTHING, GP, "\x0f\x21\xf8", 0),
	ROW(LONG, CPL0, NO_FAULT, "\x0f\x21\xf8", 0),
	ROW(LONG, CPL0, NO_FAULT, "\x0f\x21\xe0", 0),
	ROW(LONG, DE0, UD, "\x0f\x21\xe0", 0), ROW(LONG, DE0, NO_FAULT, "\x0f\x21\xf0", 0),
	ROW(LONG, GD0, DB, "\x0f\x21\xc0", 0), ROW(LONG, CPL0, GP, "\x0f\x23\xfb", 0x100000000),
	ROW(LONG, CPL0, NO_FAULT, "\x0f\x23\xfb", 0x400),
	ROW(LONG, NOTHING, GP, "\x0f\x06", 0), ROW(LONG, CPL0, NO_FAULT, "\x0f\x06", 0),
	ROW(LONG, NOTHING, GP, "\x0f\x01\x33", 0x800000000000),
	ROW(LONG, CPL0, NO_FAULT, "\x0f\x01\xf3", 9),
	ROW(LONG, NOTHING, NO_FAULT, "\x0f\x01\xe3", 0),
	ROW(LONG, UMIP, GP, "\x0f\x01\xe3", 0), ROW(LONG, NOTHING, GP, "\x0f\x01\x3b", 0),
	ROW(LONG, CPL0, NO_FAULT, "\x0f\x01\x3b", 0x800000000000),
	ROW(LONG, NOTHING, GP, "\x0f\x09", 0), ROW(LONG, CPL0, NO_FAULT, "\x0f\x09", 0),
	ROW(LONG, NOTHING, GP, "\x0f\x32", 0), ROW(LONG, CPL0, GP, "\x0f\x32", 0),
	ROW(LONG, NOTHING, GP, "\x0f\x30", 0), ROW(LONG, CPL0, GP, "\x0f\x30", 0),
	/* Branches out of the segment, or to where no address is. */
	ROW(P32, CS_LIMIT, GP, "\xff\xe3", 0x400101),
	ROW(P32, CS_LIMIT, NO_FAULT, "\xff\xe3", 0x400100),
	ROW(P32, CS_LIMIT, GP, "\xff\xd3", 0x400101),
	ROW(P32, CS_LIMIT, GP, "\xe9\x00\x01\x00\x00", 0),
	ROW(LONG, NOTHING, GP, "\xff\xe3", 0x800000000000),
	ROW(LONG, NOTHING, NO_FAULT, "\xff\xe3", 0x400101),
	/* clang-format on */
};

static struct state state;

static void change_memory_segment(struct world *w, enum change change)
{
	struct x86_emulate_segment *ds = &w->segments[KVM_INSN_SEG_DS];
	struct x86_emulate_segment *ss = &w->segments[KVM_INSN_SEG_SS];
	unsigned int i;

	switch (change) {
	case DS_LIMIT:
		ds->limit = IN_MEMORY + 7;
		break;
	case DS_DOWN:
	case DS_DOWN16:
		ds->limit = IN_MEMORY + 7;
		ds->type = 7;
		ds->big = change == DS_DOWN;
		break;
	case DS_READ_ONLY:
		ds->type = 1;
		break;
	case DS_CODE:
		ds->type = 0xb;
		break;
	case DS_EXECUTE_ONLY:
		ds->type = 9;
		break;
	case DS_NULL:
		ds->unusable = true;
		break;
	case SS_LIMIT:
		ss->limit = IN_MEMORY + 7;
		break;
	case SS_NULL:
		ss->unusable = true;
		break;
	case REAL_64K:
		for (i = 0; i < 6; i++) {
			w->segments[i].limit = 0xffff;
			w->segments[i].base = WORLD_BASE;
		}
		break;
	case CS_LIMIT:
		w->segments[KVM_INSN_SEG_CS].limit = 0x400100;
		break;
	case FS_BASE:
		w->segments[KVM_INSN_SEG_FS].base = WORLD_BASE;
		break;
	default:
		break;
	}
}

/* A TSS at WORLD_BASE, the bit map at 104: 8 ports, then 1 bit in 16. */
static void make_bitmap(struct world *w, enum change change)
{
	struct x86_emulate_segment *tr = &w->segments[X86_EMULATE_SEG_TR];

	tr->base = WORLD_BASE;
	tr->limit = change == BITMAP_SHORT ? 104 : 110;
	tr->type = change == BITMAP_16 ? 3 : 0xb;
	memset(w->state->memory, 0, 128);
	w->state->memory[102] = 104;
	w->state->memory[105] = 0xfd;
}

static void change_world(struct world *w, enum change change)
{
	switch (change) {
	case DE0:
		w->cr[4] |= 8;
		w->ctxt.cpl = 0;
		break;
	case GD0:
		w->dr[7] = 0x2000;
		w->ctxt.cpl = 0;
		break;
	case CPL0:
		w->ctxt.cpl = 0;
		break;
	case ALIGN:
	case ALIGN0:
		w->cr[0] |= 0x40000;
		w->ctxt.rflags |= 0x40000;
		w->ctxt.cpl = change == ALIGN ? 3 : 0;
		break;
	case IOPL3:
		w->ctxt.rflags |= 0x3000;
		break;
	case BITMAP:
	case BITMAP_SHORT:
	case BITMAP_16:
		make_bitmap(w, change);
		break;
	case VM86:
		w->ctxt.vm86 = true;
		w->ctxt.rflags |= 0x3000;
		break;
	case TS:
		w->cr[0] |= 8;
		break;
	case EM:
		w->cr[0] |= 4;
		break;
	case NO_FXSR:
		w->cr[4] &= ~0x200ull;
		break;
	case UMIP:
		w->cr[4] |= 0x800;
		break;
	default:
		change_memory_segment(w, change);
	}
}

static void start(struct world *w, unsigned int how, const char *bytes,
		  unsigned int len)
{
	u8 padded[KVM_INSN_MAX_LEN] = { 0 };

	memset(&state, 0, sizeof(state));
	memset(state.memory, 0xff, 64);
	state.rflags = 2;
	world_init(w, &state);
	w->ctxt.how = how;
	w->ctxt.regs[4] = IN_MEMORY;
	memcpy(padded, bytes, len);
	check(world_decode(w, padded, sizeof(padded)), "not an instruction");
	check(w->ctxt.insn.len == len, "length %u, not %u", w->ctxt.insn.len,
	      len);
}

#define START(w, how, bytes) start(w, how, bytes, sizeof(bytes) - 1)

static void check_table(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule *r = &rules[i];
		unsigned int want = r->vector == NO_FAULT ? X86_EMULATE_OK :
							    X86_EMULATE_FAULT;
		struct world w;
		int got;

		start(&w, r->how, r->bytes, r->len);
		w.ctxt.regs[3] = r->bx;
		w.ctxt.regs[5] = r->bx;
		change_world(&w, r->change);
		got = world_run(&w);
		check(got == (int)want, "rule %u: result %d, not %u", i, got,
		      want);
		if (got != X86_EMULATE_FAULT || want != X86_EMULATE_FAULT)
			continue;
		check(w.ctxt.fault.vector == r->vector,
		      "rule %u: vector %u, not %u", i, w.ctxt.fault.vector,
		      r->vector);
		check(w.ctxt.fault.has_error_code ==
			      (r->vector == SS || r->vector == GP ||
			       r->vector == AC),
		      "rule %u: error code", i);
		check(!w.ctxt.fault.error_code, "rule %u: error code is not 0",
		      i);
		check(r->vector != DB || w.ctxt.fault.payload == 0x2000,
		      "rule %u: DR6", i);
	}
}

/* What control registers and the like have become. */
static void check_system(void)
{
	struct world w;

	START(&w, LONG, "\x0f\x22\xdb");
	w.ctxt.cpl = 0;
	w.ctxt.regs[3] = 0x1234567890;
	world_run(&w);
	check(w.cr[3] == 0x1234567890, "MOV CR3");
	START(&w, P32, "\x0f\x22\xdb");
	w.ctxt.cpl = 0;
	w.ctxt.regs[3] = 0x1234567890;
	world_run(&w);
	check(w.cr[3] == 0x34567890, "MOV CR3 of 32 bits");
	START(&w, LONG, "\x44\x0f\x20\xc3");
	w.ctxt.cpl = 0;
	w.cr[8] = 5;
	world_run(&w);
	check(w.ctxt.regs[3] == 5, "MOV from CR8");
	START(&w, LONG, "\x0f\x01\xf3");
	w.ctxt.cpl = 0;
	w.ctxt.regs[3] = 0xfff8;
	world_run(&w);
	check(w.cr[0] == 0x80000019, "LMSW: %llx", (unsigned long long)w.cr[0]);
	START(&w, LONG, "\x0f\x06");
	w.ctxt.cpl = 0;
	w.cr[0] |= 8;
	world_run(&w);
	check(w.cr[0] == 0x80000011, "CLTS");
	START(&w, LONG, "\x0f\x01\xe3");
	world_run(&w);
	check(w.ctxt.regs[3] == 0x80000011, "SMSW");
	START(&w, P32, "\x0f\x01\x3b");
	w.ctxt.cpl = 0;
	w.ctxt.regs[3] = 0xfffff000;
	w.segments[KVM_INSN_SEG_DS].base = 0x2000;
	world_run(&w);
	check(w.invlpg == 0x1000, "INVLPG");
	START(&w, LONG, "\x0f\x32");
	w.ctxt.cpl = 0;
	w.ctxt.regs[1] = 0xffffffff00000010;
	world_run(&w);
	check(w.ctxt.regs[0] == 0x55667788 && w.ctxt.regs[2] == 0x11223344,
	      "RDMSR");
	START(&w, LONG, "\x0f\x30");
	w.ctxt.cpl = 0;
	w.ctxt.regs[0] = 0xffffffff89abcdef;
	w.ctxt.regs[1] = 0x10;
	w.ctxt.regs[2] = 0xffffffff01234567;
	check(world_run(&w) == X86_EMULATE_OK, "WRMSR");
	START(&w, LONG, "\x0f\x23\xfb");
	w.ctxt.cpl = 0;
	w.ctxt.regs[3] = 0x400;
	world_run(&w);
	check(w.dr[7] == 0x400, "MOV DR7");
}

/* Each condition, and its reverse, by the flags that it is of. */
static void check_conditions(void)
{
	static const u16 one[] = { 0x800, 1, 0x40, 0x41, 0x80, 4 };
	unsigned int cc, flags;
	struct world w;

	for (cc = 0; cc < 16; cc++)
		for (flags = 0; flags < 0x1000; flags++) {
			bool sign = !(flags & 0x80) != !(flags & 0x800);
			bool want = cc / 2 < 6	? flags & one[cc / 2] :
				    cc / 2 == 6 ? sign :
						  sign || flags & 0x40;
			char bytes[] = { 0x70 + cc, 0x7f };

			if (flags & ~0x8c5u)
				continue;
			start(&w, LONG, bytes, 2);
			w.ctxt.rflags = flags;
			world_run(&w);
			check(w.ctxt.rip ==
				      0x400002 + (want != cc % 2 ? 0x7f : 0),
			      "condition %u, flags %x", cc, flags);
		}
}

static void check_branches(void)
{
	struct world w;
	u64 val;

	START(&w, LONG, "\xe8\xfb\xff\xff\xff");
	world_run(&w);
	memcpy(&val, state.memory + 0xff8, 8);
	check(w.ctxt.rip == 0x400000 && val == 0x400005, "CALL");
	check(w.ctxt.regs[4] == IN_MEMORY - 8, "CALL: SP");
	START(&w, LONG, "\xc2\x10\x00");
	memcpy(state.memory + 0x1000, "\x78\x56\x34\x12\x00\x00\x00\x00", 8);
	world_run(&w);
	check(w.ctxt.rip == 0x12345678 && w.ctxt.regs[4] == IN_MEMORY + 24,
	      "RET");
	START(&w, P32, "\x66\xeb\x10");
	world_run(&w);
	check(w.ctxt.rip == 0x13, "JMP of 16 bits");
	START(&w, LONG, "\xe2\xfe");
	w.ctxt.regs[1] = 2;
	world_run(&w);
	check(w.ctxt.rip == 0x400000 && w.ctxt.regs[1] == 1, "LOOP taken");
	world_run(&w);
	check(w.ctxt.rip == 0x400002 && w.ctxt.regs[1] == 0, "LOOP not taken");
	START(&w, LONG, "\xe1\xfe");
	w.ctxt.regs[1] = 5;
	world_run(&w);
	check(w.ctxt.rip == 0x400002 && w.ctxt.regs[1] == 4, "LOOPE, ZF clear");
	START(&w, LONG, "\xe0\xfe");
	w.ctxt.regs[1] = 5;
	world_run(&w);
	check(w.ctxt.rip == 0x400000, "LOOPNE, ZF clear");
	START(&w, LONG, "\x67\xe3\x10");
	w.ctxt.regs[1] = 1ull << 32;
	world_run(&w);
	check(w.ctxt.rip == 0x400013, "JECXZ");
	START(&w, LONG, "\xe3\x10");
	w.ctxt.regs[1] = 1ull << 32;
	world_run(&w);
	check(w.ctxt.rip == 0x400002, "JRCXZ");
}

static void check_stack(void)
{
	struct world w;
	unsigned int i;
	u16 val;

	START(&w, P32, "\x66\x60");
	w.segments[KVM_INSN_SEG_SS].base = WORLD_BASE;
	w.segments[KVM_INSN_SEG_SS].big = false;
	w.ctxt.regs[4] = 0xaaaa0008;
	for (i = 0; i < 8; i++)
		if (i != 4)
			w.ctxt.regs[i] = i;
	world_run(&w);
	check(w.ctxt.regs[4] == 0xaaaafff8, "PUSHA: SP wraps at 16 bits");
	for (i = 0; i < 8; i++) {
		memcpy(&val, state.memory + ((0x8 - 2 - 2 * i) & 0xffff), 2);
		check(val == (i == 4 ? 8 : i), "PUSHA: register %u", i);
	}
	w.ctxt.rip = 0x400000;
	memset(w.ctxt.regs, 0, 4 * 8);
	w.ctxt.regs[6] = 0;
	check(world_decode(&w, (const u8 *)"\x66\x61", 2), "POPA");
	world_run(&w);
	check(w.ctxt.regs[4] == 0xaaaa0008, "POPA: SP");
	check(w.ctxt.regs[1] == 1 && w.ctxt.regs[6] == 6, "POPA");
	START(&w, P32, "\x1e");
	world_run(&w);
	check(state.memory[0xffc] == 8 * 3 + 3, "PUSH DS");
	check(w.ctxt.regs[4] == IN_MEMORY - 4, "PUSH DS: SP");
	START(&w, LONG, "\x8f\x04\x24");
	state.memory[0x1000] = 0x77;
	world_run(&w);
	check(state.memory[0x1008] == 0x77, "POP to where SP is then");
	START(&w, LONG, "\x8c\xd8");
	w.ctxt.regs[0] = ~0ull;
	world_run(&w);
	check(w.ctxt.regs[0] == 8 * 3 + 3, "MOV from DS");
}

/* No more than so much in one call, and RIP stays meanwhile. */
static void check_repeat(void)
{
	unsigned int calls = 0;
	struct world w;
	int r;

	START(&w, LONG, "\xf3\xaa");
	w.ctxt.regs[0] = 0x5a;
	w.ctxt.regs[1] = 5000;
	w.ctxt.regs[7] = WORLD_BASE;
	do {
		w.nr_writes = 0;
		r = x86_emulate(&w.ctxt);
		check(r == X86_EMULATE_OK, "REP STOS: %d", r);
		check(w.nr_writes <= X86_EMULATE_MAX_REPEAT, "too many");
		check(w.ctxt.rip == (w.ctxt.repeats ? 0x400000u : 0x400002u),
		      "RIP in REP STOS");
		calls++;
	} while (w.ctxt.repeats && calls < 100);
	check(calls == 5 && !w.ctxt.regs[1], "REP STOS: %u calls", calls);
	check(state.memory[4999] == 0x5a && !state.memory[5000], "REP STOS");

	START(&w, LONG, "\xf3\xaa");
	w.ctxt.regs[1] = 2;
	w.ctxt.regs[7] = WORLD_BASE;
	w.ctxt.rflags |= 0x10100;
	x86_emulate(&w.ctxt);
	check(w.ctxt.repeats && w.ctxt.regs[1] == 1, "REP with TF");
	check(w.ctxt.rflags & 0x10000, "RF in the middle of REP");
	x86_emulate(&w.ctxt);
	check(!w.ctxt.repeats && !(w.ctxt.rflags & 0x10000), "RF after REP");

	START(&w, LONG, "\xf3\xa4");
	x86_emulate(&w.ctxt);
	check(!w.nr_accesses && w.ctxt.rip == 0x400002, "REP of 0");

	/* A fault in the third iteration: two are done. */
	START(&w, LONG, "\xf3\xa4");
	w.ctxt.regs[1] = 5;
	w.ctxt.regs[6] = WORLD_BASE;
	w.ctxt.regs[7] = WORLD_BASE + 0x100;
	w.fault_at = 6;
	r = x86_emulate(&w.ctxt);
	check(r == X86_EMULATE_FAULT && w.ctxt.regs[1] == 3, "REP MOVS: CX");
	check(w.ctxt.regs[6] == WORLD_BASE + 2, "fault in REP MOVS: SI");
	check(w.ctxt.regs[7] == WORLD_BASE + 0x102, "fault in REP MOVS: DI");
	check(w.ctxt.rip == 0x400000, "fault in REP MOVS: RIP");

	/* SDM 2, REP: what compares has no flags before it is over. */
	START(&w, LONG, "\xf3\xa6");
	w.ctxt.regs[1] = 5;
	w.ctxt.regs[6] = WORLD_BASE;
	w.ctxt.regs[7] = WORLD_BASE + 0x20;
	w.ctxt.rflags = 0x803;
	w.fault_at = 6;
	r = x86_emulate(&w.ctxt);
	check(r == X86_EMULATE_FAULT && w.ctxt.regs[1] == 3, "REP CMPS: CX");
	check(w.ctxt.rflags == 0x803, "fault in REP CMPS: flags are %llx",
	      (unsigned long long)w.ctxt.rflags);
}

static void run_string_io(struct world *w, bool outs, u64 flags, u64 si,
			  unsigned int count)
{
	START(w, LONG, "\xf3\x66\x6d");
	if (outs)
		START(w, LONG, "\xf3\x66\x6f");
	w->ctxt.cpl = 0;
	w->ctxt.regs[1] = count;
	w->ctxt.regs[2] = 0x1f0;
	w->ctxt.regs[6] = si;
	w->ctxt.regs[7] = si;
	w->ctxt.rflags |= flags;
}

static void check_string_io(void)
{
	static struct state once;
	unsigned int outs, device, ask;
	struct world w;

	for (outs = 0; outs < 2; outs++) {
		run_string_io(&w, outs, 0, WORLD_BASE + 0xf00, 900);
		check(world_run(&w) == X86_EMULATE_OK, "string I/O");
		check(!w.ctxt.regs[1] && w.ctxt.regs[outs ? 6 : 7] ==
						 WORLD_BASE + 0xf00 + 1800,
		      "string I/O: registers");
		/* The rest of the page, then as many as fit, then the rest. */
		check(w.nr_commits == 3 && w.max_pio == 512,
		      "string I/O: %u rounds, %u", w.nr_commits, w.max_pio);
		run_string_io(&w, outs, 0x400, WORLD_BASE + 0xf00, 10);
		world_run(&w);
		check(w.max_pio == 1 && w.ctxt.regs[outs ? 6 : 7] ==
						WORLD_BASE + 0xf00 - 20,
		      "string I/O downwards");
		/* An element in two pages goes alone. */
		run_string_io(&w, outs, 0, WORLD_BASE + 0xfff, 2);
		check(world_run(&w) == X86_EMULATE_OK && w.max_pio == 1,
		      "string I/O across pages");
		for (device = 0; device < 2; device++)
			for (ask = 0; ask < 2; ask++) {
				run_string_io(&w, outs, 0, WORLD_BASE + 0xf00,
					      20);
				w.device = device;
				w.ask_userspace = ask;
				check(world_run(&w) == X86_EMULATE_OK, "I/O");
				check(device ? w.max_pio == 1 : w.max_pio == 20,
				      "%u at once", w.max_pio);
				if (ask)
					check(!memcmp(once.memory, state.memory,
						      WORLD_SIZE),
					      "I/O restarted");
				once = state;
			}
	}
	/* Memory is looked at before the device is asked. */
	run_string_io(&w, 0, 0, WORLD_BASE - 0x1000, 4);
	check(world_run(&w) == X86_EMULATE_UNHANDLED && !w.max_pio,
	      "INS asks before it can write");
}

/* Nothing happens where there is no function. */
static void check_unhandled(void)
{
	static const struct {
		const char *bytes;
		u8 len, how;
	} rows[] = {
		{ "\x0f\x58\x03", 3, LONG },
		{ "\xd9\x03", 2, LONG },
		{ "\xc5\xf8\x10\x03", 4, LONG },
		{ "\xcd\x80", 2, LONG },
		{ "\xcc", 1, LONG },
		{ "\x0f\xaa", 2, P32 },
		{ "\x0f\x01\xd9", 3, LONG },
		{ "\x9b", 1, LONG },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w;

		start(&w, rows[i].how, rows[i].bytes, rows[i].len);
		w.ctxt.regs[3] = IN_MEMORY;
		check(world_run(&w) == X86_EMULATE_UNHANDLED, "row %u", i);
		check(!w.nr_accesses && !w.nr_commits, "row %u: effects", i);
	}
	check(!x86_emulate_has(OP_UNDEFINED) && !x86_emulate_has(NR_KVM_OPS),
	      "functions for nothing");
}

/* LOCK, and XCHG without: what has changed meanwhile makes it try again. */
static void check_locked(void)
{
	struct world w;

	START(&w, LONG, "\xf0\x01\x03");
	w.ctxt.regs[3] = IN_MEMORY;
	w.ctxt.regs[0] = 5;
	w.state->memory[0x1000] = 7;
	check(world_run(&w) == X86_EMULATE_OK && state.memory[0x1000] == 12,
	      "LOCK ADD");
	START(&w, LONG, "\xf0\x01\x03");
	w.ctxt.regs[3] = IN_MEMORY;
	w.ctxt.regs[0] = 5;
	w.changes = true;
	check(world_run(&w) == X86_EMULATE_RETRY && !w.nr_commits,
	      "LOCK ADD to what changes");
	START(&w, LONG, "\x87\x03");
	w.ctxt.regs[3] = IN_MEMORY;
	w.changes = true;
	check(world_run(&w) == X86_EMULATE_RETRY, "XCHG to what changes");
	START(&w, LONG, "\x01\x03");
	w.ctxt.regs[3] = IN_MEMORY;
	w.changes = true;
	check(world_run(&w) == X86_EMULATE_OK, "ADD to what changes");
}

void check_rules(void)
{
	check_table();
	check_system();
	check_conditions();
	check_branches();
	check_stack();
	check_repeat();
	check_string_io();
	check_locked();
	check_unhandled();
	printf("%zu rules\n", ARRAY_SIZE(rules));
}
