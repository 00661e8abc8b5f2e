/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opcodes.h - the opcode maps of x86, as data
 *
 * Owns: struct kvm_opcode, a row an opcode, in the notation of the SDM's opcode
 * maps (volume 2, appendix A): a letter for how an operand is addressed, then
 * its size.  The rows are in rows_*.h; opcodes.c makes tables of them and has
 * the compiler check that no byte of a map is missing or there twice.
 *
 * A row is for the decoder, which takes length, access and size from it, and for
 * an executor, which will find its function by @op.
 *
 * Locking: none; constants.
 *
 * Deliberately absent: what CPUID says.  Every opcode of Intel's and AMD's that
 * has a row is decoded, whether the guest's CPU has it or not.  Also absent are
 * rows for VEX, EVEX and XOP: only their length is known.
 */
#ifndef TWINWALK_EMULATE_OPCODES_H
#define TWINWALK_EMULATE_OPCODES_H

#include <linux/types.h>

/* How an operand is addressed.  As far as METHOD_NU, by a ModRM byte. */
enum kvm_operand_method {
	METHOD_NONE,
	METHOD_E, /* ModRM.rm: general register or memory */
	METHOD_G, /* ModRM.reg: general register */
	METHOD_M, /* ModRM.rm: memory only */
	METHOD_R, /* ModRM.rm: general register only */
	METHOD_S, /* ModRM.reg: segment register */
	METHOD_C, /* ModRM.reg: control register */
	METHOD_D, /* ModRM.reg: debug register */
	METHOD_P, /* ModRM.reg: MMX register */
	METHOD_Q, /* ModRM.rm: MMX register or memory */
	METHOD_N, /* ModRM.rm: MMX register only */
	METHOD_V, /* ModRM.reg: XMM register */
	METHOD_W, /* ModRM.rm: XMM register or memory */
	METHOD_U, /* ModRM.rm: XMM register only */
	METHOD_PV, /* P without a mandatory prefix, else V */
	METHOD_QW, /* Q without a mandatory prefix, else W */
	METHOD_NU, /* N without a mandatory prefix, else U */
	METHOD_I, /* immediate */
	METHOD_SI, /* immediate, sign-extended to the operand's size */
	METHOD_J, /* relative to the next instruction */
	METHOD_A, /* far pointer in the instruction */
	METHOD_O, /* memory, its offset in the instruction */
	METHOD_X, /* memory at rSI */
	METHOD_Y, /* memory at ES:rDI */
	METHOD_B, /* memory at rBX + AL */
	METHOD_Z, /* general register in the opcode's low bits */
	METHOD_FIXED, /* a register, or the 1, that the opcode means */
};

/* Its size, in memory where register and memory differ. */
enum kvm_operand_size {
	SIZE_NONE, /* none, or not told by the instruction alone */
	SIZE_B,
	SIZE_W,
	SIZE_D,
	SIZE_Q,
	SIZE_DQ,
	SIZE_T, /* 10 bytes, for x87 */
	SIZE_48,
	SIZE_64,
	SIZE_512,
	SIZE_V, /* the operand size */
	SIZE_Z, /* the operand size, 4 bytes at most */
	SIZE_Y, /* the operand size, 4 bytes at least */
	SIZE_P, /* far pointer: the operand size and 2 */
	SIZE_A, /* two of the operand size */
	SIZE_YY, /* two of SIZE_Y */
	SIZE_S, /* limit and base of a descriptor table */
	SIZE_ENV, /* x87 environment */
	SIZE_FSAVE, /* x87 state */
	/* By the mandatory prefix: none, 66, F3, F2. */
	SIZE_X, /* 8, 16, 16, 16 */
	SIZE_FP, /* 16, 16, 4, 8: packed and scalar floating point */
	SIZE_CVT, /* 8, 16, 4, 8 */
	SIZE_SS, /* 4, 8 */
	SIZE_LOW, /* 4, 16 */
	NR_KVM_OPERAND_SIZES,
};

#define KVM_OPERAND(method, size)   ((method) << 8 | (size))
#define KVM_OPERAND_METHOD(operand) ((operand) >> 8)
#define KVM_OPERAND_SIZE(operand)   ((operand) % 256)

