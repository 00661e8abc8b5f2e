// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_kunit.c - faults on real memory, and what the host does to it
 *
 * The memory is of the task that loads this module: its mm is borrowed, with a
 * mapping of our own in it.  The VM and the vCPU are real but for the CPU.
 *
 * Between borrow_mm() and return_mm() nothing may abort a case, as the task would
 * then end with an mm that is not its own.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/page-flags.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "guest_mem.h"
#include "mmu/fault.h"
#include "mmu/tdp_mmu.h"
#include "mmu/tdp_track.h"
#include "mmu/vcpu.h"
#include "tests/kunit/mmu_host.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "virt/host_page.h"
#include "virt/notifier.h"

#define BASE  0x100ull /* first gfn of slot 0 */
#define PAGES 16
#define MMIO  0x9000ull /* a gfn without memory */
#define LOG   KVM_MEM_LOG_DIRTY_PAGES
#define RO    KVM_MEM_READONLY

#define READ	      0
#define WRITE_PRESENT (KVM_FAULT_WRITE | KVM_FAULT_PRESENT)

struct world {
	struct kvm kvm;
	struct kvm_vcpu vcpu;
	struct kvm_pte_masks masks;
	struct mm_struct *mm;
	unsigned long hva;
	int srcu_idx;
	unsigned int flushes;
	u8 buffer[2 * PAGE_SIZE];
};

/* Of the task that loads the module. */
static struct mm_struct *borrowed_mm;

static void on_flush(struct kvm *kvm, gfn_t start, u64 nr)
{
	container_of(kvm, struct world, kvm)->flushes++;
}

static void on_reload(struct kvm *kvm)
{
}

static const struct kvm_mmu_vm_ops ops = {
	.flush_remote_tlbs = on_flush,
	.reload_roots = on_reload,
};

static int fault_suite_init(struct kunit_suite *suite)
{
	borrowed_mm = current->mm;
	if (!borrowed_mm)
		return -EINVAL;
	mmgrab(borrowed_mm);
	return mmu_host_init(true);
}

static void fault_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
	mmdrop(borrowed_mm);
}

/* A root, as kvm_mmu_reload() finds one, but without a CPU to load it into. */
static int give_root(struct world *w)
{
	struct kvm_mmu *mmu = w->vcpu.arch.mmu.mmu;
	struct kvm_mmu_page *root;
	int r;

	mmu->mmu_role = kvm_calc_tdp_root_role(mmu->cpu_role,
					       w->kvm.mmu.root_level,
					       !w->masks.accessed);
	r = kvm_mmu_caches_topup(&w->vcpu.arch.mmu_caches, 1);
	if (r)
		return r;
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, mmu->mmu_role,
				&w->vcpu.arch.mmu_caches);
	kvm_mmu_read_unlock(&w->kvm);
	if (!root)
		return -ENOMEM;
	mmu->root.hpa = __pa(root->spt);
	return 0;
}

static int make_vm(struct world *w, unsigned int ept_flags)
{
	struct kvm_mmu_vm_config config = {
		.ops = &ops,
		.masks = &w->masks,
		.root_level = 4,
		.max_huge_level = KVM_MMU_LEVEL_2M,
	};
	int r;

	w->mm = borrowed_mm;
	w->kvm.mm = w->mm;
	w->vcpu.kvm = &w->kvm;
	kvm_pte_masks_set_ept(&w->masks, ept_flags);
	r = kvm_memslots_create_vm(&w->kvm);
	if (r)
		return r;
	r = kvm_mmu_init_vm(&w->kvm, &config);
	if (r)
		return r;
	r = kvm_mmu_vcpu_create(&w->vcpu);
	return r ? r : give_root(w);
}

static int fault_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	test->priv = w;
	return make_vm(w, KVM_EPT_HAS_AD);
}

static void destroy_vm(struct world *w)
{
	kvm_mmu_vcpu_destroy(&w->vcpu);
	kvm_mmu_uninit_vm(&w->kvm);
	kvm_memslots_destroy_vm(&w->kvm);
}

