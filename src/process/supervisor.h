/* SPDX-License-Identifier: MIT */
/* supervisor.h - the process that keeps the workers alive.
 *
 * It owns slots, bank, signals and lifecycle; it never reads a byte from the
 * network, never resolves a name, never blocks and never sleeps once it
 * runs. */
#ifndef COHORT_PROCESS_SUPERVISOR_H
#define COHORT_PROCESS_SUPERVISOR_H

#include "config/config.h"
#include "process/command_line.h"

/* Serve `config`, which it takes, until told to stop; the exit status.  The log
 * is open. */
int supervisor_run(struct config *config, const struct command_line *line);

/* Go on from the state at line->handover_fd, which an older build in this very
 * process has left; or, as a trial in a process of its own, find out whether
 * that could be done.  The exit status. */
int supervisor_resume(const struct command_line *line);

#endif