/* The SDM's names, with PV, QW and NU added. */
enum kvm_operand {
	__ = 0,
	Eb = KVM_OPERAND(METHOD_E, SIZE_B),
	Ew = KVM_OPERAND(METHOD_E, SIZE_W),
	Ed = KVM_OPERAND(METHOD_E, SIZE_D),
	Ez = KVM_OPERAND(METHOD_E, SIZE_Z),
	Ev = KVM_OPERAND(METHOD_E, SIZE_V),
	Ey = KVM_OPERAND(METHOD_E, SIZE_Y),
	Gb = KVM_OPERAND(METHOD_G, SIZE_B),
	Gw = KVM_OPERAND(METHOD_G, SIZE_W),
	Gv = KVM_OPERAND(METHOD_G, SIZE_V),
	Gy = KVM_OPERAND(METHOD_G, SIZE_Y),
	Gz = KVM_OPERAND(METHOD_G, SIZE_Z),
	Rw = KVM_OPERAND(METHOD_R, SIZE_W),
	Rd = KVM_OPERAND(METHOD_R, SIZE_D),
	Rv = KVM_OPERAND(METHOD_R, SIZE_V),
	Ry = KVM_OPERAND(METHOD_R, SIZE_Y),
	Mx = KVM_OPERAND(METHOD_M, SIZE_NONE),
	Mb = KVM_OPERAND(METHOD_M, SIZE_B),
	Mw = KVM_OPERAND(METHOD_M, SIZE_W),
	Md = KVM_OPERAND(METHOD_M, SIZE_D),
	Mq = KVM_OPERAND(METHOD_M, SIZE_Q),
	Mdq = KVM_OPERAND(METHOD_M, SIZE_DQ),
	Mt = KVM_OPERAND(METHOD_M, SIZE_T),
	M48 = KVM_OPERAND(METHOD_M, SIZE_48),
	M64 = KVM_OPERAND(METHOD_M, SIZE_64),
	M512 = KVM_OPERAND(METHOD_M, SIZE_512),
	Mv = KVM_OPERAND(METHOD_M, SIZE_V),
	My = KVM_OPERAND(METHOD_M, SIZE_Y),
	Mp = KVM_OPERAND(METHOD_M, SIZE_P),
	Ma = KVM_OPERAND(METHOD_M, SIZE_A),
	Myy = KVM_OPERAND(METHOD_M, SIZE_YY),
	Ms = KVM_OPERAND(METHOD_M, SIZE_S),
	Menv = KVM_OPERAND(METHOD_M, SIZE_ENV),
	Mfsave = KVM_OPERAND(METHOD_M, SIZE_FSAVE),
	Mxx = KVM_OPERAND(METHOD_M, SIZE_X),
	Mfp = KVM_OPERAND(METHOD_M, SIZE_FP),
	Sw = KVM_OPERAND(METHOD_S, SIZE_W),
	Cy = KVM_OPERAND(METHOD_C, SIZE_Y),
	Dy = KVM_OPERAND(METHOD_D, SIZE_Y),
	Pq = KVM_OPERAND(METHOD_P, SIZE_Q),
	Qq = KVM_OPERAND(METHOD_Q, SIZE_Q),
	Nq = KVM_OPERAND(METHOD_N, SIZE_Q),
	Vx = KVM_OPERAND(METHOD_V, SIZE_DQ),
	Wb = KVM_OPERAND(METHOD_W, SIZE_B),
	Ww = KVM_OPERAND(METHOD_W, SIZE_W),
	Wd = KVM_OPERAND(METHOD_W, SIZE_D),
	Wq = KVM_OPERAND(METHOD_W, SIZE_Q),
	Wdq = KVM_OPERAND(METHOD_W, SIZE_DQ),
	Wfp = KVM_OPERAND(METHOD_W, SIZE_FP),
	Wcvt = KVM_OPERAND(METHOD_W, SIZE_CVT),
	Wss = KVM_OPERAND(METHOD_W, SIZE_SS),
	W48 = KVM_OPERAND(METHOD_W, SIZE_48),
	Wany = KVM_OPERAND(METHOD_W, SIZE_NONE),
	Udq = KVM_OPERAND(METHOD_U, SIZE_DQ),
	PVx = KVM_OPERAND(METHOD_PV, SIZE_X),
	QWx = KVM_OPERAND(METHOD_QW, SIZE_X),
	QWlow = KVM_OPERAND(METHOD_QW, SIZE_LOW),
	NUx = KVM_OPERAND(METHOD_NU, SIZE_X),
	Ib = KVM_OPERAND(METHOD_I, SIZE_B),
	Iw = KVM_OPERAND(METHOD_I, SIZE_W),
	Id = KVM_OPERAND(METHOD_I, SIZE_D),
	Iz = KVM_OPERAND(METHOD_SI, SIZE_Z),
	Iv = KVM_OPERAND(METHOD_I, SIZE_V),
	sIb = KVM_OPERAND(METHOD_SI, SIZE_B),
	Jb = KVM_OPERAND(METHOD_J, SIZE_B),
	Jz = KVM_OPERAND(METHOD_J, SIZE_Z),
	Ap = KVM_OPERAND(METHOD_A, SIZE_P),
	Ob = KVM_OPERAND(METHOD_O, SIZE_B),
	Ov = KVM_OPERAND(METHOD_O, SIZE_V),
	Xb = KVM_OPERAND(METHOD_X, SIZE_B),
	Xz = KVM_OPERAND(METHOD_X, SIZE_Z),
	Xv = KVM_OPERAND(METHOD_X, SIZE_V),
	Yb = KVM_OPERAND(METHOD_Y, SIZE_B),
	Yz = KVM_OPERAND(METHOD_Y, SIZE_Z),
	Yv = KVM_OPERAND(METHOD_Y, SIZE_V),
	Bb = KVM_OPERAND(METHOD_B, SIZE_B),
	Zb = KVM_OPERAND(METHOD_Z, SIZE_B),
	Zv = KVM_OPERAND(METHOD_Z, SIZE_V),
	rAL = KVM_OPERAND(METHOD_FIXED, 0),
	rAX = KVM_OPERAND(METHOD_FIXED, 1),
	rCL = KVM_OPERAND(METHOD_FIXED, 2),
	rDX = KVM_OPERAND(METHOD_FIXED, 3),
	rES = KVM_OPERAND(METHOD_FIXED, 4),
	rCS = KVM_OPERAND(METHOD_FIXED, 5),
	rSS = KVM_OPERAND(METHOD_FIXED, 6),
	rDS = KVM_OPERAND(METHOD_FIXED, 7),
	rFS = KVM_OPERAND(METHOD_FIXED, 8),
	rGS = KVM_OPERAND(METHOD_FIXED, 9),
	r1 = KVM_OPERAND(METHOD_FIXED, 10),
};

