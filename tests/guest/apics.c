// SPDX-License-Identifier: GPL-2.0-only
/*
 * apics.c - tests of local APICs: what wakes a vCPU, what it shares with its guest,
 * and what a guest gets by writing nonsense to all of it
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

unsigned int nr_random_writes = 20000;

static void *finish(void *vcpu)
{
	vcpu_finish(vcpu);
	return NULL;
}

static void test_pv_eoi(const struct test *t)
{
	struct kvm_lapic_state state;
	struct vm vm;
	int i;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 2000;
	vcpu_finish(&vm.vcpus[0]);
	/* Userspace sees what the guest saw: nothing is in service. */
	MUST(!ioctl(vm.vcpus[0].fd, KVM_GET_LAPIC, &state));
	for (i = 0; i < 8; i++)
		SAME(*(__u32 *)(state.regs + 0x100 + i * 16), 0);
}

/* Both run to their end. */
static void finish_two(struct vm *vm)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	int i;

	for (i = 0; i < 2; i++) {
		vcpu_offer_tsc_deadline(&vm->vcpus[i]);
		MUST(!ioctl(vm->vcpus[i].fd, KVM_SET_MP_STATE, &runnable));
		vcpu_start_thread(&vm->vcpus[i], finish);
	}
	for (i = 0; i < 2; i++)
		pthread_join(vm->vcpus[i].thread, NULL);
}

static void test_hlt_wake(const struct test *t)
{
	struct vm vm;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 2);
	MUST(ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) ==
	     1);
	vm.box->arg[0] = 1000;
	vm.box->arg[1] = 200;
	finish_two(&vm);
}

/* The same, and the VM says itself how long HLT polls: not at all, and long. */
static void test_halt_poll(const struct test *t)
{
	static const __u64 bounds[] = { 0, 1000000 };
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HALT_POLL };
	unsigned int i;
	struct vm vm;

	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		vm_start_with_irqchip(&vm, t->mode, t->guest, 2);
		MUST(ioctl(vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_HALT_POLL) == 1);
		cap.args[0] = bounds[i];
		MUST(!ioctl(vm.fd, KVM_ENABLE_CAP, &cap));
		vm.box->arg[0] = 200;
		finish_two(&vm);
	}
}

static void wait_for_step(struct vcpu *vcpu, __u32 number)
{
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	MUST(is_out(vcpu->run, PORT_STEP));
	SAME(*(__u32 *)io_data(vcpu->run), number);
}

/* RIP in the report is the instruction's; it is done when userspace is told. */
static void wait_for_report(struct vcpu *vcpu, bool is_write)
{
	struct kvm_regs regs;

	SAME(vcpu_next(vcpu), KVM_EXIT_TPR_ACCESS);
	SAME(vcpu->run->tpr_access.is_write, is_write);
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	MUST(vcpu->run->tpr_access.rip >= CODE_AT);
	MUST(regs.rip > vcpu->run->tpr_access.rip);
	MUST(regs.rip - vcpu->run->tpr_access.rip <= 15);
}

static void test_tpr(const struct test *t)
{
	struct kvm_tpr_access_ctl ctl = { .enabled = 1 };
	struct kvm_vapic_addr vapic = { DATA_AT };
	struct vcpu *vcpu;
	struct vm vm;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	if (ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_VAPIC) != 1)
		leave(SKIPPED, "this CPU does without");
	wait_for_step(vcpu, 1);
	MUST(!ioctl(vcpu->fd, KVM_TPR_ACCESS_REPORTING, &ctl));
	wait_for_report(vcpu, true);
	wait_for_report(vcpu, false);
	wait_for_step(vcpu, 2);
	ctl.enabled = 0;
	MUST(!ioctl(vcpu->fd, KVM_TPR_ACCESS_REPORTING, &ctl));
	wait_for_step(vcpu, 3);
	MUST(!ioctl(vcpu->fd, KVM_SET_VAPIC_ADDR, &vapic));
	wait_for_step(vcpu, 4);
	wait_for_step(vcpu, 5);
	vapic.vapic_addr = 0;
	MUST(!ioctl(vcpu->fd, KVM_SET_VAPIC_ADDR, &vapic));
	vcpu_finish(vcpu);
}

/* --- random writes ------------------------------------------------------- */

/* Guests whose end comes early are followed by others, but not by so many. */
#define MIN_WRITES_EACH 100
#define PATIENCE_S	20

static bool at_end;

static void on_signal(int sig)
{
	(void)sig;
}

static void end_vm(struct vm *vm)
{
	long size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		munmap(vm->vcpus[i].run, size);
		close(vm->vcpus[i].fd);
	}
	close(vm->fd);
	close(vm->kvm);
	munmap(vm->low, LOW_SIZE);
}

