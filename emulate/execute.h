/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * execute.h - doing what a decoded x86 instruction says
 *
 * Owns: struct x86_emulate_ctxt, a guest CPU as far as an instruction needs it,
 * and the function that executes one on it.  All else of the guest is reached
 * through struct x86_emulate_ops.  It builds outside of the kernel too.
 *
 * Nothing of an instruction is committed before its last step that can fail.  A
 * callback that has to wait for userspace says so, and the instruction is
 * executed again, from its start, when the answer is there.  Its accesses come
 * again, in the same order; the callbacks see to it that a device that has
 * answered is not asked again before the instruction is committed.  A repeated
 * string instruction is committed for each iteration.
 *
 * Locking: none of its own; the caller has the guest CPU to itself.
 *
 * References: SDM 2, chapters 3 to 5; SDM 3A, chapters 3, 5, 6 and 20.
 *
 * Deliberately absent: calls through a gate to more privileged code, INT n outside
 * of real mode, x87 but FNINIT, FNSTCW and FNSTSW, arithmetic of MMX and SSE, all
 * with VEX; what CPUID says.  An instruction without a function is
 * X86_EMULATE_UNHANDLED, and nothing has happened.
 */
#ifndef TWINWALK_EMULATE_EXECUTE_H
#define TWINWALK_EMULATE_EXECUTE_H

#include <linux/types.h>

#include "emulate/decode.h"

/* What one call does of a repeated string instruction at most. */
#define X86_EMULATE_MAX_REPEAT 1024

/* Bytes of port I/O in one go. */
#define X86_EMULATE_IO_BYTES 1024

/* The general registers that instructions mean without naming them. */
enum x86_emulate_reg {
	X86_REG_AX,
	X86_REG_CX,
	X86_REG_DX,
	X86_REG_BX,
	X86_REG_SP,
	X86_REG_BP,
	X86_REG_SI,
	X86_REG_DI,
	NR_X86_REGS = 16,
};

/* get_segment() has more than instructions have; the last two are tables. */
#define X86_EMULATE_SEG_TR   6
#define X86_EMULATE_SEG_LDTR 7
#define X86_EMULATE_SEG_GDTR 8
#define X86_EMULATE_SEG_IDTR 9
#define NR_X86_EMULATE_SEGS  10

/* What else is to be done when the instruction is. */
#define X86_EMULATE_AFTER_STI  0x1 /* the next one is not interrupted */
#define X86_EMULATE_AFTER_SS   0x2 /* nor by NMIs and traps */
#define X86_EMULATE_AFTER_IRET 0x4 /* NMIs may come again */
#define X86_EMULATE_AFTER_HLT  0x8 /* it waits for an interrupt */
#define X86_EMULATE_AFTER_TASK 0x10 /* it is another task's; also after FAULT */
#define X86_EMULATE_AFTER_NOTF 0x20 /* it has cleared TF: no trap */

/* An FXSAVE area, in the format of 64-bit mode. */
#define X86_EMULATE_FX_BYTES 512

/**
 * enum x86_emulate_result - how an instruction, or a callback, ended
 * @X86_EMULATE_OK: it is done
 * @X86_EMULATE_FAULT: ctxt->fault is what the guest shall get
 * @X86_EMULATE_IO: userspace has to answer; then execute it again
 * @X86_EMULATE_RETRY: let the guest try again: somebody else was faster
 * @X86_EMULATE_UNHANDLED: it can't be done here
 */
enum x86_emulate_result {
	X86_EMULATE_OK,
	X86_EMULATE_FAULT,
	X86_EMULATE_IO,
	X86_EMULATE_RETRY,
	X86_EMULATE_UNHANDLED,
};

/* How memory is accessed; with neither, it is read. */
#define X86_EMULATE_WRITE    0x1 /* written, now or later in the instruction */
#define X86_EMULATE_IMPLICIT 0x2 /* by the CPU: CPL does not count */

/**
 * struct x86_emulate_fault - an exception
 * @vector: which
 * @has_error_code: it pushes @error_code
 * @error_code: that
 * @payload: CR2 of #PF; what is new in DR6 of #DB
 */
