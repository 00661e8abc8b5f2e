// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_masks_kunit.c - the formats of shadow PTEs, every width of an address
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "mmu/pte_masks.h"
#include "tests/kunit/suites.h"

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
	KUNIT_EXPECT_EQ(test, m.frozen, 0x18ull);
	KUNIT_EXPECT_EQ(test, m.pfn, 0xffffffffff000ull);
	KUNIT_EXPECT_EQ(test, m.saved, 0ull);
	KUNIT_EXPECT_EQ(test, m.mmio_gfn, 0x3ffffffff000ull);
	KUNIT_EXPECT_EQ(test, m.mmio_gfn_limit, 1ull << 34);
	KUNIT_EXPECT_EQ(test, m.mmio_access, 0x6ull);
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
		/* No #VE comes of either. */
		KUNIT_EXPECT_EQ(test, m.nonpresent >> 63, 1ull);
		KUNIT_EXPECT_EQ(test, m.frozen, 1ull << 63 | 0x18);
		KUNIT_EXPECT_EQ(test, m.pfn, 0xffffffffff000ull);
		KUNIT_EXPECT_EQ(test, m.saved,
				flags & KVM_EPT_HAS_AD ? 0ull : 7ull << 54);
		KUNIT_EXPECT_EQ(test, m.mmio_gfn, 0xffffffffff000ull);
		KUNIT_EXPECT_EQ(test, m.mmio_gfn_limit, 1ull << 40);
		KUNIT_EXPECT_EQ(test, m.mmio_access, 0ull);
		KUNIT_EXPECT_EQ(test,
				(m.host_writable | m.mmu_writable) &
					~GENMASK_ULL(56, 52),
				0ull);
	}
}

/*
 * The formats of tables that are walked with A/D and without differ in what
 * tells an entry's use, and in nothing that makes an entry MMIO or a page.
 */
static void pte_masks_ept_without_ad(struct kunit *test)
{
	struct kvm_pte_masks with, without;
	unsigned int flags;

	for (flags = 0; flags < 4; flags += KVM_EPT_HAS_EXEC_ONLY) {
		kvm_pte_masks_set_ept(&with, flags | KVM_EPT_HAS_AD);
		kvm_pte_masks_set_ept(&without, flags);
		KUNIT_EXPECT_EQ(test, without.accessed | without.dirty, 0ull);
		KUNIT_EXPECT_EQ(test, without.saved, 7ull << 54);
		without.accessed = BIT_ULL(8);
		without.dirty = BIT_ULL(9);
		without.saved = 0;
		KUNIT_EXPECT_EQ(test,
				memcmp(&with, &without,
				       offsetof(struct kvm_pte_masks,
						exec_only)),
				0);
		KUNIT_EXPECT_EQ(test, with.exec_only, without.exec_only);
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
			KUNIT_EXPECT_EQ(test, m.pfn, 0xffffffffff000ull & ~me);

			reserved = 0;
			for (bit = width; bit < 52; bit++)
				if (bit != c_bit)
					reserved |= BIT_ULL(bit);
			KUNIT_EXPECT_EQ(test, m.mmio_value,
					reserved ? reserved | 1 : 0);
			KUNIT_EXPECT_EQ(test, m.mmio_mask, m.mmio_value);
			KUNIT_EXPECT_EQ(test, m.mmio_gfn,
					0xffffffffff000ull & ~reserved &
						~BIT_ULL(c_bit));
			KUNIT_EXPECT_EQ(test, m.mmio_gfn_limit,
					1ull << (min(width, c_bit) - 12));
		}
		kvm_pte_masks_reset(&m, width);
		KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(&m));
		KUNIT_EXPECT_EQ(test, m.mmio_value,
				width < 52 ? GENMASK_ULL(51, width) | 1 : 0);
	}
}

/*
 * With L1TF, no MMIO entry is an address in the lower half of what the cache
 * can tell apart: by the highest bit of an inverted gfn, or by what is always
 * set above.
 */
