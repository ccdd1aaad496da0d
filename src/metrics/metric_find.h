/* SPDX-License-Identifier: MIT */
/* metric_find.h - where the values of the metrics come from (metric_table.h),
 * and the values of their labels. */
#ifndef COHORT_METRICS_METRIC_FIND_H
#define COHORT_METRICS_METRIC_FIND_H

#include "metrics/metric_table.h"

extern const struct metric_label metric_versions, metric_results,
	metric_worker_states, metric_slot_states, metric_causes, metric_errnos,
	metric_reasons, metric_rejections, metric_directions;
extern const struct metric_buckets metric_lags, metric_durations;

/* Cells: of the supervisor; of all workers that there were; of restarts; of
 * the service. */
const uint64_t *metric_board(const struct metric_point *point);
const uint64_t *metric_workers(const struct metric_point *point);
const uint64_t *metric_restarts(const struct metric_point *point);
const uint64_t *metric_service(const struct metric_point *point);

typedef bool metric_find(const struct metric *metric,
			 const struct metric_point *point, uint64_t *value);

metric_find metric_find_one;     /* 1 */
metric_find metric_find_process; /* a cell of it, if it is known */
metric_find metric_find_worker_state;
metric_find metric_find_slot_state;
metric_find metric_find_log_dropped;
metric_find metric_find_suspended;
metric_find metric_find_queue;
metric_find metric_find_queue_limit;
metric_find metric_find_accepted;
metric_find metric_find_steered;
metric_find metric_find_live;
metric_find metric_find_heartbeat_age;

#endif
