/* SPDX-License-Identifier: MIT */
/* state.h - a run while it runs: shared by run.c, which opens and counts, and
 * modes.c, which says what each mode does with its connections. */
#ifndef COHORT_BENCH_STATE_H
#define COHORT_BENCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "event/loop.h"
#include "event/signals.h"
#include "pace.h"
#include "pacer.h"
#include "run.h"

struct run;

/* What a mode does with its connections. */
struct driver {
	void (*opened)(struct run *run, struct connection *connection);
	void (*exchanged)(struct run *run, struct connection *connection);
	/* All connections are settled: they exchange, or failed before. */
	void (*settled)(struct run *run);
	void (*time_is_up)(struct run *run);
	void (*interrupted)(struct run *run); /* the first time; or run_stop */
	void (*ended)(struct run *run, struct connection *connection);
	bool is_reopening; /* whenever a connection has ended */
	/* Not 0: so many at once are opened, each until it is settled, and not
	 * only until it is connected. */
	unsigned window;
};

struct run {
	const struct options *options;
	const struct driver *driver;
	struct result *result;
	struct loop loop;
	struct signals signals;
	struct target *target;
	struct connection_setup setup;
	struct pattern pattern;
	struct connection *connections;
	int64_t *starts_us;
	uint64_t next_id;
	uint64_t left_count; /* exchanges still to be started */
	uint64_t unsettled_count, live_count;
	unsigned dialing_count; /* attempts in progress */
	struct list waiting;    /* to be opened */
	struct list resting;    /* the same, after a failure */
	struct loop_task dialer;
	struct loop_task spinner;
	struct timer rest;
	struct timer end; /* of the run, or of the hold */
	int64_t started_us;
	bool is_stopping;
	/* Of an echo that halts. */
	uint64_t pending_count; /* exchanges on their way */
	bool is_broken;         /* a connection has ended before the end */
	/* Of a hold. */
	struct loop_task asker;
	uint64_t asked_count; /* so many of the connections, at the end */
	unsigned asking_count;
	/* Of an open loop. */
	struct pace pace;
	struct pacer pacer;
	bool is_judged; /* whether the rate was kept is decided */
};

/* The connection failed or exchanges: its first opening is over.  When it was
 * the last one, the driver is told.  Idempotent. */
void run_settle(struct run *run, struct connection *connection);

/* May one more exchange be started?  It is counted as started. */
bool run_take_exchange(struct run *run);

/* Let the driver's time_is_up come after the time of the options. */
void run_start_end_timer(struct run *run);

/* Call `act` for each connection that is open. */
void run_for_each_open(struct run *run,
		       void (*act)(struct run *, struct connection *));

/* Start nothing new; what is on its way is waited for. */
void run_stop(struct run *run);

const struct driver *modes_driver(const struct options *options);

/* run_perform with another driver than that of the mode: for tests, which
 * say themselves when something happens. */
int run_perform_by(const struct driver *driver, const struct options *options,
		   struct target *target, struct result *result,
		   struct error *error);

#endif
