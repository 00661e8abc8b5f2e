// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq_kunit.c - what a GSI is, and a VM's chips put together, without a vCPU
 *
 * The VM is as much of a struct kvm as the chips look at.  There is nobody to be
 * interrupted: what the IOAPIC sends nobody takes, and the PICs' INTA is called
 * by the test.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kvm.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include "iobus.h"
#include "irqchip/apic_map.h"
#include "irqchip/ioapic.h"
#include "irqchip/irqchip.h"
#include "irqchip/pic.h"
#include "irqchip/pit.h"
#include "irqchip/routing.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vm.h"

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpu; /* for its ports alone */
};

static int irq_suite_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct kvm *kvm;

	KUNIT_ASSERT_NOT_NULL(test, w);
	test->priv = w;
	kvm = &w->kvm;
	w->vcpu.kvm = kvm;
	KUNIT_ASSERT_EQ(test, init_srcu_struct(&kvm->srcu), 0);
	mutex_init(&kvm->lock);
	mutex_init(&kvm->slots_lock);
	xa_init(&kvm->vcpu_array);
	kvm_irqchip_init_vm(kvm);
	KUNIT_ASSERT_EQ(test, kvm_vm_ioctl_create_irqchip(kvm, NULL), 0);
	return 0;
}

static void irq_suite_exit(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	kvm_irqchip_destroy_vm(&w->kvm);
	kvm_io_buses_destroy(&w->kvm);
	cleanup_srcu_struct(&w->kvm.srcu);
}

static void out8(struct world *w, u16 port, u8 val)
{
	int idx = srcu_read_lock(&w->kvm.srcu);

	kvm_io_bus_write(&w->vcpu, KVM_PIO_BUS, port, 1, &val);
	srcu_read_unlock(&w->kvm.srcu, idx);
}