struct x86_emulate_fault {
	u8 vector;
	bool has_error_code;
	u32 error_code;
	u64 payload;
};

/**
 * struct x86_emulate_segment - a segment register
 * @base: its base
 * @limit: in bytes, the last one that belongs to it
 * @selector: its selector
 * @type: bits 3 to 0 of the descriptor's type
 * @big: D or B
 * @unusable: it was loaded with a null selector, or the like
 * @dpl: its DPL; SS's is the CPL
 * @s: code or data
 * @present: P
 * @l: code of 64 bits
 * @g: the descriptor's limit is in pages
 * @avl: software's bit
 */
struct x86_emulate_segment {
	u64 base;
	u32 limit;
	u16 selector;
	u8 type;
	bool big;
	bool unusable;
	u8 dpl;
	bool s;
	bool present;
	bool l;
	bool g;
	bool avl;
};

struct x86_emulate_ctxt;

/**
 * struct x86_emulate_ops - how the executor reaches the guest
 * @read: @len (1 to 16, or as many as probe() was asked for) bytes at a linear
 *	address; @access is X86_EMULATE_*.  Return: enum x86_emulate_result; so
 *	do all that return int
 * @write: the reverse.  The last byte that can fault has to be known to before
 *	the first one is written
 * @cmpxchg: put @new there if it holds @old, atomically; RETRY if it does not.
 *	1, 2, 4, 8 or 16 bytes
 * @probe: could @len bytes be accessed so?  OK: yes, and it is memory; FAULT:
 *	no; IO: yes, but it is not all memory.  Has no effect but @ctxt->fault
 * @pio_in: @count elements of @size bytes from a port
 * @pio_out: the reverse
 * @get_segment: KVM_INSN_SEG_* or X86_EMULATE_SEG_*; of GDTR and IDTR base and
 *	limit
 * @get_cr: a control register that exists
 * @set_cr: FAULT and its #GP if it may not have this value
 * @get_dr: a debug register, 0 to 3, 6 and 7
 * @set_dr: as @set_cr
 * @get_msr: FAULT and its #GP if there is none; IO, and it is not executed again
 *	if userspace has answered for the MSR
 * @set_msr: the same
 * @get_xmm: 16 bytes of an XMM register
 * @set_xmm: the reverse; can't fail
 * @invlpg: forget what the TLB has of a linear address
 * @commit: what was accessed so far is not accessed again
 * @set_segment: the reverse of @get_segment; SS's DPL becomes the CPL.  Can't
 *	fail
 * @cpuid: EAX, EBX, ECX, EDX in and out; FAULT and its #GP if it may not
 * @get_system_msr: an MSR that the CPU itself reads, whatever userspace lets the
 *	guest read; 0 if there is none
 * @get_fx: an FXSAVE area of 64-bit mode
 * @set_fx: the reverse; can't fail: it is one that could have been saved
 */
struct x86_emulate_ops {
	int (*read)(struct x86_emulate_ctxt *ctxt, u64 la, void *data,
		    unsigned int len, u32 access);
	int (*write)(struct x86_emulate_ctxt *ctxt, u64 la, const void *data,
		     unsigned int len);
	int (*cmpxchg)(struct x86_emulate_ctxt *ctxt, u64 la, const void *old,
		       const void *new, unsigned int len);
	int (*probe)(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
		     u32 access);
	int (*pio_in)(struct x86_emulate_ctxt *ctxt, u16 port,
		      unsigned int size, void *data, unsigned int count);
	int (*pio_out)(struct x86_emulate_ctxt *ctxt, u16 port,
		       unsigned int size, const void *data, unsigned int count);
	void (*get_segment)(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			    struct x86_emulate_segment *out);
	u64 (*get_cr)(struct x86_emulate_ctxt *ctxt, unsigned int nr);
	int (*set_cr)(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val);
	u64 (*get_dr)(struct x86_emulate_ctxt *ctxt, unsigned int nr);
	int (*set_dr)(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val);
	int (*get_msr)(struct x86_emulate_ctxt *ctxt, u32 index, u64 *val);
	int (*set_msr)(struct x86_emulate_ctxt *ctxt, u32 index, u64 val);
	void (*get_xmm)(struct x86_emulate_ctxt *ctxt, unsigned int nr,
			u8 *data);
	void (*set_xmm)(struct x86_emulate_ctxt *ctxt, unsigned int nr,
			const u8 *data);
	void (*invlpg)(struct x86_emulate_ctxt *ctxt, u64 la);
	void (*commit)(struct x86_emulate_ctxt *ctxt);
	void (*set_segment)(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			    const struct x86_emulate_segment *in);
	int (*cpuid)(struct x86_emulate_ctxt *ctxt, u32 *regs);
	u64 (*get_system_msr)(struct x86_emulate_ctxt *ctxt, u32 index);
	void (*get_fx)(struct x86_emulate_ctxt *ctxt, u8 *data);
	void (*set_fx)(struct x86_emulate_ctxt *ctxt, const u8 *data);
};

