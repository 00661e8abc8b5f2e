/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_vm.h - x86's part of struct kvm
 *
 * Owns: struct kvm_arch.  Each part of x86/ and irqchip/ that keeps something
 * for a VM has a struct of its own in its header, and a field here.
 *
 * Locking: each field says.
 */
#ifndef TWINWALK_X86_VM_H
#define TWINWALK_X86_VM_H

#include <linux/types.h>

#include "irqchip/vm_irqchip.h"
#include "x86/hypercall.h"
#include "x86/msr_filter.h"
#include "x86/pvclock.h"
#include "x86/tsc.h"

/* How interrupts are delivered; decided once, before the first vCPU. */
enum kvm_irqchip_mode {
	KVM_IRQCHIP_NONE, /* userspace has all of it */
	KVM_IRQCHIP_KERNEL, /* APICs, IOAPIC and PICs are here */
	KVM_IRQCHIP_SPLIT, /* APICs are here, the rest is userspace's */
};

/**
 * struct kvm_arch - x86's part of a VM
 * @irqchip_mode: written once under kvm->lock, read without
 * @n_max_mmu_pages: KVM_SET_NR_MMU_PAGES; a wish, of shadow paging alone
 * @disabled_quirks: KVM_X86_QUIRK_*
 * @exception_payload_enabled: KVM_CAP_EXCEPTION_PAYLOAD
 * @triple_fault_event: KVM_CAP_X86_TRIPLE_FAULT_EVENT
 * @irqchip: interrupt controllers
 * @msr: what it has to say on MSRs
 * @tsc: time stamp counters
 * @hypercall: hypercalls that userspace has
 * @exit_on_emulation_error: KVM_CAP_EXIT_ON_EMULATION_FAILURE
 * @pvclock: its paravirtual clock
 * @disabled_exits: KVM_X86_DISABLE_EXITS_*; written under kvm->lock, before the
 *	first vCPU
 * @max_vcpu_ids: ids are below; 0, KVM_MAX_VCPU_IDS; the same
 * @disable_nx_huge_pages: KVM_CAP_VM_DISABLE_NX_HUGE_PAGES; the same
 */
struct kvm_arch {
	enum kvm_irqchip_mode irqchip_mode;
	u32 n_max_mmu_pages;
	u64 disabled_quirks;
	bool exception_payload_enabled;
	bool triple_fault_event;
	struct kvm_vm_irqchip irqchip;
	struct kvm_vm_msr msr;
	struct kvm_vm_tsc tsc;
	struct kvm_vm_hypercall hypercall;
	bool exit_on_emulation_error;
	struct kvm_vm_pvclock pvclock;
	u32 disabled_exits;
	u32 max_vcpu_ids;
	u32 disable_nx_huge_pages;
};

#endif
