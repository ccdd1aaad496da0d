/* SPDX-License-Identifier: MIT */
/* metric_table.c - one row for each metric. */
#include "metrics/metric_table.h"

#include "metrics/metric_find.h"

#define MS 1000
#define US 1000000

#define GAUGE(word)   .name = (word), .kind = METRIC_GAUGE
#define COUNTER(word) .name = (word), .kind = METRIC_COUNTER
#define SECONDS(part) .unit = "seconds", .scale = (part)
#define BYTES         .unit = "bytes"

#define BOARD(row)   .cells = metric_board, .cell = BOARD_##row
#define WORKERS(row) .cells = metric_workers, .cell = SCOREBOARD_##row
#define PROCESS(row) .find = metric_find_process, .cell = PROCESS_##row
#define SERVICE(row)                                                           \
	.scope = METRIC_OF_SERVICE, .cells = metric_service,                   \
	.cell = SCOREBOARD_##row
#define OF_SERVICE(way) .scope = METRIC_OF_SERVICE, .find = (way)
#define OF_SLOT(way)    .scope = METRIC_OF_SLOT, .find = (way)
#define OF_BOTH(way)    .scope = METRIC_OF_SERVICE_SLOT, .find = (way)

/* clang-format off */
const struct metric metric_table[] = {
	/* The program. */
	{.name = "cohort_build", .kind = METRIC_INFO, .label = &metric_versions, .find = metric_find_one,
	 .help = "The version that runs"},
	{GAUGE("cohort_start_time_seconds"), SECONDS(MS), BOARD(STARTED_WALL_MS),
	 .help = "When the program was started, since 1970; an upgrade in place is no start"},
	{COUNTER("cohort_config_reloads"), .label = &metric_results, BOARD(RELOADS_SUCCESS),
	 .help = "Reloads of the configuration"},
	{GAUGE("cohort_config_last_reload_timestamp_seconds"), SECONDS(MS), BOARD(RELOADED_WALL_MS),
	 .help = "When a reload succeeded last, since 1970; 0: none so far"},
	{COUNTER("cohort_upgrades"), .label = &metric_results, BOARD(UPGRADES_SUCCESS),
	 .help = "Upgrades in place"},
	{GAUGE("cohort_generations"), BOARD(GENERATIONS),
	 .help = "Configurations that have living workers: 1 unless old workers drain"},
	{COUNTER("cohort_admin_restarts"), BOARD(ADMIN_RESTARTS),
	 .help = "Admin processes that had to be replaced"},
	{COUNTER("cohort_keeper_restarts"), BOARD(KEEPER_RESTARTS),
	 .help = "Keeper processes that had to be replaced"},
	{COUNTER("cohort_log_dropped"), .find = metric_find_log_dropped,
	 .help = "Lines that the log did not take: the reader is slow, or the disk is full"},

	/* Workers and their slots. */
	{GAUGE("cohort_workers_wanted"), BOARD(WORKERS_WANTED),
	 .help = "Workers as configured, or as scaled to"},
	{GAUGE("cohort_workers"), .label = &metric_worker_states, .find = metric_find_worker_state,
	 .help = "Living workers"},
	{GAUGE("cohort_slots"), .label = &metric_slot_states, .find = metric_find_slot_state,
	 .help = "Numbered places of workers; waiting: its worker crashed again and again"},
	{GAUGE("cohort_slots_steered"), BOARD(SLOTS_STEERED),
	 .help = "Slots that should get new connections, and are steered around"},
	{GAUGE("cohort_slot_steered"), OF_SLOT(metric_find_steered),
	 .help = "1: the slot gets no new connections"},
	{COUNTER("cohort_worker_restarts"), .label = &metric_causes, .cells = metric_restarts,
	 .help = "Workers that had to be replaced"},
	{GAUGE("cohort_worker_heartbeat_age_seconds"), SECONDS(MS), OF_SLOT(metric_find_heartbeat_age),
	 .help = "For how long the worker's loop has not turned"},
	{GAUGE("cohort_worker_connections"), OF_SLOT(metric_find_live),
	 .help = "Accepted connections that live in the slot's workers"},
	{.name = "cohort_loop_lag_seconds", .kind = METRIC_HISTOGRAM, SECONDS(US),
	 .buckets = &metric_lags, WORKERS(LAG),
	 .help = "How long turns of the workers' loops took: a client that is ready waits at most so long"},
	{COUNTER("cohort_busy_poll_seconds"), SECONDS(US), WORKERS(BUSY_POLL_US),
	 .help = "Time that workers spun instead of waiting"},
	{COUNTER("cohort_accept_errors"), .label = &metric_errnos, WORKERS(ACCEPT_EMFILE),
	 .help = "Connections that could not be accepted"},

	/* Services. */
	{GAUGE("cohort_service_suspended"), OF_SERVICE(metric_find_suspended),
	 .help = "1: the service accepts nobody, clients wait in the queue"},
	{GAUGE("cohort_listener_queue"), OF_BOTH(metric_find_queue),
	 .help = "Clients that wait to be accepted"},
	{GAUGE("cohort_listener_queue_limit"), OF_SERVICE(metric_find_queue_limit),
	 .help = "Clients that may wait in one listener; further ones are not answered"},
	{GAUGE("cohort_connections"), SERVICE(LIVE),
	 .help = "Accepted connections that live"},
	{COUNTER("cohort_connections_accepted"), OF_BOTH(metric_find_accepted),
	 .help = "Connections that were accepted"},
	{COUNTER("cohort_connections_closed"), .label = &metric_reasons, SERVICE(CLOSED),
	 .help = "Accepted connections that ended, by why"},
	{COUNTER("cohort_connections_rejected"), .label = &metric_rejections, SERVICE(REJECTED),
	 .help = "Connections that were closed as soon as they were accepted, by why"},
	{.name = "cohort_connection_duration_seconds", .kind = METRIC_HISTOGRAM, SECONDS(MS),
	 .buckets = &metric_durations, SERVICE(DURATION),
	 .help = "How long accepted connections lived; without those that died with a worker"},
	{COUNTER("cohort_received_bytes"), BYTES, SERVICE(RECEIVED_BYTES),
	 .help = "Payload that came over accepted connections"},
	{COUNTER("cohort_sent_bytes"), BYTES, SERVICE(SENT_BYTES),
	 .help = "Payload that was sent over accepted connections"},
	{GAUGE("cohort_write_buffer_bytes"), BYTES, SERVICE(QUEUED_BYTES),
	 .help = "What waits in the program to be sent"},
	{COUNTER("cohort_pauses"), .label = &metric_directions, SERVICE(WRITE_PAUSES),
	 .help = "Times that a peer did not read (write), or a protocol paused reading (read)"},

	/* What services connect to. */
	{GAUGE("cohort_outgoing_connections"), SERVICE(OUT_LIVE),
	 .help = "Outgoing connections that live"},
	{COUNTER("cohort_outgoing_connected"), SERVICE(CONNECTED),
	 .help = "Outgoing connections that came about"},
	{COUNTER("cohort_outgoing_failed"), SERVICE(CONNECT_FAILED),
	 .help = "Outgoing connections that did not"},
	{COUNTER("cohort_outgoing_closed"), SERVICE(OUT_CLOSED),
	 .help = "Outgoing connections that came about and ended"},
	{COUNTER("cohort_outgoing_received_bytes"), BYTES, SERVICE(OUT_RECEIVED_BYTES),
	 .help = "Payload that came over outgoing connections"},
	{COUNTER("cohort_outgoing_sent_bytes"), BYTES, SERVICE(OUT_SENT_BYTES),
	 .help = "Payload that was sent over outgoing connections"},

	/* The supervisor, by the names that all clients of Prometheus use. */
	{COUNTER("process_cpu_seconds"), SECONDS(MS), PROCESS(CPU_MS),
	 .help = "CPU time of the supervisor"},
	{GAUGE("process_start_time_seconds"), SECONDS(MS), PROCESS(STARTED_WALL_MS),
	 .help = "When the supervisor's process began, since 1970"},
	{GAUGE("process_open_fds"), PROCESS(OPEN_FDS),
	 .help = "Open descriptors of the supervisor"},
	{GAUGE("process_max_fds"), PROCESS(MAX_FDS),
	 .help = "How many the supervisor may open"},
	{GAUGE("process_virtual_memory_bytes"), BYTES, PROCESS(VIRTUAL_BYTES),
	 .help = "Address space of the supervisor"},
	{GAUGE("process_virtual_memory_max_bytes"), BYTES, PROCESS(VIRTUAL_MAX_BYTES),
	 .help = "How large that may be"},
	{GAUGE("process_resident_memory_bytes"), BYTES, PROCESS(RESIDENT_BYTES),
	 .help = "Memory of the supervisor"},
};
/* clang-format on */

const unsigned metric_count = sizeof(metric_table) / sizeof(metric_table[0]);
