// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_walk_world.c - see guest_walk_world.h
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "guest_walk_world.h"

static bool is_ept(const struct scene *s)
{
	return s->mode == M_EPT4 || s->mode == M_EPT5;
}

static u64 page_gpa(unsigned int n)
{
	return WORLD_BASE + n * 4096ull;
}

/* --- memory --------------------------------------------------------------- */

/* Whatever of it the guest can reach; NULL: nowhere. */
static u8 *anywhere(struct world *w, u64 gpa)
{
	if (gpa < WORLD_BASE || gpa - WORLD_BASE >= WORLD_PAGES * 4096)
		return NULL;
	return w->page + (gpa - WORLD_BASE);
}

static bool page_in(unsigned int pages, u64 gpa)
{
	return pages & BIT((gpa - WORLD_BASE) / 4096);
}

static u8 *at(struct world *w, u64 gpa)
{
	u8 *p = anywhere(w, gpa);

	return p && !page_in(w->missing, gpa) ? p : NULL;
}

static u64 load(const u8 *p, unsigned int size)
{
	return size == 4 ? *(const u32 *)p : *(const u64 *)p;
}

static void store(u8 *p, unsigned int size, u64 value)
{
	if (size == 4)
		*(u32 *)p = value;
	else
		*(u64 *)p = value;
}

u64 world_peek(struct world *w, u64 gpa, unsigned int size)
{
	u8 *p = anywhere(w, gpa);

	return p ? load(p, size) : 0;
}

void world_poke(struct world *w, u64 gpa, unsigned int size, u64 value)
{
	u8 *p = anywhere(w, gpa);

	if (p)
		store(p, size, value);
}

static void check_contract(struct world *w, u64 gpa, unsigned int size)
{
	if ((size != 4 && size != 8) || gpa % size ||
	    (w->entry_bytes && size != w->entry_bytes))
		w->nr_misuses++;
}

static int fake_read(void *ctx, gpa_t gpa, unsigned int size, u64 *entry)
{
	struct world *w = ctx;
	u8 *p = at(w, gpa);

	check_contract(w, gpa, size);
	w->nr_reads++;
	if (w->busy) {
		w->busy--;
		return -EAGAIN;
	}
	if (!p)
		return -EFAULT;
	*entry = load(p, size);
	return 0;
}

/* Nobody stores but to add flags. */
static int fake_cmpxchg(void *ctx, gpa_t gpa, unsigned int size, u64 old,
			u64 new)
{
	struct world *w = ctx;
	u8 *p = at(w, gpa);

	check_contract(w, gpa, size);
	if (old == new || (old & ~new) || ((new & ~old) & ~0x360ull))
		w->nr_misuses++;
	w->nr_tries++;
	if (!p)
		return -EFAULT;
	if (page_in(w->read_only, gpa))
		return -EROFS;
	if (w->races) {
		w->races--;
		store(p, size, load(p, size) ^ w->race_xor);
	}
	if (load(p, size) != old)
		return -EAGAIN;
	if (w->nr_stores < WORLD_LOG) {
		w->store_gpa[w->nr_stores] = gpa;
		w->store_old[w->nr_stores] = old;
		w->store_size[w->nr_stores] = size;
	}
	w->nr_stores++;
	store(p, size, new);
	return 0;
}

const struct kvm_guest_walk_ops world_ops = {
	.read_entry = fake_read,
	.cmpxchg_entry = fake_cmpxchg,
};

static bool model_read(void *ctx, u64 gpa, unsigned int size, u64 *entry)
{
	u8 *p = at(ctx, gpa);

	if (p)
		*entry = load(p, size);
	return p;
}

int world_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u64 noise = 0x123456789abcdefull;
	unsigned int i;

	if (!w)
		return -ENOMEM;
	w->page = kunit_kzalloc(test, WORLD_PAGES * 4096, GFP_KERNEL);
	if (!w->page)
		return -ENOMEM;
	for (i = 0; i < WORLD_PAGES * 4096; i += 8) {
		noise = noise * 6364136223846793005ull + 1442695040888963407ull;
		*(u64 *)(w->page + i) = noise ^ noise >> 33;
	}
	w->test = test;
	test->priv = w;
	return 0;
}