/* An entry of the IOAPIC's, both halves. */
static void write_rte(struct world *w, unsigned int pin, u64 rte)
{
	int idx = srcu_read_lock(&w->kvm.srcu);
	u32 words[] = { 0x10 + 2 * pin, rte, 0x11 + 2 * pin, rte >> 32 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		kvm_io_bus_write(&w->vcpu, KVM_MMIO_BUS,
				 0xfec00000 + (i & 1) * 0x10, 4, &words[i]);
	srcu_read_unlock(&w->kvm.srcu, idx);
}

/* Firmware's setup: vectors 0x20 and 0x28, nothing masked. */
static void start_pics(struct world *w)
{
	static const u8 words[][2] = {
		{ 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 2 }, { 0xa1, 1 },
		{ 0x21, 0 },	{ 0xa1, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		out8(w, words[i][0], words[i][1]);
}

static int irq_line(struct world *w, u32 gsi, u32 level)
{
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	kvm_vm_ioctl_irq_line_status(&w->kvm, &line);
	return line.status;
}

/* Tables */

#define PIN(g, chip, p)                                      \
	{                                                    \
		.gsi = (g), .type = KVM_IRQ_ROUTING_IRQCHIP, \
		.u.irqchip = { (chip), (p) },                \
	}
#define MSI(g, high)                                     \
	{                                                \
		.gsi = (g), .type = KVM_IRQ_ROUTING_MSI, \
		.u.msi = { 0xfee00000, (high), 0x40 },   \
	}

enum {
	IN_FULL = BIT(0), /* with PICs and an IOAPIC in the kernel */
	IN_SPLIT = BIT(1),
	IN_WIDE = BIT(2), /* the same, with 32-bit ids */
	IN_ALL = IN_FULL | IN_SPLIT | IN_WIDE
};

static const struct route_row {
	const char *what;
	unsigned int nr;
	struct kvm_irq_routing_entry e[3];
	unsigned int good; /* where */
} route_rows[] = {
	{ "nothing", 0, {}, IN_ALL },
	{ "type 0", 1, { { .gsi = 1 } }, 0 },
	{ "S390's", 1, { { .type = KVM_IRQ_ROUTING_S390_ADAPTER } }, 0 },
	{ "Hyper-V's", 1, { { .type = KVM_IRQ_ROUTING_HV_SINT } }, 0 },
	{ "Xen's", 1, { { .type = KVM_IRQ_ROUTING_XEN_EVTCHN } }, 0 },
	{ "message", 1, { MSI(0, 0) }, IN_ALL },
	{ "last GSI", 1, { MSI(KVM_MAX_IRQ_ROUTES - 1, 0) }, IN_ALL },
	{ "GSI too high", 1, { MSI(KVM_MAX_IRQ_ROUTES, 0) }, 0 },
	{ "GSI far too high", 1, { MSI(-1, 0) }, 0 },
	{ "wide id", 1, { MSI(1, 0x100) }, IN_ALL },
	{ "low bits of a wide id", 1, { MSI(1, 1) }, IN_FULL | IN_SPLIT },
	{ "message twice", 2, { MSI(1, 0), MSI(1, 0) }, 0 },
	{ "message and pin", 2, { MSI(1, 0), PIN(1, 0, 1) }, 0 },
	{ "pin and message", 2, { PIN(1, 0, 1), MSI(1, 0) }, 0 },
	{ "last pin of a PIC", 1, { PIN(1, 1, 7) }, IN_FULL },
	{ "pin of a PIC", 1, { PIN(1, 0, 8) }, 0 },
	{ "last pin of the IOAPIC", 1, { PIN(1, 2, 23) }, IN_FULL },
	{ "pin of the IOAPIC", 1, { PIN(1, 2, 24) }, 0 },
	{ "chip", 1, { PIN(1, 3, 0) }, 0 },
	{ "chip far too high", 1, { PIN(1, -1, 0) }, 0 },
	{ "a pin of each",
	  3,
	  { PIN(1, 0, 1), PIN(1, 1, 2), PIN(1, 2, 3) },
	  IN_FULL },
	{ "two pins of a chip", 2, { PIN(1, 2, 1), PIN(1, 2, 2) }, 0 },
	{ "two GSIs, one pin", 2, { PIN(1, 2, 1), PIN(2, 2, 1) }, IN_FULL },
};

static long make_route(struct kvm *kvm, const struct kvm_irq_routing_entry *e,
		       unsigned int nr)
{
	struct kvm_route_table *t = kvm_route_make(kvm, e, nr);

	if (IS_ERR(t))
		return PTR_ERR(t);
	kvfree(t);
	return 0;
}

static void irq_route_checks(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct kvm_irq_routing_entry e;
	unsigned int i, in;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	for (i = 0; i < ARRAY_SIZE(route_rows); i++) {
		const struct route_row *row = &route_rows[i];

		for (in = IN_FULL; in <= IN_WIDE; in <<= 1) {
			fake->arch.irqchip_mode = in == IN_FULL ?
							  KVM_IRQCHIP_KERNEL :
							  KVM_IRQCHIP_SPLIT;
			fake->arch.irqchip.x2apic_format = in == IN_WIDE;
			KUNIT_EXPECT_EQ_MSG(test,
					    make_route(fake, row->e, row->nr),
					    row->good & in ? 0 : -EINVAL,
					    "%s, %u", row->what, in);
		}
	}

	/* Any flag of a pin; of a message, the device's id may be there. */
	for (i = 0; i < 32; i++) {
		e = (struct kvm_irq_routing_entry)PIN(1, 2, 1);
		e.flags = BIT(i);
		KUNIT_EXPECT_EQ(test, make_route(&w->kvm, &e, 1), -EINVAL);
		e = (struct kvm_irq_routing_entry)MSI(1, 0);
		e.flags = BIT(i);
		KUNIT_EXPECT_EQ(test, make_route(&w->kvm, &e, 1),
				e.flags == KVM_MSI_VALID_DEVID ? 0 : -EINVAL);
	}
}

#define MANY 64

/* Two of a GSI can both be if they are pins of different chips. */
static bool may_be(const struct kvm_irq_routing_entry *e, unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			if (e[i].gsi == e[j].gsi &&
			    (e[i].type != KVM_IRQ_ROUTING_IRQCHIP ||
			     e[j].type != KVM_IRQ_ROUTING_IRQCHIP ||
			     e[i].u.irqchip.irqchip == e[j].u.irqchip.irqchip))
				return false;
	return true;
}

static unsigned int count_gsi(const struct kvm_irq_routing_entry *e,
			      unsigned int nr, u32 gsi)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += e[i].gsi == gsi;
	return n;
}

/* Each that the table finds of a GSI is one of those given to it. */
static unsigned int wrong_finds(const struct kvm_route_table *t,
				const struct kvm_irq_routing_entry *e,
				unsigned int nr, u32 gsi)
{
	const struct kvm_irq_routing_entry *found;
	unsigned int n = kvm_route_find(t, gsi, &found), i, j, wrong = 0;

	for (i = 0; i < n; i++) {
		for (j = 0; j < nr; j++)
			if (!memcmp(&found[i], &e[j], sizeof(*e)))
				break;
		wrong += j == nr || found[i].gsi != gsi;
	}
	return wrong + (n != count_gsi(e, nr, gsi));
}

static void irq_route_finds(struct kunit *test)
{
	struct kvm_irq_routing_entry *e;
	struct world *w = test->priv;
	unsigned int round, i, nr, made = 0, wrong = 0;
	struct kvm_route_table *t;
	struct rnd_state rnd;

	e = kunit_kcalloc(test, MANY, sizeof(*e), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, e);
	prandom_seed_state(&rnd, 37);
	for (round = 0; round < 2000; round++) {
		u32 gsis = prandom_u32_state(&rnd) % 500 + 1;

		nr = prandom_u32_state(&rnd) % (round & 1 ? 6 : MANY);
		for (i = 0; i < nr; i++) {
			u32 r = prandom_u32_state(&rnd);
			u32 gsi = (r >> 8) % gsis, chip = (r >> 4) % 3;

			if (r & 1)
				e[i] = (struct kvm_irq_routing_entry)MSI(gsi,
									 0);
			else
				e[i] = (struct kvm_irq_routing_entry)
					PIN(gsi, chip, (r >> 24) % 8);
		}
		t = kvm_route_make(&w->kvm, e, nr);
		wrong += IS_ERR(t) == may_be(e, nr);
		if (IS_ERR(t))
			continue;
		made++;
		for (i = 0; i < gsis + 2; i++)
			wrong += wrong_finds(t, e, nr, i);
		wrong += wrong_finds(t, e, nr, -1);
		kvfree(t);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, made, 300);
	KUNIT_EXPECT_LT(test, made, 1900);
}

/* As KVM_CREATE_IRQCHIP leaves it: one pin of the IOAPIC, one of a PIC. */
static void irq_route_default(struct kunit *test)
{
	const struct kvm_irq_routing_entry *e;
	struct world *w = test->priv;
	struct kvm_route_table *t;
	unsigned int gsi, i, n;

	t = rcu_dereference_protected(w->kvm.arch.irqchip.routes, true);
	for (gsi = 0; gsi < 30; gsi++) {
		n = kvm_route_find(t, gsi, &e);
		KUNIT_EXPECT_EQ(test, n, (gsi < 24) + (gsi < 16));
		for (i = 0; i < n; i++) {
			u32 chip = e[i].u.irqchip.irqchip;

			KUNIT_EXPECT_EQ(test,
					e[i].u.irqchip.pin +
						(chip == 1 ? 8 : 0),
					gsi);
			KUNIT_EXPECT_EQ(test, chip == 2 || chip == gsi / 8, 1);
		}
	}
}

/* Lines */

/* KVM_IRQ_LINE_STATUS: taken, merged with one that waits, dropped. */
static void irq_line_status(struct kunit *test)
{
	struct world *w = test->priv;

	start_pics(w);
	/* The IOAPIC is masked. */
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 1), 1);
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 1), 0);
	/* Both chips. */
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 0), 2);
	/* A new edge, and the last has not been looked at. */
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 1), 0);
	irq_line(w, 4, 0);
	KUNIT_EXPECT_EQ(test, kvm_pic_read_irq(&w->kvm), 0x24);
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 1), 1);
	out8(w, 0x21, BIT(4));
	irq_line(w, 4, 0);
	KUNIT_EXPECT_EQ(test, irq_line(w, 4, 1), -1);
	/* Only the IOAPIC has it; then nobody does. */
	KUNIT_EXPECT_EQ(test, irq_line(w, 20, 1), -1);
	KUNIT_EXPECT_EQ(test, irq_line(w, 24, 1), -1);
	KUNIT_EXPECT_EQ(test, irq_line(w, 4096, 1), -1);
	KUNIT_EXPECT_EQ(test, irq_line(w, -1, 1), -1);
	KUNIT_EXPECT_EQ(test, irq_line(w, -1, 0), -1);
}

