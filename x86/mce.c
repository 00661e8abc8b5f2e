// SPDX-License-Identifier: GPL-2.0-only
/*
 * mce.c - a guest's machine-check architecture; see mce.h
 *
 * Owns: see there.
 *
 * Locking: see there.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <asm/mce.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "vcpu.h"
#include "vendor.h"
#include "x86/event.h"
#include "x86/mce.h"
#include "x86/msr_table.h"
#include "x86/regs.h"

/* What userspace chooses freely: how many banks, how many extended registers. */
#define CAP_COUNTS (MCG_BANKCNT_MASK | MCG_EXT_CNT_MASK)

#define HWCR_MCSTATUS_WREN BIT_ULL(18)

/* Old kernels leave a bit of CTL clear for errata: 0 of all banks, 10 of bank 4. */
#define CTL_ERRATA (BIT_ULL(0) | BIT_ULL(10))

u64 kvm_mce_supported_cap(void)
{
	return MCG_CTL_P | MCG_SER_P;
}

static unsigned int nr_banks(const struct kvm_vcpu_mce *mce)
{
	return mce->cap & MCG_BANKCNT_MASK;
}

void kvm_vcpu_mce_create(struct kvm_vcpu_mce *mce)
{
	mce->cap = KVM_MAX_MCE_BANKS;
}

int kvm_mce_setup(struct kvm_vcpu_mce *mce, u64 cap)
{
	unsigned int nr = cap & MCG_BANKCNT_MASK, i;

	if (!nr || nr > KVM_MAX_MCE_BANKS)
		return -EINVAL;
	if (cap & ~(kvm_mce_supported_cap() | CAP_COUNTS))
		return -EINVAL;

	mce->cap = cap;
	if (cap & MCG_CTL_P)
		mce->ctl = ~0ull;
	for (i = 0; i < nr; i++)
		mce->banks[i][KVM_MCE_CTL] = ~0ull;
	return 0;
}

/* --- errors -------------------------------------------------------------- */

/* SDM 3B, "UCR Errors": no action required, and none is taken. */
static bool is_ucna(const struct kvm_vcpu_mce *mce,
		    const struct kvm_x86_mce *error)
{
	return (mce->cap & MCG_SER_P) && !error->mcg_status &&
	       !(error->status &
		 (MCI_STATUS_PCC | MCI_STATUS_S | MCI_STATUS_AR));
}

static void report(u64 *bank, const struct kvm_x86_mce *error)
{
	u64 overflow = 0;

	if (bank[KVM_MCE_STATUS] & MCI_STATUS_VAL)
		overflow = MCI_STATUS_OVER;
	bank[KVM_MCE_ADDR] = error->addr;
	bank[KVM_MCE_MISC] = error->misc;
	bank[KVM_MCE_STATUS] = error->status | overflow;
}

/* What can't be told by #MC; SDM 3B, "Overwrite Rules". */
static int report_silently(u64 *bank, const struct kvm_x86_mce *error)
{
	const u64 worse = MCI_STATUS_VAL | MCI_STATUS_UC;

	if ((bank[KVM_MCE_STATUS] & worse) == worse)
		bank[KVM_MCE_STATUS] |= MCI_STATUS_OVER;
	else
		report(bank, error);
	return KVM_MCE_SILENT;
}

int kvm_mce_record(struct kvm_vcpu_mce *mce, const struct kvm_x86_mce *error,
		   bool can_take)
{
	u64 *bank;

	if (error->bank >= nr_banks(mce) || !(error->status & MCI_STATUS_VAL))
		return -EINVAL;
	bank = mce->banks[array_index_nospec(error->bank, KVM_MAX_MCE_BANKS)];

	if (!(error->status & MCI_STATUS_UC) || is_ucna(mce, error))
		return report_silently(bank, error);

	/* The guest has turned these off. */
	if ((mce->cap & MCG_CTL_P) && mce->ctl != ~0ull)
		return KVM_MCE_SILENT;
	if (bank[KVM_MCE_CTL] != ~0ull)
		return KVM_MCE_SILENT;
	if ((mce->status & MCG_STATUS_MCIP) || !can_take)
		return KVM_MCE_SHUTDOWN;
	report(bank, error);
	mce->status = error->mcg_status;
	return KVM_MCE_EXCEPTION;
}

/* --- MSRs ---------------------------------------------------------------- */

static bool is_off_or_on(u64 data)
{
	return !data || data == ~0ull;
}

