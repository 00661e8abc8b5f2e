// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr_kunit.c - a guest's MSRs: the table, the lists, memory types, filters
 *
 * No vendor is asked: only MSRs that x86/ has to itself.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <asm/msr-index.h>

#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "x86/emulate_ops.h"
#include "x86/msr.h"
#include "x86/msr_filter.h"
#include "x86/msr_table.h"
#include "x86/mtrr.h"
#include "x86/regs.h"
#include "x86/trace.h"

static u32 last_of(const struct kvm_msr_row *row)
{
	return row->first + row->count - 1;
}

static void msr_table_ascends(struct kunit *test)
{
	const struct kvm_msr_row *row;
	unsigned int i;

	for (i = 0; i < kvm_msr_table_nr; i++) {
		row = &kvm_msr_table[i];
		KUNIT_EXPECT_NE_MSG(test, row->count, 0, "%x", row->first);
		KUNIT_EXPECT_GE(test, last_of(row), row->first);
		if (i)
			KUNIT_EXPECT_GT_MSG(test, row->first, last_of(row - 1),
					    "%x", row->first);
		KUNIT_EXPECT_TRUE_MSG(test, row->get || row->set, "%x",
				      row->first);
		/* What userspace is told to save it also has to restore. */
		if (row->flags & KVM_MSR_LISTED)
			KUNIT_EXPECT_TRUE_MSG(test, row->get && row->set, "%x",
					      row->first);
	}
}

/* No word is two MSRs', and none is outside; word 0 is MTRRdefType's. */
static void msr_cells_are_apart(struct kunit *test)
{
	DECLARE_BITMAP(used, sizeof(struct kvm_vcpu_msr) / sizeof(u64)) = {};
	const unsigned int nr = sizeof(struct kvm_vcpu_msr) / sizeof(u64);
	const struct kvm_msr_row *row;
	unsigned int i, j;

	for (i = 0; i < kvm_msr_table_nr; i++) {
		row = &kvm_msr_table[i];
		if (!row->cell)
			continue;
		KUNIT_ASSERT_LE(test, row->cell + row->count, nr);
		for (j = 0; j < row->count; j++)
			KUNIT_EXPECT_FALSE_MSG(test,
					       test_and_set_bit(row->cell + j,
								used),
					       "%x", row->first + j);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(used, nr), nr - 1);
}

static const struct kvm_msr_row *find_by_looking(u32 index)
{
	unsigned int i;

	for (i = 0; i < kvm_msr_table_nr; i++)
		if (index >= kvm_msr_table[i].first &&
		    index <= last_of(&kvm_msr_table[i]))
			return &kvm_msr_table[i];
	return NULL;
}

