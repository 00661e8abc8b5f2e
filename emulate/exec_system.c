// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_system.c - control, debug and model-specific registers, GDTR and IDTR, and
 * what else only a kernel does
 *
 * Locking: none.
 */
#include <linux/types.h>

#include "emulate/exec.h"

#define DR6_BD 0x2000ull
#define DR7_GD 0x2000ull

static bool is_privileged(const struct exec *x)
{
	return x->ctxt->cpl == 0;
}

static bool is_to(const struct exec *x, unsigned int method)
{
	return KVM_OPERAND_METHOD(x->insn->row->operand[0]) == method;
}

static unsigned int reg_bytes(const struct exec *x)
{
	return exec_is_long(x) ? 8 : 4;
}

int exec_mov_cr(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	unsigned int size = reg_bytes(x);

	if (!is_privileged(x))
		return exec_gp(x);
	if (is_to(x, METHOD_C))
		return ops->set_cr(x->ctxt, x->insn->reg,
				   exec_reg_read(x, x->insn->rm, size));
	exec_reg_write(x, x->insn->rm, size,
		       ops->get_cr(x->ctxt, x->insn->reg));
	return X86_EMULATE_OK;
}

/* SDM 3B, 17.2.2: DR4 and DR5 are DR6 and DR7, or nothing. */
int exec_mov_dr(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	unsigned int nr = x->insn->reg, size = reg_bytes(x);
	u64 val;

	if (nr == 4 || nr == 5) {
		if (ops->get_cr(x->ctxt, 4) & X86_CRBIT4_DE)
			return exec_fault(x, X86_VEC_UD);
		nr += 2;
	}
	if (!is_privileged(x))
		return exec_gp(x);
	if (ops->get_dr(x->ctxt, 7) & DR7_GD) {
		exec_fault(x, X86_VEC_DB);
		x->ctxt->fault.payload = DR6_BD;
		return X86_EMULATE_FAULT;
	}
	if (!is_to(x, METHOD_D)) {
		exec_reg_write(x, x->insn->rm, size, ops->get_dr(x->ctxt, nr));
		return X86_EMULATE_OK;
	}
	val = exec_reg_read(x, x->insn->rm, size);
	if (nr >= 6 && val >> 32)
		return exec_gp(x);
	return ops->set_dr(x->ctxt, nr, val);
}

/* SDM 2, LMSW: bits 3 to 0; PE can be set, not cleared. */
int exec_lmsw(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u64 cr0;
	int r;

	if (!is_privileged(x))
		return exec_gp(x);
	r = exec_resolve(x, 0);
	if (r == X86_EMULATE_OK)
		r = exec_load(x, 0);
	if (r != X86_EMULATE_OK)
		return r;
	cr0 = ops->get_cr(x->ctxt, 0);
	cr0 = (cr0 & ~0xeull) | (x->op[0].val & 0xf);
	return ops->set_cr(x->ctxt, 0, cr0);
}

int exec_smsw(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	int r;

	if (!is_privileged(x) && ops->get_cr(x->ctxt, 4) & X86_CRBIT4_UMIP)
		return exec_gp(x);
	r = exec_resolve(x, 0);
	if (r != X86_EMULATE_OK)
		return r;
	x->op[0].val = ops->get_cr(x->ctxt, 0);
	return exec_store(x, 0);
}

int exec_clts(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;

	if (!is_privileged(x))
		return exec_gp(x);
	return ops->set_cr(x->ctxt, 0,
			   ops->get_cr(x->ctxt, 0) & ~X86_CRBIT0_TS);
}

/* SDM 2, INVLPG: the address is not checked against a segment's limit. */
int exec_invlpg(struct exec *x)
{
	const struct kvm_insn_mem *mem = &x->insn->mem[0];
	struct x86_emulate_segment s = { 0 };
	u64 la;

	if (!is_privileged(x))
		return exec_gp(x);
	if (!exec_is_long(x) || mem->seg >= KVM_INSN_SEG_FS)
		x->ctxt->ops->get_segment(x->ctxt, mem->seg, &s);
	la = s.base + exec_address(x, mem);
	x->ctxt->ops->invlpg(x->ctxt, exec_is_long(x) ? la : (u32)la);
	return X86_EMULATE_OK;
}

/* A guest's memory is coherent with its caches: there is nothing to write. */
int exec_wbinvd(struct exec *x)
{
	return is_privileged(x) ? X86_EMULATE_OK : exec_gp(x);
}

