/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smram.h - the state-save area of system management mode
 *
 * Owns: where an SMI puts the CPU's state, 512 bytes at SMBASE + FE00H, and RSM
 * takes it from.  Guests that can have long mode get the layout of AMD's CPUs
 * (APM 2, 10.2.3 "SMRAM State-Save Area"); others that of all CPUs before (SDM
 * 3C, table "SMRAM State Save Map").  The latter has no place that the manual
 * names for what is behind a selector, for CR4 and for EFER: there they are where
 * we have put them, in its reserved part.
 *
 * Locking: none; pure.
 *
 * Deliberately absent: restart of I/O instructions, whose fields are 0, and the
 * fields of nested guests.
 */
#ifndef TWINWALK_X86_SMRAM_H
#define TWINWALK_X86_SMRAM_H

#include <linux/kvm.h>
#include <linux/types.h>

/* The area, from SMBASE on; where SMM's code begins. */
#define KVM_SMRAM_STATE_AT   0xfe00
#define KVM_SMRAM_STATE_SIZE 512
#define KVM_SMRAM_CODE_AT    0x8000

/* Revisions: SMBASE can be moved; firmware tells the layouts apart by them. */
#define KVM_SMRAM_REVISION_32 0x00020000
#define KVM_SMRAM_REVISION_64 0x00020064

enum kvm_smram_layout {
	KVM_SMRAM_32,
	KVM_SMRAM_64,
};

/**
 * struct kvm_smram_state - what the area has
 * @regs: general registers, RIP, RFLAGS
 * @sregs: segments, descriptor tables, CR0, CR3, CR4, EFER; nothing else of it
 * @dr6: DR6
 * @dr7: DR7
 * @smbase: SMBASE, of which there are 32 bits
 * @halted: the SMI came while the CPU was halted; for RSM: halt again
 */
struct kvm_smram_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	u64 dr6;
	u64 dr7;
	u64 smbase;
	bool halted;
};

/**
 * kvm_smram_pack() - fill in the area
 * @smram: KVM_SMRAM_STATE_SIZE bytes; what has no field becomes 0
 * @state: the state
 * @layout: which
 */
void kvm_smram_pack(u8 *smram, const struct kvm_smram_state *state,
		    enum kvm_smram_layout layout);

/**
 * kvm_smram_unpack() - the reverse
 * @state: what the area has not is left alone
 * @smram: the guest's: any bytes
 * @layout: which
 *
 * Nothing is checked, but of RFLAGS there are only the flags that exist.
 */
void kvm_smram_unpack(struct kvm_smram_state *state, const u8 *smram,
		      enum kvm_smram_layout layout);

#endif
