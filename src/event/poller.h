/* SPDX-License-Identifier: MIT */
/* poller.h - which descriptors are ready: the one door to the kernel's
 * readiness interface.  Implemented by poller_epoll.c; used by the loop. */
#ifndef COHORT_EVENT_POLLER_H
#define COHORT_EVENT_POLLER_H

#include "base/error.h"

/* What to watch for, and what was found. */
enum poller_interest {
	POLLER_READ = 1 << 0,
	POLLER_WRITE = 1 << 1,
	POLLER_HANGUP = 1 << 2,   /* the peer will send no more, or is gone */
	POLLER_URGENT = 1 << 3,   /* TCP urgent data */
	POLLER_FAILURE = 1 << 4,  /* found only: a socket error waits */
	POLLER_EDGE = 1 << 5,     /* watch only: report changes, not states */
	POLLER_EXCLUSIVE = 1 << 6 /* watch only: wake one of many processes */
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