static void fault_exit(struct kunit *test)
{
	destroy_vm(test->priv);
}

static int set(struct world *w, u32 slot, gfn_t gfn, unsigned int page,
	       u64 npages, u32 flags)
{
	struct kvm_userspace_memory_region mem = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gfn << PAGE_SHIFT,
		.memory_size = npages << PAGE_SHIFT,
		.userspace_addr = w->hva + page * PAGE_SIZE,
	};

	return kvm_set_memory_region(&w->kvm, &mem);
}

static unsigned long map_memory(unsigned long size, unsigned long prot)
{
	return vm_mmap(NULL, 0, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

/* Memory for slot 0 in the borrowed mm, which is ours until return_mm(). */
static bool borrow_mm(struct kunit *test, unsigned long prot, u32 flags)
{
	struct world *w = test->priv;
	int r;

	kthread_use_mm(w->mm);
	w->hva = map_memory(PAGES * PAGE_SIZE, prot);
	if (!IS_ERR_VALUE(w->hva)) {
		r = set(w, 0, BASE, 0, PAGES, flags);
		KUNIT_EXPECT_EQ(test, r, 0);
		if (!r) {
			w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
			return true;
		}
		vm_munmap(w->hva, PAGES * PAGE_SIZE);
	}
	kthread_unuse_mm(w->mm);
	KUNIT_FAIL(test, "no memory");
	return false;
}

static void return_mm(struct world *w)
{
	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	vm_munmap(w->hva, PAGES * PAGE_SIZE);
	kthread_unuse_mm(w->mm);
}

/* Slots change while nobody reads them. */
static int set_outside(struct world *w, u32 slot, gfn_t gfn, u64 npages,
		       u32 flags)
{
	int r;

	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	r = set(w, slot, gfn, 0, npages, flags);
	w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
	return r;
}

static int fault_at(struct world *w, gfn_t gfn, u32 flags)
{
	return kvm_mmu_page_fault(&w->vcpu, gfn << PAGE_SHIFT | 8, flags);
}

static u64 spte_at(struct world *w, gfn_t gfn)
{
	hpa_t root = w->vcpu.arch.mmu.mmu->root.hpa;

	return kvm_tdp_lookup(&w->kvm, kvm_mmu_page_of(root), gfn);
}

static bool is_mapped(struct world *w, gfn_t gfn)
{
	return is_shadow_present_pte(spte_at(w, gfn));
}

static bool is_writable(struct world *w, gfn_t gfn)
{
	return is_mapped(w, gfn) && is_writable_pte(&w->masks, spte_at(w, gfn));
}

static int poke(struct world *w, unsigned int page, u32 value)
{
	return put_user(value, (u32 __user *)(w->hva + page * PAGE_SIZE));
}

/* What a guest would read at the first word of a page, by its tables. */
static u32 seen_by_guest(struct world *w, gfn_t gfn)
{
	return *(u32 *)__va(spte_to_pfn(&w->masks, spte_at(w, gfn))
			    << PAGE_SHIFT);
}

static bool is_logged(struct world *w, gfn_t gfn)
{
	struct kvm_memory_slot *slot =
		kvm_memslots_find(kvm_memslots(&w->kvm, 0), gfn);

	return test_bit(gfn - slot->base_gfn, slot->dirty_bitmap);
}

/* --- faults -------------------------------------------------------------- */

static void fault_maps_memory(struct kunit *test)
{
	struct world *w = test->priv;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, poke(w, 3, 0x12345678), 0);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 3, READ), RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, is_mapped(w, BASE + 3));
	/* The host has it writable, so no second fault is needed. */
	KUNIT_EXPECT_TRUE(test, is_writable(w, BASE + 3));
	KUNIT_EXPECT_EQ(test, seen_by_guest(w, BASE + 3), 0x12345678u);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE + 2));
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE + 4));

	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 3, READ), RET_PF_SPURIOUS);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 3, WRITE_PRESENT),
			RET_PF_SPURIOUS);
	/* One that nobody has touched so far. */
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, KVM_FAULT_WRITE), RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, is_writable(w, BASE));
	KUNIT_EXPECT_EQ(test, seen_by_guest(w, BASE), 0u);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_taken, 4ull);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_fixed, 2ull);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_spurious, 2ull);
	return_mm(w);
}

