/* SPDX-License-Identifier: MIT */
/* test_limits.c - how many descriptors, and how many connections for them. */
#include "process/limits.h"

#include <limits.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void test_connections(void)
{
	static const struct {
		uint64_t descriptors;
		unsigned listener_count, connections;
	} cases[] = {
		{1024, 1, 999},
		{64, 1, 39},
		{64, 30, 10},
		{LIMITS_RESERVED + 3, 2, 1},
		{LIMITS_RESERVED + 2, 2, 1},
		{0, 0, 1},
		{10, 200, 1},
		{UINT64_MAX, 5, UINT_MAX},
		{LIMITS_RESERVED + 1000u, UINT_MAX, 1},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_int(limits_connections(cases[i].descriptors,
					     cases[i].listener_count),
			  cases[i].connections);
}

static uint64_t soft_limit(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	return limit.rlim_cur;
}

/* In a child, since a limit that was lowered may not come back. */
static void in_child(void (*test)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test();
		fflush(stdout);
		_exit(check_failures != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void check_asked_for(void)
{
	check_int(limits_raise_descriptors(200, 0), 200);
	check_int(soft_limit(), 200);
}

static void check_auto(void)
{
	struct rlimit limit = {64, 500};

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	check_int(limits_raise_descriptors(0, 0), 500);
	check_int(soft_limit(), 500);
}

/* A plain user gets the hard limit; one with the privilege gets it all. */
static void check_more_than_allowed(void)
{
	struct rlimit limit = {64, 500};
	uint64_t got;

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	got = limits_raise_descriptors(600, 0);
	CHECK(got == 500 || got == 600);
	check_int(soft_limit(), got);
}

/* Beyond fs.nr_open, for anybody. */
static void check_more_than_possible(void)
{
	struct rlimit limit = {64, 500};

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	check_int(limits_raise_descriptors(UINT64_MAX / 2, 0), 500);
	check_int(soft_limit(), 500);
}

static void check_too_few(void)
{
	struct rlimit limit = {400, 500};

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	check_int(limits_raise_descriptors(200, 201), 200);
	check_int(soft_limit(), 400);
	check_int(limits_raise_descriptors(200, 200), 200);
	check_int(soft_limit(), 200);
	limits_restore_descriptors(400);
	check_int(soft_limit(), 400);
	limits_restore_descriptors(0);
	check_int(soft_limit(), 400);
}

int main(void)
{
	test_connections();
	in_child(check_asked_for);
	in_child(check_auto);
	in_child(check_more_than_allowed);
	in_child(check_more_than_possible);
	in_child(check_too_few);
	return check_result();
}
