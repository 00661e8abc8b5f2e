// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmcb.c - a vCPU's VMCB
 *
 * Owns: making one, RESET, and reading and writing the guest's registers in it.
 *
 * Locking: vCPU's mutex.
 *
 * References: APM 2, appendix B "VMCB Layout"; 15.5.1 for what VMRUN takes.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/stddef.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc_defs.h>
#include <asm/mem_encrypt.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "guest_mem.h"
#include "irqchip/irqchip.h"
#include "svm/nested.h"
#include "svm/svm.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/regs.h"

/* The kernel's definition has the APM's offsets. */
static_assert(offsetof(struct vmcb, save) == 0x400);
static_assert(offsetof(struct vmcb_control_area, asid) == 0x58);
static_assert(offsetof(struct vmcb_control_area, exit_code) == 0x70);
static_assert(offsetof(struct vmcb_control_area, event_inj) == 0xa8);
static_assert(offsetof(struct vmcb_control_area, clean) == 0xc0);
static_assert(offsetof(struct vmcb_control_area, next_rip) == 0xc8);
static_assert(offsetof(struct vmcb_save_area, efer) == 0xd0);
static_assert(offsetof(struct vmcb_save_area, rip) == 0x178);
static_assert(offsetof(struct vmcb_save_area, rax) == 0x1f8);
static_assert(offsetof(struct vmcb_save_area, cr2) == 0x240);
static_assert(offsetof(struct vmcb_save_area, g_pat) == 0x268);

/* A segment's attributes: bits 55:52 and 47:40 of a descriptor, together. */
#define SEG_TYPE    GENMASK(3, 0)
#define SEG_S	    BIT(4)
#define SEG_DPL	    GENMASK(6, 5)
#define SEG_PRESENT BIT(7)
#define SEG_AVL	    BIT(8)
#define SEG_L	    BIT(9)
#define SEG_DB	    BIT(10)
#define SEG_G	    BIT(11)

/* Types of the descriptors that are loaded after RESET; SDM 3A, 3.4.5.1, 3.5. */
#define TYPE_DATA_RW_ACCESSED 3
#define TYPE_CODE_RX_ACCESSED 11
#define TYPE_LDT	      2
#define TYPE_TSS_BUSY	      2 /* in a descriptor's type, of a TSS */
#define TYPE_ACCESSED	      1

/* --- intercepts ---------------------------------------------------------- */

void svm_recalc_intercepts(struct vcpu_svm *svm)
{
	svm_compute_intercepts(&svm->icpt, svm->vmcb->control.intercepts);
	if (is_guest_mode(&svm->vcpu))
		svm_nested_add_intercepts(svm);
	vmcb_mark_dirty(svm, VMCB_CLEAN_INTERCEPTS);
}

void svm_set_icpt(struct vcpu_svm *svm, u32 flag, bool on)
{
	u32 flags = on ? svm->icpt.flags | flag : svm->icpt.flags & ~flag;

	if (flags == svm->icpt.flags)
		return;
	svm->icpt.flags = flags;
	svm_recalc_intercepts(svm);
}

void svm_update_exception_bitmap(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	u32 bp = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP;

	svm_set_icpt(svm, SVM_ICPT_BP, (vcpu->arch.guest_debug & bp) == bp);
	/* Else the debugger's breakpoints would be taken for the guest's. */
	if (vcpu->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT) {
		vcpu->arch.switch_db_regs &= ~KVM_DEBUGREG_WONT_EXIT;
		svm_set_icpt(svm, SVM_ICPT_DR, true);
	}
}

void svm_vcpu_after_set_cpuid(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm_set_icpt(svm, SVM_ICPT_INVPCID,
		     boot_cpu_has(X86_FEATURE_INVPCID) &&
			     !guest_cpuid_has(vcpu, X86_FEATURE_INVPCID));
	svm_set_icpt(svm, SVM_ICPT_RDTSCP,
		     boot_cpu_has(X86_FEATURE_RDTSCP) &&
			     !guest_cpuid_has(vcpu, X86_FEATURE_RDTSCP));
	kvm_make_request(KVM_REQ_MSR_FILTER_CHANGED, vcpu);
}

/* --- made, reset, freed -------------------------------------------------- */

