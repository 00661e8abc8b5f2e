// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - a VM for a tiny guest, see vm.h
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm.h"

#define CR0_PE	 (1u << 0)
#define CR0_MP	 (1u << 1)
#define CR0_ET	 (1u << 4)
#define CR0_NE	 (1u << 5)
#define CR0_WP	 (1u << 16)
#define CR0_PG	 (1u << 31)
#define CR4_PSE	 (1u << 4)
#define CR4_PAE	 (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NX	 (1u << 11)

#define TSC_DEADLINE (1u << 24) /* CPUID.1:ECX */

#define PTE_P 0x1ull
#define PTE_W 0x2ull
#define PTE_U 0x4ull
#define PTE_S 0x80ull

void leave(enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	/* Without destructors: other threads may be in the guest. */
	_exit(outcome);
}

static void load_guest(struct vm *vm, const char *guest)
{
	const char *folder = getenv("GUESTS");
	char name[256];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "%s/%s.bin", folder ? folder : ".", guest);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		leave(FAILED, "no %s", name);
	n = read(fd, vm->low + CODE_AT, TABLES_AT - CODE_AT);
	MUST(n > 0 && n < TABLES_AT - CODE_AT);
	close(fd);
}

/* One to one, all below 4 GB, in whatever format the mode has. */
static void make_tables(struct vm *vm)
{
	__u64 *table = vm->low + TABLES_AT;
	__u64 *dirs = table + 1024;
	__u32 *dir32 = vm->low + TABLES_AT;
	unsigned int i;

	memset(table, 0, 6 * PAGE);
	switch (vm->mode) {
	case PAGED:
		for (i = 0; i < 1024; i++)
			dir32[i] = i << 22 | PTE_S | PTE_U | PTE_W | PTE_P;
		return;
	case PAE:
		for (i = 0; i < 4; i++)
			table[i] = (TABLES_AT + (2 + i) * PAGE) | PTE_P;
		break;
	case LONG:
		table[0] = (TABLES_AT + PAGE) | PTE_U | PTE_W | PTE_P;
		for (i = 0; i < 4; i++)
			table[512 + i] = (TABLES_AT + (2 + i) * PAGE) | PTE_U |
					 PTE_W | PTE_P;
		break;
	default:
		return;
	}
	for (i = 0; i < 2048; i++)
		dirs[i] = (__u64)i << 21 | PTE_S | PTE_U | PTE_W | PTE_P;
}

static void make_gdt(struct vm *vm)
{
	__u64 *gdt = vm->low + GDT_AT;

	gdt[SEL_CODE64 / 8] = 0x00af9b000000ffff;
	gdt[SEL_DATA / 8] = 0x00cf93000000ffff;
	gdt[SEL_CODE32 / 8] = 0x00cf9b000000ffff;
	gdt[SEL_TSS / 8] = 0x00008b0000000067 | (__u64)TSS_AT << 16;
}

static struct kvm_segment flat(__u16 selector, __u8 type, bool is_64)
{
	struct kvm_segment s = {
		.selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.present = 1,
		.s = 1,
		.g = 1,
		.db = !is_64,
		.l = is_64,
	};

	return s;
}

static struct kvm_segment real_segment(__u8 type)
{
	struct kvm_segment s = {
		.limit = 0xffff,
		.type = type,
		.present = 1,
		.s = 1,
	};

	return s;
}

static void set_mode_registers(struct vm *vm, struct kvm_sregs *s)
{
	s->cr0 = CR0_ET | CR0_NE | CR0_MP;
	if (vm->mode != REAL)
		s->cr0 |= CR0_PE;
	if (vm->mode >= PAGED) {
		s->cr0 |= CR0_PG | CR0_WP;
		s->cr3 = TABLES_AT;
		s->cr4 = vm->mode == PAGED ? CR4_PSE : CR4_PAE;
	}
	if (vm->mode == LONG)
		s->efer = EFER_LME | EFER_LMA | EFER_NX;
}

