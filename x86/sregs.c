// SPDX-License-Identifier: GPL-2.0-only
/*
 * sregs.c - the guest's registers, as userspace and a RESET set them
 *
 * Owns: KVM_GET_REGS and KVM_SET_REGS, SREGS, SREGS2, DEBUGREGS, the registers
 * in kvm_run (KVM_CAP_SYNC_REGS), the values after RESET and INIT.
 *
 * Userspace may set what no guest could get to by writes, but not what does not
 * fit (regs_check.h).  All is checked before anything changes.
 *
 * Locking: vCPU's mutex, and it is loaded.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include <asm/desc_defs.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "irqchip/lapic.h"
#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/regs.h"
#include "x86/regs_check.h"

/* Up to here the two are the same. */
#define SREGS_COMMON offsetof(struct kvm_sregs, interrupt_bitmap)

static_assert(offsetof(struct kvm_sregs2, flags) == SREGS_COMMON);
static_assert(sizeof(struct kvm_sync_regs) <= SYNC_REGS_SIZE_BYTES);

/* --- REGS ----------------------------------------------------------------- */

static void get_regs(struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	regs->rax = kvm_register_read_raw(vcpu, VCPU_REGS_RAX);
	regs->rbx = kvm_register_read_raw(vcpu, VCPU_REGS_RBX);
	regs->rcx = kvm_register_read_raw(vcpu, VCPU_REGS_RCX);
	regs->rdx = kvm_register_read_raw(vcpu, VCPU_REGS_RDX);
	regs->rsi = kvm_register_read_raw(vcpu, VCPU_REGS_RSI);
	regs->rdi = kvm_register_read_raw(vcpu, VCPU_REGS_RDI);
	regs->rsp = kvm_register_read_raw(vcpu, VCPU_REGS_RSP);
	regs->rbp = kvm_register_read_raw(vcpu, VCPU_REGS_RBP);
	regs->r8 = kvm_register_read_raw(vcpu, VCPU_REGS_R8);
	regs->r9 = kvm_register_read_raw(vcpu, VCPU_REGS_R9);
	regs->r10 = kvm_register_read_raw(vcpu, VCPU_REGS_R10);
	regs->r11 = kvm_register_read_raw(vcpu, VCPU_REGS_R11);
	regs->r12 = kvm_register_read_raw(vcpu, VCPU_REGS_R12);
	regs->r13 = kvm_register_read_raw(vcpu, VCPU_REGS_R13);
	regs->r14 = kvm_register_read_raw(vcpu, VCPU_REGS_R14);
	regs->r15 = kvm_register_read_raw(vcpu, VCPU_REGS_R15);
	regs->rip = kvm_register_read_raw(vcpu, VCPU_REGS_RIP);
	regs->rflags = kvm_get_rflags(vcpu);
}

static void set_regs(struct kvm_vcpu *vcpu, const struct kvm_regs *regs)
{
	kvm_register_write_raw(vcpu, VCPU_REGS_RAX, regs->rax);
	kvm_register_write_raw(vcpu, VCPU_REGS_RBX, regs->rbx);
	kvm_register_write_raw(vcpu, VCPU_REGS_RCX, regs->rcx);
	kvm_register_write_raw(vcpu, VCPU_REGS_RDX, regs->rdx);
	kvm_register_write_raw(vcpu, VCPU_REGS_RSI, regs->rsi);
	kvm_register_write_raw(vcpu, VCPU_REGS_RDI, regs->rdi);
	kvm_register_write_raw(vcpu, VCPU_REGS_RSP, regs->rsp);
	kvm_register_write_raw(vcpu, VCPU_REGS_RBP, regs->rbp);
	kvm_register_write_raw(vcpu, VCPU_REGS_R8, regs->r8);
	kvm_register_write_raw(vcpu, VCPU_REGS_R9, regs->r9);
	kvm_register_write_raw(vcpu, VCPU_REGS_R10, regs->r10);
	kvm_register_write_raw(vcpu, VCPU_REGS_R11, regs->r11);
	kvm_register_write_raw(vcpu, VCPU_REGS_R12, regs->r12);
	kvm_register_write_raw(vcpu, VCPU_REGS_R13, regs->r13);
	kvm_register_write_raw(vcpu, VCPU_REGS_R14, regs->r14);
	kvm_register_write_raw(vcpu, VCPU_REGS_R15, regs->r15);
	kvm_register_write_raw(vcpu, VCPU_REGS_RIP, regs->rip);
	kvm_set_rflags(vcpu, regs->rflags);

	/* It was of the instruction at the old RIP. */
	vcpu->arch.event.exception.pending = false;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
}

