/* SPDX-License-Identifier: MIT */
/* connection_walk.c - a query of connections is answered in a worker. */
#include "process/connection_walk.h"

#include <stdio.h>
#include <string.h>

#include "net/transport_look.h"

/* What it costs beside the look at a place, which is 1. */
#define COST_TRANSPORT 1
#define COST_PEER      4
#define COST_TCP       8
#define COST_ROW       16
#define COST_CLOSE     32

static void spend(unsigned *budget, unsigned cost)
{
	*budget -= *budget < cost ? *budget : cost;
}

/* ---- Begin ----------------------------------------------------------- */

void connection_walk_refuse(struct connection_walk *walk,
			    enum connection_outcome outcome)
{
	memset(walk, 0, sizeof(*walk));
	walk->end.outcome = outcome;
	walk->is_walked = true;
}

void connection_walk_begin(struct connection_walk *walk,
			   const struct worker_context *context,
			   const struct connection_query *query)
{
	if (connection_query_fault(query) != NULL) {
		connection_walk_refuse(walk, CONNECTION_ILL);
		return;
	}
	memset(walk, 0, sizeof(*walk));
	walk->context = context;
	walk->query = *query;
	walk->place = query->from;
	walk->peer.family = query->peer_family;
	walk->peer.bits = query->peer_bits;
	memcpy(walk->peer.bytes, query->peer, sizeof(walk->peer.bytes));
	if (query->sort != CONNECTION_SORT_NONE &&
	    connection_top_init(&walk->top, query->limit) < 0)
		connection_walk_refuse(walk, CONNECTION_NO_MEMORY);
}

void connection_walk_release(struct connection_walk *walk)
{
	connection_top_release(&walk->top);
}

/* ---- A row ----------------------------------------------------------- */

static const enum connection_state states[] = {
	[TRANSPORT_STAGE_CONNECTING] = CONNECTION_CONNECTING,
	[TRANSPORT_STAGE_OPEN] = CONNECTION_OPEN,
	[TRANSPORT_STAGE_HALF_CLOSED] = CONNECTION_HALF_CLOSED,
	[TRANSPORT_STAGE_FLUSHING] = CONNECTION_FLUSHING,
	[TRANSPORT_STAGE_LINGERING] = CONNECTION_LINGERING,
};

/* From memory alone.  False: it has ended. */
static bool fill(struct connection_row *row, const struct cohort_transport *t)
{
	struct transport_look look;

	transport_look(t, &look);
	if (look.stage == TRANSPORT_STAGE_ENDED)
		return false;
	memset(row, 0, sizeof(*row));
	row->id = look.id;
	row->age_ms = look.age_ms;
	row->idle_ms = look.idle_ms;
	row->received_bytes = look.received_bytes;
	row->sent_bytes = look.sent_bytes;
	row->queued_bytes = look.queued_bytes;
	row->state = (uint8_t)states[look.stage];
	row->is_outgoing = look.is_outgoing;
	snprintf(row->service, sizeof(row->service), "%s", look.service->name);
	return true;
}

static void fill_tcp(struct connection_row *row,
		     const struct cohort_transport *t)
{
	struct sockopt_tcp tcp;

	if (transport_look_tcp(t, &tcp) < 0)
		return;
	row->is_tcp = true;
	row->rtt_us = tcp.rtt_us;
	row->cwnd = tcp.cwnd_segments;
	row->retransmits = tcp.retransmits_count;
}

/* An address that cannot be had stays "". */
static void fill_ends(struct connection_row *row,
		      const struct cohort_transport *t)
{
	struct address address;
	char text[ADDRESS_TEXT];

	if (transport_look_peer(t, &address) == 0)
		snprintf(row->peer, sizeof(row->peer), "%.*s",
			 (int)sizeof(row->peer) - 1,
			 address_format(text, &address));
	if (transport_look_local(t, &address) == 0)
		snprintf(row->local, sizeof(row->local), "%.*s",
			 (int)sizeof(row->local) - 1,
			 address_format(text, &address));
}

static void complete(struct connection_row *row,
		     const struct cohort_transport *t, unsigned *budget)
{
	spend(budget, COST_ROW);
	fill_tcp(row, t);
	fill_ends(row, t);
}

/* ---- One transport --------------------------------------------------- */

