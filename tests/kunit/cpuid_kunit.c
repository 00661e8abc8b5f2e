// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid_kunit.c - the tables of CPUID, and the rules of the instruction
 *
 * Tables of answers are made here; what the CPU under the test has is not looked
 * at.  The references are spelled out from the manuals.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/processor.h>

#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/msr_table.h"
#include "x86/regs.h"

#define INDEXED KVM_CPUID_FLAG_SIGNIFCANT_INDEX

/* --- the table of feature bits ------------------------------------------- */

static void cpuid_no_bit_twice(struct kunit *test)
{
	const struct kvm_cpuid_row *a, *b;
	unsigned int i, j;

	for (i = 0; i < kvm_cpuid_nr_rows; i++) {
		a = &kvm_cpuid_rows[i];
		KUNIT_EXPECT_EQ_MSG(test,
				    (a->mask & a->hardware) |
					    (a->mask & a->emulated) |
					    (a->hardware & a->emulated),
				    0, "row %u", i);
		KUNIT_EXPECT_LE(test, a->reg, CPUID_EDX);
		KUNIT_ASSERT_LT(test, a->word, NCAPINTS);
		for (j = 0; j < i; j++) {
			b = &kvm_cpuid_rows[j];
			KUNIT_EXPECT_NE_MSG(test, a->word, b->word,
					    "rows %u and %u", i, j);
			KUNIT_EXPECT_FALSE_MSG(test,
					       a->function == b->function &&
						       a->index == b->index &&
						       a->reg == b->reg,
					       "rows %u and %u", i, j);
		}
	}
}

/* The register that a word is of, by the kernel's own comments. */
static void cpuid_words_fit_registers(struct kunit *test)
{
	static const struct {
		u32 function;
		u32 index;
		unsigned int reg;
		unsigned int feature; /* of that word */
	} reference[] = {
		{ 1, 0, CPUID_EDX, X86_FEATURE_FPU },
		{ 0x80000001, 0, CPUID_EDX, X86_FEATURE_SYSCALL },
		{ 1, 0, CPUID_ECX, X86_FEATURE_XMM3 },
		{ 0xc0000001, 0, CPUID_EDX, X86_FEATURE_XSTORE },
		{ 0x80000001, 0, CPUID_ECX, X86_FEATURE_LAHF_LM },
		{ 7, 0, CPUID_EBX, X86_FEATURE_FSGSBASE },
		{ 0xd, 1, CPUID_EAX, X86_FEATURE_XSAVEOPT },
		{ 7, 1, CPUID_EAX, X86_FEATURE_AVX_VNNI },
		{ 0x80000008, 0, CPUID_EBX, X86_FEATURE_CLZERO },
		{ 6, 0, CPUID_EAX, X86_FEATURE_ARAT },
		{ 0x8000000a, 0, CPUID_EDX, X86_FEATURE_NPT },
		{ 7, 0, CPUID_ECX, X86_FEATURE_UMIP },
		{ 7, 0, CPUID_EDX, X86_FEATURE_SPEC_CTRL },
		{ 0x80000021, 0, CPUID_EAX, X86_FEATURE_SRSO_NO },
	};
	const struct kvm_cpuid_row *row;
	unsigned int i, j, found = 0;

	for (i = 0; i < kvm_cpuid_nr_rows; i++) {
		row = &kvm_cpuid_rows[i];
		for (j = 0; j < ARRAY_SIZE(reference); j++) {
			if (row->word != reference[j].feature / 32)
				continue;
			found++;
			KUNIT_EXPECT_EQ(test, row->function,
					reference[j].function);
			KUNIT_EXPECT_EQ(test, row->index, reference[j].index);
			KUNIT_EXPECT_EQ(test, row->reg, reference[j].reg);
		}
	}
	/* Each row has its line, so none is of a word that is Linux's own. */
	KUNIT_EXPECT_EQ(test, found, kvm_cpuid_nr_rows);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(reference), kvm_cpuid_nr_rows);
}

static const struct kvm_cpuid_row *row_of(unsigned int feature)
{
	unsigned int i;

	for (i = 0; i < kvm_cpuid_nr_rows; i++)
		if (kvm_cpuid_rows[i].word == feature / 32)
			return &kvm_cpuid_rows[i];
	return NULL;
}

