/* SPDX-License-Identifier: MIT */
/* proxy.c - a TCP forwarder: each client's bytes go to one of several
 * upstreams, and its answers back. */
#include "protocols/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "protocols/protocols.h"

/* ---- Directives ------------------------------------------------------- */

static const char *const methods[] = {
	[PROXY_ROUND_ROBIN] = "round_robin",
	[PROXY_LEAST_CONNECTIONS] = "least_connections",
	[PROXY_SOURCE] = "source",
	NULL,
};

static const char *const headers[] = {
	"off",
	[COHORT_PROXY_V1] = "v1",
	[COHORT_PROXY_V2] = "v2",
	NULL,
};

#define COLUMN(name_, kind_, member)                                           \
	.name = (name_), .kind = COHORT_VALUE_##kind_,                         \
	.offset = offsetof(struct proxy_row, member)
#define OPTION(name_, kind_, member)                                           \
	.name = (name_), .kind = COHORT_VALUE_##kind_,                         \
	.offset = offsetof(struct proxy_options, member)

/* clang-format off */
static const struct cohort_directive columns[] = {
	{COLUMN("address", ADDRESS, address)},
	{COLUMN("weight", NUMBER, weight), .initial = "1",
	 .minimum = 1, .maximum = 65535},
	{COLUMN("max_connections", NUMBER, max_connections), .initial = "0",
	 .maximum = UINT64_C(1) << 32},
	{COLUMN("max_failures", NUMBER, max_failures), .initial = "3",
	 .maximum = 1000000},
	{COLUMN("failure_timeout", DURATION, failure_timeout_ms),
	 .initial = "10s", .minimum = 1, .maximum = 86400000},
	{COLUMN("backup", BOOLEAN, is_backup), .initial = "off"},
	{.name = NULL},
};

static const struct cohort_directive directives[] = {
	{OPTION("upstream", ROWS, upstreams), .columns = columns,
	 .row_size = sizeof(struct proxy_row),
	 .minimum = 1, .maximum = PROXY_UPSTREAMS_MAX,
	 .help = "where clients are forwarded to; max_connections is shared out "
		 "to the workers, at least 1 each, and those that drain after "
		 "a reload count for themselves; 0 connections: no bound, "
		 "0 failures: never down"},
	{OPTION("balance", CHOICE, method), .initial = "round_robin",
	 .words = methods,
	 .help = "over the upstreams; source: the same for the same address"},
	{OPTION("connect_timeout", DURATION, connect_timeout_ms),
	 .initial = "5s", .minimum = 1, .maximum = 3600000,
	 .help = "an upstream that has not answered by then has failed"},
	{OPTION("tries", NUMBER, tries), .initial = "3",
	 .minimum = 1, .maximum = PROXY_UPSTREAMS_MAX,
	 .help = "upstreams that a client is sent to until one takes it"},
	{OPTION("send_proxy", CHOICE, send_proxy), .initial = "off",
	 .words = headers,
	 .help = "tell the upstream who the client is, by a PROXY header"},
	{OPTION("check_interval", DURATION, check_interval_ms),
	 .initial = "off", .minimum = 1, .maximum = 86400000,
	 .help = "each worker connects to each upstream so often"},
	{OPTION("check_timeout", DURATION, check_timeout_ms),
	 .initial = "1s", .minimum = 1, .maximum = 3600000,
	 .help = "a check that has not connected by then has failed"},
	{OPTION("rise", NUMBER, rise), .initial = "2",
	 .minimum = 1, .maximum = 1000,
	 .help = "good checks in a row that bring an upstream up"},
	{OPTION("fall", NUMBER, fall), .initial = "3",
	 .minimum = 1, .maximum = 1000,
	 .help = "failed checks in a row that bring it down"},
	{.name = NULL},
};
/* clang-format on */

/* ---- Workers ---------------------------------------------------------- */

static void fill_upstream(struct proxy_upstream *upstream,
			  const struct proxy_row *row,
			  const struct proxy_options *options)
{
	upstream->address = row->address;
	upstream->weight = row->weight;
	upstream->max_connections = row->max_connections;
	upstream->is_backup = row->is_backup;
	upstream->hash = proxy_hash(row->address, strlen(row->address));
	upstream->health_settings = (struct proxy_health_settings){
		.max_failures = row->max_failures,
		.failure_timeout_ms = row->failure_timeout_ms,
		.rise = options->rise,
		.fall = options->fall,
	};
}

/* Otherwise all workers would begin with the same upstream. */
static void begin_apart(struct proxy_balance *balance, unsigned worker)
{
	const struct proxy_tried none = {.bits = {0}};
	unsigned i;

	balance->next = worker % balance->count;
	if (balance->method == PROXY_SOURCE)
		return;
	for (i = 0; i < worker; i++)
		(void)proxy_balance_choose(balance, &none, 0);
}

static int start_worker(struct cohort_worker *w, void *state)
{
	const struct proxy_options *options = cohort_worker_options(w);
	const struct proxy_row *rows = options->upstreams.rows;
	struct proxy_worker *worker = state;
	struct proxy_balance *balance = &worker->balance;
	struct cohort_worker_info info;
	size_t i, count = options->upstreams.count;

	cohort_worker_info(w, &info);
	worker->options = options;
	balance->method = (enum proxy_method)options->method;
	balance->count = count;
	balance->upstreams = calloc(count, sizeof(*balance->upstreams));
	if (!balance->upstreams) {
		cohort_worker_log(w, COHORT_LOG_ERROR,
				  "no memory for %zu upstreams", count);
		return -1;
	}
	for (i = 0; i < count; i++)
		fill_upstream(&balance->upstreams[i], &rows[i], options);
	proxy_balance_share(balance, info.worker, info.worker_count);
	begin_apart(balance, info.worker);
	if (proxy_check_start(w, worker) == 0)
		return 0;
	cohort_worker_log(w, COHORT_LOG_ERROR, "no memory for health checks");
	free(balance->upstreams);
	return -1;
}

/* Nobody new comes: nobody has to know who is up.  The last of its clients may
 * be long in going, or be cut with the worker. */
static void drain_worker(struct cohort_worker *w, void *state)
{
	struct cohort_worker_info info;

	proxy_check_stop(w, state);
	cohort_worker_info(w, &info);
	if (info.connections_count > 0)
		proxy_watch_report(w);
}

static void stop_worker(struct cohort_worker *w, void *state)
{
	struct proxy_worker *worker = state;

	proxy_check_stop(w, worker);
	proxy_check_free(worker);
	proxy_watch_report(w);
	free(worker->balance.upstreams);
}

/* ---- Clients ---------------------------------------------------------- */

static void client_made(struct cohort_transport *t, void *session)
{
	struct proxy_worker *worker = cohort_worker_state(cohort_worker(t));
	struct proxy_client *client = session;

	client->tries_left = worker->options->tries;
	cohort_pause_reading(t);
	proxy_attempt(t, client);
}

const struct cohort_protocol protocol_proxy = {
	.name = "proxy",
	.session_size = sizeof(struct proxy_client),
	.directives = directives,
	.options_size = sizeof(struct proxy_options),
	.connection_made = client_made,
	.data_received = proxy_client_received,
	.eof_received = proxy_client_eof,
	.pause_writing = proxy_client_pause,
	.resume_writing = proxy_client_resume,
	.connection_lost = proxy_client_lost,
	.worker_size = sizeof(struct proxy_worker),
	.worker_start = start_worker,
	.worker_draining = drain_worker,
	.worker_stop = stop_worker,
	.descriptors_count = 1, /* the upstream's */
	.resets_when_cut = true,
};
