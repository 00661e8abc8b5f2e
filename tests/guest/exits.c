// SPDX-License-Identifier: GPL-2.0-only
/*
 * exits.c - tests of what makes a guest exit: each is a list of what has to come
 *
 * The runner looks at every value that the guest sent, and answers what the list
 * says.  A string instruction is as many rows as it moves values, however many
 * exits it takes.
 */
#include <stdlib.h>

#include "vm.h"

enum kind {
	END,
	OUT,
	IN,
	WRITE,
	READ,
	HALT,
	SHUTDOWN,
	RDMSR,
	WRMSR
};

static const char *const kinds[] = {
	[END] = "the guest's end", [OUT] = "OUT",	 [IN] = "IN",
	[WRITE] = "MMIO write",	   [READ] = "MMIO read", [HALT] = "HLT",
	[SHUTDOWN] = "SHUTDOWN",   [RDMSR] = "RDMSR",	 [WRMSR] = "WRMSR",
};

/**
 * struct step - an exit that has to come
 * @kind: of it
 * @size: in bytes; of an MSR, what its error has to be
 * @at: port, address, MSR
 * @value: what has to be sent, or what is answered
 */
struct step {
	enum kind kind;
	unsigned int size;
	__u64 at;
	__u64 value;
};

/* The row whose turn it is, and the lists that come after its own. */
static const struct step *wanted;
static const struct step *const *more;

static void next_row(void)
{
	wanted++;
	while (wanted->kind == END && *more)
		wanted = *more++;
}

/* Compares one thing that happened with the row whose turn it is. */
static void take(enum kind kind, unsigned int size, __u64 at, void *data)
{
	__u64 value = 0;

	if (wanted->kind != kind || wanted->size != size || wanted->at != at)
		leave(FAILED, "%s of %u at %#llx; wanted %s of %u at %#llx",
		      kinds[kind], size, at, kinds[wanted->kind], wanted->size,
		      wanted->at);
	if (kind == IN || kind == READ) {
		memcpy(data, &wanted->value, size);
	} else {
		memcpy(&value, data, size);
		if (value != wanted->value)
			leave(FAILED, "%s of %u at %#llx: %#llx, wanted %#llx",
			      kinds[kind], size, at, value, wanted->value);
	}
	next_row();
}

static void take_msr(struct kvm_run *run)
{
	bool is_read = run->exit_reason == KVM_EXIT_X86_RDMSR;

	if (wanted->kind != (is_read ? RDMSR : WRMSR) ||
	    wanted->at != run->msr.index)
		leave(FAILED, "%s of MSR %#x; wanted %s of %#llx",
		      is_read ? "read" : "write", run->msr.index,
		      kinds[wanted->kind], wanted->at);
	SAME(run->msr.reason, KVM_MSR_EXIT_REASON_UNKNOWN);
	run->msr.error = wanted->size;
	if (is_read)
		run->msr.data = wanted->value;
	else
		SAME(run->msr.data, wanted->value);
	next_row();
}

static void take_exit(struct kvm_run *run)
{
	unsigned int i;
	char nothing[8] = "";

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		for (i = 0; i < run->io.count; i++)
			take(run->io.direction ? OUT : IN, run->io.size,
			     run->io.port, io_data(run) + i * run->io.size);
		return;
	case KVM_EXIT_MMIO:
		take(run->mmio.is_write ? WRITE : READ, run->mmio.len,
		     run->mmio.phys_addr, run->mmio.data);
		return;
	case KVM_EXIT_HLT:
		take(HALT, 0, 0, nothing);
		return;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		take_msr(run);
		return;
	}
	leave(FAILED, "not wanted: %s", exit_text(run));
}

static void run_steps(struct vcpu *vcpu, const struct step *const *lists)
{
	__u32 reason;

	wanted = *lists;
	more = lists + 1;
	while ((reason = vcpu_next(vcpu))) {
		if (reason == KVM_EXIT_SHUTDOWN && wanted->kind == SHUTDOWN)
			return;
		take_exit(vcpu->run);
	}
	if (wanted->kind != END)
		leave(FAILED, "the guest passed; wanted %s at %#llx before",
		      kinds[wanted->kind], wanted->at);
}

static void test_steps(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	run_steps(&vm.vcpus[0], t->data);
}

/* The guest says in which mode it is. */
static void test_hello(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu_finish(&vm.vcpus[0]);
	if (strcmp(vm.text, t->data))
		leave(FAILED, "the guest said \"%s\", not \"%s\"", vm.text,
		      (const char *)t->data);
}

static const struct step ten[] = { { OUT, 2, 0x80, 5 }, {} };

