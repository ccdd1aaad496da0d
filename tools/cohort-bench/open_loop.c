/* SPDX-License-Identifier: MIT */
/* open_loop.c - echo at a rate: messages leave when they are due, whatever
 * has become of those before them.
 *
 *	connect all ──▶ messages come due ──▶ grace ──▶ judged ──▶ the rest
 *
 * A message whose connection has `depth` of them on their way waits; its clock
 * runs.  If the rate was kept by then, stragglers are waited for, because
 * their latencies belong to the result, and with them what this client, held
 * up, has yet to see that it is due; if not, what still waits is dropped:
 * there is no result. */
#include "open_loop.h"

#include "base/clock.h"

static uint64_t number_of(const struct run *run,
			  const struct connection *connection)
{
	return (uint64_t)(connection - run->connections);
}

/* Send what is due, as far as the depth allows; nothing once it finishes. */
static void serve(struct run *run, struct connection *connection)
{
	const struct pace *pace = &run->pace;
	uint64_t number = number_of(run, connection);
	uint64_t due_count = pace_share(pace, number, pace->due_count);

	while (!connection->is_finishing &&
	       connection->allowed_count < due_count &&
	       connection->allowed_count - connection->exchanged_count <
		       run->options->depth)
		connection_allow(connection,
				 pace_share_time_us(pace, number,
						    connection->allowed_count));
}

static void come_due(void *owner, uint64_t index)
{
	struct run *run = owner;
	struct connection *connection =
		&run->connections[index % run->pace.connection_count];

	if (connection->state != CONNECTION_OPEN)
		return;
	serve(run, connection);
	connection_push(connection);
}

static void finish_if_done(struct run *run, struct connection *connection)
{
	uint64_t share = pace_share(&run->pace, number_of(run, connection),
				    run->pace.message_count);

	if (run->is_judged && connection->exchanged_count >= share)
		connection_finish(connection, CONNECTION_HALF_CLOSES);
}

static void start_judgement_timer(struct run *run)
{
	timer_start(&run->loop.timers, &run->end,
		    pace_judgement_us(&run->pace) / 1000 + 1);
}

static void opened(struct run *run, struct connection *connection)
{
	run_settle(run, connection);
}

static void settled(struct run *run)
{
	run->started_us = clock_now_us();
	run->pace.start_us = run->started_us;
	pacer_start(&run->pacer);
	start_judgement_timer(run);
}

static void exchanged(struct run *run, struct connection *connection)
{
	serve(run, connection);
	finish_if_done(run, connection);
	/* Not from here: it ends connections, this one perhaps. */
	if (run->result->exchange_count == run->pace.message_count)
		timer_start(&run->loop.timers, &run->end, run->loop.now_ms);
}

/* Once; what comes later changes no verdict, but had delays, too. */
void open_loop_judge(struct run *run)
{
	struct result *result = run->result;
	struct pace_account account = {
		.done_count = result->exchange_count,
		.failure_count = failures_total(&result->failures),
		.idle_us = clock_now_us() - run->pace.start_us -
			   run->pacer.busy_us,
		.late_us = (int64_t)histogram_mean_us(&run->pacer.late),
	};

	result->late = run->pacer.late;
	if (run->is_judged)
		return;
	run->is_judged = true;
	result->verdict = pace_judge(&run->pace, &account);
	result->rate_kept = pace_kept(&run->pace, account.done_count);
}

static void judgement_has_come(struct run *run)
{
	open_loop_judge(run);
	if (run->result->verdict == PACE_KEPT) {
		run_for_each_open(run, finish_if_done);
		return;
	}
	pacer_stop(&run->pacer);
	run_stop(run);
}

/* The user's wish: what is due by now is the whole run, also what has not been
 * told.  After the judgement nothing else is waited for anyway. */
static void cut(struct run *run)
{
	if (run->is_judged)
		return;
	if (run->unsettled_count > 0) {
		pace_cut(&run->pace, 0);
		run_stop(run);
		return;
	}
	pace_cut(&run->pace, pace_due_at(&run->pace, clock_now_us()));
	start_judgement_timer(run);
}

const struct driver open_loop_driver = {
	.opened = opened,
	.exchanged = exchanged,
	.settled = settled,
	.time_is_up = judgement_has_come,
	.interrupted = cut,
};

int open_loop_prepare(struct run *run, struct error *error)
{
	const struct options *options = run->options;

	pace_init(&run->pace, options->rate, options->duration_ms,
		  options->exchange_count);
	run->pace.connection_count = options->connection_count;
	run->pacer.owner = run;
	run->pacer.due = come_due;
	return pacer_open(&run->pacer, &run->loop, &run->pace, error);
}
