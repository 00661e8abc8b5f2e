/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * halt.S - halts three times, then ends: without an irqchip HLT is the runner's
 */
#include "../layout.h"

	.code64
	.section .start, "ax"
	mov	$3, %ecx
1:	hlt
	dec	%ecx
	jnz	1b
	xor	%eax, %eax
	out	%eax, $PORT_VERDICT
