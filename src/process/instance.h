/* SPDX-License-Identifier: MIT */
/* instance.h - one instance per address.
 *
 * SO_REUSEPORT would let a second instance of the same user share a port
 * silently.  So the supervisor holds, for each TCP address, a listening
 * abstract unix socket named after it: a lock that is never stale, lives in
 * the same network namespace as the port, and tells who holds it
 * (kernel.md 8).  Unix sockets need none: binding one that lives fails. */
#ifndef COHORT_PROCESS_INSTANCE_H
#define COHORT_PROCESS_INSTANCE_H

#include "base/error.h"
#include "event/loop.h"
#include "net/address.h"

struct instance_lock {
	struct loop_source source;
	struct loop *loop; /* NULL: not yet served */
	int fd;
};

struct instance {
	struct instance_lock *locks;
	unsigned count;
	unsigned room;
};

/* Room for `room` locks; ends the program if memory is out. */
void instance_init(struct instance *instance, unsigned room);

/* Lock `address`, which has its real port; an address without a port needs no
 * lock.  0; or -1 with words (EADDRINUSE and the owner's pid if an instance of
 * root or of our own user has it).  A lock that anybody else holds could only
 * be meant to keep us from starting: it is ignored with a warning, and the
 * probe of the port has the last word. */
int instance_lock(struct instance *instance, const struct address *address,
		  struct error *error);

/* Keep the locks' queues empty, so that whoever asks is answered. */
int instance_serve(struct instance *instance, struct loop *loop);

/* Let the next instance in: nothing of ours listens any more.  Idempotent. */
void instance_unlock(struct instance *instance);

/* Unlock, and free: after the loop has ended. */
void instance_release(struct instance *instance);

#endif
