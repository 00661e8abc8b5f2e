// SPDX-License-Identifier: GPL-2.0-only
/*
 * step.c - the executor beside the CPU, one step at a time
 *
 * What native.c can't have: branches, faults and how far a repeated instruction
 * has come then, compatibility mode, code of 16 bits, segments with a base and a
 * limit, and what privileged instructions do in a program.
 *
 * A signal's handler puts the registers, CS and SS of a random instruction into
 * the frame that it returns through, with TF set.  So the CPU executes that
 * instruction in its mode, and the next signal says what has become of it: a
 * trap, or an exception with vector, error code and CR2.  The executor, with
 * memory that ends where the CPU's ends, has to come to the same.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/world.h"

#define CODE_BASE   0x20000000ull
#define CODE_OFFSET 0x800ull
#define GUARD	    0x100000ull /* on both sides of memory nothing is mapped */
#define LOWEST	    0x10000ull /* nor below that: vm.mmap_min_addr */
#define GS_BASE	    0x5000ull
#define FLAGS_SHOWN 0xcd5ull
#define FLAG_TF	    0x100ull
#define MAX_STEPS   4096

/* Linux's selectors, and ours in the LDT. */
#define USER32_CS    0x23
#define USER_DS	     0x2b
#define USER_CS	     0x33
#define LDT_CODE     0x07
#define LDT_DATA     0x0f
#define LDT_STACK    0x17
#define LDT_LIMIT    0xbfff /* three quarters of memory */
#define LDT_CODE_END 0xffff

/* In struct sigcontext: how a frame tells which parts of it are there. */
#define XSTATE_BV 512

enum step_mode {
	STEP_LONG,
	STEP_32, /* flat segments */
	STEP_32_LDT, /* data with a base and a limit, a stack of 16 bits */
	STEP_16, /* the same, and code of 16 bits */
	NR_STEP_MODES,
};

static const char *const mode_names[] = { "long", "32-bit", "32-bit with LDT",
					  "16-bit" };

struct stepped {
	struct state s;
	u64 rip;
	unsigned int vector; /* 1: it is done */
	u32 error_code;
	u64 cr2;
};

struct stepper {
	struct world w; /* first: callbacks get it */
	struct x86_emulate_ops ops;
	const struct x86_emulate_ops *world_ops;
	bool skip; /* it wants what the CPU must not be let do */
};

static enum {
	IDLE,
	BEGIN,
	STEPPING
} phase;

static greg_t host[NGREG];
static u64 csgsfs;
static const struct state *begin;
static u64 begin_rip;
static struct stepped native;
static unsigned int steps;
static bool repeats;
static u8 *code, *memory;
static unsigned long nr_pairs[NR_STEP_MODES], nr_faults[32], nr_branches,
	nr_partial, nr_lacks;
static u8 seen[NR_KVM_OPS];

static const int reg_of[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX,
				REG_RSP, REG_RBP, REG_RSI, REG_RDI,
				REG_R8,	 REG_R9,  REG_R10, REG_R11,
				REG_R12, REG_R13, REG_R14, REG_R15 };

static void load_frame(ucontext_t *uc)
{
	u8 *fp = (u8 *)uc->uc_mcontext.fpregs;
	greg_t *g = uc->uc_mcontext.gregs;
	unsigned int i;

	memcpy(host, g, sizeof(host));
	for (i = 0; i < 16; i++)
		g[reg_of[i]] = begin->regs[i];
	g[REG_RIP] = begin_rip;
	g[REG_EFL] = begin->rflags;
	g[REG_CSGSFS] = csgsfs;
	memcpy(uc->uc_mcontext.fpregs->_xmm, begin->xmm, sizeof(begin->xmm));
	fp[XSTATE_BV] |= 2;
	steps = 0;
	phase = STEPPING;
}

