/* SPDX-License-Identifier: MIT */
/* hold.c - open all, exchange once, hold, exchange again. */
#include "hold.h"

#include "base/clock.h"

static void ask(struct run *run, struct connection *connection)
{
	(void)run;
	connection_allow(connection, clock_now_us());
}

/* Go on through the connections, as far as the window allows. */
static void ask_some(struct loop_task *task)
{
	struct run *run = list_entry(task, struct run, asker);
	struct connection *connection;

	while (run->asked_count < run->options->connection_count &&
	       run->asking_count < HOLD_WINDOW && !run->is_stopping) {
		connection = &run->connections[run->asked_count++];
		if (connection->state != CONNECTION_OPEN)
			continue;
		run->asking_count++;
		connection->is_asked = true;
		ask(run, connection);
		connection_push(connection);
	}
}

static void leave_asking(struct run *run, struct connection *connection)
{
	if (!connection->is_asked)
		return;
	connection->is_asked = false;
	run->asking_count--;
	loop_post(&run->loop, &run->asker);
}

static void exchanged(struct run *run, struct connection *connection)
{
	if (connection->exchanged_count == 1) {
		run_settle(run, connection);
		return;
	}
	leave_asking(run, connection);
	connection_finish(connection, CONNECTION_HALF_CLOSES);
}

static void time_is_up(struct run *run)
{
	loop_task_init(&run->asker, ask_some);
	loop_post(&run->loop, &run->asker);
}

/* Whoever holds exchanges again; before, and after, there is nothing to cut. */
static void interrupted(struct run *run)
{
	if (!timer_is_started(&run->end)) {
		run_stop(run);
		return;
	}
	timer_stop(&run->loop.timers, &run->end);
	time_is_up(run);
}

const struct driver hold_driver = {
	.opened = ask,
	.exchanged = exchanged,
	.settled = run_start_end_timer,
	.time_is_up = time_is_up,
	.interrupted = interrupted,
	.ended = leave_asking,
	.window = HOLD_WINDOW,
};
