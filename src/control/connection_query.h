/* SPDX-License-Identifier: MIT */
/* connection_query.h - which connections are meant, and what is told of each.
 *
 * The admin sends a query to each worker as it is (one record); a worker
 * answers with rows, and with an end.  They are fixed in size; the query's
 * version, which comes first in every build, is that of the rows too, since
 * after an upgrade the two ends may be of different builds.
 *
 * Without an order the answer is a page: so many rows, and where to go on.  So
 * a worker owes little at a time, and whoever reads slowly is not asked for. */
#ifndef COHORT_CONTROL_CONNECTION_QUERY_H
#define COHORT_CONTROL_CONNECTION_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "control/report.h"
#include "metrics/scoreboard.h"

#define CONNECTION_QUERY_VERSION 1
#define CONNECTION_LIMIT_MOST    10000 /* with an order */
#define CONNECTION_PAGE_ROWS     96    /* of one answer without an order */
#define CONNECTION_ADDRESS       56    /* all but a long path */

enum connection_action {
	CONNECTION_LIST,
	CONNECTION_CLOSE, /* gracefully, reason killed; outgoing ones
			   * by their id alone */
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
	uint8_t reserved[2];
	uint32_t from; /* 0, or where the last answer said to go on */
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
	uint8_t state;        /* enum connection_state */
	uint8_t is_outgoing;
	uint8_t is_tcp; /* rtt, cwnd and retransmits are known */
	uint8_t reserved;
	char service[SCOREBOARD_SERVICE_NAME];
	char peer[CONNECTION_ADDRESS]; /* as text; "" unknown; cut */
	char local[CONNECTION_ADDRESS];
};

/* How an answer ends. */
enum connection_outcome {
	CONNECTION_DONE,
	CONNECTION_OTHER_BUILD, /* the query's version is unknown there */
	CONNECTION_ILL,         /* the query contradicts itself */
	CONNECTION_NO_MEMORY,
	CONNECTION_OUTCOMES,
};
struct connection_end {
	uint64_t matched_count;
	uint64_t affected_count; /* closed */
	uint32_t next;    /* `from` of a query for the rest; 0: that was all */
	uint32_t outcome; /* enum connection_outcome */
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

/* What is wrong with a query, or NULL: limits, texts and prefix make sense, and
 * only a list without an order has no limit. */
const char *connection_query_fault(const struct connection_query *query);

/* Is a row meant, as far as memory tells: all but its peer? */
bool connection_query_wants(const struct connection_query *query,
			    const struct connection_row *row);

/* By what it is sorted, so that the larger key comes first. */
uint64_t connection_query_key(const struct connection_query *query,
			      const struct connection_row *row);
/* Does that take what only the kernel knows? */
bool connection_sort_asks_tcp(enum connection_sort sort);

/* A row that another process has sent: nothing in it is out of bounds after
 * this. */
void connection_row_tame(struct connection_row *row);

/* The columns of `connections`: id (PID-ID), service, worker, peer, local,
 * state, direction, age, idle, received, sent, queued, rtt, cwnd,
 * retransmits. */
#define CONNECTION_COLUMNS 15
#define CONNECTION_ID_TEXT 36
extern const struct report_table connection_table;

/* A row as the table has it, of worker `slot`; its texts are the row's. */
struct connection_line {
	char id[CONNECTION_ID_TEXT];
	struct report_value values[CONNECTION_COLUMNS];
};
void connection_line_fill(struct connection_line *line,
			  const struct connection_row *row, int32_t pid,
			  uint32_t slot);

#endif