/* --- scenes --------------------------------------------------------------- */

void world_good_entries(struct play *p)
{
	/* Read, write, execute; or present, write, user. */
	u64 table = 0x7, leaf;
	unsigned int level;

	leaf = WORLD_BASE | table;
	if (is_ept(&p->s))
		leaf |= 6 << 3;
	if (p->leaf > 1)
		leaf |= BIT(7);
	for (level = p->leaf; level <= model_levels(p->s.mode); level++)
		p->entry[level] =
			level == p->leaf ? leaf : page_gpa(level - 1) | table;
	/* A register of PAE has no rights. */
	if (p->s.mode == M_PAE)
		p->entry[3] = page_gpa(2) | 1;
}

u64 world_entry_gpa(const struct scene *s, unsigned int level)
{
	static const unsigned int shift[] = { 0, 12, 21, 30, 39, 48 };

	if (s->mode == M_2LEVEL)
		return page_gpa(level) +
		       (s->addr >> (level == 1 ? 12 : 22)) % 1024 * 4;
	return page_gpa(level) + (s->addr >> shift[level]) % 512 * 8;
}

static unsigned int size_of_entry(const struct scene *s)
{
	return s->mode == M_2LEVEL ? 4 : 8;
}

void world_place(struct world *w, struct play *p)
{
	unsigned int level, top = model_levels(p->s.mode);

	p->s.root = (p->s.root & ~GENMASK_ULL(51, 12)) | page_gpa(top);
	for (level = p->leaf; level <= top; level++) {
		if (p->s.mode == M_PAE && level == 3)
			p->s.pdptrs[p->s.addr >> 30 & 3] = p->entry[3];
		else
			world_poke(w, world_entry_gpa(&p->s, level),
				   size_of_entry(&p->s), p->entry[level]);
	}
}

static union kvm_cpu_role role_of(const struct scene *s)
{
	union kvm_cpu_role role = {};

	role.valid = 1;
	role.ept = is_ept(s);
	role.base.level = model_levels(s->mode);
	role.base.has_4_byte_gpte = s->mode == M_2LEVEL;
	role.base.pae_gpte = s->mode == M_PAE;
	role.base.cr4_pse = s->mode == M_2LEVEL && s->pse;
	role.base.cr0_wp = s->wp;
	role.base.efer_nx = s->nxe;
	role.base.smep_andnot_wp = s->smep && !s->wp;
	role.base.smap_andnot_wp = s->smap && !s->wp;
	role.base.ad_disabled = is_ept(s) && !s->ept_ad;
	role.execonly = s->ept_xo;
	role.cr4_pke = s->pke;
	role.cr4_smap = s->smap;
	role.cr4_smep = s->smep;
	role.cr4_la57 = s->mode == M_5LEVEL;
	role.efer_lma = s->mode == M_4LEVEL || s->mode == M_5LEVEL;
	return role;
}

static struct kvm_guest_cpu_info info_of(const struct scene *s)
{
	struct kvm_guest_cpu_info info = { .maxphyaddr = s->width };

	if (s->gbpages)
		info.flags |= KVM_GUEST_CPU_GBPAGES;
	if (s->pse36)
		info.flags |= KVM_GUEST_CPU_PSE36;
	if (s->amd)
		info.flags |= KVM_GUEST_CPU_AMD;
	return info;
}

void world_config(const struct scene *s, struct kvm_guest_walk_cfg *cfg)
{
	struct kvm_guest_cpu_info info = info_of(s);

	kvm_guest_walk_init(cfg, role_of(s), &info);
}

void world_request(const struct scene *s, struct kvm_guest_walk_req *req)
{
	*req = (struct kvm_guest_walk_req){
		.pgd = s->root,
		.pdptrs = s->pdptrs,
		.addr = s->addr,
		.pkru = s->pkru,
	};
	if (s->kind == 'w')
		req->flags |= KVM_WALK_WRITE;
	if (s->kind == 'x')
		req->flags |= KVM_WALK_FETCH;
	if (s->cpl3)
		req->flags |= KVM_WALK_USER;
	if (s->ac)
		req->flags |= KVM_WALK_AC;
	if (s->implicit)
		req->flags |= KVM_WALK_IMPLICIT;
	if (s->table)
		req->flags |= KVM_WALK_TABLE;
	if (s->gva)
		req->flags |= KVM_WALK_GVA;
}

