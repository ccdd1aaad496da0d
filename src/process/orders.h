/* SPDX-License-Identifier: MIT */
/* orders.h - what the supervisor was told to do and has not done yet.
 *
 * Pure.  Operations run one at a time, in their order; a reload or an upgrade
 * that waits already is not queued a second time. */
#ifndef COHORT_PROCESS_ORDERS_H
#define COHORT_PROCESS_ORDERS_H

#include <stdbool.h>

#define ORDERS_MAX 256

enum order {
	ORDER_NONE,
	ORDER_RELOAD,  /* HUP */
	ORDER_GROW,    /* TTIN */
	ORDER_SHRINK,  /* TTOU */
	ORDER_UPGRADE, /* USR2 */
	ORDER_COUNT,
};
extern const char *const order_names[ORDER_COUNT];

struct orders {
	unsigned char list[ORDERS_MAX]; /* enum order */
	unsigned count;
};

/* False if there are too many: nothing has changed. */
bool orders_add(struct orders *orders, enum order order);

/* The next one, which is taken out; ORDER_NONE if there is none. */
enum order orders_take(struct orders *orders);

/* The one that would be taken, and stays. */
enum order orders_first(const struct orders *orders);

/* None is left. */
void orders_clear(struct orders *orders);

#endif
