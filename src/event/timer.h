/* SPDX-License-Identifier: MIT */
/* timer.h - timers that cost O(1) to start, to stop and to run, whatever
 * their number: a hierarchical wheel with a resolution of one millisecond.
 *
 * Used by the loop of every process.  A timer is embedded in its owner and
 * is never early; it may be late by the length of a turn of the loop.
 * Nothing here reads a clock, allocates or fails. */
#ifndef COHORT_EVENT_TIMER_H
#define COHORT_EVENT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define TIMER_LEVEL_BITS 6
#define TIMER_BUCKETS    (1 << TIMER_LEVEL_BITS)
#define TIMER_LEVELS     7 /* 64^7 ms is more than a century */

struct timer {
	struct list node;    /* on no list while it is stopped */
	int64_t deadline_ms; /* monotonic */
	/* Called once, with the timer already stopped, so that it may be
	 * started again or its owner freed. */
	void (*expired)(struct timer *timer);
};

struct timers {
	int64_t now_ms;      /* everything up to here has run */
	int64_t target_ms;   /* what it is advanced to; now_ms at rest */
	int64_t next_ms;     /* when the wheel has to be turned next … */
	bool is_next_known;  /* … if that is not to be looked for */
	struct list overdue; /* started for a time that had passed */
	uint64_t occupied[TIMER_LEVELS]; /* a bit per bucket in use */
	struct list buckets[TIMER_LEVELS][TIMER_BUCKETS];
};

void timers_init(struct timers *timers, int64_t now_ms);

static inline void timer_init(struct timer *timer,
			      void (*expired)(struct timer *timer))
{
	list_init(&timer->node);
	timer->deadline_ms = 0;
	timer->expired = expired;
}

/* Run at `deadline_ms`; a started timer is moved.  A deadline that has passed
 * runs at the next timers_advance. */
void timer_start(struct timers *timers, struct timer *timer,
		 int64_t deadline_ms);
void timer_stop(struct timers *timers, struct timer *timer); /* idempotent */
static inline bool timer_is_started(const struct timer *timer)
{
	return !list_is_empty(&timer->node);
}

/* A lower bound of the time until the next timer is due, in ms; 0 if one is
 * due, -1 if none is started.  After a wait of that length nothing may be
 * due yet (the bound of a far timer is coarse); asking again then gives a
 * closer one. */
int64_t timers_wait_ms(struct timers *timers, int64_t now_ms);

/* The same, at more cost, but a far timer's bound is exact, too, unless dozens
 * are due at about that time: for a loop at rest, which would wake up for
 * nothing. */
int64_t timers_rest_ms(const struct timers *timers, int64_t now_ms);

/* Run what is due at `now_ms`: first, in the order in which they were
 * started, the timers whose deadline had passed by then, after them the
 * others in order of deadline to the millisecond.  A timer started by a
 * callback for a time up to `now_ms` runs in the next call, so a callback
 * cannot keep the loop busy for ever.  Time that went backwards changes
 * nothing. */
void timers_advance(struct timers *timers, int64_t now_ms);

#endif
