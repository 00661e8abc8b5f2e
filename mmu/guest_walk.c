// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_walk.c - see guest_walk.h
 *
 * The first half makes a configuration out of a role, the second walks by it.
 * The formats differ in the table below, in which bits are reserved, and in
 * what an entry permits; the walk is the same.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <asm/trap_pf.h>

#include "mmu/guest_walk.h"

/* Entries of all formats but EPT. */
#define PT_PRESENT  BIT_ULL(0)
#define PT_WRITE    BIT_ULL(1)
#define PT_USER	    BIT_ULL(2)
#define PT_ACCESSED BIT_ULL(5)
#define PT_DIRTY    BIT_ULL(6)
#define PT_GLOBAL   BIT_ULL(8)
#define PT_NX	    BIT_ULL(63)
#define PT_KEY(pte) ((pte) >> 59 & 15)

/* EPT entries. */
#define EPT_READ	 BIT_ULL(0)
#define EPT_WRITE	 BIT_ULL(1)
#define EPT_EXEC	 BIT_ULL(2)
#define EPT_ACCESSED	 BIT_ULL(8)
#define EPT_DIRTY	 BIT_ULL(9)
#define EPT_MEMTYPE(pte) ((pte) >> 3 & 7)
#define EPT_BAD_MEMTYPES (BIT(2) | BIT(3) | BIT(7))
#define EPT_RWX		 (EPT_READ | EPT_WRITE | EPT_EXEC)

/* The page size bit, all formats. */
#define PT_HUGE BIT_ULL(7)

/* Exit qualification of an EPT violation. */
#define EPT_QUAL_READ	   BIT_ULL(0)
#define EPT_QUAL_WRITE	   BIT_ULL(1)
#define EPT_QUAL_FETCH	   BIT_ULL(2)
#define EPT_QUAL_READABLE  BIT_ULL(3)
#define EPT_QUAL_WRITABLE  BIT_ULL(4)
#define EPT_QUAL_EXEC	   BIT_ULL(5)
#define EPT_QUAL_GVA_VALID BIT_ULL(7)
#define EPT_QUAL_GVA_FINAL BIT_ULL(8)

#define ADDR_52 GENMASK_ULL(51, 12)
#define ADDR_32 GENMASK_ULL(31, 12)

/* entry_access() and the index of what is denied rely on it. */
static_assert(KVM_ACC_WRITE == PT_WRITE && KVM_ACC_USER == PT_USER);
static_assert((KVM_WALK_WRITE | KVM_WALK_USER | KVM_WALK_FETCH | KVM_WALK_AC) ==
	      KVM_WALK_ACCESSES - 1);

/*
 * A format: what does not depend on the guest's registers.
 *
 * top_level is that of the first table in memory; with PAE there is one above
 * that, in registers.
 */
struct kvm_guest_format {
	u64 addr_mask;
	u64 present;
	u64 accessed;
	u64 dirty;
	u8 top_level;
	u8 index_bits;
	u8 entry_bytes;
	bool pdptrs;
	bool ept;
};

enum {
	FMT_NONE,
	FMT_2,
	FMT_PAE,
	FMT_4,
	FMT_5,
	FMT_EPT4,
	FMT_EPT5
};

#define LEGACY .present = PT_PRESENT, .accessed = PT_ACCESSED, .dirty = PT_DIRTY
#define EPT                                                               \
	.present = EPT_RWX, .accessed = EPT_ACCESSED, .dirty = EPT_DIRTY, \
	.ept = true
#define SHAPE(top, bits, bytes, mask)                                     \
	.top_level = (top), .index_bits = (bits), .entry_bytes = (bytes), \
	.addr_mask = (mask)

