// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid.c - the CPUID of a vCPU
 *
 * Owns: struct kvm_vcpu_cpuid: setting, asking, and the bits that follow the
 * vCPU's registers.  What a table answers is in cpuid_table.c.
 *
 * Locking: vCPU's mutex.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/apicdef.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <uapi/asm/kvm_para.h>

#include "mmu/vcpu.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/event.h"
#include "x86/msr.h"
#include "x86/regs.h"
#include "x86/x86.h"
#include "x86/regs_check.h"
#include "x86/trace.h"

/* --- what follows the registers ------------------------------------------ */

static void set_bit_in(u32 *reg, unsigned int x86_feature, bool on)
{
	const u32 bit = BIT(x86_feature & 31);

	*reg = on ? *reg | bit : *reg & ~bit;
}

static void update_leaf_1(struct kvm_vcpu *vcpu, struct kvm_cpuid_entry2 *e)
{
	u64 misc_enable;

	set_bit_in(&e->ecx, X86_FEATURE_OSXSAVE,
		   kvm_read_cr4_bits(vcpu, X86_CR4_OSXSAVE));
	set_bit_in(&e->edx, X86_FEATURE_APIC,
		   vcpu->arch.apic_base & MSR_IA32_APICBASE_ENABLE);

	if (!(vcpu->kvm->arch.disabled_quirks &
	      KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT))
		return;
	if (!kvm_get_msr(vcpu, MSR_IA32_MISC_ENABLE, &misc_enable, true))
		set_bit_in(&e->ecx, X86_FEATURE_MWAIT,
			   misc_enable & MSR_IA32_MISC_ENABLE_MWAIT);
}

static void update_leaf_d(struct kvm_vcpu *vcpu,
			  const struct kvm_cpuid_table *table)
{
	struct kvm_cpuid_entry2 *e;

	e = kvm_cpuid_table_find(table, 0xd, 0);
	if (e)
		e->ebx = kvm_host_xstate_size(vcpu->arch.xcr0, false);

	e = kvm_cpuid_table_find(table, 0xd, 1);
	if (e && (e->eax & (BIT(X86_FEATURE_XSAVEC & 31) |
			    BIT(X86_FEATURE_XSAVES & 31))))
		e->ebx = kvm_host_xstate_size(vcpu->arch.xcr0 |
						      vcpu->arch.ia32_xss,
					      true);
}

static void update_runtime(struct kvm_vcpu *vcpu,
			   const struct kvm_cpuid_table *table)
{
	struct kvm_cpuid_entry2 *e;

	e = kvm_cpuid_table_find(table, 1, 0);
	if (e)
		update_leaf_1(vcpu, e);
	e = kvm_cpuid_table_find(table, 7, 0);
	if (e && boot_cpu_has(X86_FEATURE_PKU))
		set_bit_in(&e->ecx, X86_FEATURE_OSPKE,
			   kvm_read_cr4_bits(vcpu, X86_CR4_PKE));
	update_leaf_d(vcpu, table);
}

/* --- what is asked often ------------------------------------------------- */

static void set_features(struct kvm_vcpu_cpuid *cpuid)
{
	const struct kvm_cpuid_row *row = kvm_cpuid_rows;
	const struct kvm_cpuid_entry2 *e;
	unsigned int i;

	memset(cpuid->features, 0, sizeof(cpuid->features));
	for (i = 0; i < kvm_cpuid_nr_rows; i++, row++) {
		e = kvm_cpuid_table_find(&cpuid->table, row->function,
					 row->index);
		if (e) {
			const u32 regs[] = { e->eax, e->ebx, e->ecx, e->edx };

			cpuid->features[row->word] = regs[row->reg];
		}
	}
}

static u64 find_xcr0(const struct kvm_cpuid_table *table)
{
	const struct kvm_cpuid_entry2 *e = kvm_cpuid_table_find(table, 0xd, 0);

	return e ? (e->eax | (u64)e->edx << 32) & kvm_supported_xcr0() : 0;
}

static bool has(void *vcpu, unsigned int feature)
{
	return guest_cpuid_has(vcpu, feature);
}