void svm_init_vmcb(struct vcpu_svm *svm)
{
	struct vmcb_control_area *c = &svm->vmcb->control;
	u32 disabled = svm->vcpu.kvm->arch.disabled_exits;

	svm->icpt.flags &= SVM_ICPT_BP | SVM_ICPT_INVPCID | SVM_ICPT_RDTSCP;
	svm->icpt.flags |= SVM_ICPT_DR;
	/* An APIC in userspace has to be told of a lower TPR. */
	if (!lapic_in_kernel(&svm->vcpu))
		svm->icpt.flags |= SVM_ICPT_CR8_WRITE;
	if (!(disabled & KVM_X86_DISABLE_EXITS_HLT))
		svm->icpt.flags |= SVM_ICPT_HLT;
	if (!(disabled & KVM_X86_DISABLE_EXITS_MWAIT))
		svm->icpt.flags |= SVM_ICPT_MWAIT;
	if (svm_has(SVM_FEATURE_PAUSE_FILTER) &&
	    !(disabled & KVM_X86_DISABLE_EXITS_PAUSE)) {
		svm->icpt.flags |= SVM_ICPT_PAUSE;
		c->pause_filter_count = 3000;
		if (svm_has(SVM_FEATURE_PF_THRESHOLD))
			c->pause_filter_thresh = 128;
	}
	svm_recalc_intercepts(svm);

	c->iopm_base_pa = svm_iopm_pa();
	c->msrpm_base_pa = __sme_pa(svm->msrpm);
	c->int_ctl = V_INTR_MASKING_MASK;
	c->int_state = 0;
	c->event_inj = 0;
	c->nested_ctl = SVM_NESTED_CTL_NP_ENABLE;
	c->clean = 0;
	if (svm_has(SVM_FEATURE_VLS))
		c->virt_ext = 0;

	svm->vmcb->save.g_pat = svm->vcpu.arch.pat;
	svm->asid_generation = 0;
	svm->nmi_masked = false;
	svm->nmi_iret_seen = false;
	svm->nmi_singlestep = false;
	svm->soft_event = false;
}

int svm_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	int r;

	svm->vmcb = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!svm->vmcb)
		return -ENOMEM;
	r = svm_msrpm_create(svm);
	if (r) {
		free_page((unsigned long)svm->vmcb);
		return r;
	}
	svm->vmcb_pa = __sme_pa(svm->vmcb);
	svm->tsc_multiplier = TSC_RATIO_1;
	r = svm_nested_create(svm);
	if (r) {
		svm_msrpm_free(svm);
		free_page((unsigned long)svm->vmcb);
	}
	return r;
}

void svm_forget_vmcb(const struct vmcb *vmcb)
{
	int cpu;

	for_each_possible_cpu(cpu)
		cmpxchg(per_cpu_ptr(&svm_cpu.last_vmcb, cpu),
			(struct vmcb *)vmcb, NULL);
}

void svm_vcpu_free(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm_nested_free(svm);
	/* Another vCPU's may come to lie where this one was. */
	svm_forget_vmcb(svm->vmcb);
	svm_msrpm_free(svm);
	free_page((unsigned long)svm->vmcb);
}

void svm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm_nested_reset(svm, init_event);
	if (!init_event) {
		svm->spec_ctrl = 0;
		svm->vmcb->save.spec_ctrl = 0;
		svm->virt_spec_ctrl = 0;
		svm->tsc_aux = 0;
		svm->vmcb->save.sysenter_cs = 0;
		svm->vmcb->save.sysenter_esp = 0;
		svm->vmcb->save.sysenter_eip = 0;
		svm->vmcb->save.star = 0;
		svm->vmcb->save.lstar = 0;
		svm->vmcb->save.cstar = 0;
		svm->vmcb->save.sfmask = 0;
		svm->vmcb->save.kernel_gs_base = 0;
	}
	svm_init_vmcb(svm);
}

/* --- segments ------------------------------------------------------------ */

static struct vmcb_seg *vmcb_seg(struct kvm_vcpu *vcpu, int seg)
{
	struct vmcb_save_area *save = &to_svm(vcpu)->vmcb->save;

	switch (seg) {
	case VCPU_SREG_ES:
		return &save->es;
	case VCPU_SREG_CS:
		return &save->cs;
	case VCPU_SREG_SS:
		return &save->ss;
	case VCPU_SREG_DS:
		return &save->ds;
	case VCPU_SREG_FS:
		return &save->fs;
	case VCPU_SREG_GS:
		return &save->gs;
	case VCPU_SREG_TR:
		return &save->tr;
	default:
		return &save->ldtr;
	}
}

/*
 * What other CPUs would show, so that the state can be moved to them: a loaded
 * segment is accessed, a TSS in TR busy, and a granular limit is one whose low
 * 12 bits are ones, whatever G says.
 */
