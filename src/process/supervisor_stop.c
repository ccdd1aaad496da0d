/* SPDX-License-Identifier: MIT */
/* supervisor_stop.c - the way out: all workers drain, nothing is restarted.
 *
 * A slot's listeners stay in the bank until its worker has accepted what
 * waited; then they are closed at once, so that newcomers are refused and not
 * hung.  A worker that dies before that leaves clients behind in its queue: a
 * successor is started for them, and drains as soon as it is ready.  This ends
 * with the bound of the drain, and after SUPERVISOR_TRIES of them. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define BOUND_TEXT 48
#define DOOR_MS    20 /* until the next look at who comes in */

static bool is_alive(const struct child *child)
{
	return child->slot && !child->is_reaped;
}

/* Does a worker of the slot still accept, or will it? */
static bool is_accepting(const struct supervisor_slot *slot)
{
	const struct child *child;
	unsigned i;

	for (i = 0; i < slot->supervisor->child_high; i++) {
		child = &slot->supervisor->children[i];
		if (child->slot == slot && !child->is_drained)
			return true;
	}
	return false;
}

/* ---- Workers --------------------------------------------------------- */

void supervisor_end_child(struct child *child)
{
	child->slot->child = NULL;
	supervisor_terminate_child(child);
}

void supervisor_terminate_child(struct child *child)
{
	if (child->is_reaped)
		return;
	if (supervisor_signal(child, SIGTERM) < 0)
		log_error("cannot end process %d: %s", (int)child->pid,
			  strerror(errno));
	supervisor_hurry(child,
			 child->supervisor->loop.now_ms + SUPERVISOR_KILL_MS);
}

void supervisor_drain_child(struct child *child)
{
	child->slot->child = NULL;
	supervisor_order_drain(child,
			       supervisor_drain_bound(child->supervisor));
}

int64_t supervisor_drain_bound(const struct supervisor *supervisor)
{
	int64_t timeout_ms = supervisor->current->config->drain_timeout_ms;

	if (supervisor->is_stopping)
		return supervisor->stop_until_ms;
	return timeout_ms < 0 ? SUPERVISOR_NO_TIME
			      : supervisor->loop.now_ms + timeout_ms;
}

static bool is_bound_over(const struct supervisor *supervisor)
{
	return supervisor->is_urgent ||
	       (supervisor->stop_until_ms != SUPERVISOR_NO_TIME &&
		supervisor->loop.now_ms >= supervisor->stop_until_ms);
}

void supervisor_succeed_later(struct supervisor_slot *slot)
{
	struct loop *loop = &slot->supervisor->loop;

	if (!slot->supervisor->is_stopping || slot->state != SLOT_EMPTY)
		return;
	timer_start(&loop->timers, &slot->wait,
		    loop->now_ms + BACKOFF_NOBODY_MS);
}

/* Where nobody comes in any more, a queue that is empty stays so.  Of others
 * nothing is known. */
static bool is_surely_empty(const struct supervisor_slot *slot)
{
	struct sockopt_tcp tcp;
	struct list *node;
	int fd;

	list_for_each (node, &slot->supervisor->bank.groups) {
		const struct bank_group *group =
			list_entry(node, struct bank_group, node);

		fd = bank_get(group, slot->number);
		if (fd >= 0 &&
		    (!group->is_barred || sockopt_tcp_info(fd, &tcp) < 0 ||
		     tcp.accept_queue > 0))
			return false;
	}
	return true;
}

void supervisor_succeed(struct supervisor_slot *slot)
{
	if (!slot->supervisor->is_stopping || slot->state != SLOT_EMPTY ||
	    !slot->is_listening || is_bound_over(slot->supervisor) ||
	    is_accepting(slot) || is_surely_empty(slot) ||
	    slot->successor_count == SUPERVISOR_TRIES)
		return;
	slot->successor_count++;
	log_event(LOG_LEVEL_INFO, SLOT_FIELDS(LOG_EVENT_MESSAGE, slot),
		  "worker %u is started once more, for the clients that wait "
		  "in its queue",
		  slot->number);
	supervisor_slot_event(slot, SLOT_EVENT_START);
}

