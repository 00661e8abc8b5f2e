/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svm.h - what the files of svm/ share
 *
 * Owns: struct vcpu_svm, a vCPU as AMD-V has it; struct svm_cpu, a host CPU.
 *
 *	svm.c		setup, SVM on and off, the table of hooks
 *	vmcb.c		a vCPU's VMCB: registers and what is intercepted
 *	intercept.c	which intercepts: pure
 *	run.c, switch.S	the world switch, ASIDs
 *	inject.c	events, in both directions
 *	exit.c		what the guest left for
 *	msr.c		MSRs that are in the VMCB, and their permissions
 *	nested.c, nested_exit.c		SVM for a guest
 *	nested_check.c	which VMCBs of a guest's VMRUN takes: pure
 *
 * Locking: vCPU's mutex; of a struct svm_cpu, preemption off on that CPU.
 *
 * References: APM 2, chapter 15 and appendix B.
 */
#ifndef TWINWALK_SVM_SVM_H
#define TWINWALK_SVM_SVM_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/svm.h>

#include "svm/config.h"
#include "svm/intercept.h"
#include "vcpu.h"
#include "vendor.h"

/* Clean bits, APM 2, 15.15: what the CPU may have kept of a VMCB. */
#define VMCB_CLEAN_INTERCEPTS BIT(0) /* also TSC offset, pause filter */
#define VMCB_CLEAN_PERM_MAP   BIT(1)
#define VMCB_CLEAN_ASID	      BIT(2)
#define VMCB_CLEAN_INTR	      BIT(3)
#define VMCB_CLEAN_NPT	      BIT(4)
#define VMCB_CLEAN_CR	      BIT(5) /* CR0, CR3, CR4, EFER */
#define VMCB_CLEAN_DR	      BIT(6)
#define VMCB_CLEAN_DT	      BIT(7) /* GDTR, IDTR */
#define VMCB_CLEAN_SEG	      BIT(8) /* CS, DS, SS, ES, CPL */
#define VMCB_CLEAN_CR2	      BIT(9)
#define VMCB_CLEAN_LBR	      BIT(10)

/* All that the CPU may keep; it ignores those that it does not know. */
#define VMCB_CLEAN_ALL GENMASK(10, 0)

/* Those that change so often that they are never clean. */
#define VMCB_CLEAN_NEVER (VMCB_CLEAN_INTR | VMCB_CLEAN_CR2)

/**
 * struct vcpu_svm - a vCPU
 * @vcpu: what all see of it; first
 * @nested: what it has for the guest's own use of SVM, or NULL
 * @vmcb: what the CPU enters the guest with
 * @vmcb_pa: its address, with the encryption bit
 * @msrpm: MSR permission map, two pages
 * @icpt: what decides what is intercepted
 * @asid: the number that its translations have in the TLB
 * @asid_generation: of the CPU's ASIDs when it got @asid; 0: none
 * @spec_ctrl: the guest's SPEC_CTRL, where the CPU does not keep it
 * @virt_spec_ctrl: the guest's VIRT_SPEC_CTRL
 * @tsc_aux: the guest's TSC_AUX
 * @tsc_multiplier: of the guest's TSC, in TSC_RATIO's format
 * @host_state_saved: the host's registers that VMLOAD overwrites are put aside
 * @nmi_masked: an NMI is being handled: until IRET is over
 * @nmi_iret_seen: IRET was intercepted, at @nmi_iret_rip, and runs now
 * @nmi_iret_rip: see @nmi_iret_seen
 * @nmi_singlestep: a step is made on our account, to see the end of IRET's
 *	shadow or of an interrupt shadow
 * @nmi_singlestep_rflags: RFLAGS.TF and RF that the guest itself had
 * @soft_event: a software exception is being injected whose instruction is at
 *	@soft_rip, and ends at @soft_next_rip
 * @soft_rip: see @soft_event
 * @soft_next_rip: see @soft_event
 */
struct vcpu_svm {
	struct kvm_vcpu vcpu;
	struct svm_nested *nested;
	struct vmcb *vmcb;
	unsigned long vmcb_pa;
	u32 *msrpm;
	struct svm_intercept_state icpt;
	u32 asid;
	u64 asid_generation;
	u64 spec_ctrl;
	u64 virt_spec_ctrl;
	u64 tsc_aux;
	u64 tsc_multiplier;
	bool host_state_saved;
	bool nmi_masked;
	bool nmi_iret_seen;
	bool nmi_singlestep;
	bool soft_event;
	unsigned long nmi_iret_rip;
	unsigned long nmi_singlestep_rflags;
	unsigned long soft_rip;
	unsigned long soft_next_rip;
};

