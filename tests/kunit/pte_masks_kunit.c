// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_masks_kunit.c - the formats of shadow PTEs, every width of an address
 */
#include <kunit/test.h>
#include <linux/bits.h>

#include "mmu/pte_masks.h"

static void pte_masks_reset_is_whole(struct kunit *test)
{
	struct kvm_pte_masks a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	kvm_pte_masks_reset(&a, 46);
	kvm_pte_masks_reset(&b, 46);
	KUNIT_EXPECT_EQ(test,
			memcmp(&a, &b,
			       offsetof(struct kvm_pte_masks, exec_only)),
			0);
	KUNIT_EXPECT_FALSE(test, b.exec_only);
}

/* SDM 3A, tables of entries with 4-level paging: bit by bit, written anew. */
static void pte_masks_legacy_bits(struct kunit *test)
{
	struct kvm_pte_masks m;

	kvm_pte_masks_reset(&m, 46);
	KUNIT_EXPECT_EQ(test, m.present, 0x1ull);
	KUNIT_EXPECT_EQ(test, m.readable, 0x1ull);
	KUNIT_EXPECT_EQ(test, m.writable, 0x2ull);
	KUNIT_EXPECT_EQ(test, m.user, 0x4ull);
	KUNIT_EXPECT_EQ(test, m.accessed, 0x20ull);
	KUNIT_EXPECT_EQ(test, m.dirty, 0x40ull);
	KUNIT_EXPECT_EQ(test, m.nx, 0x8000000000000000ull);
	KUNIT_EXPECT_EQ(test, m.exec, 0ull);
	KUNIT_EXPECT_EQ(test, m.memtype, 0ull);
	KUNIT_EXPECT_EQ(test, m.nonpresent, 0ull);
	/* Software bits are where the CPU ignores them: 9 to 11, 52 to 58. */
	KUNIT_EXPECT_EQ(test,
			(m.host_writable | m.mmu_writable) &
				~(0xe00ull | GENMASK_ULL(58, 52)),
			0ull);
}

static void pte_masks_ept_bits(struct kunit *test)
{
	struct kvm_pte_masks m;
	unsigned int flags;

	for (flags = 0; flags < 4; flags++) {
		kvm_pte_masks_set_ept(&m, flags);
		KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(&m));
		KUNIT_EXPECT_EQ(test, m.present, 0x7ull);
		KUNIT_EXPECT_EQ(test, m.readable, 0x1ull);
		KUNIT_EXPECT_EQ(test, m.writable, 0x2ull);
		KUNIT_EXPECT_EQ(test, m.exec, 0x4ull);
		KUNIT_EXPECT_EQ(test, m.nx, 0ull);
		KUNIT_EXPECT_EQ(test, m.user, 0ull);
		KUNIT_EXPECT_EQ(test, m.me, 0ull);
		KUNIT_EXPECT_EQ(test, m.memtype, 0x78ull);
		KUNIT_EXPECT_EQ(test, m.accessed,
				flags & KVM_EPT_HAS_AD ? 0x100ull : 0ull);
		KUNIT_EXPECT_EQ(test, m.dirty,
				flags & KVM_EPT_HAS_AD ? 0x200ull : 0ull);
		KUNIT_EXPECT_EQ(test, m.exec_only,
				!!(flags & KVM_EPT_HAS_EXEC_ONLY));
		/* Writable and not readable is a misconfiguration. */
		KUNIT_EXPECT_EQ(test, m.mmio_value & 0x3, 0x2ull);
		KUNIT_EXPECT_EQ(test, m.nonpresent & 0x7, 0ull);
		KUNIT_EXPECT_EQ(test,
				(m.host_writable | m.mmu_writable) &
					~GENMASK_ULL(56, 52),
				0ull);
	}
}

