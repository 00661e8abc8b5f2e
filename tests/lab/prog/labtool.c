// SPDX-License-Identifier: GPL-2.0-only
/*
 * labtool.c - what a test in an L1 host does that a shell can not
 *
 *	insmod FILE [PARAMETER...]	load; prints the errno's name or "OK"
 *	rmmod NAME			unload; the same
 *	hold			make a VM, print "held", keep it till killed
 *	open-loop SECONDS	open /dev/kvm and make VMs as fast as can be,
 *				while others load and unload the module; prints
 *				how many worked; fails if one half worked
 *	create-failing	make VMs, with each allocation on the way failed in
 *				turn; fails if no VM was made, or fewer than the two
 *				failed that are for the VM itself and its file
 *	abi			check what each ioctl of /dev/kvm and of a VM says
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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	time_t end;
	int r;

	if (argc < 1)
		return 2;
	end = time(NULL) + atoi(argv[0]);
	while (time(NULL) < end) {
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

static int do_abi(int argc, char **argv)
{
	const long page = sysconf(_SC_PAGESIZE);
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm, cap;

	if (kvm < 0)
		return report(-1);

	EXPECT_VAL(ioctl(kvm, KVM_GET_API_VERSION, 0), 12);
	EXPECT_ERR(ioctl(kvm, KVM_GET_API_VERSION, 1), EINVAL);
	EXPECT_VAL(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), 3 * page);
	EXPECT_ERR(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 1), EINVAL);
	EXPECT_VAL(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_CHECK_EXTENSION_VM),
		   1);
	/* Nothing else works yet, so nothing else may say so. */
	for (cap = 0; cap < 4096; cap++)
		if (cap != KVM_CAP_CHECK_EXTENSION_VM)
			EXPECT_VAL(ioctl(kvm, KVM_CHECK_EXTENSION, cap), 0);
	EXPECT_VAL(ioctl(kvm, KVM_CHECK_EXTENSION, -1), 0);
	EXPECT_ERR(ioctl(kvm, KVM_CREATE_VM, 1), EINVAL);
	EXPECT_ERR(ioctl(kvm, KVM_CREATE_VM, -1), EINVAL);
	EXPECT_ERR(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, 0), EINVAL);
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
	EXPECT_VAL(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY), 0);
	EXPECT_ERR(ioctl(vm, KVM_CREATE_VCPU, 0), ENOTTY);
	EXPECT_ERR(ioctl(vm, KVM_GET_API_VERSION, 0), ENOTTY);
	EXPECT_ERR(ioctl(vm, KVM_CREATE_VM, 0), ENOTTY);
	EXPECT_ERR(ioctl(vm, _IO(KVMIO, 0xff), 0), ENOTTY);
	EXPECT_VAL(vm_ioctl_in_child(vm), EIO);
	close(vm);
	close(kvm);

	printf("%d wrong answers\n", abi_failures);
	return abi_failures != 0;
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
	if (!strcmp(verb, "kexec") && argc == 3)
		return do_kexec(argv, 0);
	if (!strcmp(verb, "kexec-panic") && argc == 3)
		return do_kexec(argv, KEXEC_FILE_ON_CRASH);
	fprintf(stderr, "labtool: what?\n");
	return 2;
}
