// SPDX-License-Identifier: GPL-2.0-only
/*
 * pic.c - the two 8259A
 *
 * Owns: a chip's registers (pure), and the two of a VM; see pic.h.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "iobus.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pic.h"
#include "irqchip/routing.h"
#include "x86/trace.h"

#define PIC_NR_CHIPS 2

/* What ELCR can make level-triggered: not the timer, keyboard, cascade, RTC. */
static const u8 elcr_masks[PIC_NR_CHIPS] = { 0xf8, 0xde };
static const u16 chip_ports[PIC_NR_CHIPS] = { 0x20, 0xa0 };
#define PIC_ELCR_PORT 0x4d0

/**
 * struct kvm_pic - both
 * @kvm: whose
 * @dev: at all their ports
 * @lock: for what follows
 * @chips: the first and the second
 * @sources: who drives an input, a bit each
 * @output: the first one's output pin; read without the lock
 */
struct kvm_pic {
	struct kvm *kvm;
	struct kvm_io_device dev;
	spinlock_t lock; /* nothing is taken inside of it */
	struct kvm_pic_state chips[PIC_NR_CHIPS];
	unsigned long sources[PIC_NR_CHIPS * KVM_PIC_NR_PINS];
	bool output;
};

/* A chip; pure */

/* How many places below the highest priority the highest of @pins is; or 8. */
static unsigned int priority(const struct kvm_pic_state *s, u8 pins)
{
	unsigned int p;

	for (p = 0; p < KVM_PIC_NR_PINS; p++)
		if (pins & BIT((p + s->priority_add) & 7))
			return p;
	return KVM_PIC_NR_PINS;
}

int kvm_pic_chip_line(struct kvm_pic_state *s, unsigned int pin, bool level)
{
	u8 bit = BIT(pin);
	bool new = false;

	if (level) {
		/* An edge is where it was low; one that waits takes in others. */
		if ((s->elcr & bit) || !(s->last_irr & bit)) {
			new = !(s->irr & bit);
			s->irr |= bit;
		}
		s->last_irr |= bit;
	} else {
		if (s->elcr & bit)
			s->irr &= ~bit;
		s->last_irr &= ~bit;
	}
	return s->imr & bit ? -1 : new;
}

void kvm_pic_chip_elcr(struct kvm_pic_state *s, u8 val)
{
	u8 changed = val & s->elcr_mask & ~s->elcr;

	s->elcr = val & s->elcr_mask;
	/* What is a level now requests as its line is, whatever edge there was. */
	s->irr = (s->irr & ~changed) | (s->last_irr & changed);
}

int kvm_pic_chip_pending(const struct kvm_pic_state *s, bool master)
{
	unsigned int p = priority(s, s->irr & ~s->imr);
	u8 isr = s->isr;

	if (p == KVM_PIC_NR_PINS)
		return -1;
	/* 8259A, "Special Mask Mode": what is masked does not inhibit. */
	if (s->special_mask)
		isr &= ~s->imr;
	if (master && s->special_fully_nested_mode)
		isr &= ~BIT(KVM_PIC_CASCADE);
	return p < priority(s, isr) ? (p + s->priority_add) & 7 : -1;
}

bool kvm_pic_chip_ack(struct kvm_pic_state *s, unsigned int pin)
{
	u8 bit = BIT(pin);

	if (!(s->elcr & bit))
		s->irr &= ~bit;
	if (!s->auto_eoi) {
		s->isr |= bit;
		return false;
	}
	if (s->rotate_on_auto_eoi)
		s->priority_add = (pin + 1) & 7;
	return true;
}

