// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested.c - SVM for a guest: VMRUN and #VMEXIT; see nested.h
 *
 * Owns: struct svm_nested, and what moves between the three VMCBs.  The other
 * instructions and what exits where are in nested_exit.c.
 *
 * Locking: see nested.h.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/mem_encrypt.h>
#include <asm/trapnr.h>

#include "guest_mem.h"
#include "mmu/vcpu.h"
#include "params.h"
#include "svm/nested.h"
#include "svm/nested_check.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/x86.h"

/* A part of struct vmcb. */
struct part {
	u16 start;
	u16 end;
};

#define PART(first, last)                                                     \
	{                                                                     \
		offsetof(struct vmcb, first), offsetofend(struct vmcb, last), \
	}

/* What VMLOAD and VMSAVE move; APM 2, 15.5.2. */
static const struct part vmload_parts[] = {
	PART(save.fs, save.gs),
	PART(save.ldtr, save.ldtr),
	PART(save.tr, save.tr),
	PART(save.star, save.sysenter_eip),
};

/* What #VMEXIT stores; APM 2, 15.6. */
static const struct part exit_parts[] = {
	PART(control.int_ctl, control.exit_int_info_err),
	PART(control.event_inj, control.event_inj_err),
	PART(save.es, save.ds),
	PART(save.gdtr, save.gdtr),
	PART(save.idtr, save.idtr),
	PART(save.cpl, save.cpl),
	PART(save.efer, save.efer),
	PART(save.cr4, save.rip),
	PART(save.rsp, save.rsp),
	PART(save.rax, save.rax),
	PART(save.cr2, save.cr2),
};

/* The addresses that are made canonical where they are loaded; 15.5.1. */
static const u16 canonical[] = {
	offsetof(struct vmcb_save_area, es.base),
	offsetof(struct vmcb_save_area, cs.base),
	offsetof(struct vmcb_save_area, ss.base),
	offsetof(struct vmcb_save_area, ds.base),
	offsetof(struct vmcb_save_area, fs.base),
	offsetof(struct vmcb_save_area, gs.base),
	offsetof(struct vmcb_save_area, gdtr.base),
	offsetof(struct vmcb_save_area, ldtr.base),
	offsetof(struct vmcb_save_area, idtr.base),
	offsetof(struct vmcb_save_area, tr.base),
	offsetof(struct vmcb_save_area, lstar),
	offsetof(struct vmcb_save_area, cstar),
	offsetof(struct vmcb_save_area, kernel_gs_base),
	offsetof(struct vmcb_save_area, sysenter_esp),
	offsetof(struct vmcb_save_area, sysenter_eip),
};

/*
 * Intercepts that L1 may have: word by word what the APM defines, but for traps
 * after writes and for instructions that no guest of ours has.
 */
static const u32 l1_words[MAX_INTERCEPT] = {
	~0u, ~0u, ~0u, ~0u, GENMASK(14, 0), BIT(INTERCEPT_INVPCID % 32),
};

/* RFLAGS: those bits that are any. */
#define RFLAGS_DEFINED 0x3f7fd7ul

static void make_canonical(struct vmcb_save_area *save)
{
	unsigned int shift = boot_cpu_has(X86_FEATURE_LA57) ? 7 : 16;
	unsigned int i;
	u64 *value;

	for (i = 0; i < ARRAY_SIZE(canonical); i++) {
		value = (void *)save + canonical[i];
		*value = (s64)(*value << shift) >> shift;
	}
}

/* --- made and freed ------------------------------------------------------ */

int svm_nested_create(struct vcpu_svm *svm)
{
	struct svm_nested *n;

	if (!kvm_param_nested)
		return 0;
	n = kzalloc(sizeof(*n), GFP_KERNEL_ACCOUNT);
	if (!n)
		return -ENOMEM;
	n->vmcb02 = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	n->vmcb12 = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	n->vmcb01 = svm->vmcb;
	n->vmcb01_pa = svm->vmcb_pa;
	n->gif = true;
	svm->nested = n;
	if (!n->vmcb02 || !n->vmcb12) {
		svm_nested_free(svm);
		return -ENOMEM;
	}
	n->vmcb02_pa = __sme_pa(n->vmcb02);
	return 0;
}

void svm_nested_free(struct vcpu_svm *svm)
{
	struct svm_nested *n = svm->nested;

	if (!n)
		return;
	svm->vmcb = n->vmcb01;
	svm->vmcb_pa = n->vmcb01_pa;
	svm_forget_vmcb(n->vmcb02);
	free_page((unsigned long)n->vmcb02);
	free_page((unsigned long)n->vmcb12);
	kfree(n);
	svm->nested = NULL;
}

