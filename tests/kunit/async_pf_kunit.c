// SPDX-License-Identifier: GPL-2.0-only
/*
 * async_pf_kunit.c - asynchronous page faults, with real memory and real work
 *
 * The memory is of the task that loads this module, as in fault_kunit.c: between
 * borrow_mm() and return_mm() nothing may abort a case.  A thread that holds
 * mmap_lock for write keeps the work from being done; what is touched meanwhile is
 * there.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmap_lock.h>
#include <linux/rcuwait.h>
#include <linux/sched/mm.h>
#include <linux/srcu.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_para.h>

#include "arch.h"
#include "irqchip/lapic.h"
#include "mmu/mmu_vm.h"
#include "tests/kunit/mmu_host.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/async_pf.h"

#define PAGES  128
#define BASE   0x100ull
#define DATA   (BASE << PAGE_SHIFT) /* in the first page, which is there */
#define VECTOR 0x61
#define ALL    KVM_ASYNC_PF_TOKEN_ALL
#define EN     (KVM_ASYNC_PF_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT)

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpu;
	struct kvm_pte_masks masks;
	struct kvm_lapic apic;
	unsigned long hva;
	int srcu_idx;
};

static struct mm_struct *borrowed_mm;
static int irq_answer;
static int cpl;

static int fake_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return irq_answer;
}

static int fake_get_cpl(struct kvm_vcpu *vcpu)
{
	return cpl;
}

static void on_flush(struct kvm *kvm, gfn_t start, u64 nr)
{
}

static void on_reload(struct kvm *kvm)
{
}

static const struct kvm_mmu_vm_ops ops = {
	.flush_remote_tlbs = on_flush,
	.reload_roots = on_reload,
};

static int async_pf_suite_init(struct kunit_suite *suite)
{
	borrowed_mm = current->mm;
	if (!borrowed_mm)
		return -EINVAL;
	mmgrab(borrowed_mm);
	static_call_update(kvm_x86_interrupt_allowed, fake_interrupt_allowed);
	static_call_update(kvm_x86_get_cpl, fake_get_cpl);
	return mmu_host_init(true);
}

static void async_pf_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
	mmdrop(borrowed_mm);
}

static int make_vm(struct world *w)
{
	struct kvm_mmu_vm_config config = {
		.ops = &ops,
		.masks = &w->masks,
		.root_level = 4,
		.max_huge_level = KVM_MMU_LEVEL_2M,
	};
	int r;

	w->kvm.mm = borrowed_mm;
	kvm_pte_masks_set_ept(&w->masks, KVM_EPT_HAS_AD);
	r = kvm_memslots_create_vm(&w->kvm);
	return r ? r : kvm_mmu_init_vm(&w->kvm, &config);
}

static int async_pf_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct kvm_vcpu *vcpu;

	if (!w)
		return -ENOMEM;
	test->priv = w;
	irq_answer = 1;
	cpl = 3;
	vcpu = &w->vcpu;
	vcpu->kvm = &w->kvm;
	vcpu->cpu = -1;
	vcpu->vcpu_id = 5;
	rcuwait_init(&vcpu->wait);
	w->apic.vcpu = vcpu;
	w->apic.regs = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	if (!w->apic.regs)
		return -ENOMEM;
	kvm_apic_write_reg(w->apic.regs, APIC_SPIV, 0x1ff);
	vcpu->arch.apic = &w->apic;
	return make_vm(w)			?:
		       kvm_arch_async_pf_init() ?:
						  kvm_async_pf_create(vcpu);
}

static void async_pf_exit(struct kunit *test)
{
	struct world *w = test->priv;

	kvm_async_pf_destroy(&w->vcpu);
	/* Until all that was abandoned is freed, too. */
	kvm_arch_async_pf_exit();
	kvm_mmu_uninit_vm(&w->kvm);
	kvm_memslots_destroy_vm(&w->kvm);
}

static int set_slot(struct world *w)
{
	struct kvm_userspace_memory_region mem = {
		.guest_phys_addr = DATA,
		.memory_size = PAGES * PAGE_SIZE,
		.userspace_addr = w->hva,
	};

	return kvm_set_memory_region(&w->kvm, &mem);
}

