/* SPDX-License-Identifier: MIT */
/* supervisor_operations.c - orders are carried out one at a time. */
#include "process/supervisor_internal.h"

/* ---- Grow and shrink ------------------------------------------------- */

/* The limits of services are shared by another number of workers. */
static void share_limits(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot &&
		    supervisor->children[i].state == WORKER_READY)
			supervisor_order(&supervisor->children[i],
					 RECORD_COUNT);
}

static void grow(struct supervisor *supervisor)
{
	unsigned count = supervisor->slot_count;
	struct error error;

	if (count == CONFIG_WORKERS_MAX) {
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "there are %u workers: there cannot be more", count);
	} else if (supervisor_raise_limits(supervisor->current, count + 1,
					   &error) < 0) {
		log_error("%s", error.text);
	} else {
		supervisor->slot_count++;
		supervisor->is_scaled = true;
		log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SCALED),
			  "one worker more: %u", supervisor->slot_count);
		supervisor->slots[count].is_quiet = true;
		supervisor_slot_event(&supervisor->slots[count],
				      SLOT_EVENT_START);
		share_limits(supervisor);
	}
	supervisor_end_operation(supervisor);
}

static void shrink(struct supervisor *supervisor)
{
	if (supervisor->slot_count == 1) {
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "there is one worker: there cannot be fewer");
	} else {
		supervisor->slot_count--;
		supervisor->is_scaled = true;
		log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SCALED),
			  "one worker fewer: %u", supervisor->slot_count);
		supervisor_park(&supervisor->slots[supervisor->slot_count]);
		share_limits(supervisor);
	}
	supervisor_end_operation(supervisor);
}

void supervisor_park(struct supervisor_slot *slot)
{
	supervisor_slot_event(slot, SLOT_EVENT_PARK);
	/* No successor comes that they could wait for. */
	supervisor_drain_leavers(slot);
	supervisor_arrange(slot->supervisor);
}

/* ---- One at a time --------------------------------------------------- */

static void (*const operations[ORDER_COUNT])(struct supervisor *) = {
	[ORDER_RELOAD] = supervisor_reload,
	[ORDER_GROW] = grow,
	[ORDER_SHRINK] = shrink,
	[ORDER_UPGRADE] = supervisor_upgrade,
};

static bool is_ending(const struct supervisor *supervisor)
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
	enum order order = orders_first(&supervisor->orders);

	return (order == ORDER_RELOAD || order == ORDER_UPGRADE) &&
	       supervisor_is_binding(supervisor);
}

static void run_next(struct loop_task *task)
{
	struct supervisor *supervisor =
		list_entry(task, struct supervisor, operate);

	if (supervisor->operation != ORDER_NONE || is_ending(supervisor) ||
	    supervisor->is_trial || must_wait(supervisor))
		return;
	supervisor->operation = orders_take(&supervisor->orders);
	if (supervisor->operation != ORDER_NONE)
		operations[supervisor->operation](supervisor);
}

void supervisor_init_operations(struct supervisor *supervisor)
{
	loop_task_init(&supervisor->operate, run_next);
}

void supervisor_ask(struct supervisor *supervisor, enum order order)
{
	if (is_ending(supervisor)) {
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "%s: too late, the program ends", order_names[order]);
		return;
	}
	if (!orders_add(&supervisor->orders, order))
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "%s: too many orders wait", order_names[order]);
	loop_post(&supervisor->loop, &supervisor->operate);
}

void supervisor_go_on_operating(struct supervisor *supervisor)
{
	loop_post(&supervisor->loop, &supervisor->operate);
}

void supervisor_end_operation(struct supervisor *supervisor)
{
	supervisor->operation = ORDER_NONE;
	supervisor_notify_ready(supervisor);
	supervisor_go_on_operating(supervisor);
}