/*
 * What an opcode does.  OP_BY_* are no instructions: another row has to be
 * chosen from the group that the first operand names.  Conditions of Jcc,
 * SETcc and CMOVcc are the opcode's low four bits.
 */
enum kvm_op {
	OP_UNDEFINED,
	OP_PREFIX,
	OP_ESCAPE,
	OP_BY_REG, /* ModRM.reg */
	OP_BY_MOD, /* this group for memory, the next for registers; ModRM.reg */
	OP_BY_RM, /* ModRM.rm */
	OP_BY_PREFIX, /* mandatory prefix: none, 66, F3, F2 */
	OP_BY_LONG, /* 0, in 64-bit mode 1 */
	OP_BY_REX_B, /* REX.B */
	OP_LAST_BY = OP_BY_REX_B,
	/* clang-format off */
	OP_3DNOW, OP_AAA, OP_AAD, OP_AAM, OP_AAS, OP_ADC, OP_ADD, OP_ADCX, OP_ADOX,
	OP_AND, OP_ARPL, OP_BOUND, OP_BSF, OP_BSR, OP_BSWAP, OP_BT, OP_BTC, OP_BTR,
	OP_BTS, OP_CALL, OP_CALL_FAR, OP_CBW, OP_CLAC, OP_CLC, OP_CLD, OP_CLFLUSH,
	OP_CLGI, OP_CLI, OP_CLTS, OP_CLZERO, OP_CMC, OP_CMOV, OP_CMP, OP_CMPS,
	OP_CMPXCHG, OP_CMPXCHG8B, OP_CPUID, OP_CRC32, OP_CWD, OP_DAA, OP_DAS, OP_DEC,
	OP_DIV, OP_EMMS, OP_ENCL, OP_ENTER, OP_FENCE, OP_FPU, OP_FXRSTOR, OP_FXSAVE,
	OP_GETSEC, OP_HLT, OP_IDIV, OP_IMUL, OP_IN, OP_INC, OP_INS, OP_INT, OP_INT1,
	OP_INT3, OP_INTO, OP_INVD, OP_INVEPT, OP_INVLPG, OP_INVLPGA, OP_INVLPGB,
	OP_INVPCID, OP_INVVPID, OP_IRET, OP_JCC, OP_JCXZ, OP_JMP, OP_JMP_FAR,
	OP_LAHF, OP_LAR, OP_LDMXCSR, OP_LDS, OP_LEA, OP_LEAVE, OP_LES, OP_LFS,
	OP_LGDT, OP_LGS, OP_LIDT, OP_LLDT, OP_LMSW, OP_LODS, OP_LOOP, OP_LOOPE,
	OP_LOOPNE, OP_LSL, OP_LSS, OP_LTR, OP_LZCNT, OP_MONITOR, OP_MONITORX, OP_MOV,
	OP_MOVAPS, OP_MOVBE, OP_MOVD, OP_MOVDIR64B, OP_MOVDIRI, OP_MOVDQ, OP_MOVNT,
	OP_MOVNTI, OP_MOVQ, OP_MOVS, OP_MOVSX, OP_MOVUPS, OP_MOVZX, OP_MOV_CR,
	OP_MOV_DR, OP_MCOMMIT, OP_MUL, OP_MWAIT, OP_MWAITX, OP_NEG, OP_NOP, OP_NOT, OP_OR, OP_OUT,
	OP_OUTS, OP_PCONFIG, OP_PKRU, OP_POP, OP_POPA, OP_POPCNT, OP_POPF, OP_PTWRITE,
	OP_PUSH, OP_PUSHA, OP_PUSHF, OP_RCL, OP_RCR, OP_RDFSBASE, OP_RDGSBASE,
	OP_RDMSR, OP_RDPID, OP_RDPMC, OP_RDPRU, OP_RDRAND, OP_RDSEED, OP_RDTSC,
	OP_RDTSCP, OP_RET, OP_RET_FAR, OP_ROL, OP_ROR, OP_RSM, OP_SAHF, OP_SALC,
	OP_SAR, OP_SBB, OP_SCAS, OP_SETCC, OP_SGDT, OP_SHL, OP_SHLD, OP_SHR, OP_SHRD,
	OP_SHSTK, /* all of CET's */
	OP_SIDT,
	OP_SIMD, /* any other of MMX's or SSE's */
	OP_SKINIT, OP_SLDT, OP_SMSW, OP_SNP, OP_STAC, OP_STC, OP_STD, OP_STGI,
	OP_STI, OP_STMXCSR, OP_STOS, OP_STR, OP_SUB, OP_SWAPGS, OP_SYSCALL,
	OP_SYSENTER, OP_SYSEXIT, OP_SYSRET, OP_TDX, OP_TEST, OP_TLBSYNC, OP_TSX,
	OP_TZCNT, OP_UINTR, OP_UMWAIT, OP_VERR, OP_VERW,
	OP_VEX, /* any of VEX, EVEX and XOP */
	OP_VMCALL, OP_VMCLEAR, OP_VMFUNC, OP_VMLAUNCH, OP_VMLOAD, OP_VMMCALL,
	OP_VMPTRLD, OP_VMPTRST, OP_VMREAD, OP_VMRESUME, OP_VMRUN, OP_VMSAVE,
	OP_VMWRITE, OP_VMXOFF, OP_VMXON, OP_WAIT, OP_WBINVD, OP_WRFSBASE,
	OP_WRGSBASE, OP_WRMSR, OP_XADD, OP_XCHG, OP_XGETBV, OP_XLAT, OP_XOR,
	OP_XRSTOR, OP_XSAVE, OP_XSETBV,
	/* clang-format on */
	NR_KVM_OPS,
};

