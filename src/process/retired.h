/* SPDX-License-Identifier: MIT */
/* retired.h - configurations that are served no more, kept for as long as a
 * worker of theirs lives: if it dies by the fault of a plug-in, they say which
 * one that is. */
#ifndef COHORT_PROCESS_RETIRED_H
#define COHORT_PROCESS_RETIRED_H

#include "process/generation.h"

struct retired; /* a list of them; NULL is an empty one */

/* Free a generation, which is taken, but for a configuration with plug-ins,
 * whose descriptors are closed. */
void retired_keep(struct retired **list, struct generation *generation);

/* NULL: it had no plug-in, or memory was out. */
const struct config *retired_find(const struct retired *list, unsigned number);

/* Free those that nobody is left of; all of them if `is_alive` is NULL. */
void retired_drop(struct retired **list,
		  bool (*is_alive)(const void *context, unsigned number),
		  const void *context);

#endif