static const struct kvm_guest_format formats[] = {
	[FMT_NONE] = {},
	[FMT_2] = { LEGACY, SHAPE(2, 10, 4, ADDR_32) },
	[FMT_PAE] = { LEGACY, SHAPE(2, 9, 8, ADDR_52), .pdptrs = true },
	[FMT_4] = { LEGACY, SHAPE(4, 9, 8, ADDR_52) },
	[FMT_5] = { LEGACY, SHAPE(5, 9, 8, ADDR_52) },
	[FMT_EPT4] = { EPT, SHAPE(4, 9, 8, ADDR_52) },
	[FMT_EPT5] = { EPT, SHAPE(5, 9, 8, ADDR_52) },
};

static const struct kvm_guest_format *format_of(union kvm_cpu_role role)
{
	if (role.ept)
		return &formats[role.base.level == 5 ? FMT_EPT5 : FMT_EPT4];
	switch (role.base.level) {
	case 2:
		return &formats[FMT_2];
	case 3:
		return &formats[FMT_PAE];
	case 4:
		return &formats[FMT_4];
	case 5:
		return &formats[FMT_5];
	default:
		return &formats[FMT_NONE];
	}
}

/* --- reserved bits ------------------------------------------------------- */

/* Bits high to low, none if low is the greater. */
static u64 bits(unsigned int high, unsigned int low)
{
	return low > high ? 0 : GENMASK_ULL(high, low);
}

/* Address bits of a page's entry that are within the page, but for PAT (12). */
static u64 low_bits(unsigned int level, unsigned int lowest)
{
	return bits(11 + 9 * (level - 1), lowest);
}

/* SDM 3A, 4.3: only what maps 4M has reserved bits. */
static void reserve_2level(struct kvm_guest_walk_cfg *cfg,
			   union kvm_cpu_role role,
			   const struct kvm_guest_cpu_info *info)
{
	unsigned int width = clamp_t(unsigned int, info->maxphyaddr, 32, 40);

	if (!role.base.cr4_pse)
		return;
	cfg->huge_levels = BIT(2);
	if (!(info->flags & KVM_GUEST_CPU_PSE36))
		width = 32;
	cfg->reserved_leaf[1] = bits(21, width - 19);
}

/* SDM 3A, 4.4: bits that 4-level paging ignores are reserved. */
static void reserve_pae(struct kvm_guest_walk_cfg *cfg, unsigned int width)
{
	u64 high = bits(62, width) | (PT_NX & ~cfg->nx);

	cfg->huge_levels = BIT(2);
	cfg->reserved_table[2] = bits(63, width) | bits(8, 5) | bits(2, 1);
	cfg->reserved_table[1] = high;
	cfg->reserved_leaf[1] = high | low_bits(2, 13);
	cfg->reserved_leaf[0] = high;
}

/* SDM 3A, 4.5; APM 2, 5.3. */
static void reserve_long(struct kvm_guest_walk_cfg *cfg, unsigned int width,
			 unsigned int flags)
{
	u64 high = bits(51, width) | (PT_NX & ~cfg->nx);
	u64 top = high | PT_HUGE;

	if (flags & KVM_GUEST_CPU_AMD)
		top |= PT_GLOBAL;
	cfg->huge_levels = BIT(2);
	if (flags & KVM_GUEST_CPU_GBPAGES)
		cfg->huge_levels |= BIT(3);

	cfg->reserved_table[4] = top;
	cfg->reserved_table[3] = top;
	cfg->reserved_table[2] = high;
	if (!(flags & KVM_GUEST_CPU_GBPAGES))
		cfg->reserved_table[2] |= PT_HUGE;
	cfg->reserved_table[1] = high;
	cfg->reserved_leaf[2] = high | low_bits(3, 13);
	cfg->reserved_leaf[1] = high | low_bits(2, 13);
	cfg->reserved_leaf[0] = high;
}