static void store_frame(const ucontext_t *uc)
{
	const greg_t *g = uc->uc_mcontext.gregs;
	unsigned int i;

	for (i = 0; i < 16; i++)
		native.s.regs[i] = g[reg_of[i]];
	native.s.rflags = g[REG_EFL];
	native.rip = g[REG_RIP];
	native.vector = g[REG_TRAPNO];
	native.error_code = g[REG_ERR];
	native.cr2 = g[REG_CR2];
	memcpy(native.s.xmm, uc->uc_mcontext.fpregs->_xmm,
	       sizeof(native.s.xmm));
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	/* AC, NT and ID of the instruction's: the kernel leaves them set. */
	asm volatile("pushfq\n\tandq $~0x244000, (%%rsp)\n\tpopfq" ::
			     : "cc", "memory");
	(void)info;
	if (phase == BEGIN) {
		load_frame(uc);
	} else if (phase == STEPPING) {
		if (sig == SIGTRAP && repeats &&
		    (u64)uc->uc_mcontext.gregs[REG_RIP] == begin_rip &&
		    ++steps < MAX_STEPS)
			return;
		store_frame(uc);
		memcpy(uc->uc_mcontext.gregs, host, sizeof(host));
		phase = IDLE;
	} else {
		signal(sig, SIG_DFL);
	}
}

static void load_data_segments(u16 ds)
{
	asm volatile("movw %w0, %%ds\n\tmovw %w0, %%es" ::"r"(ds));
}

static void run_native(const u8 *bytes, const struct world *w,
		       const struct state *s)
{
	u16 cs = w->segments[KVM_INSN_SEG_CS].selector;
	u16 ss = w->segments[KVM_INSN_SEG_SS].selector;

	memcpy(code + CODE_OFFSET, bytes, KVM_INSN_MAX_LEN);
	memcpy(memory, s->memory, WORLD_SIZE);
	begin = s;
	csgsfs = cs | (u64)ss << 48;
	phase = BEGIN;
	load_data_segments(w->segments[KVM_INSN_SEG_DS].selector);
	raise(SIGUSR1);
	load_data_segments(0);
	memcpy(native.s.memory, memory, WORLD_SIZE);
}

static bool in_world(u64 la, unsigned int len)
{
	return la >= WORLD_BASE && la - WORLD_BASE <= WORLD_SIZE - len;
}

/* A page fault as the CPU will have it, or nothing for the CPU to try. */
static int outside(struct stepper *st, u64 la, unsigned int len, bool write)
{
	u64 end = WORLD_BASE + WORLD_SIZE;
	bool guard = la >= WORLD_BASE - GUARD && la + len <= end + GUARD;

	if (!guard && la + len > LOWEST) {
		st->skip = true;
		return X86_EMULATE_UNHANDLED;
	}
	x86_emulate_fault(&st->w.ctxt, 14, write ? 6 : 4);
	st->w.ctxt.fault.payload = la >= WORLD_BASE && la < end ? end : la;
	return X86_EMULATE_FAULT;
}

static struct stepper *stepper(struct x86_emulate_ctxt *ctxt)
{
	return (struct stepper *)ctxt;
}

static int step_read(struct x86_emulate_ctxt *ctxt, u64 la, void *data,
		     unsigned int len, u32 access)
{
	struct stepper *st = stepper(ctxt);

	/* A program's descriptor tables are not ours to know. */
	if (access & X86_EMULATE_IMPLICIT) {
		st->skip = true;
		return X86_EMULATE_UNHANDLED;
	}
	if (!in_world(la, len))
		return outside(st, la, len, access & X86_EMULATE_WRITE);
	return st->world_ops->read(ctxt, la, data, len, access);
}

static int step_write(struct x86_emulate_ctxt *ctxt, u64 la, const void *data,
		      unsigned int len)
{
	if (!in_world(la, len))
		return outside(stepper(ctxt), la, len, true);
	return stepper(ctxt)->world_ops->write(ctxt, la, data, len);
}

static int step_cmpxchg(struct x86_emulate_ctxt *ctxt, u64 la, const void *old,
			const void *new, unsigned int len)
{
	if (!in_world(la, len))
		return outside(stepper(ctxt), la, len, true);
	return stepper(ctxt)->world_ops->cmpxchg(ctxt, la, old, new, len);
}

static int step_probe(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
		      u32 access)
{
	if (!in_world(la, len))
		return outside(stepper(ctxt), la, len,
			       access & X86_EMULATE_WRITE);
	return X86_EMULATE_OK;
}

