/* SPDX-License-Identifier: MIT */
/* ledger_worker.c - whether the worker that served a connection still lives. */
#include "ledger_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXITING_FLAG 0x4 /* PF_EXITING of linux/sched.h */

/* "PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS ...": the name may hold
 * anything, parentheses too, what follows it may not (proc(5)). */
enum ledger_fate ledger_worker_fate_of(const char *stat)
{
	const char *name_end = strrchr(stat, ')');
	unsigned flags;
	char state;

	if (!name_end || sscanf(name_end, ") %c %*d %*d %*d %*d %*d %u", &state,
				&flags) != 2)
		return LEDGER_FATE_UNSURE;
	if (state == 'Z' || state == 'X' || flags & EXITING_FLAG)
		return LEDGER_FATE_DEAD;
	return LEDGER_FATE_ALIVE;
}

static enum ledger_fate look(int pid)
{
	char path[32], stat[512];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return LEDGER_FATE_UNSURE;
	size = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (size <= 0)
		return LEDGER_FATE_UNSURE;
	stat[size] = '\0';
	return ledger_worker_fate_of(stat);
}

enum ledger_fate ledger_worker_fate(int pid)
{
	enum ledger_fate fate = look(pid);

	if (fate == LEDGER_FATE_UNSURE && kill(pid, 0) < 0 && errno == ESRCH)
		return LEDGER_FATE_DEAD;
	return fate;
}
