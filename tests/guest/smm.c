// SPDX-License-Identifier: GPL-2.0-only
/*
 * smm.c - tests of system management mode, and of machine checks
 *
 * SMM's memory is a slot of the second address space.  Its handler counts in it,
 * and stops at a port of its own before RSM.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "vm.h"

#define SMRAM_AT     AREA_AT
#define SMRAM_SIZE   (64 * KB)
#define SMRAM_SLOT   (1 << 16 | 1)
#define HANDLER_PORT 0x9f

#define MSR_SMBASE    0x9e
#define MSR_SMI_COUNT 0x34

/* Of the state-save area, from SMBASE on. */
#define AT_HALT	    0xfec9
#define AT_EFER	    0xfed0
#define AT_REVISION 0xfefc
#define AT_SMBASE   0xff00
#define AT_CR0	    0xff58
#define AT_RIP	    0xff78
#define AT_RAX	    0xfff8
#define AT_COUNT    0x9000

static const __u8 handler[] = {
	/* clang-format off */
	0x2e, 0xfe, 0x06, 0x00, 0x90,	/* incb %cs:0x9000 */
	0xb0, 0xfe,			/* mov $0xfe, %al */
	0xe6, HANDLER_PORT,		/* out %al, $HANDLER_PORT */
	0x0f, 0xaa,			/* rsm */
	/* clang-format on */
};

static __u64 get_msr(struct vcpu *vcpu, __u32 index)
{
	struct {
		struct kvm_msrs list;
		struct kvm_msr_entry entry;
	} one = { { .nmsrs = 1 }, { .index = index } };

	SAME(ioctl(vcpu->fd, KVM_GET_MSRS, &one), 1);
	return one.entry.data;
}

static void set_msr(struct vcpu *vcpu, __u32 index, __u64 data)
{
	struct {
		struct kvm_msrs list;
		struct kvm_msr_entry entry;
	} one = { { .nmsrs = 1 }, { .index = index, .data = data } };

	SAME(ioctl(vcpu->fd, KVM_SET_MSRS, &one), 1);
}

/* SMM's memory, seen from here. */
static __u8 *add_smram(struct vm *vm)
{
	__u8 *smram = get_memory(SMRAM_SIZE, PAGE, 0);

	MUST(smram != MAP_FAILED);
	memcpy(smram + 0x8000, handler, sizeof(handler));
	vm_slot(vm, SMRAM_SLOT, 0, SMRAM_AT, SMRAM_SIZE, smram);
	set_msr(&vm->vcpus[0], MSR_SMBASE, SMRAM_AT);
	return smram;
}

static __u64 word_at(const __u8 *smram, unsigned int offset, unsigned int size)
{
	__u64 value = 0;

	memcpy(&value, smram + offset, size);
	return value;
}

/* What an OUT has left open is done. */
static void settle(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	SAME(vcpu_enter(vcpu), EINTR);
	vcpu->run->immediate_exit = 0;
}

/* Run to an OUT of a byte, which the handler's is, too. */
static void run_to_port(struct vcpu *vcpu, __u16 port)
{
	SAME(vcpu_next(vcpu), KVM_EXIT_IO);
	SAME(vcpu->run->io.direction, KVM_EXIT_IO_OUT);
	SAME(vcpu->run->io.port, port);
	SAME(!!(vcpu->run->flags & KVM_RUN_X86_SMM), port == HANDLER_PORT);
}

static void smi(struct vcpu *vcpu)
{
	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_SMI, 0));
	run_to_port(vcpu, HANDLER_PORT);
	SAME(*(__u8 *)io_data(vcpu->run), 0xfe);
}

static void check_smm_registers(struct vcpu *vcpu,
				const struct kvm_regs *before)
{
	struct kvm_vcpu_events events;
	struct kvm_debugregs dbg;
	struct kvm_sregs s;
	struct kvm_regs r;

	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &s));
	SAME(s.cr0 & 0x8000000d, 0);
	SAME(s.cr4, 0);
	SAME(s.efer, 0);
	SAME(s.cs.base, SMRAM_AT);
	SAME(s.cs.selector, SMRAM_AT >> 4 & 0xffff);
	SAME(s.cs.limit, 0xffffffff);
	SAME(s.ds.base, 0);
	SAME(s.ds.limit, 0xffffffff);
	SAME(s.ds.selector, 0);
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &r));
	SAME(r.rbx, before->rbx);
	SAME(r.rsp, before->rsp);
	SAME(r.rip & ~0xful, 0x8000);
	MUST(!ioctl(vcpu->fd, KVM_GET_DEBUGREGS, &dbg));
	SAME(dbg.dr7, 0x400);
	MUST(!ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events));
	MUST(events.flags & KVM_VCPUEVENT_VALID_SMM);
	SAME(events.smi.smm, 1);
	SAME(events.smi.pending, 0);
	SAME(events.smi.smm_inside_nmi, 0);
	SAME(events.nmi.masked, 1);
}