static void set_segments(struct world *w, enum step_mode mode)
{
	struct x86_emulate_segment *segs = w->segments;
	unsigned int i;

	for (i = KVM_INSN_SEG_ES; i <= KVM_INSN_SEG_GS; i++)
		segs[i].selector = USER_DS;
	segs[KVM_INSN_SEG_FS].selector = 0;
	segs[KVM_INSN_SEG_GS].selector = 0;
	segs[KVM_INSN_SEG_FS].unusable = true;
	segs[KVM_INSN_SEG_GS].unusable = true;
	segs[KVM_INSN_SEG_GS].base = GS_BASE;
	segs[KVM_INSN_SEG_CS].selector = mode == STEP_LONG ? USER_CS :
							     USER32_CS;
	/* No port is a program's. */
	segs[X86_EMULATE_SEG_TR].limit = 0;
	if (mode < STEP_32_LDT)
		return;
	for (i = KVM_INSN_SEG_ES; i <= KVM_INSN_SEG_DS; i++) {
		if (i == KVM_INSN_SEG_CS)
			continue;
		segs[i].base = WORLD_BASE;
		segs[i].limit = LDT_LIMIT;
		segs[i].selector = LDT_DATA;
	}
	segs[KVM_INSN_SEG_SS].selector = LDT_STACK;
	segs[KVM_INSN_SEG_SS].big = false;
	if (mode != STEP_16)
		return;
	segs[KVM_INSN_SEG_CS].selector = LDT_CODE;
	segs[KVM_INSN_SEG_CS].base = CODE_BASE;
	segs[KVM_INSN_SEG_CS].limit = LDT_CODE_END;
	segs[KVM_INSN_SEG_CS].big = false;
}

static void step_init(struct stepper *st, struct state *s, enum step_mode mode)
{
	static const u8 hows[] = { KVM_INSN_LONG, KVM_INSN_PROT32,
				   KVM_INSN_PROT32, KVM_INSN_PROT16 };

	world_init(&st->w, s);
	st->w.ctxt.how = hows[mode];
	st->w.ctxt.rip = (mode == STEP_16 ? 0 : CODE_BASE) + CODE_OFFSET;
	st->w.cr[0] = 0x80050033;
	set_segments(&st->w, mode);
	st->skip = false;
	st->world_ops = st->w.ctxt.ops;
	st->ops = *st->w.ctxt.ops;
	st->ops.read = step_read;
	st->ops.write = step_write;
	st->ops.cmpxchg = step_cmpxchg;
	st->ops.probe = step_probe;
	st->w.ctxt.ops = &st->ops;
}

/*
 * Those that ask the kernel, load a segment that this program needs, tell of the
 * machine, or change what is not compared here.
 */
static bool is_never(unsigned int op)
{
	static const u16 never[] = {
		OP_BOUND,    OP_CALL_FAR, OP_CPUID,    OP_EMMS,	    OP_FPU,
		OP_FXRSTOR,  OP_FXSAVE,	  OP_INT,      OP_INT1,	    OP_INT3,
		OP_INTO,     OP_IRET,	  OP_JMP_FAR,  OP_LAR,	    OP_LDMXCSR,
		OP_LDS,	     OP_LES,	  OP_LFS,      OP_LGS,	    OP_LSL,
		OP_LSS,	     OP_MONITOR,  OP_MWAIT,    OP_PKRU,	    OP_RDFSBASE,
		OP_RDGSBASE, OP_RDPID,	  OP_RDPMC,    OP_RDRAND,   OP_RDSEED,
		OP_RDTSC,    OP_RDTSCP,	  OP_RET_FAR,  OP_RSM,	    OP_SGDT,
		OP_SHSTK,    OP_SIDT,	  OP_SLDT,     OP_SMSW,	    OP_STR,
		OP_STMXCSR,  OP_SYSCALL,  OP_SYSENTER, OP_SYSEXIT,  OP_SYSRET,
		OP_TSX,	     OP_UINTR,	  OP_UMWAIT,   OP_VERR,	    OP_VERW,
		OP_VMCALL,   OP_VMMCALL,  OP_WAIT,     OP_WRFSBASE, OP_WRGSBASE,
		OP_XGETBV,   OP_XRSTOR,	  OP_XSAVE,    OP_XSETBV,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(never); i++)
		if (op == never[i])
			return true;
	return !x86_emulate_has(op);
}

