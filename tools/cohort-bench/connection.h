/* SPDX-License-Identifier: MIT */
/* connection.h - one connection that sends messages and compares what comes
 * back.
 *
 *	idle ──open──▶ connecting ──▶ open ──all bytes, and EOF──▶ idle
 *	                  └── any failure, at any time ───────────────▲
 *
 * It sends what its owner allows.  A message is an exchange when its last
 * byte is back; its time counts from the moment that its owner says, also when
 * the kernel took its bytes only later. */
#ifndef COHORT_BENCH_CONNECTION_H
#define COHORT_BENCH_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "event/loop.h"
#include "failures.h"
#include "pattern.h"
#include "target.h"

#define CONNECTION_BUFFER_BYTES 131072
#define CONNECTION_RETRY_MS     2 /* a unix socket's queue was full */

struct connection;

/* What all connections of a run share; lives as long as they do. */
struct connection_setup {
	struct loop *loop;
	struct target *target;
	const struct pattern *pattern;
	unsigned char *buffer; /* CONNECTION_BUFFER_BYTES, for everyone */
	size_t size_bytes;     /* of a message */
	unsigned depth;        /* messages allowed at once, at most */
	int64_t timeout_ms;    /* without a byte */
	int64_t now_us;        /* monotonic: of the bytes that just came */
	void *owner;
	/* The connection is made; `exchanged` and `opened` may allow and
	 * finish, and what they allow is sent when they have returned. */
	void (*opened)(struct connection *connection);
	void (*exchanged)(struct connection *connection, int64_t took_us);
	/* The last: it is idle again, and may be opened, but not from within
	 * the callback. */
	void (*ended)(struct connection *connection, enum failure failure,
		      int number);
};

enum connection_state {
	CONNECTION_IDLE,
	CONNECTION_CONNECTING,
	CONNECTION_OPEN,
};

/* After the last message. */
enum connection_ending {
	CONNECTION_HALF_CLOSES, /* when all are back; end of file must come */
	CONNECTION_HALF_CLOSES_EARLY, /* the same, when all are sent */
	CONNECTION_CLOSES,            /* when all are back, and that is all */
};

struct connection {
	struct loop_source source;
	struct timer timer; /* looks for progress, rarely; retries connect */
	struct list node;   /* the owner's */
	struct connection_setup *setup;
	enum connection_state state;
	int fd;
	uint64_t id; /* decides its bytes */
	uint64_t allowed_count, exchanged_count;
	uint64_t sent_bytes, received_bytes;
	int64_t began_us;              /* when it began to connect */
	int64_t progress_ms;           /* when it last got on */
	int64_t *starts_us;            /* `depth` of them, a ring, by message */
	bool is_finishing;             /* no message will be allowed any more */
	enum connection_ending ending; /* of one that is finishing */
	bool is_half_closed;
	/* The owner's. */
	bool is_dialing; /* one of those that are being opened */
	bool is_settled; /* its first opening is over */
	bool is_asked;   /* one of those that are asked again */
};

/* `starts_us` has room for setup->depth times and stays the caller's. */
void connection_init(struct connection *connection,
		     struct connection_setup *setup, int64_t *starts_us);

/* Connect, as number `id`.  All callbacks may come before it returns, but
 * `exchanged`. */
void connection_open(struct connection *connection, uint64_t id);

/* Allow one more message, whose time counts from `since_us` (monotonic); at
 * most `depth` may be on their way. */
void connection_allow(struct connection *connection, int64_t since_us);

/* No message after those allowed.  Idempotent: the first ending counts. */
void connection_finish(struct connection *connection,
		       enum connection_ending ending);

/* After allow or finish outside of the callbacks: send. */
void connection_push(struct connection *connection);

/* Close at once, without a callback. */
void connection_drop(struct connection *connection);

#endif