static void msr_find_is_right(struct kunit *test)
{
	static const u32 ends[] = { 0, 1, U32_MAX, BIT(31), BIT(31) - 1 };
	const struct kvm_msr_row *row;
	struct rnd_state rnd;
	unsigned int i, wrong = 0;
	u32 j;

	for (i = 0; i < kvm_msr_table_nr; i++) {
		row = &kvm_msr_table[i];
		for (j = row->first - 1; j != last_of(row) + 2; j++)
			wrong += kvm_msr_find(j) != find_by_looking(j);
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		wrong += kvm_msr_find(ends[i]) != find_by_looking(ends[i]);

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 10000; i++) {
		j = prandom_u32_state(&rnd);
		j = i & 1 ? j & 0xfff : (j & 0x1ffff) | 0xc0000000;
		wrong += kvm_msr_find(j) != find_by_looking(j);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* A probe's outcome that nobody has arranged. */
static bool keep_some(u32 index, unsigned int flags)
{
	return (index * 2654435761u) >> 31;
}

static bool keep_all(u32 index, unsigned int flags)
{
	return true;
}

static bool keep_saved(u32 index, unsigned int flags)
{
	return flags & KVM_MSR_SAVED;
}

static void check_list(struct kunit *test, unsigned int flags,
		       bool (*keep)(u32 index, unsigned int flags))
{
	const struct kvm_msr_row *row;
	unsigned int i, j, nr, at = 0;
	u32 *list;

	list = kunit_kzalloc(test, KVM_MSR_LIST_MAX * sizeof(*list),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);
	nr = kvm_msr_list_make(list, flags, keep);
	KUNIT_ASSERT_LT(test, nr, KVM_MSR_LIST_MAX);

	for (i = 0; i < kvm_msr_table_nr; i++) {
		row = &kvm_msr_table[i];
		for (j = 0; j < row->count; j++) {
			if (!(row->flags & flags) ||
			    !keep(row->first + j, row->flags))
				continue;
			KUNIT_ASSERT_LT(test, at, nr);
			KUNIT_EXPECT_EQ(test, list[at], row->first + j);
			at++;
		}
	}
	KUNIT_EXPECT_EQ(test, at, nr);
}

static void msr_list_is_what_was_kept(struct kunit *test)
{
	check_list(test, KVM_MSR_LISTED, keep_all);
	check_list(test, KVM_MSR_LISTED, keep_some);
	check_list(test, KVM_MSR_LISTED, keep_saved);
	check_list(test, KVM_MSR_FEATURE, keep_all);
	check_list(test, KVM_MSR_FEATURE, keep_some);
}

/* Can do only what is even. */
static int access_even(struct kvm_vcpu *vcpu, struct kvm_msr_entry *entry)
{
	if (entry->index & 1)
		return entry->index & 2 ? 1 : KVM_MSR_RET_INVALID;
	entry->data = entry->index + 1;
	return 0;
}

static void msr_each_tells_how_many(struct kunit *test)
{
	struct kvm_msr_entry entries[8];
	unsigned int bad, i, done;

	for (bad = 0; bad <= ARRAY_SIZE(entries); bad++) {
		memset(entries, 0, sizeof(entries));
		for (i = 0; i < ARRAY_SIZE(entries); i++)
			entries[i].index = 2 * i + (i == bad);
		done = kvm_msr_each(NULL, entries, ARRAY_SIZE(entries),
				    access_even);
		KUNIT_EXPECT_EQ(test, done, bad);
		for (i = 0; i < ARRAY_SIZE(entries); i++)
			KUNIT_EXPECT_EQ(test, entries[i].data,
					i < bad ? 2 * i + 1ull : 0ull);
	}
	KUNIT_EXPECT_EQ(test, kvm_msr_each(NULL, entries, 0, access_even), 0);
}

/* Each of eight bytes, each value; SDM 3A, tables 11-8 and 11-10. */
static void msr_memory_types(struct kunit *test)
{
	unsigned int byte, value, wrong = 0;
	bool mtrr, pat;
	u64 data;

	for (byte = 0; byte < 8; byte++) {
		for (value = 0; value < 256; value++) {
			mtrr = value < 2 || (value >= 4 && value <= 6);
			pat = mtrr || value == 7;
			data = 0x0606060606060606ull & ~(0xffull << 8 * byte);
			data |= (u64)value << 8 * byte;
			wrong += kvm_mtrr_fixed_is_valid(data) != mtrr;
			wrong += kvm_pat_is_valid(data) != pat;
		}
	}
	for (value = 0; value < 256; value++) {
		mtrr = value < 2 || (value >= 4 && value <= 6);
		wrong += kvm_mtrr_def_type_is_valid(value) != mtrr;
		wrong += kvm_mtrr_def_type_is_valid(value | 0xc00) != mtrr;
		wrong += kvm_mtrr_var_is_valid(false, value | 0x1000, 36) !=
			 mtrr;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_TRUE(test, kvm_pat_is_valid(KVM_PAT_RESET));
}

static void msr_mtrr_reserved_bits(struct kunit *test)
{
	unsigned int bit, width, wrong = 0;
	bool address;

	for (bit = 8; bit < 64; bit++) {
		wrong += kvm_mtrr_def_type_is_valid(BIT_ULL(bit) | 6) !=
			 (bit == 10 || bit == 11);
		for (width = 32; width <= 52; width++) {
			address = bit >= 12 && bit < width;
			wrong += kvm_mtrr_var_is_valid(false, BIT_ULL(bit) | 6,
						       width) != address;
			wrong += kvm_mtrr_var_is_valid(true, BIT_ULL(bit),
						       width) !=
				 (address || bit == 11);
		}
	}
	for (bit = 0; bit < 8; bit++)
		wrong += kvm_mtrr_var_is_valid(true, BIT_ULL(bit), 36);
	/* Widths that no CPU has. */
	wrong += kvm_mtrr_var_is_valid(true, BIT_ULL(52), 64);
	wrong += !kvm_mtrr_var_is_valid(true, BIT_ULL(31), 0);
	wrong += kvm_mtrr_var_is_valid(true, BIT_ULL(32), 0);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

#define MODEL_MSRS 40

/* By all ranges at once, in 64 bits, so that nothing wraps. */
static bool model_allows(const struct kvm_msr_filter_set *filter, u32 index,
			 u32 type)
{
	int i, answer = filter->default_allow;
	u64 from, to;

	for (i = filter->nr - 1; i >= 0; i--) {
		from = filter->ranges[i].base;
		to = from + filter->ranges[i].nmsrs;
		if ((filter->ranges[i].flags & type) && from <= index &&
		    index < to)
			answer = filter->ranges[i].bitmap[0] >> (index - from) &
				 1;
	}
	return answer;
}

static void random_filter(struct rnd_state *rnd, unsigned long *bits, u32 base,
			  struct kvm_msr_filter_set *filter)
{
	struct kvm_msr_range *range;
	unsigned int i;

	filter->default_allow = prandom_u32_state(rnd) & 1;
	filter->nr = prandom_u32_state(rnd) % (KVM_MSR_FILTER_MAX_RANGES + 1);
	for (i = 0; i < filter->nr; i++) {
		range = &filter->ranges[i];
		range->base = base + prandom_u32_state(rnd) % MODEL_MSRS;
		range->nmsrs = 1 + prandom_u32_state(rnd) % (MODEL_MSRS / 2);
		range->flags = 1 + prandom_u32_state(rnd) % 3;
		bits[i] = (u64)prandom_u32_state(rnd) << 32 |
			  prandom_u32_state(rnd);
		range->bitmap = &bits[i];
	}
}

static void msr_filter_like_the_model(struct kunit *test)
{
	static const u32 bases[] = { 0, 0xc0000080, U32_MAX - MODEL_MSRS };
	unsigned long bits[KVM_MSR_FILTER_MAX_RANGES];
	struct kvm_msr_filter_set *filter;
	struct rnd_state rnd;
	unsigned int i, j;
	u32 base, type;

	filter = kunit_kzalloc(test, sizeof(*filter), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, filter);
	prandom_seed_state(&rnd, 5);
	for (i = 0; i < 600; i++) {
		base = bases[i % ARRAY_SIZE(bases)];
		random_filter(&rnd, bits, base, filter);
		for (j = 0; j < 2 * MODEL_MSRS; j++) {
			/* The last base's go on at 0. */
			type = 1 + (j & 1);
			if (kvm_msr_filter_allows(filter, base + j / 2, type) ==
				    model_allows(filter, base + j / 2, type) &&
			    kvm_msr_filter_allows(filter, j / 2, type) ==
				    model_allows(filter, j / 2, type))
				continue;
			KUNIT_FAIL(test, "filter %u, MSR %x or %x, type %u", i,
				   base + j / 2, j / 2, type);
			return;
		}
	}
}

static void msr_filter_what_is_valid(struct kunit *test)
{
	struct kvm_msr_filter *user;
	struct kvm_msr_filter_range *last;

	user = kunit_kzalloc(test, sizeof(*user), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, user);
	last = &user->ranges[KVM_MSR_FILTER_MAX_RANGES - 1];

	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), 0);
	user->flags = KVM_MSR_FILTER_DEFAULT_DENY;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
	last->nmsrs = 1;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
	last->flags = KVM_MSR_FILTER_READ;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), 0);
	last->flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), 0);
	last->flags = KVM_MSR_FILTER_READ | BIT(2);
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
	last->flags = KVM_MSR_FILTER_WRITE;
	last->nmsrs = 0x600 * 8;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), 0);
	last->nmsrs = 0x600 * 8 + 1;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
	last->nmsrs = U32_MAX;
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
	last->nmsrs = 1;
	user->flags = BIT(1);
	KUNIT_EXPECT_EQ(test, kvm_msr_filter_is_valid(user), -EINVAL);
}

