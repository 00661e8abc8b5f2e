// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows.c - every row of the opcode maps, once
 *
 * What can't be reached is no row of an instruction: one for memory only behind
 * ModRM.mod 3, one for a prefix behind another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"
#include "tests/emulate/rows.h"

#define ALL_MODES 0xf
#define LONG_MODE (1 << KVM_INSN_LONG)
#define REAL_MODE (1 << KVM_INSN_REAL)
#define PREFIXES  (OF_NP | OF_66 | OF_F3 | OF_F2)
#define IN_MEMORY 1
#define IN_REG	  2

/* What the rows that lead to one leave of it. */
struct path {
	char name[32];
	unsigned int modes;
	unsigned int prefixes; /* OF_NP ... OF_F2 */
	unsigned int mods; /* IN_MEMORY, IN_REG */
};

struct kvm_row kvm_rows[MAX_ROWS];
unsigned int kvm_nr_rows;

int number_of_row(const struct kvm_opcode *row)
{
	static const struct kvm_opcode *keys[4 * MAX_ROWS];
	static int values[4 * MAX_ROWS];
	unsigned int i, at;

	/* By address, since a decoder asks for each instruction. */
	if (!keys[0]) {
		keys[0] = (void *)keys;
		for (i = 0; i < kvm_nr_rows; i++) {
			at = (uintptr_t)kvm_rows[i].row / 4 % ARRAY_SIZE(keys);
			while (keys[at])
				at = (at + 1) % ARRAY_SIZE(keys);
			keys[at] = kvm_rows[i].row;
			values[at] = i;
		}
	}
	at = (uintptr_t)row / 4 % ARRAY_SIZE(keys);
	for (; keys[at]; at = (at + 1) % ARRAY_SIZE(keys))
		if (keys[at] == row)
			return values[at];
	return -1;
}

static void narrow(struct path *path, u32 flags)
{
	if (flags & OF_I64)
		path->modes &= ~LONG_MODE;
	if (flags & OF_O64)
		path->modes &= LONG_MODE;
	if (flags & OF_NOREAL)
		path->modes &= ~REAL_MODE;
	if (flags & PREFIXES)
		path->prefixes &= flags;
}

static bool names_memory(const struct kvm_opcode *row, struct path *path)
{
	bool memory = false;
	unsigned int i;

	for (i = 0; i < 3; i++)
		switch (KVM_OPERAND_METHOD(row->operand[i])) {
		case METHOD_M:
			path->mods &= IN_MEMORY;
			memory = true;
			break;
		case METHOD_E:
		case METHOD_Q:
		case METHOD_W:
		case METHOD_QW:
			memory = true;
			break;
		case METHOD_R:
		case METHOD_N:
		case METHOD_U:
		case METHOD_NU:
			if (!(row->flags & OF_MOD3))
				path->mods &= IN_REG;
			break;
		case METHOD_O:
		case METHOD_X:
		case METHOD_Y:
		case METHOD_B:
			return true;
		}
	return memory && path->mods & IN_MEMORY;
}

static void add(const struct kvm_opcode *row, struct path *path)
{
	bool memory = names_memory(row, path);
	struct kvm_row *r;
	unsigned int i;

	if (!path->modes || !path->prefixes || !path->mods)
		return;
	/* Several opcodes lead to some groups. */
	for (i = 0; i < kvm_nr_rows; i++)
		if (kvm_rows[i].row == row)
			break;
	if (i == MAX_ROWS) {
		printf("more than %u rows\n", MAX_ROWS);
		exit(1);
	}
	r = &kvm_rows[i];
	if (i == kvm_nr_rows) {
		kvm_nr_rows++;
		r->row = row;
		memcpy(r->name, path->name, sizeof(r->name));
	}
	r->modes |= path->modes;
	r->memory |= memory;
}

static void walk(const struct kvm_opcode *row, const struct path *from);

static void walk_choice(const struct kvm_opcode *row, const struct path *from,
			unsigned int next, unsigned int index)
{
	static const char *const by[] = {
		[OP_BY_REG] = "/",     [OP_BY_MOD] = "/",
		[OP_BY_RM] = " rm ",   [OP_BY_PREFIX] = " prefix ",
		[OP_BY_LONG] = " 64 ", [OP_BY_REX_B] = " rex.b ",
	};
	struct path path = *from;
	size_t end = strlen(path.name);

	switch (row->op) {
	case OP_BY_MOD:
		path.mods &= next ? IN_REG : IN_MEMORY;
		break;
	case OP_BY_PREFIX:
		path.prefixes &= OF_NP << index;
		break;
	case OP_BY_LONG:
		path.modes &= index ? LONG_MODE : ~LONG_MODE;
		break;
	case OP_BY_REX_B:
		if (index)
			path.modes &= LONG_MODE;
		break;
	}
	snprintf(path.name + end, sizeof(path.name) - end, "%s%u%s",
		 by[row->op], index, next ? "r" : "");
	walk(kvm_opcode_choose(row, next, index), &path);
}

static void walk(const struct kvm_opcode *row, const struct path *from)
{
	unsigned int next, index, nr = 8;
	struct path path = *from;

	if (row->op == OP_UNDEFINED || row->op == OP_PREFIX ||
	    row->op == OP_ESCAPE)
		return;
	narrow(&path, row->flags);
	if (row->op > OP_LAST_BY) {
		add(row, &path);
		return;
	}
	if (row->op == OP_BY_PREFIX)
		nr = 4;
	else if (row->op == OP_BY_LONG || row->op == OP_BY_REX_B)
		nr = 2;
	for (next = 0; next < (row->op == OP_BY_MOD ? 2 : 1); next++)
		for (index = 0; index < nr; index++)
			walk_choice(row, &path, next, index);
}

void find_rows(void)
{
	static const char *const maps[] = { "", "0f ", "0f 38 ", "0f 3a " };
	unsigned int map, byte;

	for (map = 0; map < NR_KVM_OPCODE_MAPS; map++)
		for (byte = 0; byte < 256; byte++) {
			struct path path = {
				.modes = ALL_MODES,
				.prefixes = PREFIXES,
				.mods = IN_MEMORY | IN_REG,
			};

			snprintf(path.name, sizeof(path.name), "%s%02x",
				 maps[map], byte);
			walk(kvm_opcode_row(map, byte), &path);
		}
}
