// SPDX-License-Identifier: GPL-2.0-only
/*
 * init32.c - PID 1 of a 32-bit Linux guest in QEMU, in an L1 host
 *
 * Does what the kernel's command line names (do=a,b,c), each a row of the table at the
 * end, says what linux/init says, and powers off.  What the kernel does not know on its
 * command line it gives PID 1 as environment, so /proc is not needed.
 *
 * Debian's 64-bit gcc has no 32-bit library: system calls are made here, and a number of
 * 64 bits is not divided.
 */
#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/reboot.h>
#include <linux/signal.h>
#include <linux/sysinfo.h>
#include <linux/time_types.h>
#include <linux/time.h>

#define PAGE_SIZE     4096ul
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char **environment;

/* What the vDSO has for system calls: SYSENTER, if the CPU has it. */
static unsigned long vsyscall;

static long call(long nr, unsigned long a, unsigned long b, unsigned long c,
		 unsigned long d)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "memory");
	return ret;
}

static unsigned long length(const char *s)
{
	unsigned long n = 0;

	while (s[n])
		n++;
	return n;
}

static void say(const char *s)
{
	call(__NR_write, 1, (unsigned long)s, length(s), 0);
}

/* A child is through. */
static void leave(int status)
{
	call(__NR_exit, status, 0, 0, 0);
}

/* The value of NAME= in the environment, or NULL. */
static const char *value(const char *name)
{
	unsigned long n = length(name), i;
	char **e;

	for (e = environment; *e; e++) {
		for (i = 0; i < n && (*e)[i] == name[i]; i++)
			;
		if (i == n && (*e)[i] == '=')
			return *e + n + 1;
	}
	return 0;
}

/* Memory of its own, or NULL. */
static unsigned long *map(unsigned long bytes, unsigned long prot)
{
	unsigned long args[] = { 0,    bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1ul, 0 };
	unsigned long p = call(__NR_mmap, (unsigned long)args, 0, 0, 0);

	return p < -PAGE_SIZE ? (void *)p : 0;
}

/* How a child has ended, as wait4() tells it. */
static unsigned int ended(long pid)
{
	unsigned int status = -1;

	if (pid < 0 ||
	    call(__NR_wait4, pid, (unsigned long)&status, 0, 0) != pid)
		return -1;
	return status;
}

/* --- what can be asked for ------------------------------------------------------- */

static int do_cpus(void)
{
	static unsigned char mask[128];
	const char *cpus = value("cpus");
	int bytes, i, found = 0;

	bytes = call(__NR_sched_getaffinity, 0, sizeof(mask),
		     (unsigned long)mask, 0);
	for (i = 0; i < bytes * 8; i++)
		found += mask[i / 8] >> i % 8 & 1;
	return cpus && !cpus[1] && found == cpus[0] - '0';
}

/* Three quarters of what is free, a mark at both ends of each page. */
static int do_memory(void)
{
	static struct sysinfo info;
	unsigned long *p;
	unsigned long words, i, end = PAGE_SIZE / sizeof(*p) - 1;

	call(__NR_sysinfo, (unsigned long)&info, 0, 0, 0);
	words = info.freeram / 4 * 3 / PAGE_SIZE * (end + 1);
	p = map(words * sizeof(*p), PROT_READ | PROT_WRITE);
	if (!p || words < (32 << 20) / sizeof(*p))
		return 0;
	for (i = 0; i < words; i += end + 1) {
		p[i] = i ^ 0x5a5a5a5a;
		p[i + end] = ~i;
	}
	/* What is compared comes from memory. */
	asm volatile("" : : : "memory");
	for (i = 0; i < words; i += end + 1) {
		if (p[i] != (i ^ 0x5a5a5a5a) || p[i + 1] || p[i + end] != ~i)
			return 0;
	}
	return !call(__NR_munmap, (unsigned long)p, words * sizeof(*p), 0, 0);
}

/* A child's writes are its own, and its exit status arrives. */
static int do_fork(void)
{
	unsigned long *p = map(PAGE_SIZE, PROT_READ | PROT_WRITE);
	unsigned int i;
	long pid;

	if (!p)
		return 0;
	for (i = 1; i < 20; i++) {
		*p = i;
		pid = call(__NR_fork, 0, 0, 0, 0);
		if (!pid) {
			*p += 100;
			leave(*p);
		}
		if (ended(pid) != (i + 100) << 8 || *p != i)
			return 0;
	}
	return 1;
}

static void write_where_reading_is_allowed(void)
{
	unsigned long *p = map(PAGE_SIZE, PROT_READ);

	if (p && !*p)
		*p = 1;
}

static void write_to_the_kernel(void)
{
	*(unsigned long *)0xc0100000 = 1;
}

