// SPDX-License-Identifier: GPL-2.0-only
/*
 * memslots_kunit.c - a VM's memory slots, against a plain model
 *
 * A VM without vCPUs; its MMU is real.  The model is an array of slots, and for
 * each gfn of a window the id of its slot; it knows nothing of trees or sets.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include "memslots.h"
#include "mmu/level.h"
#include "mmu/tdp_map.h"
#include "mmu/tdp_mmu.h"
#include "tests/kunit/mmu_host.h"
#include "tests/kunit/suites.h"
#include "vm.h"

#define NR_AS	 KVM_ADDRESS_SPACE_NUM
#define GFNS	 256 /* the window of gfns */
#define HVA	 0x7f0000000000ul /* and of hvas */
#define HVAS	 128
#define IDS	 12
#define LOG	 KVM_MEM_LOG_DIRTY_PAGES
#define RO	 KVM_MEM_READONLY
#define UPDATING KVM_MEMSLOT_GEN_UPDATING

/* What must be in a slot; not there if npages is 0. */
struct model_slot {
	u64 gfn;
	u64 npages;
	unsigned long hva;
	u64 flags; /* no padding: it is compared by memcmp() */
};

struct world {
	struct kvm kvm;
	gfn_t base; /* of the window */
	struct rnd_state rnd;
	struct model_slot model[NR_AS][IDS];
	u8 owner[NR_AS][GFNS]; /* id plus 1, or 0 */
	u64 generation[NR_AS];
	unsigned long wrong;
	unsigned int step;

	/* what the MMU was asked */
	unsigned int reloads;
	unsigned int flushes;
	/* what a fault would see meanwhile of this gfn */
	gfn_t look_at;
	u32 seen_flags;
	u64 seen_generation;
};

static struct world *world_of(struct kvm *kvm)
{
	return container_of(kvm, struct world, kvm);
}

static void on_flush(struct kvm *kvm, gfn_t start, u64 nr)
{
	world_of(kvm)->flushes++;
}

static void on_reload(struct kvm *kvm)
{
	struct world *w = world_of(kvm);
	struct kvm_memslots *slots;
	struct kvm_memory_slot *slot;
	int idx;

	w->reloads++;
	/* At the end of the VM there are no readers. */
	if (!w->look_at)
		return;
	idx = srcu_read_lock(&kvm->srcu);
	slots = kvm_memslots(kvm, 0);
	slot = kvm_memslots_find(slots, w->look_at);
	w->seen_flags = slot ? kvm_slot_flags(slot) : 0;
	w->seen_generation = READ_ONCE(slots->generation);
	srcu_read_unlock(&kvm->srcu, idx);
}

static const struct kvm_mmu_vm_ops ops = {
	.flush_remote_tlbs = on_flush,
	.reload_roots = on_reload,
};

static int memslots_suite_init(struct kunit_suite *suite)
{
	return mmu_host_init(true);
}

static void memslots_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
}

static int memslots_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	int r;

	if (!w)
		return -ENOMEM;
	test->priv = w;
	w->generation[1] = 1;
	r = kvm_memslots_create_vm(&w->kvm);
	if (r)
		return r;
	r = kvm_mmu_create_vm(&w->kvm, &ops);
	if (r)
		kvm_memslots_destroy_vm(&w->kvm);
	return r;
}

static void memslots_exit(struct kunit *test)
{
	struct world *w = test->priv;

	w->look_at = 0;
	kvm_mmu_destroy_vm(&w->kvm);
	kvm_memslots_destroy_vm(&w->kvm);
}

/* Only what has a root is reloaded; the VM keeps it when it is put. */
static void have_root(struct kunit *test, struct world *w)
{
	union kvm_mmu_page_role role = {
		.level = w->kvm.mmu.root_level,
		.direct = 1,
		.access = KVM_ACC_ALL,
	};
	struct kvm_mmu_caches caches;
	struct kvm_mmu_page *root;

	kvm_mmu_caches_init(&w->kvm, &caches, 1, 0);
	KUNIT_ASSERT_EQ(test, kvm_mmu_caches_topup(&caches, 1), 0);
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, role, &caches);
	kvm_mmu_read_unlock(&w->kvm);
	kvm_tdp_put_root(&w->kvm, root);
	kvm_mmu_caches_free(&caches);
}

static int set(struct world *w, u32 slot, u64 gfn, u64 npages, u32 flags)
{
	struct kvm_userspace_memory_region mem = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gfn << PAGE_SHIFT,
		.memory_size = npages << PAGE_SHIFT,
		.userspace_addr = HVA,
	};

	return kvm_set_memory_region(&w->kvm, &mem);
}

