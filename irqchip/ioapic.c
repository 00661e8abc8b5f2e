// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioapic.c - the IOAPIC
 *
 * Owns: its registers (pure), and what drives them; see ioapic.h.
 *
 * A message is sent with the lock held.  So EOI of it, which takes the lock,
 * finds the remote IRR that it set.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "iobus.h"
#include "irqchip/apic_map.h"
#include "irqchip/ioapic.h"
#include "irqchip/irqchip.h"
#include "irqchip/routing.h"
#include "x86/trace.h"

#define IOAPIC_SIZE    0x100
#define IOAPIC_SELECT  0x00 /* addresses */
#define IOAPIC_WINDOW  0x10
#define IOAPIC_ID      0x00 /* registers */
#define IOAPIC_VER     0x01
#define IOAPIC_ARB     0x02
#define IOAPIC_RTE0    0x10
#define IOAPIC_VERSION (0x11 | ((KVM_IOAPIC_NUM_PINS - 1) << 16))

/**
 * struct kvm_ioapic - an IOAPIC
 * @kvm: whose
 * @dev: on the MMIO bus
 * @lock: for what follows
 * @regs: the registers
 * @sources: who drives a pin, a bit each
 * @watched: pins whose EOI somebody waits for, a bit each
 * @eoi_vectors: vectors whose EOI means something; read without the lock
 */
struct kvm_ioapic {
	struct kvm *kvm;
	struct kvm_io_device dev;
	spinlock_t lock; /* innermost but for what sends messages */
	struct kvm_ioapic_regs regs;
	unsigned long sources[KVM_IOAPIC_NUM_PINS];
	u32 watched;
	DECLARE_BITMAP(eoi_vectors, 256);
};

/* Registers; pure */

void kvm_ioapic_regs_reset(struct kvm_ioapic_regs *regs)
{
	unsigned int pin;

	memset(regs, 0, sizeof(*regs));
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		regs->rte[pin] = KVM_RTE_MASKED;
}

/*
 * 82093AA, "Delivery Mode": what is no interrupt "is treated as an edge triggered
 * interrupt even if it is programmed as a level": it has no EOI.
 */
static bool is_level(u64 rte)
{
	u32 mode = rte & KVM_RTE_MODE;

	return (rte & KVM_RTE_LEVEL) &&
	       (mode == APIC_DM_FIXED || mode == APIC_DM_LOWEST);
}

int kvm_ioapic_regs_line(struct kvm_ioapic_regs *regs, unsigned int pin,
			 bool level)
{
	u64 rte = regs->rte[pin];
	bool was = regs->irr & BIT(pin);

	if (!level) {
		regs->irr &= ~BIT(pin);
		return KVM_IOAPIC_NONE;
	}
	regs->irr |= BIT(pin);
	if (rte & KVM_RTE_MASKED)
		return KVM_IOAPIC_MASKED;
	if (is_level(rte))
		return rte & KVM_RTE_REMOTE_IRR ? KVM_IOAPIC_NONE :
						  KVM_IOAPIC_SEND;
	return was ? KVM_IOAPIC_NONE : KVM_IOAPIC_SEND;
}

void kvm_ioapic_regs_sent(struct kvm_ioapic_regs *regs, unsigned int pin)
{
	if (is_level(regs->rte[pin]))
		regs->rte[pin] |= KVM_RTE_REMOTE_IRR;
}

u32 kvm_ioapic_regs_eoi(struct kvm_ioapic_regs *regs, u8 vector, bool level)
{
	unsigned int pin;
	u32 pins = 0;

	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		u64 rte = regs->rte[pin];

		if ((rte & KVM_RTE_VECTOR) != vector || is_level(rte) != level)
			continue;
		if (level && !(rte & KVM_RTE_REMOTE_IRR))
			continue;
		regs->rte[pin] &= ~KVM_RTE_REMOTE_IRR;
		pins |= BIT(pin);
	}
	return pins;
}

