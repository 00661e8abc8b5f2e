// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqchip_kunit.c - PIC, IOAPIC and PIT, each against a plain model
 *
 * The models are written from the data sheets and share nothing with the code:
 * the PIC's keeps its priorities as a list, the IOAPIC's a struct for each pin,
 * the PIT's steps its counter a tick at a time.
 */
#include <kunit/test.h>
#include <linux/bcd.h>
#include <linux/bitops.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "irqchip/ioapic.h"
#include "irqchip/pic.h"
#include "irqchip/pit.h"
#include "tests/kunit/suites.h"

/* PIC */

struct pic_model {
	bool line[8], irr[8], isr[8], imr[8], level[8];
	int order[8]; /* inputs, the highest priority first */
	bool aeoi, rotate_aeoi, smm, sfnm, read_isr, poll, need_icw4, master;
	int icw; /* the next one, or 0 */
	u8 base;
};

static u8 pack(const bool *bits)
{
	u8 out = 0;
	int i;

	for (i = 0; i < 8; i++)
		out |= bits[i] << i;
	return out;
}

static void lowest_priority(struct pic_model *m, int pin)
{
	int i;

	for (i = 0; i < 8; i++)
		m->order[i] = (pin + 1 + i) % 8;
}

/* From the highest priority down: a request wins unless service comes first. */
static int pic_model_pending(const struct pic_model *m)
{
	int i;

	for (i = 0; i < 8; i++) {
		int pin = m->order[i];
		bool blocks = m->isr[pin];

		if (m->smm && m->imr[pin])
			blocks = false;
		if (m->master && m->sfnm && pin == 2)
			blocks = false;
		/* Its own service blocks it as well. */
		if (blocks)
			return -1;
		if (m->irr[pin] && !m->imr[pin])
			return pin;
	}
	return -1;
}

static int pic_model_line(struct pic_model *m, int pin, bool level)
{
	bool request = false;

	if (m->level[pin]) {
		request = level && !m->irr[pin];
		m->irr[pin] = level;
	} else if (level && !m->line[pin]) {
		request = !m->irr[pin];
		m->irr[pin] = true;
	}
	m->line[pin] = level;
	return m->imr[pin] ? -1 : request;
}

static void pic_model_ack(struct pic_model *m, int pin)
{
	if (!m->level[pin])
		m->irr[pin] = false;
	if (!m->aeoi)
		m->isr[pin] = true;
	else if (m->rotate_aeoi)
		lowest_priority(m, pin);
}

static void pic_model_ocw2(struct pic_model *m, u8 val)
{
	int pin = val % 8, i;

	switch (val >> 5) {
	case 0:
		m->rotate_aeoi = false;
		break;
	case 4:
		m->rotate_aeoi = true;
		break;
	case 1:
	case 5:
		for (i = 0; i < 8; i++)
			if (m->isr[m->order[i]] &&
			    !(m->smm && m->imr[m->order[i]]))
				break;
		if (i == 8)
			break;
		pin = m->order[i];
		m->isr[pin] = false;
		if (val >> 5 == 5)
			lowest_priority(m, pin);
		break;
	case 3:
		m->isr[pin] = false;
		break;
	case 6:
		lowest_priority(m, pin);
		break;
	case 7:
		m->isr[pin] = false;
		lowest_priority(m, pin);
		break;
	}
}

static void pic_model_write(struct pic_model *m, int port, u8 val)
{
	int i;

	if (!port && (val & 0x10)) {
		for (i = 0; i < 8; i++) {
			m->irr[i] = m->irr[i] && m->level[i];
			m->isr[i] = false;
			m->imr[i] = false;
		}
		lowest_priority(m, 7);
		m->aeoi = false;
		m->rotate_aeoi = false;
		m->smm = false;
		m->sfnm = false;
		m->read_isr = false;
		m->poll = false;
		m->need_icw4 = val & 1;
		m->icw = 2;
	} else if (!port && (val & 8)) {
		m->poll = val & 4;
		if (val & 2)
			m->read_isr = val & 1;
		if (val & 0x40)
			m->smm = val & 0x20;
	} else if (!port) {
		pic_model_ocw2(m, val);
	} else if (m->icw == 2) {
		m->base = val / 8 * 8;
		m->icw = 3;
	} else if (m->icw == 3) {
		m->icw = m->need_icw4 ? 4 : 0;
	} else if (m->icw == 4) {
		m->sfnm = val & 0x10;
		m->aeoi = val & 2;
		m->icw = 0;
	} else {
		for (i = 0; i < 8; i++)
			m->imr[i] = val & BIT(i);
	}
}

