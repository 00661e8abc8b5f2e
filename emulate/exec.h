/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec.h - what the parts of the executor have in common
 *
 * Owns: struct exec, an instruction being executed: copies of the registers, of
 * which execute.c commits what has become of them, and the operands.  exec_*.c
 * have the functions of the instructions.
 *
 * Locking: none; each call has its own.
 */
#ifndef TWINWALK_EMULATE_EXEC_H
#define TWINWALK_EMULATE_EXEC_H

#include <linux/types.h>

#include "emulate/execute.h"
#include "emulate/opcodes.h"

#define X86_FLAG_CF   0x00001ull
#define X86_FLAG_PF   0x00004ull
#define X86_FLAG_AF   0x00010ull
#define X86_FLAG_ZF   0x00040ull
#define X86_FLAG_SF   0x00080ull
#define X86_FLAG_TF   0x00100ull
#define X86_FLAG_IF   0x00200ull
#define X86_FLAG_DF   0x00400ull
#define X86_FLAG_OF   0x00800ull
#define X86_FLAG_IOPL 0x03000ull
#define X86_FLAG_NT   0x04000ull
#define X86_FLAG_RF   0x10000ull
#define X86_FLAG_VM   0x20000ull
#define X86_FLAG_AC   0x40000ull
#define X86_FLAG_VIF  0x80000ull
#define X86_FLAG_VIP  0x100000ull
#define X86_FLAG_ID   0x200000ull

/* What instructions of arithmetic change. */
#define X86_FLAGS_STATUS                                                       \
	(X86_FLAG_CF | X86_FLAG_PF | X86_FLAG_AF | X86_FLAG_ZF | X86_FLAG_SF | \
	 X86_FLAG_OF)

#define X86_CRBIT0_PE	0x1ull
#define X86_CRBIT0_EM	0x4ull
#define X86_CRBIT0_TS	0x8ull
#define X86_CRBIT0_AM	0x40000ull
#define X86_CRBIT0_PG	0x80000000ull
#define X86_CRBIT4_VME	0x1ull
#define X86_CRBIT4_PVI	0x2ull
#define X86_CRBIT4_TSD	0x4ull
#define X86_CRBIT4_DE	0x8ull
#define X86_CRBIT4_FX	0x200ull
#define X86_CRBIT4_UMIP 0x800ull

#define X86_MSR_TSC 0x10

enum x86_vector {
	X86_VEC_DE = 0,
	X86_VEC_DB = 1,
	X86_VEC_UD = 6,
	X86_VEC_NM = 7,
	X86_VEC_TS = 10,
	X86_VEC_NP = 11,
	X86_VEC_SS = 12,
	X86_VEC_GP = 13,
	X86_VEC_MF = 16,
	X86_VEC_AC = 17,
};

enum operand_kind {
	OPERAND_NONE,
	OPERAND_REG,
	OPERAND_HIGH, /* AH, CH, DH, BH */
	OPERAND_MEM,
	OPERAND_IMM,
	OPERAND_OTHER, /* a register that is no general one */
};

/**
 * struct operand - an operand of the instruction
 * @kind: what it is
 * @size: bytes
 * @reg: number of the register
 * @la: linear address of the memory
 * @mem: the memory, as the decoder says it
 * @val: its value, zero-extended
 * @old: what memory held, for a locked access
 */
struct operand {
	enum operand_kind kind;
	u8 size;
	u8 reg;
	u64 la;
	const struct kvm_insn_mem *mem;
	u64 val;
	u64 old;
};

/* Segment registers that an instruction can load, TR and LDTR with them. */
#define NR_EXEC_SEGMENTS (X86_EMULATE_SEG_LDTR + 1)

/**
 * struct exec_descriptor - a descriptor, as memory has it
 * @la: where
 * @lo: its first four bytes
 * @hi: the next four, with type, DPL and P
 * @base_hi: of one of 16 bytes the next four
 * @more: and the last four
 * @selector: what names it
 */
struct exec_descriptor {
	u64 la;
	u32 lo;
	u32 hi;
	u32 base_hi;
	u32 more;
	u16 selector;
};

/* Bits of @hi; SDM 3A, 3.4.5. */
#define DESC_TYPE(d)	((d)->hi >> 8 & 15)
#define DESC_DPL(d)	((d)->hi >> 13 & 3)
#define DESC_S		0x1000u
#define DESC_PRESENT	0x8000u
#define DESC_L		0x200000u
#define DESC_CODE	0x0800u
#define DESC_CONFORMING 0x0400u
#define DESC_READABLE	0x0200u /* of code; data: writable */
#define DESC_BUSY	0x0200u /* of a TSS */
#define DESC_ACCESSED	0x0100u

/* System descriptors; SDM 3A, table 3-2. */
enum {
	DESC_TSS16 = 1,
	DESC_LDT = 2,
	DESC_CALL_GATE16 = 4,
	DESC_TASK_GATE = 5,
	DESC_TSS32 = 9,
	DESC_CALL_GATE32 = 12,
};

