// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_debugfs_kunit.c - mmu_tables and mmu_mappings, to the letter
 *
 * What debugfs itself does, a lab case reads.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "mmu/mmu_debugfs.h"
#include "tests/kunit/mmu_host.h"
#include "tests/kunit/suites.h"
#include "tests/kunit/tdp_world.h"

#define TEXT_SIZE 0x40000

/* Of tdp_formats[]. */
#define NPT4	       0
#define NPT4_ENCRYPTED 2
#define EPT4_AD	       3
#define EPT4	       5

#define RW KVM_LEAF_HOST_WRITABLE

/* Each reader has a text of its own. */
struct shown {
	struct tdp_world w;
	char tables[TEXT_SIZE];
	char chunks[TEXT_SIZE];
	char mappings[4096];
};

static int mmu_debugfs_suite_init(struct kunit_suite *suite)
{
	return mmu_host_init(true);
}

static void mmu_debugfs_suite_exit(struct kunit_suite *suite)
{
	kvm_mmu_hardware_unsetup();
}

static int shown_init(struct kunit *test)
{
	struct shown *s = vzalloc(sizeof(*s));

	test->priv = s;
	return s ? 0 : -ENOMEM;
}

static void shown_exit(struct kunit *test)
{
	vfree(test->priv);
}

/* A world whose VM somebody uses. */
static void make_world(struct kunit *test, unsigned int format)
{
	struct shown *s = test->priv;

	KUNIT_ASSERT_EQ(test, tdp_world_init(&s->w, &tdp_formats[format], 0),
			0);
	refcount_set(&s->w.kvm.users_count, 1);
}

static struct seq_file into(char *text, size_t size)
{
	memset(text, 0, size);
	return (struct seq_file){ .buf = text, .size = size - 1 };
}

static int read_tables(struct shown *s)
{
	struct seq_file m = into(s->tables, sizeof(s->tables));
	struct kvm_mmu_tables_reader r;
	int status = kvm_mmu_tables_first(&r, &s->w.kvm);

	for (; status > 0; status = kvm_mmu_tables_next(&r))
		kvm_mmu_tables_show(&m, &r);
	return seq_has_overflowed(&m) ? -E2BIG : status;
}

static int read_mappings(struct shown *s)
{
	struct seq_file m = into(s->mappings, sizeof(s->mappings));

	return kvm_mmu_show_mappings(&m, &s->w.kvm);
}

/* As a program reads the file, so many bytes at a time. */
static ssize_t read_chunks(struct shown *s, struct file *file, size_t chunk)
{
	struct kiocb kiocb = { .ki_filp = file };
	struct iov_iter iter;
	struct kvec vec;
	ssize_t n;

	memset(s->chunks, 0, sizeof(s->chunks));
	do {
		vec.iov_base = s->chunks + kiocb.ki_pos;
		vec.iov_len =
			min_t(size_t, chunk, TEXT_SIZE - 1 - kiocb.ki_pos);
		iov_iter_kvec(&iter, READ, &vec, 1, vec.iov_len);
		n = seq_read_iter(&kiocb, &iter);
	} while (n > 0);
	return n;
}

static enum kvm_pf_result map_mmio(struct tdp_world *w, unsigned int page)
{
	struct kvm_tdp_map map = {
		.gfn = w->base + page,
		.leaf = { .level = 1, .access = KVM_ACC_ALL },
		.mmio_gen = 5,
		.flags = KVM_TDP_MAP_MMIO,
	};
	enum kvm_pf_result r;

