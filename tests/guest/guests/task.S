/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task.S - task switches: by a far call, a task gate, INT n, exceptions, and back by
 * IRET.  What each task says comes in the order of the numbers.
 */
#include "../layout.h"

#define CODE  0x08
#define DATA  0x10
#define MAIN  0x18
#define OTHER 0x20
#define UD    0x28
#define GP    0x30
#define GATE  0x38

#define SAY(n) mov $n, %eax; out %eax, $0x80

#define TSS_EIP 0x20

	.code32
	.section .start, "ax"
	lgdt	gdt_at
	lidt	idt_at
	ljmp	$CODE, $1f
1:	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$(DATA_AT + 0x1000), %esp
	/* Where an error code goes: an exit in a task switch is not every CPU's. */
	mov	%eax, DATA_AT + 0x3ffc
	mov	$MAIN, %eax
	ltr	%ax
	mov	$0x1234, %ebx
	lcall	$OTHER, $0
	SAY(2)
	lcall	$GATE, $0
	SAY(4)
	int	$0x20
	SAY(6)
	ud2
	SAY(8)
	mov	$0xff8, %ecx
	mov	%ecx, %ds
	cmp	$0x1234, %ebx
	jne	2f
	SAY(9)
	xor	%eax, %eax
	out	%eax, $PORT_VERDICT
2:	mov	$1, %eax
	out	%eax, $PORT_VERDICT
	jmp	.

other:	SAY(1)
	iret
	SAY(3)
	iret
	SAY(5)
	iret

/* Behind the UD2, which has two bytes. */
ud:	SAY(7)
	addl	$2, main_tss + TSS_EIP
	iret
	jmp	ud

/* The error code, and behind a load of DS, which has two as well. */
gp:	pop	%eax
	out	%eax, $0x80
	addl	$2, main_tss + TSS_EIP
	iret
	jmp	gp

	.data
/* Bases and offsets have 16 bits. */
	.macro	segment limit, base, type, flags
	.word	\limit, \base
	.byte	0, \type, \flags, 0
	.endm
	.macro	gate selector
	.word	0, \selector, 0x8500, 0
	.endm
	.macro	tss eip, stack
	.fill	7, 4, 0
	.long	0, \eip, 2
	.fill	4, 4, 0
	.long	\stack
	.fill	3, 4, 0
	.long	DATA, CODE, DATA, DATA, DATA, DATA, 0, 0
	.endm

	.balign	8
gdt:	.quad	0
	segment	0xffff, 0, 0x9a, 0xcf
	segment	0xffff, 0, 0x92, 0xcf
	segment	0x67, main_tss, 0x89, 0
	segment	0x67, other_tss, 0x89, 0
	segment	0x67, ud_tss, 0x89, 0
	segment	0x67, gp_tss, 0x89, 0
	gate	OTHER
gdt_end:
gdt_at:	.word	gdt_end - gdt - 1
	.long	gdt
	.balign	8
idt:	.fill	6, 8, 0
	gate	UD
	.fill	6, 8, 0
	gate	GP
	.fill	18, 8, 0
	gate	OTHER
idt_end:
idt_at:	.word	idt_end - idt - 1
	.long	idt
	.balign	8
main_tss:
	tss	0, 0
other_tss:
	tss	other, DATA_AT + 0x2000
ud_tss:
	tss	ud, DATA_AT + 0x3000
gp_tss:
	tss	gp, DATA_AT + 0x4000
