// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - x86's tracepoints, made
 *
 * Owns: what trace.h declares.  Whoever fires one includes that header alone.
 */
#include "x86/trace.h"

#ifdef CONFIG_TRACEPOINTS
static u8 kvm_trace_insn_flags(const struct x86_emulate_ctxt *ctxt)
{
	if (ctxt->vm86)
		return KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_EFL_VM;
	switch (ctxt->how & ~KVM_INSN_AMD) {
	case KVM_INSN_PROT16:
		return KVM_EMUL_INSN_F_CR0_PE;
	case KVM_INSN_PROT32:
		return KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_CS_D;
	case KVM_INSN_LONG:
		return KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_CS_L;
	default:
		return 0;
	}
}
#endif

#define CREATE_TRACE_POINTS
#include "x86/trace.h"
