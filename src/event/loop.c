/* SPDX-License-Identifier: MIT */
/* loop.c - the turn that every process repeats. */
#include "event/loop.h"

#include <limits.h>
#include <unistd.h>

#include "base/clock.h"

int loop_init(struct loop *loop, struct error *error)
{
	loop->poller = poller_open(error);
	if (loop->poller < 0)
		return -1;
	loop->is_stopping = false;
	loop->event_next = 0;
	loop->event_count = 0;
	loop->ended_us = clock_now_us();
	loop->turn_us = 0;
	loop->now_ms = loop->ended_us / 1000;
	timers_init(&loop->timers, loop->now_ms);
	list_init(&loop->tasks);
	loop->observer = NULL;
	loop->observer_context = NULL;
	loop->turn_limit_ms = -1;
	spin_init(&loop->spin, SPIN_OFF);
	loop->connected_count = NULL;
	return 0;
}

void loop_release(struct loop *loop)
{
	if (loop->poller >= 0)
		close(loop->poller);
	loop->poller = -1;
}

int loop_add(struct loop *loop, struct loop_source *source, int fd,
	     unsigned interest)
{
	if (poller_add(loop->poller, fd, interest, source) < 0)
		return -1;
	source->fd = fd;
	return 0;
}

/* What was found for a source and is not handed out yet: its memory may be
 * gone or be another's by then.  A wait finds each source once, so that for the
 * one that is being served there is nothing more. */
static void drop_events(struct loop *loop, const struct loop_source *source)
{
	int i = loop->event_next;

	if (i > 0 && loop->events[i - 1].owner == source)
		return;
	for (; i < loop->event_count; i++)
		if (loop->events[i].owner == source)
			loop->events[i].owner = NULL;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	poller_remove(loop->poller, source->fd);
	source->fd = -1;
	drop_events(loop, source);
}

void loop_forget(struct loop *loop, struct loop_source *source)
{
	source->fd = -1;
	drop_events(loop, source);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
	if (list_is_empty(&task->node))
		list_append(&loop->tasks, &task->node);
}

void loop_cancel(struct loop_task *task)
{
	list_remove(&task->node);
}

/* Only those that were queued when it began. */
static void run_tasks(struct loop *loop)
{
	struct list round;

	list_init(&round);
	list_take(&round, &loop->tasks);
	while (!list_is_empty(&round)) {
		struct loop_task *task =
			list_entry(round.next, struct loop_task, node);

		list_remove(&task->node);
		task->run(task);
	}
}

static int wait_limit_ms(struct loop *loop, int64_t now_us)
{
	int64_t wait_ms;

	if (!list_is_empty(&loop->tasks))
		return 0;
	/* A turn that found nothing is time enough for a closer look. */
	wait_ms = loop->event_count == 0
			  ? timers_rest_ms(&loop->timers, now_us / 1000)
			  : timers_wait_ms(&loop->timers, now_us / 1000);
	if (loop->turn_limit_ms >= 0 &&
	    (wait_ms < 0 || wait_ms > loop->turn_limit_ms))
		wait_ms = loop->turn_limit_ms;
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static int sleep_until_ready(struct loop *loop, int64_t now_us)
{
	return poller_wait(loop->poller, loop->events, LOOP_EVENTS,
			   wait_limit_ms(loop, now_us));
}

static unsigned count_traffic(const struct loop *loop, int event_count)
{
	const struct loop_source *source;
	unsigned traffic_count = 0;
	int i;

	for (i = 0; i < event_count; i++) {
		source = loop->events[i].owner;
		traffic_count += source->is_traffic;
	}
	return traffic_count;
}

/* How long it takes until the clock shows so many milliseconds more: what is
 * due is due as they begin. */
static int64_t limit_of_ms(int64_t now_us, int64_t limit_ms)
{
	return limit_ms > 0 ? limit_ms * 1000 - now_us % 1000 : limit_ms;
}

/* Whether it found something; `now_us` is when it ended. */
static int spin(struct loop *loop, int64_t *now_us)
{
	int64_t limit_ms = wait_limit_ms(loop, *now_us);
	bool is_connected =
		loop->connected_count != NULL && *loop->connected_count > 0;
	int count;

	if (!spin_begin(&loop->spin, *now_us, limit_of_ms(*now_us, limit_ms),
			is_connected))
		return 0;
	do {
		count = poller_wait(loop->poller, loop->events, LOOP_EVENTS, 0);
		*now_us = clock_now_us();
	} while (count == 0 && spin_goes_on(&loop->spin, *now_us));
	if (count > 0)
		spin_note_found(&loop->spin, *now_us,
				count_traffic(loop, count));
	return count;
}

/* As poller_wait; `now_us` is when the turn begins. */
static int spin_or_sleep(struct loop *loop, int64_t *now_us)
{
	int count;

	*now_us = loop->ended_us;
	count = spin(loop, now_us);
	if (count != 0)
		return count;
	count = sleep_until_ready(loop, *now_us);
	*now_us = clock_now_us();
	spin_note_slept(&loop->spin, *now_us,
			count > 0 ? count_traffic(loop, count) : 0);
	return count;
}

static int wait_for_events(struct loop *loop, int64_t *now_us)
{
	int count;

	if (loop->spin.asked_us != SPIN_OFF)
		return spin_or_sleep(loop, now_us);
	count = sleep_until_ready(loop, loop->ended_us);
	*now_us = clock_now_us();
	return count;
}

static void serve_events(struct loop *loop)
{
	while (loop->event_next < loop->event_count) {
		struct poller_event *event = &loop->events[loop->event_next++];
		struct loop_source *source = event->owner;

		if (source != NULL)
			source->ready(source, event->found);
	}
}

static int turn(struct loop *loop)
{
	int64_t began_us;
	int count = wait_for_events(loop, &began_us);

	if (count < 0)
		return -1;
	loop->event_next = 0;
	loop->event_count = count;
	loop->now_ms = began_us / 1000;
	serve_events(loop);
	if (!list_is_empty(&loop->tasks))
		run_tasks(loop);
	timers_advance(&loop->timers, loop->now_ms);
	if (!list_is_empty(&loop->tasks))
		run_tasks(loop);
	loop->ended_us = clock_now_us();
	loop->turn_us = loop->ended_us - began_us;
	if (loop->observer != NULL)
		loop->observer(loop->observer_context, loop);
	return 0;
}

int loop_run(struct loop *loop, struct error *error)
{
	loop->is_stopping = false;
	loop->ended_us = clock_now_us();
	while (!loop->is_stopping)
		if (turn(loop) < 0)
			return error_set_errno(error, "the poller failed");
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopping = true;
}
