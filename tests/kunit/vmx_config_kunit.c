// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmx_config_kunit.c - choosing the VMX controls, on CPUs good, poor and broken
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/prandom.h>
#include <asm/vmx.h>

#include "tests/kunit/suites.h"
#include "vmx/config.h"

/* A CPU that may set any control and need set none, with all of EPT and VPID. */
static void ideal(struct vmx_capabilities *cap)
{
	unsigned int i;

	*cap = (struct vmx_capabilities){
		/* revision 4, 4096 bytes, write-back, TRUE controls */
		.basic = 0x4ull | 0x1000ull << 32 | 6ull << 50 | BIT_ULL(55),
		.cpu3 = ~0ull,
		.misc = 0x20,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = ~0ull,
		.ept_vpid = ~0ull,
	};
	for (i = 0; i < VMX_NR_CTLS; i++)
		cap->ctl[i] = 0xffffffffull << 32;
}

static void forbid(struct vmx_capabilities *cap, enum vmx_ctl ctl, u32 bits)
{
	cap->ctl[ctl] &= ~((u64)bits << 32);
}

static void force(struct vmx_capabilities *cap, enum vmx_ctl ctl, u32 bits)
{
	cap->ctl[ctl] |= bits;
}

static void vmx_config_ideal(struct kunit *test)
{
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;

	ideal(&cap);
	KUNIT_ASSERT_EQ(test, vmx_compute_config(&cap, true, &cfg, &why), 0);
	KUNIT_EXPECT_PTR_EQ(test, (void *)why.what, NULL);
	KUNIT_EXPECT_EQ(test, cfg.revision, 4u);
	KUNIT_EXPECT_EQ(test, cfg.vmcs_size, 4096u);
	KUNIT_EXPECT_EQ(test, cfg.ept_vpid, ~0ull);
	KUNIT_EXPECT_EQ(test, cfg.cpu3, (u64)TERTIARY_EXEC_IPI_VIRT);
	/* pin: all five; SDM 3C, table of pin-based controls */
	KUNIT_EXPECT_EQ(test, cfg.ctl[VMX_CTL_PIN], 0xe9u);
	/* With EPT, guests own CR3; with a TPR shadow, CR8. */
	KUNIT_EXPECT_EQ(test,
			cfg.ctl[VMX_CTL_CPU] & (BIT(9) | BIT(15) | BIT(16) |
						BIT(19) | BIT(20)),
			0u);
	/* EPT, VPID, unrestricted guest, PML */
	KUNIT_EXPECT_EQ(test,
			cfg.ctl[VMX_CTL_CPU2] &
				(BIT(1) | BIT(5) | BIT(7) | BIT(17)),
			(u32)(BIT(1) | BIT(5) | BIT(7) | BIT(17)));
}

/* Without any one of these bits, nothing works; each by the SDM's number. */
static const struct {
	enum vmx_ctl ctl;
	u32 needed;
	u32 must_clear;
} demands[] = {
	{ VMX_CTL_PIN, BIT(0) | BIT(3), 0 },
	{ VMX_CTL_CPU,
	  BIT(2) | BIT(3) | BIT(7) | BIT(9) | BIT(10) | BIT(11) | BIT(15) |
		  BIT(16) | BIT(19) | BIT(20) | BIT(23) | BIT(24) | BIT(29),
	  BIT(12) | BIT(25) | BIT(27) | BIT(30) },
	{ VMX_CTL_CPU2, 0,
	  BIT(11) | BIT(13) | BIT(15) | BIT(16) | BIT(22) | BIT(24) },
	{ VMX_CTL_EXIT, BIT(2) | BIT(9) | BIT(15), BIT(25) },
	{ VMX_CTL_ENTRY, BIT(2) | BIT(9), BIT(10) | BIT(11) | BIT(18) },
};

static void vmx_config_each_demand(struct kunit *test)
{
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;
	unsigned int i, bit;
	int want;

	for (i = 0; i < ARRAY_SIZE(demands); i++) {
		for (bit = 0; bit < 32; bit++) {
			ideal(&cap);
			forbid(&cap, demands[i].ctl, BIT(bit));
			want = demands[i].needed & BIT(bit) ? -EOPNOTSUPP : 0;
			KUNIT_EXPECT_EQ(test,
					vmx_compute_config(&cap, true, &cfg,
							   &why),
					want);
			KUNIT_EXPECT_EQ(test, why.bits,
					want ? BIT_ULL(bit) : 0ull);
			KUNIT_EXPECT_EQ(test, !why.what, !want);

			ideal(&cap);
			force(&cap, demands[i].ctl, BIT(bit));
			want = demands[i].must_clear & BIT(bit) ? -EOPNOTSUPP :
								  0;
			KUNIT_EXPECT_EQ(test,
					vmx_compute_config(&cap, true, &cfg,
							   &why),
					want);
			if (!want)
				KUNIT_EXPECT_NE(test,
						cfg.ctl[demands[i].ctl] &
							BIT(bit),
						0u);
		}
	}
}