static u8 pic_irr(struct world *w, unsigned int chip)
{
	struct kvm_pic_state s;

	kvm_pic_get(&w->kvm, chip, &s);
	return s.irr;
}

static u32 ioapic_irr(struct world *w)
{
	struct kvm_ioapic_state s;

	kvm_ioapic_get(&w->kvm, &s);
	return s.irr;
}

/* A line is the OR of who drives it, and a pulse leaves it as it was. */
static void irq_sources(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm *kvm = &w->kvm;

	start_pics(w);
	out8(w, 0x4d1, BIT(3));
	write_rte(w, 11, KVM_RTE_LEVEL | KVM_RTE_MASKED | 0x51);
	kvm_set_irq(kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, 11, true);
	kvm_set_irq(kvm, KVM_USERSPACE_IRQ_SOURCE_ID, 11, false);
	KUNIT_EXPECT_EQ(test, ioapic_irr(w), BIT(11));
	KUNIT_EXPECT_EQ(test, pic_irr(w, 1), BIT(3));
	kvm_set_irq(kvm, KVM_USERSPACE_IRQ_SOURCE_ID, 11, true);
	kvm_set_irq(kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, 11, false);
	KUNIT_EXPECT_EQ(test, ioapic_irr(w), BIT(11));
	KUNIT_EXPECT_EQ(test, pic_irr(w, 1), BIT(3));
	kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 11);
	KUNIT_EXPECT_EQ(test, ioapic_irr(w), BIT(11));
	kvm_set_irq(kvm, KVM_USERSPACE_IRQ_SOURCE_ID, 11, false);
	KUNIT_EXPECT_EQ(test, ioapic_irr(w), 0);
	KUNIT_EXPECT_EQ(test, pic_irr(w, 1), 0);

	/* A pulse is an edge, and over. */
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 5),
			1);
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 5),
			0);
	KUNIT_EXPECT_EQ(test, kvm_pic_read_irq(kvm), 0x25);
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 5),
			1);
}