/* SDM 3C, formats of EPT entries. */
static void reserve_ept(struct kvm_guest_walk_cfg *cfg, unsigned int width,
			unsigned int flags)
{
	u64 high = bits(51, width);

	cfg->huge_levels = BIT(2);
	if (flags & KVM_GUEST_CPU_GBPAGES)
		cfg->huge_levels |= BIT(3);

	cfg->reserved_table[4] = high | bits(7, 3);
	cfg->reserved_table[3] = high | bits(7, 3);
	cfg->reserved_table[2] = high | bits(6, 3);
	if (!(flags & KVM_GUEST_CPU_GBPAGES))
		cfg->reserved_table[2] |= PT_HUGE;
	cfg->reserved_table[1] = high | bits(6, 3);
	cfg->reserved_leaf[2] = high | low_bits(3, 12);
	cfg->reserved_leaf[1] = high | low_bits(2, 12);
	cfg->reserved_leaf[0] = high;
}

static void init_reserved(struct kvm_guest_walk_cfg *cfg,
			  union kvm_cpu_role role,
			  const struct kvm_guest_cpu_info *info)
{
	unsigned int width = clamp_t(unsigned int, info->maxphyaddr, 32, 52);

	if (cfg->fmt->ept)
		reserve_ept(cfg, width, info->flags);
	else if (cfg->fmt->pdptrs)
		reserve_pae(cfg, width);
	else if (cfg->fmt->entry_bytes == 4)
		reserve_2level(cfg, role, info);
	else
		reserve_long(cfg, width, info->flags);
}

/* --- permissions --------------------------------------------------------- */

/* SDM 3C, "EPT Violations"; KVM_ACC_USER is permission to read. */
static bool ept_denies(unsigned int access, unsigned int acc)
{
	if (access & KVM_WALK_WRITE)
		return !(acc & KVM_ACC_WRITE);
	if (access & KVM_WALK_FETCH)
		return !(acc & KVM_ACC_EXEC);
	return !(acc & KVM_ACC_USER);
}

/* SDM 3A, 4.6.1, accesses at CPL 3. */
static bool denies_user(unsigned int access, unsigned int acc)
{
	if (!(acc & KVM_ACC_USER))
		return true;
	if (access & KVM_WALK_WRITE && !(acc & KVM_ACC_WRITE))
		return true;
	return access & KVM_WALK_FETCH && !(acc & KVM_ACC_EXEC);
}

/* SDM 3A, 4.6.1, supervisor-mode accesses. */
static bool denies_supervisor(union kvm_cpu_role role, unsigned int access,
			      unsigned int acc)
{
	bool user_page = acc & KVM_ACC_USER;

	if (access & KVM_WALK_FETCH)
		return !(acc & KVM_ACC_EXEC) || (user_page && role.cr4_smep);
	if (user_page && role.cr4_smap && !(access & KVM_WALK_AC))
		return true;
	return access & KVM_WALK_WRITE && role.base.cr0_wp &&
	       !(acc & KVM_ACC_WRITE);
}

static bool denies(const struct kvm_guest_walk_cfg *cfg,
		   union kvm_cpu_role role, unsigned int access,
		   unsigned int acc)
{
	if (cfg->fmt->ept)
		return ept_denies(access, acc);
	if (access & KVM_WALK_USER)
		return denies_user(access, acc);
	return denies_supervisor(role, access, acc);
}

/* SDM 3A, 4.6.2: the bits of a key's pair that deny the access. */
static u8 key_denies(union kvm_cpu_role role, unsigned int access)
{
	if (access & KVM_WALK_FETCH)
		return 0;
	if (access & KVM_WALK_WRITE &&
	    (access & KVM_WALK_USER || role.base.cr0_wp))
		return BIT(0) | BIT(1);
	return BIT(0);
}

static void init_permissions(struct kvm_guest_walk_cfg *cfg,
			     union kvm_cpu_role role)
{
	bool keys = role.cr4_pke && !cfg->fmt->ept && cfg->fmt->top_level >= 4;
	unsigned int access, acc;

	for (access = 0; access < KVM_WALK_ACCESSES; access++) {
		for (acc = 0; acc <= KVM_ACC_ALL; acc++)
			if (denies(cfg, role, access, acc))
				cfg->denied[access] |= BIT(acc);
		if (keys)
			cfg->key_denied[access] = key_denies(role, access);
	}
}

