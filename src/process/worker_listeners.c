/* SPDX-License-Identifier: MIT */
/* worker_listeners.c - the services and listeners of a worker, from bind to
 * close. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/listener.h"
#include "net/transport.h"
#include "process/cpus.h"
#include "process/spawn.h"
#include "process/worker_internal.h"

/* ---- Services -------------------------------------------------------- */

/* The worker's part of `whole`, more than 0: the parts of all slots together
 * are the whole, but no worker goes without, for clients would wait in its
 * queue for ever. */
static uint64_t share_of(const struct worker *worker, unsigned worker_count,
			 uint64_t whole)
{
	uint64_t share = whole / worker_count;

	if (worker->order->slot < whole % worker_count)
		share++;
	return share > 0 ? share : 1;
}

static void share_limits(struct worker *worker, struct service *service,
			 unsigned worker_count)
{
	const struct service_settings *settings = service->settings;
	uint64_t connections = UINT_MAX; /* the cap of the worker is enough */
	uint64_t rate = 0;

	if (settings->max_connections > 0)
		connections = share_of(worker, worker_count,
				       settings->max_connections);
	if (settings->byte_rate_service > 0)
		rate = share_of(worker, worker_count,
				settings->byte_rate_service);
	service->live_max =
		connections > UINT_MAX ? UINT_MAX : (unsigned)connections;
	service_set_byte_rate(service, rate);
}

static void open_service(struct worker *worker, unsigned index)
{
	const struct config_service *from =
		&worker->order->config->services[index];
	struct service *service = &worker->services[index];

	service_init(service, &worker->context, from->name, index);
	transport_check_protocol(from->protocol);
	service->protocol = from->protocol;
	service->protocol_options = from->protocol_options;
	service->settings = &from->settings;
	service_set_descriptors(service, from->protocol->descriptors_count);
	service->is_suspended =
		worker->order->suspended[index / 64] >> (index % 64) & 1;
	share_limits(worker, service, worker->order->worker_count);
	if (worker->order->is_first)
		sockopt_check_system(&from->settings.options);
}

int worker_start_services(struct worker *worker, struct error *error)
{
	unsigned i;

	for (i = 0; i < worker->order->config->service_count; i++)
		if (service_start(&worker->services[i], error) < 0)
			return -1;
	return 0;
}

void worker_share_limits(struct worker *worker, unsigned worker_count)
{
	struct service *service;
	unsigned i;

	worker->context.worker_count = worker_count;
	for (i = 0; i < worker->order->config->service_count; i++) {
		service = &worker->services[i];
		share_limits(worker, service, worker_count);
		service_review_room(service);
	}
}

void worker_suspend(struct worker *worker, unsigned service, bool is_on)
{
	if (service >= worker->order->config->service_count)
		return;
	/* Who is the last to accept leaves nobody behind. */
	if (is_on && !worker->drain.is_last)
		service_suspend(&worker->services[service]);
	else if (!is_on)
		service_resume(&worker->services[service]);
}

int worker_open_services(struct worker *worker, struct error *error)
{
	const struct worker_order *order = worker->order;
	unsigned i;

	if (worker_context_init(&worker->context, &worker->loop, order->page) <
	    0)
		return error_set_errno(error, "cannot start a worker");
	worker->context.access_log = &worker->access;
	worker->context.slot = order->slot;
	worker->context.worker_count = order->worker_count;
	worker->context.live_max = order->connections_max;
	worker->services = memory_require(order->config->service_count,
					  sizeof(*worker->services));
	worker->acceptors = memory_require(order->listener_count,
					   sizeof(*worker->acceptors));
	worker->is_known_full =
		memory_require(order->config->service_count, sizeof(bool));
	worker->context.room_changed = worker_room_changed;
	worker->context.accepts_again = worker_accepts_again;
	for (i = 0; i < order->config->service_count; i++)
		open_service(worker, i);
	return 0;
}

/* The later ones first: each stops while what it began upon is there. */
static void stop_services(struct worker *worker)
{
	unsigned i;

	worker_context_end(&worker->context);
	for (i = 0; i < worker->order->config->service_count; i++)
		transport_cut_all(&worker->services[i]);
	while (i-- > 0)
		service_stop(&worker->services[i]);
}

void worker_release_services(struct worker *worker)
{
	unsigned i;

	if (worker->services == NULL)
		return;
	worker_stop_accepting(worker);
	stop_services(worker);
	for (i = 0; i < worker->order->config->service_count; i++)
		service_release(&worker->services[i]);
	worker_context_release(&worker->context);
	free(worker->services);
	free(worker->acceptors);
	free(worker->is_known_full);
}

/* ---- Binding --------------------------------------------------------- */

