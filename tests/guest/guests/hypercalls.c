// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercalls.c - hypercalls of one vCPU; the last are a program's, at CPL 3
 *
 * arg[0] is 1 if VMCALL is to be left alone.
 */
#include "pv.h"

#define UD	  6
#define PF	  14
#define PAIRING	  (*(struct pairing *)DATA_AT)
#define CODE	  ((__u8 *)(DATA_AT + 0x1000))
#define USER_RSP  (DATA_AT + 0x7ff8ul)
#define USER_CODE 0x28
#define USER_DATA 0x30

/* The entry of the second gigabyte's first 2 MB. */
#define PTE (*(__u64 *)(TABLES_AT + 3 * 0x1000))
#define VA  0x40000000ul

struct pairing {
	__s64 sec;
	__s64 nsec;
	__u64 tsc;
	__u32 flags;
	__u32 pad[9];
};

static void check_answers(void)
{
	__u64 before, rbx = 1, rcx = 2, rdx = 3, rsi = 4;
	long ret;

	CHECK(hypercall(KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0, 0) == 0);
	CHECK(hypercall(0, 0, 0, 0, 0) == -KVM_ENOSYS);
	CHECK(hypercall(99, 0, 0, 0, 0) == -KVM_ENOSYS);
	/* All 64 bits count. */
	CHECK(hypercall(1ul << 32 | KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0, 0) ==
	      -KVM_ENOSYS);
	/* Nobody is there. */
	CHECK(hypercall(KVM_HC_KICK_CPU, 0, 99, 0, 0) == 0);
	CHECK(hypercall(KVM_HC_SCHED_YIELD, 99, 0, 0, 0) == 0);

	/* No other register changes. */
	asm volatile("vmmcall"
		     : "=a"(ret), "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi)
		     : "0"(99ul)
		     : "memory");
	CHECK(ret == -KVM_ENOSYS);
	CHECK(rbx == 1 && rcx == 2 && rdx == 3 && rsi == 4);

	CHECK(hypercall(KVM_HC_CLOCK_PAIRING, DATA_AT, 1, 0, 0) == -EOPNOTSUPP);
	PAIRING.flags = 1;
	before = rdtsc();
	ret = hypercall(KVM_HC_CLOCK_PAIRING, DATA_AT, 0, 0, 0);
	/* Not every host has a TSC that time is told by. */
	CHECK(ret == 0 || ret == -EOPNOTSUPP);
	if (!ret) {
		CHECK(PAIRING.sec > 0 && PAIRING.flags == 0);
		CHECK(PAIRING.nsec >= 0 && PAIRING.nsec < 1000000000);
		CHECK(PAIRING.tsc >= before && PAIRING.tsc <= rdtsc());
	}
}

/* The runner answers. */
static void check_map_gpa_range(void)
{
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x1000, 1, 0, 0) == -KVM_ENOSYS);
	step(1);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x1001, 1, 0, 0) == -EINVAL);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x1000, 0, 0, 0) == -EINVAL);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x1000, ~0ul, 0, 0) == -EINVAL);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x123456789000, 7, 0x10, 0) ==
	      0x1122334455667788);
}

/* Called where it may be written, and where it is read-only. */
static void check_vmcall(void)
{
	const __u64 pte = PTE;
	long ret = 0;
	__u64 trap;

	PUT(PTE, pte & 0xfff & ~2ull);
	asm volatile("invlpg (%0)" : : "r"(VA) : "memory");
	CODE[0] = 0x0f;
	CODE[1] = 0x01;
	CODE[2] = 0xc1;
	CODE[3] = 0xc3;
	/* Not what the guest could not write there by itself; a #PF with stock. */
	trap = TRY("call *%0",
		   :
		   : "r"(VA + (__u64)CODE), "a"(99)
		   : "r11", "memory");
	CHECK(trap == UD || trap == PF);
	asm volatile("add $8, %%rsp" : : : "memory", "cc");
	CHECK(CODE[2] == 0xc1);
	if (GET(BOX->arg[0])) {
		CHECK(TRY("call *%0",
			  :
			  : "r"(CODE), "a"(99)
			  : "r11", "memory") == UD);
		asm volatile("add $8, %%rsp" : : : "memory", "cc");
		CHECK(CODE[2] == 0xc1);
	} else {
		asm volatile("call *%1"
			     : "=a"(ret)
			     : "r"(CODE), "0"(99ul)
			     : "memory", "cc");
		CHECK(ret == -KVM_ENOSYS);
		CHECK(CODE[0] == 0x0f && CODE[1] == 0x01 && CODE[2] == 0xd9);
	}
	CHECK(TRY("ud2", : : : "r11", "memory") == UD);
	PUT(PTE, pte);
	asm volatile("invlpg (%0)" : : "r"(VA) : "memory");
}

/* With IOPL 3, so that it can tell what it found. */
static void user(void)
{
	CHECK(hypercall(KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0, 0) == -EPERM);
	CHECK(hypercall(99, 0, 0, 0, 0) == -EPERM);
	CHECK(hypercall(KVM_HC_MAP_GPA_RANGE, 0x1000, 1, 0, 0) == -EPERM);
	verdict(0);
}

static __attribute__((noreturn)) void go_to_user(void)
{
	__u64 *gdt = (__u64 *)GDT_AT;

	gdt[USER_CODE / 8] = 0x00affb000000ffff;
	gdt[USER_DATA / 8] = 0x00cff3000000ffff;
	asm volatile("push %0\n\tpush %1\n\tpush %2\n\tpush %3\n\tpush %4\n\t"
		     "iretq"
		     :
		     : "r"(USER_DATA | 3ul), "r"(USER_RSP), "r"(0x3002ul),
		       "r"(USER_CODE | 3ul), "r"(user)
		     : "memory");
	__builtin_unreachable();
}

START
{
	traps_on();
	CHECK(index == 0);
	check_answers();
	check_map_gpa_range();
	check_vmcall();
	go_to_user();
}
