/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - a VM for a tiny guest, by the ioctls of /dev/kvm and nothing else
 *
 * What must work ends the process if it does not, with a line that says where:
 * every test is a process of its own.
 */
#ifndef TW_GUEST_VM_H
#define TW_GUEST_VM_H

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "layout.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE	      4096ul
#define MAX_VCPUS     4
#define KB	      (1ul << 10)
#define MB	      (1ul << 20)
#define GB	      (1ul << 30)

/* What a test's process exits with. */
enum outcome {
	PASSED,
	FAILED,
	SKIPPED = 4
};

/* The mode a vCPU is in when it enters the guest. */
enum mode {
	REAL,
	PROTECTED,
	PAGED,
	PAE,
	LONG
};

/**
 * struct vcpu - one of a VM's
 * @fd: its descriptor
 * @vm: whose it is
 * @run: shared with the kernel
 * @thread: the one that runs it, if any does
 */
struct vcpu {
	int fd;
	struct vm *vm;
	struct kvm_run *run;
	pthread_t thread;
};

/**
 * struct vm - a VM with its low memory, and a guest in it
 * @kvm: /dev/kvm
 * @fd: its descriptor
 * @low: the memory at 0, LOW_SIZE bytes
 * @box: the mailbox in it
 * @mode: of its vCPUs
 * @nr_vcpus: how many there are
 * @vcpus: they
 * @text: what the guest wrote to PORT_TEXT
 * @text_len: how much of that
 */
struct vm {
	int kvm;
	int fd;
	void *low;
	struct mailbox *box;
	enum mode mode;
	int nr_vcpus;
	struct vcpu vcpus[MAX_VCPUS];
	char text[256];
	unsigned int text_len;
};

void __attribute__((noreturn, format(printf, 2, 3)))
leave(enum outcome outcome, const char *fmt, ...);

/* Ends the test if what must be true is not. */
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			leave(FAILED, "%s:%d: not true: %s (errno %s)",        \
			      __FILE__, __LINE__, #x, strerrorname_np(errno)); \
	} while (0)

/* Two numbers that have to be the same. */
#define SAME(got, wanted)                                                 \
	do {                                                              \
		__u64 __got = (got), __wanted = (wanted);                 \
		if (__got != __wanted)                                    \
			leave(FAILED, "%s:%d: %s is %#llx, not %#llx",    \
			      __FILE__, __LINE__, #got, __got, __wanted); \
	} while (0)

/**
 * vm_start() - a VM with a guest in it, ready to run
 * @vm: to be filled in
 * @mode: of its vCPUs
 * @guest: its flat binary's name, without folder and ".bin"
 * @nr_vcpus: at least 1
 */
void vm_start(struct vm *vm, enum mode mode, const char *guest, int nr_vcpus);

/**
 * vm_start_with_irqchip() - the same, with local APICs, an IOAPIC and PICs
 * @vm: to be filled in
 * @mode: of its vCPUs
 * @guest: its name
 * @nr_vcpus: at least 1
 */
void vm_start_with_irqchip(struct vm *vm, enum mode mode, const char *guest,
			   int nr_vcpus);

/**
 * vcpu_offer_tsc_deadline() - CPUID that has the APIC timer's TSC-deadline mode
 * @vcpu: which
 *
 * The kernel has it, though KVM_GET_SUPPORTED_CPUID does not tell; see api.rst.
 */
void vcpu_offer_tsc_deadline(struct vcpu *vcpu);

/**
 * vm_slot() - KVM_SET_USER_MEMORY_REGION, which must work
 * @vm: whose
 * @slot: its number; 0 is the low memory
 * @flags: of the ioctl
 * @gpa: where
 * @size: in bytes, 0 deletes
 * @memory: of this process
 */
void vm_slot(struct vm *vm, int slot, __u32 flags, __u64 gpa, __u64 size,
	     void *memory);

/**
 * vm_stat() - a counter of the VM's, from KVM_GET_STATS_FD
 * @vm: whose
 * @name: of it
 *
 * Return: its value.
 */
__u64 vm_stat(struct vm *vm, const char *name);

/**
 * vcpu_enter() - KVM_RUN, once
 * @vcpu: which
 *
 * Return: 0, or the errno.
 */
int vcpu_enter(struct vcpu *vcpu);

/**
 * vcpu_next() - run until there is something that the test has to know
 * @vcpu: which
 *
 * Text is collected on the way.  A verdict that is no pass ends the test, so does
 * a KVM_RUN that fails.
 *
 * Return: the exit's reason; 0 if the guest has passed.
 */
__u32 vcpu_next(struct vcpu *vcpu);

/**
 * vcpu_finish() - run until the guest says that it has passed
 * @vcpu: which
 *
 * Steps are gone over; any other exit ends the test.
 */
void vcpu_finish(struct vcpu *vcpu);

/**
 * is_out() - whether the vCPU's last exit is an OUT of four bytes
 * @run: of the vCPU
 * @port: to which port
 */
bool is_out(struct kvm_run *run, __u16 port);

/**
 * io_data() - where the data of a KVM_EXIT_IO is
 * @run: of the vCPU
 */
void *io_data(struct kvm_run *run);

/**
 * exit_text() - an exit in words, for messages
 * @run: of the vCPU
 *
 * Return: a static buffer.
 */
const char *exit_text(struct kvm_run *run);

/**
 * vcpu_start_thread() - run a vCPU to its end in a thread of its own
 * @vcpu: which
 * @fn: what the thread does, vcpu_finish() for instance
 */
void vcpu_start_thread(struct vcpu *vcpu, void *(*fn)(void *vcpu));

/**
 * get_memory() - memory to make a slot of
 * @size: in bytes
 * @align: in bytes, a power of two
 * @flags: of mmap, beside private or shared and anonymous
 *
 * Return: MAP_FAILED if there is none of that kind.
 */
void *get_memory(unsigned long size, unsigned long align, int flags);

/* A test: what run.c has in its table. */
struct test {
	const char *name;
	void (*fn)(const struct test *test);
	const char *guest;
	enum mode mode;
	const void *data;
};

extern const struct test exit_tests[], memory_tests[], vcpu_tests[];
extern const struct test irq_tests[];
extern const struct test apic_tests[];
extern const struct test pv_tests[];
extern const struct test smm_tests[];
extern const struct test dirty_tests[];
extern const struct test nested_tests[];

/* How many writes the tests apic_random have, each. */
extern unsigned int nr_random_writes;

#endif