static void pte_masks_l1tf(struct kunit *test)
{
	struct kvm_pte_masks m, before;
	unsigned int width, cache_bits, ept;
	u64 highest;

	for (width = 36; width <= 52; width++) {
		for (cache_bits = 36; cache_bits <= 52; cache_bits++) {
			for (ept = 0; ept < 2; ept++) {
				kvm_pte_masks_reset(&m, width);
				if (ept)
					kvm_pte_masks_set_ept(&m, 0);
				before = m;
				kvm_pte_masks_set_l1tf(&m, cache_bits);
				KUNIT_EXPECT_TRUE(test,
						  kvm_pte_masks_valid(&m));
				highest = ~(m.mmio_gfn_limit - 1) << 12 &
					  m.mmio_gfn;
				highest |= m.mmio_value;
				if (m.mmio_value &&
				    !(highest >> (cache_bits - 1) & 1))
					KUNIT_FAIL(test, "ept %u, %u, %u: %llx",
						   ept, width, cache_bits,
						   highest);
				KUNIT_EXPECT_EQ(test, m.mmio_gfn_limit,
						min(before.mmio_gfn_limit,
						    1ull << (cache_bits - 13)));
				m.mmio_gfn_limit = before.mmio_gfn_limit;
				KUNIT_EXPECT_EQ(test,
						memcmp(&m, &before, sizeof(m)),
						0);
			}
		}
	}
}

