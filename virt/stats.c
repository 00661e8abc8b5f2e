// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats.c - what VMs and vCPUs have counted, for userspace
 *
 * Owns: what stats.h says, locking and references included.
 */
#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mmu/mmu_vm.h"
#include "vcpu.h"
#include "virt/stats.h"
#include "vm.h"

/* --- rows ---------------------------------------------------------------- */

static_assert(offsetof(struct kvm_stat_row, exponent) ==
	      offsetof(struct kvm_stats_desc, exponent));
static_assert(offsetof(struct kvm_stat_row, size) ==
	      offsetof(struct kvm_stats_desc, size));
static_assert(offsetof(struct kvm_stat_row, offset) ==
	      offsetof(struct kvm_stats_desc, offset));
static_assert(offsetof(struct kvm_stat_row, bucket_size) ==
	      offsetof(struct kvm_stats_desc, bucket_size));
static_assert(offsetof(struct kvm_stat_row, name) ==
	      sizeof(struct kvm_stats_desc));
static_assert(sizeof(struct kvm_stat_row) % sizeof(u64) == 0);
static_assert(sizeof(struct kvm_stats_header) % sizeof(u64) == 0);
static_assert(KVM_STATS_NAME_SIZE % sizeof(u64) == 0);
static_assert(sizeof(atomic64_t) == sizeof(u64));

/* That sizes are right is seen by the rows' offsets, in a test. */
#define ROW(object, field, row_flags, row_exponent, nr_values)                 \
	{                                                                      \
		.flags = (row_flags), .exponent = (row_exponent),              \
		.size = (nr_values), .offset = offsetof(struct object, field), \
		.name = #field                                                 \
	}

#define COUNTER(object, field)                                                 \
	ROW(object, field, KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, 0, \
	    1)
#define GAUGE(object, field) \
	ROW(object, field, KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_NONE, 0, 1)
#define TRUTH(object, field)                                                   \
	ROW(object, field, KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN, 0, \
	    1)
#define NANOSECONDS(object, field)                                             \
	ROW(object, field, KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_SECONDS, \
	    -9, 1)
#define HISTOGRAM_NS(object, field)                                          \
	ROW(object, field, KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS, \
	    -9, KVM_HALT_HIST_SIZE)

static const struct kvm_stat_row vm_rows[] = {
	COUNTER(kvm_vm_stat, remote_tlb_flush),
	COUNTER(kvm_vm_stat, remote_tlb_flush_requests),
	GAUGE(kvm_vm_stat, pages_4k),
	GAUGE(kvm_vm_stat, pages_2m),
	GAUGE(kvm_vm_stat, pages_1g),
	GAUGE(kvm_vm_stat, nx_lpage_splits),
};