void kvm_guest_walk_init(struct kvm_guest_walk_cfg *cfg,
			 union kvm_cpu_role role,
			 const struct kvm_guest_cpu_info *info)
{
	const struct kvm_guest_format *fmt = format_of(role);
	bool flags = !fmt->ept || !role.base.ad_disabled;

	*cfg = (struct kvm_guest_walk_cfg){ .fmt = fmt };
	if (!fmt->top_level)
		return;
	if (flags) {
		cfg->accessed = fmt->accessed;
		cfg->dirty = fmt->dirty;
		cfg->table_writes = true;
	}
	if (fmt->ept) {
		/* Bits 2:0 of 2 and 6: writable, not readable.  4: only X. */
		cfg->malformed = BIT(2) | BIT(6);
		if (!role.execonly)
			cfg->malformed |= BIT(4);
	} else {
		if (role.base.efer_nx && fmt->entry_bytes == 8)
			cfg->nx = PT_NX;
		cfg->reports_fetch = cfg->nx || role.cr4_smep;
	}
	init_reserved(cfg, role, info);
	init_permissions(cfg, role);
}

bool kvm_guest_pdptr_valid(const struct kvm_guest_walk_cfg *cfg, u64 pdptr)
{
	return !(pdptr & PT_PRESENT) || !(pdptr & cfg->reserved_table[2]);
}

/* --- the walk ------------------------------------------------------------ */

/* A walk under way.  access is the index of what is denied. */
struct walk {
	const struct kvm_guest_walk_cfg *cfg;
	const struct kvm_guest_walk_req *req;
	const struct kvm_guest_walk_ops *ops;
	struct kvm_guest_walk *out;
	unsigned int access;
};

/*
 * Steps return enum kvm_guest_walk_result, or this: a table has changed since
 * it was read.
 */
#define WALK_AGAIN (-EAGAIN)

static unsigned int access_of(const struct kvm_guest_walk_cfg *cfg, u32 flags)
{
	if (flags & KVM_WALK_IMPLICIT)
		flags &= ~(KVM_WALK_USER | KVM_WALK_AC);
	if (flags & KVM_WALK_TABLE && cfg->table_writes)
		flags |= KVM_WALK_WRITE;
	return flags & (KVM_WALK_ACCESSES - 1);
}

/*
 * SDM 3C, "Exit Qualification for EPT Violations".  What the entries permit is
 * told only if all of them are present.
 */
static u64 ept_qualification(const struct walk *w, bool present)
{
	u32 flags = w->req->flags;
	unsigned int acc = present ? w->out->pte_access : 0;
	u64 qual = 0;

	if (w->access & KVM_WALK_WRITE)
		qual |= EPT_QUAL_WRITE;
	else if (w->access & KVM_WALK_FETCH)
		qual |= EPT_QUAL_FETCH;
	else
		qual |= EPT_QUAL_READ;
	if (flags & KVM_WALK_TABLE && w->cfg->table_writes)
		qual |= EPT_QUAL_READ;

	if (acc & KVM_ACC_USER)
		qual |= EPT_QUAL_READABLE;
	if (acc & KVM_ACC_WRITE)
		qual |= EPT_QUAL_WRITABLE;
	if (acc & KVM_ACC_EXEC)
		qual |= EPT_QUAL_EXEC;

	if (flags & KVM_WALK_GVA) {
		qual |= EPT_QUAL_GVA_VALID;
		if (!(flags & KVM_WALK_TABLE))
			qual |= EPT_QUAL_GVA_FINAL;
	}
	return qual;
}

/* SDM 3A, 4.7.  Bits of why are those that tell the reason: P, RSVD, PK. */
static u32 pf_error_code(const struct walk *w, u32 why)
{
	if (w->access & KVM_WALK_WRITE)
		why |= X86_PF_WRITE;
	if (w->access & KVM_WALK_USER)
		why |= X86_PF_USER;
	if (w->access & KVM_WALK_FETCH && w->cfg->reports_fetch)
		why |= X86_PF_INSTR;
	return why;
}

