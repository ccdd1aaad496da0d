/* SPDX-License-Identifier: MIT */
/* service_rate.h - one direction of the byte rate that the transports of a
 * service share, in one worker.
 *
 * Who asks gets what is there.  When it is used up, whoever asks waits in a
 * list, and so does everybody who asks while others wait; one timer hands out
 * what has come since, in the order of the list, in equal parts.  Nobody
 * starves, and a turn costs what it lets through, not what there is. */
#ifndef COHORT_NET_SERVICE_RATE_H
#define COHORT_NET_SERVICE_RATE_H

#include "base/list.h"
#include "event/loop.h"
#include "net/rate.h"

enum rate_side {
	RATE_IN,
	RATE_OUT,
	RATE_SIDES,
};

struct service_rate {
	struct rate rate;
	struct list waiters; /* struct service_rate_waiter */
	unsigned waiters_count;
	struct timer timer; /* started while anybody waits */
	struct loop *loop;
};

/* A direction of a transport; on the list while it waits. */
struct service_rate_waiter {
	struct list node;
	uint64_t granted_bytes; /* taken from the bucket for it alone */
	/* Its turn has come: `granted_bytes` may pass.  What of them has not
	 * passed in the end is to be given back by service_rate_leave.  The
	 * waiter may be freed in it. */
	void (*woken)(struct service_rate_waiter *waiter);
};

void service_rate_init(struct service_rate *rate, struct loop *loop);
/* Nobody waits any more. */
void service_rate_release(struct service_rate *rate);

/* From now on; 0: off, and nobody has to wait. */
void service_rate_set(struct service_rate *rate, uint64_t bytes_per_second);

void service_rate_waiter_init(struct service_rate_waiter *waiter,
			      void (*woken)(struct service_rate_waiter *));

/* How many of `wanted` bytes, more than 0, may pass now; 0: it is on the list,
 * and will be woken. */
uint64_t service_rate_ask(struct service_rate *rate,
			  struct service_rate_waiter *waiter, uint64_t wanted);
void service_rate_spend(struct service_rate *rate,
			struct service_rate_waiter *waiter, uint64_t bytes);

/* It waits no more, and what it was granted goes to others.  Idempotent. */
void service_rate_leave(struct service_rate *rate,
			struct service_rate_waiter *waiter);

#endif
