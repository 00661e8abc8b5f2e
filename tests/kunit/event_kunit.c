// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_kunit.c - exceptions against the manuals' tables, and the order of events
 *
 * The references spell the tables out once more, in another form.  The order is
 * seen by a vendor that writes down what it is asked; a vCPU is zeroes, without an
 * APIC.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/event.h"
#include "x86/exception.h"
#include "x86/smm.h"

#define V(n) (1ull << (n))

/* SDM 3A, table 6-4, as sets of vectors; 20 is #VE, 21 #CP. */
#define CONTRIBUTORY (V(0) | V(10) | V(11) | V(12) | V(13) | V(21))
#define PAGE_FAULTS  (V(14) | V(20))
#define FAULTS                                                              \
	(V(0) | V(5) | V(6) | V(7) | V(9) | V(10) | V(11) | V(12) | V(13) | \
	 V(14) | V(16) | V(17) | V(19) | V(20) | V(21) | V(29) | V(30))
#define ERROR_CODES                                                     \
	(V(8) | V(10) | V(11) | V(12) | V(13) | V(14) | V(17) | V(21) | \
	 V(29) | V(30))

static bool is_in(u64 set, unsigned int vector)
{
	return vector < 64 && (set & V(vector));
}

/* SDM 3A, table 6-5, a sentence each. */
static enum kvm_exception_merge reference_merge(unsigned int first,
						unsigned int second)
{
	bool second_counts = is_in(CONTRIBUTORY | PAGE_FAULTS, second);

	if (first == 8)
		return second_counts || second == 8 ? KVM_EXCEPTION_SHUTDOWN :
						      KVM_EXCEPTION_SECOND;
	if (is_in(CONTRIBUTORY, first) && is_in(CONTRIBUTORY, second))
		return KVM_EXCEPTION_DF;
	if (is_in(PAGE_FAULTS, first) && second_counts)
		return KVM_EXCEPTION_DF;
	return KVM_EXCEPTION_SECOND;
}

