/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explained.h - where our decoder and Zydis differ, and why
 */
#ifndef TWINWALK_TESTS_EXPLAINED_H
#define TWINWALK_TESTS_EXPLAINED_H

#include <linux/types.h>

#include "emulate/decode.h"

enum difference {
	ONLY_OURS = 1, /* they say undefined, we do not */
	ONLY_THEIRS,
	DIFFERENT_LENGTH,
	DIFFERENT_ADDRESS,
	DIFFERENT_ACCESS,
	DIFFERENT_SIZE,
};

struct kvm_explained {
	const char *why;
	u8 differences; /* a bit for each enum difference */
	u8 map;
	u8 first, last; /* opcodes */
	u8 regs; /* a bit for each ModRM.reg; 0: all */
	u8 modes; /* a bit for each enum kvm_insn_mode; 0: all */
	u8 encodings; /* a bit for each enum kvm_insn_encoding; 0: legacy */
	const char *mnemonic; /* theirs begins so; NULL: any */
	bool (*only_if)(const struct kvm_insn *insn); /* NULL: always */
};

extern const struct kvm_explained kvm_explained[];
extern const unsigned int kvm_nr_explained;

/* The first row that explains it, or -1. */
int explain(enum difference what, unsigned int how, const struct kvm_insn *insn,
	    const char *mnemonic);

#endif