static void cpuid_not_offered(struct kunit *test)
{
	/* What follows a register, or has nothing behind it in KVM. */
	static const unsigned int never[] = {
		X86_FEATURE_OSXSAVE,  X86_FEATURE_OSPKE,
		X86_FEATURE_MWAIT,    X86_FEATURE_VMX,
		X86_FEATURE_SVM,      X86_FEATURE_SMX,
		X86_FEATURE_SGX,      X86_FEATURE_MPX,
		X86_FEATURE_INTEL_PT, X86_FEATURE_PDCM,
		X86_FEATURE_DS,	      X86_FEATURE_HT,
		X86_FEATURE_AMX_TILE, X86_FEATURE_XFD,
		X86_FEATURE_WAITPKG,  X86_FEATURE_IBT,
		X86_FEATURE_SVML,     X86_FEATURE_PERFCTR_CORE,
		X86_FEATURE_MWAITX,   X86_FEATURE_TSC_DEADLINE_TIMER,
	};
	const struct kvm_cpuid_row *row;
	unsigned int i;
	u32 all;

	for (i = 0; i < ARRAY_SIZE(never); i++) {
		row = row_of(never[i]);
		KUNIT_ASSERT_NOT_NULL(test, row);
		all = kvm_cpuid_row_caps(row, ~0u, ~0u);
		KUNIT_EXPECT_EQ_MSG(test, all & BIT(never[i] & 31), 0,
				    "feature %u*32+%u", never[i] / 32,
				    never[i] & 31);
	}
	/* And what any guest has, on any CPU. */
	all = kvm_cpuid_row_caps(row_of(X86_FEATURE_X2APIC), 0, 0);
	KUNIT_EXPECT_EQ(test, all,
			BIT(X86_FEATURE_X2APIC & 31) |
				BIT(X86_FEATURE_HYPERVISOR & 31));
}

static void cpuid_row_caps(struct kunit *test)
{
	const struct kvm_cpuid_row row = {
		.mask = 0xf0,
		.hardware = 0xf00,
		.emulated = 0xf000,
	};

	KUNIT_EXPECT_EQ(test, kvm_cpuid_row_caps(&row, 0, 0), 0xf000);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_row_caps(&row, ~0u, 0), 0xf000);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_row_caps(&row, 0, ~0u), 0xff00);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_row_caps(&row, ~0u, ~0u), 0xfff0);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_row_caps(&row, 0x3c, 0x5a), 0xf010);
}

/* What the kernel has, and which bugs; by cpuid_implied_bits(). */
static unsigned int kernels[4];

static bool fake_kernel_has(unsigned int x86_feature)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		if (kernels[i] == x86_feature)
			return true;
	return false;
}

static bool implies(unsigned int gives, unsigned int a, unsigned int b,
		    unsigned int c)
{
	u32 words[NCAPINTS] = {};

	/* X87's is always there. */
	kernels[1] = a;
	kernels[2] = b;
	kernels[3] = c;
	kvm_cpuid_add_implied(words, fake_kernel_has);
	return words[gives / 32] & BIT(gives & 31);
}

static void cpuid_implied_bits(struct kunit *test)
{
	const unsigned int ssb = X86_BUG_SPEC_STORE_BYPASS;
	/* VERW_CLEAR, SBPB, IBPB_BRTYPE: AMD-SB-7029, AMD-SB-7005. */
	static const unsigned int same[] = { 5, 27, 28 };
	unsigned int i, bit;

	KUNIT_EXPECT_TRUE(test, implies(X86_FEATURE_AMD_IBPB, X86_FEATURE_IBPB,
					0, 0));
	KUNIT_EXPECT_FALSE(test, implies(X86_FEATURE_SPEC_CTRL,
					 X86_FEATURE_IBPB, 0, 0));
	KUNIT_EXPECT_FALSE(test, implies(X86_FEATURE_SPEC_CTRL,
					 X86_FEATURE_IBRS, 0, 0));
	KUNIT_EXPECT_TRUE(test, implies(X86_FEATURE_SPEC_CTRL, X86_FEATURE_IBPB,
					X86_FEATURE_IBRS, 0));
	KUNIT_EXPECT_TRUE(test, implies(X86_FEATURE_AMD_SSB_NO, 0, 0, 0));
	KUNIT_EXPECT_FALSE(test, implies(X86_FEATURE_AMD_SSB_NO, ssb, 0, 0));
	/* The guest's SSBD in an MSR that nobody would switch is none. */
	KUNIT_EXPECT_FALSE(test, implies(X86_FEATURE_VIRT_SSBD,
					 X86_FEATURE_AMD_SSBD, 0, 0));
	for (i = 0; i < ARRAY_SIZE(same); i++) {
		bit = CPUID_8000_0021_EAX * 32 + same[i];
		KUNIT_EXPECT_TRUE_MSG(test, implies(bit, bit, 0, 0), "%u",
				      same[i]);
		KUNIT_EXPECT_FALSE_MSG(test, implies(bit, ssb, 0, 0), "%u",
				       same[i]);
	}
}

