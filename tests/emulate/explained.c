// SPDX-License-Identifier: GPL-2.0-only
/*
 * explained.c - where our decoder and Zydis differ, and why
 */
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/explained.h"

#define ALL_MAPS 0xff

#define LEGACY	   0
#define NOT_LEGACY 0xe
#define ANY	   0
#define REAL	   (1 << KVM_INSN_REAL)
#define REG(r)	   (0x1 << (r))

static bool has_3e(const struct kvm_insn *insn)
{
	return insn->seg == KVM_INSN_SEG_DS;
}

static bool is_sib_without_base(const struct kvm_insn *insn)
{
	return insn->prefixes & KVM_INSN_PFX_67 && insn->rex & 1 &&
	       insn->has_sib && (insn->sib & 7) == 5 && insn->modrm >> 6 == 0;
}

/* clang-format off */
const struct kvm_explained kvm_explained[] = {
	{ "VEX, EVEX and XOP: what is undefined is not told",
	  1 << ONLY_OURS, ALL_MAPS, 0x00, 0xff, ANY, ANY, NOT_LEGACY, NULL },
	{ "UD0, UD1, UD2: an instruction whose purpose is #UD is undefined",
	  1 << ONLY_THEIRS, KVM_MAP_0F, 0x0b, 0xff, ANY, ANY, LEGACY, "ud" },
	{ "NOPs, prefetches: no access that can fail",
	  1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0x0d, 0x0d, ANY, ANY, LEGACY, "prefetch" },
	{ "NOPs, prefetches: no access that can fail",
	  1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0x18, 0x1f, ANY, ANY, LEGACY, NULL },
	{ "CLFLUSH, CLFLUSHOPT, CLWB: nothing is read",
	  1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0xae, 0xae, REG(6) | REG(7), ANY, LEGACY, "cl" },
	{ "INVLPG: nothing is read",
	  1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0x01, 0x01, REG(7), ANY, LEGACY, "invlpg" },
	{ "LEA: the address has no segment",
	  1 << DIFFERENT_ADDRESS, KVM_MAP_ONE_BYTE, 0x8d, 0x8d, ANY, ANY, LEGACY, "lea" },
	{ "XSAVE and the like: the size depends on XCR0",
	  1 << DIFFERENT_SIZE | 1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0xae, 0xae,
	  REG(4) | REG(5) | REG(6), ANY, LEGACY, "x" },
	{ "XSAVE and the like: the size depends on XCR0; the header is read",
	  1 << DIFFERENT_SIZE | 1 << DIFFERENT_ACCESS, KVM_MAP_0F, 0xc7, 0xc7,
	  REG(3) | REG(4) | REG(5), ANY, LEGACY, "x" },
	{ "3DNow!: what the suffix says is not looked at",
	  1 << ONLY_OURS, KVM_MAP_0F, 0x0f, 0x0f, ANY, ANY, LEGACY, NULL },
	{ "SYSRET, GETSEC in real mode: #GP (APM), or as CR4 says (SDM)",
	  1 << ONLY_OURS, KVM_MAP_0F, 0x07, 0x37, ANY, REAL, LEGACY, NULL },
	{ "VMWRITE in real mode is #UD (SDM)",
	  1 << ONLY_THEIRS, KVM_MAP_0F, 0x79, 0x79, ANY, REAL, LEGACY, "vmwrite" },
	{ "MOVSXD with 66 reads 16 bits (SDM)",
	  1 << DIFFERENT_SIZE, KVM_MAP_ONE_BYTE, 0x63, 0x63, ANY, ANY, LEGACY, "movsxd" },
	{ "CALL, JMP Ev: AMD's 66 counts (APM), as before CALL, JMP Jz",
	  1 << DIFFERENT_SIZE, KVM_MAP_ONE_BYTE, 0xff, 0xff, REG(2) | REG(4), ANY, LEGACY, NULL },
	{ "x87 opcodes that the SDM has as reserved",
	  1 << ONLY_THEIRS, KVM_MAP_ONE_BYTE, 0xd8, 0xdf, ANY, ANY, LEGACY, "f" },
	{ "LSS, LFS, LGS: with REX.W the offset is 32-bit to AMD's CPUs (APM)",
	  1 << DIFFERENT_SIZE, KVM_MAP_0F, 0xb2, 0xb5, ANY, REAL << KVM_INSN_LONG, LEGACY, "l" },
	{ "CALL, JMP Mp: with REX.W the offset is 32-bit to AMD's CPUs (APM)",
	  1 << DIFFERENT_SIZE, KVM_MAP_ONE_BYTE, 0xff, 0xff, REG(3) | REG(5),
	  REAL << KVM_INSN_LONG, LEGACY, NULL },
	{ "LOCK MOV CR0 is AMD's MOV CR8 (APM)",
	  1 << ONLY_OURS, KVM_MAP_0F, 0x20, 0x22, ANY, ANY, LEGACY, NULL },
	{ "ENCLS and the like: without a memory operand no address size",
	  1 << DIFFERENT_SIZE, KVM_MAP_0F, 0x01, 0x01, ANY, ANY, LEGACY, "encl" },
	{ "XLAT: AL is not in their address",
	  1 << DIFFERENT_ADDRESS, KVM_MAP_ONE_BYTE, 0xd7, 0xd7, ANY, ANY, LEGACY, "xlat" },
	{ "JKZD, JKNZD: of Knights Corner only",
	  1 << DIFFERENT_LENGTH | 1 << ONLY_THEIRS, ALL_MAPS, 0x74, 0x85, ANY, ANY,
	  NOT_LEGACY, "jk" },
	{ "MVEX: of Knights Corner only",
	  1 << ONLY_THEIRS, ALL_MAPS, 0x00, 0xff, ANY, REAL << KVM_INSN_LONG,
	  1 << KVM_INSN_EVEX, NULL },
	{ "SIB without a base: to them REX.B makes it R13D, with 67 only (objdump: none)",
	  1 << DIFFERENT_ADDRESS, ALL_MAPS, 0x00, 0xff, ANY, REAL << KVM_INSN_LONG, LEGACY,
	  NULL, is_sib_without_base },
	{ "3E before CALL, JMP Ev: NOTRACK to them, and DS as well to a CPU without CET",
	  1 << DIFFERENT_ADDRESS, KVM_MAP_ONE_BYTE, 0xff, 0xff, REG(2) | REG(4), ANY, LEGACY,
	  NULL, has_3e },
	{ "VIA's PadLock is not in Intel's or AMD's manuals",
	  1 << ONLY_THEIRS, KVM_MAP_0F, 0xa6, 0xa7, ANY, ANY, LEGACY, NULL },
};

/* clang-format on */

const unsigned int kvm_nr_explained = ARRAY_SIZE(kvm_explained);

int explain(enum difference what, unsigned int how, const struct kvm_insn *insn,
	    const char *mnemonic)
{
	unsigned int i;

	for (i = 0; i < kvm_nr_explained; i++) {
		const struct kvm_explained *e = &kvm_explained[i];
		unsigned int encodings = e->encodings ? e->encodings : 1;

		if (!(e->differences & 1 << what) ||
		    !(encodings & 1 << insn->encoding) ||
		    (e->map != ALL_MAPS && e->map != insn->map) ||
		    insn->opcode < e->first || insn->opcode > e->last)
			continue;
		if (e->regs && !(e->regs & 1 << (insn->modrm >> 3 & 7)))
			continue;
		if (e->modes && !(e->modes & 1 << (how & 0xff)))
			continue;
		if (e->mnemonic &&
		    strncmp(e->mnemonic, mnemonic, strlen(e->mnemonic)))
			continue;
		if (e->only_if && !e->only_if(insn))
			continue;
		return i;
	}
	return -1;
}
