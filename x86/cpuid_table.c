// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid_table.c - what a table of CPUID's answers says, and what follows from it
 *
 * Owns: the rules of the instruction, and of XSAVE's area, as far as CPUID decides
 * them.
 *
 * Locking: none; pure.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/kvm_para.h>
#include <asm/processor.h>

#include "x86/cpuid.h"

/* Without leaf 80000008H, and with PAE: SDM 3A, 4.1.4. */
#define DEFAULT_MAXPHYADDR 36
/* The most that page tables can hold. */
#define MAX_MAXPHYADDR 52

struct kvm_cpuid_entry2 *
kvm_cpuid_table_find(const struct kvm_cpuid_table *table, u32 function,
		     u32 index)
{
	unsigned int i;

	for (i = 0; i < table->nent; i++) {
		struct kvm_cpuid_entry2 *e = &table->entries[i];

		if (e->function == function &&
		    (e->index == index ||
		     !(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return e;
	}
	return NULL;
}

static bool has_signature(const struct kvm_cpuid_entry2 *e, const u32 regs[3])
{
	return e->ebx == regs[0] && e->ecx == regs[1] && e->edx == regs[2];
}

bool kvm_cpuid_table_amd(const struct kvm_cpuid_table *table)
{
	const struct kvm_cpuid_entry2 *e = kvm_cpuid_table_find(table, 0, 0);
	/* "AuthenticAMD" and "HygonGenuine", EBX, ECX, EDX. */
	static const u32 amd[] = { 0x68747541, 0x444d4163, 0x69746e65 };
	static const u32 hygon[] = { 0x6f677948, 0x656e6975, 0x6e65476e };

	return e && (has_signature(e, amd) || has_signature(e, hygon));
}

/* The leaf that says which is the last of its class. */
static u32 class_of(u32 function)
{
	if (function >= 0xc0000000)
		return 0xc0000000;
	if (function >= 0x80000000)
		return 0x80000000;
	if (function >= 0x40000000)
		return function & ~0xffu;
	return 0;
}

/* The last basic leaf, if that is what an unknown one reads as. */
static const struct kvm_cpuid_entry2 *
out_of_range(const struct kvm_cpuid_table *table, u32 *function, u32 index)
{
	const struct kvm_cpuid_entry2 *class;
	const struct kvm_cpuid_entry2 *basic;

	basic = kvm_cpuid_table_find(table, 0, 0);
	if (!basic || kvm_cpuid_table_amd(table))
		return NULL;
	class = kvm_cpuid_table_find(table, class_of(*function), 0);
	if (class && *function <= class->eax)
		return NULL;
	*function = basic->eax;
	return kvm_cpuid_table_find(table, *function, index);
}

bool kvm_cpuid_table_query(const struct kvm_cpuid_table *table,
			   struct cpuid_regs *regs, bool exact_only)
{
	const struct kvm_cpuid_entry2 *e;
	const u32 index = regs->ecx;
	u32 function = regs->eax;
	bool exact;

	e = kvm_cpuid_table_find(table, function, index);
	exact = e;
	if (!e && !exact_only)
		e = out_of_range(table, &function, index);

	*regs = (struct cpuid_regs){ 0 };
	if (e) {
		regs->eax = e->eax;
		regs->ebx = e->ebx;
		regs->ecx = e->ecx;
		regs->edx = e->edx;
	} else if (function == 0xb || function == 0x1f) {
		/* EDX, the x2APIC id, is that of any subleaf that is there. */
		e = kvm_cpuid_table_find(table, function, 1);
		if (e) {
			regs->ecx = index & 0xff;
			regs->edx = e->edx;
		}
	}
	return exact;
}

struct kvm_cpuid_entry2 *
kvm_cpuid_table_find_pv(const struct kvm_cpuid_table *table)
{
	const struct kvm_cpuid_entry2 *e;
	u32 signature[3];
	u32 base;

	memcpy(signature, KVM_SIGNATURE, sizeof(signature));
	/* KVM's may come behind those of another hypervisor. */
	for (base = KVM_CPUID_SIGNATURE; base < 0x40010000; base += 0x100) {
		e = kvm_cpuid_table_find(table, base, 0);
		if (!e || !has_signature(e, signature))
			continue;
		return kvm_cpuid_table_find(table, base + 1, 0);
	}
	return NULL;
}

u32 kvm_cpuid_table_pv_features(const struct kvm_cpuid_table *table)
{
	const struct kvm_cpuid_entry2 *e = kvm_cpuid_table_find_pv(table);

	return e ? e->eax : 0;
}

unsigned int kvm_cpuid_table_maxphyaddr(const struct kvm_cpuid_table *table)
{
	const struct kvm_cpuid_entry2 *e;

	e = kvm_cpuid_table_find(table, 0x80000000, 0);
	if (!e || e->eax < 0x80000008)
		return DEFAULT_MAXPHYADDR;
	e = kvm_cpuid_table_find(table, 0x80000008, 0);
	if (!e)
		return DEFAULT_MAXPHYADDR;
	return min_t(u32, e->eax & 0xff, MAX_MAXPHYADDR);
}

u32 kvm_cpuid_addresses(u32 eax, unsigned int tdp_levels,
			unsigned int phys_bits)
{
	u32 phys = eax & 0xff;
	u32 virt = max((eax >> 8) & 0xff, 48u);
	u32 guest = (eax >> 16) & 0xff;

	if (!tdp_levels)
		return phys_bits | virt << 8;
	/* What memory encryption takes of the host's is no business of a guest. */
	if (guest)
		phys = guest;
	guest = tdp_levels < 5 ? min(phys, 48u) : phys;
	return phys | virt << 8 | guest << 16;
}

int kvm_check_cpuid_table(const struct kvm_cpuid_table *table, u64 xcr0)
{
	const struct kvm_cpuid_entry2 *e;
	u64 xfeatures;
	u32 virt;

	e = kvm_cpuid_table_find(table, 0x80000008, 0);
	if (e) {
		virt = (e->eax >> 8) & 0xff;
		if (virt != 48 && virt != 57 && virt != 0)
			return -EINVAL;
	}
	e = kvm_cpuid_table_find(table, 0xd, 0);
	if (e) {
		xfeatures = e->eax | (u64)e->edx << 32;
		if (xfeatures & ~xcr0 & XFEATURE_MASK_XTILE_DATA)
			return -EINVAL;
	}
	return 0;
}

bool kvm_cpuid_tables_equal(const struct kvm_cpuid_table *a,
			    const struct kvm_cpuid_table *b)
{
	unsigned int i;

	if (a->nent != b->nent)
		return false;
	for (i = 0; i < a->nent; i++)
		if (memcmp(&a->entries[i], &b->entries[i],
			   offsetof(struct kvm_cpuid_entry2, padding)))
			return false;
	return true;
}

#define XSAVE_LEGACY_AND_HEADER (512 + 64)

u32 kvm_xstate_size(const struct kvm_xstate_component *components, u64 features,
		    bool compacted)
{
	u32 size = XSAVE_LEGACY_AND_HEADER;
	unsigned int i;

	for (i = 2; i < KVM_NR_XSTATE_COMPONENTS; i++) {
		const struct kvm_xstate_component *c = &components[i];

		if (!(features & BIT_ULL(i)))
			continue;
		if (!compacted)
			size = max(size, c->offset + c->size);
		else if (c->align)
			size = ALIGN(size, 64) + c->size;
		else
			size += c->size;
	}
	return size;
}
