/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_entry.h - telling the kernel that a CPU runs a guest
 *
 * Owns: the calls to time accounting, context tracking, RCU, lockdep and irq
 * tracing, in the order that Documentation/core-api/entry.rst asks for, around the
 * world switch:
 *
 *	guest_timing_begin()	IRQs off
 *	  guest_state_begin()	nothing may be traced or instrumented from here
 *	    the world switch
 *	  guest_state_end()	until here
 *	  IRQs on and off again: the ticks of the guest's time come in
 *	guest_timing_end()
 */
#ifndef TWINWALK_GUEST_ENTRY_H
#define TWINWALK_GUEST_ENTRY_H

#include <linux/context_tracking.h>
#include <linux/ftrace.h>
#include <linux/instrumentation.h>
#include <linux/irqflags.h>
#include <linux/rcupdate.h>
#include <linux/vtime.h>

#include "compat.h"

static __always_inline void guest_timing_begin(void)
{
	instrumentation_begin();
	vtime_account_guest_enter();
	instrumentation_end();
}

static __always_inline void guest_timing_end(void)
{
	instrumentation_begin();
	vtime_account_guest_exit();
	instrumentation_end();
}

static __always_inline void guest_state_begin(void)
{
	instrumentation_begin();
	trace_hardirqs_on_prepare();
	lockdep_hardirqs_on_prepare();
	instrumentation_end();

	/* To RCU it is as good as user mode; where it is not told so, a pause. */
	if (!context_tracking_guest_enter()) {
		instrumentation_begin();
		kvm_rcu_note_guest();
		instrumentation_end();
	}
	lockdep_hardirqs_on(CALLER_ADDR0);
}

static __always_inline void guest_state_end(void)
{
	lockdep_hardirqs_off(CALLER_ADDR0);
	context_tracking_guest_exit();

	instrumentation_begin();
	trace_hardirqs_off_finish();
	instrumentation_end();
}

#endif
