// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_kunit.c - ports and memory-mapped I/O, with userspace played by the test
 *
 * The vCPU has a VM with buses and nothing else.  Whoever has an exit scribbles
 * over kvm_run before it answers, as a hostile userspace might.
 */
#include <kunit/test.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iobus.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vm.h"
#include "x86/io.h"

/* A device that answers so often, with its own count. */
struct counter {
	struct kvm_io_device dev;
	unsigned int left;
	u8 count;
};

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpu;
	struct counter counter;
	int srcu_idx;
};

static int counter_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			gpa_t addr, int len, void *val)
{
	struct counter *c = container_of(dev, struct counter, dev);

	if (!c->left)
		return -EOPNOTSUPP;
	c->left--;
	memset(val, ++c->count, len);
	return 0;
}

static int counter_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
			 gpa_t addr, int len, const void *val)
{
	u8 unused[8];

	return counter_read(vcpu, dev, addr, len, unused);
}

static const struct kvm_io_device_ops counter_ops = {
	.read = counter_read,
	.write = counter_write,
};

static struct world *make_world(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->vcpu.run = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	w->vcpu.pio_data = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w->vcpu.run);
	KUNIT_ASSERT_NOT_NULL(test, w->vcpu.pio_data);
	KUNIT_ASSERT_EQ(test, init_srcu_struct(&w->kvm.srcu), 0);
	mutex_init(&w->kvm.slots_lock);
	w->vcpu.kvm = &w->kvm;
	w->counter.dev.ops = &counter_ops;
	return w;
}

static void add_counter(struct kunit *test, struct world *w, enum kvm_bus bus,
			gpa_t addr, int len)
{
	int r;

	mutex_lock(&w->kvm.slots_lock);
	r = kvm_io_bus_register_dev(&w->kvm, bus, addr, len, &w->counter.dev);
	mutex_unlock(&w->kvm.slots_lock);
	KUNIT_EXPECT_EQ(test, r, 0);
}

static void enter_world(struct world *w)
{
	w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
}

static void leave_world(struct world *w)
{
	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	kvm_io_buses_destroy(&w->kvm);
	cleanup_srcu_struct(&w->kvm.srcu);
}

/* --- pure ---------------------------------------------------------------- */

static void io_pio_merge(struct kunit *test)
{
	static const struct {
		u32 val;
		unsigned int size;
		unsigned long rax;
	} rows[] = {
		{ 0x12345678, 1, 0xfedcba9876543278 },
		{ 0x12345678, 2, 0xfedcba9876545678 },
		{ 0x12345678, 4, 0x0000000012345678 },
		{ 0xffffffff, 1, 0xfedcba98765432ff },
		{ 0xffffffff, 2, 0xfedcba987654ffff },
		{ 0xffffffff, 4, 0x00000000ffffffff },
		{ 0, 1, 0xfedcba9876543200 },
		{ 0, 2, 0xfedcba9876540000 },
		{ 0, 4, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_pio_merge(0xfedcba9876543210,
						  rows[i].val, rows[i].size),
				    rows[i].rax, "row %u", i);
}

/* Byte by byte: a fragment is as long as it may be. */
static unsigned int fragment_by_model(gpa_t gpa, unsigned int bytes)
{
	unsigned int n = 1;

	while (n < bytes && n < 8 &&
	       (gpa + n) >> PAGE_SHIFT == gpa >> PAGE_SHIFT)
		n++;
	return n;
}

static void io_fragments(struct kunit *test)
{
	unsigned int bytes, len, want;
	gpa_t gpa;

	for (gpa = 0x10000 - 80; gpa < 0x10000 + 16; gpa++) {
		for (bytes = 1; bytes <= 80; bytes++) {
			len = kvm_mmio_fragment_len(gpa, bytes);
			want = fragment_by_model(gpa, bytes);
			if (len != want) {
				KUNIT_FAIL(test, "%llx, %u bytes: %u, not %u",
					   gpa, bytes, len, want);
				return;
			}
		}
	}
}

/* An answer is found once, in order, and only by the access it was for. */
static void io_log_find(struct kunit *test)
{
	struct kvm_mmio_log *log =
		kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	struct kvm_mmio_fragment *a, *b, *c;

	KUNIT_ASSERT_NOT_NULL(test, log);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0, 0, false), NULL);
	a = kvm_mmio_log_add(log, 0xff8, 8, false);
	b = kvm_mmio_log_add(log, 0xff8, 8, true);
	c = kvm_mmio_log_add(log, 0xff8, 8, false);
	KUNIT_ASSERT_EQ(test, log->nr, 3);
	KUNIT_EXPECT_EQ(test, c->gpa, 0xff8ull);
	KUNIT_EXPECT_EQ(test, c->len, 8);
	KUNIT_EXPECT_TRUE(test, b->is_write);
	KUNIT_EXPECT_FALSE(test, c->is_write);
	/* They are new: the instruction has come to them. */
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, false),
			    NULL);

	log->next = 0;
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff9, 8, false),
			    NULL);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 7, false),
			    NULL);
	KUNIT_EXPECT_EQ(test, log->next, 0);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, false), a);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, false), c);
	/* The write was passed over. */
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, true), NULL);

	log->next = 0;
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, true), b);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, false), c);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, 0xff8, 8, false),
			    NULL);
}

