/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap.S - exceptions of a guest in long mode
 *
 * traps_on() fills the IDT.  An exception with resume_at set is noted and the
 * guest goes on there; with it clear, the verdict is 100000 plus the vector.
 */
#include "../layout.h"

	.code64
	.text
	.globl traps_on
traps_on:
	mov	$IDT_AT, %edi
	lea	stubs(%rip), %rax
	mov	$32, %ecx
1:	mov	%ax, (%rdi)
	movw	$SEL_CODE64, 2(%rdi)
	movw	$0x8e00, 4(%rdi)
	mov	%rax, %rdx
	shr	$16, %rdx
	mov	%dx, 6(%rdi)
	movq	$0, 8(%rdi)
	add	$16, %rdi
	add	$16, %rax
	dec	%ecx
	jnz	1b
	ret

	/* Sixteen bytes each. */
	.p2align 4
stubs:
	.set	vector, 0
	.rept	32
	.p2align 4
	.if	(1 << vector) & 0x60227d00 == 0
	push	$0
	.endif
	push	$vector
	jmp	trap
	.set	vector, vector + 1
	.endr

trap:
	push	%rax
	mov	8(%rsp), %rax
	mov	%rax, last_trap(%rip)
	mov	16(%rsp), %rax
	mov	%rax, last_trap + 8(%rip)
	mov	%cr2, %rax
	mov	%rax, last_trap + 16(%rip)
	mov	24(%rsp), %rax
	mov	%rax, last_trap + 24(%rip)
	mov	resume_at(%rip), %rax
	test	%rax, %rax
	jz	2f
	mov	%rax, 24(%rsp)
	pop	%rax
	add	$16, %rsp
	iretq
2:	mov	8(%rsp), %rax
	add	$100000, %eax
	out	%eax, $PORT_VERDICT
3:	hlt
	jmp	3b

	.bss
	.globl last_trap, resume_at
	.p2align 3
last_trap:
	.skip	32
resume_at:
	.skip	8
