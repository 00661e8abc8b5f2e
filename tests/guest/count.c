// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c - what exits cost, on a host whose TSC counts instructions
 *
 *	guest-count	prints a line a figure: "figure NAME VALUE"
 *
 * The guest counts; here is userspace's part of an exit, which is as small as can
 * be, since it is in the figures.  Without -icount ten NOPs are not ten, which
 * fails.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "vm.h"

static const char *const names[] = {
	"ten-nops",
	"cpuid-exit",
	"pio-write-to-userspace",
	"mmio-write-to-userspace",
	"mmio-read-to-userspace",
	"fault-4k-host-has-page",
	"fault-4k-on-demand",
};

static void *area(struct vm *vm, int slot, __u64 gpa)
{
	void *memory = get_memory(2 * MB, 2 * MB, 0);

	MUST(memory != MAP_FAILED);
	MUST(!madvise(memory, 2 * MB, MADV_NOHUGEPAGE));
	vm_slot(vm, slot, 0, gpa, 2 * MB, memory);
	return memory;
}

int main(void)
{
	struct kvm_run *run;
	struct vm vm;
	unsigned int i;
	int fd;

	vm_start(&vm, LONG, "count", 1);
	run = vm.vcpus[0].run;
	fd = vm.vcpus[0].fd;
	area(&vm, 1, AREA_AT);
	memset(area(&vm, 2, AREA_B_AT), 1, 2 * MB);
	do {
		if (ioctl(fd, KVM_RUN, 0))
			leave(FAILED, "KVM_RUN: %s", strerrorname_np(errno));
	} while (run->exit_reason == KVM_EXIT_MMIO ||
		 (run->exit_reason == KVM_EXIT_IO &&
		  run->io.port != PORT_VERDICT));
	if (!is_out(run, PORT_VERDICT))
		leave(FAILED, "not wanted: %s", exit_text(run));
	SAME(*(__u32 *)io_data(run), 0);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		printf("figure %s %llu.%02llu\n", names[i],
		       vm.box->arg[i] / 100, vm.box->arg[i] % 100);
	SAME(vm.box->arg[0], 1000);
	return 0;
}
