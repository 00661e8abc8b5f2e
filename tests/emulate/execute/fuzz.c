// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz.c - decoder and executor on anything: LLVMFuzzerTestOneInput()
 *
 * An input says the mode, how the callbacks fail, what the rest is made of, and
 * the instruction's bytes.  Registers, segments, flags and control registers are
 * whatever comes of it.  Memory is at every address, and nothing but a function
 * of the address and the input; half of the time somebody else changes it
 * meanwhile, and half of the time there are tables, of descriptors of all kinds.
 * An event may switch tasks before the instruction does anything.
 *
 * The callbacks look at what they are asked for: where, how many bytes, into
 * what; and that none is called after one that failed.  Then what the executor
 * says has to be true: nothing changed unless it is done, the result is that of
 * the callback that failed, RIP is at the next instruction or where a branch
 * went, and what waited for userspace does the same accesses again.
 *
 * It is libFuzzer's target, and execute_anything() is a driver that needs none
 * of that: inputs from a seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/world.h"

/* Calls of one instruction; more than the accesses of the longest one. */
#define MAX_CALLS 12
#define MAX_LOG	  64
#define TSS_BYTES 104

/* What an input is, if it is long enough; what it lacks is 0. */
struct input {
	u8 mode; /* enum kvm_insn_mode, then bits */
	u8 failing; /* of 256 callbacks */
	u8 flags;
	u8 seed[5];
	u8 bytes[KVM_INSN_MAX_LEN];
};

#define MODE_AMD     0x04
#define MODE_CPL3    0x08
#define MODE_VM86    0x10
#define MODE_LA57    0x20
#define MODE_STEP    0x40
#define MODE_SHORT   0x80 /* not all of the bytes are there */
#define FLAG_CHANGES 0x01
#define FLAG_WILD    0x02 /* segments, control registers */
#define FLAG_DEVICE  0x04
#define FLAG_NO_IO   0x08
#define FLAG_TABLES  0x10
#define FLAG_EVENT   0xe0 /* with all three of them */

struct fuzz {
	struct world w; /* first: callbacks get it */
	const struct input *in;
	struct x86_emulate_ops ops;
	u64 random;
	u16 selector; /* of the task that an event goes to */
	u32 error_code; /* it has one if it is odd */
	unsigned int nr_calls; /* of callbacks, in this call of the executor */
	int failed; /* the result of the one that failed */
	u64 probed_la;
	unsigned int probed_len;
	/* Accesses since the last commit; and those that have to come again. */
	unsigned int nr_log, nr_again;
	struct access log[MAX_LOG], again[MAX_LOG];
};

static unsigned long results[X86_EMULATE_UNHANDLED + 1];
static unsigned long nr_decoded, nr_callbacks, nr_events, nr_tasks;
static unsigned long hits[NR_KVM_OPS];

static struct fuzz *fuzz(struct x86_emulate_ctxt *ctxt)
{
	return (struct fuzz *)ctxt;
}

static u64 scramble(u64 x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185ull;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dull;
	return x ^ x >> 33;
}

static u64 any(struct fuzz *f)
{
	f->random += 0x9e3779b97f4a7c15ull;
	return scramble(f->random);
}

/* Events, far transfers and the like; near ones have a flag in their row. */
static bool is_far(const struct fuzz *f)
{
	const struct kvm_opcode *row = f->w.ctxt.insn.row;
	static const u16 ops[] = {
		OP_CALL_FAR, OP_INT,	 OP_INT1,     OP_INT3,	  OP_INTO,
		OP_IRET,     OP_JMP_FAR, OP_RET_FAR,  OP_RSM,	  OP_SYSCALL,
		OP_SYSEXIT,  OP_SYSRET,	 OP_SYSENTER, OP_VMMCALL,
	};
	unsigned int i;

	for (i = 0; row && i < ARRAY_SIZE(ops); i++)
		if (row->op == ops[i])
			return true;
	return !row;
}

/* From then on all is the new task's, faults and failures too. */
static bool is_new_task(const struct fuzz *f)
{
	return f->w.ctxt.after & X86_EMULATE_AFTER_TASK;
}

static bool is_long(const struct fuzz *f)
{
	return (f->w.ctxt.how & ~KVM_INSN_AMD) == KVM_INSN_LONG;
}

