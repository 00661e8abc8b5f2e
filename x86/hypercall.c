// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercall.c - what a guest asks of the hypervisor by VMCALL or VMMCALL
 *
 * Owns: see hypercall.h.
 *
 * Locking: see there.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "guest_mem.h"
#include "irqchip/apic_map.h"
#include "irqchip/irqchip.h"
#include "mmu/guest_walk.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/hypercall.h"
#include "x86/pvclock.h"
#include "x86/regs.h"
#include "x86/trace.h"
#include "x86/tsc.h"
#include "x86/x86.h"

#define NR_ARGS 4

/* No bit of CPUID says that it is there. */
#define ALWAYS -1

/**
 * struct hypercall - one that a guest has made
 * @nr: its number
 * @args: RBX, RCX, RDX, RSI
 * @is_64: in 64-bit mode
 */
struct hypercall {
	u64 nr;
	u64 args[NR_ARGS];
	bool is_64;
};

/* What a row returns instead of the guest's answer: userspace has it. */
#define TO_USERSPACE LONG_MAX

static struct kvm_lapic *find_apic(struct kvm_vcpu *vcpu, u64 id)
{
	if (!lapic_in_kernel(vcpu) || id > U32_MAX)
		return NULL;
	return kvm_apic_find(vcpu->kvm, id);
}

/* That it was left, and is entered again, is all there is to it. */
static long vapic_poll_irq(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	return 0;
}

static long kick_cpu(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	struct kvm_lapic *apic = find_apic(vcpu, hc->args[1]);

	if (apic) {
		WRITE_ONCE(apic->vcpu->arch.pv.unhalted, true);
		kvm_make_request(KVM_REQ_EVENT, apic->vcpu);
		kvm_vcpu_kick(apic->vcpu);
	}
	return 0;
}

static long clock_pairing(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	struct kvm_clock_pairing pairing = {};
	struct timespec64 ts;
	u64 cycle;

	if (hc->args[1] != KVM_CLOCK_PAIRING_WALLCLOCK)
		return -KVM_EOPNOTSUPP;
	/* A TSC that is raised now and then is no measure of anything. */
	if (vcpu->arch.tsc.catchup || vcpu->arch.tsc.always_catchup ||
	    !kvm_get_walltime_and_clockread(&ts, &cycle))
		return -KVM_EOPNOTSUPP;

	pairing.sec = ts.tv_sec;
	pairing.nsec = ts.tv_nsec;
	pairing.tsc = kvm_read_guest_tsc(vcpu, cycle);
	if (kvm_vcpu_write_guest(vcpu, hc->args[0], &pairing, sizeof(pairing)))
		return -KVM_EFAULT;
	return 0;
}

static long send_ipi(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	if (!lapic_in_kernel(vcpu))
		return -KVM_ENOSYS;
	return kvm_pv_send_ipi(vcpu->kvm, hc->args, hc->args[2], hc->args[3],
			       hc->is_64);
}

static long sched_yield_to(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	struct kvm_lapic *apic = find_apic(vcpu, hc->args[0]);

	if (apic && apic->vcpu != vcpu && READ_ONCE(apic->vcpu->ready))
		kvm_vcpu_yield_to(apic->vcpu);
	return 0;
}

static void write_answer(struct kvm_vcpu *vcpu, u64 answer, bool is_64)
{
	kvm_rax_write(vcpu, is_64 ? answer : (u32)answer);
}

static int complete_in_userspace(struct kvm_vcpu *vcpu)
{
	write_answer(vcpu, READ_ONCE(vcpu->run->hypercall.ret),
		     is_64_bit_mode(vcpu));
	return kvm_skip_emulated_instruction(vcpu);
}

static long map_gpa_range(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	struct kvm_run *run = vcpu->run;

	if (!(READ_ONCE(vcpu->kvm->arch.hypercall.exits) &
	      BIT(KVM_HC_MAP_GPA_RANGE)))
		return -KVM_ENOSYS;
	if (!kvm_map_gpa_range_valid(hc->args[0], hc->args[1]))
		return -KVM_EINVAL;

	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = hc->args[0];
	run->hypercall.args[1] = hc->args[1];
	run->hypercall.args[2] = hc->args[2];
	kvm_run_hypercall_set_mode(run, hc->is_64);
	vcpu->arch.complete_userspace_io = complete_in_userspace;
	return TO_USERSPACE;
}

