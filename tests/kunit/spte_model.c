// SPDX-License-Identifier: GPL-2.0-only
/*
 * spte_model.c - SPTEs, written bit by bit
 *
 * See spte_model.h.
 */
#include "spte_model.h"

/* spte.h's table of legal states. */
static const struct {
	bool host;
	bool mmu;
	bool w;
	bool legal;
} states[] = {
	{ 0, 0, 0, true },  { 0, 0, 1, false }, { 0, 1, 0, false },
	{ 0, 1, 1, false }, { 1, 0, 0, true },	{ 1, 0, 1, false },
	{ 1, 1, 0, true },  { 1, 1, 1, true },
};

u64 ref_c_bit(const struct spte_format *f)
{
	return f->encrypts ? 1ull << f->c_bit : 0;
}

u64 ref_empty(const struct spte_format *f)
{
	return f->ept ? 1ull << 63 : 0;
}

u64 ref_frozen(const struct spte_format *f)
{
	return ref_empty(f) | 0x18;
}

u64 ref_reserved(const struct spte_format *f)
{
	u64 bits = 0;
	unsigned int bit;

	for (bit = f->width; !f->ept && bit < 52; bit++)
		if (!f->c_bit || bit != f->c_bit)
			bits |= 1ull << bit;
	return bits;
}

u64 ref_encode(const struct spte_format *f, const struct ref_leaf *l)
{
	u64 e = l->pfn << 12 | REF_MMU_PRESENT | (l->level > 1 ? REF_HUGE : 0);
	u64 rwx = l->r | l->w << 1 | l->x << 2;

	if (!f->ept)
		return e | l->r | l->w << 1 | l->u << 2 | l->young << 5 |
		       l->dirty << 6 | l->host << 9 | l->mmu << 10 |
		       (u64)!l->x << 63 | (l->me ? ref_c_bit(f) : 0);

	e |= (u64)l->host << 52 | (u64)l->mmu << 53 | l->memtype << 3;
	if (f->ad)
		return e | rwx | l->young << 8 | l->dirty << 9;
	return e | rwx << (l->young ? 0 : 54);
}

static struct ref_leaf decode(const struct spte_format *f, u64 e,
			      unsigned int level)
{
	struct ref_leaf l = { .level = level };
	unsigned int rwx = e & 7;

	l.pfn = (e & REF_ADDRESS & ~ref_c_bit(f)) >> 12;
	if (!f->ept) {
		l.r = e & 1;
		l.w = e & 2;
		l.u = e & 4;
		l.x = !(e >> 63);
		l.young = e & 0x20;
		l.dirty = e & 0x40;
		l.host = e & 0x200;
		l.mmu = e & 0x400;
		l.me = e & ref_c_bit(f);
		return l;
	}
	l.young = f->ad ? e & 0x100 : rwx;
	l.dirty = f->ad && (e & 0x200);
	if (!f->ad && !rwx)
		rwx = e >> 54 & 7;
	l.r = rwx & 1;
	l.w = rwx & 2;
	l.x = rwx & 4;
	l.memtype = e >> 3 & 15;
	l.host = e >> 52 & 1;
	l.mmu = e >> 53 & 1;
	return l;
}

bool ref_leaf_legal(const struct spte_format *f, const struct ref_leaf *l)
{
	if (!states[l->host << 2 | l->mmu << 1 | l->w].legal || l->level > 3)
		return false;
	if (!l->r && (!f->exec_only || !l->x || l->mmu))
		return false;
	return !(l->pfn % (1ull << (9 * l->level - 9)));
}

u64 ref_table(const struct spte_format *f, u64 address)
{
	if (f->ept)
		return address | REF_MMU_PRESENT | 7 | (f->ad ? 0x100 : 0);
	return address | REF_MMU_PRESENT | 0x27 | ref_c_bit(f);
}

u64 ref_pae_root(const struct spte_format *f, u64 address)
{
	return address | REF_MMU_PRESENT | 1 | ref_c_bit(f);
}

