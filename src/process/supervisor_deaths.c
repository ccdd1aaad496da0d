/* SPDX-License-Identifier: MIT */
/* supervisor_deaths.c - workers end: they are reaped, explained, counted and
 * replaced.
 *
 * A worker is buried when it has been reaped and its channel has been read to
 * the end, whichever comes last, so that its last words are heard. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "process/death.h"
#include "process/supervisor_spin.h"

/* A stranger may hold the other end of a dead worker's channel open (a
 * process that a protocol forked): its last words are waited for no longer. */
#define LAST_WORDS_MS 50

#define WORDS_BYTES    900
#define DURATION_BYTES 32

/* ---- Reaping --------------------------------------------------------- */

void supervisor_hurry(struct child *child, int64_t at_ms)
{
	struct timer *deadline = &child->deadline;

	if (!timer_is_started(deadline) || deadline->deadline_ms > at_ms)
		timer_start(&child->supervisor->loop.timers, deadline, at_ms);
}

void supervisor_kill(struct child *child, const char *reason)
{
	if (child->is_reaped)
		return;
	log_event(LOG_LEVEL_WARNING,
		  CHILD_FIELDS(LOG_EVENT_WORKER_KILLED, child),
		  "worker %u (process %d) is killed: %s", child->slot->number,
		  (int)child->pid, reason);
	child->is_killed = true;
	if (supervisor_signal(child, SIGKILL) < 0)
		log_error("cannot kill process %d: %s", (int)child->pid,
			  strerror(errno));
}

void supervisor_channel_closed(struct channel *channel)
{
	struct child *child = list_entry(channel, struct child, channel);
	struct loop *loop = &child->supervisor->loop;

	if (child->is_reaped)
		loop_post(loop, &child->supervisor->bury);
	else
		supervisor_hurry(child, loop->now_ms + SUPERVISOR_KILL_MS);
}

static const char *reason_of(const struct child *child)
{
	if (child->channel.fd < 0 && !child->is_orphan)
		return "its channel is closed, and it does not end";
	if (child->is_hung)
		return "it hangs";
	if (child->state == WORKER_DRAINING)
		return "it has outstayed its drain";
	return "it does not end although it was told to";
}

void supervisor_deadline(struct timer *timer)
{
	struct child *child = list_entry(timer, struct child, deadline);

	if (!child->is_reaped) {
		supervisor_kill(child, reason_of(child));
		return;
	}
	channel_close(&child->channel);
	loop_post(&child->supervisor->loop, &child->supervisor->bury);
}

static void note_reaped(struct child *child, int status)
{
	struct loop *loop = &child->supervisor->loop;

	child->is_reaped = true;
	child->status = status;
	/* An orphan may have become ours. */
	supervisor_forget_orphan(child);
	supervisor_forget_adopter(child);
	if (child->channel.fd < 0)
		loop_post(loop, &child->supervisor->bury);
	else
		timer_start(&loop->timers, &child->deadline,
			    loop->now_ms + LAST_WORDS_MS);
}

/* Strangers too: as process 1 every orphan of the container is ours. */
void supervisor_reap(struct supervisor *supervisor)
{
	struct child *child;
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			break;
		child = supervisor_find(supervisor, pid);
		if (child)
			note_reaped(child, status);
		else if (!loader_reaped(&supervisor->loader, pid) &&
			 !supervisor_trial_reaped(supervisor, pid, status) &&
			 !supervisor_keeper_reaped(supervisor, pid) &&
			 !supervisor_admin_reaped(supervisor, pid, status))
			log_debug("process %d, a stranger, was reaped",
				  (int)pid);
	}
	if (pid < 0 && errno != ECHILD)
		log_error("cannot wait for children: %s", strerror(errno));
	supervisor_arrange(supervisor);
}

/* ---- Words ----------------------------------------------------------- */

/* ", in data_received for 3s": what it was doing, by its own page, which the
 * dying worker may have written anything to. */