	if (kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return RET_PF_RETRY;
	kvm_mmu_read_lock(&w->kvm);
	r = kvm_tdp_map(&w->kvm, w->root, &map, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return r;
}

static struct kvm_mmu_page *get_smm_root(struct tdp_world *w)
{
	union kvm_mmu_page_role role = w->root->role;
	struct kvm_mmu_page *root;

	role.invalid = 0;
	role.smm = 1;
	if (kvm_mmu_caches_topup(&w->caches, KVM_MMU_MAX_ROOT_LEVEL))
		return NULL;
	kvm_mmu_read_lock(&w->kvm);
	root = kvm_tdp_get_root(&w->kvm, role, &w->caches);
	kvm_mmu_read_unlock(&w->kvm);
	return root;
}

/* One of each kind, runs and holes, across the boundary of a root's entry. */
static void map_some(struct tdp_world *w)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		tdp_world_map(w, i, 1, RW);
	for (i = 5; i < 7; i++)
		tdp_world_map(w, i, 1, 0);
	tdp_world_map(w, 512, 2, RW);
	tdp_world_map(w, 1024, 2, RW);
	for (i = 1536; i < 1538; i++)
		tdp_world_map(w, i, 1, RW | KVM_LEAF_DIRTY_LOG);
	for (i = 1600; i < 1602; i++)
		map_mmio(w, i);
	tdp_world_map(w, 2048, 3, RW);
}

/* --- to the letter ------------------------------------------------------- */

static const char npt_text[] =
	"root level 4 as_id 0 role 00000784 valid\n"
	"  7fff800-7fff803 4K pfn 40000-40003 rwxu pat young,dirty,host-w,mmu-w\n"
	"  7fff805-7fff807 4K pfn 40005-40007 r-xu pat young\n"
	"  7fffa00-7fffe00 2M pfn 40200-40600 rwxu pat young,dirty,host-w,mmu-w\n"
	"  7fffe00-7fffe02 4K pfn 40600-40602 r-xu pat young,host-w,mmu-w\n"
	"  7fffe40-7fffe42 4K mmio rwxu generation 5\n"
	"  8000000-8040000 1G pfn 40000-80000 rwxu pat young,dirty,host-w,mmu-w\n";

static void shown_npt(struct kunit *test)
{
	struct shown *s = test->priv;

	make_world(test, NPT4);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables,
			   "root level 4 as_id 0 role 00000784 valid\n");
	map_some(&s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables, npt_text);
	tdp_world_exit(&s->w);
}

static const char ept_text[] =
	"root level 4 as_id 0 role 00000784 valid\n"
	"  7fff800-7fff803 4K pfn 40000-40003 rwx wb! young,dirty,host-w,mmu-w\n"
	"  7fff805-7fff807 4K pfn 40005-40007 r-x wb! young\n"
	"  7fffa00-7fffe00 2M pfn 40200-40600 rwx wb! young,dirty,host-w,mmu-w\n"
	"  7fffe00-7fffe02 4K pfn 40600-40602 r-x wb! young,host-w,mmu-w\n"
	"  7fffe40-7fffe42 4K mmio rwxu generation 5\n"
	"  8000000-8040000 1G pfn 40000-80000 rwx wb! young,dirty,host-w,mmu-w\n";

static void shown_ept(struct kunit *test)
{
	struct shown *s = test->priv;

	make_world(test, EPT4_AD);
	map_some(&s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables, ept_text);
	tdp_world_exit(&s->w);
}

static void shown_sums(struct kunit *test)
{
	static const char sums[] = "  4K tables 2 leaves 7 bytes 28672\n"
				   "  2M tables 1 leaves 2 bytes 4194304\n"
				   "  1G tables 2 leaves 1 bytes 1073741824\n"
				   "  512G tables 1\n";
	struct shown *s = test->priv;
	struct kvm_mmu_page *sp;
	char want[512];
	u64 *sptep;

	make_world(test, EPT4_AD);
	map_some(&s->w);
	KUNIT_EXPECT_EQ(test, read_mappings(s), 0);
	snprintf(want, sizeof(want),
		 "root level 4 as_id 0 role 00000784 valid\n"
		 "%s  nx tables 0\nall\n%s  nx tables 0\n",
		 sums, sums);
	KUNIT_EXPECT_STREQ(test, (const char *)s->mappings, (const char *)want);

	/* The table of the pages from 0 on is there for NX. */
	sptep = tdp_child(&s->w.masks, s->w.root->spt[0]);
	sptep = tdp_child(&s->w.masks, sptep[511]);
	sp = kvm_mmu_page_of(sptep[508] & s->w.masks.pfn);
	KUNIT_EXPECT_EQ(test, sp->gfn, s->w.base);
	sp->nx_huge_page_disallowed = true;
	KUNIT_EXPECT_EQ(test, read_mappings(s), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->mappings, "nx tables 1\nall\n"));
	sp->nx_huge_page_disallowed = false;
	tdp_world_exit(&s->w);
}

