// SPDX-License-Identifier: GPL-2.0-only
/*
 * hardware.c - virtualisation on and off, CPU by CPU
 *
 * Owns: how many users virtualisation has, on which CPUs it is on, and every
 * occasion on which that changes: the first and last VM, CPU hotplug, suspend
 * and resume, reboot, kexec and crash.
 *
 * Locking: kvm_usage_lock guards kvm_usage_count, and is taken inside
 * cpu_hotplug_lock, because the hotplug callbacks run with that one held.  So
 * the count and the set of online CPUs can not both change: a CPU is either
 * online when the first user comes and is turned on then, or comes up later and
 * turns itself on.  virt_enabled is written by its own CPU alone, IRQs off.
 *
 * As long as the module is loaded, a CPU that differs from the others is not
 * let online, VM or no VM: so no KVM_CREATE_VM fails for a CPU that came up in
 * between.
 *
 * Deliberately absent: nothing here knows VMX or SVM; see arch.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>

#include "arch.h"
#include "compat.h"
#include "params.h"
#include "virt.h"

static DEFINE_MUTEX(kvm_usage_lock);
static unsigned int kvm_usage_count;
static DEFINE_PER_CPU(bool, virt_enabled);

/* The host is going down: set once, before virtualisation is turned off. */
static bool kvm_rebooting;

static int kvm_cpuhp_state;

static int enable_this_cpu(void)
{
	int r;

	lockdep_assert_irqs_disabled();

	if (__this_cpu_read(virt_enabled))
		return 0;
	if (READ_ONCE(kvm_rebooting))
		return -EBUSY;

	r = kvm_arch_check_processor_compat();
	if (!r)
		r = kvm_arch_hardware_enable();
	if (!r)
		__this_cpu_write(virt_enabled, true);
	return r;
}

static void disable_this_cpu(void)
{
	lockdep_assert_irqs_disabled();

	if (!__this_cpu_read(virt_enabled))
		return;
	__this_cpu_write(virt_enabled, false);
	kvm_arch_hardware_disable();
}

static void enable_ipi(void *data)
{
	atomic_t *error = data;
	int r = enable_this_cpu();

	if (r)
		atomic_cmpxchg(error, 0, r);
}

static void disable_ipi(void *unused)
{
	disable_this_cpu();
}

static void disable_all_cpus(void)
{
	on_each_cpu(disable_ipi, NULL, 1);
	cpu_emergency_unregister_virt_callback(kvm_arch_emergency_disable());
}

static int enable_all_cpus(void)
{
	atomic_t error = ATOMIC_INIT(0);
	int r;

	/* First of all, so that no crash finds a CPU on and nobody to ask. */
	cpu_emergency_register_virt_callback(kvm_arch_emergency_disable());

	on_each_cpu(enable_ipi, &error, 1);
	r = atomic_read(&error);
	if (r)
		disable_all_cpus();
	return r;
}

int kvm_enable_virtualization(void)
{
	int r = 0;

	cpus_read_lock();
	mutex_lock(&kvm_usage_lock);
	if (!kvm_usage_count)
		r = enable_all_cpus();
	if (!r)
		kvm_usage_count++;
	mutex_unlock(&kvm_usage_lock);
	cpus_read_unlock();
	return r;
}

void kvm_disable_virtualization(void)
{
	cpus_read_lock();
	mutex_lock(&kvm_usage_lock);
	if (!--kvm_usage_count)
		disable_all_cpus();
	mutex_unlock(&kvm_usage_lock);
	cpus_read_unlock();
}

bool kvm_cpu_virt_enabled(unsigned int cpu)
{
	return READ_ONCE(per_cpu(virt_enabled, cpu));
}

int kvm_virt_trial(void)
{
	int r;

	r = kvm_enable_virtualization();
	if (r)
		return r;

	r = kvm_arch_post_hardware_enable_setup();
	if (r || !kvm_param_enable_virt_at_load)
		kvm_disable_virtualization();
	return r;
}

void kvm_virt_trial_undo(void)
{
	if (kvm_param_enable_virt_at_load)
		kvm_disable_virtualization();
}

/*
 * Called for each CPU that comes up, whose bring-up a refusal makes fail, and
 * for each that is up when the module loads, whose load it makes fail.
 */
static int kvm_online_cpu(unsigned int cpu)
{
	int r;

	mutex_lock(&kvm_usage_lock);
	local_irq_disable();
	r = kvm_usage_count ? enable_this_cpu() :
			      kvm_arch_check_processor_compat();
	local_irq_enable();
	mutex_unlock(&kvm_usage_lock);

	if (r)
		pr_err_ratelimited("CPU%u can't run VMs (error %d): to use it, unload Twinwalk; to use Twinwalk, take it offline\n",
				   cpu, r);
	return r;
}

/* No lock: the CPU runs nothing but this, and its IRQs are off. */
static int kvm_dying_cpu(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	disable_this_cpu();
	local_irq_restore(flags);
	return 0;
}

int kvm_hotplug_init(void)
{
	int r;

	r = kvm_cpuhp_setup(kvm_online_cpu, kvm_dying_cpu);
	if (r < 0)
		return r;

	kvm_cpuhp_state = r;
	return 0;
}

void kvm_hotplug_exit(void)
{
	kvm_cpuhp_remove(kvm_cpuhp_state);
}

/*
 * Suspend and resume of the last CPU; the others went and come by hotplug.
 * Tasks are frozen, so nobody is inside kvm_usage_lock, and it is not taken.
 */
static int kvm_suspend(void)
{
	lockdep_assert_not_held(&kvm_usage_lock);
	kvm_arch_suspend();
	disable_this_cpu();
	return 0;
}

static void kvm_resume(void)
{
	lockdep_assert_not_held(&kvm_usage_lock);
	kvm_arch_resume();
	if (kvm_usage_count && enable_this_cpu())
		pr_err("virtualisation did not come back after suspend; stop the VMs and reload twinwalk\n");
}

static struct syscore_ops kvm_syscore_ops = {
	.suspend = kvm_suspend,
	.resume = kvm_resume,
};

int kvm_syscore_init(void)
{
	register_syscore_ops(&kvm_syscore_ops);
	return 0;
}

void kvm_syscore_exit(void)
{
	unregister_syscore_ops(&kvm_syscore_ops);
}

/*
 * Reboot, power-off and kexec.  INIT is blocked while a CPU is in VMX
 * operation (SDM 24.8), so virtualisation has to go before the firmware or the
 * next kernel starts the CPUs again.  kvm_rebooting first: a CPU that turns
 * virtualisation on after its IPI below would keep it.
 */
static int kvm_reboot(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	WRITE_ONCE(kvm_rebooting, true);
	on_each_cpu(disable_ipi, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block kvm_reboot_nb = {
	.notifier_call = kvm_reboot,
	.priority = 0,
};

int kvm_reboot_init(void)
{
	return register_reboot_notifier(&kvm_reboot_nb);
}

void kvm_reboot_exit(void)
{
	unregister_reboot_notifier(&kvm_reboot_nb);
}
