/* SPDX-License-Identifier: MIT */
/* verbs_connections.c - who is connected, who was, and who shall not be. */
#include "control/verbs_connections.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/reports.h"
#include "metrics/snapshot.h"
#include "net/address_prefix.h"

#define CLOSED_MOST 2000 /* rows of the history, unless fewer are asked for */

/* Filters that both verbs have. */
/* clang-format off */
#define BY_SERVICE                                                             \
	{.name = "service", .kind = VERB_SERVICE,                              \
	 .help = "those of this service"}
#define BY_PEER                                                                \
	{.name = "peer", .kind = VERB_PEER,                                    \
	 .help = "those whose peer has this address, or is in this prefix"}
#define BY_IDLE                                                                \
	{.name = "idle-over", .kind = VERB_DURATION,                           \
	 .help = "those without a byte for longer"}
#define BY_WORKER                                                              \
	{.name = "worker", .kind = VERB_NUMBER, .form = "SLOT",                \
	 .help = "those of the worker in this slot",                           \
	 .maximum = BOARD_SLOTS - 1}
/* clang-format on */

const struct verb_argument verbs_connections_arguments[] = {
	BY_SERVICE,
	BY_PEER,
	BY_IDLE,
	BY_WORKER,
	{.name = "sort",
	 .kind = VERB_WORD,
	 .form = "BY",
	 .help = "largest first: id, age, idle, received, sent, bytes, queued, "
		 "rtt, retransmits",
	 .words = connection_sort_names,
	 .word_count = CONNECTION_SORTS},
	{.name = "limit",
	 .kind = VERB_NUMBER,
	 .help = "no more than so many",
	 .minimum = 1},
	{.name = "reverse", .kind = VERB_FLAG, .help = "smallest first"},
	{.name = "closed",
	 .kind = VERB_FLAG,
	 .help = "those that were closed of late, the last one first, and why"},
	{.name = NULL},
};

const struct verb_argument verbs_close_arguments[] = {
	{.name = "id",
	 .kind = VERB_CONNECTION,
	 .is_positional = true,
	 .help = "this one, as `connections` names it"},
	BY_SERVICE,
	BY_PEER,
	BY_IDLE,
	BY_WORKER,
	{.name = "all", .kind = VERB_FLAG, .help = "every one"},
	{.name = NULL},
};

/* ---- Which are meant ---- */

