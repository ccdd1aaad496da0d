/* SPDX-License-Identifier: MIT */
/* worker.h - the process that runs connections, and nothing else.
 *
 *	open plug-ins, bind what the bank does not have, give duplicates to the
 *	bank (BANK), wait for BANKED, listen (LISTENING), drop privileges, run the
 *	protocols' worker_start, accept (READY); serve; on DRAIN run
 *	worker_draining, accept what waits, stop (DRAINING), finish, run
 *	worker_stop, exit 0.
 *
 * TERM is a request to leave: LEAVE is sent and the worker serves on until it
 * is told to drain (before READY it exits 0 at once).  When the supervisor is
 * gone (its end of the channel closes) the worker serves on for orphan_timeout;
 * a successor's TERM, or the end of that time, has it drain and exit 0. */
#ifndef COHORT_PROCESS_WORKER_H
#define COHORT_PROCESS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "metrics/scoreboard.h"

/* One listener of a slot, in the order of its index: services in the order of
 * the configuration, addresses in order within each. */
struct worker_listener {
	unsigned service; /* index into config->services */
	const struct config_listen *listen;
	struct address address; /* with the real port */
	bool is_shared;         /* opened by the supervisor for all slots */
	bool is_banked; /* the child holds it as SPAWN_FIRST_LISTENER + index;
			   if not, it binds one and puts it there */
};

/* Filled by the supervisor before the fork, read by the child. */
struct worker_order {
	const struct config *config;
	/* Those that are built in, ended by NULL. */
	const struct cohort_protocol *const *protocols;
	struct scoreboard_page *page;
	const struct worker_listener *listeners;
	unsigned listener_count;
	const struct log_sink *access; /* the supervisor's */
	unsigned slot;
	unsigned generation;
	unsigned worker_count;
	unsigned connections_max; /* of this worker, from descriptors */
	enum log_level log_level;
	/* Services that accept nobody so far: a bit for each. */
	uint64_t suspended[SCOREBOARD_SERVICES / 64];
	bool may_spin; /* there is a CPU for each worker */
	bool is_trial; /* watches no listener: just tries */
	bool is_first; /* warns about the system's limits */
};

/* spawn_child's main: the channel is SPAWN_CHANNEL.  Returns the status. */
int worker_main(void *order);

#endif
