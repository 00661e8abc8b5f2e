// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid_supported.c - KVM_GET_SUPPORTED_CPUID and KVM_GET_EMULATED_CPUID
 *
 * Owns: which leaves userspace is told of, and what they have beside the feature
 * bits of cpuid_caps.c.  A leaf without a row is there, and empty.
 *
 * Locking: none.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/kvm_para.h>
#include <asm/processor.h>

#include "mmu/mmu.h"
#include "x86/cpuid.h"
#include "x86/pvclock.h"
#include "x86/steal.h"

/* The last leaves that anything is known of here. */
#define LAST_BASIC    0x1f
#define LAST_EXTENDED 0x80000021
#define LAST_CENTAUR  0xc0000004

/* Leaf 80000007H, EDX: the TSC ticks whatever state the CPU is in. */
#define INVARIANT_TSC BIT(8)

/**
 * struct collector - where entries are put
 * @table: the array
 * @max: its size
 */
struct collector {
	struct kvm_cpuid_table table;
	unsigned int max;
};

static struct kvm_cpuid_entry2 *add(struct collector *c, u32 function,
				    u32 index)
{
	struct kvm_cpuid_entry2 *e;

	if (c->table.nent == c->max)
		return NULL;
	e = &c->table.entries[c->table.nent++];
	memset(e, 0, sizeof(*e));
	e->function = function;
	e->index = index;
	return e;
}

/* The same, with what the CPU says. */
static struct kvm_cpuid_entry2 *add_raw(struct collector *c, u32 function,
					u32 index)
{
	struct kvm_cpuid_entry2 *e = add(c, function, index);
	struct cpuid_regs regs;

	if (!e)
		return NULL;
	kvm_cpuid_raw(function, index, &regs);
	e->eax = regs.eax;
	e->ebx = regs.ebx;
	e->ecx = regs.ecx;
	e->edx = regs.edx;
	return e;
}

static int more_basic(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = min_t(u32, e->eax, LAST_BASIC);
	return 0;
}

static int more_extended(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = min_t(u32, e->eax, LAST_EXTENDED);
	/* Bits of the last one are also known of CPUs that do not have it. */
	if (e->eax >= 0x8000001d)
		e->eax = LAST_EXTENDED;
	return 0;
}

static int more_centaur(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = min_t(u32, e->eax, LAST_CENTAUR);
	return 0;
}

/* How often the leaf has to be read to get all of it. */
static int more_descriptors(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = (e->eax & ~0xffu) | 1;
	return 0;
}

/* A cache each; the one of type 0 is the end. */
static int more_caches(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	const u32 function = e->function;
	u32 i;

	for (i = 1; e->eax & 0x1f; i++) {
		e = add_raw(c, function, i);
		if (!e)
			return -E2BIG;
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	}
	return 0;
}

static int more_features(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = min(e->eax, 1u);
	if (!e->eax)
		return 0;
	e = add(c, 7, 1);
	if (!e)
		return -E2BIG;
	e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	e->eax = kvm_cpu_caps_word(CPUID_7_1_EAX);
	return 0;
}

static int add_xstate_components(struct collector *c, u64 xcr0, u64 xss)
{
	struct kvm_cpuid_entry2 *e;
	unsigned int i;

	for (i = 2; i < KVM_NR_XSTATE_COMPONENTS; i++) {
		if (!((xcr0 | xss) & BIT_ULL(i)))
			continue;
		e = add_raw(c, 0xd, i);
		if (!e)
			return -E2BIG;
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		/* In IA32_XSS; aligned.  Nothing of XFD. */
		e->ecx &= BIT(0) | BIT(1);
		e->edx = 0;
	}
	return 0;
}

static int more_xstate(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	const u64 xcr0 = kvm_supported_xcr0();
	const u64 xss = kvm_supported_xss();

	if (!xcr0)
		return 0;
	e->eax = xcr0;
	e->edx = xcr0 >> 32;
	e->ebx = kvm_host_xstate_size(xcr0, false);
	e->ecx = e->ebx;

	e = add(c, 0xd, 1);
	if (!e)
		return -E2BIG;
	e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	e->eax = kvm_cpu_caps_word(CPUID_D_1_EAX);
	if (kvm_cpu_cap_has(X86_FEATURE_XSAVEC) ||
	    kvm_cpu_cap_has(X86_FEATURE_XSAVES))
		e->ebx = kvm_host_xstate_size(xcr0 | xss, true);
	e->ecx = xss;
	e->edx = xss >> 32;
	return add_xstate_components(c, xcr0, xss);
}

