// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested_exit.c - which of L2's exits and events are L1's; the GIF; SVM's MSRs
 *
 * Owns: that decision.  The number of an intercept is that of its exit code,
 * APM 2, appendix C, so that most of it is one look at a bit.
 *
 * What the host itself has to see is ours whatever L1 wants: its interrupts, NMIs,
 * machine checks, faults of nested paging, and windows that we have opened.
 *
 * Locking: see nested.h.
 */
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <asm/msr-index.h>
#include <asm/trapnr.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"
#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "svm/nested.h"
#include "svm/nested_check.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/exception.h"
#include "x86/msr.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/x86.h"

#define EXCEPTION(vector) (INTERCEPT_EXCEPTION_OFFSET + (vector))

/* So for all between. */
static_assert(SVM_EXIT_WRITE_CR8 == (int)INTERCEPT_CR8_WRITE);
/* VM_CR, APM 2, 15.30.1. */
#define VM_CR_LOCK    BIT_ULL(3)
#define VM_CR_SVMDIS  BIT_ULL(4)
#define VM_CR_DEFINED GENMASK_ULL(4, 0)

/* EXITINFO1 of an SMI: not by an I/O instruction; APM 2, 15.13.3. */
#define SMI_EXTERNAL BIT_ULL(0)

/* --- intercepts ---------------------------------------------------------- */

void svm_nested_add_intercepts(struct vcpu_svm *svm)
{
	const u32 *l1 = svm->nested->vmcb12->control.intercepts;
	u32 *words = svm->vmcb->control.intercepts;
	unsigned int i;

	/* L2's TPR is not that which holds L1's interrupts back. */
	if (svm_l1_masks_intr(svm))
		words[INTERCEPT_CR8_WRITE / 32] &=
			~BIT(INTERCEPT_CR8_WRITE % 32);
	for (i = 0; i < MAX_INTERCEPT; i++)
		words[i] |= l1[i];
}

/* What cannot be read is intercepted. */
static bool l1_map_has(struct vcpu_svm *svm, u64 map, unsigned int bit,
		       unsigned int nr_bits)
{
	gpa_t gpa = (map & PAGE_MASK) + bit / 8;
	u8 bytes[2];

	if (kvm_vcpu_read_guest(&svm->vcpu, gpa, bytes, sizeof(bytes)))
		return true;
	return (bytes[0] | bytes[1] << 8) >> (bit % 8) & (BIT(nr_bits) - 1);
}

static bool l1_wants_port(struct vcpu_svm *svm)
{
	u64 map = svm->nested->vmcb12->control.iopm_base_pa;
	u32 info = svm->vmcb->control.exit_info_1;
	unsigned int size = (info & SVM_IOIO_SIZE_MASK) >> SVM_IOIO_SIZE_SHIFT;

	return l1_map_has(svm, map, info >> 16, min(size, 4u));
}

static bool l1_wants_msr(struct vcpu_svm *svm)
{
	u64 map = svm->nested->vmcb12->control.msrpm_base_pa;
	int bit = svm_msrpm_bit(kvm_rcx_read(&svm->vcpu));

	if (bit < 0)
		return true;
	if (svm->vmcb->control.exit_info_1)
		bit++;
	return l1_map_has(svm, map, bit, 1);
}

/* Exits that L1 never sees, or not now. */
static bool is_ours(const struct vcpu_svm *svm, u32 code)
{
	u32 debug = svm->vcpu.arch.guest_debug;

	switch (code) {
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
	case SVM_EXIT_SMI:
	case SVM_EXIT_INIT:
	case SVM_EXIT_EXCP_BASE + X86_TRAP_MC:
		return true;
	case SVM_EXIT_VINTR:
		return svm->icpt.flags & SVM_ICPT_VINTR;
	case SVM_EXIT_EXCP_BASE + X86_TRAP_DB:
		return svm->nmi_singlestep ||
		       (debug &
			(KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP));
	case SVM_EXIT_EXCP_BASE + X86_TRAP_BP:
		return svm->icpt.flags & SVM_ICPT_BP;
	default:
		return false;
	}
}

