// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_world.c - a VM without vCPUs, a host without pages, and a plain model
 */
#include <linux/slab.h>

#include "tests/kunit/tdp_world.h"

const struct tdp_format tdp_formats[] = {
	{ "npt4", .root_level = 4 },
	{ "npt5", .root_level = 5 },
	{ "npt4-encrypted", .c_bit = BIT_ULL(47), .root_level = 4 },
	{ "ept4-ad", true, KVM_EPT_HAS_AD, .root_level = 4 },
	{ "ept5-ad", true, KVM_EPT_HAS_AD, .root_level = 5 },
	{ "ept4", true, 0, .root_level = 4 },
	{ "ept5-exec-only", true, KVM_EPT_HAS_EXEC_ONLY, .root_level = 5 },
};

const unsigned int nr_tdp_formats = ARRAY_SIZE(tdp_formats);

static void count_flush(struct kvm *kvm, gfn_t start, u64 nr)
{
	struct tdp_world *w = container_of(kvm, struct tdp_world, kvm);

	atomic_inc(&w->flushes);
	if (w->on_flush)
		w->on_flush(w);
}

static void count_reload(struct kvm *kvm)
{
	atomic_inc(&container_of(kvm, struct tdp_world, kvm)->reloads);
}

static const struct kvm_mmu_vm_ops world_ops = {
	.flush_remote_tlbs = count_flush,
	.reload_roots = count_reload,
};

static int get_root(struct tdp_world *w)
{
	union kvm_mmu_page_role role = {};
	int r;

	r = kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL);
	if (r)
		return r;
	role.level = w->kvm.mmu.root_level;
	role.direct = 1;
	role.access = KVM_ACC_ALL;
	kvm_mmu_read_lock(&w->kvm);
	w->root = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return w->root ? 0 : -ENOMEM;
}

int tdp_world_init_huge(struct tdp_world *w, const struct tdp_format *f,
			u64 seed, u8 max_huge_level)
{
	struct kvm_mmu_vm_config config = {
		.ops = &world_ops,
		.masks = &w->masks,
		.root_level = f->root_level,
		.max_huge_level = max_huge_level,
	};
	int r;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	/* Other steps for each format. */
	prandom_seed_state(&w->rnd, seed + (f - tdp_formats));
	/* As wide as the window is far out; one bit is left to be reserved. */
	kvm_pte_masks_reset(&w->masks, f->root_level == 5 ? 51 : 46);
	if (f->c_bit)
		kvm_pte_masks_set_me(&w->masks, f->c_bit, f->c_bit, 43);
	if (f->ept)
		kvm_pte_masks_set_ept(&w->masks, f->flags);
	/* Across the boundary between two entries of the root. */
	w->base = kvm_level_pages(f->root_level) - WINDOW_PAGES / 2;

	r = kvm_mmu_init_vm(&w->kvm, &config);
	if (r)
		return r;
	kvm_mmu_caches_init(&w->kvm, &w->caches, 8, 0);
	r = get_root(w);
	if (r) {
		kvm_mmu_caches_free(&w->caches);
		kvm_mmu_uninit_vm(&w->kvm);
	}
	return r;
}

int tdp_world_init(struct tdp_world *w, const struct tdp_format *f, u64 seed)
{
	return tdp_world_init_huge(w, f, seed, 2);
}

void tdp_world_exit(struct tdp_world *w)
{
	if (w->root)
		kvm_tdp_put_root(&w->kvm, w->root);
	kvm_mmu_uninit_vm(&w->kvm);
	kvm_mmu_caches_free(&w->caches);
}

unsigned long tdp_world_violations(struct tdp_world *w)
{
	unsigned long sum = w->wrong;
	unsigned int i;

	for (i = 0; i < KVM_MMU_NR_VIOLATIONS; i++)
		sum += kvm_mmu_debug_violations(&w->kvm, i);
	return sum;
}

/* --- the model ----------------------------------------------------------- */

/* The host moves its pages, 2M at a time. */
static u64 host_pfn(struct tdp_world *w, unsigned int page)
{
	return 0x40000 + page + (READ_ONCE(w->moved[page >> 9]) ? 0x10000 : 0);
}

static unsigned int level_pages(unsigned int level)
{
	return level == 2 ? 512 : 1;
}

static unsigned int first_of(unsigned int page, unsigned int level)
{
	return page & ~(level_pages(level) - 1);
}

