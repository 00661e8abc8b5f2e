// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86.c - KVM_RUN: the loop around the guest
 *
 * Owns: what is done before the guest is entered, after it has been left, and
 * between two entries; and what remains of an exit when the vendor has read it.
 *
 * Locking: vCPU's mutex; kvm->srcu for read, but in the guest and while waiting.
 */
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/kvm.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>

#include "arch.h"
#include "compat.h"
#include "guest_entry.h"
#include "irqchip/irqchip.h"
#include "irqchip/lapic.h"
#include "irqchip/pv_apic.h"
#include "mmu/fault.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/async_pf.h"
#include "x86/cpuid.h"
#include "x86/emulate.h"
#include "x86/event.h"
#include "x86/fpu.h"
#include "x86/pvclock.h"
#include "x86/regs.h"
#include "x86/regs_check.h"
#include "x86/steal.h"
#include "x86/smm.h"
#include "x86/trace.h"
#include "x86/tsc.h"
#include "x86/x86.h"

/* --- exits --------------------------------------------------------------- */

int kvm_run_exit(struct kvm_vcpu *vcpu, u32 reason)
{
	vcpu->run->exit_reason = reason;
	return 0;
}

int kvm_vcpu_do_singlestep(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (!(vcpu->arch.guest_debug & KVM_GUESTDBG_SINGLESTEP)) {
		kvm_queue_exception_p(vcpu, DB_VECTOR, DR_STEP);
		return 1;
	}
	run->debug.arch.dr6 = DR_STEP | KVM_DR6_FIXED_1;
	run->debug.arch.pc = kvm_get_linear_rip(vcpu);
	run->debug.arch.exception = DB_VECTOR;
	return kvm_run_exit(vcpu, KVM_EXIT_DEBUG);
}

int kvm_skip_emulated_instruction(struct kvm_vcpu *vcpu)
{
	unsigned long rflags = static_call(kvm_x86_get_rflags)(vcpu);
	int r;

	r = static_call(kvm_x86_skip_emulated_instruction)(vcpu);
	if (!r)
		return 0;
	/* The CPU would have trapped behind the instruction. */
	if (unlikely(rflags & X86_EFLAGS_TF))
		return kvm_vcpu_do_singlestep(vcpu);
	return 1;
}

int kvm_handle_page_fault(struct kvm_vcpu *vcpu, gpa_t gpa, u32 flags)
{
	int r;

	r = kvm_mmu_page_fault(vcpu, gpa, flags);
	if (r < 0)
		return r;
	if (r == RET_PF_EMULATE)
		return kvm_emulate_instruction(vcpu, gpa, 0);
	return 1;
}

int kvm_vcpu_hlt(struct kvm_vcpu *vcpu)
{
	vcpu->stat.halt_exits++;
	if (!lapic_in_kernel(vcpu))
		return kvm_run_exit(vcpu, KVM_EXIT_HLT);
	WRITE_ONCE(vcpu->arch.mp_state, KVM_MP_STATE_HALTED);
	return 1;
}

/* With an exit of the debugger's ready, the one for HLT does not come. */
int kvm_emulate_halt(struct kvm_vcpu *vcpu)
{
	int r = kvm_skip_emulated_instruction(vcpu);

	if (r > 0 || lapic_in_kernel(vcpu))
		r = min(r, kvm_vcpu_hlt(vcpu));
	else
		vcpu->stat.halt_exits++;
	return r;
}

int kvm_emulate_as_nop(struct kvm_vcpu *vcpu)
{
	return kvm_skip_emulated_instruction(vcpu);
}

/* There is no performance counter. */
int kvm_emulate_rdpmc(struct kvm_vcpu *vcpu)
{
	return kvm_inject_gp(vcpu, 0);
}

int kvm_emulate_monitor_mwait(struct kvm_vcpu *vcpu)
{
	if ((vcpu->kvm->arch.disabled_quirks &
	     KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS) &&
	    !guest_cpuid_has(vcpu, X86_FEATURE_MWAIT))
		return kvm_inject_ud(vcpu);
	return kvm_emulate_as_nop(vcpu);
}

