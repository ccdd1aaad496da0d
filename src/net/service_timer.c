/* SPDX-License-Identifier: MIT */
/* service_timer.c - timers of a worker: the loop's, with an owner. */
#include "net/service_timer.h"

#include <stdlib.h>

#include "base/clock.h"

struct cohort_timer {
	struct timer timer;
	struct list node; /* of service->timers */
	struct service *service;
	void (*expired)(struct cohort_worker *w, void *argument);
	void *argument;
};

static struct timers *timers_of(const struct cohort_timer *timer)
{
	return &timer->service->worker->loop->timers;
}

/* The callback may free it. */
static void run_out(struct timer *embedded)
{
	struct cohort_timer *timer =
		list_entry(embedded, struct cohort_timer, timer);
	struct service *service = timer->service;

	service_enter(service, SCOREBOARD_IN_TIMER);
	timer->expired(service_public(service), timer->argument);
	service_leave(service);
}

struct cohort_timer *cohort_timer_new(struct cohort_worker *w,
				      void (*expired)(struct cohort_worker *w,
						      void *argument),
				      void *argument)
{
	struct service *service = service_required(w, __func__);
	struct cohort_timer *timer;

	service_require((const void *)(uintptr_t)expired, "the callback",
			__func__);
	timer = calloc(1, sizeof(*timer));
	if (timer == NULL)
		return NULL;
	timer_init(&timer->timer, run_out);
	timer->service = service;
	timer->expired = expired;
	timer->argument = argument;
	list_append(&service->timers, &timer->node);
	return timer;
}

void cohort_timer_set(struct cohort_timer *timer, int64_t delay_ms)
{
	int64_t now_ms = clock_now_ms();

	service_require(timer, "the timer", __func__);
	if (delay_ms < 0)
		delay_ms = 0;
	/* A moment that the clock cannot express does not come. */
	if (delay_ms > INT64_MAX - now_ms)
		timer_stop(timers_of(timer), &timer->timer);
	else
		timer_start(timers_of(timer), &timer->timer, now_ms + delay_ms);
}

void cohort_timer_cancel(struct cohort_timer *timer)
{
	service_require(timer, "the timer", __func__);
	timer_stop(timers_of(timer), &timer->timer);
}

void cohort_timer_free(struct cohort_timer *timer)
{
	if (timer == NULL)
		return;
	timer_stop(timers_of(timer), &timer->timer);
	list_remove(&timer->node);
	free(timer);
}

void service_free_timers(struct service *service)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &service->timers)
		cohort_timer_free(list_entry(node, struct cohort_timer, node));
}
