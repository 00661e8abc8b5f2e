/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - x86's tracepoints, events/kvm in tracefs
 *
 * Owns: what a user sees of a vCPU as it happens.  Names and fields are KVM's:
 * "perf kvm stat" and trace-cmd's plugin read them by name, so a field is only
 * ever added.  Those that are no business of x86 are in virt/trace.h.
 *
 *	kvm_entry		the guest is entered
 *	kvm_exit		it was left, and why
 *	kvm_page_fault		... for an address of its memory
 *	kvm_hypercall		... to ask for something
 *	kvm_pio			... for a port: with the value, before OUT, behind IN
 *	kvm_cpuid		... for CPUID
 *	kvm_msr			... for an MSR
 *	kvm_cr			... for a control register
 *	kvm_emulate_insn	an instruction is emulated; or it can't be
 *	kvm_inj_virq		the next entry delivers an interrupt
 *	kvm_inj_exception	... an exception
 *	kvm_apic		the guest touches its APIC
 *	kvm_apic_ipi		its APIC sends a message
 *	kvm_apic_accept_irq	a message reaches an APIC
 *	kvm_eoi			the guest tells its APIC that it is done
 *	kvm_pv_eoi		... by memory
 *	kvm_pic_set_irq		a pin of the PICs changes
 *	kvm_ioapic_set_irq	a pin of the IOAPIC changes
 *	kvm_msi_set_irq		a device's message
 *	kvm_write_tsc_offset	a vCPU's TSC is moved
 *	kvm_enter_smm		SMM begins, or ends
 *
 * Locking: none of its own.  kvm_entry and kvm_exit come with IRQs off.
 *
 * Deliberately absent: events of nested guests, of Hyper-V's and Xen's
 * interfaces, of posted interrupts: there are none of these.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm

#if !defined(TWINWALK_X86_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TWINWALK_X86_TRACE_H

#include <linux/minmax.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>
#include <asm/apicdef.h>
#include <asm/processor.h>
#include <asm/svm.h>
#include <asm/vmx.h>

#include "emulate/decode.h"
#include "emulate/execute.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/regs.h"

/* kvm_pio's and kvm_apic's direction */
#define KVM_PIO_IN	     0
#define KVM_PIO_OUT	     1
#define KVM_TRACE_APIC_READ  0
#define KVM_TRACE_APIC_WRITE 1

/* kvm_emulate_insn's flags; trace-cmd's plugin has the same. */
#define KVM_EMUL_INSN_F_CR0_PE 0x1
#define KVM_EMUL_INSN_F_EFL_VM 0x2
#define KVM_EMUL_INSN_F_CS_D   0x4
#define KVM_EMUL_INSN_F_CS_L   0x8

/* clang-format off */

TRACE_EVENT(kvm_entry,
	TP_PROTO(struct kvm_vcpu *vcpu),
	TP_ARGS(vcpu),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(unsigned long, rip)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu->vcpu_id;
		__entry->rip = kvm_rip_read(vcpu);
	),

	TP_printk("vcpu %u, rip 0x%lx", __entry->vcpu_id, __entry->rip)
);