/* Those who look hold SRCU or the lock; nobody else is there, so once for all. */
static struct kvm_memory_slot *find(struct world *w, unsigned int as_id,
				    gfn_t gfn)
{
	struct kvm_memory_slot *slot;
	int idx = srcu_read_lock(&w->kvm.srcu);

	slot = kvm_memslots_find(kvm_memslots(&w->kvm, as_id), gfn);
	srcu_read_unlock(&w->kvm.srcu, idx);
	return slot;
}

static u64 generation(struct world *w, unsigned int as_id)
{
	int idx = srcu_read_lock(&w->kvm.srcu);
	u64 gen = READ_ONCE(kvm_memslots(&w->kvm, as_id)->generation);

	srcu_read_unlock(&w->kvm.srcu, idx);
	return gen;
}

/* --- the uapi's rules ---------------------------------------------------- */

#define G(gfn) ((u64)(gfn) << PAGE_SHIFT)

/* Slot 1 is there: 16 pages at gfn 64, HVA; slot 2: 16 pages at 96, RO. */
static const struct {
	const char *what;
	int error;
	struct kvm_userspace_memory_region
		mem; /* slot, flags, gpa, size, hva */
} bad_regions[] = {
	/* clang-format off */
	{ "unknown flag",	-EINVAL, { 3, BIT(2), 0, G(1), HVA } },
	{ "highest flag",	-EINVAL, { 3, BIT(31), 0, G(1), HVA } },
	{ "our own flag",	-EINVAL, { 3, KVM_MEMSLOT_INVALID, 0, G(1), HVA } },
	{ "id",			-EINVAL, { KVM_MEM_SLOTS_NUM, 0, 0, G(1), HVA } },
	{ "highest id",		-EINVAL, { 0xffff, 0, 0, G(1), HVA } },
	{ "address space",	-EINVAL, { NR_AS << 16, 0, 0, G(1), HVA } },
	{ "highest space",	-EINVAL, { 0xffff0000, 0, 0, G(1), HVA } },
	{ "gpa unaligned",	-EINVAL, { 3, 0, 0x800, G(1), HVA } },
	{ "size unaligned",	-EINVAL, { 3, 0, 0, G(1) + 1, HVA } },
	{ "hva unaligned",	-EINVAL, { 3, 0, 0, G(1), HVA + 8 } },
	{ "gpa wraps",		-EINVAL, { 3, 0, -G(1), G(2), HVA } },
	{ "gpa ends at 2^64",	-EINVAL, { 3, 0, -G(1), G(1), HVA } },
	{ "too many pages",	-EINVAL, { 3, 0, 0, G(KVM_MEM_MAX_NR_PAGES + 1), 0 } },
	{ "hva of the kernel",	-EINVAL, { 3, 0, 0, G(1), 0xffff888000000000 } },
	{ "hva wraps",		-EINVAL, { 3, 0, 0, G(2), -G(1) } },
	{ "delete nothing",	-EINVAL, { 3, 0, 0, 0, HVA } },
	{ "delete, other space", -EINVAL, { 1 << 16 | 1, 0, 0, 0, HVA } },
	{ "delete unaligned",	-EINVAL, { 1, 0, 0, 0, HVA + 8 } },
	{ "delete, bad flag",	-EINVAL, { 1, BIT(2), 0, 0, HVA } },
	{ "grow",		-EINVAL, { 1, 0, G(64), G(17), HVA } },
	{ "shrink",		-EINVAL, { 1, 0, G(64), G(15), HVA } },
	{ "move and grow",	-EINVAL, { 1, 0, G(128), G(17), HVA } },
	{ "other hva",		-EINVAL, { 1, 0, G(64), G(16), HVA + G(1) } },
	{ "to read-only",	-EINVAL, { 1, RO, G(64), G(16), HVA } },
	{ "from read-only",	-EINVAL, { 2, 0, G(96), G(16), HVA } },
	{ "same place",		-EEXIST, { 3, 0, G(64), G(16), HVA } },
	{ "over its end",	-EEXIST, { 3, 0, G(79), G(1), HVA } },
	{ "over its beginning",	-EEXIST, { 3, 0, G(63), G(2), HVA } },
	{ "around it",		-EEXIST, { 3, 0, G(60), G(30), HVA } },
	{ "inside",		-EEXIST, { 3, 0, G(70), G(1), HVA } },
	{ "over two",		-EEXIST, { 3, 0, G(1), G(200), HVA } },
	{ "move over another",	-EEXIST, { 1, 0, G(82), G(16), HVA } },
	{ "move over both",	-EEXIST, { 1, 0, G(95), G(16), HVA } },
	/* clang-format on */
};