static u8 pic_model_read(struct pic_model *m, int port)
{
	int pin;

	if (m->poll) {
		m->poll = false;
		pin = pic_model_pending(m);
		if (pin < 0)
			return 0;
		pic_model_ack(m, pin);
		return 0x80 + pin;
	}
	if (port)
		return pack(m->imr);
	return pack(m->read_isr ? m->isr : m->irr);
}

/* One step of both; what they answered, or -100 and -101 for none. */
static void pic_step(struct rnd_state *rnd, struct kvm_pic_state *s,
		     struct pic_model *m, int answers[2])
{
	u32 r = prandom_u32_state(rnd);
	int pin = (r >> 8) % 8, port = (r >> 12) & 1;
	u8 val = r >> 16, ended;

	answers[0] = 0;
	answers[1] = 0;
	switch (r % 8) {
	case 0:
	case 1:
	case 2:
		answers[0] = kvm_pic_chip_line(s, pin, r & 0x8000);
		answers[1] = pic_model_line(m, pin, r & 0x8000);
		break;
	case 3:
	case 4:
		answers[0] = kvm_pic_chip_pending(s, m->master);
		answers[1] = pic_model_pending(m);
		if (answers[0] >= 0 && answers[0] == answers[1]) {
			kvm_pic_chip_ack(s, answers[0]);
			pic_model_ack(m, answers[1]);
		}
		break;
	case 5:
		answers[0] = kvm_pic_chip_read(s, port, m->master, &ended);
		answers[1] = pic_model_read(m, port);
		break;
	default:
		/* ICW1 once in a while: it makes all alike. */
		if (!port && (val & 0x10) && (r >> 24) % 8)
			val &= ~0x10;
		/* A mask that is not all of it most of the time. */
		if (port)
			val &= r >> 24;
		kvm_pic_chip_write(s, port, val);
		pic_model_write(m, port, val);
		break;
	}
}

static bool pic_same(const struct kvm_pic_state *s, const struct pic_model *m)
{
	return s->irr == pack(m->irr) && s->isr == pack(m->isr) &&
	       s->imr == pack(m->imr) && s->irq_base == m->base &&
	       s->priority_add == m->order[0] && !s->auto_eoi == !m->aeoi &&
	       kvm_pic_chip_pending(s, m->master) == pic_model_pending(m);
}

static void irqchip_pic_model(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int run, step;

	prandom_seed_state(&rnd, 19);
	for (run = 0; run < 40; run++) {
		struct kvm_pic_state s = { .elcr = run * 37 & 0xf8 };
		struct pic_model m = { .master = run & 1 };
		int answers[2], i;

		for (i = 0; i < 8; i++)
			m.level[i] = s.elcr & BIT(i);
		lowest_priority(&m, 7);
		for (step = 0; step < 1000; step++) {
			pic_step(&rnd, &s, &m, answers);
			if (answers[0] == answers[1] && pic_same(&s, &m))
				continue;
			KUNIT_FAIL(test, "run %u step %u: %d, model %d", run,
				   step, answers[0], answers[1]);
			return;
		}
	}
}

