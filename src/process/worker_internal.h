/* SPDX-License-Identifier: MIT */
/* worker_internal.h - what the files of the worker share.
 *
 *	worker.c            memory, the loop, birth and end
 *	worker_records.c    what is said over the channel
 *	worker_listeners.c  services; bind, bank, listen, accept, let go
 *	worker_drain.c      the way out */
#ifndef COHORT_PROCESS_WORKER_INTERNAL_H
#define COHORT_PROCESS_WORKER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "event/loop.h"
#include "event/signals.h"
#include "net/acceptor.h"
#include "net/service.h"
#include "process/channel.h"
#include "process/worker.h"

#define WORKER_TURN_LIMIT_MS 250 /* between two heartbeats, at most */

enum worker_phase {
	WORKER_PHASE_STARTING, /* until READY */
	WORKER_PHASE_SERVING,
	WORKER_PHASE_EMPTYING, /* draining: still accepts what waits */
	WORKER_PHASE_LEAVING,  /* draining: accepts no more */
};

/* A visit to all transports, in slices. */
struct worker_pass {
	unsigned service;    /* index */
	unsigned left_count; /* to be visited of this service */
};

/* The way out, for worker_drain.c alone. */
struct worker_drain {
	struct loop_task step; /* of the present phase */
	struct timer bound;    /* closes, step by step, then cuts */
	int64_t since_ms;
	int64_t until_ms;       /* the bound, if there is one */
	int64_t close_from_ms;  /* graceful closes are spread from here … */
	int64_t close_until_ms; /* … to here */
	unsigned close_total;   /* transports alive at close_from_ms */
	unsigned closed_count;  /* of these, closed by now */
	struct worker_pass announcing;
	struct worker_pass closing;
	bool has_bound;
};

struct worker {
	const struct worker_order *order;
	struct loop loop;
	struct signals signals;
	struct channel channel;
	struct worker_context context;
	struct service *services;   /* as in the configuration */
	struct acceptor *acceptors; /* as in the order's listeners */
	struct timer retry;         /* of reports that found a full channel */
	unsigned unsent;            /* these, a bit for each type */
	enum worker_phase phase;
	struct worker_drain drain;
	int exit_status;
};

/* worker.c.  BANKED: listen, give up privileges, accept, READY. */
void worker_go_on(struct worker *worker);

/* worker_records.c */
void worker_receive(struct channel *channel, const struct record *record,
		    const int *fds);
/* Tell the supervisor, now or when there is room. */
void worker_report(struct worker *worker, enum record_type type);
void worker_report_again(struct timer *timer);

/* worker_listeners.c.  A listener's descriptor is SPAWN_FIRST_LISTENER plus
 * its index.  Each 0, or -1 with words. */
int worker_open_services(struct worker *worker, struct error *error);
int worker_bind(struct worker *worker, struct error *error);
int worker_listen(struct worker *worker, struct error *error);
int worker_accept(struct worker *worker, struct error *error);
/* Does a client wait that this worker has room for? */
bool worker_has_waiting(const struct worker *worker);
/* Accept no more; the bank keeps what is closed here.  Idempotent. */
void worker_stop_accepting(struct worker *worker);
/* Whatever worker_open_services has opened, all of it or nothing. */
void worker_release_services(struct worker *worker);

/* worker_drain.c: take no new connections and end within `bound_ms` (-1: with
 * the last transport; 0: now).  Again: a new bound. */
void worker_drain(struct worker *worker, int64_t bound_ms);
/* The supervisor is gone: drain, within shutdown_timeout. */
void worker_orphaned(struct worker *worker);
/* What waited is accepted: from emptying to leaving. */
void worker_leave(struct worker *worker);
/* End the loop if nothing is left to do: no transport, nothing to report. */
void worker_end_if_done(struct worker *worker);
void worker_init_drain(struct worker *worker);
void worker_release_drain(struct worker *worker);

#endif
