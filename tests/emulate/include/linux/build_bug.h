/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_bug.h - what pure code takes from the kernel's header, for programs
 */
#ifndef TWINWALK_TESTS_BUILD_BUG_H
#define TWINWALK_TESTS_BUILD_BUG_H

#define static_assert(condition) _Static_assert(condition, #condition)

#endif
