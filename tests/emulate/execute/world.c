// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c - a guest for the executor, in a program
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "tests/emulate/execute/world.h"

#define MAX_REPORTS 60

unsigned long nr_failed;
static u64 random_state;

bool check(bool good, const char *format, ...)
{
	va_list args;

	if (good)
		return true;
	if (nr_failed++ < MAX_REPORTS) {
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		putchar('\n');
	}
	return false;
}

u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dull;
}

void seed_random(u64 seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

static struct world *world(struct x86_emulate_ctxt *ctxt)
{
	return (struct world *)ctxt;
}

/* Whether this callback, which may fail, does. */
static int fail(struct world *w)
{
	w->nr_accesses++;
	w->nr_asked++;
	if (w->ask_at && w->nr_accesses == w->ask_at)
		return X86_EMULATE_IO;
	if (w->fault_at && w->nr_accesses == w->fault_at) {
		if (w->fail_as)
			return w->fail_as;
		x86_emulate_fault(&w->ctxt, 14, 2);
		w->ctxt.fault.payload = 0x1234;
		return X86_EMULATE_FAULT;
	}
	if (w->ask_userspace && w->nr_asked > w->nr_answered) {
		w->nr_answered = w->nr_asked;
		return X86_EMULATE_IO;
	}
	return X86_EMULATE_OK;
}

static void record(struct world *w, unsigned int kind, u64 where,
		   unsigned int len, bool implicit)
{
	if (w->nr_logged < WORLD_LOG)
		w->log[w->nr_logged] = (struct access){
			.where = where,
			.len = len,
			.kind = kind,
			.implicit = implicit,
		};
	w->nr_logged++;
}

static u8 *at(struct world *w, u64 la, unsigned int len)
{
	if (w->everywhere && len <= WORLD_SIZE - WORLD_ALIAS)
		return w->state->memory + la % WORLD_ALIAS;
	if (la < WORLD_BASE || len > WORLD_SIZE ||
	    la - WORLD_BASE > WORLD_SIZE - len) {
		w->outside = true;
		return NULL;
	}
	return w->state->memory + (la - WORLD_BASE);
}

static int world_read(struct x86_emulate_ctxt *ctxt, u64 la, void *data,
		      unsigned int len, u32 access)
{
	struct world *w = world(ctxt);
	u8 *p = at(w, la, len);
	int r = fail(w);

	record(w, ACCESS_READ, la, len, access & X86_EMULATE_IMPLICIT);
	if (!p)
		return X86_EMULATE_UNHANDLED;
	if (r != X86_EMULATE_OK)
		return r;
	memcpy(data, p, len);
	if (w->changes)
		*p += 1;
	w->nr_reads++;
	w->read_la = la;
	w->read_len = len;
	return X86_EMULATE_OK;
}

static int write_as(struct x86_emulate_ctxt *ctxt, unsigned int kind, u64 la,
		    const void *data, unsigned int len)
{
	struct world *w = world(ctxt);
	u8 *p = at(w, la, len);
	int r = fail(w);

	record(w, kind, la, len, false);
	if (!p)
		return X86_EMULATE_UNHANDLED;
	if (r != X86_EMULATE_OK)
		return r;
	memcpy(p, data, len);
	w->nr_writes++;
	w->nr_implicit += ctxt->implicit;
	w->write_la = la;
	w->write_len = len;
	return X86_EMULATE_OK;
}

static int world_write(struct x86_emulate_ctxt *ctxt, u64 la, const void *data,
		       unsigned int len)
{
	return write_as(ctxt, ACCESS_WRITE, la, data, len);
}

static int world_cmpxchg(struct x86_emulate_ctxt *ctxt, u64 la, const void *old,
			 const void *new, unsigned int len)
{
	u8 *p = at(world(ctxt), la, len);

	if (p && memcmp(p, old, len))
		return X86_EMULATE_RETRY;
	return write_as(ctxt, ACCESS_CMPXCHG, la, new, len);
}

static int world_probe(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
		       u32 access)
{
	record(world(ctxt), ACCESS_PROBE, la, len,
	       access & X86_EMULATE_IMPLICIT);
	if (!at(world(ctxt), la, len))
		return X86_EMULATE_UNHANDLED;
	return world(ctxt)->device ? X86_EMULATE_IO : X86_EMULATE_OK;
}

static int world_pio_in(struct x86_emulate_ctxt *ctxt, u16 port,
			unsigned int size, void *data, unsigned int count)
{
	struct world *w = world(ctxt);
	unsigned int i;
	int r = fail(w);

	record(w, ACCESS_IN, port, count * size, false);
	if (r != X86_EMULATE_OK)
		return r;
	check(count * size <= X86_EMULATE_IO_BYTES, "too much of a port: %u",
	      count);
	if (count > w->max_pio)
		w->max_pio = count;
	for (i = 0; i < count; i++) {
		u32 val = port * 0x10001u + w->port_value + i;

		memcpy(data + i * size, &val, size);
	}
	return X86_EMULATE_OK;
}

static int world_pio_out(struct x86_emulate_ctxt *ctxt, u16 port,
			 unsigned int size, const void *data,
			 unsigned int count)
{
	struct world *w = world(ctxt);
	int r = fail(w);

	record(w, ACCESS_OUT, port, count * size, false);
	if (r != X86_EMULATE_OK)
		return r;
	if (count > w->max_pio)
		w->max_pio = count;
	w->port_value = 0;
	memcpy(&w->port_value, data + (count - 1) * size, size);
	w->port_value += port;
	return X86_EMULATE_OK;
}

static void world_get_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			      struct x86_emulate_segment *out)
{
	*out = world(ctxt)->segments[seg];
}

