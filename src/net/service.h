/* SPDX-License-Identifier: MIT */
/* service.h - one service as a worker runs it: what its transports share.
 *
 * Built once by the worker from the configuration; lives as long as the
 * worker.  Owns the list of its transports and the memory of those that have
 * ended (kept for the next ones, so that a warm worker allocates nothing per
 * connection). */
#ifndef COHORT_NET_SERVICE_H
#define COHORT_NET_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "cohort.h"
#include "event/inbox.h"
#include "event/loop.h"
#include "metrics/scoreboard.h"
#include "net/service_rate.h"
#include "net/sockopt.h"
#include "net/steering.h"
#include "net/transport_pool.h"
#include "net/transport_table.h"

#define SERVICE_READ_BYTES 65536     /* of one data_received, at most */
#define SERVICE_DROP_BYTES (1 << 18) /* that nobody is to see */
#define SERVICE_OFF        (-1)      /* a duration or limit that is off */

/* `proxy_protocol`: does a PROXY header come first? */
enum service_proxy {
	SERVICE_PROXY_OFF,
	SERVICE_PROXY_OPTIONAL, /* what begins otherwise is payload */
	SERVICE_PROXY_REQUIRED,
};
/* `balance adaptive`: a worker that accepts after such a rest says so. */
#define SERVICE_PAUSE_MS 20

#define SERVICE_DESCRIPTORS 1024 /* reserved for one transport, at most */

/* As configured; durations in ms or SERVICE_OFF. */
struct service_settings {
	int64_t idle_timeout_ms;
	int64_t first_byte_timeout_ms;
	int64_t write_timeout_ms;
	int64_t lifetime_ms;
	int64_t linger_timeout_ms;
	uint64_t write_high_bytes;
	uint64_t write_low_bytes;
	uint64_t write_limit_bytes; /* UINT64_MAX: off */
	uint64_t max_connections;   /* over all workers; 0: from descriptors */
	bool is_suspended;          /* its clients wait in the queues */
	enum service_proxy proxy;
	int64_t proxy_timeout_ms;   /* never off */
	uint64_t proxy_limit_bytes; /* of a header: net/proxy_header.h */
	uint64_t byte_rate;         /* bytes a second each way; 0: off */
	uint64_t byte_rate_service; /* of all transports of all workers */
	enum steering_balance balance;
	struct sockopt_settings options;
};

struct service;

/* What all services of a worker share. */
struct worker_context {
	struct loop *loop;
	struct scoreboard_page *page;
	uint64_t *cells; /* of the page: enum scoreboard_cell */
	struct buffer_pool buffers;
	struct transport_table transports; /* by id */
	struct list services;
	struct inbox inbox;        /* what other threads want done */
	struct resolver *resolver; /* NULL until a name has to be resolved */
	struct access_log *access_log; /* of those accepted; NULL: none */
	/* For everyone: SERVICE_DROP_BYTES, of which all but the first
	 * SERVICE_READ_BYTES are never touched and take no memory. */
	unsigned char *read_buffer;
	/* How far the wall clock is ahead of the loop's, and when it was read:
	 * once a second will do for what is only shown. */
	int64_t wall_ahead_ms;
	int64_t wall_read_ms;
	unsigned frames_left;    /* of the turn of the transport that reads */
	int forward_pipe[2];     /* transport_forward.c; -1: none yet */
	int64_t forward_pipe_ms; /* and none is opened before */
	uint64_t unsent_bytes;   /* as sockopt_system_unsent */
	unsigned slot;
	unsigned worker_count; /* of the program, as far as is known */
	bool is_draining;
	bool is_ending; /* all is cut: nothing new begins */
	/* All transports of all services have ended while draining; NULL if
	 * nobody waits. */
	void (*drained)(struct worker_context *context);
	/* A service has no room any more, or may have some again; NULL if
	 * nobody wants to know. */
	void (*room_changed)(struct worker_context *context,
			     struct service *service);
	/* A service of `balance adaptive` has accepted one, and is it known?
	 * NULL if nobody wants to know. */
	bool (*accepts_again)(struct worker_context *context,
			      struct service *service);
	unsigned live_count;     /* accepted transports of all services … */
	unsigned all_count;      /* … and outgoing ones */
	unsigned live_max;       /* descriptors for all of them */
	unsigned reserved_count; /* by those accepted: descriptors_each */
	unsigned reserved_most;  /* the largest descriptors_each */
};

