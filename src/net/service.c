/* SPDX-License-Identifier: MIT */
/* service.c - what the transports of a service share. */
#include "net/service.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int worker_context_init(struct worker_context *worker, struct loop *loop,
			struct scoreboard_page *page)
{
	memset(worker, 0, sizeof(*worker));
	worker->loop = loop;
	worker->page = page;
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
