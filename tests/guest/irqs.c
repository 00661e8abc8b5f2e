// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqs.c - tests of interrupts that come from outside of the guest
 *
 * The guest is irq.c, whose vectors and counters have these numbers here.
 */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm.h"

enum {
	MSI,
	MSI_MOVED,
	LEVEL
};

#define MSI_GSI	  24
#define LEVEL_GSI 10
#define LINE_GSI  11
#define TO_ALL	  0xff000

static void *finish(void *vcpu)
{
	vcpu_finish(vcpu);
	return NULL;
}

static __u32 count(struct vm *vm, int which)
{
	return __atomic_load_n(&vm->box->count[which], __ATOMIC_SEQ_CST);
}

static void wait_for(struct vm *vm, int which, __u32 wanted)
{
	while (count(vm, which) < wanted)
		sched_yield();
	SAME(count(vm, which), wanted);
}

static void signal_fd(int fd)
{
	__u64 one = 1;

	MUST(write(fd, &one, sizeof(one)) == sizeof(one));
}

/* What is in an eventfd, 0 if it would block. */
static __u64 read_fd(int fd)
{
	__u64 value;

	if (read(fd, &value, sizeof(value)) == sizeof(value))
		return value;
	MUST(errno == EAGAIN);
	return 0;
}

static int new_fd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	MUST(fd >= 0);
	return fd;
}

static int irqfd(struct vm *vm, int fd, __u32 gsi, __u32 flags, int resamplefd)
{
	struct kvm_irqfd args = {
		.fd = fd,
		.gsi = gsi,
		.flags = flags,
		.resamplefd = resamplefd,
	};

	return ioctl(vm->fd, KVM_IRQFD, &args) ? errno : 0;
}

/* One message, and the pin that the guest uses. */
static void set_routes(struct vm *vm, __u32 address, __u32 vector)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry e[2];
	} r = {
		.head.nr = 2,
		.e = { { .gsi = MSI_GSI,
			 .type = KVM_IRQ_ROUTING_MSI,
			 .u.msi = { .address_lo = 0xfee00000 | address,
				    .data = vector } },
		       { .gsi = LEVEL_GSI,
			 .type = KVM_IRQ_ROUTING_IRQCHIP,
			 .u.irqchip = { KVM_IRQCHIP_IOAPIC, LEVEL_GSI } } },
	};

	MUST(!ioctl(vm->fd, KVM_SET_GSI_ROUTING, &r));
}

static void start(struct vm *vm, const struct test *t)
{
	vm_start_with_irqchip(vm, t->mode, t->guest, 1);
	set_routes(vm, 0, 0x40);
	vcpu_start_thread(&vm->vcpus[0], finish);
	while (!__atomic_load_n(&vm->box->passes, __ATOMIC_SEQ_CST))
		sched_yield();
}

/* The guest looks whether it has to stop after each interrupt. */
static void stop(struct vm *vm)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x40 };

	__atomic_store_n(&vm->box->stop, 1, __ATOMIC_SEQ_CST);
	MUST(ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) == 1);
	pthread_join(vm->vcpus[0].thread, NULL);
}

/* Each signal is one message, by the routes that are there at that moment. */
static void test_irqfd_msi(const struct test *t)
{
	int fd = new_fd(), other = new_fd();
	struct vm vm;
	__u32 i;

	start(&vm, t);
	SAME(irqfd(&vm, fd, MSI_GSI, 0, 0), 0);
	SAME(irqfd(&vm, fd, MSI_GSI, 0, 0), EBUSY);
	SAME(irqfd(&vm, fd, MSI_GSI + 1, 0, 0), EBUSY);
	for (i = 1; i <= 100; i++) {
		signal_fd(fd);
		wait_for(&vm, MSI, i);
		/* Nobody else is to see it. */
		SAME(read_fd(fd), 0);
	}
	set_routes(&vm, 0, 0x41);
	signal_fd(fd);
	wait_for(&vm, MSI_MOVED, 1);
	/* To whoever is there: a work item's. */
	set_routes(&vm, TO_ALL, 0x40);
	signal_fd(fd);
	wait_for(&vm, MSI, 101);

	/* Another GSI than it has: nothing is taken off, and that is no error. */
	SAME(irqfd(&vm, fd, MSI_GSI + 1, KVM_IRQFD_FLAG_DEASSIGN, 0), 0);
	signal_fd(fd);
	wait_for(&vm, MSI, 102);
	SAME(irqfd(&vm, fd, MSI_GSI, KVM_IRQFD_FLAG_DEASSIGN, 0), 0);
	signal_fd(fd);
	usleep(20000);
	SAME(count(&vm, MSI), 102);
	/* It was before, and counts. */
	SAME(irqfd(&vm, fd, MSI_GSI, 0, 0), 0);
	wait_for(&vm, MSI, 103);

	/* Closed, it is off; another one has nothing to do with it. */
	close(fd);
	SAME(irqfd(&vm, other, MSI_GSI, 0, 0), 0);
	signal_fd(other);
	wait_for(&vm, MSI, 104);
	SAME(irqfd(&vm, fd, MSI_GSI, KVM_IRQFD_FLAG_DEASSIGN, 0), EBADF);
	stop(&vm);
}

