/* SPDX-License-Identifier: MIT */
/* worker.c - the life of a worker: birth, heartbeat, end. */
#include "process/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/command_line.h"
#include "process/cpus.h"
#include "process/sandbox.h"
#include "process/spawn.h"
#include "process/watchdog.h"
#include "process/worker_internal.h"

/* ---- Signals --------------------------------------------------------- */

/* Before READY nobody is served, and there is nothing to hand over. */
static void on_terminate(void *context, int sender_pid)
{
	struct worker *worker = context;

	(void)sender_pid;
	if (worker->phase == WORKER_PHASE_STARTING || worker->order->is_trial)
		loop_stop(&worker->loop);
	else if (worker->channel.fd < 0)
		worker_succeeded(worker);
	else if (worker->phase == WORKER_PHASE_SERVING)
		worker_report(worker, RECORD_LEAVE);
}

/* spawn has the others ignored. */
static const struct signals_row signal_rows[] = {
	{SIGTERM, on_terminate},
	{0, NULL},
};

/* ---- The heartbeat --------------------------------------------------- */

static void beat(void *context, struct loop *loop)
{
	uint64_t *cells = scoreboard_cells(context);

	scoreboard_store(&cells[SCOREBOARD_HEARTBEAT_MS],
			 (uint64_t)loop->now_ms);
	scoreboard_add(&cells[SCOREBOARD_TURNS], 1);
	scoreboard_observe(&cells[SCOREBOARD_LAG], scoreboard_lag_bounds_us,
			   SCOREBOARD_LAG_BUCKETS, loop->turn_us);
	scoreboard_store(&cells[SCOREBOARD_LOG_DROPPED], log_dropped_count());
	scoreboard_store(&cells[SCOREBOARD_BUSY_POLL_US], loop->spin.spent_us);
}

/* Some beats before it would be suspect. */
static int turn_limit(const struct config *config)
{
	const struct watchdog_settings settings = {
		.steer_ms = config->watchdog_steer_ms,
		.timeout_ms = config->watchdog_timeout_ms,
	};

	return (int)watchdog_beat(&settings);
}

/* ---- Birth ----------------------------------------------------------- */

/* The supervisor has the words, and says them when it is their time. */
static void fail(struct worker *worker, const struct error *error)
{
	const struct channel_load load = {
		.number = (uint32_t)error->number,
		.data = error->text,
		.size = (uint32_t)strlen(error->text),
	};

	if (channel_send_waiting(SPAWN_CHANNEL, RECORD_FAILED, &load) < 0)
		log_error("%s", error->text);
	worker->exit_status = (int)exit_status_of(error->number);
	loop_stop(&worker->loop);
}

static int settle_in(struct worker *worker, struct error *error)
{
	const struct config *config = worker->order->config;

	if (!worker->order->is_trial && worker_listen(worker, error) < 0)
		return -1;
	worker_report(worker, RECORD_LISTENING);
	if (sandbox_enter(config->user, config->chroot, error) < 0 ||
	    worker_start_services(worker, error) < 0)
		return -1;
	return worker->order->is_trial ? 0 : worker_accept(worker, error);
}

void worker_go_on(struct worker *worker)
{
	struct error error;

	if (worker->phase != WORKER_PHASE_STARTING)
		return;
	if (settle_in(worker, &error) < 0) {
		fail(worker, &error);
		return;
	}
	worker->phase = WORKER_PHASE_SERVING;
	scoreboard_store(
		&scoreboard_cells(worker->order->page)[SCOREBOARD_ACCEPTING],
		1);
	log_event(LOG_LEVEL_DEBUG, LOG_FIELDS(.event = LOG_EVENT_WORKER_READY),
		  "ready");
	worker_report(worker, RECORD_READY);
}

static void on_channel_closed(struct channel *channel)
{
	struct worker *worker = list_entry(channel, struct worker, channel);

	if (worker->phase == WORKER_PHASE_STARTING)
		loop_stop(&worker->loop);
	else
		worker_orphaned(worker);
}

