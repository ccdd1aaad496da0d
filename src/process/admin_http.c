/* SPDX-License-Identifier: MIT */
/* admin_http.c - which path has which answer. */
#include "base/clock.h"
#include "control/http_metrics.h"
#include "control/page.h"
#include "control/status_json.h"
#include "metrics/board_format.h"
#include "metrics/board_publish.h"
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

const char *admin_not_live(int64_t silent_ms, int64_t timeout_ms)
{
	return timeout_ms >= 0 && silent_ms >= timeout_ms
		       ? "the supervisor gives no sign of life"
		       : NULL;
}

/* ---- What is kept ---------------------------------------------------- */

static void release_answer(struct admin_kept *kept)
{
	text_release(&kept->answer.body);
	*kept = (struct admin_kept){.answer = {.status = 200}};
}

void admin_release_answers(struct admin *admin)
{
	size_t i;

	for (i = 0; i < EXPOSITION_FORMATS; i++)
		release_answer(&admin->metrics[i]);
	release_answer(&admin->status);
}

/* Many who scrape at once cost one making, and a copy each. */
static void give(const struct admin_kept *kept, struct http_answer *answer)
{
	*answer = kept->answer;
	answer->body = (struct text){0};
	text_append_bytes(&answer->body, kept->answer.body.bytes,
			  kept->answer.body.size);
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

/* As it is at this moment.  On a board that another build has just laid out
 * the last one stands, for the little while until another of us takes over. */
static int64_t heartbeat_ms(const struct admin *admin)
{
	if (board_is_known(admin->board))
		return (int64_t)board_get(admin->board, BOARD_HEARTBEAT_MS);
	return (int64_t)admin->snapshots[admin->shown]
		.cells[BOARD_HEARTBEAT_MS];
}

static void tell_live(void *context, const struct http_request *request,
		      struct http_answer *answer)
{
	const struct admin *admin = context;

	(void)request;
	tell(answer,
	     admin_not_live(clock_now_ms() - heartbeat_ms(admin),
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

static void make_status(struct admin *admin, struct http_answer *answer)
{
	answer->content_type = "application/json";
	if (status_json(&answer->body, &admin->backend) == 0)
		return;
	answer->status = STATUS_UNAVAILABLE;
	text_append(&answer->body, "{}");
}

static void tell_status(void *context, const struct http_request *request,
			struct http_answer *answer)
{
	struct admin *admin = context;
	struct admin_kept *kept = &admin->status;

	(void)request;
	if (!admin_look(admin)) {
		make_status(admin, answer);
		return;
	}
	if (kept->number != admin->snapshot_count) {
		release_answer(kept);
		make_status(admin, &kept->answer);
		kept->number = admin->snapshot_count;
	}
	give(kept, answer);
}

static void tell_metrics(void *context, const struct http_request *request,
			 struct http_answer *answer)
{
	struct admin *admin = context;
	const struct snapshot *snapshot = admin_look_anew(admin);
	struct admin_kept *kept = &admin->metrics[http_metrics_format(request)];

	if (!snapshot) {
		http_metrics_answer(request, answer, NULL, NULL);
		return;
	}
	if (kept->number != admin->snapshot_count) {
		release_answer(kept);
		http_metrics_answer(request, &kept->answer, snapshot,
				    admin_read_process(admin));
		kept->number = admin->snapshot_count;
	}
	give(kept, answer);
}

const struct http_route admin_routes[] = {
	{"/metrics", tell_metrics}, {"/ready", tell_ready},
	{"/live", tell_live},       {"/status.json", tell_status},
	{"/", tell_page},           {NULL, NULL},
};