static void memslots_bad_regions(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;
	int r;

	KUNIT_ASSERT_EQ(test, set(w, 1, 64, 16, 0), 0);
	KUNIT_ASSERT_EQ(test, set(w, 2, 96, 16, RO), 0);
	for (i = 0; i < ARRAY_SIZE(bad_regions); i++) {
		r = kvm_set_memory_region(&w->kvm, &bad_regions[i].mem);
		if (r != bad_regions[i].error)
			KUNIT_FAIL(test, "%s: %d", bad_regions[i].what, r);
	}
	KUNIT_EXPECT_EQ(test, generation(w, 0), 4ull);
	KUNIT_EXPECT_EQ(test, generation(w, 1), 1ull);
	KUNIT_EXPECT_EQ(test, w->kvm.slots.nr_pages, 32ull);
	KUNIT_EXPECT_EQ(test, w->reloads, 0);
}

/* Just inside each limit. */
static void memslots_limits(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_userspace_memory_region mem = {
		.guest_phys_addr = G(1),
		.memory_size = G(2),
		.userspace_addr = TASK_SIZE_MAX - G(2),
	};
	gfn_t max = kvm_mmu_max_gfn();

	KUNIT_EXPECT_EQ(test, kvm_set_memory_region(&w->kvm, &mem), 0);
	KUNIT_EXPECT_EQ(test, set(w, 1, 0, 1, LOG | RO), 0);
	KUNIT_EXPECT_EQ(test, set(w, KVM_MEM_SLOTS_NUM - 1, 3, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, (NR_AS - 1) << 16, 0, 1, 0), 0);

	KUNIT_EXPECT_EQ(test, set(w, 2, max, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, 3, max + 1, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(w, 2, max + 1, 1, 0), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, find(w, 0, max));
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, max + 1), NULL);
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, ~0ull), NULL);
	KUNIT_EXPECT_EQ(test, set(w, 2, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, 3, max - 1, 3, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(w, 3, max - 1, 2, 0), 0);
	/* The widest that the mocked host's 5 levels and its CPU allow. */
	KUNIT_EXPECT_EQ(test, max, (1ull << (kvm_mmu_maxphyaddr() - 12)) - 1);
}

/* --- random changes against the model ------------------------------------ */

static unsigned int pick(struct world *w, unsigned int n)
{
	return prandom_u32_state(&w->rnd) % n;
}

static void wrong(struct world *w, const char *what, u64 where)
{
	if (w->wrong++ < 10)
		pr_err("step %u: %s at %llx\n", w->step, what, where);
}

static int model_error(struct world *w, unsigned int as, unsigned int id,
		       const struct model_slot *new)
{
	const struct model_slot *old = &w->model[as][id];
	u64 i;

	if (!new->npages)
		return old->npages ? 0 : -EINVAL;
	if (old->npages &&
	    (old->npages != new->npages || old->hva != new->hva ||
	     (old->flags ^ new->flags) & RO))
		return -EINVAL;
	for (i = new->gfn - w->base; i < new->gfn - w->base + new->npages; i++)
		if (i < GFNS && w->owner[as][i] && w->owner[as][i] != id + 1)
			return -EEXIST;
	return new->gfn + new->npages - 1 > kvm_mmu_max_gfn() ? -EINVAL : 0;
}

/* Return: did anything change? */
static bool model_set(struct world *w, unsigned int as, unsigned int id,
		      const struct model_slot *new)
{
	struct model_slot *old = &w->model[as][id];
	bool same = !memcmp(old, new, sizeof(*old));
	u64 i;

	for (i = 0; i < old->npages; i++)
		w->owner[as][old->gfn - w->base + i] = 0;
	for (i = 0; i < new->npages; i++)
		w->owner[as][new->gfn - w->base + i] = id + 1;
	*old = new->npages ? *new : (struct model_slot){};
	return !same;
}

static void check_slot(struct world *w, const struct kvm_memory_slot *slot,
		       unsigned int as, unsigned int id)
{
	const struct model_slot *m = &w->model[as][id];

	if (slot->id != id || slot->as_id != as || slot->base_gfn != m->gfn ||
	    slot->npages != m->npages || slot->userspace_addr != m->hva ||
	    slot->flags != m->flags ||
	    !slot->dirty_bitmap != !(m->flags & LOG) ||
	    !slot->mmu.disallowed[0] || !slot->mmu.disallowed[1])
		wrong(w, "another slot", id);
	if (kvm_slot_hva(slot, m->gfn + m->npages - 1) !=
	    m->hva + G(m->npages - 1))
		wrong(w, "another hva", id);
}

static void check_gfn(struct world *w, struct kvm_memslots *slots,
		      unsigned int as, u64 gfn)
{
	struct kvm_memory_slot *slot = kvm_memslots_find(slots, gfn);
	u64 i = gfn - w->base;
	unsigned int owner = i < GFNS ? w->owner[as][i] : 0;

	if (owner != (slot ? slot->id + 1 : 0))
		wrong(w, "another owner", gfn);
	else if (slot)
		check_slot(w, slot, as, slot->id);
}

