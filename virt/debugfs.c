// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - /sys/kernel/debug/kvm
 *
 * Owns: the directory, under the name that tools know; "host", what the host
 * offers and what is used of it; "cpus", how virtualisation stands on each CPU,
 * as the CPU's own registers tell; a directory for each VM, which mmu/ and stats.c
 * put files into.
 *
 * Locking: kvm_debugfs_lock makes "is the name taken" and taking it one step.
 *
 * Nothing here can fail a load or a VM: without debugfs, it is just not there.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "arch.h"
#include "mmu/mmu.h"
#include "virt.h"
#include "virt/stats.h"
#include "vm.h"

static DEFINE_MUTEX(kvm_debugfs_lock);
static struct dentry *kvm_debugfs_dir;

static int host_show(struct seq_file *m, void *unused)
{
	kvm_arch_show_host(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(host);

static int cpus_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		kvm_arch_show_cpu(m, cpu);
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

int kvm_debugfs_init(void)
{
	kvm_debugfs_dir = debugfs_create_dir("kvm", NULL);
	debugfs_create_file("host", 0444, kvm_debugfs_dir, NULL, &host_fops);
	debugfs_create_file("cpus", 0444, kvm_debugfs_dir, NULL, &cpus_fops);
	return 0;
}

void kvm_debugfs_exit(void)
{
	debugfs_remove(kvm_debugfs_dir);
}

/*
 * The name can be taken: a process may close a VM's first descriptor, keep the
 * VM by another one and get the number again.  The second VM then goes without.
 */
void kvm_vm_debugfs_create(struct kvm *kvm, int fd)
{
	struct dentry *dentry;
	char name[32];

	snprintf(name, sizeof(name), "%d-%d", task_pid_nr(current), fd);

	mutex_lock(&kvm_debugfs_lock);
	dentry = debugfs_lookup(name, kvm_debugfs_dir);
	if (dentry) {
		dput(dentry);
	} else {
		dentry = debugfs_create_dir(name, kvm_debugfs_dir);
		if (!IS_ERR(dentry)) {
			kvm->debugfs_dentry = dentry;
			kvm_mmu_create_vm_debugfs(kvm);
			kvm_stats_create_vm_debugfs(kvm);
		}
	}
	mutex_unlock(&kvm_debugfs_lock);
}
