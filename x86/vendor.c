// SPDX-License-Identifier: GPL-2.0-only
/*
 * vendor.c - the chosen vendor, and the static calls that reach it
 *
 * Owns: which vendor runs; binding its hooks; kvm_arch_*() as far as it is one
 * call to the vendor.
 *
 * Locking: none.  Binding happens while the module loads, when nothing calls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/static_call.h>

#include "arch.h"
#include "mmu/mmu.h"
#include "params.h"
#include "vendor.h"
#include "x86/cpuid.h"
#include "x86/msr.h"
#include "x86/tsc.h"
#include "x86/user_return.h"
#include "x86/x86.h"

static const struct kvm_x86_vendor *kvm_x86_vendor;

#define KVM_X86_OP(name, ret, args) \
	DEFINE_STATIC_CALL_NULL(kvm_x86_##name, ret args)
#define KVM_X86_OP_OPTIONAL(name, ret, args) \
	DEFINE_STATIC_CALL_RET0(kvm_x86_##name, ret args)
#define KVM_X86_OP_VCPU KVM_X86_OP
#include "x86_ops_list.h"

/* All hooks of vCPUs, or none. */
static const char *missing_vcpu_op(const struct kvm_x86_vendor *vendor)
{
	const struct kvm_x86_ops ops = *vendor->ops;
	const char *missing = NULL;
	bool has_some = false;

#define KVM_X86_OP(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args) \
	do {                             \
		if (ops.hook)            \
			has_some = true; \
		else                     \
			missing = #hook; \
	} while (0)
#include "x86_ops_list.h"
	return has_some ? missing : NULL;
}

static int check_ops(const struct kvm_x86_vendor *vendor)
{
	const struct kvm_x86_ops ops = *vendor->ops;
	const char *missing = missing_vcpu_op(vendor);

#define KVM_X86_OP(hook, ret, args)      \
	do {                             \
		if (!ops.hook)           \
			missing = #hook; \
	} while (0)
#define KVM_X86_OP_OPTIONAL(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args)
#include "x86_ops_list.h"

	if (missing) {
		pr_err("%s lacks the hook %s\n", vendor->name, missing);
		return -EINVAL;
	}
	return 0;
}

static void *hook_or_return0(void *hook)
{
	return hook ? hook : __static_call_return0;
}

static void bind_ops(const struct kvm_x86_vendor *vendor)
{
	const struct kvm_x86_ops ops = *vendor->ops;

#define KVM_X86_OP(hook, ret, args) static_call_update(kvm_x86_##hook, ops.hook)
#define KVM_X86_OP_OPTIONAL(hook, ret, args) \
	static_call_update(kvm_x86_##hook, hook_or_return0(ops.hook))
/* Without vCPUs nothing calls them. */
#define KVM_X86_OP_VCPU KVM_X86_OP
#include "x86_ops_list.h"
}

struct probe_call {
	const struct kvm_x86_vendor *const *vendors;
	const struct kvm_x86_vendor *found;
	int error;
};

static void probe_ipi(void *data)
{
	struct probe_call *call = data;
	const struct kvm_x86_vendor *const *v;

	kvm_x86_set_reference_cpu();
	for (v = call->vendors; *v; v++) {
		call->error = (*v)->probe();
		if (call->error != -ENODEV) {
			call->found = *v;
			return;
		}
	}
}

int kvm_x86_vendor_probe(const struct kvm_x86_vendor *const *vendors)
{
	struct probe_call call = { .vendors = vendors };
	int r;

	/* On one CPU, so that what is read fits together. */
	cpus_read_lock();
	smp_call_function_single(cpumask_first(cpu_online_mask), probe_ipi,
				 &call, 1);
	cpus_read_unlock();

	if (!call.found) {
		pr_err("this CPU has neither VT-x nor AMD-V\n");
		return -EOPNOTSUPP;
	}
	r = call.error;
	if (!r)
		r = check_ops(call.found);
	if (r)
		return r;

	kvm_x86_vendor = call.found;
	bind_ops(kvm_x86_vendor);
	return 0;
}

void kvm_x86_vendor_release(void)
{
	kvm_x86_vendor = NULL;
}

int kvm_x86_hardware_setup(void)
{
	return kvm_x86_vendor->hardware_setup();
}

int kvm_x86_module_init(void)
{
	kvm_user_return_init();
	kvm_tsc_init();
	return 0;
}

int kvm_x86_guest_features_init(void)
{
	if (!kvm_x86_has_vcpus())
		return 0;
	kvm_set_cpu_caps();
	return kvm_msr_list_init();
}

void kvm_x86_hardware_unsetup(void)
{
	static_call(kvm_x86_hardware_unsetup)();
}

bool kvm_x86_has_vcpus(void)
{
	return kvm_x86_vendor && kvm_x86_vendor->ops->vcpu_create;
}

size_t kvm_x86_vcpu_size(void)
{
	return kvm_x86_vendor->vcpu_size;
}

const char *kvm_x86_vendor_name(void)
{
	return kvm_x86_vendor ? kvm_x86_vendor->name : "none";
}

int kvm_arch_check_processor_compat(void)
{
	int r;

	r = kvm_x86_check_features();
	return r ? r : static_call(kvm_x86_check_processor_compat)();
}

int kvm_arch_hardware_enable(void)
{
	kvm_user_return_msr_cpu_online();
	return static_call(kvm_x86_hardware_enable)();
}

void kvm_arch_hardware_disable(void)
{
	static_call(kvm_x86_hardware_disable)();
	kvm_user_return_msr_cpu_offline();
}

void (*kvm_arch_emergency_disable(void))(void)
{
	return kvm_x86_vendor->ops->emergency_disable;
}

int kvm_arch_post_hardware_enable_setup(void)
{
	return static_call(kvm_x86_post_hardware_enable_setup)();
}

void kvm_arch_show_host(struct seq_file *m)
{
	const struct kvm_mmu_config *config = kvm_mmu_get_config();

	seq_printf(m, "vendor: %s\n", kvm_x86_vendor_name());
	seq_printf(m, "physical address bits: %u\n", kvm_mmu_maxphyaddr());
	seq_printf(m, "two-dimensional paging: %s\n",
		   config->tdp ? "on" : "off");
	if (config->tdp)
		seq_printf(m, "  page table levels: %u, largest page: %s\n",
			   config->tdp_root_level,
			   config->max_huge_level == KVM_MMU_LEVEL_1G ? "1G" :
			   config->max_huge_level == KVM_MMU_LEVEL_2M ? "2M" :
									"4K");
	seq_printf(m, "TDP MMU: %s\n", kvm_param_tdp_mmu ? "on" : "off");
	seq_printf(m, "SPTEs per pte_list_desc: %u\n",
		   kvm_mmu_nr_sptes_per_pte_list());
	static_call(kvm_x86_show_host)(m);
}
