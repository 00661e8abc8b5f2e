/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_page.h - the host's page behind an address of the VMM
 *
 * Owns: struct kvm_host_page: finding the page, making it present or writable
 * where it is not, and letting go of it; how large the host maps it.
 *
 * Locking: none is held when a page is got, as that may sleep.  All of it is for
 * the VM's own mm, which is current->mm.
 *
 * References: a page holds one from kvm_host_page_get() to kvm_host_page_put().
 * No mapping of ours has any: what keeps a mapped page from being reused is the
 * mmu_notifier (notifier.h), so a page is only mapped if no invalidation came
 * since before it was got (mmu/invalidate.h).
 *
 * Deliberately absent: what a guest may do with the page.
 */
#ifndef TWINWALK_HOST_PAGE_H
#define TWINWALK_HOST_PAGE_H

#include <linux/bits.h>
#include <linux/kvm_types.h>
#include <linux/types.h>

struct mm_struct;
struct page;

/* For kvm_host_page_get(); not both. */
#define KVM_HOST_PAGE_WRITE    BIT(0) /* it has to be writable */
#define KVM_HOST_PAGE_READONLY BIT(1) /* nobody needs it to be writable */

/* With either: do not wait for it. */
#define KVM_HOST_PAGE_NOWAIT BIT(2)

/**
 * struct kvm_host_page - a page of the host
 * @pfn: where it is
 * @page: the same, with a reference; NULL if the host does not count references
 *	to it
 * @writable: the host lets it be written
 * @device: no memory: registers of a device
 */
struct kvm_host_page {
	kvm_pfn_t pfn;
	struct page *page;
	bool writable;
	bool device;
};

/**
 * kvm_host_page_get() - the page behind an address
 * @hva: any byte of it
 * @flags: KVM_HOST_PAGE_*; without any the page is writable if that costs nothing
 * @out: filled whole if the answer is 0
 *
 * Faults the page in, and breaks a copy-on-write for KVM_HOST_PAGE_WRITE.
 *
 * Context: may sleep; current->mm is the VM's.
 * Return: 0; -EFAULT, nothing is there, or it may not be accessed so;
 * -EHWPOISON, the memory is broken; -EINTR, a signal came; -EAGAIN, ask again,
 * or with KVM_HOST_PAGE_NOWAIT it is not there at once; -ENOMEM.
 */
int kvm_host_page_get(unsigned long hva, unsigned int flags,
		      struct kvm_host_page *out);

/**
 * kvm_host_page_set_dirty() - a mapping was made that may be written by
 * @hp: from kvm_host_page_get(); nothing is done if it is not writable
 *
 * Of the writes nobody will be told, so the page is dirty from now on.  Later would
 * be too late: writeback may have taken the mapping away, and have found the page
 * clean for good.
 *
 * Context: mmu_lock held since the mapping was made, for read or write.
 */
void kvm_host_page_set_dirty(const struct kvm_host_page *hp);

/**
 * kvm_host_page_put() - let go of a page
 * @hp: from kvm_host_page_get()
 * @mapped: a mapping was made: it counts as used
 *
 * Context: any but hard interrupts.
 */
void kvm_host_page_put(const struct kvm_host_page *hp, bool mapped);

/**
 * kvm_host_page_level() - how large does the host map an address?
 * @mm: whose
 * @hva: any byte of the page
 *
 * Reads the host's tables without a lock, so the answer holds as long as no
 * invalidation comes: who relies on it has got the invalidation sequence before.
 *
 * Context: any; @mm has users.
 * Return: KVM_MMU_LEVEL_4K, 2M or 1G; 4K also if nothing is mapped.
 */
u8 kvm_host_page_level(struct mm_struct *mm, unsigned long hva);

#endif