char *supervisor_describe_callback(char out[SUPERVISOR_CALLBACK_TEXT],
				   const struct child *child)
{
	const uint64_t *cells = scoreboard_cells(child->page);
	uint64_t callback = scoreboard_load(&cells[SCOREBOARD_CALLBACK]);
	int64_t since_ms =
		(int64_t)scoreboard_load(&cells[SCOREBOARD_CALLBACK_MS]);
	int64_t now_ms = child->supervisor->loop.now_ms;
	char duration[DURATION_BYTES];

	out[0] = '\0';
	if (callback == SCOREBOARD_IN_NONE || callback >= SCOREBOARD_CALLBACKS)
		return out;
	if (since_ms < 0 || since_ms > now_ms)
		since_ms = now_ms;
	snprintf(out, SUPERVISOR_CALLBACK_TEXT, ", in %s for %s",
		 scoreboard_callback_names[callback],
		 text_format_duration(duration, sizeof(duration),
				      now_ms - since_ms));
	return out;
}

/* Nobody's fault if it was killed from outside, wherever it was. */
static void find_fault(const struct child *child, struct death *death,
		       char out[SUPERVISOR_BLAME])
{
	out[0] = '\0';
	if (child->is_hung || (!child->is_killed &&
			       death_cause(death) != SCOREBOARD_RESTART_KILLED))
		death->is_in_plugin = supervisor_blame(child, out);
}

static void describe_death(char *out, size_t room, const struct child *child,
			   const struct death *death, const char *fault)
{
	const struct error *failure = &child->slot->failure;
	unsigned number = child->slot->number;
	char callback[SUPERVISOR_CALLBACK_TEXT];
	char how[DEATH_TEXT], after[DURATION_BYTES];

	supervisor_describe_callback(callback, child);
	if (death->was_ready)
		snprintf(out, room, "worker %u (process %d) %s after %s%s%s",
			 number, (int)child->pid,
			 death_describe(how, death->status),
			 text_format_duration(after, sizeof(after),
					      death->ready_ms),
			 callback, fault);
	else if (failure->text[0] != '\0')
		snprintf(out, room, "worker %u (process %d) cannot start: %s",
			 number, (int)child->pid, failure->text);
	else
		snprintf(out, room,
			 "worker %u (process %d) %s before it was ready%s%s",
			 number, (int)child->pid,
			 death_describe(how, death->status), callback, fault);
}

/* While nothing was ever served the last word is one message, at the end. */
static void log_death(struct supervisor_slot *slot, const struct death *death,
		      const char *words, enum scoreboard_restart cause)
{
	struct supervisor *supervisor = slot->supervisor;
	char wait[DURATION_BYTES];

	slot->is_quiet =
		!backoff_may_say(&slot->backoff, supervisor->loop.now_ms) ||
		!supervisor->was_ready;
	if (slot->is_quiet) {
		log_event(LOG_LEVEL_DEBUG,
			  DEATH_FIELDS(LOG_EVENT_WORKER_DIED, slot, death),
			  "%s", words);
		return;
	}
	text_format_duration(wait, sizeof(wait), slot->wait_ms);
	log_event(cause == SCOREBOARD_RESTART_KILLED ? LOG_LEVEL_WARNING
						     : LOG_LEVEL_ERROR,
		  DEATH_FIELDS(LOG_EVENT_WORKER_DIED, slot, death),
		  "%s; the next one starts %s%s", words,
		  slot->wait_ms == 0 ? "at once" : "in ",
		  slot->wait_ms == 0 ? "" : wait);
}

/* ---- The next one ---------------------------------------------------- */

/* Has a slot tried often enough, and is none that has not at it just now? */
static bool is_hopeless(const struct supervisor *supervisor)
{
	const struct supervisor_slot *slot;
	bool is_tried = false;
	unsigned i;

	for (i = 0; i < supervisor->slot_count; i++) {
		slot = &supervisor->slots[i];
		if (slot->failed_tries >= SUPERVISOR_TRIES)
			is_tried = true;
		else if (slot->state == SLOT_STARTING)
			return false;
	}
	return is_tried && !supervisor->was_ready;
}