/* Every width, every C-bit, whether the kernel encrypts by it or not. */
static void pte_masks_mmio(struct kunit *test)
{
	struct kvm_pte_masks m;
	unsigned int width, c_bit, bit, used;
	u64 me, reserved;

	for (width = 32; width <= 52; width++) {
		for (c_bit = 32; c_bit < 52; c_bit++) {
			used = c_bit & 1;
			me = used ? BIT_ULL(c_bit) : 0;
			kvm_pte_masks_reset(&m, 46);
			kvm_pte_masks_set_me(&m, me, BIT_ULL(c_bit), width);
			KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(&m));
			KUNIT_EXPECT_EQ(test, m.me, me);

			reserved = 0;
			for (bit = width; bit < 52; bit++)
				if (bit != c_bit)
					reserved |= BIT_ULL(bit);
			if (!reserved) {
				KUNIT_EXPECT_EQ(test, m.mmio_value, 0ull);
				continue;
			}
			KUNIT_EXPECT_NE(test, m.mmio_value & reserved, 0ull);
			KUNIT_EXPECT_EQ(test, m.mmio_value & ~reserved & ~1ull,
					0ull);
			KUNIT_EXPECT_EQ(test, m.mmio_value & 1, 1ull);
		}
		kvm_pte_masks_reset(&m, width);
		KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(&m));
		KUNIT_EXPECT_EQ(test, m.mmio_value,
				width < 52 ? BIT_ULL(51) | 1 : 0);
	}
}

/* Any bit given a second meaning is found. */
static void pte_masks_overlap_is_found(struct kunit *test)
{
	static const size_t fields[] = {
		offsetof(struct kvm_pte_masks, user),
		offsetof(struct kvm_pte_masks, nx),
		offsetof(struct kvm_pte_masks, accessed),
		offsetof(struct kvm_pte_masks, dirty),
		offsetof(struct kvm_pte_masks, memtype),
		offsetof(struct kvm_pte_masks, me),
		offsetof(struct kvm_pte_masks, host_writable),
		offsetof(struct kvm_pte_masks, mmu_writable),
		offsetof(struct kvm_pte_masks, writable),
	};
	struct kvm_pte_masks good, m;
	unsigned int format, i, j;
	u64 a, *b;

	for (format = 0; format < 2; format++) {
		if (format)
			kvm_pte_masks_set_ept(&good, KVM_EPT_HAS_AD);
		else
			kvm_pte_masks_reset(&good, 46);
		KUNIT_ASSERT_TRUE(test, kvm_pte_masks_valid(&good));

		for (i = 0; i < ARRAY_SIZE(fields); i++) {
			a = *(u64 *)((void *)&good + fields[i]);
			for (j = 0; a && j < ARRAY_SIZE(fields); j++) {
				if (i == j)
					continue;
				m = good;
				b = (void *)&m + fields[j];
				*b |= a;
				KUNIT_EXPECT_FALSE(test,
						   kvm_pte_masks_valid(&m));
			}
		}
	}
}

static void pte_masks_nonsense_is_found(struct kunit *test)
{
	struct kvm_pte_masks good, m;

	kvm_pte_masks_reset(&good, 46);

#define EXPECT_BAD(change)                                            \
	do {                                                          \
		m = good;                                             \
		m.change;                                             \
		KUNIT_EXPECT_FALSE_MSG(test, kvm_pte_masks_valid(&m), \
				       #change);                      \
	} while (0)

	EXPECT_BAD(present = 0);
	EXPECT_BAD(readable = 0);
	EXPECT_BAD(writable = 0);
	EXPECT_BAD(host_writable = 0);
	EXPECT_BAD(mmu_writable = 0);
	EXPECT_BAD(exec = BIT_ULL(3));
	EXPECT_BAD(nx = 0);
	EXPECT_BAD(nonpresent = good.present);
	EXPECT_BAD(nonpresent = good.mmio_value & ~good.present);
	EXPECT_BAD(mmio_mask = good.present);
	EXPECT_BAD(mmio_value &= ~good.present);
#undef EXPECT_BAD
}

static struct kunit_case pte_masks_cases[] = {
	/* clang-format off */
	KUNIT_CASE(pte_masks_reset_is_whole),
	KUNIT_CASE(pte_masks_legacy_bits),
	KUNIT_CASE(pte_masks_ept_bits),
	KUNIT_CASE(pte_masks_mmio),
	KUNIT_CASE(pte_masks_overlap_is_found),
	KUNIT_CASE(pte_masks_nonsense_is_found),
	{}
	/* clang-format on */
};

static struct kunit_suite pte_masks_suite = {
	.name = "twinwalk_pte_masks",
	.test_cases = pte_masks_cases,
};

kunit_test_suite(pte_masks_suite);
