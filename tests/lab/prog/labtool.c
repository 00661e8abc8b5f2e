// SPDX-License-Identifier: GPL-2.0-only
/*
 * labtool.c - what a test in an L1 host does that a shell can not
 *
 *	insmod FILE [PARAMETER...]	load; prints the errno's name or "OK"
 *	rmmod NAME			unload; the same
 *	hold			make a VM, print "held", keep it till killed
 *	open-loop SECONDS MOST	open /dev/kvm and make VMs over and over, while
 *				others load and unload the module, so many seconds and
 *				until it was seen to be there and not to be there, but
 *				not longer than MOST; prints how many worked; fails if
 *				one half worked
 *	create-failing	make VMs, with each allocation on the way failed in
 *				turn; fails if no VM was made, or fewer than the two
 *				failed that are for the VM itself and its file
 *	memslots BITS [stock]	check what KVM_SET_USER_MEMORY_REGION says to good and
 *				bad regions, where addresses have BITS bits; a slot
 *				of the largest size not with stock KVM, which may want
 *				gigabytes for it
 *	abi			check what each ioctl of /dev/kvm and of a VM says
 *	bounded SECONDS PROGRAM [ARGUMENT...]	run it; after so many seconds, and
 *				when it has ended, everything that it started is
 *				killed; its exit status, 124 if it took too long
 *	kexec KERNEL INITRD CMDLINE	go to another kernel by kexec
 *	kexec-panic KERNEL INITRD CMDLINE	have it ready for a crash
 *
 * Built static, for an initramfs without libraries.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/kvm.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int report(long r)
{
	puts(r < 0 ? strerrorname_np(errno) : "OK");
	return r < 0;
}

static int do_insmod(int argc, char **argv)
{
	char params[4096] = "";
	int fd, i;

	if (argc < 1)
		return 2;
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return report(-1);
	for (i = 1; i < argc; i++) {
		strncat(params, argv[i], sizeof(params) - strlen(params) - 2);
		strcat(params, " ");
	}
	return report(syscall(SYS_finit_module, fd, params, 0));
}

static int do_rmmod(int argc, char **argv)
{
	if (argc < 1)
		return 2;
	return report(syscall(SYS_delete_module, argv[0], O_NONBLOCK));
}

static int do_hold(int argc, char **argv)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0)
		return report(-1);
	/* The VM alone has to keep everything that it needs. */
	close(kvm);
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}

/* A /dev/kvm that opens has to work whole; 1 if it did, 0 if not there. */
static int try_once(void)
{
	int kvm, vm, r;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
			return 0;
		return -1;
	}
	r = -1;
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION) {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
		if (vm >= 0 && ioctl(vm, KVM_CHECK_EXTENSION,
				     KVM_CAP_CHECK_EXTENSION_VM) == 1)
			r = 1;
		if (vm >= 0)
			close(vm);
	}
	close(kvm);
	return r;
}

static int do_open_loop(int argc, char **argv)
{
	unsigned long worked = 0, absent = 0;
	time_t begin = time(NULL), gone = 0;
	int r;

	if (argc < 2)
		return 2;
	while (gone < atoi(argv[0]) ||
	       ((!worked || !absent) && gone < atoi(argv[1]))) {
		gone = time(NULL) - begin;
		/*
		 * Where all CPUs take turns, each of the IPIs of a load waits for this
		 * one's to end.
		 */
		if ((worked + absent) % 16 == 0)
			usleep(1000);
		r = try_once();
		if (r < 0) {
			printf("half-built: %s\n", strerrorname_np(errno));
			return 1;
		}
		if (r)
			worked++;
		else
			absent++;
	}
	printf("worked %lu absent %lu\n", worked, absent);
	return !worked || !absent;
}

