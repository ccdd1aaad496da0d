/* SPDX-License-Identifier: MIT */
/* slot.c - the table of a slot's states and events. */
#include "process/slot.h"

#include "base/log.h"

const char *const slot_state_names[SLOT_STATES] = {
	[SLOT_EMPTY] = "empty",     [SLOT_STARTING] = "starting",
	[SLOT_SERVING] = "serving", [SLOT_SUSPECT] = "suspect",
	[SLOT_WAITING] = "waiting", [SLOT_PARKED] = "parked",
};

const char *const slot_event_names[SLOT_EVENTS] = {
	[SLOT_EVENT_START] = "start",
	[SLOT_EVENT_SPAWN_FAILED] = "spawn failed",
	[SLOT_EVENT_READY] = "ready",
	[SLOT_EVENT_DIED] = "died",
	[SLOT_EVENT_LEAVE] = "leave",
	[SLOT_EVENT_HANG] = "hang",
	[SLOT_EVENT_BEAT] = "beat",
	[SLOT_EVENT_PARK] = "park",
	[SLOT_EVENT_SWAP] = "swap",
	[SLOT_EVENT_STOP] = "stop",
};

/* A row that is absent cannot happen. */
struct slot_row {
	bool is_allowed;
	struct slot_step step;
};

/* clang-format off */
#define ROW(state, event, next, action) \
	[SLOT_##state][SLOT_EVENT_##event] = { \
		true, {SLOT_##next, SLOT_ACTION_##action} }

static const struct slot_row slot_rows[SLOT_STATES][SLOT_EVENTS] = {
	ROW(EMPTY,    START,        STARTING, SPAWN),
	ROW(EMPTY,    PARK,         PARKED,   NONE),
	ROW(EMPTY,    SWAP,         SERVING,  NONE),
	ROW(EMPTY,    STOP,         EMPTY,    NONE),

	ROW(STARTING, SPAWN_FAILED, WAITING,  WAIT),
	ROW(STARTING, READY,        SERVING,  SERVE),
	ROW(STARTING, DIED,         WAITING,  WAIT),
	ROW(STARTING, PARK,         PARKED,   END),
	ROW(STARTING, SWAP,         SERVING,  END),
	ROW(STARTING, STOP,         EMPTY,    END),

	ROW(SERVING,  DIED,         WAITING,  WAIT),
	ROW(SERVING,  LEAVE,        WAITING,  WAIT),
	ROW(SERVING,  HANG,         SUSPECT,  ARRANGE),
	ROW(SERVING,  PARK,         PARKED,   DRAIN),
	ROW(SERVING,  SWAP,         SERVING,  DRAIN),
	ROW(SERVING,  STOP,         EMPTY,    DRAIN),

	ROW(SUSPECT,  BEAT,         SERVING,  ARRANGE),
	ROW(SUSPECT,  DIED,         WAITING,  WAIT),
	ROW(SUSPECT,  LEAVE,        WAITING,  WAIT),
	ROW(SUSPECT,  PARK,         PARKED,   DRAIN),
	ROW(SUSPECT,  SWAP,         SERVING,  DRAIN),
	ROW(SUSPECT,  STOP,         EMPTY,    DRAIN),

	ROW(WAITING,  START,        STARTING, SPAWN),
	ROW(WAITING,  PARK,         PARKED,   CANCEL),
	ROW(WAITING,  SWAP,         SERVING,  CANCEL),
	ROW(WAITING,  STOP,         EMPTY,    CANCEL),

	ROW(PARKED,   START,        STARTING, SPAWN),
	ROW(PARKED,   SWAP,         SERVING,  NONE),
	ROW(PARKED,   STOP,         EMPTY,    NONE),
};
/* clang-format on */

bool slot_allows(enum slot_state state, enum slot_event event)
{
	return slot_rows[state][event].is_allowed;
}

struct slot_step slot_step(enum slot_state state, enum slot_event event)
{
	if (!slot_allows(state, event))
		log_bug("a slot that is %s cannot take the event `%s`",
			slot_state_names[state], slot_event_names[event]);
	return slot_rows[state][event].step;
}