static const struct kvm_stat_row vcpu_rows[] = {
	COUNTER(kvm_vcpu_stat, exits),
	COUNTER(kvm_vcpu_stat, pf_taken),
	COUNTER(kvm_vcpu_stat, pf_fixed),
	COUNTER(kvm_vcpu_stat, pf_fast),
	COUNTER(kvm_vcpu_stat, pf_spurious),
	COUNTER(kvm_vcpu_stat, pf_emulate),
	COUNTER(kvm_vcpu_stat, pf_mmio_spte_created),
	COUNTER(kvm_vcpu_stat, io_exits),
	COUNTER(kvm_vcpu_stat, mmio_exits),
	COUNTER(kvm_vcpu_stat, signal_exits),
	COUNTER(kvm_vcpu_stat, irq_window_exits),
	COUNTER(kvm_vcpu_stat, nmi_window_exits),
	COUNTER(kvm_vcpu_stat, halt_exits),
	COUNTER(kvm_vcpu_stat, request_irq_exits),
	COUNTER(kvm_vcpu_stat, irq_exits),
	COUNTER(kvm_vcpu_stat, host_state_reload),
	COUNTER(kvm_vcpu_stat, fpu_reload),
	COUNTER(kvm_vcpu_stat, insn_emulation),
	COUNTER(kvm_vcpu_stat, insn_emulation_fail),
	COUNTER(kvm_vcpu_stat, hypercalls),
	COUNTER(kvm_vcpu_stat, irq_injections),
	COUNTER(kvm_vcpu_stat, nmi_injections),
	COUNTER(kvm_vcpu_stat, req_event),
	COUNTER(kvm_vcpu_stat, tlb_flush),
	COUNTER(kvm_vcpu_stat, invlpg),
	COUNTER(kvm_vcpu_stat, preemption_reported),
	COUNTER(kvm_vcpu_stat, preemption_other),
	TRUTH(kvm_vcpu_stat, guest_mode),
	COUNTER(kvm_vcpu_stat, notify_window_exits),
	COUNTER(kvm_vcpu_stat, halt_successful_poll),
	COUNTER(kvm_vcpu_stat, halt_attempted_poll),
	COUNTER(kvm_vcpu_stat, halt_poll_invalid),
	COUNTER(kvm_vcpu_stat, halt_wakeup),
	NANOSECONDS(kvm_vcpu_stat, halt_poll_success_ns),
	NANOSECONDS(kvm_vcpu_stat, halt_poll_fail_ns),
	NANOSECONDS(kvm_vcpu_stat, halt_wait_ns),
	HISTOGRAM_NS(kvm_vcpu_stat, halt_poll_success_hist),
	HISTOGRAM_NS(kvm_vcpu_stat, halt_poll_fail_hist),
	HISTOGRAM_NS(kvm_vcpu_stat, halt_wait_hist),
	TRUTH(kvm_vcpu_stat, blocking),
	COUNTER(kvm_vcpu_stat, directed_yield_attempted),
	COUNTER(kvm_vcpu_stat, directed_yield_successful),
};

const struct kvm_stat_table kvm_vm_stats = {
	.rows = vm_rows,
	.nr = ARRAY_SIZE(vm_rows),
	.data_size = sizeof(struct kvm_vm_stat),
};

const struct kvm_stat_table kvm_vcpu_stats = {
	.rows = vcpu_rows,
	.nr = ARRAY_SIZE(vcpu_rows),
	.data_size = sizeof(struct kvm_vcpu_stat),
};

/* --- values -------------------------------------------------------------- */

static void get_vm_stat(struct kvm *kvm, struct kvm_vm_stat *stat)
{
	struct kvm_mmu_counts counts;

	*stat = (struct kvm_vm_stat){};
	atomic64_set(&stat->remote_tlb_flush,
		     atomic64_read(&kvm->stat.remote_tlb_flush));
	atomic64_set(&stat->remote_tlb_flush_requests,
		     atomic64_read(&kvm->stat.remote_tlb_flush_requests));
	if (!kvm_has_tdp_mmu(&kvm->mmu))
		return;

	kvm_mmu_count(kvm, &counts);
	stat->pages_4k = max(counts.leaves[1], 0l);
	stat->pages_2m = max(counts.leaves[2], 0l);
	stat->pages_1g = max(counts.leaves[3], 0l);
	stat->nx_lpage_splits = READ_ONCE(kvm->mmu.nr_nx_pages);
}

static u64 value_of(const void *data, const struct kvm_stat_row *row)
{
	return READ_ONCE(*(const u64 *)(data + row->offset));
}

/* --- KVM_GET_STATS_FD ---------------------------------------------------- */

/**
 * struct stats_file - an open file
 * @kvm: the VM; a reference
 * @vcpu: the vCPU, or NULL: it is the VM's
 * @table: of the one or the other
 * @id: who it is about
 */
struct stats_file {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	const struct kvm_stat_table *table;
	char id[KVM_STATS_NAME_SIZE];
};

/* What a read() has still to do. */
struct stats_copy {
	char __user *to;
	size_t left;
	loff_t pos;
};

