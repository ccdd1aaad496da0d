/* SPDX-License-Identifier: MIT */
/* connection_query.h - which connections are meant, and what is told of each.
 *
 * The admin sends a query to each worker as it is (one record); a worker
 * answers with rows.  Both are fixed in size and know their version, since
 * after an upgrade the two ends may be of different builds. */
#ifndef COHORT_CONTROL_CONNECTION_QUERY_H
#define COHORT_CONTROL_CONNECTION_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "control/report.h"
#include "metrics/scoreboard.h"

#define CONNECTION_QUERY_VERSION 1
#define CONNECTION_LIMIT_MOST    10000 /* with an order */

enum connection_action {
	CONNECTION_LIST,
	CONNECTION_CLOSE, /* gracefully, reason killed */
	CONNECTION_ACTIONS,
};

/* By which the first `limit` are meant, largest first. */
enum connection_sort {
	CONNECTION_SORT_NONE, /* as they come; limit 0: all */
	CONNECTION_SORT_ID,
	CONNECTION_SORT_AGE,
	CONNECTION_SORT_IDLE,
	CONNECTION_SORT_RECEIVED,
	CONNECTION_SORT_SENT,
	CONNECTION_SORT_BYTES, /* both ways */
	CONNECTION_SORT_QUEUED,
	CONNECTION_SORT_RTT,
	CONNECTION_SORT_RETRANSMITS,
	CONNECTION_SORTS,
};
extern const char *const connection_sort_names[CONNECTION_SORTS];

struct connection_query {
	uint32_t version;
	uint32_t number; /* of the asker: comes back with each row */
	uint32_t action;
	uint32_t sort;
	uint32_t limit;       /* 0: all, only without an order */
	int32_t pid;          /* of the worker that has `id`; 0: any */
	int32_t slot;         /* -1: any */
	uint32_t is_reversed; /* smallest first */
	uint64_t id;          /* 0: any */
	int64_t idle_over_ms; /* -1: any */
	uint8_t peer[16];     /* of the family; network order */
	uint8_t peer_family;  /* 0: any */
	uint8_t peer_bits;
	uint8_t reserved[6];
	char service[SCOREBOARD_SERVICE_NAME]; /* "": any */
};

struct connection_row {
	uint64_t id;
	int64_t age_ms;
	int64_t idle_ms;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t queued_bytes;
	uint32_t rtt_us;
	uint32_t cwnd;        /* segments */
	uint32_t retransmits; /* of all its life */
	uint16_t service;     /* index in the worker's page */
	uint8_t state;        /* enum connection_state */
	uint8_t is_outgoing;
	char peer[64]; /* as text; "" unknown; cut */
	char local[64];
};

enum connection_state {
	CONNECTION_CONNECTING,
	CONNECTION_OPEN,
	CONNECTION_HALF_CLOSED, /* the peer has sent its EOF */
	CONNECTION_FLUSHING,
	CONNECTION_LINGERING,
	CONNECTION_STATES,
};
extern const char *const connection_state_names[CONNECTION_STATES];

/* The columns of `connections`: id (PID-ID), service, worker, peer, local,
 * state, age, idle, received, sent, queued, rtt, cwnd, retransmits. */
extern const struct report_table connection_table;

#endif
