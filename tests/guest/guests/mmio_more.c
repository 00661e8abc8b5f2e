// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmio_more.c - what else compilers and drivers do to MMIO: read and write in one
 * instruction, strings, compares
 */
#include "guest.h"

#define M(offset) (*(__u64 *)(MMIO_AT + (offset)))

static void read_and_write(void)
{
	__u32 v = 0x1000;

	asm volatile("addl %1, %0" : "+m"(M(0x00)) : "r"(v) : "cc");
	asm volatile("orb $0x80, %0" : "+m"(M(0x08)) : : "cc");
	asm volatile("andl $0xff00, %0" : "+m"(M(0x10)) : : "cc");
	asm volatile("xorw $0xffff, %0" : "+m"(M(0x18)) : : "cc");
	asm volatile("incl %0" : "+m"(M(0x20)) : : "cc");
	asm volatile("notl %0" : "+m"(M(0x28)));
	asm volatile("subl $1, %0" : "+m"(M(0x30)) : : "cc");
	asm volatile("xchgl %0, %1" : "+m"(M(0x38)), "+r"(v));
	CHECK(v == 0x3838);
	asm volatile("lock orl $1, %0" : "+m"(M(0x40)) : : "cc");
}

static void read_only(void)
{
	unsigned long v = 1;
	__u8 set;

	asm volatile("cmpl $0x4848, %1; sete %0"
		     : "=qm"(set)
		     : "m"(M(0x48))
		     : "cc");
	CHECK(set);
	asm volatile("testb $0x10, %1; setnz %0"
		     : "=qm"(set)
		     : "m"(M(0x50))
		     : "cc");
	CHECK(set);
	asm volatile("addl %1, %k0" : "+r"(v) : "m"(M(0x58)) : "cc");
	CHECK(v == 0x5859);
	asm volatile("push %0" : : "m"(M(0x60)));
	asm volatile("pop %0" : "=r"(v));
	CHECK(v == 0x6060606060606060);
	asm volatile("btl $3, %1; setc %0" : "=qm"(set) : "m"(M(0x68)) : "cc");
	CHECK(set);
}

static void strings(void)
{
	__u32 *memory = (__u32 *)DATA_AT;
	unsigned long n = 3;
	void *to = &M(0x80);
	const void *from = memory;

	asm volatile("rep stosl" : "+c"(n), "+D"(to) : "a"(0xabcd) : "memory");
	CHECK(!n && (unsigned long)to == MMIO_AT + 0x8c);
	memory[0] = 0x01010101;
	memory[1] = 0x02020202;
	n = 2;
	to = &M(0x90);
	asm volatile("rep movsl" : "+c"(n), "+D"(to), "+S"(from) : : "memory");
	CHECK(!n);
	n = 2;
	to = memory;
	from = &M(0xa0);
	asm volatile("rep movsl" : "+c"(n), "+D"(to), "+S"(from) : : "memory");
	CHECK(!n && memory[0] == 0xa0a0 && memory[1] == 0xa4a4);
	from = &M(0xb0);
	asm volatile("lodsl" : "=a"(n), "+S"(from) : : "memory");
	CHECK(n == 0xb0b0);
}

START
{
	read_and_write();
	read_only();
	strings();
	CHECK(index == 0);
	verdict(0);
}
