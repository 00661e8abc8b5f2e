// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_segment.c - descriptors and segment registers
 *
 * Owns: reading a descriptor, marking it accessed or busy, and what may be loaded
 * into which segment register by whom.  A register that is loaded waits in struct
 * exec until the instruction is committed; the descriptor's mark is the last step
 * that can fail.
 *
 * In real mode only selector and base change, so limits and attributes of before
 * stay ("big real mode").
 *
 * Locking: none.  A descriptor's byte with its type is changed by a locked
 * compare and exchange, since other CPUs share the table.
 *
 * References: SDM 3A, chapter 3 and 5; SDM 2, MOV, LLDT, LTR, LAR, LSL, VERR.
 *
 * Deliberately absent: the bases of FS and GS surviving a null selector, as on
 * some of AMD's CPUs: they become 0.
 */
#include <linux/types.h>

#include "emulate/exec.h"

u64 exec_system_address(const struct exec *x, u64 la)
{
	return exec_is_lma(x) ? la : (u32)la;
}

int exec_system_read(struct exec *x, u64 la, void *data, unsigned int len)
{
	return x->ctxt->ops->read(x->ctxt, la, data, len, X86_EMULATE_IMPLICIT);
}

int exec_system_write(struct exec *x, u64 la, const void *data,
		      unsigned int len)
{
	int r;

	x->ctxt->implicit = true;
	r = x->ctxt->ops->write(x->ctxt, la, data, len);
	x->ctxt->implicit = false;
	return r;
}

static u64 descriptor_offset(u16 selector)
{
	return selector & ~(SELECTOR_RPL | SELECTOR_LDT);
}

/* GDT or LDT, if the first @len bytes of the descriptor are in it. */
static bool find_table(const struct exec *x, u16 selector, unsigned int len,
		       struct x86_emulate_segment *table)
{
	bool local = selector & SELECTOR_LDT;

	exec_get_segment(x, local ? X86_EMULATE_SEG_LDTR : X86_EMULATE_SEG_GDTR,
			 table);
	if (local && table->unusable)
		return false;
	return descriptor_offset(selector) + len - 1 <= table->limit;
}

int exec_read_descriptor(struct exec *x, u16 selector, enum x86_vector bad,
			 struct exec_descriptor *d)
{
	struct x86_emulate_segment table;
	u32 words[2] = { 0 };
	int r;

	*d = (struct exec_descriptor){ .selector = selector };
	if (!find_table(x, selector, 8, &table))
		return exec_fault_selector(x, bad, selector);
	d->la = exec_system_address(x,
				    table.base + descriptor_offset(selector));
	r = exec_system_read(x, d->la, words, sizeof(words));
	d->lo = words[0];
	d->hi = words[1];
	return r;
}

/* The upper half of a system descriptor in 64-bit mode. */
int exec_widen_descriptor(struct exec *x, enum x86_vector bad,
			  struct exec_descriptor *d)
{
	struct x86_emulate_segment table;
	u32 words[2] = { 0 };
	int r;

	if (!find_table(x, d->selector, 16, &table))
		return exec_fault_selector(x, bad, d->selector);
	r = exec_system_read(x, d->la + 8, words, sizeof(words));
	d->base_hi = words[0];
	d->more = words[1];
	return r;
}

/* Bits of @hi's second byte, by a byte's access: it is never in two pages. */
int exec_change_type(struct exec *x, struct exec_descriptor *d, u32 set,
		     u32 clear)
{
	u32 hi = (d->hi | set) & ~clear;
	u8 old = d->hi >> 8, new = hi >> 8;
	int r;

	if (hi == d->hi)
		return X86_EMULATE_OK;
	x->ctxt->implicit = true;
	r = x->ctxt->ops->cmpxchg(x->ctxt, d->la + 5, &old, &new, 1);
	x->ctxt->implicit = false;
	if (r == X86_EMULATE_OK)
		d->hi = hi;
	return r;
}

void exec_make_segment(const struct exec_descriptor *d,
		       struct x86_emulate_segment *s)
{
	u32 limit = (d->lo & 0xffff) | (d->hi & 0xf0000);

	*s = (struct x86_emulate_segment){
		.base = d->lo >> 16 | (d->hi & 0xff) << 16 |
			(d->hi & 0xff000000) | (u64)d->base_hi << 32,
		.limit = d->hi & 0x800000 ? limit << 12 | 0xfff : limit,
		.selector = d->selector,
		.type = DESC_TYPE(d),
		.big = d->hi & 0x400000,
		.dpl = DESC_DPL(d),
		.s = d->hi & DESC_S,
		.present = d->hi & DESC_PRESENT,
		.l = d->hi & DESC_L,
		.g = d->hi & 0x800000,
		.avl = d->hi & 0x100000,
	};
}

