/* SPDX-License-Identifier: MIT */
/* ready.h - `--ready-fd`: tell who started us which addresses are served. */
#ifndef COHORT_PROCESS_READY_H
#define COHORT_PROCESS_READY_H

#include "base/error.h"
#include "process/worker.h"

/* Write a line `SERVICE ADDRESS` for each listener, without ever waiting for
 * the reader.  The descriptor stays the caller's; its end of file is part of
 * the message.  0, or -1 with words. */
int ready_report(int fd, const struct config *config,
		 const struct worker_listener *listeners, unsigned count,
		 struct error *error);

#endif
