// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_move.c - data movement, the stack, near branches, single flags
 *
 * Locking: none.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include "emulate/exec.h"

unsigned int exec_stack_bytes(struct exec *x)
{
	struct x86_emulate_segment s;

	if (exec_is_long(x))
		return 8;
	exec_get_segment(x, KVM_INSN_SEG_SS, &s);
	return s.big ? 4 : 2;
}

int exec_push_value(struct exec *x, u64 val, unsigned int size)
{
	unsigned int bytes = exec_stack_bytes(x);
	u64 sp = (x->regs[X86_REG_SP] - size) & size_mask(bytes), la;
	int r;

	r = exec_linear(x, KVM_INSN_SEG_SS, sp, size, X86_EMULATE_WRITE, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->write(x->ctxt, la, &val, size);
	exec_reg_write(x, X86_REG_SP, bytes, sp);
	return r;
}

int exec_pop_value(struct exec *x, u64 *val, unsigned int size)
{
	unsigned int bytes = exec_stack_bytes(x);
	u64 sp = exec_reg_read(x, X86_REG_SP, bytes), la;
	int r;

	*val = 0;
	r = exec_linear(x, KVM_INSN_SEG_SS, sp, size, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, val, size, 0);
	exec_reg_write(x, X86_REG_SP, bytes, sp + size);
	return r;
}

/* Would so many pushes find room?  For what has to be known before the first. */
int exec_push_room(struct exec *x, unsigned int count, unsigned int size)
{
	unsigned int i, bytes = exec_stack_bytes(x);
	u64 sp = x->regs[X86_REG_SP], la;
	int r = X86_EMULATE_OK;

	for (i = 1; i <= count && r == X86_EMULATE_OK; i++)
		r = exec_linear(x, KVM_INSN_SEG_SS,
				(sp - i * size) & size_mask(bytes), size,
				X86_EMULATE_WRITE, &la);
	return r;
}

/* SDM 3A, 6.8.3: not LSS. */
static int load_segment(struct exec *x, unsigned int seg, u16 selector)
{
	if (seg == KVM_INSN_SEG_SS)
		x->after |= X86_EMULATE_AFTER_SS;
	return exec_load_segment(x, seg, selector);
}

int exec_mov(struct exec *x)
{
	if (x->op[0].kind == OPERAND_OTHER) {
		x->discard = true;
		return load_segment(x, x->op[0].reg, x->op[1].val);
	}
	/* Selectors fill a register, and are two bytes of memory. */
	if (x->op[1].kind == OPERAND_OTHER && x->op[0].kind == OPERAND_REG)
		x->op[0].size = x->insn->op_bytes;
	x->op[0].val = x->op[1].val;
	return X86_EMULATE_OK;
}

int exec_movzx(struct exec *x)
{
	return exec_mov(x);
}

int exec_movsx(struct exec *x)
{
	unsigned int shift = 64 - 8 * x->op[1].size;

	x->op[0].val = (s64)(x->op[1].val << shift) >> shift;
	return X86_EMULATE_OK;
}

/* SDM 2, BSWAP: of 16 bits it is undefined; CPUs clear them. */
static u64 swap_bytes(u64 val, unsigned int size)
{
	return __builtin_bswap64(val) >> (64 - 8 * size);
}

int exec_movbe(struct exec *x)
{
	x->op[0].val = swap_bytes(x->op[1].val, x->op[0].size);
	return X86_EMULATE_OK;
}

int exec_bswap(struct exec *x)
{
	x->op[0].val = x->op[0].size == 2 ?
			       0 :
			       swap_bytes(x->op[0].val, x->op[0].size);
	return X86_EMULATE_OK;
}

int exec_xchg(struct exec *x)
{
	u64 val = x->op[0].val;

	/* With F3, 90 is PAUSE, whatever REX.B says. */
	if (x->insn->opcode == 0x90 && x->insn->prefixes & KVM_INSN_PFX_F3) {
		x->discard = true;
		return X86_EMULATE_OK;
	}
	x->op[0].val = x->op[1].val;
	x->op[1].val = val;
	return exec_store(x, 1);
}

/* What is not moved is written all the same: its upper half is cleared. */
int exec_cmov(struct exec *x)
{
	if (exec_condition(x))
		x->op[0].val = x->op[1].val;
	return X86_EMULATE_OK;
}

int exec_setcc(struct exec *x)
{
	x->op[0].val = exec_condition(x);
	return X86_EMULATE_OK;
}

int exec_lea(struct exec *x)
{
	exec_reg_write(x, x->insn->reg, x->insn->op_bytes,
		       exec_address(x, &x->insn->mem[0]));
	return X86_EMULATE_OK;
}

int exec_xlat(struct exec *x)
{
	u64 la;
	u8 val = 0;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], 1, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, &val, 1, 0);
	exec_reg_write(x, X86_REG_AX, 1, val);
	return r;
}

