// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_debugfs.c - a VM's tables as text
 *
 * Owns: what mmu_debugfs.h says, locking and lifetime included.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <asm/vmx.h>

#include "mmu/mmu.h"
#include "mmu/mmu_debugfs.h"
#include "mmu/tdp_iter.h"
#include "vm.h"

/* How many entries are looked at in one RCU section, tables not counted. */
#define ENTRIES_AT_A_TIME 2048

static const char *const level_names[] = {
	"", "4K", "2M", "1G", "512G", "256T",
};

static_assert(ARRAY_SIZE(level_names) == KVM_MMU_MAX_ROOT_LEVEL + 1);

/* --- walking ------------------------------------------------------------- */

static u32 role_but_invalid(union kvm_mmu_page_role role)
{
	role.invalid = 0;
	return role.word;
}

static union kvm_mmu_page_role role_of(const struct kvm_mmu_page *root)
{
	return (union kvm_mmu_page_role){ .word = READ_ONCE(root->role.word) };
}

/* An order that does not change while roots come and go. */
static bool root_is_behind(const struct kvm_mmu_page *root,
			   const struct kvm_mmu_page *other,
			   union kvm_mmu_page_role other_role)
{
	u32 a = role_but_invalid(role_of(root));
	u32 b = role_but_invalid(other_role);

	return a > b || (a == b && root > other);
}

static void begin(struct kvm_mmu_place *at, struct kvm *kvm)
{
	const struct kvm_mmu_page *root;

	*at = (struct kvm_mmu_place){ .kvm = kvm };
	rcu_read_lock();
	list_for_each_entry_rcu(root, &kvm->mmu.tdp_roots, link)
		at->roots_left++;
	rcu_read_unlock();
}

/* Into the first root behind the one that it is in. */
static bool enter_next_root(struct kvm_mmu_place *at)
{
	const struct kvm_mmu_page *root, *next = NULL;

	if (!at->roots_left)
		return false;

	at->roots_left--;
	rcu_read_lock();
	list_for_each_entry_rcu(root, &at->kvm->mmu.tdp_roots, link)
		if (root_is_behind(root, at->root, at->role) &&
		    (!next || root_is_behind(next, root, role_of(root))))
			next = root;
	if (next) {
		at->root = next;
		at->role = role_of(next);
		at->gfn = 0;
	}
	rcu_read_unlock();
	at->inside = next;
	return next;
}

/* The root that it is in; NULL if that has gone meanwhile.  Under RCU. */
static struct kvm_mmu_page *find_root(const struct kvm_mmu_place *at)
{
	struct kvm_mmu_page *root;

	list_for_each_entry_rcu(root, &at->kvm->mmu.tdp_roots, link)
		if (root == at->root && role_but_invalid(role_of(root)) ==
						role_but_invalid(at->role))
			return root;
	return NULL;
}

enum walked {
	WALKED_SOME,
	WALKED_ALL,
	WALKED_ENOUGH, /* the visitor did not take the entry: it comes again */
};

/* An entry that begins below @from was seen from there on only. */
typedef bool (*visit_fn)(void *arg, const struct tdp_iter *it, gfn_t from);

/*
 * So many entries of the root, and on from where that ended.  A step never ends
 * at a table, so a table that begins at or behind at->gfn is new.
 */
static enum walked walk_some(struct kvm_mmu_place *at, visit_fn visit,
			     void *arg)
{
	unsigned int left = ENTRIES_AT_A_TIME;
	enum walked walked = WALKED_ALL;
	struct kvm_mmu_page *root;
	struct tdp_iter it;

	rcu_read_lock();
	root = find_root(at);
	if (!root)
		goto out;

	tdp_iter_start(&it, at->kvm->mmu.masks, root, 1, at->gfn, ~0ull);
	while (tdp_iter_next(&it)) {
		if (!visit(arg, &it, at->gfn)) {
			walked = WALKED_ENOUGH;
			break;
		}
		if (is_table_spte(it.old_spte, it.level))
			continue;
		at->gfn = it.gfn + kvm_level_pages(it.level);
		if (!--left) {
			walked = WALKED_SOME;
			break;
		}
	}
out:
	rcu_read_unlock();
	if (walked == WALKED_ALL)
		at->inside = false;
	return walked;
}

static int must_stop(struct kvm *kvm)
{
	if (!refcount_read(&kvm->users_count))
		return -ENODEV;
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	return 0;
}

/* --- mmu_tables ---------------------------------------------------------- */

struct run_builder {
	const struct kvm_pte_masks *masks;
	struct kvm_mmu_run *run;
};

static bool is_like(const struct kvm_pte_masks *m,
		    const struct kvm_mmu_run *run,
		    const struct kvm_mmu_run *next)
{
	u64 pages = next->start - run->start;

	if (next->start != run->end || next->level != run->level ||
	    next->kind != run->kind)
		return false;
	switch (next->kind) {
	case KVM_SPTE_LEAF:
		return next->spte == run->spte + (pages << PAGE_SHIFT);
	case KVM_SPTE_MMIO:
		return !((next->spte ^ run->spte) & ~m->mmio_gfn);
	default:
		return true;
	}
}

