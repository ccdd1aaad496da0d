/* SPDX-License-Identifier: MIT */
/* keeper_orphan.c - a keeper without a supervisor: it waits for a successor as
 * long as a worker accepts, and ends with the last. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "process/keeper_internal.h"
#include "process/pid_file.h"
#include "process/pidfd.h"

#define LOOK_MS 50 /* at the workers */

/* All that drains in good order has ended by then. */
#define KILL_MARGIN_MS 2000

/* ---- Workers --------------------------------------------------------- */

/* The pidfd of a worker's line, if it has not said that it accepts no more; or
 * -1. */
static int find_accepting(const struct keeper *keeper, const char *rest)
{
	struct scoreboard_page *page;
	unsigned index;
	int number;

	if (sscanf(rest, "%*d %d %u", &number, &index) != 2)
		return -1;
	page = scoreboard_at(keeper->scoreboard, index);
	if (!page ||
	    !scoreboard_load(&scoreboard_cells(page)[SCOREBOARD_ACCEPTING]))
		return -1;
	return kept_find(&keeper->kept, number);
}

static void note_worker(struct keeper *keeper, const char *rest, size_t size)
{
	int pidfd = find_accepting(keeper, rest);

	(void)size;
	if (pidfd < 0)
		return;
	if (pidfd_is_alive(pidfd))
		keeper->found.accepting_count++;
	else
		keeper->found.deserted_count++;
}

static void kill_worker(struct keeper *keeper, const char *rest, size_t size)
{
	int pidfd = find_accepting(keeper, rest);

	(void)size;
	if (pidfd < 0 || !pidfd_is_alive(pidfd))
		return;
	log_warning("process %d is killed: it should have drained by now",
		    atoi(rest));
	if (pidfd_signal(pidfd, SIGKILL) < 0)
		log_error("cannot kill process %d: %s", atoi(rest),
			  strerror(errno));
}

static bool is_past(const struct keeper *keeper, int64_t ms)
{
	return keeper->loop.now_ms - keeper->patience.since_ms >= ms;
}

/* A stopped worker feels nothing else, and its clients would wait for ever. */
static bool is_time_to_kill(const struct keeper *keeper)
{
	const struct patience *patience = &keeper->patience;

	return patience->orphan_ms >= 0 && patience->shutdown_ms >= 0 &&
	       is_past(keeper, patience->orphan_ms + patience->shutdown_ms +
				       KILL_MARGIN_MS);
}

/* Whoever comes from now on would wait for nobody.  Who waits already was left
 * behind by a worker that died: there may be a successor for him.  Before the
 * first worker was READY nobody was let in. */
static bool is_over(const struct keeper *keeper)
{
	const struct patience *patience = &keeper->patience;

	if (keeper->found.accepting_count > 0)
		return false;
	if (keeper->found.deserted_count == 0 &&
	    (patience->was_served || !patience->was_ready))
		return true;
	return patience->orphan_ms >= 0 && is_past(keeper, patience->orphan_ms);
}

/* ---- The end --------------------------------------------------------- */

static void take_keeping(struct keeper *keeper, const char *rest, size_t size)
{
	struct patience *patience = &keeper->patience;
	int used = 0;

	if (sscanf(rest, "%" SCNd64 " %" SCNd64 " %n", &patience->orphan_ms,
		   &patience->shutdown_ms, &used) != 2 ||
	    used > (int)size)
		return;
	snprintf(patience->pid_file, sizeof(patience->pid_file), "%.*s",
		 (int)size - used, rest + used);
}

static void take_served(struct keeper *keeper, const char *rest, size_t size)
{
	(void)size;
	keeper->patience.was_ready = atoi(rest) != 0;
}

static void take_pid(struct keeper *keeper, const char *rest, size_t size)
{
	(void)size;
	keeper->patience.supervisor_pid = atoi(rest);
}

/* Three lines of a group, in this order, tell of the file of its socket. */
static void remove_file(struct keeper *keeper, const char *line, size_t size)
{
	struct patience *patience = &keeper->patience;
	struct address address;
	uintmax_t device, inode;
	unsigned has_file;

	if (sscanf(line, "group %*u %*u %*d %*d %*u %u", &has_file) == 1) {
		patience->has_file = has_file != 0;
	} else if (sscanf(line, "inode %ju %ju", &device, &inode) == 2) {
		patience->inode.device = (dev_t)device;
		patience->inode.inode = (ino_t)inode;
	} else if (patience->has_file && strncmp(line, "asked ", 6) == 0 &&
		   keeper_parse_address(&address, line + 6, size - 6) == 0) {
		listener_unlink(&address, &patience->inode);
	}
}

/* What the supervisor would have removed. */
static void remove_files(struct keeper *keeper)
{
	const struct patience *patience = &keeper->patience;

	keeper_for_each_line(keeper, "", remove_file);
	if (patience->pid_file[0] != '\0')
		pid_file_remove(patience->pid_file, patience->supervisor_pid);
}

void keeper_look(struct timer *timer)
{
	struct keeper *keeper = list_entry(timer, struct keeper, look);
	struct loop *loop = &keeper->loop;

	keeper_open_doors(keeper);
	if (keeper->scoreboard && is_time_to_kill(keeper))
		keeper_for_each_line(keeper, "child ", kill_worker);
	memset(&keeper->found, 0, sizeof(keeper->found));
	if (keeper->scoreboard)
		keeper_for_each_line(keeper, "child ", note_worker);
	if (keeper->found.accepting_count > 0)
		keeper->patience.was_served = true;
	if (!is_over(keeper)) {
		timer_start(&loop->timers, timer, loop->now_ms + LOOK_MS);
		return;
	}
	log_info("no worker accepts any more, and nobody has taken over");
	remove_files(keeper);
	loop_stop(loop);
}

void keeper_begin_to_wait(struct keeper *keeper)
{
	keeper->patience.since_ms = keeper->loop.now_ms;
	keeper_for_each_line(keeper, "keeping ", take_keeping);
	keeper_for_each_line(keeper, "served ", take_served);
	keeper_for_each_line(keeper, "process ", take_pid);
	keeper_look(&keeper->look);
}
