/* SPDX-License-Identifier: MIT */
/* test_cpus.c - the cgroup's quota from trees made for the test, and the
 * affinity mask of this process. */
#include "process/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"

#define FILES_MAX 6
#define PATH_ROOM 512

static const struct {
	const char *what;
	const char *groups; /* /proc/self/cgroup */
	const char *files[FILES_MAX][2];
	unsigned count;
} cases[] = {
	{"no cgroup at all", "", {{NULL}}, UINT_MAX},
	{"v2, unlimited", "0::/a\n", {{"a/cpu.max", "max 100000\n"}}, UINT_MAX},
	{"v2, at the root", "0::/\n", {{"cpu.max", "200000 100000\n"}}, 2},
	{"v2, rounded up", "0::/a\n", {{"a/cpu.max", "150000 100000\n"}}, 2},
	{"v2, less than one", "0::/a\n", {{"a/cpu.max", "1000 100000\n"}}, 1},
	{"v2, the least on the way up",
	 "0::/a/b/c\n",
	 {{"a/b/c/cpu.max", "max 100000\n"},
	  {"a/b/cpu.max", "300000 100000\n"},
	  {"a/cpu.max", "800000 100000\n"}},
	 3},
	{"v2, a parent is narrower",
	 "0::/a/b\n",
	 {{"a/b/cpu.max", "900000 100000\n"}, {"a/cpu.max", "100000 50000\n"}},
	 2},
	{"v2, the group is not mounted here",
	 "0::/host/only\n",
	 {{"cpu.max", "400000 100000\n"}},
	 4},
	{"v1",
	 "5:memory:/x\n4:cpu,cpuacct:/a\n",
	 {{"cpu/a/cpu.cfs_quota_us", "250000\n"},
	  {"cpu/a/cpu.cfs_period_us", "100000\n"}},
	 3},
	{"v1, unlimited",
	 "4:cpu:/a\n",
	 {{"cpu/a/cpu.cfs_quota_us", "-1\n"},
	  {"cpu/a/cpu.cfs_period_us", "100000\n"}},
	 UINT_MAX},
	{"v1, cpuset is another controller",
	 "3:cpuset:/a\n2:cpuacct:/a\n",
	 {{"cpu/a/cpu.cfs_quota_us", "100000\n"},
	  {"cpu/a/cpu.cfs_period_us", "100000\n"}},
	 UINT_MAX},
	{"both, as in a hybrid",
	 "1:cpuacct,cpu:/a\n0::/a\n",
	 {{"cpu/a/cpu.cfs_quota_us", "500000\n"},
	  {"cpu/a/cpu.cfs_period_us", "100000\n"},
	  {"a/cpu.max", "700000 100000\n"}},
	 5},
	{"nonsense in the file",
	 "0::/a\n",
	 {{"a/cpu.max", "many\n"}},
	 UINT_MAX},
	{"a period of nothing", "0::/a\n", {{"a/cpu.max", "1 0\n"}}, UINT_MAX},
	{"an ill line", "garbage\n:\n0:\n", {{"cpu.max", "1 1\n"}}, UINT_MAX},
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	if (file == NULL)
		return;
	fputs(text, file);
	fclose(file);
}

static void write_below(const char *root, const char *name, const char *text)
{
	char path[PATH_ROOM], *slash;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	write_file(path, text);
}

static void remove_tree(const char *root)
{
	char command[PATH_ROOM];

	snprintf(command, sizeof(command), "rm -r '%s'", root);
	CHECK(system(command) == 0);
}

static void test_quotas(void)
{
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char root[] = "/tmp/cohort-unit-cpus-XXXXXX";
		char groups[PATH_ROOM];
		unsigned count;

		CHECK(mkdtemp(root) != NULL);
		snprintf(groups, sizeof(groups), "%s/groups", root);
		write_file(groups, cases[i].groups);
		for (j = 0; j < FILES_MAX && cases[i].files[j][0]; j++)
			write_below(root, cases[i].files[j][0],
				    cases[i].files[j][1]);
		count = cpus_quota_count(groups, root);
		check_int(count, cases[i].count);
		if (count != cases[i].count)
			printf("  (%s)\n", cases[i].what);
		remove_tree(root);
	}
}

static void test_a_missing_file_is_no_quota(void)
{
	CHECK(cpus_quota_count("/nonexistent/cgroup", "/nonexistent") ==
	      UINT_MAX);
}

/* Pinned to the last CPU of the mask there is one to use, for every slot. */
static void test_the_mask_is_obeyed(void)
{
	unsigned usable = cpus_usable_count();
	int first = cpus_of_slot(0), last = cpus_of_slot(usable - 1);

	CHECK(usable >= 1 && usable <= CONFIG_WORKERS_MAX);
	CHECK(first >= 0 && last >= first);
	check_int(cpus_pin(last), 0);
	check_int(cpus_usable_count(), 1);
	check_int(cpus_of_slot(0), last);
	check_int(cpus_of_slot(1), last);
	check_int(cpus_of_slot(255), last);
	check_int(sched_getcpu(), last);
	CHECK(cpus_pin(8000) < 0);
}

int main(void)
{
	test_quotas();
	test_a_missing_file_is_no_quota();
	test_the_mask_is_obeyed();
	return check_result();
}
