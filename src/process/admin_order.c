/* SPDX-License-Identifier: MIT */
/* admin_order.c - orders and answers, to bytes and back. */
#include "process/admin_order.h"

#include <inttypes.h>
#include <string.h>

#define HEAD_BYTES offsetof(struct admin_order, number)

/* The range of `number`, and whether there is a name. */
static const struct kind_row {
	int64_t least, most;
	bool has_name;
	const char *what;
} kinds[CONTROL_ORDERS] = {
	[CONTROL_ORDER_RELOAD] = {0, 0, false, "reload"},
	[CONTROL_ORDER_SCALE] = {1, CONFIG_WORKERS_MAX, false, "scale"},
	[CONTROL_ORDER_SUSPEND] = {0, 0, true, "suspend"},
	[CONTROL_ORDER_RESUME] = {0, 0, true, "resume"},
	[CONTROL_ORDER_UPGRADE] = {0, 0, false, "upgrade"},
	[CONTROL_ORDER_LOG_LEVEL] = {0, LOG_LEVELS - 1, false, "log-level"},
	[CONTROL_ORDER_STOP] = {0, CONTROL_STOP_NOW, false, "stop"},
};

int admin_order_make(struct admin_order *made,
		     const struct control_order *order, uint64_t ticket)
{
	size_t size = order->name ? strlen(order->name) : 0;

	memset(made, 0, sizeof(*made));
	if (size >= sizeof(made->name))
		return -1;
	made->version = ADMIN_ORDER_VERSION;
	made->kind = order->kind;
	made->ticket = ticket;
	made->number = order->number;
	if (size > 0)
		memcpy(made->name, order->name, size);
	return 0;
}

static int check_number(const struct admin_order *order,
			const struct kind_row *kind, struct error *error)
{
	if (order->number >= kind->least && order->number <= kind->most)
		return 0;
	if (kind->most == 0)
		return error_set(error, "%s takes no number", kind->what);
	if (order->kind == CONTROL_ORDER_SCALE && order->number == 0)
		return error_set(
			error,
			"scale: one worker has to be left; suspend has clients "
			"wait, stop ends the program");
	return error_set(error,
			 "%s: %" PRId64 " is not between %" PRId64
			 " and %" PRId64,
			 kind->what, order->number, kind->least, kind->most);
}

static int check_name(const struct admin_order *order,
		      const struct kind_row *kind, struct error *error)
{
	if (!memchr(order->name, '\0', sizeof(order->name)))
		return error_set(error, "%s: the name has no end", kind->what);
	if (kind->has_name && order->name[0] == '\0')
		return error_set(error, "%s: which service?", kind->what);
	if (!kind->has_name && order->name[0] != '\0')
		return error_set(error, "%s takes no name", kind->what);
	return 0;
}

int admin_order_read(struct admin_order *order, const void *data, size_t size,
		     struct error *error)
{
	memset(order, 0, sizeof(*order));
	if (size < HEAD_BYTES)
		return error_set(error, "an order of %zu bytes is none", size);
	memcpy(order, data, HEAD_BYTES);
	if (order->version != ADMIN_ORDER_VERSION || size != sizeof(*order))
		return error_set(error,
				 "the admin process is of another build than "
				 "the supervisor (orders of version %u, not "
				 "%u): try again",
				 order->version, ADMIN_ORDER_VERSION);
	memcpy(order, data, sizeof(*order));
	/* Whoever asked could not be answered, and the log would have to be. */
	if (order->ticket == 0)
		return error_set(error, "an order without a ticket");
	if (order->kind >= CONTROL_ORDERS)
		return error_set(error, "there is no order %u", order->kind);
	if (check_name(order, &kinds[order->kind], error) < 0)
		return -1;
	return check_number(order, &kinds[order->kind], error);
}

size_t admin_answer_write(unsigned char data[RECORD_DATA_BYTES],
			  uint64_t ticket, const char *words)
{
	size_t size = strlen(words);

	if (size > RECORD_DATA_BYTES - sizeof(ticket))
		size = RECORD_DATA_BYTES - sizeof(ticket);
	memcpy(data, &ticket, sizeof(ticket));
	memcpy(data + sizeof(ticket), words, size);
	return sizeof(ticket) + size;
}

int admin_answer_read(struct admin_answer *answer, const void *data,
		      size_t size)
{
	memset(answer, 0, sizeof(*answer));
	if (size < sizeof(answer->ticket) || size > RECORD_DATA_BYTES)
		return -1;
	memcpy(&answer->ticket, data, sizeof(answer->ticket));
	size -= sizeof(answer->ticket);
	memcpy(answer->words, (const char *)data + sizeof(answer->ticket),
	       size);
	return answer->ticket != 0 ? 0 : -1;
}