/* What is taken again has nothing of what was there before. */
static void io_log_limit(struct kunit *test)
{
	struct kvm_mmio_log *log =
		kunit_kmalloc(test, sizeof(*log), GFP_KERNEL);
	struct kvm_mmio_fragment *f;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, log);
	memset(log, 0xff, sizeof(*log));
	log->nr = 0;
	log->next = 0;
	for (i = 0; i < KVM_MMIO_LOG_SIZE; i++) {
		f = kvm_mmio_log_add(log, i, 4, i & 1);
		KUNIT_EXPECT_PTR_EQ(test, f, &log->fragments[i]);
		KUNIT_EXPECT_TRUE(test, f && !memchr_inv(f->data, 0, 8));
	}
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_add(log, i, 4, false), NULL);
	KUNIT_EXPECT_EQ(test, log->nr, KVM_MMIO_LOG_SIZE);

	log->next = 0;
	f = kvm_mmio_log_find(log, i - 1, 4, true);
	KUNIT_EXPECT_PTR_EQ(test, f, &log->fragments[i - 1]);
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmio_log_find(log, i, 4, false), NULL);
}

/* --- with userspace ------------------------------------------------------ */

static void expect_mmio_exit(struct kunit *test, struct world *w, gpa_t gpa,
			     unsigned int len, bool is_write)
{
	struct kvm_run *run = w->vcpu.run;

	KUNIT_EXPECT_EQ(test, run->exit_reason, (u32)KVM_EXIT_MMIO);
	KUNIT_EXPECT_EQ(test, run->mmio.phys_addr, gpa);
	KUNIT_EXPECT_EQ(test, run->mmio.len, len);
	KUNIT_EXPECT_EQ(test, run->mmio.is_write, (u8)is_write);
}

/* Userspace answers; the instruction begins anew. */
static void answer(struct world *w, u8 answer)
{
	memset(w->vcpu.run, 0xff, PAGE_SIZE);
	memset(w->vcpu.run->mmio.data, answer, 8);
	memset(w->vcpu.pio_data, answer, PAGE_SIZE);
	kvm_io_answered(&w->vcpu);
	/* Too late. */
	memset(w->vcpu.run, 0xee, PAGE_SIZE);
}

/* 12 bytes, 5 of them in the first page: fragments of 5 and 7. */
static void io_mmio_read(struct kunit *test)
{
	static const u8 all[12] = { 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2 };
	struct world *w = make_world(test);
	u8 val[13] = {};

	val[12] = 0x77;
	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1ffb, val, 12), 0);
	expect_mmio_exit(test, w, 0x1ffb, 5, false);
	KUNIT_EXPECT_TRUE(test, w->vcpu.arch.io.waiting);
	answer(w, 1);
	KUNIT_EXPECT_FALSE(test, w->vcpu.arch.io.waiting);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1ffb, val, 12), 0);
	expect_mmio_exit(test, w, 0x2000, 7, false);
	answer(w, 2);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1ffb, val, 12), 1);
	KUNIT_EXPECT_EQ(test, memcmp(val, all, 12), 0);
	KUNIT_EXPECT_EQ(test, val[12], 0x77);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.mmio_exits, 2ull);
	KUNIT_EXPECT_FALSE(test, w->vcpu.arch.io.waiting);

	/* The next instruction asks anew, whether the last was answered or not. */
	kvm_io_commit(&w->vcpu);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1ffb, val, 12), 0);
	expect_mmio_exit(test, w, 0x1ffb, 5, false);
	answer(w, 3);
	kvm_io_commit(&w->vcpu);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1ffb, val, 12), 0);
	expect_mmio_exit(test, w, 0x1ffb, 5, false);
	leave_world(w);
}

