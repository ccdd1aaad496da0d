/* SPDX-License-Identifier: MIT */
/* run.c - a whole run: open the connections, drive them by the mode, stop. */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "descriptors.h"
#include "open_loop.h"
#include "state.h"

static struct run *run_of(const struct connection *connection)
{
	return connection->setup->owner;
}

bool run_take_exchange(struct run *run)
{
	if (run->is_stopping || run->left_count == 0)
		return false;
	run->left_count--;
	return true;
}

void run_start_end_timer(struct run *run)
{
	if (run->options->duration_ms > 0)
		timer_start(&run->loop.timers, &run->end,
			    clock_now_ms() + run->options->duration_ms);
}

void run_for_each_open(struct run *run,
		       void (*act)(struct run *, struct connection *))
{
	uint64_t i;

	for (i = 0; i < run->options->connection_count; i++) {
		struct connection *connection = &run->connections[i];

		if (connection->state != CONNECTION_OPEN)
			continue;
		act(run, connection);
		connection_push(connection);
	}
}

static void finish(struct run *run, struct connection *connection)
{
	(void)run;
	connection_finish(connection, CONNECTION_HALF_CLOSES);
}

static void retire(struct run *run)
{
	if (--run->live_count == 0)
		loop_stop(&run->loop);
}

/* What waits to be opened never will be. */
static void drop_waiting(struct run *run)
{
	list_take(&run->waiting, &run->resting);
	while (!list_is_empty(&run->waiting)) {
		list_remove(run->waiting.next);
		retire(run);
	}
}

void run_stop(struct run *run)
{
	run->is_stopping = true;
	timer_stop(&run->loop.timers, &run->end);
	drop_waiting(run);
	run_for_each_open(run, finish);
}

static void leave_dialing(struct run *run, struct connection *connection)
{
	if (!connection->is_dialing)
		return;
	connection->is_dialing = false;
	run->dialing_count--;
	if (!list_is_empty(&run->waiting))
		loop_post(&run->loop, &run->dialer);
}

void run_settle(struct run *run, struct connection *connection)
{
	if (connection->is_settled)
		return;
	connection->is_settled = true;
	leave_dialing(run, connection);
	if (--run->unsettled_count > 0)
		return;
	run->result->opening_us = clock_now_us() - run->started_us;
	if (run->driver->settled)
		run->driver->settled(run);
}

/* ---- Opening, and the events of a connection ------------------------- */

/* Opens from a task, so that no connection is opened from its own callback,
 * never too many at once for the target's queue, and not all of them without a
 * look at the others: over loopback an attempt is over at once. */
static void dial_some(struct loop_task *task)
{
	struct run *run = list_entry(task, struct run, dialer);
	unsigned window =
		run->driver->window ? run->driver->window : RUN_CONNECTING;
	unsigned left = window;

	while (!list_is_empty(&run->waiting) && run->dialing_count < window &&
	       left-- > 0) {
		struct connection *connection =
			list_entry(run->waiting.next, struct connection, node);

		list_remove(&connection->node);
		if (run->driver->is_reopening && !run_take_exchange(run)) {
			retire(run);
			continue;
		}
		connection->is_dialing = true;
		run->dialing_count++;
		connection_open(connection, run->next_id++);
	}
	if (!list_is_empty(&run->waiting) && run->dialing_count < window)
		loop_post(&run->loop, &run->dialer);
}

static void opened(struct connection *connection)
{
	struct run *run = run_of(connection);

	run->result->connected_count++;
	if (!run->driver->window)
		leave_dialing(run, connection);
	run->driver->opened(run, connection);
	if (run->is_stopping)
		connection_finish(connection, CONNECTION_HALF_CLOSES);
}

/* At the time of setup.now_us. */
static void note_exchange(struct run *run, int64_t took_us)
{
	struct result *result = run->result;

	histogram_add(&result->latencies, took_us);
	result->exchange_count++;
	result->byte_count += run->options->size_bytes;
	result->elapsed_us = run->setup.now_us - run->started_us;
}

static void exchanged(struct connection *connection, int64_t took_us)
{
	struct run *run = run_of(connection);

	/* With churn the exchange is the whole connection. */
	if (!run->driver->exchanged)
		return;
	note_exchange(run, took_us);
	run->driver->exchanged(run, connection);
}

static void open_again(struct run *run, struct connection *connection,
		       enum failure failure)
{
	if (run->is_stopping || run->left_count == 0) {
		retire(run);
		return;
	}
	if (failure == FAILURE_NONE) {
		list_append(&run->waiting, &connection->node);
		loop_post(&run->loop, &run->dialer);
		return;
	}
	/* What is refused is refused at once: do not spin on it. */
	list_append(&run->resting, &connection->node);
	if (!timer_is_started(&run->rest))
		timer_start(&run->loop.timers, &run->rest,
			    run->loop.now_ms + RUN_FAILURE_REST_MS);
}

static void note_connection(struct run *run, struct connection *connection)
{
	run->setup.now_us = clock_now_us();
	note_exchange(run, run->setup.now_us - connection->began_us);
}

static void ended(struct connection *connection, enum failure failure,
		  int number)
{
	struct run *run = run_of(connection);

	leave_dialing(run, connection);
	if (run->driver->ended)
		run->driver->ended(run, connection);
	if (failure != FAILURE_NONE)
		failures_add(&run->result->failures, failure, number);
	else if (run->driver->is_reopening)
		note_connection(run, connection);
	if (run->driver->is_reopening) {
		open_again(run, connection, failure);
		return;
	}
	run_settle(run, connection);
	retire(run);
}

