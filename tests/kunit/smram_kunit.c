// SPDX-License-Identifier: GPL-2.0-only
/*
 * smram_kunit.c - SMM's state-save area: each field where the manuals have it
 *
 * The places are written down once more, from APM 2, table 10-1, and from SDM 3C,
 * "SMRAM State Save Map", as what the guest reads there.
 */
#include <kunit/test.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tests/kunit/suites.h"
#include "x86/smram.h"

static struct kvm_smram_state *state, *back;
static u8 *smram;

static int smram_init(struct kunit *test)
{
	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	back = kunit_kzalloc(test, sizeof(*back), GFP_KERNEL);
	smram = kunit_kzalloc(test, KVM_SMRAM_STATE_SIZE, GFP_KERNEL);
	return state && back && smram ? 0 : -ENOMEM;
}

static void fill_segment(struct kvm_segment *s, unsigned int n, bool is_long)
{
	*s = (struct kvm_segment){
		.base = (is_long ? 0xffff800000000000ull : 0) + 0x1000 * n + n,
		.limit = 0xfff00000 + n,
		.selector = 0x100 + 8 * n,
		.type = n,
		.present = 1,
		.dpl = n & 3,
		.db = n & 1,
		.s = !(n & 1),
		.l = !!(n & 2),
		.g = !!(n & 4),
		.avl = !(n & 4),
	};
}

/* No two fields are the same, no byte of a field is 0. */
static void fill(bool is_long)
{
	u64 mask = is_long ? ~0ull : 0xffffffff;
	u64 *r = (u64 *)&state->regs;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	for (i = 0; i < sizeof(state->regs) / sizeof(u64); i++)
		r[i] = (0x0101010101010101ull * (0x10 + i)) & mask;
	if (!is_long)
		memset(&state->regs.r8, 0, 8 * sizeof(u64));
	state->regs.rflags = 0x3f7fd7 & ~0x8028ull;
	state->sregs.cr0 = 0x80050033;
	state->sregs.cr3 = 0x1122334455667788ull & mask;
	state->sregs.cr4 = 0x003706b8;
	state->sregs.efer = 0xd01;
	state->dr6 = 0xffff0ff1;
	state->dr7 = 0x99aa07bb;
	state->smbase = 0x7f5e3d1c;
	fill_segment(&state->sregs.es, 1, is_long);
	fill_segment(&state->sregs.cs, 2, is_long);
	fill_segment(&state->sregs.ss, 3, is_long);
	fill_segment(&state->sregs.ds, 4, is_long);
	fill_segment(&state->sregs.fs, 5, is_long);
	fill_segment(&state->sregs.gs, 6, is_long);
	fill_segment(&state->sregs.ldt, 7, is_long);
	fill_segment(&state->sregs.tr, 11, is_long);
	state->sregs.gdt.base = 0xfffffe0012345000ull & mask;
	state->sregs.gdt.limit = 0x6789;
	state->sregs.idt.base = 0xfffffe00abcde000ull & mask;
	state->sregs.idt.limit = 0x0fff;
	state->halted = true;
}

static u64 at(unsigned int offset, unsigned int bytes)
{
	u64 value = 0;

	/* The area begins at FE00H, or 7E00H. */
	memcpy(&value, smram + offset % KVM_SMRAM_STATE_SIZE, bytes);
	return value;
}

