// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio.c - every common form of MOV on memory that is not there
 *
 * exits.c has the other half: what is written has to arrive, and what the runner
 * answers has to be read.  The address counts up, so that nothing is mixed up.
 */
#include "guest.h"

#define M(offset) (*(__u64 *)(MMIO_AT + (offset)))

#define STORE(insn, constraint, value, offset) \
	asm volatile(insn : "=m"(M(offset)) : constraint(value) : "memory")

/* From a register full of ones, so that what is extended is seen. */
#define LOAD(insn, offset)                                                  \
	({                                                                  \
		unsigned long __v = -1ul;                                   \
		asm volatile(insn : "+a"(__v) : "m"(M(offset)) : "memory"); \
		__v;                                                        \
	})

static void stores(void)
{
	STORE("movb %b1, %0", "q", 0x11, 0x00);
	STORE("movw %w1, %0", "r", 0x2222, 0x08);
	STORE("movl %k1, %0", "r", 0x33333333, 0x10);
	STORE("movb $0x44, %0", "i", 0, 0x18);
	STORE("movw $0x5555, %0", "i", 0, 0x20);
	STORE("movl $0x66666666, %0", "i", 0, 0x28);
	STORE("movb %h1, %0", "a", 0x7700, 0x30);
	/* With a base, an index, a scale and a displacement. */
	asm volatile("movl %0, 8(%1,%2,4)"
		     :
		     : "r"(0x88888888), "r"(MMIO_AT + 0x10ul), "r"(8ul)
		     : "memory");
}

static void loads(void)
{
	const unsigned long ones = -1ul;

	CHECK(LOAD("movb %1, %b0", 0x40) == ((ones & ~0xfful) | 0x81));
	CHECK(LOAD("movw %1, %w0", 0x48) == ((ones & ~0xfffful) | 0x8282));
	CHECK(LOAD("movl %1, %k0", 0x50) == 0x83838383);
	CHECK(LOAD("movzbl %1, %k0", 0x58) == 0x84);
	CHECK(LOAD("movzwl %1, %k0", 0x60) == 0x8585);
	CHECK(LOAD("movsbl %1, %k0", 0x68) == 0xffffff86);
	CHECK(LOAD("movswl %1, %k0", 0x70) == 0xffff8787);
	CHECK(LOAD("movb %1, %h0", 0x78) == ((ones & ~0xff00ul) | 0x8800));
	CHECK(LOAD("movzbw %1, %w0", 0x80) == ((ones & ~0xfffful) | 0x89));
}

#ifdef __x86_64__
/* An address in the instruction itself. */
#define STRING(x) #x
#define TEXT(x)	  STRING(x)
#define MOFFS	  TEXT(MMIO_AT)

static void stores_64(void)
{
	STORE("movq %1, %0", "r", 0x9999999999999999, 0x100);
	STORE("movq $-2, %0", "i", 0, 0x108);
	asm volatile("movq %0, %%r9; movq %%r9, (%1)"
		     :
		     : "r"(0xaaaaaaaaaaaaaaaa), "r"(MMIO_AT + 0x110ul)
		     : "r9", "memory");
	asm volatile("movl $0xab, %%r10d; movb %%r10b, (%0)"
		     :
		     : "r"(MMIO_AT + 0x118ul)
		     : "r10", "memory");
	asm volatile("movabs %%al, " MOFFS "+ 0x120" : : "a"(0xbb));
	asm volatile("movabs %%eax, " MOFFS "+ 0x128" : : "a"(0xcccccccc));
	asm volatile("movabs %%rax, " MOFFS "+ 0x130"
		     :
		     : "a"(0xdddddddddddddddd));
	/* Across two pages: two accesses. */
	STORE("movq %1, %0", "r", 0x1122334455667788, 0xffc);
	STORE("movw %w1, %0", "r", 0x99aa, 0xfff);
}

static void loads_64(void)
{
	unsigned long v;

	CHECK(LOAD("movq %1, %0", 0x140) == 0x9191919191919191);
	CHECK(LOAD("movzbq %1, %0", 0x148) == 0x92);
	CHECK(LOAD("movzwq %1, %0", 0x150) == 0x9393);
	CHECK(LOAD("movsbq %1, %0", 0x158) == 0xffffffffffffff94);
	CHECK(LOAD("movswq %1, %0", 0x160) == 0xffffffffffff9595);
	CHECK(LOAD("movslq %1, %0", 0x168) == 0xffffffff96969696);
	asm volatile("movabs " MOFFS "+ 0x170, %%al" : "=a"(v));
	CHECK((v & 0xff) == 0x97);
	asm volatile("movabs " MOFFS "+ 0x178, %%eax" : "=a"(v));
	CHECK(v == 0x98989898);
	asm volatile("movabs " MOFFS "+ 0x180, %%rax" : "=a"(v));
	CHECK(v == 0x9999999999999999);
	asm volatile("movq (%1), %%r13; movq %%r13, %0"
		     : "=r"(v)
		     : "r"(MMIO_AT + 0x188ul)
		     : "r13", "memory");
	CHECK(v == 0x9a9a9a9a9a9a9a9a);
	CHECK(LOAD("movq %1, %0", 0x1ffc) == 0x9c9c9c9c9b9b9b9b);
}
#endif

START
{
	stores();
#ifdef __x86_64__
	stores_64();
#endif
	loads();
#ifdef __x86_64__
	loads_64();
#endif
	CHECK(index == 0);
	verdict(0);
}
