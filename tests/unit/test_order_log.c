/* SPDX-License-Identifier: MIT */
/* test_order_log.c - a person reads every line, a loop writes few. */
#include "process/order_log.h"

#include "check.h"

int main(void)
{
	struct order_log order_log = {.count = 0};
	unsigned i;

	for (i = 0; i < 1000; i++)
		order_log_write(&order_log, "service %s is resumed", "a");
	check_int(order_log.count, ORDER_LOG_LINES);
	/* One of them was written. */
	check_int(order_log.limit.held_count, 1000 - ORDER_LOG_LINES - 1);
	/* Another day. */
	order_log.until_ms = 0;
	order_log_write(&order_log, "service %s is resumed", "b");
	check_int(order_log.count, 1);
	return check_result();
}