/* Blocks stand in the file in this order, without gaps. */
static struct kvm_stats_header header_of(const struct kvm_stat_table *table)
{
	struct kvm_stats_header header = {
		.name_size = KVM_STATS_NAME_SIZE,
		.num_desc = table->nr,
		.id_offset = sizeof(struct kvm_stats_header),
	};

	header.desc_offset = header.id_offset + header.name_size;
	header.data_offset =
		header.desc_offset + table->nr * sizeof(struct kvm_stat_row);
	return header;
}

static loff_t stats_file_size(const struct kvm_stat_table *table)
{
	return header_of(table).data_offset + table->data_size;
}

/* A block of the file, if that is where the read has come to. */
static int copy_block(struct stats_copy *copy, size_t start, const void *from,
		      size_t len)
{
	size_t offset, n;

	if (copy->pos < start || copy->pos >= start + len)
		return 0;
	offset = copy->pos - start;
	n = min(len - offset, copy->left);
	if (copy_to_user(copy->to, from + offset, n))
		return -EFAULT;
	copy->to += n;
	copy->pos += n;
	copy->left -= n;
	return 0;
}

/* By way of the stack: the values change, and are in a larger object. */
static int copy_values(struct stats_copy *copy, size_t start, const u64 *data,
		       size_t size)
{
	unsigned int i, j, n, nr = size / sizeof(u64);
	u64 some[32];
	int r;

	for (i = 0; i < nr; i += n) {
		n = min_t(unsigned int, nr - i, ARRAY_SIZE(some));
		for (j = 0; j < n; j++)
			some[j] = READ_ONCE(data[i + j]);
		r = copy_block(copy, start + i * sizeof(u64), some,
			       n * sizeof(u64));
		if (r)
			return r;
	}
	return 0;
}

static int copy_stats(struct stats_copy *copy, const struct stats_file *sf)
{
	const struct kvm_stats_header header = header_of(sf->table);
	struct kvm_vm_stat vm_stat;
	const void *data = &vm_stat;
	int r;

	r = copy_block(copy, 0, &header, sizeof(header));
	if (r)
		return r;
	r = copy_block(copy, header.id_offset, sf->id, sizeof(sf->id));
	if (r)
		return r;
	r = copy_block(copy, header.desc_offset, sf->table->rows,
		       sf->table->nr * sizeof(struct kvm_stat_row));
	if (r || !copy->left)
		return r;

	if (sf->vcpu)
		data = &sf->vcpu->stat;
	else
		get_vm_stat(sf->kvm, &vm_stat);
	return copy_values(copy, header.data_offset, data,
			   sf->table->data_size);
}

static ssize_t stats_read(struct file *filp, char __user *to, size_t size,
			  loff_t *pos)
{
	struct stats_copy copy = { .to = to, .left = size, .pos = *pos };
	size_t done;
	int r;

	r = copy_stats(&copy, filp->private_data);
	done = size - copy.left;
	*pos = copy.pos;
	return done ? done : r;
}

static loff_t stats_llseek(struct file *filp, loff_t offset, int whence)
{
	const struct stats_file *sf = filp->private_data;

	return fixed_size_llseek(filp, offset, whence,
				 stats_file_size(sf->table));
}

static int stats_release(struct inode *inode, struct file *filp)
{
	struct stats_file *sf = filp->private_data;

	kvm_put_kvm(sf->kvm);
	kfree(sf);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner = THIS_MODULE,
	.read = stats_read,
	.llseek = stats_llseek,
	.release = stats_release,
};

static struct stats_file *make_stats_file(struct kvm *kvm,
					  struct kvm_vcpu *vcpu)
{
	struct stats_file *sf;
	int pid = task_tgid_nr(current);

	sf = kzalloc(sizeof(*sf), GFP_KERNEL_ACCOUNT);
	if (!sf)
		return NULL;
	sf->kvm = kvm;
	sf->vcpu = vcpu;
	sf->table = vcpu ? &kvm_vcpu_stats : &kvm_vm_stats;
	if (vcpu)
		snprintf(sf->id, sizeof(sf->id), "kvm-%d/vcpu-%u", pid,
			 vcpu->vcpu_id);
	else
		snprintf(sf->id, sizeof(sf->id), "kvm-%d", pid);
	return sf;
}

