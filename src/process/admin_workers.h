/* SPDX-License-Identifier: MIT */
/* admin_workers.h - the admin asks the workers for their connections.
 *
 * The supervisor hands out a channel to each worker (RECORD_WORKER).  A query
 * goes to all of them, or to the one that is meant; rows go to the client as
 * they come, page by page and as fast as it reads, or, with an order, when all
 * have answered, from memory for `limit` rows.  A worker that dies, or says
 * nothing for ADMIN_WORKERS_PATIENCE_MS, or no end for ADMIN_WORKERS_PAGE_MS,
 * is named in the answer and holds up
 * nobody.  One query at a time is with a worker, the others' wait their turn. */
#ifndef COHORT_PROCESS_ADMIN_WORKERS_H
#define COHORT_PROCESS_ADMIN_WORKERS_H

#include "control/connection_query.h"
#include "control/reply.h"
#include "event/loop.h"
#include "process/channel.h"

#define ADMIN_WORKERS_PATIENCE_MS 2000
#define ADMIN_WORKERS_PAGE_MS     30000 /* for an answer, however alive */
#define ADMIN_WORKERS_SIGNS       1024  /* of life, in an answer */
#define ADMIN_WORKERS_QUERIES     64    /* at a time */
/* Of all queries with an order together. */
#define ADMIN_WORKERS_ROWS        (4 * CONNECTION_LIMIT_MOST)

struct admin_workers; /* opaque */

/* NULL with errno ENOMEM. */
struct admin_workers *admin_workers_new(struct loop *loop);
/* Closes the channels; clients that wait are told that it ends.  NULL is
 * fine. */
void admin_workers_free(struct admin_workers *workers);

/* RECORD_WORKER with what came with it, which is taken; what cannot be is
 * logged.  A second one for a process replaces the first. */
void admin_workers_take(struct admin_workers *workers,
			const struct record *record, const int *fds);

/* As struct control_backend has it: `reply` is ended, now or later. */
void admin_workers_query(struct admin_workers *workers,
			 const struct connection_query *asked,
			 struct reply *reply);

#endif
