/* SPDX-License-Identifier: MIT */
/* report_status.c - the program as a whole, and what has happened to it. */
#include "base/log.h"
#include "control/reports.h"
#include "control/samples.h"

enum {
	STATUS_VERSION,
	STATUS_PHASE,
	STATUS_PID,
	STATUS_STARTED,
	STATUS_UPTIME,
	STATUS_GENERATION,
	STATUS_GENERATIONS,
	STATUS_WORKERS_READY,
	STATUS_WORKERS_WANTED,
	STATUS_WORKERS_DRAINING,
	STATUS_SLOTS_STEERED,
	STATUS_SERVICES,
	STATUS_CONNECTIONS,
	STATUS_OUTGOING,
	STATUS_ACCEPTED,
	STATUS_RECEIVED,
	STATUS_SENT,
	STATUS_QUEUED,
	STATUS_QUEUE,
	STATUS_RESTARTS,
	STATUS_RELOADS,
	STATUS_RELOADED,
	STATUS_UPGRADES,
	STATUS_FAILURES,
	STATUS_FAILURE,
	STATUS_LOG_LEVEL,
	STATUS_LOG_DROPPED,
	STATUS_ADMIN_RESTARTS,
	STATUS_WALL,
	STATUS_STEER,
	STATUS_HEARTBEAT,
	STATUS_COLUMNS,
};
_Static_assert(STATUS_COLUMNS == REPORT_STATUS_COLUMNS, "see reports.h");

/* clang-format off */
static const struct report_column status_columns[] = {
	[STATUS_VERSION] = {"version", REPORT_TEXT, "Version",
		"of the program that answers", 0},
	[STATUS_PHASE] = {"phase", REPORT_STATE, "Phase",
		"starting, serving, reloading, upgrading, draining", 0},
	[STATUS_PID] = {"supervisor_pid", REPORT_COUNT, "Process",
		"the supervisor's", 0},
	[STATUS_STARTED] = {"started", REPORT_TIME, "Started",
		"across upgrades", 0},
	[STATUS_UPTIME] = {"uptime_ms", REPORT_DURATION, "Up for",
		"since then", 0},
	[STATUS_GENERATION] = {"generation", REPORT_COUNT, "Generation",
		"of the configuration in force", 0},
	[STATUS_GENERATIONS] = {"generations", REPORT_COUNT,
		"Generations alive", "that have workers", 0},
	[STATUS_WORKERS_READY] = {"workers_ready", REPORT_COUNT,
		"Workers serving", "ready, not draining", 0},
	[STATUS_WORKERS_WANTED] = {"workers_wanted", REPORT_COUNT,
		"Workers wanted", "by configuration or order", 0},
	[STATUS_WORKERS_DRAINING] = {"workers_draining", REPORT_COUNT,
		"Workers draining", "that end with their last connection", 0},
	[STATUS_SLOTS_STEERED] = {"slots_steered", REPORT_COUNT,
		"Slots steered around", "that get no new connections", 0},
	[STATUS_SERVICES] = {"service_count", REPORT_COUNT, "Services",
		"in the configuration in force", 0},
	[STATUS_CONNECTIONS] = {"connections", REPORT_COUNT, "Connections",
		"accepted and not closed", 0},
	[STATUS_OUTGOING] = {"outgoing", REPORT_COUNT,
		"Outgoing connections", "that protocols have made", 0},
	[STATUS_ACCEPTED] = {"accepted", REPORT_COUNT, "Accepted so far",
		"since the program was started", 0},
	[STATUS_RECEIVED] = {"received_bytes", REPORT_BYTES, "Received",
		"since then", 0},
	[STATUS_SENT] = {"sent_bytes", REPORT_BYTES, "Sent", "since then", 0},
	[STATUS_QUEUED] = {"queued_bytes", REPORT_BYTES, "Queued",
		"written by protocols, not taken by the kernel", 0},
	[STATUS_QUEUE] = {"queue", REPORT_COUNT, "Waiting to be accepted",
		"clients in the listeners' queues", 0},
	[STATUS_RESTARTS] = {"restarts", REPORT_COUNT, "Workers restarted",
		"for whatever cause", 0},
	[STATUS_RELOADS] = {"reloads", REPORT_COUNT, "Reloads",
		"that went well", 0},
	[STATUS_RELOADED] = {"reloaded", REPORT_TIME, "Last reload",
		"that went well", 0},
	[STATUS_UPGRADES] = {"upgrades", REPORT_COUNT, "Upgrades",
		"that went well", 0},
	[STATUS_FAILURES] = {"failures", REPORT_COUNT, "Reloads, upgrades failed",
		"which changed nothing", 0},
	[STATUS_FAILURE] = {"failure", REPORT_TEXT, "Last failure",
		"of a reload or an upgrade, unless one went well since", 0},
	[STATUS_LOG_LEVEL] = {"log_level", REPORT_TEXT, "Log level",
		"in force", 0},
	[STATUS_LOG_DROPPED] = {"log_dropped", REPORT_COUNT,
		"Log lines dropped", "since nobody took them", 0},
	[STATUS_ADMIN_RESTARTS] = {"admin_restarts", REPORT_COUNT,
		"Admin restarts", "after a death or a hang", REPORT_RANK_WIDE},
	[STATUS_WALL] = {"wall_ms", REPORT_COUNT, "Now",
		"milliseconds since 1970", REPORT_RANK_WIDE},
	[STATUS_STEER] = {"watchdog_steer_ms", REPORT_DURATION,
		"Steered around after", "as configured", REPORT_RANK_WIDE},
	[STATUS_HEARTBEAT] = {"heartbeat_age_ms", REPORT_DURATION,
		"Heartbeat", "since the supervisor's loop last turned",
		REPORT_RANK_WIDE},
};
/* clang-format on */

