/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs.h - the guest's registers
 *
 * Owns: how vcpu->arch.regs, cr0 to cr8, efer, db, dr6 and dr7 are read and
 * written.  A register that arch.regs_avail does not have is fetched from the
 * vendor first (hook cache_reg); one that is written here is in arch.regs_dirty
 * until the vendor has taken it.
 *
 * Writes of the guest's come through kvm_set_*(), which know what the CPU would
 * refuse (regs_check.h) and what of the MMU's a write invalidates (mmu/role.h).
 * EFER.LMA is theirs to keep: the hooks set_cr0 and set_efer take what they get.
 *
 * Locking: vCPU's mutex.  Whatever may read guest memory, kvm_set_cr0(),
 * kvm_set_cr3(), kvm_set_cr4(), also needs kvm->srcu.
 *
 * PDPTEs are loaded, and checked, when CR3 is written; but not with NPT, where the
 * CPU reads them from memory as it walks (APM 2, "Nested Paging").  There
 * VCPU_EXREG_PDPTR becomes unavailable, and who wants to know them gets them by
 * cache_reg, which is kvm_load_pdptrs().
 *
 * While a nested guest runs they are its registers; the vendor has L1's.
 */
#ifndef TWINWALK_X86_REGS_H
#define TWINWALK_X86_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "vcpu.h"
#include "vendor.h"

struct kvm_ctl_regs;

/* CR4: what CPUID tells the guest of. */
#define KVM_CR4_IN_CPUID (X86_CR4_OSXSAVE | X86_CR4_PKE)

/** kvm_register_is_available() - is it up to date in vcpu->arch? */
static inline bool kvm_register_is_available(const struct kvm_vcpu *vcpu,
					     enum kvm_reg reg)
{
	return vcpu->arch.regs_avail & BIT(reg);
}

/** kvm_register_is_dirty() - does the vendor still have to take it? */
static inline bool kvm_register_is_dirty(const struct kvm_vcpu *vcpu,
					 enum kvm_reg reg)
{
	return vcpu->arch.regs_dirty & BIT(reg);
}

/** kvm_register_mark_available() - it is up to date */
static inline void kvm_register_mark_available(struct kvm_vcpu *vcpu,
					       enum kvm_reg reg)
{
	vcpu->arch.regs_avail |= BIT(reg);
}

/** kvm_register_mark_dirty() - it was written, so that it is up to date too */
static inline void kvm_register_mark_dirty(struct kvm_vcpu *vcpu,
					   enum kvm_reg reg)
{
	vcpu->arch.regs_avail |= BIT(reg);
	vcpu->arch.regs_dirty |= BIT(reg);
}

/** kvm_register_cache() - make sure that it is up to date */
static inline void kvm_register_cache(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
	if (!kvm_register_is_available(vcpu, reg)) {
		static_call(kvm_x86_cache_reg)(vcpu, reg);
		kvm_register_mark_available(vcpu, reg);
	}
}

/**
 * kvm_register_read_raw() - all 64 bits of a general register, or RIP
 * @vcpu: the vCPU
 * @reg: below NR_VCPU_REGS
 */
static inline unsigned long kvm_register_read_raw(struct kvm_vcpu *vcpu,
						  enum kvm_reg reg)
{
	kvm_register_cache(vcpu, reg);
	return vcpu->arch.regs[reg];
}

/** kvm_register_write_raw() - the same, written */
static inline void kvm_register_write_raw(struct kvm_vcpu *vcpu,
					  enum kvm_reg reg, unsigned long val)
{
	vcpu->arch.regs[reg] = val;
	kvm_register_mark_dirty(vcpu, reg);
}

/* Those that parts of the module know by name. */
static inline unsigned long kvm_rax_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RAX);
}

static inline void kvm_rax_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RAX, val);
}

static inline unsigned long kvm_rbx_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RBX);
}

static inline void kvm_rbx_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RBX, val);
}

static inline unsigned long kvm_rcx_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RCX);
}

static inline void kvm_rcx_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RCX, val);
}

static inline unsigned long kvm_rdx_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RDX);
}

static inline void kvm_rdx_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RDX, val);
}

static inline unsigned long kvm_rsi_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RSI);
}

static inline void kvm_rsi_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RSI, val);
}

static inline unsigned long kvm_rdi_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RDI);
}

static inline void kvm_rdi_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RDI, val);
}

static inline unsigned long kvm_rbp_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RBP);
}

static inline void kvm_rbp_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RBP, val);
}

static inline unsigned long kvm_rsp_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RSP);
}

static inline void kvm_rsp_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RSP, val);
}

static inline unsigned long kvm_rip_read(struct kvm_vcpu *vcpu)
{
	return kvm_register_read_raw(vcpu, VCPU_REGS_RIP);
}

