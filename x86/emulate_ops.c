// SPDX-License-Identifier: GPL-2.0-only
/*
 * emulate_ops.c - the executor's callbacks on a vCPU
 *
 * Owns: memory by linear address, in pieces that a page border ends; which of
 * them are memory and which are devices; ports; registers that are not in the
 * context, descriptor tables and segments with them.
 *
 * A write to a slot that the guest may only read is one to a device.  Devices
 * are written to first, since they may need userspace, and then what was
 * written to memory would be read again.
 *
 * Locking: see emulate.h.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <asm/desc_defs.h>
#include <asm/fpu/api.h>
#include <asm/fpu/sched.h>
#include <asm/fpu/types.h>
#include <asm/processor-flags.h>

#include "emulate/execute.h"
#include "mmu/guest_walk.h"
#include "mmu/vcpu.h"
#include "guest_mem.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/emulate.h"
#include "x86/emulate_ops.h"
#include "x86/event.h"
#include "x86/io.h"
#include "x86/msr.h"
#include "x86/regs.h"
#include "x86/trace.h"

static struct kvm_vcpu *to_vcpu(struct x86_emulate_ctxt *ctxt)
{
	return container_of(ctxt, struct kvm_vcpu, arch.emulate.ctxt);
}

int kvm_emulate_walk_fault(struct x86_emulate_ctxt *ctxt, u64 la,
			   const struct kvm_guest_fault *fault)
{
	if (fault->kind == KVM_GUEST_FAULT_NONE)
		return X86_EMULATE_RETRY;
	ctxt->fault = (struct x86_emulate_fault){
		.vector = 14,
		.has_error_code = true,
		.error_code = fault->error_code,
		.payload = la,
	};
	return X86_EMULATE_FAULT;
}

/**
 * struct piece - part of an access, in one page
 * @gpa: where
 * @at: its first byte of the access's
 * @len: bytes
 * @memory: it is memory that can be accessed so
 */
struct piece {
	gpa_t gpa;
	unsigned int at;
	unsigned int len;
	bool memory;
};

/* As much is accessed at once at most. */
#define MAX_PIECES 2

static u32 walk_flags(const struct x86_emulate_ctxt *ctxt, u32 access)
{
	u32 flags = access & X86_EMULATE_WRITE ? KVM_WALK_WRITE : 0;

	if (access & X86_EMULATE_IMPLICIT || ctxt->implicit)
		return flags | KVM_WALK_IMPLICIT;
	if (ctxt->cpl == 3)
		flags |= KVM_WALK_USER;
	if (ctxt->rflags & X86_EFLAGS_AC)
		flags |= KVM_WALK_AC;
	return flags;
}

/* In long mode tables may be anywhere, whatever code uses them. */
static bool is_wide(const struct x86_emulate_ctxt *ctxt, u32 access)
{
	bool implicit = access & X86_EMULATE_IMPLICIT || ctxt->implicit;

	return (ctxt->how & ~KVM_INSN_AMD) == KVM_INSN_LONG ||
	       (ctxt->lma && implicit);
}

/* All of it is translated before any of it is accessed. */
static int split(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
		 u32 access, struct piece *pieces)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);
	struct kvm_guest_fault fault;
	unsigned int i, at = 0;
	bool writable;

	memset(pieces, 0, MAX_PIECES * sizeof(*pieces));
	for (i = 0; i < MAX_PIECES && len; i++) {
		struct piece *p = &pieces[i];
		unsigned long hva;

		if (!is_wide(ctxt, access))
			la = (u32)la;
		p->len = min_t(unsigned int, len,
			       PAGE_SIZE - offset_in_page(la));
		p->gpa = kvm_mmu_gva_to_gpa(vcpu, la, walk_flags(ctxt, access),
					    &fault);
		if (p->gpa == GPA_INVALID)
			return kvm_emulate_walk_fault(ctxt, la, &fault);
		hva = kvm_vcpu_gfn_to_hva(vcpu, p->gpa >> PAGE_SHIFT,
					  &writable);
		p->memory = hva && (writable || !(access & X86_EMULATE_WRITE));
		p->at = at;
		at += p->len;
		la += p->len;
		len -= p->len;
	}
	return len ? X86_EMULATE_UNHANDLED : X86_EMULATE_OK;
}

