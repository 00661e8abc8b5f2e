/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * string.h - what pure code takes from the kernel's header, for programs
 */
#ifndef TWINWALK_TESTS_STRING_H
#define TWINWALK_TESTS_STRING_H

#include <string.h>

#endif
