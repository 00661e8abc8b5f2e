// SPDX-License-Identifier: GPL-2.0-only
/*
 * exit.c - what a guest left for
 *
 * Owns: the table of exits; reading what SVM says of one.
 *
 * Where the CPU does not give the address of the next instruction (NRIPS), or the
 * operands of one (decode assists), the instruction is decoded.
 *
 * Locking: vCPU's mutex; srcu held.
 *
 * References: APM 2, appendix C "SVM Intercept Exit Codes".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/printk.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"
#include "mmu/fault.h"
#include "svm/nested.h"
#include "svm/svm.h"
#include "x86/cpuid.h"
#include "x86/emulate.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/hypercall.h"
#include "x86/io.h"
#include "x86/msr.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/smm.h"
#include "x86/trace.h"
#include "x86/x86.h"

/* EXITINFO1 of a MOV to or from a control or debug register; APM 2, 15.8.1. */
#define CR_VALID BIT_ULL(63) /* it was a MOV, by decode assists */
#define CR_GPR	 GENMASK_ULL(3, 0)

/* --- instructions -------------------------------------------------------- */

int svm_skip_emulated_instruction(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	u64 next = 0;

	/* Port accesses tell where the next instruction is on every CPU. */
	if (c->exit_code == SVM_EXIT_IOIO)
		next = c->exit_info_2;
	else if (svm_has(SVM_FEATURE_NRIPS))
		next = c->next_rip;
	if (!next)
		return kvm_emulate_instruction(vcpu, GPA_INVALID,
					       KVM_EMULATE_SKIP);
	kvm_rip_write(vcpu, next);
	svm_set_interrupt_shadow(vcpu, 0);
	return 1;
}

unsigned int svm_get_insn(struct kvm_vcpu *vcpu, u8 *bytes)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	unsigned int len = min_t(unsigned int, c->insn_len, 15);

	if (!svm_has(SVM_FEATURE_DECODE_ASSISTS) ||
	    c->exit_code != SVM_EXIT_NPF ||
	    kvm_rip_read(vcpu) != to_svm(vcpu)->vmcb->save.rip)
		return 0;
	memcpy(bytes, c->insn_bytes, len);
	return len;
}

void svm_get_exit_info(struct kvm_vcpu *vcpu, struct kvm_exit_info *info)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;

	*info = (struct kvm_exit_info){
		.isa = KVM_ISA_SVM,
		.reason = c->exit_code,
		.info1 = c->exit_info_1,
		.info2 = c->exit_info_2,
		.intr_info = c->exit_int_info,
		.error_code = c->exit_int_info_err,
	};
}

static int emulate(struct kvm_vcpu *vcpu)
{
	return kvm_emulate_instruction(vcpu, GPA_INVALID, 0);
}

/* --- control and debug registers ----------------------------------------- */

static int cr_access(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	unsigned int reg, cr = c->exit_code & 15;
	unsigned long val;
	int r = 0;

	/* CR0_SEL_WRITE, and what is not a MOV: LMSW, SMSW, CLTS. */
	if (!svm_has(SVM_FEATURE_DECODE_ASSISTS) ||
	    !(c->exit_info_1 & CR_VALID) || c->exit_code > SVM_EXIT_WRITE_CR8)
		return emulate(vcpu);

	reg = c->exit_info_1 & CR_GPR;
	if (c->exit_code >= SVM_EXIT_WRITE_CR0) {
		val = kvm_register_read(vcpu, reg);
		trace_kvm_cr(true, cr, val);
		switch (cr) {
		case 0:
			r = kvm_set_cr0(vcpu, val);
			break;
		case 4:
			r = kvm_set_cr4(vcpu, val);
			break;
		default:
			return emulate(vcpu);
		}
		return r ? kvm_inject_gp(vcpu, 0) :
			   kvm_skip_emulated_instruction(vcpu);
	}

	if (cr != 0 && cr != 4)
		return emulate(vcpu);
	val = cr ? kvm_read_cr4(vcpu) : kvm_read_cr0(vcpu);
	trace_kvm_cr(false, cr, val);
	kvm_register_write(vcpu, reg, val);
	return kvm_skip_emulated_instruction(vcpu);
}