/* What x86/io.h answers; what was answered before is answered there again. */
static int answer(int r)
{
	if (r > 0)
		return X86_EMULATE_OK;
	return r ? X86_EMULATE_UNHANDLED : X86_EMULATE_IO;
}

static int memory_read(struct x86_emulate_ctxt *ctxt, u64 la, void *data,
		       unsigned int len, u32 access)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);
	struct piece pieces[MAX_PIECES];
	unsigned int i;
	int r;

	r = split(ctxt, la, len, access, pieces);
	for (i = 0; i < MAX_PIECES && r == X86_EMULATE_OK; i++) {
		struct piece *p = &pieces[i];

		/* What may not be written may well be read, as memory. */
		if (!p->len)
			break;
		if (kvm_vcpu_read_guest(vcpu, p->gpa, data, p->len))
			r = answer(kvm_mmio_read(vcpu, p->gpa, data, p->len));
		data += p->len;
	}
	return r;
}

static int memory_write(struct x86_emulate_ctxt *ctxt, u64 la, const void *data,
			unsigned int len)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);
	struct piece pieces[MAX_PIECES];
	unsigned int i;
	int r;

	r = split(ctxt, la, len, X86_EMULATE_WRITE, pieces);
	for (i = 0; i < MAX_PIECES && r == X86_EMULATE_OK; i++) {
		struct piece *p = &pieces[i];

		if (p->len && !p->memory)
			r = answer(kvm_mmio_write(vcpu, p->gpa, data + p->at,
						  p->len));
	}
	for (i = 0; i < MAX_PIECES && r == X86_EMULATE_OK; i++) {
		struct piece *p = &pieces[i];

		if (p->memory &&
		    kvm_vcpu_write_guest(vcpu, p->gpa, data + p->at, p->len))
			r = X86_EMULATE_UNHANDLED;
	}
	return r;
}

/* Across a page, or of a device, it is no more than a write. */
static int memory_cmpxchg(struct x86_emulate_ctxt *ctxt, u64 la,
			  const void *old, const void *new, unsigned int len)
{
	struct piece pieces[MAX_PIECES];
	u8 found[sizeof(u64)];
	int r;

	r = split(ctxt, la, len, X86_EMULATE_WRITE, pieces);
	if (r != X86_EMULATE_OK)
		return r;
	if (pieces[1].len || !pieces[0].memory || la & (len - 1))
		return memory_write(ctxt, la, new, len);
	/* It is memory by now: the CPU does it itself. */
	if (len > sizeof(u64))
		return X86_EMULATE_RETRY;
	memcpy(found, old, len);
	r = kvm_vcpu_cmpxchg_guest(to_vcpu(ctxt), pieces[0].gpa, found, new,
				   len);
	if (!r)
		return X86_EMULATE_OK;
	/* Changed, or not writable any more: look again. */
	return r == -EAGAIN || r == -EROFS ? X86_EMULATE_RETRY :
					     X86_EMULATE_UNHANDLED;
}

static int memory_probe(struct x86_emulate_ctxt *ctxt, u64 la, unsigned int len,
			u32 access)
{
	struct piece pieces[MAX_PIECES];
	unsigned int i;
	int r;

	r = split(ctxt, la, len, access, pieces);
	for (i = 0; i < MAX_PIECES && r == X86_EMULATE_OK; i++)
		if (pieces[i].len && !pieces[i].memory)
			r = X86_EMULATE_IO;
	return r;
}

static int pio_in(struct x86_emulate_ctxt *ctxt, u16 port, unsigned int size,
		  void *data, unsigned int count)
{
	return answer(kvm_pio_in(to_vcpu(ctxt), size, port, data, count));
}

static int pio_out(struct x86_emulate_ctxt *ctxt, u16 port, unsigned int size,
		   const void *data, unsigned int count)
{
	return answer(kvm_pio_out(to_vcpu(ctxt), size, port, data, count));
}

static void get_table(struct kvm_vcpu *vcpu, unsigned int seg,
		      struct x86_emulate_segment *out)
{
	struct desc_ptr dt;

	if (seg == X86_EMULATE_SEG_GDTR)
		static_call(kvm_x86_get_gdt)(vcpu, &dt);
	else
		static_call(kvm_x86_get_idt)(vcpu, &dt);
	*out = (struct x86_emulate_segment){
		.base = dt.address,
		.limit = dt.size,
	};
}

