// SPDX-License-Identifier: GPL-2.0-only
/*
 * accesses.c - what memory and which ports each row of the opcode maps accesses,
 * and that it can be stopped at each access
 *
 * Each row that has a function, in each mode it exists in, under prefixes and
 * with each ModRM byte: the log of the callbacks has to be what the row's
 * operands say, by want(): where, how many bytes, read or written, in that
 * order, and nothing else.  Then each callback in turn faults, with nothing
 * changed and the instruction done when it is tried once more; and each in turn
 * wants userspace first, with the same end.
 *
 * Rows that are added are found here by themselves.  What they access beside
 * their operands, such as the stack, is for want() to know; of those in is_free()
 * only the operands are compared.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/world.h"
#include "tests/emulate/rows.h"

#define STATE_BYTES (offsetof(struct state, memory) + 2 * WORLD_ALIAS)
#define REPEATS	    3
#define NR_MODES    4

static const char *const mode_names[NR_MODES] = { "real", "prot16", "prot32",
						  "long" };
static struct {
	unsigned long done, faulted, unhandled;
} tested[MAX_ROWS][NR_MODES];
static unsigned long nr_stopped, nr_asked_once;

struct wanted {
	unsigned int nr;
	struct access log[WORLD_LOG];
};

/* Where the instruction begins: with the registers of then. */
struct start {
	const struct kvm_insn *insn;
	const struct world *w;
	u64 regs[16];
	u64 rip;
	u64 rflags;
};

static u64 cut(u64 val, unsigned int bytes)
{
	return bytes >= 8 ? val : val & ((1ull << 8 * bytes) - 1);
}

static bool is_long(const struct world *w)
{
	return (w->ctxt.how & ~KVM_INSN_AMD) == KVM_INSN_LONG;
}

/* SDM 1, 3.3.7, and 3A, 3.4: in 64-bit mode of the segments FS and GS alone. */
static u64 linear(const struct start *s, unsigned int seg, u64 ea)
{
	u64 base = s->w->segments[seg].base;

	if (!is_long(s->w))
		return (u32)(base + ea);
	return seg >= KVM_INSN_SEG_FS ? base + ea : ea;
}

static u64 offset_of(const struct start *s, const struct kvm_insn_mem *mem)
{
	u64 ea = mem->disp;

	if (mem->base == KVM_INSN_REG_RIP)
		ea += s->rip + s->insn->len;
	else if (mem->base != KVM_INSN_REG_NONE)
		ea += s->regs[mem->base];
	if (mem->index == KVM_INSN_REG_AL)
		ea += (u8)s->regs[X86_REG_AX];
	else if (mem->index != KVM_INSN_REG_NONE)
		ea += s->regs[mem->index] << mem->scale;
	return ea;
}

/* SDM 2, BT: with the bit's number in a register memory is as long as need be. */
static s64 bit_string(const struct start *s)
{
	const struct kvm_insn *insn = s->insn;
	s64 bit = s->regs[insn->reg];

	if (insn->row->operand[1] != Gv ||
	    (insn->row->op != OP_BT && insn->row->op != OP_BTC &&
	     insn->row->op != OP_BTR && insn->row->op != OP_BTS))
		return 0;
	if (insn->op_bytes == 2)
		return ((int16_t)bit >> 4) * 2;
	if (insn->op_bytes == 4)
		return ((int32_t)bit >> 5) * 4;
	return (bit >> 6) * 8;
}

static void add(struct wanted *wanted, unsigned int kind, u64 where,
		unsigned int len)
{
	if (wanted->nr < WORLD_LOG)
		wanted->log[wanted->nr] = (struct access){
			.kind = kind,
			.where = where,
			.len = len,
		};
	wanted->nr++;
}

