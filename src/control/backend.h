/* SPDX-License-Identifier: MIT */
/* backend.h - what the verbs need of the process that they run in.
 *
 * Filled by process/admin*.c; used by control/, which knows no process. */
#ifndef COHORT_CONTROL_BACKEND_H
#define COHORT_CONTROL_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "control/connection_query.h"
#include "control/reply.h"
#include "control/samples.h"
#include "metrics/snapshot.h"

/* Orders to the supervisor. */
enum control_order_kind {
	CONTROL_ORDER_RELOAD,
	CONTROL_ORDER_SCALE,   /* number: workers */
	CONTROL_ORDER_SUSPEND, /* name: service */
	CONTROL_ORDER_RESUME,  /* name: service */
	CONTROL_ORDER_UPGRADE,
	CONTROL_ORDER_LOG_LEVEL, /* number: enum log_level */
	CONTROL_ORDER_STOP,      /* number: enum control_stop */
	CONTROL_ORDERS,
};
enum control_stop {
	CONTROL_STOP_TERM, /* as TERM: drain, bounded */
	CONTROL_STOP_QUIT, /* as QUIT: drain without a bound */
	CONTROL_STOP_NOW,  /* as a second TERM */
};

struct control_order {
	enum control_order_kind kind;
	int64_t number;
	const char *name; /* less than SCOREBOARD_SERVICE_NAME bytes */
};

/* An address that is served, as it is (with its port). */
struct control_listener {
	const char *service;
	const char *address; /* as --ready-fd prints it */
};

struct control_backend {
	void *context;
	/* At most 100 ms old; NULL: memory is out.  Valid until the loop
	 * turns. */
	const struct snapshot *(*look)(void *context);
	const struct scoreboard *board;
	const struct config *config; /* in force */
	const struct control_listener *listeners;
	unsigned listener_count;
	/* What was of late, for plots; or NULL. */
	const struct samples *samples;
	/* For the live page; or NULL. */
	struct busiest *busiest;
	/* May whoever is at the other end of a connection to the control socket
	 * give orders, or only look? */
	bool (*may_order)(void *context, int fd);
	/* The text that Prometheus is given; NULL: there is none. */
	void (*metrics)(void *context, struct text *out);
	/* Carry out an order and end `reply` when it is done, or cannot be;
	 * with what happened. */
	void (*order)(void *context, const struct control_order *order,
		      struct reply *reply);
	/* Ask the workers; rows go to `reply` (connection_query.h), which is
	 * ended. */
	void (*query)(void *context, const struct connection_query *query,
		      struct reply *reply);
};

#endif
