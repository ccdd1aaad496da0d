/* SPDX-License-Identifier: MIT */
/* supervisor_spawn.c - a worker is born into its slot. */
#include "process/supervisor_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/pidfd.h"
#include "process/spawn.h"
#include "process/supervisor_spin.h"

#define NAME_BYTES 32

struct child *supervisor_find(struct supervisor *supervisor, pid_t pid)
{
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && child->pid == pid && !child->is_reaped)
			return child;
	}
	return NULL;
}

static struct child *find_free(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_count; i++) {
		if (supervisor->children[i].slot)
			continue;
		if (i >= supervisor->child_high)
			supervisor->child_high = i + 1;
		return &supervisor->children[i];
	}
	return NULL;
}

void supervisor_init_child(struct child *child, struct supervisor_slot *slot,
			   unsigned generation)
{
	memset(child, 0, sizeof(*child));
	timer_init(&child->deadline, supervisor_deadline);
	child->supervisor = slot->supervisor;
	child->slot = slot;
	child->generation = generation;
	child->state = WORKER_STARTING;
	child->pidfd = -1;
	child->channel.fd = -1;
	child->drain_until_ms = SUPERVISOR_NO_TIME;
	watchdog_init(&child->watchdog, slot->supervisor->loop.now_ms);
}

static struct child *new_child(struct supervisor_slot *slot,
			       const struct generation *generation,
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
			       generation->number, generation->service_names,
			       generation->config->service_count);
	if (!page) {
		error_set(error, "there is no page left on the scoreboard");
		return NULL;
	}
	supervisor_init_child(child, slot, generation->number);
	supervisor_set_watchdog(child, generation->config);
	child->page = page;
	return child;
}

static void discard_child(struct child *child)
{
	scoreboard_fold(child->supervisor->scoreboard, child->page);
	child->slot = NULL;
}

/* The channel, the access log, what the bank has for the slot (the plan for the
 * child says which) and the plug-ins. */
static unsigned list_descriptors(struct generation *generation,
				 const struct child *child, int channel)
{
	struct spawn_descriptor *descriptors = generation->descriptors;
	int access = child->supervisor->access.fd;
	unsigned slot = child->slot->number;
	const struct config *config = generation->config;
	unsigned i, count = 0;
	int fd, number;

	descriptors[count++] =
		(struct spawn_descriptor){channel, SPAWN_CHANNEL};
	if (access >= 0)
		descriptors[count++] =
			(struct spawn_descriptor){access, SPAWN_ACCESS};
	for (i = 0; i < generation->listener_count; i++) {
		fd = bank_get(generation->groups[i], slot);
		generation->plan[i].is_banked = fd >= 0;
		if (fd >= 0)
			descriptors[count++] = (struct spawn_descriptor){
				fd, SPAWN_FIRST_LISTENER + (int)i};
	}
	number = SPAWN_FIRST_LISTENER + (int)generation->listener_count;
	for (i = 0; i < config->plugin_count; i++)
		descriptors[count++] = (struct spawn_descriptor){
			config->plugins[i].fd, number++};
	return count;
}

/* Its page is all that it has of the scoreboard. */
static pid_t fork_with_page(const struct spawn *spawn,
			    struct scoreboard_page *page, struct error *error)
{
	pid_t pid;

	if (scoreboard_lend(page) < 0)
		return error_set_errno(error,
				       "cannot share a page of the scoreboard");
	pid = spawn_child(spawn, error);
	scoreboard_end_lending(page);
	return pid;
}

static pid_t fork_child(struct child *child, struct generation *generation,
			int channel, struct error *error)
{
	struct supervisor_slot *slot = child->slot;
	char title[NAME_BYTES], role[NAME_BYTES];
	const struct supervisor *supervisor = slot->supervisor;
	struct worker_order order = {
		.config = generation->config,
		.protocols = supervisor->line->request.protocols,
		.page = child->page,
		.listeners = generation->plan,
		.listener_count = generation->listener_count,
		.access = &supervisor->access,
		.slot = slot->number,
		.generation = child->generation,
		.worker_count = generation == supervisor->next
					? supervisor->next_count
					: supervisor->slot_count,
		.connections_max = generation->connections_max,
		.log_level =
			supervisor_log_level(supervisor, generation->config),
		.may_spin = supervisor_has_cpus(supervisor),
		.is_trial = supervisor->is_trial,
		.is_first = slot->number == 0 &&
			    slot->started_generation != generation->number,
	};
	struct spawn spawn = {
		.main = worker_main,
		.context = &order,
		.title = title,
		.role = role,
		.descriptors = generation->descriptors,
		.descriptor_count =
			list_descriptors(generation, child, channel),
	};

	child->worker_count = order.worker_count;
	child->can_spin = generation->config->busy_poll_us == SPIN_AUTO;
	child->may_spin = order.may_spin;
	supervisor_fill_suspended(supervisor, &order);
	snprintf(title, sizeof(title), "cohort: worker %u", slot->number);
	snprintf(role, sizeof(role), "worker %u", slot->number);
	return fork_with_page(&spawn, child->page, error);
}

/* The channel is served before the fork, so that nothing can fail after it. */
static int start_child(struct child *child, struct generation *generation,
		       struct error *error)
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
	child->pid = fork_child(child, generation, ends[1], error);
	close(ends[1]);
	if (child->pid >= 0) {
		child->pidfd = pidfd_open_process(child->pid);
		supervisor_keep(child->supervisor);
		return 0;
	}
	channel_close(&child->channel);
	return -1;
}

struct child *supervisor_fork(struct supervisor_slot *slot,
			      struct generation *generation,
			      struct error *error)
{
	struct supervisor *supervisor = slot->supervisor;
	struct child *child;

	/* If it fails, too: the slot waits, and is not to be forgotten. */
	if (slot->number >= supervisor->slot_high)
		supervisor->slot_high = slot->number + 1;
	child = new_child(slot, generation, error);
	if (!child)
		return NULL;
	if (start_child(child, generation, error) < 0) {
		discard_child(child);
		return NULL;
	}
	supervisor_arrange_spins(supervisor);
	slot->started_generation = generation->number;
	slot->failure.text[0] = '\0';
	log_event(LOG_LEVEL_DEBUG,
		  CHILD_FIELDS(LOG_EVENT_WORKER_STARTED, child),
		  "worker %u is process %d", slot->number, (int)child->pid);
	return child;
}

static int spawn_failed(struct supervisor_slot *slot, const struct error *error)
{
	struct supervisor *supervisor = slot->supervisor;
	int64_t wait_ms = backoff_note_death(&slot->backoff, true,
					     supervisor->loop.now_ms);

	slot->wait_ms = backoff_cap(wait_ms, supervisor_is_serving(supervisor));
	log_event_limited(&supervisor->spawn_limit, LOG_LEVEL_ERROR,
			  SLOT_FIELDS(LOG_EVENT_WORKER_FAILED, slot),
			  "cannot start worker %u: %s; trying again",
			  slot->number, error->text);
	return -1;
}

int supervisor_spawn(struct supervisor_slot *slot)
{
	struct supervisor *supervisor = slot->supervisor;
	struct error error;

	backoff_note_start(&slot->backoff, supervisor->loop.now_ms);
	slot->child = supervisor_fork(slot, supervisor->current, &error);
	if (!slot->child)
		return spawn_failed(slot, &error);
	/* The bank may have all its listeners already. */
	supervisor_order_listen(supervisor);
	return 0;
}