static void adjust_segment(struct kvm_vcpu *vcpu, struct kvm_segment *var,
			   int seg)
{
	switch (seg) {
	case VCPU_SREG_TR:
		var->type |= TYPE_TSS_BUSY;
		break;
	case VCPU_SREG_DS:
	case VCPU_SREG_ES:
	case VCPU_SREG_FS:
	case VCPU_SREG_GS:
		if (!var->unusable)
			var->type |= TYPE_ACCESSED;
		break;
	case VCPU_SREG_SS:
		/* A null SS keeps D in the VMCB; the CPL is kept beside it. */
		if (var->unusable)
			var->db = 0;
		var->dpl = svm_get_cpl(vcpu);
		break;
	}
	var->g = var->limit > 0xfffff;
}

void svm_get_segment(struct kvm_vcpu *vcpu, struct kvm_segment *var, int seg)
{
	const struct vmcb_seg *s = vmcb_seg(vcpu, seg);

	*var = (struct kvm_segment){
		.base = s->base,
		.limit = s->limit,
		.selector = s->selector,
		.type = s->attrib & SEG_TYPE,
		.s = !!(s->attrib & SEG_S),
		.dpl = FIELD_GET(SEG_DPL, s->attrib),
		.present = !!(s->attrib & SEG_PRESENT),
		.avl = !!(s->attrib & SEG_AVL),
		.l = !!(s->attrib & SEG_L),
		.db = !!(s->attrib & SEG_DB),
		.unusable = !(s->attrib & SEG_PRESENT),
	};
	adjust_segment(vcpu, var, seg);
}

void svm_set_segment(struct kvm_vcpu *vcpu, const struct kvm_segment *var,
		     int seg)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_seg *s = vmcb_seg(vcpu, seg);

	s->base = var->base;
	s->limit = var->limit;
	s->selector = var->selector;
	s->attrib = (var->type & SEG_TYPE) | (var->s ? SEG_S : 0) |
		    FIELD_PREP(SEG_DPL, var->dpl & 3) |
		    (var->present && !var->unusable ? SEG_PRESENT : 0) |
		    (var->avl ? SEG_AVL : 0) | (var->l ? SEG_L : 0) |
		    (var->db ? SEG_DB : 0) | (var->g ? SEG_G : 0);

	/* SS.DPL is the CPL on all other CPUs, and in the uapi. */
	if (seg == VCPU_SREG_SS)
		svm->vmcb->save.cpl = var->dpl & 3;
	vmcb_mark_dirty(svm, VMCB_CLEAN_SEG);
}

u64 svm_get_segment_base(struct kvm_vcpu *vcpu, int seg)
{
	return vmcb_seg(vcpu, seg)->base;
}

int svm_get_cpl(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb->save.cpl;
}

void svm_get_cs_db_l_bits(struct kvm_vcpu *vcpu, int *db, int *l)
{
	u16 attrib = to_svm(vcpu)->vmcb->save.cs.attrib;

	*db = !!(attrib & SEG_DB);
	*l = !!(attrib & SEG_L);
}

static void get_dt(const struct vmcb_seg *s, struct desc_ptr *dt)
{
	dt->size = s->limit;
	dt->address = s->base;
}

static void set_dt(struct kvm_vcpu *vcpu, struct vmcb_seg *s,
		   const struct desc_ptr *dt)
{
	s->limit = dt->size;
	s->base = dt->address;
	vmcb_mark_dirty(to_svm(vcpu), VMCB_CLEAN_DT);
}

void svm_get_idt(struct kvm_vcpu *vcpu, struct desc_ptr *dt)
{
	get_dt(&to_svm(vcpu)->vmcb->save.idtr, dt);
}

void svm_set_idt(struct kvm_vcpu *vcpu, const struct desc_ptr *dt)
{
	set_dt(vcpu, &to_svm(vcpu)->vmcb->save.idtr, dt);
}

void svm_get_gdt(struct kvm_vcpu *vcpu, struct desc_ptr *dt)
{
	get_dt(&to_svm(vcpu)->vmcb->save.gdtr, dt);
}

void svm_set_gdt(struct kvm_vcpu *vcpu, const struct desc_ptr *dt)
{
	set_dt(vcpu, &to_svm(vcpu)->vmcb->save.gdtr, dt);
}

/* --- control registers --------------------------------------------------- */

/*
 * With nested paging the CPU reads PDPTEs as it walks, like entries of other
 * levels, and some set A in them, which is reserved where they are loaded.
 */
