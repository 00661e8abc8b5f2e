// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu.c - the guest's FPU, SSE and extended state
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>

#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/pkru.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "vcpu.h"
#include "vendor.h"
#include "virt/trace.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/x86.h"

static_assert(sizeof(struct kvm_xsave) == 4096);
static_assert(sizeof_field(struct kvm_fpu, fpr) ==
	      sizeof_field(struct fxregs_state, st_space));
static_assert(sizeof_field(struct kvm_fpu, xmm) ==
	      sizeof_field(struct fxregs_state, xmm_space));

int kvm_vcpu_fpu_create(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_fpu *fpu = &vcpu->arch.fpu;

	if (boot_cpu_has(X86_FEATURE_XSAVE))
		fpu->host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (boot_cpu_has(X86_FEATURE_XSAVES))
		rdmsrl_safe(MSR_IA32_XSS, &fpu->host_xss);
	return fpu_alloc_guest_fpstate(&fpu->guest) ? 0 : -ENOMEM;
}

void kvm_vcpu_fpu_destroy(struct kvm_vcpu *vcpu)
{
	fpu_free_guest_fpstate(&vcpu->arch.fpu.guest);
}

/* MPX: both, or the CPU would find bounds where none are enabled. */
static void clear_bounds(struct kvm_vcpu *vcpu)
{
	struct fpstate *fpstate = vcpu->arch.fpu.guest.fpstate;
	bool loaded = fpstate->in_use;

	if (!(fpstate->xfeatures &
	      (XFEATURE_MASK_BNDREGS | XFEATURE_MASK_BNDCSR)))
		return;

	/* What is in the CPU has to be in memory to be changed. */
	if (loaded)
		kvm_put_guest_fpu(vcpu);
	fpstate_clear_xstate_component(fpstate, XFEATURE_BNDREGS);
	fpstate_clear_xstate_component(fpstate, XFEATURE_BNDCSR);
	if (loaded)
		kvm_load_guest_fpu(vcpu);
}

void kvm_vcpu_fpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	if (init_event) {
		clear_bounds(vcpu);
		return;
	}
	vcpu->arch.xcr0 = XFEATURE_MASK_FP;
	vcpu->arch.ia32_xss = 0;
	vcpu->arch.fpu.pkru = 0;
}

void kvm_load_guest_fpu(struct kvm_vcpu *vcpu)
{
	fpu_swap_kvm_fpstate(&vcpu->arch.fpu.guest, true);
	vcpu->stat.fpu_reload++;
	trace_kvm_fpu(1);
}

void kvm_put_guest_fpu(struct kvm_vcpu *vcpu)
{
	fpu_swap_kvm_fpstate(&vcpu->arch.fpu.guest, false);
	trace_kvm_fpu(0);
}

/* --- around the world switch ---------------------------------------------- */

/* XSAVE and RDPKRU show PKRU, whether CR4.PKE lets it have an effect or not. */
static bool guest_has_pkru(struct kvm_vcpu *vcpu)
{
	return cpu_feature_enabled(X86_FEATURE_PKU) &&
	       ((vcpu->arch.xcr0 & XFEATURE_MASK_PKRU) ||
		kvm_read_cr4_bits(vcpu, X86_CR4_PKE));
}

/* Without CR4.OSXSAVE no instruction of the guest looks at XCR0 or XSS. */
static bool guest_has_xsave(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.fpu.host_xcr0 &&
	       kvm_read_cr4_bits(vcpu, X86_CR4_OSXSAVE);
}

static bool xss_differs(const struct kvm_vcpu *vcpu)
{
	return cpu_feature_enabled(X86_FEATURE_XSAVES) &&
	       vcpu->arch.ia32_xss != vcpu->arch.fpu.host_xss;
}