/* False: the entry is of another run. */
static bool add_to_run(void *arg, const struct tdp_iter *it, gfn_t from)
{
	struct run_builder *b = arg;
	struct kvm_mmu_run one = {
		.start = max(it->gfn, from),
		.end = it->gfn + kvm_level_pages(it->level),
		.spte = it->old_spte,
		.level = it->level,
		.kind = kvm_spte_kind(b->masks, it->old_spte, it->level),
	};

	if (one.kind == KVM_SPTE_EMPTY || one.kind == KVM_SPTE_TABLE)
		return true;
	if (one.kind == KVM_SPTE_LEAF)
		one.spte += (one.start - it->gfn) << PAGE_SHIFT;

	if (b->run->start == b->run->end) {
		*b->run = one;
		return true;
	}
	if (!is_like(b->masks, b->run, &one))
		return false;
	b->run->end = one.end;
	return true;
}

static int read_record(struct kvm_mmu_tables_reader *r)
{
	struct run_builder b = {
		.masks = r->at.kvm->mmu.masks,
		.run = &r->run,
	};
	enum walked walked;
	int error;

	r->header = false;
	r->run = (struct kvm_mmu_run){};
	for (;;) {
		error = must_stop(r->at.kvm);
		if (error)
			return error;
		if (!r->at.inside) {
			r->header = enter_next_root(&r->at);
			return r->header;
		}
		walked = walk_some(&r->at, add_to_run, &b);
		if (walked == WALKED_ENOUGH ||
		    (walked == WALKED_ALL && r->run.start != r->run.end))
			return 1;
	}
}

int kvm_mmu_tables_first(struct kvm_mmu_tables_reader *r, struct kvm *kvm)
{
	*r = (struct kvm_mmu_tables_reader){};
	begin(&r->at, kvm);
	r->status = read_record(r);
	return r->status;
}

int kvm_mmu_tables_next(struct kvm_mmu_tables_reader *r)
{
	r->index++;
	if (r->status > 0)
		r->status = read_record(r);
	return r->status;
}

static void show_root(struct seq_file *m, union kvm_mmu_page_role role)
{
	seq_printf(m, "root level %u as_id %u role %08x %s\n", role.level,
		   role.smm, role_but_invalid(role),
		   role.invalid ? "invalid" : "valid");
}

static void show_memtype(struct seq_file *m, const struct kvm_pte_masks *masks,
			 u64 spte)
{
	static const char *const names[] = {
		"uc", "wc", "?2", "?3", "wt", "wp", "wb", "?7",
	};

	/* With NPT, PAT of the guest and the host decide. */
	if (!masks->memtype) {
		seq_puts(m, " pat");
		return;
	}
	seq_printf(m, " %s%s", names[FIELD_GET(VMX_EPT_MT_MASK, spte)],
		   spte & VMX_EPT_IPAT_BIT ? "!" : "");
}

static void show_leaf(struct seq_file *m, const struct kvm_pte_masks *masks,
		      const struct kvm_mmu_run *run)
{
	kvm_pfn_t pfn = spte_to_pfn(masks, run->spte);
	u64 allowed = spte_permissions(masks, run->spte);

	seq_printf(m, " pfn %llx-%llx %c%c%c%s", pfn,
		   pfn + run->end - run->start,
		   allowed & masks->readable ? 'r' : '-',
		   allowed & masks->writable ? 'w' : '-',
		   is_executable_pte(masks, run->spte) ? 'x' : '-',
		   allowed & masks->user ? "u" : "");
	show_memtype(m, masks, run->spte);
	seq_printf(m, " %s%s%s%s%s\n",
		   is_accessed_spte(masks, run->spte) ? "young" : "old",
		   is_dirty_spte(masks, run->spte) ? ",dirty" : "",
		   is_host_writable_spte(masks, run->spte) ? ",host-w" : "",
		   is_mmu_writable_spte(masks, run->spte) ? ",mmu-w" : "",
		   run->spte & masks->me ? ",encrypted" : "");
}

static void show_mmio(struct seq_file *m, const struct kvm_pte_masks *masks,
		      u64 spte)
{
	unsigned int access = kvm_mmio_spte_access(masks, spte);

	seq_printf(m, " mmio r%c%c%s generation %llu\n",
		   access & KVM_ACC_WRITE ? 'w' : '-',
		   access & KVM_ACC_EXEC ? 'x' : '-',
		   access & KVM_ACC_USER ? "u" : "", kvm_mmio_spte_gen(spte));
}

void kvm_mmu_tables_show(struct seq_file *m,
			 const struct kvm_mmu_tables_reader *r)
{
	const struct kvm_pte_masks *masks = r->at.kvm->mmu.masks;
	const struct kvm_mmu_run *run = &r->run;

	if (r->header) {
		show_root(m, r->at.role);
		return;
	}
	seq_printf(m, "  %llx-%llx %s", run->start, run->end,
		   level_names[run->level]);
	if (run->kind == KVM_SPTE_LEAF)
		show_leaf(m, masks, run);
	else if (run->kind == KVM_SPTE_MMIO)
		show_mmio(m, masks, run->spte);
	else
		seq_puts(m, " frozen\n");
}