/* The vendor is asked for all of it only if somebody listens. */
TRACE_EVENT(kvm_exit,
	TP_PROTO(struct kvm_vcpu *vcpu),
	TP_ARGS(vcpu),

	TP_STRUCT__entry(
		__field(unsigned int, exit_reason)
		__field(unsigned long, guest_rip)
		__field(u32, isa)
		__field(u64, info1)
		__field(u64, info2)
		__field(u32, intr_info)
		__field(u32, error_code)
		__field(unsigned int, vcpu_id)
	),

	TP_fast_assign(
		struct kvm_exit_info info;

		static_call(kvm_x86_get_exit_info)(vcpu, &info);
		__entry->exit_reason = info.reason;
		__entry->guest_rip = kvm_rip_read(vcpu);
		__entry->isa = info.isa;
		__entry->info1 = info.info1;
		__entry->info2 = info.info2;
		__entry->intr_info = info.intr_info;
		__entry->error_code = info.error_code;
		__entry->vcpu_id = vcpu->vcpu_id;
	),

	TP_printk("vcpu %u reason %s rip 0x%lx info1 0x%016llx info2 0x%016llx intr_info 0x%08x error_code 0x%08x",
		  __entry->vcpu_id,
		  __entry->isa == KVM_ISA_VMX ?
			  __print_symbolic(__entry->exit_reason & 0xffff, VMX_EXIT_REASONS) :
			  __print_symbolic(__entry->exit_reason, SVM_EXIT_REASONS),
		  __entry->guest_rip, __entry->info1, __entry->info2,
		  __entry->intr_info, __entry->error_code)
);

/* @error_code: as the CPU has it. */
TRACE_EVENT(kvm_page_fault,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 fault_address, u64 error_code),
	TP_ARGS(vcpu, fault_address, error_code),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(unsigned long, guest_rip)
		__field(u64, fault_address)
		__field(u64, error_code)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu->vcpu_id;
		__entry->guest_rip = kvm_rip_read(vcpu);
		__entry->fault_address = fault_address;
		__entry->error_code = error_code;
	),

	TP_printk("vcpu %u rip 0x%lx address 0x%016llx error_code 0x%llx",
		  __entry->vcpu_id, __entry->guest_rip, __entry->fault_address,
		  __entry->error_code)
);

TRACE_EVENT(kvm_hypercall,
	TP_PROTO(unsigned long nr, unsigned long a0, unsigned long a1,
		 unsigned long a2, unsigned long a3),
	TP_ARGS(nr, a0, a1, a2, a3),

	TP_STRUCT__entry(
		__field(unsigned long, nr)
		__field(unsigned long, a0)
		__field(unsigned long, a1)
		__field(unsigned long, a2)
		__field(unsigned long, a3)
	),

	TP_fast_assign(
		__entry->nr = nr;
		__entry->a0 = a0;
		__entry->a1 = a1;
		__entry->a2 = a2;
		__entry->a3 = a3;
	),

	TP_printk("nr 0x%lx a0 0x%lx a1 0x%lx a2 0x%lx a3 0x%lx", __entry->nr,
		  __entry->a0, __entry->a1, __entry->a2, __entry->a3)
);

/* @data: the first element counts; @size is 1, 2 or 4. */
TRACE_EVENT(kvm_pio,
	TP_PROTO(unsigned int rw, unsigned int port, unsigned int size,
		 unsigned int count, const void *data),
	TP_ARGS(rw, port, size, count, data),

	TP_STRUCT__entry(
		__field(unsigned int, rw)
		__field(unsigned int, port)
		__field(unsigned int, size)
		__field(unsigned int, count)
		__field(unsigned int, val)
	),

	TP_fast_assign(
		__entry->rw = rw;
		__entry->port = port;
		__entry->size = size;
		__entry->count = count;
		__entry->val = 0;
		memcpy(&__entry->val, data, min(size, 4u));
	),

	TP_printk("pio_%s at 0x%x size %u count %u val 0x%x%s",
		  __entry->rw ? "write" : "read", __entry->port, __entry->size,
		  __entry->count, __entry->val,
		  __entry->count > 1 ? " (...)" : "")
);

