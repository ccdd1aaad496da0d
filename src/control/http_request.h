/* SPDX-License-Identifier: MIT */
/* http_request.h - the head of a request of HTTP/1.0 and 1.1 (RFC 9112), read
 * as its bytes come.
 *
 * Pure: the caller brings the bytes.  What is not understood exactly is refused
 * as soon as it is seen, with the status that says why.  A body is noticed and
 * never read. */
#ifndef COHORT_CONTROL_HTTP_REQUEST_H
#define COHORT_CONTROL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_BYTES 8192 /* of line and headers */

/* What is asked for. */
struct http_request {
	const char *path;   /* decoded, without the query */
	const char *query;  /* as it came; "" if there is none */
	const char *accept; /* the header; "" if there is none */
};

enum http_progress {
	HTTP_PARTIAL, /* more bytes are needed */
	HTTP_WHOLE,   /* the request can be answered */
	HTTP_REFUSED, /* it cannot be understood: answer `status`, close */
};

struct http_reader {
	struct http_request request; /* points into the bytes */
	int status;                  /* of a refusal: 400, 414, 431 or 505 */
	bool is_allowed;             /* GET or HEAD; else path is "" */
	bool is_head;
	bool keeps_alive; /* another request may follow */
	const char *host; /* the header; "" if there is none */
	size_t size;      /* bytes of the head, once it is whole */

	/* Inner. */
	size_t line;    /* where the line begins that is not whole yet */
	size_t scanned; /* bytes that need not be looked at again */
	bool has_line;  /* the request line has come */
	bool is_1_0;
	bool has_coding; /* Transfer-Encoding */
	bool has_length;
	bool has_body;
	bool wants_close;
	bool wants_keep;
	unsigned host_count;
	char *accept_end;
};

/* Before the first byte of each request. */
void http_reader_init(struct http_reader *reader);

/* Go on with `bytes`, of which `size` are there by now (at most
 * HTTP_REQUEST_BYTES): the same memory in each call for one request.  What
 * belongs to the head is decoded in place; bytes behind it are not touched. */
enum http_progress http_reader_take(struct http_reader *reader, char *bytes,
				    size_t size);

#endif