/* @feature is the bit of CPUID that says that it is there, or ALWAYS. */
static const struct {
	u8 nr;
	s8 feature;
	long (*fn)(struct kvm_vcpu *vcpu, const struct hypercall *hc);
} hypercalls[] = {
	{ KVM_HC_VAPIC_POLL_IRQ, ALWAYS, vapic_poll_irq },
	{ KVM_HC_KICK_CPU, KVM_FEATURE_PV_UNHALT, kick_cpu },
	{ KVM_HC_CLOCK_PAIRING, ALWAYS, clock_pairing },
	{ KVM_HC_SEND_IPI, KVM_FEATURE_PV_SEND_IPI, send_ipi },
	{ KVM_HC_SCHED_YIELD, KVM_FEATURE_PV_SCHED_YIELD, sched_yield_to },
	{ KVM_HC_MAP_GPA_RANGE, KVM_FEATURE_HC_MAP_GPA_RANGE, map_gpa_range },
};

static long call(struct kvm_vcpu *vcpu, const struct hypercall *hc)
{
	unsigned int i;

	if (static_call(kvm_x86_get_cpl)(vcpu))
		return -KVM_EPERM;
	for (i = 0; i < ARRAY_SIZE(hypercalls); i++) {
		if (hypercalls[i].nr != hc->nr)
			continue;
		if (hypercalls[i].feature != ALWAYS &&
		    !guest_pv_has(vcpu, hypercalls[i].feature))
			return -KVM_ENOSYS;
		return hypercalls[i].fn(vcpu, hc);
	}
	return -KVM_ENOSYS;
}

int kvm_emulate_hypercall(struct kvm_vcpu *vcpu)
{
	struct hypercall hc = {
		.nr = kvm_rax_read(vcpu),
		.args = { kvm_rbx_read(vcpu), kvm_rcx_read(vcpu),
			  kvm_rdx_read(vcpu), kvm_rsi_read(vcpu) },
		.is_64 = is_64_bit_mode(vcpu),
	};
	unsigned int i;
	long answer;

	vcpu->stat.hypercalls++;
	if (!hc.is_64) {
		hc.nr = (u32)hc.nr;
		for (i = 0; i < NR_ARGS; i++)
			hc.args[i] = (u32)hc.args[i];
	}
	trace_kvm_hypercall(hc.nr, hc.args[0], hc.args[1], hc.args[2],
			    hc.args[3]);
	answer = call(vcpu, &hc);
	if (answer == TO_USERSPACE)
		return 0;
	write_answer(vcpu, answer, hc.is_64);
	return kvm_skip_emulated_instruction(vcpu);
}

/* --- IPIs ---------------------------------------------------------------- */

bool kvm_pv_ipi_make(u32 icr, struct kvm_lapic_irq *irq)
{
	*irq = (struct kvm_lapic_irq){
		.mode = icr & APIC_DM_FIXED_MASK,
		.vector = icr & APIC_VECTOR_MASK,
		.assert = !(icr & APIC_INT_LEVELTRIG) ||
			  (icr & APIC_INT_ASSERT),
	};
	return !(icr & (APIC_DEST_LOGICAL | APIC_DEST_ALLBUT));
}

long kvm_pv_send_ipi(struct kvm *kvm, const u64 bitmap[2], u32 min, u32 icr,
		     bool is_64)
{
	unsigned int bit, bits = is_64 ? 64 : 32;
	struct kvm_lapic_irq irq;
	struct kvm_lapic *apic;
	long taken = 0;
	u64 id;

	if (!kvm_pv_ipi_make(icr, &irq))
		return -KVM_EINVAL;
	for (bit = 0; bit < 2 * bits; bit++) {
		id = (u64)min + bit;
		if (!(bitmap[bit / bits] & BIT_ULL(bit % bits)) || id > U32_MAX)
			continue;
		apic = kvm_apic_find(kvm, id);
		/* One that waits there already is as good as this one. */
		if (apic && kvm_lapic_accept(apic, &irq) >= 0)
			taken++;
	}
	return taken;
}