/* The walk ends at this level; why is 0 for an entry that is not present. */
static int fault_at(struct walk *w, unsigned int level, u32 why)
{
	struct kvm_guest_fault *f = &w->out->fault;

	f->level = level;
	f->address = w->req->addr;
	if (!w->cfg->fmt->ept) {
		f->kind = KVM_GUEST_FAULT_PF;
		f->error_code = pf_error_code(w, why);
		return KVM_WALK_FAULT;
	}
	f->nested_gpa = w->req->addr;
	if (why & X86_PF_RSVD) {
		f->kind = KVM_GUEST_FAULT_EPT_MISCONFIG;
		return KVM_WALK_FAULT;
	}
	f->kind = KVM_GUEST_FAULT_EPT_VIOLATION;
	f->exit_qualification = ept_qualification(w, why & X86_PF_PROT);
	return KVM_WALK_FAULT;
}

/* There is no memory at gpa, where the entry of this level should be. */
static int fault_not_backed(struct walk *w, unsigned int level, gpa_t gpa)
{
	struct kvm_guest_fault *f = &w->out->fault;

	f->kind = KVM_GUEST_FAULT_NOT_BACKED;
	f->level = level;
	f->address = w->req->addr;
	f->nested_gpa = gpa;
	if (!w->cfg->fmt->ept)
		f->error_code = pf_error_code(w, 0);
	return KVM_WALK_FAULT;
}

/* From where the guest's entry says its table is to where it is. */
static int translate(struct walk *w, unsigned int level, gpa_t gpa, u32 flags,
		     gpa_t *real)
{
	struct kvm_guest_fault *f = &w->out->fault;
	int r;

	*real = gpa;
	if (!w->ops->translate)
		return KVM_WALK_OK;
	flags |= KVM_WALK_TABLE | KVM_WALK_USER | KVM_WALK_GVA;
	r = w->ops->translate(w->req->ctx, gpa, flags, real, f);
	if (!r)
		return KVM_WALK_OK;
	if (r == -EAGAIN)
		return KVM_WALK_RETRY;
	f->nested_kind = f->kind;
	f->kind = KVM_GUEST_FAULT_NESTED;
	f->level = level;
	f->address = w->req->addr;
	f->nested_gpa = gpa;
	return KVM_WALK_FAULT;
}

static gpa_t entry_gpa(const struct walk *w, unsigned int level, gpa_t table)
{
	const struct kvm_guest_format *fmt = w->cfg->fmt;
	unsigned int shift = PAGE_SHIFT + (level - 1) * fmt->index_bits;
	u64 index = w->req->addr >> shift & (BIT_ULL(fmt->index_bits) - 1);

	return table + index * fmt->entry_bytes;
}

static int read_entry(struct walk *w, unsigned int level, gpa_t table)
{
	gpa_t gpa = entry_gpa(w, level, table), real;
	int r;

	w->out->table_gfn[level - 1] = table >> PAGE_SHIFT;
	r = translate(w, level, gpa, 0, &real);
	if (r != KVM_WALK_OK)
		return r;
	w->out->pte_gpa[level - 1] = real;
	r = w->ops->read_entry(w->req->ctx, real, w->cfg->fmt->entry_bytes,
			       &w->out->pte[level - 1]);
	if (!r)
		return KVM_WALK_OK;
	if (r == -EAGAIN)
		return KVM_WALK_RETRY;
	return fault_not_backed(w, level, real);
}

static bool maps_page(const struct kvm_guest_walk_cfg *cfg, unsigned int level,
		      u64 pte)
{
	return level == 1 || (pte & PT_HUGE && cfg->huge_levels & BIT(level));
}

static bool malformed(const struct kvm_guest_walk_cfg *cfg, unsigned int level,
		      u64 pte)
{
	bool leaf = maps_page(cfg, level, pte);

	if (pte & (leaf ? cfg->reserved_leaf : cfg->reserved_table)[level - 1])
		return true;
	if (!cfg->fmt->ept)
		return false;
	if (cfg->malformed & BIT(pte & EPT_RWX))
		return true;
	/* In entries of tables these bits are reserved, and 0 by now. */
	return EPT_BAD_MEMTYPES & BIT(EPT_MEMTYPE(pte));
}

