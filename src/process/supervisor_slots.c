/* SPDX-License-Identifier: MIT */
/* supervisor_slots.c - what the machine of a slot decides is done here. */
#include "process/supervisor_internal.h"

#include <string.h>
#include <unistd.h>

#include "process/inherited.h"
#include "process/ready.h"

#define NEXT_BINDING_MS 20

/* Its worker of the next generation makes the slot's listeners: another one
 * would make them a second time. */
static bool is_next_binding(const struct supervisor_slot *slot)
{
	return slot->next &&
	       !generation_is_banked(slot->supervisor->current, slot->number);
}

static void wait_is_over(struct timer *timer)
{
	struct supervisor_slot *slot =
		list_entry(timer, struct supervisor_slot, wait);
	struct loop *loop = &slot->supervisor->loop;

	if (is_next_binding(slot)) {
		timer_start(&loop->timers, timer,
			    loop->now_ms + NEXT_BINDING_MS);
		return;
	}
	if (!slot->supervisor->is_stopping) {
		supervisor_slot_event(slot, SLOT_EVENT_START);
		return;
	}
	supervisor_succeed(slot);
	supervisor_stop_further(slot->supervisor);
}

void supervisor_init_slots(struct supervisor *supervisor)
{
	struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < CONFIG_WORKERS_MAX; i++) {
		slot = &supervisor->slots[i];
		slot->supervisor = supervisor;
		slot->number = i;
		slot->state = SLOT_EMPTY;
		timer_init(&slot->wait, wait_is_over);
		backoff_init(&slot->backoff, 0, 0);
	}
}

void supervisor_resume_slots(struct supervisor *supervisor)
{
	struct loop *loop = &supervisor->loop;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++)
		if (supervisor->slots[i].state == SLOT_WAITING)
			timer_start(&loop->timers, &supervisor->slots[i].wait,
				    loop->now_ms);
}

void supervisor_set_delays(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	unsigned i;

	for (i = 0; i < CONFIG_WORKERS_MAX; i++) {
		supervisor->slots[i].backoff.first_ms =
			config->respawn_first_ms;
		supervisor->slots[i].backoff.limit_ms =
			config->respawn_limit_ms;
	}
}

bool supervisor_is_serving(const struct supervisor *supervisor)
{
	const struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && child->state == WORKER_READY &&
		    !child->is_reaped)
			return true;
	}
	return false;
}

void supervisor_shorten_waits(struct supervisor *supervisor)
{
	int64_t latest_ms = supervisor->loop.now_ms + BACKOFF_NOBODY_MS;
	struct supervisor_slot *slot;
	unsigned i;

	if (supervisor_is_serving(supervisor))
		return;
	for (i = 0; i < supervisor->slot_count; i++) {
		slot = &supervisor->slots[i];
		if (timer_is_started(&slot->wait) &&
		    slot->wait.deadline_ms > latest_ms)
			timer_start(&supervisor->loop.timers, &slot->wait,
				    latest_ms);
	}
}

/* ---- All slots serve ------------------------------------------------- */

static void log_addresses(const struct supervisor *supervisor)
{
	const struct generation *generation = supervisor->current;
	const struct config_service *service;
	char text[ADDRESS_TEXT];
	unsigned i;

	for (i = 0; i < generation->listener_count; i++) {
		service = generation_service(generation, i);
		log_event(LOG_LEVEL_INFO,
			  LOG_FIELDS(.event = LOG_EVENT_SERVING,
				     .service = service->name),
			  "serving %s on %s with %u worker%s (service %s)",
			  service->protocol->name,
			  address_format(text, &generation->plan[i].address),
			  supervisor->slot_count,
			  supervisor->slot_count == 1 ? "" : "s",
			  service->name);
	}
}

/* Once, when every slot has its worker. */
void supervisor_report(struct supervisor *supervisor)
{
	struct error error;
	unsigned i;

	if (supervisor->has_reported)
		return;
	for (i = 0; i < supervisor->slot_count; i++)
		if (supervisor->slots[i].state != SLOT_SERVING)
			return;
	supervisor->has_reported = true;
	log_addresses(supervisor);
	supervisor_notify_ready(supervisor);
	strays_retire(&supervisor->strays);
	if (supervisor->ready_fd < 0)
		return;
	/* Whoever asked may be gone: that is no reason to stop serving. */
	if (ready_report(supervisor->ready_fd, supervisor->current->config,
			 supervisor->current->plan,
			 supervisor->current->listener_count, &error) < 0)
		log_warning("%s", error.text);
	inherited_give_up(supervisor->ready_fd);
	supervisor->ready_fd = -1;
}

