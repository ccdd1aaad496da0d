/* SPDX-License-Identifier: MIT */
/* supervisor_watch.c - workers that hang are steered around, then replaced.
 *
 * In rounds, a few a second: what each worker's page and queues say goes to its
 * watchdog, and the verdict becomes events of its slot.  Hung ones get
 * SIGABRT, for the sake of a core file, and a second later SIGKILL, for a
 * stopped process feels only that. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "process/proc_status.h"

#define DURATION_TEXT 32

static struct watchdog_settings settings_of(const struct config *config)
{
	return (struct watchdog_settings){
		.steer_ms = config->watchdog_steer_ms,
		.timeout_ms = config->watchdog_timeout_ms,
	};
}

void supervisor_set_watchdog(struct child *child, const struct config *config)
{
	child->watchdog_settings = settings_of(config);
}

/* ---- Samples --------------------------------------------------------- */

/* The accept queues of its slot, but not of a service that has no room or is
 * suspended.  Where nobody can say what it has accepted, a queue proves
 * nothing: a worker of another build would die for its layout. */
static uint32_t queue_of(const struct child *child)
{
	const struct supervisor *supervisor = child->supervisor;
	struct list *node;
	uint32_t sum = 0;

	if (child->slot->child != child || child->state != WORKER_READY ||
	    !scoreboard_is_readable(child->page))
		return 0;
	list_for_each (node, &supervisor->bank.groups) {
		struct bank_group *group =
			list_entry(node, struct bank_group, node);

		if (!group->is_shared &&
		    group->queues[child->slot->number] > 0 &&
		    supervisor_has_room(child, group) &&
		    !supervisor_has_suspended(child, group))
			sum += group->queues[child->slot->number];
	}
	return sum;
}

static uint64_t accepted_by(const struct child *child)
{
	const struct generation *generation = supervisor_generation_of(child);
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; generation && i < generation->config->service_count; i++)
		sum += scoreboard_peek(child->page, i, SCOREBOARD_ACCEPTED);
	return sum;
}

/* Without a beat for more than a round? */
static bool is_late(const struct child *child)
{
	int64_t silent_ms =
		child->supervisor->loop.now_ms - child->watchdog.beat_ms;

	return 2 * silent_ms > 3 * watchdog_interval(&child->watchdog_settings);
}

static struct watchdog_sample take_sample(const struct child *child)
{
	struct watchdog_sample sample = {
		.turns = scoreboard_load(
			&scoreboard_cells(child->page)[SCOREBOARD_TURNS]),
		.accepted = child->watchdog.accepted,
		.queue = queue_of(child),
	};

	/* While nobody waits it proves nothing. */
	if (sample.queue > 0)
		sample.accepted = accepted_by(child);
	/* Asked only where it may matter: it is a file, and a heartbeat may fall
	 * just behind a round. */
	if (sample.turns == child->watchdog.turns && is_late(child) &&
	    child->supervisor->current->config->watchdog_traced ==
		    CONFIG_TRACED_SPARE)
		sample.is_traced = proc_status_is_traced(child->pid);
	return sample;
}

/* ---- Verdicts -------------------------------------------------------- */

static int64_t silence_of(const struct child *child)
{
	const struct watchdog *watchdog = &child->watchdog;
	int64_t since_ms = watchdog->beat_ms < watchdog->accept_ms
				   ? watchdog->beat_ms
				   : watchdog->accept_ms;

	return child->supervisor->loop.now_ms - since_ms;
}

static void suspect(struct child *child)
{
	char callback[SUPERVISOR_CALLBACK_TEXT], silence[DURATION_TEXT];

	child->is_suspect = true;
	log_event(LOG_LEVEL_WARNING,
		  CHILD_FIELDS(LOG_EVENT_WORKER_SUSPECT, child),
		  "worker %u (process %d) gives no sign of life for %s%s%s",
		  child->slot->number, (int)child->pid,
		  text_format_duration(silence, sizeof(silence),
				       silence_of(child)),
		  supervisor_describe_callback(callback, child),
		  child->supervisor->slot_count > 1
			  ? ": new connections go to others"
			  : "");
	if (child->slot->child == child && child->slot->state == SLOT_SERVING)
		supervisor_slot_event(child->slot, SLOT_EVENT_HANG);
	else
		supervisor_arrange(child->supervisor);
}

