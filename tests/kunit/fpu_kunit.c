// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu_kunit.c - the guest's FPU, by way of the kernel's copies of it
 *
 * The vCPU has no CPUID and is never run, so that it has x87 and SSE alone.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include <asm/fpu/api.h>

#include "compat.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "x86/fpu.h"

/* struct xregs_state: where the header is, and where AVX is (SDM 1 13.4). */
#define XSTATE_BV 512
#define AVX_STATE 576

/* A vCPU, and what would be too much for a stack. */
struct world {
	struct kvm_vcpu vcpu;
	struct kvm_fpu in;
	struct kvm_fpu out;
};

static int fpu_init(struct kunit *test)
{
	struct world *w;

	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_fpu_create(&w->vcpu), 0);
	kvm_vcpu_fpu_reset(&w->vcpu, false);
	test->priv = w;
	return 0;
}

static void fpu_exit(struct kunit *test)
{
	struct world *w = test->priv;

	if (w)
		kvm_vcpu_fpu_destroy(&w->vcpu);
}

/* Something else in each byte, without an exception that is not masked. */
static void fill(struct kvm_fpu *fpu, u8 salt)
{
	u8 *p = (u8 *)fpu;
	unsigned int i;

	for (i = 0; i < sizeof(*fpu); i++)
		p[i] = i * 7 + salt;
	fpu->fcw = 0x27f;
	fpu->fsw = 0x4700;
	fpu->last_opcode = 0x123;
	fpu->mxcsr = 0x1fa0;
	fpu->pad1 = 0;
	fpu->pad2 = 0;
}

static void fpu_initial_state(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_get_fpu(vcpu, &w->in), 0L);
	KUNIT_EXPECT_EQ(test, w->in.fcw, 0x37f);
	KUNIT_EXPECT_EQ(test, w->in.fsw, 0);
	KUNIT_EXPECT_EQ(test, w->in.ftwx, 0);
	KUNIT_EXPECT_EQ(test, w->in.mxcsr, 0x1f80u);
	KUNIT_EXPECT_EQ(test, memcmp(w->in.fpr, w->out.fpr, sizeof(w->in.fpr)),
			0);
	KUNIT_EXPECT_EQ(test, memcmp(w->in.xmm, w->out.xmm, sizeof(w->in.xmm)),
			0);
	KUNIT_EXPECT_EQ(test, vcpu->arch.xcr0, 1ull);
}

static void fpu_is_what_was_set(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	unsigned int salt;

	for (salt = 0; salt < 3; salt++) {
		fill(&w->in, salt);
		memset(&w->out, 0, sizeof(w->out));
		KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->in), 0L);
		KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_get_fpu(vcpu, &w->out),
				0L);
		KUNIT_EXPECT_EQ(test, memcmp(&w->in, &w->out, sizeof(w->in)),
				0);
	}
}

/* Bit 16 of MXCSR is reserved on every CPU. */
static void fpu_bad_mxcsr_changes_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	fill(&w->in, 1);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->in), 0L);
	fill(&w->out, 2);
	w->out.mxcsr |= 0x10000;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->out),
			(long)-EINVAL);
	memset(&w->out, 0, sizeof(w->out));
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_get_fpu(vcpu, &w->out), 0L);
	KUNIT_EXPECT_EQ(test, memcmp(&w->in, &w->out, sizeof(w->in)), 0);
}

/* The first 416 bytes of XSAVE's image are FXSAVE's; the header tells of both. */
static void fpu_xsave_has_the_same(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	u8 *image;

	image = kunit_kzalloc(test, sizeof(struct kvm_xsave), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, image);
	fill(&w->in, 3);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->in), 0L);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_get_xsave(vcpu, image), 0L);
	KUNIT_EXPECT_EQ(test, *(u16 *)image, w->in.fcw);
	KUNIT_EXPECT_EQ(test, *(u32 *)(image + 24), w->in.mxcsr);
	KUNIT_EXPECT_EQ(test, memcmp(image + 32, w->in.fpr, sizeof(w->in.fpr)),
			0);
	KUNIT_EXPECT_EQ(test, memcmp(image + 160, w->in.xmm, sizeof(w->in.xmm)),
			0);
	KUNIT_EXPECT_EQ(test, *(u64 *)(image + XSTATE_BV), 3ull);
}

