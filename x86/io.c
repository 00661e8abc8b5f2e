// SPDX-License-Identifier: GPL-2.0-only
/*
 * io.c - a guest's port and memory-mapped I/O
 *
 * Owns: what io.h says, locking included.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "iobus.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "vcpu.h"
#include "vendor.h"
#include "virt/trace.h"
#include "x86/emulate.h"
#include "x86/io.h"
#include "x86/regs.h"
#include "x86/trace.h"
#include "x86/x86.h"

/* Behind this port a BIOS waits for RIP to move, api.rst, KVM_CAP_DISABLE_QUIRKS2. */
#define PORT_OUT_7E 0x7e

static_assert(KVM_PIO_PAGE_OFFSET == KVM_VCPU_MMAP_PIO);

void kvm_io_commit(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_io *io = &vcpu->arch.io;

	io->pio.answered = false;
	io->pio.again = false;
	io->mmio.nr = 0;
	io->mmio.next = 0;
}

void kvm_io_abandon(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_io *io = &vcpu->arch.io;

	kvm_io_commit(vcpu);
	if (!io->waiting)
		return;
	io->waiting = false;
	io->mmio_waits = false;
	vcpu->arch.complete_userspace_io = NULL;
}

void kvm_io_again(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_io *io = &vcpu->arch.io;

	io->pio.again = io->pio.answered;
	io->mmio.next = 0;
}

void kvm_io_answered(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_io *io = &vcpu->arch.io;
	struct kvm_mmio_fragment *f;

	/* What userspace has is the last that was added. */
	if (io->mmio_waits && io->mmio.nr) {
		f = &io->mmio.fragments[io->mmio.nr - 1];
		if (!f->is_write) {
			memcpy(f->data, vcpu->run->mmio.data, f->len);
			trace_kvm_mmio(KVM_TRACE_MMIO_READ, f->len, f->gpa,
				       f->data);
		}
	} else {
		io->pio.answered = true;
	}
	io->mmio_waits = false;
	io->waiting = false;
	kvm_io_again(vcpu);
}

/* Userspace has answered the access: emulate from the beginning. */
static int emulate_again(struct kvm_vcpu *vcpu)
{
	int r;

	kvm_io_answered(vcpu);
	r = kvm_emulate_instruction(vcpu, GPA_INVALID, 0);
	if (!vcpu->arch.io.waiting)
		kvm_io_commit(vcpu);
	return r;
}

/* --- ports --------------------------------------------------------------- */

unsigned long kvm_pio_merge(unsigned long rax, u32 val, unsigned int size)
{
	switch (size) {
	case 1:
		return (rax & ~0xfful) | (u8)val;
	case 2:
		return (rax & ~0xfffful) | (u16)val;
	default:
		return val;
	}
}

static bool pio_was_answered(struct kvm_vcpu *vcpu, unsigned int size, u16 port,
			     unsigned int count, bool in)
{
	struct kvm_pio_access *pio = &vcpu->arch.io.pio;
	bool again = pio->again;

	/* If registers were changed meanwhile, it is another access. */
	pio->again = false;
	return again && pio->port == port && pio->size == size &&
	       pio->count == count && pio->in == in;
}

/* Data that goes out is in the page already. */
static int exit_for_pio(struct kvm_vcpu *vcpu)
{
	const struct kvm_pio_access *pio = &vcpu->arch.io.pio;
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = pio->in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = pio->size;
	run->io.port = pio->port;
	run->io.count = pio->count;
	run->io.data_offset = KVM_VCPU_MMAP_PIO * PAGE_SIZE;

	vcpu->arch.io.waiting = true;
	vcpu->arch.complete_userspace_io = emulate_again;
	return 0;
}

static void pio_begin(struct kvm_vcpu *vcpu, unsigned int size, u16 port,
		      unsigned int count, bool in)
{
	struct kvm_pio_access *pio = &vcpu->arch.io.pio;

	pio->port = port;
	pio->size = size;
	pio->count = count;
	pio->in = in;
	pio->answered = false;
	pio->again = false;
}

static bool pio_fits(unsigned int size, unsigned int count)
{
	return (size == 1 || size == 2 || size == 4) && count &&
	       count <= PAGE_SIZE / size;
}