/* ---- Actions --------------------------------------------------------- */

static void do_nothing(struct supervisor_slot *slot)
{
	(void)slot;
}

static void do_spawn(struct supervisor_slot *slot)
{
	if (supervisor_spawn(slot) == 0)
		return;
	supervisor_slot_event(slot, SLOT_EVENT_SPAWN_FAILED);
	if (slot->supervisor->is_stopping)
		supervisor_succeed_later(slot);
}

static void do_wait(struct supervisor_slot *slot)
{
	struct loop *loop = &slot->supervisor->loop;

	if (slot->supervisor->is_stopping)
		supervisor_slot_event(slot, SLOT_EVENT_STOP);
	else if (slot->wait_ms == 0 && !is_next_binding(slot))
		supervisor_slot_event(slot, SLOT_EVENT_START);
	else
		timer_start(&loop->timers, &slot->wait,
			    loop->now_ms + slot->wait_ms);
}

void supervisor_drain_leavers(struct supervisor_slot *slot)
{
	struct supervisor *supervisor = slot->supervisor;
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot != slot || !child->is_leaving ||
		    child->state != WORKER_READY)
			continue;
		supervisor_order_drain(child,
				       supervisor_drain_bound(supervisor));
	}
}

void supervisor_vacate(struct child *child)
{
	struct supervisor_slot *slot = child->slot;

	child->is_leaving = true;
	slot->child = NULL;
	slot->is_quiet = false;
	slot->wait_ms = backoff_note_death(&slot->backoff, false,
					   child->supervisor->loop.now_ms);
	supervisor_slot_event(slot, SLOT_EVENT_LEAVE);
}

static void do_serve(struct supervisor_slot *slot)
{
	struct supervisor *supervisor = slot->supervisor;

	supervisor->was_ready = true;
	slot->failed_tries = 0;
	if (supervisor->is_stopping) {
		supervisor_slot_event(slot, SLOT_EVENT_STOP);
		return;
	}
	supervisor_arrange(supervisor);
	supervisor_drain_leavers(slot);
	if (!supervisor->has_reported)
		supervisor_report(supervisor);
	else if (!slot->is_quiet)
		log_event(LOG_LEVEL_INFO,
			  CHILD_FIELDS(LOG_EVENT_WORKER_REPLACED, slot->child),
			  "worker %u is replaced: process %d serves",
			  slot->number, (int)slot->child->pid);
}

static void do_cancel(struct supervisor_slot *slot)
{
	timer_stop(&slot->supervisor->loop.timers, &slot->wait);
}

static void do_end(struct supervisor_slot *slot)
{
	supervisor_end_child(slot->child);
}

static void do_drain(struct supervisor_slot *slot)
{
	supervisor_drain_child(slot->child);
}

static void do_arrange(struct supervisor_slot *slot)
{
	supervisor_arrange(slot->supervisor);
}

static void (*const actions[SLOT_ACTIONS])(struct supervisor_slot *) = {
	[SLOT_ACTION_NONE] = do_nothing,  [SLOT_ACTION_SPAWN] = do_spawn,
	[SLOT_ACTION_WAIT] = do_wait,     [SLOT_ACTION_SERVE] = do_serve,
	[SLOT_ACTION_CANCEL] = do_cancel, [SLOT_ACTION_END] = do_end,
	[SLOT_ACTION_DRAIN] = do_drain,   [SLOT_ACTION_ARRANGE] = do_arrange,
};

void supervisor_slot_event(struct supervisor_slot *slot, enum slot_event event)
{
	struct slot_step step = slot_step(slot->state, event);

	log_event(LOG_LEVEL_DEBUG, SLOT_FIELDS(LOG_EVENT_MESSAGE, slot),
		  "slot %u: %s, %s -> %s", slot->number,
		  slot_event_names[event], slot_state_names[slot->state],
		  slot_state_names[step.next]);
	slot->state = step.next;
	actions[step.action](slot);
	supervisor_go_on_operating(slot->supervisor);
}
