// SPDX-License-Identifier: GPL-2.0-only
/*
 * context_kunit.c - the MMUs of a vCPU; previous roots against a plain model
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/container_of.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "mmu/context.h"
#include "mmu/mmu.h"
#include "tests/kunit/suites.h"
#include "vm.h"

#define SEED 0x436f6e74u

/* Where the bits of a state's number are in CR0, CR4 and EFER. */
#define NR_STATES BIT(12)

#define CR0_WP BIT(16)
#define CR0_PG BIT(31)

static struct kvm_mmu_role_regs regs_of(unsigned int s)
{
	static const u8 cr4_bits[] = { 5, 4, 20, 21, 22, 12 };
	struct kvm_mmu_role_regs regs = {
		.cr0 = (s & 1 ? CR0_PG : 0) | (s & 2 ? CR0_WP : 0),
		.efer = (s & 0x100 ? BIT(11) : 0) | (s & 0x200 ? BIT(10) : 0),
		.smm = s & 0x400,
		.guest_mode = s & 0x800,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr4_bits); i++)
		if (s & BIT(2 + i))
			regs.cr4 |= BIT(cr4_bits[i]);
	return regs;
}

/* In long mode, everything on. */
static struct kvm_mmu_role_regs long_mode(void)
{
	return regs_of(0x3ff);
}

static const struct kvm_mmu_config tdp_config = {
	.tdp = true,
	.tdp_root_level = 5,
	.max_huge_level = 3,
};

static const struct kvm_mmu_config shadow_config = { .max_huge_level = 3 };

static unsigned int update(struct kvm_vcpu_mmu *v,
			   const struct kvm_mmu_role_regs *regs, bool tdp)
{
	static const struct kvm_pte_masks with_ad = { .accessed = BIT(5) };

	return kvm_vcpu_mmu_update(v, regs, tdp ? &tdp_config : &shadow_config,
				   &with_ad);
}

static bool same_roles(const struct kvm_mmu *a, const struct kvm_mmu *b)
{
	return a->cpu_role.word == b->cpu_role.word &&
	       a->mmu_role.word == b->mmu_role.word;
}

static void context_starts_empty(struct kunit *test)
{
	struct kvm_mmu *mmus[3];
	struct kvm_vcpu_mmu v;
	unsigned int i, j;

	memset(&v, 0x5a, sizeof(v));
	kvm_vcpu_mmu_init(&v);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.root_mmu);
	KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.root_mmu);
	mmus[0] = &v.root_mmu;
	mmus[1] = &v.guest_mmu;
	mmus[2] = &v.nested_mmu;
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, mmus[i]->cpu_role.word, 0ull);
		KUNIT_EXPECT_EQ(test, mmus[i]->mmu_role.word, 0u);
		KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(mmus[i]));
		for (j = 0; j < KVM_MMU_NUM_PREV_ROOTS; j++)
			KUNIT_EXPECT_EQ(test, mmus[i]->prev_roots[j].hpa,
					INVALID_PAGE);
	}
}

/* With TDP a flip of CR0.WP is the CPU's affair alone, both ways. */
static void context_wp_flip_keeps_tdp_root(struct kunit *test)
{
	struct kvm_mmu_role_regs regs = long_mode();
	union kvm_mmu_page_role before;
	struct kvm_vcpu_mmu v;
	unsigned int i;

	kvm_vcpu_mmu_init(&v);
	KUNIT_EXPECT_EQ(test, update(&v, &regs, true),
			(unsigned int)(KVM_MMU_CPU_ROLE_CHANGED |
				       KVM_MMU_ROOT_ROLE_CHANGED));
	before = v.root_mmu.mmu_role;
	for (i = 0; i < 4; i++) {
		regs.cr0 ^= CR0_WP;
		KUNIT_EXPECT_EQ(test, update(&v, &regs, true),
				(unsigned int)KVM_MMU_CPU_ROLE_CHANGED);
		KUNIT_EXPECT_EQ(test, v.root_mmu.mmu_role.word, before.word);
		KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.cpu_role.base.cr0_wp,
				i & 1);
		KUNIT_EXPECT_EQ(test, update(&v, &regs, true), 0u);
	}
	/* With shadow paging it is not. */
	update(&v, &regs, false);
	regs.cr0 ^= CR0_WP;
	KUNIT_EXPECT_EQ(test, update(&v, &regs, false),
			(unsigned int)(KVM_MMU_CPU_ROLE_CHANGED |
				       KVM_MMU_ROOT_ROLE_CHANGED));
}

