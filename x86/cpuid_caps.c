// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid_caps.c - what guests may have on this host, and what follows from it
 *
 * Owns: the words computed from cpuid_rows.c, and which components XSAVE may have
 * in guests.
 *
 * Locking: written while the module loads.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>

#include "mmu/mmu.h"
#include "params.h"
#include "vendor.h"
#include "x86/cpuid.h"

/* Components of XSAVE that take nothing but XCR0. */
#define KVM_XCR0                                                    \
	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE | XFEATURE_MASK_YMM | \
	 XFEATURE_MASK_AVX512 | XFEATURE_MASK_PKRU)

static u32 kvm_cpu_caps[NCAPINTS] __tw_ro_after_load;
static u64 supported_xcr0 __tw_ro_after_load;
static u64 supported_xss __tw_ro_after_load;
static struct kvm_xstate_component
	xstate[KVM_NR_XSTATE_COMPONENTS] __tw_ro_after_load;

void kvm_cpuid_raw(u32 function, u32 index, struct cpuid_regs *regs)
{
	const u32 class = function & 0xf0000000;

	*regs = (struct cpuid_regs){ 0 };
	if (class == 0xc0000000 &&
	    boot_cpu_data.x86_vendor != X86_VENDOR_CENTAUR &&
	    boot_cpu_data.x86_vendor != X86_VENDOR_ZHAOXIN)
		return;
	/* What lies above the last leaf is some other leaf on Intel's CPUs. */
	if (cpuid_eax(class) < function)
		return;
	cpuid_count(function, index, &regs->eax, &regs->ebx, &regs->ecx,
		    &regs->edx);
}

u32 kvm_cpu_caps_word(unsigned int word)
{
	return word < NCAPINTS ? kvm_cpu_caps[word] : 0;
}

bool kvm_cpu_cap_has(unsigned int x86_feature)
{
	return kvm_cpu_caps_word(x86_feature / 32) & BIT(x86_feature & 31);
}

void kvm_cpu_cap_set(unsigned int x86_feature)
{
	kvm_cpu_caps[x86_feature / 32] |= BIT(x86_feature & 31);
}

void kvm_cpu_cap_clear(unsigned int x86_feature)
{
	kvm_cpu_caps[x86_feature / 32] &= ~BIT(x86_feature & 31);
}

static u32 reg_of(const struct cpuid_regs *regs, unsigned int reg)
{
	const u32 all[] = { regs->eax, regs->ebx, regs->ecx, regs->edx };

	return all[reg];
}

static bool kernel_has(unsigned int x86_feature)
{
	return boot_cpu_has(x86_feature);
}

static void set_caps_by_rows(void)
{
	const struct kvm_cpuid_row *row = kvm_cpuid_rows;
	struct cpuid_regs regs;
	unsigned int i;

	for (i = 0; i < NCAPINTS; i++)
		kvm_cpu_caps[i] = 0;
	for (i = 0; i < kvm_cpuid_nr_rows; i++, row++) {
		kvm_cpuid_raw(row->function, row->index, &regs);
		kvm_cpu_caps[row->word] =
			kvm_cpuid_row_caps(row,
					   boot_cpu_data
						   .x86_capability[row->word],
					   reg_of(&regs, row->reg));
	}
	kvm_cpuid_add_implied(kvm_cpu_caps, kernel_has);
}

/* A component goes with what makes it useful. */
static u64 xcr0_by_caps(void)
{
	u64 xcr0;

	if (!kvm_cpu_cap_has(X86_FEATURE_XSAVE))
		return 0;
	xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK) & KVM_XCR0;
	if (!kvm_cpu_cap_has(X86_FEATURE_AVX))
		xcr0 &= ~(u64)(XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512);
	if (!kvm_cpu_cap_has(X86_FEATURE_AVX512F))
		xcr0 &= ~(u64)XFEATURE_MASK_AVX512;
	if (!kvm_cpu_cap_has(X86_FEATURE_PKU))
		xcr0 &= ~(u64)XFEATURE_MASK_PKRU;
	return xcr0;
}

static void set_xstate(u64 xcr0)
{
	struct cpuid_regs regs;
	unsigned int i;

	supported_xcr0 = xcr0;
	supported_xss = 0;
	for (i = 2; i < KVM_NR_XSTATE_COMPONENTS; i++) {
		if (!(xcr0 & BIT_ULL(i)))
			continue;
		kvm_cpuid_raw(0xd, i, &regs);
		xstate[i] = (struct kvm_xstate_component){
			.size = regs.eax,
			.offset = regs.ebx,
			.align = regs.ecx & BIT(1),
		};
	}
}

void kvm_set_cpu_caps(void)
{
	set_caps_by_rows();
	/* SPTEs of shadow paging have no keys; and PKRU is the kernel's. */
	if (!kvm_mmu_get_config()->tdp || !boot_cpu_has(X86_FEATURE_OSPKE))
		kvm_cpu_cap_clear(X86_FEATURE_PKU);
	static_call(kvm_x86_set_cpu_caps)();
	set_xstate(xcr0_by_caps());
}

u64 kvm_supported_xcr0(void)
{
	return supported_xcr0;
}

u64 kvm_supported_xss(void)
{
	return supported_xss;
}

u32 kvm_host_xstate_size(u64 features, bool compacted)
{
	return kvm_xstate_size(xstate, features, compacted);
}