/* What is read first is the zero page; a write gets a page of its own. */
static void fault_breaks_copy_on_write(struct kunit *test)
{
	struct world *w = test->priv;
	u64 before;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	KUNIT_EXPECT_FALSE(test, is_writable(w, BASE));
	before = spte_to_pfn(&w->masks, spte_at(w, BASE));
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, WRITE_PRESENT), RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, is_writable(w, BASE));
	KUNIT_EXPECT_NE(test, before,
			(u64)spte_to_pfn(&w->masks, spte_at(w, BASE)));
	return_mm(w);
}

static void fault_without_memory_is_mmio(struct kunit *test)
{
	struct world *w = test->priv;
	u64 spte;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, fault_at(w, MMIO, KVM_FAULT_WRITE),
			RET_PF_EMULATE);
	spte = spte_at(w, MMIO);
	KUNIT_EXPECT_TRUE(test, is_mmio_spte(&w->masks, spte));
	KUNIT_EXPECT_EQ(test, kvm_mmio_spte_gfn(&w->masks, spte), MMIO);
	KUNIT_EXPECT_EQ(test, fault_at(w, MMIO, KVM_FAULT_RSVD),
			RET_PF_EMULATE);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_mmio_spte_created, 1ull);

	/* Another set of slots: the same entry says nothing any more. */
	KUNIT_EXPECT_EQ(test, set_outside(w, 1, BASE + 0x1000, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, fault_at(w, MMIO, KVM_FAULT_RSVD),
			RET_PF_EMULATE);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_mmio_spte_created, 2ull);
	/* And now there is memory. */
	KUNIT_EXPECT_EQ(test, set_outside(w, 2, MMIO, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, fault_at(w, MMIO, KVM_FAULT_RSVD), RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, is_mapped(w, MMIO));
	return_mm(w);
}

static void fault_of_readonly_slot(struct kunit *test)
{
	struct world *w = test->priv;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, RO))
		return;
	KUNIT_EXPECT_EQ(test, poke(w, 0, 7), 0);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, KVM_FAULT_WRITE),
			RET_PF_EMULATE);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE));
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	KUNIT_EXPECT_FALSE(test, is_writable(w, BASE));
	KUNIT_EXPECT_EQ(test, seen_by_guest(w, BASE), 7u);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, WRITE_PRESENT), RET_PF_EMULATE);
	KUNIT_EXPECT_FALSE(test, is_writable(w, BASE));
	return_mm(w);
}

static void fault_where_the_vmm_has_nothing(struct kunit *test)
{
	struct world *w = test->priv;

	if (!borrow_mm(test, PROT_READ, 0))
		return;
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, KVM_FAULT_WRITE), -EFAULT);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE));
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	KUNIT_EXPECT_FALSE(test, is_writable(w, BASE));
	vm_munmap(w->hva + PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 1, READ), -EFAULT);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE + 1));
	return_mm(w);
}

static void invalidate(struct world *w, gfn_t start, gfn_t end,
		       void (*what)(struct kvm_mmu_invalidate *inv, gfn_t start,
				    gfn_t end))
{
	kvm_mmu_write_lock(&w->kvm);
	what(&w->kvm.mmu.invalidate, start, end);
	kvm_mmu_write_unlock(&w->kvm);
}