/* NULL if the guest has no such bank. */
static const u64 *bank_cell(const struct kvm_vcpu_mce *mce, u32 index)
{
	u32 i = index - MSR_IA32_MC0_CTL;

	if (i >= nr_banks(mce) * KVM_NR_MCE_REGS)
		return NULL;
	i = array_index_nospec(i, KVM_MAX_MCE_BANKS * KVM_NR_MCE_REGS);
	return &mce->banks[i / KVM_NR_MCE_REGS][i % KVM_NR_MCE_REGS];
}

int kvm_mce_read(const struct kvm_vcpu_mce *mce, struct kvm_mce_access *a)
{
	const u64 *cell;

	switch (a->index) {
	case MSR_IA32_MCG_CAP:
		a->data = mce->cap;
		return 0;
	case MSR_IA32_MCG_STATUS:
		a->data = mce->status;
		return 0;
	case MSR_IA32_MCG_CTL:
		/* Userspace saves and restores it, whether it is there or not. */
		if (!(mce->cap & MCG_CTL_P) && !a->host_initiated)
			return 1;
		a->data = mce->ctl;
		return 0;
	}
	cell = bank_cell(mce, a->index);
	if (!cell)
		return 1;
	a->data = *cell;
	return 0;
}

static int write_ctl(struct kvm_vcpu_mce *mce, const struct kvm_mce_access *a)
{
	if (!(mce->cap & MCG_CTL_P) && (a->data || !a->host_initiated))
		return 1;
	if (!is_off_or_on(a->data))
		return 1;
	mce->ctl = a->data;
	return 0;
}

int kvm_mce_write(struct kvm_vcpu_mce *mce, const struct kvm_mce_access *a)
{
	u64 *cell;

	switch (a->index) {
	case MSR_IA32_MCG_CAP:
		return 1;
	case MSR_IA32_MCG_STATUS:
		mce->status = a->data;
		return 0;
	case MSR_IA32_MCG_CTL:
		return write_ctl(mce, a);
	}
	cell = (u64 *)bank_cell(mce, a->index);
	if (!cell)
		return 1;
	switch ((a->index - MSR_IA32_MC0_CTL) % KVM_NR_MCE_REGS) {
	case KVM_MCE_CTL:
		if (a->data && !is_off_or_on(a->data | CTL_ERRATA))
			return 1;
		break;
	case KVM_MCE_STATUS:
		/* It can be cleared, and no more. */
		if (a->data && !a->host_initiated && !a->status_writable)
			return 1;
		break;
	}
	*cell = a->data;
	return 0;
}

static struct kvm_mce_access access_of(const struct kvm_vcpu *vcpu,
				       const struct msr_data *msr)
{
	return (struct kvm_mce_access){
		.index = msr->index,
		.data = msr->data,
		.host_initiated = msr->host_initiated,
		.status_writable = vcpu->arch.msr.hwcr & HWCR_MCSTATUS_WREN,
	};
}

int kvm_get_msr_mce(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	struct kvm_mce_access a = access_of(vcpu, msr);
	int r = kvm_mce_read(&vcpu->arch.mce, &a);

	msr->data = a.data;
	return r;
}

int kvm_set_msr_mce(struct kvm_vcpu *vcpu, const struct kvm_msr_row *row,
		    struct msr_data *msr)
{
	struct kvm_mce_access a = access_of(vcpu, msr);

	return kvm_mce_write(&vcpu->arch.mce, &a);
}

/* --- ioctls -------------------------------------------------------------- */

long kvm_dev_ioctl_get_mce_cap(void __user *argp)
{
	return put_user(kvm_mce_supported_cap(), (u64 __user *)argp);
}

long kvm_vcpu_ioctl_setup_mce(struct kvm_vcpu *vcpu, void *data)
{
	return kvm_mce_setup(&vcpu->arch.mce, *(u64 *)data);
}

long kvm_vcpu_ioctl_set_mce(struct kvm_vcpu *vcpu, void *data)
{
	int r;

	r = kvm_mce_record(&vcpu->arch.mce, data,
			   kvm_read_cr4_bits(vcpu, X86_CR4_MCE));
	if (r < 0)
		return r;
	if (r == KVM_MCE_EXCEPTION)
		kvm_queue_exception(vcpu, X86_TRAP_MC);
	else if (r == KVM_MCE_SHUTDOWN)
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
	return 0;
}
