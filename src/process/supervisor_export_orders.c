/* SPDX-License-Identifier: MIT */
/* supervisor_export_orders.c - orders, who waits for them, and what earlier
 * ones have left, in words. */
#include <inttypes.h>

#include "process/supervisor_export.h"
#include "process/supervisor_internal.h"

/* Whoever has them asks this supervisor, or the build that takes its place. */
static void write_tickets(struct exported *exported,
			  const struct orders *orders, unsigned serial)
{
	unsigned i;

	if (exported->purpose == EXPORT_FOR_KEEPER)
		return;
	for (i = 0; i < orders->ticket_count; i++)
		if (orders->tickets[i].serial == serial)
			text_append(&exported->text, "ticket %" PRIu64 "\n",
				    orders->tickets[i].ticket);
}

static void write_upgrade(struct exported *exported,
			  const struct ordered *ordered)
{
	if (ordered->operation != ORDER_UPGRADE ||
	    exported->purpose == EXPORT_FOR_KEEPER)
		return;
	text_append(&exported->text, "upgrading %" PRId64 " %s\n",
		    ordered->since_ms, COHORT_VERSION);
	write_tickets(exported, &ordered->queue, ordered->queue.running_serial);
}

static void write_queue(struct exported *exported, const struct orders *orders)
{
	const struct orders_item *item;
	unsigned i;

	for (i = 0; i < orders->count; i++) {
		item = &orders->list[i];
		text_append(&exported->text, "order %s",
			    order_names[item->order]);
		if (item->order == ORDER_SCALE)
			text_append(&exported->text, " %u", item->number);
		text_append(&exported->text, "\n");
		write_tickets(exported, orders, item->serial);
	}
}

static void write_suspensions(struct exported *exported,
			      const struct suspensions *suspensions)
{
	const struct suspension *suspension = suspensions->list;
	unsigned i;

	for (i = 0; i < suspensions->count; i++, suspension++)
		text_append(&exported->text, "suspended %u %u %s\n",
			    (unsigned)suspension->is_on,
			    (unsigned)suspension->was_configured,
			    suspension->service);
}

void export_orders(struct exported *exported,
		   const struct supervisor *supervisor)
{
	const struct ordered *ordered = &supervisor->ordered;

	write_upgrade(exported, ordered);
	write_queue(exported, &ordered->queue);
	write_suspensions(exported, &ordered->suspensions);
	if (ordered->has_level)
		text_append(&exported->text, "log_level %s %s\n",
			    log_level_names[ordered->level],
			    log_level_names[ordered->configured_level]);
}
