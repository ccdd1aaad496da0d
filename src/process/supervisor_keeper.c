/* SPDX-License-Identifier: MIT */
/* supervisor_keeper.c - the keeper is started, kept up to date, and replaced
 * when it dies. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/keeper.h"
#include "process/spawn.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

#define RESPAWN_MS  100
#define RETRY_MS    20 /* the channel was full */
#define WHOLE_TRIES 100

/* ---- What it is told ------------------------------------------------- */

static void begin_feed(struct supervisor_keeper *keeper)
{
	struct kept_feed *feed = &keeper->feed;

	keeper->is_dirty = false;
	supervisor_export(keeper->supervisor, &keeper->exported,
			  EXPORT_FOR_KEEPER);
	memset(feed, 0, sizeof(*feed));
	feed->text = keeper->exported.text;
	feed->fds = keeper->exported.fds;
	feed->fd_count = keeper->exported.fd_count;
	feed->is_running = true;
}

static void end_former(struct supervisor_keeper *keeper)
{
	if (keeper->former_fd < 0)
		return;
	/* Before its channel closes, which would make it wait. */
	kill(keeper->former, SIGKILL);
	close(keeper->former_fd);
	keeper->former_fd = -1;
}

/* What has changed since it began makes a feed worthless: another begins. */
static void feed_further(struct supervisor_keeper *keeper)
{
	struct loop *loop = &keeper->supervisor->loop;
	int status;

	if (keeper->channel.fd < 0)
		return;
	if (keeper->is_dirty || !keeper->feed.is_running)
		begin_feed(keeper);
	status = kept_feed_further(&keeper->feed, &keeper->channel);
	keeper->feed.is_running = status == 0;
	if (status == 0)
		timer_start(&loop->timers, &keeper->timer,
			    loop->now_ms + RETRY_MS);
	else if (status > 0)
		end_former(keeper);
}

void supervisor_keep_now(struct supervisor *supervisor)
{
	supervisor->keeper.is_dirty = true;
	feed_further(&supervisor->keeper);
}

void supervisor_keep_soon(struct supervisor *supervisor)
{
	supervisor->keeper.is_dirty = true;
}

void supervisor_keep_whole(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;
	struct pollfd room = {.fd = keeper->channel.fd, .events = POLLOUT};
	int tries;

	supervisor_keep_now(supervisor);
	for (tries = 0; keeper->feed.is_running && tries < WHOLE_TRIES;
	     tries++) {
		poll(&room, 1, RETRY_MS);
		feed_further(keeper);
	}
}

void supervisor_keep_changes(struct supervisor *supervisor)
{
	if (supervisor->keeper.is_dirty)
		feed_further(&supervisor->keeper);
}

static void keep(struct loop_task *task)
{
	supervisor_keep_changes(
		list_entry(task, struct supervisor_keeper, task)->supervisor);
}

void supervisor_keep(struct supervisor *supervisor)
{
	supervisor->keeper.is_dirty = true;
	loop_post(&supervisor->loop, &supervisor->keeper.task);
}

/* ---- Its life -------------------------------------------------------- */

static void ignore(struct channel *channel, const struct record *record,
		   const int *fds)
{
	(void)channel;
	channel_drop(fds, record->descriptor_count);
}

/* It is dead, or can take no more from us: SIGCHLD brings the rest. */
static void channel_closed(struct channel *channel)
{
	struct supervisor_keeper *keeper =
		list_entry(channel, struct supervisor_keeper, channel);

	keeper->feed.is_running = false;
	if (keeper->pid > 0)
		kill(keeper->pid, SIGKILL);
}

static pid_t fork_keeper(int channel, struct error *error)
{
	const struct spawn_descriptor descriptors[] = {
		{channel, SPAWN_CHANNEL}};
	const struct spawn spawn = {
		.main = keeper_main,
		.title = "cohort: keeper",
		.role = "keeper",
		.descriptors = descriptors,
		.descriptor_count = 1,
	};

	return spawn_child(&spawn, error);
}