static_assert(offsetof(struct vcpu_svm, vcpu) == 0);

/**
 * struct svm_cpu - a host CPU
 * @enabled: SVM is on; changes with IRQs off, on the CPU itself
 * @save_area: where VMRUN puts the host's state
 * @host_vmcb: where VMSAVE puts the rest of it
 * @host_vmcb_pa: its address, with the encryption bit
 * @last_vmcb: the VMCB that was run last; the CPU may know it, and have its
 *	branch predictions
 * @asid_generation: begins at 1; another one whenever all ASIDs have been used
 * @next_asid: the first that was not used in this generation
 * @tsc_multiplier: what TSC_RATIO holds
 */
struct svm_cpu {
	bool enabled;
	void *save_area;
	struct vmcb *host_vmcb;
	unsigned long host_vmcb_pa;
	struct vmcb *last_vmcb;
	u64 asid_generation;
	u32 next_asid;
	u64 tsc_multiplier;
};

DECLARE_PER_CPU(struct svm_cpu, svm_cpu);

/* TSC_RATIO, APM 2, 15.30.5: 8.32 fixed point, so this is 1. */
#define TSC_RATIO_1 BIT_ULL(32)

static inline struct vcpu_svm *to_svm(struct kvm_vcpu *vcpu)
{
	return container_of(vcpu, struct vcpu_svm, vcpu);
}

/* What was changed of the VMCB: the CPU has to read it. */
static inline void vmcb_mark_dirty(struct vcpu_svm *svm, u32 what)
{
	svm->vmcb->control.clean &= ~what;
}

/** svm_has() - is a feature used on this host?  SVM_FEATURE_* */
bool svm_has(u32 feature);

/** svm_nr_asids() - of this host, the host's own included */
u32 svm_nr_asids(void);

/** svm_iopm_pa() - the I/O permission map of all VMs: all is intercepted */
unsigned long svm_iopm_pa(void);

/* vmcb.c; the contracts are in x86_ops_list.h. */
int svm_vcpu_create(struct kvm_vcpu *vcpu);
void svm_vcpu_free(struct kvm_vcpu *vcpu);
void svm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event);
void svm_vcpu_after_set_cpuid(struct kvm_vcpu *vcpu);
void svm_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg);
void svm_get_segment(struct kvm_vcpu *vcpu, struct kvm_segment *var, int seg);
void svm_set_segment(struct kvm_vcpu *vcpu, const struct kvm_segment *var,
		     int seg);
u64 svm_get_segment_base(struct kvm_vcpu *vcpu, int seg);
int svm_get_cpl(struct kvm_vcpu *vcpu);
void svm_get_cs_db_l_bits(struct kvm_vcpu *vcpu, int *db, int *l);
void svm_get_idt(struct kvm_vcpu *vcpu, struct desc_ptr *dt);
void svm_set_idt(struct kvm_vcpu *vcpu, const struct desc_ptr *dt);
void svm_get_gdt(struct kvm_vcpu *vcpu, struct desc_ptr *dt);
void svm_set_gdt(struct kvm_vcpu *vcpu, const struct desc_ptr *dt);
bool svm_is_valid_cr0(struct kvm_vcpu *vcpu, unsigned long cr0);
bool svm_is_valid_cr4(struct kvm_vcpu *vcpu, unsigned long cr4);
void svm_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0);
void svm_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4);
int svm_set_efer(struct kvm_vcpu *vcpu, u64 efer);
unsigned long svm_get_rflags(struct kvm_vcpu *vcpu);
void svm_set_rflags(struct kvm_vcpu *vcpu, unsigned long rflags);
bool svm_get_if_flag(struct kvm_vcpu *vcpu);
void svm_set_dr7(struct kvm_vcpu *vcpu, unsigned long value);
void svm_sync_dirty_debug_regs(struct kvm_vcpu *vcpu);
void svm_update_exception_bitmap(struct kvm_vcpu *vcpu);
void svm_load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root_hpa, int root_level);

