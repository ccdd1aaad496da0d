/* SPDX-License-Identifier: MIT */
/* ledger.c - a run of the ledger: its clients, its time, its end. */
#include "ledger.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "descriptors.h"
#include "event/loop.h"
#include "event/signals.h"
#include "ledger_client.h"
#include "ledger_pending.h"
#include "ledger_report.h"

/* The first exchanges are spread over so long, or over the pause between two
 * of a client if that is shorter. */
#define SPREAD_LIMIT_US 1000000

struct ledger {
	const struct options *options;
	struct loop loop;
	struct signals signals;
	struct ledger_book book;
	struct ledger_pending pending;
	struct ledger_setup setup;
	struct ledger_client *clients;
	uint64_t live_count;
	struct timer end;
};

static void stop_when_done(struct ledger *ledger)
{
	if (ledger->live_count == 0 &&
	    ledger_pending_is_empty(&ledger->pending))
		loop_stop(&ledger->loop);
}

static void pending_emptied(struct ledger_pending *pending)
{
	stop_when_done(list_entry(pending, struct ledger, pending));
}

static void client_finished(struct ledger_client *client)
{
	struct ledger *ledger = client->setup->owner;

	ledger->live_count--;
	stop_when_done(ledger);
}

static void for_each_client(struct ledger *ledger,
			    void (*act)(struct ledger_client *client))
{
	uint64_t i;

	for (i = 0; i < ledger->options->connection_count; i++)
		act(&ledger->clients[i]);
}

/* No client waits longer than -T from here. */
static void end(struct ledger *ledger)
{
	ledger->setup.is_stopping = true;
	timer_stop(&ledger->loop.timers, &ledger->end);
	for_each_client(ledger, ledger_client_stop);
}

static void end_is_reached(struct timer *timer)
{
	end(list_entry(timer, struct ledger, end));
}

static void interrupted(void *context, int sender_pid)
{
	struct ledger *ledger = context;

	(void)sender_pid;
	ledger->book.is_interrupted = true;
	if (!ledger->setup.is_stopping)
		end(ledger);
	else
		for_each_client(ledger, ledger_client_give_up);
}

static const struct signals_row signal_rows[] = {
	{SIGINT, interrupted},
	{SIGTERM, interrupted},
	{SIGPIPE, NULL},
	{0, NULL},
};

static int make_clients(struct ledger *ledger, struct error *error)
{
	const struct options *options = ledger->options;
	uint64_t i, count = options->connection_count;
	int64_t spread_us = SPREAD_LIMIT_US, now_us = clock_now_us();

	if (options->client_rate > 0 &&
	    1000000 / options->client_rate < SPREAD_LIMIT_US)
		spread_us = (int64_t)(1000000 / options->client_rate);
	ledger->clients = calloc(count, sizeof(*ledger->clients));
	if (!ledger->clients)
		return error_set_errno(error, "no memory for %llu connections",
				       (unsigned long long)count);
	for (i = 0; i < count; i++)
		ledger_client_init(&ledger->clients[i], &ledger->setup, i,
				   now_us + spread_us * (int64_t)i /
						    (int64_t)count);
	ledger->live_count = count;
	return 0;
}

static int turn(struct ledger *ledger, struct error *error)
{
	int64_t started_us = clock_now_us();
	int status;

	if (signals_start(&ledger->signals, &ledger->loop, signal_rows, ledger,
			  error) < 0)
		return -1;
	timer_start(&ledger->loop.timers, &ledger->end,
		    clock_now_ms() + ledger->options->duration_ms);
	status = loop_run(&ledger->loop, error);
	ledger->book.elapsed_us = clock_now_us() - started_us;
	signals_stop(&ledger->signals, &ledger->loop);
	return status;
}

/* They may have ended before one can look, right after they closed. */
static enum ledger_fate fate_of_those_who_leave(int pid)
{
	(void)pid;
	return LEDGER_FATE_ALIVE;
}

static int run(struct ledger *ledger, struct target *target,
	       struct error *error)
{
	int status = -1;

	ledger->setup = (struct ledger_setup){
		.options = ledger->options,
		.loop = &ledger->loop,
		.target = target,
		.book = &ledger->book,
		.pending = &ledger->pending,
		.owner = ledger,
		.finished = client_finished,
	};
	timer_init(&ledger->end, end_is_reached);
	ledger_pending_init(&ledger->pending, &ledger->loop, &ledger->book,
			    pending_emptied);
	if (ledger->options->is_orderly)
		ledger->pending.fate_of = fate_of_those_who_leave;
	if (make_clients(ledger, error) == 0) {
		status = turn(ledger, error);
		for_each_client(ledger, ledger_client_drop);
	}
	ledger_pending_release(&ledger->pending);
	free(ledger->clients);
	return status;
}

static void report(const struct ledger *ledger)
{
	if (ledger->options->is_json)
		ledger_report_json(stdout, ledger->options, &ledger->book);
	else
		ledger_report_text(stdout, ledger->options, &ledger->book);
}

int ledger_perform(const struct options *options, struct target *target,
		   bool *is_ok, struct error *error)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int status = -1;

	if (!ledger)
		return error_set_errno(error, "no memory");
	ledger->options = options;
	if (descriptors_allow(options->connection_count, error) == 0 &&
	    ledger_book_init(&ledger->book, options->is_events ? stdout : NULL,
			     error) == 0 &&
	    loop_init(&ledger->loop, error) == 0) {
		status = run(ledger, target, error);
		loop_release(&ledger->loop);
	}
	if (status == 0)
		report(ledger);
	*is_ok = status == 0 &&
		 ledger_book_is_ok(&ledger->book,
				   options->allowed_unknown_count);
	ledger_book_release(&ledger->book);
	free(ledger);
	return status;
}