static void fault_waits_for_invalidation(struct kunit *test)
{
	struct world *w = test->priv;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	invalidate(w, BASE + 4, BASE + 6, kvm_mmu_invalidate_begin);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 4, KVM_FAULT_WRITE),
			RET_PF_RETRY);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 5, READ), RET_PF_RETRY);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 3, KVM_FAULT_WRITE),
			RET_PF_FIXED);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 6, KVM_FAULT_WRITE),
			RET_PF_FIXED);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE + 4));
	invalidate(w, BASE + 4, BASE + 6, kvm_mmu_invalidate_end);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 4, KVM_FAULT_WRITE),
			RET_PF_FIXED);
	return_mm(w);
}

static void fault_on_going_slot(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_memory_slot *slot;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	slot = kvm_memslots_find(kvm_memslots(&w->kvm, 0), BASE);
	slot->flags |= KVM_MEMSLOT_INVALID;
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_RETRY);
	KUNIT_EXPECT_FALSE(test, is_mmio_spte(&w->masks, spte_at(w, BASE)));
	slot->flags &= ~KVM_MEMSLOT_INVALID;
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	return_mm(w);
}

static void fault_without_root(struct kunit *test)
{
	struct world *w = test->priv;

	kvm_mmu_unload(&w->vcpu);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_RETRY);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_taken, 1ull);
}

static void fault_logs_writes(struct kunit *test)
{
	struct world *w = test->priv;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, LOG))
		return;
	KUNIT_EXPECT_EQ(test, poke(w, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, poke(w, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	KUNIT_EXPECT_FALSE(test, is_writable(w, BASE));
	KUNIT_EXPECT_FALSE(test, is_logged(w, BASE));
	/* Nothing but the log forbids it: no lock, no page. */
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, WRITE_PRESENT), RET_PF_FIXED);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_fast, 1ull);
	KUNIT_EXPECT_TRUE(test, is_writable(w, BASE));
	KUNIT_EXPECT_TRUE(test, is_logged(w, BASE));
	/* The long way, and the page beside it. */
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 1, KVM_FAULT_WRITE),
			RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, is_logged(w, BASE + 1));
	KUNIT_EXPECT_FALSE(test, is_logged(w, BASE + 2));
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_fast, 1ull);
	return_mm(w);
}

/* In a format whose CPU sets no A, what is old is not present. */
static void fault_finds_old_pages(struct kunit *test)
{
	struct world *w = test->priv;

	destroy_vm(w);
	memset(w, 0, sizeof(*w));
	KUNIT_ASSERT_EQ(test, make_vm(w, 0), 0);
	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, KVM_FAULT_WRITE), RET_PF_FIXED);
	KUNIT_EXPECT_TRUE(test, kvm_tdp_age_range(&w->kvm, 0, BASE, BASE + 1));
	KUNIT_EXPECT_FALSE(test, kvm_tdp_age_range(&w->kvm, 0, BASE, BASE + 1));
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	KUNIT_EXPECT_EQ(test, w->vcpu.stat.pf_fast, 1ull);
	KUNIT_EXPECT_TRUE(test, kvm_tdp_age_range(&w->kvm, 0, BASE, BASE + 1));
	return_mm(w);
}

/* As large as the host has it, if the slot is placed so. */
static void fault_maps_huge_pages(struct kunit *test)
{
	const gfn_t gfn = 0x40000;
	struct world *w = test->priv;
	struct kvm_host_page page = {};
	unsigned long area, small;
	struct kvm_mmu_counts sum;
	u8 level;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	small = w->hva;
	area = map_memory(SZ_4M, PROT_READ | PROT_WRITE);
	if (IS_ERR_VALUE(area)) {
		KUNIT_FAIL(test, "no memory");
		goto out;
	}
	w->hva = ALIGN(area, SZ_2M);
	KUNIT_EXPECT_EQ(test, set_outside(w, 1, gfn, 512, 0), 0);
	KUNIT_EXPECT_EQ(test, kvm_host_page_level(w->mm, w->hva), 1);
	KUNIT_EXPECT_EQ(test,
			kvm_host_page_get(w->hva, KVM_HOST_PAGE_WRITE, &page),
			0);
	if (page.page) {
		level = PageTransCompound(page.page) ? 2 : 1;
		kvm_host_page_put(&page, true);
		KUNIT_EXPECT_EQ(test, kvm_host_page_level(w->mm, w->hva),
				level);
		KUNIT_EXPECT_EQ(test, fault_at(w, gfn + 5, KVM_FAULT_WRITE),
				RET_PF_FIXED);
		kvm_mmu_count(&w->kvm, &sum);
		KUNIT_EXPECT_EQ(test, sum.leaves[level], 1l);
		KUNIT_EXPECT_EQ(test, is_mapped(w, gfn + 511), level == 2);
	}
	vm_munmap(area, SZ_4M);
	w->hva = small;
out:
	return_mm(w);
}