static bool borrow_mm(struct kunit *test)
{
	struct world *w = test->priv;

	kthread_use_mm(borrowed_mm);
	w->hva = vm_mmap(NULL, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (!IS_ERR_VALUE(w->hva)) {
		if (!set_slot(w) && !put_user(0ull, (u64 __user *)w->hva)) {
			w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
			return true;
		}
		vm_munmap(w->hva, PAGES * PAGE_SIZE);
	}
	kthread_unuse_mm(borrowed_mm);
	KUNIT_FAIL(test, "no memory");
	return false;
}

static void return_mm(struct world *w)
{
	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	vm_munmap(w->hva, PAGES * PAGE_SIZE);
	kthread_unuse_mm(borrowed_mm);
}

static unsigned long hva_of(struct world *w, unsigned int page)
{
	return w->hva + page * PAGE_SIZE;
}

static bool start(struct world *w, unsigned int page)
{
	return kvm_async_pf_start(&w->vcpu, BASE + page, hva_of(w, page), true);
}

static bool is_there(struct world *w, unsigned int page)
{
	struct page *p;

	if (!get_user_page_fast_only(hva_of(w, page), FOLL_WRITE, &p))
		return false;
	put_page(p);
	return true;
}

/* A page, or an answer; false if there was nothing for two seconds. */
static bool wait_for_request(struct world *w)
{
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		if (kvm_check_request(KVM_REQ_APF_READY, &w->vcpu))
			return true;
		usleep_range(1000, 2000);
	}
	return false;
}

static u32 word(struct world *w, unsigned int i)
{
	u32 value = 0xdead;

	get_user(value, (u32 __user *)w->hva + i);
	return value;
}

static void clear_word(struct world *w, unsigned int i)
{
	put_user(0u, (u32 __user *)w->hva + i);
}

#define FLAGS 0
#define TOKEN 1

static int set_msr(struct world *w, u32 index, u64 data)
{
	struct msr_data msr = { .index = index, .data = data };

	return kvm_async_pf_set_msr(&w->vcpu, &msr);
}

static u64 get_msr(struct world *w, u32 index)
{
	struct msr_data msr = { .index = index, .data = 0xdead };

	return kvm_async_pf_get_msr(&w->vcpu, &msr) ? 0xdeadull : msr.data;
}

/* Is the interrupt there?  Then it is not any more. */
static bool took_irq(struct world *w)
{
	bool there = kvm_apic_find_highest(w->apic.regs + APIC_IRR) == VECTOR;

	memset(w->apic.regs + APIC_IRR, 0, 0x80);
	return there;
}

struct holder {
	struct completion held, enough, done;
};

static int hold(void *data)
{
	struct holder *h = data;

	mmap_write_lock(borrowed_mm);
	complete(&h->held);
	wait_for_completion(&h->enough);
	mmap_write_unlock(borrowed_mm);
	complete(&h->done);
	return 0;
}

static bool stop_work(struct kunit *test, struct holder *h)
{
	init_completion(&h->held);
	init_completion(&h->enough);
	init_completion(&h->done);
	if (IS_ERR(kthread_run(hold, h, "holder"))) {
		KUNIT_FAIL(test, "no thread");
		return false;
	}
	wait_for_completion(&h->held);
	return true;
}

static void go_on(struct holder *h)
{
	complete(&h->enough);
	wait_for_completion(&h->done);
}

/* --- cases --------------------------------------------------------------- */

static void async_pf_tokens(struct kunit *test)
{
	u32 id = 0, other = 0, last = 0, token, wrong = 0;
	unsigned int i;

	for (i = 0; i < (1 << 20) + 10; i++) {
		token = kvm_async_pf_token(&id, 0xfff);
		wrong += !token || token == ALL || token == last ||
			 (token & 0xfff) != 0xfff;
		last = token;
		wrong += !kvm_async_pf_token(&other, 0);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0u);
}

static void async_pf_msrs(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	if (!borrow_mm(test))
		return;
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_INT, 0x100), 1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_INT, VECTOR), 0);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_INT), VECTOR);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | EN | 16),
			1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | EN | 32),
			1);
	/* No memory. */
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, EN), 1);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_EN), 0);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | 64 | EN),
			0);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_EN), DATA | 64 | EN);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	/* Half of it is none of it. */
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, 1), 0);
	KUNIT_EXPECT_FALSE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	KUNIT_EXPECT_FALSE(test, vcpu->arch.apf.wake_all);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_ACK), 0);

	vcpu->arch.pv.enforce_cpuid = true;
	vcpu->arch.cpuid.pv_features = BIT(KVM_FEATURE_ASYNC_PF);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_INT, VECTOR), 1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_ACK, 1), 1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | EN), 1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | 1), 0);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | 4), 1);
	vcpu->arch.cpuid.pv_features = BIT(KVM_FEATURE_ASYNC_PF_INT);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, 0), 1);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_INT, VECTOR), 0);
	vcpu->arch.pv.enforce_cpuid = false;

	kvm_async_pf_reset(vcpu);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_EN), 0);
	KUNIT_EXPECT_EQ(test, get_msr(w, MSR_KVM_ASYNC_PF_INT), 0);
	return_mm(w);
}

