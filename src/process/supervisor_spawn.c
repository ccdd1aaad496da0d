/* SPDX-License-Identifier: MIT */
/* supervisor_spawn.c - a worker is born into its slot. */
#include "process/supervisor_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/spawn.h"

#define FIRST_GENERATION 1
#define NAME_BYTES       32

struct child *supervisor_find(struct supervisor *supervisor, pid_t pid)
{
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_count; i++) {
		child = &supervisor->children[i];
		if (child->slot && child->pid == pid && !child->is_reaped)
			return child;
	}
	return NULL;
}

static struct child *find_free(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_count; i++)
		if (!supervisor->children[i].slot)
			return &supervisor->children[i];
	return NULL;
}

static struct child *new_child(struct supervisor_slot *slot,
			       struct error *error)
{
	struct supervisor *supervisor = slot->supervisor;
	struct child *child = find_free(supervisor);
	struct scoreboard_page *page;

	if (!child) {
		error_set(error, "%u others live, most of them draining",
			  supervisor->child_count);
		return NULL;
	}
	page = scoreboard_take(supervisor->scoreboard, slot->number,
			       FIRST_GENERATION, supervisor->service_names,
			       supervisor->config->service_count);
	if (!page) {
		error_set(error, "there is no page left on the scoreboard");
		return NULL;
	}
	memset(child, 0, sizeof(*child));
	timer_init(&child->deadline, supervisor_deadline);
	child->supervisor = supervisor;
	child->slot = slot;
	child->page = page;
	child->state = WORKER_STARTING;
	child->drain_until_ms = SUPERVISOR_NO_TIME;
	return child;
}

static void discard_child(struct child *child)
{
	scoreboard_fold(child->supervisor->scoreboard, child->page);
	child->slot = NULL;
}

/* The channel and what the bank has for the slot; the plan for the child says
 * which. */
static unsigned list_descriptors(struct supervisor_slot *slot, int channel)
{
	struct supervisor *supervisor = slot->supervisor;
	struct spawn_descriptor *descriptors = supervisor->descriptors;
	unsigned i, count = 0;
	int fd;

	descriptors[count++] =
		(struct spawn_descriptor){channel, SPAWN_CHANNEL};
	for (i = 0; i < supervisor->listener_count; i++) {
		fd = bank_get(&supervisor->bank, slot->number, i);
		supervisor->plan[i].is_banked = fd >= 0;
		if (fd >= 0)
			descriptors[count++] = (struct spawn_descriptor){
				fd, SPAWN_FIRST_LISTENER + (int)i};
	}
	return count;
}

static pid_t fork_child(struct child *child, int channel, struct error *error)
{
	struct supervisor_slot *slot = child->slot;
	struct supervisor *supervisor = slot->supervisor;
	char title[NAME_BYTES], role[NAME_BYTES];
	struct worker_order order = {
		.config = supervisor->config,
		.page = child->page,
		.listeners = supervisor->plan,
		.listener_count = supervisor->listener_count,
		.slot = slot->number,
		.worker_count = supervisor->slot_count,
		.connections_max = supervisor->connections_max,
		.is_first = slot->number == 0 && !slot->was_started,
	};
	struct spawn spawn = {
		.main = worker_main,
		.context = &order,
		.title = title,
		.role = role,
		.descriptors = supervisor->descriptors,
		.descriptor_count = list_descriptors(slot, channel),
	};

	snprintf(title, sizeof(title), "cohort: worker %u", slot->number);
	snprintf(role, sizeof(role), "worker %u", slot->number);
	return spawn_child(&spawn, error);
}

/* The channel is served before the fork, so that nothing can fail after it. */
static int start_child(struct child *child, struct error *error)
{
	int ends[2];

	if (channel_pair(ends, error) < 0)
		return -1;
	if (channel_start(&child->channel, &child->supervisor->loop, ends[0],
			  supervisor_receive, supervisor_channel_closed) < 0) {
		error_set_errno(error, "cannot serve its channel");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	child->pid = fork_child(child, ends[1], error);
	close(ends[1]);
	if (child->pid >= 0)
		return 0;
	channel_close(&child->channel);
	return -1;
}

static int spawn_failed(struct supervisor_slot *slot, const struct error *error)
{
	struct supervisor *supervisor = slot->supervisor;
	int64_t wait_ms = backoff_note_death(&slot->backoff, true,
					     supervisor->loop.now_ms);

	slot->wait_ms = backoff_cap(wait_ms, supervisor_is_serving(supervisor));
	log_write_limited(&supervisor->spawn_limit, LOG_LEVEL_ERROR,
			  "cannot start worker %u: %s; trying again",
			  slot->number, error->text);
	return -1;
}

int supervisor_spawn(struct supervisor_slot *slot)
{
	struct child *child;
	struct error error;

	backoff_note_start(&slot->backoff, slot->supervisor->loop.now_ms);
	child = new_child(slot, &error);
	if (!child)
		return spawn_failed(slot, &error);
	if (start_child(child, &error) < 0) {
		discard_child(child);
		return spawn_failed(slot, &error);
	}
	slot->child = child;
	slot->was_started = true;
	slot->failure.text[0] = '\0';
	log_debug("worker %u is process %d", slot->number, (int)child->pid);
	/* The bank may have all its listeners already. */
	supervisor_order_listen(slot->supervisor);
	return 0;
}