/* @found: it is in the table; else what CPUs answer to an unknown leaf. */
TRACE_EVENT(kvm_cpuid,
	TP_PROTO(u32 function, u32 index, const struct cpuid_regs *regs,
		 bool found),
	TP_ARGS(function, index, regs, found),

	TP_STRUCT__entry(
		__field(unsigned int, function)
		__field(unsigned int, index)
		__field(unsigned long, rax)
		__field(unsigned long, rbx)
		__field(unsigned long, rcx)
		__field(unsigned long, rdx)
		__field(bool, found)
	),

	TP_fast_assign(
		__entry->function = function;
		__entry->index = index;
		__entry->rax = regs->eax;
		__entry->rbx = regs->ebx;
		__entry->rcx = regs->ecx;
		__entry->rdx = regs->edx;
		__entry->found = found;
	),

	TP_printk("func %x idx %x rax %lx rbx %lx rcx %lx rdx %lx, cpuid entry %s",
		  __entry->function, __entry->index, __entry->rax, __entry->rbx,
		  __entry->rcx, __entry->rdx,
		  __entry->found ? "found" : "not found")
);

/* @exception: not done here: #GP, unless userspace is asked. */
TRACE_EVENT(kvm_msr,
	TP_PROTO(bool write, u32 ecx, u64 data, bool exception),
	TP_ARGS(write, ecx, data, exception),

	TP_STRUCT__entry(
		__field(unsigned int, write)
		__field(u32, ecx)
		__field(u64, data)
		__field(u8, exception)
	),

	TP_fast_assign(
		__entry->write = write;
		__entry->ecx = ecx;
		__entry->data = data;
		__entry->exception = exception;
	),

	TP_printk("msr_%s %x = 0x%llx%s", __entry->write ? "write" : "read",
		  __entry->ecx, __entry->data,
		  __entry->exception ? " (#GP)" : "")
);

TRACE_EVENT(kvm_cr,
	TP_PROTO(bool rw, unsigned int cr, unsigned long val),
	TP_ARGS(rw, cr, val),

	TP_STRUCT__entry(
		__field(unsigned int, rw)
		__field(unsigned int, cr)
		__field(unsigned long, val)
	),

	TP_fast_assign(
		__entry->rw = rw;
		__entry->cr = cr;
		__entry->val = val;
	),

	TP_printk("cr_%s %x = 0x%lx", __entry->rw ? "write" : "read",
		  __entry->cr, __entry->val)
);

/*
 * Each time that it is executed, so after userspace's answer once more.  What has
 * no byte, since there is no page at RIP, is none.
 */
TRACE_EVENT_CONDITION(kvm_emulate_insn,
	TP_PROTO(struct kvm_vcpu *vcpu, bool failed),
	TP_ARGS(vcpu, failed),
	TP_CONDITION(vcpu->arch.emulate.nr_bytes),

	TP_STRUCT__entry(
		__field(u64, rip)
		__field(u32, csbase)
		__field(u8, len)
		__array(u8, insn, KVM_INSN_MAX_LEN)
		__field(u8, flags)
		__field(u8, failed)
	),

	TP_fast_assign(
		const struct kvm_vcpu_emulate *e = &vcpu->arch.emulate;

		__entry->rip = e->ctxt.rip;
		__entry->csbase = static_call(kvm_x86_get_segment_base)(vcpu, VCPU_SREG_CS);
		/* Of what is not known to be an instruction, all that there is. */
		__entry->len = clamp_t(u8, failed ? e->nr_bytes : e->ctxt.insn.len,
				       1, KVM_INSN_MAX_LEN);
		memcpy(__entry->insn, e->bytes, KVM_INSN_MAX_LEN);
		__entry->flags = kvm_trace_insn_flags(&e->ctxt);
		__entry->failed = failed;
	),

	TP_printk("%x:%llx:%s (%s)%s", __entry->csbase, __entry->rip,
		  __print_hex(__entry->insn, __entry->len),
		  __print_symbolic(__entry->flags,
				   { 0, "real" },
				   { KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_EFL_VM, "vm16" },
				   { KVM_EMUL_INSN_F_CR0_PE, "prot16" },
				   { KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_CS_D, "prot32" },
				   { KVM_EMUL_INSN_F_CR0_PE | KVM_EMUL_INSN_F_CS_L, "prot64" }),
		  __entry->failed ? " failed" : "")
);

