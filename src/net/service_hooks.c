/* SPDX-License-Identifier: MIT */
/* service_hooks.c - a protocol's own part of a worker: it starts, drains and
 * stops with it. */
#include <stdlib.h>

#include "base/log.h"
#include "net/service.h"
#include "net/service_timer.h"

void service_enter(struct service *service, enum scoreboard_callback callback)
{
	uint64_t *cells = scoreboard_cells(service->worker->page);

	scoreboard_store(&cells[SCOREBOARD_CALLBACK_SERVICE], service->index);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_ID], 0);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_MS],
			 (uint64_t)service->worker->loop->now_ms);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK], callback);
}

void service_leave(struct service *service)
{
	uint64_t *cells = scoreboard_cells(service->worker->page);

	scoreboard_store(&cells[SCOREBOARD_CALLBACK], SCOREBOARD_IN_NONE);
}

/* While it runs, cohort_worker_log leaves an error in `words`, to be told by
 * whoever is told that the worker cannot start. */
static int call_start(struct service *service, struct error *words)
{
	int result;

	if (service->protocol->worker_start == NULL)
		return 0;
	words->text[0] = '\0';
	service->start_words = words;
	service_enter(service, SCOREBOARD_IN_WORKER_START);
	result = service->protocol->worker_start(service_public(service),
						 service->state);
	service_leave(service);
	service->start_words = NULL;
	return result;
}

int service_start(struct service *service, struct error *error)
{
	size_t size = service->protocol->worker_size;
	struct error words = {.number = 0};

	service->state = size > 0 ? calloc(1, size) : NULL;
	if (size > 0 && service->state == NULL)
		return error_set_errno(error, "service %s: %zu bytes of state",
				       service->name, size);
	if (call_start(service, &words) < 0)
		return error_set(error, "service %s: %s", service->name,
				 words.text[0] != '\0'
					 ? words.text
					 : "its protocol cannot start a worker "
					   "and does not say why");
	if (words.text[0] != '\0')
		log_error("%s: %s", service->name, words.text);
	service->is_started = true;
	return 0;
}

void service_announce_drain(struct service *service)
{
	if (!service->is_started || service->protocol->worker_draining == NULL)
		return;
	service_enter(service, SCOREBOARD_IN_WORKER_DRAINING);
	service->protocol->worker_draining(service_public(service),
					   service->state);
	service_leave(service);
}

void service_stop(struct service *service)
{
	if (service->is_started && service->protocol->worker_stop != NULL) {
		service_enter(service, SCOREBOARD_IN_WORKER_STOP);
		service->protocol->worker_stop(service_public(service),
					       service->state);
		service_leave(service);
	}
	service->is_started = false;
	service_free_timers(service);
	free(service->state);
	service->state = NULL;
}
