// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - CPUID, RDTSC and MSRs as a guest sees them
 *
 * arg[0] is the highest basic leaf that the runner set, arg[1] one above it that
 * it set too, with 1 to 4 in the registers.
 */
#include "guest.h"

#define MSR_TSC		   0x10
#define MSR_SYSENTER_CS	   0x174
#define MSR_SYSENTER_ESP   0x175
#define MSR_PAT		   0x277
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_NONE	   0xc0001234

#define GP 13

static void check_cpuid(void)
{
	__u32 r[4];

	cpuid(0, 0, r);
	CHECK(r[0] == GET(BOX->arg[0]));
	CHECK(r[1] && r[2] && r[3]);
	cpuid(GET(BOX->arg[1]), 0, r);
	CHECK(r[0] == 1 && r[1] == 2 && r[2] == 3 && r[3] == 4);
	cpuid(0x80000001, 0, r);
	CHECK(r[3] >> 29 & 1);
	/* CR4.OSXSAVE shows in CPUID at once. */
	cpuid(1, 0, r);
	CHECK(!(r[2] >> 27 & 1));
	if (!(r[2] >> 26 & 1))
		return;
	asm volatile("mov %%cr4, %%rax; bts $18, %%rax; mov %%rax, %%cr4"
		     :
		     :
		     : "rax", "cc");
	cpuid(1, 0, r);
	CHECK(r[2] >> 27 & 1);
	cpuid(0xd, 0, r);
	CHECK(r[0] & 1);
	CHECK(TRY("xsetbv",
		  :
		  : "a"(1), "d"(0), "c"(0)
		  : "r11", "memory") == NO_TRAP);
	CHECK(TRY("xsetbv",
		  :
		  : "a"(0), "d"(0), "c"(0)
		  : "r11", "memory") == GP);
	CHECK(TRY("xsetbv",
		  :
		  : "a"(1), "d"(0), "c"(9)
		  : "r11", "memory") == GP);
}

static void check_tsc(void)
{
	__u64 last = rdtsc(), now;
	int i;

	for (i = 0; i < 1000; i++) {
		now = rdtsc();
		CHECK(now >= last);
		last = now;
	}
	now = rdmsr(MSR_TSC);
	CHECK(now >= last && now - last < 1ull << 40);
	wrmsr(MSR_TSC, 1ull << 50);
	now = rdtsc();
	CHECK(now >= 1ull << 50 && now - (1ull << 50) < 1ull << 40);
}

static const struct {
	__u32 index;
	__u64 value;
} written[] = {
	{ MSR_SYSENTER_CS, 0x10 },
	{ MSR_SYSENTER_ESP, 0xffff800000001234 },
	{ MSR_PAT, 0x0007040600070406 },
	{ MSR_PAT, 0x0007010600070106 },
	{ MSR_STAR, 0x0023001000000000 },
	{ MSR_LSTAR, 0xffffffff81000000 },
	{ MSR_CSTAR, 0xffffffff82000000 },
	{ MSR_SFMASK, 0x47700 },
	{ MSR_FS_BASE, 0x00007f1234567000 },
	{ MSR_GS_BASE, 0xffff888000001000 },
	{ MSR_KERNEL_GS_BASE, 0xffff888000002000 },
	{ MSR_EFER, 0xd01 },
	{ MSR_EFER, 0x500 },
};

static __u64 try_wrmsr(__u32 index, __u64 value)
{
	return TRY("wrmsr",
		   :
		   : "a"((__u32)value), "d"((__u32)(value >> 32)), "c"(index)
		   : "r11", "memory");
}

static void check_msrs(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		wrmsr(written[i].index, written[i].value);
		CHECK(rdmsr(written[i].index) == written[i].value);
	}
	/* What was written to one did not get into another. */
	CHECK(rdmsr(MSR_STAR) == 0x0023001000000000);
	CHECK(rdmsr(MSR_FS_BASE) == 0x00007f1234567000);
	wrmsr(MSR_GS_BASE, 0);
	asm volatile("swapgs");
	CHECK(rdmsr(MSR_GS_BASE) == 0xffff888000002000);
	CHECK(rdmsr(MSR_KERNEL_GS_BASE) == 0);

	CHECK(TRY("rdmsr",
		  :
		  : "c"(MSR_NONE)
		  : "r11", "rax", "rdx", "memory") == GP);
	CHECK(try_wrmsr(MSR_NONE, 0) == GP);
	CHECK(try_wrmsr(MSR_PAT, 2) == GP);
	CHECK(try_wrmsr(MSR_EFER, 0xd01 | 1ull << 40) == GP);
	/* LME can't go while there is paging. */
	CHECK(try_wrmsr(MSR_EFER, 0) == GP);
}

START
{
	traps_on();
	check_cpuid();
	check_tsc();
	check_msrs();
	CHECK(index == 0);
	verdict(0);
}