/* @reinjected: an exit came while it was being delivered. */
TRACE_EVENT(kvm_inj_virq,
	TP_PROTO(unsigned int vector, bool soft, bool reinjected),
	TP_ARGS(vector, soft, reinjected),

	TP_STRUCT__entry(
		__field(unsigned int, vector)
		__field(bool, soft)
		__field(bool, reinjected)
	),

	TP_fast_assign(
		__entry->vector = vector;
		__entry->soft = soft;
		__entry->reinjected = reinjected;
	),

	TP_printk("%s 0x%x%s", __entry->soft ? "Soft/INTn" : "IRQ",
		  __entry->vector, __entry->reinjected ? " [reinjected]" : "")
);

TRACE_EVENT(kvm_inj_exception,
	TP_PROTO(u8 exception, bool has_error, u32 error_code, bool reinjected),
	TP_ARGS(exception, has_error, error_code, reinjected),

	TP_STRUCT__entry(
		__field(u8, exception)
		__field(u8, has_error)
		__field(u32, error_code)
		__field(bool, reinjected)
	),

	TP_fast_assign(
		__entry->exception = exception;
		__entry->has_error = has_error;
		__entry->error_code = has_error ? error_code : 0;
		__entry->reinjected = reinjected;
	),

	TP_printk("%s (0x%x)%s",
		  __print_symbolic(__entry->exception,
				   { 0, "#DE" }, { 1, "#DB" }, { 3, "#BP" },
				   { 4, "#OF" }, { 5, "#BR" }, { 6, "#UD" },
				   { 7, "#NM" }, { 8, "#DF" }, { 10, "#TS" },
				   { 11, "#NP" }, { 12, "#SS" }, { 13, "#GP" },
				   { 14, "#PF" }, { 16, "#MF" }, { 17, "#AC" },
				   { 18, "#MC" }, { 19, "#XM" }),
		  __entry->error_code,
		  __entry->reinjected ? " [reinjected]" : "")
);

#define KVM_TRACE_AREG(reg) { APIC_##reg, "APIC_" #reg }

#define KVM_TRACE_AREGS							\
	KVM_TRACE_AREG(ID), KVM_TRACE_AREG(LVR), KVM_TRACE_AREG(TASKPRI), \
	KVM_TRACE_AREG(ARBPRI), KVM_TRACE_AREG(PROCPRI),		\
	KVM_TRACE_AREG(EOI), KVM_TRACE_AREG(RRR), KVM_TRACE_AREG(LDR),	\
	KVM_TRACE_AREG(DFR), KVM_TRACE_AREG(SPIV), KVM_TRACE_AREG(ISR),	\
	KVM_TRACE_AREG(TMR), KVM_TRACE_AREG(IRR), KVM_TRACE_AREG(ESR),	\
	KVM_TRACE_AREG(ICR), KVM_TRACE_AREG(ICR2), KVM_TRACE_AREG(LVTT), \
	KVM_TRACE_AREG(LVTTHMR), KVM_TRACE_AREG(LVTPC),			\
	KVM_TRACE_AREG(LVT0), KVM_TRACE_AREG(LVT1),			\
	KVM_TRACE_AREG(LVTERR), KVM_TRACE_AREG(TMICT),			\
	KVM_TRACE_AREG(TMCCT), KVM_TRACE_AREG(TDCR),			\
	KVM_TRACE_AREG(SELF_IPI), KVM_TRACE_AREG(EFEAT),		\
	KVM_TRACE_AREG(ECTRL)

/* @reg: its offset in the page, of an x2APIC too. */
TRACE_EVENT(kvm_apic,
	TP_PROTO(unsigned int rw, unsigned int reg, u64 val),
	TP_ARGS(rw, reg, val),

	TP_STRUCT__entry(
		__field(unsigned int, rw)
		__field(unsigned int, reg)
		__field(u64, val)
	),

	TP_fast_assign(
		__entry->rw = rw;
		__entry->reg = reg;
		__entry->val = val;
	),

	TP_printk("apic_%s %s = 0x%llx", __entry->rw ? "write" : "read",
		  __print_symbolic(__entry->reg, KVM_TRACE_AREGS), __entry->val)
);