static struct kvm_vcpu *make_vcpu(struct kunit *test)
{
	struct kvm_vcpu *vcpu;

	vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	vcpu->kvm = kunit_kzalloc(test, sizeof(*vcpu->kvm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vcpu->kvm);
	kvm_vcpu_msr_reset(vcpu, false);
	vcpu->arch.msr.platform_info = MSR_PLATFORM_INFO_CPUID_FAULT;
	return vcpu;
}

static u64 get_ok(struct kunit *test, struct kvm_vcpu *vcpu, u32 index)
{
	u64 data = 0;

	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, index, &data, false), 0);
	return data;
}

static void msr_words_have_their_places(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);
	struct kvm_mtrrs *mtrr = &vcpu->arch.msr.mtrr;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test,
				kvm_set_msr(vcpu, 0x268 + i, i & 1 ? 6 : 4,
					    false),
				0);
		KUNIT_EXPECT_EQ(test, mtrr->fixed[3 + i], i & 1 ? 6ull : 4ull);
		KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x268 + i),
				i & 1 ? 6ull : 4ull);
	}
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x250, 1, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x259, 5, false), 0);
	KUNIT_EXPECT_EQ(test, mtrr->fixed[0], 1ull);
	KUNIT_EXPECT_EQ(test, mtrr->fixed[1], 0ull);
	KUNIT_EXPECT_EQ(test, mtrr->fixed[2], 5ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x250, 2, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x250, 2, true), 1);
	KUNIT_EXPECT_EQ(test, mtrr->fixed[0], 1ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x2ff, 0xc06, false), 0);
	KUNIT_EXPECT_EQ(test, mtrr->def_type, 0xc06ull);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0xfe), 0x508ull);

	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1fc, 0x1234, false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x1fc), 0x1234ull);
}