/* Memory that operands name: what is read, in their order, then what is written. */
static void want_operands(const struct start *s, struct wanted *wanted)
{
	const struct kvm_insn *insn = s->insn;
	unsigned int write = ACCESS_WRITE, pass, i;

	if (insn->prefixes & KVM_INSN_PFX_LOCK || insn->row->op == OP_XCHG)
		write = ACCESS_CMPXCHG;
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < insn->nr_mem; i++) {
			const struct kvm_insn_mem *mem = &insn->mem[i];
			u64 ea = offset_of(s, mem) + (i ? 0 : bit_string(s));

			if (mem->access & (pass ? KVM_INSN_ACCESS_WRITE :
						  KVM_INSN_ACCESS_READ))
				add(wanted, pass ? write : ACCESS_READ,
				    linear(s, mem->seg,
					   cut(ea, insn->ad_bytes)),
				    mem->size);
		}
}

static unsigned int stack_bytes(const struct start *s)
{
	if (is_long(s->w))
		return 8;
	return s->w->segments[KVM_INSN_SEG_SS].big ? 4 : 2;
}

static void want_push(const struct start *s, struct wanted *wanted,
		      unsigned int nr)
{
	unsigned int size = s->insn->op_bytes, i;

	for (i = 1; i <= nr; i++)
		add(wanted, ACCESS_WRITE,
		    linear(s, KVM_INSN_SEG_SS,
			   cut(s->regs[X86_REG_SP] - i * size, stack_bytes(s))),
		    size);
}

static void want_pop(const struct start *s, struct wanted *wanted,
		     unsigned int from, unsigned int nr)
{
	unsigned int size = s->insn->op_bytes, i;

	for (i = 0; i < nr; i++)
		add(wanted, ACCESS_READ,
		    linear(s, KVM_INSN_SEG_SS,
			   cut(s->regs[from] + i * size, stack_bytes(s))),
		    size);
}

/* IN and OUT; of the strings @la is the memory. */
static void want_port(const struct start *s, struct wanted *wanted)
{
	const struct kvm_insn *insn = s->insn;
	const struct kvm_insn_mem *mem = &insn->mem[0];
	u16 port = s->regs[X86_REG_DX];
	u64 la = 0;

	if (insn->nr_mem)
		la = linear(s, mem->seg,
			    cut(offset_of(s, mem), insn->ad_bytes));
	switch (insn->row->op) {
	case OP_INS:
		add(wanted, ACCESS_PROBE, la, mem->size);
		add(wanted, ACCESS_IN, port, mem->size);
		add(wanted, ACCESS_WRITE, la, mem->size);
		break;
	case OP_OUTS:
		add(wanted, ACCESS_PROBE, la, mem->size);
		add(wanted, ACCESS_READ, la, mem->size);
		add(wanted, ACCESS_OUT, port, mem->size);
		break;
	default:
		if (insn->row->operand[0] == Ib || insn->row->operand[1] == Ib)
			port = insn->imm;
		add(wanted, insn->row->op == OP_IN ? ACCESS_IN : ACCESS_OUT,
		    port,
		    !(insn->opcode & 1) ? 1 :
		    insn->op_bytes == 2 ? 2 :
					  4);
	}
}

/* One that is not repeated, or an iteration of one that is. */
static void want_once(struct start *s, struct wanted *wanted)
{
	u64 sp;

	switch (s->insn->row->op) {
	case OP_CALL:
	case OP_PUSH:
		want_operands(s, wanted);
		want_push(s, wanted, 1);
		break;
	case OP_PUSHF:
		want_push(s, wanted, 1);
		break;
	case OP_PUSHA:
		want_push(s, wanted, 8);
		break;
	case OP_POP:
		want_pop(s, wanted, X86_REG_SP, 1);
		/* SDM 1, 6.2.3: of a stack of 16 bits it is SP that moves. */
		sp = cut(s->regs[X86_REG_SP] + s->insn->op_bytes,
			 stack_bytes(s));
		s->regs[X86_REG_SP] +=
			sp - cut(s->regs[X86_REG_SP], stack_bytes(s));
		want_operands(s, wanted);
		break;
	case OP_POPF:
	case OP_RET:
		want_pop(s, wanted, X86_REG_SP, 1);
		break;
	case OP_POPA:
		want_pop(s, wanted, X86_REG_SP, 8);
		break;
	case OP_LEAVE:
		want_pop(s, wanted, X86_REG_BP, 1);
		break;
	case OP_CLFLUSH:
		add(wanted, ACCESS_PROBE,
		    linear(s, s->insn->mem[0].seg,
			   cut(offset_of(s, &s->insn->mem[0]),
			       s->insn->ad_bytes)),
		    1);
		break;
	case OP_IN:
	case OP_INS:
	case OP_OUT:
	case OP_OUTS:
		want_port(s, wanted);
		break;
	default:
		want_operands(s, wanted);
	}
}

