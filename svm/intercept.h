/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * intercept.h - what makes a guest exit
 *
 * Owns: the intercept words of a VMCB (APM 2, 15.9 and appendix B.1), computed as
 * a whole from the state that needs them.
 *
 * Locking: none; pure.
 */
#ifndef TWINWALK_SVM_INTERCEPT_H
#define TWINWALK_SVM_INTERCEPT_H

#include <linux/types.h>
#include <asm/svm.h>

/* Reasons for intercepts that come and go; struct svm_intercept_state.flags */
#define SVM_ICPT_CR0	   BIT(0) /* CR0 is not what the guest shall see */
#define SVM_ICPT_CR4_READ  BIT(1) /* the same of CR4 */
#define SVM_ICPT_CR8_WRITE BIT(2) /* a lower TPR lets an interrupt in */
#define SVM_ICPT_DR	   BIT(3) /* DRs are not loaded, or are userspace's */
#define SVM_ICPT_BP	   BIT(4) /* #BP: userspace's breakpoints */
#define SVM_ICPT_IRET	   BIT(5) /* the end of an NMI is waited for */
#define SVM_ICPT_VINTR	   BIT(6) /* waits for the guest to take interrupts */
#define SVM_ICPT_PAUSE	   BIT(7) /* PAUSE, by the filter */
#define SVM_ICPT_INVPCID   BIT(8) /* the guest's CPUID does not have it */
#define SVM_ICPT_RDTSCP	   BIT(9) /* the same */
#define SVM_ICPT_HLT	   BIT(10) /* KVM_CAP_X86_DISABLE_EXITS was not given it */
#define SVM_ICPT_MWAIT	   BIT(11) /* the same, and MONITOR */

/**
 * struct svm_intercept_state - what decides about intercepts
 * @flags: SVM_ICPT_*
 */
struct svm_intercept_state {
	u32 flags;
};

/**
 * svm_compute_intercepts() - the intercept words
 * @state: what decides
 * @words: filled, MAX_INTERCEPT of them
 */
void svm_compute_intercepts(const struct svm_intercept_state *state,
			    u32 *words);

/**
 * svm_spec_ctrl_is_direct() - does the guest access SPEC_CTRL without an exit?
 * @has: its CPUID has a feature that needs it
 * @by_cpu: the CPU switches it
 * @value: what it holds; where we switch it, that is only worth it for a guest
 *	that uses it
 */
static inline bool svm_spec_ctrl_is_direct(bool has, bool by_cpu, u64 value)
{
	return has && (by_cpu || value);
}

#endif
