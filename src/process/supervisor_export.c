/* SPDX-License-Identifier: MIT */
/* supervisor_export.c - the supervisor's state in words (handover.h). */
#include "process/supervisor_export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/read.h"
#include "process/handover.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

const struct handover_flag handover_flags[] = {
	{'t', offsetof(struct child, is_told_to_listen)},
	{'l', offsetof(struct child, is_listening)},
	{'v', offsetof(struct child, is_leaving)},
	{'d', offsetof(struct child, is_drained)},
	{'k', offsetof(struct child, is_killed)},
	{'h', offsetof(struct child, is_hung)},
	{'o', offsetof(struct child, is_orphan)},
	{'c', offsetof(struct child, can_spin)},
	{'s', offsetof(struct child, may_spin)},
	{0, 0},
};

static int grow(struct exported *exported)
{
	unsigned room = 2 * exported->fd_room + 64;
	int *grown = realloc(exported->fds, room * sizeof(int));

	if (!grown)
		return -1;
	exported->fds = grown;
	exported->fd_room = room;
	return 0;
}

/* A descriptor that has to stay open; its number.  -1 is none. */
int supervisor_keep_open(struct exported *exported, int fd)
{
	if (fd < 0)
		return -1;
	if (exported->fd_count == exported->fd_room && grow(exported) < 0) {
		exported->is_out_of_memory = true;
		return -1;
	}
	exported->fds[exported->fd_count++] = fd;
	return fd;
}

/* One whose end somebody waits for: it stays in this process. */
static int keep_here(struct exported *exported, int fd)
{
	return exported->purpose == EXPORT_FOR_UPGRADE
		       ? supervisor_keep_open(exported, fd)
		       : -1;
}

/* One that a trial has no use for. */
static int keep_unless_tried(struct exported *exported, int fd)
{
	return exported->purpose == EXPORT_FOR_TRIAL
		       ? -1
		       : supervisor_keep_open(exported, fd);
}

/* It goes on until the keeper of the next build has been fed. */
static void write_keeper(struct exported *exported,
			 const struct supervisor_keeper *keeper)
{
	bool is_former = keeper->former_fd >= 0;
	int fd = is_former ? keeper->former_fd : keeper->channel.fd;

	if (fd >= 0 && exported->purpose != EXPORT_FOR_KEEPER)
		text_append(&exported->text, "keeper %d %d\n",
			    (int)(is_former ? keeper->former : keeper->pid),
			    keep_here(exported, fd));
}

/* Those that are adrift keep a place, for the sake of the others. */
static void write_place(struct exported *exported,
			const struct bank_group *group, unsigned number)
{
	if (bank_is_stranger(number))
		text_append(&exported->text, "stranger %" PRIu64,
			    group->strangers[number - CONFIG_WORKERS_MAX]);
	else
		text_append(&exported->text, "listens %u", number);
	text_append(&exported->text, "%s\n",
		    group->is_adrift[number] ? " adrift" : "");
}

static void write_group(struct exported *exported,
			const struct bank_group *group)
{
	char text[ADDRESS_TEXT];
	unsigned i;

	text_append(&exported->text, "group %u %u %d %d %u %u %s\n",
		    (unsigned)group->is_shared, group->position,
		    keep_here(exported, group->lock.fd),
		    keep_unless_tried(exported, group->reservation),
		    group->last_generation, (unsigned)group->has_inode,
		    group->service);
	text_append(&exported->text, "inode %ju %ju\n",
		    (uintmax_t)group->inode.device,
		    (uintmax_t)group->inode.inode);
	text_append(&exported->text, "asked %s\n",
		    address_format(text, &group->asked));
	text_append(&exported->text, "address %s\n",
		    address_format(text, &group->address));
	for (i = 0; i < CONFIG_WORKERS_MAX; i++)
		if (group->fds[i] != BANK_NONE)
			text_append(
				&exported->text, "listener %u %d\n", i,
				supervisor_keep_open(exported, group->fds[i]));
	for (i = 0; i < group->order_count; i++)
		write_place(exported, group, group->order[i]);
	if (group->roll.surplus_count > 0)
		text_append(&exported->text, "surplus %u\n",
			    group->roll.surplus_count);
}

static void write_child(struct exported *exported, const struct child *child)
{
	const struct handover_flag *flag;
	char flags[16];
	size_t count = 0;

	for (flag = handover_flags; flag->letter; flag++)
		if (*(const bool *)((const char *)child + flag->offset))
			flags[count++] = flag->letter;
	flags[count] = '\0';
	text_append(
		&exported->text,
		"child %d %d %u %u %u %s %d %" PRId64 " %" PRId64 " %u -%s\n",
		(int)child->pid, keep_unless_tried(exported, child->pidfd),
		scoreboard_index(child->supervisor->scoreboard, child->page),
		child->slot->number, child->generation,
		worker_state_names[child->state],
		keep_here(exported, child->channel.fd), child->ready_ms,
		child->drain_until_ms, (unsigned)(child->slot->child == child),
		flags);
}

