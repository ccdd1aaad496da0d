/* SPDX-License-Identifier: MIT */
/* supervisor_tell.c - what admin processes are told of orders. */
#include <errno.h>

#include "process/supervisor_internal.h"

void supervisor_tell_admins(struct supervisor *supervisor,
			    enum record_type type,
			    const struct channel_load *load)
{
	struct admin_process *process = supervisor->admin.processes;
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++, process++) {
		if (process->state == ADMIN_FREE || process->is_reaped)
			continue;
		/* Whoever asked would wait for ever: its end is an answer. */
		if (channel_send(&process->channel, type, load) < 0 &&
		    errno != EPIPE && errno != ECONNRESET)
			supervisor_kill_admin(process,
					      "it does not read its channel");
	}
}
