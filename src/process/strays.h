/* SPDX-License-Identifier: MIT */
/* strays.h - workers whose supervisor was killed together with its keeper:
 * found by the listeners that they hold, which are taken from them.
 *
 * For a new supervisor, once.  Needs what a debugger needs: root with
 * CAP_SYS_PTRACE; or the workers' own user, to whom orphans open themselves
 * (sandbox_open_to_user). */
#ifndef COHORT_PROCESS_STRAYS_H
#define COHORT_PROCESS_STRAYS_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/address.h"

struct stray {
	pid_t pid;
	int pidfd;
};

struct strays {
	struct stray *list;
	unsigned count;
};

/* Duplicates of every listener that the kernel has for the address: their
 * number, at most `room`, in the order in which the kernel tells of them; and
 * who holds them is added to `strays`.  0 if nobody listens there; or if not
 * all can be had, because somebody else's are among them or we may not (which
 * the log says). */
unsigned strays_take(struct strays *strays, const struct address *address,
		     int *fds, unsigned room);

/* Others serve in their place: they get TERM, or KILL where they are stopped,
 * and are forgotten. */
void strays_retire(struct strays *strays);
void strays_release(struct strays *strays); /* forget them; idempotent */

#endif
