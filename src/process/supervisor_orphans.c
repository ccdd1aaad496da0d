/* SPDX-License-Identifier: MIT */
/* supervisor_orphans.c - the workers of a supervisor that was killed: not our
 * children, reached through their pidfds. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/proc_status.h"

/* The system call's number, the same on every architecture; not every libc has
 * a wrapper. */
#define PIDFD_SEND_SIGNAL_CALL 424

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

int supervisor_signal(const struct child *child, int number)
{
	if (child->pidfd < 0)
		return kill(child->pid, number);
	return (int)syscall(PIDFD_SEND_SIGNAL_CALL, child->pidfd, number, NULL,
			    0);
}

void supervisor_retire(struct child *child)
{
	if (proc_status_is_stopped(child->pid))
		supervisor_kill(child, "it is stopped and cannot leave");
	else if (supervisor_signal(child, SIGTERM) < 0)
		log_error("cannot end process %d: %s", (int)child->pid,
			  strerror(errno));
}
