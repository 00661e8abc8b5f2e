// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_walk_model.c - see guest_walk_model.h
 *
 * Written rule by rule, in the order of the manuals: entries are collected
 * first, then judged one by one, each by each bit that is set in it; rights are
 * counted afterwards.  Nothing is precomputed.
 */
#include <linux/bitops.h>
#include <linux/string.h>

#include "guest_walk_model.h"

static bool bit_of(u64 value, unsigned int bit)
{
	return value >> bit & 1;
}

static bool is_ept(const struct scene *s)
{
	return s->mode == M_EPT4 || s->mode == M_EPT5;
}

unsigned int model_levels(enum mode mode)
{
	switch (mode) {
	case M_2LEVEL:
		return 2;
	case M_PAE:
		return 3;
	case M_4LEVEL:
	case M_EPT4:
		return 4;
	default:
		return 5;
	}
}

/* Which bits of the address choose the entry, the lowest of them. */
static unsigned int lowest_index_bit(const struct scene *s, unsigned int level)
{
	static const unsigned int by_ten[] = { 0, 12, 22 };
	static const unsigned int by_nine[] = { 0, 12, 21, 30, 39, 48 };

	return s->mode == M_2LEVEL ? by_ten[level] : by_nine[level];
}

/* SDM 3A, table 4-4 "32-bit PDE that maps a 4-MByte page". */
static bool reserved_2level(const struct scene *s, unsigned int level,
			    bool maps_page, unsigned int bit)
{
	if (level == 1 || !maps_page)
		return false;
	if (bit < 13 || bit > 21)
		return false;
	if (bit == 21)
		return true;
	/* Bit 13 is bit 32 of the address, bit 20 is bit 39. */
	return !s->pse36 || bit + 19 >= s->width;
}

/* SDM 3A, tables 4-8 to 4-11. */
static bool reserved_pae(const struct scene *s, unsigned int level,
			 bool maps_page, unsigned int bit)
{
	if (level == 3) {
		if (bit == 1 || bit == 2)
			return true;
		if (bit >= 5 && bit <= 8)
			return true;
		return bit >= s->width;
	}
	if (bit == 63)
		return !s->nxe;
	if (bit >= s->width)
		return true;
	return level == 2 && maps_page && bit >= 13 && bit <= 20;
}

/* SDM 3A, tables 4-14 to 4-20; APM 2, figures 5-17 to 5-29. */
static bool reserved_long(const struct scene *s, unsigned int level,
			  bool maps_page, unsigned int bit)
{
	if (bit == 63)
		return !s->nxe;
	if (bit >= 52)
		return false;
	if (bit >= s->width)
		return true;
	if (level >= 4) {
		if (bit == 7)
			return true;
		return bit == 8 && s->amd;
	}
	if (level == 3 && bit == 7)
		return !s->gbpages;
	if (level == 3 && maps_page)
		return bit >= 13 && bit <= 29;
	if (level == 2 && maps_page)
		return bit >= 13 && bit <= 20;
	return false;
}

/* SDM 3C, tables "Format of an EPT ...". */
static bool reserved_ept(const struct scene *s, unsigned int level,
			 bool maps_page, unsigned int bit)
{
	if (bit >= 52)
		return false;
	if (bit >= s->width)
		return true;
	switch (level) {
	case 5:
	case 4:
		return bit >= 3 && bit <= 7;
	case 3:
		if (maps_page)
			return bit >= 12 && bit <= 29;
		return (bit >= 3 && bit <= 6) || (bit == 7 && !s->gbpages);
	case 2:
		if (maps_page)
			return bit >= 12 && bit <= 20;
		return bit >= 3 && bit <= 6;
	default:
		return false;
	}
}

