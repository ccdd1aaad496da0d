/* SPDX-License-Identifier: MIT */
/* supervisor_ordered.c - orders of the admin process. */
#include "process/supervisor_ordered.h"

#include <inttypes.h>
#include <stdio.h>

#include "process/admin_order.h"
#include "process/supervisor_internal.h"

#define DURATION_TEXT 32

static void take_reload(struct supervisor *supervisor,
			const struct admin_order *order)
{
	supervisor_ask(supervisor, ORDER_RELOAD, 0, order->ticket);
}

static void take_upgrade(struct supervisor *supervisor,
			 const struct admin_order *order)
{
	supervisor_ask(supervisor, ORDER_UPGRADE, 0, order->ticket);
}

static void take_scale(struct supervisor *supervisor,
		       const struct admin_order *order)
{
	supervisor_ask(supervisor, ORDER_SCALE, (unsigned)order->number,
		       order->ticket);
}

static void take_suspend(struct supervisor *supervisor,
			 const struct admin_order *order)
{
	supervisor_suspend(supervisor, order->name, true, order->ticket);
}

static void take_resume(struct supervisor *supervisor,
			const struct admin_order *order)
{
	supervisor_suspend(supervisor, order->name, false, order->ticket);
}

static void take_level(struct supervisor *supervisor,
		       const struct admin_order *order)
{
	supervisor_set_level(supervisor, (enum log_level)order->number,
			     order->ticket);
}

/* ---- The end --------------------------------------------------------- */

/* Whoever asks for the same once more does not mean "now", as a second TERM
 * does. */
static bool is_under_way(const struct supervisor *supervisor,
			 enum control_stop how)
{
	if (how == CONTROL_STOP_NOW)
		return supervisor->is_urgent;
	if (how == CONTROL_STOP_QUIT)
		return supervisor_is_ending(supervisor) ||
		       supervisor->term_count > 0;
	return supervisor->term_count > 0;
}

static void say_stop(struct supervisor *supervisor, enum control_stop how,
		     uint64_t ticket)
{
	int64_t delay_ms = supervisor->current->config->drain_delay_ms;
	uint64_t live = supervisor_count_live(supervisor);
	const char *plural = live == 1 ? "" : "s";
	char duration[DURATION_TEXT];

	if (is_under_way(supervisor, how))
		supervisor_answer(supervisor, ticket, 0,
				  "it ends already: %" PRIu64
				  " connection%s left",
				  live, plural);
	else if (how == CONTROL_STOP_NOW)
		supervisor_answer(supervisor, ticket, 0,
				  "stopping now: %" PRIu64 " connection%s cut",
				  live, live == 1 ? " is" : "s are");
	else if (how == CONTROL_STOP_TERM && delay_ms > 0 &&
		 !supervisor_is_ending(supervisor))
		supervisor_answer(
			supervisor, ticket, 0,
			"accepting for another %s, then draining: %" PRIu64
			" connection%s now",
			text_format_duration(duration, sizeof(duration),
					     delay_ms),
			live, plural);
	else
		supervisor_answer(supervisor, ticket, 0,
				  "draining %" PRIu64 " connection%s", live,
				  plural);
}

/* Answered first: the admin process may be ended by it. */
static void take_stop(struct supervisor *supervisor,
		      const struct admin_order *order)
{
	enum control_stop how = (enum control_stop)order->number;

	say_stop(supervisor, how, order->ticket);
	if (is_under_way(supervisor, how))
		return;
	if (how == CONTROL_STOP_QUIT) {
		supervisor_quit(supervisor);
		return;
	}
	if (how == CONTROL_STOP_NOW && supervisor->term_count == 0)
		supervisor->term_count = 1;
	supervisor_terminate(supervisor);
}

/* ---- All of them ----------------------------------------------------- */

static void (*const takers[CONTROL_ORDERS])(struct supervisor *supervisor,
					    const struct admin_order *order) = {
	[CONTROL_ORDER_RELOAD] = take_reload,
	[CONTROL_ORDER_SCALE] = take_scale,
	[CONTROL_ORDER_SUSPEND] = take_suspend,
	[CONTROL_ORDER_RESUME] = take_resume,
	[CONTROL_ORDER_UPGRADE] = take_upgrade,
	[CONTROL_ORDER_LOG_LEVEL] = take_level,
	[CONTROL_ORDER_STOP] = take_stop,
};

void supervisor_take_order(struct supervisor *supervisor,
			   const struct record *record)
{
	struct admin_order order;
	struct error error;

	if (admin_order_read(&order, record->data, record->size, &error) == 0)
		takers[order.kind](supervisor, &order);
	else if (order.ticket != 0)
		supervisor_answer(supervisor, order.ticket, 2, "%s",
				  error.text);
	else
		log_write_limited(&supervisor->ordered.limit, LOG_LEVEL_WARNING,
				  "admin: %s", error.text);
}
