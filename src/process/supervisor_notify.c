/* SPDX-License-Identifier: MIT */
/* supervisor_notify.c - the service manager is told what it asked for
 * ($NOTIFY_SOCKET, $WATCHDOG_USEC; sd_notify(3)). */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "process/supervisor_internal.h"

#define WORDS_BYTES     96
#define EXTEND_EVERY_MS 2000
#define REPEAT_MS       100 /* to a manager that is behind */
#define EXTEND_USEC     UINT64_C(10000000)
/* Of a hung worker: it was to be ended by then. */
#define HANG_GRACE_MS   2000

/* A manager that is behind, or gone, is no reason to stop serving. */
static void check(struct supervisor *supervisor, int result,
		  const struct error *error)
{
	if (result < 0)
		log_write_limited(&supervisor->notify_limit, LOG_LEVEL_WARNING,
				  "the service manager: %s", error->text);
}

/* A manager that has heard neither would take us for hung. */
static void tell_or_repeat(struct supervisor *supervisor, int result,
			   const struct error *error)
{
	struct loop *loop = &supervisor->loop;

	if (result < 0 && error->number == EAGAIN)
		timer_start(&loop->timers, &supervisor->notify_again,
			    loop->now_ms + REPEAT_MS);
	else
		check(supervisor, result, error);
}

static void tell_ready(struct supervisor *supervisor)
{
	char words[WORDS_BYTES];
	struct error error;

	if (supervisor->is_stopping)
		return;
	snprintf(words, sizeof(words), "generation %u serves with %u worker%s",
		 supervisor->current->number, supervisor->slot_count,
		 supervisor->slot_count == 1 ? "" : "s");
	tell_or_repeat(supervisor,
		       notify_ready(&supervisor->notify, words, &error),
		       &error);
}

void supervisor_notify_ready(struct supervisor *supervisor)
{
	if (supervisor->has_reported)
		tell_ready(supervisor);
}

void supervisor_notify_reloading(struct supervisor *supervisor)
{
	uint64_t now_usec = (uint64_t)clock_now_us();
	struct error error;

	timer_stop(&supervisor->loop.timers, &supervisor->notify_again);
	if (supervisor->has_reported)
		check(supervisor,
		      notify_reloading(&supervisor->notify, now_usec, &error),
		      &error);
}

/* ---- Time and again -------------------------------------------------- */

static void again(struct supervisor *supervisor, struct timer *timer,
		  int64_t interval_ms)
{
	timer_start(&supervisor->loop.timers, timer,
		    supervisor->loop.now_ms + interval_ms);
}

/* The drain has a bound of its own. */
static void extend(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, notify_extension);
	struct error error;

	check(supervisor,
	      notify_extend(&supervisor->notify, EXTEND_USEC, &error), &error);
	again(supervisor, timer, EXTEND_EVERY_MS);
}

static void tell_stopping(struct supervisor *supervisor)
{
	struct error error;

	tell_or_repeat(supervisor, notify_stopping(&supervisor->notify, &error),
		       &error);
}

/* Whatever is true by now. */
static void repeat(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, notify_again);

	if (timer_is_started(&supervisor->notify_extension))
		tell_stopping(supervisor);
	else
		tell_ready(supervisor);
}

void supervisor_notify_stopping(struct supervisor *supervisor)
{
	if (!notify_is_on(&supervisor->notify) ||
	    timer_is_started(&supervisor->notify_extension))
		return;
	tell_stopping(supervisor);
	extend(&supervisor->notify_extension);
}

/* Does a worker hang that the watchdog should have ended? */
static bool is_anyone_lost(const struct supervisor *supervisor)
{
	int64_t timeout_ms = supervisor->current->config->watchdog_timeout_ms;
	const struct child *child;
	unsigned i;

	for (i = 0; timeout_ms >= 0 && i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && !child->is_reaped && child->is_hung &&
		    supervisor->loop.now_ms - child->watchdog.beat_ms >
			    timeout_ms + HANG_GRACE_MS)
			return true;
	}
	return false;
}

static void beat(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, notify_beat);
	struct error error;

	if (!is_anyone_lost(supervisor))
		check(supervisor, notify_watchdog(&supervisor->notify, &error),
		      &error);
	again(supervisor, timer, supervisor->notify_interval_ms);
}

/* ---- Its life -------------------------------------------------------- */

void supervisor_init_notify(struct supervisor *supervisor)
{
	supervisor->notify.fd = -1;
	timer_init(&supervisor->notify_extension, extend);
	timer_init(&supervisor->notify_beat, beat);
	timer_init(&supervisor->notify_again, repeat);
}

void supervisor_start_notify(struct supervisor *supervisor)
{
	const struct command_line *line = supervisor->line;
	struct error error;

	check(supervisor,
	      notify_open(&supervisor->notify,
			  command_line_variable(line, "NOTIFY_SOCKET"), &error),
	      &error);
	supervisor->notify_interval_ms = notify_watchdog_interval(
		command_line_variable(line, "WATCHDOG_USEC"),
		command_line_variable(line, "WATCHDOG_PID"), getpid());
	if (notify_is_on(&supervisor->notify) &&
	    supervisor->notify_interval_ms > 0)
		beat(&supervisor->notify_beat);
}

void supervisor_stop_notify(struct supervisor *supervisor)
{
	timer_stop(&supervisor->loop.timers, &supervisor->notify_extension);
	timer_stop(&supervisor->loop.timers, &supervisor->notify_beat);
	timer_stop(&supervisor->loop.timers, &supervisor->notify_again);
	notify_close(&supervisor->notify);
}