/* --- host pages ---------------------------------------------------------- */

static void fault_host_page_rights(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_host_page page;
	unsigned long none;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, poke(w, 0, 1), 0);
	KUNIT_EXPECT_EQ(test,
			kvm_host_page_get(w->hva, KVM_HOST_PAGE_READONLY,
					  &page),
			0);
	KUNIT_EXPECT_FALSE(test, page.writable);
	KUNIT_EXPECT_FALSE(test, page.device);
	KUNIT_EXPECT_EQ(test, (u64)page.pfn, (u64)page_to_pfn(page.page));
	kvm_host_page_put(&page, false);
	KUNIT_EXPECT_EQ(test, kvm_host_page_get(w->hva, 0, &page), 0);
	KUNIT_EXPECT_TRUE(test, page.writable);
	kvm_host_page_put(&page, true);
	none = map_memory(PAGE_SIZE, PROT_NONE);
	KUNIT_EXPECT_EQ(test, kvm_host_page_get(none, 0, &page), -EFAULT);
	vm_munmap(none, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kvm_host_page_get(none, 0, &page), -EFAULT);
	return_mm(w);
}

/* --- guest memory -------------------------------------------------------- */

static void fault_guest_memory(struct kunit *test)
{
	gpa_t gpa = ((BASE + 2) << PAGE_SHIFT) - 16;
	struct world *w = test->priv;
	u8 *in = w->buffer, *out = w->buffer + PAGE_SIZE;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, LOG))
		return;
	memset(in, 0x5a, 32);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_write_guest(&w->vcpu, gpa, in, 32), 0);
	KUNIT_EXPECT_EQ(test, kvm_read_guest(&w->kvm, gpa, out, 32), 0);
	KUNIT_EXPECT_EQ(test, memcmp(in, out, 32), 0);
	KUNIT_EXPECT_FALSE(test, is_logged(w, BASE));
	KUNIT_EXPECT_TRUE(test, is_logged(w, BASE + 1));
	KUNIT_EXPECT_TRUE(test, is_logged(w, BASE + 2));
	KUNIT_EXPECT_FALSE(test, is_logged(w, BASE + 3));

	gpa = ((BASE + PAGES) << PAGE_SHIFT) - 16;
	KUNIT_EXPECT_EQ(test, kvm_write_guest(&w->kvm, gpa, in, 17), -EFAULT);
	KUNIT_EXPECT_EQ(test, kvm_read_guest(&w->kvm, gpa, out, 17), -EFAULT);
	KUNIT_EXPECT_EQ(test, kvm_read_guest(&w->kvm, gpa, out, 16), 0);
	KUNIT_EXPECT_EQ(test, memcmp(in, out, 16), 0);

	KUNIT_EXPECT_EQ(test, set_outside(w, 1, MMIO, 1, RO), 0);
	gpa = MMIO << PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, kvm_read_guest(&w->kvm, gpa, out, 4), 0);
	KUNIT_EXPECT_EQ(test, kvm_write_guest(&w->kvm, gpa, in, 4), -EFAULT);
	KUNIT_EXPECT_TRUE(test, kvm_vcpu_is_visible_gfn(&w->vcpu, MMIO));
	KUNIT_EXPECT_FALSE(test, kvm_vcpu_is_visible_gfn(&w->vcpu, MMIO + 1));
	return_mm(w);
}