/* What the guest may not, and userspace may. */
static void msr_guest_and_host(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);
	u64 data = 77;

	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0x9e, &data, false), 1);
	KUNIT_EXPECT_EQ(test, data, 77ull);
	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0x9e, &data, true), 0);
	KUNIT_EXPECT_EQ(test, data, 0x30000ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x9e, 0, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x34, 3, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x34, 3, true), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x34), 3ull);

	/* Written by a guest it says nothing. */
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x8b, BIT_ULL(40), true), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x8b, 0, false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x8b), BIT_ULL(40));

	/* Write-only, and read-only. */
	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0x79, &data, true),
			KVM_MSR_RET_INVALID);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xfe, 0x508, true),
			KVM_MSR_RET_INVALID);

	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0x400, &data, true), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x47f, 0, true), 1);
}

static struct kvm_vcpu *make_filtered(struct kunit *test)
{
	struct kvm_msr_filter_set *none;
	struct kvm_vcpu *vcpu = make_vcpu(test);

	none = kunit_kzalloc(test, sizeof(*none), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, none);
	vcpu->run = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vcpu->run);
	KUNIT_ASSERT_EQ(test, init_srcu_struct(&vcpu->kvm->srcu), 0);
	RCU_INIT_POINTER(vcpu->kvm->arch.msr.filter, none);
	return vcpu;
}