/* The vCPU's table is another. */
static void digest(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_cpuid *cpuid = &vcpu->arch.cpuid;

	set_features(cpuid);
	cpuid->pv_features = kvm_cpuid_table_pv_features(&cpuid->table);
	cpuid->maxphyaddr = kvm_cpuid_table_maxphyaddr(&cpuid->table);
	cpuid->supported_xcr0 = find_xcr0(&cpuid->table);
	cpuid->amd_compatible = kvm_cpuid_table_amd(&cpuid->table);

	/* The host's are looked at beside them, CPUID set or not. */
	vcpu->arch.cr4_guest_rsvd_bits = kvm_calc_cr4_reserved_bits(has, vcpu);
}

const struct kvm_cpuid_entry2 *
kvm_find_cpuid_entry_index(struct kvm_vcpu *vcpu, u32 function, u32 index)
{
	return kvm_cpuid_table_find(&vcpu->arch.cpuid.table, function, index);
}

const struct kvm_cpuid_entry2 *kvm_find_cpuid_entry(struct kvm_vcpu *vcpu,
						    u32 function)
{
	return kvm_find_cpuid_entry_index(vcpu, function, 0);
}

bool guest_cpuid_has(struct kvm_vcpu *vcpu, unsigned int x86_feature)
{
	if (x86_feature / 32 >= NCAPINTS)
		return false;
	return vcpu->arch.cpuid.features[x86_feature / 32] &
	       BIT(x86_feature & 31);
}

bool guest_pv_has(struct kvm_vcpu *vcpu, unsigned int kvm_feature)
{
	return !vcpu->arch.pv.enforce_cpuid ||
	       vcpu->arch.cpuid.pv_features & BIT(kvm_feature);
}

bool guest_cpuid_is_amd_compatible(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cpuid.amd_compatible;
}

unsigned int cpuid_maxphyaddr(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_cpuid *cpuid = &vcpu->arch.cpuid;

	if (!cpuid->table.nent)
		return kvm_cpuid_table_maxphyaddr(&cpuid->table);
	return cpuid->maxphyaddr;
}

u64 kvm_vcpu_reserved_gpa_bits(struct kvm_vcpu *vcpu)
{
	return ~0ULL << cpuid_maxphyaddr(vcpu);
}

u64 kvm_vcpu_supported_xcr0(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cpuid.supported_xcr0;
}

bool kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
	       bool exact_only)
{
	struct cpuid_regs regs = { .eax = *eax, .ecx = *ecx };
	bool exact;

	exact = kvm_cpuid_table_query(&vcpu->arch.cpuid.table, &regs,
				      exact_only);
	*eax = regs.eax;
	*ebx = regs.ebx;
	*ecx = regs.ecx;
	*edx = regs.edx;
	return exact;
}

int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)
{
	struct cpuid_regs regs = {
		.eax = kvm_rax_read(vcpu),
		.ecx = kvm_rcx_read(vcpu),
	};
	const u32 function = regs.eax, index = regs.ecx;
	bool found;

	if (kvm_cpuid_fault_enabled(vcpu) &&
	    static_call(kvm_x86_get_cpl)(vcpu) > 0)
		return kvm_inject_gp(vcpu, 0);

	found = kvm_cpuid_table_query(&vcpu->arch.cpuid.table, &regs, false);
	trace_kvm_cpuid(function, index, &regs, found);
	kvm_rax_write(vcpu, regs.eax);
	kvm_rbx_write(vcpu, regs.ebx);
	kvm_rcx_write(vcpu, regs.ecx);
	kvm_rdx_write(vcpu, regs.edx);
	return kvm_skip_emulated_instruction(vcpu);
}

void kvm_update_cpuid_runtime(struct kvm_vcpu *vcpu)
{
	update_runtime(vcpu, &vcpu->arch.cpuid.table);
	set_features(&vcpu->arch.cpuid);
}

void kvm_vcpu_cpuid_destroy(struct kvm_vcpu *vcpu)
{
	kvfree(vcpu->arch.cpuid.table.entries);
	vcpu->arch.cpuid.table = (struct kvm_cpuid_table){ 0 };
}

/* --- ioctls -------------------------------------------------------------- */

/* Of a guest that halts without an exit nobody knows that it is to be kicked. */
static void update_pv(struct kvm_vcpu *vcpu,
		      const struct kvm_cpuid_table *table)
{
	struct kvm_cpuid_entry2 *e;

	if (!(vcpu->kvm->arch.disabled_exits & KVM_X86_DISABLE_EXITS_HLT))
		return;
	e = kvm_cpuid_table_find_pv(table);
	if (e)
		e->eax &= ~(u32)BIT(KVM_FEATURE_PV_UNHALT);
}

