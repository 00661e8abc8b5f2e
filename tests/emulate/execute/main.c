// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the executor: its rules, and beside the CPU
 *
 * usage: execute [ROUNDS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/emulate/execute/world.h"

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;

	seed_random(argc > 2 ? strtoull(argv[2], NULL, 0) : 1);
	check_rules();
	check_segments();
	check_transfers();
	check_tasks();
	execute_anything(rounds);
	compare_with_native(rounds);
	printf("%lu failed\n", nr_failed);
	return nr_failed != 0;
}
