/* SPDX-License-Identifier: MIT */
/* spin.h - whether the loop polls for a while before it sleeps, and for how
 * long (`busy_poll`).
 *
 * To sleep and to be woken costs more than a short wait does: a client that
 * waits for its answer before it asks again is served several times as often by
 * a loop that is awake.  Any other loop would burn its CPU for nothing.  So
 * `auto` spins only after a turn that had traffic (events of connections and
 * listeners: neither timers nor the heartbeat), only while spins lately found
 * traffic, and no longer than a small multiple of what they took.  Whoever
 * fails rests: a millisecond, twice as long the next time, at most a second.
 * Now and then it sleeps in spite of success: if several connections are ready
 * when it wakes, the loop has enough to do, and a spin would only tear apart
 * what one wait finds together.
 *
 * Pure arithmetic for the loop, which brings the time and polls.  All times are
 * microseconds of the monotonic clock. */
#ifndef COHORT_EVENT_SPIN_H
#define COHORT_EVENT_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* Instead of a duration. */
#define SPIN_OFF  0
#define SPIN_AUTO (-1)

/* A spin of `auto`: at most, at least. */
#define SPIN_LIMIT_US      200
#define SPIN_LEAST_US      50
#define SPIN_REST_FIRST_US 1000
#define SPIN_REST_LIMIT_US 1024000
/* More between two polls: something else had the CPU. */
#define SPIN_LATE_US       100
/* As many spins until one is left out, to see what a sleep finds; and as many
 * without a fault until earlier ones are forgotten. */
#define SPIN_PERIOD        256

struct spin {
	int64_t asked_us; /* SPIN_OFF, SPIN_AUTO, or so long, always */
	bool is_allowed;  /* there is a CPU for each worker */
	uint64_t spent_us;

	/* The spin that runs. */
	int64_t began_us;
	int64_t until_us;
	int64_t polled_us; /* the last poll that found nothing */
	bool is_cut;       /* something is due before it has paid */

	/* Of `auto`. */
	bool had_traffic;       /* the last turn */
	int score;              /* below 0: it does not pay */
	int64_t mean_us;        /* until a spin found traffic, lately */
	int64_t rest_us;        /* of the next rest */
	int64_t rests_until_us; /* no spin before that */
	unsigned good_count;    /* spins since a sleep was looked at */
	unsigned batch_16;      /* events that a sleep finds, in 16ths */
};

void spin_init(struct spin *spin, int64_t asked_us);

/* There is a CPU for each worker, or there is not: then `auto` does not spin.
 * A duration does not ask.  Not allowed, to begin with. */
void spin_allow(struct spin *spin, bool is_allowed);

/* A turn has ended at `now_us`, something is connected or not, and nothing has
 * to be done for `limit_us` (-1: ever): is the loop to spin?  If so it polls
 * until it finds something, or until spin_goes_on says no. */
bool spin_begin(struct spin *spin, int64_t now_us, int64_t limit_us,
		bool is_connected);

/* A poll of the spin has found nothing: again?  If not, the spin is over. */
bool spin_goes_on(struct spin *spin, int64_t now_us);

/* A poll of the spin has found something, which ends it: so many events of
 * connections and listeners, and maybe others. */
void spin_note_found(struct spin *spin, int64_t now_us, unsigned traffic_count);

/* The same of a wait that was no spin. */
void spin_note_slept(struct spin *spin, int64_t now_us, unsigned traffic_count);

#endif