/* Is there a service of this name, or was there?  Else the reply fails. */
static bool is_known_service(const struct control_backend *backend,
			     const char *name, struct reply *reply)
{
	const struct snapshot *snapshot = backend->look(backend->context);
	const char *names[SCOREBOARD_SERVICES];
	unsigned count = snapshot != NULL ? snapshot->service_count : 0, i;
	const char *nearest;

	/* Without memory the workers may still be asked. */
	if (snapshot == NULL)
		return true;
	for (i = 0; i < count && i < SCOREBOARD_SERVICES; i++) {
		names[i] = snapshot->services[i].name;
		if (strcmp(names[i], name) == 0)
			return true;
	}
	nearest = text_nearest(name, names, i);
	reply_fail(reply, REPLY_STATUS_USAGE, "there is no service '%s'%s%s%s",
		   name, nearest != NULL ? "; did you mean '" : "",
		   nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
	return false;
}

/* The arguments that both verbs have, which have been checked.  false: the
 * reply has failed. */
static bool fill_query(struct connection_query *query,
		       const struct control_backend *backend,
		       const struct request *request, struct reply *reply)
{
	const char *service = request_value(request, "service");
	const char *peer = request_value(request, "peer");
	const char *id = request_value(request, "id");
	struct error error;

	memset(query, 0, sizeof(*query));
	query->version = CONNECTION_QUERY_VERSION;
	query->slot = request_value(request, "worker") != NULL
			      ? (int32_t)verb_number(request, "worker", 0)
			      : -1;
	query->idle_over_ms = verb_duration_ms(request, "idle-over", -1);
	if ((peer != NULL && verb_parse_peer(peer, query, &error) < 0) ||
	    (id != NULL && verb_parse_connection(id, query, &error) < 0)) {
		reply_fail(reply, REPLY_STATUS_USAGE, "%s", error.text);
		return false;
	}
	if (service == NULL)
		return true;
	snprintf(query->service, sizeof(query->service), "%s", service);
	return is_known_service(backend, service, reply);
}

/* ---- Those that were closed ---- */

static bool is_peer_meant(const struct connection_query *query,
			  const struct board_closed *closed)
{
	struct address_prefix prefix = {
		.family = query->peer_family,
		.bits = query->peer_bits,
	};
	struct address address = {.kind = ADDRESS_UNIX};
	struct sockaddr_in *in = (void *)&address.socket;
	struct sockaddr_in6 *in6 = (void *)&address.socket;

	if (query->peer_family == 0)
		return true;
	memcpy(prefix.bytes, query->peer, sizeof(prefix.bytes));
	if (closed->family == AF_INET) {
		address.kind = ADDRESS_IPV4;
		memcpy(&in->sin_addr, closed->peer, sizeof(in->sin_addr));
	} else if (closed->family == AF_INET6) {
		address.kind = ADDRESS_IPV6;
		memcpy(&in6->sin6_addr, closed->peer, sizeof(in6->sin6_addr));
	}
	return address_prefix_holds(&prefix, &address);
}

static bool is_meant(const struct connection_query *query,
		     const struct board_closed *closed, const char *service)
{
	if (query->slot >= 0 && query->slot != closed->slot)
		return false;
	if (query->service[0] != '\0' && strcmp(query->service, service) != 0)
		return false;
	return is_peer_meant(query, closed);
}

struct history {
	struct board_closed closed[CLOSED_MOST];
	char services[CLOSED_MOST][SCOREBOARD_SERVICE_NAME];
};

static void add_closed(const struct control_backend *backend,
		       const struct connection_query *query,
		       struct reply *reply)
{
	struct report_value values[REPORT_CLOSED_COLUMNS];
	struct report_closed_texts texts;
	struct history *history = malloc(sizeof(*history));
	int count, i;
	unsigned limit = query->limit != 0 ? query->limit : CLOSED_MOST;
	unsigned told = 0;

	if (history == NULL) {
		reply_fail(reply, REPLY_STATUS_FAILED, "memory is out");
		return;
	}
	count = snapshot_closed(backend->board, history->closed,
				history->services, CLOSED_MOST);
	if (count < 0) {
		reply_fail(reply, REPLY_STATUS_FAILED,
			   "the board is being written: %s; try again",
			   strerror(errno));
		free(history);
		return;
	}
	reply_table(reply, &report_closed_table);
	for (i = 0; i < count && told < limit; i++) {
		const char *service = history->services[i];

		if (!is_meant(query, &history->closed[i], service))
			continue;
		report_closed(values, &history->closed[i], service, &texts);
		reply_row(reply, values);
		told++;
	}
	free(history);
	reply_end(reply);
}

/* ---- The verbs ---- */

/* What does not go together; NULL: all is well. */
static const char *find_fault(const struct connection_query *query,
			      bool is_closed)
{
	if (is_closed &&
	    (query->sort != CONNECTION_SORT_NONE || query->idle_over_ms >= 0))
		return "closed ones come as they ended: sort and idle-over are "
		       "for those that live";
	if (query->is_reversed && query->sort == CONNECTION_SORT_NONE)
		return "reverse goes with sort";
	return is_closed ? NULL : connection_query_fault(query);
}

void verbs_run_connections(const struct control_backend *backend,
			   const struct request *request, struct reply *reply)
{
	bool is_closed = request_value(request, "closed") != NULL;
	int sort = verb_word(verbs_connections_arguments, request, "sort");
	struct connection_query query;
	const char *fault;

	if (!fill_query(&query, backend, request, reply))
		return;
	query.action = CONNECTION_LIST;
	query.sort = sort > 0 ? (uint32_t)sort : CONNECTION_SORT_NONE;
	query.is_reversed = request_value(request, "reverse") != NULL;
	query.limit = (uint32_t)verb_number(request, "limit", 0);
	if (query.sort != CONNECTION_SORT_NONE && query.limit == 0)
		query.limit = CONNECTION_LIMIT_MOST;
	fault = find_fault(&query, is_closed);
	if (fault != NULL)
		reply_fail(reply, REPLY_STATUS_USAGE, "connections: %s", fault);
	else if (is_closed)
		add_closed(backend, &query, reply);
	else
		backend->query(backend->context, &query, reply);
}

void verbs_run_close(const struct control_backend *backend,
		     const struct request *request, struct reply *reply)
{
	bool is_all = request_value(request, "all") != NULL;
	const struct verb_argument *argument = verbs_close_arguments;
	unsigned filters = 0;
	struct connection_query query;

	for (; argument->name != NULL; argument++)
		filters += request_value(request, argument->name) != NULL;
	if (filters == 0) {
		reply_fail(reply, REPLY_STATUS_USAGE,
			   "close: which ones? ID, service, peer, idle-over, "
			   "worker, or all");
		return;
	}
	if (is_all && filters > 1) {
		reply_fail(reply, REPLY_STATUS_USAGE,
			   "close: all goes with nothing else");
		return;
	}
	if (!fill_query(&query, backend, request, reply))
		return;
	query.action = CONNECTION_CLOSE;
	backend->query(backend->context, &query, reply);
}
