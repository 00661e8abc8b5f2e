/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - what VMs and vCPUs have counted, for userspace
 *
 * Owns: struct kvm_vm_stat; the rows that tell what each field of it and of
 * struct kvm_vcpu_stat means, under the names that KVM's tools know; the files
 * of KVM_GET_STATS_FD; the files in debugfs.  A field without a row is
 * a defect, which a test finds.
 *
 * Locking: none.  A counter of a vCPU is written by the task that runs it, and
 * read at any time; what is read is as of about now.
 *
 * References: a file of KVM_GET_STATS_FD holds the VM, and so the vCPU.  Files in
 * debugfs hold nothing: the VM's directory goes before the vCPUs do.
 */
#ifndef TWINWALK_STATS_H
#define TWINWALK_STATS_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/* Of a row's name, the 0 included; known to userspace by the file's header. */
#define KVM_STATS_NAME_SIZE 48

/**
 * struct kvm_vm_stat - what a VM has counted; a row each in virt/stats.c
 * @remote_tlb_flush: flushes of all vCPUs' TLBs
 * @remote_tlb_flush_requests: the same, as they were asked for
 * @pages_4k: leaves of that size now; filled when it is read, as are the next
 * @pages_2m: the same
 * @pages_1g: the same
 * @nx_lpage_splits: tables in place of huge pages that must not be executable
 */
struct kvm_vm_stat {
	atomic64_t remote_tlb_flush;
	atomic64_t remote_tlb_flush_requests;
	u64 pages_4k;
	u64 pages_2m;
	u64 pages_1g;
	u64 nx_lpage_splits;
};

/**
 * struct kvm_stat_row - what a field means; struct kvm_stats_desc with its name
 * @flags: KVM_STATS_TYPE_*, _UNIT_*, _BASE_*
 * @exponent: of the unit
 * @size: how many values; 1, but for histograms
 * @offset: of the field
 * @bucket_size: of linear histograms
 * @name: as userspace knows it
 */
struct kvm_stat_row {
	u32 flags;
	s16 exponent;
	u16 size;
	u32 offset;
	u32 bucket_size;
	char name[KVM_STATS_NAME_SIZE];
};

/**
 * struct kvm_stat_table - what is counted of a kind of object
 * @rows: in the order of their offsets
 * @nr: how many
 * @data_size: of the struct that they are about
 */
struct kvm_stat_table {
	const struct kvm_stat_row *rows;
	unsigned int nr;
	size_t data_size;
};

extern const struct kvm_stat_table kvm_vm_stats;
extern const struct kvm_stat_table kvm_vcpu_stats;

/**
 * kvm_stats_log_hist_add() - one more sample
 * @hist: counts, by the number of bits that a sample has
 * @size: how many
 * @value: the sample
 */
static inline void kvm_stats_log_hist_add(u64 *hist, unsigned int size,
					  u64 value)
{
	hist[min_t(unsigned int, fls64(value), size - 1)]++;
}

/**
 * kvm_vm_ioctl_get_stats_fd() - KVM_GET_STATS_FD of a VM
 * @kvm: the VM
 * @data: none
 *
 * Return: a file descriptor; -ENOMEM, -EMFILE, -ENFILE.
 */
long kvm_vm_ioctl_get_stats_fd(struct kvm *kvm, void *data);

/** kvm_vcpu_ioctl_get_stats_fd() - the same of a vCPU; needs no mutex */
long kvm_vcpu_ioctl_get_stats_fd(struct kvm_vcpu *vcpu, void *data);

/** kvm_stats_create_vm_debugfs() - a file a row; vCPUs' are sums over all */
void kvm_stats_create_vm_debugfs(struct kvm *kvm);

/** kvm_stats_create_vcpu_debugfs() - the directory vcpuID, and "stats" in it */
void kvm_stats_create_vcpu_debugfs(struct kvm_vcpu *vcpu);

#endif