static int cr8_write(struct kvm_vcpu *vcpu)
{
	u8 before = kvm_get_cr8(vcpu);
	int r = emulate(vcpu);

	/* Without an APIC here userspace has to know of a lower TPR. */
	if (r == 1 && !vcpu->kvm->arch.irqchip_mode &&
	    before > kvm_get_cr8(vcpu))
		return kvm_run_exit(vcpu, KVM_EXIT_SET_TPR);
	return r;
}

/* The first touch: from here on they are loaded, and the guest's own. */
static int dr_access(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (!vcpu->arch.guest_debug) {
		svm_set_icpt(svm, SVM_ICPT_DR, false);
		vcpu->arch.switch_db_regs |= KVM_DEBUGREG_WONT_EXIT;
		return 1;
	}
	return emulate(vcpu);
}

/* --- exceptions ---------------------------------------------------------- */

static int debug_exit(struct kvm_vcpu *vcpu, u8 vector, unsigned long dr6)
{
	struct kvm_run *run = vcpu->run;

	run->debug.arch.dr6 = dr6;
	run->debug.arch.dr7 = to_svm(vcpu)->vmcb->save.dr7;
	run->debug.arch.pc = kvm_get_linear_rip(vcpu);
	run->debug.arch.exception = vector;
	return kvm_run_exit(vcpu, KVM_EXIT_DEBUG);
}

static int db_exception(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	unsigned long dr6 = svm->vmcb->save.dr6;
	bool ours = vcpu->arch.guest_debug &
		    (KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP);

	if (svm->nmi_singlestep) {
		svm_end_nmi_singlestep(svm);
		/* Only of our own step? */
		if (!ours && !(svm->nmi_singlestep_rflags & X86_EFLAGS_TF))
			return 1;
	}
	if (ours)
		return debug_exit(vcpu, X86_TRAP_DB, dr6);

	kvm_queue_exception_p(vcpu, X86_TRAP_DB, dr6 ^ KVM_DR6_FIXED_1);
	return 1;
}

static int bp_exception(struct kvm_vcpu *vcpu)
{
	return debug_exit(vcpu, X86_TRAP_BP, 0);
}

/*
 * In SMM it may be RSM, which is no instruction where the host is: some CPUs find
 * that before they look for its intercept.
 */
static int ud_exception(struct kvm_vcpu *vcpu)
{
	struct kvm_insn insn;
	int r;

	if (vcpu->arch.smm) {
		r = kvm_decode_at_rip(vcpu, &insn);
		if (r > 0)
			return 1;
		if (!r && insn.row->op == OP_RSM)
			return kvm_emulate_rsm(vcpu);
	}
	return kvm_handle_ud(vcpu, KVM_INSN_VMMCALL, KVM_INSN_VMCALL);
}

static int ac_exception(struct kvm_vcpu *vcpu)
{
	kvm_queue_exception_e(vcpu, X86_TRAP_AC,
			      to_svm(vcpu)->vmcb->control.exit_info_1);
	return 1;
}

/* --- I/O, MSRs, CPUID ---------------------------------------------------- */

static int ioio(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	u32 info = c->exit_info_1;
	unsigned int size = (info & SVM_IOIO_SIZE_MASK) >> SVM_IOIO_SIZE_SHIFT;

	vcpu->stat.io_exits++;
	if (info & SVM_IOIO_STR_MASK)
		return emulate(vcpu);
	return kvm_fast_pio(vcpu, size, info >> 16, info & SVM_IOIO_TYPE_MASK);
}

static int msr(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb->control.exit_info_1 ?
		       kvm_emulate_wrmsr(vcpu) :
		       kvm_emulate_rdmsr(vcpu);
}

/* --- interrupts ---------------------------------------------------------- */

static int nothing_to_do(struct kvm_vcpu *vcpu)
{
	return 1;
}

static int host_interrupt(struct kvm_vcpu *vcpu)
{
	vcpu->stat.irq_exits++;
	return 1;
}

static int irq_window(struct kvm_vcpu *vcpu)
{
	vcpu->stat.irq_window_exits++;
	svm_end_irq_window(to_svm(vcpu));
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 1;
}

static int iret(struct kvm_vcpu *vcpu)
{
	vcpu->stat.nmi_window_exits++;
	svm_nmi_iret(to_svm(vcpu));
	return 1;
}

