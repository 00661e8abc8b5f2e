// SPDX-License-Identifier: GPL-2.0-only
/*
 * execute.c - doing what a decoded x86 instruction says
 *
 * Owns: the table of functions, one for each of opcodes.h's enum kvm_op that
 * has one; operands, that is registers, immediates and memory through segments;
 * when what an instruction has done is committed.
 *
 * Most functions see the values of the operands and change that of the first
 * one.  Those marked BARE do all of it themselves; those marked STRING are one
 * iteration of what a prefix may repeat.
 *
 * Locking: none.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include "emulate/exec.h"

#define BARE   0x1 /* no operand is resolved */
#define STRING 0x2 /* one iteration; BARE */
#define LOADS  0x4 /* the first operand is only read */
#define STORES 0x8 /* the first operand is only written */
#define COUNTS 0x10 /* CMPS and SCAS: ZF ends it */

static const struct {
	exec_fn fn;
	unsigned int flags;
} handlers[NR_KVM_OPS] = {
	[OP_AAA] = { exec_aaa, BARE },
	[OP_AAD] = { exec_aad, BARE },
	[OP_AAM] = { exec_aam, BARE },
	[OP_AAS] = { exec_aaa, BARE },
	[OP_ADC] = { exec_binary, 0 },
	[OP_ADD] = { exec_binary, 0 },
	[OP_AND] = { exec_binary, 0 },
	[OP_BSF] = { exec_bits, 0 },
	[OP_BSR] = { exec_bits, 0 },
	[OP_BSWAP] = { exec_bswap, 0 },
	[OP_BT] = { exec_bits, LOADS },
	[OP_BTC] = { exec_bits, 0 },
	[OP_BTR] = { exec_bits, 0 },
	[OP_BTS] = { exec_bits, 0 },
	[OP_CALL] = { exec_call, LOADS },
	[OP_CALL_FAR] = { exec_call_far, BARE },
	[OP_CBW] = { exec_cbw, BARE },
	[OP_CLC] = { exec_clc, BARE },
	[OP_CLD] = { exec_cld, BARE },
	[OP_CLFLUSH] = { exec_clflush, BARE },
	[OP_CLI] = { exec_cli, BARE },
	[OP_CLTS] = { exec_clts, BARE },
	[OP_CMC] = { exec_cmc, BARE },
	[OP_CMOV] = { exec_cmov, 0 },
	[OP_CMP] = { exec_binary, LOADS },
	[OP_CMPS] = { exec_cmps, STRING | COUNTS },
	[OP_CMPXCHG] = { exec_cmpxchg, 0 },
	[OP_CMPXCHG8B] = { exec_cmpxchg8b, BARE },
	[OP_CPUID] = { exec_cpuid, BARE },
	[OP_CWD] = { exec_cwd, BARE },
	[OP_DAA] = { exec_daa, BARE },
	[OP_DAS] = { exec_daa, BARE },
	[OP_DEC] = { exec_unary, 0 },
	[OP_DIV] = { exec_div, LOADS },
	[OP_ENTER] = { exec_enter, BARE },
	[OP_FENCE] = { exec_nop, BARE },
	[OP_FPU] = { exec_fpu, BARE },
	[OP_FXRSTOR] = { exec_fxrstor, BARE },
	[OP_FXSAVE] = { exec_fxsave, BARE },
	[OP_HLT] = { exec_hlt, BARE },
	[OP_IDIV] = { exec_idiv, LOADS },
	[OP_IMUL] = { exec_imul, 0 },
	[OP_IN] = { exec_in, BARE },
	[OP_INC] = { exec_unary, 0 },
	[OP_INS] = { exec_ins, STRING },
	[OP_INT] = { exec_int, BARE },
	[OP_INT1] = { exec_int, BARE },
	[OP_INT3] = { exec_int, BARE },
	[OP_INTO] = { exec_int, BARE },
	[OP_INVD] = { exec_wbinvd, BARE },
	[OP_INVLPG] = { exec_invlpg, BARE },
	[OP_IRET] = { exec_iret, BARE },
	[OP_JCC] = { exec_jcc, BARE },
	[OP_JCXZ] = { exec_jcxz, BARE },
	[OP_JMP] = { exec_jmp, LOADS },
	[OP_JMP_FAR] = { exec_jmp_far, BARE },
	[OP_LAHF] = { exec_lahf, BARE },
	[OP_LAR] = { exec_lar, STORES },
	[OP_LDS] = { exec_lds, BARE },
	[OP_LEA] = { exec_lea, BARE },
	[OP_LEAVE] = { exec_leave, BARE },
	[OP_LES] = { exec_lds, BARE },
	[OP_LFS] = { exec_lds, BARE },
	[OP_LGDT] = { exec_lgdt, BARE },
	[OP_LGS] = { exec_lds, BARE },
	[OP_LIDT] = { exec_lgdt, BARE },
	[OP_LLDT] = { exec_lldt, BARE },
	[OP_LMSW] = { exec_lmsw, BARE },
	[OP_LODS] = { exec_lods, STRING },
	[OP_LOOP] = { exec_loop, BARE },
	[OP_LOOPE] = { exec_loop, BARE },
	[OP_LOOPNE] = { exec_loop, BARE },
	[OP_LSL] = { exec_lsl, STORES },
	[OP_LSS] = { exec_lds, BARE },
	[OP_LTR] = { exec_ltr, BARE },
	[OP_MOV] = { exec_mov, STORES },
	[OP_MOVAPS] = { exec_sse_move, BARE },
	[OP_MOVBE] = { exec_movbe, STORES },
	[OP_MOVD] = { exec_sse_move, BARE },
	[OP_MOVDIRI] = { exec_mov, STORES },
	[OP_MOVDQ] = { exec_sse_move, BARE },
	[OP_MOVNT] = { exec_sse_move, BARE },
	[OP_MOVNTI] = { exec_mov, STORES },
	[OP_MOVQ] = { exec_sse_move, BARE },
	[OP_MOVS] = { exec_movs, STRING },
	[OP_MOVSX] = { exec_movsx, STORES },
	[OP_MOVUPS] = { exec_sse_move, BARE },
	[OP_MOVZX] = { exec_movzx, STORES },
	[OP_MOV_CR] = { exec_mov_cr, BARE },
	[OP_MOV_DR] = { exec_mov_dr, BARE },
	[OP_MUL] = { exec_mul, LOADS },
	[OP_NEG] = { exec_unary, 0 },
	[OP_NOP] = { exec_nop, BARE },
	[OP_NOT] = { exec_unary, 0 },
	[OP_OR] = { exec_binary, 0 },
	[OP_OUT] = { exec_out, BARE },
	[OP_OUTS] = { exec_outs, STRING },
	[OP_POP] = { exec_pop, BARE },
	[OP_POPA] = { exec_popa, BARE },
	[OP_POPF] = { exec_popf, BARE },
	[OP_PUSH] = { exec_push, LOADS },
	[OP_PUSHA] = { exec_pusha, BARE },
	[OP_PUSHF] = { exec_pushf, BARE },
	[OP_RCL] = { exec_shift, 0 },
	[OP_RCR] = { exec_shift, 0 },
	[OP_RDMSR] = { exec_rdmsr, BARE },
	[OP_RDTSC] = { exec_rdtsc, BARE },
	[OP_RET] = { exec_ret, BARE },
	[OP_RET_FAR] = { exec_ret_far, BARE },
	[OP_ROL] = { exec_shift, 0 },
	[OP_ROR] = { exec_shift, 0 },
	[OP_SAHF] = { exec_sahf, BARE },
	[OP_SALC] = { exec_salc, BARE },
	[OP_SAR] = { exec_shift, 0 },
	[OP_SBB] = { exec_binary, 0 },
	[OP_SCAS] = { exec_scas, STRING | COUNTS },
	[OP_SETCC] = { exec_setcc, STORES },
	[OP_SGDT] = { exec_sgdt, BARE },
	[OP_SHL] = { exec_shift, 0 },
	[OP_SHLD] = { exec_double_shift, 0 },
	[OP_SHR] = { exec_shift, 0 },
	[OP_SHRD] = { exec_double_shift, 0 },
	[OP_SIDT] = { exec_sgdt, BARE },
	[OP_SLDT] = { exec_sldt, BARE },
	[OP_SMSW] = { exec_smsw, BARE },
	[OP_STC] = { exec_stc, BARE },
	[OP_STD] = { exec_std, BARE },
	[OP_STI] = { exec_sti, BARE },
	[OP_STOS] = { exec_stos, STRING },
	[OP_STR] = { exec_sldt, BARE },
	[OP_SUB] = { exec_binary, 0 },
	[OP_SYSCALL] = { exec_syscall, BARE },
	[OP_SYSENTER] = { exec_sysenter, BARE },
	[OP_SYSEXIT] = { exec_sysexit, BARE },
	[OP_SYSRET] = { exec_sysret, BARE },
	[OP_TEST] = { exec_binary, LOADS },
	[OP_VERR] = { exec_verr, LOADS },
	[OP_VERW] = { exec_verr, LOADS },
	[OP_WBINVD] = { exec_wbinvd, BARE },
	[OP_WRMSR] = { exec_wrmsr, BARE },
	[OP_XADD] = { exec_xadd, 0 },
	[OP_XCHG] = { exec_xchg, 0 },
	[OP_XLAT] = { exec_xlat, BARE },
	[OP_XOR] = { exec_binary, 0 },
};