/* Whose end somebody may wait for is told once each, however it comes. */
static void irqchip_pic_ends(struct kunit *test)
{
	struct kvm_pic_state s = {};
	u8 ended;

	kvm_pic_chip_line(&s, 3, true);
	KUNIT_EXPECT_FALSE(test, kvm_pic_chip_ack(&s, 3));
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 0, 0x60 | 4), 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 0, 0x60 | 3), BIT(3));
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 0, 0x60 | 3), 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 0, 0x20), 0);

	/* ICW1 forgets an edge that waits, and one in service. */
	kvm_pic_chip_line(&s, 0, true);
	kvm_pic_chip_line(&s, 5, true);
	kvm_pic_chip_ack(&s, 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 0, 0x11), 0x21);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 1, 0x28), 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 1, 4), 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_write(&s, 1, 3), 0);

	/* Automatic EOI, by INTA and by poll. */
	kvm_pic_chip_line(&s, 6, true);
	KUNIT_EXPECT_TRUE(test, kvm_pic_chip_ack(&s, 6));
	kvm_pic_chip_line(&s, 7, true);
	kvm_pic_chip_write(&s, 0, 0x0c);
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_read(&s, 0, true, &ended), 0x87);
	KUNIT_EXPECT_EQ(test, ended, BIT(7));
	KUNIT_EXPECT_EQ(test, s.isr, 0);
}

/* An input that becomes level-triggered requests if its line is asserted. */
static void irqchip_pic_elcr(struct kunit *test)
{
	struct kvm_pic_state s = { .elcr_mask = 0xf8 };

	kvm_pic_chip_line(&s, 3, true);
	kvm_pic_chip_line(&s, 4, true);
	kvm_pic_chip_line(&s, 4, false);
	kvm_pic_chip_ack(&s, 3);
	kvm_pic_chip_write(&s, 0, 0x20);
	KUNIT_EXPECT_EQ(test, s.irr, BIT(4));
	kvm_pic_chip_elcr(&s, 0xff);
	KUNIT_EXPECT_EQ(test, s.elcr, 0xf8);
	/* The third's line is still there, the fourth's is not. */
	KUNIT_EXPECT_EQ(test, s.irr, BIT(3));
	KUNIT_EXPECT_EQ(test, kvm_pic_chip_pending(&s, true), 3);
	kvm_pic_chip_line(&s, 3, false);
	KUNIT_EXPECT_EQ(test, s.irr, 0);
	/* Back to edges: nothing comes of it. */
	kvm_pic_chip_line(&s, 5, true);
	kvm_pic_chip_elcr(&s, 0);
	KUNIT_EXPECT_EQ(test, s.irr, BIT(5));
}

/* IOAPIC */

struct pin_model {
	u8 vector, dest;
	u8 mode; /* bits 8 to 10 */
	bool logical, low, level, masked, remote_irr, line;
};

/* NMI, INIT and the like are edges, whatever is programmed. */
static bool pin_is_level(const struct pin_model *p)
{
	return p->level && p->mode < 2;
}

/* A level pin is sent when it is asserted, let through and not in service. */
static bool pin_due(const struct pin_model *p)
{
	return pin_is_level(p) && p->line && !p->masked && !p->remote_irr;
}

static int pin_model_line(struct pin_model *p, bool level)
{
	bool rose = level && !p->line;

	p->line = level;
	if (!level)
		return KVM_IOAPIC_NONE;
	if (p->masked)
		return KVM_IOAPIC_MASKED;
	if (pin_is_level(p) ? p->remote_irr : !rose)
		return KVM_IOAPIC_NONE;
	return KVM_IOAPIC_SEND;
}

static void pin_model_write(struct pin_model *p, bool high, u32 val)
{
	if (high) {
		p->dest = val >> 24;
		return;
	}
	p->vector = val;
	p->mode = (val >> 8) % 8;
	p->logical = val >> 11 & 1;
	p->low = val >> 13 & 1;
	p->level = val >> 15 & 1;
	p->masked = val >> 16 & 1;
	if (!pin_is_level(p))
		p->remote_irr = false;
}

static u32 pin_model_read(const struct pin_model *p, bool high)
{
	if (high)
		return (u32)p->dest << 24;
	return p->vector | p->mode << 8 | p->logical << 11 | p->low << 13 |
	       p->remote_irr << 14 | p->level << 15 | p->masked << 16;
}

struct ioapic_world {
	struct kvm_ioapic_regs regs;
	struct pin_model pins[KVM_IOAPIC_NUM_PINS];
	struct rnd_state rnd;
};

