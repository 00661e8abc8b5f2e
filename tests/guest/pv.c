// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv.c - tests of what a guest can have that knows KVM
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vm.h"

/* Pages that come late. */
#define LATE 16

static void enable(struct vm *vm, __u32 cap, __u64 arg)
{
	const struct kvm_enable_cap enable = { .cap = cap, .args = { arg } };

	MUST(!ioctl(vm->fd, KVM_ENABLE_CAP, &enable));
}

/* The test's data says if VMCALL is to be left alone. */
static void test_hypercalls(const struct test *t)
{
	struct kvm_run *run;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	run = vm.vcpus[0].run;
	if (t->data) {
		enable(&vm, KVM_CAP_DISABLE_QUIRKS2,
		       KVM_X86_QUIRK_FIX_HYPERCALL_INSN);
		vm.box->arg[0] = 1;
	}
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_IO);
	MUST(is_out(run, PORT_STEP));
	enable(&vm, KVM_CAP_EXIT_HYPERCALL, 1 << 12);
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_HYPERCALL);
	SAME(run->hypercall.nr, 12);
	SAME(run->hypercall.args[0], 0x123456789000);
	SAME(run->hypercall.args[1], 7);
	SAME(run->hypercall.args[2], 0x10);
	SAME(run->hypercall.longmode, 1);
	run->hypercall.ret = 0x1122334455667788;
	vcpu_finish(&vm.vcpus[0]);
}

/* Of what userspace answers, 32 bits count. */
static void test_hypercalls_narrow(const struct test *t)
{
	struct kvm_regs regs;
	struct kvm_run *run;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	run = vm.vcpus[0].run;
	enable(&vm, KVM_CAP_EXIT_HYPERCALL, 1 << 12);
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_HYPERCALL);
	SAME(run->hypercall.args[0], 0xfffff000);
	SAME(run->hypercall.args[1], 0xffffffff);
	SAME(run->hypercall.args[2], 0x80000010);
	SAME(run->hypercall.longmode, 0);
	run->hypercall.ret = 0x1122334455667788;
	run->immediate_exit = 1;
	SAME(vcpu_enter(&vm.vcpus[0]), EINTR);
	run->immediate_exit = 0;
	MUST(!ioctl(vm.vcpus[0].fd, KVM_GET_REGS, &regs));
	SAME(regs.rax, 0x55667788);
	vcpu_finish(&vm.vcpus[0]);
}

static void *finish(void *vcpu)
{
	vcpu_finish(vcpu);
	return NULL;
}

static void run_two(struct vm *vm)
{
	const struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	int i;

	MUST(!ioctl(vm->vcpus[1].fd, KVM_SET_MP_STATE, &runnable));
	for (i = 0; i < 2; i++)
		vcpu_start_thread(&vm->vcpus[i], finish);
	for (i = 0; i < 2; i++)
		pthread_join(vm->vcpus[i].thread, NULL);
}

static void test_two(const struct test *t)
{
	struct vm vm;

	vm_start_with_irqchip(&vm, t->mode, t->guest, 2);
	run_two(&vm);
}

/* Memory whose pages are not there until somebody brings them. */
static int late_memory(struct vm *vm, char **area)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int uffd;

	*area = get_memory(LATE * PAGE, PAGE, 0);
	MUST(*area != MAP_FAILED);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0)
		leave(SKIPPED, "no userfaultfd");
	MUST(!ioctl(uffd, UFFDIO_API, &api));
	reg.range.start = (__u64)*area;
	reg.range.len = LATE * PAGE;
	MUST(!ioctl(uffd, UFFDIO_REGISTER, &reg));
	vm_slot(vm, 1, 0, AREA_AT, LATE * PAGE, *area);
	return uffd;
}

/* The page that is wanted next. */
static unsigned int wait_for_fault(int uffd, char *area)
{
	struct pollfd fd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	MUST(poll(&fd, 1, -1) == 1);
	MUST(read(uffd, &msg, sizeof(msg)) == sizeof(msg));
	SAME(msg.event, UFFD_EVENT_PAGEFAULT);
	return (msg.arg.pagefault.address - (__u64)area) / PAGE;
}

static void bring(int uffd, char *area, unsigned int page)
{
	static __u32 words[PAGE / 4] __attribute__((aligned(PAGE)));
	struct uffdio_copy copy = {
		.dst = (__u64)area + page * PAGE,
		.src = (__u64)words,
		.len = PAGE,
	};

	words[0] = pattern(page, 0);
	MUST(!ioctl(uffd, UFFDIO_COPY, &copy));
}

static void start_late(struct vm *vm, const struct test *t, int nr_vcpus)
{
	const struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	int i;

	vm_start_with_irqchip(vm, t->mode, t->guest, nr_vcpus);
	vm->box->arg[0] = LATE;
	vm->box->arg[1] = nr_vcpus == 1;
	for (i = 1; i < nr_vcpus; i++)
		MUST(!ioctl(vm->vcpus[i].fd, KVM_SET_MP_STATE, &runnable));
}

/*
 * With one vCPU, the guest is told of each page; with two, it does not want to,
 * and has interrupts meanwhile.  No page comes before it has gone on.
 */
static void test_async_pf(const struct test *t)
{
	const int nr_vcpus = *(const int *)t->data;
	struct vm vm;
	__u32 *told;
	char *area;
	int uffd, i;

	start_late(&vm, t, nr_vcpus);
	told = &vm.box->count[0];
	uffd = late_memory(&vm, &area);
	for (i = 0; i < nr_vcpus; i++)
		vcpu_start_thread(&vm.vcpus[i], finish);
	for (i = 0; i < LATE; i++) {
		__u32 before;

		SAME(wait_for_fault(uffd, area), i);
		before = nr_vcpus == 1 ?
				 (__u32)i :
				 __atomic_load_n(told, __ATOMIC_SEQ_CST) + 3;
		while (__atomic_load_n(told, __ATOMIC_SEQ_CST) <= before)
			sched_yield();
		SAME(vm.box->passes, i);
		bring(uffd, area, i);
	}
	for (i = 0; i < nr_vcpus; i++)
		pthread_join(vm.vcpus[i].thread, NULL);
}

/* The process ends while a page is waited for that nobody will bring. */
static void test_async_pf_exit(const struct test *t)
{
	struct vm vm;
	char *area;
	int uffd;

	start_late(&vm, t, 1);
	uffd = late_memory(&vm, &area);
	vcpu_start_thread(&vm.vcpus[0], finish);
	SAME(wait_for_fault(uffd, area), 0);
	while (!__atomic_load_n(&vm.box->count[0], __ATOMIC_SEQ_CST))
		sched_yield();
}

static const int alone = 1, two = 2;

const struct test pv_tests[] = {
	{ "hypercalls", test_hypercalls, "hypercalls", LONG, NULL },
	{ "hypercalls_foreign", test_hypercalls, "hypercalls", LONG, &alone },
	{ "hypercalls_protected", test_hypercalls_narrow,
	  "hypercalls_narrow-32", PROTECTED, NULL },
	{ "hypercalls_pae", test_hypercalls_narrow, "hypercalls_narrow-32", PAE,
	  NULL },
	{ "hypercalls_two", test_two, "hypercalls_two", LONG, NULL },
	{ "async_pf_told", test_async_pf, "async_pf", LONG, &alone },
	{ "async_pf_halted", test_async_pf, "async_pf", LONG, &two },
	{ "async_pf_exit", test_async_pf_exit, "async_pf", LONG, NULL },
	{}
};