static bool is_string(const struct kvm_insn *insn)
{
	static const u16 ops[] = { OP_CMPS, OP_INS,  OP_LODS, OP_MOVS,
				   OP_OUTS, OP_SCAS, OP_STOS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (insn->row->op == ops[i])
			return true;
	return false;
}

static bool is_repeated(const struct kvm_insn *insn)
{
	return is_string(insn) &&
	       insn->prefixes & (KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2);
}

static void want(struct start *s, struct wanted *wanted, unsigned int nr)
{
	const struct kvm_insn *insn = s->insn;
	unsigned int i;

	wanted->nr = 0;
	while (nr--) {
		want_once(s, wanted);
		for (i = 0; is_string(insn) && i < insn->nr_mem; i++)
			s->regs[insn->mem[i].base] +=
				s->rflags & 0x400 ? -(u64)insn->mem[i].size :
						    insn->mem[i].size;
	}
}

/*
 * Descriptor tables and stacks are theirs to find, or a size that is not the
 * instruction's, or pieces of an operand.
 */
static bool is_free(const struct kvm_opcode *row)
{
	static const u16 ops[] = {
		OP_BOUND,   OP_CALL_FAR, OP_ENTER,  OP_FXRSTOR, OP_FXSAVE,
		OP_INT,	    OP_INT1,	 OP_INT3,   OP_INTO,	OP_INVPCID,
		OP_IRET,    OP_JMP_FAR,	 OP_LAR,    OP_LDS,	OP_LES,
		OP_LFS,	    OP_LGDT,	 OP_LGS,    OP_LIDT,	OP_LLDT,
		OP_LSL,	    OP_LSS,	 OP_LTR,    OP_RET_FAR, OP_RSM,
		OP_SGDT,    OP_SIDT,	 OP_VERR,   OP_VERW,	OP_MOVDIR64B,
		OP_SYSCALL, OP_SYSENTER, OP_SYSRET, OP_SYSEXIT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (row->op == ops[i])
			return true;
	return KVM_OPERAND_METHOD(row->operand[0]) == METHOD_S ||
	       (row->op == OP_POP && row->operand[0] >= rES &&
		row->operand[0] <= rGS);
}

static void print_log(const char *what, const struct access *log,
		      unsigned int nr)
{
	static const char *const kinds[] = { "read",  "write", "cmpxchg",
					     "probe", "in",    "out" };
	unsigned int i;

	printf("\t%s:", what);
	for (i = 0; i < nr && i < WORLD_LOG; i++)
		printf(" %s %u at %llx;", kinds[log[i].kind], log[i].len,
		       (unsigned long long)log[i].where);
	putchar('\n');
}

/* One for INS and OUTS of several elements is one for each of them. */
static unsigned int merge(struct access *log, unsigned int nr, unsigned int by)
{
	unsigned int i;

	for (i = by; i < nr && i < WORLD_LOG; i++)
		log[i % by].len += log[i].len;
	return nr > by ? by : nr;
}

static bool same_log(const struct world *w, const struct wanted *wanted)
{
	unsigned int i;

	if (w->nr_logged != wanted->nr)
		return false;
	for (i = 0; i < wanted->nr && i < WORLD_LOG; i++)
		if (w->log[i].kind != wanted->log[i].kind ||
		    w->log[i].where != wanted->log[i].where ||
		    w->log[i].len != wanted->log[i].len || w->log[i].implicit)
			return false;
	return true;
}

/*
 * All of each operand that is to be read or written, in any pieces; but of the
 * area of FXSAVE the mode says how much.
 */
static bool has_operands(const struct world *w, const struct wanted *wanted)
{
	unsigned int i, j, bytes;

	for (i = 0; i < wanted->nr; i++) {
		const struct access *a = &wanted->log[i];

		for (j = 0, bytes = 0; j < w->nr_logged && j < WORLD_LOG; j++)
			if (w->log[j].kind == a->kind &&
			    w->log[j].where - a->where < a->len)
				bytes += w->log[j].len;
		if (bytes < a->len && (a->len < 512 || bytes < 160))
			return false;
	}
	return true;
}

/* Where pages end is for the executor to know: it is in rules.c. */
static bool is_across_pages(const struct wanted *wanted)
{
	u64 first = wanted->log[0].where;
	u64 last = first;

	if (wanted->nr > 3)
		last = wanted->log[wanted->nr - 3].where;
	return wanted->nr > 3 && wanted->log[0].kind == ACCESS_PROBE &&
	       (first / 4096 != last / 4096 || last % 4096 > 4096 - 4);
}

static bool check_log(struct start *s, const struct world *w)
{
	const struct kvm_insn *insn = s->insn;
	struct wanted wanted = { 0 };
	unsigned int nr = 1;
	bool good;

	if (is_free(insn->row)) {
		want_operands(s, &wanted);
		return check(has_operands(w, &wanted), "operands not accessed");
	}
	if (is_repeated(insn))
		nr = cut(s->regs[X86_REG_CX] - w->ctxt.regs[X86_REG_CX],
			 insn->ad_bytes);
	if (is_repeated(insn) && insn->row->op != OP_CMPS &&
	    insn->row->op != OP_SCAS)
		check(nr == REPEATS, "%u iterations", nr);
	want(s, &wanted, nr);
	if (is_across_pages(&wanted))
		return true;
	if (w->max_pio == nr && nr > 1)
		wanted.nr = merge(wanted.log, wanted.nr, 3);
	good = check(same_log(w, &wanted), "accesses are not the row's");
	if (!good && nr_failed < 60) {
		print_log("wanted", wanted.log, wanted.nr);
		print_log("done", w->log, w->nr_logged);
	}
	return good;
}

/* What a guest sees, but memory. */
static bool same_cpu(const struct world *a, const struct world *b)
{
	size_t from = offsetof(struct world, segments);

	return !memcmp(a->ctxt.regs, b->ctxt.regs, sizeof(a->ctxt.regs)) &&
	       a->ctxt.rip == b->ctxt.rip && a->ctxt.rflags == b->ctxt.rflags &&
	       !memcmp((const u8 *)a + from, (const u8 *)b + from,
		       offsetof(struct world, nr_asked) - from) &&
	       !memcmp(a->state->xmm, b->state->xmm, sizeof(a->state->xmm));
}

static bool same_memory(const struct state *a, const struct state *b)
{
	return !memcmp(a->memory, b->memory,
		       STATE_BYTES - offsetof(struct state, memory));
}

/* Of several writes the first ones may be there: they will be the same again. */
static bool memory_as_written(const struct state *before,
			      const struct state *now, const struct world *done)
{
	static struct state left;
	unsigned int i, writes = 0;

	memcpy(&left, now, STATE_BYTES);
	for (i = 0; i < done->nr_logged && i < WORLD_LOG; i++) {
		unsigned int at = done->log[i].where % WORLD_ALIAS;

		if (done->log[i].kind != ACCESS_WRITE &&
		    done->log[i].kind != ACCESS_CMPXCHG)
			continue;
		writes++;
		memcpy(left.memory + at, before->memory + at, done->log[i].len);
	}
	return same_memory(before, writes > 1 ? &left : now);
}

struct encoding {
	const u8 *bytes;
	const struct world *begin;
	const struct state *before;
	const struct world *done; /* how it went, undisturbed */
	const struct state *after;
};

static void restart(struct world *w, struct state *state,
		    const struct encoding *e)
{
	memcpy(state, e->before, STATE_BYTES);
	*w = *e->begin;
	w->state = state;
}

/* Callback @i fails: nothing has happened; and then all of it does. */
static bool stop_at(const struct encoding *e, unsigned int i, int how)
{
	static struct state state;
	struct world w;
	bool good;
	int r;

	restart(&w, &state, e);
	w.fault_at = i;
	w.fail_as = how == X86_EMULATE_FAULT ? 0 : how;
	r = world_run(&w);
	good = check(r == how, "callback %u fails: result %d", i, r);
	good &= check(w.nr_accesses == i, "a callback after that which failed");
	if (!w.nr_commits)
		good &= check(same_cpu(&w, e->begin),
			      "callback %u fails: registers", i);
	good &= check(memory_as_written(e->before, &state, e->done),
		      "callback %u fails: memory", i);
	w.fault_at = 0;
	good &= check(world_run(&w) == X86_EMULATE_OK, "not done then");
	good &= check(same_cpu(&w, e->done), "done then: registers");
	good &= check(same_memory(&state, e->after), "done then: memory");
	nr_stopped++;
	return good;
}

static bool ask_at(const struct encoding *e, unsigned int i)
{
	static struct state state;
	struct world w;
	bool good;

	restart(&w, &state, e);
	w.ask_at = i;
	good = check(world_run(&w) == X86_EMULATE_OK,
		     "callback %u wants userspace: not done", i);
	good &= check(same_cpu(&w, e->done),
		      "callback %u wants userspace: registers", i);
	good &= check(same_memory(&state, e->after),
		      "callback %u wants userspace: memory", i);
	nr_asked_once++;
	return good;
}

static void set_registers(struct world *w, bool aligned)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		w->ctxt.regs[i] = next_random() >> (is_long(w) ? 21 : 32);
		if (aligned)
			w->ctxt.regs[i] &= ~15ull;
	}
	w->ctxt.rflags = 2 | (next_random() & 0xcd5);
	if (!is_long(w))
		w->ctxt.rip = 0x1000;
	for (i = 0; i < 6; i++) {
		struct x86_emulate_segment *s = &w->segments[i];

		if (!is_long(w) || i >= KVM_INSN_SEG_FS)
			s->base = next_random() >> 36 << 4;
		s->big = next_random() % 2;
	}
}

