/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec.h - what the parts of the executor have in common
 *
 * Owns: struct exec, an instruction being executed: copies of the registers, of
 * which execute.c commits what has become of them, and the operands.  exec_*.c
 * have the functions of the instructions.
 *
 * Locking: none; each call has its own.
 */
#ifndef TWINWALK_EMULATE_EXEC_H
#define TWINWALK_EMULATE_EXEC_H

#include <linux/types.h>

#include "emulate/execute.h"
#include "emulate/opcodes.h"

#define X86_FLAG_CF   0x00001ull
#define X86_FLAG_PF   0x00004ull
#define X86_FLAG_AF   0x00010ull
#define X86_FLAG_ZF   0x00040ull
#define X86_FLAG_SF   0x00080ull
#define X86_FLAG_TF   0x00100ull
#define X86_FLAG_IF   0x00200ull
#define X86_FLAG_DF   0x00400ull
#define X86_FLAG_OF   0x00800ull
#define X86_FLAG_IOPL 0x03000ull
#define X86_FLAG_RF   0x10000ull
#define X86_FLAG_VM   0x20000ull
#define X86_FLAG_AC   0x40000ull

/* What instructions of arithmetic change. */
#define X86_FLAGS_STATUS                                                       \
	(X86_FLAG_CF | X86_FLAG_PF | X86_FLAG_AF | X86_FLAG_ZF | X86_FLAG_SF | \
	 X86_FLAG_OF)

#define X86_CRBIT0_PE	0x1ull
#define X86_CRBIT0_EM	0x4ull
#define X86_CRBIT0_TS	0x8ull
#define X86_CRBIT0_AM	0x40000ull
#define X86_CRBIT4_DE	0x8ull
#define X86_CRBIT4_FX	0x200ull
#define X86_CRBIT4_UMIP 0x800ull

enum x86_vector {
	X86_VEC_DE = 0,
	X86_VEC_DB = 1,
	X86_VEC_UD = 6,
	X86_VEC_NM = 7,
	X86_VEC_SS = 12,
	X86_VEC_GP = 13,
	X86_VEC_AC = 17,
};

enum operand_kind {
	OPERAND_NONE,
	OPERAND_REG,
	OPERAND_HIGH, /* AH, CH, DH, BH */
	OPERAND_MEM,
	OPERAND_IMM,
	OPERAND_OTHER, /* a register that is no general one */
};

/**
 * struct operand - an operand of the instruction
 * @kind: what it is
 * @size: bytes
 * @reg: number of the register
 * @la: linear address of the memory
 * @mem: the memory, as the decoder says it
 * @val: its value, zero-extended
 * @old: what memory held, for a locked access
 */
struct operand {
	enum operand_kind kind;
	u8 size;
	u8 reg;
	u64 la;
	const struct kvm_insn_mem *mem;
	u64 val;
	u64 old;
};

/**
 * struct exec - an instruction being executed
 * @ctxt: the guest CPU; only @fault and @buf are changed meanwhile
 * @insn: the instruction
 * @op: its operands, as far as execute.c resolves them
 * @regs: general registers, to be committed
 * @rip: of the next instruction, to be committed
 * @rflags: to be committed
 * @discard: nothing is written back to the first operand
 * @nr: string instructions: iterations done at once
 */
struct exec {
	struct x86_emulate_ctxt *ctxt;
	const struct kvm_insn *insn;
	struct operand op[3];
	u64 regs[NR_X86_REGS];
	u64 rip;
	u64 rflags;
	bool discard;
	unsigned int nr;
};

typedef int (*exec_fn)(struct exec *x);

static inline u64 size_mask(unsigned int size)
{
	return size >= 8 ? ~0ull : (1ull << 8 * size) - 1;
}

static inline bool exec_is_long(const struct exec *x)
{
	return (x->ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_LONG;
}

/* Real and virtual-8086 mode. */
static inline bool exec_is_real(const struct exec *x)
{
	return (x->ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_REAL;
}

/* execute.c */
int exec_fault(struct exec *x, enum x86_vector vector);
int exec_gp(struct exec *x);
u64 exec_reg_read(const struct exec *x, unsigned int reg, unsigned int size);
void exec_reg_write(struct exec *x, unsigned int reg, unsigned int size,
		    u64 val);
u64 exec_address(const struct exec *x, const struct kvm_insn_mem *mem);
int exec_linear(struct exec *x, unsigned int seg, u64 ea, unsigned int size,
		u32 access, u64 *la);
int exec_mem_linear(struct exec *x, const struct kvm_insn_mem *mem,
		    unsigned int size, u32 access, u64 *la);
int exec_resolve(struct exec *x, unsigned int i);
int exec_load(struct exec *x, unsigned int i);
int exec_store(struct exec *x, unsigned int i);
int exec_jump(struct exec *x, u64 rip);
bool exec_condition(const struct exec *x);

/* exec_alu.c */
int exec_binary(struct exec *x);
int exec_bits(struct exec *x);
int exec_cmpxchg(struct exec *x);
int exec_cmpxchg8b(struct exec *x);
int exec_double_shift(struct exec *x);
int exec_imul(struct exec *x);
int exec_mul(struct exec *x);
int exec_shift(struct exec *x);
int exec_unary(struct exec *x);
int exec_xadd(struct exec *x);

/* exec_move.c */
int exec_bswap(struct exec *x);
int exec_call(struct exec *x);
int exec_cbw(struct exec *x);
int exec_clc(struct exec *x);
int exec_cld(struct exec *x);
int exec_clflush(struct exec *x);
int exec_cmc(struct exec *x);
int exec_cmov(struct exec *x);
int exec_cwd(struct exec *x);
int exec_jcc(struct exec *x);
int exec_jcxz(struct exec *x);
int exec_jmp(struct exec *x);
int exec_lahf(struct exec *x);
int exec_lea(struct exec *x);
int exec_leave(struct exec *x);
int exec_loop(struct exec *x);
int exec_mov(struct exec *x);
int exec_movbe(struct exec *x);
int exec_movsx(struct exec *x);
int exec_movzx(struct exec *x);
int exec_nop(struct exec *x);
int exec_pop(struct exec *x);
int exec_popa(struct exec *x);
int exec_push(struct exec *x);
int exec_pusha(struct exec *x);
int exec_ret(struct exec *x);
int exec_sahf(struct exec *x);
int exec_setcc(struct exec *x);
int exec_sse_move(struct exec *x);
int exec_stc(struct exec *x);
int exec_std(struct exec *x);
int exec_xchg(struct exec *x);
int exec_xlat(struct exec *x);

/* exec_string.c */
int exec_cmps(struct exec *x);
int exec_in(struct exec *x);
int exec_ins(struct exec *x);
int exec_lods(struct exec *x);
int exec_movs(struct exec *x);
int exec_out(struct exec *x);
int exec_outs(struct exec *x);
int exec_scas(struct exec *x);
int exec_stos(struct exec *x);

/* exec_system.c */
int exec_clts(struct exec *x);
int exec_invlpg(struct exec *x);
int exec_lmsw(struct exec *x);
int exec_mov_cr(struct exec *x);
int exec_mov_dr(struct exec *x);
int exec_rdmsr(struct exec *x);
int exec_smsw(struct exec *x);
int exec_wbinvd(struct exec *x);
int exec_wrmsr(struct exec *x);

#endif
