/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - a descriptor table, and what tests of segments and far transfers
 * share
 */
#ifndef TWINWALK_TESTS_EXECUTE_TABLES_H
#define TWINWALK_TESTS_EXECUTE_TABLES_H

#include <linux/types.h>

#include "tests/emulate/execute/world.h"

#define DE	  0
#define UD	  6
#define TS	  10
#define NP	  11
#define SS	  12
#define GP	  13
#define NO_FAULT  0xff
#define UNHANDLED 0xfe
#define REAL	  KVM_INSN_REAL
#define P16	  KVM_INSN_PROT16
#define P32	  KVM_INSN_PROT32
#define LONG	  KVM_INSN_LONG

#define IN_MEMORY (WORLD_BASE + 0x1000)
#define GDT_AT	  0x8000

/* Selectors; a number is a DPL.  System descriptors are followed by a half. */
enum {
	CODE0 = 8,
	DATA0 = 16,
	CODE3 = 24,
	DATA3 = 32,
	READ_ONLY3 = 40,
	ABSENT3 = 48,
	EXECUTE_ONLY3 = 56,
	CONFORMING0 = 64,
	LDT = 72,
	TSS = 88,
	GATE3 = 104,
	CODE3_64 = 120,
	CODE0_64 = 128,
	CODE3_16 = 136,
	CODE3_ABSENT = 144,
	CODE3_BOTH = 152,
	BUSY = 160,
	LDT_ABSENT = 176,
	GATE0 = 192,
	GATE_INNER = 208,
	CODE3_SHORT = 224,
	SMALL3 = 232,
	GATE64 = 240,
	GATE_ABSENT = 256,
	TSS16 = 272,
	NOT_CANONICAL = 288,
	TASK_GATE = 304,
	TSS_SHORT = 320,
	TSS_ABSENT = 328,
	CODE0_ABSENT = 336,
	DATA0_ABSENT = 344,
	NR_SELECTORS = 45, /* nothing is in the last one */
};

/* segments.c */
void enter_mode(struct world *w, struct state *state, unsigned int how, u8 cpl);
void set_instruction(struct world *w, const char *bytes, unsigned int len);
void check_fault(const struct world *w, int r, u8 vector, u32 error,
		 const char *what, unsigned int row);
u32 descriptor_hi(const struct world *w, u16 selector);

#endif
