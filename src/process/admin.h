/* SPDX-License-Identifier: MIT */
/* admin.h - the process that answers operators and scrapers.
 *
 * It reads what strangers send, the scoreboard, and nothing else; what it wants
 * done it asks of the supervisor, in records of fixed size.  It has no
 * privileges and holds its channel, its listeners and, after the birth, no other
 * descriptor.
 *
 *	drop privileges, accept (READY); beat (BEAT); on RETIRE accept no more,
 *	finish what is being answered, exit 0.
 *
 * TERM is a request to leave: LEAVE is sent, and another one is READY before
 * RETIRE comes.  When the supervisor is gone it ends at once. */
#ifndef COHORT_PROCESS_ADMIN_H
#define COHORT_PROCESS_ADMIN_H

#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "process/admin_listeners.h"
#include "process/worker.h"

/* Where it finds the memory of the scoreboard; listeners are, in the order of
 * the set, SPAWN_FIRST_LISTENER and up. */
#define ADMIN_BOARD 5

/* A beat comes so many times in watchdog_timeout. */
#define ADMIN_BEATS 4

/* What comes with RECORD_WORKER. */
struct admin_worker_place {
	int32_t pid;
	uint32_t slot;
};

/* Filled by the supervisor before the fork, read by the child. */
struct admin_birth {
	const struct config *config;
	const struct admin_listeners *listeners;
	/* Of the services, as they are served. */
	const struct worker_listener *plan;
	unsigned plan_count;
	pid_t supervisor;
	uid_t uid;                /* of the supervisor */
	int64_t beat_ms;          /* -1: nobody listens for it */
	enum log_level log_level; /* that is in force */
};

/* spawn_child's main: the channel is SPAWN_CHANNEL.  Returns the status. */
int admin_main(void *birth);

#endif