/* No service yet, nothing live, no cap.  0, or -1 with errno ENOMEM. */
int worker_context_init(struct worker_context *worker, struct loop *loop,
			struct scoreboard_page *page);
/* The loop has ended: nothing new begins from here on.  What was posted runs
 * now; before the services are stopped.  Idempotent. */
void worker_context_end(struct worker_context *worker);
/* Close the pipe of transport_forward.c, if there is one. */
void transport_forward_release(struct worker_context *worker);
/* After all its services. */
void worker_context_release(struct worker_context *worker);

struct service {
	const char *name;
	unsigned index; /* of its row on the scoreboard */
	struct worker_context *worker;
	const struct cohort_protocol *protocol;
	const void *protocol_options;
	const struct service_settings *settings;
	uint64_t *cells; /* enum scoreboard_service_cell */

	struct list node; /* of worker->services */
	struct list transports;
	unsigned live_count;        /* those accepted … */
	unsigned all_count;         /* … and the outgoing ones */
	unsigned live_max;          /* this worker's share of max_connections */
	unsigned descriptors_each;  /* for an accepted transport, at most */
	struct list acceptors;      /* struct acceptor, waiting or not */
	int64_t accepted_ms;        /* the last, of `balance adaptive` */
	unsigned resting_count;     /* of these, for want of a resource */
	struct transport_pool idle; /* memory of those accepted that ended */
	struct transport_pool idle_outgoing;
	struct service_rate rates[RATE_SIDES]; /* shared by those accepted */

	void *state;               /* worker_size bytes of the protocol's */
	struct list timers;        /* struct cohort_timer */
	struct error *start_words; /* while worker_start runs, or NULL */
	bool is_started;           /* worker_start went well */
	bool is_suspended;         /* it accepts nobody for now */
};

/* What the protocol knows it by: never looked into, so that the struct of that
 * name need not exist. */
static inline struct cohort_worker *service_public(struct service *service)
{
	return (struct cohort_worker *)(void *)service;
}
static inline struct service *service_of_public(const struct cohort_worker *w)
{
	return (struct service *)(uintptr_t)w;
}

/* The same first in every public call: an argument that must not be NULL is
 * NULL by a mistake of the program, and ends it with the call's name. */
struct service *service_required(const struct cohort_worker *w,
				 const char *call);
void service_require(const void *argument, const char *name, const char *call);

/* All pointers are borrowed and must outlive the service. */
void service_init(struct service *service, struct worker_context *worker,
		  const char *name, unsigned index);
/* No transport may live any more; frees the kept memory. */
void service_release(struct service *service);

/* The bytes a second that its accepted transports share, each way; 0: off. */
void service_set_byte_rate(struct service *service, uint64_t bytes_per_second);

/* May this service take one more connection? */
bool service_has_room(const struct service *service);

/* Does it leave its clients in the queue: at a cap, or for want of a
 * resource? */
bool service_is_full(const struct service *service);

/* Accept nobody from now on: clients wait in the queues; or go on.  Those that
 * are connected notice nothing. */
void service_suspend(struct service *service);
void service_resume(struct service *service);

/* So many descriptors (none without this call, SERVICE_DESCRIPTORS at most) may
 * be needed for an accepted transport besides its own: they are reserved, so
 * that a worker full of clients can still connect on their behalf. */
void service_set_descriptors(struct service *service, unsigned count);

/* One accepted connection more, and one less: tells the worker when that makes
 * a service full, and both it and the acceptors when there is room again. */
void service_add_live(struct service *service);
void service_remove_live(struct service *service);

/* The same of outgoing ones, which are never refused, but take the room of
 * those that nobody reserved. */
void service_add_outgoing(struct service *service);
void service_remove_outgoing(struct service *service);

/* An acceptor rests for want of a resource, or goes on. */
void service_add_resting(struct service *service);
void service_remove_resting(struct service *service);

/* ---- The protocol's own part of the worker: service_hooks.c ---- */

/* worker_start.  0, or -1 with words. */
int service_start(struct service *service, struct error *error);
/* worker_draining; once. */
void service_announce_drain(struct service *service);
/* When no transport lives any more: worker_stop if it was started, and the end
 * of its timers and its state. */
void service_stop(struct service *service);

/* Around every callback that belongs to no transport; see transport_enter. */
void service_enter(struct service *service, enum scoreboard_callback callback);
void service_leave(struct service *service);

/* The caps are others than before. */
void service_review_room(struct service *service);

#endif
