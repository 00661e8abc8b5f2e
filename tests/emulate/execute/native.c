// SPDX-License-Identifier: GPL-2.0-only
/*
 * native.c - the executor beside the CPU
 *
 * Random instructions, of every opcode that a program may execute, on random
 * registers and memory: once by the executor, on a copy, and once by the CPU.
 * Registers, flags, XMM registers and memory have to be the same.  Then the
 * executor does it again, first with each of its callbacks waiting for userspace
 * once, and then with each in turn failing: the one must end the same, the other
 * must change no register.
 *
 * The CPU's side is code written into a page: registers are loaded from behind
 * it, the instruction follows, and registers are stored.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/kernel.h>

#include "emulate/opcodes.h"
#include "tests/emulate/execute/world.h"

#define CODE_BYTES  0x1000
#define FLAGS_SHOWN 0xcd5ull /* status flags and DF */
#define MIN_HITS    20

/* Behind the code, so that it is reached by RIP. */
struct area {
	u8 code[CODE_BYTES];
	u64 regs[16];
	u64 rflags;
	u64 host_rsp;
	u8 xmm[16][16];
};

static struct area *area;
static u8 *native_memory;
static unsigned int code_len;
static sigjmp_buf after_signal;
static sig_atomic_t in_native;
static unsigned long hits[NR_KVM_OPS], host_lacks[NR_KVM_OPS];
static unsigned long nr_pairs, nr_memory_pairs, nr_restarts, nr_faults;

static void on_signal(int sig)
{
	if (!__atomic_load_n(&in_native, __ATOMIC_SEQ_CST)) {
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(after_signal, sig);
}

static void emit(const void *bytes, unsigned int nr)
{
	memcpy(area->code + code_len, bytes, nr);
	code_len += nr;
}

/* One with a ModRM byte, of which @reg is, and memory by RIP. */
static void emit_rip(u8 rex, unsigned int escape, u8 opcode, unsigned int reg,
		     const void *where)
{
	u8 bytes[8];
	unsigned int nr = 0;
	s64 disp;

	bytes[nr++] = rex | (reg & 8 ? 4 : 0);
	if (escape)
		bytes[nr++] = escape;
	bytes[nr++] = opcode;
	bytes[nr++] = (reg & 7) << 3 | 5;
	emit(bytes, nr);
	disp = (const u8 *)where - (area->code + code_len + 4);
	emit(&disp, 4);
}

static void emit_before(void)
{
	static const u8 save[] = { 0x53, 0x55, 0x41, 0x54, 0x41,
				   0x55, 0x41, 0x56, 0x41, 0x57 };
	unsigned int i;

	code_len = 0;
	emit(save, sizeof(save));
	emit_rip(0x48, 0, 0x89, 4, &area->host_rsp);
	emit_rip(0x48, 0, 0xff, 6, &area->rflags);
	emit("\x9d", 1);
	for (i = 0; i < 16; i++) {
		emit_rip(0x48, 0, 0x8b, i, &area->regs[i]);
		emit_rip(0x40, 0x0f, 0x10, i, area->xmm[i]);
	}
}

static void emit_after(void)
{
	static const u8 restore[] = { 0xfc, 0x41, 0x5f, 0x41, 0x5e, 0x41,
				      0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3 };
	unsigned int i;

	for (i = 0; i < 16; i++) {
		emit_rip(0x48, 0, 0x89, i, &area->regs[i]);
		emit_rip(0x40, 0x0f, 0x11, i, area->xmm[i]);
	}
	emit_rip(0x48, 0, 0x8b, 4, &area->host_rsp);
	emit("\x9c", 1);
	emit_rip(0x48, 0, 0x8f, 0, &area->rflags);
	emit(restore, sizeof(restore));
}

/* Returns a signal, or 0. */
static int run_native(const u8 *bytes, unsigned int nr, struct state *s)
{
	void (*call)(void) = (void (*)(void))area->code;
	int sig;

	emit_before();
	emit(bytes, nr);
	emit_after();
	memcpy(area->regs, s->regs, sizeof(s->regs));
	memcpy(area->xmm, s->xmm, sizeof(s->xmm));
	memcpy(native_memory, s->memory, WORLD_SIZE);
	area->rflags = s->rflags;
	sig = sigsetjmp(after_signal, 1);
	if (sig) {
		__atomic_store_n(&in_native, 0, __ATOMIC_SEQ_CST);
		return sig;
	}
	__atomic_store_n(&in_native, 1, __ATOMIC_SEQ_CST);
	call();
	__atomic_store_n(&in_native, 0, __ATOMIC_SEQ_CST);
	memcpy(s->regs, area->regs, sizeof(s->regs));
	memcpy(s->xmm, area->xmm, sizeof(s->xmm));
	memcpy(s->memory, native_memory, WORLD_SIZE);
	s->rflags = area->rflags;
	return 0;
}

/* What rules.c and others test, as a program can't execute it, or not as it is. */
static const u16 elsewhere[] = {
	OP_CALL,    OP_CLTS,	 OP_IN,	     OP_INS,	 OP_INVD,     OP_INVLPG,
	OP_JCC,	    OP_JCXZ,	 OP_JMP,     OP_LMSW,	 OP_LOOP,     OP_LOOPE,
	OP_LOOPNE,  OP_MOV_CR,	 OP_MOV_DR,  OP_OUT,	 OP_OUTS,     OP_RDMSR,
	OP_RET,	    OP_SMSW,	 OP_WBINVD,  OP_WRMSR,	 OP_POPA,     OP_PUSHA,
	OP_AAA,	    OP_AAD,	 OP_AAM,     OP_AAS,	 OP_CALL_FAR, OP_CLI,
	OP_CPUID,   OP_DAA,	 OP_DAS,     OP_FPU,	 OP_FXRSTOR,  OP_FXSAVE,
	OP_HLT,	    OP_INT,	 OP_INT1,    OP_INT3,	 OP_INTO,     OP_IRET,
	OP_JMP_FAR, OP_LAR,	 OP_LDS,     OP_LES,	 OP_LFS,      OP_LGDT,
	OP_LGS,	    OP_LIDT,	 OP_LLDT,    OP_LSL,	 OP_LSS,      OP_LTR,
	OP_POPF,    OP_PUSHF,	 OP_RDTSC,   OP_RET_FAR, OP_SALC,     OP_SGDT,
	OP_SIDT,    OP_SLDT,	 OP_STI,     OP_STR,	 OP_VERR,     OP_VERW,
	OP_SYSCALL, OP_SYSENTER, OP_SYSEXIT, OP_SYSRET,
};

/* What a program can execute, and what goes on behind itself. */
static bool is_comparable(const struct kvm_insn *insn)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (elsewhere[i] == insn->row->op)
			return false;
	if (insn->seg != KVM_INSN_SEG_NONE)
		return false;
	for (i = 0; i < 3; i++)
		if (KVM_OPERAND_METHOD(insn->row->operand[i]) == METHOD_S ||
		    (insn->row->operand[i] >= rES &&
		     insn->row->operand[i] <= rGS))
			return false;
	/* The state has no MMX registers. */
	for (i = 0; i < 3; i++)
		if (KVM_OPERAND_METHOD(insn->row->operand[i]) == METHOD_PV &&
		    !insn->pfx)
			return false;
	/* On 16 bits the results are undefined, and CPUs differ. */
	if (insn->op_bytes == 2 && insn->row->op == OP_BSWAP)
		return false;
	return x86_emulate_has(insn->row->op);
}

