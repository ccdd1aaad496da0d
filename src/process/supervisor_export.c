/* SPDX-License-Identifier: MIT */
/* supervisor_export.c - the supervisor's state in words (handover.h). */
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
	{0, 0},
};

/* A descriptor that has to stay open; its number.  -1 is none. */
int supervisor_keep(struct export *export, int fd)
{
	int *grown;

	if (fd < 0)
		return -1;
	grown = realloc(export->fds, (export->fd_count + 1) * sizeof(int));
	if (!grown) {
		export->is_out_of_memory = true;
		return -1;
	}
	export->fds = grown;
	export->fds[export->fd_count++] = fd;
	return fd;
}

static void write_group(struct export *export, const struct bank_group *group)
{
	char text[ADDRESS_TEXT];
	unsigned i;

	text_append(&export->text, "group %u %u %d %d %u %u %s\n",
		    (unsigned)group->is_shared, group->position,
		    supervisor_keep(export, group->lock.fd),
		    supervisor_keep(export, group->reservation),
		    group->last_generation, (unsigned)group->has_inode,
		    group->service);
	text_append(&export->text, "inode %ju %ju\n",
		    (uintmax_t)group->inode.device,
		    (uintmax_t)group->inode.inode);
	text_append(&export->text, "asked %s\n",
		    address_format(text, &group->asked));
	text_append(&export->text, "address %s\n",
		    address_format(text, &group->address));
	for (i = 0; i < CONFIG_WORKERS_MAX; i++)
		if (group->fds[i] != BANK_NONE)
			text_append(&export->text, "listener %u %d\n", i,
				    supervisor_keep(export, group->fds[i]));
	for (i = 0; i < group->order_count; i++)
		text_append(&export->text, "listens %u\n", group->order[i]);
}

static void write_child(struct export *export, const struct child *child)
{
	const struct handover_flag *flag;
	char flags[16];
	size_t count = 0;

	for (flag = handover_flags; flag->letter; flag++)
		if (*(const bool *)((const char *)child + flag->offset))
			flags[count++] = flag->letter;
	flags[count] = '\0';
	text_append(
		&export->text,
		"child %d %u %u %s %d %u %" PRId64 " %" PRId64 " %u -%s\n",
		(int)child->pid, child->slot->number, child->generation,
		worker_state_names[child->state],
		supervisor_keep(export, child->channel.fd),
		scoreboard_index(child->supervisor->scoreboard, child->page),
		child->ready_ms, child->drain_until_ms,
		(unsigned)(child->slot->child == child), flags);
}

static void write_slots(struct export *export,
			const struct supervisor *supervisor)
{
	const struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++) {
		slot = &supervisor->slots[i];
		text_append(&export->text, "slot %u %s %u\n", i,
			    slot_state_names[slot->state],
			    (unsigned)slot->is_listening);
	}
	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot)
			write_child(export, &supervisor->children[i]);
}

static void write_orders(struct export *export,
			 const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->orders.count; i++)
		text_append(&export->text, "order %s\n",
			    order_names[supervisor->orders.list[i]]);
}

void supervisor_export(const struct supervisor *supervisor,
		       struct export *export)
{
	const struct generation *current = supervisor->current;
	struct list *node;

	memset(export, 0, sizeof(*export));
	text_append(&export->text,
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
		    supervisor_keep(export, supervisor->ready_fd),
		    supervisor_keep(export, scoreboard_descriptor(
						    supervisor->scoreboard)),
		    scoreboard_stride());
	list_for_each (node, &supervisor->bank.groups)
		write_group(export, list_entry(node, struct bank_group, node));
	write_slots(export, supervisor);
	write_orders(export, supervisor);
	scoreboard_export(supervisor->scoreboard, &export->text);
	text_append(&export->text, "config\n");
	config_print(current->config, &export->text);
}

void supervisor_release_export(struct export *export)
{
	text_release(&export->text);
	free(export->fds);
}
