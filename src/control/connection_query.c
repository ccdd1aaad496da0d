/* SPDX-License-Identifier: MIT */
/* connection_query.c - queries for connections, and their rows as a table. */
#include "control/connection_query.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "net/address_prefix.h"

_Static_assert(sizeof(struct connection_query) == 136 &&
		       sizeof(struct connection_row) == 240 &&
		       sizeof(struct connection_end) == 24,
	       "another layout is another version");

const char *const connection_sort_names[CONNECTION_SORTS] = {
	[CONNECTION_SORT_NONE] = "none",
	[CONNECTION_SORT_ID] = "id",
	[CONNECTION_SORT_AGE] = "age",
	[CONNECTION_SORT_IDLE] = "idle",
	[CONNECTION_SORT_RECEIVED] = "received",
	[CONNECTION_SORT_SENT] = "sent",
	[CONNECTION_SORT_BYTES] = "bytes",
	[CONNECTION_SORT_QUEUED] = "queued",
	[CONNECTION_SORT_RTT] = "rtt",
	[CONNECTION_SORT_RETRANSMITS] = "retransmits",
};

const char *const connection_state_names[CONNECTION_STATES] = {
	[CONNECTION_CONNECTING] = "connecting",
	[CONNECTION_OPEN] = "open",
	[CONNECTION_HALF_CLOSED] = "half_closed",
	[CONNECTION_FLUSHING] = "flushing",
	[CONNECTION_LINGERING] = "lingering",
};

/* ---- Which are meant ------------------------------------------------- */

static bool is_peer_sound(const struct connection_query *query)
{
	const struct address_prefix prefix = {
		.family = query->peer_family,
		.bits = query->peer_bits,
	};

	return query->peer_family == 0 || address_prefix_is_sound(&prefix);
}

const char *connection_query_fault(const struct connection_query *query)
{
	if (query->action >= CONNECTION_ACTIONS)
		return "the action is unknown";
	if (query->sort >= CONNECTION_SORTS)
		return "the order is unknown";
	if (query->sort != CONNECTION_SORT_NONE &&
	    (query->limit == 0 || query->limit > CONNECTION_LIMIT_MOST))
		return "with an order the limit is from 1 to 10000";
	if (query->action == CONNECTION_CLOSE &&
	    (query->sort != CONNECTION_SORT_NONE || query->limit != 0))
		return "what is closed has neither order nor limit";
	if (!is_peer_sound(query))
		return "the prefix has more bits than its address";
	if (memchr(query->service, '\0', sizeof(query->service)) == NULL)
		return "the service's name is too long";
	if (query->id != 0 && query->pid == 0)
		return "an id is of one worker";
	return NULL;
}

bool connection_query_wants(const struct connection_query *query,
			    const struct connection_row *row)
{
	if (query->id != 0 && query->id != row->id)
		return false;
	if (query->idle_over_ms >= 0 && row->idle_ms <= query->idle_over_ms)
		return false;
	return query->service[0] == '\0' ||
	       strncmp(query->service, row->service, sizeof(row->service)) == 0;
}

/* ---- Their order ----------------------------------------------------- */

static uint64_t value_of(enum connection_sort sort,
			 const struct connection_row *row)
{
	switch (sort) {
	case CONNECTION_SORT_ID: return row->id;
	case CONNECTION_SORT_AGE: return (uint64_t)row->age_ms;
	case CONNECTION_SORT_IDLE: return (uint64_t)row->idle_ms;
	case CONNECTION_SORT_RECEIVED: return row->received_bytes;
	case CONNECTION_SORT_SENT: return row->sent_bytes;
	case CONNECTION_SORT_BYTES:
		return row->received_bytes + row->sent_bytes;
	case CONNECTION_SORT_QUEUED: return row->queued_bytes;
	case CONNECTION_SORT_RTT: return row->rtt_us;
	case CONNECTION_SORT_RETRANSMITS: return row->retransmits;
	case CONNECTION_SORT_NONE:
	case CONNECTION_SORTS: break;
	}
	return 0;
}