static void wait_resampled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	MUST(poll(&p, 1, 20000) == 1);
	SAME(read_fd(fd), 1);
}

/* One interrupt a signal, and with its EOI the line is down, and all are told. */
static void test_irqfd_resample(const struct test *t)
{
	int a = new_fd(), b = new_fd(), told_a = new_fd(), told_b = new_fd();
	struct vm vm;
	__u32 i;

	start(&vm, t);
	SAME(irqfd(&vm, a, LEVEL_GSI, KVM_IRQFD_FLAG_RESAMPLE, told_a), 0);
	for (i = 1; i <= 50; i++) {
		signal_fd(a);
		wait_resampled(told_a);
		wait_for(&vm, LEVEL, i);
	}
	SAME(irqfd(&vm, b, LEVEL_GSI, KVM_IRQFD_FLAG_RESAMPLE, told_b), 0);
	signal_fd(b);
	wait_resampled(told_a);
	wait_resampled(told_b);
	wait_for(&vm, LEVEL, 51);
	SAME(irqfd(&vm, a, LEVEL_GSI, KVM_IRQFD_FLAG_DEASSIGN, 0), 0);
	signal_fd(b);
	wait_resampled(told_b);
	SAME(read_fd(told_a), 0);
	wait_for(&vm, LEVEL, 52);
	/* A line that stayed up would interrupt again. */
	usleep(20000);
	SAME(count(&vm, LEVEL), 52);
	stop(&vm);
}

/* An irqfd goes with its VM, which goes while it is signalled. */
static void *signal_for_ever(void *data)
{
	for (;;)
		signal_fd(*(int *)data);
	return NULL;
}

static void test_irqfd_vm_goes(const struct test *t)
{
	int fd = new_fd(), round;
	pthread_t thread;
	struct vm vm;

	MUST(!pthread_create(&thread, NULL, signal_for_ever, &fd));
	for (round = 0; round < 12; round++) {
		vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
		set_routes(&vm, round & 1 ? TO_ALL : 0, 0x40);
		SAME(irqfd(&vm, fd, MSI_GSI, 0, 0), 0);
		usleep(2000);
		if (round & 2)
			SAME(irqfd(&vm, fd, MSI_GSI, KVM_IRQFD_FLAG_DEASSIGN,
				   0),
			     0);
		munmap(vm.vcpus[0].run,
		       ioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
		close(vm.vcpus[0].fd);
		close(vm.fd);
		munmap(vm.low, LOW_SIZE);
		close(vm.kvm);
	}
}

/* It interrupts as long as it is asserted: three times. */
static void test_irq_line(const struct test *t)
{
	struct kvm_irq_level line = { .irq = LINE_GSI, .level = 1 };
	struct vm vm;
	__u32 i;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 1;
	MUST(!ioctl(vm.fd, KVM_IRQ_LINE, &line));
	for (i = 1; i <= 3; i++) {
		SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
		MUST(is_out(vm.vcpus[0].run, PORT_STEP));
		SAME(*(__u32 *)io_data(vm.vcpus[0].run), i);
		line.level = i < 3;
		MUST(!ioctl(vm.fd, KVM_IRQ_LINE, &line));
	}
	SAME(vcpu_next(&vm.vcpus[0]), 0);
	SAME(vm.box->count[4], 3);
}

static void test_pit(const struct test *t)
{
	struct kvm_pit_config config = {};
	struct vm vm;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
	MUST(!ioctl(vm.fd, KVM_CREATE_PIT2, &config));
	vm.box->arg[0] = 2;
	vcpu_finish(&vm.vcpus[0]);
}

const struct test irq_tests[] = {
	{ "irqfd_msi", test_irqfd_msi, "irq", LONG, NULL },
	{ "irqfd_resample", test_irqfd_resample, "irq", LONG, NULL },
	{ "irqfd_vm_goes", test_irqfd_vm_goes, "irq", LONG, NULL },
	{ "irq_line", test_irq_line, "irq", LONG, NULL },
	{ "pit", test_pit, "irq", LONG, NULL },
	{}
};
