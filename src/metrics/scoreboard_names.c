/* SPDX-License-Identifier: MIT */
/* scoreboard_names.c - the words for everything that the scoreboard counts. */
#include "metrics/scoreboard.h"

const char *const scoreboard_callback_names[SCOREBOARD_CALLBACKS] = {
	[SCOREBOARD_IN_NONE] = "none",
	[SCOREBOARD_IN_CONNECTION_MADE] = "connection_made",
	[SCOREBOARD_IN_DATA_RECEIVED] = "data_received",
	[SCOREBOARD_IN_EOF_RECEIVED] = "eof_received",
	[SCOREBOARD_IN_PAUSE_WRITING] = "pause_writing",
	[SCOREBOARD_IN_RESUME_WRITING] = "resume_writing",
	[SCOREBOARD_IN_DRAINING] = "draining",
	[SCOREBOARD_IN_TIMEOUT] = "timeout",
	[SCOREBOARD_IN_CONNECTION_LOST] = "connection_lost",
	[SCOREBOARD_IN_WORKER_START] = "worker_start",
	[SCOREBOARD_IN_WORKER_DRAINING] = "worker_draining",
	[SCOREBOARD_IN_WORKER_STOP] = "worker_stop",
	[SCOREBOARD_IN_TIMER] = "a timer",
	[SCOREBOARD_IN_FRAME_RECEIVED] = "frame_received",
	[SCOREBOARD_IN_BUFFER_GET] = "buffer_get",
	[SCOREBOARD_IN_BUFFER_UPDATED] = "buffer_updated",
	[SCOREBOARD_IN_FILE_SENT] = "file_sent",
	[SCOREBOARD_IN_POSTED] = "posted work",
	[SCOREBOARD_IN_LOAD] = "load",
};

const char *const scoreboard_restart_names[SCOREBOARD_RESTARTS] = {
	[SCOREBOARD_RESTART_CRASH] = "crash",
	[SCOREBOARD_RESTART_KILLED] = "killed",
	[SCOREBOARD_RESTART_EXIT] = "exit",
	[SCOREBOARD_RESTART_LEAVE] = "leave",
	[SCOREBOARD_RESTART_STARTUP] = "startup",
	[SCOREBOARD_RESTART_HUNG] = "hung",
	[SCOREBOARD_RESTART_PLUGIN] = "plugin",
};

const int64_t scoreboard_lag_bounds_us[SCOREBOARD_LAG_BUCKETS - 1] = {
	1000,   2000,   5000,   10000,   20000,   50000,
	100000, 200000, 500000, 1000000, 2000000, 5000000,
};

/* 10ms to a day. */
const int64_t scoreboard_duration_bounds_ms[SCOREBOARD_DURATION_BUCKETS - 1] = {
	10,     100,     1000,    10000,    60000,
	300000, 1800000, 3600000, 21600000, 86400000,
};

const enum cohort_reason scoreboard_rejection_reasons[SCOREBOARD_REJECTIONS] = {
	[SCOREBOARD_REJECTED_RESOURCE] = COHORT_REASON_RESOURCE,
	[SCOREBOARD_REJECTED_LIMIT] = COHORT_REASON_LIMIT,
	[SCOREBOARD_REJECTED_LIMIT_SOURCE] = COHORT_REASON_LIMIT_SOURCE,
	[SCOREBOARD_REJECTED_DENIED] = COHORT_REASON_DENIED,
};