/* A bit that announces an MSR is no good without it: #GP in the guest. */
static const struct {
	unsigned int feature;
	u32 msr;
	bool write_only;
} announced[] = {
	{ X86_FEATURE_TSC, 0x10 },
	{ X86_FEATURE_SEP, 0x174 },
	{ X86_FEATURE_SEP, 0x176 },
	{ X86_FEATURE_MTRR, 0xfe },
	{ X86_FEATURE_MTRR, 0x200 },
	{ X86_FEATURE_MTRR, 0x2ff },
	{ X86_FEATURE_MCA, 0x179 },
	{ X86_FEATURE_MCA, 0x17a },
	{ X86_FEATURE_PAT, 0x277 },
	{ X86_FEATURE_APIC, 0x1b },
	{ X86_FEATURE_X2APIC, 0x800 },
	{ X86_FEATURE_X2APIC, 0x83f },
	{ X86_FEATURE_TSC_DEADLINE_TIMER, 0x6e0 },
	{ X86_FEATURE_TSC_ADJUST, 0x3b },
	{ X86_FEATURE_RDTSCP, 0xc0000103 },
	{ X86_FEATURE_RDPID, 0xc0000103 },
	{ X86_FEATURE_XSAVES, 0xda0 },
	{ X86_FEATURE_ARCH_CAPABILITIES, 0x10a },
	{ X86_FEATURE_SPEC_CTRL, 0x48 },
	{ X86_FEATURE_SPEC_CTRL, 0x49, true },
	{ X86_FEATURE_INTEL_STIBP, 0x48 },
	{ X86_FEATURE_SPEC_CTRL_SSBD, 0x48 },
	{ X86_FEATURE_AMD_IBPB, 0x49, true },
	{ X86_FEATURE_AMD_IBRS, 0x48 },
	{ X86_FEATURE_AMD_STIBP, 0x48 },
	{ X86_FEATURE_AMD_SSBD, 0x48 },
	{ X86_FEATURE_VIRT_SSBD, 0xc001011f },
	{ X86_FEATURE_FLUSH_L1D, 0x10b, true },
	{ X86_FEATURE_SYSCALL, 0xc0000081 },
	{ X86_FEATURE_SYSCALL, 0xc0000084 },
	{ X86_FEATURE_NX, 0xc0000080 },
	{ X86_FEATURE_LM, 0xc0000102 },
	{ X86_FEATURE_OSVW, 0xc0010140 },
	{ X86_FEATURE_OSVW, 0xc0010141 },
	/* LFENCE_SERIALIZING's older form */
	{ X86_FEATURE_XMM2, 0xc0011029 },
};

/* These would take MSRs that there are not. */
static const unsigned int msr_less[] = {
	X86_FEATURE_ACPI,
	X86_FEATURE_DS,
	X86_FEATURE_DTES64,
	X86_FEATURE_EST,
	X86_FEATURE_TM2,
	X86_FEATURE_PDCM,
	X86_FEATURE_DTHERM,
	X86_FEATURE_HWP,
	X86_FEATURE_MPX,
	X86_FEATURE_CQM,
	X86_FEATURE_RDT_A,
	X86_FEATURE_INTEL_PT,
	X86_FEATURE_WAITPKG,
	X86_FEATURE_BUS_LOCK_DETECT,
	/* SHSTK */ 16 * 32 + 7,
	X86_FEATURE_IBT,
	X86_FEATURE_CORE_CAPABILITIES,
	X86_FEATURE_ARCH_LBR,
	X86_FEATURE_IBS,
	X86_FEATURE_LWP,
	X86_FEATURE_NODEID_MSR,
	X86_FEATURE_PERFCTR_CORE,
	X86_FEATURE_PERFCTR_NB,
	X86_FEATURE_PERFCTR_LLC,
	X86_FEATURE_BPEXT,
	X86_FEATURE_PTSC,
	X86_FEATURE_TCE,
	X86_FEATURE_SKINIT,
	X86_FEATURE_IRPERF,
	X86_FEATURE_AMD_PPIN,
	X86_FEATURE_CPPC,
	X86_FEATURE_RDPRU,
	X86_FEATURE_SME,
	X86_FEATURE_SEV,
};

