/* SPDX-License-Identifier: MIT */
/* death.h - what a worker's wait status says: which kind of death it was, and
 * the words for it.  Pure. */
#ifndef COHORT_PROCESS_DEATH_H
#define COHORT_PROCESS_DEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/scoreboard.h"

#define DEATH_EARLY_MS 1000 /* after READY */
#define DEATH_TEXT     64

struct death {
	int pid;
	unsigned generation;
	int status; /* of waitpid(2) */
	bool was_ready;
	bool is_in_plugin; /* it was in a callback of a plug-in */
	int64_t ready_ms;  /* how long it was */
};

enum scoreboard_restart death_cause(const struct death *death);

/* Before READY, or by a crash or a non-zero exit within DEATH_EARLY_MS of it; by
 * the fault of a plug-in whenever it was: that will come again. */
bool death_is_early(const struct death *death);

/* "was killed by SIGSEGV", "exited with status 3".  Returns `out`, of
 * DEATH_TEXT bytes. */
char *death_describe(char *out, int status);

#endif
