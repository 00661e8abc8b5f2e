// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c - x86's part of a VM and of a vCPU: made, reset, loaded, destroyed
 *
 * Owns: the order in which the parts of x86/, mmu/ and irqchip/ are made, and the
 * reverse.
 *
 * Locking: vCPU's mutex, but while nobody else knows the vCPU.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <asm/fpu/api.h>
#include <asm/special_insns.h>

#include "arch.h"
#include "irqchip/apic_map.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "virt/stats.h"
#include "x86/async_pf.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/regs.h"
#include "x86/pvclock.h"
#include "x86/steal.h"
#include "x86/smm.h"
#include "x86/tsc.h"
#include "x86/x86.h"

int kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
{
	if (type)
		return -EINVAL;
	kvm_irqchip_init_vm(kvm);
	kvm_vm_tsc_create(kvm);
	kvm_vm_pvclock_create(kvm);
	return 0;
}

void kvm_arch_stop_vm(struct kvm *kvm)
{
	kvm_vm_pvclock_stop(kvm);
	kvm_irqchip_destroy_vm(kvm);
}

void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_vm_msr_destroy(kvm);
}

int kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id)
{
	if (!kvm_x86_has_vcpus())
		return -EOPNOTSUPP;
	return kvm->arch.max_vcpu_ids && id >= kvm->arch.max_vcpu_ids ?
		       -EINVAL :
		       0;
}

struct kvm_vcpu *kvm_arch_vcpu_alloc(void)
{
	return kzalloc(kvm_x86_vcpu_size(), GFP_KERNEL_ACCOUNT);
}

void kvm_arch_vcpu_free(struct kvm_vcpu *vcpu)
{
	kfree(vcpu);
}

static bool starts_by_itself(const struct kvm_vcpu *vcpu)
{
	return !irqchip_in_kernel(vcpu->kvm) || kvm_vcpu_is_bsp(vcpu);
}

int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	int r;

	vcpu->arch.regs_avail = ~0;
	vcpu->arch.regs_dirty = ~0;
	vcpu->arch.mp_state = starts_by_itself(vcpu) ?
				      KVM_MP_STATE_RUNNABLE :
				      KVM_MP_STATE_UNINITIALIZED;

	r = kvm_mmu_vcpu_create(vcpu);
	if (r)
		return r;
	r = kvm_vcpu_fpu_create(vcpu);
	if (r)
		goto out_mmu;
	if (irqchip_in_kernel(vcpu->kvm)) {
		r = kvm_lapic_create(vcpu);
		if (r)
			goto out_fpu;
	}
	r = kvm_async_pf_create(vcpu);
	if (r)
		goto out_lapic;
	r = static_call(kvm_x86_vcpu_create)(vcpu);
	if (r)
		goto out_async_pf;

	vcpu_load(vcpu);
	kvm_vcpu_msr_create(vcpu);
	kvm_vcpu_mce_create(&vcpu->arch.mce);
	kvm_vcpu_tsc_create(vcpu);
	kvm_vcpu_reset(vcpu, false);
	vcpu_put(vcpu);
	return 0;

out_async_pf:
	kvm_async_pf_destroy(vcpu);
out_lapic:
	kvm_lapic_destroy(vcpu);
out_fpu:
	kvm_vcpu_fpu_destroy(vcpu);
out_mmu:
	kvm_mmu_vcpu_destroy(vcpu);
	return r;
}

void kvm_arch_vcpu_postcreate(struct kvm_vcpu *vcpu)
{
	kvm_apic_map_update(vcpu->kvm);
	kvm_stats_create_vcpu_debugfs(vcpu);
}

void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu)
{
	static_call(kvm_x86_vcpu_free)(vcpu);
	kvm_async_pf_destroy(vcpu);
	kvm_lapic_destroy(vcpu);
	kvm_vcpu_fpu_destroy(vcpu);
	kvm_vcpu_cpuid_destroy(vcpu);
	kvm_mmu_vcpu_destroy(vcpu);
}

void kvm_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	kvm_lapic_reset(vcpu, init_event);
	kvm_vcpu_smm_reset(vcpu);
	kvm_vcpu_event_reset(vcpu, init_event);
	kvm_vcpu_fpu_reset(vcpu, init_event);
	kvm_vcpu_msr_reset(vcpu, init_event);
	kvm_vcpu_pvclock_reset(vcpu);
	kvm_vcpu_steal_reset(vcpu);
	WRITE_ONCE(vcpu->arch.pv.unhalted, false);
	kvm_async_pf_reset(vcpu);
	static_call(kvm_x86_vcpu_reset)(vcpu, init_event);
	kvm_vcpu_regs_reset(vcpu, init_event);
	kvm_update_cpuid_runtime(vcpu);
	kvm_mmu_reset_context(vcpu);
	/* A filter may have been set before the vCPU was there. */
	kvm_make_request(KVM_REQ_MSR_FILTER_CHANGED, vcpu);
	/* Not even what a guest's own flush leaves is left by RESET or INIT. */
	kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	static_call(kvm_x86_vcpu_load)(vcpu, cpu);
	kvm_vcpu_tsc_load(vcpu, cpu);
	kvm_steal_time_load(vcpu);
	if (vcpu->cpu != cpu)
		kvm_lapic_timer_moved(vcpu);
	vcpu->cpu = cpu;
}

void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
{
	kvm_steal_time_put(vcpu);
	static_call(kvm_x86_vcpu_put)(vcpu);
	kvm_vcpu_tsc_put(vcpu);
}

bool kvm_arch_no_poll(struct kvm_vcpu *vcpu)
{
	return !(vcpu->arch.msr.poll_control & KVM_POLL_CONTROL_ON);
}
