/* SPDX-License-Identifier: MIT */
/* orders.c - a queue in which some orders melt. */
#include "process/orders.h"

#include <string.h>

const char *const order_names[ORDER_COUNT] = {
	[ORDER_NONE] = "none",       [ORDER_RELOAD] = "reload",
	[ORDER_GROW] = "grow",       [ORDER_SHRINK] = "shrink",
	[ORDER_UPGRADE] = "upgrade",
};

static bool melts(const struct orders *orders, enum order order)
{
	return (order == ORDER_RELOAD || order == ORDER_UPGRADE) &&
	       memchr(orders->list, order, orders->count);
}

bool orders_add(struct orders *orders, enum order order)
{
	if (melts(orders, order))
		return true;
	if (orders->count == ORDERS_MAX)
		return false;
	orders->list[orders->count++] = (unsigned char)order;
	return true;
}

void orders_clear(struct orders *orders)
{
	orders->count = 0;
}

enum order orders_first(const struct orders *orders)
{
	return orders->count > 0 ? (enum order)orders->list[0] : ORDER_NONE;
}

enum order orders_take(struct orders *orders)
{
	enum order order = orders_first(orders);

	if (order != ORDER_NONE)
		memmove(orders->list, orders->list + 1, --orders->count);
	return order;
}
