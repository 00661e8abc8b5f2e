// SPDX-License-Identifier: GPL-2.0-only
/*
 * emulate.c - the instruction emulator on a vCPU
 *
 * Owns: emulate.h's functions.  The order is: registers into the context, fetch,
 * decode, execute, registers back, and then what follows an instruction: faults
 * are queued, the interrupt shadow ends, a single step traps.
 *
 * Locking: see emulate.h.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/kvm.h>
#include <asm/processor-flags.h>

#include "emulate/decode.h"
#include "emulate/execute.h"
#include "emulate/opcodes.h"
#include "mmu/guest_walk.h"
#include "mmu/vcpu.h"
#include "guest_mem.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/emulate.h"
#include "x86/emulate_ops.h"
#include "x86/event.h"
#include "x86/io.h"
#include "x86/regs.h"
#include "x86/trace.h"
#include "x86/x86.h"

#define DR6_STEP 0x4000ul /* BS */

static unsigned int mode_of(struct kvm_vcpu *vcpu, unsigned long rflags)
{
	int db, l;

	if (!is_protmode(vcpu) || rflags & X86_EFLAGS_VM)
		return KVM_INSN_REAL;
	if (is_64_bit_mode(vcpu))
		return KVM_INSN_LONG;
	static_call(kvm_x86_get_cs_db_l_bits)(vcpu, &db, &l);
	return db ? KVM_INSN_PROT32 : KVM_INSN_PROT16;
}

/* What fetching and decoding need: where the instruction is, and what is one. */
static void load_mode(struct kvm_vcpu *vcpu)
{
	struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;

	ctxt->rflags = kvm_get_rflags(vcpu);
	ctxt->rip = kvm_rip_read(vcpu);
	ctxt->how = mode_of(vcpu, ctxt->rflags);
	if (guest_cpuid_is_amd_compatible(vcpu))
		ctxt->how |= KVM_INSN_AMD;
	ctxt->cpl = static_call(kvm_x86_get_cpl)(vcpu);
}

/* All but the instruction, which may be one that is executed again. */
static void load_context(struct kvm_vcpu *vcpu)
{
	struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;
	unsigned int i;

	load_mode(vcpu);
	ctxt->ops = &kvm_emulate_ops;
	if (~vcpu->arch.regs_avail & GENMASK(NR_X86_REGS - 1, 0))
		for (i = 0; i < NR_X86_REGS; i++)
			kvm_register_cache(vcpu, i);
	memcpy(ctxt->regs, vcpu->arch.regs, sizeof(ctxt->regs));
	ctxt->step = vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP;
	ctxt->vm86 = is_protmode(vcpu) && ctxt->rflags & X86_EFLAGS_VM;
	ctxt->la_bits = kvm_read_cr4_bits(vcpu, X86_CR4_LA57) ? 57 : 48;
	ctxt->lma = is_long_mode(vcpu);
	ctxt->implicit = false;
}

/*
 * What has changed; the vendor's copies are not made stale for nothing.  What
 * load_context() has seen is up to date still.
 */
static void store_context(struct kvm_vcpu *vcpu)
{
	const struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;
	unsigned int i;

	for (i = 0; i < NR_X86_REGS; i++)
		if (vcpu->arch.regs[i] != ctxt->regs[i])
			kvm_register_write_raw(vcpu, i, ctxt->regs[i]);
	if (kvm_rip_read(vcpu) != ctxt->rip)
		kvm_rip_write(vcpu, ctxt->rip);
	if (kvm_get_rflags(vcpu) != ctxt->rflags)
		kvm_set_rflags(vcpu, ctxt->rflags);
}

static_assert(sizeof_field(struct x86_emulate_ctxt, regs) ==
	      NR_X86_REGS * sizeof_field(struct kvm_vcpu_arch, regs[0]));