/* What L1TF makes of a frozen entry is no more than the page at 0. */
static void pte_masks_frozen_is_not_huge(struct kunit *test)
{
	struct kvm_pte_masks m;

	kvm_pte_masks_reset(&m, 46);
	KUNIT_EXPECT_EQ(test, m.frozen & 0x80, 0ull);
	m.frozen |= 0x80;
	KUNIT_EXPECT_FALSE(test, kvm_pte_masks_valid(&m));
	kvm_pte_masks_set_ept(&m, 0);
	KUNIT_EXPECT_EQ(test, m.frozen & 0x80, 0ull);
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
		offsetof(struct kvm_pte_masks, pfn),
		offsetof(struct kvm_pte_masks, saved),
		offsetof(struct kvm_pte_masks, host_writable),
		offsetof(struct kvm_pte_masks, mmu_writable),
		offsetof(struct kvm_pte_masks, writable),
	};
	struct kvm_pte_masks good, m;
	unsigned int format, i, j;
	u64 a, *b;

	for (format = 0; format < 4; format++) {
		kvm_pte_masks_reset(&good, 46);
		if (format == 1)
			kvm_pte_masks_set_me(&good, BIT_ULL(47), BIT_ULL(47),
					     43);
		if (format >= 2)
			kvm_pte_masks_set_ept(&good,
					      format == 2 ? KVM_EPT_HAS_AD : 0);
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

#define EXPECT_BAD(change)                                            \
	do {                                                          \
		m = good;                                             \
		m.change;                                             \
		KUNIT_EXPECT_FALSE_MSG(test, kvm_pte_masks_valid(&m), \
				       #change);                      \
	} while (0)

static void pte_masks_nonsense_is_found(struct kunit *test)
{
	struct kvm_pte_masks good, m;

	kvm_pte_masks_reset(&good, 46);

	EXPECT_BAD(present = 0);
	EXPECT_BAD(readable = 0);
	EXPECT_BAD(writable = 0);
	EXPECT_BAD(pfn = 0);
	EXPECT_BAD(host_writable = 0);
	EXPECT_BAD(mmu_writable = 0);
	EXPECT_BAD(exec = BIT_ULL(3));
	EXPECT_BAD(nx = 0);
	EXPECT_BAD(nonpresent = good.present);
	EXPECT_BAD(nonpresent = good.mmio_value & ~good.present);
	good.frozen |= good.host_writable;
	EXPECT_BAD(nonpresent = good.host_writable);
	good.frozen &= ~good.host_writable;
	/* An entry's use is seen in one way, and in one only. */
	EXPECT_BAD(accessed = 0);
	EXPECT_BAD(dirty = 0);
	EXPECT_BAD(saved = BIT_ULL(54));

	kvm_pte_masks_set_ept(&good, 0);
	EXPECT_BAD(saved = 0);
	EXPECT_BAD(saved |= BIT_ULL(57));
	EXPECT_BAD(saved &= ~BIT_ULL(55));
	EXPECT_BAD(readable |= BIT_ULL(2));
	EXPECT_BAD(exec |= BIT_ULL(1));
}

static void pte_masks_bad_frozen_is_found(struct kunit *test)
{
	struct kvm_pte_masks good, m;

	kvm_pte_masks_set_ept(&good, KVM_EPT_HAS_AD);
	EXPECT_BAD(frozen = good.nonpresent);
	EXPECT_BAD(frozen &= ~good.nonpresent);
	EXPECT_BAD(frozen |= BIT_ULL(0));
	EXPECT_BAD(frozen |= BIT_ULL(1));
	EXPECT_BAD(frozen |= BIT_ULL(2));
	EXPECT_BAD(frozen |= good.accessed);
	EXPECT_BAD(frozen |= good.dirty);
	EXPECT_BAD(frozen |= BIT_ULL(12));
	EXPECT_BAD(frozen |= BIT_ULL(51));
	EXPECT_BAD(frozen |= KVM_PTE_MMU_PRESENT);
	kvm_pte_masks_reset(&good, 46);
	kvm_pte_masks_set_me(&good, BIT_ULL(47), BIT_ULL(47), 43);
	EXPECT_BAD(frozen |= BIT_ULL(47));
}

static void pte_masks_bad_mmio_is_found(struct kunit *test)
{
	struct kvm_pte_masks good, m;
	unsigned int bit;

	kvm_pte_masks_reset(&good, 46);
	EXPECT_BAD(mmio_mask = good.present);
	EXPECT_BAD(mmio_value &= ~good.present);
	EXPECT_BAD(mmio_gfn |= good.mmio_value & good.pfn);
	EXPECT_BAD(mmio_access |= good.present);
	EXPECT_BAD(mmio_access |= BIT_ULL(5));
	EXPECT_BAD(mmio_gfn_limit++);
	EXPECT_BAD(mmio_gfn &= ~BIT_ULL(30));

	kvm_pte_masks_set_ept(&good, 0);
	EXPECT_BAD(mmio_access = good.writable);
	EXPECT_BAD(mmio_value |= BIT_ULL(13));
	good.mmio_mask |= KVM_PTE_MMU_PRESENT;
	EXPECT_BAD(mmio_value |= KVM_PTE_MMU_PRESENT);
	good.mmio_mask &= ~KVM_PTE_MMU_PRESENT;
	EXPECT_BAD(mmio_mask |= good.nonpresent);
	EXPECT_BAD(mmio_gfn_limit *= 2);
	/* None but an address bit can hold the gfn, ... */
	for (bit = 0; bit < 64; bit++)
		if (bit < 12 || bit > 51)
			EXPECT_BAD(mmio_gfn |= BIT_ULL(bit));
	/* ... and what holds the generation tells nothing else. */
	for (bit = 0; bit < 64; bit++)
		if ((bit >= 52 && bit <= 62) || bit == 3 || bit == 4)
			EXPECT_BAD(mmio_mask |= BIT_ULL(bit));
}

#undef EXPECT_BAD

static struct kunit_case pte_masks_cases[] = {
	/* clang-format off */
	KUNIT_CASE(pte_masks_reset_is_whole),
	KUNIT_CASE(pte_masks_legacy_bits),
	KUNIT_CASE(pte_masks_ept_bits),
	KUNIT_CASE(pte_masks_ept_without_ad),
	KUNIT_CASE(pte_masks_mmio),
	KUNIT_CASE(pte_masks_l1tf),
	KUNIT_CASE(pte_masks_frozen_is_not_huge),
	KUNIT_CASE(pte_masks_overlap_is_found),
	KUNIT_CASE(pte_masks_nonsense_is_found),
	KUNIT_CASE(pte_masks_bad_frozen_is_found),
	KUNIT_CASE(pte_masks_bad_mmio_is_found),
	{}
	/* clang-format on */
};

struct kunit_suite pte_masks_suite = {
	.name = "twinwalk_pte_masks",
	.test_cases = pte_masks_cases,
};