static void event_double_faults(struct kunit *test)
{
	unsigned int first, second, wrong = 0, df = 0, shutdown = 0;
	enum kvm_exception_merge merge;

	for (first = 0; first < 256; first++) {
		for (second = 0; second < 256; second++) {
			merge = kvm_exception_merge(first, second);
			df += merge == KVM_EXCEPTION_DF;
			shutdown += merge == KVM_EXCEPTION_SHUTDOWN;
			if (merge == reference_merge(first, second))
				continue;
			if (!wrong++)
				kunit_err(test, "%u, then %u: %d", first,
					  second, merge);
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	/* 6 contributory ones among themselves; 2 page faults, then 8. */
	KUNIT_EXPECT_EQ(test, df, 6 * 6 + 2 * 8);
	KUNIT_EXPECT_EQ(test, shutdown, 9);
}

static void event_vectors(struct kunit *test)
{
	unsigned int v;

	for (v = 0; v < 256; v++) {
		KUNIT_EXPECT_EQ_MSG(test, kvm_exception_is_fault(v),
				    is_in(FAULTS, v), "vector %u", v);
		KUNIT_EXPECT_EQ_MSG(test, kvm_exception_has_error_code(v),
				    is_in(ERROR_CODES, v), "vector %u", v);
	}
}

static void event_dr6(struct kunit *test)
{
	const unsigned long reset = 0xffff0ff0;

	/* Nothing new: the breakpoints are not those of this one. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset | 0xf, 0), reset);
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset | 1, 2), reset | 2);
	/* Single-step stays until the guest clears it, and so do BD and BT. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset, 0x4000), reset | 0x4000);
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset | 0xe000, 8),
			reset | 0xe008);
	/* Two that are told by a 0, and are 1 the next time. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset, 0x10000),
			reset & ~0x10000ul);
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset & ~0x800ul, 1), reset | 1);
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset, 0x800), reset & ~0x800ul);
	/* Bit 12 is no cause, nor is anything above 16. */
	KUNIT_EXPECT_EQ(test, kvm_dr6_after_db(reset, 0xffffffff00001000ul),
			reset);
}

static void event_flags(struct kunit *test)
{
	static const u32 always = KVM_VCPUEVENT_VALID_NMI_PENDING |
				  KVM_VCPUEVENT_VALID_SIPI_VECTOR |
				  KVM_VCPUEVENT_VALID_SHADOW |
				  KVM_VCPUEVENT_VALID_SMM;
	struct kvm_vcpu_events events;
	unsigned int allowed, bit;
	u32 valid;

	for (allowed = 0; allowed < 4; allowed++) {
		valid = always;
		if (allowed & KVM_EVENTS_PAYLOAD)
			valid |= KVM_VCPUEVENT_VALID_PAYLOAD;
		if (allowed & KVM_EVENTS_TRIPLE_FAULT)
			valid |= KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
		for (bit = 0; bit < 32; bit++) {
			memset(&events, 0, sizeof(events));
			events.flags = 1u << bit;
			KUNIT_EXPECT_EQ_MSG(test,
					    kvm_check_vcpu_events(&events,
								  allowed),
					    valid & (1u << bit) ? 0 : -EINVAL,
					    "flag %u, allowed %u", bit,
					    allowed);
		}
		memset(&events, 0, sizeof(events));
		events.flags = valid;
		KUNIT_EXPECT_EQ(test, kvm_check_vcpu_events(&events, allowed),
				0);
	}
}

static void event_bad_vectors(struct kunit *test)
{
	struct kvm_vcpu_events events;
	unsigned int v;
	bool ok;

	for (v = 0; v < 256; v++) {
		ok = v < 32 && v != 2;
		memset(&events, 0, sizeof(events));
		events.exception.nr = v;
		KUNIT_EXPECT_EQ(test, kvm_check_vcpu_events(&events, 0), 0);
		events.exception.injected = 1;
		KUNIT_EXPECT_EQ_MSG(test, kvm_check_vcpu_events(&events, 0),
				    ok ? 0 : -EINVAL, "injected %u", v);
		events.exception.injected = 0;
		events.exception.pending = 1;
		events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
		KUNIT_EXPECT_EQ_MSG(test,
				    kvm_check_vcpu_events(&events,
							  KVM_EVENTS_PAYLOAD),
				    ok ? 0 : -EINVAL, "pending %u", v);
	}
}

static void event_made_consistent(struct kunit *test)
{
	struct kvm_vcpu_events events = {
		.exception = { .injected = 1, .pending = 1, .nr = 14 },
		.exception_has_payload = 1,
	};

	/* Without the flag "pending" and the payload mean nothing. */
	KUNIT_EXPECT_EQ(test, kvm_check_vcpu_events(&events, 3), 0);
	KUNIT_EXPECT_EQ(test, events.exception.injected, 1);
	KUNIT_EXPECT_EQ(test, events.exception.pending, 0);
	KUNIT_EXPECT_EQ(test, events.exception_has_payload, 0);

	/* With it, it is one or the other. */
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.pending = 1;
	events.exception_has_payload = 1;
	KUNIT_EXPECT_EQ(test, kvm_check_vcpu_events(&events, 3), 0);
	KUNIT_EXPECT_EQ(test, events.exception.injected, 0);
	KUNIT_EXPECT_EQ(test, events.exception.pending, 1);
	KUNIT_EXPECT_EQ(test, events.exception_has_payload, 1);

	/* What was delivered has none. */
	events.exception.injected = 1;
	events.exception.pending = 0;
	KUNIT_EXPECT_EQ(test, kvm_check_vcpu_events(&events, 3), 0);
	KUNIT_EXPECT_EQ(test, events.exception.injected, 1);
	KUNIT_EXPECT_EQ(test, events.exception_has_payload, 0);
}

/* --- a vCPU, and a vendor that writes down ------------------------------- */

static struct kvm_vcpu *vcpu;
static char asked[16];
static int nmi_answer;
static int smi_answer;
static bool nmi_masked;
static unsigned long rflags;

static void ask(char what)
{
	size_t len = strlen(asked);

	if (len + 1 < sizeof(asked))
		asked[len] = what;
}

static unsigned long fake_get_rflags(struct kvm_vcpu *v)
{
	return rflags;
}

static void fake_set_rflags(struct kvm_vcpu *v, unsigned long value)
{
	rflags = value;
}

static void fake_inject_exception(struct kvm_vcpu *v)
{
	ask('e');
}

static void fake_inject_nmi(struct kvm_vcpu *v)
{
	ask('n');
}

static void fake_inject_irq(struct kvm_vcpu *v, bool reinjected)
{
	ask(reinjected ? 'i' : 'I');
}

static int fake_nmi_allowed(struct kvm_vcpu *v, bool for_injection)
{
	return nmi_answer;
}

static int fake_smi_allowed(struct kvm_vcpu *v, bool for_injection)
{
	return smi_answer;
}

static void fake_enable_smi_window(struct kvm_vcpu *v)
{
	ask('s');
}

static bool fake_get_nmi_mask(struct kvm_vcpu *v)
{
	return nmi_masked;
}

static void fake_enable_nmi_window(struct kvm_vcpu *v)
{
	ask('w');
}

static void fake_enable_irq_window(struct kvm_vcpu *v)
{
	ask('W');
}

static int fake_interrupt_allowed(struct kvm_vcpu *v, bool for_injection)
{
	return 1;
}

static void fake_set_dr7(struct kvm_vcpu *v, unsigned long value)
{
	ask('7');
}

static int event_init(struct kunit *test)
{
	static_call_update(kvm_x86_get_rflags, fake_get_rflags);
	static_call_update(kvm_x86_set_rflags, fake_set_rflags);
	static_call_update(kvm_x86_inject_exception, fake_inject_exception);
	static_call_update(kvm_x86_inject_nmi, fake_inject_nmi);
	static_call_update(kvm_x86_inject_irq, fake_inject_irq);
	static_call_update(kvm_x86_nmi_allowed, fake_nmi_allowed);
	static_call_update(kvm_x86_smi_allowed, fake_smi_allowed);
	static_call_update(kvm_x86_enable_smi_window, fake_enable_smi_window);
	static_call_update(kvm_x86_get_nmi_mask, fake_get_nmi_mask);
	static_call_update(kvm_x86_enable_nmi_window, fake_enable_nmi_window);
	static_call_update(kvm_x86_enable_irq_window, fake_enable_irq_window);
	static_call_update(kvm_x86_interrupt_allowed, fake_interrupt_allowed);
	static_call_update(kvm_x86_set_dr7, fake_set_dr7);

	vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	if (!vcpu)
		return -ENOMEM;
	vcpu->run = kunit_kzalloc(test, sizeof(*vcpu->run), GFP_KERNEL);
	if (!vcpu->run)
		return -ENOMEM;
	vcpu->arch.cr0 = 1; /* PE */
	vcpu->arch.regs_avail = ~0u;
	nmi_answer = 1;
	smi_answer = 0;
	nmi_masked = false;
	rflags = 2;
	memset(asked, 0, sizeof(asked));
	return 0;
}

/* What an entry asks the vendor for; @exit: is there one right after it? */
static const char *enter(bool *exit)
{
	bool req_immediate_exit = false;
	int r;

	memset(asked, 0, sizeof(asked));
	r = kvm_inject_pending_events(vcpu, &req_immediate_exit);
	if (exit)
		*exit = req_immediate_exit;
	return r ? "error" : asked;
}

/* The event was delivered. */
static void delivered(void)
{
	vcpu->arch.event.nmi_injected = false;
	kvm_clear_exception_queue(vcpu);
	kvm_clear_interrupt_queue(vcpu);
}

static void event_queue_merges(struct kunit *test)
{
	const struct kvm_queued_exception *ex = &vcpu->arch.event.exception;

	kvm_inject_page_fault(vcpu, 0x1000, 2);
	KUNIT_EXPECT_TRUE(test, ex->pending && ex->has_error_code);
	KUNIT_EXPECT_EQ(test, vcpu->arch.cr2, 0x1000);
	KUNIT_EXPECT_TRUE(test, kvm_test_request(KVM_REQ_EVENT, vcpu));

	/* The second one's address is what the CPU leaves behind. */
	kvm_inject_page_fault(vcpu, 0x2000, 0);
	KUNIT_EXPECT_EQ(test, ex->vector, 8);
	KUNIT_EXPECT_TRUE(test, ex->pending && ex->has_error_code);
	KUNIT_EXPECT_EQ(test, ex->error_code, 0);
	KUNIT_EXPECT_EQ(test, vcpu->arch.cr2, 0x2000);
	KUNIT_EXPECT_FALSE(test, kvm_test_request(KVM_REQ_TRIPLE_FAULT, vcpu));

	kvm_inject_gp(vcpu, 0);
	KUNIT_EXPECT_FALSE(test, ex->pending || ex->injected);
	KUNIT_EXPECT_TRUE(test, kvm_test_request(KVM_REQ_TRIPLE_FAULT, vcpu));
}

static void event_queue_while_delivered(struct kunit *test)
{
	const struct kvm_queued_exception *ex = &vcpu->arch.event.exception;

	kvm_requeue_exception(vcpu, 13, true, 0x18);
	KUNIT_EXPECT_TRUE(test, ex->injected && !ex->pending);
	kvm_inject_page_fault(vcpu, 0x1000, 0);
	KUNIT_EXPECT_TRUE(test, ex->pending && !ex->injected);
	KUNIT_EXPECT_EQ(test, ex->vector, 14);

	kvm_requeue_exception(vcpu, 14, true, 0);
	kvm_queue_exception_e(vcpu, 11, 0x20);
	KUNIT_EXPECT_EQ(test, ex->vector, 8);
	KUNIT_EXPECT_TRUE(test, ex->pending && !ex->injected);
}

static void event_payload_of_l2(struct kunit *test)
{
	vcpu->arch.guest_mode = true;
	vcpu->arch.dr6 = 0xffff0ff0;
	kvm_queue_exception_p(vcpu, 1, 0x4000);
	KUNIT_EXPECT_EQ(test, vcpu->arch.dr6, 0xffff0ff0);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.event.exception.has_payload);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "e");
	KUNIT_EXPECT_EQ(test, vcpu->arch.dr6, 0xffff4ff0);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.event.exception.has_payload);
}

