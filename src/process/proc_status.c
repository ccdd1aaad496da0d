/* SPDX-License-Identifier: MIT */
/* proc_status.c - lines of /proc/PID/status. */
#include "process/proc_status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_BYTES 1024 /* the lines asked for stand at the beginning */

/* What follows `key` in the process's status, in `status`; NULL: nothing can be
 * known of it. */
static const char *find(pid_t pid, const char *key, char status[STATUS_BYTES])
{
	const char *line;
	char path[48];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	size = read(fd, status, STATUS_BYTES - 1);
	close(fd);
	if (size <= 0)
		return NULL;
	status[size] = '\0';
	line = strstr(status, key);
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
