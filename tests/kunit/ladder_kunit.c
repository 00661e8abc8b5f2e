// SPDX-License-Identifier: GPL-2.0-only
/*
 * ladder_kunit.c - the load ladder, climbed with a fake vendor
 *
 * The vendor is fake and all else is real: the slab caches, the calls on every
 * CPU, the hotplug state, /dev/kvm.  So what a test sees left behind would be
 * left behind by the module too.  One step is not real: keeping stock KVM out,
 * which is about the module's own loading; a lab case proves that step.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "arch.h"
#include "mmu/mmu.h"
#include "mmu/role.h"
#include "params.h"
#include "tests/kunit/suites.h"
#include "vcpu.h"
#include "vendor.h"
#include "virt.h"
#include "x86/x86.h"

/* What memory encryption leaves of an address. */
#define FAKE_ME_WIDTH 43

/* What each hook returns, and what it saw when it was called. */
static struct {
	/* what it shall do */
	int probe_error;
	int setup_error;
	int compat_error;
	int enable_error;
	int error_cpu;
	int post_error;
	bool ept;
	unsigned int ept_flags;
	u64 me;
	bool configures;
	struct kvm_mmu_config config;

	/* what was done to it */
	int nr_kept_out;
	int nr_setup;
	int nr_unsetup;
	int nr_post;
	atomic_t nr_enable;
	atomic_t nr_disable;
	struct cpumask on;

	/* what it saw */
	struct kvm_pte_masks masks_at_setup;
	struct kmem_cache *cache_at_setup;
	struct kmem_cache *cache_at_post;
	struct kmem_cache *cache_at_unsetup;
	bool device_at_setup;
	bool stock_out_at_setup;
	bool device_at_post;
	bool device_at_unsetup;
	bool all_on_at_post;
} fake;

static const struct file_operations other_fops = {
	.owner = THIS_MODULE,
};

/* The only way to ask whether the number is taken is to take it. */
static bool device_is_there(void)
{
	static struct miscdevice other = {
		.minor = KVM_MINOR,
		.name = "kunit-kvm",
		.fops = &other_fops,
	};

	if (misc_register(&other))
		return true;
	misc_deregister(&other);
	return false;
}

int kvm_arch_keep_stock_out(void)
{
	fake.nr_kept_out++;
	return 0;
}

void kvm_arch_let_stock_in(void)
{
	fake.nr_kept_out--;
}

static int fake_probe(void)
{
	return fake.probe_error;
}

static int fake_setup(void)
{
	fake.masks_at_setup = *kvm_mmu_pte_masks();
	fake.cache_at_setup = kvm_mmu_pte_list_desc_cache();
	fake.device_at_setup = device_is_there();
	fake.stock_out_at_setup = fake.nr_kept_out;
	if (fake.setup_error)
		return fake.setup_error;

	if (fake.ept)
		kvm_mmu_set_ept_masks(fake.ept_flags);
	if (fake.me)
		kvm_mmu_set_me_mask(fake.me, fake.me, FAKE_ME_WIDTH);
	if (fake.configures)
		kvm_configure_mmu(&fake.config);
	fake.nr_setup++;
	return 0;
}

static void fake_unsetup(void)
{
	fake.cache_at_unsetup = kvm_mmu_pte_list_desc_cache();
	fake.device_at_unsetup = device_is_there();
	fake.nr_unsetup++;
}

static bool fails_here(void)
{
	return raw_smp_processor_id() == fake.error_cpu;
}

static int fake_check_compat(void)
{
	return fails_here() ? fake.compat_error : 0;
}

static int fake_enable(void)
{
	if (fails_here() && fake.enable_error)
		return fake.enable_error;
	cpumask_set_cpu(raw_smp_processor_id(), &fake.on);
	atomic_inc(&fake.nr_enable);
	return 0;
}

static void fake_disable(void)
{
	cpumask_clear_cpu(raw_smp_processor_id(), &fake.on);
	atomic_inc(&fake.nr_disable);
}

static void fake_emergency(void)
{
}

static int fake_post(void)
{
	fake.cache_at_post = kvm_mmu_pte_list_desc_cache();
	fake.device_at_post = device_is_there();
	fake.all_on_at_post = cpumask_equal(&fake.on, cpu_online_mask);
	fake.nr_post++;
	return fake.post_error;
}