/* ---- Stopping -------------------------------------------------------- */

static void stop_slot(struct supervisor_slot *slot)
{
	struct supervisor *supervisor = slot->supervisor;

	/* It is the successor of one whose queue has clients in it. */
	if (slot->state == SLOT_STARTING && slot->is_listening &&
	    !supervisor->is_urgent) {
		if (supervisor->stop_until_ms != SUPERVISOR_NO_TIME)
			supervisor_hurry(slot->child,
					 supervisor->stop_until_ms +
						 SUPERVISOR_KILL_MS);
		return;
	}
	supervisor_slot_event(slot, SLOT_EVENT_STOP);
	supervisor_succeed(slot);
}

/* Drain everything, or give everything that drains a new bound. */
static void stop(struct supervisor *supervisor, int64_t until_ms)
{
	struct child *child;
	unsigned i;

	if (!supervisor->is_stopping)
		board_note(supervisor->scoreboard, BOARD_EVENT_STOPPING, -1,
			   "all workers drain");
	supervisor->is_stopping = true;
	supervisor_notify_stopping(supervisor);
	timer_stop(&supervisor->loop.timers, &supervisor->delay);
	supervisor->stop_until_ms = until_ms;
	supervisor_cancel_upgrade(supervisor);
	supervisor_end_keeper(supervisor);
	supervisor_cancel_reload(supervisor);
	supervisor_refuse_orders(supervisor);
	supervisor_close_reservations(supervisor);
	for (i = 0; i < supervisor->slot_high; i++)
		stop_slot(&supervisor->slots[i]);
	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!is_alive(child) || child->state == WORKER_STARTING)
			continue;
		/* One that leaves may not drain yet. */
		if (child->state != WORKER_DRAINING ||
		    child->drain_until_ms != until_ms)
			supervisor_order_drain(child, until_ms);
	}
	supervisor_stop_further(supervisor);
}

uint64_t supervisor_count_live(const struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < config->service_count; i++)
		count += scoreboard_total(supervisor->scoreboard,
					  config->services[i].name,
					  SCOREBOARD_LIVE);
	return count;
}

static void log_stop(const struct supervisor *supervisor, int64_t bound_ms,
		     const char *how)
{
	uint64_t live = supervisor_count_live(supervisor);
	char bound[BOUND_TEXT] = "without a bound";
	char duration[BOUND_TEXT / 2];

	if (bound_ms >= 0)
		snprintf(bound, sizeof(bound), "for at most %s",
			 text_format_duration(duration, sizeof(duration),
					      bound_ms));
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SHUTDOWN),
		  "shutdown: waiting %s for %" PRIu64 " connection%s; %s",
		  bound, live, live == 1 ? "" : "s", how);
}

static void stop_now(struct supervisor *supervisor)
{
	uint64_t live = supervisor_count_live(supervisor);

	if (supervisor->is_urgent)
		return;
	supervisor->is_urgent = true;
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SHUTDOWN),
		  "shutdown: stopping now, %" PRIu64 " connection%s cut", live,
		  live == 1 ? " is" : "s are");
	stop(supervisor, supervisor->loop.now_ms);
}

/* The bound counts from when nobody new came in any more; after a QUIT, from the
 * TERM that sets it. */
static void begin_to_stop(struct supervisor *supervisor)
{
	int64_t bound_ms = supervisor->current->config->shutdown_timeout_ms;
	struct loop *loop = &supervisor->loop;
	int64_t since_ms =
		supervisor->is_stopping ? loop->now_ms : supervisor->barred_ms;

	if (supervisor->has_no_bound)
		bound_ms = -1;
	log_stop(supervisor, bound_ms,
		 supervisor->has_no_bound
			 ? "TERM sets a bound, a second TERM stops now"
			 : "a second signal stops now");
	stop(supervisor,
	     bound_ms < 0 ? SUPERVISOR_NO_TIME : since_ms + bound_ms);
}

/* What was ordered in the same breath is too late: an upgrade would not know
 * that the program ends. */