/* Working it out anew for each scene would take most of the time. */
static void configure(struct world *w, const struct scene *s)
{
	union kvm_cpu_role role = role_of(s);
	struct kvm_guest_cpu_info info = info_of(s);

	if (role.word == w->role.word &&
	    info.maxphyaddr == w->info.maxphyaddr &&
	    info.flags == w->info.flags)
		return;
	w->role = role;
	w->info = info;
	memset(&w->cfg, 0xff, sizeof(w->cfg));
	kvm_guest_walk_init(&w->cfg, role, &info);
}

/* --- comparison ----------------------------------------------------------- */

static const char *fault_differs(const struct scene *s, const struct verdict *v,
				 const struct kvm_guest_fault *f)
{
	u64 nested_gpa = 0;

	if (is_ept(s))
		nested_gpa = s->addr;
	if (v->fault == KVM_GUEST_FAULT_NOT_BACKED)
		nested_gpa = v->bad_gpa;
	if (f->kind != v->fault)
		return "kind of fault";
	if (f->level != v->fault_level)
		return "level of fault";
	if (v->fault == KVM_GUEST_FAULT_PF && f->error_code != v->error_code)
		return "error code";
	if (f->exit_qualification != v->qualification)
		return "exit qualification";
	if (f->address != s->addr)
		return "address";
	if (f->nested_gpa != nested_gpa)
		return "nested gpa";
	return NULL;
}

static const char *walk_differs(struct world *w, const struct scene *s,
				const struct verdict *v,
				const struct kvm_guest_walk *out)
{
	unsigned int level, size = size_of_entry(s);

	if (out->level != v->level)
		return "level";
	if (out->gpa != v->gpa || out->gfn != v->gpa / 4096)
		return "gpa";
	if (out->pt_access != v->pt_access)
		return "pt_access";
	if (out->pte_access != v->pte_access)
		return "pte_access";
	if (out->dirty != v->dirty)
		return "dirty";
	if (out->writable != (v->dirty && v->pte_access & KVM_ACC_WRITE))
		return "writable";
	if (out->read_only || out->fault.kind)
		return "read_only";
	for (level = model_levels(s->mode); level >= v->level; level--) {
		if (s->mode == M_PAE && level == 3)
			continue;
		if (out->table_gfn[level - 1] != out->pte_gpa[level - 1] / 4096)
			return "table_gfn";
		if (world_peek(w, out->pte_gpa[level - 1], size) !=
		    out->pte[level - 1])
			return "pte";
	}
	return NULL;
}

static const char *memory_differs(struct world *w, const struct scene *s,
				  const struct verdict *v)
{
	unsigned int i;

	if (w->nr_stores != v->nr_changes)
		return "number of stores";
	for (i = 0; i < v->nr_changes; i++)
		if (world_peek(w, v->changed_gpa[i], size_of_entry(s)) !=
		    v->changed_to[i])
			return "stored";
	return w->nr_misuses ? "use of the ops" : NULL;
}

static void report(struct world *w, const struct play *p, const char *what)
{
	const struct scene *s = &p->s;

	if (++w->nr_bad > 5)
		return;
	kunit_err(w->test, "%s differs: seed %llu mode %d width %u leaf %u",
		  what, p->seed, s->mode, s->width, p->leaf);
	kunit_err(w->test,
		  "%c cpl3 %d implicit %d ac %d table %d gva %d pkru %#x",
		  s->kind, s->cpl3, s->implicit, s->ac, s->table, s->gva,
		  s->pkru);
	kunit_err(w->test,
		  "wp %d nxe %d smep %d smap %d pke %d pse %d pse36 %d gb %d",
		  s->wp, s->nxe, s->smep, s->smap, s->pke, s->pse, s->pse36,
		  s->gbpages);
	kunit_err(w->test, "amd %d ad %d xo %d addr %#llx root %#llx", s->amd,
		  s->ept_ad, s->ept_xo, s->addr, s->root);
	kunit_err(w->test, "entries %#llx %#llx %#llx %#llx %#llx", p->entry[5],
		  p->entry[4], p->entry[3], p->entry[2], p->entry[1]);
}