/* --- without descriptors ------------------------------------------------- */

void exec_real_segment(struct exec *x, unsigned int seg, u16 selector)
{
	struct x86_emulate_segment s;

	exec_get_segment(x, seg, &s);
	/* A null one of protected mode has no limit to keep. */
	if (s.unusable) {
		s = (struct x86_emulate_segment){ .limit = 0xffff, .type = 3 };
		s.s = true;
	}
	s.present = true;
	s.selector = selector;
	s.base = (u64)selector << 4;
	exec_set_segment(x, seg, &s);
}

void exec_vm86_segment(struct exec *x, unsigned int seg, u16 selector)
{
	const struct x86_emulate_segment s = {
		.base = (u64)selector << 4,
		.limit = 0xffff,
		.selector = selector,
		.type = 3,
		.dpl = 3,
		.s = true,
		.present = true,
	};

	exec_set_segment(x, seg, &s);
}

/* A null SS has a DPL: the CPL. */
void exec_null_segment(struct exec *x, unsigned int seg, u16 selector)
{
	const struct x86_emulate_segment s = {
		.selector = selector,
		.type = 1,
		.s = true,
		.unusable = true,
		.dpl = seg == KVM_INSN_SEG_SS ? x->cpl : 0,
	};

	exec_set_segment(x, seg, &s);
}

/* --- with descriptors ---------------------------------------------------- */

static bool is_code(const struct exec_descriptor *d)
{
	return d->hi & DESC_S && d->hi & DESC_CODE;
}

static int load_descriptor(struct exec *x, unsigned int seg,
			   struct exec_descriptor *d)
{
	struct x86_emulate_segment s;
	int r = exec_change_type(x, d, DESC_ACCESSED, 0);

	if (r != X86_EMULATE_OK)
		return r;
	exec_make_segment(d, &s);
	exec_set_segment(x, seg, &s);
	return X86_EMULATE_OK;
}

/* @bad is #GP, in a task switch #TS. */
int exec_stack_segment(struct exec *x, u16 selector, u8 cpl, bool may_be_null,
		       enum x86_vector bad)
{
	struct exec_descriptor d;
	int r;