u64 ref_pae_reserved(const struct spte_format *f)
{
	u64 bits = 1 << 1 | 1 << 2;
	unsigned int bit;

	for (bit = 5; bit <= 8; bit++)
		bits |= 1ull << bit;
	for (bit = 52; bit <= 63; bit++)
		bits |= 1ull << bit;
	return bits | ref_reserved(f);
}

bool ref_pae_legal(const struct spte_format *f, u64 e)
{
	if (e == ref_empty(f) || e == ref_frozen(f))
		return true;
	/* What is left is the address, PWT and PCD, and what is ignored. */
	return !(e & ref_pae_reserved(f)) && (e & 0xfff) == 0x801 &&
	       (e & ref_c_bit(f)) == ref_c_bit(f);
}

u64 ref_mmio_limit(const struct spte_format *f)
{
	unsigned int bit = 12;

	while (bit < 52 && !(ref_reserved(f) >> bit & 1) &&
	       (!f->c_bit || bit != f->c_bit))
		bit++;
	if (f->cache_bits && bit > f->cache_bits - 1)
		bit = f->cache_bits - 1;
	return 1ull << (bit - 12);
}

static u64 mmio_field(const struct spte_format *f)
{
	return REF_ADDRESS & ~ref_reserved(f) &
	       ~(f->c_bit ? 1ull << f->c_bit : 0);
}

u64 ref_mmio(const struct spte_format *f, u64 gfn, unsigned int access, u64 gen)
{
	u64 e = (~gfn << 12 & mmio_field(f)) | (gen & 0x7ff) << 52 |
		(gen >> 11 & 3) << 3;

	if ((!f->ept && !ref_reserved(f)) || gfn >= ref_mmio_limit(f))
		return 0;
	return f->ept ? e | 6 : e | 1 | ref_reserved(f) | (access & 6);
}

static bool mmio_legal(const struct spte_format *f, u64 e)
{
	u64 gfn = (~e & mmio_field(f)) >> 12;

	return e && e == ref_mmio(f, gfn, e & 6,
				  (e >> 52 & 0x7ff) | (e & 0x18) << 8);
}

bool ref_legal(const struct spte_format *f, u64 e, unsigned int level)
{
	struct ref_leaf l;

	if (!(e & REF_MMU_PRESENT))
		return e == ref_empty(f) || e == ref_frozen(f) ||
		       (level == 1 && mmio_legal(f, e));
	if (e & ref_reserved(f))
		return false;
	if (level > 1 && !(e & REF_HUGE))
		return e == ref_table(f, e & REF_ADDRESS);
	l = decode(f, e, level);
	return e == ref_encode(f, &l) && ref_leaf_legal(f, &l);
}

bool ref_nth_leaf(const struct spte_format *f, unsigned int n,
		  unsigned int level, struct ref_leaf *l)
{
	*l = (struct ref_leaf){
		.level = level,
		.host = n & BIT(0),
		.mmu = n & BIT(1),
		.w = n & BIT(2),
		.x = n & BIT(3),
		.r = !f->ept || (n & BIT(4)),
		.u = !f->ept && (n & BIT(4)),
		.young = n & BIT(5),
		.dirty = n & BIT(6),
		.me = n & BIT(7),
		.memtype = f->ept ? 6 : 0,
		.pfn = 0x2dull << 18,
	};
	if (f->ept && !f->ad && l->dirty)
		return false;
	/* Nothing allowed and nothing put aside: old or young, who knows. */
	if (f->ept && !f->ad && l->young && !l->r && !l->w && !l->x)
		return false;
	return f->encrypts || !l->me;
}

bool ref_next_leaf(const struct spte_format *f, unsigned int *n,
		   struct ref_leaf *l, bool legal)
{
	unsigned int i;

	while (*n < 3 * REF_NR_LEAVES) {
		i = (*n)++;
		if (ref_nth_leaf(f, i % REF_NR_LEAVES, 1 + i / REF_NR_LEAVES,
				 l) &&
		    (!legal || ref_leaf_legal(f, l)))
			return true;
	}
	return false;
}
