/* SPDX-License-Identifier: MIT */
/* supervisor_tell.c - what admin processes are told of orders. */
#include "process/supervisor_internal.h"

/* There is none yet: orders come by signals, which nobody waits for. */
void supervisor_tell_admins(struct supervisor *supervisor,
			    enum record_type type,
			    const struct channel_load *load)
{
	(void)supervisor;
	(void)type;
	(void)load;
}