static void fake_show(struct seq_file *m)
{
}

static const struct kvm_x86_ops fake_ops = {
	.check_processor_compat = fake_check_compat,
	.hardware_enable = fake_enable,
	.hardware_disable = fake_disable,
	.emergency_disable = fake_emergency,
	.post_hardware_enable_setup = fake_post,
	.hardware_unsetup = fake_unsetup,
	.show_host = fake_show,
};

static const struct kvm_x86_vendor fake_vendor = {
	.name = "fake",
	.probe = fake_probe,
	.hardware_setup = fake_setup,
	.ops = &fake_ops,
};

static const struct kvm_x86_vendor *const fake_vendors[] = {
	&fake_vendor,
	NULL,
};

static int ladder_init(struct kunit *test)
{
	memset(&fake, 0, sizeof(fake));
	fake.error_cpu = -1;
	fake.ept_flags = KVM_EPT_HAS_AD | KVM_EPT_HAS_EXEC_ONLY;
	fake.configures = true;
	fake.config = (struct kvm_mmu_config){
		.tdp = true,
		.tdp_root_level = 4,
		.max_huge_level = KVM_MMU_LEVEL_1G,
	};
	kvm_param_tdp = true;
	kvm_param_tdp_mmu = true;
	kvm_param_enable_virt_at_load = false;
	kvm_param_fail_step = NULL;
	return 0;
}

static void expect_nothing_left(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake.nr_setup, fake.nr_unsetup);
	KUNIT_EXPECT_EQ(test, fake.nr_kept_out, 0);
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&fake.on));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.nr_enable),
			atomic_read(&fake.nr_disable));
	KUNIT_EXPECT_PTR_EQ(test, kvm_mmu_pte_list_desc_cache(), NULL);
	KUNIT_EXPECT_FALSE(test, device_is_there());
	KUNIT_EXPECT_STREQ(test, kvm_x86_vendor_name(), "none");
}

static bool masks_equal(const struct kvm_pte_masks *a,
			const struct kvm_pte_masks *b)
{
	return !memcmp(a, b, offsetof(struct kvm_pte_masks, exec_only)) &&
	       a->exec_only == b->exec_only;
}

/* What the masks become in hardware_setup(), on this CPU. */
static void fit_to_cpu(struct kvm_pte_masks *m)
{
	if (boot_cpu_has_bug(X86_BUG_L1TF))
		kvm_pte_masks_set_l1tf(m, boot_cpu_data.x86_cache_bits);
}

static void ladder_order(struct kunit *test)
{
	struct kvm_pte_masks reset;

	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	kvm_pte_masks_reset(&reset, kvm_mmu_maxphyaddr());

	/* Stock KVM can't come any more when the vendor is set up. */
	KUNIT_EXPECT_TRUE(test, fake.stock_out_at_setup);
	/* The masks are reset before the vendor's setup, ... */
	KUNIT_EXPECT_TRUE(test, masks_equal(&fake.masks_at_setup, &reset));
	/* ... the MMU's caches come after it, ... */
	KUNIT_EXPECT_PTR_EQ(test, fake.cache_at_setup, NULL);
	KUNIT_EXPECT_PTR_NE(test, fake.cache_at_post, NULL);
	/* ... the trial has every CPU on, ... */
	KUNIT_EXPECT_TRUE(test, fake.all_on_at_post);
	KUNIT_EXPECT_EQ(test, fake.nr_post, 1);
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&fake.on));
	/* ... and the device is last. */
	KUNIT_EXPECT_FALSE(test, fake.device_at_setup);
	KUNIT_EXPECT_FALSE(test, fake.device_at_post);
	KUNIT_EXPECT_TRUE(test, device_is_there());

	kvm_ladder_descend();
	/* The way down is the reverse. */
	KUNIT_EXPECT_FALSE(test, fake.device_at_unsetup);
	KUNIT_EXPECT_PTR_EQ(test, fake.cache_at_unsetup, NULL);
	expect_nothing_left(test);
}