int x86_emulate_fault(struct x86_emulate_ctxt *ctxt, u8 vector, u32 error_code)
{
	ctxt->fault = (struct x86_emulate_fault){
		.vector = vector,
		.has_error_code = true,
		.error_code = error_code,
	};
	return X86_EMULATE_FAULT;
}

/* Its error code, if it has one, is 0. */
int exec_fault(struct exec *x, enum x86_vector vector)
{
	x->ctxt->fault = (struct x86_emulate_fault){
		.vector = vector,
		.has_error_code =
			(vector >= X86_VEC_TS && vector <= X86_VEC_GP) ||
			vector == X86_VEC_AC,
	};
	return X86_EMULATE_FAULT;
}

/* SDM 3A, 6.13: index, TI, and whether the cause is from outside. */
int exec_fault_selector(struct exec *x, enum x86_vector vector, u16 selector)
{
	return x86_emulate_fault(x->ctxt, vector,
				 (selector & ~SELECTOR_RPL) | x->ext);
}

int exec_gp(struct exec *x)
{
	return exec_fault(x, X86_VEC_GP);
}

bool x86_emulate_has(unsigned int op)
{
	return op < NR_KVM_OPS && handlers[op].fn;
}

u64 exec_reg_read(const struct exec *x, unsigned int reg, unsigned int size)
{
	return x->regs[reg] & size_mask(size);
}

