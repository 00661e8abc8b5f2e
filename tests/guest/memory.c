// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - tests of guest memory: every page size, read-only slots, and a host
 * that changes what is behind the memory while the guest looks at it
 *
 * For the latter there is one guest, churn, in a thread, and a row for each thing
 * that the host does to it, over and over.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB (30 << MAP_HUGE_SHIFT)
#endif
#define MAP_HUGE_2M (21 << 26)

#define NR_GIGA "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"

#define RW (PROT_READ | PROT_WRITE)

/* A number from a file of /proc or /sys, after a word; -1 if it is not there. */
static long long number_in(const char *file, const char *word)
{
	char line[256];
	long long value = -1;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, word, strlen(word)))
			value = strtoll(line + strlen(word), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static void write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		leave(SKIPPED, "this host has no %s", file);
	close(fd);
}

/* --- each page size ------------------------------------------------------ */

struct size_test {
	unsigned long page;
	unsigned long size;
	__u64 gpa;
	int flags;
	int advice;
	const char *stat;
};

static void fill_pattern(void *memory, unsigned long size, unsigned long stride)
{
	unsigned long i;

	for (i = 0; i < size / stride; i++)
		((__u32 *)(memory + i * stride))[1] = pattern(i, 1);
}

static void check_filled(const void *memory, unsigned long size,
			 unsigned long stride)
{
	const __u32 *p;
	unsigned long i;

	for (i = 0; i < size / stride; i++) {
		p = memory + i * stride;
		SAME(p[0], pattern(i, 0));
		SAME(p[1], pattern(i, 1));
	}
}

/* Read faults, write faults, and pages of the size that the host has. */
static void test_size(const struct test *t)
{
	const struct size_test *d = t->data;
	unsigned long stride = d->page > PAGE ? d->page / 8 : PAGE;
	struct vm vm;
	void *memory;

	if (d->page == GB)
		write_file(NR_GIGA, "1");
	memory = get_memory(d->size, d->page, d->flags);
	if (memory == MAP_FAILED)
		leave(SKIPPED, "no pages of %lu KB", d->page / KB);
	if (d->advice)
		MUST(!madvise(memory, d->size, d->advice));
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, 0, d->gpa, d->size, memory);
	fill_pattern(memory, d->size, stride);
	vm.box->arg[0] = d->gpa;
	vm.box->arg[1] = d->size;
	vm.box->arg[2] = stride;
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
	MUST(is_out(vm.vcpus[0].run, PORT_STEP));
	vcpu_finish(&vm.vcpus[0]);
	check_filled(memory, d->size, stride);
	MUST(vm_stat(&vm, d->stat) >= d->size / d->page);
	munmap(memory, d->size);
	if (d->page == GB)
		write_file(NR_GIGA, "0");
}

/* A guest that writes first finds zeros; the slot's memory was never touched. */
static void test_untouched(const struct test *t)
{
	const unsigned long size = 4 * MB;
	struct vm vm;
	__u32 *memory;

	memory = get_memory(size, 2 * MB, 0);
	MUST(memory != MAP_FAILED);
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, 0, AREA_AT, size, memory);
	vm.box->arg[0] = AREA_AT;
	vm.box->arg[1] = size;
	vcpu_finish(&vm.vcpus[0]);
	/* sum() of zeros is that of the indices. */
	SAME(vm.box->count[0], (__u32)((size / 4) * (size / 4 - 1) / 2));
}

/* --- special slots ------------------------------------------------------- */

static void test_read_only(const struct test *t)
{
	const unsigned char function[] = { 0xb8, 0x77, 0, 0, 0, 0xc3 };
	struct kvm_run *run;
	struct vm vm;
	__u32 *memory;
	__u32 i;

	memory = get_memory(16 * PAGE, PAGE, 0);
	MUST(memory != MAP_FAILED);
	vm_start(&vm, t->mode, t->guest, 1);
	run = vm.vcpus[0].run;
	vm_slot(&vm, 1, KVM_MEM_READONLY, AREA_AT, 16 * PAGE, memory);
	for (i = 0; i < 2048; i++)
		memory[i] = pattern(i / 1024, i % 1024);
	memcpy(memory + 2048, function, sizeof(function));

	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_MMIO);
	MUST(run->mmio.is_write && run->mmio.len == 4);
	SAME(run->mmio.phys_addr, AREA_AT + 24);
	SAME(*(__u32 *)run->mmio.data, 0x1111);
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_MMIO);
	MUST(run->mmio.is_write && run->mmio.len == 1);
	SAME(run->mmio.phys_addr, AREA_AT + 0x1001);
	SAME(run->mmio.data[0], 0x22);
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
	SAME(memory[6], pattern(0, 6));
	memory[5] = 0x5555;
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
	/* The flag can't be taken away; the slot can. */
	vm_slot(&vm, 1, 0, AREA_AT, 0, memory);
	vm_slot(&vm, 1, 0, AREA_AT, 16 * PAGE, memory);
	vcpu_finish(&vm.vcpus[0]);
	SAME(memory[7], 0x7777);
}

