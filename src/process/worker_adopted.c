/* SPDX-License-Identifier: MIT */
/* worker_adopted.c - a worker accepts from listeners of other slots, for a
 * while. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/worker_internal.h"

struct adopted {
	struct list node; /* of worker->adopted */
	struct acceptor acceptor;
	unsigned slot;
	unsigned index;
};

static struct adopted *find(const struct worker *worker, unsigned slot,
			    unsigned index)
{
	struct adopted *adopted;
	struct list *node;

	list_for_each (node, &worker->adopted) {
		adopted = list_entry(node, struct adopted, node);
		if (adopted->slot == slot && adopted->index == index)
			return adopted;
	}
	return NULL;
}

/* A descriptor that a listener takes is none for a connection. */
static void change_cap(struct worker *worker, int by)
{
	struct worker_context *context = &worker->context;
	unsigned i;

	if (by < 0 && context->live_max > 1)
		context->live_max--;
	else if (by > 0 && context->live_max < worker->order->connections_max)
		context->live_max++;
	for (i = 0; i < worker->order->config->service_count; i++)
		service_review_room(&worker->services[i]);
}

static struct adopted *add(struct worker *worker, unsigned index, int fd)
{
	const struct worker_listener *listener =
		&worker->order->listeners[index];
	struct adopted *adopted = calloc(1, sizeof(*adopted));

	if (adopted == NULL)
		return NULL;
	acceptor_init(&adopted->acceptor, &worker->services[listener->service],
		      fd, listener->address.socket.generic.sa_family, false);
	if (acceptor_start(&adopted->acceptor) == 0)
		return adopted;
	free(adopted);
	return NULL;
}

void worker_adopt(struct worker *worker, unsigned slot, unsigned index, int fd)
{
	struct adopted *adopted = NULL;

	if (find(worker, slot, index) != NULL) {
		close(fd); /* it was not told to give it up */
		return;
	}
	if (worker->phase == WORKER_PHASE_SERVING &&
	    index < worker->order->listener_count) {
		adopted = add(worker, index, fd);
		if (adopted == NULL)
			log_warning("cannot accept for worker %u: %s", slot,
				    strerror(errno));
	}
	if (adopted == NULL) {
		close(fd);
		worker_refuse(worker, slot, index);
		return;
	}
	adopted->slot = slot;
	adopted->index = index;
	list_append(&worker->adopted, &adopted->node);
	change_cap(worker, -1);
	log_debug("accepting for worker %u", slot);
}

static void disown(struct worker *worker, struct adopted *adopted)
{
	acceptor_stop(&adopted->acceptor);
	close(adopted->acceptor.fd);
	list_remove(&adopted->node);
	free(adopted);
	change_cap(worker, +1);
}

void worker_disown(struct worker *worker, unsigned slot, unsigned index)
{
	struct adopted *adopted = find(worker, slot, index);

	if (adopted != NULL)
		disown(worker, adopted);
}

void worker_disown_all(struct worker *worker)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &worker->adopted)
		disown(worker, list_entry(node, struct adopted, node));
}

bool worker_has_adopted_waiting(const struct worker *worker, bool is_for_room)
{
	struct list *node;

	list_for_each (node, &worker->adopted)
		if (worker_is_waiting(
			    &list_entry(node, struct adopted, node)->acceptor,
			    is_for_room))
			return true;
	return false;
}
