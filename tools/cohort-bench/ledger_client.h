/* SPDX-License-Identifier: MIT */
/* ledger_client.h - one client of the ledger: it wants an exchange, tries
 * until it has it, and enters into the book what happens on the way.
 *
 *	resting ──due──▶ connecting ──▶ pausing ──▶ waiting ──▶ closing ─▶ resting
 *	   ▲                                        ▲   │short
 *	   └──────── whatever ends it ──────    due │   ▼long
 *	                                            idle
 *
 * A connection that is lost while an exchange is wanted does not end the
 * wish: the same token is sent on a new connection, at once the first time,
 * then after RUN_FAILURE_REST_MS each.  Only what is answered wrongly, or hung,
 * is given up. */
#ifndef COHORT_BENCH_LEDGER_CLIENT_H
#define COHORT_BENCH_LEDGER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/loop.h"
#include "ledger_book.h"
#include "ledger_pending.h"
#include "ledger_reply.h"
#include "options.h"
#include "target.h"

#define LEDGER_CLOSE_MS    1000 /* for the server to close after us */
#define LEDGER_INBOX_BYTES 1024 /* the longest HTTP response */

struct ledger_client;

/* What all clients share; lives as long as they do. */
struct ledger_setup {
	const struct options *options;
	struct loop *loop;
	struct target *target;
	struct ledger_book *book;
	struct ledger_pending *pending;
	bool is_stopping; /* no new exchange, no new connection */
	void *owner;
	/* Once per client, after is_stopping: it will do nothing more. */
	void (*finished)(struct ledger_client *client);
};

enum ledger_client_state {
	LEDGER_RESTING,    /* not connected; the timer begins */
	LEDGER_CONNECTING, /* without a descriptor: the timer tries again */
	LEDGER_PAUSING,    /* connected, says nothing yet */
	LEDGER_WAITING,    /* the token is sent */
	LEDGER_IDLE,       /* connected, the next exchange is not due */
	LEDGER_CLOSING,    /* half-closed, the server's end must come */
	LEDGER_FINISHED,
};

struct ledger_client {
	struct loop_source source;
	struct timer timer;
	struct ledger_setup *setup;
	enum ledger_client_state state;
	bool is_short;             /* one exchange per connection */
	bool is_reset;             /* send() said so before recv() */
	int fd;                    /* or -1 */
	int worker_pid;            /* of this connection; 0: unknown */
	unsigned reply_count;      /* on this connection */
	unsigned retry_count;      /* of this exchange */
	struct ledger_token token; /* of the exchange, wanted or done */
	uint64_t answered_number;  /* the last that was answered, from 1 */
	int64_t wanted_us;         /* since when; 0: nothing is wanted */
	int64_t due_us;            /* when the next will be */
	int64_t attempt_us;        /* connect or send, for -T */
	int64_t connect_us;        /* when this connection began */
	size_t inbox_size;
	char inbox[LEDGER_INBOX_BYTES];
};

/* Number `id` of the run; its first exchange is due at `due_us`. */
void ledger_client_init(struct ledger_client *client,
			struct ledger_setup *setup, uint64_t id,
			int64_t due_us);

/* The run is over (setup->is_stopping): finish what is under way, close in
 * good order.  `finished` may come before it returns. */
void ledger_client_stop(struct ledger_client *client);

/* Now: what is under way counts as hung. */
void ledger_client_give_up(struct ledger_client *client);

/* Close at once, without a word. */
void ledger_client_drop(struct ledger_client *client);

/* ---- Between ledger_client.c and ledger_exchange.c ------------------- */

/* Send the token; the state becomes waiting. */
void ledger_exchange_send(struct ledger_client *client);

/* Read and judge all that is there. */
void ledger_exchange_receive(struct ledger_client *client);

/* The exchange was answered; with `is_last` the server will close. */
void ledger_client_answered(struct ledger_client *client, bool is_last);

/* The connection was ended by the peer. */
void ledger_client_ended(struct ledger_client *client,
			 enum ledger_ending ending);

/* An errno of connect, send or recv ended the connection. */
void ledger_client_failed(struct ledger_client *client, int number);

/* Something else is wrong: enter it, drop the connection and the wish. */
void ledger_client_abandon(struct ledger_client *client,
			   enum ledger_entry entry);

/* Enter something into the book, with what is known of the client. */
void ledger_client_note(struct ledger_client *client, enum ledger_entry entry);

#endif
