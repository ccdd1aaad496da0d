/* SPDX-License-Identifier: MIT */
/* connection_walk.h - a query of connections is answered, or obeyed, in a
 * worker, piece by piece.
 *
 * It looks at the worker's transports place by place; they come and go between
 * two calls.  With an order it looks at all of them before the first row,
 * remembering ids and keys only: the kernel is asked about what is told, not
 * about what is looked at (but for an order by what it alone knows). */
#ifndef COHORT_PROCESS_CONNECTION_WALK_H
#define COHORT_PROCESS_CONNECTION_WALK_H

#include "control/connection_query.h"
#include "control/connection_top.h"
#include "net/address_prefix.h"
#include "net/service.h"

struct connection_walk {
	const struct worker_context *context;
	struct connection_query query;
	struct address_prefix peer;
	struct connection_top top; /* if there is an order */
	struct connection_end end;
	uint32_t place;      /* to be looked at next */
	uint32_t told_count; /* rows, or with an order: ranks */
	bool is_walked;      /* nothing is left to be looked at */
};

enum connection_walk_step {
	CONNECTION_WALK_ROW,   /* here is one */
	CONNECTION_WALK_PAUSE, /* the budget is used up: call again later */
	CONNECTION_WALK_END,   /* `end` says how; also when asked again */
};

/* What a turn may spend, about a tenth of a millisecond. */
#define CONNECTION_WALK_BUDGET 512

/* Begin to answer `query`, which may be ill: the end says so.  Or refuse. */
void connection_walk_begin(struct connection_walk *walk,
			   const struct worker_context *context,
			   const struct connection_query *query);
void connection_walk_refuse(struct connection_walk *walk,
			    enum connection_outcome outcome);
void connection_walk_release(struct connection_walk *walk); /* idempotent */

/* Go on for what is left of `budget`.  Runs no callback of a protocol. */
enum connection_walk_step connection_walk_next(struct connection_walk *walk,
					       struct connection_row *row,
					       unsigned *budget);

#endif