static void smram_layout_64(struct kunit *test)
{
	fill(true);
	kvm_smram_pack(smram, state, KVM_SMRAM_64);

	KUNIT_EXPECT_EQ(test, at(0xfefc, 4), 0x20064);
	KUNIT_EXPECT_EQ(test, at(0xff00, 4), state->smbase);
	KUNIT_EXPECT_EQ(test, at(0xff04, 4), 0);
	KUNIT_EXPECT_EQ(test, at(0xfec8, 2), 0x100); /* I/O, then HLT */
	KUNIT_EXPECT_EQ(test, at(0xfed0, 8), state->sregs.efer);
	KUNIT_EXPECT_EQ(test, at(0xff48, 8), state->sregs.cr4);
	KUNIT_EXPECT_EQ(test, at(0xff50, 8), state->sregs.cr3);
	KUNIT_EXPECT_EQ(test, at(0xff58, 8), state->sregs.cr0);
	KUNIT_EXPECT_EQ(test, at(0xff60, 8), state->dr7);
	KUNIT_EXPECT_EQ(test, at(0xff68, 8), state->dr6);
	KUNIT_EXPECT_EQ(test, at(0xff70, 8), state->regs.rflags);
	KUNIT_EXPECT_EQ(test, at(0xff78, 8), state->regs.rip);
	KUNIT_EXPECT_EQ(test, at(0xff80, 8), state->regs.r15);
	KUNIT_EXPECT_EQ(test, at(0xffb8, 8), state->regs.r8);
	KUNIT_EXPECT_EQ(test, at(0xffc0, 8), state->regs.rdi);
	KUNIT_EXPECT_EQ(test, at(0xffc8, 8), state->regs.rsi);
	KUNIT_EXPECT_EQ(test, at(0xffd0, 8), state->regs.rbp);
	KUNIT_EXPECT_EQ(test, at(0xffd8, 8), state->regs.rsp);
	KUNIT_EXPECT_EQ(test, at(0xffe0, 8), state->regs.rbx);
	KUNIT_EXPECT_EQ(test, at(0xffe8, 8), state->regs.rdx);
	KUNIT_EXPECT_EQ(test, at(0xfff0, 8), state->regs.rcx);
	KUNIT_EXPECT_EQ(test, at(0xfff8, 8), state->regs.rax);
	KUNIT_EXPECT_EQ(test, at(0xfe64, 2), state->sregs.gdt.limit);
	KUNIT_EXPECT_EQ(test, at(0xfe68, 8), state->sregs.gdt.base);
	KUNIT_EXPECT_EQ(test, at(0xfe84, 2), state->sregs.idt.limit);
	KUNIT_EXPECT_EQ(test, at(0xfe88, 8), state->sregs.idt.base);
	/* CS: type 2, S, DPL 2, P; L. */
	KUNIT_EXPECT_EQ(test, at(0xfe10, 2), state->sregs.cs.selector);
	KUNIT_EXPECT_EQ(test, at(0xfe12, 2), 0x30d2);
	KUNIT_EXPECT_EQ(test, at(0xfe14, 4), state->sregs.cs.limit);
	KUNIT_EXPECT_EQ(test, at(0xfe18, 8), state->sregs.cs.base);
	KUNIT_EXPECT_EQ(test, at(0xfe70, 2), state->sregs.ldt.selector);
	KUNIT_EXPECT_EQ(test, at(0xfe90, 2), state->sregs.tr.selector);
}

static void smram_layout_32(struct kunit *test)
{
	fill(false);
	kvm_smram_pack(smram, state, KVM_SMRAM_32);

	KUNIT_EXPECT_EQ(test, at(0x7efc, 4), 0x20000);
	KUNIT_EXPECT_EQ(test, at(0x7ef8, 4), state->smbase);
	KUNIT_EXPECT_EQ(test, at(0x7f00, 2), 0); /* I/O */
	KUNIT_EXPECT_EQ(test, at(0x7f02, 2), 1); /* HLT */
	KUNIT_EXPECT_EQ(test, at(0x7fa8, 4), state->sregs.es.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fac, 4), state->sregs.cs.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fb0, 4), state->sregs.ss.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fb4, 4), state->sregs.ds.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fb8, 4), state->sregs.fs.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fbc, 4), state->sregs.gs.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fc0, 4), state->sregs.ldt.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fc4, 4), state->sregs.tr.selector);
	KUNIT_EXPECT_EQ(test, at(0x7fc8, 4), state->dr7);
	KUNIT_EXPECT_EQ(test, at(0x7fcc, 4), state->dr6);
	KUNIT_EXPECT_EQ(test, at(0x7fd0, 4), state->regs.rax);
	KUNIT_EXPECT_EQ(test, at(0x7fd4, 4), state->regs.rcx);
	KUNIT_EXPECT_EQ(test, at(0x7fd8, 4), state->regs.rdx);
	KUNIT_EXPECT_EQ(test, at(0x7fdc, 4), state->regs.rbx);
	KUNIT_EXPECT_EQ(test, at(0x7fe0, 4), state->regs.rsp);
	KUNIT_EXPECT_EQ(test, at(0x7fe4, 4), state->regs.rbp);
	KUNIT_EXPECT_EQ(test, at(0x7fe8, 4), state->regs.rsi);
	KUNIT_EXPECT_EQ(test, at(0x7fec, 4), state->regs.rdi);
	KUNIT_EXPECT_EQ(test, at(0x7ff0, 4), state->regs.rip);
	KUNIT_EXPECT_EQ(test, at(0x7ff4, 4), state->regs.rflags);
	KUNIT_EXPECT_EQ(test, at(0x7ff8, 4), state->sregs.cr3);
	KUNIT_EXPECT_EQ(test, at(0x7ffc, 4), state->sregs.cr0);
}

