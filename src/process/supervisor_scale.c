/* SPDX-License-Identifier: MIT */
/* supervisor_scale.c - more and fewer workers. */
#include <inttypes.h>
#include <stdio.h>

#include "process/supervisor_internal.h"

/* Nothing else is begun meanwhile. */
#define SCALE_MS      30000
#define MISSING_TEXT  160
#define DURATION_TEXT 32

/* The limits of services are shared by another number of workers. */
static void share_limits(struct supervisor *supervisor)
{
	unsigned i;

	supervisor->is_scaled = true;
	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot &&
		    supervisor->children[i].state == WORKER_READY)
			supervisor_order(&supervisor->children[i],
					 RECORD_COUNT);
}

static void note_scaled(const struct supervisor *supervisor)
{
	board_note(supervisor->scoreboard, BOARD_EVENT_SCALED, -1,
		   "%u worker%s", supervisor->slot_count,
		   supervisor->slot_count == 1 ? "" : "s");
}

static void park(struct supervisor_slot *slot)
{
	supervisor_slot_event(slot, SLOT_EVENT_PARK);
	/* No successor comes that they could wait for. */
	supervisor_drain_leavers(slot);
}

void supervisor_park(struct supervisor_slot *slot)
{
	park(slot);
	supervisor_arrange(slot->supervisor);
}

/* 0; or -1 with words, and nothing has changed. */
static int grow_to(struct supervisor *supervisor, unsigned count,
		   struct error *error)
{
	unsigned i = supervisor->slot_count;

	if (supervisor_raise_limits(supervisor->current, count, error) < 0)
		return -1;
	supervisor->slot_count = count;
	for (; i < count; i++) {
		supervisor->slots[i].is_quiet = true;
		supervisor_slot_event(&supervisor->slots[i], SLOT_EVENT_START);
	}
	share_limits(supervisor);
	note_scaled(supervisor);
	return 0;
}

static void shrink_to(struct supervisor *supervisor, unsigned count)
{
	while (supervisor->slot_count > count)
		park(&supervisor->slots[--supervisor->slot_count]);
	supervisor_arrange(supervisor);
	share_limits(supervisor);
	note_scaled(supervisor);
}

/* ---- One by one: TTIN, TTOU ------------------------------------------ */

void supervisor_grow(struct supervisor *supervisor)
{
	unsigned count = supervisor->slot_count;
	struct error error;

	if (count == CONFIG_WORKERS_MAX)
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "there are %u workers: there cannot be more", count);
	else if (grow_to(supervisor, count + 1, &error) < 0)
		log_error("%s", error.text);
	else
		log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SCALED),
			  "one worker more: %u", supervisor->slot_count);
	supervisor_end_operation(supervisor);
}

void supervisor_shrink(struct supervisor *supervisor)
{
	if (supervisor->slot_count == 1) {
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_ORDER_REFUSED),
			  "there is one worker: there cannot be fewer");
	} else {
		shrink_to(supervisor, supervisor->slot_count - 1);
		log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SCALED),
			  "one worker fewer: %u", supervisor->slot_count);
	}
	supervisor_end_operation(supervisor);
}

/* ---- To a number ----------------------------------------------------- */

static void end(struct supervisor *supervisor)
{
	timer_stop(&supervisor->loop.timers, &supervisor->ordered.bound);
	supervisor_end_operation(supervisor);
}

static bool is_serving(const struct supervisor_slot *slot)
{
	return slot->state == SLOT_SERVING || slot->state == SLOT_SUSPECT;
}

/* "4, 5", as far as there is room; whether there are any. */
static bool list_missing(const struct supervisor *supervisor,
			 char out[MISSING_TEXT])
{
	unsigned i;
	size_t used = 0;

	out[0] = '\0';
	for (i = supervisor->ordered.former_count; i < supervisor->slot_count;
	     i++)
		if (!is_serving(&supervisor->slots[i]) &&
		    used < MISSING_TEXT - DURATION_TEXT)
			used += (size_t)snprintf(out + used,
						 MISSING_TEXT - used, "%s%u",
						 used > 0 ? ", " : "", i);
	return used > 0;
}

static void is_late(struct timer *timer)
{
	struct ordered *ordered = list_entry(timer, struct ordered, bound);
	struct supervisor *supervisor = ordered->supervisor;
	char missing[MISSING_TEXT];

	list_missing(supervisor, missing);
	log_warning("scale: not ready after %d s: %s", SCALE_MS / 1000,
		    missing);
	supervisor_answer_operation(
		supervisor, 1,
		"%u workers (were %u), but not ready after %d s: %s; they are "
		"waited for",
		supervisor->slot_count, ordered->former_count, SCALE_MS / 1000,
		missing);
	end(supervisor);
}

void supervisor_init_scale(struct supervisor *supervisor)
{
	supervisor->ordered.supervisor = supervisor;
	timer_init(&supervisor->ordered.bound, is_late);
}

void supervisor_scale_further(struct supervisor *supervisor)
{
	struct ordered *ordered = &supervisor->ordered;
	char missing[MISSING_TEXT];

	if (ordered->operation != ORDER_SCALE ||
	    list_missing(supervisor, missing))
		return;
	if (supervisor->slot_count == ordered->former_count)
		supervisor_answer_operation(
			supervisor, 0, "%u worker%s already",
			supervisor->slot_count,
			supervisor->slot_count == 1 ? "" : "s");
	supervisor_answer_operation(
		supervisor, 0, "%u worker%s (%s %u) after %" PRId64 " ms",
		supervisor->slot_count, supervisor->slot_count == 1 ? "" : "s",
		ordered->former_count == 1 ? "was" : "were",
		ordered->former_count, supervisor_operation_ms(supervisor));
	end(supervisor);
}

void supervisor_scale_died(struct supervisor_slot *slot, const char *words)
{
	struct supervisor *supervisor = slot->supervisor;
	const struct ordered *ordered = &supervisor->ordered;

	if (ordered->operation != ORDER_SCALE ||
	    slot->number < ordered->former_count)
		return;
	supervisor_answer_operation(
		supervisor, 1, "%s; it is tried again, to be one of %u workers",
		words, supervisor->slot_count);
	end(supervisor);
}

void supervisor_scale(struct supervisor *supervisor)
{
	struct ordered *ordered = &supervisor->ordered;
	struct loop *loop = &supervisor->loop;
	struct error error;

	ordered->former_count = supervisor->slot_count;
	if (ordered->number < supervisor->slot_count) {
		shrink_to(supervisor, ordered->number);
	} else if (ordered->number > supervisor->slot_count &&
		   grow_to(supervisor, ordered->number, &error) < 0) {
		log_error("%s", error.text);
		supervisor_answer_operation(supervisor, 1, "%s", error.text);
		end(supervisor);
		return;
	}
	if (ordered->number != ordered->former_count)
		log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SCALED),
			  "scaled to %u worker%s (%s %u)",
			  supervisor->slot_count,
			  supervisor->slot_count == 1 ? "" : "s",
			  ordered->former_count == 1 ? "was" : "were",
			  ordered->former_count);
	timer_start(&loop->timers, &ordered->bound, loop->now_ms + SCALE_MS);
	supervisor_scale_further(supervisor);
}