static bool is_l1s(struct vcpu_svm *svm, u32 code)
{
	if (code == SVM_EXIT_ERR)
		return true;
	if (is_ours(svm, code) || !svm_l1_intercepts(svm, code))
		return false;
	switch (code) {
	case SVM_EXIT_IOIO:
		return l1_wants_port(svm);
	case SVM_EXIT_MSR:
		return l1_wants_msr(svm);
	default:
		return true;
	}
}

/* That L1 has to prevent, the APM says; L2 must not go on as L1. */
static bool turns_svm_off(struct vcpu_svm *svm)
{
	const struct vmcb_control_area *c = &svm->vmcb->control;
	struct kvm_vcpu *vcpu = &svm->vcpu;

	return c->exit_code == SVM_EXIT_MSR && c->exit_info_1 &&
	       (u32)kvm_rcx_read(vcpu) == MSR_EFER &&
	       !(kvm_read_edx_eax(vcpu) & EFER_SVME);
}

bool svm_nested_exit(struct vcpu_svm *svm)
{
	struct vmcb_control_area *c = &svm->vmcb->control;
	struct kvm_vcpu *vcpu = &svm->vcpu;
	u32 code = c->exit_code;

	if (!is_guest_mode(vcpu))
		return false;
	if (!is_l1s(svm, code)) {
		if (!turns_svm_off(svm))
			return false;
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
		return true;
	}
	if (code == SVM_EXIT_ERR) {
		c->exit_code_hi = ~0u;
		c->exit_info_1 = 0;
		c->exit_info_2 = 0;
		c->exit_int_info = 0;
	}
	if (code == SVM_EXIT_EXCP_BASE + X86_TRAP_DB)
		vcpu->arch.dr6 =
			kvm_dr6_after_db(vcpu->arch.dr6,
					 svm->vmcb->save.dr6 ^ KVM_DR6_FIXED_1);
	svm_nested_vmexit(svm);
	return true;
}

/* --- events -------------------------------------------------------------- */

/* What was injected and has not arrived, as EXITINTINFO has it. */
static void set_exit_int_info(struct vcpu_svm *svm)
{
	const struct kvm_vcpu_event *ev = &svm->vcpu.arch.event;
	struct vmcb_control_area *c = &svm->vmcb->control;

	c->exit_int_info = 0;
	c->exit_int_info_err = 0;
	if (ev->exception.injected) {
		c->exit_int_info = ev->exception.vector | SVM_EVTINJ_VALID |
				   SVM_EVTINJ_TYPE_EXEPT;
		if (ev->exception.has_error_code) {
			c->exit_int_info |= SVM_EVTINJ_VALID_ERR;
			c->exit_int_info_err = ev->exception.error_code;
		}
	} else if (ev->nmi_injected) {
		c->exit_int_info = SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_NMI |
				   X86_TRAP_NMI;
	} else if (ev->interrupt.injected) {
		c->exit_int_info = ev->interrupt.nr | SVM_EVTINJ_VALID |
				   (ev->interrupt.soft ? SVM_EVTINJ_TYPE_SOFT :
							 SVM_EVTINJ_TYPE_INTR);
	}
}

/* #VMEXIT, by no exit of the CPU's. */
static void vmexit(struct vcpu_svm *svm, u32 code, u64 info_1, u64 info_2)
{
	struct vmcb_control_area *c = &svm->vmcb->control;

	c->exit_code = code;
	c->exit_code_hi = 0;
	c->exit_info_1 = info_1;
	c->exit_info_2 = info_2;
	set_exit_int_info(svm);
	svm_nested_vmexit(svm);
}

/* One that L2 would be given; L1 finds it in EXITINFO, and DR6, instead. */
static void exception_vmexit(struct vcpu_svm *svm)
{
	struct kvm_queued_exception *ex = &svm->vcpu.arch.event.exception;
	u64 info_1 = ex->has_error_code ? ex->error_code : 0;
	u64 info_2 = 0;

	if (ex->vector == X86_TRAP_PF)
		info_2 = ex->has_payload ? ex->payload : svm->vcpu.arch.cr2;
	else
		kvm_deliver_exception_payload(&svm->vcpu);
	vmexit(svm, SVM_EXIT_EXCP_BASE + ex->vector, info_1, info_2);
}