static void io_mmio_write(struct kunit *test)
{
	static const u8 val[16] = { 0, 1, 2,  3,  4,  5,  6,  7,
				    8, 9, 10, 11, 12, 13, 14, 15 };
	static const u8 tail[8] = { 14, 15 };
	struct world *w = make_world(test);

	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1000, val, 16), 0);
	expect_mmio_exit(test, w, 0x1000, 8, true);
	KUNIT_EXPECT_EQ(test, memcmp(w->vcpu.run->mmio.data, val, 8), 0);
	answer(w, 0xff);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1000, val, 16), 0);
	expect_mmio_exit(test, w, 0x1008, 8, true);
	KUNIT_EXPECT_EQ(test, memcmp(w->vcpu.run->mmio.data, val + 8, 8), 0);
	answer(w, 0xff);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1000, val, 16), 1);

	/* Behind a short one is nothing that was there before. */
	kvm_io_commit(&w->vcpu);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x10, val + 14, 2), 0);
	expect_mmio_exit(test, w, 0x10, 2, true);
	KUNIT_EXPECT_EQ(test, memcmp(w->vcpu.run->mmio.data, tail, 8), 0);
	leave_world(w);
}

/* ADD to memory: the read is asked once, and keeps its answer. */
static void io_mmio_read_modify_write(struct kunit *test)
{
	struct world *w = make_world(test);
	u8 val[2] = {};

	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x40, val, 2), 0);
	expect_mmio_exit(test, w, 0x40, 2, false);
	answer(w, 0x10);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x40, val, 2), 1);
	KUNIT_EXPECT_EQ(test, val[1], 0x10);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x40, "ab", 2), 0);
	expect_mmio_exit(test, w, 0x40, 2, true);
	answer(w, 0x20);
	memset(val, 0, 2);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x40, val, 2), 1);
	KUNIT_EXPECT_EQ(test, val[0], 0x10);
	KUNIT_EXPECT_EQ(test, val[1], 0x10);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x40, "ab", 2), 1);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.mmio_exits, 2ull);
	leave_world(w);
}

/* CMPS, of two addresses and of one with itself. */
static void io_mmio_two_reads(struct kunit *test)
{
	static const gpa_t second[] = { 0x80, 0x40 };
	struct world *w = make_world(test);
	struct kvm_vcpu *vcpu = &w->vcpu;
	unsigned int i;
	u8 a, b;

	enter_world(w);
	for (i = 0; i < ARRAY_SIZE(second); i++) {
		a = 0;
		b = 0;
		kvm_io_commit(vcpu);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &a, 1), 0);
		answer(w, 0x11);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &a, 1), 1);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, second[i], &b, 1), 0);
		expect_mmio_exit(test, w, second[i], 1, false);
		answer(w, 0x22);
		a = 0;
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &a, 1), 1);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, second[i], &b, 1), 1);
		KUNIT_EXPECT_EQ(test, a, 0x11);
		KUNIT_EXPECT_EQ(test, b, 0x22);
	}
	leave_world(w);
}

/* A device has the second fragment, and is asked for it once. */
static void io_mmio_device(struct kunit *test)
{
	struct world *w = make_world(test);
	u8 val[16];

	w->counter.left = 5;
	add_counter(test, w, KVM_MMIO_BUS, 0x1008, 8);
	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 16), 0);
	expect_mmio_exit(test, w, 0x1000, 8, false);
	KUNIT_EXPECT_EQ(test, w->counter.count, 0);
	answer(w, 0x33);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 16), 1);
	KUNIT_EXPECT_EQ(test, w->counter.count, 1);
	KUNIT_EXPECT_EQ(test, val[7], 0x33);
	KUNIT_EXPECT_EQ(test, val[8], 1);

	/* Nor for a write, or again, when a later access is userspace's. */
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1008, val, 8), 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x3000, val, 1), 0);
	KUNIT_EXPECT_EQ(test, w->counter.count, 2);
	answer(w, 0x44);
	memset(val, 0, sizeof(val));
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 16), 1);
	KUNIT_EXPECT_EQ(test, val[7], 0x33);
	KUNIT_EXPECT_EQ(test, val[8], 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1008, val, 8), 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x3000, val, 1), 1);
	KUNIT_EXPECT_EQ(test, w->counter.count, 2);
	leave_world(w);
}