static void check_gfn_range(struct world *w, struct kvm_memslots *slots,
			    unsigned int as)
{
	unsigned int from = pick(w, GFNS), to = pick(w, GFNS + 1), i = from;
	struct kvm_memory_slot *slot = NULL;

	while ((slot = kvm_memslots_next_gfn(slots, slot, w->base + from,
					     w->base + to))) {
		while (i < to && !w->owner[as][i])
			i++;
		if (i >= to || w->owner[as][i] != slot->id + 1)
			wrong(w, "walk by gfn", slot->base_gfn);
		while (i < to && w->owner[as][i] == slot->id + 1)
			i++;
	}
	for (; i < to; i++)
		if (w->owner[as][i])
			wrong(w, "walk by gfn ends", i);
}

/* At the edge of a page, or just inside of it. */
static unsigned long random_hva(struct world *w)
{
	static const unsigned int offsets[] = { 0, 0, 1, PAGE_SIZE - 1 };

	return HVA + G(pick(w, HVAS)) + offsets[pick(w, ARRAY_SIZE(offsets))];
}

static void check_hva_range(struct world *w, struct kvm_memslots *slots,
			    unsigned int as)
{
	unsigned long from = random_hva(w), a, b;
	unsigned long to = pick(w, 4) ? from + G(pick(w, 3)) : random_hva(w);
	unsigned int want = 0, got = 0, id;
	struct kvm_memory_slot *slot = NULL;
	const struct model_slot *m;
	gfn_t first, end;

	for (id = 0; id < IDS; id++) {
		m = &w->model[as][id];
		if (from < to && m->hva < to && from < m->hva + G(m->npages))
			want |= BIT(id);
	}
	while ((slot = kvm_memslots_next_hva(slots, slot, from, to))) {
		if (got & BIT(slot->id))
			wrong(w, "twice by hva", from);
		got |= BIT(slot->id);
		end = kvm_slot_clip_hvas(slot, from, to, &first);
		/* The same by bytes: the first and last that are in both. */
		a = max(from, slot->userspace_addr);
		b = min(to - 1, slot->userspace_addr + G(slot->npages) - 1);
		if (kvm_slot_hva(slot, first) != (a & PAGE_MASK) ||
		    kvm_slot_hva(slot, end - 1) != (b & PAGE_MASK))
			wrong(w, "clipped by hva", from);
	}
	if (want != got)
		wrong(w, "walk by hva", from);
}

static void check_set(struct world *w, struct kvm_memslots *slots,
		      unsigned int as)
{
	const struct model_slot *m;
	unsigned int i;

	for (i = 0; i < IDS; i++) {
		m = &w->model[as][i];
		if (!m->npages)
			continue;
		check_gfn(w, slots, as, m->gfn);
		check_gfn(w, slots, as, m->gfn - 1);
		check_gfn(w, slots, as, m->gfn + m->npages - 1);
		check_gfn(w, slots, as, m->gfn + m->npages);
	}
	for (i = 0; i < 8; i++)
		check_gfn(w, slots, as, w->base + pick(w, GFNS));
	check_gfn_range(w, slots, as);
	check_hva_range(w, slots, as);
}

static void check_all(struct world *w)
{
	struct kvm *kvm = &w->kvm;
	unsigned int as, id;
	u64 nr_pages = 0;

	mutex_lock(&kvm->slots_lock);
	for (as = 0; as < NR_AS; as++) {
		/* The spare set as well: it is the next one. */
		check_set(w, &kvm->slots.set[as][0], as);
		check_set(w, &kvm->slots.set[as][1], as);
		for (id = 0; id < IDS; id++) {
			nr_pages += w->model[as][id].npages;
			if (!kvm_memslots_by_id(kvm, as, id) !=
			    !w->model[as][id].npages)
				wrong(w, "by id", id);
		}
		if (kvm_memslots(kvm, as)->generation != w->generation[as])
			wrong(w, "generation", as);
	}
	if (kvm->slots.nr_pages != nr_pages)
		wrong(w, "number of pages", nr_pages);
	mutex_unlock(&kvm->slots_lock);
}

static struct model_slot random_slot(struct world *w, unsigned int as,
				     unsigned int id)
{
	struct model_slot m = w->model[as][id];

	switch (m.npages ? pick(w, 8) : 7) {
	case 0: /* delete */
		m.npages = 0;
		break;
	case 1:
	case 2:
	case 3: /* move */
		m.gfn = w->base + pick(w, GFNS - m.npages);
		break;
	case 4:
	case 5:
		m.flags ^= LOG;
		break;
	case 6: /* nothing */
		break;
	default: /* create, or what is not allowed */
		m.gfn = w->base + pick(w, GFNS - 40);
		m.npages = pick(w, 41);
		m.hva = HVA + G(pick(w, HVAS));
		m.flags = pick(w, 4);
	}
	return m;
}

