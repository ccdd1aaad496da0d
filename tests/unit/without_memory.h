/* SPDX-License-Identifier: MIT */
/* without_memory.h - what happens where the heap cannot grow. */
#ifndef COHORT_TESTS_WITHOUT_MEMORY_H
#define COHORT_TESTS_WITHOUT_MEMORY_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Sanitizers and valgrind end the program instead.  The shadow memory of the
 * former takes terabytes. */
static inline bool is_instrumented(void)
{
	const char *preload = getenv("LD_PRELOAD");
	unsigned long long pages = 0;
	FILE *sizes = fopen("/proc/self/statm", "r");

	CHECK(sizes != NULL && fscanf(sizes, "%llu", &pages) == 1);
	if (sizes != NULL)
		fclose(sizes);
	return pages >> 28 != 0 || (preload && strstr(preload, "vgpreload"));
}

/* From now on the heap has what it has freed, and no more. */
static inline void forbid_memory(struct rlimit *before)
{
	struct rlimit none = {.rlim_cur = 4096};

	CHECK(getrlimit(RLIMIT_DATA, before) == 0);
	none.rlim_max = before->rlim_max;
	CHECK(setrlimit(RLIMIT_DATA, &none) == 0);
}

static inline void allow_memory(const struct rlimit *before)
{
	CHECK(setrlimit(RLIMIT_DATA, before) == 0);
}

/* Run it in a process of its own, unless memory could not run out there.  To
 * be called first, while the heap holds nothing that was freed. */
static inline void check_without_memory(void (*run)(void))
{
	int status = -1;
	pid_t pid;

	if (is_instrumented())
		return;
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		run();
		fflush(stdout);
		_exit(check_failures != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	check_int(status, 0);
}

#endif