/* A guest that knows nothing of it waits where an interrupt can reach it. */
static void async_pf_halts(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	if (!borrow_mm(test))
		return;
	KUNIT_EXPECT_FALSE(test, is_there(w, 1));
	KUNIT_EXPECT_TRUE(test, start(w, 1));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.event.exception.pending);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));
	KUNIT_EXPECT_TRUE(test, is_there(w, 1));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_FALSE(test, took_irq(w));

	/* Where none can, the fault itself waits. */
	irq_answer = 0;
	KUNIT_EXPECT_FALSE(test, start(w, 2));
	irq_answer = -EBUSY;
	KUNIT_EXPECT_FALSE(test, start(w, 2));
	irq_answer = 1;
	vcpu->arch.event.interrupt.injected = true;
	KUNIT_EXPECT_FALSE(test, start(w, 2));
	vcpu->arch.event.interrupt.injected = false;
	vcpu->arch.event.exception.pending = true;
	KUNIT_EXPECT_FALSE(test, start(w, 2));
	vcpu->arch.event.exception.pending = false;
	vcpu->arch.guest_debug = KVM_GUESTDBG_BLOCKIRQ;
	KUNIT_EXPECT_FALSE(test, start(w, 2));
	vcpu->arch.guest_debug = 0;
	KUNIT_EXPECT_FALSE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_FALSE(test, is_there(w, 2));
	return_mm(w);
}

/* Enabled, and the guest has heard that all are to wake up. */
static void enable(struct kunit *test, u64 flags)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_INT, VECTOR), 0);
	KUNIT_EXPECT_EQ(test,
			set_msr(w, MSR_KVM_ASYNC_PF_EN, DATA | EN | flags), 0);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), ALL);
	KUNIT_EXPECT_TRUE(test, took_irq(w));
	clear_word(w, TOKEN);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_ACK, 1), 0);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), 0u);
	KUNIT_EXPECT_FALSE(test, took_irq(w));
}

/* The guest's handler of #PF has seen it; which token was it? */
static u32 take_not_present(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_queued_exception *ex = &w->vcpu.arch.event.exception;

	KUNIT_EXPECT_FALSE(test, w->vcpu.arch.apf.halted);
	KUNIT_EXPECT_EQ(test, word(w, FLAGS), KVM_PV_REASON_PAGE_NOT_PRESENT);
	KUNIT_EXPECT_TRUE(test, ex->pending && ex->vector == 14);
	KUNIT_EXPECT_TRUE(test, ex->has_error_code && !ex->error_code);
	ex->pending = false;
	clear_word(w, FLAGS);
	return w->vcpu.arch.cr2;
}

static void async_pf_tells(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	u32 first, second, told;

	if (!borrow_mm(test))
		return;
	enable(test, 0);
	KUNIT_EXPECT_TRUE(test, start(w, 1));
	first = take_not_present(test);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));
	KUNIT_EXPECT_TRUE(test, start(w, 2));
	second = take_not_present(test);
	KUNIT_EXPECT_NE(test, first, second);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));

	/* One at a time, in the order in which they came. */
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), first);
	KUNIT_EXPECT_TRUE(test, took_irq(w));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), first);
	clear_word(w, TOKEN);
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), 0u);
	KUNIT_EXPECT_FALSE(test, took_irq(w));
	/* An answer is bit 0; and the token's place has to be free. */
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_ACK, 2), 0);
	KUNIT_EXPECT_FALSE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	put_user(7u, (u32 __user *)w->hva + TOKEN);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_ACK, 1), 0);
	KUNIT_EXPECT_TRUE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), 7u);
	KUNIT_EXPECT_FALSE(test, took_irq(w));
	clear_word(w, TOKEN);
	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_ACK, 1), 0);
	kvm_async_pf_ready(vcpu);
	told = word(w, TOKEN);
	KUNIT_EXPECT_EQ(test, told, second);
	KUNIT_EXPECT_TRUE(test, took_irq(w));
	return_mm(w);
}