/* SDM 1, 3.4.1.1: 4 bytes are zero-extended, fewer leave the others alone. */
void exec_reg_write(struct exec *x, unsigned int reg, unsigned int size,
		    u64 val)
{
	u64 mask = size_mask(size);

	if (size == 4)
		x->regs[reg] = val & mask;
	else
		x->regs[reg] = (x->regs[reg] & ~mask) | (val & mask);
}

/* What the instruction has loaded, or what was there before. */
void exec_get_segment(const struct exec *x, unsigned int seg,
		      struct x86_emulate_segment *s)
{
	if (seg < NR_EXEC_SEGMENTS && x->loaded & 1u << seg)
		*s = x->segments[seg];
	else
		x->ctxt->ops->get_segment(x->ctxt, seg, s);
}

void exec_set_segment(struct exec *x, unsigned int seg,
		      const struct x86_emulate_segment *s)
{
	x->segments[seg] = *s;
	x->loaded |= 1u << seg;
}

/* The offset in the segment. */
u64 exec_address(const struct exec *x, const struct kvm_insn_mem *mem)
{
	u64 ea = mem->disp;

	if (mem->base == KVM_INSN_REG_RIP)
		ea += x->ctxt->rip + x->insn->len;
	else if (mem->base != KVM_INSN_REG_NONE)
		ea += x->regs[mem->base & 15];
	if (mem->index == KVM_INSN_REG_AL)
		ea += x->regs[X86_REG_AX] & 0xff;
	else if (mem->index != KVM_INSN_REG_NONE)
		ea += x->regs[mem->index & 15] << mem->scale;
	return ea & size_mask(x->insn->ad_bytes);
}