/*
 * Flags of a row.  A memory operand that comes first is read and written, one
 * that comes later is read, if no flag says otherwise.
 */
#define OF_W	  0x0001 /* the first operand is written, not read */
#define OF_T	  0x0002 /* the first operand is read, not written */
#define OF_N	  0x0004 /* memory is not accessed */
#define OF_LOCK	  0x0008 /* may be locked, if the first operand is memory */
#define OF_I64	  0x0010 /* undefined in 64-bit mode */
#define OF_O64	  0x0020 /* undefined outside of it */
#define OF_D64	  0x0040 /* 64-bit mode: 64-bit operands, with 66 16-bit */
#define OF_F64	  0x0080 /* 64-bit operands there, 32-bit elsewhere; no 66 */
#define OF_BRANCH 0x0100 /* near: 64-bit operands, 66 counts for AMD only */
#define OF_NOREAL 0x0200 /* undefined in real and virtual-8086 mode */
#define OF_MOD3	  0x0400 /* ModRM.mod does not count: a register */
/* Mandatory prefixes it exists with; none of them: they are none to it. */
#define OF_NP 0x1000
#define OF_66 0x2000
#define OF_F3 0x4000
#define OF_F2 0x8000

/* The groups of the SDM's table A-6, and others that rows are chosen from. */
enum kvm_opcode_group {
	/* clang-format off */
	GROUP_1B, GROUP_1V, GROUP_1VB, GROUP_1A, GROUP_2BI, GROUP_2VI, GROUP_2B1,
	GROUP_2V1, GROUP_2BC, GROUP_2VC, GROUP_3B, GROUP_3V, GROUP_4, GROUP_5,
	GROUP_63, GROUP_90, GROUP_6, GROUP_7M, GROUP_7R, GROUP_7R0, GROUP_7R1,
	GROUP_7R17, GROUP_7R2, GROUP_7R3, GROUP_7R5, GROUP_7R50, GROUP_7R51, GROUP_7R52,
	GROUP_7R54, GROUP_7R55, GROUP_7R56, GROUP_7R57, GROUP_7R7, GROUP_7R72, GROUP_7R76,
	GROUP_7R77, GROUP_8, GROUP_9M, GROUP_9R, GROUP_9M6, GROUP_9R6, GROUP_9R7,
	GROUP_11BM, GROUP_11BR, GROUP_11BR7, GROUP_11VM, GROUP_11VR, GROUP_11VR7,
	GROUP_12, GROUP_13, GROUP_14, GROUP_15M, GROUP_15R, GROUP_15M4,
	GROUP_15M6, GROUP_15R5, GROUP_15R6, GROUP_0F12, GROUP_0F16, GROUP_0F2A,
	GROUP_0F2C, GROUP_0F78, GROUP_0F78X, GROUP_0F79, GROUP_0F7E, GROUP_0FBC,
	GROUP_0FBD, GROUP_0FD6, GROUP_0FE6, GROUP_38D8M, GROUP_38D8R, GROUP_38DC,
	GROUP_38DD, GROUP_38DE, GROUP_38DF, GROUP_38F0, GROUP_38F1, GROUP_38F6,
	GROUP_38F8, GROUP_3AF0M, GROUP_3AF0R, GROUP_3AF0,
	GROUP_D8M, GROUP_D8R, GROUP_D9M, GROUP_D9R, GROUP_DAM, GROUP_DAR, GROUP_DBM,
	GROUP_DBR, GROUP_DCM, GROUP_DCR, GROUP_DDM, GROUP_DDR, GROUP_DEM, GROUP_DER,
	GROUP_DFM, GROUP_DFR, GROUP_D9R2, GROUP_D9R4, GROUP_D9R5, GROUP_DAR5,
	GROUP_DBR4, GROUP_DER3, GROUP_DFR4,
	/* clang-format on */
	NR_KVM_OPCODE_GROUPS,
};