#define LABEL(cell, word)   [cell] = {word, SCOREBOARD_KIND_LABEL}
#define COUNTER(cell, word) [cell] = {word, SCOREBOARD_KIND_COUNTER}
#define GAUGE(cell, word)   [cell] = {word, SCOREBOARD_KIND_GAUGE}
#define CLOSED(reason, word)                                                   \
	COUNTER(SCOREBOARD_CLOSED + COHORT_REASON_##reason, "closed_" word)

#define REJECTED(reason, word)                                                 \
	COUNTER(SCOREBOARD_REJECTED + SCOREBOARD_REJECTED_##reason,            \
		"rejected_" word)
#define LAG(bucket) COUNTER(SCOREBOARD_LAG + (bucket), "lag_" #bucket)
#define DURATION(bucket)                                                       \
	COUNTER(SCOREBOARD_DURATION + (bucket), "duration_" #bucket)

/* clang-format off */
const struct scoreboard_column scoreboard_columns[SCOREBOARD_CELLS] = {
	LABEL(SCOREBOARD_SLOT, "slot"),
	LABEL(SCOREBOARD_PID, "pid"),
	LABEL(SCOREBOARD_GENERATION, "generation"),
	LABEL(SCOREBOARD_STARTED_MS, "started_ms"),
	LABEL(SCOREBOARD_HEARTBEAT_MS, "heartbeat_ms"),
	LABEL(SCOREBOARD_CALLBACK, "callback"),
	LABEL(SCOREBOARD_CALLBACK_ID, "callback_id"),
	LABEL(SCOREBOARD_CALLBACK_MS, "callback_ms"),
	COUNTER(SCOREBOARD_TURNS, "turns"),
	COUNTER(SCOREBOARD_LOG_DROPPED, "log_dropped"),
	COUNTER(SCOREBOARD_ACCEPT_EMFILE, "accept_emfile"),
	COUNTER(SCOREBOARD_ACCEPT_ENFILE, "accept_enfile"),
	COUNTER(SCOREBOARD_ACCEPT_ENOBUFS, "accept_enobufs"),
	COUNTER(SCOREBOARD_ACCEPT_ENOMEM, "accept_enomem"),
	COUNTER(SCOREBOARD_ACCEPT_ECONNABORTED, "accept_econnaborted"),
	COUNTER(SCOREBOARD_ACCEPT_OTHER, "accept_other"),
	LABEL(SCOREBOARD_ACCEPTING, "accepting"),
	LABEL(SCOREBOARD_CALLBACK_SERVICE, "callback_service"),
	LAG(0), LAG(1), LAG(2), LAG(3), LAG(4), LAG(5), LAG(6), LAG(7),
	LAG(8), LAG(9), LAG(10), LAG(11), LAG(12),
	COUNTER(SCOREBOARD_LAG_SUM_US, "lag_sum_us"),
	COUNTER(SCOREBOARD_BUSY_POLL_US, "busy_poll_us"),
};

const struct scoreboard_column
	scoreboard_service_columns[SCOREBOARD_SERVICE_CELLS] = {
	COUNTER(SCOREBOARD_ACCEPTED, "accepted"),
	COUNTER(SCOREBOARD_RECEIVED_BYTES, "received_bytes"),
	COUNTER(SCOREBOARD_SENT_BYTES, "sent_bytes"),
	COUNTER(SCOREBOARD_WRITE_PAUSES, "write_pauses"),
	COUNTER(SCOREBOARD_READ_PAUSES, "read_pauses"),
	CLOSED(EOF, "eof"),
	CLOSED(PEER_RESET, "peer_reset"),
	CLOSED(LOCAL_CLOSE, "local_close"),
	CLOSED(IDLE_TIMEOUT, "idle_timeout"),
	CLOSED(FIRST_BYTE_TIMEOUT, "first_byte_timeout"),
	CLOSED(WRITE_TIMEOUT, "write_timeout"),
	CLOSED(LIFETIME, "lifetime"),
	CLOSED(WRITE_OVERFLOW, "write_overflow"),
	CLOSED(LIMIT, "limit"),
	CLOSED(LIMIT_SOURCE, "limit_source"),
	CLOSED(DENIED, "denied"),
	CLOSED(PROXY_HEADER, "proxy_header"),
	CLOSED(PROTOCOL_ERROR, "protocol_error"),
	CLOSED(UPSTREAM, "upstream"),
	CLOSED(SHUTDOWN, "shutdown"),
	CLOSED(KILLED, "killed"),
	CLOSED(WORKER_EXIT, "worker_exit"),
	CLOSED(RESOURCE, "resource"),
	GAUGE(SCOREBOARD_LIVE, "live"),
	GAUGE(SCOREBOARD_QUEUED_BYTES, "queued_bytes"),
	COUNTER(SCOREBOARD_CONNECTED, "connected"),
	COUNTER(SCOREBOARD_CONNECT_FAILED, "connect_failed"),
	COUNTER(SCOREBOARD_OUT_RECEIVED_BYTES, "out_received_bytes"),
	COUNTER(SCOREBOARD_OUT_SENT_BYTES, "out_sent_bytes"),
	COUNTER(SCOREBOARD_OUT_CLOSED, "out_closed"),
	GAUGE(SCOREBOARD_OUT_LIVE, "out_live"),
	REJECTED(RESOURCE, "resource"),
	REJECTED(LIMIT, "limit"),
	REJECTED(LIMIT_SOURCE, "limit_source"),
	REJECTED(DENIED, "denied"),
	DURATION(0), DURATION(1), DURATION(2), DURATION(3), DURATION(4),
	DURATION(5), DURATION(6), DURATION(7), DURATION(8), DURATION(9),
	DURATION(10),
	COUNTER(SCOREBOARD_DURATION_SUM_MS, "duration_sum_ms"),
};
/* clang-format on */