/* So that it ends well, where any values would be a fault. */
static void set_for(struct world *w, const struct kvm_insn *insn)
{
	u64 *regs = w->ctxt.regs;

	switch (insn->row->op) {
	case OP_DIV:
	case OP_IDIV:
		regs[X86_REG_AX] = 7;
		regs[X86_REG_DX] = 0;
		break;
	case OP_RDMSR:
	case OP_WRMSR:
		regs[X86_REG_CX] = 0x10;
		regs[X86_REG_AX] = 0x89abcdef;
		regs[X86_REG_DX] = 0x01234567;
		break;
	case OP_MOV_DR:
		regs[insn->rm] = (u32)regs[insn->rm];
		break;
	case OP_SYSCALL:
	case OP_SYSRET:
		w->efer = 1;
		break;
	case OP_SYSENTER:
	case OP_SYSEXIT:
		w->sysenter_cs = 0x10;
		break;
	}
	if (is_repeated(insn))
		regs[X86_REG_CX] = REPEATS;
}

/*
 * Memory that is a table of one descriptor, again and again, for those that need
 * one; each word of it is null or a selector of it, too, as on a stack or in a far
 * pointer.  FXRSTOR has an area of zeroes.
 */
static u64 descriptor_for(const struct kvm_insn *insn, unsigned int how)
{
	switch (insn->row->op) {
	case OP_CALL_FAR:
	case OP_IRET:
	case OP_JMP_FAR:
	case OP_RET_FAR:
		return (how & ~KVM_INSN_AMD) == KVM_INSN_LONG ?
			       0x00af9a000ff00000 :
			       0x00cf9a000ff00000;
	case OP_LLDT:
		return 0x000082000ff00ff0;
	case OP_LTR:
		return 0x0000890000000ff0;
	default:
		return 0x00cf92000ff00ff0;
	}
}

