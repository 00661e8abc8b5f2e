// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_kunit.c - instructions by hand, cut short, and what the fields say
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"
#include "tests/emulate/encodings.h"
#include "tests/kunit/suites.h"

#define PROT32 KVM_INSN_PROT32
#define LONG   KVM_INSN_LONG

/* What comes after an instruction has to be nothing to it. */
static enum kvm_insn_result decode(struct kvm_insn *insn,
				   const struct kvm_encoding *e, u8 rest)
{
	u8 bytes[KVM_INSN_MAX_LEN];

	memset(bytes, rest, sizeof(bytes));
	memcpy(bytes, e->bytes, e->nr);
	memset(insn, rest, sizeof(*insn));
	return kvm_insn_decode(insn, bytes, sizeof(bytes), e->how);
}

static bool is_as_written(const struct kvm_encoding *e,
			  const struct kvm_insn *insn, enum kvm_insn_result r)
{
	if (r != e->result)
		return false;
	if (r != KVM_INSN_OK)
		return true;
	return insn->len == e->nr && insn->mem[0].access == e->access &&
	       (!e->access || insn->mem[0].size == e->size) &&
	       insn->nr_mem >= !!e->access;
}

static void decode_encodings(struct kunit *test)
{
	static const u8 rests[] = { 0x00, 0xff, 0x66, 0xc3 };
	struct kvm_insn insn;
	unsigned int i, j;

	for (i = 0; i < kvm_nr_encodings; i++)
		for (j = 0; j < ARRAY_SIZE(rests); j++) {
			const struct kvm_encoding *e = &kvm_encodings[i];
			enum kvm_insn_result r = decode(&insn, e, rests[j]);

			if (is_as_written(e, &insn, r))
				continue;
			KUNIT_FAIL(test, "%*ph how %x: %d len %u acc %u sz %u",
				   e->nr, e->bytes, e->how, r, insn.len,
				   insn.mem[0].access, insn.mem[0].size);
		}
	KUNIT_EXPECT_GE(test, kvm_nr_encodings, 300u);
}

/* With fewer bytes there is more to come, of what is defined and too long. */
static void decode_cut_short(struct kunit *test)
{
	struct kvm_insn insn;
	unsigned int i, nr;

	for (i = 0; i < kvm_nr_encodings; i++) {
		const struct kvm_encoding *e = &kvm_encodings[i];

		if (e->result == KVM_INSN_UNDEFINED)
			continue;
		for (nr = 0; nr < e->nr; nr++)
			if (kvm_insn_decode(&insn, (const u8 *)e->bytes, nr,
					    e->how) != KVM_INSN_MORE)
				KUNIT_FAIL(test, "%*ph how %x cut to %u", e->nr,
					   e->bytes, e->how, nr);
	}
}

/* Fields of one instruction; @mem is of its first memory operand. */
struct fields {
	u16 how;
	const char *bytes;
	u8 nr;
	u8 reg, rm, op_bytes, ad_bytes;
	u64 imm, imm2;
	struct kvm_insn_mem mem;
};

#define NO_REG KVM_INSN_REG_NONE
#define SEG(s) KVM_INSN_SEG_##s
#define R      KVM_INSN_ACCESS_READ
#define W      KVM_INSN_ACCESS_WRITE