static int number_of(unsigned index)
{
	return SPAWN_FIRST_LISTENER + (int)index;
}

static const struct config_service *service_of(const struct worker *worker,
					       unsigned index)
{
	return &worker->order->config
			->services[worker->order->listeners[index].service];
}

/* What all listeners of a service would warn about is said once. */
static bool is_first_of_service(const struct worker *worker, unsigned index)
{
	const struct worker_listener *listeners = worker->order->listeners;

	return worker->order->is_first &&
	       (index == 0 ||
		listeners[index].service != listeners[index - 1].service);
}

static int place(int fd, unsigned index, struct error *error)
{
	int number = number_of(index);
	int result = 0;

	if (fd == number)
		return 0;
	if (dup3(fd, number, O_CLOEXEC) < 0)
		result = error_set_errno(error, "cannot place a listener");
	close(fd);
	return result;
}

/* The channel may be narrow, and there is nothing else to do: wait. */
static int bank(unsigned index, struct error *error)
{
	int fd = number_of(index);
	struct channel_load load = {.number = index, .fds = &fd, .fd_count = 1};

	if (channel_send_waiting(SPAWN_CHANNEL, RECORD_BANK, &load) < 0)
		return error_set_errno(error, "cannot bank a listener");
	return 0;
}

static int bind_one(struct worker *worker, unsigned index, int cpu,
		    struct error *error)
{
	const struct worker_listener *listener =
		&worker->order->listeners[index];
	const struct config_service *service = service_of(worker, index);
	const struct sockopt_owner owner = {
		.cpu = cpu,
		.is_first = is_first_of_service(worker, index),
	};
	int fd = listener_bind(&listener->address, &service->settings.options,
			       NULL, &owner, error);

	if (fd < 0 || place(fd, index, error) < 0)
		return error_prefix(error, "service %s: ", service->name);
	return bank(index, error);
}

int worker_bind(struct worker *worker, struct error *error)
{
	const struct worker_order *order = worker->order;
	int cpu = cpus_of_slot(order->slot);
	unsigned i;

	for (i = 0; i < order->listener_count; i++)
		if (!order->listeners[i].is_banked &&
		    bind_one(worker, i, cpu, error) < 0)
			return -1;
	return 0;
}

/* ---- Listening ------------------------------------------------------- */

/* Those from the bank too: a predecessor may have died between bind and
 * listen.  To one that listens it says the same backlog again. */
int worker_listen(struct worker *worker, struct error *error)
{
	const struct worker_order *order = worker->order;
	const struct config_service *service;
	unsigned i;

	for (i = 0; i < order->listener_count; i++) {
		service = service_of(worker, i);
		if (order->listeners[i].is_shared)
			continue;
		if (listener_listen(number_of(i),
				    service->settings.options.backlog,
				    error) < 0)
			return error_prefix(error,
					    "service %s: ", service->name);
	}
	return 0;
}

/* ---- Accepting ------------------------------------------------------- */

int worker_accept(struct worker *worker, struct error *error)
{
	const struct worker_listener *listener;
	unsigned i;

	for (i = 0; i < worker->order->listener_count; i++) {
		listener = &worker->order->listeners[i];
		acceptor_init(&worker->acceptors[i],
			      &worker->services[listener->service],
			      number_of(i),
			      listener->address.socket.generic.sa_family,
			      listener->is_shared);
	}
	for (i = 0; i < worker->order->listener_count; i++)
		if (acceptor_start(&worker->acceptors[i]) < 0)
			return error_set_errno(error,
					       "cannot watch a listener");
	return 0;
}

/* Not if it is full, or rests because something has run out. */
static bool is_watching(const struct acceptor *acceptor)
{
	return acceptor->is_started && acceptor->source.fd >= 0 &&
	       service_has_room(acceptor->service);
}

bool worker_is_waiting(const struct acceptor *acceptor, bool is_for_room)
{
	struct pollfd queue = {.fd = acceptor->fd, .events = POLLIN};

	return acceptor->is_started &&
	       (!is_for_room || is_watching(acceptor)) &&
	       poll(&queue, 1, 0) > 0 && (queue.revents & POLLIN);
}

bool worker_has_waiting(const struct worker *worker, bool is_for_room)
{
	unsigned i;

	for (i = 0; i < worker->order->listener_count; i++)
		if (worker_is_waiting(&worker->acceptors[i], is_for_room))
			return true;
	return worker_has_adopted_waiting(worker, is_for_room);
}

void worker_stop_accepting(struct worker *worker)
{
	unsigned i;

	for (i = 0; i < worker->order->listener_count; i++) {
		if (!worker->acceptors[i].is_started)
			continue;
		acceptor_stop(&worker->acceptors[i]);
		close(number_of(i));
	}
	worker_disown_all(worker);
}
