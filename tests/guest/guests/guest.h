/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - what guests in C have: ports, registers, a verdict
 *
 * Compiled for 16, 32 and 64 bits alike, with no library.
 */
#ifndef TW_GUEST_GUEST_H
#define TW_GUEST_GUEST_H

#include "../layout.h"

#define BOX ((struct mailbox *)MAILBOX_AT)

/* The other side may change it at any time. */
#define GET(x)	  __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define PUT(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static inline void out8(__u16 port, __u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(__u16 port, __u16 value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(__u16 port, __u32 value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline __u32 in32(__u16 port)
{
	__u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline __attribute__((noreturn)) void verdict(__u32 line)
{
	out32(PORT_VERDICT, line);
	for (;;)
		asm volatile("hlt");
}

#define CHECK(x)                           \
	do {                               \
		if (!(x))                  \
			verdict(__LINE__); \
	} while (0)

static inline void print(const char *text)
{
	while (*text)
		out8(PORT_TEXT, *text++);
}

static inline void step(__u32 number)
{
	out32(PORT_STEP, number);
}

static inline void cpuid(__u32 leaf, __u32 index, __u32 r[4])
{
	asm volatile("cpuid"
		     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
		     : "0"(leaf), "2"(index));
}

static inline __u64 rdtsc(void)
{
	__u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (__u64)high << 32 | low;
}

/* Where a guest begins; @index is its vCPU's. */
#define START \
	__attribute__((section(".start"), noreturn, used)) void start(int index)

#ifdef __x86_64__
/*
 * Exceptions, see trap.S: those that TRY() runs into are told by last_trap, and
 * any other is a verdict.
 */
struct trap {
	__u64 vector;
	__u64 error;
	__u64 cr2;
	__u64 rip;
};

extern struct trap last_trap;
extern __u64 resume_at;

void traps_on(void);

#define NO_TRAP 256

/* The vector that an instruction ended with, or NO_TRAP. */
#define TRY(insn, ...)                                                     \
	({                                                                 \
		last_trap.vector = NO_TRAP;                                \
		asm volatile("lea 1f(%%rip), %%r11\n\t"                    \
			     "mov %%r11, resume_at(%%rip)\n\t" insn "\n"   \
			     "1:\tmovq $0, resume_at(%%rip)" __VA_ARGS__); \
		GET(last_trap.vector);                                     \
	})

static inline __u64 read_cr2(void)
{
	__u64 value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline __u64 rdmsr(__u32 index)
{
	__u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
	return (__u64)high << 32 | low;
}

static inline void wrmsr(__u32 index, __u64 value)
{
	asm volatile("wrmsr"
		     :
		     : "a"((__u32)value), "d"((__u32)(value >> 32)), "c"(index)
		     : "memory");
}
#endif

#endif
