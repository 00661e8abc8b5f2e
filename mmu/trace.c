// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - the MMU's tracepoints, made
 *
 * Owns: what trace.h declares.  Whoever fires one includes that header alone.
 */
#include "vm.h"

#ifdef CONFIG_TRACEPOINTS
static unsigned long kvm_mmu_count_tables(struct kvm *kvm)
{
	struct kvm_mmu_counts sum;
	unsigned long nr = 0;
	unsigned int level;

	kvm_mmu_count(kvm, &sum);
	for (level = 1; level <= KVM_MMU_MAX_ROOT_LEVEL; level++)
		nr += sum.tables[level];
	return nr;
}
#endif

#define CREATE_TRACE_POINTS
#include "mmu/trace.h"