u8 kvm_pic_chip_icw1(struct kvm_pic_state *s, u8 val)
{
	/* Nobody will see the end of those that it forgets. */
	u8 ended = s->isr | (s->irr & ~s->elcr);

	/* Edges have to come again; a level is still there. */
	s->irr &= s->elcr;
	s->imr = 0;
	s->isr = 0;
	s->priority_add = 0;
	s->read_reg_select = 0;
	s->poll = 0;
	s->special_mask = 0;
	s->auto_eoi = 0;
	s->rotate_on_auto_eoi = 0;
	s->special_fully_nested_mode = 0;
	s->init4 = val & 1;
	s->init_state = 1;
	return ended;
}

/* OCW2: bit 7, rotate; bit 6, the level of bits 0 to 2; bit 5, EOI. */
static u8 write_ocw2(struct kvm_pic_state *s, u8 val)
{
	bool rotate = val & 0x80, specific = val & 0x40, eoi = val & 0x20;
	unsigned int pin = val & 7;
	u8 isr = s->isr;

	if (!eoi) {
		if (!specific)
			s->rotate_on_auto_eoi = rotate;
		else if (rotate)
			s->priority_add = (pin + 1) & 7;
		return 0;
	}
	if (!specific) {
		unsigned int p;

		/* In special mask mode, not of what is masked. */
		if (s->special_mask)
			isr &= ~s->imr;
		p = priority(s, isr);
		if (p == KVM_PIC_NR_PINS)
			return 0;
		pin = (p + s->priority_add) & 7;
	}
	if (rotate)
		s->priority_add = (pin + 1) & 7;
	isr = s->isr & BIT(pin);
	s->isr &= ~BIT(pin);
	return isr;
}

static void write_ocw3(struct kvm_pic_state *s, u8 val)
{
	s->poll = !!(val & 4);
	if (val & 2)
		s->read_reg_select = val & 1;
	if (val & 0x40)
		s->special_mask = !!(val & 0x20);
}

/* Port 1: IMR, or the words that follow ICW1. */
static void write_data(struct kvm_pic_state *s, u8 val)
{
	switch (s->init_state) {
	case 1:
		s->irq_base = val & 0xf8;
		s->init_state = 2;
		break;
	case 2:
		/* ICW3: how they are wired does not depend on it. */
		s->init_state = s->init4 ? 3 : 0;
		break;
	case 3:
		s->special_fully_nested_mode = !!(val & 0x10);
		s->auto_eoi = !!(val & 2);
		s->init_state = 0;
		break;
	default:
		s->imr = val;
		break;
	}
}

u8 kvm_pic_chip_write(struct kvm_pic_state *s, unsigned int port, u8 val)
{
	if (port) {
		write_data(s, val);
		return 0;
	}
	if (val & 0x10)
		return kvm_pic_chip_icw1(s, val);
	if (!(val & 8))
		return write_ocw2(s, val);
	write_ocw3(s, val);
	return 0;
}

u8 kvm_pic_chip_read(struct kvm_pic_state *s, unsigned int port, bool master,
		     u8 *ended)
{
	int pin;

	*ended = 0;
	if (!s->poll) {
		if (port)
			return s->imr;
		return s->read_reg_select ? s->isr : s->irr;
	}

	/* 8259A, "Poll Command": the read is an INTA. */
	s->poll = 0;
	pin = kvm_pic_chip_pending(s, master);
	if (pin < 0)
		return 0;
	if (kvm_pic_chip_ack(s, pin))
		*ended = BIT(pin);
	return 0x80 | pin;
}

/* Both */

/* The second one's output is the first one's input, whatever ELCR says. */
static void update_output(struct kvm_pic *pic)
{
	struct kvm_pic_state *master = &pic->chips[0];

	lockdep_assert_held(&pic->lock);
	if (kvm_pic_chip_pending(&pic->chips[1], false) >= 0)
		master->irr |= BIT(KVM_PIC_CASCADE);
	else
		master->irr &= ~BIT(KVM_PIC_CASCADE);
	WRITE_ONCE(pic->output, kvm_pic_chip_pending(master, true) >= 0);
}