bool model_reserved(const struct scene *s, unsigned int level, bool maps_page,
		    unsigned int bit)
{
	switch (s->mode) {
	case M_2LEVEL:
		return reserved_2level(s, level, maps_page, bit);
	case M_PAE:
		return reserved_pae(s, level, maps_page, bit);
	case M_4LEVEL:
	case M_5LEVEL:
		return reserved_long(s, level, maps_page, bit);
	default:
		return reserved_ept(s, level, maps_page, bit);
	}
}

/* Does this entry end the walk?  Not yet whether it is a good one. */
static bool ends_walk(const struct scene *s, unsigned int level, u64 entry)
{
	if (level == 1)
		return true;
	if (!bit_of(entry, 7))
		return false;
	switch (s->mode) {
	case M_2LEVEL:
		return s->pse;
	case M_PAE:
		return level == 2;
	default:
		return level == 2 || (level == 3 && s->gbpages);
	}
}

static bool is_present(const struct scene *s, u64 entry)
{
	if (is_ept(s))
		return bit_of(entry, 0) || bit_of(entry, 1) || bit_of(entry, 2);
	return bit_of(entry, 0);
}

/* SDM 3C, "EPT Misconfigurations", but for reserved bits. */
static bool ept_misconfigured(const struct scene *s, bool last, u64 entry)
{
	bool r = bit_of(entry, 0), w = bit_of(entry, 1), x = bit_of(entry, 2);
	unsigned int type =
		4 * bit_of(entry, 5) + 2 * bit_of(entry, 4) + bit_of(entry, 3);

	if (w && !r)
		return true;
	if (x && !r && !s->ept_xo)
		return true;
	return last && type != 0 && type != 1 && type != 4 && type != 5 &&
	       type != 6;
}

static bool is_bad(const struct scene *s, unsigned int level, u64 entry)
{
	bool last = ends_walk(s, level, entry);
	u64 left = entry;

	while (left) {
		if (model_reserved(s, level, last, __ffs64(left)))
			return true;
		left &= left - 1;
	}
	return is_ept(s) && ept_misconfigured(s, last, entry);
}

/* Rights of a whole walk. */
struct rights {
	bool readable, writable, user, executable;
};

/* Conditions "in every paging-structure entry controlling the translation". */
static struct rights rights_of(const struct scene *s, const u64 *entry,
			       unsigned int from, unsigned int to)
{
	struct rights r = { true, true, true, true };
	unsigned int level;

	for (level = from; level >= to && level > 0; level--) {
		if (s->mode == M_PAE && level == 3)
			continue;
		if (is_ept(s)) {
			r.readable &= bit_of(entry[level], 0);
			r.writable &= bit_of(entry[level], 1);
			r.executable &= bit_of(entry[level], 2);
			continue;
		}
		r.writable &= bit_of(entry[level], 1);
		r.user &= bit_of(entry[level], 2);
		if (s->mode != M_2LEVEL && s->nxe && bit_of(entry[level], 63))
			r.executable = false;
	}
	return r;
}

static unsigned int acc_of(const struct scene *s, struct rights r)
{
	unsigned int acc = 0;

	if (is_ept(s) ? r.readable : r.user)
		acc += KVM_ACC_USER;
	if (r.writable)
		acc += KVM_ACC_WRITE;
	if (r.executable)
		acc += KVM_ACC_EXEC;
	return acc;
}

/* A user-mode access: at CPL 3, and not one the CPU makes by itself. */
static bool at_cpl3(const struct scene *s)
{
	return s->cpl3 && !s->implicit;
}

/* What the access counts as, once it is known whom it is for. */
static char kind_of(const struct scene *s)
{
	if (s->table && (!is_ept(s) || s->ept_ad))
		return 'w';
	return s->kind;
}