bool exec_is_canonical(const struct exec *x, u64 la)
{
	unsigned int shift = 64 - x->ctxt->la_bits;

	return (u64)((s64)(la << shift) >> shift) == la;
}

/* SDM 3A, 5.3 and 5.5; types are not looked at without protection. */
static bool segment_allows(const struct exec *x,
			   const struct x86_emulate_segment *s, u64 ea,
			   unsigned int size, u32 access)
{
	u64 last = ea + size - 1;
	bool code = s->type & 8;

	if (!exec_is_real(x)) {
		if (s->unusable)
			return false;
		if (access & X86_EMULATE_WRITE ? code || !(s->type & 2) :
						 code && !(s->type & 2))
			return false;
	}
	/* Expands down: what is above the limit. */
	if (!code && s->type & 4)
		return ea > s->limit && last <= (s->big ? 0xffffffff : 0xffff);
	return last <= s->limit;
}

/* SDM 3A, 6.15, #AC, table 6-7; of a far pointer it is the offset's. */
static unsigned int alignment(unsigned int size)
{
	if (size < 4)
		return size;
	return size < 8 ? 4 : size < 16 ? 8 : 16;
}

/* SDM 3A, 6.15, #AC: only at CPL 3, and not for accesses by the CPU itself. */
static bool is_misaligned(const struct exec *x, u64 la, unsigned int size,
			  u32 access)
{
	const struct x86_emulate_ctxt *ctxt = x->ctxt;

	if (ctxt->cpl != 3 || !(ctxt->rflags & X86_FLAG_AC) ||
	    access & X86_EMULATE_IMPLICIT || !(la & (alignment(size) - 1)))
		return false;
	return ctxt->ops->get_cr(x->ctxt, 0) & X86_CRBIT0_AM;
}

int exec_linear(struct exec *x, unsigned int seg, u64 ea, unsigned int size,
		u32 access, u64 *la)
{
	enum x86_vector bad = seg == KVM_INSN_SEG_SS ? X86_VEC_SS : X86_VEC_GP;
	struct x86_emulate_segment s = { 0 };

	if (!exec_is_long(x)) {
		exec_get_segment(x, seg, &s);
		if (!segment_allows(x, &s, ea, size, access))
			return exec_fault(x, bad);
		*la = (u32)(s.base + ea);
	} else {
		if (seg == KVM_INSN_SEG_FS || seg == KVM_INSN_SEG_GS)
			exec_get_segment(x, seg, &s);
		*la = s.base + ea;
		if (!exec_is_canonical(x, *la) ||
		    !exec_is_canonical(x, *la + size - 1))
			return exec_fault(x, bad);
	}
	if (is_misaligned(x, *la, size, access))
		return exec_fault(x, X86_VEC_AC);
	return X86_EMULATE_OK;
}

int exec_mem_linear(struct exec *x, const struct kvm_insn_mem *mem,
		    unsigned int size, u32 access, u64 *la)
{
	return exec_linear(x, mem->seg, exec_address(x, mem), size, access, la);
}

/* Bytes of a register or an immediate of this size. */
static unsigned int reg_size(const struct kvm_insn *insn, unsigned int size)
{
	switch (size) {
	case SIZE_B:
		return 1;
	case SIZE_W:
		return 2;
	case SIZE_D:
		return 4;
	case SIZE_Q:
		return 8;
	case SIZE_Z:
		return insn->op_bytes == 2 ? 2 : 4;
	case SIZE_Y:
		return insn->op_bytes == 8 ? 8 : 4;
	default:
		return insn->op_bytes;
	}
}

static void set_reg(struct exec *x, struct operand *o, unsigned int reg,
		    unsigned int size)
{
	o->kind = OPERAND_REG;
	o->size = size;
	o->reg = reg;
	if (size == 1 && !x->insn->has_rex && reg >= 4) {
		o->kind = OPERAND_HIGH;
		o->reg = reg - 4;
	}
}