static void ladder_vendor_switch_resets_masks(struct kunit *test)
{
	const union kvm_mmu_page_role no_ad = { .ad_disabled = 1 };
	struct kvm_pte_masks reset, ept;

	fake.ept = true;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	ept = *kvm_mmu_pte_masks();
	kvm_ladder_descend();

	fake.ept = false;
	fake.config.tdp = false;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	kvm_pte_masks_reset(&reset, kvm_mmu_maxphyaddr());
	KUNIT_EXPECT_FALSE(test, masks_equal(&ept, &reset));
	KUNIT_EXPECT_TRUE(test, masks_equal(&fake.masks_at_setup, &reset));
	fit_to_cpu(&reset);
	KUNIT_EXPECT_TRUE(test, masks_equal(kvm_mmu_pte_masks(), &reset));
	KUNIT_EXPECT_TRUE(test, masks_equal(kvm_mmu_masks_for(no_ad), &reset));
	kvm_ladder_descend();
	expect_nothing_left(test);
}

static void set_l1tf(bool on)
{
	if (on)
		set_cpu_cap(&boot_cpu_data, X86_BUG_L1TF);
	else
		clear_bit(X86_BUG_L1TF, (void *)boot_cpu_data.x86_capability);
}

/*
 * A CPU with L1TF or one without, made of whichever this is: nothing but
 * pages mapped for no access looks at the kernel's flag after boot.
 */
static int climb_with_l1tf(bool l1tf)
{
	bool has_l1tf = boot_cpu_has_bug(X86_BUG_L1TF);
	u8 cache_bits = boot_cpu_data.x86_cache_bits;
	int r;

	set_l1tf(l1tf);
	boot_cpu_data.x86_cache_bits = 38;
	r = kvm_ladder_climb(fake_vendors);
	boot_cpu_data.x86_cache_bits = cache_bits;
	set_l1tf(has_l1tf);
	return r;
}

/* Both sets, by the role of a page, against what the vendor asked for. */
static void check_masks(struct kunit *test, bool l1tf)
{
	union kvm_mmu_page_role role = {};
	const struct kvm_pte_masks *m;
	struct kvm_pte_masks want;
	unsigned int ad;

	for (ad = 0; ad < 2; ad++) {
		kvm_pte_masks_reset(&want, kvm_mmu_maxphyaddr());
		if (fake.ept)
			kvm_pte_masks_set_ept(&want,
					      ad ? fake.ept_flags :
						   fake.ept_flags &
							      ~KVM_EPT_HAS_AD);
		if (fake.me)
			kvm_pte_masks_set_me(&want, fake.me, fake.me,
					     FAKE_ME_WIDTH);
		if (l1tf)
			want.mmio_gfn_limit =
				min(want.mmio_gfn_limit, 1ull << 25);
		role.ad_disabled = !ad;
		m = kvm_mmu_masks_for(role);
		KUNIT_EXPECT_TRUE_MSG(test, masks_equal(m, &want),
				      "L1TF %d, EPT %d, flags %x, me %llx, A/D %u",
				      l1tf, fake.ept, fake.ept_flags, fake.me,
				      ad);
		KUNIT_EXPECT_TRUE(test, kvm_pte_masks_valid(m));
		/* A VM's own tables have all that the CPU offers. */
		if (ad)
			KUNIT_EXPECT_PTR_EQ(test, m, kvm_mmu_pte_masks());
		/* Nothing else of a role chooses. */
		role.word = ~role.word;
		role.ad_disabled = !ad;
		KUNIT_EXPECT_PTR_EQ(test, m, kvm_mmu_masks_for(role));
	}
}

static void ladder_masks_fit_cpu(struct kunit *test)
{
	unsigned int i, l1tf;

	/* EPT with all of its flags, the legacy format, and that encrypted. */
	for (i = 0; i < 6; i++) {
		for (l1tf = 0; l1tf < 2; l1tf++) {
			ladder_init(test);
			fake.ept = i < 4;
			fake.ept_flags = i & 3;
			fake.me = i == 5 ? BIT_ULL(47) : 0;
			KUNIT_ASSERT_EQ(test, climb_with_l1tf(l1tf), 0);
			check_masks(test, l1tf);
			kvm_ladder_descend();
		}
	}
	expect_nothing_left(test);
}

