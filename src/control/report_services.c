/* SPDX-License-Identifier: MIT */
/* report_services.c - services, and why their connections ended. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "control/reports.h"

enum {
	SERVICE_NAME,
	SERVICE_STATE,
	SERVICE_PROTOCOL,
	SERVICE_LISTEN,
	SERVICE_CONNECTIONS,
	SERVICE_ACCEPTED,
	SERVICE_CLOSED,
	SERVICE_QUEUE,
	SERVICE_QUEUE_LIMIT,
	SERVICE_RECEIVED,
	SERVICE_SENT,
	SERVICE_QUEUED,
	SERVICE_OUTGOING,
	SERVICE_CONNECTED,
	SERVICE_CONNECT_FAILED,
	SERVICE_READ_PAUSES,
	SERVICE_WRITE_PAUSES,
	SERVICE_SUSPENDED,
	SERVICE_CURRENT,
	SERVICE_COLUMNS,
};
_Static_assert(SERVICE_COLUMNS == REPORT_SERVICE_COLUMNS, "see reports.h");

/* clang-format off */
static const struct report_column service_columns[] = {
	[SERVICE_NAME] = {"name", REPORT_TEXT, "SERVICE", "as configured", 0},
	[SERVICE_STATE] = {"state", REPORT_STATE, "STATE",
		"serving; suspended: clients wait in the queue; removed: of an "
		"older configuration", 0},
	[SERVICE_PROTOCOL] = {"protocol", REPORT_TEXT, "PROTOCOL",
		"that it speaks", 2},
	[SERVICE_LISTEN] = {"listen", REPORT_TEXT, "LISTEN",
		"its addresses, with their ports", 3},
	[SERVICE_CONNECTIONS] = {"connections", REPORT_COUNT, "CONN",
		"accepted and not closed", 0},
	[SERVICE_ACCEPTED] = {"accepted", REPORT_COUNT, "ACCEPTED",
		"since the program was started", 0},
	[SERVICE_CLOSED] = {"closed_total", REPORT_COUNT, "CLOSED",
		"of those, for whatever reason", 4},
	[SERVICE_QUEUE] = {"queue", REPORT_COUNT, "QUEUE",
		"clients that wait to be accepted", 0},
	[SERVICE_QUEUE_LIMIT] = {"queue_limit", REPORT_COUNT, "LIMIT",
		"how many may wait in one listener", 5},
	[SERVICE_RECEIVED] = {"received_bytes", REPORT_BYTES, "IN",
		"received from clients", 1},
	[SERVICE_SENT] = {"sent_bytes", REPORT_BYTES, "OUT",
		"sent to clients", 1},
	[SERVICE_QUEUED] = {"queued_bytes", REPORT_BYTES, "QUEUED",
		"written by the protocol, not taken by the kernel", 4},
	[SERVICE_OUTGOING] = {"outgoing", REPORT_COUNT, "OUTGOING",
		"connections that it has made, and not closed", 6},
	[SERVICE_CONNECTED] = {"connected", REPORT_COUNT, "CONNECTED",
		"outgoing connections so far", REPORT_RANK_WIDE},
	[SERVICE_CONNECT_FAILED] = {"connect_failed", REPORT_COUNT,
		"CONNECT FAILED", "outgoing connections that never were", REPORT_RANK_WIDE},
	[SERVICE_READ_PAUSES] = {"read_pauses", REPORT_COUNT, "READ PAUSES",
		"the protocol took no more", REPORT_RANK_WIDE},
	[SERVICE_WRITE_PAUSES] = {"write_pauses", REPORT_COUNT, "WRITE PAUSES",
		"the peer took no more", REPORT_RANK_WIDE},
	[SERVICE_SUSPENDED] = {"is_suspended", REPORT_BOOLEAN, "SUSPENDED",
		"by configuration or order", REPORT_RANK_WIDE},
	[SERVICE_CURRENT] = {"is_current", REPORT_BOOLEAN, "CURRENT",
		"it is in the configuration in force", REPORT_RANK_WIDE},
};
/* clang-format on */

const struct report_table report_service_table = {"services", service_columns,
						  SERVICE_COLUMNS, false};

static struct report_value number(uint64_t value)
{
	return report_number((int64_t)value);
}