void kvm_load_guest_xsave_state(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_fpu *fpu = &vcpu->arch.fpu;

	/* With the host's XCR0, which covers all of the fpstate. */
	fpregs_assert_state_consistent();
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();

	if (guest_has_xsave(vcpu)) {
		if (vcpu->arch.xcr0 != fpu->host_xcr0)
			xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->arch.xcr0);
		if (xss_differs(vcpu))
			wrmsrl(MSR_IA32_XSS, vcpu->arch.ia32_xss);
	}
	if (guest_has_pkru(vcpu)) {
		fpu->host_pkru = read_pkru();
		write_pkru(fpu->pkru);
	}
}

void kvm_load_host_xsave_state(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_fpu *fpu = &vcpu->arch.fpu;

	if (guest_has_pkru(vcpu)) {
		fpu->pkru = read_pkru();
		write_pkru(fpu->host_pkru);
	}
	if (guest_has_xsave(vcpu)) {
		if (vcpu->arch.xcr0 != fpu->host_xcr0)
			xsetbv(XCR_XFEATURE_ENABLED_MASK, fpu->host_xcr0);
		if (xss_differs(vcpu))
			wrmsrl(MSR_IA32_XSS, fpu->host_xss);
	}
}

u32 kvm_vcpu_read_pkru(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.fpu.pkru;
}

/* --- XCR0 ----------------------------------------------------------------- */

int kvm_set_xcr(struct kvm_vcpu *vcpu, u32 index, u64 xcr)
{
	/* x87 is there, whatever CPUID says. */
	u64 supported = kvm_vcpu_supported_xcr0(vcpu) | XFEATURE_MASK_FP;

	if (index != XCR_XFEATURE_ENABLED_MASK ||
	    (xcr & ~vcpu->arch.fpu.host_xcr0) ||
	    !kvm_xcr0_is_valid(xcr, supported))
		return 1;
	if (xcr == vcpu->arch.xcr0)
		return 0;

	vcpu->arch.xcr0 = xcr;
	kvm_update_cpuid_runtime(vcpu);
	return 0;
}

int kvm_emulate_xsetbv(struct kvm_vcpu *vcpu)
{
	if (!kvm_read_cr4_bits(vcpu, X86_CR4_OSXSAVE))
		return kvm_inject_ud(vcpu);
	if (static_call(kvm_x86_get_cpl)(vcpu) ||
	    kvm_set_xcr(vcpu, kvm_rcx_read(vcpu), kvm_read_edx_eax(vcpu)))
		return kvm_inject_gp(vcpu, 0);
	return kvm_skip_emulated_instruction(vcpu);
}

long kvm_vcpu_ioctl_get_xcrs(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_xcrs *xcrs = data;

	if (!vcpu->arch.fpu.host_xcr0)
		return 0;
	xcrs->nr_xcrs = 1;
	xcrs->xcrs[0].xcr = XCR_XFEATURE_ENABLED_MASK;
	xcrs->xcrs[0].value = vcpu->arch.xcr0;
	return 0;
}

/* Of several values for XCR0 the first counts; other registers are not there. */
long kvm_vcpu_ioctl_set_xcrs(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_xcrs *xcrs = data;
	unsigned int i;

	if (!vcpu->arch.fpu.host_xcr0 || xcrs->flags ||
	    xcrs->nr_xcrs > ARRAY_SIZE(xcrs->xcrs))
		return -EINVAL;

	for (i = 0; i < xcrs->nr_xcrs; i++)
		if (xcrs->xcrs[i].xcr == XCR_XFEATURE_ENABLED_MASK)
			return kvm_set_xcr(vcpu, XCR_XFEATURE_ENABLED_MASK,
					   xcrs->xcrs[i].value) ?
				       -EINVAL :
				       0;
	return 0;
}

/* --- XSAVE ---------------------------------------------------------------- */

/* An image of XSAVE, not compacted. */
static unsigned int image_size(const struct kvm_vcpu *vcpu)
{
	return max_t(unsigned int, vcpu->arch.fpu.guest.uabi_size,
		     sizeof(struct kvm_xsave));
}