/* An aligned one has no bits above 47, so that branches can go there. */
static void set_memory(struct state *s, const struct kvm_insn *insn,
		       unsigned int how)
{
	bool table = is_free(insn->row) && next_random() % 2;
	unsigned int i;

	for (i = 0; i < 2 * WORLD_ALIAS; i += 8) {
		u64 val = next_random() >> 18;

		if (table)
			val = i % 16 || insn->row->op == OP_FXRSTOR ?
				      0 :
				      descriptor_for(insn, how);
		memcpy(s->memory + i, &val, 8);
	}
	for (i = 0; i < sizeof(s->xmm); i++)
		s->xmm[i / 16][i % 16] = next_random() >> 33;
}

static bool check_rip(const struct start *s, const struct world *w)
{
	if (s->insn->row->flags & OF_BRANCH || is_free(s->insn->row))
		return true;
	return check(w->ctxt.rip == s->rip + s->insn->len, "RIP");
}

/* A descriptor may be marked, which makes no difference the next time. */
static bool is_marked(const struct access *read, const struct access *write)
{
	return write->kind == ACCESS_CMPXCHG && read->implicit &&
	       write->where - read->where < read->len;
}

/* Memory is at every address: a stack may lie upon a descriptor table. */
static bool lies_upon(const struct world *w)
{
	unsigned int i, j;

	for (i = 0; i < w->nr_logged && i < WORLD_LOG; i++)
		for (j = 0; j < w->nr_logged && j < WORLD_LOG; j++) {
			u64 a = w->log[i].where % WORLD_ALIAS;
			u64 b = w->log[j].where % WORLD_ALIAS;

			if (w->log[i].kind == ACCESS_READ &&
			    (w->log[j].kind == ACCESS_WRITE ||
			     w->log[j].kind == ACCESS_CMPXCHG) &&
			    !is_marked(&w->log[i], &w->log[j]) &&
			    a < b + w->log[j].len && b < a + w->log[i].len)
				return true;
		}
	return false;
}