/* Userspace allows none: the emulator's accesses are no way around it. */
static void msr_emulated_is_filtered(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_filtered(test);
	struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	u64 data = 5;

	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.get_msr(ctxt, 0x250, &data),
			X86_EMULATE_FAULT);
	KUNIT_EXPECT_EQ(test, ctxt->fault.vector, 13);
	KUNIT_EXPECT_EQ(test, data, 5ull);
	ctxt->fault.vector = 0;
	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.set_msr(ctxt, 0x250, 1),
			X86_EMULATE_FAULT);
	KUNIT_EXPECT_EQ(test, ctxt->fault.vector, 13);
	KUNIT_EXPECT_EQ(test, vcpu->arch.msr.mtrr.fixed[0], 0ull);

	RCU_INIT_POINTER(vcpu->kvm->arch.msr.filter, NULL);
	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.set_msr(ctxt, 0x250, 1),
			X86_EMULATE_OK);
	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.get_msr(ctxt, 0x250, &data),
			X86_EMULATE_OK);
	KUNIT_EXPECT_EQ(test, data, 1ull);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	cleanup_srcu_struct(&vcpu->kvm->srcu);
}

/* Or they end in userspace, whose error is the guest's #GP. */
static void msr_emulated_ends_in_userspace(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_filtered(test);
	struct x86_emulate_ctxt *ctxt = &vcpu->arch.emulate.ctxt;
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	struct kvm_run *run = vcpu->run;
	u64 data;

	vcpu->kvm->arch.msr.user_space_mask = KVM_MSR_EXIT_REASON_FILTER;
	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.get_msr(ctxt, 0x250, &data),
			X86_EMULATE_IO);
	KUNIT_EXPECT_EQ(test, run->exit_reason, KVM_EXIT_X86_RDMSR);
	KUNIT_EXPECT_EQ(test, run->msr.index, 0x250);
	KUNIT_EXPECT_EQ(test, kvm_emulate_ops.set_msr(ctxt, 0x251, 7),
			X86_EMULATE_IO);
	KUNIT_EXPECT_EQ(test, run->exit_reason, KVM_EXIT_X86_WRMSR);
	KUNIT_EXPECT_EQ(test, run->msr.index, 0x251);
	KUNIT_EXPECT_EQ(test, run->msr.data, 7ull);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	cleanup_srcu_struct(&vcpu->kvm->srcu);

	run->msr.error = 1;
	vcpu->arch.emulate.waiting = true;
	KUNIT_ASSERT_NOT_NULL(test, vcpu->arch.complete_userspace_io);
	KUNIT_EXPECT_EQ(test, vcpu->arch.complete_userspace_io(vcpu), 1);
	KUNIT_EXPECT_FALSE(test, vcpu->arch.emulate.waiting);
	KUNIT_EXPECT_TRUE(test, vcpu->arch.event.exception.pending);
	KUNIT_EXPECT_EQ(test, vcpu->arch.event.exception.vector, 13);
}

static unsigned int skipped;

static int fake_skip(struct kvm_vcpu *vcpu)
{
	skipped++;
	return 1;
}

static unsigned long fake_get_rflags(struct kvm_vcpu *vcpu)
{
	return 2;
}

static u64 fake_segment_base(struct kvm_vcpu *vcpu, int seg)
{
	return 0;
}

/* The instruction that userspace was asked about ends only if it is still there. */
static void check_msr_exit(struct kunit *test, struct kvm_vcpu *vcpu,
			   int (*emulate)(struct kvm_vcpu *vcpu), bool moved)
{
	skipped = 0;
	kvm_rip_write(vcpu, 0x1000);
	kvm_rcx_write(vcpu, 0x250);
	kvm_rax_write(vcpu, 5);
	kvm_rdx_write(vcpu, 0);
	KUNIT_EXPECT_EQ(test, emulate(vcpu), 0);
	KUNIT_ASSERT_NOT_NULL(test, vcpu->arch.complete_userspace_io);
	vcpu->run->msr.data = 7;
	if (moved)
		kvm_rip_write(vcpu, 0xfff0);
	KUNIT_EXPECT_EQ(test, vcpu->arch.complete_userspace_io(vcpu), 1);
	KUNIT_EXPECT_EQ(test, skipped, !moved);
	if (emulate == kvm_emulate_rdmsr)
		KUNIT_EXPECT_EQ(test, kvm_rax_read(vcpu), moved ? 5 : 7);
}

