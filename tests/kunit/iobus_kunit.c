// SPDX-License-Identifier: GPL-2.0-only
/*
 * iobus_kunit.c - buses, coalesced writes and ioeventfds, against brute force
 *
 * The model of a bus is a list of ranges in the order of their registration.  Who
 * is to be asked is found by looking at all of them, by the rule in iobus.h.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include "iobus.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "virt/coalesced.h"
#include "virt/ioeventfd.h"
#include "vm.h"

#define WINDOW	    48
#define NR_DEVICES  20
#define NR_SEEDS    40
#define NR_STEPS    40
#define NR_ACCESSES 12

static const struct kvm_io_device_ops no_ops;
static const struct kvm_io_device_ops eventfd_ops = { .is_eventfd = true };

/* --- search -------------------------------------------------------------- */

struct model_range {
	gpa_t addr;
	int len;
	unsigned int number; /* of its registration */
	bool live;
	bool asked;
	struct kvm_io_device dev;
};

struct model {
	struct model_range ranges[NR_DEVICES];
	unsigned int registered;
};

static bool model_has(const struct model_range *r, gpa_t addr, int len)
{
	if (!r->len)
		return addr == r->addr;
	return addr >= r->addr && addr + len <= r->addr + r->len;
}

/* A range of any length counts as one byte. */
static bool model_comes_first(const struct model_range *a,
			      const struct model_range *b)
{
	int a_len = a->len ?: 1, b_len = b->len ?: 1;

	if (a->addr != b->addr)
		return a->addr > b->addr;
	if (a_len != b_len)
		return a_len < b_len;
	return a->number < b->number;
}

static struct model_range *model_next(struct model *m, gpa_t addr, int len)
{
	struct model_range *best = NULL;
	unsigned int i;

	for (i = 0; i < NR_DEVICES; i++) {
		struct model_range *r = &m->ranges[i];

		if (r->live && !r->asked && model_has(r, addr, len) &&
		    (!best || model_comes_first(r, best)))
			best = r;
	}
	if (best)
		best->asked = true;
	return best;
}

static bool same_order(struct model *m, const struct kvm_io_bus *bus,
		       gpa_t addr, int len)
{
	int i = bus->nr;
	unsigned int j;

	for (j = 0; j < NR_DEVICES; j++)
		m->ranges[j].asked = false;
	for (;;) {
		struct model_range *r = model_next(m, addr, len);

		/* What has gone is passed over, as the readers do. */
		do {
			i = kvm_io_bus_next(bus, addr, len, i);
		} while (i >= 0 && !bus->ranges[i].dev);
		if (!r || i < 0)
			return !r && i < 0;
		if (bus->ranges[i].dev != &r->dev)
			return false;
	}
}

static struct kvm_io_bus *step(struct kunit *test, struct model *m,
			       struct kvm_io_bus *bus, struct rnd_state *rnd)
{
	struct model_range *r = &m->ranges[prandom_u32_state(rnd) % NR_DEVICES];
	struct kvm_io_bus *new;
	unsigned int i;

	if (r->live) {
		for (i = 0; i < bus->nr; i++)
			if (bus->ranges[i].dev == &r->dev)
				bus->ranges[i].dev = NULL;
		r->live = false;
		return bus;
	}

	r->addr = prandom_u32_state(rnd) % WINDOW;
	r->len = prandom_u32_state(rnd) % (prandom_u32_state(rnd) % 2 ? 4 : 24);
	r->number = m->registered++;
	r->dev.ops = &no_ops;
	new = kvm_io_bus_insert(bus, r->addr, r->len, &r->dev);
	if (IS_ERR(new)) {
		KUNIT_FAIL(test, "error %ld", PTR_ERR(new));
		return bus;
	}
	r->live = true;
	kvfree(bus);
	return new;
}

static void iobus_search(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int seed, s, a;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, m);
	for (seed = 1; seed <= NR_SEEDS; seed++) {
		struct kvm_io_bus *bus = NULL;

		memset(m, 0, sizeof(*m));
		prandom_seed_state(&rnd, seed);
		for (s = 0; s < NR_STEPS; s++) {
			bus = step(test, m, bus, &rnd);
			for (a = 0; bus && a < NR_ACCESSES; a++) {
				gpa_t addr = prandom_u32_state(&rnd) % WINDOW;
				int len = prandom_u32_state(&rnd) % 8 + 1;

				if (same_order(m, bus, addr, len))
					continue;
				KUNIT_FAIL(test, "seed %u, step %u, %llx+%d",
					   seed, s, addr, len);
				kvfree(bus);
				return;
			}
		}
		kvfree(bus);
	}
}