uint64_t connection_query_key(const struct connection_query *query,
			      const struct connection_row *row)
{
	uint64_t value = value_of((enum connection_sort)query->sort, row);

	return query->is_reversed ? UINT64_MAX - value : value;
}

bool connection_sort_asks_tcp(enum connection_sort sort)
{
	return sort == CONNECTION_SORT_RTT ||
	       sort == CONNECTION_SORT_RETRANSMITS;
}

/* ---- As a table ------------------------------------------------------ */

void connection_row_tame(struct connection_row *row)
{
	row->service[sizeof(row->service) - 1] = '\0';
	row->peer[sizeof(row->peer) - 1] = '\0';
	row->local[sizeof(row->local) - 1] = '\0';
	if (row->state >= CONNECTION_STATES)
		row->state = CONNECTION_OPEN;
}

static const struct report_column columns[] = {
	{"id", REPORT_TEXT, "ID",
	 "the worker's process and the number of the connection in it, as "
	 "`close` wants it",
	 0},
	{"service", REPORT_TEXT, "SERVICE", "the service's name", 0},
	{"worker", REPORT_COUNT, "WORKER", "the worker's slot", 4},
	{"peer", REPORT_TEXT, "PEER",
	 "the other end; what a PROXY header says, if there was one", 0},
	{"local", REPORT_TEXT, "LOCAL", "our end, likewise", 5},
	{"state", REPORT_STATE, "STATE",
	 "connecting, open, half_closed (the peer sends no more), flushing "
	 "(closed; the rest goes out), lingering (waits for the peer's end)",
	 2},
	{"direction", REPORT_TEXT, "DIR", "in: accepted; out: we connected", 6},
	{"age_ms", REPORT_DURATION, "AGE", "since it was accepted or begun", 0},
	{"idle_ms", REPORT_DURATION, "IDLE", "since the last byte either way",
	 1},
	{"received_bytes", REPORT_BYTES, "IN", "received from the peer", 0},
	{"sent_bytes", REPORT_BYTES, "OUT", "taken by the kernel to be sent",
	 0},
	{"queued_bytes", REPORT_BYTES, "QUEUED",
	 "written, and not taken by the kernel", 2},
	{"rtt_us", REPORT_MICROS, "RTT", "TCP's smoothed round-trip time", 3},
	{"cwnd_segments", REPORT_COUNT, "CWND", "TCP's congestion window", 6},
	{"retransmits", REPORT_COUNT, "RETR",
	 "segments sent again in all its life", 5},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == CONNECTION_COLUMNS,
	       "a line has a value for each column");

const struct report_table connection_table = {
	.name = "connections",
	.columns = columns,
	.column_count = CONNECTION_COLUMNS,
};

static struct report_value known_text(const char *text)
{
	return text[0] != '\0' ? report_text(text) : report_nothing();
}

static struct report_value known_tcp(const struct connection_row *row,
				     uint32_t number)
{
	return row->is_tcp ? report_number(number) : report_nothing();
}

void connection_line_fill(struct connection_line *line,
			  const struct connection_row *row, int32_t pid,
			  uint32_t slot)
{
	struct report_value *value = line->values;

	snprintf(line->id, sizeof(line->id), "%ld-%llu", (long)pid,
		 (unsigned long long)row->id);
	*value++ = report_text(line->id);
	*value++ = report_text(row->service);
	*value++ = report_number(slot);
	*value++ = known_text(row->peer);
	*value++ = known_text(row->local);
	*value++ = report_text(connection_state_names[row->state]);
	*value++ = report_text(row->is_outgoing ? "out" : "in");
	*value++ = report_number(row->age_ms);
	*value++ = report_number(row->idle_ms);
	*value++ = report_number((int64_t)row->received_bytes);
	*value++ = report_number((int64_t)row->sent_bytes);
	*value++ = report_number((int64_t)row->queued_bytes);
	*value++ = known_tcp(row, row->rtt_us);
	*value++ = known_tcp(row, row->cwnd);
	*value = known_tcp(row, row->retransmits);
}
