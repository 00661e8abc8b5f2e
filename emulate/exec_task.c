// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_task.c - task switches
 *
 * Owns: x86_emulate_task_switch(), and what far jumps and calls, IRET and INT n do
 * with a TSS.  All that can fail in the old task is tried before memory is
 * written; then the new task's registers are there, and what fails from then on,
 * such as a segment that is not present, is a fault of the new task's.
 *
 * Locking: none.  The busy bits are changed by locked accesses.
 *
 * References: SDM 3A, chapter 8, above all 8.3 and table 8-1; APM 2, 12.3.
 *
 * Deliberately absent: shadow stacks.  Upper halves of registers that a 16-bit TSS
 * does not have become 0.
 */
#include <linux/string.h>
#include <linux/types.h>

#include "emulate/exec.h"

#define TSS32_LIMIT 0x67
#define TSS16_LIMIT 0x2b
#define TSS32_BYTES (TSS32_LIMIT + 1)
#define TSS16_BYTES (TSS16_LIMIT + 1)
#define TSS_WIDE    8 /* in the type: of 32 bits */

#define DR6_BT	  0x8000ull
#define DR7_LOCAL 0x155ull /* L0 to L3 and LE */

/* How often another CPU may be faster at a descriptor. */
#define MAX_TRIES 8

/* ES to GS, and where a TSS has what it saves; SDM 3A, figures 8-2 and 8-10. */
#define NR_TSS_SEGMENTS 6

struct tss_layout {
	u8 bytes;
	u8 size; /* of a field */
	u8 ip; /* flags, eight registers and segments follow */
	u8 nr_segments;
	u8 ldt;
};

static const struct tss_layout layouts[] = {
	{ TSS16_BYTES, 2, 0x0e, 4, 0x2a },
	{ TSS32_BYTES, 4, 0x20, 6, 0x60 },
};

#define TSS32_CR3 0x1c
#define TSS32_T	  0x64

/* Indices of fields, from IP on. */
#define FIELD_FLAGS    1
#define FIELD_REGS     2
#define FIELD_SEGMENTS 10

static const struct tss_layout *layout_of(u8 type)
{
	return &layouts[type & TSS_WIDE ? 1 : 0];
}

static u32 get_field(const struct tss_layout *l, const u8 *tss, unsigned int i)
{
	const u8 *p = tss + l->ip + i * l->size;
	u32 val = p[0] | p[1] << 8;

	return l->size == 2 ? val : val | p[2] << 16 | (u32)p[3] << 24;
}

static void put_field(const struct tss_layout *l, u8 *tss, unsigned int i,
		      u32 val)
{
	u8 *p = tss + l->ip + i * l->size;
	unsigned int at;

	for (at = 0; at < l->size; at++)
		p[at] = val >> 8 * at;
}

static unsigned int saved_bytes(const struct tss_layout *l)
{
	return l->size * (FIELD_SEGMENTS + l->nr_segments);
}

/**
 * struct task_switch - the two tasks
 * @task: what is wanted
 * @old: the TSS that is left
 * @old_desc: its descriptor, if that is marked
 * @new: the TSS that is gone to
 * @new_desc: its descriptor
 * @old_layout: of @old
 * @new_layout: of @new
 * @tss: @new's contents
 * @flags: to be saved
 */
struct task_switch {
	const struct exec_task *task;
	struct x86_emulate_segment old;
	struct exec_descriptor old_desc;
	struct x86_emulate_segment new;
	struct exec_descriptor new_desc;
	const struct tss_layout *old_layout;
	const struct tss_layout *new_layout;
	u8 tss[TSS32_BYTES];
	u64 flags;
};

static bool nests(const struct task_switch *t)
{
	return t->task->reason == EXEC_TASK_CALL ||
	       t->task->reason == EXEC_TASK_GATE;
}

/* --- in the old task ------------------------------------------------------ */

