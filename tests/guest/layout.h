/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - what a guest and its runner have to agree on
 *
 * A guest is a flat binary, linked at CODE, entered there in the mode that its
 * test asks for.  It talks by four ports; the rest of its world is what the
 * runner made: the first half megabyte of memory, mapped one to one in every
 * mode that has paging, as is all below 4 GB whether there is memory or not.
 * The mailbox is the runner's to write before the guest starts, and either's
 * after.  For assembly as for C.
 */
#ifndef TW_GUEST_LAYOUT_H
#define TW_GUEST_LAYOUT_H

#define GDT_AT	   0x1000
#define IDT_AT	   0x1800
#define TSS_AT	   0x2800
#define STACKS_AT  0x3000 /* grows up to MAILBOX_AT, one a vCPU */
#define STACK_SIZE 0x800
#define MAILBOX_AT 0x6000
#define NEAR_AT	   0x7000 /* the guest's own, in reach of real mode */
#define CODE_AT	   0x8000
#define TABLES_AT  0x18000 /* page tables, six pages */
#define DATA_AT	   0x20000 /* the guest's own */
#define LOW_SIZE   0x80000

/* Nothing is ever there: MMIO. */
#define MMIO_AT	     0xd0000000
#define MMIO_REAL_AT 0xa0000

/* Slots that tests make. */
#define AREA_AT	  0x10000000
#define AREA_B_AT 0x20000000
#define GIGA_AT	  0x40000000

/* Ports: 4 bytes, 0 is a pass, else the line that failed; a character; 4 bytes,
 * the guest waits for the runner to do something.
 */
#define PORT_VERDICT 0xf4
#define PORT_TEXT    0xe9
#define PORT_STEP    0xf2

#define SEL_CODE64 0x08
#define SEL_DATA   0x10
#define SEL_CODE32 0x18
#define SEL_TSS	   0x20

#ifndef __ASSEMBLER__
#include <linux/types.h>

/**
 * struct mailbox - what runner and guest share, at MAILBOX_AT
 * @arg: the runner's, for the test
 * @stop: the runner wants the guest to end
 * @passes: how often the guest has been through its work
 * @count: the guest's counters
 * @hold: the runner wants the guest to keep away from its memory
 * @held: the guest does
 */
struct mailbox {
	__u64 arg[8];
	__u32 stop;
	__u32 passes;
	__u32 count[8];
	__u32 hold;
	__u32 held;
};

/* What word @word of page @page has in it, if nobody lost or mixed up any. */
static inline __u32 pattern(__u32 page, __u32 word)
{
	return (page + 1) * 2654435761u ^ word * 40503u;
}

/* Is the page one of those that the guest dirty writes to in a round? */
static inline int dirty_page(__u32 page, __u32 round)
{
	return round == 1 || !(pattern(page, round) >> 16 & 7);
}

/* And to which one does it write by INS? */
static inline __u32 dirty_by_ins(__u32 round, __u32 pages)
{
	return round * 101 % pages;
}
#endif

#endif