/* Memory of this process that can only be read, in a slot that says so. */
static void test_read_only_host(const struct test *t)
{
	const unsigned long size = 16 * PAGE;
	__u32 *memory;
	struct vm vm;
	__u32 i, sum = 0;

	memory = get_memory(size, PAGE, 0);
	MUST(memory != MAP_FAILED);
	for (i = 0; i < size / 4; i++) {
		memory[i] = pattern(0, i);
		sum += memory[i] ^ i;
	}
	MUST(!mprotect(memory, size, PROT_READ));
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, KVM_MEM_READONLY, AREA_AT, size, memory);
	vm.box->arg[0] = AREA_AT;
	vm.box->arg[1] = size;
	vcpu_finish(&vm.vcpus[0]);
	SAME(vm.box->count[0], sum);
}

/* Pages that no struct page stands for: the firmware's. */
static void test_pfnmap(const struct test *t)
{
	const unsigned long size = 0x10000;
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	const __u32 *memory;
	struct vm vm;
	__u32 i, sum = 0;

	if (fd < 0)
		leave(SKIPPED, "this host has no /dev/mem");
	memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0xf0000);
	if (memory == MAP_FAILED)
		leave(SKIPPED, "this host does not let its firmware be mapped");
	for (i = 0; i < size / 4; i++)
		sum += memory[i] ^ i;
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, KVM_MEM_READONLY, AREA_AT, size, (void *)memory);
	vm.box->arg[0] = AREA_AT;
	vm.box->arg[1] = size;
	vcpu_finish(&vm.vcpus[0]);
	SAME(vm.box->count[0], sum);
}

/* A slot of memory that is not there: KVM_RUN says EFAULT, and goes on after. */
static void test_no_memory(const struct test *t)
{
	const unsigned long size = 16 * PAGE;
	struct vm vm;
	void *memory;

	memory = get_memory(size, PAGE, 0);
	MUST(memory != MAP_FAILED);
	MUST(!munmap(memory, size));
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, 0, AREA_AT, size, memory);
	vm.box->arg[0] = AREA_AT;
	vm.box->arg[1] = size;
	SAME(vcpu_enter(&vm.vcpus[0]), EFAULT);
	SAME(vcpu_enter(&vm.vcpus[0]), EFAULT);
	MUST(mmap(memory, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == memory);
	vcpu_finish(&vm.vcpus[0]);
}

/* The guest's code is changed by the runner, on pages that were just run. */
static void test_modify(const struct test *t)
{
	struct vm vm;
	char *memory;
	__u32 step;

	memory = get_memory(16 * PAGE, PAGE, 0);
	MUST(memory != MAP_FAILED);
	vm_start(&vm, t->mode, t->guest, 1);
	vm_slot(&vm, 1, 0, AREA_AT, 16 * PAGE, memory);
	while (vcpu_next(&vm.vcpus[0])) {
		MUST(is_out(vm.vcpus[0].run, PORT_STEP));
		step = *(__u32 *)io_data(vm.vcpus[0].run);
		memory[step * PAGE + 2] = 1;
	}
}

/* --- a host that changes things ------------------------------------------ */

/**
 * struct area - the memory that the guest looks at
 * @vm: the guest's
 * @memory: in this process
 * @size: in bytes
 * @fd: the file behind it, if it is one
 * @copy: as much memory again, if the test wants it
 */
struct area {
	struct vm *vm;
	char *memory;
	unsigned long size;
	int fd;
	char *copy;
};

/**
 * struct shake - something that the host does
 * @act: does it once
 * @size: of the memory, 0 is 64 pages
 * @flags: of mmap
 * @rounds: how often it is done
 * @when_told: the guest writes when @act says so
 * @shared: there is a file behind
 * @only_read: the guest never writes
 * @may_vanish: pages may turn into zeros
 * @may_fault: KVM_RUN may say EFAULT
 * @copied: needs room for a copy
 * @before: what has to be done once
 * @file: where a counter is that has to grow, or nothing was done
 * @counter: its name there
 */
