/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * registers.S - stops, so that the runner can look at the registers; then adds
 * one to each, and stops again
 */
#include "../layout.h"

	.code64
	.section .start, "ax"
1:	out	%al, $0x80
	inc	%rax
	inc	%rbx
	inc	%rcx
	inc	%rdx
	inc	%rsi
	inc	%rdi
	inc	%rbp
	inc	%rsp
	inc	%r8
	inc	%r9
	inc	%r10
	inc	%r11
	inc	%r12
	inc	%r13
	inc	%r14
	inc	%r15
	jmp	1b
