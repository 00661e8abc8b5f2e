/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioapic.h - the IOAPIC of a VM, an 82093AA
 *
 * Owns: struct kvm_ioapic: 24 pins with a redirection entry each, the window of
 * two registers at 0xfec00000.
 *
 * Locking: its spinlock, also with IRQs off; inside of it messages are sent.
 *
 * Deliberately absent: polarity.  A line that is asserted is 1 (api.rst,
 * KVM_IRQ_LINE).  The EOI register, which later IOAPICs have.
 */
#ifndef TWINWALK_IOAPIC_H
#define TWINWALK_IOAPIC_H

#include <linux/kvm.h>
#include <linux/types.h>

#include "irqchip/lapic.h"

struct kvm;

/* A redirection entry's bits; 82093AA, "I/O Redirection Table Registers". */
#define KVM_RTE_VECTOR	   0xffull
#define KVM_RTE_MODE	   0x700ull
#define KVM_RTE_LOGICAL	   BIT_ULL(11)
#define KVM_RTE_STATUS	   BIT_ULL(12)
#define KVM_RTE_POLARITY   BIT_ULL(13)
#define KVM_RTE_REMOTE_IRR BIT_ULL(14)
#define KVM_RTE_LEVEL	   BIT_ULL(15)
#define KVM_RTE_MASKED	   BIT_ULL(16)
#define KVM_RTE_DEST_SHIFT 56
/* ... that a write changes */
#define KVM_RTE_WRITABLE                                                      \
	(KVM_RTE_VECTOR | KVM_RTE_MODE | KVM_RTE_LOGICAL | KVM_RTE_POLARITY | \
	 KVM_RTE_LEVEL | KVM_RTE_MASKED | 0xffull << KVM_RTE_DEST_SHIFT)

/**
 * struct kvm_ioapic_regs - the registers, and the lines
 * @select: IOREGSEL
 * @id: its number, 0 to 15
 * @irr: lines that are asserted, a bit a pin.  Of an edge that was masked
 *	nothing is kept
 * @rte: redirection entries
 */
struct kvm_ioapic_regs {
	u32 select;
	u32 id;
	u32 irr;
	u64 rte[KVM_IOAPIC_NUM_PINS];
};

/* Answers of what changes them: what is to be sent. */
#define KVM_IOAPIC_SEND	  1 /* the pin's message */
#define KVM_IOAPIC_NONE	  0 /* nothing: it waits already */
#define KVM_IOAPIC_MASKED (-1) /* nothing, and nothing will come of it */

/* The pure part: registers in, registers out. */

/** kvm_ioapic_regs_reset() - as after RESET */
void kvm_ioapic_regs_reset(struct kvm_ioapic_regs *regs);

/**
 * kvm_ioapic_regs_line() - a pin's line
 * @regs: the registers
 * @pin: below KVM_IOAPIC_NUM_PINS
 * @level: asserted
 *
 * Return: KVM_IOAPIC_*.
 */
int kvm_ioapic_regs_line(struct kvm_ioapic_regs *regs, unsigned int pin,
			 bool level);

/** kvm_ioapic_regs_sent() - the pin's message was taken */
void kvm_ioapic_regs_sent(struct kvm_ioapic_regs *regs, unsigned int pin);

/**
 * kvm_ioapic_regs_eoi() - EOI of a vector
 * @regs: the registers
 * @vector: which
 * @level: it was level-triggered, says the APIC
 *
 * Return: pins that it was for, a bit each; their remote IRR is clear.
 */
u32 kvm_ioapic_regs_eoi(struct kvm_ioapic_regs *regs, u8 vector, bool level);

/** kvm_ioapic_regs_due() - pins that have to be sent (again), a bit each */
u32 kvm_ioapic_regs_due(const struct kvm_ioapic_regs *regs);

/** kvm_ioapic_regs_read() - IOWIN */
u32 kvm_ioapic_regs_read(const struct kvm_ioapic_regs *regs);

/**
 * kvm_ioapic_regs_write() - IOWIN; pins may be due then
 * @regs: the registers
 * @val: what is written
 *
 * Return: pins of which an EOI that is to come may not be known any more, a bit
 * each: their entry has changed in more than its destination.
 */
u32 kvm_ioapic_regs_write(struct kvm_ioapic_regs *regs, u32 val);

/** kvm_ioapic_rte_irq() - the message of an entry */
void kvm_ioapic_rte_irq(u64 rte, struct kvm_lapic_irq *irq);

/**
 * kvm_ioapic_create() - the IOAPIC of a VM
 * @kvm: the VM
 *
 * Context: kvm->slots_lock.
 * Return: 0; -ENOMEM or what the bus said.
 */
int kvm_ioapic_create(struct kvm *kvm);

/** kvm_ioapic_destroy() - the reverse; also if there is none */
void kvm_ioapic_destroy(struct kvm *kvm);

/**
 * kvm_ioapic_set_irq() - a source drives a pin
 * @kvm: the VM
 * @pin: any number
 * @source: KVM_*_IRQ_SOURCE_ID
 * @level: asserted
 *
 * Context: any.
 * Return: as kvm_irq_delivery_to_apic().
 */
int kvm_ioapic_set_irq(struct kvm *kvm, unsigned int pin, unsigned int source,
		       bool level);

/** kvm_ioapic_eoi() - a vCPU's EOI of a vector; @level: as its TMR has it */
void kvm_ioapic_eoi(struct kvm *kvm, u8 vector, bool level);

/** kvm_ioapic_wants_eoi() - might an EOI of a vector mean something? any context */
bool kvm_ioapic_wants_eoi(struct kvm *kvm, u8 vector);

/** kvm_ioapic_watch_changed() - a pin's EOI is waited for, or is not any more */
void kvm_ioapic_watch_changed(struct kvm *kvm);

/** kvm_ioapic_get() - for KVM_GET_IRQCHIP */
void kvm_ioapic_get(struct kvm *kvm, struct kvm_ioapic_state *state);

/** kvm_ioapic_set() - for KVM_SET_IRQCHIP */
void kvm_ioapic_set(struct kvm *kvm, const struct kvm_ioapic_state *state);

#endif
