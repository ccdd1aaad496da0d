/* SPDX-License-Identifier: MIT */
/* supervisor_orphans.c - the workers of a supervisor that was killed: not our
 * children, reached through their pidfds. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "process/pidfd.h"
#include "process/proc_status.h"

/* ---- What it does ---------------------------------------------------- */

static void has_ended(struct loop_source *source, unsigned found)
{
	struct child *child = list_entry(source, struct child, end);
	struct supervisor *supervisor = child->supervisor;

	(void)found;
	child->is_reaped = true;
	child->status = 0;
	supervisor_forget_orphan(child);
	supervisor_arrange(supervisor);
	loop_post(&supervisor->loop, &supervisor->bury);
}

int supervisor_watch_orphan(struct child *child)
{
	child->is_orphan = true;
	if (child->pidfd < 0)
		return -1;
	loop_source_init(&child->end, has_ended);
	return loop_add(&child->supervisor->loop, &child->end, child->pidfd,
			POLLER_READ);
}

void supervisor_forget_orphan(struct child *child)
{
	if (child->is_orphan)
		loop_remove(&child->supervisor->loop, &child->end);
}

/* What others say through their channels, the page of an orphan tells. */
static bool is_accepting(const struct child *child)
{
	const uint64_t *cells = scoreboard_cells(child->page);

	return scoreboard_load(&cells[SCOREBOARD_ACCEPTING]) != 0;
}

void supervisor_look_at_orphan(struct child *child)
{
	if (!child->is_orphan || child->is_drained || is_accepting(child))
		return;
	/* It waited long enough for us, and drains by itself. */
	if (child->slot->child == child && !child->supervisor->is_stopping)
		supervisor_vacate(child);
	if (child->state != WORKER_DRAINING)
		return;
	child->is_drained = true;
	supervisor_close_unused(child->supervisor);
	supervisor_stop_further(child->supervisor);
}

static void replace(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;

	child->is_leaving = true;
	if (child->slot->child == child)
		supervisor_vacate(child);
	else if (child->slot->number >= supervisor->slot_count ||
		 child->slot->state == SLOT_SERVING)
		supervisor_order_drain(child,
				       supervisor_drain_bound(supervisor));
}

bool supervisor_replace_orphans(struct supervisor *supervisor)
{
	struct child *child;
	bool is_any = false;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!child->slot || !child->is_orphan || child->is_reaped ||
		    child->is_leaving || child->state != WORKER_READY)
			continue;
		is_any = true;
		replace(child);
	}
	return is_any;
}

/* ---- What it is told ------------------------------------------------- */

int supervisor_signal(const struct child *child, int number)
{
	if (child->pidfd < 0)
		return kill(child->pid, number);
	return pidfd_signal(child->pidfd, number);
}

void supervisor_retire(struct child *child)
{
	if (proc_status_is_stopped(child->pid))
		supervisor_kill(child, "it is stopped and cannot leave");
	else if (supervisor_signal(child, SIGTERM) < 0)
		log_error("cannot end process %d: %s", (int)child->pid,
			  strerror(errno));
}
