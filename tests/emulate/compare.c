// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare.c - the decoder beside another one, which is not ours: Zydis
 *
 * Both decode the same bytes: the rows of encodings.c; each opcode of each map
 * with each ModRM byte, under prefixes, in every mode; and random bytes.  They
 * have to agree about the length, about what is undefined, and about the memory:
 * its address, size and access.  Where they do not, explained.c has to have a row
 * that says why; a row that explains nothing fails too.  So does a row of the
 * opcode maps that was not compared in each mode it exists in, or, if it can have
 * memory, not with memory.
 *
 * usage: compare [RANDOM [SEED]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/types.h>

#include <Zydis/Zydis.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"
#include "tests/emulate/encodings.h"
#include "tests/emulate/explained.h"
#include "tests/emulate/rows.h"

#define MAX_REPORTS 400

static const struct {
	const char *name;
	ZydisMachineMode machine;
	ZydisStackWidth stack;
} modes[] = {
	[KVM_INSN_REAL] = { "real", ZYDIS_MACHINE_MODE_REAL_16,
			    ZYDIS_STACK_WIDTH_16 },
	[KVM_INSN_PROT16] = { "prot16", ZYDIS_MACHINE_MODE_LEGACY_16,
			      ZYDIS_STACK_WIDTH_16 },
	[KVM_INSN_PROT32] = { "prot32", ZYDIS_MACHINE_MODE_LEGACY_32,
			      ZYDIS_STACK_WIDTH_32 },
	[KVM_INSN_LONG] = { "long", ZYDIS_MACHINE_MODE_LONG_64,
			    ZYDIS_STACK_WIDTH_64 },
};

static ZydisDecoder decoders[2][ARRAY_SIZE(modes)];
static unsigned long nr_compared, nr_valid, nr_memory, nr_unexplained,
	nr_reported;
static unsigned long nr_explained[64];

/* Of each row in each mode: comparisons that agreed, and those with memory. */
static struct {
	unsigned long agreed, memory, explained;
} tested[MAX_ROWS][ARRAY_SIZE(modes)];

static void init(void)
{
	unsigned int amd, mode;

	for (amd = 0; amd < 2; amd++)
		for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
			ZydisDecoderInit(&decoders[amd][mode],
					 modes[mode].machine,
					 modes[mode].stack);
			ZydisDecoderEnableMode(&decoders[amd][mode],
					       ZYDIS_DECODER_MODE_AMD_BRANCHES,
					       amd);
			/* A CPU without MPX has NOPs there. */
			ZydisDecoderEnableMode(&decoders[amd][mode],
					       ZYDIS_DECODER_MODE_MPX, 0);
		}
}

static int reg_number(ZydisRegister reg)
{
	switch (reg) {
	case ZYDIS_REGISTER_NONE:
		return KVM_INSN_REG_NONE;
	case ZYDIS_REGISTER_RIP:
	case ZYDIS_REGISTER_EIP:
		return KVM_INSN_REG_RIP;
	case ZYDIS_REGISTER_AL:
		return KVM_INSN_REG_AL;
	default:
		return ZydisRegisterGetId(reg);
	}
}

