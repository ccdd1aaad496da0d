/* SPDX-License-Identifier: MIT */
/* worker_internal.h - what the files of the worker share.
 *
 *	worker.c            memory, the loop, birth and end
 *	worker_plugins.c    plug-ins are opened
 *	worker_records.c    what is said over the channel
 *	worker_listeners.c  services; bind, bank, listen, accept, let go
 *	worker_adopted.c    listeners of other slots
 *	worker_room.c       who has room is known to the supervisor
 *	worker_asked.c      admins ask about its connections
 *	worker_drain.c      the way out */
#ifndef COHORT_PROCESS_WORKER_INTERNAL_H
#define COHORT_PROCESS_WORKER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "event/loop.h"
#include "event/signals.h"
#include "net/acceptor.h"
#include "net/access_log.h"
#include "net/service.h"
#include "process/channel.h"
#include "process/worker.h"
#include "process/worker_asked.h"

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
	struct timer orphan;   /* nobody has taken over by then */
	struct timer look;     /* is there room for clients that wait? */
	int64_t since_ms;
	int64_t until_ms;       /* the bound, if there is one */
	int64_t close_from_ms;  /* graceful closes are spread from here … */
	int64_t close_until_ms; /* … to here */
	unsigned close_total;   /* transports alive at close_from_ms */
	unsigned closed_count;  /* of these, closed by now */
	struct worker_pass announcing;
	struct worker_pass closing;
	bool has_bound;
	bool is_last; /* clients that are left in the queue are lost */
};

struct worker {
	const struct worker_order *order;
	struct worker_order own_order; /* with plug-ins: `order` is this … */
	struct config *own_config;     /* … and its configuration; owned */
	struct loop loop;
	struct signals signals;
	struct channel channel;
	struct worker_context context;
	struct access_log access;
	struct service *services;   /* as in the configuration */
	struct acceptor *acceptors; /* as in the order's listeners */
	struct list adopted;        /* listeners of other slots */
	struct timer retry;         /* of reports that found a full channel */
	struct timer room;          /* room that is left is made known */
	bool *is_known_full;        /* by the supervisor; of each service */
	unsigned unsent;            /* these, a bit for each type */
	enum worker_phase phase;
	struct worker_drain drain;
	struct worker_asked asked;
	int exit_status;
};

/* worker.c.  BANKED: listen, give up privileges, accept, READY. */
void worker_go_on(struct worker *worker);

/* worker_plugins.c: `order` has protocols and options of plug-ins from here on,
 * if there are any.  With the privileges that it was started with, and the only
 * one of its descriptors beside.  0, or -1 with words. */
int worker_open_plugins(struct worker *worker, struct error *error);

/* worker_records.c */
void worker_receive(struct channel *channel, const struct record *record,
		    const int *fds);
/* Tell the supervisor, now or when there is room. */
void worker_report(struct worker *worker, enum record_type type);
/* It cannot accept from the listener of another slot that it was lent. */
void worker_refuse(struct worker *worker, unsigned slot, unsigned index);
void worker_report_again(struct timer *timer);

/* worker_listeners.c.  A listener's descriptor is SPAWN_FIRST_LISTENER plus
 * its index.  Each 0, or -1 with words. */
int worker_open_services(struct worker *worker, struct error *error);
int worker_bind(struct worker *worker, struct error *error);
int worker_listen(struct worker *worker, struct error *error);
/* The protocols' own part. */
int worker_start_services(struct worker *worker, struct error *error);
int worker_accept(struct worker *worker, struct error *error);
/* Does a client wait (that this worker has room for)? */
bool worker_has_waiting(const struct worker *worker, bool is_for_room);
/* Accept no more; the bank keeps what is closed here.  Idempotent. */
void worker_stop_accepting(struct worker *worker);
/* So many workers share the limits of the services. */
void worker_share_limits(struct worker *worker, unsigned worker_count);
/* A service accepts nobody from now on, or goes on. */
void worker_suspend(struct worker *worker, unsigned service, bool is_on);
/* Whatever worker_open_services has opened, all of it or nothing. */
void worker_release_services(struct worker *worker);

/* worker_adopted.c: accept from `fd` too, which it takes: listener `index` of
 * `slot`.  What cannot be is logged, and left to the slot's own worker. */
void worker_adopt(struct worker *worker, unsigned slot, unsigned index, int fd);
void worker_disown(struct worker *worker, unsigned slot, unsigned index);
void worker_disown_all(struct worker *worker);
bool worker_has_adopted_waiting(const struct worker *worker, bool is_for_room);
bool worker_is_waiting(const struct acceptor *acceptor, bool is_for_room);

/* worker_room.c */
void worker_room_changed(struct worker_context *context,
			 struct service *service);
void worker_report_room(struct timer *timer);
/* The supervisor is to balance it: has it been told? */
bool worker_accepts_again(struct worker_context *context,
			  struct service *service);

/* worker_drain.c: take no new connections and end within `bound_ms` (-1: with
 * the last transport; 0: now).  Again: a new bound.  `is_last`: nobody accepts
 * after it what waits in its queues. */
void worker_drain(struct worker *worker, int64_t bound_ms, bool is_last);
/* The supervisor is gone: serve, or drain, on for orphan_timeout, and end within
 * shutdown_timeout after that. */
void worker_orphaned(struct worker *worker);
/* Its successor says so: drain, and end when it wants or drain_timeout is
 * over. */
void worker_succeeded(struct worker *worker);
/* What waited is accepted: from emptying to leaving. */
void worker_leave(struct worker *worker);
/* End the loop if nothing is left to do: no transport, nothing to report. */
void worker_end_if_done(struct worker *worker);
void worker_init_drain(struct worker *worker);
void worker_release_drain(struct worker *worker);

#endif
