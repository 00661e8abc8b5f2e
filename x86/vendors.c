// SPDX-License-Identifier: GPL-2.0-only
/*
 * vendors.c - every vendor that the module has
 *
 * Owns: the order in which they are asked.  The KUnit module has a list of its
 * own in place of this file.
 */
#include <linux/stddef.h>

#include "vendor.h"

const struct kvm_x86_vendor *const kvm_x86_vendors[] = {
	&vmx_vendor,
	&svm_vendor,
	NULL,
};
