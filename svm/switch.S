/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.S - the world switch
 *
 * Owns: what can't be written in C: between VMLOAD of the guest's and VMLOAD of
 * the host's state GS is not the kernel's, and between VMRUN and the end of it
 * the return stack and branch predictor are what the guest left.
 *
 * VMRUN saves and loads RAX, RSP, RIP, RFLAGS, CR0, CR2 to CR4, EFER, DR6, DR7 and
 * ES, CS, SS, DS (APM 2, 15.5); VMSAVE and VMLOAD FS, GS, TR, LDTR and the MSRs of
 * SYSCALL and SYSENTER; the other general registers are here.
 *
 * While the guest runs the host's interrupts are let in by RFLAGS.IF, which is
 * set as long as GIF is clear, so that they come to nobody but the guest, as exits.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/bitsperlong.h>
#include <asm/cpufeatures.h>
#include <asm/frame.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>

#include "svm/switch.h"

#define REG(nr) ((nr) * 8)

/* By enum kvm_reg; run.c has the proof. */
#define REGS_RCX REG(1)
#define REGS_RDX REG(2)
#define REGS_RBX REG(3)
#define REGS_RBP REG(5)
#define REGS_RSI REG(6)
#define REGS_RDI REG(7)
#define REGS_R8	 REG(8)
#define REGS_R9	 REG(9)
#define REGS_R10 REG(10)
#define REGS_R11 REG(11)
#define REGS_R12 REG(12)
#define REGS_R13 REG(13)
#define REGS_R14 REG(14)
#define REGS_R15 REG(15)

.section .noinstr.text, "ax"

/* void svm_switch_worlds(struct svm_switch *s) */
SYM_FUNC_START(svm_switch_worlds)
	push	%rbp
	mov	%rsp, %rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	push	%rdi

	btl	$SVM_SWITCH_SPEC_CTRL_BIT, SVM_SWITCH_FLAGS(%rdi)
	jnc	1f
	mov	SVM_SWITCH_GUEST_SPEC(%rdi), %rax
	cmp	SVM_SWITCH_HOST_SPEC(%rdi), %rax
	je	1f
	mov	%rax, %rdx
	shr	$32, %rdx
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	wrmsr
1:
	mov	SVM_SWITCH_GUEST_VMCB(%rdi), %rax
	vmload	%rax
	push	%rax
	/* GIF is clear; not right before VMRUN, which would take STI's shadow along. */
	sti

	mov	SVM_SWITCH_REGS(%rdi), %rax
	mov	REGS_RCX(%rax), %rcx
	mov	REGS_RDX(%rax), %rdx
	mov	REGS_RBX(%rax), %rbx
	mov	REGS_RBP(%rax), %rbp
	mov	REGS_RSI(%rax), %rsi
	mov	REGS_RDI(%rax), %rdi
	mov	REGS_R8(%rax), %r8
	mov	REGS_R9(%rax), %r9
	mov	REGS_R10(%rax), %r10
	mov	REGS_R11(%rax), %r11
	mov	REGS_R12(%rax), %r12
	mov	REGS_R13(%rax), %r13
	mov	REGS_R14(%rax), %r14
	mov	REGS_R15(%rax), %r15

	pop	%rax
#ifdef VM_CLEAR_CPU_BUFFERS
	/* What the kernel's loads and stores left in the CPU; clobbers ZF. */
	VM_CLEAR_CPU_BUFFERS
#endif
	vmrun	%rax
	cli

	/* RAX is what it was before; the guest's is in the VMCB. */
	vmsave	%rax

	/* Before anything that could be predicted by what the guest did. */
	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_FEATURE_RETPOLINE

	mov	(%rsp), %rax
	mov	SVM_SWITCH_REGS(%rax), %rax
	mov	%rcx, REGS_RCX(%rax)
	mov	%rdx, REGS_RDX(%rax)
	mov	%rbx, REGS_RBX(%rax)
	mov	%rbp, REGS_RBP(%rax)
	mov	%rsi, REGS_RSI(%rax)
	mov	%rdi, REGS_RDI(%rax)
	mov	%r8, REGS_R8(%rax)
	mov	%r9, REGS_R9(%rax)
	mov	%r10, REGS_R10(%rax)
	mov	%r11, REGS_R11(%rax)
	mov	%r12, REGS_R12(%rax)
	mov	%r13, REGS_R13(%rax)
	mov	%r14, REGS_R14(%rax)
	mov	%r15, REGS_R15(%rax)

	pop	%rdi
	mov	SVM_SWITCH_HOST_VMCB(%rdi), %rax
	vmload	%rax

	btl	$SVM_SWITCH_SPEC_CTRL_BIT, SVM_SWITCH_FLAGS(%rdi)
	jnc	3f
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	btl	$SVM_SWITCH_SPEC_READ_BIT, SVM_SWITCH_FLAGS(%rdi)
	jnc	2f
	rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, SVM_SWITCH_GUEST_SPEC(%rdi)
2:
	mov	SVM_SWITCH_HOST_SPEC(%rdi), %rax
	cmp	SVM_SWITCH_GUEST_SPEC(%rdi), %rax
	je	3f
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
3:
	/* Before the first RET. */
	UNTRAIN_RET
	ALTERNATIVE "", "call entry_ibpb", X86_FEATURE_IBPB_ON_VMEXIT

	/* What the guest left is for no one to speculate with. */
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET
SYM_FUNC_END(svm_switch_worlds)