uint64_t report_queue(const struct snapshot_service *service)
{
	uint64_t length = 0;
	unsigned slot;

	for (slot = 0; slot < BOARD_SLOTS; slot++)
		length += service->queue_by_slot[slot];
	return length;
}

static uint64_t closed_total(const struct snapshot_service *service)
{
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < COHORT_REASONS; i++)
		count += service->cells[SCOREBOARD_CLOSED + i];
	return count;
}

static const char *protocol_of(const struct control_backend *backend,
			       const char *name)
{
	const struct config *config = backend->config;
	unsigned i;

	for (i = 0; config != NULL && i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return config->services[i].protocol->name;
	return NULL;
}

static void append_addresses(struct text *listen,
			     const struct control_backend *backend,
			     const char *name)
{
	unsigned i;

	for (i = 0; i < backend->listener_count; i++)
		if (strcmp(backend->listeners[i].service, name) == 0)
			text_append(listen, "%s%s", listen->size > 0 ? " " : "",
				    backend->listeners[i].address);
}

void report_service(struct report_value *values,
		    const struct control_backend *backend,
		    const struct snapshot_service *service, struct text *listen)
{
	static const struct {
		unsigned column;
		enum scoreboard_service_cell cell;
	} plain[] = {
		{SERVICE_CONNECTIONS, SCOREBOARD_LIVE},
		{SERVICE_ACCEPTED, SCOREBOARD_ACCEPTED},
		{SERVICE_RECEIVED, SCOREBOARD_RECEIVED_BYTES},
		{SERVICE_SENT, SCOREBOARD_SENT_BYTES},
		{SERVICE_QUEUED, SCOREBOARD_QUEUED_BYTES},
		{SERVICE_OUTGOING, SCOREBOARD_OUT_LIVE},
		{SERVICE_CONNECTED, SCOREBOARD_CONNECTED},
		{SERVICE_CONNECT_FAILED, SCOREBOARD_CONNECT_FAILED},
		{SERVICE_READ_PAUSES, SCOREBOARD_READ_PAUSES},
		{SERVICE_WRITE_PAUSES, SCOREBOARD_WRITE_PAUSES},
	};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		values[plain[i].column] = number(service->cells[plain[i].cell]);
	append_addresses(listen, backend, service->name);
	values[SERVICE_NAME] = report_text(service->name);
	values[SERVICE_STATE] =
		report_text(!service->is_current    ? "removed"
			    : service->is_suspended ? "suspended"
						    : "serving");
	values[SERVICE_PROTOCOL] =
		report_text(protocol_of(backend, service->name));
	values[SERVICE_LISTEN] = report_text(listen->bytes);
	values[SERVICE_CLOSED] = number(closed_total(service));
	values[SERVICE_QUEUE] = number(report_queue(service));
	values[SERVICE_QUEUE_LIMIT] = number(service->queue_limit);
	values[SERVICE_SUSPENDED] = report_number(service->is_suspended);
	values[SERVICE_CURRENT] = report_number(service->is_current);
}

/* ---- Reasons ---- */

static const struct report_column reason_columns[] = {
	{"service", REPORT_TEXT, "SERVICE", "its name", 0},
	{"reason", REPORT_TEXT, "CLOSED BY", "why connections ended", 0},
	{"count", REPORT_COUNT, "COUNT", "how many", 0},
};

const struct report_table report_reason_table = {"closed", reason_columns,
						 REPORT_REASON_COLUMNS, false};

void report_reason(struct report_value *values,
		   const struct snapshot_service *service,
		   enum cohort_reason reason)
{
	values[0] = report_text(service->name);
	values[1] = report_text(cohort_reason_name(reason));
	values[2] =
		number(service->cells[SCOREBOARD_CLOSED + (unsigned)reason]);
}

/* ---- Closed connections ---- */

enum {
	CLOSED_TIME,
	CLOSED_ID,
	CLOSED_SERVICE,
	CLOSED_WORKER,
	CLOSED_PEER,
	CLOSED_REASON,
	CLOSED_ERROR,
	CLOSED_DURATION,
	CLOSED_RECEIVED,
	CLOSED_SENT,
	CLOSED_COUNT,
	CLOSED_DIRECTION,
	CLOSED_PID,
	CLOSED_ERRNO,
	CLOSED_COLUMNS,
};
_Static_assert(CLOSED_COLUMNS == REPORT_CLOSED_COLUMNS, "see reports.h");

/* clang-format off */
static const struct report_column closed_columns[] = {
	[CLOSED_TIME] = {"time", REPORT_TIME, "CLOSED", "when", 0},
	[CLOSED_ID] = {"id", REPORT_TEXT, "ID",
		"the worker's process and the number of the connection in it", 0},
	[CLOSED_SERVICE] = {"service", REPORT_TEXT, "SERVICE", "its name", 0},
	[CLOSED_WORKER] = {"worker", REPORT_COUNT, "WORKER",
		"the worker's slot", 3},
	[CLOSED_PEER] = {"peer", REPORT_TEXT, "PEER", "the other end", 0},
	[CLOSED_REASON] = {"reason", REPORT_TEXT, "REASON", "why", 0},
	[CLOSED_ERROR] = {"error", REPORT_TEXT, "ERROR",
		"what the system said", 4},
	[CLOSED_DURATION] = {"duration_ms", REPORT_DURATION, "LIVED",
		"from accept to end", 0},
	[CLOSED_RECEIVED] = {"received_bytes", REPORT_BYTES, "IN",
		"received from the peer", 2},
	[CLOSED_SENT] = {"sent_bytes", REPORT_BYTES, "OUT",
		"sent to the peer", 2},
	[CLOSED_COUNT] = {"count", REPORT_COUNT, "COUNT",
		"1, or all that died with a worker", 1},
	[CLOSED_DIRECTION] = {"direction", REPORT_TEXT, "DIR",
		"in: accepted; out: we connected", 5},
	[CLOSED_PID] = {"pid", REPORT_COUNT, "PID", "of the worker", REPORT_RANK_WIDE},
	[CLOSED_ERRNO] = {"errno", REPORT_COUNT, "ERRNO",
		"the error's number", REPORT_RANK_WIDE},
};
/* clang-format on */

const struct report_table report_closed_table = {"connections", closed_columns,
						 CLOSED_COLUMNS, false};

/* 127.0.0.1:4711, [::1]:4711; unknown: none. */
static struct report_value format_peer(char out[64],
				       const struct board_closed *closed)
{
	char host[INET6_ADDRSTRLEN];
	bool is_ipv6 = closed->family == AF_INET6;

	if (closed->family == AF_UNIX)
		return report_text("unix");
	if (closed->family != AF_INET && !is_ipv6)
		return report_nothing();
	if (inet_ntop(closed->family, closed->peer, host, sizeof(host)) == NULL)
		return report_nothing();
	snprintf(out, 64, is_ipv6 ? "[%s]:%u" : "%s:%u", host,
		 (unsigned)closed->peer_port);
	return report_text(out);
}

void report_closed(struct report_value *values,
		   const struct board_closed *closed, const char *service,
		   struct report_closed_texts *texts)
{
	bool is_one = closed->id != 0;

	snprintf(texts->id, sizeof(texts->id), "%d-%llu", (int)closed->pid,
		 (unsigned long long)closed->id);
	values[CLOSED_TIME] = report_number(closed->closed_ms);
	values[CLOSED_ID] = report_text(is_one ? texts->id : NULL);
	values[CLOSED_SERVICE] = report_text(service);
	values[CLOSED_WORKER] = report_number(closed->slot);
	values[CLOSED_PEER] = format_peer(texts->peer, closed);
	values[CLOSED_REASON] = report_text(
		cohort_reason_name((enum cohort_reason)closed->reason));
	snprintf(texts->error, sizeof(texts->error), "%s",
		 strerror(closed->error));
	values[CLOSED_ERROR] =
		report_text(closed->error != 0 ? texts->error : NULL);
	values[CLOSED_DURATION] =
		is_one ? report_number(closed->duration_ms) : report_nothing();
	values[CLOSED_RECEIVED] =
		is_one ? number(closed->received_bytes) : report_nothing();
	values[CLOSED_SENT] =
		is_one ? number(closed->sent_bytes) : report_nothing();
	values[CLOSED_COUNT] = report_number(closed->count);
	values[CLOSED_DIRECTION] =
		report_text(closed->is_outgoing ? "out" : "in");
	values[CLOSED_PID] = report_number(closed->pid);
	values[CLOSED_ERRNO] = closed->error != 0 ? report_number(closed->error)
						  : report_nothing();
}
