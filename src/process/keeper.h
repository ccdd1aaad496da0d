/* SPDX-License-Identifier: MIT */
/* keeper.h - the process that outlives a killed supervisor.
 *
 * It holds a second copy of the state with all descriptors (the bank, the
 * workers' pidfds, the scoreboard), reads nothing from the network, and answers
 * only a successor: a process of root's or of the same uid that connects to a
 * name made of a served address, once the supervisor is gone.  Without a
 * successor it waits until no worker accepts any more, removes the files that
 * the supervisor would have removed, closes the bank, so that newcomers are
 * refused rather than hung, and ends.  A worker that still accepts when all
 * should have drained (it is stopped) is killed.  Where workers died, clients may
 * wait in their queues: they are held for orphan_timeout. */
#ifndef COHORT_PROCESS_KEEPER_H
#define COHORT_PROCESS_KEEPER_H

#include "base/error.h"
#include "net/address.h"
#include "process/kept.h"

/* spawn_child's main: the channel is SPAWN_CHANNEL.  Returns the status. */
int keeper_main(void *context);

#define KEEPER_ANSWER_MS                                                       \
	5000 /* either side that is silent for so long is gone */

/* Successor: get everything from the keeper behind `fd` (door.h), which stays
 * the caller's.  0: `kept` has the whole state, and the keeper waits for
 * keeper_confirm or the end of `fd`; -1: it does not give. */
int keeper_ask(int fd, struct kept *kept);

/* The state is ours: the keeper ends.  0; or -1 with words: it did not wait, and
 * nothing is ours. */
int keeper_confirm(int fd, struct error *error);

#endif