static int more_signature(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	static const char signature[13] = KVM_SIGNATURE;

	e->eax = KVM_CPUID_FEATURES;
	memcpy(&e->ebx, signature, 4);
	memcpy(&e->ecx, signature + 4, 4);
	memcpy(&e->edx, signature + 8, 4);
	return 0;
}

/* What works without anything of KVM's, and what else there is. */
static int more_pv(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->eax = BIT(KVM_FEATURE_NOP_IO_DELAY);
	e->eax |= kvm_pvclock_features();
	e->eax |= kvm_steal_time_features();
	e->eax |= BIT(KVM_FEATURE_PV_EOI) | BIT(KVM_FEATURE_POLL_CONTROL);
	e->eax |= BIT(KVM_FEATURE_PV_UNHALT) | BIT(KVM_FEATURE_PV_SEND_IPI) |
		  BIT(KVM_FEATURE_PV_SCHED_YIELD) | BIT(KVM_FEATURE_ASYNC_PF) |
		  BIT(KVM_FEATURE_ASYNC_PF_INT);
	return 0;
}

static int more_power(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	e->edx = boot_cpu_data.x86_power & INVARIANT_TSC;
	return 0;
}

static int more_addresses(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	const struct kvm_mmu_config *mmu = kvm_mmu_get_config();

	e->eax = kvm_cpuid_addresses(e->eax, mmu->tdp ? mmu->tdp_root_level : 0,
				     boot_cpu_data.x86_phys_bits);
	return 0;
}

static int more_svm(struct collector *c, struct kvm_cpuid_entry2 *e)
{
	if (!kvm_cpu_cap_has(X86_FEATURE_SVM)) {
		e->edx = 0;
		return 0;
	}
	e->eax = 1; /* the revision that everybody has */
	e->ebx = 8; /* ASIDs */
	return 0;
}

/**
 * struct leaf - a leaf that is not empty, or has an index
 * @function: EAX
 * @keep: what of the CPU's EAX, EBX, ECX and EDX is passed on; feature bits come
 *	on top of it
 * @indexed: ECX matters
 * @more: what else there is to do, and further subleaves.  Return: 0, -E2BIG
 */
struct leaf {
	u32 function;
	u32 keep[4];
	bool indexed;
	int (*more)(struct collector *c, struct kvm_cpuid_entry2 *e);
};

#define ALL (~0u)
#define RAW4                       \
	{                          \
		ALL, ALL, ALL, ALL \
	}

static const struct leaf leaves[] = {
	/* clang-format off */
	{ 0x0, RAW4, .more = more_basic },
	/* EBX without the APIC id of the CPU that happens to run this. */
	{ 0x1, { ALL, GENMASK(23, 0) } },
	{ 0x2, RAW4, .more = more_descriptors },
	{ 0x4, RAW4, .indexed = true, .more = more_caches },
	{ 0x7, { ALL }, .indexed = true, .more = more_features },
	{ 0x9, RAW4 },
	{ 0xb, .indexed = true },
	{ 0xd, .indexed = true, .more = more_xstate },
	{ 0xf, .indexed = true },
	{ 0x10, .indexed = true },
	{ 0x12, .indexed = true },
	{ 0x14, .indexed = true },
	{ 0x17, .indexed = true },
	{ 0x18, .indexed = true },
	{ 0x1d, .indexed = true },
	{ 0x1e, .indexed = true },
	{ 0x1f, .indexed = true },
	{ KVM_CPUID_SIGNATURE, .more = more_signature },
	{ KVM_CPUID_FEATURES, .more = more_pv },
	{ 0x80000000, RAW4, .more = more_extended },
	/* EBX: the package, and a brand. */
	{ 0x80000001, { ALL, ~(u32)GENMASK(27, 16) } },
	{ 0x80000002, RAW4 },
	{ 0x80000003, RAW4 },
	{ 0x80000004, RAW4 },
	{ 0x80000005, RAW4 },
	/* EDX has two reserved bits. */
	{ 0x80000006, { ALL, ALL, ALL, ~(u32)GENMASK(17, 16) } },
	{ 0x80000007, .more = more_power },
	/* ECX: number of cores, and how many bits their APIC ids have. */
	{ 0x80000008, { ALL, 0, GENMASK(15, 12) | GENMASK(7, 0) },
	  .more = more_addresses },
	{ 0x8000000a, .more = more_svm },
	/* TLBs of 1G pages. */
	{ 0x80000019, { ALL, ALL } },
	/* Which instructions are fast. */
	{ 0x8000001a, { GENMASK(2, 0) } },
	{ 0x8000001d, RAW4, .indexed = true, .more = more_caches },
	/* ECX: what of TSA the CPU does not have (AMD-SB-7029). */
	{ 0x80000021, { 0, 0, GENMASK(2, 1) } },
	{ 0xc0000000, { ALL }, .more = more_centaur },
	/* clang-format on */
};

