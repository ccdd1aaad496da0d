/* SPDX-License-Identifier: MIT */
/* http_server.h - HTTP/1.1 for scrapers, probes and browsers: GET and HEAD of a
 * few paths, within limits.
 *
 * In the admin's loop.  Keep-alive and pipelining (one answer at a time, in
 * order); no request body is ever read (the answer comes at once, and is the
 * connection's last).  Who is slow, large or many is told so (408, 414, 431,
 * 503) and closed; memory is bounded by HTTP_CONNECTIONS and
 * HTTP_QUEUED_BYTES.  When all connections are in use, those give way to a
 * newcomer that are answered, then whoever has been idle, or has been sending
 * its request (it is told 408), for longest; only if all are reading answers
 * the newcomer is told 503. */
#ifndef COHORT_CONTROL_HTTP_SERVER_H
#define COHORT_CONTROL_HTTP_SERVER_H

#include "base/error.h"
#include "base/text.h"
#include "control/http_request.h"
#include "event/loop.h"

#define HTTP_CONNECTIONS 256   /* at once; see above for who gives way */
#define HTTP_REQUEST_MS  5000  /* from the first byte to the last header */
#define HTTP_IDLE_MS     75000 /* before and between requests */
#define HTTP_WRITE_MS    10000 /* without progress of an answer */
#define HTTP_ANSWER_MS   60000 /* for an answer, with progress */
#define HTTP_LINGER_MS   2000  /* for the peer to close, after the last one */
#define HTTP_DRAIN_MS    2000  /* for one more request of who is idle */

/* What waits for slow readers, all told; a further answer of more than
 * HTTP_SMALL_BYTES is replaced by a 503, so that probes are answered still. */
#define HTTP_QUEUED_BYTES ((size_t)64 << 20)
#define HTTP_SMALL_BYTES  4096

struct http_answer {
	int status;               /* 200, 404, … */
	const char *content_type; /* NULL: plain text */
	const char *headers;      /* further ones, each with CR LF; or NULL */
	struct text body;         /* the server's, once it is handed over */
};

/* A path and who answers it, at once, from memory.  It fills `answer`, which
 * comes zeroed with status 200. */
struct http_route {
	const char *path;
	void (*answer)(void *context, const struct http_request *request,
		       struct http_answer *answer);
};

struct http_server; /* opaque */

/* `routes` ends with a NULL path; it and `context` must outlive the server.
 * NULL with words: memory is out. */
struct http_server *http_server_new(struct loop *loop,
				    const struct http_route *routes,
				    void *context, struct error *error);

/* Accept from a listening, non-blocking socket, which stays the caller's and
 * open until the server drains or is freed.  0, or -1 with words. */
int http_server_accept(struct http_server *server, int fd, struct error *error);

/* Accept no more; the next answer of each connection is its last (Connection:
 * close).  Who is idle, or was just accepted, has HTTP_DRAIN_MS for it, so that
 * no request that is on its way is lost.  Once nobody is left `empty` is called
 * with the server's context, by the loop and not from inside this call; it may
 * free the server. */
void http_server_drain(struct http_server *server,
		       void (*empty)(void *context));

/* Closes all at once; NULL is fine.  Not from inside a route's answer. */
void http_server_free(struct http_server *server);

#endif