/* The pages of a huge leaf become small ones. */
static void model_split(struct tdp_world *w, unsigned int page)
{
	unsigned int i, first = first_of(page, 2);

	if (!w->model[page].mapped || w->model[page].level != 2)
		return;
	for (i = first; i < first + 512; i++)
		w->model[i].level = 1;
}

static void model_map(struct tdp_world *w, unsigned int page,
		      unsigned int level, unsigned int leaf_flags)
{
	struct model_page *p = &w->model[page], new = {};
	bool host_writable = leaf_flags & KVM_LEAF_HOST_WRITABLE;
	bool writable = host_writable && (!(leaf_flags & KVM_LEAF_DIRTY_LOG) ||
					  (leaf_flags & KVM_LEAF_WRITE));
	unsigned int i, first = first_of(page, level);

	if (level == 1)
		model_split(w, page);
	/* What is there already, and allows as much, stays as it is. */
	if (p->mapped && p->level == level && p->pfn == host_pfn(w, page) &&
	    p->writable >= writable)
		return;
	new.mapped = true;
	new.level = level;
	new.host_writable = host_writable;
	new.writable = writable;
	for (i = first; i < first + level_pages(level); i++) {
		new.pfn = host_pfn(w, i);
		w->model[i] = new;
	}
}

/* Every leaf that [from, to) touches. */
static void model_each(struct tdp_world *w, unsigned int from, unsigned int to,
		       void (*what)(struct tdp_world *w, unsigned int page))
{
	unsigned int i, j, first;

	for (i = from; i < to; i++) {
		if (!w->model[i].mapped)
			continue;
		first = first_of(i, w->model[i].level);
		j = first + level_pages(w->model[i].level);
		for (; first < j; first++)
			what(w, first);
		i = j - 1;
	}
}

static void model_zap(struct tdp_world *w, unsigned int page)
{
	w->model[page] = (struct model_page){};
}

static void model_mmio(struct tdp_world *w, unsigned int page)
{
	model_split(w, page);
	w->model[page] = (struct model_page){ .mmio = w->masks.mmio_value };
}

static void model_wrprot(struct tdp_world *w, unsigned int page)
{
	w->model[page].writable = false;
}

/* D of a huge page would tell too little: it is write-protected. */
static void model_clear_dirty(struct tdp_world *w, unsigned int page)
{
	if (!w->masks.dirty || w->model[page].level > 1)
		model_wrprot(w, page);
}

/* The small pages of a 2M page, if they amount to it. */
static void model_recover(struct tdp_world *w, unsigned int first)
{
	struct model_page all = {}, *p;
	unsigned int i;

	for (i = first; i < first + 512; i++) {
		p = &w->model[i];
		if (!p->mapped)
			continue;
		if (p->level != 1)
			return;
		if (!all.mapped)
			all = *p;
		if (p->host_writable != all.host_writable ||
		    (p->pfn ^ all.pfn) >> 9)
			return;
	}
	if (!all.mapped)
		return;
	all.level = 2;
	all.writable = all.host_writable;
	for (i = first; i < first + 512; i++) {
		all.pfn = (all.pfn & ~511ull) | (i - first);
		w->model[i] = all;
	}
}

/* What the tables say of a page, read by nobody's code but this. */
static struct model_page look(struct tdp_world *w, unsigned int page)
{
	u64 *table = w->root->spt, e;
	unsigned int level = w->root->role.level;
	gfn_t gfn = w->base + page;
	struct model_page p = {};
	unsigned int rwx;

	for (;; level--) {
		e = READ_ONCE(table[(gfn >> ((level - 1) * 9)) & 511]);
		if (!(e & BIT_ULL(11))) {
			p.mmio = w->masks.mmio_value &&
				 (e & w->masks.mmio_mask) ==
					 w->masks.mmio_value;
			return p;
		}
		if (level == 1 || (e & BIT_ULL(7)))
			break;
		table = __va(e & w->masks.pfn);
	}
	rwx = e & 7;
	if (w->masks.exec && !rwx)
		rwx = (e >> 54) & 7;
	p.mapped = true;
	p.level = level;
	p.pfn = ((e & w->masks.pfn) >> 12) +
		(gfn & ((1ull << ((level - 1) * 9)) - 1));
	p.host_writable = e & w->masks.host_writable;
	p.writable = rwx & 2;
	return p;
}