/* The worker that its slot had is dead. */
static void replace(struct supervisor_slot *slot, const struct death *death,
		    bool is_hung, const char *words)
{
	struct supervisor *supervisor = slot->supervisor;
	enum scoreboard_restart cause =
		is_hung ? SCOREBOARD_RESTART_HUNG : death_cause(death);
	int64_t wait_ms = backoff_note_death(&slot->backoff,
					     !is_hung && death_is_early(death),
					     supervisor->loop.now_ms);

	slot->child = NULL;
	slot->wait_ms = backoff_cap(wait_ms, supervisor_is_serving(supervisor));
	if (!death->was_ready) {
		slot->failed_tries++;
		supervisor_scale_died(slot, words);
	}
	if (!supervisor->is_stopping) {
		scoreboard_count_restart(supervisor->scoreboard, cause);
		log_death(slot, death, words, cause);
		/* What comes ten times a second would let the board forget
		 * everything else; how often is counted. */
		if (!slot->is_quiet)
			board_note(supervisor->scoreboard,
				   BOARD_EVENT_WORKER_DIED, (int)slot->number,
				   "%s", words);
	}
	supervisor_slot_event(slot, SLOT_EVENT_DIED);
	if (!supervisor->is_stopping && is_hopeless(supervisor))
		supervisor_give_up(slot, words);
}

static void note_draining_death(const struct supervisor_slot *slot,
				const struct death *death, const char *words)
{
	log_event(LOG_LEVEL_WARNING,
		  DEATH_FIELDS(LOG_EVENT_WORKER_DIED, slot, death),
		  "%s (draining)", words);
	board_note(slot->supervisor->scoreboard, BOARD_EVENT_WORKER_DIED,
		   (int)slot->number, "%s", words);
}

static void bury_child(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	struct supervisor_slot *slot = child->slot;
	struct death death = {
		.pid = (int)child->pid,
		.generation = child->generation,
		.status = child->status,
		.was_ready = child->state != WORKER_STARTING,
		.ready_ms = supervisor->loop.now_ms - child->ready_ms,
	};
	bool is_hung = child->is_hung, is_drained = child->is_drained;
	char words[WORDS_BYTES], fault[SUPERVISOR_BLAME];

	find_fault(child, &death, fault);
	describe_death(words, sizeof(words), child, &death, fault);
	timer_stop(&supervisor->loop.timers, &child->deadline);
	scoreboard_fold(supervisor->scoreboard, child->page);
	if (child->pidfd >= 0)
		close(child->pidfd);
	/* What the keeper is being fed with may have had that descriptor. */
	supervisor_keep(supervisor);
	supervisor_note_listening(child);
	/* The record is free from here on, and may be taken at once. */
	child->slot = NULL;
	if (slot->child == child) {
		replace(slot, &death, is_hung, words);
	} else if (slot->next == child) {
		supervisor_next_died(slot, words);
	} else {
		if ((death.status == 0 && !death.is_in_plugin) ||
		    child->is_killed)
			log_event(LOG_LEVEL_DEBUG,
				  DEATH_FIELDS(LOG_EVENT_WORKER_ENDED, slot,
					       &death),
				  "%s", words);
		else if (death.was_ready)
			note_draining_death(slot, &death, words);
	}
	if (!is_drained && death.was_ready)
		supervisor_succeed(slot);
	else if (!is_drained)
		supervisor_succeed_later(slot);
}

static bool is_generation_alive(const void *context, unsigned number)
{
	const struct supervisor *supervisor = context;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot &&
		    supervisor->children[i].generation == number)
			return true;
	return false;
}

void supervisor_bury(struct loop_task *task)
{
	struct supervisor *supervisor =
		list_entry(task, struct supervisor, bury);
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && child->is_reaped && child->channel.fd < 0)
			bury_child(child);
	}
	retired_drop(&supervisor->retired, is_generation_alive, supervisor);
	supervisor_arrange_spins(supervisor);
	supervisor_shorten_waits(supervisor);
	supervisor_close_unused(supervisor);
	supervisor_order_listen(supervisor);
	supervisor_stop_further(supervisor);
}