/* Who can't be told is halted. */
static void async_pf_not_now(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;

	if (!borrow_mm(test))
		return;
	enable(test, 0);
	cpl = 0;
	KUNIT_EXPECT_TRUE(test, start(w, 1));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_EQ(test, word(w, FLAGS), 0u);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.apf.halted);
	/* It was not told that it has to wait. */
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), 0u);

	clear_word(w, TOKEN);
	enable(test, KVM_ASYNC_PF_SEND_ALWAYS);
	KUNIT_EXPECT_TRUE(test, start(w, 2));
	take_not_present(test);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));

	/* Its handler is at work on another one. */
	put_user(1u, (u32 __user *)w->hva + FLAGS);
	KUNIT_EXPECT_TRUE(test, start(w, 3));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.event.exception.pending);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));
	clear_word(w, FLAGS);
	vcpu->arch.smm = true;
	KUNIT_EXPECT_TRUE(test, start(w, 4));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);
	vcpu->arch.smm = false;
	return_mm(w);
}

/* With work that does not get done: no more than so much, abandoned or not. */
static void async_pf_bounded(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_vcpu *vcpu = &w->vcpu;
	unsigned int i, started = 0;
	struct holder h;

	if (!borrow_mm(test))
		return;
	enable(test, 0);
	if (!stop_work(test, &h))
		goto out;
	for (i = 1; i <= KVM_ASYNC_PF_PER_VCPU; i++) {
		started += start(w, i);
		vcpu->arch.event.exception.pending = false;
	}
	KUNIT_EXPECT_EQ(test, started, KVM_ASYNC_PF_PER_VCPU);
	KUNIT_EXPECT_FALSE(test, start(w, KVM_ASYNC_PF_PER_VCPU + 1));
	/* What is on its way needs no more. */
	vcpu->arch.apf.halted = false;
	KUNIT_EXPECT_TRUE(test, start(w, 3));
	KUNIT_EXPECT_TRUE(test, vcpu->arch.apf.halted);

	KUNIT_EXPECT_EQ(test, set_msr(w, MSR_KVM_ASYNC_PF_EN, 0), 0);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.apf.halted);
	KUNIT_EXPECT_FALSE(test, start(w, KVM_ASYNC_PF_PER_VCPU + 1));
	KUNIT_EXPECT_FALSE(test, kvm_check_request(KVM_REQ_APF_READY, vcpu));
	go_on(&h);

	/* Those that were abandoned tell nobody, and make room. */
	for (i = 0; i < 2000 && !start(w, KVM_ASYNC_PF_PER_VCPU + 1); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_LT(test, i, 2000u);
	KUNIT_EXPECT_TRUE(test, wait_for_request(w));
	kvm_async_pf_ready(vcpu);
	KUNIT_EXPECT_EQ(test, word(w, TOKEN), 0u);
out:
	return_mm(w);
}

/* The vCPU goes while there is work; async_pf_exit() waits for that. */
static void async_pf_outlives_vcpu(struct kunit *test)
{
	struct world *w = test->priv;
	struct holder h;

	if (!borrow_mm(test))
		return;
	if (!stop_work(test, &h))
		goto out;
	KUNIT_EXPECT_TRUE(test, start(w, 1));
	KUNIT_EXPECT_TRUE(test, start(w, 2));
	kvm_async_pf_destroy(&w->vcpu);
	KUNIT_EXPECT_FALSE(test, start(w, 3));
	go_on(&h);
	msleep(20);
	KUNIT_EXPECT_FALSE(test,
			   kvm_check_request(KVM_REQ_APF_READY, &w->vcpu));
out:
	return_mm(w);
}

static struct kunit_case async_pf_cases[] = {
	/* clang-format off */
	KUNIT_CASE(async_pf_tokens),
	KUNIT_CASE(async_pf_msrs),
	KUNIT_CASE(async_pf_halts),
	KUNIT_CASE(async_pf_tells),
	KUNIT_CASE(async_pf_not_now),
	KUNIT_CASE(async_pf_bounded),
	KUNIT_CASE(async_pf_outlives_vcpu),
	{}
	/* clang-format on */
};

struct kunit_suite async_pf_suite = {
	.name = "twinwalk_async_pf",
	.suite_init = async_pf_suite_init,
	.suite_exit = async_pf_suite_exit,
	.init = async_pf_init,
	.exit = async_pf_exit,
	.test_cases = async_pf_cases,
};