const struct report_table report_status_table = {"status", status_columns,
						 REPORT_STATUS_COLUMNS, true};

uint64_t report_restarts(const struct snapshot *snapshot)
{
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		count += snapshot->restarts[i];
	return count;
}

static struct report_value number(uint64_t value)
{
	return report_number((int64_t)value);
}

static struct report_value cell(const struct snapshot *snapshot,
				enum board_cell name)
{
	return number(snapshot->cells[name]);
}

/* 0: it has never been. */
static struct report_value moment(uint64_t wall_ms)
{
	return wall_ms != 0 ? number(wall_ms) : report_nothing();
}

/* As of a time that may be a little later than the snapshot. */
static struct report_value heartbeat_age(const struct snapshot *snapshot)
{
	int64_t beat_ms = (int64_t)snapshot->cells[BOARD_HEARTBEAT_MS];
	int64_t age_ms = snapshot->now_ms - beat_ms;

	if (beat_ms == 0)
		return report_nothing();
	return report_number(age_ms > 0 ? age_ms : 0);
}

static struct report_value name_of(const char *const *names, unsigned count,
				   uint64_t value)
{
	return value < count ? report_text(names[value]) : report_nothing();
}

static void fill_workers(struct report_value *values,
			 const struct snapshot *snapshot)
{
	unsigned ready = 0, draining = 0, i;
	uint64_t outgoing = 0;

	for (i = 0; i < snapshot->worker_count; i++) {
		const struct snapshot_worker *worker = &snapshot->workers[i];

		ready += worker->state == BOARD_WORKER_READY;
		draining += worker->state == BOARD_WORKER_DRAINING;
		outgoing += worker->outgoing_count;
	}
	values[STATUS_WORKERS_READY] = number(ready);
	values[STATUS_WORKERS_DRAINING] = number(draining);
	values[STATUS_OUTGOING] = number(outgoing);
}

static void fill_traffic(struct report_value *values,
			 const struct snapshot *snapshot)
{
	struct sample sample;
	unsigned current = 0, i;

	sample_of(&sample, snapshot);
	values[STATUS_CONNECTIONS] = number(sample.live_count);
	values[STATUS_ACCEPTED] = number(sample.accepted_count);
	values[STATUS_RECEIVED] = number(sample.received_bytes);
	values[STATUS_SENT] = number(sample.sent_bytes);
	values[STATUS_QUEUED] = number(sample.queued_bytes);
	values[STATUS_QUEUE] = number(sample.waiting_count);
	for (i = 0; i < snapshot->service_count; i++)
		current += snapshot->services[i].is_current;
	values[STATUS_SERVICES] = number(current);
}