static bool has_irq(struct kvm_vcpu *vcpu)
{
	/* Userspace that waits for a window has one. */
	return (lapic_in_kernel(vcpu) && kvm_cpu_has_injectable_intr(vcpu)) ||
	       kvm_vcpu_wants_interrupt_window(vcpu);
}

/* What comes from outside, in the order of priority; -EBUSY: soon. */
static int check_outside(struct vcpu_svm *svm, bool busy)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	const struct kvm_vcpu_event *ev = &vcpu->arch.event;
	u64 info = 0;
	u32 code;
	int r;

	if (svm_gif(svm) && kvm_lapic_init_latched(vcpu) &&
	    svm_l1_intercepts(svm, INTERCEPT_INIT)) {
		code = SVM_EXIT_INIT;
	} else if (ev->smi_pending && svm_smi_allowed(vcpu, false) > 0) {
		code = SVM_EXIT_SMI;
		info = SMI_EXTERNAL;
	} else if (ev->nmi_pending && svm_l1_intercepts(svm, INTERCEPT_NMI) &&
		   svm_nmi_allowed(vcpu, false) > 0) {
		code = SVM_EXIT_NMI;
	} else if (has_irq(vcpu) && svm_l1_intercepts(svm, INTERCEPT_INTR)) {
		r = svm_interrupt_allowed(vcpu, true);
		if (r <= 0)
			return r;
		code = SVM_EXIT_INTR;
	} else {
		return 0;
	}
	if (busy)
		return -EBUSY;
	vmexit(svm, code, info, 0);
	return 0;
}

int svm_check_nested_events(struct kvm_vcpu *vcpu)
{
	const struct kvm_queued_exception *ex = &vcpu->arch.event.exception;
	struct vcpu_svm *svm = to_svm(vcpu);

	if (ex->pending && svm_l1_intercepts(svm, EXCEPTION(ex->vector & 31))) {
		exception_vmexit(svm);
		return 0;
	}
	if (vcpu->arch.guest_debug & KVM_GUESTDBG_BLOCKIRQ)
		return 0;
	return check_outside(svm,
			     ex->pending || kvm_event_needs_reinjection(vcpu));
}

bool svm_nested_triple_fault(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (!svm_l1_intercepts(svm, INTERCEPT_SHUTDOWN))
		return false;
	vmexit(svm, SVM_EXIT_SHUTDOWN, 0, 0);
	return true;
}

bool svm_init_blocked(struct kvm_vcpu *vcpu)
{
	const struct vcpu_svm *svm = to_svm(vcpu);

	return !svm_gif(svm) || svm_l1_intercepts(svm, INTERCEPT_INIT);
}

bool svm_nested_is_soft_event(const struct vcpu_svm *svm)
{
	return svm->vcpu.arch.guest_mode && svm->nested->soft_event &&
	       svm->vcpu.arch.regs[VCPU_REGS_RIP] == svm->nested->soft_rip;
}

/* --- virtual interrupts -------------------------------------------------- */

void svm_nested_open_window(struct vcpu_svm *svm)
{
	if (!is_guest_mode(&svm->vcpu) || (svm->icpt.flags & SVM_ICPT_VINTR))
		return;
	svm->nested->v_irq = svm->vmcb->control.int_ctl &
			     V_IRQ_INJECTION_BITS_MASK;
	svm->nested->v_irq_vector = svm->vmcb->control.int_vector;
}

void svm_nested_close_window(struct vcpu_svm *svm)
{
	if (!is_guest_mode(&svm->vcpu))
		return;
	svm->vmcb->control.int_ctl |= svm->nested->v_irq;
	svm->vmcb->control.int_vector = svm->nested->v_irq_vector;
}