static void pin(unsigned slot)
{
	int cpu = cpus_of_slot(slot);

	if (cpu < 0 || cpus_pin(cpu) < 0)
		log_warning("cpu_affinity: cannot stay on one CPU: %s",
			    strerror(errno));
}

/* It spins for the sake of what is connected. */
static void start_spin(struct worker *worker)
{
	struct loop *loop = &worker->loop;

	spin_init(&loop->spin, worker->order->config->busy_poll_us);
	spin_allow(&loop->spin, worker->order->may_spin);
	loop->connected_count = &worker->context.all_count;
}

static int open_loop(struct worker *worker, struct error *error)
{
	struct loop *loop = &worker->loop;

	if (signals_start(&worker->signals, loop, signal_rows, worker, error) <
	    0)
		return -1;
	if (channel_start(&worker->channel, loop, SPAWN_CHANNEL, worker_receive,
			  on_channel_closed) < 0)
		return error_set_errno(error, "cannot serve the channel");
	channel_hold_spare(&worker->channel);
	loop->observer = beat;
	loop->observer_context = worker->order->page;
	loop->turn_limit_ms = turn_limit(worker->order->config);
	return 0;
}

/* The slot's CPU is asked for before one CPU is all there is. */
static int begin(struct worker *worker, struct error *error)
{
	const struct worker_order *order = worker->order;

	if (open_loop(worker, error) < 0 ||
	    worker_open_services(worker, error) < 0 ||
	    worker_bind(worker, error) < 0)
		return -1;
	if (order->config->cpu_affinity)
		pin(order->slot);
	start_spin(worker);
	return 0;
}

/* Whatever begin has opened, all of it or a part. */
static void release(struct worker *worker)
{
	struct timers *timers = &worker->loop.timers;

	timer_stop(timers, &worker->retry);
	timer_stop(timers, &worker->room);
	worker_release_drain(worker);
	worker_asked_release(&worker->asked);
	worker_release_services(worker);
	log_sink_adopt(&worker->access.sink, -1, NULL);
	channel_close(&worker->channel);
	signals_stop(&worker->signals, &worker->loop);
	loop_release(&worker->loop);
}

static void take_logs(struct worker *worker)
{
	const struct worker_order *order = worker->order;
	struct access_log *access = &worker->access;

	log_set_worker(order->slot, order->generation);
	access_log_init(access);
	access->slot = order->slot;
	access->generation = order->generation;
	if (order->access->fd >= 0)
		log_sink_adopt(&access->sink, SPAWN_ACCESS,
			       &order->access->form);
}

int worker_main(void *order)
{
	struct worker worker = {
		.order = order,
		.channel = {.fd = -1},
		.signals = {.source = {.fd = -1}},
		.phase = WORKER_PHASE_STARTING,
	};
	struct error error;

	/* The supervisor's may be that of an older configuration still. */
	log_set_level(worker.order->log_level);
	take_logs(&worker);
	scoreboard_keep_only(worker.order->page);
	scoreboard_own(worker.order->page, getpid(), clock_now_ms());
	if (loop_init(&worker.loop, &error) < 0) {
		fail(&worker, &error);
		return worker.exit_status;
	}
	timer_init(&worker.retry, worker_report_again);
	timer_init(&worker.room, worker_report_room);
	list_init(&worker.adopted);
	worker_init_drain(&worker);
	worker_asked_init(&worker.asked, &worker.loop, &worker.context);
	if (worker_open_plugins(&worker, &error) < 0 ||
	    begin(&worker, &error) < 0) {
		fail(&worker, &error);
	} else if (loop_run(&worker.loop, &error) < 0) {
		log_error("%s", error.text);
		worker.exit_status = EXIT_FAILED;
	}
	release(&worker);
	/* What was dropped after the last turn, too. */
	beat(worker.order->page, &worker.loop);
	config_free(worker.own_config);
	return worker.exit_status;
}