static void msr_exit_of_a_vcpu_that_moved(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_filtered(test);
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	unsigned int moved;

	vcpu->kvm->arch.msr.user_space_mask = KVM_MSR_EXIT_REASON_FILTER;
	static_call_update(kvm_x86_skip_emulated_instruction, fake_skip);
	static_call_update(kvm_x86_get_rflags, fake_get_rflags);
	static_call_update(kvm_x86_get_segment_base, fake_segment_base);
	for (moved = 0; moved < 2; moved++) {
		check_msr_exit(test, vcpu, kvm_emulate_rdmsr, moved);
		check_msr_exit(test, vcpu, kvm_emulate_wrmsr, moved);
	}
	static_call_update(kvm_x86_skip_emulated_instruction, NULL);
	static_call_update(kvm_x86_get_rflags, NULL);
	static_call_update(kvm_x86_get_segment_base, NULL);
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	cleanup_srcu_struct(&vcpu->kvm->srcu);
}

static void msr_cpuid_faulting(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);
	u64 data;

	KUNIT_EXPECT_FALSE(test, kvm_cpuid_fault_enabled(vcpu));
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x140, 2, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x140, 1, false), 0);
	KUNIT_EXPECT_TRUE(test, kvm_cpuid_fault_enabled(vcpu));

	/* It can't be taken away while it is used. */
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xce, 0, true), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x140, 0, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xce, 0xff00, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xce, 0xff00, true), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0xce), 0xff00ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x140, 1, true), 1);

	kvm_vm_enable_msr_platform_info(vcpu->kvm, 0);
	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0xce, &data, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0xce, &data, true), 0);
	kvm_vm_enable_msr_platform_info(vcpu->kvm, 1);
	KUNIT_EXPECT_EQ(test, kvm_get_msr(vcpu, 0xce, &data, false), 0);
}

static void msr_old_ones_are_ignored(struct kunit *test)
{
	static const u32 zero[] = { 0x0,	0xc1,	    0x187,
				    0xc0010000, 0xc0010007, 0xc001001f,
				    0xc0010200, 0xc001020b, 0xc0010058 };
	struct kvm_vcpu *vcpu = make_vcpu(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zero); i++)
		KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, zero[i]), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010004, 5, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010200, 0, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010200, 5, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010058, 1, false), 1);

	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, 0x148, false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0xc0010015), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, BIT(18), false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0xc0010015), BIT_ULL(18));
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, 1, false), 1);
}

/* Linux takes the TSC of an AMD CPU for a wrong one without TscFreqSel. */
static void msr_hwcr_tsc_freq_sel(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);
	const u64 both = BIT_ULL(24) | BIT_ULL(18);

	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, both, true), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0xc0010015), both);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, BIT(25), true), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0xc0010015, BIT(23), true), 1);
}

/* By api.rst MISC_ENABLE.MWAIT is CPUID's MONITOR when the quirk is disabled. */
static void msr_misc_enable_and_mwait(struct kunit *test)
{
	static struct kvm_cpuid_entry2 e = { .function = 1 };
	struct kvm_vcpu *vcpu = make_vcpu(test);
	const u64 off = vcpu->arch.msr.misc_enable, on = off | BIT_ULL(18);

	e.ecx = 0;
	vcpu->arch.cpuid.table = (struct kvm_cpuid_table){ &e, 1 };
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1a0, on, false), 0);
	KUNIT_EXPECT_FALSE(test, guest_cpuid_has(vcpu, X86_FEATURE_MWAIT));
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1a0, off, false), 0);

	vcpu->kvm->arch.disabled_quirks = KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT;
	/* Without SSE3 there is no such bit. */
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1a0, on, false), 1);
	e.ecx = BIT(X86_FEATURE_XMM3 & 31);
	kvm_update_cpuid_runtime(vcpu);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1a0, on, false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x1a0), on);
	KUNIT_EXPECT_TRUE(test, guest_cpuid_has(vcpu, X86_FEATURE_MWAIT));
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1a0, off, false), 0);
	KUNIT_EXPECT_FALSE(test, guest_cpuid_has(vcpu, X86_FEATURE_MWAIT));
}

static int fake_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	return KVM_MSR_RET_INVALID;
}

