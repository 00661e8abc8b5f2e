// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_alu.c - arithmetic, logic, shifts and bits
 *
 * Owns: the functions of instructions whose flags are a CPU's business.  They
 * are executed by the same instruction of the host's, with the guest's flags
 * before it and the guest's flags taken after it, so that also what the SDM
 * calls undefined is what a CPU does.
 *
 * The flags come and go through AH and AL, without a stack: SAHF and LAHF have
 * all but OF, which an addition makes and SETO takes.
 *
 * Locking: none.
 */
#include <linux/types.h>

#include "emulate/exec.h"

/* In AH as SAHF wants them, and OF in AL. */
static u32 flags_to_ax(u64 rflags)
{
	u32 ax = (rflags & (X86_FLAGS_STATUS & 0xff)) << 8;

	if (rflags & X86_FLAG_OF)
		ax |= 1;
	return ax;
}

static u64 flags_from_ax(u64 rflags, u32 ax)
{
	rflags &= ~X86_FLAGS_STATUS;
	rflags |= ax >> 8 & X86_FLAGS_STATUS & 0xff;
	return rflags | (ax & 1 ? X86_FLAG_OF : 0);
}

#define FLAGS_IN  "addb $0x7f, %%al\n\tsahf\n\t"
#define FLAGS_OUT "\n\tseto %%al\n\tlahf"

/* One operand: destination. */
#define ASM_1(insn, modifier)                                      \
	asm volatile(FLAGS_IN insn " %" modifier "[dst]" FLAGS_OUT \
		     : "+a"(ax), [dst] "+r"(dst)                   \
		     :                                             \
		     : "cc")

/* Two operands: source, destination. */
#define ASM_2(insn, modifier)                                        \
	asm volatile(FLAGS_IN insn " %" modifier "[src], %" modifier \
				   "[dst]" FLAGS_OUT                 \
		     : "+a"(ax), [dst] "+r"(dst)                     \
		     : [src] "r"(src)                                \
		     : "cc")

/* A destination and CL. */
#define ASM_CL(insn, modifier)                                           \
	asm volatile(FLAGS_IN insn " %%cl, %" modifier "[dst]" FLAGS_OUT \
		     : "+a"(ax), [dst] "+r"(dst)                         \
		     : "c"(src)                                          \
		     : "cc")

/* CL, a source, a destination. */
#define ASM_CL_2(insn, modifier)                                           \
	asm volatile(FLAGS_IN insn " %%cl, %" modifier "[src], %" modifier \
				   "[dst]" FLAGS_OUT                       \
		     : "+a"(ax), [dst] "+r"(dst)                           \
		     : [src] "r"(src), "c"(count)                          \
		     : "cc")

/* The accumulator, which the flags have to leave in between. */
#define ASM_MUL(insn, modifier)                                          \
	asm volatile(FLAGS_IN "movq %[lo], %%rax\n\t" insn " %" modifier \
			      "[src]\n\tmovq %%rax, %[lo]" FLAGS_OUT     \
		     : "+a"(ax), [lo] "+r"(lo), "+d"(hi)                 \
		     : [src] "r"(src)                                    \
		     : "cc")

#define BY_SIZE(size, how, insn)            \
	do {                                \
		switch (size) {             \
		case 1:                     \
			how(insn "b", "b"); \
			break;              \
		case 2:                     \
			how(insn "w", "w"); \
			break;              \
		case 4:                     \
			how(insn "l", "k"); \
			break;              \
		default:                    \
			how(insn "q", "q"); \
		}                           \
	} while (0)

/* Without a form for bytes. */
#define BY_WIDE_SIZE(size, how, insn)       \
	do {                                \
		switch (size) {             \
		case 2:                     \
			how(insn "w", "w"); \
			break;              \
		case 4:                     \
			how(insn "l", "k"); \
			break;              \
		default:                    \
			how(insn "q", "q"); \
		}                           \
	} while (0)

