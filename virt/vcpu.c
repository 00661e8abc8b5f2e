// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c - virtual CPUs: made, used through a descriptor, reached by others
 *
 * Owns: struct kvm_vcpu's life, its descriptor and what mmap() shows of it; which
 * vCPU is loaded on which CPU; requests and kicks; waiting; how the MMU
 * reaches the vCPUs (kvm_vcpu_mmu_ops).
 *
 * Locking: see include/vcpu.h.
 *
 * Deliberately absent: what a vCPU does (x86/x86.c); halt polling and yielding
 * (halt.c).
 */
#include <linux/anon_inodes.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "ioctl.h"
#include "vcpu.h"
#include "virt.h"
#include "virt/trace.h"

static DEFINE_PER_CPU(struct kvm_vcpu *, running_vcpu);

/* Targets of kvm_make_all_cpus_request(). */
static DEFINE_PER_CPU(cpumask_var_t, kick_mask);

/* --- loaded or not ------------------------------------------------------- */

struct kvm_vcpu *kvm_get_running_vcpu(void)
{
	return raw_cpu_read(running_vcpu);
}

static void sched_in(struct preempt_notifier *pn, int cpu)
{
	struct kvm_vcpu *vcpu =
		container_of(pn, struct kvm_vcpu, preempt_notifier);

	WRITE_ONCE(vcpu->preempted, false);
	WRITE_ONCE(vcpu->ready, false);
	__this_cpu_write(running_vcpu, vcpu);
	kvm_arch_vcpu_load(vcpu, cpu);
}

static void sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	struct kvm_vcpu *vcpu =
		container_of(pn, struct kvm_vcpu, preempt_notifier);

	if (task_is_running(current)) {
		WRITE_ONCE(vcpu->preempted, true);
		WRITE_ONCE(vcpu->ready, true);
	}
	kvm_arch_vcpu_put(vcpu);
	__this_cpu_write(running_vcpu, NULL);
}

static struct preempt_ops kvm_preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

void vcpu_load(struct kvm_vcpu *vcpu)
{
	int cpu = get_cpu();

	__this_cpu_write(running_vcpu, vcpu);
	preempt_notifier_register(&vcpu->preempt_notifier);
	kvm_arch_vcpu_load(vcpu, cpu);
	put_cpu();
}

void vcpu_put(struct kvm_vcpu *vcpu)
{
	preempt_disable();
	kvm_arch_vcpu_put(vcpu);
	preempt_notifier_unregister(&vcpu->preempt_notifier);
	__this_cpu_write(running_vcpu, NULL);
	preempt_enable();
}

/* --- requests and kicks -------------------------------------------------- */

static void ack_kick(void *unused)
{
}

/*
 * Who is in the guest has to leave; who is about to enter sees that it is
 * expected to leave (vcpu.h).  Who does not wait need not kick a vCPU that
 * somebody else has kicked.
 */
static bool needs_kick(struct kvm_vcpu *vcpu, bool wait)
{
	int mode;

	/* Pairs with the barrier behind the entering vCPU's store to mode. */
	smp_mb();
	mode = cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE);
	return wait ? mode != OUTSIDE_GUEST_MODE : mode == IN_GUEST_MODE;
}

void kvm_make_all_cpus_request(struct kvm *kvm, enum kvm_request req)
{
	bool wait = req <= KVM_REQ_LAST_KICK_WAIT;
	struct cpumask *mask;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	int me, cpu;

	me = get_cpu();
	mask = this_cpu_cpumask_var_ptr(kick_mask);
	cpumask_clear(mask);
	kvm_for_each_vcpu(i, vcpu, kvm) {
		kvm_make_request(req, vcpu);
		if (!wait && kvm_vcpu_wake_up(vcpu))
			continue;
		if (!needs_kick(vcpu, wait))
			continue;
		/* If it moves now, it leaves the guest by that. */
		cpu = READ_ONCE(vcpu->cpu);
		if (cpu != -1 && cpu != me)
			__cpumask_set_cpu(cpu, mask);
	}
	if (!cpumask_empty(mask))
		smp_call_function_many(mask, ack_kick, NULL, wait);
	put_cpu();
}

bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu)
{
	if (!rcuwait_wake_up(&vcpu->wait))
		return false;
	WRITE_ONCE(vcpu->ready, true);
	vcpu->stat.halt_wakeup++;
	return true;
}

void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	int me, cpu;

	if (kvm_vcpu_wake_up(vcpu))
		return;

	me = get_cpu();
	if (needs_kick(vcpu, false)) {
		cpu = READ_ONCE(vcpu->cpu);
		if (cpu != me && cpu != -1 && cpu_online(cpu))
			smp_send_reschedule(cpu);
	}
	put_cpu();
}