static int check_entry(struct walk *w, unsigned int level)
{
	u64 pte = w->out->pte[level - 1];

	if (!(pte & w->cfg->fmt->present))
		return fault_at(w, level, 0);
	if (malformed(w->cfg, level, pte))
		return fault_at(w, level, X86_PF_PROT | X86_PF_RSVD);
	return KVM_WALK_OK;
}

static unsigned int entry_access(const struct kvm_guest_walk_cfg *cfg, u64 pte)
{
	unsigned int acc;

	if (cfg->fmt->ept) {
		acc = pte & EPT_READ ? KVM_ACC_USER : 0;
		acc |= pte & EPT_WRITE ? KVM_ACC_WRITE : 0;
		return acc | (pte & EPT_EXEC ? KVM_ACC_EXEC : 0);
	}
	acc = pte & (KVM_ACC_WRITE | KVM_ACC_USER);
	return acc | (pte & cfg->nx ? 0 : KVM_ACC_EXEC);
}

/* Where the first table in memory is. */
static int walk_start(struct walk *w, gpa_t *table)
{
	const struct kvm_guest_format *fmt = w->cfg->fmt;
	unsigned int i;
	int r;

	if (fmt->ept &&
	    w->req->addr >> (PAGE_SHIFT + fmt->top_level * fmt->index_bits))
		return fault_at(w, 0, 0);
	*table = w->req->pgd & fmt->addr_mask;
	if (!fmt->pdptrs)
		return KVM_WALK_OK;

	i = array_index_nospec(w->req->addr >> 30 & 3, 4);
	w->out->pte[2] = w->req->pdptrs[i];
	r = check_entry(w, 3);
	*table = w->out->pte[2] & fmt->addr_mask;
	return r;
}

/* From the root to the leaf.  PDPTRs permit everything. */
static int descend(struct walk *w)
{
	struct kvm_guest_walk *out = w->out;
	unsigned int level;
	gpa_t table;
	u64 pte;
	int r;

	r = walk_start(w, &table);
	for (level = w->cfg->fmt->top_level; r == KVM_WALK_OK; level--) {
		r = read_entry(w, level, table);
		if (r != KVM_WALK_OK)
			break;
		r = check_entry(w, level);
		if (r != KVM_WALK_OK)
			break;
		pte = out->pte[level - 1];
		out->pt_access = out->pte_access;
		out->pte_access &= entry_access(w->cfg, pte);
		if (maps_page(w->cfg, level, pte)) {
			out->level = level;
			break;
		}
		table = pte & w->cfg->fmt->addr_mask;
	}
	return r;
}

/* O(1): two look-ups.  Keys are asked even if the rest denies already: 4.7. */
static int check_permission(struct walk *w)
{
	const struct kvm_guest_walk_cfg *cfg = w->cfg;
	unsigned int acc = w->out->pte_access, key, pair;
	u32 why = 0;

	if (cfg->denied[w->access] & BIT(acc))
		why = X86_PF_PROT;
	if (cfg->key_denied[w->access] && acc & KVM_ACC_USER) {
		key = PT_KEY(w->out->pte[w->out->level - 1]);
		pair = w->req->pkru >> 2 * key & 3;
		if (pair & cfg->key_denied[w->access])
			why = X86_PF_PROT | X86_PF_PK;
	}
	return why ? fault_at(w, w->out->level, why) : KVM_WALK_OK;
}

