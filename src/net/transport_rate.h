/* SPDX-License-Identifier: MIT */
/* transport_rate.h - `byte_rate`: how much of a transport may pass now.
 *
 * A transport that no rate concerns has none of this (is_rated is false).  One
 * that has used up its own rate, or that of its service, is held, each
 * direction for itself: nothing is read, or sent from the queue, until its
 * time or its turn has come.  To be held is our doing: meanwhile neither
 * idle_timeout, nor write_timeout, nor linger_timeout while bytes are still
 * to be flushed, nor, before the first byte, first_byte_timeout runs.
 * After close what arrives is discarded at any rate. */
#ifndef COHORT_NET_TRANSPORT_RATE_H
#define COHORT_NET_TRANSPORT_RATE_H

#include "net/service_rate.h"

struct cohort_transport;

struct transport_rate_side {
	struct rate own;
	struct service_rate_waiter waiter; /* for the service's */
	int64_t wake_ms; /* when its own rate allows more; or never */
};

struct transport_rates {
	struct cohort_transport *transport;
	struct transport_rate_side sides[RATE_SIDES];
	int64_t released_ms; /* the last time that it was held until */
};

/* A new one, accepted by its service.  0, or -1 with errno ENOMEM. */
int transport_rate_start(struct cohort_transport *t);
/* It has ended: nobody waits, nothing is granted. */
void transport_rate_stop(struct cohort_transport *t);

/* How many of `wanted` bytes may pass now; 0: it is held.  For is_rated. */
size_t transport_rate_room(struct cohort_transport *t, enum rate_side side,
			   size_t wanted);
void transport_rate_spend(struct cohort_transport *t, enum rate_side side,
			  size_t size);

/* What was granted for this turn and has not passed goes to others. */
void transport_rate_settle(struct cohort_transport *t);

/* When the first side is held no more by its own rate, and what to do then. */
int64_t transport_rate_wake_ms(const struct cohort_transport *t);
void transport_rate_due(struct cohort_transport *t);

/* Since when it has been idle by itself; TRANSPORT_NEVER: it is held. */
int64_t transport_rate_idle_since_ms(const struct cohort_transport *t);

#endif
