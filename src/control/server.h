/* SPDX-License-Identifier: MIT */
/* server.h - the control socket: a request a connection, and its answer.
 *
 * In the admin's loop.  A client sends one line (request.h) and gets
 *
 *	table NAME, column …, row …	(report.h)
 *	say WORDS
 *	end				or `fail STATUS WORDS`
 *
 * with fields parted by tabs; or, with form=json, one object a line, of which
 * the last begins with {"ok":true or {"ok":false (reply_writer.h).  What the
 * client sends after its line is refused; that it sends no more is fine.
 *
 * Who is slow, large or many costs nobody else anything: requests and answers
 * have bounds of time, size and number. */
#ifndef COHORT_CONTROL_SERVER_H
#define COHORT_CONTROL_SERVER_H

#include "base/error.h"
#include "control/backend.h"
#include "control/verb.h"
#include "event/loop.h"

#define CONTROL_CONNECTIONS   64    /* at once; who has not asked gives way */
#define CONTROL_GUESTS        56    /* of them, who may only look */
#define CONTROL_REQUEST_MS    5000  /* from accept to the line's end */
#define CONTROL_WRITE_MS      10000 /* without progress of an answer */
#define CONTROL_WAITING_BYTES ((size_t)64 << 20) /* of all answers */

struct control_server; /* opaque */

/* `table` are the verbs (verb.h: `verbs`); it and `backend` must outlive the
 * server.  NULL with words. */
struct control_server *control_server_new(struct loop *loop,
					  const struct verb *table,
					  const struct control_backend *backend,
					  struct error *error);

/* Accept from a listening, non-blocking unix socket, which stays the
 * caller's.  0, or -1 with words. */
int control_server_accept(struct control_server *server, int fd,
			  struct error *error);

/* Accept no more; who was accepted is answered, orders to their end.  `empty`
 * is called with the backend's context when nobody is left: never before this
 * returns, once.  The server may be freed in it. */
void control_server_drain(struct control_server *server,
			  void (*empty)(void *context));

/* Close everybody at once; replies that were not ended are told by `gone`. */
void control_server_free(struct control_server *server); /* NULL is fine */

#endif