static void set_fixed(struct exec *x, struct operand *o, unsigned int operand)
{
	switch (operand) {
	case rAL:
		set_reg(x, o, X86_REG_AX, 1);
		break;
	case rAX:
		set_reg(x, o, X86_REG_AX, x->insn->op_bytes);
		break;
	case rCL:
		set_reg(x, o, X86_REG_CX, 1);
		break;
	case r1:
		o->kind = OPERAND_IMM;
		o->size = 1;
		o->val = 1;
		break;
	default:
		/* A segment register, in the order of their numbers. */
		o->kind = OPERAND_OTHER;
		o->size = x->insn->op_bytes;
		o->reg = operand - rES;
	}
}

/*
 * BT and the like with the offset in a register: memory is an array of bits, and
 * the operand that part of it in which the bit is (SDM 2, BT).
 */
static u64 bit_array_offset(const struct exec *x, unsigned int i)
{
	const struct kvm_insn *insn = x->insn;
	unsigned int shift = 64 - 8 * insn->op_bytes;
	s64 bit;

	if (i || insn->row->operand[1] != Gv)
		return 0;
	switch (insn->row->op) {
	case OP_BT:
	case OP_BTC:
	case OP_BTR:
	case OP_BTS:
		bit = (s64)(x->regs[insn->reg] << shift) >> shift;
		return (bit >> 3) & ~(u64)(insn->op_bytes - 1);
	default:
		return 0;
	}
}

static int set_mem(struct exec *x, unsigned int i)
{
	struct operand *o = &x->op[i];
	const struct kvm_insn_mem *mem = &x->insn->mem[0];
	u64 ea = exec_address(x, mem);

	ea += bit_array_offset(x, i);
	o->kind = OPERAND_MEM;
	o->mem = mem;
	o->size = mem->size;
	return exec_linear(x, mem->seg, ea & size_mask(x->insn->ad_bytes),
			   o->size,
			   mem->access & KVM_INSN_ACCESS_WRITE ?
				   X86_EMULATE_WRITE :
				   0,
			   &o->la);
}

/* Which operand @i is, and where; immediates have their value. */
int exec_resolve(struct exec *x, unsigned int i)
{
	const struct kvm_insn *insn = x->insn;
	unsigned int operand = insn->row->operand[i];
	unsigned int size = reg_size(insn, KVM_OPERAND_SIZE(operand));
	struct operand *o = &x->op[i];

	*o = (struct operand){ .kind = OPERAND_NONE };
	switch (KVM_OPERAND_METHOD(operand)) {
	case METHOD_NONE:
		break;
	case METHOD_G:
		set_reg(x, o, insn->reg, size);
		break;
	case METHOD_E:
	case METHOD_M:
	case METHOD_R:
		if (insn->nr_mem)
			return set_mem(x, i);
		set_reg(x, o, insn->rm, size);
		break;
	case METHOD_O:
	case METHOD_B:
		return set_mem(x, i);
	case METHOD_Z:
		set_reg(x, o, insn->rm, size);
		break;
	case METHOD_S:
		o->kind = OPERAND_OTHER;
		o->size = 2;
		o->reg = insn->reg;
		break;
	case METHOD_FIXED:
		set_fixed(x, o, operand);
		break;
	case METHOD_I:
	case METHOD_SI:
	case METHOD_J:
		o->kind = OPERAND_IMM;
		o->size = size;
		o->val = insn->imm;
		break;
	default:
		return X86_EMULATE_UNHANDLED;
	}
	return X86_EMULATE_OK;
}

int exec_load(struct exec *x, unsigned int i)
{
	struct operand *o = &x->op[i];
	struct x86_emulate_segment s;
	u32 access = 0;
	int r;

	switch (o->kind) {
	case OPERAND_REG:
		o->val = exec_reg_read(x, o->reg, o->size);
		break;
	case OPERAND_HIGH:
		o->val = x->regs[o->reg] >> 8 & 0xff;
		break;
	case OPERAND_MEM:
		if (o->mem->access & KVM_INSN_ACCESS_WRITE)
			access = X86_EMULATE_WRITE;
		o->val = 0;
		r = x->ctxt->ops->read(x->ctxt, o->la, &o->val, o->size,
				       access);
		o->old = o->val;
		return r;
	case OPERAND_OTHER:
		x->ctxt->ops->get_segment(x->ctxt, o->reg, &s);
		o->val = s.selector;
		break;
	default:
		break;
	}
	return X86_EMULATE_OK;
}

