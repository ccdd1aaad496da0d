/* SPDX-License-Identifier: MIT */
/* spawn.h - a child with a clean start: the one home of fork.
 *
 * Used by the supervisor only.  In the child, before `main` runs: signals as
 * signals_reset leaves them (INT QUIT HUP USR1 USR2 TTIN TTOU WINCH PIPE
 * ignored), the descriptors below and no others, the title, the log's role. */
#ifndef COHORT_PROCESS_SPAWN_H
#define COHORT_PROCESS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Where a child finds what it was given. */
#define SPAWN_CHANNEL        3  /* its end of the channel */
#define SPAWN_LOG            4  /* the log's sink */
#define SPAWN_ACCESS         5  /* the access log; of workers alone */
#define SPAWN_FIRST_LISTENER 16 /* listeners, in the order of their index; */
				/* behind them, for a moment, plug-ins */

struct spawn_descriptor {
	int fd;     /* in the parent; stays the parent's */
	int number; /* in the child; close-on-exec */
};

struct spawn {
	int (*main)(void *context); /* its result is the exit status */
	void *context;
	const char *title; /* "cohort: worker 3" */
	const char *role;  /* for the log: "worker 3" */
	const struct spawn_descriptor *descriptors;
	unsigned descriptor_count;
	/* It leads a process group of its own, by which all that it forks can
	 * be ended, and is killed when this process ends. */
	bool is_group;
};

/* The child's pid; or -1 with words (number EAGAIN or ENOMEM: try again
 * later).  0 is open on /dev/null in the child, 1 too, 2 as it was; the log is
 * moved to SPAWN_LOG.  A child that cannot arrange its descriptors exits with
 * SPAWN_STATUS. */
#define SPAWN_STATUS 71 /* EX_OSERR of sysexits.h */
pid_t spawn_child(const struct spawn *spawn, struct error *error);

/* Have this process killed when its parent, `parent`, ends: again after a change
 * of user, which undoes it.  0, or -1: it has ended, or that cannot be. */
int spawn_end_with(pid_t parent);

/* Another program in a child, or in the place of this process. */
struct spawn_program {
	int file; /* open for reading */
	char *const *arguments;
	char *const *environment;
	const int *fds; /* stay open under their numbers */
	unsigned fd_count;
	int output; /* becomes the child's standard output; else -1 */
};

/* The child's pid, or -1 with words.  It starts with default signals, its
 * input from /dev/null; a file that cannot be executed is status 126.  It leads
 * a process group of its own, by which all that it forks can be ended, and is
 * killed when this process ends. */
#define SPAWN_NOT_EXECUTED 126
pid_t spawn_program(const struct spawn_program *program, struct error *error);

/* Does not return, but for -1 with words: everything is as it was. */
int spawn_replace(const struct spawn_program *program, struct error *error);

#endif