static void differ(struct tdp_world *w, unsigned int page,
		   const struct model_page *is)
{
	struct model_page *m = &w->model[page];

	if (!w->wrong++ && kvm_mmu_broken(KVM_MMU_BREAK_NONE))
		pr_err("seed %llu, page %u: is %d/%d pfn %llx level %u w %d/%d, must be %d/%d pfn %llx level %u w %d/%d\n",
		       w->seed, page, is->mapped, is->mmio, is->pfn, is->level,
		       is->host_writable, is->writable, m->mapped, m->mmio,
		       m->pfn, m->level, m->host_writable, m->writable);
}

static void compare_range(struct tdp_world *w, unsigned int from,
			  unsigned int to)
{
	struct model_page is, *m;
	unsigned int i;

	for (i = from; i < to; i++) {
		is = look(w, i);
		m = &w->model[i];
		if (is.mapped != m->mapped || is.mmio != m->mmio ||
		    is.pfn != m->pfn || is.level != m->level ||
		    is.writable != m->writable ||
		    is.host_writable != m->host_writable) {
			differ(w, i, &is);
			return;
		}
	}
}

void tdp_world_compare(struct tdp_world *w)
{
	compare_range(w, 0, WINDOW_PAGES);
}

/* --- steps --------------------------------------------------------------- */

static enum kvm_pf_result map_with(struct tdp_world *w,
				   const struct kvm_tdp_map *map,
				   struct kvm_mmu_caches *caches)
{
	enum kvm_pf_result r;

	if (kvm_mmu_caches_topup(caches, KVM_MMU_MAX_ROOT_LEVEL))
		return RET_PF_RETRY;
	kvm_mmu_read_lock(&w->kvm);
	r = kvm_tdp_map(&w->kvm, w->root, map, caches);
	kvm_mmu_read_unlock(&w->kvm);
	return r;
}

static enum kvm_pf_result map_page(struct tdp_world *w, unsigned int page,
				   unsigned int level, unsigned int leaf_flags,
				   struct kvm_mmu_caches *caches)
{
	const struct kvm_tdp_map map = {
		.gfn = w->base + page,
		.leaf = {
			.pfn = host_pfn(w, page),
			.level = level,
			.access = KVM_ACC_ALL,
			.memtype = w->masks.memtype & (6 << 3 | BIT(6)),
			.flags = leaf_flags,
		},
	};

	return map_with(w, &map, caches);
}

static enum kvm_pf_result map_mmio(struct tdp_world *w, unsigned int page,
				   struct kvm_mmu_caches *caches)
{
	const struct kvm_tdp_map map = {
		.gfn = w->base + page,
		.leaf = { .level = 1, .access = KVM_ACC_ALL },
		.flags = KVM_TDP_MAP_MMIO,
		.mmio_gen = page,
	};

	return map_with(w, &map, caches);
}

enum kvm_pf_result tdp_world_map(struct tdp_world *w, unsigned int page,
				 unsigned int level, unsigned int leaf_flags)
{
	return map_page(w, page, level, leaf_flags, &w->caches);
}

static u8 two_mb(struct kvm *kvm, gfn_t gfn, void *arg)
{
	return 2;
}

static unsigned int below(struct rnd_state *rnd, unsigned int n)
{
	return prandom_u32_state(rnd) % n;
}

enum step_op {
	MAP,
	MAP_HUGE,
	MMIO,
	MOVE, /* the host does, so that the next map finds another pfn */
	ZAP,
	WRPROT,
	CLEAR_DIRTY,
	AGE,
	SPLIT,
	RECOVER,
	NR_STEPS
};

/* How often each; what touches 512 entries at a time comes seldom. */
static const u8 weights[] = {
	/* clang-format off */
	[MAP] = 128,
	[MAP_HUGE] = 1,
	[MMIO] = 8,
	[MOVE] = 1,
	[ZAP] = 32,
	[WRPROT] = 24,
	[CLEAR_DIRTY] = 16,
	[AGE] = 16,
	[SPLIT] = 1,
	[RECOVER] = 1,
	/* clang-format on */
};

static_assert(ARRAY_SIZE(weights) == NR_STEPS);

static enum step_op random_op(struct rnd_state *rnd)
{
	unsigned int op, sum = 0, r;

	for (op = 0; op < NR_STEPS; op++)
		sum += weights[op];
	r = below(rnd, sum);
	for (op = 0; r >= weights[op]; op++)
		r -= weights[op];
	return op;
}

/* A step: what, where, how.  Made by chance, so that a seed makes it again. */
struct step {
	enum step_op op;
	unsigned int from;
	unsigned int to;
	unsigned int leaf_flags;
};

