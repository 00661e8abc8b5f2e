// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_fpu.c - moves of MMX registers, FXSAVE and FXRSTOR, x87's control words
 *
 * Owns: the functions that work on an FXSAVE area, which callbacks give and take.
 * An MMX register is the low part of an x87 register; ctxt->buf has the area.
 *
 * Locking: none.
 *
 * References: SDM 1, 8.1.8, 9.5.1, 10.5.1; SDM 2, FXSAVE.
 *
 * Deliberately absent: x87 but FNINIT, FNSTCW, FNSTSW; the x87 pointers in the
 * 32-bit format have no selectors, which CPUs do not keep either.
 */
#include <linux/string.h>
#include <linux/types.h>

#include "emulate/exec.h"

/* Offsets in the area. */
#define FX_FCW	       0
#define FX_FSW	       2
#define FX_FTW	       4
#define FX_FOP	       6
#define FX_FIP	       8
#define FX_FDP	       16
#define FX_MXCSR       24
#define FX_MXCSR_MASK  28
#define FX_ST	       32
#define FX_XMM	       160
#define FX_XMM_END_32  288
#define FX_XMM_END_64  416
#define FSW_TOP	       0x3800
#define FSW_ES	       0x80
#define MXCSR_MASK_OLD 0xffbf

/* SDM 3A, tables 2-2 and 12-1; @em: what CR0.EM means. */
static int check_cr0(struct exec *x, enum x86_vector em)
{
	u64 cr0 = x->ctxt->ops->get_cr(x->ctxt, 0);

	if (cr0 & X86_CRBIT0_EM)
		return exec_fault(x, em);
	if (cr0 & X86_CRBIT0_TS)
		return exec_fault(x, X86_VEC_NM);
	return X86_EMULATE_OK;
}

static u16 get16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static void put16(u8 *p, u16 val)
{
	p[0] = val;
	p[1] = val >> 8;
}

/* --- MMX ----------------------------------------------------------------- */

/* An MMX instruction: TOP is 0 and all registers valid; one written is a NaN. */
static void mmx_enter(u8 *fx)
{
	put16(fx + FX_FSW, get16(fx + FX_FSW) & ~FSW_TOP);
	fx[FX_FTW] = 0xff;
}

static void mmx_write(u8 *fx, unsigned int nr, u64 val)
{
	memcpy(fx + FX_ST + 16 * nr, &val, sizeof(val));
	put16(fx + FX_ST + 16 * nr + 8, 0xffff);
}

static u64 mmx_read(const u8 *fx, unsigned int nr)
{
	u64 val;

	memcpy(&val, fx + FX_ST + 16 * nr, sizeof(val));
	return val;
}

/* ST0 is the register TOP in the area; without it they do not move. */
static void rotate(u8 *fx)
{
	unsigned int top = get16(fx + FX_FSW) >> 11 & 7, i;
	u8 st[8][16];

	for (i = 0; i < 8; i++)
		memcpy(st[(i + top) & 7], fx + FX_ST + 16 * i, 16);
	memcpy(fx + FX_ST, st, sizeof(st));
}

static int mmx_memory(struct exec *x, u64 *val, unsigned int len, bool load)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u32 access = load ? 0 : X86_EMULATE_WRITE;
	u64 la;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], len, access, &la);
	if (r != X86_EMULATE_OK)
		return r;
	return load ? ops->read(x->ctxt, la, val, len, access) :
		      ops->write(x->ctxt, la, val, len);
}

/* MOVD with a general register, MOVQ with another MMX register. */
static void mmx_registers(struct exec *x, u8 *fx, unsigned int len, bool load)
{
	const struct kvm_insn *insn = x->insn;
	u64 val = mmx_read(fx, insn->reg & 7);

	if (insn->row->op == OP_MOVD && load)
		mmx_write(fx, insn->reg & 7, exec_reg_read(x, insn->rm, len));
	else if (insn->row->op == OP_MOVD)
		exec_reg_write(x, insn->rm, len, val);
	else if (load)
		mmx_write(fx, insn->reg & 7, mmx_read(fx, insn->rm & 7));
	else
		mmx_write(fx, insn->rm & 7, val);
}

int exec_mmx_move(struct exec *x)
{
	const struct kvm_insn *insn = x->insn;
	bool load = KVM_OPERAND_METHOD(insn->row->operand[0]) == METHOD_PV;
	unsigned int len = 8;
	u8 *fx = x->ctxt->buf;
	u64 val = 0;
	int r;

	r = check_cr0(x, X86_VEC_UD);
	if (r != X86_EMULATE_OK)
		return r;
	x->ctxt->ops->get_fx(x->ctxt, fx);
	if (get16(fx + FX_FSW) & FSW_ES)
		return exec_fault(x, X86_VEC_MF);
	rotate(fx);
	mmx_enter(fx);
	if (insn->row->op == OP_MOVD && insn->op_bytes != 8)
		len = 4;
	if (!insn->nr_mem) {
		mmx_registers(x, fx, len, load);
	} else {
		if (!load)
			val = mmx_read(fx, insn->reg & 7);
		r = mmx_memory(x, &val, len, load);
		if (load)
			mmx_write(fx, insn->reg & 7, val);
	}
	if (r == X86_EMULATE_OK)
		x->ctxt->ops->set_fx(x->ctxt, fx);
	return r;
}