/* What goes in comes out, so that no two fields are in one place either. */
static void expect_round_trip(struct kunit *test, enum kvm_smram_layout layout)
{
	fill(layout == KVM_SMRAM_64);
	kvm_smram_pack(smram, state, layout);
	memset(back, 0, sizeof(*back));
	kvm_smram_unpack(back, smram, layout);
	KUNIT_EXPECT_EQ(test, memcmp(state, back, sizeof(*back)), 0);

	/* What waits for nothing does not wait afterwards. */
	state->halted = false;
	kvm_smram_pack(smram, state, layout);
	kvm_smram_unpack(back, smram, layout);
	KUNIT_EXPECT_FALSE(test, back->halted);
}

static void smram_round_trip(struct kunit *test)
{
	expect_round_trip(test, KVM_SMRAM_32);
	expect_round_trip(test, KVM_SMRAM_64);
}

static void smram_null_segment(struct kunit *test)
{
	enum kvm_smram_layout layout;

	for (layout = KVM_SMRAM_32; layout <= KVM_SMRAM_64; layout++) {
		fill(false);
		state->sregs.ds.unusable = 1;
		kvm_smram_pack(smram, state, layout);
		kvm_smram_unpack(back, smram, layout);
		KUNIT_EXPECT_EQ(test, back->sregs.ds.unusable, 1);
		KUNIT_EXPECT_EQ(test, back->sregs.ds.present, 0);
		KUNIT_EXPECT_EQ(test, back->sregs.es.unusable, 0);
	}
}

/* The guest's own bytes: no flag that does not exist, no bit that was there. */
static void smram_any_bytes(struct kunit *test)
{
	enum kvm_smram_layout layout;

	for (layout = KVM_SMRAM_32; layout <= KVM_SMRAM_64; layout++) {
		memset(smram, 0xff, KVM_SMRAM_STATE_SIZE);
		kvm_smram_unpack(state, smram, layout);
		KUNIT_EXPECT_EQ(test, state->regs.rflags, 0x3f7fd7);
		KUNIT_EXPECT_EQ(test, state->smbase, 0xffffffff);
		KUNIT_EXPECT_TRUE(test, state->halted);
		/* Of that byte one bit counts. */
		memset(smram, 0xfe, KVM_SMRAM_STATE_SIZE);
		kvm_smram_unpack(state, smram, layout);
		KUNIT_EXPECT_FALSE(test, state->halted);

		memset(smram, 0, KVM_SMRAM_STATE_SIZE);
		memset(state, 0xff, sizeof(*state));
		kvm_smram_unpack(state, smram, layout);
		KUNIT_EXPECT_EQ(test, state->regs.rflags, 2);
		KUNIT_EXPECT_EQ(test, state->regs.rax, 0);
		KUNIT_EXPECT_EQ(test, state->sregs.cr0, 0);
		KUNIT_EXPECT_EQ(test, state->sregs.gs.base, 0);
		KUNIT_EXPECT_EQ(test, state->sregs.idt.base, 0);
		KUNIT_EXPECT_FALSE(test, state->halted);
		/* These it has not, and they are left alone. */
		KUNIT_EXPECT_EQ(test, state->sregs.cr2, ~0ull);
		KUNIT_EXPECT_EQ(test, state->sregs.apic_base, ~0ull);
	}
}

static struct kunit_case smram_cases[] = {
	/* clang-format off */
	KUNIT_CASE(smram_layout_64),
	KUNIT_CASE(smram_layout_32),
	KUNIT_CASE(smram_round_trip),
	KUNIT_CASE(smram_null_segment),
	KUNIT_CASE(smram_any_bytes),
	{}
	/* clang-format on */
};

struct kunit_suite smram_suite = {
	.name = "twinwalk_smram",
	.init = smram_init,
	.test_cases = smram_cases,
};
