/* SPDX-License-Identifier: MIT */
/* proxy.h - the forwarder from inside, for the proxy*.c files alone.
 *
 * Each client has one upstream at a time.  The two transports of such a pair
 * know each other by pointers that are cleared when either is lost.  Nothing is
 * read from a client until its upstream is connected; until the first byte has
 * gone either way, an upstream that fails is replaced by the next. */
#ifndef COHORT_PROTOCOLS_PROXY_H
#define COHORT_PROTOCOLS_PROXY_H

#include "cohort.h"
#include "protocols/proxy_balance.h"

/* ---- As configured ---------------------------------------------------- */

struct proxy_row {
	const char *address;
	uint64_t weight;
	/* Of all workers of a generation, as proxy_share divides it; those of
	 * older ones that drain count for themselves.  0: any number. */
	uint64_t max_connections;
	uint64_t max_failures;
	int64_t failure_timeout_ms;
	bool is_backup;
};

struct proxy_options {
	struct cohort_rows upstreams; /* struct proxy_row */
	int method;                   /* enum proxy_method */
	int64_t connect_timeout_ms;
	uint64_t tries;
	int send_proxy;            /* 0: off, or enum cohort_proxy_version */
	int64_t check_interval_ms; /* -1: off */
	int64_t check_timeout_ms;
	uint64_t rise;
	uint64_t fall;
};

/* ---- In a worker ------------------------------------------------------ */

/* One upstream that is checked. */
struct proxy_check {
	struct cohort_worker *w;
	struct proxy_upstream *target;
	struct cohort_timer *timer; /* NULL: no more */
	uint64_t id;                /* of the running check, or 0 */
};

struct proxy_worker {
	const struct proxy_options *options;
	struct proxy_balance balance;
	struct proxy_check *checks; /* one for each upstream, or NULL */
	/* Clients that found no upstream since it was last said. */
	uint64_t refused_count;
	int64_t refused_ms;
};

/* ---- The two sides of a pair ------------------------------------------ */

struct proxy_client {
	struct cohort_transport *upstream; /* NULL: none, or none any more */
	struct proxy_tried tried;
	uint64_t tries_left;
	int error;     /* why the last one could not be had */
	bool is_begun; /* a byte has gone: it stays with this upstream */
	bool is_eof_received;
};

struct proxy_outgoing {
	struct cohort_transport *client; /* NULL: it has gone */
	struct proxy_upstream *target;
	int64_t connected_ms;
	bool is_connected;
	bool has_received;
	bool is_eof_received;
};

/* ---- proxy_pair.c: bytes both ways, and the end ----------------------- */

extern const struct cohort_protocol proxy_upstream_protocol;

void proxy_client_received(struct cohort_transport *t, void *session,
			   const void *data, size_t size);
enum cohort_verdict proxy_client_eof(struct cohort_transport *t, void *session);
void proxy_client_pause(struct cohort_transport *t, void *session);
void proxy_client_resume(struct cohort_transport *t, void *session);
void proxy_client_lost(struct cohort_transport *t, void *session,
		       const struct cohort_end *end);

/* ---- proxy_attempt.c: how a client comes to an upstream --------------- */

/* Begin to connect it to the next upstream; if there is none, it is reset. */
void proxy_attempt(struct cohort_transport *client,
		   struct proxy_client *session);

/* Could another upstream still take it?  Then begin to connect to that one and
 * return true. */
bool proxy_attempt_another(struct cohort_transport *client,
			   struct proxy_client *session);

/* ---- proxy_watch.c: who is up, in words -------------------------------- */

void proxy_watch_connected(struct cohort_worker *w,
			   struct proxy_upstream *upstream);
/* The first byte of a connection has come; it has lived for a while. */
void proxy_watch_received(struct cohort_worker *w,
			  struct proxy_upstream *upstream);
void proxy_watch_lasted(struct cohort_worker *w,
			struct proxy_upstream *upstream);
void proxy_watch_failed(struct cohort_worker *w,
			struct proxy_upstream *upstream, int error);
void proxy_watch_checked(struct cohort_worker *w,
			 struct proxy_upstream *upstream, bool is_good,
			 int error);
/* A client found no upstream; a log line for many of them. */
void proxy_watch_refused(struct cohort_worker *w, int error);
/* What has become of each upstream's connections up to now (bytes: of those
 * that have ended): when the worker begins to drain with clients left, and when
 * it stops. */
void proxy_watch_report(struct cohort_worker *w);

/* ---- proxy_check.c: active checks -------------------------------------- */

/* 0, or -1 if memory is out. */
int proxy_check_start(struct cohort_worker *w, struct proxy_worker *worker);
/* No more of them; those that run come to nothing. */
void proxy_check_stop(struct cohort_worker *w, struct proxy_worker *worker);
/* After the last transport. */
void proxy_check_free(struct proxy_worker *worker);

static inline int64_t proxy_now_ms(const struct cohort_worker *w)
{
	struct cohort_worker_info info;

	cohort_worker_info(w, &info);
	return info.now_ms;
}

#endif