static void cpuid_bits_have_their_msrs(struct kunit *test)
{
	const struct kvm_msr_row *msr;
	const struct kvm_cpuid_row *row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(announced); i++) {
		msr = kvm_msr_find(announced[i].msr);
		KUNIT_ASSERT_NOT_NULL_MSG(test, msr, "%x, of feature %u*32+%u",
					  announced[i].msr,
					  announced[i].feature / 32,
					  announced[i].feature & 31);
		KUNIT_EXPECT_EQ_MSG(test, !msr->get, announced[i].write_only,
				    "%x", announced[i].msr);
	}
	for (i = 0; i < ARRAY_SIZE(msr_less); i++) {
		row = row_of(msr_less[i]);
		if (row)
			KUNIT_EXPECT_EQ_MSG(test,
					    kvm_cpuid_row_caps(row, ~0u, ~0u) &
						    BIT(msr_less[i] & 31),
					    0, "feature %u*32+%u",
					    msr_less[i] / 32, msr_less[i] & 31);
	}
}

/* --- the instruction ----------------------------------------------------- */

/* The other registers are made from function and index, by set_vendor(). */
static struct kvm_cpuid_entry2 entries[] = {
	/* clang-format off */
	{ 0x00, 0, 0, 0xd },
	{ 0x01, 0, 0, 0x111 },
	{ 0x04, 0, INDEXED, 0x400 },
	{ 0x04, 1, INDEXED, 0x401 },
	{ 0x0b, 0, INDEXED, 0xb00 },
	{ 0x0b, 1, INDEXED, 0xb01 },
	{ 0x0d, 0, INDEXED, 0xd00 },
	{ 0x0d, 1, INDEXED, 0xd01 },
	{ 0x40000000, 0, 0, 0x40000001 },
	{ 0x40000001, 0, 0, 0x4001 },
	{ 0x40000100, 0, 0, 0x40000105 },
	{ 0x80000000, 0, 0, 0x80000008 },
	{ 0x80000001, 0, 0, 0x8001 },
	{ 0x80000008, 0, 0, 0x3028 },
	/* clang-format on */
};

static const struct kvm_cpuid_table table = { entries, ARRAY_SIZE(entries) };

static void set_vendor(const char *vendor)
{
	struct kvm_cpuid_entry2 *e;

	for (e = entries; e < entries + ARRAY_SIZE(entries); e++) {
		e->ebx = e->function ^ 0xb;
		e->ecx = e->index ^ 0xc;
		e->edx = 0xd;
	}
	memcpy(&entries[0].ebx, vendor, 4);
	memcpy(&entries[0].edx, vendor + 4, 4);
	memcpy(&entries[0].ecx, vendor + 8, 4);
}

static struct cpuid_regs query(u32 function, u32 index, bool exact_only)
{
	struct cpuid_regs regs = { function, ~0u, index, ~0u };

	kvm_cpuid_table_query(&table, &regs, exact_only);
	return regs;
}

static u32 eax_of(u32 function, u32 index)
{
	return query(function, index, false).eax;
}

static void cpuid_vendors(struct kunit *test)
{
	const struct kvm_cpuid_table none = { 0 };

	set_vendor("GenuineIntel");
	KUNIT_EXPECT_FALSE(test, kvm_cpuid_table_amd(&table));
	set_vendor("AuthenticAMD");
	KUNIT_EXPECT_TRUE(test, kvm_cpuid_table_amd(&table));
	set_vendor("HygonGenuine");
	KUNIT_EXPECT_TRUE(test, kvm_cpuid_table_amd(&table));
	KUNIT_EXPECT_FALSE(test, kvm_cpuid_table_amd(&none));
}

