// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz.c - the executor on anything: random bytes in every mode, on random
 * registers and segments, with callbacks that fail
 *
 * It has to end, without an access outside of its own memory (the build has
 * sanitizers), and to change nothing unless it succeeds (world.c looks).
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "tests/emulate/execute/world.h"

static void random_segments(struct world *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w->segments); i++) {
		struct x86_emulate_segment *s = &w->segments[i];

		if (next_random() % 4)
			continue;
		s->type = next_random() % 16;
		s->limit = next_random() >> (32 + next_random() % 32);
		s->base = next_random() % 2 ? WORLD_BASE : next_random();
		s->big = next_random() % 2;
		s->unusable = next_random() % 8 == 0;
	}
}

/* Descriptors of all kinds are at WORLD_BASE; all tables begin there. */
static void random_tables(struct world *w)
{
	unsigned int i, at = next_random() % 64 * 8;
	u64 val = next_random();

	/* Present, and with a base in memory, more often than by chance. */
	if (next_random() % 2)
		val |= 1ull << 47;
	if (next_random() % 2)
		val = (val & ~0xff0000ff00000000ull) | 0x1000000000000000;
	memcpy(w->state->memory + at, &val, sizeof(val));
	for (i = X86_EMULATE_SEG_TR; i < NR_X86_EMULATE_SEGS; i++) {
		w->segments[i].base = WORLD_BASE;
		w->segments[i].limit = next_random() % 1024;
		w->segments[i].unusable = false;
	}
	w->efer = next_random() % 2;
	w->sysenter_cs = next_random() % 64;
	w->ctxt.lma = w->ctxt.how != KVM_INSN_REAL && next_random() % 2;
}

/* Events through task gates come without an instruction. */
static void switch_tasks(struct world *w)
{
	u32 error_code = next_random();
	int r;

	r = x86_emulate_task_switch(&w->ctxt, next_random() % 512,
				    next_random() % 2 ? &error_code : NULL);
	check(r >= 0 && r <= X86_EMULATE_UNHANDLED, "task switch: %d", r);
}

static void random_registers(struct world *w)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		w->ctxt.regs[i] = next_random() >> (next_random() % 4 * 16);
		if (next_random() % 2)
			w->ctxt.regs[i] = WORLD_BASE + next_random() % 0x10000;
		if (next_random() % 8 == 0)
			w->ctxt.regs[i] = next_random() % 512;
	}
	/* Repeated instructions are not to take all day. */
	w->ctxt.regs[1] %= 4096;
	w->ctxt.rflags = next_random() & 0x43dd7;
	w->cr[0] ^= next_random() % 4 ? 0 : next_random() & 0x4000e;
	w->cr[4] ^= next_random() % 4 ? 0 : next_random() & 0xa08;
}

void execute_anything(unsigned long rounds)
{
	unsigned long results[X86_EMULATE_UNHANDLED + 1] = { 0 };
	static struct state state;
	u8 bytes[KVM_INSN_MAX_LEN];
	struct world w;
	unsigned int i;
	int r;

	while (rounds--) {
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = next_random() >> 40;
		if (next_random() % 2)
			bytes[next_random() % 3] = 0x0f;
		world_init(&w, &state);
		w.ctxt.how = next_random() % 4;
		w.ctxt.cpl = next_random() % 2 ? 3 : 0;
		w.ctxt.vm86 = w.ctxt.how == KVM_INSN_REAL && w.ctxt.cpl;
		w.device = next_random() % 2;
		w.ask_userspace = next_random() % 2;
		w.changes = next_random() % 16 == 0;
		w.fault_at = next_random() % 4 ? 0 : next_random() % 8;
		random_segments(&w);
		random_registers(&w);
		if (next_random() % 2)
			random_tables(&w);
		if (next_random() % 64 == 0)
			switch_tasks(&w);
		if (!world_decode(&w, bytes, sizeof(bytes)))
			continue;
		r = world_run(&w);
		if (check(r >= 0 && r <= X86_EMULATE_UNHANDLED, "result %d", r))
			results[r]++;
	}
	printf("%lu done, %lu faults, %lu to be retried, %lu unhandled\n",
	       results[X86_EMULATE_OK], results[X86_EMULATE_FAULT],
	       results[X86_EMULATE_RETRY], results[X86_EMULATE_UNHANDLED]);
}