/* Delivery modes, as in bits 10 to 8 of ICR, RTEs and messages' data. */
#define KVM_TRACE_DELIVER_MODES					\
	{ 0, "Fixed" }, { 1, "LowPrio" }, { 2, "SMI" },		\
	{ 3, "Res3" }, { 4, "NMI" }, { 5, "INIT" },		\
	{ 6, "SIPI" }, { 7, "ExtINT" }

TRACE_EVENT(kvm_apic_ipi,
	TP_PROTO(u32 icr_low, u32 dest_id),
	TP_ARGS(icr_low, dest_id),

	TP_STRUCT__entry(
		__field(u32, icr_low)
		__field(u32, dest_id)
	),

	TP_fast_assign(
		__entry->icr_low = icr_low;
		__entry->dest_id = dest_id;
	),

	TP_printk("dst %x vec %u (%s|%s|%s|%s|%s)", __entry->dest_id,
		  __entry->icr_low & 0xff,
		  __print_symbolic((__entry->icr_low >> 8) & 7, KVM_TRACE_DELIVER_MODES),
		  __entry->icr_low & (1 << 11) ? "logical" : "physical",
		  __entry->icr_low & (1 << 14) ? "assert" : "de-assert",
		  __entry->icr_low & (1 << 15) ? "level" : "edge",
		  __print_symbolic((__entry->icr_low >> 18) & 3,
				   { 0, "dst" }, { 1, "self" },
				   { 2, "all" }, { 3, "all-but-self" }))
);

/* @dm: APIC_DM_*; of the APIC's own, its LVT's mode.  @tm: level-triggered */
TRACE_EVENT(kvm_apic_accept_irq,
	TP_PROTO(u32 apicid, u16 dm, u16 tm, u8 vec),
	TP_ARGS(apicid, dm, tm, vec),

	TP_STRUCT__entry(
		__field(u32, apicid)
		__field(u16, dm)
		__field(u16, tm)
		__field(u8, vec)
	),

	TP_fast_assign(
		__entry->apicid = apicid;
		__entry->dm = dm;
		__entry->tm = tm;
		__entry->vec = vec;
	),

	TP_printk("apicid %x vec %u (%s|%s)", __entry->apicid, __entry->vec,
		  __print_symbolic((__entry->dm >> 8) & 7, KVM_TRACE_DELIVER_MODES),
		  __entry->tm ? "level" : "edge")
);

/* @vector: what was in service, or -1 */
DECLARE_EVENT_CLASS(kvm_eoi_class,
	TP_PROTO(u32 apicid, int vector),
	TP_ARGS(apicid, vector),

	TP_STRUCT__entry(
		__field(u32, apicid)
		__field(int, vector)
	),

	TP_fast_assign(
		__entry->apicid = apicid;
		__entry->vector = vector;
	),

	TP_printk("apicid %x vector %d", __entry->apicid, __entry->vector)
);

DEFINE_EVENT(kvm_eoi_class, kvm_eoi,
	TP_PROTO(u32 apicid, int vector),
	TP_ARGS(apicid, vector)
);

DEFINE_EVENT(kvm_eoi_class, kvm_pv_eoi,
	TP_PROTO(u32 apicid, int vector),
	TP_ARGS(apicid, vector)
);