static void event_order(struct kunit *test)
{
	bool exit;

	vcpu->arch.event.nmi_pending = 2;
	kvm_queue_exception(vcpu, 6);
	/* One event an entry; an NMI has no window that is sure to open. */
	KUNIT_EXPECT_STREQ(test, enter(&exit), "e");
	KUNIT_EXPECT_TRUE(test, exit);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.event.exception.injected);
	KUNIT_EXPECT_TRUE(test, kvm_event_needs_reinjection(vcpu));

	/* The entry did not come about, or an exit came in between. */
	KUNIT_EXPECT_STREQ(test, enter(&exit), "e");
	delivered();

	KUNIT_EXPECT_STREQ(test, enter(&exit), "nw");
	KUNIT_EXPECT_FALSE(test, exit);
	KUNIT_EXPECT_EQ(test, vcpu->arch.event.nmi_pending, 1);
	/* A fault on the way to its handler goes first, and it stays. */
	kvm_inject_page_fault(vcpu, 0, 0);
	KUNIT_EXPECT_STREQ(test, enter(&exit), "e");
	kvm_clear_exception_queue(vcpu);
	KUNIT_EXPECT_STREQ(test, enter(&exit), "n");
	KUNIT_EXPECT_TRUE(test, exit);
	delivered();

	/* It runs: a window, no immediate exit. */
	nmi_answer = 0;
	KUNIT_EXPECT_STREQ(test, enter(&exit), "w");
	KUNIT_EXPECT_FALSE(test, exit);
	nmi_answer = -EBUSY;
	KUNIT_EXPECT_STREQ(test, enter(&exit), "");
	KUNIT_EXPECT_TRUE(test, exit);
}

