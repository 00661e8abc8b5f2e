// SPDX-License-Identifier: GPL-2.0-only
/*
 * suites.c - the KUnit module, and which of its suites it runs
 *
 * Owns: the parameter "suites".  A host has one CPU's worth of time, whatever
 * it shows its kernel, so what takes long is shared among several hosts.
 *
 * Locking: none.  KUnit reads the module's list of suites after the module's
 * init function has returned, and again when the module goes.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <kunit/test.h>

static char *suites = "";
module_param(suites, charp, 0444);
MODULE_PARM_DESC(suites, "run those that begin so; with a !, the others");

static bool is_wanted(const struct kunit_suite *suite)
{
	bool others = suites[0] == '!';

	return strstarts(suite->name, suites + others) != others;
}

static int __init suites_init(void)
{
	struct module *self = THIS_MODULE;
	int i, nr = 0;

	for (i = 0; i < self->num_kunit_suites; i++)
		if (is_wanted(self->kunit_suites[i]))
			self->kunit_suites[nr++] = self->kunit_suites[i];
	self->num_kunit_suites = nr;
	return 0;
}
module_init(suites_init);

static void __exit suites_exit(void)
{
}
module_exit(suites_exit);

MODULE_DESCRIPTION("KUnit tests of Twinwalk");
MODULE_LICENSE("GPL");