/* @buf: zeroed */
static void get_image(struct kvm_vcpu *vcpu, void *buf, unsigned int size)
{
	kvm_fpu_copy_to_uabi(&vcpu->arch.fpu.guest, buf, size,
			     kvm_vcpu_supported_xcr0(vcpu) |
				     XFEATURE_MASK_FPSSE,
			     vcpu->arch.fpu.pkru);
}

/* @buf: of image_size() bytes */
static int set_image(struct kvm_vcpu *vcpu, const union fpregs_state *buf,
		     u32 *pkru)
{
	struct kvm_vcpu_fpu *fpu = &vcpu->arch.fpu;
	u64 xfeatures = fpu->host_xcr0 ?: XFEATURE_MASK_FPSSE;

	/* The kernel takes it for a bug of ours. */
	if (buf->xsave.header.xfeatures & fpu->guest.fpstate->xfd)
		return -EINVAL;
	return fpu_copy_uabi_to_guest_fpstate(&fpu->guest, buf, xfeatures,
					      pkru);
}

long kvm_vcpu_ioctl_get_xsave(struct kvm_vcpu *vcpu, void *data)
{
	if (image_size(vcpu) > sizeof(struct kvm_xsave))
		return -EINVAL;
	get_image(vcpu, data, sizeof(struct kvm_xsave));
	return 0;
}

long kvm_vcpu_ioctl_get_xsave2(struct kvm_vcpu *vcpu, void *data)
{
	unsigned int size = image_size(vcpu);
	void __user *argp = (void __user *)data;
	void *buf;
	long r = 0;

	buf = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	get_image(vcpu, buf, size);
	if (copy_to_user(argp, buf, size))
		r = -EFAULT;
	kvfree(buf);
	return r;
}

long kvm_vcpu_ioctl_set_xsave(struct kvm_vcpu *vcpu, void *data)
{
	void *buf;
	long r;

	buf = memdup_user((void __user *)data, image_size(vcpu));
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	r = set_image(vcpu, buf, &vcpu->arch.fpu.pkru);
	kfree(buf);
	return r;
}

/* --- FPU: the first 512 bytes of it --------------------------------------- */

long kvm_vcpu_ioctl_get_fpu(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_fpu *fpu = data;
	union fpregs_state *image;
	const struct fxregs_state *fx;

	image = kvzalloc(image_size(vcpu), GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	get_image(vcpu, image, image_size(vcpu));

	fx = &image->fxsave;
	memcpy(fpu->fpr, fx->st_space, sizeof(fpu->fpr));
	fpu->fcw = fx->cwd;
	fpu->fsw = fx->swd;
	fpu->ftwx = fx->twd;
	fpu->last_opcode = fx->fop;
	fpu->last_ip = fx->rip;
	fpu->last_dp = fx->rdp;
	memcpy(fpu->xmm, fx->xmm_space, sizeof(fpu->xmm));
	fpu->mxcsr = fx->mxcsr;
	kvfree(image);
	return 0;
}

long kvm_vcpu_ioctl_set_fpu(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_fpu *fpu = data;
	union fpregs_state *image;
	struct fxregs_state *fx;
	u32 pkru = vcpu->arch.fpu.pkru;
	long r;

	/* All else stays as it is. */
	image = kvzalloc(image_size(vcpu), GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	kvm_fpu_copy_to_uabi(&vcpu->arch.fpu.guest, image, image_size(vcpu),
			     ~0ull, pkru);

	fx = &image->fxsave;
	memcpy(fx->st_space, fpu->fpr, sizeof(fpu->fpr));
	fx->cwd = fpu->fcw;
	fx->swd = fpu->fsw;
	fx->twd = fpu->ftwx;
	fx->fop = fpu->last_opcode;
	fx->rip = fpu->last_ip;
	fx->rdp = fpu->last_dp;
	memcpy(fx->xmm_space, fpu->xmm, sizeof(fpu->xmm));
	fx->mxcsr = fpu->mxcsr;
	image->xsave.header.xfeatures |= XFEATURE_MASK_FPSSE;
	r = set_image(vcpu, image, &pkru);
	kvfree(image);
	return r;
}
