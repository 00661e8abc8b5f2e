/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pic.h - the two 8259A of a VM
 *
 * Owns: struct kvm_pic: both chips at their ports, and ELCR.  8259A data sheet;
 * ELCR as in PIIX.
 *
 * Locking: its spinlock, also with IRQs off.
 *
 * Deliberately absent: MCS-80 mode, the buffered mode's pin, special fully nested
 * mode beyond what its bit says to the master.
 */
#ifndef TWINWALK_PIC_H
#define TWINWALK_PIC_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

#define KVM_PIC_NR_PINS 8 /* of a chip */
#define KVM_PIC_CASCADE 2 /* where the second is at the first */

/* The pure part: a chip is the state that userspace sees. */

/** kvm_pic_chip_icw1() - ICW1; Return: inputs that were forgotten, a bit each */
u8 kvm_pic_chip_icw1(struct kvm_pic_state *s, u8 val);

/**
 * kvm_pic_chip_line() - an input of a chip
 * @s: the chip
 * @pin: 0 to 7
 * @level: asserted
 *
 * Return: 1, a request is there; 0, it was there already; -1, masked.
 */
int kvm_pic_chip_line(struct kvm_pic_state *s, unsigned int pin, bool level);

/**
 * kvm_pic_chip_elcr() - the guest writes ELCR
 * @s: the chip
 * @val: inputs that are level-triggered; those that can't be are left out
 */
void kvm_pic_chip_elcr(struct kvm_pic_state *s, u8 val);

/**
 * kvm_pic_chip_pending() - the input that the output pin is high for
 * @s: the chip
 * @master: it is the first chip; in special fully nested mode the second may
 *	then come while it is in service
 *
 * Return: it, or -1.
 */
int kvm_pic_chip_pending(const struct kvm_pic_state *s, bool master);

/** kvm_pic_chip_ack() - INTA for an input; Return: its service is over already */
bool kvm_pic_chip_ack(struct kvm_pic_state *s, unsigned int pin);

/**
 * kvm_pic_chip_write() - the guest writes a port
 * @s: the chip
 * @port: 0 or 1
 * @val: what
 *
 * Return: inputs whose service has ended, a bit each.
 */
u8 kvm_pic_chip_write(struct kvm_pic_state *s, unsigned int port, u8 val);

/**
 * kvm_pic_chip_read() - the guest reads a port
 * @s: the chip
 * @port: 0 or 1
 * @master: it is the first chip
 * @ended: set to inputs whose service has ended (a poll, in automatic EOI mode)
 */
u8 kvm_pic_chip_read(struct kvm_pic_state *s, unsigned int port, bool master,
		     u8 *ended);

/** kvm_pic_create() - both; Context: kvm->slots_lock; Return: 0 or an error */
int kvm_pic_create(struct kvm *kvm);

/** kvm_pic_destroy() - the reverse; also if there are none */
void kvm_pic_destroy(struct kvm *kvm);

/** kvm_pic_set_irq() - a source drives an input, 0 to 15; as kvm_set_irq() */
int kvm_pic_set_irq(struct kvm *kvm, unsigned int pin, unsigned int source,
		    bool level);

/** kvm_pic_output() - is there an interrupt for a vCPU? any context */
bool kvm_pic_output(struct kvm *kvm);

/** kvm_pic_read_irq() - INTA; Return: the vector, IR7's if it went away */
int kvm_pic_read_irq(struct kvm *kvm);

/** kvm_pic_get() - for KVM_GET_IRQCHIP; @chip is 0 or 1 */
void kvm_pic_get(struct kvm *kvm, unsigned int chip,
		 struct kvm_pic_state *state);

/** kvm_pic_set() - for KVM_SET_IRQCHIP */
void kvm_pic_set(struct kvm *kvm, unsigned int chip,
		 const struct kvm_pic_state *state);

#endif