static bool is_steppable(const struct kvm_insn *insn)
{
	const struct kvm_opcode *row = insn->row;
	unsigned int i;

	if (is_never(row->op))
		return false;
	if (KVM_OPERAND_METHOD(row->operand[0]) == METHOD_S ||
	    (row->op == OP_POP && row->operand[0] >= rES &&
	     row->operand[0] <= rGS))
		return false;
	for (i = 0; i < 3; i++)
		if (KVM_OPERAND_METHOD(row->operand[i]) == METHOD_PV &&
		    !insn->pfx)
			return false;
	/* SDM 2, PUSH: of a selector the CPU may write 16 bits, or all. */
	if (row->op == OP_PUSH && row->operand[0] >= rES &&
	    row->operand[0] <= rGS && insn->op_bytes > 2)
		return false;
	/* FS is the C library's; on 16 bits BSWAP is undefined. */
	return insn->seg != KVM_INSN_SEG_FS &&
	       !(insn->op_bytes == 2 && row->op == OP_BSWAP);
}

static bool is_repeated(const struct kvm_insn *insn)
{
	switch (insn->row->op) {
	case OP_CMPS:
	case OP_INS:
	case OP_LODS:
	case OP_MOVS:
	case OP_OUTS:
	case OP_SCAS:
	case OP_STOS:
		return insn->prefixes & (KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2);
	default:
		return false;
	}
}

/* Mostly within memory; else over an edge of it, or of what an address can be. */
static u64 random_target(const struct world *w, const struct kvm_insn_mem *mem)
{
	u64 base = 0, r = next_random(), in = r >> 20 & 0x1fff;
	u64 size = WORLD_SIZE;

	if (w->ctxt.how != KVM_INSN_LONG) {
		base = w->segments[mem->seg].base;
		size = w->segments[mem->seg].limit == LDT_LIMIT ?
			       LDT_LIMIT + 1 :
			       WORLD_SIZE;
	} else if (mem->seg == KVM_INSN_SEG_GS) {
		base = GS_BASE;
	}
	if (r & 0x1000)
		in &= ~15ull;
	switch (r % 16) {
	case 0:
		return WORLD_BASE - base + size - in % 24;
	case 1:
		return WORLD_BASE - base - in % 24;
	case 3:
		return WORLD_BASE - base + in % 64;
	case 4:
		return WORLD_BASE - base + size - in % 128;
	case 2:
		if (w->ctxt.how == KVM_INSN_LONG)
			return 0x800000000000 - in % 16;
		return in;
	default:
		return WORLD_BASE - base + size / 2 + in;
	}
}

static void aim(struct world *w, struct state *s,
		const struct kvm_insn_mem *mem)
{
	u64 ea = random_target(w, mem) - mem->disp;

	if (mem->index == KVM_INSN_REG_AL)
		ea -= s->regs[0] & 0xff;
	else if (mem->index < 16 && mem->index != mem->base)
		ea -= s->regs[mem->index] << mem->scale;
	if (mem->base < 16)
		s->regs[mem->base] = ea;
}

