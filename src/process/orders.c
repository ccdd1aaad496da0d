/* SPDX-License-Identifier: MIT */
/* orders.c - a queue in which some orders melt. */
#include "process/orders.h"

#include <string.h>

const char *const order_names[ORDER_COUNT] = {
	[ORDER_NONE] = "none",       [ORDER_RELOAD] = "reload",
	[ORDER_GROW] = "grow",       [ORDER_SHRINK] = "shrink",
	[ORDER_UPGRADE] = "upgrade", [ORDER_SCALE] = "scale",
};

/* One that waits and does the same; NULL: there is none. */
static struct orders_item *find_same(struct orders *orders, enum order order)
{
	unsigned i;

	if (order != ORDER_RELOAD && order != ORDER_UPGRADE)
		return NULL;
	for (i = 0; i < orders->count; i++)
		if (orders->list[i].order == order)
			return &orders->list[i];
	return NULL;
}

static bool add_ticket(struct orders *orders, uint64_t ticket, unsigned serial)
{
	if (ticket == 0)
		return true;
	if (orders->ticket_count == ORDERS_TICKETS)
		return false;
	orders->tickets[orders->ticket_count++] =
		(struct orders_ticket){.ticket = ticket, .serial = serial};
	return true;
}

/* 0 is none. */
static unsigned next_serial(struct orders *orders)
{
	if (++orders->last_serial == 0)
		orders->last_serial = 1;
	return orders->last_serial;
}

bool orders_add(struct orders *orders, const struct orders_item *item,
		uint64_t ticket)
{
	const struct orders_item *same = find_same(orders, item->order);
	struct orders_item *added;

	if (same)
		return add_ticket(orders, ticket, same->serial);
	if (orders->count == ORDERS_MAX ||
	    (ticket != 0 && orders->ticket_count == ORDERS_TICKETS))
		return false;
	added = &orders->list[orders->count++];
	*added = *item;
	added->serial = next_serial(orders);
	return add_ticket(orders, ticket, added->serial);
}

enum order orders_first(const struct orders *orders)
{
	return orders->count > 0 ? orders->list[0].order : ORDER_NONE;
}

struct orders_item orders_take(struct orders *orders)
{
	struct orders_item item = {.order = ORDER_NONE};

	if (orders->count > 0) {
		item = orders->list[0];
		memmove(orders->list, orders->list + 1,
			--orders->count * sizeof(orders->list[0]));
		orders->running_serial = item.serial;
	}
	return item;
}

void orders_resume(struct orders *orders)
{
	orders->running_serial = next_serial(orders);
}

bool orders_attach(struct orders *orders, uint64_t ticket)
{
	return orders->last_serial != 0 && ticket != 0 &&
	       add_ticket(orders, ticket, orders->last_serial);
}

static uint64_t take_ticket(struct orders *orders, unsigned index)
{
	uint64_t ticket = orders->tickets[index].ticket;

	orders->ticket_count--;
	memmove(&orders->tickets[index], &orders->tickets[index + 1],
		(orders->ticket_count - index) * sizeof(orders->tickets[0]));
	return ticket;
}

uint64_t orders_claim(struct orders *orders)
{
	unsigned i;

	for (i = 0; i < orders->ticket_count; i++)
		if (orders->tickets[i].serial == orders->running_serial)
			return take_ticket(orders, i);
	return 0;
}

uint64_t orders_claim_any(struct orders *orders)
{
	return orders->ticket_count > 0 ? take_ticket(orders, 0) : 0;
}

bool orders_is_awaited(const struct orders *orders, uint32_t owner)
{
	unsigned i;

	for (i = 0; i < orders->ticket_count; i++)
		if (orders->tickets[i].ticket >> 32 == owner)
			return true;
	return false;
}

void orders_clear(struct orders *orders)
{
	orders->count = 0;
}
