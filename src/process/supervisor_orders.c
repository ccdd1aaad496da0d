/* SPDX-License-Identifier: MIT */
/* supervisor_orders.c - what the supervisor tells its workers.
 *
 * Nothing here waits: an order that finds the channel full is remembered as a
 * bit and made up again when there is room. */
#include "process/supervisor_internal.h"

#include <errno.h>

#define RETRY_MS 100

static uint64_t bit_of(enum record_type type)
{
	return UINT64_C(1) << type;
}

static int64_t bound_of(const struct child *child)
{
	int64_t left_ms =
		child->drain_until_ms - child->supervisor->loop.now_ms;

	if (child->drain_until_ms == SUPERVISOR_NO_TIME)
		return -1;
	return left_ms > 0 ? left_ms : 0;
}

static enum log_level level_of(const struct child *child)
{
	const struct supervisor *supervisor = child->supervisor;
	const struct generation *generation = supervisor_generation_of(child);

	if (!generation)
		generation = supervisor->current;
	return supervisor_log_level(supervisor, generation->config);
}

static int send_sink(struct child *child, enum record_type type, int fd,
		     const struct log_form *form)
{
	const struct channel_load load = {
		.data = form,
		.size = sizeof(*form),
		.fds = &fd,
		.fd_count = fd >= 0,
	};

	return channel_send(&child->channel, type, &load);
}

/* Both: whoever could not be told of one of them is told of both again. */
static int send_log(struct child *child)
{
	const struct supervisor *supervisor = child->supervisor;
	const struct log_sink *access = &supervisor->access;

	if (log_descriptor() >= 0 &&
	    send_sink(child, RECORD_LOG, log_descriptor(), log_form()) < 0)
		return -1;
	if (!supervisor->has_access)
		return 0;
	return send_sink(child, RECORD_ACCESS, access->fd, &access->form);
}

static int send_order(struct child *child, enum record_type type)
{
	int64_t bound_ms = bound_of(child);
	struct channel_load load = {0};

	if (type == RECORD_DRAIN) {
		load.number = child->supervisor->is_stopping;
		load.data = &bound_ms;
		load.size = sizeof(bound_ms);
	} else if (type == RECORD_COUNT) {
		load.number = child->supervisor->slot_count;
	} else if (type == RECORD_SUSPEND) {
		return supervisor_send_suspended(child);
	} else if (type == RECORD_SPIN) {
		load.number = child->may_spin;
	} else if (type == RECORD_LEVEL) {
		load.number = level_of(child);
	} else if (type == RECORD_LOG) {
		return send_log(child);
	}
	return channel_send(&child->channel, type, &load);
}

static bool is_full(int number)
{
	return number == EAGAIN || number == ENOBUFS || number == ENOMEM ||
	       number == ETOOMANYREFS;
}

/* In the order in which they are sent. */
static const enum record_type types[] = {
	RECORD_BANKED, RECORD_LOG,     RECORD_LEVEL, RECORD_COUNT,
	RECORD_SPIN,   RECORD_SUSPEND, RECORD_DRAIN};

static void send_unsent(struct child *child)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!(child->unsent & bit_of(types[i])))
			continue;
		/* Any other failure means that the worker is dying, of which
		 * the channel and SIGCHLD tell. */
		if (send_order(child, types[i]) < 0 && is_full(errno))
			return;
		child->unsent &= ~bit_of(types[i]);
	}
}

void supervisor_order(struct child *child, enum record_type type)
{
	struct loop *loop = &child->supervisor->loop;
	struct timer *retry = &child->supervisor->retry;

	if (child->channel.fd < 0)
		return;
	if (!child->unsent)
		child->unsent_since_ms = loop->now_ms;
	child->unsent |= bit_of(type);
	send_unsent(child);
	if (child->unsent && !timer_is_started(retry))
		timer_start(&loop->timers, retry, loop->now_ms + RETRY_MS);
}

void supervisor_resume_orders(struct child *child, uint64_t unsent)
{
	size_t i;

	if (unsent & bit_of(RECORD_SUSPEND))
		supervisor_forget_suspended(child);
	/* A type that only the other build knows is lost. */
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (unsent & bit_of(types[i]))
			supervisor_order(child, types[i]);
}

void supervisor_retry_orders(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, retry);
	int64_t timeout_ms = supervisor->current->config->watchdog_timeout_ms;
	int64_t now_ms = supervisor->loop.now_ms;
	bool is_left = false;
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!child->slot || !child->unsent || child->channel.fd < 0)
			continue;
		send_unsent(child);
		if (!child->unsent)
			continue;
		is_left = true;
		if (timeout_ms >= 0 &&
		    now_ms - child->unsent_since_ms >= timeout_ms) {
			child->unsent_since_ms = now_ms;
			supervisor_kill(child, "it does not read its channel");
		}
	}
	if (is_left)
		timer_start(&supervisor->loop.timers, timer, now_ms + RETRY_MS);
}

void supervisor_order_log(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot)
			supervisor_order(&supervisor->children[i], RECORD_LOG);
	supervisor_order_admin_log(supervisor);
}

void supervisor_order_drain(struct child *child, int64_t until_ms)
{
	struct timers *timers = &child->supervisor->loop.timers;

	if (worker_state_step(&child->state, WORKER_IS_TOLD_TO_DRAIN) < 0)
		log_bug("a worker cannot drain while it is %s",
			worker_state_names[child->state]);
	child->drain_until_ms = until_ms;
	supervisor_forget_adopter(child);
	if (child->is_orphan && !child->is_reaped)
		supervisor_retire(child);
	/* Its deadline is set, and short. */
	if (child->is_reaped || (child->channel.fd < 0 && !child->is_orphan))
		return;
	supervisor_order(child, RECORD_DRAIN);
	/* Its end is near. */
	if (child->is_hung || child->is_killed)
		return;
	if (until_ms == SUPERVISOR_NO_TIME)
		timer_stop(timers, &child->deadline);
	else
		timer_start(timers, &child->deadline,
			    until_ms + SUPERVISOR_KILL_MS);
}

/* A worker may listen when the bank has all it listens on.  Where that means a
 * new place in the kernel's order, one at a time does, in the order of the
 * slots, so that the order is known (kernel.md 5). */
static void let_listen(struct supervisor_slot *slot, struct child *child,
		       bool *is_turn)
{
	const struct generation *generation;
	bool is_new;

	if (!child || child->state != WORKER_STARTING || child->is_listening ||
	    child->is_reaped)
		return;
	generation = supervisor_generation_of(child);
	is_new = !generation_is_listening(generation, slot->number);
	if ((*is_turn || !is_new) && !child->is_told_to_listen &&
	    generation_is_banked(generation, slot->number)) {
		child->is_told_to_listen = true;
		/* It serves, whether we live or not: a successor has to know
		 * of it. */
		supervisor_keep_changes(child->supervisor);
		supervisor_order(child, RECORD_BANKED);
	}
	if (is_new)
		*is_turn = false;
}

void supervisor_order_listen(struct supervisor *supervisor)
{
	struct supervisor_slot *slot;
	bool is_turn = true;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++) {
		slot = &supervisor->slots[i];
		let_listen(slot, slot->child, &is_turn);
		let_listen(slot, slot->next, &is_turn);
	}
}