/* SDM 3A, 4.6.1 "Determination of Access Rights", in its order. */
static bool permitted(const struct scene *s, struct rights r)
{
	bool explicit_ac = s->ac && !s->implicit;

	if (!at_cpl3(s)) {
		switch (kind_of(s)) {
		case 'r':
			if (!r.user || !s->smap)
				return true;
			return explicit_ac;
		case 'w':
			if (!r.user)
				return !s->wp || r.writable;
			if (!s->wp)
				return !s->smap || explicit_ac;
			if (!s->smap)
				return r.writable;
			return explicit_ac && r.writable;
		default:
			if (!r.user)
				return r.executable;
			return !s->smep && r.executable;
		}
	}
	if (!r.user)
		return false;
	switch (kind_of(s)) {
	case 'r':
		return true;
	case 'w':
		return r.writable;
	default:
		return r.executable;
	}
}

/* SDM 3A, 4.6.2 and the PK flag in 4.7. */
static bool key_forbids(const struct scene *s, struct rights r, u64 leaf)
{
	unsigned int key = 8 * bit_of(leaf, 62) + 4 * bit_of(leaf, 61) +
			   2 * bit_of(leaf, 60) + bit_of(leaf, 59);
	bool ad = bit_of(s->pkru, 2 * key);
	bool wd = bit_of(s->pkru, 2 * key + 1);

	if (s->mode != M_4LEVEL && s->mode != M_5LEVEL)
		return false;
	if (!s->pke || kind_of(s) == 'x' || !r.user)
		return false;
	if (ad)
		return true;
	return wd && kind_of(s) == 'w' && (s->wp || at_cpl3(s));
}

/* SDM 3C, "EPT Violations". */
static bool ept_permitted(const struct scene *s, struct rights r)
{
	switch (kind_of(s)) {
	case 'r':
		return r.readable;
	case 'w':
		return r.writable;
	default:
		return r.executable;
	}
}

static void page_fault(const struct scene *s, struct verdict *v, bool p,
		       bool rsvd, bool pk)
{
	bool pae = s->mode != M_2LEVEL;

	v->fault = KVM_GUEST_FAULT_PF;
	v->error_code = 0;
	if (p)
		v->error_code += 1;
	if (kind_of(s) == 'w')
		v->error_code += 2;
	if (at_cpl3(s))
		v->error_code += 4;
	if (rsvd)
		v->error_code += 8;
	if (kind_of(s) == 'x' && (s->smep || (pae && s->nxe)))
		v->error_code += 16;
	if (pk)
		v->error_code += 32;
}

/* SDM 3C, table 28-7 "Exit Qualification for EPT Violations". */
static void ept_violation(const struct scene *s, struct verdict *v,
			  struct rights r)
{
	bool table_write = s->table && s->ept_ad;

	v->fault = KVM_GUEST_FAULT_EPT_VIOLATION;
	v->qualification = 0;
	if (s->kind == 'r' || table_write)
		v->qualification += 0x1;
	if (s->kind == 'w' || table_write)
		v->qualification += 0x2;
	if (s->kind == 'x' && !table_write)
		v->qualification += 0x4;
	v->qualification += r.readable * 0x8;
	v->qualification += r.writable * 0x10;
	v->qualification += r.executable * 0x20;
	if (s->gva)
		v->qualification += 0x80;
	if (s->gva && !s->table)
		v->qualification += 0x100;
}

static void not_present(const struct scene *s, struct verdict *v)
{
	static const struct rights none;

	if (is_ept(s))
		ept_violation(s, v, none);
	else
		page_fault(s, v, false, false, false);
}

/*
 * Collects the entries, by level; where[] is their addresses, 0 for registers.
 * Returns the level of the last one, or 0 after a fault.
 */
static unsigned int collect(const struct scene *s, model_read_t read, void *ctx,
			    struct verdict *v, u64 *entry, u64 *where)
{
	unsigned int level = model_levels(s->mode), size, index;
	u64 table = s->root;