/* XCHG with memory is locked, whether it says so or not (SDM 2, XCHG). */
static bool is_locked(const struct exec *x)
{
	return x->insn->prefixes & KVM_INSN_PFX_LOCK ||
	       x->insn->row->op == OP_XCHG;
}

int exec_store(struct exec *x, unsigned int i)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	struct operand *o = &x->op[i];

	switch (o->kind) {
	case OPERAND_REG:
		exec_reg_write(x, o->reg, o->size, o->val);
		return X86_EMULATE_OK;
	case OPERAND_HIGH:
		x->regs[o->reg] &= ~0xff00ull;
		x->regs[o->reg] |= (o->val & 0xff) << 8;
		return X86_EMULATE_OK;
	case OPERAND_MEM:
		if (is_locked(x))
			return ops->cmpxchg(x->ctxt, o->la, &o->old, &o->val,
					    o->size);
		return ops->write(x->ctxt, o->la, &o->val, o->size);
	default:
		return X86_EMULATE_UNHANDLED;
	}
}

/* SDM 2, JMP: the target is cut to the operand size before it is looked at. */
int exec_jump(struct exec *x, u64 rip)
{
	struct x86_emulate_segment s;

	rip &= size_mask(x->insn->op_bytes);
	if (exec_is_long(x)) {
		if (!exec_is_canonical(x, rip))
			return exec_gp(x);
	} else {
		x->ctxt->ops->get_segment(x->ctxt, KVM_INSN_SEG_CS, &s);
		if (rip > s.limit)
			return exec_gp(x);
	}
	x->rip = rip;
	return X86_EMULATE_OK;
}

/* SDM 2, appendix B.1.4.7: the opcode's low four bits. */
bool exec_condition(const struct exec *x)
{
	u64 f = x->rflags;
	bool sign = !!(f & X86_FLAG_SF) != !!(f & X86_FLAG_OF);
	bool r = false;

	switch (x->insn->opcode >> 1 & 7) {
	case 0:
		r = f & X86_FLAG_OF;
		break;
	case 1:
		r = f & X86_FLAG_CF;
		break;
	case 2:
		r = f & X86_FLAG_ZF;
		break;
	case 3:
		r = f & (X86_FLAG_CF | X86_FLAG_ZF);
		break;
	case 4:
		r = f & X86_FLAG_SF;
		break;
	case 5:
		r = f & X86_FLAG_PF;
		break;
	case 6:
		r = sign;
		break;
	case 7:
		r = sign || f & X86_FLAG_ZF;
		break;
	}
	return r != (x->insn->opcode & 1);
}

void exec_begin(struct exec *x, struct x86_emulate_ctxt *ctxt)
{
	*x = (struct exec){ .ctxt = ctxt, .insn = &ctxt->insn };
	memcpy(x->regs, ctxt->regs, sizeof(x->regs));
	x->rip = ctxt->rip + ctxt->insn.len;
	if (!exec_is_long(x))
		x->rip = (u32)x->rip;
	x->rflags = ctxt->rflags;
	x->nr = 1;
	x->cpl = ctxt->cpl;
}

static void commit(struct exec *x)
{
	struct x86_emulate_ctxt *ctxt = x->ctxt;
	unsigned int i;

	for (i = 0; i < NR_EXEC_SEGMENTS; i++)
		if (x->loaded & 1u << i)
			ctxt->ops->set_segment(ctxt, i, &x->segments[i]);
	x->loaded = 0;
	memcpy(ctxt->regs, x->regs, sizeof(x->regs));
	ctxt->rflags = x->rflags;
	ctxt->cpl = x->cpl;
	ctxt->after = x->after;
	ctxt->ops->commit(ctxt);
}