void svm_nested_reset(struct vcpu_svm *svm, bool init_event)
{
	struct svm_nested *n = svm->nested;

	if (!n)
		return;
	svm_nested_leave(svm);
	n->gif = true;
	if (!init_event) {
		n->hsave_pa = 0;
		n->vm_cr = 0;
	}
}

/* --- L1 and L2 change places --------------------------------------------- */

static void copy_vmload_parts(struct vmcb *to, const struct vmcb *from)
{
	const struct part *part;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vmload_parts); i++) {
		part = &vmload_parts[i];
		memcpy((void *)to + part->start,
		       (const void *)from + part->start,
		       part->end - part->start);
	}
}

static bool read_parts(struct kvm_vcpu *vcpu, gpa_t gpa, struct vmcb *vmcb,
		       const struct part *part, unsigned int nr)
{
	for (; nr--; part++)
		if (kvm_vcpu_read_guest(vcpu, gpa + part->start,
					(void *)vmcb + part->start,
					part->end - part->start))
			return false;
	return true;
}

static bool write_parts(struct kvm_vcpu *vcpu, gpa_t gpa,
			const struct vmcb *vmcb, const struct part *part,
			unsigned int nr)
{
	for (; nr--; part++)
		if (kvm_vcpu_write_guest(vcpu, gpa + part->start,
					 (const void *)vmcb + part->start,
					 part->end - part->start))
			return false;
	return true;
}

/* All that runs on the old one alone comes to its end; all registers go along. */
static void switch_vmcb(struct vcpu_svm *svm, struct vmcb *to, unsigned long pa)
{
	if (svm->icpt.flags & SVM_ICPT_VINTR)
		svm_end_irq_window(svm);
	if (svm->nmi_singlestep)
		svm_end_nmi_singlestep(svm);
	/* The IRET that was seen is not executed now. */
	if (svm->nmi_iret_seen)
		svm_set_nmi_mask(&svm->vcpu, true);

	copy_vmload_parts(to, svm->vmcb);
	to->save.g_pat = svm->vmcb->save.g_pat;
	to->save.spec_ctrl = svm->vmcb->save.spec_ctrl;
	to->control.clean = 0;
	svm->vmcb = to;
	svm->vmcb_pa = pa;
	svm->asid_generation = 0;
}

static void save_regs(struct kvm_vcpu *vcpu, struct svm_nested_regs *r)
{
	*r = (struct svm_nested_regs){
		.cr0 = kvm_read_cr0(vcpu),
		.cr3 = kvm_read_cr3(vcpu),
		.cr4 = kvm_read_cr4(vcpu),
		.efer = vcpu->arch.efer,
		.rax = kvm_rax_read(vcpu),
		.rsp = kvm_rsp_read(vcpu),
		.rip = kvm_rip_read(vcpu),
	};
}