static int swap_word(struct world *w, gpa_t gpa, u64 *old, unsigned int size)
{
	static const u64 value = 0x8877665544332211;

	return kvm_vcpu_cmpxchg_guest(&w->vcpu, gpa, old, &value, size);
}

static void fault_guest_cmpxchg(struct kunit *test)
{
	static const u8 sizes[] = { 1, 2, 4, 8 };
	static const u64 values[] = { 0x11, 0x2211, 0x44332211,
				      0x8877665544332211 };
	gpa_t gpa = (BASE << PAGE_SHIFT) + 64;
	gpa_t mmio = MMIO << PAGE_SHIFT;
	struct world *w = test->priv;
	u64 old = 0, now = 0;
	unsigned int i;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, LOG))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++, gpa += 64) {
		old = 0;
		KUNIT_EXPECT_EQ(test, swap_word(w, gpa, &old, sizes[i]), 0);
		kvm_read_guest(&w->kvm, gpa, &now, 8);
		KUNIT_EXPECT_EQ(test, now, values[i]);
		KUNIT_EXPECT_EQ(test, swap_word(w, gpa, &old, sizes[i]),
				-EAGAIN);
		KUNIT_EXPECT_EQ(test, old, values[i]);
	}
	KUNIT_EXPECT_TRUE(test, is_logged(w, BASE));
	KUNIT_EXPECT_EQ(test, swap_word(w, gpa + 2, &old, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, swap_word(w, gpa, &old, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, swap_word(w, gpa, &old, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, swap_word(w, mmio, &old, 8), -EFAULT);
	KUNIT_EXPECT_EQ(test, set_outside(w, 1, MMIO, 1, RO), 0);
	KUNIT_EXPECT_EQ(test, swap_word(w, mmio, &old, 8), -EROFS);
	return_mm(w);
}

/* --- virtual addresses --------------------------------------------------- */

/* Four tables from page 1 of the slot on; gva 0x5000 is page 8. */
static int write_tables(struct world *w)
{
	unsigned int level;
	u64 entry;
	gpa_t at;
	int r = 0;

	for (level = 4; level && !r; level--) {
		at = (BASE + 5 - level) << PAGE_SHIFT;
		entry = at + PAGE_SIZE;
		if (level == 1) {
			at += 5 * sizeof(entry);
			entry = (BASE + 8) << PAGE_SHIFT;
		}
		entry |= 3;
		r = kvm_write_guest(&w->kvm, at, &entry, sizeof(entry));
	}
	return r;
}

static void use_tables(struct world *w)
{
	struct kvm_guest_cpu_info info = { .maxphyaddr = 40 };
	struct kvm_mmu_role_regs regs = {
		.cr0 = X86_CR0_PG | X86_CR0_PE | X86_CR0_WP,
		.cr4 = X86_CR4_PAE,
		.efer = EFER_LMA | EFER_LME | EFER_NX,
	};
	struct kvm_vcpu_arch *arch = &w->vcpu.arch;

	arch->regs_avail = ~0;
	arch->cr3 = (BASE + 1) << PAGE_SHIFT;
	arch->mmu.walk_mmu->cpu_role = kvm_calc_cpu_role(&regs);
	kvm_guest_walk_init(&arch->walk_cfg, arch->mmu.walk_mmu->cpu_role,
			    &info);
}

static void fault_translates_addresses(struct kunit *test)
{
	struct kvm_translation t = { .linear_address = 0x5678 };
	gpa_t leaf = ((BASE + 4) << PAGE_SHIFT) + 5 * sizeof(u64);
	gpa_t want = ((BASE + 8) << PAGE_SHIFT) + 0x678;
	struct kvm_guest_fault fault = {};
	struct world *w = test->priv;
	u64 entry = 0;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return;
	KUNIT_EXPECT_EQ(test, write_tables(w), 0);
	use_tables(w);
	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_ioctl_translate(&w->vcpu, &t), 0l);
	w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
	KUNIT_EXPECT_EQ(test, (u64)t.physical_address, want);
	KUNIT_EXPECT_EQ(test, t.valid, 1);
	kvm_read_guest(&w->kvm, leaf, &entry, sizeof(entry));
	KUNIT_EXPECT_EQ(test, entry & 0x60, 0ull);

	KUNIT_EXPECT_EQ(test,
			kvm_mmu_gva_to_gpa(&w->vcpu, 0x5678, KVM_WALK_WRITE,
					   NULL),
			want);
	kvm_read_guest(&w->kvm, leaf, &entry, sizeof(entry));
	KUNIT_EXPECT_EQ(test, entry & 0x60, 0x60ull);

	KUNIT_EXPECT_EQ(test, kvm_mmu_gva_to_gpa(&w->vcpu, 0x6000, 0, &fault),
			GPA_INVALID);
	KUNIT_EXPECT_EQ(test, (int)fault.kind, (int)KVM_GUEST_FAULT_PF);
	KUNIT_EXPECT_EQ(test,
			kvm_mmu_gva_to_gpa(&w->vcpu, 0x5000, KVM_WALK_USER,
					   &fault),
			GPA_INVALID);
	KUNIT_EXPECT_EQ(test, fault.error_code, 5u);
	return_mm(w);
}

/* --- what the host does -------------------------------------------------- */

static bool enter_followed(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;

	if (!borrow_mm(test, PROT_READ | PROT_WRITE, 0))
		return false;
	if (kvm_notifier_register(&w->kvm)) {
		return_mm(w);
		KUNIT_FAIL(test, "no notifier");
		return false;
	}
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, fault_at(w, BASE + i, KVM_FAULT_WRITE),
				RET_PF_FIXED);
	return true;
}