/* Any state after any other: each role is told to have changed if it has. */
static void context_roles_change_apart(struct kunit *test)
{
	unsigned int i, tdp, s, wants, is, bad = 0;
	union kvm_mmu_page_role root_role;
	union kvm_cpu_role cpu_role;
	struct kvm_mmu_role_regs regs;
	struct kvm_vcpu_mmu v;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, SEED);
	for (tdp = 0; tdp < 2; tdp++) {
		kvm_vcpu_mmu_init(&v);
		for (s = 0, i = 0; i < 30000; i++) {
			/* Mostly one bit. */
			s ^= BIT(prandom_u32_state(&rnd) % 12);
			if (i % 16 == 0)
				s = prandom_u32_state(&rnd) % NR_STATES;
			regs = regs_of(s);
			cpu_role = kvm_calc_cpu_role(&regs);
			if (tdp)
				root_role = kvm_calc_tdp_root_role(cpu_role, 5,
								   false);
			else
				root_role = kvm_calc_shadow_root_role(cpu_role);
			wants = 0;
			if (v.root_mmu.cpu_role.word != cpu_role.word)
				wants |= 1;
			if (v.root_mmu.mmu_role.word != root_role.word)
				wants |= 2;
			is = update(&v, &regs, tdp);
			if (is == wants &&
			    v.root_mmu.cpu_role.word == cpu_role.word &&
			    v.root_mmu.mmu_role.word == root_role.word)
				continue;
			if (!bad++)
				kunit_err(test,
					  "step %u, tdp %u, state %#x: %u, should be %u\n",
					  i, tdp, s, is, wants);
		}
		KUNIT_EXPECT_EQ(test, v.guest_mmu.cpu_role.word, 0ull);
		KUNIT_EXPECT_EQ(test, v.nested_mmu.cpu_role.word, 0ull);
	}
	KUNIT_ASSERT_EQ(test, KVM_MMU_CPU_ROLE_CHANGED, 1ul);
	KUNIT_ASSERT_EQ(test, KVM_MMU_ROOT_ROLE_CHANGED, 2ul);
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

/* A format without A and D bits says so in the root's role. */
static void context_ad_is_of_the_format(struct kunit *test)
{
	const struct kvm_pte_masks with = { .accessed = BIT(8) };
	const struct kvm_pte_masks without = {};
	struct kvm_mmu_role_regs regs = long_mode();
	struct kvm_vcpu_mmu v;

	kvm_vcpu_mmu_init(&v);
	kvm_vcpu_mmu_update(&v, &regs, &tdp_config, &with);
	KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.mmu_role.ad_disabled, 0u);
	KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.mmu_role.level, 5u);
	KUNIT_EXPECT_EQ(test,
			kvm_vcpu_mmu_update(&v, &regs, &tdp_config, &without),
			(unsigned int)KVM_MMU_ROOT_ROLE_CHANGED);
	KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.mmu_role.ad_disabled, 1u);
}

/* L1 with NPT: guest_mmu is L1's affair, nested_mmu L2's; root_mmu neither's. */
static void context_nested_npt(struct kunit *test)
{
	struct kvm_mmu_role_regs l1 = long_mode(), l2 = regs_of(0);
	struct kvm_vcpu_mmu v;
	struct kvm_mmu before;

	l1.cr4 &= ~BIT(12);
	kvm_vcpu_mmu_init(&v);
	update(&v, &l1, true);
	before = v.root_mmu;

	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 5), 3u);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.guest_mmu);
	KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.nested_mmu);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.cpu_role.base.level, 4u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.level, 5u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.passthrough, 1u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.direct, 0u);

	/* L2 without paging, then with: only nested_mmu's one role. */
	l2.guest_mode = true;
	KUNIT_EXPECT_EQ(test, update(&v, &l2, true), 1u);
	KUNIT_EXPECT_EQ(test, (u32)v.nested_mmu.cpu_role.base.direct, 1u);
	l2.cr0 |= CR0_PG;
	KUNIT_EXPECT_EQ(test, update(&v, &l2, true), 1u);
	KUNIT_EXPECT_EQ(test, update(&v, &l2, true), 0u);
	KUNIT_EXPECT_EQ(test, (u32)v.nested_mmu.cpu_role.base.level, 2u);
	KUNIT_EXPECT_EQ(test, v.nested_mmu.mmu_role.word, 0u);
	KUNIT_EXPECT_TRUE(test, same_roles(&before, &v.root_mmu));

	kvm_vcpu_mmu_leave_nested(&v);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.root_mmu);
	KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.root_mmu);
	KUNIT_EXPECT_EQ(test, update(&v, &l1, true), 0u);

	/* Again: nothing new; from a host's CR0.WP either. */
	l1.cr0 &= ~CR0_WP;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 5), 0u);
	/* EFER.NX is. */
	l1.efer &= ~BIT_ULL(11);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 5), 3u);
	/* A host of 4 levels: the root alone. */
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 4), 2u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.passthrough, 0u);
}

