// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c - the vCPUs of a VM, as all others see them
 *
 * Owns: how the MMU reaches them, kvm_vcpu_mmu_ops.  There are none yet, as
 * KVM_CREATE_VCPU does not exist: what has to hold for every vCPU then holds
 * without doing anything.
 *
 * Locking: what struct kvm_mmu_vm_ops says of its callers.
 */
#include "virt.h"
#include "vm.h"

/*
 * What the CPU keeps of a VM's tables it keeps while, and since, a vCPU of it
 * ran there.  None ever did, so no TLB has any of it.
 */
static void flush_remote_tlbs(struct kvm *kvm, gfn_t start, u64 nr)
{
}

/* Nobody is in the guest, and nobody has a root that might be invalid. */
static void reload_roots(struct kvm *kvm)
{
}

const struct kvm_mmu_vm_ops kvm_vcpu_mmu_ops = {
	.flush_remote_tlbs = flush_remote_tlbs,
	.reload_roots = reload_roots,
};
