/* SPDX-License-Identifier: MIT */
/* notify.h - what a service manager is told, and what it has told us:
 * sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), written by hand.
 *
 * For the supervisor alone: a manager takes the word of the main process
 * only.  A child closes the copy that it was forked with.  The environment is
 * read elsewhere and comes as strings.
 *
 * Each call that tells something sends one datagram, never waits, and returns
 * 0, or -1 with words: with EAGAIN as their number the manager is behind and
 * may be told again, with 0 an argument is at fault, any other is that of the
 * system call.  Nothing is kept or sent again here.  If no manager asked
 * (`notify_is_on` is false), every such call does nothing, looks at nothing and
 * returns 0.  Names and states are those of sd_notify(3); no datagram ends in
 * a newline. */
#ifndef COHORT_PROCESS_NOTIFY_H
#define COHORT_PROCESS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/error.h"

#define NOTIFY_STATUS_BYTES 512 /* of words; what is longer is cut */
#define NOTIFY_NAME_BYTES   255 /* of a descriptor's name, sd_notify(3) */
#define NOTIFY_DESCRIPTORS  252 /* in one datagram: musl; SCM_MAX_FD is 253 */
#define NOTIFY_LISTEN_FIRST 3   /* SD_LISTEN_FDS_START */

struct notify {
	int fd; /* -1: off */
	socklen_t length;
	struct sockaddr_un address;
};

/* ---- The socket ---- */

/* Begin with the value of $NOTIFY_SOCKET: a /path, or an @abstract name.
 * NULL or "" is no error: nobody asked.  0, or -1 with words, for all other
 * kinds of address too (vsock); it is off then and may be used.  The manager
 * need not be there yet: it is looked up each time it is told something, so
 * a socket that was replaced is found. */
int notify_open(struct notify *notify, const char *value, struct error *error);
void notify_close(struct notify *notify); /* off from now on; idempotent */
bool notify_is_on(const struct notify *notify);

/* ---- What we tell ---- */

/* Status words are UTF-8 of one line: control bytes become spaces, and what
 * is beyond NOTIFY_STATUS_BYTES is cut between two characters. */

/* Start or reload has ended; `words` may be NULL: no new status. */
int notify_ready(const struct notify *notify, const char *words,
		 struct error *error);
/* A reload begins; the time is that of CLOCK_MONOTONIC, read after it was asked
 * for: a manager takes an earlier one for another reload.  notify_ready ends
 * it. */
int notify_reloading(const struct notify *notify, uint64_t monotonic_usec,
		     struct error *error);
int notify_stopping(const struct notify *notify, struct error *error);
int notify_status(const struct notify *notify, const char *words,
		  struct error *error);
int notify_watchdog(const struct notify *notify, struct error *error);
/* Start or stop goes on: wait `usec` from now, for its end or for another such
 * call. */
int notify_extend(const struct notify *notify, uint64_t usec,
		  struct error *error);
/* Hand the part of the main process to `pid`. */
int notify_main_pid(const struct notify *notify, pid_t pid,
		    struct error *error);

/* Have the manager keep duplicates of up to NOTIFY_DESCRIPTORS, without a look
 * at whether they are still of use; a next process gets them with those of
 * notify_listen_fds.  `fds` stay the caller's.  The name is 1 to
 * NOTIFY_NAME_BYTES of printable ASCII without a colon.  With a count of 0
 * nothing is sent. */
int notify_store(const struct notify *notify, const char *name, const int *fds,
		 unsigned count, struct error *error);
/* Have it close all that it keeps under that name. */
int notify_remove(const struct notify *notify, const char *name,
		  struct error *error);

/* ---- What we were told ----
 *
 * Pure: `own` is the pid of who asks.  A string is NULL if it is not set. */

/* From $WATCHDOG_USEC and $WATCHDOG_PID: how often to call notify_watchdog,
 * in ms: half the period (as sd_watchdog_enabled(3) recommends), at least 1.
 * -1 if nobody waits for it: not set, for another process, or nonsense. */
int64_t notify_watchdog_interval(const char *usec, const char *pid, pid_t own);

struct notify_listen {
	const char *pid;   /* $LISTEN_PID */
	const char *fds;   /* $LISTEN_FDS */
	const char *names; /* $LISTEN_FDNAMES; NULL: all are "unknown" */
};

struct notify_inherited {
	int fd;
	char name[NOTIFY_NAME_BYTES + 1]; /* may be "" */
};

/* Which descriptors the manager gave us, from NOTIFY_LISTEN_FIRST on; whether
 * they are open is not looked at, and close-on-exec is for the caller to set.
 * Their number, which is 0 if they are for another process; or -1 with words
 * for nonsense, for more than `room`, and for more or fewer names than
 * descriptors: `out` means nothing then. */
int notify_listen_fds(const struct notify_listen *told, pid_t own,
		      struct notify_inherited *out, unsigned room,
		      struct error *error);

#endif