long kvm_vcpu_ioctl_get_regs(struct kvm_vcpu *vcpu, void *data)
{
	get_regs(vcpu, data);
	return 0;
}

long kvm_vcpu_ioctl_set_regs(struct kvm_vcpu *vcpu, void *data)
{
	set_regs(vcpu, data);
	return 0;
}

/* --- SREGS, SREGS2: read -------------------------------------------------- */

static void get_segment(struct kvm_vcpu *vcpu, struct kvm_segment *var, int seg)
{
	static_call(kvm_x86_get_segment)(vcpu, var, seg);
}

/* @sregs: zeroed; the interrupt bitmap is left alone. */
static void get_sregs_common(struct kvm_vcpu *vcpu, struct kvm_sregs *sregs)
{
	struct desc_ptr dt;

	get_segment(vcpu, &sregs->cs, VCPU_SREG_CS);
	get_segment(vcpu, &sregs->ds, VCPU_SREG_DS);
	get_segment(vcpu, &sregs->es, VCPU_SREG_ES);
	get_segment(vcpu, &sregs->fs, VCPU_SREG_FS);
	get_segment(vcpu, &sregs->gs, VCPU_SREG_GS);
	get_segment(vcpu, &sregs->ss, VCPU_SREG_SS);
	get_segment(vcpu, &sregs->tr, VCPU_SREG_TR);
	get_segment(vcpu, &sregs->ldt, VCPU_SREG_LDTR);

	static_call(kvm_x86_get_idt)(vcpu, &dt);
	sregs->idt.base = dt.address;
	sregs->idt.limit = dt.size;
	static_call(kvm_x86_get_gdt)(vcpu, &dt);
	sregs->gdt.base = dt.address;
	sregs->gdt.limit = dt.size;

	sregs->cr0 = kvm_read_cr0(vcpu);
	sregs->cr2 = vcpu->arch.cr2;
	sregs->cr3 = kvm_read_cr3(vcpu);
	sregs->cr4 = kvm_read_cr4(vcpu);
	sregs->cr8 = kvm_get_cr8(vcpu);
	sregs->efer = vcpu->arch.efer;
	sregs->apic_base = vcpu->arch.apic_base;
}

static void get_sregs(struct kvm_vcpu *vcpu, struct kvm_sregs *sregs)
{
	const struct kvm_queued_interrupt *irq = &vcpu->arch.event.interrupt;

	get_sregs_common(vcpu, sregs);
	if (irq->injected && !irq->soft)
		sregs->interrupt_bitmap[irq->nr / 64] |= BIT_ULL(irq->nr % 64);
}

long kvm_vcpu_ioctl_get_sregs(struct kvm_vcpu *vcpu, void *data)
{
	get_sregs(vcpu, data);
	return 0;
}

long kvm_vcpu_ioctl_get_sregs2(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_sregs2 *sregs2 = data;
	struct kvm_sregs sregs = {};
	unsigned int i;
	int srcu_idx;

	get_sregs_common(vcpu, &sregs);
	memcpy(sregs2, &sregs, SREGS_COMMON);
	if (!is_pae_paging(vcpu))
		return 0;

	srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
	for (i = 0; i < ARRAY_SIZE(sregs2->pdptrs); i++)
		sregs2->pdptrs[i] = kvm_pdptr_read(vcpu, i);
	srcu_read_unlock(&vcpu->kvm->srcu, srcu_idx);
	sregs2->flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
	return 0;
}

/* --- SREGS, SREGS2: checked, then written --------------------------------- */

static bool sregs_are_valid(struct kvm_vcpu *vcpu,
			    const struct kvm_sregs *sregs)
{
	const struct kvm_ctl_regs regs = {
		.cr0 = sregs->cr0,
		.cr3 = sregs->cr3,
		.cr4 = sregs->cr4,
		.efer = sregs->efer,
		.cs_l = sregs->cs.l,
		.cs_db = sregs->cs.db,
	};

	return kvm_ctl_regs_are_valid(&regs,
				      kvm_vcpu_reserved_gpa_bits(vcpu)) &&
	       kvm_valid_efer(vcpu, sregs->efer, true) &&
	       kvm_valid_cr4(vcpu, sregs->cr4) &&
	       static_call(kvm_x86_is_valid_cr0)(vcpu, sregs->cr0);
}