static void io_mmio_limit(struct kunit *test)
{
	struct world *w = make_world(test);
	unsigned int i;
	u8 val[8];

	w->counter.left = KVM_MMIO_LOG_SIZE + 1;
	add_counter(test, w, KVM_MMIO_BUS, 0x1000, 8);
	enter_world(w);
	for (i = 0; i < KVM_MMIO_LOG_SIZE - 1; i++)
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 8),
				1);
	/* The last place is good for an exit, too. */
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x2000, val, 8), 0);
	answer(w, 0x55);
	for (i = 0; i < KVM_MMIO_LOG_SIZE - 1; i++) {
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 8),
				1);
		KUNIT_EXPECT_EQ(test, val[7], (u8)(i + 1));
	}
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x2000, val, 8), 1);
	KUNIT_EXPECT_EQ(test, val[0], 0x55);

	/* One too many is not done at all. */
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 8), -E2BIG);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x1000, val, 8), -E2BIG);
	KUNIT_EXPECT_EQ(test, w->counter.count, KVM_MMIO_LOG_SIZE - 1);
	KUNIT_EXPECT_FALSE(test, w->vcpu.arch.io.waiting);

	kvm_io_commit(&w->vcpu);
	KUNIT_EXPECT_EQ(test, kvm_mmio_read(&w->vcpu, 0x1000, val, 8), 1);
	leave_world(w);
}

static void expect_pio_exit(struct kunit *test, struct world *w,
			    unsigned int size, unsigned int count, u8 direction)
{
	struct kvm_run *run = w->vcpu.run;

	KUNIT_EXPECT_EQ(test, run->exit_reason, (u32)KVM_EXIT_IO);
	KUNIT_EXPECT_EQ(test, run->io.direction, direction);
	KUNIT_EXPECT_EQ(test, run->io.size, size);
	KUNIT_EXPECT_EQ(test, run->io.port, 0x80);
	KUNIT_EXPECT_EQ(test, run->io.count, count);
	KUNIT_EXPECT_EQ(test, run->io.data_offset,
			(u64)KVM_PIO_PAGE_OFFSET * PAGE_SIZE);
}

static void io_pio(struct kunit *test)
{
	struct world *w = make_world(test);
	struct kvm_vcpu *vcpu = &w->vcpu;
	u8 val[7] = { [6] = 0x77 };

	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 2, 0x80, val, 3), 0);
	expect_pio_exit(test, w, 2, 3, KVM_EXIT_IO_IN);
	answer(w, 0xaa);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 2, 0x80, val, 3), 1);
	KUNIT_EXPECT_EQ(test, val[0], 0xaa);
	KUNIT_EXPECT_EQ(test, val[5], 0xaa);
	KUNIT_EXPECT_EQ(test, val[6], 0x77);

	/* The next one asks anew, even without a commit between. */
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 2, 0x80, val, 3), 0);
	answer(w, 0xbb);
	kvm_io_commit(vcpu);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 2, 0x80, val, 3), 0);
	expect_pio_exit(test, w, 2, 3, KVM_EXIT_IO_IN);

	KUNIT_EXPECT_EQ(test, kvm_pio_out(vcpu, 1, 0x80, "abc", 3), 0);
	expect_pio_exit(test, w, 1, 3, KVM_EXIT_IO_OUT);
	KUNIT_EXPECT_EQ(test, memcmp(vcpu->pio_data, "abc", 3), 0);
	answer(w, 0xcc);
	KUNIT_EXPECT_EQ(test, kvm_pio_out(vcpu, 1, 0x80, "abc", 3), 1);

	KUNIT_EXPECT_EQ(test, kvm_pio_out(vcpu, 4, 0x80, val, 1025), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 8, 0x80, val, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 1, 0x80, val, 0), -EINVAL);
	leave_world(w);
}

/* Registers that were changed meanwhile make it another access. */
static void io_pio_changed(struct kunit *test)
{
	static const struct {
		unsigned int size;
		u16 port;
		unsigned int count;
		bool in;
	} rows[] = {
		{ 2, 0x80, 1, true },
		{ 1, 0x80, 3, true },
		{ 2, 0x81, 3, true },
		{ 2, 0x80, 3, false },
	};
	struct world *w = make_world(test);
	u8 val[6] = {};
	unsigned int i;
	int r;

	enter_world(w);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		kvm_io_commit(&w->vcpu);
		KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 2, 0x80, val, 3), 0);
		answer(w, 0xdd);
		if (rows[i].in)
			r = kvm_pio_in(&w->vcpu, rows[i].size, rows[i].port,
				       val, rows[i].count);
		else
			r = kvm_pio_out(&w->vcpu, rows[i].size, rows[i].port,
					val, rows[i].count);
		KUNIT_EXPECT_EQ_MSG(test, r, 0, "row %u", i);
		KUNIT_EXPECT_EQ(test, val[0], 0);
		KUNIT_EXPECT_EQ(test, w->vcpu.run->io.port, rows[i].port);
	}
	leave_world(w);
}