/* Send what is due, as the IOAPIC does after each change. */
static unsigned int ioapic_send_due(struct ioapic_world *w)
{
	u32 due = kvm_ioapic_regs_due(&w->regs);
	unsigned int pin, wrong = 0;

	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		wrong += !!(due & BIT(pin)) != pin_due(&w->pins[pin]);
		if (!pin_due(&w->pins[pin]))
			continue;
		kvm_ioapic_regs_sent(&w->regs, pin);
		w->pins[pin].remote_irr = true;
	}
	return wrong + !!(due >> KVM_IOAPIC_NUM_PINS);
}

static unsigned int ioapic_eoi(struct ioapic_world *w, u8 vector, bool level)
{
	u32 got = kvm_ioapic_regs_eoi(&w->regs, vector, level), want = 0;
	unsigned int pin;

	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
		struct pin_model *p = &w->pins[pin];

		if (p->vector != vector || pin_is_level(p) != level)
			continue;
		if (!level || p->remote_irr)
			want |= BIT(pin);
		p->remote_irr = false;
	}
	return got != want;
}

static unsigned int ioapic_step(struct ioapic_world *w)
{
	u32 r = prandom_u32_state(&w->rnd);
	unsigned int pin = (r >> 8) % KVM_IOAPIC_NUM_PINS, wrong = 0;
	struct pin_model *p = &w->pins[pin];
	bool high = r & BIT(14);
	u32 val, before;
	int got;

	w->regs.select = 0x10 + 2 * pin + high;
	switch (r % 8) {
	case 0:
	case 1:
	case 2:
		got = kvm_ioapic_regs_line(&w->regs, pin, r & BIT(15));
		wrong += got != pin_model_line(p, r & BIT(15));
		if (got == KVM_IOAPIC_SEND) {
			kvm_ioapic_regs_sent(&w->regs, pin);
			p->remote_irr = pin_is_level(p);
		}
		break;
	case 3:
	case 4:
		wrong += ioapic_eoi(w, p->vector, p->level ^ !(r >> 28));
		break;
	case 5:
		wrong += kvm_ioapic_regs_read(&w->regs) !=
			 pin_model_read(p, high);
		break;
	default:
		/* Few vectors, so that pins share them. */
		val = prandom_u32_state(&w->rnd) & 0xffffff83;
		before = pin_model_read(p, false);
		got = kvm_ioapic_regs_write(&w->regs, val);
		pin_model_write(p, high, val);
		wrong += got !=
			 (before != pin_model_read(p, false) ? BIT(pin) : 0);
		break;
	}
	return wrong + ioapic_send_due(w);
}

static void irqchip_ioapic_model(struct kunit *test)
{
	struct ioapic_world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	unsigned int step, pin;

	KUNIT_ASSERT_NOT_NULL(test, w);
	prandom_seed_state(&w->rnd, 23);
	kvm_ioapic_regs_reset(&w->regs);
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		w->pins[pin].masked = true;
	for (step = 0; step < 40000; step++) {
		if (!ioapic_step(w))
			continue;
		KUNIT_FAIL(test, "step %u", step);
		return;
	}
}

static void irqchip_ioapic_window(struct kunit *test)
{
	struct kvm_ioapic_regs regs;
	struct kvm_lapic_irq irq;
	unsigned int select;

	kvm_ioapic_regs_reset(&regs);
	KUNIT_EXPECT_EQ(test, regs.rte[23], KVM_RTE_MASKED);
	regs.select = 1;
	KUNIT_EXPECT_EQ(test, kvm_ioapic_regs_read(&regs), 0x170011);
	kvm_ioapic_regs_write(&regs, ~0u);
	KUNIT_EXPECT_EQ(test, kvm_ioapic_regs_read(&regs), 0x170011);
	regs.select = 0;
	kvm_ioapic_regs_write(&regs, ~0u);
	KUNIT_EXPECT_EQ(test, kvm_ioapic_regs_read(&regs), 0x0f000000);

	/* What is selected beyond the entries is nothing. */
	for (select = 0x10 + 2 * KVM_IOAPIC_NUM_PINS; select < 256; select++) {
		regs.select = select;
		kvm_ioapic_regs_write(&regs, 0);
		if (kvm_ioapic_regs_read(&regs))
			KUNIT_FAIL(test, "register %#x", select);
	}
	KUNIT_EXPECT_EQ(test, regs.rte[23], KVM_RTE_MASKED);

	kvm_ioapic_rte_irq(0xa500000000008931ull | 7ull << 40, &irq);
	KUNIT_EXPECT_EQ(test, irq.dest, 0xa5);
	KUNIT_EXPECT_EQ(test, irq.vector, 0x31);
	KUNIT_EXPECT_EQ(test, irq.mode, APIC_DM_LOWEST);
	KUNIT_EXPECT_TRUE(test, irq.lowest && irq.dest_logical && irq.level);
}

