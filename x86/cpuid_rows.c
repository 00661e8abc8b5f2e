// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid_rows.c - the table of feature bits
 *
 * Owns: kvm_cpuid_rows, and what follows from other bits.  A bit that is neither in
 * a row's masks nor among those is offered to no guest, unless the vendor says so.
 *
 * Locking: none; constant.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "x86/cpuid.h"

#define F(name) BIT(X86_FEATURE_##name & 31)

/* Leaf 80000021H, EAX; not all kernels have names. */
#define NO_NESTED_DATA_BP  BIT(0)
#define LFENCE_SERIALIZING BIT(2)
#define NULL_SEL_CLR_BASE  BIT(6)
#define NO_SMM_CTL_MSR	   BIT(9)

/* What leaf 80000001H has of leaf 1's EDX, in the same places. */
#define SHARED_1_EDX                                                       \
	(F(FPU) | F(VME) | F(DE) | F(PSE) | F(TSC) | F(MSR) | F(PAE) |     \
	 F(MCE) | F(CX8) | F(APIC) | F(MTRR) | F(PGE) | F(MCA) | F(CMOV) | \
	 F(PAT) | F(PSE36) | F(MMX) | F(FXSR))

/*
 * Of what is no instruction alone: TSC_ADJUST, X2APIC and ARCH_CAPABILITIES are
 * MSRs that KVM has for any guest.  LA57 needs nothing of the kernel, PKU needs
 * it to switch PKRU, see below.
 */
const struct kvm_cpuid_row kvm_cpuid_rows[] = {
	{
		.function = 1,
		.reg = CPUID_EDX,
		.word = CPUID_1_EDX,
		.mask = SHARED_1_EDX | F(SEP) | F(CLFLUSH) | F(XMM) | F(XMM2) |
			F(SELFSNOOP),
	},
	{
		.function = 1,
		.reg = CPUID_ECX,
		.word = CPUID_1_ECX,
		.mask = F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) |
			F(PCID) | F(XMM4_1) | F(XMM4_2) | F(MOVBE) | F(POPCNT) |
			F(AES) | F(XSAVE) | F(AVX) | F(F16C) | F(RDRAND),
		.emulated = F(X2APIC) | F(HYPERVISOR),
	},
	{
		.function = 6,
		.reg = CPUID_EAX,
		.word = CPUID_6_EAX,
		.emulated = F(ARAT),
	},
	{
		.function = 7,
		.reg = CPUID_EBX,
		.word = CPUID_7_0_EBX,
		.mask = F(FSGSBASE) | F(BMI1) | F(HLE) | F(AVX2) |
			F(FDP_EXCPTN_ONLY) | F(SMEP) | F(BMI2) | F(ERMS) |
			F(INVPCID) | F(RTM) | F(ZERO_FCS_FDS) | F(AVX512F) |
			F(AVX512DQ) | F(RDSEED) | F(ADX) | F(SMAP) |
			F(AVX512IFMA) | F(CLFLUSHOPT) | F(CLWB) | F(AVX512PF) |
			F(AVX512ER) | F(AVX512CD) | F(SHA_NI) | F(AVX512BW) |
			F(AVX512VL),
		.emulated = F(TSC_ADJUST),
	},
	{
		.function = 7,
		.reg = CPUID_ECX,
		.word = CPUID_7_ECX,
		.mask = F(AVX512VBMI) | F(UMIP) | F(PKU) | F(AVX512_VBMI2) |
			F(GFNI) | F(VAES) | F(VPCLMULQDQ) | F(AVX512_VNNI) |
			F(AVX512_BITALG) | F(AVX512_VPOPCNTDQ) | F(RDPID) |
			F(CLDEMOTE) | F(MOVDIRI) | F(MOVDIR64B),
		.hardware = F(LA57),
	},
	{
		.function = 7,
		.reg = CPUID_EDX,
		.word = CPUID_7_EDX,
		.mask = F(AVX512_4VNNIW) | F(AVX512_4FMAPS) | F(FSRM) |
			F(AVX512_VP2INTERSECT) | F(MD_CLEAR) | F(SERIALIZE) |
			F(TSXLDTRK) | F(AVX512_FP16) | F(SPEC_CTRL) |
			F(INTEL_STIBP) | F(SPEC_CTRL_SSBD),
		.emulated = F(ARCH_CAPABILITIES),
	},
	{
		.function = 7,
		.index = 1,
		.reg = CPUID_EAX,
		.word = CPUID_7_1_EAX,
		.mask = F(AVX_VNNI) | F(AVX512_BF16),
	},
	{
		.function = 0xd,
		.index = 1,
		.reg = CPUID_EAX,
		.word = CPUID_D_1_EAX,
		.mask = F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) | F(XSAVES),
	},
	{
		.function = 0x80000001,
		.reg = CPUID_EDX,
		.word = CPUID_8000_0001_EDX,
		.mask = SHARED_1_EDX | F(SYSCALL) | F(NX) | F(MMXEXT) |
			F(FXSR_OPT) | F(GBPAGES) | F(RDTSCP) | F(LM) |
			F(3DNOWEXT) | F(3DNOW),
	},
	{
		.function = 0x80000001,
		.reg = CPUID_ECX,
		.word = CPUID_8000_0001_ECX,
		.mask = F(LAHF_LM) | F(CMP_LEGACY) | F(CR8_LEGACY) | F(ABM) |
			F(SSE4A) | F(MISALIGNSSE) | F(3DNOWPREFETCH) | F(OSVW) |
			F(XOP) | F(FMA4) | F(TBM) | F(TOPOEXT),
	},
	{
		.function = 0x80000008,
		.reg = CPUID_EBX,
		.word = CPUID_8000_0008_EBX,
		.mask = F(CLZERO) | F(XSAVEERPTR) | F(WBNOINVD) | F(AMD_IBPB) |
			F(AMD_IBRS) | F(AMD_STIBP) | F(AMD_STIBP_ALWAYS_ON) |
			F(AMD_SSBD) | F(AMD_SSB_NO) | F(BTC_NO) |
			F(AMD_IBPB_RET),
	},
	{
		/* Nested guests' alone; without SVM the leaf is empty. */
		.function = 0x8000000a,
		.reg = CPUID_EDX,
		.word = CPUID_8000_000A_EDX,
	},
	{
		.function = 0x80000021,
		.reg = CPUID_EAX,
		.word = CPUID_8000_0021_EAX,
		.mask = F(SRSO_NO),
		.hardware = NO_NESTED_DATA_BP | LFENCE_SERIALIZING |
			    NULL_SEL_CLR_BASE,
		.emulated = NO_SMM_CTL_MSR,
	},
	{
		.function = 0xc0000001,
		.reg = CPUID_EDX,
		.word = CPUID_C000_0001_EDX,
		.mask = F(XSTORE) | F(XSTORE_EN) | F(XCRYPT) | F(XCRYPT_EN) |
			F(ACE2) | F(ACE2_EN) | F(PHE) | F(PHE_EN) | F(PMM) |
			F(PMM_EN),
	},
};

