/* SPDX-License-Identifier: MIT */
/* metric_table.h - every metric there is: its name, what it says, which series
 * it has and where their values come from.
 *
 * What is exposed (exposition.h) comes from these rows alone.  All values are
 * whole numbers of some small unit; `scale` of them are one of what is
 * exposed.  Nothing is kept per peer; `worker` is the number of a slot, so that
 * no series ends because a worker is replaced. */
#ifndef COHORT_METRICS_METRIC_TABLE_H
#define COHORT_METRICS_METRIC_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/process_stats.h"
#include "metrics/snapshot.h"

enum metric_kind {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_HISTOGRAM,
	METRIC_INFO, /* a gauge that is 1; its labels are what it says */
	METRIC_KINDS,
};

/* What there is a series of, each with its labels. */
enum metric_scope {
	METRIC_OF_PROGRAM,
	METRIC_OF_SERVICE,      /* service: there is, or was, since it began */
	METRIC_OF_SLOT,         /* worker */
	METRIC_OF_SERVICE_SLOT, /* service, worker */
	METRIC_SCOPES,
};

/* One more label, that has so many values; a series of each. */
struct metric_label {
	const char *name;
	unsigned count;
	const char *(*word)(unsigned i);
};

struct metric_buckets {
	const int64_t *bounds; /* of all but the last, which has none */
	unsigned count;        /* of cells, behind which the sum is */
};

/* Which series. */
struct metric_point {
	const struct snapshot *snapshot;
	const struct process_stats *process;    /* or NULL */
	const struct snapshot_service *service; /* or NULL */
	unsigned slot;
	unsigned index; /* of the label's values */
};

struct metric {
	const char *name; /* without _total, _info */
	enum metric_kind kind;
	const char *unit; /* with which the name ends; NULL: none */
	const char *help; /* what it counts, without a full stop */
	enum metric_scope scope;
	const struct metric_label *label;     /* or NULL */
	const struct metric_buckets *buckets; /* of a histogram */
	unsigned scale;                       /* 0: 1 */

	/* Either the cells, of which `cell` is the (first) one; */
	const uint64_t *(*cells)(const struct metric_point *point);
	unsigned cell;
	/* or how it is found; false: there is no such series now. */
	bool (*find)(const struct metric *metric,
		     const struct metric_point *point, uint64_t *value);
};

extern const struct metric metric_table[];
extern const unsigned metric_count;

#endif