u32 kvm_ioapic_regs_due(const struct kvm_ioapic_regs *regs)
{
	unsigned int pin;
	u32 pins = 0;

	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		if (is_level(regs->rte[pin]) &&
		    !(regs->rte[pin] & (KVM_RTE_MASKED | KVM_RTE_REMOTE_IRR)))
			pins |= BIT(pin);
	return pins & regs->irr;
}

/* The pin whose entry is selected, or -1. */
static int selected_pin(const struct kvm_ioapic_regs *regs)
{
	u32 index = (regs->select - IOAPIC_RTE0) >> 1;

	if (regs->select < IOAPIC_RTE0 || index >= KVM_IOAPIC_NUM_PINS)
		return -1;
	return array_index_nospec(index, KVM_IOAPIC_NUM_PINS);
}

u32 kvm_ioapic_regs_read(const struct kvm_ioapic_regs *regs)
{
	int pin = selected_pin(regs);

	if (pin >= 0)
		return regs->rte[pin] >> (regs->select & 1 ? 32 : 0);
	switch (regs->select) {
	case IOAPIC_ID:
	case IOAPIC_ARB:
		return regs->id << 24;
	case IOAPIC_VER:
		return IOAPIC_VERSION;
	default:
		return 0;
	}
}

/* An edge has no remote IRR; a guest that lost an EOI gets rid of it so. */
static u64 fixed_rte(u64 rte)
{
	return is_level(rte) ? rte : rte & ~KVM_RTE_REMOTE_IRR;
}

u32 kvm_ioapic_regs_write(struct kvm_ioapic_regs *regs, u32 val)
{
	int pin = selected_pin(regs);
	u64 mask, set, old;

	if (pin < 0) {
		if (regs->select == IOAPIC_ID)
			regs->id = (val >> 24) & 0xf;
		return 0;
	}
	if (regs->select & 1) {
		mask = KVM_RTE_WRITABLE & GENMASK_ULL(63, 32);
		set = (u64)val << 32;
	} else {
		mask = KVM_RTE_WRITABLE & GENMASK_ULL(31, 0);
		set = val;
	}
	old = regs->rte[pin];
	regs->rte[pin] = fixed_rte((old & ~mask) | (set & mask));
	return (u32)(old ^ regs->rte[pin]) ? BIT(pin) : 0;
}

void kvm_ioapic_rte_irq(u64 rte, struct kvm_lapic_irq *irq)
{
	*irq = (struct kvm_lapic_irq){
		.dest = rte >> KVM_RTE_DEST_SHIFT,
		.mode = rte & KVM_RTE_MODE,
		.vector = rte & KVM_RTE_VECTOR,
		.dest_logical = rte & KVM_RTE_LOGICAL,
		.level = rte & KVM_RTE_LEVEL,
		.assert = true,
		.lowest = (rte & KVM_RTE_MODE) == APIC_DM_LOWEST,
	};
}

/* What drives them */

static int send(struct kvm_ioapic *ioapic, unsigned int pin)
{
	struct kvm_lapic_irq irq;
	int r;

	lockdep_assert_held(&ioapic->lock);
	kvm_ioapic_rte_irq(ioapic->regs.rte[pin], &irq);
	r = kvm_irq_delivery_to_apic(ioapic->kvm, NULL, &irq);
	/* What nobody took has no EOI. */
	if (r >= 0)
		kvm_ioapic_regs_sent(&ioapic->regs, pin);
	return r;
}

static void send_due(struct kvm_ioapic *ioapic)
{
	unsigned long due = kvm_ioapic_regs_due(&ioapic->regs);
	unsigned int pin;

	for_each_set_bit(pin, &due, KVM_IOAPIC_NUM_PINS)
		send(ioapic, pin);
}