static const struct step pio[] = { { OUT, 1, 0x80, 0x11 },
				   { OUT, 2, 0x81, 0x2222 },
				   { OUT, 4, 0x82, 0x33333333 },
				   { OUT, 1, 0x380, 0x44 },
				   { OUT, 2, 0x381, 0x5555 },
				   { OUT, 4, 0x382, 0x66666666 },
				   { IN, 1, 0x80, 0xa1 },
				   { IN, 2, 0x81, 0xa2a2 },
				   { IN, 4, 0x82, 0xa3a3a3a3 },
				   { IN, 1, 0x380, 0xa4 },
				   { IN, 2, 0x381, 0xa5a5 },
				   { IN, 4, 0x382, 0xa6a6a6a6 },
				   { OUT, 1, 0xffff, 0x77 },
				   { IN, 4, 0xfffc, 0xffffffff },
				   /* outs */
				   { OUT, 1, 0x390, 1 },
				   { OUT, 1, 0x390, 2 },
				   { OUT, 1, 0x390, 3 },
				   { OUT, 1, 0x390, 4 },
				   { OUT, 1, 0x390, 5 },
				   { OUT, 2, 0x390, 0x1111 },
				   { OUT, 2, 0x390, 0x2222 },
				   { OUT, 2, 0x390, 0x3333 },
				   { OUT, 4, 0x390, 0x44444444 },
				   { OUT, 4, 0x390, 0x55555555 },
				   { OUT, 1, 0x390, 3 },
				   { OUT, 1, 0x390, 2 },
				   { OUT, 1, 0x390, 1 },
				   { OUT, 1, 0x390, 5 },
				   /* ins */
				   { IN, 1, 0x391, 0x91 },
				   { IN, 1, 0x391, 0x92 },
				   { IN, 1, 0x391, 0x93 },
				   { IN, 1, 0x391, 0x94 },
				   { IN, 1, 0x391, 0x95 },
				   { IN, 2, 0x391, 0x9111 },
				   { IN, 2, 0x391, 0x9222 },
				   { IN, 4, 0x391, 0x93939393 },
				   { IN, 4, 0x391, 0x94949494 },
				   { IN, 1, 0x391, 0xa1 },
				   { IN, 1, 0x391, 0xa2 },
				   {} };

#define AT(offset) (MMIO_AT + (offset))

static const struct step stores[] = { { WRITE, 1, AT(0x00), 0x11 },
				      { WRITE, 2, AT(0x08), 0x2222 },
				      { WRITE, 4, AT(0x10), 0x33333333 },
				      { WRITE, 1, AT(0x18), 0x44 },
				      { WRITE, 2, AT(0x20), 0x5555 },
				      { WRITE, 4, AT(0x28), 0x66666666 },
				      { WRITE, 1, AT(0x30), 0x77 },
				      { WRITE, 4, AT(0x38), 0x88888888 },
				      {} };

static const struct step stores_64[] = {
	{ WRITE, 8, AT(0x100), 0x9999999999999999 },
	{ WRITE, 8, AT(0x108), -2ull },
	{ WRITE, 8, AT(0x110), 0xaaaaaaaaaaaaaaaa },
	{ WRITE, 1, AT(0x118), 0xab },
	{ WRITE, 1, AT(0x120), 0xbb },
	{ WRITE, 4, AT(0x128), 0xcccccccc },
	{ WRITE, 8, AT(0x130), 0xdddddddddddddddd },
	{ WRITE, 4, AT(0xffc), 0x55667788 },
	{ WRITE, 4, AT(0x1000), 0x11223344 },
	{ WRITE, 1, AT(0xfff), 0xaa },
	{ WRITE, 1, AT(0x1000), 0x99 },
	{}
};

static const struct step loads[] = {
	{ READ, 1, AT(0x40), 0x81 },	   { READ, 2, AT(0x48), 0x8282 },
	{ READ, 4, AT(0x50), 0x83838383 }, { READ, 1, AT(0x58), 0x84 },
	{ READ, 2, AT(0x60), 0x8585 },	   { READ, 1, AT(0x68), 0x86 },
	{ READ, 2, AT(0x70), 0x8787 },	   { READ, 1, AT(0x78), 0x88 },
	{ READ, 1, AT(0x80), 0x89 },	   {}
};

static const struct step loads_64[] = {
	{ READ, 8, AT(0x140), 0x9191919191919191 },
	{ READ, 1, AT(0x148), 0x92 },
	{ READ, 2, AT(0x150), 0x9393 },
	{ READ, 1, AT(0x158), 0x94 },
	{ READ, 2, AT(0x160), 0x9595 },
	{ READ, 4, AT(0x168), 0x96969696 },
	{ READ, 1, AT(0x170), 0x97 },
	{ READ, 4, AT(0x178), 0x98989898 },
	{ READ, 8, AT(0x180), 0x9999999999999999 },
	{ READ, 8, AT(0x188), 0x9a9a9a9a9a9a9a9a },
	{ READ, 4, AT(0x1ffc), 0x9b9b9b9b },
	{ READ, 4, AT(0x2000), 0x9c9c9c9c },
	{}
};

