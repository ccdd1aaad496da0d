/* SPDX-License-Identifier: MIT */
/* listener_unix.h - the file of a unix socket: may we have the path, and who
 * may connect.
 *
 * Used by listener.c alone.  A socket that is bound but does not listen
 * refuses every connection (unix(7), ECONNREFUSED), so whatever is done to
 * its file before listen() is done before anybody can connect. */
#ifndef COHORT_NET_LISTENER_UNIX_H
#define COHORT_NET_LISTENER_UNIX_H

#include <stdbool.h>

#include "base/error.h"
#include "net/address.h"
#include "net/listener.h"

/* Is it unix:/path, with a file, and not unix:@name? */
bool listener_unix_has_file(const struct address *address);

/* May we bind there?  0 if there is no file, or a socket that nobody answers
 * on (`is_stale` is set).  -1 with EADDRINUSE if somebody answers, EEXIST if
 * it is no socket, or what the kernel said. */
int listener_unix_check(const struct address *address, bool *is_stale,
			struct error *error);

/* Bind `fd`, replacing a stale file, and set mode and owner (`access` may be
 * NULL).  0, or -1 with words and no file of ours left behind. */
int listener_unix_bind(int fd, const struct address *address,
		       const struct listener_access *access,
		       struct error *error);

#endif