static int find_new(struct exec *x, struct task_switch *t)
{
	u16 selector = t->task->selector;
	bool back = t->task->reason == EXEC_TASK_IRET;
	enum x86_vector bad = back ? X86_VEC_TS : X86_VEC_GP;
	unsigned int type;
	int r;

	if (SELECTOR_NULL(selector) || selector & SELECTOR_LDT)
		return exec_fault_selector(x, bad, selector);
	r = exec_read_descriptor(x, selector, bad, &t->new_desc);
	if (r != X86_EMULATE_OK)
		return r;
	type = DESC_TYPE(&t->new_desc) & ~TSS_WIDE;
	if (t->new_desc.hi & DESC_S ||
	    type != (back ? DESC_TSS16 | 2 : DESC_TSS16))
		return exec_fault_selector(x, bad, selector);
	if (!(t->new_desc.hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, selector);
	exec_make_segment(&t->new_desc, &t->new);
	t->new_layout = layout_of(t->new.type);
	if (t->new.limit < t->new_layout->bytes - 1u)
		return exec_fault_selector(x, X86_VEC_TS, selector);
	t->new.type |= 2;
	return X86_EMULATE_OK;
}

static int find_old(struct exec *x, struct task_switch *t)
{
	exec_get_segment(x, X86_EMULATE_SEG_TR, &t->old);
	t->old_layout = layout_of(t->old.type);
	if (t->old.unusable || t->old.limit < t->old_layout->bytes - 1u)
		return exec_fault_selector(x, X86_VEC_TS, t->old.selector);
	if (nests(t))
		return X86_EMULATE_OK;
	return exec_read_descriptor(x, t->old.selector, X86_VEC_TS,
				    &t->old_desc);
}

/* Memory it has to be: a device can't take back what it was written. */
static int probe(struct exec *x, u64 base, unsigned int len, u32 access)
{
	int r = x->ctxt->ops->probe(x->ctxt, exec_system_address(x, base), len,
				    access | X86_EMULATE_IMPLICIT);

	return r == X86_EMULATE_IO ? X86_EMULATE_UNHANDLED : r;
}

static int read_new(struct exec *x, struct task_switch *t)
{
	unsigned int len = t->new_layout->bytes;
	int r;

	r = probe(x, t->old.base + t->old_layout->ip,
		  saved_bytes(t->old_layout), X86_EMULATE_WRITE);
	if (r == X86_EMULATE_OK && nests(t))
		r = probe(x, t->new.base, 2, X86_EMULATE_WRITE);
	if (r == X86_EMULATE_OK)
		r = probe(x, t->new.base, len, 0);
	if (r == X86_EMULATE_OK)
		r = exec_system_read(x, exec_system_address(x, t->new.base),
				     t->tss, len);
	return r;
}

/* Who runs, or has called who runs, is busy. */
static int mark_busy(struct exec *x, struct task_switch *t)
{
	int r = X86_EMULATE_OK;

	if (t->task->reason != EXEC_TASK_IRET)
		r = exec_change_type(x, &t->new_desc, DESC_BUSY, 0);
	if (r != X86_EMULATE_OK || nests(t))
		return r;
	r = exec_change_type(x, &t->old_desc, 0, DESC_BUSY);
	/* It will be tried again, with a TSS that is not busy. */
	if (r != X86_EMULATE_OK && t->task->reason != EXEC_TASK_IRET)
		exec_change_type(x, &t->new_desc, 0, DESC_BUSY);
	return r;
}

static int save_old(struct exec *x, const struct task_switch *t)
{
	const struct tss_layout *l = t->old_layout;
	struct x86_emulate_segment s;
	u8 tss[TSS32_BYTES] = { 0 };
	unsigned int i;
	int r;

	put_field(l, tss, 0, x->rip);
	put_field(l, tss, FIELD_FLAGS, t->flags);
	for (i = 0; i < 8; i++)
		put_field(l, tss, FIELD_REGS + i, x->regs[i]);
	for (i = 0; i < l->nr_segments; i++) {
		exec_get_segment(x, i, &s);
		put_field(l, tss, FIELD_SEGMENTS + i, s.selector);
	}
	r = exec_system_write(x, exec_system_address(x, t->old.base + l->ip),
			      tss + l->ip, saved_bytes(l));
	if (r == X86_EMULATE_OK && nests(t))
		r = exec_system_write(x, exec_system_address(x, t->new.base),
				      &t->old.selector, 2);
	return r;
}

/* --- in the new task ------------------------------------------------------ */

static void load_registers(struct exec *x, const struct task_switch *t)
{
	const struct tss_layout *l = t->new_layout;
	unsigned int i;

	x->rip = get_field(l, t->tss, 0);
	x->rflags = get_field(l, t->tss, FIELD_FLAGS) | 2;
	x->rflags &= 0x3f7fd7;
	if (nests(t))
		x->rflags |= X86_FLAG_NT;
	x->keep_rf = true;
	for (i = 0; i < 8; i++)
		x->regs[i] = get_field(l, t->tss, FIELD_REGS + i);
}

static u16 segment_of(const struct task_switch *t, unsigned int seg)
{
	if (seg >= t->new_layout->nr_segments)
		return 0;
	return get_field(t->new_layout, t->tss, FIELD_SEGMENTS + seg);
}

/* Before descriptors are looked at, there are the selectors. */
static void load_selectors(struct exec *x, const struct task_switch *t)
{
	struct x86_emulate_segment s;
	unsigned int i;
	u16 selector;

	x->cpl = x->rflags & X86_FLAG_VM ?
			 3 :
			 segment_of(t, KVM_INSN_SEG_CS) & SELECTOR_RPL;
	for (i = 0; i < NR_TSS_SEGMENTS; i++) {
		selector = segment_of(t, i);
		if (x->rflags & X86_FLAG_VM) {
			exec_vm86_segment(x, i, selector);
		} else if (i == KVM_INSN_SEG_CS || i == KVM_INSN_SEG_SS) {
			/* A CPU can't be without these. */
			exec_get_segment(x, i, &s);
			s.selector = selector;
			s.dpl = x->cpl;
			exec_set_segment(x, i, &s);
		} else {
			exec_null_segment(x, i, selector);
		}
	}
	exec_null_segment(x, X86_EMULATE_SEG_LDTR,
			  t->tss[t->new_layout->ldt] |
				  t->tss[t->new_layout->ldt + 1] << 8);
	x->segments[X86_EMULATE_SEG_LDTR].s = false;
	x->segments[X86_EMULATE_SEG_LDTR].type = DESC_LDT;
	exec_set_segment(x, X86_EMULATE_SEG_TR, &t->new);
}

static int load_code(struct exec *x, u16 selector)
{
	struct x86_emulate_segment s;
	struct exec_descriptor d;
	u8 rpl = selector & SELECTOR_RPL;
	int r;

	if (SELECTOR_NULL(selector))
		return exec_fault_selector(x, X86_VEC_TS, selector);
	r = exec_read_descriptor(x, selector, X86_VEC_TS, &d);
	if (r != X86_EMULATE_OK)
		return r;
	if (!(d.hi & DESC_S) || !(d.hi & DESC_CODE) ||
	    (d.hi & DESC_CONFORMING ? DESC_DPL(&d) > rpl : DESC_DPL(&d) != rpl))
		return exec_fault_selector(x, X86_VEC_TS, selector);
	if (!(d.hi & DESC_PRESENT))
		return exec_fault_selector(x, X86_VEC_NP, selector);
	r = exec_change_type(x, &d, DESC_ACCESSED, 0);
	if (r != X86_EMULATE_OK)
		return r;
	exec_make_segment(&d, &s);
	exec_set_segment(x, KVM_INSN_SEG_CS, &s);
	return X86_EMULATE_OK;
}

static int load_descriptors(struct exec *x, const struct task_switch *t)
{
	static const u8 data[] = { KVM_INSN_SEG_DS, KVM_INSN_SEG_ES,
				   KVM_INSN_SEG_FS, KVM_INSN_SEG_GS };
	unsigned int i;
	int r;

	r = exec_load_ldt(x, x->segments[X86_EMULATE_SEG_LDTR].selector,
			  X86_VEC_TS);
	if (r != X86_EMULATE_OK || x->rflags & X86_FLAG_VM)
		return r;
	r = load_code(x, segment_of(t, KVM_INSN_SEG_CS));
	if (r == X86_EMULATE_OK)
		r = exec_stack_segment(x, segment_of(t, KVM_INSN_SEG_SS),
				       x->cpl, false, X86_VEC_TS);
	for (i = 0; i < sizeof(data) && r == X86_EMULATE_OK; i++)
		r = exec_data_segment(x, data[i], segment_of(t, data[i]),
				      x->cpl, X86_VEC_TS);
	return r;
}

/* What follows when the registers are those of the new task. */
static int begin_new(struct exec *x, const struct task_switch *t)
{
	struct x86_emulate_segment cs;
	unsigned int tries = MAX_TRIES;
	int r;

	do {
		r = load_descriptors(x, t);
	} while (r == X86_EMULATE_RETRY && --tries);
	exec_get_segment(x, KVM_INSN_SEG_CS, &cs);
	if (r == X86_EMULATE_OK && x->rip > cs.limit)
		r = exec_gp(x);
	if (r == X86_EMULATE_OK && t->task->has_error_code)
		r = exec_push_value(x, t->task->error_code,
				    t->new_layout->size);
	if (r == X86_EMULATE_OK && t->new_layout->size == 4 &&
	    t->tss[TSS32_T] & 1) {
		r = exec_fault(x, X86_VEC_DB);
		x->ctxt->fault.payload = DR6_BT;
	}
	return r;
}

/* The first of the new task's: its page tables, and that it has no FPU state. */
static int load_control(struct exec *x, const struct task_switch *t)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u64 cr0 = ops->get_cr(x->ctxt, 0);
	u32 cr3;
	int r;

	ops->set_dr(x->ctxt, 7, ops->get_dr(x->ctxt, 7) & ~DR7_LOCAL);
	r = ops->set_cr(x->ctxt, 0, cr0 | X86_CRBIT0_TS);
	if (r != X86_EMULATE_OK || t->new_layout->size == 2 ||
	    !(cr0 & X86_CRBIT0_PG))
		return r;
	memcpy(&cr3, t->tss + TSS32_CR3, sizeof(cr3));
	return ops->set_cr(x->ctxt, 3, cr3);
}

