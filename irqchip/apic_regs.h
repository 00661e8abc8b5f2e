/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apic_regs.h - what a local APIC's registers mean, as data and arithmetic
 *
 * Owns: the table of registers; vectors as bits; priorities; who is meant by a
 * destination; how long the timer runs.  SDM 3A, "Advanced Programmable
 * Interrupt Controller (APIC)"; APM 2, chapter 16.
 *
 * Locking: none; pure.  A bitmap of vectors may be changed by others while it is
 * read: each of its words is read once.
 *
 * Deliberately absent: the object, see lapic.h.  CMCI's LVT entry, as no machine
 * checks are sent that way; the extended registers of AMD.
 */
#ifndef TWINWALK_APIC_REGS_H
#define TWINWALK_APIC_REGS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/apicdef.h>

/* Registers are 16 bytes apart, and those of an x2APIC one MSR. */
#define KVM_APIC_NR_REGS 0x40

/* What is not among asm/apicdef.h's */
#define KVM_APIC_BROADCAST     0xffu
#define KVM_X2APIC_BROADCAST   0xffffffffu
#define KVM_APIC_FIRST_VECTOR  16 /* lower ones are illegal */
#define KVM_APIC_LVT_MODE_MASK (3u << 17)
#define KVM_APIC_NR_LVT	       6
#define KVM_APIC_VERSION       (0x14 | ((KVM_APIC_NR_LVT - 1) << 16))
#define KVM_APIC_SVR_RESET     0xff
#define KVM_APIC_DFR_RESET     0xffffffffu

/* struct kvm_apic_reg.access */
#define KVM_APIC_REG_READ    BIT(0) /* by MMIO */
#define KVM_APIC_REG_WRITE   BIT(1)
#define KVM_APIC_REG_X2READ  BIT(2) /* by MSR */
#define KVM_APIC_REG_X2WRITE BIT(3)

/**
 * struct kvm_apic_reg - a register
 * @access: KVM_APIC_REG_*; 0, there is none
 * @writable: bits that a write changes; others are ignored by MMIO, and give
 *	#GP by MSR, if they are set
 */
struct kvm_apic_reg {
	u8 access;
	u32 writable;
};

/**
 * kvm_apic_reg() - look a register up
 * @offset: into the page; any value.  Of an MSR (msr - 0x800) << 4
 *
 * Return: its row; one without access, if there is none.
 */
const struct kvm_apic_reg *kvm_apic_reg(u32 offset);

/** kvm_apic_read_reg() - a register's word in the register page */
static inline u32 kvm_apic_read_reg(const void *regs, u32 offset)
{
	return READ_ONCE(*(const u32 *)(regs + offset));
}

/** kvm_apic_write_reg() - set it */
static inline void kvm_apic_write_reg(void *regs, u32 offset, u32 val)
{
	WRITE_ONCE(*(u32 *)(regs + offset), val);
}

/* A vector's place in APIC_IRR, APIC_ISR or APIC_TMR: 32 of them a register. */
static inline unsigned long *kvm_apic_vector_word(void *bitmap, u8 vector)
{
	/* A long for set_bit() and the like; its upper half is never used. */
	return bitmap + (vector / 32) * 16;
}

/** kvm_apic_test_vector() - is a vector's bit set? */
static inline bool kvm_apic_test_vector(const void *bitmap, u8 vector)
{
	return kvm_apic_read_reg(bitmap, (vector / 32) * 16) & BIT(vector % 32);
}

/**
 * kvm_apic_find_highest() - the highest vector that is set
 * @bitmap: APIC_IRR, APIC_ISR or APIC_TMR in a register page
 *
 * Return: the vector, or -1.
 */
int kvm_apic_find_highest(const void *bitmap);

/**
 * kvm_apic_ppr() - processor priority
 * @tpr: task priority
 * @isr: highest vector in service, or -1
 *
 * SDM 3A, "Task and Processor Priorities".
 */
u32 kvm_apic_ppr(u32 tpr, int isr);

/** kvm_apic_above_ppr() - may a vector, or -1, interrupt at that priority? */
static inline bool kvm_apic_above_ppr(int vector, u32 ppr)
{
	return vector >= 0 && (vector & 0xf0) > (ppr & 0xf0);
}

/**
 * struct kvm_apic_ident - by what an APIC is found
 * @id: what an x2APIC has for an id, in either mode
 * @xapic_id: what the guest sees as its id in xAPIC mode
 * @logical: bits 31 to 24 of the LDR in xAPIC mode, shifted down; the whole of
 *	it in x2APIC mode
 * @x2apic: the mode
 * @cluster: of xAPIC mode, DFR has the cluster model
 */
struct kvm_apic_ident {
	u32 id;
	u32 logical;
	u8 xapic_id;
	bool x2apic;
	bool cluster;
};

/** kvm_x2apic_ldr() - logical id of an x2APIC */
static inline u32 kvm_x2apic_ldr(u32 id)
{
	return (id >> 4) << 16 | BIT(id & 0xf);
}

/**
 * kvm_apic_dest_match() - is an APIC meant by a destination?
 * @apic: the APIC
 * @dest: the destination.  KVM_X2APIC_BROADCAST means all.  An APIC in xAPIC
 *	mode, which sees 8 bits, also takes KVM_APIC_BROADCAST as all
 * @logical: logical destination mode
 */
bool kvm_apic_dest_match(const struct kvm_apic_ident *apic, u32 dest,
			 bool logical);

/** kvm_apic_timer_divider() - how many counts of the bus are one of the timer */
unsigned int kvm_apic_timer_divider(u32 tdcr);

/**
 * kvm_apic_timer_count() - a running timer's current count
 * @remaining: until it expires, in ns; may be negative
 * @divider: see kvm_apic_timer_divider()
 * @initial: initial count
 */
u32 kvm_apic_timer_count(s64 remaining, unsigned int divider, u32 initial);

/**
 * kvm_tsc_to_ns() - how long some counts of a TSC take
 * @cycles: how many
 * @khz: its frequency; 0 counts as 1
 *
 * Return: ns; KVM_APIC_MAX_NS, if it is more.
 */
u64 kvm_tsc_to_ns(u64 cycles, u32 khz);

/** kvm_tsc_left_ns() - how long until a TSC that shows @now shows @deadline */
u64 kvm_tsc_left_ns(u64 deadline, u64 now, u32 khz);

/* 2^50 ns are 13 days; longer is not told from that. */
#define KVM_APIC_MAX_NS BIT_ULL(50)

#endif