static void random_state(struct world *w, struct state *s, enum step_mode mode)
{
	const struct kvm_insn *insn = &w->ctxt.insn;
	unsigned int i, nr = mode == STEP_LONG ? 16 : 8;
	u64 few = next_random() % 2 ? ~0ull : 0x0001000000000001;

	memset(s->regs, 0, sizeof(s->regs));
	for (i = 0; i < nr; i++)
		s->regs[i] = next_random() >> (next_random() % 4 * 16);
	for (i = 0; i < sizeof(s->xmm); i++)
		s->xmm[i / 16][i % 16] = next_random() >> 33;
	for (i = 0; i < WORLD_SIZE; i += 8) {
		u64 val = next_random() & few;

		memcpy(s->memory + i, &val, 8);
	}
	if (insn->prefixes & (KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2))
		s->regs[1] = next_random() % 40;
	/* Of a count of 0, whether the port is looked at is nowhere said. */
	if (insn->row->op == OP_INS || insn->row->op == OP_OUTS)
		s->regs[1] |= 1;
	s->regs[4] = 0x4000 + next_random() % 64 * 8;
	s->regs[5] = 0x4000 + next_random() % 64 * 8;
	if (mode < STEP_32_LDT) {
		s->regs[4] += WORLD_BASE;
		s->regs[5] += WORLD_BASE;
	}
	if (next_random() % 16 == 0)
		s->regs[4] += LDT_LIMIT - 0x4000;
	if (insn->row->op == OP_DIV || insn->row->op == OP_IDIV)
		s->regs[2] = next_random() % 2 ? 0 : ~0ull;
	if (insn->row->operand[1] == Gv && insn->row->op >= OP_BT &&
	    insn->row->op <= OP_BTS)
		s->regs[insn->reg] = (s64)(next_random() % 8192) - 4096;
	for (i = 0; i < insn->nr_mem; i++)
		aim(w, s, &insn->mem[i]);
	/* Repeated with 67, a fault may have cut what was above 4G already. */
	if (mode != STEP_LONG || (is_repeated(insn) && insn->ad_bytes == 4))
		for (i = 0; i < 8; i++)
			s->regs[i] = (u32)s->regs[i];
	s->rflags = 0x202 | FLAG_TF | (next_random() & FLAGS_SHOWN);
}

static void random_bytes(u8 *bytes, enum step_mode mode)
{
	static const u8 strings[] = { 0xa4, 0xa5, 0xa6, 0xa7, 0xaa,
				      0xab, 0xac, 0xad, 0xae, 0xaf };
	static const u8 prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0,
				       0x2e, 0x36, 0x3e, 0x26, 0x65 };
	unsigned int nr = 0, i, map;

	for (i = 0; i < 2; i++)
		if (next_random() % 3 == 0)
			bytes[nr++] =
				prefixes[next_random() % ARRAY_SIZE(prefixes)];
	if (mode == STEP_LONG && next_random() % 2)
		bytes[nr++] = 0x40 | next_random() % 16;
	map = next_random() % 8;
	if (next_random() % 32 == 0) {
		bytes[nr++] = 0xf2 | next_random() % 2;
		bytes[nr++] = strings[next_random() % sizeof(strings)];
		map = 0;
	}
	if (map >= 4)
		bytes[nr++] = 0x0f;
	if (map == 7) {
		bytes[nr++] = 0x38;
		bytes[nr++] = 0xf0 + next_random() % 2;
	}
	while (nr < KVM_INSN_MAX_LEN)
		bytes[nr++] = next_random() >> 40;
}

/*
 * What the SDM does not leave undefined where the executor's way is not the CPU's
 * own instruction: DIV's and those of decimal numbers; of a rotation by an
 * immediate but 1, OF, which is not that of CL's.
 */
static u64 flags_told(const struct kvm_insn *insn)
{
	switch (insn->row->op) {
	case OP_AAA:
	case OP_AAS:
		return FLAGS_SHOWN & ~0x8c4ull;
	case OP_AAD:
	case OP_AAM:
		return FLAGS_SHOWN & ~0x811ull;
	case OP_DAA:
	case OP_DAS:
		return FLAGS_SHOWN & ~0x800ull;
	case OP_DIV:
	case OP_IDIV:
		return FLAGS_SHOWN & ~0x8d5ull;
	case OP_RCL:
	case OP_RCR:
	case OP_ROL:
	case OP_ROR:
		if (insn->row->operand[1] == Ib)
			return FLAGS_SHOWN & ~0x800ull;
	}
	return FLAGS_SHOWN;
}

/* What this CPU may be without. */
static bool is_optional(const struct kvm_insn *insn)
{
	return insn->row->op == OP_MOVBE || insn->row->op == OP_MOVDIRI ||
	       (insn->row->op == OP_MOVNT && insn->pfx >= 2);
}

