/* SPDX-License-Identifier: MIT */
/* pid_file.h - the `pid_file` directive: where the supervisor's pid is to be
 * read.
 *
 * Nobody is ever kept from starting by one: what makes an instance the only
 * one is its lock (instance.h), so a file that is there already is stale or
 * about to be, and is replaced. */
#ifndef COHORT_PROCESS_PID_FILE_H
#define COHORT_PROCESS_PID_FILE_H

#include <sys/types.h>

#include "base/error.h"

/* Write our pid there, in one step (a reader sees the old file or the whole
 * new one).  0, or -1 with words. */
int pid_file_write(const char *path, struct error *error);

/* Remove it if it still has `pid` in it; else it is a successor's. */
void pid_file_remove(const char *path, pid_t pid);

#endif
