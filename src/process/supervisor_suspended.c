/* SPDX-License-Identifier: MIT */
/* supervisor_suspended.c - services that do not accept for a while. */
#include "process/supervisor_internal.h"

/* Nobody can order it so far. */
bool supervisor_is_suspended(const struct supervisor *supervisor,
			     const char *service)
{
	(void)supervisor;
	(void)service;
	return false;
}
