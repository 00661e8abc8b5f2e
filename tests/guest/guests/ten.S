/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ten.S - ten instructions in real mode: the first guest that any KVM runs
 */
#include "../layout.h"

	.code16
	.section .start, "ax"
	mov	$2, %ax
	mov	$3, %bx
	add	%bx, %ax
	mov	$0x80, %dx
	out	%ax, %dx
	sub	$5, %ax
	movzx	%ax, %eax
	out	%eax, $PORT_VERDICT
	hlt
	jmp	.