/* Of the registers as they are going to be. */
static bool sregs2_pdptrs_are_valid(struct kvm_vcpu *vcpu,
				    const struct kvm_sregs2 *sregs2)
{
	u64 reserved = kvm_vcpu_reserved_gpa_bits(vcpu);
	unsigned int i;

	if (sregs2->flags & ~(u64)KVM_SREGS2_FLAGS_PDPTRS_VALID)
		return false;
	if (!sregs2->flags)
		return true;
	if (!kvm_is_pae_paging(sregs2->cr0, sregs2->cr4, sregs2->efer))
		return false;
	for (i = 0; i < ARRAY_SIZE(sregs2->pdptrs); i++)
		if (!kvm_pdptr_is_valid(sregs2->pdptrs[i], reserved))
			return false;
	return true;
}

static void set_table_registers(struct kvm_vcpu *vcpu,
				const struct kvm_sregs *sregs)
{
	struct desc_ptr dt;

	dt.size = sregs->idt.limit;
	dt.address = sregs->idt.base;
	static_call(kvm_x86_set_idt)(vcpu, &dt);
	dt.size = sregs->gdt.limit;
	dt.address = sregs->gdt.base;
	static_call(kvm_x86_set_gdt)(vcpu, &dt);
}

static void set_segment(struct kvm_vcpu *vcpu, const struct kvm_segment *var,
			int seg)
{
	static_call(kvm_x86_set_segment)(vcpu, var, seg);
}

static void set_segments(struct kvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	set_segment(vcpu, &sregs->cs, VCPU_SREG_CS);
	set_segment(vcpu, &sregs->ds, VCPU_SREG_DS);
	set_segment(vcpu, &sregs->es, VCPU_SREG_ES);
	set_segment(vcpu, &sregs->fs, VCPU_SREG_FS);
	set_segment(vcpu, &sregs->gs, VCPU_SREG_GS);
	set_segment(vcpu, &sregs->ss, VCPU_SREG_SS);
	set_segment(vcpu, &sregs->tr, VCPU_SREG_TR);
	set_segment(vcpu, &sregs->ldt, VCPU_SREG_LDTR);
}

/*
 * CR0, CR3, CR4 and EFER at once: in between they do not fit, so that nothing
 * but the hooks may look.
 */
static int set_ctl_regs(struct kvm_vcpu *vcpu, unsigned long cr0,
			unsigned long cr3, unsigned long cr4, u64 efer)
{
	if (static_call(kvm_x86_set_efer)(vcpu, efer))
		return -EINVAL;

	vcpu->arch.cr3 = cr3;
	kvm_register_mark_dirty(vcpu, VCPU_EXREG_CR3);
	static_call(kvm_x86_set_cr0)(vcpu, kvm_cr0_effective(cr0));
	static_call(kvm_x86_set_cr4)(vcpu, cr4);
	return 0;
}

/*
 * Before there were APs that wait for a SIPI, userspace started a vCPU by
 * giving it the registers of a RESET, and some still does.
 */
static void start_if_reset(struct kvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	if ((vcpu->arch.apic_base & MSR_IA32_APICBASE_BSP) &&
	    kvm_rip_read(vcpu) == 0xfff0 && sregs->cs.selector == 0xf000 &&
	    !is_protmode(vcpu))
		WRITE_ONCE(vcpu->arch.mp_state, KVM_MP_STATE_RUNNABLE);
}

/* @pdptrs: NULL, take them from memory, if the mode has any. */
static void set_pdptrs(struct kvm_vcpu *vcpu, const u64 *pdptrs)
{
	int srcu_idx;

	if (!is_pae_paging(vcpu))
		return;
	if (kvm_pdptrs_are_in_memory()) {
		vcpu->arch.regs_avail &= ~BIT(VCPU_EXREG_PDPTR);
		return;
	}
	if (pdptrs) {
		memcpy(vcpu->arch.pdptrs, pdptrs, sizeof(vcpu->arch.pdptrs));
		kvm_register_mark_dirty(vcpu, VCPU_EXREG_PDPTR);
		return;
	}

	srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
	if (!kvm_load_pdptrs(vcpu, vcpu->arch.cr3)) {
		/* Memory may come later than registers: nothing is mapped. */
		memset(vcpu->arch.pdptrs, 0, sizeof(vcpu->arch.pdptrs));
		kvm_register_mark_dirty(vcpu, VCPU_EXREG_PDPTR);
	}
	srcu_read_unlock(&vcpu->kvm->srcu, srcu_idx);
}