/* The pin goes to all CPUs; one of those that look at it gets it. */
static void kick_acceptor(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (vcpu->arch.apic && kvm_apic_accepts_pic(vcpu)) {
			kvm_make_request(KVM_REQ_EVENT, vcpu);
			kvm_vcpu_kick(vcpu);
			return;
		}
	}
}

/* After a change, with the lock dropped: @ended is of @chip. */
static void tell_others(struct kvm_pic *pic, unsigned int chip, u8 ended)
{
	unsigned long pins = ended;
	unsigned int pin;

	for_each_set_bit(pin, &pins, KVM_PIC_NR_PINS)
		kvm_notify_acked_irq(pic->kvm, chip, pin);
	if (READ_ONCE(pic->output))
		kick_acceptor(pic->kvm);
}

int kvm_pic_set_irq(struct kvm *kvm, unsigned int pin, unsigned int source,
		    bool level)
{
	struct kvm_pic *pic = kvm->arch.irqchip.pic;
	unsigned long flags;
	int r;

	if (pin >= ARRAY_SIZE(pic->sources))
		return -1;
	pin = array_index_nospec(pin, ARRAY_SIZE(pic->sources));

	spin_lock_irqsave(&pic->lock, flags);
	if (level)
		__set_bit(source, &pic->sources[pin]);
	else
		__clear_bit(source, &pic->sources[pin]);
	r = -1;
	if (pin != KVM_PIC_CASCADE)
		r = kvm_pic_chip_line(&pic->chips[pin >> 3], pin & 7,
				      pic->sources[pin]);
	trace_kvm_pic_set_irq(pin >> 3, pin & 7, pic->chips[pin >> 3].elcr,
			      pic->chips[pin >> 3].imr, level && !r);
	update_output(pic);
	spin_unlock_irqrestore(&pic->lock, flags);
	tell_others(pic, 0, 0);
	/* A line that goes down is not merged with anything. */
	return level ? r : 1;
}

bool kvm_pic_output(struct kvm *kvm)
{
	return READ_ONCE(kvm->arch.irqchip.pic->output);
}

int kvm_pic_read_irq(struct kvm *kvm)
{
	struct kvm_pic *pic = kvm->arch.irqchip.pic;
	u8 ended[PIC_NR_CHIPS] = {};
	unsigned int chip = 0;
	unsigned long flags;
	int pin, vector;

	spin_lock_irqsave(&pic->lock, flags);
	pin = kvm_pic_chip_pending(&pic->chips[0], true);
	if (pin >= 0 && kvm_pic_chip_ack(&pic->chips[0], pin))
		ended[0] = BIT(pin);
	if (pin == KVM_PIC_CASCADE) {
		chip = 1;
		pin = kvm_pic_chip_pending(&pic->chips[1], false);
		if (pin >= 0 && kvm_pic_chip_ack(&pic->chips[1], pin))
			ended[1] = BIT(pin);
	}
	/* 8259A, "Interrupt Sequence": IR7's vector if the request is gone. */
	vector = pic->chips[chip].irq_base + (pin < 0 ? 7 : pin);
	update_output(pic);
	spin_unlock_irqrestore(&pic->lock, flags);

	tell_others(pic, 0, ended[0]);
	tell_others(pic, 1, ended[1]);
	return vector;
}

/* Which chip is at a port; ELCR's are set apart. */
static unsigned int chip_at(gpa_t port)
{
	if ((port & ~1ull) == PIC_ELCR_PORT)
		return port & 1;
	return (port & ~1ull) == chip_ports[1];
}

static u8 read_port(struct kvm_pic *pic, gpa_t port)
{
	unsigned int chip = chip_at(port);
	struct kvm_pic_state *s = &pic->chips[chip];
	unsigned long flags;
	u8 val, ended = 0;

	spin_lock_irqsave(&pic->lock, flags);
	if ((port & ~1ull) == PIC_ELCR_PORT)
		val = s->elcr;
	else
		val = kvm_pic_chip_read(s, port & 1, !chip, &ended);
	update_output(pic);
	spin_unlock_irqrestore(&pic->lock, flags);
	tell_others(pic, chip, ended);
	return val;
}

