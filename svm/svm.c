// SPDX-License-Identifier: GPL-2.0-only
/*
 * svm.c - the vendor AMD-V: its hooks, its setup, SVM on and off
 *
 * Owns: the SVM configuration that this host runs on, a host save area for
 * each possible CPU, EFER.SVME, VM_HSAVE_PA, the TSC ratio.
 *
 * Locking: none.  The configuration is written while the module loads; a save
 * area is touched by its own CPU alone.
 *
 * References: APM 2, 15.4 "Enabling SVM", 15.30 "SVM Related MSRs".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/cc_platform.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/mem_encrypt.h>
#include <asm/msr.h>
#include <asm/perf_event.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/svm.h>
#include <asm/tlbflush.h>

#include "mmu/mmu.h"
#include "params.h"
#include "svm/config.h"
#include "vendor.h"
#include "x86/x86.h"

/* CPUID 8000_0001H:ECX.SVM, as the CPU has it: the kernel may hide it. */
#define CPUID_80000001_ECX_SVM BIT(2)

/* Its EBX[5:0] is the number of the C-bit; APM 3, E.4.17. */
#define CPUID_MEM_ENCRYPTION 0x8000001f

/* VM_CR.SVMDIS, APM 2, 15.30.1: EFER.SVME can not be set. */
#define VM_CR_SVMDIS BIT_ULL(4)

/* TSC_RATIO, APM 2, 15.30.5: 8.32 fixed point, so this is 1. */
#define TSC_RATIO_1 BIT_ULL(32)

static struct svm_capabilities svm_capabilities __tw_ro_after_load;
static struct svm_config svm_config __tw_ro_after_load;

static DEFINE_PER_CPU(void *, host_save_area);

static bool cpu_has_svm_bit(void)
{
	return cpuid_eax(0x80000000) >= SVM_CPUID_FUNC &&
	       (cpuid_ecx(0x80000001) & CPUID_80000001_ECX_SVM);
}

static bool svm_locked_off(void)
{
	u64 vm_cr;

	return !rdmsrl_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS);
}

static int svm_probe(void)
{
	const char *wrong;

	if (!cpu_has_svm_bit())
		return -ENODEV;

	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT)) {
		pr_err("this host is itself an encrypted guest (SEV), where AMD-V does not work\n");
		return -EOPNOTSUPP;
	}
	if (svm_locked_off()) {
		pr_err("AMD-V is locked off by the firmware: turn on SVM in the firmware's setup\n");
		return -EOPNOTSUPP;
	}

	/* The kernel's own shutdown trusts this flag to know of SVM. */
	if (!boot_cpu_has(X86_FEATURE_SVM)) {
		pr_err("AMD-V is turned off by this kernel: boot without clearcpuid=svm\n");
		return -EOPNOTSUPP;
	}

	svm_read_capabilities(&svm_capabilities);
	wrong = svm_compute_config(&svm_capabilities, kvm_mmu_tdp_wanted(),
				   &svm_config);
	if (wrong) {
		pr_err("AMD-V of this CPU can't be used: %s\n", wrong);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int svm_check_processor_compat(void)
{
	struct svm_capabilities cap;
	struct svm_config config;
	const char *difference;

	if (!cpu_has_svm_bit()) {
		difference = "it has no AMD-V";
	} else if (svm_locked_off()) {
		difference = "AMD-V is locked off by the firmware";
	} else {
		svm_read_capabilities(&cap);
		difference =
			svm_compute_config(&cap, kvm_mmu_tdp_wanted(), &config);
		if (!difference)
			difference =
				svm_config_difference(&svm_config, &config);
	}
	if (difference) {
		pr_err_ratelimited("CPU%u differs from CPU%u: %s\n",
				   raw_smp_processor_id(),
				   kvm_x86_reference_cpu(), difference);
		return -EIO;
	}
	return 0;
}

static void free_host_save_areas(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(host_save_area, cpu));
		per_cpu(host_save_area, cpu) = NULL;
	}
}

static int alloc_host_save_areas(void)
{
	unsigned int cpu;
	struct page *page;

	for_each_possible_cpu(cpu) {
		page = alloc_pages_node(cpu_to_node(cpu),
					GFP_KERNEL | __GFP_ZERO, 0);
		if (!page) {
			free_host_save_areas();
			return -ENOMEM;
		}
		per_cpu(host_save_area, cpu) = page_address(page);
	}
	return 0;
}

/*
 * Once SYSCFG turns memory encryption on, the CPU takes the C-bit and some
 * address bits for itself, whether this kernel encrypts or not; APM 2, 7.10.
 */
