// SPDX-License-Identifier: GPL-2.0-only
/*
 * encodings.c - instructions written by hand, and what they are
 *
 * Each as the SDM or the APM writes it, in the modes in which it differs.
 */
#include <linux/kernel.h>
#include <linux/types.h>

#include "emulate/decode.h"
#include "tests/emulate/encodings.h"

#define REAL KVM_INSN_REAL
#define P16  KVM_INSN_PROT16
#define P32  KVM_INSN_PROT32
#define LONG KVM_INSN_LONG
#define AMD  (KVM_INSN_LONG | KVM_INSN_AMD)

/* No memory; address only; read; written; both; no row to tell. */
#define NONE 0
#define ADDR 0
#define RD   KVM_INSN_ACCESS_READ
#define WR   KVM_INSN_ACCESS_WRITE
#define RW   (RD | WR)
#define WHO  KVM_INSN_ACCESS_UNKNOWN

#define OK(how, bytes, access, size)                                     \
	{                                                                \
		how, sizeof(bytes) - 1, KVM_INSN_OK, access, size, bytes \
	}
#define UD(how, bytes)                                                  \
	{                                                               \
		how, sizeof(bytes) - 1, KVM_INSN_UNDEFINED, 0, 0, bytes \
	}
#define LEN(how, bytes)                                                \
	{                                                              \
		how, sizeof(bytes) - 1, KVM_INSN_TOO_LONG, 0, 0, bytes \
	}

