// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdp_suite.c - what suites about the TDP MMU's single steps have in common
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <trace/events/kmem.h>

#include "mmu/mmu.h"
#include "params.h"
#include "tests/kunit/tdp_suite.h"

/* What a test has: a world at a time. */
struct tdp_run {
	struct tdp_world w;
	unsigned int next;
	bool live;
	int headers;
};

/* --- headers, seen by the kernel's own tracepoints ----------------------- */

static atomic_t live_headers;

static void on_alloc(void *data, unsigned long call_site, const void *ptr,
		     struct kmem_cache *s, gfp_t gfp_flags, int node)
{
	if (ptr && s == kvm_mmu_page_header_cache())
		atomic_inc(&live_headers);
}

static void on_free(void *data, unsigned long call_site, const void *ptr,
		    const struct kmem_cache *s)
{
	if (s == kvm_mmu_page_header_cache())
		atomic_dec(&live_headers);
}

static int spy_start(void)
{
	int r;

	atomic_set(&live_headers, 0);
	r = register_trace_kmem_cache_alloc(on_alloc, NULL);
	if (r)
		return r;
	r = register_trace_kmem_cache_free(on_free, NULL);
	if (r)
		unregister_trace_kmem_cache_alloc(on_alloc, NULL);
	return r;
}

static void spy_end(void)
{
	unregister_trace_kmem_cache_free(on_free, NULL);
	unregister_trace_kmem_cache_alloc(on_alloc, NULL);
	tracepoint_synchronize_unregister();
}

/* --- suite, test, world -------------------------------------------------- */

int tdp_suite_up(struct kunit_suite *suite)
{
	struct kvm_mmu_config config = {
		.tdp = true,
		.tdp_root_level = 4,
		.max_huge_level = 3,
	};
	int r;

	kvm_param_tdp = true;
	kvm_param_tdp_mmu = true;
	kvm_mmu_x86_module_init();
	kvm_mmu_vendor_module_init();
	kvm_configure_mmu(&config);
	r = kvm_mmu_hardware_setup();
	if (r)
		return r;
	r = spy_start();
	if (r)
		kvm_mmu_hardware_unsetup();
	return r;
}

void tdp_suite_down(struct kunit_suite *suite)
{
	spy_end();
	kvm_mmu_hardware_unsetup();
}

int tdp_test_init(struct kunit *test)
{
	struct tdp_run *run = vzalloc(sizeof(*run));

	test->priv = run;
	if (!run)
		return -ENOMEM;
	WRITE_ONCE(kvm_mmu_calm, true);
	rcu_barrier();
	run->headers = atomic_read(&live_headers);
	return 0;
}

long tdp_leaves(struct tdp_world *w, unsigned int level)
{
	struct kvm_mmu_counts c;
	long sum = 0;

	kvm_mmu_count(&w->kvm, &c);
	if (level)
		return c.leaves[level];
	for (level = 1; level <= KVM_MMU_MAX_LEAF_LEVEL; level++)
		sum += c.leaves[level];
	return sum;
}

long tdp_tables(struct tdp_world *w, unsigned int level)
{
	struct kvm_mmu_counts c;
	long sum = 0;

	kvm_mmu_count(&w->kvm, &c);
	if (level)
		return c.tables[level];
	for (level = 1; level <= KVM_MMU_MAX_ROOT_LEVEL; level++)
		sum += c.tables[level];
	return sum;
}

void tdp_settle(struct tdp_world *w)
{
	flush_work(&w->kvm.mmu.zap_work);
}

/* Nothing may be accounted any more, in any of these. */
static void expect_empty(struct kunit *test, struct tdp_world *w)
{
	struct kvm_mmu_counts c;
	unsigned int i;

	kvm_mmu_count(&w->kvm, &c);
	for (i = 0; i < ARRAY_SIZE(c.leaves); i++)
		KUNIT_EXPECT_EQ(test, c.leaves[i], 0L);
	for (i = 0; i < ARRAY_SIZE(c.tables); i++)
		KUNIT_EXPECT_EQ(test, c.tables[i], 0L);
	KUNIT_EXPECT_TRUE(test, list_empty(&w->kvm.mmu.tdp_roots));
	KUNIT_EXPECT_TRUE(test, list_empty(&w->kvm.mmu.nx_pages));
	KUNIT_EXPECT_EQ(test, w->kvm.mmu.nr_nx_pages, 0ul);
	KUNIT_EXPECT_EQ(test, w->caches.headers.nobjs, w->caches.tables.nobjs);
}