static int hlt(struct kvm_vcpu *vcpu)
{
	/* Nobody but the CPU would see that there is one. */
	if (svm_nested_v_irq_is_due(to_svm(vcpu)))
		return kvm_skip_emulated_instruction(vcpu);
	return kvm_emulate_halt(vcpu);
}

static int pause(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_on_spin(vcpu);
	return kvm_skip_emulated_instruction(vcpu);
}

/* --- task switches -------------------------------------------------------- */

/* EXITINFO2; APM 2, 15.14.1. */
#define TASK_HAS_ERROR_CODE BIT_ULL(SVM_EXITINFOSHIFT_TS_HAS_ERROR_CODE)
#define TASK_RF		    BIT_ULL(48)

/* Was it an instruction?  Then RIP is at it, and it can be executed. */
static bool is_task_instruction(u32 event)
{
	u8 vector = event & SVM_EVTINJ_VEC_MASK;

	if (!(event & SVM_EVTINJ_VALID))
		return true;
	switch (event & SVM_EVTINJ_TYPE_MASK) {
	case SVM_EVTINJ_TYPE_SOFT:
		return true;
	case SVM_EVTINJ_TYPE_EXEPT:
		return vector == X86_TRAP_BP || vector == X86_TRAP_OF;
	default:
		return false;
	}
}

static int task_switch(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	u32 error_code = c->exit_info_2;

	/* What L1 injects is no instruction of L2's. */
	if (is_task_instruction(c->exit_int_info) &&
	    !svm_nested_is_soft_event(to_svm(vcpu)))
		return emulate(vcpu);
	if (c->exit_info_2 & TASK_RF)
		kvm_set_rflags(vcpu, kvm_get_rflags(vcpu) | X86_EFLAGS_RF);
	return kvm_task_switch(vcpu, c->exit_info_1,
			       c->exit_info_2 & TASK_HAS_ERROR_CODE ?
				       &error_code :
				       NULL);
}

/* --- the rest ------------------------------------------------------------ */

/* The VMCB's state is undefined then; APM 2, 15.14.3. */
static int shutdown(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_reset(vcpu, true);
	return kvm_run_exit(vcpu, KVM_EXIT_SHUTDOWN);
}

/* EXITINFO1 of a nested page fault; APM 2, 15.25.6. */
static const struct {
	u64 npf;
	u32 flag;
} npf_flags[] = {
	{ BIT_ULL(0), KVM_FAULT_PRESENT },
	{ BIT_ULL(1), KVM_FAULT_WRITE },
	{ BIT_ULL(2), KVM_FAULT_USER },
	{ BIT_ULL(3), KVM_FAULT_RSVD },
	{ BIT_ULL(4), KVM_FAULT_FETCH },
	{ BIT_ULL(33), KVM_FAULT_GUEST_TABLE },
};

static int npf(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *c = &to_svm(vcpu)->vmcb->control;
	unsigned int i;
	u32 flags = 0;

	for (i = 0; i < ARRAY_SIZE(npf_flags); i++)
		if (c->exit_info_1 & npf_flags[i].npf)
			flags |= npf_flags[i].flag;
	trace_kvm_page_fault(vcpu, c->exit_info_2, c->exit_info_1);
	return kvm_handle_page_fault(vcpu, c->exit_info_2, flags);
}

