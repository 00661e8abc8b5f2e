/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fpu.h - the guest's FPU, SSE and extended state
 *
 * Owns: struct kvm_vcpu_fpu.  Where the state is:
 *
 *	x87, SSE, AVX ..	in the kernel's guest fpstate; in the CPU between
 *				kvm_load_guest_fpu() and kvm_put_guest_fpu(),
 *				which are the ends of KVM_RUN; the kernel saves
 *				it when the task is scheduled
 *	XCR0, IA32_XSS, PKRU	vcpu->arch; in the CPU from right before the
 *				world switch until right after it, with IRQs off,
 *				since the kernel must never see them
 *
 * All of the fpstate is read and written by what the kernel exports for it, since
 * it is compacted, and has nothing at all of a component in its initial state.
 *
 * Locking: vCPU's mutex.
 *
 * Deliberately absent: IA32_XFD.  So CPUID must not offer AMX, and what
 * KVM_GET_XSAVE2 copies, and KVM_CAP_XSAVE2 says, is never more than 4096 bytes.
 */
#ifndef TWINWALK_X86_FPU_H
#define TWINWALK_X86_FPU_H

#include <linux/thread_info.h> /* PAGE_SIZE, for fpu/types.h */
#include <linux/types.h>

#include <asm/fpu/types.h>

struct kvm_vcpu;

/**
 * struct kvm_vcpu_fpu - the FPU of a vCPU
 * @guest: the kernel's
 * @host_xcr0: XCR0 of the host, which never changes; 0, there is none
 * @host_xss: IA32_XSS of the host; the same
 * @host_pkru: PKRU of the task, while the guest runs
 * @pkru: of the guest, while it does not run
 */
struct kvm_vcpu_fpu {
	struct fpu_guest guest;
	u64 host_xcr0;
	u64 host_xss;
	u32 host_pkru;
	u32 pkru;
};

/** kvm_vcpu_fpu_create() - an FPU in its initial state; 0 or -ENOMEM */
int kvm_vcpu_fpu_create(struct kvm_vcpu *vcpu);

/** kvm_vcpu_fpu_destroy() - the reverse; also of what was never created */
void kvm_vcpu_fpu_destroy(struct kvm_vcpu *vcpu);

/**
 * kvm_vcpu_fpu_reset() - RESET, or INIT
 * @vcpu: the vCPU; within KVM_RUN or not
 * @init_event: INIT, of which SDM 3A's table says that it clears MPX's
 *	registers and nothing else; a RESET also clears XCR0, XSS and PKRU
 *
 * A RESET is that of a new vCPU, whose x87 and SSE are as the kernel makes them:
 * as FNINIT does, not with all exceptions unmasked as after a RESET.  KVM never
 * did otherwise.
 */
void kvm_vcpu_fpu_reset(struct kvm_vcpu *vcpu, bool init_event);

/** kvm_load_guest_fpu() - start of KVM_RUN: the guest's state is the task's */
void kvm_load_guest_fpu(struct kvm_vcpu *vcpu);

/** kvm_put_guest_fpu() - end of KVM_RUN */
void kvm_put_guest_fpu(struct kvm_vcpu *vcpu);

/**
 * kvm_load_guest_xsave_state() - right before the world switch
 * @vcpu: the vCPU
 *
 * Also puts the FPU's registers into the CPU, if the kernel used it meanwhile.
 *
 * Context: IRQs off, between kvm_load_guest_fpu() and kvm_put_guest_fpu().
 */
void kvm_load_guest_xsave_state(struct kvm_vcpu *vcpu);

/** kvm_load_host_xsave_state() - right after it */
void kvm_load_host_xsave_state(struct kvm_vcpu *vcpu);

/** kvm_vcpu_read_pkru() - PKRU of a guest that does not run right now */
u32 kvm_vcpu_read_pkru(const struct kvm_vcpu *vcpu);

/**
 * kvm_set_xcr() - XSETBV
 * @vcpu: the vCPU
 * @index: ECX
 * @xcr: EDX:EAX
 *
 * Return: 0; 1, nothing changed and the guest is to get #GP.
 */
int kvm_set_xcr(struct kvm_vcpu *vcpu, u32 index, u64 xcr);

/** kvm_emulate_xsetbv() - an exit's handler; always 1 but for a failing skip */
int kvm_emulate_xsetbv(struct kvm_vcpu *vcpu);

/* The ioctls; KVM_SET_XSAVE and KVM_GET_XSAVE2 are RAW (ioctl.h). */
long kvm_vcpu_ioctl_get_fpu(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_fpu(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_xsave(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_xsave2(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_xsave(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_xcrs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_xcrs(struct kvm_vcpu *vcpu, void *data);

#endif
