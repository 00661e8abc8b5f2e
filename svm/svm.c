// SPDX-License-Identifier: GPL-2.0-only
/*
 * svm.c - the vendor AMD-V: its hooks, its setup, SVM on and off
 *
 * Owns: the SVM configuration that this host runs on, struct svm_cpu of each
 * possible CPU, the I/O permission map, EFER.SVME, VM_HSAVE_PA, the TSC ratio;
 * which of CPUID a guest can have by AMD-V.
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
#include <linux/string.h>
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
#include "svm/nested.h"
#include "svm/svm.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/tsc.h"
#include "x86/x86.h"

/* CPUID 8000_0001H:ECX.SVM, as the CPU has it: the kernel may hide it. */
#define CPUID_80000001_ECX_SVM BIT(2)

/* Its EBX[5:0] is the number of the C-bit; APM 3, E.4.17. */
#define CPUID_MEM_ENCRYPTION 0x8000001f

/* VM_CR.SVMDIS, APM 2, 15.30.1: EFER.SVME can not be set. */
#define VM_CR_SVMDIS BIT_ULL(4)

/* I/O permission map, APM 2, 15.10.1: a bit a port, and a few behind the last. */
#define IOPM_ORDER 2
#define IOPM_SIZE  (PAGE_SIZE << IOPM_ORDER)

static struct svm_capabilities svm_capabilities __tw_ro_after_load;
static struct svm_config svm_config __tw_ro_after_load;

DEFINE_PER_CPU(struct svm_cpu, svm_cpu);

static void *iopm;

bool svm_has(u32 feature)
{
	return svm_config.features & feature;
}

u32 svm_nr_asids(void)
{
	return svm_config.nr_asids;
}

unsigned long svm_iopm_pa(void)
{
	return __sme_pa(iopm);
}

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

static void free_cpus(void)
{
	struct svm_cpu *sc;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		sc = per_cpu_ptr(&svm_cpu, cpu);
		free_page((unsigned long)sc->save_area);
		free_page((unsigned long)sc->host_vmcb);
		*sc = (struct svm_cpu){};
	}
}

static void *alloc_page_for(unsigned int cpu)
{
	struct page *page =
		alloc_pages_node(cpu_to_node(cpu), GFP_KERNEL | __GFP_ZERO, 0);

	return page ? page_address(page) : NULL;
}

static int alloc_cpus(void)
{
	struct svm_cpu *sc;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		sc = per_cpu_ptr(&svm_cpu, cpu);
		sc->save_area = alloc_page_for(cpu);
		sc->host_vmcb = alloc_page_for(cpu);
		if (!sc->save_area || !sc->host_vmcb) {
			free_cpus();
			return -ENOMEM;
		}
		sc->host_vmcb_pa = __sme_pa(sc->host_vmcb);
	}
	return 0;
}

/* Each port access exits; who may have it is asked of the buses then. */
static int alloc_iopm(void)
{
	iopm = (void *)__get_free_pages(GFP_KERNEL, IOPM_ORDER);
	if (!iopm)
		return -ENOMEM;
	memset(iopm, 0xff, IOPM_SIZE);
	return 0;
}

static void free_iopm(void)
{
	free_pages((unsigned long)iopm, IOPM_ORDER);
	iopm = NULL;
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
		.tdp = svm_has(SVM_FEATURE_NPT),
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

	r = alloc_cpus();
	if (r)
		return r;
	r = alloc_iopm();
	if (r) {
		free_cpus();
		return r;
	}

	svm_configure_mmu();
	svm_msr_setup();
	if (svm_has(SVM_FEATURE_TSC_SCALING))
		kvm_tsc_set_scaling(32, SVM_TSC_RATIO_MAX);
	return 0;
}

static void svm_hardware_unsetup(void)
{
	free_iopm();
	free_cpus();
}

/*
 * What a guest may see beside what x86/cpuid.c takes from the host: nothing is
 * emulated, and SVM itself is there if it was asked for.
 */
static void svm_set_cpu_caps(void)
{
	if (kvm_param_nested)
		kvm_cpu_cap_set(X86_FEATURE_SVM);
	else
		kvm_cpu_cap_clear(X86_FEATURE_SVM);
	/* Where SPEC_CTRL has SSBD the kernel does nothing for VIRT_SPEC_CTRL. */
	if (boot_cpu_has(X86_FEATURE_LS_CFG_SSBD) ||
	    boot_cpu_has(X86_FEATURE_VIRT_SSBD))
		kvm_cpu_cap_set(X86_FEATURE_VIRT_SSBD);
}

