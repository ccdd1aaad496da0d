/* SPDX-License-Identifier: MIT */
/* cpus.c - the affinity mask and the cgroup's quota. */
#include "process/cpus.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define CPUS_MAX 8192 /* CONFIG_NR_CPUS of the largest kernels */

/* The usable CPUs; NULL if they cannot be read.  Freed by CPU_FREE. */
static cpu_set_t *read_mask(void)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	cpu_set_t *mask = CPU_ALLOC(CPUS_MAX);

	if (mask == NULL)
		return NULL;
	CPU_ZERO_S(size, mask);
	if (sched_getaffinity(0, size, mask) == 0)
		return mask;
	CPU_FREE(mask);
	return NULL;
}

/* The first line of the file `name` in `directory`; 0, or -1. */
static int read_line(const char *directory, const char *name, char *line,
		     int room)
{
	char path[PATH_MAX];
	FILE *file;
	int result;

	result = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (result < 0 || (size_t)result >= sizeof(path))
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	result = fgets(line, room, file) != NULL ? 0 : -1;
	fclose(file);
	return result;
}

static unsigned quota_cpus(long long quota, long long period)
{
	long long count;

	if (quota <= 0 || period <= 0)
		return UINT_MAX;
	count = (quota + period - 1) / period;
	return count > INT_MAX ? UINT_MAX : (unsigned)count;
}

/* cgroup v2: "max 100000" or "150000 100000". */
static unsigned quota_v2(const char *directory)
{
	char line[64];
	long long quota, period;

	if (read_line(directory, "cpu.max", line, sizeof(line)) < 0 ||
	    sscanf(line, "%lld %lld", &quota, &period) != 2)
		return UINT_MAX;
	return quota_cpus(quota, period);
}

static unsigned quota_v1(const char *directory)
{
	char quota[32], period[32];

	if (read_line(directory, "cpu.cfs_quota_us", quota, sizeof(quota)) <
		    0 ||
	    read_line(directory, "cpu.cfs_period_us", period, sizeof(period)) <
		    0)
		return UINT_MAX;
	return quota_cpus(atoll(quota), atoll(period));
}

/* The least quota of a cgroup and those above it. */
static unsigned quota_upwards(const char *mount, const char *group,
			      unsigned (*quota_of)(const char *directory))
{
	char path[PATH_MAX];
	size_t mount_size = strlen(mount);
	unsigned least = UINT_MAX;

	if (mount_size + strlen(group) >= sizeof(path))
		return UINT_MAX;
	memcpy(path, mount, mount_size);
	strcpy(path + mount_size, group);
	for (;;) {
		unsigned count = quota_of(path);
		char *slash = strrchr(path + mount_size, '/');

		if (count < least)
			least = count;
		if (slash == NULL)
			return least;
		*slash = '\0';
	}
}

static bool names_cpu(const char *controllers)
{
	const char *found = strstr(controllers, "cpu");

	while (found != NULL) {
		bool begins = found == controllers || found[-1] == ',';

		if (begins && (found[3] == ',' || found[3] == '\0'))
			return true;
		found = strstr(found + 3, "cpu");
	}
	return false;
}

/* One line of /proc/self/cgroup: "0::/group" or "4:cpu,cpuacct:/group". */
static unsigned quota_of_line(char *line, const char *mounts)
{
	char mount[PATH_MAX];
	char *controllers = strchr(line, ':');
	char *group;

	if (controllers == NULL)
		return UINT_MAX;
	controllers++;
	group = strchr(controllers, ':');
	if (group == NULL)
		return UINT_MAX;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (controllers[0] == '\0')
		return quota_upwards(mounts, group, quota_v2);
	if (!names_cpu(controllers))
		return UINT_MAX;
	snprintf(mount, sizeof(mount), "%s/cpu", mounts);
	return quota_upwards(mount, group, quota_v1);
}

unsigned cpus_quota_count(const char *groups, const char *mounts)
{
	FILE *file = fopen(groups, "re");
	char line[PATH_MAX];
	unsigned least = UINT_MAX;

	if (file == NULL)
		return UINT_MAX;
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned count = quota_of_line(line, mounts);

		if (count < least)
			least = count;
	}
	fclose(file);
	return least;
}

unsigned cpus_usable_count(void)
{
	unsigned quota =
		cpus_quota_count("/proc/self/cgroup", "/sys/fs/cgroup");
	cpu_set_t *mask = read_mask();
	unsigned count = 1;

	if (mask != NULL) {
		count = (unsigned)CPU_COUNT_S(CPU_ALLOC_SIZE(CPUS_MAX), mask);
		CPU_FREE(mask);
	}
	if (quota < count)
		count = quota;
	if (count > CONFIG_WORKERS_MAX)
		count = CONFIG_WORKERS_MAX;
	return count > 0 ? count : 1;
}

int cpus_of_slot(unsigned slot)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	cpu_set_t *mask = read_mask();
	unsigned left;
	int cpu = -1;

	if (mask == NULL || CPU_COUNT_S(size, mask) == 0) {
		CPU_FREE(mask);
		return -1;
	}
	left = slot % (unsigned)CPU_COUNT_S(size, mask);
	do {
		cpu++;
		if (CPU_ISSET_S((size_t)cpu, size, mask))
			left--;
	} while (left != UINT_MAX);
	CPU_FREE(mask);
	return cpu;
}

int cpus_pin(int cpu)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
	cpu_set_t *mask = CPU_ALLOC(CPUS_MAX);
	int result;

	if (mask == NULL) {
		errno = ENOMEM;
		return -1;
	}
	CPU_ZERO_S(size, mask);
	CPU_SET_S((size_t)cpu, size, mask);
	result = sched_setaffinity(0, size, mask);
	CPU_FREE(mask);
	return result;
}
