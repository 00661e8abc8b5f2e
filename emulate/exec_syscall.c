// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_syscall.c - SYSCALL, SYSRET, SYSENTER, SYSEXIT
 *
 * Owns: the flat segments that they load without a look at any descriptor.  AMD's
 * CPUs have SYSCALL outside of long mode, too, and no SYSENTER in it.
 *
 * Locking: none.
 *
 * References: SDM 2, SYSCALL and the others; APM 3, the same.
 */
#include <linux/types.h>

#include "emulate/exec.h"

#define MSR_SYSENTER_CS	 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_EFER	 0xc0000080
#define MSR_STAR	 0xc0000081
#define MSR_LSTAR	 0xc0000082
#define MSR_CSTAR	 0xc0000083
#define MSR_SFMASK	 0xc0000084
#define EFER_SCE_BIT	 1

#define SYSRET_FLAGS 0x3c7fd7

#define REG_R11 11

static u64 msr(const struct exec *x, u32 index)
{
	return x->ctxt->ops->get_system_msr(x->ctxt, index);
}

static bool is_amd(const struct exec *x)
{
	return x->ctxt->how & KVM_INSN_AMD;
}

/* CS of @selector, and the SS behind it. */
static void flat(struct exec *x, u16 selector, u16 stack, u8 cpl, bool code64)
{
	struct x86_emulate_segment s = {
		.limit = 0xffffffff,
		.selector = selector | cpl,
		.type = 0xb,
		.big = !code64,
		.dpl = cpl,
		.s = true,
		.present = true,
		.l = code64,
		.g = true,
	};

	exec_set_segment(x, KVM_INSN_SEG_CS, &s);
	s.selector = stack | cpl;
	s.type = 3;
	s.big = true;
	s.l = false;
	exec_set_segment(x, KVM_INSN_SEG_SS, &s);
	x->cpl = cpl;
}

static bool has_syscall(const struct exec *x)
{
	if (exec_is_real(x) || !(msr(x, MSR_EFER) & EFER_SCE_BIT))
		return false;
	return exec_is_long(x) || is_amd(x);
}

int exec_syscall(struct exec *x)
{
	u64 star;
	u16 cs;

	if (!has_syscall(x))
		return exec_fault(x, X86_VEC_UD);
	star = msr(x, MSR_STAR);
	cs = star >> 32 & ~SELECTOR_RPL;
	x->regs[X86_REG_CX] = x->rip;
	if (exec_is_lma(x)) {
		x->regs[REG_R11] = x->rflags & ~X86_FLAG_RF;
		x->rip = msr(x, exec_is_long(x) ? MSR_LSTAR : MSR_CSTAR);
		x->rflags &= ~msr(x, MSR_SFMASK);
		x->rflags |= 2;
		/* Else a program's trap would come with the kernel's stack. */
		if (!(x->rflags & X86_FLAG_TF))
			x->after |= X86_EMULATE_AFTER_NOTF;
	} else {
		x->rip = (u32)star;
		x->rflags &= ~(X86_FLAG_IF | X86_FLAG_VM);
	}
	flat(x, cs, cs + 8, 0, exec_is_lma(x));
	return X86_EMULATE_OK;
}

int exec_sysret(struct exec *x)
{
	bool code64 = x->insn->op_bytes == 8;
	u64 rip = x->regs[X86_REG_CX];
	u16 cs;

	if (!has_syscall(x))
		return exec_fault(x, X86_VEC_UD);
	if (x->cpl)
		return exec_gp(x);
	/* AMD's CPUs fault behind it, with CPL 3. */
	if (code64 && !is_amd(x) && !exec_is_canonical(x, rip))
		return exec_gp(x);
	cs = msr(x, MSR_STAR) >> 48 & ~SELECTOR_RPL;
	x->rip = code64 ? rip : (u32)rip;
	if (exec_is_lma(x)) {
		x->rflags = (x->regs[REG_R11] & SYSRET_FLAGS) | 2;
		x->keep_rf = true;
	} else {
		x->rflags |= X86_FLAG_IF;
	}
	flat(x, code64 ? cs + 16 : cs, cs + 8, 3, code64);
	return X86_EMULATE_OK;
}

/* Its code segment; null: there is none. */
static u16 sysenter_cs(const struct exec *x)
{
	return msr(x, MSR_SYSENTER_CS) & ~SELECTOR_RPL;
}

int exec_sysenter(struct exec *x)
{
	u64 rip, sp;
	u16 cs;

	if (is_amd(x) && exec_is_lma(x))
		return exec_fault(x, X86_VEC_UD);
	cs = sysenter_cs(x);
	if (!cs)
		return exec_gp(x);
	rip = msr(x, MSR_SYSENTER_EIP);
	sp = msr(x, MSR_SYSENTER_ESP);
	x->rip = exec_is_lma(x) ? rip : (u32)rip;
	x->regs[X86_REG_SP] = exec_is_lma(x) ? sp : (u32)sp;
	x->rflags &= ~(X86_FLAG_IF | X86_FLAG_VM);
	flat(x, cs, cs + 8, 0, exec_is_lma(x));
	return X86_EMULATE_OK;
}

int exec_sysexit(struct exec *x)
{
	bool code64 = x->insn->op_bytes == 8;
	u64 rip = x->regs[X86_REG_DX], sp = x->regs[X86_REG_CX];
	u16 cs;

	if (is_amd(x) && exec_is_lma(x))
		return exec_fault(x, X86_VEC_UD);
	cs = sysenter_cs(x);
	if (!cs || x->cpl)
		return exec_gp(x);
	if (code64 && (!exec_is_canonical(x, rip) || !exec_is_canonical(x, sp)))
		return exec_gp(x);
	x->rip = code64 ? rip : (u32)rip;
	x->regs[X86_REG_SP] = code64 ? sp : (u32)sp;
	cs += code64 ? 32 : 16;
	flat(x, cs, cs + 8, 3, code64);
	return X86_EMULATE_OK;
}