/* A VM, with the allocation that has this number failed; 1 if there is none. */
static int create_failing(int kvm, int nth, int *vm)
{
	int fail = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	char left[16] = "";
	int e;

	if (fail < 0 || dprintf(fail, "%d", nth) < 0)
		return -1;
	*vm = ioctl(kvm, KVM_CREATE_VM, 0);
	e = errno;
	/* How many more it would have let pass. */
	if (pread(fail, left, sizeof(left) - 1, 0) < 0 ||
	    pwrite(fail, "0", 1, 0) < 0)
		return -1;
	close(fail);
	errno = e;
	return atoi(left) > 0;
}

static int do_create_failing(int argc, char **argv)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int nth, vm, r, made = 0, failed = 0;

	if (kvm < 0)
		return report(-1);
	for (nth = 1; nth < 1000; nth++) {
		r = create_failing(kvm, nth, &vm);
		if (r < 0)
			return report(-1);
		if (vm >= 0) {
			made++;
			close(vm);
		} else if (errno == ENOMEM || errno == ENFILE) {
			failed++;
		} else {
			return report(-1);
		}
		if (r)
			break;
	}
	printf("made %d failed %d\n", made, failed);
	return nth == 1000 || !made || failed < 2;
}

static int abi_failures;

static void expect(const char *what, long got, int want_errno, long want)
{
	int e = errno;

	if (want_errno ? got == -1 && e == want_errno : got == want)
		return;
	printf("%s: got %ld (%s), wanted %ld (%s)\n", what, got,
	       got == -1 ? strerrorname_np(e) : "-", want_errno ? -1 : want,
	       want_errno ? strerrorname_np(want_errno) : "-");
	abi_failures++;
}

#define EXPECT_ERR(call, err) expect(#call, call, err, 0)
#define EXPECT_VAL(call, val) expect(#call, call, 0, val)

static int vm_ioctl_in_child(int vm)
{
	int status;

	if (!fork()) {
		errno = 0;
		_exit(ioctl(vm, KVM_CHECK_EXTENSION, 0) == -1 ? errno : 0);
	}
	wait(&status);
	return WEXITSTATUS(status);
}

static const struct {
	int cap;
	int value;
} caps[] = {
	{ KVM_CAP_USER_MEMORY, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1 },
	{ KVM_CAP_NR_MEMSLOTS, 32764 },
	{ KVM_CAP_READONLY_MEM, 1 },
	{ KVM_CAP_CHECK_EXTENSION_VM, 1 },
	{ KVM_CAP_MULTI_ADDRESS_SPACE, 2 },
};

static int cap_value(int cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].cap == cap)
			return caps[i].value;
	return 0;
}