struct shake {
	void (*act)(struct area *a, int round);
	unsigned long size;
	int flags;
	int rounds;
	bool when_told;
	bool shared;
	bool only_read;
	bool may_vanish;
	bool may_fault;
	bool copied;
	void (*before)(struct area *a);
	const char *file;
	const char *counter;
};

static const struct shake *shaking;

static void answer_mmio(struct kvm_run *run)
{
	__u64 at = run->mmio.phys_addr;
	__u32 value;

	/* The slot is away, so its pages are MMIO; what is read is the same. */
	MUST(!run->mmio.is_write && run->mmio.len == 4);
	MUST(shaking->only_read && at >= AREA_AT && at % 4 == 0);
	value = pattern((at - AREA_AT) / PAGE, at % PAGE / 4);
	memcpy(run->mmio.data, &value, 4);
}

static void *churn(void *data)
{
	struct vcpu *vcpu = data;
	int e;

	do {
		e = vcpu_enter(vcpu);
		if (e == EINTR || (e == EFAULT && shaking->may_fault)) {
			sched_yield();
			continue;
		}
		if (e)
			leave(FAILED, "KVM_RUN: %s", strerrorname_np(e));
		if (vcpu->run->exit_reason == KVM_EXIT_MMIO)
			answer_mmio(vcpu->run);
		else if (!is_out(vcpu->run, PORT_VERDICT))
			leave(FAILED, "not wanted: %s", exit_text(vcpu->run));
	} while (e || !is_out(vcpu->run, PORT_VERDICT));
	e = *(__u32 *)io_data(vcpu->run);
	if (e)
		leave(FAILED, "the guest failed at its line %d", e);
	return NULL;
}

static void wait_for_passes(struct vm *vm, __u32 more)
{
	__u32 *passes = &vm->box->passes;
	__u32 from = __atomic_load_n(passes, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(passes, __ATOMIC_SEQ_CST) - from < more)
		usleep(100);
}

static void map_area(struct area *a, const struct shake *s)
{
	a->fd = -1;
	a->size = s->size ? s->size : 64 * PAGE;
	if (s->shared) {
		a->fd = memfd_create("area", MFD_CLOEXEC);
		MUST(a->fd >= 0 && !ftruncate(a->fd, a->size));
		a->memory = mmap(NULL, a->size, RW, MAP_SHARED, a->fd, 0);
	} else {
		a->memory = get_memory(a->size, 2 * MB, s->flags);
	}
	if (a->memory == MAP_FAILED)
		leave(SKIPPED, "no memory of that kind");
	if (s->copied)
		a->copy = get_memory(a->size, 2 * MB, 0);
	MUST(a->copy != MAP_FAILED);
	if (s->before)
		s->before(a);
}

static void fill_area(char *memory, unsigned long size)
{
	__u32 page, *p;

	for (page = 0; page < size / PAGE; page++) {
		p = (__u32 *)(memory + page * PAGE);
		p[0] = 0;
		p[1] = pattern(page, 1);
		p[1023] = pattern(page, 1023);
	}
}

/* What the guest wrote last is here, and nothing else has changed. */
static void check_area(struct area *a, const struct shake *s)
{
	__u32 written = s->only_read ? 0 : a->vm->box->count[0];
	__u32 page, *p;

	for (page = 0; page < a->size / PAGE; page++) {
		p = (__u32 *)(a->memory + page * PAGE);
		if (s->may_vanish && !p[1])
			continue;
		SAME(p[1], pattern(page, 1));
		SAME(p[1023], pattern(page, 1023));
		if (!s->may_vanish)
			SAME(p[0], written);
	}
}

