// SPDX-License-Identifier: GPL-2.0-only
/*
 * dirty.c - tests of the dirty log: what was written is told, and nothing else
 *
 * The one kind of test knows which pages are written in a round, by the guest, by
 * the emulator and by the kernel for itself, and wants the log to be just that.
 * The other kind has two vCPUs that write without a pause, and moves their memory
 * away as a migration does: a page that is not told of is missing in the copy.
 */
#include <asm/kvm_para.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vm.h"

#define MAP_HUGE_2M (21 << 26)
#define LOG	    KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL	    KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define SET	    KVM_DIRTY_LOG_INITIALLY_SET
#define SLOT	    1
#define MAX_PAGES   1024

/**
 * struct dirty_test - how a test is to be
 * @caps: of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
 * @pages: in the slot
 * @flags: of mmap
 * @stat: grows as the guest gets the memory
 */
struct dirty_test {
	__u64 caps;
	__u32 pages;
	int flags;
	const char *stat;
};

/**
 * struct log - a slot with a log, and what the log has to be
 * @vm: whose
 * @d: how the test is
 * @memory: the slot's
 * @wanted: pages that must be told
 * @got: what was told last
 */
struct log {
	struct vm *vm;
	const struct dirty_test *d;
	char *memory;
	__u64 wanted[MAX_PAGES / 64];
	__u64 got[MAX_PAGES / 64];
};

static bool test_bit(const __u64 *bits, __u32 page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static void set_bit(__u64 *bits, __u32 page)
{
	bits[page / 64] |= 1ull << page % 64;
}

static void start(struct log *l, struct vm *vm, const struct test *t,
		  int nr_vcpus)
{
	const struct dirty_test *d = t->data;
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args = { d->caps },
	};

	memset(l, 0, sizeof(*l));
	l->vm = vm;
	l->d = d;
	l->memory = get_memory(d->pages * PAGE, 2 * MB, d->flags);
	if (l->memory == MAP_FAILED)
		leave(SKIPPED, "no memory of that kind");
	vm_start(vm, t->mode, t->guest, nr_vcpus);
	SAME(ioctl(vm->fd, KVM_CHECK_EXTENSION, cap.cap), MANUAL | SET);
	MUST(!ioctl(vm->fd, KVM_ENABLE_CAP, &cap));
	vm->box->arg[0] = d->pages;
}

/* All are written to before, by a slot that has no log. */
static void log_off(struct log *l)
{
	vm_slot(l->vm, SLOT, 0, AREA_AT, l->d->pages * PAGE, l->memory);
}

static void log_on(struct log *l)
{
	__u32 page;

	vm_slot(l->vm, SLOT, LOG, AREA_AT, l->d->pages * PAGE, l->memory);
	memset(l->wanted, 0, sizeof(l->wanted));
	for (page = 0; (l->d->caps & SET) && page < l->d->pages; page++)
		set_bit(l->wanted, page);
}

static int get_log(struct log *l, void *to)
{
	struct kvm_dirty_log arg = { .slot = SLOT, .dirty_bitmap = to };

	return ioctl(l->vm->fd, KVM_GET_DIRTY_LOG, &arg) ? errno : 0;
}

/* Those of @first and the @nr behind it that were told. */
static void clear_log(struct log *l, __u32 first, __u32 nr)
{
	struct kvm_clear_dirty_log arg = {
		.slot = SLOT,
		.first_page = first,
		.num_pages = nr,
		.dirty_bitmap = l->got + first / 64,
	};

	MUST(!ioctl(l->vm->fd, KVM_CLEAR_DIRTY_LOG, &arg));
}

/* --- a history that is known --------------------------------------------- */

static void compare(struct log *l, __u32 round)
{
	__u32 page;

	for (page = 0; page < l->d->pages; page++)
		if (test_bit(l->got, page) != test_bit(l->wanted, page))
			leave(FAILED, "round %u: page %u is%s told", round,
			      page, test_bit(l->got, page) ? "" : " not");
}

