/* SPDX-License-Identifier: MIT */
/* worker_asked.h - a worker tells admins about its connections, and closes some
 * of them, between two turns of its own work.
 *
 * Each admin asks over a channel of its own (several live while one takes over
 * from another), one query at a time.  What finds no room in the channel waits;
 * an admin that asks twice, or what nobody knows, loses its channel, and
 * nothing else happens. */
#ifndef COHORT_PROCESS_WORKER_ASKED_H
#define COHORT_PROCESS_WORKER_ASKED_H

#include "control/connection_query.h"
#include "net/service.h"
#include "process/channel.h"
#include "process/connection_walk.h"

#define WORKER_ASKERS      4 /* more: the oldest is forgotten */
#define WORKER_ASKED_ROWS  (RECORD_DATA_BYTES / sizeof(struct connection_row))
#define WORKER_ASKED_LIFE  250 /* ms: then an asker hears that it goes on */
#define WORKER_ASKED_AGAIN 20  /* ms, where the machine is out of memory */

struct worker_asker {
	struct loop *loop;
	const struct worker_context *context;
	struct channel channel;
	struct loop_task task; /* the next slice */
	struct timer again;
	struct connection_walk walk;
	uint32_t number; /* of the query */
	bool is_asked;   /* its answer is due */
	unsigned row_count;
	struct connection_row rows[WORKER_ASKED_ROWS]; /* to be sent */
	int64_t told_ms;                               /* what was sent last */
	uint64_t serial; /* the smaller came earlier */
};

struct worker_asked {
	struct loop *loop;
	uint64_t serial;
	struct worker_asker askers[WORKER_ASKERS];
};

/* Before anything is asked. */
void worker_asked_init(struct worker_asked *asked, struct loop *loop,
		       const struct worker_context *context);
/* From now on `fd` asks; it is taken, whatever happens. */
void worker_asked_add(struct worker_asked *asked, int fd);
/* Nobody asks any more.  While the loop and the transports are there. */
void worker_asked_release(struct worker_asked *asked);

#endif