/* INS to a device, OUTS from one: neither answer is asked for twice. */
static void io_pio_and_mmio(struct kunit *test)
{
	struct world *w = make_world(test);
	struct kvm_vcpu *vcpu = &w->vcpu;
	unsigned int i;
	u8 val = 0;

	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 1, 0x80, &val, 1), 0);
	expect_pio_exit(test, w, 1, 1, KVM_EXIT_IO_IN);
	answer(w, 0x11);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 1, 0x80, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, val, 0x11);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(vcpu, 0x40, &val, 1), 0);
	expect_mmio_exit(test, w, 0x40, 1, true);
	KUNIT_EXPECT_EQ(test, w->vcpu.run->mmio.data[0], 0x11);
	answer(w, 0x22);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(vcpu, 1, 0x80, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(vcpu, 0x40, &val, 1), 1);

	/* The second is asked for its port, though the first one was. */
	for (i = 0; i < 2; i++) {
		kvm_io_commit(vcpu);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &val, 1), 0);
		answer(w, 0x33);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &val, 1), 1);
		KUNIT_EXPECT_EQ(test, kvm_pio_out(vcpu, 1, 0x80, &val, 1), 0);
		expect_pio_exit(test, w, 1, 1, KVM_EXIT_IO_OUT);
		answer(w, 0x44);
		KUNIT_EXPECT_EQ(test, kvm_mmio_read(vcpu, 0x40, &val, 1), 1);
		KUNIT_EXPECT_EQ(test, val, 0x33);
		KUNIT_EXPECT_EQ(test, kvm_pio_out(vcpu, 1, 0x80, &val, 1), 1);
	}
	leave_world(w);
}

/* A device that goes in the middle does not make userspace do it again. */
static void io_pio_device(struct kunit *test)
{
	struct world *w = make_world(test);
	u8 val[4] = {};

	w->counter.left = 2;
	add_counter(test, w, KVM_PIO_BUS, 0x80, 1);
	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 1, 0x80, val, 4), 1);
	KUNIT_EXPECT_EQ(test, val[0], 1);
	KUNIT_EXPECT_EQ(test, val[1], 2);
	KUNIT_EXPECT_EQ(test, val[2], 0xff);
	KUNIT_EXPECT_EQ(test, val[3], 0xff);
	w->counter.left = 1;
	KUNIT_EXPECT_EQ(test, kvm_pio_out(&w->vcpu, 1, 0x80, val, 4), 1);
	KUNIT_EXPECT_EQ(test, kvm_pio_out(&w->vcpu, 1, 0x80, val, 4), 0);
	expect_pio_exit(test, w, 1, 4, KVM_EXIT_IO_OUT);
	/* A wider access is none of the device's. */
	w->counter.left = 1;
	KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 2, 0x80, val, 1), 0);
	leave_world(w);
}

/* A port's device that answered is not asked again for the sake of memory. */
static void io_pio_device_and_mmio(struct kunit *test)
{
	struct world *w = make_world(test);
	u8 val = 0;

	w->counter.left = 5;
	add_counter(test, w, KVM_PIO_BUS, 0x80, 1);
	enter_world(w);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 1, 0x80, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x40, &val, 1), 0);
	memset(w->vcpu.run, 0xff, PAGE_SIZE);
	kvm_io_answered(&w->vcpu);
	val = 0;
	KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 1, 0x80, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, val, 1);
	KUNIT_EXPECT_EQ(test, kvm_mmio_write(&w->vcpu, 0x40, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, w->counter.count, 1);
	kvm_io_commit(&w->vcpu);
	KUNIT_EXPECT_EQ(test, kvm_pio_in(&w->vcpu, 1, 0x80, &val, 1), 1);
	KUNIT_EXPECT_EQ(test, w->counter.count, 2);
	leave_world(w);
}

static struct kunit_case io_cases[] = {
	/* clang-format off */
	KUNIT_CASE(io_pio_merge),
	KUNIT_CASE(io_fragments),
	KUNIT_CASE(io_log_find),
	KUNIT_CASE(io_log_limit),
	KUNIT_CASE(io_mmio_read),
	KUNIT_CASE(io_mmio_write),
	KUNIT_CASE(io_mmio_read_modify_write),
	KUNIT_CASE(io_mmio_two_reads),
	KUNIT_CASE(io_mmio_device),
	KUNIT_CASE(io_mmio_limit),
	KUNIT_CASE(io_pio),
	KUNIT_CASE(io_pio_changed),
	KUNIT_CASE(io_pio_and_mmio),
	KUNIT_CASE(io_pio_device),
	KUNIT_CASE(io_pio_device_and_mmio),
	{}
	/* clang-format on */
};

struct kunit_suite io_suite = {
	.name = "twinwalk_io",
	.test_cases = io_cases,
};