int kvm_pio_in(struct kvm_vcpu *vcpu, unsigned int size, u16 port, void *val,
	       unsigned int count)
{
	unsigned int i;

	if (!pio_fits(size, count))
		return -EINVAL;
	if (pio_was_answered(vcpu, size, port, count, true)) {
		memcpy(val, vcpu->pio_data, size * count);
		trace_kvm_pio(KVM_PIO_IN, port, size, count, val);
		return 1;
	}

	pio_begin(vcpu, size, port, count, true);
	for (i = 0; i < count; i++) {
		void *element = val + i * size;

		if (!kvm_io_bus_read(vcpu, KVM_PIO_BUS, port, size, element))
			continue;
		if (!i)
			return exit_for_pio(vcpu);
		/* The device has gone since the first one: nobody drives. */
		memset(element, 0xff, size);
	}

	memcpy(vcpu->pio_data, val, size * count);
	vcpu->arch.io.pio.answered = true;
	trace_kvm_pio(KVM_PIO_IN, port, size, count, val);
	return 1;
}

int kvm_pio_out(struct kvm_vcpu *vcpu, unsigned int size, u16 port,
		const void *val, unsigned int count)
{
	unsigned int i;

	if (!pio_fits(size, count))
		return -EINVAL;
	if (pio_was_answered(vcpu, size, port, count, false))
		return 1;

	pio_begin(vcpu, size, port, count, false);
	trace_kvm_pio(KVM_PIO_OUT, port, size, count, val);
	for (i = 0; i < count; i++) {
		if (!kvm_io_bus_write(vcpu, KVM_PIO_BUS, port, size,
				      val + i * size))
			continue;
		if (i)
			continue; /* as above: nobody hears */
		memcpy(vcpu->pio_data, val, size * count);
		return exit_for_pio(vcpu);
	}

	vcpu->arch.io.pio.answered = true;
	return 1;
}

/* --- IN and OUT ---------------------------------------------------------- */

/* Userspace may have moved the guest elsewhere, by a reset for one. */
static bool is_still_at_fast_pio(struct kvm_vcpu *vcpu)
{
	bool still = kvm_get_linear_rip(vcpu) == vcpu->arch.io.pio.linear_rip;

	vcpu->arch.io.waiting = false;
	kvm_io_commit(vcpu);
	return still;
}

static int complete_fast_in(struct kvm_vcpu *vcpu)
{
	unsigned int size = vcpu->arch.io.pio.size;
	u32 val = 0;

	if (!is_still_at_fast_pio(vcpu))
		return 1;
	memcpy(&val, vcpu->pio_data, size);
	trace_kvm_pio(KVM_PIO_IN, vcpu->arch.io.pio.port, size, 1, &val);
	kvm_rax_write(vcpu, kvm_pio_merge(kvm_rax_read(vcpu), val, size));
	return kvm_skip_emulated_instruction(vcpu);
}

static int complete_fast_out(struct kvm_vcpu *vcpu)
{
	if (!is_still_at_fast_pio(vcpu))
		return 1;
	return kvm_skip_emulated_instruction(vcpu);
}

static int complete_skipped_out(struct kvm_vcpu *vcpu)
{
	vcpu->arch.io.waiting = false;
	kvm_io_commit(vcpu);
	return 1;
}

static bool is_quirky_out(struct kvm_vcpu *vcpu, u16 port)
{
	return port == PORT_OUT_7E && !(vcpu->kvm->arch.disabled_quirks &
					KVM_X86_QUIRK_OUT_7E_INC_RIP);
}

static int fast_out(struct kvm_vcpu *vcpu, unsigned int size, u16 port)
{
	unsigned long val = kvm_rax_read(vcpu);
	int r;

	r = kvm_pio_out(vcpu, size, port, &val, 1);
	if (r < 0)
		return r;
	if (r) {
		kvm_io_commit(vcpu);
		return kvm_skip_emulated_instruction(vcpu);
	}

	if (is_quirky_out(vcpu, port)) {
		vcpu->arch.complete_userspace_io = complete_skipped_out;
		kvm_skip_emulated_instruction(vcpu);
		return 0;
	}
	vcpu->arch.io.pio.linear_rip = kvm_get_linear_rip(vcpu);
	vcpu->arch.complete_userspace_io = complete_fast_out;
	return 0;
}

static int fast_in(struct kvm_vcpu *vcpu, unsigned int size, u16 port)
{
	u32 val = 0;
	int r;

	r = kvm_pio_in(vcpu, size, port, &val, 1);
	if (r < 0)
		return r;
	if (!r) {
		vcpu->arch.io.pio.linear_rip = kvm_get_linear_rip(vcpu);
		vcpu->arch.complete_userspace_io = complete_fast_in;
		return 0;
	}

	kvm_io_commit(vcpu);
	kvm_rax_write(vcpu, kvm_pio_merge(kvm_rax_read(vcpu), val, size));
	return kvm_skip_emulated_instruction(vcpu);
}

