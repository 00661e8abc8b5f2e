/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpuid.h - what CPUID tells a guest, and what it may be told
 *
 * Owns: three tables.  What KVM can give to guests on this host, by words of
 * X86_FEATURE_* bits ("caps"), computed once at load.  What userspace is told of
 * it, KVM_GET_SUPPORTED_CPUID.  And of each vCPU what its userspace has chosen,
 * struct kvm_vcpu_cpuid; of that a few bits follow the vCPU's registers, as in a
 * CPU.
 *
 * Rules: SDM 2A, CPUID; APM 3, appendix E; Documentation/virt/kvm/api.rst and
 * x86/cpuid.rst.
 *
 * Locking: the caps are written while the module loads; the rest is under the
 * vCPU's mutex.
 *
 * Deliberately absent: performance counters, MONITOR, SGX, PT, MPX, AMX, CET, and
 * what nested guests have beyond plain SVM: none of it works, so none is offered.
 * Leaves of topology are empty: the host's is none of the guest's.
 */
#ifndef TWINWALK_X86_CPUID_H
#define TWINWALK_X86_CPUID_H

#include <linux/kvm.h>
#include <linux/types.h>
#include <asm/cpufeature.h>

struct kvm_vcpu;

/* The most entries that an ioctl gives or takes. */
#define KVM_MAX_CPUID_ENTRIES 256

/**
 * struct kvm_cpuid_table - answers of CPUID
 * @entries: in any order; the first that fits is meant
 * @nent: how many
 */
struct kvm_cpuid_table {
	struct kvm_cpuid_entry2 *entries;
	unsigned int nent;
};

/**
 * struct kvm_vcpu_cpuid - the CPUID of a vCPU
 * @table: what userspace has set, with the bits that follow registers
 * @features: the same by words of X86_FEATURE_* bits; words that are Linux's own
 *	are 0
 * @supported_xcr0: what XCR0 may be
 * @pv_features: KVM_FEATURE_*, a bit each
 * @maxphyaddr: bits of a physical address, if @table is not empty
 * @amd_compatible: the guest believes to be on a CPU of AMD or Hygon
 */
struct kvm_vcpu_cpuid {
	struct kvm_cpuid_table table;
	u32 features[NCAPINTS];
	u64 supported_xcr0;
	u32 pv_features;
	u8 maxphyaddr;
	bool amd_compatible;
};

/**
 * struct kvm_cpuid_row - a register of a leaf that has feature bits
 * @function: EAX that it is asked with
 * @index: ECX
 * @reg: enum cpuid_regs_idx
 * @word: of X86_FEATURE_*, as the kernel numbers them
 * @mask: a guest may have these if the CPU and the kernel have them
 * @hardware: ... if the CPU has them, whatever the kernel thinks of it
 * @emulated: ... always
 */
struct kvm_cpuid_row {
	u32 function;
	u32 index;
	u8 reg;
	u8 word;
	u32 mask;
	u32 hardware;
	u32 emulated;
};

extern const struct kvm_cpuid_row kvm_cpuid_rows[];
extern const unsigned int kvm_cpuid_nr_rows;

/**
 * struct kvm_xstate_component - where XSAVE has a component; CPUID leaf 0DH
 * @size: in bytes
 * @offset: of the standard format
 * @align: in the compacted format, to 64 bytes
 */
struct kvm_xstate_component {
	u32 size;
	u32 offset;
	bool align;
};

/* Of leaf 80000021H, EAX; not all kernels have names for them. */
#define KVM_X86_FEATURE_VERW_CLEAR  (CPUID_8000_0021_EAX * 32 + 5)
#define KVM_X86_FEATURE_SBPB	    (CPUID_8000_0021_EAX * 32 + 27)
#define KVM_X86_FEATURE_IBPB_BRTYPE (CPUID_8000_0021_EAX * 32 + 28)

/* Bits of XCR0 and IA32_XSS. */
#define KVM_NR_XSTATE_COMPONENTS 64

/* --- pure ---------------------------------------------------------------- */

/**
 * kvm_cpuid_row_caps() - what of a register guests may have
 * @row: the register
 * @kernel: the kernel's word
 * @raw: what CPUID says
 */
static inline u32 kvm_cpuid_row_caps(const struct kvm_cpuid_row *row,
				     u32 kernel, u32 raw)
{
	return (row->mask & kernel & raw) | (row->hardware & raw) |
	       row->emulated;
}

/**
 * kvm_cpuid_add_implied() - what guests may have beside the rows' bits
 * @words: NCAPINTS of them, added to
 * @has: does the kernel have a feature, or a bug, of the CPU?
 */
