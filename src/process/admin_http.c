/* SPDX-License-Identifier: MIT */
/* admin_http.c - which path has which answer. */
#include "control/http_metrics.h"
#include "control/page.h"
#include "control/status_json.h"
#include "process/admin_internal.h"

#define STATUS_UNAVAILABLE 503

/* ---- Is it well? ----------------------------------------------------- */

static bool is_any_ready(const struct snapshot *snapshot)
{
	unsigned i;

	for (i = 0; i < snapshot->worker_count; i++)
		if (snapshot->workers[i].state == BOARD_WORKER_READY)
			return true;
	return false;
}

const char *admin_not_ready(const struct snapshot *snapshot)
{
	switch (snapshot->cells[BOARD_PHASE]) {
	case BOARD_PHASE_STARTING: return "no worker was ready so far";
	case BOARD_PHASE_DRAINING: return "the server is about to end";
	default: return is_any_ready(snapshot) ? NULL : "no worker is ready";
	}
}

const char *admin_not_live(const struct snapshot *snapshot, int64_t timeout_ms)
{
	int64_t beat_ms = (int64_t)snapshot->cells[BOARD_HEARTBEAT_MS];

	return timeout_ms >= 0 && snapshot->now_ms - beat_ms >= timeout_ms
		       ? "the supervisor gives no sign of life"
		       : NULL;
}

/* ---- The paths ------------------------------------------------------- */

static const struct snapshot *look(struct admin *admin,
				   struct http_answer *answer)
{
	const struct snapshot *snapshot = admin_look(admin);

	if (snapshot)
		return snapshot;
	answer->status = STATUS_UNAVAILABLE;
	text_append(&answer->body, "the scoreboard cannot be read\n");
	return NULL;
}

static void tell(struct http_answer *answer, const char *trouble,
		 const char *well)
{
	if (trouble)
		answer->status = STATUS_UNAVAILABLE;
	text_append(&answer->body, "%s\n", trouble ? trouble : well);
}

static void tell_ready(void *context, const struct http_request *request,
		       struct http_answer *answer)
{
	const struct snapshot *snapshot = look(context, answer);

	(void)request;
	if (snapshot)
		tell(answer, admin_not_ready(snapshot), "ready");
}

static void tell_live(void *context, const struct http_request *request,
		      struct http_answer *answer)
{
	struct admin *admin = context;
	const struct snapshot *snapshot = look(admin, answer);

	(void)request;
	if (snapshot)
		tell(answer,
		     admin_not_live(snapshot,
				    admin->birth->config->watchdog_timeout_ms),
		     "live");
}

static void tell_page(void *context, const struct http_request *request,
		      struct http_answer *answer)
{
	const struct admin *admin = context;
	size_t size;
	const char *page = page_html(&size);

	(void)request;
	answer->content_type = "text/html; charset=utf-8";
	answer->headers = admin->page_headers.bytes;
	text_append_bytes(&answer->body, page, size);
}

static void tell_status(void *context, const struct http_request *request,
			struct http_answer *answer)
{
	const struct admin *admin = context;

	(void)request;
	answer->content_type = "application/json";
	if (status_json(&answer->body, &admin->backend) == 0)
		return;
	answer->status = STATUS_UNAVAILABLE;
	text_append(&answer->body, "{}");
}

static void tell_metrics(void *context, const struct http_request *request,
			 struct http_answer *answer)
{
	struct admin *admin = context;
	const struct snapshot *snapshot = admin_look_anew(admin);

	http_metrics_answer(request, answer, snapshot,
			    snapshot ? admin_read_process(admin) : NULL);
}

const struct http_route admin_routes[] = {
	{"/metrics", tell_metrics}, {"/ready", tell_ready},
	{"/live", tell_live},       {"/status.json", tell_status},
	{"/", tell_page},           {NULL, NULL},
};