static int (*const exits[])(struct kvm_vcpu *vcpu) = {
	[SVM_EXIT_READ_CR0] = cr_access,
	[SVM_EXIT_READ_CR4] = cr_access,
	[SVM_EXIT_WRITE_CR0] = cr_access,
	[SVM_EXIT_WRITE_CR4] = cr_access,
	[SVM_EXIT_WRITE_CR8] = cr8_write,
	/* clang-format off */
	[SVM_EXIT_READ_DR0 ... SVM_EXIT_READ_DR7] = dr_access,
	[SVM_EXIT_WRITE_DR0 ... SVM_EXIT_WRITE_DR7] = dr_access,
	/* clang-format on */
	[SVM_EXIT_EXCP_BASE + X86_TRAP_DB] = db_exception,
	[SVM_EXIT_EXCP_BASE + X86_TRAP_BP] = bp_exception,
	[SVM_EXIT_EXCP_BASE + X86_TRAP_UD] = ud_exception,
	[SVM_EXIT_EXCP_BASE + X86_TRAP_AC] = ac_exception,
	[SVM_EXIT_EXCP_BASE + X86_TRAP_MC] = nothing_to_do,
	[SVM_EXIT_INTR] = host_interrupt,
	[SVM_EXIT_NMI] = nothing_to_do,
	[SVM_EXIT_SMI] = nothing_to_do,
	[SVM_EXIT_INIT] = nothing_to_do,
	[SVM_EXIT_VINTR] = irq_window,
	[SVM_EXIT_CR0_SEL_WRITE] = cr_access,
	[SVM_EXIT_RDPMC] = kvm_emulate_rdpmc,
	[SVM_EXIT_CPUID] = kvm_emulate_cpuid,
	[SVM_EXIT_RSM] = kvm_emulate_rsm,
	[SVM_EXIT_IRET] = iret,
	[SVM_EXIT_INVD] = kvm_emulate_as_nop,
	[SVM_EXIT_PAUSE] = pause,
	[SVM_EXIT_HLT] = hlt,
	[SVM_EXIT_INVLPGA] = svm_emulate_invlpga,
	[SVM_EXIT_IOIO] = ioio,
	[SVM_EXIT_MSR] = msr,
	[SVM_EXIT_FERR_FREEZE] = nothing_to_do,
	[SVM_EXIT_TASK_SWITCH] = task_switch,
	[SVM_EXIT_SHUTDOWN] = shutdown,
	[SVM_EXIT_VMRUN] = svm_emulate_vmrun,
	[SVM_EXIT_VMMCALL] = kvm_emulate_hypercall,
	[SVM_EXIT_VMLOAD] = svm_emulate_vmload,
	[SVM_EXIT_VMSAVE] = svm_emulate_vmsave,
	[SVM_EXIT_STGI] = svm_emulate_stgi,
	[SVM_EXIT_CLGI] = svm_emulate_clgi,
	[SVM_EXIT_SKINIT] = kvm_handle_invalid_op,
	[SVM_EXIT_RDTSCP] = kvm_handle_invalid_op,
	[SVM_EXIT_WBINVD] = kvm_emulate_as_nop,
	[SVM_EXIT_MONITOR] = kvm_emulate_monitor_mwait,
	[SVM_EXIT_MWAIT] = kvm_emulate_monitor_mwait,
	[SVM_EXIT_XSETBV] = kvm_emulate_xsetbv,
	[SVM_EXIT_RDPRU] = kvm_handle_invalid_op,
	[SVM_EXIT_INVPCID] = kvm_handle_invalid_op,
};

static int fail_entry(struct kvm_vcpu *vcpu, u64 exit_code)
{
	struct kvm_run *run = vcpu->run;

	run->fail_entry.hardware_entry_failure_reason = exit_code;
	run->fail_entry.cpu = vcpu->cpu;
	return kvm_run_exit(vcpu, KVM_EXIT_FAIL_ENTRY);
}

static int unexpected_exit(struct kvm_vcpu *vcpu, u64 exit_code)
{
	struct kvm_run *run = vcpu->run;

	pr_err_ratelimited("unexpected exit %#llx of a guest: report it\n",
			   exit_code);
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 2;
	run->internal.data[0] = exit_code;
	run->internal.data[1] = vcpu->cpu;
	return kvm_run_exit(vcpu, KVM_EXIT_INTERNAL_ERROR);
}

int svm_handle_exit(struct kvm_vcpu *vcpu, enum kvm_exit_fastpath fastpath)
{
	u32 code = to_svm(vcpu)->vmcb->control.exit_code;

	if (fastpath != EXIT_FASTPATH_NONE || svm_nested_exit(to_svm(vcpu)))
		return 1;
	if (code == SVM_EXIT_ERR)
		return fail_entry(vcpu, code);
	if (code == SVM_EXIT_NPF)
		return npf(vcpu);
	if (code >= ARRAY_SIZE(exits) || !exits[code])
		return unexpected_exit(vcpu, code);
	return exits[array_index_nospec(code, ARRAY_SIZE(exits))](vcpu);
}