static void undefined_opcode(void)
{
	asm volatile("ud2");
}

static void divide_by_zero(void)
{
	asm volatile("div %0" : : "r"(0) : "eax", "edx", "cc");
}

/* What a child may not do ends it, by the right signal. */
static int do_faults(void)
{
	static const struct {
		void (*does)(void);
		unsigned int signal;
	} faults[] = {
		{ write_where_reading_is_allowed, SIGSEGV },
		{ write_to_the_kernel, SIGSEGV },
		{ undefined_opcode, SIGILL },
		{ divide_by_zero, SIGFPE },
	};
	unsigned int i;
	long pid;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		pid = call(__NR_fork, 0, 0, 0, 0);
		if (!pid) {
			faults[i].does();
			leave(0);
		}
		/* Bit 7 would tell of a core dump. */
		if ((ended(pid) & ~0x80u) != faults[i].signal)
			return 0;
	}
	return 1;
}

static unsigned long milliseconds(void)
{
	struct __kernel_timespec t = { 0 };

	call(__NR_clock_gettime64, CLOCK_MONOTONIC, (unsigned long)&t, 0, 0);
	return (unsigned long)t.tv_sec * 1000 +
	       (unsigned long)t.tv_nsec / 1000000;
}

static int do_sleep(void)
{
	struct __kernel_timespec t = { .tv_nsec = 300000000 };
	unsigned long begin = milliseconds(), took;

	if (call(__NR_clock_nanosleep_time64, CLOCK_MONOTONIC, 0,
		 (unsigned long)&t, 0))
		return 0;
	took = milliseconds() - begin;
	return took >= 300 && took < 3000;
}

/* The same number, by each of the two ways into the kernel. */
static int do_sysenter(void)
{
	long ret = 0;
	int i;

	if (!vsyscall)
		return 0;
	for (i = 0; i < 1000; i++) {
		asm volatile("call *%1"
			     : "=a"(ret)
			     : "r"(vsyscall), "0"(__NR_getpid)
			     : "memory");
		if (ret != call(__NR_getpid, 0, 0, 0, 0))
			return 0;
	}
	return ret == 1;
}

/* Rounded once, when it is stored: what is in a register is longer. */
static double sum(void)
{
	double s = 0;
	int i;

	for (i = 1; i < 3000000; i++)
		s += 1.0 / i;
	asm("" : "+m"(s));
	return s;
}

/* Two children a CPU, so that each CPU changes between two states of its FPU. */
static int do_work(void)
{
	const char *cpus = value("cpus");
	unsigned long mask;
	long pids[16];
	int n = cpus ? (cpus[0] - '0') * 2 : 0, i, good = 1;
	double expected = sum();

	if (n < 1 || n > (int)ARRAY_SIZE(pids))
		return 0;
	for (i = 0; i < n; i++) {
		pids[i] = call(__NR_fork, 0, 0, 0, 0);
		if (!pids[i]) {
			mask = 1ul << i / 2;
			leave(call(__NR_sched_setaffinity, 0, sizeof(mask),
				   (unsigned long)&mask, 0) ||
			      sum() != expected);
		}
	}
	for (i = 0; i < n; i++)
		good &= !ended(pids[i]);
	return good;
}

static const struct {
	const char *name;
	int (*does)(void);
} table[] = {
	{ "cpus", do_cpus },   { "memory", do_memory },
	{ "fork", do_fork },   { "faults", do_faults },
	{ "sleep", do_sleep }, { "sysenter", do_sysenter },
	{ "work", do_work },
};

/* The first word of a list with commas; what is not in the table has failed. */
static void do_word(const char *word, unsigned long n)
{
	unsigned int i, k;
	int good = 0;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		for (k = 0; k < n && table[i].name[k] == word[k]; k++)
			;
		if (k == n && !table[i].name[k])
			good = table[i].does();
	}
	say(good ? "guest: ok " : "guest: FAILED ");
	call(__NR_write, 1, (unsigned long)word, n, 0);
	say("\n");
}

void run(unsigned long *stack)
{
	const char *word;
	unsigned long n, *aux;

	environment = (char **)stack + stack[0] + 2;
	for (aux = (unsigned long *)environment; *aux; aux++)
		;
	for (aux++; aux[0] != AT_NULL; aux += 2) {
		if (aux[0] == AT_SYSINFO)
			vsyscall = aux[1];
	}
	for (word = value("do"); word && *word; word += n + (word[n] == ',')) {
		for (n = 0; word[n] && word[n] != ','; n++)
			;
		do_word(word, n);
	}
	say("guest: done\n");
	call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
	     LINUX_REBOOT_CMD_POWER_OFF, 0);
	for (;;)
		call(__NR_pause, 0, 0, 0, 0);
}

asm(".globl _start; _start: push %esp; call run");
