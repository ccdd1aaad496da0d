/* SPDX-License-Identifier: MIT */
/* supervisor_admin_deaths.c - admin processes end, are ended when they hang, and
 * are replaced. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "metrics/board_publish.h"
#include "process/death.h"
#include "process/proc_status.h"
#include "process/supervisor_internal.h"

#define LOOK_MS       100  /* while something waits */
#define LAST_WORDS_MS 50   /* as of a worker */
#define MOMENT_MS     1000 /* to pass an answer on */
#define WORDS_BYTES   640
#define DURATION_TEXT 32

/* ---- Death ----------------------------------------------------------- */

void supervisor_kill_admin(struct admin_process *process, const char *reason)
{
	if (process->is_reaped || process->is_killed)
		return;
	log_warning("the admin process (process %d) is killed: %s",
		    (int)process->pid, reason);
	process->is_killed = true;
	process->until_ms = SUPERVISOR_NO_TIME;
	if (kill(process->pid, SIGKILL) < 0)
		log_error("cannot kill process %d: %s", (int)process->pid,
			  strerror(errno));
}

static void describe(const struct admin_process *process,
		     const struct death *death, char out[WORDS_BYTES])
{
	char how[DEATH_TEXT], after[DURATION_TEXT];

	if (!death->was_ready && process->failure.text[0] != '\0')
		snprintf(out, WORDS_BYTES,
			 "the admin process (process %d) cannot start: %s",
			 (int)process->pid, process->failure.text);
	else if (!death->was_ready)
		snprintf(out, WORDS_BYTES,
			 "the admin process (process %d) %s before it was "
			 "ready",
			 (int)process->pid, death_describe(how, death->status));
	else
		snprintf(out, WORDS_BYTES,
			 "the admin process (process %d) %s after %s",
			 (int)process->pid, death_describe(how, death->status),
			 text_format_duration(after, sizeof(after),
					      death->ready_ms));
}

static void replace(struct admin_process *process)
{
	struct supervisor_admin *admin = process->admin;
	int64_t now_ms = admin->supervisor->loop.now_ms, wait_ms;
	const struct death death = {
		.status = process->status,
		.was_ready = process->state == ADMIN_SERVING,
		.ready_ms = now_ms - process->ready_ms,
	};
	char words[WORDS_BYTES], wait[DURATION_TEXT];

	wait_ms = backoff_note_death(&admin->backoff, death_is_early(&death),
				     now_ms);
	describe(process, &death, words);
	board_count(admin->supervisor->scoreboard, BOARD_ADMIN_RESTARTS);
	board_note(admin->supervisor->scoreboard, BOARD_EVENT_ADMIN_DIED, -1,
		   "%s", words);
	text_format_duration(wait, sizeof(wait), wait_ms);
	if (backoff_may_say(&admin->backoff, now_ms))
		log_error("%s; the next one starts %s%s", words,
			  wait_ms == 0 ? "at once" : "in ",
			  wait_ms == 0 ? "" : wait);
	if (!timer_is_started(&admin->wait))
		supervisor_start_admin_later(admin, wait_ms);
}

static void bury(struct admin_process *process)
{
	struct supervisor_admin *admin = process->admin;

	channel_close(&process->channel);
	if (process->state == ADMIN_RETIRING)
		log_debug("the admin process (process %d) has ended",
			  (int)process->pid);
	else if (!admin->is_ended)
		replace(process);
	process->state = ADMIN_FREE;
	supervisor_further_admin(admin);
}

void supervisor_admin_closed(struct channel *channel)
{
	struct admin_process *process =
		list_entry(channel, struct admin_process, channel);
	int64_t now_ms = process->admin->supervisor->loop.now_ms;

	if (process->is_reaped) {
		bury(process);
		return;
	}
	/* It ends by itself, or nobody can talk to it any more. */
	process->until_ms = now_ms + SUPERVISOR_KILL_MS;
	supervisor_look_at_admin(process->admin, process->until_ms);
}

