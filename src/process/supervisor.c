/* SPDX-License-Identifier: MIT */
/* supervisor.c - the supervisor from its first to its last line. */
#include "process/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/cpus.h"
#include "process/handover.h"
#include "process/inherited.h"
#include "process/pid_file.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"
#include "process/title.h"

static int open_supervisor(struct supervisor *supervisor, struct error *error)
{
	if (loop_init(&supervisor->loop, error) < 0)
		return -1;
	loop_task_init(&supervisor->bury, supervisor_bury);
	supervisor_init_operations(supervisor);
	supervisor_init_notify(supervisor);
	supervisor_init_store(supervisor);
	timer_init(&supervisor->retry, supervisor_retry_orders);
	timer_init(&supervisor->delay, supervisor_drain_delay_over);
	timer_init(&supervisor->arrange, supervisor_arrange_later);
	bank_init(&supervisor->bank);
	/* Before anything that takes time: from here on TERM is obeyed. */
	if (supervisor_start_signals(supervisor, error) < 0) {
		loop_release(&supervisor->loop);
		return -1;
	}
	supervisor_take_memory(supervisor);
	supervisor_init_keeper(supervisor);
	supervisor_init_admin(supervisor);
	title_set("cohort: supervisor");
	log_set_role("supervisor");
	return 0;
}

static void close_supervisor(struct supervisor *supervisor)
{
	signals_stop(&supervisor->signals, &supervisor->loop);
	loop_release(&supervisor->loop);
}

/* Everything that supervisor_prepare may have taken, all of it or a part. */
static void release_prepared(struct supervisor *supervisor)
{
	if (supervisor->has_pid_file && supervisor->current)
		pid_file_remove(supervisor->current->config->pid_file,
				getpid());
	supervisor_stop_store(supervisor);
	supervisor_stop_notify(supervisor);
	strays_release(&supervisor->strays);
	supervisor_release_admin(supervisor);
	supervisor_release_keeper(supervisor);
	supervisor_release_balance(supervisor);
	bank_release(&supervisor->bank);
	log_sink_adopt(&supervisor->access, -1, NULL);
	if (supervisor->scoreboard)
		scoreboard_close(supervisor->scoreboard);
	if (supervisor->ready_fd >= 0)
		inherited_give_up(supervisor->ready_fd);
	free(supervisor->slots);
	free(supervisor->children);
	free(supervisor->published.picture);
	retired_drop(&supervisor->retired, NULL, NULL);
	generation_free(supervisor->current);
}

/* Whatever was accepted has been closed, by somebody, for some reason. */
static uint64_t count_closed(const struct scoreboard *board, const char *name)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < COHORT_REASONS; i++)
		sum += scoreboard_total(board, name, SCOREBOARD_CLOSED + i);
	return sum;
}

/* "; closed: eof 12, idle_timeout 3", or nothing. */
static void append_reasons(char *out, size_t room,
			   const struct scoreboard *board, const char *name)
{
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < COHORT_REASONS && used < room; i++) {
		uint64_t count =
			scoreboard_total(board, name, SCOREBOARD_CLOSED + i);

		if (count == 0)
			continue;
		used += (size_t)snprintf(out + used, room - used,
					 "%s %s %" PRIu64,
					 used == 0 ? "; closed:" : ",",
					 cohort_reason_name(i), count);
	}
}

static void log_dropped(const struct scoreboard *board)
{
	uint64_t count = log_dropped_count() +
			 scoreboard_worker_total(board, SCOREBOARD_LOG_DROPPED);

	if (count > 0)
		log_event(LOG_LEVEL_WARNING,
			  EVENT_FIELDS(LOG_EVENT_LOG_DROPPED),
			  "%" PRIu64 " lines of the log could not be written",
			  count);
}

