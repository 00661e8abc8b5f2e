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

#define EXCEPTION(vector) (INTERCEPT_EXCEPTION_OFFSET + (vector))

/* Always. */
static const u8 always[] = {
	INTERCEPT_CR4_WRITE,
	INTERCEPT_SELECTIVE_CR0,
	/* A #DB or #AC whose delivery faults again would never end. */
	EXCEPTION(X86_TRAP_DB),
	EXCEPTION(X86_TRAP_AC),
	/* The other vendor's hypercall instruction. */
	EXCEPTION(X86_TRAP_UD),
	/* The host's own. */
	EXCEPTION(X86_TRAP_MC),
	INTERCEPT_INTR,
	INTERCEPT_NMI,
	INTERCEPT_SMI,
	INTERCEPT_INIT,
	INTERCEPT_RDPMC,
	INTERCEPT_CPUID,
	INTERCEPT_RSM,
	INTERCEPT_INVD,
	INTERCEPT_INVLPGA,
	INTERCEPT_IOIO_PROT,
	INTERCEPT_MSR_PROT,
	INTERCEPT_SHUTDOWN,
	INTERCEPT_VMRUN,
	INTERCEPT_VMMCALL,
	INTERCEPT_VMLOAD,
	INTERCEPT_VMSAVE,
	INTERCEPT_STGI,
	INTERCEPT_CLGI,
	INTERCEPT_SKINIT,
	INTERCEPT_WBINVD,
	INTERCEPT_XSETBV,
	INTERCEPT_RDPRU,
	INTERCEPT_FERR_FREEZE,
	/* The event that caused one is ours to give again, if it fails. */
	INTERCEPT_TASK_SWITCH,
};

/* Intercept @nr, and @count - 1 behind it, if one of @flags is there. */
static const struct {
	u32 flags;
	u8 nr;
	u8 count;
} on_demand[] = {
	{ SVM_ICPT_CR0, INTERCEPT_CR0_READ, 1 },
	{ SVM_ICPT_CR0, INTERCEPT_CR0_WRITE, 1 },
	{ SVM_ICPT_CR4_READ, INTERCEPT_CR4_READ, 1 },
	{ SVM_ICPT_CR8_WRITE, INTERCEPT_CR8_WRITE, 1 },
	{ SVM_ICPT_DR, INTERCEPT_DR0_READ, 8 },
	{ SVM_ICPT_DR, INTERCEPT_DR0_WRITE, 8 },
	{ SVM_ICPT_BP, EXCEPTION(X86_TRAP_BP), 1 },
	{ SVM_ICPT_IRET, INTERCEPT_IRET, 1 },
	{ SVM_ICPT_VINTR, INTERCEPT_VINTR, 1 },
	{ SVM_ICPT_PAUSE, INTERCEPT_PAUSE, 1 },
	{ SVM_ICPT_INVPCID, INTERCEPT_INVPCID, 1 },
	{ SVM_ICPT_RDTSCP, INTERCEPT_RDTSCP, 1 },
	{ SVM_ICPT_HLT, INTERCEPT_HLT, 1 },
	{ SVM_ICPT_MWAIT, INTERCEPT_MONITOR, 1 },
	{ SVM_ICPT_MWAIT, INTERCEPT_MWAIT, 1 },
};

static void set(u32 *words, unsigned int nr)
{
	words[nr / 32] |= BIT(nr % 32);
}

void svm_compute_intercepts(const struct svm_intercept_state *state, u32 *words)
{
	unsigned int i, j;

	memset(words, 0, MAX_INTERCEPT * sizeof(*words));
	for (i = 0; i < ARRAY_SIZE(always); i++)
		set(words, always[i]);
	for (i = 0; i < ARRAY_SIZE(on_demand); i++) {
		if (!(state->flags & on_demand[i].flags))
			continue;
		for (j = 0; j < on_demand[i].count; j++)
			set(words, on_demand[i].nr + j);
	}
}