static void cancel_all(struct supervisor *supervisor)
{
	supervisor_notify_stopping(supervisor);
	supervisor_cancel_upgrade(supervisor);
	supervisor_cancel_reload(supervisor);
	supervisor_refuse_orders(supervisor);
}

/* Those whose handshake is under way first get into a queue. */
static void close_the_door(struct supervisor *supervisor)
{
	struct loop *loop = &supervisor->loop;
	int64_t bound_ms = supervisor->current->config->shutdown_timeout_ms;

	cancel_all(supervisor);
	supervisor_bar_all(supervisor);
	if (!supervisor->is_stopping &&
	    (bound_ms < 0 || supervisor->has_no_bound ||
	     loop->now_ms < supervisor->barred_ms + bound_ms) &&
	    supervisor_is_someone_coming(supervisor))
		timer_start(&loop->timers, &supervisor->delay,
			    loop->now_ms + DOOR_MS);
	else
		begin_to_stop(supervisor);
}

/* Who decides where clients go has not heard of it yet. */
static void delay(struct supervisor *supervisor, int64_t delay_ms)
{
	char duration[BOUND_TEXT];

	cancel_all(supervisor);
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_SHUTDOWN),
		  "shutdown: accepting for another %s; a second signal stops "
		  "now",
		  text_format_duration(duration, sizeof(duration), delay_ms));
	timer_start(&supervisor->loop.timers, &supervisor->delay,
		    supervisor->loop.now_ms + delay_ms);
}

void supervisor_drain_delay_over(struct timer *timer)
{
	close_the_door(list_entry(timer, struct supervisor, delay));
}

void supervisor_terminate(struct supervisor *supervisor)
{
	int64_t delay_ms = supervisor->current->config->drain_delay_ms;

	supervisor->has_no_bound = false;
	if (supervisor->term_count++ > 0)
		stop_now(supervisor);
	else if (delay_ms > 0 && !supervisor->is_stopping &&
		 supervisor->barred_ms == SUPERVISOR_NO_TIME)
		delay(supervisor, delay_ms);
	else
		close_the_door(supervisor);
}

void supervisor_quit(struct supervisor *supervisor)
{
	/* What drains already, or is about to, keeps its bound. */
	if (supervisor->is_stopping || supervisor->term_count > 0)
		return;
	supervisor->has_no_bound = true;
	close_the_door(supervisor);
}

void supervisor_give_up(struct supervisor_slot *slot, const char *death)
{
	struct supervisor *supervisor = slot->supervisor;
	int number = slot->failure.number;

	supervisor->exit_status = slot->failure.text[0] != '\0' && number != 0
					  ? (int)exit_status_of(number)
					  : EXIT_NO_WORKER;
	log_error("no worker came up in %d tries: %s", SUPERVISOR_TRIES, death);
	supervisor->is_urgent = true;
	stop(supervisor, supervisor->loop.now_ms);
}

/* ---- The last steps -------------------------------------------------- */

static bool is_slot_done(const struct supervisor_slot *slot)
{
	return slot->state == SLOT_EMPTY && !is_accepting(slot) &&
	       !timer_is_started(&slot->wait);
}

/* Nobody can wait there any more. */
static void close_slot(struct supervisor_slot *slot)
{
	struct list *node;

	list_for_each (node, &slot->supervisor->bank.groups)
		bank_close_slot(list_entry(node, struct bank_group, node),
				slot->number);
	slot->is_listening = false;
}

static bool has_children(const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot)
			return true;
	return false;
}

/* For a successor. */
static bool has_waiting(const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++)
		if (timer_is_started(&supervisor->slots[i].wait))
			return true;
	return false;
}

void supervisor_stop_further(struct supervisor *supervisor)
{
	bool is_done = true;
	unsigned i;

	if (!supervisor->is_stopping)
		return;
	for (i = 0; i < supervisor->slot_high; i++) {
		if (is_slot_done(&supervisor->slots[i]))
			close_slot(&supervisor->slots[i]);
		else
			is_done = false;
	}
	/* Nothing of ours listens any more: the next instance may. */
	if (is_done)
		bank_close(&supervisor->bank);
	if (!has_children(supervisor) && !has_waiting(supervisor))
		loop_stop(&supervisor->loop);
}