static int svm_hardware_enable(void)
{
	unsigned int cpu = raw_smp_processor_id();
	struct svm_cpu *sc = this_cpu_ptr(&svm_cpu);
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
	wrmsrl(MSR_VM_HSAVE_PA, __sme_pa(sc->save_area));
	if (svm_has(SVM_FEATURE_TSC_SCALING))
		wrmsrl(MSR_AMD64_TSC_RATIO, TSC_RATIO_1);
	sc->tsc_multiplier = TSC_RATIO_1;
	/* Nobody has an ASID of this generation; the first who gets one flushes. */
	sc->asid_generation++;
	sc->next_asid = svm_nr_asids();
	sc->last_vmcb = NULL;
	sc->enabled = true;

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
	this_cpu_write(svm_cpu.enabled, false);
	/* The kernel itself expects a ratio of 1 from its own RDTSC. */
	if (svm_has(SVM_FEATURE_TSC_SCALING))
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
	.set_cpu_caps = svm_set_cpu_caps,
	.vcpu_create = svm_vcpu_create,
	.vcpu_free = svm_vcpu_free,
	.vcpu_reset = svm_vcpu_reset,
	.vcpu_after_set_cpuid = svm_vcpu_after_set_cpuid,
	.vcpu_load = svm_vcpu_load,
	.vcpu_put = svm_vcpu_put,
	.prepare_switch_to_guest = svm_prepare_switch_to_guest,
	.vcpu_run = svm_vcpu_run,
	.handle_exit_irqoff = svm_handle_exit_irqoff,
	.handle_exit = svm_handle_exit,
	.skip_emulated_instruction = svm_skip_emulated_instruction,
	.cache_reg = svm_cache_reg,
	.get_segment = svm_get_segment,
	.set_segment = svm_set_segment,
	.get_segment_base = svm_get_segment_base,
	.get_cpl = svm_get_cpl,
	.get_cs_db_l_bits = svm_get_cs_db_l_bits,
	.get_idt = svm_get_idt,
	.set_idt = svm_set_idt,
	.get_gdt = svm_get_gdt,
	.set_gdt = svm_set_gdt,
	.is_valid_cr0 = svm_is_valid_cr0,
	.is_valid_cr4 = svm_is_valid_cr4,
	.set_cr0 = svm_set_cr0,
	.set_cr4 = svm_set_cr4,
	.set_efer = svm_set_efer,
	.get_rflags = svm_get_rflags,
	.set_rflags = svm_set_rflags,
	.get_if_flag = svm_get_if_flag,
	.set_dr7 = svm_set_dr7,
	.sync_dirty_debug_regs = svm_sync_dirty_debug_regs,
	.update_exception_bitmap = svm_update_exception_bitmap,
	.load_mmu_pgd = svm_load_mmu_pgd,
	.flush_tlb_all = svm_flush_tlb_asid,
	.flush_tlb_current = svm_flush_tlb_asid,
	.flush_tlb_gva = svm_flush_tlb_gva,
	.flush_tlb_guest = svm_flush_tlb_asid,
	.inject_irq = svm_inject_irq,
	.inject_nmi = svm_inject_nmi,
	.inject_exception = svm_inject_exception,
	.cancel_injection = svm_cancel_injection,
	.interrupt_allowed = svm_interrupt_allowed,
	.nmi_allowed = svm_nmi_allowed,
	.get_nmi_mask = svm_get_nmi_mask,
	.set_nmi_mask = svm_set_nmi_mask,
	.enable_irq_window = svm_enable_irq_window,
	.enable_nmi_window = svm_enable_nmi_window,
	.smi_allowed = svm_smi_allowed,
	.enable_smi_window = svm_enable_smi_window,
	.enter_smm = svm_enter_smm,
	.get_interrupt_shadow = svm_get_interrupt_shadow,
	.set_interrupt_shadow = svm_set_interrupt_shadow,
	.update_cr8_intercept = svm_update_cr8_intercept,
	.get_msr = svm_get_msr,
	.set_msr = svm_set_msr,
	.get_feature_msr = svm_get_feature_msr,
	.has_emulated_msr = svm_has_emulated_msr,
	.msr_filter_changed = svm_msr_filter_changed,
	.write_tsc_offset = svm_write_tsc_offset,
	.write_tsc_multiplier = svm_write_tsc_multiplier,
	.get_exit_info = svm_get_exit_info,
	.get_insn = svm_get_insn,
	.check_nested_events = svm_check_nested_events,
	.nested_triple_fault = svm_nested_triple_fault,
	.init_blocked = svm_init_blocked,
	.emulation_intercepted = svm_emulation_intercepted,
};

/* Of a function in another file the compiler only knows that it is not NULL here. */
static __always_inline bool is_missing(const void *hook)
{
	return __builtin_constant_p(!hook) && !hook;
}

static int svm_probe_checked(void)
{
#define KVM_X86_OP(hook, ret, args) BUILD_BUG_ON(is_missing(svm_ops.hook))
#define KVM_X86_OP_OPTIONAL(hook, ret, args)
#include "x86_ops_list.h"
	return svm_probe();
}

const struct kvm_x86_vendor svm_vendor = {
	.name = "AMD-V",
	.vcpu_size = sizeof(struct vcpu_svm),
	.probe = svm_probe_checked,
	.hardware_setup = svm_hardware_setup,
	.ops = &svm_ops,
};
