/* SPDX-License-Identifier: MIT */
/* board_names.c - the words for what the supervisor publishes. */
#include "metrics/board.h"

const char *const board_slot_state_names[BOARD_SLOT_STATES] = {
	[BOARD_SLOT_EMPTY] = "empty",     [BOARD_SLOT_STARTING] = "starting",
	[BOARD_SLOT_SERVING] = "serving", [BOARD_SLOT_SUSPECT] = "suspect",
	[BOARD_SLOT_WAITING] = "waiting", [BOARD_SLOT_PARKED] = "parked",
};

const char *const board_worker_state_names[BOARD_WORKER_STATES] = {
	[BOARD_WORKER_STARTING] = "starting",
	[BOARD_WORKER_READY] = "ready",
	[BOARD_WORKER_DRAINING] = "draining",
};

const char *const board_phase_names[BOARD_PHASES] = {
	[BOARD_PHASE_STARTING] = "starting",
	[BOARD_PHASE_SERVING] = "serving",
	[BOARD_PHASE_RELOADING] = "reloading",
	[BOARD_PHASE_UPGRADING] = "upgrading",
	[BOARD_PHASE_DRAINING] = "draining",
};

const char *const board_event_names[BOARD_EVENT_KINDS] = {
	[BOARD_EVENT_STARTED] = "started",
	[BOARD_EVENT_WORKER_DIED] = "worker_died",
	[BOARD_EVENT_WORKER_HUNG] = "worker_hung",
	[BOARD_EVENT_RELOADED] = "reloaded",
	[BOARD_EVENT_RELOAD_FAILED] = "reload_failed",
	[BOARD_EVENT_UPGRADED] = "upgraded",
	[BOARD_EVENT_UPGRADE_FAILED] = "upgrade_failed",
	[BOARD_EVENT_SCALED] = "scaled",
	[BOARD_EVENT_SUSPENDED] = "suspended",
	[BOARD_EVENT_RESUMED] = "resumed",
	[BOARD_EVENT_ADMIN_DIED] = "admin_died",
	[BOARD_EVENT_STOPPING] = "stopping",
};

#define GAUGE(cell, word)   [cell] = {word, BOARD_KIND_GAUGE}
#define COUNTER(cell, word) [cell] = {word, BOARD_KIND_COUNTER}
#define LABEL(cell, word)   [cell] = {word, BOARD_KIND_LABEL}

const struct board_column board_columns[BOARD_CELLS] = {
	GAUGE(BOARD_SUPERVISOR_PID, "supervisor_pid"),
	GAUGE(BOARD_PHASE, "phase"),
	LABEL(BOARD_STARTED_WALL_MS, "started_wall_ms"),
	GAUGE(BOARD_GENERATION, "generation"),
	GAUGE(BOARD_GENERATIONS, "generations"),
	GAUGE(BOARD_WORKERS_WANTED, "workers_wanted"),
	GAUGE(BOARD_SLOTS_STEERED, "slots_steered"),
	COUNTER(BOARD_RELOADS_SUCCESS, "reloads_success"),
	COUNTER(BOARD_RELOADS_FAILURE, "reloads_failure"),
	LABEL(BOARD_RELOADED_WALL_MS, "reloaded_wall_ms"),
	COUNTER(BOARD_UPGRADES_SUCCESS, "upgrades_success"),
	COUNTER(BOARD_UPGRADES_FAILURE, "upgrades_failure"),
	COUNTER(BOARD_ADMIN_RESTARTS, "admin_restarts"),
	COUNTER(BOARD_KEEPER_RESTARTS, "keeper_restarts"),
	COUNTER(BOARD_LOG_DROPPED, "log_dropped"),
	GAUGE(BOARD_LOG_LEVEL, "log_level"),
	GAUGE(BOARD_HEARTBEAT_MS, "heartbeat_ms"),
	GAUGE(BOARD_STOP_UNTIL_MS, "stop_until_ms"),
	GAUGE(BOARD_OPEN_FDS, "open_fds"),
};