static void random_change(struct world *w)
{
	unsigned int as = pick(w, NR_AS), id = pick(w, IDS);
	struct model_slot m = random_slot(w, as, id);
	struct kvm_userspace_memory_region mem = {
		.slot = as << 16 | id,
		.flags = m.flags,
		.guest_phys_addr = G(m.gfn),
		.memory_size = G(m.npages),
		.userspace_addr = m.hva,
	};
	int want = model_error(w, as, id, &m);
	int r = kvm_set_memory_region(&w->kvm, &mem);

	if (r != want)
		wrong(w, "error", r);
	if (!want && model_set(w, as, id, &m))
		w->generation[as] += NR_AS;
}

static void memslots_model(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int round;

	for (round = 0; round < 2; round++) {
		prandom_seed_state(&w->rnd, round);
		/* At the lower end of all gfns, then over the upper end. */
		if (round)
			w->base = kvm_mmu_max_gfn() - GFNS + 32;
		for (w->step = 0; w->step < 400; w->step++) {
			random_change(w);
			check_all(w);
			if (w->wrong)
				KUNIT_FAIL(test, "round %u, step %u", round,
					   w->step);
			if (w->wrong)
				return;
		}
		memslots_exit(test);
		memset(w, 0, sizeof(*w));
		w->generation[1] = 1;
		KUNIT_ASSERT_EQ(test, kvm_memslots_create_vm(&w->kvm), 0);
		KUNIT_ASSERT_EQ(test, kvm_mmu_create_vm(&w->kvm, &ops), 0);
	}
}

/* --- what goes along with a change --------------------------------------- */

/* Delete and move: no fault takes the slot for valid once its pages are zapped. */
static void memslots_going_is_invalid(struct kunit *test)
{
	struct world *w = test->priv;

	w->look_at = 64;
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, LOG), 0);
	KUNIT_EXPECT_EQ(test, set(w, 2, 8, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, w->reloads, 0);
	KUNIT_EXPECT_EQ(test, generation(w, 0), 8ull);

	have_root(test, w);
	KUNIT_EXPECT_EQ(test, set(w, 1, 65, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, w->reloads, 1);
	KUNIT_EXPECT_EQ(test, w->seen_flags, (u32)KVM_MEMSLOT_INVALID);
	KUNIT_EXPECT_EQ(test, w->seen_generation, 8 | UPDATING);
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, 64), NULL);
	KUNIT_EXPECT_EQ(test, find(w, 0, 65)->flags, 0u);

	have_root(test, w);
	w->look_at = 65;
	KUNIT_EXPECT_EQ(test, set(w, 1, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, w->reloads, 2);
	KUNIT_EXPECT_EQ(test, w->seen_flags, (u32)KVM_MEMSLOT_INVALID);
	KUNIT_EXPECT_EQ(test, w->seen_generation, 10 | UPDATING);
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, 65), NULL);
	KUNIT_EXPECT_EQ(test, generation(w, 0), 12ull);
}

static struct kvm_mmu_page *get_root(struct kunit *test, struct world *w,
				     struct kvm_mmu_caches *caches)
{
	union kvm_mmu_page_role role = { .level = 5, .direct = 1 };
	struct kvm_mmu_page *root;

	kvm_mmu_caches_init(&w->kvm, caches, 8, 0);
	KUNIT_EXPECT_EQ(test, kvm_mmu_caches_topup(caches, 8), 0);
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, role, caches);
	kvm_mmu_read_unlock(&w->kvm);
	KUNIT_ASSERT_NOT_NULL(test, root);
	return root;
}

static void map(struct kunit *test, struct world *w, struct kvm_mmu_page *root,
		struct kvm_mmu_caches *caches, gfn_t gfn)
{
	struct kvm_tdp_map m = {
		.gfn = gfn,
		.leaf = {
			.pfn = 0x1000 + gfn,
			.level = 1,
			.access = KVM_ACC_ALL,
			.flags = KVM_LEAF_HOST_WRITABLE,
		},
	};

	kvm_mmu_read_lock(&w->kvm);
	KUNIT_EXPECT_EQ(test, kvm_tdp_map(&w->kvm, root, &m, caches),
			RET_PF_FIXED);
	kvm_mmu_read_unlock(&w->kvm);
}

/* What is mapped: write-protected when logging begins, gone when the slot is. */
static void memslots_mapped(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_mmu_caches caches;
	struct kvm_mmu_page *root = get_root(test, w, &caches);

	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, 0), 0);
	map(test, w, root, &caches, 79);
	KUNIT_EXPECT_EQ(test, set(w, 2, 80, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, set(w, 2, 80, 16, LOG), 0);
	KUNIT_EXPECT_EQ(test, w->flushes, 0);
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, LOG), 0);
	KUNIT_EXPECT_EQ(test, w->flushes, 1);
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, 0), 0);
	KUNIT_EXPECT_EQ(test, w->flushes, 1);
	KUNIT_EXPECT_FALSE(test, root->role.invalid);

	KUNIT_EXPECT_EQ(test, set(w, 1, 0, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, root->role.invalid);
	kvm_tdp_put_root(&w->kvm, root);
	kvm_mmu_caches_free(&caches);
}