/* Old pages keep what they allow, where that is put aside as well. */
static void shown_flags(struct kunit *test)
{
	struct shown *s = test->priv;
	unsigned int i;

	for (i = 0; i < nr_tdp_formats; i++) {
		make_world(test, i);
		tdp_world_map(&s->w, 7, 1, RW);
		kvm_tdp_age_range(&s->w.kvm, 0, s->w.base, s->w.base + 9);
		KUNIT_EXPECT_EQ(test, read_tables(s), 0);
		if (!strstr(s->tables, "4K pfn 40007-40008 rwx") ||
		    !strstr(s->tables, " old,dirty,host-w,mmu-w"))
			KUNIT_FAIL(test, "%s: %s", tdp_formats[i].name,
				   s->tables);
		KUNIT_EXPECT_EQ(test, i == NPT4_ENCRYPTED,
				!!strstr(s->tables, ",encrypted\n"));
		tdp_world_exit(&s->w);
	}

	/* A page without D that is no longer writable is no longer dirty. */
	make_world(test, EPT4);
	tdp_world_map(&s->w, 7, 1, RW);
	kvm_tdp_track_writes(&s->w.kvm, 0, s->w.base, s->w.base + 9,
			     KVM_DIRTY_WRPROT);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->tables,
					   " r-x wb! young,host-w,mmu-w\n"));
	tdp_world_exit(&s->w);
}

/* An entry that somebody is at; he does not hold it longer than this. */
static void shown_frozen(struct kunit *test)
{
	struct shown *s = test->priv;
	u64 *sptep, was;

	make_world(test, EPT4_AD);
	map_some(&s->w);
	sptep = tdp_child(&s->w.masks, s->w.root->spt[0]);
	sptep = tdp_child(&s->w.masks, sptep[511]) + 509;
	was = *sptep;
	WRITE_ONCE(*sptep, s->w.masks.frozen);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	WRITE_ONCE(*sptep, was);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->tables,
					   "  7fffa00-7fffc00 2M frozen\n"
					   "  7fffc00-7fffe00 2M pfn 40400-"));
	tdp_world_exit(&s->w);
}

/* Pages that are alike but for one thing are no run. */
static void shown_runs_end(struct kunit *test)
{
	static const char *const lines[] = {
		"  7fff800-7fff801 4K pfn 40000-40001 rwx ",
		"  7fff801-7fff802 4K pfn 40001-40002 r-x ",
		"  7fff802-7fff804 4K pfn 40002-40004 rwx ",
		/* The same page twice. */
		"  7fff804-7fff805 4K pfn 40003-40004 rwx ",
		/* Old. */
		"  7fff805-7fff806 4K pfn 40005-40006 rwx ",
		"  7fff806-7fff807 4K pfn 40006-40007 rwx ",
		"  7fff808-7fff809 4K mmio rwxu generation 5\n",
		"  7fff809-7fff80a 4K mmio rwxu generation 6\n",
	};
	struct shown *s = test->priv;
	unsigned int i;
	u64 *sptep;

	make_world(test, EPT4_AD);
	for (i = 0; i < 7; i++)
		tdp_world_map(&s->w, i, 1, i == 1 ? 0 : RW);
	for (i = 8; i < 10; i++)
		map_mmio(&s->w, i);
	kvm_tdp_age_range(&s->w.kvm, 0, s->w.base + 5, s->w.base + 6);
	sptep = tdp_child(&s->w.masks, s->w.root->spt[0]);
	sptep = tdp_child(&s->w.masks, sptep[511]);
	sptep = tdp_child(&s->w.masks, sptep[508]);

	/* By hand, and undone before anybody else looks. */
	sptep[4] -= PAGE_SIZE;
	sptep[9] += 1ull << __ffs64(KVM_PTE_MMIO_GEN_LOW);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	sptep[9] -= 1ull << __ffs64(KVM_PTE_MMIO_GEN_LOW);
	sptep[4] += PAGE_SIZE;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strstr(s->tables, lines[i]))
			KUNIT_FAIL(test, "no '%s' in: %s", lines[i], s->tables);
	tdp_world_exit(&s->w);
}

