// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmx.c - the vendor VT-x: its hooks, its setup, VMX operation on and off
 *
 * Owns: the VMX configuration that this host runs on, a VMXON region for each
 * possible CPU, CR4.VMXE.
 *
 * Locking: none.  The configuration is written while the module loads; a
 * VMXON region is touched by its own CPU alone.
 *
 * References: SDM 3C, "Introduction to Virtual Machine Extensions"; VMXON and
 * VMXOFF in "VMX Instruction Reference".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/perf_event.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/vmx.h>

#include "mmu/mmu.h"
#include "params.h"
#include "vendor.h"
#include "vmx/config.h"
#include "x86/x86.h"

/* CPUID.1:ECX.VMX, as the CPU has it: the kernel hides it when locked off. */
#define CPUID_1_ECX_VMX BIT(5)

static struct vmx_capabilities vmx_capabilities __tw_ro_after_load;
static struct vmx_config vmx_config __tw_ro_after_load;

static DEFINE_PER_CPU(void *, vmxon_region);

/* Is VMX allowed on this CPU?  The kernel has locked the MSR at boot. */
static bool vmx_allowed_by_firmware(void)
{
	return this_cpu_has(X86_FEATURE_MSR_IA32_FEAT_CTL) &&
	       this_cpu_has(X86_FEATURE_VMX);
}

static int check_control_registers(const struct vmx_capabilities *cap)
{
	unsigned long cr4 = cr4_read_shadow() | X86_CR4_VMXE;

	if (vmx_cr_allowed(read_cr0(), cap->cr0_fixed0, cap->cr0_fixed1) &&
	    vmx_cr_allowed(cr4, cap->cr4_fixed0, cap->cr4_fixed1))
		return 0;

	pr_err_ratelimited("CPU%u: VT-x does not allow CR0=%#lx CR4=%#lx, which this kernel uses\n",
			   raw_smp_processor_id(), read_cr0(), cr4);
	return -EOPNOTSUPP;
}

static int vmx_probe(void)
{
	struct vmx_refusal why;
	int r;

	if (!(cpuid_ecx(1) & CPUID_1_ECX_VMX))
		return -ENODEV;

	if (!vmx_allowed_by_firmware()) {
		pr_err("VT-x is locked off by %s\n",
		       IS_ENABLED(CONFIG_KVM_INTEL) ?
			       "the firmware: turn it on in the firmware's setup" :
			       "this kernel: use one with CONFIG_KVM_INTEL");
		return -EOPNOTSUPP;
	}

	vmx_read_capabilities(&vmx_capabilities);
	r = vmx_compute_config(&vmx_capabilities, kvm_mmu_tdp_wanted(),
			       &vmx_config, &why);
	if (r) {
		pr_err("VT-x of this CPU lacks what is needed: %s (%#llx)\n",
		       why.what, why.bits);
		return r;
	}
	return check_control_registers(&vmx_capabilities);
}

static int vmx_check_processor_compat(void)
{
	struct vmx_capabilities cap;
	struct vmx_config config;
	struct vmx_refusal why;
	const char *difference;

	vmx_read_capabilities(&cap);
	if (!vmx_allowed_by_firmware())
		difference = "VT-x is locked off by the firmware";
	else if (vmx_compute_config(&cap, kvm_mmu_tdp_wanted(), &config, &why))
		difference = why.what;
	else
		difference = vmx_config_difference(&vmx_config, &config);
	if (difference) {
		pr_err_ratelimited("CPU%u differs from CPU%u: %s\n",
				   raw_smp_processor_id(),
				   kvm_x86_reference_cpu(), difference);
		return -EIO;
	}
	return check_control_registers(&cap) ? -EIO : 0;
}

static void free_vmxon_regions(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(vmxon_region, cpu));
		per_cpu(vmxon_region, cpu) = NULL;
	}
}

static int alloc_vmxon_regions(void)
{
	unsigned int cpu;
	struct page *page;
	u32 *region;

	for_each_possible_cpu(cpu) {
		page = alloc_pages_node(cpu_to_node(cpu),
					GFP_KERNEL | __GFP_ZERO, 0);
		if (!page) {
			free_vmxon_regions();
			return -ENOMEM;
		}
		region = page_address(page);
		/* All that VMXON wants to find in it. */
		*region = vmx_config.revision;
		per_cpu(vmxon_region, cpu) = region;
	}
	return 0;
}

static u8 ept_max_huge_level(void)
{
	if (vmx_config.ept_vpid & VMX_EPT_1GB_PAGE_BIT)
		return KVM_MMU_LEVEL_1G;
	if (vmx_config.ept_vpid & VMX_EPT_2MB_PAGE_BIT)
		return KVM_MMU_LEVEL_2M;
	return KVM_MMU_LEVEL_4K;
}