static void rest_is_over(struct timer *timer)
{
	struct run *run = list_entry(timer, struct run, rest);

	list_take(&run->waiting, &run->resting);
	loop_post(&run->loop, &run->dialer);
}

static void end_is_reached(struct timer *timer)
{
	struct run *run = list_entry(timer, struct run, end);

	run->driver->time_is_up(run);
}

/* While a task is queued the loop polls, and does not sleep. */
static void spin(struct loop_task *task)
{
	struct run *run = list_entry(task, struct run, spinner);

	loop_post(&run->loop, task);
}

/* ---- Begin and end --------------------------------------------------- */

/* What is not answered by now is lost, for all we know. */
static void give_up(struct run *run)
{
	uint64_t i;

	for (i = 0; i < run->options->connection_count; i++)
		if (run->connections[i].state != CONNECTION_IDLE)
			failures_add(&run->result->failures, FAILURE_TIMEOUT,
				     0);
	loop_stop(&run->loop);
}

static void interrupted(void *context, int sender_pid)
{
	struct run *run = context;

	(void)sender_pid;
	if (run->is_stopping || run->result->is_interrupted) {
		give_up(run);
		return;
	}
	run->result->is_interrupted = true;
	if (run->driver->interrupted)
		run->driver->interrupted(run);
	else
		run_stop(run);
}

static const struct signals_row signal_rows[] = {
	{SIGINT, interrupted},
	{SIGTERM, interrupted},
	{SIGPIPE, NULL},
	{0, NULL},
};

static int take_memory(struct run *run, struct error *error)
{
	uint64_t i, count = run->options->connection_count;

	run->connections = calloc(count, sizeof(*run->connections));
	run->starts_us =
		calloc(count * run->options->depth, sizeof(*run->starts_us));
	run->setup.buffer = malloc(CONNECTION_BUFFER_BYTES);
	if (!run->connections || !run->starts_us || !run->setup.buffer)
		return error_set_errno(error, "no memory for %llu connections",
				       (unsigned long long)count);
	for (i = 0; i < count; i++) {
		connection_init(&run->connections[i], &run->setup,
				run->starts_us + i * run->options->depth);
		list_append(&run->waiting, &run->connections[i].node);
	}
	return 0;
}

static void prepare(struct run *run, const struct options *options,
		    const struct driver *driver, struct target *target,
		    struct result *result)
{
	memset(run, 0, sizeof(*run));
	memset(result, 0, sizeof(*result));
	run->options = options;
	run->driver = driver;
	run->result = result;
	run->target = target;
	target->is_single = options->mode == MODE_CHURN &&
			    options->size_bytes <= RUN_SEGMENT_BYTES;
	run->setup = (struct connection_setup){
		.loop = &run->loop,
		.target = target,
		.pattern = &run->pattern,
		.size_bytes = options->size_bytes,
		.depth = (unsigned)options->depth,
		.timeout_ms = options->timeout_ms,
		.owner = run,
		.opened = opened,
		.exchanged = exchanged,
		.ended = ended,
	};
	pattern_init(&run->pattern);
	/* Not the same bytes as those of an earlier run. */
	run->next_id = (uint64_t)clock_now_us() << 20;
	run->left_count =
		options->exchange_count ? options->exchange_count : UINT64_MAX;
	run->unsettled_count = run->live_count = options->connection_count;
	list_init(&run->waiting);
	list_init(&run->resting);
	loop_task_init(&run->dialer, dial_some);
	timer_init(&run->rest, rest_is_over);
	timer_init(&run->end, end_is_reached);
	loop_task_init(&run->spinner, spin);
	pacer_init(&run->pacer);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static int turn(struct run *run, struct error *error)
{
	struct rusage before, after;
	int status;

	if (signals_start(&run->signals, &run->loop, signal_rows, run, error) <
	    0)
		return -1;
	getrusage(RUSAGE_SELF, &before);
	run->started_us = clock_now_us();
	if (run->options->mode == MODE_CHURN)
		run_start_end_timer(run);
	loop_post(&run->loop, &run->dialer);
	if (run->options->is_spinning)
		loop_post(&run->loop, &run->spinner);
	status = loop_run(&run->loop, error);
	getrusage(RUSAGE_SELF, &after);
	run->result->user_s =
		seconds_of(&after.ru_utime) - seconds_of(&before.ru_utime);
	run->result->system_s =
		seconds_of(&after.ru_stime) - seconds_of(&before.ru_stime);
	signals_stop(&run->signals, &run->loop);
	if (run->options->rate > 0)
		open_loop_judge(run);
	return status;
}

static void release(struct run *run)
{
	uint64_t i;

	for (i = 0; run->connections && i < run->options->connection_count; i++)
		connection_drop(&run->connections[i]);
	free(run->connections);
	free(run->starts_us);
	free(run->setup.buffer);
	pacer_close(&run->pacer);
	loop_release(&run->loop);
}

static int begin(struct run *run, struct error *error)
{
	return run->options->rate > 0 ? open_loop_prepare(run, error) : 0;
}

int run_perform_by(const struct driver *driver, const struct options *options,
		   struct target *target, struct result *result,
		   struct error *error)
{
	struct run *state = calloc(1, sizeof(*state));
	int status = -1;

	if (!state)
		return error_set_errno(error, "no memory");
	prepare(state, options, driver, target, result);
	if (descriptors_allow(options->connection_count, error) == 0 &&
	    loop_init(&state->loop, error) == 0) {
		if (take_memory(state, error) == 0 && begin(state, error) == 0)
			status = turn(state, error);
		release(state);
	}
	free(state);
	return status;
}

int run_perform(const struct options *options, struct target *target,
		struct result *result, struct error *error)
{
	return run_perform_by(modes_driver(options), options, target, result,
			      error);
}