/* --- several roots ------------------------------------------------------- */

/* By role; one that is being emptied says so. */
static void shown_roots(struct kunit *test)
{
	struct shown *s = test->priv;
	struct kvm_mmu_tables_reader r;
	struct kvm_mmu_page *smm;

	make_world(test, NPT4);
	/* However many come while it reads, a reader ends. */
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_first(&r, &s->w.kvm), 1);
	smm = get_smm_root(&s->w);
	KUNIT_ASSERT_NOT_NULL(test, smm);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), 0);

	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables,
			   "root level 4 as_id 0 role 00000784 valid\n"
			   "root level 4 as_id 1 role 00080784 valid\n");

	kvm_mmu_zap_all_fast(&s->w.kvm);
	flush_work(&s->w.kvm.mmu.zap_work);
	kvm_tdp_put_root(&s->w.kvm, smm);
	smm = get_smm_root(&s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables,
			   "root level 4 as_id 0 role 00000784 invalid\n"
			   "root level 4 as_id 1 role 00080784 valid\n");
	KUNIT_EXPECT_EQ(test, read_mappings(s), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->mappings, "role 00080784 valid"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->mappings, "512G tables 2\n"));
	kvm_tdp_put_root(&s->w.kvm, smm);
	tdp_world_exit(&s->w);
}

/* A reader in the middle of a root that goes comes to the next one. */
static void shown_root_goes(struct kunit *test)
{
	struct shown *s = test->priv;
	struct kvm_mmu_tables_reader r;
	struct kvm_mmu_page *smm;

	make_world(test, NPT4);
	map_some(&s->w);
	smm = get_smm_root(&s->w);
	KUNIT_ASSERT_NOT_NULL(test, smm);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_first(&r, &s->w.kvm), 1);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), 1);
	KUNIT_EXPECT_EQ(test, r.run.end, s->w.base + 3);

	kvm_mmu_zap_all_fast(&s->w.kvm);
	flush_work(&s->w.kvm.mmu.zap_work);
	kvm_tdp_put_root(&s->w.kvm, s->w.root);
	s->w.root = NULL;
	rcu_barrier();

	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), 1);
	KUNIT_EXPECT_TRUE(test, r.header);
	KUNIT_EXPECT_TRUE(test, r.at.role.smm);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), 0);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), 0);
	kvm_tdp_put_root(&s->w.kvm, smm);
	tdp_world_exit(&s->w);
}

/* Nobody who waits for readers of a VM that goes waits long. */
static void shown_vm_goes(struct kunit *test)
{
	struct shown *s = test->priv;
	struct kvm_mmu_tables_reader r;

	make_world(test, NPT4);
	map_some(&s->w);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_first(&r, &s->w.kvm), 1);
	refcount_set(&s->w.kvm.users_count, 0);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), -ENODEV);
	KUNIT_EXPECT_EQ(test, kvm_mmu_tables_next(&r), -ENODEV);
	KUNIT_EXPECT_EQ(test, read_mappings(s), -ENODEV);
	tdp_world_exit(&s->w);
}

/* --- large --------------------------------------------------------------- */

