// SPDX-License-Identifier: GPL-2.0-only
/*
 * trapping.c - exceptions that a guest takes by itself, in its own IDT
 *
 * Its page tables are the runner's: three levels of them are changed here.
 */
#include "guest.h"

#define DE 0
#define BP 3
#define UD 6
#define GP 13
#define PF 14

#define PF_P   1
#define PF_W   2
#define PF_RSV 8
#define PF_I   16

/* The entry of the second gigabyte's first 2 MB. */
#define PTE (*(__u64 *)(TABLES_AT + 3 * 0x1000))
#define VA  0x40000000ul

static void flush(void)
{
	asm volatile("invlpg (%0)" : : "r"(VA) : "memory");
}

static void check_plain(void)
{
	CHECK(TRY("ud2", : : : "r11", "memory") == UD);
	CHECK(TRY("int3", : : : "r11", "memory") == BP);
	CHECK(TRY("xor %%ecx, %%ecx; divl %%ecx",
		  :
		  :
		  : "r11", "rax", "rcx", "rdx", "cc", "memory") == DE);
	/* Not canonical. */
	CHECK(TRY("mov (%0), %%eax",
		  :
		  : "r"(1ul << 63)
		  : "r11", "rax", "memory") == GP);
	CHECK(last_trap.error == 0);
	CHECK(TRY("mov %0, %%cr4",
		  :
		  : "r"(1ul << 31 | 1 << 5)
		  : "r11", "memory") == GP);
	CHECK(TRY("mov %0, %%cr0", : : "r"(1ul << 31) : "r11", "memory") == GP);
	CHECK(TRY("mov %0, %%ds", : : "r"(0x70) : "r11", "memory") == GP);
	CHECK(last_trap.error == 0x70);
}

static void check_page_faults(void)
{
	const __u64 pte = PTE;
	__u32 v;

	PUT(PTE, 0);
	flush();
	CHECK(TRY("mov 8(%0), %%eax",
		  :
		  : "r"(VA)
		  : "r11", "rax", "memory") == PF);
	CHECK(last_trap.error == 0 && last_trap.cr2 == VA + 8);
	CHECK(TRY("mov %%eax, 16(%0)", : : "r"(VA) : "r11", "memory") == PF);
	CHECK(last_trap.error == PF_W && last_trap.cr2 == VA + 16);
	CHECK(TRY("call *%0", : : "r"(VA) : "r11", "memory") == PF);
	CHECK(last_trap.error == PF_I && last_trap.rip == VA);
	asm volatile("add $8, %%rsp" : : : "memory", "cc");

	/* Read-only, mapped to where the guest itself is; CR0.WP is set. */
	PUT(PTE, (pte & 0xfff & ~2ull));
	flush();
	asm volatile("mov %1, %0" : "=r"(v) : "m"(*(__u32 *)(VA + CODE_AT)));
	CHECK(v == *(__u32 *)CODE_AT);
	CHECK(TRY("mov %%eax, (%0)",
		  :
		  : "r"(VA + CODE_AT)
		  : "r11", "memory") == PF);
	CHECK(last_trap.error == (PF_W | PF_P));
	CHECK(last_trap.cr2 == VA + CODE_AT);

	/* A reserved bit of a 2 MB page; NX. */
	PUT(PTE, (pte & 0xfff) | 1 << 13);
	flush();
	CHECK(TRY("mov (%0), %%eax",
		  :
		  : "r"(VA)
		  : "r11", "rax", "memory") == PF);
	/* qemu leaves PF_P out of this one. */
	CHECK((last_trap.error | PF_P) == (PF_RSV | PF_P));
	PUT(PTE, (pte & 0xfff) | 1ull << 63);
	flush();
	CHECK(TRY("call *%0", : : "r"(VA + CODE_AT) : "r11", "memory") == PF);
	CHECK(last_trap.error == (PF_I | PF_P));
	asm volatile("add $8, %%rsp" : : : "memory", "cc");

	PUT(PTE, pte & 0xfff);
	flush();
	PUT(*(__u32 *)(VA + DATA_AT), 0x1234);
	CHECK(GET(*(__u32 *)DATA_AT) == 0x1234);
	PUT(PTE, pte);
	flush();
}

/* A fault of the guest's whose handler's memory the host has to bring first. */
static void check_nested(void)
{
	const __u64 pte = PTE;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		PUT(PTE, 0);
		flush();
		CHECK(TRY("mov (%0), %%eax",
			  :
			  : "r"(VA + i)
			  : "r11", "rax", "memory") == PF);
		CHECK(last_trap.cr2 == VA + i);
		step(i);
	}
	PUT(PTE, pte);
	flush();
}

START
{
	traps_on();
	check_plain();
	check_page_faults();
	check_nested();
	CHECK(index == 0);
	verdict(0);
}