static void set_segments(struct vm *vm, struct kvm_sregs *s)
{
	if (vm->mode == REAL) {
		s->cs = real_segment(0xb);
		s->ds = real_segment(0x3);
	} else {
		s->cs = flat(vm->mode == LONG ? SEL_CODE64 : SEL_CODE32, 0xb,
			     vm->mode == LONG);
		s->ds = flat(SEL_DATA, 0x3, false);
		s->tr = flat(SEL_TSS, 0xb, false);
		s->tr.base = TSS_AT;
		s->tr.limit = 0x67;
		s->tr.s = 0;
		s->tr.g = 0;
		s->tr.db = 0;
		s->gdt.base = GDT_AT;
		s->gdt.limit = 0x7f;
		s->idt.base = IDT_AT;
		s->idt.limit = 0xfff;
	}
	s->es = s->ds;
	s->fs = s->ds;
	s->gs = s->ds;
	s->ss = s->ds;
}

/* What is supported, and of leaf 1 more in ECX. */
static void set_cpuid(struct vcpu *vcpu, __u32 more)
{
	struct kvm_cpuid2 *cpuid;
	const int nent = 256;
	unsigned int i;

	cpuid = calloc(1, sizeof(*cpuid) + nent * sizeof(cpuid->entries[0]));
	MUST(cpuid);
	cpuid->nent = nent;
	MUST(!ioctl(vcpu->vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid));
	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ecx |= more;
	MUST(!ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid));
	free(cpuid);
}

void vcpu_offer_tsc_deadline(struct vcpu *vcpu)
{
	set_cpuid(vcpu, TSC_DEADLINE);
}

static void make_vcpu(struct vm *vm, int index)
{
	struct vcpu *vcpu = &vm->vcpus[index];
	struct kvm_regs regs = {
		.rip = CODE_AT,
		.rsp = STACKS_AT + (index + 1) * STACK_SIZE,
		.rflags = 2,
		/* A function's first argument, in 32 and in 64 bits. */
		.rax = index,
		.rdi = index,
	};
	struct kvm_sregs sregs;
	int size;

	vcpu->vm = vm;
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, index);
	MUST(vcpu->fd >= 0);
	size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	MUST(size >= (int)sizeof(struct kvm_run));
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	MUST(vcpu->run != MAP_FAILED);
	set_cpuid(vcpu, 0);
	/* A call would have pushed a return address. */
	if (vm->mode == LONG)
		regs.rsp -= 8;
	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &sregs));
	set_mode_registers(vm, &sregs);
	set_segments(vm, &sregs);
	MUST(!ioctl(vcpu->fd, KVM_SET_SREGS, &sregs));
	MUST(!ioctl(vcpu->fd, KVM_SET_REGS, &regs));
}

static void vm_make(struct vm *vm, enum mode mode, const char *guest)
{
	memset(vm, 0, sizeof(*vm));
	vm->mode = mode;
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	MUST(vm->kvm >= 0);
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	MUST(vm->fd >= 0);
	vm->low = get_memory(LOW_SIZE, PAGE, 0);
	MUST(vm->low != MAP_FAILED);
	vm->box = vm->low + MAILBOX_AT;
	load_guest(vm, guest);
	make_gdt(vm);
	make_tables(vm);
	vm_slot(vm, 0, 0, 0, LOW_SIZE, vm->low);
}

static void make_vcpus(struct vm *vm, int nr_vcpus)
{
	int i;

	vm->nr_vcpus = nr_vcpus;
	for (i = 0; i < nr_vcpus; i++)
		make_vcpu(vm, i);
}

void vm_start(struct vm *vm, enum mode mode, const char *guest, int nr_vcpus)
{
	vm_make(vm, mode, guest);
	make_vcpus(vm, nr_vcpus);
}

void vm_start_with_irqchip(struct vm *vm, enum mode mode, const char *guest,
			   int nr_vcpus)
{
	vm_make(vm, mode, guest);
	MUST(!ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0));
	make_vcpus(vm, nr_vcpus);
}

void vm_slot(struct vm *vm, int slot, __u32 flags, __u64 gpa, __u64 size,
	     void *memory)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (__u64)memory,
	};

	MUST(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region));
}