/* The vendor's encryption bit is also NX, or ours. */
static void ladder_bad_masks_are_refused(struct kunit *test)
{
	static const u64 bad[] = { BIT_ULL(63), BIT_ULL(9), BIT_ULL(11) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ladder_init(test);
		fake.me = bad[i];
		KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EINVAL);
		expect_nothing_left(test);
	}
}

static void ladder_pte_list_desc_size(struct kunit *test)
{
	static const struct {
		bool tdp;
		unsigned int nr_sptes;
		unsigned int size;
	} cases[] = {
		{ true, 2, 32 },
		{ false, 14, 128 },
		{ true, 2, 32 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fake.config.tdp = cases[i].tdp;
		KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
		KUNIT_EXPECT_EQ(test, kvm_mmu_nr_sptes_per_pte_list(),
				cases[i].nr_sptes);
		KUNIT_EXPECT_EQ(test,
				kmem_cache_size(kvm_mmu_pte_list_desc_cache()),
				cases[i].size);
		kvm_ladder_descend();
	}
	expect_nothing_left(test);
}

static void ladder_tdp_mmu_needs_tdp(struct kunit *test)
{
	fake.config.tdp = false;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	KUNIT_EXPECT_FALSE(test, kvm_param_tdp);
	KUNIT_EXPECT_FALSE(test, kvm_param_tdp_mmu);
	kvm_ladder_descend();

	ladder_init(test);
	kvm_param_tdp_mmu = false;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	KUNIT_EXPECT_TRUE(test, kvm_param_tdp);
	KUNIT_EXPECT_FALSE(test, kvm_param_tdp_mmu);
	kvm_ladder_descend();
}

static void ladder_each_step_fails(struct kunit *test)
{
	unsigned int i, on;

	for (on = 0; on < 2; on++) {
		for (i = 0; i < kvm_ladder_nr_steps; i++) {
			ladder_init(test);
			kvm_param_enable_virt_at_load = on;
			kvm_param_fail_step = (char *)kvm_ladder[i].name;
			KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors),
					-EIO);
			expect_nothing_left(test);
		}
	}
	kvm_param_fail_step = NULL;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	kvm_ladder_descend();
	expect_nothing_left(test);
}

static void ladder_each_hook_fails(struct kunit *test)
{
	int cpu;

	fake.probe_error = -EOPNOTSUPP;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EOPNOTSUPP);
	expect_nothing_left(test);

	ladder_init(test);
	fake.setup_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -ENOMEM);
	expect_nothing_left(test);

	ladder_init(test);
	fake.post_error = -ENXIO;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -ENXIO);
	KUNIT_EXPECT_EQ(test, fake.nr_post, 1);
	expect_nothing_left(test);

	/* One bad CPU, whichever it is, fails the load. */
	for_each_online_cpu(cpu) {
		ladder_init(test);
		fake.error_cpu = cpu;
		fake.compat_error = -EIO;
		KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EIO);
		KUNIT_EXPECT_EQ(test, fake.nr_post, 0);
		expect_nothing_left(test);

		ladder_init(test);
		fake.error_cpu = cpu;
		fake.enable_error = -EBUSY;
		KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EBUSY);
		KUNIT_EXPECT_EQ(test, fake.nr_post, 0);
		expect_nothing_left(test);
	}
}

static void ladder_vendor_must_configure_mmu(struct kunit *test)
{
	fake.configures = false;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EINVAL);
	expect_nothing_left(test);

	/* A configuration left by the vendor before does not count. */
	ladder_init(test);
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	kvm_ladder_descend();
	fake.configures = false;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(fake_vendors), -EINVAL);
	expect_nothing_left(test);
}

static void ladder_missing_hook(struct kunit *test)
{
	struct kvm_x86_ops ops;
	struct kvm_x86_vendor vendor = fake_vendor;
	const struct kvm_x86_vendor *const vendors[] = { &vendor, NULL };

	vendor.ops = &ops;

#define KVM_X86_OP(hook, ret, args)                                           \
	do {                                                                  \
		ops = fake_ops;                                               \
		ops.hook = NULL;                                              \
		KUNIT_EXPECT_EQ_MSG(test, kvm_ladder_climb(vendors), -EINVAL, \
				    #hook);                                   \
		expect_nothing_left(test);                                    \
	} while (0)
#define KVM_X86_OP_OPTIONAL(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args)
#include "x86_ops_list.h"

	/* An optional one may be missing, and is then not called. */
	ops = fake_ops;
	ops.post_hardware_enable_setup = NULL;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(vendors), 0);
	KUNIT_EXPECT_EQ(test, fake.nr_post, 0);
	kvm_ladder_descend();
	expect_nothing_left(test);
}

