/* SPDX-License-Identifier: MIT */
/* supervisor_operations.c - orders are carried out one at a time. */
#include "process/supervisor_internal.h"

static void (*const operations[ORDER_COUNT])(struct supervisor *) = {
	[ORDER_RELOAD] = supervisor_reload,   [ORDER_GROW] = supervisor_grow,
	[ORDER_SHRINK] = supervisor_shrink,   [ORDER_SCALE] = supervisor_scale,
	[ORDER_UPGRADE] = supervisor_upgrade,
};

bool supervisor_is_ending(const struct supervisor *supervisor)
{
	return supervisor->is_stopping || timer_is_started(&supervisor->delay);
}

bool supervisor_is_binding(const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++)
		if (supervisor->slots[i].state == SLOT_STARTING &&
		    !generation_is_banked(supervisor->current, i))
			return true;
	return false;
}

/* Another worker in the slot of one that makes its listeners would make them a
 * second time.  What that one does next comes back to run_next. */
static bool must_wait(const struct supervisor *supervisor)
{
	enum order order = orders_first(&supervisor->ordered.queue);

	return (order == ORDER_RELOAD || order == ORDER_UPGRADE) &&
	       supervisor_is_binding(supervisor);
}

static void begin(struct supervisor *supervisor)
{
	struct ordered *ordered = &supervisor->ordered;
	struct orders_item item = orders_take(&ordered->queue);

	if (item.order == ORDER_NONE)
		return;
	ordered->operation = item.order;
	ordered->number = item.number;
	ordered->since_ms = clock_now_ms();
	ordered->complaint.text[0] = '\0';
	operations[item.order](supervisor);
}

static void run_next(struct loop_task *task)
{
	struct supervisor *supervisor =
		list_entry(task, struct supervisor, operate);

	supervisor_scale_further(supervisor);
	if (supervisor->ordered.operation == ORDER_NONE &&
	    !supervisor_is_ending(supervisor) && !supervisor->is_trial &&
	    !must_wait(supervisor))
		begin(supervisor);
}

void supervisor_init_operations(struct supervisor *supervisor)
{
	loop_task_init(&supervisor->operate, run_next);
	supervisor_init_scale(supervisor);
}

static void refuse(struct supervisor *supervisor, enum order order,
		   uint64_t ticket, const char *why)
{
	/* Whoever is answered needs no log, which they could flood. */
	log_event(ticket == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
		  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED), "%s: %s",
		  order_names[order], why);
	supervisor_answer(supervisor, ticket, 1, "%s", why);
}

void supervisor_ask(struct supervisor *supervisor, enum order order,
		    unsigned number, uint64_t ticket)
{
	const struct orders_item item = {.order = order, .number = number};

	if (supervisor_is_ending(supervisor)) {
		refuse(supervisor, order, ticket, "too late, the program ends");
		return;
	}
	if (!orders_add(&supervisor->ordered.queue, &item, ticket))
		refuse(supervisor, order, ticket, "too many orders wait");
	loop_post(&supervisor->loop, &supervisor->operate);
}

void supervisor_go_on_operating(struct supervisor *supervisor)
{
	loop_post(&supervisor->loop, &supervisor->operate);
}

void supervisor_end_operation(struct supervisor *supervisor)
{
	supervisor->ordered.operation = ORDER_NONE;
	supervisor->ordered.is_succession = false;
	supervisor_notify_ready(supervisor);
	supervisor_go_on_operating(supervisor);
}