/* PIT */

/* 8254, "Mode Definitions": a counter that is stepped; binary. */
struct counter_model {
	int mode;
	u32 n; /* what it was loaded with, 1 to 65536 */
	u32 ce; /* counting element; 65536 shows as 0 */
	u32 ticks;
	bool out;
};

static void counter_load(struct counter_model *m, int mode, u32 n)
{
	*m = (struct counter_model){ .mode = mode, .n = n, .ce = n };
	m->out = mode != 0 && mode != 1;
	if (mode == 3)
		m->ce = n & ~1u;
}

static void counter_tick(struct counter_model *m)
{
	bool odd = m->n & 1;

	m->ticks++;
	switch (m->mode) {
	case 2:
		m->ce--;
		if (!m->ce)
			m->ce = m->n;
		m->out = m->ce != 1;
		break;
	case 3:
		/* An odd count stays high for one more tick, at 0. */
		if (m->ce == 2 && !(odd && m->out)) {
			m->ce = m->n & ~1u;
			m->out = !m->out;
		} else if (!m->ce) {
			m->ce = m->n & ~1u;
			m->out = false;
		} else {
			m->ce -= 2;
		}
		break;
	default:
		m->ce = (m->ce + 0xffff) & 0xffff;
		if (m->mode < 2)
			m->out = m->out || m->ticks == m->n;
		else
			m->out = m->ticks != m->n;
		break;
	}
}

static void irqchip_pit_counts(struct kunit *test)
{
	static const u32 loads[] = { 2, 3, 4, 5, 6, 17, 100, 65535, 65536 };
	struct kvm_pit_channel_state c = {};
	struct counter_model m;
	unsigned int i, mode, tick;

	for (mode = 0; mode < 6; mode++) {
		for (i = 0; i < ARRAY_SIZE(loads); i++) {
			c.mode = mode;
			c.count = loads[i];
			counter_load(&m, mode, loads[i]);
			for (tick = 0; tick < 70000; tick++) {
				if (kvm_pit_count(&c, tick) != (u16)m.ce ||
				    kvm_pit_output(&c, tick) != m.out) {
					KUNIT_FAIL(test, "mode %u n %u at %u",
						   mode, loads[i], tick);
					return;
				}
				counter_tick(&m);
				/* Of short ones a few periods do. */
				if (tick > 1000 && loads[i] <= 100)
					break;
			}
		}
	}
}

static void irqchip_pit_any_state(struct kunit *test)
{
	struct kvm_pit_channel_state c[3];
	struct rnd_state rnd;
	unsigned int i;
	u64 ticks[3];
	u32 count, sum = 0;

	/* Whatever userspace or the guest sets: no division by 0. */
	prandom_seed_state(&rnd, 29);
	for (i = 0; i < 5000; i++) {
		prandom_bytes_state(&rnd, c, sizeof(c));
		prandom_bytes_state(&rnd, ticks, sizeof(ticks));
		c[0].count = i & 1 ? 0 : c[0].count % 0x10001;
		c[0].mode %= 8;
		sum += kvm_pit_count(&c[0], ticks[0]);
		sum += kvm_pit_output(&c[0], ticks[0]);
		kvm_pit_chan_write(&c[0], i, &count);
		sum += kvm_pit_chan_read(&c[0], ticks[0]);
		kvm_pit_control(c, prandom_u32_state(&rnd), ticks);
	}
	KUNIT_EXPECT_NE(test, sum, 0);
}