static int set_sregs_common(struct kvm_vcpu *vcpu,
			    const struct kvm_sregs *sregs, const u64 *pdptrs)
{
	unsigned long old_cr4 = kvm_read_cr4(vcpu);
	/* It may end by this, and then CPUID is that of another CR4. */
	bool was_nested = is_guest_mode(vcpu);

	if (!sregs_are_valid(vcpu, sregs))
		return -EINVAL;
	/* It changes nothing if it refuses. */
	if (kvm_lapic_set_base(vcpu, sregs->apic_base, true))
		return -EINVAL;
	if (set_ctl_regs(vcpu, sregs->cr0, sregs->cr3, sregs->cr4, sregs->efer))
		return -EINVAL;

	vcpu->arch.cr2 = sregs->cr2;
	/* What is no task priority is ignored, as KVM always did. */
	kvm_set_cr8(vcpu, sregs->cr8);
	set_table_registers(vcpu, sregs);
	set_segments(vcpu, sregs);
	set_pdptrs(vcpu, pdptrs);
	start_if_reset(vcpu, sregs);

	if (was_nested || ((old_cr4 ^ sregs->cr4) & KVM_CR4_IN_CPUID))
		kvm_update_cpuid_runtime(vcpu);
	kvm_mmu_reset_context(vcpu);
	kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 0;
}

static int set_sregs(struct kvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	unsigned int i;
	int r;

	r = set_sregs_common(vcpu, sregs, NULL);
	if (r)
		return r;

	for (i = 0; i < ARRAY_SIZE(sregs->interrupt_bitmap); i++) {
		u64 word = sregs->interrupt_bitmap[i];

		if (word) {
			kvm_queue_interrupt(vcpu, i * 64 + __ffs64(word),
					    false);
			break;
		}
	}
	return 0;
}

long kvm_vcpu_ioctl_set_sregs(struct kvm_vcpu *vcpu, void *data)
{
	return set_sregs(vcpu, data);
}

long kvm_vcpu_ioctl_set_sregs2(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_sregs2 *sregs2 = data;
	struct kvm_sregs sregs = {};

	if (!sregs2_pdptrs_are_valid(vcpu, sregs2))
		return -EINVAL;
	memcpy(&sregs, sregs2, SREGS_COMMON);
	return set_sregs_common(vcpu, &sregs,
				sregs2->flags ? sregs2->pdptrs : NULL);
}

/* --- DEBUGREGS ------------------------------------------------------------ */

long kvm_vcpu_ioctl_get_debugregs(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_debugregs *dbg = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dbg->db); i++)
		dbg->db[i] = vcpu->arch.db[i];
	dbg->dr6 = vcpu->arch.dr6;
	dbg->dr7 = vcpu->arch.dr7;
	return 0;
}

long kvm_vcpu_ioctl_set_debugregs(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_debugregs *dbg = data;
	unsigned int i;

	if (dbg->flags || (dbg->dr6 >> 32) || (dbg->dr7 >> 32))
		return -EINVAL;

	for (i = 0; i < ARRAY_SIZE(dbg->db); i++)
		vcpu->arch.db[i] = dbg->db[i];
	vcpu->arch.dr6 = dbg->dr6;
	vcpu->arch.dr7 = dbg->dr7;
	kvm_vcpu_update_dr7(vcpu);
	return 0;
}

/* --- registers in kvm_run ------------------------------------------------- */

static int apply_dirty_sregs(struct kvm_vcpu *vcpu)
{
	struct kvm_sregs sregs;

	memcpy(&sregs, &vcpu->run->s.regs.sregs, sizeof(sregs));
	/* What is checked is what was copied. */
	barrier();
	return set_sregs(vcpu, &sregs);
}

static int apply_dirty_events(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_events events;

	memcpy(&events, &vcpu->run->s.regs.events, sizeof(events));
	barrier();
	return kvm_vcpu_ioctl_set_events(vcpu, &events);
}

int kvm_vcpu_apply_sync_regs(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 valid = READ_ONCE(run->kvm_valid_regs);
	u64 dirty = READ_ONCE(run->kvm_dirty_regs);

	if ((valid | dirty) & ~(u64)KVM_SYNC_X86_VALID_FIELDS)
		return -EINVAL;

	if (dirty & KVM_SYNC_X86_REGS) {
		struct kvm_regs regs;

		memcpy(&regs, &run->s.regs.regs, sizeof(regs));
		barrier();
		set_regs(vcpu, &regs);
		dirty &= ~(u64)KVM_SYNC_X86_REGS;
		WRITE_ONCE(run->kvm_dirty_regs, dirty);
	}
	if (dirty & KVM_SYNC_X86_SREGS) {
		if (apply_dirty_sregs(vcpu))
			return -EINVAL;
		dirty &= ~(u64)KVM_SYNC_X86_SREGS;
		WRITE_ONCE(run->kvm_dirty_regs, dirty);
	}
	if (dirty & KVM_SYNC_X86_EVENTS) {
		if (apply_dirty_events(vcpu))
			return -EINVAL;
		WRITE_ONCE(run->kvm_dirty_regs, 0);
	}
	return 0;
}