static void vmx_config_basic(struct kunit *test)
{
	static const u64 bad[] = {
		/* no size; 8192 bytes; 32-bit addresses; uncacheable */
		0x4ull | 6ull << 50,
		0x4ull | 0x1001ull << 32 | 6ull << 50,
		0x4ull | 0x1000ull << 32 | 6ull << 50 | BIT_ULL(48),
		0x4ull | 0x1000ull << 32,
	};
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ideal(&cap);
		cap.basic = bad[i];
		KUNIT_EXPECT_EQ(test,
				vmx_compute_config(&cap, true, &cfg, &why),
				-EOPNOTSUPP);
		KUNIT_EXPECT_PTR_NE(test, (void *)why.what, NULL);
	}
}

/* What a VMCS must obey on any CPU, whatever was computed for it. */
static void check_config(struct kunit *test, const struct vmx_capabilities *cap,
			 bool ept, const struct vmx_config *cfg)
{
	u32 pin = cfg->ctl[VMX_CTL_PIN], cpu = cfg->ctl[VMX_CTL_CPU];
	u32 cpu2 = cfg->ctl[VMX_CTL_CPU2], exit = cfg->ctl[VMX_CTL_EXIT];
	u32 entry = cfg->ctl[VMX_CTL_ENTRY];
	bool has_cpu2 = cpu & BIT(31);
	unsigned int i;

	for (i = 0; i < VMX_NR_CTLS; i++) {
		if (i == VMX_CTL_CPU2 && !has_cpu2)
			continue;
		/* A.2 to A.5: the allowed 0-settings and 1-settings */
		KUNIT_ASSERT_EQ(test, (u32)cap->ctl[i] & ~cfg->ctl[i], 0u);
		KUNIT_ASSERT_EQ(test, cfg->ctl[i] & ~(u32)(cap->ctl[i] >> 32),
				0u);
	}

#define IMPLIES(a, b) KUNIT_ASSERT_TRUE_MSG(test, !(a) || (b), #a " => " #b)
	/* SDM 3C, "Checks on VMX Controls" */
	IMPLIES(cpu2 & ~(u32)cap->ctl[VMX_CTL_CPU2], has_cpu2);
	IMPLIES(pin & BIT(5), pin & BIT(3));
	IMPLIES(cpu2 & BIT(7), cpu2 & BIT(1));
	IMPLIES(cpu2 & BIT(17), cpu2 & BIT(1));
	IMPLIES(cpu2 & (BIT(4) | BIT(8) | BIT(9)), cpu & BIT(21));
	IMPLIES(pin & BIT(7), (cpu2 & BIT(9)) && (exit & BIT(15)));
	IMPLIES(cpu2 & BIT(9), pin & BIT(0));
	/* Without TPR shadow or EPT, the exits that stand in for them. */
	IMPLIES(!(cpu & BIT(21)), (cpu & BIT(19)) && (cpu & BIT(20)));
	IMPLIES(!(cpu2 & BIT(1)),
		(cpu & BIT(9)) && (cpu & BIT(15)) && (cpu & BIT(16)));
	/* EPT only as wanted, and only if it can be used. */
	IMPLIES(cpu2 & BIT(1), ept);
	IMPLIES(cpu2 & BIT(1), cap->ept_vpid & BIT_ULL(6));
	IMPLIES(cpu2 & BIT(1), cap->ept_vpid & BIT_ULL(14));
	IMPLIES(cpu2 & BIT(1), cap->ept_vpid & BIT_ULL(20));
	IMPLIES(cpu2 & BIT(1), cap->ept_vpid & (BIT_ULL(25) | BIT_ULL(26)));
	IMPLIES(cpu2 & BIT(17), cap->ept_vpid & BIT_ULL(21));
	IMPLIES(cpu2 & BIT(5), cap->ept_vpid & BIT_ULL(32));
	/* What is loaded on the way in is loaded on the way out. */
	IMPLIES(entry & BIT(14), (exit & BIT(18)) && (exit & BIT(19)));
	IMPLIES(exit & BIT(19), entry & BIT(14));
	IMPLIES(entry & BIT(15), exit & BIT(21));
	IMPLIES(exit & BIT(21), entry & BIT(15));
	IMPLIES(entry & BIT(13), exit & BIT(12));
	IMPLIES(exit & BIT(12), entry & BIT(13));
	IMPLIES(entry & BIT(16), exit & BIT(23));
	IMPLIES(exit & BIT(23), entry & BIT(16));
	IMPLIES(cfg->cpu3, cpu & BIT(17));
	IMPLIES(cfg->cpu3, cpu & BIT(21));
#undef IMPLIES
}

