/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - from bytes to an x86 instruction
 *
 * Owns: struct kvm_insn and the pure function that fills it: how long an
 * instruction is, which memory it accesses and how, and what its fields say.
 * It knows bytes and a mode; no guest, no vCPU, no CPUID.  It builds outside of
 * the kernel too.  The opcodes are in opcodes.h.
 *
 * Locking: none; pure.
 *
 * References: SDM 2, chapters 2 and appendix A; APM 3, chapter 1 and appendix A.
 *
 * Deliberately absent: memory that no ModRM byte, no offset and no string
 * instruction names, such as the stack, descriptor tables and what MASKMOVQ
 * writes; which opcodes a CPU has; what VEX, EVEX and XOP do, of which only the
 * length is known.
 */
#ifndef TWINWALK_EMULATE_DECODE_H
#define TWINWALK_EMULATE_DECODE_H

#include <linux/types.h>

struct kvm_opcode;

/* An instruction is never longer, whatever its prefixes (SDM 2, 2.3.11). */
#define KVM_INSN_MAX_LEN 15

/* How the guest's CPU reads code. */
enum kvm_insn_mode {
	KVM_INSN_REAL, /* real mode and virtual-8086 mode */
	KVM_INSN_PROT16, /* protected or compatibility mode, CS.D = 0 */
	KVM_INSN_PROT32, /* protected or compatibility mode, CS.D = 1 */
	KVM_INSN_LONG, /* 64-bit mode */
};

/*
 * Beside the mode: as AMD's CPUs do it.  There 66 counts before near branches
 * in 64-bit mode (APM 3, 1.2.2), REX.W does not before far ones, and LOCK makes
 * MOV CR0 a MOV CR8.
 */
#define KVM_INSN_AMD 0x100

enum kvm_insn_result {
	KVM_INSN_OK,
	KVM_INSN_MORE, /* it goes on after the bytes that there are */
	KVM_INSN_UNDEFINED, /* #UD */
	KVM_INSN_TOO_LONG, /* #GP: more than 15 bytes */
};

/* Prefixes; of 66 and the like, whether there was one. */
#define KVM_INSN_PFX_66	  0x01
#define KVM_INSN_PFX_67	  0x02
#define KVM_INSN_PFX_LOCK 0x04
#define KVM_INSN_PFX_F3	  0x08 /* of F3 and F2 the last one counts */
#define KVM_INSN_PFX_F2	  0x10

enum kvm_insn_encoding {
	KVM_INSN_LEGACY,
	KVM_INSN_VEX,
	KVM_INSN_EVEX,
	KVM_INSN_XOP,
};

/* Registers of an address, beside 0 to 15. */
#define KVM_INSN_REG_RIP  0x10 /* the next instruction's */
#define KVM_INSN_REG_AL	  0x11 /* XLAT: AL, zero-extended */
#define KVM_INSN_REG_NONE 0xff

/* Segments are numbered as in the instruction set: ES, CS, SS, DS, FS, GS. */
#define KVM_INSN_SEG_ES	  0
#define KVM_INSN_SEG_CS	  1
#define KVM_INSN_SEG_SS	  2
#define KVM_INSN_SEG_DS	  3
#define KVM_INSN_SEG_FS	  4
#define KVM_INSN_SEG_GS	  5
#define KVM_INSN_SEG_NONE 0xff

#define KVM_INSN_ACCESS_READ	0x1
#define KVM_INSN_ACCESS_WRITE	0x2
#define KVM_INSN_ACCESS_UNKNOWN 0x4

/**
 * struct kvm_insn_mem - memory that an instruction names
 * @disp: displacement or offset, sign-extended; of EVEX's short ones not scaled
 * @size: bytes, of a string instruction for each repetition; 0: the instruction
 *	alone does not tell
 * @access: KVM_INSN_ACCESS_*; 0: only its address is used
 * @base: number of a general register, or KVM_INSN_REG_RIP or _NONE
 * @index: number of a general register, or KVM_INSN_REG_AL or _NONE
 * @scale: the index is shifted left by so many
 * @seg: KVM_INSN_SEG_ES to _GS; overrides are in it
 *
 * The address is the sum, cut to the instruction's address size, in the segment.
 */
struct kvm_insn_mem {
	s64 disp;
	u16 size;
	u8 access;
	u8 base;
	u8 index;
	u8 scale;
	u8 seg;
};

/**
 * struct kvm_insn - an instruction
 * @row: its row in the opcode maps
 * @imm: the immediate, the relative branch's distance (sign-extended), the far
 *	pointer's offset; extended as the opcode means it
 * @imm2: the second immediate, the far pointer's selector
 * @mem: what memory it names, in the order of its operands
 * @nr_mem: how many of @mem: 0 to 2
 * @len: bytes
 * @prefixes: KVM_INSN_PFX_*
 * @seg: the segment override that counts, or KVM_INSN_SEG_NONE
 * @pfx: the mandatory prefix there is: none, 66, F3, F2: 0 to 3
 * @rex: REX's W, R, X and B in bits 3 to 0, or what VEX says of them
 * @has_rex: there is a REX that counts: registers 4 to 7 of a byte are SPL ...
 * @encoding: an enum kvm_insn_encoding
 * @map: an enum kvm_opcode_map; with @encoding other than legacy that prefix's
 * @opcode: the opcode's last byte
 * @has_modrm: @modrm counts
 * @modrm: the ModRM byte
 * @has_sib: @sib counts
 * @sib: the SIB byte
 * @reg: ModRM.reg with REX.R; of a MOV to or from CR or DR that register
 * @rm: ModRM.rm, or the register in the opcode, with REX.B; a register only
 *	if ModRM.mod is 3 or the opcode takes it for 3
 * @op_bytes: operand size: 2, 4 or 8
 * @ad_bytes: address size: 2, 4 or 8
 */
struct kvm_insn {
	const struct kvm_opcode *row;
	u64 imm;
	u64 imm2;
	struct kvm_insn_mem mem[2];
	u8 nr_mem;
	u8 len;
	u8 prefixes;
	u8 seg;
	u8 pfx;
	u8 rex;
	u8 has_rex;
	u8 encoding;
	u8 map;
	u8 opcode;
	u8 has_modrm;
	u8 modrm;
	u8 has_sib;
	u8 sib;
	u8 reg;
	u8 rm;
	u8 op_bytes;
	u8 ad_bytes;
};

/**
 * kvm_insn_decode() - decode one instruction
 * @insn: filled; has no meaning if the result is not KVM_INSN_OK
 * @bytes: what is at the guest's instruction pointer
 * @nr: how many bytes there are; more than 15 are not looked at
 * @how: an enum kvm_insn_mode, and KVM_INSN_AMD or not
 *
 * What begins with the same bytes decodes to the same, however many more follow;
 * with fewer bytes than its length an instruction is KVM_INSN_MORE, or
 * KVM_INSN_UNDEFINED if they suffice to tell.
 *
 * Context: any.
 * Return: an enum kvm_insn_result.
 */
enum kvm_insn_result kvm_insn_decode(struct kvm_insn *insn, const u8 *bytes,
				     unsigned int nr, unsigned int how);

#endif