static void store_sregs(struct kvm_vcpu *vcpu)
{
	struct kvm_sregs sregs = {};

	get_sregs(vcpu, &sregs);
	memcpy(&vcpu->run->s.regs.sregs, &sregs, sizeof(sregs));
}

void kvm_vcpu_store_sync_regs(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 valid = READ_ONCE(run->kvm_valid_regs);

	if (valid & KVM_SYNC_X86_REGS) {
		struct kvm_regs regs;

		get_regs(vcpu, &regs);
		memcpy(&run->s.regs.regs, &regs, sizeof(regs));
	}
	if (valid & KVM_SYNC_X86_SREGS)
		store_sregs(vcpu);
	if (valid & KVM_SYNC_X86_EVENTS) {
		struct kvm_vcpu_events events = {};

		kvm_vcpu_ioctl_get_events(vcpu, &events);
		memcpy(&run->s.regs.events, &events, sizeof(events));
	}
}

/* --- RESET and INIT ------------------------------------------------------- */

/* What EDX has for a vCPU without CPUID: a family, no model. */
#define DEFAULT_SIGNATURE 0x600

#define RESET_PAT 0x0007040600070406ull

static void reset_general_registers(struct kvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *entry = kvm_find_cpuid_entry(vcpu, 1);

	memset(vcpu->arch.regs, 0, sizeof(vcpu->arch.regs));
	vcpu->arch.regs_avail = ~0u;
	vcpu->arch.regs_dirty = ~0u;
	kvm_rdx_write(vcpu, entry ? entry->eax : DEFAULT_SIGNATURE);
	kvm_rip_write(vcpu, 0xfff0);
	kvm_set_rflags(vcpu, X86_EFLAGS_FIXED);
}

static void reset_segments(struct kvm_vcpu *vcpu)
{
	const struct kvm_segment data = {
		.limit = 0xffff, .type = 3, .present = 1, .s = 1
	};
	struct kvm_segment var = data;
	const struct desc_ptr dt = { .size = 0xffff };

	set_segment(vcpu, &data, VCPU_SREG_DS);
	set_segment(vcpu, &data, VCPU_SREG_ES);
	set_segment(vcpu, &data, VCPU_SREG_FS);
	set_segment(vcpu, &data, VCPU_SREG_GS);
	set_segment(vcpu, &data, VCPU_SREG_SS);

	var.base = 0xffff0000;
	var.selector = 0xf000;
	var.type = 0xb; /* code, readable, accessed */
	set_segment(vcpu, &var, VCPU_SREG_CS);

	var.base = 0;
	var.selector = 0;
	var.s = 0;
	set_segment(vcpu, &var, VCPU_SREG_TR); /* as type: a busy TSS */
	var.type = 2;
	set_segment(vcpu, &var, VCPU_SREG_LDTR);

	static_call(kvm_x86_set_gdt)(vcpu, &dt);
	static_call(kvm_x86_set_idt)(vcpu, &dt);
}

static void reset_debug_registers(struct kvm_vcpu *vcpu)
{
	memset(vcpu->arch.db, 0, sizeof(vcpu->arch.db));
	vcpu->arch.dr6 = KVM_DR6_FIXED_1;
	vcpu->arch.dr7 = KVM_DR7_FIXED_1;
	kvm_vcpu_update_dr7(vcpu);
}

void kvm_vcpu_regs_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	unsigned long cr0 = X86_CR0_CD | X86_CR0_NW;
	unsigned long old_cr4 = kvm_read_cr4(vcpu);

	/* INIT leaves the caches as they are. */
	if (init_event)
		cr0 &= kvm_read_cr0(vcpu);

	reset_general_registers(vcpu);
	vcpu->arch.cr2 = 0;
	memset(vcpu->arch.pdptrs, 0, sizeof(vcpu->arch.pdptrs));
	if (!init_event)
		vcpu->arch.pat = RESET_PAT;

	/* With EFER 0 the hook has no reason to refuse. */
	set_ctl_regs(vcpu, cr0, 0, 0, 0);
	kvm_set_cr8(vcpu, 0);
	reset_segments(vcpu);
	reset_debug_registers(vcpu);

	if (old_cr4 & KVM_CR4_IN_CPUID)
		kvm_update_cpuid_runtime(vcpu);
	kvm_mmu_reset_context(vcpu);
	kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
}