#define SELECTOR_RPL	 3u
#define SELECTOR_LDT	 4u
#define SELECTOR_NULL(s) (!((s) & ~SELECTOR_RPL))

/* Why there is a task switch. */
enum {
	EXEC_TASK_JMP,
	EXEC_TASK_CALL,
	EXEC_TASK_IRET,
	EXEC_TASK_GATE, /* of the IDT */
};

/**
 * struct exec_task - the task to switch to
 * @selector: of its TSS
 * @reason: EXEC_TASK_*
 * @has_error_code: it finds @error_code on its stack
 * @error_code: that
 */
struct exec_task {
	u16 selector;
	u8 reason;
	bool has_error_code;
	u32 error_code;
};

/**
 * struct exec - an instruction being executed
 * @ctxt: the guest CPU; only @fault, @implicit and @buf are changed meanwhile
 * @insn: the instruction
 * @op: its operands, as far as execute.c resolves them
 * @regs: general registers, to be committed
 * @rip: of the next instruction, to be committed
 * @rflags: to be committed
 * @discard: nothing is written back to the first operand
 * @nr: string instructions: iterations done at once
 * @cpl: to be committed
 * @ext: bit 0 of error codes: it is not the program's doing
 * @after: X86_EMULATE_AFTER_*, to be committed
 * @keep_rf: RF is in @rflags
 * @loaded: a bit for each of @segments that is to be committed
 * @segments: segment registers, TR and LDTR
 */
struct exec {
	struct x86_emulate_ctxt *ctxt;
	const struct kvm_insn *insn;
	struct operand op[3];
	u64 regs[NR_X86_REGS];
	u64 rip;
	u64 rflags;
	bool discard;
	unsigned int nr;
	u8 cpl;
	u8 ext;
	u8 after;
	bool keep_rf;
	u8 loaded;
	struct x86_emulate_segment segments[NR_EXEC_SEGMENTS];
};

typedef int (*exec_fn)(struct exec *x);

static inline u64 size_mask(unsigned int size)
{
	return size >= 8 ? ~0ull : (1ull << 8 * size) - 1;
}

