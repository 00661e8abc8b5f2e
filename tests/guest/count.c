// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c - what exits cost, on a host whose TSC counts instructions
 *
 *	guest-count	prints a line a figure: "figure NAME VALUE"
 *
 * The guests count; here is userspace's part of an exit, which is as small as can
 * be, since it is in the figures.  Without -icount ten NOPs are not ten, which
 * fails.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "vm.h"

/* Of guests/count.c. */
static const char *const exits[] = {
	"ten-nops",
	"cpuid-exit",
	"pio-write-to-userspace",
	"mmio-write-to-userspace",
	"mmio-read-to-userspace",
	"fault-4k-host-has-page",
	"fault-4k-on-demand",
};

/* Of guests/count_irq.c. */
static const char *const interrupts[] = {
	"pio-read-pic",		  "pio-write-pic",
	"pio-read-pit",		  "mmio-read-ioapic",
	"mmio-read-xapic-id",	  "mmio-write-xapic-tpr",
	"xapic-self-ipi",	  "xapic-eoi",
	"msr-read-x2apic-id",	  "msr-write-x2apic-tpr",
	"x2apic-self-ipi",	  "x2apic-eoi",
	"interrupt-window",	  "tsc-deadline-far",
	"tsc-deadline-expired",	  "hlt-20us-after-deadline",
	"hlt-1ms-after-deadline",
};

/* Of the same, with two vCPUs. */
static const char *const others[] = {
	"ipi-and-back",
};

static void *area(struct vm *vm, int slot, __u64 gpa)
{
	void *memory = get_memory(2 * MB, 2 * MB, 0);

	MUST(memory != MAP_FAILED);
	MUST(!madvise(memory, 2 * MB, MADV_NOHUGEPAGE));
	vm_slot(vm, slot, 0, gpa, 2 * MB, memory);
	return memory;
}

/* Until the guest has its verdict, and that is good. */
static void *run_to_end(void *arg)
{
	struct vcpu *vcpu = arg;
	struct kvm_run *run = vcpu->run;

	do {
		if (ioctl(vcpu->fd, KVM_RUN, 0))
			leave(FAILED, "KVM_RUN: %s", strerrorname_np(errno));
	} while (run->exit_reason == KVM_EXIT_MMIO ||
		 (run->exit_reason == KVM_EXIT_IO &&
		  run->io.port != PORT_VERDICT));
	if (!is_out(run, PORT_VERDICT))
		leave(FAILED, "not wanted: %s", exit_text(run));
	SAME(*(__u32 *)io_data(run), 0);
	return NULL;
}

static void show(struct vm *vm, const char *const *names, unsigned int nr)
{
	const __u64 *figures = vm->low + DATA_AT;
	unsigned int i;

	SAME(vm->box->count[0], nr);
	for (i = 0; i < nr; i++)
		printf("figure %s %llu.%02llu\n", names[i], figures[i] / 100,
		       figures[i] % 100);
}

static void count_exits(void)
{
	struct vm vm;

	vm_start(&vm, LONG, "count", 1);
	area(&vm, 1, AREA_AT);
	memset(area(&vm, 2, AREA_B_AT), 1, 2 * MB);
	run_to_end(&vm.vcpus[0]);
	show(&vm, exits, ARRAY_SIZE(exits));
	SAME(*(__u64 *)(vm.low + DATA_AT), 1000);
}

static void count_interrupts(void)
{
	struct kvm_pit_config pit = {};
	struct vm vm;

	vm_start_with_irqchip(&vm, LONG, "count_irq", 1);
	MUST(!ioctl(vm.fd, KVM_CREATE_PIT2, &pit));
	vcpu_offer_tsc_deadline(&vm.vcpus[0]);
	run_to_end(&vm.vcpus[0]);
	show(&vm, interrupts, ARRAY_SIZE(interrupts));
}

static void count_others(void)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	struct vm vm;
	int i;

	vm_start_with_irqchip(&vm, LONG, "count_irq", 2);
	vm.box->arg[0] = 1;
	for (i = 0; i < 2; i++) {
		MUST(!ioctl(vm.vcpus[i].fd, KVM_SET_MP_STATE, &runnable));
		vcpu_start_thread(&vm.vcpus[i], run_to_end);
	}
	for (i = 0; i < 2; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
	show(&vm, others, ARRAY_SIZE(others));
}

int main(void)
{
	count_exits();
	count_interrupts();
	count_others();
	return 0;
}