/* Five levels of L1's on a host of four: a role of no root, and no warning. */
static void context_npt_with_too_many_levels(struct kunit *test)
{
	struct kvm_mmu_role_regs l1 = long_mode();
	struct kvm_vcpu_mmu v;

	kvm_vcpu_mmu_init(&v);
	update(&v, &l1, true);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 4), 1u);
	KUNIT_EXPECT_EQ(test, v.guest_mmu.mmu_role.word, 0u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.cpu_role.base.level, 5u);
	kvm_vcpu_mmu_leave_nested(&v);

	/* With four, then with five once more. */
	l1.cr4 &= ~BIT(12);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 4), 3u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.level, 4u);
	l1.cr4 |= BIT(12);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 4), 3u);
	KUNIT_EXPECT_EQ(test, v.guest_mmu.mmu_role.word, 0u);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_npt(&v, &l1, 5), 2u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.level, 5u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.passthrough, 0u);
}

static void context_nested_ept(struct kunit *test)
{
	struct kvm_ept_role_info info = { .level = 4, .ad = true };
	struct kvm_mmu_role_regs l1 = long_mode(), l2 = regs_of(0x801);
	struct kvm_vcpu_mmu v;
	struct kvm_mmu before;

	kvm_vcpu_mmu_init(&v);
	update(&v, &l1, true);
	before = v.root_mmu;

	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_ept(&v, &info), 3u);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.guest_mmu);
	KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.nested_mmu);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.cpu_role.ept, 1u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.level, 4u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.mmu_role.ad_disabled, 0u);
	KUNIT_EXPECT_EQ(test, update(&v, &l2, true), 1u);
	KUNIT_EXPECT_EQ(test, (u32)v.nested_mmu.cpu_role.ept, 0u);
	KUNIT_EXPECT_EQ(test, v.nested_mmu.mmu_role.word, 0u);

	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_ept(&v, &info), 0u);
	info.execonly = true;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_ept(&v, &info), 1u);
	info.ad = false;
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_ept(&v, &info), 3u);
	KUNIT_EXPECT_TRUE(test, same_roles(&before, &v.root_mmu));
	kvm_vcpu_mmu_leave_nested(&v);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.root_mmu);
	KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.root_mmu);
}

/* L1 without nested paging: root_mmu runs L2, by a role of its own. */
static void context_nested_without_tdp(struct kunit *test)
{
	struct kvm_mmu_role_regs regs = long_mode();
	struct kvm_vcpu_mmu v;
	unsigned int tdp;

	for (tdp = 0; tdp < 2; tdp++) {
		kvm_vcpu_mmu_init(&v);
		regs.guest_mode = false;
		update(&v, &regs, tdp);

		kvm_vcpu_mmu_leave_nested(&v);
		regs.guest_mode = true;
		KUNIT_EXPECT_EQ(test, update(&v, &regs, tdp), 3u);
		KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.root_mmu);
		KUNIT_EXPECT_PTR_EQ(test, v.walk_mmu, &v.root_mmu);
		KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.mmu_role.guest_mode, 1u);
		KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.mmu_role.direct, tdp);
		KUNIT_EXPECT_EQ(test, v.guest_mmu.cpu_role.word, 0ull);
		KUNIT_EXPECT_EQ(test, v.nested_mmu.cpu_role.word, 0ull);
	}
}

static void context_cpuid_forgets_roles(struct kunit *test)
{
	const struct kvm_ept_role_info info = { .level = 4 };
	struct kvm_mmu_role_regs regs = long_mode();
	struct kvm_vcpu_mmu v;

	kvm_vcpu_mmu_init(&v);
	update(&v, &regs, true);
	kvm_vcpu_mmu_enter_ept(&v, &info);
	update(&v, &regs, true);
	KUNIT_EXPECT_EQ(test, update(&v, &regs, true), 0u);

	kvm_vcpu_mmu_forget_roles(&v);
	KUNIT_EXPECT_EQ(test, (u32)v.root_mmu.cpu_role.valid, 0u);
	KUNIT_EXPECT_EQ(test, (u32)v.guest_mmu.cpu_role.valid, 0u);
	KUNIT_EXPECT_EQ(test, (u32)v.nested_mmu.cpu_role.valid, 0u);
	KUNIT_EXPECT_PTR_EQ(test, v.mmu, &v.guest_mmu);

	KUNIT_EXPECT_EQ(test, update(&v, &regs, true), 1u);
	KUNIT_EXPECT_EQ(test, kvm_vcpu_mmu_enter_ept(&v, &info), 3u);
	kvm_vcpu_mmu_leave_nested(&v);
	KUNIT_EXPECT_EQ(test, update(&v, &regs, true), 3u);
	KUNIT_EXPECT_EQ(test, update(&v, &regs, true), 0u);
}

/*
 * The model of a VM: a few roots, each with its references.  A TDP root's
 * first is the VM's own.
 */
#define NR_TDP	  3
#define NR_SHADOW 16
#define NR_FAKES  (NR_TDP + NR_SHADOW)

struct fake_root {
	union kvm_mmu_page_role role;
	gpa_t pgd;
	bool tdp;
	bool exists;
	int refs;
};

struct fake_vm {
	struct kvm kvm;
	struct fake_root roots[NR_FAKES];
	unsigned int freed;
	unsigned int wrong;
};

static hpa_t fake_hpa(unsigned int i)
{
	return (hpa_t)(i + 1) << 12;
}