static void fake_set_cpu_caps(void)
{
}

static bool fake_has_emulated_msr(u32 index)
{
	return true;
}

static int fake_get_feature_msr(u32 index, u64 *data)
{
	*data = 0;
	return 0;
}

static void fake_never(void)
{
}

/* No vCPU is made, so of the others none is called. */
static void make_vcpu_hooks(struct kvm_x86_ops *to)
{
	struct kvm_x86_ops ops = fake_ops;

#define KVM_X86_OP(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args) (ops.hook = (void *)fake_never)
#include "x86_ops_list.h"
	ops.set_cpu_caps = fake_set_cpu_caps;
	ops.has_emulated_msr = fake_has_emulated_msr;
	ops.get_feature_msr = fake_get_feature_msr;
	*to = ops;
}

static void expect_refused(struct kunit *test, const struct kvm_x86_ops *ops,
			   const char *what)
{
	struct kvm_x86_vendor vendor = fake_vendor;
	const struct kvm_x86_vendor *const vendors[] = { &vendor, NULL };

	vendor.ops = ops;
	KUNIT_EXPECT_EQ_MSG(test, kvm_ladder_climb(vendors), -EINVAL, "%s",
			    what);
	expect_nothing_left(test);
}

/* A vendor has all hooks of vCPUs, or none. */
static void ladder_vcpu_hooks(struct kunit *test)
{
	struct kvm_x86_ops ops;
	struct kvm_x86_vendor vendor = fake_vendor;
	const struct kvm_x86_vendor *const vendors[] = { &vendor, NULL };
	unsigned int nr = 0;

	vendor.ops = &ops;
	vendor.vcpu_size = sizeof(struct kvm_vcpu) + 8;

#define KVM_X86_OP(hook, ret, args)
#define KVM_X86_OP_VCPU(hook, ret, args)           \
	do {                                       \
		make_vcpu_hooks(&ops);             \
		ops.hook = NULL;                   \
		expect_refused(test, &ops, #hook); \
		nr++;                              \
	} while (0)
#include "x86_ops_list.h"
	KUNIT_EXPECT_GT(test, nr, 50);

	ops = fake_ops;
	ops.get_insn = (void *)fake_never;
	expect_refused(test, &ops, "one alone");

	make_vcpu_hooks(&ops);
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(vendors), 0);
	KUNIT_EXPECT_TRUE(test, kvm_x86_has_vcpus());
	KUNIT_EXPECT_EQ(test, kvm_x86_vcpu_size(), sizeof(struct kvm_vcpu) + 8);
	kvm_ladder_descend();
	expect_nothing_left(test);
	KUNIT_EXPECT_FALSE(test, kvm_x86_has_vcpus());

	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	KUNIT_EXPECT_FALSE(test, kvm_x86_has_vcpus());
	kvm_ladder_descend();
}

static int not_mine_probe(void)
{
	return -ENODEV;
}

static void ladder_vendor_choice(struct kunit *test)
{
	static const struct kvm_x86_vendor not_mine = {
		.name = "not mine",
		.probe = not_mine_probe,
	};
	static const struct kvm_x86_vendor *const second[] = {
		&not_mine,
		&fake_vendor,
		NULL,
	};
	static const struct kvm_x86_vendor *const nobody[] = {
		&not_mine,
		NULL,
	};
	static const struct kvm_x86_vendor *const first[] = {
		&fake_vendor,
		&not_mine,
		NULL,
	};

	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(second), 0);
	KUNIT_EXPECT_STREQ(test, kvm_x86_vendor_name(), "fake");
	kvm_ladder_descend();

	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(nobody), -EOPNOTSUPP);
	expect_nothing_left(test);

	/* An error other than "not mine" is final. */
	fake.probe_error = -EBUSY;
	KUNIT_EXPECT_EQ(test, kvm_ladder_climb(first), -EBUSY);
	expect_nothing_left(test);
}

