/* SPDX-License-Identifier: MIT */
/* verbs.c - what may be asked through the control socket. */
#include <string.h>

#include "base/log.h"
#include "control/reports.h"
#include "control/verb.h"
#include "control/verbs_connections.h"

/* What each look begins with; NULL: the reply has failed. */
static const struct snapshot *look(const struct control_backend *backend,
				   struct reply *reply)
{
	const struct snapshot *snapshot = backend->look(backend->context);

	if (snapshot == NULL)
		reply_fail(reply, REPLY_STATUS_FAILED,
			   "the numbers cannot be read now; try again");
	return snapshot;
}

/* ---- Looking ---- */

static void run_ping(const struct control_backend *backend,
		     const struct request *request, struct reply *reply)
{
	const struct snapshot *snapshot = look(backend, reply);

	(void)request;
	if (snapshot == NULL)
		return;
	reply_say(reply, "cohort %s, process %d, generation %d, is %s",
		  COHORT_VERSION, (int)snapshot->cells[BOARD_SUPERVISOR_PID],
		  (int)snapshot->cells[BOARD_GENERATION],
		  snapshot->cells[BOARD_PHASE] < BOARD_PHASES
			  ? board_phase_names[snapshot->cells[BOARD_PHASE]]
			  : "of another build");
	reply_end(reply);
}

static void run_status(const struct control_backend *backend,
		       const struct request *request, struct reply *reply)
{
	const struct snapshot *snapshot = look(backend, reply);
	struct report_value values[REPORT_STATUS_COLUMNS];

	(void)request;
	if (snapshot == NULL)
		return;
	reply_table(reply, &report_status_table);
	report_status(values, backend, snapshot);
	reply_row(reply, values);
	reply_end(reply);
}

static void run_workers(const struct control_backend *backend,
			const struct request *request, struct reply *reply)
{
	const struct snapshot *snapshot = look(backend, reply);
	struct report_value values[REPORT_WORKER_COLUMNS];
	unsigned i;

	(void)request;
	if (snapshot == NULL)
		return;
	reply_table(reply, &report_worker_table);
	for (i = 0; i < snapshot->worker_count; i++) {
		report_worker(values, snapshot, &snapshot->workers[i]);
		reply_row(reply, values);
	}
	for (i = 0; i < snapshot->slot_count; i++) {
		if (!report_is_vacant(snapshot, i))
			continue;
		report_vacancy(values, snapshot, i);
		reply_row(reply, values);
	}
	reply_end(reply);
}

static void add_service(const struct control_backend *backend,
			const struct snapshot_service *service,
			struct reply *reply)
{
	struct report_value values[REPORT_SERVICE_COLUMNS];
	struct text listen = {0};

	report_service(values, backend, service, &listen);
	reply_row(reply, values);
	text_release(&listen);
}

static void add_reasons(const struct snapshot_service *service,
			struct reply *reply)
{
	struct report_value values[REPORT_REASON_COLUMNS];
	unsigned i;

	for (i = 0; i < COHORT_REASONS; i++) {
		if (service->cells[SCOREBOARD_CLOSED + i] == 0)
			continue;
		report_reason(values, service, (enum cohort_reason)i);
		reply_row(reply, values);
	}
}

static void run_services(const struct control_backend *backend,
			 const struct request *request, struct reply *reply)
{
	const struct snapshot *snapshot = look(backend, reply);
	unsigned i;

	(void)request;
	if (snapshot == NULL)
		return;
	reply_table(reply, &report_service_table);
	for (i = 0; i < snapshot->service_count; i++)
		add_service(backend, &snapshot->services[i], reply);
	reply_table(reply, &report_reason_table);
	for (i = 0; i < snapshot->service_count; i++)
		add_reasons(&snapshot->services[i], reply);
	reply_end(reply);
}

static void run_events(const struct control_backend *backend,
		       const struct request *request, struct reply *reply)
{
	const struct snapshot *snapshot = look(backend, reply);
	struct report_value values[REPORT_EVENT_COLUMNS];
	unsigned i;

	(void)request;
	if (snapshot == NULL)
		return;
	reply_table(reply, &report_event_table);
	for (i = 0; i < snapshot->event_count; i++) {
		report_event(values, &snapshot->events[i]);
		reply_row(reply, values);
	}
	reply_end(reply);
}