static bool canonical(const struct fuzz *f, u64 la)
{
	unsigned int shift = 64 - f->w.ctxt.la_bits;

	return (u64)((s64)(la << shift) >> shift) == la;
}

/* Every callback comes here first. */
static void called(struct fuzz *f)
{
	nr_callbacks++;
	check(++f->nr_calls <= 16 * X86_EMULATE_MAX_REPEAT,
	      "no end of callbacks");
}

static void remember(struct fuzz *f, unsigned int kind, u64 where,
		     unsigned int len)
{
	if (f->nr_log < f->nr_again && f->nr_log < MAX_LOG) {
		const struct access *a = &f->again[f->nr_log];

		check(a->kind == kind && a->where == where && a->len == len,
		      "access %u is not the same again", f->nr_log);
	}
	if (f->nr_log < MAX_LOG)
		f->log[f->nr_log] = (struct access){ where, len, kind, false };
	f->nr_log++;
}

/* Whether this one, which may fail, does. */
static int fail(struct fuzz *f)
{
	static const int how[] = { X86_EMULATE_FAULT, X86_EMULATE_IO,
				   X86_EMULATE_RETRY, X86_EMULATE_UNHANDLED };
	u64 r = any(f);

	called(f);
	check(f->failed == X86_EMULATE_OK || is_new_task(f),
	      "a callback after one that failed");
	if ((u8)r >= f->in->failing)
		return X86_EMULATE_OK;
	f->failed = how[r >> 8 & 3];
	if (f->in->flags & FLAG_NO_IO && f->failed == X86_EMULATE_IO)
		f->failed = X86_EMULATE_FAULT;
	if (f->failed == X86_EMULATE_FAULT)
		x86_emulate_fault(&f->w.ctxt, r & 0x10000 ? 14 : 13, 0);
	return f->failed;
}

static void check_address(const struct fuzz *f, u64 la, unsigned int len)
{
	if (is_long(f))
		check(canonical(f, la) && canonical(f, la + len - 1),
		      "%llx is not canonical", (unsigned long long)la);
	else
		check(la <= 0xffffffff, "%llx is above 4G",
		      (unsigned long long)la);
}

/* Of a TSS more goes at once: what is saved of a task. */
static bool was_probed(const struct fuzz *f, u64 la, unsigned int len)
{
	if (is_far(f) && len <= TSS_BYTES)
		return true;
	return f->probed_len && la - f->probed_la < f->probed_len &&
	       len <= f->probed_len - (la - f->probed_la);
}

/* Sanitizers do not see where an array in a structure ends. */
static void check_buffer(const struct fuzz *f, const void *data,
			 unsigned int len)
{
	const struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	const u8 *p = data, *begin = (const u8 *)ctxt;
	const u8 *end = ctxt->buf + sizeof(ctxt->buf);

	if (p >= begin && p < begin + sizeof(*f))
		check(p >= ctxt->buf && p + len <= end,
		      "%u bytes over the end of the buffer", len);
}

/* Whether all of it is there, sanitizers tell. */
static void touch(const void *data, unsigned int len)
{
	static u8 bounce[X86_EMULATE_IO_BYTES];

	memcpy(bounce, data, len < sizeof(bounce) ? len : sizeof(bounce));
}

static u8 byte_at(struct fuzz *f, u64 la)
{
	u64 val, seed = f->in->seed[0] | f->in->seed[1] << 8;

	if (f->in->flags & FLAG_CHANGES)
		return any(f);
	val = scramble(la / 8 * 0x10001 + seed);
	/* Descriptors: present, and of a TSS, more often than by chance. */
	if (f->in->flags & FLAG_TABLES && val & 1ull << 52)
		val |= 1ull << 47;
	if (f->in->flags & FLAG_TABLES && val & 1ull << 56)
		val = (val & ~(1ull << 44 | 6ull << 40)) | 1ull << 40;
	return val >> la % 8 * 8;
}

static int fuzz_read(struct x86_emulate_ctxt *ctxt, u64 la, void *data,
		     unsigned int len, u32 access)
{
	struct fuzz *f = fuzz(ctxt);
	int r = fail(f);
	unsigned int i;

	/* Of descriptor tables, any base can be made by a guest. */
	if (!(access & X86_EMULATE_IMPLICIT))
		check_address(f, la, len);
	check(len && (len <= 16 || was_probed(f, la, len)), "read of %u", len);
	check_buffer(f, data, len);
	remember(f, ACCESS_READ, la, len);
	if (r != X86_EMULATE_OK)
		return r;
	for (i = 0; i < len; i++)
		((u8 *)data)[i] = byte_at(f, la + i);
	return X86_EMULATE_OK;
}

