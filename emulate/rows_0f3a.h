/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows_0f3a.h - opcodes after 0F 3A (SDM 2, table A-5)
 *
 * ROW and ROWS are the includer's; see opcodes.c.
 */
/* clang-format off */
#define UD(first, last) ROWS(first, last, OP_UNDEFINED, __, __, __, 0)

UD(0x00, 0x07)
ROWS(0x08, 0x09, OP_SIMD,	Vx,  Wdq, Ib, OF_66)
ROW(0x0a, OP_SIMD,		Vx,  Wd,  Ib, OF_66)
ROW(0x0b, OP_SIMD,		Vx,  Wq,  Ib, OF_66)
ROWS(0x0c, 0x0e, OP_SIMD,	Vx,  Wdq, Ib, OF_66)
ROW(0x0f, OP_SIMD,		PVx, QWx, Ib, OF_NP | OF_66)
UD(0x10, 0x13)
ROW(0x14, OP_SIMD,		Eb,  Vx,  Ib, OF_66 | OF_W)
ROW(0x15, OP_SIMD,		Ew,  Vx,  Ib, OF_66 | OF_W)
ROW(0x16, OP_SIMD,		Ey,  Vx,  Ib, OF_66 | OF_W)
ROW(0x17, OP_SIMD,		Ed,  Vx,  Ib, OF_66 | OF_W)
UD(0x18, 0x1f)
ROW(0x20, OP_SIMD,		Vx,  Eb,  Ib, OF_66)
ROW(0x21, OP_SIMD,		Vx,  Wd,  Ib, OF_66)
ROW(0x22, OP_SIMD,		Vx,  Ey,  Ib, OF_66)
UD(0x23, 0x3f)
ROWS(0x40, 0x42, OP_SIMD,	Vx,  Wdq, Ib, OF_66)
UD(0x43, 0x43)
ROW(0x44, OP_SIMD,		Vx,  Wdq, Ib, OF_66)
UD(0x45, 0x5f)
ROWS(0x60, 0x63, OP_SIMD,	Vx,  Wdq, Ib, OF_66)
UD(0x64, 0xcb)
ROW(0xcc, OP_SIMD,		Vx,  Wdq, Ib, OF_NP)
UD(0xcd, 0xcd)
ROWS(0xce, 0xcf, OP_SIMD,	Vx,  Wdq, Ib, OF_66)
UD(0xd0, 0xde)
ROW(0xdf, OP_SIMD,		Vx,  Wdq, Ib, OF_66)
UD(0xe0, 0xef)
ROW(0xf0, OP_BY_MOD,		GROUP_3AF0M, __, __, OF_F3)
UD(0xf1, 0xff)

#undef UD
/* clang-format on */