static struct fake_root *fake_of(struct kvm *kvm, hpa_t hpa)
{
	struct fake_vm *vm = container_of(kvm, struct fake_vm, kvm);
	u64 i = (hpa >> 12) - 1;

	if (i < NR_FAKES && vm->roots[i].exists)
		return &vm->roots[i];
	/* Asked of a root that is not there. */
	vm->wrong++;
	return &vm->roots[0];
}

static union kvm_mmu_page_role fake_role(struct kvm *kvm, hpa_t root)
{
	return fake_of(kvm, root)->role;
}

static bool fake_get(struct kvm *kvm, hpa_t root)
{
	struct fake_root *fake = fake_of(kvm, root);

	/* A shadow root starts without any; a TDP root has the VM's. */
	if (fake->tdp && !fake->refs)
		return false;
	fake->refs++;
	return true;
}

static bool fake_put(struct kvm *kvm, hpa_t root)
{
	struct fake_vm *vm = container_of(kvm, struct fake_vm, kvm);
	struct fake_root *fake = fake_of(kvm, root);

	if (fake->refs < 1)
		vm->wrong++;
	return --fake->refs == 0;
}

static bool fake_is_tdp(struct kvm *kvm, hpa_t root)
{
	return fake_of(kvm, root)->tdp;
}

static void fake_free(struct kvm *kvm, hpa_t root)
{
	struct fake_vm *vm = container_of(kvm, struct fake_vm, kvm);
	struct fake_root *fake = fake_of(kvm, root);

	if (fake->tdp || fake->refs)
		vm->wrong++;
	fake->exists = false;
	vm->freed++;
}

static const struct kvm_mmu_root_ops fake_ops = {
	.role = fake_role,
	.get = fake_get,
	.put = fake_put,
	.is_tdp = fake_is_tdp,
	.free = fake_free,
};

static union kvm_mmu_page_role some_role(unsigned int n)
{
	union kvm_mmu_page_role role = {};

	role.level = 4;
	role.access = 7;
	role.cr0_wp = n & 1;
	role.smm = n >> 1 & 1;
	return role;
}

static union kvm_mmu_page_role pae_role(void)
{
	union kvm_mmu_page_role role = some_role(1);

	role.level = 3;
	role.pae_gpte = 1;
	return role;
}

static union kvm_mmu_page_role tdp_role(unsigned int n)
{
	union kvm_mmu_page_role role = some_role(1 + 2 * n);

	role.direct = 1;
	return role;
}

/*
 * As a VM would: the root that has this role and pgd, made if need be; a PAE
 * root is always made.
 */
static int fake_make(struct fake_vm *vm, gpa_t pgd,
		     union kvm_mmu_page_role role)
{
	int i, unused = -1;

	for (i = 0; i < NR_FAKES; i++) {
		struct fake_root *fake = &vm->roots[i];

		if (fake->exists && fake->role.word == role.word &&
		    !role.pae_gpte && (role.direct || fake->pgd == pgd))
			return i;
		if (!fake->exists && (i < NR_TDP ? 1 : 0) == role.direct)
			unused = i;
	}
	if (unused >= 0)
		vm->roots[unused] = (struct fake_root){
			.role = role,
			.pgd = pgd,
			.tdp = role.direct,
			.exists = true,
			.refs = role.direct,
		};
	return unused;
}

/* What an MMU should have: entries with the time of their last use. */
#define NR_ENTRIES (1 + KVM_MMU_NUM_PREV_ROOTS)

struct cache_model {
	struct {
		gpa_t pgd;
		int root; /* -1: not in use */
		u64 used;
	} entries[NR_ENTRIES];
	int current_root; /* an entry, or -1 */
	u64 clock;
};

static void model_init(struct cache_model *m)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->current_root = -1;
	for (i = 0; i < NR_ENTRIES; i++)
		m->entries[i].root = -1;
}

static void model_drop(struct cache_model *m, int i)
{
	m->entries[i].root = -1;
	if (m->current_root == i)
		m->current_root = -1;
}

static void model_drop_invalid(struct cache_model *m, const struct fake_vm *vm)
{
	int i;

	for (i = 0; i < NR_ENTRIES; i++)
		if (m->entries[i].root >= 0 &&
		    vm->roots[m->entries[i].root].role.invalid)
			model_drop(m, i);
}

static bool model_find(struct cache_model *m, struct fake_vm *vm, gpa_t pgd,
		       union kvm_mmu_page_role role)
{
	int i, nr = 0, oldest = -1;

	m->clock++;
	model_drop_invalid(m, vm);