static const struct step mmio_real[] = {
	{ WRITE, 1, MMIO_REAL_AT + 0x10, 0x11 },
	{ WRITE, 2, MMIO_REAL_AT + 0x18, 0x2222 },
	{ WRITE, 4, MMIO_REAL_AT + 0x20, 0x33333333 },
	{ READ, 1, MMIO_REAL_AT + 0x28, 0x81 },
	{ READ, 2, MMIO_REAL_AT + 0x30, 0x8282 },
	{ READ, 4, MMIO_REAL_AT + 0x38, 0x83838383 },
	{}
};

static const struct step mmio_more[] = {
	{ READ, 4, AT(0x00), 0x234 },
	{ WRITE, 4, AT(0x00), 0x1234 },
	{ READ, 1, AT(0x08), 0x01 },
	{ WRITE, 1, AT(0x08), 0x81 },
	{ READ, 4, AT(0x10), 0x12345678 },
	{ WRITE, 4, AT(0x10), 0x5600 },
	{ READ, 2, AT(0x18), 0x00ff },
	{ WRITE, 2, AT(0x18), 0xff00 },
	{ READ, 4, AT(0x20), 0xffffffff },
	{ WRITE, 4, AT(0x20), 0 },
	{ READ, 4, AT(0x28), 0x0f0f0f0f },
	{ WRITE, 4, AT(0x28), 0xf0f0f0f0 },
	{ READ, 4, AT(0x30), 0 },
	{ WRITE, 4, AT(0x30), 0xffffffff },
	{ READ, 4, AT(0x38), 0x3838 },
	{ WRITE, 4, AT(0x38), 0x1000 },
	{ READ, 4, AT(0x40), 0x4040 },
	{ WRITE, 4, AT(0x40), 0x4041 },
	{ READ, 4, AT(0x48), 0x4848 },
	{ READ, 1, AT(0x50), 0x10 },
	{ READ, 4, AT(0x58), 0x5858 },
	{ READ, 8, AT(0x60), 0x6060606060606060 },
	{ READ, 4, AT(0x68), 0x8 },
	{ WRITE, 4, AT(0x80), 0xabcd },
	{ WRITE, 4, AT(0x84), 0xabcd },
	{ WRITE, 4, AT(0x88), 0xabcd },
	{ WRITE, 4, AT(0x90), 0x01010101 },
	{ WRITE, 4, AT(0x94), 0x02020202 },
	{ READ, 4, AT(0xa0), 0xa0a0 },
	{ READ, 4, AT(0xa4), 0xa4a4 },
	{ READ, 4, AT(0xb0), 0xb0b0 },
	{}
};

static const struct step mmio_system[] = {
	{ READ, 2, AT(0x00), SEL_DATA },
	{ READ, 2, AT(0x08), 0 },
	{ READ, 6, AT(0x10), SEL_DATA * 0x100000000 + 0x12345678 },
	{ READ, 2, AT(0x20), SEL_DATA },
	{ WRITE, 2, AT(0x28), 0 },
	{ READ, 4, AT(0x40), 0x10 },
	{ WRITE, 8, AT(0x48), 0x1122334455667788 },
	{ READ, 8, AT(0x50), 0x5050505050505050 },
	{ WRITE, 2, AT(0x58), 0x37f },
	{}
};

/* The one before the last is the error code that a task finds. */
static const struct step task[] = { { OUT, 4, 0x80, 1 },
				    { OUT, 4, 0x80, 2 },
				    { OUT, 4, 0x80, 3 },
				    { OUT, 4, 0x80, 4 },
				    { OUT, 4, 0x80, 5 },
				    { OUT, 4, 0x80, 6 },
				    { OUT, 4, 0x80, 7 },
				    { OUT, 4, 0x80, 8 },
				    { OUT, 4, 0x80, 0xff8 },
				    { OUT, 4, 0x80, 9 },
				    {} };

static const struct step halt[] = { { HALT }, { HALT }, { HALT }, {} };

static const struct step shutdown_steps[] = { { OUT, 1, 0x80, 0x12 },
					      { SHUTDOWN } };

#define NONE 0xc0001234

