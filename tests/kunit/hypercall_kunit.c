// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercall_kunit.c - hypercalls: what is pure of them, and IPIs to APICs
 *
 * The APICs are real; their vCPUs are zeroes, in a VM that has no map of them.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/rcuwait.h>
#include <linux/xarray.h>
#include <asm/apicdef.h>
#include <asm/msr-index.h>

#include "irqchip/apic_map.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "x86/cpuid.h"
#include "x86/hypercall.h"

#define NR_APICS 4

static void hypercall_insns(struct kunit *test)
{
	static const u8 vmcall[] = { 0x0f, 0x01, 0xc1 };
	u8 insn[3];
	unsigned int i, bit;

	KUNIT_EXPECT_TRUE(test, kvm_is_hypercall_insn(vmcall, KVM_INSN_VMCALL));
	KUNIT_EXPECT_FALSE(test,
			   kvm_is_hypercall_insn(vmcall, KVM_INSN_VMMCALL));
	/* No other is near it. */
	for (i = 0; i < 3; i++) {
		for (bit = 0; bit < 8; bit++) {
			memcpy(insn, vmcall, sizeof(insn));
			insn[i] ^= BIT(bit);
			KUNIT_EXPECT_FALSE(test,
					   kvm_is_hypercall_insn(insn,
								 KVM_INSN_VMCALL));
		}
	}
	insn[0] = 0x0f;
	insn[1] = 0x01;
	insn[2] = 0xd9;
	KUNIT_EXPECT_TRUE(test, kvm_is_hypercall_insn(insn, KVM_INSN_VMMCALL));
}

static void hypercall_gpa_ranges(struct kunit *test)
{
	const u64 last = U64_MAX - 0xfff;

	KUNIT_EXPECT_TRUE(test, kvm_map_gpa_range_valid(0, 1));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(0, 0));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(1, 1));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(0x800, 1));
	KUNIT_EXPECT_TRUE(test, kvm_map_gpa_range_valid(last, 1));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(last, 2));
	KUNIT_EXPECT_TRUE(test, kvm_map_gpa_range_valid(0, 1ull << 52));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(0, (1ull << 52) + 1));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(0x1000, 1ull << 52));
	KUNIT_EXPECT_FALSE(test, kvm_map_gpa_range_valid(0x1000, U64_MAX));
}

static void hypercall_icr(struct kunit *test)
{
	struct kvm_lapic_irq irq;
	unsigned int bit;

	KUNIT_EXPECT_TRUE(test, kvm_pv_ipi_make(0x61, &irq));
	KUNIT_EXPECT_EQ(test, irq.vector, 0x61);
	KUNIT_EXPECT_EQ(test, irq.mode, APIC_DM_FIXED);
	KUNIT_EXPECT_TRUE(test, irq.assert);
	KUNIT_EXPECT_FALSE(test, irq.level);
	KUNIT_EXPECT_TRUE(test, kvm_pv_ipi_make(0x400, &irq));
	KUNIT_EXPECT_EQ(test, irq.mode, APIC_DM_NMI);
	/* INIT, and its de-assertion. */
	KUNIT_EXPECT_TRUE(test, kvm_pv_ipi_make(0xc500, &irq));
	KUNIT_EXPECT_TRUE(test, irq.assert);
	KUNIT_EXPECT_TRUE(test, kvm_pv_ipi_make(0x8500, &irq));
	KUNIT_EXPECT_FALSE(test, irq.assert);
	/* The destination's bits, 11, 18 and 19, and no others. */
	for (bit = 0; bit < 32; bit++)
		KUNIT_EXPECT_EQ_MSG(test, kvm_pv_ipi_make(BIT(bit), &irq),
				    bit != 11 && bit != 18 && bit != 19,
				    "bit %u", bit);
}