static int update_entry(struct walk *w, unsigned int level, u64 new)
{
	struct kvm_guest_walk *out = w->out;
	gpa_t real = out->pte_gpa[level - 1], gpa;
	int r;

	gpa = entry_gpa(w, level, out->table_gfn[level - 1] << PAGE_SHIFT);
	r = translate(w, level, gpa, KVM_WALK_WRITE, &gpa);
	if (r != KVM_WALK_OK)
		return r;
	if (gpa != real)
		return WALK_AGAIN;

	r = w->ops->cmpxchg_entry(w->req->ctx, real, w->cfg->fmt->entry_bytes,
				  out->pte[level - 1], new);
	switch (r) {
	case 0:
		out->pte[level - 1] = new;
		return KVM_WALK_OK;
	case -EAGAIN:
		return WALK_AGAIN;
	case -EROFS:
		/* Flash, say: a CPU's write has no effect there either. */
		out->read_only |= BIT(level);
		return KVM_WALK_OK;
	default:
		return fault_not_backed(w, level, real);
	}
}

/* SDM 3A, 4.8: accessed in each entry used, dirty in the leaf of a write. */
static int mark_used(struct walk *w)
{
	struct kvm_guest_walk *out = w->out;
	unsigned int level;
	u64 new;
	int r;

	if (!w->ops->cmpxchg_entry)
		return KVM_WALK_OK;
	for (level = w->cfg->fmt->top_level; level >= out->level; level--) {
		new = out->pte[level - 1] | w->cfg->accessed;
		if (level == out->level && w->access & KVM_WALK_WRITE)
			new |= w->cfg->dirty;
		if (new == out->pte[level - 1])
			continue;
		r = update_entry(w, level, new);
		if (r != KVM_WALK_OK)
			return r;
	}
	return KVM_WALK_OK;
}

static void found(struct walk *w)
{
	const struct kvm_guest_walk_cfg *cfg = w->cfg;
	struct kvm_guest_walk *out = w->out;
	unsigned int shift = PAGE_SHIFT;
	u64 pte = out->pte[out->level - 1];
	u64 offset;

	shift += (out->level - 1) * cfg->fmt->index_bits;
	offset = BIT_ULL(shift) - 1;
	out->gpa = (pte & cfg->fmt->addr_mask & ~offset) |
		   (w->req->addr & offset);
	/* PSE-36: bits 20:13 are bits 39:32 of the address. */
	if (cfg->fmt->entry_bytes == 4 && out->level == 2)
		out->gpa |= (pte & GENMASK_ULL(20, 13)) << 19;
	out->gfn = out->gpa >> PAGE_SHIFT;
	out->dirty = (pte & cfg->dirty) == cfg->dirty;
	out->writable = out->dirty && out->pte_access & KVM_ACC_WRITE;
}

static int walk_once(struct walk *w)
{
	int r;

	*w->out = (struct kvm_guest_walk){ .pt_access = KVM_ACC_ALL,
					   .pte_access = KVM_ACC_ALL };
	r = descend(w);
	if (r == KVM_WALK_OK)
		r = check_permission(w);
	if (r == KVM_WALK_OK)
		r = mark_used(w);
	if (r == KVM_WALK_OK)
		found(w);
	return r;
}

/* No paging: each address translates to itself. */
static int walk_none(struct walk *w)
{
	*w->out = (struct kvm_guest_walk){
		.gpa = w->req->addr,
		.gfn = w->req->addr >> PAGE_SHIFT,
		.pt_access = KVM_ACC_ALL,
		.pte_access = KVM_ACC_ALL,
		.dirty = true,
		.writable = true,
	};
	return KVM_WALK_OK;
}

int kvm_guest_walk_addr(const struct kvm_guest_walk_cfg *cfg,
			const struct kvm_guest_walk_req *req,
			const struct kvm_guest_walk_ops *ops,
			struct kvm_guest_walk *out)
{
	struct walk w = { cfg, req, ops, out, access_of(cfg, req->flags) };
	unsigned int i;
	int r;

	if (!cfg->fmt->top_level)
		return walk_none(&w);
	for (i = 0; i < KVM_GUEST_WALK_TRIES; i++) {
		r = walk_once(&w);
		if (r != WALK_AGAIN)
			return r;
	}
	return KVM_WALK_RETRY;
}
