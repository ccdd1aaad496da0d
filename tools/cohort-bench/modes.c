/* SPDX-License-Identifier: MIT */
/* modes.c - what echo and churn do with their connections. */
#include <signal.h>

#include "base/clock.h"
#include "hold.h"
#include "open_loop.h"
#include "state.h"

static void echo_opened(struct run *run, struct connection *connection)
{
	run_settle(run, connection);
}

/* Until whoever watches has looked, and sends CONT.  A failure is not worth a
 * look. */
static void halt(const struct run *run)
{
	if (run->options->is_halting && !run->is_broken && !run->is_stopping)
		raise(SIGSTOP);
}

static bool take_exchange(struct run *run)
{
	if (!run_take_exchange(run))
		return false;
	run->pending_count++;
	return true;
}

/* Not from a callback: it ends connections, that one perhaps. */
static void end_now(struct run *run)
{
	timer_start(&run->loop.timers, &run->end, run->loop.now_ms);
}

/* No exchange is left for it.  Who halts keeps it: until whoever watches has
 * looked again, a connection that ends is one that is lost. */
static void has_no_more(struct run *run, struct connection *connection)
{
	if (!run->options->is_halting || run->is_stopping)
		connection_finish(connection, CONNECTION_HALF_CLOSES);
	else if (run->pending_count == 0)
		end_now(run);
}

static void echo_begin(struct run *run, struct connection *connection)
{
	uint64_t i;

	for (i = 0; i < run->options->depth && take_exchange(run); i++)
		connection_allow(connection, run->started_us);
	if (i == 0)
		has_no_more(run, connection);
}

static void echo_settled(struct run *run)
{
	halt(run);
	/* The clock runs from here: opening is no part of the rate. */
	run->started_us = clock_now_us();
	run_start_end_timer(run);
	run_for_each_open(run, echo_begin);
}

static void echo_exchanged(struct run *run, struct connection *connection)
{
	run->pending_count--;
	if (take_exchange(run))
		connection_allow(connection, connection->setup->now_us);
	else
		has_no_more(run, connection);
}

/* Who halts waits for all answers before that: none is seen too late. */
static void echo_time_is_up(struct run *run)
{
	run->left_count = 0;
	if (run->options->is_halting && run->pending_count > 0 &&
	    !run->is_broken)
		return;
	halt(run);
	run_stop(run);
}

static void echo_ended(struct run *run, struct connection *connection)
{
	(void)connection;
	if (!run->options->is_halting || run->is_stopping)
		return;
	run->is_broken = true;
	end_now(run);
}

static void churn_opened(struct run *run, struct connection *connection)
{
	connection_allow(connection, clock_now_us());
	connection_finish(connection, run->options->is_until_eof
					      ? CONNECTION_HALF_CLOSES_EARLY
					      : CONNECTION_CLOSES);
}

static const struct driver echo_driver = {
	.opened = echo_opened,
	.exchanged = echo_exchanged,
	.settled = echo_settled,
	.time_is_up = echo_time_is_up,
	.ended = echo_ended,
};

static const struct driver churn_driver = {
	.opened = churn_opened,
	.time_is_up = run_stop,
	.is_reopening = true,
};

const struct driver *modes_driver(const struct options *options)
{
	switch (options->mode) {
	case MODE_ECHO:
		return options->rate > 0 ? &open_loop_driver : &echo_driver;
	case MODE_CHURN: return &churn_driver;
	case MODE_LEDGER: /* has clients of its own, and no driver */
	case MODE_HOLD: break;
	}
	return &hold_driver;
}