static inline void kvm_rip_write(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RIP, val);
}

/** kvm_read_edx_eax() - EDX:EAX, as WRMSR and XSETBV take it */
static inline u64 kvm_read_edx_eax(struct kvm_vcpu *vcpu)
{
	return (u32)kvm_rax_read(vcpu) | (u64)(u32)kvm_rdx_read(vcpu) << 32;
}

/** kvm_read_cr0_bits() - some bits of CR0 */
static inline unsigned long kvm_read_cr0_bits(struct kvm_vcpu *vcpu,
					      unsigned long mask)
{
	if (mask & vcpu->arch.cr0_guest_owned_bits)
		kvm_register_cache(vcpu, VCPU_EXREG_CR0);
	return vcpu->arch.cr0 & mask;
}

/** kvm_read_cr0() - CR0 as the guest sees it */
static inline unsigned long kvm_read_cr0(struct kvm_vcpu *vcpu)
{
	return kvm_read_cr0_bits(vcpu, ~0ul);
}

/** kvm_read_cr4_bits() - some bits of CR4 */
static inline unsigned long kvm_read_cr4_bits(struct kvm_vcpu *vcpu,
					      unsigned long mask)
{
	if (mask & vcpu->arch.cr4_guest_owned_bits)
		kvm_register_cache(vcpu, VCPU_EXREG_CR4);
	return vcpu->arch.cr4 & mask;
}

/** kvm_read_cr4() - CR4 as the guest sees it */
static inline unsigned long kvm_read_cr4(struct kvm_vcpu *vcpu)
{
	return kvm_read_cr4_bits(vcpu, ~0ul);
}

/** kvm_read_cr3() - CR3 as the guest sees it */
static inline unsigned long kvm_read_cr3(struct kvm_vcpu *vcpu)
{
	kvm_register_cache(vcpu, VCPU_EXREG_CR3);
	return vcpu->arch.cr3;
}

/**
 * kvm_pdptr_read() - an entry of PAE's level 3, as the CPU has it
 * @vcpu: the vCPU
 * @index: 0 to 3
 *
 * Context: kvm->srcu held.
 */
static inline u64 kvm_pdptr_read(struct kvm_vcpu *vcpu, unsigned int index)
{
	kvm_register_cache(vcpu, VCPU_EXREG_PDPTR);
	return vcpu->arch.pdptrs[index & 3];
}

/** is_protmode() - not in real mode? */
static inline bool is_protmode(struct kvm_vcpu *vcpu)
{
	return kvm_read_cr0_bits(vcpu, X86_CR0_PE);
}

/** is_paging() - does the guest have page tables? */
static inline bool is_paging(struct kvm_vcpu *vcpu)
{
	return kvm_read_cr0_bits(vcpu, X86_CR0_PG);
}

/** is_pae() - CR4.PAE */
static inline bool is_pae(struct kvm_vcpu *vcpu)
{
	return kvm_read_cr4_bits(vcpu, X86_CR4_PAE);
}

/** is_long_mode() - is long mode active? */
static inline bool is_long_mode(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.efer & EFER_LMA;
}

/** is_pae_paging() - are the guest's tables those of PAE paging? */
static inline bool is_pae_paging(struct kvm_vcpu *vcpu)
{
	return !is_long_mode(vcpu) && is_pae(vcpu) && is_paging(vcpu);
}

/** is_64_bit_mode() - long mode, in a segment of 64-bit code */
static inline bool is_64_bit_mode(struct kvm_vcpu *vcpu)
{
	int db, l;

	if (!is_long_mode(vcpu))
		return false;
	static_call(kvm_x86_get_cs_db_l_bits)(vcpu, &db, &l);
	return l;
}

/** is_guest_mode() - runs a nested guest? */
static inline bool is_guest_mode(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.guest_mode;
}

/** is_smm() - in system management mode? */
static inline bool is_smm(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.smm;
}

/** kvm_register_read() - a general register; 32 bits outside 64-bit mode */
static inline unsigned long kvm_register_read(struct kvm_vcpu *vcpu,
					      enum kvm_reg reg)
{
	unsigned long val = kvm_register_read_raw(vcpu, reg);

	return is_64_bit_mode(vcpu) ? val : (u32)val;
}

/** kvm_register_write() - the same, written; the upper half becomes 0 */
static inline void kvm_register_write(struct kvm_vcpu *vcpu, enum kvm_reg reg,
				      unsigned long val)
{
	kvm_register_write_raw(vcpu, reg,
			       is_64_bit_mode(vcpu) ? val : (u32)val);
}

/** kvm_get_linear_rip() - RIP, or EIP with CS's base */
unsigned long kvm_get_linear_rip(struct kvm_vcpu *vcpu);

