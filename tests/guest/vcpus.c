// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpus.c - tests of running vCPUs: registers, signals, several at a time
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

#define KVM_SIGSET_SIZE 8

static void ignore_signal(int sig)
{
	(void)sig;
}

static void handle_signal(int sig)
{
	struct sigaction sa = { .sa_handler = ignore_signal };

	MUST(!sigaction(sig, &sa, NULL));
}

static void wait_for_count(struct vm *vm, __u32 more)
{
	__u32 *passes = &vm->box->passes;
	__u32 from = __atomic_load_n(passes, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(passes, __ATOMIC_SEQ_CST) - from < more)
		sched_yield();
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

static void *finish(void *vcpu)
{
	vcpu_finish(vcpu);
	return NULL;
}

/* KVM_RUN comes back at once, and what was open is completed all the same. */
static void test_immediate_exit(const struct test *t)
{
	struct kvm_regs regs;
	struct vcpu *vcpu;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	vcpu->run->immediate_exit = 1;
	SAME(vcpu_enter(vcpu), EINTR);
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	SAME(regs.rip, CODE_AT);
	vcpu->run->immediate_exit = 0;
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	vcpu->run->immediate_exit = 1;
	SAME(vcpu_enter(vcpu), EINTR);
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	SAME(regs.rip, CODE_AT + 2);
	vcpu->run->immediate_exit = 0;
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	SAME(vcpu->run->io.port, 0x80);
}

/* Seventeen different values go in, and come out one higher each. */
static void test_registers(const struct test *t)
{
	struct kvm_regs regs, got;
	__u64 *r = (__u64 *)&regs;
	struct vcpu *vcpu;
	struct vm vm;
	int i, round;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++)
			r[i] = 0x1111111111111110ull * round +
			       0x0101010101010100ull * i;
		regs.rip = CODE_AT + 2;
		regs.rflags = 0x2 | 0x40 | 0x1;
		MUST(!ioctl(vcpu->fd, KVM_SET_REGS, &regs));
		MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &got));
		MUST(!memcmp(&regs, &got, sizeof(regs)));
		SAME(vcpu_next(vcpu), KVM_EXIT_IO);
		MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &got));
		for (i = 0; i < 16; i++)
			SAME(((__u64 *)&got)[i], r[i] + 1);
		/* INC leaves CF as it is. */
		SAME(got.rflags & 1, 1);
	}
}

static void test_sregs(const struct test *t)
{
	struct kvm_sregs sregs, got;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	MUST(!ioctl(vm.vcpus[0].fd, KVM_GET_SREGS, &sregs));
	sregs.cr2 = 0x1234567;
	if (t->mode == LONG) {
		sregs.fs.base = 0x7f0012345000;
		sregs.gs.base = 0xffff888012345000;
	}
	sregs.ldt.base = 0x5000;
	sregs.ldt.limit = 0xff;
	sregs.ldt.type = 2;
	sregs.ldt.present = 1;
	sregs.ldt.unusable = 0;
	MUST(!ioctl(vm.vcpus[0].fd, KVM_SET_SREGS, &sregs));
	MUST(!ioctl(vm.vcpus[0].fd, KVM_GET_SREGS, &got));
	MUST(!memcmp(&sregs, &got, sizeof(got)));
	/* And the guest is none the worse for it. */
	vcpu_finish(&vm.vcpus[0]);
	MUST(!ioctl(vm.vcpus[0].fd, KVM_GET_SREGS, &got));
	SAME(got.cr2, sregs.cr2);
	SAME(got.ldt.base, sregs.ldt.base);
	SAME(got.cs.base, sregs.cs.base);
	SAME(got.fs.base, sregs.fs.base);
	SAME(got.cr0, sregs.cr0);
	SAME(got.cr4, sregs.cr4);
	SAME(got.efer, sregs.efer);
}

