/* SPDX-License-Identifier: MIT */
/* admin_orders.c - orders go to the supervisor with a ticket, by which the
 * answer finds back to the client that waits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "process/admin_internal.h"
#include "process/admin_order.h"

/* As many as there are clients of the control socket that wait. */
struct ordered {
	struct list node;
	struct reply *reply;
	uint64_t ticket;
};

static void forget(struct ordered *ordered)
{
	list_remove(&ordered->node);
	free(ordered);
}

/* What was ordered is done nevertheless; nobody hears of it. */
static void client_is_gone(struct reply *reply)
{
	forget(reply->context);
}

/* No other admin process gives it; nor, as good as never, one after us with the
 * same pid: each counts from somewhere else (admin_init_orders). */
static uint64_t next_ticket(struct admin *admin)
{
	return (uint64_t)getpid() << 32 | ++admin->order_count;
}

void admin_init_orders(struct admin *admin)
{
	struct timespec now = {0};

	list_init(&admin->orders);
	/* Pids come back after seconds at the earliest, and no process gives
	 * an order per microsecond. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	admin->order_count = (uint32_t)((uint64_t)now.tv_sec * 1000000 +
					(uint64_t)now.tv_nsec / 1000);
}

static int send_order(struct admin *admin, const struct control_order *order,
		      uint64_t ticket)
{
	struct admin_order made;
	const struct channel_load load = {.data = &made, .size = sizeof(made)};

	if (admin_order_make(&made, order, ticket) < 0) {
		errno = EINVAL;
		return -1;
	}
	return channel_send(&admin->channel, RECORD_ORDER, &load);
}

void admin_order(void *context, const struct control_order *order,
		 struct reply *reply)
{
	struct admin *admin = context;
	struct ordered *ordered = calloc(1, sizeof(*ordered));

	if (!ordered) {
		reply_fail(reply, REPLY_STATUS_FAILED, "memory is out");
		return;
	}
	ordered->ticket = next_ticket(admin);
	if (send_order(admin, order, ordered->ticket) < 0) {
		reply_fail(reply, REPLY_STATUS_FAILED,
			   errno == EAGAIN
				   ? "the supervisor is busy: try again"
				   : "the supervisor cannot be asked: %s",
			   strerror(errno));
		free(ordered);
		return;
	}
	ordered->reply = reply;
	list_append(&admin->orders, &ordered->node);
	reply->context = ordered;
	reply->gone = client_is_gone;
}

static void answer(struct ordered *ordered, uint32_t status, const char *words)
{
	struct reply *reply = ordered->reply;

	reply->gone = NULL;
	forget(ordered);
	if (status == 0) {
		if (words[0] != '\0')
			reply_say(reply, "%s", words);
		reply_end(reply);
	} else {
		reply_fail(reply, (int)status, "%s", words);
	}
}

void admin_take_answer(struct admin *admin, const struct record *record)
{
	struct admin_answer heard;
	struct ordered *ordered;
	struct list *node;

	if (admin_answer_read(&heard, record->data, record->size) < 0)
		return;
	/* Whoever asks next sees what has become of it. */
	admin->is_outdated = true;
	list_for_each (node, &admin->orders) {
		ordered = list_entry(node, struct ordered, node);
		if (ordered->ticket != heard.ticket)
			continue;
		answer(ordered, record->number, heard.words);
		return;
	}
}