static void cpuid_in_range(struct kunit *test)
{
	static const char *const vendors[] = { "GenuineIntel", "AuthenticAMD" };
	struct cpuid_regs regs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		set_vendor(vendors[i]);
		regs = query(4, 1, false);
		KUNIT_EXPECT_EQ(test, regs.eax, 0x401);
		KUNIT_EXPECT_EQ(test, regs.ebx, 0xf);
		KUNIT_EXPECT_EQ(test, regs.ecx, 0xd);
		KUNIT_EXPECT_EQ(test, regs.edx, 0xd);
		/* ECX does not matter, or is that of no subleaf. */
		KUNIT_EXPECT_EQ(test, eax_of(1, 77), 0x111);
		regs = query(4, 2, false);
		KUNIT_EXPECT_EQ(test, regs.eax | regs.ebx | regs.ecx | regs.edx,
				0);
		/* Leaves that are missing, up to the last ones. */
		KUNIT_EXPECT_EQ(test, eax_of(7, 0), 0);
		KUNIT_EXPECT_EQ(test, eax_of(0x80000005, 0), 0);
		KUNIT_EXPECT_EQ(test, eax_of(0x40000103, 0), 0);
		KUNIT_EXPECT_EQ(test, eax_of(0x40000105, 0), 0);
	}
}

static void cpuid_out_of_range(struct kunit *test)
{
	static const u32 above[] = {
		0xe,	    0x20,	0x3fffffff, 0x40000002,
		0x40000106, 0x40000200, 0x4fffffff, 0x80000009,
		0x8fffffff, 0xc0000000, 0xffffffff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(above); i++) {
		set_vendor("GenuineIntel");
		/* The last basic leaf, by the subleaf that was asked for. */
		KUNIT_EXPECT_EQ_MSG(test, eax_of(above[i], 0), 0xd00, "%x",
				    above[i]);
		KUNIT_EXPECT_EQ_MSG(test, eax_of(above[i], 1), 0xd01, "%x",
				    above[i]);
		KUNIT_EXPECT_EQ_MSG(test, eax_of(above[i], 2), 0, "%x",
				    above[i]);
		KUNIT_EXPECT_EQ_MSG(test, query(above[i], 0, true).eax, 0, "%x",
				    above[i]);
		set_vendor("CentaurHauls");
		KUNIT_EXPECT_EQ_MSG(test, eax_of(above[i], 0), 0xd00, "%x",
				    above[i]);
		set_vendor("AuthenticAMD");
		KUNIT_EXPECT_EQ_MSG(test, eax_of(above[i], 0), 0, "%x",
				    above[i]);
	}
}

static void cpuid_topology(struct kunit *test)
{
	struct cpuid_regs regs;

	set_vendor("GenuineIntel");
	regs = query(0xb, 0x1234, false);
	KUNIT_EXPECT_EQ(test, regs.eax, 0);
	KUNIT_EXPECT_EQ(test, regs.ebx, 0);
	KUNIT_EXPECT_EQ(test, regs.ecx, 0x34);
	KUNIT_EXPECT_EQ(test, regs.edx, 0xd);
	/* There is no leaf 1FH: the last basic one. */
	KUNIT_EXPECT_EQ(test, eax_of(0x1f, 0), 0xd00);
}

static void cpuid_exact(struct kunit *test)
{
	struct cpuid_regs regs = { .eax = 1 };

	set_vendor("GenuineIntel");
	KUNIT_EXPECT_TRUE(test, kvm_cpuid_table_query(&table, &regs, true));
	regs = (struct cpuid_regs){ .eax = 0x20 };
	KUNIT_EXPECT_FALSE(test, kvm_cpuid_table_query(&table, &regs, false));
	regs = (struct cpuid_regs){ .eax = 7 };
	KUNIT_EXPECT_FALSE(test, kvm_cpuid_table_query(&table, &regs, true));
}

static void cpuid_empty(struct kunit *test)
{
	const struct kvm_cpuid_table none = { 0 };
	struct cpuid_regs regs = { .eax = 1 };

	KUNIT_EXPECT_FALSE(test, kvm_cpuid_table_query(&none, &regs, false));
	KUNIT_EXPECT_EQ(test, regs.eax | regs.ebx | regs.ecx | regs.edx, 0);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_maxphyaddr(&none), 36);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_pv_features(&none), 0);
	KUNIT_EXPECT_EQ(test, kvm_check_cpuid_table(&none, 0), 0);
}