int exec_cbw(struct exec *x)
{
	unsigned int size = x->insn->op_bytes, shift = 64 - 4 * size;

	exec_reg_write(x, X86_REG_AX, size,
		       (s64)(x->regs[X86_REG_AX] << shift) >> shift);
	return X86_EMULATE_OK;
}

int exec_cwd(struct exec *x)
{
	unsigned int size = x->insn->op_bytes;
	u64 sign = x->regs[X86_REG_AX] >> (8 * size - 1) & 1;

	exec_reg_write(x, X86_REG_DX, size, -sign);
	return X86_EMULATE_OK;
}

int exec_nop(struct exec *x)
{
	return X86_EMULATE_OK;
}

/* SDM 2, CLFLUSH: faults as a read of a byte; nothing to flush for a guest. */
int exec_clflush(struct exec *x)
{
	u64 la;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], 1, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->probe(x->ctxt, la, 1, 0);
	return r == X86_EMULATE_IO ? X86_EMULATE_OK : r;
}

int exec_push(struct exec *x)
{
	return exec_push_value(x, x->op[0].val, x->insn->op_bytes);
}

/* SDM 2, POP: the address of the destination has the new SP in it. */
int exec_pop(struct exec *x)
{
	u64 val;
	int r;

	r = exec_pop_value(x, &val, x->insn->op_bytes);
	if (r == X86_EMULATE_OK)
		r = exec_resolve(x, 0);
	if (r != X86_EMULATE_OK)
		return r;
	if (x->op[0].kind == OPERAND_OTHER)
		return load_segment(x, x->op[0].reg, val);
	x->op[0].val = val;
	return exec_store(x, 0);
}

int exec_pusha(struct exec *x)
{
	u64 sp = x->regs[X86_REG_SP];
	unsigned int i;
	int r = X86_EMULATE_OK;

	for (i = X86_REG_AX; i <= X86_REG_DI && r == X86_EMULATE_OK; i++)
		r = exec_push_value(x, i == X86_REG_SP ? sp : x->regs[i],
				    x->insn->op_bytes);
	return r;
}

int exec_popa(struct exec *x)
{
	int i, r = X86_EMULATE_OK;
	u64 val;

	for (i = X86_REG_DI; i >= X86_REG_AX && r == X86_EMULATE_OK; i--) {
		r = exec_pop_value(x, &val, x->insn->op_bytes);
		if (i != X86_REG_SP)
			exec_reg_write(x, i, x->insn->op_bytes, val);
	}
	return r;
}

int exec_leave(struct exec *x)
{
	unsigned int bytes = exec_stack_bytes(x);
	u64 val;
	int r;

	exec_reg_write(x, X86_REG_SP, bytes, x->regs[X86_REG_BP]);
	r = exec_pop_value(x, &val, x->insn->op_bytes);
	exec_reg_write(x, X86_REG_BP, x->insn->op_bytes, val);
	return r;
}

/*
 * SDM 2, ENTER: the frame pointers of outer procedures are copied, and a write
 * at the new top has to be possible.
 */
