// SPDX-License-Identifier: GPL-2.0-only
/*
 * intercept.c - what makes a guest exit
 *
 * Owns: the table of intercepts and their reasons.  See intercept.h.
 *
 * Not intercepted, since with nested paging the guest's own tables are its own
 * matter: CR3, INVLPG, page faults, descriptor tables.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/trapnr.h>

#include "svm/intercept.h"

#define EXCEPTION(vector) BIT(vector)
#define IN_WORD(nr)	  BIT((nr) % 32)

/* Always. */
static const u32 always[MAX_INTERCEPT] = {
	[INTERCEPT_CR] = IN_WORD(INTERCEPT_CR4_WRITE),
	[INTERCEPT_EXCEPTION] =
		/* A #DB or #AC whose delivery faults again would never end. */
	EXCEPTION(X86_TRAP_DB) | EXCEPTION(X86_TRAP_AC) |
	/* The other vendor's hypercall instruction. */
	EXCEPTION(X86_TRAP_UD) |
	/* The host's own. */
	EXCEPTION(X86_TRAP_MC),
	[INTERCEPT_WORD3] =
		IN_WORD(INTERCEPT_SELECTIVE_CR0) | IN_WORD(INTERCEPT_INTR) |
		IN_WORD(INTERCEPT_NMI) | IN_WORD(INTERCEPT_SMI) |
		IN_WORD(INTERCEPT_INIT) | IN_WORD(INTERCEPT_RDPMC) |
		IN_WORD(INTERCEPT_CPUID) | IN_WORD(INTERCEPT_RSM) |
		IN_WORD(INTERCEPT_INVD) | IN_WORD(INTERCEPT_INVLPGA) |
		IN_WORD(INTERCEPT_IOIO_PROT) | IN_WORD(INTERCEPT_MSR_PROT) |
		IN_WORD(INTERCEPT_SHUTDOWN) | IN_WORD(INTERCEPT_FERR_FREEZE) |
		/* The event that caused one is ours to give again, if it fails. */
		IN_WORD(INTERCEPT_TASK_SWITCH),
	[INTERCEPT_WORD4] =
		IN_WORD(INTERCEPT_VMRUN) | IN_WORD(INTERCEPT_VMMCALL) |
		IN_WORD(INTERCEPT_VMLOAD) | IN_WORD(INTERCEPT_VMSAVE) |
		IN_WORD(INTERCEPT_STGI) | IN_WORD(INTERCEPT_CLGI) |
		IN_WORD(INTERCEPT_SKINIT) | IN_WORD(INTERCEPT_WBINVD) |
		IN_WORD(INTERCEPT_XSETBV) | IN_WORD(INTERCEPT_RDPRU),
};

/* Intercept @bits of @word if one of @flags is there. */
static const struct {
	u32 flags;
	u32 word;
	u32 bits;
} on_demand[] = {
	{ SVM_ICPT_CR0, INTERCEPT_CR,
	  IN_WORD(INTERCEPT_CR0_READ) | IN_WORD(INTERCEPT_CR0_WRITE) },
	{ SVM_ICPT_CR4_READ, INTERCEPT_CR, IN_WORD(INTERCEPT_CR4_READ) },
	{ SVM_ICPT_CR8_WRITE, INTERCEPT_CR, IN_WORD(INTERCEPT_CR8_WRITE) },
	/* All eight of each. */
	{ SVM_ICPT_DR, INTERCEPT_DR,
	  0xff * (IN_WORD(INTERCEPT_DR0_READ) | IN_WORD(INTERCEPT_DR0_WRITE)) },
	{ SVM_ICPT_BP, INTERCEPT_EXCEPTION, EXCEPTION(X86_TRAP_BP) },
	{ SVM_ICPT_IRET, INTERCEPT_WORD3, IN_WORD(INTERCEPT_IRET) },
	{ SVM_ICPT_VINTR, INTERCEPT_WORD3, IN_WORD(INTERCEPT_VINTR) },
	{ SVM_ICPT_PAUSE, INTERCEPT_WORD3, IN_WORD(INTERCEPT_PAUSE) },
	{ SVM_ICPT_INVPCID, INTERCEPT_WORD5, IN_WORD(INTERCEPT_INVPCID) },
	{ SVM_ICPT_RDTSCP, INTERCEPT_WORD4, IN_WORD(INTERCEPT_RDTSCP) },
	{ SVM_ICPT_HLT, INTERCEPT_WORD3, IN_WORD(INTERCEPT_HLT) },
	{ SVM_ICPT_MWAIT, INTERCEPT_WORD4,
	  IN_WORD(INTERCEPT_MONITOR) | IN_WORD(INTERCEPT_MWAIT) },
};

void svm_compute_intercepts(const struct svm_intercept_state *state, u32 *words)
{
	unsigned int i;

	memcpy(words, always, sizeof(always));
	for (i = 0; i < ARRAY_SIZE(on_demand); i++)
		if (state->flags & on_demand[i].flags)
			words[on_demand[i].word] |= on_demand[i].bits;
}