/*
 * Takes @table->entries over if it succeeds.  A vCPU that has run keeps what it
 * has: what was derived from it is in page tables and elsewhere.
 */
static int set_cpuid(struct kvm_vcpu *vcpu, const struct kvm_cpuid_table *table)
{
	int r;

	update_runtime(vcpu, table);
	update_pv(vcpu, table);
	if (vcpu->arch.launched) {
		if (!kvm_cpuid_tables_equal(table, &vcpu->arch.cpuid.table))
			return -EINVAL;
		kvfree(table->entries);
		return 0;
	}
	r = kvm_check_cpuid_table(table, kvm_supported_xcr0());
	if (r)
		return r;

	kvfree(vcpu->arch.cpuid.table.entries);
	vcpu->arch.cpuid.table = *table;
	digest(vcpu);
	kvm_mmu_after_set_cpuid(vcpu);
	static_call(kvm_x86_vcpu_after_set_cpuid)(vcpu);
	return 0;
}

static int alloc_table(struct kvm_cpuid_table *table, u32 nent)
{
	if (nent > KVM_MAX_CPUID_ENTRIES)
		return -E2BIG;
	table->nent = nent;
	table->entries = NULL;
	if (!nent)
		return 0;
	table->entries =
		kvcalloc(nent, sizeof(*table->entries), GFP_KERNEL_ACCOUNT);
	return table->entries ? 0 : -ENOMEM;
}

/* The older form, which has no index. */
static int copy_table1(struct kvm_cpuid_table *table, const void __user *from)
{
	const struct kvm_cpuid __user *user = from;
	struct kvm_cpuid_entry old;
	unsigned int i;

	for (i = 0; i < table->nent; i++) {
		if (copy_from_user(&old, &user->entries[i], sizeof(old)))
			return -EFAULT;
		table->entries[i] = (struct kvm_cpuid_entry2){
			.function = old.function,
			.eax = old.eax,
			.ebx = old.ebx,
			.ecx = old.ecx,
			.edx = old.edx,
		};
	}
	return 0;
}

static int copy_table2(struct kvm_cpuid_table *table, const void __user *from)
{
	const struct kvm_cpuid2 __user *user = from;
	unsigned int i;

	if (copy_from_user(table->entries, user->entries,
			   array_size(table->nent, sizeof(*table->entries))))
		return -EFAULT;
	for (i = 0; i < table->nent; i++)
		memset(table->entries[i].padding, 0,
		       sizeof(table->entries[i].padding));
	return 0;
}

static long set_cpuid_from_user(struct kvm_vcpu *vcpu, void *data,
				int (*copy)(struct kvm_cpuid_table *table,
					    const void __user *from))
{
	const void __user *user = (void __user __force *)data;
	struct kvm_cpuid_table table;
	struct kvm_cpuid2 head;
	int r;

	/* Both forms begin with the same. */
	static_assert(sizeof(struct kvm_cpuid) == sizeof(head));
	static_assert(offsetof(struct kvm_cpuid, nent) ==
		      offsetof(struct kvm_cpuid2, nent));
	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	r = alloc_table(&table, head.nent);
	if (r)
		return r;
	r = copy(&table, user);
	if (!r)
		r = set_cpuid(vcpu, &table);
	if (r)
		kvfree(table.entries);
	return r;
}

long kvm_vcpu_ioctl_set_cpuid(struct kvm_vcpu *vcpu, void *data)
{
	return set_cpuid_from_user(vcpu, data, copy_table1);
}

long kvm_vcpu_ioctl_set_cpuid2(struct kvm_vcpu *vcpu, void *data)
{
	return set_cpuid_from_user(vcpu, data, copy_table2);
}

long kvm_vcpu_ioctl_get_cpuid2(struct kvm_vcpu *vcpu, void *data)
{
	const struct kvm_cpuid_table *table = &vcpu->arch.cpuid.table;
	struct kvm_cpuid2 __user *user = (void __user __force *)data;
	struct kvm_cpuid2 head;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nent < table->nent)
		return -E2BIG;
	if (copy_to_user(user->entries, table->entries,
			 array_size(table->nent, sizeof(*table->entries))) ||
	    put_user(table->nent, &user->nent))
		return -EFAULT;
	return 0;
}