static void iobus_ends_of_space(struct kunit *test)
{
	struct kvm_io_device dev = { .ops = &no_ops };
	struct kvm_io_bus *bus;

	bus = kvm_io_bus_insert(NULL, ~0ull - 2, 4, &dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), -EINVAL);
	bus = kvm_io_bus_insert(NULL, 0, -1, &dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), -EINVAL);

	bus = kvm_io_bus_insert(NULL, ~0ull - 3, 4, &dev);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(bus), 0);
	KUNIT_EXPECT_EQ(test, kvm_io_bus_next(bus, ~0ull - 3, 4, 1), 0);
	KUNIT_EXPECT_EQ(test, kvm_io_bus_next(bus, ~0ull, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, kvm_io_bus_next(bus, ~0ull, 1, 0), -1);
	KUNIT_EXPECT_EQ(test, kvm_io_bus_next(bus, ~0ull - 1, 4, 1), -1);
	KUNIT_EXPECT_EQ(test, kvm_io_bus_next(bus, ~0ull - 4, 4, 1), -1);
	kvfree(bus);
}

/* A full bus, made by hand, with and without one that has gone. */
static void iobus_limits(struct kunit *test)
{
	struct kvm_io_device dev = { .ops = &no_ops };
	struct kvm_io_device eventfd = { .ops = &eventfd_ops };
	struct kvm_io_bus *full, *bus;
	unsigned int i;

	full = kvzalloc(struct_size(full, ranges, KVM_IO_MAX_DEVICES),
			GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, full);
	full->nr = KVM_IO_MAX_DEVICES;
	for (i = 0; i < full->nr; i++)
		full->ranges[i] = (struct kvm_io_range){ .addr = i,
							 .last = i,
							 .dev = &dev };

	bus = kvm_io_bus_insert(full, 5, 1, &dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), -ENOSPC);

	bus = kvm_io_bus_insert(full, 5, 1, &eventfd);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), 0);
	if (!IS_ERR(bus)) {
		KUNIT_EXPECT_EQ(test, bus->nr, full->nr + 1);
		kvfree(bus);
	}

	full->ranges[7].dev = NULL;
	bus = kvm_io_bus_insert(full, 5, 1, &dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), 0);
	if (!IS_ERR(bus)) {
		KUNIT_EXPECT_EQ(test, bus->nr, full->nr);
		kvfree(bus);
	}

	full->ranges[7].dev = &eventfd;
	bus = kvm_io_bus_insert(full, 5, 1, &dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(bus), 0);
	if (!IS_ERR(bus))
		kvfree(bus);
	kvfree(full);
}

/* --- a VM's buses -------------------------------------------------------- */

struct counted {
	struct kvm_io_device dev;
	unsigned int reads;
	unsigned int destroyed;
	bool refuses;
};

static int counted_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			gpa_t addr, int len, void *val)
{
	struct counted *c = container_of(dev, struct counted, dev);

	c->reads++;
	return c->refuses ? -EOPNOTSUPP : 0;
}

static void counted_destructor(struct kvm_io_device *dev)
{
	container_of(dev, struct counted, dev)->destroyed++;
}

static const struct kvm_io_device_ops counted_ops = {
	.read = counted_read,
	.destructor = counted_destructor,
};

static int read_one(struct kvm_vcpu *vcpu)
{
	int idx, r;
	u8 val;

	idx = srcu_read_lock(&vcpu->kvm->srcu);
	r = kvm_io_bus_read(vcpu, KVM_PIO_BUS, 0x10, 1, &val);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	return r;
}