	/* Not kept: what PDPTEs it was made of is forgotten. */
	if (m->current_root >= 0 &&
	    vm->roots[m->entries[m->current_root].root].role.pae_gpte)
		model_drop(m, m->current_root);
	if (m->current_root >= 0)
		m->entries[m->current_root].used = m->clock;
	for (i = 0; i < NR_ENTRIES; i++) {
		if (m->entries[i].root < 0)
			continue;
		if (m->entries[i].pgd == pgd &&
		    vm->roots[m->entries[i].root].role.word == role.word) {
			m->current_root = i;
			return true;
		}
		nr++;
		if (oldest < 0 || m->entries[i].used < m->entries[oldest].used)
			oldest = i;
	}
	/* There has to be room for the one to come. */
	if (nr == NR_ENTRIES)
		model_drop(m, oldest);
	m->current_root = -1;
	return false;
}

static void model_set(struct cache_model *m, gpa_t pgd, int root)
{
	int i;

	for (i = 0; m->entries[i].root >= 0; i++)
		;
	m->entries[i].pgd = pgd;
	m->entries[i].root = root;
	m->current_root = i;
}

static int model_entry(struct cache_model *m, const struct kvm_mmu_root *root)
{
	int i;

	for (i = 0; i < NR_ENTRIES; i++)
		if (m->entries[i].root >= 0 && m->entries[i].pgd == root->pgd &&
		    fake_hpa(m->entries[i].root) == root->hpa)
			return i;
	return -1;
}

/* What an MMU has; adds the references of the model's. */
static const char *model_compare_mmu(struct cache_model *m, int *refs,
				     const struct kvm_mmu *mmu)
{
	bool loaded = m->current_root >= 0;
	int i, entry, nr = 0, wants = 0;
	u64 last = U64_MAX;

	if (loaded != kvm_mmu_has_root(mmu))
		return "loaded or not";
	if (loaded && model_entry(m, &mmu->root) != m->current_root)
		return "which one is loaded";
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		if (mmu->prev_roots[i].hpa == INVALID_PAGE)
			continue;
		entry = model_entry(m, &mmu->prev_roots[i]);
		if (entry < 0 || entry == m->current_root)
			return "previous roots";
		if (m->entries[entry].used >= last)
			return "the order of previous roots";
		last = m->entries[entry].used;
		nr++;
	}
	for (i = 0; i < NR_ENTRIES; i++) {
		if (m->entries[i].root < 0)
			continue;
		refs[m->entries[i].root]++;
		wants += i != m->current_root;
	}
	return nr == wants ? NULL : "how many previous roots";
}

static void model_free(struct cache_model *m, const struct kvm_mmu *mmu,
		       unsigned long which)
{
	unsigned int i;
	int entry;

	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		entry = model_entry(m, &mmu->prev_roots[i]);
		if ((which & BIT(1 + i)) && entry >= 0)
			model_drop(m, entry);
	}
	if ((which & 1) && m->current_root >= 0)
		model_drop(m, m->current_root);
}

/* mmu and model are the ones that the next step is about. */
struct cache_test {
	struct fake_vm vm;
	struct cache_model models[2];
	struct cache_model *model;
	struct kvm_vcpu_mmu v;
	struct kvm_mmu *mmu;
	struct rnd_state rnd;
	unsigned int hits;
	unsigned int dropped;
};

static void cache_choose(struct cache_test *c, unsigned int i)
{
	c->model = &c->models[i];
	c->mmu = i ? &c->v.guest_mmu : &c->v.root_mmu;
}

static struct cache_test *cache_test_new(struct kunit *test)
{
	struct cache_test *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	kvm_vcpu_mmu_init(&c->v);
	model_init(&c->models[0]);
	model_init(&c->models[1]);
	cache_choose(c, 0);
	return c;
}

/* Everything that there is to be compared; NULL if it is as it should be. */
static const char *cache_compare(struct cache_test *c)
{
	int refs[NR_FAKES] = {}, i;
	const char *what;

	if (c->vm.wrong)
		return "an operation on the wrong root";
	what = model_compare_mmu(&c->models[0], refs, &c->v.root_mmu);
	if (!what)
		what = model_compare_mmu(&c->models[1], refs, &c->v.guest_mmu);
	if (what)
		return what;
	for (i = 0; i < NR_FAKES; i++) {
		struct fake_root *fake = &c->vm.roots[i];

		if (i < NR_TDP && fake->exists)
			refs[i]++;
		if (fake->exists != !!refs[i] ||
		    (fake->exists && fake->refs != refs[i]))
			return "references";
		if (refs[i] > 1 && fake->role.pae_gpte)
			return "a PAE root that is shared";
	}
	return NULL;
}

/* The TDP MMU's affair: out with it, a new one may come.  Users keep theirs. */
static void cache_invalidate(struct cache_test *c, unsigned int i)
{
	struct fake_root *fake = &c->vm.roots[i];

	if (fake->exists)
		fake->role.invalid = 1;
}

/* An invalid TDP root nobody but the VM has is zapped by the VM, in the end. */
static void cache_reap(struct cache_test *c)
{
	unsigned int i;

	for (i = 0; i < NR_TDP; i++)
		if (c->vm.roots[i].exists && c->vm.roots[i].role.invalid &&
		    c->vm.roots[i].refs == 1)
			c->vm.roots[i].exists = false;
}

