/* SPDX-License-Identifier: MIT */
/* worker_drain.c - how a worker leaves.
 *
 *	emptying: it accepts what waits in its queues, as far as it has room,
 *	          and tells its transports, a slice in each turn; where nobody
 *	          accepts after it, it waits for room;
 *	leaving:  it accepts no more, says DRAINING, and ends with the last of
 *	          its transports.
 *
 * What lives when the last tenth of the bound begins is closed in good order,
 * spread evenly, with some time left for the last to say goodbye; at the bound
 * the rest is cut. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "net/transport.h"
#include "process/sandbox.h"
#include "process/title.h"
#include "process/worker_internal.h"

/* Clients that connect all the time must not keep it here. */
#define EMPTYING_LIMIT_MS 1000
#define LOOK_MS           20 /* for room, while clients wait */

#define SLICE         256 /* transports told in one turn */
#define CLOSE_SHARE   10  /* the last tenth of the bound … */
#define GOODBYE_SHARE 4   /* of which a quarter is for goodbyes */
#define CLOSE_STEP_MS 5
#define TITLE_BYTES   48
#define DURATION_TEXT 32

/* ---- Visiting transports --------------------------------------------- */

static void begin_pass(const struct worker *worker, struct worker_pass *pass)
{
	pass->service = 0;
	pass->left_count = worker->services[0].all_count;
}

/* The next transport of the pass, or NULL at its end.  Those that end between
 * two calls are not missed, nor are any visited in their stead for ever. */
static struct cohort_transport *next_of_pass(struct worker *worker,
					     struct worker_pass *pass)
{
	unsigned service_count = worker->order->config->service_count;
	struct cohort_transport *t = NULL;

	while (pass->service < service_count) {
		struct service *service = &worker->services[pass->service];

		if (pass->left_count > 0)
			t = transport_rotate(service);
		if (t != NULL) {
			pass->left_count--;
			return t;
		}
		if (++pass->service < service_count)
			pass->left_count =
				worker->services[pass->service].all_count;
	}
	return NULL;
}

/* ---- The end --------------------------------------------------------- */

static bool is_bound_over(const struct worker *worker)
{
	const struct worker_drain *drain = &worker->drain;

	return drain->has_bound && worker->loop.now_ms >= drain->until_ms;
}

void worker_end_if_done(struct worker *worker)
{
	if (worker->phase != WORKER_PHASE_LEAVING ||
	    worker->context.all_count > 0)
		return;
	/* The supervisor waits for the report to close the bank. */
	if (worker->unsent != 0 && !is_bound_over(worker))
		return;
	loop_stop(&worker->loop);
}

static void last_has_ended(struct worker_context *context)
{
	worker_end_if_done(list_entry(context, struct worker, context));
}

static void cut_all(struct worker *worker)
{
	unsigned live = worker->context.all_count;
	struct cohort_transport *t;
	struct worker_pass pass;

	/* What their connection_lost would begin nobody would end. */
	worker->context.is_ending = true;
	if (live > 0)
		log_info("the bound is reached: %u connection%s cut", live,
			 live == 1 ? " is" : "s are");
	begin_pass(worker, &pass);
	while ((t = next_of_pass(worker, &pass)) != NULL)
		transport_cut(t);
	worker_end_if_done(worker);
}

/* ---- Leaving --------------------------------------------------------- */

/* Close as many as belong to the time that has passed. */
static void close_some(struct worker *worker)
{
	struct worker_drain *drain = &worker->drain;
	int64_t window_ms = drain->close_until_ms - drain->close_from_ms;
	int64_t passed_ms = worker->loop.now_ms - drain->close_from_ms;
	struct cohort_transport *t;
	unsigned due;

	if (passed_ms >= window_ms)
		due = drain->close_total;
	else
		due = (unsigned)(drain->close_total * passed_ms / window_ms);
	while (drain->closed_count < due) {
		drain->closed_count++;
		t = next_of_pass(worker, &drain->closing);
		if (t != NULL)
			transport_close_for_drain(t);
	}
}