static void svm_set_me_mask(void)
{
	u64 syscfg;

	if (cpuid_eax(0x80000000) < CPUID_MEM_ENCRYPTION ||
	    rdmsrl_safe(MSR_AMD64_SYSCFG, &syscfg) ||
	    !(syscfg & MSR_AMD64_SYSCFG_MEM_ENCRYPT))
		return;

	kvm_mmu_set_me_mask(sme_me_mask,
			    BIT_ULL(cpuid_ebx(CPUID_MEM_ENCRYPTION) & 0x3f),
			    boot_cpu_data.x86_phys_bits);
}

/* Nested paging has as many levels as the host's own; APM 2, 15.25.3. */
static void svm_configure_mmu(void)
{
	const struct kvm_mmu_config config = {
		.tdp = svm_config.features & SVM_FEATURE_NPT,
		.tdp_root_level = pgtable_l5_enabled() ? 5 : 4,
		.max_huge_level = boot_cpu_has(X86_FEATURE_GBPAGES) ?
					  KVM_MMU_LEVEL_1G :
					  KVM_MMU_LEVEL_2M,
	};

	svm_set_me_mask();
	kvm_configure_mmu(&config);
}

static int svm_hardware_setup(void)
{
	int r;

	r = alloc_host_save_areas();
	if (r)
		return r;

	svm_configure_mmu();
	return 0;
}

static void svm_hardware_unsetup(void)
{
	free_host_save_areas();
}

static int svm_hardware_enable(void)
{
	unsigned int cpu = raw_smp_processor_id();
	void *area = __this_cpu_read(host_save_area);
	u64 efer;

	rdmsrl(MSR_EFER, efer);
	if (efer & EFER_SVME) {
		pr_err_ratelimited("CPU%u: another hypervisor has AMD-V on: unload it first\n",
				   cpu);
		return -EBUSY;
	}
	if (wrmsrl_safe(MSR_EFER, efer | EFER_SVME)) {
		pr_err_ratelimited("CPU%u: EFER.SVME can not be set\n", cpu);
		return -EIO;
	}
	wrmsrl(MSR_VM_HSAVE_PA, __sme_pa(area));
	if (svm_config.features & SVM_FEATURE_TSC_SCALING)
		wrmsrl(MSR_AMD64_TSC_RATIO, TSC_RATIO_1);

	/* perf's host-only events count nothing unless it knows of SVME. */
	amd_pmu_enable_virt();
	return 0;
}

/*
 * With GIF clear, INIT and NMI would stay blocked for good.  STGI faults if
 * SVME is off, and then GIF is no concern.
 */
static void set_gif(void)
{
	asm volatile("1:	stgi\n"
		     "2:\n" _ASM_EXTABLE(1b, 2b)
		     :
		     :
		     : "memory");
}

static void svm_off(void)
{
	u64 efer;

	rdmsrl(MSR_EFER, efer);
	if (!(efer & EFER_SVME))
		return;

	set_gif();
	wrmsrl(MSR_VM_HSAVE_PA, 0);
	wrmsrl(MSR_EFER, efer & ~EFER_SVME);
}

static void svm_hardware_disable(void)
{
	/* The kernel itself expects a ratio of 1 from its own RDTSC. */
	if (svm_config.features & SVM_FEATURE_TSC_SCALING)
		wrmsrl(MSR_AMD64_TSC_RATIO, TSC_RATIO_1);
	svm_off();
	amd_pmu_disable_virt();
}

static void svm_emergency_disable(void)
{
	svm_off();
}

static void svm_show_host(struct seq_file *m)
{
	svm_show_config(m, &svm_capabilities, &svm_config);
}

static const struct kvm_x86_ops svm_ops = {
	.check_processor_compat = svm_check_processor_compat,
	.hardware_enable = svm_hardware_enable,
	.hardware_disable = svm_hardware_disable,
	.emergency_disable = svm_emergency_disable,
	.hardware_unsetup = svm_hardware_unsetup,
	.show_host = svm_show_host,
};

static int svm_probe_checked(void)
{
#define KVM_X86_OP(hook, ret, args) BUILD_BUG_ON(!svm_ops.hook)
#define KVM_X86_OP_OPTIONAL(hook, ret, args)
#include "x86_ops_list.h"
	return svm_probe();
}

const struct kvm_x86_vendor svm_vendor = {
	.name = "AMD-V",
	.probe = svm_probe_checked,
	.hardware_setup = svm_hardware_setup,
	.ops = &svm_ops,
};