static inline bool exec_is_long(const struct exec *x)
{
	return (x->ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_LONG;
}

/* Real and virtual-8086 mode. */
static inline bool exec_is_real(const struct exec *x)
{
	return (x->ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_REAL;
}

/* Long mode, whether the code is of 64 bits or not. */
static inline bool exec_is_lma(const struct exec *x)
{
	return exec_is_long(x) || x->ctxt->lma;
}

/* execute.c */
int exec_fault(struct exec *x, enum x86_vector vector);
int exec_fault_selector(struct exec *x, enum x86_vector vector, u16 selector);
bool exec_is_canonical(const struct exec *x, u64 la);
void exec_get_segment(const struct exec *x, unsigned int seg,
		      struct x86_emulate_segment *s);
void exec_set_segment(struct exec *x, unsigned int seg,
		      const struct x86_emulate_segment *s);
void exec_begin(struct exec *x, struct x86_emulate_ctxt *ctxt);
void exec_commit(struct exec *x);
int exec_gp(struct exec *x);
u64 exec_reg_read(const struct exec *x, unsigned int reg, unsigned int size);
void exec_reg_write(struct exec *x, unsigned int reg, unsigned int size,
		    u64 val);
u64 exec_address(const struct exec *x, const struct kvm_insn_mem *mem);
int exec_linear(struct exec *x, unsigned int seg, u64 ea, unsigned int size,
		u32 access, u64 *la);
int exec_mem_linear(struct exec *x, const struct kvm_insn_mem *mem,
		    unsigned int size, u32 access, u64 *la);
int exec_resolve(struct exec *x, unsigned int i);
int exec_load(struct exec *x, unsigned int i);
int exec_store(struct exec *x, unsigned int i);
int exec_jump(struct exec *x, u64 rip);
bool exec_condition(const struct exec *x);

/* exec_alu.c */
int exec_binary(struct exec *x);
int exec_bits(struct exec *x);
int exec_cmpxchg(struct exec *x);
int exec_cmpxchg8b(struct exec *x);
int exec_double_shift(struct exec *x);
int exec_imul(struct exec *x);
int exec_mul(struct exec *x);
int exec_shift(struct exec *x);
int exec_unary(struct exec *x);
int exec_xadd(struct exec *x);

/* exec_decimal.c */
int exec_aaa(struct exec *x);
int exec_aad(struct exec *x);
int exec_aam(struct exec *x);
int exec_daa(struct exec *x);
int exec_div(struct exec *x);
int exec_idiv(struct exec *x);
int exec_salc(struct exec *x);

/* exec_flags.c */
int exec_cli(struct exec *x);
int exec_popf(struct exec *x);
int exec_pushf(struct exec *x);
int exec_sti(struct exec *x);
void exec_load_flags(struct exec *x, u64 flags, u64 mask, unsigned int size);

/* exec_fpu.c */
int exec_fpu(struct exec *x);
int exec_fxrstor(struct exec *x);
int exec_fxsave(struct exec *x);
int exec_mmx_move(struct exec *x);

/* exec_move.c */
unsigned int exec_stack_bytes(struct exec *x);
int exec_push_value(struct exec *x, u64 val, unsigned int size);
int exec_pop_value(struct exec *x, u64 *val, unsigned int size);
int exec_push_room(struct exec *x, unsigned int count, unsigned int size);
int exec_enter(struct exec *x);
int exec_bswap(struct exec *x);
int exec_call(struct exec *x);
int exec_cbw(struct exec *x);
int exec_clc(struct exec *x);
int exec_cld(struct exec *x);
int exec_clflush(struct exec *x);
int exec_cmc(struct exec *x);
int exec_cmov(struct exec *x);
int exec_cwd(struct exec *x);
int exec_jcc(struct exec *x);
int exec_jcxz(struct exec *x);
int exec_jmp(struct exec *x);
int exec_lahf(struct exec *x);
int exec_lea(struct exec *x);
int exec_leave(struct exec *x);
int exec_loop(struct exec *x);
int exec_mov(struct exec *x);
int exec_movbe(struct exec *x);
int exec_movsx(struct exec *x);
int exec_movzx(struct exec *x);
int exec_nop(struct exec *x);
int exec_pop(struct exec *x);
int exec_popa(struct exec *x);
int exec_push(struct exec *x);
int exec_pusha(struct exec *x);
int exec_ret(struct exec *x);
int exec_sahf(struct exec *x);
int exec_setcc(struct exec *x);
int exec_sse_move(struct exec *x);
int exec_stc(struct exec *x);
int exec_std(struct exec *x);
int exec_xchg(struct exec *x);
int exec_xlat(struct exec *x);

/* exec_segment.c */
int exec_system_read(struct exec *x, u64 la, void *data, unsigned int len);
int exec_system_write(struct exec *x, u64 la, const void *data,
		      unsigned int len);
u64 exec_system_address(const struct exec *x, u64 la);
int exec_read_descriptor(struct exec *x, u16 selector, enum x86_vector bad,
			 struct exec_descriptor *d);
int exec_widen_descriptor(struct exec *x, enum x86_vector bad,
			  struct exec_descriptor *d);
int exec_change_type(struct exec *x, struct exec_descriptor *d, u32 set,
		     u32 clear);
void exec_make_segment(const struct exec_descriptor *d,
		       struct x86_emulate_segment *s);
void exec_real_segment(struct exec *x, unsigned int seg, u16 selector);
void exec_vm86_segment(struct exec *x, unsigned int seg, u16 selector);
void exec_null_segment(struct exec *x, unsigned int seg, u16 selector);
int exec_stack_segment(struct exec *x, u16 selector, u8 cpl, bool may_be_null,
		       enum x86_vector bad);
int exec_data_segment(struct exec *x, unsigned int seg, u16 selector, u8 cpl,
		      enum x86_vector bad);
int exec_load_segment(struct exec *x, unsigned int seg, u16 selector);
int exec_load_ldt(struct exec *x, u16 selector, enum x86_vector bad);
int exec_lar(struct exec *x);
int exec_lds(struct exec *x);
int exec_lldt(struct exec *x);
int exec_lsl(struct exec *x);
int exec_ltr(struct exec *x);
int exec_sldt(struct exec *x);
int exec_verr(struct exec *x);

/* exec_syscall.c */
int exec_syscall(struct exec *x);
int exec_sysenter(struct exec *x);
int exec_sysexit(struct exec *x);
int exec_sysret(struct exec *x);

/* exec_task.c */
int exec_task_gate(struct exec *x, const struct exec_descriptor *gate,
		   unsigned int reason, u32 error_code);
int exec_task_return(struct exec *x);
int exec_task_switch(struct exec *x, const struct exec_task *task);

/* exec_transfer.c */
int exec_call_far(struct exec *x);
int exec_int(struct exec *x);
int exec_iret(struct exec *x);
int exec_jmp_far(struct exec *x);
int exec_ret_far(struct exec *x);

/* exec_string.c */
int exec_cmps(struct exec *x);
int exec_in(struct exec *x);
int exec_ins(struct exec *x);
int exec_lods(struct exec *x);
int exec_movs(struct exec *x);
int exec_out(struct exec *x);
int exec_outs(struct exec *x);
int exec_scas(struct exec *x);
int exec_stos(struct exec *x);

/* exec_system.c */
int exec_clts(struct exec *x);
int exec_cpuid(struct exec *x);
int exec_hlt(struct exec *x);
int exec_invlpg(struct exec *x);
int exec_lgdt(struct exec *x);
int exec_lmsw(struct exec *x);
int exec_mov_cr(struct exec *x);
int exec_mov_dr(struct exec *x);
int exec_rdmsr(struct exec *x);
int exec_rdtsc(struct exec *x);
int exec_sgdt(struct exec *x);
int exec_smsw(struct exec *x);
int exec_wbinvd(struct exec *x);
int exec_wrmsr(struct exec *x);

#endif
