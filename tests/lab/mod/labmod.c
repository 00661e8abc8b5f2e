// SPDX-License-Identifier: GPL-2.0-only
/*
 * labmod.c - what a test needs of an L1 host's kernel
 *
 * Owns: /sys/kernel/debug/lab_cpus, which tells of each CPU, from its real
 * registers, whether virtualisation is on.  It is independent of the module
 * under test, and works with that one gone.  It can also stand in Twinwalk's
 * way, as its parameters say.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <asm/svm.h>
#include <asm/tlbflush.h>

static bool take_minor;
module_param(take_minor, bool, 0444);
MODULE_PARM_DESC(take_minor, "Own /dev/kvm, as another hypervisor would");

static bool virt_on;
module_param(virt_on, bool, 0444);
MODULE_PARM_DESC(virt_on, "Turn virtualisation on, on the last CPU");

static struct dentry *file;

struct cpu_state {
	bool vmxe;
	bool svme;
	u64 hsave;
};

static void read_state(void *data)
{
	struct cpu_state *state = data;
	u64 efer;

	state->vmxe = __read_cr4() & X86_CR4_VMXE;
	state->svme = !rdmsrl_safe(MSR_EFER, &efer) && (efer & EFER_SVME);
	if (!boot_cpu_has(X86_FEATURE_SVM) ||
	    rdmsrl_safe(MSR_VM_HSAVE_PA, &state->hsave))
		state->hsave = 0;
}

static int cpus_show(struct seq_file *m, void *unused)
{
	struct cpu_state state;
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_state, &state, 1);
		seq_printf(m, "cpu%u %s\n", cpu,
			   state.vmxe || state.svme || state.hsave ? "on" :
								     "off");
	}
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

static void set_virt(void *on)
{
	u64 efer;

	if (boot_cpu_has(X86_FEATURE_SVM)) {
		rdmsrl(MSR_EFER, efer);
		efer = on ? efer | EFER_SVME : efer & ~(u64)EFER_SVME;
		wrmsrl(MSR_EFER, efer);
	} else if (on) {
		cr4_set_bits(X86_CR4_VMXE);
	} else {
		cr4_clear_bits(X86_CR4_VMXE);
	}
}

static const struct file_operations minor_fops = {
	.owner = THIS_MODULE,
};

static struct miscdevice minor_dev = {
	.minor = KVM_MINOR,
	.name = "labkvm",
	.fops = &minor_fops,
};

static unsigned int last_cpu(void)
{
	return cpumask_last(cpu_online_mask);
}

static int __init labmod_init(void)
{
	int r;

	if (take_minor) {
		r = misc_register(&minor_dev);
		if (r)
			return r;
	}
	if (virt_on)
		smp_call_function_single(last_cpu(), set_virt, (void *)1, 1);
	file = debugfs_create_file("lab_cpus", 0444, NULL, NULL, &cpus_fops);
	return 0;
}
module_init(labmod_init);

static void __exit labmod_exit(void)
{
	debugfs_remove(file);
	if (virt_on)
		smp_call_function_single(last_cpu(), set_virt, NULL, 1);
	if (take_minor)
		misc_deregister(&minor_dev);
}
module_exit(labmod_exit);

MODULE_DESCRIPTION("Helper of Twinwalk's lab");
MODULE_LICENSE("GPL");