/* Without the capability CPUID does not count. */
static void hypercall_features(struct kunit *test)
{
	struct kvm_vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	KUNIT_EXPECT_TRUE(test, guest_pv_has(vcpu, KVM_FEATURE_PV_UNHALT));
	vcpu->arch.pv.enforce_cpuid = true;
	KUNIT_EXPECT_FALSE(test, guest_pv_has(vcpu, KVM_FEATURE_PV_UNHALT));
	vcpu->arch.cpuid.pv_features = BIT(KVM_FEATURE_PV_UNHALT);
	KUNIT_EXPECT_TRUE(test, guest_pv_has(vcpu, KVM_FEATURE_PV_UNHALT));
	KUNIT_EXPECT_FALSE(test, guest_pv_has(vcpu, KVM_FEATURE_PV_SEND_IPI));
}

/* An xAPIC with an id of its guest's own, x2APICs, and one that is off. */
static const struct {
	u32 vcpu_id;
	u32 xapic_id;
	u64 base;
} apics[NR_APICS] = {
	{ 0, 5, XAPIC_ENABLE },
	{ 40, 0, XAPIC_ENABLE | X2APIC_ENABLE },
	{ 130, 0, XAPIC_ENABLE | X2APIC_ENABLE },
	{ 7, 7, 0 },
};

static struct kvm *make_vm(struct kunit *test, struct kvm_lapic *apic)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	struct kvm_vcpu *vcpu;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	xa_init(&kvm->vcpu_array);
	for (i = 0; i < NR_APICS; i++) {
		vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vcpu);
		apic[i].regs = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, apic[i].regs);
		rcuwait_init(&vcpu->wait);
		vcpu->kvm = kvm;
		vcpu->cpu = -1;
		vcpu->vcpu_id = apics[i].vcpu_id;
		vcpu->arch.apic_base = apics[i].base;
		vcpu->arch.apic = &apic[i];
		apic[i].vcpu = vcpu;
		kvm_apic_write_reg(apic[i].regs, APIC_ID,
				   apics[i].xapic_id << 24);
		kvm_apic_write_reg(apic[i].regs, APIC_SPIV, 0x1ff);
		KUNIT_ASSERT_NULL(test, xa_store(&kvm->vcpu_array, i, vcpu,
						 GFP_KERNEL));
		atomic_inc(&kvm->online_vcpus);
	}
	return kvm;
}

/* Which have vector 0x61 waiting, a bit each; then they have not any more. */
static u32 taken_by(struct kvm_lapic *apic)
{
	u32 set = 0;
	unsigned int i;

	for (i = 0; i < NR_APICS; i++) {
		if (kvm_apic_find_highest(apic[i].regs + APIC_IRR) == 0x61)
			set |= BIT(i);
		memset(apic[i].regs + APIC_IRR, 0, 0x80);
	}
	return set;
}

static const struct {
	u64 low, high;
	u32 min;
	bool is_64;
	long taken;
	u32 by;
} ipis[] = {
	{ 0x20, 0, 0, true, 1, 1 },
	{ 1, 0, 5, true, 1, 1 },
	{ BIT_ULL(40), 0, 0, true, 1, 2 },
	{ BIT_ULL(5) | BIT_ULL(40), 0, 0, true, 2, 3 },
	/* The second word begins where the first ends. */
	{ 0, BIT_ULL(61), 5, true, 1, 4 },
	{ 1, BIT_ULL(61), 5, true, 2, 5 },
	{ 0, 8, 5, false, 1, 2 },
	{ 1, 8, 5, false, 2, 3 },
	/* Of a word of 32 bits the upper half is none. */
	{ BIT_ULL(40), 0, 0, false, 0, 0 },
	/* Off; not there; by its number, which is not its id. */
	{ BIT_ULL(7), 0, 0, true, 0, 0 },
	{ BIT_ULL(63), BIT_ULL(63), 0, true, 0, 0 },
	{ 1, 0, 0, true, 0, 0 },
	/* Neither id means all. */
	{ 1, 0, 0xff, true, 0, 0 },
	{ 1, 0, 0xffffffff, true, 0, 0 },
	/* Nor do ids begin anew. */
	{ 0xfe, 0, 0xffffffff, true, 0, 0 },
	{ ~0ull, ~0ull, 3, true, 3, 7 },
};