/* More pages than one step looks at: 4096, all of them small. */
static void map_many(struct kunit *test, struct tdp_world *w)
{
	unsigned int i;

	for (i = 0; i < WINDOW_PAGES; i += 512)
		tdp_world_map(w, i, 2, RW);
	KUNIT_EXPECT_EQ(test,
			kvm_tdp_split_range(&w->kvm, 0, w->base,
					    w->base + WINDOW_PAGES, 1,
					    &w->caches),
			0);
}

static void zap_every_other(struct kunit *test, struct tdp_world *w)
{
	struct kvm_gfn_span *spans;
	unsigned int i;

	spans = kunit_kcalloc(test, WINDOW_PAGES / 2, sizeof(*spans),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, spans);
	for (i = 0; i < WINDOW_PAGES / 2; i++) {
		spans[i].start = w->base + 2 * i + 1;
		spans[i].end = spans[i].start + 1;
	}
	KUNIT_EXPECT_EQ(test,
			kvm_zap_gfn_ranges(&w->kvm, spans, WINDOW_PAGES / 2),
			(unsigned long)WINDOW_PAGES / 2);
}

static const char many_text[] =
	"root level 4 as_id 0 role 00000784 valid\n"
	"  7fff800-8000800 4K pfn 40000-41000 rwx wb! young,dirty,host-w,mmu-w\n";

static void shown_many(struct kunit *test)
{
	struct shown *s = test->priv;
	unsigned int lines = 0;
	char *p;

	make_world(test, EPT4_AD);
	map_many(test, &s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->tables, many_text);
	KUNIT_EXPECT_EQ(test, read_mappings(s), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)s->mappings,
			   "root level 4 as_id 0 role 00000784 valid\n"
			   "  4K tables 8 leaves 4096 bytes 16777216\n"
			   "  2M tables 2 leaves 0 bytes 0\n"
			   "  1G tables 2 leaves 0 bytes 0\n"
			   "  512G tables 1\n"
			   "  nx tables 0\n"
			   "all\n"
			   "  4K tables 8 leaves 4096 bytes 16777216\n"
			   "  2M tables 2 leaves 0 bytes 0\n"
			   "  1G tables 2 leaves 0 bytes 0\n"
			   "  512G tables 1\n"
			   "  nx tables 0\n");

	zap_every_other(test, &s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);
	for (p = strchr(s->tables, '\n'); p; p = strchr(p + 1, '\n'))
		lines++;
	KUNIT_EXPECT_EQ(test, lines, 1u + WINDOW_PAGES / 2);
	tdp_world_exit(&s->w);
}

/* However the file is read, it is the same text; and it can be read again. */
static void shown_by_chunks(struct kunit *test)
{
	static const size_t chunks[] = { 61, 4096, 100000 };
	struct shown *s = test->priv;
	struct kvm_mmu_tables_reader *r;
	struct file *file;
	unsigned int i;

	file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, file);
	make_world(test, NPT4);
	map_many(test, &s->w);
	zap_every_other(test, &s->w);
	KUNIT_EXPECT_EQ(test, read_tables(s), 0);

	r = __seq_open_private(file, &kvm_mmu_tables_seq_ops, sizeof(*r));
	KUNIT_EXPECT_NOT_NULL(test, r);
	for (i = 0; r && i < ARRAY_SIZE(chunks); i++) {
		r->at.kvm = &s->w.kvm;
		KUNIT_EXPECT_EQ(test, read_chunks(s, file, chunks[i]),
				(ssize_t)0);
		if (strcmp(s->chunks, s->tables))
			KUNIT_FAIL(test, "by %zu bytes it is another text",
				   chunks[i]);
	}
	if (r)
		seq_release_private(NULL, file);
	tdp_world_exit(&s->w);
}

/* --- while the tables change --------------------------------------------- */

struct changer {
	struct shown *shown;
	struct completion done;
	u64 seed;
	bool stop;
};