/* The second column is the error that the runner answers with. */
static const struct step msr_exits[] = { { RDMSR, 0, NONE, 0x1122334455667788 },
					 { WRMSR, 0, NONE, 0x99aabbccddeeff00 },
					 { RDMSR, 1, NONE + 1, 0 },
					 { WRMSR, 1, NONE + 1, 0x600000005 },
					 { RDMSR, 0, NONE + 2, 1 },
					 {} };

static void test_msr_exits(const struct test *t)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR,
				      .args = { KVM_MSR_EXIT_REASON_UNKNOWN } };
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	MUST(!ioctl(vm.fd, KVM_ENABLE_CAP, &cap));
	run_steps(&vm.vcpus[0], t->data);
}

/* A leaf of the runner's own, above those that the host has. */
static void test_cpu(const struct test *t)
{
	const struct kvm_cpuid_entry2 own = {
		.eax = 1, .ebx = 2, .ecx = 3, .edx = 4
	};
	struct kvm_cpuid_entry2 *e;
	struct kvm_cpuid2 *cpuid;
	struct vm vm;
	__u32 i;

	vm_start(&vm, t->mode, t->guest, 1);
	cpuid = calloc(1, sizeof(*cpuid) + 256 * sizeof(*e));
	MUST(cpuid);
	cpuid->nent = 255;
	MUST(!ioctl(vm.kvm, KVM_GET_SUPPORTED_CPUID, cpuid));
	e = cpuid->entries;
	for (i = 0; i < cpuid->nent && e[i].function; i++)
		;
	MUST(i < cpuid->nent);
	e[i].eax++;
	vm.box->arg[0] = e[i].eax;
	vm.box->arg[1] = e[i].eax;
	e[cpuid->nent] = own;
	e[cpuid->nent].function = e[i].eax;
	cpuid->nent++;
	MUST(!ioctl(vm.vcpus[0].fd, KVM_SET_CPUID2, cpuid));
	vcpu_finish(&vm.vcpus[0]);
}

static void test_plain(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu_finish(&vm.vcpus[0]);
}

static const struct step *const ten_lists[] = { ten, NULL };
static const struct step *const pio_lists[] = { pio, NULL };
static const struct step *const mmio_32_lists[] = { stores, loads, NULL };
static const struct step *const mmio_64_lists[] = { stores, stores_64, loads,
						    loads_64, NULL };
static const struct step *const mmio_real_lists[] = { mmio_real, NULL };
static const struct step *const mmio_more_lists[] = { mmio_more, NULL };
static const struct step *const mmio_system_lists[] = { mmio_system, NULL };
static const struct step *const task_lists[] = { task, NULL };
static const struct step *const halt_lists[] = { halt, NULL };
static const struct step *const shutdown_lists[] = { shutdown_steps, NULL };
static const struct step *const msr_lists[] = { msr_exits, NULL };

const struct test exit_tests[] = {
	{ "ten_instructions", test_steps, "ten", REAL, ten_lists },
	{ "hello_real", test_hello, "hello-16", REAL, "real0" },
	{ "hello_protected", test_hello, "hello-32", PROTECTED, "protected0" },
	{ "hello_paged", test_hello, "hello-32", PAGED, "paged0" },
	{ "hello_pae", test_hello, "hello-32", PAE, "PAE0" },
	{ "hello_long", test_hello, "hello", LONG, "long0" },
	{ "halt", test_steps, "halt", LONG, halt_lists },
	{ "shutdown", test_steps, "shutdown", LONG, shutdown_lists },
	{ "pio_real", test_steps, "pio-16", REAL, pio_lists },
	{ "pio_protected", test_steps, "pio-32", PROTECTED, pio_lists },
	{ "pio_paged", test_steps, "pio-32", PAGED, pio_lists },
	{ "pio_pae", test_steps, "pio-32", PAE, pio_lists },
	{ "pio_long", test_steps, "pio", LONG, pio_lists },
	{ "mmio_real", test_steps, "mmio_real", REAL, mmio_real_lists },
	{ "mmio_protected", test_steps, "mmio-32", PROTECTED, mmio_32_lists },
	{ "mmio_paged", test_steps, "mmio-32", PAGED, mmio_32_lists },
	{ "mmio_pae", test_steps, "mmio-32", PAE, mmio_32_lists },
	{ "mmio_long", test_steps, "mmio", LONG, mmio_64_lists },
	{ "mmio_more", test_steps, "mmio_more", LONG, mmio_more_lists },
	{ "cpuid_tsc_msr", test_cpu, "cpu", LONG, NULL },
	{ "msr_exits", test_msr_exits, "msr_exits", LONG, msr_lists },
	{ "exceptions", test_plain, "trapping", LONG, NULL },
	{ "mmio_system", test_steps, "mmio_system", LONG, mmio_system_lists },
	{ "task_switches", test_steps, "task", PROTECTED, task_lists },
	{}
};