static void event_smi(struct kunit *test)
{
	bool exit;

	/* One waits, however many have come. */
	kvm_inject_smi(vcpu);
	kvm_inject_smi(vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_SMI, vcpu));
	kvm_process_smi(vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_EVENT, vcpu));

	/* Not before what is being delivered, and there is no window then. */
	kvm_queue_exception(vcpu, 6);
	KUNIT_EXPECT_STREQ(test, enter(&exit), "e");
	KUNIT_EXPECT_TRUE(test, exit);
	delivered();

	/* Its window is asked for before the NMI is given. */
	vcpu->arch.event.nmi_pending = 1;
	smi_answer = 0;
	KUNIT_EXPECT_STREQ(test, enter(&exit), "sn");
	KUNIT_EXPECT_FALSE(test, exit);
	delivered();
	smi_answer = -EBUSY;
	KUNIT_EXPECT_STREQ(test, enter(&exit), "");
	KUNIT_EXPECT_TRUE(test, exit);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.event.smi_pending);

	/* A debugger has it held back. */
	vcpu->arch.guest_debug = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ;
	KUNIT_EXPECT_STREQ(test, enter(&exit), "");
	KUNIT_EXPECT_FALSE(test, exit);
}

/* HLT ends for one that can be taken. */
static void event_smi_wakes(struct kunit *test)
{
	vcpu->arch.mp_state = KVM_MP_STATE_HALTED;
	smi_answer = 1;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
	kvm_inject_smi(vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	kvm_clear_request(KVM_REQ_SMI, vcpu);
	vcpu->arch.event.smi_pending = true;
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	smi_answer = 0;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
}

static void event_interrupt(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kvm_vcpu_ready_for_interrupt_injection(vcpu));
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_wants_interrupt_window(vcpu));
	vcpu->run->request_interrupt_window = 1;
	KUNIT_EXPECT_STREQ(test, enter(NULL), "W");

	/* KVM_INTERRUPT, an NMI before it, and an exit in the middle. */
	kvm_queue_interrupt(vcpu, 0x20, false);
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_ready_for_interrupt_injection(vcpu));
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_wants_interrupt_window(vcpu));
	KUNIT_EXPECT_STREQ(test, enter(NULL), "i");
	KUNIT_EXPECT_STREQ(test, enter(NULL), "i");
	delivered();
	KUNIT_EXPECT_TRUE(test, kvm_vcpu_ready_for_interrupt_injection(vcpu));

	kvm_queue_exception(vcpu, 0);
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_ready_for_interrupt_injection(vcpu));
}

