/* SPDX-License-Identifier: MIT */
/* bank.h - the supervisor's own duplicates of every slot's listeners.
 *
 * It is why nothing is lost: a worker can die at any moment, and what waits in
 * its accept queues stays until the next worker of the slot takes it, or a
 * sibling that adopts them.  A group is all that listens on one address; it has
 * a descriptor per slot, or, where that cannot be (unix sockets, fd:N), one for
 * all slots.  Groups outlive the configurations that name them.
 *
 * Only descriptors and what is known of them live here; nothing is bound,
 * watched or read. */
#ifndef COHORT_PROCESS_BANK_H
#define COHORT_PROCESS_BANK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "config/config.h"
#include "net/address.h"
#include "net/group_members.h"
#include "net/listener.h"
#include "net/steering.h"
#include "process/instance.h"

#define BANK_NONE (-1) /* instead of a descriptor */

/* Listeners that joined a group and are not ours: known by their inodes. */
#define BANK_STRANGERS (STEERING_POSITIONS - CONFIG_WORKERS_MAX)

struct child;

/* What the audit knows of a group (roll_call.h). */
struct bank_roll {
	uint64_t own[CONFIG_WORKERS_MAX]; /* our inodes; 0: not yet */
	unsigned own_high;                /* all beyond are 0 */
	uid_t uid;                        /* their owner */
	struct group_key key;
	bool has_key;
	bool is_found[BANK_STRANGERS]; /* … of strangers, in this walk */
	/* Who is in it and unknown: no more than the oldest. */
	struct group_member arrivals[BANK_STRANGERS];
	unsigned arrival_count; /* with those that are not there any more */
	unsigned surplus_count; /* for whom the last round had no place */
};

struct bank_group {
	struct list node;       /* of bank->groups */
	struct address asked;   /* as configured */
	struct address address; /* with the real port */
	/* Who asked for port 0: such an address is known by that. */
	char service[SCOREBOARD_SERVICE_NAME];
	unsigned position;
	/* The oldest and the newest one that has accepted from it, or will if
	 * it comes to serve. */
	unsigned first_generation, last_generation;
	struct instance_lock lock;
	struct listener_inode inode; /* of a unix socket file of ours */
	bool has_inode;
	/* asked->descriptor, which it was duplicated from, is still open. */
	bool has_inherited;
	bool is_shared;
	int reservation; /* holds the port until all slots have bound it */
	/* What the kernel's index of each listener in its reuseport group is:
	 * the slots, in the order of their listen(); and, as numbers from
	 * CONFIG_WORKERS_MAX on, strangers. */
	unsigned short order[STEERING_POSITIONS];
	unsigned order_count;
	uint64_t strangers[BANK_STRANGERS]; /* inodes; 0: none */
	struct bank_roll roll;
	struct steering steering; /* as the kernel has it */
	bool is_steered;          /* … by a program */
	bool is_barred;           /* newcomers are turned away */
	int fds[CONFIG_WORKERS_MAX];
	/* Clients that waited in each at the last look (supervisor_publish.c);
	 * in the first, where one is for all. */
	uint32_t queues[CONFIG_WORKERS_MAX];
	unsigned limit_generation; /* … as of which their limit is shown */
	/* By their numbers in `order`, strangers too: each of these stands where
	 * one of them is said to be, or behind all; which where, nobody knows.
	 * Nothing may be sent there unless all of them are ours and fit.  The
	 * others are where they are said to be, and none of them moves without
	 * becoming adrift. */
	bool is_adrift[STEERING_POSITIONS];
	unsigned adrift_count; /* of ours, at the last bank_settle */
	/* It was shut down, and is to listen again. */
	bool is_deaf[CONFIG_WORKERS_MAX];
	/* The service manager has a duplicate. */
	bool is_stored[CONFIG_WORKERS_MAX];
	/* The worker that was told to accept from a slot's listener in its
	 * stead, if any. */
	struct child *adopters[CONFIG_WORKERS_MAX];
};

struct bank {
	struct list groups;
};

void bank_init(struct bank *bank);
/* Close everything, locks too: nothing listens.  Idempotent. */
void bank_close(struct bank *bank);
void bank_release(struct bank *bank); /* closes and frees what is left */
/* Somebody else goes on with all of it: socket files stay. */
void bank_leave(struct bank *bank);

/* A group that has nothing yet; NULL with errno ENOMEM. */
struct bank_group *bank_add(struct bank *bank, const struct address *asked,
			    const char *service, unsigned position);
/* Close all it has (the socket file and the lock are gone too), and free it. */
void bank_remove(struct bank_group *group);

/* The group of an address, by what was asked for or what it became; or NULL. */
struct bank_group *bank_find(const struct bank *bank,
			     const struct address *asked, const char *service,
			     unsigned position);

/* One descriptor for all slots; takes `fd`. */
void bank_share(struct bank_group *group, int fd);

/* Take `fd`, the listener of `slot`.  0; or -1 and `fd` stays the caller's: the
 * slot has one already, or the group is shared. */
int bank_put(struct bank_group *group, unsigned slot, int fd);

/* The descriptor, which stays the bank's, or BANK_NONE. */
int bank_get(const struct bank_group *group, unsigned slot);

/* The listener of `slot` listens: it is the last of the kernel's order now,
 * unless it was in it.  Behind strangers without a place it is adrift. */
void bank_note_listening(struct bank_group *group, unsigned slot);
bool bank_is_listening(const struct bank_group *group, unsigned slot);
/* … does not any more: somebody shut it down.  The kernel moves the last of
 * its order into the gap (kernel.md 5). */
void bank_note_deaf(struct bank_group *group, unsigned slot);

/* A stranger is the last of the order now; its number there, or -1: there are
 * too many.  … has left it.  … has left it, and one of those that had no place
 * is in its place; which, only the kernel knows: it is adrift. */
int bank_note_stranger(struct bank_group *group, uint64_t inode);
void bank_forget_stranger(struct bank_group *group, unsigned number);
void bank_replace_stranger(struct bank_group *group, unsigned number,
			   uint64_t inode);
/* Once all have a place, and only one is adrift, it stands where none of the
 * others does.  Of several nobody knows it, not even where all are ours: those
 * stay adrift until they, or all but one, have left.  How many of ours are. */
unsigned bank_settle(struct bank_group *group);
/* Is that number of the order one of a stranger? */
bool bank_is_stranger(unsigned number);

void bank_end_reservation(struct bank_group *group);

/* Close what only `slot` has; idempotent. */
void bank_close_slot(struct bank_group *group, unsigned slot);
/* Close what all share, and remove its file.  Idempotent. */
void bank_close_shared(struct bank_group *group);

#endif