static bool same_state(const struct world *w, u64 flags)
{
	const struct state *a = w->state, *b = &native.s;
	bool good = true;
	unsigned int i;

	for (i = 0; i < (w->ctxt.how == KVM_INSN_LONG ? 16 : 8); i++)
		good &= check(a->regs[i] == b->regs[i],
			      "register %u is %llx, the CPU's %llx", i,
			      (unsigned long long)a->regs[i],
			      (unsigned long long)b->regs[i]);
	good &= check(!((a->rflags ^ b->rflags) & flags),
		      "flags are %llx, the CPU's %llx",
		      (unsigned long long)a->rflags,
		      (unsigned long long)b->rflags);
	good &= check(w->ctxt.rip == native.rip, "RIP is %llx, the CPU's %llx",
		      (unsigned long long)w->ctxt.rip,
		      (unsigned long long)native.rip);
	good &= check(!memcmp(a->xmm, b->xmm, sizeof(a->xmm)), "XMM");
	/* SDM 2, CALL: the target is looked at first; CPUs push first. */
	if (w->ctxt.insn.row->op != OP_CALL || native.vector == 1)
		good &= check(!memcmp(a->memory, b->memory, WORLD_SIZE),
			      "memory");
	return good;
}

/*
 * Two faults of which the SDM does not say which comes first: of what is not
 * aligned and over the limit, of one operand and the other, and of where a CALL
 * goes and its stack.
 */
static bool either_fault(const struct world *w)
{
	unsigned int op = w->ctxt.insn.row->op;

	if (w->ctxt.insn.nr_mem > 1 || op == OP_CALL)
		return native.vector >= 12 && native.vector <= 14;
	return w->ctxt.fault.vector == 12 && native.vector == 13 &&
	       (op == OP_MOVAPS || op == OP_MOVDQ || op == OP_MOVNT);
}

static bool same_fault(const struct world *w)
{
	const struct x86_emulate_fault *f = &w->ctxt.fault;
	bool good;

	nr_faults[f->vector % 32]++;
	if (either_fault(w))
		return true;
	good = check(f->vector == native.vector,
		     "vector is %u, the CPU's %u (error code %x)", f->vector,
		     native.vector, native.error_code);
	good &= check(!f->has_error_code || f->error_code == native.error_code,
		      "vector %u: error code is %x, the CPU's %x", f->vector,
		      f->error_code, native.error_code);
	good &= check(f->vector != 14 || f->payload == native.cr2,
		      "CR2 is %llx, the CPU's %llx",
		      (unsigned long long)f->payload,
		      (unsigned long long)native.cr2);
	return good;
}

static void print_pair(const struct world *w, const u8 *bytes,
		       const struct state *s, enum step_mode mode)
{
	unsigned int i;

	printf("\t%s:", mode_names[mode]);
	for (i = 0; i < w->ctxt.insn.len; i++)
		printf(" %02x", bytes[i]);
	for (i = 0; i < 16; i++)
		printf("%s%llx", i % 8 ? " " : "\n\t",
		       (unsigned long long)s->regs[i]);
	putchar('\n');
}

static void one_pair(enum step_mode mode)
{
	static struct state before, ours;
	static struct stepper st;
	u8 bytes[KVM_INSN_MAX_LEN];
	const struct kvm_insn *insn = &st.w.ctxt.insn;
	bool good;
	int r;

	random_bytes(bytes, mode);
	step_init(&st, &before, mode);
	if (!world_decode(&st.w, bytes, sizeof(bytes)) || !is_steppable(insn))
		return;
	/* The common ones shall not take all of the time. */
	if (seen[insn->row->op] == 0xff && !is_repeated(insn) &&
	    next_random() % 16)
		return;
	random_state(&st.w, &before, mode);
	ours = before;
	step_init(&st, &ours, mode);
	world_decode(&st.w, bytes, sizeof(bytes));
	begin_rip = st.w.ctxt.rip;
	r = world_run(&st.w);
	if (st.skip || (r != X86_EMULATE_OK && r != X86_EMULATE_FAULT))
		return;
	repeats = is_repeated(insn);
	run_native(bytes, &st.w, &before);
	if (native.vector == 6 && is_optional(insn)) {
		nr_lacks++;
		return;
	}
	if (r == X86_EMULATE_FAULT) {
		good = same_fault(&st.w);
		nr_partial += st.w.nr_commits != 0;
	} else {
		good = check(native.vector == 1,
			     "vector %u (error code %x, CR2 %llx) of the CPU's",
			     native.vector, native.error_code,
			     (unsigned long long)native.cr2);
	}
	good &= same_state(&st.w, flags_told(insn));
	nr_branches += r == X86_EMULATE_OK && insn->row->flags & OF_BRANCH;
	nr_pairs[mode]++;
	seen[insn->row->op] += seen[insn->row->op] != 0xff;
	if (!good && nr_failed < 60)
		print_pair(&st.w, bytes, &before, mode);
}