void svm_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
	u64 pdptrs[ARRAY_SIZE(vcpu->arch.pdptrs)];
	unsigned int i;

	if (reg != VCPU_EXREG_PDPTR)
		return;
	/* Where there is no memory nothing is present. */
	if (kvm_vcpu_read_guest(vcpu, vcpu->arch.cr3 & GENMASK(31, 5), pdptrs,
				sizeof(pdptrs)))
		memset(pdptrs, 0, sizeof(pdptrs));
	for (i = 0; i < ARRAY_SIZE(pdptrs); i++)
		vcpu->arch.pdptrs[i] = pdptrs[i] & ~(u64)_PAGE_ACCESSED;
	kvm_register_mark_available(vcpu, VCPU_EXREG_PDPTR);
}

bool svm_is_valid_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
	return true;
}

bool svm_is_valid_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	return !(cr4 & X86_CR4_VMXE);
}

void svm_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	unsigned long hw = cr0;

	vcpu->arch.cr0 = cr0;

	/*
	 * Guests that never turn the caches on again are not made to suffer.  For
	 * a nested one that is its own hypervisor's to do, which may have
	 * intercepts that ours must not hide.
	 */
	if (!is_guest_mode(vcpu) &&
	    !(vcpu->kvm->arch.disabled_quirks & KVM_X86_QUIRK_CD_NW_CLEARED))
		hw &= ~(X86_CR0_CD | X86_CR0_NW);
	hw |= X86_CR0_ET;
	svm->vmcb->save.cr0 = hw;
	vmcb_mark_dirty(svm, VMCB_CLEAN_CR);

	svm_set_icpt(svm, SVM_ICPT_CR0, hw != cr0);
	/* Without that intercept only other bits than these make it exit. */
	vcpu->arch.cr0_guest_owned_bits = hw == cr0 ? X86_CR0_TS | X86_CR0_MP :
						      0;
}

void svm_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	/* The host's machine checks come whatever the guest wants. */
	unsigned long hw = cr4 | (__read_cr4() & X86_CR4_MCE);

	vcpu->arch.cr4 = cr4;
	svm->vmcb->save.cr4 = hw;
	vmcb_mark_dirty(svm, VMCB_CLEAN_CR);
	svm_set_icpt(svm, SVM_ICPT_CR4_READ, hw != cr4);
}

int svm_set_efer(struct kvm_vcpu *vcpu, u64 efer)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (svm_nested_set_efer(svm, efer))
		return 1;
	vcpu->arch.efer = efer;
	svm->vmcb->save.efer = efer | EFER_SVME;
	vmcb_mark_dirty(svm, VMCB_CLEAN_CR);
	return 0;
}

void svm_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	svm->vmcb->control.nested_cr3 = __sme_set(root_hpa);
	vmcb_mark_dirty(svm, VMCB_CLEAN_NPT);
}

/* --- RFLAGS, debug registers --------------------------------------------- */

unsigned long svm_get_rflags(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	unsigned long rflags = svm->vmcb->save.rflags;

	/* TF and RF of our own step are not the guest's. */
	if (svm->nmi_singlestep)
		rflags = (rflags & ~(X86_EFLAGS_TF | X86_EFLAGS_RF)) |
			 svm->nmi_singlestep_rflags;
	return rflags;
}

void svm_set_rflags(struct kvm_vcpu *vcpu, unsigned long rflags)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (svm->nmi_singlestep) {
		svm->nmi_singlestep_rflags = rflags &
					     (X86_EFLAGS_TF | X86_EFLAGS_RF);
		rflags |= X86_EFLAGS_TF | X86_EFLAGS_RF;
	}
	svm->vmcb->save.rflags = rflags;
}

bool svm_get_if_flag(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb->save.rflags & X86_EFLAGS_IF;
}

/*
 * The guest has its debug registers for itself once it has touched them, until
 * userspace wants them.
 */
void svm_set_dr7(struct kvm_vcpu *vcpu, unsigned long value)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	if (svm->vmcb->save.dr7 == value)
		return;
	svm->vmcb->save.dr7 = value;
	vmcb_mark_dirty(svm, VMCB_CLEAN_DR);
}

void svm_sync_dirty_debug_regs(struct kvm_vcpu *vcpu)
{
	struct vcpu_svm *svm = to_svm(vcpu);

	get_debugreg(vcpu->arch.db[0], 0);
	get_debugreg(vcpu->arch.db[1], 1);
	get_debugreg(vcpu->arch.db[2], 2);
	get_debugreg(vcpu->arch.db[3], 3);
	vcpu->arch.dr6 = svm->vmcb->save.dr6;
	vcpu->arch.dr7 = svm->vmcb->save.dr7;
	vcpu->arch.switch_db_regs &= ~KVM_DEBUGREG_WONT_EXIT;
	svm_set_icpt(svm, SVM_ICPT_DR, true);
}