/* Four levels reach 48 bits; the fifth is a walk longer for nothing below. */
static u8 ept_root_level(void)
{
	if ((vmx_config.ept_vpid & VMX_EPT_PAGE_WALK_5_BIT) &&
	    kvm_mmu_maxphyaddr() > 48)
		return 5;
	return 4;
}

static void vmx_configure_mmu(void)
{
	struct kvm_mmu_config config = {};
	unsigned int flags = 0;

	config.tdp = vmx_config.ctl[VMX_CTL_CPU2] & SECONDARY_EXEC_ENABLE_EPT;
	if (config.tdp) {
		if (vmx_config.ept_vpid & VMX_EPT_AD_BIT)
			flags |= KVM_EPT_HAS_AD;
		if (vmx_config.ept_vpid & VMX_EPT_EXECUTE_ONLY_BIT)
			flags |= KVM_EPT_HAS_EXEC_ONLY;
		kvm_mmu_set_ept_masks(flags);
		config.tdp_root_level = ept_root_level();
		config.max_huge_level = ept_max_huge_level();
	} else {
		config.max_huge_level = boot_cpu_has(X86_FEATURE_GBPAGES) ?
						KVM_MMU_LEVEL_1G :
						KVM_MMU_LEVEL_2M;
	}
	kvm_configure_mmu(&config);
}

static int vmx_hardware_setup(void)
{
	int r;

	r = alloc_vmxon_regions();
	if (r)
		return r;

	vmx_configure_mmu();
	return 0;
}

static void vmx_hardware_unsetup(void)
{
	free_vmxon_regions();
}

/*
 * VMfailInvalid sets CF, VMfailValid ZF; what is not allowed at all faults, and
 * then goes on behind the SETcc.
 */
static bool enter_vmx_operation(u64 pa)
{
	bool failed = true;

	asm volatile("1:	vmxon %[pa]\n"
		     "	setbe %[failed]\n"
		     "2:\n" _ASM_EXTABLE(1b, 2b)
		     : [failed] "+qm"(failed)
		     : [pa] "m"(pa)
		     : "cc", "memory");
	return !failed;
}

/* A fault means that this CPU is not in VMX operation, which is the aim. */
static void leave_vmx_operation(void)
{
	asm volatile("1:	vmxoff\n"
		     "2:\n" _ASM_EXTABLE(1b, 2b)
		     :
		     :
		     : "cc", "memory");
	cr4_clear_bits(X86_CR4_VMXE);
}

static int vmx_hardware_enable(void)
{
	unsigned int cpu = raw_smp_processor_id();

	if (__read_cr4() & X86_CR4_VMXE) {
		pr_err_ratelimited("CPU%u: another hypervisor has VT-x on: unload it first\n",
				   cpu);
		return -EBUSY;
	}

	/* Before VMXON: not every CPU can trace in VMX operation. */
	intel_pt_handle_vmx(1);
	cr4_set_bits(X86_CR4_VMXE);
	if (!enter_vmx_operation(__pa(__this_cpu_read(vmxon_region)))) {
		cr4_clear_bits(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		pr_err_ratelimited("CPU%u: VMXON failed\n", cpu);
		return -EIO;
	}
	return 0;
}

static void vmx_hardware_disable(void)
{
	leave_vmx_operation();
	intel_pt_handle_vmx(0);
}

static void vmx_emergency_disable(void)
{
	if (__read_cr4() & X86_CR4_VMXE)
		leave_vmx_operation();
}

static void vmx_show_host(struct seq_file *m)
{
	vmx_show_config(m, &vmx_capabilities, &vmx_config);
}

static const struct kvm_x86_ops vmx_ops = {
	.check_processor_compat = vmx_check_processor_compat,
	.hardware_enable = vmx_hardware_enable,
	.hardware_disable = vmx_hardware_disable,
	.emergency_disable = vmx_emergency_disable,
	.hardware_unsetup = vmx_hardware_unsetup,
	.show_host = vmx_show_host,
};

static int vmx_probe_checked(void)
{
#define KVM_X86_OP(hook, ret, args) BUILD_BUG_ON(!vmx_ops.hook)
#define KVM_X86_OP_OPTIONAL(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args)
#include "x86_ops_list.h"
	return vmx_probe();
}

const struct kvm_x86_vendor vmx_vendor = {
	.name = "VT-x",
	.probe = vmx_probe_checked,
	.hardware_setup = vmx_hardware_setup,
	.ops = &vmx_ops,
};