static void leave_followed(struct world *w)
{
	kvm_notifier_unregister(&w->kvm);
	return_mm(w);
}

static void fault_follows_unmap(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_mmu_page *root;
	unsigned long other, seq;
	unsigned int i;

	if (!enter_followed(test))
		return;
	/* Before there is a hole among the guest's for it. */
	other = map_memory(PAGE_SIZE, PROT_READ);
	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(other));
	w->flushes = 0;
	vm_munmap(w->hva + 4 * PAGE_SIZE, 2 * PAGE_SIZE);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, is_mapped(w, BASE + i), i != 4 && i != 5);
	KUNIT_EXPECT_EQ(test, w->flushes, 1u);
	KUNIT_EXPECT_EQ(test, w->kvm.mmu.invalidate.nr, 0u);
	KUNIT_EXPECT_EQ(test, w->kvm.slots.nr_holds, 0ul);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 4, READ), -EFAULT);
	/* What is not the guest's takes no lock, and makes no fault retry. */
	seq = w->kvm.mmu.invalidate.seq;
	KUNIT_EXPECT_NE(test, seq, 0ul);
	KUNIT_EXPECT_EQ(test, vm_munmap(other, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, w->kvm.mmu.invalidate.seq, seq);
	leave_followed(w);
	/* The mm has gone, as far as the VM knows: nothing can be reached. */
	root = kvm_mmu_page_of(w->vcpu.arch.mmu.mmu->root.hpa);
	KUNIT_EXPECT_TRUE(test, root->role.invalid);
}

static void fault_follows_age(struct kunit *test)
{
	const struct mmu_notifier_ops *n;
	struct world *w = test->priv;
	struct mmu_notifier *mn = &w->kvm.mmu_notifier;

	if (!enter_followed(test))
		return;
	n = mn->ops;
	KUNIT_EXPECT_EQ(test, n->test_young(mn, w->mm, w->hva), 1);
	KUNIT_EXPECT_EQ(test,
			n->clear_young(mn, w->mm, w->hva, w->hva + PAGE_SIZE),
			1);
	KUNIT_EXPECT_EQ(test, n->test_young(mn, w->mm, w->hva), 0);
	KUNIT_EXPECT_EQ(test, n->test_young(mn, w->mm, w->hva + PAGE_SIZE), 1);
	KUNIT_EXPECT_EQ(test,
			n->clear_flush_young(mn, w->mm, w->hva,
					     w->hva + 2 * PAGE_SIZE),
			1);
	KUNIT_EXPECT_EQ(test, n->test_young(mn, w->mm, w->hva + PAGE_SIZE), 0);
	leave_followed(w);
}

