// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the executor: its rules, its accesses, and beside the CPU
 *
 * usage: execute PART [ROUNDS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "tests/emulate/execute/world.h"

static void rules(unsigned long rounds)
{
	(void)rounds;
	check_rules();
	check_segments();
	check_transfers();
	check_tasks();
}

static void accesses(unsigned long rounds)
{
	(void)rounds;
	check_accesses();
}

static const struct {
	const char *name;
	void (*run)(unsigned long rounds);
	unsigned long rounds;
} parts[] = {
	{ "rules", rules, 0 },
	{ "accesses", accesses, 0 },
	{ "native", compare_with_native, 1000000 },
	{ "step", step_beside_native, 300000 },
	{ "fuzz", execute_anything, 1000000 },
};

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (argc > 1 && !strcmp(argv[1], parts[i].name))
			break;
	if (i == ARRAY_SIZE(parts)) {
		for (i = 0; i < ARRAY_SIZE(parts); i++)
			printf("usage: execute %s [ROUNDS [SEED]]\n",
			       parts[i].name);
		return 2;
	}
	seed_random(argc > 3 ? strtoull(argv[3], NULL, 0) : 1);
	parts[i].run(argc > 2 ? strtoul(argv[2], NULL, 0) : parts[i].rounds);
	printf("%lu failed\n", nr_failed);
	return nr_failed != 0;
}
