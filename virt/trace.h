/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - tracepoints of any architecture, events/kvm in tracefs
 *
 * Owns: of the events whose names and fields are KVM's, so that perf and
 * trace-cmd know them, those that have nothing of x86.  The others are in
 * x86/trace.h.
 *
 *	kvm_userspace_exit	KVM_RUN returns, and why
 *	kvm_vcpu_wakeup		a vCPU has waited or polled, and how long
 *	kvm_halt_poll_ns	how long it polls from now on
 *	kvm_set_irq		a GSI goes up or down
 *	kvm_ack_irq		a pin's interrupt is over
 *	kvm_mmio		an access to a device in memory
 *	kvm_fpu			the FPU changes hands
 *
 * Locking: none of its own.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm

#if !defined(TWINWALK_VIRT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TWINWALK_VIRT_TRACE_H

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

/* kvm_mmio's type; perf has the same numbers. */
#define KVM_TRACE_MMIO_READ_UNSATISFIED 0 /* userspace is asked */
#define KVM_TRACE_MMIO_READ		1 /* there is a value */
#define KVM_TRACE_MMIO_WRITE		2

/* clang-format off */

#define KVM_TRACE_EXIT(reason) { KVM_EXIT_##reason, "KVM_EXIT_" #reason }

#define KVM_TRACE_EXIT_REASONS						\
	KVM_TRACE_EXIT(UNKNOWN), KVM_TRACE_EXIT(EXCEPTION),		\
	KVM_TRACE_EXIT(IO), KVM_TRACE_EXIT(HYPERCALL),			\
	KVM_TRACE_EXIT(DEBUG), KVM_TRACE_EXIT(HLT),			\
	KVM_TRACE_EXIT(MMIO), KVM_TRACE_EXIT(IRQ_WINDOW_OPEN),		\
	KVM_TRACE_EXIT(SHUTDOWN), KVM_TRACE_EXIT(FAIL_ENTRY),		\
	KVM_TRACE_EXIT(INTR), KVM_TRACE_EXIT(SET_TPR),			\
	KVM_TRACE_EXIT(TPR_ACCESS), KVM_TRACE_EXIT(NMI),		\
	KVM_TRACE_EXIT(INTERNAL_ERROR), KVM_TRACE_EXIT(SYSTEM_EVENT),	\
	KVM_TRACE_EXIT(IOAPIC_EOI), KVM_TRACE_EXIT(HYPERV),		\
	KVM_TRACE_EXIT(X86_RDMSR), KVM_TRACE_EXIT(X86_WRMSR),		\
	KVM_TRACE_EXIT(DIRTY_RING_FULL), KVM_TRACE_EXIT(X86_BUS_LOCK),	\
	KVM_TRACE_EXIT(XEN), KVM_TRACE_EXIT(NOTIFY)

/* @errno: what KVM_RUN returns; negative, then the reason is not looked at. */
TRACE_EVENT(kvm_userspace_exit,
	TP_PROTO(__u32 reason, int errno),
	TP_ARGS(reason, errno),

	TP_STRUCT__entry(
		__field(__u32, reason)
		__field(int, errno)
	),

	TP_fast_assign(
		__entry->reason = reason;
		__entry->errno = errno;
	),

	TP_printk("reason %s (%d)",
		  __entry->errno < 0 ?
			  (__entry->errno == -EINTR ? "restart" : "error") :
			  __print_symbolic(__entry->reason, KVM_TRACE_EXIT_REASONS),
		  __entry->errno < 0 ? -__entry->errno : __entry->reason)
);

/* @waited: it slept; if not, polling was enough.  @valid: what came was for it. */
TRACE_EVENT(kvm_vcpu_wakeup,
	TP_PROTO(__u64 ns, bool waited, bool valid),
	TP_ARGS(ns, waited, valid),

	TP_STRUCT__entry(
		__field(__u64, ns)
		__field(bool, waited)
		__field(bool, valid)
	),

	TP_fast_assign(
		__entry->ns = ns;
		__entry->waited = waited;
		__entry->valid = valid;
	),

	TP_printk("%s time %lld ns, polling %s",
		  __entry->waited ? "wait" : "poll", __entry->ns,
		  __entry->valid ? "valid" : "invalid")
);

