/* SPDX-License-Identifier: MIT */
/* supervisor_import_children.c - the lines of a state that slots and workers
 * are made of. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "process/supervisor_handover.h"
#include "process/supervisor_import.h"
#include "process/supervisor_internal.h"

#define WORD_TEXT 64

static int find_name(const char *const *names, int count, const char *word)
{
	int i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

int import_slot(struct import *import, const char *rest)
{
	struct supervisor_slot *slot;
	unsigned number, is_listening;
	char word[WORD_TEXT];
	int state;

	if (sscanf(rest, "%u %63s %u", &number, word, &is_listening) != 3 ||
	    number >= CONFIG_WORKERS_MAX)
		return -1;
	state = find_name(slot_state_names, SLOT_STATES, word);
	if (state < 0)
		return -1;
	slot = &import->supervisor->slots[number];
	slot->state = (enum slot_state)state;
	slot->is_listening = import_flag(is_listening);
	return 0;
}

static void fill_flags(struct child *child, const char *letters)
{
	const struct handover_flag *flag;

	for (flag = handover_flags; flag->letter; flag++)
		*(bool *)((char *)child + flag->offset) =
			strchr(letters, flag->letter) != NULL;
}

static int start_child(const struct import *import, struct child *child,
		       int channel)
{
	struct supervisor *supervisor = import->supervisor;

	child->channel.fd = -1;
	if (import_is(import, IMPORT_SUCCESSION) || child->is_orphan)
		return supervisor_watch_orphan(child);
	channel = import_take(import, channel);
	if (channel < 0)
		return 0;
	return channel_start(&child->channel, &supervisor->loop, channel,
			     supervisor_receive, supervisor_channel_closed);
}

/* As the line says:
 * pid pidfd page slot generation state channel ready drain own -flags. */
struct child_line {
	int pid, pidfd, channel, state;
	unsigned page, slot, generation, is_own;
	int64_t ready_ms, drain_until_ms;
	char word[WORD_TEXT], flags[WORD_TEXT];
};

static int parse_child(struct child_line *line, const char *rest)
{
	if (sscanf(rest,
		   "%d %d %u %u %u %63s %d %" SCNd64 " %" SCNd64 " %u -%63s",
		   &line->pid, &line->pidfd, &line->page, &line->slot,
		   &line->generation, line->word, &line->channel,
		   &line->ready_ms, &line->drain_until_ms, &line->is_own,
		   line->flags) < 10)
		return -1;
	line->state = find_name(worker_state_names, WORKER_STATES, line->word);
	return line->slot < CONFIG_WORKERS_MAX && line->state >= 0 ? 0 : -1;
}

static int add_child(struct import *import, const struct child_line *line)
{
	struct supervisor *supervisor = import->supervisor;
	struct child *child = &supervisor->children[supervisor->child_high];

	if (supervisor->child_high == supervisor->child_count)
		return -1;
	supervisor_init_child(child, &supervisor->slots[line->slot],
			      line->generation);
	child->page = scoreboard_retake(import->board, line->page);
	if (!child->page) {
		child->slot = NULL;
		return -1;
	}
	supervisor->child_high++;
	child->pid = line->pid;
	child->pidfd = import_take(import, line->pidfd);
	child->state = (enum worker_state)line->state;
	child->ready_ms = line->ready_ms;
	child->drain_until_ms = line->drain_until_ms;
	fill_flags(child, line->flags);
	if (line->is_own)
		child->slot->child = child;
	import->child = child;
	return start_child(import, child, line->channel);
}

/* One that was about to be READY may be by now, and serve, if it had been told
 * to listen; if not, it ends by itself.  It never got its place. */
static void make_orphan(struct child_line *line)
{
	if (line->state != WORKER_STARTING)
		return;
	line->state = WORKER_READY;
	line->is_own = 0;
}

/* It ends by itself; nobody else may have its page. */
static int leave_alone(const struct import *import,
		       const struct child_line *line)
{
	log_warning(
		"process %d was known by its pid alone: it is left to "
		"orphan_timeout",
		line->pid);
	scoreboard_leave(import->board, line->page);
	return 0;
}

int import_child(struct import *import, const char *rest)
{
	struct child_line line = {.flags = ""};

	import->child = NULL;
	if (parse_child(&line, rest) < 0 || !import->board)
		return -1;
	/* Could it come along? */
	if (import_is(import, IMPORT_TRIAL))
		return scoreboard_retake(import->board, line.page) ? 0 : -1;
	if (!import_is(import, IMPORT_SUCCESSION))
		return add_child(import, &line);
	if (line.pidfd < 0)
		return leave_alone(import, &line);
	make_orphan(&line);
	return add_child(import, &line);
}

int import_full(struct import *import, const char *rest)
{
	unsigned service;

	if (sscanf(rest, "%u", &service) != 1)
		return -1;
	if (import->child)
		supervisor_note_room(import->child, service, true);
	return 0;
}

/* They are sent when everything is there that they may need. */
int import_unsent(struct import *import, const char *rest)
{
	uint64_t unsent;

	if (sscanf(rest, "%" SCNu64, &unsent) != 1)
		return -1;
	if (import->child)
		import->child->unsent = unsent;
	return 0;
}