int exec_task_switch(struct exec *x, const struct exec_task *task)
{
	struct task_switch t = { .task = task, .flags = x->rflags };
	int r;

	if (task->reason != EXEC_TASK_GATE || !x->ext)
		t.flags &= ~X86_FLAG_RF;
	if (task->reason == EXEC_TASK_IRET)
		t.flags &= ~X86_FLAG_NT;
	r = find_new(x, &t);
	if (r == X86_EMULATE_OK)
		r = find_old(x, &t);
	if (r == X86_EMULATE_OK)
		r = read_new(x, &t);
	/* That can be done again; with the busy bits it is decided. */
	if (r == X86_EMULATE_OK)
		r = save_old(x, &t);
	if (r == X86_EMULATE_OK)
		r = mark_busy(x, &t);
	if (r != X86_EMULATE_OK)
		return r;

	load_registers(x, &t);
	load_selectors(x, &t);
	x->after |= X86_EMULATE_AFTER_TASK;
	exec_commit(x);
	r = load_control(x, &t);
	if (r == X86_EMULATE_OK)
		r = begin_new(x, &t);
	exec_commit(x);
	/* There is no way back. */
	return r > X86_EMULATE_FAULT ? X86_EMULATE_UNHANDLED : r;
}

/* Through a task gate, of a descriptor table or of the IDT. */
int exec_task_gate(struct exec *x, const struct exec_descriptor *gate,
		   unsigned int reason, u32 error_code)
{
	const struct exec_task task = {
		.selector = gate->lo >> 16,
		.reason = reason,
	};

	if (DESC_DPL(gate) < x->cpl)
		return x86_emulate_fault(x->ctxt, X86_VEC_GP, error_code);
	if (!(gate->hi & DESC_PRESENT))
		return x86_emulate_fault(x->ctxt, X86_VEC_NP, error_code);
	return exec_task_switch(x, &task);
}

/* IRET with NT: to the task that the TSS has a link to. */
int exec_task_return(struct exec *x)
{
	struct exec_task task = { .reason = EXEC_TASK_IRET };
	struct x86_emulate_segment tr;
	int r;

	exec_get_segment(x, X86_EMULATE_SEG_TR, &tr);
	r = exec_system_read(x, exec_system_address(x, tr.base), &task.selector,
			     2);
	return r == X86_EMULATE_OK ? exec_task_switch(x, &task) : r;
}