static unsigned int random_bytes(u8 *bytes)
{
	static const u8 prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0 };
	unsigned int nr = 0, i, map;

	for (i = 0; i < 2; i++)
		if (next_random() % 3 == 0)
			bytes[nr++] = prefixes[next_random() % 5];
	if (next_random() % 2)
		bytes[nr++] = 0x40 | next_random() % 16;
	map = next_random() % 8;
	if (map >= 4)
		bytes[nr++] = 0x0f;
	if (map == 7) {
		bytes[nr++] = 0x38;
		bytes[nr++] = 0xf0 + next_random() % 16;
	}
	while (nr < KVM_INSN_MAX_LEN)
		bytes[nr++] = next_random() >> 40;
	return nr;
}

static void random_state(struct state *s)
{
	bool few = next_random() % 2;
	unsigned int i;

	for (i = 0; i < 16; i++)
		s->regs[i] = next_random() >> (next_random() % 4 * 16);
	for (i = 0; i < sizeof(s->xmm); i++)
		s->xmm[i / 16][i % 16] = next_random() >> 33;
	for (i = 0; i < WORLD_SIZE; i += 8) {
		u64 val = next_random();

		/* Something for CMPS and SCAS to find equal. */
		if (few)
			val &= 0x0001000000000001;
		memcpy(s->memory + i, &val, 8);
	}
	s->rflags = 0x202 | (next_random() & FLAGS_SHOWN);
}

static u64 random_target(void)
{
	u64 target = WORLD_BASE + WORLD_SIZE / 2 + next_random() % 2048;

	return next_random() % 2 ? target & ~15ull : target;
}