static void get_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			struct x86_emulate_segment *out)
{
	struct kvm_segment s;

	static_assert(VCPU_SREG_GS == KVM_INSN_SEG_GS);
	static_assert(VCPU_SREG_TR == X86_EMULATE_SEG_TR);
	static_assert(VCPU_SREG_LDTR == X86_EMULATE_SEG_LDTR);
	if (seg > VCPU_SREG_LDTR) {
		get_table(to_vcpu(ctxt), seg, out);
		return;
	}
	static_call(kvm_x86_get_segment)(to_vcpu(ctxt), &s, seg);
	*out = (struct x86_emulate_segment){
		.base = s.base,
		.limit = s.limit,
		.selector = s.selector,
		.type = s.type,
		.big = s.db,
		.unusable = s.unusable || !s.present,
		.dpl = s.dpl,
		.s = s.s,
		.present = s.present,
		.l = s.l,
		.g = s.g,
		.avl = s.avl,
	};
}

static void set_segment(struct x86_emulate_ctxt *ctxt, unsigned int seg,
			const struct x86_emulate_segment *in)
{
	const struct desc_ptr dt = { .address = in->base, .size = in->limit };
	const struct kvm_segment s = {
		.base = in->base,
		.limit = in->limit,
		.selector = in->selector,
		.type = in->type,
		.present = in->present,
		.dpl = in->dpl,
		.db = in->big,
		.s = in->s,
		.l = in->l,
		.g = in->g,
		.avl = in->avl,
		.unusable = in->unusable,
	};

	if (seg == X86_EMULATE_SEG_GDTR)
		static_call(kvm_x86_set_gdt)(to_vcpu(ctxt), &dt);
	else if (seg == X86_EMULATE_SEG_IDTR)
		static_call(kvm_x86_set_idt)(to_vcpu(ctxt), &dt);
	else
		static_call(kvm_x86_set_segment)(to_vcpu(ctxt), &s, seg);
}

static u64 get_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);

	switch (nr) {
	case 0:
		return kvm_read_cr0(vcpu);
	case 2:
		return vcpu->arch.cr2;
	case 3:
		return kvm_read_cr3(vcpu);
	case 4:
		return kvm_read_cr4(vcpu);
	default:
		return kvm_get_cr8(vcpu);
	}
}

static int or_gp(struct x86_emulate_ctxt *ctxt, int r)
{
	return r ? x86_emulate_fault(ctxt, 13, 0) : X86_EMULATE_OK;
}

static int set_cr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);

	trace_kvm_cr(true, nr, val);
	switch (nr) {
	case 0:
		return or_gp(ctxt, kvm_set_cr0(vcpu, val));
	case 2:
		vcpu->arch.cr2 = val;
		return X86_EMULATE_OK;
	case 3:
		return or_gp(ctxt, kvm_set_cr3(vcpu, val));
	case 4:
		return or_gp(ctxt, kvm_set_cr4(vcpu, val));
	default:
		return or_gp(ctxt, kvm_set_cr8(vcpu, val));
	}
}

static u64 get_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr)
{
	unsigned long val;

	kvm_get_dr(to_vcpu(ctxt), nr, &val);
	return val;
}

static int set_dr(struct x86_emulate_ctxt *ctxt, unsigned int nr, u64 val)
{
	return or_gp(ctxt, kvm_set_dr(to_vcpu(ctxt), nr, val));
}

/* Userspace has answered for the MSR, so the instruction is behind it. */
static int complete_set_msr(struct kvm_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->run->msr.error)) {
		vcpu->arch.emulate.waiting = false;
		return kvm_inject_gp(vcpu, 0);
	}
	return kvm_emulate_instruction(vcpu, GPA_INVALID, KVM_EMULATE_SKIP);
}

static int complete_get_msr(struct kvm_vcpu *vcpu)
{
	u64 data = READ_ONCE(vcpu->run->msr.data);

	if (!READ_ONCE(vcpu->run->msr.error)) {
		kvm_rax_write(vcpu, lower_32_bits(data));
		kvm_rdx_write(vcpu, upper_32_bits(data));
	}
	return complete_set_msr(vcpu);
}

