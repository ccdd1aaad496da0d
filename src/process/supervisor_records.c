/* SPDX-License-Identifier: MIT */
/* supervisor_records.c - what workers say to the supervisor. */
#include "process/supervisor_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct generation *supervisor_generation_of(const struct child *child)
{
	struct supervisor *supervisor = child->supervisor;

	if (supervisor->next && supervisor->next->number == child->generation)
		return supervisor->next;
	return supervisor->current->number == child->generation
		       ? supervisor->current
		       : NULL;
}

/* Has it a place, or was it told to end? */
static bool is_wanted(const struct child *child)
{
	return child->slot->child == child || child->slot->next == child;
}

/* The group of a listener that was asked for.  A worker must not make us hold,
 * and give to its successors, a socket that is anything else. */
static struct bank_group *asked_for(const struct child *child, unsigned index,
				    int fd)
{
	const struct generation *generation = supervisor_generation_of(child);
	struct address bound;

	if (!generation || index >= generation->listener_count ||
	    address_of_socket(&bound, fd) < 0 ||
	    !address_is_equal(&bound, &generation->plan[index].address))
		return NULL;
	return generation->groups[index];
}

/* The slots that have a listener of it, or will. */
static unsigned count_slots(const struct supervisor *supervisor,
			    const struct bank_group *group)
{
	unsigned count = 0;

	if (supervisor->next && generation_index(supervisor->next, group) >= 0)
		count = supervisor->next_count;
	if (generation_index(supervisor->current, group) >= 0 &&
	    supervisor->slot_count > count)
		count = supervisor->slot_count;
	return count;
}

static bool is_complete(const struct supervisor *supervisor,
			const struct bank_group *group)
{
	unsigned i, count = count_slots(supervisor, group);

	for (i = 0; i < count; i++)
		if (bank_get(group, i) == BANK_NONE)
			return false;
	return true;
}

static void on_bank(struct child *child, const struct record *record,
		    const int *fds)
{
	struct supervisor *supervisor = child->supervisor;
	struct bank_group *group = NULL;
	int fd;

	/* Late words of a worker that was told to end. */
	if (!is_wanted(child))
		return;
	if (record->descriptor_count == 1)
		group = asked_for(child, record->number, fds[0]);
	if (!group) {
		supervisor_kill(child, "it banked what it was not asked for");
		return;
	}
	fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || bank_put(group, child->slot->number, fd) < 0) {
		if (fd >= 0)
			close(fd);
		supervisor_kill(child, "its listener cannot be banked");
		return;
	}
	if (is_complete(supervisor, group))
		bank_end_reservation(group);
	/* The keeper has it, too, before anything can queue there: it is told
	 * of all listeners of a slot at once, for there may be hundreds. */
	supervisor_keep_soon(supervisor);
	supervisor_order_listen(supervisor);
	supervisor_go_on_operating(supervisor);
}

/* Has it begun to listen there? */
static bool is_new(const struct bank_group *group, unsigned slot)
{
	int fd = bank_get(group, slot);

	return fd >= 0 && !bank_is_listening(group, slot) &&
	       sockopt_is_listening(fd);
}

/* All groups are audited at once, before the first gets it. */
static void audit_before(struct supervisor *supervisor, unsigned slot)
{
	struct list *node;

	list_for_each (node, &supervisor->bank.groups) {
		if (!is_new(list_entry(node, struct bank_group, node), slot))
			continue;
		supervisor_audit_strangers(supervisor);
		return;
	}
}

void supervisor_note_listening(struct child *child)
{
	struct supervisor_slot *slot = child->slot;
	struct bank_group *group;
	struct list *node;
	int fd;

	audit_before(child->supervisor, slot->number);
	list_for_each (node, &child->supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		fd = bank_get(group, slot->number);
		if (fd < 0 || !sockopt_is_listening(fd))
			continue;
		bank_note_listening(group, slot->number);
		slot->is_listening = true;
	}
}

static void on_listening(struct child *child, const struct record *record,
			 const int *fds)
{
	(void)record;
	(void)fds;
	child->is_listening = true;
	supervisor_note_listening(child);
	supervisor_keep(child->supervisor);
	supervisor_order_listen(child->supervisor);
	/* What it starts with may take long.  As long as the group has one more
	 * than it is steered by, nobody looks at its loads. */
	supervisor_arrange_again(child->supervisor);
}

static void on_ready(struct child *child, const struct record *record,
		     const int *fds)
{
	const struct supervisor *supervisor = child->supervisor;

	(void)record;
	(void)fds;
	log_event(LOG_LEVEL_DEBUG, CHILD_FIELDS(LOG_EVENT_WORKER_READY, child),
		  "worker %u (process %d) is ready", child->slot->number,
		  (int)child->pid);
	child->ready_ms = supervisor->loop.now_ms;
	supervisor_acquaint(child->supervisor);
	if (child->slot->child == child &&
	    child->worker_count != supervisor->slot_count)
		supervisor_order(child, RECORD_COUNT);
	if (child->slot->child == child)
		supervisor_slot_event(child->slot, SLOT_EVENT_READY);
	else if (child->slot->next == child)
		supervisor_next_ready(child->supervisor);
	else /* told to end while it started: too late for that */
		supervisor_order_drain(
			child, supervisor_drain_bound(child->supervisor));
}

