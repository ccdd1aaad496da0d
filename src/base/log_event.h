/* SPDX-License-Identifier: MIT */
/* log_event.h - the names of what a program that reads the log may wait for.
 *
 * A name, once given, keeps its meaning; new ones are appended.  Whatever has
 * none is LOG_EVENT_MESSAGE. */
#ifndef COHORT_BASE_LOG_EVENT_H
#define COHORT_BASE_LOG_EVENT_H

enum log_event {
	LOG_EVENT_MESSAGE,
	LOG_EVENT_LOG_DROPPED,     /* lines could not be written */
	LOG_EVENT_SERVING,         /* an address of a service is served */
	LOG_EVENT_STOPPED,         /* the last line of the program */
	LOG_EVENT_SERVICE_TOTALS,  /* what a service has done, at the end */
	LOG_EVENT_WORKER_STARTED,  /* forked */
	LOG_EVENT_WORKER_READY,    /* accepting */
	LOG_EVENT_WORKER_FAILED,   /* it could not be started */
	LOG_EVENT_WORKER_DIED,     /* … unasked */
	LOG_EVENT_WORKER_ENDED,    /* … as it was told to */
	LOG_EVENT_WORKER_REPLACED, /* another one serves in its slot */
	LOG_EVENT_WORKER_SUSPECT,  /* silent: steered around */
	LOG_EVENT_WORKER_BACK,     /* … and it beats again */
	LOG_EVENT_WORKER_HUNG,     /* silent for too long: it is ended */
	LOG_EVENT_WORKER_KILLED,   /* by the supervisor */
	LOG_EVENT_WORKER_LEAVING,  /* asked to leave by a signal */
	LOG_EVENT_WORKER_DRAINING, /* accepts no more, finishes */
	LOG_EVENT_SCALED,          /* another number of workers */
	LOG_EVENT_RELOAD_STARTED,  /* HUP, or an operator's order */
	LOG_EVENT_RELOADED,        /* the new configuration serves */
	LOG_EVENT_RELOAD_FAILED,   /* everything is as it was */
	LOG_EVENT_UPGRADE_STARTED, /* USR2, or an operator's order */
	LOG_EVENT_UPGRADED,        /* the new program serves */
	LOG_EVENT_UPGRADE_FAILED,  /* everything is as it was */
	LOG_EVENT_ORDER_REFUSED,   /* too late, or too many */
	LOG_EVENT_SHUTDOWN,        /* the program ends: who is waited for */
	LOG_EVENT_TAKEOVER,        /* from a supervisor that was killed */
	LOG_EVENT_ORPHANED,        /* the supervisor of this one is gone */
	LOG_EVENT_ACCEPT_FAILED,   /* clients wait: no descriptor, no memory */
	LOG_EVENT_CONNECTION_OPENED, /* level debug */
	LOG_EVENT_CONNECTION_CLOSED, /* level debug, and the access log */
	LOG_EVENT_CONNECTION,        /* else about one; level debug */
	LOG_EVENT_PROTOCOL,          /* what a protocol has to say */
	LOG_EVENT_CONNECTIONS_LOST,  /* those of a worker that died */
	LOG_EVENTS,
};

extern const char *const log_event_names[LOG_EVENTS];

#endif
