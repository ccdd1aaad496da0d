/* SPDX-License-Identifier: MIT */
/* watchdog.h - does a worker hang?
 *
 * Pure: one per worker; the supervisor brings samples of the worker's page and
 * queues, and the time (monotonic).  There are two proofs: its loop does not
 * turn; or it turns, but clients wait for longer and longer while it accepts
 * none.  Time is the supervisor's own: when it saw the last sign of life, not
 * what the worker says of it. */
#ifndef COHORT_PROCESS_WATCHDOG_H
#define COHORT_PROCESS_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_OFF (-1)

struct watchdog_settings {
	int64_t steer_ms;   /* without a sign of life: suspect; WATCHDOG_OFF */
	int64_t timeout_ms; /* … hung; WATCHDOG_OFF */
};

struct watchdog_sample {
	uint64_t turns;    /* of its loop, so far */
	uint64_t accepted; /* connections, so far */
	uint32_t queue;    /* clients that wait for it; 0 if it takes none */
	/* A debugger holds it, or it was said to have no room: no proof. */
	bool is_traced;
};

struct watchdog {
	int64_t beat_ms;   /* the last sign of life */
	int64_t accept_ms; /* … of accepting, or of nobody waiting */
	uint64_t turns;
	uint64_t accepted;
	uint32_t queue; /* at accept_ms */
};

enum watchdog_verdict {
	WATCHDOG_FIT,
	WATCHDOG_SUSPECT,
	WATCHDOG_HUNG,
};

void watchdog_init(struct watchdog *watchdog, int64_t now_ms);

/* Whatever was between the last sample and `now_ms` proves nothing: the
 * supervisor itself stood still. */
void watchdog_forgive(struct watchdog *watchdog, int64_t now_ms);

enum watchdog_verdict watchdog_judge(struct watchdog *watchdog,
				     const struct watchdog_settings *settings,
				     const struct watchdog_sample *sample,
				     int64_t now_ms);

/* How often to look, in ms: four times before a worker is suspect. */
int64_t watchdog_interval(const struct watchdog_settings *settings);

/* How long a worker that has nothing to do may sleep, in ms: three beats, and
 * more looks than beats, before it is suspect. */
int64_t watchdog_beat(const struct watchdog_settings *settings);

/* Was the time between two looks so long that the supervisor cannot have been
 * running? */
bool watchdog_stood_still(const struct watchdog_settings *settings,
			  int64_t last_ms, int64_t now_ms);

#endif