static bool has_peer(const struct connection_walk *walk,
		     const struct cohort_transport *t, unsigned *budget)
{
	struct address peer;

	if (walk->peer.family == 0)
		return true;
	spend(budget, COST_PEER);
	return transport_look_peer(t, &peer) == 0 &&
	       address_prefix_holds(&walk->peer, &peer);
}

/* An order to close many means clients: for whom a connection was made, its
 * protocol ends it with them. */
static bool is_left_to_protocol(const struct connection_walk *walk,
				const struct connection_row *row)
{
	return walk->query.action == CONNECTION_CLOSE && walk->query.id == 0 &&
	       row->is_outgoing;
}

/* One that is being closed already goes its way. */
static void kill_one(struct connection_walk *walk,
		     const struct connection_row *row,
		     struct cohort_transport *t, unsigned *budget)
{
	if (row->state == CONNECTION_FLUSHING ||
	    row->state == CONNECTION_LINGERING)
		return;
	spend(budget, COST_CLOSE);
	transport_close(t, COHORT_REASON_KILLED);
	walk->end.affected_count++;
}

static void rank(struct connection_walk *walk, struct connection_row *row,
		 const struct cohort_transport *t, unsigned *budget)
{
	if (connection_sort_asks_tcp((enum connection_sort)walk->query.sort)) {
		spend(budget, COST_TCP);
		fill_tcp(row, t);
	}
	connection_top_offer(&walk->top,
			     connection_query_key(&walk->query, row), row->id);
}

/* Is `row` to be told now? */
static bool visit(struct connection_walk *walk, struct connection_row *row,
		  struct cohort_transport *t, unsigned *budget)
{
	spend(budget, COST_TRANSPORT);
	if (!fill(row, t) || is_left_to_protocol(walk, row) ||
	    !connection_query_wants(&walk->query, row) ||
	    !has_peer(walk, t, budget))
		return false;
	walk->end.matched_count++;
	if (walk->query.action == CONNECTION_CLOSE) {
		kill_one(walk, row, t, budget);
		return false;
	}
	if (walk->query.sort != CONNECTION_SORT_NONE) {
		rank(walk, row, t, budget);
		return false;
	}
	complete(row, t, budget);
	walk->told_count++;
	return true;
}

/* ---- All of them ----------------------------------------------------- */

/* An id names its place. */
static struct cohort_transport *next_place(struct connection_walk *walk,
					   unsigned *budget)
{
	const struct transport_table *table = &walk->context->transports;
	struct cohort_transport *t;

	if (walk->query.id != 0) {
		walk->is_walked = true;
		return transport_table_find(table, walk->query.id);
	}
	t = transport_table_next(table, &walk->place, budget);
	walk->is_walked = walk->place == 0;
	return t;
}

/* As much as one answer has without an order? */
static bool is_page_full(const struct connection_walk *walk)
{
	uint32_t most = CONNECTION_PAGE_ROWS;

	if (walk->query.sort != CONNECTION_SORT_NONE)
		return false;
	if (walk->query.limit != 0 && walk->query.limit < most)
		most = walk->query.limit;
	return walk->told_count >= most;
}

/* Of those that were found to be the first; some may be gone. */
static enum connection_walk_step next_of_top(struct connection_walk *walk,
					     struct connection_row *row,
					     unsigned *budget)
{
	while (walk->told_count < walk->top.count) {
		uint64_t id = walk->top.ranks[walk->told_count].id;
		struct cohort_transport *t;

		if (*budget == 0)
			return CONNECTION_WALK_PAUSE;
		spend(budget, COST_TRANSPORT);
		walk->told_count++;
		t = transport_table_find(&walk->context->transports, id);
		if (t == NULL || !fill(row, t))
			continue;
		complete(row, t, budget);
		return CONNECTION_WALK_ROW;
	}
	return CONNECTION_WALK_END;
}

enum connection_walk_step connection_walk_next(struct connection_walk *walk,
					       struct connection_row *row,
					       unsigned *budget)
{
	while (!walk->is_walked) {
		struct cohort_transport *t;

		if (is_page_full(walk)) {
			walk->end.next = walk->place;
			return CONNECTION_WALK_END;
		}
		if (*budget == 0)
			return CONNECTION_WALK_PAUSE;
		t = next_place(walk, budget);
		if (t != NULL && visit(walk, row, t, budget))
			return CONNECTION_WALK_ROW;
	}
	return next_of_top(walk, row, budget);
}