int kvm_handle_invalid_op(struct kvm_vcpu *vcpu)
{
	return kvm_inject_ud(vcpu);
}

/* --- before the guest is entered ----------------------------------------- */

/* Return: 1, go on; 0, to userspace; or an error. */
static int handle_triple_fault(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (is_guest_mode(vcpu) &&
	    static_call(kvm_x86_nested_triple_fault)(vcpu))
		return 1;
	if (vcpu->kvm->arch.triple_fault_event)
		kvm_clear_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	run->exit_reason = KVM_EXIT_SHUTDOWN;
	return 0;
}

static void handle_tlb_requests(struct kvm_vcpu *vcpu)
{
	/* All includes the others. */
	if (kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu)) {
		vcpu->stat.tlb_flush++;
		static_call(kvm_x86_flush_tlb_all)(vcpu);
		kvm_clear_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu);
	}
	if (kvm_check_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu)) {
		vcpu->stat.tlb_flush++;
		static_call(kvm_x86_flush_tlb_current)(vcpu);
	}
	if (kvm_check_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu)) {
		vcpu->stat.tlb_flush++;
		static_call(kvm_x86_flush_tlb_guest)(vcpu);
	}
}

/* In this order: each may ask for what is done after it. */
static void handle_pv_requests(struct kvm_vcpu *vcpu)
{
	if (kvm_check_request(KVM_REQ_MASTERCLOCK_UPDATE, vcpu))
		kvm_pvclock_update_master(vcpu->kvm);
	if (kvm_check_request(KVM_REQ_CLOCK_UPDATE, vcpu))
		kvm_pvclock_update(vcpu);
	if (kvm_check_request(KVM_REQ_STEAL_UPDATE, vcpu))
		kvm_steal_time_update(vcpu);
}

static int handle_requests(struct kvm_vcpu *vcpu)
{
	if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu))
		return -EIO;
	if (kvm_check_request(KVM_REQ_MMU_RELOAD, vcpu))
		kvm_mmu_free_obsolete_roots(vcpu);
	handle_pv_requests(vcpu);
	handle_tlb_requests(vcpu);
	if (kvm_check_request(KVM_REQ_TRIPLE_FAULT, vcpu))
		return handle_triple_fault(vcpu);
	if (kvm_check_request(KVM_REQ_NMI, vcpu))
		kvm_process_nmi(vcpu);
	if (kvm_check_request(KVM_REQ_SMI, vcpu))
		kvm_process_smi(vcpu);
	if (kvm_check_request(KVM_REQ_MSR_FILTER_CHANGED, vcpu))
		static_call(kvm_x86_msr_filter_changed)(vcpu);
	if (kvm_check_request(KVM_REQ_IOAPIC_EOI_EXIT, vcpu) &&
	    !kvm_ioapic_eoi_exit(vcpu))
		return 0;
	if (kvm_check_request(KVM_REQ_APIC_TIMER, vcpu))
		kvm_lapic_restart_timer(vcpu);
	if (kvm_check_request(KVM_REQ_REPORT_TPR_ACCESS, vcpu))
		return kvm_report_tpr_access(vcpu);
	if (kvm_check_request(KVM_REQ_APF_READY, vcpu))
		kvm_async_pf_ready(vcpu);
	kvm_clear_request(KVM_REQ_UNBLOCK, vcpu);
	return 1;
}

static void update_cr8_intercept(struct kvm_vcpu *vcpu)
{
	int tpr, irr;

	if (!lapic_in_kernel(vcpu))
		return;
	tpr = kvm_lapic_get_cr8(vcpu);
	irr = kvm_lapic_find_highest_irr(vcpu);
	static_call(kvm_x86_update_cr8_intercept)(vcpu, tpr, irr);
}