static enum ending ending_of(const struct verdict *v)
{
	switch (v->fault) {
	case KVM_GUEST_FAULT_NONE:
		return END_OK;
	case KVM_GUEST_FAULT_EPT_VIOLATION:
		return END_VIOLATION;
	case KVM_GUEST_FAULT_EPT_MISCONFIG:
		return END_MISCONFIG;
	case KVM_GUEST_FAULT_NOT_BACKED:
		return END_NOT_BACKED;
	default:
		if (v->error_code & 0x20)
			return END_KEY;
		if (v->error_code & 0x08)
			return END_RESERVED;
		return v->error_code & 1 ? END_RIGHTS : END_ABSENT;
	}
}

static void undo(struct world *w)
{
	unsigned int i;

	for (i = min_t(unsigned int, w->nr_stores, WORLD_LOG); i--;)
		world_poke(w, w->store_gpa[i], w->store_size[i],
			   w->store_old[i]);
	w->nr_stores = 0;
	w->nr_misuses = 0;
}

static void play_placed(struct world *w, struct play *p)
{
	struct kvm_guest_walk_req req;
	struct kvm_guest_walk out;
	const char *what;
	struct verdict v;
	int r;

	model_walk(&p->s, model_read, w, &v);
	configure(w, &p->s);
	world_request(&p->s, &req);
	req.ctx = w;
	memset(&out, 0xff, sizeof(out));
	r = kvm_guest_walk_addr(&w->cfg, &req, &world_ops, &out);

	if (r != (v.fault ? KVM_WALK_FAULT : KVM_WALK_OK))
		what = "result";
	else if (v.fault)
		what = fault_differs(&p->s, &v, &out.fault);
	else
		what = walk_differs(w, &p->s, &v, &out);
	if (!what)
		what = memory_differs(w, &p->s, &v);
	if (what)
		report(w, p, what);
	undo(w);
	w->ended[p->s.mode][ending_of(&v)]++;
	if (v.nr_changes)
		w->ended[p->s.mode][END_FLAGS_SET]++;
}

void world_play(struct world *w, struct play *p)
{
	unsigned int level, size = size_of_entry(&p->s);
	unsigned int top = model_levels(p->s.mode);
	u64 noise[6] = {};

	/* Noise comes back afterwards: a seed plays alike on its own. */
	for (level = p->leaf; level <= top; level++)
		noise[level] =
			world_peek(w, world_entry_gpa(&p->s, level), size);
	w->entry_bytes = size;
	world_place(w, p);
	play_placed(w, p);
	for (level = p->leaf; level <= top; level++)
		world_poke(w, world_entry_gpa(&p->s, level), size,
			   noise[level]);
	if (++w->nr_played % 1024 == 0)
		cond_resched();
}

void world_check(struct world *w, unsigned int at_least)
{
	kunit_info(w->test, "%u scenes", w->nr_played);
	KUNIT_EXPECT_EQ(w->test, w->nr_bad, 0u);
	KUNIT_EXPECT_GE(w->test, w->nr_played, at_least);
}

/* An ending that a mode cannot have. */
static bool impossible(enum mode mode, enum ending end)
{
	bool ept = mode == M_EPT4 || mode == M_EPT5;

	switch (end) {
	case END_ABSENT:
	case END_RESERVED:
	case END_RIGHTS:
		return ept;
	case END_KEY:
		return mode != M_4LEVEL && mode != M_5LEVEL;
	case END_VIOLATION:
	case END_MISCONFIG:
		return !ept;
	default:
		return false;
	}
}

void world_check_variety(struct world *w)
{
	unsigned int mode, end;

	for (mode = 0; mode < M_COUNT; mode++)
		for (end = 0; end < END_COUNT; end++) {
			if (impossible(mode, end))
				KUNIT_EXPECT_EQ_MSG(w->test,
						    w->ended[mode][end], 0u,
						    "mode %u ending %u", mode,
						    end);
			else
				KUNIT_EXPECT_GE_MSG(w->test,
						    w->ended[mode][end], 50u,
						    "mode %u ending %u", mode,
						    end);
		}
}