static unsigned int access_of(const ZydisDecodedOperand *o)
{
	unsigned int access = 0;

	if (o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
		return 0;
	if (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		access |= KVM_INSN_ACCESS_READ;
	if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		access |= KVM_INSN_ACCESS_WRITE;
	return access;
}

static bool same_address(const struct kvm_insn *insn,
			 const struct kvm_insn_mem *mem,
			 const ZydisDecodedOperand *o)
{
	static const u8 shift[] = { 0, 0, 1, 0, 2, 0, 0, 0, 3 };
	u64 mask = ~0ull >> (64 - 8 * insn->ad_bytes);

	return mem->base == reg_number(o->mem.base) &&
	       mem->index == reg_number(o->mem.index) &&
	       (mem->index == KVM_INSN_REG_NONE ||
		mem->scale == shift[o->mem.scale]) &&
	       !((mem->disp ^ o->mem.disp.value) & mask) &&
	       mem->seg == ZydisRegisterGetId(o->mem.segment);
}

static enum difference compare_memory(const struct kvm_insn *insn,
				      const ZydisDecodedInstruction *z,
				      const ZydisDecodedOperand *operands)
{
	unsigned int i, j, nr = 0;

	for (j = 0; j < z->operand_count; j++)
		nr += operands[j].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		      operands[j].visibility ==
			      ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
	if (nr > insn->nr_mem)
		return DIFFERENT_ADDRESS;
	for (i = 0; i < insn->nr_mem; i++) {
		const struct kvm_insn_mem *mem = &insn->mem[i];

		for (j = 0; j < z->operand_count; j++)
			if (operands[j].type == ZYDIS_OPERAND_TYPE_MEMORY &&
			    same_address(insn, mem, &operands[j]))
				break;
		if (j == z->operand_count)
			return DIFFERENT_ADDRESS;
		nr_memory++;
		if (mem->access != access_of(&operands[j]))
			return DIFFERENT_ACCESS;
		if (mem->access && mem->size * 8 != operands[j].size)
			return DIFFERENT_SIZE;
	}
	return 0;
}

static enum difference difference(const struct kvm_insn *insn,
				  enum kvm_insn_result r, ZyanStatus status,
				  const ZydisDecodedInstruction *z,
				  const ZydisDecodedOperand *operands)
{
	if (r == KVM_INSN_OK && ZYAN_FAILED(status))
		return ONLY_OURS;
	if (r != KVM_INSN_OK && ZYAN_SUCCESS(status))
		return ONLY_THEIRS;
	if (r != KVM_INSN_OK)
		return 0;
	nr_valid++;
	if (insn->len != z->length)
		return DIFFERENT_LENGTH;
	if (insn->encoding != KVM_INSN_LEGACY)
		return 0;
	if (insn->ad_bytes * 8 != z->address_width)
		return DIFFERENT_SIZE;
	return compare_memory(insn, z, operands);
}

static void report(enum difference what, unsigned int how, const u8 *bytes,
		   const struct kvm_insn *insn, enum kvm_insn_result r,
		   const ZydisDecodedInstruction *z, ZyanStatus status)
{
	static const char *const names[] = {
		"",	   "only ours", "only theirs", "length",
		"address", "access",	"size"
	};
	static bool seen[8][4][256][8][4];
	bool *known = &seen[what][insn->map & 3][insn->opcode]
			   [insn->modrm >> 3 & 7][insn->pfx];
	unsigned int i;

	/* Once for each opcode, not for each ModRM byte. */
	nr_unexplained++;
	if (*known || nr_reported++ >= MAX_REPORTS)
		return;
	*known = true;
	printf("%s %s%s:", names[what], modes[how & 0xff].name,
	       how & KVM_INSN_AMD ? " amd" : "");
	for (i = 0; i < KVM_INSN_MAX_LEN; i++)
		printf(" %02x", bytes[i]);
	printf("\n\tours %d: len %u mem %u access %u size %u op %u; ", r,
	       insn->len, insn->nr_mem, insn->mem[0].access, insn->mem[0].size,
	       insn->op_bytes);
	if (ZYAN_SUCCESS(status))
		printf("theirs: len %u %s op %u\n", z->length,
		       ZydisMnemonicGetString(z->mnemonic), z->operand_width);
	else
		printf("theirs: status %x\n", status & 0xfffff);
}

static void count(const struct kvm_insn *insn, unsigned int mode,
		  bool explained)
{
	int row = number_of_row(insn->row);

	if (row < 0)
		return;
	if (explained) {
		tested[row][mode].explained++;
		return;
	}
	tested[row][mode].agreed++;
	tested[row][mode].memory += insn->nr_mem != 0;
}

static void compare(const u8 *bytes, unsigned int how)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;
	struct kvm_insn insn;
	enum kvm_insn_result r;
	enum difference what;
	ZyanStatus status;
	int why;

	nr_compared++;
	r = kvm_insn_decode(&insn, bytes, KVM_INSN_MAX_LEN, how);
	status = ZydisDecoderDecodeFull(&decoders[!!(how & KVM_INSN_AMD)]
						 [how & 0xff],
					bytes, KVM_INSN_MAX_LEN, &z, operands);
	what = difference(&insn, r, status, &z, operands);
	if (!what) {
		if (r == KVM_INSN_OK)
			count(&insn, how & 0xff, false);
		return;
	}
	why = explain(what, how, &insn,
		      ZYAN_SUCCESS(status) ?
			      ZydisMnemonicGetString(z.mnemonic) :
			      "");
	if (why >= 0) {
		nr_explained[why]++;
		if (r == KVM_INSN_OK)
			count(&insn, how & 0xff, true);
	} else {
		report(what, how, bytes, &insn, r, &z, status);
	}
}

static void in_every_mode(const u8 *bytes)
{
	unsigned int mode;

	for (mode = 0; mode < ARRAY_SIZE(modes); mode++)
		compare(bytes, mode);
	compare(bytes, KVM_INSN_LONG | KVM_INSN_AMD);
}

static void compare_encodings(void)
{
	unsigned int i;

	for (i = 0; i < kvm_nr_encodings; i++) {
		u8 bytes[KVM_INSN_MAX_LEN] = {};

		memcpy(bytes, kvm_encodings[i].bytes, kvm_encodings[i].nr);
		compare(bytes, kvm_encodings[i].how);
	}
}

/* Every opcode with every ModRM byte; @nr bytes before them are there. */
static void compare_map(u8 *bytes, unsigned int nr)
{
	static const u8 tail[] = { 0x25, 0x81, 0x12, 0x23, 0x34, 0x45, 0x56 };
	unsigned int opcode, modrm;

	memset(bytes + nr, 0, KVM_INSN_MAX_LEN - nr);
	memcpy(bytes + nr + 2, tail, sizeof(tail));
	for (opcode = 0; opcode < 256; opcode++)
		for (modrm = 0; modrm < 256; modrm++) {
			bytes[nr] = opcode;
			bytes[nr + 1] = modrm;
			in_every_mode(bytes);
		}
}

static void compare_maps(void)
{
	static const struct {
		u8 nr;
		u8 bytes[4];
	} prefixes[] = {
		{ 0 },		     { 1, { 0x66 } },	{ 1, { 0xf3 } },
		{ 1, { 0xf2 } },     { 1, { 0x67 } },	{ 1, { 0xf0 } },
		{ 1, { 0x48 } },     { 1, { 0x47 } },	{ 2, { 0x66, 0x4d } },
		{ 2, { 0x66, 0xf2 } }, { 2, { 0xf3, 0x66 } }, { 1, { 0x36 } }, { 1, { 0x3e } },
		{ 2, { 0xf3, 0x48 } }, { 2, { 0x67, 0x41 } },
	}, escapes[] = {
		{ 0 }, { 1, { 0x0f } }, { 2, { 0x0f, 0x38 } },
		{ 2, { 0x0f, 0x3a } },
	}, vex[] = {
		{ 2, { 0xc5, 0xf8 } }, { 2, { 0xc5, 0x01 } },
		{ 3, { 0xc4, 0xe1, 0x79 } }, { 3, { 0xc4, 0xe2, 0xf9 } },
		{ 3, { 0xc4, 0xc3, 0x7d } }, { 3, { 0x8f, 0xe8, 0x78 } },
		{ 3, { 0x8f, 0xe9, 0x78 } }, { 3, { 0x8f, 0xea, 0x78 } },
		{ 4, { 0x62, 0xf1, 0x7c, 0x48 } },
		{ 4, { 0x62, 0xf3, 0xfd, 0x48 } },
		{ 4, { 0x62, 0xf1, 0x78, 0x48 } },
	};
	u8 bytes[KVM_INSN_MAX_LEN];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		for (j = 0; j < ARRAY_SIZE(escapes); j++) {
			unsigned int nr = prefixes[i].nr;

			memcpy(bytes, prefixes[i].bytes, nr);
			memcpy(bytes + nr, escapes[j].bytes, escapes[j].nr);
			compare_map(bytes, nr + escapes[j].nr);
		}
	for (i = 0; i < ARRAY_SIZE(vex); i++) {
		memcpy(bytes, vex[i].bytes, vex[i].nr);
		compare_map(bytes, vex[i].nr);
	}
}

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Half of them begin with what leads to the other maps and encodings. */
static void compare_random(unsigned long nr, u64 seed)
{
	static const u8 first[] = { 0x0f, 0x0f, 0x66, 0xf2, 0xf3, 0x48, 0x41,
				    0x67, 0xc4, 0xc5, 0x62, 0x64, 0x2e, 0xf0 };
	u64 state = seed * 0x9e3779b97f4a7c15ull + 1;
	u8 bytes[KVM_INSN_MAX_LEN];
	unsigned int i;

	while (nr--) {
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = next_random(&state) >> 32;
		for (i = 0; i < 4 && next_random(&state) >> 63; i++)
			bytes[i] = first[(next_random(&state) >> 32) %
					 sizeof(first)];
		in_every_mode(bytes);
	}
}

/* How many rows were not compared in a mode that they exist in. */
static unsigned int count_untested(void)
{
	unsigned int row, mode, untested = 0, nr = 0, explained = 0;

	for (row = 0; row < kvm_nr_rows; row++)
		for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
			bool memory = tested[row][mode].memory;

			if (!(kvm_rows[row].modes & 1 << mode))
				continue;
			nr++;
			if (tested[row][mode].agreed &&
			    (memory || !kvm_rows[row].memory))
				continue;
			explained += tested[row][mode].explained != 0;
			if (tested[row][mode].explained)
				continue;
			printf("row %s: not compared in %s\n",
			       kvm_rows[row].name, modes[mode].name);
			untested++;
		}
	printf("%u rows, %u with a mode, %u of these explained only, %u not compared\n",
	       kvm_nr_rows, nr, explained, untested);
	return untested;
}

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 200000;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned int i, untested, nr_idle = 0;

	init();
	find_rows();
	compare_encodings();
	compare_maps();
	compare_random(nr, seed);
	for (i = 0; i < kvm_nr_explained; i++) {
		printf("%10lu  %s\n", nr_explained[i], kvm_explained[i].why);
		nr_idle += !nr_explained[i];
	}
	untested = count_untested();
	printf("%lu compared, %lu valid, %lu with memory, %lu differ, %u idle rows\n",
	       nr_compared, nr_valid, nr_memory, nr_unexplained, nr_idle);
	return nr_unexplained || nr_idle || untested;
}