/* LBR and BTF are not kept; nothing else is there. */
static void msr_debugctl(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);

	static_call_update(kvm_x86_set_msr, fake_set_msr);
	static_call_update(kvm_x86_get_msr, fake_set_msr);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1d9, 0, false), 0);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1d9, 3, false), 0);
	KUNIT_EXPECT_EQ(test, get_ok(test, vcpu, 0x1d9), 0ull);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1d9, 4, false), 1);
	KUNIT_EXPECT_EQ(test, kvm_set_msr(vcpu, 0x1d9, 0x43, true), 1);
	static_call_update(kvm_x86_set_msr, NULL);
	static_call_update(kvm_x86_get_msr, NULL);
}

static void msr_pred_cmd_bits(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, kvm_pred_cmd_is_valid(0, false, false));
	KUNIT_EXPECT_TRUE(test, kvm_pred_cmd_is_valid(0, true, false));
	KUNIT_EXPECT_TRUE(test, kvm_pred_cmd_is_valid(1, true, false));
	KUNIT_EXPECT_FALSE(test, kvm_pred_cmd_is_valid(0x80, true, false));
	KUNIT_EXPECT_FALSE(test, kvm_pred_cmd_is_valid(0x81, true, false));
	KUNIT_EXPECT_TRUE(test, kvm_pred_cmd_is_valid(0x80, true, true));
	KUNIT_EXPECT_FALSE(test, kvm_pred_cmd_is_valid(2, true, true));
	KUNIT_EXPECT_FALSE(test,
			   kvm_pred_cmd_is_valid(BIT_ULL(32), true, true));
}

static struct {
	unsigned int nr;
	bool write;
	bool exception;
	u32 ecx;
	u64 data;
} traced;

static void on_msr(void *ctx, bool write, u32 ecx, u64 data, bool exception)
{
	traced.nr++;
	traced.write = write;
	traced.ecx = ecx;
	traced.data = data;
	traced.exception = exception;
}

/* What the guest does, one by one; what userspace does is no business of it. */
static void msr_access_is_traced(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_filtered(test);
	int idx = srcu_read_lock(&vcpu->kvm->srcu);
	u64 data;

	memset(&traced, 0, sizeof(traced));
	KUNIT_ASSERT_EQ(test, register_trace_kvm_msr(on_msr, NULL), 0);
	kvm_msr_set_filtered(vcpu, 0x250, 4);
	KUNIT_EXPECT_TRUE(test, traced.exception);

	RCU_INIT_POINTER(vcpu->kvm->arch.msr.filter, NULL);
	kvm_msr_set_filtered(vcpu, 0x250, 4);
	KUNIT_EXPECT_TRUE(test, traced.write);
	KUNIT_EXPECT_EQ(test, traced.ecx, 0x250);
	KUNIT_EXPECT_EQ(test, traced.data, 4ull);
	KUNIT_EXPECT_FALSE(test, traced.exception);

	kvm_msr_get_filtered(vcpu, 0x250, &data);
	KUNIT_EXPECT_FALSE(test, traced.write);
	KUNIT_EXPECT_EQ(test, traced.data, 4ull);
	kvm_set_msr(vcpu, 0x250, 6, true);
	KUNIT_EXPECT_EQ(test, traced.nr, 3u);

	unregister_trace_kvm_msr(on_msr, NULL);
	tracepoint_synchronize_unregister();
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	cleanup_srcu_struct(&vcpu->kvm->srcu);
}