static bool check_done(const struct encoding *e)
{
	struct start s = {
		.insn = &e->done->ctxt.insn,
		.w = e->begin,
		.rip = e->begin->ctxt.rip,
		.rflags = e->begin->ctxt.rflags,
	};
	unsigned int i, nr = e->done->nr_accesses;
	bool good;

	memcpy(s.regs, e->begin->ctxt.regs, sizeof(s.regs));
	good = check_rip(&s, e->done);
	good &= check_log(&s, e->done);
	if (is_free(s.insn->row) && lies_upon(e->done))
		return good;
	for (i = 1; i <= nr; i++) {
		good &= stop_at(e, i, X86_EMULATE_FAULT);
		good &= ask_at(e, i);
	}
	if (nr) {
		good &= stop_at(e, 1 + next_random() % nr,
				X86_EMULATE_UNHANDLED);
		good &= stop_at(e, 1 + next_random() % nr, X86_EMULATE_RETRY);
	}
	return good;
}

static void print_encoding(const struct kvm_insn *insn, unsigned int how,
			   const u8 *bytes)
{
	int row = number_of_row(insn->row);
	unsigned int i;

	printf("\trow %s, %s:", kvm_rows[row].name,
	       mode_names[how & ~KVM_INSN_AMD]);
	for (i = 0; i < insn->len; i++)
		printf(" %02x", bytes[i]);
	putchar('\n');
}