static void end_world(struct kunit *test, struct tdp_run *run)
{
	struct tdp_world *w = &run->w;

	w->on_flush = NULL;
	kvm_mmu_debug_set_yield(&w->kvm, 0);
	kvm_mmu_write_lock(&w->kvm);
	kvm_mmu_debug_verify(&w->kvm);
	kvm_mmu_write_unlock(&w->kvm);

	kvm_tdp_put_root(&w->kvm, w->root);
	w->root = NULL;
	kvm_mmu_zap_all_fast(&w->kvm);
	tdp_settle(w);
	expect_empty(test, w);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(w), 0ul);
	if (test->status == KUNIT_FAILURE)
		kunit_err(test, "so far as of format %s",
			  tdp_formats[run->next - 1].name);
	tdp_world_exit(w);
	run->live = false;
}

struct tdp_world *tdp_next_world(struct kunit *test)
{
	struct tdp_run *run = test->priv;
	int r;

	if (run->live)
		end_world(test, run);
	if (run->next == nr_tdp_formats)
		return NULL;
	r = tdp_world_init_huge(&run->w, &tdp_formats[run->next++], 0, 3);
	KUNIT_EXPECT_EQ(test, r, 0);
	run->live = !r;
	return r ? NULL : &run->w;
}

void tdp_test_exit(struct kunit *test)
{
	struct tdp_run *run = test->priv;

	WRITE_ONCE(kvm_mmu_calm, false);
	if (!run)
		return;
	if (run->live)
		end_world(test, run);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&live_headers), run->headers);
	KUNIT_EXPECT_EQ(test, kvm_mmu_total_pages(), (s64)0);
	vfree(run);
}

/* --- pages --------------------------------------------------------------- */

kvm_pfn_t tdp_pfn(gfn_t gfn)
{
	return BIT_ULL(30) + (gfn & (BIT_ULL(28) - 1));
}

struct kvm_tdp_map tdp_page(struct tdp_world *w, gfn_t gfn, unsigned int level,
			    unsigned int leaf_flags)
{
	return (struct kvm_tdp_map){
		.gfn = gfn,
		.leaf = {
			.pfn = tdp_pfn(gfn),
			.level = level,
			.access = KVM_ACC_ALL,
			.memtype = w->masks.memtype & (6 << 3 | BIT(6)),
			.flags = leaf_flags,
		},
	};
}