static void msr_user_space_mask(struct kunit *test)
{
	struct kvm_vcpu *vcpu = make_vcpu(test);
	struct kvm_run *run;

	run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run);
	vcpu->run = run;

	KUNIT_EXPECT_EQ(test, kvm_vm_enable_user_space_msr(vcpu->kvm, 8),
			-EINVAL);
	KUNIT_EXPECT_EQ(test,
			kvm_vm_enable_user_space_msr(vcpu->kvm, 1ull << 32),
			-EINVAL);
	KUNIT_EXPECT_FALSE(test, kvm_msr_exit_read(vcpu, 5, 1, NULL));
	KUNIT_EXPECT_EQ(test, run->exit_reason, 0u);

	KUNIT_EXPECT_EQ(test,
			kvm_vm_enable_user_space_msr(vcpu->kvm,
						     KVM_MSR_EXIT_REASON_INVAL),
			0);
	KUNIT_EXPECT_FALSE(test, kvm_msr_exit_read(vcpu, 5, KVM_MSR_RET_INVALID,
						   NULL));
	KUNIT_EXPECT_FALSE(test, kvm_msr_exit_read(vcpu, 5,
						   KVM_MSR_RET_FILTERED, NULL));
	run->msr.error = 1;
	run->msr.data = 9;
	KUNIT_EXPECT_TRUE(test, kvm_msr_exit_read(vcpu, 5, 1, NULL));
	KUNIT_EXPECT_EQ(test, run->exit_reason, (u32)KVM_EXIT_X86_RDMSR);
	KUNIT_EXPECT_EQ(test, run->msr.reason, (u32)KVM_MSR_EXIT_REASON_INVAL);
	KUNIT_EXPECT_EQ(test, run->msr.index, 5u);
	KUNIT_EXPECT_EQ(test, run->msr.error, 0);
	KUNIT_EXPECT_EQ(test, run->msr.data, 0ull);

	kvm_vm_enable_user_space_msr(vcpu->kvm,
				     KVM_MSR_EXIT_REASON_FILTER |
					     KVM_MSR_EXIT_REASON_UNKNOWN);
	KUNIT_EXPECT_FALSE(test, kvm_msr_exit_write(vcpu, 6, 8, 1, NULL));
	KUNIT_EXPECT_TRUE(test, kvm_msr_exit_write(vcpu, 6, 8,
						   KVM_MSR_RET_FILTERED, NULL));
	KUNIT_EXPECT_EQ(test, run->exit_reason, (u32)KVM_EXIT_X86_WRMSR);
	KUNIT_EXPECT_EQ(test, run->msr.reason, (u32)KVM_MSR_EXIT_REASON_FILTER);
	KUNIT_EXPECT_EQ(test, run->msr.data, 8ull);
	KUNIT_EXPECT_TRUE(test, kvm_msr_exit_write(vcpu, 6, 8,
						   KVM_MSR_RET_INVALID, NULL));
	KUNIT_EXPECT_EQ(test, run->msr.reason,
			(u32)KVM_MSR_EXIT_REASON_UNKNOWN);
}

static struct kunit_case msr_cases[] = {
	/* clang-format off */
	KUNIT_CASE(msr_table_ascends),
	KUNIT_CASE(msr_cells_are_apart),
	KUNIT_CASE(msr_find_is_right),
	KUNIT_CASE(msr_list_is_what_was_kept),
	KUNIT_CASE(msr_each_tells_how_many),
	KUNIT_CASE(msr_memory_types),
	KUNIT_CASE(msr_mtrr_reserved_bits),
	KUNIT_CASE(msr_filter_like_the_model),
	KUNIT_CASE(msr_filter_what_is_valid),
	KUNIT_CASE(msr_words_have_their_places),
	KUNIT_CASE(msr_guest_and_host),
	KUNIT_CASE(msr_emulated_is_filtered),
	KUNIT_CASE(msr_emulated_ends_in_userspace),
	KUNIT_CASE(msr_exit_of_a_vcpu_that_moved),
	KUNIT_CASE(msr_cpuid_faulting),
	KUNIT_CASE(msr_old_ones_are_ignored),
	KUNIT_CASE(msr_hwcr_tsc_freq_sel),
	KUNIT_CASE(msr_misc_enable_and_mwait),
	KUNIT_CASE(msr_debugctl),
	KUNIT_CASE(msr_pred_cmd_bits),
	KUNIT_CASE(msr_access_is_traced),
	KUNIT_CASE(msr_user_space_mask),
	{}
	/* clang-format on */
};

struct kunit_suite msr_suite = {
	.name = "twinwalk_msr",
	.test_cases = msr_cases,
};