static long get_stats_fd(struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	struct stats_file *sf;
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;

	sf = make_stats_file(kvm, vcpu);
	if (!sf) {
		put_unused_fd(fd);
		return -ENOMEM;
	}
	file = anon_inode_getfile(vcpu ? "kvm-vcpu-stats" : "kvm-vm-stats",
				  &stats_fops, sf, O_RDONLY);
	if (IS_ERR(file)) {
		kfree(sf);
		put_unused_fd(fd);
		return PTR_ERR(file);
	}

	/* Such files are streams unless somebody says that they are not. */
	file->f_mode |= FMODE_PREAD | FMODE_LSEEK;
	kvm_get_kvm(kvm);
	fd_install(fd, file);
	return fd;
}

long kvm_vm_ioctl_get_stats_fd(struct kvm *kvm, void *data)
{
	return get_stats_fd(kvm, NULL);
}

long kvm_vcpu_ioctl_get_stats_fd(struct kvm_vcpu *vcpu, void *data)
{
	return get_stats_fd(vcpu->kvm, vcpu);
}

/* --- debugfs ------------------------------------------------------------- */

/* A file has its row, the directory the VM. */
static struct kvm *vm_of(const struct seq_file *m)
{
	return d_inode(m->file->f_path.dentry->d_parent)->i_private;
}

static int vm_stat_show(struct seq_file *m, void *unused)
{
	struct kvm_vm_stat stat;

	get_vm_stat(vm_of(m), &stat);
	seq_printf(m, "%llu\n", value_of(&stat, m->private));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vm_stat);

static int vcpu_sum_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = vm_of(m);
	struct kvm_vcpu *vcpu;
	unsigned long i;
	u64 sum = 0;

	kvm_for_each_vcpu(i, vcpu, kvm)
		sum += value_of(&vcpu->stat, m->private);
	seq_printf(m, "%llu\n", sum);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpu_sum);

static int vcpu_stats_show(struct seq_file *m, void *unused)
{
	const struct kvm_vcpu *vcpu = m->private;
	unsigned int i;

	for (i = 0; i < kvm_vcpu_stats.nr; i++)
		if (vcpu_rows[i].size == 1)
			seq_printf(m, "%s %llu\n", vcpu_rows[i].name,
				   value_of(&vcpu->stat, &vcpu_rows[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpu_stats);

static void create_files(struct kvm *kvm, const struct kvm_stat_table *table,
			 const struct file_operations *fops)
{
	unsigned int i;

	/* A histogram is not one number. */
	for (i = 0; i < table->nr; i++)
		if (table->rows[i].size == 1)
			debugfs_create_file(table->rows[i].name, 0444,
					    kvm->debugfs_dentry,
					    (void *)&table->rows[i], fops);
}

void kvm_stats_create_vm_debugfs(struct kvm *kvm)
{
	if (IS_ERR_OR_NULL(kvm->debugfs_dentry))
		return;
	d_inode(kvm->debugfs_dentry)->i_private = kvm;
	create_files(kvm, &kvm_vm_stats, &vm_stat_fops);
	create_files(kvm, &kvm_vcpu_stats, &vcpu_sum_fops);
}

void kvm_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu)
{
	struct dentry *dentry;
	char name[16];

	if (IS_ERR_OR_NULL(vcpu->kvm->debugfs_dentry))
		return;
	snprintf(name, sizeof(name), "vcpu%u", vcpu->vcpu_id);
	dentry = debugfs_create_dir(name, vcpu->kvm->debugfs_dentry);
	if (IS_ERR(dentry))
		return;
	vcpu->debugfs_dentry = dentry;
	debugfs_create_file("stats", 0444, dentry, vcpu, &vcpu_stats_fops);
}