void kvm_vcpu_block(struct kvm_vcpu *vcpu)
{
	vcpu->stat.blocking = 1;
	prepare_to_rcuwait(&vcpu->wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kvm_arch_vcpu_runnable(vcpu) || signal_pending(current) ||
		    kvm_check_request(KVM_REQ_UNBLOCK, vcpu))
			break;
		schedule();
	}
	finish_rcuwait(&vcpu->wait);
	vcpu->stat.blocking = 0;
}

static void flush_remote_tlbs(struct kvm *kvm, gfn_t start, u64 nr)
{
	kvm_make_all_cpus_request(kvm, KVM_REQ_TLB_FLUSH);
}

static void reload_roots(struct kvm *kvm)
{
	kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_RELOAD);
}

const struct kvm_mmu_vm_ops kvm_vcpu_mmu_ops = {
	.flush_remote_tlbs = flush_remote_tlbs,
	.reload_roots = reload_roots,
};

/* --- ioctls -------------------------------------------------------------- */

static long run(struct kvm_vcpu *vcpu, void *data)
{
	struct pid *old, *new;
	long r;

	if (data)
		return -EINVAL;

	old = rcu_access_pointer(vcpu->pid);
	if (unlikely(old != task_pid(current))) {
		/* Another task than last time: so it may be on another node. */
		new = get_task_pid(current, PIDTYPE_PID);
		rcu_assign_pointer(vcpu->pid, new);
		if (old)
			synchronize_rcu();
		put_pid(old);
	}
	r = kvm_arch_vcpu_ioctl_run(vcpu);
	trace_kvm_userspace_exit(READ_ONCE(vcpu->run->exit_reason), r);
	return r;
}

static long set_signal_mask(struct kvm_vcpu *vcpu, void *data)
{
	struct kvm_signal_mask __user *user = (void __user *)data;
	struct kvm_signal_mask mask;
	sigset_t set;

	if (!user) {
		vcpu->sigset_active = false;
		return 0;
	}
	if (copy_from_user(&mask, user, sizeof(mask)))
		return -EFAULT;
	if (mask.len != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, user->sigset, sizeof(set)))
		return -EFAULT;

	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigset = set;
	vcpu->sigset_active = true;
	return 0;
}

static const struct kvm_vcpu_ioctl vcpu_ioctls[] = {
	{ KVM_RUN, KVM_IOCTL_RAW, run },
	{ KVM_SET_SIGNAL_MASK, KVM_IOCTL_RAW, set_signal_mask },
	{}
};

static const struct kvm_vcpu_ioctl *find_ioctl(unsigned int cmd)
{
	const struct kvm_vcpu_ioctl *row;

	row = kvm_vcpu_ioctl_find(vcpu_ioctls, cmd);
	return row ? row : kvm_vcpu_ioctl_find(kvm_arch_vcpu_ioctls, cmd);
}

static long kvm_vcpu_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct kvm_vcpu *vcpu = filp->private_data;
	const struct kvm_vcpu_ioctl *row;
	long r;

	if (vcpu->kvm->mm != current->mm || READ_ONCE(vcpu->kvm->vm_dead))
		return -EIO;
	if (_IOC_TYPE(cmd) != KVMIO)
		return -EINVAL;

	row = find_ioctl(cmd);
	if (row && (row->flags & KVM_IOCTL_ASYNC))
		return kvm_vcpu_ioctl_do(row, vcpu, arg);

	if (mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	r = -EINVAL;
	if (row) {
		vcpu_load(vcpu);
		r = kvm_vcpu_ioctl_do(row, vcpu, arg);
		vcpu_put(vcpu);
	}
	mutex_unlock(&vcpu->mutex);
	return r;
}

/* --- the descriptor ------------------------------------------------------ */

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct kvm_vcpu *vcpu = vmf->vma->vm_file->private_data;
	struct page *page;

	switch (vmf->pgoff) {
	case KVM_VCPU_MMAP_RUN:
		page = virt_to_page(vcpu->run);
		break;
	case KVM_VCPU_MMAP_PIO:
		page = virt_to_page(vcpu->pio_data);
		break;
	case KVM_VCPU_MMAP_COALESCED_MMIO:
		page = kvm_coalesced_page(vcpu->kvm);
		break;
	default:
		return VM_FAULT_SIGBUS;
	}
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
};

static int vcpu_mmap(struct file *filp, struct vm_area_struct *vma)
{
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *filp)
{
	struct kvm_vcpu *vcpu = filp->private_data;

	kvm_put_kvm(vcpu->kvm);
	return 0;
}

static const struct file_operations kvm_vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = kvm_vcpu_ioctl,
	.compat_ioctl = kvm_vcpu_ioctl,
	.mmap = vcpu_mmap,
	.llseek = noop_llseek,
};

/* --- made and destroyed -------------------------------------------------- */

static void free_vcpu(struct kvm_vcpu *vcpu)
{
	put_pid(rcu_dereference_protected(vcpu->pid, true));
	free_page((unsigned long)vcpu->run);
	free_page((unsigned long)vcpu->pio_data);
	kvm_arch_vcpu_free(vcpu);
}