static int fuzz_write(struct x86_emulate_ctxt *ctxt, u64 la, const void *data,
		      unsigned int len)
{
	struct fuzz *f = fuzz(ctxt);
	int r = fail(f);

	check_address(f, la, len);
	check(len && (len <= 16 || was_probed(f, la, len)), "write of %u", len);
	check_buffer(f, data, len);
	remember(f, ACCESS_WRITE, la, len);
	touch(data, len);
	return r;
}

/*
 * The one callback that may come behind one that failed: a task switch that can't mark
 * the old TSS takes the mark of the new one off again.
 */
static bool takes_back(const struct fuzz *f, u64 la, unsigned int len)
{
	const struct access *last;

	if (f->failed == X86_EMULATE_OK || !f->nr_log || f->nr_log > MAX_LOG)
		return false;
	last = &f->log[f->nr_log - 1];
	return len == 1 && last->kind == ACCESS_CMPXCHG && last->len == 1 &&
	       last->where != la;
}

static int fuzz_cmpxchg(struct x86_emulate_ctxt *ctxt, u64 la, const void *old,
			const void *new, unsigned int len)
{
	struct fuzz *f = fuzz(ctxt);
	int r;

	if (takes_back(f, la, len))
		return X86_EMULATE_OK;
	r = fail(f);
	check_address(f, la, len);
	check(len == 1 || len == 2 || len == 4 || len == 8 || len == 16,
	      "cmpxchg of %u", len);
	remember(f, ACCESS_CMPXCHG, la, len);
	touch(old, len);
	touch(new, len);
	return r;
}

/* That it is not all memory is no failure. */
static int fuzz_probe(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
		      u32 access)
{
	struct fuzz *f = fuzz(ctxt);
	int r = fail(f);

	if (!(access & X86_EMULATE_IMPLICIT))
		check_address(f, la, len);
	check(len && len <= X86_EMULATE_IO_BYTES, "probe of %u", len);
	if (r == X86_EMULATE_IO) {
		f->failed = X86_EMULATE_OK;
		r = X86_EMULATE_OK;
	}
	f->probed_la = la;
	f->probed_len = len;
	if (r == X86_EMULATE_OK && f->in->flags & FLAG_DEVICE)
		return X86_EMULATE_IO;
	return r;
}

static void check_port(const struct fuzz *f, unsigned int size,
		       const void *data, unsigned int count)
{
	check(size == 1 || size == 2 || size == 4, "port of %u", size);
	check(count && count <= X86_EMULATE_IO_BYTES / size,
	      "%u times %u bytes of a port", count, size);
	check_buffer(f, data, count * size);
}

static int fuzz_pio_in(struct x86_emulate_ctxt *ctxt, u16 port,
		       unsigned int size, void *data, unsigned int count)
{
	struct fuzz *f = fuzz(ctxt);
	int r = fail(f);
	unsigned int i;

	check_port(f, size, data, count);
	remember(f, ACCESS_IN, port, count * size);
	for (i = 0; r == X86_EMULATE_OK && i < count * size; i++)
		((u8 *)data)[i] = byte_at(f, port + i);
	return r;
}

static int fuzz_pio_out(struct x86_emulate_ctxt *ctxt, u16 port,
			unsigned int size, const void *data, unsigned int count)
{
	struct fuzz *f = fuzz(ctxt);
	int r = fail(f);

	check_port(f, size, data, count);
	remember(f, ACCESS_OUT, port, count * size);
	touch(data, count * size);
	return r;
}

static void fuzz_get_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			     struct x86_emulate_segment *out)
{
	struct fuzz *f = fuzz(ctxt);

	called(f);
	if (check(seg < ARRAY_SIZE(f->w.segments), "segment %u", seg))
		*out = f->w.segments[seg];
}

static void fuzz_set_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			     const struct x86_emulate_segment *in)
{
	struct fuzz *f = fuzz(ctxt);

	called(f);
	check(f->failed == X86_EMULATE_OK || is_new_task(f),
	      "a segment after a failure");
	if (check(seg < ARRAY_SIZE(f->w.segments), "segment %u", seg))
		f->w.segments[seg] = *in;
}

