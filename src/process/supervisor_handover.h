/* SPDX-License-Identifier: MIT */
/* supervisor_handover.h - what writing, reading and trying the state of a
 * supervisor share.
 *
 *	supervisor_export.c   the state in words; …_orders.c
 *	supervisor_import.c   the words become a supervisor
 *	supervisor_import_groups.c, …_children.c, …_orders.c  … line by line
 *	supervisor_trial.c    a new binary is tried
 *	supervisor_upgrade.c  the old one's side of it
 *	supervisor_keeper.c   the keeper has the state, always
 *	supervisor_succession.c  a new supervisor gets it from there */
#ifndef COHORT_PROCESS_SUPERVISOR_HANDOVER_H
#define COHORT_PROCESS_SUPERVISOR_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "process/command_line.h"

struct supervisor;
struct kept;

enum export_purpose {
	EXPORT_FOR_UPGRADE,
	/* Listeners and the scoreboard: a trial that hangs holds no more. */
	EXPORT_FOR_TRIAL,
	/* Without locks and channels: their ends must be felt. */
	EXPORT_FOR_KEEPER,
};

struct exported {
	struct text text;
	int *fds; /* to be kept open across exec */
	unsigned fd_count, fd_room;
	enum export_purpose purpose;
	bool is_out_of_memory;
};

/* The state as it is, into zeroed memory or an older exported, whose room is used
 * again; release_export frees it. */
void supervisor_export(const struct supervisor *supervisor,
		       struct exported *exported, enum export_purpose purpose);
void supervisor_release_export(struct exported *exported);
/* One more descriptor that has to stay open; returns its number, or -1. */
int supervisor_keep_open(struct exported *exported, int fd);

/* A worker's flags that are worth a letter. */
struct handover_flag {
	char letter;   /* 0 ends the table */
	size_t offset; /* of a bool in struct child */
};
extern const struct handover_flag handover_flags[];

enum import_mode {
	IMPORT_UPGRADE, /* into the very process that has written it */
	IMPORT_TRIAL,   /* beside it: no channel is read, no lock served */
	/* Into a stranger: the workers are orphans, locks to be taken. */
	IMPORT_SUCCESSION,
};

struct import_source {
	const struct text *text;
	struct kept *kept; /* has the descriptors; NULL: open already */
	enum import_mode mode;
};

/* Fill `supervisor`, which has its loop and memory and nothing else.  0, or -1
 * with words. */
int supervisor_import(struct supervisor *supervisor,
		      const struct import_source *source, struct error *error);

/* Bring one worker to READY, as a trial.  0, or -1 with words. */
int supervisor_try(struct supervisor *supervisor, struct error *error);

#endif