int exec_enter(struct exec *x)
{
	unsigned int size = x->insn->op_bytes, bytes = exec_stack_bytes(x);
	unsigned int i, level = x->insn->imm2 & 31;
	u64 bp = x->regs[X86_REG_BP], frame, val, la;
	int r;

	r = exec_push_value(x, bp, size);
	frame = x->regs[X86_REG_SP];
	for (i = 1; i < level && r == X86_EMULATE_OK; i++) {
		val = 0;
		bp = (bp - size) & size_mask(bytes);
		r = exec_linear(x, KVM_INSN_SEG_SS, bp, size, 0, &la);
		if (r == X86_EMULATE_OK)
			r = x->ctxt->ops->read(x->ctxt, la, &val, size, 0);
		if (r == X86_EMULATE_OK)
			r = exec_push_value(x, val, size);
	}
	if (r == X86_EMULATE_OK && level)
		r = exec_push_value(x, frame, size);
	if (r != X86_EMULATE_OK)
		return r;
	exec_reg_write(x, X86_REG_BP, size, frame);
	exec_reg_write(x, X86_REG_SP, bytes,
		       x->regs[X86_REG_SP] - x->insn->imm);
	r = exec_linear(x, KVM_INSN_SEG_SS, exec_reg_read(x, X86_REG_SP, bytes),
			size, X86_EMULATE_WRITE, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->probe(x->ctxt, la, size, X86_EMULATE_WRITE);
	return r == X86_EMULATE_IO ? X86_EMULATE_OK : r;
}

/* Where a near branch goes: a distance, or what the operand says. */
static u64 target(const struct exec *x)
{
	if (x->op[0].kind == OPERAND_IMM)
		return x->rip + x->op[0].val;
	return x->op[0].val;
}

int exec_jmp(struct exec *x)
{
	return exec_jump(x, target(x));
}

int exec_call(struct exec *x)
{
	u64 back = x->rip;
	int r;

	r = exec_jump(x, target(x));
	if (r == X86_EMULATE_OK)
		r = exec_push_value(x, back, x->insn->op_bytes);
	return r;
}

int exec_ret(struct exec *x)
{
	u64 rip;
	int r;

	r = exec_pop_value(x, &rip, x->insn->op_bytes);
	if (r == X86_EMULATE_OK)
		r = exec_jump(x, rip);
	exec_reg_write(x, X86_REG_SP, exec_stack_bytes(x),
		       x->regs[X86_REG_SP] + x->insn->imm);
	return r;
}

int exec_jcc(struct exec *x)
{
	if (!exec_condition(x))
		return X86_EMULATE_OK;
	return exec_jump(x, x->rip + x->insn->imm);
}

int exec_jcxz(struct exec *x)
{
	if (exec_reg_read(x, X86_REG_CX, x->insn->ad_bytes))
		return X86_EMULATE_OK;
	return exec_jump(x, x->rip + x->insn->imm);
}

int exec_loop(struct exec *x)
{
	unsigned int bytes = x->insn->ad_bytes;
	bool zf = x->rflags & X86_FLAG_ZF;

	exec_reg_write(x, X86_REG_CX, bytes, x->regs[X86_REG_CX] - 1);
	if (!exec_reg_read(x, X86_REG_CX, bytes))
		return X86_EMULATE_OK;
	if ((x->insn->row->op == OP_LOOPE && !zf) ||
	    (x->insn->row->op == OP_LOOPNE && zf))
		return X86_EMULATE_OK;
	return exec_jump(x, x->rip + x->insn->imm);
}

int exec_clc(struct exec *x)
{
	x->rflags &= ~X86_FLAG_CF;
	return X86_EMULATE_OK;
}

int exec_stc(struct exec *x)
{
	x->rflags |= X86_FLAG_CF;
	return X86_EMULATE_OK;
}

int exec_cmc(struct exec *x)
{
	x->rflags ^= X86_FLAG_CF;
	return X86_EMULATE_OK;
}

int exec_cld(struct exec *x)
{
	x->rflags &= ~X86_FLAG_DF;
	return X86_EMULATE_OK;
}

int exec_std(struct exec *x)
{
	x->rflags |= X86_FLAG_DF;
	return X86_EMULATE_OK;
}

#define FLAGS_IN_AH \
	(X86_FLAG_CF | X86_FLAG_PF | X86_FLAG_AF | X86_FLAG_ZF | X86_FLAG_SF)

/* Bit 1 of RFLAGS is always set. */
int exec_lahf(struct exec *x)
{
	x->regs[X86_REG_AX] &= ~0xff00ull;
	x->regs[X86_REG_AX] |= ((x->rflags & FLAGS_IN_AH) | 2) << 8;
	return X86_EMULATE_OK;
}

int exec_sahf(struct exec *x)
{
	x->rflags &= ~FLAGS_IN_AH;
	x->rflags |= x->regs[X86_REG_AX] >> 8 & FLAGS_IN_AH;
	return X86_EMULATE_OK;
}

static bool is_mmx(const struct kvm_insn *insn)
{
	unsigned int a = KVM_OPERAND_METHOD(insn->row->operand[0]);
	unsigned int b = KVM_OPERAND_METHOD(insn->row->operand[1]);

	return insn->pfx == 0 && (a == METHOD_PV || b == METHOD_PV);
}

/* How many bytes one of the moves takes, between registers too. */
static unsigned int sse_bytes(const struct kvm_insn *insn)
{
	switch (insn->row->op) {
	case OP_MOVD:
		return insn->op_bytes == 8 ? 8 : 4;
	case OP_MOVQ:
		return 8;
	case OP_MOVUPS:
		return insn->pfx == 2 ? 4 : insn->pfx == 3 ? 8 : 16;
	default:
		return insn->nr_mem ? insn->mem[0].size : 16;
	}
}

/* SDM 3A, 2.5, table 2-2. */
static int check_sse(struct exec *x)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u64 cr0 = ops->get_cr(x->ctxt, 0), cr4 = ops->get_cr(x->ctxt, 4);

	if (cr0 & X86_CRBIT0_EM || !(cr4 & X86_CRBIT4_FX))
		return exec_fault(x, X86_VEC_UD);
	if (cr0 & X86_CRBIT0_TS)
		return exec_fault(x, X86_VEC_NM);
	return X86_EMULATE_OK;
}

