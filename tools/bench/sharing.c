/* SPDX-License-Identifier: MIT */
/* sharing.c - what it costs two workers to count side by side.
 *
 *	sharing [MILLIONS]
 *
 * Two processes, each on a core of its own, count into shared memory as workers
 * do (scoreboard_add): in the same cache line, in neighbouring ones, and a page
 * of the scoreboard apart; and one of them alone.  The same with locked
 * additions, which the scoreboard does without, and which cannot hide behind a
 * store buffer.  Prints nanoseconds of CPU for the counts of an exchange: the
 * median of ROUNDS, in one run. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "metrics/scoreboard.h"
#include "metrics/scoreboard_layout.h"

#define ROUNDS       7
#define LINE_BYTES   64
#define MEMORY_BYTES (2 * SCOREBOARD_PAGE_BYTES)
#define MILLION      1000000
#define SIZE_BYTES   64 /* of a message */

static void count_plain(uint64_t *cells, uint64_t times);
static void count_locked(uint64_t *cells, uint64_t times);

static const struct layout {
	const char *name;
	void (*count)(uint64_t *cells, uint64_t times);
	size_t distance_bytes; /* 0: the second one does not count */
} layouts[] = {
	{"one worker alone", count_plain, 0},
	{"two, in one cache line", count_plain, sizeof(uint64_t)},
	{"two, in neighbouring lines", count_plain, LINE_BYTES},
	{"two, as the scoreboard has them", count_plain, SCOREBOARD_PAGE_BYTES},
	{"locked: one alone", count_locked, 0},
	{"locked: two, in one cache line", count_locked, sizeof(uint64_t)},
	{"locked: two, in neighbouring lines", count_locked, LINE_BYTES},
	{"locked: two, a page apart", count_locked, SCOREBOARD_PAGE_BYTES},
};

#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static void fail(const char *what)
{
	fprintf(stderr, "sharing: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Of the cores that we may use, the first two. */
static void find_cores(int cores[2])
{
	cpu_set_t set;
	int core, count = 0;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		fail("cannot find the cores");
	for (core = 0; core < CPU_SETSIZE && count < 2; core++)
		if (CPU_ISSET(core, &set))
			cores[count++] = core;
	if (count < 2) {
		fputs("sharing: two cores are needed\n", stderr);
		exit(1);
	}
}

static void pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		fail("cannot bind to a core");
}

/* Of CPU: what else runs on the machine does not count. */
static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* As an exchange does: some cells, each read and written. */
static void count_plain(uint64_t *cells, uint64_t times)
{
	while (times-- > 0) {
		scoreboard_add(&cells[0], 1);
		scoreboard_add(&cells[2], SIZE_BYTES);
		scoreboard_add(&cells[4], SIZE_BYTES);
	}
}

static void count_locked(uint64_t *cells, uint64_t times)
{
	while (times-- > 0) {
		__atomic_fetch_add(&cells[0], 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&cells[2], SIZE_BYTES, __ATOMIC_RELAXED);
		__atomic_fetch_add(&cells[4], SIZE_BYTES, __ATOMIC_RELAXED);
	}
}

/* It counts until it is killed. */
static pid_t start_other(const struct layout *layout, uint64_t *cells, int core)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("cannot fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(core);
	for (;;)
		layout->count(cells, MILLION);
}

/* Until it counts; one that has ended never will. */
static void await_other(pid_t pid, const uint64_t *cells)
{
	while (scoreboard_load(cells) < MILLION) {
		if (waitpid(pid, NULL, WNOHANG) != 0) {
			fputs("sharing: the other one has ended\n", stderr);
			exit(1);
		}
		sched_yield();
	}
}

static void end_other(pid_t pid)
{
	if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) < 0)
		fail("cannot end the other one");
}

/* Nanoseconds per exchange of the first one, while the second counts too. */
static double measure(unsigned char *memory, const struct layout *layout,
		      uint64_t times, int others_core)
{
	uint64_t *own = (uint64_t *)(void *)memory;
	uint64_t *others =
		(uint64_t *)(void *)(memory + layout->distance_bytes);
	pid_t pid = 0;
	double begun_ns;

	__atomic_store_n(others, 0, __ATOMIC_RELAXED);
	if (layout->distance_bytes > 0)
		pid = start_other(layout, others, others_core);
	if (pid > 0)
		await_other(pid, others);
	begun_ns = now_ns();
	layout->count(own, times);
	begun_ns = now_ns() - begun_ns;
	if (pid > 0)
		end_other(pid);
	return begun_ns / (double)times;
}

static int compare(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return difference < 0 ? -1 : difference > 0;
}

static void show(double found[LAYOUTS][ROUNDS])
{
	size_t i;

	puts("| counting | ns of CPU per exchange | least to most "
	     "|\n|---|---:|---:|");
	for (i = 0; i < LAYOUTS; i++) {
		qsort(found[i], ROUNDS, sizeof(found[i][0]), compare);
		printf("| %s | %.2f | %.2f to %.2f |\n", layouts[i].name,
		       found[i][ROUNDS / 2], found[i][0], found[i][ROUNDS - 1]);
	}
}

int main(int argc, char **argv)
{
	uint64_t times =
		(argc > 1 ? strtoull(argv[1], NULL, 10) : 20) * MILLION;
	double found[LAYOUTS][ROUNDS];
	unsigned char *memory;
	size_t i;
	int round, cores[2];

	if (times == 0) {
		fputs("usage: sharing [MILLIONS]\n", stderr);
		return 2;
	}
	memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("no memory");
	memset(memory, 0, MEMORY_BYTES);
	find_cores(cores);
	pin(cores[0]);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < LAYOUTS; i++)
			found[i][round] =
				measure(memory, &layouts[i], times, cores[1]);
	show(found);
	return 0;
}