/* Return: 1, go on; 0 or an error as vcpu_enter_guest(). */
static int handle_events(struct kvm_vcpu *vcpu, bool *req_immediate_exit)
{
	int r;

	if (!kvm_check_request(KVM_REQ_EVENT, vcpu) &&
	    !kvm_vcpu_wants_interrupt_window(vcpu))
		return 1;

	vcpu->stat.req_event++;
	if (lapic_in_kernel(vcpu)) {
		r = kvm_apic_accept_events(vcpu);
		if (r < 0)
			return r;
		if (vcpu->arch.mp_state == KVM_MP_STATE_INIT_RECEIVED)
			return 1;
	}
	r = kvm_inject_pending_events(vcpu, req_immediate_exit);
	if (r < 0)
		return r;
	update_cr8_intercept(vcpu);
	kvm_pv_apic_enter(vcpu);
	return 1;
}

static bool must_not_enter(struct kvm_vcpu *vcpu)
{
	return vcpu->mode == EXITING_GUEST_MODE || kvm_request_pending(vcpu) ||
	       need_resched() || signal_pending(current) ||
	       test_thread_flag(TIF_NOTIFY_RESUME) ||
	       test_thread_flag(TIF_NOTIFY_SIGNAL);
}

static void load_debug_regs(struct kvm_vcpu *vcpu)
{
	if (likely(!vcpu->arch.switch_db_regs)) {
		/* The host's breakpoints do not count in the guest. */
		if (unlikely(hw_breakpoint_active()))
			set_debugreg(0, 7);
		return;
	}
	set_debugreg(0, 7);
	set_debugreg(vcpu->arch.eff_db[0], 0);
	set_debugreg(vcpu->arch.eff_db[1], 1);
	set_debugreg(vcpu->arch.eff_db[2], 2);
	set_debugreg(vcpu->arch.eff_db[3], 3);
}

static void unload_debug_regs(struct kvm_vcpu *vcpu)
{
	if (unlikely(vcpu->arch.switch_db_regs & KVM_DEBUGREG_WONT_EXIT)) {
		static_call(kvm_x86_sync_dirty_debug_regs)(vcpu);
		kvm_vcpu_update_dr7(vcpu);
	}
	if (unlikely(hw_breakpoint_active()))
		hw_breakpoint_restore();
}

/* --- in and out ---------------------------------------------------------- */

/* IRQs off before and after; in between the host's own have been let in. */
static enum kvm_exit_fastpath switch_worlds(struct kvm_vcpu *vcpu)
{
	enum kvm_exit_fastpath fastpath;

	load_debug_regs(vcpu);
	if (unlikely(vcpu->arch.tsc.always_catchup))
		kvm_vcpu_tsc_catchup(vcpu);

	kvm_steal_time_boundary(vcpu, false);
	guest_timing_begin();
	kvm_load_guest_xsave_state(vcpu);
	trace_kvm_entry(vcpu);
	fastpath = static_call(kvm_x86_vcpu_run)(vcpu);
	kvm_protect_userspace();
	kvm_load_host_xsave_state(vcpu);

	trace_kvm_exit(vcpu);
	unload_debug_regs(vcpu);
	vcpu->mode = OUTSIDE_GUEST_MODE;
	/* What others do then is done to a vCPU that is out. */
	smp_wmb();

	static_call(kvm_x86_handle_exit_irqoff)(vcpu);
	/* The tick that is due belongs to the guest's time. */
	local_irq_enable();
	vcpu->stat.exits++;
	local_irq_disable();
	guest_timing_end();
	return fastpath;
}

/*
 * As far as IRQs are off and nobody can send this CPU anywhere.  Return: false
 * if there is something to do first.
 */
static bool try_enter(struct kvm_vcpu *vcpu, bool req_immediate_exit,
		      enum kvm_exit_fastpath *fastpath)
{
	preempt_disable();
	local_irq_disable();
	static_call(kvm_x86_prepare_switch_to_guest)(vcpu);

	/*
	 * From here on who makes a request sends an IPI; the barrier is between
	 * that and the look at the requests (vcpu.h).  So it is, for slots that
	 * are changing, between that and the end of the srcu section.
	 */
	smp_store_mb(vcpu->mode, IN_GUEST_MODE);
	kvm_vcpu_srcu_read_unlock(vcpu);
	smp_mb__after_srcu_read_unlock();

