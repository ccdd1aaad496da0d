/* SPDX-License-Identifier: MIT */
/* run.h - a whole run: open the connections, drive them by the mode, stop. */
#ifndef COHORT_BENCH_RUN_H
#define COHORT_BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "failures.h"
#include "histogram.h"
#include "options.h"
#include "pace.h"
#include "target.h"

#define RUN_CONNECTING      256 /* attempts in progress at once */
#define RUN_SEGMENT_BYTES   512 /* fits a TCP segment anywhere */
#define RUN_FAILURE_REST_MS 10  /* before a failed churn tries again */

struct result {
	struct histogram latencies; /* of exchanges; churn: from connect on */
	struct failures failures;
	uint64_t connected_count;
	uint64_t exchange_count;
	uint64_t byte_count;     /* came back, and were right */
	int64_t elapsed_us;      /* until the last exchange */
	int64_t opening_us;      /* until all were settled; 0: never */
	double user_s, system_s; /* CPU of this process meanwhile */
	bool is_interrupted;
	/* Of an open loop. */
	enum pace_verdict verdict;
	double rate_kept;      /* per second */
	struct histogram late; /* behind time, when it turned to a message */
};

/* 0 with the result, or -1 with words if it could not even begin (memory,
 * descriptors).  INT and TERM end it early, as if the time were up. */
int run_perform(const struct options *options, struct target *target,
		struct result *result, struct error *error);

#endif
