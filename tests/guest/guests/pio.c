// SPDX-License-Identifier: GPL-2.0-only
/*
 * pio.c - every form of port I/O, in whatever mode; exits.c has the other half
 */
#include "guest.h"

#define OUTS(size, from, n)                                  \
	({                                                   \
		unsigned long __count = n;                   \
		const void *__from = from;                   \
		asm volatile("rep outs" #size                \
			     : "+c"(__count), "+S"(__from)   \
			     : "d"(0x390)                    \
			     : "memory");                    \
		CHECK(!__count);                             \
		(const char *)__from - (const char *)(from); \
	})

#define INS(size, to, n)                                 \
	({                                               \
		unsigned long __count = n;               \
		void *__to = to;                         \
		asm volatile("rep ins" #size             \
			     : "+c"(__count), "+D"(__to) \
			     : "d"(0x391)                \
			     : "memory");                \
		CHECK(!__count);                         \
		(char *)__to - (char *)(to);             \
	})

/* An IN into part of a register, the rest of which has to stay. */
#define IN_PART(suffix, reg, port)                        \
	({                                                \
		__u32 __v = 0x12345678;                   \
		asm volatile("in" suffix " %1, %" reg "0" \
			     : "+a"(__v)                  \
			     : "Nd"(port));               \
		__v;                                      \
	})

static const __u8 bytes[] = { 1, 2, 3, 4, 5 };
static const __u16 words[] = { 0x1111, 0x2222, 0x3333 };
static const __u32 dwords[] = { 0x44444444, 0x55555555 };

static void outs(void)
{
	CHECK(OUTS(b, bytes, 5) == 5);
	CHECK(OUTS(w, words, 3) == 6);
	CHECK(OUTS(l, dwords, 2) == 8);
	CHECK(OUTS(b, bytes, 0) == 0);
	asm volatile("std");
	CHECK(OUTS(b, bytes + 2, 3) == -3);
	asm volatile("cld");
	asm volatile("outsb" : : "S"(bytes + 4), "d"(0x390) : "memory");
}

static void ins(void)
{
	__u8 *b = (__u8 *)NEAR_AT;
	__u32 *l;

	CHECK(INS(b, b, 5) == 5);
	CHECK(b[0] == 0x91 && b[1] == 0x92 && b[4] == 0x95 && !b[5]);
	CHECK(INS(w, b, 2) == 4);
	CHECK(b[0] == 0x11 && b[1] == 0x91 && b[3] == 0x92);
	l = (__u32 *)(b + 16);
	CHECK(INS(l, l, 2) == 8);
	CHECK(l[0] == 0x93939393 && l[1] == 0x94949494);
	CHECK(INS(b, b, 0) == 0);
	asm volatile("std");
	CHECK(INS(b, b + 41, 2) == -2);
	asm volatile("cld");
	CHECK(b[41] == 0xa1 && b[40] == 0xa2);
}

START
{
	out8(0x80, 0x11);
	out16(0x81, 0x2222);
	out32(0x82, 0x33333333);
	out8(0x380, 0x44);
	out16(0x381, 0x5555);
	out32(0x382, 0x66666666);
	CHECK(IN_PART("b", "b", 0x80) == 0x123456a1);
	CHECK(IN_PART("w", "w", 0x81) == 0x1234a2a2);
	CHECK(IN_PART("l", "k", 0x82) == 0xa3a3a3a3);
	CHECK(IN_PART("b", "b", 0x380) == 0x123456a4);
	CHECK(IN_PART("w", "w", 0x381) == 0x1234a5a5);
	CHECK(IN_PART("l", "k", 0x382) == 0xa6a6a6a6);
	/* The highest port there is. */
	out8(0xffff, 0x77);
	CHECK(in32(0xfffc) == 0xffffffff);
	outs();
	ins();
	CHECK(index == 0);
	verdict(0);
}