static void *run_until_signal(void *data)
{
	struct vcpu *vcpu = data;
	int round;

	for (round = 0; round < 10; round++) {
		SAME(vcpu_enter(vcpu), EINTR);
		SAME(vcpu->run->exit_reason, KVM_EXIT_INTR);
		__atomic_fetch_add(&vcpu->vm->box->count[0], 1,
				   __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* A guest that never exits by itself is stopped by a signal, ten times. */
static void test_kick(const struct test *t)
{
	struct vm vm;
	__u32 round;

	handle_signal(SIGUSR1);
	vm_start(&vm, t->mode, t->guest, 1);
	vcpu_start_thread(&vm.vcpus[0], run_until_signal);
	for (round = 0; round < 10; round++) {
		wait_for_count(&vm, 10);
		MUST(!pthread_kill(vm.vcpus[0].thread, SIGUSR1));
		while (__atomic_load_n(&vm.box->count[0], __ATOMIC_SEQ_CST) <=
		       round)
			sched_yield();
	}
	pthread_join(vm.vcpus[0].thread, NULL);
	vm.box->stop = 1;
	vcpu_finish(&vm.vcpus[0]);
}

static void set_signal_mask(struct vcpu *vcpu, const sigset_t *set)
{
	struct kvm_signal_mask *mask;

	mask = malloc(sizeof(*mask) + KVM_SIGSET_SIZE);
	MUST(mask);
	mask->len = KVM_SIGSET_SIZE;
	memcpy(mask->sigset, set, KVM_SIGSET_SIZE);
	MUST(!ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, mask));
	free(mask);
}

/* Blocked, but in the guest: it ends KVM_RUN, and stays pending. */
static void *run_with_mask(void *data)
{
	struct timespec now = {};
	struct vcpu *vcpu = data;
	sigset_t set, mask;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	MUST(!pthread_sigmask(SIG_BLOCK, &set, &mask));
	sigaddset(&mask, SIGUSR2);
	set_signal_mask(vcpu, &mask);
	SAME(vcpu_enter(vcpu), EINTR);
	SAME(vcpu->run->exit_reason, KVM_EXIT_INTR);
	/* It was not the one that was blocked in the guest as well. */
	SAME(sigtimedwait(&set, NULL, &now), SIGUSR1);
	SAME(sigtimedwait(&set, NULL, &now), SIGUSR2);
	SAME(sigtimedwait(&set, NULL, &now), -1ull);
	/* Without a mask of its own the thread's counts: nothing stops it. */
	MUST(!ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, NULL));
	MUST(!pthread_kill(pthread_self(), SIGUSR1));
	__atomic_store_n(&vcpu->vm->box->count[0], 1, __ATOMIC_SEQ_CST);
	vcpu_finish(vcpu);
	SAME(sigtimedwait(&set, NULL, &now), SIGUSR1);
	return NULL;
}

static void test_signal_mask(const struct test *t)
{
	struct vm vm;
	__u32 passes;

	handle_signal(SIGUSR1);
	vm_start(&vm, t->mode, t->guest, 1);
	vcpu_start_thread(&vm.vcpus[0], run_with_mask);
	wait_for_count(&vm, 10);
	MUST(!pthread_kill(vm.vcpus[0].thread, SIGUSR2));
	/* It goes on. */
	wait_for_count(&vm, 1000);
	usleep(20000);
	passes = vm.box->passes;
	wait_for_count(&vm, 10);
	MUST(vm.box->passes != passes && !vm.box->count[0]);
	MUST(!pthread_kill(vm.vcpus[0].thread, SIGUSR1));
	while (!__atomic_load_n(&vm.box->count[0], __ATOMIC_SEQ_CST))
		sched_yield();
	wait_for_count(&vm, 1000);
	vm.box->stop = 1;
	pthread_join(vm.vcpus[0].thread, NULL);
}

/* So many vCPUs as the test's data says. */
static void test_smp(const struct test *t)
{
	const int nr = *(const int *)t->data, n = 20000;
	struct vm vm;
	int i;

	vm_start(&vm, t->mode, t->guest, nr);
	vm.box->arg[0] = n;
	vm.box->arg[1] = nr;
	for (i = 0; i < nr; i++)
		vcpu_start_thread(&vm.vcpus[i], finish);
	for (i = 0; i < nr; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
	SAME(vm.box->count[0], nr * n);
	for (i = 0; i < nr; i++)
		SAME(vm.box->count[2 + i], n);
}

/* What a compiler does with numbers: it has to be no concern of the guest's. */
static double use_vectors(double x)
{
	int i;

	for (i = 0; i < 100; i++)
		x = x * 1.0001 + i;
	asm volatile("movq %0, %%xmm7" : : "r"(-1ul) : "xmm7");
	return x;
}

static void *finish_with_vectors(void *data)
{
	struct vcpu *vcpu = data;
	double x = 0;

	stay_on(0);
	while (vcpu_next(vcpu)) {
		MUST(is_out(vcpu->run, PORT_STEP));
		x = use_vectors(x);
	}
	return NULL;
}

/* Both on one CPU, so that each finds there what the other left. */
static void test_vectors(const struct test *t)
{
	struct vm vm;
	int i;

	vm_start(&vm, t->mode, t->guest, 2);
	vm.box->arg[0] = 20000;
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm.vcpus[i], finish_with_vectors);
	for (i = 0; i < 2; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
}

/* The thread goes from CPU to CPU, while it is in the guest. */
static void test_migrate(const struct test *t)
{
	cpu_set_t set;
	struct vm vm;
	int round;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		leave(SKIPPED, "this host has one CPU");
	vm_start(&vm, t->mode, t->guest, 1);
	vcpu_start_thread(&vm.vcpus[0], finish);
	for (round = 0; round < 50; round++) {
		CPU_ZERO(&set);
		CPU_SET(round % 2, &set);
		MUST(!pthread_setaffinity_np(vm.vcpus[0].thread, sizeof(set),
					     &set));
		wait_for_count(&vm, 5);
	}
	vm.box->stop = 1;
	pthread_join(vm.vcpus[0].thread, NULL);
}

static void *enter_once(void *data)
{
	struct vcpu *vcpu = data;

	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	return NULL;
}

/* Each exit in another thread. */
static void test_threads(const struct test *t)
{
	struct kvm_regs regs;
	struct vcpu *vcpu;
	struct vm vm;
	int i;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	for (i = 0; i < 20; i++) {
		vcpu_start_thread(vcpu, enter_once);
		pthread_join(vcpu->thread, NULL);
	}
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	SAME(regs.r15, 19);
}

/* Memory and vCPUs outlive the descriptors that made them. */
static void test_descriptors(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	close(vm.kvm);
	close(vm.fd);
	vcpu_start_thread(&vm.vcpus[0], finish);
	wait_for_count(&vm, 10);
	vm.box->stop = 1;
	pthread_join(vm.vcpus[0].thread, NULL);
}

/* The process ends while its vCPUs are in the guest. */
static void test_exit(const struct test *t)
{
	struct vm vm;
	int i;

	vm_start(&vm, t->mode, t->guest, 2);
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm.vcpus[i], finish);
	wait_for_count(&vm, 10);
}

static void get_clock(struct vm *vm, struct kvm_clock_data *clock)
{
	memset(clock, 0xff, sizeof(*clock));
	MUST(!ioctl(vm->fd, KVM_GET_CLOCK, clock));
	MUST(!(clock->flags &
	       ~ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_ADJUST_CLOCK)));
}