/* Decoded already, in @w. */
static void run_encoding(struct world *w, u8 *bytes, bool aligned)
{
	static struct state before, after;
	const struct kvm_insn *insn = &w->ctxt.insn;
	int row = number_of_row(insn->row), mode = w->ctxt.how & ~KVM_INSN_AMD;
	struct world begin;
	struct encoding e = { bytes, &begin, &before, w, &after };
	bool good = true;

	set_memory(&before, insn, w->ctxt.how);
	set_registers(w, aligned);
	set_for(w, insn);
	w->ctxt.cpl = 0;
	w->everywhere = true;
	memcpy(&after, &before, STATE_BYTES);
	begin = *w;
	begin.state = &before;
	w->state = &after;
	switch (world_run(w)) {
	case X86_EMULATE_OK:
		tested[row][mode].done++;
		good = check_done(&e);
		break;
	case X86_EMULATE_UNHANDLED:
		tested[row][mode].unhandled++;
		good = check(same_cpu(w, &begin), "unhandled, with effects");
		good &= check(!w->nr_logged || is_free(insn->row),
			      "unhandled, with accesses");
		break;
	default:
		tested[row][mode].faulted++;
		good = check(is_repeated(insn) || same_cpu(w, &begin),
			     "fault, with effects");
	}
	if (!good && nr_failed < 60)
		print_encoding(insn, w->ctxt.how, bytes);
}

/* After prefixes and escapes; @all ModRM bytes, or a few. */
static void run_opcode(u8 *bytes, unsigned int nr, unsigned int how, bool all)
{
	unsigned int modrm, step = 1;
	struct world w;

	for (modrm = 0; modrm < 256; modrm += step) {
		static struct state none;
		bool aligned = next_random() % 2;
		unsigned int i;

		/* A base alone, one with a displacement, and a register. */
		if (!all && modrm % 8 != 3 && modrm % 64 != 6)
			continue;
		world_init(&w, &none);
		w.ctxt.how = how;
		bytes[nr] = modrm;
		for (i = nr + 1; i < KVM_INSN_MAX_LEN; i++)
			bytes[i] = next_random() >> 40 &
				   (aligned ? 0xf0 : 0xff);
		if (!world_decode(&w, bytes, KVM_INSN_MAX_LEN)) {
			if (!w.ctxt.insn.has_modrm)
				return;
			continue;
		}
		if (!x86_emulate_has(w.ctxt.insn.row->op) ||
		    number_of_row(w.ctxt.insn.row) < 0)
			continue;
		/* With many levels it would push over what it has to read. */
		if (w.ctxt.insn.row->op == OP_ENTER &&
		    w.ctxt.insn.imm2 % 32 > 4)
			continue;
		/* An offset of 64 bits has to be canonical. */
		if (w.ctxt.insn.nr_mem && !w.ctxt.insn.has_modrm &&
		    w.ctxt.insn.len > 8) {
			memset(bytes + w.ctxt.insn.len - 3, 0, 3);
			world_decode(&w, bytes, KVM_INSN_MAX_LEN);
		}
		run_encoding(&w, bytes, aligned);
		/* Without a ModRM byte that one was an immediate, or nothing. */
		if (!w.ctxt.insn.has_modrm)
			step = 64;
	}
}

static const struct prefix {
	bool only_long, all;
	u8 nr, bytes[3];
} prefixes[] = {
	{ 0, 1, 0, {} },
	{ 0, 1, 1, { 0x66 } },
	{ 0, 1, 1, { 0x67 } },
	{ 1, 1, 1, { 0x48 } },
	{ 0, 0, 1, { 0xf3 } },
	{ 0, 0, 1, { 0xf2 } },
	{ 0, 0, 1, { 0xf0 } },
	{ 0, 0, 1, { 0x64 } },
	{ 0, 0, 1, { 0x2e } },
	{ 0, 0, 1, { 0x36 } },
	{ 0, 0, 2, { 0x66, 0x67 } },
	{ 0, 0, 2, { 0x67, 0xf3 } },
	{ 0, 0, 2, { 0x66, 0xf2 } },
	{ 0, 0, 2, { 0xf0, 0x66 } },
	{ 1, 0, 1, { 0x47 } },
	{ 1, 0, 1, { 0x4d } },
	{ 1, 0, 2, { 0xf3, 0x48 } },
	{ 1, 0, 2, { 0xf0, 0x4b } },
	{ 1, 0, 3, { 0x65, 0x66, 0x4f } },
};