	if (must_not_enter(vcpu)) {
		vcpu->mode = OUTSIDE_GUEST_MODE;
		/* Before the requests are looked at again. */
		smp_wmb();
		local_irq_enable();
		preempt_enable();
		kvm_vcpu_srcu_read_lock(vcpu);
		return false;
	}

	if (req_immediate_exit) {
		kvm_make_request(KVM_REQ_EVENT, vcpu);
		smp_send_reschedule(vcpu->cpu);
	}
	*fastpath = switch_worlds(vcpu);
	local_irq_enable();
	preempt_enable();
	kvm_vcpu_srcu_read_lock(vcpu);
	return true;
}

/* Return: 1, again; 0, to userspace; or an error. */
static int vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	enum kvm_exit_fastpath fastpath;
	bool req_immediate_exit = false;
	int r;

	if (kvm_request_pending(vcpu)) {
		r = handle_requests(vcpu);
		if (r <= 0)
			return r;
	}
	r = handle_events(vcpu, &req_immediate_exit);
	if (r <= 0)
		return r;
	if (unlikely(vcpu->arch.mp_state != KVM_MP_STATE_RUNNABLE))
		return 1;

	r = kvm_mmu_reload(vcpu);
	if (r)
		goto cancel;
	if (!try_enter(vcpu, req_immediate_exit, &fastpath)) {
		r = 1;
		goto cancel;
	}
	kvm_pv_apic_exit(vcpu);
	return static_call(kvm_x86_handle_exit)(vcpu, fastpath);

cancel:
	if (req_immediate_exit)
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	static_call(kvm_x86_cancel_injection)(vcpu);
	kvm_pv_apic_exit(vcpu);
	return r;
}

/* --- the loop ------------------------------------------------------------ */

/* HLT, or the wait for a page, is over. */
static void end_wait(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.mp_state == KVM_MP_STATE_HALTED) {
		/*
		 * Before: what ends the next HLT is not what ended this one.  But
		 * this one goes on behind an SMI: then a kick is still to end it.
		 */
		if (!kvm_smm_end_halt(vcpu))
			WRITE_ONCE(vcpu->arch.pv.unhalted, false);
		WRITE_ONCE(vcpu->arch.mp_state, KVM_MP_STATE_RUNNABLE);
	}
	vcpu->arch.apf.halted = false;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