static int do_abi(int argc, char **argv)
{
	const long page = sysconf(_SC_PAGESIZE);
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const int vcpus = argc && !strcmp(argv[0], "vcpus");
	int vm, cap, vcpu;

	if (kvm < 0)
		return report(-1);

	EXPECT_VAL(ioctl(kvm, KVM_GET_API_VERSION, 0), 12);
	EXPECT_ERR(ioctl(kvm, KVM_GET_API_VERSION, 1), EINVAL);
	EXPECT_VAL(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), 3 * page);
	EXPECT_ERR(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 1), EINVAL);
	/* Without vCPUs nothing else works, so nothing else may say so. */
	for (cap = 0; cap < 4096; cap++) {
		if (vcpus && !cap_value(cap))
			continue;
		EXPECT_VAL(ioctl(kvm, KVM_CHECK_EXTENSION, cap),
			   cap_value(cap));
		if (abi_failures)
			break;
	}
	EXPECT_VAL(ioctl(kvm, KVM_CHECK_EXTENSION, -1), 0);
	EXPECT_ERR(ioctl(kvm, KVM_CREATE_VM, 1), EINVAL);
	EXPECT_ERR(ioctl(kvm, KVM_CREATE_VM, -1), EINVAL);
	EXPECT_ERR(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, 0),
		   vcpus ? EFAULT : EINVAL);
	EXPECT_ERR(ioctl(kvm, KVM_TRACE_ENABLE, 0), EOPNOTSUPP);
	EXPECT_ERR(ioctl(kvm, KVM_TRACE_PAUSE, 0), EOPNOTSUPP);
	EXPECT_ERR(ioctl(kvm, KVM_TRACE_DISABLE, 0), EOPNOTSUPP);
	EXPECT_ERR(ioctl(kvm, _IO(KVMIO, 0xff), 0), EINVAL);
	EXPECT_ERR(ioctl(kvm, _IO('x', 0), 0), EINVAL);

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	EXPECT_VAL(vm >= 0, 1);
	EXPECT_VAL(fcntl(vm, F_GETFD), FD_CLOEXEC);
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_CHECK_EXTENSION_VM),
		   1);
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY), 1);
	EXPECT_ERR(ioctl(vm, KVM_SET_USER_MEMORY_REGION, 0), EFAULT);
	if (vcpus) {
		vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
		EXPECT_VAL(vcpu >= 0, 1);
		EXPECT_VAL(fcntl(vcpu, F_GETFD), FD_CLOEXEC);
		EXPECT_ERR(ioctl(vm, KVM_CREATE_VCPU, 0), EEXIST);
		close(vcpu);
	} else {
		EXPECT_ERR(ioctl(vm, KVM_CREATE_VCPU, 0), EOPNOTSUPP);
	}
	EXPECT_ERR(ioctl(vm, KVM_GET_API_VERSION, 0), ENOTTY);
	EXPECT_ERR(ioctl(vm, KVM_CREATE_VM, 0), ENOTTY);
	EXPECT_ERR(ioctl(vm, _IO(KVMIO, 0xff), 0), ENOTTY);
	EXPECT_VAL(vm_ioctl_in_child(vm), EIO);
	close(vm);
	close(kvm);

	printf("%d wrong answers\n", abi_failures);
	return abi_failures != 0;
}

#define M	0x100000ull
#define PAGES	4096ull
#define LOG	KVM_MEM_LOG_DIRTY_PAGES
#define RO	KVM_MEM_READONLY
#define SMM	0x10000u
#define NR_IDS	32764
#define TOO_BIG ((1ull << 31) * PAGES)

