/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - what pure code takes from the kernel's header, for programs
 */
#ifndef TWINWALK_TESTS_KERNEL_H
#define TWINWALK_TESTS_KERNEL_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
