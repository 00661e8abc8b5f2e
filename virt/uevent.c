// SPDX-License-Identifier: GPL-2.0-only
/*
 * uevent.c - the kernel's events of VMs
 *
 * Owns: see uevent.h.  Nothing depends on them: one that can't be sent is not.
 *
 * Locking: see uevent.h.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "virt.h"
#include "virt/uevent.h"
#include "vm.h"

static DEFINE_MUTEX(uevent_lock);
static unsigned long long nr_created, nr_active;

static void add_stats_path(struct kobj_uevent_env *env, const struct kvm *kvm)
{
	char *buf, *path;

	if (!kvm->debugfs_dentry)
		return;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return;
	path = dentry_path_raw(kvm->debugfs_dentry, buf, PATH_MAX);
	if (!IS_ERR(path))
		add_uevent_var(env, "STATS_PATH=%s", path);
	kfree(buf);
}

static void send(const struct kvm *kvm, const char *event,
		 unsigned long long created, unsigned long long active)
{
	struct kobject *kobj = kvm_dev_kobj();
	struct kobj_uevent_env *env;

	if (!kobj)
		return;
	env = kzalloc(sizeof(*env), GFP_KERNEL);
	if (!env)
		return;
	add_uevent_var(env, "CREATED=%llu", created);
	add_uevent_var(env, "COUNT=%llu", active);
	add_uevent_var(env, "EVENT=%s", event);
	add_uevent_var(env, "PID=%d", kvm->announced_pid);
	add_stats_path(env, kvm);
	kobject_uevent_env(kobj, KOBJ_CHANGE, env->envp);
	kfree(env);
}

void kvm_uevent_created(struct kvm *kvm)
{
	unsigned long long created, active;

	kvm->announced_pid = task_pid_nr(current);
	mutex_lock(&uevent_lock);
	created = ++nr_created;
	active = ++nr_active;
	mutex_unlock(&uevent_lock);
	send(kvm, "create", created, active);
}

void kvm_uevent_destroyed(struct kvm *kvm)
{
	unsigned long long created, active;

	if (!kvm->announced_pid)
		return;
	mutex_lock(&uevent_lock);
	created = nr_created;
	active = --nr_active;
	mutex_unlock(&uevent_lock);
	send(kvm, "destroy", created, active);
}
