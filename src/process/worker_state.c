/* SPDX-License-Identifier: MIT */
/* worker_state.c - the table of a worker's states and events. */
#include "process/worker_state.h"

#include <stdbool.h>

const char *const worker_state_names[WORKER_STATES] = {
	[WORKER_STARTING] = "starting",
	[WORKER_READY] = "ready",
	[WORKER_DRAINING] = "draining",
};

const char *const worker_event_names[WORKER_EVENTS] = {
	[WORKER_SAYS_BANK] = "BANK",
	[WORKER_SAYS_LISTENING] = "LISTENING",
	[WORKER_SAYS_READY] = "READY",
	[WORKER_SAYS_LEAVE] = "LEAVE",
	[WORKER_SAYS_FAILED] = "FAILED",
	[WORKER_SAYS_DRAINING] = "DRAINING",
	[WORKER_SAYS_FULL] = "FULL",
	[WORKER_SAYS_ROOM] = "ROOM",
	[WORKER_SAYS_REFUSED] = "REFUSED",
	[WORKER_SAYS_ACCEPTING] = "ACCEPTING",
	[WORKER_IS_TOLD_TO_DRAIN] = "an order to drain",
};

/* A row that is absent is out of place. */
struct worker_row {
	bool is_allowed;
	enum worker_state next;
};

#define ROW(state, event, next)                                                \
	[WORKER_##state][WORKER_##event] = {true, WORKER_##next}

/* clang-format off */
static const struct worker_row worker_rows[WORKER_STATES][WORKER_EVENTS] = {
	ROW(STARTING, SAYS_BANK,        STARTING),
	ROW(STARTING, SAYS_LISTENING,   STARTING),
	ROW(STARTING, SAYS_FAILED,      STARTING),
	ROW(STARTING, SAYS_READY,       READY),

	ROW(READY,    SAYS_LEAVE,       READY),
	ROW(READY,    SAYS_FULL,        READY),
	ROW(READY,    SAYS_ROOM,        READY),
	ROW(READY,    SAYS_REFUSED,     READY),
	ROW(READY,    SAYS_ACCEPTING,   READY),
	ROW(READY,    IS_TOLD_TO_DRAIN, DRAINING),

	/* Words that crossed the order; a second order replaces the bound of
	 * the first. */
	ROW(DRAINING, SAYS_LEAVE,       DRAINING),
	ROW(DRAINING, SAYS_FULL,        DRAINING),
	ROW(DRAINING, SAYS_ROOM,        DRAINING),
	ROW(DRAINING, SAYS_REFUSED,     DRAINING),
	ROW(DRAINING, SAYS_ACCEPTING,   DRAINING),
	ROW(DRAINING, SAYS_DRAINING,    DRAINING),
	ROW(DRAINING, IS_TOLD_TO_DRAIN, DRAINING),
};
/* clang-format on */

int worker_state_step(enum worker_state *state, enum worker_event event)
{
	const struct worker_row *row = &worker_rows[*state][event];

	if (!row->is_allowed)
		return -1;
	*state = row->next;
	return 0;
}
