/* SPDX-License-Identifier: MIT */
/* listener.h - make a listening socket in two steps.
 *
 * Between the steps the worker gives a duplicate to the bank, so that nothing
 * can ever queue on a listener that only one process holds. */
#ifndef COHORT_NET_LISTENER_H
#define COHORT_NET_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "net/address.h"
#include "net/sockopt.h"

/* Mode, owner and group of a unix socket; -1: leave it. */
struct listener_access {
	int mode;
	uid_t owner;
	gid_t group;
};

/* A stream socket with the settings applied, bound to `address`: close on
 * exec, non-blocking, not listening.  For unix:/path a stale socket file (one
 * that nobody answers on) is replaced, a living one gives EADDRINUSE and
 * anything that is not a socket EEXIST; mode and owner (`access` may be NULL)
 * are set before anybody can connect.  For fd:N: a duplicate of N, which must
 * be a bound stream socket (EPROTOTYPE, EINVAL, EISCONN).  The descriptor, or
 * -1 with words and the errno as the error's number. */
int listener_bind(const struct address *address,
		  const struct sockopt_settings *settings,
		  const struct listener_access *access,
		  const struct sockopt_owner *owner, struct error *error);

/* Start it, or, if it listens already, give it this backlog. */
int listener_listen(int fd, int backlog, struct error *error);

/* Would a bind without SO_REUSEPORT succeed?  0, or -1 with words (number
 * EADDRINUSE, EACCES, EADDRNOTAVAIL, …): how a twin or a stranger is seen. */
int listener_probe(const struct address *address,
		   const struct sockopt_settings *settings,
		   struct error *error);

/* Hold a free port (address has port 0) with a bound socket that never
 * listens, until every worker has bound it; sets the port in `address`.
 * With neither reuse_port nor reuse_address nobody could bind it beside the
 * reservation: then bind port 0 itself.  (A port that was asked for by number
 * also survives a shutdown() of the listener; one chosen at bind is lost.)
 * The descriptor, or -1. */
int listener_reserve(struct address *address,
		     const struct sockopt_settings *settings,
		     struct error *error);

/* Remember which inode a unix:/path socket has (0, or -1 with errno; EINVAL:
 * the address has no file), and remove the file only if it is still that
 * one. */
struct listener_inode {
	dev_t device;
	ino_t inode;
};
int listener_inode_of(const struct address *address,
		      struct listener_inode *inode);
void listener_unlink(const struct address *address,
		     const struct listener_inode *inode);
/* Give the file another mode, owner and group, if it is still that one (else
 * ESTALE).  0, or -1 with words. */
int listener_change_access(const struct address *address,
			   const struct listener_inode *inode,
			   const struct listener_access *access,
			   struct error *error);

#endif