static void close_step(struct worker *worker)
{
	struct worker_drain *drain = &worker->drain;
	int64_t next_ms = worker->loop.now_ms + CLOSE_STEP_MS;

	if (drain->close_total == 0) {
		drain->close_total = worker->context.all_count;
		begin_pass(worker, &drain->closing);
	}
	close_some(worker);
	if (drain->closed_count == drain->close_total ||
	    next_ms > drain->until_ms)
		next_ms = drain->until_ms;
	timer_start(&worker->loop.timers, &drain->bound, next_ms);
}

/* A wheel of timers is never early, so that this is the moment or after. */
static void bound_expired(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, drain.bound);

	if (worker->phase == WORKER_PHASE_EMPTYING)
		worker_leave(worker);
	if (is_bound_over(worker))
		cut_all(worker);
	else
		close_step(worker);
}

/* Transports that end while they are told are not the loop's any more.  True
 * if there are more. */
static bool announce_some(struct worker *worker)
{
	struct cohort_transport *t;
	unsigned i;

	for (i = 0; i < SLICE; i++) {
		t = next_of_pass(worker, &worker->drain.announcing);
		if (t == NULL)
			return false;
		transport_announce_drain(t);
	}
	return true;
}

void worker_leave(struct worker *worker)
{
	unsigned live = worker->context.all_count;

	worker->phase = WORKER_PHASE_LEAVING;
	timer_stop(&worker->loop.timers, &worker->drain.look);
	worker_stop_accepting(worker);
	scoreboard_store(
		&scoreboard_cells(worker->order->page)[SCOREBOARD_ACCEPTING],
		0);
	if (live > 0)
		log_event(LOG_LEVEL_INFO,
			  LOG_FIELDS(.event = LOG_EVENT_WORKER_DRAINING),
			  "draining %u connection%s", live,
			  live == 1 ? "" : "s");
	worker_report(worker, RECORD_DRAINING);
	worker_end_if_done(worker);
}

/* ---- Emptying -------------------------------------------------------- */

/* A turn of the loop accepts a batch from each listener; this runs after. */
static void empty_further(struct worker *worker)
{
	struct loop *loop = &worker->loop;
	struct worker_drain *drain = &worker->drain;
	int64_t passed_ms = loop->now_ms - drain->since_ms;

	if (passed_ms < EMPTYING_LIMIT_MS && worker_has_waiting(worker, true))
		loop_post(loop, &drain->step);
	else if (drain->is_last && !worker_has_waiting(worker, true) &&
		 worker_has_waiting(worker, false))
		timer_start(&loop->timers, &drain->look,
			    loop->now_ms + LOOK_MS);
	else
		worker_leave(worker);
}

static void look(struct timer *timer)
{
	empty_further(list_entry(timer, struct worker, drain.look));
}

static void step(struct loop_task *task)
{
	struct worker *worker = list_entry(task, struct worker, drain.step);

	if (announce_some(worker))
		loop_post(&worker->loop, task);
	if (worker->phase == WORKER_PHASE_EMPTYING)
		empty_further(worker);
}

static void begin(struct worker *worker)
{
	char title[TITLE_BYTES];
	unsigned i;

	worker->phase = WORKER_PHASE_EMPTYING;
	worker->drain.since_ms = worker->loop.now_ms;
	snprintf(title, sizeof(title), "cohort: worker %u (draining)",
		 worker->order->slot);
	title_set(title);
	worker->context.drained = last_has_ended;
	worker->context.is_draining = true;
	for (i = 0; i < worker->order->config->service_count; i++)
		service_announce_drain(&worker->services[i]);
	begin_pass(worker, &worker->drain.announcing);
	loop_post(&worker->loop, &worker->drain.step);
}

/* ---- The bound ------------------------------------------------------- */