static void test_shake(const struct test *t)
{
	const struct shake *s = t->data;
	struct area a = {};
	struct vm vm;
	long long counted = 0;
	int round;

	shaking = s;
	vm_start(&vm, t->mode, t->guest, 1);
	a.vm = &vm;
	map_area(&a, s);
	fill_area(a.memory, a.size);
	vm_slot(&vm, 1, 0, AREA_AT, a.size, a.memory);
	vm.box->arg[0] = a.size / PAGE;
	vm.box->arg[1] = s->only_read ? a.size / PAGE : 0;
	vm.box->arg[2] = s->may_vanish;
	vm.box->arg[3] = s->when_told;
	if (s->file)
		counted = number_in(s->file, s->counter);
	if (counted < 0)
		leave(SKIPPED, "no %s in %s", s->counter, s->file);
	vcpu_start_thread(&vm.vcpus[0], churn);
	for (round = 0; round < s->rounds; round++) {
		wait_for_passes(&vm, 2);
		s->act(&a, round);
	}
	wait_for_passes(&vm, 2);
	if (s->file && number_in(s->file, s->counter) <= counted)
		leave(FAILED, "%s in %s did not grow: nothing was done",
		      s->counter, s->file);
	__atomic_store_n(&vm.box->stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(vm.vcpus[0].thread, NULL);
	check_area(&a, s);
}

static void act_nothing(struct area *a, int round)
{
	(void)a;
	(void)round;
}

static void act_dontneed(struct area *a, int round)
{
	MUST(!madvise(a->memory + (round % 2) * PAGE, a->size / 2,
		      MADV_DONTNEED));
}

static void act_munmap(struct area *a, int round)
{
	MUST(!munmap(a->memory, a->size));
	if (round % 2)
		usleep(500);
	MUST(mmap(a->memory, a->size, RW,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a->memory);
}

static void act_mmap_over(struct area *a, int round)
{
	(void)round;
	MUST(mmap(a->memory, a->size, RW,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | shaking->flags, -1,
		  0) == a->memory);
}

static void act_mprotect(struct area *a, int round)
{
	MUST(!mprotect(a->memory, a->size, round % 2 ? PROT_READ : PROT_NONE));
	usleep(500);
	MUST(!mprotect(a->memory, a->size, RW));
}

/*
 * A page that is asked for on its way out stays, and this guest would ask for
 * every one.  So it waits meanwhile, on its CPU, and has to find them again.  The
 * first time they stay because the guest's tables say that they were used.
 */
static void act_pageout(struct area *a, int round)
{
	struct mailbox *box = a->vm->box;
	int i;

	(void)round;
	__atomic_store_n(&box->hold, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&box->held, __ATOMIC_SEQ_CST))
		usleep(100);
	for (i = 0; i < 3; i++)
		MUST(!madvise(a->memory, a->size, MADV_PAGEOUT));
	__atomic_store_n(&box->hold, 0, __ATOMIC_SEQ_CST);
}

/* What the child has must not change, whatever the guest does. */
static void act_fork(struct area *a, int round)
{
	__u32 seen[64];
	int status;
	pid_t pid;
	int i, again;

	(void)round;
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		for (i = 0; i < 64; i++)
			seen[i] = *(__u32 *)(a->memory + i * PAGE);
		for (again = 0; again < 5; again++) {
			usleep(500);
			for (i = 0; i < 64; i++)
				if (seen[i] != *(__u32 *)(a->memory + i * PAGE))
					_exit(1);
		}
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	SAME(status, 0);
}

static void before_ksm(struct area *a)
{
	MUST(a->copy);
	if (madvise(a->memory, a->size, MADV_MERGEABLE) ||
	    madvise(a->copy, a->size, MADV_MERGEABLE))
		leave(SKIPPED, "this kernel has no KSM");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "1000");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	write_file("/sys/kernel/mm/ksm/run", "1");
}

/* Merged with a copy; the guest's next write takes the pages apart again. */
static void act_ksm(struct area *a, int round)
{
	struct mailbox *box = a->vm->box;
	unsigned long i;

	memcpy(a->copy, a->memory, a->size);
	while (number_in("/sys/kernel/mm/ksm/pages_sharing", "") <
	       (long long)(a->size / PAGE))
		usleep(1000);
	__atomic_store_n(&box->arg[4], round + 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&box->count[0], __ATOMIC_SEQ_CST) !=
	       (__u32)round + 1)
		usleep(100);
	for (i = 0; i < a->size; i += PAGE) {
		SAME(*(__u32 *)(a->copy + i), round);
		SAME(*(__u32 *)(a->memory + i), round + 1);
	}
}

static void before_collapse(struct area *a)
{
	MUST(!madvise(a->memory, a->size, MADV_NOHUGEPAGE));
}

/* Small pages into a huge one, and its mapping apart again. */
static void act_collapse(struct area *a, int round)
{
	char *one = a->memory + (round % 512) * PAGE;

	MUST(!madvise(a->memory, a->size, MADV_HUGEPAGE));
	if (madvise(a->memory, a->size, MADV_COLLAPSE) && errno == EINVAL)
		leave(SKIPPED, "this kernel has no MADV_COLLAPSE");
	wait_for_passes(a->vm, 2);
	MUST(!mprotect(one, PAGE, PROT_READ));
	MUST(!mprotect(one, PAGE, RW));
}