/* In and out: all that the guest has is as before. */
static void test_mode(const struct test *t)
{
	struct kvm_debugregs dbg = { .dr6 = 0xffff0ff0, .dr7 = 0x700 },
			     dbg_after;
	struct kvm_vcpu_events events;
	struct kvm_sregs s, s_after;
	struct vcpu *vcpu;
	struct kvm_regs r;
	struct vm vm;
	__u8 *smram;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	smram = add_smram(&vm);
	MUST(!ioctl(vcpu->fd, KVM_SET_DEBUGREGS, &dbg));
	MUST(!ioctl(vcpu->fd, KVM_GET_DEBUGREGS, &dbg));
	run_to_port(vcpu, 0x80);
	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &r));
	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &s));

	smi(vcpu);
	check_smm_registers(vcpu, &r);
	SAME(word_at(smram, AT_REVISION, 4), 0x20064);
	SAME(word_at(smram, AT_SMBASE, 4), SMRAM_AT);
	SAME(word_at(smram, AT_RIP, 8), r.rip);
	SAME(word_at(smram, AT_RAX, 8), r.rax);
	SAME(word_at(smram, AT_CR0, 8), s.cr0);
	SAME(word_at(smram, AT_EFER, 8), s.efer);
	SAME(smram[AT_HALT], 0);
	SAME(smram[AT_COUNT], 1);
	SAME(get_msr(vcpu, MSR_SMI_COUNT), 1);

	/* The guest's own second OUT: it knows its registers. */
	run_to_port(vcpu, 0x81);
	SAME(*(__u16 *)io_data(vcpu->run), 0x2222);
	MUST(!ioctl(vcpu->fd, KVM_GET_SREGS, &s_after));
	MUST(!memcmp(&s, &s_after, sizeof(s)));
	MUST(!ioctl(vcpu->fd, KVM_GET_DEBUGREGS, &dbg_after));
	MUST(!memcmp(&dbg, &dbg_after, sizeof(dbg)));
	MUST(!ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events));
	SAME(events.smi.smm, 0);
	SAME(events.nmi.masked, 0);
}

/* One address, two memories. */
static void test_memory(const struct test *t)
{
	struct vcpu *vcpu;
	struct vm vm;
	__u8 *smram, *under;
	__u32 i;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	smram = add_smram(&vm);
	under = get_memory(SMRAM_SIZE, PAGE, 0);
	MUST(under != MAP_FAILED);
	memset(under, 0x11, SMRAM_SIZE);
	vm_slot(&vm, 1, 0, SMRAM_AT, SMRAM_SIZE, under);
	for (i = 0; i < 4; i++) {
		run_to_port(vcpu, 0x80);
		smi(vcpu);
		SAME(smram[AT_COUNT], i + 1);
	}
	vcpu_finish(vcpu);
	SAME(word_at(under, 0x8000, 4), 0x11111115);
	SAME(under[AT_COUNT], 0x11);
	MUST(!memcmp(smram + 0x8000, handler, sizeof(handler)));
}

static void test_nmi(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 1;
	add_smram(&vm);
	run_to_port(&vm.vcpus[0], 0x80);
	smi(&vm.vcpus[0]);
	MUST(!ioctl(vm.vcpus[0].fd, KVM_NMI, 0));
	vcpu_finish(&vm.vcpus[0]);
}

static void test_rsm_outside(const struct test *t)
{
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 2;
	vcpu_finish(&vm.vcpus[0]);
}

/* PG without PE: no CPU takes that. */
static void test_bad_state(const struct test *t)
{
	const __u64 bad = 0x80010032;
	struct vm vm;
	__u8 *smram;

	vm_start(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 3;
	smram = add_smram(&vm);
	run_to_port(&vm.vcpus[0], 0x80);
	smi(&vm.vcpus[0]);
	memcpy(smram + AT_CR0, &bad, sizeof(bad));
	SAME(vcpu_next(&vm.vcpus[0]), KVM_EXIT_SHUTDOWN);
}

static void test_no_memory(const struct test *t)
{
	struct vcpu *vcpu;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 3;
	vcpu = &vm.vcpus[0];
	set_msr(vcpu, MSR_SMBASE, AREA_B_AT);
	run_to_port(vcpu, 0x80);
	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_SMI, 0));
	SAME(vcpu_next(vcpu), KVM_EXIT_SHUTDOWN);
}

