/* SPDX-License-Identifier: MIT */
/* samples.h - what the last minutes were like: a ring of a few numbers, taken
 * in even steps by the admin process.
 *
 * For the plots of the live page.  They begin anew with the process. */
#ifndef COHORT_CONTROL_SAMPLES_H
#define COHORT_CONTROL_SAMPLES_H

#include <stdint.h>

#include "event/loop.h"
#include "metrics/snapshot.h"

#define SAMPLES_COUNT   300
#define SAMPLES_STEP_MS 1000

/* Totals, from which a reader makes rates; gauges as of that moment. */
struct sample {
	int64_t wall_ms;
	uint64_t accepted_count;
	uint64_t closed_count;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t live_count;
	uint64_t queued_bytes;
	uint64_t waiting_count; /* clients in the accept queues */
};

struct samples {
	struct loop *loop; /* NULL: it does not run */
	struct timer timer;
	const struct snapshot *(*look)(void *context);
	void *context;
	unsigned next; /* where the next one goes */
	unsigned count;
	struct sample ring[SAMPLES_COUNT];
};

/* Take one now and one each step.  `look` may answer NULL: that step is left
 * out. */
void samples_start(struct samples *samples, struct loop *loop,
		   const struct snapshot *(*look)(void *context),
		   void *context);
void samples_stop(struct samples *samples); /* idempotent */

/* The sums of a snapshot. */
void sample_of(struct sample *sample, const struct snapshot *snapshot);
/* The `index`th, oldest first; of `count` that there are. */
const struct sample *samples_at(const struct samples *samples, unsigned index);

#endif
