// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtrr.c - a guest's memory types: MTRRs and PAT; see x86/mtrr.h
 *
 * Owns: see there.
 *
 * Locking: none; pure.
 */
#include <linux/bits.h>
#include <linux/minmax.h>

#include "x86/mtrr.h"

/* Encodings of memory types: UC, WC, WT, WP, WB; and UC-, which PAT alone has. */
#define MTRR_TYPES (BIT(0) | BIT(1) | BIT(4) | BIT(5) | BIT(6))
#define PAT_TYPES  (MTRR_TYPES | BIT(7))

/* MTRRdefType: type, fixed-range enable, enable. */
#define DEF_TYPE_BITS (GENMASK_ULL(7, 0) | BIT_ULL(10) | BIT_ULL(11))

/* PHYSBASE: type; PHYSMASK: valid. */
#define VAR_BASE_BITS GENMASK_ULL(7, 0)
#define VAR_MASK_BITS BIT_ULL(11)

static bool type_is_one_of(u8 type, unsigned int types)
{
	return type < 8 && (types & BIT(type));
}

static bool types_are_of(u64 data, unsigned int types)
{
	unsigned int i;

	for (i = 0; i < 8; i++, data >>= 8)
		if (!type_is_one_of(data, types))
			return false;
	return true;
}

bool kvm_pat_is_valid(u64 data)
{
	return types_are_of(data, PAT_TYPES);
}

bool kvm_mtrr_fixed_is_valid(u64 data)
{
	return types_are_of(data, MTRR_TYPES);
}

bool kvm_mtrr_def_type_is_valid(u64 data)
{
	return !(data & ~DEF_TYPE_BITS) && type_is_one_of(data, MTRR_TYPES);
}

bool kvm_mtrr_var_is_valid(bool is_mask, u64 data, unsigned int maxphyaddr)
{
	/* Userspace's CPUID may have any width. */
	u64 address = GENMASK_ULL(clamp(maxphyaddr, 32u, 52u) - 1, 12);

	if (is_mask)
		return !(data & ~(address | VAR_MASK_BITS));
	return !(data & ~(address | VAR_BASE_BITS)) &&
	       type_is_one_of(data, MTRR_TYPES);
}
