/* SPDX-License-Identifier: MIT */
/* backoff.h - how long a slot waits before its next worker is started, and
 * how much is said about it.
 *
 * Pure arithmetic for the supervisor, one per slot: the caller brings the time
 * (monotonic) and acts on the answer.  Early deaths in a row wait
 * `respawn_delay`, doubling to its limit.  Any other death is followed by the
 * next worker at once, but two starts are never closer than BACKOFF_GAP_MS,
 * which makes at most ten a second. */
#ifndef COHORT_PROCESS_BACKOFF_H
#define COHORT_PROCESS_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_GAP_MS    100
/* The longest wait while no worker serves at all. */
#define BACKOFF_NOBODY_MS 100
/* Deaths that are not early: so many lines at once, then one per period. */
#define BACKOFF_LINES     10
#define BACKOFF_LINE_MS   5000
/* Who has lived so long, and twice the last wait, was well. */
#define BACKOFF_WELL_MS   60000

struct backoff {
	int64_t first_ms;
	int64_t limit_ms;
	int64_t wait_ms;    /* of the last early death */
	int64_t started_ms; /* the last start */
	int64_t said_ms;    /* lines are paid for up to here */
	unsigned row;       /* early deaths without another between them */
	bool is_step;       /* the last death made the wait longer */
};

void backoff_init(struct backoff *backoff, int64_t first_ms, int64_t limit_ms);

void backoff_note_start(struct backoff *backoff, int64_t now_ms);

/* What died before is over: another configuration serves from now on. */
void backoff_forget(struct backoff *backoff, int64_t now_ms);

/* A worker died (or could not even be forked, which counts as early): how long
 * to wait, in ms, 0 for at once.  A death that is not early ends the row; one that
 * is, but comes after it was well for long (BACKOFF_WELL_MS), begins another. */
int64_t backoff_note_death(struct backoff *backoff, bool is_early,
			   int64_t now_ms);

/* The wait, shortened if no worker of any slot serves. */
int64_t backoff_cap(int64_t wait_ms, bool is_anyone_serving);

/* After backoff_note_death: is this death worth a line?  Early ones are when
 * the wait grew, and once per period of the limit when it cannot grow any
 * more. */
bool backoff_may_say(struct backoff *backoff, int64_t now_ms);

#endif
