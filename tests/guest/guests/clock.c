// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c - looks at the paravirtual clock all the time: it never goes back
 *
 * Each vCPU has its own.  What was read while PVCLOCK_TSC_STABLE_BIT is set may be
 * compared with what any vCPU has read so before: arg[0] is the latest of that.
 * arg[1] is the wall clock's second, arg[2 + index] what was read last, and
 * count[index] how often a vCPU was told something new.
 *
 * If arg[7] is set, the one vCPU looks at PVCLOCK_GUEST_STOPPED instead: the runner
 * sets it at the first step, and the clock at each of the others.
 */
#include <asm/kvm_para.h>

#include "guest.h"

#define TSC_STABLE    1
#define GUEST_STOPPED 2
#define SECOND	      1000000000u

struct time_info {
	__u32 version;
	__u32 pad0;
	__u64 tsc;
	__u64 ns;
	__u32 mul;
	__s8 shift;
	__u8 flags;
	__u8 pad[2];
};

struct wall_clock {
	__u32 version;
	__u32 sec;
	__u32 nsec;
};

#define INFO(index) ((struct time_info *)DATA_AT + (index))
#define WALL	    ((struct wall_clock *)(DATA_AT + 0x800))

/* Documentation/virt/kvm/x86/msr.rst */
static __u64 read_clock(struct time_info *info, struct time_info *got)
{
	__u64 cycles;

	do {
		got->version = GET(info->version);
		got->tsc = GET(info->tsc);
		got->ns = GET(info->ns);
		got->mul = GET(info->mul);
		got->shift = GET(info->shift);
		got->flags = GET(info->flags);
		asm volatile("lfence" : : : "memory");
		cycles = rdtsc() - got->tsc;
	} while ((got->version & 1) || GET(info->version) != got->version);

	if (got->shift >= 0)
		cycles <<= got->shift;
	else
		cycles >>= -got->shift;
	return got->ns + (__u64)(((__uint128_t)cycles * got->mul) >> 32);
}

static void read_wall_clock(void)
{
	wrmsr(MSR_KVM_WALL_CLOCK_NEW, (__u64)WALL);
	CHECK(rdmsr(MSR_KVM_WALL_CLOCK) == (__u64)WALL);
	CHECK(GET(WALL->version) && !(GET(WALL->version) & 1));
	CHECK(GET(WALL->nsec) < SECOND);
	PUT(BOX->arg[1], GET(WALL->sec));
}

static void raise_latest(__u64 now)
{
	__u64 latest = GET(BOX->arg[0]);

	while (latest < now &&
	       !__atomic_compare_exchange_n(&BOX->arg[0], &latest, now, 0,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void look_at_time(struct time_info *info, int index)
{
	__u32 version = 0;
	__u64 last = 0, latest, now;
	struct time_info got;

	while (!GET(BOX->stop)) {
		latest = GET(BOX->arg[0]);
		now = read_clock(info, &got);
		CHECK(got.version && got.mul);
		CHECK(now >= last);
		if (got.flags & TSC_STABLE) {
			CHECK(now >= latest);
			raise_latest(now);
		}
		if (got.version != version)
			__atomic_fetch_add(&BOX->count[index], 1,
					   __ATOMIC_SEQ_CST);
		version = got.version;
		last = now;
		PUT(BOX->arg[2 + index], now);
		__atomic_fetch_add(&BOX->passes, 1, __ATOMIC_SEQ_CST);
	}
}

static void look_at_flag(struct time_info *info)
{
	CHECK(!(GET(info->flags) & GUEST_STOPPED));
	step(1);
	CHECK(GET(info->flags) & GUEST_STOPPED);
	/* It stays until it was seen. */
	step(2);
	CHECK(GET(info->flags) & GUEST_STOPPED);
	__atomic_fetch_and(&info->flags, (__u8)~GUEST_STOPPED,
			   __ATOMIC_SEQ_CST);
	step(3);
	CHECK(!(GET(info->flags) & GUEST_STOPPED));
}

START
{
	struct time_info *info = INFO(index);
	const __u64 address = (__u64)info | KVM_MSR_ENABLED;
	__u32 version;

	if (!index)
		read_wall_clock();
	while (!GET(BOX->arg[1]))
		asm volatile("pause");
	wrmsr(MSR_KVM_SYSTEM_TIME_NEW, address);
	CHECK(rdmsr(MSR_KVM_SYSTEM_TIME) == address);
	if (GET(BOX->arg[7]))
		look_at_flag(info);
	else
		look_at_time(info, index);

	/* Turned off, nothing is told any more. */
	wrmsr(MSR_KVM_SYSTEM_TIME_NEW, 0);
	version = GET(info->version);
	step(4);
	CHECK(GET(info->version) == version);
	verdict(0);
}
