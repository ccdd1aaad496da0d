/* SPDX-License-Identifier: MIT */
/* keeper.h - the process that outlives a killed supervisor.
 *
 * It holds a second copy of the state with all descriptors (the bank, the
 * workers' pidfds, the scoreboard), reads nothing from the network, and answers
 * only a successor: a process of root's or of the same uid that connects to a
 * name made of a served address, once the supervisor is gone.  Without a
 * successor it waits until no worker accepts any more, closes the bank, so that
 * newcomers are refused rather than hung, and ends. */
#ifndef COHORT_PROCESS_KEEPER_H
#define COHORT_PROCESS_KEEPER_H

#include "base/error.h"
#include "net/address.h"
#include "process/kept.h"

/* spawn_child's main: the channel is SPAWN_CHANNEL.  Returns the status. */
int keeper_main(void *context);

/* Successor: ask the keeper of `address`, if there is one.  1: `kept` has the
 * whole state, and the keeper waits for keeper_confirm or the end of `*fd`;
 * 0: there is none, or it does not give. */
int keeper_ask(const struct address *address, struct kept *kept, int *fd);

/* The state is ours: the keeper ends.  Closes `fd`. */
void keeper_confirm(int fd);

#endif