void kvm_cpuid_add_implied(u32 *words, bool (*has)(unsigned int x86_feature));

/**
 * kvm_cpuid_addresses() - EAX of leaf 80000008H for guests
 * @eax: what the CPU says
 * @tdp_levels: of the host's TDP tables; 0, there are none
 * @phys_bits: that the kernel uses, for shadow paging
 *
 * Bits 7:0, bits of a physical address; 15:8, of a virtual one; 23:16, of a guest's
 * that TDP can map: with 4 levels a CPU does not look at more than 48, whatever its
 * addresses have.
 */
u32 kvm_cpuid_addresses(u32 eax, unsigned int tdp_levels,
			unsigned int phys_bits);

/**
 * kvm_cpuid_table_find() - an entry
 * @table: where
 * @function: EAX
 * @index: ECX; not looked at if the entry says that it does not matter
 *
 * Return: the entry, or NULL.
 */
struct kvm_cpuid_entry2 *
kvm_cpuid_table_find(const struct kvm_cpuid_table *table, u32 function,
		     u32 index);

/**
 * kvm_cpuid_table_amd() - is it one of AMD or Hygon?
 * @table: the answers
 */
bool kvm_cpuid_table_amd(const struct kvm_cpuid_table *table);

/**
 * kvm_cpuid_table_query() - what the instruction returns
 * @table: the answers
 * @regs: in: EAX and ECX; out: all four
 * @exact_only: nothing but what is in the table
 *
 * SDM: above the last leaf of its class a leaf reads as the last basic one.  AMD's
 * CPUs return zeroes, as all do for what is missing in between.  Classes are
 * 0, 80000000H, C0000000H, and each 100H from 40000000H, which is software's.
 * Of leaves 0BH and 1FH an invalid subleaf still has ECX[7:0] and EDX.
 *
 * Return: was there an entry?  If not, the registers are not all wrong, see above.
 */
bool kvm_cpuid_table_query(const struct kvm_cpuid_table *table,
			   struct cpuid_regs *regs, bool exact_only);

/**
 * kvm_cpuid_table_find_pv() - the leaf of KVM_FEATURE_*, or NULL
 * @table: the answers; KVM's leaves may be behind another hypervisor's
 */
struct kvm_cpuid_entry2 *
kvm_cpuid_table_find_pv(const struct kvm_cpuid_table *table);

/** kvm_cpuid_table_pv_features() - KVM_FEATURE_*, a bit each; @table: the same */
u32 kvm_cpuid_table_pv_features(const struct kvm_cpuid_table *table);

/**
 * kvm_cpuid_table_maxphyaddr() - bits of a physical address
 * @table: the answers
 *
 * Return: 52 at most; 36 if it does not say.
 */
unsigned int kvm_cpuid_table_maxphyaddr(const struct kvm_cpuid_table *table);

/**
 * kvm_check_cpuid_table() - what KVM_SET_CPUID2 takes
 * @table: from userspace
 * @xcr0: what any guest may have
 *
 * Return: 0; -EINVAL, an address width that does not exist, or components of
 * XSAVE that the process would have to be permitted first.
 */
int kvm_check_cpuid_table(const struct kvm_cpuid_table *table, u64 xcr0);

/** kvm_cpuid_tables_equal() - are they, entry by entry? */
bool kvm_cpuid_tables_equal(const struct kvm_cpuid_table *a,
			    const struct kvm_cpuid_table *b);

/**
 * kvm_xstate_size() - how large is XSAVE's area?
 * @components: 64
 * @features: those that are on
 * @compacted: in the format of XSAVEC
 *
 * SDM 1, 13.4.  Return: bytes, 576 at least: legacy area and header.
 */
u32 kvm_xstate_size(const struct kvm_xstate_component *components, u64 features,
		    bool compacted);

/* --- caps ---------------------------------------------------------------- */

/**
 * kvm_set_cpu_caps() - what guests may have, on this host
 *
 * Asks the vendor in the end (hook set_cpu_caps).
 *
 * Context: module load, when the MMU is configured.
 */
void kvm_set_cpu_caps(void);

/** kvm_cpu_caps_word() - what guests may have, a word of X86_FEATURE_* */
u32 kvm_cpu_caps_word(unsigned int word);

/** kvm_cpu_cap_has() - may a guest have it? */
bool kvm_cpu_cap_has(unsigned int x86_feature);

/** kvm_cpu_cap_set() - it may; for the hook set_cpu_caps */
void kvm_cpu_cap_set(unsigned int x86_feature);

