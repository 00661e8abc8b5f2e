// SPDX-License-Identifier: GPL-2.0-only
/*
 * mce_kunit.c - banks of machine checks: what is reported, what may be written
 *
 * Numbers of MSRs and bits are written down once more, from SDM 3B.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/string.h>

#include "tests/kunit/suites.h"
#include "x86/mce.h"

#define VAL   BIT_ULL(63)
#define OVER  BIT_ULL(62)
#define UC    BIT_ULL(61)
#define PCC   BIT_ULL(57)
#define S     BIT_ULL(56)
#define CTL_P BIT_ULL(8)
#define SER_P BIT_ULL(24)
#define CMCI  BIT_ULL(10)
#define MCIP  4ull

static struct kvm_vcpu_mce mce;

static int mce_init(struct kunit *test)
{
	memset(&mce, 0, sizeof(mce));
	kvm_vcpu_mce_create(&mce);
	return 0;
}

static int write(u32 index, u64 data)
{
	const struct kvm_mce_access a = { .index = index, .data = data };

	return kvm_mce_write(&mce, &a);
}

static int host_write(u32 index, u64 data)
{
	const struct kvm_mce_access a = { .index = index,
					  .data = data,
					  .host_initiated = true };

	return kvm_mce_write(&mce, &a);
}

/* ~1 for a #GP, which no test writes. */
static u64 read(u32 index)
{
	struct kvm_mce_access a = { .index = index };

	return kvm_mce_read(&mce, &a) ? ~1ull : a.data;
}

#define GP (~1ull)

static int error(u8 bank, u64 status, u64 mcg_status)
{
	const struct kvm_x86_mce e = {
		.status = status,
		.addr = 0xa000 + bank,
		.misc = 0xb000 + bank,
		.mcg_status = mcg_status,
		.bank = bank,
	};

	return kvm_mce_record(&mce, &e, true);
}

static void mce_setup(struct kunit *test)
{
	/* As it is created. */
	KUNIT_EXPECT_EQ(test, read(0x179), 32);
	KUNIT_EXPECT_EQ(test, read(0x47f), 0);
	KUNIT_EXPECT_EQ(test, read(0x480), GP);
	KUNIT_EXPECT_EQ(test, read(0x17b), GP);

	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 33), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 10 | CMCI), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 10 | 1ull << 63), -EINVAL);
	KUNIT_EXPECT_EQ(test, read(0x179), 32);

	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 10 | CTL_P | SER_P), 0);
	KUNIT_EXPECT_EQ(test, read(0x179), 10 | CTL_P | SER_P);
	KUNIT_EXPECT_EQ(test, read(0x17b), ~0ull);
	KUNIT_EXPECT_EQ(test, read(0x400), ~0ull);
	KUNIT_EXPECT_EQ(test, read(0x424), ~0ull);
	KUNIT_EXPECT_EQ(test, read(0x427), 0);
	KUNIT_EXPECT_EQ(test, read(0x428), GP);
	KUNIT_EXPECT_EQ(test, write(0x428, 0), 1);
	KUNIT_EXPECT_EQ(test, host_write(0x428, 0), 1);
}

static void mce_writes(struct kunit *test)
{
	struct kvm_mce_access a = { .index = 0x405,
				    .data = VAL,
				    .status_writable = true };

	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 5), 0);
	KUNIT_EXPECT_EQ(test, write(0x179, 5), 1);
	KUNIT_EXPECT_EQ(test, write(0x17a, 7), 0);
	KUNIT_EXPECT_EQ(test, read(0x17a), 7);

	/* There is no MCG_CTL: userspace may restore the 0 that it saved. */
	KUNIT_EXPECT_EQ(test, write(0x17b, 0), 1);
	KUNIT_EXPECT_EQ(test, host_write(0x17b, 0), 0);
	KUNIT_EXPECT_EQ(test, host_write(0x17b, ~0ull), 1);
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 5 | CTL_P), 0);
	KUNIT_EXPECT_EQ(test, write(0x17b, 1), 1);
	KUNIT_EXPECT_EQ(test, write(0x17b, 0), 0);
	KUNIT_EXPECT_EQ(test, read(0x17b), 0);
	KUNIT_EXPECT_EQ(test, write(0x17b, ~0ull), 0);

	/* CTL: all or nothing, but for two bits. */
	KUNIT_EXPECT_EQ(test, write(0x410, ~0ull), 0);
	KUNIT_EXPECT_EQ(test, write(0x410, ~0ull & ~0x400ull), 0);
	KUNIT_EXPECT_EQ(test, write(0x410, ~0ull & ~1ull), 0);
	KUNIT_EXPECT_EQ(test, write(0x410, ~0ull & ~2ull), 1);
	KUNIT_EXPECT_EQ(test, write(0x410, 0x400), 1);
	KUNIT_EXPECT_EQ(test, write(0x410, 0), 0);

	/* STATUS: cleared, unless the guest may, or it is userspace. */
	KUNIT_EXPECT_EQ(test, write(0x405, VAL), 1);
	KUNIT_EXPECT_EQ(test, kvm_mce_write(&mce, &a), 0);
	KUNIT_EXPECT_EQ(test, read(0x405), VAL);
	KUNIT_EXPECT_EQ(test, write(0x405, 0), 0);
	KUNIT_EXPECT_EQ(test, host_write(0x405, VAL | 1), 0);
	KUNIT_EXPECT_EQ(test, read(0x405), VAL | 1);
	KUNIT_EXPECT_EQ(test, write(0x406, 0x1234), 0);
	KUNIT_EXPECT_EQ(test, read(0x406), 0x1234);
}