/* When what MMIO SPTEs keep begins anew, all go before the first can match. */
static void memslots_generation_wraps(struct kunit *test)
{
	struct world *w = test->priv;
	u64 last = (1ull << KVM_MMIO_GEN_BITS) - NR_AS;
	struct kvm_memslots *slots;
	unsigned int as;

	for (as = 0; as < NR_AS; as++) {
		slots = &w->kvm.slots.set[as][0];
		KUNIT_EXPECT_TRUE(test,
				  kvm_memslots_mmio_spte_is_current(slots, as));
		slots->generation = 5ull << 32 | (last - NR_AS + as);
		w->look_at = 1;
		KUNIT_EXPECT_EQ(test, set(w, as << 16, 64, 16, 0), 0);
		KUNIT_EXPECT_EQ(test, w->reloads, as);
		slots = &w->kvm.slots.set[as][1];
		KUNIT_EXPECT_TRUE(test,
				  kvm_memslots_mmio_spte_is_current(slots,
								    last + as));
		KUNIT_EXPECT_FALSE(test,
				   kvm_memslots_mmio_spte_is_current(slots,
								     last + 1 -
									     as));
		have_root(test, w);
		KUNIT_EXPECT_EQ(test, set(w, as << 16 | 1, 8, 16, 0), 0);
		KUNIT_EXPECT_EQ(test, w->reloads, as + 1);
		if (!as)
			KUNIT_EXPECT_EQ(test, w->seen_generation,
					((5ull << 32) + last + NR_AS) |
						UPDATING);
		KUNIT_EXPECT_EQ(test, generation(w, as),
				(5ull << 32) + last + NR_AS + as);
	}
	slots = &w->kvm.slots.set[0][0];
	KUNIT_EXPECT_TRUE(test, kvm_memslots_mmio_spte_is_current(slots, 0));
	slots->generation |= UPDATING;
	KUNIT_EXPECT_FALSE(test, kvm_memslots_mmio_spte_is_current(slots, 0));
	slots->generation &= ~UPDATING;
}

/* Two bitmaps, of zeroes; what is in them stays as long as logging is on. */
static void memslots_dirty_bitmap(struct kunit *test)
{
	struct world *w = test->priv;
	struct kvm_memory_slot *slot;
	unsigned long *bitmap;
	u32 *counts;

	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 65, 0), 0);
	slot = find(w, 0, 64);
	KUNIT_EXPECT_PTR_EQ(test, slot->dirty_bitmap, NULL);
	counts = slot->mmu.disallowed[0];
	counts[0] = 7;
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 65, LOG), 0);
	slot = find(w, 0, 64);
	bitmap = slot->dirty_bitmap;
	KUNIT_ASSERT_NOT_NULL(test, bitmap);
	KUNIT_EXPECT_EQ(test, kvm_slot_bitmap_bytes(slot), 16ul);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bitmap, 0, 32), NULL);
	bitmap[1] = 1;

	/* The counts are of this place, the bitmap is of the slot's pages. */
	KUNIT_EXPECT_PTR_EQ(test, slot->mmu.disallowed[0], counts);
	KUNIT_EXPECT_EQ(test, counts[0], 7u);
	KUNIT_EXPECT_EQ(test, set(w, 1, 600, 65, LOG), 0);
	slot = find(w, 0, 664);
	KUNIT_EXPECT_PTR_EQ(test, slot->dirty_bitmap, bitmap);
	KUNIT_EXPECT_EQ(test, bitmap[1], 1ul);
	KUNIT_EXPECT_EQ(test, slot->mmu.disallowed[0][0], 0u);

	KUNIT_EXPECT_EQ(test, set(w, 1, 600, 65, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, 600)->dirty_bitmap, NULL);
	KUNIT_EXPECT_EQ(test, set(w, 1, 600, 65, LOG), 0);
	KUNIT_EXPECT_EQ(test, find(w, 0, 600)->dirty_bitmap[1], 0ul);
	/* Off by moving, too. */
	KUNIT_EXPECT_EQ(test, set(w, 1, 601, 65, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(w, 0, 601)->dirty_bitmap, NULL);
}

/* --- counts against huge pages ------------------------------------------- */

/* The slot's first and last gfn, and the pages of 2M and 1G that they are in. */
static const struct {
	gfn_t first;
	gfn_t last;
	unsigned int nr_2m;
	unsigned int nr_1g;
} shapes[] = {
	{ 0, 0, 1, 1 },
	{ 511, 512, 2, 1 },
	{ 512, 1023, 1, 1 },
	{ 1023, 1536, 3, 1 },
	{ 0x3ffff, 0x40000, 2, 2 },
	{ 0x3fdff, 0xc0001, 1027, 4 },
};