bool svm_nested_v_irq_is_due(const struct vcpu_svm *svm)
{
	u32 ctl = svm->vmcb->control.int_ctl;

	if (!svm->vcpu.arch.guest_mode)
		return false;
	if (svm->icpt.flags & SVM_ICPT_VINTR)
		ctl = (ctl & V_TPR_MASK) | svm->nested->v_irq;
	return (ctl & V_IRQ_MASK) && (svm->vmcb->save.rflags & X86_EFLAGS_IF) &&
	       ((ctl & V_IGN_TPR_MASK) || (ctl & V_INTR_PRIO_MASK) >>
						  V_INTR_PRIO_SHIFT >
						  (ctl & V_TPR_MASK));
}

/* --- STGI, CLGI, INVLPGA ------------------------------------------------- */

static int set_gif(struct kvm_vcpu *vcpu, bool gif)
{
	if (!svm_may_execute(vcpu))
		return 1;
	to_svm(vcpu)->nested->gif = gif;
	/* What it has held back. */
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return kvm_skip_emulated_instruction(vcpu);
}

int svm_emulate_stgi(struct kvm_vcpu *vcpu)
{
	return set_gif(vcpu, true);
}

int svm_emulate_clgi(struct kvm_vcpu *vcpu)
{
	return set_gif(vcpu, false);
}

int svm_emulate_invlpga(struct kvm_vcpu *vcpu)
{
	if (!svm_may_execute(vcpu))
		return 1;
	/* L2's translations do not outlive its #VMEXIT; L1 may mean its own. */
	svm_flush_tlb_asid(vcpu);
	return kvm_skip_emulated_instruction(vcpu);
}

/* --- MSRs, EFER ---------------------------------------------------------- */

static bool may_access(struct vcpu_svm *svm, const struct msr_data *msr)
{
	return svm->nested && (msr->host_initiated ||
			       guest_cpuid_has(&svm->vcpu, X86_FEATURE_SVM));
}

int svm_nested_get_msr(struct vcpu_svm *svm, struct msr_data *msr)
{
	if (!may_access(svm, msr))
		return KVM_MSR_RET_INVALID;
	msr->data = msr->index == MSR_VM_CR ? svm->nested->vm_cr :
					      svm->nested->hsave_pa;
	return 0;
}

static int set_vm_cr(struct vcpu_svm *svm, const struct msr_data *msr)
{
	u64 locked = VM_CR_LOCK | VM_CR_SVMDIS;
	u64 data = msr->data;

	if (data & ~VM_CR_DEFINED)
		return 1;
	if (!msr->host_initiated && (svm->nested->vm_cr & VM_CR_LOCK))
		data = (data & ~locked) | (svm->nested->vm_cr & locked);
	if ((data & VM_CR_SVMDIS) && (svm->vcpu.arch.efer & EFER_SVME))
		return 1;
	svm->nested->vm_cr = data;
	return 0;
}

int svm_nested_set_msr(struct vcpu_svm *svm, const struct msr_data *msr)
{
	if (!may_access(svm, msr))
		return KVM_MSR_RET_INVALID;
	if (msr->index == MSR_VM_CR)
		return set_vm_cr(svm, msr);
	if (offset_in_page(msr->data) ||
	    (msr->data & kvm_vcpu_reserved_gpa_bits(&svm->vcpu)))
		return 1;
	svm->nested->hsave_pa = msr->data;
	return 0;
}

int svm_nested_set_efer(struct vcpu_svm *svm, u64 efer)
{
	struct svm_nested *n = svm->nested;

	if (!n)
		return 0;
	if (efer & EFER_SVME)
		return !!(n->vm_cr & VM_CR_SVMDIS);
	/* KVM_SET_SREGS, or RESET: L2 itself can't, see turns_svm_off(). */
	svm_nested_leave(svm);
	/* What has waited for STGI. */
	if (!n->gif)
		kvm_make_request(KVM_REQ_EVENT, &svm->vcpu);
	n->gif = true;
	return 0;
}

/* --- the emulator -------------------------------------------------------- */

