/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - what pure code takes from the kernel's header, for programs
 */
#ifndef TWINWALK_TESTS_TYPES_H
#define TWINWALK_TESTS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define fallthrough __attribute__((__fallthrough__))

#endif