bool supervisor_admin_reaped(struct supervisor *supervisor, pid_t pid,
			     int status)
{
	struct supervisor_admin *admin = &supervisor->admin;
	struct admin_process *process = admin->processes;

	while (process < admin->processes + ADMIN_PROCESSES &&
	       (process->state == ADMIN_FREE || process->is_reaped ||
		process->pid != pid))
		process++;
	if (process == admin->processes + ADMIN_PROCESSES)
		return false;
	process->is_reaped = true;
	process->status = status;
	if (process->channel.fd < 0) {
		bury(process);
		return true;
	}
	/* What it has said last is still to be read. */
	process->until_ms = supervisor->loop.now_ms + LAST_WORDS_MS;
	supervisor_look_at_admin(admin, process->until_ms);
	return true;
}

/* ---- The watch ------------------------------------------------------- */

static bool is_spared(const struct admin_process *process)
{
	return process->admin->supervisor->current->config->watchdog_traced ==
		       CONFIG_TRACED_SPARE &&
	       proc_status_is_traced(process->pid);
}

static void watch(struct admin_process *process)
{
	int64_t now_ms = process->admin->supervisor->loop.now_ms;
	char silence[DURATION_TEXT], reason[DURATION_TEXT + 32];

	if (process->is_reaped || process->timeout_ms < 0 ||
	    now_ms - process->heard_ms < process->timeout_ms ||
	    is_spared(process))
		return;
	text_format_duration(silence, sizeof(silence),
			     now_ms - process->heard_ms);
	snprintf(reason, sizeof(reason), "it hangs for %s", silence);
	supervisor_kill_admin(process, reason);
}

/* One that retires and has clients that wait for answers is spared: each order
 * has its bound.  It may not hang meanwhile. */
static bool awaits_answer(struct admin_process *process)
{
	const struct supervisor *supervisor = process->admin->supervisor;

	if (process->state != ADMIN_RETIRING || process->is_reaped ||
	    process->channel.fd < 0 ||
	    !orders_is_awaited(&supervisor->ordered.queue,
			       (uint32_t)process->pid))
		return false;
	if (process->until_ms != SUPERVISOR_NO_TIME &&
	    process->until_ms < supervisor->loop.now_ms + MOMENT_MS)
		process->until_ms = supervisor->loop.now_ms + MOMENT_MS;
	return true;
}

static void look_at(struct admin_process *process)
{
	int64_t now_ms = process->admin->supervisor->loop.now_ms;
	bool is_awaiting = awaits_answer(process);
	bool is_time = process->until_ms != SUPERVISOR_NO_TIME &&
		       now_ms >= process->until_ms;

	if (is_time && process->is_reaped)
		bury(process);
	else if (is_time && process->state == ADMIN_RETIRING)
		supervisor_kill_admin(process, "it takes too long to retire");
	else if (is_time)
		supervisor_kill_admin(process, "it closed its channel");
	else if (process->state != ADMIN_RETIRING || is_awaiting)
		watch(process);
}

void supervisor_watch_admin(struct timer *timer)
{
	struct supervisor_admin *admin =
		list_entry(timer, struct supervisor_admin, look);
	int64_t now_ms = admin->supervisor->loop.now_ms;
	int64_t beat_ms =
		supervisor_admin_beat(admin->supervisor->current->config);
	bool is_late = beat_ms >= 0 && now_ms - admin->looked_ms > 2 * beat_ms;
	bool is_short = supervisor_order_admins_further(admin) ||
			supervisor_acquaint(admin->supervisor);
	bool is_any = false;
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++) {
		struct admin_process *process = &admin->processes[i];

		if (process->state == ADMIN_FREE)
			continue;
		is_any = true;
		/* We stood still ourselves: no blame for that. */
		if (is_late)
			process->heard_ms = now_ms;
		look_at(process);
		is_short |= process->state != ADMIN_FREE &&
			    process->until_ms != SUPERVISOR_NO_TIME;
	}
	admin->looked_ms = now_ms;
	if (is_short)
		supervisor_look_at_admin(admin, now_ms + LOOK_MS);
	else if (is_any && beat_ms >= 0)
		supervisor_look_at_admin(
			admin,
			supervisor_round(admin->supervisor, now_ms + beat_ms));
}