/* Forward: backward the guest would notice. */
static void advance_clock(struct vm *vm, __u64 ns)
{
	struct kvm_clock_data clock;

	get_clock(vm, &clock);
	clock.flags = 0;
	clock.clock += ns;
	MUST(!ioctl(vm->fd, KVM_SET_CLOCK, &clock));
}

/* The clock is set and read while vCPUs look at it, and change CPUs. */
static void test_clock(const struct test *t)
{
	const int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const time_t begin = time(NULL);
	struct kvm_clock_data clock;
	__u32 *told, from;
	__u64 before = 0;
	cpu_set_t set;
	struct vm vm;
	int i;

	vm_start(&vm, t->mode, t->guest, 2);
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm.vcpus[i], finish);
	wait_for_count(&vm, 100);
	/* The wall clock is that of the moment when the VM was made. */
	MUST(vm.box->arg[1] >= (__u64)begin - 1);
	MUST(vm.box->arg[1] <= (__u64)time(NULL) + 1);

	for (i = 0; i < 100; i++) {
		get_clock(&vm, &clock);
		MUST(clock.clock >= before);
		before = clock.clock;
		told = &vm.box->count[i % 2];
		from = __atomic_load_n(told, __ATOMIC_SEQ_CST);
		advance_clock(&vm, 100000000);
		CPU_ZERO(&set);
		CPU_SET(i / 2 % cpus, &set);
		MUST(!pthread_setaffinity_np(vm.vcpus[i % 2].thread,
					     sizeof(set), &set));
		while (__atomic_load_n(told, __ATOMIC_SEQ_CST) == from)
			sched_yield();
	}
	vm.box->stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(vm.vcpus[i].thread, NULL);

	get_clock(&vm, &clock);
	for (i = 0; i < 2; i++) {
		/* Without a master clock they may be a little ahead. */
		MUST(vm.box->arg[2 + i] <= clock.clock + 50000000);
		MUST(vm.box->arg[2 + i] >= 99 * 100000000ull);
	}
	MUST(clock.clock >= 100 * 100000000ull);
}