static u64 fuzz_get_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	called(fuzz(ctxt));
	check(nr == 0 || (nr >= 2 && nr <= 4) || nr == 8, "CR%u", nr);
	return fuzz(ctxt)->w.cr[nr % 16];
}

static int fuzz_set_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	int r = fail(fuzz(ctxt));

	check(nr == 0 || (nr >= 2 && nr <= 4) || nr == 8, "CR%u", nr);
	if (r == X86_EMULATE_OK)
		fuzz(ctxt)->w.cr[nr % 16] = val;
	return r;
}

static u64 fuzz_get_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	called(fuzz(ctxt));
	check(nr < 4 || nr == 6 || nr == 7, "DR%u", nr);
	return fuzz(ctxt)->w.dr[nr % 8];
}

static int fuzz_set_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	int r = fail(fuzz(ctxt));

	check(nr < 4 || nr == 6 || nr == 7, "DR%u", nr);
	if (r == X86_EMULATE_OK)
		fuzz(ctxt)->w.dr[nr % 8] = val;
	return r;
}

static int fuzz_get_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 *val)
{
	*val = any(fuzz(ctxt)) ^ index;
	return fail(fuzz(ctxt));
}

static int fuzz_set_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 val)
{
	(void)index;
	(void)val;
	return fail(fuzz(ctxt));
}

static int fuzz_cpuid(struct x86_emulate_ctxt *ctxt, u32 *regs)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		regs[i] ^= any(fuzz(ctxt));
	return fail(fuzz(ctxt));
}

static void fuzz_commit(struct x86_emulate_ctxt *ctxt)
{
	struct fuzz *f = fuzz(ctxt);

	called(f);
	check(f->failed == X86_EMULATE_OK || is_new_task(f),
	      "committed after a failure");
	f->w.nr_commits++;
	f->nr_log = 0;
	f->nr_again = 0;
	f->probed_len = 0;
}

/* Callbacks that are not here are those of world.c. */
static void take_ops(struct fuzz *f)
{
	f->ops = *f->w.ctxt.ops;
	f->ops.read = fuzz_read;
	f->ops.write = fuzz_write;
	f->ops.cmpxchg = fuzz_cmpxchg;
	f->ops.probe = fuzz_probe;
	f->ops.pio_in = fuzz_pio_in;
	f->ops.pio_out = fuzz_pio_out;
	f->ops.get_segment = fuzz_get_segment;
	f->ops.set_segment = fuzz_set_segment;
	f->ops.cpuid = fuzz_cpuid;
	f->ops.get_cr = fuzz_get_cr;
	f->ops.set_cr = fuzz_set_cr;
	f->ops.get_dr = fuzz_get_dr;
	f->ops.set_dr = fuzz_set_dr;
	f->ops.get_msr = fuzz_get_msr;
	f->ops.set_msr = fuzz_set_msr;
	f->ops.commit = fuzz_commit;
	f->w.ctxt.ops = &f->ops;
}

static void make_segments(struct fuzz *f)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(f->w.segments); i++) {
		struct x86_emulate_segment *s = &f->w.segments[i];
		u64 r = any(f);

		if (r % 4)
			continue;
		s->type = r >> 8;
		s->type %= 16;
		s->big = r & 0x1000;
		s->unusable = (r >> 16) % 8 == 0;
		s->selector = r >> 20;
		s->limit = any(f) >> (32 + (r >> 40) % 32);
		s->base = any(f);
		/* Those that are loaded by an instruction are of 32 bits. */
		if (r & 0x2000 || !is_long(f))
			s->base = (u32)s->base;
		else if (i >= X86_EMULATE_SEG_TR)
			s->base = (s64)(s->base << 16) >> 17;
	}
}

/* All of them are the same: memory has descriptors of all kinds. */
static void make_tables(struct fuzz *f)
{
	struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	unsigned int i;

	for (i = X86_EMULATE_SEG_TR; i < NR_X86_EMULATE_SEGS; i++) {
		u64 r = any(f);

		f->w.segments[i].base = WORLD_BASE;
		f->w.segments[i].limit = r & 1 ? 0xffff : r >> 8 & 0x3ff;
		f->w.segments[i].unusable = false;
	}
	for (i = 0; i < 16; i++)
		if (any(f) % 8 == 0)
			ctxt->regs[i] = any(f) % 512;
	f->w.efer = any(f) % 2;
	f->w.sysenter_cs = any(f) % 64;
	ctxt->lma = f->in->mode % 4 != KVM_INSN_REAL && any(f) % 2;
	if (any(f) % 4 == 0)
		ctxt->rflags |= 0x4000;
}

