// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvminfo.c - what a host offers and what Twinwalk makes of it
 *
 * Opens /dev/kvm, prints what the module found and chose, makes a VM, and shows
 * that virtualisation is on, on every CPU, as long as the VM is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/kvm/"

/* In a line of "cpus": what the CPU's own registers say, either vendor. */
#define IS_ON  "E=1"
#define IS_OFF "CR4.VMXE=0 EFER.SVME=0"

static int failed(const char *what)
{
	fprintf(stderr, "kvminfo: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Prints a file; how many lines of it have @word, or -1. */
static int print_file(const char *name, const char *word)
{
	FILE *f = fopen(name, "r");
	char line[256];
	int found = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		printf("  %s", line);
		if (strstr(line, word))
			found++;
	}
	fclose(f);
	return found;
}

int main(void)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int kvm, vm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return failed("/dev/kvm");
	printf("/dev/kvm: API version %d, %d bytes shared with a vCPU\n",
	       ioctl(kvm, KVM_GET_API_VERSION, 0),
	       ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));

	printf("what the host offers:\n");
	if (print_file(DEBUGFS "host", "vendor") != 1)
		return failed(DEBUGFS "host");

	printf("without a VM:\n");
	if (print_file(DEBUGFS "cpus", IS_OFF) != nr_cpus)
		return failed("virtualisation is on without a VM");

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return failed("KVM_CREATE_VM");
	printf("with a VM:\n");
	if (print_file(DEBUGFS "cpus", IS_ON) != nr_cpus)
		return failed("virtualisation is not on, on every CPU");
	close(vm);

	printf("with the VM gone:\n");
	if (print_file(DEBUGFS "cpus", IS_OFF) != nr_cpus)
		return failed("virtualisation stayed on");
	close(kvm);
	return 0;
}