static void run_map(const struct prefix *p, unsigned int map, unsigned int how)
{
	static const u8 escapes[][2] = {
		{}, { 0x0f }, { 0x0f, 0x38 }, { 0x0f, 0x3a }
	};
	unsigned int nr_escapes = map < 2 ? map : 2, byte;
	u8 bytes[KVM_INSN_MAX_LEN];

	memcpy(bytes, p->bytes, p->nr);
	memcpy(bytes + p->nr, escapes[map], nr_escapes);
	for (byte = 0; byte < 256; byte++) {
		const struct kvm_opcode *row = kvm_opcode_row(map, byte);

		if (row->op == OP_PREFIX || row->op == OP_ESCAPE ||
		    row->op == OP_UNDEFINED ||
		    (row->op > OP_LAST_BY && !x86_emulate_has(row->op)))
			continue;
		bytes[p->nr + nr_escapes] = byte;
		run_opcode(bytes, p->nr + nr_escapes + 1, how, p->all);
	}
}

/* Rows with a function that are never done in a mode, and why; else NULL. */
static const char *why_not_done(const struct kvm_opcode *row, unsigned int mode)
{
	switch (row->op) {
	case OP_FPU:
		return "x87, but FNINIT, FNSTCW and FNSTSW, is not handled";
	case OP_INT:
	case OP_INT1:
	case OP_INT3:
	case OP_INTO:
		return mode == KVM_INSN_REAL ?
			       NULL :
			       "but for task gates, in tasks.c, not handled";
	case OP_SYSCALL:
	case OP_SYSRET:
		return mode == KVM_INSN_LONG ?
			       NULL :
			       "#UD; AMD's in compatibility mode: transfers.c";
	default:
		return NULL;
	}
}

/* Each row with a function was executed in each of its modes. */
static void check_tested(void)
{
	unsigned int row, mode, rows = 0, forms = 0, excused = 0;
	unsigned long done = 0;

	for (row = 0; row < kvm_nr_rows; row++) {
		const struct kvm_opcode *opcode = kvm_rows[row].row;

		if (!x86_emulate_has(opcode->op))
			continue;
		rows++;
		for (mode = 0; mode < NR_MODES; mode++) {
			if (!(kvm_rows[row].modes & 1 << mode))
				continue;
			forms++;
			done += tested[row][mode].done;
			if (tested[row][mode].done)
				continue;
			excused++;
			check(why_not_done(opcode, mode),
			      "row %s is not tested in %s: %lu faults, %lu unhandled",
			      kvm_rows[row].name, mode_names[mode],
			      tested[row][mode].faulted,
			      tested[row][mode].unhandled);
		}
	}
	printf("%u rows with a function, %u of them in a mode, %u can't be done\n",
	       rows, forms, excused);
	printf("%lu encodings, %lu stopped at an access, %lu asked userspace\n",
	       done, nr_stopped, nr_asked_once);
	check(rows > 300 && done > 100000, "too few");
}

void check_accesses(void)
{
	static const unsigned int hows[] = { KVM_INSN_REAL, KVM_INSN_PROT16,
					     KVM_INSN_PROT32, KVM_INSN_LONG,
					     KVM_INSN_LONG | KVM_INSN_AMD };
	unsigned int i, j, map;

	find_rows();
	for (i = 0; i < ARRAY_SIZE(hows); i++)
		for (j = 0; j < ARRAY_SIZE(prefixes); j++) {
			bool in_long = (hows[i] & 0xff) == KVM_INSN_LONG;

			if (prefixes[j].only_long && !in_long)
				continue;
			for (map = 0; map < NR_KVM_OPCODE_MAPS; map++)
				run_map(&prefixes[j], map, hows[i]);
		}
	check_tested();
}