static void act_mremap(struct area *a, int round)
{
	const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	static char *away;

	if (!round)
		away = get_memory(a->size, 2 * MB, 0);
	MUST(mremap(a->memory, a->size, a->size, flags, away) == away);
	usleep(200);
	MUST(mremap(away, a->size, a->size, flags, a->memory) == a->memory);
}

static void act_punch(struct area *a, int round)
{
	MUST(!fallocate(a->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(round % 32) * PAGE, a->size / 2));
}

static void act_truncate(struct area *a, int round)
{
	(void)round;
	MUST(!ftruncate(a->fd, 0));
	usleep(200);
	MUST(!ftruncate(a->fd, a->size));
}

static void act_delete(struct area *a, int round)
{
	vm_slot(a->vm, 1, 0, AREA_AT, 0, a->memory);
	if (round % 2)
		wait_for_passes(a->vm, 1);
	vm_slot(a->vm, 1, 0, AREA_AT, a->size, a->memory);
}

static void act_move(struct area *a, int round)
{
	vm_slot(a->vm, 1, 0, AREA_B_AT, a->size, a->memory);
	if (round % 2)
		wait_for_passes(a->vm, 1);
	vm_slot(a->vm, 1, 0, AREA_AT, a->size, a->memory);
}

static void act_log(struct area *a, int round)
{
	vm_slot(a->vm, 1, round % 2 ? 0 : KVM_MEM_LOG_DIRTY_PAGES, AREA_AT,
		a->size, a->memory);
}

/* Others come and go; this one is not to notice. */
static void act_others(struct area *a, int round)
{
	static char other[2 * PAGE] __attribute__((aligned(4096)));

	vm_slot(a->vm, 2 + round % 3, 0, AREA_B_AT + round % 3 * MB,
		sizeof(other), other);
	wait_for_passes(a->vm, 1);
	vm_slot(a->vm, 2 + round % 3, 0, 0, 0, other);
}

/* The other VM has other memory at the same place, and the same CPU. */
static void test_two_vms(const struct test *t)
{
	static const struct shake quiet = { .act = act_nothing };
	struct area a[2] = {};
	struct vm vms[2];
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
	shaking = &quiet;
	for (i = 0; i < 2; i++) {
		vm_start(&vms[i], t->mode, t->guest, 1);
		a[i].vm = &vms[i];
		map_area(&a[i], shaking);
		fill_area(a[i].memory, a[i].size);
		vm_slot(&vms[i], 1, 0, AREA_AT, a[i].size, a[i].memory);
		vms[i].box->arg[0] = a[i].size / PAGE;
		vcpu_start_thread(&vms[i].vcpus[0], churn);
	}
	for (i = 0; i < 20; i++)
		wait_for_passes(&vms[i % 2], 5);
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&vms[i].box->stop, 1, __ATOMIC_SEQ_CST);
		pthread_join(vms[i].vcpus[0].thread, NULL);
		check_area(&a[i], shaking);
	}
}

static const struct size_test size_4k = {
	PAGE, 4 * MB, AREA_AT, 0, MADV_NOHUGEPAGE, "pages_4k",
};
static const struct size_test size_4k_shared = {
	PAGE, 4 * MB, AREA_AT, MAP_SHARED, 0, "pages_4k",
};
static const struct size_test size_2m_thp = {
	2 * MB, 8 * MB, AREA_AT, 0, MADV_HUGEPAGE, "pages_2m",
};
static const struct size_test size_2m = {
	2 * MB, 8 * MB, AREA_AT, MAP_HUGETLB | MAP_HUGE_2M, 0, "pages_2m",
};
/* Huge for the host, at an address where the guest's can't be. */
static const struct size_test size_2m_odd = {
	PAGE, 8 * MB, AREA_AT + PAGE, MAP_HUGETLB | MAP_HUGE_2M, 0, "pages_4k",
};
static const struct size_test size_1g = {
	GB, GB, GIGA_AT, MAP_HUGETLB | MAP_HUGE_1GB, 0, "pages_1g",
};

#define VMSTAT "/proc/vmstat"