/* By the kernel itself, with no vCPU running. */
static __u32 write_wall_clock(struct log *l, __u32 round)
{
	__u32 page = round * 37 % l->d->pages;
	struct {
		struct kvm_msrs list;
		struct kvm_msr_entry entry;
	} msr = {
		{ .nmsrs = 1 },
		{ .index = MSR_KVM_WALL_CLOCK_NEW,
		  .data = AREA_AT + page * PAGE + PAGE / 2 },
	};

	SAME(ioctl(l->vm->vcpus[0].fd, KVM_SET_MSRS, &msr), 1);
	return page;
}

static void run_round(struct log *l, __u32 round)
{
	struct vcpu *vcpu = &l->vm->vcpus[0];
	__u32 page, by_ins = dirty_by_ins(round, l->d->pages);

	l->vm->box->arg[1] = round;
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	SAME(vcpu->run->io.direction, KVM_EXIT_IO_IN);
	*(__u32 *)io_data(vcpu->run) = round;
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	MUST(is_out(vcpu->run, PORT_STEP));
	SAME(*(__u32 *)(l->memory + by_ins * PAGE + PAGE - 4), round);

	set_bit(l->wanted, by_ins);
	set_bit(l->wanted, write_wall_clock(l, round));
	for (page = 0; page < l->d->pages; page++)
		if (dirty_page(page, round))
			set_bit(l->wanted, page);
}

/* Cleared is an eighth of the pages or more, and of those that were not, none. */
static void clear_some(struct log *l, __u32 round)
{
	__u32 nr = l->d->pages / 8, first = round % 8 * nr, page;

	if (round % 3 == 2) {
		first = 0;
		nr = l->d->pages;
	}
	/* Bits that are not asked for stay. */
	for (page = first; page < first + nr; page++)
		if (!(pattern(page, ~round) >> 16 & 3))
			l->got[page / 64] &= ~(1ull << page % 64);
	clear_log(l, first, nr);
	for (page = first; page < first + nr; page++)
		if (test_bit(l->got, page))
			l->wanted[page / 64] &= ~(1ull << page % 64);
}

static void read_round(struct log *l, __u32 round)
{
	/* Who can't be told has lost nothing. */
	if (round % 4 == 3)
		SAME(get_log(l, NULL), EFAULT);
	SAME(get_log(l, l->got), 0);
	compare(l, round);
	if (l->d->caps & MANUAL)
		clear_some(l, round);
	else
		memset(l->wanted, 0, sizeof(l->wanted));
	SAME(get_log(l, l->got), 0);
	compare(l, round);
}

static void test_history(const struct test *t)
{
	const struct dirty_test *d = t->data;
	struct vm vm;
	struct log l;
	__u32 round;

	start(&l, &vm, t, 1);
	log_off(&l);
	run_round(&l, 1);
	MUST(vm_stat(&vm, d->stat) > 0);
	SAME(get_log(&l, l.got), ENOENT);
	log_on(&l);
	for (round = 2; round < 12; round++) {
		run_round(&l, round);
		read_round(&l, round);
	}
	/* What is written while it is off, the new log does not know. */
	log_off(&l);
	run_round(&l, round++);
	log_on(&l);
	SAME(get_log(&l, l.got), 0);
	compare(&l, round);
	for (; round < 20; round++) {
		run_round(&l, round);
		/* Two rounds in one. */
		if (round % 2)
			read_round(&l, round);
	}
	/* A log goes along when its slot moves. */
	vm_slot(&vm, SLOT, LOG, AREA_B_AT, d->pages * PAGE, l.memory);
	SAME(get_log(&l, l.got), 0);
	compare(&l, round);
	vm.box->stop = 1;
	vcpu_finish(&vm.vcpus[0]);
}

/* --- a migration --------------------------------------------------------- */

static void *write_on(void *data)
{
	vcpu_finish(data);
	return NULL;
}

static void copy_page(struct log *l, char *copy, __u32 page)
{
	memcpy(copy + page * PAGE, l->memory + page * PAGE, PAGE);
}