static bool make_ldt(void)
{
	struct user_desc code16 = { .entry_number = 0,
				    .base_addr = CODE_BASE,
				    .limit = LDT_CODE_END,
				    .contents = MODIFY_LDT_CONTENTS_CODE };
	struct user_desc data = { .entry_number = 1,
				  .base_addr = WORLD_BASE,
				  .limit = LDT_LIMIT,
				  .seg_32bit = 1 };
	struct user_desc stack = { .entry_number = 2,
				   .base_addr = WORLD_BASE,
				   .limit = LDT_LIMIT };

	return !syscall(SYS_modify_ldt, 1, &code16, sizeof(code16)) &&
	       !syscall(SYS_modify_ldt, 1, &data, sizeof(data)) &&
	       !syscall(SYS_modify_ldt, 1, &stack, sizeof(stack));
}

static void set_up(void)
{
	static const int signals[] = { SIGUSR1, SIGTRAP, SIGSEGV,
				       SIGBUS,	SIGFPE,	 SIGILL };
	struct sigaction act = { .sa_sigaction = on_signal,
				 .sa_flags = SA_ONSTACK | SA_SIGINFO |
					     SA_NODEFER };
	static u8 alternate[131072];
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	unsigned int i, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	u8 *guard;

	guard = mmap((void *)(WORLD_BASE - GUARD), WORLD_SIZE + 2 * GUARD,
		     PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
	memory = mmap((void *)WORLD_BASE, WORLD_SIZE, PROT_READ | PROT_WRITE,
		      flags | MAP_FIXED, -1, 0);
	code = mmap((void *)CODE_BASE, 0x1000,
		    PROT_READ | PROT_WRITE | PROT_EXEC,
		    flags | MAP_FIXED_NOREPLACE, -1, 0);
	if (guard != (void *)(WORLD_BASE - GUARD) ||
	    memory != (void *)WORLD_BASE || code != (void *)CODE_BASE ||
	    syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE)) {
		perror("mmap");
		exit(1);
	}
	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &act, NULL);
}

void step_beside_native(unsigned long rounds)
{
	bool enough = rounds >= 300000;
	unsigned int mode, nr = NR_STEP_MODES, i;

	set_up();
	if (!make_ldt()) {
		printf("this kernel has no LDTs: nothing of 16 bits\n");
		nr = STEP_32_LDT;
	}
	while (rounds--)
		one_pair(rounds % nr);
	for (mode = 0; mode < nr; mode++) {
		printf("%s: %lu pairs\n", mode_names[mode], nr_pairs[mode]);
		check(nr_pairs[mode] >= 5000, "not enough");
	}
	for (i = 0; i < NR_KVM_OPS && enough; i++)
		check(seen[i] || is_never(i), "op %u never came up", i);
	for (i = 0; i < ARRAY_SIZE(nr_faults); i++)
		if (nr_faults[i])
			printf("vector %u: %lu\n", i, nr_faults[i]);
	printf("%lu branches, %lu faults in repetitions, %lu not of this CPU\n",
	       nr_branches, nr_partial, nr_lacks);
	check(nr_branches > 500 && nr_partial > 50, "not enough");
	check(nr_faults[14] > 500 && nr_faults[13] > 500, "not enough faults");
}
