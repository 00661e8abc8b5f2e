/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encodings.h - instructions written by hand, and what they are
 *
 * For the KUnit suite, and for the program that compares decoders.
 */
#ifndef TWINWALK_TESTS_ENCODINGS_H
#define TWINWALK_TESTS_ENCODINGS_H

#include <linux/types.h>

struct kvm_encoding {
	u16 how; /* enum kvm_insn_mode, KVM_INSN_AMD */
	u8 nr; /* as many bytes has the instruction */
	u8 result; /* enum kvm_insn_result */
	u8 access; /* KVM_INSN_ACCESS_* of the first memory operand */
	u16 size; /* its bytes; 0: no memory, or not told */
	const char *bytes;
};

extern const struct kvm_encoding kvm_encodings[];
extern const unsigned int kvm_nr_encodings;

#endif
