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
#include "x86/msr_filter.h"
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
 * @exit_on_emulation_error: KVM_CAP_EXIT_ON_EMULATION_FAILURE
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
	bool exit_on_emulation_error;
};

#endif
