// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_decimal.c - division, and decimal arithmetic
 *
 * Owns: the functions that can't have the host's CPU do it: a division may fault,
 * and code of 64 bits has no decimal arithmetic.
 *
 * Flags that the SDM leaves undefined are as Intel's CPUs have them, but for
 * divisions, which change none here.
 *
 * Locking: none.
 */
#include <linux/types.h>

#include "emulate/exec.h"

/* --- division ------------------------------------------------------------ */

/* A dividend of two registers of @size bytes; of bytes it is in AX. */
struct dividend {
	u64 lo;
	u64 hi;
};

static struct dividend dividend(const struct exec *x, unsigned int size)
{
	struct dividend d;

	if (size == 1) {
		d.lo = x->regs[X86_REG_AX] & 0xff;
		d.hi = x->regs[X86_REG_AX] >> 8 & 0xff;
	} else {
		d.lo = exec_reg_read(x, X86_REG_AX, size);
		d.hi = exec_reg_read(x, X86_REG_DX, size);
	}
	return d;
}

/* @d->hi is below @by: the quotient fits. */
static void divide(const struct dividend *d, u64 by, unsigned int size,
		   u64 *quotient, u64 *remainder)
{
	u64 lo = d->lo, hi = d->hi;

	if (size < 8) {
		lo |= hi << 8 * size;
		*quotient = lo / by;
		*remainder = lo % by;
		return;
	}
	asm("divq %[by]" : "+a"(lo), "+d"(hi) : [by] "r"(by) : "cc");
	*quotient = lo;
	*remainder = hi;
}

static void store_division(struct exec *x, unsigned int size, u64 quotient,
			   u64 remainder)
{
	u64 mask = size_mask(size);

	if (size == 1) {
		exec_reg_write(x, X86_REG_AX, 2,
			       (quotient & mask) | (remainder & mask) << 8);
		return;
	}
	exec_reg_write(x, X86_REG_AX, size, quotient);
	exec_reg_write(x, X86_REG_DX, size, remainder);
}

int exec_div(struct exec *x)
{
	unsigned int size = x->op[0].size;
	struct dividend d = dividend(x, size);
	u64 by = x->op[0].val & size_mask(size), quotient, remainder;

	/* By 0 too. */
	if (d.hi >= by)
		return exec_fault(x, X86_VEC_DE);
	divide(&d, by, size, &quotient, &remainder);
	store_division(x, size, quotient, remainder);
	return X86_EMULATE_OK;
}

static bool is_negative(u64 val, unsigned int size)
{
	return val >> (8 * size - 1) & 1;
}

/* By the magnitudes; the remainder has the dividend's sign. */
int exec_idiv(struct exec *x)
{
	unsigned int size = x->op[0].size;
	struct dividend d = dividend(x, size);
	u64 mask = size_mask(size);
	u64 by = x->op[0].val & mask, quotient, remainder, limit;
	bool negative = is_negative(d.hi, size);
	bool differ = negative != is_negative(by, size);

	if (negative) {
		d.lo = -d.lo & mask;
		d.hi = (~d.hi + !d.lo) & mask;
	}
	if (is_negative(by, size))
		by = -by & mask;
	if (d.hi >= by)
		return exec_fault(x, X86_VEC_DE);
	divide(&d, by, size, &quotient, &remainder);
	/* The most negative number has no positive one. */
	limit = (mask >> 1) + differ;
	if (quotient > limit)
		return exec_fault(x, X86_VEC_DE);
	store_division(x, size, differ ? -quotient : quotient,
		       negative ? -remainder : remainder);
	return X86_EMULATE_OK;
}

/* --- decimal ------------------------------------------------------------- */

static void set_flag(struct exec *x, u64 flag, bool set)
{
	x->rflags &= ~flag;
	if (set)
		x->rflags |= flag;
}

/* SF, ZF and PF of a byte. */
static void set_result_flags(struct exec *x, u8 al)
{
	set_flag(x, X86_FLAG_SF, al & 0x80);
	set_flag(x, X86_FLAG_ZF, !al);
	set_flag(x, X86_FLAG_PF, !(__builtin_popcount(al) & 1));
}

int exec_aam(struct exec *x)
{
	u8 al = x->regs[X86_REG_AX], by = x->insn->imm;

	if (!by)
		return exec_fault(x, X86_VEC_DE);
	exec_reg_write(x, X86_REG_AX, 2, al / by << 8 | al % by);
	set_flag(x, X86_FLAG_CF | X86_FLAG_AF | X86_FLAG_OF, false);
	set_result_flags(x, al % by);
	return X86_EMULATE_OK;
}

int exec_aad(struct exec *x)
{
	u8 al = x->regs[X86_REG_AX], ah = x->regs[X86_REG_AX] >> 8;
	u8 add = ah * (u8)x->insn->imm, sum = al + add;

	exec_reg_write(x, X86_REG_AX, 2, sum);
	/* Those of an addition. */
	set_flag(x, X86_FLAG_CF, sum < al);
	set_flag(x, X86_FLAG_AF, (al ^ add ^ sum) & 0x10);
	set_flag(x, X86_FLAG_OF, (al ^ sum) & (add ^ sum) & 0x80);
	set_result_flags(x, sum);
	return X86_EMULATE_OK;
}

/* AAA and AAS: a digit in AL, what is carried in AH. */
int exec_aaa(struct exec *x)
{
	bool subtract = x->insn->row->op == OP_AAS;
	u16 ax = x->regs[X86_REG_AX];
	bool adjust = (ax & 15) > 9 || x->rflags & X86_FLAG_AF;

	if (adjust && subtract)
		ax -= 0x106;
	else if (adjust)
		ax += 0x106;
	set_flag(x, X86_FLAG_AF | X86_FLAG_CF, adjust);
	set_flag(x, X86_FLAG_OF, false);
	set_result_flags(x, ax & 15);
	exec_reg_write(x, X86_REG_AX, 2, ax & 0xff0f);
	return X86_EMULATE_OK;
}

/* DAA and DAS: two digits in AL. */
int exec_daa(struct exec *x)
{
	bool subtract = x->insn->row->op == OP_DAS;
	u8 al = x->regs[X86_REG_AX], old = al;
	bool low = (al & 15) > 9 || x->rflags & X86_FLAG_AF;
	bool carry = x->rflags & X86_FLAG_CF;
	bool high = al > 0x99 || carry;

	if (low)
		al += subtract ? -6 : 6;
	/* DAS may borrow by the low digit alone. */
	carry = high || (subtract && low && old < 6);
	if (high)
		al += subtract ? -0x60 : 0x60;
	set_flag(x, X86_FLAG_AF, low);
	set_flag(x, X86_FLAG_CF, carry);
	set_flag(x, X86_FLAG_OF, false);
	set_result_flags(x, al);
	exec_reg_write(x, X86_REG_AX, 1, al);
	return X86_EMULATE_OK;
}

int exec_salc(struct exec *x)
{
	exec_reg_write(x, X86_REG_AX, 1, x->rflags & X86_FLAG_CF ? 0xff : 0);
	return X86_EMULATE_OK;
}