static void *tables_record(struct kvm_mmu_tables_reader *r)
{
	if (r->status < 0)
		return ERR_PTR(r->status);
	return r->status ? r : NULL;
}

/*
 * A record that did not fit is asked for again; who seeks begins at the first
 * and goes on from there.
 */
static void *tables_start(struct seq_file *m, loff_t *pos)
{
	struct kvm_mmu_tables_reader *r = m->private;

	if (*pos == 0)
		kvm_mmu_tables_first(r, r->at.kvm);
	return tables_record(r);
}

static void *tables_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct kvm_mmu_tables_reader *r = m->private;

	kvm_mmu_tables_next(r);
	*pos = r->index;
	return tables_record(r);
}

static void tables_stop(struct seq_file *m, void *v)
{
}

static int tables_show(struct seq_file *m, void *v)
{
	kvm_mmu_tables_show(m, v);
	return 0;
}

const struct seq_operations kvm_mmu_tables_seq_ops = {
	.start = tables_start,
	.next = tables_next,
	.stop = tables_stop,
	.show = tables_show,
};

/* --- mmu_mappings -------------------------------------------------------- */

struct sums {
	const struct kvm_pte_masks *masks;
	struct kvm_mmu_counts counts;
	unsigned long nx_tables;
};

static bool add_to_sums(void *arg, const struct tdp_iter *it, gfn_t from)
{
	struct sums *s = arg;
	struct kvm_mmu_page *sp;

	/* Counted before the last step ended. */
	if (it->gfn < from)
		return true;
	if (is_table_spte(it->old_spte, it->level)) {
		sp = kvm_mmu_page_of(it->old_spte & s->masks->pfn);
		s->counts.tables[it->level - 1]++;
		s->nx_tables += READ_ONCE(sp->nx_huge_page_disallowed);
	} else if (is_leaf_spte(it->old_spte, it->level)) {
		s->counts.leaves[it->level]++;
	}
	return true;
}

static int sum_up(struct kvm_mmu_place *at, struct sums *s)
{
	int error;

	*s = (struct sums){ .masks = at->kvm->mmu.masks };
	s->counts.tables[at->role.level] = 1;
	do {
		error = must_stop(at->kvm);
		if (error)
			return error;
	} while (walk_some(at, add_to_sums, s) != WALKED_ALL);
	return 0;
}

static void show_sums(struct seq_file *m, const struct sums *s,
		      unsigned int root_level)
{
	unsigned int level;

	for (level = 1; level <= root_level; level++) {
		seq_printf(m, "  %s tables %ld", level_names[level],
			   s->counts.tables[level]);
		if (level <= KVM_MMU_MAX_LEAF_LEVEL)
			seq_printf(m, " leaves %ld bytes %llu",
				   s->counts.leaves[level],
				   s->counts.leaves[level] *
					   kvm_level_pages(level) * PAGE_SIZE);
		seq_putc(m, '\n');
	}
	seq_printf(m, "  nx tables %lu\n", s->nx_tables);
}

int kvm_mmu_show_mappings(struct seq_file *m, struct kvm *kvm)
{
	struct kvm_mmu_place at;
	struct sums s;
	int error;

	begin(&at, kvm);
	while (enter_next_root(&at)) {
		error = sum_up(&at, &s);
		if (error)
			return error;
		show_root(m, at.role);
		show_sums(m, &s, at.role.level);
	}

	kvm_mmu_count(kvm, &s.counts);
	s.nx_tables = READ_ONCE(kvm->mmu.nr_nx_pages);
	seq_puts(m, "all\n");
	show_sums(m, &s, kvm->mmu.root_level);
	return 0;
}

/* --- files --------------------------------------------------------------- */

static int mmu_tables_open(struct inode *inode, struct file *file)
{
	struct kvm_mmu_tables_reader *r;

	r = __seq_open_private(file, &kvm_mmu_tables_seq_ops, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->at.kvm = inode->i_private;
	return 0;
}

static const struct file_operations mmu_tables_fops = {
	.owner = THIS_MODULE,
	.open = mmu_tables_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static int mmu_mappings_show(struct seq_file *m, void *unused)
{
	return kvm_mmu_show_mappings(m, m->private);
}
DEFINE_SHOW_ATTRIBUTE(mmu_mappings);

/* They tell where in the host's memory a guest's is: for root alone. */
void kvm_mmu_create_vm_debugfs(struct kvm *kvm)
{
	if (!kvm_has_tdp_mmu(&kvm->mmu))
		return;
	debugfs_create_file("mmu_tables", 0400, kvm->debugfs_dentry, kvm,
			    &mmu_tables_fops);
	debugfs_create_file("mmu_mappings", 0400, kvm->debugfs_dentry, kvm,
			    &mmu_mappings_fops);
}