/* What would have to ask every APIC is not done where that takes too long. */
static void irq_pulse_is_short(struct kunit *test)
{
	static const struct kvm_irq_routing_entry e[] = { MSI(40, 0) };
	struct world *w = test->priv;
	struct kvm_vm_irqchip *chip = &w->kvm.arch.irqchip;
	struct kvm_irq_routing_entry *own;
	struct kvm_route_table *t, *old;
	struct kvm *kvm = &w->kvm;

	t = kvm_route_make(kvm, e, 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t));
	own = t->entries;
	old = rcu_dereference_protected(chip->routes, true);
	rcu_assign_pointer(chip->routes, t);
	kvfree(old);

	/* Without a map there is nothing that takes one look. */
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 40),
			-EWOULDBLOCK);
	kvm_apic_map_update(kvm);
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 40),
			-1);
	/* To all. */
	own->u.msi.address_lo |= 0xff000;
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 40),
			-EWOULDBLOCK);
	KUNIT_EXPECT_EQ(test, kvm_set_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 40, 1),
			-1);
	KUNIT_EXPECT_EQ(test, kvm_pulse_irq(kvm, KVM_IRQFD_IRQ_SOURCE_ID, 41),
			-1);
}

/* EOIs */

struct listener {
	struct kvm_irq_ack_notifier notifier;
	struct kvm *kvm;
	unsigned int told;
	bool takes_down;
};

