// SPDX-License-Identifier: GPL-2.0-only
/*
 * smm.c - system management mode
 *
 * Owns: entry by an SMI, and RSM.  See smm.h.
 *
 * Registers are read and set as userspace does it (sregs.c), so what RSM finds in
 * the guest's memory is checked as what userspace gives, all before anything
 * changes.
 *
 * Locking: see smm.h.
 */
#include <linux/kvm.h>
#include <linux/string.h>
#include <asm/cpufeatures.h>
#include <asm/processor-flags.h>

#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/smm.h"
#include "x86/smram.h"
#include "x86/trace.h"
#include "x86/x86.h"

/* CR0: what an SMI clears. */
#define CR0_CLEARED (X86_CR0_PE | X86_CR0_EM | X86_CR0_TS | X86_CR0_PG)

void kvm_inject_smi(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_SMI, vcpu);
}

void kvm_process_smi(struct kvm_vcpu *vcpu)
{
	/* One waits; the others are lost. */
	vcpu->arch.event.smi_pending = true;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

void kvm_set_smm(struct kvm_vcpu *vcpu, bool smm)
{
	if (vcpu->arch.smm == smm)
		return;
	vcpu->arch.smm = smm;
	if (smm)
		static_call(kvm_x86_enter_smm)(vcpu);
	/* What waited for the end of SMM. */
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

static enum kvm_smram_layout layout_of(struct kvm_vcpu *vcpu)
{
	return guest_cpuid_has(vcpu, X86_FEATURE_LM) ? KVM_SMRAM_64 :
						       KVM_SMRAM_32;
}

static gpa_t state_at(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.msr.smbase + KVM_SMRAM_STATE_AT;
}

static bool write_state(struct kvm_vcpu *vcpu,
			const struct kvm_smram_state *state)
{
	u8 smram[KVM_SMRAM_STATE_SIZE];

	kvm_smram_pack(smram, state, layout_of(vcpu));
	return !kvm_vcpu_write_guest(vcpu, state_at(vcpu), smram,
				     sizeof(smram));
}

static bool read_state(struct kvm_vcpu *vcpu, struct kvm_smram_state *state)
{
	u8 smram[KVM_SMRAM_STATE_SIZE];

	if (kvm_vcpu_read_guest(vcpu, state_at(vcpu), smram, sizeof(smram)))
		return false;
	kvm_smram_unpack(state, smram, layout_of(vcpu));
	return true;
}

/* --- entry --------------------------------------------------------------- */

static void save_registers(struct kvm_vcpu *vcpu, struct kvm_smram_state *state)
{
	memset(state, 0, sizeof(*state));
	kvm_vcpu_ioctl_get_regs(vcpu, &state->regs);
	kvm_vcpu_ioctl_get_sregs(vcpu, &state->sregs);
	state->dr6 = vcpu->arch.dr6;
	state->dr7 = vcpu->arch.dr7;
	state->smbase = vcpu->arch.msr.smbase;
}

/*
 * As RESET, with segments of 4 GB; APM 2, 10.3.4 "SMM Execution Environment".
 * General registers, CR2, CR3, GDTR, IDTR, LDTR and TR stay.
 */
static bool set_smm_registers(struct kvm_vcpu *vcpu,
			      struct kvm_smram_state *state)
{
	struct kvm_sregs *sregs = &state->sregs;
	const struct kvm_segment data = {
		.limit = 0xffffffff, .type = 3, .present = 1, .s = 1, .g = 1
	};

	sregs->cr0 &= ~CR0_CLEARED;
	sregs->cr4 = 0;
	sregs->efer = 0;
	sregs->ds = data;
	sregs->es = data;
	sregs->fs = data;
	sregs->gs = data;
	sregs->ss = data;
	sregs->cs = data;
	sregs->cs.selector = state->smbase >> 4;
	sregs->cs.base = state->smbase;
	if (kvm_vcpu_ioctl_set_sregs(vcpu, sregs))
		return false;

	state->regs.rflags = X86_EFLAGS_FIXED;
	state->regs.rip = KVM_SMRAM_CODE_AT;
	kvm_vcpu_ioctl_set_regs(vcpu, &state->regs);
	kvm_set_dr(vcpu, 7, KVM_DR7_FIXED_1);
	static_call(kvm_x86_set_interrupt_shadow)(vcpu, 0);
	return true;
}

void kvm_enter_smm(struct kvm_vcpu *vcpu, bool halted)
{
	struct kvm_smram_state state;

	trace_kvm_enter_smm(vcpu->vcpu_id, vcpu->arch.msr.smbase, true);
	vcpu->arch.event.smi_pending = false;
	vcpu->arch.msr.smi_count++;
	/* Before registers are read: the vendor may have its hands in them. */
	kvm_set_smm(vcpu, true);
	save_registers(vcpu, &state);
	state.halted = halted;

	if (!write_state(vcpu, &state) || !set_smm_registers(vcpu, &state)) {
		kvm_set_smm(vcpu, false);
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
		return;
	}
	vcpu->arch.smm_inside_nmi = static_call(kvm_x86_get_nmi_mask)(vcpu);
	static_call(kvm_x86_set_nmi_mask)(vcpu, true);
}

bool kvm_smm_end_halt(struct kvm_vcpu *vcpu)
{
	if (kvm_check_request(KVM_REQ_SMI, vcpu))
		kvm_process_smi(vcpu);
	if (!vcpu->arch.event.smi_pending ||
	    kvm_event_needs_reinjection(vcpu) ||
	    vcpu->arch.event.exception.pending ||
	    (vcpu->arch.guest_debug & KVM_GUESTDBG_BLOCKIRQ) ||
	    static_call(kvm_x86_smi_allowed)(vcpu, true) <= 0)
		return false;
	kvm_enter_smm(vcpu, true);
	return true;
}

/* --- RSM ----------------------------------------------------------------- */

/* What kvm_vcpu_ioctl_set_sregs() lets userspace do, but no guest; SDM 3C, RSM. */
static bool state_is_valid(struct kvm_vcpu *vcpu,
			   const struct kvm_smram_state *state)
{
	const struct kvm_sregs *sregs = &state->sregs;

	if (state->dr6 >> 32 || state->dr7 >> 32)
		return false;
	if ((sregs->cr4 & X86_CR4_PCIDE) && !(sregs->efer & EFER_LMA))
		return false;
	if ((state->regs.rflags & X86_EFLAGS_VM) && (sregs->efer & EFER_LMA))
		return false;
	return kvm_valid_efer(vcpu, sregs->efer, false);
}

static bool restore_registers(struct kvm_vcpu *vcpu,
			      struct kvm_smram_state *state)
{
	if (kvm_vcpu_ioctl_set_sregs(vcpu, &state->sregs))
		return false;
	kvm_vcpu_ioctl_set_regs(vcpu, &state->regs);
	kvm_set_dr(vcpu, 6, state->dr6);
	kvm_set_dr(vcpu, 7, state->dr7);
	vcpu->arch.msr.smbase = state->smbase;
	static_call(kvm_x86_set_interrupt_shadow)(vcpu, 0);
	return true;
}

static int halt_again(struct kvm_vcpu *vcpu)
{
	if (!lapic_in_kernel(vcpu))
		return kvm_run_exit(vcpu, KVM_EXIT_HLT);
	WRITE_ONCE(vcpu->arch.mp_state, KVM_MP_STATE_HALTED);
	return 1;
}

static int shut_down(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	return 1;
}

int kvm_emulate_rsm(struct kvm_vcpu *vcpu)
{
	struct kvm_smram_state state;

	if (!is_smm(vcpu))
		return kvm_inject_ud(vcpu);

	/* CR2, CR8 and the APIC's base are not in SMRAM: they stay. */
	save_registers(vcpu, &state);
	if (!read_state(vcpu, &state) || !state_is_valid(vcpu, &state))
		return shut_down(vcpu);

	/* PDPTEs are in the memory that is seen from now on. */
	kvm_set_smm(vcpu, false);
	if (!restore_registers(vcpu, &state)) {
		kvm_set_smm(vcpu, true);
		return shut_down(vcpu);
	}
	trace_kvm_enter_smm(vcpu->vcpu_id, vcpu->arch.msr.smbase, false);
	static_call(kvm_x86_set_nmi_mask)(vcpu, vcpu->arch.smm_inside_nmi);
	vcpu->arch.smm_inside_nmi = false;
	return state.halted ? halt_again(vcpu) : 1;
}

/* --- the rest ------------------------------------------------------------ */

void kvm_vcpu_smm_reset(struct kvm_vcpu *vcpu)
{
	kvm_clear_request(KVM_REQ_SMI, vcpu);
	vcpu->arch.smm_inside_nmi = false;
	kvm_set_smm(vcpu, false);
}

long kvm_vcpu_ioctl_smi(struct kvm_vcpu *vcpu, void *data)
{
	kvm_inject_smi(vcpu);
	return 0;
}
