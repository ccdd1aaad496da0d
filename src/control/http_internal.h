/* SPDX-License-Identifier: MIT */
/* http_internal.h - what the files of the HTTP server share.
 *
 *	http_server.c      who is let in, who gives way, the drain
 *	http_connection.c  a connection: read, answer, write, linger
 *	http_answer.c      what stands before a body */
#ifndef COHORT_CONTROL_HTTP_INTERNAL_H
#define COHORT_CONTROL_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/log.h"
#include "control/http_server.h"

struct http_server {
	struct loop *loop;
	const struct http_route *routes;
	void *context;
	struct list listeners; /* struct http_listener */
	/* Each connection is on one of these. */
	struct list idle;    /* nothing of a request has come; longest first */
	struct list busy;    /* a request comes, or an answer goes */
	struct list leaving; /* all is said */
	unsigned connection_count;
	size_t queued_bytes; /* bodies that are being written */
	struct list turns;   /* connections that can go on */
	struct loop_task turn_task;
	bool is_draining;
	void (*empty)(void *context);
	struct loop_task empty_task;
	struct log_limit full_limit;
};

struct http_listener {
	struct http_server *server;
	struct list node;
	struct loop_source source;
	struct timer retry;
	struct log_limit limit;
	bool is_local; /* only this machine reaches it */
	int fd;        /* borrowed */
	int wait_ms;   /* the next wait after a failure; 0: none yet */
};

enum http_state {
	HTTP_READING,
	HTTP_WRITING,
	HTTP_LINGERING, /* shut down; what still comes is discarded */
	HTTP_STATES,
};

struct http_connection {
	struct http_server *server;
	struct list node;
	struct loop_source source; /* edge triggered: each state begins by
				      trying */
	struct list turn;          /* in the server's list: it can go on */
	struct timer timer;        /* of the state */
	int fd;                    /* owned */
	enum http_state state;
	bool is_local; /* as its listener */
	bool is_last;  /* this answer ends the connection */
	size_t size;   /* bytes that have come and are not answered */
	struct http_reader reader;
	struct text head;
	struct text body;
	size_t sent_bytes; /* of head and body */
	int64_t answer_ms; /* when the answer began */
	int64_t since_ms;  /* when it became idle, or its request began */
	size_t discarded_bytes;
	char bytes[HTTP_REQUEST_BYTES];
};

/* Whoever can go on stands in line, and a turn of the loop serves so many as
 * have room in HTTP_TURN_MS, at least one: nothing else in the process waits
 * for longer. */
#define HTTP_TURN_MS 20
void http_connection_serve_turns(struct loop_task *turn_task);

/* Take `fd`.  0, or -1 with errno: it is the caller's still. */
int http_connection_open(struct http_listener *listener, int fd);
/* Go on as far as can be, for a bounded time; it may have been closed when
 * this returns. */
void http_connection_run(struct http_connection *connection);
void http_connection_close(struct http_connection *connection);
/* Its time is up, for what it does now; it may have been closed likewise. */
void http_connection_expire(struct http_connection *connection);
/* The server drains: idle, it waits for one more request for a while. */
void http_connection_drain(struct http_connection *connection);

/* Make `answer` one that says no more than its status. */
void http_answer_status(struct http_answer *answer, int status);
/* The status line and headers, with an empty line. */
void http_answer_head(struct text *out, const struct http_answer *answer,
		      bool is_last, int64_t wall_ms);

#endif
