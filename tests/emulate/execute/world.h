/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - a guest for the executor, in a program
 *
 * Owns: struct world, what the callbacks reach: memory at WORLD_BASE, segments,
 * control registers, ports that answer with a count; and what is done to them:
 * the callback of a given number may fault, or each may want userspace first.
 */
#ifndef TWINWALK_TESTS_EXECUTE_WORLD_H
#define TWINWALK_TESTS_EXECUTE_WORLD_H

#include <linux/types.h>

#include "emulate/execute.h"

/* Where memory is, for the executor and for the CPU; below 2G. */
#define WORLD_BASE 0x10000000ull
#define WORLD_SIZE 0x10000u

/* With struct world.everywhere, what is there of memory at its beginning. */
#define WORLD_ALIAS 0x1000u

/* What callbacks did, for who wants to know: struct world.log. */
enum access_kind {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_CMPXCHG,
	ACCESS_PROBE,
	ACCESS_IN,
	ACCESS_OUT,
};

struct access {
	u64 where; /* a linear address or a port */
	u16 len; /* in all */
	u8 kind;
	bool implicit; /* by the CPU itself, as of a TSS or a descriptor table */
};

#define WORLD_LOG 64

/* As far as both are concerned, of memory and registers. */
struct state {
	u64 regs[16];
	u64 rflags;
	u8 xmm[16][16];
	u8 memory[WORLD_SIZE];
};

struct world {
	struct x86_emulate_ctxt ctxt; /* first: callbacks get it */
	struct state *state;
	struct x86_emulate_segment segments[NR_X86_EMULATE_SEGS];
	u64 cr[16], dr[8];
	u64 invlpg;
	u64 efer, sysenter_cs;
	u8 fx[X86_EMULATE_FX_BYTES]; /* but for XMM registers */
	/* Callbacks so far since the last commit; of them, those answered. */
	unsigned int nr_asked, nr_answered;
	bool ask_userspace;
	unsigned int fault_at; /* from 1; 0: none faults */
	unsigned int ask_at; /* the same: this one asks userspace */
	int fail_as; /* instead of the fault: an enum x86_emulate_result */
	unsigned int nr_accesses, nr_reads, nr_writes, nr_commits;
	bool everywhere; /* memory is at every address, WORLD_ALIAS of it */
	unsigned int nr_logged; /* may be more than the log has */
	struct access log[WORLD_LOG];
	u64 read_la, write_la;
	unsigned int read_len, write_len;
	u32 port_value;
	unsigned int max_pio;
	bool outside; /* an access was not to memory */
	bool device; /* probe() says that it is one */
	bool changes; /* memory is another after each read */
	unsigned int nr_implicit; /* writes by the CPU itself */
	u32 cpuid_leaf;
};

extern unsigned long nr_failed;

/* Counts, and prints the first ones. */
bool check(bool good, const char *format, ...);

/* Flat segments, 64-bit mode, CPL 3, with the registers of @state. */
void world_init(struct world *w, struct state *state);

/* Decodes; false if it is no instruction. */
bool world_decode(struct world *w, const u8 *bytes, unsigned int nr);

/* Executes until it is over, whatever it takes; registers go to @w->state. */
int world_run(struct world *w);

u64 next_random(void);
void seed_random(u64 seed);

/* native.c */
void compare_with_native(unsigned long rounds);

/* step.c */
void step_beside_native(unsigned long rounds);

/* fuzz.c */
void execute_anything(unsigned long rounds);

/* accesses.c */
void check_accesses(void);

/* rules.c */
void check_rules(void);

/* segments.c */
void check_segments(void);

/* tasks.c */
void check_tasks(void);

/* transfers.c */
void check_transfers(void);

#endif
