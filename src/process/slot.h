/* SPDX-License-Identifier: MIT */
/* slot.h - the machine of a slot: the numbered place that a worker dies in and
 * another is born into.
 *
 * Pure: the supervisor brings events and carries out the action that comes
 * with the next state.  The worker has a machine of its own (worker_state.h);
 * one that leaves or drains is detached from its slot, which by then belongs to
 * its successor. */
#ifndef COHORT_PROCESS_SLOT_H
#define COHORT_PROCESS_SLOT_H

#include <stdbool.h>

enum slot_state {
	SLOT_EMPTY,    /* no worker, and none to come */
	SLOT_STARTING, /* its worker was forked and is not READY */
	SLOT_SERVING,  /* its worker is READY */
	SLOT_SUSPECT,  /* … but seems to hang */
	SLOT_WAITING,  /* no worker yet: the back-off, or fork said no */
	SLOT_PARKED,   /* scaled away: its listeners are kept, and adopted */
	SLOT_STATES,
};
extern const char *const slot_state_names[SLOT_STATES];

enum slot_event {
	SLOT_EVENT_START,        /* a worker is wanted: first, or at last */
	SLOT_EVENT_SPAWN_FAILED, /* it could not be forked */
	SLOT_EVENT_READY,        /* its worker is */
	SLOT_EVENT_DIED,         /* its worker died */
	SLOT_EVENT_LEAVE,        /* its worker wants to be replaced */
	SLOT_EVENT_HANG,         /* its worker does not beat */
	SLOT_EVENT_BEAT,         /* … but does again */
	SLOT_EVENT_PARK,         /* fewer slots are wanted */
	SLOT_EVENT_SWAP, /* it gets a READY worker of a new generation */
	SLOT_EVENT_STOP, /* the program ends */
	SLOT_EVENTS,
};
extern const char *const slot_event_names[SLOT_EVENTS];

enum slot_action {
	SLOT_ACTION_NONE,
	SLOT_ACTION_SPAWN,  /* fork a worker */
	SLOT_ACTION_WAIT,   /* START it after the back-off */
	SLOT_ACTION_SERVE,  /* a successor is READY: drain who left */
	SLOT_ACTION_CANCEL, /* the wait is over without a worker */
	SLOT_ACTION_END,   /* detach and TERM the worker, which serves nobody */
	SLOT_ACTION_DRAIN, /* detach and drain the worker */
	SLOT_ACTION_ARRANGE, /* steer and adopt anew */
	SLOT_ACTIONS,
};

struct slot_step {
	enum slot_state next;
	enum slot_action action;
};

/* What follows; an event that cannot happen in the state is a bug and ends
 * the process (log_bug). */
struct slot_step slot_step(enum slot_state state, enum slot_event event);

/* Can it happen? */
bool slot_allows(enum slot_state state, enum slot_event event);

#endif