/** svm_recalc_intercepts() - svm->icpt has changed */
void svm_recalc_intercepts(struct vcpu_svm *svm);

/** svm_set_icpt() - a reason for intercepts comes or goes; SVM_ICPT_* */
void svm_set_icpt(struct vcpu_svm *svm, u32 flag, bool on);

/** svm_forget_vmcb() - it is about to be freed: no CPU shall take another for it */
void svm_forget_vmcb(const struct vmcb *vmcb);

/** svm_init_vmcb() - all of it, as after RESET but for registers */
void svm_init_vmcb(struct vcpu_svm *svm);

/* run.c */
void svm_vcpu_load(struct kvm_vcpu *vcpu, int cpu);
void svm_vcpu_put(struct kvm_vcpu *vcpu);
void svm_prepare_switch_to_guest(struct kvm_vcpu *vcpu);
enum kvm_exit_fastpath svm_vcpu_run(struct kvm_vcpu *vcpu);
void svm_handle_exit_irqoff(struct kvm_vcpu *vcpu);
void svm_flush_tlb_asid(struct kvm_vcpu *vcpu);
void svm_flush_tlb_gva(struct kvm_vcpu *vcpu, gva_t addr);
void svm_write_tsc_offset(struct kvm_vcpu *vcpu, u64 offset);
void svm_write_tsc_multiplier(struct kvm_vcpu *vcpu, u64 multiplier);

/* inject.c */
void svm_inject_irq(struct kvm_vcpu *vcpu, bool reinjected);
void svm_inject_nmi(struct kvm_vcpu *vcpu);
void svm_inject_exception(struct kvm_vcpu *vcpu);
void svm_cancel_injection(struct kvm_vcpu *vcpu);
int svm_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection);
int svm_nmi_allowed(struct kvm_vcpu *vcpu, bool for_injection);
bool svm_get_nmi_mask(struct kvm_vcpu *vcpu);
void svm_set_nmi_mask(struct kvm_vcpu *vcpu, bool masked);
void svm_enable_irq_window(struct kvm_vcpu *vcpu);
void svm_enable_nmi_window(struct kvm_vcpu *vcpu);
int svm_smi_allowed(struct kvm_vcpu *vcpu, bool for_injection);
void svm_enable_smi_window(struct kvm_vcpu *vcpu);
void svm_enter_smm(struct kvm_vcpu *vcpu);
u32 svm_get_interrupt_shadow(struct kvm_vcpu *vcpu);
void svm_set_interrupt_shadow(struct kvm_vcpu *vcpu, u32 mask);
void svm_update_cr8_intercept(struct kvm_vcpu *vcpu, int tpr, int irr);

/** svm_complete_events() - after an exit: what was not delivered is queued */
void svm_complete_events(struct vcpu_svm *svm);

/** svm_end_irq_window() - the guest can take interrupts, or need not any more */
void svm_end_irq_window(struct vcpu_svm *svm);

/** svm_nmi_iret() - IRET was intercepted: NMIs are open when it is over */
void svm_nmi_iret(struct vcpu_svm *svm);

/** svm_end_nmi_singlestep() - #DB came of our step; was it the guest's, too? */
void svm_end_nmi_singlestep(struct vcpu_svm *svm);

/* exit.c */
int svm_handle_exit(struct kvm_vcpu *vcpu, enum kvm_exit_fastpath fastpath);
int svm_skip_emulated_instruction(struct kvm_vcpu *vcpu);
void svm_get_exit_info(struct kvm_vcpu *vcpu, struct kvm_exit_info *info);
unsigned int svm_get_insn(struct kvm_vcpu *vcpu, u8 *bytes);

/* msr.c */
int svm_msr_setup(void);
int svm_msrpm_create(struct vcpu_svm *svm);
void svm_msrpm_free(struct vcpu_svm *svm);
int svm_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);
int svm_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);
int svm_get_feature_msr(u32 index, u64 *data);
bool svm_has_emulated_msr(u32 index);
void svm_msr_filter_changed(struct kvm_vcpu *vcpu);

/** svm_msr_prepare_switch() - MSRs that the world switch leaves alone */
void svm_msr_prepare_switch(struct vcpu_svm *svm);

/** svm_spec_ctrl_intercepted() - does a guest's access to SPEC_CTRL exit? */
bool svm_spec_ctrl_intercepted(struct vcpu_svm *svm);

#endif