/* --- FXSAVE, FXRSTOR ----------------------------------------------------- */

/* How much of an area there is in this mode. */
static unsigned int fx_end(const struct exec *x)
{
	if (!(x->ctxt->ops->get_cr(x->ctxt, 4) & X86_CRBIT4_FX))
		return FX_XMM;
	return exec_is_long(x) ? FX_XMM_END_64 : FX_XMM_END_32;
}

static bool is_fx64(const struct exec *x)
{
	return x->insn->op_bytes == 8;
}

/* Of pointers the other format has selectors in the upper half: none here. */
static void clear_selectors(u8 *fx)
{
	memset(fx + FX_FIP + 4, 0, 4);
	memset(fx + FX_FDP + 4, 0, 4);
}

static int fx_linear(struct exec *x, u32 access, u64 *la)
{
	int r = check_cr0(x, X86_VEC_UD);

	if (r == X86_EMULATE_OK)
		r = exec_mem_linear(x, &x->insn->mem[0], X86_EMULATE_FX_BYTES,
				    access, la);
	if (r == X86_EMULATE_OK && *la % 16)
		return exec_gp(x);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->probe(x->ctxt, *la, X86_EMULATE_FX_BYTES,
					access);
	/* Of devices there are no such registers. */
	return r == X86_EMULATE_IO ? X86_EMULATE_UNHANDLED : r;
}

int exec_fxsave(struct exec *x)
{
	u8 *fx = x->ctxt->buf;
	u64 la;
	int r;

	r = fx_linear(x, X86_EMULATE_WRITE, &la);
	if (r != X86_EMULATE_OK)
		return r;
	x->ctxt->ops->get_fx(x->ctxt, fx);
	if (!is_fx64(x))
		clear_selectors(fx);
	return x->ctxt->ops->write(x->ctxt, la, fx, fx_end(x));
}

int exec_fxrstor(struct exec *x)
{
	u8 *fx = x->ctxt->buf, *new = fx + X86_EMULATE_FX_BYTES;
	u32 mxcsr, mask;
	u64 la;
	int r;

	r = fx_linear(x, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, new, X86_EMULATE_FX_BYTES,
				       0);
	if (r != X86_EMULATE_OK)
		return r;
	x->ctxt->ops->get_fx(x->ctxt, fx);
	memcpy(&mask, fx + FX_MXCSR_MASK, sizeof(mask));
	memcpy(&mxcsr, new + FX_MXCSR, sizeof(mxcsr));
	if (mxcsr & ~(mask ? mask : MXCSR_MASK_OLD))
		return exec_gp(x);
	if (!is_fx64(x))
		clear_selectors(new);
	memcpy(fx, new, FX_MXCSR);
	memcpy(fx + FX_ST, new + FX_ST, FX_XMM - FX_ST);
	if (fx_end(x) > FX_XMM) {
		memcpy(fx + FX_MXCSR, &mxcsr, sizeof(mxcsr));
		memcpy(fx + FX_XMM, new + FX_XMM, fx_end(x) - FX_XMM);
	}
	x->ctxt->ops->set_fx(x->ctxt, fx);
	return X86_EMULATE_OK;
}

/* --- x87 ----------------------------------------------------------------- */

/* All registers empty, all exceptions masked; the registers stay. */
static int fninit(struct exec *x)
{
	u8 *fx = x->ctxt->buf;

	x->ctxt->ops->get_fx(x->ctxt, fx);
	rotate(fx);
	memset(fx, 0, FX_MXCSR);
	put16(fx + FX_FCW, 0x37f);
	x->ctxt->ops->set_fx(x->ctxt, fx);
	return X86_EMULATE_OK;
}

static int store_word(struct exec *x, unsigned int offset)
{
	u8 *fx = x->ctxt->buf;
	u64 la;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], 2, X86_EMULATE_WRITE, &la);
	if (r != X86_EMULATE_OK)
		return r;
	x->ctxt->ops->get_fx(x->ctxt, fx);
	return x->ctxt->ops->write(x->ctxt, la, fx + offset, 2);
}

/* FNINIT, FNSTCW, FNSTSW. */
int exec_fpu(struct exec *x)
{
	const struct kvm_insn *insn = x->insn;
	unsigned int reg = insn->modrm >> 3 & 7;
	unsigned int what = insn->opcode << 8 | insn->modrm;
	bool fnstcw = insn->nr_mem && insn->opcode == 0xd9 && reg == 7;
	bool fnstsw = insn->nr_mem && insn->opcode == 0xdd && reg == 7;
	int r;

	if (!fnstcw && !fnstsw && what != 0xdbe3 && what != 0xdfe0)
		return X86_EMULATE_UNHANDLED;
	r = check_cr0(x, X86_VEC_NM);
	if (r != X86_EMULATE_OK)
		return r;
	if (fnstcw)
		return store_word(x, FX_FCW);
	if (fnstsw)
		return store_word(x, FX_FSW);
	if (what == 0xdbe3)
		return fninit(x);
	x->ctxt->ops->get_fx(x->ctxt, x->ctxt->buf);
	exec_reg_write(x, X86_REG_AX, 2, get16(x->ctxt->buf + FX_FSW));
	return X86_EMULATE_OK;
}