const unsigned int kvm_cpuid_nr_rows = ARRAY_SIZE(kvm_cpuid_rows);

/*
 * What a CPU calls by another vendor's name, or does not tell at all: a guest
 * may have @gives if the kernel has @has, and @and, and not @lacks.  0 is X87's
 * bit, which is always there, and no bug's.
 */
static const struct {
	unsigned int gives;
	unsigned int has;
	unsigned int and;
	unsigned int lacks;
} implied[] = {
	/* clang-format off */
	{ X86_FEATURE_AMD_IBPB,		X86_FEATURE_IBPB },
	{ X86_FEATURE_AMD_IBRS,		X86_FEATURE_IBRS },
	{ X86_FEATURE_AMD_STIBP,	X86_FEATURE_STIBP },
	{ X86_FEATURE_AMD_SSBD,		X86_FEATURE_SPEC_CTRL_SSBD },
	{ X86_FEATURE_SPEC_CTRL,	X86_FEATURE_IBPB, X86_FEATURE_IBRS },
	{ X86_FEATURE_INTEL_STIBP,	X86_FEATURE_STIBP },
	{ X86_FEATURE_SPEC_CTRL_SSBD,	X86_FEATURE_AMD_SSBD },
	{ X86_FEATURE_AMD_SSB_NO,	0, 0, X86_BUG_SPEC_STORE_BYPASS },
	{ CPUID_8000_0021_EAX * 32 + 2,	X86_FEATURE_LFENCE_RDTSC },
	{ CPUID_8000_0021_EAX * 32 + 6,	0, 0, X86_BUG_NULL_SEG },
	/* What VERW and IBPB do by now, the kernel knows of the microcode. */
	{ KVM_X86_FEATURE_VERW_CLEAR,	KVM_X86_FEATURE_VERW_CLEAR },
	{ KVM_X86_FEATURE_SBPB,		KVM_X86_FEATURE_SBPB },
	{ KVM_X86_FEATURE_IBPB_BRTYPE,	KVM_X86_FEATURE_IBPB_BRTYPE },
	/* clang-format on */
};

void kvm_cpuid_add_implied(u32 *words, bool (*has)(unsigned int x86_feature))
{
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(implied); i++) {
		if (!has(implied[i].has) || !has(implied[i].and) ||
		    (implied[i].lacks && has(implied[i].lacks)))
			continue;
		bit = implied[i].gives;
		words[bit / 32] |= BIT(bit & 31);
	}
}