/* clang-format off */
const struct kvm_encoding kvm_encodings[] = {
	/* One byte, and what the mode makes of it. */
	OK(REAL, "\x90", NONE, 0), OK(LONG, "\x90", NONE, 0), OK(LONG, "\xf3\x90", NONE, 0),
	OK(LONG, "\x41\x90", NONE, 0), OK(LONG, "\xf4", NONE, 0), OK(LONG, "\xcc", NONE, 0),
	OK(LONG, "\xf1", NONE, 0), OK(LONG, "\xc3", NONE, 0), OK(LONG, "\xcb", NONE, 0),
	OK(LONG, "\xcf", NONE, 0), OK(LONG, "\x48\xcf", NONE, 0), OK(LONG, "\x9c", NONE, 0),
	OK(LONG, "\x9d", NONE, 0), OK(LONG, "\xc9", NONE, 0), OK(LONG, "\xfa", NONE, 0),
	OK(LONG, "\xfb", NONE, 0), OK(LONG, "\xec", NONE, 0), OK(LONG, "\xed", NONE, 0),
	OK(LONG, "\xee", NONE, 0), OK(LONG, "\x66\xef", NONE, 0), OK(LONG, "\x98", NONE, 0),
	OK(LONG, "\x48\x99", NONE, 0), OK(P32, "\x06", NONE, 0), UD(LONG, "\x06"),
	OK(P32, "\x07", NONE, 0), UD(LONG, "\x07"), OK(P32, "\x0e", NONE, 0), UD(LONG, "\x0e"),
	OK(P32, "\x16", NONE, 0), UD(LONG, "\x17"), OK(P32, "\x1e", NONE, 0), UD(LONG, "\x1f"),
	OK(P32, "\x27", NONE, 0), UD(LONG, "\x27"), OK(P32, "\x2f", NONE, 0), UD(LONG, "\x2f"),
	OK(P32, "\x37", NONE, 0), UD(LONG, "\x37"), OK(P32, "\x3f", NONE, 0), UD(LONG, "\x3f"),
	OK(P32, "\x60", NONE, 0), UD(LONG, "\x60"), OK(P32, "\x61", NONE, 0), UD(LONG, "\x61"),
	OK(P32, "\xce", NONE, 0), UD(LONG, "\xce"), OK(P32, "\xd6", NONE, 0), UD(LONG, "\xd6"),
	OK(P32, "\xd4\x0a", NONE, 0), UD(LONG, "\xd4\x0a"), OK(P32, "\xd5\x0a", NONE, 0),
	UD(LONG, "\xd5\x0a"), OK(P32, "\x40", NONE, 0), OK(P32, "\x4f", NONE, 0),
	OK(REAL, "\x48", NONE, 0), OK(P32, "\x50", NONE, 0), OK(LONG, "\x41\x57", NONE, 0),
	OK(LONG, "\x66\x58", NONE, 0),

	/* Arithmetic: each form of an operand. */
	OK(LONG, "\x00\x00", RW, 1), OK(LONG, "\x01\x00", RW, 4),
	OK(LONG, "\x66\x01\x00", RW, 2), OK(LONG, "\x48\x01\x00", RW, 8),
	OK(LONG, "\x66\x48\x01\x00", RW, 8), OK(LONG, "\x02\x00", RD, 1),
	OK(LONG, "\x03\x00", RD, 4), OK(P16, "\x03\x00", RD, 2), OK(P16, "\x66\x03\x00", RD, 4),
	OK(REAL, "\x01\x00", RW, 2), OK(LONG, "\x04\x12", NONE, 0),
	OK(LONG, "\x05\x12\x34\x56\x78", NONE, 0), OK(LONG, "\x66\x05\x12\x34", NONE, 0),
	OK(LONG, "\x48\x05\x12\x34\x56\x78", NONE, 0), OK(P16, "\x05\x12\x34", NONE, 0),
	OK(P16, "\x66\x05\x12\x34\x56\x78", NONE, 0), OK(REAL, "\x3c\x12", NONE, 0),
	OK(LONG, "\x38\x00", RD, 1), OK(LONG, "\x39\x00", RD, 4), OK(LONG, "\x3b\x00", RD, 4),
	OK(LONG, "\x80\x00\x12", RW, 1), OK(LONG, "\x80\x38\x12", RD, 1),
	OK(LONG, "\x81\x00\x12\x34\x56\x78", RW, 4), OK(LONG, "\x66\x81\x00\x12\x34", RW, 2),
	OK(LONG, "\x48\x81\x38\x12\x34\x56\x78", RD, 8), OK(LONG, "\x83\x28\x12", RW, 4),
	OK(LONG, "\x83\xc0\x12", NONE, 0), OK(P32, "\x82\x00\x12", RW, 1),
	UD(LONG, "\x82\x00\x12"), OK(LONG, "\x84\x00", RD, 1), OK(LONG, "\x85\x00", RD, 4),
	OK(LONG, "\xa8\x12", NONE, 0), OK(LONG, "\xa9\x12\x34\x56\x78", NONE, 0),
	OK(LONG, "\x86\x00", RW, 1), OK(LONG, "\x87\x00", RW, 4),
	OK(LONG, "\x48\x87\x00", RW, 8), OK(LONG, "\x69\x00\x12\x34\x56\x78", RD, 4),
	OK(LONG, "\x66\x69\x00\x12\x34", RD, 2), OK(LONG, "\x6b\x00\x12", RD, 4),
	OK(LONG, "\x0f\xaf\x00", RD, 4), OK(LONG, "\xc0\x20\x03", RW, 1),
	OK(LONG, "\xc1\x20\x03", RW, 4), OK(LONG, "\xd0\x20", RW, 1),
	OK(LONG, "\xd1\xe0", NONE, 0), OK(LONG, "\xd3\x38", RW, 4), OK(LONG, "\xd2\x30", RW, 1),
	OK(LONG, "\xfe\x00", RW, 1), OK(LONG, "\xfe\x08", RW, 1), UD(LONG, "\xfe\x10"),
	OK(LONG, "\xff\x00", RW, 4), OK(LONG, "\xff\x08", RW, 4), UD(LONG, "\xff\x38"),

	/* Group 3: TEST has an immediate, the others have none. */
	OK(LONG, "\xf6\x00\x12", RD, 1), OK(LONG, "\xf6\x08\x12", RD, 1),
	OK(LONG, "\xf6\xc0\x12", NONE, 0), OK(LONG, "\xf6\x10", RW, 1),
	OK(LONG, "\xf6\x18", RW, 1), OK(LONG, "\xf6\x20", RD, 1), OK(LONG, "\xf6\x28", RD, 1),
	OK(LONG, "\xf6\x30", RD, 1), OK(LONG, "\xf6\x38", RD, 1),
	OK(LONG, "\xf7\x00\x12\x34\x56\x78", RD, 4), OK(LONG, "\x66\xf7\x00\x12\x34", RD, 2),
	OK(LONG, "\x48\xf7\xc0\x12\x34\x56\x78", NONE, 0), OK(P16, "\xf7\x00\x12\x34", RD, 2),
	OK(P16, "\x66\xf7\x00\x12\x34\x56\x78", RD, 4), OK(LONG, "\xf7\x10", RW, 4),
	OK(LONG, "\xf7\x20", RD, 4), OK(LONG, "\x48\xf7\x38", RD, 8),

	/* Moves. */
	OK(LONG, "\x88\x00", WR, 1), OK(LONG, "\x89\x00", WR, 4),
	OK(LONG, "\x48\x89\x00", WR, 8), OK(LONG, "\x8a\x00", RD, 1),
	OK(LONG, "\x8b\x00", RD, 4), OK(LONG, "\x66\x8b\x00", RD, 2),
	OK(LONG, "\x8c\x00", WR, 2), OK(LONG, "\x48\x8c\x00", WR, 2),
	OK(LONG, "\x8e\x18", RD, 2), OK(LONG, "\x8e\xd8", NONE, 0), UD(LONG, "\x8e\xc8"),
	UD(LONG, "\x8e\xf0"), UD(LONG, "\x8c\xf8"), OK(LONG, "\x44\x8e\xd8", NONE, 0),
	OK(LONG, "\x8d\x00", ADDR, 0), UD(LONG, "\x8d\xc0"), OK(LONG, "\x8f\x00", WR, 8),
	OK(LONG, "\x66\x8f\x00", WR, 2), OK(P32, "\x8f\x00", WR, 4),
	OK(REAL, "\x8f\x06\x34\x12", WR, 2), UD(REAL, "\x8f\x08"),
	OK(LONG, "\xb0\x12", NONE, 0), OK(LONG, "\xb8\x12\x34\x56\x78", NONE, 0),
	OK(LONG, "\x66\xb8\x12\x34", NONE, 0), OK(P16, "\xb8\x12\x34", NONE, 0),
	OK(LONG, "\x48\xb8\x12\x34\x56\x78\x9a\xbc\xde\xf0", NONE, 0),
	OK(LONG, "\x49\xbf\x12\x34\x56\x78\x9a\xbc\xde\xf0", NONE, 0),
	OK(LONG, "\xc6\x00\x12", WR, 1), OK(LONG, "\xc7\x00\x12\x34\x56\x78", WR, 4),
	OK(LONG, "\x66\xc7\x00\x12\x34", WR, 2),
	OK(LONG, "\x48\xc7\x00\x12\x34\x56\x78", WR, 8), UD(LONG, "\xc6\x08"),
	OK(LONG, "\xc6\xf8\x12", NONE, 0), OK(LONG, "\xc7\xf8\x12\x34\x56\x78", NONE, 0),
	UD(LONG, "\xc7\x38"), OK(LONG, "\x63\x00", RD, 4), OK(LONG, "\x48\x63\x00", RD, 4),
	OK(P32, "\x63\x00", RW, 2), UD(REAL, "\x63\x00"), OK(LONG, "\x0f\xb6\x00", RD, 1),
	OK(LONG, "\x0f\xb7\x00", RD, 2), OK(LONG, "\x48\x0f\xbe\x00", RD, 1),
	OK(LONG, "\x48\x0f\xbf\x00", RD, 2), OK(LONG, "\x0f\x44\x00", RD, 4),
	OK(LONG, "\x0f\x94\x00", WR, 1), OK(LONG, "\x0f\xc3\x00", WR, 4),
	OK(LONG, "\x48\x0f\xc3\x00", WR, 8), UD(LONG, "\x0f\xc3\xc0"),
	OK(LONG, "\x0f\x38\xf0\x00", RD, 4), OK(LONG, "\x66\x0f\x38\xf1\x00", WR, 2),
	OK(LONG, "\xf2\x0f\x38\xf0\x00", RD, 1), OK(LONG, "\x66\xf2\x0f\x38\xf1\x00", RD, 2),
	OK(LONG, "\x0f\xc8", NONE, 0), OK(LONG, "\x49\x0f\xcf", NONE, 0),
	OK(P32, "\xc4\x00", RD, 6), OK(P16, "\xc5\x00", RD, 4), OK(P16, "\x66\xc5\x00", RD, 6),
	OK(LONG, "\x0f\xb2\x00", RD, 6), OK(LONG, "\x48\x0f\xb4\x00", RD, 10),
	OK(AMD, "\x48\x0f\xb5\x00", RD, 6), UD(LONG, "\x0f\xb2\xc0"),

	/* Offsets without ModRM are as wide as an address. */
	OK(LONG, "\xa0\x01\x02\x03\x04\x05\x06\x07\x08", RD, 1),
	OK(LONG, "\xa1\x01\x02\x03\x04\x05\x06\x07\x08", RD, 4),
	OK(LONG, "\x48\xa3\x01\x02\x03\x04\x05\x06\x07\x08", WR, 8),
	OK(LONG, "\x67\xa1\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x66\x67\xa3\x01\x02\x03\x04", WR, 2), OK(P32, "\xa2\x01\x02\x03\x04", WR, 1),
	OK(P32, "\x67\xa2\x01\x02", WR, 1), OK(P16, "\xa1\x01\x02", RD, 2),
	OK(REAL, "\x66\x67\xa1\x01\x02\x03\x04", RD, 4),

	/* Addresses: 16-bit. */
	OK(REAL, "\x8b\x07", RD, 2), OK(REAL, "\x8b\x06\x34\x12", RD, 2),
	OK(REAL, "\x8b\x46\x10", RD, 2), OK(REAL, "\x8b\x86\x34\x12", RD, 2),
	OK(P16, "\x8b\x04", RD, 2), OK(P32, "\x67\x8b\x04", RD, 4),
	OK(P32, "\x67\x8b\x06\x34\x12", RD, 4), OK(P32, "\x67\x8b\x05", RD, 4),
	OK(REAL, "\x67\x8b\x04\x24", RD, 2), OK(REAL, "\x67\x8b\x05\x01\x02\x03\x04", RD, 2),
	/* 32-bit. */
	OK(P32, "\x8b\x04\x24", RD, 4), OK(P32, "\x8b\x44\x24\x10", RD, 4),
	OK(P32, "\x8b\x84\x24\x01\x02\x03\x04", RD, 4),
	OK(P32, "\x8b\x05\x01\x02\x03\x04", RD, 4),
	OK(P32, "\x8b\x04\x25\x01\x02\x03\x04", RD, 4),
	OK(P32, "\x8b\x04\x85\x01\x02\x03\x04", RD, 4), OK(P32, "\x8b\x45\x00", RD, 4),
	OK(P32, "\x8b\x44\x05\x00", RD, 4),
	/* 64-bit: RIP, R12 and R13, SIB without base. */
	OK(LONG, "\x8b\x05\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x67\x8b\x05\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x41\x8b\x05\x01\x02\x03\x04", RD, 4), OK(LONG, "\x41\x8b\x45\x00", RD, 4),
	OK(LONG, "\x41\x8b\x04\x24", RD, 4), OK(LONG, "\x42\x8b\x04\x20", RD, 4),
	OK(LONG, "\x8b\x04\x25\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x41\x8b\x04\x25\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x42\x8b\x04\x25\x01\x02\x03\x04", RD, 4),
	OK(LONG, "\x8b\x84\xc8\x01\x02\x03\x04", RD, 4), OK(LONG, "\x67\x8b\x00", RD, 4),
	OK(LONG, "\xc7\x05\x01\x02\x03\x04\x05\x06\x07\x08", WR, 4),
	OK(LONG, "\x66\x81\x3d\x01\x02\x03\x04\x05\x06", RD, 2),

	/* Prefixes: which count, and REX only just before the opcode. */
	OK(LONG, "\x26\x8b\x00", RD, 4), OK(LONG, "\x2e\x8b\x00", RD, 4),
	OK(LONG, "\x36\x8b\x00", RD, 4), OK(LONG, "\x3e\x8b\x00", RD, 4),
	OK(LONG, "\x64\x8b\x00", RD, 4), OK(LONG, "\x65\x8b\x00", RD, 4),
	OK(LONG, "\x48\x66\x8b\x00", RD, 2), OK(LONG, "\x66\x48\x8b\x00", RD, 8),
	OK(LONG, "\x48\x41\x8b\x00", RD, 4), OK(LONG, "\x64\x3e\x8b\x00", RD, 4),
	OK(LONG, "\x66\x66\x66\x90", NONE, 0),
	OK(P32, "\xf2\xf3\x26\x64\x66\x67\x8b\x07", RD, 2), OK(LONG, "\xf0\x01\x00", RW, 4),
	UD(LONG, "\xf0\x01\xc0"), UD(LONG, "\xf0\x03\x00"), UD(LONG, "\xf0\x39\x00"),
	UD(LONG, "\xf0\x89\x00"), UD(LONG, "\xf0\x90"), OK(LONG, "\xf0\x0f\xb1\x08", RW, 4),
	OK(LONG, "\xf0\x48\x0f\xc1\x08", RW, 8), OK(LONG, "\xf0\x0f\xc7\x08", RW, 8),
	OK(LONG, "\xf0\x48\x0f\xc7\x08", RW, 16), OK(LONG, "\xf0\x86\x00", RW, 1),
	UD(LONG, "\xf0\x86\xc0"), OK(LONG, "\xf0\x0f\xba\x28\x03", RW, 4),
	UD(LONG, "\xf0\x0f\xba\x20\x03"), UD(LONG, "\xf0\xd1\x20"), UD(LONG, "\xf0\x8f\x00"),
	OK(LONG, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", NONE, 0),
	LEN(LONG, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"),
	LEN(LONG, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x8b"),
	LEN(LONG, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x8b\x05"),
	LEN(P32, "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\xb8\x01\x02\x03"),
	LEN(LONG, "\x2e\x2e\x2e\x2e\x2e\x2e\x48\xb8\x01\x02\x03\x04\x05\x06\x07"),

	/* Branches: in 64-bit mode 66 counts for AMD alone. */
	OK(LONG, "\xe8\x01\x02\x03\x04", NONE, 0),
	OK(LONG, "\x66\xe8\x01\x02\x03\x04", NONE, 0), OK(AMD, "\x66\xe8\x01\x02", NONE, 0),
	OK(AMD, "\x66\x48\xe8\x01\x02\x03\x04", NONE, 0), OK(P32, "\x66\xe8\x01\x02", NONE, 0),
	OK(P16, "\xe9\x01\x02", NONE, 0), OK(P16, "\x66\xe9\x01\x02\x03\x04", NONE, 0),
	OK(LONG, "\xeb\x01", NONE, 0), OK(LONG, "\x66\xe9\x01\x02\x03\x04", NONE, 0),
	OK(AMD, "\x66\xe9\x01\x02", NONE, 0), OK(LONG, "\x74\x01", NONE, 0),
	OK(LONG, "\x66\x74\x01", NONE, 0), OK(LONG, "\x0f\x84\x01\x02\x03\x04", NONE, 0),
	OK(LONG, "\x66\x0f\x84\x01\x02\x03\x04", NONE, 0),
	OK(AMD, "\x66\x0f\x84\x01\x02", NONE, 0), OK(REAL, "\x0f\x84\x01\x02", NONE, 0),
	OK(LONG, "\xe3\x01", NONE, 0), OK(LONG, "\x67\xe3\x01", NONE, 0),
	OK(LONG, "\xe2\x01", NONE, 0), OK(LONG, "\xc2\x01\x02", NONE, 0),
	OK(LONG, "\xca\x01\x02", NONE, 0), OK(LONG, "\xff\x10", RD, 8),
	OK(LONG, "\x66\xff\x10", RD, 8), OK(P32, "\xff\x20", RD, 4),
	OK(LONG, "\xff\x18", RD, 6), OK(LONG, "\x48\xff\x18", RD, 10),
	OK(AMD, "\x48\xff\x28", RD, 6), UD(LONG, "\xff\xd8"), OK(LONG, "\xff\xe0", NONE, 0),
	OK(LONG, "\xcd\x80", NONE, 0),
	/* Far pointers. */
	OK(P32, "\x9a\x01\x02\x03\x04\x05\x06", NONE, 0),
	OK(P32, "\x66\x9a\x01\x02\x05\x06", NONE, 0), OK(REAL, "\xea\x01\x02\x05\x06", NONE, 0),
	OK(REAL, "\x66\xea\x01\x02\x03\x04\x05\x06", NONE, 0), UD(LONG, "\x9a"),
	UD(LONG, "\xea"),
	/* The stack. */
	OK(LONG, "\x68\x01\x02\x03\x04", NONE, 0), OK(LONG, "\x66\x68\x01\x02", NONE, 0),
	OK(P16, "\x68\x01\x02", NONE, 0), OK(LONG, "\x6a\x01", NONE, 0),
	OK(LONG, "\xff\x30", RD, 8), OK(LONG, "\x66\xff\x30", RD, 2),
	OK(P32, "\xff\x30", RD, 4), OK(LONG, "\x0f\xa0", NONE, 0),
	OK(LONG, "\x0f\xa9", NONE, 0), OK(LONG, "\xc8\x10\x00\x01", NONE, 0),
	OK(REAL, "\xc8\x10\x00\x01", NONE, 0),

	/* Strings, XLAT, ports. */
	OK(LONG, "\xa4", WR, 1), OK(LONG, "\x48\xa5", WR, 8), OK(LONG, "\xf3\x66\xa5", WR, 2),
	OK(REAL, "\x66\xa5", WR, 4), OK(LONG, "\xf3\xa6", RD, 1), OK(LONG, "\xa7", RD, 4),
	OK(LONG, "\xaa", WR, 1), OK(LONG, "\xf3\x48\xab", WR, 8), OK(LONG, "\xac", RD, 1),
	OK(LONG, "\xad", RD, 4), OK(LONG, "\xf2\xae", RD, 1), OK(LONG, "\xaf", RD, 4),
	OK(LONG, "\x6c", WR, 1), OK(LONG, "\x48\x6d", WR, 4), OK(REAL, "\x6d", WR, 2),
	OK(LONG, "\xf3\x6e", RD, 1), OK(LONG, "\x66\x6f", RD, 2),
	OK(LONG, "\x67\xf3\xa4", WR, 1), OK(LONG, "\xd7", RD, 1), OK(LONG, "\x65\xd7", RD, 1),
	OK(LONG, "\xe4\x60", NONE, 0), OK(LONG, "\xe5\x60", NONE, 0),
	OK(LONG, "\xe6\x60", NONE, 0), OK(LONG, "\xe7\x60", NONE, 0),
	OK(P32, "\x62\x00", RD, 8), OK(P16, "\x62\x00", RD, 4), UD(REAL, "\x62\xc0"),

	/* Bits. */
	OK(LONG, "\x0f\xa3\x00", RD, 4), OK(LONG, "\x0f\xab\x00", RW, 4),
	OK(LONG, "\x0f\xb3\x00", RW, 4), OK(LONG, "\x0f\xba\x20\x03", RD, 4),
	OK(LONG, "\x0f\xba\x38\x03", RW, 4), UD(LONG, "\x0f\xba\x18"),
	OK(LONG, "\x0f\xbc\x00", RD, 4), OK(LONG, "\xf3\x0f\xbd\x00", RD, 4),
	OK(LONG, "\xf3\x0f\xb8\x00", RD, 4), UD(LONG, "\x0f\xb8\x00"),
	OK(LONG, "\x0f\xa4\x00\x03", RW, 4), OK(LONG, "\x0f\xad\x00", RW, 4),

	/* The system's. */
	OK(LONG, "\x0f\xa2", NONE, 0), OK(LONG, "\x0f\x05", NONE, 0),
	OK(LONG, "\x48\x0f\x07", NONE, 0), OK(LONG, "\x0f\x30", NONE, 0),
	OK(LONG, "\x0f\x32", NONE, 0), OK(LONG, "\x0f\x31", NONE, 0),
	OK(LONG, "\x0f\x06", NONE, 0), OK(LONG, "\x0f\x08", NONE, 0),
	OK(LONG, "\x0f\x09", NONE, 0), OK(LONG, "\xf3\x0f\x09", NONE, 0), UD(LONG, "\x0f\x0b"),
	UD(LONG, "\x0f\x04"), UD(LONG, "\x0f\x0a"), UD(LONG, "\x0f\xff"), UD(LONG, "\x0f\xb9"),
	UD(LONG, "\x0f\x24\xc0"), OK(LONG, "\x0f\x20\xc0", NONE, 0),
	OK(LONG, "\x0f\x22\xd8", NONE, 0), OK(LONG, "\x44\x0f\x20\xc0", NONE, 0),
	OK(LONG, "\x0f\x22\x18", NONE, 0), UD(LONG, "\x0f\x20\xc8"), UD(LONG, "\x0f\x22\xe8"),
	UD(LONG, "\x44\x0f\x20\xc8"), OK(AMD, "\xf0\x0f\x20\xc0", NONE, 0),
	UD(LONG, "\xf0\x0f\x20\xc0"), OK(LONG, "\x0f\x21\xf8", NONE, 0),
	OK(LONG, "\x0f\x23\xc7", NONE, 0), UD(LONG, "\x44\x0f\x23\xc7"),
	OK(LONG, "\x0f\x00\x00", WR, 2), OK(LONG, "\x0f\x00\xd8", NONE, 0),
	OK(LONG, "\x0f\x00\x20", RD, 2), UD(REAL, "\x0f\x00\x00"), UD(LONG, "\x0f\x00\x38"),
	OK(LONG, "\x0f\x02\x00", RD, 2), UD(REAL, "\x0f\x03\x00"),
	OK(LONG, "\x0f\x01\x00", WR, 10), OK(P32, "\x0f\x01\x08", WR, 6),
	OK(LONG, "\x0f\x01\x10", RD, 10), OK(REAL, "\x0f\x01\x18", RD, 6),
	OK(LONG, "\x0f\x01\x20", WR, 2), OK(LONG, "\x0f\x01\xe0", NONE, 0),
	OK(LONG, "\x0f\x01\x30", RD, 2), OK(LONG, "\x0f\x01\x38", ADDR, 1),
	OK(LONG, "\x0f\x01\xf8", NONE, 0), UD(P32, "\x0f\x01\xf8"),
	OK(LONG, "\x0f\x01\xf9", NONE, 0), OK(LONG, "\x0f\x01\xc1", NONE, 0),
	OK(REAL, "\x0f\x01\xc1", NONE, 0), OK(LONG, "\x0f\x01\xd9", NONE, 0),
	OK(AMD, "\x0f\x01\xd8", NONE, 0), OK(AMD, "\x0f\x01\xda", NONE, 0),
	OK(AMD, "\x0f\x01\xdb", NONE, 0), OK(AMD, "\x0f\x01\xdc", NONE, 0),
	OK(AMD, "\x0f\x01\xdd", NONE, 0), OK(AMD, "\x0f\x01\xdf", NONE, 0),
	OK(LONG, "\x0f\x01\xc8", NONE, 0), OK(LONG, "\x0f\x01\xc9", NONE, 0),
	OK(LONG, "\x0f\x01\xd0", NONE, 0), OK(LONG, "\x0f\x01\xd1", NONE, 0),
	UD(LONG, "\x0f\x01\xd2"), OK(LONG, "\x0f\x01\xca", NONE, 0),
	OK(LONG, "\x66\x0f\x38\x82\x00", RD, 16), UD(LONG, "\x66\x0f\x38\x82\xc0"),
	UD(LONG, "\x0f\x38\x82\x00"), OK(LONG, "\x0f\xc7\xf0", NONE, 0),
	OK(LONG, "\x0f\xc7\xf8", NONE, 0), OK(LONG, "\xf3\x0f\xc7\xf8", NONE, 0),
	OK(LONG, "\x0f\x78\x00", WR, 8), OK(P32, "\x0f\x79\x00", RD, 4),
	OK(LONG, "\xf3\x0f\xc7\x30", RD, 8), UD(LONG, "\x0f\xc7\x00"),
	OK(LONG, "\x0f\xaa", NONE, 0), OK(LONG, "\x0f\x1f\x44\x00\x00", ADDR, 4),
	OK(LONG, "\xf3\x0f\x1e\xfa", NONE, 0), OK(LONG, "\x0f\x18\x08", ADDR, 4),
	OK(LONG, "\x0f\x0d\x08", ADDR, 4), OK(LONG, "\x0f\xae\x00", WR, 512),
	OK(LONG, "\x0f\xae\x08", RD, 512), OK(LONG, "\x0f\xae\x10", RD, 4),
	OK(LONG, "\x0f\xae\x18", WR, 4), OK(LONG, "\x0f\xae\x20", RW, 0),
	OK(LONG, "\x0f\xae\x38", ADDR, 1), OK(LONG, "\x0f\xae\xe8", NONE, 0),
	OK(LONG, "\x0f\xae\xf0", NONE, 0), OK(LONG, "\x0f\xae\xf8", NONE, 0),
	OK(LONG, "\xf3\x0f\xae\xc0", NONE, 0), UD(P32, "\xf3\x0f\xae\xc0"),

	/* x87. */
	OK(LONG, "\xd8\x00", RD, 4), OK(LONG, "\xd9\x00", RD, 4), UD(LONG, "\xd9\x08"),
	OK(LONG, "\xd9\x18", WR, 4), OK(LONG, "\xd9\x20", RD, 28),
	OK(LONG, "\x66\xd9\x30", WR, 14), OK(LONG, "\xd9\x28", RD, 2),
	OK(LONG, "\xd9\x38", WR, 2), OK(LONG, "\xdb\x28", RD, 10), OK(LONG, "\xdb\x38", WR, 10),
	UD(LONG, "\xdb\x20"), OK(LONG, "\xdb\xe3", NONE, 0), OK(LONG, "\xdd\x00", RD, 8),
	OK(LONG, "\xdd\x30", WR, 108), OK(REAL, "\xdd\x20", RD, 94),
	OK(LONG, "\xdf\x20", RD, 10), OK(LONG, "\xdf\xe0", NONE, 0),
	OK(LONG, "\xdf\x38", WR, 8), OK(LONG, "\xde\xd9", NONE, 0), UD(LONG, "\xde\xd8"),
	OK(LONG, "\x9b", NONE, 0),

	/* MMX, SSE, 3DNow! */
	UD(LONG, "\x0f\x50\x00"), UD(LONG, "\x66\x0f\xd7\x00"), UD(LONG, "\x0f\xc5\x00"),
	OK(LONG, "\xf2\xf3\x0f\x10\x00", RD, 4), OK(LONG, "\xf3\xf2\x0f\x10\x00", RD, 8),
	UD(LONG, "\xc4\xe5\x79\x10"), UD(LONG, "\xc4\xe8\x79\x10"),
	OK(LONG, "\x0f\x10\x00", RD, 16), OK(LONG, "\xf3\x0f\x10\x00", RD, 4),
	OK(LONG, "\xf2\x0f\x11\x00", WR, 8), OK(LONG, "\x66\x0f\x28\x00", RD, 16),
	UD(LONG, "\xf3\x0f\x28\x00"), OK(LONG, "\x0f\x29\x00", WR, 16),
	OK(LONG, "\x0f\x2b\x00", WR, 16), UD(LONG, "\x0f\x2b\xc0"),
	OK(LONG, "\x0f\x6e\x00", RD, 4), OK(LONG, "\x66\x48\x0f\x6e\x00", RD, 8),
	OK(LONG, "\x66\x0f\x7e\x00", WR, 4), OK(LONG, "\xf3\x0f\x7e\x00", RD, 8),
	OK(LONG, "\x0f\x6f\x00", RD, 8), OK(LONG, "\xf3\x0f\x6f\x00", RD, 16),
	OK(LONG, "\x66\x0f\x7f\x00", WR, 16), OK(LONG, "\x0f\x7f\x00", WR, 8),
	OK(LONG, "\x66\x0f\xd6\x00", WR, 8), OK(LONG, "\x0f\xe7\x00", WR, 8),
	OK(LONG, "\x66\x0f\xe7\x00", WR, 16), OK(LONG, "\x0f\x60\x00", RD, 4),
	OK(LONG, "\x66\x0f\x60\x00", RD, 16), OK(LONG, "\x0f\x70\x00\x12", RD, 8),
	OK(LONG, "\x66\x0f\x70\x00\x12", RD, 16), OK(LONG, "\x0f\xc6\x00\x12", RD, 16),
	OK(LONG, "\x66\x0f\x73\xd8\x04", NONE, 0), UD(LONG, "\x0f\x73\xd8"),
	OK(LONG, "\x0f\x77", NONE, 0), OK(LONG, "\x66\x0f\x3a\x0f\x00\x12", RD, 16),
	OK(LONG, "\x0f\x3a\x0f\x00\x12", RD, 8), OK(LONG, "\x66\x0f\x3a\x14\x00\x12", WR, 1),
	OK(LONG, "\x66\x0f\x38\x22\x00", RD, 2), UD(LONG, "\x0f\x38\x22\x00"),
	OK(LONG, "\xf2\x0f\xf0\x00", RD, 16), OK(LONG, "\xf2\x0f\x78\xc0\x01\x02", NONE, 0),
	OK(LONG, "\x66\x0f\x78\xc0\x01\x02", NONE, 0), OK(AMD, "\x0f\x0f\x00\xb4", RD, 8),
	OK(P32, "\x0f\x0f\xc1\x9e", NONE, 0), OK(AMD, "\x0f\x0f\x44\x24\x08\xae", RD, 8),
	OK(LONG, "\x66\x0f\x38\xf8\x00", RD, 64), OK(LONG, "\x0f\x38\xf9\x00", WR, 4),

	/* VEX, EVEX, XOP; outside of 64-bit mode LES, LDS, BOUND by ModRM.mod. */
	OK(LONG, "\xc5\xf8\x77", NONE, 0), OK(LONG, "\xc5\xf8\x10\x00", WHO, 0),
	OK(P32, "\xc5\xf8\x10\x00", WHO, 0), OK(P32, "\xc5\x78\x10", RD, 6),
	OK(LONG, "\xc5\x78\x10\xc0", NONE, 0), UD(REAL, "\xc5\xf8"),
	OK(LONG, "\xc5\xf9\x70\x00\x12", WHO, 0), OK(LONG, "\xc5\xf9\xc2\x00\x12", WHO, 0),
	OK(LONG, "\xc4\xe2\x79\x18\x00", WHO, 0), OK(LONG, "\xc4\xe3\x79\x0f\x00\x12", WHO, 0),
	OK(LONG, "\xc4\xe1\xf9\x6e\xc0", NONE, 0),
	OK(LONG, "\xc4\xc1\x78\x10\x05\x01\x02\x03\x04", WHO, 0), UD(LONG, "\xc4\xe4\x79\x10"),
	UD(LONG, "\x66\xc5\xf8\x77"), UD(LONG, "\x48\xc5\xf8\x77"),
	UD(LONG, "\xf0\xc5\xf8\x77"), UD(LONG, "\xf3\xc4\xe1\x78\x10"),
	OK(LONG, "\x62\xf1\x7c\x48\x10\x00", WHO, 0),
	OK(LONG, "\x62\xf1\x7c\x48\x10\x40\x01", WHO, 0),
	OK(LONG, "\x62\xf3\x7d\x48\x0f\x00\x12", WHO, 0),
	OK(P32, "\x62\xf1\x7c\x48\x10\xc0", NONE, 0), UD(LONG, "\x62\xf1\x78\x48\x10"),
	UD(LONG, "\x62\xf9\x7c\x48\x10"), UD(LONG, "\x66\x62\xf1\x7c\x48"),
	OK(LONG, "\x64\xc5\xf8\x10\x00", WHO, 0), OK(LONG, "\x8f\xe8\x78\xc0\xc1\x02", NONE, 0),
	OK(LONG, "\x8f\xe9\x78\x01\xc8", NONE, 0),
	OK(LONG, "\x8f\xea\x78\x10\xc0\x01\x02\x03\x04", NONE, 0), UD(REAL, "\x8f\xe8"),
};

/* clang-format on */

const unsigned int kvm_nr_encodings = ARRAY_SIZE(kvm_encodings);