static void listen(struct kvm_irq_ack_notifier *notifier)
{
	struct listener *l = container_of(notifier, struct listener, notifier);

	l->told++;
	if (l->takes_down)
		kvm_set_irq(l->kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, notifier->gsi,
			    false);
}

/* Who waits for an EOI may take the line down, and hears of its own GSI alone. */
static void irq_eoi_is_told(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm *kvm = &w->kvm;
	struct listener ten = { .kvm = kvm, .takes_down = true };
	struct listener two = { .kvm = kvm };

	start_pics(w);
	out8(w, 0x4d1, BIT(2));
	ten.notifier = (struct kvm_irq_ack_notifier){ .gsi = 10, .fn = listen };
	two.notifier = (struct kvm_irq_ack_notifier){ .gsi = 3, .fn = listen };
	kvm_register_irq_ack_notifier(kvm, &ten.notifier);
	kvm_register_irq_ack_notifier(kvm, &two.notifier);

	kvm_set_irq(kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, 10, true);
	KUNIT_EXPECT_EQ(test, kvm_pic_read_irq(kvm), 0x2a);
	KUNIT_EXPECT_EQ(test, ten.told, 0);
	out8(w, 0xa0, 0x20);
	KUNIT_EXPECT_EQ(test, ten.told, 1);
	out8(w, 0x20, 0x20);
	KUNIT_EXPECT_EQ(test, pic_irr(w, 1), 0);
	KUNIT_EXPECT_FALSE(test, kvm_pic_output(kvm));
	KUNIT_EXPECT_EQ(test, ten.told, 1);
	KUNIT_EXPECT_EQ(test, two.told, 0);

	kvm_unregister_irq_ack_notifier(kvm, &ten.notifier);
	kvm_set_irq(kvm, KVM_RESAMPLE_IRQ_SOURCE_ID, 10, true);
	kvm_pic_read_irq(kvm);
	out8(w, 0xa0, 0x20);
	KUNIT_EXPECT_EQ(test, ten.told, 1);
	kvm_unregister_irq_ack_notifier(kvm, &two.notifier);
}

/* An entry's destination is no reason not to wait for its EOI any more. */
static void irq_rte_write_is_told(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm *kvm = &w->kvm;
	struct listener l = { .kvm = kvm };
	const u64 rte = KVM_RTE_MASKED | 0x51;

	l.notifier = (struct kvm_irq_ack_notifier){ .gsi = 7, .fn = listen };
	kvm_register_irq_ack_notifier(kvm, &l.notifier);
	write_rte(w, 7, rte);
	KUNIT_EXPECT_EQ(test, l.told, 1);
	write_rte(w, 7, rte);
	write_rte(w, 7, rte | 3ull << KVM_RTE_DEST_SHIFT);
	write_rte(w, 8, rte);
	KUNIT_EXPECT_EQ(test, l.told, 1);
	write_rte(w, 7, rte + 1);
	KUNIT_EXPECT_EQ(test, l.told, 2);
	write_rte(w, 7, rte ^ KVM_RTE_MASKED);
	KUNIT_EXPECT_EQ(test, l.told, 3);

	/* And of an edge, EOI is looked at since somebody waits for it. */
	kvm_ioapic_eoi(kvm, 0x51, false);
	KUNIT_EXPECT_EQ(test, l.told, 4);
	kvm_unregister_irq_ack_notifier(kvm, &l.notifier);
	kvm_ioapic_eoi(kvm, 0x51, false);
	KUNIT_EXPECT_EQ(test, l.told, 4);
}

static void irq_watched_pins(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm *kvm = &w->kvm;
	struct listener l[3] = {};
	static const u32 gsis[] = { 9, 23, 4095 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		l[i].notifier.gsi = gsis[i];
		l[i].notifier.fn = listen;
		kvm_register_irq_ack_notifier(kvm, &l[i].notifier);
	}
	mutex_lock(&kvm->arch.irqchip.irq_lock);
	KUNIT_EXPECT_EQ(test, kvm_irq_watched_pins(kvm, KVM_IRQCHIP_IOAPIC),
			BIT(9) | BIT(23));
	KUNIT_EXPECT_EQ(test, kvm_irq_watched_pins(kvm, KVM_IRQCHIP_PIC_SLAVE),
			BIT(1));
	KUNIT_EXPECT_EQ(test, kvm_irq_watched_pins(kvm, KVM_IRQCHIP_PIC_MASTER),
			0);
	mutex_unlock(&kvm->arch.irqchip.irq_lock);
	for (i = 0; i < 3; i++)
		kvm_unregister_irq_ack_notifier(kvm, &l[i].notifier);
}