static struct kvm_vcpu *alloc_vcpu(struct kvm *kvm, u32 id)
{
	struct kvm_vcpu *vcpu;

	vcpu = kvm_arch_vcpu_alloc();
	if (!vcpu)
		return NULL;
	vcpu->kvm = kvm;
	vcpu->cpu = -1;
	vcpu->vcpu_id = id;
	mutex_init(&vcpu->mutex);
	rcuwait_init(&vcpu->wait);
	preempt_notifier_init(&vcpu->preempt_notifier, &kvm_preempt_ops);
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	vcpu->pio_data = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->run || !vcpu->pio_data) {
		free_vcpu(vcpu);
		return NULL;
	}
	return vcpu;
}

struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, unsigned int id)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	vcpu = kvm_get_vcpu(kvm, id);
	if (vcpu && vcpu->vcpu_id == id)
		return vcpu;
	kvm_for_each_vcpu(i, vcpu, kvm)
		if (vcpu->vcpu_id == id)
			return vcpu;
	return NULL;
}

/* A descriptor's number and file; nobody has them so far. */
static int make_fd(struct kvm_vcpu *vcpu, struct file **file)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	kvm_get_kvm(vcpu->kvm);
	*file = anon_inode_getfile("kvm-vcpu", &kvm_vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(*file)) {
		kvm_put_kvm(vcpu->kvm);
		put_unused_fd(fd);
		return PTR_ERR(*file);
	}
	return fd;
}

/*
 * The vCPU gets its place, and userspace its descriptor; kvm->lock held.  Nothing may
 * fail once others know it, nor once there is a file, whose end is not at once.
 */
static int install_vcpu(struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	struct file *file;
	int fd, r;

	if (kvm_get_vcpu_by_id(kvm, vcpu->vcpu_id))
		return -EEXIST;
	vcpu->vcpu_idx = atomic_read(&kvm->online_vcpus);
	r = xa_reserve(&kvm->vcpu_array, vcpu->vcpu_idx, GFP_KERNEL_ACCOUNT);
	if (r)
		return r;
	fd = make_fd(vcpu, &file);
	if (fd < 0) {
		xa_release(&kvm->vcpu_array, vcpu->vcpu_idx);
		return fd;
	}

	/* The place is reserved: nothing is allocated. */
	xa_store(&kvm->vcpu_array, vcpu->vcpu_idx, vcpu, GFP_KERNEL);

	/* Whoever sees the number finds the vCPU, whole. */
	smp_wmb();
	atomic_inc(&kvm->online_vcpus);
	kvm_arch_vcpu_postcreate(vcpu);
	fd_install(fd, file);
	return fd;
}

static int create_vcpu(struct kvm *kvm, u32 id)
{
	struct kvm_vcpu *vcpu;
	int r;

	vcpu = alloc_vcpu(kvm, id);
	if (!vcpu)
		return -ENOMEM;
	r = kvm_arch_vcpu_create(vcpu);
	if (r)
		goto out_free;

	mutex_lock(&kvm->lock);
	r = install_vcpu(kvm, vcpu);
	mutex_unlock(&kvm->lock);
	if (r >= 0)
		return r;

	kvm_arch_vcpu_destroy(vcpu);
out_free:
	free_vcpu(vcpu);
	return r;
}

int kvm_vm_ioctl_create_vcpu(struct kvm *kvm, u32 id)
{
	int r;

	if (id >= KVM_MAX_VCPU_IDS)
		return -EINVAL;

	mutex_lock(&kvm->lock);
	if (kvm->created_vcpus >= KVM_MAX_VCPUS)
		r = -EINVAL;
	else
		r = kvm_arch_vcpu_precreate(kvm, id);
	if (!r)
		kvm->created_vcpus++;
	mutex_unlock(&kvm->lock);
	if (r)
		return r;

	r = create_vcpu(kvm, id);
	if (r < 0) {
		mutex_lock(&kvm->lock);
		kvm->created_vcpus--;
		mutex_unlock(&kvm->lock);
	}
	return r;
}

void kvm_destroy_vcpus(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	xa_for_each(&kvm->vcpu_array, i, vcpu) {
		kvm_arch_vcpu_destroy(vcpu);
		free_vcpu(vcpu);
	}
	xa_destroy(&kvm->vcpu_array);
	atomic_set(&kvm->online_vcpus, 0);
}

/* --- for all VMs --------------------------------------------------------- */

int kvm_vcpu_init(void)
{
	int cpu;

	preempt_notifier_inc();
	for_each_possible_cpu(cpu) {
		if (!zalloc_cpumask_var_node(&per_cpu(kick_mask, cpu),
					     GFP_KERNEL, cpu_to_node(cpu))) {
			kvm_vcpu_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void kvm_vcpu_exit(void)
{
	int cpu;

	preempt_notifier_dec();
	for_each_possible_cpu(cpu)
		free_cpumask_var(per_cpu(kick_mask, cpu));
}