/**
 * struct x86_emulate_ctxt - a guest CPU
 * @ops: how the rest of it is reached
 * @how: as for kvm_insn_decode()
 * @cpl: 0 to 3; 3 in virtual-8086 mode
 * @la_bits: bits of a linear address in 64-bit mode, 48 or 57
 * @step: somebody steps through: one iteration in a call
 * @vm86: in virtual-8086 mode; @how then is KVM_INSN_REAL
 * @regs: general registers, by their numbers
 * @rip: of @insn
 * @rflags: the guest's
 * @insn: the instruction
 * @repeats: after OK: it is a string instruction, not over yet; RIP stays
 * @fault: after FAULT: what the guest shall get
 * @buf: string I/O on its way, and FXSAVE areas
 * @lma: EFER.LMA; in 64-bit mode @how tells
 * @implicit: the access is the CPU's own, and CPL does not count
 * @after: after OK: X86_EMULATE_AFTER_*; with AFTER_TASK a fault, too, is one of
 *	the new registers
 */
struct x86_emulate_ctxt {
	const struct x86_emulate_ops *ops;
	unsigned int how;
	u8 cpl;
	u8 la_bits;
	bool step;
	bool vm86;
	u64 regs[NR_X86_REGS];
	u64 rip;
	u64 rflags;
	struct kvm_insn insn;
	bool repeats;
	struct x86_emulate_fault fault;
	u8 buf[X86_EMULATE_IO_BYTES];
	bool lma;
	bool implicit;
	u8 after;
};

/**
 * x86_emulate() - execute an instruction
 * @ctxt: the guest CPU, with the instruction decoded; registers, RFLAGS and RIP
 *	are changed if it is done, and of a repeated string instruction for each
 *	iteration that is
 *
 * Context: that of the callbacks.
 * Return: enum x86_emulate_result.
 */
int x86_emulate(struct x86_emulate_ctxt *ctxt);

/**
 * x86_emulate_task_switch() - an event goes through a task gate of the IDT
 * @ctxt: the guest CPU; its instruction has no meaning, RIP is what is saved
 * @selector: of the TSS; the gate itself was looked at
 * @error_code: that the event has, or NULL
 *
 * Context: that of the callbacks.
 * Return: enum x86_emulate_result; see @after of @ctxt.
 */
int x86_emulate_task_switch(struct x86_emulate_ctxt *ctxt, u16 selector,
			    const u32 *error_code);

/**
 * x86_emulate_has() - is there a function for what an instruction does?
 * @op: an enum kvm_op
 *
 * Of some instructions not all forms are there; this tells of the others too.
 *
 * Context: any.
 * Return: false: x86_emulate() is X86_EMULATE_UNHANDLED.
 */
bool x86_emulate_has(unsigned int op);

/**
 * x86_emulate_fault() - for callbacks: fill in ctxt->fault
 * @ctxt: the guest CPU
 * @vector: an exception with an error code
 * @error_code: that
 *
 * Context: any.
 * Return: X86_EMULATE_FAULT.
 */
int x86_emulate_fault(struct x86_emulate_ctxt *ctxt, u8 vector, u32 error_code);

#endif