static void mce_bad_errors(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 4), 0);
	KUNIT_EXPECT_EQ(test, error(4, VAL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, error(255, VAL | UC, MCIP), -EINVAL);
	KUNIT_EXPECT_EQ(test, error(0, UC, MCIP), -EINVAL);
	KUNIT_EXPECT_EQ(test, read(0x401), 0);
}

static void mce_uncorrected(struct kunit *test)
{
	const struct kvm_x86_mce e = { .status = VAL | UC | PCC };

	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 4 | CTL_P), 0);
	/* CR4.MCE is clear. */
	KUNIT_EXPECT_EQ(test, kvm_mce_record(&mce, &e, false),
			KVM_MCE_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, read(0x401), 0);

	KUNIT_EXPECT_EQ(test, error(3, VAL | UC | PCC, MCIP),
			KVM_MCE_EXCEPTION);
	KUNIT_EXPECT_EQ(test, read(0x40d), VAL | UC | PCC);
	KUNIT_EXPECT_EQ(test, read(0x40e), 0xa003);
	KUNIT_EXPECT_EQ(test, read(0x40f), 0xb003);
	KUNIT_EXPECT_EQ(test, read(0x17a), MCIP);
	/* Another one, before the guest is through with it. */
	KUNIT_EXPECT_EQ(test, error(2, VAL | UC | PCC, MCIP), KVM_MCE_SHUTDOWN);
	/* It is, but has not looked into the bank. */
	KUNIT_EXPECT_EQ(test, write(0x17a, 0), 0);
	KUNIT_EXPECT_EQ(test, error(3, VAL | UC | S, MCIP), KVM_MCE_EXCEPTION);
	KUNIT_EXPECT_EQ(test, read(0x40d), VAL | UC | S | OVER);
}

static void mce_turned_off(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 4 | CTL_P), 0);
	KUNIT_EXPECT_EQ(test, write(0x404, 0), 0);
	KUNIT_EXPECT_EQ(test, error(1, VAL | UC, MCIP), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x405), 0);
	KUNIT_EXPECT_EQ(test, write(0x17b, 0), 0);
	KUNIT_EXPECT_EQ(test, error(2, VAL | UC, MCIP), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x409), 0);
	KUNIT_EXPECT_EQ(test, read(0x17a), 0);
}

static void mce_corrected(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 4 | CTL_P | SER_P), 0);
	KUNIT_EXPECT_EQ(test, error(1, VAL | 1, 0), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x405), VAL | 1);
	KUNIT_EXPECT_EQ(test, error(1, VAL | 2, 0), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x405), VAL | OVER | 2);
	KUNIT_EXPECT_EQ(test, read(0x17a), 0);

	/* Nobody has to do anything: as a corrected one. */
	KUNIT_EXPECT_EQ(test, error(2, VAL | UC, 0), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x409), VAL | UC);
	/* What is worse stays. */
	KUNIT_EXPECT_EQ(test, error(2, VAL | 3, 0), KVM_MCE_SILENT);
	KUNIT_EXPECT_EQ(test, read(0x409), VAL | UC | OVER);

	/* Without SER_P there is no such kind. */
	KUNIT_EXPECT_EQ(test, kvm_mce_setup(&mce, 4), 0);
	KUNIT_EXPECT_EQ(test, error(3, VAL | UC, 0), KVM_MCE_EXCEPTION);
}

static struct kunit_case mce_cases[] = {
	/* clang-format off */
	KUNIT_CASE(mce_setup),
	KUNIT_CASE(mce_writes),
	KUNIT_CASE(mce_bad_errors),
	KUNIT_CASE(mce_uncorrected),
	KUNIT_CASE(mce_turned_off),
	KUNIT_CASE(mce_corrected),
	{}
	/* clang-format on */
};

struct kunit_suite mce_suite = {
	.name = "twinwalk_mce",
	.init = mce_init,
	.test_cases = mce_cases,
};