static void irqchip_pit_ports(struct kunit *test)
{
	struct kvm_pit_channel_state c[3] = {};
	u64 ticks[3] = { 5, 6, 7 };
	u32 count = 0;

	/* Counter 0, both bytes, mode 2 (6 is 2 too). */
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0x3c, ticks), 0);
	KUNIT_EXPECT_EQ(test, c[0].mode, 2);
	KUNIT_EXPECT_FALSE(test, kvm_pit_chan_write(&c[0], 0x34, &count));
	KUNIT_EXPECT_TRUE(test, kvm_pit_chan_write(&c[0], 0x12, &count));
	KUNIT_EXPECT_EQ(test, count, 0x1234);
	c[0].count = count;
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 5), 0x2f);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 5), 0x12);

	/* A latch stays as it was, and is read once. */
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0x00, ticks), -1);
	ticks[0] = 0x100;
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0x00, ticks), -1);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 0x200), 0x2f);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 0x200), 0x12);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 0x200), 0x34);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[0], 0x200), 0x10);

	/* Counter 1, high byte; counter 2, low byte, BCD. */
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0x60, ticks), 1);
	KUNIT_EXPECT_TRUE(test, kvm_pit_chan_write(&c[1], 0x7f, &count));
	KUNIT_EXPECT_EQ(test, count, 0x7f00);
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0x95, ticks), 2);
	KUNIT_EXPECT_TRUE(test, kvm_pit_chan_write(&c[2], 0x25, &count));
	KUNIT_EXPECT_EQ(test, count, 25);
	c[2].count = count;
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[2], 7), 0x18);
	KUNIT_EXPECT_TRUE(test, kvm_pit_chan_write(&c[2], 0, &count));
	KUNIT_EXPECT_EQ(test, count, 10000);

	/* Read-back of counter 2: the status comes before the count. */
	KUNIT_EXPECT_EQ(test, kvm_pit_control(c, 0xc8, ticks), -1);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[2], 20), 0x95);
	KUNIT_EXPECT_EQ(test, kvm_pit_chan_read(&c[2], 20), 0x18);
	KUNIT_EXPECT_EQ(test, c[0].status_latched + c[1].status_latched, 0);
}

static void irqchip_pit_time(struct kunit *test)
{
	unsigned int i, wrong = 0;
	struct rnd_state rnd;

	KUNIT_EXPECT_EQ(test, kvm_pit_ticks(-5), 0);
	KUNIT_EXPECT_EQ(test, kvm_pit_ticks(NSEC_PER_SEC), KVM_PIT_FREQ);
	KUNIT_EXPECT_EQ(test, kvm_pit_ns(KVM_PIT_FREQ), NSEC_PER_SEC);
	KUNIT_EXPECT_GT(test, kvm_pit_ticks(S64_MAX), 0x2000000000ull);
	prandom_seed_state(&rnd, 31);
	for (i = 0; i < 2000; i++) {
		u32 ticks = prandom_u32_state(&rnd) % 0x10000 + 1;
		u64 ns = kvm_pit_ns(ticks);

		/* The first ns at which so many have passed. */
		wrong += kvm_pit_ticks(ns) != ticks;
		wrong += kvm_pit_ticks(ns - 1) != ticks - 1;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kunit_case irqchip_cases[] = {
	/* clang-format off */
	KUNIT_CASE(irqchip_pic_model),
	KUNIT_CASE(irqchip_pic_ends),
	KUNIT_CASE(irqchip_pic_elcr),
	KUNIT_CASE(irqchip_ioapic_model),
	KUNIT_CASE(irqchip_ioapic_window),
	KUNIT_CASE(irqchip_pit_counts),
	KUNIT_CASE(irqchip_pit_any_state),
	KUNIT_CASE(irqchip_pit_ports),
	KUNIT_CASE(irqchip_pit_time),
	{}
	/* clang-format on */
};

struct kunit_suite irqchip_suite = {
	.name = "twinwalk_irqchip",
	.test_cases = irqchip_cases,
};
