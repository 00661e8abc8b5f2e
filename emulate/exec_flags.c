// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_flags.c - all of RFLAGS: PUSHF, POPF, CLI, STI, and what IRET loads
 *
 * Owns: who may change which flag.  In virtual-8086 mode with IOPL below 3, and
 * with CR4.PVI for programs, VIF stands for IF (SDM 3A, 20.3 and 20.4).
 *
 * Locking: none.
 */
#include <linux/types.h>

#include "emulate/exec.h"

#define FLAGS_ALWAYS \
	(X86_FLAGS_STATUS | X86_FLAG_TF | X86_FLAG_DF | X86_FLAG_NT)

static unsigned int iopl(const struct exec *x)
{
	return (x->rflags & X86_FLAG_IOPL) / (X86_FLAG_IOPL & -X86_FLAG_IOPL);
}

static bool has_cr4(const struct exec *x, u64 bit)
{
	return x->ctxt->ops->get_cr(x->ctxt, 4) & bit;
}

/* Bits of @mask come from @flags, as far as @size has them. */
void exec_load_flags(struct exec *x, u64 flags, u64 mask, unsigned int size)
{
	if (size == 2)
		mask &= 0xffff;
	x->rflags = (x->rflags & ~mask) | (flags & mask) | 2;
}

/* Without VME, or for more than 16 bits, the monitor is asked. */
static bool vm86_needs_monitor(const struct exec *x)
{
	return x->ctxt->vm86 && iopl(x) < 3 &&
	       (x->insn->op_bytes != 2 || !has_cr4(x, X86_CRBIT4_VME));
}

int exec_pushf(struct exec *x)
{
	u64 flags = x->rflags & ~(X86_FLAG_VM | X86_FLAG_RF);

	if (vm86_needs_monitor(x))
		return exec_gp(x);
	if (x->ctxt->vm86 && iopl(x) < 3) {
		flags |= X86_FLAG_IOPL | X86_FLAG_IF;
		if (!(flags & X86_FLAG_VIF))
			flags &= ~X86_FLAG_IF;
	}
	return exec_push_value(x, flags, x->insn->op_bytes);
}

/* SDM 2, POPF, in virtual-8086 mode with VME: what is IF there is VIF here. */
static int popf_virtual(struct exec *x, u64 flags)
{
	if (flags & X86_FLAG_TF ||
	    (flags & X86_FLAG_IF && x->rflags & X86_FLAG_VIP))
		return exec_gp(x);
	exec_load_flags(x, flags, FLAGS_ALWAYS & ~X86_FLAG_TF, 2);
	exec_load_flags(x, flags & X86_FLAG_IF ? X86_FLAG_VIF : 0, X86_FLAG_VIF,
			4);
	return X86_EMULATE_OK;
}

int exec_popf(struct exec *x)
{
	u64 mask = FLAGS_ALWAYS | X86_FLAG_AC | X86_FLAG_ID, flags;
	int r;

	if (vm86_needs_monitor(x))
		return exec_gp(x);
	r = exec_pop_value(x, &flags, x->insn->op_bytes);
	if (r != X86_EMULATE_OK)
		return r;
	if (x->ctxt->vm86 && iopl(x) < 3)
		return popf_virtual(x, flags);
	if (x->cpl <= iopl(x))
		mask |= X86_FLAG_IF;
	if (!x->cpl)
		mask |= X86_FLAG_IOPL;
	exec_load_flags(x, flags, mask, x->insn->op_bytes);
	return X86_EMULATE_OK;
}

/* Which flag CLI and STI change; 0: none of them may be changed. */
static u64 interrupt_flag(const struct exec *x)
{
	if (x->cpl <= iopl(x))
		return X86_FLAG_IF;
	if (has_cr4(x, x->ctxt->vm86 ? X86_CRBIT4_VME : X86_CRBIT4_PVI) &&
	    x->cpl == 3)
		return X86_FLAG_VIF;
	return 0;
}

int exec_cli(struct exec *x)
{
	u64 flag = interrupt_flag(x);

	x->rflags &= ~flag;
	return flag ? X86_EMULATE_OK : exec_gp(x);
}

/* The instruction behind it is not interrupted, if it could be before. */
int exec_sti(struct exec *x)
{
	u64 flag = interrupt_flag(x);

	if (!flag || (flag == X86_FLAG_VIF && x->rflags & X86_FLAG_VIP))
		return exec_gp(x);
	if (flag == X86_FLAG_IF && !(x->rflags & X86_FLAG_IF))
		x->after |= X86_EMULATE_AFTER_STI;
	x->rflags |= flag;
	return X86_EMULATE_OK;
}