/* KVM_SET_FPU is about x87 and SSE; AVX stays as it is. */
static void fpu_set_keeps_avx(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	struct fpu_guest *guest = &vcpu->arch.fpu.guest;
	u32 pkru = 0;
	u8 *image;
	int r;

	if (!(vcpu->arch.fpu.host_xcr0 & XFEATURE_MASK_YMM))
		kunit_skip(test, "no AVX");

	image = kunit_kzalloc(test, sizeof(struct kvm_xsave), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, image);
	*(u32 *)(image + 24) = 0x1f80;
	*(u64 *)(image + XSTATE_BV) = 7;
	memset(image + AVX_STATE, 0xa5, 256);
	r = fpu_copy_uabi_to_guest_fpstate(guest, image,
					   vcpu->arch.fpu.host_xcr0, &pkru);
	KUNIT_ASSERT_EQ(test, r, 0);

	fill(&w->in, 4);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->in), 0L);
	memset(image, 0, sizeof(struct kvm_xsave));
	kvm_fpu_copy_to_uabi(guest, image, sizeof(struct kvm_xsave), ~0ull, 0);
	KUNIT_EXPECT_EQ(test, *(u64 *)(image + XSTATE_BV) & 7, 7ull);
	KUNIT_EXPECT_EQ(test, image[AVX_STATE], 0xa5);
	KUNIT_EXPECT_EQ(test, image[AVX_STATE + 255], 0xa5);
	KUNIT_EXPECT_EQ(test, memcmp(image + 160, w->in.xmm, sizeof(w->in.xmm)),
			0);
}

static void fpu_xcrs(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	struct kvm_xcrs *xcrs;

	if (!vcpu->arch.fpu.host_xcr0)
		kunit_skip(test, "no XSAVE");

	xcrs = kunit_kzalloc(test, sizeof(*xcrs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, xcrs);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_get_xcrs(vcpu, xcrs), 0L);
	KUNIT_EXPECT_EQ(test, xcrs->nr_xcrs, 1u);
	KUNIT_EXPECT_EQ(test, xcrs->xcrs[0].xcr, 0u);
	KUNIT_EXPECT_EQ(test, xcrs->xcrs[0].value, 1ull);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_xcrs(vcpu, xcrs), 0L);

	/* No x87; and SSE, of which there is no CPUID. */
	xcrs->xcrs[0].value = 0;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_xcrs(vcpu, xcrs),
			(long)-EINVAL);
	xcrs->xcrs[0].value = 3;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_xcrs(vcpu, xcrs),
			(long)-EINVAL);
	xcrs->xcrs[0].value = 1;
	xcrs->flags = 1;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_xcrs(vcpu, xcrs),
			(long)-EINVAL);
	xcrs->flags = 0;
	xcrs->nr_xcrs = KVM_MAX_XCRS + 1;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_set_xcrs(vcpu, xcrs),
			(long)-EINVAL);
	KUNIT_EXPECT_EQ(test, vcpu->arch.xcr0, 1ull);
	KUNIT_EXPECT_EQ(test, kvm_set_xcr(vcpu, 1, 1), 1);
}

/*
 * Between load and put the state is in the CPU, and a kernel thread's is not
 * saved when it is scheduled; so it must not be.
 */
static void fpu_changes_hands(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	struct fpstate *fpstate = vcpu->arch.fpu.guest.fpstate;
	bool after_load, after_init, after_put;

	fill(&w->in, 5);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_set_fpu(vcpu, &w->in), 0L);

	preempt_disable();
	kvm_load_guest_fpu(vcpu);
	after_load = fpstate->in_use;
	kvm_vcpu_fpu_reset(vcpu, true); /* INIT within KVM_RUN */
	after_init = fpstate->in_use;
	kvm_put_guest_fpu(vcpu);
	after_put = fpstate->in_use;
	preempt_enable();

	KUNIT_EXPECT_TRUE(test, after_load);
	KUNIT_EXPECT_TRUE(test, after_init);
	KUNIT_EXPECT_FALSE(test, after_put);
	KUNIT_ASSERT_EQ(test, kvm_vcpu_ioctl_get_fpu(vcpu, &w->out), 0L);
	/* AMD's CPUs do not keep FIP, FDP and FOP. */
	KUNIT_EXPECT_EQ(test, w->out.fcw, w->in.fcw);
	KUNIT_EXPECT_EQ(test, w->out.mxcsr, w->in.mxcsr);
	KUNIT_EXPECT_EQ(test, memcmp(w->in.fpr[0], w->out.fpr[0], 10), 0);
	KUNIT_EXPECT_EQ(test, memcmp(w->in.xmm, w->out.xmm, 256), 0);
}

static struct kunit_case fpu_cases[] = {
	/* clang-format off */
	KUNIT_CASE(fpu_initial_state),
	KUNIT_CASE(fpu_is_what_was_set),
	KUNIT_CASE(fpu_bad_mxcsr_changes_nothing),
	KUNIT_CASE(fpu_xsave_has_the_same),
	KUNIT_CASE(fpu_set_keeps_avx),
	KUNIT_CASE(fpu_xcrs),
	KUNIT_CASE(fpu_changes_hands),
	{}
	/* clang-format on */
};

struct kunit_suite fpu_suite = {
	.name = "twinwalk_fpu",
	.init = fpu_init,
	.exit = fpu_exit,
	.test_cases = fpu_cases,
};