static const struct shake dontneed = {
	.act = act_dontneed,
	.rounds = 60,
	.may_vanish = true,
};
static const struct shake unmap = {
	.act = act_munmap,
	.rounds = 40,
	.may_vanish = true,
	.may_fault = true,
};
static const struct shake map_over = {
	.act = act_mmap_over,
	.rounds = 40,
	.may_vanish = true,
};
static const struct shake map_over_huge = {
	.act = act_mmap_over,
	.rounds = 20,
	.may_vanish = true,
	.size = 2 * MB,
	.flags = MAP_HUGETLB | MAP_HUGE_2M,
};
static const struct shake protect = {
	.act = act_mprotect,
	.rounds = 40,
	.may_fault = true,
};
static const struct shake pageout = {
	.act = act_pageout,
	.rounds = 20,
	.file = VMSTAT,
	.counter = "pswpout ",
};
static const struct shake pageout_shared = {
	.act = act_pageout,
	.rounds = 20,
	.shared = true,
	.file = VMSTAT,
	.counter = "pswpout ",
};
static const struct shake forks = { .act = act_fork, .rounds = 20 };
static const struct shake ksm = {
	.act = act_ksm,
	.rounds = 3,
	.when_told = true,
	.copied = true,
	.before = before_ksm,
};
static const struct shake collapse = {
	.act = act_collapse,
	.rounds = 10,
	.size = 2 * MB,
	.may_fault = true,
	.before = before_collapse,
	.file = VMSTAT,
	.counter = "thp_collapse_alloc ",
};
static const struct shake remap = {
	.act = act_mremap,
	.rounds = 30,
	.may_fault = true,
};
static const struct shake punch = {
	.act = act_punch,
	.rounds = 60,
	.shared = true,
	.may_vanish = true,
};
static const struct shake cut = {
	.act = act_truncate,
	.rounds = 40,
	.shared = true,
	.may_vanish = true,
	.may_fault = true,
};
static const struct shake deleted = {
	.act = act_delete,
	.rounds = 40,
	.only_read = true,
};
static const struct shake moved = {
	.act = act_move,
	.rounds = 40,
	.only_read = true,
};
static const struct shake logged = { .act = act_log, .rounds = 40 };
static const struct shake others = { .act = act_others, .rounds = 30 };

const struct test memory_tests[] = {
	{ "pages_4k", test_size, "fill", LONG, &size_4k },
	{ "pages_4k_shared", test_size, "fill", LONG, &size_4k_shared },
	{ "pages_2m_thp", test_size, "fill", LONG, &size_2m_thp },
	{ "pages_2m_hugetlb", test_size, "fill", LONG, &size_2m },
	{ "pages_2m_misaligned", test_size, "fill", LONG, &size_2m_odd },
	{ "pages_1g_hugetlb", test_size, "fill", LONG, &size_1g },
	{ "untouched", test_untouched, "sum", LONG, NULL },
	{ "read_only_slot", test_read_only, "read_only", LONG, NULL },
	{ "read_only_host", test_read_only_host, "sum", LONG, NULL },
	{ "pfnmap", test_pfnmap, "sum", LONG, NULL },
	{ "no_memory", test_no_memory, "sum", LONG, NULL },
	{ "self_modifying", test_modify, "modify", LONG, NULL },
	{ "two_vms", test_two_vms, "churn", LONG, NULL },
	{ "host_dontneed", test_shake, "churn", LONG, &dontneed },
	{ "host_munmap", test_shake, "churn", LONG, &unmap },
	{ "host_mmap_over", test_shake, "churn", LONG, &map_over },
	{ "host_mmap_over_huge", test_shake, "churn", LONG, &map_over_huge },
	{ "host_mprotect", test_shake, "churn", LONG, &protect },
	{ "host_pageout", test_shake, "churn", LONG, &pageout },
	{ "host_pageout_shared", test_shake, "churn", LONG, &pageout_shared },
	{ "host_fork", test_shake, "churn", LONG, &forks },
	{ "host_ksm", test_shake, "churn", LONG, &ksm },
	{ "host_collapse", test_shake, "churn", LONG, &collapse },
	{ "host_mremap", test_shake, "churn", LONG, &remap },
	{ "host_punch", test_shake, "churn", LONG, &punch },
	{ "host_truncate", test_shake, "churn", LONG, &cut },
	{ "slot_deleted", test_shake, "churn", LONG, &deleted },
	{ "slot_moved", test_shake, "churn", LONG, &moved },
	{ "slot_logged", test_shake, "churn", LONG, &logged },
	{ "other_slots", test_shake, "churn", LONG, &others },
	{}
};