static void memslots_disallow(struct kunit *test)
{
	struct kvm_memory_slot slot = {};
	struct kvm_level_req req;
	unsigned int i, j;
	gfn_t gfns[4];

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		slot.base_gfn = shapes[i].first;
		slot.npages = shapes[i].last - shapes[i].first + 1;
		slot.userspace_addr = HVA;
		KUNIT_ASSERT_EQ(test, kvm_mmu_slot_alloc(&slot), 0);
		/* KASAN tells if the last one is not there. */
		KUNIT_EXPECT_EQ(test,
				slot.mmu.disallowed[0][shapes[i].nr_2m - 1],
				0u);
		KUNIT_EXPECT_EQ(test,
				slot.mmu.disallowed[1][shapes[i].nr_1g - 1],
				0u);

		kvm_mmu_slot_disallow(&slot, shapes[i].last, 1);
		kvm_mmu_slot_disallow(&slot, shapes[i].last, 1);
		KUNIT_EXPECT_EQ(test,
				slot.mmu.disallowed[0][shapes[i].nr_2m - 1],
				2u);
		KUNIT_EXPECT_EQ(test,
				slot.mmu.disallowed[1][shapes[i].nr_1g - 1],
				2u);
		gfns[0] = shapes[i].first;
		gfns[1] = shapes[i].last;
		gfns[2] = max(shapes[i].first, shapes[i].last & ~511ull);
		gfns[3] = max(shapes[i].first, shapes[i].last & ~0x3ffffull);
		for (j = 0; j < ARRAY_SIZE(gfns); j++) {
			kvm_mmu_slot_level_req(&slot, gfns[j], &req);
			KUNIT_EXPECT_EQ(test, req.disallowed[0],
					gfns[j] >> 9 == shapes[i].last >> 9 ?
						2u :
						0u);
			KUNIT_EXPECT_EQ(test, req.disallowed[1],
					gfns[j] >> 18 == shapes[i].last >> 18 ?
						2u :
						0u);
			KUNIT_EXPECT_EQ(test, req.gfn, gfns[j]);
			KUNIT_EXPECT_EQ(test, req.slot_base_gfn, slot.base_gfn);
			KUNIT_EXPECT_EQ(test, req.slot_npages, slot.npages);
			KUNIT_EXPECT_EQ(test, req.slot_userspace_addr, HVA);
		}
		kvm_mmu_slot_disallow(&slot, shapes[i].last, -1);
		kvm_mmu_slot_level_req(&slot, shapes[i].last, &req);
		KUNIT_EXPECT_EQ(test, req.disallowed[0], 1u);
		kvm_mmu_slot_free(&slot);
		KUNIT_EXPECT_PTR_EQ(test, slot.mmu.disallowed[1], NULL);
	}
}

/* --- readers beside a writer --------------------------------------------- */

struct reader {
	struct world *w;
	struct task_struct *task;
	unsigned long looks;
	unsigned long wrong;
};

/*
 * Slot 1 is always at 64 or at 128, slot 2 always at 32.  In one set, at any
 * moment, slot 1 is at one of the two places.
 */
static void look(struct reader *r)
{
	struct kvm *kvm = &r->w->kvm;
	struct kvm_memory_slot *a, *b, *c;
	struct kvm_memslots *slots;
	unsigned int n = 0;
	int idx;

	idx = srcu_read_lock(&kvm->srcu);
	slots = kvm_memslots(kvm, 0);
	a = kvm_memslots_find(slots, 64 + r->looks % 16);
	c = kvm_memslots_find(slots, 32 + r->looks % 16);
	b = kvm_memslots_find(slots, 128 + r->looks % 16);
	if (!a == !b || !c || c->id != 2 || (a && a->base_gfn != 64) ||
	    (b && b->base_gfn != 128))
		r->wrong++;
	if (kvm_slot_flags(c) & KVM_MEMSLOT_INVALID ||
	    !(c->flags & LOG) != !c->dirty_bitmap)
		r->wrong++;
	if (c->dirty_bitmap)
		set_bit(r->looks % 16, c->dirty_bitmap);
	c = NULL;
	while ((c = kvm_memslots_next_hva(slots, c, HVA, HVA + G(1))))
		n++;
	if (n != 2)
		r->wrong++;
	srcu_read_unlock(&kvm->srcu, idx);
	r->looks++;
}

static int reader_main(void *arg)
{
	while (!kthread_should_stop()) {
		look(arg);
		cond_resched();
	}
	return 0;
}