struct changer {
	struct world *w;
	struct completion done;
	int r;
};

static int change_slots(void *data)
{
	struct changer *c = data;

	c->r = set(c->w, 3, BASE + 0x2000, 0, PAGES, 0);
	complete(&c->done);
	return 0;
}

/* From start to end the slots are what they are, and faults there retry. */
static void fault_slots_are_held(struct kunit *test)
{
	struct mmu_notifier_range range = {
		.flags = MMU_NOTIFIER_RANGE_BLOCKABLE,
	};
	const struct mmu_notifier_ops *n;
	struct world *w = test->priv;
	struct changer c = { .w = w };
	struct mmu_notifier *mn = &w->kvm.mmu_notifier;
	struct task_struct *task;

	init_completion(&c.done);
	if (!enter_followed(test))
		return;
	n = mn->ops;
	range.mm = w->mm;
	range.start = w->hva;
	range.end = w->hva + PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, n->invalidate_range_start(mn, &range), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE));
	KUNIT_EXPECT_TRUE(test, is_mapped(w, BASE + 1));
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_RETRY);

	srcu_read_unlock(&w->kvm.srcu, w->srcu_idx);
	task = kthread_run(change_slots, &c, "slots");
	KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	if (!IS_ERR(task)) {
		KUNIT_EXPECT_EQ(test,
				wait_for_completion_timeout(&c.done, HZ / 5),
				0ul);
		n->invalidate_range_end(mn, &range);
		wait_for_completion(&c.done);
		KUNIT_EXPECT_EQ(test, c.r, 0);
	} else {
		n->invalidate_range_end(mn, &range);
	}
	w->srcu_idx = srcu_read_lock(&w->kvm.srcu);
	KUNIT_EXPECT_EQ(test, w->kvm.mmu.invalidate.nr, 0u);
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE, READ), RET_PF_FIXED);
	/* Now both gfns are at that hva, and both go. */
	KUNIT_EXPECT_EQ(test, fault_at(w, BASE + 0x2000, READ), RET_PF_FIXED);
	vm_munmap(w->hva, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE));
	KUNIT_EXPECT_FALSE(test, is_mapped(w, BASE + 0x2000));
	leave_followed(w);
}

static struct kunit_case fault_cases[] = {
	/* clang-format off */
	KUNIT_CASE(fault_maps_memory),
	KUNIT_CASE(fault_breaks_copy_on_write),
	KUNIT_CASE(fault_without_memory_is_mmio),
	KUNIT_CASE(fault_of_readonly_slot),
	KUNIT_CASE(fault_where_the_vmm_has_nothing),
	KUNIT_CASE(fault_waits_for_invalidation),
	KUNIT_CASE(fault_on_going_slot),
	KUNIT_CASE(fault_without_root),
	KUNIT_CASE(fault_logs_writes),
	KUNIT_CASE(fault_finds_old_pages),
	KUNIT_CASE(fault_maps_huge_pages),
	KUNIT_CASE(fault_host_page_rights),
	KUNIT_CASE(fault_guest_memory),
	KUNIT_CASE(fault_guest_cmpxchg),
	KUNIT_CASE(fault_translates_addresses),
	KUNIT_CASE(fault_follows_unmap),
	KUNIT_CASE(fault_follows_age),
	KUNIT_CASE(fault_slots_are_held),
	{}
	/* clang-format on */
};

struct kunit_suite fault_suite = {
	.name = "twinwalk_fault",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.init = fault_init,
	.exit = fault_exit,
	.test_cases = fault_cases,
};