void exec_commit(struct exec *x)
{
	/* SDM 3B, 17.3.1.1: RF is clear after an instruction. */
	if (!x->keep_rf)
		x->rflags &= ~X86_FLAG_RF;
	commit(x);
	x->ctxt->rip = x->rip;
}

/* Operands, function, write-back. */
static int exec_operands(struct exec *x, unsigned int flags)
{
	unsigned int i;
	int r = X86_EMULATE_OK;

	for (i = 0; i < 3 && r == X86_EMULATE_OK; i++)
		r = exec_resolve(x, i);
	for (i = flags & STORES ? 1 : 0; i < 3 && r == X86_EMULATE_OK; i++)
		r = exec_load(x, i);
	if (r == X86_EMULATE_OK)
		r = handlers[x->insn->row->op].fn(x);
	if (r == X86_EMULATE_OK && !(flags & LOADS) && !x->discard)
		r = exec_store(x, 0);
	return r;
}

/* SDM 2, REP: after CMPS and SCAS, F3 goes on while ZF is set, F2 while not. */
static bool repeat_ends(const struct exec *x, unsigned int flags)
{
	bool zf = x->rflags & X86_FLAG_ZF;

	return flags & COUNTS && zf == !!(x->insn->prefixes & KVM_INSN_PFX_F2);
}

static int exec_repeat(struct x86_emulate_ctxt *ctxt, exec_fn fn,
		       unsigned int flags)
{
	unsigned int max = X86_EMULATE_MAX_REPEAT, done = 0;
	u64 mask = size_mask(ctxt->insn.ad_bytes);
	struct exec x;
	u64 count;
	int r;

	/* SDM 3B, 17.3.1.4: a trap after each iteration. */
	if (ctxt->step || ctxt->rflags & X86_FLAG_TF)
		max = 1;
	for (;;) {
		exec_begin(&x, ctxt);
		count = x.regs[X86_REG_CX] & mask;
		if (!count)
			break;
		/* The same when it is executed again: not by what was done before. */
		x.nr = count < max ? count : max;
		r = fn(&x);
		if (r != X86_EMULATE_OK)
			return r;
		count -= x.nr;
		exec_reg_write(&x, X86_REG_CX, ctxt->insn.ad_bytes, count);
		if (!count || repeat_ends(&x, flags))
			break;
		/* SDM 2, REP: until it is over the flags are those of before. */
		x.rflags = ctxt->rflags;
		commit(&x);
		done += x.nr;
		if (done >= max) {
			ctxt->repeats = true;
			return X86_EMULATE_OK;
		}
	}
	exec_commit(&x);
	return X86_EMULATE_OK;
}

int x86_emulate(struct x86_emulate_ctxt *ctxt)
{
	const u8 repeat = KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2;
	unsigned int op = ctxt->insn.row->op;
	struct exec x;
	int r;

	ctxt->repeats = false;
	ctxt->after = 0;
	if (!x86_emulate_has(op))
		return X86_EMULATE_UNHANDLED;
	if (handlers[op].flags & STRING && ctxt->insn.prefixes & repeat)
		return exec_repeat(ctxt, handlers[op].fn, handlers[op].flags);
	exec_begin(&x, ctxt);
	if (handlers[op].flags & (BARE | STRING))
		r = handlers[op].fn(&x);
	else
		r = exec_operands(&x, handlers[op].flags);
	if (r == X86_EMULATE_OK)
		exec_commit(&x);
	return r;
}

/* An event, at the instruction that it has interrupted. */
int x86_emulate_task_switch(struct x86_emulate_ctxt *ctxt, u16 selector,
			    const u32 *error_code)
{
	const struct exec_task task = {
		.selector = selector,
		.reason = EXEC_TASK_GATE,
		.has_error_code = error_code,
		.error_code = error_code ? *error_code : 0,
	};
	struct exec x;

	ctxt->insn = (struct kvm_insn){ .nr_mem = 0 };
	ctxt->repeats = false;
	ctxt->after = 0;
	exec_begin(&x, ctxt);
	x.ext = 1;
	if (exec_is_lma(&x))
		return X86_EMULATE_UNHANDLED;
	return exec_task_switch(&x, &task);
}