static void hypercall_ipis(struct kunit *test)
{
	struct kvm_lapic *apic;
	struct kvm *kvm;
	unsigned int i;
	u64 bitmap[2];
	u32 by;

	apic = kunit_kcalloc(test, NR_APICS, sizeof(*apic), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, apic);
	kvm = make_vm(test, apic);
	for (i = 0; i < ARRAY_SIZE(ipis); i++) {
		bitmap[0] = ipis[i].low;
		bitmap[1] = ipis[i].high;
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_pv_send_ipi(kvm, bitmap, ipis[i].min,
						    0x61, ipis[i].is_64),
				    ipis[i].taken, "row %u", i);
		by = taken_by(apic);
		KUNIT_EXPECT_EQ_MSG(test, by, ipis[i].by, "row %u", i);
	}
	/* To whom it goes is not the ICR's to say. */
	bitmap[0] = ~0ull;
	KUNIT_EXPECT_EQ(test, kvm_pv_send_ipi(kvm, bitmap, 0, 0x40861, true),
			-KVM_EINVAL);
	KUNIT_EXPECT_EQ(test, taken_by(apic), 0);
	/* The second of two is merged, and has arrived all the same. */
	bitmap[1] = 0;
	KUNIT_EXPECT_EQ(test, kvm_pv_send_ipi(kvm, bitmap, 0, 0x61, true), 2);
	KUNIT_EXPECT_EQ(test, kvm_pv_send_ipi(kvm, bitmap, 0, 0x61, true), 2);
	/* Whose APIC is off by its own register takes none. */
	kvm_apic_write_reg(apic[0].regs, APIC_SPIV, 0xff);
	KUNIT_EXPECT_EQ(test, kvm_pv_send_ipi(kvm, bitmap, 0, 0x61, true), 1);
	xa_destroy(&kvm->vcpu_array);
}

static void hypercall_exits(struct kunit *test)
{
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kvm);
	KUNIT_EXPECT_EQ(test, kvm_enable_exit_hypercall(kvm, BIT(12)), 0);
	KUNIT_EXPECT_EQ(test, kvm->arch.hypercall.exits, BIT(12));
	KUNIT_EXPECT_EQ(test, kvm_enable_exit_hypercall(kvm, BIT(12) | 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_enable_exit_hypercall(kvm, BIT(5)), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm->arch.hypercall.exits, BIT(12));
	KUNIT_EXPECT_EQ(test, kvm_enable_exit_hypercall(kvm, 0), 0);
	KUNIT_EXPECT_EQ(test, kvm->arch.hypercall.exits, 0);
}

static void hypercall_migration_control(struct kunit *test)
{
	struct kvm_vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	u64 data = 77;

	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	KUNIT_ASSERT_NOT_NULL(test, kvm);
	vcpu->kvm = kvm;
	KUNIT_EXPECT_EQ(test, kvm_get_migration_control(vcpu, &data, false), 0);
	KUNIT_EXPECT_EQ(test, data, 1);
	KUNIT_EXPECT_EQ(test, kvm_set_migration_control(vcpu, 2, true), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_migration_control(vcpu, 0, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_get_migration_control(vcpu, &data, false), 0);
	KUNIT_EXPECT_EQ(test, data, 0);
	vcpu->arch.pv.enforce_cpuid = true;
	KUNIT_EXPECT_EQ(test, kvm_get_migration_control(vcpu, &data, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_migration_control(vcpu, 1, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_migration_control(vcpu, 1, true), 0);
}

static struct kunit_case hypercall_cases[] = {
	/* clang-format off */
	KUNIT_CASE(hypercall_insns),
	KUNIT_CASE(hypercall_gpa_ranges),
	KUNIT_CASE(hypercall_icr),
	KUNIT_CASE(hypercall_features),
	KUNIT_CASE(hypercall_ipis),
	KUNIT_CASE(hypercall_exits),
	KUNIT_CASE(hypercall_migration_control),
	{}
	/* clang-format on */
};

struct kunit_suite hypercall_suite = {
	.name = "twinwalk_hypercall",
	.test_cases = hypercall_cases,
};