static void iobus_devices_come_and_go(struct kunit *test)
{
	struct kvm_vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);
	struct counted a = { .dev.ops = &counted_ops, .refuses = true };
	struct counted b = { .dev.ops = &counted_ops };

	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	KUNIT_ASSERT_NOT_NULL(test, kvm);
	KUNIT_ASSERT_EQ(test, init_srcu_struct(&kvm->srcu), 0);
	mutex_init(&kvm->slots_lock);
	vcpu->kvm = kvm;

	KUNIT_EXPECT_EQ(test, read_one(vcpu), -EOPNOTSUPP);
	mutex_lock(&kvm->slots_lock);
	KUNIT_EXPECT_EQ(test,
			kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x10, 1,
						&a.dev),
			0);
	KUNIT_EXPECT_EQ(test,
			kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x0f, 4,
						&b.dev),
			0);
	mutex_unlock(&kvm->slots_lock);

	KUNIT_EXPECT_EQ(test, read_one(vcpu), 0);
	KUNIT_EXPECT_EQ(test, a.reads, 1u);
	KUNIT_EXPECT_EQ(test, b.reads, 1u);

	mutex_lock(&kvm->slots_lock);
	KUNIT_EXPECT_EQ(test,
			kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &b.dev), 0);
	KUNIT_EXPECT_EQ(test,
			kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &b.dev),
			-ENOENT);
	KUNIT_EXPECT_EQ(test,
			kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, &a.dev),
			-ENOENT);
	mutex_unlock(&kvm->slots_lock);

	KUNIT_EXPECT_EQ(test, read_one(vcpu), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, a.reads, 2u);
	KUNIT_EXPECT_EQ(test, b.reads, 1u);
	kvm_io_buses_destroy(kvm);
	KUNIT_EXPECT_EQ(test, a.destroyed, 1u);
	KUNIT_EXPECT_EQ(test, b.destroyed, 0u);
	cleanup_srcu_struct(&kvm->srcu);
}

/* --- coalesced writes ---------------------------------------------------- */

static void coalesced_ring(struct kunit *test)
{
	struct kvm_coalesced_mmio_ring *ring =
		kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct kvm_coalesced_mmio entry = { .len = 4 };
	unsigned int i, max = KVM_COALESCED_MMIO_MAX;

	KUNIT_ASSERT_NOT_NULL(test, ring);
	ring->first = 5;
	ring->last = 5;
	for (i = 0; i < max - 1; i++) {
		entry.phys_addr = i;
		if (!kvm_coalesced_ring_put(ring, &entry) ||
		    ring->last != (5 + i + 1) % max ||
		    ring->coalesced_mmio[(5 + i) % max].phys_addr != i) {
			KUNIT_FAIL(test, "entry %u", i);
			return;
		}
	}
	KUNIT_EXPECT_FALSE(test, kvm_coalesced_ring_put(ring, &entry));
	KUNIT_EXPECT_EQ(test, ring->last, 4u);
	ring->first = 6;
	KUNIT_EXPECT_TRUE(test, kvm_coalesced_ring_put(ring, &entry));
	KUNIT_EXPECT_EQ(test, ring->last, 5u);
}

/* Nothing behind the ring's page, nor before it, is written. */
static void coalesced_ring_hostile(struct kunit *test)
{
	static const u32 bad[] = { KVM_COALESCED_MMIO_MAX,
				   KVM_COALESCED_MMIO_MAX + 1,
				   0x7fffffff,
				   0x80000000,
				   0xfffffffe,
				   0xffffffff };
	u8 *pages = kunit_kzalloc(test, 3 * PAGE_SIZE, GFP_KERNEL);
	struct kvm_coalesced_mmio entry;
	struct kvm_coalesced_mmio_ring *ring;
	unsigned int i, j;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	ring = (void *)(pages + PAGE_SIZE);
	memset(&entry, 0xff, sizeof(entry));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ring->first = 0;
		ring->last = bad[i];
		KUNIT_EXPECT_FALSE(test, kvm_coalesced_ring_put(ring, &entry));
		KUNIT_EXPECT_EQ(test, ring->last, bad[i]);
		ring->first = bad[i];
		ring->last = 0;
		KUNIT_EXPECT_FALSE(test, kvm_coalesced_ring_put(ring, &entry));
		KUNIT_EXPECT_EQ(test, ring->last, 0u);
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			ring->first = bad[i];
			ring->last = bad[j];
			KUNIT_EXPECT_FALSE(test,
					   kvm_coalesced_ring_put(ring,
								  &entry));
		}
	}
	ring->first = 0;
	ring->last = 0;
	KUNIT_EXPECT_NULL(test, memchr_inv(pages, 0, 3 * PAGE_SIZE));

	ring->first = 0;
	ring->last = KVM_COALESCED_MMIO_MAX - 2;
	KUNIT_EXPECT_TRUE(test, kvm_coalesced_ring_put(ring, &entry));
	ring->first = 1;
	KUNIT_EXPECT_TRUE(test, kvm_coalesced_ring_put(ring, &entry));
	KUNIT_EXPECT_NULL(test, memchr_inv(pages, 0, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test,
			  memchr_inv(pages + 2 * PAGE_SIZE, 0, PAGE_SIZE));
}