static void update_eoi_vectors(struct kvm_ioapic *ioapic)
{
	DECLARE_BITMAP(vectors, 256) = {};
	unsigned int pin;

	lockdep_assert_held(&ioapic->lock);
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		u64 rte = ioapic->regs.rte[pin];

		if ((rte & KVM_RTE_LEVEL) || (ioapic->watched & BIT(pin)))
			__set_bit(rte & KVM_RTE_VECTOR, vectors);
	}
	bitmap_copy(ioapic->eoi_vectors, vectors, 256);
}

void kvm_ioapic_watch_changed(struct kvm *kvm)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;
	unsigned long flags;
	u32 watched;

	if (!ioapic)
		return;
	watched = kvm_irq_watched_pins(kvm, KVM_IRQCHIP_IOAPIC);
	spin_lock_irqsave(&ioapic->lock, flags);
	ioapic->watched = watched;
	update_eoi_vectors(ioapic);
	spin_unlock_irqrestore(&ioapic->lock, flags);
}

int kvm_ioapic_set_irq(struct kvm *kvm, unsigned int pin, unsigned int source,
		       bool level)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;
	unsigned long flags;
	int r;

	if (pin >= KVM_IOAPIC_NUM_PINS)
		return -1;
	pin = array_index_nospec(pin, KVM_IOAPIC_NUM_PINS);

	spin_lock_irqsave(&ioapic->lock, flags);
	if (level)
		__set_bit(source, &ioapic->sources[pin]);
	else
		__clear_bit(source, &ioapic->sources[pin]);
	r = kvm_ioapic_regs_line(&ioapic->regs, pin, ioapic->sources[pin]);
	if (r == KVM_IOAPIC_SEND)
		r = send(ioapic, pin);
	trace_kvm_ioapic_set_irq(ioapic->regs.rte[pin], pin, level && !r);
	spin_unlock_irqrestore(&ioapic->lock, flags);
	/* A line that goes down is not merged with anything. */
	return level ? r : 1;
}

bool kvm_ioapic_wants_eoi(struct kvm *kvm, u8 vector)
{
	return test_bit(vector, kvm->arch.irqchip.ioapic->eoi_vectors);
}

void kvm_ioapic_eoi(struct kvm *kvm, u8 vector, bool level)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;
	unsigned long flags, pins;
	unsigned int pin;

	if (!test_bit(vector, ioapic->eoi_vectors))
		return;
	spin_lock_irqsave(&ioapic->lock, flags);
	pins = kvm_ioapic_regs_eoi(&ioapic->regs, vector, level);
	spin_unlock_irqrestore(&ioapic->lock, flags);
	if (!pins)
		return;

	/* Who waits for it may take the line down before it is looked at. */
	for_each_set_bit(pin, &pins, KVM_IOAPIC_NUM_PINS)
		kvm_notify_acked_irq(kvm, KVM_IRQCHIP_IOAPIC, pin);
	spin_lock_irqsave(&ioapic->lock, flags);
	send_due(ioapic);
	spin_unlock_irqrestore(&ioapic->lock, flags);
}

static int ioapic_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		       gpa_t addr, int len, void *val)
{
	struct kvm_ioapic *ioapic = container_of(dev, struct kvm_ioapic, dev);
	unsigned long flags;
	u64 word = 0;

	spin_lock_irqsave(&ioapic->lock, flags);
	switch (addr & (IOAPIC_SIZE - 1)) {
	case IOAPIC_SELECT:
		word = ioapic->regs.select;
		break;
	case IOAPIC_WINDOW:
		word = kvm_ioapic_regs_read(&ioapic->regs);
		break;
	}
	spin_unlock_irqrestore(&ioapic->lock, flags);
	memset(val, 0, len);
	memcpy(val, &word, min_t(size_t, len, sizeof(word)));
	return 0;
}