/* In this order.  hva is an offset into 4 MB, or, if above that, the address. */
static const struct slot_step {
	const char *what;
	int error;
	__u32 slot;
	__u32 flags;
	__u64 gpa;
	__u64 size;
	__u64 hva;
} slot_steps[] = {
	{ "create", 0, 0, 0, 0, M, 0 },
	{ "the same again", 0, 0, 0, 0, M, 0 },
	{ "second, beside it", 0, 1, RO, M, M, 0 },
	{ "highest id", 0, NR_IDS - 1, 0, 8 * M, M, M },
	{ "same gpa, for SMM", 0, SMM, 0, 0, M, 2 * M },
	{ "id too high", EINVAL, NR_IDS, 0, 16 * M, M, 0 },
	{ "id of 16 bits", EINVAL, 0xffff, 0, 16 * M, M, 0 },
	{ "third address space", EINVAL, 2 * SMM, 0, 16 * M, M, 0 },
	{ "last address space", EINVAL, 0xffff * SMM, 0, 16 * M, M, 0 },
	{ "unknown flag", EINVAL, 2, 4, 16 * M, M, 0 },
	{ "unknown high flag", EINVAL, 2, 1u << 31, 16 * M, M, 0 },
	{ "flag of the kernel", EINVAL, 2, 1u << 16, 16 * M, M, 0 },
	{ "gpa unaligned", EINVAL, 2, 0, 16 * M + 1, M, 0 },
	{ "size unaligned", EINVAL, 2, 0, 16 * M, M + 1, 0 },
	{ "hva unaligned", EINVAL, 2, 0, 16 * M, M, 1 },
	{ "gpa wraps", EINVAL, 2, 0, -M, 2 * M, 0 },
	{ "gpa ends at 2^64", EINVAL, 2, 0, -M, M, 0 },
	{ "gpa above all hosts'", EINVAL, 2, 0, 1ull << 52, M, 0 },
	{ "too many pages", EINVAL, 2, 0, 16 * M, TOO_BIG, 4 * M },
	{ "hva of the kernel", EINVAL, 2, 0, 16 * M, M, 0xffff888000000000 },
	{ "hva wraps", EINVAL, 2, 0, 16 * M, M, -PAGES },
	{ "hva not canonical", EINVAL, 2, 0, 16 * M, M, 1ull << 63 },
	{ "same place", EEXIST, 2, 0, 0, M, 0 },
	{ "over the last page", EEXIST, 2, 0, 2 * M - PAGES, M, 0 },
	{ "over the first page", EEXIST, 2, 0, 7 * M + PAGES, M, 0 },
	{ "all around", EEXIST, 2, 0, 7 * M, 3 * M, 0 },
	{ "one page inside", EEXIST, 2, 0, M / 2, PAGES, 0 },
	{ "over SMM's", EEXIST, SMM | 1, 0, 0, PAGES, 0 },
	{ "grow", EINVAL, 0, 0, 0, 2 * M, 0 },
	{ "shrink", EINVAL, 0, 0, 0, M / 2, 0 },
	{ "another hva", EINVAL, 0, 0, 0, M, M },
	{ "to read-only", EINVAL, 0, RO, 0, M, 0 },
	{ "from read-only", EINVAL, 1, 0, M, M, 0 },
	{ "move and shrink", EINVAL, 0, 0, 16 * M, M / 2, 0 },
	{ "move over another", EEXIST, 0, 0, M, M, 0 },
	{ "log", 0, 0, LOG, 0, M, 0 },
	{ "log read-only", 0, 1, LOG | RO, M, M, 0 },
	{ "move by a page", EEXIST, 0, LOG, PAGES, M, 0 },
	{ "move", 0, 0, LOG, 3 * M, M, 0 },
	{ "where it was", 0, 2, 0, 0, M, 0 },
	{ "move over itself", 0, 0, LOG, 3 * M - PAGES, M, 0 },
	{ "move, end log", 0, 0, 0, 4 * M, M, 0 },
	{ "delete nothing", EINVAL, 3, 0, 0, 0, 0 },
	{ "delete SMM's 2", EINVAL, SMM | 2, 0, 0, 0, 0 },
	{ "delete, bad flag", EINVAL, 2, 4, 0, 0, 0 },
	{ "delete, hva unaligned", EINVAL, 2, 0, 0, 0, 1 },
	{ "delete", 0, 2, 0, 0, 0, 0 },
	{ "delete again", EINVAL, 2, 0, 0, 0, 0 },
	{ "delete by other values", 0, 1, LOG, 32 * M, 0, M },
	{ "delete highest", 0, NR_IDS - 1, 0, 0, 0, 0 },
	{ "delete SMM's", 0, SMM, 0, 0, 0, 0 },
	{ "create again", 0, 1, 0, M, M, 0 },
	{ "around what is left", EEXIST, 3, 0, 0, 32 * M, 0 },
};

static int set_slot(int vm, const struct slot_step *s, __u64 memory)
{
	struct kvm_userspace_memory_region mem = {
		.slot = s->slot,
		.flags = s->flags,
		.guest_phys_addr = s->gpa,
		.memory_size = s->size,
		.userspace_addr = s->hva < 4 * M ? memory + s->hva : s->hva,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &mem);
}

