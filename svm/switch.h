/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.h - what run.c tells switch.S
 *
 * Owns: struct svm_switch, and the offsets in it as assembly needs them.
 */
#ifndef TWINWALK_SVM_SWITCH_H
#define TWINWALK_SVM_SWITCH_H

#define SVM_SWITCH_GUEST_VMCB 0
#define SVM_SWITCH_HOST_VMCB  8
#define SVM_SWITCH_REGS	      16
#define SVM_SWITCH_GUEST_SPEC 24
#define SVM_SWITCH_HOST_SPEC  32
#define SVM_SWITCH_FLAGS      40

/* SPEC_CTRL is the guest's while it runs, and the host's again afterwards. */
#define SVM_SWITCH_SPEC_CTRL_BIT 0
/* The guest may have changed it without an exit. */
#define SVM_SWITCH_SPEC_READ_BIT 1

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define SVM_SWITCH_SPEC_CTRL BIT(SVM_SWITCH_SPEC_CTRL_BIT)
#define SVM_SWITCH_SPEC_READ BIT(SVM_SWITCH_SPEC_READ_BIT)

/**
 * struct svm_switch - one switch to the guest and back
 * @guest_vmcb: physical address of the guest's VMCB
 * @host_vmcb: physical address of where the host's part of VMSAVE is
 * @regs: general registers, by enum kvm_reg; RAX and RSP are in the VMCB
 * @guest_spec_ctrl: SPEC_CTRL for the guest, and what it was at the exit
 * @host_spec_ctrl: SPEC_CTRL of the host
 * @flags: SVM_SWITCH_*
 */
struct svm_switch {
	unsigned long guest_vmcb;
	unsigned long host_vmcb;
	unsigned long *regs;
	u64 guest_spec_ctrl;
	u64 host_spec_ctrl;
	unsigned long flags;
};

static_assert(offsetof(struct svm_switch, guest_vmcb) == SVM_SWITCH_GUEST_VMCB);
static_assert(offsetof(struct svm_switch, host_vmcb) == SVM_SWITCH_HOST_VMCB);
static_assert(offsetof(struct svm_switch, regs) == SVM_SWITCH_REGS);
static_assert(offsetof(struct svm_switch, guest_spec_ctrl) ==
	      SVM_SWITCH_GUEST_SPEC);
static_assert(offsetof(struct svm_switch, host_spec_ctrl) ==
	      SVM_SWITCH_HOST_SPEC);
static_assert(offsetof(struct svm_switch, flags) == SVM_SWITCH_FLAGS);

/**
 * svm_switch_worlds() - run the guest until it exits
 * @s: how
 *
 * Context: IRQs off, GIF clear; not to be traced or instrumented.
 */
void svm_switch_worlds(struct svm_switch *s);

#endif
#endif