enum kvm_opcode_map {
	KVM_MAP_ONE_BYTE,
	KVM_MAP_0F,
	KVM_MAP_0F38,
	KVM_MAP_0F3A,
	NR_KVM_OPCODE_MAPS,
};

/**
 * struct kvm_opcode - an opcode
 * @op: what it does, an enum kvm_op
 * @operand: its operands in the SDM's order, the destination first; for
 *	OP_BY_*, the first is an enum kvm_opcode_group
 * @flags: OF_*
 */
struct kvm_opcode {
	u16 op;
	u16 operand[3];
	u32 flags;
};

/**
 * kvm_opcode_row() - the row of an opcode
 * @map: which map
 * @byte: the opcode, after the bytes that lead to @map
 *
 * Context: any.
 * Return: the row; never NULL.
 */
const struct kvm_opcode *kvm_opcode_row(enum kvm_opcode_map map, u8 byte);

/**
 * kvm_opcode_choose() - the row of a group
 * @by: a row whose op is one of OP_BY_*
 * @next: take the group after the one that @by names: 0 or 1
 * @index: which row of the group, 0 to 7
 *
 * Context: any.
 * Return: the row, which may be one of OP_BY_* again; never NULL.
 */
const struct kvm_opcode *kvm_opcode_choose(const struct kvm_opcode *by,
					   unsigned int next,
					   unsigned int index);

/**
 * kvm_opcode_vex() - the row of an opcode with VEX, EVEX or XOP
 * @map: the map's number in that prefix, 8 to 10 for XOP
 * @byte: the opcode
 *
 * Context: any.
 * Return: a row, with op OP_VEX, that has only what gives the length; one with
 * OP_UNDEFINED where there is no such map.
 */
const struct kvm_opcode *kvm_opcode_vex(unsigned int map, u8 byte);

#endif