/* Finds, or makes and sets, like a vCPU that enters with a new CR3. */
static const char *cache_load(struct cache_test *c, gpa_t pgd,
			      union kvm_mmu_page_role role)
{
	struct kvm_mmu_root root = { .pgd = pgd };
	struct kvm_mmu *mmu = c->mmu;
	const char *what;
	bool found;
	int i;

	found = kvm_mmu_find_root(&c->vm.kvm, mmu, pgd, role, &fake_ops);
	if (found != model_find(c->model, &c->vm, pgd, role))
		return "found or not";
	c->hits += found;
	what = cache_compare(c);
	if (what || found)
		return what;

	cache_reap(c);
	i = fake_make(&c->vm, pgd, role);
	if (i < 0)
		return "the model of the VM is too small";
	root.hpa = fake_hpa(i);
	if (!kvm_mmu_set_root(&c->vm.kvm, mmu, root, &fake_ops))
		return "the new root is refused";
	model_set(c->model, pgd, i);

	/* With one loaded there is no other. */
	if (kvm_mmu_set_root(&c->vm.kvm, mmu, root, &fake_ops))
		return "a second root is accepted";
	return NULL;
}

static const char *cache_drop_invalid(struct cache_test *c)
{
	unsigned int i, freed = c->vm.freed;

	for (i = 0; i < 2; i++)
		model_drop_invalid(&c->models[i], &c->vm);
	kvm_vcpu_mmu_drop_invalid_roots(&c->vm.kvm, &c->v, &fake_ops);
	c->dropped += c->vm.freed - freed;
	return cache_compare(c);
}

static const char *cache_step(struct cache_test *c)
{
	u32 r = prandom_u32_state(&c->rnd);
	unsigned int kind = r % 32, a = r >> 8 & 0xff, b = r >> 16 & 0xff;

	/* L2 now and then. */
	cache_choose(c, (r >> 24) % 4 == 0);
	if (kind < 13)
		return cache_load(c, (gpa_t)(a % 6) << 12,
				  some_role(b % 8 / 7));
	if (kind < 16)
		return cache_load(c, (gpa_t)(a % 2) << 12, pae_role());
	if (kind < 26) {
		/* A direct root's pgd is 0, or not if the caller wants it so. */
		return cache_load(c, (gpa_t)(a % 16 / 15) << 12,
				  tdp_role(b % 2));
	}
	if (kind < 28) {
		cache_invalidate(c, a % NR_FAKES);
		return NULL;
	}
	if (kind == 28) {
		/* Sometimes after a fast zap. */
		for (b = b % 4 ? NR_FAKES : 0; b < NR_FAKES; b++)
			cache_invalidate(c, b);
		return cache_drop_invalid(c);
	}
	/* Mostly one of them. */
	a = a < 8 ? KVM_MMU_ROOTS_ALL : a < 64 ? a % 16 : BIT(a % 4);
	model_free(c->model, c->mmu, a);
	kvm_mmu_free_roots(&c->vm.kvm, c->mmu, a, &fake_ops);
	return cache_compare(c);
}

static void context_prev_roots_random(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	const char *what = NULL;
	unsigned int step, i;

	prandom_seed_state(&c->rnd, SEED);
	for (step = 0; step < 40000 && !what; step++)
		what = cache_step(c);
	if (what)
		KUNIT_FAIL(test, "seed %#x, step %u: %s", SEED, step - 1, what);

	/* That it was about something. */
	KUNIT_EXPECT_GT(test, c->hits, 4000u);
	KUNIT_EXPECT_GT(test, c->vm.freed, 4000u);
	KUNIT_EXPECT_GT(test, c->dropped, 200u);

	kvm_mmu_free_roots(&c->vm.kvm, &c->v.root_mmu, KVM_MMU_ROOTS_ALL,
			   &fake_ops);
	kvm_mmu_free_roots(&c->vm.kvm, &c->v.guest_mmu, KVM_MMU_ROOTS_ALL,
			   &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);
	for (i = 0; i < NR_FAKES; i++) {
		struct fake_root *fake = &c->vm.roots[i];

		/* What is left is the VM's. */
		if (!fake->exists)
			continue;
		KUNIT_EXPECT_TRUE(test, fake->tdp);
		KUNIT_EXPECT_EQ(test, fake->refs, 1);
	}
}

static void expect_prev(struct kunit *test, struct kvm_mmu *mmu,
			const gpa_t pgds[4])
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, mmu->root.pgd, pgds[0]);
	for (i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		KUNIT_EXPECT_EQ(test, mmu->prev_roots[i].pgd, pgds[1 + i]);
}

