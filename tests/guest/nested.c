// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested.c - tests of guests in guests; the guest is guests/nested.c
 *
 * Without SVM in KVM_GET_SUPPORTED_CPUID they are skipped: Twinwalk has it if its
 * parameter "nested" is on.  svm_absent is the one for without.
 */
#include <stdlib.h>

#include "vm.h"

/* Ports that L2 writes to in l2_out. */
#define PORT_L1	    0x44
#define PORT_RUNNER 0x55

/* Numbers of the guest's tests. */
#define MERCY  10
#define ABSENT 11

static bool has_svm(struct vm *vm)
{
	const int nent = 256;
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + nent * sizeof(cpuid->entries[0]));
	bool has = false;
	unsigned int i;

	MUST(cpuid);
	cpuid->nent = nent;
	MUST(!ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid));
	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 0x80000001)
			has = cpuid->entries[i].ecx & 4;
	free(cpuid);
	return has;
}

static void start(struct vm *vm, const struct test *t, int what)
{
	bool wanted = what != ABSENT;

	vm_start_with_irqchip(vm, t->mode, t->guest, 1);
	if (has_svm(vm) != wanted)
		leave(SKIPPED,
		      wanted ? "no SVM for guests" : "guests have SVM");
	vm->box->arg[0] = what;
}

static void test_nested(const struct test *t)
{
	struct vm vm;

	start(&vm, t, (long)t->data);
	vcpu_finish(&vm.vcpus[0]);
}

/* One access of L2's is L1's, the other ours. */
static void test_maps(const struct test *t)
{
	struct kvm_run *run;
	struct vm vm;

	start(&vm, t, (long)t->data);
	run = vm.vcpus[0].run;
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
	SAME(run->io.port, PORT_RUNNER);
	SAME(run->io.size, 4);
	SAME(vcpu_next(&vm.vcpus[0]), 0);
}

/* L2 has come to its first OUT. */
static struct vcpu *at_l2(struct vm *vm, const struct test *t, int arg)
{
	start(vm, t, MERCY);
	vm->box->arg[1] = arg;
	SAME(vcpu_next(&vm->vcpus[0]), KVM_EXIT_IO);
	SAME(vm->vcpus[0].run->io.port, PORT_L1);
	return &vm->vcpus[0];
}

static void set_triple_fault(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events;

	MUST(!ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events));
	MUST(events.flags & KVM_VCPUEVENT_VALID_TRIPLE_FAULT);
	events.triple_fault.pending = 1;
	MUST(!ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
}

/* It is L1's, or that of all. */
static void test_triple_fault(const struct test *t)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_TRIPLE_FAULT_EVENT,
				      .args = { 1 } };
	bool all = t->data;
	struct vcpu *vcpu;
	struct vm vm;

	vcpu = at_l2(&vm, t, all);
	MUST(!ioctl(vm.fd, KVM_ENABLE_CAP, &cap));
	set_triple_fault(vcpu);
	SAME(vcpu_next(vcpu), all ? KVM_EXIT_SHUTDOWN : 0);
}

/* Registers of a vCPU that has not begun: L2 is gone, and L1 begins anew. */
static void test_reset(const struct test *t)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct vcpu *vcpu;
	struct vm vm;
	int i;

	start(&vm, t, MERCY);
	vcpu = &vm.vcpus[0];
	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &sregs));
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	for (i = 0; i < 20; i++) {
		SAME(vcpu_next(vcpu), KVM_EXIT_IO);
		SAME(vcpu->run->io.port, PORT_L1);
		/* So that it is not completed behind our back. */
		vcpu->run->immediate_exit = 1;
		SAME(vcpu_enter(vcpu), EINTR);
		vcpu->run->immediate_exit = 0;
		MUST(!ioctl(vcpu->fd, KVM_SET_SREGS, &sregs));
		MUST(!ioctl(vcpu->fd, KVM_SET_REGS, &regs));
	}
	vm.box->arg[0] = 0;
	vcpu_finish(vcpu);
}

/* As userspace reads and writes them, L2's registers are no end of it. */
static void test_same_registers(const struct test *t)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct vcpu *vcpu;
	struct vm vm;

	vcpu = at_l2(&vm, t, 1);
	vcpu->run->immediate_exit = 1;
	SAME(vcpu_enter(vcpu), EINTR);
	vcpu->run->immediate_exit = 0;
	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &sregs));
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	MUST(sregs.efer & 1 << 12);
	MUST(!ioctl(vcpu->fd, KVM_SET_SREGS, &sregs));
	MUST(!ioctl(vcpu->fd, KVM_SET_REGS, &regs));
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	SAME(vcpu->run->io.port, PORT_RUNNER);
	/* The VM goes while L2 runs. */
}

#define NESTED(name, number)                                                \
	{                                                                   \
		"nested_" name, test_nested, "nested", LONG, (void *)number \
	}

const struct test nested_tests[] = {
	NESTED("instructions", 0L),
	NESTED("cpuid", 1L),
	NESTED("invalid", 2L),
	NESTED("shutdown", 3L),
	{ "nested_maps", test_maps, "nested", LONG, (void *)4L },
	NESTED("exceptions", 5L),
	NESTED("gif", 6L),
	NESTED("intercepted", 7L),
	NESTED("delivered", 8L),
	NESTED("injected", 9L),
	{ "nested_triple_fault", test_triple_fault, "nested", LONG, NULL },
	{ "nested_triple_fault_all", test_triple_fault, "nested", LONG,
	  (void *)1L },
	{ "svm_absent", test_nested, "nested", LONG, (void *)(long)ABSENT },
	{ "nested_reset", test_reset, "nested", LONG, NULL },
	{ "nested_registers", test_same_registers, "nested", LONG, NULL },
	{}
};