static void make_cpu(struct fuzz *f)
{
	static const u64 edges[] = { 0xffff,	     0xffffffff,
				     0x7fffffffffff, 0xffff7fffffffffff,
				     ~0ull,	     0xfff };
	struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	const struct input *in = f->in;
	unsigned int i;

	ctxt->how = in->mode % 4 | (in->mode & MODE_AMD ? KVM_INSN_AMD : 0);
	ctxt->cpl = in->mode & MODE_CPL3 ? 3 : 0;
	ctxt->la_bits = in->mode & MODE_LA57 ? 57 : 48;
	ctxt->step = in->mode & MODE_STEP;
	if (in->mode % 4 == KVM_INSN_REAL && in->mode & MODE_VM86) {
		ctxt->vm86 = true;
		ctxt->cpl = 3;
	}
	for (i = 0; i < 16; i++) {
		u64 r = any(f);

		/* Small, as an address, at an edge, or anything. */
		ctxt->regs[i] = any(f) >> (r % 4 * 16);
		if (r & 4)
			ctxt->regs[i] = (s64)(any(f) << 16) >> 17;
		if (r & 8)
			ctxt->regs[i] %= 64;
		if ((r & 0x70) == 0x70)
			ctxt->regs[i] = edges[(r >> 8) % ARRAY_SIZE(edges)] -
					(r >> 16) % 16;
	}
	ctxt->rflags = (any(f) & 0x43fd5) | 2 |
		       (in->flags & FLAG_WILD ? any(f) & 0x10000 : 0);
	if (ctxt->vm86)
		ctxt->rflags |= 0x20000;
	if (!is_long(f))
		ctxt->rip = (u16)any(f);
	if (in->flags & FLAG_WILD) {
		make_segments(f);
		f->w.cr[0] ^= any(f) & 0x4000e;
		f->w.cr[4] ^= any(f) & 0xa08;
		f->w.dr[7] = any(f) & 0x2000;
	}
	if (in->flags & FLAG_TABLES)
		make_tables(f);
}

static bool is_string(unsigned int op)
{
	return op == OP_MOVS || op == OP_CMPS || op == OP_STOS ||
	       op == OP_LODS || op == OP_SCAS || op == OP_INS || op == OP_OUTS;
}

static void check_rip(const struct fuzz *f, u64 rip)
{
	const struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	unsigned int op = ctxt->insn.row ? ctxt->insn.row->op : OP_UNDEFINED;
	const u8 repeat = KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2;
	u64 next = rip + ctxt->insn.len;
	bool wide = is_long(f);

	if (is_far(f)) {
		wide = (wide || ctxt->lma) && f->w.segments[KVM_INSN_SEG_CS].l;
	} else if (ctxt->repeats) {
		check(ctxt->rip == rip, "RIP moved within a repetition");
		check(is_string(op) && ctxt->insn.prefixes & repeat,
		      "it repeats");
	} else if (!(ctxt->insn.row->flags & OF_BRANCH)) {
		check(ctxt->rip == (wide ? next : (u32)next), "RIP");
	}
	/* After AMD's SYSRET it is the next instruction that faults. */
	if (op == OP_SYSRET && ctxt->how & KVM_INSN_AMD)
		return;
	check(wide ? canonical(f, ctxt->rip) : ctxt->rip <= 0xffffffff,
	      "RIP is %llx", (unsigned long long)ctxt->rip);
}

/* SDM 3A, table 6-1. */
static void check_fault(const struct fuzz *f)
{
	const struct x86_emulate_fault *fault = &f->w.ctxt.fault;
	bool has = fault->vector == 8 || fault->vector == 17 ||
		   (fault->vector >= 10 && fault->vector <= 14);

	check(fault->vector < 32, "fault without an exception");
	check(fault->has_error_code == has, "error code of vector %u",
	      fault->vector);
	check(has || !fault->error_code, "vector %u has error code %x",
	      fault->vector, fault->error_code);
}