/* The order by hand: the loaded one, then the previous, latest first. */
static void context_prev_roots_order(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	union kvm_mmu_page_role role = some_role(0);
	struct kvm_mmu *mmu = &c->v.root_mmu;
	gpa_t pgd;

	for (pgd = 1; pgd <= 4; pgd++)
		KUNIT_EXPECT_NULL(test, cache_load(c, pgd, role));
	expect_prev(test, mmu, (gpa_t[]){ 4, 3, 2, 1 });
	KUNIT_EXPECT_NULL(test, cache_load(c, 2, role));
	expect_prev(test, mmu, (gpa_t[]){ 2, 4, 3, 1 });
	KUNIT_EXPECT_NULL(test, cache_load(c, 2, role));
	expect_prev(test, mmu, (gpa_t[]){ 2, 4, 3, 1 });
	KUNIT_EXPECT_EQ(test, c->hits, 2u);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 0u);

	/* The fifth takes the place of the oldest, which goes. */
	KUNIT_EXPECT_NULL(test, cache_load(c, 5, role));
	expect_prev(test, mmu, (gpa_t[]){ 5, 2, 4, 3 });
	KUNIT_EXPECT_EQ(test, c->vm.freed, 1u);

	/* The same pgd by another role is another root. */
	KUNIT_EXPECT_NULL(test, cache_load(c, 5, some_role(1)));
	expect_prev(test, mmu, (gpa_t[]){ 5, 5, 2, 4 });
	KUNIT_EXPECT_EQ(test, c->hits, 2u);

	/* A place that is free is taken before anything goes. */
	kvm_mmu_free_roots(&c->vm.kvm, mmu, KVM_MMU_ROOT_PREVIOUS(1),
			   &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 3u);
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[1].hpa, INVALID_PAGE);
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[2].pgd, 4ull);
	kvm_mmu_find_root(&c->vm.kvm, mmu, 9, role, &fake_ops);
	expect_prev(test, mmu, (gpa_t[]){ 0, 5, 5, 4 });
	KUNIT_EXPECT_EQ(test, c->vm.freed, 3u);

	kvm_mmu_free_roots(&c->vm.kvm, mmu, KVM_MMU_ROOTS_ALL, &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 6u);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);
}

/* Loaded and previous: let go of, never freed, even without the VM's own. */
static void context_tdp_root_is_never_freed(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	struct kvm_mmu *mmu = &c->v.root_mmu;

	KUNIT_EXPECT_NULL(test, cache_load(c, 0, tdp_role(0)));
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, tdp_role(1)));
	kvm_mmu_free_roots(&c->vm.kvm, mmu, KVM_MMU_ROOTS_ALL, &fake_ops);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(mmu));
	KUNIT_EXPECT_EQ(test, c->vm.roots[2].refs, 1);
	KUNIT_EXPECT_EQ(test, c->vm.roots[1].refs, 1);

	model_init(c->model);
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, tdp_role(0)));
	c->vm.roots[2].refs--;
	kvm_mmu_free_roots(&c->vm.kvm, mmu, KVM_MMU_ROOTS_ALL, &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.roots[2].refs, 0);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 0u);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);
}

/* Neither the loaded one nor a previous one, and neither stays. */
static void context_invalid_root_is_not_found(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	struct kvm_mmu *mmu = &c->v.root_mmu;
	union kvm_mmu_page_role role = tdp_role(0), invalid = tdp_role(1);

	invalid.invalid = 1;
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, role));
	cache_invalidate(c, 2);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_find_root(&c->vm.kvm, mmu, 0, role,
						   &fake_ops));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(mmu));
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[0].hpa, INVALID_PAGE);
	KUNIT_EXPECT_EQ(test, c->vm.roots[2].refs, 1);

	model_init(c->model);
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, role));
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, tdp_role(1)));
	cache_invalidate(c, 1);
	/* Not even by a role that says the same. */
	KUNIT_EXPECT_FALSE(test, kvm_mmu_find_root(&c->vm.kvm, mmu, 0, invalid,
						   &fake_ops));
	KUNIT_EXPECT_EQ(test, c->vm.roots[1].refs, 1);
	kvm_mmu_free_roots(&c->vm.kvm, mmu, KVM_MMU_ROOTS_ALL, &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);
}

/*
 * The same CR3 with other PDPTEs in memory: neither the root that is loaded nor
 * an earlier one will do, and none is kept to be found later.
 */
static void context_pae_roots_are_never_reused(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	union kvm_mmu_page_role pae = pae_role(), role = some_role(1);
	struct kvm_mmu *mmu = &c->v.root_mmu;
	struct kvm *kvm = &c->vm.kvm;
	hpa_t other;

	KUNIT_EXPECT_NULL(test, cache_load(c, 8, role));
	other = mmu->root.hpa;
	KUNIT_EXPECT_NULL(test, cache_load(c, 8, pae));
	expect_prev(test, mmu, (gpa_t[]){ 8, 8, 0, 0 });

	KUNIT_EXPECT_FALSE(test,
			   kvm_mmu_find_root(kvm, mmu, 8, pae, &fake_ops));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(mmu));
	KUNIT_EXPECT_EQ(test, c->vm.freed, 1u);
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[0].hpa, other);
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[1].hpa, INVALID_PAGE);
	model_drop(c->model, c->model->current_root);

	/* From PAE to what was there before, which has not moved. */
	KUNIT_EXPECT_NULL(test, cache_load(c, 8, pae));
	KUNIT_EXPECT_TRUE(test,
			  kvm_mmu_find_root(kvm, mmu, 8, role, &fake_ops));
	KUNIT_EXPECT_EQ(test, mmu->root.hpa, other);
	KUNIT_EXPECT_EQ(test, mmu->prev_roots[0].hpa, INVALID_PAGE);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 2u);
	KUNIT_EXPECT_EQ(test, c->hits, 0u);

	kvm_mmu_free_roots(kvm, mmu, KVM_MMU_ROOTS_ALL, &fake_ops);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 3u);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);
}