enum kvm_pf_result tdp_do_map(struct tdp_world *w, struct kvm_mmu_page *root,
			      const struct kvm_tdp_map *map)
{
	enum kvm_pf_result r;

	if (kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return RET_PF_CONTINUE;
	kvm_mmu_read_lock(&w->kvm);
	r = kvm_tdp_map(&w->kvm, root, map, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return r;
}

enum kvm_pf_result tdp_map(struct tdp_world *w, gfn_t gfn, unsigned int level,
			   unsigned int leaf_flags)
{
	struct kvm_tdp_map map = tdp_page(w, gfn, level, leaf_flags);

	return tdp_do_map(w, w->root, &map);
}

struct kvm_mmu_page *tdp_get_root(struct tdp_world *w, unsigned int as_id)
{
	union kvm_mmu_page_role role = {};
	struct kvm_mmu_page *root;

	if (kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return NULL;
	role.level = w->kvm.mmu.root_level;
	role.direct = 1;
	role.access = KVM_ACC_ALL;
	role.smm = as_id;
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return root;
}

/* --- reading, by nobody's code but this ---------------------------------- */

u64 *tdp_entry(struct tdp_world *w, struct kvm_mmu_page *root, gfn_t gfn,
	       unsigned int level)
{
	unsigned int at = root->role.level;
	u64 *table = root->spt, *e;

	for (;; at--) {
		e = &table[(gfn >> ((at - 1) * 9)) & 511];
		if (at == level)
			return e;
		if (!(*e & BIT_ULL(11)) || (*e & BIT_ULL(7)))
			return NULL;
		table = __va(*e & w->masks.pfn);
	}
}

struct tdp_seen tdp_see(struct tdp_world *w, struct kvm_mmu_page *root,
			gfn_t gfn)
{
	struct tdp_seen seen = {};
	unsigned int level, rwx;
	u64 e, *p = NULL;

	for (level = 1; level <= 3 && !p; level++)
		p = tdp_entry(w, root, gfn, level);
	level--;
	if (!p || !(*p & BIT_ULL(11)) || (level > 1 && !(*p & BIT_ULL(7))))
		return seen;

	e = *p;
	rwx = e & 7;
	seen.level = level;
	seen.accessed = w->masks.accessed ? !!(e & w->masks.accessed) : rwx;
	if (tdp_is_ept(w) && !rwx)
		rwx = (e >> 54) & 7;
	seen.writable = rwx & 2;
	seen.exec = tdp_is_ept(w) ? rwx & 4 : !(e >> 63);
	seen.dirty = e & w->masks.dirty;
	seen.right = (e & w->masks.pfn) >> 12 ==
		     (tdp_pfn(gfn) & ~((1ull << ((level - 1) * 9)) - 1));
	return seen;
}

unsigned int tdp_wrong(struct tdp_world *w, gfn_t start, gfn_t end,
		       unsigned int step, unsigned int level)
{
	unsigned int wrong = 0;
	struct tdp_seen s;

	for (; start < end; start += step) {
		s = tdp_see(w, w->root, start);
		wrong += s.level != level || (level && !s.right);
	}
	return wrong;
}

int tdp_flushes(struct tdp_world *w)
{
	return atomic_xchg(&w->flushes, 0);
}

u8 tdp_max_level(struct kvm *kvm, gfn_t gfn, void *arg)
{
	return *(unsigned int *)arg;
}

static unsigned long recover(struct tdp_world *w, gfn_t start, gfn_t end,
			     unsigned int max_level, bool nx)
{
	struct kvm_tdp_recover req = {
		.start = start,
		.end = end,
		.max_level = tdp_max_level,
		.arg = &max_level,
		.nx = nx,
	};

	return kvm_tdp_recover_range(&w->kvm, &req);
}

unsigned long tdp_recover(struct tdp_world *w, gfn_t start, gfn_t end,
			  unsigned int max_level)
{
	return recover(w, start, end, max_level, false);
}

unsigned long tdp_recover_nx(struct tdp_world *w, gfn_t start, gfn_t end,
			     unsigned int max_level)
{
	return recover(w, start, end, max_level, true);
}

/* --- threads ------------------------------------------------------------- */

static int thread_fn(void *arg)
{
	struct tdp_thread *t = arg;
	unsigned int i;

	for (i = 0; i < t->steps; i++) {
		t->fn(t);
		cond_resched();
	}
	kvm_mmu_caches_free(&t->caches);
	complete(&t->done);
	return 0;
}

static struct task_struct *make_thread(struct kunit *test, struct tdp_thread *t,
				       struct tdp_world *w,
				       void (*fn)(struct tdp_thread *t),
				       unsigned int steps)
{
	static unsigned int seed;

	t->w = w;
	t->fn = fn;
	t->steps = steps;
	t->elsewhere = false;
	kvm_mmu_caches_init(&w->kvm, &t->caches, 8, 0);
	prandom_seed_state(&t->rnd, ++seed);
	init_completion(&t->done);
	t->task = kthread_create(thread_fn, t, "tdp-ops");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->task));
	return get_task_struct(t->task);
}

void tdp_thread_start(struct kunit *test, struct tdp_thread *t,
		      struct tdp_world *w, void (*fn)(struct tdp_thread *t),
		      unsigned int steps)
{
	wake_up_process(make_thread(test, t, w, fn, steps));
}

void tdp_thread_start_elsewhere(struct kunit *test, struct tdp_thread *t,
				struct tdp_world *w,
				void (*fn)(struct tdp_thread *t))
{
	struct task_struct *task = make_thread(test, t, w, fn, 1);

	migrate_disable();
	t->elsewhere = true;
	kthread_bind(task,
		     cpumask_any_but(cpu_online_mask, smp_processor_id()));
	wake_up_process(task);
}

void tdp_thread_wait(struct tdp_thread *t)
{
	wait_for_completion(&t->done);
	if (t->elsewhere)
		migrate_enable();
	put_task_struct(t->task);
}

unsigned int tdp_thread_below(struct tdp_thread *t, unsigned int n)
{
	return prandom_u32_state(&t->rnd) % n;
}
