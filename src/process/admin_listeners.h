/* SPDX-License-Identifier: MIT */
/* admin_listeners.h - the sockets of the admin process, which the supervisor
 * holds: they outlive each admin process, and a reload keeps those whose
 * addresses stay, so that nobody who asks is refused.
 *
 * A set is made from a configuration; it shares what it has in common with the
 * one in force.  Nothing is shared with another instance: SO_REUSEPORT is off,
 * and each address has its lock (instance.h), which names the owner. */
#ifndef COHORT_PROCESS_ADMIN_LISTENERS_H
#define COHORT_PROCESS_ADMIN_LISTENERS_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "event/loop.h"
#include "net/listener.h"
#include "process/instance.h"

#define ADMIN_LISTENERS_MAX (CONFIG_ADMINS_MAX + 1) /* with `control` */

struct admin_listener {
	struct address asked;          /* as it is configured */
	struct address address;        /* with its real port */
	struct listener_access access; /* of its file, as it is */
	struct listener_access wanted; /* as a set to come has it */
	struct listener_inode inode;
	struct instance_lock lock;
	bool is_control; /* else it speaks HTTP */
	bool has_inode;  /* its file is ours to remove */
	bool is_renewed; /* another socket, which nobody was given yet */
	int fd;          /* it listens */
};

/* Zeroed memory is an empty set. */
struct admin_listeners {
	struct admin_listener *list[ADMIN_LISTENERS_MAX];
	unsigned count;
};

struct admin_opening {
	const struct config *config;
	const struct admin_listeners *current; /* the set in force */
	struct loop *loop;                     /* serves the locks */
	/* So long is an address waited for that is in use although nobody has
	 * its lock, each: whoever had it is about to end.  0: not at all.  We
	 * sleep meanwhile, so this is for before the first worker only. */
	int patience_ms;
	bool may_miss; /* what cannot be opened is left out */
};

/* Fill the empty `next` with what the configuration asks for: taken from
 * `current` where it is there, else opened.  One of `current` whose file is not
 * there any more gets another socket.  How many were left out (the words say why
 * the last one was); or -1 with words (number EADDRINUSE, …), and `next` is
 * empty again. */
int admin_listeners_open(struct admin_listeners *next,
			 const struct admin_opening *opening,
			 struct error *error);
/* Has one of the set another socket than when this was asked last? */
bool admin_listeners_are_renewed(struct admin_listeners *set);
/* `next` takes the place of `current`: what it does not have is closed, and
 * files get the access that is configured now.  `next` is empty after. */
void admin_listeners_change(struct admin_listeners *current,
			    struct admin_listeners *next);
/* `set` is not to be: what `other` does not have is closed, with its file and
 * lock; `set` is empty after. */
void admin_listeners_close(struct admin_listeners *set,
			   const struct admin_listeners *other);

/* A listener that another build of this process had: takes both descriptors. */
struct admin_listener *admin_listeners_adopt(struct admin_listeners *set,
					     const struct address *asked,
					     int fd, int lock_fd,
					     struct loop *loop);

#endif