static void run_metrics(const struct control_backend *backend,
			const struct request *request, struct reply *reply)
{
	struct text metrics = {0};
	char *rest = NULL, *line;

	(void)request;
	if (backend->metrics != NULL)
		backend->metrics(backend->context, &metrics);
	if (metrics.bytes == NULL) {
		reply_fail(reply, REPLY_STATUS_FAILED, "there are no metrics");
		return;
	}
	for (line = strtok_r(metrics.bytes, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		reply_say(reply, "%s", line);
	text_release(&metrics);
	reply_end(reply);
}

/* ---- Orders ---- */

static void give(const struct control_backend *backend,
		 enum control_order_kind kind, int64_t number,
		 struct reply *reply)
{
	const struct control_order order = {.kind = kind, .number = number};

	backend->order(backend->context, &order, reply);
}

static void run_reload(const struct control_backend *backend,
		       const struct request *request, struct reply *reply)
{
	(void)request;
	give(backend, CONTROL_ORDER_RELOAD, 0, reply);
}

static void run_upgrade(const struct control_backend *backend,
			const struct request *request, struct reply *reply)
{
	(void)request;
	give(backend, CONTROL_ORDER_UPGRADE, 0, reply);
}

static void run_scale(const struct control_backend *backend,
		      const struct request *request, struct reply *reply)
{
	give(backend, CONTROL_ORDER_SCALE,
	     (int64_t)verb_number(request, "workers", 0), reply);
}

static void give_named(const struct control_backend *backend,
		       enum control_order_kind kind,
		       const struct request *request, struct reply *reply)
{
	const struct control_order order = {
		.kind = kind,
		.name = request_value(request, "service"),
	};

	backend->order(backend->context, &order, reply);
}

static void run_suspend(const struct control_backend *backend,
			const struct request *request, struct reply *reply)
{
	give_named(backend, CONTROL_ORDER_SUSPEND, request, reply);
}

static void run_resume(const struct control_backend *backend,
		       const struct request *request, struct reply *reply)
{
	give_named(backend, CONTROL_ORDER_RESUME, request, reply);
}

static void run_stop(const struct control_backend *backend,
		     const struct request *request, struct reply *reply)
{
	bool is_now = request_value(request, "now") != NULL;
	bool is_unbounded = request_value(request, "wait") != NULL;

	if (is_now && is_unbounded) {
		reply_fail(reply, REPLY_STATUS_USAGE,
			   "stop: now and wait do not go together");
		return;
	}
	give(backend, CONTROL_ORDER_STOP,
	     is_now         ? CONTROL_STOP_NOW
	     : is_unbounded ? CONTROL_STOP_QUIT
			    : CONTROL_STOP_TERM,
	     reply);
}

static const struct verb_argument level_arguments[] = {
	{.name = "level",
	 .kind = VERB_WORD,
	 .is_positional = true,
	 .is_required = true,
	 .form = "LEVEL",
	 .help = "debug, info, warning, error",
	 .words = log_level_names,
	 .word_count = LOG_LEVELS},
	{.name = NULL},
};

static void run_log_level(const struct control_backend *backend,
			  const struct request *request, struct reply *reply)
{
	give(backend, CONTROL_ORDER_LOG_LEVEL,
	     verb_word(level_arguments, request, "level"), reply);
}

/* ---- The table ---- */

static const struct verb_argument scale_arguments[] = {
	{.name = "workers",
	 .kind = VERB_NUMBER,
	 .is_positional = true,
	 .is_required = true,
	 .help = "how many are to serve",
	 .minimum = 1,
	 .maximum = CONFIG_WORKERS_MAX},
	{.name = NULL},
};

static const struct verb_argument service_arguments[] = {
	{.name = "service",
	 .kind = VERB_SERVICE,
	 .is_positional = true,
	 .is_required = true,
	 .help = "the service's name"},
	{.name = NULL},
};

static const struct verb_argument stop_arguments[] = {
	{.name = "wait",
	 .kind = VERB_FLAG,
	 .help = "for the last connection, however long (as QUIT)"},
	{.name = "now", .kind = VERB_FLAG, .help = "cut them off"},
	{.name = NULL},
};

const struct verb verbs[] = {
	{.name = "ping",
	 .help = "is it there, and what is it doing?",
	 .run = run_ping},
	{.name = "status",
	 .help = "the program as a whole, on one screen",
	 .run = run_status},
	{.name = "workers",
	 .help = "each worker: state, heartbeat, connections, queue",
	 .run = run_workers},
	{.name = "services",
	 .help = "each service: addresses, traffic, why connections ended",
	 .run = run_services},
	{.name = "connections",
	 .help = "who is connected; or who was (--closed), and why it ended",
	 .arguments = verbs_connections_arguments,
	 .is_streamed = true,
	 .run = verbs_run_connections},
	{.name = "events",
	 .help = "what has happened of late: deaths, reloads, orders",
	 .run = run_events},
	{.name = "metrics",
	 .help = "all numbers, as Prometheus wants them",
	 .run = run_metrics},
	{.name = "reload",
	 .help = "read the configuration anew; a bad one changes nothing",
	 .is_order = true,
	 .run = run_reload},
	{.name = "scale",
	 .help = "have so many workers",
	 .arguments = scale_arguments,
	 .is_order = true,
	 .run = run_scale},
	{.name = "suspend",
	 .help = "accept no more for a service: clients wait in its queue",
	 .arguments = service_arguments,
	 .is_order = true,
	 .run = run_suspend},
	{.name = "resume",
	 .help = "accept again",
	 .arguments = service_arguments,
	 .is_order = true,
	 .run = run_resume},
	{.name = "close",
	 .help = "close connections, after what is queued for them; those of "
		 "a proxy, which cannot be whole, then with a reset",
	 .arguments = verbs_close_arguments,
	 .is_order = true,
	 .run = verbs_run_close},
	{.name = "upgrade",
	 .help = "replace the program by the file that is in its place now",
	 .is_order = true,
	 .run = run_upgrade},
	{.name = "log-level",
	 .help = "log from this level on, until the file's is changed",
	 .arguments = level_arguments,
	 .is_order = true,
	 .run = run_log_level},
	{.name = "stop",
	 .help = "end: connections have shutdown_timeout (as TERM)",
	 .arguments = stop_arguments,
	 .is_order = true,
	 .run = run_stop},
	{.name = NULL},
};
