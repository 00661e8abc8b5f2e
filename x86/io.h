/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io.h - a guest's port and memory-mapped I/O
 *
 * Owns: struct kvm_vcpu_io, and the exits KVM_EXIT_IO and KVM_EXIT_MMIO.
 *
 * What no device in the kernel answers is userspace's.  IN and OUT are finished
 * here when it has answered.  Any other instruction is emulated once more from
 * its beginning: its accesses come again, in the same order, and find what they
 * were answered before.  So all accesses of an instruction are kept, those that the
 * kernel answered included, since no device may see an access twice, until
 * the emulator says that the instruction, or a round of REP, is over
 * (kvm_io_commit()).
 *
 * kvm_run and the page behind it are userspace's as much as ours: what we need
 * again is here, and data is copied once.
 *
 * Locking: vCPU's mutex; kvm->srcu held.
 */
#ifndef TWINWALK_X86_IO_H
#define TWINWALK_X86_IO_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm_vcpu;

/* What KVM_EXIT_MMIO has room for. */
#define KVM_MMIO_FRAGMENT_MAX 8

/* More than any instruction needs; PUSHA has the most, eight. */
#define KVM_MMIO_LOG_SIZE 16

/**
 * struct kvm_mmio_fragment - an access that was answered, or will be
 * @gpa: where
 * @len: 1 to KVM_MMIO_FRAGMENT_MAX
 * @is_write: or a read
 * @data: what was read
 */
struct kvm_mmio_fragment {
	gpa_t gpa;
	u8 len;
	bool is_write;
	u8 data[KVM_MMIO_FRAGMENT_MAX];
};

/**
 * struct kvm_mmio_log - an instruction's accesses, in their order
 * @nr: how many
 * @next: the first of those that the instruction has not come to again
 * @fragments: the accesses
 */
struct kvm_mmio_log {
	u8 nr;
	u8 next;
	struct kvm_mmio_fragment fragments[KVM_MMIO_LOG_SIZE];
};

/**
 * struct kvm_pio_access - an instruction's access to a port
 * @port: which
 * @size: of an element, 1, 2 or 4 bytes
 * @in: or out
 * @answered: it is over; what was read is in vcpu->pio_data
 * @again: the instruction has not come to it again
 * @count: how many elements
 * @linear_rip: of IN and OUT
 */
struct kvm_pio_access {
	u16 port;
	u8 size;
	bool in;
	bool answered;
	bool again;
	u32 count;
	unsigned long linear_rip;
};

/**
 * struct kvm_vcpu_io - what a vCPU does with devices just now
 * @waiting: userspace has an access of the instruction that is emulated
 * @mmio_waits: the last one in @mmio
 * @pio: its port
 * @mmio: its memory
 */
struct kvm_vcpu_io {
	bool waiting;
	bool mmio_waits;
	struct kvm_pio_access pio;
	struct kvm_mmio_log mmio;
};

/**
 * kvm_fast_pio() - IN and OUT with RAX
 * @vcpu: the vCPU
 * @size: 1, 2 or 4 bytes
 * @port: which
 * @in: IN or OUT
 *
 * Return: of an exit handler; the instruction is skipped when it is over.
 */
int kvm_fast_pio(struct kvm_vcpu *vcpu, unsigned int size, u16 port, bool in);

/**
 * kvm_pio_in() - for the emulator: read a port, @count times
 * @vcpu: the vCPU
 * @size: of an element, 1, 2 or 4 bytes
 * @port: which
 * @val: filled, if the answer is 1
 * @count: how many; all of them fit into a page
 *
 * Return: 1, done; 0, userspace has to do it: return that from the exit handler
 * with nothing of the instruction done; it will be emulated again; -EINVAL.
 */
int kvm_pio_in(struct kvm_vcpu *vcpu, unsigned int size, u16 port, void *val,
	       unsigned int count);

/** kvm_pio_out() - the same of a write; it is over when the answer is 1 */
int kvm_pio_out(struct kvm_vcpu *vcpu, unsigned int size, u16 port,
		const void *val, unsigned int count);

/**
 * kvm_mmio_read() - for the emulator: read what is not memory
 * @vcpu: the vCPU
 * @gpa: where
 * @val: filled, if the answer is 1
 * @bytes: how many; more than 8, or what crosses a page, is several accesses
 *
 * Return: as kvm_pio_in(); -E2BIG, the instruction has too many accesses.
 */
int kvm_mmio_read(struct kvm_vcpu *vcpu, gpa_t gpa, void *val,
		  unsigned int bytes);

/** kvm_mmio_write() - the same of a write; it is over when the answer is 1 */
int kvm_mmio_write(struct kvm_vcpu *vcpu, gpa_t gpa, const void *val,
		   unsigned int bytes);

/**
 * kvm_io_again() - the instruction begins anew: its accesses come again
 * @vcpu: the vCPU
 */
void kvm_io_again(struct kvm_vcpu *vcpu);

/**
 * kvm_io_answered() - userspace has answered the access that it has
 * @vcpu: the vCPU
 *
 * The next accesses are those of the instruction's beginning.
 */
void kvm_io_answered(struct kvm_vcpu *vcpu);

/**
 * kvm_io_commit() - for the emulator: what was accessed is not done again
 * @vcpu: the vCPU
 *
 * To be called when registers and RIP are written back, after each round of
 * REP whose result is, and when the instruction ends by an exception: whenever
 * what comes next are not the same accesses once more.
 */
void kvm_io_commit(struct kvm_vcpu *vcpu);

/**
 * kvm_io_abandon() - for the emulator: userspace shall not answer after all
 * @vcpu: the vCPU
 *
 * To be called when an access has asked for userspace, but the instruction is not
 * executed again.
 */
void kvm_io_abandon(struct kvm_vcpu *vcpu);

/** kvm_mmio_fragment_len() - how much of an access is its first fragment */
unsigned int kvm_mmio_fragment_len(gpa_t gpa, unsigned int bytes);

/**
 * kvm_mmio_log_find() - has the instruction had this access before?
 * @log: its accesses
 * @gpa: where
 * @len: how long
 * @is_write: or a read
 *
 * Those before it are passed over.  Pure.
 *
 * Return: the access, or NULL.
 */
struct kvm_mmio_fragment *kvm_mmio_log_find(struct kvm_mmio_log *log, gpa_t gpa,
					    unsigned int len, bool is_write);

/** kvm_mmio_log_add() - a new access; NULL, there are too many.  Pure */
struct kvm_mmio_fragment *kvm_mmio_log_add(struct kvm_mmio_log *log, gpa_t gpa,
					   unsigned int len, bool is_write);

/**
 * kvm_pio_merge() - RAX after IN
 * @rax: before
 * @val: what was read
 * @size: 1, 2 or 4 bytes
 *
 * SDM 1, 3.4.1.1: 32 bits clear those above, 8 and 16 bits leave them.  Pure.
 */
unsigned long kvm_pio_merge(unsigned long rax, u32 val, unsigned int size);

#endif