static void cpuid_maxphyaddr_of(struct kunit *test)
{
	struct kvm_cpuid_entry2 e[] = {
		{ .function = 0x80000000, .eax = 0x80000008 },
		{ .function = 0x80000008, .eax = 0x3028 },
	};
	const struct kvm_cpuid_table t = { e, 2 };

	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_maxphyaddr(&t), 0x28);
	e[1].eax = 0x30ff;
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_maxphyaddr(&t), 52);
	e[0].eax = 0x80000007;
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_maxphyaddr(&t), 36);
}

static void cpuid_widths_of_addresses(struct kunit *test)
{
	/* Shadow paging: what the kernel uses of them. */
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x3034, 0, 43), 0x302b);
	/* Memory encryption takes bits of the host's only. */
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x3030, 4, 43), 0x303030);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x3028, 4, 40), 0x283028);
	/* 52 bits, of which 4 levels map 48. */
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x3934, 4, 52), 0x303934);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x3934, 5, 52), 0x343934);
	/* The CPU is itself a guest's, and told so. */
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x303934, 5, 52), 0x303930);
	/* What says nothing of virtual ones has 48 bits. */
	KUNIT_EXPECT_EQ(test, kvm_cpuid_addresses(0x28, 4, 40), 0x283028);
}

static void cpuid_pv(struct kunit *test)
{
	struct kvm_cpuid_entry2 e[] = {
		{ .function = 0x40000000, .eax = 0x40000001 },
		{ .function = 0x40000001, .eax = 0xbad },
		{ .function = 0x40000100, .eax = 0x40000101 },
		{ .function = 0x40000101, .eax = 0x55 },
	};
	const struct kvm_cpuid_table t = { e, 4 };

	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_pv_features(&t), 0);
	memcpy(&e[2].ebx, "KVMK", 4);
	memcpy(&e[2].ecx, "VMKV", 4);
	memcpy(&e[2].edx, "M\0\0", 4);
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_pv_features(&t), 0x55);
	e[2].edx = 0;
	KUNIT_EXPECT_EQ(test, kvm_cpuid_table_pv_features(&t), 0);
}

/* --- what userspace may set ---------------------------------------------- */

static void cpuid_check(struct kunit *test)
{
	struct kvm_cpuid_entry2 e[] = {
		{ .function = 0x80000008 },
		{ .function = 0xd, .flags = INDEXED },
	};
	const struct kvm_cpuid_table t = { e, 2 };
	unsigned int bits;
	bool ok;

	for (bits = 0; bits < 256; bits++) {
		e[0].eax = 0x270028 | bits << 8;
		ok = bits == 0 || bits == 48 || bits == 57;
		KUNIT_EXPECT_EQ_MSG(test, kvm_check_cpuid_table(&t, 7),
				    ok ? 0 : -EINVAL, "%u bits", bits);
	}
	e[0].eax = 0x3028;

	/* Tile data takes a permission; all else is only not settable. */
	for (bits = 0; bits < 64; bits++) {
		e[1].eax = BIT_ULL(bits);
		e[1].edx = BIT_ULL(bits) >> 32;
		KUNIT_EXPECT_EQ_MSG(test, kvm_check_cpuid_table(&t, 7),
				    bits == 18 ? -EINVAL : 0, "bit %u", bits);
		KUNIT_EXPECT_EQ(test, kvm_check_cpuid_table(&t, ~0ull), 0);
	}
}

static void cpuid_equal(struct kunit *test)
{
	struct kvm_cpuid_entry2 e[2], f[2];
	const struct kvm_cpuid_table a = { e, 2 }, b = { f, 2 };
	const struct kvm_cpuid_table shorter = { f, 1 };
	unsigned int word;

	memset(e, 0, sizeof(e));
	memset(f, 0, sizeof(f));
	KUNIT_EXPECT_TRUE(test, kvm_cpuid_tables_equal(&a, &b));
	KUNIT_EXPECT_FALSE(test, kvm_cpuid_tables_equal(&a, &shorter));
	/* function, index, flags, four registers; not the padding */
	for (word = 0; word < 10; word++) {
		((u32 *)&f[1])[word] = 1;
		KUNIT_EXPECT_EQ_MSG(test, kvm_cpuid_tables_equal(&a, &b),
				    word >= 7, "word %u", word);
		((u32 *)&f[1])[word] = 0;
	}
}