/* So that @mem is somewhere in memory, if it has a base to do it with. */
static void aim(struct state *s, const struct kvm_insn_mem *mem)
{
	u64 ea = random_target() - mem->disp;

	if (mem->index == KVM_INSN_REG_AL)
		ea -= s->regs[0] & 0xff;
	else if (mem->index < 16 && mem->index != mem->base)
		ea -= s->regs[mem->index] << mem->scale;
	if (mem->base < 16)
		s->regs[mem->base] = ea;
}

/* Half of the comparisons of CMPXCHG shall find what they look for. */
static void make_equal(struct state *s, const struct kvm_insn *insn)
{
	u64 off = s->regs[insn->mem[0].base & 15] + insn->mem[0].disp -
		  WORLD_BASE;

	if (next_random() % 2)
		return;
	if (!insn->nr_mem) {
		s->regs[insn->rm] = s->regs[0];
	} else if (insn->mem[0].index == KVM_INSN_REG_NONE &&
		   off < WORLD_SIZE - 16) {
		unsigned int half = insn->mem[0].size / 2;

		memcpy(s->memory + off, &s->regs[0], 8);
		if (insn->row->op == OP_CMPXCHG8B)
			memcpy(s->memory + off + half, &s->regs[2], half);
	}
}

static void prepare(struct state *s, const struct kvm_insn *insn)
{
	unsigned int i;

	s->regs[4] = WORLD_BASE + 0x4000 + next_random() % 64 * 8;
	if (insn->row->op == OP_LEAVE)
		s->regs[5] = WORLD_BASE + 0x4000 + next_random() % 64 * 8;
	/* Outer frames are above the stack pointer. */
	if (insn->row->op == OP_ENTER)
		s->regs[5] = WORLD_BASE + 0x5000 + next_random() % 64 * 8;
	if (insn->prefixes & (KVM_INSN_PFX_F3 | KVM_INSN_PFX_F2) &&
	    next_random() % 8)
		s->regs[1] = next_random() % 40;
	if (insn->row->operand[1] == Gv &&
	    (insn->row->op == OP_BT || insn->row->op == OP_BTC ||
	     insn->row->op == OP_BTR || insn->row->op == OP_BTS))
		s->regs[insn->reg] = (s64)(next_random() % 8192) - 4096;
	for (i = 0; i < insn->nr_mem; i++)
		aim(s, &insn->mem[i]);
	if (insn->row->op == OP_CMPXCHG || insn->row->op == OP_CMPXCHG8B)
		make_equal(s, insn);
}

/* MOV with an offset in the instruction: there is no register to aim with. */
static void aim_offset(u8 *bytes, const struct kvm_insn *insn)
{
	unsigned int i;
	u64 target = random_target();

	for (i = 0; i < 3; i++)
		if (KVM_OPERAND_METHOD(insn->row->operand[i]) == METHOD_O)
			memcpy(bytes + insn->len - insn->ad_bytes, &target,
			       insn->ad_bytes);
}

static void print_bytes(const u8 *bytes, unsigned int nr)
{
	while (nr--)
		printf(" %02x", *bytes++);
	putchar('\n');
}

/*
 * OF of a rotation by an immediate but 1 is undefined, and not that of CL's; all
 * are after a division.
 */
static u64 flags_told(const struct kvm_insn *insn)
{
	switch (insn->row->op) {
	case OP_RCL:
	case OP_RCR:
	case OP_ROL:
	case OP_ROR:
		if (insn->row->operand[1] == Ib)
			return FLAGS_SHOWN & ~0x800ull;
		break;
	case OP_DIV:
	case OP_IDIV:
		return 0x400;
	}
	return FLAGS_SHOWN;
}

static bool same(const struct state *a, const struct state *b, u64 flags,
		 const char *what)
{
	unsigned int i;
	bool good = true;

	for (i = 0; i < 16; i++)
		good &= check(a->regs[i] == b->regs[i],
			      "%s: register %u is %llx, not %llx", what, i,
			      (unsigned long long)a->regs[i],
			      (unsigned long long)b->regs[i]);
	good &= check(!((a->rflags ^ b->rflags) & flags),
		      "%s: flags are %llx, not %llx", what,
		      (unsigned long long)(a->rflags & FLAGS_SHOWN),
		      (unsigned long long)(b->rflags & FLAGS_SHOWN));
	good &= check(!memcmp(a->xmm, b->xmm, sizeof(a->xmm)), "%s: XMM", what);
	good &= check(!memcmp(a->memory, b->memory, WORLD_SIZE), "%s: memory",
		      what);
	return good;
}

