// SPDX-License-Identifier: GPL-2.0-only
/*
 * opcodes.c - the opcode maps of x86: tables made of rows_*.h
 *
 * Owns: the tables, and the proof that they are whole.  The rows of a map are
 * counted: they have to be 256.  Two rows for one byte are an error of the
 * compiler's, as is a row outside of the map.  So no byte is without a row, and
 * what is undefined is so because a row says it.
 *
 * Locking: none; constants.
 */
#include <linux/build_bug.h>
#include <linux/types.h>

#include "emulate/opcodes.h"

#pragma GCC diagnostic error "-Woverride-init"

/* clang-format off */
#define ROWS(first, last, o, a, b, c, f)                                       \
	[(first) ... (last)] = { .op = (o), .operand = { a, b, c }, .flags = (f) },
#define ROW(byte, o, a, b, c, f) ROWS(byte, byte, o, a, b, c, f)

static const struct kvm_opcode maps[NR_KVM_OPCODE_MAPS][256] = {
	[KVM_MAP_ONE_BYTE] = {
#include "emulate/rows_one_byte.h"
	},
	[KVM_MAP_0F] = {
#include "emulate/rows_0f.h"
	},
	[KVM_MAP_0F38] = {
#include "emulate/rows_0f38.h"
	},
	[KVM_MAP_0F3A] = {
#include "emulate/rows_0f3a.h"
	},
};

#undef ROWS
#define ROWS(first, last, o, a, b, c, f) + ((last) - (first) + 1)

enum {
	NR_ONE_BYTE = 0
#include "emulate/rows_one_byte.h"
	,
	NR_0F = 0
#include "emulate/rows_0f.h"
	,
	NR_0F38 = 0
#include "emulate/rows_0f38.h"
	,
	NR_0F3A = 0
#include "emulate/rows_0f3a.h"
	,
};

static_assert(NR_ONE_BYTE == 256);
static_assert(NR_0F == 256);
static_assert(NR_0F38 == 256);
static_assert(NR_0F3A == 256);

#undef ROWS
#undef ROW
#define ROWS(group, first, last, o, a, b, c, f)                                \
	[(group) * 8 + (first) ... (group) * 8 + (last)] = {                   \
		.op = (o), .operand = { a, b, c }, .flags = (f)                \
	},
#define ROW(group, index, o, a, b, c, f)                                       \
	ROWS(group, index, index, o, a, b, c, f)

static const struct kvm_opcode groups[NR_KVM_OPCODE_GROUPS * 8] = {
#include "emulate/rows_group.h"
#include "emulate/rows_x87.h"
};

#undef ROWS
#define ROWS(group, first, last, o, a, b, c, f) + ((last) - (first) + 1)

enum {
	NR_GROUP_ROWS = 0
#include "emulate/rows_group.h"
#include "emulate/rows_x87.h"
};

static_assert(NR_GROUP_ROWS == NR_KVM_OPCODE_GROUPS * 8);
/* clang-format on */

const struct kvm_opcode *kvm_opcode_row(enum kvm_opcode_map map, u8 byte)
{
	return &maps[map][byte];
}

const struct kvm_opcode *kvm_opcode_choose(const struct kvm_opcode *by,
					   unsigned int next,
					   unsigned int index)
{
	return &groups[(by->operand[0] + next) * 8 + index];
}

enum {
	VEX_UNDEFINED,
	VEX_BARE,
	VEX_MODRM,
	VEX_IB,
	VEX_ID
};

static const struct kvm_opcode vex[] = {
	[VEX_UNDEFINED] = { .op = OP_UNDEFINED },
	[VEX_BARE] = { .op = OP_VEX },
	[VEX_MODRM] = { .op = OP_VEX, .operand = { Vx, Wany } },
	[VEX_IB] = { .op = OP_VEX, .operand = { Vx, Wany, Ib } },
	[VEX_ID] = { .op = OP_VEX, .operand = { Vx, Wany, Id } },
};

/* SDM 2, 2.3.11: in map 1 the opcodes that have an immediate without VEX. */
static unsigned int vex_0f(u8 byte)
{
	switch (byte) {
	case 0x70 ... 0x73:
	case 0xc2:
	case 0xc4 ... 0xc6:
		return VEX_IB;
	case 0x77:
		return VEX_BARE;
	default:
		return VEX_MODRM;
	}
}

const struct kvm_opcode *kvm_opcode_vex(unsigned int map, u8 byte)
{
	switch (map) {
	case 1:
		return &vex[vex_0f(byte)];
	case 2:
	case 5:
	case 6:
	case 9:
		return &vex[VEX_MODRM];
	case 3:
	case 8:
		return &vex[VEX_IB];
	case 10:
		return &vex[VEX_ID];
	default:
		return &vex[VEX_UNDEFINED];
	}
}
