/* SPDX-License-Identifier: MIT */
/* accept_batch.h - how many connections to accept when a listener is ready.
 *
 * Pure arithmetic for the acceptor.  An accept that finds the queue empty is a
 * system call for nothing, and where few clients come at a time it would be
 * one for each of them.  The listener is level triggered, so that what is left
 * is reported again with the next turn: so no more are taken than lately were
 * there.  After ACCEPT_BATCH_STREAK full batches in a row each further one
 * doubles the next, up to ACCEPT_BATCH_MAX; one that finds the end sets the
 * measure anew.
 *
 * Where turns are long a call more is nothing, and a turn more is what clients
 * wait for: a loop like that takes as many as there are.  Where they are not
 * short either, it does so after two full batches. */
#ifndef COHORT_NET_ACCEPT_BATCH_H
#define COHORT_NET_ACCEPT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#define ACCEPT_BATCH_MAX           16
#define ACCEPT_BATCH_STREAK        8
#define ACCEPT_BATCH_MIDDLE_STREAK 2
/* Turns that are not short, and long ones: of either an accept for nothing is
 * less than one part in a hundred. */
#define ACCEPT_BATCH_MIDDLE_US     250
#define ACCEPT_BATCH_LONG_US       4000

struct accept_batch {
	unsigned limit;  /* to take, if turns are short: from 1 on */
	unsigned streak; /* full batches in a row */
};

/* A listener that was just opened may have many. */
static inline void accept_batch_init(struct accept_batch *batch)
{
	batch->limit = ACCEPT_BATCH_MAX;
	batch->streak = 0;
}

/* How many to take now, at most; the last turn took `turn_us`. */
static inline unsigned accept_batch_limit(const struct accept_batch *batch,
					  int64_t turn_us)
{
	if (turn_us >= ACCEPT_BATCH_LONG_US ||
	    (turn_us >= ACCEPT_BATCH_MIDDLE_US &&
	     batch->streak >= ACCEPT_BATCH_MIDDLE_STREAK))
		return ACCEPT_BATCH_MAX;
	return batch->limit;
}

/* `taken_count` were there; `is_empty`: and then no more. */
static inline void accept_batch_note(struct accept_batch *batch,
				     unsigned taken_count, bool is_empty)
{
	if (is_empty) {
		batch->limit = taken_count > 0 ? taken_count : 1;
		batch->streak = 0;
		return;
	}
	if (batch->limit < taken_count)
		batch->limit = taken_count;
	if (batch->streak < ACCEPT_BATCH_STREAK)
		batch->streak++;
	if (batch->streak < ACCEPT_BATCH_STREAK)
		return;
	if (batch->limit <= ACCEPT_BATCH_MAX / 2)
		batch->limit *= 2;
	else
		batch->limit = ACCEPT_BATCH_MAX;
}

#endif