/* --- ioeventfds ---------------------------------------------------------- */

static const u32 lens[] = { 0, 1, 2, 4, 8 };

/* Number 0 to 29; data of unknown length is any. */
static struct kvm_ioeventfd_match match_of(unsigned int n)
{
	struct kvm_ioeventfd_match match = {
		.addr = n % 2,
		.len = lens[n / 2 % 5],
		.any_data = n / 10 == 2,
		.data = n / 10,
	};

	if (!match.len)
		match.any_data = true;
	return match;
}

static bool by_model(const struct kvm_ioeventfd_match *match, u64 addr,
		     unsigned int len, u64 data)
{
	return match->addr == addr && (!match->len || match->len == len) &&
	       (match->any_data || match->data == data);
}

/* All writes of a small world against two matches. */
static bool check_pair(const struct kvm_ioeventfd_match *a,
		       const struct kvm_ioeventfd_match *b, unsigned int *wrong)
{
	bool both = false;
	unsigned int n;

	for (n = 0; n < 24; n++) {
		u64 addr = n % 2, data = n / 2 % 3;
		u32 len = lens[1 + n / 6];
		bool in_a = by_model(a, addr, len, data);

		if (kvm_ioeventfd_matches(a, addr, len, &data) != in_a)
			(*wrong)++;
		both |= in_a && by_model(b, addr, len, data);
	}
	return both;
}

static void ioeventfd_match(struct kunit *test)
{
	unsigned int i, j, wrong = 0;

	for (i = 0; i < 30; i++) {
		struct kvm_ioeventfd_match a = match_of(i);

		for (j = 0; j < 30; j++) {
			struct kvm_ioeventfd_match b = match_of(j);
			bool both = check_pair(&a, &b, &wrong);

			if (kvm_ioeventfd_collide(&a, &b) == both && !wrong)
				continue;
			KUNIT_FAIL(test, "%u and %u", i, j);
			return;
		}
	}
}

/* On the fast bus there is no data; no datum is equal to it. */
static void ioeventfd_match_edges(struct kunit *test)
{
	struct kvm_ioeventfd_match m = { .addr = 8, .any_data = true };
	u8 data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	KUNIT_EXPECT_TRUE(test, kvm_ioeventfd_matches(&m, 8, 0, NULL));
	m.len = 2;
	KUNIT_EXPECT_FALSE(test, kvm_ioeventfd_matches(&m, 8, 0, NULL));
	m.any_data = false;
	m.data = 0x0201;
	KUNIT_EXPECT_FALSE(test, kvm_ioeventfd_matches(&m, 8, 2, NULL));
	KUNIT_EXPECT_TRUE(test, kvm_ioeventfd_matches(&m, 8, 2, data));
	m.data = 0x10201;
	KUNIT_EXPECT_FALSE(test, kvm_ioeventfd_matches(&m, 8, 2, data));
	m.len = 8;
	m.data = 0x0807060504030201;
	KUNIT_EXPECT_TRUE(test, kvm_ioeventfd_matches(&m, 8, 8, data));
}

static struct kunit_case iobus_cases[] = {
	/* clang-format off */
	KUNIT_CASE(iobus_search),
	KUNIT_CASE(iobus_ends_of_space),
	KUNIT_CASE(iobus_limits),
	KUNIT_CASE(iobus_devices_come_and_go),
	KUNIT_CASE(coalesced_ring),
	KUNIT_CASE(coalesced_ring_hostile),
	KUNIT_CASE(ioeventfd_match),
	KUNIT_CASE(ioeventfd_match_edges),
	{}
	/* clang-format on */
};

struct kunit_suite iobus_suite = {
	.name = "twinwalk_iobus",
	.test_cases = iobus_cases,
};