static void fill_changes(struct report_value *values,
			 const struct snapshot *snapshot)
{
	const uint64_t *cells = snapshot->cells;

	values[STATUS_RELOADS] = cell(snapshot, BOARD_RELOADS_SUCCESS);
	values[STATUS_RELOADED] = moment(cells[BOARD_RELOADED_WALL_MS]);
	values[STATUS_UPGRADES] = cell(snapshot, BOARD_UPGRADES_SUCCESS);
	values[STATUS_FAILURES] = number(cells[BOARD_RELOADS_FAILURE] +
					 cells[BOARD_UPGRADES_FAILURE]);
	values[STATUS_FAILURE] = snapshot->failure[0] != '\0'
					 ? report_text(snapshot->failure)
					 : report_nothing();
	values[STATUS_RESTARTS] = number(report_restarts(snapshot));
	values[STATUS_ADMIN_RESTARTS] = cell(snapshot, BOARD_ADMIN_RESTARTS);
}

void report_status(struct report_value *values,
		   const struct control_backend *backend,
		   const struct snapshot *snapshot)
{
	const uint64_t *cells = snapshot->cells;
	uint64_t started_ms = cells[BOARD_STARTED_WALL_MS];
	int64_t steer_ms = backend->config != NULL
				   ? backend->config->watchdog_steer_ms
				   : CONFIG_OFF;

	values[STATUS_VERSION] = report_text(COHORT_VERSION);
	values[STATUS_PHASE] =
		name_of(board_phase_names, BOARD_PHASES, cells[BOARD_PHASE]);
	values[STATUS_PID] = cell(snapshot, BOARD_SUPERVISOR_PID);
	values[STATUS_STARTED] = moment(started_ms);
	values[STATUS_UPTIME] = report_nothing();
	if (started_ms != 0 && snapshot->wall_ms >= (int64_t)started_ms)
		values[STATUS_UPTIME] =
			report_number(snapshot->wall_ms - (int64_t)started_ms);
	values[STATUS_GENERATION] = cell(snapshot, BOARD_GENERATION);
	values[STATUS_GENERATIONS] = cell(snapshot, BOARD_GENERATIONS);
	values[STATUS_WORKERS_WANTED] = cell(snapshot, BOARD_WORKERS_WANTED);
	values[STATUS_SLOTS_STEERED] = cell(snapshot, BOARD_SLOTS_STEERED);
	values[STATUS_LOG_LEVEL] =
		name_of(log_level_names, LOG_LEVELS, cells[BOARD_LOG_LEVEL]);
	values[STATUS_LOG_DROPPED] =
		number(cells[BOARD_LOG_DROPPED] +
		       snapshot->worker_totals[SCOREBOARD_LOG_DROPPED]);
	values[STATUS_WALL] = report_number(snapshot->wall_ms);
	values[STATUS_STEER] = steer_ms != CONFIG_OFF ? report_number(steer_ms)
						      : report_nothing();
	values[STATUS_HEARTBEAT] = heartbeat_age(snapshot);
	fill_workers(values, snapshot);
	fill_traffic(values, snapshot);
	fill_changes(values, snapshot);
}

/* ---- Events ---- */

enum {
	EVENT_TIME,
	EVENT_KIND,
	EVENT_SLOT,
	EVENT_WORDS,
	EVENT_COLUMNS,
};
_Static_assert(EVENT_COLUMNS == REPORT_EVENT_COLUMNS, "see reports.h");

static const struct report_column event_columns[] = {
	[EVENT_TIME] = {"time", REPORT_TIME, "TIME", "when it happened", 0},
	[EVENT_KIND] = {"kind", REPORT_STATE, "EVENT",
			"worker_died, reloaded, reload_failed, …", 0},
	[EVENT_SLOT] = {"worker", REPORT_COUNT, "WORKER", "its slot", 0},
	[EVENT_WORDS] = {"words", REPORT_TEXT, "WHAT", "as the log has it", 0},
};

const struct report_table report_event_table = {"events", event_columns,
						EVENT_COLUMNS, false};

void report_event(struct report_value *values, const struct board_event *event)
{
	values[EVENT_TIME] = report_number(event->wall_ms);
	values[EVENT_KIND] =
		name_of(board_event_names, BOARD_EVENT_KINDS, event->kind);
	values[EVENT_SLOT] = event->slot >= 0 ? report_number(event->slot)
					      : report_nothing();
	values[EVENT_WORDS] = report_text(event->words);
}
