/* SPDX-License-Identifier: MIT */
/* pacer.c - tells when messages of an open loop come due. */
#include "pacer.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

#define SECOND_US 1000000

static void tell(struct pacer *pacer)
{
	struct pace *pace = pacer->pace;
	uint64_t index = pace->due_count++;
	int64_t late_us = clock_now_us() - pace_time_us(pace, index);

	histogram_add(&pacer->late, late_us);
	pacer->has_told = true;
	pacer->due(pacer->owner, index);
}

/* An alarm that cannot be set costs sleep, and nothing else. */
static void sleep_until(struct pacer *pacer, int64_t until_us)
{
	const struct itimerspec times = {
		.it_value.tv_sec = until_us / SECOND_US,
		.it_value.tv_nsec = until_us % SECOND_US * 1000,
	};

	if (timerfd_settime(pacer->fd, TFD_TIMER_ABSTIME, &times, NULL) < 0)
		loop_post(pacer->loop, &pacer->task);
}

/* While the task is queued the loop polls, and does not sleep. */
static void wait_for_next(struct pacer *pacer)
{
	const struct pace *pace = pacer->pace;
	int64_t awake_us;

	if (pace->due_count >= pace->message_count)
		return;
	awake_us = pace_time_us(pace, pace->due_count) - PACER_AWAKE_US;
	if (awake_us > clock_now_us())
		sleep_until(pacer, awake_us);
	else
		loop_post(pacer->loop, &pacer->task);
}

static void tell_what_is_due(struct loop_task *task)
{
	struct pacer *pacer = list_entry(task, struct pacer, task);
	struct pace *pace = pacer->pace;
	uint64_t due_count = pace_due_at(pace, clock_now_us());

	if (due_count > pace->due_count + PACER_BATCH)
		due_count = pace->due_count + PACER_BATCH;
	while (pace->due_count < due_count)
		tell(pacer);
	wait_for_next(pacer);
}

static void alarm_rang(struct loop_source *source, unsigned found)
{
	struct pacer *pacer = list_entry(source, struct pacer, alarm);
	uint64_t count;

	(void)found;
	/* EAGAIN: set anew, or stopped, since it rang. */
	if (read(pacer->fd, &count, sizeof(count)) == sizeof(count))
		loop_post(pacer->loop, &pacer->task);
}

static void note_turn(void *context, struct loop *loop)
{
	struct pacer *pacer = context;

	if (loop->event_count > 0 || pacer->has_told)
		pacer->busy_us += loop->turn_us;
	pacer->has_told = false;
}

void pacer_init(struct pacer *pacer)
{
	memset(pacer, 0, sizeof(*pacer));
	pacer->fd = -1;
	loop_task_init(&pacer->task, tell_what_is_due);
	loop_source_init(&pacer->alarm, alarm_rang);
}

int pacer_open(struct pacer *pacer, struct loop *loop, struct pace *pace,
	       struct error *error)
{
	pacer->loop = loop;
	pacer->pace = pace;
	pacer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (pacer->fd < 0)
		return error_set_errno(error, "cannot open a timer");
	loop->observer = note_turn;
	loop->observer_context = pacer;
	if (loop_add(loop, &pacer->alarm, pacer->fd, POLLER_READ) == 0)
		return 0;
	error_set_errno(error, "cannot watch a timer");
	pacer_close(pacer);
	return -1;
}

void pacer_close(struct pacer *pacer)
{
	if (pacer->fd < 0)
		return;
	loop_cancel(&pacer->task);
	loop_remove(pacer->loop, &pacer->alarm);
	pacer->loop->observer = NULL;
	close(pacer->fd);
	pacer->fd = -1;
}

void pacer_start(struct pacer *pacer)
{
	pacer->busy_us = 0;
	loop_post(pacer->loop, &pacer->task);
}

void pacer_stop(struct pacer *pacer)
{
	const struct itimerspec never = {0};

	timerfd_settime(pacer->fd, 0, &never, NULL);
	loop_cancel(&pacer->task);
}