/* ADC and the like: the first operand and the second. */
int exec_binary(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 dst = x->op[0].val, src = x->op[1].val;
	u32 ax = flags_to_ax(x->rflags);

	switch (x->insn->row->op) {
	case OP_ADC:
		BY_SIZE(size, ASM_2, "adc");
		break;
	case OP_ADD:
	case OP_XADD:
		BY_SIZE(size, ASM_2, "add");
		break;
	case OP_AND:
		BY_SIZE(size, ASM_2, "and");
		break;
	case OP_OR:
		BY_SIZE(size, ASM_2, "or");
		break;
	case OP_SBB:
		BY_SIZE(size, ASM_2, "sbb");
		break;
	case OP_SUB:
		BY_SIZE(size, ASM_2, "sub");
		break;
	case OP_TEST:
		BY_SIZE(size, ASM_2, "test");
		break;
	case OP_XOR:
		BY_SIZE(size, ASM_2, "xor");
		break;
	default:
		/* CMP, and what compares on the way. */
		BY_SIZE(size, ASM_2, "cmp");
	}
	x->op[0].val = dst;
	x->rflags = flags_from_ax(x->rflags, ax);
	return X86_EMULATE_OK;
}

int exec_unary(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 dst = x->op[0].val;
	u32 ax = flags_to_ax(x->rflags);

	switch (x->insn->row->op) {
	case OP_DEC:
		BY_SIZE(size, ASM_1, "dec");
		break;
	case OP_INC:
		BY_SIZE(size, ASM_1, "inc");
		break;
	case OP_NEG:
		BY_SIZE(size, ASM_1, "neg");
		break;
	default:
		BY_SIZE(size, ASM_1, "not");
	}
	x->op[0].val = dst;
	x->rflags = flags_from_ax(x->rflags, ax);
	return X86_EMULATE_OK;
}

int exec_shift(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 dst = x->op[0].val, src = x->op[1].val;
	u32 ax = flags_to_ax(x->rflags);

	switch (x->insn->row->op) {
	case OP_RCL:
		BY_SIZE(size, ASM_CL, "rcl");
		break;
	case OP_RCR:
		BY_SIZE(size, ASM_CL, "rcr");
		break;
	case OP_ROL:
		BY_SIZE(size, ASM_CL, "rol");
		break;
	case OP_ROR:
		BY_SIZE(size, ASM_CL, "ror");
		break;
	case OP_SAR:
		BY_SIZE(size, ASM_CL, "sar");
		break;
	case OP_SHL:
		BY_SIZE(size, ASM_CL, "shl");
		break;
	default:
		BY_SIZE(size, ASM_CL, "shr");
	}
	x->op[0].val = dst;
	x->rflags = flags_from_ax(x->rflags, ax);
	return X86_EMULATE_OK;
}

int exec_double_shift(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 dst = x->op[0].val, src = x->op[1].val, count = x->op[2].val;
	u32 ax = flags_to_ax(x->rflags);

	if (x->insn->row->op == OP_SHLD)
		BY_WIDE_SIZE(size, ASM_CL_2, "shld");
	else
		BY_WIDE_SIZE(size, ASM_CL_2, "shrd");
	x->op[0].val = dst;
	x->rflags = flags_from_ax(x->rflags, ax);
	return X86_EMULATE_OK;
}

/* No forms for bytes. */
int exec_bits(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 dst = x->op[0].val, src = x->op[1].val;
	u32 ax = flags_to_ax(x->rflags);

	switch (x->insn->row->op) {
	case OP_BSF:
		/* Of 0 there is none: the destination stays, all 64 bits. */
		x->discard = !src;
		BY_WIDE_SIZE(size, ASM_2, "bsf");
		break;
	case OP_BSR:
		x->discard = !src;
		BY_WIDE_SIZE(size, ASM_2, "bsr");
		break;
	case OP_BT:
		BY_WIDE_SIZE(size, ASM_2, "bt");
		break;
	case OP_BTC:
		BY_WIDE_SIZE(size, ASM_2, "btc");
		break;
	case OP_BTR:
		BY_WIDE_SIZE(size, ASM_2, "btr");
		break;
	case OP_BTS:
		BY_WIDE_SIZE(size, ASM_2, "bts");
		break;
	default:
		BY_WIDE_SIZE(size, ASM_2, "imul");
	}
	x->op[0].val = dst;
	x->rflags = flags_from_ax(x->rflags, ax);
	return X86_EMULATE_OK;
}

static void mul(u64 *lop, u64 *hip, u64 src, unsigned int size, u32 *axp)
{
	u64 lo = *lop, hi = *hip;
	u32 ax = *axp;

	BY_SIZE(size, ASM_MUL, "mul");
	*lop = lo;
	*hip = hi;
	*axp = ax;
}