static void log_totals(const struct supervisor *supervisor)
{
	const struct scoreboard *board = supervisor->scoreboard;
	const struct config *config = supervisor->current->config;
	char reasons[512];
	uint64_t accepted;
	const char *name;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		name = config->services[i].name;
		accepted = scoreboard_total(board, name, SCOREBOARD_ACCEPTED);
		append_reasons(reasons, sizeof(reasons), board, name);
		log_event(LOG_LEVEL_INFO,
			  LOG_FIELDS(.event = LOG_EVENT_SERVICE_TOTALS,
				     .service = name),
			  "service %s: accepted %" PRIu64 ", live %" PRIu64
			  ", received %" PRIu64 " bytes, sent %" PRIu64
			  " bytes%s",
			  name, accepted, accepted - count_closed(board, name),
			  scoreboard_total(board, name,
					   SCOREBOARD_RECEIVED_BYTES),
			  scoreboard_total(board, name, SCOREBOARD_SENT_BYTES),
			  reasons);
	}
	log_dropped(board);
}

/* Until the last worker is gone; the exit status. */
static int supervise(struct supervisor *supervisor)
{
	struct error error;

	supervisor_start_store(supervisor);
	supervisor_start_watch(supervisor);
	supervisor_start_audit(supervisor);
	supervisor_start_publishing(supervisor);
	if (loop_run(&supervisor->loop, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_FAILED;
	}
	if (supervisor->was_ready)
		log_totals(supervisor);
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_STOPPED), "stopped");
	return supervisor->exit_status;
}

static int fail(const struct error *error)
{
	log_error("%s", error->text);
	return (int)exit_status_of(error->number);
}

static void init_supervisor(struct supervisor *supervisor,
			    const struct command_line *line)
{
	memset(supervisor, 0, sizeof(*supervisor));
	log_sink_init(&supervisor->access);
	supervisor->access.form.kind = LOG_TO_NOWHERE;
	supervisor->line = line;
	supervisor->ready_fd = line->ready_fd;
	supervisor->is_trial = line->is_trial;
	supervisor->stop_until_ms = SUPERVISOR_NO_TIME;
	supervisor->barred_ms = SUPERVISOR_NO_TIME;
	supervisor->cpu_count = cpus_usable_count();
}

/* ---- From the beginning ---------------------------------------------- */

static int start(struct supervisor *supervisor, struct config *config)
{
	struct error error;
	unsigned i;

	supervisor->generation_count = 1;
	supervisor->current = generation_new(config, 1, &error);
	supervisor->is_fresh = true;
	if (!supervisor->current || supervisor_prepare(supervisor, &error) < 0)
		return fail(&error);
	supervisor->is_fresh = false;
	board_note(supervisor->scoreboard, BOARD_EVENT_STARTED, -1,
		   "cohort " COHORT_VERSION);
	supervisor_start_notify(supervisor);
	supervisor_start_keeper(supervisor);
	supervisor_change_admin(supervisor);
	supervisor_park_salvaged(supervisor);
	for (i = 0; i < supervisor->slot_count; i++)
		supervisor_slot_event(&supervisor->slots[i], SLOT_EVENT_START);
	return supervise(supervisor);
}

/* Of a generation that serves already, and goes on with what there is. */
static void raise_limits(struct supervisor *supervisor)
{
	struct error error;

	if (supervisor_raise_limits(supervisor->current, supervisor->slot_count,
				    &error) < 0)
		log_error("%s", error.text);
}

/* Does it end, one way or the other, and has SUPERVISOR_KILL_MS for it? */
static bool is_ending(const struct child *child)
{
	/* Nobody has told it to drain: it got TERM. */
	bool is_given_up =
		child->state == WORKER_STARTING && child->slot->child != child;
	bool is_mute = child->channel.fd < 0 && !child->is_orphan;

	return child->is_killed || child->is_hung || is_given_up || is_mute;
}

/* What only timers know. */
static void resume_deadlines(struct supervisor *supervisor)
{
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (is_ending(child))
			supervisor_hurry(child, supervisor->loop.now_ms +
							SUPERVISOR_KILL_MS);
	}
}

/* What only channels know. */
static void resume_children(struct supervisor *supervisor)
{
	struct child *child;
	uint64_t unsent;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		unsent = child->unsent;
		child->unsent = 0;
		supervisor_resume_orders(child, unsent);
		if (child->state == WORKER_DRAINING)
			supervisor_order_drain(child, child->drain_until_ms);
	}
	resume_deadlines(supervisor);
	supervisor_resume_slots(supervisor);
	/* One may have died while nobody looked. */
	supervisor_reap(supervisor);
}