/* As a migration does it: out of SMM and in again, an SMI that waits. */
static void test_events(const struct test *t)
{
	const __u32 base = 0x12340000;
	struct kvm_vcpu_events events;
	struct vcpu *vcpu;
	struct vm vm;
	__u8 *smram;

	vm_start(&vm, t->mode, t->guest, 1);
	vm.box->arg[0] = 3;
	vcpu = &vm.vcpus[0];
	smram = add_smram(&vm);
	run_to_port(vcpu, 0x80);
	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events));
	events.flags = KVM_VCPUEVENT_VALID_SMM;
	events.smi.pending = 1;
	MUST(!ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	run_to_port(vcpu, HANDLER_PORT);

	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events));
	SAME(events.smi.smm, 1);
	events.smi.smm = 0;
	MUST(!ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	settle(vcpu);
	SAME(vcpu->run->flags & KVM_RUN_X86_SMM, 0);
	events.smi.smm = 1;
	MUST(!ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	settle(vcpu);
	SAME(vcpu->run->flags & KVM_RUN_X86_SMM, KVM_RUN_X86_SMM);
	memcpy(smram + AT_SMBASE, &base, sizeof(base));
	vcpu_finish(vcpu);
	SAME(get_msr(vcpu, MSR_SMBASE), base);
}

static void ignore_alarm(int sig)
{
	(void)sig;
}

/* The guest is in HLT, for the kernel's own APIC to end. */
static void run_to_halt(struct vcpu *vcpu)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	struct kvm_mp_state state;

	do {
		MUST(!setitimer(ITIMER_REAL, &soon, NULL));
		SAME(vcpu_enter(vcpu), EINTR);
		MUST(!ioctl(vcpu->fd, KVM_GET_MP_STATE, &state));
	} while (state.mp_state != KVM_MP_STATE_HALTED);
}

static __u64 halts_left(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	MUST(!ioctl(vcpu->fd, KVM_GET_REGS, &regs));
	return regs.rcx;
}

/* RSM halts the guest again, unless the handler does not want it. */
static void test_halted(const struct test *t)
{
	const struct sigaction sa = { .sa_handler = ignore_alarm };
	struct vcpu *vcpu;
	struct vm vm;
	__u8 *smram;
	int i;

	MUST(!sigaction(SIGALRM, &sa, NULL));
	vm_start_with_irqchip(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	smram = add_smram(&vm);
	for (i = 3; i; i--) {
		run_to_halt(vcpu);
		SAME(halts_left(vcpu), i);
		MUST(!ioctl(vcpu->fd, KVM_SMI, 0));
		run_to_port(vcpu, HANDLER_PORT);
		SAME(smram[AT_HALT] & 1, 1);
		run_to_halt(vcpu);
		SAME(halts_left(vcpu), i);

		MUST(!ioctl(vcpu->fd, KVM_SMI, 0));
		run_to_port(vcpu, HANDLER_PORT);
		smram[AT_HALT] = 0;
	}
	vcpu_finish(vcpu);
}

static void test_mce(const struct test *t)
{
	const __u64 cap = 4 | 1 << 8 | 1 << 24;
	struct kvm_x86_mce mce = {
		/* Valid, uncorrected, enabled, with an address, S. */
		.status = 1ull << 63 | 1ull << 61 | 1ull << 60 | 1ull << 58 |
			  1ull << 56,
		.addr = 0x1234000,
		.mcg_status = 5,
		.bank = 1,
	};
	struct vcpu *vcpu;
	struct vm vm;

	vm_start(&vm, t->mode, t->guest, 1);
	vcpu = &vm.vcpus[0];
	vm.box->arg[0] = mce.status;
	MUST(!ioctl(vcpu->fd, KVM_X86_SETUP_MCE, &cap));
	run_to_port(vcpu, 0x80);
	settle(vcpu);
	MUST(!ioctl(vcpu->fd, KVM_X86_SET_MCE, &mce));
	run_to_port(vcpu, 0x80);
	settle(vcpu);
	mce.status = 1ull << 63 | 0x42;
	vm.box->arg[1] = mce.status;
	MUST(!ioctl(vcpu->fd, KVM_X86_SET_MCE, &mce));
	vcpu_finish(vcpu);
}

const struct test smm_tests[] = {
	{ "smm_real", test_mode, "pio-16", REAL, NULL },
	{ "smm_protected", test_mode, "pio-32", PROTECTED, NULL },
	{ "smm_paged", test_mode, "pio-32", PAGED, NULL },
	{ "smm_pae", test_mode, "pio-32", PAE, NULL },
	{ "smm_long", test_mode, "pio", LONG, NULL },
	{ "smm_memory", test_memory, "smm", LONG, NULL },
	{ "smm_nmi", test_nmi, "smm", LONG, NULL },
	{ "smm_halted", test_halted, "halt", LONG, NULL },
	{ "smm_events", test_events, "smm", LONG, NULL },
	{ "smm_bad_state", test_bad_state, "smm", LONG, NULL },
	{ "smm_no_memory", test_no_memory, "smm", LONG, NULL },
	{ "rsm_outside", test_rsm_outside, "smm", LONG, NULL },
	{ "mce", test_mce, "mce", LONG, NULL },
	{}
};