void supervisor_replace_leaver(struct child *child)
{
	struct supervisor_slot *slot = child->slot;

	log_event(LOG_LEVEL_INFO, CHILD_FIELDS(LOG_EVENT_WORKER_LEAVING, child),
		  "worker %u (process %d) was asked to leave: it serves until "
		  "its successor is ready",
		  slot->number, (int)child->pid);
	scoreboard_count_restart(child->supervisor->scoreboard,
				 SCOREBOARD_RESTART_LEAVE);
	supervisor_vacate(child);
}

static void on_leave(struct child *child, const struct record *record,
		     const int *fds)
{
	(void)record;
	(void)fds;
	/* Said before, or on its way out already. */
	if (!is_wanted(child))
		return;
	child->is_leaving = true;
	/* One of the next generation is replaced when it has the slot. */
	if (child->slot->child == child)
		supervisor_replace_leaver(child);
}

static void on_failed(struct child *child, const struct record *record,
		      const int *fds)
{
	struct error *failure = &child->slot->failure;

	(void)fds;
	failure->number = (int)record->number;
	snprintf(failure->text, sizeof(failure->text), "%.*s",
		 (int)record->size, (const char *)record->data);
}

static void on_draining(struct child *child, const struct record *record,
			const int *fds)
{
	(void)fds;
	log_event(LOG_LEVEL_DEBUG,
		  CHILD_FIELDS(LOG_EVENT_WORKER_DRAINING, child),
		  "worker %u (process %d) accepts no more, %u live",
		  child->slot->number, (int)child->pid, record->number);
	child->is_drained = true;
	supervisor_close_unused(child->supervisor);
	supervisor_stop_further(child->supervisor);
}

void supervisor_note_room(struct child *child, unsigned service, bool is_full)
{
	uint64_t bit = UINT64_C(1) << (service % 64);

	if (service >= SCOREBOARD_SERVICES)
		return;
	if (is_full)
		child->full[service / 64] |= bit;
	else
		child->full[service / 64] &= ~bit;
}

static void on_full(struct child *child, const struct record *record,
		    const int *fds)
{
	(void)fds;
	supervisor_note_room(child, record->number, true);
	supervisor_arrange(child->supervisor);
}

static void on_room(struct child *child, const struct record *record,
		    const int *fds)
{
	(void)fds;
	supervisor_note_room(child, record->number, false);
	supervisor_arrange(child->supervisor);
}

static void on_accepting(struct child *child, const struct record *record,
			 const int *fds)
{
	(void)fds;
	supervisor_note_accepting(child, record->number);
}

static void on_refused(struct child *child, const struct record *record,
		       const int *fds)
{
	const struct generation *generation = supervisor_generation_of(child);
	unsigned slot;

	(void)fds;
	if (!generation || record->number >= generation->listener_count ||
	    record->size != sizeof(slot))
		return;
	memcpy(&slot, record->data, sizeof(slot));
	supervisor_note_refusal(child, generation->groups[record->number],
				slot);
}

static const struct record_row {
	enum record_type type;
	enum worker_event event;
	void (*handle)(struct child *child, const struct record *record,
		       const int *fds);
} rows[] = {
	{RECORD_BANK, WORKER_SAYS_BANK, on_bank},
	{RECORD_LISTENING, WORKER_SAYS_LISTENING, on_listening},
	{RECORD_READY, WORKER_SAYS_READY, on_ready},
	{RECORD_LEAVE, WORKER_SAYS_LEAVE, on_leave},
	{RECORD_FAILED, WORKER_SAYS_FAILED, on_failed},
	{RECORD_DRAINING, WORKER_SAYS_DRAINING, on_draining},
	{RECORD_FULL, WORKER_SAYS_FULL, on_full},
	{RECORD_ROOM, WORKER_SAYS_ROOM, on_room},
	{RECORD_REFUSED, WORKER_SAYS_REFUSED, on_refused},
	{RECORD_ACCEPTING, WORKER_SAYS_ACCEPTING, on_accepting},
};

static void handle(struct child *child, const struct record *record,
		   const int *fds)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != record->type)
			continue;
		if (worker_state_step(&child->state, rows[i].event) < 0)
			break;
		rows[i].handle(child, record, fds);
		return;
	}
	log_error("worker %u (process %d) said %s while it was %s",
		  child->slot->number, (int)child->pid,
		  i < sizeof(rows) / sizeof(rows[0])
			  ? worker_event_names[rows[i].event]
			  : "something unknown",
		  worker_state_names[child->state]);
	supervisor_kill(child, "it does not keep to the protocol");
}

void supervisor_receive(struct channel *channel, const struct record *record,
			const int *fds)
{
	struct child *child = list_entry(channel, struct child, channel);

	handle(child, record, fds);
	channel_drop(fds, record->descriptor_count);
}
