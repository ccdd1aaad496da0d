/* SPDX-License-Identifier: MIT */
/* http_server.h - HTTP/1.1 for scrapers, probes and browsers: GET and HEAD of a
 * few paths, within limits.
 *
 * In the admin's loop.  Keep-alive and pipelining (one answer at a time, in
 * order), no request body is ever read.  Who is slow, large or many is told so
 * (408, 431, 503) and closed; memory is bounded by HTTP_CONNECTIONS. */
#ifndef COHORT_CONTROL_HTTP_SERVER_H
#define COHORT_CONTROL_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "event/loop.h"

#define HTTP_CONNECTIONS   256   /* at once; the longest idle gives way */
#define HTTP_REQUEST_BYTES 8192  /* of line and headers */
#define HTTP_REQUEST_MS    5000  /* from the first byte to the last header */
#define HTTP_IDLE_MS       75000 /* between requests */
#define HTTP_WRITE_MS      10000 /* without progress of an answer */

struct http_request {
	const char *path;   /* decoded, without the query */
	const char *query;  /* "" if there is none */
	const char *accept; /* the header; "" if there is none */
};

struct http_answer {
	int status; /* 200, 404, … */
	const char *content_type;
	const char *headers; /* further ones, each with CR LF; or NULL */
	struct text body;    /* the server's, once it is handed over */
};

/* A path and who answers it, at once, from memory.  It fills `answer`, which
 * comes zeroed with status 200. */
struct http_route {
	const char *path;
	void (*answer)(void *context, const struct http_request *request,
		       struct http_answer *answer);
};

struct http_server; /* opaque */

/* `routes` ends with a NULL path; it and `context` must outlive the server. */
struct http_server *http_server_new(struct loop *loop,
				    const struct http_route *routes,
				    void *context, struct error *error);
/* Accept from a listening socket, which stays the caller's.  0, or -1 with
 * words. */
int http_server_accept(struct http_server *server, int fd, struct error *error);
/* Accept no more; what is being answered is answered (Connection: close), what
 * is idle is closed at once, or after its next answer if bytes of a request
 * have come.  `empty` is called when nobody is left (perhaps at once). */
void http_server_drain(struct http_server *server,
		       void (*empty)(void *context));
void http_server_free(struct http_server *server); /* closes all at once */

#endif