/** kvm_get_rflags() - RFLAGS, without TF of KVM_SET_GUEST_DEBUG */
unsigned long kvm_get_rflags(struct kvm_vcpu *vcpu);

/**
 * kvm_set_rflags() - RFLAGS; TF of KVM_SET_GUEST_DEBUG stays
 * @vcpu: the vCPU; where it was asked to be stepped, TF is added
 * @rflags: as the guest sees them
 */
void kvm_set_rflags(struct kvm_vcpu *vcpu, unsigned long rflags);

/** kvm_get_ctl_regs() - the control registers as they are */
void kvm_get_ctl_regs(struct kvm_vcpu *vcpu, struct kvm_ctl_regs *regs);

/**
 * kvm_load_pdptrs() - load the four entries that CR3 points to
 * @vcpu: the vCPU
 * @cr3: whether the vCPU has it already or not
 *
 * Context: kvm->srcu held; may sleep.
 * Return: false if they can't be read or one is not valid; nothing changed then.
 */
bool kvm_load_pdptrs(struct kvm_vcpu *vcpu, unsigned long cr3);

/** kvm_pdptrs_are_in_memory() - are they no registers on this host? */
bool kvm_pdptrs_are_in_memory(void);

/**
 * kvm_set_cr0() - the guest writes CR0
 * @vcpu: the vCPU
 * @cr0: all of the instruction's operand
 *
 * Context: kvm->srcu held; may sleep.
 * Return: 0; 1, nothing changed and the guest is to get #GP.
 */
int kvm_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0);

/** kvm_set_cr3() - the same of CR3; with CR4.PCIDE bit 63 means "no flush" */
int kvm_set_cr3(struct kvm_vcpu *vcpu, unsigned long cr3);

/** kvm_set_cr4() - the same of CR4 */
int kvm_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4);

/** kvm_set_cr8() - the same of CR8 */
int kvm_set_cr8(struct kvm_vcpu *vcpu, unsigned long cr8);

/** kvm_get_cr8() - the task priority, 0 to 15 */
unsigned long kvm_get_cr8(struct kvm_vcpu *vcpu);

/**
 * kvm_set_efer() - EFER is written
 * @vcpu: the vCPU
 * @efer: LMA does not matter
 * @host_initiated: by userspace, who may set what KVM knows, whatever the
 *	guest's CPUID says, and LME whatever the guest does
 *
 * Return: 0; 1, nothing changed and the guest is to get #GP.
 */
int kvm_set_efer(struct kvm_vcpu *vcpu, u64 efer, bool host_initiated);

/**
 * kvm_set_dr() - the guest writes a debug register
 * @vcpu: the vCPU
 * @dr: 0 to 7; 4 and 5 are 6 and 7: CR4.DE is the caller's
 * @val: all of the operand
 *
 * Return: 0; 1, nothing changed and the guest is to get #GP.
 */
int kvm_set_dr(struct kvm_vcpu *vcpu, int dr, unsigned long val);

/** kvm_get_dr() - a debug register as the guest sees it */
void kvm_get_dr(struct kvm_vcpu *vcpu, int dr, unsigned long *val);

/** kvm_valid_cr4() - is no bit of @cr4 reserved, for this host and this guest? */
bool kvm_valid_cr4(struct kvm_vcpu *vcpu, unsigned long cr4);

/** kvm_valid_efer() - the same of EFER; see kvm_set_efer() */
bool kvm_valid_efer(struct kvm_vcpu *vcpu, u64 efer, bool host_initiated);

/**
 * kvm_vcpu_regs_reset() - the registers, as RESET or INIT leaves them
 * @vcpu: the vCPU, whose vendor's part is there
 * @init_event: INIT
 *
 * SDM 3A, table of processor states after power-up, RESET and INIT; APM 2, 14.1.
 * Before the hook vcpu_reset.  The FPU is kvm_vcpu_fpu_reset()'s.
 */
void kvm_vcpu_regs_reset(struct kvm_vcpu *vcpu, bool init_event);

/**
 * kvm_vcpu_apply_sync_regs() - the start of KVM_RUN: what userspace has changed
 * @vcpu: the vCPU
 *
 * Return: 0; -EINVAL, kvm_valid_regs or kvm_dirty_regs has a bit that is none,
 * and nothing changed; or a value is not valid.
 */
int kvm_vcpu_apply_sync_regs(struct kvm_vcpu *vcpu);

/** kvm_vcpu_store_sync_regs() - its end: what userspace wants to see */
void kvm_vcpu_store_sync_regs(struct kvm_vcpu *vcpu);

/* The ioctls; what is copied is copied by the table of them (ioctl.h). */
long kvm_vcpu_ioctl_get_regs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_regs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_sregs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_sregs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_sregs2(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_sregs2(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_debugregs(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_debugregs(struct kvm_vcpu *vcpu, void *data);

#endif