int kvm_fast_pio(struct kvm_vcpu *vcpu, unsigned int size, u16 port, bool in)
{
	kvm_io_commit(vcpu);
	return in ? fast_in(vcpu, size, port) : fast_out(vcpu, size, port);
}

/* --- memory -------------------------------------------------------------- */

unsigned int kvm_mmio_fragment_len(gpa_t gpa, unsigned int bytes)
{
	unsigned int in_page = PAGE_SIZE - offset_in_page(gpa);

	return min3(bytes, in_page, (unsigned int)KVM_MMIO_FRAGMENT_MAX);
}

struct kvm_mmio_fragment *kvm_mmio_log_find(struct kvm_mmio_log *log, gpa_t gpa,
					    unsigned int len, bool is_write)
{
	unsigned int i;

	for (i = log->next; i < log->nr; i++) {
		struct kvm_mmio_fragment *f = &log->fragments[i];

		if (f->gpa != gpa || f->len != len || f->is_write != is_write)
			continue;
		log->next = i + 1;
		return f;
	}
	return NULL;
}

struct kvm_mmio_fragment *kvm_mmio_log_add(struct kvm_mmio_log *log, gpa_t gpa,
					   unsigned int len, bool is_write)
{
	struct kvm_mmio_fragment *f;

	if (log->nr == KVM_MMIO_LOG_SIZE)
		return NULL;
	f = &log->fragments[log->nr++];
	log->next = log->nr;
	*f = (struct kvm_mmio_fragment){
		.gpa = gpa,
		.len = len,
		.is_write = is_write,
	};
	return f;
}

static int exit_for_mmio(struct kvm_vcpu *vcpu,
			 const struct kvm_mmio_fragment *f, const void *val)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = f->gpa;
	run->mmio.len = f->len;
	run->mmio.is_write = f->is_write;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (val)
		memcpy(run->mmio.data, val, f->len);

	vcpu->stat.mmio_exits++;
	vcpu->arch.io.waiting = true;
	vcpu->arch.io.mmio_waits = true;
	vcpu->arch.complete_userspace_io = emulate_again;
	return 0;
}

static int read_device(struct kvm_vcpu *vcpu, gpa_t gpa, unsigned int len,
		       void *val)
{
	if (lapic_in_kernel(vcpu) && !kvm_lapic_mmio_read(vcpu, gpa, len, val))
		return 0;
	return kvm_io_bus_read(vcpu, KVM_MMIO_BUS, gpa, len, val);
}

static int write_device(struct kvm_vcpu *vcpu, gpa_t gpa, unsigned int len,
			const void *val)
{
	if (lapic_in_kernel(vcpu) && !kvm_lapic_mmio_write(vcpu, gpa, len, val))
		return 0;
	return kvm_io_bus_write(vcpu, KVM_MMIO_BUS, gpa, len, val);
}

int kvm_mmio_read(struct kvm_vcpu *vcpu, gpa_t gpa, void *val,
		  unsigned int bytes)
{
	struct kvm_mmio_log *log = &vcpu->arch.io.mmio;
	struct kvm_mmio_fragment *f;
	unsigned int len;

	for (; bytes; gpa += len, val += len, bytes -= len) {
		len = kvm_mmio_fragment_len(gpa, bytes);
		f = kvm_mmio_log_find(log, gpa, len, false);
		if (!f) {
			f = kvm_mmio_log_add(log, gpa, len, false);
			if (!f)
				return -E2BIG;
			if (read_device(vcpu, gpa, len, f->data)) {
				trace_kvm_mmio(KVM_TRACE_MMIO_READ_UNSATISFIED,
					       len, gpa, NULL);
				return exit_for_mmio(vcpu, f, NULL);
			}
			trace_kvm_mmio(KVM_TRACE_MMIO_READ, len, gpa, f->data);
		}
		memcpy(val, f->data, len);
	}
	return 1;
}

int kvm_mmio_write(struct kvm_vcpu *vcpu, gpa_t gpa, const void *val,
		   unsigned int bytes)
{
	struct kvm_mmio_log *log = &vcpu->arch.io.mmio;
	struct kvm_mmio_fragment *f;
	unsigned int len;

	for (; bytes; gpa += len, val += len, bytes -= len) {
		len = kvm_mmio_fragment_len(gpa, bytes);
		if (kvm_mmio_log_find(log, gpa, len, true))
			continue;
		f = kvm_mmio_log_add(log, gpa, len, true);
		if (!f)
			return -E2BIG;
		trace_kvm_mmio(KVM_TRACE_MMIO_WRITE, len, gpa, val);
		if (write_device(vcpu, gpa, len, val))
			return exit_for_mmio(vcpu, f, val);
	}
	return 1;
}
