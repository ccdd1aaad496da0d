/* SPDX-License-Identifier: MIT */
/* poller.h - which descriptors are ready: the one door to the kernel's
 * readiness interface.  Implemented by poller_epoll.c; used by the loop. */
#ifndef COHORT_EVENT_POLLER_H
#define COHORT_EVENT_POLLER_H

#include "base/error.h"

/* What to watch for, and what was found.  The values are the kernel's as far as
 * it has them, so that what it found need not be translated bit by bit. */
enum poller_interest {
	POLLER_READ = 0x0001,
	POLLER_URGENT = 0x0002, /* TCP urgent data */
	POLLER_WRITE = 0x0004,
	POLLER_FAILURE = 0x0008,   /* found only: a socket error waits */
	POLLER_HANGUP = 0x2000,    /* the peer will send no more, or is gone */
	POLLER_EDGE = 1 << 16,     /* watch only: report changes, not states */
	POLLER_EXCLUSIVE = 1 << 17 /* watch only: wake one of many processes */
};

struct poller_event {
	void *owner;
	unsigned found;
};

/* Returns the poller's descriptor (close-on-exec), or -1. */
int poller_open(struct error *error);

/* 0, or -1 with errno (ENOMEM, ENOSPC: the user's watch limit). */
int poller_add(int poller, int fd, unsigned interest, void *owner);
int poller_remove(int poller, int fd);

/* Wait at most `wait_ms` (-1: for ever) and fill up to `limit` events.  A
 * signal counts as nothing found.  Returns the number, or -1 with errno. */
int poller_wait(int poller, struct poller_event *events, int limit,
		int wait_ms);

#endif
