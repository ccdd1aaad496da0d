/* SPDX-License-Identifier: MIT */
/* supervisor_answer.c - whoever gave an order hears what came of it, once. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "process/admin_order.h"
#include "process/supervisor_internal.h"

#define MORE        ", ..." /* slots than there is room for */
#define PREFIX_TEXT (2 * SUPERVISOR_VERSION_TEXT + 32)

static void answer(struct supervisor *supervisor, uint64_t ticket, int status,
		   const char *words)
{
	unsigned char data[RECORD_DATA_BYTES];
	const struct channel_load load = {
		.number = (uint32_t)status,
		.data = data,
		.size = (uint32_t)admin_answer_write(data, ticket, words),
	};

	supervisor_tell_admins(supervisor, RECORD_ANSWER, &load);
}

void supervisor_answer(struct supervisor *supervisor, uint64_t ticket,
		       int status, const char *format, ...)
{
	char words[ADMIN_ANSWER_WORDS];
	va_list arguments;

	if (ticket == 0)
		return;
	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	answer(supervisor, ticket, status, words);
}

void supervisor_answer_operation(struct supervisor *supervisor, int status,
				 const char *format, ...)
{
	char words[ADMIN_ANSWER_WORDS];
	va_list arguments;
	uint64_t ticket;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	while ((ticket = orders_claim(&supervisor->ordered.queue)) != 0)
		answer(supervisor, ticket, status, words);
}

int64_t supervisor_operation_ms(const struct supervisor *supervisor)
{
	int64_t since_ms = supervisor->ordered.since_ms;
	int64_t now_ms = clock_now_ms();

	return now_ms > since_ms ? now_ms - since_ms : 0;
}

void supervisor_refuse_orders(struct supervisor *supervisor)
{
	struct orders *orders = &supervisor->ordered.queue;
	uint64_t ticket;

	orders_clear(orders);
	timer_stop(&supervisor->loop.timers, &supervisor->ordered.bound);
	while ((ticket = orders_claim_any(orders)) != 0)
		supervisor_answer(supervisor, ticket, 1,
				  "cancelled: the program ends");
}

void supervisor_answer_failure(struct supervisor *supervisor, const char *words)
{
	struct ordered *ordered = &supervisor->ordered;
	const char *complaint = ordered->complaint.text;

	supervisor_answer_operation(supervisor, 1,
				    "%s; everything is as it was",
				    complaint[0] != '\0' ? complaint : words);
	ordered->complaint.text[0] = '\0';
}

/* ---- One generation after another ------------------------------------ */

/* The words of one slot; its size. */
static size_t describe_slot(char *out, size_t room,
			    const struct supervisor_slot *slot)
{
	const char *before = slot->number == 0 ? "" : ", ";
	int size;

	if (slot->child)
		size = snprintf(out, room, "%s%u: %d -> %d", before,
				slot->number, (int)slot->child->pid,
				(int)slot->next->pid);
	else
		size = snprintf(out, room, "%s%u: %d", before, slot->number,
				(int)slot->next->pid);
	return (size_t)size;
}

/* As many slots as fit: a pid that is cut would be another's. */
void supervisor_note_swap(struct supervisor *supervisor)
{
	char *out = supervisor->ordered.swapped;
	size_t room = sizeof(supervisor->ordered.swapped) - strlen(MORE);
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < supervisor->next_count; i++) {
		size_t size = describe_slot(out + used, room - used,
					    &supervisor->slots[i]);

		if (size >= room - used)
			break;
		used += size;
	}
	strcpy(out + used, i < supervisor->next_count ? MORE : "");
}

/* Of generations before, and told to. */
static unsigned count_draining(const struct supervisor *supervisor)
{
	const struct child *child;
	unsigned i, count = 0;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && !child->is_reaped &&
		    child->state == WORKER_DRAINING &&
		    child->generation != supervisor->current->number)
			count++;
	}
	return count;
}

static char *describe_upgrade(char out[PREFIX_TEXT],
			      const struct ordered *ordered)
{
	out[0] = '\0';
	if (ordered->operation == ORDER_UPGRADE)
		snprintf(out, PREFIX_TEXT, "upgraded from %s to %s, ",
			 ordered->from_version[0] != '\0'
				 ? ordered->from_version
				 : "another build",
			 COHORT_VERSION);
	return out;
}

void supervisor_answer_swap(struct supervisor *supervisor)
{
	unsigned count = supervisor->slot_count;
	unsigned old_count = count_draining(supervisor);
	char prefix[PREFIX_TEXT];

	supervisor_answer_operation(
		supervisor, 0,
		"%sgeneration %u serves with %u worker%s (%s) after %" PRId64
		" ms; %u old worker%s",
		describe_upgrade(prefix, &supervisor->ordered),
		supervisor->current->number, count, count == 1 ? "" : "s",
		supervisor->ordered.swapped,
		supervisor_operation_ms(supervisor), old_count,
		old_count == 1 ? " drains" : "s drain");
}
