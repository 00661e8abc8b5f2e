// SPDX-License-Identifier: GPL-2.0-only
/*
 * stock.c - stock KVM and Twinwalk are never loaded side by side
 *
 * Owns: the check that stock KVM is not there, and the notifier that keeps it
 * from coming as long as Twinwalk is.  Beside one another they would share
 * the CPU's one VMX or SVM state and the kernel's one emergency callback.
 *
 * Locking: none; the module loader serialises its own notifier chain.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kconfig.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/cpufeature.h>

#include "arch.h"

/* Any symbol will do that kvm.ko exports in every kernel we support. */
#define STOCK_KVM_SYMBOL "kvm_init"

static int module_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	static const char *const stock[] = { "kvm", "kvm_intel", "kvm_amd" };
	const struct module *mod = data;

	if (event != MODULE_STATE_COMING ||
	    match_string(stock, ARRAY_SIZE(stock), mod->name) < 0)
		return NOTIFY_DONE;

	pr_err_ratelimited("%s is kept out while Twinwalk is loaded: unload Twinwalk first\n",
			   mod->name);
	return notifier_from_errno(-EBUSY);
}

/*
 * First of all: tracing's own notifier would else make files for stock KVM's
 * events, some of which have the names of ours.
 */
static struct notifier_block module_nb = {
	.notifier_call = module_event,
	.priority = INT_MAX,
};

static int check_absent(void)
{
	if (IS_BUILTIN(CONFIG_KVM)) {
		pr_err("stock KVM is built into this kernel; use a kernel with CONFIG_KVM=m\n");
		return -EBUSY;
	}
	if (__symbol_get(STOCK_KVM_SYMBOL)) {
		__symbol_put(STOCK_KVM_SYMBOL);
		pr_err("stock KVM is loaded: stop its VMs, then modprobe -r %s kvm\n",
		       boot_cpu_has(X86_FEATURE_SVM) ? "kvm_amd" : "kvm_intel");
		return -EBUSY;
	}
	return 0;
}

/* The notifier first, so that nothing comes between the check and it. */
int kvm_arch_keep_stock_out(void)
{
	int r;

	r = register_module_notifier(&module_nb);
	if (r)
		return r;

	r = check_absent();
	if (r)
		unregister_module_notifier(&module_nb);
	return r;
}

void kvm_arch_let_stock_in(void)
{
	unregister_module_notifier(&module_nb);
}