static void set_bound(struct worker *worker, int64_t bound_ms)
{
	struct worker_drain *drain = &worker->drain;
	struct timers *timers = &worker->loop.timers;
	int64_t share_ms = bound_ms / CLOSE_SHARE;

	drain->close_total = 0;
	drain->closed_count = 0;
	drain->has_bound = bound_ms >= 0;
	if (!drain->has_bound) {
		timer_stop(timers, &drain->bound);
		return;
	}
	drain->until_ms = worker->loop.now_ms + bound_ms;
	drain->close_from_ms = drain->until_ms - share_ms;
	drain->close_until_ms = drain->until_ms - share_ms / GOODBYE_SHARE;
	timer_start(timers, &drain->bound, drain->close_from_ms);
}

void worker_drain(struct worker *worker, int64_t bound_ms, bool is_last)
{
	unsigned i;

	if (worker->phase == WORKER_PHASE_STARTING) {
		loop_stop(&worker->loop);
		return;
	}
	worker->drain.is_last = is_last;
	/* Nobody resumes them after us. */
	for (i = 0; is_last && i < worker->order->config->service_count; i++)
		worker_suspend(worker, i, false);
	if (worker->phase == WORKER_PHASE_SERVING)
		begin(worker);
	set_bound(worker, bound_ms);
}

/* Nobody else will end it: a drain without a bound has one from now on. */
static void bound_by_ourselves(struct worker *worker)
{
	int64_t bound_ms = worker->order->config->shutdown_timeout_ms;
	const struct worker_drain *drain = &worker->drain;

	if (!drain->has_bound ||
	    (bound_ms >= 0 && worker->loop.now_ms + bound_ms < drain->until_ms))
		worker_drain(worker, bound_ms, true);
}

static void no_successor(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, drain.orphan);

	if (worker->phase != WORKER_PHASE_SERVING) {
		bound_by_ourselves(worker);
		return;
	}
	log_warning("nobody has taken over: draining");
	worker_drain(worker, worker->order->config->shutdown_timeout_ms, true);
}

/* A successor may come; it will say TERM. */
static void wait_for_successor(struct worker *worker)
{
	int64_t timeout_ms = worker->order->config->orphan_timeout_ms;
	char duration[DURATION_TEXT] = "for ever";

	if (timeout_ms >= 0) {
		text_format_duration(duration, sizeof(duration), timeout_ms);
		timer_start(&worker->loop.timers, &worker->drain.orphan,
			    worker->loop.now_ms + timeout_ms);
	}
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = LOG_EVENT_ORPHANED),
		  "the supervisor is gone: %s on for %s",
		  worker->phase == WORKER_PHASE_SERVING ? "serving"
							: "draining",
		  duration);
}

void worker_orphaned(struct worker *worker)
{
	worker->unsent = 0;
	sandbox_open_to_user();
	/* A successor starts as many workers beside us, and cannot say so. */
	spin_allow(&worker->loop.spin, false);
	/* While the program ends nobody comes after its supervisor. */
	if (worker->drain.is_last)
		bound_by_ourselves(worker);
	else
		wait_for_successor(worker);
	worker_end_if_done(worker);
}

void worker_succeeded(struct worker *worker)
{
	timer_stop(&worker->loop.timers, &worker->drain.orphan);
	if (worker->phase == WORKER_PHASE_SERVING)
		worker_drain(worker, worker->order->config->drain_timeout_ms,
			     false);
}

void worker_init_drain(struct worker *worker)
{
	timer_init(&worker->drain.bound, bound_expired);
	timer_init(&worker->drain.look, look);
	timer_init(&worker->drain.orphan, no_successor);
	loop_task_init(&worker->drain.step, step);
}

void worker_release_drain(struct worker *worker)
{
	timer_stop(&worker->loop.timers, &worker->drain.bound);
	timer_stop(&worker->loop.timers, &worker->drain.look);
	timer_stop(&worker->loop.timers, &worker->drain.orphan);
	loop_cancel(&worker->drain.step);
}