static const struct leaf *leaf_of(u32 function)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++)
		if (leaves[i].function == function)
			return &leaves[i];
	return NULL;
}

static void set_features(struct kvm_cpuid_entry2 *e)
{
	u32 *const regs[] = { &e->eax, &e->ebx, &e->ecx, &e->edx };
	const struct kvm_cpuid_row *row = kvm_cpuid_rows;
	unsigned int i;

	for (i = 0; i < kvm_cpuid_nr_rows; i++, row++)
		if (row->function == e->function && row->index == e->index)
			*regs[row->reg] = kvm_cpu_caps_word(row->word);
}

static int add_leaf(struct collector *c, u32 function)
{
	const struct leaf *leaf = leaf_of(function);
	struct kvm_cpuid_entry2 *e = add_raw(c, function, 0);
	static const struct leaf empty;

	if (!e)
		return -E2BIG;
	if (!leaf)
		leaf = &empty;
	e->eax &= leaf->keep[0];
	e->ebx &= leaf->keep[1];
	e->ecx &= leaf->keep[2];
	e->edx &= leaf->keep[3];
	set_features(e);
	if (leaf->indexed)
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return leaf->more ? leaf->more(c, e) : 0;
}

/* A class of leaves: the first one's EAX says which is the last. */
static int add_class(struct collector *c, u32 class)
{
	const unsigned int first = c->table.nent;
	u32 function;
	u32 last;
	int r;

	r = add_leaf(c, class);
	if (r)
		return r;
	last = c->table.entries[first].eax;
	for (function = class + 1; !r && function <= last; function++)
		r = add_leaf(c, function);
	return r;
}

static int get_supported(struct collector *c)
{
	int r;

	r = add_class(c, 0);
	if (!r)
		r = add_class(c, 0x80000000);
	if (!r && (boot_cpu_data.x86_vendor == X86_VENDOR_CENTAUR ||
		   boot_cpu_data.x86_vendor == X86_VENDOR_ZHAOXIN))
		r = add_class(c, 0xc0000000);
	if (!r)
		r = add_class(c, KVM_CPUID_SIGNATURE);
	return r;
}

/*
 * Features that the CPU lacks and the emulator has, after a #UD.  It has none;
 * the leaves in which they would be are there.
 */
static int get_emulated(struct collector *c)
{
	struct kvm_cpuid_entry2 *e;

	e = add(c, 0, 0);
	if (!e)
		return -E2BIG;
	e->eax = 7;
	if (!add(c, 1, 0))
		return -E2BIG;
	e = add(c, 7, 0);
	if (!e)
		return -E2BIG;
	e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return 0;
}

/* So that it can get a meaning some day. */
static int check_padding(const struct kvm_cpuid_entry2 __user *entries,
			 unsigned int nent)
{
	u32 padding[3];
	unsigned int i;

	for (i = 0; i < nent; i++) {
		if (copy_from_user(padding, entries[i].padding,
				   sizeof(padding)))
			return -EFAULT;
		if (padding[0] || padding[1] || padding[2])
			return -EINVAL;
	}
	return 0;
}

long kvm_dev_ioctl_get_cpuid(void __user *argp, unsigned int ioctl)
{
	struct kvm_cpuid2 __user *user = argp;
	struct collector c = { 0 };
	struct kvm_cpuid2 head;
	int r;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (!head.nent)
		return -E2BIG;
	c.max = min_t(u32, head.nent, KVM_MAX_CPUID_ENTRIES);
	if (ioctl == KVM_GET_EMULATED_CPUID) {
		r = check_padding(user->entries, c.max);
		if (r)
			return r;
	}

	c.table.entries =
		kvcalloc(c.max, sizeof(*c.table.entries), GFP_KERNEL_ACCOUNT);
	if (!c.table.entries)
		return -ENOMEM;
	/* All of one CPU. */
	preempt_disable();
	r = ioctl == KVM_GET_EMULATED_CPUID ? get_emulated(&c) :
					      get_supported(&c);
	preempt_enable();

	if (!r &&
	    (put_user(c.table.nent, &user->nent) ||
	     copy_to_user(user->entries, c.table.entries,
			  array_size(c.table.nent, sizeof(*c.table.entries)))))
		r = -EFAULT;
	kvfree(c.table.entries);
	return r;
}