/* What was said between the two, or was not yet.  A successor can only ask a
 * worker to leave. */
static void write_words(struct exported *exported, const struct child *child)
{
	unsigned i;

	if (exported->purpose == EXPORT_FOR_KEEPER)
		return;
	for (i = 0; i < SCOREBOARD_SERVICES; i++)
		if (supervisor_is_full(child, i))
			text_append(&exported->text, "full %u\n", i);
	if (child->unsent)
		text_append(&exported->text, "unsent %" PRIu64 "\n",
			    child->unsent);
}

static void write_slots(struct exported *exported,
			const struct supervisor *supervisor)
{
	const struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++) {
		slot = &supervisor->slots[i];
		text_append(&exported->text, "slot %u %s %u\n", i,
			    slot_state_names[slot->state],
			    (unsigned)slot->is_listening);
	}
	for (i = 0; i < supervisor->child_high; i++) {
		if (!supervisor->children[i].slot)
			continue;
		write_child(exported, &supervisor->children[i]);
		write_words(exported, &supervisor->children[i]);
	}
}

static void write_passed(struct exported *exported, const struct passed *passed)
{
	const struct passed_socket *socket;
	unsigned i;

	for (i = 0; i < passed->count; i++) {
		socket = &passed->sockets[i];
		if (socket->fd >= 0 && exported->purpose != EXPORT_FOR_KEEPER)
			text_append(&exported->text, "passed %d %u %s\n",
				    keep_unless_tried(exported, socket->fd),
				    (unsigned)socket->is_used, socket->name);
	}
}

static void write_plugins(struct exported *exported,
			  const struct config *config)
{
	const struct config_plugin *plugin = config->plugins;
	unsigned i;

	for (i = 0; i < config->plugin_count; i++, plugin++)
		text_append(&exported->text, "plugin %d %u %s\n",
			    supervisor_keep_open(exported, plugin->fd),
			    plugin->deaths_count, plugin->names);
}

/* What the keeper acts on when nobody follows; a successor skips it. */
static void write_keeping(struct exported *exported,
			  const struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;

	if (exported->purpose != EXPORT_FOR_KEEPER)
		return;
	text_append(&exported->text, "keeping %" PRId64 " %" PRId64 " %s\n",
		    config->orphan_timeout_ms, config->shutdown_timeout_ms,
		    supervisor->has_pid_file ? config->pid_file : "");
}

void supervisor_export(const struct supervisor *supervisor,
		       struct exported *exported, enum export_purpose purpose)
{
	const struct generation *current = supervisor->current;
	struct list *node;

	exported->text.size = 0;
	exported->fd_count = 0;
	exported->is_out_of_memory = false;
	exported->purpose = purpose;
	text_append(&exported->text,
		    HANDOVER_HEAD
		    "process %d\n"
		    "generation %u %u\n"
		    "workers %u %u %u\n"
		    "served %u %u\n"
		    "pid_file %u\n"
		    "ready %d\n"
		    "scoreboard %d %zu\n",
		    (int)getpid(), supervisor->generation_count,
		    current->number, supervisor->slot_count,
		    supervisor->slot_high, (unsigned)supervisor->is_scaled,
		    (unsigned)supervisor->was_ready,
		    (unsigned)supervisor->has_reported,
		    (unsigned)supervisor->has_pid_file,
		    keep_here(exported, supervisor->ready_fd),
		    supervisor_keep_open(
			    exported,
			    scoreboard_descriptor(supervisor->scoreboard)),
		    scoreboard_stride());
	write_keeper(exported, &supervisor->keeper);
	write_keeping(exported, supervisor);
	list_for_each (node, &supervisor->bank.groups)
		write_group(exported,
			    list_entry(node, struct bank_group, node));
	write_slots(exported, supervisor);
	supervisor_export_admin(exported, &supervisor->admin);
	export_orders(exported, supervisor);
	write_passed(exported, &supervisor->passed);
	write_plugins(exported, current->config);
	scoreboard_export(supervisor->scoreboard, &exported->text);
	text_append(&exported->text, "config\n");
	config_print_state(current->config, &exported->text);
}

void supervisor_release_export(struct exported *exported)
{
	text_release(&exported->text);
	free(exported->fds);
}
