/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows.h - every row of the opcode maps, once
 *
 * For tests that are about each row: rows that are added are found, because
 * they are taken from the maps as the decoder takes them.
 */
#ifndef TWINWALK_TESTS_ROWS_H
#define TWINWALK_TESTS_ROWS_H

#include <linux/types.h>

#include "emulate/opcodes.h"

#define MAX_ROWS 2048

/* A row that is an instruction. */
struct kvm_row {
	u8 modes; /* a bit for each enum kvm_insn_mode it exists in */
	bool memory; /* ModRM or the opcode can name memory */
	const struct kvm_opcode *row;

	/* The opcode, and how the row is chosen by what follows. */
	char name[32];
};

extern struct kvm_row kvm_rows[MAX_ROWS];
extern unsigned int kvm_nr_rows;

/* Fills kvm_rows[]. */
void find_rows(void);

/* Its number in kvm_rows[], or -1. */
int number_of_row(const struct kvm_opcode *row);

#endif
