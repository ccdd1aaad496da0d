/* SPDX-License-Identifier: MIT */
/* http_accept.h - what a client would like best (RFC 9110, 12.5.1). */
#ifndef COHORT_CONTROL_HTTP_ACCEPT_H
#define COHORT_CONTROL_HTTP_ACCEPT_H

#define HTTP_ACCEPT_BEST 1000

/* How gladly the header `accept` takes `type` ("text/plain"), in thousandths: 0
 * not at all, HTTP_ACCEPT_BEST at best; that of the most specific range, of
 * several the highest.  A range with another `version` than this does not
 * count.  What is ill in the header is passed over; an empty one takes
 * anything. */
int http_accept_quality(const char *accept, const char *type,
			const char *version);

#endif
