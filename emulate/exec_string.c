// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec_string.c - strings and ports
 *
 * Owns: one iteration of each string instruction, which execute.c repeats; of
 * INS and OUTS as many at once as a device can be given together: upwards, in
 * one page of memory.  Also who may access a port.
 *
 * Locking: none.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include "emulate/exec.h"

#define PAGE_BYTES 4096

/* Moves SI or DI past @nr elements. */
static void advance(struct exec *x, const struct kvm_insn_mem *mem,
		    unsigned int nr)
{
	unsigned int ad = x->insn->ad_bytes;
	u64 by = (u64)nr * mem->size;

	if (x->rflags & X86_FLAG_DF)
		by = -by;
	exec_reg_write(x, mem->base, ad, x->regs[mem->base] + by);
}

static int read_element(struct exec *x, const struct kvm_insn_mem *mem,
			u64 *val)
{
	u64 la;
	int r;

	*val = 0;
	r = exec_mem_linear(x, mem, mem->size, 0, &la);
	if (r != X86_EMULATE_OK)
		return r;
	return x->ctxt->ops->read(x->ctxt, la, val, mem->size, 0);
}

static int write_element(struct exec *x, const struct kvm_insn_mem *mem,
			 u64 val)
{
	u64 la;
	int r;

	r = exec_mem_linear(x, mem, mem->size, X86_EMULATE_WRITE, &la);
	if (r != X86_EMULATE_OK)
		return r;
	return x->ctxt->ops->write(x->ctxt, la, &val, mem->size);
}

int exec_movs(struct exec *x)
{
	const struct kvm_insn_mem *dst = &x->insn->mem[0];
	const struct kvm_insn_mem *src = &x->insn->mem[1];
	u64 val;
	int r;

	x->nr = 1;
	r = read_element(x, src, &val);
	if (r == X86_EMULATE_OK)
		r = write_element(x, dst, val);
	advance(x, src, 1);
	advance(x, dst, 1);
	return r;
}

int exec_stos(struct exec *x)
{
	const struct kvm_insn_mem *dst = &x->insn->mem[0];
	int r;

	x->nr = 1;
	r = write_element(x, dst, exec_reg_read(x, X86_REG_AX, dst->size));
	advance(x, dst, 1);
	return r;
}

int exec_lods(struct exec *x)
{
	const struct kvm_insn_mem *src = &x->insn->mem[0];
	u64 val;
	int r;

	x->nr = 1;
	r = read_element(x, src, &val);
	exec_reg_write(x, X86_REG_AX, src->size, val);
	advance(x, src, 1);
	return r;
}

/* The first operand of CMPS is the one at SI. */
int exec_cmps(struct exec *x)
{
	const struct kvm_insn_mem *src = &x->insn->mem[0];
	const struct kvm_insn_mem *dst = &x->insn->mem[1];
	int r;

	x->nr = 1;
	x->op[0].size = src->size;
	r = read_element(x, src, &x->op[0].val);
	if (r == X86_EMULATE_OK)
		r = read_element(x, dst, &x->op[1].val);
	if (r == X86_EMULATE_OK)
		r = exec_binary(x);
	advance(x, src, 1);
	advance(x, dst, 1);
	return r;
}

int exec_scas(struct exec *x)
{
	const struct kvm_insn_mem *dst = &x->insn->mem[0];
	int r;

	x->nr = 1;
	x->op[0].size = dst->size;
	x->op[0].val = exec_reg_read(x, X86_REG_AX, dst->size);
	r = read_element(x, dst, &x->op[1].val);
	if (r == X86_EMULATE_OK)
		r = exec_binary(x);
	advance(x, dst, 1);
	return r;
}

/* SDM 1, 18.5.2: the bit map in the TSS; two bytes of it are read always. */
static int check_bitmap(struct exec *x, u16 port, unsigned int size)
{
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	struct x86_emulate_segment tr;
	u16 map = 0, bits = 0;
	int r;

	ops->get_segment(x->ctxt, X86_EMULATE_SEG_TR, &tr);
	/* A 32-bit or 64-bit TSS, available or busy, up to the map's offset. */
	if (tr.unusable || (tr.type & 0xd) != 9 || tr.limit < 103)
		return exec_gp(x);
	r = exec_system_read(x, exec_system_address(x, tr.base + 102), &map,
			     sizeof(map));
	if (r != X86_EMULATE_OK)
		return r;
	if (map + port / 8 + 1u > tr.limit)
		return exec_gp(x);
	r = exec_system_read(x,
			     exec_system_address(x, tr.base + map + port / 8),
			     &bits, sizeof(bits));
	if (r != X86_EMULATE_OK)
		return r;
	if (bits >> port % 8 & ((1u << size) - 1))
		return exec_gp(x);
	return X86_EMULATE_OK;
}