/* Return: 1, the vCPU can run, or look again; or an error. */
static int vcpu_wait(struct kvm_vcpu *vcpu)
{
	bool runnable;
	int r;

	kvm_steal_time_boundary(vcpu, true);
	/* It is what the vCPU waits for. */
	if (kvm_check_request(KVM_REQ_APIC_TIMER, vcpu))
		kvm_lapic_restart_timer(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	if (vcpu->arch.mp_state == KVM_MP_STATE_HALTED)
		kvm_vcpu_halt(vcpu);
	else
		kvm_vcpu_block(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);

	r = kvm_apic_accept_events(vcpu);
	if (r < 0)
		return r;
	runnable = kvm_arch_vcpu_runnable(vcpu);
	/* A page that has come does not end HLT; the interrupt for it does. */
	if (kvm_check_request(KVM_REQ_APF_READY, vcpu)) {
		kvm_async_pf_ready(vcpu);
		return 1;
	}
	if (runnable && (vcpu->arch.mp_state == KVM_MP_STATE_HALTED ||
			 vcpu->arch.apf.halted))
		end_wait(vcpu);
	return 1;
}

/*
 * Signals, and whatever else the kernel does on its way to user mode: it does it
 * nowhere else, and what it has for KVMs knows stock KVM's struct kvm_vcpu.  So we
 * go there, and come back without userspace's noticing, as for a signal that
 * nobody handles.
 *
 * Return: 1, go on; or an error.
 */
static int leave_for_signals(struct kvm_vcpu *vcpu)
{
	if (signal_pending(current)) {
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		vcpu->stat.signal_exits++;
		return -EINTR;
	}
	if (need_resched() || test_thread_flag(TIF_NOTIFY_RESUME)) {
		kvm_vcpu_srcu_read_unlock(vcpu);
		cond_resched();
		kvm_vcpu_srcu_read_lock(vcpu);
	}
	if (!test_thread_flag(TIF_NOTIFY_RESUME))
		return 1;
	/* For a handler that runs after all, it is -EINTR. */
	vcpu->run->exit_reason = KVM_EXIT_INTR;
	return -ERESTARTNOHAND;
}

static int vcpu_loop(struct kvm_vcpu *vcpu)
{
	int r;

	do {
		/* Whatever the last exit left there is not of this one. */
		vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
		if (likely(vcpu->arch.mp_state == KVM_MP_STATE_RUNNABLE &&
			   !vcpu->arch.apf.halted))
			r = vcpu_enter_guest(vcpu);
		else
			r = vcpu_wait(vcpu);
		if (r <= 0)
			break;

		kvm_clear_request(KVM_REQ_UNBLOCK, vcpu);
		if (kvm_vcpu_wants_interrupt_window(vcpu) &&
		    kvm_vcpu_ready_for_interrupt_injection(vcpu)) {
			vcpu->stat.request_irq_exits++;
			return kvm_run_exit(vcpu, KVM_EXIT_IRQ_WINDOW_OPEN);
		}
		r = leave_for_signals(vcpu);
	} while (r > 0);
	return r;
}

/* A vCPU that INIT or SIPI has not reached: nothing to run so far. */
static int run_uninitialized(struct kvm_vcpu *vcpu)
{
	int r;

	if (READ_ONCE(vcpu->run->immediate_exit))
		return -EINTR;
	kvm_vcpu_srcu_read_unlock(vcpu);
	kvm_vcpu_block(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);

	r = kvm_apic_accept_events(vcpu);
	if (r < 0)
		return r;
	if (!signal_pending(current))
		return -EAGAIN;
	vcpu->run->exit_reason = KVM_EXIT_INTR;
	vcpu->stat.signal_exits++;
	return -EINTR;
}

/* What userspace changed, and what the last exit left to be done. */
static int begin_run(struct kvm_vcpu *vcpu)
{
	typeof(vcpu->arch.complete_userspace_io) complete;
	int r;

	r = kvm_vcpu_apply_sync_regs(vcpu);
	if (r)
		return r;
	if (!lapic_in_kernel(vcpu) &&
	    kvm_set_cr8(vcpu, READ_ONCE(vcpu->run->cr8)))
		return -EINVAL;

	complete = vcpu->arch.complete_userspace_io;
	if (complete) {
		vcpu->arch.complete_userspace_io = NULL;
		r = complete(vcpu);
		if (r <= 0)
			return r;
	}
	return READ_ONCE(vcpu->run->immediate_exit) ? -EINTR : 1;
}

static void end_run(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->if_flag = static_call(kvm_x86_get_if_flag)(vcpu);
	run->cr8 = kvm_get_cr8(vcpu);
	run->apic_base = vcpu->arch.apic_base;
	run->flags = vcpu->arch.smm ? KVM_RUN_X86_SMM : 0;
	run->ready_for_interrupt_injection =
		irqchip_full(vcpu->kvm) ||
		kvm_vcpu_ready_for_interrupt_injection(vcpu);
	kvm_vcpu_store_sync_regs(vcpu);
}

static int run_with_fpu(struct kvm_vcpu *vcpu)
{
	int r;

	if (unlikely(vcpu->arch.mp_state == KVM_MP_STATE_UNINITIALIZED)) {
		r = run_uninitialized(vcpu);
	} else {
		r = begin_run(vcpu);
		if (r > 0) {
			vcpu->arch.launched = true;
			r = vcpu_loop(vcpu);
		}
	}
	kvm_put_guest_fpu(vcpu);
	end_run(vcpu);
	return r;
}

int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	int r;

	/* By the other mask signals are kept or dropped, and tasks killed. */
	if (vcpu->sigset_active)
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
	kvm_load_guest_fpu(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);
	r = run_with_fpu(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	if (vcpu->sigset_active) {
		sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
		sigemptyset(&current->real_blocked);
	}
	/* The kernel restarts what a signal has interrupted, and nothing else. */
	if (r == -ERESTARTNOHAND)
		set_thread_flag(TIF_SIGPENDING);
	return r;
}
