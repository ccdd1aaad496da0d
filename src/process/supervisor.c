/* SPDX-License-Identifier: MIT */
/* supervisor.c - the supervisor from its first to its last line. */
#include "process/supervisor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/inherited.h"
#include "process/pid_file.h"
#include "process/supervisor_internal.h"
#include "process/title.h"

static int open_supervisor(struct supervisor *supervisor, struct error *error)
{
	if (loop_init(&supervisor->loop, error) < 0)
		return -1;
	loop_task_init(&supervisor->bury, supervisor_bury);
	supervisor_init_operations(supervisor);
	timer_init(&supervisor->retry, supervisor_retry_orders);
	timer_init(&supervisor->arrange, supervisor_arrange_later);
	bank_init(&supervisor->bank);
	/* Before anything that takes time: from here on TERM is obeyed. */
	if (supervisor_start_signals(supervisor, error) < 0) {
		loop_release(&supervisor->loop);
		return -1;
	}
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
	if (supervisor->has_pid_file)
		pid_file_remove(supervisor->current->config->pid_file);
	bank_release(&supervisor->bank);
	if (supervisor->scoreboard)
		scoreboard_close(supervisor->scoreboard);
	if (supervisor->ready_fd >= 0)
		inherited_give_up(supervisor->ready_fd);
	free(supervisor->slots);
	free(supervisor->children);
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
		log_warning("%" PRIu64 " lines of the log could not be written",
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
		log_info("service %s: accepted %" PRIu64 ", live %" PRIu64
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
	unsigned i;

	supervisor_start_watch(supervisor);
	for (i = 0; i < supervisor->slot_count; i++)
		supervisor_slot_event(&supervisor->slots[i], SLOT_EVENT_START);
	if (loop_run(&supervisor->loop, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_FAILED;
	}
	if (supervisor->was_ready)
		log_totals(supervisor);
	log_info("stopped");
	return supervisor->exit_status;
}

/* From the first fork to the last; the exit status. */
static int run(struct supervisor *supervisor, struct error *error)
{
	int status;

	if (supervisor_prepare(supervisor, error) == 0) {
		status = supervise(supervisor);
	} else {
		log_error("%s", error->text);
		status = exit_status_of(error->number);
	}
	release_prepared(supervisor);
	return status;
}

int supervisor_run(struct config *config, const struct command_line *line)
{
	struct supervisor supervisor;
	struct error error;
	int status;

	memset(&supervisor, 0, sizeof(supervisor));
	supervisor.line = line;
	supervisor.ready_fd = line->ready_fd;
	supervisor.stop_until_ms = SUPERVISOR_NO_TIME;
	supervisor.generation_count = 1;
	supervisor.current = generation_new(config, 1, &error);
	if (!supervisor.current || open_supervisor(&supervisor, &error) < 0) {
		log_error("%s", error.text);
		generation_free(supervisor.current);
		return EXIT_FAILED;
	}
	status = run(&supervisor, &error);
	close_supervisor(&supervisor);
	return status;
}
