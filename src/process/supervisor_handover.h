/* SPDX-License-Identifier: MIT */
/* supervisor_handover.h - what writing, reading and trying the state of a
 * supervisor share.
 *
 *	supervisor_export.c   the state in words
 *	supervisor_import.c   the words become a supervisor
 *	supervisor_trial.c    a new binary is tried
 *	supervisor_upgrade.c  the old one's side of it */
#ifndef COHORT_PROCESS_SUPERVISOR_HANDOVER_H
#define COHORT_PROCESS_SUPERVISOR_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "process/command_line.h"

struct supervisor;

struct export
{
	struct text text;
	int *fds; /* to be kept open across exec */
	unsigned fd_count;
	bool is_out_of_memory;
};

/* The state as it is; release_export frees what it took. */
void supervisor_export(const struct supervisor *supervisor,
		       struct export *export);
void supervisor_release_export(struct export *export);
/* One more descriptor that has to stay open; returns its number, or -1. */
int supervisor_keep(struct export *export, int fd);

/* A worker's flags that are worth a letter. */
struct handover_flag {
	char letter;   /* 0 ends the table */
	size_t offset; /* of a bool in struct child */
};
extern const struct handover_flag handover_flags[];

/* Fill `supervisor`, which has its loop and nothing else, from `text`.  In a
 * trial nothing of it is touched: no channel is read, no lock served.  0, or -1
 * with words. */
int supervisor_import(struct supervisor *supervisor, const struct text *text,
		      bool is_trial, struct error *error);

/* Bring one worker to READY, as a trial.  0, or -1 with words. */
int supervisor_try(struct supervisor *supervisor, struct error *error);

#endif