static int start(struct supervisor_keeper *keeper, struct error *error)
{
	int ends[2];

	if (channel_pair(ends, error) < 0)
		return -1;
	if (channel_start(&keeper->channel, &keeper->supervisor->loop, ends[0],
			  ignore, channel_closed) < 0) {
		error_set_errno(error, "cannot serve its channel");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	keeper->pid = fork_keeper(ends[1], error);
	close(ends[1]);
	if (keeper->pid > 0)
		return 0;
	channel_close(&keeper->channel);
	return -1;
}

static void start_or_retry(struct supervisor_keeper *keeper)
{
	struct loop *loop = &keeper->supervisor->loop;
	struct error error;

	if (start(keeper, &error) == 0) {
		supervisor_keep(keeper->supervisor);
		return;
	}
	keeper->pid = 0;
	log_write_limited(&keeper->limit, LOG_LEVEL_ERROR,
			  "cannot start the keeper: %s; trying again",
			  error.text);
	timer_start(&loop->timers, &keeper->timer, loop->now_ms + RESPAWN_MS);
}

static void time_has_come(struct timer *timer)
{
	struct supervisor_keeper *keeper =
		list_entry(timer, struct supervisor_keeper, timer);

	if (keeper->pid == 0 && !keeper->supervisor->is_stopping)
		start_or_retry(keeper);
	else if (keeper->feed.is_running)
		feed_further(keeper);
}

void supervisor_init_keeper(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;

	keeper->supervisor = supervisor;
	keeper->channel.fd = -1;
	keeper->former_fd = -1;
	timer_init(&keeper->timer, time_has_come);
	loop_task_init(&keeper->task, keep);
}

void supervisor_start_keeper(struct supervisor *supervisor)
{
	start_or_retry(&supervisor->keeper);
}

void supervisor_take_keeper(struct supervisor *supervisor, pid_t pid, int fd)
{
	if (pid <= 0 || fd < 0)
		return;
	supervisor->keeper.former = pid;
	supervisor->keeper.former_fd = fd;
}

void supervisor_leave_keeper(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;

	if (keeper->former_fd >= 0)
		close(keeper->former_fd);
	keeper->former_fd = -1;
	keeper->former = 0;
}

/* Our own could not open its doors before. */
static void former_reaped(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;

	supervisor_leave_keeper(supervisor);
	if (!supervisor->is_stopping && keeper->pid > 0)
		supervisor_keep(supervisor);
}

bool supervisor_keeper_reaped(struct supervisor *supervisor, pid_t pid)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;
	struct loop *loop = &supervisor->loop;

	if (keeper->former == pid && pid > 0) {
		former_reaped(supervisor);
		return true;
	}
	if (keeper->pid != pid || pid <= 0)
		return false;
	channel_close(&keeper->channel);
	keeper->feed.is_running = false;
	keeper->pid = 0;
	if (supervisor->is_stopping)
		return true;
	board_count(supervisor->scoreboard, BOARD_KEEPER_RESTARTS);
	log_write_limited(
		&keeper->limit, LOG_LEVEL_WARNING,
		"the keeper (process %d) has died: another is started",
		(int)pid);
	timer_start(&loop->timers, &keeper->timer, loop->now_ms + RESPAWN_MS);
	return true;
}

void supervisor_end_keeper(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;

	end_former(keeper);
	if (keeper->pid > 0)
		kill(keeper->pid, SIGKILL);
}

void supervisor_release_keeper(struct supervisor *supervisor)
{
	struct supervisor_keeper *keeper = &supervisor->keeper;

	supervisor_end_keeper(supervisor);
	channel_close(&keeper->channel);
	timer_stop(&supervisor->loop.timers, &keeper->timer);
	loop_cancel(&keeper->task);
	supervisor_release_export(&keeper->exported);
}