/* KVM_KVMCLOCK_CTRL: the guest sees once that it was stopped. */
static void test_clock_ctrl(const struct test *t)
{
	struct vcpu *vcpu;
	struct vm vm;
	__u32 i;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	vm.box->arg[7] = 1;
	MUST(ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0) < 0 && errno == EINVAL);
	for (i = 1; i <= 4; i++) {
		SAME(vcpu_next(vcpu), KVM_EXIT_IO);
		MUST(is_out(vcpu->run, PORT_STEP));
		SAME(*(__u32 *)io_data(vcpu->run), i);
		if (i == 1)
			MUST(!ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0));
		else
			advance_clock(&vm, 1000);
	}
	MUST(ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0) < 0 && errno == EINVAL);
	vcpu_finish(vcpu);
}

static void *finish_on_first_cpu(void *vcpu)
{
	stay_on(0);
	return finish(vcpu);
}

/* A counter of a vCPU's. */
static __u64 vcpu_stat(struct vcpu *vcpu, const char *name)
{
	struct vm vm = { .fd = vcpu->fd };

	return vm_stat(&vm, name);
}

/* Two vCPUs share a CPU, and flush each other's TLB. */
static void test_steal(const struct test *t)
{
	const __u64 n = 20;
	struct vm vm;
	__u64 *pages;
	int i;

	vm_start(&vm, t->mode, t->guest, 2);
	if (ioctl(vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_STEAL_TIME) != 1)
		leave(SKIPPED, "this kernel does not count what tasks wait");
	pages = get_memory(4 * MB, 2 * MB, 0);
	MUST(pages != MAP_FAILED);
	vm_slot(&vm, 1, 0, AREA_AT, 4 * MB, pages);
	pages[2 * MB / sizeof(*pages)] = 1;
	vm.box->arg[0] = n;
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm.vcpus[i], finish_on_first_cpu);
	for (i = 0; i < 2; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
	SAME(vm.box->arg[1], 2 * n);
	/* Neither could have waited for nothing. */
	MUST(vm.box->arg[2] && vm.box->arg[3]);
	MUST(vcpu_stat(&vm.vcpus[1], "preemption_reported") >= n);
	MUST(vcpu_stat(&vm.vcpus[1], "tlb_flush") >= n);
}

static const int two = 2, four = 4;

const struct test vcpu_tests[] = {
	{ "immediate_exit", test_immediate_exit, "registers", LONG, NULL },
	{ "registers", test_registers, "registers", LONG, NULL },
	{ "sregs_real", test_sregs, "hello-16", REAL, NULL },
	{ "sregs_protected", test_sregs, "hello-32", PROTECTED, NULL },
	{ "sregs_pae", test_sregs, "hello-32", PAE, NULL },
	{ "sregs_long", test_sregs, "hello", LONG, NULL },
	{ "kick", test_kick, "spin", LONG, NULL },
	{ "signal_mask", test_signal_mask, "spin", LONG, NULL },
	{ "smp_2", test_smp, "count_up", LONG, &two },
	{ "smp_4", test_smp, "count_up", LONG, &four },
	{ "vectors", test_vectors, "vectors", LONG, NULL },
	{ "migrate", test_migrate, "spin", LONG, NULL },
	{ "threads", test_threads, "registers", LONG, NULL },
	{ "descriptors", test_descriptors, "spin", LONG, NULL },
	{ "exit_in_guest", test_exit, "spin", LONG, NULL },
	{ "clock", test_clock, "clock", LONG, NULL },
	{ "clock_ctrl", test_clock_ctrl, "clock", LONG, NULL },
	{ "steal", test_steal, "steal", LONG, NULL },
	{}
};
