// SPDX-License-Identifier: GPL-2.0-only
/*
 * host_page.c - the host's page behind an address of the VMM
 *
 * Owns: what host_page.h says.  The cheapest way that works is taken:
 *
 *	get_fast()	it is there: no lock, no sleep
 *	get_slow()	it has to be faulted in
 *	get_remapped()	the host does not count references to it
 */
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/swap.h>

#include "compat.h"
#include "mmu/mmu.h"
#include "virt/host_page.h"

static bool get_fast(unsigned long hva, unsigned int flags,
		     struct kvm_host_page *out)
{
	struct page *page; /* may be written to though the answer is no */

	/* A read, too: the write that may follow has no need to fault then. */
	if (!(flags & KVM_HOST_PAGE_READONLY) &&
	    get_user_page_fast_only(hva, FOLL_WRITE, &page)) {
		out->page = page;
		out->writable = true;
		return true;
	}
	if ((flags & KVM_HOST_PAGE_WRITE) ||
	    !get_user_page_fast_only(hva, 0, &page))
		return false;
	out->page = page;
	return true;
}

static int get_slow(unsigned long hva, unsigned int flags,
		    struct kvm_host_page *out)
{
	unsigned int gup_flags = FOLL_HWPOISON | KVM_FOLL_GUEST;
	struct page *page;
	long nr;

	if (flags & KVM_HOST_PAGE_WRITE)
		gup_flags |= FOLL_WRITE;
	if (flags & KVM_HOST_PAGE_NOWAIT)
		gup_flags |= FOLL_NOWAIT;
	nr = get_user_pages_unlocked(hva, 1, &page, gup_flags);
	if (nr != 1)
		return nr < 0 ? nr : -EAGAIN;
	out->page = page;
	out->writable = flags & KVM_HOST_PAGE_WRITE;

	/* It was not there before; now that it is, it may be writable as well. */
	if (!(flags & ~KVM_HOST_PAGE_NOWAIT) &&
	    get_user_page_fast_only(hva, FOLL_WRITE, &page)) {
		put_page(out->page);
		out->page = page;
		out->writable = true;
	}
	return 0;
}

/* What is mapped right now, if it allows what is wanted. */
static int follow(struct vm_area_struct *vma, unsigned long hva,
		  unsigned int flags, struct kvm_host_page *out)
{
	unsigned long pfn;
	bool writable;
	int r;

	r = kvm_follow_pfn(vma, hva, &pfn, &writable);
	if (r)
		return r;
	if ((flags & KVM_HOST_PAGE_WRITE) && !writable)
		return -EFAULT;
	out->pfn = pfn;
	out->writable = writable && !(flags & KVM_HOST_PAGE_READONLY);
	out->device = !page_is_ram(pfn);
	return 0;
}

static int follow_or_fault(struct vm_area_struct *vma, unsigned long hva,
			   unsigned int flags, struct kvm_host_page *out)
{
	bool write = flags & KVM_HOST_PAGE_WRITE;
	bool unlocked = false;
	int r;

	if (!follow(vma, hva, flags, out))
		return 0;
	r = fixup_user_fault(current->mm, hva, write ? FAULT_FLAG_WRITE : 0,
			     &unlocked);
	/* @vma may be gone. */
	if (unlocked)
		return r ? r : -EAGAIN;
	if (r)
		return r;
	return follow(vma, hva, flags, out) ? -EFAULT : 0;
}

/*
 * Memory that a driver has mapped, of which get_user_pages() wants to know
 * nothing.  What keeps it from going while it is mapped is the mmu_notifier.
 */
static int get_remapped(unsigned long hva, unsigned int flags,
			struct kvm_host_page *out)
{
	unsigned long need = flags & KVM_HOST_PAGE_WRITE ? VM_WRITE : VM_READ;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int r = -EFAULT;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, hva);
	if (vma && (vma->vm_flags & (VM_IO | VM_PFNMAP)) &&
	    (vma->vm_flags & need))
		r = follow_or_fault(vma, hva, flags, out);
	mmap_read_unlock(mm);
	return r;
}

int kvm_host_page_get(unsigned long hva, unsigned int flags,
		      struct kvm_host_page *out)
{
	int r = 0;

	might_sleep();

	*out = (struct kvm_host_page){};
	if (!get_fast(hva, flags, out))
		r = get_slow(hva, flags, out);
	if (r == -EFAULT)
		return get_remapped(hva, flags, out);
	if (!r)
		out->pfn = page_to_pfn(out->page);
	return r;
}

void kvm_host_page_set_dirty(const struct kvm_host_page *hp)
{
	if (hp->page && hp->writable && !PageReserved(hp->page))
		SetPageDirty(compound_head(hp->page));
}

void kvm_host_page_put(const struct kvm_host_page *hp, bool mapped)
{
	if (!hp->page)
		return;
	if (mapped && !PageReserved(hp->page))
		mark_page_accessed(hp->page);
	put_page(hp->page);
}

/* Tables are freed only after all CPUs had IRQs on; entries change any time. */
static u8 level_irqs_off(struct mm_struct *mm, unsigned long hva)
{
	pgd_t pgd = READ_ONCE(*pgd_offset(mm, hva));
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	if (pgd_none(pgd))
		return KVM_MMU_LEVEL_4K;
	/* Each from a copy: what was checked is what is followed. */
	p4d = READ_ONCE(*p4d_offset(&pgd, hva));
	if (!p4d_present(p4d))
		return KVM_MMU_LEVEL_4K;
	pud = READ_ONCE(*pud_offset(&p4d, hva));
	if (!pud_present(pud))
		return KVM_MMU_LEVEL_4K;
	if (pud_leaf(pud))
		return KVM_MMU_LEVEL_1G;
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	return pmd_present(pmd) && pmd_leaf(pmd) ? KVM_MMU_LEVEL_2M :
						   KVM_MMU_LEVEL_4K;
}

u8 kvm_host_page_level(struct mm_struct *mm, unsigned long hva)
{
	unsigned long flags;
	u8 level;

	local_irq_save(flags);
	level = level_irqs_off(mm, hva);
	local_irq_restore(flags);
	return level;
}