/* @coalesced: the like of it was waiting already. */
TRACE_EVENT(kvm_pic_set_irq,
	TP_PROTO(u8 chip, u8 pin, u8 elcr, u8 imr, bool coalesced),
	TP_ARGS(chip, pin, elcr, imr, coalesced),

	TP_STRUCT__entry(
		__field(u8, chip)
		__field(u8, pin)
		__field(u8, elcr)
		__field(u8, imr)
		__field(bool, coalesced)
	),

	TP_fast_assign(
		__entry->chip = chip;
		__entry->pin = pin;
		__entry->elcr = elcr;
		__entry->imr = imr;
		__entry->coalesced = coalesced;
	),

	TP_printk("chip %u pin %u (%s%s)%s", __entry->chip, __entry->pin,
		  __entry->elcr & (1 << __entry->pin) ? "level" : "edge",
		  __entry->imr & (1 << __entry->pin) ? "|masked" : "",
		  __entry->coalesced ? " (coalesced)" : "")
);

/* @e: the pin's entry */
TRACE_EVENT(kvm_ioapic_set_irq,
	TP_PROTO(u64 e, int pin, bool coalesced),
	TP_ARGS(e, pin, coalesced),

	TP_STRUCT__entry(
		__field(u64, e)
		__field(int, pin)
		__field(bool, coalesced)
	),

	TP_fast_assign(
		__entry->e = e;
		__entry->pin = pin;
		__entry->coalesced = coalesced;
	),

	TP_printk("pin %u dst %x vec %u (%s|%s|%s%s)%s", __entry->pin,
		  (u8)(__entry->e >> 56), (u8)__entry->e,
		  __print_symbolic((__entry->e >> 8) & 7, KVM_TRACE_DELIVER_MODES),
		  __entry->e & (1 << 11) ? "logical" : "physical",
		  __entry->e & (1 << 15) ? "level" : "edge",
		  __entry->e & (1 << 16) ? "|masked" : "",
		  __entry->coalesced ? " (coalesced)" : "")
);

TRACE_EVENT(kvm_msi_set_irq,
	TP_PROTO(u32 address_lo, u32 address_hi, u32 data),
	TP_ARGS(address_lo, address_hi, data),

	TP_STRUCT__entry(
		__field(u64, address)
		__field(u64, data)
	),

	TP_fast_assign(
		__entry->address = (u64)address_hi << 32 | address_lo;
		__entry->data = data;
	),

	TP_printk("dst %llx vec %u (%s|%s|%s%s)",
		  (u8)(__entry->address >> 12) |
			  ((__entry->address >> 32) & 0xffffff00ull),
		  (u8)__entry->data,
		  __print_symbolic((__entry->data >> 8) & 7, KVM_TRACE_DELIVER_MODES),
		  __entry->address & (1 << 2) ? "logical" : "physical",
		  __entry->data & (1 << 15) ? "level" : "edge",
		  __entry->address & (1 << 3) ? "|rh" : "")
);

TRACE_EVENT(kvm_write_tsc_offset,
	TP_PROTO(unsigned int vcpu_id, u64 previous_tsc_offset,
		 u64 next_tsc_offset),
	TP_ARGS(vcpu_id, previous_tsc_offset, next_tsc_offset),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(u64, previous_tsc_offset)
		__field(u64, next_tsc_offset)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->previous_tsc_offset = previous_tsc_offset;
		__entry->next_tsc_offset = next_tsc_offset;
	),

	TP_printk("vcpu=%u prev=%llu next=%llu", __entry->vcpu_id,
		  __entry->previous_tsc_offset, __entry->next_tsc_offset)
);

TRACE_EVENT(kvm_enter_smm,
	TP_PROTO(unsigned int vcpu_id, u64 smbase, bool entering),
	TP_ARGS(vcpu_id, smbase, entering),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(u64, smbase)
		__field(bool, entering)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->smbase = smbase;
		__entry->entering = entering;
	),

	TP_printk("vcpu %u: %s SMM, smbase 0x%llx", __entry->vcpu_id,
		  __entry->entering ? "entering" : "leaving", __entry->smbase)
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH x86
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* Has to be outside of the guard. */
#include <trace/define_trace.h>