static void event_block_irq(struct kunit *test)
{
	vcpu->arch.event.nmi_pending = 1;
	vcpu->arch.guest_debug = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ;
	KUNIT_EXPECT_STREQ(test, enter(NULL), "");
	kvm_queue_exception(vcpu, 6);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "e");
}

static void event_rf(struct kunit *test)
{
	/* Faults push it; #DB, #BP and #DF do not. */
	static const u8 vectors[] = { 0, 14, 1, 3, 8 };
	unsigned long pushed;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		rflags = 2;
		kvm_clear_request(KVM_REQ_EVENT, vcpu);
		kvm_queue_exception(vcpu, vectors[i]);
		kvm_clear_request(KVM_REQ_EVENT, vcpu);
		enter(NULL);
		pushed = i < 2 ? 0x10002 : 2;
		KUNIT_EXPECT_EQ_MSG(test, rflags, pushed, "vector %u",
				    vectors[i]);
		/* Or the guest would never be entered. */
		KUNIT_EXPECT_FALSE(test, kvm_request_pending(vcpu));
		delivered();
	}
}

static void event_db_clears_gd(struct kunit *test)
{
	vcpu->arch.dr7 = 0x2401;
	kvm_queue_exception(vcpu, 6);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "e");
	KUNIT_EXPECT_EQ(test, vcpu->arch.dr7, 0x2401);
	delivered();
	kvm_queue_exception(vcpu, 1);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "7e");
	KUNIT_EXPECT_EQ(test, vcpu->arch.dr7, 0x401);
}

static void event_real_mode(struct kunit *test)
{
	vcpu->arch.cr0 = 0;
	kvm_inject_gp(vcpu, 0);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "e");
	KUNIT_EXPECT_FALSE(test, vcpu->arch.event.exception.has_error_code);
}

static void event_nmi_limit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 300; i++)
		kvm_inject_nmi(vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_test_request(KVM_REQ_NMI, vcpu));
	kvm_process_nmi(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.event.nmi_pending, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&vcpu->arch.event.nmi_queued), 0);

	/* One runs: another is held back. */
	nmi_masked = true;
	vcpu->arch.event.nmi_pending = 0;
	kvm_inject_nmi(vcpu);
	kvm_inject_nmi(vcpu);
	kvm_process_nmi(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.event.nmi_pending, 1);
	nmi_masked = false;
	vcpu->arch.event.nmi_injected = true;
	kvm_inject_nmi(vcpu);
	kvm_process_nmi(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.event.nmi_pending, 1);
}