/* Whatever INIT, SIPI and its end make of it. */
static void *run_anyhow(void *data)
{
	struct vcpu *vcpu = data;
	sigset_t set;

	/* That one is for the other thread. */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	MUST(!pthread_sigmask(SIG_BLOCK, &set, NULL));
	while (!__atomic_load_n(&at_end, __ATOMIC_SEQ_CST))
		if (vcpu_enter(vcpu) != EINTR)
			usleep(200);
	return NULL;
}

/* A device that nobody has reads as all ones. */
static void answer(struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write)
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
	if (run->exit_reason == KVM_EXIT_IO &&
	    run->io.direction == KVM_EXIT_IO_IN)
		memset(io_data(run), 0xff, run->io.size);
}

/* Until it has passed, or has come to any other end, or to none. */
static void run_to_its_end(struct vm *vm)
{
	struct vcpu *vcpu = &vm->vcpus[0];
	__u32 passes = 0;
	int e;

	for (;;) {
		e = vcpu_enter(vcpu);
		if (e == EAGAIN)
			continue;
		if (e == EINTR) {
			if (passes == vm->box->passes)
				return;
			passes = vm->box->passes;
			continue;
		}
		if (e)
			return;
		switch (vcpu->run->exit_reason) {
		case KVM_EXIT_IO:
			if (vcpu->run->io.port == PORT_VERDICT)
				return;
			break;
		case KVM_EXIT_MMIO:
		case KVM_EXIT_IRQ_WINDOW_OPEN:
		case KVM_EXIT_IOAPIC_EOI:
		case KVM_EXIT_HLT:
			break;
		default:
			return;
		}
		answer(vcpu->run);
	}
}

/* One guest; returns how many writes it has come to. */
static __u32 random_guest(const struct test *t, __u64 seed, __u32 n)
{
	const int nr = *(const int *)t->data;
	struct kvm_pit_config pit = {};
	__u32 passes;
	struct vm vm;
	int i;

	vm_start_with_irqchip(&vm, t->mode, t->guest, nr);
	MUST(!ioctl(vm.fd, KVM_CREATE_PIT2, &pit));
	vm.box->arg[0] = seed;
	vm.box->arg[1] = n;
	__atomic_store_n(&at_end, false, __ATOMIC_SEQ_CST);
	for (i = 0; i < nr; i++)
		vcpu_offer_tsc_deadline(&vm.vcpus[i]);
	for (i = 1; i < nr; i++)
		vcpu_start_thread(&vm.vcpus[i], run_anyhow);
	run_to_its_end(&vm);
	__atomic_store_n(&at_end, true, __ATOMIC_SEQ_CST);
	for (i = 1; i < nr; i++) {
		while (pthread_tryjoin_np(vm.vcpus[i].thread, NULL)) {
			pthread_kill(vm.vcpus[i].thread, SIGUSR1);
			usleep(1000);
		}
	}
	passes = vm.box->passes;
	end_vm(&vm);
	/* The guest can write anything there. */
	return passes < n ? passes : n;
}

static void test_random(const struct test *t)
{
	const struct itimerspec every = { { PATIENCE_S, 0 },
					  { PATIENCE_S, 0 } };
	struct sigaction sa = { .sa_handler = on_signal };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGALRM };
	__u32 left = nr_random_writes, guests = 0;
	timer_t timer;

	MUST(!sigaction(SIGUSR1, &sa, NULL));
	MUST(!sigaction(SIGALRM, &sa, NULL));
	MUST(!timer_create(CLOCK_MONOTONIC, &ev, &timer));
	MUST(!timer_settime(timer, 0, &every, NULL));
	while (left) {
		left -= random_guest(t, ++guests, left);
		if (guests > 10 + nr_random_writes / MIN_WRITES_EACH)
			leave(FAILED, "%u guests, and still %u writes to do",
			      guests, left);
	}
	printf("%u writes by %u guests\n", nr_random_writes, guests);
}

static const int one = 1, two = 2;

const struct test apic_tests[] = {
	{ "pv_eoi", test_pv_eoi, "pv_eoi", LONG, NULL },
	{ "hlt_wake", test_hlt_wake, "hlt_wake", LONG, NULL },
	{ "halt_poll", test_halt_poll, "hlt_wake", LONG, NULL },
	{ "tpr", test_tpr, "tpr", LONG, NULL },
	{ "apic_random", test_random, "apic_random", LONG, &one },
	{ "apic_random_2", test_random, "apic_random", LONG, &two },
	{}
};