/* What is at the end of what this host can address; then many slots. */
static void check_slot_limits(int vm, __u64 memory, unsigned int bits,
			      bool with_big)
{
	struct slot_step top = { "", 0, 5, 0, (1ull << bits) - M, M, 0 };
	struct slot_step big = { "", 0, 6, 0, 64 * M, TOO_BIG - PAGES, 4 * M };
	struct slot_step many = { "", 0, 0, 0, 0, PAGES, 0 };

	EXPECT_VAL(set_slot(vm, &top, memory), 0);
	top.slot = 7;
	top.gpa += M;
	EXPECT_ERR(set_slot(vm, &top, memory), EINVAL);
	top.gpa -= M;
	top.slot = 5;
	top.size = 0;
	EXPECT_VAL(set_slot(vm, &top, memory), 0);
	if (with_big && bits > 43) {
		EXPECT_VAL(set_slot(vm, &big, memory), 0);
		big.size = 0;
		EXPECT_VAL(set_slot(vm, &big, memory), 0);
	}
	for (many.slot = 100; many.slot < 400; many.slot++) {
		many.gpa = 512 * M + 2 * PAGES * many.slot;
		EXPECT_VAL(set_slot(vm, &many, memory), 0);
	}
}

static int do_memslots(int argc, char **argv)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	unsigned int i;
	__u64 memory;
	void *p;

	if (argc < 1)
		return 2;
	if (vm < 0)
		return report(-1);
	p = mmap(NULL, 4 * M, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return report(-1);
	memory = (__u64)p;
	for (i = 0; i < ARRAY_SIZE(slot_steps); i++)
		expect(slot_steps[i].what, set_slot(vm, &slot_steps[i], memory),
		       slot_steps[i].error, 0);
	check_slot_limits(vm, memory, atoi(argv[0]), argc < 2);
	EXPECT_ERR(ioctl(vm, KVM_SET_USER_MEMORY_REGION, 0), EFAULT);
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS), NR_IDS);
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE),
		   2);
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM), 1);
	/* The rest goes with the VM. */
	close(vm);
	close(kvm);

	printf("%u regions, %d wrong answers\n", i, abi_failures);
	return abi_failures != 0;
}

/* How a process ended, as a shell tells it. */
static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int do_bounded(int argc, char **argv)
{
	int status, tenths;
	pid_t pid, got;

	if (argc < 2)
		return 2;
	tenths = 10 * atoi(argv[0]);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		execv(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	while (!(got = waitpid(pid, &status, WNOHANG)) && tenths--)
		usleep(100000);
	kill(-pid, SIGKILL);
	if (got > 0)
		return exit_status(status);
	/* What is stuck in the kernel would be waited for in vain. */
	usleep(100000);
	puts(waitpid(pid, &status, WNOHANG) > 0 ? "took too long" :
						  "took too long, stuck");
	return 124;
}

static int do_kexec(char **argv, unsigned long flags)
{
	int kernel = open(argv[0], O_RDONLY | O_CLOEXEC);
	int initrd = open(argv[1], O_RDONLY | O_CLOEXEC);

	if (kernel < 0 || initrd < 0 ||
	    syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[2]) + 1,
		    argv[2], flags) < 0)
		return report(-1);
	if (flags & KEXEC_FILE_ON_CRASH)
		return report(0);
	return report(reboot(LINUX_REBOOT_CMD_KEXEC));
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	argc -= 2;
	argv += 2;
	if (!strcmp(verb, "insmod"))
		return do_insmod(argc, argv);
	if (!strcmp(verb, "rmmod"))
		return do_rmmod(argc, argv);
	if (!strcmp(verb, "hold"))
		return do_hold(argc, argv);
	if (!strcmp(verb, "open-loop"))
		return do_open_loop(argc, argv);
	if (!strcmp(verb, "create-failing"))
		return do_create_failing(argc, argv);
	if (!strcmp(verb, "abi"))
		return do_abi(argc, argv);
	if (!strcmp(verb, "memslots"))
		return do_memslots(argc, argv);
	if (!strcmp(verb, "bounded"))
		return do_bounded(argc, argv);
	if (!strcmp(verb, "kexec") && argc == 3)
		return do_kexec(argv, 0);
	if (!strcmp(verb, "kexec-panic") && argc == 3)
		return do_kexec(argv, KEXEC_FILE_ON_CRASH);
	fprintf(stderr, "labtool: what?\n");
	return 2;
}
