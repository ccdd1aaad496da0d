/* SPDX-License-Identifier: MIT */
/* snapshot_internal.h - how a snapshot comes to be of one moment. */
#ifndef COHORT_METRICS_SNAPSHOT_INTERNAL_H
#define COHORT_METRICS_SNAPSHOT_INTERNAL_H

#include "metrics/scoreboard_internal.h"

/* Call `take` until nothing was written meanwhile: 0; or -1 with errno: EAGAIN
 * (somebody writes for longer than SNAPSHOT_WAIT_MS), or what `take` failed
 * with. */
#define SNAPSHOT_WAIT_MS 200
int snapshot_try(const struct scoreboard *scoreboard,
		 int (*take)(const struct scoreboard *, void *context),
		 void *context);

/* The rows of a page's services; those of the page before are a good guess. */
#define SNAPSHOT_NO_ROW UINT16_MAX
struct snapshot_rows {
	uint16_t rows[SCOREBOARD_SERVICES];
	unsigned count;
};
void snapshot_find_rows(struct snapshot_rows *rows,
			const struct scoreboard *scoreboard,
			const struct scoreboard_view *view);

#endif