/** kvm_cpu_cap_clear() - it may not; the same */
void kvm_cpu_cap_clear(unsigned int x86_feature);

/** kvm_cpuid_raw() - ask the CPU; zeroes above the last leaf of the class */
void kvm_cpuid_raw(u32 function, u32 index, struct cpuid_regs *regs);

/** kvm_supported_xcr0() - what the XCR0 of any guest may be */
u64 kvm_supported_xcr0(void);

/** kvm_supported_xss() - the same of IA32_XSS */
u64 kvm_supported_xss(void);

/** kvm_host_xstate_size() - kvm_xstate_size() of this CPU's components */
u32 kvm_host_xstate_size(u64 features, bool compacted);

/**
 * kvm_dev_ioctl_get_cpuid() - KVM_GET_SUPPORTED_CPUID, KVM_GET_EMULATED_CPUID
 * @argp: struct kvm_cpuid2
 * @ioctl: which of the two
 *
 * Return: 0; -E2BIG, @nent is too small; -EFAULT, -ENOMEM; of the second -EINVAL,
 * an entry's padding is not zero.
 */
long kvm_dev_ioctl_get_cpuid(void __user *argp, unsigned int ioctl);

/* --- vCPUs --------------------------------------------------------------- */

/**
 * kvm_find_cpuid_entry_index() - what userspace has set
 * @vcpu: the vCPU
 * @function: EAX
 * @index: ECX
 *
 * Return: valid until CPUID is set again; or NULL.
 */
const struct kvm_cpuid_entry2 *
kvm_find_cpuid_entry_index(struct kvm_vcpu *vcpu, u32 function, u32 index);

/** kvm_find_cpuid_entry() - the same, where ECX does not matter, or is 0 */
const struct kvm_cpuid_entry2 *kvm_find_cpuid_entry(struct kvm_vcpu *vcpu,
						    u32 function);

/** guest_cpuid_has() - a feature that CPUID has a bit for; X86_FEATURE_* */
bool guest_cpuid_has(struct kvm_vcpu *vcpu, unsigned int x86_feature);

/**
 * guest_pv_has() - may it use a feature of KVM's own?
 * @vcpu: the vCPU
 * @kvm_feature: KVM_FEATURE_*
 *
 * Return: true for all that there is, unless CPUID counts:
 * KVM_CAP_ENFORCE_PV_FEATURE_CPUID.
 */
bool guest_pv_has(struct kvm_vcpu *vcpu, unsigned int kvm_feature);

/** guest_cpuid_is_amd_compatible() - AMD or Hygon */
bool guest_cpuid_is_amd_compatible(struct kvm_vcpu *vcpu);

/** cpuid_maxphyaddr() - bits of a guest's physical address; 36 without CPUID */
unsigned int cpuid_maxphyaddr(struct kvm_vcpu *vcpu);

/** kvm_vcpu_reserved_gpa_bits() - those that no physical address has */
u64 kvm_vcpu_reserved_gpa_bits(struct kvm_vcpu *vcpu);

/** kvm_vcpu_supported_xcr0() - what XCR0 may be */
u64 kvm_vcpu_supported_xcr0(struct kvm_vcpu *vcpu);

/**
 * kvm_cpuid() - what the instruction returns in a guest
 * @vcpu: the vCPU
 * @eax: in and out
 * @ebx: out
 * @ecx: in and out
 * @edx: out
 * @exact_only: see kvm_cpuid_table_query()
 */
bool kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
	       bool exact_only);

/** kvm_emulate_cpuid() - the instruction, or its #GP, as an exit handler */
int kvm_emulate_cpuid(struct kvm_vcpu *vcpu);

/**
 * kvm_update_cpuid_runtime() - registers that CPUID shows have changed
 * @vcpu: the vCPU
 *
 * CR4.OSXSAVE and PKE, IA32_APIC_BASE, XCR0, IA32_XSS, IA32_MISC_ENABLE.
 */
void kvm_update_cpuid_runtime(struct kvm_vcpu *vcpu);

/** kvm_vcpu_cpuid_destroy() - free it; the vCPU is on its way out */
void kvm_vcpu_cpuid_destroy(struct kvm_vcpu *vcpu);

/* The ioctls; they copy by themselves (KVM_IOCTL_RAW). */
long kvm_vcpu_ioctl_set_cpuid(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_set_cpuid2(struct kvm_vcpu *vcpu, void *data);
long kvm_vcpu_ioctl_get_cpuid2(struct kvm_vcpu *vcpu, void *data);

#endif
