/* SPDX-License-Identifier: MIT */
/* supervisor_leftovers.c - workers that nobody knows are waited for.
 *
 * They end by themselves (worker_drain.c), or with their protocol's patience;
 * of nobody's children only /proc tells. */
#include "process/supervisor_leftovers.h"

#include <errno.h>
#include <signal.h>

#include "process/proc_status.h"
#include "process/supervisor_internal.h"

/* Its page says that it began before `started_ms`; what is younger has got its
 * pid after it. */
static bool is_alive(pid_t pid, int64_t started_ms)
{
	if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
		return false;
	return !proc_status_is_dead(pid) &&
	       !proc_status_is_younger(pid, started_ms);
}

void supervisor_sweep_leftovers(struct supervisor *supervisor)
{
	unsigned count = scoreboard_sweep(supervisor->scoreboard, is_alive);

	if (count > 0)
		log_info(
			"%u worker%s of the supervisor before this one, that "
			"it had told nobody of, %s ended",
			count, count == 1 ? "" : "s",
			count == 1 ? "has" : "have");
}