/* With the workers of a supervisor that was killed. */
static int succeed(struct supervisor *supervisor, struct config *config)
{
	supervisor_set_delays(supervisor);
	raise_limits(supervisor);
	board_note(supervisor->scoreboard, BOARD_EVENT_STARTED, -1,
		   "cohort " COHORT_VERSION
		   " goes on for a supervisor that was killed");
	supervisor_start_notify(supervisor);
	resume_children(supervisor);
	supervisor->ordered.operation = ORDER_RELOAD;
	supervisor->ordered.is_succession = true;
	supervisor_change_to(supervisor, config);
	return supervise(supervisor);
}

/* From the first fork to the last; the exit status. */
static int run(struct supervisor *supervisor, struct config *config)
{
	struct error error;

	if (supervisor_open_access(supervisor, config, &error) < 0 ||
	    supervisor_take_passed(supervisor, &error) < 0) {
		config_free(config);
		return fail(&error);
	}
	switch (supervisor_succeed_to(supervisor, config, &error)) {
	case 0: return start(supervisor, config);
	case 1: return succeed(supervisor, config);
	default: config_free(config); return fail(&error);
	}
}

int supervisor_run(struct config *config, const struct command_line *line)
{
	struct supervisor supervisor;
	struct error error;
	int status;

	init_supervisor(&supervisor, line);
	if (open_supervisor(&supervisor, &error) < 0) {
		config_free(config);
		return fail(&error);
	}
	status = run(&supervisor, config);
	release_prepared(&supervisor);
	close_supervisor(&supervisor);
	return status;
}

/* ---- From where an older build was ----------------------------------- */

static int try_once(struct supervisor *supervisor)
{
	struct error error;

	supervisor->has_pid_file = false;
	if (supervisor_raise_limits(supervisor->current, supervisor->slot_count,
				    &error) < 0 ||
	    supervisor_try(supervisor, &error) < 0)
		return fail(&error);
	fputs(HANDOVER_TRIED, stdout);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int go_on(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct error error;

	if (log_open_target(&config->log,
			    supervisor_log_level(supervisor, config),
			    &error) < 0)
		log_error("%s; going on with standard error", error.text);
	supervisor_set_delays(supervisor);
	if (supervisor->is_trial)
		return try_once(supervisor);
	if (supervisor_open_access(supervisor, config, &error) < 0)
		log_error("%s; going on without", error.text);
	raise_limits(supervisor);
	log_info("going on as cohort %s", COHORT_VERSION);
	if (supervisor_serve_locks(supervisor) < 0)
		log_error("cannot serve a lock: %s", strerror(errno));
	supervisor_start_notify(supervisor);
	supervisor_start_keeper(supervisor);
	supervisor_resume_admin(supervisor);
	resume_children(supervisor);
	supervisor->ordered.operation = ORDER_UPGRADE;
	supervisor_roll(supervisor);
	return supervise(supervisor);
}

/* We cannot: whoever comes next finds everything with the keeper. */
static int leave(struct supervisor *supervisor, const struct error *error)
{
	supervisor_leave_keeper(supervisor);
	bank_leave(&supervisor->bank);
	return fail(error);
}

static int import(struct supervisor *supervisor, struct error *error)
{
	const struct command_line *line = supervisor->line;
	struct text state = {0};
	const struct import_source source = {
		.text = &state,
		.mode = line->is_trial ? IMPORT_TRIAL : IMPORT_UPGRADE,
	};
	int result = handover_read(line->handover_fd, &state, error);

	close(line->handover_fd);
	if (result == 0)
		result = supervisor_import(supervisor, &source, error);
	text_release(&state);
	return result;
}

int supervisor_resume(const struct command_line *line)
{
	struct supervisor supervisor;
	struct error error;
	int status;

	init_supervisor(&supervisor, line);
	if (open_supervisor(&supervisor, &error) < 0)
		return fail(&error);
	if (import(&supervisor, &error) == 0)
		status = go_on(&supervisor);
	else
		status = leave(&supervisor, &error);
	release_prepared(&supervisor);
	close_supervisor(&supervisor);
	return status;
}