static u64 world_get_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	return world(ctxt)->cr[nr];
}

static int world_set_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	int r = fail(world(ctxt));

	if (r == X86_EMULATE_OK)
		world(ctxt)->cr[nr] = val;
	return r;
}

static u64 world_get_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	return world(ctxt)->dr[nr];
}

static int world_set_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	int r = fail(world(ctxt));

	if (r == X86_EMULATE_OK)
		world(ctxt)->dr[nr] = val;
	return r;
}

static int world_get_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 *val)
{
	int r = fail(world(ctxt));

	if (r != X86_EMULATE_OK)
		return r;
	if (index == 0x10) {
		*val = 0x1122334455667788;
		return X86_EMULATE_OK;
	}
	return x86_emulate_fault(ctxt, 13, 0);
}

static int world_set_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 val)
{
	int r = fail(world(ctxt));

	if (r != X86_EMULATE_OK)
		return r;
	if (index == 0x10 && val == 0x0123456789abcdef)
		return X86_EMULATE_OK;
	return x86_emulate_fault(ctxt, 13, 0);
}

static void world_get_xmm(struct x86_emulate_ctxt *ctxt, unsigned int nr,
			  u8 *data)
{
	memcpy(data, world(ctxt)->state->xmm[nr], 16);
}

static void world_set_xmm(struct x86_emulate_ctxt *ctxt, unsigned int nr,
			  const u8 *data)
{
	memcpy(world(ctxt)->state->xmm[nr], data, 16);
}

static void world_invlpg(struct x86_emulate_ctxt *ctxt, u64 la)
{
	world(ctxt)->invlpg = la;
}

static void world_commit(struct x86_emulate_ctxt *ctxt)
{
	struct world *w = world(ctxt);

	w->nr_commits++;
	w->nr_asked = 0;
	w->nr_answered = 0;
}

static void world_set_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			      const struct x86_emulate_segment *in)
{
	check(seg < NR_X86_EMULATE_SEGS, "segment %u", seg);
	world(ctxt)->segments[seg] = *in;
}

static int world_cpuid(struct x86_emulate_ctxt *ctxt, u32 *regs)
{
	int r = fail(world(ctxt));

	if (r != X86_EMULATE_OK)
		return r;
	world(ctxt)->cpuid_leaf = regs[0];
	if (regs[0] == 0xbad)
		return x86_emulate_fault(ctxt, 13, 0);
	regs[1] = regs[0] + 1;
	regs[3] = regs[2] + 1;
	regs[2] = 0x11223344;
	return X86_EMULATE_OK;
}

static u64 world_get_system_msr(struct x86_emulate_ctxt *ctxt, u32 index)
{
	switch (index) {
	case 0x10:
		return 0x1122334455667788;
	case 0x174:
		return world(ctxt)->sysenter_cs;
	case 0x175:
		return 0x7fff00001000;
	case 0x176:
		return 0x7fff00002000;
	case 0xc0000080:
		return world(ctxt)->efer;
	case 0xc0000081:
		return 0x0053004100003000;
	case 0xc0000082:
		return 0x7fff00004000;
	case 0xc0000083:
		return 0x7fff00005000;
	case 0xc0000084:
		return 0x300;
	default:
		return 0;
	}
}