static void memslots_readers(struct kunit *test)
{
	struct reader readers[2] = {};
	struct world *w = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, set(w, 1, 64, 16, 0), 0);
	KUNIT_ASSERT_EQ(test, set(w, 2, 32, 16, 0), 0);
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		readers[i].w = w;
		readers[i].task = kthread_run(reader_main, &readers[i],
					      "memslots_reader");
		KUNIT_ASSERT_FALSE(test, IS_ERR(readers[i].task));
	}
	for (i = 0; i < 150; i++) {
		KUNIT_EXPECT_EQ(test, set(w, 1, i % 2 ? 64 : 128, 16, 0), 0);
		KUNIT_EXPECT_EQ(test, set(w, 2, 32, 16, i % 2 ? 0 : LOG), 0);
	}
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		kthread_stop(readers[i].task);
		KUNIT_EXPECT_EQ(test, readers[i].wrong, 0ul);
		KUNIT_EXPECT_GT(test, readers[i].looks, 20ul);
	}
}

/* --- no memory ----------------------------------------------------------- */

#ifdef CONFIG_FAULT_INJECTION
#define MAX_ALLOCATIONS 100

/* What slot 1 is; there is none if gfn is 0. */
struct state {
	u64 gfn;
	u32 flags;
};

static int go_to(struct world *w, struct state to)
{
	return set(w, 1, to.gfn, to.gfn ? 16 : 0, to.flags);
}

static bool is_at(struct world *w, struct state s)
{
	struct kvm_memory_slot *slot;

	mutex_lock(&w->kvm.slots_lock);
	slot = kvm_memslots_by_id(&w->kvm, 0, 1);
	mutex_unlock(&w->kvm.slots_lock);
	if (!slot || !s.gfn)
		return !slot && !s.gfn && !w->kvm.slots.nr_pages;
	return find(w, 0, s.gfn) == slot && slot->flags == s.flags &&
	       slot->base_gfn == s.gfn && w->kvm.slots.nr_pages == 16;
}

/*
 * A change, with each allocation failed in turn.  Some can fail and do no harm:
 * kmemleak's, and the first of two tries.  Then it is undone.
 *
 * Return: how many times it failed.
 */
static unsigned int fail_each(struct kunit *test, struct state from,
			      struct state to)
{
	struct world *w = test->priv;
	unsigned int nth, left, nr_failed = 0;
	u64 gen;
	int r;

	for (nth = 1; nth < MAX_ALLOCATIONS; nth++) {
		gen = generation(w, 0);
		current->fail_nth = nth;
		r = go_to(w, to);
		left = current->fail_nth;
		current->fail_nth = 0;

		KUNIT_EXPECT_TRUE(test, is_at(w, r ? from : to));
		KUNIT_EXPECT_EQ(test, generation(w, 0), r ? gen : gen + NR_AS);
		if (!r && left)
			break;
		if (r)
			nr_failed++;
		KUNIT_EXPECT_EQ(test, r ? r + ENOMEM : go_to(w, from), 0);
	}
	KUNIT_EXPECT_LT(test, nth, MAX_ALLOCATIONS);
	return nr_failed;
}

static void memslots_each_allocation_fails(struct kunit *test)
{
	struct world *w = test->priv;
	struct state none = {}, off = { 64 }, log = { 64, LOG };
	struct state moved = { 96, LOG };

	/*
	 * The slot, bitmap, two arrays of counts.  One may be missed, since which
	 * is the nth depends on what the slabs have at hand.
	 */
	KUNIT_EXPECT_GE(test, fail_each(test, none, log), 3);
	/* The slot alone; then the bitmap as well. */
	KUNIT_EXPECT_GE(test, fail_each(test, log, off), 1);
	KUNIT_EXPECT_GE(test, fail_each(test, off, log), 1);
	/* A move: the slot and the counts. */
	KUNIT_EXPECT_GE(test, fail_each(test, log, moved), 2);
	/* To delete takes none. */
	KUNIT_EXPECT_EQ(test, fail_each(test, moved, none), 0);
	KUNIT_EXPECT_EQ(test, set(w, 1, 64, 16, 0), 0);
	current->fail_nth = 1;
	KUNIT_EXPECT_EQ(test, set(w, 1, 0, 0, 0), 0);
	current->fail_nth = 0;
}
#endif

static struct kunit_case memslots_cases[] = {
	/* clang-format off */
	KUNIT_CASE(memslots_bad_regions),
	KUNIT_CASE(memslots_limits),
	KUNIT_CASE(memslots_model),
	KUNIT_CASE(memslots_going_is_invalid),
	KUNIT_CASE(memslots_mapped),
	KUNIT_CASE(memslots_generation_wraps),
	KUNIT_CASE(memslots_dirty_bitmap),
	KUNIT_CASE(memslots_disallow),
	KUNIT_CASE(memslots_readers),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE(memslots_each_allocation_fails),
#endif
	{}
	/* clang-format on */
};

struct kunit_suite memslots_suite = {
	.name = "twinwalk_memslots",
	.suite_init = memslots_suite_init,
	.suite_exit = memslots_suite_exit,
	.init = memslots_init,
	.exit = memslots_exit,
	.test_cases = memslots_cases,
};