static void write_port(struct kvm_pic *pic, gpa_t port, u8 val)
{
	unsigned int chip = chip_at(port);
	struct kvm_pic_state *s = &pic->chips[chip];
	unsigned long flags;
	u8 ended = 0;

	spin_lock_irqsave(&pic->lock, flags);
	if ((port & ~1ull) == PIC_ELCR_PORT)
		kvm_pic_chip_elcr(s, val);
	else
		ended = kvm_pic_chip_write(s, port & 1, val);
	update_output(pic);
	spin_unlock_irqrestore(&pic->lock, flags);
	tell_others(pic, chip, ended);
}

static int pic_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		    gpa_t addr, int len, void *val)
{
	struct kvm_pic *pic = container_of(dev, struct kvm_pic, dev);
	u8 *bytes = val;
	int i;

	for (i = 0; i < len; i++)
		bytes[i] = read_port(pic, addr + i);
	return 0;
}

static int pic_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		     gpa_t addr, int len, const void *val)
{
	struct kvm_pic *pic = container_of(dev, struct kvm_pic, dev);
	const u8 *bytes = val;
	int i;

	for (i = 0; i < len; i++)
		write_port(pic, addr + i, bytes[i]);
	return 0;
}

static const struct kvm_io_device_ops pic_ops = {
	.read = pic_read,
	.write = pic_write,
};

int kvm_pic_create(struct kvm *kvm)
{
	static const u16 ports[] = { 0x20, 0xa0, PIC_ELCR_PORT };
	struct kvm_pic *pic;
	unsigned int i;
	int r = 0;

	pic = kzalloc(sizeof(*pic), GFP_KERNEL_ACCOUNT);
	if (!pic)
		return -ENOMEM;
	pic->kvm = kvm;
	pic->dev.ops = &pic_ops;
	spin_lock_init(&pic->lock);
	for (i = 0; i < PIC_NR_CHIPS; i++)
		pic->chips[i].elcr_mask = elcr_masks[i];

	for (i = 0; i < ARRAY_SIZE(ports) && !r; i++)
		r = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, ports[i], 2,
					    &pic->dev);
	if (r) {
		/* -ENOENT, if not even the first is there, is fine. */
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pic->dev);
		kfree(pic);
		return r;
	}
	kvm->arch.irqchip.pic = pic;
	return 0;
}

void kvm_pic_destroy(struct kvm *kvm)
{
	struct kvm_pic *pic = kvm->arch.irqchip.pic;

	if (!pic)
		return;
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &pic->dev);
	kvm->arch.irqchip.pic = NULL;
	kfree(pic);
}

void kvm_pic_get(struct kvm *kvm, unsigned int chip,
		 struct kvm_pic_state *state)
{
	struct kvm_pic *pic = kvm->arch.irqchip.pic;
	unsigned long flags;

	spin_lock_irqsave(&pic->lock, flags);
	*state = pic->chips[chip];
	spin_unlock_irqrestore(&pic->lock, flags);
}

void kvm_pic_set(struct kvm *kvm, unsigned int chip,
		 const struct kvm_pic_state *state)
{
	struct kvm_pic *pic = kvm->arch.irqchip.pic;
	struct kvm_pic_state *s = &pic->chips[chip];
	unsigned long flags;

	spin_lock_irqsave(&pic->lock, flags);
	*s = *state;
	s->priority_add &= 7;
	s->irq_base &= 0xf8;
	s->init_state &= 3;
	s->elcr_mask = elcr_masks[chip];
	s->elcr &= s->elcr_mask;
	update_output(pic);
	spin_unlock_irqrestore(&pic->lock, flags);
	tell_others(pic, chip, 0);
}