static bool must_align(const struct kvm_insn *insn)
{
	return insn->row->op == OP_MOVAPS || insn->row->op == OP_MOVNT ||
	       (insn->row->op == OP_MOVDQ && insn->pfx == 1);
}

static int sse_memory(struct exec *x, u8 *data, unsigned int len, bool load)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u32 access = load ? 0 : X86_EMULATE_WRITE;
	u64 la;
	int r;

	r = exec_mem_linear(x, &x->insn->mem[0], len, access, &la);
	if (r != X86_EMULATE_OK)
		return r;
	if (len == 16 && must_align(x->insn) && la % 16)
		return exec_gp(x);
	return load ? ops->read(x->ctxt, la, data, len, access) :
		      ops->write(x->ctxt, la, data, len);
}

/* Between registers; scalars of MOVSS and MOVSD leave the rest alone. */
static void sse_registers(struct exec *x, u8 *data, unsigned int len, bool load)
{
	const struct kvm_insn *insn = x->insn;
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	unsigned int from = load ? insn->rm : insn->reg;
	unsigned int to = load ? insn->reg : insn->rm;
	u64 val = 0;
	u8 xmm[16];

	if (insn->row->op == OP_MOVD && load) {
		val = x->regs[from];
		memcpy(data, &val, len);
		ops->set_xmm(x->ctxt, to, data);
		return;
	}
	ops->get_xmm(x->ctxt, from, xmm);
	if (insn->row->op == OP_MOVD) {
		memcpy(&val, xmm, len);
		exec_reg_write(x, to, len, val);
		return;
	}
	if (insn->row->op == OP_MOVUPS)
		ops->get_xmm(x->ctxt, to, data);
	memcpy(data, xmm, len);
	ops->set_xmm(x->ctxt, to, data);
}

int exec_sse_move(struct exec *x)
{
	const struct kvm_insn *insn = x->insn;
	unsigned int method = KVM_OPERAND_METHOD(insn->row->operand[0]);
	bool load = method == METHOD_V || method == METHOD_PV;
	unsigned int len = sse_bytes(insn);
	u8 data[16] = { 0 };
	int r;

	if (is_mmx(insn))
		return exec_mmx_move(x);
	r = check_sse(x);
	if (r != X86_EMULATE_OK)
		return r;
	if (!insn->nr_mem) {
		sse_registers(x, data, len, load);
		return X86_EMULATE_OK;
	}
	if (!load)
		x->ctxt->ops->get_xmm(x->ctxt, insn->reg, data);
	r = sse_memory(x, data, len, load);
	if (r == X86_EMULATE_OK && load)
		x->ctxt->ops->set_xmm(x->ctxt, insn->reg, data);
	return r;
}