static void ladder_usage_count(struct kunit *test)
{
	int nr = num_online_cpus();

	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.nr_enable), nr);

	KUNIT_EXPECT_EQ(test, kvm_enable_virtualization(), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&fake.on, cpu_online_mask));
	KUNIT_EXPECT_EQ(test, kvm_enable_virtualization(), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.nr_enable), 2 * nr);
	kvm_disable_virtualization();
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&fake.on, cpu_online_mask));
	kvm_disable_virtualization();
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&fake.on));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.nr_disable), 2 * nr);

	/* A failed first user is no user. */
	fake.error_cpu = cpumask_last(cpu_online_mask);
	fake.enable_error = -EIO;
	KUNIT_EXPECT_EQ(test, kvm_enable_virtualization(), -EIO);
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&fake.on));
	fake.enable_error = 0;
	KUNIT_EXPECT_EQ(test, kvm_enable_virtualization(), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&fake.on, cpu_online_mask));
	kvm_disable_virtualization();

	kvm_ladder_descend();
	expect_nothing_left(test);
}

static void ladder_enable_virt_at_load(struct kunit *test)
{
	kvm_param_enable_virt_at_load = true;
	KUNIT_ASSERT_EQ(test, kvm_ladder_climb(fake_vendors), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&fake.on, cpu_online_mask));
	KUNIT_EXPECT_EQ(test, kvm_enable_virtualization(), 0);
	kvm_disable_virtualization();
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&fake.on, cpu_online_mask));
	kvm_ladder_descend();
	expect_nothing_left(test);
}

#ifdef CONFIG_FAULT_INJECTION
/* More than the climb allocates; each allocation in turn is made to fail. */
#define MAX_ALLOCATIONS 5000

/* Every fourth in a case of its own: KUnit lets none take too long. */
static const unsigned int firsts[] = { 1, 2, 3, 4 };

static void name_first(const unsigned int *first, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from_%u", *first);
}

KUNIT_ARRAY_PARAM(first, firsts, name_first);

static void ladder_each_allocation_fails(struct kunit *test)
{
	unsigned int first = *(const unsigned int *)test->param_value;
	unsigned int nth, left, nr_failed = 0;
	int r;

	for (nth = first; nth < MAX_ALLOCATIONS; nth += ARRAY_SIZE(firsts)) {
		ladder_init(test);
		current->fail_nth = nth;
		r = kvm_ladder_climb(fake_vendors);
		left = current->fail_nth;
		current->fail_nth = 0;

		/* What debugfs lacks does not fail a load. */
		if (!r)
			kvm_ladder_descend();
		else
			nr_failed++;
		expect_nothing_left(test);
		if (left)
			break;
	}
	KUNIT_EXPECT_LT(test, nth, MAX_ALLOCATIONS);
	kunit_info(test, "%u allocations, %u loads failed\n",
		   (nth - first) / (unsigned int)ARRAY_SIZE(firsts), nr_failed);
	/* At the least: two slab caches, a counter's, the device's. */
	KUNIT_EXPECT_GE(test, nr_failed, 4);
}
#endif

static struct kunit_case ladder_cases[] = {
	/* clang-format off */
	KUNIT_CASE(ladder_order),
	KUNIT_CASE(ladder_vendor_switch_resets_masks),
	KUNIT_CASE(ladder_masks_fit_cpu),
	KUNIT_CASE(ladder_bad_masks_are_refused),
	KUNIT_CASE(ladder_pte_list_desc_size),
	KUNIT_CASE(ladder_tdp_mmu_needs_tdp),
	KUNIT_CASE(ladder_each_step_fails),
	KUNIT_CASE(ladder_each_hook_fails),
	KUNIT_CASE(ladder_vendor_must_configure_mmu),
	KUNIT_CASE(ladder_missing_hook),
	KUNIT_CASE(ladder_vcpu_hooks),
	KUNIT_CASE(ladder_vendor_choice),
	KUNIT_CASE(ladder_usage_count),
	KUNIT_CASE(ladder_enable_virt_at_load),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE_PARAM(ladder_each_allocation_fails, first_gen_params),
#endif
	{}
	/* clang-format on */
};

struct kunit_suite ladder_suite = {
	.name = "twinwalk_ladder",
	.init = ladder_init,
	.test_cases = ladder_cases,
};