/* What was before has to be there still, but what was committed. */
static void check_unchanged(const struct fuzz *f, const struct world *before,
			    const struct state *state)
{
	const struct x86_emulate_ctxt *a = &before->ctxt, *b = &f->w.ctxt;
	size_t from = offsetof(struct world, segments);
	size_t len = offsetof(struct world, nr_asked) - from;

	if (is_new_task(f))
		return;
	check(a->rip == b->rip, "RIP changed");
	if (before->nr_commits != f->w.nr_commits)
		return;
	check(!memcmp(a->regs, b->regs, sizeof(a->regs)), "registers changed");
	check(a->rflags == b->rflags, "flags changed");
	check(a->cpl == b->cpl, "CPL changed");
	check(!memcmp((const u8 *)before + from, (const u8 *)&f->w + from, len),
	      "segments, control registers or the like changed");
	check(!memcmp(state->xmm, f->w.state->xmm, sizeof(state->xmm)),
	      "XMM registers changed");
}

typedef int (*fuzz_fn)(struct fuzz *f);

static int execute(struct fuzz *f)
{
	struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	int r = x86_emulate(ctxt);

	hits[ctxt->insn.row->op]++;
	if (!x86_emulate_has(ctxt->insn.row->op))
		check(r == X86_EMULATE_UNHANDLED && !f->nr_calls,
		      "without a function");
	return r;
}

/* Events through task gates come without an instruction. */
static int switch_tasks(struct fuzz *f)
{
	nr_events++;
	return x86_emulate_task_switch(&f->w.ctxt, f->selector,
				       f->error_code & 1 ? &f->error_code :
							   NULL);
}

/* There is no way back from a new task: nothing can wait there. */
static void check_result(const struct fuzz *f, int r)
{
	if (is_new_task(f)) {
		nr_tasks++;
		check(r != X86_EMULATE_IO && r != X86_EMULATE_RETRY,
		      "result %d in a new task", r);
	} else if (f->failed != X86_EMULATE_OK) {
		check(r == f->failed, "result %d, and the callback's was %d", r,
		      f->failed);
	} else {
		check(r != X86_EMULATE_IO && r != X86_EMULATE_RETRY,
		      "result %d of nothing", r);
	}
}

static int run_once(struct fuzz *f, fuzz_fn call)
{
	struct x86_emulate_ctxt *ctxt = &f->w.ctxt;
	static struct world before;
	static struct state xmm;
	int r;

	before = f->w;
	memcpy(xmm.xmm, f->w.state->xmm, sizeof(xmm.xmm));
	ctxt->fault = (struct x86_emulate_fault){ .vector = 0xff };
	f->nr_calls = 0;
	f->nr_log = 0;
	f->failed = X86_EMULATE_OK;
	f->probed_len = 0;
	r = call(f);
	if (!check(r >= X86_EMULATE_OK && r <= X86_EMULATE_UNHANDLED,
		   "result %d", r))
		return X86_EMULATE_UNHANDLED;
	results[r]++;
	check_result(f, r);
	if (r == X86_EMULATE_OK) {
		check(f->w.nr_commits != before.nr_commits, "no commit");
		check_rip(f, before.ctxt.rip);
	} else {
		check_unchanged(f, &before, &xmm);
	}
	if (r == X86_EMULATE_FAULT)
		check_fault(f);
	return r;
}

/* Accesses of the one that waited come again, as long as memory is the same. */
static void expect_again(struct fuzz *f, int r)
{
	f->nr_again = 0;
	if (r != X86_EMULATE_IO || f->in->flags & FLAG_CHANGES)
		return;
	f->nr_again = f->nr_log < MAX_LOG ? f->nr_log : MAX_LOG;
	memcpy(f->again, f->log, f->nr_again * sizeof(f->log[0]));
}

static void run(struct fuzz *f, fuzz_fn call)
{
	unsigned int calls;

	for (calls = 0; calls < MAX_CALLS; calls++) {
		int r = run_once(f, call);

		if (r != X86_EMULATE_IO && r != X86_EMULATE_RETRY &&
		    !(r == X86_EMULATE_OK && f->w.ctxt.repeats))
			return;
		expect_again(f, r);
	}
}

