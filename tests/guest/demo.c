// SPDX-License-Identifier: GPL-2.0-only
/*
 * demo.c - shows a guest: a tiny one in long mode, with memory of every page size
 *
 * What the guest says comes by a port, and is printed as it comes; beside it
 * stands what the kernel counted of its page tables.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "vm.h"

#define MAP_HUGE(shift) (MAP_HUGETLB | (shift) << 26)

static const struct kind {
	const char *what;
	const char *stat;
	unsigned long page;
	unsigned long nr;
	__u64 gpa;
	int flags;
} kinds[] = {
	{ "4 KB", "pages_4k", PAGE, 512, AREA_AT, 0 },
	{ "2 MB", "pages_2m", 2 * MB, 4, AREA_B_AT, MAP_HUGE(21) },
	{ "1 GB", "pages_1g", GB, 1, GIGA_AT, MAP_HUGE(30) },
};

/* Everything that the guest says until its next step. */
static void listen(struct vm *vm)
{
	char *line, *rest = vm->text;

	vm->text_len = 0;
	memset(vm->text, 0, sizeof(vm->text));
	if (vcpu_next(&vm->vcpus[0]) && !is_out(vm->vcpus[0].run, PORT_STEP))
		leave(FAILED, "not wanted: %s", exit_text(vm->vcpus[0].run));
	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("  guest: %s\n", line);
}

static void show(struct vm *vm, int slot, const struct kind *k)
{
	void *memory = get_memory(k->nr * k->page, k->page, k->flags);
	__u64 before, after;

	if (memory == MAP_FAILED) {
		printf("pages of %s: skipped, this host has none free\n",
		       k->what);
		return;
	}
	if (k->page == PAGE)
		MUST(!madvise(memory, k->nr * k->page, MADV_NOHUGEPAGE));
	printf("pages of %s: the guest touches %lu\n", k->what, k->nr);
	vm_slot(vm, slot, 0, k->gpa, k->nr * k->page, memory);
	vm->box->arg[0] = k->gpa;
	vm->box->arg[1] = k->nr;
	vm->box->arg[2] = k->page;
	before = vm_stat(vm, k->stat);
	listen(vm);
	after = vm_stat(vm, k->stat);
	printf("  mapped by its faults: %llu\n", after - before);
	MUST(after - before >= k->nr);
	vm_slot(vm, slot, 0, k->gpa, 0, memory);
	munmap(memory, k->nr * k->page);
}

int main(void)
{
	struct vm vm;
	unsigned int i;

	vm_start(&vm, LONG, "demo", 1);
	printf("a guest with one vCPU and %u KB of memory runs\n",
	       LOW_SIZE / 1024);
	listen(&vm);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		show(&vm, 1 + i, &kinds[i]);
	vm.box->stop = 1;
	listen(&vm);
	MUST(is_out(vm.vcpus[0].run, PORT_VERDICT));
	printf("the guest has ended\n");
	return 0;
}