static int check_port(struct exec *x, u16 port, unsigned int size)
{
	unsigned int iopl = (x->rflags & X86_FLAG_IOPL) >> 12;

	if (exec_is_real(x) && !x->ctxt->vm86)
		return X86_EMULATE_OK;
	if (!x->ctxt->vm86 && x->ctxt->cpl <= iopl)
		return X86_EMULATE_OK;
	return check_bitmap(x, port, size);
}

/* Of IN and OUT: the opcode's lowest bit is the size, bit 3 is DX. */
static u16 port_of(const struct exec *x, unsigned int *size)
{
	*size = 1;
	if (x->insn->opcode & 1)
		*size = x->insn->op_bytes == 2 ? 2 : 4;
	return x->insn->opcode & 8 ? x->regs[X86_REG_DX] : x->insn->imm;
}

int exec_in(struct exec *x)
{
	unsigned int size;
	u16 port = port_of(x, &size);
	u32 val = 0;
	int r;

	r = check_port(x, port, size);
	if (r == X86_EMULATE_OK)
		r = x->ctxt->ops->pio_in(x->ctxt, port, size, &val, 1);
	exec_reg_write(x, X86_REG_AX, size, val);
	return r;
}

int exec_out(struct exec *x)
{
	unsigned int size;
	u16 port = port_of(x, &size);
	u32 val = exec_reg_read(x, X86_REG_AX, size);
	int r;

	r = check_port(x, port, size);
	if (r != X86_EMULATE_OK)
		return r;
	return x->ctxt->ops->pio_out(x->ctxt, port, size, &val, 1);
}

/* How many of the x->nr elements can go together, by where the first one is. */
static unsigned int batch(const struct exec *x, const struct kvm_insn_mem *mem,
			  u64 la)
{
	unsigned int nr = (PAGE_BYTES - la % PAGE_BYTES) / mem->size;

	if (x->rflags & X86_FLAG_DF)
		return 1;
	if (nr > x->nr)
		nr = x->nr;
	if (nr > X86_EMULATE_IO_BYTES / mem->size)
		nr = X86_EMULATE_IO_BYTES / mem->size;
	return nr ? nr : 1;
}

/*
 * What is accessed, and that it can be, before a device is: a device can't take
 * back what it has given.  On return x->nr are accessed at *@la.
 */
static int prepare(struct exec *x, const struct kvm_insn_mem *mem, u32 access,
		   u64 *la)
{
	unsigned int nr;
	u64 end;
	int r;

	r = exec_mem_linear(x, mem, mem->size, access, la);
	if (r != X86_EMULATE_OK)
		return r;
	nr = batch(x, mem, *la);
	/* Segment and address size have to let all of it be in one piece. */
	end = exec_address(x, mem) + (u64)nr * mem->size - 1;
	if (end > size_mask(x->insn->ad_bytes) ||
	    exec_linear(x, mem->seg, exec_address(x, mem), nr * mem->size,
			access, la) != X86_EMULATE_OK) {
		nr = 1;
		r = exec_mem_linear(x, mem, mem->size, access, la);
		if (r != X86_EMULATE_OK)
			return r;
	}
	r = x->ctxt->ops->probe(x->ctxt, *la, nr * mem->size, access);
	/* To or from a device, one at a time. */
	if (r == X86_EMULATE_IO) {
		nr = 1;
		r = X86_EMULATE_OK;
	}
	x->nr = nr;
	return r;
}

int exec_ins(struct exec *x)
{
	const struct kvm_insn_mem *mem = &x->insn->mem[0];
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u16 port = x->regs[X86_REG_DX];
	u64 la;
	int r;

	r = check_port(x, port, mem->size);
	if (r == X86_EMULATE_OK)
		r = prepare(x, mem, X86_EMULATE_WRITE, &la);
	if (r == X86_EMULATE_OK)
		r = ops->pio_in(x->ctxt, port, mem->size, x->ctxt->buf, x->nr);
	if (r == X86_EMULATE_OK)
		r = ops->write(x->ctxt, la, x->ctxt->buf, x->nr * mem->size);
	if (r == X86_EMULATE_OK)
		advance(x, mem, x->nr);
	return r;
}

int exec_outs(struct exec *x)
{
	const struct kvm_insn_mem *mem = &x->insn->mem[0];
	const struct x86_emulate_ops *ops = x->ctxt->ops;
	u16 port = x->regs[X86_REG_DX];
	u64 la;
	int r;

	r = check_port(x, port, mem->size);
	if (r == X86_EMULATE_OK)
		r = prepare(x, mem, 0, &la);
	if (r == X86_EMULATE_OK)
		r = ops->read(x->ctxt, la, x->ctxt->buf, x->nr * mem->size, 0);
	if (r == X86_EMULATE_OK)
		r = ops->pio_out(x->ctxt, port, mem->size, x->ctxt->buf, x->nr);
	if (r == X86_EMULATE_OK)
		advance(x, mem, x->nr);
	return r;
}
