// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_transfer.c - far jumps, calls and returns, interrupts in real mode, IRET
 *
 * Owns: which code segment may be gone to from where.  The order is the SDM's:
 * the code segment is looked at first, then room on the stack, then the
 * instruction pointer; then the stack is written, and last the code segment is
 * marked accessed.
 *
 * Locking: none.
 *
 * References: SDM 2, JMP, CALL, RET, INT n, IRET; SDM 3A, 5.8; SDM 3A, 20.1 for
 * interrupts in real mode.
 *
 * Deliberately absent: calls through a gate to more privileged code, with another
 * stack; INT n, INT3 and INTO in protected, long and virtual-8086 mode but through
 * a task gate; IRET of virtual-8086 mode with VME and IOPL below 3.  All of them
 * are unhandled.
 */
#include <linux/types.h>

#include "emulate/exec.h"

static bool is_code(const struct exec_descriptor *d)
{
	return d->hi & DESC_S && d->hi & DESC_CODE;
}

/* --- to a code segment --------------------------------------------------- */

/* What is left of the checks when the privileges are right. */
static int check_code(struct exec *x, const struct exec_descriptor *d)
{
	const u32 both = DESC_L | 0x400000;

	if (exec_is_lma(x) && (d->hi & both) == both)
		return exec_fault_selector(x, X86_VEC_GP, d->selector);
	if (!(d->hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, d->selector);
	return X86_EMULATE_OK;
}

static int check_rip(struct exec *x, const struct exec_descriptor *d, u64 rip)
{
	struct x86_emulate_segment s;

	if (exec_is_lma(x) && d->hi & DESC_L)
		return exec_is_canonical(x, rip) ? X86_EMULATE_OK : exec_gp(x);
	exec_make_segment(d, &s);
	return (u32)rip <= s.limit ? X86_EMULATE_OK : exec_gp(x);
}

/* The last step: CS, and the instruction pointer in it. */
static int enter_code(struct exec *x, struct exec_descriptor *d, u8 cpl,
		      u64 rip)
{
	struct x86_emulate_segment s;
	int r = exec_change_type(x, d, DESC_ACCESSED, 0);

	if (r != X86_EMULATE_OK)
		return r;
	exec_make_segment(d, &s);
	s.selector = (d->selector & ~SELECTOR_RPL) | cpl;
	exec_set_segment(x, KVM_INSN_SEG_CS, &s);
	x->cpl = cpl;
	x->rip = exec_is_lma(x) && s.l ? rip : (u32)rip;
	return X86_EMULATE_OK;
}

static int enter_real(struct exec *x, u16 selector, u64 rip)
{
	struct x86_emulate_segment s;

	exec_load_segment(x, KVM_INSN_SEG_CS, selector);
	exec_get_segment(x, KVM_INSN_SEG_CS, &s);
	if (rip > s.limit)
		return exec_gp(x);
	x->rip = rip;
	return X86_EMULATE_OK;
}

/**
 * struct transfer - a far jump or call
 * @call: which of the two
 * @selector: of the pointer
 * @rip: of the pointer
 * @size: bytes of @rip, and of what a call pushes
 */
struct transfer {
	bool call;
	u16 selector;
	u64 rip;
	unsigned int size;
};

/* The way back: in the order in which it is pushed. */
static int push_return(struct exec *x, u16 selector, u64 rip, unsigned int size)
{
	int r = exec_push_value(x, selector, size);

	return r == X86_EMULATE_OK ? exec_push_value(x, rip, size) : r;
}

static int transfer_real(struct exec *x, const struct transfer *t)
{
	struct x86_emulate_segment old;
	u64 back = x->rip;
	int r = X86_EMULATE_OK;

	exec_get_segment(x, KVM_INSN_SEG_CS, &old);
	if (t->call)
		r = exec_push_room(x, 2, t->size);
	if (r == X86_EMULATE_OK)
		r = enter_real(x, t->selector, t->rip);
	if (r == X86_EMULATE_OK && t->call)
		r = push_return(x, old.selector, back, t->size);
	return r;
}

static int transfer_code(struct exec *x, const struct transfer *t,
			 struct exec_descriptor *d)
{
	struct x86_emulate_segment old;
	int r;

	exec_get_segment(x, KVM_INSN_SEG_CS, &old);
	r = check_code(x, d);
	if (r == X86_EMULATE_OK && t->call)
		r = exec_push_room(x, 2, t->size);
	if (r == X86_EMULATE_OK)
		r = check_rip(x, d, t->rip);
	if (r == X86_EMULATE_OK && t->call)
		r = push_return(x, old.selector, x->rip, t->size);
	return r == X86_EMULATE_OK ? enter_code(x, d, x->cpl, t->rip) : r;
}

/* SDM 3A, 5.8.1: @rpl of a gate's selector does not count. */
static bool may_enter(const struct exec *x, const struct exec_descriptor *d,
		      u8 rpl)
{
	if (!is_code(d))
		return false;
	if (d->hi & DESC_CONFORMING)
		return DESC_DPL(d) <= x->cpl;
	return DESC_DPL(d) == x->cpl && rpl <= x->cpl;
}

/* Through a call gate, in long mode one of 16 bytes to code of 64 bits. */
static int transfer_gate(struct exec *x, const struct transfer *pointer,
			 struct exec_descriptor *gate)
{
	bool wide = DESC_TYPE(gate) == DESC_CALL_GATE32;
	struct transfer t = {
		.call = pointer->call,
		.selector = gate->lo >> 16,
		.rip = gate->lo & 0xffff,
		.size = exec_is_lma(x) ? 8 :
			wide	       ? 4 :
					 2,
	};
	struct exec_descriptor d;
	int r = X86_EMULATE_OK;

	if (DESC_DPL(gate) < x->cpl ||
	    DESC_DPL(gate) < (gate->selector & SELECTOR_RPL))
		return exec_fault_selector(x, X86_VEC_GP, gate->selector);
	if (exec_is_lma(x))
		r = exec_widen_descriptor(x, X86_VEC_GP, gate);
	if (r != X86_EMULATE_OK)
		return r;
	if (exec_is_lma(x) && gate->more & 0x1f00)
		return exec_fault_selector(x, X86_VEC_GP, gate->selector);
	if (!(gate->hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, gate->selector);
	if (wide)
		t.rip |= (gate->hi & 0xffff0000) | (u64)gate->base_hi << 32;
	if (SELECTOR_NULL(t.selector))
		return exec_gp(x);
	r = exec_read_descriptor(x, t.selector, X86_VEC_GP, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (t.call && is_code(&d) && !(d.hi & DESC_CONFORMING) &&
	    DESC_DPL(&d) < x->cpl)
		return X86_EMULATE_UNHANDLED;
	if (!may_enter(x, &d, 0) ||
	    (exec_is_lma(x) && (d.hi & (DESC_L | 0x400000)) != DESC_L))
		return exec_fault_selector(x, X86_VEC_GP, t.selector);
	return transfer_code(x, &t, &d);
}

/* A TSS, or a task gate. */
static int transfer_task(struct exec *x, const struct transfer *t,
			 const struct exec_descriptor *d)
{
	const struct exec_task task = {
		.selector = d->selector,
		.reason = t->call ? EXEC_TASK_CALL : EXEC_TASK_JMP,
	};

	if (exec_is_lma(x) || DESC_DPL(d) < (d->selector & SELECTOR_RPL) ||
	    DESC_DPL(d) < x->cpl)
		return exec_fault_selector(x, X86_VEC_GP, d->selector);
	if (DESC_TYPE(d) == DESC_TASK_GATE)
		return exec_task_gate(x, d, task.reason,
				      d->selector & ~SELECTOR_RPL);
	return exec_task_switch(x, &task);
}

static int transfer_system(struct exec *x, const struct transfer *t,
			   struct exec_descriptor *d)
{
	switch (DESC_TYPE(d)) {
	case DESC_CALL_GATE32:
		return transfer_gate(x, t, d);
	case DESC_CALL_GATE16:
		if (!exec_is_lma(x))
			return transfer_gate(x, t, d);
		break;
	case DESC_TSS16:
	case DESC_TSS32:
	case DESC_TASK_GATE:
		return transfer_task(x, t, d);
	}
	return exec_fault_selector(x, X86_VEC_GP, d->selector);
}

static int transfer(struct exec *x, const struct transfer *t)
{
	struct exec_descriptor d;
	int r;

	if (exec_is_real(x))
		return transfer_real(x, t);
	if (SELECTOR_NULL(t->selector))
		return exec_gp(x);
	r = exec_read_descriptor(x, t->selector, X86_VEC_GP, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (!(d.hi & DESC_S))
		return transfer_system(x, t, &d);
	if (!may_enter(x, &d, t->selector & SELECTOR_RPL))
		return exec_fault_selector(x, X86_VEC_GP, t->selector);
	return transfer_code(x, t, &d);
}

/* The pointer is in the instruction, or in memory. */
static int far_pointer(struct exec *x, struct transfer *t)
{
	const struct kvm_insn *insn = x->insn;
	u8 bytes[10] = { 0 };
	unsigned int i;
	u64 la;
	int r;

	if (!insn->nr_mem) {
		t->rip = insn->imm;
		t->selector = insn->imm2;
		t->size = insn->op_bytes;
		return X86_EMULATE_OK;
	}
	t->size = insn->mem[0].size - 2;
	r = exec_mem_linear(x, &insn->mem[0], insn->mem[0].size, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, bytes, insn->mem[0].size,
				       0);
	t->rip = 0;
	for (i = 0; i < t->size; i++)
		t->rip |= (u64)bytes[i] << 8 * i;
	t->selector = bytes[t->size] | bytes[t->size + 1] << 8;
	return r;
}

int exec_jmp_far(struct exec *x)
{
	struct transfer t = { .call = false };
	int r = far_pointer(x, &t);

	return r == X86_EMULATE_OK ? transfer(x, &t) : r;
}

int exec_call_far(struct exec *x)
{
	struct transfer t = { .call = true };
	int r = far_pointer(x, &t);

	return r == X86_EMULATE_OK ? transfer(x, &t) : r;
}

/* --- back ---------------------------------------------------------------- */

/**
 * struct way_back - what RET or IRET finds on the stack
 * @code: the code segment
 * @rip: where
 * @cpl: and with which CPL
 * @ss: the stack segment, if there is one
 * @sp: and the stack pointer
 */
struct way_back {
	struct exec_descriptor code;
	u64 rip;
	u8 cpl;
	u64 ss;
	u64 sp;
};

/* Never to more privileged code. */
static int check_back(struct exec *x, u16 selector, struct way_back *b)
{
	u8 rpl = selector & SELECTOR_RPL;
	int r;

	b->cpl = rpl;
	if (SELECTOR_NULL(selector))
		return exec_gp(x);
	r = exec_read_descriptor(x, selector, X86_VEC_GP, &b->code);
	if (r != X86_EMULATE_OK)
		return r;
	if (!is_code(&b->code) || rpl < x->cpl ||
	    (b->code.hi & DESC_CONFORMING ? DESC_DPL(&b->code) > rpl :
					    DESC_DPL(&b->code) != rpl))
		return exec_fault_selector(x, X86_VEC_GP, selector);
	return check_code(x, &b->code);
}

/* What less privileged code may not see does not stay. */
static void drop_segments(struct exec *x)
{
	static const u8 segs[] = { KVM_INSN_SEG_ES, KVM_INSN_SEG_DS,
				   KVM_INSN_SEG_FS, KVM_INSN_SEG_GS };
	struct x86_emulate_segment s;
	unsigned int i;

	for (i = 0; i < sizeof(segs); i++) {
		exec_get_segment(x, segs[i], &s);
		/* Conforming code stays. */
		if (!s.unusable && (s.type & 0xc) != 0xc && s.dpl < x->cpl)
			exec_null_segment(x, segs[i], 0);
	}
}

static void add_to_stack(struct exec *x, unsigned int n)
{
	exec_reg_write(x, X86_REG_SP, exec_stack_bytes(x),
		       x->regs[X86_REG_SP] + n);
}

/* To @b with its own stack; the segment of it decides how wide SP is. */
static int go_back_outside(struct exec *x, struct way_back *b)
{
	bool code64 = exec_is_lma(x) && b->code.hi & DESC_L;
	struct x86_emulate_segment ss;
	u8 old_cpl = x->cpl;
	int r;

	r = exec_stack_segment(x, b->ss, b->cpl, code64, X86_VEC_GP);
	if (r == X86_EMULATE_OK)
		r = check_rip(x, &b->code, b->rip);
	if (r == X86_EMULATE_OK)
		r = enter_code(x, &b->code, b->cpl, b->rip);
	exec_get_segment(x, KVM_INSN_SEG_SS, &ss);
	exec_reg_write(x, X86_REG_SP, code64 ? 8 : ss.big ? 4 : 2, b->sp);
	if (r == X86_EMULATE_OK && b->cpl > old_cpl)
		drop_segments(x);
	return r;
}

static int go_back(struct exec *x, struct way_back *b)
{
	int r = check_rip(x, &b->code, b->rip);

	return r == X86_EMULATE_OK ? enter_code(x, &b->code, b->cpl, b->rip) :
				     r;
}

int exec_ret_far(struct exec *x)
{
	unsigned int size = x->insn->op_bytes;
	struct way_back b = { .rip = 0 };
	u64 selector = 0;
	int r;

	r = exec_pop_value(x, &b.rip, size);
	if (r == X86_EMULATE_OK)
		r = exec_pop_value(x, &selector, size);
	if (r != X86_EMULATE_OK)
		return r;
	add_to_stack(x, x->insn->imm);
	if (exec_is_real(x))
		return enter_real(x, selector, b.rip);
	r = check_back(x, selector, &b);
	if (r != X86_EMULATE_OK)
		return r;
	if (b.cpl == x->cpl)
		return go_back(x, &b);
	r = exec_pop_value(x, &b.sp, size);
	if (r == X86_EMULATE_OK)
		r = exec_pop_value(x, &b.ss, size);
	b.sp += x->insn->imm;
	return r == X86_EMULATE_OK ? go_back_outside(x, &b) : r;
}

/* --- IRET ---------------------------------------------------------------- */

#define FLAGS_OF_ALL                                                  \
	(X86_FLAGS_STATUS | X86_FLAG_TF | X86_FLAG_DF | X86_FLAG_NT | \
	 X86_FLAG_RF | X86_FLAG_AC | X86_FLAG_ID)

static unsigned int iopl(const struct exec *x)
{
	return x->rflags >> 12 & 3;
}

static int iret_real(struct exec *x, u64 rip, u16 selector, u64 flags)
{
	u64 mask = FLAGS_OF_ALL | X86_FLAG_IF;
	int r = enter_real(x, selector, rip);

	if (!x->ctxt->vm86)
		mask |= X86_FLAG_IOPL;
	exec_load_flags(x, flags, mask, x->insn->op_bytes);
	return r;
}

/* SDM 2, IRET, "return to virtual-8086 mode": the rest is on the stack, too. */
static int iret_to_vm86(struct exec *x, u64 rip, u16 selector, u64 flags)
{
	static const u8 segs[] = { KVM_INSN_SEG_SS, KVM_INSN_SEG_ES,
				   KVM_INSN_SEG_DS, KVM_INSN_SEG_FS,
				   KVM_INSN_SEG_GS };
	u64 vals[6] = { 0 };
	unsigned int i;
	int r = X86_EMULATE_OK;

	for (i = 0; i < 6 && r == X86_EMULATE_OK; i++)
		r = exec_pop_value(x, &vals[i], 4);
	if (r != X86_EMULATE_OK)
		return r;
	if ((u32)rip > 0xffff)
		return exec_gp(x);
	x->cpl = 3;
	exec_vm86_segment(x, KVM_INSN_SEG_CS, selector);
	for (i = 0; i < sizeof(segs); i++)
		exec_vm86_segment(x, segs[i], vals[i + 1]);
	exec_reg_write(x, X86_REG_SP, 4, vals[0]);
	x->rip = rip;
	exec_load_flags(x, flags, ~0ull & 0x3f7fd7, 4);
	return X86_EMULATE_OK;
}

static int iret_protected(struct exec *x, struct way_back *b, u16 selector,
			  u64 flags)
{
	unsigned int size = x->insn->op_bytes;
	u64 mask = FLAGS_OF_ALL;
	int r;

	/* By the CPL of before. */
	if (x->cpl <= iopl(x))
		mask |= X86_FLAG_IF;
	if (!x->cpl)
		mask |= X86_FLAG_IOPL | X86_FLAG_VIF | X86_FLAG_VIP;
	r = check_back(x, selector, b);
	if (r != X86_EMULATE_OK)
		return r;
	if (b->cpl == x->cpl && !exec_is_long(x)) {
		r = go_back(x, b);
	} else {
		r = exec_pop_value(x, &b->sp, size);
		if (r == X86_EMULATE_OK)
			r = exec_pop_value(x, &b->ss, size);
		if (r == X86_EMULATE_OK)
			r = go_back_outside(x, b);
	}
	exec_load_flags(x, flags, mask, size);
	return r;
}

int exec_iret(struct exec *x)
{
	unsigned int size = x->insn->op_bytes;
	struct way_back b = { .rip = 0 };
	u64 selector = 0, flags = 0;
	int r;

	x->after |= X86_EMULATE_AFTER_IRET;
	x->keep_rf = true;
	if (x->ctxt->vm86 && iopl(x) < 3) {
		if (x->ctxt->ops->get_cr(x->ctxt, 4) & X86_CRBIT4_VME)
			return X86_EMULATE_UNHANDLED;
		return exec_gp(x);
	}
	if (!exec_is_real(x) && x->rflags & X86_FLAG_NT)
		return exec_is_lma(x) ? exec_gp(x) : exec_task_return(x);
	r = exec_pop_value(x, &b.rip, size);
	if (r == X86_EMULATE_OK)
		r = exec_pop_value(x, &selector, size);
	if (r == X86_EMULATE_OK)
		r = exec_pop_value(x, &flags, size);
	if (r != X86_EMULATE_OK)
		return r;
	if (exec_is_real(x))
		return iret_real(x, b.rip, selector, flags);
	if (flags & X86_FLAG_VM && !x->cpl && !exec_is_lma(x))
		return iret_to_vm86(x, b.rip, selector, flags);
	return iret_protected(x, &b, selector, flags);
}

/* --- interrupts ---------------------------------------------------------- */

static int interrupt_real(struct exec *x, u8 vector)
{
	struct x86_emulate_segment idt, cs;
	u16 entry[2] = { 0 };
	u64 back = x->rip;
	int r;

	exec_get_segment(x, X86_EMULATE_SEG_IDTR, &idt);
	exec_get_segment(x, KVM_INSN_SEG_CS, &cs);
	if (4 * vector + 3u > idt.limit)
		return exec_gp(x);
	r = exec_push_room(x, 3, 2);
	if (r == X86_EMULATE_OK)
		r = exec_system_read(x, (u32)(idt.base + 4 * vector), entry,
				     sizeof(entry));
	if (r == X86_EMULATE_OK)
		r = enter_real(x, entry[1], entry[0]);
	if (r == X86_EMULATE_OK)
		r = exec_push_value(x, x->rflags & 0xffff, 2);
	if (r == X86_EMULATE_OK)
		r = push_return(x, cs.selector, back, 2);
	x->rflags &= ~(X86_FLAG_IF | X86_FLAG_TF | X86_FLAG_AC);
	x->after |= X86_EMULATE_AFTER_NOTF;
	return r;
}

/* Of the gates of protected mode those of tasks alone. */
static int interrupt_task(struct exec *x, u8 vector)
{
	u32 error_code = vector * 8 + 2, words[2] = { 0 };
	struct x86_emulate_segment idt;
	struct exec_descriptor d = { .la = 0 };
	int r;

	if (exec_is_lma(x) || x->insn->row->op == OP_INT1)
		return X86_EMULATE_UNHANDLED;
	exec_get_segment(x, X86_EMULATE_SEG_IDTR, &idt);
	if (8 * vector + 7u > idt.limit)
		return x86_emulate_fault(x->ctxt, X86_VEC_GP, error_code);
	r = exec_system_read(x, (u32)(idt.base + 8 * vector), words,
			     sizeof(words));
	if (r != X86_EMULATE_OK)
		return r;
	d.lo = words[0];
	d.hi = words[1];
	if (d.hi & DESC_S || DESC_TYPE(&d) != DESC_TASK_GATE)
		return X86_EMULATE_UNHANDLED;
	return exec_task_gate(x, &d, EXEC_TASK_GATE, error_code);
}

int exec_int(struct exec *x)
{
	unsigned int op = x->insn->row->op;
	u8 vector = op == OP_INT  ? x->insn->imm :
		    op == OP_INT3 ? 3 :
		    op == OP_INTO ? 4 :
				    1;

	if (op == OP_INTO && !(x->rflags & X86_FLAG_OF))
		return X86_EMULATE_OK;
	if (exec_is_real(x) && !x->ctxt->vm86)
		return interrupt_real(x, vector);
	if (x->ctxt->vm86 && op == OP_INT && iopl(x) < 3) {
		if (x->ctxt->ops->get_cr(x->ctxt, 4) & X86_CRBIT4_VME)
			return X86_EMULATE_UNHANDLED;
		return exec_gp(x);
	}
	return interrupt_task(x, vector);
}
