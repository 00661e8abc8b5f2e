/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_vcpu.h - x86's part of struct kvm_vcpu
 *
 * Owns: struct kvm_vcpu_arch: the guest's registers as far as they are not in a
 * part of their own, and the parts.  A vendor's part is around struct kvm_vcpu.
 *
 * Locking: vCPU's mutex.
 */
#ifndef TWINWALK_X86_VCPU_H
#define TWINWALK_X86_VCPU_H

#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

#include "irqchip/pv_apic.h"
#include "mmu/context.h"
#include "mmu/guest_walk.h"
#include "mmu/mmu_cache.h"
#include "x86/async_pf.h"
#include "x86/cpuid.h"
#include "x86/emulate.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/hypercall.h"
#include "x86/io.h"
#include "x86/mce.h"
#include "x86/msr.h"
#include "x86/pvclock.h"
#include "x86/steal.h"
#include "x86/tsc.h"

struct kvm_lapic;

/* General registers, in the order of their numbers in an instruction. */
enum kvm_reg {
	VCPU_REGS_RAX,
	VCPU_REGS_RCX,
	VCPU_REGS_RDX,
	VCPU_REGS_RBX,
	VCPU_REGS_RSP,
	VCPU_REGS_RBP,
	VCPU_REGS_RSI,
	VCPU_REGS_RDI,
	VCPU_REGS_R8,
	VCPU_REGS_R9,
	VCPU_REGS_R10,
	VCPU_REGS_R11,
	VCPU_REGS_R12,
	VCPU_REGS_R13,
	VCPU_REGS_R14,
	VCPU_REGS_R15,
	VCPU_REGS_RIP,
	NR_VCPU_REGS,

	/* Not in regs[], but with a bit in regs_avail all the same. */
	VCPU_EXREG_PDPTR = NR_VCPU_REGS,
	VCPU_EXREG_CR0,
	VCPU_EXREG_CR3,
	VCPU_EXREG_CR4,
	VCPU_EXREG_RFLAGS,
	VCPU_EXREG_SEGMENTS,
};

/* Segment registers: the numbers that instructions have, then LDTR and TR. */
enum kvm_segment_reg {
	VCPU_SREG_ES,
	VCPU_SREG_CS,
	VCPU_SREG_SS,
	VCPU_SREG_DS,
	VCPU_SREG_FS,
	VCPU_SREG_GS,
	VCPU_SREG_TR,
	VCPU_SREG_LDTR,
};

/* An exit that the vendor's vcpu_run() has done some of already. */
enum kvm_exit_fastpath {
	EXIT_FASTPATH_NONE,
	EXIT_FASTPATH_REENTER_GUEST,
	EXIT_FASTPATH_EXIT_HANDLED,
};

/**
 * struct kvm_vcpu_arch - x86's part of a vCPU
 * @regs: general registers and RIP, by enum kvm_reg; see x86/regs.h
 * @regs_avail: which are up to date here; the others are the vendor's, who
 *	fetches them by the hook cache_reg
 * @regs_dirty: which are newer here than where the CPU will take them from
 * @cr0: as the guest sees it; bits of @cr0_guest_owned_bits may be newer in
 *	hardware
 * @cr0_guest_owned_bits: the guest may change them without an exit
 * @cr2: the guest's
 * @cr3: the guest's, with its PCID
 * @cr4: as @cr0
 * @cr4_guest_owned_bits: the same
 * @cr4_guest_rsvd_bits: what the guest's CPUID keeps it from setting
 * @cr8: without an APIC in the kernel, its task priority
 * @efer: as the guest sees it
 * @pdptrs: in PAE mode without NPT
 * @apic_base: the guest's IA32_APIC_BASE
 * @pat: the guest's IA32_PAT
 * @xcr0: the guest's XCR0
 * @ia32_xss: the guest's IA32_XSS
 * @db: the guest's DR0 to DR3
 * @dr6: the guest's
 * @dr7: the guest's
 * @eff_db: what DR0 to DR3 are while the guest runs
 * @guest_debug_dr7: DR7 as KVM_SET_GUEST_DEBUG has it
 * @switch_db_regs: KVM_DEBUGREG_*; 0, the guest does not use breakpoints
 * @guest_debug: KVM_GUESTDBG_*
 * @singlestep_rip: where single-stepping was asked for
 * @smm: in system management mode; see x86/smm.h
 * @smm_inside_nmi: ... and NMIs were masked before
 * @guest_mode: runs a nested guest
 * @mp_state: KVM_MP_STATE_*; what others read
 * @launched: KVM_RUN was called: CPUID and the like stay as they are
 * @msr: MSRs that have no other place
 * @mce: its machine checks
 * @tsc: its time stamp counter
 * @pvclock: what it was told of the VM's clock
 * @steal: its steal time
 * @event: what waits to be injected
 * @fpu: its FPU
 * @cpuid: what CPUID tells the guest
 * @mmu: its three MMUs
 * @mmu_caches: what its faults make tables of
 * @walk_cfg: how its own page tables are walked, as of mmu.walk_mmu's role
 * @emulate: the instruction that is emulated
 * @apic: its local APIC, or NULL
 * @pv: what it has of KVM's own
 * @apf: pages that it does not wait for
 * @io: what it does with devices just now
 * @pv_apic: what its APIC and its guest share
 * @complete_userspace_io: what is left to do when KVM_RUN is called again.
 *	Return: 1, go on; 0, userspace has more to do; or an error
 */
struct kvm_vcpu_arch {
	unsigned long regs[NR_VCPU_REGS];
	u32 regs_avail;
	u32 regs_dirty;
	unsigned long cr0;
	unsigned long cr0_guest_owned_bits;
	unsigned long cr2;
	unsigned long cr3;
	unsigned long cr4;
	unsigned long cr4_guest_owned_bits;
	unsigned long cr4_guest_rsvd_bits;
	unsigned long cr8;
	u64 efer;
	u64 pdptrs[4];
	u64 apic_base;
	u64 pat;
	u64 xcr0;
	u64 ia32_xss;
	unsigned long db[4];
	unsigned long dr6;
	unsigned long dr7;
	unsigned long eff_db[4];
	unsigned long guest_debug_dr7;
	unsigned int switch_db_regs;
	u32 guest_debug;
	unsigned long singlestep_rip;
	bool smm;
	bool smm_inside_nmi;
	bool guest_mode;
	bool launched;
	u32 mp_state;
	struct kvm_vcpu_msr msr;
	struct kvm_vcpu_mce mce;
	struct kvm_vcpu_tsc tsc;
	struct kvm_vcpu_pvclock pvclock;
	struct kvm_vcpu_steal steal;
	struct kvm_vcpu_event event;
	struct kvm_vcpu_fpu fpu;
	struct kvm_vcpu_cpuid cpuid;
	struct kvm_vcpu_mmu mmu;
	struct kvm_mmu_caches mmu_caches;
	struct kvm_guest_walk_cfg walk_cfg;
	struct kvm_vcpu_emulate emulate;
	struct kvm_lapic *apic;
	struct kvm_vcpu_pv pv;
	struct kvm_vcpu_async_pf apf;
	struct kvm_vcpu_io io;
	struct kvm_vcpu_pv_apic pv_apic;
	int (*complete_userspace_io)(struct kvm_vcpu *vcpu);
};

/* switch_db_regs */
#define KVM_DEBUGREG_BP_ENABLED 1 /* breakpoints are on: load them */
#define KVM_DEBUGREG_WONT_EXIT	2 /* the guest changes them without an exit */

#endif
