/* SPDX-License-Identifier: MIT */
/* server_internal.h - the control server's parts: doors (server.c), those who
 * came in by them (server_connection.c), and who gives way (server_room.c). */
#ifndef COHORT_CONTROL_SERVER_INTERNAL_H
#define COHORT_CONTROL_SERVER_INTERNAL_H

#include <stdbool.h>

#include "base/list.h"
#include "base/log.h"
#include "control/reply_writer.h"
#include "control/server.h"
#include "event/loop.h"

/* A listening socket. */
struct control_door {
	struct loop_source source;
	struct list node;
	struct control_server *server;
	int fd; /* borrowed */
	bool is_watched;
};

struct control_server {
	struct loop *loop;
	const struct verb *table;
	const struct control_backend *backend;
	struct list doors;
	struct list asking;   /* connections without a whole request, oldest
				 first */
	struct list answered; /* the others */
	unsigned connection_count;
	unsigned guest_count; /* of these, who may only look */
	struct timer retry;   /* doors were left, since nothing could be had */
	struct timer crowded; /* … since those who came last may yet ask */
	struct log_limit limit;
	struct log_limit guest_limit;
	struct log_limit order_limit;
	struct loop_task emptied;
	void (*empty)(void *context); /* set: it drains */
};

struct control_connection {
	struct list node;
	struct control_server *server;
	struct loop_source source;
	struct loop_task flush;
	struct timer timer; /* for the request, for progress of the answer */
	int64_t since_ms;
	int fd;
	bool is_trusted; /* may order: not a guest */
	bool is_asking;  /* no whole request so far */
	bool is_carried; /* a verb fills the reply, and has not ended it */
	unsigned input_size;
	char input[REQUEST_BYTES];
	struct request request;
	struct reply_writer writer;
};

/* Serve `fd`, which it takes.  0, or -1 with errno and `fd` closed. */
int control_connection_open(struct control_server *server, int fd,
			    bool is_trusted);
/* What has come is read and served, as far as it goes at once.  It may be
 * closed by that. */
void control_connection_run(struct control_connection *connection);
/* At once; a reply that has not ended is told by `gone`. */
void control_connection_close(struct control_connection *connection);

/* server_room.c: may one more be accepted?  Who was accepted long enough ago,
 * and has not asked so far, gives way. */
bool control_server_has_room(struct control_server *server);
/* Serve who has been accepted, or turn it away: places are kept for those who
 * may order.  As control_connection_open. */
int control_server_let_in(struct control_server *server, int fd);

/* One has been closed: there may be room, or nobody left. */
void control_server_note_closed(struct control_server *server);
/* Memory of all answers that wait. */
size_t control_server_waiting(const struct control_server *server);

#endif
