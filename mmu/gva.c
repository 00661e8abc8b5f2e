// SPDX-License-Identifier: GPL-2.0-only
/*
 * gva.c - translating an address as a vCPU would
 *
 * Owns: the guest's memory as the walker (guest_walk.h) reaches it for a vCPU,
 * and what of its registers the walk needs.  See vcpu.h.
 *
 * Locking: vCPU's mutex, and kvm->srcu held for read.
 *
 * Deliberately absent: nested guests, whose tables' addresses are translated by
 * tables of L1.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "guest_mem.h"
#include "mmu/context.h"
#include "mmu/guest_walk.h"
#include "mmu/mmu.h"
#include "mmu/vcpu.h"
#include "include/vcpu.h"
#include "x86/fpu.h"
#include "x86/regs.h"

/* Of CR3, with PAE paging: where the four entries are. */

/* In one access, so that no half of an entry is seen that is being written. */
static int read_entry(void *ctx, gpa_t gpa, unsigned int size, u64 *entry)
{
	unsigned long hva = kvm_vcpu_gfn_to_hva(ctx, gpa >> PAGE_SHIFT, NULL);
	u32 small;

	if (!hva)
		return -EFAULT;
	hva += offset_in_page(gpa);
	if (size == sizeof(u64))
		return get_user(*entry, (u64 __user *)hva);
	if (get_user(small, (u32 __user *)hva))
		return -EFAULT;
	*entry = small;
	return 0;
}

static int cmpxchg_entry(void *ctx, gpa_t gpa, unsigned int size, u64 old,
			 u64 new)
{
	return kvm_vcpu_cmpxchg_guest(ctx, gpa, &old, &new, size);
}

static const struct kvm_guest_walk_ops walk_ops = {
	.read_entry = read_entry,
	.cmpxchg_entry = cmpxchg_entry,
};

/* Leaves accessed and dirty flags as they are. */
static const struct kvm_guest_walk_ops look_ops = {
	.read_entry = read_entry,
};

static gpa_t walk(struct kvm_vcpu *vcpu, gva_t gva, u32 walk_flags,
		  const struct kvm_guest_walk_ops *ops,
		  struct kvm_guest_fault *fault)
{
	union kvm_cpu_role role = vcpu->arch.mmu.walk_mmu->cpu_role;
	struct kvm_guest_walk_req req = {
		.addr = gva,
		.flags = walk_flags,
		.ctx = vcpu,
	};
	struct kvm_guest_walk out;
	u64 pdptrs[ARRAY_SIZE(vcpu->arch.pdptrs)];
	unsigned int i;

	if (role.base.level)
		req.pgd = kvm_read_cr3(vcpu);
	if (role.cr4_pke)
		req.pkru = kvm_vcpu_read_pkru(vcpu);
	if (role.base.pae_gpte) {
		for (i = 0; i < ARRAY_SIZE(pdptrs); i++)
			pdptrs[i] = kvm_pdptr_read(vcpu, i);
		req.pdptrs = pdptrs;
	}
	if (kvm_guest_walk_addr(&vcpu->arch.walk_cfg, &req, ops, &out) ==
	    KVM_WALK_OK)
		return out.gpa;
	*fault = out.fault;
	return GPA_INVALID;
}

gpa_t kvm_mmu_gva_to_gpa(struct kvm_vcpu *vcpu, gva_t gva, u32 walk_flags,
			 struct kvm_guest_fault *fault)
{
	struct kvm_guest_fault ignored;

	return walk(vcpu, gva, walk_flags, &walk_ops, fault ? fault : &ignored);
}

long kvm_vcpu_ioctl_translate(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_translation *t = data;
	struct kvm_guest_fault fault;
	gpa_t gpa;

	kvm_vcpu_srcu_read_lock(vcpu);
	gpa = walk(vcpu, t->linear_address, 0, &look_ops, &fault);
	kvm_vcpu_srcu_read_unlock(vcpu);

	t->physical_address = gpa;
	t->valid = gpa != GPA_INVALID;
	t->writeable = 1;
	t->usermode = 0;
	return 0;
}
