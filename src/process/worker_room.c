/* SPDX-License-Identifier: MIT */
/* worker_room.c - the supervisor steers around services that have no room.
 *
 * That a service is full is said at once; that it has room again only after
 * some time, so that a worker at its cap does not say so with every
 * connection.  And that a service accepts again, if it is steered by its load. */
#include "process/worker_internal.h"

#define ROOM_MS 20

static void start_timer(struct worker *worker)
{
	struct loop *loop = &worker->loop;

	if (!timer_is_started(&worker->room))
		timer_start(&loop->timers, &worker->room,
			    loop->now_ms + ROOM_MS);
}

static void report(struct worker *worker, unsigned index, bool is_full)
{
	const struct channel_load load = {.number = index};

	if (worker->is_known_full[index] == is_full)
		return;
	if (channel_send(&worker->channel, is_full ? RECORD_FULL : RECORD_ROOM,
			 &load) < 0)
		start_timer(worker);
	else
		worker->is_known_full[index] = is_full;
}

void worker_room_changed(struct worker_context *context,
			 struct service *service)
{
	struct worker *worker = list_entry(context, struct worker, context);

	if (worker->phase != WORKER_PHASE_SERVING)
		return;
	if (service_is_full(service))
		report(worker, service->index, true);
	else if (worker->is_known_full[service->index])
		start_timer(worker);
}

void worker_report_room(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, room);
	unsigned i;

	if (worker->phase != WORKER_PHASE_SERVING)
		return;
	for (i = 0; i < worker->order->config->service_count; i++)
		report(worker, i, service_is_full(&worker->services[i]));
}

bool worker_accepts_again(struct worker_context *context,
			  struct service *service)
{
	struct worker *worker = list_entry(context, struct worker, context);
	const struct channel_load load = {.number = service->index};

	if (worker->channel.fd < 0)
		return true; /* there is nobody to be told */
	/* What it has to say first is still unsaid. */
	if (worker->phase != WORKER_PHASE_SERVING || worker->unsent != 0)
		return false;
	return channel_send(&worker->channel, RECORD_ACCEPTING, &load) == 0;
}