/* State */

/* Whatever userspace sets: what it gets then can be set and got again. */
static void irq_state_round_trip(struct kunit *test)
{
	struct kvm_irqchip *chip, *first;
	struct world *w = test->priv;
	unsigned int round, id, wrong = 0;
	struct rnd_state rnd;

	chip = kunit_kcalloc(test, 2, sizeof(*chip), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chip);
	first = chip + 1;
	prandom_seed_state(&rnd, 41);
	for (round = 0; round < 600; round++) {
		id = round % 3;
		prandom_bytes_state(&rnd, chip, sizeof(*chip));
		chip->chip_id = id;
		wrong += !!kvm_vm_ioctl_set_irqchip(&w->kvm, chip);
		memset(first, 0, sizeof(*first));
		first->chip_id = id;
		wrong += !!kvm_vm_ioctl_get_irqchip(&w->kvm, first);
		wrong += !!kvm_vm_ioctl_set_irqchip(&w->kvm, first);
		memset(chip, 0, sizeof(*chip));
		chip->chip_id = id;
		wrong += !!kvm_vm_ioctl_get_irqchip(&w->kvm, chip);
		wrong += memcmp(chip, first, sizeof(*chip)) != 0;
		/* And nothing comes to harm. */
		kvm_set_irq(&w->kvm, 0, prandom_u32_state(&rnd) % 24,
			    round & 1);
		kvm_ioapic_eoi(&w->kvm, round, round & 1);
		kvm_pic_read_irq(&w->kvm);
		out8(w, round & 1 ? 0x20 : 0xa1, round >> 1);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* PIT */

static void irq_pit_round_trip(struct kunit *test)
{
	struct kvm_pit_config config = {};
	struct kvm_pit_state2 *s, *got;
	struct world *w = test->priv;
	unsigned int round, i, wrong = 0;
	struct rnd_state rnd;

	s = kunit_kcalloc(test, 2, sizeof(*s), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	got = s + 1;
	KUNIT_ASSERT_EQ(test, kvm_vm_ioctl_create_pit2(&w->kvm, &config), 0);
	prandom_seed_state(&rnd, 43);
	for (round = 0; round < 200; round++) {
		prandom_bytes_state(&rnd, s, sizeof(*s));
		wrong += !!kvm_vm_ioctl_set_pit2(&w->kvm, s);
		wrong += !!kvm_vm_ioctl_get_pit2(&w->kvm, s);
		wrong += !!kvm_vm_ioctl_set_pit2(&w->kvm, s);
		wrong += !!kvm_vm_ioctl_get_pit2(&w->kvm, got);
		/* It has been loaded anew. */
		for (i = 0; i < 3; i++) {
			wrong += got->channels[i].count_load_time <
				 s->channels[i].count_load_time;
			wrong += got->channels[i].count > 0x10000;
			wrong += got->channels[i].mode > 5 &&
				 got->channels[i].mode != 0xff;
			got->channels[i].count_load_time =
				s->channels[i].count_load_time;
		}
		wrong += memcmp(s, got, sizeof(*s)) != 0;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* How many ticks the guest gets that has EOIs from now on, until none comes. */
static unsigned int take_ticks(struct world *w)
{
	unsigned int n = 0, idle = 0;

	while (idle < 20) {
		if (!kvm_pic_output(&w->kvm)) {
			idle++;
			usleep_range(1000, 1200);
			continue;
		}
		idle = 0;
		n += kvm_pic_read_irq(&w->kvm) == 0x20;
		out8(w, 0x20, 0x20);
	}
	return n;
}

/* Takes ticks until there were so many as time has passed; false, never. */
static bool catch_up(struct world *w, ktime_t start, unsigned int us_per_tick)
{
	unsigned int n = 0;
	s64 us;

	do {
		us = ktime_us_delta(ktime_get(), start);
		if (n + 2 >= us / us_per_tick)
			return true;
		if (!kvm_pic_output(&w->kvm)) {
			usleep_range(200, 300);
			continue;
		}
		n += kvm_pic_read_irq(&w->kvm) == 0x20;
		out8(w, 0x20, 0x20);
	} while (us < 3000000);
	return false;
}

/* Ticks that nobody could take are not lost: each waits for the last one's EOI. */
static void irq_pit_owes_ticks(struct kunit *test)
{
	struct kvm_pit_config config = {};
	struct world *w = test->priv;
	ktime_t start;

	start_pics(w);
	KUNIT_ASSERT_EQ(test, kvm_vm_ioctl_create_pit2(&w->kvm, &config), 0);
	/* Every 10 ms. */
	out8(w, 0x43, 0x34);
	out8(w, 0x40, 11932 & 0xff);
	start = ktime_get();
	out8(w, 0x40, 11932 >> 8);
	msleep(300);
	KUNIT_EXPECT_TRUE(test, catch_up(w, start, 10000));

	/* A mode without a count: it stands still, and nothing is owed. */
	msleep(100);
	out8(w, 0x43, 0x34);
	KUNIT_EXPECT_LE(test, take_ticks(w), 2);
}

static const struct kvm_io_device_ops nothing;

/* As many devices as there may be, and one fewer than that for each of @room. */
static bool fill_ports(struct kvm *kvm, struct kvm_io_device *dev,
		       unsigned int room)
{
	struct kvm_io_bus *bus, *old;
	unsigned int i;

	mutex_lock(&kvm->slots_lock);
	old = rcu_dereference_protected(kvm->buses.bus[KVM_PIO_BUS], true);
	/* Three are the PICs'. */
	for (i = 3 + room; i < KVM_IO_MAX_DEVICES; i++) {
		bus = kvm_io_bus_insert(old, 0x1000 + i, 1, dev);
		if (IS_ERR(bus))
			break;
		kvfree(old);
		old = bus;
	}
	rcu_assign_pointer(kvm->buses.bus[KVM_PIO_BUS], old);
	mutex_unlock(&kvm->slots_lock);
	return i == KVM_IO_MAX_DEVICES;
}

/* Without room for both of its devices there is no PIT, and nothing is left. */
static void irq_pit_no_room(struct kunit *test)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_io_device dev = { .ops = &nothing };
	struct world *w = test->priv;
	struct kvm *kvm = &w->kvm;
	unsigned int room;

	for (room = 0; room < 3; room++) {
		KUNIT_ASSERT_TRUE(test, fill_ports(kvm, &dev, room));
		KUNIT_EXPECT_EQ(test, kvm_vm_ioctl_create_pit2(kvm, &config),
				room < 2 ? -ENOSPC : 0);
		mutex_lock(&kvm->slots_lock);
		kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &dev);
		mutex_unlock(&kvm->slots_lock);
	}
}

static struct kunit_case irq_cases[] = {
	/* clang-format off */
	KUNIT_CASE(irq_route_checks),
	KUNIT_CASE(irq_route_finds),
	KUNIT_CASE(irq_route_default),
	KUNIT_CASE(irq_line_status),
	KUNIT_CASE(irq_sources),
	KUNIT_CASE(irq_pulse_is_short),
	KUNIT_CASE(irq_eoi_is_told),
	KUNIT_CASE(irq_rte_write_is_told),
	KUNIT_CASE(irq_watched_pins),
	KUNIT_CASE(irq_state_round_trip),
	KUNIT_CASE(irq_pit_round_trip),
	KUNIT_CASE(irq_pit_owes_ticks),
	KUNIT_CASE(irq_pit_no_room),
	{}
	/* clang-format on */
};

struct kunit_suite irq_suite = {
	.name = "twinwalk_irq",
	.init = irq_suite_init,
	.exit = irq_suite_exit,
	.test_cases = irq_cases,
};
