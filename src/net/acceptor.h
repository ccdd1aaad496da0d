/* SPDX-License-Identifier: MIT */
/* acceptor.h - a worker accepting from one listener.
 *
 * Level triggered (kernel.md 21), in small batches (accept_batch.h), so that
 * what is not yet accepted stays in the bank.  At the service's or worker's
 * cap, and while the service is suspended, it stops watching and clients wait
 * in the queue.  When descriptors or memory run out it stops for a growing time
 * (ACCEPTOR_WAIT_FIRST_MS doubling to ACCEPTOR_WAIT_LIMIT_MS), counted by
 * errno, logged at most once in 5 s. */
#ifndef COHORT_NET_ACCEPTOR_H
#define COHORT_NET_ACCEPTOR_H

#include <stdbool.h>

#include "base/list.h"
#include "base/log.h"
#include "event/loop.h"
#include "net/accept_batch.h"
#include "net/service.h"

#define ACCEPTOR_WAIT_FIRST_MS 10
#define ACCEPTOR_WAIT_LIMIT_MS 1000

struct acceptor {
	struct loop_source source;
	struct list node; /* of service->acceptors */
	struct timer retry;
	struct service *service;
	struct log_limit limit;
	struct accept_batch batch;
	int fd;         /* borrowed */
	int family;     /* AF_… */
	int wait_ms;    /* the next wait after a resource error; 0: none yet */
	bool is_shared; /* by all workers: wake one of them */
	bool is_started;
	bool is_resting;
};

/* `fd` listens, non-blocking; it stays the caller's and is not closed. */
void acceptor_init(struct acceptor *acceptor, struct service *service, int fd,
		   int family, bool is_shared);

/* Begin to accept (0, or -1 with errno), and stop for good or for a time. */
int acceptor_start(struct acceptor *acceptor);
void acceptor_stop(struct acceptor *acceptor);

/* Room was made (a transport ended): watch again those that stopped at the
 * cap.  Called by the service (service.h). */
void acceptor_resume_all(struct service *service);

/* The service is suspended: watch none of its listeners until then. */
void acceptor_pause_all(struct service *service);

#endif