static int get_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 *val)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);
	int r = kvm_msr_get_filtered(vcpu, index, val);

	if (r && kvm_msr_exit_read(vcpu, index, r, complete_get_msr))
		return X86_EMULATE_IO;
	return or_gp(ctxt, r);
}

static int set_msr(struct x86_emulate_ctxt *ctxt, u32 index, u64 val)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);
	int r = kvm_msr_set_filtered(vcpu, index, val);

	if (r && kvm_msr_exit_write(vcpu, index, val, r, complete_set_msr))
		return X86_EMULATE_IO;
	return or_gp(ctxt, r);
}

/* The guest's registers are the task's, and in the CPU if nobody took it. */
static void fpu_begin(void)
{
	fpregs_lock();
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
}

static void get_fx(struct x86_emulate_ctxt *ctxt, u8 *data)
{
	struct fxregs_state fx __aligned(16);

	static_assert(sizeof(fx) == X86_EMULATE_FX_BYTES);
	fpu_begin();
	asm volatile("fxsaveq %0" : "=m"(fx));
	fpregs_unlock();
	memcpy(data, &fx, sizeof(fx));
}

/* MXCSR is checked by the executor, against the mask of the CPU's own. */
static void set_fx(struct x86_emulate_ctxt *ctxt, const u8 *data)
{
	struct fxregs_state fx __aligned(16);

	memcpy(&fx, data, sizeof(fx));
	fpu_begin();
	asm volatile("fxrstorq %0" : : "m"(fx));
	fpregs_unlock();
}

/* All of them, for one: rare enough, and the CPU has no index for them. */
static void get_xmm(struct x86_emulate_ctxt *ctxt, unsigned int nr, u8 *data)
{
	struct fxregs_state fx __aligned(16);

	fpu_begin();
	asm volatile("fxsaveq %0" : "=m"(fx));
	fpregs_unlock();
	memcpy(data, (u8 *)fx.xmm_space + 16 * (nr & 15), 16);
}

static void set_xmm(struct x86_emulate_ctxt *ctxt, unsigned int nr,
		    const u8 *data)
{
	struct fxregs_state fx __aligned(16);

	fpu_begin();
	asm volatile("fxsaveq %0" : "=m"(fx));
	memcpy((u8 *)fx.xmm_space + 16 * (nr & 15), data, 16);
	asm volatile("fxrstorq %0" : : "m"(fx));
	fpregs_unlock();
}

static int do_cpuid(struct x86_emulate_ctxt *ctxt, u32 *regs)
{
	struct kvm_vcpu *vcpu = to_vcpu(ctxt);

	if (kvm_cpuid_fault_enabled(vcpu) && ctxt->cpl)
		return x86_emulate_fault(ctxt, 13, 0);
	kvm_cpuid(vcpu, &regs[0], &regs[1], &regs[2], &regs[3], false);
	return X86_EMULATE_OK;
}

static u64 get_system_msr(struct x86_emulate_ctxt *ctxt, u32 index)
{
	u64 data;

	return kvm_get_msr(to_vcpu(ctxt), index, &data, true) ? 0 : data;
}

static void invlpg(struct x86_emulate_ctxt *ctxt, u64 la)
{
	unsigned int shift = 64 - ctxt->la_bits;

	/* SDM 2, INVLPG: nothing, if it is not canonical. */
	if ((u64)((s64)(la << shift) >> shift) == la)
		static_call(kvm_x86_flush_tlb_gva)(to_vcpu(ctxt), la);
}

static void commit(struct x86_emulate_ctxt *ctxt)
{
	kvm_io_commit(to_vcpu(ctxt));
}

const struct x86_emulate_ops kvm_emulate_ops = {
	.read = memory_read,
	.write = memory_write,
	.cmpxchg = memory_cmpxchg,
	.probe = memory_probe,
	.pio_in = pio_in,
	.pio_out = pio_out,
	.get_segment = get_segment,
	.get_cr = get_cr,
	.set_cr = set_cr,
	.get_dr = get_dr,
	.set_dr = set_dr,
	.get_msr = get_msr,
	.set_msr = set_msr,
	.get_xmm = get_xmm,
	.set_xmm = set_xmm,
	.invlpg = invlpg,
	.commit = commit,
	.set_segment = set_segment,
	.cpuid = do_cpuid,
	.get_system_msr = get_system_msr,
	.get_fx = get_fx,
	.set_fx = set_fx,
};