/* arch.guest_mode says already whose they are. */
static void load_regs(struct vcpu_svm *svm, const struct svm_nested_regs *r)
{
	struct kvm_vcpu *vcpu = &svm->vcpu;
	unsigned long old_cr4 = kvm_read_cr4(vcpu);

	svm_set_efer(vcpu, r->efer);
	svm_set_cr0(vcpu, r->cr0);
	svm_set_cr4(vcpu, r->cr4);
	vcpu->arch.cr3 = r->cr3;
	kvm_register_mark_dirty(vcpu, VCPU_EXREG_CR3);
	vcpu->arch.regs_avail &= ~BIT(VCPU_EXREG_PDPTR);
	kvm_rax_write(vcpu, r->rax);
	kvm_rsp_write(vcpu, r->rsp);
	kvm_rip_write(vcpu, r->rip);
	svm_recalc_intercepts(svm);
	if ((old_cr4 ^ r->cr4) & KVM_CR4_IN_CPUID)
		kvm_update_cpuid_runtime(vcpu);
	kvm_mmu_reset_context(vcpu);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

static void set_guest_mode(struct kvm_vcpu *vcpu, bool on, u64 tsc_offset)
{
	/* A load on another CPU may write the offset, of which it sees all or nothing. */
	preempt_disable();
	vcpu->arch.guest_mode = on;
	vcpu->arch.tsc.l2_offset = tsc_offset;
	svm_write_tsc_offset(vcpu, vcpu->arch.tsc.offset);
	preempt_enable();
	vcpu->stat.guest_mode = on;
}

void svm_nested_leave(struct vcpu_svm *svm)
{
	struct svm_nested *n = svm->nested;

	if (!n || !is_guest_mode(&svm->vcpu))
		return;
	switch_vmcb(svm, n->vmcb01, n->vmcb01_pa);
	set_guest_mode(&svm->vcpu, false, 0);
	n->soft_event = false;
	load_regs(svm, &n->l1);
	kvm_vcpu_update_dr7(&svm->vcpu);
}

/* --- #VMEXIT ------------------------------------------------------------- */

static void save_l2_control(struct vcpu_svm *svm)
{
	struct vmcb_control_area *c12 = &svm->nested->vmcb12->control;
	const struct vmcb_control_area *c02 = &svm->vmcb->control;
	u32 from_cpu = V_IRQ_MASK;

	if (svm_l1_masks_intr(svm))
		from_cpu |= V_TPR_MASK;
	c12->int_ctl &= ~from_cpu;
	c12->int_ctl |= c02->int_ctl & from_cpu;
	c12->int_state = c02->int_state & SVM_INTERRUPT_SHADOW_MASK;
	c12->exit_code = c02->exit_code;
	c12->exit_code_hi = c02->exit_code_hi;
	c12->exit_info_1 = c02->exit_info_1;
	c12->exit_info_2 = c02->exit_info_2;
	c12->exit_int_info = c02->exit_int_info;
	c12->exit_int_info_err = c02->exit_int_info_err;
	c12->event_inj = 0;
	c12->event_inj_err = 0;
}

static void save_l2_regs(struct vcpu_svm *svm)
{
	struct vmcb_save_area *s12 = &svm->nested->vmcb12->save;
	struct kvm_vcpu *vcpu = &svm->vcpu;
	struct svm_nested_regs r;

	save_regs(vcpu, &r);
	s12->es = svm->vmcb->save.es;
	s12->cs = svm->vmcb->save.cs;
	s12->ss = svm->vmcb->save.ss;
	s12->ds = svm->vmcb->save.ds;
	s12->gdtr = svm->vmcb->save.gdtr;
	s12->idtr = svm->vmcb->save.idtr;
	s12->cpl = svm->vmcb->save.cpl;
	s12->rflags = kvm_get_rflags(vcpu);
	s12->efer = r.efer;
	s12->cr0 = r.cr0;
	s12->cr2 = vcpu->arch.cr2;
	s12->cr3 = r.cr3;
	s12->cr4 = r.cr4;
	s12->dr6 = vcpu->arch.dr6;
	s12->dr7 = vcpu->arch.dr7;
	s12->rax = r.rax;
	s12->rsp = r.rsp;
	s12->rip = r.rip;
}

/* L1 runs behind its VMRUN.  It finds DR6 and CR2 as L2 left them. */
static void back_to_l1(struct vcpu_svm *svm, const struct part *stored,
		       unsigned int nr)
{
	const struct svm_nested *n = svm->nested;
	struct kvm_vcpu *vcpu = &svm->vcpu;

	kvm_clear_exception_queue(vcpu);
	kvm_clear_interrupt_queue(vcpu);
	vcpu->arch.event.nmi_injected = false;
	svm->nested->gif = false;
	kvm_set_dr(vcpu, 7, 0);
	/* L1 has taken the page away: a CPU would have no better answer. */
	if (!write_parts(vcpu, n->vmcb12_gpa, n->vmcb12, stored, nr))
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}

void svm_nested_vmexit(struct vcpu_svm *svm)
{
	/* What is L1's of them comes back into the VMCB. */
	if (svm->icpt.flags & SVM_ICPT_VINTR)
		svm_end_irq_window(svm);
	if (svm->nmi_singlestep)
		svm_end_nmi_singlestep(svm);
	save_l2_control(svm);
	save_l2_regs(svm);
	svm_nested_leave(svm);
	back_to_l1(svm, exit_parts, ARRAY_SIZE(exit_parts));
}

/* VMEXIT_INVALID: nothing was loaded. */
static void refuse(struct vcpu_svm *svm)
{
	static const struct part parts[] = { PART(control.exit_code,
						  control.exit_info_2) };
	struct vmcb_control_area *c12 = &svm->nested->vmcb12->control;

	c12->exit_code = SVM_EXIT_ERR;
	c12->exit_code_hi = ~0u;
	c12->exit_info_1 = 0;
	c12->exit_info_2 = 0;
	back_to_l1(svm, parts, ARRAY_SIZE(parts));
}

/* --- VMRUN --------------------------------------------------------------- */

static void load_l2_control(struct vcpu_svm *svm)
{
	const struct svm_nested *n = svm->nested;
	const struct vmcb_control_area *c12 = &n->vmcb12->control;
	struct vmcb_control_area *c02 = &n->vmcb02->control;
	u32 words4 = c12->intercepts[INTERCEPT_MSR_PROT / 32];
	u32 from_l1 = V_IRQ_INJECTION_BITS_MASK;

	*c02 = n->vmcb01->control;
	if (c12->int_ctl & V_INTR_MASKING_MASK)
		from_l1 |= V_TPR_MASK;
	c02->int_ctl = V_INTR_MASKING_MASK | (c12->int_ctl & from_l1);
	c02->int_vector = c12->int_vector;
	c02->int_state = c12->int_state & SVM_INTERRUPT_SHADOW_MASK;
	c02->event_inj = 0;
	c02->tlb_ctl = TLB_CONTROL_DO_NOTHING;
	c02->tsc_offset += c12->tsc_offset;
	/* So that L1's map is asked: that one is all ones, too. */
	if (words4 & BIT(INTERCEPT_MSR_PROT % 32))
		c02->msrpm_base_pa = svm_iopm_pa();
	/* L1 knows of no filter. */
	if (words4 & BIT(INTERCEPT_PAUSE % 32))
		c02->pause_filter_count = 0;
}

static void load_l2_segments(struct vcpu_svm *svm)
{
	const struct vmcb_save_area *s12 = &svm->nested->vmcb12->save;
	struct vmcb_save_area *s02 = &svm->vmcb->save;

	s02->es = s12->es;
	s02->cs = s12->cs;
	s02->ss = s12->ss;
	s02->ds = s12->ds;
	s02->gdtr = s12->gdtr;
	s02->idtr = s12->idtr;
	s02->cpl = s12->cpl & 3;
}

static void load_l2_regs(struct vcpu_svm *svm)
{
	const struct vmcb_save_area *s12 = &svm->nested->vmcb12->save;
	struct kvm_vcpu *vcpu = &svm->vcpu;
	const struct svm_nested_regs regs = {
		.cr0 = kvm_cr0_effective(s12->cr0),
		.cr3 = s12->cr3,
		.cr4 = s12->cr4,
		.efer = kvm_efer_with_cr0(s12->efer, s12->cr0),
		.rax = s12->rax,
		.rsp = s12->rsp,
		.rip = s12->rip,
	};

	load_l2_segments(svm);
	load_regs(svm, &regs);
	vcpu->arch.cr2 = s12->cr2;
	kvm_set_rflags(vcpu, s12->rflags & RFLAGS_DEFINED);
	kvm_set_dr(vcpu, 6, s12->dr6);
	kvm_set_dr(vcpu, 7, s12->dr7);
}

/* EVENTINJ becomes one of our own events, which is injected until it arrives. */
static void queue_event(struct vcpu_svm *svm)
{
	const struct vmcb_control_area *c12 = &svm->nested->vmcb12->control;
	u8 vector = c12->event_inj & SVM_EVTINJ_VEC_MASK;
	struct kvm_vcpu *vcpu = &svm->vcpu;

	svm->nested->soft_event = false;
	svm->nested->soft_rip = kvm_rip_read(vcpu);
	if (!(c12->event_inj & SVM_EVTINJ_VALID))
		return;
	switch (c12->event_inj & SVM_EVTINJ_TYPE_MASK) {
	case SVM_EVTINJ_TYPE_INTR:
		kvm_queue_interrupt(vcpu, vector, false);
		break;
	case SVM_EVTINJ_TYPE_NMI:
		vcpu->arch.event.nmi_injected = true;
		break;
	case SVM_EVTINJ_TYPE_EXEPT:
		svm->nested->soft_event = vector == X86_TRAP_BP ||
					  vector == X86_TRAP_OF;
		kvm_requeue_exception(vcpu, vector,
				      c12->event_inj & SVM_EVTINJ_VALID_ERR,
				      c12->event_inj_err);
		break;
	case SVM_EVTINJ_TYPE_SOFT:
		svm->nested->soft_event = true;
		kvm_queue_interrupt(vcpu, vector, true);
		break;
	}
}

static void enter_l2(struct vcpu_svm *svm)
{
	struct svm_nested *n = svm->nested;

	/* Its RFLAGS and segments stay in VMCB01. */
	save_regs(&svm->vcpu, &n->l1);
	if (svm->icpt.flags & SVM_ICPT_VINTR)
		svm_end_irq_window(svm);
	load_l2_control(svm);
	switch_vmcb(svm, n->vmcb02, n->vmcb02_pa);
	set_guest_mode(&svm->vcpu, true, n->vmcb12->control.tsc_offset);
	load_l2_regs(svm);
	queue_event(svm);
	n->gif = true;
}

/* The one look at L1's memory. */
static bool copy_vmcb12(struct vcpu_svm *svm, gpa_t gpa)
{
	struct svm_nested *n = svm->nested;
	unsigned int i;

	if (kvm_vcpu_read_guest(&svm->vcpu, gpa, n->vmcb12, sizeof(*n->vmcb12)))
		return false;
	n->vmcb12_gpa = gpa;
	for (i = 0; i < MAX_INTERCEPT; i++)
		n->vmcb12->control.intercepts[i] &= l1_words[i];
	make_canonical(&n->vmcb12->save);
	return true;
}

static bool vmcb12_is_valid(struct kvm_vcpu *vcpu)
{
	const struct vmcb *vmcb12 = to_svm(vcpu)->nested->vmcb12;

	return svm_vmcb_is_valid(vmcb12, kvm_vcpu_reserved_gpa_bits(vcpu)) &&
	       kvm_valid_cr4(vcpu, vmcb12->save.cr4) &&
	       kvm_valid_efer(vcpu, vmcb12->save.efer, false);
}

/* Return: as an exit handler; @stepped, RIP is behind the instruction. */
static int step_over(struct kvm_vcpu *vcpu, bool *stepped)
{
	unsigned long rip = kvm_rip_read(vcpu);
	int r = svm_skip_emulated_instruction(vcpu);

	*stepped = r == 1 && kvm_rip_read(vcpu) != rip;
	return r;
}

bool svm_may_execute(struct kvm_vcpu *vcpu)
{
	if (!to_svm(vcpu)->nested || !(vcpu->arch.efer & EFER_SVME) ||
	    !is_protmode(vcpu) || (kvm_get_rflags(vcpu) & X86_EFLAGS_VM)) {
		kvm_inject_ud(vcpu);
		return false;
	}
	if (svm_get_cpl(vcpu)) {
		kvm_inject_gp(vcpu, 0);
		return false;
	}
	return true;
}

/* The same, with RAX the address of a VMCB. */
static bool may_access_vmcb(struct kvm_vcpu *vcpu, gpa_t *gpa)
{
	if (!svm_may_execute(vcpu))
		return false;
	*gpa = kvm_register_read(vcpu, VCPU_REGS_RAX);
	if (offset_in_page(*gpa) || (*gpa & kvm_vcpu_reserved_gpa_bits(vcpu))) {
		kvm_inject_gp(vcpu, 0);
		return false;
	}
	return true;
}

int svm_emulate_vmrun(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	bool stepped;
	gpa_t gpa;
	int r;

	if (is_smm(vcpu))
		return kvm_inject_ud(vcpu);
	if (!may_access_vmcb(vcpu, &gpa))
		return 1;
	if (!copy_vmcb12(svm, gpa))
		return kvm_inject_gp(vcpu, 0);
	r = step_over(vcpu, &stepped);
	if (!stepped)
		return r;
	if (vmcb12_is_valid(vcpu))
		enter_l2(svm);
	else
		refuse(svm);
	return 1;
}

/* --- VMLOAD, VMSAVE ------------------------------------------------------ */

int svm_emulate_vmload(struct kvm_vcpu *vcpu)
{
	struct vmcb *vmcb = to_svm(vcpu)->vmcb;
	gpa_t gpa;

	if (!may_access_vmcb(vcpu, &gpa))
		return 1;
	if (!read_parts(vcpu, gpa, vmcb, vmload_parts,
			ARRAY_SIZE(vmload_parts)))
		return kvm_inject_gp(vcpu, 0);
	make_canonical(&vmcb->save);
	return kvm_skip_emulated_instruction(vcpu);
}

int svm_emulate_vmsave(struct kvm_vcpu *vcpu)
{
	gpa_t gpa;

	if (!may_access_vmcb(vcpu, &gpa))
		return 1;
	if (!write_parts(vcpu, gpa, to_svm(vcpu)->vmcb, vmload_parts,
			 ARRAY_SIZE(vmload_parts)))
		return kvm_inject_gp(vcpu, 0);
	return kvm_skip_emulated_instruction(vcpu);
}