/* --- XSAVE and CR4 ------------------------------------------------------- */

static void cpuid_xstate_size(struct kunit *test)
{
	/* As CPUs have them: YMM, AVX-512's three, PKRU, and one aligned. */
	static const struct kvm_xstate_component c[64] = {
		[2] = { 256, 576 },  [5] = { 64, 1088 },
		[6] = { 512, 1152 }, [7] = { 1024, 1664 },
		[9] = { 8, 2688 },   [17] = { 64, 2752, true },
		[63] = { 16, 0 },
	};
	static const struct {
		u64 features;
		u32 standard;
		u32 compacted;
	} cases[] = {
		{ 0x0, 576, 576 },
		{ 0x3, 576, 576 },
		{ 0x7, 832, 832 },
		{ 0xe7, 2688, 2432 },
		{ 0x2e7, 2696, 2440 },
		{ 0x203, 2696, 584 },
		/* Aligned after PKRU: 584 becomes 640. */
		{ 0x20203, 2816, 704 },
		{ 0x8000000000000003, 576, 592 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_xstate_size(c, cases[i].features,
						    false),
				    cases[i].standard, "%llx",
				    cases[i].features);
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_xstate_size(c, cases[i].features, true),
				    cases[i].compacted, "%llx",
				    cases[i].features);
	}
}

static int cpl, skipped;

static int fake_get_cpl(struct kvm_vcpu *vcpu)
{
	return cpl;
}

static int fake_skip(struct kvm_vcpu *vcpu)
{
	skipped++;
	return 1;
}

/* MISC_FEATURES_ENABLES has it on, and it is not in ring 0. */
static void cpuid_faults(struct kunit *test)
{
	struct kvm_vcpu *vcpu;
	unsigned int i;
	bool faults;

	vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	static_call_update(kvm_x86_get_cpl, fake_get_cpl);
	static_call_update(kvm_x86_skip_emulated_instruction, fake_skip);
	for (i = 0; i < 8; i++) {
		cpl = i & 3;
		skipped = 0;
		faults = i >= 4 && cpl;
		memset(&vcpu->arch.event, 0, sizeof(vcpu->arch.event));
		vcpu->arch.msr.misc_features = i >= 4;
		kvm_rax_write(vcpu, 0x40);
		KUNIT_EXPECT_EQ(test, kvm_emulate_cpuid(vcpu), 1);
		/* There are no leaves: all answers are 0. */
		KUNIT_EXPECT_EQ(test, kvm_rax_read(vcpu), faults ? 0x40 : 0);
		KUNIT_EXPECT_EQ(test, skipped, !faults);
		KUNIT_EXPECT_EQ(test, vcpu->arch.event.exception.pending,
				faults);
		KUNIT_EXPECT_EQ(test, vcpu->arch.event.exception.vector,
				faults ? 13 : 0);
	}
	static_call_update(kvm_x86_get_cpl, NULL);
	static_call_update(kvm_x86_skip_emulated_instruction, NULL);
}

static struct kunit_case cpuid_cases[] = {
	/* clang-format off */
	KUNIT_CASE(cpuid_no_bit_twice),
	KUNIT_CASE(cpuid_words_fit_registers),
	KUNIT_CASE(cpuid_not_offered),
	KUNIT_CASE(cpuid_row_caps),
	KUNIT_CASE(cpuid_implied_bits),
	KUNIT_CASE(cpuid_bits_have_their_msrs),
	KUNIT_CASE(cpuid_vendors),
	KUNIT_CASE(cpuid_in_range),
	KUNIT_CASE(cpuid_out_of_range),
	KUNIT_CASE(cpuid_topology),
	KUNIT_CASE(cpuid_exact),
	KUNIT_CASE(cpuid_empty),
	KUNIT_CASE(cpuid_maxphyaddr_of),
	KUNIT_CASE(cpuid_widths_of_addresses),
	KUNIT_CASE(cpuid_pv),
	KUNIT_CASE(cpuid_check),
	KUNIT_CASE(cpuid_equal),
	KUNIT_CASE(cpuid_xstate_size),
	KUNIT_CASE(cpuid_faults),
	{}
	/* clang-format on */
};

struct kunit_suite cpuid_suite = {
	.name = "twinwalk_cpuid",
	.test_cases = cpuid_cases,
};
