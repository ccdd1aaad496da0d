/* SPDX-License-Identifier: MIT */
/* door.h - where a keeper can be asked.
 *
 * A listening abstract unix socket with a name made of a served address.  Any
 * user may take such a name first: then the keeper adds a random word to it,
 * and a successor finds it in the list of all names.  Whose a door is, its
 * peer's credentials tell, never its name. */
#ifndef COHORT_PROCESS_DOOR_H
#define COHORT_PROCESS_DOOR_H

#include "net/address.h"

/* Keeper: the door of the address, a non-blocking SOCK_SEQPACKET socket that
 * listens; -1 with errno: EADDRINUSE if another of root's or of our own user has
 * it, which will end before long. */
int door_open(const struct address *address);

/* Successor: a connection to a keeper of the address, which is root's or of our
 * own user; -1: there is none.  Doors of others are ignored with a warning. */
int door_knock(const struct address *address);

#endif
