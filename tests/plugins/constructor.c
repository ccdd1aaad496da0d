/* SPDX-License-Identifier: MIT */
/* constructor.c - what it does when it is opened is in the environment: segv,
 * exit, hang; worker-segv, worker-hang: the same, but in workers alone; hoard: it takes
 * HOARD descriptors. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cohort.h"

static const struct cohort_protocol constructed = {.name = "constructed"};

COHORT_EXPORT(&constructed);

static void crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

#define HOARD 40

static void hoard(void)
{
	int i;

	for (i = 0; i < HOARD; i++)
		if (open("/dev/full", O_RDONLY | O_CLOEXEC) < 0)
			abort();
}

static bool is_in_worker(void)
{
	char name[16] = "";

	prctl(PR_GET_NAME, name);
	return strncmp(name, "worker", 6) == 0;
}

static bool is_asked(const char *act)
{
	const char *asked = getenv("CONSTRUCTOR");

	return asked && strcmp(asked, act) == 0;
}

__attribute__((constructor)) static void construct(void)
{
	if (is_asked("segv") || (is_asked("worker-segv") && is_in_worker()))
		crash();
	if (is_asked("exit"))
		exit(0);
	if (is_asked("hoard"))
		hoard();
	while (is_asked("hang") || (is_asked("worker-hang") && is_in_worker()))
		pause();
}
