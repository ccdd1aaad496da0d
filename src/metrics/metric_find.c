/* SPDX-License-Identifier: MIT */
/* metric_find.c - the values that are more than a cell, and the labels. */
#include "metrics/metric_find.h"

/* ---- Labels ---------------------------------------------------------- */

static const char *version_word(unsigned i)
{
	(void)i;
	return COHORT_VERSION;
}

static const char *result_word(unsigned i)
{
	return i == 0 ? "success" : "failure";
}

static const char *worker_state_word(unsigned i)
{
	return board_worker_state_names[i];
}

static const char *slot_state_word(unsigned i)
{
	return board_slot_state_names[i];
}

static const char *cause_word(unsigned i)
{
	return scoreboard_restart_names[i];
}

/* In the order of the cells. */
static const char *errno_word(unsigned i)
{
	static const char *const words[] = {"EMFILE", "ENFILE",       "ENOBUFS",
					    "ENOMEM", "ECONNABORTED", "other"};

	return words[i];
}

static const char *reason_word(unsigned i)
{
	return cohort_reason_name((enum cohort_reason)i);
}

static const char *rejection_word(unsigned i)
{
	return cohort_reason_name(scoreboard_rejection_reasons[i]);
}

static const char *direction_word(unsigned i)
{
	return i == 0 ? "write" : "read";
}

const struct metric_label metric_versions = {"version", 1, version_word};
const struct metric_label metric_results = {"result", 2, result_word};
const struct metric_label metric_worker_states = {"state", BOARD_WORKER_STATES,
						  worker_state_word};
const struct metric_label metric_slot_states = {"state", BOARD_SLOT_STATES,
						slot_state_word};
const struct metric_label metric_causes = {"cause", SCOREBOARD_RESTARTS,
					   cause_word};
const struct metric_label metric_errnos = {
	"errno", SCOREBOARD_ACCEPT_OTHER - SCOREBOARD_ACCEPT_EMFILE + 1,
	errno_word};
const struct metric_label metric_reasons = {"reason", COHORT_REASONS,
					    reason_word};
const struct metric_label metric_rejections = {"reason", SCOREBOARD_REJECTIONS,
					       rejection_word};
const struct metric_label metric_directions = {"direction", 2, direction_word};

const struct metric_buckets metric_lags = {scoreboard_lag_bounds_us,
					   SCOREBOARD_LAG_BUCKETS};
const struct metric_buckets metric_durations = {scoreboard_duration_bounds_ms,
						SCOREBOARD_DURATION_BUCKETS};

/* ---- Cells ----------------------------------------------------------- */

const uint64_t *metric_board(const struct metric_point *point)
{
	return point->snapshot->cells;
}

const uint64_t *metric_workers(const struct metric_point *point)
{
	return point->snapshot->worker_totals;
}

const uint64_t *metric_restarts(const struct metric_point *point)
{
	return point->snapshot->restarts;
}

const uint64_t *metric_service(const struct metric_point *point)
{
	return point->service->cells;
}

/* ---- More than cells ------------------------------------------------- */

bool metric_find_one(const struct metric *metric,
		     const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	(void)point;
	*value = 1;
	return true;
}

bool metric_find_process(const struct metric *metric,
			 const struct metric_point *point, uint64_t *value)
{
	if (point->process == NULL ||
	    (point->process->known & 1U << metric->cell) == 0)
		return false;
	*value = point->process->cells[metric->cell];
	return true;
}

bool metric_find_worker_state(const struct metric *metric,
			      const struct metric_point *point, uint64_t *value)
{
	unsigned i;

	(void)metric;
	*value = 0;
	for (i = 0; i < point->snapshot->worker_count; i++)
		*value += point->snapshot->workers[i].state == point->index;
	return true;
}

bool metric_find_slot_state(const struct metric *metric,
			    const struct metric_point *point, uint64_t *value)
{
	unsigned i;

	(void)metric;
	*value = 0;
	for (i = 0; i < point->snapshot->slot_count; i++)
		*value += point->snapshot->slots[i].state == point->index;
	return true;
}

/* Of the supervisor and of all workers. */
bool metric_find_log_dropped(const struct metric *metric,
			     const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->snapshot->cells[BOARD_LOG_DROPPED] +
		 point->snapshot->worker_totals[SCOREBOARD_LOG_DROPPED];
	return true;
}

bool metric_find_suspended(const struct metric *metric,
			   const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->service->is_suspended;
	return true;
}

bool metric_find_queue(const struct metric *metric,
		       const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->service->queue_by_slot[point->slot];
	return true;
}

bool metric_find_queue_limit(const struct metric *metric,
			     const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->service->queue_limit;
	return true;
}

bool metric_find_accepted(const struct metric *metric,
			  const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->service->accepted_by_slot[point->slot];
	return true;
}

bool metric_find_steered(const struct metric *metric,
			 const struct metric_point *point, uint64_t *value)
{
	(void)metric;
	*value = point->snapshot->slots[point->slot].is_steered_around;
	return true;
}

/* A slot's worker, and those that it had before and that drain. */
bool metric_find_live(const struct metric *metric,
		      const struct metric_point *point, uint64_t *value)
{
	unsigned i;

	(void)metric;
	*value = 0;
	for (i = 0; i < point->snapshot->worker_count; i++)
		if (point->snapshot->workers[i].slot == point->slot)
			*value += point->snapshot->workers[i].live_count;
	return true;
}

/* Of the one that has been silent for longest.  A slot without a worker has no
 * age: that it has none is seen in its state. */
bool metric_find_heartbeat_age(const struct metric *metric,
			       const struct metric_point *point,
			       uint64_t *value)
{
	bool is_known = false;
	unsigned i;

	(void)metric;
	*value = 0;
	for (i = 0; i < point->snapshot->worker_count; i++) {
		const struct snapshot_worker *worker =
			&point->snapshot->workers[i];
		int64_t beat_ms =
			(int64_t)worker->cells[SCOREBOARD_HEARTBEAT_MS];
		int64_t age_ms = point->snapshot->now_ms - beat_ms;

		if (worker->slot != point->slot || beat_ms == 0)
			continue;
		is_known = true;
		if (age_ms > (int64_t)*value)
			*value = (uint64_t)age_ms;
	}
	return is_known;
}
