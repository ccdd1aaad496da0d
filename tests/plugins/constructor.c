/* SPDX-License-Identifier: MIT */
/* constructor.c - what it does when it is opened is in the environment: segv,
 * exit, hang; worker-segv, worker-hang: the same, but in workers alone; hoard:
 * it takes HOARD descriptors; fork: a child of it stays, whose process is told to
 * the file LEFT_BEHIND; answer: what the loader would say, and hang. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cohort.h"
#include "process/records.h"

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

static void tell_own_number(void)
{
	FILE *file = fopen(getenv("LEFT_BEHIND"), "w");

	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 ||
	    fclose(file) != 0)
		abort();
}

static void leave_behind(void)
{
	int ends[2], fd;
	char byte;

	if (pipe(ends) < 0)
		abort();
	if (fork() == 0) {
		tell_own_number();
		/* Nobody is to wait for it to end. */
		for (fd = 0; fd < 64; fd++)
			close(fd);
		for (;;)
			pause();
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 0)
		abort();
	close(ends[0]);
}

#define CHANNEL 3

static void answer(void)
{
	const struct record end = {
		.version = RECORD_VERSION,
		.type = RECORD_END,
		.number = 1,
	};

	if (write(CHANNEL, &end, offsetof(struct record, data)) < 0)
		abort();
	for (;;)
		pause();
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
	if (is_asked("fork"))
		leave_behind();
	if (is_asked("answer"))
		answer();
	while (is_asked("hang") || (is_asked("worker-hang") && is_in_worker()))
		pause();
}