/* What the decoder says of memory is what the executor does. */
static bool access_is_as_decoded(const struct world *w)
{
	const struct kvm_insn *insn = &w->ctxt.insn;
	const struct kvm_insn_mem *mem = &insn->mem[0];
	bool reads = mem->access & KVM_INSN_ACCESS_READ;
	bool writes = mem->access & KVM_INSN_ACCESS_WRITE;
	bool good = true;

	if (insn->nr_mem != 1 || insn->row->op == OP_PUSH ||
	    insn->row->op == OP_POP || insn->row->op == OP_STOS ||
	    insn->row->op == OP_LODS || insn->row->op == OP_SCAS)
		return true;
	good &= check(w->nr_reads == reads && w->nr_writes == writes,
		      "%u reads, %u writes", w->nr_reads, w->nr_writes);
	good &= check(!reads || w->read_len == mem->size, "read of %u",
		      w->read_len);
	good &= check(!writes || w->write_len == mem->size, "write of %u",
		      w->write_len);
	return good;
}

/* Each callback wants userspace once; and each in turn faults. */
static bool again(const u8 *bytes, const struct state *before,
		  const struct state *after, unsigned int nr_accesses)
{
	static struct state s;
	struct world w;
	unsigned int i;
	bool good;

	s = *before;
	world_init(&w, &s);
	world_decode(&w, bytes, KVM_INSN_MAX_LEN);
	w.ask_userspace = true;
	good = check(world_run(&w) == X86_EMULATE_OK, "not restarted");
	good &= same(&s, after, FLAGS_SHOWN, "restarted");
	nr_restarts++;
	for (i = 1; i <= nr_accesses && i <= 4; i++) {
		s = *before;
		world_init(&w, &s);
		world_decode(&w, bytes, KVM_INSN_MAX_LEN);
		w.fault_at = i;
		good &= check(world_run(&w) == X86_EMULATE_FAULT &&
				      w.ctxt.fault.vector == 14,
			      "no fault");
		nr_faults++;
	}
	return good;
}

static void one_pair(void)
{
	static struct state before, ours, theirs;
	u8 bytes[KVM_INSN_MAX_LEN];
	const struct kvm_insn *insn;
	struct world w;
	bool good = true;
	unsigned int op;
	int sig;

	random_bytes(bytes);
	world_init(&w, &before);
	if (!world_decode(&w, bytes, sizeof(bytes)))
		return;
	insn = &w.ctxt.insn;
	op = insn->row->op;
	if (!is_comparable(insn) ||
	    (insn->nr_mem && insn->mem[0].base == KVM_INSN_REG_RIP))
		return;
	/* The common ones shall not take all of the time. */
	if (hits[op] > 300 && next_random() % 16)
		return;
	random_state(&before);
	aim_offset(bytes, insn);
	prepare(&before, insn);
	ours = before;
	theirs = before;
	world_init(&w, &ours);
	world_decode(&w, bytes, sizeof(bytes));
	if (world_run(&w) != X86_EMULATE_OK)
		return;
	sig = run_native(bytes, insn->len, &theirs);
	if (sig == SIGILL) {
		host_lacks[op]++;
		return;
	}
	good &= check(!sig, "signal %d", sig);
	if (!sig)
		good &= same(&ours, &theirs, flags_told(insn), "native");
	good &= check(w.ctxt.rip == 0x400000ull + insn->len, "length");
	good &= access_is_as_decoded(&w);
	good &= again(bytes, &before, &ours, w.nr_accesses);
	hits[op]++;
	nr_pairs++;
	nr_memory_pairs += insn->nr_mem != 0;
	if (!good && nr_failed < 60)
		print_bytes(bytes, insn->len);
}

static void check_hits(void)
{
	unsigned int op, i;

	for (op = 0; op < NR_KVM_OPS; op++) {
		bool here = x86_emulate_has(op);

		for (i = 0; i < ARRAY_SIZE(elsewhere); i++)
			here &= elsewhere[i] != op;
		if (here && host_lacks[op] && hits[op] < MIN_HITS)
			printf("op %u: this CPU has it not\n", op);
		else if (here)
			check(hits[op] >= MIN_HITS, "op %u: %lu pairs only", op,
			      hits[op]);
	}
}

void compare_with_native(unsigned long rounds)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE,
				       SIGTRAP };
	struct sigaction act = { .sa_handler = on_signal,
				 .sa_flags = SA_ONSTACK | SA_NODEFER };
	static u8 alternate[65536];
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	unsigned int i;

	area = mmap(NULL, sizeof(*area), PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	native_memory =
		mmap((void *)WORLD_BASE, WORLD_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (area == MAP_FAILED || native_memory != (u8 *)WORLD_BASE) {
		perror("mmap");
		exit(1);
	}
	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &act, NULL);
	while (rounds--)
		one_pair();
	check_hits();
	printf("%lu pairs, %lu with memory, %lu restarted, %lu faulted\n",
	       nr_pairs, nr_memory_pairs, nr_restarts, nr_faults);
	check(nr_pairs >= 10000, "not enough");
}