static u64 linear_rip(struct kvm_vcpu *vcpu)
{
	const struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;
	u64 base;

	if ((ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_LONG)
		return ctxt->rip;
	base = static_call(kvm_x86_get_segment_base)(vcpu, VCPU_SREG_CS);
	return (u32)(base + ctxt->rip);
}

/* More bytes of the instruction, up to the end of the page that they are in. */
static int fetch(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	u64 la = linear_rip(vcpu) + e->nr_bytes;
	struct kvm_guest_fault fault;
	u32 flags = KVM_WALK_FETCH;
	unsigned int len;
	gpa_t gpa;

	if ((e->ctxt.how & ~KVM_INSN_AMD) != KVM_INSN_LONG)
		la = (u32)la;
	if (e->ctxt.cpl == 3)
		flags |= KVM_WALK_USER;
	gpa = kvm_mmu_gva_to_gpa(vcpu, la, flags, &fault);
	if (gpa == GPA_INVALID)
		return kvm_emulate_walk_fault(&e->ctxt, la, &fault);
	len = min_t(unsigned int, KVM_INSN_MAX_LEN - e->nr_bytes,
		    PAGE_SIZE - offset_in_page(la));
	if (kvm_vcpu_read_guest(vcpu, gpa, e->bytes + e->nr_bytes, len))
		return X86_EMULATE_UNHANDLED;
	e->nr_bytes += len;
	return X86_EMULATE_OK;
}

/* The next page is touched only if the instruction goes on in it. */
static int decode(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	enum kvm_insn_result decoded;
	int r;

	for (;;) {
		decoded = kvm_insn_decode(&e->ctxt.insn, e->bytes, e->nr_bytes,
					  e->ctxt.how);
		if (decoded != KVM_INSN_MORE)
			break;
		r = fetch(vcpu);
		if (r != X86_EMULATE_OK)
			return r;
	}
	if (decoded == KVM_INSN_TOO_LONG)
		return x86_emulate_fault(&e->ctxt, 13, 0);
	if (decoded == KVM_INSN_UNDEFINED) {
		e->ctxt.fault = (struct x86_emulate_fault){ .vector = 6 };
		return X86_EMULATE_FAULT;
	}
	return X86_EMULATE_OK;
}

static int fetch_and_decode(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	int r;

	e->nr_bytes = min_t(unsigned int, KVM_INSN_MAX_LEN,
			    static_call(kvm_x86_get_insn)(vcpu, e->bytes));
	if (!e->nr_bytes) {
		r = fetch(vcpu);
		if (r != X86_EMULATE_OK)
			return r;
	}
	return decode(vcpu);
}

static int queue_fault(struct kvm_vcpu *vcpu)
{
	const struct x86_emulate_fault *fault = &vcpu->arch.emulate.ctxt.fault;

	if (fault->vector == 14)
		kvm_inject_page_fault(vcpu, fault->payload, fault->error_code);
	else if (fault->vector == 1)
		kvm_queue_exception_p(vcpu, 1, fault->payload);
	else if (fault->has_error_code)
		kvm_queue_exception_e(vcpu, fault->vector, fault->error_code);
	else
		kvm_queue_exception(vcpu, fault->vector);
	return 1;
}

/* How often an instruction begins anew while the guest's tables change. */
#define MAX_TRIES 8

/* SDM 3B, 17.3.1.4; KVM_SET_GUEST_DEBUG comes before the guest's own TF. */
static int single_step(struct kvm_vcpu *vcpu, unsigned long rflags)
{
	struct kvm_run *run = vcpu->run;

	if (vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP) {
		run->exit_reason = KVM_EXIT_DEBUG;
		run->debug.arch.exception = 1;
		run->debug.arch.pc = kvm_get_linear_rip(vcpu);
		run->debug.arch.dr6 = DR6_STEP | 0xffff0ff0;
		run->debug.arch.dr7 = vcpu->arch.dr7;
		return 0;
	}
	/* SDM 3A, 6.8.3: not between a load of SS and one of SP. */
	if (rflags & X86_EFLAGS_TF &&
	    !(vcpu->arch.emulate.ctxt.after &
	      (X86_EMULATE_AFTER_SS | X86_EMULATE_AFTER_TASK |
	       X86_EMULATE_AFTER_NOTF)))
		kvm_queue_exception_p(vcpu, 1, DR6_STEP);
	return 1;
}

static int completed(struct kvm_vcpu *vcpu, unsigned long rflags)
{
	u8 after = vcpu->arch.emulate.ctxt.after;
	u32 shadow = 0;
	int r;

	if (after & X86_EMULATE_AFTER_STI)
		shadow |= KVM_X86_SHADOW_INT_STI;
	if (after & X86_EMULATE_AFTER_SS)
		shadow |= KVM_X86_SHADOW_INT_MOV_SS;
	if (shadow || static_call(kvm_x86_get_interrupt_shadow)(vcpu))
		static_call(kvm_x86_set_interrupt_shadow)(vcpu, shadow);
	if (after & X86_EMULATE_AFTER_IRET) {
		static_call(kvm_x86_set_nmi_mask)(vcpu, false);
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}
	r = single_step(vcpu, rflags);
	if (r == 1 && after & X86_EMULATE_AFTER_HLT)
		r = kvm_vcpu_hlt(vcpu);
	return r;
}

int kvm_prepare_emulation_failure_exit(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run->emulation_failure.flags = 0;
	run->emulation_failure.ndata = 1;
	if (!e->nr_bytes)
		return 0;
	/* 8 bytes of flags, 16 of instruction. */
	run->emulation_failure.ndata = 3;
	run->emulation_failure.flags =
		KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
	run->emulation_failure.insn_size = e->nr_bytes;
	memset(run->emulation_failure.insn_bytes, 0x90,
	       sizeof(run->emulation_failure.insn_bytes));
	memcpy(run->emulation_failure.insn_bytes, e->bytes, e->nr_bytes);
	return 0;
}

/* A program in the guest shall not be able to stop all of the guest. */
static int failed(struct kvm_vcpu *vcpu)
{
	vcpu->stat.insn_emulation_fail++;
	trace_kvm_emulate_insn(vcpu, true);
	if (vcpu->arch.emulate.ctxt.cpl == 3 &&
	    !vcpu->kvm->arch.exit_on_emulation_error)
		return kvm_inject_ud(vcpu);
	return kvm_prepare_emulation_failure_exit(vcpu);
}

static int execute(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	unsigned long rflags = e->ctxt.rflags;
	unsigned int tries = MAX_TRIES;
	int r;

	/* What devices have answered is not to be asked again. */
	while ((r = x86_emulate(&e->ctxt)) == X86_EMULATE_RETRY && --tries)
		kvm_io_again(vcpu);
	/* Iterations of a string instruction are done, whatever came after. */
	store_context(vcpu);
	if (r != X86_EMULATE_IO)
		kvm_io_commit(vcpu);
	switch (r) {
	case X86_EMULATE_OK:
		return completed(vcpu, rflags);
	case X86_EMULATE_FAULT:
		return queue_fault(vcpu);
	case X86_EMULATE_IO:
		/* x86/io.c comes back to it when userspace has answered. */
		e->waiting = true;
		e->waiting_rip = linear_rip(vcpu);
		return 0;
	case X86_EMULATE_RETRY:
		return 1;
	default:
		/* Of a task switch that can't go on. */
		kvm_io_abandon(vcpu);
		return failed(vcpu);
	}
}

/* Of the registers, only RIP and RFLAGS have been loaded. */
static int skip(struct kvm_vcpu *vcpu)
{
	struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;

	ctxt->rip += ctxt->insn.len;
	if ((ctxt->how & ~KVM_INSN_AMD) != KVM_INSN_LONG)
		ctxt->rip = (u32)ctxt->rip;
	kvm_rip_write(vcpu, ctxt->rip);
	if (ctxt->rflags & X86_EFLAGS_RF)
		kvm_set_rflags(vcpu, ctxt->rflags & ~(u64)X86_EFLAGS_RF);
	static_call(kvm_x86_set_interrupt_shadow)(vcpu, 0);
	return 1;
}

/*
 * What the CPU does not know, or took for undefined.  For an access to @fault_gpa
 * the CPU has decoded it: if the decoder can't, that is no fault of the guest's.
 */
static int not_decoded(struct kvm_vcpu *vcpu, int r, gpa_t fault_gpa)
{
	const struct x86_emulate_fault *fault = &vcpu->arch.emulate.ctxt.fault;

	switch (r) {
	case X86_EMULATE_FAULT:
		if (fault->vector == 6 && fault_gpa != GPA_INVALID)
			return failed(vcpu);
		return queue_fault(vcpu);
	case X86_EMULATE_RETRY:
		return 1;
	default:
		return failed(vcpu);
	}
}

int kvm_emulate_instruction(struct kvm_vcpu *vcpu, gpa_t fault_gpa,
			    unsigned int flags)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	bool again = e->waiting;
	int r;

	e->waiting = false;
	if (flags & KVM_EMULATE_SKIP)
		load_mode(vcpu);
	else
		load_context(vcpu);
	/* Userspace may have moved the vCPU: then it is no exit any more. */
	if (again && linear_rip(vcpu) != e->waiting_rip)
		return 1;
	r = again ? decode(vcpu) : fetch_and_decode(vcpu);
	if (r != X86_EMULATE_OK)
		return not_decoded(vcpu, r, fault_gpa);
	if (flags & KVM_EMULATE_SKIP)
		return skip(vcpu);
	/* Of what a CPU can lack, KVM_GET_EMULATED_CPUID promises this one. */
	if (flags & KVM_EMULATE_UD && e->ctxt.insn.row->op != OP_MOVBE)
		return kvm_inject_ud(vcpu);
	if (static_call(kvm_x86_emulation_intercepted)(vcpu, &e->ctxt.insn))
		return 1;
	vcpu->stat.insn_emulation++;
	trace_kvm_emulate_insn(vcpu, false);
	return execute(vcpu);
}

