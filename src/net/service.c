/* SPDX-License-Identifier: MIT */
/* service.c - what the transports of a service share. */
#include "net/service.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "net/acceptor.h"
#include "net/resolver.h"
#include "net/sockopt_system.h"

#define READ_ALIGNMENT 4096

int worker_context_init(struct worker_context *worker, struct loop *loop,
			struct scoreboard_page *page)
{
	memset(worker, 0, sizeof(*worker));
	worker->loop = loop;
	worker->page = page;
	worker->cells = scoreboard_cells(page);
	worker->worker_count = 1;
	worker->live_max = UINT_MAX;
	worker->forward_pipe[0] = -1;
	worker->unsent_bytes = sockopt_system_unsent();
	list_init(&worker->services);
	buffer_pool_init(&worker->buffers);
	transport_table_init(&worker->transports);
	/* The kernel copies faster to where a page begins. */
	worker->read_buffer = aligned_alloc(READ_ALIGNMENT, SERVICE_DROP_BYTES);
	if (worker->read_buffer == NULL)
		return -1;
	if (inbox_open(&worker->inbox, loop) == 0)
		return 0;
	free(worker->read_buffer);
	return -1;
}

void worker_context_end(struct worker_context *worker)
{
	worker->is_ending = true;
	resolver_free(worker->resolver);
	worker->resolver = NULL;
	inbox_close(&worker->inbox);
}

void worker_context_release(struct worker_context *worker)
{
	worker_context_end(worker);
	transport_forward_release(worker);
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
	service_rate_init(&service->rates[RATE_IN], worker->loop);
	service_rate_init(&service->rates[RATE_OUT], worker->loop);
	list_append(&worker->services, &service->node);
	service_set_descriptors(service, 0);
}

void service_release(struct service *service)
{
	transport_pool_release(&service->idle);
	transport_pool_release(&service->idle_outgoing);
	service_rate_release(&service->rates[RATE_IN]);
	service_rate_release(&service->rates[RATE_OUT]);
	list_remove(&service->node);
}

void service_set_descriptors(struct service *service, unsigned count)
{
	struct worker_context *worker = service->worker;

	if (count > SERVICE_DESCRIPTORS)
		count = SERVICE_DESCRIPTORS;
	service->descriptors_each = 1 + count;
	if (service->descriptors_each > worker->reserved_most)
		worker->reserved_most = service->descriptors_each;
}

/* What the clients of now may come to need, or more: outgoing connections can
 * outlive the clients that they were made for. */
static uint64_t needed_count(const struct worker_context *worker)
{
	return worker->all_count > worker->reserved_count
		       ? worker->all_count
		       : worker->reserved_count;
}

/* For one client there always are, however many it may need, unless outgoing
 * connections that outlive others' have more than half. */
static bool has_descriptors(const struct worker_context *worker, unsigned count)
{
	return needed_count(worker) + count <= worker->live_max ||
	       (worker->live_count == 0 &&
		worker->all_count <= worker->live_max / 2);
}

/* Is the cap of the worker near enough to matter to any of its services? */
static bool is_worker_full(const struct worker_context *worker)
{
	return !has_descriptors(worker, worker->reserved_most);
}

/* Has it no room, or is the worker's nearly gone?  Where there is some for the
 * most that a transport may need, there is for one of this service. */
static bool is_full(const struct service *service, bool is_all_full)
{
	return is_all_full || service->live_count >= service->live_max;
}

void service_set_byte_rate(struct service *service, uint64_t bytes_per_second)
{
	service_rate_set(&service->rates[RATE_IN], bytes_per_second);
	service_rate_set(&service->rates[RATE_OUT], bytes_per_second);
}

bool service_has_room(const struct service *service)
{
	return service->live_count < service->live_max &&
	       has_descriptors(service->worker, service->descriptors_each);
}

bool service_is_full(const struct service *service)
{
	return !service_has_room(service) || service->resting_count > 0;
}

void service_suspend(struct service *service)
{
	service->is_suspended = true;
	acceptor_pause_all(service);
}

void service_resume(struct service *service)
{
	service->is_suspended = false;
	acceptor_resume_all(service);
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

/* After a rest it is said; if that cannot be, the next one tries. */
static void note_accepted(struct service *service)
{
	struct worker_context *worker = service->worker;
	int64_t now_ms = worker->loop->now_ms;

	if (now_ms - service->accepted_ms < SERVICE_PAUSE_MS ||
	    !worker->accepts_again || worker->accepts_again(worker, service))
		service->accepted_ms = now_ms;
}

static inline void add_one(struct service *service)
{
	struct worker_context *worker = service->worker;

	service->all_count++;
	worker->all_count++;
	if (is_full(service, is_worker_full(worker)))
		for_each_concerned(service, is_worker_full(worker), tell);
}

void service_add_live(struct service *service)
{
	struct worker_context *worker = service->worker;

	if (service->settings->balance == STEERING_ADAPTIVE)
		note_accepted(service);
	service->live_count++;
	worker->live_count++;
	worker->reserved_count += service->descriptors_each;
	add_one(service);
}

void service_add_outgoing(struct service *service)
{
	add_one(service);
}

void service_review_room(struct service *service)
{
	acceptor_resume_all(service);
	tell(service);
}

static void remove_one(struct service *service, bool is_accepted)
{
	struct worker_context *worker = service->worker;
	bool was_worker_full = is_worker_full(worker);
	bool was_full = is_full(service, was_worker_full);

	if (is_accepted) {
		service->live_count--;
		worker->live_count--;
		worker->reserved_count -= service->descriptors_each;
	}
	service->all_count--;
	worker->all_count--;
	if (was_full)
		for_each_concerned(service, was_worker_full,
				   service_review_room);
}

void service_remove_live(struct service *service)
{
	remove_one(service, true);
}

void service_remove_outgoing(struct service *service)
{
	remove_one(service, false);
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
