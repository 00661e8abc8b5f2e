/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emulate_ops.h - the executor's callbacks on a vCPU
 *
 * Owns: nothing; between emulate.c and emulate_ops.c.
 *
 * Locking: see emulate.h.
 */
#ifndef TWINWALK_X86_EMULATE_OPS_H
#define TWINWALK_X86_EMULATE_OPS_H

#include <linux/types.h>

struct kvm_guest_fault;
struct x86_emulate_ctxt;
struct x86_emulate_ops;

extern const struct x86_emulate_ops kvm_emulate_ops;

/**
 * kvm_emulate_walk_fault() - a walk of the guest's tables has failed
 * @ctxt: the guest CPU; its fault is filled in
 * @la: the linear address
 * @fault: what the walk said
 *
 * Return: X86_EMULATE_FAULT, or RETRY if it was not the guest's fault.
 */
int kvm_emulate_walk_fault(struct x86_emulate_ctxt *ctxt, u64 la,
			   const struct kvm_guest_fault *fault);

#endif