TRACE_EVENT(kvm_halt_poll_ns,
	TP_PROTO(bool grow, unsigned int vcpu_id, unsigned int new,
		 unsigned int old),
	TP_ARGS(grow, vcpu_id, new, old),

	TP_STRUCT__entry(
		__field(bool, grow)
		__field(unsigned int, vcpu_id)
		__field(unsigned int, new)
		__field(unsigned int, old)
	),

	TP_fast_assign(
		__entry->grow = grow;
		__entry->vcpu_id = vcpu_id;
		__entry->new = new;
		__entry->old = old;
	),

	TP_printk("vcpu %u: halt_poll_ns %u (%s %u)", __entry->vcpu_id,
		  __entry->new, __entry->grow ? "grow" : "shrink", __entry->old)
);

TRACE_EVENT(kvm_set_irq,
	TP_PROTO(unsigned int gsi, int level, int irq_source_id),
	TP_ARGS(gsi, level, irq_source_id),

	TP_STRUCT__entry(
		__field(unsigned int, gsi)
		__field(int, level)
		__field(int, irq_source_id)
	),

	TP_fast_assign(
		__entry->gsi = gsi;
		__entry->level = level;
		__entry->irq_source_id = irq_source_id;
	),

	TP_printk("gsi %u level %d source %d", __entry->gsi, __entry->level,
		  __entry->irq_source_id)
);

TRACE_EVENT(kvm_ack_irq,
	TP_PROTO(unsigned int irqchip, unsigned int pin),
	TP_ARGS(irqchip, pin),

	TP_STRUCT__entry(
		__field(unsigned int, irqchip)
		__field(unsigned int, pin)
	),

	TP_fast_assign(
		__entry->irqchip = irqchip;
		__entry->pin = pin;
	),

	TP_printk("irqchip %s pin %u",
		  __print_symbolic(__entry->irqchip,
				   { 0, "PIC master" },
				   { 1, "PIC slave" },
				   { 2, "IOAPIC" }),
		  __entry->pin)
);

/* @val: @len bytes of it, or NULL; at most 8 are shown. */
TRACE_EVENT(kvm_mmio,
	TP_PROTO(int type, int len, __u64 gpa, const void *val),
	TP_ARGS(type, len, gpa, val),

	TP_STRUCT__entry(
		__field(__u32, type)
		__field(__u32, len)
		__field(__u64, gpa)
		__field(__u64, val)
	),

	TP_fast_assign(
		__entry->type = type;
		__entry->len = len;
		__entry->gpa = gpa;
		__entry->val = 0;
		if (val)
			memcpy(&__entry->val, val, min(len, 8));
	),

	TP_printk("mmio %s len %u gpa 0x%llx val 0x%llx",
		  __print_symbolic(__entry->type,
				   { KVM_TRACE_MMIO_READ_UNSATISFIED, "unsatisfied-read" },
				   { KVM_TRACE_MMIO_READ, "read" },
				   { KVM_TRACE_MMIO_WRITE, "write" }),
		  __entry->len, __entry->gpa, __entry->val)
);

/* @load: 1, it is the guest's; 0, the host's. */
TRACE_EVENT(kvm_fpu,
	TP_PROTO(int load),
	TP_ARGS(load),

	TP_STRUCT__entry(
		__field(__u32, load)
	),

	TP_fast_assign(
		__entry->load = load;
	),

	TP_printk("%s", __print_symbolic(__entry->load,
					 { 0, "unload" }, { 1, "load" }))
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH virt
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* Has to be outside of the guard. */
#include <trace/define_trace.h>
