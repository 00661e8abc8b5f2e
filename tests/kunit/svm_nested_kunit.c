// SPDX-License-Identifier: GPL-2.0-only
/*
 * svm_nested_kunit.c - what VMRUN of a guest takes, and its MSR permission map
 *
 * Numbers are written down from APM 2: table 15-8 for the map, 15.20 for events,
 * 15.5.1 for the rest.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <asm/svm.h>

#include "svm/nested_check.h"
#include "tests/kunit/suites.h"

/* A guest with 40 bits of a physical address. */
#define RESERVED GENMASK_ULL(63, 40)
#define TOP	 BIT_ULL(40)

static void msrpm_bits(struct kunit *test)
{
	static const struct {
		u32 index;
		int bit;
	} rows[] = {
		{ 0, 0 },
		{ 0x174, 0x5d * 8 },
		{ 0x1fff, 0x7ff * 8 + 6 },
		{ 0x2000, -1 },
		{ 0x40000000, -1 },
		{ 0xbfffffff, -1 },
		{ 0xc0000000, 0x800 * 8 },
		{ 0xc0000081, 0x820 * 8 + 2 },
		{ 0xc0001fff, 0xfff * 8 + 6 },
		{ 0xc0002000, -1 },
		{ 0xc0010000, 0x1000 * 8 },
		{ 0xc0010117, 0x1045 * 8 + 6 },
		{ 0xc0011fff, 0x17ff * 8 + 6 },
		{ 0xc0012000, -1 },
		{ 0xffffffff, -1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, svm_msrpm_bit(rows[i].index),
				    rows[i].bit, "MSR %#x", rows[i].index);
}

/* A bit a vector, by type. */
static bool event_is_valid(unsigned int type, unsigned int vector)
{
	switch (type) {
	case 0:
	case 2:
	case 4:
		return true;
	case 3:
		return vector != 2 && vector < 32;
	default:
		return false;
	}
}

static void events(struct kunit *test)
{
	unsigned int type, vector;
	u32 event;

	for (type = 0; type < 8; type++) {
		for (vector = 0; vector < 256; vector++) {
			event = type << 8 | vector;
			KUNIT_EXPECT_TRUE(test, svm_event_inj_is_valid(event));
			KUNIT_EXPECT_EQ_MSG(test,
					    svm_event_inj_is_valid(event |
								   BIT(31)),
					    event_is_valid(type, vector),
					    "type %u vector %u", type, vector);
		}
	}
}

/* Long mode, 64 bits. */
static void make_valid(struct vmcb *vmcb)
{
	memset(vmcb, 0, sizeof(*vmcb));
	vmcb->control.intercepts[4] = BIT(0);
	vmcb->control.asid = 1;
	vmcb->save.efer = 0x1d01;
	vmcb->save.cr0 = 0x80050033;
	vmcb->save.cr3 = 0x1000;
	vmcb->save.cr4 = 0x20;
	vmcb->save.cs.attrib = 0xa9b;
	vmcb->save.dr6 = 0xffff0ff0;
	vmcb->save.dr7 = 0x400;
}

/**
 * struct change - of a VMCB that is valid
 * @offset: in it
 * @size: of the field
 * @value: its new one
 * @valid: is it still?
 */
struct change {
	u16 offset;
	u8 size;
	u64 value;
	bool valid;
};

#define AT(field) offsetof(struct vmcb, field)

static const struct change changes[] = {
	/* clang-format off */
	{ AT(control.intercepts[4]), 4, 0xfffffffe, false },
	{ AT(control.intercepts[4]), 4, 0xffffffff, true },
	{ AT(control.asid), 4, 0, false },
	{ AT(control.asid), 4, 0xffffffff, true },
	{ AT(control.nested_ctl), 8, 1, false },
	{ AT(control.msrpm_base_pa), 8, TOP - SZ_8K, true },
	{ AT(control.msrpm_base_pa), 8, TOP - SZ_8K + 0xfff, true },
	{ AT(control.msrpm_base_pa), 8, TOP - SZ_4K, false },
	{ AT(control.msrpm_base_pa), 8, TOP, false },
	{ AT(control.msrpm_base_pa), 8, ~0ull, false },
	{ AT(control.iopm_base_pa), 8, TOP - 3 * SZ_4K, true },
	{ AT(control.iopm_base_pa), 8, TOP - 2 * SZ_4K, false },
	{ AT(control.iopm_base_pa), 8, BIT_ULL(63), false },
	{ AT(control.event_inj), 4, 0x80000502, false },
	{ AT(control.event_inj), 4, 0x00000502, true },
	{ AT(save.efer), 8, 0x0d01, false },
	{ AT(save.efer), 8, 0x1d01, true },
	/* 32-bit mode: CS.L says nothing. */
	{ AT(save.efer), 8, 0x1001, true },
	{ AT(save.cr0), 8, 0xa0050033, false },
	{ AT(save.cr0), 8, 0xe0050033, true },
	{ AT(save.cr0), 8, 0xc0050033, true },
	{ AT(save.cr0), 8, 0x180050033, false },
	/* PG without PE: not in long mode. */
	{ AT(save.cr0), 8, 0x80050032, false },
	{ AT(save.cr0), 8, 0x00050032, true },
	{ AT(save.cr3), 8, TOP, false },
	{ AT(save.cr3), 8, TOP - SZ_4K, true },
	{ AT(save.cr4), 8, 0, false },
	{ AT(save.cs.attrib), 2, 0xe9b, false },
	{ AT(save.cs.attrib), 2, 0xc9b, true },
	{ AT(save.dr6), 8, 0x1ffff0ff0, false },
	{ AT(save.dr6), 8, 0, true },
	{ AT(save.dr7), 8, BIT_ULL(63), false },
	{ AT(save.dr7), 8, 0xffffffff, true },
	/* clang-format on */
};

static void vmcbs(struct kunit *test)
{
	struct vmcb *vmcb = kunit_kzalloc(test, sizeof(*vmcb), GFP_KERNEL);
	const struct change *c;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, vmcb);
	make_valid(vmcb);
	KUNIT_EXPECT_TRUE(test, svm_vmcb_is_valid(vmcb, RESERVED));
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		c = &changes[i];
		make_valid(vmcb);
		memcpy((void *)vmcb + c->offset, &c->value, c->size);
		KUNIT_EXPECT_EQ_MSG(test, svm_vmcb_is_valid(vmcb, RESERVED),
				    c->valid, "row %u: %#llx at %#x", i,
				    c->value, c->offset);
	}
}

/* PG without PE, outside of long mode: "paged real mode", APM 2, 15.19. */
static void paged_real_mode(struct kunit *test)
{
	struct vmcb *vmcb = kunit_kzalloc(test, sizeof(*vmcb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vmcb);
	make_valid(vmcb);
	vmcb->save.efer = 0x1000;
	vmcb->save.cr0 = 0x80000010;
	KUNIT_EXPECT_TRUE(test, svm_vmcb_is_valid(vmcb, RESERVED));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(msrpm_bits),
	KUNIT_CASE(events),
	KUNIT_CASE(vmcbs),
	KUNIT_CASE(paged_real_mode),
	{},
};

struct kunit_suite svm_nested_suite = {
	.name = "twinwalk_svm_nested",
	.test_cases = cases,
};
