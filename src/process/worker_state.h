/* SPDX-License-Identifier: MIT */
/* worker_state.h - the machine of a worker, as its supervisor sees it.
 *
 * Pure: what a worker may say in which state, and what follows.  A record that
 * is out of place means that the worker is broken, and the supervisor kills
 * it. */
#ifndef COHORT_PROCESS_WORKER_STATE_H
#define COHORT_PROCESS_WORKER_STATE_H

enum worker_state {
	WORKER_STARTING,
	WORKER_READY,
	WORKER_DRAINING, /* was told to */
	WORKER_STATES,
};
extern const char *const worker_state_names[WORKER_STATES];

enum worker_event {
	WORKER_SAYS_BANK,
	WORKER_SAYS_LISTENING,
	WORKER_SAYS_READY,
	WORKER_SAYS_LEAVE,
	WORKER_SAYS_FAILED,
	WORKER_SAYS_DRAINING,
	WORKER_SAYS_FULL,
	WORKER_SAYS_ROOM,
	WORKER_SAYS_REFUSED,
	WORKER_SAYS_ACCEPTING,
	WORKER_IS_TOLD_TO_DRAIN,
	WORKER_EVENTS,
};
extern const char *const worker_event_names[WORKER_EVENTS];

/* The next state in `state`: 0; or -1, nothing changed: out of place. */
int worker_state_step(enum worker_state *state, enum worker_event event);

#endif