/* Loaded and previous, of the MMU in use and of the other; no valid one goes. */
static void context_invalid_roots_are_dropped(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	unsigned int i, left = 0;
	gpa_t pgd;

	for (i = 0; i < 2; i++) {
		cache_choose(c, i);
		for (pgd = 1; pgd <= 4; pgd++)
			KUNIT_EXPECT_NULL(test, cache_load(c, pgd + 4 * i,
							   some_role(0)));
	}
	KUNIT_EXPECT_NULL(test, cache_drop_invalid(c));
	KUNIT_EXPECT_EQ(test, c->vm.freed, 0u);

	/* Of each the one loaded, and one in the middle. */
	for (i = 0; i < NR_FAKES; i++)
		if (c->vm.roots[i].pgd % 4 == 0 || c->vm.roots[i].pgd % 4 == 2)
			cache_invalidate(c, i);
	KUNIT_EXPECT_NULL(test, cache_drop_invalid(c));
	KUNIT_EXPECT_EQ(test, c->vm.freed, 4u);
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(&c->v.root_mmu));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(&c->v.guest_mmu));
	expect_prev(test, &c->v.root_mmu, (gpa_t[]){ 0, 3, 0, 1 });
	expect_prev(test, &c->v.guest_mmu, (gpa_t[]){ 0, 7, 0, 5 });
	for (i = 0; i < NR_FAKES; i++)
		left += c->vm.roots[i].exists;
	KUNIT_EXPECT_EQ(test, left, 4u);

	/* One of the TDP MMU's loses its references, and is not freed. */
	cache_choose(c, 0);
	KUNIT_EXPECT_NULL(test, cache_load(c, 0, tdp_role(0)));
	cache_invalidate(c, 2);
	KUNIT_EXPECT_NULL(test, cache_drop_invalid(c));
	KUNIT_EXPECT_EQ(test, c->vm.roots[2].refs, 1);
	KUNIT_EXPECT_EQ(test, c->vm.freed, 4u);
	KUNIT_EXPECT_EQ(test, c->vm.wrong, 0u);

	for (i = 0; i < 2; i++) {
		cache_choose(c, i);
		kvm_mmu_free_roots(&c->vm.kvm, c->mmu, KVM_MMU_ROOTS_ALL,
				   &fake_ops);
	}
}

/* A root on its way out is not loaded. */
static void context_dying_root_is_refused(struct kunit *test)
{
	struct cache_test *c = cache_test_new(test);
	struct kvm_mmu_root root = { .hpa = fake_hpa(2) };

	KUNIT_ASSERT_EQ(test, fake_make(&c->vm, 0, tdp_role(0)), 2);
	c->vm.roots[2].refs = 0;
	KUNIT_EXPECT_FALSE(test, kvm_mmu_set_root(&c->vm.kvm, &c->v.root_mmu,
						  root, &fake_ops));
	KUNIT_EXPECT_FALSE(test, kvm_mmu_has_root(&c->v.root_mmu));
	KUNIT_EXPECT_EQ(test, c->vm.roots[2].refs, 0);
}

static struct kunit_case context_cases[] = {
	/* clang-format off */
	KUNIT_CASE(context_starts_empty),
	KUNIT_CASE(context_wp_flip_keeps_tdp_root),
	KUNIT_CASE(context_roles_change_apart),
	KUNIT_CASE(context_ad_is_of_the_format),
	KUNIT_CASE(context_nested_npt),
	KUNIT_CASE(context_npt_with_too_many_levels),
	KUNIT_CASE(context_nested_ept),
	KUNIT_CASE(context_nested_without_tdp),
	KUNIT_CASE(context_cpuid_forgets_roles),
	KUNIT_CASE(context_prev_roots_order),
	KUNIT_CASE(context_prev_roots_random),
	KUNIT_CASE(context_tdp_root_is_never_freed),
	KUNIT_CASE(context_invalid_root_is_not_found),
	KUNIT_CASE(context_pae_roots_are_never_reused),
	KUNIT_CASE(context_invalid_roots_are_dropped),
	KUNIT_CASE(context_dying_root_is_refused),
	{}
	/* clang-format on */
};

struct kunit_suite context_suite = {
	.name = "twinwalk_context",
	.test_cases = context_cases,
};