static int random_steps(void *arg)
{
	struct changer *c = arg;
	struct kvm_mmu_caches caches;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, c->seed);
	kvm_mmu_caches_init(&c->shown->w.kvm, &caches, 8, 0);
	while (!READ_ONCE(c->stop)) {
		tdp_world_random_step(&c->shown->w, &rnd, &caches);
		cond_resched();
	}
	kvm_mmu_caches_free(&caches);
	complete(&c->done);
	return 0;
}

/* Roots come, get a page and go, as fast as can be. */
static int change_roots(void *arg)
{
	struct changer *c = arg;
	struct tdp_world *w = &c->shown->w;
	struct kvm_mmu_page *root = w->root;

	while (!READ_ONCE(c->stop)) {
		w->root = get_smm_root(w);
		if (!w->root)
			break;
		tdp_world_map(w, 7, 1, RW);
		kvm_mmu_zap_all_fast(&w->kvm);
		kvm_tdp_put_root(&w->kvm, w->root);
		w->root = root;
		flush_work(&w->kvm.mmu.zap_work);
	}
	w->root = root;
	complete(&c->done);
	return 0;
}

/* Whatever happens, a gfn does not come twice for a root. */
static unsigned int count_disorder(struct kvm *kvm)
{
	struct kvm_mmu_tables_reader r;
	unsigned int bad = 0;
	gfn_t last = 0;
	int status;

	for (status = kvm_mmu_tables_first(&r, kvm); status > 0;
	     status = kvm_mmu_tables_next(&r)) {
		if (r.header) {
			last = 0;
			continue;
		}
		bad += r.run.start < last || r.run.end <= r.run.start;
		last = r.run.end;
	}
	return bad + (status < 0);
}

static void read_while(struct kunit *test, unsigned int nr,
		       int (*change)(void *arg))
{
	struct shown *s = test->priv;
	struct changer c[2] = {};
	unsigned int i, bad = 0;
	struct task_struct *task;

	make_world(test, EPT4_AD);
	for (i = 0; i < nr; i++) {
		c[i].shown = s;
		c[i].seed = i;
		init_completion(&c[i].done);
		task = kthread_run(change, &c[i], "shown/%u", i);
		if (IS_ERR(task))
			complete(&c[i].done);
		KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	}
	for (i = 0; i < 100; i++) {
		bad += count_disorder(&s->w.kvm);
		bad += read_mappings(s) != 0;
		cond_resched();
	}
	for (i = 0; i < nr; i++) {
		WRITE_ONCE(c[i].stop, true);
		wait_for_completion(&c[i].done);
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
	KUNIT_EXPECT_EQ(test, tdp_world_violations(&s->w), 0ul);
	tdp_world_exit(&s->w);
}

static void shown_while_it_changes(struct kunit *test)
{
	read_while(test, 2, random_steps);
}

static void shown_while_roots_change(struct kunit *test)
{
	read_while(test, 1, change_roots);
}

static struct kunit_case shown_cases[] = {
	/* clang-format off */
	KUNIT_CASE(shown_npt),
	KUNIT_CASE(shown_ept),
	KUNIT_CASE(shown_sums),
	KUNIT_CASE(shown_flags),
	KUNIT_CASE(shown_frozen),
	KUNIT_CASE(shown_runs_end),
	KUNIT_CASE(shown_roots),
	KUNIT_CASE(shown_root_goes),
	KUNIT_CASE(shown_vm_goes),
	KUNIT_CASE(shown_many),
	KUNIT_CASE(shown_by_chunks),
	KUNIT_CASE(shown_while_it_changes),
	KUNIT_CASE(shown_while_roots_change),
	{}
	/* clang-format on */
};

struct kunit_suite mmu_debugfs_suite = {
	.name = "twinwalk_mmu_debugfs",
	.suite_init = mmu_debugfs_suite_init,
	.suite_exit = mmu_debugfs_suite_exit,
	.init = shown_init,
	.exit = shown_exit,
	.test_cases = shown_cases,
};