/* --- the other vendor's instruction -------------------------------------- */

bool kvm_is_hypercall_insn(const u8 insn[KVM_HYPERCALL_INSN_LEN], u8 last)
{
	return insn[0] == 0x0f && insn[1] == 0x01 && insn[2] == last;
}

static gpa_t to_gpa(struct kvm_vcpu *vcpu, gva_t la, u32 flags)
{
	if (!is_64_bit_mode(vcpu))
		la = (u32)la;
	if (static_call(kvm_x86_get_cpl)(vcpu) == 3)
		flags |= KVM_WALK_USER;
	if (!(flags & KVM_WALK_FETCH) && (kvm_get_rflags(vcpu) & X86_EFLAGS_AC))
		flags |= KVM_WALK_AC;
	return kvm_mmu_gva_to_gpa(vcpu, la, flags, NULL);
}

/* A byte at a time: they may be in two pages. */
static bool read_insn(struct kvm_vcpu *vcpu, gva_t la,
		      u8 insn[KVM_HYPERCALL_INSN_LEN])
{
	unsigned int i;
	gpa_t gpa;

	for (i = 0; i < KVM_HYPERCALL_INSN_LEN; i++) {
		gpa = to_gpa(vcpu, la + i, KVM_WALK_FETCH);
		if (gpa == GPA_INVALID ||
		    kvm_vcpu_read_guest(vcpu, gpa, &insn[i], 1))
			return false;
	}
	return true;
}

int kvm_handle_ud(struct kvm_vcpu *vcpu, u8 native, u8 foreign)
{
	gva_t la = kvm_get_linear_rip(vcpu);
	u8 insn[KVM_HYPERCALL_INSN_LEN];
	gpa_t gpa;

	if (READ_ONCE(vcpu->kvm->arch.disabled_quirks) &
	    KVM_X86_QUIRK_FIX_HYPERCALL_INSN)
		return kvm_inject_ud(vcpu);
	if (!read_insn(vcpu, la, insn))
		return kvm_inject_ud(vcpu);
	/* Another vCPU has come to it, too, and was first. */
	if (kvm_is_hypercall_insn(insn, native))
		return 1;
	if (!kvm_is_hypercall_insn(insn, foreign))
		return kvm_inject_ud(vcpu);

	gpa = to_gpa(vcpu, la + 2, KVM_WALK_WRITE);
	if (gpa == GPA_INVALID || kvm_vcpu_write_guest(vcpu, gpa, &native, 1))
		return kvm_inject_ud(vcpu);
	return 1;
}

/* --- the rest ------------------------------------------------------------ */

bool kvm_map_gpa_range_valid(u64 gpa, u64 nr_pages)
{
	u64 gfn = gpa >> PAGE_SHIFT;

	return IS_ALIGNED(gpa, PAGE_SIZE) && nr_pages &&
	       nr_pages <= (BIT_ULL(64 - PAGE_SHIFT) - gfn);
}

int kvm_enable_exit_hypercall(struct kvm *kvm, u64 mask)
{
	if (mask & ~(u64)KVM_EXIT_HYPERCALL_VALID)
		return -EINVAL;
	WRITE_ONCE(kvm->arch.hypercall.exits, mask);
	return 0;
}

int kvm_get_migration_control(struct kvm_vcpu *vcpu, u64 *data, bool host)
{
	if (!host && !guest_pv_has(vcpu, KVM_FEATURE_MIGRATION_CONTROL))
		return 1;
	*data = READ_ONCE(vcpu->kvm->arch.hypercall.migration_unwanted) ?
			0 :
			KVM_MIGRATION_READY;
	return 0;
}

int kvm_set_migration_control(struct kvm_vcpu *vcpu, u64 data, bool host)
{
	if (!host && !guest_pv_has(vcpu, KVM_FEATURE_MIGRATION_CONTROL))
		return 1;
	if (data & ~(u64)KVM_MIGRATION_READY)
		return 1;
	WRITE_ONCE(vcpu->kvm->arch.hypercall.migration_unwanted, !data);
	return 0;
}
