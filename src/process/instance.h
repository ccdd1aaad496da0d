/* SPDX-License-Identifier: MIT */
/* instance.h - one instance per address.
 *
 * SO_REUSEPORT would let a second instance of the same user share a port
 * silently.  So the supervisor holds, for each TCP address, a listening
 * abstract unix socket named after it: a lock that is never stale, lives in
 * the same network namespace as the port, and tells who holds it
 * (kernel.md 8).  The path of a unix socket is locked too, by its directory and
 * name: between bind() and listen() a socket file looks stale.  Abstract
 * sockets need no lock. */
#ifndef COHORT_PROCESS_INSTANCE_H
#define COHORT_PROCESS_INSTANCE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "event/loop.h"
#include "net/address.h"

struct instance_lock {
	struct loop_source source;
	struct loop *loop; /* NULL: not yet served */
	int fd;            /* -1: not held */
};

/* Not held. */
void instance_lock_init(struct instance_lock *lock);

/* Lock `address`, which has its real port; one that nothing
 * is bound for yet needs no lock.  0; or -1 with words (EADDRINUSE and the owner's pid if an instance of
 * root or of our own user has it).  A lock that anybody else holds could only
 * be meant to keep us from starting: it is ignored with a warning, and the
 * probe of the port has the last word. */
int instance_lock(struct instance_lock *lock, const struct address *address,
		  struct error *error);
bool instance_is_locked(const struct instance_lock *lock);

/* Take `fd`, a lock that an earlier build of this process holds. */
void instance_lock_adopt(struct instance_lock *lock, int fd);

/* Does an instance need a lock for this address? */
bool instance_needs_lock(const struct address *address);

/* Do two addresses have the same lock, however they are spelled? */
bool instance_is_same(const struct address *one, const struct address *other);

/* The abstract name of an address behind `prefix`; its length.  The path of a
 * unix socket is known by its directory and name. */
socklen_t instance_name(struct sockaddr_un *name, const char *prefix,
			const struct address *address);

/* Is the peer of `fd` root's, or of our own user? */
bool instance_is_ours(int fd, pid_t *pid, uid_t *uid);

/* Keep the lock's queue empty, so that whoever asks is answered.  0, or -1 with
 * errno.  A lock that is not held needs none. */
int instance_serve(struct instance_lock *lock, struct loop *loop);

/* Let the next instance in: nothing of ours listens any more.  Idempotent. */
void instance_unlock(struct instance_lock *lock);

#endif