static void imul(u64 *lop, u64 *hip, u64 src, unsigned int size, u32 *axp)
{
	u64 lo = *lop, hi = *hip;
	u32 ax = *axp;

	BY_SIZE(size, ASM_MUL, "imul");
	*lop = lo;
	*hip = hi;
	*axp = ax;
}

/* One operand: the accumulator times it, into rDX and rAX; of bytes, into AX. */
static int mul_accumulator(struct exec *x,
			   void (*fn)(u64 *lo, u64 *hi, u64 src,
				      unsigned int size, u32 *ax))
{
	unsigned int size = x->op[0].size;
	u64 lo = x->regs[X86_REG_AX], hi = x->regs[X86_REG_DX];
	u32 ax = flags_to_ax(x->rflags);

	fn(&lo, &hi, x->op[0].val, size, &ax);
	x->rflags = flags_from_ax(x->rflags, ax);
	exec_reg_write(x, X86_REG_AX, size == 1 ? 2 : size, lo);
	if (size > 1)
		exec_reg_write(x, X86_REG_DX, size, hi);
	x->discard = true;
	return X86_EMULATE_OK;
}

int exec_mul(struct exec *x)
{
	return mul_accumulator(x, mul);
}

int exec_imul(struct exec *x)
{
	if (x->op[1].kind == OPERAND_NONE)
		return mul_accumulator(x, imul);
	if (x->op[2].kind != OPERAND_NONE)
		x->op[0].val = x->op[2].val;
	return exec_bits(x);
}

int exec_xadd(struct exec *x)
{
	u64 old = x->op[0].val;
	int r = exec_binary(x);

	x->op[1].val = old;
	return r == X86_EMULATE_OK ? exec_store(x, 1) : r;
}

/*
 * What differs goes into the accumulator.  Memory is written either way, with
 * what is there if that; a register is not, and keeps its upper half.
 */
int exec_cmpxchg(struct exec *x)
{
	unsigned int size = x->op[0].size;
	u64 found = x->op[0].val;
	u64 new = x->op[1].val;

	x->op[0].val = exec_reg_read(x, X86_REG_AX, size);
	x->op[1].val = found;
	exec_binary(x);
	if (x->rflags & X86_FLAG_ZF) {
		x->op[0].val = new;
	} else {
		exec_reg_write(x, X86_REG_AX, size, found);
		x->op[0].val = found;
		x->discard = x->op[0].kind != OPERAND_MEM;
	}
	return X86_EMULATE_OK;
}

/* SDM 2, CMPXCHG8B/CMPXCHG16B: no other flag than ZF. */
int exec_cmpxchg8b(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	unsigned int size = x->insn->mem[0].size, half = size / 2;
	u8 old[16] = { 0 }, new[16] = { 0 };
	bool equal = true;
	unsigned int i;
	u64 la;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], size, X86_EMULATE_WRITE, &la);
	if (r != X86_EMULATE_OK)
		return r;
	if (size == 16 && la % 16)
		return exec_gp(x);
	r = ops->read(x->ctxt, la, old, size, X86_EMULATE_WRITE);
	if (r != X86_EMULATE_OK)
		return r;
	for (i = 0; i < half; i++) {
		equal &= old[i] == (u8)(x->regs[X86_REG_AX] >> 8 * i);
		equal &= old[half + i] == (u8)(x->regs[X86_REG_DX] >> 8 * i);
		new[i] = x->regs[X86_REG_BX] >> 8 * i;
		new[half + i] = x->regs[X86_REG_CX] >> 8 * i;
	}
	x->rflags &= ~X86_FLAG_ZF;
	if (equal) {
		x->rflags |= X86_FLAG_ZF;
	} else {
		u64 lo = 0, hi = 0;

		for (i = 0; i < half; i++) {
			lo |= (u64)old[i] << 8 * i;
			hi |= (u64)old[half + i] << 8 * i;
		}
		exec_reg_write(x, X86_REG_AX, half, lo);
		exec_reg_write(x, X86_REG_DX, half, hi);
	}
	if (x->insn->prefixes & KVM_INSN_PFX_LOCK)
		return ops->cmpxchg(x->ctxt, la, old, equal ? new : old, size);
	return ops->write(x->ctxt, la, equal ? new : old, size);
}