static struct step random_step(struct rnd_state *rnd)
{
	struct step s = { .op = random_op(rnd) };

	s.from = below(rnd, WINDOW_PAGES);
	s.to = min_t(unsigned int, WINDOW_PAGES,
		     s.from + 1 + below(rnd, below(rnd, 64) ? 16 : 1024));
	if (below(rnd, 8))
		s.leaf_flags |= KVM_LEAF_HOST_WRITABLE;
	if (below(rnd, 2))
		s.leaf_flags |= KVM_LEAF_DIRTY_LOG;
	if (below(rnd, 2))
		s.leaf_flags |= KVM_LEAF_WRITE;
	return s;
}

static void do_step(struct tdp_world *w, const struct step *s,
		    struct kvm_mmu_caches *caches)
{
	gfn_t from = w->base + s->from, to = w->base + s->to;
	struct kvm_tdp_recover recover = {
		.start = kvm_level_gfn(from, 2),
		.end = kvm_level_gfn(to + 511, 2),
		.max_level = two_mb,
	};

	switch (s->op) {
	case MAP:
		map_page(w, s->from, 1, s->leaf_flags, caches);
		break;
	case MAP_HUGE:
		map_page(w, s->from, 2, s->leaf_flags, caches);
		break;
	case MMIO:
		map_mmio(w, s->from, caches);
		break;
	case MOVE:
		WRITE_ONCE(w->moved[s->from >> 9], !w->moved[s->from >> 9]);
		break;
	case ZAP:
		kvm_zap_gfn_range(&w->kvm, from, to);
		break;
	case WRPROT:
		kvm_tdp_track_writes(&w->kvm, 0, from, to, KVM_DIRTY_WRPROT);
		break;
	case CLEAR_DIRTY:
		kvm_tdp_track_writes(&w->kvm, 0, from, to, KVM_DIRTY_CLEAR_BIT);
		break;
	case AGE:
		kvm_tdp_age_range(&w->kvm, 0, from, to);
		break;
	case SPLIT:
		kvm_tdp_split_range(&w->kvm, 0, from, to, 1, caches);
		break;
	case RECOVER:
		kvm_tdp_recover_range(&w->kvm, &recover);
		break;
	default:
		break;
	}
}

static void model_step(struct tdp_world *w, const struct step *s)
{
	unsigned int i;

	switch (s->op) {
	case MAP:
		model_map(w, s->from, 1, s->leaf_flags);
		break;
	case MAP_HUGE:
		model_map(w, s->from, 2, s->leaf_flags);
		break;
	case MMIO:
		model_mmio(w, s->from);
		break;
	case ZAP:
		model_each(w, s->from, s->to, model_zap);
		break;
	case CLEAR_DIRTY:
		model_each(w, s->from, s->to, model_clear_dirty);
		break;
	case WRPROT:
		model_each(w, s->from, s->to, model_wrprot);
		break;
	case SPLIT:
		for (i = s->from; i < s->to; i++)
			model_split(w, i);
		break;
	case RECOVER:
		for (i = first_of(s->from, 2); i < s->to; i += 512)
			model_recover(w, i);
		break;
	default:
		break;
	}
}

void tdp_world_random_step(struct tdp_world *w, struct rnd_state *rnd,
			   struct kvm_mmu_caches *caches)
{
	struct step s = random_step(rnd);

	do_step(w, &s, caches);
}

unsigned int tdp_world_random(struct tdp_world *w, unsigned int steps)
{
	struct step s;
	unsigned int i;

	kvm_mmu_debug_set_yield(&w->kvm, 13);
	for (i = 0; i < steps && !tdp_world_violations(w); i++) {
		s = random_step(&w->rnd);
		do_step(w, &s, &w->caches);
		model_step(w, &s);
		compare_range(w, s.from, min_t(unsigned int, s.to, s.from + 8));
		if (i % 256 == 0)
			tdp_world_compare(w);
		if (tdp_world_violations(w) &&
		    kvm_mmu_broken(KVM_MMU_BREAK_NONE))
			pr_err("step %u: op %d [%u, %u) flags %x\n", i, s.op,
			       s.from, s.to, s.leaf_flags);
		cond_resched();
	}
	tdp_world_compare(w);
	kvm_mmu_debug_set_yield(&w->kvm, 0);
	kvm_mmu_write_lock(&w->kvm);
	kvm_mmu_debug_verify(&w->kvm);
	kvm_mmu_write_unlock(&w->kvm);
	return i;
}