static int ioapic_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			gpa_t addr, int len, const void *val)
{
	struct kvm_ioapic *ioapic = container_of(dev, struct kvm_ioapic, dev);
	unsigned long flags, changed = 0;
	unsigned int pin;
	u64 word = 0;

	memcpy(&word, val, min_t(size_t, len, sizeof(word)));
	spin_lock_irqsave(&ioapic->lock, flags);
	switch (addr & (IOAPIC_SIZE - 1)) {
	case IOAPIC_SELECT:
		ioapic->regs.select = word & 0xff;
		break;
	case IOAPIC_WINDOW:
		changed = kvm_ioapic_regs_write(&ioapic->regs, word);
		update_eoi_vectors(ioapic);
		send_due(ioapic);
		break;
	}
	spin_unlock_irqrestore(&ioapic->lock, flags);
	/* EOI of the old vector may find nothing any more: do not wait for it. */
	for_each_set_bit(pin, &changed, KVM_IOAPIC_NUM_PINS)
		kvm_notify_acked_irq(ioapic->kvm, KVM_IRQCHIP_IOAPIC, pin);
	return 0;
}

static const struct kvm_io_device_ops ioapic_ops = {
	.read = ioapic_read,
	.write = ioapic_write,
};

int kvm_ioapic_create(struct kvm *kvm)
{
	struct kvm_ioapic *ioapic;
	int r;

	ioapic = kzalloc(sizeof(*ioapic), GFP_KERNEL_ACCOUNT);
	if (!ioapic)
		return -ENOMEM;
	ioapic->kvm = kvm;
	ioapic->dev.ops = &ioapic_ops;
	spin_lock_init(&ioapic->lock);
	kvm_ioapic_regs_reset(&ioapic->regs);
	r = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS,
				    IO_APIC_DEFAULT_PHYS_BASE, IOAPIC_SIZE,
				    &ioapic->dev);
	if (r) {
		kfree(ioapic);
		return r;
	}
	kvm->arch.irqchip.ioapic = ioapic;
	return 0;
}

void kvm_ioapic_destroy(struct kvm *kvm)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;

	if (!ioapic)
		return;
	kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &ioapic->dev);
	kvm->arch.irqchip.ioapic = NULL;
	kfree(ioapic);
}

void kvm_ioapic_get(struct kvm *kvm, struct kvm_ioapic_state *state)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;
	struct kvm_ioapic_regs *regs = &ioapic->regs;
	unsigned long flags;
	unsigned int pin;

	memset(state, 0, sizeof(*state));
	state->base_address = IO_APIC_DEFAULT_PHYS_BASE;
	spin_lock_irqsave(&ioapic->lock, flags);
	state->ioregsel = regs->select;
	state->id = regs->id;
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		state->redirtbl[pin].bits = regs->rte[pin];
		/* An edge is over once it was there. */
		if (regs->rte[pin] & KVM_RTE_LEVEL)
			state->irr |= regs->irr & BIT(pin);
	}
	spin_unlock_irqrestore(&ioapic->lock, flags);
}

/* Where the APICs are told of pins that are due twice, nothing is lost. */
void kvm_ioapic_set(struct kvm *kvm, const struct kvm_ioapic_state *state)
{
	struct kvm_ioapic *ioapic = kvm->arch.irqchip.ioapic;
	struct kvm_ioapic_regs *regs = &ioapic->regs;
	unsigned long flags;
	unsigned int pin;

	spin_lock_irqsave(&ioapic->lock, flags);
	regs->select = state->ioregsel & 0xff;
	regs->id = state->id & 0xf;
	regs->irr = 0;
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		u64 bits = state->redirtbl[pin].bits;

		bits &= KVM_RTE_WRITABLE | KVM_RTE_REMOTE_IRR;
		regs->rte[pin] = fixed_rte(bits);
		if (bits & KVM_RTE_LEVEL)
			regs->irr |= state->irr & BIT(pin);
	}
	update_eoi_vectors(ioapic);
	send_due(ioapic);
	spin_unlock_irqrestore(&ioapic->lock, flags);
}
