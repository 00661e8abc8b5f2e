// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - runs tiny guests on /dev/kvm
 *
 *	guest-run [-p N] [-s K/N] [-w N] [NAME...]	run the tests of these names, or all
 *	guest-run -l			list them
 *
 * Each test is a process of its own, with a minute of time, or N minutes; what it
 * says comes before its verdict, which is a line: "ok NAME", "not ok NAME",
 * "skip NAME".  The exit status says whether any was not ok.  GUESTS in the
 * environment is the folder with the guests.  -s is a share of the tests: every Nth,
 * from the Kth on, which is 0 for the first.  -w is the number of random writes of a
 * test that makes them.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

static const struct test *const tables[] = {
	exit_tests, vcpu_tests, memory_tests, irq_tests,   apic_tests,
	pv_tests,   smm_tests,	dirty_tests,  nested_tests
};

static unsigned int patience = 1;

/* Those whose number leaves share when it is divided by shares. */
static unsigned int share, shares = 1;

/* The outcome of a test that had so many minutes. */
static enum outcome run_test(const struct test *test)
{
	unsigned int tenths = patience * 600;
	int status = 0;
	pid_t pid, got;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		test->fn(test);
		fflush(stdout);
		_exit(PASSED);
	}
	while (!(got = waitpid(pid, &status, WNOHANG)) && tenths--)
		usleep(tenths % 600 > 590 ? 10000 : 100000);
	kill(-pid, SIGKILL);
	if (!got) {
		printf("took too long\n");
		usleep(200000);
		waitpid(pid, &status, WNOHANG);
		return FAILED;
	}
	if (WIFSIGNALED(status)) {
		printf("killed by signal %d\n", WTERMSIG(status));
		return FAILED;
	}
	return WEXITSTATUS(status);
}

static bool is_named(const struct test *test, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], test->name))
			return true;
	return !argc;
}

/* One line; true if it was not ok. */
static bool report(const struct test *test, enum outcome outcome)
{
	const char *word = "not ok";

	if (outcome == PASSED)
		word = "ok";
	else if (outcome == SKIPPED)
		word = "skip";
	printf("%s %s\n", word, test->name);
	return outcome != PASSED && outcome != SKIPPED;
}

int main(int argc, char **argv)
{
	const struct test *test;
	unsigned int i, nr = 0, bad = 0, run = 0;
	bool list = false;
	int opt;

	while ((opt = getopt(argc, argv, "lp:s:w:")) != -1) {
		if (opt == 'l')
			list = true;
		else if (opt == 'p')
			patience = atoi(optarg);
		else if (opt == 's' &&
			 sscanf(optarg, "%u/%u", &share, &shares) == 2 &&
			 share < shares)
			continue;
		else if (opt == 'w')
			nr_random_writes = atoi(optarg);
		else
			return 2;
	}
	argc -= optind;
	argv += optind;
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (test = tables[i]; test->name; test++) {
			if (nr++ % shares != share ||
			    !is_named(test, argc, argv))
				continue;
			run++;
			if (list)
				puts(test->name);
			else
				bad += report(test, run_test(test));
		}
	}
	if (!run)
		fprintf(stderr, "guest-run: no such test\n");
	return bad || !run;
}