void *get_memory(unsigned long size, unsigned long align, int flags)
{
	char *p, *at;

	flags |= MAP_ANONYMOUS | (flags & MAP_SHARED ? 0 : MAP_PRIVATE);
	if (flags & MAP_HUGETLB)
		return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	p = mmap(NULL, size + align, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return p;
	at = (char *)(((unsigned long)p + align - 1) & -align);
	return mmap(at, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
}

__u64 vm_stat(struct vm *vm, const char *name)
{
	struct kvm_stats_header h;
	struct kvm_stats_desc *d;
	unsigned int i, size;
	__u64 value;
	int fd;

	fd = ioctl(vm->fd, KVM_GET_STATS_FD, NULL);
	MUST(fd >= 0);
	MUST(pread(fd, &h, sizeof(h), 0) == sizeof(h));
	size = sizeof(*d) + h.name_size;
	d = malloc(size);
	MUST(d);
	for (i = 0; i < h.num_desc; i++) {
		MUST(pread(fd, d, size, h.desc_offset + i * size) == size);
		if (strcmp(d->name, name))
			continue;
		MUST(pread(fd, &value, 8, h.data_offset + d->offset) == 8);
		free(d);
		close(fd);
		return value;
	}
	leave(FAILED, "no statistic %s", name);
}

int vcpu_enter(struct vcpu *vcpu)
{
	return ioctl(vcpu->fd, KVM_RUN, 0) ? errno : 0;
}

void *io_data(struct kvm_run *run)
{
	return (char *)run + run->io.data_offset;
}

bool is_out(struct kvm_run *run, __u16 port)
{
	return run->exit_reason == KVM_EXIT_IO &&
	       run->io.direction == KVM_EXIT_IO_OUT && run->io.size == 4 &&
	       run->io.count == 1 && run->io.port == port;
}

const char *exit_text(struct kvm_run *run)
{
	static char text[128];

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		snprintf(text, sizeof(text), "%s port %#x, %u times %u bytes",
			 run->io.direction ? "OUT" : "IN", run->io.port,
			 run->io.count, run->io.size);
		break;
	case KVM_EXIT_MMIO:
		snprintf(text, sizeof(text), "%s of %u bytes at %#llx, %#llx",
			 run->mmio.is_write ? "MMIO write" : "MMIO read",
			 run->mmio.len, run->mmio.phys_addr,
			 *(__u64 *)run->mmio.data);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(text, sizeof(text), "FAIL_ENTRY, %#llx",
			 run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		snprintf(text, sizeof(text), "INTERNAL_ERROR %u, data %#llx",
			 run->internal.suberror, run->internal.data[1]);
		break;
	default:
		snprintf(text, sizeof(text), "exit reason %u",
			 run->exit_reason);
	}
	return text;
}

/* True if it was text, which needs nobody's attention. */
static bool take_text(struct vm *vm, struct kvm_run *run)
{
	const char *data = io_data(run);
	unsigned int i;

	if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT_TEXT ||
	    run->io.direction != KVM_EXIT_IO_OUT || run->io.size != 1)
		return false;
	for (i = 0; i < run->io.count; i++)
		if (vm->text_len < sizeof(vm->text) - 1)
			vm->text[vm->text_len++] = data[i];
	return true;
}

__u32 vcpu_next(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	__u32 verdict;
	int e;

	do {
		e = vcpu_enter(vcpu);
		if (e)
			leave(FAILED, "KVM_RUN: %s", strerrorname_np(e));
	} while (take_text(vcpu->vm, run));
	if (!is_out(run, PORT_VERDICT))
		return run->exit_reason;
	verdict = *(__u32 *)io_data(run);
	if (verdict)
		leave(FAILED, "the guest failed at its line %u", verdict);
	return 0;
}

void vcpu_finish(struct vcpu *vcpu)
{
	__u32 reason;

	do
		reason = vcpu_next(vcpu);
	while (reason && is_out(vcpu->run, PORT_STEP));
	if (reason)
		leave(FAILED, "not wanted: %s", exit_text(vcpu->run));
}

void vcpu_start_thread(struct vcpu *vcpu, void *(*fn)(void *vcpu))
{
	MUST(!pthread_create(&vcpu->thread, NULL, fn, vcpu));
}