/* Instructions that the emulator knows, and that L1 may want to see. */
static const struct {
	u16 op;
	u8 intercept;
} intercepted_ops[] = {
	/* clang-format off */
	{ OP_CLTS, INTERCEPT_CR0_WRITE },
	{ OP_CPUID, INTERCEPT_CPUID },
	{ OP_HLT, INTERCEPT_HLT },
	{ OP_IN, INTERCEPT_IOIO_PROT },
	{ OP_INT, INTERCEPT_INTn },
	{ OP_INT1, INTERCEPT_ICEBP },
	{ OP_INVD, INTERCEPT_INVD },
	{ OP_INVLPG, INTERCEPT_INVLPG },
	{ OP_IRET, INTERCEPT_IRET },
	{ OP_LGDT, INTERCEPT_LOAD_GDTR },
	{ OP_LIDT, INTERCEPT_LOAD_IDTR },
	{ OP_LLDT, INTERCEPT_LOAD_LDTR },
	{ OP_LMSW, INTERCEPT_CR0_WRITE },
	{ OP_LMSW, INTERCEPT_SELECTIVE_CR0 },
	{ OP_LTR, INTERCEPT_LOAD_TR },
	{ OP_OUT, INTERCEPT_IOIO_PROT },
	{ OP_POPF, INTERCEPT_POPF },
	{ OP_PUSHF, INTERCEPT_PUSHF },
	{ OP_RDMSR, INTERCEPT_MSR_PROT },
	{ OP_RDTSC, INTERCEPT_RDTSC },
	{ OP_SGDT, INTERCEPT_STORE_GDTR },
	{ OP_SIDT, INTERCEPT_STORE_IDTR },
	{ OP_SLDT, INTERCEPT_STORE_LDTR },
	{ OP_SMSW, INTERCEPT_CR0_READ },
	{ OP_STR, INTERCEPT_STORE_TR },
	{ OP_WBINVD, INTERCEPT_WBINVD },
	{ OP_WRMSR, INTERCEPT_MSR_PROT },
	/* clang-format on */
};

static bool is_write_to_control_register(const struct kvm_insn *insn)
{
	return insn->opcode & 2;
}

/* MOV to and from CR and DR: a number a register. */
static bool mov_intercepted(const struct vcpu_svm *svm,
			    const struct kvm_insn *insn)
{
	u32 nr = insn->row->op == OP_MOV_CR ? INTERCEPT_CR0_READ :
					      INTERCEPT_DR0_READ;

	if (is_write_to_control_register(insn)) {
		nr += INTERCEPT_CR0_WRITE;
		if (nr == INTERCEPT_CR0_WRITE && !insn->reg &&
		    svm_l1_intercepts(svm, INTERCEPT_SELECTIVE_CR0))
			return true;
	}
	/* L2's TPR is in the CPU, and not what the emulator would access. */
	if (insn->row->op == OP_MOV_CR && insn->reg == 8 &&
	    svm_l1_masks_intr(svm))
		return true;
	return svm_l1_intercepts(svm, nr + (insn->reg & 15));
}

/* INS and OUTS are here for one port, of which L1 was asked. */
static bool is_asked_port(struct vcpu_svm *svm, const struct kvm_insn *insn)
{
	const struct vmcb_control_area *c = &svm->vmcb->control;
	u32 info = c->exit_info_1;

	return c->exit_code == SVM_EXIT_IOIO &&
	       (u16)kvm_rdx_read(&svm->vcpu) == info >> 16 &&
	       insn->mem[0].size ==
		       (info & SVM_IOIO_SIZE_MASK) >> SVM_IOIO_SIZE_SHIFT;
}

/*
 * An exit that was not L1's may have become another instruction by the time when it
 * is fetched.  The CPU is to look at it then, not the emulator.
 */
bool svm_emulation_intercepted(struct kvm_vcpu *vcpu,
			       const struct kvm_insn *insn)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	unsigned int i;

	if (!is_guest_mode(vcpu))
		return false;
	switch (insn->row->op) {
	case OP_MOV_CR:
	case OP_MOV_DR:
		return mov_intercepted(svm, insn);
	case OP_INS:
	case OP_OUTS:
		return svm_l1_intercepts(svm, INTERCEPT_IOIO_PROT) &&
		       !is_asked_port(svm, insn);
	}
	for (i = 0; i < ARRAY_SIZE(intercepted_ops); i++)
		if (intercepted_ops[i].op == insn->row->op &&
		    svm_l1_intercepts(svm, intercepted_ops[i].intercept))
			return true;
	return false;
}