/* clang-format off */
static const struct fields fields[] = {
	{ LONG, "\x4e\x8b\x4c\xa3\xf0", 5, 9, 4, 8, 8, 0, 0,
	  { -16, 8, R, 3, 12, 2, SEG(DS) } },
	{ LONG, "\x8b\x05\xfe\xff\xff\xff", 6, 0, 5, 4, 8, 0, 0,
	  { -2, 4, R, KVM_INSN_REG_RIP, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x41\x8b\x05\x04\x03\x02\x01", 7, 0, 13, 4, 8, 0, 0,
	  { 0x01020304, 4, R, KVM_INSN_REG_RIP, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x8b\x04\x25\x04\x03\x02\x81", 7, 0, 4, 4, 8, 0, 0,
	  { -0x7efdfcfcll, 4, R, NO_REG, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x41\x8b\x04\x25\x04\x03\x02\x01", 8, 0, 12, 4, 8, 0, 0,
	  { 0x01020304, 4, R, NO_REG, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x42\x8b\x04\xa5\x04\x03\x02\x01", 8, 0, 4, 4, 8, 0, 0,
	  { 0x01020304, 4, R, NO_REG, 12, 2, SEG(DS) } },
	{ LONG, "\x8b\x04\x24", 3, 0, 4, 4, 8, 0, 0,
	  { 0, 4, R, 4, NO_REG, 0, SEG(SS) } },
	{ LONG, "\x41\x8b\x04\x24", 4, 0, 12, 4, 8, 0, 0,
	  { 0, 4, R, 12, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x8b\x45\x08", 3, 0, 5, 4, 8, 0, 0,
	  { 8, 4, R, 5, NO_REG, 0, SEG(SS) } },
	{ LONG, "\x41\x8b\x45\x08", 4, 0, 13, 4, 8, 0, 0,
	  { 8, 4, R, 13, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x64\x8b\x45\x08", 4, 0, 5, 4, 8, 0, 0,
	  { 8, 4, R, 5, NO_REG, 0, SEG(FS) } },
	{ LONG, "\x2e\x8b\x45\x08", 4, 0, 5, 4, 8, 0, 0,
	  { 8, 4, R, 5, NO_REG, 0, SEG(SS) } },
	{ LONG, "\x65\x3e\x8b\x00", 4, 0, 0, 4, 8, 0, 0,
	  { 0, 4, R, 0, NO_REG, 0, SEG(GS) } },
	{ PROT32, "\x65\x2e\x8b\x00", 4, 0, 0, 4, 4, 0, 0,
	  { 0, 4, R, 0, NO_REG, 0, SEG(CS) } },
	{ PROT32, "\x26\x8b\x00", 3, 0, 0, 4, 4, 0, 0,
	  { 0, 4, R, 0, NO_REG, 0, SEG(ES) } },
	{ PROT32, "\x36\x8b\x00", 3, 0, 0, 4, 4, 0, 0,
	  { 0, 4, R, 0, NO_REG, 0, SEG(SS) } },
	{ PROT32, "\x3e\x8b\x04\x24", 4, 0, 4, 4, 4, 0, 0,
	  { 0, 4, R, 4, NO_REG, 0, SEG(DS) } },
	{ PROT32, "\x8b\x05\xfe\xff\xff\xff", 6, 0, 5, 4, 4, 0, 0,
	  { -2, 4, R, NO_REG, NO_REG, 0, SEG(DS) } },
	{ KVM_INSN_PROT16, "\x0f\x20\xc3", 3, 0, 3, 4, 2, 0, 0, { } },
	{ KVM_INSN_REAL, "\x8b\x42\xfe", 3, 0, 2, 2, 2, 0, 0,
	  { -2, 2, R, 5, 6, 0, SEG(SS) } },
	{ KVM_INSN_REAL, "\x8b\x41\xfe", 3, 0, 1, 2, 2, 0, 0,
	  { -2, 2, R, 3, 7, 0, SEG(DS) } },
	{ KVM_INSN_REAL, "\x8b\x85\x34\x12", 4, 0, 5, 2, 2, 0, 0,
	  { 0x1234, 2, R, 7, NO_REG, 0, SEG(DS) } },
	{ KVM_INSN_REAL, "\x8b\x0e\x34\x92", 4, 1, 6, 2, 2, 0, 0,
	  { -0x6dcc, 2, R, NO_REG, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x48\xc7\x00\xfe\xff\xff\xff", 7, 0, 0, 8, 8, -2, 0,
	  { 0, 8, W, 0, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x83\x28\xfe", 3, 5, 0, 4, 8, -2, 0,
	  { 0, 4, R | W, 0, NO_REG, 0, SEG(DS) } },
	{ LONG, "\xc0\x20\xfe", 3, 4, 0, 4, 8, 0xfe, 0,
	  { 0, 1, R | W, 0, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x49\xbf\x08\x07\x06\x05\x04\x03\x02\x81", 10, 0, 15, 8, 8,
	  0x8102030405060708, 0, { } },
	{ LONG, "\xb8\xfe\xff\xff\xff", 5, 0, 0, 4, 8, 0xfffffffe, 0, { } },
	{ LONG, "\xc8\x34\x92\x81", 4, 0, 0, 8, 8, 0x9234, 0x81, { } },
	{ PROT32, "\xea\x04\x03\x02\x91\x06\x95", 7, 0, 2, 4, 4,
	  0x91020304, 0x9506, { } },
	{ LONG, "\xeb\xfe", 2, 0, 3, 8, 8, -2, 0, { } },
	{ LONG, "\x6a\xfe", 2, 0, 2, 8, 8, -2, 0, { } },
	{ LONG, "\xa1\x08\x07\x06\x05\x04\x03\x02\x81", 9, 0, 1, 4, 8, 0, 0,
	  { 0x8102030405060708, 4, R, NO_REG, NO_REG, 0, SEG(DS) } },
	{ LONG, "\x64\x67\xa3\x04\x03\x02\x81", 7, 0, 3, 4, 4, 0, 0,
	  { 0x81020304, 4, W, NO_REG, NO_REG, 0, SEG(FS) } },
	{ LONG, "\x64\xa4", 2, 0, 4, 4, 8, 0, 0,
	  { 0, 1, W, 7, NO_REG, 0, SEG(ES) } },
	{ LONG, "\x64\xad", 2, 0, 5, 4, 8, 0, 0,
	  { 0, 4, R, 6, NO_REG, 0, SEG(FS) } },
	{ LONG, "\xd7", 1, 0, 7, 4, 8, 0, 0,
	  { 0, 1, R, 3, KVM_INSN_REG_AL, 0, SEG(DS) } },
	{ LONG, "\x44\x0f\x20\xc3", 4, 8, 3, 8, 8, 0, 0, { } },
	{ LONG | KVM_INSN_AMD, "\xf0\x0f\x20\xc3", 4, 8, 3, 8, 8, 0, 0, { } },
	{ LONG, "\x44\x8e\xd8", 3, 3, 0, 4, 8, 0, 0, { } },
	{ LONG, "\x48\x66\x8b\xc1", 4, 0, 1, 2, 8, 0, 0, { } },
	{ LONG, "\xc4\x41\x78\x10\x04\x24", 6, 8, 12, 4, 8, 0, 0,
	  { 0, 0, KVM_INSN_ACCESS_UNKNOWN, 12, NO_REG, 0, SEG(DS) } },
};

/* clang-format on */

static bool has_fields(const struct kvm_insn *insn, const struct fields *f)
{
	const struct kvm_insn_mem *m = &insn->mem[0];

	return insn->reg == f->reg && insn->rm == f->rm &&
	       insn->op_bytes == f->op_bytes && insn->ad_bytes == f->ad_bytes &&
	       insn->imm == f->imm && insn->imm2 == f->imm2 &&
	       m->disp == f->mem.disp && m->size == f->mem.size &&
	       m->access == f->mem.access && m->base == f->mem.base &&
	       m->index == f->mem.index && m->scale == f->mem.scale &&
	       m->seg == f->mem.seg;
}

static void decode_fields(struct kunit *test)
{
	struct kvm_insn insn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct fields *f = &fields[i];
		enum kvm_insn_result r;

		r = kvm_insn_decode(&insn, (const u8 *)f->bytes, f->nr, f->how);
		KUNIT_EXPECT_EQ(test, (int)r, (int)KVM_INSN_OK);
		if (!has_fields(&insn, f))
			KUNIT_FAIL(test,
				   "%*ph: reg %u rm %u op %u ad %u imm %llx %llx mem %llx %u %u %u %u %u %u",
				   f->nr, f->bytes, insn.reg, insn.rm,
				   insn.op_bytes, insn.ad_bytes, insn.imm,
				   insn.imm2, insn.mem[0].disp,
				   insn.mem[0].size, insn.mem[0].access,
				   insn.mem[0].base, insn.mem[0].index,
				   insn.mem[0].scale, insn.mem[0].seg);
	}
}

/* MOVS and CMPS have two, in the order of their operands. */
static void decode_two_memories(struct kunit *test)
{
	struct kvm_insn insn;

	kvm_insn_decode(&insn, (const u8 *)"\x65\xa5", 2, LONG);
	KUNIT_EXPECT_EQ(test, insn.nr_mem, 2);
	KUNIT_EXPECT_EQ(test, insn.mem[0].base, 7);
	KUNIT_EXPECT_EQ(test, insn.mem[0].access, KVM_INSN_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, insn.mem[0].seg, KVM_INSN_SEG_ES);
	KUNIT_EXPECT_EQ(test, insn.mem[1].base, 6);
	KUNIT_EXPECT_EQ(test, insn.mem[1].access, KVM_INSN_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, insn.mem[1].seg, KVM_INSN_SEG_GS);
	kvm_insn_decode(&insn, (const u8 *)"\xa6", 1, LONG);
	KUNIT_EXPECT_EQ(test, insn.nr_mem, 2);
	KUNIT_EXPECT_EQ(test, insn.mem[0].base, 6);
	KUNIT_EXPECT_EQ(test, insn.mem[0].access, KVM_INSN_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, insn.mem[1].base, 7);
	KUNIT_EXPECT_EQ(test, insn.mem[1].access, KVM_INSN_ACCESS_READ);
}

/* As they are written down, and of F3 and F2 the last. */
static void decode_prefixes(struct kunit *test)
{
	static const struct {
		const char *bytes;
		u8 nr, prefixes, seg;
	} rows[] = {
		{ "\xa4", 1, 0, KVM_INSN_SEG_NONE },
		{ "\xf3\xa4", 2, KVM_INSN_PFX_F3, KVM_INSN_SEG_NONE },
		{ "\xf2\xf3\xa4", 3, KVM_INSN_PFX_F3, KVM_INSN_SEG_NONE },
		{ "\xf3\xf2\xa4", 3, KVM_INSN_PFX_F2, KVM_INSN_SEG_NONE },
		{ "\x66\x2e\xa5", 3, KVM_INSN_PFX_66, KVM_INSN_SEG_CS },
		{ "\x26\x65\x67\xa5", 4, KVM_INSN_PFX_67, KVM_INSN_SEG_GS },
		{ "\xf0\x01\x00", 3, KVM_INSN_PFX_LOCK, KVM_INSN_SEG_NONE },
	};
	struct kvm_insn insn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		kvm_insn_decode(&insn, (const u8 *)rows[i].bytes, rows[i].nr,
				PROT32);
		KUNIT_EXPECT_EQ(test, insn.len, rows[i].nr);
		KUNIT_EXPECT_EQ(test, insn.prefixes, rows[i].prefixes);
		KUNIT_EXPECT_EQ(test, insn.seg, rows[i].seg);
	}
}

/* An instruction that fits into more bytes than the limit is too long. */
static void decode_beyond_limit(struct kunit *test)
{
	u8 bytes[2 * KVM_INSN_MAX_LEN];
	struct kvm_insn insn;
	enum kvm_insn_result r;

	memset(bytes, 0x2e, sizeof(bytes));
	bytes[KVM_INSN_MAX_LEN] = 0x90;
	r = kvm_insn_decode(&insn, bytes, sizeof(bytes), PROT32);
	KUNIT_EXPECT_EQ(test, (int)r, (int)KVM_INSN_TOO_LONG);
	bytes[KVM_INSN_MAX_LEN - 1] = 0x90;
	r = kvm_insn_decode(&insn, bytes, sizeof(bytes), PROT32);
	KUNIT_EXPECT_EQ(test, (int)r, (int)KVM_INSN_OK);
	KUNIT_EXPECT_EQ(test, insn.len, KVM_INSN_MAX_LEN);
}

/* One decoded with @nr bytes: the same with any fewer, or more is asked for. */
static bool is_steady(const u8 *bytes, unsigned int how)
{
	struct kvm_insn whole, part;
	enum kvm_insn_result w, p;
	unsigned int nr;

	w = kvm_insn_decode(&whole, bytes, KVM_INSN_MAX_LEN, how);
	if (w == KVM_INSN_MORE || whole.len > KVM_INSN_MAX_LEN)
		return false;
	if (w == KVM_INSN_OK && (!whole.len || whole.nr_mem > 2))
		return false;
	for (nr = 0; nr < KVM_INSN_MAX_LEN; nr++) {
		p = kvm_insn_decode(&part, bytes, nr, how);
		if (p == KVM_INSN_MORE && (w != KVM_INSN_OK || nr < whole.len))
			continue;
		if (p != w || w == KVM_INSN_TOO_LONG)
			return false;
		if (w == KVM_INSN_OK &&
		    (nr < whole.len || memcmp(&part, &whole, sizeof(part))))
			return false;
	}
	return true;
}

static void decode_random_bytes(struct kunit *test)
{
	struct rnd_state rnd;
	u8 bytes[KVM_INSN_MAX_LEN];
	unsigned int i, how;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 20000; i++) {
		prandom_bytes_state(&rnd, bytes, sizeof(bytes));
		how = i & 3;
		if (i & 4)
			bytes[0] = 0x0f;
		if (i & 8)
			how |= KVM_INSN_AMD;
		if (!is_steady(bytes, how))
			KUNIT_FAIL(test, "%*ph how %x", (int)sizeof(bytes),
				   bytes, how);
	}
}

static struct kunit_case decode_cases[] = {
	KUNIT_CASE(decode_encodings),	 KUNIT_CASE(decode_cut_short),
	KUNIT_CASE(decode_fields),	 KUNIT_CASE(decode_two_memories),
	KUNIT_CASE(decode_prefixes),	 KUNIT_CASE(decode_beyond_limit),
	KUNIT_CASE(decode_random_bytes), {}
};

struct kunit_suite decode_suite = {
	.name = "twinwalk_decode",
	.test_cases = decode_cases,
};
