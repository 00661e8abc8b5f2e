/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmio_real.S - MMIO from real mode: 16-bit addresses, a segment override
 */
#include "../layout.h"

	.code16
	.section .start, "ax"
	mov	$(MMIO_REAL_AT >> 4), %ax
	mov	%ax, %es
	movb	$0x11, %es:0x10
	mov	$0x2222, %cx
	mov	%cx, %es:0x18
	mov	$0x33333333, %ecx
	mov	$0x20, %di
	mov	%ecx, %es:(%di)
	xor	%eax, %eax
	mov	%es:0x28, %al
	cmp	$0x81, %al
	jne	fail
	mov	$0x2f, %bx
	mov	$1, %si
	mov	%es:(%bx,%si), %dx
	cmp	$0x8282, %dx
	jne	fail
	mov	%es:0x38, %edx
	cmp	$0x83838383, %edx
	jne	fail
	xor	%eax, %eax
	out	%eax, $PORT_VERDICT
fail:	mov	$1, %eax
	out	%eax, $PORT_VERDICT
	jmp	.