int exec_rdmsr(struct exec *x)
{
	u64 val = 0;
	int r;

	if (!is_privileged(x))
		return exec_gp(x);
	r = x->ctxt->ops->get_msr(x->ctxt, x->regs[X86_REG_CX], &val);
	exec_reg_write(x, X86_REG_AX, 4, val);
	exec_reg_write(x, X86_REG_DX, 4, val >> 32);
	return r;
}

int exec_wrmsr(struct exec *x)
{
	u64 val = exec_reg_read(x, X86_REG_AX, 4);

	if (!is_privileged(x))
		return exec_gp(x);
	val |= exec_reg_read(x, X86_REG_DX, 4) << 32;
	return x->ctxt->ops->set_msr(x->ctxt, x->regs[X86_REG_CX], val);
}

/* --- descriptor tables --------------------------------------------------- */

static unsigned int table_of(const struct exec *x)
{
	switch (x->insn->row->op) {
	case OP_LGDT:
	case OP_SGDT:
		return X86_EMULATE_SEG_GDTR;
	default:
		return X86_EMULATE_SEG_IDTR;
	}
}

/* SDM 2, LGDT: with 16-bit operands the base has 24 bits. */
int exec_lgdt(struct exec *x)
{
	struct x86_emulate_segment s = { 0 };
	unsigned int i, size = x->insn->mem[0].size;
	u8 bytes[10] = { 0 };
	u64 la;
	int r;

	if (!is_privileged(x))
		return exec_gp(x);
	r = exec_mem_linear(x, &x->insn->mem[0], size, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, bytes, size, 0);
	if (r != X86_EMULATE_OK)
		return r;
	s.limit = bytes[0] | bytes[1] << 8;
	for (i = 2; i < size; i++)
		s.base |= (u64)bytes[i] << 8 * (i - 2);
	if (exec_is_long(x) && !exec_is_canonical(x, s.base))
		return exec_gp(x);
	if (!exec_is_long(x) && x->insn->op_bytes == 2)
		s.base &= 0xffffff;
	x->ctxt->ops->set_segment(x->ctxt, table_of(x), &s);
	return X86_EMULATE_OK;
}

int exec_sgdt(struct exec *x)
{
	unsigned int i, size = x->insn->mem[0].size;
	struct x86_emulate_segment s;
	u8 bytes[10];
	u64 la;
	int r;

	if (!is_privileged(x) &&
	    x->ctxt->ops->get_cr(x->ctxt, 4) & X86_CRBIT4_UMIP)
		return exec_gp(x);
	r = exec_mem_linear(x, &x->insn->mem[0], size, X86_EMULATE_WRITE, &la);
	if (r != X86_EMULATE_OK)
		return r;
	exec_get_segment(x, table_of(x), &s);
	bytes[0] = s.limit;
	bytes[1] = s.limit >> 8;
	for (i = 2; i < size; i++)
		bytes[i] = s.base >> 8 * (i - 2);
	return x->ctxt->ops->write(x->ctxt, la, bytes, size);
}

/* --- others -------------------------------------------------------------- */

int exec_hlt(struct exec *x)
{
	if (!is_privileged(x))
		return exec_gp(x);
	x->after |= X86_EMULATE_AFTER_HLT;
	return X86_EMULATE_OK;
}

int exec_cpuid(struct exec *x)
{
	static const u8 nr[] = { X86_REG_AX, X86_REG_BX, X86_REG_CX,
				 X86_REG_DX };
	u32 regs[4];
	unsigned int i;
	int r;

	for (i = 0; i < 4; i++)
		regs[i] = x->regs[nr[i]];
	r = x->ctxt->ops->cpuid(x->ctxt, regs);
	for (i = 0; i < 4; i++)
		exec_reg_write(x, nr[i], 4, regs[i]);
	return r;
}

int exec_rdtsc(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u64 val;

	if (!is_privileged(x) && ops->get_cr(x->ctxt, 4) & X86_CRBIT4_TSD)
		return exec_gp(x);
	val = ops->get_system_msr(x->ctxt, X86_MSR_TSC);
	exec_reg_write(x, X86_REG_AX, 4, val);
	exec_reg_write(x, X86_REG_DX, 4, val >> 32);
	return X86_EMULATE_OK;
}