static void event_reset(struct kunit *test)
{
	kvm_inject_nmi(vcpu);
	vcpu->arch.event.nmi_pending = 2;
	vcpu->arch.event.nmi_injected = true;
	kvm_queue_exception(vcpu, 6);
	kvm_queue_interrupt(vcpu, 0x20, false);
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	kvm_vcpu_event_reset(vcpu, true);
	KUNIT_EXPECT_STREQ(test, enter(NULL), "");
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_has_events(vcpu));
	KUNIT_EXPECT_FALSE(test, kvm_test_request(KVM_REQ_NMI, vcpu));
}

static void event_runnable(struct kunit *test)
{
	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	vcpu->arch.mp_state = KVM_MP_STATE_HALTED;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
	vcpu->arch.event.nmi_pending = 1;
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	nmi_answer = 0;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
	/* An NMI does not start a CPU that waits for SIPI. */
	nmi_answer = 1;
	vcpu->arch.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
}

/* What KVM's own features wake a vCPU by, and what they do not. */
static void event_runnable_pv(struct kunit *test)
{
	vcpu->arch.mp_state = KVM_MP_STATE_HALTED;
	vcpu->arch.pv.unhalted = true;
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	vcpu->arch.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
	/* A kick ends HLT, and not the wait for a page. */
	vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->arch.apf.halted = true;
	KUNIT_EXPECT_FALSE(test, kvm_arch_vcpu_runnable(vcpu));
	vcpu->arch.event.nmi_pending = 1;
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
	vcpu->arch.event.nmi_pending = 0;
	kvm_make_request(KVM_REQ_APF_READY, vcpu);
	KUNIT_EXPECT_TRUE(test, kvm_arch_vcpu_runnable(vcpu));
}

static void event_dr7(struct kunit *test)
{
	vcpu->arch.db[2] = 0x1234;
	vcpu->arch.dr7 = 0x400;
	kvm_vcpu_update_dr7(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.eff_db[2], 0x1234);
	KUNIT_EXPECT_EQ(test, vcpu->arch.switch_db_regs, 0);
	vcpu->arch.dr7 = 0x480;
	kvm_vcpu_update_dr7(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.switch_db_regs,
			KVM_DEBUGREG_BP_ENABLED);

	/* A debugger's come in their place. */
	vcpu->arch.guest_debug = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
	vcpu->arch.eff_db[2] = 0x5678;
	vcpu->arch.guest_debug_dr7 = 0x400;
	kvm_vcpu_update_dr7(vcpu);
	KUNIT_EXPECT_EQ(test, vcpu->arch.eff_db[2], 0x5678);
	KUNIT_EXPECT_EQ(test, vcpu->arch.switch_db_regs, 0);
}

static struct kunit_case event_cases[] = {
	/* clang-format off */
	KUNIT_CASE(event_double_faults),
	KUNIT_CASE(event_vectors),
	KUNIT_CASE(event_dr6),
	KUNIT_CASE(event_flags),
	KUNIT_CASE(event_bad_vectors),
	KUNIT_CASE(event_made_consistent),
	KUNIT_CASE(event_queue_merges),
	KUNIT_CASE(event_queue_while_delivered),
	KUNIT_CASE(event_payload_of_l2),
	KUNIT_CASE(event_order),
	KUNIT_CASE(event_smi),
	KUNIT_CASE(event_smi_wakes),
	KUNIT_CASE(event_interrupt),
	KUNIT_CASE(event_block_irq),
	KUNIT_CASE(event_rf),
	KUNIT_CASE(event_db_clears_gd),
	KUNIT_CASE(event_real_mode),
	KUNIT_CASE(event_nmi_limit),
	KUNIT_CASE(event_reset),
	KUNIT_CASE(event_runnable),
	KUNIT_CASE(event_runnable_pv),
	KUNIT_CASE(event_dr7),
	{}
	/* clang-format on */
};

struct kunit_suite event_suite = {
	.name = "twinwalk_event",
	.init = event_init,
	.test_cases = event_cases,
};