/* The event is delivered, or a fault of the new task's comes in its place. */
static void forget_event(struct kvm_vcpu *vcpu)
{
	kvm_clear_exception_queue(vcpu);
	kvm_clear_interrupt_queue(vcpu);
	vcpu->arch.event.nmi_injected = false;
}

int kvm_task_switch(struct kvm_vcpu *vcpu, u16 selector, const u32 *error_code)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	unsigned int tries = MAX_TRIES;
	int r;

	e->waiting = false;
	e->nr_bytes = 0;
	load_context(vcpu);
	do {
		r = x86_emulate_task_switch(&e->ctxt, selector, error_code);
	} while (r == X86_EMULATE_RETRY && --tries);
	if (e->ctxt.after & X86_EMULATE_AFTER_TASK)
		forget_event(vcpu);
	store_context(vcpu);
	/* There is no instruction that could be executed again. */
	kvm_io_abandon(vcpu);
	switch (r) {
	case X86_EMULATE_OK:
	case X86_EMULATE_RETRY:
		return 1;
	case X86_EMULATE_FAULT:
		return queue_fault(vcpu);
	default:
		return kvm_prepare_emulation_failure_exit(vcpu);
	}
}

int kvm_decode_at_rip(struct kvm_vcpu *vcpu, struct kvm_insn *out)
{
	struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;
	int r;

	load_context(vcpu);
	r = fetch_and_decode(vcpu);
	switch (r) {
	case X86_EMULATE_OK:
		*out = e->ctxt.insn;
		return 0;
	case X86_EMULATE_FAULT:
		return queue_fault(vcpu);
	case X86_EMULATE_RETRY:
		return 1;
	default:
		return -EFAULT;
	}
}
