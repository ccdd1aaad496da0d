/* SPDX-License-Identifier: MIT */
/* proc_status.c - lines of /proc/PID/status and stat. */
#include "process/proc_status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define SLACK_MS     1000
#define STATUS_BYTES 1024 /* the lines asked for stand at the beginning */

/* The beginning of a file of the process; NULL: nothing can be known of it. */
static const char *load(pid_t pid, const char *name, char out[STATUS_BYTES])
{
	char path[48];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	size = read(fd, out, STATUS_BYTES - 1);
	close(fd);
	if (size <= 0)
		return NULL;
	out[size] = '\0';
	return out;
}

/* What follows `key` in the process's status, in `status`; NULL: nothing can be
 * known of it. */
static const char *find(pid_t pid, const char *key, char status[STATUS_BYTES])
{
	const char *line = load(pid, "status", status);

	if (line)
		line = strstr(line, key);
	return line ? line + strlen(key) : NULL;
}

bool proc_status_is_traced(pid_t pid)
{
	char status[STATUS_BYTES];
	const char *tracer = find(pid, "\nTracerPid:", status);

	return tracer && atoi(tracer) != 0;
}

bool proc_status_is_stopped(pid_t pid)
{
	char status[STATUS_BYTES];
	const char *state = find(pid, "\nState:\t", status);

	return state && (state[0] == 'T' || state[0] == 't');
}

bool proc_status_is_dead(pid_t pid)
{
	char status[STATUS_BYTES];
	const char *state = find(pid, "\nState:\t", status);

	return state && (state[0] == 'Z' || state[0] == 'X');
}

/* In ms since boot; -1: it is not known. */
static int64_t started_at(pid_t pid)
{
	char text[STATUS_BYTES];
	const char *field = load(pid, "stat", text);
	long ticks_per_s = sysconf(_SC_CLK_TCK);
	int number;

	/* The name before it may hold anything: field 3 is behind it. */
	field = field ? strrchr(text, ')') : NULL;
	for (number = 2; field && number < 22; number++)
		field = strchr(field + 1, ' ');
	if (!field || ticks_per_s <= 0)
		return -1;
	return (int64_t)(strtoull(field, NULL, 10) * 1000 /
			 (unsigned long long)ticks_per_s);
}

bool proc_status_is_younger(pid_t pid, int64_t when_ms)
{
	int64_t started_ms = started_at(pid);
	struct timespec now;

	if (started_ms < 0 || clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return false;
	/* While the machine slept, one clock went on. */
	when_ms += (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
		   clock_now_ms();
	return started_ms > when_ms + SLACK_MS;
}