/* CPUs that may not set some of what is merely wanted, drawn at random. */
static void vmx_config_random_cpus(struct kunit *test)
{
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;
	struct rnd_state rnd;
	unsigned int n, i;
	bool ept;

	prandom_seed_state(&rnd, 20220624);
	for (n = 0; n < 20000; n++) {
		ideal(&cap);
		for (i = 0; i < ARRAY_SIZE(demands); i++)
			forbid(&cap, demands[i].ctl,
			       prandom_u32_state(&rnd) &
				       prandom_u32_state(&rnd) &
				       ~demands[i].needed);
		if (prandom_u32_state(&rnd) & 1)
			cap.ept_vpid = (u64)prandom_u32_state(&rnd) << 32 |
				       prandom_u32_state(&rnd);
		ept = prandom_u32_state(&rnd) & 1;
		KUNIT_ASSERT_EQ(test, vmx_compute_config(&cap, ept, &cfg, &why),
				0);
		check_config(test, &cap, ept, &cfg);
	}
}

/* A CPU without the TRUE MSRs: its default1 bits are forced; Appendix A.2. */
static void vmx_config_old_cpu(struct kunit *test)
{
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;

	ideal(&cap);
	cap.basic &= ~BIT_ULL(55);
	force(&cap, VMX_CTL_PIN, 0x16);
	force(&cap, VMX_CTL_CPU, 0x0401e172);
	force(&cap, VMX_CTL_EXIT, 0x36dff);
	force(&cap, VMX_CTL_ENTRY, 0x11ff);
	KUNIT_ASSERT_EQ(test, vmx_compute_config(&cap, true, &cfg, &why), 0);
	check_config(test, &cap, true, &cfg);
	/* It exits on every use of CR3, so EPT would gain nothing. */
	KUNIT_EXPECT_EQ(test, cfg.ctl[VMX_CTL_CPU2] & BIT(1), 0u);
}

/* Westmere, any stepping; and its neighbour, which is sound. */
static void vmx_config_errata(struct kunit *test)
{
	struct vmx_capabilities cap;
	struct vmx_refusal why;
	struct vmx_config cfg;
	unsigned int broken;

	for (broken = 0; broken < 2; broken++) {
		ideal(&cap);
		cap.signature = broken ? 0x206c2 : 0x206a7;
		KUNIT_ASSERT_EQ(test,
				vmx_compute_config(&cap, true, &cfg, &why), 0);
		check_config(test, &cap, true, &cfg);
		KUNIT_EXPECT_EQ(test, !(cfg.ctl[VMX_CTL_PIN] & BIT(6)), broken);
		KUNIT_EXPECT_EQ(test, !(cfg.ctl[VMX_CTL_EXIT] & BIT(12)),
				broken);
		KUNIT_EXPECT_EQ(test, !(cfg.ctl[VMX_CTL_ENTRY] & BIT(13)),
				broken);
	}
}

static void vmx_config_differences(struct kunit *test)
{
	struct vmx_config a = { .revision = 4, .vmcs_size = 4096 };
	struct vmx_config b;
	unsigned int i;

	KUNIT_EXPECT_PTR_EQ(test, vmx_config_difference(&a, &a), NULL);

	/* Every word of it, but for the one that fills up. */
	for (i = 0; i < sizeof(a) / sizeof(u32); i++) {
		b = a;
		((u32 *)&b)[i] ^= BIT(i % 32);
		if (i == offsetof(struct vmx_config, reserved) / sizeof(u32))
			continue;
		KUNIT_EXPECT_PTR_NE(test, vmx_config_difference(&a, &b), NULL);
	}
	b = a;
	b.ctl[VMX_CTL_CPU2] = BIT(1);
	KUNIT_EXPECT_STREQ(test, vmx_config_difference(&a, &b),
			   "secondary controls");
}

static void vmx_config_cr_allowed(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, vmx_cr_allowed(0x2020, 0x2000, 0x3fff));
	KUNIT_EXPECT_FALSE(test, vmx_cr_allowed(0x0020, 0x2000, 0x3fff));
	KUNIT_EXPECT_FALSE(test, vmx_cr_allowed(0x6020, 0x2000, 0x3fff));
	KUNIT_EXPECT_TRUE(test, vmx_cr_allowed(0, 0, 0));
}

static struct kunit_case vmx_config_cases[] = {
	/* clang-format off */
	KUNIT_CASE(vmx_config_ideal),
	KUNIT_CASE(vmx_config_each_demand),
	KUNIT_CASE(vmx_config_basic),
	KUNIT_CASE(vmx_config_random_cpus),
	KUNIT_CASE(vmx_config_old_cpu),
	KUNIT_CASE(vmx_config_errata),
	KUNIT_CASE(vmx_config_differences),
	KUNIT_CASE(vmx_config_cr_allowed),
	{}
	/* clang-format on */
};

struct kunit_suite vmx_config_suite = {
	.name = "twinwalk_vmx_config",
	.test_cases = vmx_config_cases,
};
