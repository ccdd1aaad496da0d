/* SPDX-License-Identifier: MIT */
/* supervisor.c - the supervisor from its first to its last line. */
#include "process/supervisor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/pid_file.h"
#include "process/supervisor_internal.h"
#include "process/title.h"

static int open_supervisor(struct supervisor *supervisor, struct error *error)
{
	if (loop_init(&supervisor->loop, error) < 0)
		return -1;
	loop_task_init(&supervisor->bury, supervisor_bury);
	timer_init(&supervisor->retry, supervisor_retry_orders);
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
	supervisor_close_reservations(supervisor);
	supervisor_unlink_sockets(supervisor);
	if (supervisor->has_pid_file)
		pid_file_remove(supervisor->config->pid_file);
	instance_release(&supervisor->instance);
	bank_release(&supervisor->bank);
	if (supervisor->scoreboard)
		scoreboard_close(supervisor->scoreboard);
	if (supervisor->ready_fd >= 0)
		close(supervisor->ready_fd);
	free(supervisor->service_names);
	free(supervisor->listeners);
	free(supervisor->plan);
	free(supervisor->descriptors);
	free(supervisor->slots);
	free(supervisor->children);
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

static void log_totals(const struct supervisor *supervisor)
{
	const struct scoreboard *board = supervisor->scoreboard;
	char reasons[512];
	uint64_t accepted;
	const char *name;
	unsigned i;

	for (i = 0; i < supervisor->config->service_count; i++) {
		name = supervisor->config->services[i].name;
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
}

/* Until the last worker is gone; the exit status. */
static int supervise(struct supervisor *supervisor)
{
	struct error error;
	unsigned i;

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

int supervisor_run(const struct config *config, const struct command_line *line)
{
	struct supervisor supervisor;
	struct error error;
	int status;

	memset(&supervisor, 0, sizeof(supervisor));
	supervisor.config = config;
	supervisor.ready_fd = line->ready_fd;
	supervisor.stop_until_ms = SUPERVISOR_NO_TIME;
	if (open_supervisor(&supervisor, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_FAILED;
	}
	if (supervisor_prepare(&supervisor, &error) == 0) {
		status = supervise(&supervisor);
	} else {
		log_error("%s", error.text);
		status = exit_status_of(error.number);
	}
	release_prepared(&supervisor);
	close_supervisor(&supervisor);
	return status;
}