static void world_get_fx(struct x86_emulate_ctxt *ctxt, u8 *data)
{
	struct world *w = world(ctxt);

	memcpy(data, w->fx, sizeof(w->fx));
	memcpy(data + 160, w->state->xmm, sizeof(w->state->xmm));
}

static void world_set_fx(struct x86_emulate_ctxt *ctxt, const u8 *data)
{
	struct world *w = world(ctxt);

	memcpy(w->fx, data, sizeof(w->fx));
	memcpy(w->state->xmm, data + 160, sizeof(w->state->xmm));
}

static const struct x86_emulate_ops ops = {
	.read = world_read,
	.write = world_write,
	.cmpxchg = world_cmpxchg,
	.probe = world_probe,
	.pio_in = world_pio_in,
	.pio_out = world_pio_out,
	.get_segment = world_get_segment,
	.get_cr = world_get_cr,
	.set_cr = world_set_cr,
	.get_dr = world_get_dr,
	.set_dr = world_set_dr,
	.get_msr = world_get_msr,
	.set_msr = world_set_msr,
	.get_xmm = world_get_xmm,
	.set_xmm = world_set_xmm,
	.invlpg = world_invlpg,
	.commit = world_commit,
	.set_segment = world_set_segment,
	.cpuid = world_cpuid,
	.get_system_msr = world_get_system_msr,
	.get_fx = world_get_fx,
	.set_fx = world_set_fx,
};

void world_init(struct world *w, struct state *state)
{
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->state = state;
	for (i = 0; i < ARRAY_SIZE(w->segments); i++)
		w->segments[i] = (struct x86_emulate_segment){
			.limit = 0xffffffff,
			.selector = 8 * i + 3,
			.type = i == KVM_INSN_SEG_CS ? 0xb : 3,
			.big = true,
			.dpl = 3,
			.s = true,
			.present = true,
		};
	w->segments[X86_EMULATE_SEG_TR].type = 0xb;
	w->segments[X86_EMULATE_SEG_TR].base = WORLD_BASE;
	w->segments[X86_EMULATE_SEG_TR].limit = 0x67;
	w->segments[X86_EMULATE_SEG_LDTR].unusable = true;
	w->fx[0] = 0x7f;
	w->fx[1] = 3;
	w->fx[24] = 0x80;
	w->fx[25] = 0x1f;
	w->cr[0] = 0x80000011;
	w->cr[4] = 0x620;
	w->ctxt.ops = &ops;
	w->ctxt.how = KVM_INSN_LONG;
	w->ctxt.cpl = 3;
	w->ctxt.la_bits = 48;
	w->ctxt.rip = 0x400000;
	memcpy(w->ctxt.regs, state->regs, sizeof(state->regs));
	w->ctxt.rflags = state->rflags;
}

bool world_decode(struct world *w, const u8 *bytes, unsigned int nr)
{
	return kvm_insn_decode(&w->ctxt.insn, bytes, nr, w->ctxt.how) ==
	       KVM_INSN_OK;
}

/* A wait for userspace must leave the registers as the last commit did. */
static int run_once(struct world *w)
{
	struct x86_emulate_ctxt *ctxt = &w->ctxt;
	unsigned int commits = w->nr_commits;
	u64 regs[16], rip = ctxt->rip, rflags = ctxt->rflags;
	int r;

	memcpy(regs, ctxt->regs, sizeof(regs));
	w->nr_asked = 0;
	r = x86_emulate(ctxt);
	/* A fault of a new task's has its own. */
	if (r != X86_EMULATE_OK && !(ctxt->after & X86_EMULATE_AFTER_TASK))
		check(ctxt->rip == rip, "RIP moved, result %d", r);
	if (r != X86_EMULATE_OK && w->nr_commits == commits)
		check(!memcmp(regs, ctxt->regs, sizeof(regs)),
		      "registers changed, result %d", r);
	if (r != X86_EMULATE_OK && w->nr_commits == commits)
		check(rflags == ctxt->rflags, "flags changed, result %d", r);
	return r;
}

int world_run(struct world *w)
{
	unsigned int tries = 0;
	int r;

	do {
		r = run_once(w);
		check(++tries < 100000, "it does not end");
	} while (tries < 100000 && (r == X86_EMULATE_IO ||
				    (r == X86_EMULATE_OK && w->ctxt.repeats)));
	memcpy(w->state->regs, w->ctxt.regs, sizeof(w->state->regs));
	w->state->rflags = w->ctxt.rflags;
	return r;
}
