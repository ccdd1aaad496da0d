/* SPDX-License-Identifier: MIT */
/* service.c - what the transports of a service share. */
#include "net/service.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "net/acceptor.h"

int worker_context_init(struct worker_context *worker, struct loop *loop,
			struct scoreboard_page *page)
{
	memset(worker, 0, sizeof(*worker));
	worker->loop = loop;
	worker->page = page;
	worker->worker_count = 1;
	worker->live_max = UINT_MAX;
	list_init(&worker->services);
	buffer_pool_init(&worker->buffers);
	transport_table_init(&worker->transports);
	worker->read_buffer = malloc(SERVICE_READ_BYTES);
	return worker->read_buffer != NULL ? 0 : -1;
}

void worker_context_release(struct worker_context *worker)
{
	free(worker->read_buffer);
	transport_table_release(&worker->transports);
	buffer_pool_release(&worker->buffers);
}

void service_init(struct service *service, struct worker_context *worker,
		  const char *name, unsigned index)
{
	memset(service, 0, sizeof(*service));
	service->name = name;
	service->index = index;
	service->worker = worker;
	service->cells = scoreboard_service(worker->page, index);
	list_init(&service->transports);
	list_init(&service->acceptors);
	list_init(&service->timers);
	list_append(&worker->services, &service->node);
}

void service_release(struct service *service)
{
	void *memory;

	while ((memory = service->idle_memory) != NULL) {
		service->idle_memory = *(void **)memory;
		free(memory);
	}
	service->idle_count = 0;
	list_remove(&service->node);
}

bool service_has_room(const struct service *service)
{
	const struct worker_context *worker = service->worker;

	return service->live_count < service->live_max &&
	       worker->live_count < worker->live_max;
}

bool service_is_full(const struct service *service)
{
	return !service_has_room(service) || service->resting_count > 0;
}

static void tell(struct service *service)
{
	struct worker_context *worker = service->worker;

	if (worker->room_changed != NULL)
		worker->room_changed(worker, service);
}

/* For all services when the cap of the worker is the one that matters. */
static void for_each_concerned(struct service *service, bool is_all,
			       void (*act)(struct service *service))
{
	struct list *node;

	if (!is_all) {
		act(service);
		return;
	}
	list_for_each (node, &service->worker->services)
		act(list_entry(node, struct service, node));
}

void service_add_live(struct service *service)
{
	struct worker_context *worker = service->worker;

	service->live_count++;
	worker->live_count++;
	if (!service_has_room(service))
		for_each_concerned(
			service, worker->live_count >= worker->live_max, tell);
}

void service_review_room(struct service *service)
{
	acceptor_resume_all(service);
	tell(service);
}

void service_remove_live(struct service *service)
{
	struct worker_context *worker = service->worker;
	bool was_full = !service_has_room(service);
	bool was_worker_full = worker->live_count >= worker->live_max;

	service->live_count--;
	worker->live_count--;
	if (was_full)
		for_each_concerned(service, was_worker_full,
				   service_review_room);
}

void service_add_resting(struct service *service)
{
	service->resting_count++;
	tell(service);
}

void service_remove_resting(struct service *service)
{
	service->resting_count--;
	tell(service);
}