static void acquit(struct child *child)
{
	child->is_suspect = false;
	log_event(LOG_LEVEL_INFO, CHILD_FIELDS(LOG_EVENT_WORKER_BACK, child),
		  "worker %u (process %d) is back", child->slot->number,
		  (int)child->pid);
	if (child->slot->child == child && child->slot->state == SLOT_SUSPECT)
		supervisor_slot_event(child->slot, SLOT_EVENT_BEAT);
	else
		supervisor_arrange(child->supervisor);
}

static void end_hung(struct child *child)
{
	char callback[SUPERVISOR_CALLBACK_TEXT], silence[DURATION_TEXT];

	child->is_hung = true;
	text_format_duration(silence, sizeof(silence), silence_of(child));
	supervisor_describe_callback(callback, child);
	log_event(LOG_LEVEL_ERROR, CHILD_FIELDS(LOG_EVENT_WORKER_HUNG, child),
		  "worker %u (process %d) hangs for %s%s: it is ended",
		  child->slot->number, (int)child->pid, silence, callback);
	board_note(child->supervisor->scoreboard, BOARD_EVENT_WORKER_HUNG,
		   (int)child->slot->number, "process %d hangs for %s%s",
		   (int)child->pid, silence, callback);
	if (supervisor_signal(child, SIGABRT) < 0)
		log_error("cannot end process %d: %s", (int)child->pid,
			  strerror(errno));
	supervisor_hurry(child,
			 child->supervisor->loop.now_ms + SUPERVISOR_KILL_MS);
}

/* By the settings that it beats by: another generation may have others. */
static void watch_child(struct child *child)
{
	struct watchdog_sample sample = take_sample(child);
	enum watchdog_verdict verdict =
		watchdog_judge(&child->watchdog, &child->watchdog_settings,
			       &sample, child->supervisor->loop.now_ms);

	if (verdict != WATCHDOG_FIT && !child->is_suspect)
		suspect(child);
	else if (verdict == WATCHDOG_FIT && child->is_suspect)
		acquit(child);
	if (verdict == WATCHDOG_HUNG && !child->is_hung && !child->is_killed)
		end_hung(child);
}

/* ---- Rounds ---------------------------------------------------------- */

int64_t supervisor_round(const struct supervisor *supervisor, int64_t at_ms)
{
	const struct watchdog_settings settings =
		settings_of(supervisor->current->config);
	int64_t interval_ms = watchdog_interval(&settings);

	return (at_ms + interval_ms - 1) / interval_ms * interval_ms;
}

static void watch_all(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, watch);
	struct watchdog_settings settings =
		settings_of(supervisor->current->config);
	int64_t now_ms = supervisor->loop.now_ms;
	bool is_forgiven =
		watchdog_stood_still(&settings, supervisor->watched_ms, now_ms);
	unsigned i;

	supervisor->watched_ms = now_ms;
	supervisor_measure_queues(supervisor);
	for (i = 0; i < supervisor->child_high; i++) {
		struct child *child = &supervisor->children[i];

		if (!child->slot || child->is_reaped)
			continue;
		supervisor_look_at_orphan(child);
		if (is_forgiven)
			watchdog_forgive(&child->watchdog, now_ms);
		else
			watch_child(child);
	}
	supervisor_mend_log(supervisor);
	timer_start(&supervisor->loop.timers, timer,
		    supervisor_round(supervisor, now_ms + 1));
}

static bool is_of_next(const struct child *child)
{
	const struct generation *next = child->supervisor->next;

	return next && child->generation == next->number;
}

void supervisor_start_watch(struct supervisor *supervisor)
{
	unsigned i;

	/* Those that came along: what they beat by is not known, but likely. */
	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot &&
		    !is_of_next(&supervisor->children[i]))
			supervisor_set_watchdog(&supervisor->children[i],
						supervisor->current->config);
	timer_init(&supervisor->watch, watch_all);
	supervisor->watched_ms = supervisor->loop.now_ms;
	timer_start(&supervisor->loop.timers, &supervisor->watch,
		    supervisor->loop.now_ms);
}