	if (SELECTOR_NULL(selector)) {
		if (!may_be_null || cpl == 3 ||
		    (selector & SELECTOR_RPL) != cpl)
			return exec_fault_selector(x, bad, 0);
		x->cpl = cpl;
		exec_null_segment(x, KVM_INSN_SEG_SS, selector);
		return X86_EMULATE_OK;
	}
	r = exec_read_descriptor(x, selector, bad, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if ((selector & SELECTOR_RPL) != cpl || !(d.hi & DESC_S) ||
	    is_code(&d) || !(d.hi & DESC_READABLE) || DESC_DPL(&d) != cpl)
		return exec_fault_selector(x, bad, selector);
	if (!(d.hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_SS, selector);
	return load_descriptor(x, KVM_INSN_SEG_SS, &d);
}

/* Data, or code that may be read; what is conforming is open to all. */
static bool may_read(const struct exec_descriptor *d, u8 cpl)
{
	u8 rpl = d->selector & SELECTOR_RPL;

	if (!(d->hi & DESC_S))
		return false;
	if (is_code(d) && !(d->hi & DESC_READABLE))
		return false;
	if (is_code(d) && d->hi & DESC_CONFORMING)
		return true;
	return DESC_DPL(d) >= cpl && DESC_DPL(d) >= rpl;
}

int exec_data_segment(struct exec *x, unsigned int seg, u16 selector, u8 cpl,
		      enum x86_vector bad)
{
	struct exec_descriptor d;
	int r;

	if (SELECTOR_NULL(selector)) {
		exec_null_segment(x, seg, selector);
		return X86_EMULATE_OK;
	}
	r = exec_read_descriptor(x, selector, bad, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (!may_read(&d, cpl))
		return exec_fault_selector(x, bad, selector);
	if (!(d.hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, selector);
	return load_descriptor(x, seg, &d);
}

int exec_load_segment(struct exec *x, unsigned int seg, u16 selector)
{
	if (x->ctxt->vm86)
		exec_vm86_segment(x, seg, selector);
	else if (exec_is_real(x))
		exec_real_segment(x, seg, selector);
	else if (seg == KVM_INSN_SEG_SS)
		return exec_stack_segment(x, selector, x->cpl, exec_is_long(x),
					  X86_VEC_GP);
	else
		return exec_data_segment(x, seg, selector, x->cpl, X86_VEC_GP);
	return X86_EMULATE_OK;
}

/* LDS and the like: the offset, then the selector. */
int exec_lds(struct exec *x)
{
	const struct kvm_insn_mem *mem = &x->insn->mem[0];
	unsigned int size = mem->size - 2, seg;
	u8 bytes[10] = { 0 };
	u64 la, offset = 0;
	int r;

	switch (x->insn->row->op) {
	case OP_LDS:
		seg = KVM_INSN_SEG_DS;
		break;
	case OP_LES:
		seg = KVM_INSN_SEG_ES;
		break;
	case OP_LFS:
		seg = KVM_INSN_SEG_FS;
		break;
	case OP_LGS:
		seg = KVM_INSN_SEG_GS;
		break;
	default:
		seg = KVM_INSN_SEG_SS;
	}
	r = exec_mem_linear(x, mem, mem->size, 0, &la);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->read(x->ctxt, la, bytes, mem->size, 0);
	if (r == X86_EMULATE_OK)
		r = exec_load_segment(x, seg,
				      bytes[size] | bytes[size + 1] << 8);
	while (size--)
		offset = offset << 8 | bytes[size];
	exec_reg_write(x, x->insn->reg, mem->size - 2, offset);
	return r;
}

/* --- LDTR and TR --------------------------------------------------------- */

/* A system descriptor of the GDT; in 64-bit mode it has 16 bytes. */
static int read_system(struct exec *x, u16 selector, enum x86_vector bad,
		       struct exec_descriptor *d)
{
	int r;

	if (selector & SELECTOR_LDT)
		return exec_fault_selector(x, bad, selector);
	r = exec_read_descriptor(x, selector, bad, d);
	if (r == X86_EMULATE_OK && exec_is_long(x))
		r = exec_widen_descriptor(x, bad, d);
	return r;
}

static int check_base(struct exec *x, const struct x86_emulate_segment *s)
{
	if (exec_is_long(x) && !exec_is_canonical(x, s->base))
		return exec_fault_selector(x, X86_VEC_GP, s->selector);
	return X86_EMULATE_OK;
}

int exec_load_ldt(struct exec *x, u16 selector, enum x86_vector bad)
{
	struct x86_emulate_segment s;
	struct exec_descriptor d;
	int r;

	if (SELECTOR_NULL(selector)) {
		exec_null_segment(x, X86_EMULATE_SEG_LDTR, selector);
		x->segments[X86_EMULATE_SEG_LDTR].s = false;
		x->segments[X86_EMULATE_SEG_LDTR].type = DESC_LDT;
		return X86_EMULATE_OK;
	}
	r = read_system(x, selector, bad, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (d.hi & DESC_S || DESC_TYPE(&d) != DESC_LDT)
		return exec_fault_selector(x, bad, selector);
	if (!(d.hi & DESC_PRESENT))
		return exec_fault_selector(x,
					   bad == X86_VEC_TS ? bad : X86_VEC_NP,
					   selector);
	exec_make_segment(&d, &s);
	r = check_base(x, &s);
	if (r == X86_EMULATE_OK)
		exec_set_segment(x, X86_EMULATE_SEG_LDTR, &s);
	return r;
}

static int load_operand(struct exec *x)
{
	int r = exec_resolve(x, 0);

	return r == X86_EMULATE_OK ? exec_load(x, 0) : r;
}

int exec_lldt(struct exec *x)
{
	int r;

	if (x->cpl)
		return exec_gp(x);
	r = load_operand(x);
	if (r == X86_EMULATE_OK)
		r = exec_load_ldt(x, x->op[0].val, X86_VEC_GP);
	return r;
}

static bool is_free_tss(const struct exec *x, const struct exec_descriptor *d)
{
	if (d->hi & DESC_S)
		return false;
	return DESC_TYPE(d) == DESC_TSS32 ||
	       (DESC_TYPE(d) == DESC_TSS16 && !exec_is_lma(x));
}

int exec_ltr(struct exec *x)
{
	struct x86_emulate_segment s;
	struct exec_descriptor d;
	u16 selector;
	int r;

	if (x->cpl)
		return exec_gp(x);
	r = load_operand(x);
	if (r != X86_EMULATE_OK)
		return r;
	selector = x->op[0].val;
	if (SELECTOR_NULL(selector))
		return exec_gp(x);
	r = read_system(x, selector, X86_VEC_GP, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (!is_free_tss(x, &d))
		return exec_fault_selector(x, X86_VEC_GP, selector);
	if (!(d.hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, selector);
	exec_make_segment(&d, &s);
	r = check_base(x, &s);
	if (r == X86_EMULATE_OK)
		r = exec_change_type(x, &d, DESC_BUSY, 0);
	if (r != X86_EMULATE_OK)
		return r;
	s.type = DESC_TYPE(&d);
	exec_set_segment(x, X86_EMULATE_SEG_TR, &s);
	return X86_EMULATE_OK;
}

/* SLDT and STR: two bytes of memory, or all of a register. */
int exec_sldt(struct exec *x)
{
	struct x86_emulate_segment s;
	int r;

	if (x->cpl && x->ctxt->ops->get_cr(x->ctxt, 4) & X86_CRBIT4_UMIP)
		return exec_gp(x);
	r = exec_resolve(x, 0);
	if (r != X86_EMULATE_OK)
		return r;
	exec_get_segment(x,
			 x->insn->row->op == OP_STR ? X86_EMULATE_SEG_TR :
						      X86_EMULATE_SEG_LDTR,
			 &s);
	if (x->op[0].kind == OPERAND_REG)
		x->op[0].size = x->insn->op_bytes;
	x->op[0].val = s.selector;
	return exec_store(x, 0);
}

/* --- LAR, LSL, VERR, VERW ------------------------------------------------ */

/* A bit for each type of a system descriptor that they tell of. */
#define LSL_TYPES (BIT_OF(1) | BIT_OF(2) | BIT_OF(3) | BIT_OF(9) | BIT_OF(11))
#define LAR_TYPES (LSL_TYPES | BIT_OF(4) | BIT_OF(5) | BIT_OF(12))
#define IN_LONG	  (BIT_OF(2) | BIT_OF(9) | BIT_OF(11) | BIT_OF(12))
#define BIT_OF(n) (1u << (n))

/*
 * The descriptor, if the program may know of it.  Return: with OK, whether
 * @found; what can't be read faults.
 */
static int look_at(struct exec *x, u16 selector, unsigned int types,
		   struct exec_descriptor *d, bool *found)
{
	struct x86_emulate_segment table;
	u8 rpl = selector & SELECTOR_RPL;
	int r;

	*found = false;
	if (SELECTOR_NULL(selector) || !find_table(x, selector, 8, &table))
		return X86_EMULATE_OK;
	r = exec_read_descriptor(x, selector, X86_VEC_GP, d);
	if (r != X86_EMULATE_OK)
		return r;
	if (exec_is_lma(x))
		types &= IN_LONG;
	if (!(d->hi & DESC_S) && !(types & BIT_OF(DESC_TYPE(d))))
		return X86_EMULATE_OK;
	if (!is_code(d) || !(d->hi & DESC_CONFORMING))
		*found = DESC_DPL(d) >= x->cpl && DESC_DPL(d) >= rpl;
	else
		*found = true;
	return X86_EMULATE_OK;
}

static void set_zf(struct exec *x, bool zf)
{
	x->rflags &= ~X86_FLAG_ZF;
	if (zf)
		x->rflags |= X86_FLAG_ZF;
}

int exec_lar(struct exec *x)
{
	struct exec_descriptor d;
	bool found;
	int r = look_at(x, x->op[1].val, LAR_TYPES, &d, &found);

	set_zf(x, found);
	x->discard = !found;
	if (found)
		x->op[0].val = d.hi & 0xffff00;
	return r;
}

int exec_lsl(struct exec *x)
{
	struct x86_emulate_segment s;
	struct exec_descriptor d;
	bool found;
	int r = look_at(x, x->op[1].val, LSL_TYPES, &d, &found);

	set_zf(x, found);
	x->discard = !found;
	if (found) {
		exec_make_segment(&d, &s);
		x->op[0].val = s.limit;
	}
	return r;
}

int exec_verr(struct exec *x)
{
	bool write = x->insn->row->op == OP_VERW, found;
	struct exec_descriptor d;
	int r = look_at(x, x->op[0].val, 0, &d, &found);

	if (found && write)
		found = !is_code(&d) && d.hi & DESC_READABLE;
	else if (found && is_code(&d))
		found = d.hi & DESC_READABLE;
	set_zf(x, found);
	return r;
}