/* Fewer bytes are the same instruction, or not the whole of it. */
static void check_decoder(const struct fuzz *f, enum kvm_insn_result r,
			  unsigned int nr)
{
	const struct kvm_insn *insn = &f->w.ctxt.insn;
	enum kvm_insn_result less;
	struct kvm_insn other;

	check(r <= KVM_INSN_TOO_LONG, "decoded: %d", r);
	if (r != KVM_INSN_OK)
		return;
	nr_decoded++;
	check(insn->len && insn->len <= nr, "length %u of %u", insn->len, nr);
	check(insn->nr_mem <= 2, "%u memory operands", insn->nr_mem);
	check(insn->row && insn->row->op > OP_LAST_BY, "no row");
	check(kvm_insn_decode(&other, f->in->bytes, insn->len, f->w.ctxt.how) ==
			      KVM_INSN_OK &&
		      !memcmp(&other, insn, sizeof(other)),
	      "with its bytes alone it is another");
	less = kvm_insn_decode(&other, f->in->bytes, insn->len - 1,
			       f->w.ctxt.how);
	check(less == KVM_INSN_MORE || less == KVM_INSN_UNDEFINED,
	      "with a byte less: %d", less);
}

/* libFuzzer's name for it. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool has_driver;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned long nr_before = nr_failed;
	struct input in = { 0 };
	static struct state state;
	static struct fuzz f;
	enum kvm_insn_result r;
	unsigned int nr;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	world_init(&f.w, &state);
	f.in = &in;
	f.nr_again = 0;
	f.random = 0;
	memcpy(&f.random, in.seed, sizeof(in.seed));
	take_ops(&f);
	make_cpu(&f);
	f.selector = any(&f) & 0x1ff;
	f.error_code = any(&f);
	if ((in.flags & FLAG_EVENT) == FLAG_EVENT)
		run(&f, switch_tasks);
	f.nr_again = 0;
	nr = in.mode & MODE_SHORT ? any(&f) % 16 : KVM_INSN_MAX_LEN;
	r = kvm_insn_decode(&f.w.ctxt.insn, in.bytes, nr, f.w.ctxt.how);
	check_decoder(&f, r, nr);
	if (r == KVM_INSN_OK)
		run(&f, execute);
	if (nr_failed != nr_before && !has_driver)
		abort();
	return 0;
}

/* Half of the instructions begin with prefixes, and what leads to other maps. */
static void make_input(struct input *in)
{
	static const u8 first[] = { 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x48,
				    0x4c, 0x41, 0x64, 0x2e, 0x0f, 0x0f };
	unsigned int i;
	u64 r;

	for (i = 0; i < sizeof(*in); i++)
		((u8 *)in)[i] = next_random() >> 40;
	r = next_random();
	if (r % 4 == 0)
		in->failing = 0;
	else if (r % 4 < 3)
		in->failing %= 32;
	for (i = 0; i < 3 && next_random() % 2; i++)
		in->bytes[i] = first[next_random() % sizeof(first)];
	if (r >> 32 & 0xe0)
		return;
	in->bytes[i] = 0x0f;
	in->bytes[i + 1] = r >> 32 & 0x10 ? 0x38 : 0x3a;
}

static void print_input(const struct input *in)
{
	unsigned int i;

	printf("\tinput");
	for (i = 0; i < sizeof(*in); i++)
		printf(" %02x", ((const u8 *)in)[i]);
	putchar('\n');
}

void execute_anything(unsigned long rounds)
{
	unsigned long left = rounds;
	unsigned int op;

	has_driver = true;
	while (left--) {
		unsigned long nr_before = nr_failed;
		struct input in;

		make_input(&in);
		LLVMFuzzerTestOneInput((const u8 *)&in, sizeof(in));
		if (nr_failed != nr_before && nr_failed < 60)
			print_input(&in);
	}
	for (op = 0; op < NR_KVM_OPS; op++)
		check(rounds < 1000000 || !x86_emulate_has(op) || hits[op],
		      "op %u never came up", op);
	check(rounds < 1000000 || (nr_events > 10000 && nr_tasks > 300),
	      "not enough tasks");
	printf("%lu inputs, %lu instructions, %lu callbacks, %lu events, %lu new tasks\n",
	       rounds, nr_decoded, nr_callbacks, nr_events, nr_tasks);
	printf("%lu done, %lu faults, %lu wait, %lu to be retried, %lu unhandled\n",
	       results[X86_EMULATE_OK], results[X86_EMULATE_FAULT],
	       results[X86_EMULATE_IO], results[X86_EMULATE_RETRY],
	       results[X86_EMULATE_UNHANDLED]);
}
