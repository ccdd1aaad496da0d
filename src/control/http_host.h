/* SPDX-License-Identifier: MIT */
/* http_host.h - may a page in a browser have sent this request?
 *
 * A name of an attacker that is made to mean 127.0.0.1 (DNS rebinding) lets a
 * page read what only this machine may; but its requests bear that name. */
#ifndef COHORT_CONTROL_HTTP_HOST_H
#define COHORT_CONTROL_HTTP_HOST_H

#include <stdbool.h>

/* Is it bound to a loopback address?  (No browser reaches a unix socket.) */
bool http_host_is_checked(int listener);

/* Is `host`, as in the header, an address, localhost or nothing, with a port or
 * without?  Pure. */
bool http_host_is_local(const char *host);

#endif
