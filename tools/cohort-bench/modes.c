/* SPDX-License-Identifier: MIT */
/* modes.c - what echo and churn do with their connections. */
#include "base/clock.h"
#include "hold.h"
#include "open_loop.h"
#include "state.h"

static void echo_opened(struct run *run, struct connection *connection)
{
	run_settle(run, connection);
}

static void echo_begin(struct run *run, struct connection *connection)
{
	uint64_t i;

	for (i = 0; i < run->options->depth && run_take_exchange(run); i++)
		connection_allow(connection, run->started_us);
	if (i == 0)
		connection_finish(connection, CONNECTION_HALF_CLOSES);
}

static void echo_settled(struct run *run)
{
	/* The clock runs from here: opening is no part of the rate. */
	run->started_us = clock_now_us();
	run_start_end_timer(run);
	run_for_each_open(run, echo_begin);
}

static void echo_exchanged(struct run *run, struct connection *connection)
{
	if (run_take_exchange(run))
		connection_allow(connection, connection->setup->now_us);
	else
		connection_finish(connection, CONNECTION_HALF_CLOSES);
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
	.time_is_up = run_stop,
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
