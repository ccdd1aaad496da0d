/* SPDX-License-Identifier: MIT */
/* accept_batch.h - how many connections to accept when a listener is ready.
 *
 * Pure arithmetic for the acceptor.  An accept that finds the queue empty is a
 * system call for nothing, and where few clients come at a time it would be
 * one for each of them.  The listener is level triggered, so that what is left
 * is reported again with the next turn: so no more are taken than lately were
 * there.  ACCEPT_BATCH_STREAK full batches in a row double the next one, up to
 * ACCEPT_BATCH_MAX; one that finds the end sets the measure anew. */
#ifndef COHORT_NET_ACCEPT_BATCH_H
#define COHORT_NET_ACCEPT_BATCH_H

#include <stdbool.h>

#define ACCEPT_BATCH_MAX    16
#define ACCEPT_BATCH_STREAK 8

struct accept_batch {
	unsigned limit;  /* to take now, at most: from 1 on */
	unsigned streak; /* full batches in a row */
};

/* A listener that was just opened may have many. */
static inline void accept_batch_init(struct accept_batch *batch)
{
	batch->limit = ACCEPT_BATCH_MAX;
	batch->streak = 0;
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
	if (++batch->streak < ACCEPT_BATCH_STREAK)
		return;
	batch->streak = 0;
	if (batch->limit <= ACCEPT_BATCH_MAX / 2)
		batch->limit *= 2;
	else
		batch->limit = ACCEPT_BATCH_MAX;
}

#endif
