/* SPDX-License-Identifier: MIT */
/* supervisor_admin_workers.c - each admin process gets a channel to each worker,
 * over which it asks for connections; the supervisor hears none of it. */
#include <errno.h>
#include <unistd.h>

#include "process/admin.h"
#include "process/supervisor_internal.h"

#define RETRY_MS 100

static uint8_t bit_of(const struct admin_process *process)
{
	return (uint8_t)(1u << (process - process->admin->processes));
}

static struct admin_acquaintance *known_of(struct supervisor_admin *admin,
					   const struct child *child)
{
	struct admin_acquaintance *known =
		&admin->known[child - admin->supervisor->children];

	/* The record was another worker's. */
	if (known->worker != child->pid)
		known->processes = 0;
	known->worker = child->pid;
	return known;
}

static bool can_be_asked(const struct child *child)
{
	return child->slot && !child->is_reaped && child->channel.fd >= 0 &&
	       (child->state == WORKER_READY ||
		child->state == WORKER_DRAINING);
}

static bool asks(const struct admin_process *process)
{
	return process->channel.fd >= 0 && (process->state == ADMIN_STARTING ||
					    process->state == ADMIN_SERVING);
}

/* The worker first: one whose other end is closed at once is nothing to it. */
static int send_ends(struct admin_process *process, struct child *child,
		     const int ends[2])
{
	const struct admin_worker_place place = {
		.pid = (int32_t)child->pid,
		.slot = child->slot->number,
	};
	const struct channel_load asker = {.fds = &ends[0], .fd_count = 1};
	const struct channel_load worker = {
		.number = scoreboard_index(child->supervisor->scoreboard,
					   child->page),
		.data = &place,
		.size = sizeof(place),
		.fds = &ends[1],
		.fd_count = 1,
	};

	if (channel_send(&child->channel, RECORD_ASKER, &asker) < 0 ||
	    channel_send(&process->channel, RECORD_WORKER, &worker) < 0)
		return -1;
	return 0;
}

/* 0; or -1: it has to be tried again. */
static int introduce(struct admin_process *process, struct child *child)
{
	struct error error;
	int ends[2], number, status;

	if (channel_pair(ends, &error) < 0) {
		log_write_limited(&process->admin->limit, LOG_LEVEL_WARNING,
				  "the admin process cannot ask all workers "
				  "yet: %s",
				  error.text);
		return -1;
	}
	status = send_ends(process, child, ends);
	number = status < 0 ? errno : 0;
	close(ends[0]);
	close(ends[1]);
	/* Of whom is dying others will tell. */
	return status < 0 && number != EPIPE && number != ECONNRESET ? -1 : 0;
}

bool supervisor_acquaint(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	struct admin_acquaintance *known;
	bool is_left = false;
	unsigned i, j;

	for (i = 0; i < supervisor->child_high; i++) {
		struct child *child = &supervisor->children[i];

		for (j = 0; j < ADMIN_PROCESSES && can_be_asked(child); j++) {
			struct admin_process *process = &admin->processes[j];

			known = known_of(admin, child);
			if (!asks(process) ||
			    known->processes & bit_of(process))
				continue;
			if (introduce(process, child) == 0)
				known->processes |= bit_of(process);
			else
				is_left = true;
		}
	}
	if (is_left)
		supervisor_look_at_admin(admin,
					 supervisor->loop.now_ms + RETRY_MS);
	return is_left;
}

void supervisor_note_acquainted(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	unsigned i, j;

	for (i = 0; i < supervisor->child_high; i++) {
		struct child *child = &supervisor->children[i];

		for (j = 0; j < ADMIN_PROCESSES && can_be_asked(child); j++)
			if (admin->processes[j].state != ADMIN_FREE)
				known_of(admin, child)->processes |=
					bit_of(&admin->processes[j]);
	}
}

void supervisor_forget_acquainted(struct admin_process *process)
{
	struct supervisor_admin *admin = process->admin;
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		admin->known[i].processes &= (uint8_t)~bit_of(process);
}