	for (;; level--) {
		v->fault_level = level;
		size = s->mode == M_2LEVEL ? 4 : 8;
		index = s->addr >> lowest_index_bit(s, level);
		index %= 4096 / size;
		/* Bits 51:12, or 31:12 where entries have no more. */
		table = table << 12 >> 24 << 12;
		if (s->mode == M_2LEVEL)
			table = (u32)table;
		where[level] = table + index * size;
		if (s->mode == M_PAE && level == 3) {
			where[level] = 0;
			entry[level] = s->pdptrs[index % 4];
		} else if (!read(ctx, where[level], size, &entry[level])) {
			v->fault = KVM_GUEST_FAULT_NOT_BACKED;
			v->bad_gpa = where[level];
			return 0;
		}
		if (!is_present(s, entry[level])) {
			not_present(s, v);
			return 0;
		}
		if (is_bad(s, level, entry[level])) {
			if (is_ept(s))
				v->fault = KVM_GUEST_FAULT_EPT_MISCONFIG;
			else
				page_fault(s, v, true, true, false);
			return 0;
		}
		if (ends_walk(s, level, entry[level]))
			return level;
		table = entry[level];
	}
}

/* SDM 3A, 4.8 "Accessed and Dirty Flags"; SDM 3C, the same for EPT. */
static void flags(const struct scene *s, struct verdict *v, const u64 *entry,
		  const u64 *where)
{
	unsigned int a = is_ept(s) ? 8 : 5, d = is_ept(s) ? 9 : 6, level;
	u64 want;

	v->dirty = true;
	if (is_ept(s) && !s->ept_ad)
		return;
	for (level = model_levels(s->mode); level >= v->level; level--) {
		if (s->mode == M_PAE && level == 3)
			continue;
		want = entry[level];
		if (!bit_of(want, a))
			want += 1ull << a;
		if (level == v->level && kind_of(s) == 'w' && !bit_of(want, d))
			want += 1ull << d;
		if (level == v->level)
			v->dirty = bit_of(want, d);
		if (want == entry[level])
			continue;
		v->changed_gpa[v->nr_changes] = where[level];
		v->changed_to[v->nr_changes] = want;
		v->nr_changes++;
	}
}

static u64 address(const struct scene *s, unsigned int level, u64 leaf)
{
	unsigned int bit, offset_bits = lowest_index_bit(s, level);
	u64 gpa = s->addr % (1ull << offset_bits);

	for (bit = offset_bits; bit < (s->mode == M_2LEVEL ? 32 : 52); bit++)
		gpa += (u64)bit_of(leaf, bit) << bit;
	if (s->mode == M_2LEVEL && level == 2)
		for (bit = 13; bit <= 20; bit++)
			gpa += (u64)bit_of(leaf, bit) << (bit + 32 - 13);
	return gpa;
}

void model_walk(const struct scene *s, model_read_t read, void *ctx,
		struct verdict *v)
{
	unsigned int levels = model_levels(s->mode);
	u64 entry[6] = {}, where[6] = {};
	struct rights all;
	bool pk, ok;

	memset(v, 0, sizeof(*v));
	if ((s->mode == M_EPT4 && s->addr >= 1ull << 48) ||
	    (s->mode == M_EPT5 && s->addr >= 1ull << 57)) {
		not_present(s, v);
		return;
	}
	v->level = collect(s, read, ctx, v, entry, where);
	if (!v->level)
		return;
	all = rights_of(s, entry, levels, v->level);
	if (is_ept(s)) {
		if (!ept_permitted(s, all))
			ept_violation(s, v, all);
	} else {
		ok = permitted(s, all);
		pk = key_forbids(s, all, entry[v->level]);
		if (!ok || pk)
			page_fault(s, v, true, false, pk);
	}
	if (v->fault != KVM_GUEST_FAULT_NONE)
		return;
	v->pte_access = acc_of(s, all);
	v->pt_access = acc_of(s, rights_of(s, entry, levels, v->level + 1));
	v->gpa = address(s, v->level, entry[v->level]);
	flags(s, v, entry, where);
}
