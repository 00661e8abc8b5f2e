// SPDX-License-Identifier: GPL-2.0-only
/*
 * host.c - is this host fit, and are its CPUs alike?
 *
 * Owns: the checks that hold whatever the vendor, and what is asked of a CPU's
 * own registers.  Changes nothing.
 *
 * Locking: none.
 *
 * Deliberately absent: whether /dev/kvm is free.  Only misc_register() can
 * tell, by taking it, and it is the ladder's last step.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

#include "arch.h"
#include "virt.h"
#include "x86/x86.h"

#ifndef CONFIG_X86_64
#error Twinwalk needs a 64-bit kernel
#endif

/* PAT entry 0, bits 2:0 of IA32_PAT, and its encoding of write-back. */
#define PAT_ENTRY0_MASK 7
#define PAT_WB		6

/**
 * struct virt_regs - where a CPU says that virtualisation is on
 * @vmxe: CR4.VMXE, SDM 3C, "Enabling and Entering VMX Operation"
 * @svme: EFER.SVME, APM 2, 15.4 "Enabling SVM"
 */
struct virt_regs {
	bool vmxe;
	bool svme;
};

static void read_virt_regs(void *data)
{
	struct virt_regs *regs = data;
	u64 efer;

	regs->vmxe = __read_cr4() & X86_CR4_VMXE;
	regs->svme = !rdmsrl_safe(MSR_EFER, &efer) && (efer & EFER_SVME);
}

static void count_virt_on(void *data)
{
	struct virt_regs regs;

	read_virt_regs(&regs);
	if (regs.vmxe || regs.svme)
		atomic_inc(data);
}

static int check_cpu(void)
{
	u64 pat;

	if (!boot_cpu_has(X86_FEATURE_FPU) || !boot_cpu_has(X86_FEATURE_FXSR)) {
		pr_err("the CPU has no FPU with FXSAVE; no KVM can run on it\n");
		return -EOPNOTSUPP;
	}

	/*
	 * SPTEs leave PAT, PCD and PWT clear, that is, choose PAT entry 0, and
	 * rely on it being write-back.
	 */
	if (rdmsrl_safe(MSR_IA32_CR_PAT, &pat) ||
	    (pat & PAT_ENTRY0_MASK) != PAT_WB) {
		pr_err("PAT entry 0 of the host is not write-back; boot without a changed PAT\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int check_nobody_virtualises(void)
{
	atomic_t nr_on = ATOMIC_INIT(0);

	on_each_cpu(count_virt_on, &nr_on, 1);
	if (atomic_read(&nr_on)) {
		pr_err("another hypervisor has virtualisation on, on %d CPUs: unload it first\n",
		       atomic_read(&nr_on));
		return -EBUSY;
	}
	return 0;
}

int kvm_arch_host_check(void)
{
	int r;

	r = check_cpu();
	if (!r)
		r = check_nobody_virtualises();
	return r;
}

/*
 * What a vCPU that moves between CPUs takes for granted: features that a
 * guest's control registers, page tables or saved state rely on.
 */
static const struct {
	const char *name;
	unsigned int feature;
} compat_features[] = {
	/* clang-format off */
	{ "NX",		X86_FEATURE_NX },
	{ "1G pages",	X86_FEATURE_GBPAGES },
	{ "LA57",	X86_FEATURE_LA57 },
	{ "PCID",	X86_FEATURE_PCID },
	{ "INVPCID",	X86_FEATURE_INVPCID },
	{ "SMEP",	X86_FEATURE_SMEP },
	{ "SMAP",	X86_FEATURE_SMAP },
	{ "UMIP",	X86_FEATURE_UMIP },
	{ "PKU",	X86_FEATURE_PKU },
	{ "FSGSBASE",	X86_FEATURE_FSGSBASE },
	{ "XSAVE",	X86_FEATURE_XSAVE },
	{ "XSAVES",	X86_FEATURE_XSAVES },
	{ "RDTSCP",	X86_FEATURE_RDTSCP },
	/* clang-format on */
};

/*
 * What all CPUs are compared with.  Not boot_cpu_data: the kernel takes out of
 * that what any CPU lacks, the new one included, before anybody can compare.
 */
static struct {
	unsigned int cpu;
	u8 vendor;
	u8 phys_bits;
	bool has[ARRAY_SIZE(compat_features)];
} reference;

void kvm_x86_set_reference_cpu(void)
{
	const struct cpuinfo_x86 *c;
	unsigned int i;

	reference.cpu = raw_smp_processor_id();
	c = &cpu_data(reference.cpu);
	reference.vendor = c->x86_vendor;
	reference.phys_bits = c->x86_phys_bits;
	for (i = 0; i < ARRAY_SIZE(compat_features); i++)
		reference.has[i] = cpu_has(c, compat_features[i].feature);
}

unsigned int kvm_x86_reference_cpu(void)
{
	return reference.cpu;
}

int kvm_x86_check_features(void)
{
	const unsigned int cpu = raw_smp_processor_id();
	const struct cpuinfo_x86 *c = &cpu_data(cpu);
	unsigned int i;

	if (c->x86_vendor != reference.vendor) {
		pr_err_ratelimited("CPU%u differs from CPU%u: vendor\n", cpu,
				   reference.cpu);
		return -EIO;
	}
	if (c->x86_phys_bits != reference.phys_bits) {
		pr_err_ratelimited("CPU%u differs from CPU%u: physical address bits\n",
				   cpu, reference.cpu);
		return -EIO;
	}
	for (i = 0; i < ARRAY_SIZE(compat_features); i++) {
		if (cpu_has(c, compat_features[i].feature) !=
		    reference.has[i]) {
			pr_err_ratelimited("CPU%u differs from CPU%u: %s\n",
					   cpu, reference.cpu,
					   compat_features[i].name);
			return -EIO;
		}
	}
	return 0;
}

void kvm_arch_show_cpu(struct seq_file *m, unsigned int cpu)
{
	struct virt_regs regs;

	if (smp_call_function_single(cpu, read_virt_regs, &regs, 1))
		return;
	seq_printf(m, "CPU%u: enabled=%d CR4.VMXE=%d EFER.SVME=%d\n", cpu,
		   kvm_cpu_virt_enabled(cpu), regs.vmxe, regs.svme);
}
