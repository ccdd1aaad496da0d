/* SPDX-License-Identifier: MIT */
/* test_orders.c - orders in their order, those that melt, and who waits for
 * them. */
#include "process/orders.h"

#include "check.h"

static struct orders orders;

static bool add(enum order order, unsigned number, uint64_t ticket)
{
	const struct orders_item item = {.order = order, .number = number};

	return orders_add(&orders, &item, ticket);
}

static void begin(void)
{
	memset(&orders, 0, sizeof(orders));
}

static void test_order(void)
{
	struct orders_item item;

	begin();
	check_int(orders_first(&orders), ORDER_NONE);
	check_int(orders_take(&orders).order, ORDER_NONE);
	CHECK(add(ORDER_GROW, 0, 0));
	CHECK(add(ORDER_SCALE, 7, 0));
	CHECK(add(ORDER_SCALE, 3, 0));
	CHECK(add(ORDER_RELOAD, 0, 0));
	check_int(orders_first(&orders), ORDER_GROW);
	check_int(orders_take(&orders).order, ORDER_GROW);
	item = orders_take(&orders);
	check_int(item.order, ORDER_SCALE);
	check_int(item.number, 7);
	check_int(orders_take(&orders).number, 3);
	check_int(orders_take(&orders).order, ORDER_RELOAD);
	check_int(orders_take(&orders).order, ORDER_NONE);
}

/* One that runs is not one that waits: the file may have changed since it was
 * read. */
static void test_melting(void)
{
	begin();
	CHECK(add(ORDER_RELOAD, 0, 1));
	CHECK(add(ORDER_UPGRADE, 0, 2));
	CHECK(add(ORDER_RELOAD, 0, 3));
	CHECK(add(ORDER_GROW, 0, 0));
	CHECK(add(ORDER_GROW, 0, 0));
	check_int(orders.count, 4);
	check_int(orders_take(&orders).order, ORDER_RELOAD);
	CHECK(add(ORDER_RELOAD, 0, 4));
	check_int(orders.count, 4);
	check_int(orders_claim(&orders), 1);
	check_int(orders_claim(&orders), 3);
	check_int(orders_claim(&orders), 0);
	check_int(orders_take(&orders).order, ORDER_UPGRADE);
	check_int(orders_claim(&orders), 2);
	check_int(orders_claim(&orders), 0);
	check_int(orders_claim_any(&orders), 4);
	check_int(orders_claim_any(&orders), 0);
}

static void test_limits(void)
{
	unsigned i;

	begin();
	for (i = 1; i <= ORDERS_TICKETS; i++)
		CHECK(add(ORDER_RELOAD, 0, i));
	CHECK(!add(ORDER_RELOAD, 0, i));
	CHECK(!add(ORDER_SCALE, 2, i));
	check_int(orders.count, 1);
	CHECK(add(ORDER_RELOAD, 0, 0));
	for (i = 1; i < ORDERS_MAX; i++)
		CHECK(add(ORDER_GROW, 0, 0));
	CHECK(!add(ORDER_GROW, 0, 0));
	CHECK(add(ORDER_RELOAD, 0, 0));
	orders_clear(&orders);
	check_int(orders_first(&orders), ORDER_NONE);
	for (i = 1; i <= ORDERS_TICKETS; i++)
		check_int(orders_claim_any(&orders), i);
	check_int(orders_claim_any(&orders), 0);
}

/* The upper half of a ticket says who waits. */
static void test_owners(void)
{
	uint64_t ticket = UINT64_C(4711) << 32 | 4712;

	begin();
	CHECK(!orders_is_awaited(&orders, 0));
	CHECK(add(ORDER_RELOAD, 0, ticket));
	CHECK(add(ORDER_SCALE, 2, ticket + 1));
	CHECK(orders_is_awaited(&orders, 4711));
	CHECK(!orders_is_awaited(&orders, 4712));
	orders_take(&orders);
	CHECK(orders_claim(&orders) == ticket);
	CHECK(orders_is_awaited(&orders, 4711));
	CHECK(orders_claim_any(&orders) == ticket + 1);
	CHECK(!orders_is_awaited(&orders, 4711));
}

/* What one build took another ends; what waits is of other tickets. */
static void test_handing_over(void)
{
	begin();
	CHECK(!orders_attach(&orders, 9));
	check_int(orders_claim(&orders), 0);
	orders_resume(&orders);
	CHECK(orders_attach(&orders, 1));
	CHECK(add(ORDER_SCALE, 2, 0));
	CHECK(orders_attach(&orders, 2));
	CHECK(!orders_attach(&orders, 0));
	check_int(orders_claim(&orders), 1);
	check_int(orders_claim(&orders), 0);
	check_int(orders_take(&orders).number, 2);
	check_int(orders_claim(&orders), 2);
	check_int(orders_claim(&orders), 0);
}

static void test_wrapping(void)
{
	begin();
	orders.last_serial = UINT32_MAX;
	CHECK(add(ORDER_SCALE, 2, 5));
	CHECK(orders.list[0].serial != 0);
	orders_take(&orders);
	check_int(orders_claim(&orders), 5);
}

int main(void)
{
	test_order();
	test_melting();
	test_limits();
	test_owners();
	test_handing_over();
	test_wrapping();
	return check_result();
}
