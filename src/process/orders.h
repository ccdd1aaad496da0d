/* SPDX-License-Identifier: MIT */
/* orders.h - what the supervisor was told to do and has not done yet, and who
 * waits to hear of it.
 *
 * Pure.  Operations run one at a time, in their order; a reload or an upgrade
 * that waits already is not queued a second time.  Whoever gives an order with
 * a ticket gets one answer for it: several tickets may wait for the same
 * order. */
#ifndef COHORT_PROCESS_ORDERS_H
#define COHORT_PROCESS_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERS_MAX     256
#define ORDERS_TICKETS 64

enum order {
	ORDER_NONE,
	ORDER_RELOAD,  /* HUP */
	ORDER_GROW,    /* TTIN */
	ORDER_SHRINK,  /* TTOU */
	ORDER_UPGRADE, /* USR2 */
	ORDER_SCALE,   /* to a number of workers */
	ORDER_COUNT,
};
extern const char *const order_names[ORDER_COUNT];

struct orders_item {
	enum order order;
	unsigned number; /* ORDER_SCALE: workers */
	unsigned serial; /* its tickets are known by it */
};

struct orders_ticket {
	uint64_t ticket;
	unsigned serial;
};

/* Zeroed memory: none. */
struct orders {
	struct orders_item list[ORDERS_MAX];
	unsigned count;
	unsigned last_serial;
	unsigned running_serial; /* of the one that was taken last; 0: none */
	struct orders_ticket tickets[ORDERS_TICKETS];
	unsigned ticket_count;
};

/* `item` says order and number; ticket 0: nobody waits.  False if there are too
 * many orders or tickets: nothing has changed. */
bool orders_add(struct orders *orders, const struct orders_item *item,
		uint64_t ticket);

/* The next one, which is taken out; ORDER_NONE if there is none. */
struct orders_item orders_take(struct orders *orders);

/* The one that would be taken, and stays. */
enum order orders_first(const struct orders *orders);

/* What was taken by a build before us goes on here. */
void orders_resume(struct orders *orders);
/* One more waits for the order that was added or resumed last. */
bool orders_attach(struct orders *orders, uint64_t ticket);

/* A ticket that waits for the order that was taken, and does not any more; 0:
 * none does. */
uint64_t orders_claim(struct orders *orders);
/* Does anybody whose tickets have `owner` in their upper half wait? */
bool orders_is_awaited(const struct orders *orders, uint32_t owner);

/* As orders_claim, of any order. */
uint64_t orders_claim_any(struct orders *orders);

/* No order is left; tickets still are. */
void orders_clear(struct orders *orders);

#endif
