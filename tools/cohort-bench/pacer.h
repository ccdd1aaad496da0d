/* SPDX-License-Identifier: MIT */
/* pacer.h - tells when messages of an open loop come due, to the microsecond.
 *
 * The loop's timers count milliseconds: far too coarse.  Until shortly before
 * the next message the client sleeps on a timerfd; from there on it polls
 * without sleeping, because waking up takes longer, and less evenly, than a
 * server takes to answer.  With some thousand messages a second it never
 * sleeps, and keeps a core busy. */
#ifndef COHORT_BENCH_PACER_H
#define COHORT_BENCH_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "event/loop.h"
#include "histogram.h"
#include "pace.h"

#define PACER_AWAKE_US 200 /* before a message, no sleep */
#define PACER_BATCH    64  /* messages between two looks at the sockets */

struct pacer {
	struct loop *loop;
	struct loop_task task;
	struct loop_source alarm;
	int fd; /* of the alarm; -1: none, nothing to release */
	struct pace *pace;
	void *owner;
	/* Message `index` is due; comes in order, late rather than never. */
	void (*due)(void *owner, uint64_t index);
	struct histogram late; /* how much later than due each was told */
	int64_t busy_us;       /* turns in which there was something to do */
	bool has_told;         /* in this turn */
};

/* A pacer that was not opened: pacer_close does nothing to it. */
void pacer_init(struct pacer *pacer);

/* The loop's observer is the pacer's until pacer_close.  `pace` and `owner`
 * live as long. */
int pacer_open(struct pacer *pacer, struct loop *loop, struct pace *pace,
	       struct error *error);
void pacer_close(struct pacer *pacer); /* idempotent */

/* Begin to tell, from pace->start_us on. */
void pacer_start(struct pacer *pacer);

/* No more of them. */
void pacer_stop(struct pacer *pacer);

#endif