static void copy_told(struct log *l, char *copy)
{
	__u32 page;

	SAME(get_log(l, l->got), 0);
	for (page = 0; (l->d->caps & MANUAL) && page < l->d->pages; page += 64)
		clear_log(l, page, 64);
	for (page = 0; page < l->d->pages; page++)
		if (test_bit(l->got, page))
			copy_page(l, copy, page);
}

static void hold_vcpus(struct vm *vm, __u32 hold)
{
	int i;

	__atomic_store_n(&vm->box->hold, hold, __ATOMIC_SEQ_CST);
	for (i = 0; hold && i < vm->nr_vcpus; i++)
		while (__atomic_load_n(&vm->box->count[2 + i],
				       __ATOMIC_SEQ_CST) != hold)
			sched_yield();
}

/* So that there is something to be told. */
static void wait_for_writes(struct vm *vm)
{
	__u32 from[2];
	int i;

	for (i = 0; i < 2; i++)
		from[i] = __atomic_load_n(&vm->box->count[i], __ATOMIC_SEQ_CST);
	for (i = 0; i < 2; i++)
		while (__atomic_load_n(&vm->box->count[i], __ATOMIC_SEQ_CST) ==
		       from[i])
			sched_yield();
}

static void migrate(struct log *l, char *copy, __u32 number)
{
	__u32 page;
	int i;

	log_off(l);
	log_on(l);
	for (page = 0; page < l->d->pages; page++)
		copy_page(l, copy, page);
	for (i = 0; i < 20; i++) {
		wait_for_writes(l->vm);
		copy_told(l, copy);
	}
	hold_vcpus(l->vm, number);
	copy_told(l, copy);
	for (page = 0; page < l->d->pages; page++)
		if (memcmp(copy + page * PAGE, l->memory + page * PAGE, PAGE))
			leave(FAILED, "migration %u: page %u is an old one",
			      number, page);
	hold_vcpus(l->vm, 0);
}

static void test_migration(const struct test *t)
{
	struct vm vm;
	struct log l;
	__u32 number;
	char *copy;
	int i;

	start(&l, &vm, t, 2);
	copy = get_memory(l.d->pages * PAGE, PAGE, 0);
	MUST(copy != MAP_FAILED);
	log_off(&l);
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm.vcpus[i], write_on);
	for (number = 1; number <= 8; number++)
		migrate(&l, copy, number);
	__atomic_store_n(&vm.box->stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < 2; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
}

#define HUGE 1024, MAP_HUGETLB | MAP_HUGE_2M, "pages_2m"

static const struct dirty_test small = { 0, 512, 0, "pages_4k" };
static const struct dirty_test small_manual = { MANUAL, 512, 0, "pages_4k" };
static const struct dirty_test small_set = { MANUAL | SET, 512, 0, "pages_4k" };
static const struct dirty_test huge = { 0, HUGE };
static const struct dirty_test huge_manual = { MANUAL, HUGE };
static const struct dirty_test huge_set = { MANUAL | SET, HUGE };

const struct test dirty_tests[] = {
	{ "dirty_log_4k", test_history, "dirty", LONG, &small },
	{ "dirty_log_4k_manual", test_history, "dirty", LONG, &small_manual },
	{ "dirty_log_4k_set", test_history, "dirty", LONG, &small_set },
	{ "dirty_log_2m", test_history, "dirty", LONG, &huge },
	{ "dirty_log_2m_manual", test_history, "dirty", LONG, &huge_manual },
	{ "dirty_log_2m_set", test_history, "dirty", LONG, &huge_set },
	{ "dirty_log_migrate", test_migration, "dirty", LONG, &small },
	{ "dirty_log_migrate_manual", test_migration, "dirty", LONG,
	  &small_manual },
	{ "dirty_log_migrate_2m", test_migration, "dirty", LONG, &huge },
	{ "dirty_log_migrate_set", test_migration, "dirty", LONG, &huge_set },
	{}
};
